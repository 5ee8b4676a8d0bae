//! One row of the heatmap: a shard, or the stream as a whole, with its figures, flags and name.

use std::ops::Range;

use super::format;
use super::hash_range::HashKeyRange;
use super::health::{RECENT_PERIODS, Severity};
use super::heat_figures::Figures;
use super::heat_metric::HeatMetric;
use super::heat_series::HeatSeries;
use super::heat_thresholds::HeatThresholds;
use super::ids::{SequenceNumber, ShardId};
use super::metrics::Window;
use super::series::is_grown;
use super::shard_map::Shard;
use super::time::Timestamp;

/// How old the newest figure may be, in periods, to be called "now".
pub const NOW_PERIODS: usize = 5;
/// Utilisation below which a shard is idle when it stays there for [`RECENT_PERIODS`].
const IDLE_SHARE: f64 = 0.005;

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
    /// No second of it was read.
    NotMeasured,
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
            Self::NotMeasured => "no second of this minute was read",
            Self::NoData => "no data for this minute, which is not zero",
        }
    }
}

/// What held a shard's hash keys before it was made. Drawn in its place, so that a band is seen to split or to join.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    /// The shards it came from.
    pub shards: Vec<ShardId>,
    /// Their figures until it was made; after a merge the higher ones.
    pub values: HeatSeries,
    /// Their refused writes.
    pub throttles: HeatSeries,
}

impl Before {
    /// `as …0026`, `as …0005 + …0006`.
    pub fn label(&self) -> String {
        format!("as {}", self.shards.iter().map(ShardId::short).collect::<Vec<_>>().join(" + "))
    }
}

/// What tells an estimate from records apart from a sum of CloudWatch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RowEstimate {
    /// Half-width of the 95 % interval of the newest figure, a fraction of 1; `None` where it is not known.
    pub half_width: Option<f64>,
    /// Seconds of late in which the shard reached its limit although no minute does.
    pub burst_seconds: usize,
}

/// What a cell shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// The row's own figure.
    Own(f64),
    /// The figure of what stood in its place before.
    Before(f64),
    /// Nothing is known.
    Unknown,
}

/// One row: a shard, or the stream as a whole where no shard has figures.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatRow {
    /// The shard; `None` is the stream as a whole.
    pub shard_id: Option<ShardId>,
    /// Hash keys of the shard; `None` where it has figures but is not listed.
    pub range: Option<HashKeyRange>,
    /// Its first sequence number, which grows with the time it was made; `None` where it is not listed.
    pub made: Option<SequenceNumber>,
    /// Whether it takes writes.
    pub is_open: bool,
    /// Figures of the chosen metric, in its own unit.
    pub values: HeatSeries,
    /// Refused writes of each period.
    pub throttles: HeatSeries,
    /// Newest figure, where it is new enough; never known for a closed shard.
    pub now: Option<f64>,
    /// Largest figure of the window.
    pub peak: Option<f64>,
    /// Refused writes of the window.
    pub throttled: Option<f64>,
    /// How bad the shard is by its write limits, whatever metric is shown.
    pub severity: Severity,
    /// Marks behind the row.
    pub flags: HeatFlags,
    /// First period with a figure, for a shard that was made within the window.
    pub born: Option<Timestamp>,
    /// What stood in its place before it was made, where that is drawn.
    pub before: Option<Before>,
    /// How well it is known, where its figures are estimates from records.
    pub estimate: Option<RowEstimate>,
    /// Newest known utilisation of the write limits, and its period.
    pub load: Option<(Timestamp, f64)>,
    /// Whether the shard came out of a split or merge at some time.
    pub(super) has_parents: bool,
    /// Where its figures stand among those that were handed in, in the order of ids; `None` where it has none.
    pub(super) source: Option<usize>,
    recent: Recent,
}

/// Which of the newest [`RECENT_PERIODS`] have a figure, and in which the shard was busy. Bit 0 is the newest period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Recent {
    known: u32,
    busy: u32,
}

