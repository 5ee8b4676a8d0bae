//! The view of shards.

use eframe::egui;
use egui_kittest::kittest::Queryable;
use kinescope::model::answer::{Answer, Problem, ProblemKind};
use kinescope::model::hash_range::HashKeyRange;
use kinescope::model::ids::SequenceNumber;
use kinescope::model::sequence::{CLOSING_COUNTER, Sequence};
use kinescope::model::shard_history::ShardHistory;
use kinescope::model::shard_map::{Shard, ShardMap};
use kinescope::model::time::Timestamp;
use kinescope::model::world::World;
use kinescope::ui::command::{Command, Dialog};
use kinescope::ui::views::shards::{ShardsState, show};

use crate::harness::picture;
use crate::stage::{self, Stage, shard_id, window};

fn stage() -> Stage<ShardsState> {
    Stage::new(stage::world())
}

#[test]
fn every_listed_shard_is_a_row_with_its_figures() {
    let mut harness = window(stage(), show);
    harness.get_by_label(
        "Shard shardId-000000000007 OPEN 10.0 % of the key space, 12.0 % of the load, 96 % of limit now, 336 writes refused",
    );
    harness.get_by_label("24 open 1 closed");
    picture(&mut harness, "shards");
}

#[test]
fn a_click_selects_and_split_opens_the_dialog_for_it() {
    let mut harness = window(stage(), show);
    harness.get_by_label_contains("Shard shardId-000000000019").click();
    harness.run_steps(3);
    assert_eq!(harness.state().selection, Some(shard_id(19)));
    picture(&mut harness, "shards_selected");
    harness.get_by_label("Split or merge…").click();
    harness.run_steps(2);
    assert!(harness.state().commands.contains(&Command::Open(Dialog::Reshard)));
}

#[test]
fn both_themes_and_a_small_window_keep_their_shape() {
    let mut stage = stage();
    stage.is_light = true;
    stage.selection = Some(shard_id(38));
    let mut harness = window(stage, show);
    picture(&mut harness, "shards_light");
    let mut harness = stage::sized(self::stage(), show, 1_024.0, 700.0);
    picture(&mut harness, "shards_small");
}

#[test]
fn without_metrics_nothing_is_zero() {
    let mut stage = stage();
    if let Some(open) = &mut stage.world.open {
        open.metrics = Answer::default();
        let mut shards = stage::shards();
        shards.retain(|shard| shard.id != shard_id(7));
        open.shards = Answer::known(ShardMap::new(shards), stage::now());
    }
    let mut harness = window(stage, show);
    assert!(harness.query_by_label_contains("do not tile the key space").is_some());
    harness.get_by_label("Shard shardId-000000000010 OPEN 5.0 % of the key space");
    picture(&mut harness, "shards_unknown");
}

#[test]
fn loading_and_failing_say_so() {
    let mut stage = stage();
    if let Some(open) = &mut stage.world.open {
        open.shards = Answer::default();
    }
    let mut harness = window(stage, show);
    assert!(harness.query_by_label_contains("Loading shards").is_some());
    let problem = Problem::new(ProblemKind::AccessDenied, "The role oncall-ro lacks kinesis:ListShards.");
    if let Some(open) = &mut harness.state_mut().world.open {
        open.shards.finish(Err(problem), stage::now());
    }
    harness.run_steps(3);
    harness.get_by_label("Retry").click();
    harness.run_steps(2);
    assert!(harness.state().commands.contains(&Command::Refresh));
}

#[test]
fn columns_sort_both_ways() {
    let mut harness = window(stage(), show);
    let top = |harness: &egui_kittest::Harness<'_, Stage<ShardsState>>, name: &str| {
        harness.get_by_label_contains(name).rect().top()
    };
    assert!(top(&harness, "Shard shardId-000000000007") < top(&harness, "Shard shardId-000000000019"));
    harness.get_by_label("Sort by Load ÷ space").click();
    harness.run_steps(2);
    assert!(top(&harness, "Shard shardId-000000000019") < top(&harness, "Shard shardId-000000000007"));
}

/// A sequence number of this second, as AWS lays them out.
fn number(at: Timestamp, shard: u32, counter: u64) -> SequenceNumber {
    let secs = u64::try_from(at.as_secs()).expect("after 1970");
    Sequence { created_secs: secs, shard_index: shard, counter, time_secs: secs }.to_string().into()
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_rfc3339(text).expect("a time")
}

