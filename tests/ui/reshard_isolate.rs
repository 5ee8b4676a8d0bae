//! One key out of a shard by two splits: offered where a shard of its own helps it, and refused with the reason where not.

use std::sync::Arc;

use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kinescope::model::hash_range::{HashKey, HashKeyRange};
use kinescope::model::ids::SequenceNumber;
use kinescope::model::plan;
use kinescope::model::plan::request::{PlanRequest, Purpose};
use kinescope::model::record::RawRecord;
use kinescope::model::reshard::ReshardRequest;
use kinescope::model::sample::StreamSample;
use kinescope::model::split;
use kinescope::model::time::{Millis, Timestamp};
use kinescope::ui::command::Command;
use kinescope::ui::dialogs::reshard::{ReshardState, show};

use crate::harness::picture;
use crate::stage::{self, Stage, shard_id, window};

/// Seconds that were sampled.
const SECONDS: i64 = 10;

fn range() -> HashKeyRange {
    stage::shards().into_iter().find(|shard| shard.id == shard_id(7)).expect("listed").range
}

/// Keys that land in the shard, the hot one first.
fn keys() -> Vec<String> {
    let all = (0..).map(|number| format!("device-{number}"));
    all.filter(|key| range().contains(HashKey::of_partition_key(key))).take(21).collect()
}

/// A sample of the shard: its first key has so many records of 1,000 bytes a second, each other one five.
fn sample(hot_records_per_sec: i64) -> StreamSample {
    let mut sample = StreamSample::new(1);
    let record = |key: &str, at: Timestamp| RawRecord {
        sequence_number: SequenceNumber::from("49668412730951846205"),
        data: vec![b'x'; 1_000 - key.len()],
        partition_key: key.into(),
        approximate_arrival: Some(at),
    };
    let keys = keys();
    for second in 0..SECONDS {
        let at = stage::now() - Millis::from_secs(SECONDS + 5 - second);
        let count = |index: usize| if index == 0 { hot_records_per_sec } else { 5 };
        let of = |(index, key): (usize, &String)| {
            (0..count(index)).map(|n| record(key, at + Millis(n * 999 / count(index)))).collect::<Vec<_>>()
        };
        let records: Vec<RawRecord> = keys.iter().enumerate().flat_map(of).collect();
        sample.take(&shard_id(7), &records);
        sample.mark_known(&shard_id(7), at, at + Millis::from_secs(1));
    }
    sample
}

fn opened(sample: StreamSample) -> Harness<'static, Stage<ReshardState>> {
    let mut world = stage::unlocked(598);
    if let Some(open) = &mut world.open {
        open.sample.sample = Some(Arc::new(sample));
    }
    let mut stage: Stage<ReshardState> = Stage::new(world);
    stage.selection = Some(shard_id(7));
    window(stage, show)
}

#[test]
fn a_key_that_fits_a_shard_is_isolated_by_the_two_splits_of_the_planner() {
    let sampled = sample(700);
    let advice = split::advise(range(), sampled.shard(&shard_id(7)).expect("sampled"), None);
    let isolation = advice.isolation.expect("it would have a shard to itself");
    let mut harness = opened(sampled);
    let choice = harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, "Isolate key");
    assert_eq!(
        choice.accesskit_node().toggled(),
        Some(egui::accesskit::Toggled::True),
        "what the keys speak for is chosen"
    );
    picture(&mut harness, "reshard_isolate");
    let field = harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Type the stream name to confirm");
    field.focus();
    harness.run_steps(2);
    harness.event(egui::Event::Text("clickstream-prod".to_owned()));
    harness.run_steps(3);
    let key = keys().remove(0);
    harness.get_by_label(&format!("Isolate {key} by 2 splits")).click();
    harness.run_steps(2);
    let request = PlanRequest {
        stream: "clickstream-prod".into(),
        purpose: Purpose::Isolate { shard: shard_id(7), key: key.clone() },
        steps: plan::isolation(range(), &isolation),
        started: stage::now(),
        done: 0,
        is_resumed: false,
    };
    assert_eq!(request.steps.len(), 2);
    let own = request.steps.iter().flat_map(|step| step.after()).filter(|range| {
        let (start, end) = (range.start, range.end);
        start == end && start == HashKey::of_partition_key(&key)
    });
    assert_eq!(own.count(), 1, "the key has a shard of one hash key");
    let asked = harness.state().commands.last().cloned();
    assert_eq!(asked, Some(Command::Reshard(ReshardRequest::Plan(request))));
}

#[test]
fn a_key_that_fills_a_shard_by_itself_is_not_isolated_and_the_reason_is_said() {
    let mut harness = opened(sample(1_400));
    let offered = harness.query_by_role_and_label(egui::accesskit::Role::RadioButton, "Isolate key");
    assert!(offered.is_none_or(|node| node.accesskit_node().is_disabled()), "it is offered");
    harness.get_by_label_contains("A shard of its own is not offered, because by itself it is over the limit of one");
    picture(&mut harness, "reshard_isolate_refused");
}

#[test]
fn what_a_key_takes_of_the_limit_is_told_against_the_measured_load_while_little_was_read() {
    // The key is three quarters of a sample that holds 40 % of the limit, of a shard that is measured at 96 %.
    let harness = opened(sample(300));
    harness.get_by_label_contains("carries 75 % of the load, 72 % of a shard's limit by itself");
}
