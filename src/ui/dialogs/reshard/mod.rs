//! Splits a shard of the open stream: which one, where, what it would give, what has to hold, and how far it is.

mod bands;
mod choices;
mod plan;
mod point;
mod side;

use std::sync::Arc;

use eframe::egui::{
    Align, Align2, Id, Layout, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use plan::{Check, SplitPlan, checks};
use point::PointChoice;

use super::inject::lock_words;
use crate::model::connection::Environment;
use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::limits::WARN_SHARE;
use crate::model::sample::StreamSample;
use crate::model::world::World;
use crate::model::writes::{ReshardRun, SplitRequest};
use crate::ui::command::{Command, Commands, Dialog as Which};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::views::shards::{Facts, FactsCache};
use crate::ui::widgets::{self, Button, Dialog, TagStyle};

const WIDTH: f32 = 1_122.0;
const HEIGHT: f32 = 724.0;

/// What the dialog remembers.
#[derive(Debug, Default)]
pub struct ReshardState {
    point: point::PointState,
    choices: choices::Choices,
    typed_name: String,
    facts: FactsCache,
    /// The shard that the point and the typed name were meant for.
    planned_for: Option<ShardId>,
    /// The split whose progress this dialog shows, once it has begun.
    watching: Option<SplitRequest>,
    /// Parts of the load that its children were predicted to take.
    sampled: Option<(f64, f64)>,
    /// The shards as they were when that split began: what it does is shown against these.
    before: Option<Arc<Facts>>,
}

impl ReshardState {
    /// Begins with a split of this shard: at the balanced point where the sampled keys give one.
    pub fn propose(&mut self, shard: ShardId, is_balanced: bool) {
        self.planned_for = Some(shard);
        self.point.choice = if is_balanced { PointChoice::Balanced } else { PointChoice::Even };
    }
}

/// Everything that body and footer need.
pub(super) struct Scene<'a> {
    world: &'a World,
    state: &'a mut ReshardState,
    selection: &'a mut Option<ShardId>,
    out: &'a mut Commands,
    /// The shards as they are listed now.
    facts: Option<Arc<Facts>>,
    plan: Option<SplitPlan>,
    checks: Vec<Check>,
}

impl Scene<'_> {
    /// The run to watch.
    fn run(&self) -> Option<&ReshardRun> {
        self.world
            .open
            .as_ref()
            .and_then(|open| open.reshard.as_ref())
            .filter(|run| Some(&run.request) == self.state.watching.as_ref())
    }

    fn environment(&self) -> Environment {
        self.world.connection().map_or(Environment::Unknown, |connection| connection.environment)
    }

    /// Whether the stream's name has to be typed.
    fn needs_name(&self) -> bool {
        self.environment().is_strict()
    }

    fn why_not(&self) -> Result<(), String> {
        if let Some(check) = self.checks.iter().find(|check| !check.is_met) {
            return Err(format!("{}: {}.", check.text, check.detail));
        }
        let name = self.world.open.as_ref().map(|open| open.name.as_str());
        if self.needs_name() && name != Some(self.state.typed_name.as_str()) {
            return Err("Type the stream's name to confirm.".to_owned());
        }
        Ok(())
    }
}

/// Draws the dialog. It is about the selected shard, or about the hottest one.
pub fn show(ui: &mut Ui, world: &World, state: &mut ReshardState, selection: &mut Option<ShardId>, out: &mut Commands) {
    let ctx = ui.ctx();
    let Some(open) = &world.open else {
        out.push(Command::CloseDialog);
        return;
    };
    if let Some(run) = open.reshard.as_ref().filter(|run| !run.is_done) {
        state.watching = Some(run.request.clone());
    }
    let facts = state.facts.get(open);
    if let Some(request) = &state.watching
        && state.before.is_none()
    {
        state.before = facts.clone().filter(|facts| facts.open().any(|shard| shard.id == request.shard));
    }
    let plan = state.before.clone().or_else(|| facts.clone()).as_ref().and_then(|facts| {
        plan_for(facts, state, selection.as_ref(), open.reshard.as_ref(), open.sample.sample.as_ref())
    });
    let checks = checks(world, open, plan.as_ref());
    let is_dirty =
        !state.typed_name.is_empty() || (state.point.choice == PointChoice::Custom && state.watching.is_none());
    let mut scene = Scene { world, state, selection, out, facts, plan, checks };
    let environment = scene.environment();
    let (lock, style) = lock_words(world);
    let target = format::one_line(open.name.as_str(), 80);
    let t = theme::tokens(ui);
    let dialog = Dialog::new(Id::unique("reshard dialog"), "Reshard")
        .icon(icons::SPLIT, t.accent)
        .target(&target)
        .tag(environment.tag(), TagStyle::Environment(environment))
        .trailing_tag(&lock, style)
        .width(WIDTH)
        .height(HEIGHT)
        .padding(0.0)
        .dirty(is_dirty);
    let outcome = dialog.show(ctx, &mut scene, body, footer);
    if outcome.is_closed {
        scene.out.push(Command::CloseDialog);
    }
}

