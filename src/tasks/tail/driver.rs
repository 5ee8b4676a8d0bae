//! Makes the calls that the machine asks for, decodes what comes, and hands it on. Waits where nobody takes it: a slow
//! reader slows the tail down instead of filling the memory.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::machine::{Event, Machine, Output, Request};
use super::reader::Page;
use super::subscriptions::Subscriptions;
use crate::aws::connect::Connection;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::decode::{DecodeAs, DecodeLimits, decode_each};
use crate::model::ids::{PartitionKey, StreamName};
use crate::model::tail::{TailItem, TailOptions, TailStatus};
use crate::model::time::{Millis, Timestamp};
use crate::tasks::clock::Clock;
use crate::tasks::fan_out::LeaseState;
use crate::tasks::wake::Wake;

/// Batches that may wait for their reader.
const BATCHES: usize = 8;
/// A batch is handed on once it has so many items or weighs so much.
const BATCH_ITEMS: usize = 1_000;
const BATCH_BYTES: usize = 1_048_576;
/// The status changes no more often than this.
const STATUS_PAUSE: Duration = Duration::from_millis(250);

/// A running tail. It stops when this is dropped.
#[derive(Debug)]
pub struct TailHandle {
    /// What is read, in batches; closed when the tail has ended.
    pub items: mpsc::Receiver<TailBatch>,
    /// What the bytes of records are taken for from now on.
    pub decode_as: watch::Sender<DecodeAs>,
    /// Most `GetRecords` calls a second and shard from now on, 1 to 5.
    pub read_budget: watch::Sender<u32>,
    /// How far it is.
    pub status: watch::Receiver<TailStatus>,
    task: AbortHandle,
}

/// Some items that were read one after the other.
#[derive(Debug)]
pub struct TailBatch {
    /// The items.
    pub items: Vec<TailItem>,
    /// What their bytes were taken for.
    pub decode_as: DecodeAs,
}

impl Drop for TailHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts to read a stream in the background.
///
/// Cost: `ListShards` at the start and twice a minute; `GetShardIterator` once a shard; `GetRecords` by the read budget of
/// the options, at the tip once a second and shard. By enhanced fan-out, `SubscribeToShard` every five minutes and shard
/// instead of both.
pub fn start_tail(
    handle: &Handle,
    connection: Connection,
    stream: StreamName,
    options: TailOptions,
    wake: Wake,
) -> TailHandle {
    start_tail_as(handle, connection, stream, options, None, wake)
}

/// The same with the consumer of this program's own that the options may ask for.
pub fn start_tail_as(
    handle: &Handle,
    connection: Connection,
    stream: StreamName,
    options: TailOptions,
    lease: Option<watch::Receiver<LeaseState>>,
    wake: Wake,
) -> TailHandle {
    let (items_out, items) = mpsc::channel(BATCHES);
    let (status_out, status) = watch::channel(TailStatus::default());
    let (decode_as, wanted) = watch::channel(options.decode_as);
    let (read_budget, budget) = watch::channel(options.read_budget);
    let task = handle.spawn(async move {
        // Woken once more behind the last answer, when both channels are closed.
        let _at_end = WakeAtEnd(wake.clone());
        let subscriptions = match Subscriptions::of_route(&connection, &stream, &options.route, lease).await {
            Ok(subscriptions) => subscriptions,
            Err(problem) => {
                let problem = Some(problem);
                status_out.send_replace(TailStatus { is_done: true, problem, ..TailStatus::default() });
                return;
            }
        };
        let clock = SteadyClock::starting_at(Clock::system().now());
        let key = options.partition_key.clone();
        let machine = Machine::new(options, clock.now());
        let decode_as = *wanted.borrow();
        let batch = Batch { items: Vec::new(), decode_as, bytes: 0, out: items_out, wake };
        let calls = JoinSet::new();
        let status = status_out;
        let tailer =
            Tailer { connection, stream, clock, machine, key, calls, subscriptions, batch, wanted, budget, status };
        tailer.run().await;
    });
    TailHandle { items, decode_as, read_budget, status, task: task.abort_handle() }
}

struct WakeAtEnd(Wake);

impl Drop for WakeAtEnd {
    fn drop(&mut self) {
        self.0.wake();
    }
}

/// The wall clock as of the start, and from there a clock that nobody can set back.
struct SteadyClock {
    start: Timestamp,
    since: Instant,
}

impl SteadyClock {
    fn starting_at(start: Timestamp) -> Self {
        Self { start, since: Instant::now() }
    }

