//! Changes how the key space of the open stream is cut: which shards, what it would give, what has to hold, and how far it is.
//! What is particular to a way of doing it is in the file of its tab.

mod bands;
mod choices;
mod drain;
mod merge;
mod mode;
pub(super) mod offer;
mod plan;
mod point;
mod scale;
mod scale_curve;
mod scale_plan;
pub(super) mod side;
mod split;
mod steps;

use std::sync::Arc;

use eframe::egui::{
    Align, Align2, Id, Layout, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use offer::Offer;
use plan::SplitPlan;

use super::change::ChangeOffer;
use super::inject::lock_words;
use crate::model::connection::Environment;
use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::plan::request::{PlanCommand, PlanRequest, Purpose, UnfinishedPlan};
use crate::model::reshard::{ReshardRequest, ReshardRun};
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands, Dialog as Which};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::views::shards::{Facts, FactsCache};
use crate::ui::widgets::{self, Button, Dialog, TagStyle};

const WIDTH: f32 = 1_122.0;
const HEIGHT: f32 = 758.0;
/// Height of the tabs.
const TABS: f32 = 36.0;

/// What is done to the shards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Way {
    /// One becomes two.
    #[default]
    Split,
    /// Two become one.
    Merge,
    /// All become so many of equal range.
    Scale,
    /// Whoever cuts them, another way to pay.
    Mode,
}

impl Way {
    const ALL: [Self; 4] = [Self::Split, Self::Merge, Self::Scale, Self::Mode];

    fn of(request: &ReshardRequest) -> Self {
        match request {
            ReshardRequest::Split(_) => Self::Split,
            ReshardRequest::Merge(_) => Self::Merge,
            ReshardRequest::Plan(PlanRequest { purpose: Purpose::Isolate { .. }, .. }) => Self::Split,
            ReshardRequest::Scale(_) | ReshardRequest::Plan(_) => Self::Scale,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Split => "Split",
            Self::Merge => "Merge",
            Self::Scale => "Scale to N",
            Self::Mode => "Capacity mode",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Split => icons::SPLIT,
            Self::Merge => icons::MERGE,
            Self::Scale => icons::CAPACITY,
            Self::Mode => icons::COST,
        }
    }
}

/// What the dialog remembers.
#[derive(Debug, Default)]
pub struct ReshardState {
    way: Way,
    split: split::SplitTab,
    merge: merge::MergeTab,
    scale: scale::ScaleTab,
    mode: mode::ModeTab,
    typed_name: String,
    facts: FactsCache,
    /// The reshard whose progress this dialog shows, once it has begun.
    watching: Option<ReshardRequest>,
    /// The shards as they were when that began: what it does is shown against these.
    before: Option<Arc<Facts>>,
}

impl ReshardState {
    /// Begins with a split of this shard: at the balanced point where the sampled keys give one.
    pub fn propose(&mut self, shard: ShardId, is_balanced: bool) {
        self.way = Way::Split;
        self.split.propose(shard, is_balanced);
    }

    /// Begins with the capacity mode.
    pub fn propose_mode(&mut self) {
        self.way = Way::Mode;
    }

    /// Begins with a plan that was cut off.
    pub fn go_on(&mut self, plan: &UnfinishedPlan) {
        *self = Self { way: Way::Scale, ..Self::default() };
        self.scale.plan.go_on(plan.clone());
    }

    /// What was typed and would be lost.
    fn is_dirty(&self) -> bool {
        let has_point = self.split.point.choice == point::PointChoice::Custom && self.watching.is_none();
        !self.typed_name.is_empty() || has_point || self.mode.is_dirty()
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
    /// The split that is planned, in its tab.
    plan: Option<SplitPlan>,
    offer: Offer,
    /// What the tab of the capacity mode offers, while that is shown.
    change: Option<ChangeOffer>,
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
        if let Some(check) = self.offer.checks.iter().find(|check| !check.is_met) {
            return Err(format!("{}: {}.", check.text, check.detail));
        }
        let name = self.world.open.as_ref().map(|open| open.name.as_str());
        if self.needs_name() && name != Some(self.state.typed_name.as_str()) {
            return Err("Type the stream's name to confirm.".to_owned());
        }
        Ok(())
    }
}

