//! Changes of a stream other than those of its shards and records: made and deleted, capacity mode, retention, tags, encryption,
//! record size, consumers, shard metrics. What each is called, what it says of itself, and how far it has come.
//! Knows no call and no clock.

pub mod conditions;
pub mod details;
pub mod price;
pub mod rules;
pub mod traffic;

use std::collections::{BTreeMap, BTreeSet};

use super::activity::cli_line;
use super::answer::Problem;
use super::connection::ConnectionInfo;
use super::format;
use super::ids::StreamName;
use super::reshard::ReshardStep;
use super::stream::{Encryption, StreamMode, StreamStatus, StreamSummary};
use super::time::{Millis, Timestamp};
use super::writes::Receipt;

/// One call that changes a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamChange {
    /// `CreateStream`.
    Create {
        /// How capacity is bought.
        mode: StreamMode,
        /// Shards of a provisioned stream.
        shards: Option<u32>,
        /// Largest record in KiB, where it is not the usual one.
        max_record_kib: Option<u32>,
    },
    /// `DeleteStream`.
    Delete {
        /// Registered consumers go with it; without this they keep the stream.
        with_consumers: bool,
    },
    /// `IncreaseStreamRetentionPeriod` or `DecreaseStreamRetentionPeriod`, in hours.
    Retention {
        /// As it is.
        from: u32,
        /// As it should be.
        to: u32,
    },
    /// `AddTagsToStream`: tags that are new or have another value.
    SetTags(BTreeMap<String, String>),
    /// `RemoveTagsFromStream`.
    RemoveTags(BTreeSet<String>),
    /// `StartStreamEncryption` under this key, also in the place of another one.
    Encrypt {
        /// Id, ARN or alias.
        key_id: String,
    },
    /// `StopStreamEncryption`.
    Decrypt {
        /// The key that is in use; the call names it.
        key_id: String,
    },
    /// `UpdateMaxRecordSize`, in KiB.
    RecordSize {
        /// As it should be.
        kib: u32,
    },
    /// `UpdateStreamMode`.
    Mode {
        /// As it should be.
        to: StreamMode,
        /// Warm throughput in MiB/s to begin with; only to on-demand.
        warm_mibps: Option<u32>,
    },
    /// `UpdateStreamWarmThroughput`, in MiB/s.
    WarmThroughput {
        /// As it should be.
        mibps: u32,
    },
    /// `RegisterStreamConsumer`.
    Register {
        /// Its name.
        consumer: String,
    },
    /// `DeregisterStreamConsumer`.
    Deregister {
        /// Its name.
        consumer: String,
    },
    /// `EnableEnhancedMonitoring` or `DisableEnhancedMonitoring` of every shard-level metric.
    Monitoring {
        /// On, or off.
        enable: bool,
    },
}

/// How AWS spells a mode.
pub fn mode_word(mode: StreamMode) -> &'static str {
    if mode == StreamMode::OnDemand { "ON_DEMAND" } else { "PROVISIONED" }
}

