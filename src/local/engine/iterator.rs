//! Shard iterators and page tokens: opaque to callers, sealed, and never trusted when they come back.

use std::hash::{BuildHasher, RandomState};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use super::error::{ApiError, ApiResult, ErrorKind};
use crate::model::limits::ITERATOR_LIFETIME_SECONDS;
use crate::model::time::{Millis, Timestamp};

/// Longest iterator or token that is looked at.
const MAX_TEXT: usize = 512;

/// Where an iterator points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) stream: String,
    pub(super) stream_created: Timestamp,
    pub(super) shard: u32,
    /// Counter of the next record to read.
    pub(super) counter: u64,
}

/// Seals texts so that only those made here are taken back.
#[derive(Default)]
pub(super) struct Sealer {
    key: RandomState,
}

impl Sealer {
    /// Fields joined, stamped with the time, sealed and encoded.
    pub(super) fn seal(&self, fields: &[&str], now: Timestamp) -> String {
        let mut text = now.0.to_string();
        for field in fields {
            text.push('\n');
            text.push_str(field);
        }
        let seal = self.key.hash_one(&text);
        URL_SAFE.encode(format!("{seal:016x}{text}"))
    }

    /// The fields of a sealed text and when it was sealed; `None` where it was not made here.
    pub(super) fn open(&self, sealed: &str) -> Option<(Timestamp, Vec<String>)> {
        if sealed.len() > MAX_TEXT {
            return None;
        }
        let plain = String::from_utf8(URL_SAFE.decode(sealed).ok()?).ok()?;
        let (seal, text) = plain.split_at_checked(16)?;
        if u64::from_str_radix(seal, 16).ok()? != self.key.hash_one(text.to_owned()) {
            return None;
        }
        let mut fields = text.split('\n').map(str::to_owned);
        let at = fields.next()?.parse().ok()?;
        Some((Timestamp(at), fields.collect()))
    }

    pub(super) fn iterator(&self, position: &Position, now: Timestamp) -> String {
        self.seal(
            &[
                &position.stream,
                &position.stream_created.0.to_string(),
                &position.shard.to_string(),
                &position.counter.to_string(),
            ],
            now,
        )
    }

    pub(super) fn position(&self, iterator: &str, now: Timestamp) -> ApiResult<Position> {
        let (at, fields) = self.open(iterator).ok_or_else(|| ApiError::invalid("Invalid ShardIterator."))?;
        let [stream, created, shard, counter] = fields.as_slice() else {
            return Err(ApiError::invalid("Invalid ShardIterator."));
        };
        let (Ok(created), Ok(shard), Ok(counter)) = (created.parse(), shard.parse(), counter.parse()) else {
            return Err(ApiError::invalid("Invalid ShardIterator."));
        };
        if at.age_at(now) > Millis::from_secs(ITERATOR_LIFETIME_SECONDS) {
            return Err(ApiError::new(
                ErrorKind::ExpiredIterator,
                format!(
                    "Iterator expired. The iterator was created at time {} while right now it is {} which is further \
                     in the future than the tolerated delay of 300000 milliseconds.",
                    at.to_rfc3339(),
                    now.to_rfc3339()
                ),
            ));
        }
        Ok(Position { stream: stream.clone(), stream_created: Timestamp(created), shard, counter })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position() -> Position {
        Position { stream: "s".to_owned(), stream_created: Timestamp(5), shard: 3, counter: 99 }
    }

    #[test]
    fn an_iterator_lives_for_five_minutes() {
        let sealer = Sealer::default();
        let text = sealer.iterator(&position(), Timestamp(1_000));
        assert!(text.len() <= MAX_TEXT);
        assert_eq!(sealer.position(&text, Timestamp(301_000)), Ok(position()));
        let late = sealer.position(&text, Timestamp(301_001)).expect_err("expired");
        assert_eq!(late.kind, ErrorKind::ExpiredIterator);
    }

    #[test]
    fn a_longest_stream_name_fits() {
        let sealer = Sealer::default();
        let long = Position { stream: "x".repeat(128), counter: u64::MAX, ..position() };
        let text = sealer.iterator(&long, Timestamp(i64::MAX / 2));
        assert!(text.len() <= MAX_TEXT);
        assert_eq!(sealer.position(&text, Timestamp(i64::MAX / 2)), Ok(long));
    }

    #[test]
    fn forged_iterators_are_refused() {
        let sealer = Sealer::default();
        let other = Sealer::default().iterator(&position(), Timestamp(0));
        let long = "A".repeat(4_096);
        for text in ["", "x", "AAAA", &other, &long] {
            assert_eq!(sealer.position(text, Timestamp(0)).map_err(|e| e.kind), Err(ErrorKind::InvalidArgument));
        }
    }
}
