//! Errors that a server answers.

use kinescope::aws::connect::{Connection, connect};
use kinescope::aws::meter::CallMeter;
use kinescope::model::answer::{Problem, ProblemKind};
use kinescope::model::connection::ConnectRequest;
use kinescope::model::hash_range::HashKey;
use kinescope::model::ids::{PartitionKey, ShardId, StreamName};
use kinescope::model::metrics::Window;
use kinescope::model::time::Timestamp;
use kinescope::model::writes::PutEntry;

use crate::server::{AMZ_JSON, Behaviour, Server};

async fn connection(server: &Server) -> Connection {
    let request = ConnectRequest {
        region: Some("us-east-1".to_owned()),
        endpoint_url: Some(server.endpoint_url.clone()),
        ..ConnectRequest::default()
    };
    connect(&request, CallMeter::default()).await.expect("connects")
}

fn orders() -> StreamName {
    StreamName::from("orders")
}

/// What `ListShards` of the stream `orders` ends with.
async fn list_shards(behaviour: Behaviour) -> Problem {
    let server = Server::start(behaviour).await;
    connection(&server).await.list_shards(&orders()).await.expect_err("a problem")
}

async fn get_records(behaviour: Behaviour) -> Problem {
    let server = Server::start(behaviour).await;
    let connection = connection(&server).await;
    connection.get_records("iterator", 10, "shardId-000000000001 of orders").await.expect_err("a problem")
}

async fn put_records(behaviour: Behaviour) -> Problem {
    let server = Server::start(behaviour).await;
    let entry = PutEntry { partition_key: PartitionKey::from("k"), explicit_hash_key: None, data: b"x".to_vec() };
    connection(&server).await.put_records(&orders(), &[entry]).await.expect_err("a problem")
}

async fn split_shard(behaviour: Behaviour) -> Problem {
    let server = Server::start(behaviour).await;
    let shard = ShardId::from("shardId-000000000001");
    connection(&server).await.split_shard(&orders(), &shard, HashKey(7)).await.expect_err("a problem")
}

/// Holds a problem against its kind and against what its sentence must name; every sentence ends as one.
#[track_caller]
fn is(problem: &Problem, kind: ProblemKind, names: &[&str]) {
    println!("{:?}: {}", problem.kind, problem.sentence);
    if let Some(remedy) = &problem.remedy {
        println!("{remedy}");
    }
    assert_eq!(problem.kind, kind, "{}", problem.sentence);
    for name in names {
        assert!(problem.sentence.contains(name), "{name} is not in: {}", problem.sentence);
    }
    let sentence = &problem.sentence;
    assert!(sentence.ends_with('.') && !sentence.contains(".."), "{sentence}");
    assert!(!sentence.contains("()") && !sentence.contains("  ") && !sentence.contains(": ."), "{sentence}");
    assert!(!sentence.contains('\n') && sentence.chars().count() < 480, "{sentence}");
    for inner in ["SdkError", "ServiceError", "DispatchFailure", "Unhandled", "Some("] {
        assert!(!sentence.contains(inner), "{inner} is nothing for people: {sentence}");
    }
}

#[tokio::test]
async fn a_page_for_people_is_not_aws() {
    for status in [200, 403, 404, 500, 503] {
        let problem = list_shards(Behaviour::html(status)).await;
        let status = format!("HTTP {status}");
        is(
            &problem,
            ProblemKind::NotAws,
            &["http://127.0.0.1:", "ListShards", "HTML", &status, "Check the endpoint URL"],
        );
    }
}

