//! Where reading a shard begins.

use super::ids::SequenceNumber;
use super::time::Timestamp;

/// The five starting positions of `GetShardIterator`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartingPosition {
    /// Behind the newest record.
    Latest,
    /// At the oldest record that is kept.
    TrimHorizon,
    /// At the first record that arrived then or later, to the millisecond; before the trim horizon it is the trim horizon.
    AtTimestamp(Timestamp),
    /// At the record with this number.
    AtSequence(SequenceNumber),
    /// Behind the record with this number.
    AfterSequence(SequenceNumber),
}
