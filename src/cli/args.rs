//! What can be said on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::model::connection::ConnectRequest;
use crate::model::decode::DecodeAs;
use crate::model::filter::FilterKind;
use crate::model::hash_range::HashKey;
use crate::model::ids::{PartitionKey, SequenceNumber, ShardId, StreamName};
use crate::model::tail::TailStart;
use crate::model::time::Timestamp;

/// A native desktop instrument for people on call for Amazon Kinesis Data Streams. Without a command it opens its window.
///
/// The standard AWS environment variables hold, AWS_PROFILE, AWS_REGION and AWS_ENDPOINT_URL among them.
#[derive(Debug, Parser)]
#[command(name = "kinescope", version, propagate_version = true)]
pub struct Args {
    /// Profile of the AWS configuration.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Region, such as us-east-1.
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Another endpoint than AWS's, such as http://127.0.0.1:4566.
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Start the embedded server with demo streams in this process and use it. No AWS account is needed or touched.
    #[arg(long, global = true, conflicts_with_all = ["profile", "endpoint_url"])]
    pub demo: bool,
    /// What to do without a window.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Args {
    /// What to connect to.
    pub fn connect_request(&self) -> ConnectRequest {
        ConnectRequest {
            profile: self.profile.clone(),
            region: self.region.clone(),
            endpoint_url: self.endpoint_url.clone(),
            without_cloudwatch: false,
            demo: self.demo,
        }
    }

    /// What the window connects to at once; `None` where nothing was asked for.
    pub fn window_request(&self) -> Option<ConnectRequest> {
        let request = self.connect_request();
        (request != ConnectRequest::default()).then_some(request)
    }
}

/// What to do without a window.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the streams of the Region.
    Streams(StreamsArgs),
    /// Say which shard and key make a stream hot, since when, and what to do.
    Diagnose(DiagnoseArgs),
    /// Read the records of a stream as NDJSON, one record a line.
    Tail(Box<TailArgs>),
    /// Put records. Refuses without --unlock.
    Put(PutArgs),
    /// Run the embedded server alone: prints its endpoint as JSON and runs until it is interrupted.
    DemoServer(DemoServerArgs),
}

/// Options of `streams`.
#[derive(Debug, clap::Args)]
pub struct StreamsArgs {
    /// One JSON array instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Options of `diagnose`.
#[derive(Debug, clap::Args)]
pub struct DiagnoseArgs {
    /// Name of the stream.
    pub stream: StreamName,
    /// The newest seconds whose records are read, at most an hour.
    #[arg(long, value_name = "SECONDS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub window: u32,
    /// One JSON object instead of text.
    #[arg(long)]
    pub json: bool,
    /// Most GetRecords calls a second and shard; all polling consumers of a shard together have 5.
    #[arg(long, value_name = "1..5", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=5))]
    pub read_budget: u32,
}

/// Options of `tail`.
#[derive(Debug, clap::Args)]
pub struct TailArgs {
    /// Name of the stream.
    pub stream: StreamName,
    /// Where to begin: latest, trim-horizon, at-timestamp=RFC3339, or at-sequence=SHARD:SEQ or after-sequence=SHARD:SEQ,
    /// which read that shard and those that came from it.
    #[arg(long, value_name = "WHERE", default_value = "latest", value_parser = parse_start)]
    pub from: TailStart,
    /// Only this shard, not those that come from it; may be given more than once.
    #[arg(long = "shard", value_name = "ID")]
    pub shards: Vec<ShardId>,
    /// Only records of this partition key, and only the shards that can hold it.
    #[arg(long, value_name = "KEY", conflicts_with = "shards")]
    pub partition_key: Option<PartitionKey>,
    /// What the bytes are taken for.
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = parse_decode_as)]
    pub decode_as: DecodeAs,
    /// End when every shard has been read to its tip as of the start.
    #[arg(long)]
    pub until_tip: bool,
    /// End after so many seconds.
    #[arg(long = "for", value_name = "SECONDS", value_parser = parse_seconds)]
    pub limit_time: Option<Duration>,
    /// End after so many printed records.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Print only records that pass: text or a regular expression in key, shard id or decoded data, or a jq expression on
    /// the decoded record with $key, $shard, $sequence, $sub, $arrival, $size and $decoded. A record that cannot be decoded
    /// is always printed.
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// What EXPR is.
    #[arg(long, value_name = "KIND", default_value = "text", requires = "filter", value_parser = parse_filter_kind)]
    pub filter_kind: FilterKind,
    /// Read as this registered enhanced fan-out consumer, with a throughput of its own, instead of polling.
    #[arg(long, value_name = "CONSUMER", conflicts_with = "read_budget")]
    pub fan_out: Option<String>,
    /// Most GetRecords calls a second and shard; all polling consumers of a shard together have 5.
    #[arg(long, value_name = "1..5", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=5))]
    pub read_budget: u32,
}

