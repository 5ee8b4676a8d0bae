//! A small stream in memory that answers the machine's requests, with the habits of several servers.

use std::collections::BTreeMap;

use crate::model::answer::{Problem, ProblemKind};
use crate::model::consumer::ShardEvent;
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::ids::{PartitionKey, SequenceNumber, ShardId};
use crate::model::position::StartingPosition;
use crate::model::record::RawRecord;
use crate::model::shard_map::Shard;
use crate::model::time::{Millis, Timestamp};
use crate::tasks::tail::machine::{Event, Machine, Output, Request};
use crate::tasks::tail::reader::Page;

/// How a server differs from AWS.
#[derive(Clone, Copy, Debug, Default)]
pub struct Habits {
    /// Names the children at the end of a shard.
    pub tells_children: bool,
    /// Says 0 milliseconds behind, always.
    pub lag_is_always_zero: bool,
    /// Never ends a closed shard.
    pub never_ends: bool,
    /// Answers empty pages now and then although records lie ahead.
    pub empty_pages: bool,
}

#[derive(Clone, Debug)]
struct FakeShard {
    shard: Shard,
    records: Vec<(u64, Timestamp)>,
    closed_at: Option<u64>,
}

#[derive(Debug)]
pub struct Fake {
    pub habits: Habits,
    shards: Vec<FakeShard>,
    next_sequence: u64,
    iterators: BTreeMap<String, (usize, u64, Timestamp)>,
    next_iterator: u64,
    page_size: usize,
    pub lists: u32,
    /// The newest subscription to each shard.
    pub subscriptions: BTreeMap<ShardId, Subscribed>,
    /// When each shard was last subscribed to, as the server counts.
    last_subscribed: BTreeMap<ShardId, Timestamp>,
}

/// A subscription that is pushed to.
#[derive(Clone, Debug)]
pub struct Subscribed {
    pub number: u64,
    next: u64,
    began: Timestamp,
    /// Nothing comes any more although the end was not told.
    is_over: bool,
}

fn sequence(number: u64) -> SequenceNumber {
    SequenceNumber::from(number.to_string())
}

impl Fake {
    pub fn new(open: u32, habits: Habits) -> Self {
        let mut fake = Self {
            habits,
            shards: Vec::new(),
            next_sequence: 1,
            iterators: BTreeMap::new(),
            next_iterator: 0,
            page_size: 3,
            lists: 0,
            subscriptions: BTreeMap::new(),
            last_subscribed: BTreeMap::new(),
        };
        for range in HashKeyRange::uniform(open) {
            fake.add(range, &[]);
        }
        fake
    }

    fn add(&mut self, range: HashKeyRange, parents: &[usize]) -> usize {
        let at = self.shards.len();
        let parent = |place: usize| parents.get(place).map(|at| self.shards[*at].shard.id.clone());
        let shard = Shard {
            id: ShardId::from(format!("shardId-{at:012}")),
            range,
            parent: parent(0),
            adjacent_parent: parent(1),
            starting_sequence_number: sequence(self.next_sequence),
            ending_sequence_number: None,
        };
        self.next_sequence += 1;
        self.shards.push(FakeShard { shard, records: Vec::new(), closed_at: None });
        at
    }

    pub fn id(&self, at: usize) -> ShardId {
        self.shards[at].shard.id.clone()
    }

    pub fn open(&self) -> Vec<usize> {
        (0..self.shards.len()).filter(|at| self.shards[*at].closed_at.is_none()).collect()
    }

    pub fn put(&mut self, hash: HashKey, now: Timestamp) {
        let at = self.open().into_iter().find(|at| self.shards[*at].shard.range.contains(hash)).expect("owned");
        self.shards[at].records.push((self.next_sequence, now));
        self.next_sequence += 1;
    }

    fn close(&mut self, at: usize) {
        self.shards[at].closed_at = Some(self.next_sequence);
        self.shards[at].shard.ending_sequence_number = Some(sequence(self.next_sequence));
        self.next_sequence += 1;
    }

    pub fn split(&mut self, at: usize) {
        let range = self.shards[at].shard.range;
        let Some((left, right)) = range.even_split().and_then(|start| range.split_at(start)) else { return };
        self.close(at);
        self.add(left, &[at]);
        self.add(right, &[at]);
    }

    /// Merges the open shard with the one behind it in hash order, where there is one.
    pub fn merge(&mut self, at: usize) {
        let range = self.shards[at].shard.range;
        let next = self.open().into_iter().find(|other| range.is_followed_by(self.shards[*other].shard.range));
        let Some(next) = next else { return };
        let merged = HashKeyRange { start: range.start, end: self.shards[next].shard.range.end };
        self.close(at);
        self.close(next);
        self.add(merged, &[at, next]);
    }

