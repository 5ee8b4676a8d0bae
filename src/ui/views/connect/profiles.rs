//! The profiles of the AWS configuration, grouped by the session they depend on, since one sign-in repairs a group.

use std::collections::BTreeMap;

use eframe::egui::{
    Align, Align2, Color32, Id, Layout, Rect, Response, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use super::{ConnectState, environment_of, fix, pending};
use crate::model::answer::ProblemKind;
use crate::model::connection::{ConnectRequest, Environment, Identity, ProfileInfo, ProfileKind, SessionState};
use crate::model::format;
use crate::model::health::Severity;
use crate::model::time::{Millis, Timestamp};
use crate::model::world::World;
use crate::ui::command::{Command, Commands, Place};
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::text::{job, paint_job};
use crate::ui::widgets::{self, Button, TagStyle, TextField};

const HEAD: f32 = 58.0;
const ROW: f32 = 33.0;
const GROUP: f32 = 30.0;
const FIX: f32 = 72.0;
/// Name and left edge of each column at a width of 1,021 pt.
const COLUMNS: [(&str, f32); 7] = [
    ("Profile", 17.0),
    ("Kind", 147.0),
    ("Acts as", 251.0),
    ("Account", 427.0),
    ("Region", 563.0),
    ("Session", 669.0),
    ("Environment", 833.0),
];

/// Left edges where it is narrow; account ids are left out.
const NARROW: [Option<f32>; 7] = [Some(17.0), Some(140.0), Some(245.0), None, Some(370.0), Some(460.0), Some(590.0)];

enum Line<'a> {
    Group(Severity, String, String),
    Profile(&'a ProfileInfo),
    Fix(&'a ProfileInfo),
    DefaultChain,
}

/// Draws the head and the list.
pub fn show(ui: &mut Ui, world: &World, state: &mut ConnectState, focus_filter: bool, out: &mut Commands) {
    ui.spacing_mut().item_spacing.y = 0.0;
    head(ui, world, state, focus_filter, out);
    let Some(profiles) = world.profiles.get() else {
        match &world.profiles.problem {
            Some((problem, _)) => {
                if widgets::problem(ui, "Cannot read the AWS configuration", problem, out)
                    == widgets::ProblemAction::Retry
                {
                    out.push(Command::ReloadProfiles);
                }
            }
            None => widgets::loading_rows(ui, "Reading profiles", "~/.aws/config and ~/.aws/credentials", 5, ROW),
        }
        return;
    };
    if profiles.is_empty() && state.selected.as_deref() != Some(super::DEFAULT_CHAIN) {
        let hint =
            "Neither ~/.aws/config nor ~/.aws/credentials has one; aws configure sso makes one. Demo data needs none.";
        if widgets::empty(ui, icons::USER, "No AWS profiles", hint, Some("Use the default chain")) {
            state.selected = Some(super::DEFAULT_CHAIN.to_owned());
        }
        return;
    }
    column_heads(ui);
    let lines = lines(profiles, &state.filter, state.selected.as_deref(), world);
    ScrollArea::vertical().id_salt("profiles").auto_shrink([false, false]).show(ui, |ui| {
        for (at, line) in lines.iter().enumerate() {
            line_ui(ui, at, line, world, state, out);
        }
        missing_line(ui, out);
    });
}

fn head(ui: &mut Ui, world: &World, state: &mut ConnectState, focus_filter: bool, out: &mut Commands) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let builder = UiBuilder::new()
        .id_salt("head tools")
        .max_rect(rect.with_max_x(rect.right() - 20.0))
        .layout(Layout::right_to_left(Align::Center));
    let mut tools = ui.new_child(builder);
    if let Some(connection) = world.connection() {
        let back = format!("Back to {}", connection.label);
        if tools.add(Button::new(&back).icon(icons::ARROW_LEFT).key("Esc")).clicked() {
            out.push(Command::Go(Place::Fleet));
        }
    }
    if tools.add(Button::new("Read again").icon(icons::REFRESH)).clicked() {
        out.push(Command::ReloadProfiles);
    }
    let width = (rect.width() * 0.19).clamp(110.0, 190.0);
    TextField::new(Id::unique("profile filter"), "Filter profiles", &mut state.filter)
        .icon(icons::SEARCH)
        .hint("Filter profiles")
        .key("/")
        .toolbar()
        .width(width)
        .focus(focus_filter)
        .show(&mut tools);
    let right = tools.min_rect().left() - 12.0;
    let painter = ui.painter();
    painter.text(
        pos2(rect.left() + 17.0, rect.center().y),
        Align2::LEFT_CENTER,
        icons::CLOUD,
        fonts::icon(16.0),
        t.weak,
    );
    let line = |middle: f32| {
        Rect::from_min_max(pos2(rect.left() + 43.0, rect.top() + middle - 9.0), pos2(right, rect.top() + middle + 9.0))
    };
    widgets::paint_elided(painter, line(21.0), Align::Min, "Or connect to AWS", fonts::title(), t.strong);
    let count = world.profiles.get().map_or(0, Vec::len);
    let profiles = format!("{count} profile{} from ", if count == 1 { "" } else { "s" });
    let parts = job(&[
        (&profiles, fonts::small(), t.weak),
        ("~/.aws/config", fonts::dense(), t.text),
        (" and ", fonts::small(), t.weak),
        ("~/.aws/credentials", fonts::dense(), t.text),
    ]);
    paint_job(painter, line(39.0), Align::Min, parts);
}

/// Where a column is in a line; empty where it does not fit.
fn column(rect: Rect, at: usize) -> Rect {
    let is_narrow = rect.width() < 900.0;
    let scale = if is_narrow { rect.width() / 724.0 } else { rect.width() / 1_021.0 };
    let edge = |at: usize| match (is_narrow, COLUMNS.get(at), NARROW.get(at)) {
        (true, _, Some(left)) => left.map(|left| rect.left() + left * scale),
        (false, Some((_, left)), _) => Some(rect.left() + left * scale),
        _ => Some(rect.right() - 6.0),
    };
    let next = (at + 1..=COLUMNS.len()).find_map(edge).unwrap_or(rect.right() - 6.0);
    match edge(at) {
        Some(left) => Rect::from_min_max(pos2(left, rect.top()), pos2(next - 6.0, rect.bottom())),
        None => Rect::from_min_max(pos2(next, rect.top()), pos2(next, rect.bottom())),
    }
}

fn column_heads(ui: &mut Ui) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 25.0), Sense::hover());
    ui.painter().rect_filled(rect, 0, t.raised);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    for (at, (title, _)) in COLUMNS.iter().enumerate() {
        widgets::paint_elided(ui.painter(), column(rect, at), Align::Min, title, fonts::caption(), t.weak);
    }
}

