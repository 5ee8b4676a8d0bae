//! How much arrives in each shard, by the arrival times of the records that are read. Pure: time and records are handed in.
//! Knows nothing of metrics: it is what says how full a shard is where shard-level metrics are off, and seconds before them
//! where they are on.

use std::collections::VecDeque;

use super::reader::Reader;
use crate::model::record::RawRecord;
use crate::model::tail::ShardTailState;
use crate::model::time::{Millis, Timestamp};
use crate::model::utilisation::Utilisation;

/// Whole seconds that a share is the mean of: at most, and at least.
const SECONDS: (i64, i64) = (3, 10);
/// A shard that has not answered for so long may hold more than was read.
const FRESH: Millis = Millis::from_secs(3);
/// How long a server's clock is taken to be as it was seen.
const CLOCK_HOLDS: Millis = Millis::from_secs(10);
/// Records of a shard at its tip that arrived longer ago come from a server that says of every answer that it is at the tip.
const FARTHEST_CLOCK: Millis = Millis::from_secs(60);

/// What arrived in one shard in one second.
#[derive(Clone, Copy, Debug)]
struct Second {
    at: i64,
    bytes: u64,
    records: u64,
}

/// What arrived in one shard in the last seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrivals {
    seconds: VecDeque<Second>,
    answered: Option<Timestamp>,
}

impl Arrivals {
    /// Notes an answer, with records or without.
    pub(super) fn note(&mut self, records: &[RawRecord], now: Timestamp) {
        self.answered = Some(now);
        for record in records {
            let Some(at) = record.approximate_arrival.map(Timestamp::as_secs) else { continue };
            let bytes = record.size_bytes() as u64;
            match self.seconds.back_mut() {
                Some(last) if last.at == at => {
                    last.bytes += bytes;
                    last.records += 1;
                }
                _ => self.seconds.push_back(Second { at, bytes, records: 1 }),
            }
        }
        let Some(newest) = self.seconds.back().map(|second| second.at) else { return };
        // One more than is asked for, and one that is not over yet.
        while self.seconds.front().is_some_and(|second| second.at < newest - SECONDS.1 - 2) {
            self.seconds.pop_front();
        }
    }

    /// Mean over the whole seconds before `until`, of which those from `since` on were read; `None` where they are too few.
    fn utilisation(&self, since: i64, until: i64) -> Option<Utilisation> {
        let from = since.max(until - SECONDS.1);
        let count = until - from;
        if count < SECONDS.0 {
            return None;
        }
        let within = self.seconds.iter().filter(|second| (from..until).contains(&second.at));
        let (bytes, records) = within.fold((0, 0), |sum, second| (sum.0 + second.bytes, sum.1 + second.records));
        Some(Utilisation::from_rates(bytes as f64 / count as f64, records as f64 / count as f64, 1))
    }
}

/// What the clock of the server shows, by the newest record of a shard that is read at its tip.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ServerClock {
    /// How far it is ahead of ours, at most a poll too little, and when that was seen.
    ahead: Option<(Millis, Timestamp)>,
}

impl ServerClock {
    /// Notes records that came from the tip of a shard.
    pub(super) fn note(&mut self, records: &[RawRecord], now: Timestamp) {
        let Some(arrival) = records.last().and_then(|record| record.approximate_arrival) else { return };
        let ahead = arrival - now;
        if self.ahead(now).is_none_or(|before| ahead >= before) {
            self.ahead = Some((ahead, now));
        }
    }

    fn ahead(&self, now: Timestamp) -> Option<Millis> {
        self.ahead.filter(|(_, seen)| now - *seen < CLOCK_HOLDS).map(|(ahead, _)| ahead)
    }

    /// Its time; ours where nothing has arrived lately.
    pub(super) fn now(&self, now: Timestamp) -> Timestamp {
        now + self.ahead(now).unwrap_or(Millis(0))
    }
}

