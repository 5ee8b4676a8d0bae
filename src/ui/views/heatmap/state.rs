//! What the heatmap remembers between frames, and the grid it prepared from the last answer.

use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::{self, Color32, ColorImage, TextureHandle, TextureOptions};

use super::grid::MarkCache;
use crate::model::health::Severity;
use crate::model::heat_grid::{HeatGrid, HeatOptions, newest};
use crate::model::heat_metric::{HeatMetric, HeatSort};
use crate::model::ids::{ShardId, StreamName};
use crate::model::metrics::StreamMetrics;
use crate::model::shard_map::ShardMap;
use crate::model::shard_story::{LoadShare, LoadTotals};
use crate::model::time::Timestamp;
use crate::ui::theme::heat;

/// Rows of one texture; more rows take another one, since graphics cards limit the side of a texture.
pub const ROWS_PER_TEXTURE: usize = 1_024;

/// What the heatmap remembers between frames.
#[derive(Default)]
pub struct HeatmapState {
    /// The metric of the cells.
    pub metric: HeatMetric,
    /// Order of the rows.
    pub sort: HeatSort,
    /// Column of the keyboard cursor, by time, so that it stays while the window moves on.
    pub(super) cursor: Option<Timestamp>,
    /// Whether the pointer, not the keyboard, moved last.
    pub(super) is_pointing: bool,
    /// Where the pointer was last.
    pub(super) pointer: Option<egui::Pos2>,
    /// A row to bring into sight.
    pub(super) scroll_to: Option<usize>,
    /// The selection of the last frame, to notice one that was made elsewhere.
    pub(super) seen: Option<ShardId>,
    /// The stream for which a row was selected unasked.
    pub(super) greeted: Option<StreamName>,
    /// Whether the verdict lies over the plots of a narrow window.
    pub(super) is_drawer_open: bool,
    /// What was prepared from the last answer.
    pub(super) prepared: Option<Prepared>,
}

impl std::fmt::Debug for HeatmapState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeatmapState").field("metric", &self.metric).field("sort", &self.sort).finish_non_exhaustive()
    }
}

/// The grid, its names and its textures. Made again only when figures, shards, options or theme change.
pub struct Prepared {
    metrics: Arc<StreamMetrics>,
    shards: Option<Arc<ShardMap>>,
    options: HeatOptions,
    dark_mode: bool,
    /// Counts the changes, for what is cached on top.
    pub version: u64,
    /// The rows.
    pub grid: HeatGrid,
    /// Accessible name of each row.
    pub names: Vec<String>,
    /// Place of each shard's row.
    pub places: HashMap<ShardId, usize>,
    /// Rows in trouble, worst first.
    flagged: Vec<ShardId>,
    /// Place and severity of the rows in trouble, in the order of the rows.
    pub trouble: Vec<(usize, Severity)>,
    /// The open shards with the highest utilisation now, highest first.
    pub hottest: Vec<(ShardId, f64)>,
    /// Whether no cell has a figure.
    is_blank: bool,
    /// What all shards took together lately.
    totals: LoadTotals,
    /// One texel a cell.
    pub textures: Vec<TextureHandle>,
    /// Notches, outlines and hatching of the rows in sight.
    pub marks: MarkCache,
}

impl Prepared {
    /// The row of a shard; `None` is the row of the stream.
    pub fn row_of(&self, shard: Option<&ShardId>) -> Option<usize> {
        match shard {
            Some(id) => self.places.get(id).copied(),
            None => self.grid.rows.iter().position(|row| row.shard_id.is_none()),
        }
    }
}

impl Prepared {
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
        self.metrics.shards.get(shard).map(|figures| self.totals.share_of(figures))
    }
}

impl HeatmapState {
    /// How often rows and texture were made; frames between two answers do not add to it.
    pub fn times_prepared(&self) -> u64 {
        self.prepared.as_ref().map_or(0, |prepared| prepared.version)
    }

