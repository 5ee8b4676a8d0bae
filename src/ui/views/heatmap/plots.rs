//! The three plots of the selected shard, or of the stream: bytes and records against their limits, refused writes.
//!
//! `egui_plot` draws inside rectangles pinned to the cells, in units of columns, so that a minute stands at the same x
//! above and below; scales and figures beside them are painted here. Where a column stands for several minutes, it shows
//! the highest of them, as the cells do.

use eframe::egui::{Align2, Color32, Painter, Rect, Role, Sense, Shape, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use egui_plot::{Bar, BarChart, FilledArea, GridMark, HLine, Line, Plot, PlotBounds, PlotPoints, PlotUi};

use super::axis;
use super::geometry::{Columns, PAGE, PLOT_GAP, PLOT_HEADER, PLOT_HEIGHTS};
use super::grid;
use crate::model::format;
use crate::model::heat_grid::HeatGrid;
use crate::model::heat_thresholds::HeatThresholds;
use crate::model::limits::{SHARD_WRITE_BYTES_PER_SEC, SHARD_WRITE_RECORDS_PER_SEC};
use crate::model::metrics::WriteMetrics;
use crate::model::series::Series;
use crate::ui::theme::{self, Tokens, fonts};

/// One plot, ready to draw.
struct Chart {
    name: &'static str,
    unit: String,
    values: Series,
    /// One figure for each column in sight: the highest of those it stands for.
    shown: Vec<Option<f64>>,
    limit: Option<Limit>,
    color: Color32,
    is_bars: bool,
    figure: fn(f64) -> String,
}

struct Limit {
    value: f64,
    label: String,
    with_warning: bool,
}

/// What the plots are of, and for how many shards the limits count.
pub struct Subject<'a> {
    /// Full id of the shard, or the name of the stream.
    pub name: &'a str,
    /// The figures.
    pub figures: &'a WriteMetrics,
    /// How many shards share the limits.
    pub shards: u32,
}

/// The rectangles of the three plots below `top`.
pub fn rects(columns: &Columns, top: f32, scale: f32) -> [Rect; 3] {
    let mut y = top + PLOT_HEADER;
    PLOT_HEIGHTS.map(|height| {
        let height = (height * scale).round();
        let rect = Rect::from_min_size(pos2(columns.left, y), vec2(columns.right() - columns.left, height));
        y += height + PLOT_GAP;
        rect
    })
}

/// What the plots share with the cells.
pub struct Around<'a> {
    /// The rows and their window.
    pub grid: &'a HeatGrid,
    /// The shared x axis.
    pub columns: Columns,
    /// Left edge of the view.
    pub left: f32,
    /// The column under the cursor.
    pub cursor: Option<usize>,
    /// Below 1 where the figures are old.
    pub opacity: f32,
    /// Whether what is shown is in trouble, so that a warning is a bad one.
    pub is_critical: bool,
}

/// Draws the plots and the time axis below them.
pub fn show(ui: &mut Ui, subject: &Subject<'_>, around: &Around<'_>, rects: &[Rect; 3]) {
    let t = theme::tokens(ui);
    let columns = &around.columns;
    let mut charts = charts(t, subject);
    for chart in &mut charts {
        let highest = |bin| columns.lens.columns_of(bin).filter_map(|column| chart.values.at(column)).reduce(f64::max);
        chart.shown = (0..columns.count()).map(highest).collect();
    }
    for (chart, rect) in charts.iter().zip(rects) {
        let response = ui.interact(*rect, ui.scope_id().with(("plot", chart.name)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, accessible_name(chart, subject.name)));
        ui.painter().rect_filled(*rect, 0, t.inset);
        draw(ui, chart, *rect, around);
        let painter = ui.painter();
        names(painter, t, chart, *rect, around.left);
        figures(painter, t, chart, *rect, around);
        if let Some(column) = around.cursor {
            grid::paint_crosshair(painter, t, columns, column, *rect);
        }
    }
    let bottom = rects.last().map_or(0.0, Rect::bottom);
    axis::time_labels(ui.painter(), t, columns, around.grid, bottom + 10.0, &[]);
}

