//! How a run goes and what became of its records, those with trouble first.

use eframe::egui::{Align, Align2, Id, Layout, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::super::{results, save};
use super::{Scene, run};
use crate::model::batch::BatchCommand;
use crate::model::batch::run::{BatchEnd, BatchRun, Trouble};
use crate::model::format;
use crate::model::results::ResultsOf;
use crate::model::sentence::{Sentence, Span};
use crate::model::time::Timestamp;
use crate::ui::command::Command;
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::text::{paint_job, sentence_job};
use crate::ui::widgets::{self, Button, ButtonKind, Column, Table, TagStyle, segmented, tag};

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
    let (icon, color, state) = match &run.end {
        None if run.is_paused => (icons::PAUSE, t.warn, "Paused"),
        None => (icons::BUSY, t.accent, "Sending"),
        Some(BatchEnd::Done) if run.failed + run.unknown == 0 => (icons::CHECK, t.ok, "Sent"),
        Some(BatchEnd::Done) => (icons::WARNING, t.warn, "Ended"),
        Some(BatchEnd::Stopped) => (icons::STOP, t.warn, "Stopped"),
        Some(BatchEnd::Failed(_)) => (icons::ERROR, t.crit, "Gave up"),
    };
    let words = counts(run, scene.world.now);
    let (line, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    let spoken = format!("Run of {}: {}. {state}", run.title, words.to_text().trim_start());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &spoken));
    let right = if run.end.is_none() { buttons(ui, t, line, run, scene) } else { line.right() };
    ui.painter().text(line.left_center(), Align2::LEFT_CENTER, icon, fonts::icon(14.0), color);
    let at = line.left_center() + vec2(22.0, 0.0);
    let state = ui.painter().text(at, Align2::LEFT_CENTER, state, fonts::body_strong(), t.strong);
    // The file above may be another by now.
    let left = state.right() + 10.0;
    let place = Rect::from_min_max(pos2(left, line.top()), pos2(right.min(left + 220.0), line.bottom()));
    let title = format::one_line(&run.title, 200);
    let title = widgets::paint_elided(ui.painter(), place, Align::Min, &title, fonts::value(), t.text);
    let place = Rect::from_min_max(pos2(title.right(), line.top()), pos2(right, line.bottom()));
    paint_job(ui.painter(), place, Align::Min, sentence_job(t, &words, 12.0));
    bar(ui, t, run);
}

/// Pause and stop, and how much longer it takes; gives where they begin.
fn buttons(ui: &mut Ui, t: &Tokens, line: Rect, run: &BatchRun, scene: &mut Scene<'_>) -> f32 {
    let place = Rect::from_min_max(pos2(line.right() - 180.0, line.top()), line.max);
    super::within(ui, "stop", place, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let stop = Button::new("Stop").kind(ButtonKind::DangerOutline).icon(icons::STOP);
            if ui.add(stop).clicked() {
                scene.out.push(Command::Batch(BatchCommand::Stop));
            }
            ui.spacing_mut().item_spacing.x = 8.0;
            let (label, icon) = if run.is_paused { ("Resume", icons::PLAY) } else { ("Pause", icons::PAUSE) };
            if ui.add(Button::new(label).icon(icon)).clicked() {
                scene.out.push(Command::Batch(BatchCommand::Pause(!run.is_paused)));
            }
        });
    });
    let right = line.right() - 190.0;
    let Some(left) = run.left(scene.world.now).filter(|_| !run.is_paused) else { return right };
    let text = format!("{} left", format::duration(left));
    let at = pos2(right, line.center().y);
    ui.painter().text(at, Align2::RIGHT_CENTER, text, fonts::small(), t.weak).left() - 12.0
}

/// How far it is, with a mark wherever something went wrong.
fn bar(ui: &mut Ui, t: &Tokens, run: &BatchRun) {
    let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 8.0), Sense::hover());
    ui.painter().rect_filled(bar, 2, t.stroke_weak);
    let x = |share: f64| bar.left() + bar.width() * share as f32;
    ui.painter().rect_filled(bar.with_max_x(x(run.share())), 2, t.accent_fill);
    for (from, until, trouble) in run.marks.iter() {
        let color = if trouble == Trouble::Failed { t.crit } else { t.throttle };
        ui.painter().rect_filled(Rect::from_x_y_ranges(x(from)..=x(until), bar.y_range()), 0, color);
    }
}

/// `18,821 of 48,205 sent  29 rec/s  2.0 MiB/s  212 throttled, retried  3 failed`.
fn counts(run: &BatchRun, now: Timestamp) -> Sentence {
    let number = |count: u64| format::grouped(count as i64);
    let mut words = Sentence::new().plain("   ").span(Span::Strong(number(run.sent.records)));
    words = words.plain(format!(" of {} sent", number(run.of)));
    if run.end.is_none() {
        words = words.plain("   ").span(Span::Strong(number(run.records_per_sec(now).round() as u64))).plain(" rec/s");
        words = words.plain("   ").span(Span::Strong(format::mib_per_sec(run.bytes_per_sec(now)))).plain(" MiB/s");
    }
    let unsent = if run.end.is_some() { run.unsent() } else { 0 };
    let counts = [
        (Span::Throttle(number(run.retries)), run.retries, "refused attempts, retried"),
        (Span::Crit(number(run.failed)), run.failed, "failed"),
        (Span::Crit(number(run.unknown)), run.unknown, "unknown"),
        (Span::Warn(number(unsent)), unsent, "not sent"),
        (Span::Warn(number(run.skipped)), run.skipped, "invalid, left out"),
        (Span::Warn(number(run.spared)), run.spared, "left out to spare their shard"),
    ];
    for (figure, _, what) in counts.into_iter().filter(|(_, count, _)| *count > 0) {
        words = words.plain("   ").span(figure).plain(format!(" {what}"));
    }
    match &run.end {
        Some(BatchEnd::Failed(why)) => words.plain(format!("   {why}")),
        _ => words,
    }
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
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        if run.end.is_some() {
            ended(ui, run, scene);
        }
        let first = run.sent.records.saturating_sub(run.after_retry);
        let tags = [
            (run.failed + run.unknown, "failed", TagStyle::Crit),
            (run.after_retry, "after retry", TagStyle::Throttle),
            (first, "first try", TagStyle::Ok),
        ];
        for (count, what, style) in tags.into_iter().filter(|(count, ..)| *count > 0) {
            tag(ui, &format!("{} {what}", format::grouped(count as i64)), style);
        }
        let saved = scene.world.open.as_ref().and_then(|open| open.batch.saved.as_ref());
        if let Some((words, color)) = save::said(t, saved).filter(|_| run.end.is_some()) {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Status, true, words));
            widgets::paint_elided(ui.painter(), rect, Align::Max, words, fonts::small(), color);
        }
    });
}

/// What can be done with the results of a run that has ended.
fn ended(ui: &mut Ui, run: &BatchRun, scene: &mut Scene<'_>) {
    let failed = (!run.failed_rows.is_empty()).then_some(run.format);
    save::button(ui, scene.world, (&mut scene.state.batch.save, &ResultsOf::Batch), failed, scene.out);
    if failed.is_none() {
        return;
    }
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