impl StreamChange {
    /// The API operation.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Create { .. } => "CreateStream",
            Self::Delete { .. } => "DeleteStream",
            Self::Retention { from, to } if to >= from => "IncreaseStreamRetentionPeriod",
            Self::Retention { .. } => "DecreaseStreamRetentionPeriod",
            Self::SetTags(_) => "AddTagsToStream",
            Self::RemoveTags(_) => "RemoveTagsFromStream",
            Self::Encrypt { .. } => "StartStreamEncryption",
            Self::Decrypt { .. } => "StopStreamEncryption",
            Self::RecordSize { .. } => "UpdateMaxRecordSize",
            Self::Mode { .. } => "UpdateStreamMode",
            Self::WarmThroughput { .. } => "UpdateStreamWarmThroughput",
            Self::Register { .. } => "RegisterStreamConsumer",
            Self::Deregister { .. } => "DeregisterStreamConsumer",
            Self::Monitoring { enable: true } => "EnableEnhancedMonitoring",
            Self::Monitoring { enable: false } => "DisableEnhancedMonitoring",
        }
    }

    /// What it is aimed at and how, for the activity log: `24 h to 7 d`.
    pub fn target(&self) -> String {
        match self {
            Self::Create { mode, shards, .. } => match shards {
                Some(count) => format!("{}, {}", mode.label(), format::counted(*count as usize, "shard")),
                None => mode.label().to_owned(),
            },
            Self::Delete { with_consumers: true } => "with its consumers".to_owned(),
            Self::Delete { with_consumers: false } => "with all its records".to_owned(),
            Self::Retention { from, to } => format!("{} to {}", format::retention(*from), format::retention(*to)),
            Self::SetTags(tags) => listed(tags.iter().map(|(key, value)| format!("{key}={value}"))),
            Self::RemoveTags(keys) => listed(keys.iter().cloned()),
            Self::Encrypt { key_id } => format!("under {}", format::one_line(key_id, 60)),
            Self::Decrypt { .. } => "encryption off".to_owned(),
            Self::RecordSize { kib } => format!("records up to {} KiB", format::grouped(i64::from(*kib))),
            Self::Mode { to, .. } => format!("to {}", mode_word(*to)),
            Self::WarmThroughput { mibps } => format!("{mibps} MiB/s warm"),
            Self::Register { consumer } | Self::Deregister { consumer } => format!("consumer {consumer}"),
            Self::Monitoring { .. } => "all shard-level metrics".to_owned(),
        }
    }

    /// Whether a stream that describes itself like this has the change. What the server leaves out of its description does
    /// not speak against it.
    pub fn shows_in(&self, summary: &StreamSummary) -> bool {
        if summary.status != StreamStatus::Active {
            return false;
        }
        match self {
            Self::Create { .. } => true,
            Self::Delete { .. } => false,
            Self::Retention { to, .. } => summary.retention_hours == *to,
            Self::Encrypt { .. } => matches!(summary.encryption, Encryption::Kms { .. }),
            Self::Decrypt { .. } => summary.encryption == Encryption::None,
            Self::RecordSize { kib } => summary.max_record_size_kib.is_none_or(|known| known == *kib),
            Self::Mode { to, .. } => summary.mode == *to || summary.mode == StreamMode::Unknown,
            Self::SetTags(_)
            | Self::RemoveTags(_)
            | Self::WarmThroughput { .. }
            | Self::Register { .. }
            | Self::Deregister { .. }
            | Self::Monitoring { .. } => true,
        }
    }

    fn cli(&self, request: &ChangeRequest, connection: &ConnectionInfo) -> String {
        let (name, arn) = (("stream-name", request.stream.as_str()), ("stream-arn", request.arn.as_str()));
        let line = |command: &str, options: &[(&str, &str)]| cli_line(command, options, connection);
        match self {
            Self::Create { mode, shards, max_record_kib } => {
                let mode = format!("StreamMode={}", mode_word(*mode));
                let [shards, kib] = [shards, max_record_kib].map(|count| count.map(|count| count.to_string()));
                let mut options = vec![name];
                options.extend(shards.as_deref().map(|count| ("shard-count", count)));
                options.push(("stream-mode-details", &mode));
                options.extend(kib.as_deref().map(|kib| ("max-record-size-in-kib", kib)));
                line("create-stream", &options)
            }
            Self::Delete { with_consumers: true } => line("delete-stream --enforce-consumer-deletion", &[name]),
            Self::Delete { with_consumers: false } => line("delete-stream", &[name]),
            Self::Retention { from, to } => {
                let command =
                    if to > from { "increase-stream-retention-period" } else { "decrease-stream-retention-period" };
                line(command, &[name, ("retention-period-hours", &to.to_string())])
            }
            Self::SetTags(tags) => {
                let tags = serde_json::to_string(tags).unwrap_or_default();
                line("add-tags-to-stream", &[name, ("tags", &tags)])
            }
            Self::RemoveTags(keys) => {
                let keys = serde_json::to_string(keys).unwrap_or_default();
                line("remove-tags-from-stream", &[name, ("tag-keys", &keys)])
            }
            Self::Encrypt { key_id } => {
                line("start-stream-encryption", &[name, ("encryption-type", "KMS"), ("key-id", key_id)])
            }
            Self::Decrypt { key_id } => {
                line("stop-stream-encryption", &[name, ("encryption-type", "KMS"), ("key-id", key_id)])
            }
            Self::RecordSize { kib } => {
                line("update-max-record-size", &[arn, ("max-record-size-in-kib", &kib.to_string())])
            }
            Self::Mode { to, warm_mibps } => {
                let mode = format!("StreamMode={}", mode_word(*to));
                let warm = warm_mibps.map(|mibps| mibps.to_string());
                let mut options = vec![arn, ("stream-mode-details", mode.as_str())];
                options.extend(warm.as_deref().map(|mibps| ("warm-throughput-mibps", mibps)));
                line("update-stream-mode", &options)
            }
            Self::WarmThroughput { mibps } => {
                line("update-stream-warm-throughput", &[arn, ("warm-throughput-mibps", &mibps.to_string())])
            }
            Self::Register { consumer } => line("register-stream-consumer", &[arn, ("consumer-name", consumer)]),
            Self::Deregister { consumer } => line("deregister-stream-consumer", &[arn, ("consumer-name", consumer)]),
            Self::Monitoring { enable } => {
                let command = if *enable { "enable-enhanced-monitoring" } else { "disable-enhanced-monitoring" };
                line(command, &[name, ("shard-level-metrics", "ALL")])
            }
        }
    }
}

