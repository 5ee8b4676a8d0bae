//! A moment as a person writes it: exact, of today, or so long ago.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::time::{Millis, Timestamp};

/// What can be written, for an error or a hint.
pub const FORMS: &str = "14:22, 2026-09-15 14:22:08, 2026-09-15T14:22:08Z, or -15m";

/// Reads a moment. A date without a zone is one in `zone`, a time without a date one of today, or of yesterday where it is
/// still to come; `-15m` is so long before `now`, in s, m, h or d.
///
/// # Errors
/// One sentence that names what can be written.
pub fn parse(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, String> {
    let text = text.trim();
    ago(text, now)
        .or_else(|| Timestamp::from_rfc3339(text).ok())
        .or_else(|| dated(text, zone))
        .or_else(|| of_today(text, now, zone))
        .ok_or_else(|| format!("Not a time. Write it as {FORMS}."))
}

fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    let rest = text.strip_prefix(['-', '−'])?;
    let (number, unit) = rest.split_at_checked(rest.len().checked_sub(1)?)?;
    let number: i64 = number.trim().parse().ok().filter(|number| (0..=100_000).contains(number))?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    Some(now - Millis::from_secs(number * seconds))
}

fn at(date: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    let zoned = date.to_datetime(time).to_zoned(zone.clone()).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond()))
}

fn dated(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
    at(date.parse().ok()?, clock(time)?, zone)
}

fn of_today(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let time = clock(text)?;
    let today = jiff::Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone()).date();
    let moment = at(today, time, zone)?;
    if moment <= now { Some(moment) } else { at(today.yesterday().ok()?, time, zone) }
}

fn clock(text: &str) -> Option<Time> {
    let text = text.trim();
    // `14` alone is rather a typing that has only begun.
    if !text.contains(':') {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let now = Timestamp::from_rfc3339("2026-09-15T14:37:08Z").expect("a time");
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        for (text, zone, expected) in [
            ("14:22", &TimeZone::UTC, "2026-09-15T14:22:00.000Z"),
            ("15:00:01", &TimeZone::UTC, "2026-09-14T15:00:01.000Z"),
            ("14:22", &berlin, "2026-09-15T12:22:00.000Z"),
            ("2026-09-10 08:00", &berlin, "2026-09-10T06:00:00.000Z"),
            ("2026-09-10", &TimeZone::UTC, "2026-09-10T00:00:00.000Z"),
            ("2026-09-10T08:00:00.250+02:00", &TimeZone::UTC, "2026-09-10T06:00:00.250Z"),
            (" -15m ", &TimeZone::UTC, "2026-09-15T14:22:08.000Z"),
            ("-1d", &TimeZone::UTC, "2026-09-14T14:37:08.000Z"),
        ] {
            assert_eq!(parse(text, now, zone).map(Timestamp::to_rfc3339), Ok(expected.to_owned()), "{text}");
        }
        for wrong in ["", "now", "14", "25:00", "-m", "-1y", "2026-13-01", "-99999999999999d"] {
            assert!(parse(wrong, now, &TimeZone::UTC).is_err(), "{wrong}");
        }
    }
}
