//! Plans in the dialog that reshards, and the strip that says that one was cut off.

use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kinescope::model::answer::{Problem, ProblemKind};
use kinescope::model::plan::request::{PlanCommand, PlanProgress, PlanRequest, Purpose, UnfinishedPlan};
use kinescope::model::reshard::{ReshardRequest, ReshardRun, ReshardStep, StepState};
use kinescope::model::time::Millis;
use kinescope::model::world::World;
use kinescope::ui::command::{Command, Place, Tab};
use kinescope::ui::dialogs::reshard::{ReshardState, show};

use crate::harness::{self, picture};
use crate::stage::{self, Stage, shard_id, window};

fn open_plan(world: World, is_light: bool) -> Harness<'static, Stage<ReshardState>> {
    let mut stage: Stage<ReshardState> = Stage::new(world);
    stage.selection = Some(shard_id(19));
    stage.is_light = is_light;
    let mut harness = window(stage, show);
    harness.get_by_role_and_label(egui::accesskit::Role::Tab, "Scale to N").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, "Plan by load").click();
    harness.run_steps(3);
    harness
}

fn planned(harness: &mut Harness<'_, Stage<ReshardState>>) -> PlanRequest {
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Type the stream name to confirm").focus();
    harness.run_steps(2);
    harness.event(egui::Event::Text("clickstream-prod".to_owned()));
    harness.run_steps(3);
    harness.get_by_label_contains("Carry out ").click();
    harness.run_steps(2);
    match harness.state().commands.last() {
        Some(Command::Reshard(ReshardRequest::Plan(plan))) => plan.clone(),
        other => panic!("no plan was asked for: {other:?}"),
    }
}

fn run_of(request: &PlanRequest, done: usize, failed: Option<Problem>) -> ReshardRun {
    let at = |n: usize| stage::now() - Millis::from_secs(200 - 30 * n as i64);
    let state = |n: usize| match (n.cmp(&done), &failed) {
        (std::cmp::Ordering::Less, _) => StepState::Done(at(n)),
        (std::cmp::Ordering::Equal, Some(problem)) => StepState::Failed(at(n), problem.clone()),
        (std::cmp::Ordering::Equal, None) => StepState::Running(at(n)),
        (std::cmp::Ordering::Greater, _) => StepState::Waiting,
    };
    let step =
        |(n, step): (usize, &kinescope::model::plan::PlanStep)| ReshardStep { text: step.text(), state: state(n) };
    ReshardRun {
        request: ReshardRequest::Plan(request.clone()),
        steps: request.steps.iter().enumerate().map(step).collect(),
        children: Vec::new(),
        open_shards: None,
        is_done: failed.is_some(),
        plan: PlanProgress::default(),
    }
}

fn unfinished(request: &PlanRequest, done: usize) -> UnfinishedPlan {
    UnfinishedPlan {
        request: request.clone(),
        connection: "prod-oncall".to_owned(),
        region: "us-east-1".to_owned(),
        endpoint_url: None,
        account: None,
        done,
        is_in_flight: true,
        at: stage::now() - Millis::from_mins(12),
        why: None,
        is_logged: true,
    }
}

#[test]
fn a_plan_is_shown_step_by_step_beside_what_uniform_scaling_would_give() {
    let mut harness = open_plan(stage::unlocked(598), false);
    picture(&mut harness, "reshard_plan");
    harness.get_by_label_contains("A plan follows the load Uniform scaling would leave the hottest at");
    harness.get_by_label_contains("Step 1 Split …0007 at");
    let before = harness.state().commands.len();
    harness.get_by_label("Copy as AWS CLI").click();
    harness.run_steps(2);
    let Some(Command::Copy(script)) = harness.state().commands.get(before) else { panic!("nothing was copied") };
    assert!(script.starts_with("aws kinesis split-shard --stream-name clickstream-prod"), "{script}");
    assert!(script.contains("aws kinesis wait stream-exists"));
    let request = planned(&mut harness);
    assert_eq!(request.purpose, Purpose::Balance { from: 24, target: 30 });
    assert!(request.steps.len() >= 6 && request.steps.len() < 54, "{} steps", request.steps.len());
    let mut harness = open_plan(stage::unlocked(598), true);
    harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, "Under 60 %").click();
    harness.run_steps(3);
    picture(&mut harness, "reshard_plan_light");
    let calm = planned(&mut harness);
    assert!(calm.steps.len() < request.steps.len(), "{} steps", calm.steps.len());
}

