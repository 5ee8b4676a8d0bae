//! Load by hash key in bounded memory: where in the key space of a shard its bytes and records land.
//!
//! While there are few hash keys each is kept exactly. Beyond that, neighbours are joined into ranges of about equal load, so the
//! resolution follows the load: a dense stretch keeps many narrow ranges, an empty one costs none. A hash key that carries more
//! than such a range is never joined with another and stays exact. With `C` cells, any range that was joined weighed at most
//! `2 / C` of what had come when it was joined, so a cumulative load read off at the edge of a cell is exact up to that.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::model::hash_range::HashKey;

/// Load of a stretch of the hash space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Lowest hash key that was seen in it.
    pub low: HashKey,
    /// Highest hash key that was seen in it; the same where the cell is one hash key.
    pub high: HashKey,
    /// Bytes, keys included.
    pub bytes: u64,
    /// User records.
    pub records: u64,
}

impl Cell {
    /// Whether this is the load of one hash key alone.
    pub fn is_exact(&self) -> bool {
        self.low == self.high
    }
}

/// Load by hash key.
#[derive(Clone, Debug)]
pub struct Density {
    capacity: usize,
    /// Disjoint, in order.
    cells: Vec<Cell>,
    /// What came since the cells were last brought in order, by hash key.
    fresh: HashMap<u128, (u64, u64), BuildHasherDefault<Spread>>,
    bytes: u64,
    records: u64,
}

impl Density {
    /// Keeps at most about this many cells.
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(8), cells: Vec::new(), fresh: HashMap::default(), bytes: 0, records: 0 }
    }

    /// Counts one user record at the hash key that decides its shard.
    #[inline]
    pub fn add(&mut self, hash: HashKey, bytes: u64) {
        self.bytes += bytes;
        self.records += 1;
        let sum = self.fresh.entry(hash.0).or_default();
        sum.0 += bytes;
        sum.1 += 1;
        if self.fresh.len() >= self.capacity {
            self.settle();
        }
    }

    /// Bytes of everything that came.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// User records of everything that came.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The load in the order of hash keys; disjoint cells.
    pub fn cells(&self) -> Vec<Cell> {
        let mut settled = Self {
            capacity: self.capacity,
            cells: self.cells.clone(),
            fresh: self.fresh.clone(),
            bytes: self.bytes,
            records: self.records,
        };
        settled.settle();
        settled.cells
    }

    /// Takes the load of another shard in.
    pub fn merge(&mut self, other: &Self) {
        self.settle();
        let mut all = std::mem::take(&mut self.cells);
        all.extend(other.cells());
        all.sort_by_key(|cell| cell.low);
        self.bytes += other.bytes;
        self.records += other.records;
        self.cells = disjoint(all);
        self.compress();
    }

    /// What is kept takes this much memory, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.cells.capacity() * size_of::<Cell>() + self.fresh.capacity() * (size_of::<(u128, (u64, u64))>() + 1)
    }

    /// Brings what is fresh into the cells.
    fn settle(&mut self) {
        let mut fresh: Vec<(u128, (u64, u64))> = self.fresh.drain().collect();
        fresh.sort_unstable_by_key(|(hash, _)| *hash);
        let mut merged = Vec::with_capacity(self.cells.len() + fresh.len());
        let mut old = std::mem::take(&mut self.cells).into_iter().peekable();
        for (hash, (bytes, records)) in fresh {
            let hash = HashKey(hash);
            while let Some(cell) = old.next_if(|cell| cell.high < hash) {
                merged.push(cell);
            }
            match old.peek_mut() {
                Some(cell) if cell.low <= hash => {
                    cell.bytes += bytes;
                    cell.records += records;
                }
                _ => merged.push(Cell { low: hash, high: hash, bytes, records }),
            }
        }
        merged.extend(old);
        self.cells = merged;
        self.compress();
    }

    /// Joins neighbours until there are few enough.
    fn compress(&mut self) {
        if self.cells.len() <= self.capacity {
            return;
        }
        // No two neighbours that are left weigh less than a range together, so at most `capacity` remain.
        let range = 4.0 / self.capacity as f64;
        let (bytes, records) = (self.bytes.max(1) as f64, self.records.max(1) as f64);
        let share = |cell: &Cell| cell.bytes as f64 / bytes + cell.records as f64 / records;
        let mut joined: Vec<Cell> = Vec::with_capacity(self.capacity + 1);
        for cell in self.cells.drain(..) {
            match joined.last_mut() {
                Some(last) if share(last) + share(&cell) <= range => {
                    last.high = cell.high;
                    last.bytes += cell.bytes;
                    last.records += cell.records;
                }
                _ => joined.push(cell),
            }
        }
        self.cells = joined;
    }
}

