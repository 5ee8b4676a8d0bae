//! Figures of a stream of which CloudWatch knows only the total: that total, and each shard as it was measured from records
//! that were read.
//!
//! A period of which no second was read stays unknown. Where several samples know a period, the one that knows more seconds
//! of it speaks, also when it has been replaced by another since: what was once measured is not forgotten. Nothing here can tell of refused writes of a shard: a record that was refused is in no stream.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::health::ShardFigures;
use super::ids::ShardId;
use super::metrics::{Source, StreamMetrics, Window, WriteMetrics};
use super::sample::seconds::Coverage;
use super::sample::{ShardSample, StreamSample};
use super::series::Series;
use super::shard_map::ShardMap;
use super::time::{Millis, Timestamp};

/// Newest seconds in which bursts are looked for.
const BURST_WINDOW: Millis = Millis::from_mins(15);

/// What the figures are made of.
#[derive(Clone, Debug)]
pub struct Ingredients {
    /// What CloudWatch knows: the total.
    pub totals: Arc<StreamMetrics>,
    /// The shards; the open ones have figures.
    pub shards: Arc<ShardMap>,
    /// Samples of all shards, where they were taken.
    pub sample: Option<Arc<StreamSample>>,
    /// What is known of the shard that is followed.
    pub followed: Option<Arc<StreamSample>>,
}

impl Ingredients {
    fn is(&self, other: &Self) -> bool {
        let same = |a: &Option<Arc<StreamSample>>, b: &Option<Arc<StreamSample>>| match (a, b) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        Arc::ptr_eq(&self.totals, &other.totals)
            && Arc::ptr_eq(&self.shards, &other.shards)
            && same(&self.sample, &other.sample)
            && same(&self.followed, &other.followed)
    }

    fn samples(&self) -> impl Iterator<Item = &StreamSample> {
        self.sample.iter().chain(&self.followed).map(|sample| &**sample)
    }

    /// The window of the totals, moved on to the newest period of which the sample has a second. What was read is a mean and
    /// not a growing sum, so that also the running period may be shown. The shard that is followed is always in it: that
    /// alone does not move the others on.
    fn window(&self) -> Window {
        let window = self.totals.window;
        let newest_of =
            |sample: &StreamSample| sample.shards().filter_map(|(_, one)| one.seconds().newest_known()).max();
        let step = i64::from(window.step_seconds.max(1));
        let Some(newest) = self.sample.as_deref().and_then(newest_of) else { return window };
        let ahead = (newest.floor(window.step_seconds.max(1)) - window.end).0 / (step * 1_000) + 1;
        let by = Millis::from_secs(if newest < window.end { 0 } else { ahead } * step);
        // A clock that is far off must not push everything out of sight.
        if by.0 >= (window.end - window.start).0 {
            return window;
        }
        Window { start: window.start + by, end: window.end + by, step_seconds: window.step_seconds }
    }
}

/// How well a shard is measured.
#[derive(Clone, Debug)]
pub struct MeasuredShard {
    /// For each period of the window, how much of it is known and how well.
    pub coverage: Arc<[Coverage]>,
    /// Seconds of late in which the shard reached its limit.
    pub burst_seconds: usize,
    /// What it was counted from.
    seen: Vec<Arc<ShardSample>>,
}

/// Totals of CloudWatch joined with shards that were measured.
#[derive(Clone, Debug)]
pub struct MeasuredMetrics {
    /// The figures, of every open shard.
    pub metrics: Arc<StreamMetrics>,
    /// How well each shard is known of which a record or a second was read.
    pub shards: BTreeMap<ShardId, MeasuredShard>,
    /// The oldest second that is known of any shard, where all were sampled.
    pub since: Option<Timestamp>,
    made_of: Ingredients,
}

impl MeasuredMetrics {
    /// Joins them. What `previous` knows and these samples do not is taken over from there.
    pub fn join(made_of: Ingredients, previous: Option<&Self>) -> Self {
        let window = made_of.window();
        let previous = previous.filter(|previous| previous.metrics.window.step_seconds == window.step_seconds);
        let mut figures = BTreeMap::new();
        let mut shards = BTreeMap::new();
        for shard in made_of.shards.open() {
            let seen: Vec<Arc<ShardSample>> =
                made_of.samples().filter_map(|sample| sample.shared(&shard.id)).cloned().collect();
            let (own, measured) = match previous.and_then(|previous| previous.unchanged(&shard.id, window, &seen)) {
                Some(known) => known,
                None => measure(&shard.id, window, seen, previous),
            };
            figures.insert(shard.id.clone(), own);
            if !measured.seen.is_empty() || measured.is_known() {
                shards.insert(shard.id.clone(), measured);
            }
        }
        let oldest = |sample: &Arc<StreamSample>| {
            let known = sample.shards().filter(|(id, _)| figures.contains_key(*id));
            known.filter_map(|(_, one)| one.seconds().oldest_known()).min()
        };
        let before = previous.and_then(|previous| previous.since);
        let since = made_of.sample.as_ref().and_then(oldest).into_iter().chain(before).min();
        let metrics = Arc::new(StreamMetrics {
            window,
            total: moved(&made_of.totals.total, window),
            shards: figures,
            source: Source::Sampled,
            incomplete_from: made_of.totals.incomplete_from,
        });
        Self { metrics, shards, since, made_of }
    }

