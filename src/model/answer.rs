//! What is known of a question asked of AWS: the last good value and its age, whether a newer one is on its way,
//! and what went wrong last. Old values stay visible while a new one is fetched or fails.

use std::sync::Arc;

use super::time::{Millis, Timestamp};

/// Why a request failed, told to a person: what happened, to which resource, what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Problem {
    /// What kind of failure this is; views choose their offer by it.
    pub kind: ProblemKind,
    /// The API operation, `ListShards`; empty where none was called.
    pub operation: &'static str,
    /// One sentence that says what happened to what and what to do.
    pub sentence: String,
    /// A command, statement or URL that helps and can be copied.
    pub remedy: Option<String>,
}

/// The kinds of failure that the program treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// A permission is missing; the remedy is an IAM statement.
    AccessDenied,
    /// Credentials are absent, expired or wrong; the remedy is a login command.
    Credentials,
    /// The profile, Region or endpoint cannot be used as configured.
    Configuration,
    /// The stream, shard or consumer is not there.
    NotFound,
    /// The stream is not in a state that allows this.
    InUse,
    /// Throughput of a shard is used up.
    Throttled,
    /// A call rate or an account quota is reached.
    Limit,
    /// The shard iterator or page token is too old.
    Expired,
    /// The request was wrong; AWS says why.
    Invalid,
    /// The key that encrypts the stream cannot be used.
    Kms,
    /// Nothing answers at the endpoint, or not in time.
    Unreachable,
    /// Something answered, but not as AWS would.
    NotAws,
    /// The server does not have this operation.
    Unsupported,
    /// AWS failed; worth another try.
    Internal,
    /// Stopped on request.
    Cancelled,
}

impl Problem {
    /// Whether what the call was to write may have been written although no answer said so.
    pub fn leaves_open(&self) -> bool {
        matches!(self.kind, ProblemKind::Unreachable | ProblemKind::NotAws | ProblemKind::Internal)
    }

    /// A problem that no API call caused.
    pub fn new(kind: ProblemKind, sentence: impl Into<String>) -> Self {
        Self { kind, operation: "", sentence: sentence.into(), remedy: None }
    }
}

/// The state of one question. `T` is shared, so that handing it on costs nothing.
#[derive(Debug)]
pub struct Answer<T> {
    /// The last good value and when it was fetched.
    pub value: Option<(Arc<T>, Timestamp)>,
    /// Since when a newer one is on its way.
    pub pending_since: Option<Timestamp>,
    /// Why the last try failed, and when; cleared by the next good value.
    pub problem: Option<(Problem, Timestamp)>,
}

impl<T> Default for Answer<T> {
    fn default() -> Self {
        Self { value: None, pending_since: None, problem: None }
    }
}

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), pending_since: self.pending_since, problem: self.problem.clone() }
    }
}

impl<T> Answer<T> {
    /// An answer that is known, as of `at`.
    pub fn known(value: T, at: Timestamp) -> Self {
        Self { value: Some((Arc::new(value), at)), pending_since: None, problem: None }
    }

    /// The last good value.
    pub fn get(&self) -> Option<&T> {
        self.value.as_ref().map(|(value, _)| &**value)
    }

    /// Age of the last good value.
    pub fn age_at(&self, now: Timestamp) -> Option<Millis> {
        self.value.as_ref().map(|(_, at)| at.age_at(now))
    }

    /// Whether the first value is still on its way.
    pub fn is_loading(&self) -> bool {
        self.value.is_none() && self.problem.is_none()
    }

    /// Whether what is shown is old because the last try failed.
    pub fn is_stale(&self) -> bool {
        self.value.is_some() && self.problem.is_some()
    }

    /// Notes that a newer value is on its way.
    pub fn begin(&mut self, now: Timestamp) {
        self.pending_since = Some(now);
    }

    /// Takes the outcome of the last try; a failure keeps the old value.
    pub fn finish(&mut self, outcome: Result<T, Problem>, now: Timestamp) {
        self.pending_since = None;
        match outcome {
            Ok(value) => {
                self.value = Some((Arc::new(value), now));
                self.problem = None;
            }
            Err(problem) => self.problem = Some((problem, now)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_the_old_value_and_its_age() {
        let mut answer = Answer::known(1, Timestamp::from_secs(10));
        answer.begin(Timestamp::from_secs(60));
        answer.finish(Err(Problem::new(ProblemKind::Unreachable, "gone")), Timestamp::from_secs(70));
        assert_eq!(answer.get(), Some(&1));
        assert!(answer.is_stale());
        assert_eq!(answer.age_at(Timestamp::from_secs(70)), Some(Millis::from_secs(60)));
    }
}
