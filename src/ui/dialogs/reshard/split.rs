//! The tab that splits a shard: which one, where, and what it would give.

use std::sync::Arc;

use eframe::egui::{Align, Role, Sense, Ui, WidgetInfo, vec2};

use super::super::frame::Check;
use super::Scene;
use super::bands::{Band, Bands, Bar, bars_of, hottest_words, listed};
use super::choices::Choices;
use super::offer::{Offer, shard_hours};
use super::plan::{SplitPlan, checks};
use super::point::{self, PointChoice, PointState};
use crate::model::format;
use crate::model::hash_range::HashKeyRange;
use crate::model::ids::ShardId;
use crate::model::limits::WARN_SHARE;
use crate::model::plan::PlanStep;
use crate::model::plan::request::{PlanRequest, Purpose};
use crate::model::reshard::ReshardRequest;
use crate::model::sample::StreamSample;
use crate::model::world::{OpenStream, World};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::views::shards::Facts;
use crate::ui::widgets;

/// What the tab remembers.
#[derive(Debug, Default)]
pub struct SplitTab {
    pub(super) point: PointState,
    choices: Choices,
    /// The shard that the point was meant for.
    planned_for: Option<ShardId>,
    /// Parts of the load that the children of the split that runs were predicted to take.
    sampled: Option<(f64, f64)>,
}

impl SplitTab {
    /// Begins with this shard.
    pub fn propose(&mut self, shard: ShardId, is_balanced: bool) {
        self.planned_for = Some(shard);
        let choice = if is_balanced { PointChoice::Balanced } else { PointChoice::Even };
        self.point = PointState { choice, ..PointState::default() };
    }

    /// Keeps what the plan predicted, for while its split runs.
    pub fn begin(&mut self, plan: Option<&SplitPlan>) {
        self.sampled = plan.and_then(|plan| plan.sampled);
    }

    /// The plan for the shard of the split that runs, the selected one, or the hottest one.
    pub fn plan(
        &mut self,
        facts: &Facts,
        selection: Option<&ShardId>,
        watched: Option<&ReshardRequest>,
        sample: Option<&Arc<StreamSample>>,
    ) -> Option<SplitPlan> {
        if let Some(ReshardRequest::Split(request)) = watched {
            let target = facts.get(&request.shard)?.clone();
            return Some(SplitPlan { sampled: self.sampled, ..SplitPlan::at(target, request.new_starting_hash_key) });
        }
        if let Some(ReshardRequest::Plan(PlanRequest { purpose: Purpose::Isolate { shard, .. }, steps, .. })) = watched
        {
            let target = facts.get(shard)?.clone();
            let Some(PlanStep::Split { at, .. }) = steps.first() else { return None };
            return Some(SplitPlan { sampled: self.sampled, ..SplitPlan::at(target, *at) });
        }
        let selected = selection.and_then(|id| facts.get(id)).filter(|shard| shard.is_open);
        let hottest = || facts.open().max_by(|a, b| a.now.unwrap_or(-1.0).total_cmp(&b.now.unwrap_or(-1.0)));
        let target = selected.or_else(hottest)?.clone();
        if self.planned_for.as_ref() != Some(&target.id) {
            self.point = PointState::default();
            self.planned_for = Some(target.id.clone());
        }
        self.choices.update(&target, sample);
        // Once, when the first keys are known: what is about to be confirmed must not change by itself.
        if let Some(choice) = self.choices.recommended().filter(|_| !self.point.is_settled) {
            self.point.choice = choice;
            self.point.is_settled = true;
        }
        Some(self.choices.plan(target, &self.point))
    }
}

