//! The Kinesis operations that only tell: streams, shards, consumers, tags, limits, iterators.

use serde_json::{Map, Value, json};

use super::json::{Fields, consumer_of_arn, epoch, stream_of_arn};
use crate::local::engine::{
    ApiError, ApiResult, Commitment, ConsumerInfo, Engine, IteratorStart, ShardFilter, ShardInfo, ShardPage, StreamInfo,
};
use crate::model::stream::StreamMode;
use crate::model::time::Millis;

/// Answers the operation; `None` where it is not one of these.
pub(super) fn answer(engine: &Engine, operation: &str, fields: &Fields) -> ApiResult<Option<Value>> {
    let value = match operation {
        "DescribeStreamSummary" => {
            let info = engine.describe(&fields.stream()?)?;
            json!({ "StreamDescriptionSummary": summary(engine, &info) })
        }
        "DescribeStream" => describe_stream(engine, fields)?,
        "ListStreams" => list_streams(engine, fields)?,
        "ListShards" => list_shards(engine, fields)?,
        "DescribeLimits" => describe_limits(engine),
        "DescribeAccountSettings" => commitment(&engine.commitment()),
        "GetShardIterator" => {
            let start = iterator_start(fields, "ShardIteratorType", "StartingSequenceNumber")?;
            let iterator = engine.shard_iterator(&fields.stream()?, fields.need_text("ShardId")?, &start)?;
            json!({ "ShardIterator": iterator })
        }
        "ListTagsForStream" => tags_of_stream(engine, fields)?,
        "ListTagsForResource" => {
            let stream = stream_of_arn(fields.need_text("ResourceARN")?)?.to_owned();
            json!({ "Tags": tag_list(engine, &stream)? })
        }
        "ListStreamConsumers" => {
            let limit = fields.limit("MaxResults", 10_000)?.unwrap_or(100);
            let (consumers, next) = match fields.text("NextToken")? {
                Some(token) => engine.list_consumers_from(token, limit)?,
                None => engine.list_consumers(&fields.stream()?, None, limit)?,
            };
            let mut answer = json!({ "Consumers": consumers.iter().map(consumer).collect::<Vec<_>>() });
            add_token(&mut answer, next);
            answer
        }
        "DescribeStreamConsumer" => describe_consumer(engine, fields)?,
        "ListChannels" => json!({ "Channels": [] }),
        _ => return Ok(None),
    };
    Ok(Some(value))
}

/// The stream and the consumer that are meant, by ARN or by names.
pub(super) fn consumer_ref(fields: &Fields) -> ApiResult<(String, String)> {
    match fields.text("ConsumerARN")? {
        Some(arn) => consumer_of_arn(arn).map(|(stream, name)| (stream.to_owned(), name.to_owned())),
        None => Ok((fields.stream()?, fields.need_text("ConsumerName")?.to_owned())),
    }
}

fn describe_consumer(engine: &Engine, fields: &Fields) -> ApiResult<Value> {
    let (stream, name) = consumer_ref(fields)?;
    let mut description = consumer(&engine.describe_consumer(&stream, &name)?);
    if let Some(map) = description.as_object_mut() {
        map.insert("StreamARN".to_owned(), engine.stream_arn(&stream).into());
    }
    Ok(json!({ "ConsumerDescription": description }))
}

/// A consumer as AWS writes it.
pub(super) fn consumer(info: &ConsumerInfo) -> Value {
    json!({
        "ConsumerName": info.name,
        "ConsumerARN": info.arn,
        "ConsumerStatus": if info.is_active { "ACTIVE" } else { "CREATING" },
        "ConsumerCreationTimestamp": epoch(info.created),
    })
}

/// Where reading begins, from fields that `GetShardIterator` and `SubscribeToShard` name differently.
pub(super) fn iterator_start(fields: &Fields, kind: &str, sequence: &str) -> ApiResult<IteratorStart> {
    let number = || fields.need_text(sequence).map(str::to_owned);
    match fields.need_text(kind)? {
        "TRIM_HORIZON" => Ok(IteratorStart::TrimHorizon),
        "LATEST" => Ok(IteratorStart::Latest),
        "AT_SEQUENCE_NUMBER" => number().map(IteratorStart::AtSequence),
        "AFTER_SEQUENCE_NUMBER" => number().map(IteratorStart::AfterSequence),
        "AT_TIMESTAMP" => fields
            .time("Timestamp")?
            .map(IteratorStart::AtTimestamp)
            .ok_or_else(|| ApiError::invalid("Must specify timestampInMillis for iterator type AT_TIMESTAMP.")),
        other => Err(ApiError::validation(format!("{other} is not a type of shard iterator."))),
    }
}

