//! The demo as a whole, with its live traffic.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kinescope::local::{LocalOptions, LocalServer};

use crate::support::config;

#[tokio::test]
async fn the_demo_shows_its_streams_and_an_hour_of_metrics_at_once() {
    let server = LocalServer::start(LocalOptions::default()).await.expect("starts");
    let config = config(&server).await;
    let kinesis = aws_sdk_kinesis::Client::new(&config);
    let reply = kinesis.list_streams().send().await.expect("lists");
    let names = ["app-logs", "clickstream-data", "game-sessions", "iot-sensor-data", "order-events", "sandbox"];
    assert_eq!(reply.stream_names, names);
    assert_eq!(reply.stream_summaries.expect("summaries").len(), names.len());

    let cloudwatch = aws_sdk_cloudwatch::Client::new(&config);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("clock").as_secs() as i64;
    let reply = cloudwatch
        .get_metric_statistics()
        .namespace("AWS/Kinesis")
        .metric_name("IncomingBytes")
        .dimensions(crate::support::dimension("StreamName", "clickstream-data"))
        .start_time(aws_sdk_cloudwatch::primitives::DateTime::from_secs(now - 3_600))
        .end_time(aws_sdk_cloudwatch::primitives::DateTime::from_secs(now))
        .period(60)
        .statistics(aws_sdk_cloudwatch::types::Statistic::Sum)
        .send()
        .await
        .expect("statistics");
    assert!(reply.datapoints().len() >= 59, "{}", reply.datapoints().len());
}

#[tokio::test]
async fn live_traffic_reaches_a_reader_at_the_tip() {
    let server = LocalServer::start(LocalOptions::default()).await.expect("starts");
    let kinesis = aws_sdk_kinesis::Client::new(&config(&server).await);
    let mut iterator = kinesis
        .get_shard_iterator()
        .stream_name("iot-sensor-data")
        .shard_id("shardId-000000000000")
        .shard_iterator_type(aws_sdk_kinesis::types::ShardIteratorType::Latest)
        .send()
        .await
        .expect("iterator")
        .shard_iterator;
    let read = async {
        loop {
            let reply = kinesis.get_records().set_shard_iterator(iterator.take()).send().await.expect("records");
            if let Some(record) = reply.records.first() {
                return record.partition_key.clone();
            }
            iterator = reply.next_shard_iterator;
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    };
    let key = tokio::time::timeout(Duration::from_secs(20), read).await.expect("traffic");
    assert!(key.expect("key").starts_with("device-"));
}
