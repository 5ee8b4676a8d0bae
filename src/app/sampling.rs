//! Starts, follows and stops what reads records to measure: the sampling of the open stream, and the shard that is followed
//! live. Puts what they counted together with the totals of CloudWatch.

use std::sync::Arc;

use super::App;
use crate::model::answer::Problem;
use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::metrics::{Source, StreamMetrics, WriteMetrics};
use crate::model::sample::StreamSample;
use crate::model::sample::state::{SampleEffort, SamplePlan, SampleRequest, SampleRun, SampleState, seconds_back};
use crate::model::sampled_metrics::{Ingredients, MeasuredMetrics};
use crate::model::time::{Millis, Timestamp};
use crate::model::world::OpenStream;
use crate::tasks::sampler::{Progress, SamplerHandle, SamplerOptions};
use crate::ui::command::{Place, Tab};

/// How often shards are put together from what was counted, at most.
const MEASURE_EVERY: Millis = Millis(900);
/// The same where there are many cells.
const MEASURE_MANY_EVERY: Millis = Millis::from_secs(5);
/// Cells from which on there are many.
const MANY_CELLS: usize = 60_000;

impl App {
    /// Begins to sample the open stream; what an earlier run counted stays visible until this one has records.
    pub(super) fn start_sample(&mut self, request: SampleRequest) {
        let now = self.world.now;
        let budget = self.world.settings.read_budget;
        let Some(open) = &mut self.world.open else { return };
        let listed = || open.shards.get().map(|map| map.open().map(|shard| shard.id.clone()).collect::<Vec<ShardId>>());
        // Until the shards are listed there is nothing to read; the view offers it again once they are.
        let Some(shards) = request.shards.clone().or_else(listed) else { return };
        let not_before = not_before(open, self.world.generated_before);
        let plan = request.plan;
        let sample = seed(open, &shards, plan);
        let what = match plan {
            SamplePlan::EveryMinute { seconds } => {
                format!(", {seconds} s of each minute, {budget} of 5 reads/s per shard")
            }
            SamplePlan::Window { .. } | SamplePlan::Follow { .. } => String::new(),
        };
        let text = format!("Sampling {}{what}", format::counted(shards.len(), "shard"));
        begin(&mut open.sample, plan, text, now);
        self.engine.start_sampler(SamplerOptions { shards, plan, reads_per_sec: budget, not_before }, sample);
    }

    /// Sampling that goes on from minute to minute takes in the shards that a reshard has made. What was measured stays.
    pub(super) fn sample_other_shards(&mut self) {
        let Some(open) = &self.world.open else { return };
        let goes_on = open.sample.run.is_running() && matches!(open.sample.plan, Some(SamplePlan::EveryMinute { .. }));
        if goes_on {
            self.start_sample(SampleRequest::every_minute());
        }
    }

    /// Ends the run; what it has counted stays.
    pub(super) fn stop_sample(&mut self) {
        let now = self.world.now;
        if let Some(tasks) = &mut self.engine.open {
            tasks.sampler = None;
        }
        if let Some(open) = &mut self.world.open {
            stop(&mut open.sample, now);
        }
    }

    /// Follows a shard, from some time back. Another one starts from nothing.
    pub(super) fn start_live(&mut self, shard: ShardId) {
        let now = self.world.now;
        let budget = self.world.settings.read_budget;
        let Some(open) = &mut self.world.open else { return };
        if open.live_shard.as_ref() == Some(&shard) && open.live.run.is_running() {
            return;
        }
        let plan = SamplePlan::Follow { seconds: seconds_back(open.utilisation_now(&shard)) };
        let not_before = not_before(open, self.world.generated_before);
        begin(&mut open.live, plan, format!("Live {}, {budget} of its 5 reads/s", shard.short()), now);
        open.live.sample = None;
        open.live_shard = Some(shard.clone());
        self.live_wish = (Some(shard.clone()), now);
        let options = SamplerOptions { shards: vec![shard], plan, reads_per_sec: budget, not_before };
        self.engine.start_live(options, StreamSample::new(1));
    }