/// Joins cells that overlap; the input is in the order of their low ends.
fn disjoint(cells: Vec<Cell>) -> Vec<Cell> {
    let mut out: Vec<Cell> = Vec::with_capacity(cells.len());
    for cell in cells {
        match out.last_mut() {
            Some(last) if cell.low <= last.high => {
                last.high = last.high.max(cell.high);
                last.bytes += cell.bytes;
                last.records += cell.records;
            }
            _ => out.push(cell),
        }
    }
    out
}

/// Hashes a hash key. They are MD5 sums and uniform already, except where a producer chose them: so both halves are mixed.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    #[inline]
    fn write_u128(&mut self, hash: u128) {
        let mixed = (hash as u64 ^ (hash >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_hash_keys_are_kept_exactly() {
        let mut density = Density::new(64);
        for (hash, bytes) in [(5u128, 10u64), (3, 1), (5, 10), (u128::MAX, 7)] {
            density.add(HashKey(hash), bytes);
        }
        let cells: Vec<(u128, u64, u64)> =
            density.cells().iter().map(|cell| (cell.low.0, cell.bytes, cell.records)).collect();
        assert_eq!(cells, [(3, 1, 1), (5, 20, 2), (u128::MAX, 7, 1)]);
    }

    #[test]
    fn a_heavy_hash_key_stays_exact_among_a_million_others() {
        let mut density = Density::new(128);
        let heavy = HashKey::of_partition_key("tenant-42");
        for n in 0..200_000 {
            density.add(HashKey::of_partition_key(&format!("user-{n}")), 100);
            if n % 4 == 0 {
                density.add(heavy, 400);
            }
        }
        let cells = density.cells();
        assert!(cells.len() <= 128 + 2, "{}", cells.len());
        let cell = cells.iter().find(|cell| cell.low <= heavy && heavy <= cell.high).copied();
        assert!(cell.is_some_and(|cell| cell.is_exact() && cell.bytes == 400 * 50_000), "{cell:?}");
        assert!(density.memory_bytes() < 64 * 1_024, "{}", density.memory_bytes());
    }

    proptest! {
        #[test]
        fn cells_are_disjoint_bounded_and_hold_everything(
            hashes in prop::collection::vec((any::<u128>(), 0u8..4, 1u64..500), 0..2_000), capacity in 8usize..100,
        ) {
            let mut density = Density::new(capacity);
            for (hash, kind, bytes) in &hashes {
                // Some far apart, some dense, some equal.
                let hash = match kind { 0 => *hash, 1 => 1 << 100 | *hash >> 40, 2 => *hash % 50, _ => 77 };
                density.add(HashKey(hash), *bytes);
            }
            let cells = density.cells();
            prop_assert!(cells.windows(2).all(|pair| pair[0].high < pair[1].low));
            prop_assert_eq!(cells.iter().map(|cell| cell.bytes).sum::<u64>(), hashes.iter().map(|h| h.2).sum::<u64>());
            prop_assert_eq!(cells.iter().map(|cell| cell.records).sum::<u64>(), hashes.len() as u64);
            prop_assert!(cells.len() <= capacity + 1, "{} of {}", cells.len(), capacity);
            let mut merged = density.clone();
            merged.merge(&density);
            prop_assert!(merged.cells().windows(2).all(|pair| pair[0].high < pair[1].low));
            prop_assert_eq!(merged.cells().iter().map(|cell| cell.bytes).sum::<u64>(), 2 * density.bytes());
        }
    }
}
