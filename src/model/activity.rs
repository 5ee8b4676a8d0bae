//! The activity log: every call that changed something, or tried to, with the AWS CLI line that does the same.

use super::ids::StreamName;
use super::time::{Millis, Timestamp};

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Done.
    Ok,
    /// Some records were refused.
    Partial {
        /// Records that were refused.
        failed: u64,
        /// Records in all.
        of: u64,
    },
    /// Refused or failed; the sentence that was shown.
    Failed {
        /// Why.
        sentence: String,
    },
}

/// What happened. Payloads are never kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// Writing was allowed.
    Unlocked {
        /// For how many minutes.
        minutes: u32,
        /// Why, in the person's words.
        reason: String,
    },
    /// Writing was locked again, by hand, by time or by a switch of connection.
    Locked {
        /// What locked it.
        why: String,
    },
    /// A call that writes.
    Call {
        /// `SplitShard`, `PutRecords`, …
        operation: String,
        /// What it was aimed at, without payloads: `…0026 in two`.
        target: String,
        /// The same call as an AWS CLI line.
        cli: String,
        /// AWS's id of the request.
        request_id: Option<String>,
        /// How long it took.
        took: Millis,
        /// How it ended.
        #[serde(flatten)]
        outcome: Outcome,
    },
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ActivityEntry {
    /// When.
    pub at: Timestamp,
    /// Label of the connection, `prod-oncall`.
    pub connection: String,
    /// Tag of the environment, `PROD`.
    pub environment: String,
    /// Principal that acted; empty where it is not known.
    pub who: String,
    /// Stream, where there is one.
    pub stream: Option<StreamName>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// Quotes one word for a POSIX shell; words without special characters stay bare.
pub fn shell_quote(word: &str) -> String {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '%' | '+' | '=' | ',');
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Builds `aws kinesis <command> --option value …` with the profile, Region and endpoint of the connection at the end.
pub fn cli_line(command: &str, options: &[(&str, &str)], connection: &super::connection::ConnectionInfo) -> String {
    let mut line = format!("aws kinesis {command}");
    let own = options.iter().map(|(name, value)| (*name, *value));
    let common = [
        ("profile", connection.profile.as_deref()),
        ("region", Some(connection.region.as_str())),
        ("endpoint-url", connection.endpoint_url.as_deref()),
    ];
    for (name, value) in own.chain(common.into_iter().filter_map(|(name, value)| Some((name, value?)))) {
        line.push_str(&format!(" --{name} {}", shell_quote(value)));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_quotes_survive_the_shell() {
        assert_eq!(shell_quote("tenant-42"), "tenant-42");
        assert_eq!(shell_quote("it's {\"a\":1}"), r#"'it'\''s {"a":1}'"#);
        assert_eq!(shell_quote(""), "''");
    }

    #[test]
    fn an_entry_survives_its_file_format() {
        let entry = ActivityEntry {
            at: Timestamp(5),
            connection: "demo".to_owned(),
            environment: "DEMO".to_owned(),
            who: "you".to_owned(),
            stream: Some(StreamName::from("s")),
            event: Event::Call {
                operation: "SplitShard".to_owned(),
                target: "…0007 in two".to_owned(),
                cli: "aws kinesis split-shard".to_owned(),
                request_id: None,
                took: Millis(12),
                outcome: Outcome::Partial { failed: 1, of: 2 },
            },
        };
        let line = serde_json::to_string(&entry).expect("serialises");
        assert_eq!(serde_json::from_str::<ActivityEntry>(&line).expect("parses"), entry);
    }
}
