//! The grid of the last answer with its textures, words and lists; changed by what a newer answer changes.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::Context;

use super::grid::MarkCache;
use super::state::Given;
use super::texels::Texels;
use crate::model::format;
use crate::model::health::Severity;
use crate::model::heat_grid::{HeatGrid, HeatOptions, HeatRow, RowEstimate};
use crate::model::heat_metric::HeatMetric;
use crate::model::ids::ShardId;
use crate::model::metrics::StreamMetrics;
use crate::model::sampled_metrics::MeasuredMetrics;
use crate::model::shard_map::ShardMap;
use crate::model::shard_story::{LoadShare, LoadTotals};
use crate::model::time::Timestamp;

/// Most points of a row's sparkline: one for each of its 48 points of width.
const SPARK_POINTS: usize = 48;

/// Shards that the verdict on a stream lists.
const MOST_HOTTEST: usize = 5;

/// The words and the line of a row, made when it is first in sight.
#[derive(Clone)]
pub struct RowText {
    /// Its accessible name.
    pub name: String,
    /// `…0007`.
    pub label: String,
    /// The newest figure.
    pub now: String,
    /// The largest figure.
    pub peak: String,
    /// How far the newest figure may be off, in points; 0 where it is no estimate.
    pub around: String,
    /// Its figures over time; the highest of several columns where there are many.
    pub spark: Vec<Option<f64>>,
}

impl RowText {
    /// The line of a row begins at column `from`.
    fn of(row: &HeatRow, metric: HeatMetric, from: usize) -> Self {
        let figure = |value: Option<f64>| value.map_or(format::UNKNOWN.to_owned(), |value| metric.short(value));
        let end = row.values.len();
        let len = end.saturating_sub(from);
        let per = len.div_ceil(if len > 2 * SPARK_POINTS { SPARK_POINTS } else { len.max(1) }).max(1);
        let point = |at: usize| (at..(at + per).min(end)).filter_map(|column| row.values.at(column)).reduce(f64::max);
        Self {
            name: row.accessible_name(metric),
            label: row.label(),
            now: if row.estimate.is_some() && row.now.is_some() {
                format!("~{}", figure(row.now))
            } else {
                figure(row.now)
            },
            peak: figure(row.peak),
            around: around(row),
            spark: (from..end).step_by(per).map(point).collect(),
        }
    }
}

fn around(row: &HeatRow) -> String {
    match row.estimate {
        None if row.now.is_some() => "0".to_owned(),
        Some(RowEstimate { half_width: Some(half), .. }) if row.now.is_some() => format!("{:.0}", half * 100.0),
        _ => format::UNKNOWN.to_owned(),
    }
}

/// The grid, its names and its textures.
pub struct Prepared {
    metrics: Arc<StreamMetrics>,
    /// How shards were measured, where their figures are estimates.
    pub measured: Option<Arc<MeasuredMetrics>>,
    shards: Option<Arc<ShardMap>>,
    dark_mode: bool,
    /// Counts the changes, for what is cached on top.
    pub version: u64,
    /// The rows.
    pub grid: HeatGrid,
    texts: Vec<OnceCell<RowText>>,
    places: HashMap<ShardId, usize>,
    /// The order of rows that `places` was made for; empty while it was made for none.
    placed: Vec<usize>,
    /// Shards in trouble, worst first.
    flagged: Vec<ShardId>,
    /// Place and severity of the rows in trouble, in the order of the rows.
    pub trouble: Vec<(usize, Severity)>,
    /// The open shards with the highest utilisation now, highest first.
    pub hottest: Vec<(ShardId, f64)>,
    is_blank: bool,
    /// What all shards took together lately.
    totals: OnceCell<LoadTotals>,
    /// The cells.
    pub texels: Texels,
    /// Notches, outlines and hatching of the rows in sight.
    pub marks: MarkCache,
}

impl Prepared {
    /// Makes everything.
    pub fn new(ctx: &Context, given: &Given<'_>, options: HeatOptions) -> Self {
        let grid = build(given, options);
        let mut prepared = Self {
            metrics: Arc::clone(given.metrics),
            measured: given.measured.cloned(),
            shards: given.shards.cloned(),
            dark_mode: given.dark_mode,
            version: 0,
            grid,
            texts: Vec::new(),
            places: HashMap::new(),
            placed: Vec::new(),
            flagged: Vec::new(),
            trouble: Vec::new(),
            hottest: Vec::new(),
            is_blank: true,
            totals: OnceCell::new(),
            texels: Texels::default(),
            marks: MarkCache::default(),
        };
        prepared.texels.draw_all(ctx, &prepared.grid, 1, given.dark_mode);
        prepared.index();
        prepared
    }

