//! Streams, records, limits and errors.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::error::ProvideErrorMetadata;
use aws_sdk_kinesis::primitives::{Blob, DateTime};
use aws_sdk_kinesis::types::{EncryptionType, ShardIteratorType, StreamMode, StreamModeDetails, StreamStatus};

use crate::support::{entries, iterator, start, stream};

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

#[tokio::test]
async fn every_type_of_iterator_begins_where_it_says() {
    let (_server, config, hands) = start().await;
    let client = Client::new(&config);
    stream(&client, &hands, "s", 1).await;
    let mut numbers = Vec::new();
    let begin = hands.now();
    for text in ["a", "b", "c"] {
        let put = client.put_record().stream_name("s").partition_key("k").data(Blob::new(text)).send().await;
        numbers.push(put.expect("puts").sequence_number);
        hands.advance_secs(10);
    }
    let read = async |kind: ShardIteratorType, number: Option<&String>, secs: Option<i64>| {
        hands.advance_secs(1);
        let reply = client
            .get_shard_iterator()
            .stream_name("s")
            .shard_id("shardId-000000000000")
            .shard_iterator_type(kind)
            .set_starting_sequence_number(number.cloned())
            .set_timestamp(secs.map(DateTime::from_secs))
            .send()
            .await
            .expect("iterator");
        let reply = client.get_records().set_shard_iterator(reply.shard_iterator).send().await.expect("records");
        reply.records.iter().map(|r| String::from_utf8_lossy(r.data.as_ref()).into_owned()).collect::<String>()
    };
    assert_eq!(read(ShardIteratorType::TrimHorizon, None, None).await, "abc");
    assert_eq!(read(ShardIteratorType::Latest, None, None).await, "");
    assert_eq!(read(ShardIteratorType::AtSequenceNumber, numbers.get(1), None).await, "bc");
    assert_eq!(read(ShardIteratorType::AfterSequenceNumber, numbers.get(1), None).await, "c");
    assert_eq!(read(ShardIteratorType::AtTimestamp, None, Some(begin.as_secs() + 5)).await, "bc");
    assert_eq!(read(ShardIteratorType::AtTimestamp, None, Some(0)).await, "abc");
}

#[tokio::test]
async fn records_beyond_a_mebibyte_a_second_are_refused_one_by_one() {
    let (_server, config, hands) = start().await;
    let client = Client::new(&config);
    stream(&client, &hands, "s", 2).await;
    // 51,193 + 7 bytes of key: 20 fit into one second of one shard.
    let mut records = entries("tenant-42"[..7].to_owned().as_str(), 25, 51_193);
    records.extend(entries("test", 1, 10));
    let reply = client.put_records().stream_name("s").set_records(Some(records)).send().await.expect("answers");
    assert_eq!(reply.failed_record_count, Some(5));
    let refused: Vec<_> = reply.records.iter().filter(|r| r.error_code.is_some()).collect();
    assert_eq!(refused.len(), 5);
    for entry in refused {
        assert_eq!(entry.error_code.as_deref(), Some("ProvisionedThroughputExceededException"));
        assert!(entry.sequence_number.is_none() && entry.shard_id.is_none());
        assert!(entry.error_message.as_deref().expect("message").contains("in stream s under account 000000000000"));
    }
    hands.advance_secs(1);
    let again = client.put_records().stream_name("s").set_records(Some(entries("tenant-", 5, 51_193))).send().await;
    assert_eq!(again.expect("answers").failed_record_count, Some(0));
}

