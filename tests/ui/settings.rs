//! The settings, by role and name: they apply at once, and every change has a way back.

use eframe::egui::accesskit::{Role, Toggled};
use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kinescope::model::connection::Environment;
use kinescope::model::settings::{Settings, ThemeChoice};
use kinescope::ui::command::{Command, Place};

use crate::fixture;
use crate::harness::{Window, picture, window};

fn opened(size: (f32, f32), settings: Settings) -> Harness<'static, Window> {
    let mut world = fixture::incident();
    world.settings = settings;
    world.kept_in = vec![
        ("Settings file", "/srv/kinescope/settings.json".to_owned()),
        ("Data folder", "/srv/kinescope".to_owned()),
    ];
    world.profiles = fixture::first_start().profiles;
    let mut harness = window(size, world);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    harness.run_steps(3);
    assert_eq!(harness.state().ui.place, Place::Settings);
    harness
}

fn usual() -> Harness<'static, Window> {
    opened((1_440.0, 900.0), Settings::default())
}

/// Follows the last wish as the program does.
fn follow(harness: &mut Harness<'_, Window>) -> Settings {
    harness.run_steps(2);
    let Some(Command::SetSettings(settings)) = harness.state().log.last().cloned() else {
        panic!("nothing was set: {:?}", harness.state().log.last())
    };
    harness.state_mut().world.settings = (*settings).clone();
    harness.run_steps(3);
    *settings
}

fn choose(harness: &mut Harness<'_, Window>, label: &str) -> Settings {
    harness.get_by_role_and_label(Role::RadioButton, label).click();
    follow(harness)
}

fn is_chosen(harness: &Harness<'_, Window>, label: &str) -> bool {
    harness.get_by_role_and_label(Role::RadioButton, label).accesskit_node().toggled() == Some(Toggled::True)
}

#[test]
fn settings_apply_at_once_and_every_change_has_a_way_back() {
    let mut harness = usual();
    harness.check_accessibility();
    assert!(harness.query_by_label("Undo the last change").is_none(), "nothing was changed yet");
    assert_eq!(choose(&mut harness, "512 MiB").tail_buffer_mib, 512);
    assert!(harness.query_by_label("Buffer of a tail is 512 MiB now, was 256 MiB").is_some());
    assert_eq!(choose(&mut harness, "Light").theme, ThemeChoice::Light);
    assert_eq!(choose(&mut harness, "2").read_budget, 2);
    picture(&mut harness, "settings");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    assert_eq!(follow(&mut harness).read_budget, 1);
    harness.get_by_label("Undo the last change").click();
    assert_eq!(follow(&mut harness).theme, ThemeChoice::Dark);
    harness.get_by_label("Undo the last change").click();
    assert_eq!(follow(&mut harness), Settings::default());
    assert!(harness.query_by_label("Undo the last change").is_none());
    assert!(is_chosen(&harness, "256 MiB") && is_chosen(&harness, "Dark"));
}

#[test]
fn thresholds_are_taken_once_they_are_in_order() {
    let mut harness = usual();
    let field = |harness: &mut Harness<'_, Window>, name: &str, text: &str| {
        harness.get_by_role_and_label(Role::TextInput, name).focus();
        harness.run_steps(1);
        harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        harness.run_steps(1);
        harness.get_by_role_and_label(Role::TextInput, name).type_text(text);
        harness.run_steps(2);
    };
    let count = harness.state().log.len();
    field(&mut harness, "Warning at", "120");
    assert_eq!(harness.state().log.len(), count, "above critical");
    picture(&mut harness, "settings_wrong");
    field(&mut harness, "Warning at", "70");
    assert_eq!(follow(&mut harness).heat_thresholds.warn_percent, 70);
    harness.get_by_label("Reset thresholds").click();
    assert_eq!(follow(&mut harness).heat_thresholds, Settings::default().heat_thresholds);
}

#[test]
fn fields_are_hidden_and_shown_again() {
    let mut harness = usual();
    let add = |harness: &mut Harness<'_, Window>, rule: &str| {
        harness.get_by_role_and_label(Role::TextInput, "Field path to hide").focus();
        harness.run_steps(1);
        harness.get_by_role_and_label(Role::TextInput, "Field path to hide").type_text(rule);
        harness.run_steps(2);
        harness.key_press(Key::Enter);
    };
    add(&mut harness, ".user.email");
    assert_eq!(follow(&mut harness).tail.masks, [".user.email"]);
    add(&mut harness, "$key");
    assert_eq!(follow(&mut harness).tail.masks, [".user.email", "$key"]);
    let count = harness.state().log.len();
    add(&mut harness, "no path");
    harness.run_steps(2);
    assert_eq!(harness.state().log.len(), count, "not a rule");
    picture(&mut harness, "settings_masks");
    harness.get_by_label("Unmask .user.email").click();
    assert_eq!(follow(&mut harness).tail.masks, ["$key"]);
}

#[test]
fn a_connection_is_said_to_be_production() {
    let mut harness = usual();
    let name = harness.state().world.profiles.get().and_then(|all| all.first()).map(|profile| profile.name.clone());
    let name = name.expect("a profile");
    harness.get_by_label(&format!("Environment of {name}")).click();
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::MenuItem, "STAGING").click();
    assert_eq!(follow(&mut harness).environments.get(&name), Some(&Environment::Staging));
}

#[test]
fn a_setting_is_found_by_what_it_does() {
    let mut harness = usual();
    harness.key_press(Key::Slash);
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::TextInput, "Find a setting").type_text("memory");
    harness.run_steps(3);
    assert!(harness.query_by_role_and_label(Role::RadioButton, "256 MiB").is_some());
    assert!(harness.query_by_role_and_label(Role::RadioButton, "Dark").is_none());
    harness.get_by_role_and_label(Role::TextInput, "Find a setting").type_text("xyz");
    harness.run_steps(3);
    picture(&mut harness, "settings_none");
    harness.get_by_label("Show all").click();
    harness.run_steps(3);
    assert!(harness.query_by_role_and_label(Role::RadioButton, "Dark").is_some());
}

#[test]
fn settings_fit_into_small_windows() {
    let light = Settings { theme: ThemeChoice::Light, ..Settings::default() };
    let mut harness = opened((1_024.0, 700.0), light);
    picture(&mut harness, "settings_small");
    harness.get_by_role_and_label(Role::Button, "About").click();
    harness.run_steps(6);
    let version = harness.get_by_label_contains("Version").rect();
    assert!(version.bottom() < 680.0, "it was scrolled to: {version:?}");
    picture(&mut harness, "settings_about");
    let mut harness = opened((640.0, 480.0), Settings::default());
    picture(&mut harness, "settings_tiny");
    assert!(harness.try_run().is_ok(), "it repaints without a reason");
}
