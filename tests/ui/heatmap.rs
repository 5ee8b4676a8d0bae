//! The heatmap: rows by name, keyboard, selection, tooltips, states; and pictures of it.

use eframe::egui::{self, Key, Modifiers, UiBuilder};
use egui_kittest::{Harness, kittest::Queryable};
use kinescope::model::answer::{Answer, Problem, ProblemKind};
use kinescope::model::ids::{ShardId, StreamName};
use kinescope::model::metrics::WriteMetrics;
use kinescope::model::settings::ThemeChoice;
use kinescope::model::stream::StreamSummary;
use kinescope::model::time::Timestamp;
use kinescope::model::world::{Link, World};
use kinescope::ui::command::{Command, Commands, Dialog, Place, Tab};
use kinescope::ui::theme;
use kinescope::ui::views::heatmap::{self, HeatmapState};

use crate::harness::{harness, picture, window};
use crate::incident;

/// What the view is handed.
pub struct Bench {
    pub world: World,
    pub state: HeatmapState,
    pub selection: Option<ShardId>,
    pub commands: Vec<Command>,
}

impl Bench {
    fn new(world: World) -> Self {
        Self { world, state: HeatmapState::default(), selection: None, commands: Vec::new() }
    }

    /// What the program makes of a command that changes what the view reads.
    fn carry_out(&mut self, command: &Command) {
        match (command, &mut self.world.open) {
            (Command::SetThresholds(thresholds), _) => self.world.settings.heat_thresholds = *thresholds,
            (Command::PauseFigures(is_paused), Some(open)) => open.figures_paused = *is_paused,
            (Command::SetRange(range), Some(open)) => open.range = *range,
            _ => {}
        }
    }
}

/// The view in the place that the shell gives it: right of the rail, below the tabs, above the status bar.
pub fn bench<'a>(world: World, size: (f32, f32), choice: ThemeChoice) -> Harness<'a, Bench> {
    harness(size, choice, Bench::new(world), move |ui, bench| {
        theme::choose(ui.ctx(), choice);
        let full = ui.ctx().content_rect();
        ui.painter().rect_filled(full, 0, ui.visuals().panel_fill);
        let slot = egui::Rect::from_min_max(full.min + egui::vec2(224.0, 80.0), full.max - egui::vec2(0.0, 24.0));
        let mut out = Commands::default();
        ui.scope_builder(UiBuilder::new().max_rect(slot), |ui| {
            heatmap::show(ui, &bench.world, &mut bench.state, &mut bench.selection, &mut out);
        });
        for command in out.take() {
            bench.carry_out(&command);
            bench.commands.push(command);
        }
    })
}

pub fn incident<'a>() -> Harness<'a, Bench> {
    bench(incident::world(), (1_440.0, 900.0), ThemeChoice::Dark)
}

pub const HOT_ROW: &str = "Heat shardId-000000000007 now 96 % peak 102 % hot throttled 312";

fn selected(harness: &Harness<'_, Bench>) -> Option<String> {
    harness.state().selection.as_ref().map(ToString::to_string)
}

pub fn press(harness: &mut Harness<'_, Bench>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run_steps(2);
}

#[test]
fn every_shard_is_a_row_with_its_figures_in_the_name() {
    let harness = incident();
    harness.get_by_label("Heatmap of clickstream-prod");
    harness.get_by_label(HOT_ROW);
    harness.get_by_label("Heat shardId-000000000019 now 83 % peak 87 % hot throttled 3");
    harness.get_by_label("Heat shardId-000000000025 now 0 % peak 6 % idle");
    harness.get_by_label("Heat shardId-000000000038 now 23 % peak 30 % new");
    assert_eq!(harness.get_all_by_label_contains("Heat shardId-").count(), 24);
    harness.check_accessibility();
}

#[test]
fn the_worst_shard_is_selected_when_a_stream_is_first_seen() {
    let mut harness = incident();
    assert_eq!(selected(&harness).as_deref(), Some(incident::HOT));
    harness.get_by_label_contains("Verdict HOT SHARD");
    harness.get_by_label("14:20 load rises from 30 %");
    harness.get_by_label("14:21 crosses 80 %");
    harness.get_by_label("14:22 first throttled write");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert_eq!(selected(&harness), None);
    harness.run_steps(2);
    assert_eq!(selected(&harness), None, "what was cleared stays cleared");
    harness.get_by_label("shardId-…0007 is hot");
}

