//! The opening view: which stream needs me? Four figures, a line for each problem, every stream, worst first.

pub mod facts;
mod figures;
mod table;

use std::time::Duration;

use eframe::egui::{Align, Align2, Color32, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::model::format;
use crate::model::limits::{ITERATOR_AGE_CRITICAL_MILLIS, ITERATOR_AGE_WARN_MILLIS};
use crate::model::world::World;
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::shell::header;
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::{self, Button, ProblemAction};
use facts::FleetFacts;

/// What a person has done in this view, and what is derived from the newest answer.
#[derive(Debug, Default)]
pub struct FleetState {
    /// Derived from the newest answer; the rail reads it too.
    pub facts: FleetFacts,
    /// The selected stream's row in the order that is shown.
    pub selected: Option<usize>,
    sort: table::Sort,
    order: table::Order,
    /// Since when the pointer has not come to rest, in seconds of egui's clock.
    aiming_since: Option<f64>,
}

impl FleetState {
    /// Follows the world. A newer answer waits for a moment while a hand is about to click in a list whose order it may
    /// change.
    pub fn update(&mut self, ui: &Ui, world: &World) {
        let now = ui.input(|input| input.time);
        let since = *self.aiming_since.get_or_insert(now);
        if !is_aiming(ui) {
            self.aiming_since = None;
        } else if self.facts.fleet().is_some() && world.fleet.get().is_some() && now - since < LONGEST_AIM.as_secs_f64()
        {
            ui.ctx().request_repaint_after(AIM);
            return;
        }
        let before = self.facts.generation;
        self.facts.update(world);
        if before != self.facts.generation && self.selected.is_some_and(|row| row >= self.facts.streams.len()) {
            self.selected = None;
        }
    }
}

/// How long a pointer rests before lists may change their order again.
const AIM: Duration = Duration::from_millis(350);

/// A pointer that never rests does not hold newer figures back for longer than this.
const LONGEST_AIM: Duration = Duration::from_secs(3);

/// Whether the pointer moves or one of its buttons is held.
fn is_aiming(ui: &Ui) -> bool {
    ui.input(|input| {
        let pointer = &input.pointer;
        pointer.any_down() || pointer.any_released() || pointer.time_since_last_movement() < AIM.as_secs_f32()
    })
}

/// Draws the view.
pub fn show(ui: &mut Ui, world: &World, state: &mut FleetState, out: &mut Commands) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let subtitle = subtitle(world, state);
    header::plain(ui, "Fleet", &subtitle, out, |ui, out| {
        refresh_button(ui, world, out);
        let create = Button::new("Create…").icon(icons::PLUS).name("Create a stream…").tooltip("Make a stream here");
        if ui.add(create).clicked() {
            out.push(Command::Open(Dialog::Create));
        }
    });
    super::leftovers::show(ui, world, out);
    let answer = &world.fleet;
    if let (true, Some((problem, _))) = (answer.is_stale(), &answer.problem) {
        let age = answer.age_at(world.now).map_or(String::new(), format::duration);
        if widgets::stale_strip(ui, &age, &problem.sentence, "Retry") {
            out.push(Command::Refresh);
        }
    }
    let Some(fleet) = answer.get() else {
        waiting(ui, world, out);
        return;
    };
    if fleet.rows.is_empty() {
        let region = world.connection().map_or("", |connection| connection.region.as_str());
        let hint = format!(
            "This account has no data stream in {region}, or this identity may list none. Another Region may have some."
        );
        if widgets::empty(ui, icons::FLEET, "No streams here", &hint, Some("Refresh")) {
            out.push(Command::Refresh);
        }
        return;
    }
    if answer.is_stale() {
        ui.set_opacity(0.5);
    }
    figures::strip(ui, &state.facts);
    if world.connection().is_some_and(|connection| !connection.has_cloudwatch) {
        note(
            ui,
            "This connection has no CloudWatch, so nothing is known of load. Open a stream and tail it to measure.",
        );
    } else if let Some(before) = world.generated_before.filter(|before| *before > fleet.window.start) {
        note(ui, &format!("Demo data: figures before {} UTC were generated, later ones are measured.", before.hm()));
    }
    if let Some(problem) = &fleet.metrics_problem
        && widgets::problem(ui, "Cannot read metrics", problem, out) == ProblemAction::Retry
    {
        out.push(Command::Refresh);
    }
    figures::problems(ui, &state.facts, world, out);
    table::show(ui, state, out);
}

/// One line below the figures that says where they come from.
fn note(ui: &mut Ui, text: &str) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Note, true, text));
    let painter = ui.painter();
    painter.rect_filled(rect, 0, t.raised);
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
    let icon = pos2(rect.left() + 21.0, rect.center().y);
    painter.text(icon, Align2::CENTER_CENTER, icons::INFO, fonts::icon(13.0), t.weak);
    let area = rect.with_min_x(rect.left() + 37.0).with_max_x(rect.right() - 12.0);
    widgets::paint_elided(painter, area, Align::Min, text, fonts::small(), t.weak);
}

fn subtitle(world: &World, state: &FleetState) -> String {
    let region = world.connection().map_or("", |connection| connection.region.as_str());
    let Some(fleet) = world.fleet.get() else { return region.to_owned() };
    let count = fleet.rows.len();
    let streams = format!("{} stream{}", format::grouped(count as i64), if count == 1 { "" } else { "s" });
    if fleet.described < count {
        return format!("{streams} in {region}, {} described so far", format::grouped(fleet.described as i64));
    }
    let shards = state.facts.totals.shards;
    format!(
        "{streams}, {} open shard{} in {region}",
        format::grouped(i64::from(shards)),
        if shards == 1 { "" } else { "s" }
    )
}

fn refresh_button(ui: &mut Ui, world: &World, out: &mut Commands) {
    let age = world.fleet.age_at(world.now);
    let text = match (world.fleet.pending_since, age) {
        (Some(_), _) => "refreshing…".to_owned(),
        (None, Some(age)) if age.0 < 60_000 => format!("{} s ago", age.0 / 1_000),
        (None, Some(age)) => format!("{} min ago", age.0 / 60_000),
        (None, None) => "Refresh".to_owned(),
    };
    let every = format!("Refresh now  Ctrl R\nBy itself every {} s", world.settings.refresh_seconds);
    let button = Button::new(&text).name("Refresh").icon(icons::REFRESH).tooltip(&every).min_width(104.0);
    if ui.add(button).clicked() {
        out.push(Command::Refresh);
    }
}

fn waiting(ui: &mut Ui, world: &World, out: &mut Commands) {
    match &world.fleet.problem {
        Some((problem, _)) => {
            if widgets::problem(ui, "Cannot list streams", problem, out) == ProblemAction::Retry {
                out.push(Command::Refresh);
            }
        }
        None => widgets::loading_rows(ui, "Listing streams", "ListStreams, then their figures", 16, 30.0),
    }
}

/// Colour of an iterator age that is a problem.
fn age_color(t: &Tokens, age_millis: f64) -> Option<Color32> {
    if age_millis >= ITERATOR_AGE_CRITICAL_MILLIS {
        Some(t.crit)
    } else if age_millis >= ITERATOR_AGE_WARN_MILLIS {
        Some(t.warn)
    } else {
        None
    }
}
