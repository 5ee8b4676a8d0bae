//! The controls of the heatmap: metrics and their locks, ranges, orders, thresholds, zoom, pin, pause, and bands that split.

use eframe::egui::{
    self, Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, TouchPhase, pos2, vec2,
};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kinescope::model::heat_range::HeatRange;
use kinescope::model::heat_thresholds::HeatThresholds;
use kinescope::model::settings::ThemeChoice;
use kinescope::ui::command::Command;

use crate::harness::picture;
use crate::heatmap::{Bench, HOT_ROW, bench, incident, press};
use crate::incident;

/// The cell of the hot shard at 14:29, and another of the same minute.
const HOT_CELL: Pos2 = pos2(848.0, 440.0);
const FULL: (f32, f32) = (1_440.0, 900.0);

fn button(harness: &mut Harness<'_, Bench>, pos: Pos2, pressed: bool) {
    harness.event(Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE });
}

/// Presses, moves in steps; the button stays down.
fn begin_drag(harness: &mut Harness<'_, Bench>, from: Pos2, to: Pos2) {
    harness.hover_at(from);
    harness.run_steps(1);
    button(harness, from, true);
    harness.run_steps(1);
    for step in 1..=4 {
        harness.hover_at(from + (to - from) * (step as f32 / 4.0));
        harness.run_steps(1);
    }
}

fn drag(harness: &mut Harness<'_, Bench>, from: Pos2, to: Pos2) {
    begin_drag(harness, from, to);
    button(harness, to, false);
    harness.run_steps(3);
}

fn wheel(harness: &mut Harness<'_, Bench>, at: Pos2, points: f32, modifiers: Modifiers) {
    harness.hover_at(at);
    harness.run_steps(1);
    harness.event_modifiers(
        Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, points),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Wheel,
            modifiers,
        },
        modifiers,
    );
    harness.run_steps(8);
}

fn click_at(harness: &mut Harness<'_, Bench>, at: Pos2) {
    harness.hover_at(at);
    harness.run_steps(1);
    button(harness, at, true);
    button(harness, at, false);
    harness.run_steps(3);
}

fn has(harness: &Harness<'_, Bench>, label: &str) -> bool {
    harness.query_by_label_contains(label).is_some()
}

fn count(harness: &Harness<'_, Bench>, command: &Command) -> usize {
    harness.state().commands.iter().filter(|one| *one == command).count()
}

#[test]
fn ranges_are_picked_by_name_and_by_key() {
    let mut harness = incident();
    for label in ["15m", "1h", "3h", "12h", "24h", "7d"] {
        harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, label);
    }
    harness.get_by_label("24h").click();
    harness.run_steps(2);
    press(&mut harness, Modifiers::NONE, Key::OpenBracket);
    press(&mut harness, Modifiers::NONE, Key::CloseBracket);
    press(&mut harness, Modifiers::NONE, Key::CloseBracket);
    press(&mut harness, Modifiers::NONE, Key::CloseBracket);
    let ranges: Vec<HeatRange> = (harness.state().commands.iter())
        .filter_map(|command| if let Command::SetRange(range) = command { Some(*range) } else { None })
        .collect();
    use HeatRange::{Days7, Hours12, Hours24};
    assert_eq!(ranges, [Hours24, Hours12, Hours24, Days7], "the longest range stays");
    harness.get_by_label("loading");
}

#[test]
fn a_metric_that_no_shard_reports_is_locked_and_says_why() {
    let mut harness = incident();
    let locked = harness.get_by_label("Read out");
    assert!(locked.accesskit_node().is_disabled());
    locked.hover();
    harness.run_steps(40);
    harness.get_by_label_contains("No shard has reported OutgoingBytes in this range.");
    press(&mut harness, Modifiers::NONE, Key::M);
    press(&mut harness, Modifiers::NONE, Key::M);
    press(&mut harness, Modifiers::NONE, Key::M);
    press(&mut harness, Modifiers::NONE, Key::M);
    harness.get_by_label_contains("Heat shardId-000000000012 now 1.");
    let mut harness = bench(incident::ranged_world(4, 60, 60), FULL, ThemeChoice::Dark);
    harness.get_by_label("Read out").click();
    harness.run_steps(3);
    harness.get_by_label_contains("Heat shardId-000000000003 now 2");
    harness.hover_at(HOT_CELL - vec2(0.0, 250.0));
    harness.run_steps(3);
    harness.get_by_label_contains("Read out 0.");
}

