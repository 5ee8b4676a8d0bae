//! The rows and columns of the heatmap: shards × minutes in one metric, sorted, flagged and named.
//!
//! Built once per answer and option, never per frame. Knows no colour and no pixel; it must not be asked for a clock either:
//! the newest figure is "now" only while it lies within the last [`NOW_PERIODS`] periods of the window.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::format;
use super::hash_range::HashKeyRange;
use super::health::{Cause, RECENT_PERIODS, Severity, shard_finding};
use super::heat_metric::{HeatMetric, HeatSort};
use super::ids::ShardId;
use super::metrics::{StreamMetrics, Window, WriteMetrics};
use super::series::Series;
use super::shard_map::{Shard, ShardMap};
use super::time::{Millis, Timestamp};

/// How old the newest figure may be, in periods, to be called "now".
pub const NOW_PERIODS: usize = 5;
/// Utilisation below which a shard is idle when it stays there for [`RECENT_PERIODS`].
const IDLE_SHARE: f64 = 0.005;

/// What to show and in which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeatOptions {
    /// The metric of the cells.
    pub metric: HeatMetric,
    /// Order of the rows.
    pub sort: HeatSort,
    /// Open shards of the stream, against which the stream row is held where no shard has figures.
    pub open_shards: u32,
}

/// What is worth a mark behind a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeatFlags {
    /// At or near a write limit now.
    pub is_hot: bool,
    /// Open, and next to nothing was written for [`RECENT_PERIODS`].
    pub is_idle: bool,
    /// Came out of a split or merge within the window.
    pub is_new: bool,
    /// Takes no writes any more.
    pub is_closed: bool,
}

/// Why a cell has no figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The shard had not been made yet.
    NotBorn,
    /// One of the newest periods: CloudWatch is 1 to 2 minutes late.
    NotReported,
    /// The shard was closed before.
    Closed,
    /// Nothing is known.
    NoData,
}

impl Gap {
    /// For a tooltip.
    pub fn text(self) -> &'static str {
        match self {
            Self::NotBorn => "this shard did not exist yet",
            Self::NotReported => "not reported yet: CloudWatch is 1 to 2 min late",
            Self::Closed => "this shard was closed before",
            Self::NoData => "no data for this minute, which is not zero",
        }
    }
}

/// One row: a shard, or the stream as a whole where no shard has figures.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatRow {
    /// The shard; `None` is the stream as a whole.
    pub shard_id: Option<ShardId>,
    /// Hash keys of the shard; `None` where it has figures but is not listed.
    pub range: Option<HashKeyRange>,
    /// Whether it takes writes.
    pub is_open: bool,
    /// Figures of the chosen metric, in its own unit.
    pub values: Series,
    /// Refused writes of each period.
    pub throttles: Series,
    /// Newest figure, where it is new enough; never known for a closed shard.
    pub now: Option<f64>,
    /// Largest figure of the window.
    pub peak: Option<f64>,
    /// Refused writes of the window.
    pub throttled: Option<f64>,
    /// How bad the shard is by its health rule, whatever metric is shown.
    pub severity: Severity,
    /// Marks behind the row.
    pub flags: HeatFlags,
    /// First period with a figure, for a shard that was made within the window.
    pub born: Option<Timestamp>,
}

impl HeatRow {
    /// `…0007`, or `stream`.
    pub fn label(&self) -> String {
        self.shard_id.as_ref().map_or_else(|| "stream".to_owned(), ShardId::short)
    }

    /// The full id, or `stream`.
    pub fn name(&self) -> &str {
        self.shard_id.as_ref().map_or("stream", ShardId::as_str)
    }

    /// Whether `n` and `N` stop here.
    pub fn is_flagged(&self) -> bool {
        self.severity >= Severity::Warning || self.throttled.is_some_and(|count| count > 0.0)
    }

    /// Why the cell of this column has no figure; `None` when it has one.
    pub fn gap_at(&self, column: usize) -> Option<Gap> {
        if self.values.at(column).is_some() {
            return None;
        }
        let after_last = self.values.last_known().is_none_or(|(last, _)| column > last);
        Some(match self.born {
            Some(born) if self.values.time_of(column) < born => Gap::NotBorn,
            _ if !self.is_open && after_last => Gap::Closed,
            _ if after_last && column + 3 >= self.values.len() => Gap::NotReported,
            _ => Gap::NoData,
        })
    }

    /// The row as JSON, for the clipboard: unknown figures are null, hash keys are decimal strings.
    pub fn to_json(&self, metric: HeatMetric) -> String {
        let range = self
            .range
            .map(|range| serde_json::json!({ "start": range.start.to_string(), "end": range.end.to_string() }));
        serde_json::json!({
            "shard_id": self.shard_id,
            "hash_key_range": range,
            "open": self.is_open,
            "metric": metric.label(),
            "now": self.now,
            "peak": self.peak,
            "throttled_records": self.throttled,
            "from": self.values.start().to_rfc3339(),
            "step_seconds": self.values.step_seconds(),
            "values": self.values.values(),
        })
        .to_string()
    }

