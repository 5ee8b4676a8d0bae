//! A series of figures at a fixed step, with gaps: what is not known is `None` and never zero.

use super::time::{Millis, Timestamp};

/// Figures at `start`, `start + step`, …; each stands for the period that begins there.
#[derive(Clone, Debug)]
pub struct Series {
    start: Timestamp,
    step_seconds: u32,
    len: usize,
    /// Empty while nothing is known: half of the figures of a large stream are never asked for, and a day of them takes
    /// 23 KB a series.
    values: Vec<Option<f64>>,
}

/// What a series of which nothing is known looks like, up to a week of minutes.
static UNKNOWN: [Option<f64>; 10_080] = [None; 10_080];

impl PartialEq for Series {
    fn eq(&self, other: &Self) -> bool {
        (self.start, self.step_seconds) == (other.start, other.step_seconds) && self.values() == other.values()
    }
}

impl Series {
    /// A series of `len` unknown figures. `start` is rounded down to the step.
    pub fn unknown(start: Timestamp, step_seconds: u32, len: usize) -> Self {
        let step_seconds = step_seconds.max(1);
        let values = if len > UNKNOWN.len() { vec![None; len] } else { Vec::new() };
        Self { start: start.floor(step_seconds), step_seconds, len, values }
    }

    /// First period.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// Length of a period in seconds.
    pub fn step_seconds(&self) -> u32 {
        self.step_seconds
    }

    /// Number of periods, known or not.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no periods at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Every figure in order.
    pub fn values(&self) -> &[Option<f64>] {
        if self.values.is_empty() { UNKNOWN.get(..self.len).unwrap_or(&[]) } else { &self.values }
    }

    /// The figures, to change them.
    fn values_mut(&mut self) -> &mut [Option<f64>] {
        if self.values.is_empty() {
            self.values = vec![None; self.len];
        }
        &mut self.values
    }

    /// The figure of the `index`-th period.
    pub fn at(&self, index: usize) -> Option<f64> {
        self.values.get(index).copied().flatten()
    }

    /// The period that holds this moment; `None` where it lies outside.
    pub fn index_of(&self, at: Timestamp) -> Option<usize> {
        let offset = at.0.checked_sub(self.start.0)?;
        let index = usize::try_from(offset.div_euclid(i64::from(self.step_seconds) * 1_000)).ok()?;
        (index < self.len).then_some(index)
    }

    /// When the `index`-th period begins.
    pub fn time_of(&self, index: usize) -> Timestamp {
        self.start + Millis::from_secs(index as i64 * i64::from(self.step_seconds))
    }

    /// Sets the figure of the period that holds `at`; outside the series it is dropped. Figures that are not numbers stay unknown.
    pub fn set(&mut self, at: Timestamp, value: f64) {
        if let Some(slot) = self.index_of(at).and_then(|index| self.values_mut().get_mut(index)) {
            *slot = value.is_finite().then_some(value);
        }
    }

    /// Sets the figures of the periods from `first` on; what lies outside is dropped.
    pub fn set_run(&mut self, first: usize, figures: impl Iterator<Item = Option<f64>>) {
        for (index, figure) in (first..self.len).zip(figures) {
            let figure = figure.filter(|figure| figure.is_finite());
            if (figure.is_some() || !self.values.is_empty())
                && let Some(slot) = self.values_mut().get_mut(index)
            {
                *slot = figure;
            }
        }
    }

    /// Makes every unknown figure zero whose period is known in `other`, period by period.
    pub fn zero_where_known(&mut self, other: &Self) {
        if other.values.is_empty() {
            return;
        }
        for (slot, other) in self.values_mut().iter_mut().zip(&other.values) {
            if slot.is_none() && other.is_some() {
                *slot = Some(0.0);
            }
        }
    }

    /// The newest figure that can be believed, and its period. From `incomplete_from` on sums still grow: such a figure
    /// counts only where [`is_grown`] says that it is whole, else the newest final one stands.
    pub fn last_settled(&self, incomplete_from: Option<Timestamp>) -> Option<(usize, f64)> {
        let from = incomplete_from.map_or(self.len(), |from| self.index_of(from.max(self.start)).unwrap_or(self.len()));
        let newest_in = |periods: std::ops::Range<usize>| {
            periods.rev().find_map(|index| self.at(index).map(|value| (index, value)))
        };
        let growing = newest_in(from..self.len());
        match (newest_in(0..from), growing) {
            (Some(last), Some(growing)) if !is_grown(growing.1, last.1) => Some(last),
            (last, growing) => growing.or(last),
        }
    }

