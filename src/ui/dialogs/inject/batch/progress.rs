//! How a run goes and what became of its records, those with trouble first.

use eframe::egui::{Align, Align2, Id, Layout, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::super::{results, save};
use super::{Scene, run};
use crate::model::batch::BatchCommand;
use crate::model::batch::run::{BatchEnd, BatchRun};
use crate::model::format;
use crate::model::results::ResultsOf;
use crate::model::time::Timestamp;
use crate::ui::command::Command;
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::{self, Button, Column, Table, segmented};

const COLUMNS: [Column; 7] = [
    Column::new("number", "Line", 56.0).right(),
    Column::new("key", "Partition key", 110.0).rest(80.0),
    Column::new("shard", "Shard", 58.0),
    Column::new("result", "Result", 128.0),
    Column::new("attempts", "Attempts and waits, ms", 268.0).drop(1),
    Column::new("total", "Total", 68.0).right(),
    Column::new("sequence", "Sequence number or error", 280.0).rest(240.0),
];

/// Draws the lower part of the dialog.
pub(super) fn show(ui: &mut Ui, scene: &mut Scene<'_>) {
    let Some(run) = run(scene) else { return };
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
    let area = ui.max_rect();
    let strip = area.with_max_y(area.top() + 54.0);
    ui.painter().rect_filled(strip, 0, t.raised);
    ui.painter().hline(strip.x_range(), strip.top() + 0.5, Stroke::new(1.0, t.stroke));
    super::within(ui, "going", strip.shrink2(vec2(16.0, 6.0)), |ui| going(ui, t, run, scene));
    let rest = area.with_min_y(strip.bottom());
    super::within(ui, "results", rest, |ui| rows(ui, t, run, scene));
}

/// Counts, rates and the bar.
fn going(ui: &mut Ui, t: &Tokens, run: &BatchRun, scene: &mut Scene<'_>) {
    let now = scene.world.now;
    let words = words(run, now);
    let (line, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, format!("Run of {}: {words}", run.title)));
    let (icon, color) = match &run.end {
        None => (icons::BUSY, t.accent),
        Some(BatchEnd::Done) if run.failed + run.unknown == 0 => (icons::CHECK, t.ok),
        Some(BatchEnd::Done) => (icons::WARNING, t.warn),
        Some(BatchEnd::Stopped) => (icons::STOP, t.warn),
        Some(BatchEnd::Failed(_)) => (icons::ERROR, t.crit),
    };
    let mut right = line.right();
    if run.end.is_none() {
        let place = Rect::from_min_max(pos2(right - 180.0, line.top()), line.max);
        super::within(ui, "stop", place, |ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.add(Button::danger("Stop").icon(icons::STOP)).clicked() {
                    scene.out.push(Command::Batch(BatchCommand::Stop));
                }
                ui.spacing_mut().item_spacing.x = 8.0;
                let (label, icon) = if run.is_paused { ("Go on", icons::PLAY) } else { ("Pause", icons::PAUSE) };
                if ui.add(Button::new(label).icon(icon)).clicked() {
                    scene.out.push(Command::Batch(BatchCommand::Pause(!run.is_paused)));
                }
            });
        });
        right -= 190.0;
        if let Some(left) = run.left(now).filter(|_| !run.is_paused) {
            let text = format!("{} left", format::duration(left));
            let at = pos2(right, line.center().y);
            right = ui.painter().text(at, Align2::RIGHT_CENTER, text, fonts::small(), t.weak).left() - 12.0;
        }
    }
    ui.painter().text(line.left_center(), Align2::LEFT_CENTER, icon, fonts::icon(14.0), color);
    let place = Rect::from_min_max(pos2(line.left() + 22.0, line.top()), pos2(right, line.bottom()));
    widgets::paint_elided(ui.painter(), place, Align::Min, &words, fonts::small_medium(), t.strong);
    let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 8.0), Sense::hover());
    ui.painter().rect_filled(bar, 2, t.stroke_weak);
    let part = |count: u64| bar.width() * (count as f32 / run.of.max(1) as f32).clamp(0.0, 1.0);
    let mut left = bar.left();
    let first = run.sent.records.saturating_sub(run.after_retry);
    for (count, color) in [(first, t.accent_fill), (run.after_retry, t.throttle), (run.failed + run.unknown, t.crit)] {
        let width = part(count);
        ui.painter().rect_filled(Rect::from_min_size(pos2(left, bar.top()), vec2(width, 8.0)), 0, color);
        left += width;
    }
}