/// The incident's stream with the ten months before it: ten shards, nine splits, then six splits and a merge.
fn with_history() -> World {
    let mut world = stage::world();
    let (created, spring, summer) =
        (at("2025-11-04T09:00:00Z"), at("2026-03-18T10:00:00Z"), at("2026-06-02T08:30:00Z"));
    let (merged, today) = (at("2026-07-30T11:20:00Z"), at("2026-09-15T13:49:05Z"));
    let born = |n: u32| match n {
        0..10 => created,
        10..28 => spring,
        40 => merged,
        38 | 39 => today,
        _ => summer,
    };
    let date = |mut shard: Shard, closed: Option<Timestamp>| {
        let n: u32 = shard.id.tail_digits().parse().expect("a number");
        shard.starting_sequence_number = number(born(n), n, 0);
        shard.ending_sequence_number = closed.map(|at| number(at, n, CLOSING_COUNTER));
        shard
    };
    let dated = |shard: Shard| {
        let closed = (!shard.is_open()).then_some(today);
        date(shard, closed)
    };
    let listed: Vec<Shard> = stage::shards().into_iter().map(dated).collect();
    let past = |n: u32, range: HashKeyRange, parent: Option<u32>, closed: Timestamp| {
        let shard = Shard {
            id: shard_id(n),
            range,
            parent: parent.map(shard_id),
            adjacent_parent: None,
            starting_sequence_number: SequenceNumber::from("1"),
            ending_sequence_number: None,
        };
        date(shard, Some(closed))
    };
    let tenths = HashKeyRange::uniform(10);
    let mut gone: Vec<Shard> = (0..10).filter(|n| *n != 7).map(|n| past(n, tenths[n as usize], None, spring)).collect();
    let of = |n: u32| {
        let upper = n % 2 == 1;
        let tenth = (n - 10) / 2;
        let (low, high) =
            tenths[tenth as usize].split_at(tenths[tenth as usize].even_split().expect("splits")).expect("splits");
        (if upper { high } else { low }, tenth)
    };
    for (n, closed) in
        [(11, summer), (14, summer), (17, summer), (20, summer), (21, merged), (22, merged), (23, summer)]
    {
        let (range, tenth) = of(n);
        gone.push(past(n, range, Some(tenth), closed));
    }
    let mut history = ShardHistory::default();
    history.see(&ShardMap::new(gone), None, created);
    let map = ShardMap::new(listed);
    history.see(&map, None, today);
    if let Some(open) = &mut world.open {
        open.shards = Answer::known(map, stage::now());
        open.history = Some(history.into());
    }
    world
}

#[test]
fn generations_are_dated_and_expired_shards_come_from_the_history() {
    let mut harness = window(Stage::<ShardsState>::new(with_history()), show);
    harness.get_by_label("24 open 1 closed 16 expired");
    picture(&mut harness, "shards_history");
    let mut stage = Stage::<ShardsState>::new(with_history());
    stage.selection = Some(shard_id(40));
    stage.is_light = true;
    let mut harness = window(stage, show);
    picture(&mut harness, "shards_history_light");
    harness.get_by_label("Closed and expired").click();
    harness.run_steps(3);
    picture(&mut harness, "shards_open_only_light");
    assert!(harness.query_by_label_contains("shardId-000000000026").is_none());
}

fn type_into(harness: &mut egui_kittest::Harness<'_, Stage<ShardsState>>, field: &str, text: &str) {
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, field).focus();
    harness.run_steps(2);
    harness.event(egui::Event::Text(text.to_owned()));
    harness.run_steps(3);
}

#[test]
fn a_key_is_followed_to_the_shard_that_held_it() {
    let mut harness = window(Stage::<ShardsState>::new(with_history()), show);
    harness.key_press(egui::Key::F);
    harness.run_steps(2);
    harness.event(egui::Event::Text("tenant-42".to_owned()));
    harness.run_steps(3);
    harness.get_by_label("…0007 holds it, since 4 Nov 2025");
    harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, "Hash").click();
    harness.run_steps(2);
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Hash key to find").focus();
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.event(egui::Event::Text("0x90000000000000000000000000000000".to_owned()));
    harness.run_steps(3);
    harness.get_by_label("…0040 holds it, since 30 Jul 2026");
    type_into(&mut harness, "Time of the key", "2026-05-01 10:00");
    let answer = "…0021 held it at 1 May 2026 10:00:00 UTC, since 18 Mar 2026, expired";
    picture(&mut harness, "shards_key");
    harness.get_by_label(answer).click();
    harness.run_steps(2);
    assert_eq!(harness.state().selection, Some(shard_id(21)));
}

#[test]
fn rows_are_searched_and_copied() {
    let mut harness = window(Stage::<ShardsState>::new(with_history()), show);
    type_into(&mut harness, "Filter shards", "expired");
    assert!(harness.query_by_label_contains("Shard shardId-000000000007").is_none());
    harness.get_by_label("Copy rows").click();
    harness.run_steps(2);
    let Some(Command::Copy(text)) = harness.state().commands.last() else { panic!("nothing was copied") };
    assert_eq!(text.lines().count(), 17);
    assert!(text.starts_with("shard\tstate\tparents"), "{text}");
}

#[test]
fn keys_walk_the_key_space_and_the_lineage() {
    let mut stage = Stage::<ShardsState>::new(with_history());
    stage.selection = Some(shard_id(40));
    let mut harness = window(stage, show);
    for (key, expected) in [
        (egui::Key::ArrowRight, 36),
        (egui::Key::ArrowLeft, 40),
        (egui::Key::A, 21),
        (egui::Key::A, 5),
        (egui::Key::D, 20),
    ] {
        harness.key_press(key);
        harness.run_steps(2);
        assert_eq!(harness.state().selection, Some(shard_id(expected)), "{key:?}");
    }
}
