//! What the fleet and the rail show of each stream, computed once for each answer and not once a frame.

use std::sync::Arc;

use crate::model::health::resharded::resharded_since;
use crate::model::health::{FleetRow, Severity};
use crate::model::ids::StreamName;
use crate::model::limits::SHARD_WRITE_BYTES_PER_SEC;
use crate::model::series::Series;
use crate::model::stream::{StreamMode, StreamStatus};
use crate::model::time::Timestamp;
use crate::model::world::{Fleet, World};

/// The figures of one stream.
#[derive(Clone, Debug)]
pub struct StreamFacts {
    /// Its name.
    pub name: StreamName,
    /// The name in lower case, for filters.
    pub search_name: String,
    /// How bad it is.
    pub severity: Severity,
    /// Where its life stands; `None` until it was described.
    pub status: Option<StreamStatus>,
    /// How capacity is bought.
    pub mode: StreamMode,
    /// Open shards.
    pub shards: Option<u32>,
    /// Retention in hours.
    pub retention_hours: Option<u32>,
    /// Whether there are figures at all.
    pub has_metrics: bool,
    /// Bytes per second, each minute.
    pub incoming: Vec<Option<f64>>,
    /// Bytes per second in the newest known minute.
    pub incoming_now: Option<f64>,
    /// Records per second in the newest known minute.
    pub records_now: Option<f64>,
    /// Utilisation of the stream as a whole.
    pub capacity: Option<f64>,
    /// Utilisation of the hottest shard.
    pub hottest: Option<f64>,
    /// When the shards were cut anew, while all that is known of their load is from before that.
    pub resharded: Option<Timestamp>,
    /// Refused records in the window.
    pub throttled: Option<f64>,
    /// Refused reads in the window.
    pub reads_throttled: Option<f64>,
    /// Largest iterator age in the newest known minute.
    pub age_millis: Option<f64>,
}

/// The figures above the table.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Streams that are critical.
    pub critical: usize,
    /// Streams that are warned of.
    pub warning: usize,
    /// Open shards of all streams.
    pub shards: u32,
    /// Refused records of all streams, each minute.
    pub throttled: Vec<Option<f64>>,
    /// Their sum; `None` where nothing is known.
    pub throttled_sum: Option<f64>,
    /// Streams with refused records.
    pub throttled_streams: usize,
    /// The first minute with refused records.
    pub throttled_since: Option<Timestamp>,
    /// The stream that is furthest behind, by how many milliseconds, and how it got there.
    pub furthest: Option<(StreamName, f64, Vec<Option<f64>>)>,
    /// Bytes per second of all streams, each minute.
    pub incoming: Vec<Option<f64>>,
    /// Bytes per second of all streams in their newest known minutes.
    pub incoming_now: Option<f64>,
    /// Bytes per second that all open shards would take.
    pub capacity: f64,
    /// Length of the window in minutes.
    pub minutes: usize,
}

/// Everything that is derived from one answer.
#[derive(Debug, Default)]
pub struct FleetFacts {
    /// Grows with every new answer.
    pub generation: u64,
    /// In the order of the answer: worst first.
    pub streams: Vec<StreamFacts>,
    /// The figures above the table.
    pub totals: Totals,
    source: Option<Arc<Fleet>>,
}

impl FleetFacts {
    /// Computes again where the answer is another one than before.
    pub fn update(&mut self, world: &World) {
        let source = world.fleet.value.as_ref().map(|(fleet, _)| fleet);
        let is_same = match (source, &self.source) {
            (Some(new), Some(old)) => Arc::ptr_eq(new, old),
            (None, None) => true,
            _ => false,
        };
        if is_same {
            return;
        }
        self.generation += 1;
        self.source = source.cloned();
        self.streams =
            source.map_or(Vec::new(), |fleet| fleet.rows.iter().map(|row| stream_facts(row, world)).collect());
        self.totals = source.map_or(Totals::default(), |fleet| totals(fleet, &self.streams));
    }

