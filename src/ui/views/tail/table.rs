//! The rows of the tail: only those in sight are laid out. Rows leave at the top while they are read, so the view is held
//! by the id of its first row, not by an offset.

use eframe::egui::{Align, Align2, Color32, Id, Rect, Ui, pos2, vec2};

use super::json_ink::{json_job, plain_job};
use super::{Follow, TailState, age, copied};
use crate::model::decode::Step;
use crate::model::format;
use crate::model::record::Record;
use crate::model::tail::{NoticeKind, Tail, TailItem, TailNotice};
use crate::model::world::World;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{Tokens, fonts, icons};
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::text::{job, paint_job};
use crate::ui::widgets::{self, Column, Row, Table, TagStyle, paint_tag};

const ROW: f32 = 22.0;
const HEADER: f32 = 25.0;

const COLUMNS: [Column; 7] = [
    Column::new("arrival", "Arrival, UTC", 100.0),
    Column::new("shard", "Shard", 50.0),
    Column::new("key", "Partition key", 90.0),
    Column::new("bytes", "Bytes", 54.0).right().drop(2),
    Column::new("age", "Age", 50.0).right().drop(3),
    Column::new("sequence", "Sequence", 86.0).drop(4),
    Column::new("preview", "Preview", 200.0).rest(160.0),
];

/// Where the table is scrolled to.
#[derive(Debug, Default)]
pub struct TableState {
    /// Id of the first row in sight, and how far it is scrolled out.
    anchor: Option<(u64, f32)>,
    offset: f32,
    /// The last offset at which the end was in sight. Beyond it a scroll area pulls back until it has seen the new rows.
    end: f32,
    scrolls_to_selected: bool,
}

impl TableState {
    /// Scrolls to the selected row in the next frame.
    pub fn bring_into_view(&mut self) {
        self.scrolls_to_selected = true;
    }
}

/// Draws the rows.
pub fn show(ui: &mut Ui, world: &World, tail: &Tail, state: &mut TailState, out: &mut Commands) {
    let count = state.rows.len(tail);
    let selected = state.selected.and_then(|id| state.rows.index_of(tail, id));
    let height = ui.available_height();
    let view = (height - HEADER).max(ROW);
    let end = (count as f32 * ROW - view).max(0.0);
    let is_held =
        ui.input(|input| input.pointer.primary_down()) && ui.rect_contains_pointer(ui.available_rect_before_wrap());
    let offset = wanted_offset(tail, state, end.min(state.table.end), is_held);
    if state.table.end != end {
        state.table.end = end;
        // Soon rather than at once: an immediate request costs two frames, and records come all the time.
        ui.ctx().request_repaint_after(std::time::Duration::from_millis(100));
    }
    let scroll_to = std::mem::take(&mut state.table.scrolls_to_selected).then_some(selected).flatten();
    let table = Table::new(Id::unique("tail table"), &COLUMNS)
        .gutters(10.0, 6.0)
        .header_height(HEADER)
        .row_height(ROW)
        .selected(selected)
        .keys(true)
        .offset(offset)
        .scroll_to(scroll_to)
        .max_height(height);
    let filter = tail.filter.as_ref().map(|filter| filter.filter());
    let rows = &state.rows;
    let mut wants_key = None;
    let outcome = table.show(ui, count, |row| match rows.at(tail, row.index) {
        Some((_, TailItem::Record(record))) => {
            let marks = filter.map_or_else(Vec::new, |filter| filter.ranges_in(&record.preview));
            draw_record(row, record, world, &marks);
            row.menu(|ui| menu(ui, record, out, &mut wants_key));
        }
        Some((_, TailItem::Notice(notice))) => draw_notice(row, notice),
        None => {}
    });
    if let Some(key) = wants_key {
        state.filter = Some(key);
    }
    let was_selected = state.selected;
    if let Some((id, item)) = outcome.selected.or(outcome.opened).and_then(|row| state.rows.at(tail, row)) {
        state.selected = item.record().map(|_| id).or(was_selected);
    }
    note_scrolling(tail, state, outcome.offset, offset, end);
}

/// Where the table has to be scrolled to before it is drawn, so that what is read stays where it is. While a button is held
/// down nothing moves: a click must end on the row it began on, however fast records come.
fn wanted_offset(tail: &Tail, state: &TailState, end: f32, is_held: bool) -> Option<f32> {
    if state.follow == Follow::Newest && !is_held {
        return Some(end);
    }
    let (id, out_by) = state.table.anchor?;
    let index = state.rows.index_of(tail, id)?;
    let wanted = index as f32 * ROW + out_by;
    ((wanted - state.table.offset).abs() > 0.1).then_some(wanted.min(end))
}

/// Takes note of what the person scrolled to: up from the end stops following, back to the end follows again.
fn note_scrolling(tail: &Tail, state: &mut TailState, offset: f32, set: Option<f32>, end: f32) {
    let before = set.unwrap_or(state.table.offset);
    match state.follow {
        Follow::Newest if offset < before - 2.0 => state.follow = Follow::Here,
        Follow::Here if offset > before + 0.5 && offset >= end - 1.0 => state.follow(),
        _ => {}
    }
    let first = (offset / ROW).floor().max(0.0);
    state.table.offset = offset;
    state.table.anchor = state.rows.at(tail, first as usize).map(|(id, _)| (id, offset - first * ROW));
}

