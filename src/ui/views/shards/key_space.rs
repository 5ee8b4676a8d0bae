//! The key space drawn as a line: where a range lies, how a shard's box is coloured, the marks below. Shared by every
//! picture that has the key space on its x axis.

use eframe::egui::{
    Align2, Color32, CornerRadius, FontId, Mesh, Painter, Pos2, Rangef, Rect, Shape, Stroke, StrokeKind, pos2, vec2,
};

use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::ui::theme::{Tokens, fonts, heat};
use crate::ui::widgets::{hatching, text_width};

/// x of a hash key inside `area`.
pub fn x_of(key: HashKey, area: Rangef) -> f32 {
    area.min + key.fraction() as f32 * area.span()
}

/// The pixels of a range, with a gap of two points to its neighbour where there is room for one.
pub fn span_of(range: HashKeyRange, area: Rangef) -> Rangef {
    let (left, right) = (x_of(range.start, area), x_of(range.end, area));
    let gap = if right - left > 6.0 { 2.0 } else { 0.0 };
    let left = left.round();
    Rangef::new(left, (right.round() - gap).max(left + 1.0))
}

/// The hash key below a point; for hit tests.
pub fn key_at(x: f32, area: Rangef) -> HashKey {
    let share = f64::from(((x - area.min) / area.span().max(1.0)).clamp(0.0, 1.0));
    HashKey((share * u128::MAX as f64) as u128)
}

/// Fills a shard's box by its share of the limit; hatched where that is not known.
pub fn paint_heat(painter: &Painter, rect: Rect, share: Option<f64>, radius: u8, dark_mode: bool) {
    match share {
        Some(share) => {
            painter.rect_filled(rect, radius, heat::color(share, dark_mode));
            if share >= 1.0 {
                let stroke = Stroke::new(1.0, crate::ui::theme::tokens::HEAT_OVER_OUTLINE);
                painter.rect_stroke(rect, radius, stroke, StrokeKind::Inside);
            }
        }
        None => {
            painter.rect_filled(rect, radius, heat::no_data(dark_mode));
            hatching(painter, rect, 5.0, 1.2, heat::hatch(dark_mode));
        }
    }
}

/// Colour of words on a box filled by [`paint_heat`].
pub fn ink_on(share: Option<f64>, t: &Tokens, dark_mode: bool) -> Color32 {
    share.map_or(t.weak, |share| heat::text_color(share, dark_mode))
}

/// The mark of refused writes: a white corner, top right.
pub fn paint_notch(painter: &Painter, rect: Rect) {
    let side = 9.0_f32.min(rect.width()).min(rect.height());
    let corner = rect.right_top();
    let points = vec![corner - vec2(side, 0.0), corner, corner + vec2(0.0, side)];
    let edge = Stroke::new(0.8, crate::ui::theme::tokens::NOTCH_EDGE);
    painter.add(Shape::convex_polygon(points, crate::ui::theme::tokens::NOTCH_FILL, edge));
}

/// Writes the first digits of the hash keys at even steps below `y`, with a tick at each.
pub fn paint_axis(painter: &Painter, t: &Tokens, area: Rangef, y: f32, steps: u32) {
    let steps = steps.max(1);
    let mut taken = f32::NEG_INFINITY;
    for step in 0..=steps {
        let share = f64::from(step) / f64::from(steps);
        let x = (area.min + share as f32 * area.span()).round();
        let text = match step {
            0 => "00…".to_owned(),
            step if step == steps => "ff…".to_owned(),
            _ => format!("{:02x}…", (share * 256.0).round() as u32),
        };
        let width = text_width(painter, &text, fonts::axis());
        let (anchor, left) = match step {
            0 => (Align2::LEFT_TOP, x),
            step if step == steps => (Align2::RIGHT_TOP, x - width),
            _ => (Align2::CENTER_TOP, x - width / 2.0),
        };
        painter.vline(x.clamp(area.min + 0.5, area.max - 0.5), y..=y + 3.0, Stroke::new(1.0, t.stroke_strong));
        if left > taken + 6.0 {
            painter.text(pos2(x, y + 4.0), anchor, text, fonts::axis(), t.weak);
            taken = left + width;
        }
    }
}

/// A band between two horizontal edges, as two triangles.
pub fn paint_ribbon(painter: &Painter, top: (Rangef, f32), bottom: (Rangef, f32), fill: Color32) {
    let mut mesh = Mesh::default();
    let corners =
        [pos2(top.0.min, top.1), pos2(top.0.max, top.1), pos2(bottom.0.max, bottom.1), pos2(bottom.0.min, bottom.1)];
    for corner in corners {
        mesh.colored_vertex(corner, fill);
    }
    mesh.add_triangle(0, 1, 2);
    mesh.add_triangle(0, 2, 3);
    painter.add(Shape::mesh(mesh));
}

/// A rectangle between two x and two y.
pub fn rect_of(x: Rangef, top: f32, bottom: f32) -> Rect {
    Rect::from_min_max(pos2(x.min, top), pos2(x.max, bottom))
}

/// Words above a caption, as at the left of each band: a name and what it says of itself.
pub fn paint_band_name(painter: &Painter, t: &Tokens, left_top: Pos2, name: &str, caption: &str) {
    painter.text(left_top, Align2::LEFT_TOP, name, fonts::small_medium(), t.strong);
    let below = left_top + vec2(0.0, 15.0);
    painter.text(below, Align2::LEFT_TOP, caption, FontId::new(11.0, fonts::body().family), t.weak);
}

/// Paints an outline around what is picked.
pub fn paint_outline(painter: &Painter, rect: Rect, width: f32, color: Color32) {
    painter.rect_stroke(rect.expand(0.5), CornerRadius::same(2), Stroke::new(width, color), StrokeKind::Middle);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_tile_the_line() {
        let area = Rangef::new(100.0, 1_124.0);
        let spans: Vec<Rangef> = HashKeyRange::uniform(8).into_iter().map(|range| span_of(range, area)).collect();
        assert_eq!(spans.first().map(|s| s.min), Some(100.0));
        assert_eq!(spans.last().map(|s| s.max), Some(1_122.0));
        assert!(spans.windows(2).all(|pair| (pair[1].min - pair[0].max - 2.0).abs() < 0.01));
        assert_eq!(key_at(612.0, area).0 >> 120, 0x80);
        assert_eq!(key_at(-9.0, area), HashKey(0));
        assert_eq!(key_at(9_999.0, area), HashKey(u128::MAX));
    }
}
