//! What a view shows when it has no fresh data: loading keeps the shape, empty says why, a problem stands in place with
//! its remedy, stale says how old.

use eframe::egui::{Align, Align2, Frame, Layout, Margin, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::button::{Button, ButtonKind};
use super::tag::open_ring;
use super::text::{centred_paragraph, label, paint_elided, paragraph, text_width};
use crate::model::answer::{Problem, ProblemKind};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};

/// Grey bars in the shape of a table, below one line that says what is loading and how far it is.
pub fn loading_rows(ui: &mut Ui, title: &str, detail: &str, rows: usize, row_height: f32) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    let (head, response) = ui.allocate_exact_size(vec2(ui.available_width(), 34.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, format!("{title} {detail}")));
    let painter = ui.painter();
    open_ring(painter, pos2(head.left() + 21.0, head.center().y), 4.5, t.accent);
    let name = Rect::from_min_max(pos2(head.left() + 36.0, head.top()), head.max);
    let name = paint_elided(painter, name, Align::Min, title, fonts::body_strong(), t.strong);
    let rest = Rect::from_min_max(pos2(name.right() + 10.0, head.top()), head.max);
    paint_elided(painter, rest, Align::Min, detail, fonts::small(), t.weak);
    painter.hline(head.x_range(), head.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    for row in 0..rows {
        if ui.available_height() < row_height {
            break;
        }
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), row_height), Sense::hover());
        let painter = ui.painter();
        let middle = rect.center().y;
        painter.circle_filled(pos2(rect.left() + 21.0, middle), 5.0, t.stroke);
        let width = rect.width() * [0.32, 0.44, 0.25, 0.38, 0.29].get(row % 5).copied().unwrap_or(0.3);
        let bar = |left: f32, width: f32| Rect::from_min_size(pos2(left, middle - 4.0), vec2(width, 8.0));
        painter.rect_filled(bar(rect.left() + 36.0, width), 2, t.stroke);
        painter.rect_filled(bar(rect.right() - 60.0, 44.0), 2, t.stroke_weak);
        painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
    }
}

/// Says why there is nothing, and offers one action. True when it was taken.
pub fn empty(ui: &mut Ui, icon: &str, title: &str, hint: &str, action: Option<&str>) -> bool {
    let t = theme::tokens(ui);
    let mut taken = false;
    ui.add_space((ui.available_height() * 0.28).clamp(12.0, 160.0));
    ui.vertical_centered(|ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        let (rect, _) = ui.allocate_exact_size(vec2(24.0, 24.0), Sense::hover());
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, icon, fonts::icon(22.0), t.weak);
        label(ui, title, fonts::body_strong(), t.strong);
        if !hint.is_empty() {
            ui.scope(|ui| {
                ui.set_max_width(ui.available_width().min(360.0));
                centred_paragraph(ui, hint, fonts::body(), t.weak);
            });
        }
        if let Some(action) = action {
            ui.add_space(4.0);
            taken = ui.add(Button::new(action)).clicked();
        }
    });
    taken
}

/// What a person asked for in a problem block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemAction {
    /// Nothing.
    None,
    /// Try again.
    Retry,
}

/// A problem in place: what happened, to what, what to do; the remedy can be copied, the request repeated.
pub fn problem(ui: &mut Ui, title: &str, problem: &Problem, out: &mut Commands) -> ProblemAction {
    let t = theme::tokens(ui);
    let mut action = ProblemAction::None;
    let frame = Frame::new().inner_margin(Margin { left: 19, right: 16, top: 12, bottom: 12 });
    let response = frame.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        ui.horizontal(|ui| {
            label(ui, icons::WARNING, fonts::icon(15.0), t.crit);
            label(ui, title, fonts::body_strong(), t.strong);
        });
        paragraph(ui, &problem.sentence, fonts::body(), t.text);
        if let Some(remedy) = &problem.remedy {
            remedy_block(ui, remedy);
        }
        ui.horizontal(|ui| {
            if let Some(remedy) = &problem.remedy
                && ui.add(Button::new(remedy_label(problem.kind)).icon(icons::COPY)).clicked()
            {
                out.push(Command::Copy(remedy.clone()));
            }
            if ui.add(Button::new("Retry").kind(ButtonKind::Ghost)).clicked() {
                action = ProblemAction::Retry;
            }
        });
    });
    let rect = response.response.rect;
    ui.painter().rect_filled(Rect::from_min_size(rect.min, vec2(3.0, rect.height())), 0, t.crit);
    action
}

/// A command or statement in the fixed-width face on an inset.
pub fn remedy_block(ui: &mut Ui, text: &str) {
    let t = theme::tokens(ui);
    let frame = Frame::new().fill(t.inset).stroke(Stroke::new(1.0, t.stroke)).corner_radius(4).inner_margin(8);
    frame.show(ui, |ui| {
        paragraph(ui, text, fonts::dense(), t.text);
    });
}

/// What a button says that copies the remedy of such a problem.
pub fn remedy_label(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::AccessDenied => "Copy IAM statement",
        ProblemKind::Credentials => "Copy command",
        _ => "Copy remedy",
    }
}

/// An amber strip: data of `age`, because of `reason`. True when `action` was taken.
pub fn stale_strip(ui: &mut Ui, age: &str, reason: &str, action: &str) -> bool {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 30.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, format!("Data {age} old. {reason}")));
    let painter = ui.painter().clone();
    painter.rect_filled(rect, 0, t.warn_dim);
    painter.text(
        pos2(rect.left() + 16.0, rect.center().y),
        Align2::LEFT_CENTER,
        icons::CLOCK,
        fonts::icon(14.0),
        t.warn,
    );
    let strong = format!("Data {age} old");
    let left = rect.left() + 36.0;
    painter.text(pos2(left, rect.center().y), Align2::LEFT_CENTER, &strong, fonts::body_strong(), t.strong);
    let left = left + text_width(&painter, &strong, fonts::body_strong()) + 8.0;
    let button = text_width(&painter, action, fonts::small_medium()) + 36.0;
    let area = Rect::from_min_max(pos2(left, rect.top()), pos2(rect.right() - button, rect.bottom()));
    let shown = paint_elided(&painter, area, Align::Min, reason, fonts::body(), t.text);
    if shown.width() >= area.width() - 4.0 {
        response.on_hover_text(reason);
    }
    let area = Rect::from_min_max(pos2(rect.right() - button, rect.top()), pos2(rect.right() - 12.0, rect.bottom()));
    let builder = eframe::egui::UiBuilder::new().max_rect(area).layout(Layout::right_to_left(Align::Center));
    ui.new_child(builder).add(Button::new(action).small()).clicked()
}
