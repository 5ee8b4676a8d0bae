//! Enhanced fan-out in the tail, a record against a pinned one, and what was left behind.

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use kinescope::model::connection::WriteLock;
use kinescope::model::fan_out::{FanOutView, OwnConsumer, OwnPhase};
use kinescope::model::tail::{FanOutConsumer, TailOptions, TailRoute};
use kinescope::model::time::Millis;
use kinescope::ui::command::{Command, Dialog};
use kinescope::ui::views::tail::{TailState, show};

use crate::harness::picture;
use crate::stage::{self, Stage, window};
use crate::tail::world;

type TailHarness = Harness<'static, Stage<TailState>>;

fn unlock(harness: &mut TailHarness) {
    let until = stage::now() + Millis::from_mins(5);
    harness.state_mut().world.lock = WriteLock::UnlockedUntil { until, reason: String::new() };
    harness.run_steps(3);
}

#[test]
fn fan_out_shows_its_price_and_is_begun_only_when_unlocked() {
    let mut harness = window(Stage::new(world()), show);
    harness.get_by_label("Enhanced fan-out").click();
    harness.run_steps(4);
    picture(&mut harness, "tail_fan_out");
    assert!(harness.query_by_label("Register and read").is_none());
    harness.get_by_label("Unlock to register").click();
    harness.run_steps(3);
    assert_eq!(harness.state().commands.last(), Some(&Command::Open(Dialog::Unlock)));
    unlock(&mut harness);
    if harness.query_by_label("Register and read").is_none() {
        harness.get_all_by_label("Enhanced fan-out").next().expect("the choice").click();
        harness.run_steps(4);
    }
    harness.get_by_label("Register and read").click();
    harness.run_steps(3);
    let route = TailRoute::FanOut(FanOutConsumer::Own);
    let begun = harness.state().commands.iter().rev().find_map(|command| match command {
        Command::StartTail(options) => Some(options.clone()),
        _ => None,
    });
    assert_eq!(begun.map(|options| options.route), Some(route));
}

#[test]
fn a_stopped_tail_by_fan_out_says_what_it_needs_to_start_again() {
    let mut world = world();
    let open = world.open.as_mut().expect("open");
    let route = TailRoute::FanOut(FanOutConsumer::Own);
    drop(open.tail.begin(TailOptions { route, ..TailOptions::default() }, stage::now()));
    world.fan_out =
        FanOutView { name: "kinescope-anna-3f9a01".to_owned(), phase: OwnPhase::Coming, ..FanOutView::default() };
    let mut harness = window(Stage::new(world), show);
    harness.get_by_label_contains("Registering a consumer");
    harness.state_mut().world.fan_out = FanOutView::default();
    harness.state_mut().world.open.as_mut().expect("open").tail.stop();
    harness.run_steps(3);
    harness.get_all_by_label("Start tailing").next().expect("the button").click();
    harness.run_steps(2);
    assert!(!harness.state().commands.iter().any(|command| matches!(command, Command::StartTail(_))));
    unlock(&mut harness);
    harness.get_all_by_label("Start tailing").next().expect("the button").click();
    harness.run_steps(2);
    assert!(harness.state().commands.iter().any(|command| matches!(command, Command::StartTail(_))));
}

#[test]
fn a_record_is_held_against_a_pinned_one() {
    let mut harness = window(Stage::new(world()), show);
    harness.get_by_label_contains("Record 49668412730951846205835021741010113").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("Compare").is_none(), "there is nothing to compare with");
    harness.get_by_label("Pin record").click();
    harness.run_steps(3);
    harness.get_by_label_contains("Record 49668412730951846205835021741010112").click();
    harness.run_steps(3);
    harness.get_by_label("Compare").click();
    harness.run_steps(3);
    picture(&mut harness, "tail_compare");
    harness.get_by_label_contains("Against pinned tenant-42");
    harness.get_by_label("Copy differences").click();
    harness.run_steps(2);
    let Some(Command::Copy(text)) = harness.state().commands.last() else { panic!("nothing was copied") };
    assert!(
        text.contains("  Sequence\n- 49668412730951846205835021741010113\n+ 49668412730951846205835021741010112\n"),
        "{text}"
    );
    assert!(text.contains("  .cart.total\n- "), "{text}");
}

#[test]
fn consumers_that_were_left_behind_are_offered_in_place() {
    let mut world = world();
    let connection = world.connection().expect("connected").clone();
    let own = |name: &str| OwnConsumer {
        name: name.to_owned(),
        stream: "clickstream-prod".into(),
        stream_arn: String::new(),
        connection: connection.label.clone(),
        profile: None,
        region: connection.region.clone(),
        endpoint_url: connection.endpoint_url.clone(),
        noted: stage::now(),
    };
    world.fan_out.leftovers = vec![own("kinescope-anna-3f9a01"), own("kinescope-anna-77b2c0")];
    let mut harness = window(Stage::new(world), show);
    picture(&mut harness, "tail_leftovers");
    harness.get_by_label_contains(
        "2 fan-out consumers were left behind. kinescope-anna-3f9a01 on clickstream-prod and 1 more",
    );
    harness.get_by_label("Unlock to deregister…").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands.last(), Some(&Command::Open(Dialog::Unlock)));
    unlock(&mut harness);
    harness.get_by_label("Deregister them").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands.last(), Some(&Command::ClearLeftovers));
}
