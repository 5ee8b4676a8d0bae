//! The alternative to uniform scaling: a plan of single splits and merges, step by step, and how far it is while it runs.

use std::sync::Arc;

use eframe::egui::{Align, Ui};

use super::super::frame::Check;
use super::Scene;
use super::bands::{Band, Bands, Bar, bars_of, hottest_words, listed};
use super::offer::{Offer, shard_hours, share_words};
use super::steps::{Mark, StepLine, table};
use crate::model::connection::Environment;
use crate::model::format;
use crate::model::hash_range::HashKeyRange;
use crate::model::plan::request::{PlanRequest, Purpose, Resolved, UnfinishedPlan, resolve};
use crate::model::plan::{self, Aim, NoPlan, Plan, PlanStep};
use crate::model::reshard::{ReshardRequest, ReshardRun, StepState};
use crate::model::scale::Profile;
use crate::model::shard_map::ShardMap;
use crate::model::world::{OpenStream, World};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::views::shards::Facts;
use crate::ui::widgets;

/// What stands in the footer. The demo ends with the program, and keeps no journal.
fn footnote(world: &World) -> String {
    let is_kept = world.connection().is_none_or(|connection| connection.environment != Environment::Demo);
    let journal = if is_kept { " A journal on this machine is written before each step." } else { "" };
    format!("What is done stays done.{journal}")
}

/// What the tab remembers of plans.
#[derive(Debug, Default)]
pub struct PlanChoice {
    /// Whether a plan is looked at in the place of uniform scaling.
    pub is_chosen: bool,
    aim: Aim,
    made_for: Option<(Option<u32>, Option<u32>, Aim)>,
    planned: Option<Result<Plan, NoPlan>>,
    lines: Vec<StepLine>,
    /// A plan that was cut off and may go on.
    resumed: Option<Arc<UnfinishedPlan>>,
    /// Whether the next step of that plan can be told from the shards as they are listed.
    is_as_left: bool,
    /// Whether no shard's keys were sampled, so that its load is taken to be even inside.
    is_guessed: bool,
    /// What a plan that goes on leads to; empty where it cannot.
    after: Vec<Bar>,
}

impl PlanChoice {
    /// Begins with a plan that was cut off.
    pub fn go_on(&mut self, plan: UnfinishedPlan) {
        *self = Self { is_chosen: true, resumed: Some(Arc::new(plan)), ..Self::default() };
    }

    /// What was predicted rests on figures that are replaced.
    pub fn forget(&mut self) {
        self.made_for = None;
    }

    /// Brings the plan up to date; made anew only when the number or what it rests on has changed.
    pub fn update(&mut self, map: &ShardMap, profile: Option<&Profile>, target: Option<u32>, free: Option<u32>) {
        if self.made_for == Some((target, free, self.aim)) {
            return;
        }
        self.made_for = Some((target, free, self.aim));
        self.is_guessed = profile.is_some_and(|profile| profile.sampled_shards == 0);
        if let Some(unfinished) = &self.resumed {
            (self.lines, self.after) = foreseen(&unfinished.request.steps, unfinished.done, map, profile);
            let next = unfinished.request.steps.get(unfinished.done);
            self.is_as_left =
                next.is_some_and(|step| resolve(&unfinished.request.stream, step, map) != Resolved::Changed);
            return;
        }
        self.planned = target.zip(profile).map(|(target, profile)| plan::plan(map, profile, target, self.aim, free));
        self.lines = match &self.planned {
            Some(Ok(plan)) => {
                let line = |planned: &plan::PlannedStep| StepLine {
                    text: words(&planned.step, map),
                    loads: loads(&planned.loads),
                    hottest: Some(planned.hottest),
                    open: planned.open.to_string(),
                };
                plan.steps.iter().map(line).collect()
            }
            _ => Vec::new(),
        };
    }

    /// The plan, where there is one.
    pub fn plan(&self) -> Option<&Plan> {
        self.planned.as_ref().and_then(|planned| planned.as_ref().ok()).filter(|_| self.resumed.is_none())
    }

