//! The rail: what the program is connected to and whether it may write, the places, and every stream, worst first.

use eframe::egui::{
    Align, Align2, CursorIcon, FontId, Id, Key, Rect, Response, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use super::right_edge;
use crate::model::connection::{ConnectionInfo, Environment};
use crate::model::format;
use crate::model::health::Severity;
use crate::model::limits::WARN_SHARE;
use crate::model::settings::ThemeChoice;
use crate::model::world::World;
use crate::ui::command::registry::{Action, resolve};
use crate::ui::command::{Command, Commands, Dialog, Place};
use crate::ui::state::UiState;
use crate::ui::theme::{self, fonts, icons};
use crate::ui::views::fleet::facts::StreamFacts;
use crate::ui::widgets::{self, TagStyle, TextField};

/// What a person has done in the rail.
#[derive(Debug, Default)]
pub struct RailState {
    /// The filter of the streams.
    pub filter: String,
    /// By name instead of by trouble.
    pub is_by_name: bool,
    /// The filtered order and what it was made from: generation of the facts, filter, order.
    order: Vec<usize>,
    order_of: Option<(u64, String, bool)>,
}

const ROW: f32 = 25.0;
const NAV_ROW: f32 = 28.0;
const CHIP: f32 = 89.0;

/// Draws the rail; gives back where the connection chip is.
pub fn show(ui: &mut Ui, world: &World, state: &mut UiState, is_narrow: bool, out: &mut Commands) -> Rect {
    let rect = ui.max_rect();
    let t = theme::tokens(ui);
    ui.painter().rect_filled(rect, 0, t.rail);
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    let chip = Rect::from_min_size(rect.min, vec2(rect.width(), CHIP));
    if let Some(connection) = world.connection() {
        if is_narrow {
            narrow_chip(ui, chip, world, connection, out);
        } else {
            wide_chip(ui, chip, world, connection, out);
        }
    }
    ui.painter().hline(rect.x_range(), chip.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    ui.add_space(CHIP + 9.0);
    navigation(ui, world, state, is_narrow, out);
    if !is_narrow {
        list_head(ui, state, out);
    }
    update_order(state);
    let foot = if is_narrow { 40.0 } else { 32.0 };
    streams(ui, rect.bottom() - foot, state, is_narrow, out);
    footer(ui, Rect::from_min_max(pos2(rect.left(), rect.bottom() - foot), rect.max), world, state, is_narrow, out);
    right_edge(ui, rect);
    chip
}

/// Drags the right edge of the rail.
pub fn resize(ui: &Ui, rail: Rect, out: &mut Commands) {
    let edge = Rect::from_min_max(pos2(rail.right() - 3.0, rail.top()), pos2(rail.right() + 2.0, rail.bottom()));
    let response =
        ui.interact(edge, Id::unique("rail edge"), Sense::DRAG).on_hover_cursor(CursorIcon::ResizeHorizontal);
    if response.dragged()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        out.push(Command::SetRailWidth((pointer.x - rail.left()).clamp(180.0, 320.0).round()));
    }
}

fn environment_bar(ui: &Ui, rect: Rect, environment: Environment) {
    let t = theme::tokens(ui);
    let bar = Rect::from_min_size(rect.min, vec2(4.0, rect.height() - 1.0));
    let color = theme::environment_color(t, environment);
    ui.painter().rect_filled(bar, 0, color);
}

fn wide_chip(ui: &mut Ui, rect: Rect, world: &World, connection: &ConnectionInfo, out: &mut Commands) {
    let t = theme::tokens(ui);
    let top = rect.with_max_y(rect.top() + 52.0);
    let switch = ui.interact(top, ui.scope_id().with("switch"), Sense::click());
    let tag = connection.environment.tag();
    switch.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Connection {} {tag}", connection.label)));
    if switch.hovered() {
        ui.painter().rect_filled(top, 0, t.hover);
    }
    environment_bar(ui, rect, connection.environment);
    let painter = ui.painter();
    let left = rect.left() + 15.0;
    let line = |y: f32, right: f32| {
        Rect::from_min_max(pos2(left, rect.top() + y - 9.0), pos2(rect.right() - right, rect.top() + y + 9.0))
    };
    let tag_width = if tag.is_empty() { 0.0 } else { widgets::tag_size(painter, tag).x + 8.0 };
    let name = widgets::paint_elided(
        painter,
        line(18.0, 28.0 + tag_width),
        Align::Min,
        &connection.label,
        fonts::body_strong(),
        t.strong,
    );
    if !tag.is_empty() {
        widgets::paint_tag(
            painter,
            t,
            pos2(name.right() + 7.0, rect.top() + 18.0),
            tag,
            TagStyle::Environment(connection.environment),
        );
    }
    let caret = pos2(rect.right() - 17.0, rect.top() + 18.0);
    painter.text(caret, Align2::CENTER_CENTER, icons::CARET_DOWN, fonts::icon(10.0), t.weak);
    let place = place_line(world, connection);
    widgets::paint_elided(painter, line(39.0, 12.0), Align::Min, &place, fonts::dense(), t.weak);
    let hint = connection.endpoint_url.as_deref().unwrap_or("Switch connection");
    if switch.on_hover_text(hint).clicked() {
        out.push(Command::Go(Place::Connect));
    }
    let lock = Rect::from_min_max(pos2(left, rect.top() + 56.0), pos2(rect.right() - 11.0, rect.top() + 80.0));
    lock_row(ui, lock, world, out);
}

/// `us-east-1 · 4821-0937-5516`, or the endpoint while the account is not known.
fn place_line(world: &World, connection: &ConnectionInfo) -> String {
    match world.identity.get().filter(|identity| !identity.account.is_empty()) {
        Some(identity) => format!("{} · {}", connection.region, identity.account_grouped()),
        None => match &connection.endpoint_url {
            Some(url) => format!("{} · {}", connection.region, url.trim_start_matches("http://")),
            None => connection.region.clone(),
        },
    }
}

/// `READ-ONLY` with `Unlock…`, or `WRITES UNLOCKED` with the time that is left; a click locks at once.
fn lock_row(ui: &mut Ui, rect: Rect, world: &World, out: &mut Commands) {
    let t = theme::tokens(ui);
    let remaining = world.lock.remaining(world.now);
    let response = ui.interact(rect, ui.scope_id().with("lock"), Sense::click());
    let clock = remaining.map(|left| format!("{:02}:{:02}", left.0 / 60_000, left.0 / 1_000 % 60));
    let name = if clock.is_some() { "Lock writes" } else { "Unlock…" };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let hot = response.hovered();
    let (fill, edge, color) = match (remaining.is_some(), hot) {
        (true, _) => (t.warn_dim, t.warn, t.warn),
        (false, true) => (t.hover, t.stroke_strong, t.strong),
        (false, false) => (t.raised, t.stroke, t.strong),
    };
    let painter = ui.painter();
    painter.rect(rect, 4, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
    let icon = if remaining.is_some() { icons::UNLOCK } else { icons::LOCK };
    painter.text(pos2(rect.left() + 9.0, rect.center().y), Align2::LEFT_CENTER, icon, fonts::icon(12.0), color);
    let mut font = fonts::small_strong();
    font.size = 11.0;
    let text = if remaining.is_some() { "WRITES UNLOCKED" } else { "READ-ONLY" };
    painter.text(pos2(rect.left() + 27.0, rect.center().y), Align2::LEFT_CENTER, text, font, color);
    let right = pos2(rect.right() - 9.0, rect.center().y);
    match &clock {
        Some(clock) => painter.text(right, Align2::RIGHT_CENTER, clock, fonts::value(), t.warn),
        None => painter.text(right, Align2::RIGHT_CENTER, "Unlock…", fonts::caption(), t.accent),
    };
    if response.has_focus() {
        widgets::focus_ring(ui, rect, 4);
    }
    let tooltip = if remaining.is_some() { "Lock writes now  U" } else { "Allow writes for some minutes  U" };
    if response.on_hover_text(tooltip).clicked() {
        out.push(if remaining.is_some() { Command::Lock } else { Command::Open(Dialog::Unlock) });
    }
}

fn narrow_chip(ui: &mut Ui, rect: Rect, world: &World, connection: &ConnectionInfo, out: &mut Commands) {
    environment_bar(ui, rect, connection.environment);
    let label = format!("Connection {} {}", connection.label, connection.environment.tag());
    let cell = |y: f32| Rect::from_center_size(pos2(rect.center().x + 2.0, rect.top() + y), vec2(34.0, 30.0));
    if icon_cell(ui, cell(24.0), icons::CLOUD, &label, false).clicked() {
        out.push(Command::Go(Place::Connect));
    }
    let is_unlocked = world.is_unlocked();
    let (icon, name) = if is_unlocked { (icons::UNLOCK, "Lock writes") } else { (icons::LOCK, "Unlock…") };
    if icon_cell(ui, cell(62.0), icon, name, is_unlocked).clicked() {
        out.push(if is_unlocked { Command::Lock } else { Command::Open(Dialog::Unlock) });
    }
}

fn icon_cell(ui: &Ui, rect: Rect, icon: &str, name: &str, is_on: bool) -> Response {
    let t = theme::tokens(ui);
    let response = ui.interact(rect, ui.scope_id().with(("icon", icon)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_on, name));
    if is_on || response.hovered() {
        ui.painter().rect_filled(rect, 4, if is_on { t.selected } else { t.hover });
    }
    let color = if is_on || response.hovered() { t.strong } else { t.weak };
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, icon, fonts::icon(16.0), color);
    if response.has_focus() {
        widgets::focus_ring(ui, rect, 4);
    }
    response.on_hover_text(name)
}

fn navigation(ui: &mut Ui, world: &World, state: &UiState, is_narrow: bool, out: &mut Commands) {
    let count = world.fleet.get().map_or(String::new(), |fleet| format::grouped(fleet.rows.len() as i64));
    for (place, icon, label, detail) in
        [(Place::Fleet, icons::FLEET, "Fleet", count.as_str()), (Place::Activity, icons::CLOCK, "Activity log", "")]
    {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), NAV_ROW), Sense::hover());
        let is_current = state.place == place;
        let clicked = if is_narrow {
            icon_cell(ui, rect.shrink2(vec2(7.0, 0.0)), icon, label, is_current).clicked()
        } else {
            nav_row(ui, rect, icon, label, detail, is_current).clicked()
        };
        if clicked {
            out.push(Command::Go(place));
        }
    }
    ui.add_space(9.0);
    let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().rect_filled(line, 0, theme::tokens(ui).stroke);
}

