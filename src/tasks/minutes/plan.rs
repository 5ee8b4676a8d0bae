//! Which calls ask for what is missing. Pure: knows numbers of series and periods, not what they stand for.
//!
//! A metric costs the same whatever its span, and a call has one span for all its series. So series that miss the same
//! span go together, and a call that would answer more than a page is made smaller by its series, never by its span: two
//! spans would pay for each series twice.

use std::collections::BTreeMap;
use std::ops::Range;

use super::chunk::{Mask, PERIODS, bit};
use crate::model::limits::{GET_METRIC_DATA_MAX_POINTS, GET_METRIC_DATA_MAX_QUERIES};

/// One call: one span of periods for some series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Periods, counted from the start of the window.
    pub periods: Range<usize>,
    /// Numbers of the series.
    pub series: Vec<usize>,
}

/// The calls that bring what is missing, the newest periods first. `missing` has the runs of periods of each series.
pub fn plan(missing: &[Vec<Range<usize>>]) -> Vec<Ask> {
    let mut groups: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (series, runs) in missing.iter().enumerate() {
        for run in runs.iter().filter(|run| !run.is_empty()) {
            groups.entry((run.end, run.start)).or_default().push(series);
        }
    }
    let mut asks = Vec::new();
    for ((end, start), series) in groups.into_iter().rev() {
        let most = (GET_METRIC_DATA_MAX_POINTS / (end - start)).clamp(1, GET_METRIC_DATA_MAX_QUERIES);
        asks.extend(series.chunks(most).map(|series| Ask { periods: start..end, series: series.to_vec() }));
    }
    asks
}

/// The runs of periods that are missing of one series, found chunk by chunk.
#[derive(Debug, Default)]
pub struct Missing(Vec<Range<usize>>);

impl Missing {
    /// Looks at one chunk: `known` are its known periods, `within` those that the window covers, and its period `p` is the
    /// window's period `p + offset`. Chunks come in the order of time.
    pub fn add(&mut self, known: Mask, within: Mask, offset: isize) {
        let missing = within & !known;
        if missing == 0 {
            return;
        }
        for period in (0..PERIODS).filter(|period| missing & bit(*period) != 0) {
            let Some(at) = period.checked_add_signed(offset) else { continue };
            match self.0.last_mut() {
                Some(run) if run.end == at => run.end += 1,
                _ => self.0.push(at..at + 1),
            }
        }
    }

    /// The runs.
    pub fn into_runs(self) -> Vec<Range<usize>> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_thousand_shards_are_refreshed_in_six_calls() {
        let asks = plan(&vec![vec![56..60]; 3_000]);
        assert_eq!(asks.iter().map(|ask| ask.series.len()).collect::<Vec<_>>(), [500; 6]);
        assert!(asks.iter().all(|ask| ask.periods == (56..60)));
    }

    #[test]
    fn a_day_of_many_shards_is_split_by_series_and_not_by_time() {
        let asks = plan(&vec![vec![0..1_440]; 3_000]);
        assert!(asks.iter().all(|ask| ask.periods == (0..1_440)));
        assert!(asks.iter().all(|ask| ask.series.len() * 1_440 <= GET_METRIC_DATA_MAX_POINTS));
        assert_eq!(asks.len(), 43);
    }

    proptest! {
        #[test]
        fn every_missing_period_is_asked_for_exactly_once(
            known in proptest::collection::vec(proptest::collection::vec(any::<Mask>(), 4), 1..30),
            first in 0..PERIODS, cut in 0..PERIODS,
        ) {
            // A window that begins and ends anywhere within its chunks.
            let end = 4 * PERIODS - cut;
            let missing: Vec<_> = known.iter().map(|chunks| {
                let mut missing = Missing::default();
                for (chunk, known) in chunks.iter().enumerate() {
                    let within = (0..PERIODS)
                        .filter(|period| (first..end).contains(&(chunk * PERIODS + period)))
                        .fold(0, |mask, period| mask | bit(period));
                    missing.add(*known, within, (chunk * PERIODS) as isize - first as isize);
                }
                missing.into_runs()
            }).collect();
            let mut times_asked = vec![vec![0; end - first]; known.len()];
            for ask in plan(&missing) {
                prop_assert!(ask.series.len() <= GET_METRIC_DATA_MAX_QUERIES);
                for series in ask.series {
                    ask.periods.clone().for_each(|period| times_asked[series][period] += 1);
                }
            }
            for (series, asked) in times_asked.iter().enumerate() {
                for (period, times) in asked.iter().enumerate() {
                    let at = first + period;
                    let is_known = known[series][at / PERIODS] & bit(at % PERIODS) != 0;
                    prop_assert_eq!(*times, usize::from(!is_known), "series {} period {}", series, at);
                }
            }
        }
    }
}
