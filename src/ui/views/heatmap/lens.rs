//! Which part of the window is shown, and how many of its columns share one column of the picture.
//!
//! Where there are more columns than pixels, several of them become one. Such bins are cut at fixed times, not at the edge
//! of the window, so that they stay the same while the window moves on.

use std::ops::Range;

use crate::model::metrics::Window;
use crate::model::time::{Millis, Timestamp};

/// Fewest columns that a zoom leaves.
pub const LEAST_COLUMNS: i64 = 5;

/// A span of time that is shown instead of the whole window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zoom {
    /// From here,
    pub start: Timestamp,
    /// to here.
    pub end: Timestamp,
}

impl Zoom {
    /// The part of it that lies within the window, at least [`LEAST_COLUMNS`] long; `None` where that is all of it, or none.
    pub fn within(self, window: Window) -> Option<Self> {
        let least = Millis::from_secs(LEAST_COLUMNS * i64::from(window.step_seconds));
        let (mut start, mut end) = (self.start.max(window.start), self.end.min(window.end));
        if end <= start || (start == window.start && end == window.end) || least >= window.end - window.start {
            return None;
        }
        let lacking = least.0 - (end - start).0;
        if lacking > 0 {
            start = Timestamp((start.0 - lacking / 2).clamp(window.start.0, window.end.0 - least.0));
            end = start + least;
        }
        Some(Self { start, end })
    }

    /// Shorter or longer by `factor` around a moment that stays where it is.
    pub fn scaled(self, around: Timestamp, factor: f64) -> Self {
        let to = |edge: Timestamp| Timestamp(around.0 + ((edge.0 - around.0) as f64 * factor).round() as i64);
        Self { start: to(self.start), end: to(self.end) }
    }

    /// Moved so that it holds a moment.
    pub fn holding(self, at: Timestamp, step: Millis) -> Self {
        let by = match at {
            at if at < self.start => at - self.start,
            at if at + step > self.end => at + step - self.end,
            _ => Millis(0),
        };
        Self { start: self.start + by, end: self.end + by }
    }
}

/// What of the window is shown, in bins of one or more columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lens {
    window: Window,
    /// Columns that share a bin.
    pub per: usize,
    /// Number of the first bin, counted from the epoch.
    pub first: i64,
    /// Number of bins.
    pub count: usize,
}

impl Lens {
    /// The part that `zoom` leaves of the window, in at most `most` bins.
    pub fn of(window: Window, zoom: Option<Zoom>, most: usize) -> Self {
        let span = zoom.and_then(|zoom| zoom.within(window)).unwrap_or(Zoom { start: window.start, end: window.end });
        let most = most.max(1);
        let step = i64::from(window.step_seconds.max(1)) * 1_000;
        let (from, to) = (span.start.0.div_euclid(step), (span.end.0 + step - 1).div_euclid(step));
        let columns = usize::try_from(to - from).unwrap_or(0);
        let mut lens = Self { window, per: columns.div_ceil(most).max(1), first: 0, count: 0 };
        loop {
            let per = lens.per as i64;
            lens.first = from.div_euclid(per);
            lens.count = usize::try_from((to + per - 1).div_euclid(per) - lens.first).unwrap_or(0);
            // A bin that is cut by either edge takes one more.
            if lens.count <= most || lens.per >= columns.max(1) {
                return lens;
            }
            lens.per += 1;
        }
    }

    /// The whole window in bins of so many columns.
    pub fn whole(window: Window, per: usize) -> Self {
        let mut lens = Self { window, per: per.max(1), first: 0, count: 0 };
        let step = lens.step().0;
        lens.first = window.start.0.div_euclid(step);
        lens.count = usize::try_from((window.end.0 + step - 1).div_euclid(step) - lens.first).unwrap_or(0);
        lens
    }

    /// Length of a bin.
    pub fn step(&self) -> Millis {
        Millis::from_secs(i64::from(self.window.step_seconds.max(1)) * self.per as i64)
    }

    /// When a bin begins.
    pub fn time_of(&self, bin: usize) -> Timestamp {
        Timestamp((self.first + bin as i64) * self.step().0)
    }

    /// The bin that holds a moment, where it is shown.
    pub fn bin_at(&self, at: Timestamp) -> Option<usize> {
        let bin = usize::try_from(at.0.div_euclid(self.step().0) - self.first).ok()?;
        (bin < self.count).then_some(bin)
    }

    /// The columns of the window that a bin stands for; at the edges fewer than elsewhere.
    pub fn columns_of(&self, bin: usize) -> Range<usize> {
        let window_first = self.window.start.0.div_euclid(i64::from(self.window.step_seconds.max(1)) * 1_000);
        let first = (self.first + bin as i64) * self.per as i64 - window_first;
        let column = |at: i64| usize::try_from(at.max(0)).unwrap_or(0).min(self.window.len());
        column(first)..column(first + self.per as i64)
    }

    /// What is shown, cut to the window.
    pub fn span(&self) -> Zoom {
        Zoom { start: self.time_of(0).max(self.window.start), end: self.time_of(self.count).min(self.window.end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn window(first: i64, columns: i64) -> Window {
        let at = |minute: i64| Timestamp::from_secs(minute * 60);
        Window { start: at(first), end: at(first + columns), step_seconds: 60 }
    }

    #[test]
    fn a_day_in_few_pixels_keeps_its_bins_while_it_moves_on() {
        let (one, next) = (Lens::of(window(7, 1_440), None, 540), Lens::of(window(8, 1_440), None, 540));
        assert_eq!((one.per, one.count), (3, 481));
        assert_eq!(one.columns_of(0), 0..2, "minute 6 lies before the window");
        assert_eq!(one.columns_of(480), 1_439..1_440);
        assert_eq!(one.time_of(1), next.time_of(1));
        assert_eq!(one.bin_at(Timestamp::from_secs(10 * 60)), Some(1));
    }

    #[test]
    fn a_zoom_keeps_to_the_window() {
        let window = window(0, 60);
        let at = |minute: i64| Timestamp::from_secs(minute * 60);
        let zoom = |from, to| Zoom { start: at(from), end: at(to) };
        assert_eq!(zoom(-9, 99).within(window), None);
        assert_eq!(zoom(70, 90).within(window), None, "it has left the window");
        assert_eq!(zoom(50, 90).within(window), Some(zoom(50, 60)));
        assert_eq!(zoom(59, 60).within(window), Some(zoom(55, 60)));
        assert_eq!(zoom(20, 40).scaled(at(30), 0.5), zoom(25, 35));
        assert_eq!(zoom(20, 40).holding(at(40), Millis::from_mins(1)), zoom(21, 41));
        assert_eq!(zoom(20, 40).holding(at(18), Millis::from_mins(1)), zoom(18, 38));
        let lens = Lens::of(window, Some(zoom(20, 40)), 540);
        assert_eq!((lens.per, lens.count, lens.columns_of(0)), (1, 20, 20..21));
    }

    proptest! {
        #[test]
        fn every_column_in_sight_has_one_bin(
            first in 0_i64..5_000,
            columns in 1_i64..2_000,
            most in 1_usize..700,
        ) {
            let lens = Lens::of(window(first, columns), None, most);
            let covered: Vec<usize> = (0..lens.count).flat_map(|bin| lens.columns_of(bin)).collect();
            prop_assert_eq!(covered, (0..columns as usize).collect::<Vec<_>>());
            prop_assert!(lens.count <= most || lens.per as i64 >= columns);
        }
    }
}
