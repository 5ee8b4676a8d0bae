//! A custom endpoint: an emulator on this machine or a VPC endpoint.

use eframe::egui::{Align, Align2, Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::{ConnectState, failure, failure_line, pending};
use crate::model::connection::ConnectRequest;
use crate::model::health::Severity;
use crate::model::world::{LocalEndpoint, World};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::text::{job, paint_job};
use crate::ui::widgets::{self, Button, TextField};

const HEIGHT: f32 = 158.0;
const FAILURE: f32 = 44.0;

fn is_endpoint_request(request: &ConnectRequest) -> bool {
    request.endpoint_url.is_some()
}

/// Height of the block.
pub fn height(world: &World) -> f32 {
    HEIGHT + if failure(world, is_endpoint_request).is_some() { FAILURE } else { 0.0 }
}

/// Draws it.
pub fn show(ui: &mut Ui, world: &World, state: &mut ConnectState, out: &mut Commands) {
    let rect = ui.max_rect();
    let t = theme::tokens(ui);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, t.stroke));
    let inner = rect.shrink2(vec2(16.0, 0.0)).with_max_x(rect.right() - 20.0);
    let head = Rect::from_min_size(pos2(inner.left(), rect.top() + 12.0), vec2(inner.width(), 22.0));
    let painter = ui.painter();
    painter.text(head.left_center(), Align2::LEFT_CENTER, icons::PLUG, fonts::icon(14.0), t.weak);
    let line = job(&[
        ("Custom endpoint", fonts::body_strong(), t.strong),
        ("   an emulator or a VPC endpoint, with the credentials of the default chain", fonts::small(), t.weak),
    ]);
    paint_job(painter, head.with_min_x(head.left() + 23.0), Align::Min, line);
    let cards = Rect::from_min_size(pos2(inner.left(), rect.top() + 40.0), vec2(inner.width(), 44.0));
    let count = world.local_endpoints.len().max(1) as f32;
    let width = ((cards.width() - 8.0 * (count - 1.0)) / count).floor();
    for (at, endpoint) in world.local_endpoints.iter().enumerate() {
        let min = pos2(cards.left() + at as f32 * (width + 8.0), cards.top());
        let card = Rect::from_min_size(min, vec2(width, 44.0));
        if endpoint_card(ui, card, at, endpoint, state.url == endpoint.url) {
            state.url.clone_from(&endpoint.url);
        }
    }
    fields(
        ui,
        Rect::from_min_max(pos2(inner.left(), rect.top() + 94.0), pos2(inner.right(), rect.top() + 144.0)),
        world,
        state,
        out,
    );
    if let Some(problem) = failure(world, is_endpoint_request) {
        let area = Rect::from_min_max(pos2(inner.left(), rect.top() + 148.0), inner.max);
        failure_line(&mut ui.new_child(UiBuilder::new().id_salt("failure").max_rect(area)), problem, out);
    }
}