/// Groups, profiles, and below the selected one its fix.
fn lines<'a>(profiles: &'a [ProfileInfo], filter: &str, selected: Option<&str>, world: &World) -> Vec<Line<'a>> {
    let filter = filter.trim().to_lowercase();
    // In the order of the files; what needs no session comes last.
    let first_of =
        |session: Option<&str>| profiles.iter().position(|profile| profile.sso_session.as_deref() == session);
    let mut groups: BTreeMap<(bool, usize), Vec<&ProfileInfo>> = BTreeMap::new();
    for profile in profiles.iter().filter(|profile| profile.name.to_lowercase().contains(&filter)) {
        let session = profile.sso_session.as_deref();
        groups.entry((session.is_none(), first_of(session).unwrap_or(0))).or_default().push(profile);
    }
    let mut lines = Vec::new();
    for members in groups.into_values() {
        let session = members.first().and_then(|profile| profile.sso_session.as_deref()).unwrap_or("");
        lines.push(group_line(session, &members, world.now));
        for profile in members {
            lines.push(Line::Profile(profile));
            if selected == Some(profile.name.as_str()) && needs_fix(profile, world) {
                lines.push(Line::Fix(profile));
            }
        }
    }
    if super::DEFAULT_CHAIN.contains(&filter) {
        lines.push(Line::Group(Severity::Unknown, "Without a profile".to_owned(), String::new()));
        lines.push(Line::DefaultChain);
    }
    lines
}

fn group_line<'a>(session: &str, members: &[&ProfileInfo], now: Timestamp) -> Line<'a> {
    if session.is_empty() {
        return Line::Group(Severity::Unknown, "No session needed".to_owned(), String::new());
    }
    let count = members.len();
    let title = format!("SSO session  {session}");
    let state = members.iter().map(|profile| &profile.session).find(|state| {
        matches!(state, SessionState::ExpiredAt(_) | SessionState::ValidUntil(_) | SessionState::SignedOut)
    });
    let repairs = format!("one sign-in fixes {count} profile{}", if count == 1 { "" } else { "s" });
    match state {
        Some(SessionState::ExpiredAt(at)) => {
            Line::Group(Severity::Critical, title, format!("expired at {}, {repairs}", at.hm()))
        }
        Some(SessionState::SignedOut) => Line::Group(Severity::Critical, title, format!("signed out, {repairs}")),
        Some(SessionState::ValidUntil(until)) => {
            Line::Group(Severity::Ok, title, format!("{} left", span_words(*until - now)))
        }
        _ => Line::Group(Severity::Unknown, title, String::new()),
    }
}