    /// Everything that was put, by shard, in order.
    pub fn contents(&self) -> BTreeMap<ShardId, Vec<u64>> {
        self.shards
            .iter()
            .map(|fake| (fake.shard.id.clone(), fake.records.iter().map(|(number, _)| *number).collect()))
            .collect()
    }

    /// Whether this hash key lands, or landed, in the shard.
    pub fn owns(&self, id: &ShardId, hash: HashKey) -> bool {
        self.shards.iter().any(|fake| fake.shard.id == *id && fake.shard.range.contains(hash))
    }

    pub fn parents(&self, id: &ShardId) -> Vec<ShardId> {
        let shard = self.shards.iter().find(|fake| fake.shard.id == *id).map(|fake| &fake.shard);
        shard.into_iter().flat_map(|shard| shard.parents().cloned()).collect()
    }

    pub fn listing(&mut self) -> Vec<Shard> {
        self.lists += 1;
        self.shards.iter().map(|fake| fake.shard.clone()).collect()
    }

    fn at(&self, id: &ShardId) -> usize {
        self.shards.iter().position(|fake| fake.shard.id == *id).expect("a shard of this stream")
    }

    fn issue(&mut self, at: usize, from: u64, now: Timestamp) -> String {
        self.next_iterator += 1;
        let name = format!("iterator-{}", self.next_iterator);
        self.iterators.insert(name.clone(), (at, from, now));
        name
    }

    /// An iterator stands for the first sequence number that it may answer.
    fn iterator(&mut self, id: &ShardId, position: &StartingPosition, now: Timestamp) -> String {
        let (at, from) = self.first(id, position);
        self.issue(at, from, now)
    }

    /// The first sequence number that may be answered from this position on.
    fn first(&self, id: &ShardId, position: &StartingPosition) -> (usize, u64) {
        let at = self.at(id);
        let from = match position {
            StartingPosition::TrimHorizon => 0,
            StartingPosition::Latest => self.next_sequence,
            StartingPosition::AtSequence(number) => number.as_str().parse().expect("a number of this stream"),
            StartingPosition::AfterSequence(number) => {
                number.as_str().parse::<u64>().expect("a number of this stream") + 1
            }
            StartingPosition::AtTimestamp(time) => {
                let first = self.shards[at].records.iter().find(|(_, arrival)| arrival >= time);
                first.map_or(self.next_sequence, |(number, _)| *number)
            }
        };
        (at, from)
    }

    fn subscribe(
        &mut self,
        id: &ShardId,
        position: &StartingPosition,
        number: u64,
        now: Timestamp,
    ) -> Result<(), Problem> {
        if self.last_subscribed.get(id).is_some_and(|last| now - *last < Millis::from_secs(5)) {
            return Err(Problem::new(ProblemKind::InUse, "Another subscription is active."));
        }
        let next = self.first(id, position).1;
        self.last_subscribed.insert(id.clone(), now);
        self.subscriptions.insert(id.clone(), Subscribed { number, next, began: now, is_over: false });
        Ok(())
    }

    /// What a subscription brings next; `None` where there is none, or nothing new to say.
    pub fn push(&mut self, id: &ShardId, now: Timestamp, fate: u8) -> Option<Event> {
        let subscribed = self.subscriptions.get(id).filter(|subscribed| !subscribed.is_over)?.clone();
        let number = subscribed.number;
        let is_too_old = now - subscribed.began >= Millis::from_secs(300);
        let breaks = match fate {
            0..4 => Some(ProblemKind::Unreachable),
            4..6 => Some(ProblemKind::InUse),
            6..8 => Some(ProblemKind::Internal),
            _ => None,
        };
        if is_too_old || breaks.is_some() || fate == 8 {
            self.end(id);
            let outcome = breaks.map_or(Ok(()), |kind| Err(Problem::new(kind, "It broke.")));
            return Some(Event::Unsubscribed(id.clone(), number, outcome));
        }
        let iterator = self.issue(self.at(id), subscribed.next, now);
        let is_empty = fate.is_multiple_of(5);
        let page = self.page(&iterator, now, is_empty).ok()?;
        let next = page.next_iterator.as_ref().map(|iterator| self.iterators[iterator].1);
        if let Some(entry) = self.subscriptions.get_mut(id) {
            entry.next = next.unwrap_or(entry.next);
            entry.is_over = next.is_none();
        }
        let event = ShardEvent {
            continuation: next.map(|next| sequence(next.saturating_sub(1))),
            millis_behind_latest: page.millis_behind_latest.unwrap_or(0),
            children: page.children,
            records: page.records,
        };
        Some(Event::Pushed(id.clone(), number, event))
    }

    fn end(&mut self, id: &ShardId) {
        if let Some(entry) = self.subscriptions.get_mut(id) {
            entry.is_over = true;
        }
    }

