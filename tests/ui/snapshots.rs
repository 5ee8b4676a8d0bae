//! The three views whose looks are the point, in both themes, against kept pictures. Made on the software renderer only;
//! `UPDATE_SNAPSHOTS=1 cargo test --test ui snapshots` renews them after a change that was looked at.

use egui_kittest::{SnapshotOptions, SnapshotResults};
use kinescope::model::settings::ThemeChoice;
use kinescope::model::world::World;
use kinescope::ui::command::{Command, Place, Tab};

use crate::harness::window;
use crate::{fixture, incident, tail};

/// Versions of the software renderer differ in a few pixels along edges.
const MOST_PIXELS: usize = 400;

fn hold(name: &str, make: fn() -> World, place: fn(&World) -> Place) {
    let mut results = SnapshotResults::new();
    for (theme, suffix) in [(ThemeChoice::Dark, "dark"), (ThemeChoice::Light, "light")] {
        let mut world = make();
        world.settings.theme = theme;
        let place = place(&world);
        let mut harness = window((1280.0, 800.0), world);
        harness.state_mut().apply(vec![Command::Go(place)]);
        harness.run_steps(4);
        let options = SnapshotOptions::new().max_failed_pixels(MOST_PIXELS).output_path("tests/ui/snapshots");
        results.add(harness.try_snapshot_options(format!("{name}_{suffix}"), &options));
    }
}

fn stream(world: &World, tab: Tab) -> Place {
    Place::Stream(world.open.as_ref().expect("a stream is open").name.clone(), tab)
}

#[test]
fn the_fleet_looks_as_it_did() {
    hold("fleet", fixture::incident, |_| Place::Fleet);
}

#[test]
fn the_heatmap_looks_as_it_did() {
    hold("heatmap", incident::world, |world| stream(world, Tab::Heatmap));
}

#[test]
fn the_tail_looks_as_it_did() {
    hold("tail", tail::world, |world| stream(world, Tab::Tail));
}
