//! How a run goes: counts of everything, rows only of what a person may want to look at.

use std::sync::Arc;

use super::{BatchFormat, Share};
use crate::model::ids::StreamName;
use crate::model::time::{Millis, Timestamp};
use crate::model::writes::InjectRow;

/// Records that failed are kept whole, to be sent again or saved: with more than these, a run gives up.
pub const MOST_FAILED: usize = 10_000;
/// Bytes of records that failed, with which a run gives up.
pub const MOST_FAILED_BYTES: u64 = 128 * 1_048_576;
/// Records that were taken at a later attempt are listed up to so many.
pub const LISTED_RETRIED: usize = 500;

/// One record that had trouble.
#[derive(Clone, Debug)]
pub struct BatchRow {
    /// Its line in the file, or its element of a JSON array.
    pub number: u64,
    /// What became of it.
    pub row: InjectRow,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchEnd {
    /// Every record has its end.
    Done,
    /// A person stopped it.
    Stopped,
    /// It gave up; the sentence says why.
    Failed(String),
}

/// A run, as far as it has come.
#[derive(Clone, Debug)]
pub struct BatchRun {
    /// The stream.
    pub stream: StreamName,
    /// The file, or that it sends once more what failed.
    pub title: String,
    /// How the file was cut.
    pub format: BatchFormat,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Records that it was to send.
    pub of: u64,
    /// What the stream has.
    pub sent: Share,
    /// Of these, how many at a later attempt.
    pub after_retry: u64,
    /// How often a record was refused and sent again.
    pub retries: u64,
    /// What the stream refused for good.
    pub failed: u64,
    /// What was sent without an answer: it may be in the stream.
    pub unknown: u64,
    /// Lines that cannot be sent and were left out.
    pub skipped: u64,
    /// Records that were left out, since their shard would have been filled.
    pub spared: u64,
    /// Those that failed or are unknown.
    pub failed_rows: Vec<Arc<BatchRow>>,
    /// Those that were taken at a later attempt, the first of them.
    pub retried_rows: Vec<Arc<BatchRow>>,
    /// It begins no call for now.
    pub is_paused: bool,
    /// The end.
    pub end: Option<BatchEnd>,
}

impl BatchRun {
    /// Nothing was sent yet.
    pub fn new(stream: StreamName, title: String, format: BatchFormat, of: u64, started: Timestamp) -> Self {
        Self {
            stream,
            title,
            format,
            started,
            ended: None,
            of,
            sent: Share::default(),
            after_retry: 0,
            retries: 0,
            failed: 0,
            unknown: 0,
            skipped: 0,
            spared: 0,
            failed_rows: Vec::new(),
            retried_rows: Vec::new(),
            is_paused: false,
            end: None,
        }
    }

    /// Records that have an end.
    pub fn settled(&self) -> u64 {
        self.sent.records + self.failed + self.unknown
    }

    /// Records that were not sent at all, or not yet.
    pub fn unsent(&self) -> u64 {
        self.of.saturating_sub(self.settled())
    }

    /// How long it has run.
    pub fn took(&self, now: Timestamp) -> Millis {
        self.ended.unwrap_or(now) - self.started
    }

    /// Bytes a second over the whole run.
    pub fn bytes_per_sec(&self, now: Timestamp) -> f64 {
        self.sent.bytes as f64 * 1_000.0 / self.took(now).0.max(1) as f64
    }

    /// Records a second over the whole run.
    pub fn records_per_sec(&self, now: Timestamp) -> f64 {
        self.sent.records as f64 * 1_000.0 / self.took(now).0.max(1) as f64
    }

    /// How much longer it takes, if it goes on like this.
    pub fn left(&self, now: Timestamp) -> Option<Millis> {
        let settled = self.settled();
        (settled > 0 && self.end.is_none())
            .then(|| Millis((self.took(now).0 as f64 * self.unsent() as f64 / settled as f64) as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_unsent_and_times_follow_the_pace() {
        let mut run = BatchRun::new("s".into(), "a.csv".to_owned(), BatchFormat::Csv, 100, Timestamp(0));
        run.sent = Share { records: 40, bytes: 4_000 };
        (run.failed, run.unknown) = (8, 2);
        assert_eq!((run.settled(), run.unsent()), (50, 50));
        assert_eq!(run.left(Timestamp(5_000)), Some(Millis(5_000)));
        assert!((run.bytes_per_sec(Timestamp(2_000)) - 2_000.0).abs() < 1e-9);
        run.end = Some(BatchEnd::Stopped);
        assert_eq!(run.left(Timestamp(5_000)), None);
    }
}
