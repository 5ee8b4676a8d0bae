//! Load by the second of arrival, for the newest seconds of a shard: what is known, what is idle, and what was not read.

use std::collections::VecDeque;

use crate::model::metrics::Window;
use crate::model::series::Series;
use crate::model::time::Timestamp;
use crate::model::utilisation::Utilisation;

/// Records further from everything before them than the ring is long are strays, until this many have come in a row: one
/// absurd time must not push out an hour of load, nor keep out what comes after it.
const STRAYS_TO_FOLLOW: u32 = 64;

/// Load of one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Bytes, keys included.
    pub bytes: u64,
    /// Kinesis records; an aggregate is one.
    pub records: u32,
}

impl Load {
    /// Against the limits of one shard.
    pub fn utilisation(self) -> Utilisation {
        Utilisation::from_rates(self.bytes as f64, f64::from(self.records), 1)
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    /// Saturates: 4 GiB a second is far above any shard.
    bytes: u32,
    records: u32,
    is_known: bool,
}

/// What is known of one period of a resampled series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coverage {
    /// Seconds of the period that are known.
    pub known_seconds: u32,
    /// Half-width of the 95 % interval of the period's mean utilisation, a fraction of 1; `None` where fewer than two
    /// seconds are known, zero where all are.
    pub half_width: Option<f64>,
}

/// The newest seconds of one shard.
#[derive(Clone, Debug)]
pub struct Seconds {
    capacity: usize,
    /// Second since the epoch of the first entry.
    first: i64,
    ring: VecDeque<Second>,
    strays: u32,
}

