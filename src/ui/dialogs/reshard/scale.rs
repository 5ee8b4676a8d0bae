//! The tab that scales to a number of shards: which numbers can be asked for, and how hot the hottest shard of each would be.

use std::sync::Arc;

use eframe::egui::{Id, Sense, Ui, vec2};

use super::super::frame::Check;
use super::Scene;
use super::bands::{Band, Bands, Bar, bars_of, hottest_words, listed};
use super::offer::{Offer, shard_hours, share_words};
use super::scale_curve;
use super::scale_plan::{self, PlanChoice};
use crate::model::activity::{Event, Outcome};
use crate::model::format;
use crate::model::limits::SCALINGS_PER_DAY;
use crate::model::reshard::{ReshardRequest, ScaleRequest};
use crate::model::sample::StreamSample;
use crate::model::scale::{self, Bounds, Profile, Work};
use crate::model::time::Millis;
use crate::model::world::{OpenStream, World};
use crate::ui::command::Command;
use crate::ui::theme::{self, fonts, icons};
use crate::ui::views::shards::Facts;
use crate::ui::widgets::{self, TagStyle, TextField};

/// Most targets that are predicted; of a large stream every so many.
const MOST_TARGETS: u32 = 128;
/// The largest key is named from this share of a shard's limit on.
const LEAST_FLOOR: f64 = 0.1;
/// The quota is asked for again after this long.
const LIMITS_HOLD: Millis = Millis::from_mins(1);

/// What predictions rest on: the shards and their figures, the sampled records, and the shards that the account may still open.
type Basis = (Arc<Facts>, Option<Arc<StreamSample>>, Option<u32>);

/// What the tab remembers.
#[derive(Debug, Default)]
pub struct ScaleTab {
    made_from: Option<Basis>,
    profile: Option<Profile>,
    /// Open shards now.
    pub(super) open: u32,
    pub(super) bounds: Option<Bounds>,
    /// The hottest shard of targets, in their order; empty where no load is known.
    pub(super) curve: Vec<(u32, f64)>,
    /// Targets in quarters of what is open, with the least work of each.
    pub(super) quarters: Vec<(u32, Option<f64>, Work)>,
    /// The number that was typed.
    typed: String,
    after: Option<(u32, Vec<Bar>, Option<f64>)>,
    /// The alternative to uniform scaling.
    pub(super) plan: PlanChoice,
}

impl ScaleTab {
    /// Brings the predictions up to date; made anew only when the shards, their figures or the quota changed.
    pub fn update(&mut self, world: &World, open: &OpenStream, facts: Option<&Arc<Facts>>) {
        let free = world.account_limits.get().map(|limits| limits.free_shards());
        let sample = open.sample.sample.as_ref();
        let is_same = match (&self.made_from, facts) {
            (Some((of, sampled, quota)), Some(facts)) => {
                Arc::ptr_eq(of, facts) && *quota == free && sampled.as_ref().map(Arc::as_ptr) == sample.map(Arc::as_ptr)
            }
            (None, None) => true,
            _ => false,
        };
        if !is_same {
            self.made_from = facts.map(|facts| (facts.clone(), sample.cloned(), free));
            self.predict(open, sample.map(|sample| &**sample), free);
        }
        let target = self.target();
        if self.after.as_ref().map(|(of, ..)| *of) != target {
            self.after = target.zip(self.profile.as_ref()).map(|(target, profile)| after(profile, target));
        }
        if let Some(map) = open.shards.get() {
            self.plan.update(map, self.profile.as_ref(), target, free);
        }
    }

    fn predict(&mut self, open: &OpenStream, sample: Option<&StreamSample>, free: Option<u32>) {
        let Some(map) = open.shards.get() else { return };
        self.open = u32::try_from(map.open_count()).unwrap_or(u32::MAX);
        let bounds = scale::bounds(self.open, free);
        self.bounds = Some(bounds);
        self.profile = Profile::new(map, open.metrics.get(), sample);
        let step = (bounds.most - bounds.least).div_ceil(MOST_TARGETS).max(1);
        let targets = (bounds.least..=bounds.most).step_by(step as usize);
        self.curve = self.profile.iter().flat_map(|own| targets.clone().map(|n| (n, own.hottest(n).1))).collect();
        let quarters = [2u64, 3, 5, 6, 7, 8].map(|quarters| u64::from(self.open) * quarters);
        let whole = quarters.iter().filter(|n| **n % 4 == 0).filter_map(|n| u32::try_from(n / 4).ok());
        let marked: Vec<u32> = whole.filter(|n| (bounds.least..=bounds.most).contains(n)).collect();
        let told = |n: u32| (n, self.profile.as_ref().map(|own| own.hottest(n).1), scale::work(map, n));
        self.quarters = marked.into_iter().map(told).collect();
        self.after = None;
        self.plan.forget();
        if self.typed.is_empty() {
            let more = self.quarters.iter().map(|(n, ..)| *n).find(|n| *n > self.open);
            self.typed = more.unwrap_or(bounds.most).to_string();
        }
    }

