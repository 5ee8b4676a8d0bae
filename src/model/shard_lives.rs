//! When each shard lived, and which of them held a hash key at a time: the open, the closed and those of the local history.
//!
//! `ListShards` names no time. Sequence numbers carry one, in a layout that AWS does not document, so a time read from them is
//! good to the second and said to be unofficial; where they tell none, what this program saw bounds it from above.

use std::collections::HashMap;

use super::hash_range::HashKey;
use super::ids::ShardId;
use super::sequence;
use super::shard_history::{SeenShard, ShardHistory};
use super::shard_map::{Shard, ShardMap};
use super::time::{Millis, Timestamp};

/// Whether a shard can be written, read, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShardState {
    /// Takes writes.
    Open,
    /// Split or merged; its records can still be read.
    Closed,
    /// No longer listed: its records have expired. Known from the local history.
    Expired,
}

impl ShardState {
    /// `OPEN`, `CLOSED`, `EXPIRED`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Closed => "CLOSED",
            Self::Expired => "EXPIRED",
        }
    }
}

/// A time and how it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// When; the latest it can have been where `is_exact` is not set.
    pub at: Timestamp,
    /// Read from a sequence number, good to the second; otherwise this program saw it, at the latest, then.
    pub is_exact: bool,
}

/// One shard and when it lived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LivedShard {
    /// The shard.
    pub shard: Shard,
    /// What can be done with it.
    pub state: ShardState,
    /// When it began to take writes; `None` where nothing tells.
    pub born: Option<Moment>,
    /// When it was split or merged.
    pub closed: Option<Moment>,
}

impl LivedShard {
    /// Until when the last of its records can be read; `None` while it is open or where nothing tells when it was closed.
    pub fn readable_until(&self, retention_hours: u32) -> Option<Timestamp> {
        let closed = self.closed.filter(|_| self.state == ShardState::Closed)?;
        Some(closed.at + Millis::from_mins(i64::from(retention_hours) * 60))
    }
}

/// Every shard that is listed or remembered, in hash order; ancestors before descendants.
pub fn lives(listing: &ShardMap, history: Option<&ShardHistory>) -> Vec<LivedShard> {
    let listed = listing.all().iter().map(|shard| {
        let state = if shard.is_open() { ShardState::Open } else { ShardState::Closed };
        (shard, state, history.and_then(|history| history.get(&shard.id)))
    });
    let expired = history.into_iter().flat_map(|history| history.expired(listing));
    let expired = expired.map(|seen| (&seen.shard, ShardState::Expired, Some(seen)));
    let since = history.and_then(|history| history.since);
    let mut all: Vec<LivedShard> = listed
        .chain(expired)
        .map(|(shard, state, seen)| LivedShard {
            shard: shard.clone(),
            state,
            born: born(shard, seen, since),
            closed: closed(shard, seen, since),
        })
        .collect();
    close_by_children(&mut all);
    all.sort_by(|a, b| a.shard.range.start.cmp(&b.shard.range.start).then_with(|| a.shard.id.cmp(&b.shard.id)));
    all
}

fn born(shard: &Shard, seen: Option<&SeenShard>, since: Option<Timestamp>) -> Option<Moment> {
    let exact = sequence::made_at(&shard.starting_sequence_number).map(|at| Moment { at, is_exact: true });
    // What was there at the first look may have been there for years.
    let seen = seen.map(|seen| seen.first_seen).filter(|at| Some(*at) != since);
    exact.or_else(|| seen.map(|at| Moment { at, is_exact: false }))
}

fn closed(shard: &Shard, seen: Option<&SeenShard>, since: Option<Timestamp>) -> Option<Moment> {
    let exact = shard.ending_sequence_number.as_ref().and_then(sequence::made_at);
    let seen = seen.and_then(|seen| seen.closed_seen).filter(|at| Some(*at) != since);
    exact.map(|at| Moment { at, is_exact: true }).or_else(|| seen.map(|at| Moment { at, is_exact: false }))
}