/// A length of time to the minute: `41 min`, `7 h 12 m`.
fn span_words(span: Millis) -> String {
    let minutes = span.0 / 60_000;
    if minutes < 60 { format!("{minutes} min") } else { format::duration(span) }
}

/// Whether the profile's session must be renewed by a command that is known: the files say so, or AWS did.
pub fn needs_fix(profile: &ProfileInfo, world: &World) -> bool {
    let refused = || {
        let of_it = |request: &ConnectRequest| request.profile.as_deref() == Some(profile.name.as_str());
        super::failure(world, of_it).is_some_and(|problem| problem.kind == ProblemKind::Credentials)
    };
    let is_missing = matches!(profile.session, SessionState::ExpiredAt(_) | SessionState::SignedOut);
    profile.login_words().is_some() && (is_missing || refused())
}

fn line_ui(ui: &mut Ui, at: usize, line: &Line<'_>, world: &World, state: &mut ConnectState, out: &mut Commands) {
    let height = match line {
        Line::Group(..) => GROUP,
        Line::Profile(_) | Line::DefaultChain => ROW,
        Line::Fix(_) => FIX,
    };
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    if !ui.is_rect_visible(rect) {
        return;
    }
    match line {
        Line::Group(severity, title, detail) => group_ui(ui, rect, *severity, title, detail),
        Line::Fix(profile) => fix::show(ui, rect, profile, world, out),
        Line::DefaultChain => chain_ui(ui, rect, world, state),
        Line::Profile(profile) => {
            let is_selected = state.selected.as_deref() == Some(profile.name.as_str());
            let response = profile_ui(ui, rect, at, profile, world, is_selected);
            if response.clicked() {
                state.selected = Some(profile.name.clone());
            }
            if response.double_clicked() && !needs_fix(profile, world) && pending(world).is_none() {
                out.push(Command::Connect(request(profile.name.as_str(), profile.region.as_deref().unwrap_or(""))));
            }
        }
    }
}

fn group_ui(ui: &Ui, rect: Rect, severity: Severity, title: &str, detail: &str) {
    let t = theme::tokens(ui);
    let painter = ui.painter();
    painter.rect_filled(rect, 0, t.rail);
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
    widgets::status_glyph(painter, t, pos2(rect.left() + 22.0, rect.center().y), severity);
    let color = if severity == Severity::Critical { t.crit } else { t.weak };
    let line = job(&[
        (title, fonts::small_strong(), t.strong),
        ("   ", fonts::small(), t.weak),
        (detail, fonts::small(), color),
    ]);
    paint_job(painter, rect.with_min_x(rect.left() + 35.0), Align::Min, line);
}

fn kind_style(kind: ProfileKind) -> TagStyle {
    match kind {
        ProfileKind::Sso | ProfileKind::Login => TagStyle::Accent,
        ProfileKind::Static => TagStyle::Warn,
        _ => TagStyle::Neutral,
    }
}

/// Glyph, words and colour of a session.
fn session_words(t: &Tokens, session: &SessionState, now: Timestamp) -> (Severity, String, Color32) {
    match session {
        SessionState::ValidUntil(until) => (Severity::Ok, format!("{} left", span_words(*until - now)), t.text),
        SessionState::ExpiredAt(at) => (Severity::Critical, format!("expired, {}", span_words(at.age_at(now))), t.crit),
        SessionState::SignedOut => (Severity::Critical, "signed out".to_owned(), t.crit),
        SessionState::Needs(other) => (Severity::Unknown, format!("needs {other}"), t.weak),
        SessionState::AsksForMfa => (Severity::Unknown, "asks for MFA code".to_owned(), t.weak),
        SessionState::NoExpiry => (Severity::Warning, "no expiry".to_owned(), t.warn),
        SessionState::Unknown => (Severity::Unknown, "not known".to_owned(), t.faint),
    }
}

