//! One shard second by second, over the newest two minutes: what its minutes hide.

use super::limits::WARN_SHARE;
use super::metrics::Window;
use super::sample::ShardSample;
use super::sample::state::LIVE_SECONDS;
use super::time::{Millis, Timestamp};
use super::utilisation::BoundBy;

/// Fewest known seconds of a minute whose mean is said.
const LEAST_SECONDS: usize = 20;

/// The minute of some of the seconds, as CloudWatch shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveMinute {
    /// When it begins.
    pub at: Timestamp,
    /// Its mean, a fraction of the limit; `None` while it runs, and where too little of it is known.
    pub share: Option<f64>,
    /// Its seconds among those that are shown, first and behind the last.
    pub seconds: (usize, usize),
    /// Seconds over the limit among them.
    pub over: usize,
}

impl LiveMinute {
    /// Whether its mean hides seconds over the limit.
    pub fn looks_fine(&self) -> bool {
        self.over > 0 && self.share.is_some_and(|share| share < WARN_SHARE)
    }
}

/// The newest seconds of one shard.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveSeconds {
    /// The seconds.
    pub window: Window,
    /// The share of the write limit in each, a fraction of 1; `None` where it was not wholly read.
    pub shares: Vec<Option<f64>>,
    /// The nearer limit.
    pub bound_by: BoundBy,
    /// Known seconds in which the limit was reached.
    pub over: usize,
    /// Mean of the known seconds.
    pub mean: Option<f64>,
    /// The highest second.
    pub peak: Option<f64>,
    /// The minutes they lie in.
    pub minutes: Vec<LiveMinute>,
}

impl LiveSeconds {
    /// The newest seconds of which something is known; `None` where nothing is. `reported` gives what CloudWatch says of a
    /// minute, where it says anything.
    pub fn of(shard: &ShardSample, reported: impl Fn(Timestamp) -> Option<f64>) -> Option<Self> {
        let end = shard.seconds().newest_known()? + Millis::from_secs(1);
        let window = Window { start: end - Millis::from_secs(i64::from(LIVE_SECONDS)), end, step_seconds: 1 };
        let load = |second: usize| shard.seconds().at(window.time_of(second));
        let shares: Vec<Option<f64>> =
            (0..window.len()).map(|second| load(second).map(|load| load.utilisation().value())).collect();
        let (bytes, records) = (0..window.len()).filter_map(load).fold((0.0, 0.0), |sum, load| {
            let shares = load.utilisation();
            (sum.0 + shares.bytes_share, sum.1 + shares.records_share)
        });
        let known = || shares.iter().flatten().copied();
        let count = known().count();
        Some(Self {
            window,
            bound_by: if records > bytes { BoundBy::Records } else { BoundBy::Bytes },
            over: known().filter(|share| *share >= 1.0).count(),
            mean: (count > 0).then(|| known().sum::<f64>() / count as f64),
            peak: known().reduce(f64::max),
            minutes: minutes(window, &shares, reported),
            shares,
        })
    }
}

fn minutes(window: Window, shares: &[Option<f64>], reported: impl Fn(Timestamp) -> Option<f64>) -> Vec<LiveMinute> {
    let mut minutes = Vec::new();
    let mut first = 0;
    while first < shares.len() {
        let at = window.time_of(first).floor(60);
        let end = at + Millis::from_mins(1);
        let behind = (first..shares.len()).find(|second| window.time_of(*second) >= end).unwrap_or(shares.len());
        let own = shares.get(first..behind).unwrap_or_default();
        let known = own.iter().flatten().count();
        let is_over = window.end >= end;
        let measured = || (known >= LEAST_SECONDS).then(|| own.iter().flatten().sum::<f64>() / known as f64);
        minutes.push(LiveMinute {
            at,
            share: if is_over { reported(at).or_else(measured) } else { None },
            seconds: (first, behind),
            over: own.iter().flatten().filter(|share| **share >= 1.0).count(),
        });
        first = behind.max(first + 1);
    }
    minutes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::{SequenceNumber, ShardId};
    use crate::model::record::RawRecord;
    use crate::model::sample::StreamSample;

    fn record(second: i64, bytes: usize) -> RawRecord {
        RawRecord {
            sequence_number: SequenceNumber::from("1"),
            partition_key: "k".into(),
            approximate_arrival: Some(Timestamp(second * 1_000 + 7)),
            data: vec![0; bytes - 1],
        }
    }

    #[test]
    fn minutes_that_look_fine_hide_seconds_over_the_limit() {
        let shard = ShardId::from("shardId-000000000040");
        let mut sample = StreamSample::new(1);
        for second in 8..128 {
            let bytes = if second % 20 == 0 { 1_500_000 } else { 450_000 };
            sample.take(&shard, &[record(second, bytes)]);
        }
        sample.mark_known(&shard, Timestamp(8_000), Timestamp(128_000));
        let one = sample.shard(&shard).expect("sampled");
        let live = LiveSeconds::of(one, |_| None).expect("known");
        assert_eq!((live.shares.len(), live.over, live.bound_by), (120, 6, BoundBy::Bytes));
        let seconds: Vec<_> = live.minutes.iter().map(|minute| (minute.seconds, minute.over)).collect();
        assert_eq!(seconds, [((0, 52), 2), ((52, 112), 3), ((112, 120), 1)]);
        assert!(live.minutes[..2].iter().all(LiveMinute::looks_fine), "{:?}", live.minutes);
        assert_eq!(live.minutes[2].share, None, "it still runs");
        let by_cloudwatch = LiveSeconds::of(one, |_| Some(0.25)).expect("known");
        assert_eq!(by_cloudwatch.minutes[1].share, Some(0.25));
    }

    #[test]
    fn seconds_that_were_not_read_are_not_zero() {
        let shard = ShardId::from("shardId-000000000001");
        let mut sample = StreamSample::new(1);
        sample.mark_known(&shard, Timestamp(100_000), Timestamp(110_000));
        let live = LiveSeconds::of(sample.shard(&shard).expect("known"), |_| None).expect("known");
        assert_eq!(live.shares.iter().flatten().count(), 10);
        assert_eq!((live.shares.first(), live.shares.last()), (Some(&None), Some(&Some(0.0))));
        assert_eq!(live.minutes.first().and_then(|minute| minute.share), None);
    }
}