/// A shard ends when its children begin: where nothing better is known, and where a shard went unseen.
fn close_by_children(all: &mut [LivedShard]) {
    let mut begins: HashMap<ShardId, Moment> = HashMap::new();
    for child in all.iter() {
        let Some(born) = child.born else { continue };
        for parent in child.shard.parents() {
            begins.entry(parent.clone()).and_modify(|at| *at = (*at).min(born)).or_insert(born);
        }
    }
    for shard in all.iter_mut().filter(|shard| shard.state != ShardState::Open) {
        let by_children = begins.get(&shard.shard.id).copied();
        if shard.closed.is_none_or(|closed| !closed.is_exact) {
            shard.closed = by_children.or(shard.closed);
        }
    }
}

/// The time in which one shard held a hash key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reign {
    /// The shard.
    pub shard: ShardId,
    /// What can be done with it now.
    pub state: ShardState,
    /// Its first moment; `None` where nothing tells.
    pub from: Option<Moment>,
    /// Its end; `None` while it is open or where nothing tells.
    pub to: Option<Moment>,
}

/// Which shard held a key at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// This one.
    One(ShardId),
    /// One of these: the time lies where a reshard is dated only roughly, or not at all.
    OneOf(Vec<ShardId>),
    /// A shard that was gone before this program first saw the stream.
    Forgotten,
    /// The stream did not exist yet.
    BeforeStream,
    /// No listed shard owns the key: a hole.
    Nobody,
}

/// Every shard that held this hash key, oldest first.
pub fn reigns(shards: &[LivedShard], key: HashKey) -> Vec<Reign> {
    let mut held: Vec<&LivedShard> = shards.iter().filter(|lived| lived.shard.range.contains(key)).collect();
    // Ids are given out in order, so they order what times do not.
    let order = |a: &&LivedShard, b: &&LivedShard| {
        let by_time = a.born.zip(b.born).map(|(a, b)| a.at.cmp(&b.at));
        by_time.unwrap_or(std::cmp::Ordering::Equal).then_with(|| a.shard.id.cmp(&b.shard.id))
    };
    held.sort_by(order);
    let reign = |lived: &&LivedShard| Reign {
        shard: lived.shard.id.clone(),
        state: lived.state,
        from: lived.born,
        to: lived.closed,
    };
    held.iter().map(reign).collect()
}

