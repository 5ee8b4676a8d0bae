//! Small pieces that the parts of the dialogs are built of: labelled rows, facts, fields of numbers with presets.

use eframe::egui::{Align, Id, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, TextField, select, text};

/// Width of the words before a control.
const LABEL: f32 = 128.0;

/// Space around a left column.
pub fn inset(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    let rect = ui.max_rect();
    let inner = Rect::from_min_max(rect.min + vec2(16.0, 12.0), rect.max - vec2(16.0, 0.0));
    let builder = eframe::egui::UiBuilder::new().max_rect(inner).layout(eframe::egui::Layout::top_down(Align::Min));
    ui.scope_builder(builder, |ui| {
        ui.set_width(inner.width());
        ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
        add(ui);
        ui.add_space(12.0);
    });
}

/// A heading inside a left column, with weak words behind it.
pub fn heading(ui: &mut Ui, title: &str, words: &str) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
    let shown = widgets::paint_elided(ui.painter(), rect, Align::Min, title, fonts::small_strong(), t.strong);
    let rest = rect.with_min_x(shown.right() + 8.0);
    widgets::paint_elided(ui.painter(), rest, Align::Min, words, fonts::small(), t.weak);
}

/// Words and a control beside them.
pub fn row(ui: &mut Ui, label: &str, add: impl FnOnce(&mut Ui)) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.set_height(30.0);
        let (rect, _) = ui.allocate_exact_size(vec2(LABEL, 28.0), Sense::hover());
        widgets::paint_elided(ui.painter(), rect, Align::Min, label, fonts::small(), t.weak);
        add(ui);
    });
    ui.add_space(4.0);
}

/// Words and what is so.
pub fn fact(ui: &mut Ui, label: &str, value: &str) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{label} {value}")));
    let painter = ui.painter();
    widgets::paint_elided(painter, rect.with_max_x(rect.left() + LABEL), Align::Min, label, fonts::small(), t.weak);
    let area = rect.with_min_x(rect.left() + LABEL + 8.0);
    widgets::paint_elided(painter, area, Align::Min, value, fonts::value(), t.strong);
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
}

/// A consequence: a mark and a sentence that wraps.
pub fn consequence(ui: &mut Ui, words: &str) {
    let t = theme::tokens(ui);
    ui.add_space(5.0);
    ui.horizontal_top(|ui| {
        let (mark, _) = ui.allocate_exact_size(vec2(12.0, 17.0), Sense::hover());
        let at = mark.left_center() + vec2(4.0, 0.0);
        ui.painter().circle_filled(at, 2.0, t.weak);
        text::paragraph(ui, words, fonts::small(), t.text);
    });
}

/// Why a field is not taken, below it.
pub fn complaint(ui: &mut Ui, words: &str) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    if words.is_empty() {
        return;
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, words));
    let area = rect.with_min_x(rect.left() + LABEL + 8.0);
    widgets::paint_elided(ui.painter(), area, Align::Min, words, fonts::small(), t.crit);
}

/// A number with its unit, and usual ones to pick.
pub fn number(ui: &mut Ui, name: &str, unit: &str, typed: &mut String, is_valid: bool, presets: &[(&str, u32)]) {
    row(ui, name, |ui| {
        let (area, _) = ui.allocate_exact_size(vec2(116.0, 28.0), Sense::hover());
        TextField::new(Id::unique(("number of", name)), name, typed)
            .mono()
            .trailing(unit)
            .invalid(!is_valid)
            .show_in(ui, area);
        let labels: Vec<&str> = presets.iter().map(|(label, _)| *label).collect();
        let selected = presets.iter().position(|(_, value)| typed.trim().parse() == Ok(*value));
        let group = format!("{name}, usual values");
        let picked = select::segments(ui, &group, &labels, selected, 28.0).clicked;
        if let Some((_, value)) = picked.and_then(|at| presets.get(at)) {
            *typed = value.to_string();
        }
    });
}

/// A box to tick, with words.
pub fn tick(ui: &mut Ui, words: &str, is_on: &mut bool) {
    let t = theme::tokens(ui);
    let width = 26.0 + widgets::text_width(ui.painter(), words, fonts::body());
    let (rect, response) = ui.allocate_exact_size(vec2(width.min(ui.available_width()), 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), *is_on, words));
    if response.clicked() {
        *is_on = !*is_on;
    }
    let square = Rect::from_center_size(pos2(rect.left() + 8.0, rect.center().y), vec2(15.0, 15.0));
    let (fill, edge) = if *is_on { (t.accent_fill, t.accent_fill) } else { (t.inset, t.stroke_strong) };
    ui.painter().rect(square, 3, fill, Stroke::new(1.0, edge), eframe::egui::StrokeKind::Inside);
    if *is_on {
        let align = eframe::egui::Align2::CENTER_CENTER;
        ui.painter().text(square.center(), align, icons::CHECK, fonts::icon(11.0), eframe::egui::Color32::WHITE);
    }
    let area = rect.with_min_x(rect.left() + 26.0);
    widgets::paint_elided(ui.painter(), area, Align::Min, words, fonts::body(), t.text);
    if response.has_focus() {
        widgets::focus_ring(ui, rect, 3);
    }
}

/// A name and whether it is on.
pub fn state(ui: &mut Ui, name: &str, word: &str, is_on: bool) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, format!("{name} {word}")));
    let (icon, color) = if is_on { (icons::CHECK, t.ok) } else { (icons::MINUS, t.faint) };
    let painter = ui.painter();
    let at = rect.left_center() + vec2(7.0, 0.0);
    painter.text(at, eframe::egui::Align2::CENTER_CENTER, icon, fonts::icon(13.0), color);
    let ink = if is_on { t.strong } else { t.weak };
    widgets::paint_elided(painter, rect.with_min_x(rect.left() + 22.0), Align::Min, name, fonts::value(), ink);
    widgets::paint_elided(painter, rect, Align::Max, word, fonts::small(), color);
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
}
