//! Settings of a stream: retention, enhanced monitoring, tags, encryption, mode, warm throughput, record size; and of the account.

use std::collections::BTreeMap;

use super::error::{ApiError, ApiResult};
use super::metrics::Metric;
use super::stream::{Change, DAY};
use super::{ACCOUNT, Engine};
use crate::model::change::rules;
use crate::model::stream::{StreamMode, StreamStatus};
use crate::model::time::Timestamp;

/// Retention in hours.
const RETENTION: std::ops::RangeInclusive<i64> = 24..=8_760;
/// Tags of one stream.
const TAG_LIMIT: usize = 50;
/// Changes of the mode in any 24 hours (API: `UpdateStreamMode`).
const MODE_CHANGES_PER_DAY: usize = 2;

/// Shard-level metrics before and after a change.
pub type MonitoringChange = (Vec<&'static str>, Vec<&'static str>);

/// The metrics that names stand for; `ALL` stands for all.
fn metric_names(names: &[String]) -> ApiResult<Vec<&'static str>> {
    let mut out = Vec::new();
    for name in names {
        match Metric::of_shard(name).and_then(Metric::shard_name) {
            Some(known) => out.push(known),
            None if name == "ALL" => out.extend(Metric::ALL.into_iter().filter_map(Metric::shard_name)),
            None => return Err(ApiError::invalid(format!("{name} is not a shard-level metric."))),
        }
    }
    if out.is_empty() {
        return Err(ApiError::validation("Value at 'shardLevelMetrics' must have length between 1 and 7"));
    }
    Ok(out)
}

fn check_record_size(kib: i64) -> ApiResult<u32> {
    u32::try_from(kib)
        .ok()
        .filter(|kib| (1_024..=10_240).contains(kib))
        .ok_or_else(|| ApiError::validation("Value at 'maxRecordSizeInKiB' must lie between 1024 and 10240"))
}

fn check_warm(mibps: i64, mode: StreamMode, has_advantage: bool) -> ApiResult<u32> {
    if mode != StreamMode::OnDemand {
        return Err(ApiError::validation("Warm throughput is for streams in ON_DEMAND mode."));
    }
    if !has_advantage {
        return Err(ApiError::validation("Warm throughput needs MinimumThroughputBillingCommitment of the account."));
    }
    u32::try_from(mibps)
        .ok()
        .filter(|mibps| *mibps <= rules::MOST_WARM_MIBPS)
        .ok_or_else(|| ApiError::validation("Value at 'warmThroughputMiBps' must lie between 0 and 10240"))
}

/// What the account has committed itself to (API: `MinimumThroughputBillingCommitment`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commitment {
    /// On-demand Advantage.
    pub is_on: bool,
    /// Since when.
    pub since: Option<Timestamp>,
}

impl Engine {
    /// `IncreaseStreamRetentionPeriod` (`longer`) or `DecreaseStreamRetentionPeriod`.
    ///
    /// # Errors
    /// InvalidArgument outside 24 to 8,760 hours or in the wrong direction.
    pub fn set_retention(&self, name: &str, hours: i64, longer: bool) -> ApiResult<()> {
        self.with_stream(name, |stream, now| {
            stream.require_active(ACCOUNT)?;
            let current = i64::from(stream.retention_hours);
            let fits = if longer { hours > current } else { hours < current };
            let hours = u32::try_from(hours).ok().filter(|_| RETENTION.contains(&hours) && fits);
            let Some(hours) = hours else {
                return Err(ApiError::invalid(format!(
                    "Requested retention period for stream {name} must lie between 24 and 8760 hours and be {} the \
                     current {current} hours.",
                    if longer { "more than" } else { "less than" }
                )));
            };
            stream.retention_hours = hours;
            stream.settle(now);
            Ok(())
        })
    }

    /// `EnableEnhancedMonitoring` (`on`) or `DisableEnhancedMonitoring`. Answers the metrics before and after.
    ///
    /// # Errors
    /// InvalidArgument for a name that is no shard-level metric.
    pub fn set_monitoring(&self, name: &str, metrics: &[String], on: bool) -> ApiResult<MonitoringChange> {
        let metrics = metric_names(metrics)?;
        self.with_stream(name, |stream, _| {
            let before = stream.enhanced.iter().copied().collect();
            for metric in metrics {
                if on {
                    stream.enhanced.insert(metric);
                } else {
                    stream.enhanced.remove(metric);
                }
            }
            Ok((before, stream.enhanced.iter().copied().collect()))
        })
    }

    /// Adds tags, or replaces their values.
    ///
    /// # Errors
    /// InvalidArgument beyond 50 tags or for a key or value that is too long.
    pub fn add_tags(&self, name: &str, tags: &[(String, String)]) -> ApiResult<()> {
        self.with_stream(name, |stream, _| {
            let mut merged = stream.tags.clone();
            for (key, value) in tags {
                if let Err(why) = rules::tag(key, value) {
                    return Err(ApiError::invalid(format!("Tag {key:?} is not valid: {why}.")));
                }
                merged.insert(key.clone(), value.clone());
            }
            if merged.len() > TAG_LIMIT {
                return Err(ApiError::invalid(format!("Stream {name} may have {TAG_LIMIT} tags at most.")));
            }
            stream.tags = merged;
            Ok(())
        })
    }