impl Seconds {
    /// Keeps the newest `capacity` seconds.
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), first: 0, ring: VecDeque::new(), strays: 0 }
    }

    /// Counts a record. Says whether its second is kept: not when it is older than the ring is long, or a stray.
    pub fn add(&mut self, second: i64, bytes: usize) -> bool {
        let newest = self.first + self.ring.len() as i64 - 1;
        if !self.ring.is_empty() && second.abs_diff(newest) > self.capacity as u64 {
            self.strays += 1;
            if self.strays < STRAYS_TO_FOLLOW {
                return false;
            }
            self.ring.clear();
        }
        self.strays = 0;
        match self.slot(second) {
            Some(slot) => {
                slot.bytes = slot.bytes.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
                slot.records = slot.records.saturating_add(1);
                true
            }
            None => false,
        }
    }

    /// The whole seconds inside `[from, to)` are known from now on; those that are partly covered stay as they are.
    pub fn mark_known(&mut self, from: Timestamp, to: Timestamp) {
        let end = to.as_secs();
        let start = from.0.saturating_add(999).div_euclid(1_000).max(end.saturating_sub(self.capacity as i64));
        for second in start..end {
            if let Some(slot) = self.slot(second) {
                slot.is_known = true;
            }
        }
    }

    /// The place of a second; makes room for newer ones and for older ones that still fit.
    fn slot(&mut self, second: i64) -> Option<&mut Second> {
        if self.ring.is_empty() {
            self.first = second;
            self.ring.push_back(Second::default());
        }
        let capacity = self.capacity as i64;
        let newest = self.first + self.ring.len() as i64 - 1;
        if second > newest {
            if second.saturating_sub(newest) >= capacity {
                self.ring.clear();
                self.ring.push_back(Second::default());
                self.first = second;
            } else {
                for _ in newest..second {
                    if self.ring.len() == self.capacity {
                        self.ring.pop_front();
                        self.first += 1;
                    }
                    self.ring.push_back(Second::default());
                }
            }
        } else if second < self.first {
            if newest.saturating_sub(second) >= capacity {
                return None;
            }
            for _ in second..self.first {
                self.ring.push_front(Second::default());
            }
            self.first = second;
        }
        self.ring.get_mut(usize::try_from(second - self.first).ok()?)
    }

    /// The known seconds, oldest first.
    pub fn known(&self) -> impl Iterator<Item = (Timestamp, Load)> + '_ {
        self.ring.iter().enumerate().filter(|(_, second)| second.is_known).map(|(at, second)| {
            (
                Timestamp::from_secs(self.first + at as i64),
                Load { bytes: u64::from(second.bytes), records: second.records },
            )
        })
    }

    /// Load of the second that holds this moment; `None` where it is not known.
    pub fn at(&self, at: Timestamp) -> Option<Load> {
        let index = usize::try_from(at.as_secs().checked_sub(self.first)?).ok()?;
        let second = self.ring.get(index).filter(|second| second.is_known)?;
        Some(Load { bytes: u64::from(second.bytes), records: second.records })
    }

    /// The newest known second.
    pub fn newest_known(&self) -> Option<Timestamp> {
        let at = self.ring.iter().rposition(|second| second.is_known)?;
        Some(Timestamp::from_secs(self.first + at as i64))
    }

    /// The oldest known second that is kept.
    pub fn oldest_known(&self) -> Option<Timestamp> {
        let at = self.ring.iter().position(|second| second.is_known)?;
        Some(Timestamp::from_secs(self.first + at as i64))
    }

    /// Number of known seconds.
    pub fn known_count(&self) -> usize {
        self.ring.iter().filter(|second| second.is_known).count()
    }

    /// Sums of bytes and records in the periods of `window`, as CloudWatch would give them: the mean of the known seconds of a
    /// period times its length. A period without a known second stays unknown.
    pub fn to_series(&self, window: Window) -> (Series, Series) {
        let (mut bytes, mut records) = (window.unknown_series(), window.unknown_series());
        let step = f64::from(window.step_seconds.max(1));
        for (at, loads) in self.by_period(&bytes) {
            let known = loads.len() as f64;
            let scaled = |sum: f64| sum / known * step;
            bytes.set(at, scaled(loads.iter().map(|load| load.bytes as f64).sum()));
            records.set(at, scaled(loads.iter().map(|load| f64::from(load.records)).sum()));
        }
        (bytes, records)
    }

    /// How much of each period of `window` is known, and how well its mean is.
    ///
    /// The half-width is that of simple random sampling without replacement from the seconds of the period, with Student's
    /// quantile: `t · √((1 − n/N) · s² / n)` (Cochran, *Sampling Techniques*, 3rd ed., §2.6–2.8).
    pub fn coverage(&self, window: Window) -> Vec<Coverage> {
        let series = window.unknown_series();
        let mut out = vec![Coverage { known_seconds: 0, half_width: None }; series.len()];
        for (at, loads) in self.by_period(&series) {
            if let Some(period) = series.index_of(at).and_then(|index| out.get_mut(index)) {
                let shares: Vec<f64> = loads.iter().map(|load| load.utilisation().value()).collect();
                *period = Coverage {
                    known_seconds: shares.len() as u32,
                    half_width: mean_half_width(&shares, window.step_seconds.max(1) as usize),
                };
            }
        }
        out
    }

    /// The known seconds of each period, for periods that have any.
    fn by_period(&self, series: &Series) -> Vec<(Timestamp, Vec<Load>)> {
        let mut periods: Vec<(Timestamp, Vec<Load>)> = Vec::new();
        for (at, load) in self.known() {
            let Some(start) = series.index_of(at).map(|index| series.time_of(index)) else { continue };
            match periods.last_mut() {
                Some((last, loads)) if *last == start => loads.push(load),
                _ => periods.push((start, vec![load])),
            }
        }
        periods
    }

    /// What the ring takes in memory, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.ring.capacity() * size_of::<Second>()
    }
}

