//! Settings that are lists: fields that are hidden, and how careful to be on each connection.

use eframe::egui::{Align, Id, Rect, Ui, pos2};

use super::form::{inside, line, row, words};
use super::{Scene, now_was};
use crate::model::connection::Environment;
use crate::model::{format, mask};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, TagStyle, TextField, dropdown, tag};

/// What a connection can be said to be.
const ENVIRONMENTS: [(Environment, &str); 4] = [
    (Environment::Prod, "PROD"),
    (Environment::Staging, "STAGING"),
    (Environment::Dev, "DEV"),
    (Environment::Unknown, "not known"),
];
/// Most connections that are listed.
const LISTED: usize = 200;

/// Fields that are hidden before they are drawn.
pub(super) fn masking(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let mut unmasked = None;
    for rule in &scene.world.settings.tail.masks {
        let shown = format::one_line(rule, 80);
        let paint = |ui: &Ui, rect: Rect| {
            widgets::paint_elided(ui.painter(), rect, Align::Min, &shown, fonts::value(), t.strong);
        };
        let is_removed = line(ui, rule, paint, |ui| {
            let name = format!("Unmask {shown}");
            let clicked = ui.add(Button::ghost("").icon(icons::TRASH).name(&name).tooltip(&name).small()).clicked();
            tag(ui, mask::MASK, TagStyle::Crit);
            clicked
        });
        if is_removed {
            unmasked = Some(rule.clone());
        }
    }
    if let Some(rule) = unmasked {
        let said = format!("{} is shown again", format::one_line(&rule, 40));
        scene.change(said, |settings| settings.tail.masks.retain(|one| *one != rule));
    }
    let typed = scene.state.mask.trim().to_owned();
    let is_known = scene.world.settings.tail.masks.contains(&typed);
    let checked = if is_known { Err("It is hidden already.") } else { mask::check(&typed) };
    let mut is_added = false;
    let label = if scene.world.settings.tail.masks.is_empty() { "Nothing is hidden" } else { "Hide another" };
    row(ui, label, "", |ui| {
        let field = TextField::new(Id::unique("mask"), "Field path to hide", &mut scene.state.mask);
        let width = (ui.available_width() - 80.0).clamp(80.0, 220.0);
        let is_wrong = !typed.is_empty() && checked.is_err();
        let field = field.mono().hint(".user.email").toolbar().width(width).invalid(is_wrong).show(ui);
        let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter));
        is_added = ui.add(Button::new("Hide").icon(icons::EYE).enabled(checked)).clicked();
        is_added |= is_entered && checked.is_ok();
    });
    if is_added {
        scene.state.mask.clear();
        let said = format!("{} is hidden now", format::one_line(&typed, 40));
        scene.change(said, |settings| settings.tail.masks.push(typed));
    }
    words(
        ui,
        "A path as jq writes it, ..email for the field anywhere, or $key for the partition key. Hidden in the table, the \
         detail, copies and exports; filters see the whole record.",
    );
}

/// How careful to be on each connection.
pub(super) fn environments(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let settings = &scene.world.settings;
    let mut labels: Vec<&str> = settings.environments.keys().map(String::as_str).collect();
    let profiles = scene.world.profiles.get().map(Vec::as_slice).unwrap_or_default();
    labels.extend(profiles.iter().map(|profile| profile.name.as_str()));
    labels.sort_unstable();
    labels.dedup();
    if labels.is_empty() {
        words(ui, "No profile is set up on this machine, and nothing was chosen for an endpoint yet.");
    }
    let mut chosen = None;
    for label in labels.iter().copied().take(LISTED) {
        let by_hand = settings.environments.get(label).copied();
        let environment = by_hand.unwrap_or_else(|| Environment::guess(label));
        let how = if by_hand.is_some() { "chosen" } else { "by its name" };
        let shown = format::one_line(label, 80);
        let paint = |ui: &Ui, rect: Rect| {
            let mark = Rect::from_center_size(pos2(rect.left() + 5.0, rect.center().y), eframe::egui::Vec2::splat(9.0));
            ui.painter().rect_filled(mark, 2, theme::environment_color(t, environment));
            let place = rect.with_min_x(rect.left() + 18.0);
            let name = widgets::paint_elided(ui.painter(), place, Align::Min, &shown, fonts::value(), t.strong);
            let asks = if environment.is_strict() { "asks for typed names" } else { "asks for a click" };
            let place = rect.with_min_x(name.right() + 12.0);
            widgets::paint_elided(ui.painter(), place, Align::Max, &format!("{how}: {asks}"), fonts::small(), t.weak);
        };
        let names = ENVIRONMENTS.map(|(_, name)| name);
        let at = ENVIRONMENTS.iter().position(|(one, _)| *one == environment).unwrap_or(usize::MAX);
        let current = names.get(at).copied().unwrap_or(environment.tag());
        let picked =
            line(ui, label, paint, |ui| dropdown(ui, &format!("Environment of {shown}"), current, &names, at, 104.0));
        if let Some((new, name)) = picked.and_then(|at| ENVIRONMENTS.get(at)) {
            chosen = Some((label.to_owned(), *new, now_was(&shown, name, current)));
        }
    }
    if labels.len() > LISTED {
        words(ui, &format!("{} more: choose theirs where you connect.", labels.len() - LISTED));
    }
    if let Some((label, environment, said)) = chosen {
        scene.change(said, |settings| {
            settings.environments.insert(label, environment);
        });
    }
    inside(ui, |ui| ui.add_space(2.0));
    words(ui, "What is not known is treated as production. Writes are locked at the start everywhere.");
}