/// Options of `put`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("source").required(true).args(["data", "file", "resume"]))]
pub struct PutArgs {
    /// Name of the stream.
    pub stream: StreamName,
    /// Partition key of every record.
    #[arg(long, value_name = "K", required_unless_present = "resume")]
    pub partition_key: Option<PartitionKey>,
    /// Hash key that decides the shard instead of the partition key: a number from 0 to 2^128-1.
    #[arg(long, value_name = "H", value_parser = HashKey::parse)]
    pub explicit_hash_key: Option<HashKey>,
    /// Data of one record.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub data: Option<String>,
    /// A file whose every line is the data of one record; - is standard input. Empty lines are left out.
    #[arg(long, value_name = "F.ndjson")]
    pub file: Option<PathBuf>,
    /// Send what a run left that was cut off; put names such runs when it starts.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["partition_key", "explicit_hash_key"])]
    pub resume: Option<String>,
    /// Allow this command to write.
    #[arg(long)]
    pub unlock: bool,
}

/// Options of `demo-server`.
#[derive(Debug, clap::Args)]
pub struct DemoServerArgs {
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
}

fn parse_start(text: &str) -> Result<TailStart, String> {
    let expected =
        "expected latest, trim-horizon, at-timestamp=RFC3339, at-sequence=SHARD:SEQ or after-sequence=SHARD:SEQ";
    match text.split_once('=') {
        None if text == "latest" => Ok(TailStart::Latest),
        None if text == "trim-horizon" => Ok(TailStart::TrimHorizon),
        Some(("at-timestamp", at)) => Timestamp::from_rfc3339(at).map(TailStart::AtTimestamp),
        Some((kind @ ("at-sequence" | "after-sequence"), place)) => {
            let (shard, number) = place.rsplit_once(':').ok_or(expected)?;
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            if shard.is_empty() || !is_number {
                return Err(format!("expected {kind}=SHARD:SEQ with a decimal sequence number"));
            }
            let (shard, sequence_number) = (shard.into(), SequenceNumber::from(number));
            Ok(match kind {
                "at-sequence" => TailStart::AtSequence { shard, sequence_number },
                _ => TailStart::AfterSequence { shard, sequence_number },
            })
        }
        _ => Err(expected.to_owned()),
    }
}

fn parse_filter_kind(text: &str) -> Result<FilterKind, String> {
    FilterKind::ALL.into_iter().find(|kind| kind.label() == text).ok_or_else(|| "expected jq, text or regex".to_owned())
}

fn parse_decode_as(text: &str) -> Result<DecodeAs, String> {
    let named = |decode_as: &DecodeAs| decode_as.label().eq_ignore_ascii_case(text);
    DecodeAs::ALL.into_iter().find(named).ok_or_else(|| {
        let all = DecodeAs::ALL.map(|decode_as| decode_as.label().to_lowercase());
        format!("expected one of {}", all.join(", "))
    })
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "expected a number of seconds of 0 or more".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_starting_point_is_read() {
        assert_eq!(parse_start("latest"), Ok(TailStart::Latest));
        assert_eq!(parse_start("trim-horizon"), Ok(TailStart::TrimHorizon));
        assert_eq!(parse_start("at-timestamp=1970-01-01T00:00:01.5Z"), Ok(TailStart::AtTimestamp(Timestamp(1_500))));
        assert_eq!(
            parse_start("after-sequence=shardId-000000000001:49"),
            Ok(TailStart::AfterSequence { shard: "shardId-000000000001".into(), sequence_number: "49".into() })
        );
        assert_eq!(
            parse_start("at-sequence=s:49"),
            Ok(TailStart::AtSequence { shard: "s".into(), sequence_number: "49".into() })
        );
        for wrong in
            ["", "now", "at-timestamp=yesterday", "after-sequence=49", "after-sequence=:49", "after-sequence=s:x"]
        {
            assert!(parse_start(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn wrong_usage_is_refused() {
        for wrong in [
            &["tail", "s", "--read-budget", "6"][..],
            &["tail", "s", "--count", "0"],
            &["tail", "s", "--for", "-1"],
            &["tail", "s", "--for", "inf"],
            &["tail"],
            &["tail", "s", "--filter", "x", "--filter-kind", "sql"],
            &["tail", "s", "--filter-kind", "jq"],
            &["tail", "s", "--decode-as", "yaml"],
            &["tail", "s", "--partition-key", "k", "--shard", "s"],
            &["tail", "s", "--fan-out", "c", "--read-budget", "2"],
            &["put", "s", "--data", "x"],
            &["put", "s", "--partition-key", "k"],
            &["put", "s", "--partition-key", "k", "--data", "x", "--file", "f"],
            &["put", "s", "--partition-key", "k", "--data", "x", "--explicit-hash-key", "-1"],
            &["streams", "--demo", "--endpoint-url", "http://127.0.0.1:1"],
            &["diagnose-all"],
        ] {
            assert!(Args::try_parse_from([&["kinescope"], wrong].concat()).is_err(), "{wrong:?}");
        }
    }
}
