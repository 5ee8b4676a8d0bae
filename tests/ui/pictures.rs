//! Pictures of every place, for eyes; without the folder for them they only prove that everything draws.

use kinescope::model::settings::ThemeChoice;
use kinescope::model::world::World;
use kinescope::ui::command::{Command, Dialog, Place, Tab};

use crate::fixture;
use crate::harness::{picture, window};

fn draw(name: &str, size: (f32, f32), world: World, commands: Vec<Command>) {
    for (choice, suffix) in [(ThemeChoice::Dark, ""), (ThemeChoice::Light, "_light")] {
        let mut world = clone_of(&world);
        world.settings.theme = choice;
        let mut harness = window(size, world);
        harness.state_mut().apply(commands.clone());
        harness.run_steps(3);
        harness.check_accessibility();
        picture(&mut harness, &format!("{name}{suffix}"));
    }
}

fn clone_of(world: &World) -> World {
    let mut copy = World::new(world.now, world.zone.clone(), world.settings.clone());
    copy.link = world.link.clone();
    copy.lock = world.lock.clone();
    copy.identity = world.identity.clone();
    copy.profiles = world.profiles.clone();
    copy.local_endpoints = world.local_endpoints.clone();
    copy.fleet = world.fleet.clone();
    copy.activity = world.activity.clone();
    copy.meters = world.meters.clone();
    copy.tasks = world.tasks.clone();
    copy.last_problem = world.last_problem.clone();
    if let Some(open) = &world.open {
        let mut other = kinescope::model::world::OpenStream::new(open.name.clone());
        other.summary = open.summary.clone();
        other.shards = open.shards.clone();
        other.metrics = open.metrics.clone();
        copy.open = Some(other);
    }
    copy
}

const FULL: (f32, f32) = (1440.0, 900.0);
const SMALL: (f32, f32) = (1024.0, 700.0);

#[test]
fn the_fleet_draws() {
    draw("fleet", FULL, fixture::incident(), vec![Command::Go(Place::Fleet)]);
    draw("fleet_small", SMALL, fixture::incident(), vec![Command::Go(Place::Fleet)]);
}

#[test]
fn the_first_start_draws() {
    draw("connect", FULL, fixture::first_start(), vec![]);
    draw("connect_small", SMALL, fixture::first_start(), vec![]);
}

#[test]
fn the_activity_log_draws() {
    let mut world = fixture::incident();
    fixture::unlock(&mut world);
    draw("activity", FULL, world, vec![Command::Go(Place::Activity)]);
}

#[test]
fn the_dialogs_draw() {
    let place = || Command::Go(Place::Stream("clickstream-prod".into(), Tab::Heatmap));
    draw("unlock", FULL, fixture::stream_open(), vec![place(), Command::Open(Dialog::Unlock)]);
    draw("shortcuts", FULL, fixture::stream_open(), vec![place(), Command::Open(Dialog::Shortcuts)]);
    draw("palette", FULL, fixture::stream_open(), vec![place(), Command::TogglePalette]);
}
