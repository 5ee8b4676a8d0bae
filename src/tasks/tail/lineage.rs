//! Which shards the tailer reads, and in which order: the first listing, children that come to be, parents before children.

use std::collections::HashSet;

use super::machine::Machine;
use super::reader::{Phase, Reader};
use crate::model::answer::{Problem, ProblemKind};
use crate::model::ids::ShardId;
use crate::model::position::StartingPosition;
use crate::model::shard_map::Shard;
use crate::model::tail::{NoticeKind, TailStart};
use crate::model::time::{Millis, Timestamp};

/// Shards are listed anew this often even where nothing ended: some servers never end a closed shard.
const REFRESH: Millis = Millis(30_000);
/// How often a listing is asked for the children of a shard that ended.
const CHILD_ATTEMPTS: u32 = 5;
/// Wait between these.
const CHILD_WAIT: Millis = Millis(1_000);

/// Where `ListShards` stands.
#[derive(Debug)]
pub(super) struct Listing {
    due: Option<Timestamp>,
    is_asked: bool,
    /// Wanted again while it was on its way: that answer may be too old.
    is_wanted_again: bool,
    /// Whether something waits for it, other than the regular refresh.
    is_needed: bool,
    answers: u32,
    failures: u32,
    /// Shards that ended and whose children are not known yet, with the attempts made.
    orphans: Vec<(ShardId, u32)>,
}

impl Listing {
    pub(super) fn due_at(now: Timestamp) -> Self {
        Self {
            due: Some(now),
            is_asked: false,
            is_wanted_again: false,
            is_needed: true,
            answers: 0,
            failures: 0,
            orphans: Vec::new(),
        }
    }

    /// Whether to make the call now.
    pub(super) fn begin(&mut self, now: Timestamp) -> bool {
        let is_due = !self.is_asked && self.due.is_some_and(|due| due <= now);
        if is_due {
            self.is_asked = true;
            self.due = None;
        }
        is_due
    }

    pub(super) fn due(&self) -> Option<Timestamp> {
        if self.is_asked { None } else { self.due }
    }

    /// Asks for a listing that begins now or later.
    pub(super) fn want(&mut self, now: Timestamp) {
        self.is_needed = true;
        if self.is_asked {
            self.is_wanted_again = true;
        } else {
            self.due = Some(self.due.map_or(now, |due| due.min(now)));
        }
    }

    /// Notes a failed call; how many failed in a row.
    pub(super) fn fail(&mut self, now: Timestamp) -> u32 {
        self.is_asked = false;
        self.failures += 1;
        self.due = Some(now + Millis(1_000 << self.failures.min(5)));
        self.failures
    }

    pub(super) fn has_answered(&self) -> bool {
        self.answers > 0
    }

    /// Whether no listing has to be waited for before the tail may end.
    pub(super) fn is_settled(&self, follows: bool) -> bool {
        self.answers > 0 && !self.is_needed && (!follows || self.orphans.is_empty())
    }

    /// Notes an answer; whether it is as new as what was wanted.
    fn answered(&mut self, now: Timestamp, refreshes: bool) -> bool {
        self.is_asked = false;
        self.failures = 0;
        self.answers += 1;
        let is_new_enough = !std::mem::take(&mut self.is_wanted_again);
        self.is_needed = !is_new_enough;
        self.due = match (is_new_enough, refreshes) {
            (false, _) => Some(now),
            (true, true) => Some(now + REFRESH),
            (true, false) => None,
        };
        is_new_enough
    }
}

impl Machine {
    pub(super) fn on_shards(&mut self, shards: Vec<Shard>, now: Timestamp) {
        let is_first = !self.listing.has_answered();
        let follows = self.follows_children();
        let is_new_enough = self.listing.answered(now, follows);
        if is_first {
            self.adopt_first(shards, now);
            return;
        }
        for shard in &shards {
            if let Some(reader) = self.index.get(&shard.id).and_then(|at| self.readers.get_mut(*at))
                && !shard.is_open()
            {
                reader.close();
            }
        }
        if follows {
            self.adopt_descendants(shards);
            if is_new_enough {
                self.readers.iter_mut().for_each(|reader| reader.is_lineage_known = true);
            }
            self.settle_orphans(now);
        }
        self.release_all(now);
    }

    /// A shard was read to its end: what came from it may be read, once it is known.
    pub(super) fn on_shard_ended(&mut self, at: usize, children: Vec<Shard>, now: Timestamp) {
        let Some(id) = self.readers.get(at).map(|reader| reader.id().clone()) else { return };
        if self.follows_children() {
            for child in children {
                if !self.index.contains_key(&child.id) && self.may_hold(&child) {
                    self.adopt(child, StartingPosition::TrimHorizon, false);
                }
            }
            if !self.announce_children(&id, now) {
                self.listing.orphans.push((id, 0));
                self.listing.want(now);
            }
        }
        self.release_all(now);
    }

