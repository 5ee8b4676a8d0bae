//! How a generator goes: counts, each shard, and a course over time that stays short however long the run is.

use super::BusyShard;
use crate::model::batch::Share;
use crate::model::ids::{ShardId, StreamName};
use crate::model::limits::{PUT_UNIT_BYTES, PUT_UNIT_DOLLARS_PER_MILLION};
use crate::model::time::{Millis, Timestamp};

/// Points of the course; with more, each two become one.
const POINTS_MAX: usize = 720;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeneratorEnd {
    /// Its time was over, or its count reached.
    Done,
    /// A person stopped it.
    Stopped,
    /// A bound was reached; the sentence says which.
    Bound(String),
    /// It could not go on; the sentence says why.
    Failed(String),
}

/// One point of the course: sums and the highest figure since the point before.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Seconds since the beginning, where it ends.
    pub upto: f64,
    /// Records that the stream took.
    pub sent: u64,
    /// Records that were refused for throughput.
    pub throttled: u64,
    /// The highest share of a shard's limit.
    pub hottest: f64,
}

/// The course of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    points: Vec<Point>,
    /// Seconds of one point, a power of two.
    step: u32,
}

impl Course {
    /// Adds one second.
    pub fn push(&mut self, second: Point) {
        self.step = self.step.max(1);
        let begins =
            self.points.len().checked_sub(2).and_then(|at| self.points.get(at)).map_or(0.0, |point| point.upto);
        match self.points.last_mut() {
            Some(last) if second.upto - begins <= f64::from(self.step) + 0.01 => *last = joined(*last, second),
            _ => self.points.push(second),
        }
        if self.points.len() > POINTS_MAX {
            self.step *= 2;
            let pair = |pair: &[Point]| pair.iter().copied().reduce(joined).unwrap_or_default();
            self.points = self.points.chunks(2).map(pair).collect();
        }
    }

    /// The points, oldest first.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The rate of each point in records a second, with the seconds at which it ends.
    pub fn rates(&self) -> impl Iterator<Item = (f64, f64)> {
        let begins = std::iter::once(0.0).chain(self.points.iter().map(|point| point.upto));
        self.points
            .iter()
            .zip(begins)
            .map(|(point, from)| (point.upto, point.sent as f64 / (point.upto - from).max(0.001)))
    }
}

fn joined(a: Point, b: Point) -> Point {
    Point {
        upto: b.upto,
        sent: a.sent + b.sent,
        throttled: a.throttled + b.throttled,
        hottest: a.hottest.max(b.hottest),
    }
}

/// One shard of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct ShardCount {
    /// The shard, with its load from others when the run began.
    pub shard: BusyShard,
    /// What it took of the run.
    pub sent: Share,
    /// What it refused for throughput.
    pub throttled: u64,
    /// Its share of the limit over the last seconds, its load from others included.
    pub load: f64,
}

/// A run, as far as it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratorRun {
    /// The stream.
    pub stream: StreamName,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What it aims at, in records a second; with a rate in bytes, by the mean size of its records.
    pub target_records_per_sec: f64,
    /// How long it is to take.
    pub seconds: f64,
    /// The cap, a share of a shard's limit.
    pub cap: Option<f64>,
    /// With this, the same records can be made again.
    pub seed: u64,
    /// Records that were made.
    pub made: u64,
    /// What the stream took.
    pub sent: Share,
    /// Of these, how many at a later attempt.
    pub after_retry: u64,
    /// How often a record was refused for throughput or by a failure inside, and sent again.
    pub retries: u64,
    /// What the stream refused for good.
    pub failed: u64,
    /// What was sent without an answer: it may be in the stream.
    pub unknown: u64,
    /// Why the last record failed.
    pub last_failure: Option<String>,
    /// PUT payload units of what was sent.
    pub units: u64,
    /// The slowest of a hundred calls, of the newest.
    pub call_p99: Option<Millis>,
    /// Calls on their way.
    pub calls: usize,
    /// Records a second over the last seconds.
    pub records_per_sec: f64,
    /// Bytes a second over the last seconds, keys included.
    pub bytes_per_sec: f64,
    /// Each open shard.
    pub shards: Vec<ShardCount>,
    /// Seconds of the schedule that were given up, since the stream or this machine was too slow.
    pub missed_seconds: f64,
    /// The course.
    pub course: Course,
    /// The end.
    pub end: Option<GeneratorEnd>,
}

impl GeneratorRun {
    /// The shard that is fullest now.
    pub fn hottest(&self) -> Option<&ShardCount> {
        self.shards.iter().max_by(|a, b| a.load.total_cmp(&b.load))
    }

    /// A shard by its id.
    pub fn shard_mut(&mut self, id: &ShardId) -> Option<&mut ShardCount> {
        self.shards.iter_mut().find(|count| count.shard.id == *id)
    }

    /// How long it has run, in seconds.
    pub fn elapsed(&self, now: Timestamp) -> f64 {
        (self.ended.unwrap_or(now) - self.started).as_secs_f64().max(0.0)
    }

    /// PUT payload units in dollars, list price; what on-demand streams cost is counted otherwise.
    pub fn dollars(&self) -> f64 {
        self.units as f64 * PUT_UNIT_DOLLARS_PER_MILLION / 1_000_000.0
    }
}

/// PUT payload units of a record: 25 KB each, begun ones whole.
pub fn units(record_bytes: usize) -> u64 {
    record_bytes.div_ceil(PUT_UNIT_BYTES).max(1) as u64
}
