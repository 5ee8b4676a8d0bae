//! Small marks: tags, key caps and the glyphs of a severity, told by shape first.

use eframe::egui::{
    Align2, Color32, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2,
    vec2,
};

use super::text::text_width;
use crate::model::connection::Environment;
use crate::model::health::Severity;
use crate::ui::theme::{self, Tokens, fonts};

/// The colours of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagStyle {
    /// Fine.
    Ok,
    /// Near a limit.
    Warn,
    /// Over a limit, failed.
    Crit,
    /// Refused calls.
    Throttle,
    /// Changing, or a property that matters.
    Accent,
    /// A plain property.
    Neutral,
    /// An environment.
    Environment(Environment),
}

impl TagStyle {
    /// Fill and text.
    pub fn colors(self, t: &Tokens) -> (Color32, Color32) {
        match self {
            Self::Ok => (t.ok_dim, t.ok),
            Self::Warn => (t.warn_dim, t.warn),
            Self::Crit => (t.crit_dim, t.crit),
            Self::Throttle => (t.throttle_dim, t.throttle),
            Self::Accent => (t.accent_dim, t.accent),
            Self::Neutral => (t.raised, t.weak),
            Self::Environment(Environment::Unknown) => (t.raised, t.weak),
            Self::Environment(environment) => (theme::environment_color(t, environment), theme::ON_ENVIRONMENT),
        }
    }
}

const TAG_HEIGHT: f32 = 16.0;

/// Size of a tag with this text.
pub fn tag_size(painter: &Painter, text: &str) -> Vec2 {
    vec2((text_width(painter, text, fonts::tag()) + 11.0).round(), TAG_HEIGHT)
}

/// Paints a tag whose left edge's middle is at `left`.
pub fn paint_tag(painter: &Painter, t: &Tokens, left: Pos2, text: &str, style: TagStyle) -> Rect {
    let (fill, color) = style.colors(t);
    let size = tag_size(painter, text);
    let rect = Rect::from_min_size(pos2(left.x, (left.y - size.y / 2.0).round()), size);
    painter.rect_filled(rect, 3, fill);
    painter.text(rect.center(), Align2::CENTER_CENTER, text, fonts::tag(), color);
    rect
}

/// A tag as a widget of its own; not clickable.
pub fn tag(ui: &mut Ui, text: &str, style: TagStyle) -> Response {
    let size = tag_size(ui.painter(), text);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    paint_tag(ui.painter(), theme::tokens(ui), rect.left_center(), text, style);
    response
}

/// Size of a key cap.
pub fn key_cap_size(painter: &Painter, key: &str) -> Vec2 {
    vec2((text_width(painter, key, fonts::axis()) + 9.0).round().max(15.0), 16.0)
}

/// Paints a key cap whose left edge's middle is at `left`.
pub fn paint_key_cap(painter: &Painter, left: Pos2, key: &str, color: Color32, stroke: Color32) -> Rect {
    let size = key_cap_size(painter, key);
    let rect = Rect::from_min_size(pos2(left.x.round(), (left.y - size.y / 2.0).round()), size);
    painter.rect_stroke(rect, 3, Stroke::new(1.0, stroke), StrokeKind::Inside);
    painter.text(rect.center(), Align2::CENTER_CENTER, key, fonts::axis(), color);
    rect
}

/// A key cap as a widget.
pub fn key_cap(ui: &mut Ui, key: &str) -> Response {
    let size = key_cap_size(ui.painter(), key);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let t = theme::tokens(ui);
    paint_key_cap(ui.painter(), rect.left_center(), key, t.weak, t.stroke_strong);
    response
}

/// The glyph of a severity: ▲ critical, ◆ warning, an open ring changing, ● fine, ○ no data.
pub fn status_glyph(painter: &Painter, t: &Tokens, center: Pos2, severity: Severity) {
    let color = theme::severity_color(t, severity);
    let at = |x: f32, y: f32| center + vec2(x, y);
    match severity {
        Severity::Critical => {
            let points = vec![at(0.0, -4.2), at(4.6, 3.8), at(-4.6, 3.8)];
            painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        }
        Severity::Warning => {
            let points = vec![at(0.0, -4.4), at(4.4, 0.0), at(0.0, 4.4), at(-4.4, 0.0)];
            painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        }
        Severity::Changing => open_ring(painter, center, 4.0, color),
        Severity::Ok => {
            painter.circle_filled(center, 2.5, color);
        }
        Severity::Unknown => {
            painter.circle_stroke(center, 2.4, Stroke::new(1.0, color));
        }
    }
}

/// A ring with a gap: something is under way. It does not turn, so that an idle window stays idle.
pub fn open_ring(painter: &Painter, center: Pos2, radius: f32, color: Color32) {
    let points = (0..=20)
        .map(|step| {
            let angle = -1.1 + 5.0 * step as f32 / 20.0;
            center + radius * vec2(angle.cos(), angle.sin())
        })
        .collect();
    painter.line(points, Stroke::new(1.5, color));
}
