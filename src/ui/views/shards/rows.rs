//! What is known of each shard, brought together from the listing and the metrics once for each new answer.
//! Pure but for the cache: knows no widget.

use std::sync::Arc;

use crate::model::hash_range::HashKeyRange;
use crate::model::ids::{ShardId, StreamName};
use crate::model::metrics::{StreamMetrics, WriteMetrics};
use crate::model::shard_map::{Shard, ShardMap, TilingFault};
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
    /// Short ids of its parents, `…0021 + …0022`, or a dash.
    pub parents: String,
    /// Short ids of its children, or a dash.
    pub children: String,
    /// Part of the key space, 0 to 1.
    pub space: f64,
    /// Bytes in per second in its newest known period.
    pub bytes_per_sec: Option<f64>,
    /// Part of the load of all open shards, 0 to 1; `None` where it is not known.
    pub load: Option<f64>,
    /// Share of its write limit in the newest known period, a fraction of 1.
    pub now: Option<f64>,
    /// Writes refused in the newest periods.
    pub refused: f64,
}

impl ShardFacts {
    /// Load divided by key space: 1 is as dense as the mean.
    pub fn density(&self) -> Option<f64> {
        self.load.filter(|_| self.space > 0.0).map(|load| load / self.space)
    }

    /// Whether far more lands on the range than its width explains.
    pub fn is_dense(&self) -> bool {
        self.density().is_some_and(|density| density >= DENSE)
    }
}

/// Everything the view draws, derived from one listing and one set of metrics.
#[derive(Debug)]
pub struct Facts {
    /// Every listed shard, in hash order.
    pub shards: Vec<ShardFacts>,
    /// Positions in `shards` of the open ones, in hash order.
    pub open: Vec<usize>,
    /// Generations and relations.
    pub lineage: Lineage,
    /// How the open shards fail to tile the key space.
    pub faults: Vec<TilingFault>,
    /// Bytes in per second of all open shards whose load is known.
    pub total_bytes_per_sec: Option<f64>,
    /// Start of the newest period that any figure belongs to.
    pub as_of: Option<Timestamp>,
}

impl Facts {
    /// Brings listing and metrics together.
    pub fn new(map: &ShardMap, metrics: Option<&StreamMetrics>) -> Self {
        let of = |id: &ShardId| metrics.and_then(|metrics| metrics.shards.get(id));
        let mut shards: Vec<ShardFacts> = map.all().iter().map(|shard| facts(shard, map, of(&shard.id))).collect();
        let total = shards.iter().filter(|s| s.is_open).filter_map(|s| s.bytes_per_sec).reduce(|a, b| a + b);
        for shard in shards.iter_mut().filter(|s| s.is_open) {
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
            lineage: Lineage::new(map),
            faults: map.tiling_faults(),
            total_bytes_per_sec: total,
            shards,
            open,
            as_of,
        }
    }

    /// The open shards, in hash order.
    pub fn open(&self) -> impl Iterator<Item = &ShardFacts> {
        self.open.iter().filter_map(|at| self.shards.get(*at))
    }

    /// Number of listed shards that take no writes.
    pub fn closed_count(&self) -> usize {
        self.shards.len() - self.open.len()
    }

    /// One shard by its id.
    pub fn get(&self, id: &ShardId) -> Option<&ShardFacts> {
        self.shards.iter().find(|shard| shard.id == *id)
    }
}

fn facts(shard: &Shard, map: &ShardMap, metrics: Option<&WriteMetrics>) -> ShardFacts {
    let join = |ids: &mut dyn Iterator<Item = &ShardId>, with: &str| {
        let ids: Vec<String> = ids.map(ShardId::short).collect();
        if ids.is_empty() { "—".to_owned() } else { ids.join(with) }
    };
    let is_open = shard.is_open();
    let metrics = metrics.filter(|_| is_open);
    ShardFacts {
        id: shard.id.clone(),
        range: shard.range,
        is_open,
        parents: join(&mut shard.parents(), " + "),
        children: join(&mut map.children(&shard.id).iter(), ", "),
        space: shard.range.share(),
        bytes_per_sec: metrics.and_then(|m| m.incoming_bytes.per_second().last_known()).map(|(_, rate)| rate),
        load: None,
        now: metrics.and_then(|m| m.utilisation(1).last_known()).map(|(_, share)| share),
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
    made_from: Option<(StreamName, Mark, Mark)>,
    facts: Option<Arc<Facts>>,
}

impl FactsCache {
    /// The facts of the open stream; `None` until its shards are listed.
    pub fn get(&mut self, open: &OpenStream) -> Option<Arc<Facts>> {
        fn mark<T>(value: &Option<(Arc<T>, Timestamp)>) -> Mark {
            (value.as_ref().map(|(_, at)| *at), value.as_ref().map_or(0, |(value, _)| Arc::as_ptr(value) as usize))
        }
        let (shards, metrics) = (mark(&open.shards.value), mark(&open.metrics.value));
        let made_from = Some((open.name.clone(), shards, metrics));
        if self.made_from != made_from {
            self.facts = open.shards.get().map(|map| Arc::new(Facts::new(map, open.metrics.get())));
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
        let facts = Facts::new(&map, Some(&metrics));
        let a = facts.get(&ShardId::from("a")).expect("listed");
        assert_eq!(a.load, Some(0.75));
        assert_eq!(a.density(), Some(1.5));
        assert_eq!(facts.closed_count(), 1);
        assert_eq!(facts.get(&ShardId::from("p")).and_then(|p| p.load), None);
        assert_eq!(facts.get(&ShardId::from("p")).map(|p| p.children.as_str()), Some("…a, …b"));
        assert_eq!(facts.as_of, Some(window.start));
        let without = Facts::new(&map, None);
        assert!(without.shards.iter().all(|s| s.load.is_none() && s.now.is_none()));
    }
}
