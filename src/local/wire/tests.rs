//! Whatever a caller sends, the server answers; nothing brings it down.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{cbor, cloudwatch, kinesis};
use crate::local::engine::{Engine, EngineSettings};
use crate::model::stream::StreamMode;
use crate::model::time::{Millis, Timestamp};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

const OPERATIONS: [&str; 34] = [
    "AddTagsToStream",
    "CreateStream",
    "DecreaseStreamRetentionPeriod",
    "DeleteStream",
    "DeregisterStreamConsumer",
    "DescribeAccountSettings",
    "DescribeLimits",
    "DescribeStream",
    "DescribeStreamConsumer",
    "DescribeStreamSummary",
    "DisableEnhancedMonitoring",
    "EnableEnhancedMonitoring",
    "GetRecords",
    "GetShardIterator",
    "IncreaseStreamRetentionPeriod",
    "ListShards",
    "ListStreamConsumers",
    "ListStreams",
    "ListTagsForResource",
    "ListTagsForStream",
    "MergeShards",
    "PutRecord",
    "PutRecords",
    "RegisterStreamConsumer",
    "RemoveTagsFromStream",
    "SplitShard",
    "StartStreamEncryption",
    "StopStreamEncryption",
    "TagResource",
    "UntagResource",
    "UpdateMaxRecordSize",
    "UpdateShardCount",
    "UpdateStreamMode",
    "NoSuchOperation",
];

const FIELDS: [&str; 32] = [
    "AdjacentShardToMerge",
    "ConsumerARN",
    "ConsumerName",
    "Data",
    "ExclusiveStartShardId",
    "ExclusiveStartStreamName",
    "ExplicitHashKey",
    "KeyId",
    "Limit",
    "MaxRecordSizeInKiB",
    "MaxResults",
    "NewStartingHashKey",
    "NextToken",
    "PartitionKey",
    "Records",
    "ResourceARN",
    "RetentionPeriodHours",
    "ScalingType",
    "ShardCount",
    "ShardFilter",
    "ShardId",
    "ShardIterator",
    "ShardIteratorType",
    "ShardLevelMetrics",
    "ShardToMerge",
    "ShardToSplit",
    "StartingSequenceNumber",
    "StreamModeDetails",
    "TagKeys",
    "Tags",
    "TargetShardCount",
    "Timestamp",
];

fn engine() -> Engine {
    let engine = Engine::new(EngineSettings {
        clock: Arc::new(|| NOW),
        memory_cap_bytes: 1_048_576,
        delay: Millis(0),
        region: "us-east-1".to_owned(),
    });
    engine.create_ready_stream("s", StreamMode::Provisioned, 2, NOW - Millis::from_mins(5));
    engine
}

fn odd_value() -> impl Strategy<Value = Value> {
    let texts = prop::sample::select(vec![
        "",
        "s",
        "ALL",
        "TRIM_HORIZON",
        "AT_TIMESTAMP",
        "AFTER_SEQUENCE_NUMBER",
        "UNIFORM_SCALING",
        "shardId-000000000000",
        "shardId-000000000001",
        "shardId-99999999999999",
        "340282366920938463463374607431768211455",
        "340282366920938463463374607431768211456",
        "49663978758868311932389618382594866003608249521882005538",
        "aGVsbG8=",
        "🦀\n\u{0}",
        "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1",
    ]);
    prop_oneof![
        4 => texts.prop_map(Value::from),
        2 => prop::sample::select(vec![0i64, 1, 2, -1, 48, 1_000, 10_000, i64::MAX, i64::MIN]).prop_map(Value::from),
        1 => prop::sample::select(vec![0.5, -1e300, 1e300, 1_790_000_000.123]).prop_map(|number| json!(number)),
        1 => Just(Value::Null),
        1 => Just(json!(["ALL", 5])),
        1 => Just(json!([{ "Data": "aGk=", "PartitionKey": "k" }, { "Data": "aGk=", "PartitionKey": "k", "ExplicitHashKey": "-1" }])),
        1 => Just(json!([{ "Data": "aGk=", "PartitionKey": "k" }])),
        1 => Just(json!({ "Type": "AT_TIMESTAMP", "Timestamp": -1e300, "StreamMode": "ON_DEMAND", "a": "b" })),
        1 => Just(json!({ "Type": "FROM_TIMESTAMP", "Timestamp": 1e300 })),
        1 => Just(json!({ "Type": "AFTER_SHARD_ID", "ShardId": "x\ny" })),
    ]
}

