//! The reading of `GetRecords` beside the SDK's own: the same bytes go through both.

use aws_sdk_kinesis::config::{BehaviorVersion, Credentials, Region, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::page::PageReader;
use super::page_body::Answer;
use super::records::{RecordsPage, child_of, record_of};
use crate::model::time::Timestamp;

/// Answers every request with this body.
#[derive(Clone, Debug)]
struct Canned(Vec<u8>);

impl HttpConnector for Canned {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        let status = 200.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(self.0.clone()))))
    }
}

fn client(body: &[u8]) -> aws_sdk_kinesis::Client {
    let canned = Canned(body.to_vec());
    let connect = move |_: &HttpConnectorSettings, _: &RuntimeComponents| SharedHttpConnector::new(canned.clone());
    let config = aws_sdk_kinesis::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("a", "b", None, None, "test"))
        .http_client(http_client_fn(connect));
    aws_sdk_kinesis::Client::from_conf(config.build())
}

/// What the SDK reads.
async fn theirs(body: &[u8]) -> Result<RecordsPage, String> {
    let output = client(body).get_records().shard_iterator("AAA").send().await;
    let output = output.map_err(|error| format!("{error:?}"))?;
    Ok(RecordsPage {
        records: output.records.into_iter().map(record_of).collect(),
        next_iterator: output.next_shard_iterator.filter(|iterator| !iterator.is_empty()),
        millis_behind_latest: output.millis_behind_latest,
        child_shards: output.child_shards.unwrap_or_default().into_iter().map(child_of).collect(),
    })
}

/// What is read here, by way of the SDK.
async fn ours(body: &[u8]) -> Result<RecordsPage, String> {
    let answer = Answer::default();
    let call = client(body).get_records().shard_iterator("AAA").customize().interceptor(answer.clone());
    call.send().await.map_err(|error| format!("{error:?}"))?;
    answer.take().ok_or_else(|| "nothing was read".to_owned())
}

/// What is read in pieces of so many bytes, and whatever is left.
fn in_pieces(body: &[u8], lengths: &[usize]) -> Result<RecordsPage, String> {
    let mut reader = PageReader::default();
    let mut rest = body;
    for length in lengths {
        let (piece, behind) = rest.split_at(rest.len().min(*length));
        reader.push(piece).map_err(|error| error.to_string())?;
        rest = behind;
    }
    reader.push(rest).and_then(|()| reader.finish()).map_err(|error| error.to_string())
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

const FULL: &str = r#" {"ChildShards":[{"HashKeyRange":{"EndingHashKey":"9","StartingHashKey":"0"},"ParentShards":["shardId-1"],
    "ShardId":"shardId-2"}, {"ShardId":"shardId-3","ParentShards":[]}], "MillisBehindLatest":1500,"NextShardIterator" : "AAA\/b=",
    "Of":{"the":["future",{"a":1}]},"Records":[
    {"ApproximateArrivalTimestamp":1.795251234311E9,"Data":"eyJhIjoxfQ==","EncryptionType":"KMS","PartitionKey":"k\"\u00e9\ud83d\ude00","SequenceNumber":"49"}
    ,{"ApproximateArrivalTimestamp":1795251234.999,"Data":"","PartitionKey":"é","SequenceNumber":"50","Of":[null,{"the":"future"}]},
    {"ApproximateArrivalTimestamp":1795251235,"D\u0061ta":"\/\/8=","SequenceNumber":"51","PartitionKey":null},
    {"ApproximateArrivalTimestamp":"2026-11-21T08:53:54.311Z","Data":"YQ==","SequenceNumber":"52"},
    {"ApproximateArrivalTimestamp":0,"Data":null,"SequenceNumber":"53"}, {}
    ]}
"#;

