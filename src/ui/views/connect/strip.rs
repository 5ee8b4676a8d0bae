//! Below the list of profiles: Region and environment of the selected one, and the button that connects.

use eframe::egui::{
    Align, Align2, Id, Layout, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::profiles::{needs_fix, request};
use super::{ConnectState, environment_of, failure, failure_line, is_profile_request, pending};
use crate::model::connection::Environment;
use crate::model::format;
use crate::model::world::World;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts};
use crate::ui::widgets::text::{job, paint_job};
use crate::ui::widgets::{self, Button, TextField};

/// Its height; zero without profiles.
pub fn height(world: &World, state: &ConnectState) -> f32 {
    let is_chain = state.selected.as_deref() == Some(super::DEFAULT_CHAIN);
    if world.profiles.get().is_none_or(Vec::is_empty) && !is_chain {
        return 0.0;
    }
    76.0 + if failure(world, is_profile_request).is_some() { 44.0 } else { 0.0 }
}

const ENVIRONMENTS: [(Environment, &str); 4] = [
    (Environment::Prod, "PROD"),
    (Environment::Staging, "STAGING"),
    (Environment::Dev, "DEV"),
    (Environment::Unknown, "none"),
];

/// Draws it.
pub fn show(ui: &mut Ui, world: &World, state: &mut ConnectState, out: &mut Commands) {
    let rect = ui.max_rect();
    let selected = state.selected.clone();
    let (Some(name), true) = (selected, rect.height() > 1.0) else { return };
    let t = theme::tokens(ui);
    ui.painter().rect_filled(rect, 0, t.raised);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, t.stroke));
    let head =
        |left: f32, width: f32| Rect::from_min_size(pos2(rect.left() + left, rect.top() + 12.0), vec2(width, 18.0));
    let body =
        |left: f32, width: f32| Rect::from_min_size(pos2(rect.left() + left, rect.top() + 34.0), vec2(width, 28.0));
    let region_width = (rect.width() * 0.2).clamp(120.0, 226.0);
    let environment_left = 17.0 + region_width + 20.0;
    widgets::paint_elided(ui.painter(), head(17.0, region_width), Align::Min, "Region", fonts::small(), t.weak);
    TextField::new(Id::unique("profile region"), "Region", &mut state.region)
        .mono()
        .hint("as the profile says")
        .show_in(ui, body(17.0, region_width));
    let line = job(&[
        ("Environment  ", fonts::small(), t.weak),
        ("guessed from the name, then kept", fonts::small(), t.faint),
    ]);
    paint_job(ui.painter(), head(environment_left, 330.0), Align::Min, line);
    environment_choice(ui, body(environment_left, 260.0), world, &name, out);
    if rect.width() > 960.0 {
        let note =
            Rect::from_min_size(pos2(rect.left() + environment_left + 290.0, rect.top() + 20.0), vec2(190.0, 48.0));
        let words = "PROD colours the window's edge. With PROD or none, unlocking writes asks for a typed word.";
        let mut place = ui.new_child(UiBuilder::new().id_salt("note").max_rect(note));
        widgets::text::paragraph(&mut place, words, fonts::caption(), t.weak);
    }
    connect_button(ui, rect, world, state, &name, out);
    if let Some(problem) = failure(world, is_profile_request) {
        let area = Rect::from_min_max(pos2(rect.left() + 17.0, rect.top() + 72.0), rect.max - vec2(16.0, 2.0));
        failure_line(&mut ui.new_child(UiBuilder::new().id_salt("failure").max_rect(area)), problem, out);
    }
}

/// A segmented control whose segments carry the colours of the environments.
fn environment_choice(ui: &mut Ui, rect: Rect, world: &World, name: &str, out: &mut Commands) {
    let t = theme::tokens(ui);
    let (current, _) = environment_of(world, name);
    let mut left = rect.left();
    for (at, (environment, label)) in ENVIRONMENTS.iter().enumerate() {
        let is_selected = *environment == current;
        let has_mark = !is_selected && *environment != Environment::Unknown;
        let mark = if has_mark { 14.0 } else { 0.0 };
        let width = (widgets::text_width(ui.painter(), label, fonts::small_medium()) + 20.0 + mark).round();
        let area = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        left += width - 1.0;
        let response = ui.interact(area, ui.scope_id().with(("environment", at)), Sense::click());
        response
            .widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_selected, format!("Environment {label}")));
        let color = theme::environment_color(t, *environment);
        let (fill, ink) = match (is_selected, environment, response.hovered()) {
            (true, Environment::Unknown, _) => (t.accent_dim, t.accent),
            (true, _, _) => (color, theme::ON_ENVIRONMENT),
            (false, _, true) => (t.hover, t.strong),
            (false, _, false) => (t.inset, t.text),
        };
        let painter = ui.painter();
        painter.rect(area, 2, fill, Stroke::new(1.0, t.stroke), StrokeKind::Inside);
        if has_mark {
            let square = Rect::from_min_size(pos2(area.left() + 10.0, area.center().y - 4.0), vec2(8.0, 8.0));
            painter.rect_filled(square, 2, color);
        }
        let text = pos2(area.left() + 10.0 + mark, area.center().y);
        painter.text(text, Align2::LEFT_CENTER, *label, fonts::small_medium(), ink);
        if response.has_focus() {
            widgets::focus_ring(ui, area, 3);
        }
        if response.clicked() && !is_selected {
            out.push(Command::SetEnvironment { label: super::label_of(name).to_owned(), environment: *environment });
        }
    }
}

fn connect_button(ui: &mut Ui, rect: Rect, world: &World, state: &ConnectState, name: &str, out: &mut Commands) {
    let t = theme::tokens(ui);
    let profile = world.profiles.get().and_then(|all| all.iter().find(|profile| profile.name == name));
    let builder = UiBuilder::new()
        .id_salt("connect")
        .max_rect(Rect::from_min_size(pos2(rect.right() - 340.0, rect.top() + 34.0), vec2(320.0, 28.0)))
        .layout(Layout::right_to_left(Align::Center));
    let mut inner = ui.new_child(builder);
    if let Some((request, since)) = pending(world) {
        if inner.add(Button::new("Cancel").height(28.0)).clicked() {
            out.push(Command::Disconnect);
        }
        let what = match (&request.profile, &request.endpoint_url) {
            (Some(profile), _) => profile.as_str(),
            (None, Some(url)) => url.as_str(),
            (None, None) => "demo data",
        };
        let words = format!("Connecting to {what}, {}", format::duration(since.age_at(world.now)));
        widgets::label(&mut inner, words, fonts::small(), t.weak);
        return;
    }
    let label = format!("Connect to {}", format::elide_middle(name, 24));
    let enabled = match profile {
        Some(profile) if needs_fix(profile, world) => Err("The session has expired. Sign in again first."),
        _ => Ok(()),
    };
    if inner.add(Button::new(&label).height(28.0).min_width(163.0).enabled(enabled)).clicked() {
        out.push(Command::Connect(request(name, &state.region)));
    }
}