fn mode_details(mode: StreamMode) -> Value {
    json!({ "StreamMode": if mode == StreamMode::OnDemand { "ON_DEMAND" } else { "PROVISIONED" } })
}

/// What both descriptions of a stream have in common.
fn description(engine: &Engine, info: &StreamInfo) -> Map<String, Value> {
    let mut map = Map::new();
    let mut put = |name: &str, value: Value| {
        map.insert(name.to_owned(), value);
    };
    put("StreamName", info.name.as_str().into());
    put("StreamARN", engine.stream_arn(&info.name).into());
    put("StreamStatus", info.status.as_str().into());
    put("StreamModeDetails", mode_details(info.mode));
    put("RetentionPeriodHours", info.retention_hours.into());
    put("StreamCreationTimestamp", epoch(info.created));
    put("EnhancedMonitoring", json!([{ "ShardLevelMetrics": info.enhanced }]));
    put("EncryptionType", if info.key_id.is_some() { "KMS" } else { "NONE" }.into());
    if let Some(key) = &info.key_id {
        put("KeyId", key.as_str().into());
    }
    map
}

/// Warm throughput as AWS writes it: asked for, and there.
pub(super) fn warm_throughput((target, current): (u32, u32)) -> Value {
    json!({ "TargetMiBps": target, "CurrentMiBps": current })
}

/// The account's billing commitment as AWS writes it.
pub(super) fn commitment(commitment: &Commitment) -> Value {
    let Some(since) = commitment.since.filter(|_| commitment.is_on) else {
        return json!({ "MinimumThroughputBillingCommitment": { "Status": "DISABLED" } });
    };
    json!({ "MinimumThroughputBillingCommitment": {
        "Status": "ENABLED",
        "StartedAt": epoch(since),
        "EarliestAllowedEndAt": epoch(since + Millis::from_mins(24 * 60)),
    } })
}

fn summary(engine: &Engine, info: &StreamInfo) -> Value {
    let mut map = description(engine, info);
    map.insert("OpenShardCount".to_owned(), info.open_shards.into());
    map.insert("ConsumerCount".to_owned(), info.consumers.into());
    map.insert("MaxRecordSizeInKiB".to_owned(), info.max_record_kib.into());
    if let Some(warm) = info.warm_mibps {
        map.insert("WarmThroughput".to_owned(), warm_throughput(warm));
    }
    Value::Object(map)
}

fn describe_stream(engine: &Engine, fields: &Fields) -> ApiResult<Value> {
    let name = fields.stream()?;
    let limit = fields.limit("Limit", 10_000)?.unwrap_or(100).min(100);
    let info = engine.describe(&name)?;
    let after = fields.text("ExclusiveStartShardId")?;
    let page = match engine.list_shards(&name, &ShardFilter::FromTrimHorizon, after, Some(limit)) {
        Ok(page) => page,
        // A stream that is being made is described without shards.
        Err(_) if info.status.as_str() == "CREATING" => ShardPage { shards: Vec::new(), next_token: None },
        Err(err) => return Err(err),
    };
    let mut map = description(engine, &info);
    map.insert("Shards".to_owned(), page.shards.iter().map(shard).collect());
    map.insert("HasMoreShards".to_owned(), page.next_token.is_some().into());
    Ok(json!({ "StreamDescription": map }))
}

fn list_streams(engine: &Engine, fields: &Fields) -> ApiResult<Value> {
    let page = engine.list_streams(
        fields.text("ExclusiveStartStreamName")?,
        fields.text("NextToken")?,
        fields.limit("Limit", 10_000)?,
    )?;
    let names: Vec<_> = page.streams.iter().map(|stream| stream.name.as_str()).collect();
    let summaries: Vec<_> = page
        .streams
        .iter()
        .map(|stream| {
            json!({
                "StreamName": stream.name,
                "StreamARN": engine.stream_arn(&stream.name),
                "StreamStatus": stream.status.as_str(),
                "StreamModeDetails": mode_details(stream.mode),
                "StreamCreationTimestamp": epoch(stream.created),
            })
        })
        .collect();
    let mut answer = json!({
        "StreamNames": names,
        "HasMoreStreams": page.next_token.is_some(),
        "StreamSummaries": summaries,
    });
    add_token(&mut answer, page.next_token);
    Ok(answer)
}

fn add_token(answer: &mut Value, token: Option<String>) {
    if let (Some(map), Some(token)) = (answer.as_object_mut(), token) {
        map.insert("NextToken".to_owned(), token.into());
    }
}

