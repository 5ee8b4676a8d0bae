//! What stands beside the cells of a row: id and hash range at the left, now, peak, sparkline and flags at the right.

use eframe::egui::{Align2, Color32, FontId, Painter, Rangef, Rect, pos2, vec2};

use super::geometry::{Columns, PAGE};
use super::grid::Sight;
use super::prepared::RowText;
use crate::model::health::{RECENT_PERIODS, Severity};
use crate::model::heat_grid::HeatRow;
use crate::model::heat_metric::HeatMetric;
use crate::model::heat_thresholds::HeatThresholds;
use crate::model::limits::ITERATOR_AGE_WARN_MILLIS;
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets;

/// Left edge of the hash range, from the left edge of the view.
pub const HASH_LEFT: f32 = 78.0;
const HASH_WIDTH: f32 = 62.0;

/// The columns at the right of the cells.
#[derive(Clone, Copy, Debug)]
pub struct Right {
    /// Right edge of "now".
    pub now: f32,
    /// Right edge of "peak".
    pub peak: f32,
    /// The sparkline.
    pub spark: Rangef,
    /// Left edge of the flags.
    pub flags: f32,
}

impl Right {
    /// Their places behind the cells.
    pub fn of(columns: &Columns, is_sampled: bool) -> Self {
        let x = columns.right();
        // The name of the line is longer there.
        let flags = if is_sampled { x + 152.0 } else { x + 144.0 };
        Self { now: x + 40.0, peak: x + 74.0, spark: Rangef::new(x + 86.0, x + 134.0), flags }
    }
}

/// How much of a row is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Everything.
    Full,
    /// The row is too low for text: the hash range alone.
    Bare,
}

/// A row to draw.
pub struct Line<'a> {
    /// The row.
    pub row: &'a HeatRow,
    /// Its words.
    pub text: &'a RowText,
    /// The metric of its figures.
    pub metric: HeatMetric,
    /// Where figures become a warning and critical.
    pub thresholds: HeatThresholds,
    /// Its place.
    pub index: usize,
    /// Whether it is selected.
    pub is_selected: bool,
    /// Whether rows are estimates, so that the second column says how sure they are.
    pub is_sampled: bool,
    /// How much is written out.
    pub detail: Detail,
}

/// Paints one row's gutters. `left` is the left edge of the view.
pub fn paint(painter: &Painter, t: &Tokens, left: f32, sight: &Sight, line: &Line<'_>) {
    let (row, metric) = (line.row, line.metric);
    let top = sight.top(line.index);
    let middle = top + sight.row_height / 2.0;
    hash_range(painter, t, left, middle, sight.row_height, line);
    if line.detail == Detail::Bare {
        return;
    }
    let font: FontId = if (12.0..16.0).contains(&sight.row_height) { fonts::axis() } else { fonts::value() };
    let strong = FontId::new(font.size, fonts::value_strong().family);
    let name_color = match line.is_selected {
        true => t.strong,
        false if row.flags.is_closed => t.faint,
        false => t.text,
    };
    let name_font = if line.is_selected || row.shard_id.is_none() { strong } else { font.clone() };
    painter.text(pos2(left + PAGE, middle), Align2::LEFT_CENTER, &line.text.label, name_font, name_color);
    let right = Right::of(&sight.columns, line.is_sampled);
    let share_color = |share: f64, severity: Severity, calm: Color32| share_color(t, line, share, severity, calm);
    let figure = |x: f32, value: Option<f64>, text: &str, calm: Color32| {
        let color = value.map_or(t.faint, |value| share_color(metric.share(value), row.severity, calm));
        painter.text(pos2(x, middle), Align2::RIGHT_CENTER, text, font.clone(), color);
    };
    figure(right.now, row.now, &line.text.now, t.text);
    if line.is_sampled {
        painter.text(pos2(right.peak, middle), Align2::RIGHT_CENTER, &line.text.around, font.clone(), t.weak);
    } else {
        figure(right.peak, row.peak, &line.text.peak, t.weak);
    }
    if sight.row_height >= 12.0 {
        let area = Rect::from_x_y_ranges(right.spark, Rangef::new(top + 3.0, top + sight.row_height - 4.0));
        let peak = row.peak.unwrap_or(0.0);
        let (top, color) = match metric {
            HeatMetric::Throttles => (peak.max(10.0), severity_or_calm(t, row.severity)),
            HeatMetric::IteratorAge => (
                peak.max(ITERATOR_AGE_WARN_MILLIS),
                share_color(row.now.map_or(0.0, |now| metric.share(now)), Severity::Unknown, t.s2),
            ),
            _ => (1.1, severity_or_calm(t, row.severity)),
        };
        widgets::sparkline(painter, area, &line.text.spark, Some(top), color);
    }
    flags(painter, t, right.flags, middle, row);
}

