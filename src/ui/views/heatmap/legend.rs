//! The line below the rows that says what colours and marks mean.

use eframe::egui::{Align2, Painter, Rect, Stroke, StrokeKind, pos2, vec2};

use super::geometry::{Columns, PAGE};
use super::grid;
use crate::model::heat_metric::HeatMetric;
use crate::ui::theme::{Tokens, fonts, heat, tokens};

const COOL_WIDTH: f32 = 160.0;

/// Paints the legend into `area`, whose lower edge is a hairline.
pub fn paint(painter: &Painter, t: &Tokens, dark_mode: bool, area: Rect, columns: &Columns, metric: HeatMetric) {
    let middle = area.top() + 15.0;
    painter.text(pos2(area.left() + PAGE, middle), Align2::LEFT_CENTER, metric.legend(), fonts::fine(), t.weak);
    let scale = Rect::from_min_size(pos2(columns.left, area.top() + 10.0), vec2(COOL_WIDTH + 62.0, 10.0));
    let end = match metric {
        HeatMetric::Throttles => throttle_scale(painter, t, dark_mode, scale),
        _ => full_scale(painter, t, dark_mode, scale, metric),
    };
    let x = keys(painter, t, dark_mode, end + 24.0, middle);
    debug_assert!(x > end);
    painter.hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, t.stroke));
}

/// The words for a figure of the scale at a share of the limit.
fn scale_label(metric: HeatMetric, percent: u32) -> String {
    match (metric, percent) {
        (HeatMetric::IteratorAge, 0) => "0".to_owned(),
        (HeatMetric::IteratorAge, 40) => "4 s".to_owned(),
        (HeatMetric::IteratorAge, 80) => "26".to_owned(),
        (HeatMetric::IteratorAge, _) => "60 s".to_owned(),
        (_, 100) => "100 %".to_owned(),
        _ => percent.to_string(),
    }
}

fn full_scale(painter: &Painter, t: &Tokens, dark_mode: bool, scale: Rect, metric: HeatMetric) -> f32 {
    for step in 0..80 {
        let left = scale.left() + step as f32 * COOL_WIDTH / 80.0;
        let texel = Rect::from_min_size(pos2(left, scale.top()), vec2(COOL_WIDTH / 80.0, scale.height()));
        painter.rect_filled(texel, 0, heat::color(f64::from(step) / 100.0, dark_mode));
    }
    let block = |left: f32| Rect::from_min_size(pos2(scale.left() + left, scale.top()), vec2(19.0, scale.height()));
    painter.rect_filled(block(COOL_WIDTH + 1.0), 0, heat::color(0.8, dark_mode));
    painter.rect_filled(block(COOL_WIDTH + 21.0), 0, heat::color(0.9, dark_mode));
    let over = block(COOL_WIDTH + 42.0);
    painter.rect_filled(over, 0, heat::color(1.0, dark_mode));
    painter.rect_stroke(over, 0, Stroke::new(1.0, tokens::HEAT_OVER_OUTLINE), StrokeKind::Inside);
    let below = scale.bottom() + 7.0;
    for (percent, x, anchor) in [
        (0, 0.0, Align2::LEFT_CENTER),
        (40, 80.0, Align2::CENTER_CENTER),
        (80, COOL_WIDTH, Align2::CENTER_CENTER),
        (100, COOL_WIDTH + 22.0, Align2::LEFT_CENTER),
    ] {
        let text = scale_label(metric, percent);
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

/// The marks and their names; gives back where they end.
fn keys(painter: &Painter, t: &Tokens, dark_mode: bool, left: f32, middle: f32) -> f32 {
    let mut x = left;
    for (mark, name) in [(0, "throttled writes"), (1, "zero"), (2, "no data / not yet reported")] {
        let swatch = Rect::from_min_size(pos2(x, middle - 7.0), vec2(9.0, 14.0));
        match mark {
            0 => grid::paint_notch_swatch(painter, dark_mode, swatch),
            1 => {
                painter.rect_filled(swatch, 0, heat::color(0.0, dark_mode));
                painter.rect_stroke(swatch, 0, Stroke::new(1.0, t.stroke), StrokeKind::Outside);
            }
            _ => grid::paint_hatch_swatch(painter, dark_mode, swatch),
        }
        let text = painter.text(pos2(x + 15.0, middle), Align2::LEFT_CENTER, name, fonts::fine(), t.weak);
        x += 15.0 + text.width() + 17.0;
    }
    x
}