    /// What is said of the plan in a line beside uniform scaling.
    pub fn told(&self) -> String {
        match (&self.planned, &self.resumed) {
            (_, Some(plan)) => format!("{} of {} steps are done", plan.done, plan.request.steps.len()),
            (Some(Ok(plan)), None) => {
                format!(
                    "{}, hottest {}",
                    format::counted(plan.steps.len(), "step"),
                    share_words(Some(plan.hottest_after))
                )
            }
            (Some(Err(NoPlan::NothingToDo)), None) => "balanced already".to_owned(),
            (Some(Err(_)), None) => "not offered".to_owned(),
            (None, None) => "no load is known".to_owned(),
        }
    }

    fn request(&self, world: &World, open: &OpenStream) -> Option<PlanRequest> {
        if let Some(unfinished) = &self.resumed {
            return Some(unfinished.resumed());
        }
        let plan = self.plan()?;
        Some(PlanRequest {
            stream: open.name.clone(),
            purpose: Purpose::Balance { from: plan.from, target: plan.target },
            steps: plan.steps.iter().map(|planned| planned.step).collect(),
            started: world.now,
            done: 0,
            is_resumed: false,
        })
    }

    /// What the plan offers. `uniform` is the hottest shard that uniform scaling would leave.
    pub fn offer(&self, world: &World, open: &OpenStream, target: Option<u32>, uniform: Option<f64>) -> Offer {
        let from = open.shards.get().map_or(0, |map| u32::try_from(map.open_count()).unwrap_or(u32::MAX));
        let to = match &self.resumed {
            Some(unfinished) => shards_after(&unfinished.request, unfinished.done, from),
            None => target.filter(|_| self.plan().is_some()).unwrap_or(from),
        };
        let request = self.request(world, open);
        let (splits, merges) = request.as_ref().map_or((0, 0), left_work);
        let left = splits + merges;
        Offer {
            button: match &self.resumed {
                Some(unfinished) => {
                    format!("Go on with step {} of {}", unfinished.done + 1, unfinished.request.steps.len())
                }
                None if left == 0 => "Carry the plan out".to_owned(),
                None => format!("Carry out {}", format::counted(left, "step")),
            },
            request: request.map(ReshardRequest::Plan),
            icon: icons::CAPACITY,
            verb: "carry the plan out",
            checks: self.checks(world, open),
            note: self.note(uniform, target),
            cost: shard_hours(open).change(i64::from(to) - i64::from(from)),
            cost_notes: vec![shard_hours(open).before_and_after(from, to)],
            steps: what_happens(splits, merges),
            footnote: footnote(world),
            ..Offer::default()
        }
    }

    fn checks(&self, world: &World, open: &OpenStream) -> Vec<Check> {
        let there_is = match (&self.resumed, &self.planned) {
            (Some(_), _) if self.is_as_left => ("Shards are as the plan left them", (true, String::new())),
            (Some(_), _) => ("Shards are as the plan left them", (false, "cut anew since".to_owned())),
            (None, Some(Ok(plan))) => ("There is a plan", (true, format::counted(plan.steps.len(), "step"))),
            (None, Some(Err(why))) => ("There is a plan", (false, short(why).to_owned())),
            (None, None) => ("There is a plan", (false, "no load is known".to_owned())),
        };
        let more = self.plan().map_or(0, |plan| plan.peak_shards.saturating_sub(plan.from));
        vec![
            Check::is_active(open),
            Check::is_provisioned(open),
            Check::new(there_is.0, there_is.1),
            Check::is_within_quota("Account shard quota, at the peak", world, more),
        ]
    }