/// A few words for many, one line.
fn listed(words: impl Iterator<Item = String>) -> String {
    format::one_line(&words.collect::<Vec<_>>().join(", "), 80)
}

/// Calls that were asked for together, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRequest {
    /// The stream.
    pub stream: StreamName,
    /// Its ARN; empty where it is not known, as before it is made.
    pub arn: String,
    /// The calls.
    pub changes: Vec<StreamChange>,
}

impl ChangeRequest {
    /// One call.
    pub fn one(stream: StreamName, arn: &str, change: StreamChange) -> Self {
        Self { stream, arn: arn.to_owned(), changes: vec![change] }
    }

    /// The same as AWS CLI lines, one a call.
    pub fn cli(&self, connection: &ConnectionInfo) -> String {
        let lines: Vec<String> = self.changes.iter().map(|change| change.cli(self, connection)).collect();
        lines.join("\n")
    }

    /// One of its calls as an AWS CLI line.
    pub fn cli_of(&self, change: &StreamChange, connection: &ConnectionInfo) -> String {
        change.cli(self, connection)
    }

    /// Its operations, for a status bar.
    pub fn operations(&self) -> String {
        let names: Vec<&str> = self.changes.iter().map(StreamChange::operation).collect();
        names.join(", ")
    }

    /// Whether the stream is gone when it is through.
    pub fn deletes(&self) -> bool {
        self.changes.iter().any(|change| matches!(change, StreamChange::Delete { .. }))
    }
}

/// How one call ended, and the wait for its effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallEnd {
    /// When it was sent.
    pub began: Timestamp,
    /// Until its effect was seen, or it failed.
    pub took: Millis,
    /// What AWS answered, once it took the call.
    pub receipt: Option<Receipt>,
    /// What went wrong, with the call or while its effect was waited for.
    pub problem: Option<Problem>,
}

/// Calls on their way, or the last ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRun {
    /// What was asked.
    pub request: ChangeRequest,
    /// Its steps, in order.
    pub steps: Vec<ReshardStep>,
    /// The calls that have ended, in their order.
    pub ends: Vec<CallEnd>,
    /// Whether it has ended, well or not.
    pub is_done: bool,
}

