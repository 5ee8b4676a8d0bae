//! How the embedded server is started.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::engine::Clock;
use crate::model::time::Timestamp;

/// The streams that are there at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamSet {
    /// The demo streams with an hour of generated metrics.
    Demo,
    /// None.
    Empty,
}

/// How the embedded server is started. [`Default`] is the demo with live traffic.
#[derive(Clone)]
pub struct LocalOptions {
    /// The streams that are there at the start.
    pub streams: StreamSet,
    /// Whether live traffic is put into the demo streams.
    pub traffic: bool,
    /// Most bytes that records take in memory; the oldest are trimmed beyond it.
    pub memory_cap_bytes: usize,
    /// How long a stream is CREATING, UPDATING or DELETING.
    pub reshard_delay: Duration,
    /// The present; tests own it.
    pub clock: Clock,
    /// Loopback port; 0 takes a free one.
    pub bind_port: u16,
    /// Region in the ARNs.
    pub region: String,
    /// Seed of the demo's traffic; the same seed makes the same records.
    pub seed: u64,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self {
            streams: StreamSet::Demo,
            traffic: true,
            memory_cap_bytes: 96 * 1_048_576,
            reshard_delay: Duration::from_secs(2),
            clock: system_clock(),
            bind_port: 0,
            region: "us-east-1".to_owned(),
            seed: 42,
        }
    }
}

impl LocalOptions {
    /// No streams, no traffic; resharding takes 200 ms.
    pub fn empty() -> Self {
        Self { streams: StreamSet::Empty, traffic: false, reshard_delay: Duration::from_millis(200), ..Self::default() }
    }
}

impl fmt::Debug for LocalOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalOptions")
            .field("streams", &self.streams)
            .field("traffic", &self.traffic)
            .field("bind_port", &self.bind_port)
            .finish_non_exhaustive()
    }
}

/// The clock of this machine.
fn system_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}
