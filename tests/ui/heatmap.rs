//! The heatmap: rows by name, keyboard, selection, tooltips, states; and pictures of it.

use eframe::egui::{self, Key, Modifiers, UiBuilder};
use egui_kittest::{Harness, kittest::Queryable};
use kinescope::model::ids::ShardId;
use kinescope::model::settings::ThemeChoice;
use kinescope::model::world::World;
use kinescope::ui::command::{Command, Commands, Dialog, Tab};
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
    harness(size, choice, Bench::new(world), |ui, bench| {
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
}