    /// The name of the row for tests and screen readers: `Heat shardId-… now 96 % peak 102 % hot throttled 312`.
    pub fn accessible_name(&self, metric: HeatMetric) -> String {
        let mut name = format!("Heat {}", self.name());
        match (self.now, self.peak) {
            (None, None) => name.push_str(" no data"),
            (now, peak) => {
                let figure = |value: Option<f64>| value.map_or("unknown".to_owned(), |value| metric.long(value));
                name.push_str(&format!(" now {} peak {}", figure(now), figure(peak)));
            }
        }
        let flags = self.flags;
        for (is_set, word) in
            [(flags.is_hot, " hot"), (flags.is_idle, " idle"), (flags.is_new, " new"), (flags.is_closed, " closed")]
        {
            if is_set {
                name.push_str(word);
            }
        }
        if let Some(count) = self.throttled.filter(|count| *count > 0.0) {
            name.push_str(&format!(" throttled {}", format::grouped(count as i64)));
        }
        name
    }
}

/// A split or merge that shows in the figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReshardEvent {
    /// First period in which a child has figures.
    pub at: Timestamp,
    /// `split …0026`, `merge …0005 + …0006`.
    pub label: String,
}

/// Everything the heatmap draws.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatGrid {
    /// The periods, one a column.
    pub window: Window,
    /// The metric of the cells.
    pub metric: HeatMetric,
    /// The rows in their order.
    pub rows: Vec<HeatRow>,
    /// Splits and merges within the window, oldest first.
    pub reshard_events: Vec<ReshardEvent>,
    /// Whether any shard has figures; where not, the only row is the stream.
    pub has_shard_metrics: bool,
}

impl HeatGrid {
    /// Puts figures and shards together.
    pub fn build(shards: &ShardMap, metrics: &StreamMetrics, options: HeatOptions) -> Self {
        let mut rows = if metrics.shards.is_empty() {
            vec![stream_row(metrics, options)]
        } else {
            shard_rows(shards, metrics, options.metric)
        };
        let has_shard_metrics = !metrics.shards.is_empty();
        let reshard_events = if has_shard_metrics { mark_births(shards, &mut rows) } else { Vec::new() };
        sort_rows(&mut rows, options.sort);
        Self { window: metrics.window, metric: options.metric, rows, reshard_events, has_shard_metrics }
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.window.len()
    }

    /// When a column begins.
    pub fn time_of(&self, column: usize) -> Timestamp {
        self.window.start + Millis::from_secs(column as i64 * i64::from(self.window.step_seconds))
    }

    /// The row of a shard; `None` is the row of the stream.
    pub fn row_of(&self, shard: Option<&ShardId>) -> Option<usize> {
        self.rows.iter().position(|row| row.shard_id.as_ref() == shard)
    }

    /// The open row with the highest share of its limit now.
    pub fn hottest(&self) -> Option<usize> {
        let share = |row: &HeatRow| row.now.map(|now| self.metric.share(now));
        let rows = self.rows.iter().enumerate().filter_map(|(index, row)| Some((index, share(row)?)));
        rows.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(index, _)| index)
    }

    /// The flagged row after (or before) `from`, round the end.
    pub fn next_flagged(&self, from: Option<usize>, is_forward: bool) -> Option<usize> {
        let len = self.rows.len();
        let start = from.unwrap_or(if is_forward { len.saturating_sub(1) } else { 0 });
        (1..=len)
            .map(|step| if is_forward { (start + step) % len } else { (start + len - step % len) % len })
            .find(|index| self.rows.get(*index).is_some_and(HeatRow::is_flagged))
    }
}

fn shard_rows(shards: &ShardMap, metrics: &StreamMetrics, metric: HeatMetric) -> Vec<HeatRow> {
    let mut rows = Vec::with_capacity(shards.all().len());
    let unknown = WriteMetrics::unknown(metrics.window);
    for shard in shards.all() {
        let figures = metrics.shards.get(&shard.id);
        let has_figures = figures.is_some_and(|figures| figures.utilisation(1).last_known().is_some());
        if shard.is_open() || has_figures {
            rows.push(shard_row(&shard.id, Some(shard), figures.unwrap_or(&unknown), metric));
        }
    }
    let unlisted = metrics.shards.iter().filter(|(id, _)| shards.get(id).is_none());
    rows.extend(unlisted.map(|(id, figures)| shard_row(id, None, figures, metric)));
    rows
}