/// Half-width of the 95 % interval of a mean over `population` seconds of which these are known.
fn mean_half_width(known: &[f64], population: usize) -> Option<f64> {
    if known.len() >= population {
        return Some(0.0);
    }
    if known.len() < 2 {
        return None;
    }
    let n = known.len() as f64;
    let mean = known.iter().sum::<f64>() / n;
    let variance = known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    Some(super::interval::student_t95(known.len() - 1) * ((1.0 - n / population as f64) * variance / n).sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn window(from: i64, to: i64, step: u32) -> Window {
        Window { start: Timestamp::from_secs(from), end: Timestamp::from_secs(to), step_seconds: step }
    }

    #[test]
    fn a_second_without_records_is_zero_only_where_it_was_read() {
        let mut seconds = Seconds::new(100);
        seconds.add(10, 500);
        seconds.add(13, 700);
        seconds.mark_known(Timestamp(9_500), Timestamp(12_900));
        assert_eq!(seconds.at(Timestamp::from_secs(9)), None, "only its second half was read");
        assert_eq!(seconds.at(Timestamp::from_secs(10)), Some(Load { bytes: 500, records: 1 }));
        assert_eq!(seconds.at(Timestamp::from_secs(11)), Some(Load::default()));
        assert_eq!(seconds.at(Timestamp::from_secs(12)), None);
        assert_eq!(seconds.at(Timestamp::from_secs(13)), None, "records alone make no second known");
    }

    #[test]
    fn a_period_is_scaled_from_its_known_seconds() {
        let mut seconds = Seconds::new(3_600);
        for second in [60, 61, 62, 63] {
            seconds.add(second, 1_000);
        }
        seconds.mark_known(Timestamp::from_secs(60), Timestamp::from_secs(64));
        let (bytes, records) = seconds.to_series(window(0, 180, 60));
        assert_eq!(bytes.values(), [None, Some(60_000.0), None]);
        assert_eq!(records.values(), [None, Some(60.0), None]);
        let coverage = seconds.coverage(window(0, 180, 60));
        assert_eq!(coverage[1], Coverage { known_seconds: 4, half_width: Some(0.0) }, "no second differs from another");
        assert_eq!(coverage[0].half_width, None);
    }

    #[test]
    fn a_fully_read_period_has_no_uncertainty_and_a_partly_read_one_has() {
        let mut seconds = Seconds::new(3_600);
        for second in 0..90 {
            seconds.add(second, 100_000 + second as usize % 7 * 50_000);
        }
        seconds.mark_known(Timestamp::from_secs(0), Timestamp::from_secs(90));
        let coverage = seconds.coverage(window(0, 120, 60));
        assert_eq!(coverage[0], Coverage { known_seconds: 60, half_width: Some(0.0) });
        assert_eq!(coverage[1].known_seconds, 30);
        assert!(coverage[1].half_width.is_some_and(|half| half > 0.01 && half < 0.1), "{:?}", coverage[1]);
    }

    #[test]
    fn one_absurd_time_moves_nothing_and_many_are_followed() {
        let mut seconds = Seconds::new(60);
        assert!(seconds.add(1_000, 10));
        seconds.mark_known(Timestamp::from_secs(1_000), Timestamp::from_secs(1_001));
        assert!(!seconds.add(i64::MAX / 2_000, 10));
        assert!(!seconds.add(5, 10));
        assert!(seconds.at(Timestamp::from_secs(1_000)).is_some());
        for _ in 0..STRAYS_TO_FOLLOW {
            seconds.add(9_000, 10);
        }
        assert!(seconds.add(9_001, 10));
        assert!(seconds.memory_bytes() < 4_096);
    }

    proptest! {
        #[test]
        fn whatever_times_come_the_ring_stays_bounded(
            times in prop::collection::vec((any::<i64>(), 0i64..500, any::<bool>()), 0..300),
        ) {
            let mut seconds = Seconds::new(50);
            for (wild, near, is_wild) in times {
                let at = if is_wild { wild / 1_000 } else { 10_000 + near };
                seconds.add(at, 1);
                seconds.mark_known(Timestamp(at.saturating_mul(1_000)), Timestamp(wild));
                prop_assert!(seconds.ring.len() <= 50);
            }
        }
    }
}
