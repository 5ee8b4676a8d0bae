//! Streams, records, shards and subscriptions.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, ShardIteratorType, StreamMode, StreamModeDetails, StreamStatus};

use crate::support::{Hands, start};

async fn stream(client: &Client, hands: &Hands, name: &str, shards: i32) {
    client.create_stream().stream_name(name).shard_count(shards).send().await.expect("creates");
    hands.advance_secs(3);
}

async fn iterator(client: &Client, stream: &str, shard: &str, kind: ShardIteratorType) -> String {
    let reply = client.get_shard_iterator().stream_name(stream).shard_id(shard).shard_iterator_type(kind).send().await;
    reply.expect("iterator").shard_iterator.expect("iterator")
}

#[tokio::test]
async fn a_record_comes_back_as_it_was_put() {
    let (_server, config, hands) = start().await;
    let client = Client::new(&config);
    client.create_stream().stream_name("orders").shard_count(2).send().await.expect("creates");
    let summary = client.describe_stream_summary().stream_name("orders").send().await.expect("describes");
    let summary = summary.stream_description_summary.expect("summary");
    assert_eq!(summary.stream_status, StreamStatus::Creating);
    hands.advance_secs(3);
    let put = client
        .put_record()
        .stream_arn(&summary.stream_arn)
        .partition_key("user-123")
        .data(Blob::new("hello"))
        .send()
        .await
        .expect("puts");
    assert_eq!(put.shard_id, "shardId-000000000001");
    let at = iterator(&client, "orders", &put.shard_id, ShardIteratorType::TrimHorizon).await;
    let got = client.get_records().shard_iterator(at).send().await.expect("gets");
    let [record] = got.records.as_slice() else { panic!("one record") };
    assert_eq!(record.data.as_ref(), b"hello");
    assert_eq!(record.partition_key.as_deref(), Some("user-123"));
    assert_eq!(record.sequence_number, put.sequence_number);
    assert_eq!(record.approximate_arrival_timestamp.expect("time").to_millis().expect("millis"), hands.now().0);
    assert_eq!(got.millis_behind_latest, Some(0));
    assert!(got.next_shard_iterator.is_some());
}