#[test]
fn an_answer_means_what_the_sdk_reads_in_it() {
    let page = run(ours(FULL.as_bytes())).expect("a page");
    assert_eq!(Ok(&page), run(theirs(FULL.as_bytes())).as_ref());
    assert_eq!((page.records.len(), page.child_shards.len(), page.millis_behind_latest), (6, 2, Some(1_500)));
    assert_eq!(page.next_iterator.as_deref(), Some("AAA/b="));
    assert_eq!(page.records[0].partition_key.as_str(), "k\"é😀");
    assert_eq!(page.records[0].approximate_arrival, Some(Timestamp(1_795_251_234_311)));
    assert_eq!(page.records[2].data, [0xff, 0xff]);
    for body in [
        "{}",
        r#"{"Records":null,"NextShardIterator":null,"MillisBehindLatest":null,"ChildShards":null}"#,
        r#"{"NextShardIterator":"","Records":[],"ChildShards":[]}"#,
    ] {
        assert_eq!(run(ours(body.as_bytes())), run(theirs(body.as_bytes())), "{body}");
    }
}

#[test]
fn every_split_of_an_answer_reads_the_same() {
    let whole = in_pieces(FULL.as_bytes(), &[]).expect("a page");
    for at in 0..FULL.len() {
        assert_eq!(in_pieces(FULL.as_bytes(), &[at]).as_ref(), Ok(&whole), "split at {at}");
    }
    assert_eq!(in_pieces(FULL.as_bytes(), &[1; FULL.len()]).as_ref(), Ok(&whole));
}

#[test]
fn a_large_record_is_put_together_from_many_pieces() {
    let data = vec![b'x'; 3_000_000];
    let body = json!({"Records": [{"Data": STANDARD.encode(&data), "SequenceNumber": "1"}, {"SequenceNumber": "2"}]});
    let body = body.to_string().into_bytes();
    let page = in_pieces(&body, &vec![8_192; body.len() / 8_192]).expect("a page");
    assert_eq!((page.records.len(), page.records[0].data == data), (2, true));
}

#[test]
fn what_is_no_answer_is_an_error() {
    for body in [
        "",
        " ",
        "<html>",
        "[]",
        "{",
        "{}{}",
        "{\"Records\"",
        "{\"Records\":}",
        "{\"Records\":{}}",
        "{\"Records\":[{}",
        "{\"Records\":[{}]",
        "{\"Records\":[{} {}]}",
        "{\"Records\":[{},]}",
        "{\"Records\":[null]}",
        "{\"Records\":[1]}",
        "{\"Records\":[{\"Data\":\"*\"}]}",
        "{\"Records\":[{\"Data\":\"YQ\"}]}",
        "{\"Records\":[{\"Data\":1}]}",
        "{\"Records\":[{\"Data\"}]}",
        "{\"Records\":[{\"SequenceNumber\":1}]}",
        "{\"Records\":[{\"ApproximateArrivalTimestamp\":\"yesterday\"}]}",
        "{\"Records\":[{\"ApproximateArrivalTimestamp\":1e999}]}",
        "{\"Records\":[{\"ApproximateArrivalTimestamp\":-}]}",
        "{\"MillisBehindLatest\":1.5}",
        "{\"MillisBehindLatest\":\"1\"}",
        "{\"NextShardIterator\":\"\\ud800\"}",
        "{\"NextShardIterator\":1}",
        "{\"ChildShards\":[{\"ShardId\":1}]}",
        "{\"Other\":[1,}",
        "{\"Other\":tru}",
    ] {
        let outcome = in_pieces(body.as_bytes(), &[]);
        assert!(outcome.as_ref().is_err_and(|error| error.len() > 30), "{body}: {outcome:?}");
        let problem = run(ours(body.as_bytes())).expect_err("no page");
        assert!(problem.contains("Malformed"), "{body}: {problem}");
    }
    assert!(in_pieces(b"{\"Records\":[{\"PartitionKey\":\"\xff\"}]}", &[]).is_err());
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9]{0,12}", "\\PC{0,6}", any::<String>().prop_map(|text| text.chars().take(8).collect())]
}

