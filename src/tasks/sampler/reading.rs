//! The sampling of one shard: which part of the window is read next, how much of it, and what the answers made known.
//! Pure: time and answers are handed in, calls are handed out.
//!
//! The window is read from its beginning. Where the first answer shows that all of it would be more than the shard's share
//! of the effort, pieces of [`PIECE_SECONDS`] are read instead, spread over the window and visited so that whatever has
//! been read at any moment lies spread over it too. A second counts as known only when all of it was read.
//!
//! Where the records of a shard begin in the middle of the window, it was silent before, or its server keeps less than the
//! window, unlike AWS: a second look tells, since such a server goes on to drop them. What it has dropped is unknown.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::aws::RecordsPage;
use crate::model::answer::Problem;
use crate::model::ids::SequenceNumber;
use crate::model::limits::GET_RECORDS_MAX_RECORDS;
use crate::model::position::StartingPosition;
use crate::model::record::RawRecord;
use crate::model::time::{Millis, Timestamp};
use crate::tasks::remedy::Remedy;

/// Length of a piece. Two whole seconds, so that one burst within them can be told from the second beside it.
const PIECE_SECONDS: i64 = 2;
/// Records of the first call, when nothing is known of the shard yet.
const FIRST_LIMIT: i32 = 250;
/// Fewest records of a later call: a call costs one of the shard's five a second, however little it brings.
const LEAST_LIMIT: f64 = 100.0;
/// How much more than its share a shard may read before it stops: an estimate by the first answer can be wrong.
const OVERSHOOT: u64 = 2;
/// Pause at the tip while the reading follows the stream (AWS advises one second, API: `GetRecords`).
const TIP_PAUSE: Millis = Millis::from_secs(1);
/// How far behind the moment of asking an answer at the tip is taken as complete.
const TIP_MARGIN: Millis = Millis::from_secs(1);
/// Refused reads in a row after which the sampling leaves the shard to its consumers.
const MOST_THROTTLES: u32 = 5;
/// Other failures in a row after which it gives the shard up.
const MOST_FAILURES: u32 = 3;
/// First wait behind a failure; it doubles.
const FAILURE_WAIT_MILLIS: i64 = 1_000;
/// Records that have to come close together before the gap in front of them is worth a look.
const DENSE: usize = 10;
/// How much longer than the mean pause between records such a gap is, and how long at least.
const LONG_GAP: (i64, Millis) = (10, Millis::from_secs(1));
/// A server that keeps a short time drops its oldest records meanwhile: reading begins so far behind the oldest.
const HORIZON_MARGIN: Millis = Millis::from_secs(3);
/// Golden ratio: multiples of it, modulo 1, lie spread over 0 to 1 however many are taken.
const GOLDEN: f64 = 0.618_033_988_749_895;

/// What one shard may be read with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowance {
    /// `GetRecords` calls a second, 1 to 5.
    pub reads_per_sec: u32,
    /// Bytes a second; AWS gives a shard 2 MiB/s for all polling consumers together.
    pub bytes_per_sec: f64,
    /// Bytes in all.
    pub most_bytes: u64,
}

/// A span of arrival times, `from` inclusive, `to` exclusive, both whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First moment.
    pub from: Timestamp,
    /// Behind the last one.
    pub to: Timestamp,
}

impl Span {
    /// The seconds that lie wholly between two moments; `None` where there is none.
    fn whole_seconds(from: Timestamp, to: Timestamp) -> Option<Self> {
        let (from, to) = ((from + Millis(999)).floor(1), to.floor(1));
        (from < to).then_some(Self { from, to })
    }
}

/// A call to make.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `GetShardIterator`.
    Iterator(StartingPosition),
    /// `GetRecords`.
    Read {
        /// As the server gave it.
        iterator: Arc<str>,
        /// Most records.
        limit: i32,
    },
}

/// What one answer brought.
#[derive(Debug, Default, PartialEq)]
pub struct Taken {
    /// The records that belong to the part being read.
    pub records: Vec<RawRecord>,
    /// What is known completely now.
    pub known: Option<Span>,
}