    /// Whether it was made of just these.
    pub fn is_made_of(&self, ingredients: &Ingredients) -> bool {
        self.made_of.is(ingredients)
    }

    /// The totals it was joined with.
    pub fn totals(&self) -> &Arc<StreamMetrics> {
        &self.made_of.totals
    }

    /// How well a shard is known in a period.
    pub fn coverage(&self, shard: &ShardId, period: usize) -> Option<Coverage> {
        self.shards.get(shard)?.coverage.get(period).copied()
    }

    /// Whether some second of some shard is known.
    pub fn is_measured(&self) -> bool {
        self.shards.values().any(MeasuredShard::is_known)
    }

    /// A shard of which nothing new was read.
    fn unchanged(
        &self,
        shard: &ShardId,
        window: Window,
        seen: &[Arc<ShardSample>],
    ) -> Option<(WriteMetrics, MeasuredShard)> {
        let measured = self.shards.get(shard)?;
        let is_same = self.metrics.window == window
            && measured.seen.len() == seen.len()
            && measured.seen.iter().zip(seen).all(|(old, new)| Arc::ptr_eq(old, new));
        let figures = self.metrics.shards.get(shard).filter(|_| is_same)?;
        Some((figures.clone(), measured.clone()))
    }
}

impl MeasuredShard {
    fn is_known(&self) -> bool {
        self.coverage.iter().any(|period| period.known_seconds > 0)
    }
}

fn measure(
    shard: &ShardId,
    window: Window,
    seen: Vec<Arc<ShardSample>>,
    previous: Option<&MeasuredMetrics>,
) -> (WriteMetrics, MeasuredShard) {
    let mut own = unmeasured(window);
    let mut coverage = vec![Coverage { known_seconds: 0, half_width: None }; window.len()];
    if let Some(previous) = previous {
        take_over(shard, window, previous, &mut own, &mut coverage);
    }
    let mut burst_seconds = 0;
    for sample in &seen {
        let (bytes, records) = sample.to_series(window);
        for (period, better) in sample.coverage(window).into_iter().enumerate() {
            // The newer one of two that know as much.
            let is_better =
                |known: &&mut Coverage| better.known_seconds > 0 && better.known_seconds >= known.known_seconds;
            let Some(known) = coverage.get_mut(period).filter(is_better) else { continue };
            *known = better;
            let at = window.time_of(period);
            if let (Some(bytes), Some(records)) = (bytes.at(period), records.at(period)) {
                own.incoming_bytes.set(at, bytes);
                own.incoming_records.set(at, records);
            }
        }
        burst_seconds = burst_seconds.max(bursts_of_late(shard, sample));
    }
    (own, MeasuredShard { coverage: coverage.into(), burst_seconds, seen })
}

/// What was measured before, for the periods that are still in the window.
fn take_over(
    shard: &ShardId,
    window: Window,
    previous: &MeasuredMetrics,
    own: &mut WriteMetrics,
    coverage: &mut [Coverage],
) {
    let Some((old, known)) = previous.metrics.shards.get(shard).zip(previous.shards.get(shard)) else { return };
    for (period, slot) in coverage.iter_mut().enumerate() {
        let at = window.time_of(period);
        let Some(before) = old.incoming_bytes.index_of(at) else { continue };
        let (bytes, records) = (old.incoming_bytes.at(before), old.incoming_records.at(before));
        if let (Some(bytes), Some(records), Some(before)) = (bytes, records, known.coverage.get(before)) {
            own.incoming_bytes.set(at, bytes);
            own.incoming_records.set(at, records);
            *slot = *before;
        }
    }
}

/// Seconds of late that reached the limit, by the rule that the verdict uses; none where the load is a level and no burst.
fn bursts_of_late(shard: &ShardId, sample: &ShardSample) -> usize {
    let Some(newest) = sample.seconds().newest_known() else { return 0 };
    let end = newest + Millis::from_secs(1);
    let window = Window { start: end - BURST_WINDOW, end, step_seconds: 1 };
    let (bytes, records) = sample.to_series(window);
    let figures = ShardFigures::from_seconds(shard, &bytes, &records);
    if figures.is_warm() { 0 } else { figures.burst_seconds }
}

/// What reading records can tell, all of it unknown; of the rest not even the periods are kept.
fn unmeasured(window: Window) -> WriteMetrics {
    let series = window.unknown_series();
    let never = Series::unknown(window.start, window.step_seconds, 0);
    WriteMetrics {
        incoming_bytes: series.clone(),
        incoming_records: series,
        write_throttled: never.clone(),
        read_throttled: never.clone(),
        iterator_age_millis: never.clone(),
        outgoing_bytes: never,
    }
}

/// The same figures over another window with periods of the same length.
fn moved(figures: &WriteMetrics, window: Window) -> WriteMetrics {
    let mut moved = WriteMetrics::unknown(window);
    for figure in super::metrics::Figure::ALL {
        let old = figure.of(figures);
        let values: Vec<Option<f64>> =
            (0..window.len()).map(|period| old.index_of(window.time_of(period)).and_then(|at| old.at(at))).collect();
        figure.of_mut(&mut moved).set_run(0, values.into_iter());
    }
    moved
}

#[cfg(test)]
#[path = "sampled_metrics_tests.rs"]
mod tests;
