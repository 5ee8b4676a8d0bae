//! The shards of one stream that this program has seen, also those that AWS no longer lists: a closed shard disappears from the
//! listing when its last record has expired, and with it the only trace of how the key space was cut before.

use std::collections::{HashMap, HashSet};

use super::ids::ShardId;
use super::shard_map::{Shard, ShardMap};
use super::time::Timestamp;

/// Most shards that are remembered of a stream; beyond them those that went first are forgotten.
pub const MOST_SHARDS: usize = 20_000;

/// One shard as it was listed last.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SeenShard {
    /// What the listing said of it.
    #[serde(flatten)]
    pub shard: Shard,
    /// When it was listed first.
    pub first_seen: Timestamp,
    /// When it was first listed as closed.
    pub closed_seen: Option<Timestamp>,
    /// When it was first missing from a listing.
    pub gone_seen: Option<Timestamp>,
}

/// What is remembered of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ShardHistory {
    /// `StreamCreationTimestamp`: tells a stream from one of the same name that was deleted.
    pub stream_created: Option<Timestamp>,
    /// When it was looked at first; what was there then may be older.
    pub since: Option<Timestamp>,
    /// Every shard that was seen, in the order of their ids.
    pub shards: Vec<SeenShard>,
}

impl ShardHistory {
    /// Takes a listing in. Whether anything is new that is worth keeping.
    pub fn see(&mut self, listing: &ShardMap, created: Option<Timestamp>, now: Timestamp) -> bool {
        if self.is_of_another_stream(listing, created) {
            *self = Self::default();
        }
        let mut is_new = self.since.is_none() || self.stream_created != created.or(self.stream_created);
        self.stream_created = created.or(self.stream_created);
        self.since.get_or_insert(now);
        let mut listed: HashMap<&ShardId, &Shard> = listing.all().iter().map(|shard| (&shard.id, shard)).collect();
        for seen in &mut self.shards {
            match listed.remove(&seen.shard.id) {
                Some(shard) => {
                    let is_closed = !shard.is_open();
                    is_new |= seen.shard != *shard || seen.gone_seen.is_some();
                    seen.shard = shard.clone();
                    seen.gone_seen = None;
                    if is_closed && seen.closed_seen.is_none() {
                        seen.closed_seen = Some(now);
                        is_new = true;
                    }
                }
                None if seen.gone_seen.is_none() => {
                    seen.gone_seen = Some(now);
                    is_new = true;
                }
                None => {}
            }
        }
        is_new |= !listed.is_empty();
        self.shards.extend(listed.into_values().map(|shard| SeenShard {
            shard: shard.clone(),
            first_seen: now,
            closed_seen: (!shard.is_open()).then_some(now),
            gone_seen: None,
        }));
        self.forget_beyond(MOST_SHARDS);
        self.shards.sort_by(|a, b| a.shard.id.cmp(&b.shard.id));
        is_new
    }

    /// The shards that were seen once and are missing from this listing: their records have expired.
    pub fn expired<'a>(&'a self, listing: &'a ShardMap) -> impl Iterator<Item = &'a SeenShard> {
        self.shards.iter().filter(|seen| listing.get(&seen.shard.id).is_none())
    }

    /// One shard by its id.
    pub fn get(&self, id: &ShardId) -> Option<&SeenShard> {
        let at = self.shards.binary_search_by(|seen| seen.shard.id.cmp(id)).ok()?;
        self.shards.get(at)
    }

    /// Another creation time, or a shard that kept its id and yet began elsewhere: the stream was deleted and made again.
    fn is_of_another_stream(&self, listing: &ShardMap, created: Option<Timestamp>) -> bool {
        if self.stream_created.is_some() && created.is_some() && self.stream_created != created {
            return true;
        }
        let differs = |seen: &SeenShard| {
            listing.get(&seen.shard.id).is_some_and(|shard| {
                shard.range != seen.shard.range
                    || shard.starting_sequence_number != seen.shard.starting_sequence_number
                    || (shard.is_open() && !seen.shard.is_open())
            })
        };
        self.shards.iter().any(differs)
    }

