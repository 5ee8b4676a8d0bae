//! Delivers a stream of records: several calls at a time, only what was refused sent again, every record to its end.
//! Holds a bounded part of the source, however long that is.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::queue::{Flight, Queue, Track};
use super::retry::{Pacer, Retry, is_passing, is_turned_away};
use crate::aws::connect::Connection;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::batch::Pace;
use crate::model::ids::StreamName;
use crate::model::time::Millis;
use crate::model::writes::{PutEntry, PutOutcome};
use crate::tasks::clock::Clock;

/// What takes records; in tests, not always a server. A clone takes them to the same place.
pub trait Put: Clone + Send + Sync + 'static {
    /// One `PutRecords`; the outcomes stand in the order of the entries.
    ///
    /// # Errors
    /// The call failed as a whole.
    fn put(&self, entries: &[PutEntry]) -> impl Future<Output = Result<Vec<PutOutcome>, Problem>> + Send;
}

/// A stream behind a connection.
#[derive(Clone, Debug)]
pub struct Target {
    /// How to reach it.
    pub connection: Connection,
    /// Its name.
    pub stream: StreamName,
}

impl Put for Target {
    async fn put(&self, entries: &[PutEntry]) -> Result<Vec<PutOutcome>, Problem> {
        self.connection.put_records(&self.stream, entries).await
    }
}

/// Stops a delivery, or holds it. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Control {
    stop: CancellationToken,
    paused: Arc<watch::Sender<bool>>,
}

impl Default for Control {
    fn default() -> Self {
        Self { stop: CancellationToken::new(), paused: Arc::new(watch::Sender::new(false)) }
    }
}

impl Control {
    /// Begins no call any more; those on their way are waited for.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Whether it was stopped.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Ends when it is stopped.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Tells whether it is held, as often as that changes.
    pub(super) fn pauses(&self) -> watch::Receiver<bool> {
        self.paused.subscribe()
    }

    /// Begins no call for now, or goes on.
    pub fn pause(&self, is_paused: bool) {
        self.paused.send_replace(is_paused);
    }
}

/// One record of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its number in the source; each one only once.
    pub number: u64,
    /// What is sent.
    pub entry: PutEntry,
}

/// How to deliver.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What becomes of refused records.
    pub retry: Retry,
    /// Most calls at a time.
    pub calls: usize,
    /// Records of one key one after the other: one in flight per key. Costs a call a round of keys.
    pub keeps_order: bool,
    /// How fast.
    pub pace: Pace,
}

/// A record that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its number in the source.
    pub number: u64,
    /// What was sent.
    pub entry: PutEntry,
    /// The wait behind each failed attempt but the last.
    pub waits: Vec<Millis>,
    /// What became of it.
    pub outcome: Result<PutOutcome, Problem>,
    /// From the first attempt to the end.
    pub took: Millis,
}

/// Who is told how it goes.
pub trait Follow {
    /// These records leave with one call. Told before it is made.
    fn leaves(&mut self, _numbers: &mut dyn Iterator<Item = u64>) {}
    /// A record was refused and is sent again after this wait.
    fn waits(&mut self, number: u64, entry: &PutEntry, wait: Millis);
    /// A record has ended; told once for each that was sent.
    fn ended(&mut self, ended: Ended);
    /// A call was answered after this time, and all its records were told.
    fn answered(&mut self, _took: Duration) {}
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Everything was sent, or refused for good.
    Done,
    /// It was stopped: what was not sent stays unsent.
    Stopped,
    /// A call failed as a whole, as the rest would have: what was not sent stays unsent.
    Failed(Problem),
}

