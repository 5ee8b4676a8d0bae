//! Sends records: packs them by the limits of `PutRecords`, sends only what was refused again, and keeps for each record
//! what became of it.

use std::time::Duration;

use tokio::sync::watch;

use super::clock::Clock;
use crate::aws::connect::Connection;
use crate::model::answer::Problem;
use crate::model::ids::StreamName;
use crate::model::limits::{PUT_RECORDS_MAX_BYTES, PUT_RECORDS_MAX_ENTRIES};
use crate::model::time::Millis;
use crate::model::writes::{InjectRow, InjectRun, PutEntry, PutOutcome};

/// Attempts for one record, the first included.
const ATTEMPTS: usize = 6;
/// Wait before the second attempt; doubles each time, with jitter.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// Sends `entries` in order and publishes the run after each call. `PutRecords` keeps no order between entries of one call
/// that were refused; a single record is always in order with itself.
///
/// Cost: one `PutRecords` a 500 records or 10 MiB, and one more for what each one refused.
pub async fn run(
    connection: &Connection,
    stream: &StreamName,
    entries: &[PutEntry],
    clock: &Clock,
    progress: &watch::Sender<InjectRun>,
) {
    let mut start = 0;
    while start < entries.len() {
        let end = pack(entries, start);
        send_pack(connection, stream, entries, (start..end).collect(), clock, progress).await;
        start = end;
    }
    progress.send_modify(|run| run.is_done = true);
}

/// A run of which nothing was sent yet.
pub fn prepared(stream: StreamName, entries: &[PutEntry], clock: &Clock) -> InjectRun {
    let row = |entry: &PutEntry| InjectRow {
        partition_key: entry.partition_key.clone(),
        waits: Vec::new(),
        outcome: None,
        took: Millis(0),
    };
    InjectRun { stream, started: clock.now(), rows: entries.iter().map(row).collect(), is_done: false }
}

/// The end of the longest call that may start at `start`; always takes at least one entry.
fn pack(entries: &[PutEntry], start: usize) -> usize {
    let mut bytes = 0;
    let mut end = start;
    for entry in entries.iter().skip(start).take(PUT_RECORDS_MAX_ENTRIES) {
        bytes += entry.size_bytes();
        if bytes > PUT_RECORDS_MAX_BYTES && end > start {
            break;
        }
        end += 1;
    }
    end
}

async fn send_pack(
    connection: &Connection,
    stream: &StreamName,
    entries: &[PutEntry],
    mut open: Vec<usize>,
    clock: &Clock,
    progress: &watch::Sender<InjectRun>,
) {
    let began = clock.now();
    for attempt in 1..=ATTEMPTS {
        let batch: Vec<PutEntry> = open.iter().filter_map(|index| entries.get(*index)).cloned().collect();
        let answer = connection.put_records(stream, &batch).await;
        let took = clock.now() - began;
        let is_last = attempt == ATTEMPTS;
        open = note(progress, &open, answer, took, is_last);
        if open.is_empty() {
            return;
        }
        let wait = jittered(FIRST_WAIT * 2u32.saturating_pow(attempt as u32 - 1));
        progress.send_modify(|run| {
            for index in &open {
                if let Some(row) = run.rows.get_mut(*index) {
                    row.waits.push(Millis(wait.as_millis() as i64));
                }
            }
        });
        tokio::time::sleep(wait).await;
    }
}

/// Notes what became of each entry and returns those to send again.
fn note(
    progress: &watch::Sender<InjectRun>,
    sent: &[usize],
    answer: Result<Vec<PutOutcome>, Problem>,
    took: Millis,
    is_last: bool,
) -> Vec<usize> {
    let mut again = Vec::new();
    progress.send_modify(|run| {
        for (position, index) in sent.iter().enumerate() {
            let Some(row) = run.rows.get_mut(*index) else { continue };
            let outcome = match &answer {
                Ok(outcomes) => outcomes.get(position).cloned().map(Ok),
                Err(problem) => Some(Err(problem.clone())),
            };
            let is_refused = matches!(outcome, Some(Ok(PutOutcome::Refused { .. })));
            if is_refused && !is_last {
                again.push(*index);
            } else {
                row.outcome = outcome;
                row.took = took;
            }
        }
    });
    again
}

/// Half of the wait is fixed, half is random, so that several senders do not meet again.
fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::{PartitionKey, SequenceNumber, ShardId};

    fn entry(size: usize) -> PutEntry {
        PutEntry { partition_key: PartitionKey::from("k"), explicit_hash_key: None, data: vec![0; size] }
    }

    #[test]
    fn calls_are_packed_by_both_limits() {
        let small: Vec<_> = (0..1_200).map(|_| entry(10)).collect();
        assert_eq!(pack(&small, 0), 500);
        assert_eq!(pack(&small, 1_000), 1_200);
        let large: Vec<_> = (0..20).map(|_| entry(1_000_000)).collect();
        assert_eq!(pack(&large, 0), 10);
        assert_eq!(pack(&[entry(11 * 1_048_576)], 0), 1);
    }

    #[test]
    fn only_refused_entries_are_sent_again_and_each_ends_once() {
        let clock = Clock::new(|| crate::model::time::Timestamp(0));
        let entries = [entry(1), entry(2)];
        let (progress, run) = watch::channel(prepared(StreamName::from("s"), &entries, &clock));
        let accepted =
            PutOutcome::Accepted { shard_id: ShardId::from("a"), sequence_number: SequenceNumber::from("1") };
        let refused = || PutOutcome::Refused {
            code: "ProvisionedThroughputExceededException".to_owned(),
            message: "slow down".to_owned(),
        };
        let again = note(&progress, &[0, 1], Ok(vec![accepted, refused()]), Millis(5), false);
        assert_eq!(again, [1]);
        assert!(run.borrow().rows[0].outcome.is_some());
        assert!(run.borrow().rows[1].outcome.is_none());
        assert!(note(&progress, &again, Ok(vec![refused()]), Millis(9), true).is_empty());
        assert!(matches!(run.borrow().rows[1].outcome, Some(Ok(PutOutcome::Refused { .. }))));
    }
}
