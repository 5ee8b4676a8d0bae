//! Weight over time in a handful of periods that grow with what they cover: for small lines beside keys, and as the clusters of
//! the interval of a share. Every key carries one, so it is small and is brought up to date only when its key is seen.

/// Periods of one line.
pub const PERIODS: usize = 15;
/// Lengths of a period in seconds; each divides the next. Fifteen of the longest are a quarter of an hour.
const LENGTHS: [i64; 4] = [5, 10, 20, 60];

/// The periods that all lines of one shard share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodClock {
    length: i64,
    /// Number of the newest period, counted from the epoch.
    newest: i64,
    /// First second that was ever counted.
    first: Option<i64>,
}

impl Default for PeriodClock {
    fn default() -> Self {
        Self { length: LENGTHS[0], newest: 0, first: None }
    }
}

impl PeriodClock {
    /// Takes note of a second: the newest period follows it, and periods become longer when it no longer fits beside the first.
    #[inline]
    pub fn advance(&mut self, second: i64) {
        let newest = second.div_euclid(self.length);
        let first = match self.first {
            Some(first) if newest <= self.newest && first <= second => return,
            Some(first) => {
                self.newest = self.newest.max(newest);
                first.min(second)
            }
            None => {
                self.newest = newest;
                second
            }
        };
        self.first = Some(first);
        while self.newest - first.div_euclid(self.length) >= PERIODS as i64 {
            let Some(longer) = LENGTHS.iter().find(|length| **length > self.length) else { break };
            // Each length divides the next, so a newest period of the shorter kind lies in one of the longer kind.
            self.newest = self.newest.saturating_mul(self.length).div_euclid(*longer);
            self.length = *longer;
        }
    }

    /// Seconds of one period.
    pub fn length_seconds(self) -> u32 {
        self.length as u32
    }

    /// Number of the oldest period. Before anything was counted it lies at the beginning of time.
    fn oldest(self) -> i64 {
        self.newest.saturating_sub(PERIODS as i64 - 1)
    }

    /// First second of the oldest period.
    pub fn start(self) -> i64 {
        self.oldest().saturating_mul(self.length)
    }

    /// The place of a second among the periods, the oldest first; `None` where it is older than they reach.
    #[inline]
    pub fn place(self, second: i64) -> Option<usize> {
        let offset = second.div_euclid(self.length).saturating_sub(self.oldest());
        usize::try_from(offset).ok().filter(|place| *place < PERIODS)
    }
}

/// Weight in each of the newest periods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Periods {
    /// Saturates: 4 GiB in a minute is far above any shard.
    weights: [u32; PERIODS],
    /// The clock that the weights belong to.
    clock: Option<(i64, i64)>,
}

impl Periods {
    /// Adds weight to the period at this place of the clock.
    #[inline]
    pub fn add(&mut self, clock: PeriodClock, place: usize, weight: u64) {
        if self.clock != Some((clock.length, clock.newest)) {
            self.weights = self.at(clock);
            self.clock = Some((clock.length, clock.newest));
        }
        if let Some(period) = self.weights.get_mut(place) {
            *period = period.saturating_add(u32::try_from(weight).unwrap_or(u32::MAX));
        }
    }

    /// The weights in the periods of this clock, oldest first.
    pub fn at(&self, clock: PeriodClock) -> [u32; PERIODS] {
        let Some((length, newest)) = self.clock else { return [0; PERIODS] };
        if (length, newest) == (clock.length, clock.newest) {
            return self.weights;
        }
        let mut out = [0u32; PERIODS];
        for (offset, weight) in (0i64..).zip(self.weights) {
            let second = (newest - (PERIODS as i64 - 1) + offset).saturating_mul(length);
            if let Some(period) = clock.place(second).and_then(|place| out.get_mut(place)) {
                *period = period.saturating_add(weight);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn add(periods: &mut Periods, clock: PeriodClock, second: i64, weight: u64) {
        if let Some(place) = clock.place(second) {
            periods.add(clock, place, weight);
        }
    }

    #[test]
    fn periods_grow_with_the_time_they_cover() {
        let (mut clock, mut periods) = (PeriodClock::default(), Periods::default());
        for second in 6_000..6_075 {
            clock.advance(second);
            add(&mut periods, clock, second, 1);
        }
        assert_eq!((clock.length_seconds(), clock.start()), (5, 6_000));
        assert_eq!(periods.at(clock), [5; PERIODS]);
        for second in 6_075..6_900 {
            clock.advance(second);
            add(&mut periods, clock, second, 1);
        }
        assert_eq!((clock.length_seconds(), clock.start()), (60, 6_000));
        assert_eq!(periods.at(clock), [60; PERIODS]);
        clock.advance(6_900);
        assert_eq!(periods.at(clock)[13..], [60, 0], "the oldest minute has left");
    }

    proptest! {
        #[test]
        fn a_line_that_is_seen_seldom_is_the_same_as_one_that_is_seen_always(
            steps in prop::collection::vec((0i64..40, 0i64..30, any::<bool>()), 1..200),
        ) {
            let mut clock = PeriodClock::default();
            let (mut seldom, mut always) = (Periods::default(), Periods::default());
            let mut now = 1_000_000i64;
            for (ahead, back, is_seen) in steps {
                now += ahead;
                clock.advance(now);
                add(&mut always, clock, now, 0);
                if is_seen {
                    clock.advance(now - back);
                    add(&mut seldom, clock, now - back, 3);
                    add(&mut always, clock, now - back, 3);
                }
                prop_assert_eq!(seldom.at(clock), always.at(clock));
            }
        }
    }
}