#[derive(Clone, Debug)]
enum Place {
    Start(StartingPosition),
    Iterator(Arc<str>),
}

/// How far back the shard reaches.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Horizon {
    /// Nothing was read yet.
    Open,
    /// Its records begin late, with this arrival: they are looked at once more.
    Late(Timestamp),
    /// Beyond the window, as far as anybody can tell.
    Before,
    /// Its server drops records meanwhile: this was the oldest one at `seen`.
    Dropping { oldest: Timestamp, seen: Timestamp },
}

/// The sampling of one shard.
#[derive(Clone, Debug)]
pub struct Reading {
    allowance: Allowance,
    /// The part that is being read.
    piece: Span,
    /// The parts that come after it.
    later: VecDeque<Span>,
    pieces: usize,
    is_planned: bool,
    follows: bool,
    place: Place,
    /// Behind the last record that was handed on, for an iterator that expired.
    last_sequence: Option<SequenceNumber>,
    /// Every second of the piece before this one is known.
    cursor: Timestamp,
    horizon: Horizon,
    bytes: u64,
    records: u64,
    /// Calls under way and made.
    asked_at: Timestamp,
    due: Timestamp,
    throttles: u32,
    failures: u32,
    is_done: bool,
    problem: Option<Problem>,
}

impl Reading {
    /// Reads the whole seconds of `span`.
    pub fn of_window(span: Span, allowance: Allowance) -> Self {
        Self {
            allowance,
            piece: span,
            later: VecDeque::new(),
            pieces: 1,
            is_planned: false,
            follows: false,
            place: Place::Start(StartingPosition::AtTimestamp(span.from)),
            last_sequence: None,
            cursor: span.from,
            horizon: Horizon::Open,
            bytes: 0,
            records: 0,
            asked_at: span.from,
            due: Timestamp(0),
            throttles: 0,
            failures: 0,
            is_done: span.from >= span.to,
            problem: None,
        }
    }

    /// Reads everything from `from` on and follows the stream without end.
    pub fn following(from: Timestamp, allowance: Allowance) -> Self {
        let span = Span { from: from.floor(1), to: Timestamp(i64::MAX) };
        Self { follows: true, is_planned: true, ..Self::of_window(span, allowance) }
    }

    /// The next call; `None` when nothing is left to read.
    pub fn step(&self) -> Option<Step> {
        if self.is_done {
            return None;
        }
        Some(match &self.place {
            Place::Start(position) => Step::Iterator(position.clone()),
            Place::Iterator(iterator) => Step::Read { iterator: iterator.clone(), limit: self.limit() },
        })
    }

    /// When the next call may be made.
    pub fn due(&self) -> Timestamp {
        self.due
    }

    /// Why the shard was given up, where it was.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// How much of the work is done, 0 to 1.
    pub fn progress(&self) -> f32 {
        if self.is_done {
            return 1.0;
        }
        if self.follows {
            return 0.0;
        }
        let length = (self.piece.to - self.piece.from).0.max(1) as f32;
        let of_piece = (self.cursor - self.piece.from).0 as f32 / length;
        let done = self.pieces - self.later.len() - 1;
        ((done as f32 + of_piece.clamp(0.0, 1.0)) / self.pieces as f32).clamp(0.0, 1.0)
    }

    /// Notes that a call is made now.
    pub fn asked(&mut self, now: Timestamp) {
        self.asked_at = now;
    }

    /// Takes the answer of `GetShardIterator`.
    pub fn on_iterator(&mut self, iterator: &str) {
        self.place = Place::Iterator(iterator.into());
        self.failures = 0;
    }