    fn adopt_first(&mut self, shards: Vec<Shard>, now: Timestamp) {
        let listed: HashSet<ShardId> = shards.iter().map(|shard| shard.id.clone()).collect();
        let mut wanted: Vec<&ShardId> = self.options.shards.iter().flatten().collect();
        let from_record = match &self.options.start {
            TailStart::AtSequence { shard, .. } | TailStart::AfterSequence { shard, .. } => Some(shard),
            _ => None,
        };
        wanted.extend(from_record);
        if let Some(missing) = wanted.into_iter().find(|id| !listed.contains(*id)) {
            let sentence = format!(
                "Shard {missing} is not in the stream, or it has expired. List the shards for those that can be read."
            );
            return self.give_up(Problem::new(ProblemKind::NotFound, sentence));
        }
        let has_children: HashSet<ShardId> = shards.iter().flat_map(|shard| shard.parents().cloned()).collect();
        let mut rest = Vec::new();
        for shard in shards {
            let is_selected =
                self.options.shards.as_ref().is_none_or(|only| only.contains(&shard.id)) && self.may_hold(&shard);
            let position = match &self.options.start {
                TailStart::Latest if shard.is_open() || self.options.shards.is_some() => Some(StartingPosition::Latest),
                TailStart::Latest => None,
                TailStart::TrimHorizon => Some(StartingPosition::TrimHorizon),
                TailStart::AtTimestamp(at) => Some(StartingPosition::AtTimestamp(*at)),
                TailStart::AtSequence { shard: from, sequence_number } => {
                    (*from == shard.id).then(|| StartingPosition::AtSequence(sequence_number.clone()))
                }
                TailStart::AfterSequence { shard: from, sequence_number } => {
                    (*from == shard.id).then(|| StartingPosition::AfterSequence(sequence_number.clone()))
                }
            };
            match position {
                Some(position) if is_selected => {
                    let is_closed = has_children.contains(&shard.id);
                    let at = self.adopt(shard, position, true);
                    if let Some(reader) = self.readers.get_mut(at) {
                        reader.is_closed |= is_closed;
                    }
                }
                _ => rest.push(shard),
            }
        }
        let is_from_record =
            matches!(self.options.start, TailStart::AtSequence { .. } | TailStart::AfterSequence { .. });
        if is_from_record && self.options.shards.is_none() {
            self.adopt_descendants(rest);
            self.readers.iter_mut().for_each(|reader| reader.is_lineage_known = true);
        }
        self.release_all(now);
    }

    fn adopt(&mut self, shard: Shard, position: StartingPosition, is_lineage_known: bool) -> usize {
        let at = self.readers.len();
        self.index.insert(shard.id.clone(), at);
        self.readers.push(Reader::new(shard, position, is_lineage_known));
        at
    }

    /// Whether records of the partition key that is wanted can be in the shard; without one, every shard is wanted. An
    /// explicit hash key may have put some elsewhere: nothing tells where.
    fn may_hold(&self, shard: &Shard) -> bool {
        self.hash_key.is_none_or(|key| shard.range.contains(key))
    }

    /// Adopts every listed shard that came, over any number of steps, from one that is read.
    fn adopt_descendants(&mut self, mut shards: Vec<Shard>) {
        shards.retain(|shard| self.may_hold(shard));
        loop {
            let (found, rest): (Vec<Shard>, Vec<Shard>) = shards
                .into_iter()
                .filter(|shard| !self.index.contains_key(&shard.id))
                .partition(|shard| shard.parents().any(|parent| self.index.contains_key(parent)));
            if found.is_empty() {
                return;
            }
            for shard in found {
                self.adopt(shard, StartingPosition::TrimHorizon, false);
            }
            shards = rest;
        }
    }

    /// Says what came from a shard that ended; whether anything did.
    fn announce_children(&mut self, id: &ShardId, now: Timestamp) -> bool {
        let children: Vec<&Shard> =
            self.readers.iter().map(|reader| &reader.shard).filter(|shard| shard.parents().any(|p| p == id)).collect();
        let text = match children.as_slice() {
            [] => return false,
            [one] if one.parents().count() > 1 => {
                let parents: Vec<String> = one.parents().map(ToString::to_string).collect();
                format!("{} were merged into {}.", parents.join(" and "), one.id)
            }
            several => {
                let names: Vec<String> = several.iter().map(|shard| shard.id.to_string()).collect();
                format!("{id} was split into {}.", names.join(" and "))
            }
        };
        self.notice(Some(id.clone()), NoticeKind::Resharded, text, now);
        true
    }

    /// Looks for the children of shards that ended; asks again for those that have none yet, but not for ever.
    fn settle_orphans(&mut self, now: Timestamp) {
        for (id, attempts) in std::mem::take(&mut self.listing.orphans) {
            if self.announce_children(&id, now) {
                continue;
            }
            if attempts + 1 < CHILD_ATTEMPTS {
                self.listing.orphans.push((id, attempts + 1));
                self.listing.want(now + CHILD_WAIT);
            } else {
                let text = format!("{id} ended, but no shard that came from it is listed.");
                self.notice(Some(id), NoticeKind::Failed, text, now);
            }
        }
    }

    /// Lets every shard begin whose parents were all read to their end.
    fn release_all(&mut self, now: Timestamp) {
        for at in 0..self.readers.len() {
            let Some(reader) = self.readers.get(at) else { return };
            if reader.phase != Phase::Blocked {
                continue;
            }
            let parent = |id: &ShardId| self.index.get(id).and_then(|at| self.readers.get(*at));
            let waits = reader.shard.parents().any(|id| parent(id).is_some_and(|parent| !parent.is_over()));
            let is_unsure = !reader.is_lineage_known && reader.shard.parents().any(|id| parent(id).is_none());
            if waits {
                continue;
            }
            if is_unsure {
                // The other parent of a merge may itself be the child of a shard that is still read.
                self.listing.want(now);
                continue;
            }
            if let Some(reader) = self.readers.get_mut(at) {
                reader.phase = Phase::NeedsIterator;
                reader.due = now;
            }
            self.schedule(at);
        }
    }
}
