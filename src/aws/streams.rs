//! Which streams there are and what they say of themselves.

use aws_sdk_kinesis::operation::RequestId;
use aws_sdk_kinesis::operation::list_streams::ListStreamsOutput;
use aws_sdk_kinesis::types::{EncryptionType, StreamDescriptionSummary};

use super::connect::Connection;
use super::error::Call;
use super::time::timestamp;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::ids::StreamName;
use crate::model::stream::{Encryption, StreamMode, StreamStatus, StreamSummary};

/// Pages of 100 that are followed at most; a server that never ends its list must not keep the program busy.
const MOST_PAGES: usize = 1_000;

impl Connection {
    /// Every stream of the Region, by name. One `ListStreams` a hundred streams (5 a second and account).
    ///
    /// # Errors
    /// As every call; a page that fails fails the whole list.
    pub async fn list_stream_names(&self) -> Result<Vec<StreamName>, Problem> {
        let mut names: Vec<StreamName> = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            // Servers that do not know NextToken here go on from the last name.
            let start = names.last().filter(|_| token.is_none()).map(ToString::to_string);
            let call =
                self.kinesis().list_streams().set_next_token(token.take()).set_exclusive_start_stream_name(start);
            let page = call.send().await.map_err(|err| self.fail(&err, Call::kinesis("ListStreams", "")))?;
            let before = names.len();
            names.extend(page.stream_names().iter().map(|name| StreamName::from(name.as_str())));
            self.is_kinesis(&page)?;
            token = page.next_token.filter(|token| !token.is_empty());
            if !page.has_more_streams || names.len() == before {
                break;
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Sees whether anybody answers: one `ListStreams` of one stream.
    ///
    /// # Errors
    /// As every call.
    pub async fn probe(&self) -> Result<(), Problem> {
        let call = self.kinesis().list_streams().limit(1);
        let page = call.send().await.map_err(|err| self.fail(&err, Call::kinesis("ListStreams", "")))?;
        self.is_kinesis(&page)
    }

    /// Any JSON reads as an empty list. Kinesis, and whoever stands in for it, gives each request an id.
    fn is_kinesis(&self, page: &ListStreamsOutput) -> Result<(), Problem> {
        if page.request_id().is_some() || !page.stream_names().is_empty() {
            return Ok(());
        }
        Err(self.not_aws("ListStreams", "a list of streams"))
    }

    fn not_aws(&self, operation: &'static str, expected: &str) -> Problem {
        let info = self.info();
        let endpoint = info.endpoint_url.clone().unwrap_or_else(|| format!("kinesis in {}", info.region));
        let sentence = format!(
            "{endpoint} answered {operation} without {expected}, not as kinesis would. Check the endpoint URL."
        );
        Problem { operation, ..Problem::new(ProblemKind::NotAws, sentence) }
    }

    /// What a stream says of itself. One `DescribeStreamSummary` (20 a second and account).
    ///
    /// # Errors
    /// `NotFound` when the stream is gone; as every call.
    pub async fn describe_summary(&self, name: &StreamName) -> Result<StreamSummary, Problem> {
        Ok(summary_of(name, &self.raw_summary(name).await?))
    }

    /// The same as AWS tells it.
    pub(super) async fn raw_summary(&self, name: &StreamName) -> Result<StreamDescriptionSummary, Problem> {
        let call = self.kinesis().describe_stream_summary().stream_name(name.as_str());
        let output =
            call.send().await.map_err(|err| self.fail(&err, Call::kinesis("DescribeStreamSummary", name.as_str())))?;
        // The SDK fills what is missing with empty values.
        match output.stream_description_summary {
            Some(summary) if !summary.stream_name.is_empty() => Ok(summary),
            _ => Err(self.not_aws("DescribeStreamSummary", "a summary")),
        }
    }
}

/// A summary in the words of this program.
pub(super) fn summary_of(name: &StreamName, summary: &StreamDescriptionSummary) -> StreamSummary {
    let mode = summary.stream_mode_details.as_ref().map(|details| details.stream_mode.as_str());
    let key_id = || summary.key_id.clone().unwrap_or_default();
    StreamSummary {
        name: name.clone(),
        arn: summary.stream_arn.clone(),
        status: StreamStatus::from_aws(summary.stream_status.as_str()),
        mode: match mode {
            Some("PROVISIONED") => StreamMode::Provisioned,
            Some("ON_DEMAND") => StreamMode::OnDemand,
            _ => StreamMode::Unknown,
        },
        open_shard_count: unsigned(summary.open_shard_count),
        retention_hours: unsigned(summary.retention_period_hours),
        encryption: match &summary.encryption_type {
            Some(EncryptionType::Kms) => Encryption::Kms { key_id: key_id() },
            _ => Encryption::None,
        },
        enhanced_metrics: (summary.enhanced_monitoring.iter())
            .flat_map(|metrics| metrics.shard_level_metrics())
            .map(|metric| metric.as_str().to_owned())
            .collect(),
        consumer_count: summary.consumer_count.map(unsigned),
        max_record_size_kib: summary.max_record_size_in_kib.map(unsigned).filter(|kib| *kib > 0),
        created: timestamp(&summary.stream_creation_timestamp),
    }
}

fn unsigned(value: i32) -> u32 {
    u32::try_from(value).unwrap_or(0)
}