fn shard_row(id: &ShardId, shard: Option<&Shard>, figures: &WriteMetrics, metric: HeatMetric) -> HeatRow {
    let is_open = shard.is_none_or(Shard::is_open);
    let utilisation = figures.utilisation(1);
    let finding = if is_open { shard_finding(id, figures) } else { None };
    let severity = match (&finding, utilisation.last_known()) {
        (Some(finding), _) => finding.severity,
        (None, Some(_)) => Severity::Ok,
        (None, None) => Severity::Unknown,
    };
    let recent_known = utilisation.count_recent(RECENT_PERIODS, |_| true);
    let recent_busy = utilisation.count_recent(RECENT_PERIODS, |share| share >= IDLE_SHARE);
    let flags = HeatFlags {
        is_hot: finding.is_some_and(|finding| finding.cause == Cause::HotShard),
        is_idle: is_open && recent_known > 0 && recent_busy == 0,
        is_new: false,
        is_closed: !is_open,
    };
    let values = metric.values(figures, 1);
    HeatRow {
        shard_id: Some(id.clone()),
        range: shard.map(|shard| shard.range),
        is_open,
        now: if is_open { newest(&values) } else { None },
        peak: values.max(),
        throttled: figures.write_throttled.sum(),
        throttles: figures.write_throttled.clone(),
        values,
        severity,
        flags,
        born: None,
    }
}

fn stream_row(metrics: &StreamMetrics, options: HeatOptions) -> HeatRow {
    let values = options.metric.values(&metrics.total, options.open_shards.max(1));
    let throttled = metrics.total.write_throttled.sum();
    let share = newest(&metrics.total.utilisation(options.open_shards.max(1)));
    let is_hot = share.is_some_and(|share| share >= super::limits::WARN_SHARE);
    let severity = match share {
        None => Severity::Unknown,
        Some(share) if share >= super::limits::CRITICAL_SHARE => Severity::Critical,
        _ if is_hot || throttled.is_some_and(|count| count > 0.0) => Severity::Warning,
        Some(_) => Severity::Ok,
    };
    HeatRow {
        shard_id: None,
        range: Some(HashKeyRange::FULL),
        is_open: true,
        now: newest(&values),
        peak: values.max(),
        throttled,
        throttles: metrics.total.write_throttled.clone(),
        values,
        severity,
        flags: HeatFlags { is_hot, ..HeatFlags::default() },
        born: None,
    }
}

/// The newest figure, where it is new enough to be called "now".
pub fn newest(values: &Series) -> Option<f64> {
    values.last_known().filter(|(index, _)| index + NOW_PERIODS >= values.len()).map(|(_, value)| value)
}

/// Marks the shards that were made within the window and names what made them.
///
/// `ListShards` does not say when a shard was made. A shard with parents is new when it has no figures at the start of
/// the window, while other shards do: figures that are missing for all were not recorded, those that are missing for it
/// alone could not be.
fn mark_births(shards: &ShardMap, rows: &mut [HeatRow]) -> Vec<ReshardEvent> {
    let starts_known = rows.iter().any(|row| row.values.at(0).is_some() || row.values.at(1).is_some());
    if !starts_known {
        return Vec::new();
    }
    let mut events = Vec::new();
    let mut named: HashSet<ShardId> = HashSet::new();
    for row in rows {
        let Some(shard) = row.shard_id.as_ref().and_then(|id| shards.get(id)) else { continue };
        let Some(first) = row.values.values().iter().position(Option::is_some).filter(|first| *first > 1) else {
            continue;
        };
        let parents: Vec<&ShardId> = shard.parents().collect();
        let (Some(parent), true) = (parents.first(), is_dense_from(&row.values, first)) else { continue };
        let at = row.values.time_of(first);
        row.born = Some(at);
        row.flags.is_new = true;
        if named.insert((*parent).clone()) {
            let label = match parents.get(1) {
                Some(other) => format!("merge {} + {}", parent.short(), other.short()),
                None => format!("split {}", parent.short()),
            };
            events.push(ReshardEvent { at, label });
        }
    }
    events.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.label.cmp(&b.label)));
    events
}

/// Whether at most one in five periods from `first` on is unknown, the newest three aside.
fn is_dense_from(values: &Series, first: usize) -> bool {
    let until = values.len().saturating_sub(3).max(first + 1);
    let known = (first..until).filter(|index| values.at(*index).is_some()).count();
    known * 5 >= (until - first) * 4
}

fn sort_rows(rows: &mut [HeatRow], sort: HeatSort) {
    let descending = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    let place = |row: &HeatRow| row.range.map_or(u128::MAX, |range| range.start.0);
    let hash = |a: &HeatRow, b: &HeatRow| {
        a.range.is_none().cmp(&b.range.is_none()).then(place(a).cmp(&place(b))).then_with(|| by_id(a, b))
    };
    match sort {
        HeatSort::HashRange => rows.sort_by(hash),
        HeatSort::HottestNow => rows.sort_by(|a, b| descending(a.now, b.now).then_with(|| hash(a, b))),
        HeatSort::Peak => rows.sort_by(|a, b| descending(a.peak, b.peak).then_with(|| hash(a, b))),
        HeatSort::ShardId => rows.sort_by(by_id),
    }
}

fn by_id(a: &HeatRow, b: &HeatRow) -> Ordering {
    a.shard_id.cmp(&b.shard_id)
}

#[cfg(test)]
#[path = "heat_grid_tests.rs"]
mod tests;
