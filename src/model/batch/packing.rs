//! How records go into calls of `PutRecords`, as far as a file was read: one bar a call, a bounded number of bars.

use crate::model::limits::{PUT_RECORDS_MAX_BYTES, PUT_RECORDS_MAX_ENTRIES};

/// Bars that are kept; with more, each two become one.
const BARS_MAX: usize = 1_024;

/// One call, or the fullest of a few that follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PackedCall {
    /// Records.
    pub records: usize,
    /// Bytes, keys included.
    pub bytes: usize,
    /// Whether the limit of bytes closed it; otherwise the limit of records did, or the end.
    pub is_closed_by_bytes: bool,
}

/// The calls of a file at full speed. At a pace they are smaller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packing {
    bars: Vec<PackedCall>,
    /// Calls of one bar, a power of two.
    step: u64,
    /// Calls of the last bar.
    in_last: u64,
    open: PackedCall,
    /// Calls that are closed.
    calls: u64,
    by_bytes: u64,
}

impl Packing {
    /// Takes the next record in, with its size in bytes, key included.
    pub fn push(&mut self, bytes: usize) {
        let is_full = self.open.records >= PUT_RECORDS_MAX_ENTRIES;
        let is_heavy = self.open.records > 0 && self.open.bytes + bytes > PUT_RECORDS_MAX_BYTES;
        if is_full || is_heavy {
            let closed = PackedCall { is_closed_by_bytes: is_heavy && !is_full, ..std::mem::take(&mut self.open) };
            self.calls += 1;
            self.by_bytes += u64::from(closed.is_closed_by_bytes);
            self.close(closed);
        }
        self.open.records += 1;
        self.open.bytes += bytes;
    }

    fn close(&mut self, call: PackedCall) {
        self.step = self.step.max(1);
        match self.bars.last_mut().filter(|_| self.in_last < self.step) {
            Some(last) => *last = fuller(*last, call),
            None => {
                self.bars.push(call);
                self.in_last = 0;
            }
        }
        self.in_last += 1;
        if self.bars.len() > BARS_MAX {
            let is_odd = self.bars.len() % 2 == 1;
            self.in_last += if is_odd { 0 } else { self.step };
            self.step *= 2;
            self.bars = self.bars.chunks(2).filter_map(|pair| pair.iter().copied().reduce(fuller)).collect();
        }
    }

    /// The bars, the call that is still open among them.
    pub fn bars(&self) -> impl Iterator<Item = PackedCall> {
        self.bars.iter().copied().chain(Some(self.open).filter(|open| open.records > 0))
    }

    /// Calls in all.
    pub fn calls(&self) -> u64 {
        self.calls + u64::from(self.open.records > 0)
    }

    /// Those that the limit of bytes closes.
    pub fn closed_by_bytes(&self) -> u64 {
        self.by_bytes
    }
}

fn fuller(a: PackedCall, b: PackedCall) -> PackedCall {
    if b.bytes > a.bytes { b } else { a }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn calls_are_closed_by_the_limit_that_comes_first() {
        let mut packing = Packing::default();
        (0..1_200).for_each(|_| packing.push(10));
        (0..25).for_each(|_| packing.push(1_048_576));
        let bars: Vec<(usize, bool)> = packing.bars().map(|bar| (bar.records, bar.is_closed_by_bytes)).collect();
        assert_eq!(bars, [(500, false), (500, false), (209, true), (10, true), (6, false)]);
        assert_eq!((packing.calls(), packing.closed_by_bytes()), (5, 2));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn every_call_is_counted_and_the_bars_stay_few(calls in 1usize..6_000) {
            let mut packing = Packing::default();
            (0..calls).for_each(|_| packing.push(PUT_RECORDS_MAX_BYTES));
            prop_assert_eq!(packing.calls(), calls as u64);
            let bars = packing.bars().count();
            prop_assert!(bars <= BARS_MAX + 1 && bars * 2 + 2 >= calls.min(BARS_MAX), "{bars} for {calls}");
        }
    }
}