    /// The number that was typed, where it is one.
    pub(super) fn target(&self) -> Option<u32> {
        self.typed.trim().parse().ok()
    }

    pub(super) fn aim(&mut self, target: u32) {
        self.typed = target.to_string();
    }

    fn work(&self, open: &OpenStream, target: u32) -> Option<Work> {
        let marked = self.quarters.iter().find(|(n, ..)| *n == target).map(|(.., work)| *work);
        marked.or_else(|| open.shards.get().map(|map| scale::work(map, target)))
    }

    pub(super) fn hottest(&self) -> Option<f64> {
        self.after.as_ref().and_then(|(.., hottest)| *hottest)
    }

    pub(super) fn floor(&self) -> Option<(f64, String)> {
        // Where keys are spread, the largest one says nothing about how many shards it takes.
        let floor = self.profile.as_ref()?.floor.as_ref().filter(|floor| floor.share >= LEAST_FLOOR)?;
        let key = floor.key.as_ref().map_or_else(|| floor.hash.hex_short(), |key| format::one_line(key.as_str(), 32));
        Some((floor.share, key))
    }

    /// What the number offers.
    pub fn offer(&self, world: &World, open: &OpenStream) -> Offer {
        if self.plan.is_chosen {
            return self.plan.offer(world, open, self.target(), self.hottest());
        }
        let target = self.target().filter(|target| self.bounds.is_some_and(|b| (b.least..=b.most).contains(target)));
        let target = target.filter(|target| *target != self.open);
        let request = target.map(|target| ScaleRequest { stream: open.name.clone(), from: self.open, target });
        let change = target.map_or(0, |target| i64::from(target) - i64::from(self.open));
        let to = target.unwrap_or(self.open);
        let work = target.and_then(|n| self.work(open, n));
        let work = work.unwrap_or(Work { splits: 0, merges: 0 });
        let words = format!("{}, {}", format::counted(work.splits, "split"), format::counted(work.merges, "merge"));
        Offer {
            request: request.map(ReshardRequest::Scale),
            button: target
                .map_or_else(|| "Scale".to_owned(), |n| format!("Scale to {}", format::counted(n as usize, "shard"))),
            icon: icons::CAPACITY,
            verb: "scale",
            checks: self.checks(world, open),
            note: self.note(target),
            cost: shard_hours(open).change(change),
            cost_notes: vec![shard_hours(open).before_and_after(self.open, to)],
            steps: vec![
                (format!("UpdateShardCount {} → {to}", self.open), "1 call".to_owned()),
                (format!("{words} to even ranges"), "at least".to_owned()),
                ("Short-lived shards on the way".to_owned(), "count to the quota".to_owned()),
                ("Writes and reads keep working".to_owned(), "throughout".to_owned()),
                ("Consumers drain the closed shards first".to_owned(), String::new()),
            ],
            footnote: "Cannot be stopped once accepted. Scaling back counts against the 10 calls.".to_owned(),
            ..Offer::default()
        }
    }

    fn checks(&self, world: &World, open: &OpenStream) -> Vec<Check> {
        let between = match (self.target(), self.bounds) {
            (None, _) => (false, "type a number".to_owned()),
            (_, None) => (false, "not known yet".to_owned()),
            (Some(target), Some(_)) if target == self.open => (false, "as many as now".to_owned()),
            (Some(target), Some(Bounds { least, most, .. })) => {
                ((least..=most).contains(&target), format!("{least} – {most}"))
            }
        };
        let more = self.target().map_or(0, |target| target.saturating_sub(self.open));
        let done = scalings_of_a_day(world, open);
        let calls = (done < SCALINGS_PER_DAY, format!("{done} of {SCALINGS_PER_DAY} by this program"));
        vec![
            Check::is_active(open),
            Check::is_provisioned(open),
            Check::new("Between half and double", between),
            Check::new("UpdateShardCount, 24 h", calls),
            Check::is_within_quota("Account shard quota", world, more),
        ]
    }

