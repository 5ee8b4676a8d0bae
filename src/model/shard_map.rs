//! The shards of a stream and their lineage: which is open, who came from whom, who owns a hash key.

use std::collections::HashMap;

use super::hash_range::{HashKey, HashKeyRange};
use super::ids::{SequenceNumber, ShardId};

/// One shard as `ListShards` describes it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Shard {
    /// Its id.
    pub id: ShardId,
    /// The hash keys it owns, or owned.
    pub range: HashKeyRange,
    /// The shard it was split from, or the first of the two it was merged from. May name a shard that has expired.
    pub parent: Option<ShardId>,
    /// The second shard of a merge.
    pub adjacent_parent: Option<ShardId>,
    /// First sequence number.
    pub starting_sequence_number: SequenceNumber,
    /// Last sequence number; present when the shard is closed.
    pub ending_sequence_number: Option<SequenceNumber>,
}

impl Shard {
    /// Whether the shard takes writes.
    pub fn is_open(&self) -> bool {
        self.ending_sequence_number.is_none()
    }

    /// Both parents, as far as the shard has them.
    pub fn parents(&self) -> impl Iterator<Item = &ShardId> {
        self.parent.iter().chain(self.adjacent_parent.iter())
    }
}

/// What is wrong with how the open shards cover the key space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TilingFault {
    /// No open shard owns these hash keys.
    Hole(HashKeyRange),
    /// Two open shards own these hash keys.
    Overlap(HashKeyRange),
}

/// All listed shards of a stream, in the order of their hash ranges; ancestors before descendants.
#[derive(Clone, Debug, Default)]
pub struct ShardMap {
    shards: Vec<Shard>,
    index: HashMap<ShardId, usize>,
    children: HashMap<ShardId, Vec<ShardId>>,
}

impl ShardMap {
    /// Builds the map from a listing in any order.
    pub fn new(mut shards: Vec<Shard>) -> Self {
        shards.sort_by(|a, b| a.range.start.cmp(&b.range.start).then_with(|| a.id.cmp(&b.id)));
        shards.dedup_by(|a, b| a.id == b.id);
        let index = shards.iter().enumerate().map(|(at, shard)| (shard.id.clone(), at)).collect();
        let mut children: HashMap<ShardId, Vec<ShardId>> = HashMap::new();
        for shard in &shards {
            for parent in shard.parents() {
                children.entry(parent.clone()).or_default().push(shard.id.clone());
            }
        }
        Self { shards, index, children }
    }

    /// Every listed shard, in hash order.
    pub fn all(&self) -> &[Shard] {
        &self.shards
    }

    /// The shards that take writes, in hash order.
    pub fn open(&self) -> impl Iterator<Item = &Shard> {
        self.shards.iter().filter(|shard| shard.is_open())
    }

    /// Number of open shards.
    pub fn open_count(&self) -> usize {
        self.open().count()
    }

    /// One shard by its id; `None` where it is not listed (never was, or has expired).
    pub fn get(&self, id: &ShardId) -> Option<&Shard> {
        self.index.get(id).and_then(|at| self.shards.get(*at))
    }

    /// The shards that came from this one; also answers for a parent that has expired.
    pub fn children(&self, id: &ShardId) -> &[ShardId] {
        self.children.get(id).map_or(&[], Vec::as_slice)
    }

    /// The open shard that owns this hash key.
    pub fn open_shard_of(&self, key: HashKey) -> Option<&Shard> {
        self.open().find(|shard| shard.range.contains(key))
    }

    /// Holes and overlaps of the open shards; empty when they tile the key space, as they always should.
    pub fn tiling_faults(&self) -> Vec<TilingFault> {
        let mut faults = Vec::new();
        let mut next = Some(0u128);
        for shard in self.open() {
            let (start, end) = (shard.range.start.0, shard.range.end.0);
            match next {
                Some(expected) if start > expected => {
                    faults.push(TilingFault::Hole(HashKeyRange { start: HashKey(expected), end: HashKey(start - 1) }))
                }
                Some(expected) if start < expected => faults.push(TilingFault::Overlap(HashKeyRange {
                    start: HashKey(start),
                    end: HashKey(end.min(expected - 1)),
                })),
                None => faults.push(TilingFault::Overlap(shard.range)),
                Some(_) => {}
            }
            next = match (next, end.checked_add(1)) {
                (Some(expected), Some(behind)) => Some(expected.max(behind)),
                _ => None,
            };
        }
        if let Some(expected) = next {
            faults.push(TilingFault::Hole(HashKeyRange { start: HashKey(expected), end: HashKey(u128::MAX) }));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(id: &str, start: u128, end: u128, parents: &[&str], open: bool) -> Shard {
        Shard {
            id: ShardId::from(id),
            range: HashKeyRange { start: HashKey(start), end: HashKey(end) },
            parent: parents.first().map(|p| ShardId::from(*p)),
            adjacent_parent: parents.get(1).map(|p| ShardId::from(*p)),
            starting_sequence_number: SequenceNumber::from("1"),
            ending_sequence_number: (!open).then(|| SequenceNumber::from("2")),
        }
    }

    #[test]
    fn closed_shard_keeps_its_children_visible() {
        let half = u128::MAX / 2;
        let map = ShardMap::new(vec![
            shard("c", half + 1, u128::MAX, &["a"], true),
            shard("b", 0, half, &["a"], true),
            shard("a", 0, u128::MAX, &[], false),
        ]);
        assert_eq!(map.children(&ShardId::from("a")), [ShardId::from("b"), ShardId::from("c")]);
        assert_eq!(map.open_count(), 2);
        assert!(map.tiling_faults().is_empty());
        assert_eq!(map.open_shard_of(HashKey(3)).map(|s| s.id.as_str()), Some("b"));
    }

    #[test]
    fn an_expired_parent_still_has_children() {
        let map = ShardMap::new(vec![shard("m", 0, u128::MAX, &["x", "y"], true)]);
        assert_eq!(map.children(&ShardId::from("y")), [ShardId::from("m")]);
        assert!(map.get(&ShardId::from("y")).is_none());
    }

    #[test]
    fn holes_and_overlaps_are_reported() {
        let map = ShardMap::new(vec![shard("a", 5, 10, &[], true), shard("b", 8, 20, &[], true)]);
        assert_eq!(
            map.tiling_faults(),
            [
                TilingFault::Hole(HashKeyRange { start: HashKey(0), end: HashKey(4) }),
                TilingFault::Overlap(HashKeyRange { start: HashKey(8), end: HashKey(10) }),
                TilingFault::Hole(HashKeyRange { start: HashKey(21), end: HashKey(u128::MAX) }),
            ]
        );
    }
}
