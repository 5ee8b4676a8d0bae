//! `kinescope tail --until-tip` beside a plain boto3 loop: 600,000 records of 1,000 B in 8 shards of the embedded server, which
//! keeps AWS's limits of 2 MiB a second and shard. `cargo bench --bench drain`; boto3 is that of the servers that
//! `tests/run` installs (`target/peers`, or where `KINESCOPE_PEERS` says).
#![allow(clippy::expect_used)]

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use kinescope::local::engine::{Payload, PutEntry, PutOutcome};
use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::ids::PartitionKey;
use kinescope::model::stream::StreamMode;
use kinescope::model::time::Millis;
use serde_json::Value;

const RECORDS: usize = 600_000;
const RECORD_BYTES: usize = 1_000;
const SHARDS: u32 = 8;
/// The loop takes minutes for all of them; its figures are those of one record.
const BOTO3_RECORDS: usize = 60_000;
const STREAM: &str = "drain";

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ahead = Arc::new(AtomicI64::new(0));
    let (offset, system) = (ahead.clone(), kinescope::tasks::clock::Clock::system());
    let options = LocalOptions {
        memory_cap_bytes: 2 << 30,
        clock: Arc::new(move || system.now() + Millis(offset.load(Ordering::Relaxed))),
        ..LocalOptions::empty()
    };
    let server = runtime.block_on(LocalServer::start(options)).expect("starts");
    fill(&server, &ahead);
    let url = server.endpoint_url();
    let program = env!("CARGO_BIN_EXE_kinescope");
    let tail = ["tail", STREAM, "--from", "trim-horizon", "--until-tip", "--read-budget", "5"];
    let ours = measured(&url, &[&["command", program], &tail[..]].concat());
    report("kinescope tail", &ours, RECORDS as f64);
    let theirs = measured(&url, &["boto3", STREAM, &BOTO3_RECORDS.to_string()]);
    let read = number(&theirs, "records");
    report("boto3 loop", &theirs, read);
    let (ours_each, theirs_each) =
        (number(&ours, "cpu_seconds") / RECORDS as f64, number(&theirs, "cpu_seconds") / read);
    let (ours_rate, theirs_rate) = (RECORDS as f64 / number(&ours, "seconds"), read / number(&theirs, "seconds"));
    println!(
        "CPU a record: 1/{:.1} of boto3's; records a second: {:.1} times boto3's",
        theirs_each / ours_each,
        ours_rate / theirs_rate
    );
    let printed = Command::new(program).args(tail).env("AWS_ENDPOINT_URL", &url).output().expect("runs").stdout;
    let lines = printed.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(lines, RECORDS, "every record is printed once");
}

/// Puts the records at once: the clock of the server goes on a second whenever a shard is full.
fn fill(server: &LocalServer, ahead: &AtomicI64) {
    let engine = server.engine();
    engine.create_stream(STREAM, StreamMode::Provisioned, Some(SHARDS)).expect("creates");
    ahead.fetch_add(10_000, Ordering::Relaxed);
    let mut open: Vec<PutEntry> = (0..RECORDS).map(entry).rev().collect();
    while !open.is_empty() {
        let call = open.split_off(open.len().saturating_sub(500));
        let reply = engine.put_records(STREAM, call.clone()).expect("puts");
        let refused =
            call.into_iter().zip(&reply.outcomes).filter(|(_, outcome)| matches!(outcome, PutOutcome::Throttled(_)));
        open.extend(refused.map(|(entry, _)| entry));
        ahead.fetch_add(200, Ordering::Relaxed);
    }
    ahead.fetch_add(10_000, Ordering::Relaxed);
}

fn entry(n: usize) -> PutEntry {
    let mut text =
        format!(r#"{{"event":"checkout","ts":{},"tenant":"tenant-{}","items":["#, 1_789_000_000 + n, n % 500);
    while text.len() < RECORD_BYTES - 60 {
        text.push_str(&format!(r#"{{"sku":"{:06}","quantity":{}}},"#, n % 1_000_000, n % 9));
    }
    text.push_str(r#"{}],"pad":""#);
    while text.len() < RECORD_BYTES - 2 {
        text.push('x');
    }
    text.push_str("\"}");
    PutEntry {
        partition_key: PartitionKey::from(format!("key-{n}")),
        explicit_hash_key: None,
        payload: Payload::new(text.into_bytes()),
    }
}

fn measured(url: &str, words: &[&str]) -> Value {
    let peers = std::env::var_os("KINESCOPE_PEERS").map_or_else(|| PathBuf::from("target/peers"), PathBuf::from);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/drain.py");
    let output = Command::new(peers.join("py/bin/python"))
        .arg(script)
        .args(words)
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .output()
        .expect("tests/run installs Python with boto3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn number(figures: &Value, name: &str) -> f64 {
    figures[name].as_f64().expect("a number")
}

fn report(what: &str, figures: &Value, records: f64) {
    println!(
        "{what}: {records} records in {:.1} s, {:.0} records/s, {:.2} µs of CPU a record, peak {:.0} MiB",
        number(figures, "seconds"),
        records / number(figures, "seconds"),
        number(figures, "cpu_seconds") / records * 1e6,
        number(figures, "peak_kib") / 1_024.0
    );
}
