//! Registered enhanced fan-out consumers and what they are sent.

use super::ids::SequenceNumber;
use super::record::RawRecord;
use super::shard_map::Shard;
use super::time::Timestamp;

/// One registered consumer of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// Its name, unique in the stream.
    pub name: String,
    /// Its ARN; holds the moment of its creation, so the same name registered again has another.
    pub arn: String,
    /// Whether it can be subscribed with.
    pub is_active: bool,
    /// As AWS spells it: `CREATING`, `ACTIVE`, `DELETING`.
    pub status: String,
    /// When it was registered.
    pub created: Option<Timestamp>,
}

/// One event of a subscription to a shard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShardEvent {
    /// In order; may be empty.
    pub records: Vec<RawRecord>,
    /// Where the next subscription goes on, moved on even without records; `None` when the shard was read to its end.
    pub continuation: Option<SequenceNumber>,
    /// How far this event is behind the tip of the shard.
    pub millis_behind_latest: i64,
    /// What came from the shard, told at its end; without sequence numbers.
    pub children: Vec<Shard>,
}
