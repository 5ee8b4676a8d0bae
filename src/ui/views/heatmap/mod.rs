//! The heatmap: shards × minutes, coloured by share of the limit, with the selected shard's plots below and the verdict
//! at the right. Which shard, and since when.
//!
//! A frame costs what is in sight: cells are one texture, marks one cached mesh, text is laid out for visible rows only.

mod axis;
mod geometry;
mod grid;
mod gutter;
mod inspector;
mod keys;
mod legend;
mod plots;
mod rows;
mod state;
mod strips;
mod toolbar;
mod tooltip;

use std::sync::Arc;

use eframe::egui::{Align, Align2, Area, Order, Rect, Ui, UiBuilder, pos2, vec2};

pub use state::HeatmapState;

use crate::model::format;
use crate::model::health::Severity;
use crate::model::ids::ShardId;
use crate::model::metrics::{Source, StreamMetrics, WriteMetrics};
use crate::model::world::{OpenStream, World};
use crate::ui::command::Commands;
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets;
use geometry::{AXIS_HEIGHT, Areas, Columns, Heights, LEGEND_HEIGHT, PAGE, PLOT_HEADER};
use state::Prepared;

/// Below this width of the window the inspector becomes a drawer.
const WIDE: f32 = 1_280.0;
/// Opacity of figures that are old because the last try failed.
const STALE_OPACITY: f32 = 0.5;

/// Draws the heatmap of the open stream into `ui`.
pub fn show(ui: &mut Ui, world: &World, state: &mut HeatmapState, selection: &mut Option<ShardId>, out: &mut Commands) {
    let full = ui.max_rect();
    let is_wide = ui.ctx().content_rect().width() >= WIDE;
    let areas = Areas::of(full, is_wide);
    let Some(open) = &world.open else {
        widgets::empty(ui, icons::HEATMAP, "No stream is open", "Choose one in the list at the left.", None);
        return;
    };
    if let Some((metrics, _)) = &open.metrics.value {
        let shards = open.shards.value.as_ref().map(|(shards, _)| shards);
        let open_shards = open_shard_count(open);
        state.prepare(ui.ctx(), metrics, shards, open_shards, ui.visuals().dark_mode);
    } else {
        state.prepared = None;
    }
    if let Some(prepared) = &mut state.prepared {
        greet(&mut state.greeted, prepared, open, selection);
    }
    toolbar::show(ui, areas.toolbar, world, state, !is_wide, out);
    let mut prepared = state.prepared.take();
    if let Some(prepared) = &mut prepared {
        keys::take(ui, state, prepared, selection, out);
    }
    ui.scope_builder(UiBuilder::new().max_rect(areas.main).id_salt("heatmap main"), |ui| {
        match (&mut prepared, open.metrics.value.as_ref().map(|(metrics, _)| metrics)) {
            (Some(prepared), Some(metrics)) => {
                Main { world, open, metrics }.ui(ui, areas.main, state, prepared, selection, out);
            }
            _ => strips::instead_of_rows(ui, areas.main, world, open, out),
        }
    });
    verdict(ui, &areas, world, open, state, prepared.as_ref(), selection, out);
    state.prepared = prepared;
    ui.advance_cursor_after_rect(full);
}

/// Selects the worst shard when a stream is first seen, so that the verdict stands there before anything is clicked.
fn greet(
    greeted: &mut Option<crate::model::ids::StreamName>,
    prepared: &Prepared,
    open: &OpenStream,
    selection: &mut Option<ShardId>,
) {
    if greeted.as_ref() != Some(&open.name) {
        *greeted = Some(open.name.clone());
        let is_here = selection.as_ref().is_some_and(|shard| prepared.row_of(Some(shard)).is_some());
        if !is_here {
            *selection = prepared.flagged().next().cloned();
        }
    }
}

