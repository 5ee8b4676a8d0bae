//! Bands of the key space over time: which shards were made within the window, by which split or merge, and what stood in
//! their place before.

use std::collections::{HashMap, HashSet};

use super::heat_figures::Figures;
use super::heat_metric::HeatMetric;
use super::heat_row::{Before, HeatRow};
use super::heat_series::HeatSeries;
use super::ids::ShardId;
use super::metrics::{StreamMetrics, Window};
use super::shard_map::ShardMap;
use super::time::Timestamp;

/// Generations that are followed back; a window holds no more.
const MOST_GENERATIONS: usize = 8;

/// A split or merge that shows in the figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReshardEvent {
    /// First period in which a child has figures.
    pub at: Timestamp,
    /// `split …0026`, `merge …0005 + …0006`.
    pub label: String,
}

/// When a row's shard was made, where that was within the window.
///
/// `ListShards` does not say when a shard was made. A shard with parents is new when it has no figures at the start of
/// the window, while other shards do: figures that are missing for all were not recorded, those that are missing for it
/// alone could not be.
pub(super) fn birth(row: &HeatRow, starts_known: bool) -> Option<Timestamp> {
    if !starts_known || !row.has_parents || row.values.at(0).is_some() || row.values.at(1).is_some() {
        return None;
    }
    let first = row.values.first_known()?;
    is_dense_from(&row.values, first).then(|| row.values.time_of(first))
}

/// Whether any row has figures where the window begins.
pub(super) fn starts_known(rows: &[HeatRow]) -> bool {
    let is_known = |series: &HeatSeries| series.at(0).is_some() || series.at(1).is_some();
    rows.iter().any(|row| is_known(&row.values) || row.before.as_ref().is_some_and(|before| is_known(&before.values)))
}

/// Whether at most one in five periods from `first` on is unknown, the newest three aside.
fn is_dense_from(values: &HeatSeries, first: usize) -> bool {
    let until = values.len().saturating_sub(3).max(first + 1);
    let known = (first..until).filter(|index| values.at(*index).is_some()).count();
    known * 5 >= (until - first) * 4
}

/// Marks the shards that were made within the window and names what made them.
pub(super) fn mark_births(shards: &ShardMap, rows: &mut [HeatRow]) -> Vec<ReshardEvent> {
    let starts_known = starts_known(rows);
    let mut events = Vec::new();
    let mut named: HashSet<ShardId> = HashSet::new();
    for row in rows {
        let Some(at) = birth(row, starts_known) else { continue };
        let Some(shard) = row.shard_id.as_ref().and_then(|id| shards.get(id)) else { continue };
        row.born = Some(at);
        row.flags.is_new = true;
        let parents: Vec<&ShardId> = shard.parents().collect();
        let Some(parent) = parents.first() else { continue };
        if named.insert((*parent).clone()) {
            let label = match parents.get(1) {
                Some(other) => format!("merge {} + {}", parent.short(), other.short()),
                None => format!("split {}", parent.short()),
            };
            events.push(ReshardEvent { at, label });
        }
    }
    events.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.label.cmp(&b.label)));
    events
}

/// Puts what stood there before into the rows of new shards, and takes out the rows of the closed shards that are shown so.
pub(super) fn join(shards: &ShardMap, metrics: &StreamMetrics, metric: HeatMetric, rows: &mut Vec<HeatRow>) {
    let born: HashMap<ShardId, Timestamp> =
        rows.iter().filter_map(|row| Some((row.shard_id.clone()?, row.born?))).collect();
    if born.is_empty() {
        return;
    }
    for row in rows.iter_mut() {
        let (Some(id), Some(until)) = (&row.shard_id, row.born) else { continue };
        let ancestors = Ancestor::all_of(shards, metrics, id, MOST_GENERATIONS);
        row.before = before(shards, id, &ancestors, metrics.window, until, metric);
    }
    let joined: HashSet<ShardId> =
        rows.iter().filter(|row| row.before.is_some()).filter_map(|row| row.shard_id.clone()).collect();
    rows.retain(|row| {
        let children = row.shard_id.as_ref().map_or(&[][..], |id| shards.children(id));
        row.is_open || children.is_empty() || !children.iter().all(|child| joined.contains(child))
    });
}

/// A shard that another came from, with its figures and those it came from in turn.
struct Ancestor<'a> {
    figures: Option<Figures<'a>>,
    parents: Vec<Ancestor<'a>>,
}

impl<'a> Ancestor<'a> {
    fn all_of(shards: &ShardMap, metrics: &'a StreamMetrics, id: &ShardId, depth: usize) -> Vec<Self> {
        let Some(shard) = shards.get(id).filter(|_| depth > 0) else { return Vec::new() };
        let ancestor = |parent: &ShardId| Self {
            figures: metrics.shards.get(parent).map(|figures| Figures::new(figures, metrics.window, 1)),
            parents: Self::all_of(shards, metrics, parent, depth - 1),
        };
        shard.parents().map(ancestor).collect()
    }

    /// The highest figure of these in one column; where a shard has none, that of those it came from.
    fn highest(all: &[Self], column: usize, read: &impl Fn(&Figures<'_>, usize) -> Option<f64>) -> Option<f64> {
        let own = |one: &Self| one.figures.as_ref().and_then(|figures| read(figures, column));
        let figure = |one: &Self| own(one).or_else(|| Self::highest(&one.parents, column, read));
        all.iter().filter_map(figure).reduce(f64::max)
    }
}

fn before(
    shards: &ShardMap,
    id: &ShardId,
    ancestors: &[Ancestor<'_>],
    window: Window,
    until: Timestamp,
    metric: HeatMetric,
) -> Option<Before> {
    let mut values = HeatSeries::unknown(window);
    let mut throttles = HeatSeries::unknown(window);
    for column in (0..values.len()).take_while(|column| values.time_of(*column) < until).collect::<Vec<_>>() {
        values.set(column, Ancestor::highest(ancestors, column, &|figures, column| figures.value(metric, column)));
        throttles.set(column, Ancestor::highest(ancestors, column, &|figures, column| figures.throttled(column)));
    }
    let shards = shards.get(id)?.parents().cloned().collect();
    (values.known() > 0).then_some(Before { shards, values, throttles })
}