    fn note(&self, target: Option<u32>) -> Option<(&'static str, String)> {
        let (Some(target), Some(profile)) = (target, &self.profile) else {
            let words = "No load of the shards is known: what each would carry cannot be predicted.".to_owned();
            return self.profile.is_none().then_some(("Uniform scaling keeps the skew", words));
        };
        let (now, then) = (self.hottest_now()?, self.hottest()?);
        let mut words = format!(
            "{target} equal ranges bring the hottest shard from {} to {}.",
            share_words(Some(now)),
            share_words(Some(then))
        );
        // The fewest of those that look the same: shards cost.
        let told = |share: f64| (share * 100.0).round();
        let coolest =
            self.curve.iter().copied().reduce(|best, next| if told(next.1) < told(best.1) { next } else { best });
        if let Some((count, share)) = coolest.filter(|(count, share)| *count != target && told(*share) < told(then)) {
            words.push_str(&format!(" Of what can be asked for, {count} is coolest: {}.", share_words(Some(share))));
        }
        if let Some((share, key)) = self.floor() {
            words.push_str(&format!(" {key} alone is {} of any shard.", share_words(Some(share))));
        }
        if profile.unknown_shards > 0 {
            let left_out = format::counted(profile.unknown_shards, "shard");
            words.push_str(&format!(" {left_out} without figures left out."));
        }
        Some(("Uniform scaling keeps the skew", words))
    }

    fn hottest_now(&self) -> Option<f64> {
        let (facts, ..) = self.made_from.as_ref()?;
        facts.open().filter_map(|shard| shard.now).max_by(f64::total_cmp)
    }

    /// How finely the load is known.
    pub(super) fn basis(&self) -> String {
        match &self.profile {
            None => "no load is known".to_owned(),
            Some(profile) if profile.sampled_shards > 0 => {
                format!("from measured load, {} by sampled keys", format::counted(profile.sampled_shards, "shard"))
            }
            Some(_) => "from measured load, taken to be even inside each shard".to_owned(),
        }
    }
}

fn after(profile: &Profile, target: u32) -> (u32, Vec<Bar>, Option<f64>) {
    let shares = profile.shares(target.clamp(1, scale::MOST_SHARDS));
    let hottest = shares.iter().map(|(_, share)| *share).max_by(f64::total_cmp);
    let is_marked = |share: f64| hottest.is_some_and(|hottest| share >= hottest);
    let bar = |(range, share)| Bar { range, share: Some(share), is_marked: is_marked(share) };
    (target, shares.into_iter().map(bar).collect(), hottest)
}

/// Scalings of this stream in the last 24 hours that the activity log knows of.
fn scalings_of_a_day(world: &World, open: &OpenStream) -> usize {
    let is_one = |event: &Event| match event {
        Event::Call { operation, outcome: Outcome::Ok, .. } => operation == "UpdateShardCount",
        _ => false,
    };
    let recent =
        world.activity.iter().rev().take_while(|entry| entry.at.age_at(world.now) < Millis::from_mins(24 * 60));
    recent.filter(|entry| entry.stream.as_ref() == Some(&open.name) && is_one(&entry.event)).count()
}

/// Asks for the quota where it is not known or old.
pub fn ask_limits(scene: &mut Scene<'_>) {
    let limits = &scene.world.account_limits;
    let is_old = limits.age_at(scene.world.now).is_none_or(|age| age > LIMITS_HOLD);
    if is_old && limits.pending_since.is_none() && limits.problem.is_none() && scene.world.connection().is_some() {
        scene.out.push(Command::AskLimits);
    }
}

