//! The dialog that splits a shard, merges two or scales the stream.

use eframe::egui;
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};
use kinescope::model::hash_range::HashKey;
use kinescope::model::reshard::{
    MergeRequest, ReshardRequest, ReshardRun, ReshardStep, ScaleRequest, SplitRequest, StepState,
};
use kinescope::model::stream::StreamStatus;
use kinescope::model::time::{Millis, Timestamp};
use kinescope::model::world::World;
use kinescope::ui::command::Command;
use kinescope::ui::dialogs::reshard::{ReshardState, show};

use crate::harness::{picture, tab_to};
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
        request: ReshardRequest::Split(request()),
        steps: vec![
            step("Checks passed", StepState::Done(at("14:36:58"))),
            step("SplitShard accepted", StepState::Done(at("14:37:01"))),
            step("Stream UPDATING", StepState::Running(stage::now() - Millis::from_secs(7))),
            step("Stream ACTIVE again", StepState::Waiting),
            step("Children listed", StepState::Waiting),
        ],
        children: Vec::new(),
        open_shards: None,
        is_done: false,
        plan: kinescope::model::plan::request::PlanProgress::default(),
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
    assert_eq!(harness.state().commands, [Command::Reshard(ReshardRequest::Split(request()))]);
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

fn tab(harness: &mut Harness<'_, Stage<ReshardState>>, name: &str) {
    harness.get_by_role_and_label(egui::accesskit::Role::Tab, name).click();
    harness.run_steps(3);
}

fn type_into(harness: &mut Harness<'_, Stage<ReshardState>>, name: &str, text: &str) {
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, name).focus();
    harness.run_steps(2);
    harness.event(egui::Event::Text(text.to_owned()));
    harness.run_steps(3);
}

fn button<'a>(harness: &'a Harness<'_, Stage<ReshardState>>, name: &'a str) -> Node<'a> {
    harness.get_by_role_and_label(egui::accesskit::Role::Button, name)
}

fn merge_request(lower: u32, upper: u32) -> ReshardRequest {
    let range = |number| stage::shards().into_iter().find(|shard| shard.id == shard_id(number)).expect("listed").range;
    ReshardRequest::Merge(MergeRequest {
        stream: "clickstream-prod".into(),
        lower: shard_id(lower),
        upper: shard_id(upper),
        range: kinescope::model::hash_range::HashKeyRange { start: range(lower).start, end: range(upper).end },
    })
}

#[test]
fn the_coldest_pair_is_suggested_and_merged_after_its_name_is_typed() {
    let mut harness = window(stage(stage::unlocked(598)), show);
    tab(&mut harness, "Merge");
    harness.get_by_label_contains("Pair …0025 + …0038 now 22 %");
    assert!(button(&harness, "Merge …0025 + …0038").accesskit_node().is_disabled());
    type_into(&mut harness, "Type the stream name to confirm", "clickstream-pr");
    picture(&mut harness, "reshard_merge_typed");
    type_into(&mut harness, "Type the stream name to confirm", "od");
    button(&harness, "Merge …0025 + …0038").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands, [Command::Reshard(merge_request(25, 38))]);
}

#[test]
fn another_pair_is_picked_in_the_table_and_a_refused_one_is_not() {
    let mut harness = window(stage(stage::unlocked(598)), show);
    tab(&mut harness, "Merge");
    let name = "Pair …0030 + …0031 now 38 % peak 38 % fits, but would undo a split";
    harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, name).click();
    harness.run_steps(2);
    button(&harness, "Merge …0030 + …0031");
    harness.get_by_label("Copy as AWS CLI").click();
    harness.run_steps(2);
    let Some(Command::Copy(line)) = harness.state().commands.first() else { panic!("nothing was copied") };
    assert_eq!(
        *line,
        "aws kinesis merge-shards --stream-name clickstream-prod --shard-to-merge shardId-000000000030 \
         --adjacent-shard-to-merge shardId-000000000031 --profile prod-oncall --region us-east-1"
    );
}

#[test]
fn refused_pairs_come_last_with_their_reason() {
    let mut harness = window(stage(stage::unlocked(598)), show);
    tab(&mut harness, "Merge");
    let over_the_table = harness.get_by_label_contains("Pair …0025 + …0038").rect().center();
    harness.event(egui::Event::PointerMoved(over_the_table));
    let (unit, phase, source) = (egui::MouseWheelUnit::Point, egui::TouchPhase::Move, egui::MouseWheelSource::Wheel);
    let modifiers = egui::Modifiers::NONE;
    harness.event(egui::Event::MouseWheel { unit, delta: egui::vec2(0.0, -4_000.0), phase, source, modifiers });
    harness.run_steps(12);
    picture(&mut harness, "reshard_merge_refused");
    let hot = "Pair …0037 + …0007 now 112 % peak 112 % …0007 is hot by itself";
    let refused = harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, hot);
    assert!(refused.accesskit_node().is_disabled());
}

#[test]
fn a_merge_on_its_way_shows_its_steps_in_its_own_tab() {
    let mut world = stage::unlocked(598);
    if let Some(open) = &mut world.open {
        let mut run = ReshardRun { request: merge_request(24, 25), ..run() };
        run.steps[1].text = "MergeShards …0024 + …0025".to_owned();
        open.reshard = Some(run);
    }
    let mut harness = window(stage(world), show);
    harness.get_by_label("MergeShards …0024 + …0025 14:37:01");
    picture(&mut harness, "reshard_merge_progress");
    let split = harness.get_by_role_and_label(egui::accesskit::Role::Tab, "Split");
    assert!(split.accesskit_node().is_disabled(), "one reshard at a time");
}

