//! The line below the rows that says what colours and marks mean.

use eframe::egui::{Align, Align2, Painter, Rect, Stroke, StrokeKind, pos2, vec2};

use super::geometry::{Columns, PAGE};
use super::grid;
use crate::model::heat_metric::HeatMetric;
use crate::model::heat_thresholds::HeatThresholds;
use crate::ui::theme::{Tokens, fonts, heat, tokens};
use crate::ui::widgets;

const COOL_WIDTH: f32 = 160.0;
/// The same where more marks have to be told apart.
const SHORT_COOL_WIDTH: f32 = 120.0;

/// What the legend explains.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// The metric of the cells.
    pub metric: HeatMetric,
    /// Where its colours jump.
    pub thresholds: HeatThresholds,
    /// Length of a column in minutes.
    pub minutes: i64,
    /// Whether the cells of shards are estimates from records.
    pub is_sampled: bool,
    /// Whether some cells show what stood in a shard's place before.
    pub has_bands: bool,
}

impl Scale {
    fn cool_width(self) -> f32 {
        if self.is_sampled { SHORT_COOL_WIDTH } else { COOL_WIDTH }
    }
}

/// Paints the legend into `area`, whose lower edge is a hairline. Marks that end behind `right` are left out.
pub fn paint(painter: &Painter, t: &Tokens, dark_mode: bool, area: Rect, columns: &Columns, scale: Scale, right: f32) {
    let middle = area.top() + 15.0;
    let words = Rect::from_min_max(pos2(area.left() + PAGE, area.top()), pos2(columns.left - 4.0, area.top() + 30.0));
    let words_of = match (scale.metric, scale.minutes) {
        (HeatMetric::Throttles, minutes) if minutes > 1 => format!("throttled writes/{minutes} min"),
        (metric, _) => metric.legend().to_owned(),
    };
    widgets::paint_elided(painter, words, Align::Min, &words_of, fonts::fine(), t.weak);
    let bar = Rect::from_min_size(pos2(columns.left, area.top() + 10.0), vec2(scale.cool_width() + 62.0, 10.0));
    let end = match scale.metric {
        HeatMetric::Throttles => throttle_scale(painter, t, dark_mode, bar),
        _ => full_scale(painter, t, dark_mode, bar, scale),
    };
    if scale.is_sampled {
        sources(painter, t, dark_mode, end + 16.0, middle, right);
    } else {
        keys(painter, t, dark_mode, end + 24.0, middle, right, scale.has_bands);
    }
    painter.hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, t.stroke));
}

fn full_scale(painter: &Painter, t: &Tokens, dark_mode: bool, bar: Rect, scale: Scale) -> f32 {
    let (metric, thresholds) = (scale.metric, scale.thresholds);
    let (warn, critical) = (thresholds.warn(), thresholds.critical());
    let cool = scale.cool_width();
    let scale = bar;
    // Whole points, so that no seam shows between two shades.
    let steps = (cool / 2.0) as u32;
    for step in 0..steps {
        let texel = Rect::from_min_size(pos2(scale.left() + step as f32 * 2.0, scale.top()), vec2(2.0, scale.height()));
        let share = f64::from(step) / f64::from(steps) * warn * 0.999;
        painter.rect_filled(texel, 0, heat::color_by(share, thresholds, dark_mode));
    }
    let block = |left: f32| Rect::from_min_size(pos2(scale.left() + left, scale.top()), vec2(19.0, scale.height()));
    painter.rect_filled(block(cool + 1.0), 0, heat::color(0.8, dark_mode));
    painter.rect_filled(block(cool + 21.0), 0, heat::color(0.9, dark_mode));
    let over = block(cool + 42.0);
    painter.rect_filled(over, 0, heat::color(1.0, dark_mode));
    painter.rect_stroke(over, 0, Stroke::new(1.0, tokens::HEAT_OVER_OUTLINE), StrokeKind::Inside);
    let below = scale.bottom() + 7.0;
    let last = format!("{} {}", metric.scale_label(critical), metric.scale_unit());
    for (text, x, anchor) in [
        ("0".to_owned(), 0.0, Align2::LEFT_CENTER),
        (metric.scale_label(warn / 2.0), cool / 2.0, Align2::CENTER_CENTER),
        (metric.scale_label(warn), cool, Align2::CENTER_CENTER),
        (last, cool + 22.0, Align2::LEFT_CENTER),
    ] {
        painter.text(pos2(scale.left() + x, below), anchor, text, fonts::value(), t.weak);
    }
    scale.right()
}

