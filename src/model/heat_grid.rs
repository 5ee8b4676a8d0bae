//! The rows and columns of the heatmap: shards × minutes in one metric, sorted, flagged and named.
//!
//! Built once per stream and option; a later answer is read from the first column on in which the stream as a whole has
//! other figures, since what a shard took is part of what the stream took. Knows no colour and no
//! pixel; it must not be asked for a clock either: the newest figure is "now" only while it lies within the last
//! [`super::heat_row::NOW_PERIODS`] periods of the window.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;

pub use super::heat_bands::ReshardEvent;
use super::heat_bands::{birth, join, mark_births, starts_known};
use super::heat_figures::Figures;
use super::heat_metric::{HeatMetric, HeatSort};
pub use super::heat_row::{Cell, Gap, HeatFlags, HeatRow, RowEstimate};
use super::heat_row::{NOW_PERIODS, Terms};
use super::heat_thresholds::HeatThresholds;
use super::ids::ShardId;
use super::metrics::{Source, StreamMetrics, Window, WriteMetrics};
use super::sampled_metrics::MeasuredMetrics;
use super::shard_map::{Shard, ShardMap};
use super::time::{Millis, Timestamp};

/// Newest columns that are read again with each answer, since CloudWatch completes them one by one.
pub const UNSETTLED: usize = 4;
/// Answers after which every column is read again, for what was completed late in single shards alone.
const ANSWERS_UNTIL_WHOLE: u32 = 10;

/// What to show and in which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeatOptions {
    /// The metric of the cells.
    pub metric: HeatMetric,
    /// Order of the rows.
    pub sort: HeatSort,
    /// Open shards of the stream, against which the stream row is held where no shard has figures.
    pub open_shards: u32,
    /// Where figures become a warning and critical.
    pub thresholds: HeatThresholds,
}

impl HeatOptions {
    /// Along the key space a new shard continues the band of what it came from, which then has no row of its own.
    fn joins_bands(&self) -> bool {
        self.sort == HeatSort::HashRange
    }

    fn terms(&self, metrics: &StreamMetrics) -> Terms {
        let Window { start, step_seconds, .. } = metrics.window;
        let whole = metrics.incomplete_from.map(|from| (from - start).0 / (i64::from(step_seconds.max(1)) * 1_000));
        let growing = whole.map_or(usize::MAX, |columns| usize::try_from(columns).unwrap_or(0));
        Terms { metric: self.metric, thresholds: self.thresholds, growing }
    }
}

/// Everything the heatmap draws.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatGrid {
    /// The periods, one a column.
    pub window: Window,
    /// What is shown.
    pub options: HeatOptions,
    /// The rows along the key space. Where they are shown is their place: see [`HeatGrid::row`].
    pub rows: Vec<HeatRow>,
    /// Which row stands at each place.
    order: Vec<usize>,
    /// Splits and merges within the window, oldest first.
    pub reshard_events: Vec<ReshardEvent>,
    /// Whether any shard has figures; where not, the only row is the stream.
    pub has_shard_metrics: bool,
    /// Whether the figures of shards are estimates from records. Then the stream, of which CloudWatch knows all, is the first
    /// row in every order.
    pub is_sampled: bool,
    /// For each of [`HeatMetric::ALL`], whether any row has a figure of it.
    known_metrics: [bool; HeatMetric::ALL.len()],
    /// The stream as a whole: where it has changed, shards have.
    total: HeatRow,
    /// Number of shards with figures, to notice other ones.
    sources: usize,
    answers_since_whole: u32,
}

