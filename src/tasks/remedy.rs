//! How a failed read is answered: one table for all that reads records.

use crate::model::answer::ProblemKind;

/// How a failed call is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Wait longer between calls.
    SlowDown,
    /// Ask for a new iterator.
    Renew,
    /// The shard is no more.
    Gone,
    /// Try again later.
    Retry,
    /// Nothing that the program can do.
    GiveUp,
}

impl Remedy {
    /// By the kind of failure.
    pub fn of(kind: ProblemKind) -> Self {
        match kind {
            ProblemKind::Throttled | ProblemKind::Limit => Self::SlowDown,
            ProblemKind::Expired => Self::Renew,
            ProblemKind::NotFound => Self::Gone,
            ProblemKind::Internal
            | ProblemKind::Unreachable
            | ProblemKind::NotAws
            | ProblemKind::InUse
            | ProblemKind::Credentials => Self::Retry,
            _ => Self::GiveUp,
        }
    }
}
