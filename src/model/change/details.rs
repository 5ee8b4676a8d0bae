//! What a stream and its account say beyond the summary: tags, consumers, warm throughput, the account's billing commitment.

use std::collections::BTreeMap;

use crate::model::answer::Problem;
use crate::model::consumer::Consumer;
use crate::model::stream::StreamSummary;
use crate::model::time::Timestamp;

/// Write throughput that an on-demand stream keeps ready (API: `WarmThroughputObject`), in MiB/s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WarmThroughput {
    /// What was asked for.
    pub target_mibps: Option<u32>,
    /// What there is.
    pub current_mibps: Option<u32>,
}

/// Whether the account has On-demand Advantage in the Region (API: `MinimumThroughputBillingCommitment`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// On-demand streams are billed by it.
    pub is_on: bool,
    /// Before this it cannot be ended.
    pub earliest_end: Option<Timestamp>,
}

/// Answers about one stream; each part may fail by itself.
#[derive(Clone, Debug)]
pub struct StreamDetails {
    /// `DescribeStreamSummary`.
    pub summary: StreamSummary,
    /// From the same answer; `None` where it says nothing of it.
    pub warm: Option<WarmThroughput>,
    /// Channels that deliver from the stream, where the server counts them.
    pub channels: Option<u32>,
    /// `ListTagsForStream`.
    pub tags: Result<BTreeMap<String, String>, Problem>,
    /// `ListStreamConsumers`.
    pub consumers: Result<Vec<Consumer>, Problem>,
    /// `DescribeAccountSettings`.
    pub commitment: Result<Commitment, Problem>,
}

impl StreamDetails {
    /// Whether the account is known to have On-demand Advantage.
    pub fn has_advantage(&self) -> Option<bool> {
        self.commitment.as_ref().ok().map(|commitment| commitment.is_on)
    }
}