impl HeatGrid {
    /// Puts figures and shards together.
    pub fn build(shards: &ShardMap, metrics: &StreamMetrics, options: HeatOptions) -> Self {
        let has_shard_metrics = !metrics.shards.is_empty();
        let is_sampled = has_shard_metrics && metrics.source == Source::Sampled;
        let mut rows = if has_shard_metrics { shard_rows(shards, metrics, options) } else { Vec::new() };
        if is_sampled || !has_shard_metrics {
            rows.push(stream_row(metrics, options));
        }
        // Where sampling began says nothing about when a shard was made.
        let reshard_events = if has_shard_metrics && !is_sampled { mark_births(shards, &mut rows) } else { Vec::new() };
        if options.joins_bands() {
            join(shards, metrics, options.metric, &mut rows);
        }
        rows.sort_by(along_keys);
        let mut grid = Self {
            window: metrics.window,
            options,
            order: Vec::new(),
            rows,
            reshard_events,
            has_shard_metrics,
            is_sampled,
            known_metrics: [false; HeatMetric::ALL.len()],
            total: stream_row(metrics, options),
            sources: metrics.shards.len(),
            answers_since_whole: 0,
        };
        grid.note_metrics(metrics, 0..grid.columns());
        grid.sort();
        grid
    }

    /// Takes in a newer answer for the same shards, reading only the columns that are new, the [`UNSETTLED`] ones before them,
    /// and those from where the stream as a whole has changed. Gives the columns that changed, the first to the last.
    ///
    /// # Errors
    /// The grid has to be built anew: shards came or went, the columns are others, a figure that is asked for only while it is
    /// looked at has come for columns of long ago, or it is time to read all of them. The grid must not be used any more.
    pub fn update(&mut self, metrics: &StreamMetrics) -> Result<Range<usize>, NotTheSame> {
        let advance = self.advance_to(metrics.window).ok_or(NotTheSame)?;
        self.answers_since_whole += 1;
        let is_sampled = !metrics.shards.is_empty() && metrics.source == Source::Sampled;
        let others = metrics.shards.len() != self.sources
            || metrics.shards.is_empty() == self.has_shard_metrics
            || is_sampled != self.is_sampled;
        if others || self.answers_since_whole >= ANSWERS_UNTIL_WHOLE {
            return Err(NotTheSame);
        }
        let len = metrics.window.len();
        self.window = metrics.window;
        let terms = self.options.terms(metrics);
        let all = Figures::new(&metrics.total, metrics.window, self.options.open_shards);
        let settled = len.saturating_sub(UNSETTLED + advance);
        let other = self.total.take(Some(all), 0..len, advance, terms).map_or(settled, |changed| changed.start);
        let columns = settled.min(other)..len;
        let sources: Vec<(&ShardId, &WriteMetrics)> = metrics.shards.iter().collect();
        let mut changed: Option<Range<usize>> = None;
        for row in &mut self.rows {
            let figures = match (&row.shard_id, row.source.map(|source| sources.get(source))) {
                (None, _) => Some(all),
                (Some(_), None) => None,
                (Some(id), Some(Some((source, figures)))) if id == *source => {
                    Some(Figures::new(figures, metrics.window, 1))
                }
                _ => return Err(NotTheSame),
            };
            if figures.is_some_and(|figures| row.lacks(figures, columns.start, advance, terms.metric)) {
                return Err(NotTheSame);
            }
            let own = row.take(figures, columns.clone(), advance, terms);
            if !row.is_open && row.load.is_none() {
                return Err(NotTheSame);
            }
            if let Some(own) = own {
                changed = Some(changed.map_or(own.clone(), |all| all.start.min(own.start)..all.end.max(own.end)));
            }
        }
        let starts_known = starts_known(&self.rows);
        let has_births = self.has_shard_metrics && !self.is_sampled;
        if has_births && self.rows.iter().any(|row| birth(row, starts_known) != row.born) {
            return Err(NotTheSame);
        }
        self.note_metrics(metrics, len.saturating_sub(NOW_PERIODS)..len);
        self.sort();
        let new = len.saturating_sub(advance)..len;
        Ok(changed.map_or(new.clone(), |all| if new.is_empty() { all } else { all.start.min(new.start)..len }))
    }

    /// By how many columns a window lies ahead of this one; `None` where it is another one.
    fn advance_to(&self, window: Window) -> Option<usize> {
        let step = i64::from(self.window.step_seconds.max(1)) * 1_000;
        let ahead = (window.start - self.window.start).0;
        let is_same = window.step_seconds == self.window.step_seconds && window.len() == self.window.len();
        let by = usize::try_from(ahead / step).ok().filter(|_| is_same && ahead >= 0 && ahead % step == 0)?;
        (by < window.len()).then_some(by)
    }

