//! What a stream and its account say beyond the summary. Each part may fail by itself: a server without consumers still
//! has tags.

use std::collections::BTreeMap;

use aws_sdk_kinesis::types::{MinimumThroughputBillingCommitmentOutputStatus as Status, WarmThroughputObject};

use super::connect::Connection;
use super::error::Call;
use super::streams::summary_of;
use super::time::timestamp;
use crate::model::answer::Problem;
use crate::model::change::details::{Commitment, StreamDetails, WarmThroughput};
use crate::model::ids::StreamName;

/// Pages of tags that are followed at most; a stream has 50 tags, and a page ten at least.
const MOST_PAGES: usize = 8;

impl Connection {
    /// Everything that the dialogs around a stream show. One `DescribeStreamSummary`,
    /// `ListTagsForStream`, `ListStreamConsumers` and `DescribeAccountSettings` each (5 a second but the first).
    ///
    /// # Errors
    /// Where the stream itself cannot be described; `NotFound` when it is gone.
    pub async fn stream_details(&self, name: &StreamName) -> Result<StreamDetails, Problem> {
        let raw = self.raw_summary(name).await?;
        let summary = summary_of(name, &raw);
        let (tags, consumers, commitment) =
            tokio::join!(self.stream_tags(name), self.list_consumers(&summary.arn), self.commitment());
        let warm = raw.warm_throughput.as_ref().map(warm_of);
        let channels = raw.channel_count.and_then(unsigned);
        Ok(StreamDetails { summary, warm, channels, tags, consumers, commitment })
    }

    /// The tags of a stream. One `ListTagsForStream` a page (5 a second and account).
    ///
    /// # Errors
    /// `NotFound` when the stream is gone; as every call.
    pub async fn stream_tags(&self, name: &StreamName) -> Result<BTreeMap<String, String>, Problem> {
        let mut tags = BTreeMap::new();
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            // Without a limit: older servers allow ten, AWS fifty.
            let call = self.kinesis().list_tags_for_stream().stream_name(name.as_str());
            let call = call.set_exclusive_start_tag_key(after.take());
            let page =
                call.send().await.map_err(|err| self.fail(&err, Call::kinesis("ListTagsForStream", name.as_str())))?;
            after = page.tags.last().map(|tag| tag.key.clone());
            tags.extend(page.tags.into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default())));
            if !page.has_more_tags || after.is_none() {
                break;
            }
        }
        Ok(tags)
    }

    /// Whether the account has On-demand Advantage in the Region. One `DescribeAccountSettings` (5 a second and account).
    ///
    /// # Errors
    /// `Unsupported` where the server does not have it; as every call.
    pub async fn commitment(&self) -> Result<Commitment, Problem> {
        let call = self.kinesis().describe_account_settings();
        let output = call.send().await.map_err(|err| self.fail(&err, Call::kinesis("DescribeAccountSettings", "")))?;
        let found = output.minimum_throughput_billing_commitment;
        // Until its earliest end has come, a commitment that was given up goes on.
        let is_on = found
            .as_ref()
            .is_some_and(|found| matches!(found.status, Status::Enabled | Status::EnabledUntilEarliestAllowedEnd));
        let earliest_end = found.and_then(|found| found.earliest_allowed_end_at).as_ref().and_then(timestamp);
        Ok(Commitment { is_on, earliest_end })
    }
}

fn warm_of(warm: &WarmThroughputObject) -> WarmThroughput {
    let known = |mibps: Option<i32>| mibps.and_then(unsigned);
    WarmThroughput { target_mibps: known(warm.target_mibps), current_mibps: known(warm.current_mibps) }
}

fn unsigned(value: i32) -> Option<u32> {
    u32::try_from(value).ok()
}
