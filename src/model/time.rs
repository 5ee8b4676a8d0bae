//! Points in time and how they are written. There is no clock here: the present is always handed in.

use std::fmt::{self, Write};
use std::ops::{Add, Sub};

use jiff::tz::TimeZone;

/// Milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// A length of time in milliseconds; may be negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

impl Millis {
    /// A whole number of seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds * 1_000)
    }

    /// A whole number of minutes.
    pub const fn from_mins(minutes: i64) -> Self {
        Self::from_secs(minutes * 60)
    }

    /// Seconds, with their fraction.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

impl Timestamp {
    /// A whole number of seconds since the epoch.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds * 1_000)
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// The start of the period of `seconds` that holds this moment: CloudWatch stamps a period by its start.
    pub const fn floor(self, seconds: u32) -> Self {
        let step = seconds as i64 * 1_000;
        Self(self.0.div_euclid(step) * step)
    }

    /// How long ago this was at `now`; zero where it lies ahead.
    pub fn age_at(self, now: Self) -> Millis {
        Millis((now.0 - self.0).max(0))
    }

    /// Parses RFC 3339, `2026-09-15T14:37:08.311Z`.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn from_rfc3339(text: &str) -> Result<Self, String> {
        text.parse::<jiff::Timestamp>().map(|at| Self(at.as_millisecond())).map_err(|err| err.to_string())
    }

    /// RFC 3339 in UTC with milliseconds, `2026-09-15T14:37:08.311Z`.
    pub fn to_rfc3339(self) -> String {
        let mut text = String::new();
        self.push_rfc3339(&mut text);
        text
    }

    /// Writes what [`Timestamp::to_rfc3339`] says behind a text.
    pub fn push_rfc3339(self, text: &mut String) {
        // Written for every line of a tail; a format string would be read anew each time. Writing into a text does not fail.
        let _ = match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => write!(text, "{at:.3}"),
            Err(_) => text.write_str(&self.strftime("", &TimeZone::UTC)),
        };
    }

    /// `14:37`, UTC.
    pub fn hm(self) -> String {
        self.strftime("%H:%M", &TimeZone::UTC)
    }

    /// `14:37:08`, UTC.
    pub fn hms(self) -> String {
        self.strftime("%H:%M:%S", &TimeZone::UTC)
    }

    /// `14:37:08.311`, UTC.
    pub fn hms_millis(self) -> String {
        self.strftime("%H:%M:%S.%3f", &TimeZone::UTC)
    }

    /// `15 Sep 2026`, UTC.
    pub fn date(self) -> String {
        self.strftime("%-d %b %Y", &TimeZone::UTC)
    }

    /// Any `strftime` format in any zone.
    pub fn strftime(self, format: &str, zone: &TimeZone) -> String {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => at.to_zoned(zone.clone()).strftime(format).to_string(),
            Err(_) => format!("{} ms", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

impl Add<Millis> for Timestamp {
    type Output = Self;
    fn add(self, span: Millis) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Millis> for Timestamp {
    type Output = Self;
    fn sub(self, span: Millis) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for Timestamp {
    type Output = Millis;
    fn sub(self, other: Self) -> Millis {
        Millis(self.0.saturating_sub(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_goes_there_and_back() {
        let at = Timestamp::from_rfc3339("2026-09-15T14:37:08.311Z").expect("valid");
        assert_eq!(at.to_rfc3339(), "2026-09-15T14:37:08.311Z");
        assert_eq!(at.hm(), "14:37");
        assert_eq!(at.floor(60).hms_millis(), "14:37:00.000");
    }

    #[test]
    fn times_beyond_the_calendar_are_still_written() {
        assert_eq!(Timestamp(i64::MAX).hm(), format!("{} ms", i64::MAX));
    }
}