    /// Follows no shard any more; what was counted stays known to the verdict.
    pub(super) fn stop_live(&mut self) {
        let now = self.world.now;
        if let Some(tasks) = &mut self.engine.open {
            tasks.live = None;
        }
        if let Some(open) = &mut self.world.open {
            stop(&mut open.live, now);
            open.live_shard = None;
        }
    }

    /// Reading costs the stream: a shard is followed only while somebody can see it, and it is the selected one.
    pub(super) fn follow_live(&mut self, is_hidden: bool, now: Timestamp) {
        let Some(followed) = self.world.open.as_ref().and_then(|open| open.live_shard.clone()) else { return };
        let is_seen = !is_hidden && matches!(self.ui.place, Place::Stream(_, Tab::Heatmap));
        if !is_seen {
            self.stop_live();
            return;
        }
        if self.live_wish.0 != self.ui.selected_shard {
            self.live_wish = (self.ui.selected_shard.clone(), now);
        }
        // A shard that is only passed by is not worth a call.
        let is_settled = self.live_wish.1.age_at(now) >= super::SELECTION_SETTLES;
        let takes_writes = |shard: &ShardId| {
            let shards = self.world.open.as_ref().and_then(|open| open.shards.get());
            shards.and_then(|shards| shards.get(shard)).is_some_and(|shard| shard.is_open())
        };
        if let Some(wish) =
            self.live_wish.0.clone().filter(|wish| is_settled && *wish != followed && takes_writes(wish))
        {
            self.start_live(wish);
        }
    }

    /// Takes in how far the reading has come.
    pub(super) fn ingest_sample(&mut self, now: Timestamp) {
        let (Some(tasks), Some(open)) = (&mut self.engine.open, &mut self.world.open) else { return };
        let news = [follow(&mut tasks.sampler, &mut open.sample, now), follow(&mut tasks.live, &mut open.live, now)];
        if news.iter().any(Option::is_some) {
            open.records = records(open);
        }
        if let Some(problem) = news.into_iter().flatten().flatten().last() {
            self.world.last_problem = Some((problem, now));
        }
    }

    /// Puts records and totals together, when there is more of either. Not in every frame: what is read comes in many small
    /// pieces.
    pub(super) fn renew_measured(&mut self, now: Timestamp) {
        let Some(open) = &mut self.world.open else { return };
        let is_paused = open.figures_paused && matches!(self.ui.place, Place::Stream(_, Tab::Heatmap));
        let has_cloudwatch =
            matches!(&self.world.link, crate::model::world::Link::Connected(info) if info.has_cloudwatch);
        let cells = open.measured.as_ref().map_or(0, |one| one.metrics.shards.len() * one.metrics.window.len());
        let every = if cells >= MANY_CELLS { MEASURE_MANY_EVERY } else { MEASURE_EVERY };
        if self.measured_at.age_at(now) < every && self.measured_at <= now {
            return;
        }
        let Some(made_of) = ingredients(open, has_cloudwatch, now) else {
            open.measured = None;
            return;
        };
        let old = open.measured.take();
        let is_new = old.as_ref().is_none_or(|old| !old.is_made_of(&made_of));
        open.measured = match old {
            Some(old) if is_paused || !is_new => Some(old),
            old => {
                self.measured_at = now;
                Some(Arc::new(MeasuredMetrics::join(made_of, old.as_deref())))
            }
        };
    }
}

/// When the records of a stream begin: when it was made, or when the demo began to put them.
fn not_before(open: &OpenStream, generated_before: Option<Timestamp>) -> Option<Timestamp> {
    open.summary.get().and_then(|summary| summary.created).max(generated_before)
}