#[tokio::test]
async fn five_reads_a_second_are_answered_and_the_sixth_is_throttled() {
    let (_server, config, hands) = start().await;
    let client = Client::new(&config);
    stream(&client, &hands, "s", 1).await;
    let at = iterator(&client, "s", "shardId-000000000000", ShardIteratorType::TrimHorizon).await;
    for _ in 0..5 {
        client.get_records().shard_iterator(&at).send().await.expect("answers");
    }
    let err = client.get_records().shard_iterator(&at).send().await.expect_err("throttled").into_service_error();
    assert!(err.is_provisioned_throughput_exceeded_exception());
    hands.advance_secs(2);
    client.get_records().shard_iterator(&at).send().await.expect("answers again");
    hands.advance_secs(301);
    let err = client.get_records().shard_iterator(&at).send().await.expect_err("expired").into_service_error();
    assert!(err.is_expired_iterator_exception());
    let err = client.get_records().shard_iterator("forged").send().await.expect_err("forged").into_service_error();
    assert!(err.is_invalid_argument_exception());
}

#[tokio::test]
async fn distance_to_the_tip_is_the_age_of_the_next_record() {
    let (_server, config, hands) = start().await;
    let client = Client::new(&config);
    stream(&client, &hands, "s", 1).await;
    for _ in 0..2 {
        client.put_records().stream_name("s").set_records(Some(entries("k", 1, 5))).send().await.expect("puts");
        hands.advance_secs(30);
    }
    let at = iterator(&client, "s", "shardId-000000000000", ShardIteratorType::TrimHorizon).await;
    let first = client.get_records().shard_iterator(at).limit(1).send().await.expect("first");
    assert_eq!(first.millis_behind_latest, Some(30_000));
    let next = client.get_records().set_shard_iterator(first.next_shard_iterator).send().await.expect("second");
    assert_eq!((next.records.len(), next.millis_behind_latest), (1, Some(0)));
}

#[tokio::test]
async fn large_records_need_a_larger_limit() {
    let (_server, config, hands) = start().await;
    let client = Client::new(&config);
    stream(&client, &hands, "s", 1).await;
    let put = async || {
        let data = Blob::new(vec![7u8; 3 * 1_048_576]);
        client.put_record().stream_name("s").partition_key("k").data(data).send().await
    };
    let err = put().await.expect_err("too large").into_service_error();
    assert!(err.is_invalid_argument_exception(), "{err:?}");
    let arn = server_arn("s");
    client.update_max_record_size().stream_arn(arn).max_record_size_in_kib(10_240).send().await.expect("updates");
    hands.advance_secs(3);
    put().await.expect("puts 3 MiB");
    let at = iterator(&client, "s", "shardId-000000000000", ShardIteratorType::TrimHorizon).await;
    let got = client.get_records().shard_iterator(at).send().await.expect("gets");
    assert_eq!(got.records.first().map(|r| r.data.as_ref().len()), Some(3 * 1_048_576));
}

fn server_arn(name: &str) -> String {
    format!("arn:aws:kinesis:us-east-1:000000000000:stream/{name}")
}

#[tokio::test]
async fn streams_are_listed_in_pages_with_their_summaries() {
    let (_server, config, hands) = start().await;
    let client = Client::new(&config);
    for name in ["c", "a", "b"] {
        stream(&client, &hands, name, 1).await;
    }
    let details = StreamModeDetails::builder().stream_mode(StreamMode::OnDemand).build().expect("mode");
    client.create_stream().stream_name("d").stream_mode_details(details).send().await.expect("on demand");
    let first = client.list_streams().limit(3).send().await.expect("lists");
    assert_eq!(
        (first.stream_names.as_slice(), first.has_more_streams),
        (["a", "b", "c"].map(String::from).as_slice(), true)
    );
    let next = client.list_streams().set_next_token(first.next_token).send().await.expect("lists");
    assert_eq!(next.stream_names, ["d"]);
    let summaries = next.stream_summaries.expect("summaries");
    assert_eq!(
        summaries.first().and_then(|s| s.stream_mode_details.as_ref()).map(|d| d.stream_mode.clone()),
        Some(StreamMode::OnDemand)
    );
    let limits = client.describe_limits().send().await.expect("limits");
    assert_eq!((limits.open_shard_count, limits.on_demand_stream_count), (7, 1));
}