fn menu(ui: &mut Ui, record: &Record, out: &mut Commands, wants_key: &mut Option<String>) {
    let mut copy = |ui: &mut Ui, label: &str, text: &dyn Fn() -> String| {
        if menu_item(ui, label, false).clicked() {
            out.push(Command::Copy(text()));
            ui.close();
        }
    };
    copy(ui, "Copy record", &|| copied(record));
    copy(ui, "Copy partition key", &|| record.partition_key.to_string());
    copy(ui, "Copy sequence number", &|| record.sequence_number.to_string());
    if menu_item(ui, "Filter by this key", false).clicked() {
        out.push(Command::FilterTail(record.partition_key.to_string()));
        *wants_key = Some(record.partition_key.to_string());
        ui.close();
    }
}

fn draw_record(row: &mut Row<'_>, record: &Record, world: &World, marks: &[std::ops::Range<usize>]) {
    let t = row.tokens;
    let age = age(record, world).unwrap_or_else(|| format::UNKNOWN.to_owned());
    row.name(|| spoken(record, &age));
    if record.decoded.error.is_some() {
        row.tint(t.warn_dim);
    }
    let arrival = record.approximate_arrival.map_or_else(|| format::UNKNOWN.to_owned(), |at| at.hms_millis());
    row.text("arrival", &arrival, fonts::value(), t.text);
    row.text("shard", &record.shard_id.short(), fonts::value(), t.weak);
    row.text("key", &format::one_line(record.partition_key.as_str(), 64), fonts::value(), t.strong);
    row.text("bytes", &format::grouped(record.size_bytes() as i64), fonts::value(), t.text);
    row.text("age", &age, fonts::value(), t.weak);
    row.text("sequence", &short_sequence(record.sequence_number.as_str()), fonts::value(), t.weak);
    if let Some(cell) = row.cell("preview") {
        preview(row, cell, record, marks);
    }
}

fn preview(row: &Row<'_>, mut cell: Rect, record: &Record, marks: &[std::ops::Range<usize>]) {
    let t = row.tokens;
    let middle = cell.center().y;
    if let Some((at, of)) = record.sub_sequence {
        let text = format!("KPL {}/{of}", at.saturating_add(1));
        cell.min.x = paint_tag(&row.painter, t, pos2(cell.left(), middle), &text, TagStyle::Accent).right() + 6.0;
    }
    let font = fonts::dense();
    if let Some(error) = &record.decoded.error {
        let error = format::one_line(error, 160);
        let at = pos2(cell.left(), middle);
        row.painter.text(at, Align2::LEFT_CENTER, icons::WARNING, fonts::icon(12.0), t.warn);
        cell.min.x += 17.0;
        let shown =
            job(&[(&error, font.clone(), t.warn), ("  ", font.clone(), t.warn), (&record.preview, font, t.weak)]);
        paint_job(&row.painter, cell, Align::Min, shown);
        return;
    }
    let shown = match record.decoded.steps.last() {
        Some(Step::Json) => json_job(&record.preview, &font, t, marks),
        Some(Step::Text) => plain_job(&record.preview, &font, t.text, t, marks),
        _ => plain_job(&record.preview, &font, t.weak, t, &[]),
    };
    paint_job(&row.painter, cell, Align::Min, shown);
}

/// The first five and the last four digits.
fn short_sequence(number: &str) -> String {
    let count = number.chars().count();
    if count <= 10 {
        return number.to_owned();
    }
    let head: String = number.chars().take(5).collect();
    let tail: String = number.chars().skip(count - 4).collect();
    format!("{head}…{tail}")
}

fn spoken(record: &Record, age: &str) -> String {
    let place =
        record.sub_sequence.map_or_else(String::new, |(at, of)| format!(" part {} of {of}", at.saturating_add(1)));
    let key = format::one_line(record.partition_key.as_str(), 64);
    let size = format::grouped(record.size_bytes() as i64);
    let what = match &record.decoded.error {
        Some(error) => format!("cannot be decoded: {}", format::one_line(error, 120)),
        None => format::one_line(&record.preview, 80),
    };
    format!(
        "Record {}{place} shard {} key {key} {size} B age {age} {what}",
        record.sequence_number,
        record.shard_id.short()
    )
}

fn notice_style(t: &Tokens, kind: NoticeKind) -> (Color32, &'static str, Color32) {
    match kind {
        NoticeKind::Throttled => (t.throttle_dim, icons::THROTTLED, t.throttle),
        NoticeKind::Failed => (t.crit_dim, icons::WARNING, t.crit),
        NoticeKind::Resharded => (t.accent_dim, icons::SPLIT, t.accent),
        NoticeKind::Resumed | NoticeKind::ShardEnded | NoticeKind::Sampled => (t.accent_dim, icons::INFO, t.accent),
    }
}

fn draw_notice(row: &mut Row<'_>, notice: &TailNotice) {
    let t = row.tokens;
    let (fill, icon, color) = notice_style(t, notice.kind);
    let shard = notice.shard.as_ref().map(|shard| shard.short());
    let text = format::one_line(&notice.text, 300);
    row.name(|| format!("Notice {} {text}", shard.as_deref().unwrap_or("")));
    row.tint(fill);
    let middle = row.rect.center().y;
    let left = row.rect.left() + 16.0;
    row.painter.text(pos2(left, middle), Align2::LEFT_CENTER, icon, fonts::icon(12.0), color);
    let mut area = Rect::from_min_max(pos2(left + 19.0, row.rect.top()), row.rect.max - vec2(12.0, 0.0));
    if let Some(shard) = &shard {
        let shown = widgets::paint_elided(&row.painter, area, Align::Min, shard, fonts::value(), t.strong);
        area.min.x = shown.right() + 8.0;
    }
    widgets::paint_elided(&row.painter, area, Align::Min, &text, fonts::small(), t.text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_keep_both_ends() {
        assert_eq!(short_sequence("49668412730951846205835021741048434"), "49668…8434");
        assert_eq!(short_sequence("7"), "7");
    }
}
