//! Changes how the key space of the open stream is cut: which shards, what it would give, what has to hold, and how far it is.
//! What is particular to a way of doing it is in the file of its tab.

mod bands;
mod choices;
mod drain;
mod merge;
mod mode;
mod offer;
mod plan;
mod point;
mod scale;
mod scale_curve;
mod scale_plan;
mod side;
mod split;
mod steps;

use std::sync::Arc;

use eframe::egui::{Align, Layout, Rect, Ui, UiBuilder, vec2};

use offer::Offer;
use plan::SplitPlan;

use super::change::ChangeOffer;
use super::frame::{self, Frame};
use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::plan::request::{PlanCommand, PlanRequest, Purpose, UnfinishedPlan};
use crate::model::reshard::{ReshardRequest, ReshardRun};
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::icons;
use crate::ui::views::shards::{Facts, FactsCache};
use crate::ui::widgets::{self, Button};

const WIDTH: f32 = 1_122.0;
const HEIGHT: f32 = 758.0;

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

impl<'a> Scene<'a> {
    /// The run to watch.
    fn run(&self) -> Option<&'a ReshardRun> {
        self.world
            .open
            .as_ref()
            .and_then(|open| open.reshard.as_ref())
            .filter(|run| Some(&run.request) == self.state.watching.as_ref())
    }
}

/// Draws the dialog. A split is about the selected shard, or about the hottest one.
pub fn show(ui: &mut Ui, world: &World, state: &mut ReshardState, selection: &mut Option<ShardId>, out: &mut Commands) {
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
            state.merge.offer(open)
        }
        Way::Scale => {
            state.scale.update(world, open, facts.as_ref());
            state.scale.offer(world, open)
        }
        Way::Mode => Offer::default(),
    }
    .guarded(world, open.name.as_str(), false);
    let change = (state.way == Way::Mode).then(|| state.mode.offer(world, open));
    if let Some(ReshardRequest::Plan(request)) = watched {
        scale_plan::tell_of(&mut offer, world, open, request);
    }
    let is_dirty = state.is_dirty();
    let mut scene = Scene { world, state, selection, out, facts, plan, offer, change };
    let frame = Frame {
        id: "reshard dialog",
        title: "Reshard",
        icon: icons::SPLIT,
        target: &format::one_line(open.name.as_str(), 80),
        subtitle: "",
        size: (WIDTH, HEIGHT),
        is_dirty,
    };
    let outcome = frame.show(ui, world, &mut scene, body, footer);
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
    let is_fixed = scene.run().is_some() || scene.state.mode.is_running(scene.world);
    let whole = ui.max_rect();
    // While one is watched, the others wait.
    let (picked, rect) =
        frame::tabs(ui, whole, (&Way::ALL, scene.state.way), is_fixed, |way| (way.label(), way.icon()));
    if let Some(way) = picked {
        scene.state.way = way;
        scene.state.typed_name.clear();
    }
    if scene.change.is_some() {
        return mode::body(ui, rect, scene);
    }
    let foot = frame::side::foot_height(scene.run().map(|run| run.is_done), scene.offer.name.is_some());
    frame::columns(ui, rect, foot, scene, plan_column, |ui, scene| side::show(ui, scene), below);
}

/// Below the right column: the name to type, or what may be done while it runs.
fn below(ui: &mut Ui, scene: &mut Scene<'_>) {
    let words = scene.run().map(side::words);
    frame::side::foot(ui, words, scene.offer.name.as_deref(), &mut scene.state.typed_name);
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
    if scene.change.is_some() {
        return mode::footer(ui, scene);
    }
    if scene.run().is_some() {
        watching_footer(ui, scene);
    } else {
        planning_footer(ui, scene);
    }
    frame::footnote(ui, &scene.offer.footnote);
}

fn planning_footer(ui: &mut Ui, scene: &mut Scene<'_>) {
    let resumed = scale_plan::resumed(&scene.state.scale.plan).filter(|_| scene.state.way == Way::Scale);
    let resumed = resumed.map(|plan| Box::new(plan.clone()));
    let mut is_left = false;
    let Scene { world, state, offer, out, .. } = scene;
    let is_pressed = frame::planning(ui, world, offer, &state.typed_name, out, |ui, out| {
        if let Some(left) = resumed
            && ui.add(Button::new("Leave this plan").height(28.0)).clicked()
        {
            out.push(Command::Plan(PlanCommand::Leave(left)));
            is_left = true;
        }
    });
    if is_left {
        *scene.state = ReshardState { way: Way::Scale, ..ReshardState::default() };
    } else if let Some(request) = scene.offer.request.clone().filter(|_| is_pressed) {
        scene.state.watching = Some(request.clone());
        scene.state.before = scene.facts.clone();
        scene.state.split.begin(scene.plan.as_ref());
        scene.state.typed_name.clear();
        scene.out.push(Command::Reshard(request));
    }
}

fn watching_footer(ui: &mut Ui, scene: &mut Scene<'_>) {
    let left = scale_plan::left_of(scene);
    let run = scene.run();
    let is_done = run.is_none_or(|run| run.is_done);
    let stopping = run.filter(|run| run.is_plan() && !run.is_done).map(|run| run.plan.is_stopping);
    let (way, again) = match scene.state.way {
        Way::Split => (Way::Split, "Split another shard"),
        Way::Merge => (Way::Merge, "Merge another pair"),
        Way::Scale | Way::Mode => (Way::Scale, "Scale again"),
    };
    let mut goes_on = false;
    let problem = run.and_then(ReshardRun::problem);
    let is_begun_anew = frame::watching(ui, is_done, Some(again), problem, scene.out, |ui, out| {
        if let Some(is_stopping) = stopping {
            let (label, enabled) = match is_stopping {
                true => ("Stops after this step", Err("It ends when the stream is ACTIVE again.")),
                false => ("Stop after this step", Ok(())),
            };
            if ui.add(Button::new(label).enabled(enabled).height(28.0)).clicked() {
                out.push(Command::Plan(PlanCommand::Stop));
            }
        }
        if let Some(left) = &left {
            let label = format!("Go on with step {}…", left.done + 1);
            goes_on = ui.add(Button::new(&label).height(28.0)).clicked();
        }
    });
    if let Some(left) = left.filter(|_| goes_on) {
        scene.state.go_on(&left);
    } else if is_begun_anew {
        *scene.state = ReshardState { way, ..ReshardState::default() };
    }
}
