//! The tail of a stream as the views see it.

/// Placeholder shape until the tailer joins.
#[derive(Debug, Default)]
pub struct Tail {}