#[test]
fn the_newest_shards_stand_first_in_the_order_of_creation() {
    let mut harness = incident();
    for _ in 0..4 {
        press(&mut harness, Modifiers::NONE, Key::S);
    }
    harness.get_by_label("Sort by Creation");
    let top = |harness: &Harness<'_, Bench>, row: &str| harness.get_by_label_contains(row).rect().top();
    let (newest, older) = (top(&harness, "Heat shardId-000000000040"), top(&harness, "Heat shardId-000000000039"));
    assert!(newest < older && older < top(&harness, HOT_ROW));
}

#[test]
fn thresholds_are_typed_kept_and_reset() {
    let mut harness = incident();
    harness.get_by_label("Thresholds 80 / 100 %").click();
    harness.run_steps(3);
    let warn = |harness: &Harness<'_, Bench>| {
        harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Warning at").rect().center()
    };
    let at = warn(&harness);
    click_at(&mut harness, at);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.event(Event::Text("50".to_owned()));
    harness.run_steps(3);
    assert_eq!(
        harness.state().world.settings.heat_thresholds,
        HeatThresholds { warn_percent: 50, critical_percent: 100 }
    );
    harness.get_by_label_contains("Heat shardId-000000000018 now 51 % peak 61 % hot");
    picture(&mut harness, "heatmap_thresholds");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.event(Event::Text("500".to_owned()));
    harness.run_steps(3);
    harness.get_by_label_contains("the warning below critical");
    assert_eq!(harness.state().world.settings.heat_thresholds.warn_percent, 50, "what is not in order changes nothing");
    harness.get_by_label("Reset thresholds").click();
    harness.run_steps(3);
    assert_eq!(harness.state().world.settings.heat_thresholds, HeatThresholds::default());
    harness.get_by_label("Thresholds 80 / 100 %");
    harness.check_accessibility();
}

#[test]
fn a_drawn_span_is_zoomed_to_and_figures_rest_meanwhile() {
    let mut harness = incident();
    begin_drag(&mut harness, pos2(700.0, 300.0), HOT_CELL);
    picture(&mut harness, "heatmap_drag");
    assert!(!has(&harness, "Reset zoom"));
    button(&mut harness, HOT_CELL, false);
    harness.run_steps(3);
    harness.get_by_label("Reset zoom");
    harness.get_by_label("Paused at 14:37 · Resume");
    assert!(harness.state().world.open.as_ref().is_some_and(|open| open.figures_paused));
    assert_eq!(count(&harness, &Command::PauseFigures(true)), 1);
    // The last column of the span stands at the right edge now, in cells and plots.
    harness.hover_at(pos2(900.0, 440.0));
    harness.run_steps(3);
    harness.get_by_label_contains("shardId-000000000007 14:29–14:30 UTC: 88 %");
    picture(&mut harness, "heatmap_zoomed");
    harness.get_by_label("Paused at 14:37 · Resume").click();
    harness.run_steps(3);
    assert_eq!(count(&harness, &Command::PauseFigures(false)), 1);
    harness.get_by_label("Reset zoom").click();
    harness.run_steps(3);
    assert!(!has(&harness, "Reset zoom"));
    harness.hover_at(HOT_CELL);
    harness.run_steps(3);
    harness.get_by_label_contains("shardId-000000000007 14:29–14:30 UTC: 88 %");
}

#[test]
fn esc_ends_a_drawn_span_without_zooming() {
    let mut harness = incident();
    begin_drag(&mut harness, pos2(600.0, 300.0), HOT_CELL);
    press(&mut harness, Modifiers::NONE, Key::Escape);
    button(&mut harness, HOT_CELL, false);
    harness.run_steps(3);
    assert!(!has(&harness, "Reset zoom") && !has(&harness, "Paused"));
    assert_eq!(harness.state().selection.as_ref().map(ToString::to_string).as_deref(), Some(incident::HOT));
    drag(&mut harness, pos2(640.0, 760.0), pos2(700.0, 760.0));
    harness.get_by_label("Reset zoom");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(!has(&harness, "Reset zoom"), "Esc takes the zoom back");
}

#[test]
fn the_wheel_zooms_around_the_pointer_and_a_double_click_resets() {
    let mut harness = incident();
    wheel(&mut harness, HOT_CELL, 200.0, Modifiers::NONE);
    harness.get_by_label("Reset zoom");
    // Columns have another width now, so the minute under the pointer may be the next one.
    let stays = |minute: &str| has(&harness, &format!("shardId-000000000007 14:{minute}"));
    assert!(stays("28–") || stays("29–") || stays("30–"));
    // Both halves of a click within one frame: a frame of the harness is a quarter of a second.
    for _ in 0..2 {
        for pressed in [true, false] {
            let (pos, button, modifiers) = (HOT_CELL, PointerButton::Primary, Modifiers::NONE);
            harness.input_mut().events.push(Event::PointerButton { pos, button, pressed, modifiers });
        }
        harness.step();
    }
    harness.run_steps(3);
    assert!(!has(&harness, "Reset zoom"));
    assert!(!has(&harness, "Pinned"), "the second click let go of what the first one pinned");
}