#[tokio::test]
async fn json_of_something_else_is_not_aws() {
    let problem = list_shards(Behaviour::Answer(200, "application/json", "[1, 2]".to_owned())).await;
    is(&problem, ProblemKind::NotAws, &["ListShards", "HTTP 200"]);
    let empty = || Behaviour::Answer(200, "application/json", "{}".to_owned());
    let server = Server::start(empty()).await;
    let connection = connection(&server).await;
    is(&connection.probe().await.expect_err("a problem"), ProblemKind::NotAws, &["ListStreams"]);
    is(&connection.list_stream_names().await.expect_err("a problem"), ProblemKind::NotAws, &["ListStreams"]);
    let problem = connection.describe_summary(&orders()).await.expect_err("a problem");
    is(&problem, ProblemKind::NotAws, &["DescribeStreamSummary"]);
    let problem = list_shards(Behaviour::Answer(404, "application/json", r#"{"detail":"Not Found"}"#.to_owned())).await;
    is(&problem, ProblemKind::NotAws, &["ListShards", "HTTP 404"]);
}

#[tokio::test]
async fn a_missing_permission_comes_with_the_statement_that_grants_it() {
    let message = "User: arn:aws:sts::482109375516:assumed-role/oncall/anna is not authorized to perform: \
        kinesis:ListShards on resource: arn:aws:kinesis:us-east-1:482109375516:stream/orders because no \
        identity-based policy allows the kinesis:ListShards action";
    let problem = list_shards(Behaviour::error(400, "AccessDeniedException", message)).await;
    is(&problem, ProblemKind::AccessDenied, &["kinesis:ListShards", "orders", "ask for that permission"]);
    let remedy = problem.remedy.expect("a statement");
    let statement: serde_json::Value = serde_json::from_str(&remedy).expect("JSON");
    assert_eq!(statement["Statement"][0]["Effect"], "Allow");
    assert_eq!(statement["Statement"][0]["Action"], "kinesis:ListShards");
    assert_eq!(statement["Statement"][0]["Resource"], "arn:aws:kinesis:us-east-1:482109375516:stream/orders");
}

#[tokio::test]
async fn a_missing_permission_without_words_still_names_the_action() {
    let problem = list_shards(Behaviour::Answer(400, "x", r#"{"__type":"AccessDeniedException"}"#.to_owned())).await;
    is(&problem, ProblemKind::AccessDenied, &["kinesis:ListShards", "orders"]);
    let remedy = problem.remedy.expect("a statement");
    let statement: serde_json::Value = serde_json::from_str(&remedy).expect("JSON");
    assert_eq!(statement["Statement"][0]["Action"], "kinesis:ListShards");
    assert_eq!(statement["Statement"][0]["Resource"], "*");
}

#[tokio::test]
async fn an_explicit_deny_is_not_repaired_by_an_allow() {
    let message = "User: arn:aws:iam::1:user/a is not authorized to perform: kinesis:SplitShard on resource: \
        arn:aws:kinesis:us-east-1:1:stream/orders with an explicit deny in a service control policy";
    let problem = split_shard(Behaviour::error(400, "AccessDeniedException", message)).await;
    is(&problem, ProblemKind::AccessDenied, &["kinesis:SplitShard", "explicit", "service control policy"]);
    assert_eq!(problem.remedy, None);
}

#[tokio::test]
async fn expired_and_wrong_credentials_are_told_apart() {
    for code in ["ExpiredTokenException", "ExpiredToken"] {
        let problem = list_shards(Behaviour::error(400, code, "The security token included in the request is expired"));
        is(&problem.await, ProblemKind::Credentials, &["has expired", "the default credentials"]);
    }
    for code in ["UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"] {
        let problem =
            list_shards(Behaviour::error(400, code, "The security token included in the request is invalid."));
        is(&problem.await, ProblemKind::Credentials, &["does not accept", code, "account"]);
    }
}

#[tokio::test]
async fn a_wrong_clock_is_not_taken_for_an_expired_session() {
    let message =
        "Signature expired: 20261121T080000Z is now earlier than 20261121T085500Z (20261121T090000Z - 5 min.)";
    for code in ["InvalidSignatureException", "SignatureDoesNotMatch", "RequestExpired"] {
        let problem = list_shards(Behaviour::error(400, code, message)).await;
        is(&problem, ProblemKind::Credentials, &["clock"]);
        assert!(!problem.sentence.contains("Sign in"), "{}", problem.sentence);
    }
}

#[tokio::test]
async fn a_rate_is_told_from_a_quota() {
    let rate = "Rate exceeded for stream orders under account 482109375516.";
    let problem = list_shards(Behaviour::error(400, "LimitExceededException", rate)).await;
    is(&problem, ProblemKind::Limit, &["ListShards", "orders", "too often", "Rate exceeded"]);
    let quota = "This request would exceed the shard limit for the account 482109375516 in us-east-1. Current shard \
        count for the account: 500. The operation separates nothing.";
    let problem = split_shard(Behaviour::error(400, "LimitExceededException", quota)).await;
    is(&problem, ProblemKind::Limit, &["SplitShard", "orders", "shard limit", "quota"]);
    assert!(!problem.sentence.contains("too often"), "{}", problem.sentence);
    let problem = list_shards(Behaviour::error(400, "ThrottlingException", "Slow down")).await;
    is(&problem, ProblemKind::Limit, &["too often"]);
}

#[tokio::test]
async fn reads_and_writes_are_throttled_each_in_their_own_words() {
    let code = "ProvisionedThroughputExceededException";
    let message = "Rate exceeded for shard shardId-000000000001 in stream orders under account 1.";
    let problem = get_records(Behaviour::error(400, code, message)).await;
    is(&problem, ProblemKind::Throttled, &["GetRecords", "shardId-000000000001 of orders", "all consumers"]);
    let problem = put_records(Behaviour::error(400, code, message)).await;
    is(&problem, ProblemKind::Throttled, &["PutRecords", "orders", "write"]);
    assert!(!problem.sentence.contains("consumers"), "{}", problem.sentence);
}

#[tokio::test]
async fn what_is_wrong_with_the_key_is_said() {
    let denied = "User: arn:aws:iam::1:user/a is not authorized to perform: kms:Decrypt on resource: \
        arn:aws:kms:us-east-1:1:key/11112222-3333-4444-5555-666677778888";
    let problem = get_records(Behaviour::error(400, "KMSAccessDeniedException", denied)).await;
    is(&problem, ProblemKind::Kms, &["GetRecords", "orders", "kms:Decrypt", "metrics"]);
    let statement: serde_json::Value = serde_json::from_str(&problem.remedy.expect("a statement")).expect("JSON");
    assert_eq!(statement["Statement"][0]["Action"], "kms:Decrypt");
    assert_eq!(
        statement["Statement"][0]["Resource"],
        "arn:aws:kms:us-east-1:1:key/11112222-3333-4444-5555-666677778888"
    );
    for (code, says) in [
        ("KMSDisabledException", "disabled"),
        ("KMSInvalidStateException", "deletion"),
        ("KMSNotFoundException", "not there"),
        ("KMSOptInRequired", "subscri"),
        ("KMSThrottlingException", "too often"),
    ] {
        let problem = get_records(Behaviour::error(400, code, "arn:aws:kms:us-east-1:1:key/1")).await;
        is(&problem, ProblemKind::Kms, &["GetRecords", "orders", says]);
        assert_eq!(problem.remedy, None);
    }
}

#[tokio::test]
async fn errors_of_the_service_are_known_by_their_code() {
    let not_found = "Stream orders under account 1 not found.";
    let cases = [
        ("ResourceNotFoundException", not_found, ProblemKind::NotFound, "us-east-1"),
        ("ResourceInUseException", "Stream orders is UPDATING.", ProblemKind::InUse, "ACTIVE"),
        ("InvalidArgumentException", "NewStartingHashKey 0 is not in range.", ProblemKind::Invalid, "not in range"),
        ("ValidationException", "1 validation error detected.", ProblemKind::Invalid, "1 validation error"),
        ("ExpiredNextTokenException", "Token expired.", ProblemKind::Expired, "too old"),
        ("UnknownOperationException", "", ProblemKind::Unsupported, "does not have"),
        ("SomethingNewException", "It is new.", ProblemKind::Invalid, "It is new"),
    ];
    for (code, message, kind, says) in cases {
        let problem = split_shard(Behaviour::error(400, code, message)).await;
        is(&problem, kind, &["SplitShard", says]);
        if kind != ProblemKind::Unsupported {
            assert!(problem.sentence.contains("orders"), "{}", problem.sentence);
        }
    }
}

#[tokio::test]
async fn codes_may_come_with_a_namespace_or_an_address() {
    for code in [
        "com.amazonaws.kinesis#ResourceNotFoundException",
        "com.amazonaws.kinesis.v20131202#ResourceNotFoundException",
        "ResourceNotFoundException:http://internal.amazon.com/coral/com.amazonaws.kinesis/",
    ] {
        let problem = list_shards(Behaviour::error(400, code, "Stream orders under account 1 not found.")).await;
        is(&problem, ProblemKind::NotFound, &["ListShards", "orders", "not found"]);
    }
}

#[tokio::test]
async fn an_old_iterator_is_expired() {
    let message = "Iterator expired. The iterator was created at time Sat Nov 21 08:00:00 UTC 2026";
    let problem = get_records(Behaviour::error(400, "ExpiredIteratorException", message)).await;
    is(&problem, ProblemKind::Expired, &["GetRecords", "shardId-000000000001 of orders"]);
}

#[tokio::test]
async fn a_failure_of_the_server_is_its_own() {
    for behaviour in [
        Behaviour::error(500, "InternalFailure", "We had a problem."),
        Behaviour::error(500, "InternalFailureException", ""),
        Behaviour::Answer(503, AMZ_JSON, "{}".to_owned()),
        Behaviour::Answer(500, AMZ_JSON, String::new()),
    ] {
        let problem = list_shards(behaviour).await;
        is(&problem, ProblemKind::Internal, &["ListShards", "orders", "server", "request 00000000-1111-"]);
    }
}

#[tokio::test]
async fn words_of_a_server_cannot_mislead() {
    let message = r"first\nsecond\u001b[31mred\u202Eevil";
    let problem = list_shards(Behaviour::error(400, "ValidationException", message)).await;
    is(&problem, ProblemKind::Invalid, &["first", "second"]);
    assert!(!problem.sentence.contains(['\u{1b}', '\u{202e}']), "{:?}", problem.sentence);
    let long = "x".repeat(100_000);
    let problem = list_shards(Behaviour::error(400, "ValidationException", &long)).await;
    assert!(problem.sentence.len() < 1_000);
}

#[tokio::test]
async fn the_other_services_are_named_as_themselves() {
    let server = Server::start(Behaviour::html(404)).await;
    let connection = connection(&server).await;
    let window = Window::last_minutes(Timestamp::from_secs(1_795_250_000), 5);
    let problem = connection.stream_metrics(&orders(), window, &[]).await.expect_err("a problem");
    is(&problem, ProblemKind::NotAws, &["GetMetricData", "cloudwatch", "HTML"]);
    let problem = connection.identity().await.expect_err("a problem");
    is(&problem, ProblemKind::NotAws, &["GetCallerIdentity", "sts", "HTML"]);
}

#[tokio::test]
async fn what_changes_something_is_sent_once() {
    let internal = || Behaviour::error(500, "InternalFailure", "We had a problem.");
    let server = Server::start(internal()).await;
    let shard = ShardId::from("shardId-000000000001");
    let connection = connection(&server).await;
    connection.split_shard(&orders(), &shard, HashKey(7)).await.expect_err("a problem");
    assert_eq!(server.requests(), 1);
    let entry = PutEntry { partition_key: PartitionKey::from("k"), explicit_hash_key: None, data: b"x".to_vec() };
    connection.put_records(&orders(), &[entry]).await.expect_err("a problem");
    assert_eq!(server.requests(), 2);
    connection.get_records("iterator", 1, "the shard").await.expect_err("a problem");
    assert_eq!(server.requests(), 3);
    connection.list_shards(&orders()).await.expect_err("a problem");
    assert_eq!(server.requests(), 5, "a list is asked for twice");
}
