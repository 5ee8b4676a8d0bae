//! The tail of a stream as the views see it.

/// Placeholder shape until the tailer joins.
#[derive(Debug, Default)]
pub struct Tail {}

/// Where reading begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TailStart {
    /// What arrives from now on.
    Latest,
    /// Everything that is kept.
    TrimHorizon,
}
