//! The Kinesis operations that change streams and their settings.

use serde_json::{Value, json};

use super::describe::{commitment, consumer, consumer_ref, warm_throughput};
use super::json::{Fields, stream_of_arn};
use crate::local::engine::{ApiError, ApiResult, Engine};
use crate::model::hash_range::HashKey;
use crate::model::stream::StreamMode;

/// Answers the operation (`Null` for an empty answer); `None` where it is not one of these.
pub(super) fn answer(engine: &Engine, operation: &str, fields: &Fields) -> ApiResult<Option<Value>> {
    let done = |()| Some(Value::Null);
    match operation {
        "CreateStream" => create_stream(engine, fields).map(done),
        "DeleteStream" => engine.delete_stream(&fields.stream()?, fields.flag("EnforceConsumerDeletion")).map(done),
        "SplitShard" => split_shard(engine, fields).map(done),
        "MergeShards" => engine
            .merge_shards(
                &fields.stream()?,
                fields.need_text("ShardToMerge")?,
                fields.need_text("AdjacentShardToMerge")?,
            )
            .map(done),
        "UpdateShardCount" => update_shard_count(engine, fields).map(Some),
        "IncreaseStreamRetentionPeriod" => retention(engine, fields, true).map(done),
        "DecreaseStreamRetentionPeriod" => retention(engine, fields, false).map(done),
        "EnableEnhancedMonitoring" => monitoring(engine, fields, true).map(Some),
        "DisableEnhancedMonitoring" => monitoring(engine, fields, false).map(Some),
        "AddTagsToStream" => engine.add_tags(&fields.stream()?, &tag_map(fields)?).map(done),
        "RemoveTagsFromStream" => engine.remove_tags(&fields.stream()?, &fields.texts("TagKeys")?).map(done),
        "TagResource" => engine.add_tags(&resource(fields)?, &tag_map(fields)?).map(done),
        "UntagResource" => engine.remove_tags(&resource(fields)?, &fields.texts("TagKeys")?).map(done),
        "RegisterStreamConsumer" => {
            let info = engine.register_consumer(&fields.stream()?, fields.need_text("ConsumerName")?)?;
            Ok(Some(json!({ "Consumer": consumer(&info) })))
        }
        "DeregisterStreamConsumer" => {
            let (stream, name) = consumer_ref(fields)?;
            engine.deregister_consumer(&stream, &name).map(done)
        }
        "StartStreamEncryption" => {
            let key = fields.need_text("KeyId")?.to_owned();
            engine.set_encryption(&fields.stream()?, Some(key)).map(done)
        }
        "StopStreamEncryption" => engine.set_encryption(&fields.stream()?, None).map(done),
        "UpdateStreamMode" => {
            let mode = mode(fields)?.ok_or_else(|| ApiError::validation("StreamModeDetails must not be null"))?;
            engine.set_mode(&fields.stream()?, mode, fields.integer("WarmThroughputMiBps")?).map(done)
        }
        "UpdateStreamWarmThroughput" => update_warm_throughput(engine, fields).map(Some),
        "UpdateAccountSettings" => update_account_settings(engine, fields).map(Some),
        "UpdateMaxRecordSize" => {
            engine.set_max_record_size(&fields.stream()?, fields.need_integer("MaxRecordSizeInKiB")?).map(done)
        }
        _ => Ok(None),
    }
}

fn mode(fields: &Fields) -> ApiResult<Option<StreamMode>> {
    let Some(details) = fields.object("StreamModeDetails") else { return Ok(None) };
    match details.need_text("StreamMode")? {
        "PROVISIONED" => Ok(Some(StreamMode::Provisioned)),
        "ON_DEMAND" => Ok(Some(StreamMode::OnDemand)),
        other => Err(ApiError::validation(format!("{other} is not a stream mode."))),
    }
}

