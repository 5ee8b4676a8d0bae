//! Push buttons: primary, default, ghost, danger; with icon, key cap and a reason where they are off.

use eframe::egui::{
    Align, Align2, Color32, FontId, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, Widget, WidgetInfo,
    pos2, vec2,
};

use super::tag::paint_key_cap;
use super::text::{paint_elided, text_width};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, Tokens, fonts, icons};

/// How a button looks and what it promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The one thing to do in this view.
    Primary,
    /// Everything else.
    #[default]
    Default,
    /// No frame until the pointer is on it; for icons.
    Ghost,
    /// The last step of what changes production.
    Danger,
    /// Opens a dialog whose last step is dangerous.
    DangerOutline,
    /// On: what it names is the case, as `Following`.
    On,
}

/// A push button. Add it with `ui.add`, or place it with `ui.put`.
#[must_use = "add it with ui.add"]
pub struct Button<'a> {
    text: &'a str,
    name: Option<&'a str>,
    kind: ButtonKind,
    icon: Option<&'a str>,
    trailing_icon: Option<&'a str>,
    key: Option<&'a str>,
    enabled: Result<(), &'a str>,
    tooltip: Option<&'a str>,
    height: f32,
    min_width: f32,
    icon_color: Option<Color32>,
}

impl<'a> Button<'a> {
    /// A default button, 26 pt high.
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            name: None,
            kind: ButtonKind::Default,
            icon: None,
            trailing_icon: None,
            key: None,
            enabled: Ok(()),
            tooltip: None,
            height: 26.0,
            min_width: 0.0,
            icon_color: None,
        }
    }

    /// The one primary button of a view.
    pub fn primary(text: &'a str) -> Self {
        Self::new(text).kind(ButtonKind::Primary)
    }

    /// A ghost button: no frame until the pointer is on it.
    pub fn ghost(text: &'a str) -> Self {
        Self::new(text).kind(ButtonKind::Ghost)
    }

    /// The last step of what changes production.
    pub fn danger(text: &'a str) -> Self {
        Self::new(text).kind(ButtonKind::Danger)
    }

    /// Sets the look.
    pub fn kind(mut self, kind: ButtonKind) -> Self {
        self.kind = kind;
        self
    }

    /// The accessible name, where the words on it are not enough.
    pub fn name(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    /// An icon before the words.
    pub fn icon(mut self, icon: &'a str) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Another colour for the icon.
    pub fn icon_color(mut self, color: Color32) -> Self {
        self.icon_color = Some(color);
        self
    }

    /// An icon behind the words.
    pub fn trailing_icon(mut self, icon: &'a str) -> Self {
        self.trailing_icon = Some(icon);
        self
    }

    /// The key that does the same, as a cap.
    pub fn key(mut self, key: &'a str) -> Self {
        self.key = Some(key);
        self
    }

    /// `Err` switches it off and says why in a tooltip.
    pub fn enabled(mut self, enabled: Result<(), &'a str>) -> Self {
        self.enabled = enabled;
        self
    }

    /// A tooltip while it is on.
    pub fn tooltip(mut self, text: &'a str) -> Self {
        self.tooltip = Some(text);
        self
    }

    /// 22 pt high, for use in rows.
    pub fn small(mut self) -> Self {
        self.height = 22.0;
        self
    }

    /// Any height.
    pub fn height(mut self, height: f32) -> Self {
        self.height = height;
        self
    }

    /// At least this wide; the content is centred.
    pub fn min_width(mut self, width: f32) -> Self {
        self.min_width = width;
        self
    }

    fn font(&self) -> FontId {
        if self.height < 25.0 { fonts::small_medium() } else { fonts::body_medium() }
    }

    /// Total width of the content and of each part: icon, text, trailing icon, key.
    fn parts(&self, ui: &Ui) -> ([f32; 4], f32) {
        let painter = ui.painter();
        let width = |text: Option<&str>, font: FontId| text.map_or(0.0, |text| text_width(painter, text, font));
        let key = self.key.map_or(0.0, |key| super::tag::key_cap_size(painter, key).x);
        let parts = [
            width(self.icon, fonts::icon(14.0)),
            if self.text.is_empty() { 0.0 } else { text_width(painter, self.text, self.font()) },
            width(self.trailing_icon, fonts::icon(13.0)),
            key,
        ];
        let shown = parts.iter().filter(|width| **width > 0.0).count();
        (parts, parts.iter().sum::<f32>() + 7.0 * shown.saturating_sub(1) as f32)
    }

    fn size(&self, content: f32) -> Vec2 {
        let is_icon_only = self.text.is_empty() && self.key.is_none();
        let padding = if is_icon_only { (self.height - content).max(8.0) / 2.0 } else { 10.0 };
        vec2((content + 2.0 * padding).max(self.min_width).round(), self.height)
    }

    fn paint(&self, ui: &Ui, response: &Response, parts: [f32; 4], content: f32) {
        let t = theme::tokens(ui);
        let rect = response.rect;
        let is_on = self.enabled.is_ok() && ui.is_enabled();
        let hot = is_on && (response.hovered() || response.is_pointer_button_down_on());
        let (fill, stroke, color) = colors(t, self.kind, hot);
        let mut painter = ui.painter().clone();
        if !is_on {
            painter.multiply_opacity(0.45);
        }
        painter.rect(rect, 4, fill, Stroke::new(1.0, stroke), StrokeKind::Inside);
        let mut x = (rect.center().x - content / 2.0).round();
        let [icon, text, trailing, key] = parts;
        let mut part = |width: f32, draw: &mut dyn FnMut(f32)| {
            if width > 0.0 {
                draw(x);
                x += width + 7.0;
            }
        };
        let middle = rect.center().y;
        let icon_color = self.icon_color.unwrap_or(color);
        part(icon, &mut |x| {
            let _ = painter.text(
                pos2(x, middle),
                Align2::LEFT_CENTER,
                self.icon.unwrap_or(""),
                fonts::icon(14.0),
                icon_color,
            );
        });
        part(text, &mut |x| {
            let area = Rect::from_min_max(pos2(x, rect.top()), pos2((x + text + 1.0).min(rect.right()), rect.bottom()));
            paint_elided(&painter, area, Align::Min, self.text, self.font(), color);
        });
        part(trailing, &mut |x| {
            let icon = self.trailing_icon.unwrap_or("");
            let _ = painter.text(pos2(x, middle), Align2::LEFT_CENTER, icon, fonts::icon(13.0), color);
        });
        part(key, &mut |x| {
            let ink = if matches!(self.kind, ButtonKind::Primary | ButtonKind::Danger) { color } else { t.weak };
            paint_key_cap(&painter, pos2(x, middle), self.key.unwrap_or(""), ink, ink.gamma_multiply(0.5));
        });
        if response.has_focus() {
            super::focus_ring(ui, rect, 4);
        }
    }
}

fn colors(t: &Tokens, kind: ButtonKind, hot: bool) -> (Color32, Color32, Color32) {
    let lift = |color: Color32| if hot { color.lerp_to_gamma(Color32::WHITE, 0.1) } else { color };
    match kind {
        ButtonKind::Primary => (lift(t.accent_fill), lift(t.accent_fill), Color32::WHITE),
        ButtonKind::Danger => (lift(t.crit_fill), lift(t.crit_fill), Color32::WHITE),
        ButtonKind::Default if hot => (t.hover, t.stroke_strong, t.strong),
        ButtonKind::Default => (t.raised, t.stroke, t.text),
        ButtonKind::Ghost if hot => (t.hover, Color32::TRANSPARENT, t.strong),
        ButtonKind::Ghost => (Color32::TRANSPARENT, Color32::TRANSPARENT, t.weak),
        ButtonKind::DangerOutline => (if hot { t.crit_dim } else { t.raised }, t.crit, t.crit),
        ButtonKind::On => (t.ok_dim, t.ok, t.ok),
    }
}

impl Widget for Button<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let (parts, content) = self.parts(ui);
        let sense = if self.enabled.is_ok() { Sense::click() } else { Sense::hover() };
        let size = self.size(content);
        let size = vec2(size.x.min(ui.available_width().max(self.height)), size.y);
        let (_, response) = ui.allocate_exact_size(size, sense);
        let enabled = self.enabled.is_ok() && ui.is_enabled();
        let name = self.name.unwrap_or(self.text);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
        if ui.is_rect_visible(response.rect) {
            self.paint(ui, &response, parts, content);
        }
        match (self.enabled, self.tooltip) {
            (Err(reason), _) if !reason.is_empty() => response.on_hover_text(reason),
            (Ok(()), Some(text)) => response.on_hover_text(text),
            _ => response,
        }
    }
}

/// A ghost button with only an icon; its name is its tooltip and its accessible name.
pub fn icon_button(ui: &mut Ui, icon: &str, name: &str) -> Response {
    ui.add(Button::ghost("").icon(icon).name(name).tooltip(name).small())
}

/// An icon that copies `text`; `what` is its name: `Copy stream name`.
pub fn copy_icon(ui: &mut Ui, what: &str, text: &str, out: &mut Commands) -> Response {
    let response = icon_button(ui, icons::COPY, what);
    if response.clicked() {
        out.push(Command::Copy(text.to_owned()));
    }
    response
}