    fn note(&self, uniform: Option<f64>, target: Option<u32>) -> Option<(&'static str, String)> {
        if let Some(unfinished) = &self.resumed {
            let left = match self.is_as_left {
                true => "Go on, or leave it as it is: what is done stays done.",
                false => "Somebody has cut the key space anew: it cannot go on. Leave it and make a new plan.",
            };
            return Some(("A plan that was cut off", format!("{}. {left}", unfinished.sentence())));
        }
        match &self.planned {
            Some(Ok(plan)) => {
                let uniform = uniform.filter(|_| target != Some(plan.from)).map_or(String::new(), |share| {
                    format!("Uniform scaling would leave the hottest at {}. ", share_words(Some(share)))
                });
                let guess = if self.is_guessed { GUESS } else { "" };
                Some((
                    "A plan follows the load",
                    format!(
                        "{uniform}These steps bring it from {} to {}; no cut of {} goes below {}.{guess}",
                        share_words(Some(plan.hottest_before)),
                        share_words(Some(plan.hottest_after)),
                        format::counted(plan.target as usize, "shard"),
                        share_words(Some(plan.best))
                    ),
                ))
            }
            Some(Err(why)) => Some(("Not offered", why.sentence())),
            None => Some(("Not offered", "No load of the shards is known: there is nothing to balance by.".to_owned())),
        }
    }
}

/// Said while no key of the stream was sampled.
const GUESS: &str = " No keys were sampled: load is taken to be even inside each shard. Where one key carries it, a split does \
                     not help; sample the keys first.";

/// What a plan of so many splits and merges does, in order.
fn what_happens(splits: usize, merges: usize) -> Vec<(String, String)> {
    let calls = |count: usize| if count == 1 { "1 call".to_owned() } else { "1 call each".to_owned() };
    let split = (format!("{}, the hottest shard first", format::counted(splits, "split")), calls(splits));
    let merge = (format!("{}, the coldest pair first", format::counted(merges, "merge")), calls(merges));
    let mut steps: Vec<(String, String)> =
        [(splits, split), (merges, merge)].into_iter().filter(|(count, _)| *count > 0).map(|(_, line)| line).collect();
    steps.extend([
        ("Each step waits until the stream is ACTIVE".to_owned(), minutes(splits + merges)),
        ("It can be stopped between two steps".to_owned(), String::new()),
        ("Consumers drain each closed shard first".to_owned(), String::new()),
    ]);
    steps
}

/// Splits and merges that are left.
fn left_work(request: &PlanRequest) -> (usize, usize) {
    let left = request.steps.iter().skip(request.done);
    left.fold(
        (0, 0),
        |(splits, merges), step| if step.is_split() { (splits + 1, merges) } else { (splits, merges + 1) },
    )
}

/// Open shards once the rest is done.
fn shards_after(request: &PlanRequest, done: usize, now: u32) -> u32 {
    let left = request.steps.iter().skip(done);
    left.fold(now, |count, step| if step.is_split() { count.saturating_add(1) } else { count.saturating_sub(1) })
}

/// A split or a merge takes AWS 20 to 40 seconds.
fn minutes(steps: usize) -> String {
    let span = |seconds: usize| (steps * seconds).div_ceil(60);
    match steps {
        0 => String::new(),
        _ => format!("{}–{} min", span(20), span(40)),
    }
}

fn short(why: &NoPlan) -> &'static str {
    match why {
        NoPlan::NotTiled => "shards have holes",
        NoPlan::TooMany => "too many shards",
        NoPlan::NothingToDo => "balanced already",
        NoPlan::Quota { .. } => "over the quota",
        NoPlan::TooNarrow => "ranges too narrow",
    }
}

/// A step with the ids of the shards that are there already.
fn words(step: &PlanStep, map: &ShardMap) -> String {
    let name = |range: HashKeyRange| {
        let open = map.open().find(|shard| shard.range == range);
        open.map_or_else(|| range.to_string(), |shard| shard.id.short())
    };
    match step {
        PlanStep::Split { range, at } => format!("Split {} at {}", name(*range), at.hex_short()),
        PlanStep::Merge { lower, upper } => format!("Merge {} + {}", name(*lower), name(*upper)),
    }
}

fn loads(loads: &[f64]) -> String {
    loads.iter().map(|share| share_words(Some(*share))).collect::<Vec<String>>().join(" + ")
}