fn create_stream(engine: &Engine, fields: &Fields) -> ApiResult<()> {
    let name = fields.need_text("StreamName")?;
    let count = match fields.integer("ShardCount")? {
        None => None,
        Some(count) => Some(
            u32::try_from(count)
                .map_err(|_| ApiError::validation("Value at 'shardCount' must be greater than or equal to 1"))?,
        ),
    };
    let mode = mode(fields)?.unwrap_or(StreamMode::Provisioned);
    let tags = tag_map(fields)?;
    let max_record_kib = fields.integer("MaxRecordSizeInKiB")?;
    engine.create_stream(name, mode, count)?;
    if !tags.is_empty() {
        engine.add_tags(name, &tags)?;
    }
    match max_record_kib {
        Some(kib) => engine.create_with_max_record_size(name, kib),
        None => Ok(()),
    }
}

fn split_shard(engine: &Engine, fields: &Fields) -> ApiResult<()> {
    let key = fields.need_text("NewStartingHashKey")?;
    let key = key
        .parse::<u128>()
        .map(HashKey)
        .map_err(|_| ApiError::validation(format!("NewStartingHashKey {key} is not a number from 0 to 2^128-1.")))?;
    engine.split_shard(&fields.stream()?, fields.need_text("ShardToSplit")?, key)
}

fn update_shard_count(engine: &Engine, fields: &Fields) -> ApiResult<Value> {
    let name = fields.stream()?;
    let target = fields.need_integer("TargetShardCount")?;
    match fields.need_text("ScalingType")? {
        "UNIFORM_SCALING" => {}
        other => return Err(ApiError::validation(format!("{other} is not a scaling type."))),
    }
    let current = engine.update_shard_count(&name, target)?;
    Ok(json!({
        "StreamName": name,
        "CurrentShardCount": current,
        "TargetShardCount": target,
        "StreamARN": engine.stream_arn(&name),
    }))
}

fn update_warm_throughput(engine: &Engine, fields: &Fields) -> ApiResult<Value> {
    let name = fields.stream()?;
    let warm = engine.set_warm_throughput(&name, fields.need_integer("WarmThroughputMiBps")?)?;
    Ok(json!({
        "StreamName": name,
        "StreamARN": engine.stream_arn(&name),
        "WarmThroughput": warm_throughput(warm),
    }))
}

fn update_account_settings(engine: &Engine, fields: &Fields) -> ApiResult<Value> {
    let wanted = fields.object("MinimumThroughputBillingCommitment");
    let wanted = wanted.ok_or_else(|| ApiError::validation("MinimumThroughputBillingCommitment must not be null"))?;
    let is_on = match wanted.need_text("Status")? {
        "ENABLED" => true,
        "DISABLED" => false,
        other => return Err(ApiError::validation(format!("{other} is not a status."))),
    };
    Ok(commitment(&engine.set_commitment(is_on)?))
}

fn retention(engine: &Engine, fields: &Fields, longer: bool) -> ApiResult<()> {
    engine.set_retention(&fields.stream()?, fields.need_integer("RetentionPeriodHours")?, longer)
}

fn monitoring(engine: &Engine, fields: &Fields, on: bool) -> ApiResult<Value> {
    let name = fields.stream()?;
    let (before, after) = engine.set_monitoring(&name, &fields.texts("ShardLevelMetrics")?, on)?;
    Ok(json!({
        "StreamName": name,
        "CurrentShardLevelMetrics": before,
        "DesiredShardLevelMetrics": after,
        "StreamARN": engine.stream_arn(&name),
    }))
}

fn resource(fields: &Fields) -> ApiResult<String> {
    stream_of_arn(fields.need_text("ResourceARN")?).map(str::to_owned)
}

fn tag_map(fields: &Fields) -> ApiResult<Vec<(String, String)>> {
    let Some(value) = fields.get("Tags") else { return Ok(Vec::new()) };
    let wrong = || ApiError::validation("Tags must be a map of strings");
    let map = value.as_object().ok_or_else(wrong)?;
    map.iter().map(|(key, value)| Ok((key.clone(), value.as_str().ok_or_else(wrong)?.to_owned()))).collect()
}
