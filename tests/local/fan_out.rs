//! Registered consumers and SubscribeToShard.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::operation::subscribe_to_shard::SubscribeToShardOutput;
use aws_sdk_kinesis::types::{
    ConsumerStatus, ShardIteratorType, StartingPosition, SubscribeToShardEvent, SubscribeToShardEventStream,
};

use crate::support::{entries, start, stream};

async fn next(out: &mut SubscribeToShardOutput) -> Option<SubscribeToShardEvent> {
    match out.event_stream.recv().await.expect("event") {
        Some(SubscribeToShardEventStream::SubscribeToShardEvent(event)) => Some(event),
        Some(_) => panic!("an event that is not known"),
        None => None,
    }
}

#[tokio::test]
async fn records_are_pushed_until_the_shard_ends() {
    let (_server, config, hands) = start().await;
    let client = Client::new(&config);
    stream(&client, &hands, "s", 1).await;
    let arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
    let consumer = client.register_stream_consumer().stream_arn(arn).consumer_name("etl").send().await;
    let consumer = consumer.expect("registers").consumer.expect("consumer");
    assert_eq!(consumer.consumer_status, ConsumerStatus::Creating);
    hands.advance_secs(3);
    let start_at = StartingPosition::builder().r#type(ShardIteratorType::Latest).build().expect("position");
    let subscribe = client
        .subscribe_to_shard()
        .consumer_arn(&consumer.consumer_arn)
        .shard_id("shardId-000000000000")
        .starting_position(start_at);
    let mut out = subscribe.clone().send().await.expect("subscribes");
    let idle = next(&mut out).await.expect("a first checkpoint");
    assert!(idle.records.is_empty() && !idle.continuation_sequence_number.is_empty());
    let err = subscribe.clone().send().await.expect_err("within five seconds").into_service_error();
    assert!(err.is_resource_in_use_exception());

    client.put_records().stream_name("s").set_records(Some(entries("k", 2, 5))).send().await.expect("puts");
    let mut seen = 0;
    while seen < 2 {
        seen += next(&mut out).await.expect("records").records.len();
    }
    client
        .split_shard()
        .stream_name("s")
        .shard_to_split("shardId-000000000000")
        .new_starting_hash_key("5")
        .send()
        .await
        .expect("splits");
    hands.advance_secs(3);
    let last = loop {
        let event = next(&mut out).await.expect("the end is told");
        if event.continuation_sequence_number.is_empty() {
            break event;
        }
    };
    assert_eq!(last.child_shards.map(|children| children.len()), Some(2));
    assert!(next(&mut out).await.is_none());
}

#[tokio::test]
async fn a_subscription_ends_after_five_minutes_or_when_another_takes_over() {
    let (_server, config, hands) = start().await;
    let client = Client::new(&config);
    stream(&client, &hands, "s", 1).await;
    let arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
    let consumer = client.register_stream_consumer().stream_arn(arn).consumer_name("etl").send().await;
    let consumer = consumer.expect("registers").consumer.expect("consumer");
    hands.advance_secs(3);
    let start_at = StartingPosition::builder().r#type(ShardIteratorType::TrimHorizon).build().expect("position");
    let subscribe = client
        .subscribe_to_shard()
        .consumer_arn(&consumer.consumer_arn)
        .shard_id("shardId-000000000000")
        .starting_position(start_at);
    let mut first = subscribe.clone().send().await.expect("subscribes");
    hands.advance_secs(6);
    let mut second = subscribe.send().await.expect("takes over");
    while next(&mut first).await.is_some() {}
    hands.advance_secs(301);
    while next(&mut second).await.is_some() {}
    let err = client.delete_stream().stream_name("s").send().await.expect_err("has a consumer").into_service_error();
    assert!(err.is_resource_in_use_exception());
    client.deregister_stream_consumer().consumer_arn(&consumer.consumer_arn).send().await.expect("deregisters");
    let left = client.list_stream_consumers().stream_arn(arn).send().await.expect("lists");
    assert!(left.consumers().is_empty());
}