/// `18,821 of 48,205 sent · 29 rec/s · 2.0 MiB/s · 212 retried · 3 failed`.
fn words(run: &BatchRun, now: Timestamp) -> String {
    let number = |count: u64| format::grouped(count as i64);
    let mut words = vec![format!("{} of {} sent", number(run.sent.records), number(run.of))];
    if run.end.is_none() {
        words.push(format!("{} rec/s", number(run.records_per_sec(now).round() as u64)));
        words.push(format!("{} MiB/s", format::mib_per_sec(run.bytes_per_sec(now))));
    }
    let counts = [
        (run.retries, "throttled, retried"),
        (run.failed, "failed"),
        (run.unknown, "unknown"),
        (if run.end.is_some() { run.unsent() } else { 0 }, "not sent"),
        (run.skipped, "invalid, left out"),
        (run.spared, "left out to spare their shard"),
    ];
    words.extend(
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{} {what}", number(*count))),
    );
    match &run.end {
        Some(BatchEnd::Failed(why)) => words.push(why.clone()),
        Some(BatchEnd::Stopped) => words.insert(0, "Stopped".to_owned()),
        None if run.is_paused => words.insert(0, "Paused".to_owned()),
        _ => {}
    }
    words.join("  ·  ")
}

fn rows(ui: &mut Ui, t: &Tokens, run: &BatchRun, scene: &mut Scene<'_>) {
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), 42.0), Sense::hover());
    super::within(ui, "records", head.shrink2(vec2(16.0, 7.0)), |ui| {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| heading(ui, t, run, scene));
    });
    let (failed, retried) = (&run.failed_rows, &run.retried_rows);
    let shown_failed = if scene.state.batch.shown_rows == 1 { 0 } else { failed.len() };
    let count = shown_failed + retried.len();
    if count == 0 {
        let words = "No record had trouble: those that were taken at once are counted, not listed.";
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover());
        widgets::paint_elided(ui.painter(), rect.shrink2(vec2(16.0, 0.0)), Align::Min, words, fonts::small(), t.weak);
        return;
    }
    let table = Table::new(Id::unique("batch results"), &COLUMNS)
        .gutters(10.0, 10.0)
        .header_height(24.0)
        .row_height(25.0)
        .max_height(ui.available_height());
    let out = &mut *scene.out;
    let _ = table.show(ui, count, |row| {
        let one = match row.index.checked_sub(shown_failed) {
            None => failed.get(row.index),
            Some(at) => retried.get(at),
        };
        if let Some(one) = one {
            results::draw(row, one.number, &one.row, out);
        }
    });
}

fn heading(ui: &mut Ui, t: &Tokens, run: &BatchRun, scene: &mut Scene<'_>) {
    widgets::label(ui, "Records", fonts::small_strong(), t.strong);
    segmented(ui, "Records shown", &["Problems first", "Retried"], &mut scene.state.batch.shown_rows);
    if run.end.is_none() {
        return;
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let failed = (!run.failed_rows.is_empty()).then_some(run.format);
        save::button(ui, scene.world, (&mut scene.state.batch.save, &ResultsOf::Batch), failed, scene.out);
        if failed.is_some() {
            let may_send = match (scene.world.is_unlocked(), run.failed) {
                (false, _) => Err("Writes are locked."),
                (_, 0) => Err("What became of these is not known: they may be in the stream already."),
                _ => Ok(()),
            };
            let label = format!("Send {} failed again", format::grouped(run.failed as i64));
            if ui.add(Button::new(&label).icon(icons::REFRESH).enabled(may_send)).clicked() {
                scene.out.push(Command::Batch(BatchCommand::SendFailed));
            }
        }
        let saved = scene.world.open.as_ref().and_then(|open| open.batch.saved.as_ref());
        if let Some((words, color)) = save::said(t, saved) {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Status, true, words));
            widgets::paint_elided(ui.painter(), rect, Align::Max, words, fonts::small(), color);
        }
    });
}
