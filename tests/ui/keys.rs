//! The view of keys.

use std::sync::Arc;

use egui_kittest::kittest::{NodeT, Queryable};
use kinescope::model::answer::{Problem, ProblemKind};
use kinescope::model::filter::FilterSpec;
use kinescope::model::ids::SequenceNumber;
use kinescope::model::record::RawRecord;
use kinescope::model::sample::StreamSample;
use kinescope::model::sample::state::{SampleRequest, SampleRun};
use kinescope::model::time::Timestamp;
use kinescope::model::world::World;
use kinescope::ui::command::Command;
use kinescope::ui::views::keys::{KeysState, show};

use crate::stage::{self, Stage, window};
use crate::{incident, sampled};

fn world() -> World {
    let mut world = incident::world();
    sampled::put(&mut world);
    world
}

fn stage() -> Stage<KeysState> {
    Stage::new(world())
}

#[test]
fn the_hot_key_is_the_first_row_with_its_share_and_interval() {
    let harness = window(stage(), show);
    let row = harness.get_by_label_contains("Key tenant-42 7");
    let name = row.accesskit_node().label().expect("named");
    assert!(name.starts_with("Key tenant-42 71."), "{name}");
    assert!(name.contains("% of bytes") && name.contains("on …0007"), "{name}");
    let second = harness.get_by_label_contains("Key tenant-31 ");
    assert!(row.rect().top() < second.rect().top());
}

#[test]
fn what_was_read_is_said_and_reading_again_is_one_click() {
    let mut harness = window(stage(), show);
    harness.get_by_label_contains("88 GetRecords calls. 95 % interval.");
    harness.get_by_label("Sample again").click();
    harness.run_steps(2);
    assert!(harness.state().commands.contains(&Command::StartSample(SampleRequest::whole_stream())));
}

#[test]
fn the_scope_widens_to_the_stream_and_keys_rank_by_records() {
    let mut harness = window(stage(), show);
    assert!(harness.query_by_label_contains("Concentration on …0007").is_some());
    harness.get_by_label("Whole stream").click();
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("Concentration in the stream").is_some());
    harness.get_by_label("Records").click();
    harness.run_steps(2);
    harness.get_by_label_contains("Key tenant-42 ");
    assert!(harness.query_all_by_label_contains("% of records").next().is_some());
}

#[test]
fn salts_are_compared_and_one_is_chosen() {
    let mut harness = window(stage(), show);
    assert!(harness.query_by_label_contains("Load per shard with 4 salts, ").is_some());
    harness.get_by_label_contains("8 salts: home ").click();
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("Load per shard with 8 salts, ").is_some());
    harness.get_by_label("Copy producer lines").click();
    harness.run_steps(2);
    let copied = |command: &Command| matches!(command, Command::Copy(text) if text.contains("crc32(uid) % 8"));
    assert!(harness.state().commands.iter().any(copied));
}

#[test]
fn advice_is_copied_and_the_key_is_tailed() {
    let mut harness = window(stage(), show);
    harness.get_by_label("Copy advice").click();
    harness.run_steps(2);
    let advised =
        |command: &Command| matches!(command, Command::Copy(text) if text.starts_with("Key tenant-42 carries 71%"));
    assert!(harness.state().commands.iter().any(advised), "{:?}", harness.state().commands);
    harness.get_by_label("Tail tenant-42").click();
    harness.run_steps(2);
    let commands = &harness.state().commands;
    assert!(commands.contains(&Command::FilterTail(FilterSpec::only_key("tenant-42"))));
    assert!(commands.contains(&Command::TailShard(incident::id(7))));
}

#[test]
fn columns_sort_and_a_click_selects_a_key() {
    let mut harness = window(stage(), show);
    harness.get_by_label("Sort by Partition key").click();
    harness.run_steps(3);
    let top = |harness: &egui_kittest::Harness<'_, Stage<KeysState>>, name: &str| {
        harness.get_by_label_contains(name).rect().top()
    };
    assert!(top(&harness, "Key tenant-105 ") < top(&harness, "Key tenant-13 "));
    harness.get_by_label_contains("Key tenant-105 ").click();
    harness.run_steps(2);
    harness.get_by_label("Tail tenant-105");
    harness.key_press(eframe::egui::Key::C);
    harness.run_steps(2);
    assert!(harness.state().commands.contains(&Command::Copy("tenant-105".to_owned())));
}

#[test]
fn without_a_sample_its_cost_is_said_before_it_is_taken() {
    let mut harness = window(Stage::<KeysState>::new(incident::world()), show);
    assert!(harness.query_by_label_contains("at most 1 of the 5 GetRecords calls a second").is_some());
    harness.get_by_label("Sample now").click();
    harness.run_steps(2);
    assert!(harness.state().commands.contains(&Command::StartSample(SampleRequest::whole_stream())));
}

