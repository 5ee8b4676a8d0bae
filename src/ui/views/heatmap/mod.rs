//! The heatmap: shards × minutes, coloured by share of the limit, with the selected shard's plots below and the verdict
//! at the right. Which shard, and since when.
//!
//! A frame costs what is in sight: cells are one texture, marks one cached mesh, text is laid out for visible rows only.

mod axis;
mod banner;
mod geometry;
mod grid;
mod gutter;
mod inspector;
mod keys;
mod legend;
mod lens;
mod lines;
mod live;
mod plots;
mod prepared;
mod rows;
mod state;
mod strips;
mod texels;
mod thresholds;
mod toolbar;
mod tooltip;
mod zoom;

use std::sync::Arc;

use eframe::egui::{Align, Align2, Area, Key, Order, Rect, Ui, UiBuilder, pos2, vec2};

pub use state::{Given, HeatmapState};

use crate::model::format;
use crate::model::health::Severity;
use crate::model::ids::ShardId;
use crate::model::metrics::{Source, StreamMetrics, WriteMetrics};
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets;
use geometry::{AXIS_HEIGHT, Areas, Columns, Heights, LEGEND_HEIGHT, PAGE, PLOT_HEADER};
use lens::Lens;
use prepared::Prepared;
use state::Pin;

/// Below this width of the window the inspector becomes a drawer.
const WIDE: f32 = 1_280.0;
/// Opacity of figures that are old because the last try failed.
const STALE_OPACITY: f32 = 0.5;

/// Draws the heatmap of the open stream into `ui`.
pub fn show(ui: &mut Ui, world: &World, state: &mut HeatmapState, selection: &mut Option<ShardId>, out: &mut Commands) {
    let full = ui.max_rect();
    let is_wide = ui.ctx().content_rect().width() >= WIDE;
    let mut areas = Areas::of(full, is_wide);
    let Some(open) = &world.open else {
        widgets::empty(ui, icons::HEATMAP, "No stream is open", "Choose one in the list at the left.", None);
        return;
    };
    if let Some(metrics) = open.shown_metrics() {
        let given = Given {
            metrics,
            measured: open.measured.as_ref(),
            shards: open.shards.value.as_ref().map(|(shards, _)| shards),
            open_shards: open_shard_count(open),
            thresholds: world.settings.heat_thresholds,
            dark_mode: ui.visuals().dark_mode,
        };
        state.prepare(ui.ctx(), &given);
    } else {
        state.prepared = None;
    }
    if let Some(prepared) = &mut state.prepared {
        greet(&mut state.greeted, prepared, open, selection);
    }
    toolbar::show(ui, areas.toolbar, world, state, selection, !is_wide, out);
    if open.figures != state.metric.figures() {
        out.push(Command::WantFigures(state.metric.figures()));
    }
    let mut prepared = state.prepared.take();
    if let Some(prepared) = &prepared {
        keys::take(ui, state, prepared, open, selection, out);
        areas = areas.below(strips::show(ui, areas.below_toolbar(), world, open, prepared, out));
    }
    match (&mut prepared, open.shown_metrics()) {
        (Some(prepared), Some(metrics)) if prepared.grid.columns() > 0 => {
            let main = Main { world, open, metrics, area: areas.main };
            ui.scope_builder(UiBuilder::new().max_rect(areas.main).id_salt("heatmap main"), |ui| {
                main.ui(ui, state, prepared, selection, out);
            });
        }
        _ => strips::instead_of_rows(ui, areas.main, world, open, out),
    }
    let conclusion = state.conclusion.about(open, selection.as_ref());
    let verdict = inspector::Inspector { world, open, prepared: prepared.as_ref(), verdict: conclusion.as_deref() };
    match areas.inspector {
        Some(area) => verdict.show(ui, area, selection, out),
        None if state.is_drawer_open => drawer(ui, areas.main, &verdict, selection, out),
        None => {}
    }
    state.prepared = prepared;
    ui.advance_cursor_after_rect(full);
}