fn list_shards(engine: &Engine, fields: &Fields) -> ApiResult<Value> {
    let limit = fields.limit("MaxResults", 10_000)?;
    let page = match fields.text("NextToken")? {
        Some(token) => {
            if fields.get("StreamName").is_some() || fields.get("ExclusiveStartShardId").is_some() {
                return Err(ApiError::invalid("NextToken and StreamName cannot be provided together."));
            }
            engine.list_shards_from(token, limit)?
        }
        None => {
            let filter = shard_filter(fields)?;
            engine.list_shards(&fields.stream()?, &filter, fields.text("ExclusiveStartShardId")?, limit)?
        }
    };
    let shards: Vec<_> = page.shards.iter().map(shard).collect();
    let mut answer = json!({ "Shards": shards });
    add_token(&mut answer, page.next_token);
    Ok(answer)
}

fn shard_filter(fields: &Fields) -> ApiResult<ShardFilter> {
    let Some(filter) = fields.object("ShardFilter") else { return Ok(ShardFilter::FromTrimHorizon) };
    let time = || filter.time("Timestamp")?.ok_or_else(|| ApiError::invalid("ShardFilter needs a Timestamp."));
    match filter.need_text("Type")? {
        "AT_LATEST" => Ok(ShardFilter::AtLatest),
        "AT_TRIM_HORIZON" => Ok(ShardFilter::AtTrimHorizon),
        "FROM_TRIM_HORIZON" => Ok(ShardFilter::FromTrimHorizon),
        "AT_TIMESTAMP" => time().map(ShardFilter::AtTimestamp),
        "FROM_TIMESTAMP" => time().map(ShardFilter::FromTimestamp),
        "AFTER_SHARD_ID" => filter
            .text("ShardId")?
            .map(|id| ShardFilter::AfterShardId(id.to_owned()))
            .ok_or_else(|| ApiError::invalid("ShardFilter needs a ShardId.")),
        other => Err(ApiError::validation(format!("{other} is not a type of shard filter."))),
    }
}

fn range(shard: &ShardInfo) -> Value {
    json!({
        "StartingHashKey": shard.range.start.to_string(),
        "EndingHashKey": shard.range.end.to_string(),
    })
}

fn shard(info: &ShardInfo) -> Value {
    let mut numbers = json!({ "StartingSequenceNumber": info.starting.to_string() });
    if let (Some(map), Some(ending)) = (numbers.as_object_mut(), info.ending) {
        map.insert("EndingSequenceNumber".to_owned(), ending.to_string().into());
    }
    let mut value = json!({
        "ShardId": info.id.as_str(),
        "HashKeyRange": range(info),
        "SequenceNumberRange": numbers,
    });
    if let Some(map) = value.as_object_mut() {
        for (name, parent) in ["ParentShardId", "AdjacentParentShardId"].into_iter().zip(&info.parents) {
            map.insert(name.to_owned(), parent.as_str().into());
        }
    }
    value
}

/// `ChildShards` at the end of a closed shard.
pub(super) fn shard_children(children: &[ShardInfo]) -> Value {
    children
        .iter()
        .map(|child| {
            let parents: Vec<_> = child.parents.iter().map(|id| id.as_str()).collect();
            json!({ "ShardId": child.id.as_str(), "ParentShards": parents, "HashKeyRange": range(child) })
        })
        .collect()
}

fn describe_limits(engine: &Engine) -> Value {
    let streams = engine.streams();
    let open: u32 = streams.iter().map(|stream| stream.open_shards).sum();
    let on_demand = streams.iter().filter(|stream| stream.mode == StreamMode::OnDemand).count();
    json!({
        "ShardLimit": crate::local::engine::SHARD_LIMIT,
        "OpenShardCount": open,
        "OnDemandStreamCount": on_demand,
        "OnDemandStreamCountLimit": crate::local::engine::ON_DEMAND_LIMIT,
    })
}

fn tag_list(engine: &Engine, stream: &str) -> ApiResult<Vec<Value>> {
    Ok(engine.tags(stream)?.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect())
}

fn tags_of_stream(engine: &Engine, fields: &Fields) -> ApiResult<Value> {
    let mut tags = engine.tags(&fields.stream()?)?;
    if let Some(after) = fields.text("ExclusiveStartTagKey")? {
        tags.retain(|key, _| key.as_str() > after);
    }
    let limit = fields.limit("Limit", 50)?.unwrap_or(50);
    let has_more = tags.len() > limit;
    let list: Vec<_> = tags.iter().take(limit).map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    Ok(json!({ "Tags": list, "HasMoreTags": has_more }))
}
