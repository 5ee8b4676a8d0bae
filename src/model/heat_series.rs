//! Figures of one row of the heatmap over a window that moves on with time.
//!
//! A ring: when the window moves on by one column, that column is written and nothing is copied, however long the window is.
//! Like [`super::series::Series`] it keeps what is unknown apart from zero.

use super::metrics::Window;
use super::time::{Millis, Timestamp};

/// Figures of the columns of a window, unknown ones among them.
#[derive(Clone, Debug)]
pub struct HeatSeries {
    start: Timestamp,
    step_seconds: u32,
    /// Where column 0 is kept.
    head: usize,
    /// Not a number where a figure is unknown.
    values: Vec<f64>,
    /// The largest figure of each [`BLOCK`] of places, so that the largest of all is found without reading them all; below
    /// every figure where none is known.
    largest: Vec<f64>,
    known: usize,
}

/// Places that share one of the largest figures.
const BLOCK: usize = 32;

impl PartialEq for HeatSeries {
    fn eq(&self, other: &Self) -> bool {
        self.start == other.start && self.step_seconds == other.step_seconds && self.iter().eq(other.iter())
    }
}

impl HeatSeries {
    /// The columns of a window, of which nothing is known yet.
    pub fn unknown(window: Window) -> Self {
        let step_seconds = window.step_seconds.max(1);
        let len = window.len();
        let largest = vec![f64::NEG_INFINITY; len.div_ceil(BLOCK)];
        Self { start: window.start, step_seconds, head: 0, values: vec![f64::NAN; len], largest, known: 0 }
    }

    /// When column 0 begins.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// Length of a column in seconds.
    pub fn step_seconds(&self) -> u32 {
        self.step_seconds
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no column.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Number of known figures.
    pub fn known(&self) -> usize {
        self.known
    }

    fn slot(&self, column: usize) -> Option<usize> {
        let len = self.values.len();
        (column < len).then(|| if self.head + column >= len { self.head + column - len } else { self.head + column })
    }

    /// The figure of a column.
    pub fn at(&self, column: usize) -> Option<f64> {
        let value = *self.values.get(self.slot(column)?)?;
        (!value.is_nan()).then_some(value)
    }

    /// Sets the figure of a column; one that is not a finite number is unknown. Gives the old figure where it differs.
    pub fn set(&mut self, column: usize, value: Option<f64>) -> Option<Option<f64>> {
        let slot = self.slot(column)?;
        let place = self.values.get_mut(slot)?;
        let old = (!place.is_nan()).then_some(*place);
        let new = value.filter(|value| value.is_finite());
        if old == new {
            return None;
        }
        *place = new.unwrap_or(f64::NAN);
        self.known = self.known + usize::from(new.is_some()) - usize::from(old.is_some());
        self.settle_block(slot, old, new);
        Some(old)
    }

    fn settle_block(&mut self, slot: usize, old: Option<f64>, new: Option<f64>) {
        let block = slot / BLOCK;
        let Some(largest) = self.largest.get_mut(block) else { return };
        match (old, new) {
            (_, Some(new)) if new >= *largest => *largest = new,
            (Some(old), _) if old >= *largest => {
                let places = self.values.iter().skip(block * BLOCK).take(BLOCK);
                *largest = places.copied().fold(f64::NEG_INFINITY, f64::max);
            }
            _ => {}
        }
    }

    /// Moves the window on. The oldest columns leave, their figures go to `gone`, and as many unknown ones come at the end.
    pub fn advance(&mut self, columns: usize, mut gone: impl FnMut(f64)) {
        let len = self.values.len();
        for column in 0..columns.min(len) {
            if let Some(Some(old)) = self.set(column, None) {
                gone(old);
            }
        }
        if len > 0 {
            self.head = (self.head + columns) % len;
        }
        self.start = self.start + Millis::from_secs(columns as i64 * i64::from(self.step_seconds));
    }

    /// Every figure, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Option<f64>> + '_ {
        let (behind, before) = self.values.split_at_checked(self.head).unwrap_or((&[], &self.values));
        before.iter().chain(behind).map(|value| (!value.is_nan()).then_some(*value))
    }

    /// The newest known figure and its column.
    pub fn last_known(&self) -> Option<(usize, f64)> {
        if self.known == 0 {
            return None;
        }
        let (back, value) = self.iter().rev().enumerate().find_map(|(back, value)| Some((back, value?)))?;
        Some((self.len() - 1 - back, value))
    }

    /// The oldest column with a figure.
    pub fn first_known(&self) -> Option<usize> {
        if self.known == 0 { None } else { self.iter().position(|value| value.is_some()) }
    }

    /// The largest known figure.
    pub fn max(&self) -> Option<f64> {
        if self.known == 0 { None } else { self.largest.iter().copied().reduce(f64::max) }
    }

    /// Sum of the known figures; `None` where none is known.
    pub fn sum(&self) -> Option<f64> {
        if self.known == 0 { None } else { self.iter().flatten().reduce(|a, b| a + b) }
    }

    /// Number of known figures among the newest `len` for which `test` holds.
    pub fn count_recent(&self, len: usize, test: impl Fn(f64) -> bool) -> usize {
        self.iter().rev().take(len).flatten().filter(|value| test(*value)).count()
    }

    /// When a column begins.
    pub fn time_of(&self, column: usize) -> Timestamp {
        self.start + Millis::from_secs(column as i64 * i64::from(self.step_seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn window(first: i64, len: i64) -> Window {
        let at = |minute: i64| Timestamp::from_secs(minute * 60);
        Window { start: at(first), end: at(first + len), step_seconds: 60 }
    }

    #[test]
    fn a_window_that_moves_on_forgets_its_oldest_columns() {
        let mut series = HeatSeries::unknown(window(0, 4));
        for (column, value) in [(0, 1.0), (1, 9.0), (3, 4.0)] {
            series.set(column, Some(value));
        }
        let mut gone = Vec::new();
        series.advance(2, |value| gone.push(value));
        assert_eq!(gone, [1.0, 9.0]);
        assert_eq!(series.iter().collect::<Vec<_>>(), [None, Some(4.0), None, None]);
        assert_eq!((series.start(), series.known()), (Timestamp::from_secs(120), 1));
        assert_eq!((series.last_known(), series.first_known()), (Some((1, 4.0)), Some(1)));
        assert_eq!(series.set(3, Some(f64::NAN)), None);
        assert_eq!(series.set(1, Some(5.0)), Some(Some(4.0)));
        assert_eq!(series.set(9, Some(5.0)), None);
    }

    proptest! {
        #[test]
        fn moving_on_is_the_same_as_writing_anew(
            values in prop::collection::vec(prop::option::of(0.0..2.0_f64), 1..100),
            by in 0_usize..120,
        ) {
            let len = values.len();
            let mut moved = HeatSeries::unknown(window(0, len as i64));
            for (column, value) in values.iter().enumerate() {
                moved.set(column, *value);
            }
            moved.advance(by, |_| {});
            let mut anew = HeatSeries::unknown(window(by as i64, len as i64));
            for column in 0..len {
                anew.set(column, values.get(column + by).copied().flatten());
            }
            prop_assert_eq!(&moved, &anew);
            prop_assert_eq!(moved.known(), anew.known());
            prop_assert_eq!(moved.max(), anew.max());
            prop_assert_eq!(moved.max(), moved.iter().flatten().reduce(f64::max));
            prop_assert_eq!(moved.last_known(), anew.last_known());
        }
    }
}