#[test]
fn shift_and_wheel_scroll_the_rows() {
    let mut harness = bench(incident::even_world(1_000), FULL, ThemeChoice::Dark);
    let first = |harness: &Harness<'_, Bench>| has(harness, "Heat shardId-000000000000 ");
    assert!(first(&harness));
    wheel(&mut harness, pos2(700.0, 300.0), -400.0, Modifiers::SHIFT);
    assert!(!first(&harness));
    assert!(!has(&harness, "Reset zoom"));
    wheel(&mut harness, pos2(260.0, 300.0), 800.0, Modifiers::NONE);
    assert!(first(&harness), "beside the cells the wheel alone scrolls");
}

#[test]
fn a_pinned_cell_keeps_its_tooltip_until_esc() {
    let mut harness = incident();
    click_at(&mut harness, HOT_CELL);
    harness.hover_at(pos2(1_300.0, 700.0));
    harness.run_steps(3);
    harness.get_by_label_contains("Pinned shardId-000000000007 14:29–14:30 UTC: 88 %");
    harness.get_by_label("Paused at 14:37 · Resume");
    press(&mut harness, Modifiers::NONE, Key::C);
    let copied = harness.state().commands.iter().any(
        |command| matches!(command, Command::Copy(text) if text.starts_with("shardId-000000000007 14:29–14:30 UTC: 88 %")),
    );
    assert!(copied);
    picture(&mut harness, "heatmap_pinned");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(!has(&harness, "Pinned") && !has(&harness, "Paused"));
    assert!(harness.state().selection.is_some(), "one thing at a time");
    press(&mut harness, Modifiers::NONE, Key::ArrowLeft);
    press(&mut harness, Modifiers::NONE, Key::P);
    harness.get_by_label_contains("Pinned shardId-000000000007");
}

#[test]
fn along_the_key_space_children_continue_the_band_of_their_parent() {
    let mut harness = bench(incident::world_before_the_parent_expired(), FULL, ThemeChoice::Dark);
    let child = "Heat shardId-000000000038 now 23 % peak 30 % new, before 13:49 as …0026";
    let row = harness.get_by_label(child).rect();
    assert!(!has(&harness, "Heat shardId-000000000026"), "its band is that of its children");
    harness.hover_at(pos2(400.0, row.center().y));
    harness.run_steps(3);
    harness.get_by_label_contains(
        "UTC: 53 % of 1 MiB/s, bytes-bound (records 0 %): as …0026: this shard did not exist yet",
    );
    picture(&mut harness, "heatmap_band");
    for _ in 0..3 {
        press(&mut harness, Modifiers::NONE, Key::S);
    }
    harness.get_by_label("Heat shardId-000000000026 now unknown peak 58 % closed");
    harness.get_by_label("Heat shardId-000000000038 now 23 % peak 30 % new");
}

#[test]
fn one_hot_minute_of_a_day_is_seen() {
    let mut harness = bench(incident::ranged_world(24, 1_440, 60), FULL, ThemeChoice::Dark);
    harness.get_by_label_contains("Heat shardId-000000000003 now ");
    harness.hover_at(pos2(913.0, 200.0));
    harness.run_steps(3);
    harness.get_by_label_contains("14:30–14:31 UTC: 105 % of 1 MiB/s");
    harness.get_by_label_contains("Highest of 14:30–14:33 UTC");
}

#[test]
fn a_week_is_told_by_its_days() {
    let mut harness = bench(incident::ranged_world(8, 10_080, 600), FULL, ThemeChoice::Dark);
    harness.hover_at(pos2(700.0, 180.0));
    harness.run_steps(3);
    harness.get_by_label_contains("shardId-000000000001 12 Sep ");
    picture(&mut harness, "heatmap_7d");
}

#[test]
fn ten_thousand_shards_stay_usable() {
    let mut harness = bench(incident::even_world(10_000), FULL, ThemeChoice::Dark);
    assert!(harness.get_all_by_label_contains("Heat shardId-").count() < 130, "only rows in sight are drawn");
    press(&mut harness, Modifiers::NONE, Key::H);
    harness.run_steps(3);
    let selected = harness.state().selection.clone().expect("the hottest shard");
    harness.get_by_label_contains(&format!("Heat {selected} now 90 %"));
    harness.check_accessibility();
}