#[test]
fn a_click_selects_a_row_and_its_plots_follow() {
    let mut harness = incident();
    harness.get_by_label_contains("Heat shardId-000000000012").click();
    harness.run_steps(3);
    assert_eq!(selected(&harness).as_deref(), Some("shardId-000000000012"));
    harness.get_by_label("Bytes in of shardId-000000000012 now 0.48 peak 0.50 MiB/s, 1 MiB/s limit");
    harness.get_by_label_contains("Verdict FINE");
}

#[test]
fn the_keyboard_walks_rows_and_time() {
    let mut harness = incident();
    press(&mut harness, Modifiers::NONE, Key::ArrowDown);
    assert_eq!(selected(&harness).as_deref(), Some("shardId-000000000024"));
    press(&mut harness, Modifiers::NONE, Key::K);
    press(&mut harness, Modifiers::NONE, Key::K);
    assert_eq!(selected(&harness).as_deref(), Some("shardId-000000000037"));
    press(&mut harness, Modifiers::NONE, Key::H);
    assert_eq!(selected(&harness).as_deref(), Some(incident::HOT));
    press(&mut harness, Modifiers::NONE, Key::N);
    assert_eq!(selected(&harness).as_deref(), Some("shardId-000000000019"));
    press(&mut harness, Modifiers::SHIFT, Key::N);
    assert_eq!(selected(&harness).as_deref(), Some(incident::HOT));
    press(&mut harness, Modifiers::NONE, Key::ArrowLeft);
    harness.get_by_label_contains("shardId-000000000007 14:36–14:37 UTC: 96 %");
    press(&mut harness, Modifiers::NONE, Key::ArrowLeft);
    harness.get_by_label_contains("shardId-000000000007 14:35–14:36 UTC");
    press(&mut harness, Modifiers::SHIFT, Key::ArrowLeft);
    harness.get_by_label_contains("shardId-000000000007 14:25–14:26 UTC");
    press(&mut harness, Modifiers::SHIFT, Key::ArrowRight);
    press(&mut harness, Modifiers::SHIFT, Key::ArrowRight);
    harness.get_by_label_contains("shardId-000000000007 14:36–14:37 UTC");
}

#[test]
fn the_keyboard_goes_on_where_the_pointer_was() {
    let mut harness = incident();
    harness.hover_at(egui::pos2(848.0, 440.0));
    harness.run_steps(3);
    press(&mut harness, Modifiers::NONE, Key::ArrowRight);
    harness.get_by_label_contains("shardId-000000000007 14:30–14:31 UTC");
}

#[test]
fn a_tooltip_says_what_the_minute_was_and_leaves_with_the_pointer() {
    let mut harness = incident();
    harness.hover_at(egui::pos2(848.0, 440.0));
    harness.run_steps(3);
    harness.get_by_label(
        "shardId-000000000007 14:29–14:30 UTC: 88 % of 1 MiB/s, bytes-bound (records 62 %), Bytes in 0.88 MiB/s avg, \
         Records in 616 rec/s · 1.46 KiB avg, Throttled writes 0 of 36,960, Iterator age, max 1.2 s",
    );
    harness.hover_at(egui::pos2(400.0, 480.0));
    harness.run_steps(3);
    harness.get_by_label_contains("this shard did not exist yet");
    harness.hover_at(egui::pos2(910.0, 150.0));
    harness.run_steps(3);
    harness.get_by_label_contains("not reported yet");
    harness.hover_at(egui::pos2(1_300.0, 700.0));
    harness.run_steps(3);
    assert!(harness.query_by_label_contains(" UTC: ").is_none());
    harness.hover_at(egui::pos2(848.0, 440.0));
    harness.run_steps(3);
    harness.remove_cursor();
    harness.run_steps(3);
    assert!(harness.query_by_label_contains(" UTC: ").is_none(), "the pointer has left the window");
}