fn charts(t: &Tokens, subject: &Subject<'_>) -> [Chart; 3] {
    let count = f64::from(subject.shards.max(1));
    let figures = subject.figures;
    let shards = format::grouped(i64::from(subject.shards.max(1)));
    let minutes = (figures.write_throttled.step_seconds() / 60).max(1);
    [
        Chart {
            name: "Bytes in",
            unit: "MiB/s".to_owned(),
            shown: Vec::new(),
            values: figures.incoming_bytes.per_second().map(|rate| rate / 1_048_576.0),
            limit: Some(Limit {
                value: SHARD_WRITE_BYTES_PER_SEC / 1_048_576.0 * count,
                label: format!("{shards} MiB/s limit"),
                with_warning: true,
            }),
            color: t.s1,
            is_bars: false,
            figure: format::significant,
        },
        Chart {
            name: "Records in",
            unit: "rec/s".to_owned(),
            shown: Vec::new(),
            values: figures.incoming_records.per_second(),
            limit: Some(Limit {
                value: SHARD_WRITE_RECORDS_PER_SEC * count,
                label: format!("{} rec/s limit", format::grouped((SHARD_WRITE_RECORDS_PER_SEC * count) as i64)),
                with_warning: false,
            }),
            color: t.s2,
            is_bars: false,
            figure: |rate| format::grouped(rate.round() as i64),
        },
        Chart {
            name: "Throttled",
            unit: if minutes == 1 { "writes/min".to_owned() } else { format!("writes/{minutes} min") },
            shown: Vec::new(),
            values: figures.write_throttled.map(|count| count.max(0.0)),
            limit: None,
            color: t.throttle,
            is_bars: true,
            figure: |count| format::grouped(count.round() as i64),
        },
    ]
}

impl Chart {
    /// The top of the scale: a quarter above the limit or the largest figure.
    fn top(&self) -> f64 {
        let largest = self.values.max().unwrap_or(0.0);
        let limit = self.limit.as_ref().map_or(0.0, |limit| limit.value);
        let top = 1.25 * largest.max(limit);
        if top > 0.0 { top } else { 10.0 }
    }

    /// Values with a label beside the plot.
    fn ticks(&self) -> Vec<(f64, String)> {
        match &self.limit {
            Some(limit) => {
                [0.0, 0.5, 1.0].map(|part| (limit.value * part, tick_text(limit.value * part, false))).to_vec()
            }
            None => {
                let step = nice_below(self.top() * 0.85);
                vec![(0.0, "0".to_owned()), (step, tick_text(step, true))]
            }
        }
    }
}

/// The largest of 1, 2, 3, 5 × 10ⁿ that is not above `value`.
fn nice_below(value: f64) -> f64 {
    let magnitude = 10f64.powf(value.max(1e-9).log10().floor());
    let lead = [5.0, 3.0, 2.0, 1.0].into_iter().find(|lead| lead * magnitude <= value).unwrap_or(1.0);
    lead * magnitude
}

fn tick_text(value: f64, is_count: bool) -> String {
    match value {
        0.0 => "0".to_owned(),
        v if v >= 1_000.0 && (v / 1_000.0).fract() == 0.0 => format!("{:.0}k", v / 1_000.0),
        v if v >= 1_000.0 => format!("{:.1}k", v / 1_000.0),
        v if v >= 10.0 || is_count => format!("{v:.0}"),
        v => format!("{v:.1}"),
    }
}

