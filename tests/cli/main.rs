//! The built program in a terminal, against the embedded server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod diagnose;
mod fan_out;
mod killed;
#[cfg(unix)]
mod sign_in;
mod support;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Bench, Ended};

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_listed_as_a_table_and_as_json() {
    let bench = Bench::start().await;
    bench.stream("orders", 2).await;
    bench.stream("clicks", 1).await;
    let table = bench.run(&["streams"]).await;
    assert_eq!(table.code, 0, "{}", table.stderr);
    assert!(table.stdout.lines().nth(1).is_some_and(|line| line.starts_with("clicks  ACTIVE")), "{}", table.stdout);
    let listed: Value = serde_json::from_str(&bench.run(&["streams", "--json"]).await.stdout).expect("JSON");
    let names: Vec<&str> = listed.as_array().expect("array").iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(names, ["clicks", "orders"]);
    assert_eq!(listed[1]["open_shard_count"], 2);
    assert_eq!(listed[1]["status"], "ACTIVE");
    assert_eq!(listed[1]["mode"], "PROVISIONED");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_put_without_unlock() {
    let bench = Bench::start().await;
    bench.stream("orders", 1).await;
    let refused = bench.run(&["put", "orders", "--partition-key", "k", "--data", "x"]).await;
    refused.is_failure_that_says("--unlock");
    assert_eq!(refused.stdout, "");
    assert!(bench.tail("orders", &[]).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_comes_back_with_exactly_the_documented_fields() {
    let bench = Bench::start().await;
    bench.stream("orders", 1).await;
    let data = r#"{ "b": 1.10, "a": 12345678901234567890 }"#;
    let put = bench.run(&["put", "orders", "--partition-key", "k-1", "--data", data, "--unlock"]).await;
    assert_eq!(put.code, 0, "{}", put.stderr);
    let result: Value = serde_json::from_str(put.stdout.trim_end()).expect("one line of JSON");
    assert_eq!(result["shard_id"], "shardId-000000000000");
    assert_eq!(result["error"], Value::Null);
    let ended = bench.run(&["tail", "orders", "--from", "trim-horizon", "--until-tip"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let line: Value = serde_json::from_str(ended.stdout.trim_end()).expect("one line of JSON");
    let keys: Vec<&str> = line.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "stream",
            "shard_id",
            "sequence_number",
            "sub_sequence_number",
            "partition_key",
            "approximate_arrival",
            "size_bytes",
            "decoded_as",
            "json",
            "error"
        ]
    );
    assert_eq!(line["stream"], "orders");
    assert_eq!(line["shard_id"], result["shard_id"]);
    assert_eq!(line["sequence_number"], result["sequence_number"]);
    assert_eq!(line["sub_sequence_number"], Value::Null);
    assert_eq!(line["partition_key"], "k-1");
    assert_eq!(line["size_bytes"], data.len() + 3);
    assert_eq!(line["decoded_as"], serde_json::json!(["json"]));
    // As it was sent, spaces and digits included.
    assert!(ended.stdout.contains(&format!(r#""json":{data},"error":null}}"#)), "{}", ended.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn aggregates_text_and_bytes_are_shown_as_what_they_are() {
    let bench = Bench::start().await;
    bench.stream("mixed", 1).await;
    let fixture = "f3899ac20a04706b2d610a04706b2d621201301a0908001a0568656c6c6f1a0b080110001a05776f726c64\
                   4fa9f7d3fdf43ea61573fa19339eca61";
    bench.put_bytes("mixed", "outer", &from_hex(fixture)).await;
    bench.put_bytes("mixed", "k", &[0xff, 0x00]).await;
    bench.put_bytes("mixed", "k", b"plain").await;
    let lines = bench.tail("mixed", &[]).await;
    let seen: Vec<String> = lines
        .iter()
        .map(|l| {
            format!(
                "{} {} {} {} {}",
                l["partition_key"], l["sub_sequence_number"], l["decoded_as"], l["text"], l["base64"]
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            r#""pk-a" 0 ["kpl","text"] "hello" null"#,
            r#""pk-b" 1 ["kpl","text"] "world" null"#,
            r#""k" null ["binary"] null "/wA=""#,
            r#""k" null ["text"] "plain" null"#,
        ]
    );
    assert_eq!(lines[0]["sequence_number"], lines[1]["sequence_number"]);
}

fn from_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_a_file_are_put_in_order_and_filters_and_counts_hold() {
    let bench = Bench::start().await;
    bench.stream("orders", 2).await;
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    for number in 0..1_200 {
        writeln!(file, "{{\"n\":{number},\"kind\":\"{}\"}}", if number % 100 == 7 { "Rare" } else { "common" })
            .expect("writes");
    }
    file.flush().expect("writes");
    let path = file.path().to_str().expect("a path");
    let put = bench.run(&["put", "orders", "--partition-key", "k", "--file", path, "--unlock"]).await;
    assert_eq!((put.code, put.stdout.lines().count()), (0, 1_200), "{}", put.stderr);
    let all: Vec<i64> = bench.tail("orders", &[]).await.iter().filter_map(|line| line["json"]["n"].as_i64()).collect();
    let mut sorted = all.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!((all.len(), sorted.len()), (1_200, 1_200));
    let rare = bench.tail("orders", &["--filter", "\"kind\":\"rare\""]).await;
    assert_eq!(rare.len(), 12);
    let jq = |expression: &'static str| ["--filter-kind", "jq", "--filter", expression];
    assert_eq!(bench.tail("orders", &jq(".kind == \"Rare\" and .n < 500")).await.len(), 5);
    assert_eq!(bench.tail("orders", &jq("$key == \"other\"")).await.len(), 0);
    assert_eq!(bench.tail("orders", &["--filter-kind", "regex", "--filter", "\"n\":11\\d\\d,"]).await.len(), 100);
    assert_eq!(bench.tail("orders", &["--partition-key", "k", "--count", "3"]).await.len(), 3);
    assert_eq!(bench.tail("orders", &["--partition-key", "other"]).await.len(), 0);
    let wrong = bench.run(&[&["tail", "orders"], &jq(".n ==")[..]].concat()).await;
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
    assert!(wrong.stderr.contains("--filter: Expected term, found the end"), "{}", wrong.stderr);
    let endless = ["tail", "orders", "--from", "trim-horizon", "--until-tip", "--filter-kind", "jq", "--filter"];
    let endless = bench.run(&[&endless[..], &["last(range(infinite))"]].concat()).await;
    endless.is_failure_that_says("does not end");
    assert_eq!(bench.tail("orders", &["--count", "5"]).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_begins_where_it_was_told_to() {
    let bench = Bench::start().await;
    bench.stream("orders", 2).await;
    let mut put = Vec::new();
    for number in 0..6 {
        let hash = if number % 2 == 0 { "0" } else { "0xffffffffffffffffffffffffffffffff" };
        let arguments = ["put", "orders", "--partition-key", "k", "--unlock", "--explicit-hash-key", hash, "--data"];
        let ended = bench.run(&[&arguments[..], &[&format!("r{number}")]].concat()).await;
        put.push(serde_json::from_str::<Value>(ended.stdout.trim_end()).expect("JSON"));
    }
    let texts = |lines: Vec<Value>| {
        let mut texts: Vec<String> = lines.iter().filter_map(|l| l["text"].as_str()).map(str::to_owned).collect();
        texts.sort();
        texts.join(" ")
    };
    let shard = put[0]["shard_id"].as_str().expect("a shard");
    let after = format!("after-sequence={shard}:{}", put[0]["sequence_number"].as_str().expect("a number"));
    assert_eq!(texts(bench.tail_from("orders", &after, &[]).await), "r2 r4");
    assert_eq!(texts(bench.tail("orders", &["--shard", shard]).await), "r0 r2 r4");
    let arrivals = bench.tail("orders", &[]).await;
    let third = arrivals.iter().find(|line| line["text"] == "r3").expect("there");
    let at = format!("at-timestamp={}", third["approximate_arrival"].as_str().expect("a time"));
    assert!(texts(bench.tail_from("orders", &at, &[]).await).ends_with("r3 r4 r5"));
    assert_eq!(texts(bench.tail_from("orders", "latest", &[]).await), "");
    let missing = bench.run(&["tail", "orders", "--shard", "shardId-000000000099", "--until-tip"]).await;
    missing.is_failure_that_says("shardId-000000000099");
}

#[tokio::test(flavor = "multi_thread")]
async fn parents_end_before_their_children_begin() {
    let bench = Bench::start().await;
    bench.stream("orders", 1).await;
    for round in 0..3 {
        for number in 0..20 {
            bench.put_bytes("orders", &format!("key-{number}"), format!("{round}").as_bytes()).await;
        }
        if round < 2 {
            bench.split_first_open("orders").await;
        }
    }
    let lines = bench.tail("orders", &[]).await;
    assert_eq!(lines.len(), 60);
    let parents = bench.parents("orders").await;
    let mut last: HashMap<&str, usize> = HashMap::new();
    for (place, line) in lines.iter().enumerate() {
        last.insert(line["shard_id"].as_str().expect("a shard"), place);
    }
    for (place, line) in lines.iter().enumerate() {
        let parent = parents.get(line["shard_id"].as_str().expect("a shard"));
        let parent_end = parent.and_then(|parent| last.get(parent.as_str()));
        assert!(parent_end.is_none_or(|end| *end < place), "line {place} came before the end of {parent:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_that_runs_follows_a_split() {
    let bench = Bench::start().await;
    bench.stream("live", 1).await;
    let mut child = bench
        .command(&["tail", "live", "--count", "40", "--for", "60"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    // From latest: only what comes once the tail has its iterators.
    tokio::time::sleep(Duration::from_secs(2)).await;
    for round in 0..2 {
        for number in 0..20 {
            bench.put_bytes("live", &format!("key-{number}"), format!("{round}").as_bytes()).await;
        }
        if round == 0 {
            bench.split_first_open("live").await;
        }
    }
    let mut stdout = String::new();
    let read = tokio::task::spawn_blocking(move || {
        child.stdout.take().expect("piped").read_to_string(&mut stdout).expect("reads");
        (child.wait().expect("ends"), stdout)
    });
    let (status, stdout) = read.await.expect("joins");
    assert!(status.success());
    let rounds: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(rounds.len(), 40);
    let seen: std::collections::HashSet<&str> = rounds.iter().filter_map(|line| line["shard_id"].as_str()).collect();
    assert_eq!(seen.len(), 3);
}

#[test]
fn the_demo_server_prints_its_endpoint_and_ends_when_it_is_asked_to() {
    let mut child = support::program(&["demo-server"]).stdout(Stdio::piped()).spawn().expect("starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("reads");
    let told: Value = serde_json::from_str(&line).expect("JSON");
    let url = told["endpoint_url"].as_str().expect("a URL").to_owned();
    let listed = support::finish(support::program(&["--endpoint-url", &url, "streams"]));
    assert!(listed.stdout.contains("clickstream-data"), "{}{}", listed.stdout, listed.stderr);
    // The shell's own kill: the program of that name is not on every machine.
    let kill = format!("kill -TERM {}", child.id());
    let asked = Command::new("sh").args(["-c", &kill]).status().expect("a shell");
    assert!(asked.success());
    let began = Instant::now();
    assert_eq!(child.wait().expect("ends").code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn the_demo_answers_in_the_same_process() {
    let listed = support::finish(support::program(&["--demo", "streams", "--json"]));
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert!(listed.stdout.contains("\"app-logs\""));
}

#[test]
fn an_endpoint_where_nobody_listens_is_one_line_and_exit_code_1() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let url = format!("http://127.0.0.1:{port}");
    for arguments in
        [&["streams"][..], &["tail", "s"], &["put", "s", "--partition-key", "k", "--data", "x", "--unlock"]]
    {
        let ended = support::finish(support::program(&[&["--endpoint-url", &url], arguments].concat()));
        ended.is_failure_that_says(&format!("127.0.0.1:{port}"));
    }
    support::finish(support::program(&["--endpoint-url", "nonsense", "streams"])).is_failure_that_says("nonsense");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_not_there_is_one_line_and_exit_code_1() {
    let bench = Bench::start().await;
    bench.run(&["tail", "ghost"]).await.is_failure_that_says("ghost");
    bench
        .run(&["put", "ghost", "--partition-key", "k", "--data", "x", "--unlock"])
        .await
        .is_failure_that_says("accepted");
}

#[test]
fn wrong_usage_is_one_line_and_exit_code_2() {
    for arguments in [&["tail"][..], &["no-such-command"], &["tail", "s", "--read-budget", "9"], &["put", "s"]] {
        let ended: Ended = support::finish(support::program(arguments));
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(ended.stderr.lines().count() == 1 && ended.stderr.contains("--help"), "{}", ended.stderr);
    }
    assert_eq!(support::finish(support::program(&["--help"])).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_pipe_ends_the_program_quietly() {
    let bench = Bench::start().await;
    bench.stream("orders", 1).await;
    for number in 0..50 {
        bench.put_bytes("orders", "k", &vec![b'a' + (number % 26); 20_000]).await;
    }
    let mut child = bench
        .command(&["tail", "orders", "--from", "trim-horizon", "--until-tip"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let ended = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        BufReader::with_capacity(16, child.stdout.take().expect("piped")).read_line(&mut line).expect("reads");
        child.wait_with_output().expect("ends")
    });
    let output = ended.await.expect("joins");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