#[test]
fn metrics_and_orders_change_what_the_rows_say() {
    let mut harness = incident();
    harness.get_by_label("Iterator age").click();
    harness.run_steps(3);
    harness.get_by_label_contains("Heat shardId-000000000012 now 1.");
    press(&mut harness, Modifiers::NONE, Key::M);
    press(&mut harness, Modifiers::NONE, Key::S);
    harness.get_by_label("Sort by Hottest now").click();
    harness.run_steps(3);
    harness.get_by_label("Shard id").click();
    harness.run_steps(3);
    harness.get_by_label("Sort by Shard id");
    let rows: Vec<_> = harness.get_all_by_label_contains("Heat shardId-").map(|node| node.rect().top()).collect();
    assert_eq!(rows.len(), 24);
    let first = harness.get_by_label(HOT_ROW).rect().top();
    assert!(rows.iter().all(|top| *top >= first), "the lowest id stands at the top");
}

#[test]
fn shift_k_shows_the_keys_of_the_selected_shard_and_moves_no_row() {
    let mut harness = incident();
    let before = selected(&harness);
    press(&mut harness, Modifiers::SHIFT, Key::K);
    assert_eq!(selected(&harness), before);
    assert!(harness.state().commands.contains(&Command::ShowKeys(ShardId::from(incident::HOT))));
}

#[test]
fn buttons_push_commands() {
    let mut harness = incident();
    harness.get_by_label("Tail this shard").click();
    harness.run_steps(2);
    harness.get_by_label("Split…").click();
    harness.run_steps(2);
    harness.get_by_label("Copy verdict").click();
    harness.run_steps(2);
    harness.get_by_label("Refresh").click();
    harness.run_steps(2);
    let commands = &harness.state().commands;
    assert!(commands.contains(&Command::TailShard(ShardId::from(incident::HOT))));
    assert!(commands.contains(&Command::PlanSplit { shard: ShardId::from(incident::HOT), is_balanced: false }));
    assert!(commands.contains(&Command::Refresh));
    let copied = commands.iter().find_map(|command| match command {
        Command::Copy(text) => Some(text.as_str()),
        _ => None,
    });
    let copied = copied.expect("a verdict was copied");
    assert!(
        copied.starts_with(
            "Stream clickstream-prod\nshardId-000000000007: critical (low confidence)\nShard …0007 at 96 %"
        ),
        "{copied}"
    );
    assert!(copied.contains("2026-09-15T14:22:00.000Z UTC first throttled write"), "{copied}");
}

#[test]
fn every_missing_thing_is_explained_in_place() {
    for (name, world) in states() {
        let mut harness = bench(world, (1_440.0, 900.0), ThemeChoice::Dark);
        harness.check_accessibility();
        let expected = match name {
            "off" => "Shard metrics are off",
            "loading" => "Loading metrics 24 shards",
            "denied" => "Cannot read metrics",
            "stale" => "GetMetricData is not allowed",
            "bare" => "No metrics on this connection",
            "empty" => "No figures in these 60 minutes",
            _ => "Heat shardId-000000000007",
        };
        assert!(harness.query_all_by_label_contains(expected).next().is_some(), "{name}: {expected}");
        if name == "off" {
            harness.get_by_label_contains("Heat stream now ");
            harness.get_by_label_contains("Bytes in of clickstream-prod now ");
            harness.get_by_label_contains("Enable shard metrics…  +$50.40/month").click();
            harness.run_steps(2);
            let commands = &harness.state().commands;
            assert!(commands.contains(&Command::Open(Dialog::Monitoring)), "{commands:?}");
        }
    }
}

#[test]
fn a_shard_that_is_selected_elsewhere_is_scrolled_into_sight() {
    let mut harness = bench(incident::even_world(1_000), (1_440.0, 900.0), ThemeChoice::Dark);
    harness.state_mut().selection = Some(incident::id(900));
    harness.run_steps(4);
    let row = harness.get_by_label_contains("Heat shardId-000000000900").rect();
    assert!(row.top() >= 144.0 && row.bottom() <= 576.0, "{row:?}");
}

#[test]
fn rows_and_texture_are_made_only_when_figures_or_options_change() {
    let mut harness = incident();
    let count = |harness: &Harness<'_, Bench>| harness.state().state.times_prepared();
    for x in [700.0, 710.0, 720.0] {
        harness.hover_at(egui::pos2(x, 300.0));
        harness.run_steps(2);
    }
    press(&mut harness, Modifiers::NONE, Key::J);
    assert_eq!(count(&harness), 1);
    press(&mut harness, Modifiers::NONE, Key::M);
    assert_eq!(count(&harness), 2);
    harness.state_mut().world = incident::world();
    harness.run_steps(3);
    assert_eq!(count(&harness), 3);
}

