//! How many different keys there were, in a few kilobytes: HyperLogLog.
//!
//! Flajolet, Fusy, Gandouet, Meunier, *HyperLogLog* (AofA 2007) with the estimator of Ertl, *New cardinality estimation
//! algorithms for HyperLogLog sketches* (2017), which needs no correction for small or large counts. The standard error is
//! 1.04 / √m for m registers.
//!
//! A key is fed by its MD5, which is uniform already. Only the low 64 bits are used: the keys of one shard share their high
//! bits, since those are what put them into the shard.

/// Bits of the hash behind those that choose the register.
const HASH_BITS: u32 = 64;

/// Half-width of a 95 % interval in standard errors.
const Z95: f64 = 1.959_964;

/// A set of keys of which only its size is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HyperLogLog {
    precision: u32,
    registers: Vec<u8>,
}

/// A count with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Best guess.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Estimate {
    /// A count that is known exactly.
    pub fn exact(count: u64) -> Self {
        let value = count as f64;
        Self { value, low: value, high: value }
    }

    /// The larger distance from the guess to an end.
    pub fn half_width(self) -> f64 {
        (self.value - self.low).max(self.high - self.value)
    }
}

impl HyperLogLog {
    /// `2^precision` registers of a byte; the precision is held to 4 … 16.
    pub fn new(precision: u32) -> Self {
        let precision = precision.clamp(4, 16);
        Self { precision, registers: vec![0; 1 << precision] }
    }

    /// Adds a key by its MD5.
    #[inline]
    pub fn add(&mut self, md5: u128) {
        let hash = md5 as u64;
        let place = (hash >> (HASH_BITS - self.precision)) as usize;
        // A one behind the last bit ends the run of zeros there.
        let rest = (hash << self.precision) | (1 << (self.precision - 1));
        let rank = rest.leading_zeros() as u8 + 1;
        if let Some(register) = self.registers.get_mut(place) {
            *register = (*register).max(rank);
        }
    }

    /// Makes this the union of both sets. Sketches of different precision do not mix: then nothing happens and it is false.
    pub fn merge(&mut self, other: &Self) -> bool {
        if self.precision != other.precision {
            return false;
        }
        for (mine, theirs) in self.registers.iter_mut().zip(&other.registers) {
            *mine = (*mine).max(*theirs);
        }
        true
    }

    /// Relative standard error of the estimate.
    pub fn standard_error(&self) -> f64 {
        1.04 / (self.registers.len() as f64).sqrt()
    }

    /// How many different keys were added, with the 95 % interval `value / (1 ± 1.96 · standard error)`.
    pub fn estimate(&self) -> Estimate {
        let value = self.raw();
        let spread = Z95 * self.standard_error();
        Estimate { value, low: value / (1.0 + spread), high: value / (1.0 - spread) }
    }

    /// Ertl's improved raw estimator (algorithm 6 of the paper).
    fn raw(&self) -> f64 {
        let registers = self.registers.len() as f64;
        let last = (HASH_BITS - self.precision + 1) as usize;
        let mut counts = vec![0u32; last + 1];
        for register in &self.registers {
            if let Some(count) = counts.get_mut(usize::from(*register)) {
                *count += 1;
            }
        }
        let count = |at: usize| f64::from(counts.get(at).copied().unwrap_or(0));
        let mut z = registers * tau(1.0 - count(last) / registers);
        for at in (1..last).rev() {
            z = 0.5 * (z + count(at));
        }
        z += registers * sigma(count(0) / registers);
        registers * registers / (2.0 * std::f64::consts::LN_2 * z)
    }

    /// What the sketch takes in memory, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.registers.capacity()
    }
}

/// Sum of `x^(2^k) · 2^(k−1)`, from the registers that are still empty.
fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

/// The counterpart of [`sigma`] for registers that are full.
fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::hash_range::HashKey;

    fn md5(key: u64) -> u128 {
        HashKey::of_partition_key(&format!("key-{key}")).0
    }

    #[test]
    fn the_estimate_is_within_four_standard_errors_from_none_to_a_million() {
        let mut sketch = HyperLogLog::new(12);
        assert_eq!(sketch.estimate().value, 0.0);
        let mut next = 1u64;
        for key in 1..=1_000_000u64 {
            sketch.add(md5(key));
            if key == next {
                let off = (sketch.estimate().value - key as f64).abs();
                // Half a key of slack, for the smallest sets.
                assert!(off <= 4.0 * sketch.standard_error() * key as f64 + 0.5, "{key} is off by {off}");
                next = (next * 5 / 4).max(next + 1);
            }
        }
    }

    #[test]
    fn the_interval_covers_the_truth_about_as_often_as_it_says() {
        let runs = 300u64;
        let covered = (0..runs)
            .filter(|run| {
                let mut sketch = HyperLogLog::new(9);
                (0..3_000).for_each(|key| sketch.add(md5(run * 1_000_000 + key)));
                let estimate = sketch.estimate();
                estimate.low <= 3_000.0 && 3_000.0 <= estimate.high
            })
            .count();
        // 95 % of 300 is 285 with a standard deviation of 3.8.
        assert!(covered >= 272, "{covered} of {runs}");
    }

    #[test]
    fn keys_of_a_narrow_shard_are_counted_as_well_as_others() {
        let mut sketch = HyperLogLog::new(12);
        // All hashes agree in their first 20 bits, as in a small shard.
        (0..20_000u64).for_each(|key| sketch.add((md5(key) >> 20) | (0xabcde << 108)));
        let off = (sketch.estimate().value - 20_000.0).abs() / 20_000.0;
        assert!(off < 4.0 * sketch.standard_error(), "{off}");
    }

    proptest! {
        #[test]
        fn merging_is_the_union(one in prop::collection::vec(0u64..5_000, 0..500), two in prop::collection::vec(0u64..5_000, 0..500)) {
            let (mut a, mut b, mut both) = (HyperLogLog::new(8), HyperLogLog::new(8), HyperLogLog::new(8));
            for key in &one { a.add(md5(*key)); both.add(md5(*key)); }
            for key in &two { b.add(md5(*key)); both.add(md5(*key)); }
            prop_assert!(a.merge(&b));
            prop_assert_eq!(a, both);
        }
    }

    #[test]
    fn sketches_of_different_precision_do_not_mix() {
        assert!(!HyperLogLog::new(8).merge(&HyperLogLog::new(9)));
    }
}
