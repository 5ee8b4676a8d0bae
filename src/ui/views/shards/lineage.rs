//! Generations of the known shards: who came from whom, and in which row of the picture each one is born.
//! A parent that is neither listed nor remembered starts no row.

use std::collections::{HashMap, HashSet};

use crate::model::ids::ShardId;
use crate::model::shard_lives::LivedShard;

/// One generation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generation {
    /// Positions in the list of lives of the shards born in it.
    pub shards: Vec<usize>,
    /// Splits that led to it.
    pub splits: usize,
    /// Merges that led to it.
    pub merges: usize,
}

/// Generations and relations of the listed shards, by their position in the list of lives.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    /// Oldest first. One alone means that nothing listed came from anything listed.
    pub generations: Vec<Generation>,
    of: Vec<usize>,
    parents: Vec<Vec<usize>>,
    children: Vec<Vec<usize>>,
}

impl Lineage {
    /// Works out the generations.
    pub fn new(lives: &[LivedShard]) -> Self {
        let index: HashMap<&ShardId, usize> =
            lives.iter().enumerate().map(|(at, lived)| (&lived.shard.id, at)).collect();
        let known = |lived: &LivedShard| lived.shard.parents().filter_map(|id| index.get(id).copied()).collect();
        let parents: Vec<Vec<usize>> = lives.iter().map(known).collect();
        let mut children = vec![Vec::new(); parents.len()];
        for (at, own) in parents.iter().enumerate() {
            for parent in own {
                if let Some(list) = children.get_mut(*parent) {
                    list.push(at);
                }
            }
        }
        let of = generations_of(&parents);
        let mut generations = vec![Generation::default(); of.iter().max().map_or(0, |last| last + 1)];
        for (at, generation) in of.iter().enumerate() {
            let Some(row) = generations.get_mut(*generation) else { continue };
            row.shards.push(at);
            match parents.get(at).map(Vec::as_slice) {
                Some([_, _, ..]) => row.merges += 1,
                Some([parent]) if children.get(*parent).and_then(|c: &Vec<usize>| c.first()) == Some(&at) => {
                    row.splits += 1;
                }
                _ => {}
            }
        }
        Self { generations, of, parents, children }
    }

    /// The generation in which a shard was born.
    pub fn generation(&self, at: usize) -> usize {
        self.of.get(at).copied().unwrap_or(0)
    }

    /// Listed parents.
    pub fn parents(&self, at: usize) -> &[usize] {
        self.parents.get(at).map_or(&[], Vec::as_slice)
    }

    /// Listed children.
    pub fn children(&self, at: usize) -> &[usize] {
        self.children.get(at).map_or(&[], Vec::as_slice)
    }

    /// The shard, its ancestors and its descendants; empty for a shard without either.
    pub fn family(&self, at: usize) -> HashSet<usize> {
        let mut family = HashSet::from([at]);
        for step in [Self::parents, Self::children] {
            let mut todo = vec![at];
            while let Some(next) = todo.pop() {
                for other in step(self, next) {
                    if family.insert(*other) {
                        todo.push(*other);
                    }
                }
            }
        }
        if family.len() > 1 { family } else { HashSet::new() }
    }
}

/// One more than the youngest listed parent. A listing that contradicts itself (a shard that is its own ancestor) ends
/// after as many rounds as there are shards.
fn generations_of(parents: &[Vec<usize>]) -> Vec<usize> {
    let mut of = vec![0usize; parents.len()];
    for _ in 0..parents.len().min(32) {
        let mut changed = false;
        for (at, own) in parents.iter().enumerate() {
            let wanted = own.iter().filter_map(|p| of.get(*p)).max().map_or(0, |youngest| youngest + 1).min(31);
            if let Some(slot) = of.get_mut(at)
                && *slot != wanted
            {
                *slot = wanted;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    of
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::hash_range::{HashKey, HashKeyRange};
    use crate::model::ids::SequenceNumber;
    use crate::model::shard_lives::lives;
    use crate::model::shard_map::{Shard, ShardMap};

    fn shard(id: &str, start: u128, end: u128, parents: &[&str]) -> Shard {
        Shard {
            id: ShardId::from(id),
            range: HashKeyRange { start: HashKey(start), end: HashKey(end) },
            parent: parents.first().map(|p| ShardId::from(*p)),
            adjacent_parent: parents.get(1).map(|p| ShardId::from(*p)),
            starting_sequence_number: SequenceNumber::from("1"),
            ending_sequence_number: None,
        }
    }

    #[test]
    fn splits_and_merges_make_generations() {
        let map = ShardMap::new(vec![
            shard("a", 0, 9, &["expired"]),
            shard("b", 0, 4, &["a"]),
            shard("c", 5, 9, &["a"]),
            shard("d", 0, 9, &["b", "c"]),
        ]);
        let lineage = Lineage::new(&lives(&map, None));
        let counts: Vec<_> = lineage.generations.iter().map(|g| (g.shards.len(), g.splits, g.merges)).collect();
        assert_eq!(counts, [(1, 0, 0), (2, 1, 0), (1, 0, 1)]);
        assert_eq!(lineage.family(0).len(), 4);
    }

    #[test]
    fn a_listing_that_contradicts_itself_still_ends() {
        let map = ShardMap::new(vec![shard("a", 0, 4, &["b"]), shard("b", 5, 9, &["a"])]);
        assert!(Lineage::new(&lives(&map, None)).generations.len() <= 32);
        assert_eq!(Lineage::new(&lives(&map, None)).family(0).len(), 2);
    }
}