/// Delivers all records of `source`. Once it is stopped, no call is begun any more; those on their way are waited for, so that
/// nothing is sent of which the end is not told.
///
/// Cost: one `PutRecords` a 500 records or 10 MiB, and further ones for what was refused.
pub async fn deliver(
    put: &impl Put,
    mut source: Receiver<Vec<Item>>,
    options: Options,
    control: &Control,
    clock: &Clock,
    follow: &mut impl Follow,
) -> End {
    let mut queue = Queue::new(options.keeps_order);
    let mut pacer = Pacer::new(options.pace, Instant::now());
    let mut calls = FuturesUnordered::new();
    let mut has_more = true;
    let mut failure = None;
    let (stop, mut pauses) = (&control.stop, control.pauses());
    loop {
        let now = Instant::now();
        queue.wake_due(now);
        let is_over = stop.is_cancelled() || failure.is_some();
        let is_held = *pauses.borrow_and_update();
        while !is_over && !is_held && calls.len() < options.calls.max(1) && pacer.opens() <= now {
            let Some(mut flights) = queue.take(pacer.call_limits()) else { break };
            for flight in &mut flights {
                flight.track.began.get_or_insert(clock.now());
            }
            let bytes = flights.iter().map(|flight| flight.entry.size_bytes()).sum();
            pacer.spend(flights.len(), bytes, now);
            follow.leaves(&mut flights.iter().map(|flight| flight.track.number));
            calls.push(call(put.clone(), flights));
        }
        if calls.is_empty() && (is_over || (!has_more && queue.is_empty())) {
            break;
        }
        let paced = (queue.has_ready() && pacer.opens() > now).then(|| pacer.opens());
        let due = queue.next_due().into_iter().chain(paced).min().filter(|_| !is_held);
        tokio::select! {
            Some((flights, answer, took)) = calls.next(), if !calls.is_empty() => {
                failure = note(&mut queue, flights, answer, options.retry, clock, follow).or(failure);
                follow.answered(took);
            }
            items = source.recv(), if has_more && !is_over && !queue.is_full() => {
                has_more = items.is_some();
                for item in items.into_iter().flatten() {
                    queue.accept(Flight::new(item.number, item.entry));
                }
            }
            () = sleep_until(due.unwrap_or(now)), if due.is_some() && !is_over => {}
            () = stop.cancelled(), if !is_over => {}
            // The sender lives as long as the control.
            _ = pauses.changed(), if !is_over => {}
        }
    }
    let is_stopped = stop.is_cancelled() && (has_more || !queue.is_empty());
    end_refused(queue, clock, follow);
    match failure {
        Some(problem) => End::Failed(problem),
        None if is_stopped => End::Stopped,
        None => End::Done,
    }
}

/// What was refused and will not be tried again has ended.
fn end_refused(queue: Queue, clock: &Clock, follow: &mut impl Follow) {
    for Flight { entry, mut track } in queue.refused() {
        if let Some(refusal) = track.refusal.take() {
            end(entry, track, Ok(refusal), clock, follow);
        }
    }
}

/// Makes a call in a task of its own: what one call takes to be written, signed and read is not waited for by the others.
async fn call(put: impl Put, flights: Vec<Flight>) -> (Vec<Flight>, Result<Vec<PutOutcome>, Problem>, Duration) {
    let (entries, tracks): (Vec<PutEntry>, Vec<Track>) =
        flights.into_iter().map(|flight| (flight.entry, flight.track)).unzip();
    let began = Instant::now();
    let entries = Arc::new(entries);
    let sent = entries.clone();
    let answer = AbortOnDropHandle::new(tokio::spawn(async move { put.put(&sent).await })).await;
    let took = began.elapsed();
    let answer = answer.unwrap_or_else(|_| {
        let sentence = "PutRecords ended without an answer: what became of its records is not known.";
        Err(Problem::new(ProblemKind::Internal, sentence))
    });
    let entries = Arc::try_unwrap(entries).unwrap_or_else(|shared| shared.to_vec());
    let flights = entries.into_iter().zip(tracks).map(|(entry, track)| Flight { entry, track });
    (flights.collect(), answer, took)
}

/// Brings the records of a call to their end, or to their next try; gives why the rest need not be tried.
fn note(
    queue: &mut Queue,
    flights: Vec<Flight>,
    answer: Result<Vec<PutOutcome>, Problem>,
    retry: Retry,
    clock: &Clock,
    follow: &mut impl Follow,
) -> Option<Problem> {
    let (mut outcomes, whole) = match answer {
        Ok(outcomes) => (outcomes.into_iter(), None),
        Err(problem) => (Vec::new().into_iter(), Some(problem)),
    };
    for Flight { entry, mut track } in flights {
        let outcome = match (outcomes.next(), &whole) {
            (Some(outcome), _) => Ok(outcome),
            (None, Some(problem)) if is_turned_away(problem) => Ok(PutOutcome::Refused {
                code: "ProvisionedThroughputExceededException".to_owned(),
                message: problem.sentence.clone(),
            }),
            (None, Some(problem)) => Err(problem.clone()),
            (None, None) => Err(unanswered()),
        };
        match outcome {
            Ok(refusal) if is_passing(&refusal) && track.waits.len() + 1 < retry.attempts => {
                let wait = retry.wait(track.waits.len() + 1);
                let millis = Millis(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
                track.waits.push(millis);
                track.refusal = Some(refusal);
                follow.waits(track.number, &entry, millis);
                queue.put_off(Flight { entry, track }, Instant::now() + wait);
            }
            outcome => {
                queue.release(&entry);
                end(entry, track, outcome, clock, follow);
            }
        }
    }
    whole.filter(|problem| !is_turned_away(problem))
}

fn end(entry: PutEntry, track: Track, outcome: Result<PutOutcome, Problem>, clock: &Clock, follow: &mut impl Follow) {
    let took = track.began.map_or(Millis(0), |began| clock.now() - began);
    follow.ended(Ended { number: track.number, entry, waits: track.waits, outcome, took });
}

fn unanswered() -> Problem {
    let sentence = "PutRecords answered for fewer records than were sent: what became of this one is not known.";
    Problem::new(ProblemKind::NotAws, sentence)
}