    /// Prepares the grid, where anything it depends on has changed.
    pub(super) fn prepare(
        &mut self,
        ctx: &egui::Context,
        metrics: &Arc<StreamMetrics>,
        shards: Option<&Arc<ShardMap>>,
        open_shards: u32,
        dark_mode: bool,
    ) {
        let options = HeatOptions { metric: self.metric, sort: self.sort, open_shards };
        let is_same = |old: &Prepared| {
            Arc::ptr_eq(&old.metrics, metrics)
                && old.shards.as_ref().map(Arc::as_ptr) == shards.map(Arc::as_ptr)
                && old.options == options
                && old.dark_mode == dark_mode
        };
        if self.prepared.as_ref().is_some_and(is_same) {
            return;
        }
        let nothing = ShardMap::default();
        let grid = HeatGrid::build(shards.map_or(&nothing, |shards| shards), metrics, options);
        let version = self.prepared.as_ref().map_or(1, |old| old.version + 1);
        let textures = textures(ctx, &grid, dark_mode, self.prepared.take().map(|old| old.textures));
        self.prepared = Some(Prepared {
            metrics: Arc::clone(metrics),
            shards: shards.cloned(),
            options,
            dark_mode,
            version,
            names: grid.rows.iter().map(|row| row.accessible_name(grid.metric)).collect(),
            places: grid
                .rows
                .iter()
                .enumerate()
                .filter_map(|(place, row)| Some((row.shard_id.clone()?, place)))
                .collect(),
            flagged: flagged(&grid),
            trouble: trouble(&grid),
            hottest: hottest(&grid, metrics),
            is_blank: grid.rows.iter().all(|row| row.values.last_known().is_none()),
            totals: LoadTotals::of(metrics),
            grid,
            textures,
            marks: MarkCache::default(),
        });
    }
}

fn trouble(grid: &HeatGrid) -> Vec<(usize, Severity)> {
    let rows = grid.rows.iter().enumerate().filter(|(_, row)| row.severity >= Severity::Warning);
    rows.map(|(place, row)| (place, row.severity)).collect()
}

fn hottest(grid: &HeatGrid, metrics: &StreamMetrics) -> Vec<(ShardId, f64)> {
    let open = grid.rows.iter().filter(|row| row.is_open).filter_map(|row| row.shard_id.as_ref());
    let mut shares: Vec<(ShardId, f64)> =
        open.filter_map(|shard| Some((shard.clone(), newest(&metrics.shards.get(shard)?.utilisation(1))?))).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    shares.truncate(5);
    shares
}

fn flagged(grid: &HeatGrid) -> Vec<ShardId> {
    let mut rows: Vec<_> = grid.rows.iter().filter(|row| row.severity >= Severity::Warning).collect();
    rows.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| b.peak.unwrap_or(0.0).total_cmp(&a.peak.unwrap_or(0.0)))
    });
    rows.into_iter().filter_map(|row| row.shard_id.clone()).collect()
}

fn textures(
    ctx: &egui::Context,
    grid: &HeatGrid,
    dark_mode: bool,
    old: Option<Vec<TextureHandle>>,
) -> Vec<TextureHandle> {
    let mut old = old.unwrap_or_default().into_iter();
    let columns = grid.columns().max(1);
    let chunks = grid.rows.chunks(ROWS_PER_TEXTURE);
    let images = chunks.map(|rows| {
        let mut texels: Vec<Color32> = Vec::with_capacity(rows.len() * columns);
        for row in rows {
            texels.extend((0..columns).map(|column| {
                let share = row.values.at(column).map(|value| grid.metric.share(value));
                share.map_or(heat::no_data(dark_mode), |share| heat::color(share, dark_mode))
            }));
        }
        ColorImage::new([columns, rows.len()], texels)
    });
    images
        .map(|image| match old.next() {
            Some(mut handle) => {
                handle.set(image, TextureOptions::NEAREST);
                handle
            }
            None => ctx.load_texture("heatmap", image, TextureOptions::NEAREST),
        })
        .collect()
}