fn hash_range(painter: &Painter, t: &Tokens, left: f32, middle: f32, row_height: f32, line: &Line<'_>) {
    let Some(range) = line.row.range else { return };
    let (track, mark) = if row_height > 10.0 { (4.0, 6.0) } else { (1.0, (row_height - 1.0).max(2.0)) };
    let x = left + HASH_LEFT;
    let bar = |from: f32, width: f32, height: f32| {
        Rect::from_min_size(pos2(from, (middle - height / 2.0).round()), vec2(width, height))
    };
    if row_height > 10.0 {
        painter.rect_filled(bar(x, HASH_WIDTH, track), 1, t.stroke_weak);
    }
    let from = (range.start.fraction() as f32 * HASH_WIDTH).min(HASH_WIDTH - 2.0);
    let width = (range.share() as f32 * HASH_WIDTH).max(2.0);
    let color = if line.is_selected { t.accent } else { t.weak };
    painter.rect_filled(bar(x + from.round(), width.round(), mark), 0, color);
}

/// Colour of a figure: by its share of the limit, deepened by the row's verdict.
fn share_color(t: &Tokens, line: &Line<'_>, share: f64, severity: Severity, calm: Color32) -> Color32 {
    let (warn, critical) = (line.thresholds.warn(), line.thresholds.critical());
    match share {
        s if s >= critical => t.crit,
        s if s >= warn && severity == Severity::Critical => t.crit,
        s if s >= warn => t.warn,
        _ => calm,
    }
}

fn severity_or_calm(t: &Tokens, severity: Severity) -> Color32 {
    if severity >= Severity::Warning { theme::severity_color(t, severity) } else { t.s2 }
}

fn flags(painter: &Painter, t: &Tokens, left: f32, middle: f32, row: &HeatRow) {
    let mut x = left;
    if row.flags.is_hot {
        let center = pos2(x + 5.0, middle);
        let points = [vec2(0.0, -4.5), vec2(5.0, 4.0), vec2(-5.0, 4.0)].map(|offset| center + offset).to_vec();
        let color = theme::severity_color(t, row.severity);
        painter.add(eframe::egui::Shape::convex_polygon(points, color, eframe::egui::Stroke::NONE));
        x += 13.0;
    }
    let bursts = row.estimate.map_or(0, |estimate| estimate.burst_seconds);
    if bursts > 0 {
        painter.text(pos2(x, middle), Align2::LEFT_CENTER, icons::LIGHTNING, fonts::icon(12.0), t.warn);
        painter.text(pos2(x + 14.0, middle), Align2::LEFT_CENTER, format!("{bursts} s"), fonts::value(), t.warn);
        return;
    }
    if let Some(count) = row.throttled.filter(|count| *count > 0.0) {
        let is_recent = row.throttles.count_recent(RECENT_PERIODS, |count| count > 0.0) > 0;
        let color = if is_recent { t.throttle } else { t.text };
        painter.text(pos2(x, middle), Align2::LEFT_CENTER, icons::THROTTLED, fonts::icon(12.0), color);
        painter.text(
            pos2(x + 14.0, middle),
            Align2::LEFT_CENTER,
            HeatMetric::Throttles.short(count),
            fonts::value(),
            color,
        );
        return;
    }
    let word = match row.flags {
        flags if flags.is_closed => Some(("closed", t.faint)),
        flags if flags.is_new => Some(("new", t.accent)),
        flags if flags.is_idle => Some(("idle", t.faint)),
        _ => None,
    };
    if let Some((word, color)) = word {
        painter.text(pos2(x, middle), Align2::LEFT_CENTER, word, fonts::fine(), color);
    }
}
