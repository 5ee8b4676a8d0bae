//! Kinesis in memory: streams, shards, lineage, records, limits, iterators, and the metrics that come of them.
//!
//! No network, no async runtime, no clock of its own: the present comes from a [`Clock`]. Changes that take time are
//! finished by the next call that looks at the stream after they are due.

mod admin;
mod alarms;
mod budget;
mod consumers;
mod error;
mod iterator;
mod listing;
pub mod metrics;
mod metrics_read;
mod put;
mod read;
mod record;
mod reshard;

#[cfg(test)]
mod reshard_tests;
mod settings;
mod shard;
mod stream;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::time::{Millis, Timestamp};

pub use crate::model::sequence::Sequence;
pub use admin::ON_DEMAND_LIMIT;
pub use alarms::{Alarm, AlarmState, Comparison};
pub use consumers::{ConsumerInfo, Subscription, SubscriptionEvent, SubscriptionStart};
pub use error::{ApiError, ApiResult, ErrorKind};
pub use listing::{ShardFilter, ShardPage, StreamInfo, StreamPage};
pub use metrics_read::{Dimensions, MetricKey};
pub use put::{PutOutcome, PutReply, throttle_message};
pub use read::{IteratorStart, ReadReply};
pub use record::{Payload, PutEntry, StoredRecord};
pub use settings::Commitment;
pub use shard::{ShardInfo, shard_id, shard_index};

use stream::Stream;

/// Tells the present.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The account that everything belongs to.
pub const ACCOUNT: &str = "000000000000";
/// Shards that all streams together may have open (`DescribeLimits`).
pub const SHARD_LIMIT: u32 = 1_000;

/// What stays the same while an engine lives.
#[derive(Clone)]
pub struct EngineSettings {
    /// The present.
    pub clock: Clock,
    /// Most bytes that records take in memory.
    pub memory_cap_bytes: usize,
    /// How long a stream is CREATING, UPDATING or DELETING.
    pub delay: Millis,
    /// Region in the ARNs.
    pub region: String,
}

/// Kinesis in memory.
pub struct Engine {
    settings: EngineSettings,
    sealer: iterator::Sealer,
    live_since: Timestamp,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    streams: BTreeMap<String, Stream>,
    alarms: BTreeMap<String, Alarm>,
    commitment: Commitment,
}

impl Engine {
    /// An engine without streams.
    pub fn new(settings: EngineSettings) -> Self {
        let live_since = (settings.clock)();
        Self { settings, sealer: iterator::Sealer::default(), live_since, state: Mutex::default() }
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        (self.settings.clock)()
    }

    /// When measuring began. Metrics before this moment are generated.
    pub fn live_since(&self) -> Timestamp {
        self.live_since
    }

    /// Region in the ARNs.
    pub fn region(&self) -> &str {
        &self.settings.region
    }

    /// The ARN of a stream of this name.
    pub fn stream_arn(&self, name: &str) -> String {
        format!("arn:aws:kinesis:{}:{ACCOUNT}:stream/{name}", self.settings.region)
    }

    /// Bytes that records take in memory.
    pub fn memory_bytes(&self) -> usize {
        self.lock().weight_bytes()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When a change that begins now is over.
    fn due(&self, now: Timestamp) -> Timestamp {
        now + self.settings.delay
    }

    /// Runs `act` on a stream after finishing what is due.
    fn with_stream<T>(&self, name: &str, act: impl FnOnce(&mut Stream, Timestamp) -> ApiResult<T>) -> ApiResult<T> {
        let mut state = self.lock();
        // Asked under the lock, so that the present does not go backwards from one call to the next.
        let now = self.now();
        state.settle(name, now);
        match state.streams.get_mut(name) {
            Some(stream) => act(stream, now),
            None => Err(ApiError::not_found(format!("Stream {name} under account {ACCOUNT} not found."))),
        }
    }
}

impl State {
    fn settle(&mut self, name: &str, now: Timestamp) {
        if self.streams.get_mut(name).is_some_and(|stream| !stream.settle(now)) {
            self.streams.remove(name);
        }
    }

    fn settle_all(&mut self, now: Timestamp) {
        self.streams.retain(|_, stream| stream.settle(now));
    }

    fn weight_bytes(&self) -> usize {
        self.streams.values().flat_map(|stream| stream.shards.values()).map(|shard| shard.weight_bytes).sum()
    }
}