    /// Takes the answer of `GetRecords`.
    pub fn on_page(&mut self, page: RecordsPage, now: Timestamp) -> Taken {
        self.throttles = 0;
        self.failures = 0;
        if self.looks_for_horizon(&page, now) {
            return Taken::default();
        }
        let size: usize = page.records.iter().map(RawRecord::size_bytes).sum();
        self.bytes += size as u64;
        self.records += page.records.len() as u64;
        self.due = now + self.pause(size);
        let arrivals = || page.records.iter().filter_map(|record| record.approximate_arrival);
        let newest = arrivals().max();
        let is_past_end = newest.is_some_and(|newest| newest >= self.piece.to);
        let is_at_tip = page.records.is_empty() && page.millis_behind_latest.unwrap_or(0) <= 0;
        let is_closed = page.next_iterator.is_none();
        let reached = match newest {
            _ if is_past_end => self.piece.to,
            _ if is_at_tip && !is_closed => self.piece.to.min(self.asked_at - TIP_MARGIN),
            Some(newest) => newest,
            None => self.cursor,
        };
        let known = Span::whole_seconds(self.cursor, reached);
        self.cursor = known.map_or(self.cursor, |span| span.to);
        match page.next_iterator {
            Some(iterator) => self.place = Place::Iterator(iterator.into()),
            None => self.is_done = true,
        }
        if let Some(last) = page.records.last() {
            self.last_sequence = Some(last.sequence_number.clone());
        }
        let piece = self.piece;
        if is_past_end || (is_at_tip && !self.follows) {
            self.next_piece();
        } else if is_at_tip {
            self.due = self.due.max(now + TIP_PAUSE);
        } else if !self.is_planned && newest.is_some() {
            self.plan(reached);
        }
        self.is_done |= !self.follows && self.bytes >= self.allowance.most_bytes.saturating_mul(OVERSHOOT);
        let mut records = page.records;
        records.retain(|record| record.approximate_arrival.is_none_or(|at| at >= piece.from && at < piece.to));
        Taken { records, known }
    }

    /// Whether an answer only serves to find out how far the shard reaches back: the first one where records begin late in
    /// it, and the one behind that where they begin later still. It is not counted: what is in it is read again.
    fn looks_for_horizon(&mut self, page: &RecordsPage, now: Timestamp) -> bool {
        let oldest = page.records.iter().filter_map(|record| record.approximate_arrival).min();
        let (horizon, from) = match (self.horizon, oldest) {
            (Horizon::Open, Some(first)) if self.begins_late(page) => (Horizon::Late(first), self.piece.from),
            (Horizon::Late(first), Some(oldest)) if oldest > first => {
                let from = (oldest + HORIZON_MARGIN + Millis(999)).floor(1);
                (Horizon::Dropping { oldest, seen: now }, from)
            }
            (Horizon::Open | Horizon::Late(_), _) => {
                self.horizon = Horizon::Before;
                return false;
            }
            _ => return false,
        };
        self.horizon = horizon;
        self.piece.from = from;
        self.cursor = from;
        self.is_done |= from >= self.piece.to;
        self.place = Place::Start(StartingPosition::AtTimestamp(from));
        // Time enough for the oldest record to be gone.
        self.due = now + self.pause(0).max(TIP_PAUSE);
        true
    }

    /// Whether records that come close together begin long behind the moment that was asked for.
    fn begins_late(&self, page: &RecordsPage) -> bool {
        let arrivals = || page.records.iter().filter_map(|record| record.approximate_arrival);
        let (Some(first), Some(last)) = (arrivals().min(), arrivals().max()) else { return false };
        let (times, least) = LONG_GAP;
        let (gap, count) = (first - self.cursor, page.records.len());
        count >= DENSE && gap > least && gap.0.saturating_mul(count as i64) > times * (last - first).0
    }

    /// What is surely kept at this moment, where that is less than was asked for.
    fn kept_from(&self, now: Timestamp) -> Option<Timestamp> {
        match self.horizon {
            Horizon::Dropping { oldest, seen } => Some(oldest + (now - seen) + HORIZON_MARGIN),
            _ => None,
        }
    }