/// The verdict over the right of a narrow window.
fn drawer(
    ui: &mut Ui,
    main: Rect,
    verdict: &inspector::Inspector<'_>,
    selection: &mut Option<ShardId>,
    out: &mut Commands,
) {
    let area = Rect::from_min_max(pos2(main.right() - main.width().min(340.0), main.top()), main.max);
    let layer = Area::new(ui.scope_id().with("drawer")).order(Order::Middle).fixed_pos(area.min).constrain(false);
    layer.show(ui.ctx(), |ui| {
        ui.set_min_size(area.size());
        verdict.show(ui, area, selection, out);
    });
}

/// Selects the worst shard when a stream is first seen, so that the verdict stands there before anything is clicked.
fn greet(
    greeted: &mut Option<crate::model::ids::StreamName>,
    prepared: &Prepared,
    open: &OpenStream,
    selection: &mut Option<ShardId>,
) {
    if greeted.as_ref() != Some(&open.name) && prepared.grid.has_shard_metrics {
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

/// The part with rows and plots, once there are figures.
struct Main<'a> {
    world: &'a World,
    open: &'a OpenStream,
    metrics: &'a Arc<StreamMetrics>,
    area: Rect,
}

impl Main<'_> {
    fn ui(
        &self,
        ui: &mut Ui,
        state: &mut HeatmapState,
        prepared: &mut Prepared,
        selection: &mut Option<ShardId>,
        out: &mut Commands,
    ) {
        let area = self.area;
        let pixels = ui.ctx().pixels_per_point();
        let most = Columns::room(area.left(), area.right(), pixels);
        let lens = Lens::of(prepared.grid.window, state.zoom, most);
        prepared.group(ui.ctx(), lens.per);
        let columns = Columns::fit(area.left(), area.right(), lens, pixels);
        let heights = Heights::share(area.height(), prepared.grid.len(), pixels);
        let strip = |top: f32, height: f32| Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), height));
        let rows_area = strip(area.top() + AXIS_HEIGHT, heights.rows);
        let legend_area = strip(rows_area.bottom(), LEGEND_HEIGHT);
        let is_live = self.open.live_shard.is_some();
        let plot_rects =
            if is_live { [Rect::NOTHING; 3] } else { plots::rects(&columns, legend_area.bottom(), heights.plot_scale) };
        let places = rows::Places { area: rows_area, columns, row_height: heights.row };
        let surface = zoom::Surface {
            columns,
            cells: rows::cells_area(&places),
            plots: &plot_rects,
            window: prepared.grid.window,
        };
        let drawn = zoom::follow(ui, state, &surface);
        let column = rows::point(ui, state, &places, &plot_rects);
        let opacity = if self.open.metrics.is_stale() { STALE_OPACITY } else { 1.0 };
        let generated_before = self.world.generated_before;
        let marks = axis::Marks {
            grid: &prepared.grid,
            cursor: column,
            drawn,
            generated_before,
            measured_since: prepared.since(),
        };
        let t = theme::tokens(ui);
        axis::show(ui, t, strip(area.top(), AXIS_HEIGHT), &columns, &marks);
        let stream = self.open.name.as_str();
        let frame = rows::Frame {
            places: &places,
            stream,
            generated_before,
            measured_since: prepared.since(),
            column,
            drawn,
            opacity,
        };
        let cell = rows::show(ui, &frame, state, prepared, selection, out);
        self.legend(ui, state, prepared, legend_area, &columns, out);
        let cursor = column.filter(|_| drawn.is_none());
        let row = prepared.row_of(selection.as_ref()).and_then(|row| prepared.grid.row(row));
        let is_critical = row.is_some_and(|row| row.severity == Severity::Critical);
        let around = plots::Around { grid: &prepared.grid, columns, left: area.left(), cursor, opacity, is_critical };
        if let Some(shard) = &self.open.live_shard {
            live::paint_bracket(ui.painter(), t, &columns, legend_area, self.world.now);
            let area = strip(legend_area.bottom(), area.bottom() - legend_area.bottom());
            let thresholds = prepared.grid.options.thresholds;
            live::Panel { open: self.open, shard, area, columns: &columns, now: self.world.now, thresholds }
                .show(ui, out);
        } else {
            self.plots(ui, prepared, selection.as_ref(), &around, &plot_rects);
        }
        self.not_measured(ui, prepared, &places);
        self.nothing_reported(ui, prepared, rows_area, &columns);
        if let Some(span) = drawn {
            zoom::paint_drawn(ui.painter(), t, &surface, span);
        } else if let Some((row, column, rect)) = cell {
            self.tooltip(ui, state.pin.as_ref(), prepared, (row, column, rect), &columns, out);
        }
    }

    fn legend(
        &self,
        ui: &mut Ui,
        state: &mut HeatmapState,
        prepared: &Prepared,
        area: Rect,
        columns: &Columns,
        out: &mut Commands,
    ) {
        let grid = &prepared.grid;
        let mut right = zoom::chips(ui, area, self.open, state, out) - 8.0;
        if self.open.live_shard.is_some() {
            right = right.min(live::bracket_left(columns).unwrap_or(right));
        }
        let scale = legend::Scale {
            metric: grid.metric(),
            thresholds: grid.thresholds(),
            minutes: i64::from(grid.window.step_seconds) / 60,
            is_sampled: grid.is_sampled,
            has_bands: grid.rows.iter().any(|row| row.before.is_some()),
        };
        legend::paint(ui.painter(), theme::tokens(ui), ui.visuals().dark_mode, area, columns, scale, right);
    }

    fn plots(
        &self,
        ui: &mut Ui,
        prepared: &Prepared,
        selection: Option<&ShardId>,
        around: &plots::Around<'_>,
        rects: &[Rect; 3],
    ) {
        let unknown = WriteMetrics::unknown(self.metrics.window);
        let (figures, shards) = match selection {
            Some(shard) => (self.metrics.shards.get(shard).unwrap_or(&unknown), 1),
            None => (&self.metrics.total, open_shard_count(self.open)),
        };
        let top = rects.first().map_or(self.area.bottom(), |rect| rect.top() - PLOT_HEADER);
        self.plot_header(ui, prepared, selection, top, &around.columns);
        let name = selection.map_or(self.open.name.as_str(), ShardId::as_str);
        plots::show(ui, &plots::Subject { name, figures, shards }, around, rects);
    }

    fn plot_header(&self, ui: &mut Ui, prepared: &Prepared, selection: Option<&ShardId>, top: f32, columns: &Columns) {
        let t = theme::tokens(ui);
        let area = self.area;
        let middle = top + PLOT_HEADER / 2.0 - 2.0;
        let painter = ui.painter();
        let row = prepared.row_of(selection).and_then(|row| prepared.grid.row(row));
        let severity = row.map_or(Severity::Unknown, |row| row.severity);
        let worst = prepared.trouble.iter().map(|(_, severity)| *severity).max();
        let severity = match selection {
            None if prepared.is_blank() => Severity::Unknown,
            None if prepared.grid.has_shard_metrics => worst.unwrap_or(Severity::Ok),
            _ => severity,
        };
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
        let is_sum = selection.is_none() && self.world.connection().is_some_and(|info| info.has_cloudwatch);
        let source = match self.metrics.source {
            Source::CloudWatch | Source::Sampled if is_sum => {
                format!("{}-min CloudWatch sums", self.metrics.window.step_seconds / 60)
            }
            Source::CloudWatch => format!("{}-min CloudWatch sums", self.metrics.window.step_seconds / 60),
            Source::Sampled => "estimated from records that were read".to_owned(),
        };
        let right = pos2(area.right() - PAGE, middle);
        let source = painter.text(right, Align2::RIGHT_CENTER, source, fonts::fine(), t.faint);
        let left = pos2(area.left() + PAGE + 16.0, middle);
        let name = painter.text(left, Align2::LEFT_CENTER, name, fonts::value_strong(), t.strong);
        let from = (columns.left + 66.0).max(name.right() + 24.0);
        let rest = Rect::from_min_max(pos2(from, middle - 9.0), pos2(source.left() - 12.0, middle + 9.0));
        widgets::paint_elided(painter, rest, Align::Min, &words, fonts::fine(), t.weak);
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

    /// Over the hatched part of rows that are estimates: since when they are measured, or that they are not.
    fn not_measured(&self, ui: &mut Ui, prepared: &Prepared, places: &rows::Places) {
        let columns = &places.columns;
        if !prepared.grid.is_sampled || prepared.is_blank() {
            return;
        }
        let mut area = geometry::cells_rect(columns, places.area.top(), places.area.height());
        area.min.y += places.row_height;
        let (title, words) = match prepared.since() {
            Some(since) => {
                area.max.x = columns.x_of(since).clamp(area.left(), area.right());
                (format!("Not measured before {}", since.hm()), "sampling began then, see the stream row")
            }
            None if prepared.measured.as_ref().is_some_and(|measured| measured.is_measured()) => {
                ("The others are not measured yet".to_owned(), "only the shard that is followed is, and the stream")
            }
            None => ("Shards are not measured yet".to_owned(), "only the stream as a whole is known, see its row"),
        };
        if area.width() >= 280.0 && area.height() >= 80.0 {
            strips::nothing_reported(ui, area, &title, words);
        }
    }

    /// Over rows without a single figure: nothing was written, or nothing is reported yet.
    fn nothing_reported(&self, ui: &mut Ui, prepared: &Prepared, area: Rect, columns: &Columns) {
        if !prepared.is_blank() || area.height() < 60.0 {
            return;
        }
        let cells = geometry::cells_rect(columns, area.top(), area.height());
        let title =
            format!("No figures in these {}", axis::length_words(prepared.grid.window).replace("min", "minutes"));
        strips::nothing_reported(ui, cells, &title, "nothing was written, or CloudWatch has not reported yet");
    }

    fn tooltip(
        &self,
        ui: &Ui,
        pin: Option<&Pin>,
        prepared: &Prepared,
        (place, bin, cell): rows::Cell,
        columns: &Columns,
        out: &mut Commands,
    ) {
        let grid = &prepared.grid;
        let Some(row) = grid.row(place) else { return };
        // Where a column stands for several minutes, the highest of them speaks.
        let minutes = columns.lens.columns_of(bin);
        let column = row.highest(minutes.clone()).map_or(minutes.start, |(column, _)| column);
        let at = grid.time_of(column);
        let came_from = row.before.as_ref().filter(|before| before.values.at(column).is_some());
        let (figures, shards) = match (&row.shard_id, came_from) {
            (Some(_), Some(before)) => (self.ancestor(&before.shards, at), 1),
            (Some(shard), None) => (self.metrics.shards.get(shard), 1),
            (None, _) => (Some(&self.metrics.total), open_shard_count(self.open)),
        };
        let (window, thresholds) = (grid.window, grid.options.thresholds);
        let mut text = tooltip::CellText::of(tooltip::Subject { row, figures, column, window, shards, thresholds });
        if let Some(before) = came_from {
            text.gap = Some(format!("{}: this shard did not exist yet", before.label()));
        }
        let measured = prepared.measured.as_ref().zip(row.shard_id.as_ref());
        let coverage = measured.and_then(|(measured, shard)| measured.coverage(shard, column));
        if let Some(coverage) = coverage.filter(|coverage| coverage.known_seconds > 0) {
            let of = grid.window.step_seconds;
            let around = coverage.half_width.map_or(String::new(), |half| format!(", ± {:.0} points", half * 100.0));
            text.rows.push(("Estimated from", format!("{} of {of} s{around}", coverage.known_seconds)));
        }
        if columns.lens.per > 1 {
            let end = columns.lens.time_of(bin + 1);
            text.rows.push(("Highest of", format!("{}–{} UTC", columns.lens.time_of(bin).hm(), end.hm())));
        }
        if self.world.generated_before.is_some_and(|before| at < before) {
            text.rows.push(("Source", "generated for the demo".to_owned()));
        }
        if widgets::take_key(ui, Key::C) {
            out.push(Command::Copy(text.accessible_name()));
        }
        text.is_pinned = pin.is_some();
        tooltip::show(ui, &text, cell, self.area);
    }

    /// The figures of the shard that was the busiest of these in a minute. A shard they came from in turn has none here.
    fn ancestor(&self, shards: &[ShardId], at: crate::model::time::Timestamp) -> Option<&WriteMetrics> {
        let bytes = |figures: &&WriteMetrics| {
            let series = &figures.incoming_bytes;
            series.index_of(at).and_then(|index| series.at(index)).unwrap_or(-1.0)
        };
        let known = shards.iter().filter_map(|shard| self.metrics.shards.get(shard));
        known.max_by(|a, b| bytes(a).total_cmp(&bytes(b)))
    }
}
