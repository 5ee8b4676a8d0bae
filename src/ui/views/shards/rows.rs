//! What is known of each shard, brought together from the listing, the local history and the metrics once for each new answer.
//! Pure but for the cache: knows no widget.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::hash_range::HashKeyRange;
use crate::model::ids::{ShardId, StreamName};
use crate::model::metrics::{StreamMetrics, WriteMetrics};
use crate::model::shard_history::ShardHistory;
use crate::model::shard_lives::{LivedShard, Moment, ShardState, lives};
use crate::model::shard_map::{ShardMap, TilingFault};
use crate::model::time::Timestamp;
use crate::model::world::OpenStream;

use super::lineage::Lineage;

/// Load per key space from which a range counts as dense.
pub const DENSE: f64 = 2.0;

/// What is known of one shard.
#[derive(Clone, Debug)]
pub struct ShardFacts {
    /// Its id.
    pub id: ShardId,
    /// The hash keys it owns, or owned.
    pub range: HashKeyRange,
    /// Whether it takes writes.
    pub is_open: bool,
    /// Whether it takes writes, can be read, or neither.
    pub state: ShardState,
    /// When it began to take writes, where that is known.
    pub born: Option<Moment>,
    /// When it was split or merged, where that is known.
    pub closed: Option<Moment>,
    /// Until when a closed shard can be read, where that is known.
    pub until: Option<Timestamp>,
    /// Short ids of its parents, `…0021 + …0022`, or a dash.
    pub parents: String,
    /// Short ids of its children, or a dash.
    pub children: String,
    /// Part of the key space, 0 to 1.
    pub space: f64,
    /// Bytes in per second in its newest known period.
    pub bytes_per_sec: Option<f64>,
    /// Part of the load of all open shards whose load is known, 0 to 1; `None` where its own is not.
    pub load: Option<f64>,
    /// Part of the key space that those shards have together, 0 to 1.
    pub known_space: f64,
    /// Share of its write limit in the newest known period, a fraction of 1.
    pub now: Option<f64>,
    /// The greatest of the periods that are known, a fraction of 1.
    pub peak: Option<f64>,
    /// Writes refused in the newest periods.
    pub refused: f64,
}

impl ShardFacts {
    /// Load divided by key space, both as parts of what is known: 1 is as dense as the mean. A shard that has just come of a
    /// split or a merge has no figures yet, and its part of the key space must not make the others look dense.
    pub fn density(&self) -> Option<f64> {
        self.load.filter(|_| self.space > 0.0).map(|load| load / self.space * self.known_space)
    }

    /// Whether far more lands on the range than its width explains.
    pub fn is_dense(&self) -> bool {
        self.density().is_some_and(|density| density >= DENSE)
    }
}

/// Everything the view draws, derived from one listing and one set of metrics.
#[derive(Debug)]
pub struct Facts {
    /// Every shard that is listed or remembered, in hash order.
    pub shards: Vec<ShardFacts>,
    /// The same shards and when they lived.
    pub lives: Vec<LivedShard>,
    /// Positions in `shards` of the open ones, in hash order.
    pub open: Vec<usize>,
    /// Generations and relations.
    pub lineage: Lineage,
    /// How the open shards fail to tile the key space.
    pub faults: Vec<TilingFault>,
    /// Bytes in per second of all open shards whose load is known.
    pub total_bytes_per_sec: Option<f64>,
    /// Open shards whose load is known.
    pub known_shards: usize,
    /// Start of the newest period that any figure belongs to.
    pub as_of: Option<Timestamp>,
}

