//! A fast hash of keys for tables inside the program. Not for placement: shards are decided by MD5.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// Odd constants without a pattern: the fractional parts of the square roots of 2, 3 and 5.
const MIX: [u64; 3] = [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b];

/// A table by tag. A tag is uniform already, so it is not hashed again.
pub type TagMap<V> = HashMap<u64, V, BuildHasherDefault<AsItIs>>;

/// Takes a tag for its own hash.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = folded(self.0 ^ u64::from(*byte), MIX[0]);
        }
    }

    #[inline]
    fn write_u64(&mut self, tag: u64) {
        self.0 = tag;
    }
}

/// Hashes keys with a seed of its own, so that nobody can choose keys that all fall into one place of a table.
#[derive(Clone, Copy, Debug)]
pub struct Tagger {
    seed: u64,
}

impl Default for Tagger {
    fn default() -> Self {
        Self { seed: RandomState::new().hash_one(MIX) }
    }
}

impl Tagger {
    /// 64 bits that stand for the key in tables of this program and of this run.
    #[inline]
    pub fn tag(self, key: &[u8]) -> u64 {
        let mut state = self.seed ^ (key.len() as u64).wrapping_mul(MIX[2]);
        let mut words = key.chunks_exact(8);
        for word in words.by_ref() {
            let word = word.iter().rev().fold(0, |bits, byte| (bits << 8) | u64::from(*byte));
            state = folded(state ^ word, MIX[0]);
        }
        let rest = words.remainder().iter().rev().fold(0, |bits, byte| (bits << 8) | u64::from(*byte));
        folded(folded(state ^ rest, MIX[1]), MIX[2] ^ self.seed)
    }

    /// The same for a hash key.
    #[inline]
    pub fn tag_of_hash(self, hash: u128) -> u64 {
        folded(folded(hash as u64 ^ self.seed, MIX[0]) ^ (hash >> 64) as u64, MIX[1])
    }
}

/// Both halves of the product: every bit of the input reaches every bit of the output.
#[inline]
fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a).wrapping_mul(u128::from(b));
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn many_keys_have_different_tags_and_use_all_low_bits() {
        let tagger = Tagger::default();
        let tags: HashSet<u64> = (0..100_000).map(|n| tagger.tag(format!("user-{n}").as_bytes())).collect();
        assert_eq!(tags.len(), 100_000);
        let places: HashSet<u64> = tags.iter().map(|tag| tag & 0xfff).collect();
        assert_eq!(places.len(), 4_096);
    }

    #[test]
    fn a_key_and_the_key_with_a_zero_behind_it_differ() {
        let tagger = Tagger::default();
        assert_ne!(tagger.tag(b"a"), tagger.tag(b"a\0"));
        assert_eq!(tagger.tag(b"a"), tagger.tag(b"a"));
        assert_ne!(tagger.tag_of_hash(1), tagger.tag_of_hash(1 << 64));
    }
}