fn profile_ui(ui: &Ui, rect: Rect, at: usize, profile: &ProfileInfo, world: &World, is_selected: bool) -> Response {
    let t = theme::tokens(ui);
    let response = ui.interact(rect, ui.scope_id().with(("profile", at)), Sense::click());
    let (severity, words, color) = session_words(t, &profile.session, world.now);
    let (environment, is_chosen) = environment_of(world, &profile.name);
    let region = profile.region.as_deref().unwrap_or(format::UNKNOWN);
    let name = format!("Profile {} {} {region} {words} {}", profile.name, profile.kind.tag(), environment.tag());
    response.widget_info(|| WidgetInfo::selected(Role::Row, true, is_selected, &name));
    let painter = ui.painter();
    if is_selected || response.hovered() {
        painter.rect_filled(rect, 0, if is_selected { t.selected } else { t.hover });
    }
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
    if is_selected {
        painter.rect_filled(Rect::from_min_size(rect.min, vec2(3.0, rect.height() - 1.0)), 0, t.accent);
    }
    let cell = |at: usize| column(rect, at);
    widgets::paint_elided(painter, cell(0), Align::Min, &profile.name, fonts::value(), t.strong);
    let kind = cell(1);
    widgets::paint_tag(
        &painter.with_clip_rect(kind.expand(4.0).intersect(painter.clip_rect())),
        t,
        kind.left_center(),
        profile.kind.tag(),
        kind_style(profile.kind),
    );
    let acts_as = profile.acts_as.as_deref().unwrap_or(format::UNKNOWN);
    widgets::paint_elided(painter, cell(2), Align::Min, acts_as, fonts::small(), t.text);
    let account = profile.account.as_ref().map(|account| Identity { account: account.clone(), arn: String::new() });
    let account = account.map_or(format::UNKNOWN.to_owned(), |identity| identity.account_grouped());
    widgets::paint_elided(painter, cell(3), Align::Min, &account, fonts::dense(), t.text);
    widgets::paint_elided(painter, cell(4), Align::Min, region, fonts::dense(), t.text);
    let session = cell(5);
    widgets::status_glyph(painter, t, pos2(session.left() + 4.0, session.center().y), severity);
    widgets::paint_elided(
        painter,
        session.with_min_x(session.left() + 16.0),
        Align::Min,
        &words,
        fonts::small(),
        color,
    );
    environment_cell(ui, cell(6), environment, is_chosen);
    if response.has_focus() {
        widgets::focus_ring(ui, rect.shrink(3.0), 2);
    }
    response
}

/// The default chain of the SDK: for credentials that no file names.
fn chain_ui(ui: &Ui, rect: Rect, world: &World, state: &mut ConnectState) {
    let t = theme::tokens(ui);
    let is_selected = state.selected.as_deref() == Some(super::DEFAULT_CHAIN);
    let response = ui.interact(rect, ui.scope_id().with("default chain"), Sense::click());
    let words = "environment variables, container or instance role";
    response.widget_info(|| WidgetInfo::selected(Role::Row, true, is_selected, format!("Default chain: {words}")));
    let painter = ui.painter();
    if is_selected || response.hovered() {
        painter.rect_filled(rect, 0, if is_selected { t.selected } else { t.hover });
    }
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
    if is_selected {
        painter.rect_filled(Rect::from_min_size(rect.min, vec2(3.0, rect.height() - 1.0)), 0, t.accent);
    }
    widgets::paint_elided(painter, column(rect, 0), Align::Min, super::DEFAULT_CHAIN, fonts::value(), t.strong);
    let kind = column(rect, 1);
    widgets::paint_tag(painter, t, kind.left_center(), "CHAIN", TagStyle::Neutral);
    let about = Rect::from_min_max(column(rect, 2).min, column(rect, 5).max);
    widgets::paint_elided(painter, about, Align::Min, words, fonts::small(), t.text);
    let (environment, is_chosen) = environment_of(world, super::DEFAULT_CHAIN);
    environment_cell(ui, column(rect, 6), environment, is_chosen);
    if response.has_focus() {
        widgets::focus_ring(ui, rect.shrink(3.0), 2);
    }
    if response.clicked() {
        state.selected = Some(super::DEFAULT_CHAIN.to_owned());
    }
}

fn environment_cell(ui: &Ui, cell: Rect, environment: Environment, is_chosen: bool) {
    let t = theme::tokens(ui);
    if environment == Environment::Unknown {
        widgets::paint_elided(ui.painter(), cell, Align::Min, "not set", fonts::small(), t.faint);
        return;
    }
    let tag =
        widgets::paint_tag(ui.painter(), t, cell.left_center(), environment.tag(), TagStyle::Environment(environment));
    if !is_chosen {
        let rest = cell.with_min_x(tag.right() + 6.0);
        widgets::paint_elided(ui.painter(), rest, Align::Min, "by name", fonts::small(), t.weak);
    }
}

fn missing_line(ui: &mut Ui, out: &mut Commands) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(44.0);
        ui.add_space(17.0);
        widgets::label(ui, "Profile missing? These are the files the AWS CLI uses.", fonts::small(), t.weak);
        widgets::label(ui, "aws configure sso", fonts::value(), t.text);
        widgets::label(ui, "adds one.", fonts::small(), t.weak);
        widgets::copy_icon(ui, "Copy aws configure sso", "aws configure sso", out);
    });
}

/// The request for a profile.
pub fn request(profile: &str, region: &str) -> ConnectRequest {
    let region = region.trim();
    ConnectRequest {
        profile: (profile != super::DEFAULT_CHAIN).then(|| profile.to_owned()),
        region: (!region.is_empty()).then(|| region.to_owned()),
        ..ConnectRequest::default()
    }
}