fn nav_row(ui: &Ui, rect: Rect, icon: &str, label: &str, detail: &str, is_current: bool) -> Response {
    let t = theme::tokens(ui);
    let area = rect.shrink2(vec2(6.0, 0.0));
    let response = ui.interact(area, ui.scope_id().with(("nav", label)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_current, label));
    if is_current || response.hovered() {
        ui.painter().rect_filled(area, 4, if is_current { t.selected } else { t.hover });
    }
    let color = if is_current { t.strong } else { t.text };
    let middle = area.center().y;
    let icon_color = if is_current { t.accent } else { t.weak };
    ui.painter().text(pos2(area.left() + 17.0, middle), Align2::CENTER_CENTER, icon, fonts::icon(14.0), icon_color);
    ui.painter().text(pos2(area.left() + 31.0, middle), Align2::LEFT_CENTER, label, fonts::body_medium(), color);
    ui.painter().text(pos2(area.right() - 9.0, middle), Align2::RIGHT_CENTER, detail, fonts::value(), t.weak);
    if response.has_focus() {
        widgets::focus_ring(ui, area, 4);
    }
    response
}

fn list_head(ui: &mut Ui, state: &mut UiState, out: &mut Commands) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 34.0), Sense::hover());
    let middle = rect.top() + 19.0;
    ui.painter().text(pos2(rect.left() + 15.0, middle), Align2::LEFT_CENTER, "Streams", fonts::caption(), t.weak);
    let text = if state.rail.is_by_name { "by name" } else { "trouble first" };
    let width = widgets::text_width(ui.painter(), text, fonts::caption()) + 20.0;
    let area =
        Rect::from_min_max(pos2(rect.right() - 14.0 - width, middle - 10.0), pos2(rect.right() - 10.0, middle + 10.0));
    let response = ui.interact(area, ui.scope_id().with("order"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Order of streams: {text}")));
    let color = if response.hovered() { t.text } else { t.faint };
    let right = pos2(area.right() - 4.0, middle);
    let icon = ui.painter().text(right, Align2::RIGHT_CENTER, icons::SORT, fonts::icon(12.0), color);
    ui.painter().text(pos2(icon.left() - 4.0, middle), Align2::RIGHT_CENTER, text, fonts::caption(), color);
    if response.has_focus() {
        widgets::focus_ring(ui, area, 3);
    }
    if response.clicked() {
        state.rail.is_by_name = !state.rail.is_by_name;
    }
    let takes_focus = state.focus_filter && !matches!(state.place, Place::Activity);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover());
    let field = Rect::from_min_max(pos2(rect.left() + 10.0, rect.top()), pos2(rect.right() - 11.0, rect.bottom()));
    let response = TextField::new(Id::unique("rail filter"), "Filter streams", &mut state.rail.filter)
        .icon(icons::SEARCH)
        .hint("Filter")
        .key("/")
        .toolbar()
        .focus(takes_focus)
        .show_in(ui, field);
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
        state.rail.filter.clear();
    }
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
        update_order(state);
        let first = state.rail.order.first().and_then(|at| state.fleet.facts.streams.get(*at));
        if let Some(facts) = first {
            out.push(Command::Go(Place::Stream(facts.name.clone(), state.tab)));
        }
    }
    ui.add_space(6.0);
}