/// Who of them held the key at `at`. `stream_created` is when the stream was made, where that is known.
pub fn holder(reigns: &[Reign], at: Timestamp, stream_created: Option<Timestamp>) -> Holder {
    if stream_created.is_some_and(|created| at < created) {
        return Holder::BeforeStream;
    }
    let Some(first) = reigns.first() else { return Holder::Nobody };
    if first.from.is_some_and(|from| from.is_exact && at < from.at) {
        return Holder::Forgotten;
    }
    let can_hold = |index: usize, reign: &Reign| {
        // A moment that is not exact may have been earlier, though not before the one before it ended.
        let begins_late = reign.from.is_some_and(|from| from.is_exact && from.at > at);
        let next = reigns.get(index + 1);
        let end = reign.to.or_else(|| next.and_then(|next| next.from));
        let ends_early = end.is_some_and(|end| end.at <= at);
        let follows = index.checked_sub(1).and_then(|index| reigns.get(index));
        let still_earlier = follows.and_then(|earlier| earlier.to).is_some_and(|end| end.is_exact && end.at > at);
        !begins_late && !ends_early && !still_earlier
    };
    let able: Vec<ShardId> = reigns
        .iter()
        .enumerate()
        .filter(|(index, reign)| can_hold(*index, reign))
        .map(|(_, reign)| reign.shard.clone())
        .collect();
    match <[ShardId; 1]>::try_from(able) {
        Ok([one]) => Holder::One(one),
        Err(none) if none.is_empty() => Holder::Nobody,
        Err(several) => Holder::OneOf(several),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::hash_range::HashKeyRange;
    use crate::model::ids::SequenceNumber;
    use crate::model::sequence::{CLOSING_COUNTER, Sequence};

    fn number(secs: u64, counter: u64) -> SequenceNumber {
        Sequence { created_secs: secs, shard_index: 1, counter, time_secs: secs }.to_string().into()
    }

    fn shard(id: &str, (start, end): (u128, u128), parents: &[&str], born: u64, closed: Option<u64>) -> Shard {
        Shard {
            id: ShardId::from(id),
            range: HashKeyRange { start: HashKey(start), end: HashKey(end) },
            parent: parents.first().map(|p| ShardId::from(*p)),
            adjacent_parent: parents.get(1).map(|p| ShardId::from(*p)),
            starting_sequence_number: number(born, 0),
            ending_sequence_number: closed.map(|at| number(at, CLOSING_COUNTER)),
        }
    }

    const T: u64 = 1_700_000_000;

    fn at(offset: i64) -> Timestamp {
        Timestamp::from_secs(1_700_000_000 + offset)
    }

    /// One shard is split at 100 s; its halves are merged at 200 s.
    fn family() -> Vec<Shard> {
        vec![
            shard("a", (0, u128::MAX), &[], T, Some(T + 100)),
            shard("b", (0, 9), &["a"], T + 100, Some(T + 200)),
            shard("c", (10, u128::MAX), &["a"], T + 100, Some(T + 200)),
            shard("d", (0, u128::MAX), &["b", "c"], T + 200, None),
        ]
    }

    #[test]
    fn a_key_is_followed_through_splits_and_merges() {
        let lives = lives(&ShardMap::new(family()), None);
        let of = |key, seconds| holder(&reigns(&lives, HashKey(key)), at(seconds), Some(at(0)));
        assert_eq!(of(3, 50), Holder::One("a".into()));
        assert_eq!(of(3, 150), Holder::One("b".into()));
        assert_eq!(of(30, 150), Holder::One("c".into()));
        assert_eq!(of(30, 200), Holder::One("d".into()), "a reshard belongs to what came of it");
        assert_eq!(of(3, -1), Holder::BeforeStream);
    }

    #[test]
    fn an_expired_shard_is_found_in_the_history() {
        let mut history = ShardHistory::default();
        history.see(&ShardMap::new(family()), None, at(250));
        let listing = ShardMap::new(family().split_off(1));
        history.see(&listing, None, at(90_000));
        let all = lives(&listing, Some(&history));
        assert_eq!(all.len(), 4);
        let reigns = reigns(&all, HashKey(3));
        assert_eq!(reigns.first().map(|reign| (reign.shard.as_str(), reign.state)), Some(("a", ShardState::Expired)));
        assert_eq!(holder(&reigns, at(20), None), Holder::One("a".into()));
        assert_eq!(holder(&reigns, at(-5), None), Holder::Forgotten);
    }

    #[test]
    fn without_times_the_answer_is_no_better_than_what_is_known() {
        let mut shards = family();
        for shard in &mut shards {
            shard.starting_sequence_number = SequenceNumber::from("1");
            shard.ending_sequence_number = shard.ending_sequence_number.as_ref().map(|_| SequenceNumber::from("2"));
        }
        let all = lives(&ShardMap::new(shards), None);
        let answer = holder(&reigns(&all, HashKey(3)), at(150), None);
        assert_eq!(answer, Holder::OneOf(vec!["a".into(), "b".into(), "d".into()]));
    }

    #[test]
    fn a_closed_shard_is_readable_until_its_records_expire() {
        let lives = lives(&ShardMap::new(family()), None);
        let of = |id: &str| lives.iter().find(|lived| lived.shard.id.as_str() == id).expect("listed");
        assert_eq!(of("a").readable_until(24), Some(at(100 + 24 * 3_600)));
        assert_eq!(of("d").readable_until(24), None);
    }

    #[test]
    fn a_shard_that_closed_unseen_ends_where_its_children_begin() {
        let mut open = family();
        open.truncate(1);
        open[0].ending_sequence_number = None;
        let mut history = ShardHistory::default();
        history.see(&ShardMap::new(open), None, at(50));
        let listing = ShardMap::new(family().split_off(1));
        history.see(&listing, None, at(90_000));
        let lives = lives(&listing, Some(&history));
        let gone = lives.iter().find(|lived| lived.shard.id.as_str() == "a").expect("remembered");
        assert_eq!(gone.closed, Some(Moment { at: at(100), is_exact: true }));
    }
}