    /// Takes a failure: waits, goes on behind the last record, or gives the shard up.
    pub fn on_failure(&mut self, problem: Problem, now: Timestamp) {
        let doubled = |times: u32| Millis(FAILURE_WAIT_MILLIS << times.min(5));
        match Remedy::of(problem.kind) {
            Remedy::SlowDown => {
                self.due = now + doubled(self.throttles);
                self.throttles += 1;
                if self.throttles >= MOST_THROTTLES && !self.follows {
                    self.give_up(problem);
                }
            }
            Remedy::Renew => {
                let position = match &self.last_sequence {
                    Some(number) => StartingPosition::AfterSequence(number.clone()),
                    None => StartingPosition::AtTimestamp(self.cursor),
                };
                self.place = Place::Start(position);
            }
            Remedy::Retry if self.failures < MOST_FAILURES || self.follows => {
                self.due = now + doubled(self.failures);
                self.failures += 1;
            }
            Remedy::Retry | Remedy::Gone | Remedy::GiveUp => self.give_up(problem),
        }
    }

    fn give_up(&mut self, problem: Problem) {
        self.is_done = true;
        self.problem = Some(problem);
    }

    fn next_piece(&mut self) {
        let kept = self.kept_from(self.asked_at);
        // What a server has dropped meanwhile is unknown.
        while self.later.front().is_some_and(|piece| kept.is_some_and(|kept| piece.from < kept)) {
            self.later.pop_front();
        }
        match self.later.pop_front() {
            Some(piece) => {
                self.piece = piece;
                self.cursor = piece.from;
                self.last_sequence = None;
                self.place = Place::Start(StartingPosition::AtTimestamp(piece.from));
            }
            None => self.is_done = true,
        }
    }

    /// Decides by the first answer whether the rest is read whole or in pieces.
    fn plan(&mut self, reached: Timestamp) {
        self.is_planned = true;
        let Some(bytes_per_milli) = self.bytes_per_milli(reached) else { return };
        let left_millis = (self.piece.to - reached).0 as f64;
        let affordable = self.allowance.most_bytes.saturating_sub(self.bytes) as f64;
        if left_millis * bytes_per_milli <= affordable {
            return;
        }
        let piece_bytes = bytes_per_milli * (PIECE_SECONDS * 1_000) as f64;
        let slots = (left_millis / (PIECE_SECONDS * 1_000) as f64) as usize;
        let count = ((affordable / piece_bytes) as usize).clamp(1, slots.max(1));
        let gap = left_millis / count as f64;
        let mut pieces: Vec<(f64, Span)> = (0..count)
            .filter_map(|index| {
                let from = reached + Millis((gap * (index as f64 + 0.5)) as i64);
                let from = from.floor(1).min(self.piece.to - Millis::from_secs(PIECE_SECONDS));
                let span = Span { from, to: from + Millis::from_secs(PIECE_SECONDS) };
                (span.from >= reached.floor(1)).then_some(((index as f64 * GOLDEN).fract(), span))
            })
            .collect();
        // Where records are dropped meanwhile, the oldest come first.
        let is_kept_short = matches!(self.horizon, Horizon::Dropping { .. });
        pieces.sort_by(|a, b| if is_kept_short { a.1.from.cmp(&b.1.from) } else { a.0.total_cmp(&b.0) });
        self.pieces = pieces.len() + 1;
        self.later = pieces.into_iter().map(|(_, span)| span).collect();
        self.piece.to = self.cursor;
        self.next_piece();
    }

    /// The rate at which records arrived, by what was read so far of the first part.
    fn bytes_per_milli(&self, reached: Timestamp) -> Option<f64> {
        let millis = (reached - self.piece.from).0.max(1);
        (self.bytes > 0).then(|| self.bytes as f64 / millis as f64)
    }

    fn limit(&self) -> i32 {
        if self.records == 0 {
            return FIRST_LIMIT;
        }
        let mean_size = self.bytes as f64 / self.records as f64;
        let per_call = self.allowance.bytes_per_sec / f64::from(self.allowance.reads_per_sec.max(1));
        let limit = (per_call / mean_size.max(1.0)).clamp(LEAST_LIMIT, f64::from(GET_RECORDS_MAX_RECORDS));
        limit as i32
    }

    /// Keeps to the calls and to the bytes a second.
    fn pause(&self, size: usize) -> Millis {
        let calls = 1_000.0 / f64::from(self.allowance.reads_per_sec.max(1));
        let bytes = 1_000.0 * size as f64 / self.allowance.bytes_per_sec.max(1.0);
        Millis(calls.max(bytes).ceil() as i64)
    }
}