fn update_order(state: &mut UiState) {
    let rail = &mut state.rail;
    let wanted = (state.fleet.facts.generation, rail.filter.trim().to_lowercase(), rail.is_by_name);
    if rail.order_of.as_ref() == Some(&wanted) {
        return;
    }
    let streams = &state.fleet.facts.streams;
    let mut order: Vec<usize> = (0..streams.len())
        .filter(|at| streams.get(*at).is_some_and(|facts| facts.search_name.contains(&wanted.1)))
        .collect();
    if rail.is_by_name {
        order.sort_by(|a, b| streams.get(*a).map(|s| &s.name).cmp(&streams.get(*b).map(|s| &s.name)));
    }
    rail.order = order;
    rail.order_of = Some(wanted);
}

fn streams(ui: &mut Ui, bottom: f32, state: &UiState, is_narrow: bool, out: &mut Commands) {
    let height = (bottom - ui.cursor().top()).max(0.0);
    let order = &state.rail.order;
    if order.is_empty() {
        let text = if state.fleet.facts.streams.is_empty() { "none listed yet" } else { "none matches" };
        let t = theme::tokens(ui);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        if !is_narrow {
            ui.painter().text(
                pos2(rect.left() + 15.0, rect.center().y),
                Align2::LEFT_CENTER,
                text,
                fonts::small(),
                t.faint,
            );
        }
        return;
    }
    let area = ScrollArea::vertical().id_salt("streams").max_height(height).auto_shrink([false, false]);
    area.show_rows(ui, ROW, order.len(), |ui, rows| {
        for facts in order.get(rows).unwrap_or_default().iter().filter_map(|at| state.fleet.facts.streams.get(*at)) {
            let is_current = matches!(&state.place, Place::Stream(name, _) if *name == facts.name);
            if stream_row(ui, facts, is_current, is_narrow).clicked() {
                out.push(Command::Go(Place::Stream(facts.name.clone(), state.tab)));
            }
        }
    });
}

