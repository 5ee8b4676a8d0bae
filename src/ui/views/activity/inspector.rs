//! One entry of the log: who, where, why, and the same call with the AWS CLI.

use eframe::egui::{
    Align, Align2, Frame, Label, Layout, Margin, Rect, ScrollArea, Stroke, Ui, UiBuilder, pos2, text::LayoutJob, vec2,
};

use super::{action_icon, fact, result_tag, took_words};
use crate::model::activity::{ActivityEntry, Event, Outcome};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::text::{job, paragraph};
use crate::ui::widgets::{self, Button};

const HEAD: f32 = 36.0;

/// Draws it; true when it was closed.
pub fn show(ui: &mut Ui, entry: &ActivityEntry, reason: Option<&str>, out: &mut Commands) -> bool {
    let rect = ui.max_rect();
    let t = theme::tokens(ui);
    ui.painter().rect_filled(rect, 0, t.panel);
    ui.painter().vline(rect.left() + 0.5, rect.y_range(), Stroke::new(1.0, t.stroke));
    let is_closed = head(ui, rect, entry);
    let body = Rect::from_min_max(pos2(rect.left() + 14.0, rect.top() + HEAD + 8.0), rect.max - vec2(14.0, 8.0));
    let mut inner = ui.new_child(UiBuilder::new().id_salt("facts").max_rect(body));
    inner.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().auto_shrink([false, false]).show(&mut inner, |ui| facts(ui, entry, reason, out));
    is_closed
}

fn head(ui: &mut Ui, rect: Rect, entry: &ActivityEntry) -> bool {
    let t = theme::tokens(ui);
    let middle = rect.top() + HEAD / 2.0;
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.top() + HEAD - 0.5, Stroke::new(1.0, t.stroke));
    let (icon, title) = match &entry.event {
        Event::Call { operation, .. } => (action_icon(operation), operation.as_str()),
        Event::Unlocked { .. } => (icons::UNLOCK, "Writes unlocked"),
        Event::Locked { .. } => (icons::LOCK, "Locked"),
    };
    painter.text(pos2(rect.left() + 14.0, middle), Align2::LEFT_CENTER, icon, fonts::icon(14.0), t.accent);
    let area = Rect::from_min_max(pos2(rect.left() + 36.0, rect.top()), pos2(rect.right() - 120.0, rect.top() + HEAD));
    let shown = widgets::paint_elided(painter, area, Align::Min, title, fonts::body_strong(), t.strong);
    if let Event::Call { outcome, .. } = &entry.event {
        let (text, style) = result_tag(outcome);
        if shown.right() + 10.0 + widgets::tag_size(painter, &text).x < rect.right() - 112.0 {
            widgets::paint_tag(painter, t, pos2(shown.right() + 10.0, middle), &text, style);
        }
    }
    let right = pos2(rect.right() - 38.0, middle);
    painter.text(right, Align2::RIGHT_CENTER, entry.at.hms_millis(), fonts::dense(), t.weak);
    let cross = Rect::from_center_size(pos2(rect.right() - 20.0, middle), vec2(24.0, 24.0));
    ui.place(cross, Button::ghost("").icon(icons::CLOSE).name("Close details").small()).clicked()
}

fn facts(ui: &mut Ui, entry: &ActivityEntry, reason: Option<&str>, out: &mut Commands) {
    let t = theme::tokens(ui);
    if let Some(stream) = &entry.stream {
        fact(ui, t, "Stream", stream.as_str());
    }
    fact(ui, t, "Date", &entry.at.date());
    let place = if entry.environment.is_empty() {
        entry.connection.clone()
    } else {
        format!("{}  {}", entry.connection, entry.environment)
    };
    fact(ui, t, "Connection", &place);
    fact(ui, t, "Acting as", if entry.who.is_empty() { "not known" } else { &entry.who });
    if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
        fact(ui, t, "Reason", reason);
    }
    match &entry.event {
        Event::Unlocked { minutes, .. } => {
            fact(ui, t, "For", &format!("{minutes} min"));
        }
        Event::Locked { why } => {
            fact(ui, t, "Because", why);
        }
        Event::Call { target, cli, request_id, took, outcome, .. } => {
            fact(ui, t, "Target", target);
            fact(ui, t, "Took", &took_words(took.0));
            if let Some(id) = request_id {
                let line = fact(ui, t, "Request id", id);
                let icon = Rect::from_min_max(pos2(line.right() - 22.0, line.top()), line.max);
                let layout = Layout::right_to_left(Align::Center);
                let mut place = ui.new_child(UiBuilder::new().id_salt("request").max_rect(icon).layout(layout));
                widgets::copy_icon(&mut place, "Copy request id", id, out);
            }
            outcome_words(ui, outcome);
            cli_block(ui, cli, out);
        }
    }
}

fn outcome_words(ui: &mut Ui, outcome: &Outcome) {
    let t = theme::tokens(ui);
    let (text, color) = match outcome {
        Outcome::Ok => return,
        Outcome::Partial { failed, of } => (format!("{failed} of {of} records were refused."), t.warn),
        Outcome::Failed { sentence } => (sentence.clone(), t.crit),
    };
    ui.add_space(8.0);
    paragraph(ui, text, fonts::small(), color);
}

fn cli_block(ui: &mut Ui, cli: &str, out: &mut Commands) {
    let t = theme::tokens(ui);
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        ui.set_min_height(26.0);
        widgets::label(ui, "Same call with the AWS CLI", fonts::small_strong(), t.strong);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(Button::new("Copy").name("Copy AWS CLI line").icon(icons::COPY).small()).clicked() {
                out.push(Command::Copy(cli.to_owned()));
            }
        });
    });
    ui.add_space(4.0);
    let frame =
        Frame::new().fill(t.inset).stroke(Stroke::new(1.0, t.stroke)).corner_radius(4).inner_margin(Margin::same(10));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(Label::new(cli_job(t, cli)).wrap().selectable(true));
    });
}

/// The line broken before each option, options coloured.
fn cli_job(t: &Tokens, cli: &str) -> LayoutJob {
    let mut parts = cli.split(" --");
    let mut all = vec![(parts.next().unwrap_or("").to_owned(), t.strong)];
    for part in parts {
        let (option, value) = part.split_once(' ').unwrap_or((part, ""));
        all.push((" \\\n  ".to_owned(), t.faint));
        all.push((format!("--{option} "), t.syn_key));
        all.push((value.to_owned(), t.text));
    }
    let parts: Vec<_> = all.iter().map(|(text, color)| (text.as_str(), fonts::dense(), *color)).collect();
    job(&parts)
}
