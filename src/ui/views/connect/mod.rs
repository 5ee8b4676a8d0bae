//! Choosing what to connect to: demo data, a profile of the AWS configuration, or an endpoint.

mod endpoint;
mod fix;
mod left;
mod profiles;
mod sample;
mod strip;

use eframe::egui::{Key, Rect, Stroke, Ui, pos2};

use crate::model::answer::Problem;
use crate::model::connection::{ConnectRequest, Environment, SessionState};
use crate::model::time::Timestamp;
use crate::model::world::{Link, World};
use crate::ui::command::{Command, Commands, Place};
use crate::ui::{region, theme, widgets};

/// Stands for the SDK's default chain where a profile's name stands.
const DEFAULT_CHAIN: &str = "default chain";

/// What a person has chosen and typed here.
#[derive(Debug, Default)]
pub struct ConnectState {
    /// Filter of the profiles.
    pub filter: String,
    /// The selected profile, or the default chain.
    pub selected: Option<String>,
    /// The Region for the selected profile, and for which profile it was filled in.
    region: String,
    region_of: Option<String>,
    /// The custom endpoint.
    url: String,
    endpoint_region: String,
    without_cloudwatch: usize,
    is_filled: bool,
}

/// Draws the view.
pub fn show(ui: &mut Ui, world: &World, state: &mut ConnectState, focus_filter: bool, out: &mut Commands) {
    fill_in(world, state);
    let rect = ui.max_rect();
    let t = theme::tokens(ui);
    let width = (rect.width() * 0.291).clamp(300.0, 419.0).round();
    let split = rect.left() + width;
    left::show(&mut region(ui, rect.with_max_x(split), "left"), world, out);
    ui.painter().vline(split - 0.5, rect.y_range(), Stroke::new(1.0, t.stroke));
    let custom_height = endpoint::height(world);
    let strip_height = strip::height(world, state);
    let custom_top = rect.bottom() - custom_height;
    let strip_top = custom_top - strip_height;
    let band = |top: f32, bottom: f32| Rect::from_min_max(pos2(split, top), pos2(rect.right(), bottom));
    profiles::show(&mut region(ui, band(rect.top(), strip_top), "profiles"), world, state, focus_filter, out);
    strip::show(&mut region(ui, band(strip_top, custom_top), "strip"), world, state, out);
    endpoint::show(&mut region(ui, band(custom_top, rect.bottom()), "endpoint"), world, state, out);
    let nothing_focused = ui.memory(|memory| memory.focused().is_none());
    if nothing_focused && pending(world).is_none() && widgets::take_key(ui, Key::Enter) {
        out.push(Command::Connect(demo()));
    }
    if world.connection().is_some() && widgets::take_key(ui, Key::Escape) {
        out.push(Command::Go(Place::Fleet));
    }
}

/// The request for the embedded default.
fn demo() -> ConnectRequest {
    ConnectRequest { demo: true, ..ConnectRequest::default() }
}

/// What is being connected to, and since when.
fn pending(world: &World) -> Option<(&ConnectRequest, Timestamp)> {
    match &world.link {
        Link::Connecting { request, since } => Some((request, *since)),
        _ => None,
    }
}

/// Why the last try failed, where `wanted` holds for what was asked.
fn failure(world: &World, wanted: impl Fn(&ConnectRequest) -> bool) -> Option<&Problem> {
    match &world.link {
        Link::Failed { request, problem } if wanted(request) => Some(problem),
        _ => None,
    }
}

fn is_profile_request(request: &ConnectRequest) -> bool {
    !request.demo && request.endpoint_url.is_none()
}

/// Fills in what was used last, once.
fn fill_in(world: &World, state: &mut ConnectState) {
    if !state.is_filled {
        state.is_filled = true;
        let answering = world.local_endpoints.iter().find(|endpoint| endpoint.answered.is_some());
        let known = world.settings.last_endpoint.clone().or_else(|| answering.map(|endpoint| endpoint.url.clone()));
        state.url = known.unwrap_or_else(|| "http://localhost:4566".to_owned());
        state.endpoint_region = "us-east-1".to_owned();
        state.without_cloudwatch = 1;
    }
    if state.selected.is_none()
        && let Some(profiles) = world.profiles.get()
    {
        let usable = |session: &SessionState| matches!(session, SessionState::ValidUntil(_) | SessionState::NoExpiry);
        let first = profiles.iter().find(|profile| usable(&profile.session)).or_else(|| profiles.first());
        state.selected = first.map(|profile| profile.name.clone());
    }
    if let Some(name) = &state.selected
        && state.region_of.as_ref() != Some(name)
    {
        let known = world.profiles.get().and_then(|all| all.iter().find(|profile| profile.name == *name));
        let region =
            world.settings.regions.get(name).cloned().or_else(|| known.and_then(|profile| profile.region.clone()));
        state.region = region.unwrap_or_default();
        state.region_of = Some(name.clone());
    }
}

/// The name that settings keep an environment under.
fn label_of(name: &str) -> &str {
    if name == DEFAULT_CHAIN { "default" } else { name }
}

/// The environment of a profile, and whether a person chose it.
fn environment_of(world: &World, name: &str) -> (Environment, bool) {
    let label = label_of(name);
    match world.settings.environments.get(label) {
        Some(environment) => (*environment, true),
        None => (Environment::guess(label), false),
    }
}

/// A failure in one line: the sentence, and its remedy to copy.
fn failure_line(ui: &mut Ui, problem: &Problem, out: &mut Commands) {
    let t = theme::tokens(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = eframe::egui::vec2(8.0, 4.0);
        widgets::label(ui, crate::ui::theme::icons::WARNING, theme::fonts::icon(14.0), t.crit);
        let line = widgets::text::job(&[(&problem.sentence, theme::fonts::small(), t.strong)]);
        ui.add(eframe::egui::Label::new(line).wrap().selectable(false));
        if let Some(remedy) = &problem.remedy {
            let copy = widgets::Button::new("Copy remedy").icon(theme::icons::COPY).small().tooltip(remedy);
            if ui.add(copy).clicked() {
                out.push(Command::Copy(remedy.clone()));
            }
        }
    });
}
