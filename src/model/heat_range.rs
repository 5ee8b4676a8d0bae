//! How far back the heatmap looks, and how long one of its columns is.

use super::metrics::Window;
use super::time::{Millis, Timestamp};

/// A range of the heatmap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HeatRange {
    /// The last quarter of an hour.
    Minutes15,
    /// The last hour.
    #[default]
    Hour1,
    /// The last three hours.
    Hours3,
    /// The last half day.
    Hours12,
    /// The last day.
    Hours24,
    /// The last week, in columns of ten minutes.
    Days7,
}

impl HeatRange {
    /// Every range, shortest first.
    pub const ALL: [Self; 6] = [Self::Minutes15, Self::Hour1, Self::Hours3, Self::Hours12, Self::Hours24, Self::Days7];

    /// Its name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Minutes15 => "15m",
            Self::Hour1 => "1h",
            Self::Hours3 => "3h",
            Self::Hours12 => "12h",
            Self::Hours24 => "24h",
            Self::Days7 => "7d",
        }
    }

    /// Its length in minutes.
    pub fn minutes(self) -> u32 {
        match self {
            Self::Minutes15 => 15,
            Self::Hour1 => 60,
            Self::Hours3 => 180,
            Self::Hours12 => 720,
            Self::Hours24 => 1_440,
            Self::Days7 => 10_080,
        }
    }

    /// Length of a column in seconds; a `Period` that CloudWatch has for a range of this age.
    pub fn step_seconds(self) -> u32 {
        match self {
            Self::Days7 => 600,
            _ => 60,
        }
    }

    /// The newest whole columns. The running one is left out: its sums are still growing and would look calm.
    pub fn window(self, now: Timestamp) -> Window {
        let step_seconds = self.step_seconds();
        let end = now.floor(step_seconds);
        Window { start: end - Millis::from_mins(i64::from(self.minutes())), end, step_seconds }
    }

    /// The next shorter range; the shortest stays.
    pub fn shorter(self) -> Self {
        let at = Self::ALL.iter().position(|range| *range == self).unwrap_or(0);
        Self::ALL.get(at.saturating_sub(1)).copied().unwrap_or(self)
    }

    /// The next longer range; the longest stays.
    pub fn longer(self) -> Self {
        let at = Self::ALL.iter().position(|range| *range == self).unwrap_or(0);
        Self::ALL.get(at + 1).copied().unwrap_or(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_with_the_last_whole_column() {
        let now = Timestamp::from_rfc3339("2026-09-15T14:37:08Z").expect("a time");
        let hour = HeatRange::Hour1.window(now);
        assert_eq!((hour.end.hm().as_str(), hour.len()), ("14:37", 60));
        let week = HeatRange::Days7.window(now);
        assert_eq!((week.end.hm().as_str(), week.len(), week.step_seconds), ("14:30", 1_008, 600));
    }

    #[test]
    fn ranges_end_at_both_ends() {
        assert_eq!(HeatRange::Minutes15.shorter(), HeatRange::Minutes15);
        assert_eq!(HeatRange::Days7.longer(), HeatRange::Days7);
        assert_eq!(HeatRange::Hour1.longer().shorter(), HeatRange::Hour1);
    }
}