#[test]
fn a_plan_on_its_way_can_be_stopped_between_two_steps() {
    let request = planned(&mut open_plan(stage::unlocked(598), false));
    let mut world = stage::unlocked(598);
    if let Some(open) = &mut world.open {
        open.reshard = Some(run_of(&request, 3, None));
    }
    let mut harness = window(Stage::<ReshardState>::new(world), show);
    picture(&mut harness, "reshard_plan_progress");
    harness.get_by_label_contains("Step 3 ");
    harness.get_by_label("Stop after this step").click();
    harness.run_steps(2);
    assert!(harness.state().commands.contains(&Command::Plan(PlanCommand::Stop)));
}

#[test]
fn a_plan_that_was_refused_half_way_says_why_and_can_go_on() {
    let request = planned(&mut open_plan(stage::unlocked(598), false));
    let mut world = stage::unlocked(598);
    let problem = Problem::new(
        ProblemKind::Credentials,
        "Step 4 of 9: the credentials of prod-oncall have expired. Run aws sso login --profile prod-oncall.",
    );
    if let Some(open) = &mut world.open {
        open.reshard = Some(run_of(&request, 3, None));
    }
    world.unfinished_plans = vec![unfinished(&request, 3)];
    let mut harness = window(Stage::<ReshardState>::new(world), show);
    if let Some(open) = &mut harness.state_mut().world.open {
        open.reshard = Some(run_of(&request, 3, Some(problem)));
    }
    harness.run_steps(3);
    picture(&mut harness, "reshard_plan_refused");
    assert!(harness.query_by_label_contains("have expired").is_some());
    harness.get_by_label("Go on with step 4…").click();
    harness.run_steps(3);
    harness.get_by_label_contains("A plan that was cut off");
    picture(&mut harness, "reshard_plan_resumed");
    harness.get_by_label("Leave this plan").click();
    harness.run_steps(2);
    let left = Command::Plan(PlanCommand::Leave(Box::new(unfinished(&request, 3))));
    assert!(harness.state().commands.contains(&left));
}

/// The whole window at the shards of the stream.
fn shown(world: World) -> Harness<'static, harness::Window> {
    let mut harness = harness::window((1_440.0, 900.0), world);
    harness.state_mut().ui.place = Place::Stream("clickstream-prod".into(), Tab::Shards);
    harness.run_steps(3);
    harness
}

#[test]
fn the_strip_offers_to_go_on_only_where_the_plan_was_begun() {
    let request = planned(&mut open_plan(stage::unlocked(598), false));
    let mut world = crate::fixture::stream_open();
    world.unfinished_plans = vec![unfinished(&request, 3)];
    let mut harness = shown(world);
    picture(&mut harness, "unfinished_plan");
    harness.get_by_label_contains(
        "A plan for clickstream-prod (24 → 30 shards) is not finished: the program ended while step 4",
    );
    let go_on = harness.get_by_role_and_label(egui::accesskit::Role::Button, "Go on…");
    assert!(!go_on.accesskit_node().is_disabled());
    let mut elsewhere = crate::fixture::stream_open();
    elsewhere.unfinished_plans = vec![UnfinishedPlan { region: "eu-west-1".to_owned(), ..unfinished(&request, 3) }];
    let harness = shown(elsewhere);
    let go_on = harness.get_by_role_and_label(egui::accesskit::Role::Button, "Go on…");
    assert!(go_on.accesskit_node().is_disabled());
}
