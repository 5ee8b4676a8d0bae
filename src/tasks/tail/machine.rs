//! The tailer as a step machine: answers go in, requests and records come out, time is handed in. It never waits and
//! calls nothing, so that every interleaving can be tested.
//!
//! What it keeps:
//! - Records of a shard come in its order, each once. An iterator that expired is renewed behind the last record.
//! - A shard is read only after all its parents were read to their end. Children are told by `GetRecords` or, where the
//!   server does not tell, by a new `ListShards`, which also completes the parents of a merge.
//! - A shard is asked no more often than its budget allows, less often while it is throttled, and once a second at its tip.
//! - By enhanced fan-out, a shard has one subscription at a time: events of an older one are dropped, and come again from
//!   the one in its place, which begins behind the last event that was taken.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use super::arrivals::{ServerClock, write_share};
use super::lineage::Listing;
use super::reader::{After, Page, Phase, Reader};
use crate::model::answer::{Problem, ProblemKind};
use crate::model::consumer::ShardEvent;
use crate::model::hash_range::HashKey;
use crate::model::ids::ShardId;
use crate::model::position::StartingPosition;
use crate::model::record::RawRecord;
use crate::model::shard_map::Shard;
use crate::model::tail::{NoticeKind, ShardTail, TailNotice, TailOptions, TailStatus};
use crate::model::time::{Millis, Timestamp};
use crate::tasks::remedy::Remedy;

/// Calls under way at once, over all shards.
const MAX_IN_FLIGHT: usize = 16;
/// Refusals of a subscription in favour of an older one that are not worth a word.
const QUIET_TAKE_OVERS: u32 = 2;
/// Rates cover so much of the past.
const RATE_WINDOW: Millis = Millis(5_000);

/// A call that the machine wants made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// `ListShards`, all pages.
    ListShards,
    /// `GetShardIterator`.
    Iterator {
        /// The shard.
        shard: ShardId,
        /// Where it begins.
        position: StartingPosition,
    },
    /// `GetRecords`.
    Read {
        /// The shard that the iterator belongs to.
        shard: ShardId,
        /// As the server gave it.
        iterator: Arc<str>,
        /// Most records of the answer.
        limit: i32,
    },
    /// `SubscribeToShard`, in the place of a subscription to the shard that there may be.
    Subscribe {
        /// The shard.
        shard: ShardId,
        /// Where it begins.
        position: StartingPosition,
        /// What its events are to be marked with: grows with each subscription to the shard.
        number: u64,
    },
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub enum Event {
    /// To [`Request::ListShards`].
    Shards(Result<Vec<Shard>, Problem>),
    /// To [`Request::Iterator`].
    Iterator(ShardId, Result<String, Problem>),
    /// To [`Request::Read`].
    Page(ShardId, Result<Page, Problem>),
    /// To [`Request::Subscribe`], with its number: whether events follow.
    Subscribed(ShardId, u64, Result<(), Problem>),
    /// An event of the subscription with this number.
    Pushed(ShardId, u64, ShardEvent),
    /// The subscription with this number is over: its time has passed, or it broke.
    Unsubscribed(ShardId, u64, Result<(), Problem>),
}

/// What the machine hands on, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Records of one shard, in its order.
    Records(ShardId, Vec<RawRecord>),
    /// Something that happened.
    Notice(TailNotice),
}

/// The tailer.
#[derive(Debug)]
pub struct Machine {
    pub(super) options: TailOptions,
    /// Where the partition key lands that is wanted alone.
    pub(super) hash_key: Option<HashKey>,
    pub(super) started: Timestamp,
    pub(super) readers: Vec<Reader>,
    pub(super) index: HashMap<ShardId, usize>,
    pub(super) listing: Listing,
    pub(super) due: BTreeSet<(Timestamp, usize)>,
    in_flight: usize,
    outputs: VecDeque<Output>,
    problem: Option<Problem>,
    is_time_up: bool,
    counts: TailStatus,
    recent: VecDeque<(Timestamp, u64, u64)>,
    server_clock: ServerClock,
}