/// Share of its write limits that a shard was filled to in the last seconds, rounded to whole percents; `None` where it is not
/// read at its tip, or not long enough. `since` is when reading began: what arrived before may not have been asked for.
pub(super) fn write_share(reader: &Reader, clock: &ServerClock, since: Timestamp, now: Timestamp) -> Option<f64> {
    let is_at_tip = reader.state() == ShardTailState::Reading && reader.millis_behind.is_some_and(|millis| millis <= 0);
    let is_fresh = reader.arrivals.answered.is_some_and(|answered| now - answered < FRESH);
    let there = clock.now(now);
    if !is_at_tip || !is_fresh || now - there > FARTHEST_CLOCK {
        return None;
    }
    // The second that runs is not over, and the one before may not be read to its end.
    let until = there.as_secs() - 1;
    let since = (since + (there - now)).as_secs() + 1;
    let share = reader.arrivals.utilisation(since, until)?.value();
    Some((share * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::hash_range::HashKeyRange;
    use crate::model::ids::{SequenceNumber, ShardId};
    use crate::model::position::StartingPosition;
    use crate::model::shard_map::Shard;
    use crate::tasks::tail::reader::Phase;

    fn record(at_millis: i64, bytes: usize) -> RawRecord {
        RawRecord {
            sequence_number: "1".into(),
            partition_key: "k".into(),
            approximate_arrival: Some(Timestamp(at_millis)),
            data: vec![b'x'; bytes - 1],
        }
    }

    #[test]
    fn a_share_is_the_mean_of_whole_seconds_by_arrival() {
        let mut arrivals = Arrivals::default();
        for second in 0..60 {
            let records: Vec<RawRecord> = (0..4).map(|n| record(second * 1_000 + n * 250, 131_072)).collect();
            arrivals.note(&records, Timestamp(second * 1_000 + 900));
        }
        assert!(arrivals.seconds.len() <= 13, "old seconds are forgotten");
        let shares = arrivals.utilisation(i64::MIN, 59).expect("ten seconds were read");
        assert!((shares.bytes_share - 0.5).abs() < 1e-9);
        assert!((shares.records_share - 0.004).abs() < 1e-9);
        assert!(arrivals.utilisation(57, 59).is_none(), "two seconds say little");
        let quiet = arrivals.utilisation(i64::MIN, 200).expect("known to be quiet");
        assert_eq!(quiet.value(), 0.0);
    }

    fn reader() -> Reader {
        let shard = Shard {
            id: ShardId::from("shardId-000000000000"),
            range: HashKeyRange::FULL,
            parent: None,
            adjacent_parent: None,
            starting_sequence_number: SequenceNumber::from("1"),
            ending_sequence_number: None,
        };
        let mut reader = Reader::new(shard, StartingPosition::Latest, true);
        reader.phase = Phase::Ready("iterator".into());
        (reader.has_answered, reader.millis_behind) = (true, Some(0));
        reader
    }

    #[test]
    fn a_share_is_told_only_of_a_shard_that_is_read_at_its_tip_for_long_enough() {
        let mut reader = reader();
        let (began, clock) = (Timestamp(100_000), ServerClock::default());
        let share_at = |reader: &mut Reader, second: i64| {
            let now = Timestamp(second * 1_000);
            reader.arrivals.note(&[record(now.0 - 500, 524_288)], now);
            write_share(reader, &clock, began, now)
        };
        let shares: Vec<Option<f64>> = (101..=112).map(|second| share_at(&mut reader, second)).collect();
        assert_eq!(
            shares.iter().position(Option::is_some),
            Some(4),
            "three whole seconds behind the first: {shares:?}"
        );
        assert_eq!(shares.last(), Some(&Some(0.5)));
        reader.millis_behind = Some(2_000);
        assert_eq!(share_at(&mut reader, 113), None, "what lies ahead is not known");
        reader.millis_behind = Some(0);
        assert_eq!(
            write_share(&reader, &clock, began, Timestamp(118_000)),
            None,
            "it has not answered for five seconds"
        );
    }

    #[test]
    fn a_server_whose_clock_is_off_is_taken_by_its_own_time() {
        let mut clock = ServerClock::default();
        assert_eq!(clock.now(Timestamp(50_000)), Timestamp(50_000), "nothing has arrived");
        clock.note(&[record(44_900, 10)], Timestamp(50_000));
        clock.note(&[record(44_000, 10)], Timestamp(50_100));
        assert_eq!(clock.now(Timestamp(51_000)), Timestamp(45_900), "the newest record counts");
        assert_eq!(clock.now(Timestamp(61_000)), Timestamp(61_000), "what was seen long ago says nothing");
    }
}
