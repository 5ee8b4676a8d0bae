//! What became of the last run, problems first.

use eframe::egui::text::LayoutJob;
use eframe::egui::{Align, Align2, Id, Layout, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, vec2};

use super::save::SaveForm;
use crate::model::format;
use crate::model::results::ResultsOf;
use crate::model::world::World;
use crate::model::writes::{InjectRow, InjectRun, PutOutcome};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::text::job;
use crate::ui::widgets::{self, Column, Row, Table, TagStyle, paint_tag, tag_size};

const COLUMNS: [Column; 7] = [
    Column::new("number", "#", 30.0),
    Column::new("key", "Partition key", 110.0).rest(80.0),
    Column::new("shard", "Shard", 58.0),
    Column::new("result", "Result", 136.0),
    Column::new("attempts", "Attempts and waits, ms", 262.0).drop(1),
    Column::new("total", "Total", 72.0).right(),
    Column::new("sequence", "Sequence number or error", 280.0).rest(240.0),
];

/// Draws the lower part of the dialog.
pub(super) fn show(ui: &mut Ui, world: &World, save: &mut SaveForm, out: &mut Commands) {
    let Some(run) = world.open.as_ref().and_then(|open| open.inject.as_ref()) else { return };
    heading(ui, world, run, save, out);
    let mut order: Vec<usize> = (0..run.rows.len()).collect();
    order.sort_by_key(|at| run.rows.get(*at).map_or((3, 0), |row| (rank(row), usize::MAX - row.waits.len())));
    let height = ui.available_height();
    let table = Table::new(Id::unique("inject results"), &COLUMNS)
        .gutters(10.0, 10.0)
        .header_height(24.0)
        .row_height(25.0)
        .max_height(height);
    let _ = table.show(ui, order.len(), |row| {
        if let Some((at, result)) = order.get(row.index).and_then(|at| Some((*at, run.rows.get(*at)?))) {
            draw(row, at as u64 + 1, result, out);
        }
    });
}

/// Failed, retried, under way, sent.
fn rank(row: &InjectRow) -> u8 {
    match &row.outcome {
        Some(Err(_) | Ok(PutOutcome::Refused { .. })) => 0,
        Some(Ok(_)) if !row.waits.is_empty() => 1,
        None => 2,
        Some(Ok(_)) => 3,
    }
}

fn heading(ui: &mut Ui, world: &World, run: &InjectRun, save: &mut SaveForm, out: &mut Commands) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 34.0), Sense::hover());
    let count = |rank_wanted: u8| run.rows.iter().filter(|row| rank(row) == rank_wanted).count();
    let mut tags = vec![
        (count(0), "failed", TagStyle::Crit),
        (count(1), "after retry", TagStyle::Throttle),
        (count(3), "first try", TagStyle::Ok),
        (count(2), "under way", TagStyle::Accent),
    ];
    tags.retain(|(count, ..)| *count > 0);
    let records = if run.rows.len() == 1 { "1 record".to_owned() } else { format!("{} records", run.rows.len()) };
    let when = format!("{records} at {} UTC", run.started.hms());
    let words: Vec<String> = tags.iter().rev().map(|(count, what, _)| format!("{count} {what}")).collect();
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, format!("Last run {when}: {}", words.join(", "))));
    let left = rect.left_center() + vec2(16.0, 0.0);
    let name = ui.painter().text(left, Align2::LEFT_CENTER, "Last run", fonts::small_strong(), t.strong);
    let mut right = rect.right() - 16.0;
    if run.is_done {
        let place = Rect::from_min_max(eframe::egui::pos2(right - 130.0, rect.top()), rect.max - vec2(16.0, 0.0));
        let layout = Layout::right_to_left(Align::Center);
        let taken = ui.scope_builder(UiBuilder::new().id_salt("save").max_rect(place).layout(layout), |ui| {
            super::save::button(ui, world, (save, &ResultsOf::Single), None, out);
            ui.min_rect().left()
        });
        right = taken.inner - 10.0;
    }
    for (count, what, style) in tags {
        let text = format!("{count} {what}");
        right -= tag_size(ui.painter(), &text).x;
        paint_tag(ui.painter(), t, eframe::egui::pos2(right, rect.center().y), &text, style);
        right -= 8.0;
    }
    let area = Rect::from_min_max(
        eframe::egui::pos2(name.right() + 10.0, rect.top()),
        eframe::egui::pos2(right, rect.bottom()),
    );
    let saved = world.open.as_ref().and_then(|open| open.batch.saved.as_ref());
    let (words, color) = super::save::said(t, saved).unwrap_or((&when, t.weak));
    widgets::paint_elided(ui.painter(), area, Align::Min, words, fonts::small(), color);
}