impl ChangeRun {
    /// What went wrong first.
    pub fn problem(&self) -> Option<&Problem> {
        super::reshard::first_problem(&self.steps)
    }
}

/// What is known of changes: the newest of each stream, and what was asked of one stream for them.
#[derive(Debug, Default)]
pub struct Changes {
    /// The newest change of each stream, on its way or done.
    pub runs: BTreeMap<StreamName, ChangeRun>,
    /// The stream that is asked for its details.
    pub of: Option<StreamName>,
    /// What it says.
    pub details: super::answer::Answer<details::StreamDetails>,
}

impl Changes {
    /// What is known of this stream.
    pub fn details_of(&self, stream: &StreamName) -> Option<&details::StreamDetails> {
        self.details.get().filter(|details| details.summary.name == *stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::connection::Environment;

    fn cli(change: StreamChange) -> String {
        let connection = ConnectionInfo {
            label: "dev".to_owned(),
            profile: None,
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
            environment: Environment::Dev,
            has_cloudwatch: true,
        };
        let request = ChangeRequest::one("orders".into(), "arn:aws:kinesis:eu-west-1:1:stream/orders", change);
        request.cli(&connection).replace(" --region eu-west-1", "")
    }

    #[test]
    fn each_change_has_its_cli_line() {
        let create = StreamChange::Create { mode: StreamMode::Provisioned, shards: Some(4), max_record_kib: None };
        let tags = StreamChange::SetTags([("team".to_owned(), "it's us".to_owned())].into());
        let arn = "--stream-arn arn:aws:kinesis:eu-west-1:1:stream/orders";
        let cases = [
            (
                create,
                "create-stream --stream-name orders --shard-count 4 --stream-mode-details StreamMode=PROVISIONED"
                    .to_owned(),
            ),
            (
                StreamChange::Delete { with_consumers: true },
                "delete-stream --enforce-consumer-deletion --stream-name orders".to_owned(),
            ),
            (
                StreamChange::Retention { from: 168, to: 24 },
                "decrease-stream-retention-period --stream-name orders --retention-period-hours 24".to_owned(),
            ),
            (tags, r#"add-tags-to-stream --stream-name orders --tags '{"team":"it'\''s us"}'"#.to_owned()),
            (
                StreamChange::RemoveTags(["a".to_owned(), "b".to_owned()].into()),
                r#"remove-tags-from-stream --stream-name orders --tag-keys '["a","b"]'"#.to_owned(),
            ),
            (
                StreamChange::Mode { to: StreamMode::OnDemand, warm_mibps: Some(50) },
                format!(
                    "update-stream-mode {arn} --stream-mode-details StreamMode=ON_DEMAND --warm-throughput-mibps 50"
                ),
            ),
            (
                StreamChange::RecordSize { kib: 2_048 },
                format!("update-max-record-size {arn} --max-record-size-in-kib 2048"),
            ),
            (
                StreamChange::Register { consumer: "app".to_owned() },
                format!("register-stream-consumer {arn} --consumer-name app"),
            ),
        ];
        for (change, line) in cases {
            assert_eq!(cli(change), format!("aws kinesis {line}"));
        }
    }

    #[test]
    fn retention_is_increased_or_decreased_by_its_direction() {
        assert_eq!(StreamChange::Retention { from: 24, to: 48 }.operation(), "IncreaseStreamRetentionPeriod");
        assert_eq!(StreamChange::Retention { from: 48, to: 24 }.operation(), "DecreaseStreamRetentionPeriod");
        // Before a value is chosen it says what the dialog asks for: to lengthen.
        assert_eq!(StreamChange::Retention { from: 24, to: 24 }.operation(), "IncreaseStreamRetentionPeriod");
    }
}