    /// Shows the rows in another order. False where they are other rows then, so that the grid has to be built anew.
    pub fn sort_by(&mut self, sort: HeatSort) -> bool {
        let joined = self.options.joins_bands();
        let options = HeatOptions { sort, ..self.options };
        if options.joins_bands() != joined && self.rows.iter().any(|row| row.born.is_some()) {
            return false;
        }
        self.options = options;
        self.sort();
        true
    }

    fn note_metrics(&mut self, metrics: &StreamMetrics, columns: Range<usize>) {
        for (metric, is_known) in HeatMetric::ALL.into_iter().zip(&mut self.known_metrics) {
            if !*is_known {
                let knows = |figures| Figures::new(figures, metrics.window, 1).knows(metric, columns.clone());
                let of_stream = || (self.is_sampled || !self.has_shard_metrics) && knows(&metrics.total);
                *is_known = of_stream() || metrics.shards.values().any(knows);
            }
        }
    }

    /// Whether any row has figures of a metric.
    pub fn knows(&self, metric: HeatMetric) -> bool {
        HeatMetric::ALL.iter().zip(self.known_metrics).any(|(one, is_known)| *one == metric && is_known)
    }

    /// The metric of the cells.
    pub fn metric(&self) -> HeatMetric {
        self.options.metric
    }

    /// Where figures become a warning and critical: as chosen, and from the first refused write on.
    pub fn thresholds(&self) -> HeatThresholds {
        if self.metric().has_thresholds() { self.options.thresholds } else { HeatThresholds::default() }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The row at a place.
    pub fn row(&self, place: usize) -> Option<&HeatRow> {
        self.rows.get(*self.order.get(place)?)
    }

    /// Which of [`Self::rows`] stands at a place.
    pub fn index_at(&self, place: usize) -> Option<usize> {
        self.order.get(place).copied()
    }

    /// The rows in the order they are shown.
    pub fn shown(&self) -> impl Iterator<Item = &HeatRow> {
        self.order.iter().filter_map(|index| self.rows.get(*index))
    }

    /// Which of [`Self::rows`] stand at each place.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.window.len()
    }

    /// When a column begins.
    pub fn time_of(&self, column: usize) -> Timestamp {
        self.window.start + Millis::from_secs(column as i64 * i64::from(self.window.step_seconds))
    }

    /// The place of a shard's row; `None` asks for the row of the stream.
    pub fn place_of(&self, shard: Option<&ShardId>) -> Option<usize> {
        self.shown().position(|row| row.shard_id.as_ref() == shard)
    }

    /// Notes how well each row is known whose figures are estimates.
    pub fn note_estimates(&mut self, measured: &MeasuredMetrics) {
        let metric = self.metric();
        for row in self.rows.iter_mut().filter(|_| self.is_sampled) {
            let Some(id) = &row.shard_id else { continue };
            let newest = row.values.last_known().filter(|_| metric == HeatMetric::Utilization);
            let coverage = newest.and_then(|(column, _)| measured.coverage(id, column));
            row.estimate = Some(RowEstimate {
                half_width: coverage.and_then(|coverage| coverage.half_width),
                burst_seconds: measured.shards.get(id).map_or(0, |shard| shard.burst_seconds),
            });
        }
    }

