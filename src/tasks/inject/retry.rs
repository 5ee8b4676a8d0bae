//! When a refused record is sent again, and how fast records may leave. Knows no stream.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::answer::{Problem, ProblemKind};
use crate::model::batch::Pace;
use crate::model::writes::PutOutcome;

/// How often a refused record is sent again. The wait doubles each time, up to a bound, with jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Attempts for one record, the first included.
    pub attempts: usize,
    /// Wait before the second attempt.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl Retry {
    /// For a few records that somebody waits for: given up after about three seconds.
    pub const FEW: Self =
        Self { attempts: 6, first: Duration::from_millis(100), longest: Duration::from_millis(1_600) };
    /// For many: a shard at its limit has about half a minute to take what is held for it.
    pub const MANY: Self = Self { attempts: 12, first: Duration::from_millis(100), longest: Duration::from_secs(5) };

    /// As it is, or one attempt for each record.
    pub fn or_none(self, is_wanted: bool) -> Self {
        Self { attempts: if is_wanted { self.attempts } else { 1 }, ..self }
    }

    /// The wait behind attempt `tries`, counted from 1. Half of it is fixed, half random, so that several senders do not
    /// meet again.
    pub fn wait(&self, tries: usize) -> Duration {
        let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(u32::MAX).min(20);
        let wait = self.first.saturating_mul(2u32.saturating_pow(doublings)).min(self.longest);
        wait.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

/// Whether a refused entry may be taken at another try. Everything else would be refused again.
pub(super) fn is_passing(outcome: &PutOutcome) -> bool {
    matches!(outcome, PutOutcome::Refused { code, .. }
        if code == "ProvisionedThroughputExceededException" || code == "InternalFailure")
}

/// Whether a call that failed as a whole was turned away for its rate: then none of its records was written.
pub(super) fn is_turned_away(problem: &Problem) -> bool {
    matches!(problem.kind, ProblemKind::Throttled | ProblemKind::Limit)
}

/// Lets calls leave at a pace: each call is paid for by the time that its records may take.
#[derive(Debug)]
pub(super) struct Pacer {
    pace: Pace,
    opens: Instant,
}

impl Pacer {
    pub(super) fn new(pace: Pace, now: Instant) -> Self {
        Self { pace, opens: now }
    }

    /// When the next call may leave.
    pub(super) fn opens(&self) -> Instant {
        self.opens
    }

    pub(super) fn spend(&mut self, records: usize, bytes: usize, now: Instant) {
        let seconds = match self.pace {
            // What leaves by its own time is held back before it comes here.
            Pace::Full | Pace::InFile(_) => return,
            Pace::Records(rate) => records as f64 / f64::from(rate.max(1)),
            Pace::Bytes(rate) => bytes as f64 / f64::from(rate.max(1)),
        };
        self.opens = self.opens.max(now) + Duration::from_secs_f64(seconds);
    }

    /// Most records and bytes of one call: at a pace, calls stay small enough to be even.
    pub(super) fn call_limits(&self) -> (usize, usize) {
        const CALLS_PER_SEC: u32 = 5;
        match self.pace {
            Pace::Full | Pace::InFile(_) => (usize::MAX, usize::MAX),
            Pace::Records(rate) => ((rate / CALLS_PER_SEC).max(1) as usize, usize::MAX),
            Pace::Bytes(rate) => (usize::MAX, (rate / CALLS_PER_SEC).max(1) as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_their_bound_with_jitter_of_a_half() {
        let retry = Retry::MANY;
        for (tries, full) in [(1, 100), (2, 200), (4, 800), (7, 5_000), (90, 5_000)] {
            let wait = retry.wait(tries).as_millis();
            assert!((full / 2..=full).contains(&wait), "{tries}: {wait}");
        }
    }

    #[test]
    fn only_what_passes_is_tried_again() {
        let refused = |code: &str| PutOutcome::Refused { code: code.to_owned(), message: String::new() };
        assert!(is_passing(&refused("ProvisionedThroughputExceededException")));
        assert!(is_passing(&refused("InternalFailure")));
        assert!(!is_passing(&refused("KMSDisabledException")));
    }

    #[test]
    fn a_pace_is_kept_over_many_calls() {
        let now = Instant::now();
        let mut pacer = Pacer::new(Pace::Records(1_000), now);
        for _ in 0..10 {
            pacer.spend(200, 1, now);
        }
        assert_eq!(pacer.opens() - now, Duration::from_secs(2));
    }
}