/// The bits of the newest [`RECENT_PERIODS`].
const NEWEST: u32 = (1 << RECENT_PERIODS) - 1;

impl Recent {
    /// Lets periods grow older by this many.
    fn advance(&mut self, by: usize) {
        let older = |bits: u32| bits.checked_shl(u32::try_from(by).unwrap_or(u32::MAX)).unwrap_or(0) & NEWEST;
        (self.known, self.busy) = (older(self.known), older(self.busy));
    }

    /// Notes the utilisation of the period of this age.
    fn note(&mut self, age: usize, share: Option<f64>) {
        let bit = 1_u32 << age.min(31);
        let set = |bits: u32, is_set: bool| if is_set { bits | bit } else { bits & !bit };
        self.known = set(self.known, share.is_some());
        self.busy = set(self.busy, share.is_some_and(|share| share >= IDLE_SHARE));
    }

    fn is_idle(self) -> bool {
        self.known != 0 && self.busy == 0
    }
}

/// What the figures of a row are held against.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    pub metric: HeatMetric,
    pub thresholds: HeatThresholds,
    /// The first column whose sums may still grow.
    pub growing: usize,
}

/// Columns that are looked at for figures that came late.
const PROBES: usize = 8;

impl HeatRow {
    /// A row of which nothing is known yet. `None` is the stream as a whole.
    pub(super) fn unknown(id: Option<ShardId>, shard: Option<&Shard>, window: Window) -> Self {
        let range = if id.is_none() { Some(HashKeyRange::FULL) } else { shard.map(|shard| shard.range) };
        Self {
            shard_id: id,
            range,
            made: shard.map(|shard| shard.starting_sequence_number.clone()),
            is_open: shard.is_none_or(Shard::is_open),
            values: HeatSeries::unknown(window),
            throttles: HeatSeries::unknown(window),
            now: None,
            peak: None,
            throttled: None,
            severity: Severity::Unknown,
            flags: HeatFlags::default(),
            born: None,
            before: None,
            estimate: None,
            load: None,
            has_parents: shard.is_some_and(|shard| shard.parents().next().is_some()),
            source: None,
            recent: Recent::default(),
        }
    }

    /// Whether there are figures now of columns before `until` of which nothing was known: the stream as a whole does not
    /// tell that, since its figures came before those of its shards. Looks at a few columns only; an answer brings runs of them.
    pub(super) fn lacks(&self, figures: Figures<'_>, until: usize, advance: usize, metric: HeatMetric) -> bool {
        (1..=PROBES).map(|part| until * part / PROBES).filter_map(|end| end.checked_sub(1)).any(|column| {
            let old = column + advance;
            (self.values.at(old).is_none() && figures.value(metric, column).is_some())
                || (self.throttles.at(old).is_none() && figures.throttled(column).is_some())
        })
    }

