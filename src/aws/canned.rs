//! The meter and the end of paging, over the wire: a listener that answers every request with the same bytes.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::connect::{Connection, connect};
use super::meter::CallMeter;
use crate::model::answer::ProblemKind;
use crate::model::connection::ConnectRequest;
use crate::model::ids::StreamName;
use crate::model::time::Timestamp;

async fn connected(endpoint_url: String) -> Connection {
    let request =
        ConnectRequest { endpoint_url: Some(endpoint_url), region: Some("eu-west-1".to_owned()), ..Default::default() };
    connect(&request, CallMeter::default()).await.expect("connects")
}

/// A connection to a listener that reads a request and sends `answer`.
async fn answering(answer: String) -> Connection {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("port");
    let endpoint = format!("http://{}", listener.local_addr().expect("address"));
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 16_384];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    connected(endpoint).await
}

fn http(status: &str, content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn a_server_that_fails_is_worth_another_try_and_every_attempt_counts() {
    let connection = answering(http("500 Internal Server Error", "application/x-amz-json-1.1", "{}")).await;
    let problem = connection.probe().await.expect_err("a failure");
    assert_eq!(problem.kind, ProblemKind::Internal, "{problem}");
    assert_eq!(connection.meter().snapshot(Timestamp(0)).calls_total, 2);
    let connection = answering(http("500 Internal Server Error", "application/x-amz-json-1.1", "{}")).await;
    connection.get_records("AAA", 1, "a shard").await.expect_err("a failure");
    assert_eq!(connection.meter().snapshot(Timestamp(0)).calls_total, 1, "reads are not repeated behind one's back");
}

#[tokio::test]
async fn a_throttle_is_counted() {
    let body = r#"{"__type":"ProvisionedThroughputExceededException","message":"Rate exceeded for shard"}"#;
    let connection = answering(http("400 Bad Request", "application/x-amz-json-1.1", body)).await;
    let problem = connection.get_records("AAA", 1, "shardId-000000000001 of orders").await.expect_err("a failure");
    assert_eq!(problem.kind, ProblemKind::Throttled);
    assert!(problem.sentence.contains("shardId-000000000001 of orders"), "{problem}");
    assert_eq!(connection.meter().snapshot(Timestamp(0)).throttled_total, 1);
    connection.probe().await.expect_err("a failure");
    let reading = connection.meter().snapshot(Timestamp(0));
    assert_eq!((reading.throttled_total, reading.calls_total), (3, 3), "every attempt counts");
}

#[tokio::test]
async fn a_server_that_repeats_its_page_is_not_asked_for_ever() {
    let shard = r#"{"ShardId":"shardId-0","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"9"},"SequenceNumberRange":{"StartingSequenceNumber":"1"}}"#;
    let body = format!(r#"{{"Shards":[{shard}],"NextToken":"again"}}"#);
    let connection = answering(http("200 OK", "application/x-amz-json-1.1", &body)).await;
    let shards = connection.list_shards(&StreamName::from("orders")).await.expect("shards");
    assert_eq!((shards.len(), connection.meter().snapshot(Timestamp(0)).calls_total), (1, 2));
}

#[tokio::test]
async fn an_answer_without_records_in_it_is_told_apart_from_one_that_breaks_off() {
    let json = "application/x-amz-json-1.1";
    for (body, says) in [("<html>Sign in</html>", "HTML"), ("[1]", "something else"), ("", "something else")] {
        let connection = answering(http("200 OK", json, body)).await;
        let problem = connection.get_records("AAA", 1, "a shard").await.expect_err("a failure");
        assert!(problem.kind == ProblemKind::NotAws && problem.sentence.contains(says), "{body}: {problem}");
    }
    let whole = r#"{"Records":[{"Data":"YQ==","SequenceNumber":"1","PartitionKey":"k"}],"NextShardIterator":"BBB"}"#;
    let answer = http("200 OK", json, whole);
    let connection = answering(answer[..answer.len() - 1].to_owned()).await;
    let problem = connection.get_records("AAA", 1, "a shard").await.expect_err("a failure");
    assert!(problem.kind == ProblemKind::Unreachable && problem.sentence.contains("broke off"), "{problem}");
    let connection = answering(answer).await;
    let page = connection.get_records("AAA", 1, "a shard").await.expect("a page");
    assert_eq!((page.records[0].data.as_slice(), page.next_iterator.as_deref()), (&b"a"[..], Some("BBB")));
    assert_eq!(connection.meter().snapshot(Timestamp(0)).bytes_read, 2);
}