fn odd_cbor() -> impl Strategy<Value = ciborium::Value> {
    use ciborium::Value as C;
    let time = |seconds: f64| C::Tag(1, Box::new(C::Float(seconds)));
    let dimensions = C::Array(vec![cbor::map([("Name", "StreamName".into()), ("Value", "s".into())])]);
    let metric = cbor::map([
        ("Namespace", "AWS/Kinesis".into()),
        ("MetricName", "IncomingBytes".into()),
        ("Dimensions", dimensions.clone()),
    ]);
    let stat = |period: i64| cbor::map([("Metric", metric.clone()), ("Period", period.into()), ("Stat", "Sum".into())]);
    let query = |period| C::Array(vec![cbor::map([("Id", "a".into()), ("MetricStat", stat(period))])]);
    prop::sample::select(vec![
        C::Null,
        C::Bool(true),
        0.into(),
        60.into(),
        i64::MAX.into(),
        u64::MAX.into(),
        C::Float(f64::NAN),
        C::Float(-1e300),
        "".into(),
        "Sum".into(),
        "AWS/Kinesis".into(),
        "IncomingBytes".into(),
        "GreaterThanThreshold".into(),
        "18446744073709551615".into(),
        time(-1e300),
        time(1e300),
        time(1_790_000_000.0),
        dimensions,
        query(60),
        query(i64::from(u32::MAX) / 60 * 60),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn odd_kinesis_requests_are_answered(
        requests in prop::collection::vec(
            (prop::sample::select(&OPERATIONS[..]),
             prop::collection::vec((prop::sample::select(&FIELDS[..]), odd_value()), 0..12), any::<bool>()), 1..40)
    ) {
        let engine = engine();
        for (operation, fields, names_stream) in requests {
            let mut body = serde_json::Map::new();
            if names_stream {
                body.insert("StreamName".to_owned(), "s".into());
            }
            body.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
            let body = Value::Object(body).to_string();
            let _ = kinesis::answer(&engine, operation, body.as_bytes());
        }
        let _ = engine.streams();
    }

    #[test]
    fn odd_cloudwatch_requests_are_answered(
        requests in prop::collection::vec(
            (prop::sample::select(vec!["ListMetrics", "GetMetricData", "GetMetricStatistics", "PutMetricAlarm",
                "DescribeAlarms", "DescribeAlarmsForMetric", "DeleteAlarms", "Other"]),
             prop::collection::vec((prop::sample::select(vec!["StartTime", "EndTime", "MetricDataQueries", "NextToken",
                "MaxDatapoints", "Period", "EvaluationPeriods", "DatapointsToAlarm", "Threshold", "AlarmName",
                "Namespace", "MetricName", "Dimensions", "Statistic", "Statistics", "ComparisonOperator",
                "MaxRecords"]), odd_cbor()), 0..14)), 1..40)
    ) {
        let engine = engine();
        for (operation, fields) in requests {
            let map = fields.into_iter().map(|(name, value)| (name.into(), value)).collect();
            let _ = cloudwatch::answer(&engine, operation, &ciborium::Value::Map(map));
            let _ = engine.alarms();
        }
    }

    #[test]
    fn bytes_that_are_no_request_are_answered(body in prop::collection::vec(any::<u8>(), 0..200), gzipped: bool) {
        let _ = cbor::parse(&body, gzipped);
        for operation in OPERATIONS {
            let _ = kinesis::answer(&engine(), operation, &body);
        }
    }
}
