//! Asking for metrics as CloudWatch does: by name and dimensions.

use super::metrics::{Metric, MinuteStore, StatSet};
use super::shard::{shard_id, shard_index};
use super::{Engine, State};
use crate::model::time::Timestamp;

/// Whose metric it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dimensions {
    /// `StreamName`.
    pub stream: String,
    /// `ShardId`, for a shard-level metric.
    pub shard: Option<String>,
}

/// One metric of the namespace `AWS/Kinesis`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricKey {
    /// `IncomingBytes` and so on.
    pub name: String,
    /// Whose metric it is.
    pub dimensions: Dimensions,
}

impl MetricKey {
    fn metric(&self) -> Option<Metric> {
        match self.dimensions.shard {
            Some(_) => Metric::of_shard(&self.name),
            None => Metric::of_stream(&self.name),
        }
    }

    /// CloudWatch's unit, where the metric is known.
    pub fn unit(&self) -> Option<&'static str> {
        self.metric().map(Metric::unit)
    }
}

impl State {
    fn store(&self, dimensions: &Dimensions) -> Option<&MinuteStore> {
        let stream = self.streams.get(&dimensions.stream)?;
        match &dimensions.shard {
            Some(id) => stream.shards.get(&shard_index(id)?).map(|shard| &shard.metrics),
            None => Some(&stream.metrics),
        }
    }

    pub(super) fn periods(
        &self,
        key: &MetricKey,
        start: Timestamp,
        end: Timestamp,
        period: u32,
    ) -> Vec<(Timestamp, StatSet)> {
        match (self.store(&key.dimensions), key.metric()) {
            (Some(store), Some(metric)) => store.periods(metric, start, end, period),
            _ => Vec::new(),
        }
    }
}

impl Engine {
    /// The periods that have data, oldest first; `start` inclusive, `end` exclusive. Empty for a metric nobody knows.
    pub fn metric_periods(
        &self,
        key: &MetricKey,
        start: Timestamp,
        end: Timestamp,
        period_seconds: u32,
    ) -> Vec<(Timestamp, StatSet)> {
        self.lock().periods(key, start, end, period_seconds)
    }

    /// Every metric that has data (`ListMetrics`), sorted.
    pub fn list_metrics(&self) -> Vec<MetricKey> {
        let state = self.lock();
        let mut keys = Vec::new();
        for (stream_name, stream) in &state.streams {
            let mut push = |store: &MinuteStore, shard: Option<u32>| {
                for metric in Metric::ALL {
                    let name = if shard.is_some() { metric.shard_name() } else { metric.stream_name() };
                    if let Some(name) = name.filter(|_| store.has(metric)) {
                        let shard = shard.map(|index| shard_id(index).as_str().to_owned());
                        let dimensions = Dimensions { stream: stream_name.clone(), shard };
                        keys.push(MetricKey { name: name.to_owned(), dimensions });
                    }
                }
            };
            push(&stream.metrics, None);
            for (index, shard) in &stream.shards {
                push(&shard.metrics, Some(*index));
            }
        }
        keys.sort();
        keys
    }

    /// Adds generated samples to a minute of the past: for generated history.
    pub fn backfill_metric(&self, stream: &str, shard: Option<u32>, metric: Metric, at: Timestamp, set: StatSet) {
        let mut state = self.lock();
        let Some(stream) = state.streams.get_mut(stream) else { return };
        match shard {
            None => stream.metrics.add_set(metric, at, set),
            Some(index) => {
                if let Some(shard) = stream.shards.get_mut(&index) {
                    shard.metrics.add_set(metric, at, set);
                }
            }
        }
    }
}