/// The plan for the shard of the run, the selected one, or the hottest one.
fn plan_for(
    facts: &Facts,
    state: &mut ReshardState,
    selection: Option<&ShardId>,
    run: Option<&ReshardRun>,
    sample: Option<&Arc<StreamSample>>,
) -> Option<SplitPlan> {
    if let Some(run) = run.filter(|run| Some(&run.request) == state.watching.as_ref()) {
        let target = facts.get(&run.request.shard)?.clone();
        return Some(SplitPlan { sampled: state.sampled, ..SplitPlan::at(target, run.request.new_starting_hash_key) });
    }
    let selected = selection.and_then(|id| facts.get(id)).filter(|shard| shard.is_open);
    let hottest = || facts.open().max_by(|a, b| a.now.unwrap_or(-1.0).total_cmp(&b.now.unwrap_or(-1.0)));
    let target = selected.or_else(hottest)?.clone();
    if state.planned_for.as_ref() != Some(&target.id) {
        state.point = point::PointState::default();
        state.planned_for = Some(target.id.clone());
    }
    state.choices.update(&target, sample);
    Some(state.choices.plan(target, &state.point))
}

fn body(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    let t = theme::tokens(ui);
    let rect = ui.max_rect();
    let split = (rect.left() + rect.width() * 0.655).round();
    ui.painter().vline(split + 0.5, rect.y_range(), Stroke::new(1.0, t.stroke));
    let left = rect.with_max_x(split);
    let right = rect.with_min_x(split + 1.0);
    column(ui, "plan", left, |ui| plan_column(ui, scene));
    let foot = side::foot_height(scene);
    let low = right.with_min_y(right.bottom() - foot);
    column(ui, "side", right.with_max_y(low.top()), |ui| side::show(ui, scene));
    if foot > 0.0 {
        column(ui, "side foot", low, |ui| side::foot(ui, scene));
    }
}

fn column(ui: &mut Ui, salt: &str, rect: Rect, add: impl FnOnce(&mut Ui)) {
    let builder = UiBuilder::new().id_salt(salt).max_rect(rect).layout(Layout::top_down(Align::Min));
    ui.scope_builder(builder, |ui| {
        ui.set_clip_rect(rect.intersect(ui.clip_rect()));
        ScrollArea::vertical().id_salt(salt).auto_shrink([false, false]).show(ui, add);
    });
}

fn plan_column(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let rect = ui.max_rect();
    let inner = Rect::from_min_max(rect.min + vec2(16.0, 10.0), rect.max - vec2(16.0, 0.0));
    ui.scope_builder(UiBuilder::new().max_rect(inner).layout(Layout::top_down(Align::Min)), |ui| {
        ui.set_width(inner.width());
        picker(ui, scene);
        ui.add_space(8.0);
        let Some(facts) = scene.facts.clone() else {
            widgets::loading_rows(ui, "Loading shards", "ListShards", 8, 25.0);
            return;
        };
        let is_fixed = scene.run().is_some();
        let before = scene.state.before.clone().unwrap_or_else(|| facts.clone());
        let is_listed = !before.open().map(|shard| &shard.id).eq(facts.open().map(|shard| &shard.id));
        let picture = match is_fixed {
            true => bands::Picture::Watched { before: &before, after: is_listed.then_some(&*facts) },
            false => bands::Picture::Planned { now: &facts },
        };
        if let Some(shard) = bands::show(ui, picture, scene.plan.as_ref()).filter(|_| !is_fixed) {
            *scene.selection = Some(shard);
        }
        ui.add_space(6.0);
        widgets::hairline(ui);
        ui.add_space(8.0);
        if let Some(plan) = &scene.plan {
            point::show(ui, &mut scene.state.point, plan, &scene.state.choices, is_fixed);
            ui.add_space(10.0);
            what_stays(ui, &before, plan);
        } else {
            widgets::label(ui, "No shard is open.", fonts::body(), t.weak);
        }
        ui.add_space(10.0);
    });
}

