//! What a file does to each shard at a pace, and what is done about shards that it would fill.

use super::{BatchScan, Pace, Share};
use crate::model::hash_range::HashKeyRange;
use crate::model::ids::ShardId;
use crate::model::limits::{SHARD_WRITE_BYTES_PER_SEC, SHARD_WRITE_RECORDS_PER_SEC, WARN_SHARE};
use crate::model::time::Millis;

/// A shard that is full already still takes this much of its limit, for the time that a file needs.
const LEAST_HEADROOM: f64 = 0.05;

/// One shard with the file on top.
#[derive(Clone, Debug)]
pub struct ShardLoad {
    /// The shard.
    pub id: ShardId,
    /// What it owns.
    pub range: HashKeyRange,
    /// What of the file lands on it.
    pub share: Share,
    /// Its load without the file, as a share of its limit; 0 where none is known.
    pub now: f64,
    /// What the file adds.
    pub added: f64,
}

impl ShardLoad {
    /// Its load with the file.
    pub fn with(&self) -> f64 {
        self.now + self.added
    }

    /// Whether the file brings it over the share of its limit where people are warned.
    pub fn is_over(&self) -> bool {
        self.share.records > 0 && self.with() >= WARN_SHARE
    }
}

/// What a shard has left below the share where people are warned, as a share of its limit.
fn room_of(load: &ShardLoad) -> f64 {
    (WARN_SHARE - load.now).max(LEAST_HEADROOM)
}

/// Seconds that a whole shard needs for a share.
pub fn seconds(share: &Share) -> f64 {
    (share.bytes as f64 / SHARD_WRITE_BYTES_PER_SEC).max(share.records as f64 / SHARD_WRITE_RECORDS_PER_SEC)
}

/// The loads at this pace, and how long the file takes in seconds; `now` tells the load of a shard without it.
pub fn loads(scan: &BatchScan, pace: Pace, now: impl Fn(&ShardId) -> Option<f64>) -> (Vec<ShardLoad>, f64) {
    let load = |(id, range, share): &(ShardId, HashKeyRange, Share)| ShardLoad {
        id: id.clone(),
        range: *range,
        share: *share,
        now: now(id).unwrap_or(0.0),
        added: 0.0,
    };
    let mut loads: Vec<ShardLoad> = scan.shares.iter().map(load).collect();
    // No pace is faster than the shard that is filled first.
    let bound =
        loads.iter().map(|load| seconds(&load.share) / (1.0 - load.now).max(LEAST_HEADROOM)).fold(0.0, f64::max);
    let takes = match pace {
        Pace::Full => bound,
        Pace::InFile(speed) => scan.times.span.as_secs_f64() / f64::from(speed.max(1)),
        Pace::Records(rate) => scan.total.records as f64 / f64::from(rate.max(1)),
        Pace::Bytes(rate) => scan.total.bytes as f64 / f64::from(rate.max(1)),
    }
    .max(1.0);
    for load in &mut loads {
        load.added = seconds(&load.share) / takes;
    }
    (loads, takes)
}

/// What is done with records for shards that the file would bring over the share where people are warned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverChoice {
    /// They are sent behind all others, no faster than their shard has room below that share.
    Last,
    /// They are left out, and the results say so.
    Skip,
    /// They are sent like all others.
    Anyway,
}

impl OverChoice {
    /// All, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::Last, Self::Skip, Self::Anyway];

    /// Its name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Last => "Send last, slower",
            Self::Skip => "Skip",
            Self::Anyway => "Send anyway",
        }
    }

    /// Seconds that a file takes with this choice, where it takes `takes` without any: records that are spared cost none
    /// of that time, and those that go last fill the room of their shards, all at once.
    pub fn takes(self, loads: &[ShardLoad], takes: f64) -> f64 {
        let records = |load: &ShardLoad| load.share.records as f64;
        let all: f64 = loads.iter().map(records).sum();
        let over = || loads.iter().filter(|load| load.is_over());
        let others = takes * (1.0 - over().map(records).sum::<f64>() / all.max(1.0));
        let last = || over().map(|load| seconds(&load.share) / room_of(load)).fold(0.0, f64::max);
        match self {
            Self::Anyway => takes,
            Self::Skip => others,
            Self::Last => others + last(),
        }
    }
}

