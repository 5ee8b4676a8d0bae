//! How far sampling of the open stream has come, what was asked for and what it costs the stream.
//!
//! Only the outcome and the wish: how records are read is the business of `tasks`.

use std::sync::Arc;

use super::StreamSample;
use crate::model::answer::Problem;
use crate::model::ids::ShardId;
use crate::model::limits::SHARD_WRITE_BYTES_PER_SEC;
use crate::model::time::Timestamp;

/// What is known from records that were read, and the run that reads them.
#[derive(Clone, Debug, Default)]
pub struct SampleState {
    /// What was counted so far; `None` until the first records came. Kept when a later run fails.
    pub sample: Option<Arc<StreamSample>>,
    /// The run that runs or ran last.
    pub run: SampleRun,
    /// Which records it reads; `None` before the first run.
    pub plan: Option<SamplePlan>,
    /// What that run used of the stream's reading budget.
    pub effort: SampleEffort,
}

/// Whether a stream is being sampled.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SampleRun {
    /// Nobody asked yet.
    #[default]
    NotStarted,
    /// Records are being read.
    Running {
        /// Since when.
        since: Timestamp,
        /// 0 to 1, where the end is known.
        progress: Option<f32>,
        /// What it does, for the status bar: `Sampling 24 shards`.
        text: String,
    },
    /// The window that was asked for has been read.
    Done {
        /// When it ended.
        at: Timestamp,
    },
    /// A person ended it early; what was read until then is kept.
    Stopped {
        /// When it ended.
        at: Timestamp,
    },
    /// It could not go on; what was read until then is kept.
    Failed {
        /// Why, and what to do.
        problem: Problem,
        /// When it ended.
        at: Timestamp,
    },
}

/// What a sample has cost the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SampleEffort {
    /// `GetRecords` calls, of the 5 a second that each shard allows all its polling readers together.
    pub calls: u64,
    /// Those that were refused because the shard's reading limit was used up.
    pub throttled_calls: u64,
    /// Seconds of the stream that were asked for.
    pub window_seconds: u32,
}

/// Which records are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SamplePlan {
    /// Those of the last seconds, once.
    Window {
        /// How many.
        seconds: u32,
    },
    /// Those of the last seconds and all that come, until it is stopped.
    Follow {
        /// How many.
        seconds: u32,
    },
    /// A few seconds of every minute, until it is stopped.
    EveryMinute {
        /// How many.
        seconds: u32,
    },
}

impl SamplePlan {
    /// How many seconds are asked for, of the past or of each minute.
    pub fn seconds(self) -> u32 {
        match self {
            Self::Window { seconds } | Self::Follow { seconds } | Self::EveryMinute { seconds } => seconds,
        }
    }

    /// 0 to 1 at the beginning where the end is known; `None` where it goes on until it is stopped.
    pub fn fraction_at_start(self) -> Option<f32> {
        matches!(self, Self::Window { .. }).then_some(0.0)
    }
}

/// Which shards to sample and over which time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleRequest {
    /// Only these; `None` is every open shard.
    pub shards: Option<Vec<ShardId>>,
    /// Which of their records.
    pub plan: SamplePlan,
}

/// Seconds that a sample covers unless told otherwise: long enough that a 20-second rhythm shows four times.
pub const DEFAULT_WINDOW_SECONDS: u32 = 90;
/// Seconds of each minute that are read to fill the heatmap where CloudWatch has no figures of shards.
pub const SECONDS_OF_EACH_MINUTE: u32 = 4;
/// Seconds that are shown of a shard that is followed, and from how far back it is followed at most.
pub const LIVE_SECONDS: u32 = 120;
/// Bytes a second that are read of a shard that is followed: a little more than it can take in, and less than the 2 MiB/s
/// that it gives to all its polling consumers.
pub const FOLLOW_BYTES_PER_SEC: f64 = 1.5 * SHARD_WRITE_BYTES_PER_SEC;
/// How long it may take, in seconds, until the reading has come to the present.
const CATCH_UP_SECONDS: f64 = 20.0;

/// From how many seconds back a shard is followed, so that the present is reached soon: a full shard is written nearly as fast
/// as it may be read. Where its utilisation is not known, half of the limit is assumed.
pub fn seconds_back(utilisation: Option<f64>) -> u32 {
    let written = utilisation.unwrap_or(0.5).clamp(0.01, 1.2) * SHARD_WRITE_BYTES_PER_SEC;
    let back = CATCH_UP_SECONDS * (FOLLOW_BYTES_PER_SEC - written) / written;
    (back as u32).clamp(8, LIVE_SECONDS)
}

impl SampleRequest {
    /// Every open shard over the usual window.
    pub fn whole_stream() -> Self {
        Self { shards: None, plan: SamplePlan::Window { seconds: DEFAULT_WINDOW_SECONDS } }
    }

    /// Every open shard, some seconds of each minute from now on.
    pub fn every_minute() -> Self {
        Self { shards: None, plan: SamplePlan::EveryMinute { seconds: SECONDS_OF_EACH_MINUTE } }
    }
}

impl SampleRun {
    /// Whether records are being read.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fuller_shard_is_followed_from_less_far_back() {
        assert_eq!(seconds_back(Some(0.0)), LIVE_SECONDS);
        assert_eq!(seconds_back(Some(0.2)), LIVE_SECONDS);
        assert_eq!(seconds_back(Some(0.5)), 40);
        assert_eq!(seconds_back(None), 40);
        assert_eq!(seconds_back(Some(1.0)), 10);
        assert_eq!(seconds_back(Some(5.0)), 8);
    }
}
