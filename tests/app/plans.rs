//! A plan that is cut off by the end of the program, and gone on with at the next start.

use std::path::Path;
use std::time::Duration;

use kinescope::aws::connect::connect;
use kinescope::aws::meter::CallMeter;
use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::activity::{Event, Outcome};
use kinescope::model::hash_range::{HashKey, HashKeyRange};
use kinescope::model::ids::StreamName;
use kinescope::model::plan::PlanStep;
use kinescope::model::plan::request::{PlanRequest, Purpose, UnfinishedPlan};
use kinescope::model::reshard::{ReshardRequest, StepState};
use kinescope::model::stream::StreamStatus;
use kinescope::model::time::Timestamp;
use kinescope::tasks::clock::Clock;
use kinescope::tasks::plan_journal::PlanJournal;
use kinescope::tasks::{plan, reshard};
use tokio::sync::watch;

use crate::desk::Desk;

/// Into quarters by three splits.
fn request(started: Timestamp) -> PlanRequest {
    let (low, high) = HashKeyRange::FULL.split_at(HashKey(1 << 127)).expect("splits");
    let split = |range: HashKeyRange| PlanStep::Split { range, at: range.even_split().expect("splits") };
    PlanRequest {
        stream: StreamName::from("sandbox"),
        purpose: Purpose::Balance { from: 1, target: 4 },
        steps: vec![split(HashKeyRange::FULL), split(high), split(low)],
        started,
        done: 0,
        is_resumed: false,
    }
}

/// Carries the plan out until its second step is on its way; then the program that did so is gone.
async fn cut_off(endpoint_url: &str, home: &Path) {
    let connection = connect(&Desk::endpoint(endpoint_url), CallMeter::default()).await.expect("connects");
    let request = request(Clock::system().now());
    let info = connection.info().clone();
    let page = PlanJournal::in_folder(home.join("plans")).page(UnfinishedPlan {
        request: request.clone(),
        connection: info.label,
        region: info.region,
        endpoint_url: info.endpoint_url,
        account: None,
        done: 0,
        is_in_flight: false,
        at: request.started,
        why: None,
        is_logged: false,
    });
    let (publish, mut progress) = watch::channel(reshard::prepared(ReshardRequest::Plan(request)));
    let (_stop, stopped) = watch::channel(false);
    let task =
        tokio::spawn(
            async move { plan::run(&connection, &Clock::system(), &publish, &stopped, &page).await.map(|_| ()) },
        );
    let is_sent = |run: &kinescope::model::reshard::ReshardRun| run.steps[1].text.contains("stream updating");
    tokio::time::timeout(Duration::from_secs(60), progress.wait_for(is_sent)).await.expect("in time").expect("runs");
    task.abort();
    assert!(task.await.is_err(), "it was cut off");
}

#[test]
fn a_plan_that_was_cut_off_is_offered_at_the_next_start_and_goes_on() {
    let runtime = super::runtime();
    let options = LocalOptions { traffic: false, reshard_delay: Duration::from_millis(400), ..LocalOptions::default() };
    let server = runtime.block_on(LocalServer::start(options)).expect("starts");
    let home = tempfile::tempdir().expect("folder");
    runtime.block_on(cut_off(&server.endpoint_url(), home.path()));

    let mut desk = Desk::open_in(&runtime, home, Some(Desk::endpoint(&server.endpoint_url())));
    let told = desk.see("A plan for sandbox (1 → 4 shards) is not finished: the program ended while step 2 of 3");
    assert!(told.contains("ago"), "{told}");
    desk.world(|world| {
        let failed = world.activity.iter().find_map(|entry| match &entry.event {
            Event::Call { operation, target, outcome: Outcome::Failed { sentence }, .. } => {
                Some((operation.clone(), target.clone(), sentence.clone()))
            }
            _ => None,
        });
        let (operation, target, sentence) = failed.expect("the step whose answer nobody saw is in the activity log");
        assert_eq!(operation, "SplitShard");
        assert!(
            target.contains("step 2 of 3") && sentence.contains("ended before AWS answered"),
            "{target} {sentence}"
        );
    });

    desk.click("Unlock…");
    desk.click("Unlock for");
    desk.until("unlocked", |world| world.is_unlocked());
    desk.click("Go on…");
    desk.see("A plan that was cut off");
    desk.until("its stream is active and listed", |world| {
        world.open.as_ref().is_some_and(|open| {
            let is_active = open.summary.get().is_some_and(|summary| summary.status == StreamStatus::Active);
            is_active && open.shards.get().is_some_and(|shards| shards.open_count() == 3)
        })
    });
    desk.click("Go on with step 2 of 3");
    desk.until("the plan is at its end", |world| {
        world
            .open
            .as_ref()
            .and_then(|open| open.reshard.as_ref())
            .is_some_and(|run| run.is_done && run.steps.iter().all(|step| matches!(step.state, StepState::Done(_))))
    });
    desk.until("four shards are listed", |world| {
        world.open.as_ref().and_then(|open| open.shards.get()).is_some_and(|shards| shards.open_count() == 4)
    });
    desk.world(|world| {
        assert!(world.unfinished_plans.is_empty(), "nothing is left to go on with");
        let done = world.activity.iter().filter(|entry| {
            matches!(&entry.event, Event::Call { operation, outcome: Outcome::Ok, cli, .. }
                if operation == "SplitShard" && cli.starts_with("aws kinesis split-shard"))
        });
        assert_eq!(done.count(), 1, "step 2 had been carried out; step 3 was the only call");
    });
}