#[tokio::test]
async fn settings_are_changed_and_told() {
    let (_server, config, hands) = start().await;
    let client = Client::new(&config);
    stream(&client, &hands, "s", 1).await;
    client.increase_stream_retention_period().stream_name("s").retention_period_hours(48).send().await.expect("more");
    client
        .start_stream_encryption()
        .stream_name("s")
        .encryption_type(EncryptionType::Kms)
        .key_id("alias/aws/kinesis")
        .send()
        .await
        .expect("encrypts");
    let busy = client.stop_stream_encryption().stream_name("s").encryption_type(EncryptionType::Kms).key_id("x");
    let err = busy.send().await.expect_err("busy").into_service_error();
    assert!(err.is_resource_in_use_exception());
    hands.advance_secs(3);
    let change = client
        .enable_enhanced_monitoring()
        .stream_name("s")
        .shard_level_metrics(aws_sdk_kinesis::types::MetricsName::All)
        .send()
        .await
        .expect("monitors");
    assert_eq!(change.desired_shard_level_metrics().len(), 7);
    client.tag_resource().resource_arn(server_arn("s")).tags("team", "web").send().await.expect("tags");
    let tags = client.list_tags_for_stream().stream_name("s").send().await.expect("tags");
    assert_eq!(tags.tags.first().map(|tag| tag.key.as_str()), Some("team"));
    let summary = client.describe_stream_summary().stream_arn(server_arn("s")).send().await.expect("describes");
    let summary = summary.stream_description_summary.expect("summary");
    assert_eq!((summary.retention_period_hours, summary.encryption_type), (48, Some(EncryptionType::Kms)));
    client.delete_stream().stream_name("s").send().await.expect("deletes");
    hands.advance_secs(3);
    let err = client.describe_stream_summary().stream_name("s").send().await.expect_err("gone").into_service_error();
    assert!(err.is_resource_not_found_exception());
}

#[tokio::test]
async fn operations_that_are_not_served_answer_a_typed_error() {
    let (_server, config, _) = start().await;
    let client = Client::new(&config);
    let err = client.get_resource_policy().resource_arn(server_arn("s")).send().await.expect_err("not served");
    assert_eq!(err.code(), Some("UnknownOperationException"));
}

#[tokio::test]
async fn the_caller_is_you() {
    let (_server, config, _) = start().await;
    let identity = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.expect("identity");
    assert_eq!(identity.account(), Some("000000000000"));
    assert_eq!(identity.arn(), Some("arn:aws:sts::000000000000:assumed-role/demo/you"));
}

#[tokio::test]
async fn a_request_of_ten_mebibytes_is_taken() {
    let (_server, config, hands) = start().await;
    let client = Client::new(&config);
    stream(&client, &hands, "s", 1).await;
    let reply = client.put_records().stream_name("s").set_records(Some(entries("k", 10, 1_048_500))).send().await;
    assert_eq!(reply.expect("taken").failed_record_count, Some(9));
    let err = client.put_records().stream_name("s").set_records(Some(entries("k", 11, 1_048_500))).send().await;
    assert!(err.expect_err("too much").into_service_error().is_invalid_argument_exception());
}

#[tokio::test]
async fn strange_requests_are_answered_in_json() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (server, _, _) = start().await;
    let address = server.endpoint_url().replace("http://", "");
    for request in ["GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nx-amz-target: Kinesis_20131202.PutRecords\r\n"] {
        let mut socket = tokio::net::TcpStream::connect(&address).await.expect("connects");
        let text = format!("{request}host: localhost\r\nconnection: close\r\ncontent-length: 3\r\n\r\n{{]\u{0}");
        socket.write_all(text.as_bytes()).await.expect("writes");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.expect("reads");
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert!(answer.contains("application/x-amz-json-1.1") && answer.contains("\"__type\""), "{answer}");
    }
}

#[tokio::test]
async fn a_dropped_server_answers_no_more() {
    let (server, config, _) = start().await;
    let client = Client::new(&config);
    client.list_streams().send().await.expect("answers");
    let address = server.endpoint_url().replace("http://", "");
    drop(server);
    let gone = async {
        while tokio::net::TcpStream::connect(&address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), gone).await.expect("stops listening");
}