fn endpoint_card(ui: &Ui, rect: Rect, at: usize, endpoint: &LocalEndpoint, is_selected: bool) -> bool {
    let t = theme::tokens(ui);
    let (words, color, severity) = match (endpoint.answered, endpoint.is_pending) {
        (Some(1), _) => ("answers, 1 stream".to_owned(), t.ok, Severity::Ok),
        (Some(count), _) => {
            (format!("answers, {}", crate::model::format::counted(count, "stream")), t.ok, Severity::Ok)
        }
        (None, true) => ("asking…".to_owned(), t.weak, Severity::Changing),
        (None, false) => ("no answer".to_owned(), t.faint, Severity::Unknown),
    };
    let response = ui.interact(rect, ui.scope_id().with(("endpoint", at)), Sense::click());
    let name = format!("Endpoint {} {} {words}", endpoint.name, endpoint.url);
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_selected, &name));
    let (fill, edge) = match (is_selected, response.hovered()) {
        (true, _) => (t.selected, t.accent),
        (false, true) => (t.hover, t.stroke_strong),
        (false, false) => (t.panel, t.stroke),
    };
    let painter = ui.painter();
    painter.rect(rect, 4, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
    widgets::status_glyph(painter, t, pos2(rect.left() + 18.0, rect.top() + 15.0), severity);
    let right = widgets::text_width(painter, &words, fonts::small()) + 24.0;
    let line = |middle: f32| {
        Rect::from_min_max(
            pos2(rect.left() + 32.0, rect.top() + middle - 9.0),
            pos2(rect.right() - right, rect.top() + middle + 9.0),
        )
    };
    widgets::paint_elided(painter, line(14.0), Align::Min, endpoint.name, fonts::small_medium(), t.strong);
    widgets::paint_elided(painter, line(31.0), Align::Min, &endpoint.url, fonts::dense(), t.weak);
    painter.text(pos2(rect.right() - 12.0, rect.center().y), Align2::RIGHT_CENTER, &words, fonts::small(), color);
    if response.has_focus() {
        widgets::focus_ring(ui, rect, 4);
    }
    response.clicked()
}

fn fields(ui: &mut Ui, rect: Rect, world: &World, state: &mut ConnectState, out: &mut Commands) {
    let t = theme::tokens(ui);
    let (button_width, metrics_width) = (96.0, 176.0);
    let region_width = (rect.width() * 0.16).clamp(110.0, 150.0);
    let url_width = rect.width() - region_width - metrics_width - button_width - 36.0;
    let mut left = rect.left();
    let mut column = |width: f32, label: &str, ui: &Ui| {
        let head = Rect::from_min_size(pos2(left, rect.top()), vec2(width, 16.0));
        widgets::paint_elided(ui.painter(), head, Align::Min, label, fonts::small(), t.weak);
        let area = Rect::from_min_max(pos2(left, rect.top() + 21.0), pos2(left + width, rect.top() + 49.0));
        left += width + 12.0;
        area
    };
    let url = column(url_width, "Endpoint URL", ui);
    let region = column(region_width, "Region name", ui);
    let metrics = column(metrics_width, "CloudWatch", ui);
    let button = column(button_width, "", ui);
    let is_invalid = !is_url(&state.url);
    let typed = TextField::new(Id::unique("endpoint url"), "Endpoint URL", &mut state.url)
        .mono()
        .hint("http://localhost:4566")
        .invalid(is_invalid && !ui.ctx().text_edit_focused())
        .show_in(ui, url);
    TextField::new(Id::unique("endpoint region"), "Endpoint Region", &mut state.endpoint_region)
        .mono()
        .hint("us-east-1")
        .show_in(ui, region);
    let mut place = ui.new_child(UiBuilder::new().id_salt("metrics").max_rect(metrics));
    let labels = ["same URL", "no metrics"];
    widgets::select::segmented_sized(&mut place, "CloudWatch", &labels, &mut state.without_cloudwatch, 28.0);
    let is_busy = pending(world).is_some();
    let enabled = match (is_invalid, is_busy) {
        (true, _) => Err("The URL must begin with http:// or https://."),
        (_, true) => Err("A connection is being made."),
        _ => Ok(()),
    };
    let connect =
        Button::new("Connect").name("Connect to endpoint").height(28.0).min_width(button_width).enabled(enabled);
    let entered = typed.lost_focus() && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter));
    if ui.place(button, connect).clicked() || (entered && enabled.is_ok()) {
        out.push(Command::Connect(request(state)));
    }
}

fn request(state: &ConnectState) -> ConnectRequest {
    let region = state.endpoint_region.trim();
    ConnectRequest {
        region: (!region.is_empty()).then(|| region.to_owned()),
        endpoint_url: Some(state.url.trim().to_owned()),
        without_cloudwatch: state.without_cloudwatch == 1,
        ..ConnectRequest::default()
    }
}

fn is_url(text: &str) -> bool {
    let text = text.trim();
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains(char::is_whitespace))
}