/// What the plan offers.
pub fn offer(world: &World, open: &OpenStream, tab: &SplitTab, plan: Option<&SplitPlan>) -> Offer {
    let id = plan.map_or_else(|| "the shard".to_owned(), |plan| plan.target.id.short());
    let retention = open.summary.get().map(|s| s.retention_hours);
    let readable = retention.map_or_else(String::new, |hours| format!("for {}", format::retention(hours)));
    let is_hot = plan.is_some_and(|plan| plan.target.now.is_some_and(|share| share >= WARN_SHARE));
    let count = open.shards.get().map_or(0, |map| u32::try_from(map.open_count()).unwrap_or(u32::MAX));
    if let Some(offer) = isolating(world, open, tab, plan, count) {
        return offer;
    }
    Offer {
        request: plan.and_then(|plan| plan.request(&open.name)).map(ReshardRequest::Split),
        button: plan.map_or_else(|| "Split shard".to_owned(), |plan| format!("Split shard {}", plan.target.id.short())),
        icon: icons::SPLIT,
        verb: "split",
        checks: checks(world, open, plan),
        note: tab.choices.trap().filter(|_| is_hot),
        cost: shard_hours(open).change(1),
        cost_notes: vec![shard_hours(open).before_and_after(count, count.saturating_add(1))],
        steps: vec![
            (format!("SplitShard on {id}"), "1 call".to_owned()),
            ("Stream shows UPDATING".to_owned(), "20–40 s".to_owned()),
            ("Both children take writes".to_owned(), "no writes lost".to_owned()),
            (format!("{id} closes and stays readable"), readable),
            (format!("Consumers drain {id} first"), String::new()),
        ],
        footnote: "A split cannot be undone, but both children can be merged later.".to_owned(),
        ..Offer::default()
    }
}

/// What isolating a key offers: two splits as a plan.
fn isolating(world: &World, open: &OpenStream, tab: &SplitTab, plan: Option<&SplitPlan>, count: u32) -> Option<Offer> {
    let plan = plan.filter(|_| tab.point.choice == PointChoice::Isolate)?;
    let (steps, key) = tab.choices.isolating_plan(plan.target.range)?;
    let (id, more) = (plan.target.id.short(), u32::try_from(steps.len()).unwrap_or(u32::MAX));
    let named = format::one_line(&key, 32);
    let request = PlanRequest {
        stream: open.name.clone(),
        purpose: Purpose::Isolate { shard: plan.target.id.clone(), key },
        steps,
        started: world.now,
        done: 0,
        is_resumed: false,
    };
    let mut checks = checks(world, open, Some(plan));
    if let Some(quota) = checks.iter_mut().find(|check| check.text == "Account shard quota") {
        *quota = Check::is_within_quota("Account shard quota", world, more);
    }
    Some(Offer {
        request: Some(ReshardRequest::Plan(request)),
        button: format!("Isolate {named} by {}", format::counted(more as usize, "split")),
        icon: icons::SPLIT,
        verb: "isolate",
        checks,
        note: Some((
            "One key, one shard",
            format!(
                "{} Two splits give it a shard of its own: what shared {id} with it gets room, and it cannot grow past one \
                 shard's limit.",
                tab.choices.why_isolate()
            ),
        )),
        cost: shard_hours(open).change(i64::from(more)),
        cost_notes: vec![shard_hours(open).before_and_after(count, count.saturating_add(more))],
        steps: vec![
            (format!("SplitShard on {id} at the key"), "1 call".to_owned()),
            ("Stream UPDATING, then ACTIVE".to_owned(), "20–40 s".to_owned()),
            ("SplitShard on the upper child behind the key".to_owned(), "1 call".to_owned()),
            (format!("Consumers drain {id} first"), String::new()),
        ],
        footnote: "A plan of two steps: it can be stopped between them, and the shards can be merged later.".to_owned(),
        ..Offer::default()
    })
}