#[test]
fn without_figures_pairs_can_be_merged_and_say_that_nothing_is_known() {
    let mut world = stage::unlocked(598);
    if let Some(open) = &mut world.open {
        open.metrics = kinescope::model::answer::Answer::default();
    }
    let mut stage = stage(world);
    stage.is_light = true;
    let mut harness = window(stage, show);
    tab(&mut harness, "Merge");
    harness.get_by_label("Pair …0010 + …0028 now — peak — load not known");
    harness.get_by_label("Merged stays under 60 % load not known");
    picture(&mut harness, "reshard_merge_unknown_light");
}

fn scale_world() -> World {
    let mut world = stage::unlocked(598);
    let limits = kinescope::model::account::AccountLimits {
        shard_limit: 20_000,
        open_shard_count: 177,
        ..kinescope::model::account::AccountLimits::default()
    };
    world.account_limits = kinescope::model::answer::Answer::known(limits, stage::now());
    world
}

fn scale_request(target: u32) -> Command {
    let stream = "clickstream-prod".into();
    Command::Reshard(ReshardRequest::Scale(ScaleRequest { stream, from: 24, target }))
}

#[test]
fn a_number_of_shards_is_scaled_to_after_the_name_is_typed() {
    let mut harness = window(stage(scale_world()), show);
    tab(&mut harness, "Scale to N");
    harness.get_by_label("Between half and double 12 – 48");
    harness.get_by_label("Account shard quota 177 + 6 of 20,000");
    assert!(button(&harness, "Scale to 30 shards").accesskit_node().is_disabled());
    picture(&mut harness, "reshard_scale_untyped");
    button(&harness, "One shard more").click();
    harness.run_steps(2);
    button(&harness, "Scale to 31 shards");
    let field = harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Target shards");
    field.focus();
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.event(egui::Event::Text("36".to_owned()));
    harness.run_steps(3);
    type_into(&mut harness, "Type the stream name to confirm", "clickstream-prod");
    button(&harness, "Scale to 36 shards").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands, [scale_request(36)]);
}

#[test]
fn a_number_that_aws_refuses_fails_its_check() {
    let mut harness = window(stage(scale_world()), show);
    tab(&mut harness, "Scale to N");
    for (number, detail) in [("49", "12 – 48"), ("11", "12 – 48"), ("24", "as many as now"), ("many", "type a number")]
    {
        harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Target shards").focus();
        harness.run_steps(2);
        harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        harness.event(egui::Event::Text(number.to_owned()));
        harness.run_steps(3);
        harness.get_by_label(&format!("Between half and double {detail}"));
        assert!(button(&harness, "Scale").accesskit_node().is_disabled());
    }
    picture(&mut harness, "reshard_scale_refused");
}

#[test]
fn the_quota_is_asked_for_when_it_matters() {
    let harness = window(stage(stage::unlocked(598)), show);
    harness.get_by_label("Account shard quota 177 + 1 of 20,000");
    assert!(harness.state().commands.is_empty(), "it is known already");
    let mut world = stage::unlocked(598);
    world.account_limits = kinescope::model::answer::Answer::default();
    let mut harness = window(stage(world), show);
    assert!(harness.state().commands.contains(&Command::AskLimits));
    harness.state_mut().commands.clear();
    tab(&mut harness, "Scale to N");
    assert!(harness.state().commands.contains(&Command::AskLimits));
}

#[test]
fn a_scaling_on_its_way_counts_its_shards() {
    let mut world = scale_world();
    if let (Some(open), Command::Reshard(request)) = (&mut world.open, scale_request(36)) {
        open.reshard = Some(ReshardRun { request, open_shards: Some(29), ..run() });
    }
    let mut harness = window(stage(world), show);
    harness.get_by_label("Open shards 29 of 36");
    picture(&mut harness, "reshard_scale_progress");
}

/// Types the name and presses this button.
fn confirm(harness: &mut Harness<'_, Stage<ReshardState>>, button: &str) {
    tab_to(harness, "Type the stream name to confirm");
    harness.event(egui::Event::Text("clickstream-prod".to_owned()));
    harness.run_steps(3);
    tab_to(harness, button);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(3);
}

#[test]
fn a_shard_is_split_with_the_keyboard_alone() {
    let mut harness = window(stage(stage::unlocked(598)), show);
    let split = split_button(&harness).accesskit_node().label().expect("a name");
    confirm(&mut harness, &split);
    assert_eq!(harness.state().commands, [Command::Reshard(ReshardRequest::Split(request()))]);
}

#[test]
fn shards_are_merged_and_scaled_with_the_keyboard_alone() {
    let mut harness = window(stage(stage::unlocked(598)), show);
    tab_to(&mut harness, "Merge");
    harness.key_press(egui::Key::Enter);
    harness.run_steps(3);
    confirm(&mut harness, "Merge …0025 + …0038");
    assert_eq!(harness.state().commands, [Command::Reshard(merge_request(25, 38))]);
    let mut harness = window(stage(scale_world()), show);
    tab_to(&mut harness, "Scale to N");
    harness.key_press(egui::Key::Space);
    harness.run_steps(3);
    confirm(&mut harness, "Scale to 30 shards");
    assert_eq!(harness.state().commands.last(), Some(&scale_request(30)));
}
