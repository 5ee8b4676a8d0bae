//! PutRecord, PutRecords, GetRecords: the calls that carry data, read and written without a tree of values between.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::describe::shard_children;
use super::json::stream_from;
use crate::local::engine::{
    ApiError, ApiResult, Engine, ErrorKind, Payload, PutEntry, PutOutcome, StoredRecord, shard_id, throttle_message,
};
use crate::model::ids::PartitionKey;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRecordsRequest<'a> {
    #[serde(borrow)]
    records: Vec<EntryRequest<'a>>,
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EntryRequest<'a> {
    #[serde(borrow)]
    data: Cow<'a, str>,
    #[serde(borrow)]
    partition_key: Cow<'a, str>,
    explicit_hash_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRecordRequest<'a> {
    #[serde(flatten, borrow)]
    entry: EntryRequest<'a>,
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetRecordsRequest {
    shard_iterator: String,
    limit: Option<i64>,
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> ApiResult<T> {
    serde_json::from_slice(body).map_err(|err| ApiError::new(ErrorKind::Serialization, err.to_string()))
}

fn entry(request: &EntryRequest<'_>) -> ApiResult<PutEntry> {
    let data = STANDARD
        .decode(request.data.as_bytes())
        .map_err(|_| ApiError::new(ErrorKind::Serialization, "Data is not base64."))?;
    let explicit_hash_key = match &request.explicit_hash_key {
        None => None,
        Some(text) => Some(text.parse::<u128>().map_err(|_| {
            ApiError::invalid(format!(
                "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {text}"
            ))
        })?),
    };
    Ok(PutEntry {
        partition_key: PartitionKey::from(&*request.partition_key),
        explicit_hash_key,
        payload: Payload::new(data),
    })
}

fn encryption(encrypted: bool) -> &'static str {
    if encrypted { "KMS" } else { "NONE" }
}

pub(super) fn put_records(engine: &Engine, body: &[u8]) -> ApiResult<Vec<u8>> {
    let request: PutRecordsRequest<'_> = parse(body)?;
    let stream = stream_from(request.stream_name.as_deref(), request.stream_arn.as_deref())?;
    let entries = request.records.iter().map(entry).collect::<ApiResult<Vec<_>>>()?;
    let reply = engine.put_records(&stream, entries)?;
    let mut out = String::with_capacity(64 + 128 * reply.outcomes.len());
    let _ = write!(out, "{{\"FailedRecordCount\":{},\"Records\":[", reply.throttled_count());
    for (index, outcome) in reply.outcomes.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let _ = match outcome {
            // Neither holds anything that JSON would escape.
            PutOutcome::Accepted(sequence) => {
                let shard = shard_id(sequence.shard_index);
                write!(out, "{{\"SequenceNumber\":\"{sequence}\",\"ShardId\":\"{shard}\"}}")
            }
            PutOutcome::Throttled(shard) => {
                let (code, words) =
                    (ErrorKind::ProvisionedThroughputExceeded.code(), throttle_message(&stream, *shard));
                write!(out, "{{\"ErrorCode\":\"{code}\",\"ErrorMessage\":{}}}", Value::from(words))
            }
        };
    }
    let _ = write!(out, "],\"EncryptionType\":\"{}\"}}", encryption(reply.encrypted));
    Ok(out.into_bytes())
}

pub(super) fn put_record(engine: &Engine, body: &[u8]) -> ApiResult<Vec<u8>> {
    let request: PutRecordRequest<'_> = parse(body)?;
    let stream = stream_from(request.stream_name.as_deref(), request.stream_arn.as_deref())?;
    let (sequence, encrypted) = engine.put_record(&stream, entry(&request.entry)?)?;
    let answer = json!({
        "SequenceNumber": sequence.to_string(),
        "ShardId": shard_id(sequence.shard_index).as_str(),
        "EncryptionType": encryption(encrypted),
    });
    Ok(answer.to_string().into_bytes())
}

pub(super) fn get_records(engine: &Engine, body: &[u8]) -> ApiResult<Vec<u8>> {
    let request: GetRecordsRequest = parse(body)?;
    let reply = engine.get_records(&request.shard_iterator, request.limit)?;
    let mut out = String::with_capacity(1_024);
    out.push_str("{\"Records\":");
    write_records(&mut out, &reply.records, reply.encrypted);
    let _ = write!(out, ",\"MillisBehindLatest\":{}", reply.millis_behind);
    if let Some(next) = &reply.next_iterator {
        let _ = write!(out, ",\"NextShardIterator\":{}", Value::from(next.as_str()));
    }
    if !reply.children.is_empty() {
        let _ = write!(out, ",\"ChildShards\":{}", shard_children(&reply.children));
    }
    out.push('}');
    Ok(out.into_bytes())
}

/// A list of records as JSON.
pub(super) fn write_records(out: &mut String, records: &[StoredRecord], encrypted: bool) {
    out.push('[');
    for (index, record) in records.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let at = record.arrival.0;
        let _ = write!(
            out,
            "{{\"SequenceNumber\":\"{}\",\"ApproximateArrivalTimestamp\":{}.{:03},\"PartitionKey\":{},\
             \"EncryptionType\":\"{}\",\"Data\":\"",
            record.sequence,
            at.div_euclid(1_000),
            at.rem_euclid(1_000),
            Value::from(record.partition_key.as_str()),
            encryption(encrypted),
        );
        STANDARD.encode_string(record.payload.to_vec(), out);
        out.push_str("\"}");
    }
    out.push(']');
}
