//! A strip above a view that something is amiss with: what it is, and what can be done about it at the right.

use eframe::egui::{Align, Align2, Layout, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::text::paint_elided;
use crate::ui::theme::{self, fonts, icons};

/// Its height.
pub const BANNER_HEIGHT: f32 = 43.0;

/// Draws it into `area`; `buttons` are laid out from the right. Words that are cut are told whole under the pointer.
pub fn warning_banner(ui: &mut Ui, area: Rect, title: &str, words: &str, buttons: impl FnOnce(&mut Ui)) {
    let t = theme::tokens(ui);
    let response = ui.interact(area, ui.scope_id().with("banner"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, format!("{title}. {words}")));
    let painter = ui.painter();
    painter.rect_filled(area, 0, t.warn_dim);
    painter.rect_filled(Rect::from_min_size(area.min, vec2(3.0, area.height())), 0, t.warn);
    painter.hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let inner = area.shrink2(vec2(12.0, 0.0));
    let builder = UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)).id_salt("banner");
    let left = ui
        .scope_builder(builder, |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            buttons(ui);
            ui.min_rect().left()
        })
        .inner;
    let painter = ui.painter();
    let middle = area.center().y;
    painter.text(pos2(area.left() + 16.0, middle), Align2::LEFT_CENTER, icons::WARNING, fonts::icon(15.0), t.warn);
    let at = pos2(area.left() + 40.0, middle);
    let shown = painter.text(at, Align2::LEFT_CENTER, title, fonts::body_strong(), t.strong);
    let rest = Rect::from_min_max(pos2(shown.right() + 10.0, area.top()), pos2(left - 12.0, area.bottom()));
    let painted = paint_elided(painter, rest, Align::Min, words, fonts::body(), t.text);
    if painted.width() >= rest.width() - 2.0 {
        response.on_hover_text(words);
    }
}
