//! Servers that do not answer, or not to the end.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use kinescope::aws::connect::{Connection, Patience, connect_with};
use kinescope::aws::meter::CallMeter;
use kinescope::model::answer::{Problem, ProblemKind};
use kinescope::model::connection::ConnectRequest;
use kinescope::model::ids::{PartitionKey, StreamName};
use kinescope::model::writes::PutEntry;

use crate::server::{Behaviour, Server};

/// As the program has it, but an attempt may take a second only, or two with records.
async fn connection(endpoint_url: &str) -> Connection {
    let request = ConnectRequest {
        region: Some("us-east-1".to_owned()),
        endpoint_url: Some(endpoint_url.to_owned()),
        ..ConnectRequest::default()
    };
    let patience = Patience { attempt: Duration::from_secs(1), records: Duration::from_secs(2), ..Patience::default() };
    connect_with(&request, CallMeter::default(), patience).await.expect("connects")
}

async fn problem_of(endpoint_url: &str) -> Problem {
    let problem = connection(endpoint_url).await.list_shards(&StreamName::from("orders")).await.expect_err("a problem");
    println!("{}", problem.sentence);
    problem
}

#[track_caller]
fn is_unreachable(problem: &Problem, endpoint_url: &str, names: &str) {
    assert_eq!(problem.kind, ProblemKind::Unreachable, "{}", problem.sentence);
    assert!(problem.sentence.contains(endpoint_url), "{}", problem.sentence);
    assert!(problem.sentence.contains(names), "{names} is not in: {}", problem.sentence);
    assert!(problem.sentence.contains("Check the endpoint"), "{}", problem.sentence);
    for inner in ["DispatchFailure", "ConnectorError", "Some(", "hyper", "()"] {
        assert!(!problem.sentence.contains(inner), "{inner} is nothing for people: {}", problem.sentence);
    }
}

#[tokio::test]
async fn nobody_listens() {
    let port = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.local_addr().expect("address").port()
    };
    let endpoint_url = format!("http://127.0.0.1:{port}");
    is_unreachable(&problem_of(&endpoint_url).await, &endpoint_url, "onnection refused");
}

#[tokio::test]
async fn a_server_that_hangs_up() {
    let server = Server::start(Behaviour::HangUp).await;
    is_unreachable(&problem_of(&server.endpoint_url).await, &server.endpoint_url, "closed");
}

#[tokio::test]
async fn a_server_that_never_answers() {
    let server = Server::start(Behaviour::Silence).await;
    let begun = Instant::now();
    is_unreachable(&problem_of(&server.endpoint_url).await, &server.endpoint_url, "in time");
    assert!(begun.elapsed() < Duration::from_secs(8), "two attempts of a second took {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_put_without_an_answer_may_have_been_carried_out() {
    let server = Server::start(Behaviour::Silence).await;
    let connection = connection(&server.endpoint_url).await;
    let entry = PutEntry { partition_key: PartitionKey::from("k"), explicit_hash_key: None, data: b"x".to_vec() };
    let problem = connection.put_records(&StreamName::from("orders"), &[entry]).await.expect_err("a problem");
    is_unreachable(&problem, &server.endpoint_url, "Whether it was carried out is not known");
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn reading_has_more_time_than_asking() {
    let server = Server::start(Behaviour::Silence).await;
    let connection = connection(&server.endpoint_url).await;
    let begun = Instant::now();
    let problem = connection.get_records("iterator", 10_000, "the shard").await.expect_err("a problem");
    is_unreachable(&problem, &server.endpoint_url, "in time");
    assert!((2..8).contains(&begun.elapsed().as_secs()), "it took {:?}", begun.elapsed());
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_server_that_breaks_off() {
    let server = Server::start(Behaviour::CutShort).await;
    is_unreachable(&problem_of(&server.endpoint_url).await, &server.endpoint_url, "broke off");
}

#[test]
fn a_call_never_waits_for_ever() {
    let patience = Patience::default();
    assert!(patience.connect < patience.attempt && patience.attempt < patience.records);
    assert!(patience.records < patience.operation && patience.operation <= Duration::from_secs(30));
}
