//! Changing how the key space is cut. Retries of the SDK are off: a quota that is reached looks like a rate to it.

use aws_sdk_kinesis::operation::RequestId;
use aws_smithy_types::retry::RetryConfig;

use super::connect::Connection;
use super::error::Call;
use crate::model::answer::Problem;
use crate::model::hash_range::HashKey;
use crate::model::ids::{ShardId, StreamName};
use crate::model::writes::Receipt;

impl Connection {
    /// Splits an open shard of a provisioned stream; `new_start` and all above it go to the upper child. One `SplitShard`
    /// (5 a second and stream). Answers before the split is done: the stream is `UPDATING` until then.
    ///
    /// # Errors
    /// `InUse` when the stream is not active, `Limit` when the account has no shard left, `Invalid` on an on-demand stream
    /// or for a hash key outside the shard.
    pub async fn split_shard(
        &self,
        stream: &StreamName,
        shard: &ShardId,
        new_start: HashKey,
    ) -> Result<Receipt, Problem> {
        let once = aws_sdk_kinesis::config::Config::builder().retry_config(RetryConfig::disabled());
        let call = self
            .kinesis()
            .split_shard()
            .stream_name(stream.as_str())
            .shard_to_split(shard.as_str())
            .new_starting_hash_key(new_start.to_string());
        let resource = format!("{shard} of {stream}");
        let output = call
            .customize()
            .config_override(once)
            .send()
            .await
            .map_err(|err| self.fail(&err, Call::kinesis("SplitShard", &resource)))?;
        Ok(Receipt { request_id: output.request_id().map(str::to_owned) })
    }
}
