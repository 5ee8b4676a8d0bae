//! Metrics and alarms.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{
    ComparisonOperator, Metric, MetricDataQuery, MetricDataResult, MetricStat, StateValue, Statistic,
};
use kinescope::model::time::Timestamp;

use crate::support::{dimension, entries, start, stream};

fn query(id: &str, name: &str, shard: Option<&str>, stat: &str) -> MetricDataQuery {
    let mut metric =
        Metric::builder().namespace("AWS/Kinesis").metric_name(name).dimensions(dimension("StreamName", "s"));
    if let Some(shard) = shard {
        metric = metric.dimensions(dimension("ShardId", shard));
    }
    let stat = MetricStat::builder().metric(metric.build()).period(60).stat(stat).build();
    MetricDataQuery::builder().id(id).metric_stat(stat).build()
}

async fn data(client: &Client, queries: Vec<MetricDataQuery>, from: Timestamp, to: Timestamp) -> Vec<MetricDataResult> {
    let reply = client
        .get_metric_data()
        .set_metric_data_queries(Some(queries))
        .start_time(DateTime::from_millis(from.0))
        .end_time(DateTime::from_millis(to.0))
        .send()
        .await
        .expect("data");
    reply.metric_data_results.expect("results")
}

#[tokio::test]
async fn what_was_put_and_refused_is_measured_for_stream_and_shard() {
    let (_server, config, hands) = start().await;
    let (client, kinesis) = (Client::new(&config), aws_sdk_kinesis::Client::new(&config));
    stream(&kinesis, &hands, "s", 2).await;
    let monitor = kinesis.enable_enhanced_monitoring().stream_name("s");
    monitor.shard_level_metrics(aws_sdk_kinesis::types::MetricsName::All).send().await.expect("monitors");
    let minute = hands.now().floor(60);
    // "test" lands in the lower shard; 97 + 4 bytes, 1,000 of them each second.
    for _ in 0..3 {
        let records = Some(entries("test", 500, 97));
        kinesis.put_records().stream_name("s").set_records(records).send().await.expect("puts");
    }
    hands.advance_secs(120);
    let results = data(
        &client,
        vec![
            query("a", "IncomingRecords", None, "Sum"),
            query("b", "IncomingBytes", Some("shardId-000000000000"), "Sum"),
            query("c", "WriteProvisionedThroughputExceeded", Some("shardId-000000000000"), "Sum"),
            query("d", "IncomingBytes", Some("shardId-000000000001"), "Sum"),
            query("e", "IncomingRecords", None, "Maximum"),
        ],
        minute,
        hands.now(),
    )
    .await;
    let values = |index: usize| results[index].values().to_vec();
    assert_eq!(values(0), [1_000.0]);
    assert_eq!(values(1), [1_000.0 * 101.0]);
    assert_eq!(values(2), [500.0]);
    assert!(values(3).is_empty(), "no data is not zero");
    assert_eq!(values(4), [500.0]);
    assert_eq!(results[0].timestamps().first().map(|at| at.secs()), Some(minute.as_secs()));

    let after = data(
        &client,
        vec![query("a", "IncomingRecords", None, "Sum")],
        minute - kinescope::model::time::Millis::from_mins(5),
        minute,
    )
    .await;
    assert!(after[0].values().is_empty(), "the end is exclusive");
    let listed =
        client.list_metrics().namespace("AWS/Kinesis").metric_name("IncomingBytes").send().await.expect("lists");
    assert_eq!(listed.metrics().len(), 2);
}