fn stream_row(ui: &mut Ui, facts: &StreamFacts, is_current: bool, is_narrow: bool) -> Response {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let hottest = facts.hottest.map_or(format::UNKNOWN.to_owned(), format::percent);
    let word = facts.severity.word();
    let name = format!("Open {} {word}, hottest shard {hottest}", facts.name);
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, is_current, &name));
    let area = rect.shrink2(vec2(6.0, 0.0));
    if is_current || response.hovered() {
        ui.painter().rect_filled(area, 4, if is_current { t.selected } else { t.hover });
    }
    let glyph = if is_narrow { rect.center() } else { pos2(rect.left() + 17.5, rect.center().y) };
    widgets::status_glyph(ui.painter(), t, glyph, facts.severity);
    if response.has_focus() {
        widgets::focus_ring(ui, area, 4);
    }
    if is_narrow {
        return response.on_hover_text(format!("{}  {hottest}", facts.name));
    }
    let color = match (facts.severity, facts.hottest) {
        (_, None) => t.faint,
        (Severity::Critical, Some(share)) if share >= WARN_SHARE => t.crit,
        (_, Some(share)) if share >= WARN_SHARE => t.warn,
        _ => t.weak,
    };
    let painter = ui.painter();
    let figure =
        painter.text(pos2(rect.right() - 14.0, rect.center().y), Align2::RIGHT_CENTER, &hottest, fonts::dense(), color);
    let words = Rect::from_min_max(pos2(rect.left() + 30.0, rect.top()), pos2(figure.left() - 8.0, rect.bottom()));
    let (font, color) = match (is_current, facts.severity >= Severity::Warning) {
        (true, _) => (row_font(fonts::body_medium()), t.strong),
        (false, true) => (row_font(fonts::body()), t.strong),
        (false, false) => (row_font(fonts::body()), t.text),
    };
    let is_cut = widgets::text_width(painter, facts.name.as_str(), font.clone()) > words.width();
    widgets::paint_elided_middle(painter, words, Align::Min, facts.name.as_str(), font, color);
    if is_cut { response.on_hover_text(facts.name.as_str()) } else { response }
}