    fn now(&self) -> Timestamp {
        self.start + Millis(i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    fn until(&self, due: Timestamp) -> Instant {
        self.since + Duration::from_millis(u64::try_from((due - self.start).0).unwrap_or(0))
    }
}

/// The reader of the items is gone.
struct NobodyReads;

struct Batch {
    items: Vec<TailItem>,
    decode_as: DecodeAs,
    bytes: usize,
    out: mpsc::Sender<TailBatch>,
    wake: Wake,
}

impl Batch {
    fn push(&mut self, item: TailItem) {
        self.bytes += item.weight_bytes();
        self.items.push(item);
    }

    fn is_full(&self) -> bool {
        self.items.len() >= BATCH_ITEMS || self.bytes >= BATCH_BYTES
    }

    async fn flush(&mut self) -> Result<(), NobodyReads> {
        if self.items.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let batch = TailBatch { items: std::mem::take(&mut self.items), decode_as: self.decode_as };
        self.out.send(batch).await.map_err(|_| NobodyReads)?;
        self.wake.wake();
        Ok(())
    }
}

struct Tailer {
    connection: Connection,
    stream: StreamName,
    clock: SteadyClock,
    machine: Machine,
    calls: JoinSet<Event>,
    /// By enhanced fan-out.
    subscriptions: Option<Subscriptions>,
    batch: Batch,
    wanted: watch::Receiver<DecodeAs>,
    budget: watch::Receiver<u32>,
    /// The only partition key that is wanted.
    key: Option<PartitionKey>,
    status: watch::Sender<TailStatus>,
}

impl Tailer {
    async fn run(mut self) {
        let mut next_status = Instant::now();
        loop {
            let now = self.clock.now();
            self.machine.set_read_budget(*self.budget.borrow_and_update());
            while let Some(request) = self.machine.next_request(now) {
                match (request, &mut self.subscriptions) {
                    (Request::Subscribe { shard, position, number }, Some(subscriptions)) => {
                        subscriptions.begin(shard, position, number);
                    }
                    (request, _) => {
                        self.calls.spawn(call(self.connection.clone(), self.stream.clone(), request));
                    }
                }
            }
            if self.hand_on().await.is_err() {
                return;
            }
            let is_done = self.machine.is_done();
            if is_done || Instant::now() >= next_status {
                self.publish();
                next_status = Instant::now() + STATUS_PAUSE;
            }
            if is_done {
                return;
            }
            self.wait(next_status).await;
        }
    }

    /// Until an answer, a call that is due, or a status that is to be shown.
    async fn wait(&mut self, next_status: Instant) {
        let due = self.machine.next_due().map_or(next_status, |due| self.clock.until(due));
        let is_working = !self.calls.is_empty();
        // Without a call under way, nothing changes before the next one is due.
        let is_working = is_working || self.subscriptions.is_some();
        let until = if is_working { due.min(next_status.max(Instant::now() + Duration::from_millis(10))) } else { due };
        let is_calling = !self.calls.is_empty();
        tokio::select! {
            event = next_event(&mut self.subscriptions) => self.on_subscription(event),
            answer = self.calls.join_next(), if is_calling => match answer {
                Some(Ok(event)) => self.machine.on(event, self.clock.now()),
                Some(Err(_)) => self.machine.give_up(Problem::new(
                    ProblemKind::Internal,
                    "A read of this program stopped without an answer. Start the tail again.",
                )),
                None => {}
            },
            () = tokio::time::sleep_until(until) => {}
        }
    }

    /// Takes what a subscription brought, and ends the one that brought its last.
    fn on_subscription(&mut self, event: Event) {
        let of = match &event {
            Event::Pushed(shard, number, _) | Event::Unsubscribed(shard, number, _) => Some((shard.clone(), *number)),
            _ => None,
        };
        self.machine.on(event, self.clock.now());
        if let (Some((shard, number)), Some(subscriptions)) = (of, &mut self.subscriptions)
            && !self.machine.wants(&shard, number)
        {
            subscriptions.end(&shard, number);
        }
    }

    async fn hand_on(&mut self) -> Result<(), NobodyReads> {
        // Every batch was handed on before: what follows begins a new one.
        self.batch.decode_as = *self.wanted.borrow_and_update();
        let limits = DecodeLimits { decode_as: self.batch.decode_as, ..DecodeLimits::default() };
        while let Some(output) = self.machine.next_output() {
            match output {
                Output::Notice(notice) => self.batch.push(TailItem::Notice(notice)),
                Output::Records(shard, records) => {
                    for raw in records {
                        let batch = &mut self.batch;
                        decode_each(raw, &shard, &limits, |record| {
                            if self.key.as_ref().is_none_or(|key| record.partition_key == *key) {
                                batch.push(TailItem::Record(record.into()));
                            }
                        });
                        if self.batch.is_full() {
                            self.batch.flush().await?;
                        }
                    }
                }
            }
        }
        self.batch.flush().await
    }

    fn publish(&mut self) {
        let status = self.machine.status(self.clock.now());
        let mut is_worth_a_frame = false;
        self.status.send_if_modified(|shown| {
            is_worth_a_frame = TailStatus { calls: shown.calls, ..status.clone() } != *shown;
            let is_new = status != *shown;
            *shown = status;
            is_new
        });
        if is_worth_a_frame {
            self.batch.wake.wake();
        }
    }
}

/// What a subscription brings next; never, where nothing is subscribed to.
async fn next_event(subscriptions: &mut Option<Subscriptions>) -> Event {
    match subscriptions {
        Some(subscriptions) => subscriptions.next_event().await,
        None => std::future::pending().await,
    }
}

async fn call(connection: Connection, stream: StreamName, request: Request) -> Event {
    match request {
        Request::ListShards => Event::Shards(connection.list_shards(&stream).await),
        Request::Iterator { shard, position } => {
            let outcome = connection.shard_iterator(&stream, &shard, &position).await;
            Event::Iterator(shard, outcome)
        }
        Request::Read { shard, iterator, limit } => {
            let resource = format!("{shard} of {stream}");
            let outcome = connection.get_records(&iterator, limit, &resource).await;
            Event::Page(
                shard,
                outcome.map(|page| Page {
                    records: page.records,
                    next_iterator: page.next_iterator,
                    millis_behind_latest: page.millis_behind_latest,
                    children: page.child_shards.into_iter().map(Into::into).collect(),
                }),
            )
        }
        // The machine asks for it only where the options say fan-out, and then there are subscriptions to take it.
        Request::Subscribe { shard, number, .. } => {
            let problem = Problem::new(ProblemKind::Internal, "This tail polls: it has no consumer to subscribe with.");
            Event::Subscribed(shard, number, Err(problem))
        }
    }
}