    fn page(&mut self, iterator: &str, now: Timestamp, is_empty: bool) -> Result<Page, Problem> {
        let (at, from, issued) = self.iterators[iterator];
        if now - issued > Millis::from_secs(300) {
            return Err(Problem::new(ProblemKind::Expired, "The iterator is too old."));
        }
        let ahead: Vec<(u64, Timestamp)> =
            self.shards[at].records.iter().filter(|(number, _)| *number >= from).copied().collect();
        let take = if is_empty && self.habits.empty_pages { 0 } else { self.page_size };
        let taken: Vec<(u64, Timestamp)> = ahead.iter().take(take).copied().collect();
        let is_drained = taken.len() == ahead.len();
        let next = taken.last().map_or(from, |(number, _)| number + 1);
        let ends = is_drained && self.shards[at].closed_at.is_some() && !self.habits.never_ends;
        let children = self.shards.iter().filter(|fake| fake.shard.parents().any(|id| *id == self.shards[at].shard.id));
        let children = children
            .map(|fake| Shard { starting_sequence_number: SequenceNumber::from(""), ..fake.shard.clone() })
            .filter(|_| ends && self.habits.tells_children)
            .collect();
        let records = taken.iter().map(|(number, arrival)| RawRecord {
            sequence_number: sequence(*number),
            partition_key: PartitionKey::from("k"),
            approximate_arrival: Some(*arrival),
            data: vec![1],
        });
        let lag = if is_drained || self.habits.lag_is_always_zero { 0 } else { 1_000 };
        let records = records.collect();
        let next_iterator = (!ends).then(|| self.issue(at, next, now));
        Ok(Page { records, next_iterator, millis_behind_latest: Some(lag), children })
    }

    /// The answer to a request, at this moment.
    pub fn answer(&mut self, request: &Request, now: Timestamp, is_empty: bool) -> Event {
        match request {
            Request::ListShards => Event::Shards(Ok(self.listing())),
            Request::Iterator { shard, position } => {
                Event::Iterator(shard.clone(), Ok(self.iterator(shard, position, now)))
            }
            Request::Read { shard, iterator, .. } => Event::Page(shard.clone(), self.page(iterator, now, is_empty)),
            Request::Subscribe { shard, position, number } => {
                Event::Subscribed(shard.clone(), *number, self.subscribe(shard, position, *number, now))
            }
        }
    }
}

/// The answer to a request that failed.
pub fn failure(request: &Request, kind: ProblemKind) -> Event {
    let problem = Problem::new(kind, "It failed.");
    match request {
        Request::ListShards => Event::Shards(Err(problem)),
        Request::Iterator { shard, .. } => Event::Iterator(shard.clone(), Err(problem)),
        Request::Read { shard, .. } => Event::Page(shard.clone(), Err(problem)),
        Request::Subscribe { shard, number, .. } => Event::Subscribed(shard.clone(), *number, Err(problem)),
    }
}

/// Everything the machine has handed on.
#[derive(Debug, Default)]
pub struct Seen {
    pub records: Vec<(ShardId, u64)>,
    pub notices: Vec<crate::model::tail::TailNotice>,
}

impl Seen {
    pub fn take(&mut self, machine: &mut Machine) {
        while let Some(output) = machine.next_output() {
            match output {
                Output::Records(shard, records) => self.records.extend(
                    records.iter().map(|r| (shard.clone(), r.sequence_number.as_str().parse().expect("a number"))),
                ),
                Output::Notice(notice) => self.notices.push(notice),
            }
        }
    }

    pub fn by_shard(&self) -> BTreeMap<ShardId, Vec<u64>> {
        let mut shards: BTreeMap<ShardId, Vec<u64>> = BTreeMap::new();
        for (shard, number) in &self.records {
            shards.entry(shard.clone()).or_default().push(*number);
        }
        shards
    }
}

/// Pushes what every subscription has, until it has told its tip often enough for a shard that never ends.
fn push_all(machine: &mut Machine, fake: &mut Fake, now: Timestamp) {
    let shards: Vec<ShardId> = fake.subscriptions.keys().cloned().collect();
    for shard in shards {
        let mut idle = 0;
        while idle < 4
            && let Some(event) = fake.push(&shard, now, u8::MAX - 1)
        {
            let is_idle = matches!(&event, Event::Pushed(_, _, event) if event.records.is_empty());
            idle = if is_idle { idle + 1 } else { 0 };
            machine.on(event, now);
        }
    }
}

/// Answers every request as soon as it is made until the machine is done or `until` is reached; the time then.
pub fn run(machine: &mut Machine, fake: &mut Fake, seen: &mut Seen, from: Timestamp, until: Timestamp) -> Timestamp {
    let mut now = from;
    loop {
        while let Some(request) = machine.next_request(now) {
            let event = fake.answer(&request, now, false);
            machine.on(event, now);
        }
        push_all(machine, fake, now);
        seen.take(machine);
        match machine.next_due() {
            Some(due) if due <= until && !machine.is_done() => now = now.max(due),
            _ => return if machine.is_done() { now } else { until },
        }
    }
}
