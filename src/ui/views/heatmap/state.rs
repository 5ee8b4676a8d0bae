//! What the heatmap remembers between frames: options, cursor, zoom, pin, and what was prepared from the last answer.

use std::sync::Arc;

use eframe::egui::{Context, Pos2};

use super::lens::Zoom;
pub use super::prepared::Prepared;
use super::thresholds::Draft;
use crate::model::heat_grid::HeatOptions;
use crate::model::heat_metric::{HeatMetric, HeatSort};
use crate::model::heat_thresholds::HeatThresholds;
use crate::model::ids::{ShardId, StreamName};
use crate::model::metrics::StreamMetrics;
use crate::model::sampled_metrics::MeasuredMetrics;
use crate::model::shard_map::ShardMap;
use crate::model::time::Timestamp;

/// A cell whose tooltip stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pin {
    /// The row; `None` is that of the stream.
    pub(super) shard: Option<ShardId>,
    /// A moment within its column.
    pub(super) at: Timestamp,
}

/// A span of time that is being drawn with the pointer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drag {
    /// Where it began.
    pub(super) from: Timestamp,
    /// Where the pointer is; `None` until it has moved.
    pub(super) to: Option<Timestamp>,
}

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
    pub(super) pointer: Option<Pos2>,
    /// A row to bring into sight, by its place.
    pub(super) scroll_to: Option<usize>,
    /// The selection of the last frame, to notice one that was made elsewhere.
    pub(super) seen: Option<ShardId>,
    /// The stream for which a row was selected unasked.
    pub(super) greeted: Option<StreamName>,
    /// Whether the verdict lies over the plots of a narrow window.
    pub(super) is_drawer_open: bool,
    /// The span that is shown instead of the whole window.
    pub(super) zoom: Option<Zoom>,
    /// The cell whose tooltip stays.
    pub(super) pin: Option<Pin>,
    /// The span that is being drawn.
    pub(super) drag: Option<Drag>,
    /// The person let the figures go on although the view is zoomed or a cell is pinned.
    pub(super) is_resumed: bool,
    /// The verdict that was drawn last.
    pub(super) conclusion: super::inspector::Conclusion,
    /// Thresholds that are being typed.
    pub(super) draft: Draft,
    /// What was prepared from the last answer.
    pub(super) prepared: Option<Prepared>,
}

impl std::fmt::Debug for HeatmapState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeatmapState").field("metric", &self.metric).field("sort", &self.sort).finish_non_exhaustive()
    }
}

/// What rows and textures are prepared from.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// The figures.
    pub metrics: &'a Arc<StreamMetrics>,
    /// How shards were measured, where their figures are estimates.
    pub measured: Option<&'a Arc<MeasuredMetrics>>,
    /// The shards, once they are listed.
    pub shards: Option<&'a Arc<ShardMap>>,
    /// Open shards of the stream, against which the stream row is held.
    pub open_shards: u32,
    /// Where figures become a warning and critical.
    pub thresholds: HeatThresholds,
    /// The theme of the textures.
    pub dark_mode: bool,
}

impl HeatmapState {
    /// How often rows and texture were made or changed; frames between two answers do not add to it.
    pub fn times_prepared(&self) -> u64 {
        self.prepared.as_ref().map_or(0, |prepared| prepared.version)
    }

    /// Makes rows and textures, or changes what a newer answer changes in them. Does nothing where all is as it was.
    pub fn prepare(&mut self, ctx: &Context, given: &Given<'_>) {
        let options = HeatOptions {
            metric: self.metric,
            sort: self.sort,
            open_shards: given.open_shards,
            thresholds: given.thresholds,
        };
        match &mut self.prepared {
            Some(prepared) => prepared.renew(ctx, given, options),
            None => self.prepared = Some(Prepared::new(ctx, given, options)),
        }
    }

    /// Shows this span instead of the whole window.
    pub(super) fn zoom_to(&mut self, zoom: Option<Zoom>) {
        if self.zoom != zoom {
            self.zoom = zoom;
            self.is_resumed &= zoom.is_some();
        }
    }

    /// Keeps the tooltip of a cell, or lets go of it where it is kept.
    pub(super) fn toggle_pin(&mut self, pin: Pin) {
        self.is_resumed = false;
        self.pin = if self.pin.as_ref() == Some(&pin) { None } else { Some(pin) };
    }

    /// Whether figures should stay as they are while the person looks into them.
    pub(super) fn wants_pause(&self) -> bool {
        (self.zoom.is_some() || self.pin.is_some()) && !self.is_resumed
    }
}