    /// Changes what has to be changed.
    pub fn renew(&mut self, ctx: &Context, given: &Given<'_>, options: HeatOptions) {
        let is_same_theme = self.dark_mode == given.dark_mode;
        let is_same_answer = Arc::ptr_eq(&self.metrics, given.metrics);
        let is_same_map = match (&self.shards, given.shards) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new) || old.all() == new.all(),
            (None, None) => true,
            _ => false,
        };
        if is_same_theme && is_same_answer && is_same_map && options == self.grid.options {
            return;
        }
        let is_only_sort = HeatOptions { sort: options.sort, ..self.grid.options } == options;
        let sorted = is_same_map && is_only_sort && self.grid.sort_by(options.sort);
        let changed = if sorted && !is_same_answer { self.grid.update(given.metrics).ok() } else { None };
        self.metrics = Arc::clone(given.metrics);
        self.measured = given.measured.cloned();
        self.shards = given.shards.cloned();
        self.dark_mode = given.dark_mode;
        let is_kept = sorted && (is_same_answer || changed.is_some());
        if !is_kept {
            self.grid = build(given, options);
            self.placed.clear();
            self.places.clear();
        }
        let per = self.texels.per();
        match changed {
            Some(columns) if is_kept && is_same_theme => self.texels.draw(&self.grid, columns, given.dark_mode),
            // Another order takes the texels as they are.
            None if is_kept && is_same_theme => {}
            _ => self.texels.draw_all(ctx, &self.grid, per, given.dark_mode),
        }
        self.index();
    }

    /// Draws the textures in bins of so many columns, where they are not.
    pub fn group(&mut self, ctx: &Context, per: usize) {
        if self.texels.per() != per {
            self.texels.draw_all(ctx, &self.grid, per, self.dark_mode);
        }
    }

    /// Makes what is looked up by row or place.
    fn index(&mut self) {
        if let Some(measured) = &self.measured {
            self.grid.note_estimates(measured);
        }
        let grid = &self.grid;
        self.version += 1;
        self.texts.clear();
        self.texts.resize_with(grid.rows.len(), OnceCell::new);
        let first = grid.first_shard_place();
        if self.placed != grid.order() {
            self.placed = grid.order().to_vec();
            let placed = grid.shown().enumerate().filter_map(|(place, row)| Some((row.shard_id.clone()?, place)));
            self.places = placed.collect();
        }
        let in_trouble = grid.shown().enumerate().skip(first).filter(|(_, row)| row.severity >= Severity::Warning);
        self.trouble = in_trouble.map(|(place, row)| (place, row.severity)).collect();
        self.flagged = flagged(grid);
        self.hottest = hottest(grid);
        self.is_blank = grid.rows.iter().all(|row| row.values.known() == 0);
        self.totals = OnceCell::new();
    }

    /// The place of a shard's row; `None` asks for the row of the stream.
    pub fn row_of(&self, shard: Option<&ShardId>) -> Option<usize> {
        match shard {
            Some(id) => self.places.get(id).copied(),
            None => self.grid.place_of(None),
        }
    }

    /// The words of the row at a place.
    pub fn text(&self, place: usize) -> Option<&RowText> {
        let index = self.grid.index_at(place)?;
        let row = self.grid.rows.get(index)?;
        Some(self.texts.get(index)?.get_or_init(|| RowText::of(row, self.grid.metric(), self.spark_from())))
    }

    /// The column from which the lines of the rows are drawn: where all shards are estimates, that in which they begin.
    fn spark_from(&self) -> usize {
        self.since().and_then(|since| self.grid.window.unknown_series().index_of(since)).unwrap_or(0)
    }

    /// Since when shards are measured, where they are.
    pub fn since(&self) -> Option<Timestamp> {
        self.measured.as_ref().and_then(|measured| measured.since).filter(|_| self.grid.is_sampled)
    }

    /// Shards that need attention, worst first.
    pub fn flagged(&self) -> impl Iterator<Item = &ShardId> {
        self.flagged.iter()
    }

    /// Whether no cell has a figure.
    pub fn is_blank(&self) -> bool {
        self.is_blank
    }

    /// A shard's part of the load of all shards.
    pub fn load_share(&self, shard: &ShardId) -> Option<LoadShare> {
        let totals = self.totals.get_or_init(|| LoadTotals::of(&self.metrics));
        self.metrics.shards.get(shard).map(|figures| totals.share_of(figures))
    }
}

fn build(given: &Given<'_>, options: HeatOptions) -> HeatGrid {
    let nothing = ShardMap::default();
    HeatGrid::build(given.shards.map_or(&nothing, |shards| shards), given.metrics, options)
}

fn hottest(grid: &HeatGrid) -> Vec<(ShardId, f64)> {
    let newest = |row: &HeatRow| {
        let (at, share) = row.load?;
        let oldest = grid.time_of(grid.columns().saturating_sub(crate::model::heat_row::NOW_PERIODS));
        (row.is_open && at >= oldest).then_some(share)
    };
    let mut shares: Vec<(&HeatRow, f64)> = grid.rows.iter().filter_map(|row| Some((row, newest(row)?))).collect();
    let hotter =
        |a: &(&HeatRow, f64), b: &(&HeatRow, f64)| b.1.total_cmp(&a.1).then_with(|| a.0.shard_id.cmp(&b.0.shard_id));
    if shares.len() > MOST_HOTTEST {
        shares.select_nth_unstable_by(MOST_HOTTEST, hotter);
        shares.truncate(MOST_HOTTEST);
    }
    shares.sort_by(hotter);
    shares.into_iter().filter_map(|(row, share)| Some((row.shard_id.clone()?, share))).collect()
}

fn flagged(grid: &HeatGrid) -> Vec<ShardId> {
    let mut rows: Vec<_> = grid.rows.iter().filter(|row| row.severity >= Severity::Warning).collect();
    rows.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| b.peak.unwrap_or(0.0).total_cmp(&a.peak.unwrap_or(0.0)))
    });
    rows.into_iter().filter_map(|row| row.shard_id.clone()).collect()
}