/// Names of streams are half a point smaller than body text, so that more of a long one fits.
fn row_font(font: FontId) -> FontId {
    FontId { size: 12.5, ..font }
}

fn footer(ui: &mut Ui, rect: Rect, world: &World, state: &UiState, is_narrow: bool, out: &mut Commands) {
    let t = theme::tokens(ui);
    ui.painter().rect_filled(rect, 0, t.rail);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, t.stroke));
    let cell = |right: f32| Rect::from_center_size(pos2(rect.right() - right, rect.center().y), vec2(26.0, 24.0));
    let mut settings = cell(21.0);
    if is_narrow {
        settings = Rect::from_center_size(rect.center(), vec2(30.0, 26.0));
    } else {
        let text = "hottest shard, % of limit";
        let font = FontId { size: 11.0, ..fonts::small() };
        ui.painter().text(pos2(rect.left() + 14.0, rect.center().y), Align2::LEFT_CENTER, text, font, t.faint);
        let (icon, name) = match world.settings.theme {
            ThemeChoice::Dark => (icons::SUN, "Light theme"),
            ThemeChoice::Light => (icons::MOON, "Dark theme"),
        };
        if icon_cell(ui, cell(48.0), icon, name, false).clicked()
            && let Ok(command) = resolve(Action::ToggleTheme, world, &Place::Fleet)
        {
            out.push(command);
        }
    }
    if icon_cell(ui, settings, icons::SETTINGS, "Settings", state.place == Place::Settings).clicked() {
        out.push(Command::Go(Place::Settings));
    }
}
