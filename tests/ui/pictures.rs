//! Pictures of every place, for eyes; without the folder for them they only prove that everything draws.

use kinescope::model::settings::ThemeChoice;
use kinescope::model::world::World;
use kinescope::ui::command::{Command, Dialog, Place, Tab};

use egui_kittest::kittest::Queryable;
use kinescope::model::answer::{Answer, Problem, ProblemKind};
use kinescope::model::time::Millis;
use kinescope::model::world::Link;

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
        other.range = open.range;
        other.sample = open.sample.clone();
        copy.open = Some(other);
    }
    copy
}

const FULL: (f32, f32) = (1440.0, 900.0);
const TINY: (f32, f32) = (420.0, 260.0);
const SMALL: (f32, f32) = (1024.0, 700.0);

#[test]
fn the_fleet_draws() {
    draw("fleet", FULL, fixture::incident(), vec![Command::Go(Place::Fleet)]);
    draw("fleet_tiny", TINY, fixture::incident(), vec![Command::Go(Place::Fleet)]);
    draw("fleet_small", SMALL, fixture::incident(), vec![Command::Go(Place::Fleet)]);
}

#[test]
fn the_first_start_draws() {
    draw("connect", FULL, fixture::first_start(), vec![]);
    draw("connect_tiny", TINY, fixture::first_start(), vec![]);
    draw("connect_small", SMALL, fixture::first_start(), vec![]);
}

#[test]
fn the_activity_log_draws() {
    let mut world = fixture::incident();
    fixture::unlock(&mut world);
    draw("activity", FULL, clone_of(&world), vec![Command::Go(Place::Activity)]);
    world.meters.by_operation = [("GetRecords", 9_604), ("DescribeStreamSummary", 1_530), ("GetMetricData", 86)]
        .map(|(name, calls)| (name.to_owned(), calls))
        .into();
    world.meters.metrics_requested = 1_204;
    let mut harness = window(FULL, world);
    harness.state_mut().apply(vec![Command::Go(Place::Activity)]);
    harness.run_steps(2);
    for _ in 0..7 {
        harness.key_press(eframe::egui::Key::J);
        harness.run_steps(1);
    }
    harness.run_steps(2);
    harness.check_accessibility();
    picture(&mut harness, "activity_inspector");
}