/// Draws the column of the plan.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, facts: &Facts) {
    if let Some(ReshardRequest::Scale(request)) = scene.run().map(|run| run.request.clone()) {
        let before = scene.state.before.clone();
        watched_bands(before.as_deref().unwrap_or(facts), facts, &request).show(ui);
        return;
    }
    if let Some(run) = scene.run().filter(|run| run.is_plan()) {
        let before = scene.state.before.clone();
        scale_plan::watched(ui, before.as_deref().unwrap_or(facts), facts, run, &scene.state.scale.plan);
        return;
    }
    ask_limits(scene);
    let tab = &mut scene.state.scale;
    let hottest = tab.hottest();
    if scale_plan::resumed(&tab.plan).is_none() {
        target_row(ui, tab);
        ui.add_space(4.0);
        scale_curve::slider(ui, tab);
        ui.add_space(2.0);
    }
    scale_plan::chooser(ui, &mut tab.plan, hottest);
    ui.add_space(6.0);
    if tab.plan.is_chosen {
        scale_plan::show(ui, facts, &tab.plan);
        return;
    }
    let _ = planned_bands(facts, tab).show(ui);
    ui.add_space(4.0);
    widgets::hairline(ui);
    ui.add_space(6.0);
    scale_curve::curve(ui, tab);
    ui.add_space(6.0);
    scale_curve::table(ui, tab, scene.world.open.as_ref());
    ui.add_space(10.0);
}

fn target_row(ui: &mut Ui, tab: &mut ScaleTab) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.set_height(28.0);
        widgets::label(ui, "Target", fonts::small(), t.weak);
        let target = tab.target().unwrap_or(tab.open);
        let bounds = tab.bounds.unwrap_or(Bounds { least: 1, most: 1, is_cut_by_quota: false });
        if widgets::icon_button(ui, icons::MINUS, "One shard fewer").clicked() {
            tab.aim(target.saturating_sub(1).clamp(bounds.least, bounds.most));
        }
        let is_valid = tab.target().is_some_and(|target| (bounds.least..=bounds.most).contains(&target));
        let (area, _) = ui.allocate_exact_size(vec2(72.0, 28.0), Sense::hover());
        TextField::new(Id::unique("target shards"), "Target shards", &mut tab.typed)
            .mono()
            .invalid(!is_valid)
            .show_in(ui, area);
        if widgets::icon_button(ui, icons::PLUS, "One shard more").clicked() {
            tab.aim(target.saturating_add(1).clamp(bounds.least, bounds.most));
        }
        widgets::label(ui, format!("shards, from {}.", tab.open), fonts::small(), t.weak);
        if scale::quarters(tab.open, target).is_some() && target != tab.open {
            widgets::tag(ui, "multiple of 25 %", TagStyle::Ok);
        }
        let by = if bounds.is_cut_by_quota { " by the account's quota" } else { "" };
        let words = format!("Allowed now{by}: {} – {}", bounds.least, bounds.most);
        let area = ui.available_rect_before_wrap();
        let align = eframe::egui::Align::Max;
        widgets::paint_elided(ui.painter(), area, align, &words, fonts::small(), t.weak);
    });
}

fn planned_bands(facts: &Facts, tab: &ScaleTab) -> Bands {
    let upper = Band {
        name: "Now",
        words: format!("{} as they are cut", format::counted(facts.open.len(), "shard")),
        corner: hottest_words(facts),
        bars: bars_of(facts, |_| false),
    };
    let target = tab.target().unwrap_or(tab.open).max(1);
    let bars = match &tab.after {
        Some((_, bars, _)) => bars.clone(),
        None => {
            let bar = |range| Bar { range, share: None, is_marked: false };
            let count = target.min(scale::MOST_SHARDS);
            crate::model::hash_range::HashKeyRange::uniform(count).into_iter().map(bar).collect()
        }
    };
    let width = 100.0 / f64::from(target);
    let lower = Band {
        name: "After",
        words: format!(
            "{} of equal width, {width:.1} % of the key space each",
            format::counted(target as usize, "shard")
        ),
        corner: tab.hottest().map_or_else(String::new, |share| format!("hottest {}", share_words(Some(share)))),
        bars,
    };
    Bands { upper, lower, height: 48.0, mark: None, brackets: Vec::new() }
}

fn watched_bands(before: &Facts, facts: &Facts, request: &ScaleRequest) -> Bands {
    let is_listed = !before.open().map(|shard| &shard.id).eq(facts.open().map(|shard| &shard.id));
    let upper = Band {
        name: "Before",
        words: format!("{}, height is load against the limit", format::counted(before.open.len(), "shard")),
        corner: hottest_words(before),
        bars: bars_of(before, |_| false),
    };
    let lower = match is_listed {
        true => listed(facts, |_| false),
        false => {
            let words = format!("{} are on their way", format::counted(request.target as usize, "shard"));
            Band { name: "After", words, corner: String::new(), bars: Vec::new() }
        }
    };
    Bands { upper, lower, height: 70.0, mark: None, brackets: Vec::new() }
}