#[test]
fn a_run_shows_its_progress_and_can_be_stopped() {
    let mut stage = stage();
    if let Some(open) = &mut stage.world.open {
        let text = "Sampling 24 shards".to_owned();
        open.sample.run = SampleRun::Running { since: stage::now(), progress: Some(0.41), text };
    }
    let mut harness = window(stage, show);
    assert!(harness.query_by_label_contains("Sampling 24 shards 41 %").is_some());
    assert!(harness.query_by_label_contains("Key tenant-42 ").is_some(), "what is known stays");
    harness.get_by_label("Stop").click();
    harness.run_steps(2);
    assert!(harness.state().commands.contains(&Command::StopSample));
}

#[test]
fn a_failure_says_what_to_do_and_keeps_what_is_known() {
    let mut stage = stage();
    if let Some(open) = &mut stage.world.open {
        let problem = Problem::new(ProblemKind::AccessDenied, "The role oncall-ro lacks kinesis:GetRecords.");
        open.sample.run = SampleRun::Failed { problem, at: stage::now() };
    }
    let mut harness = window(stage, show);
    assert!(harness.query_by_label_contains("lacks kinesis:GetRecords").is_some());
    assert!(harness.query_by_label_contains("Key tenant-42 ").is_some());
    harness.get_by_label("Retry").click();
    harness.run_steps(2);
    assert!(harness.state().commands.contains(&Command::StartSample(SampleRequest::whole_stream())));
}

fn sample_of(key: &str) -> World {
    let mut world = incident::world();
    let mut sample = StreamSample::new(24);
    let record = RawRecord {
        sequence_number: SequenceNumber::from("1"),
        partition_key: key.into(),
        approximate_arrival: Some(Timestamp(stage::now().0 - 5_000)),
        data: vec![1, 2, 3],
    };
    sample.take(&incident::id(10), &[record]);
    if let Some(open) = &mut world.open {
        open.sample.sample = Some(Arc::new(sample));
        open.sample.run = SampleRun::Done { at: stage::now() };
    }
    world
}

#[test]
fn a_stream_that_distributes_by_itself_says_why_it_has_no_keys() {
    let harness = window(Stage::<KeysState>::new(sample_of("")), show);
    assert!(harness.query_by_label_contains("The stream distributes by itself").is_some());
}

#[test]
fn a_shard_of_which_nothing_was_read_offers_the_whole_stream() {
    let mut stage = Stage::<KeysState>::new(sample_of("k-1"));
    stage.selection = Some(incident::id(7));
    let mut harness = window(stage, show);
    assert!(harness.query_by_label_contains("No record of …0007").is_some());
    harness.get_by_label("Show the whole stream").click();
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("Key k-1 100.0 %").is_some());
}

#[test]
fn a_stream_of_a_thousand_shards_shows_the_shards_that_change() {
    let mut world = incident::even_world(1_000);
    let map = world.open.as_ref().and_then(|open| open.shards.value.clone()).expect("listed").0;
    let hash = kinescope::model::hash_range::HashKey::of_partition_key("tenant-42");
    let shard = map.open_shard_of(hash).expect("owned").id.clone();
    let mut sample = StreamSample::new(1_000);
    let record = |n: i64| RawRecord {
        sequence_number: SequenceNumber::from("1"),
        partition_key: (if n % 4 == 0 { "tenant-7" } else { "tenant-42" }).into(),
        approximate_arrival: Some(Timestamp(stage::now().0 - 9_000 + n)),
        data: vec![0; 500],
    };
    sample.take(&shard, &(0..400).map(record).collect::<Vec<_>>());
    if let Some(open) = &mut world.open {
        open.sample.sample = Some(Arc::new(sample));
    }
    let mut stage = Stage::<KeysState>::new(world);
    stage.selection = Some(shard);
    let mut harness = window(stage, show);
    harness.get_by_label_contains("Key tenant-42 75.0 %");
    assert!(harness.query_by_label_contains("Load per shard with 4 salts, ").is_some());
    harness.check_accessibility();
    crate::harness::picture(&mut harness, "keys_thousand");
}

#[test]
fn hostile_keys_are_drawn_harmlessly() {
    let harness = window(Stage::<KeysState>::new(sample_of("a\u{202e}b\n\u{1b}[31m")), show);
    let mut harness = harness;
    harness.get_by_label("Whole stream").click();
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("Key a\u{fffd}b \u{fffd}[31m").is_some());
}