fn problem() -> Problem {
    Problem {
        kind: ProblemKind::AccessDenied,
        operation: "ListStreams",
        sentence: "AccessDenied: kinesis:ListStreams is missing for role oncall-ro in us-east-1. Ask for it, or switch connection."
            .to_owned(),
        remedy: Some(r#"{"Effect":"Allow","Action":"kinesis:ListStreams","Resource":"*"}"#.to_owned()),
    }
}

#[test]
fn the_fleet_draws_without_fresh_data() {
    let mut world = fixture::incident();
    world.fleet = Answer::default();
    world.fleet.begin(world.now);
    draw("fleet_loading", FULL, clone_of(&world), vec![Command::Go(Place::Fleet)]);
    world.fleet.finish(Err(problem()), world.now);
    draw("fleet_error", FULL, clone_of(&world), vec![Command::Go(Place::Fleet)]);
    let mut stale = fixture::incident();
    stale.fleet.finish(Err(problem()), stale.now + Millis::from_mins(6));
    stale.now = stale.now + Millis::from_mins(6);
    draw("fleet_stale", FULL, stale, vec![Command::Go(Place::Fleet)]);
    let mut empty = fixture::incident();
    let mut fleet = fixture::fleet(empty.now);
    fleet.rows.clear();
    empty.fleet = Answer::known(fleet, empty.now);
    draw("fleet_empty", FULL, empty, vec![Command::Go(Place::Fleet)]);
}

#[test]
fn long_names_are_cut_and_not_overlapped() {
    let mut world = fixture::incident();
    let mut fleet = fixture::fleet(world.now);
    let long = "a-stream-whose-name-uses-all-of-the-one-hundred-and-twenty-eight-characters-that-kinesis-allows-for-the-name-of-a-stream-0123456";
    if let Some(row) = fleet.rows.first_mut() {
        row.name = long.into();
    }
    world.fleet = Answer::known(fleet, world.now);
    if let Link::Connected(info) = &mut world.link {
        info.label = "a-profile-with-a-name-that-is-far-too-long-for-the-rail".to_owned();
    }
    draw("long_fleet", SMALL, clone_of(&world), vec![Command::Go(Place::Fleet)]);
    draw("long_stream", FULL, world, vec![Command::Go(Place::Stream(long.into(), Tab::Heatmap))]);
}

#[test]
fn a_failed_connection_is_told_in_place() {
    let mut world = fixture::first_start();
    let request = kinescope::model::connection::ConnectRequest {
        profile: Some("staging-dev".to_owned()),
        ..kinescope::model::connection::ConnectRequest::default()
    };
    world.link = Link::Failed { request, problem: problem() };
    draw("connect_failed", FULL, world, vec![]);
}

#[test]
fn the_keys_draw() {
    let mut world = crate::incident::world();
    crate::sampled::put(&mut world);
    let place = || Command::Go(Place::Stream("clickstream-prod".into(), Tab::Keys));
    draw("keys", FULL, clone_of(&world), vec![place()]);
    draw("keys_small", SMALL, clone_of(&world), vec![place()]);
    draw("keys_tiny", TINY, clone_of(&world), vec![place()]);
    let world = crate::incident::world();
    draw("keys_not_sampled", FULL, world, vec![place()]);
}

#[test]
fn the_dialogs_draw() {
    let place = || Command::Go(Place::Stream("clickstream-prod".into(), Tab::Heatmap));
    draw("unlock", FULL, fixture::stream_open(), vec![place(), Command::Open(Dialog::Unlock)]);
    draw("shortcuts", FULL, fixture::stream_open(), vec![place(), Command::Open(Dialog::Shortcuts)]);
    draw("palette", FULL, fixture::stream_open(), vec![place(), Command::TogglePalette]);
}

#[test]
fn a_batch_under_way_draws() {
    let mut world = crate::incident::world();
    fixture::unlock(&mut world);
    crate::inject_batch::under_way(&mut world);
    let mut harness = window(FULL, world);
    let place = Place::Stream("clickstream-prod".into(), Tab::Heatmap);
    harness.state_mut().apply(vec![Command::Go(place), Command::Open(Dialog::Inject)]);
    harness.run_steps(3);
    crate::inject_batch::fill(&mut harness);
    harness.check_accessibility();
    picture(&mut harness, "inject_batch");
}

#[test]
fn the_ways_to_reshard_draw() {
    let limits = kinescope::model::account::AccountLimits {
        shard_limit: 20_000,
        open_shard_count: 177,
        ..kinescope::model::account::AccountLimits::default()
    };
    let ways = [
        ("Split", "", "reshard_split"),
        ("Merge", "", "reshard_merge"),
        ("Scale to N", "", "reshard_scale"),
        ("Scale to N", "Plan by load", "reshard_by_load"),
    ];
    for (tab, how, name) in ways {
        for (choice, suffix) in [(ThemeChoice::Dark, ""), (ThemeChoice::Light, "_light")] {
            let mut world = crate::incident::world();
            crate::sampled::put(&mut world);
            fixture::unlock(&mut world);
            world.account_limits = Answer::known(limits, world.now);
            world.settings.theme = choice;
            let mut harness = window(FULL, world);
            let place = Place::Stream("clickstream-prod".into(), Tab::Heatmap);
            harness.state_mut().apply(vec![Command::Go(place), Command::Open(Dialog::Reshard)]);
            harness.run_steps(3);
            harness.get_by_role_and_label(eframe::egui::accesskit::Role::Tab, tab).click();
            harness.run_steps(4);
            if let Some(how) = harness.query_by_role_and_label(eframe::egui::accesskit::Role::RadioButton, how) {
                how.click();
                harness.run_steps(4);
            }
            harness.check_accessibility();
            picture(&mut harness, &format!("{name}{suffix}"));
        }
    }
}