fn draw(ui: &mut Ui, chart: &Chart, rect: Rect, around: &Around<'_>) {
    let t = theme::tokens(ui);
    let (columns, opacity) = (&around.columns, around.opacity);
    let thresholds = around.grid.options.thresholds;
    let top = chart.top();
    let bottom = -top * 1.5 / f64::from(rect.height());
    let count = columns.count() as f64;
    let bounds = PlotBounds::from_min_max([0.0, bottom], [count, top]);
    let ticks: Vec<GridMark> = chart.ticks().iter().skip(1).map(|(value, _)| mark(*value, top)).collect();
    let column = |x: f32| f64::from((x - columns.left - columns.gap() / 2.0) / columns.pitch());
    let times: Vec<GridMark> = axis::ticks(columns)
        .into_iter()
        .filter(|tick| tick.x > columns.left && tick.x < columns.right() - 1.0)
        .map(|tick| mark(column(tick.x), count))
        .collect();
    let scale = Scale { rect, bottom, top };
    warning_band(ui.painter(), t, chart, scale, thresholds);
    ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(chart.name), |ui| {
        ui.multiply_opacity(opacity);
        Plot::new(("heatmap plot", chart.name))
            .width(rect.width())
            .height(rect.height())
            .min_size(vec2(1.0, 1.0))
            .show_axes(false)
            .show_background(false)
            .show_x(false)
            .show_y(false)
            .show_crosshair(false)
            .allow_zoom(false)
            .allow_drag(false)
            .allow_scroll(false)
            .allow_boxed_zoom(false)
            .allow_double_click_reset(false)
            .sense(Sense::hover())
            .grid_color(t.stroke_weak)
            .grid_fade(0.0)
            .x_grid_spacer(move |_| times.clone())
            .y_grid_spacer(move |_| ticks.clone())
            .show(ui, |plot| {
                plot.set_plot_bounds(bounds);
                series(plot, t, chart, columns);
            });
    });
    limit_labels(ui.painter(), t, chart, scale, thresholds);
}

/// From a value to its place on screen.
#[derive(Clone, Copy)]
struct Scale {
    rect: Rect,
    bottom: f64,
    top: f64,
}

impl Scale {
    fn y(self, value: f64) -> f32 {
        self.rect.bottom() - ((value - self.bottom) / (self.top - self.bottom)) as f32 * self.rect.height()
    }
}

/// The band from the warning threshold to the limit, with a dashed edge.
fn warning_band(painter: &Painter, t: &Tokens, chart: &Chart, scale: Scale, thresholds: HeatThresholds) {
    let Some(limit) = chart.limit.as_ref().filter(|limit| limit.with_warning) else { return };
    let rect = scale.rect;
    let y = |share: f64| scale.y(limit.value * share).round().max(rect.top());
    let (warn, critical) = (y(thresholds.warn()), y(thresholds.critical()));
    let band = Rect::from_min_max(pos2(rect.left(), critical), pos2(rect.right(), warn));
    painter.rect_filled(band, 0, t.warn.gamma_multiply(0.07));
    let dashed = |y: f32, color: Color32| {
        let edge = [pos2(rect.left(), y + 0.5), pos2(rect.right(), y + 0.5)];
        painter.extend(Shape::dashed_line(&edge, Stroke::new(1.0, color.gamma_multiply(0.7)), 3.0, 3.0));
    };
    dashed(warn, t.warn);
    // At 100 % the line of the limit itself says so.
    if thresholds.critical_percent != 100 && critical > rect.top() {
        dashed(critical, t.crit);
    }
}

/// A grid line that is drawn however near its neighbours are.
fn mark(value: f64, step_size: f64) -> GridMark {
    GridMark { value, step_size }
}

fn series(plot: &mut PlotUi<'_>, t: &Tokens, chart: &Chart, columns: &Columns) {
    let centre = f64::from((columns.pitch() - columns.gap()) / 2.0 / columns.pitch());
    if chart.is_bars {
        let bars = chart.shown.iter().enumerate().filter_map(|(index, value)| {
            let value = value.filter(|value| *value > 0.0)?;
            Some(Bar::new(index as f64 + centre, value).width(0.68).fill(chart.color).stroke(Stroke::NONE))
        });
        plot.bar_chart(BarChart::new("", bars.collect()).color(chart.color).allow_hover(false));
    } else {
        for run in runs(&chart.shown) {
            area_and_line(plot, chart, &run, centre);
        }
    }
    if let Some(limit) = &chart.limit {
        plot.hline(HLine::new("", limit.value).color(t.crit).width(1.25).allow_hover(false));
    }
}

