//! The lines that the verdict is made of.

use eframe::egui::{Align, Align2, Color32, Frame, Layout, Margin, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::model::format;
use crate::model::health::Severity;
use crate::model::ids::ShardId;
use crate::model::sentence::Sentence;
use crate::model::shard_story::Step;
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, text};

/// A part of the inspector, with a hairline below it.
pub fn section(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    let frame = Frame::new().inner_margin(Margin { left: 14, right: 14, top: 10, bottom: 8 });
    let response = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing = vec2(8.0, 2.0);
        add(ui);
    });
    let rect = response.response.rect;
    let line = Rect::from_min_size(rect.left_bottom() - vec2(0.0, 1.0), vec2(rect.width(), 1.0));
    ui.painter().rect_filled(line, 0, theme::tokens(ui).stroke_weak);
}

/// The sentence of a finding, with the line height of a verdict.
pub fn verdict_sentence(ui: &mut Ui, sentence: &Sentence) {
    text::spaced_sentence(ui, sentence, 19.0);
}

/// An amber block for the trap.
pub fn note(ui: &mut Ui, title: &str, words: &str) {
    let t = theme::tokens(ui);
    let frame =
        Frame::new().fill(t.warn_dim).corner_radius(3).inner_margin(Margin { left: 14, right: 12, top: 9, bottom: 9 });
    let response = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 3.0;
        text::paragraph(ui, title, fonts::small_strong(), t.strong);
        text::paragraph(ui, words, fonts::small(), t.text);
    });
    let rect = response.response.rect;
    ui.painter().rect_filled(Rect::from_min_size(rect.min, vec2(3.0, rect.height())), 1, t.warn);
}

/// The name of a part, and where its figures come from at the right.
pub fn heading(ui: &mut Ui, title: &str, detail: &str) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        text::label(ui, title, fonts::small_strong(), t.strong);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            text::label(ui, detail, fonts::fine(), t.faint);
        });
    });
}

/// One step of what happened.
pub fn step_line(ui: &mut Ui, step: Step) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let (time, words) = (step.at().hm(), step.text());
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, format!("{time} {words}")));
    let painter = ui.painter();
    let middle = rect.center().y;
    let glyph = pos2(rect.left() + 5.0, middle);
    match step {
        Step::Rises { .. } => {
            painter.text(glyph, Align2::CENTER_CENTER, icons::CARET_UP, fonts::icon(13.0), t.warn);
        }
        Step::Crosses { .. } => widgets::status_glyph(painter, t, glyph, Severity::Warning),
        Step::FirstThrottle { .. } => {
            painter.text(glyph, Align2::CENTER_CENTER, icons::THROTTLED, fonts::icon(13.0), t.throttle);
        }
    }
    painter.text(pos2(rect.left() + 20.0, middle), Align2::LEFT_CENTER, time, fonts::value(), t.strong);
    painter.text(pos2(rect.left() + 60.0, middle), Align2::LEFT_CENTER, words, fonts::small(), t.text);
}

/// A name and a figure.
pub fn figure_line(ui: &mut Ui, label: &str, value: &str, color: Color32) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, format!("{label} {value}")));
    let painter = ui.painter();
    painter.text(rect.left_center(), Align2::LEFT_CENTER, label, fonts::small(), t.text);
    painter.text(rect.right_center(), Align2::RIGHT_CENTER, value, fonts::value(), color);
}

/// `34 %`; small shares keep two digits.
fn share_text(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 0.0 && percent < 1.0 => format!("{percent:.2} %"),
        percent => format!("{percent:.0} %"),
    }
}

/// A share with a bar below it.
pub fn bar_line(ui: &mut Ui, label: &str, share: Option<f64>, is_high: bool) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 30.0), Sense::hover());
    let value = share.map_or(format::UNKNOWN.to_owned(), share_text);
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, format!("{label} {value}")));
    let painter = ui.painter();
    let middle = rect.top() + 10.0;
    painter.text(pos2(rect.left(), middle), Align2::LEFT_CENTER, label, fonts::small(), t.text);
    let color = if is_high { t.crit } else { t.text };
    painter.text(pos2(rect.right(), middle), Align2::RIGHT_CENTER, value, fonts::value(), color);
    let track = Rect::from_min_size(pos2(rect.left(), rect.top() + 19.0), vec2(rect.width(), 5.0));
    painter.rect_filled(track, 1, t.stroke_weak);
    if let Some(share) = share {
        let width = (share.clamp(0.0, 1.0) as f32 * track.width()).max(1.0);
        let fill = if is_high { t.crit } else { t.s5 };
        painter.rect_filled(Rect::from_min_size(track.min, vec2(width, track.height())), 1, fill);
    }
}

/// A shard and its utilisation; true when it was clicked.
pub fn hot_line(ui: &mut Ui, shard: &ShardId, share: f64) -> bool {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 30.0), Sense::click());
    let value = share_text(share);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Select {shard} at {value}")));
    let painter = ui.painter();
    if response.hovered() || response.has_focus() {
        painter.rect_filled(rect.expand2(vec2(6.0, 0.0)), 4, t.hover);
    }
    let middle = rect.top() + 10.0;
    painter.text(pos2(rect.left(), middle), Align2::LEFT_CENTER, shard.as_str(), fonts::value(), t.text);
    let color = match share {
        s if s >= 1.0 => t.crit,
        s if s >= 0.8 => t.warn,
        _ => t.text,
    };
    painter.text(pos2(rect.right(), middle), Align2::RIGHT_CENTER, value, fonts::value(), color);
    let bar = Rect::from_min_size(pos2(rect.left(), rect.top() + 19.0), vec2(rect.width(), 5.0));
    widgets::utilisation_bar(painter, t, ui.visuals().dark_mode, bar, Some(share), true);
    response.clicked()
}
