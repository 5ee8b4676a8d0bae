//! The left side of the start screen: the demo, and what to know before using a real account.

use eframe::egui::{Align, Align2, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2};

use super::{demo, failure, failure_line, pending, sample};
use crate::model::health::Severity;
use crate::model::world::World;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, heat, icons};
use crate::ui::widgets::text::{job, paint_job, paragraph};
use crate::ui::widgets::{self, Button};

/// Height of the block about real accounts.
const NOTES: f32 = 236.0;

/// What reading needs; writing needs more, asked for when it is used.
const READ_POLICY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Action": [
      "kinesis:ListStreams",
      "kinesis:DescribeStreamSummary",
      "kinesis:ListShards",
      "kinesis:GetShardIterator",
      "kinesis:GetRecords",
      "cloudwatch:GetMetricData"
    ],
    "Resource": "*"
  }]
}"#;

/// Draws it.
pub fn show(ui: &mut Ui, world: &World, out: &mut Commands) {
    let rect = ui.max_rect();
    let t = theme::tokens(ui);
    ui.painter().rect_filled(rect, 0, t.rail);
    let side = if rect.width() < 380.0 { 20.0 } else { 32.0 };
    logo(ui, pos2(rect.left() + side, rect.top() + 28.0));
    let has_notes = rect.height() > 680.0;
    let bottom = rect.bottom() - if has_notes { NOTES + 16.0 } else { 12.0 };
    let inner = Rect::from_min_max(pos2(rect.left() + side, rect.top() + 88.0), pos2(rect.right() - side, bottom));
    let mut column = ui.new_child(UiBuilder::new().id_salt("demo").max_rect(inner));
    demo_ui(&mut column, world, out);
    if has_notes {
        let area = Rect::from_min_max(pos2(rect.left(), rect.bottom() - NOTES), rect.max);
        ui.painter().hline(area.x_range(), area.top() + 0.5, Stroke::new(1.0, t.stroke));
        notes(&mut ui.new_child(UiBuilder::new().id_salt("notes").max_rect(area.shrink2(vec2(side, 14.0)))), out);
    }
}

fn logo(ui: &Ui, min: eframe::egui::Pos2) {
    let t = theme::tokens(ui);
    let rect = Rect::from_min_size(min, vec2(30.0, 30.0));
    let painter = ui.painter();
    painter.rect(rect, 6, t.inset, Stroke::new(1.0, t.stroke), StrokeKind::Inside);
    let shares = [0.2, 0.35, 0.3, 0.45, 0.3, 0.5, 0.85, 0.7, 0.25, 0.4, 1.02, 0.5, 0.15, 0.3, 0.4, 0.3];
    for (at, share) in shares.into_iter().enumerate() {
        let cell = Rect::from_min_size(
            rect.min + vec2(5.0 + 5.0 * (at % 4) as f32, 5.0 + 5.0 * (at / 4) as f32),
            vec2(4.0, 4.0),
        );
        painter.rect_filled(cell, 0, heat::color(share, true));
    }
    let left = rect.right() + 12.0;
    let mut font = fonts::title();
    font.size = 17.0;
    painter.text(pos2(left, rect.top() + 9.0), Align2::LEFT_CENTER, "kinescope", font, t.strong);
    let below = pos2(left, rect.top() + 27.0);
    let room = Rect::from_min_max(pos2(below.x, below.y - 9.0), pos2(ui.max_rect().right() - 10.0, below.y + 9.0));
    let words = "Amazon Kinesis Data Streams, for people on call";
    widgets::paint_elided(painter, room, Align::Min, words, fonts::small(), t.weak);
}

fn demo_ui(ui: &mut Ui, world: &World, out: &mut Commands) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    widgets::label(ui, "Start with demo data", fonts::title(), t.strong);
    ui.add_space(6.0);
    let about = "A Kinesis server inside this program, with streams worth looking at: one key overloads a shard, another \
                 stream bursts within the minute. Everything works, also inject and reshard.";
    paragraph(ui, about, fonts::body(), t.text);
    ui.add_space(12.0);
    let below = 32.0 + 14.0 + 3.0 * 23.0 + if failure(world, |request| request.demo).is_some() { 60.0 } else { 0.0 };
    let height = (ui.available_height() - below - 12.0).min(292.0);
    if height > 110.0 {
        preview(ui, height);
        ui.add_space(12.0);
    }
    start_button(ui, world, out);
    if let Some(problem) = failure(world, |request| request.demo) {
        ui.add_space(8.0);
        failure_line(ui, problem, out);
    }
    ui.add_space(14.0);
    for parts in [
        vec![("No AWS account, no network, nothing to install", false)],
        vec![("Marked ", false), ("DEMO", true), (" on screen the whole time", false)],
        vec![("Switch to a real account whenever you like", false)],
    ] {
        check_line(ui, &parts);
    }
}