/// Seconds as servers write them.
fn moment() -> impl Strategy<Value = Value> {
    let millis = 0_i64..4_000_000_000_000;
    prop_oneof![
        millis.clone().prop_map(|at| json!(at as f64 / 1_000.0)),
        millis.clone().prop_map(|at| json!(at / 1_000)),
        millis.prop_map(|at| serde_json::from_str(&format!("{:e}", at as f64 / 1_000.0)).expect("a number")),
    ]
}

/// An object with some of its members left out or null, in any order.
fn object(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> impl Strategy<Value = Value> {
    let members: Vec<_> = (members.into_iter())
        .map(|(name, value)| {
            (Just(name), prop_oneof![1 => Just(None), 1 => Just(Some(Value::Null)), 8 => value.prop_map(Some)])
        })
        .collect();
    members.prop_shuffle().prop_map(|members| {
        let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(members.collect::<Map<String, Value>>())
    })
}

fn record() -> impl Strategy<Value = Value> {
    let data = proptest::collection::vec(any::<u8>(), 0..40);
    object(vec![
        ("Data", data.prop_map(|data| json!(STANDARD.encode(data))).boxed()),
        ("SequenceNumber", "[0-9]{1,56}".prop_map(|number| json!(number)).boxed()),
        ("PartitionKey", text().prop_map(|text| json!(text)).boxed()),
        ("ApproximateArrivalTimestamp", moment().boxed()),
        ("EncryptionType", prop_oneof![Just(json!("NONE")), Just(json!("KMS"))].boxed()),
        ("Other", text().prop_map(|text| json!([text, {"a": text}, 1.5, true])).boxed()),
    ])
}

fn body() -> impl Strategy<Value = String> {
    let child = object(vec![
        ("ShardId", text().prop_map(|text| json!(text)).boxed()),
        ("ParentShards", proptest::collection::vec(text(), 0..3).prop_map(|texts| json!(texts)).boxed()),
        (
            "HashKeyRange",
            (any::<u32>(), any::<u32>())
                .prop_map(|(a, b)| json!({"StartingHashKey": a.to_string(), "EndingHashKey": b.to_string()}))
                .boxed(),
        ),
    ]);
    let answer = object(vec![
        ("Records", proptest::collection::vec(record(), 0..5).prop_map(Value::from).boxed()),
        ("NextShardIterator", text().prop_map(|text| json!(text)).boxed()),
        ("MillisBehindLatest", any::<i64>().prop_map(|millis| json!(millis)).boxed()),
        ("ChildShards", proptest::collection::vec(child, 0..3).prop_map(Value::from).boxed()),
    ]);
    (answer, any::<bool>())
        .prop_map(|(answer, is_pretty)| if is_pretty { format!("{answer:#}") } else { answer.to_string() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_answer_means_what_the_sdk_reads_in_it(body in body(), lengths in proptest::collection::vec(0usize..60, 0..20)) {
        let expected = run(theirs(body.as_bytes()));
        prop_assert!(expected.is_ok(), "{:?}", expected);
        prop_assert_eq!(run(ours(body.as_bytes())), expected.clone());
        prop_assert_eq!(in_pieces(body.as_bytes(), &lengths), expected);
    }

    #[test]
    fn a_broken_answer_is_an_error_or_means_what_the_sdk_reads(body in body(), at in any::<prop::sample::Index>(), byte in any::<u8>(), is_cut: bool) {
        let mut bytes = body.into_bytes();
        let at = at.index(bytes.len());
        match is_cut {
            true => bytes.truncate(at),
            false => bytes[at] = byte,
        }
        let found = in_pieces(&bytes, &[at]);
        prop_assert!(!is_cut || found.is_err());
        if let (Ok(found), Ok(expected)) = (found, run(theirs(&bytes))) {
            prop_assert_eq!(found, expected);
        }
    }
}
