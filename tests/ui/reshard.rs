//! The dialog that splits a shard.

use eframe::egui;
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};
use kinescope::model::hash_range::HashKey;
use kinescope::model::stream::StreamStatus;
use kinescope::model::time::{Millis, Timestamp};
use kinescope::model::world::World;
use kinescope::model::writes::{ReshardRun, ReshardStep, SplitRequest, StepState};
use kinescope::ui::command::Command;
use kinescope::ui::dialogs::reshard::{ReshardState, show};

use crate::harness::picture;
use crate::stage::{self, Stage, shard_id, window};

fn stage(world: World) -> Stage<ReshardState> {
    let mut stage: Stage<ReshardState> = Stage::new(world);
    stage.selection = Some(shard_id(19));
    stage
}

fn request() -> SplitRequest {
    let range = stage::shards().into_iter().find(|shard| shard.id == shard_id(19)).expect("listed").range;
    SplitRequest {
        stream: "clickstream-prod".into(),
        shard: shard_id(19),
        range,
        new_starting_hash_key: range.even_split().expect("splits"),
    }
}

fn run() -> ReshardRun {
    let at = |text: &str| Timestamp::from_rfc3339(&format!("2026-09-15T{text}Z")).expect("a time");
    let step = |text: &str, state: StepState| ReshardStep { text: text.to_owned(), state };
    ReshardRun {
        request: request(),
        steps: vec![
            step("Checks passed", StepState::Done(at("14:36:58"))),
            step("SplitShard accepted", StepState::Done(at("14:37:01"))),
            step("Stream UPDATING", StepState::Running(stage::now() - Millis::from_secs(7))),
            step("Stream ACTIVE again", StepState::Waiting),
            step("Children listed", StepState::Waiting),
        ],
        children: Vec::new(),
        is_done: false,
    }
}

fn split_button<'a>(harness: &'a Harness<'_, Stage<ReshardState>>) -> Node<'a> {
    harness.get_by_role_and_label(egui::accesskit::Role::Button, "Split shard …0019")
}

#[test]
fn the_typed_name_arms_the_danger_button() {
    let mut harness = window(stage(stage::unlocked(598)), show);
    assert!(split_button(&harness).accesskit_node().is_disabled());
    let field = harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Type the stream name to confirm");
    field.focus();
    harness.run_steps(2);
    for (text, armed) in [("clickstream-pr", false), ("od", true)] {
        harness.event(egui::Event::Text(text.to_owned()));
        harness.run_steps(3);
        picture(&mut harness, if armed { "reshard_armed" } else { "reshard" });
        assert_eq!(!split_button(&harness).accesskit_node().is_disabled(), armed);
    }
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Enter);
    harness.run_steps(2);
    assert!(harness.state().commands.is_empty(), "no key confirms a reshard");
    split_button(&harness).click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands, [Command::Split(request())]);
}

#[test]
fn a_point_outside_of_the_shard_fails_its_check() {
    let mut harness = window(stage(stage::unlocked(598)), show);
    harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, "Custom").click();
    harness.run_steps(2);
    let field = harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "NewStartingHashKey");
    field.focus();
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.event(egui::Event::Text("0x10".to_owned()));
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("Split point lies inside the range see the field").is_some());
    assert!(split_button(&harness).accesskit_node().is_disabled());
    picture(&mut harness, "reshard_invalid");
}

#[test]
fn the_cli_line_can_be_copied() {
    let mut harness = window(stage(stage::unlocked(598)), show);
    harness.get_by_label("Copy as AWS CLI").click();
    harness.run_steps(2);
    let Some(Command::Copy(line)) = harness.state().commands.first() else { panic!("nothing was copied") };
    let HashKey(point) = request().new_starting_hash_key;
    assert_eq!(
        *line,
        format!(
            "aws kinesis split-shard --stream-name clickstream-prod --shard-to-split shardId-000000000019 \
             --new-starting-hash-key {point} --profile prod-oncall --region us-east-1"
        )
    );
}

#[test]
fn checks_that_fail_say_why() {
    let mut world = stage::world();
    if let Some(open) = &mut world.open {
        let mut summary = stage::summary();
        summary.status = StreamStatus::Updating;
        open.summary = kinescope::model::answer::Answer::known(summary, stage::now());
    }
    let mut stage = stage(world);
    stage.is_light = true;
    let mut harness = window(stage, show);
    harness.get_by_label("Stream is ACTIVE, no reshard running is UPDATING");
    harness.get_by_label("Writes are unlocked read-only");
    harness.get_by_label("Unlock…");
    picture(&mut harness, "reshard_light");
}

#[test]
fn progress_is_shown_and_the_dialog_can_be_closed() {
    let mut world = stage::unlocked(598);
    if let Some(open) = &mut world.open {
        open.reshard = Some(run());
    }
    let mut harness = window(stage(world), show);
    harness.get_by_label("SplitShard accepted 14:37:01");
    harness.get_by_label("Stream UPDATING 7.0 s");
    picture(&mut harness, "reshard_progress");
    harness.get_by_label("Close, keep running").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands, [Command::CloseDialog]);
}

#[test]
fn it_fits_into_a_small_window() {
    let mut harness = stage::sized(stage(stage::unlocked(598)), show, 1_024.0, 700.0);
    picture(&mut harness, "reshard_small");
    split_button(&harness);
}