/// Draws one record: `number` is its place in what was sent.
pub(super) fn draw(row: &mut Row<'_>, number: u64, result: &InjectRow, out: &mut Commands) {
    let t = row.tokens;
    let is_failed = rank(result) == 0;
    if is_failed {
        row.tint(t.crit_dim);
    }
    let (words, color) = words(t, result);
    let (detail, copied) = detail(result);
    let key = format::one_line(result.partition_key.as_str(), 80);
    row.name(|| format!("Result {number} {key} {words} {detail}"));
    row.text("number", &format::grouped(number as i64), fonts::value(), t.weak);
    row.text("key", &key, fonts::value(), t.strong);
    if let Some(Ok(PutOutcome::Accepted { shard_id, .. })) = &result.outcome {
        row.text("shard", &shard_id.short(), fonts::value(), t.weak);
    }
    row.text("result", &words, fonts::small_medium(), color);
    row.job("attempts", attempts(t, result));
    if result.outcome.is_some() {
        row.text("total", &took(result), fonts::value(), t.text);
    }
    row.text("sequence", &detail, fonts::dense(), if is_failed { t.text } else { t.weak });
    let response = row.response.clone();
    let hint = format::one_line(&copied, 600);
    if is_failed && !hint.is_empty() {
        response.on_hover_text(&hint);
    }
    row.menu(|ui| {
        let label = if is_failed { "Copy error" } else { "Copy sequence number" };
        if menu_item(ui, label, false).clicked() {
            out.push(Command::Copy(copied.clone()));
            ui.close();
        }
    });
}

fn words(t: &Tokens, row: &InjectRow) -> (String, eframe::egui::Color32) {
    match (&row.outcome, row.waits.len()) {
        (None, 0) => ("Sending".to_owned(), t.accent),
        (None, failed) => (format!("Waiting, {failed} failed"), t.throttle),
        (Some(Ok(PutOutcome::Accepted { .. })), 0) => ("Sent".to_owned(), t.ok),
        (Some(Ok(PutOutcome::Accepted { .. })), failed) => {
            (format!("Sent, {} attempt", ordinal(failed + 1)), t.throttle)
        }
        (Some(_), _) => ("Failed".to_owned(), t.crit),
    }
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// Each failed attempt as a cross with the wait behind it, the last one as what it came to.
fn attempts(t: &Tokens, row: &InjectRow) -> LayoutJob {
    let icon = || fonts::icon(11.0);
    let mut all = LayoutJob::default();
    let mut append = |part: LayoutJob| {
        for section in part.sections {
            let text = part.text.get(section.byte_range.start.0..section.byte_range.end.0).unwrap_or_default();
            all.append(text, section.leading_space, section.format);
        }
    };
    for wait in row.waits.iter().take(12) {
        let millis = format!(" {} ", format::grouped(wait.0));
        append(job(&[(icons::CLOSE, icon(), t.throttle), (&millis, fonts::dense(), t.text)]));
    }
    match rank(row) {
        0 => append(job(&[(icons::CLOSE, icon(), t.crit)])),
        1 | 3 => append(job(&[(icons::CHECK, icon(), t.ok)])),
        _ => append(job(&[(icons::BUSY, icon(), t.accent)])),
    }
    all
}

fn took(row: &InjectRow) -> String {
    if row.took.0 < 1_000 { format!("{} ms", row.took.0) } else { format::duration(row.took) }
}

/// What the last column says, and what copying gives.
fn detail(row: &InjectRow) -> (String, String) {
    match &row.outcome {
        None => (String::new(), String::new()),
        Some(Ok(PutOutcome::Accepted { sequence_number, .. })) => {
            (format::elide_middle(sequence_number.as_str(), 32), sequence_number.to_string())
        }
        Some(Ok(PutOutcome::Refused { code, message })) => {
            let text = format!("{code}: {message}");
            (format::one_line(&text, 300), text)
        }
        Some(Err(problem)) => (format::one_line(&problem.sentence, 300), problem.sentence.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_counted_in_words() {
        let words: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 22, 103].into_iter().map(ordinal).collect();
        assert_eq!(words, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "103rd"]);
    }
}