    /// Least and most half-width of the newest figures, fractions of 1; `None` where none is an estimate.
    pub fn half_widths(&self) -> Option<(f64, f64)> {
        let known = self.rows.iter().filter(|row| row.now.is_some()).filter_map(|row| row.estimate?.half_width);
        known.map(|half| (half, half)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// The place of the first row that stands for a shard, where shards have rows.
    pub fn first_shard_place(&self) -> usize {
        usize::from(self.is_sampled)
    }

    /// The place of the open row with the highest share of its limit now.
    pub fn hottest(&self) -> Option<usize> {
        let share = |row: &HeatRow| row.now.map(|now| self.metric().share(now));
        let first = self.first_shard_place();
        let rows = self.shown().enumerate().skip(first).filter_map(|(place, row)| Some((place, share(row)?)));
        rows.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(place, _)| place)
    }

    /// The flagged row after (or before) `from`, round the end.
    pub fn next_flagged(&self, from: Option<usize>, is_forward: bool) -> Option<usize> {
        let len = self.len();
        let start = from.unwrap_or(if is_forward { len.saturating_sub(1) } else { 0 });
        (1..=len)
            .map(|step| if is_forward { (start + step) % len } else { (start + len - step % len) % len })
            .filter(|place| *place >= self.first_shard_place())
            .find(|place| self.row(*place).is_some_and(HeatRow::is_flagged))
    }

    fn sort(&mut self) {
        let rows = &self.rows;
        let pinned = usize::from(self.is_sampled);
        self.order.clear();
        self.order.extend(0..rows.len());
        let descending = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        let mut by = |compare: &dyn Fn(&HeatRow, &HeatRow) -> Ordering| {
            // The sort is stable: rows that are equal stay along the key space.
            let shards = self.order.get_mut(pinned..).unwrap_or_default();
            shards.sort_by(|a, b| match (rows.get(*a), rows.get(*b)) {
                (Some(a), Some(b)) => compare(a, b),
                _ => Ordering::Equal,
            });
        };
        match self.options.sort {
            HeatSort::HashRange => {}
            HeatSort::HottestNow => by(&|a, b| descending(a.now, b.now)),
            HeatSort::Peak => by(&|a, b| descending(a.peak, b.peak)),
            HeatSort::ShardId => by(&by_id),
            HeatSort::Creation => by(&by_creation),
        }
    }
}

/// The grid cannot take an answer in and has to be built anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotTheSame;

fn shard_rows(shards: &ShardMap, metrics: &StreamMetrics, options: HeatOptions) -> Vec<HeatRow> {
    let mut rows = Vec::with_capacity(shards.all().len());
    let sources: HashMap<&ShardId, usize> = metrics.shards.keys().zip(0..).collect();
    let filled = |id: &ShardId, shard: Option<&Shard>| {
        let mut row = HeatRow::unknown(Some(id.clone()), shard, metrics.window);
        row.source = sources.get(id).copied();
        if let Some(figures) = metrics.shards.get(id) {
            let figures = Figures::new(figures, metrics.window, 1);
            row.take(Some(figures), 0..metrics.window.len(), 0, options.terms(metrics));
        }
        row.flags.is_closed = !row.is_open;
        row
    };
    for shard in shards.all() {
        let row = filled(&shard.id, Some(shard));
        if shard.is_open() || row.load.is_some() {
            rows.push(row);
        }
    }
    rows.extend(metrics.shards.keys().filter(|id| shards.get(id).is_none()).map(|id| filled(id, None)));
    rows
}

fn stream_row(metrics: &StreamMetrics, options: HeatOptions) -> HeatRow {
    let mut row = HeatRow::unknown(None, None, metrics.window);
    let figures = Figures::new(&metrics.total, metrics.window, options.open_shards);
    row.take(Some(figures), 0..metrics.window.len(), 0, options.terms(metrics));
    row
}

/// The stream, then shards along the key space; what is not listed stands at the end.
fn along_keys(a: &HeatRow, b: &HeatRow) -> Ordering {
    let place = |row: &HeatRow| row.range.map_or(u128::MAX, |range| range.start.0);
    let of_stream = b.shard_id.is_none().cmp(&a.shard_id.is_none());
    of_stream.then(a.range.is_none().cmp(&b.range.is_none())).then(place(a).cmp(&place(b))).then_with(|| by_id(a, b))
}

fn by_id(a: &HeatRow, b: &HeatRow) -> Ordering {
    a.shard_id.cmp(&b.shard_id)
}

/// Newest first. Sequence numbers grow with time across the shards of a stream; where they do not tell, ids do.
fn by_creation(a: &HeatRow, b: &HeatRow) -> Ordering {
    let number = |row: &HeatRow| -> Option<u64> {
        let digits = row.shard_id.as_ref()?.as_str().rsplit('-').next()?;
        digits.parse().ok()
    };
    b.made.cmp(&a.made).then_with(|| number(b).cmp(&number(a))).then_with(|| by_id(b, a))
}

#[cfg(test)]
#[path = "heat_grid_tests.rs"]
mod tests;
