//! What an account may have in one Region.

/// Quotas and how much of them is used, as `DescribeLimits` tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountLimits {
    /// Most open shards of all provisioned streams together.
    pub shard_limit: u32,
    /// Open shards of all provisioned streams together.
    pub open_shard_count: u32,
    /// Most on-demand streams; 0 where the server does not say.
    pub on_demand_stream_limit: u32,
    /// On-demand streams.
    pub on_demand_stream_count: u32,
}

impl AccountLimits {
    /// Shards that may still be opened.
    pub fn free_shards(&self) -> u32 {
        self.shard_limit.saturating_sub(self.open_shard_count)
    }
}
