//! How a section is laid out: its heading, rows of a label, a control and a note, and the line below.

use eframe::egui::{Align, Align2, Layout, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::ui::theme::{self, fonts};
use crate::ui::widgets;

/// Room at both sides of a section.
pub(super) const SIDE: f32 = 16.0;
/// Where controls begin, from the left edge of a section.
pub(super) const CONTROL: f32 = 160.0;
/// Height of a row.
pub(super) const ROW: f32 = 32.0;

/// Draws a heading and gives where it is.
pub(super) fn heading(ui: &mut Ui, title: &str, hint: &str) -> Rect {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 38.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
    let at = pos2(rect.left() + SIDE, rect.top() + 21.0);
    let shown = ui.painter().text(at, Align2::LEFT_CENTER, title, fonts::body_strong(), t.strong);
    let place = Rect::from_min_max(pos2(shown.right() + 10.0, shown.top()), pos2(rect.right() - SIDE, shown.bottom()));
    widgets::paint_elided(ui.painter(), place, Align::Min, hint, fonts::small(), t.weak);
    rect
}

/// Draws what ends a section.
pub(super) fn end(ui: &mut Ui) {
    ui.add_space(12.0);
    widgets::hairline(ui);
}

/// A row: what it is, the control, and a note at its right.
pub(super) fn row<R>(ui: &mut Ui, label: &str, note: &str, control: impl FnOnce(&mut Ui) -> R) -> R {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{label} {note}")));
    let left =
        Rect::from_min_max(pos2(rect.left() + SIDE, rect.top()), pos2(rect.left() + CONTROL - 8.0, rect.bottom()));
    widgets::paint_elided(ui.painter(), left, Align::Min, label, fonts::body(), t.text);
    let area = Rect::from_min_max(pos2(rect.left() + CONTROL, rect.top()), pos2(rect.right() - SIDE, rect.bottom()));
    let builder = UiBuilder::new().id_salt(label).max_rect(area).layout(Layout::left_to_right(Align::Center));
    let mut inner = ui.new_child(builder);
    inner.spacing_mut().item_spacing.x = 8.0;
    let outcome = control(&mut inner);
    let place = area.with_min_x(inner.min_rect().right() + 12.0);
    widgets::paint_elided(ui.painter(), place, Align::Max, note, fonts::small(), t.weak);
    outcome
}

/// Words across a section.
pub(super) fn words(ui: &mut Ui, text: &str) {
    let t = theme::tokens(ui);
    inside(ui, |ui| {
        ui.add_space(4.0);
        widgets::text::paragraph(ui, text, fonts::small(), t.weak);
    });
}

/// Lays something out between the sides.
pub(super) fn inside<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    let area = ui.available_rect_before_wrap();
    let area = Rect::from_min_max(pos2(area.left() + SIDE, area.top()), pos2(area.right() - SIDE, area.bottom()));
    let shown = ui.scope_builder(UiBuilder::new().max_rect(area).layout(Layout::top_down(Align::Min)), add);
    shown.inner
}

/// A line of a list: hairline below, its left part handed to be painted, its controls laid out from the right.
pub(super) fn line<R>(ui: &mut Ui, salt: &str, paint: impl FnOnce(&Ui, Rect), add: impl FnOnce(&mut Ui) -> R) -> R {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let area = rect.shrink2(vec2(SIDE, 0.0));
    ui.painter().hline(area.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
    let builder = UiBuilder::new().id_salt(salt).max_rect(area).layout(Layout::right_to_left(Align::Center));
    let mut inner = ui.new_child(builder);
    inner.spacing_mut().item_spacing.x = 8.0;
    let outcome = add(&mut inner);
    paint(ui, area.with_max_x(inner.min_rect().left() - 12.0));
    outcome
}