/// The steps of a plan that goes on, with what is to come of those that are left, and the cutting at its end; no cutting where the
/// shards are not as the plan left them.
fn foreseen(steps: &[PlanStep], done: usize, map: &ShardMap, profile: Option<&Profile>) -> (Vec<StepLine>, Vec<Bar>) {
    let share = |range: HashKeyRange| profile.map(|profile| profile.share(range));
    let mut shards: Vec<HashKeyRange> = map.open().map(|shard| shard.range).collect();
    let mut is_possible = true;
    let mut lines = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let after = step.after();
        let shares: Vec<f64> = after.iter().filter_map(|range| share(*range)).collect();
        let mut line = StepLine { text: words(step, map), loads: loads(&shares), hottest: None, open: String::new() };
        if at >= done && is_possible {
            let before = step.before();
            let place = shards.windows(before.len().max(1)).position(|window| window == before.as_slice());
            match place {
                Some(place) => {
                    shards.splice(place..place + before.len(), after);
                }
                // The step that was on its way may have been carried out.
                None => is_possible = at == done && after.iter().all(|range| shards.contains(range)),
            }
            if is_possible {
                line.hottest = shards.iter().filter_map(|range| share(*range)).reduce(f64::max);
                line.open = shards.len().to_string();
            }
        }
        lines.push(line);
    }
    let bar =
        |range: HashKeyRange| Bar { range, share: share(range), is_marked: !map.open().any(|s| s.range == range) };
    (lines, if is_possible { shards.into_iter().map(bar).collect() } else { Vec::new() })
}

/// Draws what stands below the slider: the cutting before and after, and the steps.
pub fn show(ui: &mut Ui, facts: &Facts, choice: &PlanChoice) {
    let done = choice.resumed.as_ref().map_or(0, |unfinished| unfinished.done);
    if let Some(plan) = choice.plan() {
        let _ = planned_bands(facts, plan).show(ui);
    } else {
        let band = Band {
            name: "Now",
            words: format::counted(facts.open.len(), "shard"),
            corner: hottest_words(facts),
            bars: bars_of(facts, |_| false),
        };
        let words = match choice.after.is_empty() {
            true => "not known: the shards were cut anew since".to_owned(),
            false => format!("{} once the rest is done", format::counted(choice.after.len(), "shard")),
        };
        let after = Band { name: "After", words, corner: String::new(), bars: choice.after.clone() };
        let _ = Bands { upper: band, lower: after, height: 48.0, mark: None, brackets: Vec::new() }.show(ui);
    }
    ui.add_space(8.0);
    let state = |at: usize| if at < done { Mark::Done } else { Mark::None };
    table(ui, &choice.lines, state);
    ui.add_space(10.0);
}

/// Draws a plan on its way.
pub fn watched(ui: &mut Ui, before: &Facts, facts: &Facts, run: &ReshardRun, choice: &PlanChoice) {
    let is_listed = !before.open().map(|shard| &shard.id).eq(facts.open().map(|shard| &shard.id));
    let upper = Band {
        name: "Before",
        words: format!("{}, height is load against the limit", format::counted(before.open.len(), "shard")),
        corner: hottest_words(before),
        bars: bars_of(before, |_| false),
    };
    let lower = if is_listed || run.plan_steps().is_some_and(|(done, _)| done > 0) {
        Band { name: "Now", ..listed(facts, |_| false) }
    } else {
        Band { name: "Now", words: "the first step is on its way".to_owned(), corner: String::new(), bars: Vec::new() }
    };
    let _ = Bands { upper, lower, height: 70.0, mark: None, brackets: Vec::new() }.show(ui);
    ui.add_space(8.0);
    // Opened anew, the dialog knows the steps and not what was predicted of them.
    let shown = |at: usize, text: &str| match choice.lines.get(at).filter(|_| choice.lines.len() == run.steps.len()) {
        Some(line) => StepLine { text: text.to_owned(), ..line.clone() },
        None => StepLine { text: text.to_owned(), loads: String::new(), hottest: None, open: String::new() },
    };
    let lines: Vec<StepLine> = run.steps.iter().enumerate().map(|(at, step)| shown(at, &step.text)).collect();
    let mark = |at: usize| match run.steps.get(at).map(|step| &step.state) {
        Some(StepState::Done(_)) => Mark::Done,
        Some(StepState::Running(_)) => Mark::Running,
        Some(StepState::Failed(..)) => Mark::Failed,
        _ => Mark::None,
    };
    table(ui, &lines, mark);
    ui.add_space(10.0);
}