/// Draws the dialog. A split is about the selected shard, or about the hottest one.
pub fn show(ui: &mut Ui, world: &World, state: &mut ReshardState, selection: &mut Option<ShardId>, out: &mut Commands) {
    let ctx = ui.ctx();
    let Some(open) = &world.open else {
        out.push(Command::CloseDialog);
        return;
    };
    watch(world, open, state);
    let facts = state.facts.get(open);
    if let Some(request) = &state.watching
        && state.before.is_none()
    {
        // A listing that has the children already is not the one before.
        let is_before = |facts: &Arc<Facts>| facts.open().any(|shard| request.closes(&shard.id));
        state.before = facts.clone().filter(is_before);
    }
    let shown = state.before.clone().or_else(|| facts.clone());
    let watched =
        open.reshard.as_ref().map(|run| &run.request).filter(|request| Some(*request) == state.watching.as_ref());
    let mut plan = None;
    let mut offer = match state.way {
        Way::Split => {
            let sample = open.records.as_ref().or(open.sample.sample.as_ref());
            plan = shown.as_deref().and_then(|facts| state.split.plan(facts, selection.as_ref(), watched, sample));
            split::offer(world, open, &state.split, plan.as_ref())
        }
        Way::Merge => {
            state.merge.update(open, facts.as_ref());
            state.merge.offer(world, open)
        }
        Way::Scale => {
            state.scale.update(world, open, facts.as_ref());
            state.scale.offer(world, open)
        }
        Way::Mode => Offer::default(),
    };
    let change = (state.way == Way::Mode).then(|| state.mode.offer(world, open));
    if let Some(ReshardRequest::Plan(request)) = watched {
        scale_plan::tell_of(&mut offer, open, request);
    }
    let is_dirty = state.is_dirty();
    let mut scene = Scene { world, state, selection, out, facts, plan, offer, change };
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

/// A reshard that runs is watched, in its own tab.
fn watch(world: &World, open: &OpenStream, state: &mut ReshardState) {
    if let Some(run) = open.reshard.as_ref().filter(|run| !run.is_done) {
        state.watching = Some(run.request.clone());
    }
    if let Some(way) = state.watching.as_ref().map(Way::of) {
        state.way = way;
    }
    let is_switching = state.mode.follow(world, &open.name).is_some_and(|run| !run.is_done);
    if is_switching && state.watching.is_none() {
        state.way = Way::Mode;
    }
    if let Some(ReshardRequest::Merge(request)) = &state.watching {
        state.merge.follow(request);
    }
}

fn body(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    let t = theme::tokens(ui);
    let whole = ui.max_rect();
    tabs(ui, whole.with_max_y(whole.top() + TABS), scene);
    let rect = whole.with_min_y(whole.top() + TABS);
    if scene.change.is_some() {
        return mode::body(ui, rect, scene);
    }
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

/// The ways to reshard. While one is watched, the others wait.
fn tabs(ui: &mut Ui, rect: Rect, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let is_fixed = scene.run().is_some() || scene.state.mode.is_running(scene.world);
    let mut left = rect.left() + 8.0;
    for way in Way::ALL {
        let width = widgets::text_width(ui.painter(), way.label(), fonts::body_medium()) + 41.0;
        let area = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        left += width + 2.0;
        let is_current = way == scene.state.way;
        let is_enabled = is_current || !is_fixed;
        let sense = if is_enabled { Sense::click() } else { Sense::hover() };
        let response = ui.interact(area, ui.scope_id().with(("way", way)), sense);
        response.widget_info(|| WidgetInfo::selected(Role::Tab, is_enabled, is_current, way.label()));
        let color = match (is_current || response.hovered(), is_enabled) {
            (true, true) => t.strong,
            (false, true) => t.weak,
            (_, false) => t.faint,
        };
        let middle = area.center().y - 1.0;
        let (icon, words) = (pos2(area.left() + 10.0, middle), pos2(area.left() + 31.0, middle));
        let ink = if is_current { t.accent } else { color };
        ui.painter().text(icon, Align2::LEFT_CENTER, way.icon(), fonts::icon(14.0), ink);
        ui.painter().text(words, Align2::LEFT_CENTER, way.label(), fonts::body_medium(), color);
        if is_current {
            ui.painter().rect_filled(area.with_min_y(area.bottom() - 2.0), 0, t.accent);
        }
        if response.has_focus() {
            widgets::focus_ring(ui, area.shrink(3.0), 3);
        }
        if response.clicked() && !is_current {
            scene.state.way = way;
            scene.state.typed_name.clear();
        }
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
    let rect = ui.max_rect();
    let inner = Rect::from_min_max(rect.min + vec2(16.0, 10.0), rect.max - vec2(16.0, 0.0));
    ui.scope_builder(UiBuilder::new().max_rect(inner).layout(Layout::top_down(Align::Min)), |ui| {
        ui.set_width(inner.width());
        let Some(facts) = scene.facts.clone() else {
            widgets::loading_rows(ui, "Loading shards", "ListShards", 8, 25.0);
            return;
        };
        match scene.state.way {
            Way::Split => split::show(ui, scene, &facts),
            Way::Merge => merge::show(ui, scene, &facts),
            Way::Scale => scale::show(ui, scene, &facts),
            Way::Mode => {}
        }
    });
}

fn footer(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.spacing_mut().item_spacing.x = 8.0;
    if scene.change.is_some() {
        return mode::footer(ui, scene);
    }
    if scene.run().is_some() {
        watching_footer(ui, scene);
    } else {
        planning_footer(ui, scene);
    }
    let t = theme::tokens(ui);
    let room = ui.available_rect_before_wrap();
    ui.painter().text(room.left_center(), Align2::LEFT_CENTER, icons::INFO, fonts::icon(13.0), t.weak);
    let area = Rect::from_min_max(pos2(room.left() + 20.0, room.top()), pos2(room.right() - 12.0, room.bottom()));
    widgets::paint_elided(ui.painter(), area, Align::Min, scene.offer.footnote, fonts::small(), t.weak);
}

fn planning_footer(ui: &mut Ui, scene: &mut Scene<'_>) {
    let request = scene.offer.request.clone();
    let reason = scene.why_not();
    let enabled = reason.as_ref().copied().map_err(String::as_str);
    let button = Button::danger(&scene.offer.button).icon(scene.state.way.icon()).enabled(enabled).height(28.0);
    if ui.add(button).clicked()
        && let Some(request) = &request
    {
        scene.state.watching = Some(request.clone());
        scene.state.before = scene.facts.clone();
        scene.state.split.begin(scene.plan.as_ref());
        scene.state.typed_name.clear();
        scene.out.push(Command::Reshard(request.clone()));
    }
    if ui.add(Button::new("Cancel").height(28.0)).clicked() {
        scene.out.push(Command::CloseDialog);
    }
    let resumed = scale_plan::resumed(&scene.state.scale.plan).filter(|_| scene.state.way == Way::Scale);
    if let Some(left) = resumed.map(|plan| Box::new(plan.clone()))
        && ui.add(Button::new("Leave this plan").height(28.0)).clicked()
    {
        scene.out.push(Command::Plan(PlanCommand::Leave(left)));
        *scene.state = ReshardState { way: Way::Scale, ..ReshardState::default() };
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
        scene.out.push(Command::Copy(request.cli(connection)));
    }
}

fn watching_footer(ui: &mut Ui, scene: &mut Scene<'_>) {
    let is_done = scene.run().is_none_or(|run| run.is_done);
    let label = if is_done { "Close" } else { "Close, keep running" };
    if ui.add(Button::new(label).height(28.0)).clicked() {
        scene.out.push(Command::CloseDialog);
    }
    if let Some(run) = scene.run().filter(|run| run.is_plan() && !run.is_done) {
        let (label, enabled) = match run.plan.is_stopping {
            true => ("Stops after this step", Err("It ends when the stream is ACTIVE again.")),
            false => ("Stop after this step", Ok(())),
        };
        if ui.add(Button::new(label).enabled(enabled).height(28.0)).clicked() {
            scene.out.push(Command::Plan(PlanCommand::Stop));
        }
    }
    if let Some(left) = scale_plan::left_of(scene) {
        let label = format!("Go on with step {}…", left.done + 1);
        if ui.add(Button::new(&label).height(28.0)).clicked() {
            scene.state.go_on(&left);
            return;
        }
    }
    let (way, again) = match scene.state.way {
        Way::Split => (Way::Split, "Split another shard"),
        Way::Merge => (Way::Merge, "Merge another pair"),
        Way::Scale | Way::Mode => (Way::Scale, "Scale again"),
    };
    if is_done && ui.add(Button::new(again).height(28.0)).clicked() {
        *scene.state = ReshardState { way, ..ReshardState::default() };
    }
}