/// Shards that are spared, and how.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Spared {
    /// How.
    pub choice: OverChoice,
    /// Each with its room below the share where people are warned, in thousandths of its limit.
    pub shards: Vec<(String, u32)>,
}

impl Spared {
    /// Why a record was left out.
    pub const REASON: &str = "left out: its shard would have passed 80 % of its limit";

    /// The shards that the file would bring over, with what is to be done; `None` where nothing is to be done.
    pub fn of(loads: &[ShardLoad], choice: OverChoice) -> Option<Self> {
        let room = |load: &ShardLoad| (room_of(load) * 1_000.0).round() as u32;
        let over = loads.iter().filter(|load| load.is_over());
        let shards: Vec<_> = over.map(|load| (load.id.as_str().to_owned(), room(load))).collect();
        (choice != OverChoice::Anyway && !shards.is_empty()).then_some(Self { choice, shards })
    }

    /// The room of a shard as a share of its limit; `None` where it is not spared.
    pub fn room(&self, id: &ShardId) -> Option<f64> {
        self.shards.iter().find(|(of, _)| of == id.as_str()).map(|(_, room)| f64::from(*room) / 1_000.0)
    }

    /// How long a record fills a shard that has this much room.
    pub fn cost(bytes: usize, room: f64) -> Millis {
        let whole = seconds(&Share { records: 1, bytes: bytes as u64 });
        Millis((whole * 1_000.0 / room.max(LEAST_HEADROOM)).ceil() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::batch::{BatchFormat, BatchSpec, KeyRule, Landing};

    fn scan(records: [u64; 4]) -> BatchScan {
        let ranges = HashKeyRange::uniform(4).into_iter().enumerate();
        let shards = ranges.map(|(at, range)| (ShardId::from(format!("shardId-{at:012}")), range)).collect();
        let spec = BatchSpec { path: "a".to_owned(), format: None, key: KeyRule::Random, time: None };
        let mut scan = BatchScan::new(spec, BatchFormat::Ndjson, &Landing { shards, max_record_bytes: 1_048_576 });
        for ((.., share), records) in scan.shares.iter_mut().zip(records) {
            *share = Share { records, bytes: records * 100 };
            scan.total.records += records;
            scan.total.bytes += records * 100;
        }
        scan
    }

    #[test]
    fn a_shard_is_over_by_its_own_load_and_that_of_the_file_at_its_pace() {
        let scan = scan([6_000, 1_000, 0, 0]);
        let now = |id: &ShardId| Some(if id.as_str().ends_with('1') { 0.75 } else { 0.2 });
        let (loads, takes) = super::loads(&scan, Pace::Records(700), now);
        assert_eq!(takes, 10.0);
        assert_eq!(loads.iter().map(ShardLoad::is_over).collect::<Vec<_>>(), [true, true, false, false]);
        let spared = Spared::of(&loads, OverChoice::Last).expect("two shards");
        assert_eq!(spared.shards.iter().map(|(_, room)| *room).collect::<Vec<_>>(), [600, 50]);
        assert_eq!((spared.room(&loads[1].id), spared.room(&loads[2].id)), (Some(0.05), None));
        assert_eq!(Spared::of(&loads, OverChoice::Anyway), None);
        // All records are for them: 6 s of a shard with 0.6 of it left, 1 s of one with 0.05.
        let takes = |choice: OverChoice| (choice.takes(&loads, 10.0) * 10.0).round();
        assert_eq!(OverChoice::ALL.map(takes), [200.0, 0.0, 100.0]);
        let (loads, _) = super::loads(&scan, Pace::Records(10), now);
        assert_eq!(Spared::of(&loads, OverChoice::Skip), None, "slow enough");
    }

    #[test]
    fn a_file_with_times_takes_as_long_as_they_say() {
        let mut scan = scan([10, 10, 10, 10]);
        scan.times.note(1, Ok(crate::model::time::Timestamp(0)));
        scan.times.note(2, Ok(crate::model::time::Timestamp(600_000)));
        assert_eq!(super::loads(&scan, Pace::InFile(10), |_| None).1, 60.0);
    }

    #[test]
    fn a_record_fills_its_room_by_bytes_or_by_count() {
        assert_eq!(Spared::cost(1, 0.5), Millis(2));
        assert_eq!(Spared::cost(1_048_576, 0.5), Millis(2_000));
    }
}