    fn forget_beyond(&mut self, most: usize) {
        let Some(over) = self.shards.len().checked_sub(most).filter(|over| *over > 0) else { return };
        let mut gone: Vec<(Timestamp, ShardId)> =
            self.shards.iter().filter_map(|seen| Some((seen.gone_seen?, seen.shard.id.clone()))).collect();
        gone.sort();
        let forgotten: HashSet<ShardId> = gone.into_iter().take(over).map(|(_, id)| id).collect();
        self.shards.retain(|seen| !forgotten.contains(&seen.shard.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::hash_range::{HashKey, HashKeyRange};
    use crate::model::ids::SequenceNumber;

    fn shard(id: &str, parent: Option<&str>, is_open: bool) -> Shard {
        Shard {
            id: ShardId::from(id),
            range: HashKeyRange { start: HashKey(0), end: HashKey(u128::MAX) },
            parent: parent.map(ShardId::from),
            adjacent_parent: None,
            starting_sequence_number: SequenceNumber::from("5"),
            ending_sequence_number: (!is_open).then(|| SequenceNumber::from("9")),
        }
    }

    #[test]
    fn a_shard_that_is_no_longer_listed_is_remembered_with_its_times() {
        let (at, later, last) = (Timestamp(1_000), Timestamp(2_000), Timestamp(3_000));
        let mut history = ShardHistory::default();
        assert!(history.see(&ShardMap::new(vec![shard("a", None, true)]), Some(at), at));
        assert!(!history.see(&ShardMap::new(vec![shard("a", None, true)]), Some(at), later), "nothing is new");
        let split = ShardMap::new(vec![shard("a", None, false), shard("b", Some("a"), true)]);
        assert!(history.see(&split, Some(at), later));
        let now = ShardMap::new(vec![shard("b", Some("a"), true)]);
        assert!(history.see(&now, Some(at), last));
        let gone: Vec<&SeenShard> = history.expired(&now).collect();
        assert_eq!(gone.len(), 1);
        assert_eq!((gone[0].first_seen, gone[0].closed_seen, gone[0].gone_seen), (at, Some(later), Some(last)));
        assert_eq!(history.get(&ShardId::from("b")).map(|seen| seen.first_seen), Some(later));
    }

    #[test]
    fn a_stream_of_the_same_name_begins_anew() {
        let (at, later) = (Timestamp(1_000), Timestamp(2_000));
        let mut history = ShardHistory::default();
        history.see(&ShardMap::new(vec![shard("a", None, false), shard("b", Some("a"), true)]), Some(at), at);
        let mut other = history.clone();
        other.see(&ShardMap::new(vec![shard("a", None, true)]), Some(later), later);
        assert_eq!(other.shards.len(), 1, "another creation time");
        let mut silent = history.clone();
        silent.see(&ShardMap::new(vec![shard("a", None, true)]), None, later);
        assert_eq!(silent.shards.len(), 1, "a closed shard cannot open again");
    }

    #[test]
    fn it_survives_its_file_format() {
        let mut history = ShardHistory::default();
        history.see(&ShardMap::new(vec![shard("a", None, false), shard("b", Some("a"), true)]), None, Timestamp(7));
        let text = serde_json::to_string(&history).expect("writes");
        assert!(text.contains("340282366920938463463374607431768211455"), "{text}");
        assert_eq!(serde_json::from_str::<ShardHistory>(&text).expect("reads"), history);
    }

    #[test]
    fn what_went_first_is_forgotten_first() {
        let mut history = ShardHistory::default();
        for n in 0..5 {
            history.see(&ShardMap::new(vec![shard(&format!("s{n}"), None, true)]), None, Timestamp(n));
        }
        history.forget_beyond(3);
        let left: Vec<&str> = history.shards.iter().map(|seen| seen.shard.id.as_str()).collect();
        assert_eq!(left, ["s2", "s3", "s4"]);
    }
}
