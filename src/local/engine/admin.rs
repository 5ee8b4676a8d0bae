//! Making and removing streams.

use super::error::{ApiError, ApiResult};
use super::stream::{Change, Stream};
use super::{ACCOUNT, Engine, SHARD_LIMIT};
use crate::model::stream::{StreamMode, StreamStatus};
use crate::model::time::Timestamp;

/// Shards that an on-demand stream starts with.
const ON_DEMAND_SHARDS: u32 = 4;

/// Streams in on-demand mode that an account may have.
pub const ON_DEMAND_LIMIT: usize = 50;

/// Names of streams and of consumers have the same shape.
pub(super) fn check_name(field: &str, name: &str) -> ApiResult<()> {
    let fits = (1..=128).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    if fits {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "Value at '{field}' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+ of length 1 to 128",
    )))
}

impl Engine {
    /// `CreateStream`. Without a shard count a provisioned stream is refused, and an on-demand one gets four shards.
    ///
    /// # Errors
    /// ResourceInUse for a name that exists, LimitExceeded beyond the account's shards, Validation.
    pub fn create_stream(&self, name: &str, mode: StreamMode, shard_count: Option<u32>) -> ApiResult<()> {
        check_name("streamName", name)?;
        let now = self.now();
        let mut state = self.lock();
        state.settle_all(now);
        if state.streams.contains_key(name) {
            return Err(ApiError::in_use(format!("Stream {name} under account {ACCOUNT} already exists.")));
        }
        let shards = match (mode, shard_count) {
            (StreamMode::OnDemand, None) => ON_DEMAND_SHARDS,
            (StreamMode::OnDemand, Some(_)) => {
                return Err(ApiError::validation("ShardCount cannot be given for a stream in ON_DEMAND mode."));
            }
            (_, Some(count)) if count >= 1 => count,
            _ => return Err(ApiError::validation("ShardCount must be at least 1 for a PROVISIONED stream.")),
        };
        let on_demand = state.streams.values().filter(|stream| stream.mode == StreamMode::OnDemand).count();
        if mode == StreamMode::OnDemand && on_demand >= ON_DEMAND_LIMIT {
            return Err(ApiError::limit(format!("On-demand stream limit of {ON_DEMAND_LIMIT} reached.")));
        }
        let open: u32 = state.streams.values().map(Stream::open_count).sum();
        if open.saturating_add(shards) > SHARD_LIMIT {
            return Err(ApiError::limit(format!(
                "This request would exceed the shard limit for the account {ACCOUNT} in {}. Current shard count for \
                 the account: {open}. Limit: {SHARD_LIMIT}.",
                self.region()
            )));
        }
        let mut stream = Stream::new(name, mode, shards, now);
        stream.begin(StreamStatus::Creating, self.due(now), Change::Activate);
        state.streams.insert(name.to_owned(), stream);
        Ok(())
    }

    /// Makes a stream that has been there since `created` and is active at once. A name that exists is left alone.
    pub fn create_ready_stream(&self, name: &str, mode: StreamMode, shard_count: u32, created: Timestamp) {
        let mut stream = Stream::new(name, mode, shard_count, created);
        stream.status = StreamStatus::Active;
        self.lock().streams.entry(name.to_owned()).or_insert(stream);
    }

    /// `DeleteStream`.
    ///
    /// # Errors
    /// ResourceInUse where consumers are registered and `enforce_consumer_deletion` is not set.
    pub fn delete_stream(&self, name: &str, enforce_consumer_deletion: bool) -> ApiResult<()> {
        let due = self.due(self.now());
        self.with_stream(name, |stream, _| {
            if !stream.consumers.is_empty() && !enforce_consumer_deletion {
                return Err(ApiError::in_use(format!(
                    "Stream {name} under account {ACCOUNT} has registered consumers. Use EnforceConsumerDeletion."
                )));
            }
            stream.begin(StreamStatus::Deleting, due, Change::Delete);
            Ok(())
        })
    }
}
