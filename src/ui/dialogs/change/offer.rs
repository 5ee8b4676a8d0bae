//! What a part of a dialog offers to do with a stream, and the right column and the footer that say and do it.

use eframe::egui::{Align, Align2, Layout, Rect, ScrollArea, Stroke, Ui, UiBuilder, pos2, vec2};

use super::super::reshard::offer::{Check, CostLine};
use super::super::reshard::side;
use super::Confirming;
use crate::model::change::{ChangeRequest, ChangeRun};
use crate::model::connection::Environment;
use crate::model::world::World;
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button};

/// Share of the width that the left column takes.
const LEFT: f32 = 0.655;

/// What can be done, and what is said of it.
#[derive(Clone, Debug, Default)]
pub struct ChangeOffer {
    /// What is asked for when the button is pressed; `None` where nothing can be.
    pub request: Option<ChangeRequest>,
    /// Why nothing can be asked for, where no check says it.
    pub missing: Option<String>,
    /// Words on the button.
    pub button: String,
    /// Icon on the button.
    pub icon: &'static str,
    /// `switch`, `delete`: for the heading above the checks.
    pub verb: &'static str,
    /// What has to hold.
    pub checks: Vec<Check>,
    /// What the person should know first.
    pub note: Option<(&'static str, String)>,
    /// What changes in the bill.
    pub cost: Vec<CostLine>,
    /// What is said below the bill: words and a figure.
    pub cost_notes: Vec<(String, String)>,
    /// What will happen, in order, with how long or how much.
    pub steps: Vec<(String, String)>,
    /// What stands in the footer.
    pub footnote: String,
    /// The name that has to be typed; `None` where none has.
    pub name: Option<String>,
    /// Words on the button that begins anew, once it is done.
    pub again: &'static str,
}

impl ChangeOffer {
    /// Adds what holds for every change: writes are unlocked, and on production the name is typed.
    pub fn guarded(mut self, world: &World, stream: &str, is_always_named: bool) -> Self {
        self.checks.push(Check::is_unlocked(world));
        let environment = world.connection().map_or(Environment::Unknown, |connection| connection.environment);
        self.name = (is_always_named || environment.is_strict()).then(|| stream.to_owned());
        self
    }

    fn why_not(&self, typed: &str) -> Result<(), String> {
        if let Some(check) = self.checks.iter().find(|check| !check.is_met) {
            return Err(format!("{}: {}.", check.text, check.detail));
        }
        if self.request.is_none() {
            return Err(self.missing.clone().unwrap_or_else(|| "Nothing is changed yet.".to_owned()));
        }
        match &self.name {
            Some(name) if name != typed => Err("Type the stream's name to confirm.".to_owned()),
            _ => Ok(()),
        }
    }
}

/// Draws both columns; the left one is the caller's.
pub fn body(
    ui: &mut Ui,
    rect: Rect,
    offer: &ChangeOffer,
    run: Option<(&ChangeRun, &World)>,
    confirming: &mut Confirming,
    left: impl FnOnce(&mut Ui),
) {
    let t = theme::tokens(ui);
    let split = (rect.left() + rect.width() * LEFT).round();
    ui.painter().vline(split + 0.5, rect.y_range(), Stroke::new(1.0, t.stroke));
    column(ui, "change", rect.with_max_x(split), left);
    let right = rect.with_min_x(split + 1.0);
    let foot = match (run, &offer.name) {
        (Some((run, _)), _) if run.is_done => 0.0,
        (Some(_), _) => 56.0,
        (None, Some(_)) => 86.0,
        (None, None) => 0.0,
    };
    let low = right.with_min_y(right.bottom() - foot);
    column(ui, "change side", right.with_max_y(low.top()), |ui| says(ui, offer, run));
    if foot == 0.0 {
        return;
    }
    column(ui, "change foot", low, |ui| {
        let min = pos2(low.left() + side::GUTTER, low.bottom() - 62.0);
        let inner = Rect::from_min_max(min, low.max - vec2(side::GUTTER, 14.0));
        match &offer.name {
            _ if run.is_some() => side::keeps_running(ui, t, inner, side::RUNS_ON),
            Some(name) => side::confirmation(ui, t, inner, name, &mut confirming.typed_name),
            None => {}
        }
    });
}

fn column(ui: &mut Ui, salt: &str, rect: Rect, add: impl FnOnce(&mut Ui)) {
    let builder = UiBuilder::new().id_salt(salt).max_rect(rect).layout(Layout::top_down(Align::Min));
    ui.scope_builder(builder, |ui| {
        ui.set_clip_rect(rect.intersect(ui.clip_rect()));
        ScrollArea::vertical().id_salt(salt).auto_shrink([false, false]).show(ui, add);
    });
}

fn says(ui: &mut Ui, offer: &ChangeOffer, run: Option<(&ChangeRun, &World)>) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    ui.add_space(10.0);
    if let Some((run, world)) = run {
        side::steps_done(ui, t, &run.steps, world.now);
        ui.add_space(8.0);
        return;
    }
    side::check_list(ui, t, offer.verb, &offer.checks, false);
    match &offer.note {
        Some((title, words)) => side::note_block(ui, t, title, words),
        None => side::rule(ui, t, 8.0, 8.0),
    }
    if !(offer.cost.is_empty() && offer.cost_notes.is_empty()) {
        side::cost_lines(ui, t, &offer.cost, &offer.cost_notes);
    }
    side::steps_ahead(ui, t, &offer.steps);
    ui.add_space(8.0);
}