    /// Takes in the figures of these columns, the newest ones, after moving on by `advance`. Gives the columns that changed, from the first
    /// to the last of them.
    pub(super) fn take(
        &mut self,
        figures: Option<Figures<'_>>,
        columns: Range<usize>,
        advance: usize,
        terms: Terms,
    ) -> Option<Range<usize>> {
        let mut highest_gone = f64::NEG_INFINITY;
        let mut refused_change = 0.0;
        self.values.advance(advance, |value| highest_gone = highest_gone.max(value));
        self.throttles.advance(advance, |count| refused_change -= count);
        if let Some(before) = &mut self.before {
            before.values.advance(advance, |_| {});
            before.throttles.advance(advance, |_| {});
        }
        let mut changed: Option<Range<usize>> = None;
        let mut load = None;
        self.recent.advance(advance);
        let mut highest = f64::NEG_INFINITY;
        for column in columns.clone() {
            let share = figures.and_then(|figures| figures.utilisation(column));
            let value = match terms.metric {
                HeatMetric::Utilization => share,
                metric => figures.and_then(|figures| figures.value(metric, column)),
            };
            let throttled = figures.and_then(|figures| figures.throttled(column));
            let old_value = self.values.set(column, value);
            let old_throttled = self.throttles.set(column, throttled);
            if old_value.is_some() || old_throttled.is_some() {
                changed = Some(changed.map_or(column, |changed| changed.start)..column + 1);
            }
            if let Some(old) = old_value.flatten() {
                highest_gone = highest_gone.max(old);
            }
            highest = value.map_or(highest, |value| highest.max(value));
            if let Some(old) = old_throttled {
                refused_change += throttled.unwrap_or(0.0) - old.unwrap_or(0.0);
            }
            let age = columns.end - 1 - column;
            if age < RECENT_PERIODS {
                self.recent.note(age, share);
            }
            if let Some(share) = share {
                load = Some((self.values.time_of(column), share));
            }
        }
        self.settle_load(figures, load, columns.start);
        self.distrust_growing_load(figures, terms.growing);
        self.settle_peak(highest, highest_gone);
        let refused = self.throttled.unwrap_or(0.0) + refused_change;
        self.throttled = (self.throttles.known() > 0).then_some(refused);
        self.judge(terms.thresholds);
        self.flags.is_closed = !self.is_open;
        self.flags.is_idle = self.shard_id.is_some() && self.is_open && self.recent.is_idle();
        self.now = if self.is_open { self.newest(terms) } else { None };
        changed
    }

    fn settle_load(&mut self, figures: Option<Figures<'_>>, load: Option<(Timestamp, f64)>, from: usize) {
        if load.is_some() {
            self.load = load;
        } else if self.load.is_some_and(|(at, _)| at >= self.values.time_of(from) || at < self.values.start()) {
            // It stood in what is unknown now: look further back.
            let share = |column: usize| Some((self.values.time_of(column), figures?.utilisation(column)?));
            self.load = (0..from).rev().find_map(share);
        }
    }

    /// A sum that still grows does not calm a row: see [`is_grown`].
    fn distrust_growing_load(&mut self, figures: Option<Figures<'_>>, growing: usize) {
        let is_growing = |at: Timestamp| growing < self.values.len() && at >= self.values.time_of(growing);
        let Some((at, share)) = self.load.filter(|(at, _)| is_growing(*at)) else { return };
        let last = |column: usize| Some((self.values.time_of(column), figures?.utilisation(column)?));
        let last = (0..growing).rev().find_map(last);
        self.load = last.filter(|(_, last)| !is_grown(share, *last)).or(Some((at, share)));
    }

    fn settle_peak(&mut self, highest: f64, highest_gone: f64) {
        match self.peak {
            _ if self.values.known() == 0 => self.peak = None,
            // Figures are never negative: while any is known, a highest of zero stays.
            Some(peak) if highest_gone >= peak && highest < peak && peak > 0.0 => self.peak = self.values.max(),
            Some(peak) => self.peak = Some(peak.max(highest)),
            None => self.peak = (highest > f64::NEG_INFINITY).then_some(highest),
        }
    }

    /// The rules of [`super::health`] for a shard, with thresholds that a person may have chosen.
    fn judge(&mut self, thresholds: HeatThresholds) {
        let refused: f64 = self.throttles.iter().rev().take(RECENT_PERIODS).flatten().sum();
        let load = if self.is_open { self.load.map(|(_, share)| share) } else { None };
        let (severity, is_hot) = match load {
            None if self.load.is_some() => (Severity::Ok, false),
            None => (Severity::Unknown, false),
            Some(share) if share >= thresholds.critical() => (Severity::Critical, true),
            Some(share) if share >= thresholds.warn() && refused > 0.0 => (Severity::Critical, true),
            Some(share) if share >= thresholds.warn() => (Severity::Warning, true),
            Some(_) if refused > 0.0 => (Severity::Warning, false),
            Some(_) => (Severity::Ok, false),
        };
        self.severity = severity;
        self.flags.is_hot = is_hot;
    }