/// Draws the column of the plan.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, facts: &Facts) {
    if scene.run().is_none() {
        super::scale::ask_limits(scene);
    }
    let t = theme::tokens(ui);
    picker(ui, scene, facts);
    ui.add_space(8.0);
    let is_fixed = scene.run().is_some();
    let before = scene.state.before.clone();
    let before = before.as_deref().unwrap_or(facts);
    let is_listed = is_fixed && !before.open().map(|shard| &shard.id).eq(facts.open().map(|shard| &shard.id));
    let picked = bands(before, is_listed.then_some(facts), scene.plan.as_ref(), is_fixed).show(ui);
    if let Some(key) = picked.filter(|_| !is_fixed)
        && let Some(shard) = facts.open().find(|shard| shard.range.contains(key))
    {
        *scene.selection = Some(shard.id.clone());
    }
    ui.add_space(6.0);
    widgets::hairline(ui);
    ui.add_space(8.0);
    if let Some(plan) = &scene.plan {
        let SplitTab { point: state, choices, .. } = &mut scene.state.split;
        point::show(ui, state, plan, choices, is_fixed);
        ui.add_space(10.0);
        what_stays(ui, before, plan);
    } else {
        widgets::label(ui, "No shard is open.", fonts::body(), t.weak);
    }
    ui.add_space(10.0);
}

fn bands(now: &Facts, since: Option<&Facts>, plan: Option<&SplitPlan>, is_fixed: bool) -> Bands {
    let target = plan.map(|plan| plan.target.range);
    let is_inside =
        |range: HashKeyRange| target.is_some_and(|target| target.contains(range.start) && target.contains(range.end));
    let count = now.open.len();
    let more = plan.map_or(1, |plan| plan.isolated.len().saturating_sub(1).max(1));
    let upper = Band {
        name: if is_fixed { "Before" } else { "Now" },
        words: format!("{}, height is load against the limit", format::counted(count, "shard")),
        corner: hottest_words(now),
        bars: bars_of(now, is_inside),
    };
    let by = match plan.and_then(|plan| plan.sampled) {
        Some(_) => "by the sampled keys",
        None => "assumes even load within the range",
    };
    let lower = match since {
        Some(facts) => listed(facts, is_inside),
        None => Band {
            name: "After",
            words: format!("{}, predicted: {by}", format::counted(count + more, "shard")),
            corner: String::new(),
            bars: after(now, plan),
        },
    };
    let becomes = if more == 2 { "becomes three shards" } else { "becomes two shards" };
    let mark = plan.map(|plan| (plan.target.range, plan.target.id.short(), becomes));
    Bands { upper, lower, height: 70.0, mark, brackets: Vec::new() }
}

fn after(facts: &Facts, plan: Option<&SplitPlan>) -> Vec<Bar> {
    let mut bars = Vec::new();
    for shard in facts.open() {
        let parts = plan.filter(|plan| plan.target.id == shard.id).map(SplitPlan::shards_after);
        match parts.filter(|parts| !parts.is_empty()) {
            Some(parts) => bars.extend(parts.into_iter().map(|(range, share)| Bar { range, share, is_marked: true })),
            None => bars.push(Bar { range: shard.range, share: shard.now, is_marked: false }),
        }
    }
    bars
}

fn picker(ui: &mut Ui, scene: &mut Scene<'_>, facts: &Facts) {
    let t = theme::tokens(ui);
    let is_fixed = scene.run().is_some();
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
    let mut hint_below = None;
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
        let hint = match (target.and_then(|target| target.now), scene.state.split.choices.helps()) {
            (Some(share), Some(true)) if share >= WARN_SHARE => "hot: its load is spread over many keys, a split helps",
            (Some(share), Some(false)) if share >= WARN_SHARE && scene.state.split.choices.isolation().is_some() => {
                "hot: one key carries much of it, two splits can set it apart"
            }
            (Some(share), Some(false)) if share >= WARN_SHARE => "hot: a split helps little, see the keys",
            (Some(share), None) if share >= WARN_SHARE => "hot: a split helps if its load is spread over many keys",
            (Some(_), _) => "not hot: a split adds room that is not needed now",
            (None, _) => "load not known: no shard-level metrics",
        };
        let area = ui.available_rect_before_wrap();
        let fits = widgets::text_width(ui.painter(), hint, fonts::small()) <= area.width();
        if fits {
            widgets::paint_elided(ui.painter(), area, Align::Min, hint, fonts::small(), t.weak);
        }
        hint_below = (!fits).then_some(hint);
    });
    if let Some(hint) = hint_below {
        ui.add_space(4.0);
        widgets::label(ui, hint, fonts::small(), t.weak);
    }
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