/// Draws the footer, from the right.
pub fn footer(
    ui: &mut Ui,
    world: &World,
    offer: &ChangeOffer,
    run: Option<&ChangeRun>,
    confirming: &mut Confirming,
    out: &mut Commands,
) {
    ui.spacing_mut().item_spacing.x = 8.0;
    match run {
        Some(run) => watching(ui, offer, run, confirming, out),
        None => planning(ui, world, offer, confirming, out),
    }
    let t = theme::tokens(ui);
    let room = ui.available_rect_before_wrap();
    if run.is_some() || offer.footnote.is_empty() {
        return;
    }
    ui.painter().text(room.left_center(), Align2::LEFT_CENTER, icons::INFO, fonts::icon(13.0), t.weak);
    let area = Rect::from_min_max(pos2(room.left() + 20.0, room.top()), pos2(room.right() - 12.0, room.bottom()));
    widgets::paint_elided(ui.painter(), area, Align::Min, &offer.footnote, fonts::small(), t.weak);
}

fn planning(ui: &mut Ui, world: &World, offer: &ChangeOffer, confirming: &mut Confirming, out: &mut Commands) {
    let reason = offer.why_not(&confirming.typed_name);
    let enabled = reason.as_ref().copied().map_err(String::as_str);
    let button = Button::danger(&offer.button).icon(offer.icon).enabled(enabled).height(28.0);
    if ui.add(button).clicked()
        && let Some(request) = &offer.request
    {
        confirming.watching = Some(request.clone());
        confirming.typed_name.clear();
        out.push(Command::Change(Box::new(request.clone())));
    }
    if ui.add(Button::new("Cancel").height(28.0)).clicked() {
        out.push(Command::CloseDialog);
    }
    if !world.is_unlocked() && world.connection().is_some() {
        let unlock = Button::new("Unlock…").icon(icons::UNLOCK).height(28.0);
        if ui.add(unlock).clicked() {
            out.push(Command::Open(Dialog::Unlock));
        }
    }
    if let (Some(request), Some(connection)) = (&offer.request, world.connection())
        && ui.add(Button::new("Copy as AWS CLI").icon(icons::COPY).height(28.0)).clicked()
    {
        out.push(Command::Copy(request.cli(connection)));
    }
}

fn watching(ui: &mut Ui, offer: &ChangeOffer, run: &ChangeRun, confirming: &mut Confirming, out: &mut Commands) {
    let label = if run.is_done { "Close" } else { "Close, keep running" };
    if ui.add(Button::new(label).height(28.0)).clicked() {
        out.push(Command::CloseDialog);
    }
    let is_gone = run.request.deletes() && run.problem().is_none();
    if run.is_done && !is_gone && ui.add(Button::new(offer.again).height(28.0)).clicked() {
        confirming.watching = None;
    }
    if let Some((kind, remedy)) = run.problem().and_then(|problem| Some((problem.kind, problem.remedy.as_ref()?)))
        && ui.add(Button::new(widgets::states::remedy_label(kind)).icon(icons::COPY).height(28.0)).clicked()
    {
        out.push(Command::Copy(remedy.clone()));
    }
}