fn open_shard_count(open: &OpenStream) -> u32 {
    match (open.summary.get(), open.shards.get()) {
        (Some(summary), _) if summary.open_shard_count > 0 => summary.open_shard_count,
        (_, Some(shards)) => u32::try_from(shards.open_count()).unwrap_or(u32::MAX),
        _ => 1,
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of one view, passed through")]
fn verdict(
    ui: &mut Ui,
    areas: &Areas,
    world: &World,
    open: &OpenStream,
    state: &HeatmapState,
    prepared: Option<&Prepared>,
    selection: &mut Option<ShardId>,
    out: &mut Commands,
) {
    if let Some(area) = areas.inspector {
        inspector::show(ui, area, world, open, prepared, selection, out);
    } else if state.is_drawer_open {
        let width = areas.main.width().min(340.0);
        let area = Rect::from_min_max(pos2(areas.main.right() - width, areas.main.top()), areas.main.max);
        Area::new(ui.scope_id().with("drawer")).order(Order::Middle).fixed_pos(area.min).constrain(false).show(
            ui.ctx(),
            |ui| {
                ui.set_min_size(area.size());
                ui.interact(area, ui.scope_id().with("ground"), eframe::egui::Sense::click());
                inspector::show(ui, area, world, open, prepared, selection, out);
            },
        );
    }
}

/// The part with rows and plots, once there are figures.
struct Main<'a> {
    world: &'a World,
    open: &'a OpenStream,
    metrics: &'a Arc<StreamMetrics>,
}

impl Main<'_> {
    fn ui(
        &self,
        ui: &mut Ui,
        area: Rect,
        state: &mut HeatmapState,
        prepared: &mut Prepared,
        selection: &mut Option<ShardId>,
        out: &mut Commands,
    ) {
        let area = self.strips(ui, area, prepared, out);
        let pixels = ui.ctx().pixels_per_point();
        let columns = Columns::fit(area.left(), area.right(), prepared.grid.columns(), pixels);
        let heights = Heights::share(area.height(), prepared.grid.rows.len(), pixels);
        let rows_area =
            Rect::from_min_size(pos2(area.left(), area.top() + AXIS_HEIGHT), vec2(area.width(), heights.rows));
        let legend_area = Rect::from_min_size(rows_area.left_bottom(), vec2(area.width(), LEGEND_HEIGHT));
        let plot_rects = plots::rects(&columns, legend_area.bottom(), heights.plot_scale);
        let places = rows::Places { area: rows_area, columns, row_height: heights.row };
        let column = rows::point(ui, state, prepared, &places, &plot_rects);
        let opacity = if self.open.metrics.is_stale() { STALE_OPACITY } else { 1.0 };
        let marks = axis::Marks { grid: &prepared.grid, cursor: column, generated_before: self.world.generated_before };
        let t = theme::tokens(ui);
        let axis_area = Rect::from_min_size(area.min, vec2(area.width(), AXIS_HEIGHT));
        axis::paint(ui.painter(), t, axis_area, &columns, &marks);
        let frame = rows::Frame {
            places: &places,
            stream: self.open.name.as_str(),
            generated_before: self.world.generated_before,
            column,
            opacity,
        };
        let cell = rows::show(ui, &frame, state, prepared, selection);
        legend::paint(ui.painter(), t, ui.visuals().dark_mode, legend_area, &columns, prepared.grid.metric);
        self.plots(ui, prepared, selection.as_ref(), &plot_rects, legend_area.bottom(), &columns, column, opacity);
        self.nothing_reported(ui, prepared, &rows_area, &columns);
        if let Some((row, column, rect)) = cell {
            self.tooltip(ui, prepared, row, column, rect, area);
        }
    }

    /// Draws what must be said before the rows; gives back what is left for them.
    fn strips(&self, ui: &mut Ui, area: Rect, prepared: &Prepared, out: &mut Commands) -> Rect {
        let mut area = area;
        if let Some((problem, _)) = self.open.metrics.problem.as_ref() {
            let (strip, rest) = area.split_top_bottom_at_y(area.top() + strips::STALE_HEIGHT);
            strips::stale(ui, strip, self.world, self.open, problem, out);
            area = rest;
        }
        if !prepared.grid.has_shard_metrics {
            let (strip, rest) = area.split_top_bottom_at_y(area.top() + strips::BANNER_HEIGHT);
            strips::shard_metrics_banner(ui, strip, self.open, out);
            area = rest;
        }
        area
    }

    #[expect(clippy::too_many_arguments, reason = "the measures of one frame")]
    fn plots(
        &self,
        ui: &mut Ui,
        prepared: &Prepared,
        selection: Option<&ShardId>,
        rects: &[Rect; 3],
        top: f32,
        columns: &Columns,
        column: Option<usize>,
        opacity: f32,
    ) {
        let unknown = WriteMetrics::unknown(self.metrics.window);
        let (figures, shards) = match selection {
            Some(shard) => (self.metrics.shards.get(shard).unwrap_or(&unknown), 1),
            None => (&self.metrics.total, open_shard_count(self.open)),
        };
        let left = ui.max_rect().left();
        self.plot_header(ui, prepared, selection, top, columns);
        let name = selection.map_or(self.open.name.as_str(), ShardId::as_str);
        let subject = plots::Subject { name, figures, shards };
        let around = plots::Around { grid: &prepared.grid, columns: *columns, left, cursor: column, opacity };
        plots::show(ui, &subject, &around, rects);
    }

    fn plot_header(&self, ui: &mut Ui, prepared: &Prepared, selection: Option<&ShardId>, top: f32, columns: &Columns) {
        let t = theme::tokens(ui);
        let area = ui.max_rect();
        let middle = top + PLOT_HEADER / 2.0;
        let painter = ui.painter();
        let row = prepared.row_of(selection).and_then(|row| prepared.grid.rows.get(row));
        let severity = row.map_or(Severity::Unknown, |row| row.severity);
        let severity = if selection.is_none() && prepared.grid.has_shard_metrics { Severity::Ok } else { severity };
        widgets::status_glyph(painter, t, pos2(area.left() + PAGE + 5.0, middle), severity);
        let (name, words) = match selection {
            Some(shard) => (shard.to_string(), self.range_words(shard)),
            None => {
                let count = i64::from(open_shard_count(self.open));
                let shards =
                    if count == 1 { "1 shard".to_owned() } else { format!("{} shards", format::grouped(count)) };
                (format!("stream {}", self.open.name), format!("all writes, against the limits of {shards}"))
            }
        };
        let source = match self.metrics.source {
            Source::CloudWatch => "1-min CloudWatch sums",
            Source::Sampled => "estimated from records that were read",
        };
        let right = pos2(area.right() - PAGE, middle);
        let source = painter.text(right, Align2::RIGHT_CENTER, source, fonts::small(), t.faint);
        let left = pos2(area.left() + PAGE + 16.0, middle);
        let name = painter.text(left, Align2::LEFT_CENTER, name, fonts::value_strong(), t.strong);
        let from = (columns.left + 66.0).max(name.right() + 24.0);
        let rest = Rect::from_min_max(pos2(from, middle - 9.0), pos2(source.left() - 12.0, middle + 9.0));
        widgets::paint_elided(painter, rest, Align::Min, &words, fonts::small(), t.weak);
    }

    fn range_words(&self, shard: &ShardId) -> String {
        match self.open.shards.get().and_then(|shards| shards.get(shard)) {
            Some(shard) => {
                let share = shard.range.share() * 100.0;
                let share = if share < 1.0 { format!("{share:.2}") } else { format!("{share:.0}") };
                format!("{}, {share} % of key space", shard.range)
            }
            None => "not listed".to_owned(),
        }
    }

    /// Over rows without a single figure: nothing was written, or nothing is reported yet.
    fn nothing_reported(&self, ui: &mut Ui, prepared: &Prepared, area: &Rect, columns: &Columns) {
        let grid = &prepared.grid;
        if !prepared.is_blank() || area.height() < 60.0 {
            return;
        }
        let cells = geometry::cells_rect(columns, area.top(), area.height());
        let minutes = grid.columns() as u64 * u64::from(grid.window.step_seconds) / 60;
        let title = format!("No figures in these {minutes} minutes");
        strips::nothing_reported(ui, cells, &title, "nothing was written, or CloudWatch has not reported yet");
    }

    fn tooltip(&self, ui: &Ui, prepared: &Prepared, row: usize, column: usize, cell: Rect, bounds: Rect) {
        let Some(row) = prepared.grid.rows.get(row) else { return };
        let (figures, shards) = match &row.shard_id {
            Some(shard) => (self.metrics.shards.get(shard), 1),
            None => (Some(&self.metrics.total), open_shard_count(self.open)),
        };
        let text = tooltip::CellText::of(row, figures, column, shards);
        tooltip::show(ui, &text, cell, bounds);
    }
}