fn planned_bands(facts: &Facts, plan: &Plan) -> Bands {
    let upper = Band {
        name: "Now",
        words: format!("{} as they are cut", format::counted(facts.open.len(), "shard")),
        corner: hottest_words(facts),
        bars: bars_of(facts, |_| false),
    };
    let stays = |range: HashKeyRange| facts.open().any(|shard| shard.range == range);
    let bars: Vec<Bar> = plan
        .after
        .iter()
        .map(|(range, share)| Bar { range: *range, share: Some(*share), is_marked: !stays(*range) })
        .collect();
    let kept = bars.iter().filter(|bar| !bar.is_marked).count();
    let lower = Band {
        name: "After",
        words: format!("{} by load, {kept} stay as they are", format::counted(plan.target as usize, "shard")),
        corner: format!("hottest {}", share_words(Some(plan.hottest_after))),
        bars,
    };
    Bands { upper, lower, height: 48.0, mark: None, brackets: Vec::new() }
}

/// While a plan runs, what is said of it rests on what was asked and not on what is open by now.
pub fn tell_of(offer: &mut Offer, world: &World, open: &OpenStream, request: &PlanRequest) {
    let change = request.steps.iter().map(|step| if step.is_split() { 1 } else { -1 }).sum();
    offer.cost = shard_hours(open).change(change);
    offer.footnote = footnote(world);
}

/// The choice between both ways, with what each comes to.
pub fn chooser(ui: &mut Ui, choice: &mut PlanChoice, uniform: Option<f64>) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.set_height(28.0);
        let mut index = usize::from(choice.is_chosen);
        if choice.resumed.is_none() && widgets::segmented(ui, "How", &["Uniform scaling", "Plan by load"], &mut index) {
            choice.is_chosen = index == 1;
        }
        if choice.resumed.is_none() && choice.is_chosen {
            let mut index = usize::from(choice.aim == Aim::Calm);
            if widgets::segmented(ui, "Balance", &["Coolest", "Under 60 %"], &mut index) {
                choice.aim = if index == 1 { Aim::Calm } else { Aim::Coolest };
            }
        }
        let plan = format!("plan: {}", choice.told());
        let both = uniform
            .filter(|_| choice.resumed.is_none())
            .map(|share| format!("uniform: 1 call, hottest {}   ·   {plan}", share_words(Some(share))));
        let area = ui.available_rect_before_wrap();
        // Where both have no room, the one that the other choice cannot show.
        let fits = |words: &String| widgets::text_width(ui.painter(), words, fonts::small()) <= area.width();
        let words = both.filter(|words| fits(words)).unwrap_or(plan);
        widgets::paint_elided(ui.painter(), area, Align::Min, &words, fonts::small(), t.weak);
    });
}

/// The plan of this run that was stopped or refused half way, where it can go on.
pub fn left_of(scene: &Scene<'_>) -> Option<UnfinishedPlan> {
    let ReshardRequest::Plan(plan) = &scene.run().filter(|run| run.is_done)?.request else { return None };
    let same = |left: &&UnfinishedPlan| left.request.stream == plan.stream && left.request.started == plan.started;
    scene.world.unfinished_plans.iter().find(same).cloned()
}

/// A plan that was cut off and is looked at, to leave it for good.
pub fn resumed(choice: &PlanChoice) -> Option<&UnfinishedPlan> {
    choice.resumed.as_deref().filter(|_| choice.is_chosen)
}
