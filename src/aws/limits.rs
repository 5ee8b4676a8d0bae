//! What the account may have in the Region.

use super::connect::Connection;
use super::error::Call;
use crate::model::account::AccountLimits;
use crate::model::answer::Problem;

impl Connection {
    /// Quotas of the account in this Region and how much of them is used. One `DescribeLimits` (1 a second and account:
    /// ask seldom).
    ///
    /// # Errors
    /// As every call.
    pub async fn describe_limits(&self) -> Result<AccountLimits, Problem> {
        let call = self.kinesis().describe_limits();
        let output = call.send().await.map_err(|err| self.fail(&err, Call::kinesis("DescribeLimits", "")))?;
        let known = |count: i32| u32::try_from(count).unwrap_or(0);
        Ok(AccountLimits {
            shard_limit: known(output.shard_limit),
            open_shard_count: known(output.open_shard_count),
            on_demand_stream_limit: known(output.on_demand_stream_count_limit),
            on_demand_stream_count: known(output.on_demand_stream_count),
        })
    }
}
