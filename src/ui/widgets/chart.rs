//! Small painted figures: sparklines, bars and hatching. Gaps stay gaps.

use eframe::egui::{Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};

use crate::ui::theme::{Tokens, heat};

/// A line over time with a 14 % area below it, from zero to `top` (or the largest figure). What is not known is a gap; the
/// newest figure gets a dot.
pub fn sparkline(painter: &Painter, rect: Rect, values: &[Option<f64>], top: Option<f64>, color: Color32) {
    let largest = values.iter().flatten().copied().fold(0.0, f64::max);
    let top = top.unwrap_or(largest).max(f64::MIN_POSITIVE);
    let pitch = rect.width() / (values.len().max(2) - 1) as f32;
    let mut mesh = Mesh::default();
    let mut run: Vec<Pos2> = Vec::new();
    let mut newest = None;
    for (index, value) in values.iter().enumerate() {
        match value {
            Some(value) => {
                let share = (value / top).clamp(0.0, 1.0) as f32;
                let point = pos2(rect.left() + index as f32 * pitch, rect.bottom() - share * rect.height());
                newest = Some(point);
                run.push(point);
            }
            None => finish_run(painter, &mut mesh, &mut run, rect.bottom(), color),
        }
    }
    finish_run(painter, &mut mesh, &mut run, rect.bottom(), color);
    painter.add(Shape::mesh(mesh));
    if let Some(point) = newest {
        painter.circle_filled(point, 1.6, color);
    }
}

fn finish_run(painter: &Painter, mesh: &mut Mesh, run: &mut Vec<Pos2>, bottom: f32, color: Color32) {
    let fill = color.gamma_multiply(0.14);
    for pair in run.windows(2) {
        if let [a, b] = pair {
            quad(mesh, [*a, *b, pos2(b.x, bottom), pos2(a.x, bottom)], fill);
        }
    }
    if run.len() > 1 {
        painter.line(std::mem::take(run), Stroke::new(1.2, color));
    } else {
        run.clear();
    }
}

/// Bars over time from zero to `top` (or the largest figure); unknown and zero periods stay empty.
pub fn stacked_bars(painter: &Painter, rect: Rect, values: &[Option<f64>], top: Option<f64>, color: Color32) {
    let largest = values.iter().flatten().copied().fold(0.0, f64::max);
    let top = top.unwrap_or(largest).max(f64::MIN_POSITIVE);
    let pitch = rect.width() / values.len().max(1) as f32;
    let gap = if pitch >= 3.0 { 1.0 } else { 0.0 };
    let mut mesh = Mesh::default();
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value.filter(|value| *value > 0.0) else { continue };
        let height = ((value / top).clamp(0.0, 1.0) as f32 * rect.height()).max(1.0);
        let left = rect.left() + index as f32 * pitch;
        mesh.add_colored_rect(
            Rect::from_min_max(pos2(left, rect.bottom() - height), pos2(left + pitch - gap, rect.bottom())),
            color,
        );
    }
    painter.add(Shape::mesh(mesh));
}

/// Share of a limit as a bar of the heat scale; full is 100 %. `with_tick` marks the warning threshold at 80 %.
pub fn utilisation_bar(
    painter: &Painter,
    t: &Tokens,
    dark_mode: bool,
    rect: Rect,
    share: Option<f64>,
    with_tick: bool,
) {
    painter.rect_filled(rect, 1, t.stroke_weak);
    if let Some(share) = share {
        let width = (share.clamp(0.0, 1.0) as f32 * rect.width()).max(if share > 0.0 { 1.0 } else { 0.0 });
        painter.rect_filled(
            Rect::from_min_size(rect.min, vec2(width, rect.height())),
            1,
            heat::color(share, dark_mode),
        );
    }
    if with_tick {
        let x = (rect.left() + 0.8 * rect.width()).round();
        painter.rect_filled(
            Rect::from_min_max(pos2(x, rect.top() - 2.0), pos2(x + 1.0, rect.bottom() + 2.0)),
            0,
            t.warn,
        );
    }
}

/// Fills `rect` with 45° lines of `width` every `spacing` points.
pub fn hatching(painter: &Painter, rect: Rect, spacing: f32, width: f32, color: Color32) {
    let mut mesh = Mesh::default();
    hatching_into(&mut mesh, rect, spacing, width, color);
    painter.with_clip_rect(rect.intersect(painter.clip_rect())).add(Shape::mesh(mesh));
}

/// Adds 45° lines to a mesh, so that many hatched cells cost one shape. Lines of neighbouring cells meet. Ends are cut
/// square, up to half a line's width outside of `rect`.
pub fn hatching_into(mesh: &mut Mesh, rect: Rect, spacing: f32, width: f32, color: Color32) {
    let spacing = spacing.max(1.0);
    let (first, last) = (rect.left() + rect.top(), rect.right() + rect.bottom());
    let half = vec2(width, width) * (0.5 * std::f32::consts::FRAC_1_SQRT_2);
    let mut sum = (first / spacing).ceil() * spacing;
    while sum <= last {
        let left = rect.left().max(sum - rect.bottom());
        let right = rect.right().min(sum - rect.top());
        let (a, b) = (pos2(left, sum - left), pos2(right, sum - right));
        quad(mesh, [a - half, b - half, b + half, a + half], color);
        sum += spacing;
    }
}

fn quad(mesh: &mut Mesh, corners: [Pos2; 4], color: Color32) {
    let first = mesh.vertices.len() as u32;
    for corner in corners {
        mesh.colored_vertex(corner, color);
    }
    mesh.add_triangle(first, first + 1, first + 2);
    mesh.add_triangle(first, first + 2, first + 3);
}
