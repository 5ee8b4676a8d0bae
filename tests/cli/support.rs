//! The embedded server, a client of its own, and the program as a child process.

use std::collections::HashMap;
use std::process::Command;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::StreamStatus;
use kinescope::local::{LocalOptions, LocalServer};
use serde_json::Value;

/// How a run of the program ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Exit code 1 and one line on standard error that holds this.
    pub fn is_failure_that_says(&self, words: &str) {
        assert_eq!(self.code, 1, "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        assert!(self.stderr.contains(words), "{}", self.stderr);
    }
}

/// The program without any AWS configuration of this machine.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kinescope"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG").env_remove("KINESCOPE_LOG");
    command.env("AWS_CONFIG_FILE", "/nonexistent").env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    // Nothing of this machine's runs and logs is seen or changed.
    static HOME: std::sync::LazyLock<tempfile::TempDir> =
        std::sync::LazyLock::new(|| tempfile::tempdir().expect("a folder"));
    command.env("KINESCOPE_HOME", HOME.path());
    command.env("AWS_EC2_METADATA_DISABLED", "true").args(arguments);
    command
}

/// Runs it to its end.
pub fn finish(mut command: Command) -> Ended {
    let output = command.output().expect("runs");
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn arn(stream: &str) -> String {
    format!("arn:aws:kinesis:us-east-1:000000000000:stream/{stream}")
}

pub struct Bench {
    server: LocalServer,
    client: Client,
}

impl Bench {
    pub async fn start() -> Self {
        let server = LocalServer::start(LocalOptions::empty()).await.expect("starts");
        let config = aws_sdk_kinesis::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(server.endpoint_url())
            .build();
        Self { server, client: Client::from_conf(config) }
    }

    pub fn endpoint_url(&self) -> String {
        self.server.endpoint_url()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        command.env("AWS_ENDPOINT_URL", self.server.endpoint_url());
        command
    }

    pub async fn run(&self, arguments: &[&str]) -> Ended {
        let command = self.command(arguments);
        tokio::task::spawn_blocking(move || finish(command)).await.expect("joins")
    }

    /// Everything from the trim horizon to the tip.
    pub async fn tail(&self, stream: &str, options: &[&str]) -> Vec<Value> {
        self.tail_from(stream, "trim-horizon", options).await
    }

    pub async fn tail_from(&self, stream: &str, from: &str, options: &[&str]) -> Vec<Value> {
        let arguments = [&["tail", stream, "--from", from, "--until-tip", "--read-budget", "5"], options].concat();
        let ended = self.run(&arguments).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{arguments:?}");
        ended.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    pub async fn stream(&self, name: &str, shards: i32) {
        self.client.create_stream().stream_name(name).shard_count(shards).send().await.expect("creates");
        self.is_active(name).await;
    }

    /// Registers an enhanced fan-out consumer.
    pub async fn register(&self, stream: &str, consumer: &str) {
        let call = self.client.register_stream_consumer().stream_arn(arn(stream)).consumer_name(consumer);
        call.send().await.expect("registers");
    }

    /// The names of the registered consumers.
    pub async fn consumers(&self, stream: &str) -> Vec<String> {
        let listed = self.client.list_stream_consumers().stream_arn(arn(stream)).send().await.expect("lists");
        listed.consumers.unwrap_or_default().into_iter().map(|consumer| consumer.consumer_name).collect()
    }

    async fn is_active(&self, name: &str) {
        for _ in 0..200 {
            let answer = self.client.describe_stream_summary().stream_name(name).send().await.expect("describes");
            let status = answer.stream_description_summary.map(|summary| summary.stream_status);
            if status == Some(StreamStatus::Active) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{name} did not become active");
    }

    pub async fn put_bytes(&self, stream: &str, key: &str, data: &[u8]) {
        let call = self.client.put_record().stream_name(stream).partition_key(key).data(Blob::new(data));
        call.send().await.expect("puts");
    }

    /// One record of `bytes` for each key, in one call.
    pub async fn put_all(&self, stream: &str, keys: impl IntoIterator<Item = String>, bytes: usize) {
        let entry = |key: String| {
            aws_sdk_kinesis::types::PutRecordsRequestEntry::builder()
                .partition_key(key)
                .data(Blob::new(vec![b'x'; bytes]))
                .build()
                .expect("an entry")
        };
        let entries = keys.into_iter().map(entry).collect();
        self.client.put_records().stream_name(stream).set_records(Some(entries)).send().await.expect("puts");
    }

    pub async fn split_first_open(&self, stream: &str) {
        let shards = self.client.list_shards().stream_name(stream).send().await.expect("lists").shards;
        let is_open = |shard: &&aws_sdk_kinesis::types::Shard| {
            shard.sequence_number_range.as_ref().is_some_and(|range| range.ending_sequence_number.is_none())
        };
        let shards = shards.unwrap_or_default();
        let open = shards.iter().find(is_open).expect("an open shard");
        let range = open.hash_key_range.as_ref().expect("a range");
        let start: u128 = range.starting_hash_key.parse().expect("a number");
        let end: u128 = range.ending_hash_key.parse().expect("a number");
        let call = self.client.split_shard().stream_name(stream).shard_to_split(&open.shard_id);
        call.new_starting_hash_key((start + (end - start) / 2 + 1).to_string()).send().await.expect("splits");
        self.is_active(stream).await;
    }

    /// Each shard's parent.
    pub async fn parents(&self, stream: &str) -> HashMap<String, String> {
        let shards = self.client.list_shards().stream_name(stream).send().await.expect("lists").shards;
        let shards = shards.unwrap_or_default().into_iter();
        shards.filter_map(|shard| Some((shard.shard_id, shard.parent_shard_id?))).collect()
    }
}
