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

/// Parts of a run that trouble is told in.
const PLACES: usize = 240;

/// What went wrong at a place of a run, the worse last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// A record was refused, and sent again.
    Retried,
    /// A record failed, or its end is unknown.
    Failed,
}

/// Where along a run something went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks([Option<Trouble>; PLACES]);

impl Default for Marks {
    fn default() -> Self {
        Self([None; PLACES])
    }
}

impl Marks {
    fn note(&mut self, share: f64, trouble: Trouble) {
        let place = (share.clamp(0.0, 1.0) * PLACES as f64) as usize;
        if let Some(mark) = self.0.get_mut(place.min(PLACES - 1)) {
            *mark = (*mark).max(Some(trouble));
        }
    }

    /// Each place with trouble: where it begins and ends, as shares of the run.
    pub fn iter(&self) -> impl Iterator<Item = (f64, f64, Trouble)> {
        let share = |place: usize| place as f64 / PLACES as f64;
        self.0.iter().enumerate().filter_map(move |(at, mark)| Some((share(at), share(at + 1), (*mark)?)))
    }
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
    /// Where along it something went wrong.
    pub marks: Marks,
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
            marks: Marks::default(),
            is_paused: false,
            end: None,
        }
    }

    /// Records that have an end.
    pub fn settled(&self) -> u64 {
        self.sent.records + self.failed + self.unknown
    }

    /// How much of it has an end, from 0 to 1.
    pub fn share(&self) -> f64 {
        (self.settled() as f64 / self.of.max(1) as f64).clamp(0.0, 1.0)
    }

    /// Remembers that something went wrong where the run is now.
    pub fn note(&mut self, trouble: Trouble) {
        self.marks.note(self.share(), trouble);
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
    fn trouble_stays_where_it_was_and_the_worse_counts() {
        let mut run = BatchRun::new("s".into(), "a.csv".to_owned(), BatchFormat::Csv, 100, Timestamp(0));
        run.note(Trouble::Retried);
        run.sent.records = 50;
        run.note(Trouble::Failed);
        run.note(Trouble::Retried);
        run.sent.records = 100;
        run.note(Trouble::Retried);
        let marks: Vec<_> = run.marks.iter().map(|(from, _, trouble)| (from, trouble)).collect();
        let last = 1.0 - 1.0 / PLACES as f64;
        assert_eq!(marks, [(0.0, Trouble::Retried), (0.5, Trouble::Failed), (last, Trouble::Retried)]);
    }

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