    /// The answer that the facts were made from.
    pub fn fleet(&self) -> Option<&Fleet> {
        self.source.as_deref()
    }
}

fn stream_facts(row: &FleetRow, world: &World) -> StreamFacts {
    let summary = row.summary.as_ref();
    let total = row.metrics.as_ref().map(|metrics| &metrics.total);
    let rate = |series: fn(&crate::model::metrics::WriteMetrics) -> &Series| {
        total.and_then(|total| series(total).per_second().last_known()).map(|(_, value)| value)
    };
    let shards = summary.map(|summary| summary.open_shard_count);
    let capacity = total.zip(shards).and_then(|(total, shards)| total.utilisation(shards).last_known());
    StreamFacts {
        name: row.name.clone(),
        search_name: row.name.as_str().to_lowercase(),
        severity: row.health.severity,
        status: summary.map(|summary| summary.status.clone()),
        mode: summary.map_or(StreamMode::Unknown, |summary| summary.mode),
        shards,
        retention_hours: summary.map(|summary| summary.retention_hours),
        has_metrics: total.is_some_and(|total| total.incoming_bytes.last_known().is_some()),
        incoming: total.map_or(Vec::new(), |total| total.incoming_bytes.per_second().values().to_vec()),
        incoming_now: rate(|total| &total.incoming_bytes),
        records_now: rate(|total| &total.incoming_records),
        capacity: capacity.map(|(_, share)| share),
        hottest: row.health.hottest.as_ref().map(|(_, share)| *share),
        resharded: resharded_since(row, &world.activity),
        throttled: total.and_then(|total| total.write_throttled.sum()),
        reads_throttled: total.and_then(|total| total.read_throttled.sum()),
        age_millis: total.and_then(|total| total.iterator_age_millis.last_known()).map(|(_, age)| age),
    }
}

fn totals(fleet: &Fleet, streams: &[StreamFacts]) -> Totals {
    let mut totals =
        Totals { minutes: fleet.window.len() * fleet.window.step_seconds as usize / 60, ..Totals::default() };
    let mut throttled = fleet.window.unknown_series();
    let mut incoming = fleet.window.unknown_series();
    let count = |severity: Severity| streams.iter().filter(|facts| facts.severity == severity).count();
    (totals.critical, totals.warning) = (count(Severity::Critical), count(Severity::Warning));
    for (row, facts) in fleet.rows.iter().zip(streams) {
        totals.shards += facts.shards.unwrap_or(0);
        totals.incoming_now = add(totals.incoming_now, facts.incoming_now);
        let Some(metrics) = &row.metrics else { continue };
        add_series(&mut throttled, &metrics.total.write_throttled);
        add_series(&mut incoming, &metrics.total.incoming_bytes.per_second());
        totals.throttled_streams += usize::from(facts.throttled.is_some_and(|sum| sum > 0.0));
        let most = totals.furthest.as_ref().map_or(-1.0, |(_, age, _)| *age);
        if let Some(age) = facts.age_millis.filter(|age| *age > most) {
            let series = metrics.total.iterator_age_millis.values().to_vec();
            totals.furthest = Some((facts.name.clone(), age, series));
        }
    }
    totals.capacity = f64::from(totals.shards) * SHARD_WRITE_BYTES_PER_SEC;
    totals.throttled_sum = throttled.sum();
    let first = throttled.values().iter().position(|value| value.is_some_and(|value| value > 0.0));
    totals.throttled_since = first.map(|index| throttled.time_of(index));
    totals.throttled = throttled.values().to_vec();
    totals.incoming = incoming.values().to_vec();
    totals
}

fn add(sum: Option<f64>, more: Option<f64>) -> Option<f64> {
    match (sum, more) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}

fn add_series(sum: &mut Series, more: &Series) {
    for index in 0..more.len() {
        if let Some(value) = more.at(index) {
            let at = more.time_of(index);
            let before = sum.index_of(at).and_then(|index| sum.at(index)).unwrap_or(0.0);
            sum.set(at, before + value);
        }
    }
}