#[tokio::test]
async fn shards_have_no_metrics_before_enhanced_monitoring_is_on() {
    let (_server, config, hands) = start().await;
    let (client, kinesis) = (Client::new(&config), aws_sdk_kinesis::Client::new(&config));
    stream(&kinesis, &hands, "s", 1).await;
    kinesis.put_records().stream_name("s").set_records(Some(entries("k", 1, 9))).send().await.expect("puts");
    let from = hands.now().floor(60);
    hands.advance_secs(120);
    let queries = vec![
        query("a", "IncomingBytes", Some("shardId-000000000000"), "Sum"),
        query("b", "IncomingBytes", None, "Sum"),
    ];
    let results = data(&client, queries, from, hands.now()).await;
    assert!(results[0].values().is_empty());
    assert_eq!(results[1].values(), [10.0]);
}

#[tokio::test]
async fn an_alarm_goes_off_when_its_metric_crosses_the_threshold() {
    let (_server, config, hands) = start().await;
    let (client, kinesis) = (Client::new(&config), aws_sdk_kinesis::Client::new(&config));
    stream(&kinesis, &hands, "s", 1).await;
    client
        .put_metric_alarm()
        .alarm_name("throttled")
        .namespace("AWS/Kinesis")
        .metric_name("WriteProvisionedThroughputExceeded")
        .dimensions(dimension("StreamName", "s"))
        .statistic(Statistic::Sum)
        .period(60)
        .evaluation_periods(1)
        .threshold(0.0)
        .comparison_operator(ComparisonOperator::GreaterThanThreshold)
        .send()
        .await
        .expect("puts");
    let state = async || {
        let reply = client.describe_alarms().alarm_names("throttled").send().await.expect("describes");
        reply.metric_alarms().first().and_then(|alarm| alarm.state_value().cloned())
    };
    assert_eq!(state().await, Some(StateValue::InsufficientData));
    for _ in 0..3 {
        let records = Some(entries("k", 500, 9));
        kinesis.put_records().stream_name("s").set_records(records).send().await.expect("puts");
    }
    assert_eq!(state().await, Some(StateValue::Alarm));
    client.delete_alarms().alarm_names("throttled").send().await.expect("deletes");
    assert_eq!(state().await, None);
}

#[tokio::test]
async fn an_expression_is_refused_with_a_typed_error() {
    let (_server, config, _) = start().await;
    let query = MetricDataQuery::builder().id("a").expression("1 + 1").build();
    let reply = Client::new(&config)
        .get_metric_data()
        .metric_data_queries(query)
        .start_time(DateTime::from_secs(0))
        .end_time(DateTime::from_secs(60))
        .send()
        .await;
    let err = reply.expect_err("refused");
    assert_eq!(aws_sdk_cloudwatch::error::ProvideErrorMetadata::code(&err), Some("ValidationError"));
}

#[tokio::test]
async fn metric_data_comes_in_pages() {
    let (_server, config, hands) = start().await;
    let (client, kinesis) = (Client::new(&config), aws_sdk_kinesis::Client::new(&config));
    stream(&kinesis, &hands, "s", 1).await;
    let from = hands.now().floor(60);
    for _ in 0..3 {
        kinesis.put_records().stream_name("s").set_records(Some(entries("k", 1, 9))).send().await.expect("puts");
        hands.advance_secs(60);
    }
    let queries = vec![query("a", "IncomingBytes", None, "Sum"), query("b", "IncomingRecords", None, "Sum")];
    let pages = client
        .get_metric_data()
        .set_metric_data_queries(Some(queries))
        .start_time(DateTime::from_millis(from.0))
        .end_time(DateTime::from_millis(hands.now().0))
        .scan_by(aws_sdk_cloudwatch::types::ScanBy::TimestampAscending)
        .max_datapoints(1)
        .into_paginator()
        .send()
        .try_collect()
        .await
        .expect("pages");
    let results: Vec<_> = pages.iter().flat_map(|page| page.metric_data_results()).collect();
    assert_eq!((pages.len(), results.len()), (2, 2));
    assert_eq!(results[1].values(), [1.0, 1.0, 1.0]);
    let times: Vec<_> = results[1].timestamps().iter().map(|at| at.secs() - from.as_secs()).collect();
    assert_eq!(times, [0, 60, 120]);
}