fn preview(ui: &mut Ui, height: f32) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let words = "Illustration of a heatmap: one shard turns from blue to amber and red";
    response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Image, true, words));
    let caption = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 27.0), rect.max);
    ui.painter().rect_filled(rect, 5, t.inset);
    sample::paint(ui, Rect::from_min_max(rect.min + vec2(1.0, 1.0), pos2(rect.right() - 1.0, caption.top())));
    let painter = ui.painter();
    painter.rect_filled(caption.shrink(1.0), 4, t.panel);
    painter.rect_stroke(rect, 5, Stroke::new(1.0, t.stroke), StrokeKind::Inside);
    widgets::status_glyph(painter, t, pos2(caption.left() + 16.0, caption.center().y), Severity::Critical);
    let words = if rect.width() > 300.0 { "one shard at its limit, writes refused" } else { "one shard at its limit" };
    let line = job(&[(words, fonts::small(), t.text)]);
    paint_job(painter, caption.with_min_x(caption.left() + 28.0), Align::Min, line);
    let right = pos2(caption.right() - 10.0, caption.center().y);
    painter.text(right, Align2::RIGHT_CENTER, "illustration", fonts::small(), t.faint);
}

fn start_button(ui: &mut Ui, world: &World, out: &mut Commands) {
    let width = ui.available_width();
    match pending(world).filter(|(request, _)| request.demo) {
        Some(_) => {
            let waiting =
                Button::primary("Starting the demo…").height(32.0).min_width(width).enabled(Err("It is starting."));
            ui.add(waiting);
        }
        None => {
            let start =
                Button::primary("Start with demo data").icon(icons::PLAY).key("Enter").height(32.0).min_width(width);
            if ui.add(start).clicked() {
                out.push(Command::Connect(demo()));
            }
        }
    }
}

fn check_line(ui: &mut Ui, parts: &[(&str, bool)]) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 23.0), Sense::hover());
    let painter = ui.painter();
    let middle = rect.center().y;
    painter.text(pos2(rect.left(), middle), Align2::LEFT_CENTER, icons::CHECK, fonts::icon(13.0), t.ok);
    let mut left = rect.left() + 20.0;
    for (text, is_tag) in parts {
        if *is_tag {
            let style = widgets::TagStyle::Environment(crate::model::connection::Environment::Demo);
            left = widgets::paint_tag(painter, t, pos2(left, middle), text, style).right();
        } else {
            let area = Rect::from_min_max(pos2(left, rect.top()), rect.max);
            left += widgets::text_width(painter, text, fonts::small());
            widgets::paint_elided(painter, area, Align::Min, text, fonts::small(), t.text);
        }
    }
}

fn notes(ui: &mut Ui, out: &mut Commands) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
    widgets::label(ui, "With a real account", fonts::small_strong(), t.strong);
    ui.add_space(8.0);
    for (icon, text) in [
        (icons::LOCK, "Read-only until you unlock writes, per connection and for minutes."),
        (icons::COST, "CloudWatch asks $0.01 per 1,000 metrics requested. Metered in the status bar."),
        (icons::SHIELD, "No telemetry. Credentials stay with the AWS SDK, records stay on this machine."),
    ] {
        note(ui, icon, text);
    }
    note(ui, icons::EYE, "Reading needs six actions, none of which changes anything:");
    ui.horizontal(|ui| {
        ui.add_space(12.0);
        let copy = Button::new("Copy IAM policy").icon(icons::COPY).small().tooltip(READ_POLICY);
        if ui.add(copy).clicked() {
            out.push(Command::Copy(READ_POLICY.to_owned()));
        }
    });
}

fn note(ui: &mut Ui, icon: &str, text: &str) {
    let t = theme::tokens(ui);
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(12.0, 15.0), Sense::hover());
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, icon, fonts::icon(13.0), t.weak);
        paragraph(ui, text, fonts::small(), t.text);
    });
    ui.add_space(6.0);
}
