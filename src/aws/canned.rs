//! Failures over the wire: a listener that answers every request with the same bytes, and what a person is told.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::connect::{Connection, connect};
use super::meter::CallMeter;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::connection::ConnectRequest;
use crate::model::ids::StreamName;
use crate::model::metrics::Window;
use crate::model::time::Timestamp;

async fn connected(endpoint_url: String) -> Connection {
    let request =
        ConnectRequest { endpoint_url: Some(endpoint_url), region: Some("eu-west-1".to_owned()), ..Default::default() };
    connect(&request, CallMeter::default()).await.expect("connects")
}

/// A connection to a listener that reads a request and sends `answer`; an empty one hangs up.
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

async fn told(status: &str, content_type: &str, body: &str) -> Problem {
    let connection = answering(http(status, content_type, body)).await;
    connection.describe_summary(&StreamName::from("orders")).await.expect_err("a failure")
}

async fn refused(code: &str, message: &str) -> Problem {
    let body = format!(r#"{{"__type":"{code}","message":"{message}"}}"#);
    told("400 Bad Request", "application/x-amz-json-1.1", &body).await
}

#[tokio::test]
async fn a_page_for_a_browser_is_not_kinesis() {
    for status in ["200 OK", "404 Not Found", "500 Internal Server Error"] {
        let problem = told(status, "text/html", "<!doctype html><title>hello</title>").await;
        assert_eq!(problem.kind, ProblemKind::NotAws, "{status}: {problem}");
        assert!(problem.sentence.contains("HTML"), "{problem}");
        assert!(problem.sentence.contains("check the endpoint URL"), "{problem}");
    }
}

#[tokio::test]
async fn an_answer_that_is_neither_page_nor_kinesis_is_named_as_such() {
    let problem = told("200 OK", "application/json", "hello").await;
    assert_eq!(problem.kind, ProblemKind::NotAws, "{problem}");
}

#[tokio::test]
async fn what_aws_refuses_has_its_own_kind() {
    let cases = [
        ("AccessDeniedException", ProblemKind::AccessDenied),
        ("com.amazonaws.kinesis#AccessDeniedException", ProblemKind::AccessDenied),
        ("ExpiredTokenException", ProblemKind::Credentials),
        ("UnrecognizedClientException", ProblemKind::Credentials),
        ("ResourceNotFoundException", ProblemKind::NotFound),
        ("ResourceInUseException", ProblemKind::InUse),
        ("LimitExceededException", ProblemKind::Limit),
        ("ProvisionedThroughputExceededException", ProblemKind::Throttled),
        ("ExpiredIteratorException", ProblemKind::Expired),
        ("KMSDisabledException", ProblemKind::Kms),
        ("InvalidArgumentException", ProblemKind::Invalid),
        ("UnknownOperationException", ProblemKind::Unsupported),
    ];
    let asked = cases.map(|(code, kind)| async move { (code, kind, refused(code, "words of AWS").await) });
    for (code, kind, problem) in futures_util::future::join_all(asked).await {
        assert_eq!(problem.kind, kind, "{code}: {problem}");
        assert_eq!(problem.operation, "DescribeStreamSummary");
    }
}

#[tokio::test]
async fn a_missing_stream_is_named_with_its_region() {
    let problem = refused("ResourceNotFoundException", "Stream orders under account 1 not found.").await;
    assert!(problem.sentence.contains("orders") && problem.sentence.contains("eu-west-1"), "{problem}");
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
async fn silence_names_the_endpoint() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("port");
    let closed = format!("http://{}", listener.local_addr().expect("address"));
    drop(listener);
    for connection in [answering(String::new()).await, connected(closed).await] {
        let problem = connection.probe().await.expect_err("a failure");
        assert_eq!(problem.kind, ProblemKind::Unreachable, "{problem}");
        let endpoint = connection.info().endpoint_url.clone().expect("endpoint");
        assert!(problem.sentence.contains(&endpoint), "{problem}");
    }
}

#[tokio::test]
async fn metrics_that_answer_html_are_no_figures() {
    let connection = answering(http("500 Internal Server Error", "text/html", "<html></html>")).await;
    let window = Window { start: Timestamp(0), end: Timestamp(60_000), step_seconds: 60 };
    let answer = connection.stream_metrics(&StreamName::from("orders"), window, &[]).await;
    let problem = answer.expect_err("a failure");
    assert_eq!((problem.kind, problem.operation), (ProblemKind::NotAws, "GetMetricData"), "{problem}");
    assert!(problem.sentence.contains("CloudWatch"), "{problem}");
}
