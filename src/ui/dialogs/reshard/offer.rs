//! What the tabs that reshard have in common in what they offer: what has to hold, what is paid by the shard, words for shares. Knows
//! no widget.

use super::super::frame::{self, Asked, Check};
use crate::model::connection::ConnectionInfo;
use crate::model::cost::{FREE_RETENTION_HOURS, ShardHours};
use crate::model::format;
use crate::model::reshard::ReshardRequest;
use crate::model::stream::{StreamMode, StreamStatus};
use crate::model::world::{OpenStream, World};

/// What can be done, and what is said of it.
pub type Offer = frame::Offer<ReshardRequest>;

impl Asked for ReshardRequest {
    fn cli(&self, connection: &ConnectionInfo) -> String {
        Self::cli(self, connection)
    }
}

impl Check {
    /// The stream is `ACTIVE`.
    pub fn is_active(open: &OpenStream) -> Self {
        let is_resharding = open.reshard.as_ref().is_some_and(|run| !run.is_done);
        let status = match open.summary.get().map(|s| &s.status) {
            _ if is_resharding => (false, "a reshard runs".to_owned()),
            Some(StreamStatus::Active) => (true, String::new()),
            Some(other) => (false, format!("is {}", format::one_line(other.as_str(), 24))),
            None => (false, "not known yet".to_owned()),
        };
        Self::new("Stream is ACTIVE, no reshard running", status)
    }

    /// The stream is provisioned.
    pub fn is_provisioned(open: &OpenStream) -> Self {
        let mode = match open.summary.get().map(|s| s.mode) {
            Some(StreamMode::Provisioned) => (true, String::new()),
            Some(StreamMode::OnDemand) => (false, "on-demand: AWS does it".to_owned()),
            Some(StreamMode::Unknown) => (true, "not said by the server".to_owned()),
            None => (false, "not known yet".to_owned()),
        };
        Self::new("Provisioned mode", mode)
    }

    /// The account may open so many more shards (`DescribeLimits`). A server that tells no quota is not held against one.
    pub fn is_within_quota(text: &'static str, world: &World, more: u32) -> Self {
        let quota = match (world.account_limits.get(), &world.account_limits.problem) {
            (Some(limits), _) => {
                let [used, all] = [limits.open_shard_count, limits.shard_limit].map(|n| format::grouped(i64::from(n)));
                (more <= limits.free_shards(), format!("{used} + {more} of {all}"))
            }
            (None, Some(_)) => (true, "not told by the server".to_owned()),
            (None, None) => (true, "DescribeLimits is asked".to_owned()),
        };
        Self::new(text, quota)
    }
}

/// What of the stream is paid by the shard and hour.
pub fn shard_hours(open: &OpenStream) -> ShardHours {
    let summary = open.summary.get();
    ShardHours {
        consumers: summary.and_then(|summary| summary.consumer_count).unwrap_or(0),
        retention_hours: summary.map_or(FREE_RETENTION_HOURS, |summary| summary.retention_hours),
    }
}

/// `34 %`, or a dash.
pub fn share_words(share: Option<f64>) -> String {
    share.map_or_else(|| format::UNKNOWN.to_owned(), |share| format::percent(share).replace('%', " %"))
}

/// How many times the load may grow before it reaches 80 %.
pub fn headroom(share: Option<f64>) -> String {
    use crate::model::limits::WARN_SHARE;
    match share {
        Some(share) if share >= WARN_SHARE => "none".to_owned(),
        Some(share) if share > 0.004 => format!("×{:.1}", WARN_SHARE / share),
        Some(_) => "plenty".to_owned(),
        None => format::UNKNOWN.to_owned(),
    }
}
