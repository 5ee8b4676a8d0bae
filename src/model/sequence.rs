//! Sequence numbers in the layout that was observed on AWS: 47 hexadecimal digits written as 56 decimal ones.
//!
//! From the top: `2`, 9 digits of the shard's creation second, the last digit of the shard's index, 16 digits that
//! count the records of the shard, 2 zeros, 9 digits of the record's second, 8 digits of the shard's index, `2`.
//! AWS does not document it: what is read from one is said to be so.

use std::fmt;

use super::ids::SequenceNumber;
use super::time::Timestamp;

/// The counter in the number that closes a shard.
pub const CLOSING_COUNTER: u64 = 0x7FFF_FFFF_FFFF_FFFF;

const MASK_36: u128 = (1 << 36) - 1;
const CHUNK: u64 = 10_000_000_000_000_000_000;
const CHUNK_DIGITS: usize = 19;

/// Kinesis opened in November 2013; a second before it, or one after 2100, is no second of a record.
const PLAUSIBLE_SECS: std::ops::Range<u64> = 1_383_264_000..4_102_444_800;

/// When the record, the start or the end of a shard that has this number was made, to the second; `None` where the number is of
/// another layout.
pub fn made_at(number: &SequenceNumber) -> Option<Timestamp> {
    let secs = Sequence::parse(number.as_str())?.time_secs;
    PLAUSIBLE_SECS.contains(&secs).then(|| i64::try_from(secs).ok().map(Timestamp::from_secs)).flatten()
}

/// What a sequence number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sequence {
    /// Second in which the shard was made.
    pub created_secs: u64,
    /// Index of the shard.
    pub shard_index: u32,
    /// Position in the shard; 0 is the start, records begin at 1.
    pub counter: u64,
    /// Second in which the record arrived.
    pub time_secs: u64,
}

impl Sequence {
    /// Reads a decimal number; `None` where it is not of this layout.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_start_matches('0');
        if text.is_empty() || text.len() > 3 * CHUNK_DIGITS || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (mut high, mut low) = (0u128, 0u128);
        for digit in text.bytes() {
            // (high, low) * 10 + digit, with `low` kept to 64 bits and `high` to 128.
            let product = low * 10 + u128::from(digit - b'0');
            low = product & u128::from(u64::MAX);
            high = high.checked_mul(10)?.checked_add(product >> 64)?;
        }
        let low128 = low | (high << 64);
        let top = u64::try_from(high >> 64).ok()?;
        let sequence = Self {
            created_secs: (top >> 20) & (MASK_36 as u64),
            shard_index: (low128 >> 4) as u32,
            counter: ((low128 >> 80) as u64) | (top << 48),
            time_secs: ((low128 >> 36) & MASK_36) as u64,
        };
        (sequence.parts() == (top, low128)).then_some(sequence)
    }

    /// The upper 60 and the lower 128 bits.
    fn parts(self) -> (u64, u128) {
        let low = 2
            | (u128::from(self.shard_index) << 4)
            | ((u128::from(self.time_secs) & MASK_36) << 36)
            | (u128::from(self.counter) << 80);
        let high = (self.counter >> 48)
            | (u64::from(self.shard_index & 0xF) << 16)
            | ((self.created_secs & MASK_36 as u64) << 20)
            | (2 << 56);
        (high, low)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (high, low) = self.parts();
        let mut limbs = [high, (low >> 64) as u64, low as u64];
        let mut chunks = [0u64; 3];
        for chunk in chunks.iter_mut().rev() {
            let mut rest = 0u128;
            for limb in &mut limbs {
                let value = (rest << 64) | u128::from(*limb);
                *limb = (value / u128::from(CHUNK)) as u64;
                rest = value % u128::from(CHUNK);
            }
            *chunk = rest as u64;
        }
        let [first, second, third] = chunks;
        write!(f, "{first}{second:019}{third:019}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_seen_on_aws_is_read() {
        let text = "49663978758868311932389618382594866003608249521882005538";
        let sequence = Sequence::parse(text).expect("layout");
        assert_eq!(sequence.shard_index, 2);
        assert_eq!(sequence.time_secs, 1_749_554_926);
        assert_eq!(sequence.to_string(), text);
        assert_eq!(made_at(&SequenceNumber::from(text)), Some(Timestamp::from_secs(1_749_554_926)));
    }

    #[test]
    fn numbers_grow_with_the_counter_and_go_there_and_back() {
        let at = |counter| Sequence { created_secs: 1_790_000_000, shard_index: 37, counter, time_secs: 1_790_000_100 };
        let mut last = SequenceNumber::from("0");
        for counter in [0, 1, 2, 15, 16, 1 << 20, 1 << 50, CLOSING_COUNTER] {
            let text = at(counter).to_string();
            assert_eq!(text.len(), 56);
            assert_eq!(Sequence::parse(&text), Some(at(counter)));
            let number = SequenceNumber::from(text);
            assert!(number > last);
            last = number;
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "0", "abc", "-1", "123", &"9".repeat(57), &"9".repeat(129)] {
            assert_eq!(Sequence::parse(text), None, "{text}");
            assert_eq!(made_at(&SequenceNumber::from(text)), None);
        }
    }
}