fn picker(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let is_fixed = scene.run().is_some();
    let Some(facts) = scene.facts.clone() else { return };
    let mut shards: Vec<_> = facts.open().collect();
    shards.sort_by(|a, b| b.now.unwrap_or(-1.0).total_cmp(&a.now.unwrap_or(-1.0)));
    let words = |shard: &crate::ui::views::shards::ShardFacts| {
        let id = format::one_line(shard.id.as_str(), 40);
        shard.now.map_or(id.clone(), |share| format!("{id}   {}", format::percent(share).replace('%', " %")))
    };
    // A menu of a thousand shards helps nobody: the hottest come first, the rest is picked in the band or the table.
    shards.truncate(200);
    let labels: Vec<String> = shards.iter().map(|shard| words(shard)).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let target = scene.plan.as_ref().map(|plan| &plan.target);
    let selected =
        shards.iter().position(|shard| Some(&shard.id) == target.map(|target| &target.id)).unwrap_or(usize::MAX);
    let current = target.map_or_else(|| "none".to_owned(), words);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.set_height(28.0);
        widgets::label(ui, "Shard to split", fonts::small(), t.weak);
        let picked = ui
            .add_enabled_ui(!is_fixed, |ui| widgets::dropdown(ui, "Shard to split", &current, &labels, selected, 236.0))
            .inner;
        if let Some(shard) = picked.and_then(|at| shards.get(at)) {
            *scene.selection = Some(shard.id.clone());
        }
        let hint = match target.and_then(|target| target.now) {
            Some(share) if share >= WARN_SHARE => "hot: a split helps if its load is spread over many keys",
            Some(_) => "not hot: a split adds room that is not needed now",
            None => "load not known: no shard-level metrics",
        };
        let area = ui.available_rect_before_wrap();
        widgets::paint_elided(ui.painter(), area, Align::Min, hint, fonts::small(), t.weak);
    });
}

/// What a split of this shard leaves as it is.
fn what_stays(ui: &mut Ui, facts: &Facts, plan: &SplitPlan) {
    let t = theme::tokens(ui);
    let hottest = facts.open().filter(|s| s.id != plan.target.id).filter_map(|s| Some((s, s.now?)));
    let Some((shard, share)) = hottest.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, share)| *share >= WARN_SHARE)
    else {
        return;
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    let text =
        format!("The hottest other shard stays {} at {}.", shard.id.short(), format::percent(share).replace('%', " %"));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    let severity = crate::model::health::Severity::Critical;
    widgets::status_glyph(ui.painter(), t, rect.left_center() + vec2(5.0, 0.0), severity);
    widgets::paint_elided(ui.painter(), rect.with_min_x(rect.left() + 17.0), Align::Min, &text, fonts::small(), t.text);
}

fn footer(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.spacing_mut().item_spacing.x = 8.0;
    if scene.run().is_some() {
        watching_footer(ui, scene);
    } else {
        planning_footer(ui, scene);
    }
    let t = theme::tokens(ui);
    let room = ui.available_rect_before_wrap();
    let text = "A split cannot be undone, but both children can be merged later.";
    ui.painter().text(room.left_center(), Align2::LEFT_CENTER, icons::INFO, fonts::icon(13.0), t.weak);
    let area = Rect::from_min_max(pos2(room.left() + 20.0, room.top()), pos2(room.right() - 12.0, room.bottom()));
    widgets::paint_elided(ui.painter(), area, Align::Min, text, fonts::small(), t.weak);
}

fn planning_footer(ui: &mut Ui, scene: &mut Scene<'_>) {
    let request = scene.world.open.as_ref().zip(scene.plan.as_ref()).and_then(|(open, plan)| plan.request(&open.name));
    let label = match &scene.plan {
        Some(plan) => format!("Split shard {}", plan.target.id.short()),
        None => "Split shard".to_owned(),
    };
    let reason = scene.why_not();
    let enabled = reason.as_ref().copied().map_err(String::as_str);
    let button = Button::danger(&label).icon(icons::SPLIT).enabled(enabled).height(28.0);
    if ui.add(button).clicked()
        && let Some(request) = &request
    {
        scene.state.watching = Some(request.clone());
        scene.state.before = scene.facts.clone();
        scene.state.sampled = scene.plan.as_ref().and_then(|plan| plan.sampled);
        scene.state.typed_name.clear();
        scene.out.push(Command::Split(request.clone()));
    }
    if ui.add(Button::new("Cancel").height(28.0)).clicked() {
        scene.out.push(Command::CloseDialog);
    }
    if !scene.world.is_unlocked() && scene.world.connection().is_some() {
        let unlock = Button::new("Unlock…").icon(icons::UNLOCK).height(28.0);
        if ui.add(unlock).clicked() {
            scene.out.push(Command::Open(Which::Unlock));
        }
    }
    if let (Some(request), Some(connection)) = (&request, scene.world.connection())
        && ui.add(Button::new("Copy as AWS CLI").icon(icons::COPY).height(28.0)).clicked()
    {
        scene.out.push(Command::Copy(plan::cli(request, connection)));
    }
}

fn watching_footer(ui: &mut Ui, scene: &mut Scene<'_>) {
    let is_done = scene.run().is_none_or(|run| run.is_done);
    let label = if is_done { "Close" } else { "Close, keep running" };
    if ui.add(Button::new(label).height(28.0)).clicked() {
        scene.out.push(Command::CloseDialog);
    }
    if is_done && ui.add(Button::new("Split another shard").height(28.0)).clicked() {
        *scene.state = ReshardState::default();
    }
}