impl Machine {
    /// A machine that has asked for nothing yet. `now` is the start that [`TailOptions::until_tip`] speaks of.
    pub fn new(options: TailOptions, now: Timestamp) -> Self {
        let hash_key = options.partition_key.as_ref().map(|key| HashKey::of_partition_key(key.as_str()));
        Self {
            options,
            hash_key,
            started: now,
            readers: Vec::new(),
            index: HashMap::new(),
            listing: Listing::due_at(now),
            due: BTreeSet::new(),
            in_flight: 0,
            outputs: VecDeque::new(),
            problem: None,
            is_time_up: false,
            counts: TailStatus::default(),
            recent: VecDeque::new(),
            server_clock: ServerClock::default(),
        }
    }

    /// Keeps to another budget from the next answer on; see [`TailOptions::read_budget`].
    pub fn set_read_budget(&mut self, reads: u32) {
        self.options.read_budget = reads;
    }

    /// The next call that is due, where the bound on calls under way allows one.
    pub fn next_request(&mut self, now: Timestamp) -> Option<Request> {
        self.is_time_up |= self.ends_at().is_some_and(|end| end <= now);
        if self.is_done() || self.in_flight >= MAX_IN_FLIGHT {
            return None;
        }
        if self.listing.begin(now) {
            self.in_flight += 1;
            return Some(Request::ListShards);
        }
        let at = match self.due.first() {
            Some((due, at)) if *due <= now => *at,
            _ => return None,
        };
        self.due.pop_first();
        let is_fan_out = self.options.is_fan_out();
        let reader = self.readers.get_mut(at)?;
        self.in_flight += 1;
        if is_fan_out {
            return Some(reader.subscribe(now));
        }
        reader.send(now);
        let shard = reader.id().clone();
        Some(match &reader.phase {
            Phase::Reading(iterator) => {
                self.counts.calls += 1;
                Request::Read { shard, iterator: iterator.clone(), limit: reader.limit() }
            }
            _ => Request::Iterator { shard, position: reader.resume.clone() },
        })
    }