#[test]
fn cells_and_rows_are_copied_by_key_and_menu() {
    let mut harness = incident();
    press(&mut harness, Modifiers::SHIFT, Key::C);
    press(&mut harness, Modifiers::NONE, Key::ArrowLeft);
    press(&mut harness, Modifiers::NONE, Key::C);
    harness.get_by_label_contains("Heat shardId-000000000012").click_secondary();
    harness.run_steps(3);
    harness.get_by_label("Copy shard id").click();
    harness.run_steps(3);
    let texts: Vec<&str> = harness
        .state()
        .commands
        .iter()
        .filter_map(|command| if let Command::Copy(text) = command { Some(text.as_str()) } else { None })
        .collect();
    let [row, cell, id] = texts.as_slice() else { panic!("{texts:?}") };
    assert!(row.starts_with(r#"{"shard_id":"shardId-000000000007""#), "{row}");
    assert!(cell.starts_with("shardId-000000000007 14:36–14:37 UTC: 96 %"), "{cell}");
    assert_eq!(*id, "shardId-000000000012");
}

#[test]
fn an_idle_heatmap_asks_for_no_frame() {
    let mut harness = incident();
    harness.hover_at(egui::pos2(848.0, 440.0));
    // Runs until nothing asks for another frame, and panics where that never happens.
    harness.run();
}

#[test]
fn reshards_and_generated_figures_are_named_on_the_axis() {
    let mut world = incident::world();
    world.generated_before = Some(Timestamp(incident::now().0 - 10 * 60_000));
    let mut harness = bench(world, (1_440.0, 900.0), ThemeChoice::Dark);
    harness.get_by_label("split …0026 by 13:49 UTC");
    harness.get_by_label("Figures before 14:27 UTC were generated for the demo; later ones are measured");
    harness.hover_at(egui::pos2(500.0, 440.0));
    harness.run_steps(3);
    harness.get_by_label_contains("Source generated for the demo");
    harness.hover_at(egui::pos2(848.0, 440.0));
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("Source generated").is_none());
}

#[test]
fn a_narrow_window_has_the_verdict_in_a_drawer() {
    let mut harness = bench(incident::world(), (1_024.0, 700.0), ThemeChoice::Dark);
    assert!(harness.query_by_label("Tail this shard").is_none());
    harness.get_by_label("Verdict").click();
    harness.run_steps(3);
    harness.get_by_label("Tail this shard");
}

/// Least time of a frame over many, in microseconds: what the frame costs when nothing else runs.
pub fn frame_micros(harness: &mut Harness<'_, Bench>) -> u128 {
    let mut least = u128::MAX;
    for step in 0..80 {
        harness.hover_at(egui::pos2(600.0 + (step % 9) as f32, 180.0));
        let start = std::time::Instant::now();
        harness.step();
        let output = harness.output();
        let primitives = harness.ctx.tessellate(output.shapes.clone(), output.pixels_per_point);
        assert!(!primitives.is_empty());
        least = least.min(start.elapsed().as_micros());
    }
    least
}

#[test]
fn a_frame_costs_about_the_same_for_ten_shards_and_a_thousand() {
    let mut few = bench(incident::even_world(10), (1_440.0, 900.0), ThemeChoice::Dark);
    let mut many = bench(incident::even_world(1_000), (1_440.0, 900.0), ThemeChoice::Dark);
    let (few, many) = (frame_micros(&mut few), frame_micros(&mut many));
    println!("10 shards {few} µs, 1,000 shards {many} µs, ratio {:.2}", many as f64 / few as f64);
    // The goal is 1.5; the rest is for a machine that does other work at the same time.
    assert!(many * 2 <= few * 5, "10 shards {few} µs, 1,000 shards {many} µs");
}

#[test]
fn pictures() {
    for (choice, suffix) in [(ThemeChoice::Dark, ""), (ThemeChoice::Light, "_light")] {
        let mut harness = bench(incident::world(), (1_440.0, 900.0), choice);
        harness.hover_at(egui::pos2(848.0, 440.0));
        harness.run_steps(3);
        picture(&mut harness, &format!("heatmap{suffix}"));
    }
    for (count, name) in [(2, "two"), (48, "48"), (1_000, "1000"), (10_000, "10000")] {
        let mut harness = bench(incident::even_world(count), (1_440.0, 900.0), ThemeChoice::Dark);
        harness.hover_at(egui::pos2(700.0, 160.0));
        harness.run_steps(3);
        picture(&mut harness, &format!("heatmap_{name}"));
    }
    let mut harness = bench(incident::world(), (1_024.0, 700.0), ThemeChoice::Dark);
    picture(&mut harness, "heatmap_small");
    harness.get_by_label("Verdict").click();
    harness.run_steps(3);
    picture(&mut harness, "heatmap_drawer");
    let mut harness = bench(incident::world(), (1_920.0, 1_080.0), ThemeChoice::Light);
    harness.state_mut().selection = None;
    harness.run_steps(2);
    picture(&mut harness, "heatmap_wide");
    for (minutes, name) in [(15, "15m"), (180, "3h"), (1_440, "24h")] {
        let mut harness = bench(incident::ranged_world(24, minutes, 60), (1_440.0, 900.0), ThemeChoice::Dark);
        harness.hover_at(egui::pos2(700.0, 300.0));
        harness.run_steps(3);
        picture(&mut harness, &format!("heatmap_{name}"));
    }
    for (metric, name) in [("Throttles", "throttles"), ("Iterator age", "age")] {
        let mut harness = bench(incident::world(), (1_440.0, 900.0), ThemeChoice::Dark);
        harness.get_by_label(metric).click();
        harness.run_steps(3);
        picture(&mut harness, &format!("heatmap_{name}"));
    }
    let mut harness = bench(incident::world(), (1_440.0, 900.0), ThemeChoice::Dark);
    harness.set_pixels_per_point(1.25);
    harness.run_steps(3);
    picture(&mut harness, "heatmap_125");
    let mut harness = window((1_440.0, 900.0), incident::world());
    let place = Place::Stream(StreamName::from(incident::STREAM), Tab::Heatmap);
    harness.state_mut().apply(vec![Command::Go(place)]);
    harness.run_steps(3);
    harness.hover_at(egui::pos2(848.0, 440.0));
    harness.run_steps(3);
    picture(&mut harness, "heatmap_window");
    for (name, world) in states() {
        let mut harness = bench(world, (1_440.0, 900.0), ThemeChoice::Dark);
        picture(&mut harness, &format!("heatmap_{name}"));
    }
}

/// Worlds in which something is missing.
fn states() -> Vec<(&'static str, World)> {
    let mut off_metrics = incident::metrics();
    off_metrics.shards.clear();
    let mut off = incident::world_of(incident::shard_map(), Some(off_metrics));
    if let Some(summary) = off.open.as_mut().map(|open| &mut open.summary) {
        *summary = Answer::known(StreamSummary { enhanced_metrics: Vec::new(), ..incident::summary(24) }, off.now);
    }
    let mut loading = incident::world_of(incident::shard_map(), None);
    loading.open.as_mut().expect("is open").metrics.begin(incident::now());
    let problem = Problem {
        kind: ProblemKind::AccessDenied,
        operation: "GetMetricData",
        sentence: "cloudwatch:GetMetricData is not allowed for role oncall-ro. Everything else works.".to_owned(),
        remedy: Some("{\"Effect\":\"Allow\",\"Action\":\"cloudwatch:GetMetricData\",\"Resource\":\"*\"}".to_owned()),
    };
    let mut denied = incident::world_of(incident::shard_map(), None);
    denied.open.as_mut().expect("is open").metrics.finish(Err(problem.clone()), incident::now());
    let mut stale = incident::world();
    stale.open.as_mut().expect("is open").metrics.finish(Err(problem), incident::now());
    let mut bare = incident::world_of(incident::shard_map(), None);
    if let Link::Connected(info) = &mut bare.link {
        info.has_cloudwatch = false;
    }
    let mut empty_metrics = incident::metrics();
    let nothing = WriteMetrics::unknown(empty_metrics.window);
    empty_metrics.total = nothing.clone();
    empty_metrics.shards.values_mut().for_each(|figures| *figures = nothing.clone());
    let empty = incident::world_of(incident::shard_map(), Some(empty_metrics));
    let mut demo = incident::world();
    demo.generated_before = Some(Timestamp(incident::now().0 - 10 * 60_000));
    let closed = incident::world_before_the_parent_expired();
    vec![
        ("closed", closed),
        ("off", off),
        ("loading", loading),
        ("denied", denied),
        ("stale", stale),
        ("bare", bare),
        ("empty", empty),
        ("demo", demo),
    ]
}