impl Facts {
    /// Brings listing, history and metrics together.
    pub fn new(
        map: &ShardMap,
        history: Option<&ShardHistory>,
        metrics: Option<&StreamMetrics>,
        retention_hours: Option<u32>,
    ) -> Self {
        let of = |id: &ShardId| metrics.and_then(|all| Some((all.shards.get(id)?, all.incomplete_from)));
        let lives = lives(map, history);
        let children = children(&lives);
        let mut shards: Vec<ShardFacts> =
            lives.iter().map(|lived| facts(lived, &children, of(&lived.shard.id), retention_hours)).collect();
        let total = shards.iter().filter(|s| s.is_open).filter_map(|s| s.bytes_per_sec).reduce(|a, b| a + b);
        let known = shards.iter().filter(|s| s.is_open && s.bytes_per_sec.is_some());
        let (known_space, known_shards) = (known.clone().map(|s| s.space).sum(), known.count());
        for shard in shards.iter_mut().filter(|s| s.is_open) {
            shard.known_space = known_space;
            shard.load = match (shard.bytes_per_sec, total) {
                (Some(bytes), Some(total)) if total > 0.0 => Some(bytes / total),
                _ => None,
            };
        }
        let open = (0..shards.len()).filter(|at| shards.get(*at).is_some_and(|s| s.is_open)).collect();
        let as_of = metrics.and_then(|metrics| {
            let newest = |m: &WriteMetrics| m.incoming_bytes.last_known().map(|(at, _)| m.incoming_bytes.time_of(at));
            metrics.shards.values().filter_map(newest).max()
        });
        Self {
            lineage: Lineage::new(&lives),
            lives,
            faults: map.tiling_faults(),
            total_bytes_per_sec: total,
            known_shards,
            shards,
            open,
            as_of,
        }
    }

    /// The open shards, in hash order.
    pub fn open(&self) -> impl Iterator<Item = &ShardFacts> {
        self.open.iter().filter_map(|at| self.shards.get(*at))
    }

    /// Number of shards in this state.
    pub fn count(&self, state: ShardState) -> usize {
        self.shards.iter().filter(|shard| shard.state == state).count()
    }

    /// One shard by its id.
    pub fn get(&self, id: &ShardId) -> Option<&ShardFacts> {
        self.shards.iter().find(|shard| shard.id == *id)
    }
}

/// Short ids of the children of each shard.
fn children(lives: &[LivedShard]) -> HashMap<ShardId, Vec<String>> {
    let mut children: HashMap<ShardId, Vec<String>> = HashMap::new();
    for lived in lives {
        for parent in lived.shard.parents() {
            children.entry(parent.clone()).or_default().push(lived.shard.id.short());
        }
    }
    children
}

fn facts(
    lived: &LivedShard,
    children: &HashMap<ShardId, Vec<String>>,
    metrics: Option<(&WriteMetrics, Option<Timestamp>)>,
    retention_hours: Option<u32>,
) -> ShardFacts {
    let shard = &lived.shard;
    let join = |ids: &[String], with: &str| if ids.is_empty() { "—".to_owned() } else { ids.join(with) };
    let parents: Vec<String> = shard.parents().map(ShardId::short).collect();
    let is_open = lived.state == ShardState::Open;
    // A sum that still grows is not taken for a fall.
    let growing = metrics.and_then(|(_, growing)| growing);
    let metrics = metrics.map(|(metrics, _)| metrics).filter(|_| is_open);
    let utilisation = metrics.map(|m| m.utilisation(1));
    ShardFacts {
        id: shard.id.clone(),
        range: shard.range,
        is_open,
        state: lived.state,
        born: lived.born,
        closed: lived.closed,
        until: retention_hours.and_then(|hours| lived.readable_until(hours)),
        parents: join(&parents, " + "),
        children: join(children.get(&shard.id).map_or(&[], Vec::as_slice), ", "),
        space: shard.range.share(),
        bytes_per_sec: metrics.and_then(|m| m.incoming_bytes.per_second().last_settled(growing)).map(|(_, rate)| rate),
        load: None,
        known_space: 0.0,
        now: utilisation.as_ref().and_then(|series| series.last_settled(growing)).map(|(_, share)| share),
        peak: utilisation.and_then(|series| series.values().iter().flatten().copied().reduce(f64::max)),
        refused: metrics.map_or(0.0, |m| {
            let recent = crate::model::health::RECENT_PERIODS;
            m.write_throttled.values().iter().rev().take(recent).flatten().sum()
        }),
    }
}

/// Tells one answer from another: when it came, and where it lies.
type Mark = (Option<Timestamp>, usize);

