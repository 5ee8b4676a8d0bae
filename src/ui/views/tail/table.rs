//! The rows of the tail: only those in sight are laid out. Rows leave at the top while they are read, so the view is held
//! by the id of its first row, not by an offset.

use eframe::egui::{Align, Align2, Color32, Id, Rect, Ui, pos2, vec2};

use super::json_ink::{json_job, plain_job};
use super::{Follow, TailState, age, columns, inspector, zone};
use crate::model::filter::{Filter, FilterSpec};
use crate::model::format;
use crate::model::mask::Masks;
use crate::model::record::Record;
use crate::model::tail::{NoticeKind, Tail, TailItem, TailNotice};
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{Tokens, fonts, icons};
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::text::{job, paint_job};
use crate::ui::widgets::{self, Resized, Row, Table, TagStyle, paint_tag};

const ROW: f32 = 22.0;
const HEADER: f32 = 25.0;

/// Rows that are added so soon after others come all the time: a tail that runs is drawn once a second.
const STEADY_SECONDS: f64 = 1.5;

/// Where the table is scrolled to.
#[derive(Debug, Default)]
pub struct TableState {
    /// Id of the first row in sight, and how far it is scrolled out.
    anchor: Option<(u64, f32)>,
    offset: f32,
    /// The last offset at which the end was in sight. Beyond it a scroll area pulls back until it has seen the new rows.
    end: f32,
    /// When rows were added last, in seconds of egui's time.
    grew_at: Option<f64>,
    scrolls_to_selected: bool,
    /// The column that is being dragged, and its width.
    dragged: Option<(&'static str, f32)>,
}

impl TableState {
    /// Scrolls to the selected row in the next frame.
    pub fn bring_into_view(&mut self) {
        self.scrolls_to_selected = true;
    }
}

/// Draws the rows.
pub fn show(ui: &mut Ui, world: &World, open: &OpenStream, state: &mut TailState, out: &mut Commands) {
    let tail = &open.tail;
    let count = state.rows.len(tail);
    let selected = state.selected.and_then(|id| state.rows.index_of(tail, id));
    let area = ui.available_rect_before_wrap();
    let height = area.height();
    let view = (height - HEADER).max(ROW);
    let end = (count as f32 * ROW - view).max(0.0);
    // In the frame of the release too: a click is one only where the row under it has stayed.
    let is_held = ui.input(|input| input.pointer.primary_down() || input.pointer.primary_released())
        && ui.rect_contains_pointer(area);
    let offset = wanted_offset(tail, state, end.min(state.table.end), is_held);
    if state.table.end != end {
        state.table.end = end;
        // The new rows need one more frame. Where records come all the time the next one comes by itself, and painting is
        // what costs; else it is asked for, soon rather than at once: an immediate request costs two frames.
        let now = ui.input(|input| input.time);
        let is_steady = state.table.grew_at.is_some_and(|at| now - at < STEADY_SECONDS);
        state.table.grew_at = Some(now);
        if !is_steady {
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(100));
        }
    }
    let scroll_to = std::mem::take(&mut state.table.scrolls_to_selected).then_some(selected).flatten();
    let shown = columns::shown(&world.settings.tail, state.table.dragged);
    let table = Table::new(Id::unique("tail table"), &shown)
        .gutters(10.0, 6.0)
        .header_height(HEADER)
        .row_height(ROW)
        .selected(selected)
        .keys(true)
        .resizable(true)
        .offset(offset)
        .scroll_to(scroll_to)
        .max_height(height);
    let filter = tail.filter.as_ref().map(|filter| filter.filter());
    let (rows, masks, pins) = (&state.rows, &state.masks, &state.pins);
    let mut wish = None;
    let outcome = table.show(ui, count, |row| match rows.at(tail, row.index) {
        Some((id, TailItem::Record(record))) => {
            draw_record(row, record, world, masks, filter);
            row.menu(|ui| wish = menu(ui, (world, open), (id, record, pins.contains(id)), masks, out));
        }
        Some((_, TailItem::Notice(notice))) => draw_notice(row, notice),
        None => {}
    });
    columns::menu(ui, area.with_max_y(area.top() + HEADER), &world.settings.tail, out);
    resize(world, state, outcome.resized, out);
    match wish {
        Some(Wish::Filter(spec)) => state.ask(spec, out),
        Some(Wish::Pin(id)) => {
            if let Some(record) = tail.store.get(id).and_then(TailItem::record) {
                state.pins.toggle(id, record);
            }
        }
        None => {}
    }
    let was_selected = state.selected;
    if let Some((id, item)) = outcome.selected.or(outcome.opened).and_then(|row| state.rows.at(tail, row)) {
        state.selected = item.record().map(|_| id).or(was_selected);
    }
    note_scrolling(tail, state, outcome.offset, offset, end);
}

