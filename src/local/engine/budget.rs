//! What a shard lets through each second, for writers and for polling readers.

use std::collections::VecDeque;

use crate::model::limits::{
    SHARD_READ_BYTES_PER_SEC, SHARD_READ_CALLS_PER_SEC, SHARD_WRITE_BYTES_PER_SEC, SHARD_WRITE_RECORDS_PER_SEC,
};
use crate::model::time::{Millis, Timestamp};

const WRITE_BYTES: u64 = SHARD_WRITE_BYTES_PER_SEC as u64;
const WRITE_RECORDS: u64 = SHARD_WRITE_RECORDS_PER_SEC as u64;

/// The write limits, counted in seconds of the clock. A record above 1 MiB passes when nothing else did, and is paid
/// off over the following seconds.
#[derive(Debug, Default)]
pub(super) struct WriteBudget {
    second: i64,
    bytes: u64,
    records: u64,
}

impl WriteBudget {
    /// Takes one record of `size_bytes`, key included; `false` where the second is used up.
    pub(super) fn take(&mut self, now: Timestamp, size_bytes: usize) -> bool {
        let size = size_bytes as u64;
        let second = now.as_secs();
        if second < self.second {
            // The clock was set back.
            *self = Self { second, ..Self::default() };
        }
        if second > self.second {
            let elapsed = u64::try_from(second.saturating_sub(self.second)).unwrap_or(u64::MAX);
            self.bytes = self.bytes.saturating_sub(elapsed.saturating_mul(WRITE_BYTES));
            self.records = 0;
            self.second = second;
        }
        let bytes_fit = self.bytes == 0 || self.bytes.saturating_add(size) <= WRITE_BYTES;
        if self.records >= WRITE_RECORDS || !bytes_fit {
            return false;
        }
        self.bytes = self.bytes.saturating_add(size);
        self.records += 1;
        true
    }
}

/// The read limits that all polling readers of a shard share: 5 calls in any second, and 2 MiB/s, where one large
/// answer is paid off afterwards.
#[derive(Debug)]
pub(super) struct ReadBudget {
    calls: VecDeque<Timestamp>,
    tokens: f64,
    filled: Timestamp,
}

impl Default for ReadBudget {
    fn default() -> Self {
        Self { calls: VecDeque::new(), tokens: SHARD_READ_BYTES_PER_SEC, filled: Timestamp(0) }
    }
}

impl ReadBudget {
    /// Takes one call; `false` where the limits forbid it.
    pub(super) fn take_call(&mut self, now: Timestamp) -> bool {
        if self.filled > now {
            // The clock was set back.
            *self = Self { filled: now, ..Self::default() };
        }
        let elapsed = self.filled.age_at(now).as_secs_f64();
        self.tokens = (self.tokens + elapsed * SHARD_READ_BYTES_PER_SEC).min(SHARD_READ_BYTES_PER_SEC);
        self.filled = now;
        let horizon = now - Millis::from_secs(1);
        while self.calls.front().is_some_and(|at| *at <= horizon) {
            self.calls.pop_front();
        }
        if self.calls.len() >= SHARD_READ_CALLS_PER_SEC as usize || self.tokens <= 0.0 {
            return false;
        }
        self.calls.push_back(now);
        true
    }

    /// Pays for the bytes that the call answered. An answer of 10 MiB closes the shard to readers for 5 s
    /// (API: `GetRecords`).
    pub(super) fn pay(&mut self, bytes: usize) {
        let bytes = bytes as f64;
        self.tokens = if bytes > SHARD_READ_BYTES_PER_SEC { -bytes } else { self.tokens - bytes };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_takes_one_mebibyte_and_the_next_one_again() {
        let mut budget = WriteBudget::default();
        let now = Timestamp(10_250);
        let taken = (0..20).filter(|_| budget.take(now, 100 * 1_024)).count();
        assert_eq!(taken, 10);
        assert!(!budget.take(Timestamp(10_999), 100 * 1_024));
        assert!(budget.take(Timestamp(11_000), 100 * 1_024));
    }

    #[test]
    fn a_second_takes_a_thousand_records() {
        let mut budget = WriteBudget::default();
        assert_eq!((0..1_500).filter(|_| budget.take(Timestamp(5_000), 10)).count(), 1_000);
    }

    #[test]
    fn a_large_record_is_paid_off_over_seconds() {
        let mut budget = WriteBudget::default();
        assert!(budget.take(Timestamp(1_000), 3 * 1_048_576));
        assert!(!budget.take(Timestamp(2_000), 1));
        assert!(!budget.take(Timestamp(3_000), 1));
        assert!(budget.take(Timestamp(4_000), 1));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_close_the_shard() {
        let (mut write, mut read) = (WriteBudget::default(), ReadBudget::default());
        while write.take(Timestamp(3_600_000), 400_000) {}
        assert!(write.take(Timestamp(1_000), 400_000));
        while read.take_call(Timestamp(3_600_000)) {}
        assert!(read.take_call(Timestamp(1_000)));
    }

    #[test]
    fn five_calls_a_second_are_answered() {
        let mut budget = ReadBudget::default();
        let taken = (0..10).filter(|i| budget.take_call(Timestamp(1_000 + i * 20))).count();
        assert_eq!(taken, 5);
        assert!(budget.take_call(Timestamp(2_001)));
    }

    #[test]
    fn ten_mebibytes_close_the_shard_for_five_seconds() {
        let mut budget = ReadBudget::default();
        assert!(budget.take_call(Timestamp(1_000)));
        budget.pay(10 * 1_048_576);
        assert!(!budget.take_call(Timestamp(5_900)));
        assert!(budget.take_call(Timestamp(6_001)));
    }
}
