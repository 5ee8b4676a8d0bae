//! The heatmap: rows by name, keyboard, selection, tooltips, states; and pictures of it.

use eframe::egui::{self, Key, Modifiers, UiBuilder};
use egui_kittest::{Harness, kittest::Queryable};
use kinescope::model::answer::{Answer, Problem, ProblemKind};
use kinescope::model::ids::ShardId;
use kinescope::model::metrics::WriteMetrics;
use kinescope::model::settings::ThemeChoice;
use kinescope::model::stream::StreamSummary;
use kinescope::model::time::Timestamp;
use kinescope::model::world::{Link, World};
use kinescope::ui::command::{Command, Commands, Dialog, Tab};
use kinescope::ui::theme;
use kinescope::ui::views::heatmap::{self, HeatmapState};

use crate::harness::{harness, picture};
use crate::incident;

/// What the view is handed.
struct Bench {
    world: World,
    state: HeatmapState,
    selection: Option<ShardId>,
    commands: Vec<Command>,
}

impl Bench {
    fn new(world: World) -> Self {
        Self { world, state: HeatmapState::default(), selection: None, commands: Vec::new() }
    }
}

/// The view in the place that the shell gives it: right of the rail, below the tabs, above the status bar.
fn bench<'a>(world: World, size: (f32, f32), choice: ThemeChoice) -> Harness<'a, Bench> {
    harness(size, choice, Bench::new(world), move |ui, bench| {
        theme::choose(ui.ctx(), choice);
        let full = ui.ctx().content_rect();
        ui.painter().rect_filled(full, 0, ui.visuals().panel_fill);
        let slot = egui::Rect::from_min_max(full.min + egui::vec2(224.0, 80.0), full.max - egui::vec2(0.0, 24.0));
        let mut out = Commands::default();
        ui.scope_builder(UiBuilder::new().max_rect(slot), |ui| {
            heatmap::show(ui, &bench.world, &mut bench.state, &mut bench.selection, &mut out);
        });
        bench.commands.extend(out.take());
    })
}

fn incident<'a>() -> Harness<'a, Bench> {
    bench(incident::world(), (1_440.0, 900.0), ThemeChoice::Dark)
}

#[test]
fn pictures() {
    for (choice, suffix) in [(ThemeChoice::Dark, ""), (ThemeChoice::Light, "_light")] {
        let mut harness = bench(incident::world(), (1_440.0, 900.0), choice);
        harness.hover_at(egui::pos2(848.0, 440.0));
        harness.run_steps(3);
        picture(&mut harness, &format!("heatmap{suffix}"));
    }
    for (count, name) in [(2, "two"), (48, "48"), (1_000, "1000")] {
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
    vec![
        ("off", off),
        ("loading", loading),
        ("denied", denied),
        ("stale", stale),
        ("bare", bare),
        ("empty", empty),
        ("demo", demo),
    ]
}