/// What the next run adds to. Sampling that goes on from minute to minute goes on from what is known of the same shards.
fn seed(open: &OpenStream, shards: &[ShardId], plan: SamplePlan) -> StreamSample {
    let known = open.sample.sample.as_ref().filter(|sample| {
        let goes_on = matches!(plan, SamplePlan::EveryMinute { .. });
        goes_on && sample.shards().count() == shards.len() && shards.iter().all(|shard| sample.shard(shard).is_some())
    });
    known.map_or_else(|| StreamSample::new(shards.len()), |sample| StreamSample::clone(sample))
}

fn begin(state: &mut SampleState, plan: SamplePlan, text: String, now: Timestamp) {
    state.plan = Some(plan);
    state.effort = SampleEffort { window_seconds: plan.seconds(), ..SampleEffort::default() };
    state.run = SampleRun::Running { since: now, progress: plan.fraction_at_start(), text };
}

fn stop(state: &mut SampleState, now: Timestamp) {
    if state.run.is_running() {
        state.run = SampleRun::Stopped { at: now };
    }
}

/// Copies what a run published since the last frame. `Some` where there was anything new: why the run failed, if it did.
fn follow(handle: &mut Option<SamplerHandle>, state: &mut SampleState, now: Timestamp) -> Option<Option<Problem>> {
    let sampler = handle.as_mut()?;
    // Asked of the value and not of the channel: the last value counts although its sender is gone.
    let shown = sampler.progress.borrow_and_update();
    if !shown.has_changed() {
        return None;
    }
    let Progress { sample, effort, fraction, end, .. } = shown.clone();
    drop(shown);
    state.effort = effort;
    // Seconds that are known to be idle count too.
    if sample.span().is_some() || !sample.is_empty() || end.is_some() {
        state.sample = Some(sample);
    }
    match (end, &mut state.run) {
        (Some(Ok(())), run) => *run = SampleRun::Done { at: now },
        (Some(Err(problem)), run) => {
            *run = SampleRun::Failed { problem: problem.clone(), at: now };
            return Some(Some(problem));
        }
        (None, SampleRun::Running { progress, .. }) => *progress = fraction,
        (None, _) => {}
    }
    Some(None)
}

/// All that is known from records: a shard that was followed is known best by that.
fn records(open: &OpenStream) -> Option<Arc<StreamSample>> {
    let followed = open.live.sample.as_ref().and_then(|live| {
        let (id, _) = live.shards().next()?;
        Some((id.clone(), live.shared(id)?.clone()))
    });
    match (&open.sample.sample, followed) {
        (Some(sample), Some((id, shard))) => Some(Arc::new(sample.with_shard(id, shard))),
        (Some(sample), None) => Some(sample.clone()),
        (None, _) => open.live.sample.clone(),
    }
}

/// What shards are measured from; `None` where CloudWatch has figures of them, or nothing is known yet.
fn ingredients(open: &OpenStream, has_cloudwatch: bool, now: Timestamp) -> Option<Ingredients> {
    let (shards, _) = open.shards.value.as_ref()?;
    let totals = if has_cloudwatch {
        if !open.has_no_shard_metrics() {
            return None;
        }
        open.metrics.value.as_ref()?.0.clone()
    } else {
        // Without CloudWatch there is something to show only once records were read.
        open.sample.sample.as_ref().or(open.live.sample.as_ref())?;
        let window = open.range.window(now);
        match &open.measured {
            // The same as long as its minutes are.
            Some(measured) if measured.totals().window == window => measured.totals().clone(),
            _ => Arc::new(StreamMetrics {
                window,
                total: WriteMetrics::unknown(window),
                shards: Default::default(),
                source: Source::Sampled,
                incomplete_from: None,
            }),
        }
    };
    let (sample, followed) = (open.sample.sample.clone(), open.live.sample.clone());
    Some(Ingredients { totals, shards: shards.clone(), sample, followed })
}