/// Follows the edge of a column; its width is remembered when it is let go.
fn resize(world: &World, state: &mut TailState, resized: Option<Resized>, out: &mut Commands) {
    let Some(resized) = resized else { return };
    state.table.dragged = Some((resized.column, resized.width));
    if resized.is_over {
        state.table.dragged = None;
        let mut settings = world.settings.tail.clone();
        settings.column_widths.insert(resized.column.to_owned(), resized.width);
        out.push(Command::SetTail(Box::new(settings)));
    }
}

/// What was asked for in the menu of a row.
enum Wish {
    Filter(FilterSpec),
    Pin(u64),
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

fn menu(
    ui: &mut Ui,
    (world, open): (&World, &OpenStream),
    (id, record, is_pinned): (u64, &Record, bool),
    masks: &Masks,
    out: &mut Commands,
) -> Option<Wish> {
    let shown = masks.apply(record);
    inspector::copy_menu(ui, world, open, &shown, out);
    let mut wish = None;
    if shown.partition_key == record.partition_key && menu_item(ui, "Only this key", false).clicked() {
        wish = Some(Wish::Filter(FilterSpec::only_key(record.partition_key.as_str())));
        ui.close();
    }
    if menu_item(ui, if is_pinned { "Unpin" } else { "Pin" }, false).clicked() {
        wish = Some(Wish::Pin(id));
        ui.close();
    }
    wish
}

fn draw_record(row: &mut Row<'_>, record: &Record, world: &World, masks: &Masks, filter: Option<&Filter>) {
    let t = row.tokens;
    let age = age(record, world).unwrap_or_else(|| format::UNKNOWN.to_owned());
    let shown = masks.preview(record);
    let key = format::one_line(masks.key(&record.partition_key), 64);
    row.name(|| spoken(record, &key, &shown, &age));
    if record.decoded.error.is_some() {
        row.tint(t.warn_dim);
    }
    let arrival = record
        .approximate_arrival
        .map_or_else(|| format::UNKNOWN.to_owned(), |at| at.strftime("%H:%M:%S.%3f", &zone(world)));
    row.text("arrival", &arrival, fonts::value(), t.text);
    row.text("shard", &record.shard_id.short(), fonts::value(), t.weak);
    row.text("key", &key, fonts::value(), t.strong);
    row.text("bytes", &format::grouped(record.size_bytes() as i64), fonts::value(), t.text);
    row.text("age", &age, fonts::value(), t.weak);
    row.text("sequence", &short_sequence(record.sequence_number.as_str()), fonts::value(), t.weak);
    if row.cell("format").is_some() {
        let steps: Vec<&str> = record.decoded.steps.iter().map(|step| step.label()).collect();
        row.text("format", &steps.join(" "), fonts::dense(), t.weak);
    }
    let marks = filter.map_or_else(Vec::new, |filter| filter.ranges_in(&shown));
    if let Some(cell) = row.cell("preview") {
        preview(row, cell, record, &shown, &marks);
    }
}

fn preview(row: &Row<'_>, mut cell: Rect, record: &Record, shown: &str, marks: &[std::ops::Range<usize>]) {
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
        let shown = job(&[(&error, font.clone(), t.warn), ("  ", font.clone(), t.warn), (shown, font, t.weak)]);
        paint_job(&row.painter, cell, Align::Min, shown);
        return;
    }
    let is_json = record.decoded.is_json() || record.decoded.is_ndjson();
    let shown = match (is_json, &record.decoded.text) {
        (true, _) => json_job(shown, &font, t, marks),
        (false, Some(_)) => plain_job(shown, &font, t.text, t, marks),
        (false, None) => plain_job(shown, &font, t.weak, t, &[]),
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

fn spoken(record: &Record, key: &str, preview: &str, age: &str) -> String {
    let place =
        record.sub_sequence.map_or_else(String::new, |(at, of)| format!(" part {} of {of}", at.saturating_add(1)));
    let size = format::grouped(record.size_bytes() as i64);
    let what = match &record.decoded.error {
        Some(error) => format!("cannot be decoded: {}", format::one_line(error, 120)),
        None => format::one_line(preview, 80),
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
