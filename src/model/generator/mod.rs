//! A load of a known shape: which records, under which keys, how fast, and when it stops by itself.

pub mod keys;
pub mod predict;
pub mod run;
pub mod schedule;

use std::sync::Arc;

use super::hash_range::HashKeyRange;
use super::ids::ShardId;
use super::template::{Template, TemplateError};
use super::wrap::Wrap;
use keys::KeyPlan;
use schedule::Schedule;

/// When a run stops before its end. Shares are fractions of 1.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Stops {
    /// Share of a shard's limit, what it takes from others included.
    pub cap: Option<f64>,
    /// Records refused for throughput in one second.
    pub throttled_per_sec: Option<u32>,
    /// Part of the records that failed for good, once a hundred have ended.
    pub failed_share: Option<f64>,
}

impl Default for Stops {
    fn default() -> Self {
        Self { cap: Some(0.7), throttled_per_sec: Some(20), failed_share: Some(0.01) }
    }
}

/// What is to be made and sent.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct GeneratorSpec {
    /// The text of each record.
    pub template: String,
    /// The keys.
    pub keys: KeyPlan,
    /// How fast and how long.
    pub schedule: Schedule,
    /// With the same one, the same records are made but for their times.
    pub seed: u64,
    /// When it stops before that.
    pub stops: Stops,
    /// What is done to the data on its way.
    pub wrap: Wrap,
}

impl GeneratorSpec {
    /// The template, read.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn template(&self) -> Result<Template, TemplateError> {
        Template::parse(&self.template)
    }
}

/// An open shard and what it takes now, as a share of its limit; `None` where that is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct BusyShard {
    /// Its id.
    pub id: ShardId,
    /// What it owns.
    pub range: HashKeyRange,
    /// Its load from others.
    pub now: Option<f64>,
}

/// What is known of generators for the open stream.
#[derive(Clone, Debug, Default)]
pub struct GeneratorState {
    /// The run that runs or ran last.
    pub run: Option<Arc<run::GeneratorRun>>,
}

/// What a person can ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum GeneratorCommand {
    /// Make and send records.
    Start(Box<GeneratorSpec>),
    /// Send no more.
    Stop,
}

#[cfg(test)]
mod tests;
