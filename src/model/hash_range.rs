//! The 128-bit key space: where a partition key lands, and the ranges that shards own.

use std::fmt;

use md5::{Digest, Md5};

/// A point of the key space, 0 to 2^128 − 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct HashKey(pub u128);

/// The inclusive range of hash keys that one shard owns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct HashKeyRange {
    /// Lowest hash key of the range.
    pub start: HashKey,
    /// Highest hash key of the range, inclusive.
    pub end: HashKey,
}

impl HashKey {
    /// MD5 of the key's UTF-8 bytes, read big-endian (API: `PutRecord`, `PartitionKey`).
    pub fn of_partition_key(key: &str) -> Self {
        Self(u128::from_be_bytes(Md5::digest(key.as_bytes()).into()))
    }

    /// Parses a decimal number, or a hexadecimal one behind `0x`.
    ///
    /// # Errors
    /// One sentence that names the allowed range.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(hex) => u128::from_str_radix(hex, 16),
            None => text.parse(),
        };
        parsed
            .map(Self)
            .map_err(|_| format!("{text:?} is not a hash key: a number from 0 to 2^128−1, decimal or 0x hexadecimal"))
    }

    /// All 32 hexadecimal digits.
    pub fn hex(self) -> String {
        format!("{:032x}", self.0)
    }

    /// The first eight hexadecimal digits behind which the rest is elided, `b3333333…`.
    pub fn hex_short(self) -> String {
        format!("{:08x}…", (self.0 >> 96) as u32)
    }

    /// Position in the key space, 0 to 1.
    pub fn fraction(self) -> f64 {
        self.0 as f64 / u128::MAX as f64
    }
}

impl serde::Serialize for HashKey {
    /// As decimal text: numbers of JSON end at 64 bits.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for HashKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for HashKey {
    /// The decimal form that the API takes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl HashKeyRange {
    /// The whole key space.
    pub const FULL: Self = Self { start: HashKey(0), end: HashKey(u128::MAX) };

    /// A range from `start` to `end`, inclusive; `None` where it would be empty.
    pub fn new(start: HashKey, end: HashKey) -> Option<Self> {
        (start <= end).then_some(Self { start, end })
    }

    /// Whether the range owns this hash key.
    pub fn contains(self, key: HashKey) -> bool {
        self.start <= key && key <= self.end
    }

    /// Part of the whole key space, 0 to 1.
    pub fn share(self) -> f64 {
        ((self.end.0 - self.start.0) as f64 + 1.0) / (u128::MAX as f64 + 1.0)
    }

    /// `NewStartingHashKey` of an even split: both children are non-empty and as near to equal as they can be.
    /// `None` for a range of one hash key, which cannot be split.
    pub fn even_split(self) -> Option<HashKey> {
        (self.start < self.end).then(|| HashKey(self.start.0 + (self.end.0 - self.start.0) / 2 + 1))
    }

    /// The two children of a split at `new_start`; `None` where a child would be empty.
    pub fn split_at(self, new_start: HashKey) -> Option<(Self, Self)> {
        (self.start < new_start && new_start <= self.end).then(|| {
            (Self { start: self.start, end: HashKey(new_start.0 - 1) }, Self { start: new_start, end: self.end })
        })
    }

    /// Whether `other` begins right behind this range, so that the two can be merged.
    pub fn is_followed_by(self, other: Self) -> bool {
        self.end.0.checked_add(1) == Some(other.start.0)
    }

    /// `n` ranges of equal size that cover the key space, as `CreateStream` and uniform scaling cut it.
    pub fn uniform(n: u32) -> Vec<Self> {
        let n = u128::from(n.max(1));
        let cut = |i: u128| (u128::MAX / n) * i + ((u128::MAX % n + 1) * i) / n;
        (0..n)
            .map(|i| Self { start: HashKey(cut(i)), end: HashKey(if i + 1 == n { u128::MAX } else { cut(i + 1) - 1 }) })
            .collect()
    }
}

impl fmt::Display for HashKeyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} – {}", self.start.hex_short(), self.end.hex_short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partition_keys_land_where_aws_puts_them() {
        assert_eq!(HashKey::of_partition_key("user-123").0, 250018372642977770877286195909578633128);
        assert_eq!(HashKey::of_partition_key("test").0, 12707736894140473154801792860916528374);
        assert_eq!(HashKey::of_partition_key("한글키").0, 13533538237276000045897335008604381311);
        assert!(HashKey::of_partition_key("tenant-42").hex().starts_with("be5a33a6"));
    }

    #[test]
    fn the_full_space_splits_at_two_to_the_127() {
        assert_eq!(HashKeyRange::FULL.even_split(), Some(HashKey(1 << 127)));
        let (left, right) = HashKeyRange::FULL.split_at(HashKey(1 << 127)).expect("splits");
        assert_eq!(left.end.0, 170141183460469231731687303715884105727);
        assert!(left.is_followed_by(right));
        assert!((left.share() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn one_hash_key_cannot_be_split() {
        let one = HashKeyRange { start: HashKey(7), end: HashKey(7) };
        assert_eq!(one.even_split(), None);
        assert_eq!(one.split_at(HashKey(7)), None);
    }

    #[test]
    fn uniform_ranges_tile_the_space() {
        for n in [1, 2, 3, 7, 10, 24, 1_000] {
            let ranges = HashKeyRange::uniform(n);
            assert_eq!(ranges.len(), n as usize);
            assert_eq!(ranges.first().map(|r| r.start), Some(HashKey(0)));
            assert_eq!(ranges.last().map(|r| r.end), Some(HashKey(u128::MAX)));
            assert!(ranges.windows(2).all(|pair| pair[0].is_followed_by(pair[1])));
        }
    }

    #[test]
    fn hash_keys_are_read_in_both_bases() {
        assert_eq!(HashKey::parse(" 10 "), Ok(HashKey(10)));
        assert_eq!(HashKey::parse("0xff"), Ok(HashKey(255)));
        assert!(HashKey::parse("340282366920938463463374607431768211456").is_err());
        assert!(HashKey::parse("-1").is_err());
    }
}
