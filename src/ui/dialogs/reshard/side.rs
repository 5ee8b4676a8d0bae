//! The right column: checks, cost, what happens or how far it is.

use std::ops::Range;

use eframe::egui::{Align2, Role, Sense, Ui, WidgetInfo};

use super::super::frame::side::{
    RUNS_ON, check_list, cost_lines, heading, line, pair, planned, right, rule, step_lines,
};
use super::Scene;
use crate::model::format;
use crate::model::reshard::{ReshardRequest, ReshardRun};
use crate::model::time::Timestamp;
use crate::ui::theme::{self, Tokens, fonts, icons};

/// What may be done while a plan runs.
const PLAN_RUNS_ON: &str =
    "You can close this window: the plan keeps running. Locking writes by hand stops it before its next step.";

/// Draws the column.
pub fn show(ui: &mut Ui, scene: &Scene<'_>) {
    let t = theme::tokens(ui);
    let Some(run) = scene.run() else { return planned(ui, &scene.offer) };
    // Once its shards are closed, a plan for others would stand there.
    if Some(&run.request) == scene.offer.request.as_ref() {
        check_list(ui, t, scene.offer.verb, &scene.offer.checks, true);
        rule(ui, t, 8.0, 8.0);
    }
    cost_lines(ui, t, &scene.offer.cost, &[]);
    progress(ui, t, run, super::scale_plan::left_of(scene).is_some(), scene.world.now);
    drains(ui, t, scene, run);
}

/// What may be done while it runs.
pub fn words(run: &ReshardRun) -> &'static str {
    if run.is_plan() { PLAN_RUNS_ON } else { RUNS_ON }
}

fn progress(ui: &mut Ui, t: &Tokens, run: &ReshardRun, can_go_on: bool, now: Timestamp) {
    let rect = heading(ui, t, "Progress");
    if let Some((done, of)) = run.plan_steps() {
        let words = format!("{done} of {of} steps");
        let response = ui.interact(rect, ui.scope_id().with("progress"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Progress {words}")));
        ui.painter().text(right(rect), Align2::RIGHT_CENTER, words, fonts::small(), t.weak);
    }
    let shown = sight(run);
    if shown.start > 0 {
        let words = format!("{} before", format::counted(shown.start, "step"));
        line(ui, t, (icons::CHECK, fonts::icon(13.0), t.ok), (&words, t.weak), "done", Role::ListItem);
    }
    let last = shown.end;
    step_lines(ui, t, &run.steps, shown, now);
    if last < run.steps.len() {
        let words = format!("{} more", format::counted(run.steps.len() - last, "step"));
        line(ui, t, ("…", fonts::dense(), t.weak), (&words, t.weak), "", Role::ListItem);
    }
    if run.plan.is_stopped {
        let words = match can_go_on {
            true => "Stopped. What is done stays done; the rest can go on later.",
            // The demo keeps no journal of its plans.
            false => "Stopped. What is done stays done.",
        };
        pair(ui, t, words, "");
    }
    if !run.children.is_empty() {
        let ids: Vec<String> = run.children.iter().map(crate::model::ids::ShardId::short).collect();
        pair(ui, t, if ids.len() == 1 { "Child" } else { "Children" }, &ids.join(" + "));
    }
    if let (ReshardRequest::Scale(request), Some(open)) = (&run.request, run.open_shards) {
        pair(ui, t, "Open shards", &format!("{open} of {}", request.target));
    }
}

/// Who still reads what was closed, once there is something closed.
fn drains(ui: &mut Ui, t: &Tokens, scene: &Scene<'_>, run: &ReshardRun) {
    let lines = scene.world.open.as_ref().map_or_else(Vec::new, |open| super::drain::lines(open, run));
    for (text, detail) in lines {
        line(ui, t, (icons::CONSUMERS, fonts::icon(12.0), t.weak), (&text, t.weak), &detail, Role::ListItem);
    }
}

/// The steps that are shown here: of a long plan those around the one that runs.
fn sight(run: &ReshardRun) -> Range<usize> {
    const MOST: usize = 9;
    let all = run.steps.len();
    let (done, _) = run.plan_steps().filter(|_| all > MOST).unwrap_or((0, all));
    let first = done.saturating_sub(3).min(all.saturating_sub(MOST));
    first..(first + MOST).min(all).max(if run.is_plan() { 0 } else { all })
}