/// The facts of the last answers, kept until one of the answers is replaced.
#[derive(Debug, Default)]
pub struct FactsCache {
    made_from: Option<(StreamName, Mark, Mark, usize, Option<u32>)>,
    // Kept so that the address above cannot be used again.
    history: Option<Arc<ShardHistory>>,
    facts: Option<Arc<Facts>>,
}

impl FactsCache {
    /// The facts of the open stream; `None` until its shards are listed.
    pub fn get(&mut self, open: &OpenStream) -> Option<Arc<Facts>> {
        fn mark<T>(value: &Option<(Arc<T>, Timestamp)>) -> Mark {
            (value.as_ref().map(|(_, at)| *at), value.as_ref().map_or(0, |(value, _)| Arc::as_ptr(value) as usize))
        }
        let (shards, metrics) = (mark(&open.shards.value), mark(&open.metrics.value));
        let history = open.history.as_ref().map_or(0, |history| Arc::as_ptr(history) as usize);
        let retention = open.summary.get().map(|summary| summary.retention_hours);
        let made_from = Some((open.name.clone(), shards, metrics, history, retention));
        if self.made_from != made_from {
            let facts = |map| Facts::new(map, open.history.as_deref(), open.metrics.get(), retention);
            self.facts = open.shards.get().map(facts).map(Arc::new);
            self.history.clone_from(&open.history);
            self.made_from = made_from;
        }
        self.facts.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::hash_range::HashKey;
    use crate::model::ids::SequenceNumber;
    use crate::model::metrics::{Source, Window};
    use crate::model::shard_map::Shard;

    fn shard(id: &str, range: HashKeyRange, parent: Option<&str>, open: bool) -> Shard {
        Shard {
            id: ShardId::from(id),
            range,
            parent: parent.map(ShardId::from),
            adjacent_parent: None,
            starting_sequence_number: SequenceNumber::from("1"),
            ending_sequence_number: (!open).then(|| SequenceNumber::from("2")),
        }
    }

    #[test]
    fn load_is_a_share_of_what_is_known() {
        let (low, high) = HashKeyRange::FULL.split_at(HashKey(1 << 127)).expect("splits");
        let map = ShardMap::new(vec![
            shard("p", HashKeyRange::FULL, None, false),
            shard("a", low, Some("p"), true),
            shard("b", high, Some("p"), true),
        ]);
        let window = Window::last_minutes(Timestamp::from_secs(36_000), 3);
        let with = |bytes: f64| {
            let mut metrics = WriteMetrics::unknown(window);
            metrics.incoming_bytes.set(window.start, bytes * 60.0);
            metrics
        };
        let metrics = StreamMetrics {
            window,
            total: WriteMetrics::unknown(window),
            shards: [(ShardId::from("a"), with(300.0)), (ShardId::from("b"), with(100.0))].into(),
            source: Source::CloudWatch,
            incomplete_from: None,
        };
        let facts = Facts::new(&map, None, Some(&metrics), Some(24));
        let a = facts.get(&ShardId::from("a")).expect("listed");
        assert_eq!(a.load, Some(0.75));
        assert_eq!(a.density(), Some(1.5));
        assert_eq!(facts.count(ShardState::Closed), 1);
        assert_eq!(facts.get(&ShardId::from("p")).and_then(|p| p.load), None);
        assert_eq!(facts.get(&ShardId::from("p")).map(|p| p.children.as_str()), Some("…a, …b"));
        assert_eq!(facts.as_of, Some(window.start));
        let young = StreamMetrics { shards: [(ShardId::from("a"), with(300.0))].into(), ..metrics };
        let facts = Facts::new(&map, None, Some(&young), Some(24));
        let a = facts.get(&ShardId::from("a")).expect("listed");
        assert_eq!(
            (a.load, a.density(), facts.known_shards),
            (Some(1.0), Some(1.0), 1),
            "the other has no figures yet"
        );
        let without = Facts::new(&map, None, None, None);
        assert!(without.shards.iter().all(|s| s.load.is_none() && s.now.is_none()));
    }
}