    /// The newest figure that can be believed, where it is new enough to be called "now".
    fn newest(&self, terms: Terms) -> Option<f64> {
        let first = self.values.len().saturating_sub(NOW_PERIODS);
        let newest_in = |columns: Range<usize>| columns.rev().find_map(|column| self.values.at(column));
        let growing = terms.growing.clamp(first, self.values.len());
        let (last, newest) = (newest_in(first..growing), newest_in(growing..self.values.len()));
        match (last, newest) {
            (Some(last), Some(newest)) if terms.metric.is_load() && !is_grown(newest, last) => Some(last),
            (last, newest) => newest.or(last),
        }
    }

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
        let bursts = self.estimate.is_some_and(|estimate| estimate.burst_seconds > 0);
        bursts || self.severity >= Severity::Warning || self.throttled.is_some_and(|count| count > 0.0)
    }

    /// What a column shows.
    pub fn cell(&self, column: usize) -> Cell {
        match (self.values.at(column), &self.before) {
            (Some(value), _) => Cell::Own(value),
            (None, Some(before)) => before.values.at(column).map_or(Cell::Unknown, Cell::Before),
            (None, None) => Cell::Unknown,
        }
    }

    /// The column with the highest figure among several, and what it shows; `None` where none has a figure. One picture
    /// column that stands for many shows this, so that a hot minute never vanishes.
    pub fn highest(&self, columns: Range<usize>) -> Option<(usize, Cell)> {
        let mut highest: Option<(usize, f64, Cell)> = None;
        for column in columns {
            let cell = self.cell(column);
            let (Cell::Own(value) | Cell::Before(value)) = cell else { continue };
            if highest.is_none_or(|(_, most, _)| value > most) {
                highest = Some((column, value, cell));
            }
        }
        highest.map(|(column, _, cell)| (column, cell))
    }

    /// Whether writes were refused in a column, by the shard or by what stood in its place.
    pub fn has_refused(&self, column: usize) -> bool {
        let refused = |series: &HeatSeries| series.at(column).is_some_and(|count| count > 0.0);
        refused(&self.throttles) || self.before.as_ref().is_some_and(|before| refused(&before.throttles))
    }

    /// Why the cell of this column has no figure of its own; `None` when it has one.
    pub fn gap_at(&self, column: usize) -> Option<Gap> {
        if self.values.at(column).is_some() {
            return None;
        }
        if self.estimate.is_some() {
            return Some(Gap::NotMeasured);
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
            "estimated_from_records": self.estimate.is_some(),
            "from": self.values.start().to_rfc3339(),
            "step_seconds": self.values.step_seconds(),
            "values": self.values.iter().collect::<Vec<_>>(),
        })
        .to_string()
    }

    /// The name of the row for tests and screen readers: `Heat shardId-… now 96 % peak 102 % hot throttled 312`.
    pub fn accessible_name(&self, metric: HeatMetric) -> String {
        let mut name = format!("Heat {}", self.name());
        match (self.now, self.peak) {
            (None, None) => name.push_str(" no data"),
            (now, peak) => {
                let about = if self.estimate.is_some() { "~" } else { "" };
                let figure =
                    |value: Option<f64>| value.map_or("unknown".to_owned(), |v| format!("{about}{}", metric.long(v)));
                let around = self.estimate.and_then(|estimate| estimate.half_width).filter(|_| now.is_some());
                let around = around.map_or(String::new(), |half| format!(" ± {:.0}", half * 100.0));
                name.push_str(&format!(" now {}{around} peak {}", figure(now), figure(peak)));
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
        if let Some(estimate) = self.estimate.filter(|estimate| estimate.burst_seconds > 0) {
            name.push_str(&format!(" bursts {} s", estimate.burst_seconds));
        }
        if let Some(count) = self.throttled.filter(|count| *count > 0.0) {
            name.push_str(&format!(" throttled {}", format::grouped(count as i64)));
        }
        if let (Some(before), Some(born)) = (&self.before, self.born) {
            name.push_str(&format!(", before {} {}", born.hm(), before.label()));
        }
        name
    }
}