/// Unbroken stretches of known figures, each with its column.
fn runs(values: &[Option<f64>]) -> Vec<Vec<(usize, f64)>> {
    let mut runs: Vec<Vec<(usize, f64)>> = vec![Vec::new()];
    for (index, value) in values.iter().enumerate() {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((index, *value)),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            _ => {}
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn area_and_line(plot: &mut PlotUi<'_>, chart: &Chart, run: &[(usize, f64)], centre: f64) {
    let xs: Vec<f64> = run.iter().map(|(index, _)| *index as f64 + centre).collect();
    let ys: Vec<f64> = run.iter().map(|(_, value)| *value).collect();
    let points: Vec<[f64; 2]> = xs.iter().zip(&ys).map(|(x, y)| [*x, *y]).collect();
    if let [[x, y]] = points.as_slice() {
        // One minute between two gaps: a short dash, since a line needs two points.
        let dash = vec![[x - 0.3, *y], [x + 0.3, *y]];
        plot.line(Line::new("", PlotPoints::from(dash)).color(chart.color).width(1.5).allow_hover(false));
        return;
    }
    let zeros = vec![0.0; xs.len()];
    let fill = chart.color.gamma_multiply(0.16);
    plot.add(FilledArea::new("", &xs, &zeros, &ys).fill_color(fill).stroke(Stroke::NONE).allow_hover(false));
    plot.line(Line::new("", PlotPoints::from(points)).color(chart.color).width(1.4).allow_hover(false));
}

fn limit_labels(painter: &Painter, t: &Tokens, chart: &Chart, scale: Scale, thresholds: HeatThresholds) {
    let rect = scale.rect;
    for (value, text) in chart.ticks() {
        let y = scale.y(value).clamp(rect.top() + 6.0, rect.bottom() - 5.0);
        painter.text(pos2(rect.left() - 6.0, y), Align2::RIGHT_CENTER, text, fonts::value(), t.weak);
    }
    let Some(limit) = &chart.limit else { return };
    let y = scale.y(limit.value);
    painter.text(pos2(rect.left() + 6.0, y - 1.0), Align2::LEFT_BOTTOM, &limit.label, fonts::fine(), t.crit);
    if limit.with_warning {
        let y = scale.y(limit.value * thresholds.warn());
        let text = format!("{} % warning", thresholds.warn_percent);
        painter.text(pos2(rect.left() + 6.0, y + 2.0), Align2::LEFT_TOP, text, fonts::fine(), t.warn);
        let y = scale.y(limit.value * thresholds.critical());
        if thresholds.critical_percent != 100 && y > rect.top() {
            let text = format!("{} % critical", thresholds.critical_percent);
            painter.text(pos2(rect.right() - 6.0, y - 1.0), Align2::RIGHT_BOTTOM, text, fonts::fine(), t.crit);
        }
    }
}

fn names(painter: &Painter, t: &Tokens, chart: &Chart, rect: Rect, left: f32) {
    let x = left + PAGE;
    painter.text(pos2(x, rect.top() + 10.0), Align2::LEFT_CENTER, chart.name, fonts::small_medium(), t.text);
    painter.text(pos2(x, rect.top() + 25.0), Align2::LEFT_CENTER, &chart.unit, fonts::fine(), t.weak);
}

/// Now, peak and, where there is room, the figure under the cursor, at the right of a plot.
fn figures(painter: &Painter, t: &Tokens, chart: &Chart, rect: Rect, around: &Around<'_>) {
    let grid = around.grid;
    let thresholds = grid.options.thresholds;
    let limit = chart.limit.as_ref().map(|limit| limit.value);
    let state = |value: f64, calm: Color32| match limit {
        _ if chart.is_bars && value > 0.0 => t.throttle,
        Some(limit) if value >= limit * thresholds.critical() => t.crit,
        Some(limit) if value >= limit * thresholds.warn() => {
            if around.is_critical {
                t.crit
            } else {
                t.warn
            }
        }
        _ => calm,
    };
    let now = chart.values.last_known().filter(|(index, _)| index + 5 >= chart.values.len()).map(|(_, value)| value);
    let peak = chart.values.max();
    let at_cursor = around
        .cursor
        .map(|column| (chart.shown.get(column).copied().flatten(), around.columns.lens.time_of(column).hm()));
    let mut lines = vec![(now, "now".to_owned(), true), (peak, "peak".to_owned(), false)];
    lines.extend(at_cursor.map(|(value, time)| (value, time, false)));
    let written = |value: Option<f64>| value.map_or(format::UNKNOWN.to_owned(), chart.figure);
    let widest = lines.iter().map(|(value, ..)| written(*value).chars().count()).max().unwrap_or(0);
    // A figure of up to five characters ends below the column "now" of the rows.
    let x = around.columns.right() + 40.0 + 7.2 * widest.saturating_sub(4) as f32;
    for (index, (value, label, is_strong)) in lines.into_iter().enumerate() {
        let y = rect.top() + 12.0 + 17.0 * index as f32;
        if y + 7.0 > rect.bottom() + 4.0 {
            break;
        }
        let text = written(value);
        let font = if is_strong { fonts::value_strong() } else { fonts::value() };
        let color = value.map_or(t.faint, |value| if is_strong { state(value, t.strong) } else { t.text });
        painter.text(pos2(x, y), Align2::RIGHT_CENTER, text, font, color);
        painter.text(pos2(x + 7.0, y), Align2::LEFT_CENTER, label, fonts::small(), t.weak);
    }
    if let Some(sum) = chart.values.sum().filter(|sum| chart.is_bars && *sum > 0.0) {
        let y = rect.top() + 12.0;
        let sum = format::grouped(sum as i64);
        let shown = painter.text(pos2(x + 64.0, y), Align2::LEFT_CENTER, sum, fonts::value_strong(), t.throttle);
        let label = format!("in {}", axis::length_words(grid.window));
        painter.text(pos2(shown.right() + 4.0, y), Align2::LEFT_CENTER, label, fonts::small(), t.weak);
    }
}

fn accessible_name(chart: &Chart, subject: &str) -> String {
    let figure = |value: Option<f64>| value.map_or("unknown".to_owned(), chart.figure);
    let now = chart.values.last_known().map(|(_, value)| value);
    let limit = chart.limit.as_ref().map_or(String::new(), |limit| format!(", {}", limit.label));
    let (name, unit) = (chart.name, &chart.unit);
    format!("{name} of {subject} now {} peak {} {unit}{limit}", figure(now), figure(chart.values.max()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    #[test]
    fn a_line_breaks_where_nothing_is_known() {
        let mut series = Series::unknown(Timestamp::from_secs(0), 60, 6);
        for minute in [0, 1, 4] {
            series.set(Timestamp::from_secs(minute * 60), minute as f64);
        }
        assert_eq!(runs(series.values()), [vec![(0, 0.0), (1, 1.0)], vec![(4, 4.0)]]);
        assert!(runs(&[None; 6]).is_empty());
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(nice_below(38.0), 30.0);
        assert_eq!(nice_below(9.9), 5.0);
        assert_eq!(tick_text(1_000.0, false), "1k");
        assert_eq!(tick_text(0.5, false), "0.5");
        assert_eq!(tick_text(3.0, true), "3");
        assert_eq!(tick_text(12.0, false), "12");
    }
}