    /// Removes tags; those that are not there do not matter.
    ///
    /// # Errors
    /// ResourceNotFound.
    pub fn remove_tags(&self, name: &str, keys: &[String]) -> ApiResult<()> {
        self.with_stream(name, |stream, _| {
            stream.tags.retain(|key, _| !keys.contains(key));
            Ok(())
        })
    }

    /// All tags.
    ///
    /// # Errors
    /// ResourceNotFound.
    pub fn tags(&self, name: &str) -> ApiResult<BTreeMap<String, String>> {
        self.with_stream(name, |stream, _| Ok(stream.tags.clone()))
    }

    /// `StartStreamEncryption` under a key, or `StopStreamEncryption`.
    ///
    /// # Errors
    /// ResourceInUse while the stream changes.
    pub fn set_encryption(&self, name: &str, key_id: Option<String>) -> ApiResult<()> {
        self.change(name, Change::Encrypt(key_id))
    }

    /// `UpdateStreamMode`.
    ///
    /// # Errors
    /// LimitExceeded after two changes in 24 hours, Validation for warm throughput that cannot be, ResourceInUse while the stream changes.
    pub fn set_mode(&self, name: &str, mode: StreamMode, warm_mibps: Option<i64>) -> ApiResult<()> {
        let has_advantage = self.commitment().is_on;
        let warm = warm_mibps.map(|mibps| check_warm(mibps, mode, has_advantage)).transpose()?;
        self.with_stream(name, |stream, now| {
            stream.require_active(ACCOUNT)?;
            while stream.mode_changes.front().is_some_and(|at| at.age_at(now) >= DAY) {
                stream.mode_changes.pop_front();
            }
            if stream.mode == mode {
                return Ok(());
            }
            if stream.mode_changes.len() >= MODE_CHANGES_PER_DAY {
                return Err(ApiError::limit(format!(
                    "Stream {name} can switch its mode {MODE_CHANGES_PER_DAY} times in 24 hours."
                )));
            }
            stream.mode_changes.push_back(now);
            stream.warm_mibps = warm.map(|target| (target, 0)).or(stream.warm_mibps);
            stream.begin(StreamStatus::Updating, self.due(now), Change::Mode(mode));
            Ok(())
        })
    }

    /// `UpdateStreamWarmThroughput`. Answers what was asked for and what there is.
    ///
    /// # Errors
    /// Validation on a provisioned stream, without On-demand Advantage, or beyond 10 GiB/s; ResourceInUse while the stream
    /// changes.
    pub fn set_warm_throughput(&self, name: &str, mibps: i64) -> ApiResult<(u32, u32)> {
        let has_advantage = self.commitment().is_on;
        self.with_stream(name, |stream, now| {
            stream.require_active(ACCOUNT)?;
            let target = check_warm(mibps, stream.mode, has_advantage)?;
            let current = stream.warm_mibps.map_or(0, |(_, current)| current);
            stream.begin(StreamStatus::Updating, self.due(now), Change::Warm(target));
            Ok((target, current))
        })
    }

    /// Whether the account has On-demand Advantage, and since when.
    pub fn commitment(&self) -> Commitment {
        self.lock().commitment
    }

    /// `UpdateAccountSettings`.
    ///
    /// # Errors
    /// Validation where it would end within 24 hours of its begin, or while a stream has warm throughput.
    pub fn set_commitment(&self, is_on: bool) -> ApiResult<Commitment> {
        let now = self.now();
        let mut state = self.lock();
        match (is_on, state.commitment.since) {
            (true, None) => state.commitment = Commitment { is_on: true, since: Some(now) },
            (false, Some(since)) if since.age_at(now) < DAY => {
                return Err(ApiError::validation("The billing commitment lasts 24 hours at least."));
            }
            (false, _) if state.streams.values().any(|stream| stream.warm_mibps.is_some()) => {
                return Err(ApiError::validation("Remove the warm throughput of every stream first."));
            }
            (false, _) => state.commitment = Commitment::default(),
            (true, Some(_)) => {}
        }
        Ok(state.commitment)
    }

    /// `UpdateMaxRecordSize`.
    ///
    /// # Errors
    /// Validation outside 1,024 to 10,240 KiB, ResourceInUse while the stream changes.
    pub fn set_max_record_size(&self, name: &str, kib: i64) -> ApiResult<()> {
        self.change(name, Change::MaxRecord(check_record_size(kib)?))
    }

    /// `MaxRecordSizeInKiB` of a stream that is being made.
    ///
    /// # Errors
    /// Validation outside 1,024 to 10,240 KiB.
    pub fn create_with_max_record_size(&self, name: &str, kib: i64) -> ApiResult<()> {
        let kib = check_record_size(kib)?;
        self.with_stream(name, |stream, _| {
            stream.max_record_kib = kib;
            Ok(())
        })
    }

    fn change(&self, name: &str, change: Change) -> ApiResult<()> {
        self.with_stream(name, |stream, now| {
            stream.require_active(ACCOUNT)?;
            stream.begin(StreamStatus::Updating, self.due(now), change);
            Ok(())
        })
    }
}