    /// When [`Machine::next_request`] will have something without a further answer; `None` where it waits for answers.
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.is_done() || self.in_flight >= MAX_IN_FLIGHT {
            return None;
        }
        let reader = self.due.first().map(|(due, _)| *due);
        [self.listing.due(), reader, self.ends_at()].into_iter().flatten().min()
    }

    /// Takes the answer to a request.
    pub fn on(&mut self, event: Event, now: Timestamp) {
        // What a subscription brings answers no call.
        if !matches!(event, Event::Pushed(..) | Event::Unsubscribed(..)) {
            self.in_flight = self.in_flight.saturating_sub(1);
        }
        match event {
            Event::Shards(Ok(shards)) => self.on_shards(shards, now),
            Event::Shards(Err(problem)) => self.on_listing_failed(problem, now),
            Event::Iterator(shard, outcome) => {
                let Some(at) = self.index.get(&shard).copied() else { return };
                match outcome {
                    Ok(iterator) => {
                        if let Some(reader) = self.readers.get_mut(at) {
                            reader.take_iterator(iterator, now);
                        }
                        self.schedule(at);
                    }
                    Err(problem) => self.on_failure(at, problem, now),
                }
            }
            Event::Page(shard, outcome) => {
                let Some(at) = self.index.get(&shard).copied() else { return };
                match outcome {
                    Ok(page) => self.on_page(at, page, now),
                    Err(problem) => self.on_failure(at, problem, now),
                }
            }
            Event::Subscribed(shard, number, outcome) => self.on_subscribed(&shard, number, outcome, now),
            Event::Pushed(shard, number, event) => self.on_pushed(&shard, number, event, now),
            Event::Unsubscribed(shard, number, outcome) => self.on_unsubscribed(&shard, number, outcome, now),
        }
    }

    /// When the time that was asked for is over.
    fn ends_at(&self) -> Option<Timestamp> {
        self.options.limit.map(|limit| self.started + limit)
    }

    /// The next thing to hand on.
    pub fn next_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Whether there is nothing more to read: everything asked for was read, or a failure cannot be helped.
    pub fn is_done(&self) -> bool {
        self.problem.is_some()
            || self.is_time_up
            || (self.listing.is_settled(self.follows_children()) && self.readers.iter().all(Reader::is_over))
    }

    /// How far each shard is.
    pub fn status(&mut self, now: Timestamp) -> TailStatus {
        while self.recent.front().is_some_and(|(at, ..)| *at + RATE_WINDOW <= now) {
            self.recent.pop_front();
        }
        let span = (now - self.started).0.clamp(1_000, RATE_WINDOW.0) as f64 / 1_000.0;
        let (records, bytes) =
            self.recent.iter().fold((0, 0), |sum, (_, records, bytes)| (sum.0 + records, sum.1 + bytes));
        let mut shards: Vec<ShardTail> = self
            .readers
            .iter()
            .map(|reader| ShardTail {
                shard_id: reader.id().clone(),
                millis_behind: reader.millis_behind,
                state: reader.state(),
                write_share: write_share(reader, &self.server_clock, self.started, now),
            })
            .collect();
        shards.sort_by(|a, b| a.shard_id.cmp(&b.shard_id));
        TailStatus {
            shards,
            records_per_sec: records as f64 / span,
            bytes_per_sec: bytes as f64 / span,
            is_done: self.is_done(),
            problem: self.problem.clone(),
            ..self.counts.clone()
        }
    }

    /// Why it ended before its time.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// Whether shards that come to be later are read too.
    pub(super) fn follows_children(&self) -> bool {
        !self.options.until_tip && self.options.shards.is_none()
    }

    /// Ends the tail for a reason that no answer can help.
    pub(super) fn give_up(&mut self, problem: Problem) {
        self.problem.get_or_insert(problem);
    }

    pub(super) fn notice(&mut self, shard: Option<ShardId>, kind: NoticeKind, text: String, now: Timestamp) {
        self.outputs.push_back(Output::Notice(TailNotice { at: now, shard, kind, text }));
    }

    pub(super) fn schedule(&mut self, at: usize) {
        if let Some(reader) = self.readers.get(at)
            && reader.is_scheduled()
        {
            self.due.insert((reader.due, at));
        }
    }

    /// The moment that reading ends at, where it is to end at the tip.
    pub(super) fn tip(&self) -> Option<Timestamp> {
        self.options.until_tip.then_some(self.started)
    }

    fn on_page(&mut self, at: usize, page: Page, now: Timestamp) {
        let until = self.tip();
        let reads_per_sec = self.options.reads_per_sec();
        let Some(reader) = self.readers.get_mut(at) else { return };
        let was_failing = std::mem::take(&mut reader.is_failure_told);
        let was_slowed = reader.is_slowed();
        let (ended_by_server, children) = (page.next_iterator.is_none(), page.children.clone());
        let (records, after) = reader.take_page(page, now, reads_per_sec, until);
        let is_calm = was_slowed && !reader.is_slowed();
        if was_failing || is_calm {
            let shard = reader.id().clone();
            self.notice(Some(shard), NoticeKind::Resumed, "Reading goes on at its usual pace.".to_owned(), now);
        }
        let children = if ended_by_server { Some(children) } else { None };
        self.hand_on(at, records, after, children, now);
    }

    /// Hands records on and follows what their answer came to. `children` is set where the server said that the shard ended.
    pub(super) fn hand_on(
        &mut self,
        at: usize,
        records: Vec<RawRecord>,
        after: After,
        children: Option<Vec<Shard>>,
        now: Timestamp,
    ) {
        let Some(reader) = self.readers.get_mut(at) else { return };
        reader.arrivals.note(&records, now);
        if reader.millis_behind == Some(0) {
            self.server_clock.note(&records, now);
        }
        let shard = reader.id().clone();
        if !records.is_empty() {
            let bytes = records.iter().map(|record| record.size_bytes() as u64).sum();
            self.counts.records_read += records.len() as u64;
            self.counts.bytes_read += bytes;
            self.recent.push_back((now, records.len() as u64, bytes));
            self.outputs.push_back(Output::Records(shard.clone(), records));
        }
        match after {
            After::ReadOn => self.schedule(at),
            After::AtTip => {}
            After::Ended => {
                let text = if children.is_some() {
                    "Read to its end."
                } else {
                    "Read to its end: it is closed, and the server has nothing more."
                };
                self.notice(Some(shard), NoticeKind::ShardEnded, text.to_owned(), now);
                self.on_shard_ended(at, children.unwrap_or_default(), now);
            }
        }
    }

    pub(super) fn on_failure(&mut self, at: usize, problem: Problem, now: Timestamp) {
        let give_up_after = self.options.give_up_after;
        let Some(reader) = self.readers.get_mut(at) else { return };
        let shard = reader.id().clone();
        let remedy = Remedy::of(problem.kind);
        let was_slowed = reader.is_slowed();
        match remedy {
            Remedy::GiveUp => return self.give_up(problem),
            Remedy::Gone => {
                reader.phase = Phase::Ended;
                let text = format!("Not read further: {}", problem.sentence);
                self.notice(Some(shard), NoticeKind::Failed, text, now);
                // A stream that was deleted looks the same; the listing tells.
                self.listing.want(now);
                return self.on_shard_ended(at, Vec::new(), now);
            }
            _ => reader.fail(remedy, now),
        }
        let failures = reader.failures;
        let (due, was_told) = (reader.due, reader.is_failure_told);
        if give_up_after.is_some_and(|most| failures >= most.max(1)) {
            return self.give_up(problem);
        }
        match remedy {
            Remedy::SlowDown => {
                self.counts.throttled_calls += 1;
                if !was_slowed {
                    let text = if self.options.is_fan_out() {
                        "Subscribing is throttled: too many calls for this consumer and shard. The next one waits."
                    } else {
                        "Reads are throttled: the shard's 5 calls or 2 MiB a second are used up. Reading slows down."
                    };
                    self.notice(Some(shard), NoticeKind::Throttled, text.to_owned(), now);
                }
            }
            // The first renewal of an iterator is ordinary and not worth a word.
            Remedy::Renew if failures <= 1 => {}
            // A subscription lives on for some seconds after its connection broke; that passes by itself.
            Remedy::Retry if problem.kind == ProblemKind::InUse && failures <= QUIET_TAKE_OVERS => {}
            _ if !was_told => {
                let wait = crate::model::format::duration(due - now);
                let text = format!("{} Next try in {wait}.", problem.sentence);
                if let Some(reader) = self.readers.get_mut(at) {
                    reader.is_failure_told = true;
                }
                self.notice(Some(shard), NoticeKind::Failed, text, now);
            }
            _ => {}
        }
        self.schedule(at);
    }

    fn on_listing_failed(&mut self, problem: Problem, now: Timestamp) {
        let is_first = self.readers.is_empty() && !self.listing.has_answered();
        let attempts = self.listing.fail(now);
        let can_wait = match Remedy::of(problem.kind) {
            Remedy::SlowDown => true,
            Remedy::Retry if is_first => problem.kind == ProblemKind::Internal && attempts < 3,
            Remedy::Retry => self.options.give_up_after.is_none_or(|most| attempts < most),
            _ => false,
        };
        if !can_wait {
            return self.give_up(problem);
        }
        if attempts == 1 {
            let text = format!("{} The shards are listed again in a moment.", problem.sentence);
            self.notice(None, NoticeKind::Failed, text, now);
        }
    }
}