    /// The newest known figure and its period.
    pub fn last_known(&self) -> Option<(usize, f64)> {
        self.values.iter().enumerate().rev().find_map(|(index, value)| value.map(|value| (index, value)))
    }

    /// The largest known figure.
    pub fn max(&self) -> Option<f64> {
        self.values.iter().flatten().copied().reduce(f64::max)
    }

    /// Sum of the known figures; `None` where none is known.
    pub fn sum(&self) -> Option<f64> {
        self.values.iter().flatten().copied().reduce(|a, b| a + b)
    }

    /// Mean of the known figures.
    pub fn mean(&self) -> Option<f64> {
        let known = self.values.iter().flatten().count();
        self.sum().map(|sum| sum / known as f64)
    }

    /// The same periods with each known figure changed.
    pub fn map(&self, change: impl Fn(f64) -> f64) -> Self {
        Self { values: self.values.iter().map(|value| value.map(&change)).collect(), ..*self }
    }

    /// Sums a per-period total into a rate per second.
    pub fn per_second(&self) -> Self {
        let seconds = f64::from(self.step_seconds);
        self.map(|total| total / seconds)
    }

    /// Number of known figures for which `test` holds, counted over the newest `len` periods.
    pub fn count_recent(&self, len: usize, test: impl Fn(f64) -> bool) -> usize {
        self.values.iter().rev().take(len).flatten().filter(|value| test(**value)).count()
    }
}

/// Part of the newest final figure from which on a sum that may still grow counts as whole: below it, records of the period
/// are likely to be missing; above it, traffic varies by as much.
const GROWN: f64 = 0.9;

/// Whether a sum that may still grow can be taken for whole beside the newest final one.
pub fn is_grown(growing: f64, last: f64) -> bool {
    growing >= last * GROWN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_not_zero() {
        let mut series = Series::unknown(Timestamp::from_secs(61), 60, 4);
        assert_eq!(series.start(), Timestamp::from_secs(60));
        assert_eq!(series.sum(), None);
        series.set(Timestamp::from_secs(125), 6.0);
        series.set(Timestamp::from_secs(10_000), 9.0);
        series.set(Timestamp::from_secs(0), 9.0);
        series.set(Timestamp::from_secs(180), f64::NAN);
        assert_eq!(series.values(), [None, Some(6.0), None, None]);
        assert_eq!(series.last_known(), Some((1, 6.0)));
        assert_eq!(series.mean(), Some(6.0));
        assert_eq!(series.per_second().at(1), Some(0.1));
    }

    #[test]
    fn a_series_of_which_nothing_is_known_has_its_length() {
        for len in [0, 3, UNKNOWN.len() + 1] {
            let mut series = Series::unknown(Timestamp(0), 60, len);
            assert_eq!((series.len(), series.values().len(), series.last_known()), (len, len, None));
            series.set_run(0, [None, None].into_iter());
            assert_eq!(series, Series::unknown(Timestamp(0), 60, len));
            assert_eq!(series.map(|value| value + 1.0), series);
            series.set(Timestamp(0), 1.0);
            assert_eq!((series.values().len(), series.at(0).is_some()), (len, len > 0));
            series.set_run(0, [None].into_iter());
            assert_eq!(
                series,
                Series::unknown(Timestamp(0), 60, len),
                "known or not, not how it is kept, makes them equal"
            );
        }
    }

    #[test]
    fn a_low_figure_that_still_grows_does_not_stand_for_now() {
        let mut series = Series::unknown(Timestamp(0), 60, 5);
        series.set_run(1, [Some(10.0), Some(8.0), Some(3.0), None, Some(9.0)].into_iter());
        assert_eq!(series.values(), [None, Some(10.0), Some(8.0), Some(3.0), None]);
        assert_eq!(series.last_settled(None), Some((3, 3.0)));
        assert_eq!(series.last_settled(Some(Timestamp(180_000))), Some((2, 8.0)));
        series.set(Timestamp(180_000), 7.6);
        assert_eq!(series.last_settled(Some(Timestamp(180_000))), Some((3, 7.6)), "traffic varies by as much");
        series.set(Timestamp(180_000), 12.0);
        assert_eq!(series.last_settled(Some(Timestamp(180_000))), Some((3, 12.0)));
        assert_eq!(series.last_settled(Some(Timestamp(0))), Some((3, 12.0)));
    }
}
