//! Delivery against something that refuses by plan.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::model::ids::{PartitionKey, SequenceNumber, ShardId};
use crate::model::time::Timestamp;
use crate::model::writes::PutOutcome;

/// Refuses each record so many times; keeps what it took, in order. A clone is the same one.
#[derive(Clone, Default)]
struct Picky {
    refusals: u8,
    code: &'static str,
    /// Takes this many calls, then fails whole calls.
    breaks_after: Option<usize>,
    seen: Arc<Mutex<Seen>>,
}

/// Attempts by record, what was taken in order, and calls.
#[derive(Default)]
struct Seen(HashMap<Vec<u8>, u8>, Vec<Vec<u8>>, usize);

impl deliver::Put for Picky {
    async fn put(&self, entries: &[PutEntry]) -> Result<Vec<PutOutcome>, Problem> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let mut seen = self.seen.lock().expect("lock");
        seen.2 += 1;
        if self.breaks_after.is_some_and(|after| seen.2 > after) {
            return Err(Problem::new(ProblemKind::AccessDenied, "no"));
        }
        let mut outcomes = Vec::new();
        for entry in entries {
            let tries = seen.0.entry(entry.data.clone()).or_default();
            *tries += 1;
            // Every third record is taken at once.
            let is_refused = *tries <= self.refusals && entry.data.last().is_some_and(|byte| byte % 3 != 0);
            outcomes.push(if is_refused {
                PutOutcome::Refused { code: self.code.to_owned(), message: "slow down".to_owned() }
            } else {
                seen.1.push(entry.data.clone());
                PutOutcome::Accepted { shard_id: ShardId::from("s"), sequence_number: SequenceNumber::from("1") }
            });
        }
        Ok(outcomes)
    }
}

#[derive(Default)]
struct Book(Vec<Ended>);

impl Follow for Book {
    fn waits(&mut self, _: u64, _: &PutEntry, _: Millis) {}
    fn ended(&mut self, ended: Ended) {
        self.0.push(ended);
    }
}

async fn send(put: &Picky, count: u64, options: Options, stop: &Control) -> (End, Vec<Ended>) {
    let (sender, source) = mpsc::channel(1);
    let items = async move {
        for chunk in 0..count.div_ceil(100) {
            let item = |number: u64| {
                let key = PartitionKey::from((number % 7).to_string());
                let data = number.to_string().into_bytes();
                Item { number, entry: PutEntry { partition_key: key, explicit_hash_key: None, data } }
            };
            let items = (chunk * 100..count.min(chunk * 100 + 100)).map(item).collect();
            if sender.send(items).await.is_err() {
                return;
            }
        }
    };
    let clock = Clock::new(|| Timestamp(0));
    let mut book = Book::default();
    let (end, ()) = tokio::join!(deliver(put, source, options, stop, &clock, &mut book), items);
    (end, book.0)
}

const SOON: Retry = Retry { attempts: 12, first: Duration::from_millis(2), longest: Duration::from_millis(20) };
const MANY: Options = Options { retry: SOON, calls: 4, keeps_order: false, pace: Pace::Full };

#[tokio::test]
async fn refused_records_are_sent_again_and_each_is_taken_once() {
    let put = Picky { refusals: 3, code: "ProvisionedThroughputExceededException", ..Picky::default() };
    let (end, ended) = send(&put, 2_345, MANY, &Control::default()).await;
    assert_eq!((end, ended.len()), (End::Done, 2_345));
    assert!(ended.iter().all(|one| one.outcome.as_ref().is_ok_and(PutOutcome::is_accepted)));
    assert!(ended.iter().all(|one| one.waits.len() == if one.entry.data.last().unwrap() % 3 == 0 { 0 } else { 3 }));
    let mut taken = put.seen.lock().expect("lock").1.clone();
    taken.sort();
    taken.dedup();
    assert_eq!(taken.len(), 2_345);
}

#[tokio::test]
async fn in_order_every_key_keeps_its_order_although_some_are_refused() {
    let put = Picky { refusals: 2, code: "InternalFailure", ..Picky::default() };
    let options = Options { keeps_order: true, ..MANY };
    let (end, ended) = send(&put, 300, options, &Control::default()).await;
    assert_eq!((end, ended.len()), (End::Done, 300));
    let taken = put.seen.lock().expect("lock").1.clone();
    let numbers: Vec<u64> = taken.iter().map(|data| String::from_utf8_lossy(data).parse().unwrap()).collect();
    for key in 0..7 {
        assert!(numbers.iter().filter(|number| *number % 7 == key).is_sorted());
    }
}

#[tokio::test]
async fn what_is_refused_for_good_fails_with_its_reason_and_is_not_tried_again() {
    let put = Picky { refusals: 200, code: "KMSDisabledException", ..Picky::default() };
    let (end, ended) = send(&put, 100, MANY, &Control::default()).await;
    assert_eq!((end, ended.len(), put.seen.lock().expect("lock").2), (End::Done, 100, 1));
    let put = Picky { refusals: 200, code: "InternalFailure", ..Picky::default() };
    let (_, ended) = send(&put, 100, MANY, &Control::default()).await;
    let failed: Vec<_> = ended.iter().filter(|one| one.outcome.as_ref().is_ok_and(|o| !o.is_accepted())).collect();
    assert!(!failed.is_empty() && failed.iter().all(|one| one.waits.len() + 1 == SOON.attempts));
}

#[tokio::test]
async fn a_call_that_fails_as_a_whole_ends_the_delivery() {
    let put = Picky { breaks_after: Some(3), ..Picky::default() };
    let (end, ended) = send(&put, 5_000, Options { calls: 1, ..MANY }, &Control::default()).await;
    assert!(matches!(end, End::Failed(problem) if problem.kind == ProblemKind::AccessDenied));
    assert!(ended.len() < 5_000 && ended.iter().any(|one| one.outcome.is_err()));
    assert_eq!(put.seen.lock().expect("lock").2, 4);
}

#[tokio::test]
async fn held_no_call_is_begun_and_it_goes_on_where_it_was() {
    let put = Picky::default();
    let control = Control::default();
    let holding = async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        control.pause(true);
        tokio::time::sleep(Duration::from_millis(30)).await;
        let calls = put.seen.lock().expect("lock").2;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(put.seen.lock().expect("lock").2, calls, "nothing is sent while it is held");
        control.pause(false);
    };
    let options = Options { pace: Pace::Records(5_000), ..MANY };
    let ((end, ended), ()) = tokio::join!(send(&put, 2_000, options, &control), holding);
    assert_eq!((end, ended.len()), (End::Done, 2_000));
}

#[tokio::test]
async fn stopping_begins_no_call_and_tells_the_end_of_all_that_was_sent() {
    let put = Picky { refusals: 90, code: "InternalFailure", ..Picky::default() };
    let stop = Control::default();
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(2_000)).await;
        stop.stop();
        put.seen.lock().expect("lock").2
    };
    let ((end, ended), calls) = tokio::join!(
        send(&put, 100_000, Options { pace: Pace::Records(500), retry: Retry::MANY, ..MANY }, &stop),
        stopping
    );
    assert_eq!(end, End::Stopped);
    let seen = put.seen.lock().expect("lock");
    assert!(seen.2 <= calls + MANY.calls);
    assert_eq!(ended.len(), seen.0.len(), "each record that was sent has an end");
    let attempts: usize = seen.0.values().map(|tries| usize::from(*tries)).sum();
    assert!((800..1_400).contains(&attempts), "the pace was kept: {attempts}");
}
