//! The times that the records of a file carry, and when each of them is due when they are sent with the file's own spacing.

use crate::model::time::{Millis, Timestamp};

/// How much faster than in the file records may be sent, in the order they are offered.
pub const SPEEDS: [u16; 4] = [1, 2, 10, 60];
/// Numbers from here on are finer than seconds: it is the year 5138 in seconds, and 1973 in milliseconds.
const MILLIS_FROM: f64 = 1e11;
/// Numbers from here on are microseconds, and a thousand times that nanoseconds.
const MICROS_FROM: f64 = 1e14;
const NANOS_FROM: f64 = 1e17;

/// Reads RFC 3339, or a number since 1970: in seconds, with a fraction or without, or in milliseconds, micro- or nanoseconds, as
/// its size tells.
///
/// # Errors
/// What is wrong with it.
pub fn read_time(text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    let wrong = || format!("{} is no time", crate::model::format::one_line(text, 40));
    let Ok(number) = text.parse::<f64>() else { return Timestamp::from_rfc3339(text).map_err(|_| wrong()) };
    let millis = match number.abs() {
        size if size < MILLIS_FROM => number * 1e3,
        size if size < MICROS_FROM => number,
        size if size < NANOS_FROM => number / 1e3,
        size if size < NANOS_FROM * 100.0 => number / 1e6,
        _ => return Err(wrong()),
    };
    Ok(Timestamp(millis.round() as i64))
}

/// What a look at the times of a file tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimesLook {
    /// Records whose time stands in the order of the file.
    pub in_order: u64,
    /// Records that are older than one before them.
    pub behind: u64,
    /// Records without a time.
    pub missing: u64,
    /// From the first time to the latest.
    pub span: Millis,
    /// The first record that is behind or without a time, and what is the matter.
    pub first_odd: Option<(u64, String)>,
    spacing: Spacing,
}

impl TimesLook {
    /// Takes the time of the next record in.
    pub fn note(&mut self, number: u64, at: Result<Timestamp, String>) {
        let odd = match self.spacing.place(at.as_ref().ok().copied()) {
            (_, Place::InOrder) => {
                self.in_order += 1;
                None
            }
            (_, Place::Behind) => {
                self.behind += 1;
                Some("is older than one before it".to_owned())
            }
            (_, Place::Unknown) => {
                self.missing += 1;
                at.err()
            }
        };
        self.span = self.spacing.latest;
        if self.first_odd.is_none() {
            self.first_odd = odd.map(|why| (number, why));
        }
    }
}

/// How a record stands to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At its own time.
    InOrder,
    /// Its time is before that of another: it is due at once behind its predecessor.
    Behind,
    /// It has no time: it is due at once behind its predecessor.
    Unknown,
}

/// Works out when records are due, one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spacing {
    first: Option<Timestamp>,
    latest: Millis,
}

impl Spacing {
    /// When the next record is due, behind the first one: never before its predecessor.
    pub fn place(&mut self, at: Option<Timestamp>) -> (Millis, Place) {
        let Some(at) = at else { return (self.latest, Place::Unknown) };
        let first = *self.first.get_or_insert(at);
        let offset = Millis(at.0.saturating_sub(first.0));
        if offset < self.latest {
            return (self.latest, Place::Behind);
        }
        self.latest = offset;
        (offset, Place::InOrder)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let at = Ok(Timestamp(1_789_483_028_114));
        assert_eq!(read_time("2026-09-15T14:37:08.114Z"), at);
        assert_eq!(read_time("2026-09-15T16:37:08.114+02:00"), at);
        assert_eq!(read_time(" 1789483028.114 "), at);
        assert_eq!(read_time("1789483028114"), at);
        assert_eq!(read_time("1789483028114000"), at);
        assert_eq!(read_time("1789483028114000000"), at);
        assert_eq!(read_time("1789483028"), Ok(Timestamp(1_789_483_028_000)));
        for wrong in ["", "yesterday", "NaN", "inf", "1e30", "14:37"] {
            assert!(read_time(wrong).is_err_and(|why| why.ends_with("is no time")), "{wrong}");
        }
    }

    #[test]
    fn what_is_odd_is_counted_and_the_first_of_it_named() {
        let mut look = TimesLook::default();
        look.note(1, Ok(Timestamp(10_000)));
        look.note(2, Ok(Timestamp(12_000)));
        look.note(3, Err(".ts is missing".to_owned()));
        look.note(4, Ok(Timestamp(11_000)));
        look.note(5, Ok(Timestamp(15_000)));
        assert_eq!((look.in_order, look.behind, look.missing, look.span), (3, 1, 1, Millis(5_000)));
        assert_eq!(look.first_odd, Some((3, ".ts is missing".to_owned())));
    }

    proptest! {
        #[test]
        fn nothing_is_due_before_its_predecessor_and_what_is_in_order_keeps_its_spacing(
            times in prop::collection::vec(prop::option::of(-50_000i64..50_000), 1..60),
        ) {
            let mut spacing = Spacing::default();
            let (mut before, mut last) = (Millis(0), None);
            for at in times {
                let (due, place) = spacing.place(at.map(Timestamp));
                prop_assert!(due >= before);
                if place == Place::InOrder {
                    if let Some((known, at_known)) = last {
                        prop_assert_eq!(due.0 - known, at.unwrap_or_default() - at_known);
                    }
                    last = Some((due.0, at.unwrap_or_default()));
                } else {
                    prop_assert_eq!(due, before);
                }
                before = due;
            }
        }
    }
}
