//! Moments as the SDK hands them over.

use aws_smithy_types::DateTime;

use crate::model::time::Timestamp;

const NANOS_PER_MILLI: u32 = 1_000_000;

/// To the nearest millisecond. AWS writes milliseconds as a fraction of a second; read as floating point, half of all
/// fractions end up a few nanoseconds short, and cutting them off would be a millisecond early. `None` for the epoch and
/// before it: servers that do not know a time say 0.
pub(super) fn timestamp(at: &DateTime) -> Option<Timestamp> {
    let of_second = (at.subsec_nanos() + NANOS_PER_MILLI / 2) / NANOS_PER_MILLI;
    let millis = at.secs().checked_mul(1_000)?.checked_add(i64::from(of_second))?;
    (millis > 0).then_some(Timestamp(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_millisecond_survives_the_wire() {
        for millis in 1_795_251_234_000..1_795_251_235_000_i64 {
            let on_the_wire = DateTime::from_secs_f64(millis as f64 / 1_000.0);
            assert_eq!(timestamp(&on_the_wire), Some(Timestamp(millis)));
        }
        assert_eq!(timestamp(&DateTime::from_secs(0)), None);
    }
}
