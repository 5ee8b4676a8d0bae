//! Changing how the key space is cut. The SDK's retries are off: a quota that is reached looks like a rate to it, and a
//! call whose answer was lost may have been carried out.
//!
//! All of these answer before the work is done: the stream is `UPDATING` until then. On-demand streams refuse them.

use aws_sdk_kinesis::operation::RequestId;
use aws_sdk_kinesis::types::ScalingType;

use super::connect::Connection;
use super::error::Call;
use crate::model::answer::Problem;
use crate::model::hash_range::HashKey;
use crate::model::ids::{ShardId, StreamName};
use crate::model::writes::Receipt;

impl Connection {
    /// Splits an open shard of a provisioned stream; `new_start` and all above it go to the upper child. One `SplitShard`
    /// (5 a second and stream).
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
        let call = (self.kinesis_once().split_shard().stream_name(stream.as_str()))
            .shard_to_split(shard.as_str())
            .new_starting_hash_key(new_start.to_string());
        let resource = format!("{shard} of {stream}");
        let output = call.send().await.map_err(|err| self.fail(&err, Call::kinesis("SplitShard", &resource)))?;
        Ok(receipt(output.request_id()))
    }

    /// Merges two open shards whose ranges touch. One `MergeShards` (5 a second and stream).
    ///
    /// # Errors
    /// `InUse` when the stream is not active, `Invalid` when the shards are not neighbours or the stream is on-demand.
    pub async fn merge_shards(
        &self,
        stream: &StreamName,
        shard: &ShardId,
        adjacent: &ShardId,
    ) -> Result<Receipt, Problem> {
        let call = (self.kinesis_once().merge_shards().stream_name(stream.as_str()))
            .shard_to_merge(shard.as_str())
            .adjacent_shard_to_merge(adjacent.as_str());
        let resource = format!("{shard} and {adjacent} of {stream}");
        let output = call.send().await.map_err(|err| self.fail(&err, Call::kinesis("MergeShards", &resource)))?;
        Ok(receipt(output.request_id()))
    }

    /// Scales to `target` open shards of equal range. One `UpdateShardCount`; AWS allows from half to twice the present
    /// number, and ten successful calls a stream in 24 hours.
    ///
    /// # Errors
    /// `InUse` when the stream is not active, `Limit` or `Invalid` beyond those bounds.
    pub async fn update_shard_count(&self, stream: &StreamName, target: u32) -> Result<Receipt, Problem> {
        let call = (self.kinesis_once().update_shard_count().stream_name(stream.as_str()))
            .target_shard_count(i32::try_from(target).unwrap_or(i32::MAX))
            .scaling_type(ScalingType::UniformScaling);
        let output =
            call.send().await.map_err(|err| self.fail(&err, Call::kinesis("UpdateShardCount", stream.as_str())))?;
        Ok(receipt(output.request_id()))
    }
}

/// The receipt of a call that was accepted.
pub(super) fn receipt(request_id: Option<&str>) -> Receipt {
    Receipt { request_id: request_id.map(str::to_owned) }
}