/// Refused writes have no shades: none, or some.
fn throttle_scale(painter: &Painter, t: &Tokens, dark_mode: bool, scale: Rect) -> f32 {
    let block = |left: f32| Rect::from_min_size(pos2(scale.left() + left, scale.top()), vec2(19.0, scale.height()));
    painter.rect_filled(block(0.0), 0, heat::color(0.0, dark_mode));
    let over = block(40.0);
    painter.rect_filled(over, 0, heat::color(1.0, dark_mode));
    painter.rect_stroke(over, 0, Stroke::new(1.0, tokens::HEAT_OVER_OUTLINE), StrokeKind::Inside);
    for (x, text) in [(0.0, "0"), (40.0, "1 or more")] {
        painter.text(pos2(scale.left() + x, scale.bottom() + 7.0), Align2::LEFT_CENTER, text, fonts::value(), t.weak);
    }
    scale.left() + 110.0
}

/// What tells an estimate, a sum and the unknown apart: the shape.
fn sources(painter: &Painter, t: &Tokens, dark_mode: bool, left: f32, middle: f32, right: f32) {
    let mut x = left;
    for (mark, name) in ["sampled estimate", "CloudWatch sum", "unknown", "throttled writes"].into_iter().enumerate() {
        let width = widgets::text_width(painter, name, fonts::fine());
        if x + 15.0 + width > right {
            return;
        }
        let whole = Rect::from_min_size(pos2(x, middle - 7.0), vec2(9.0, 14.0));
        match mark {
            0 => {
                let small = Rect::from_min_size(pos2(x, middle - 5.0), vec2(8.0, 9.0));
                painter.rect_filled(small, 0, heat::color(0.5, dark_mode));
            }
            1 => {
                painter.rect_filled(whole, 0, heat::color(0.5, dark_mode));
            }
            2 => grid::paint_hatch_swatch(painter, dark_mode, whole),
            _ => grid::paint_notch_swatch(painter, dark_mode, whole),
        }
        painter.text(pos2(x + 15.0, middle), Align2::LEFT_CENTER, name, fonts::fine(), t.weak);
        x += 15.0 + width + 13.0;
    }
}

/// The marks and their names, as many as end before `right`.
fn keys(painter: &Painter, t: &Tokens, dark_mode: bool, left: f32, middle: f32, right: f32, has_bands: bool) {
    let mut x = left;
    let names = ["throttled writes", "zero", "no data / not yet reported", "before its split or merge"];
    for (mark, name) in names.into_iter().enumerate().take(if has_bands { 4 } else { 3 }) {
        let width = widgets::text_width(painter, name, fonts::fine());
        if x + 15.0 + width > right {
            return;
        }
        let swatch = Rect::from_min_size(pos2(x, middle - 7.0), vec2(9.0, 14.0));
        match mark {
            0 => grid::paint_notch_swatch(painter, dark_mode, swatch),
            1 => {
                painter.rect_filled(swatch, 0, heat::color(0.0, dark_mode));
                painter.rect_stroke(swatch, 0, Stroke::new(1.0, t.stroke), StrokeKind::Outside);
            }
            2 => grid::paint_hatch_swatch(painter, dark_mode, swatch),
            _ => {
                painter.rect_filled(swatch, 0, heat::before(heat::color(0.5, dark_mode), dark_mode));
            }
        }
        painter.text(pos2(x + 15.0, middle), Align2::LEFT_CENTER, name, fonts::fine(), t.weak);
        x += 15.0 + width + 17.0;
    }
}
