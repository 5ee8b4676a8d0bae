//! Plans that end before their last step: cut off by the end of the program, by a session that expires, by a stream that is deleted.

use std::path::Path;
use std::time::Duration;

use kinescope::aws::connect::{Connection, connect};
use kinescope::aws::meter::CallMeter;
use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::activity::{Event, Outcome};
use kinescope::model::change::{ChangeRequest, StreamChange};
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
use crate::gate::{Ends, Gate};

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

/// What the journal keeps of a plan that was stopped before its first step.
async fn stopped(endpoint_url: &str, home: &Path) {
    let connection = connect(&Desk::endpoint(endpoint_url), CallMeter::default()).await.expect("connects");
    let now = Clock::system().now();
    let page = PlanJournal::in_folder(home.join("plans")).page(unfinished(&connection, request(now)));
    page.write(0, false, Some("it was stopped".to_owned()), now).await.expect("writes");
}

fn unfinished(connection: &Connection, request: PlanRequest) -> UnfinishedPlan {
    let info = connection.info().clone();
    let at = request.started;
    UnfinishedPlan {
        request,
        connection: info.label,
        region: info.region,
        endpoint_url: info.endpoint_url,
        account: None,
        done: 0,
        is_in_flight: false,
        at,
        why: None,
        is_logged: false,
    }
}

/// Carries the plan out until its second step is on its way; then the program that did so is gone.
async fn cut_off(endpoint_url: &str, home: &Path) {
    let connection = connect(&Desk::endpoint(endpoint_url), CallMeter::default()).await.expect("connects");
    let request = request(Clock::system().now());
    let page = PlanJournal::in_folder(home.join("plans")).page(unfinished(&connection, request.clone()));
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

fn unlock(desk: &mut Desk) {
    desk.click("Unlock…");
    desk.click("Unlock for");
    desk.until("unlocked", |world| world.is_unlocked());
}

/// Goes on with this step, in the dialog that offers it; so many shards are open before.
fn go_on(desk: &mut Desk, step: usize, open_before: usize) {
    desk.see("A plan that was cut off");
    desk.until("its stream is active and listed", |world| {
        world.open.as_ref().is_some_and(|open| {
            let is_active = open.summary.get().is_some_and(|summary| summary.status == StreamStatus::Active);
            is_active && open.shards.get().is_some_and(|shards| shards.open_count() == open_before)
        })
    });
    desk.click(&format!("Go on with step {step} of 3"));
}

fn comes_to_its_end(desk: &mut Desk) {
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
}

/// Of every split in the activity log which step it was and what was said of it, oldest first.
fn logged_splits(desk: &Desk) -> Vec<(String, Option<String>)> {
    desk.world(|world| {
        let split = |event: &Event| match event {
            Event::Call { operation, target, outcome, .. } if operation == "SplitShard" => {
                let step = target.rsplit(", ").next().unwrap_or_default().to_owned();
                let said = match outcome {
                    Outcome::Failed { sentence } => Some(sentence.clone()),
                    _ => None,
                };
                Some((step, said))
            }
            _ => None,
        };
        let mut entries: Vec<_> = world.activity.iter().collect();
        entries.sort_by_key(|entry| entry.at);
        entries.into_iter().filter_map(|entry| split(&entry.event)).collect()
    })
}

fn server(runtime: &tokio::runtime::Runtime) -> LocalServer {
    let options = LocalOptions { traffic: false, reshard_delay: Duration::from_millis(400), ..LocalOptions::default() };
    runtime.block_on(LocalServer::start(options)).expect("starts")
}

/// Lets the session of a plan expire in its second step and goes on after a sign-in, when so many shards are open. Gives what the
/// log says of its splits before and after that.
fn expired(ends: Ends, words: &str, open_before: usize) -> [Vec<(String, Option<String>)>; 2] {
    let runtime = super::runtime();
    let server = server(&runtime);
    let gate = runtime.block_on(Gate::before(&server.endpoint_url(), ends));
    let home = tempfile::tempdir().expect("folder");
    runtime.block_on(stopped(&gate.endpoint_url, home.path()));
    let mut desk = Desk::open_in(&runtime, home, Some(Desk::endpoint(&gate.endpoint_url)));
    desk.see("A plan for sandbox (1 → 4 shards) is not finished: 0 of 3 steps are done; it was stopped");
    unlock(&mut desk);
    desk.click("Go on…");
    go_on(&mut desk, 1, 1);
    let said = desk.see(&format!("Step 2 of 3: {words}"));
    assert!(said.ends_with("has expired. Sign in again, then retry."), "{said}");
    assert!(gate.has_expired());
    let told = desk.see("A plan for sandbox (1 → 4 shards) is not finished: 1 of 3 steps is done; Step 2 of 3");
    assert!(told.contains("Sign in again"), "{told}");
    let before = logged_splits(&desk);
    desk.world(|world| {
        let left = world.unfinished_plans.first().expect("the journal keeps it");
        assert_eq!((left.done, left.is_in_flight), (1, false));
    });

    gate.sign_in();
    desk.click("Go on with step 2…");
    go_on(&mut desk, 2, open_before);
    comes_to_its_end(&mut desk);
    desk.world(|world| assert!(world.unfinished_plans.is_empty(), "nothing is left to go on with"));
    [before, logged_splits(&desk)]
}

/// The steps that the log has as carried out, and those that it does not.
fn done_and_failed(log: &[(String, Option<String>)]) -> [Vec<&str>; 2] {
    let of =
        |is_done: bool| log.iter().filter(|entry| entry.1.is_none() == is_done).map(|entry| entry.0.as_str()).collect();
    [of(true), of(false)]
}

#[test]
fn a_plan_whose_session_expires_half_way_says_so_and_goes_on_after_a_sign_in() {
    let [before, after] = expired(Ends::At(2), "The session of", 2);
    assert_eq!(done_and_failed(&before), [vec!["step 1 of 3"], vec!["step 2 of 3"]]);
    assert!(before[1].1.as_ref().is_some_and(|said| said.contains("has expired")), "{before:?}");
    assert_eq!(done_and_failed(&after), [vec!["step 1 of 3", "step 2 of 3", "step 3 of 3"], vec!["step 2 of 3"]]);
}

#[test]
fn a_step_that_was_taken_before_the_session_expired_is_said_to_be_and_not_sent_again() {
    let [before, after] = expired(Ends::Behind(2), "SplitShard was accepted (request ", 3);
    assert_eq!(done_and_failed(&before), [vec!["step 1 of 3"], vec!["step 2 of 3"]]);
    assert!(before[1].1.as_ref().is_some_and(|said| said.contains("SplitShard was accepted")), "{before:?}");
    assert_eq!(done_and_failed(&after), [vec!["step 1 of 3", "step 3 of 3"], vec!["step 2 of 3"]]);
}

#[test]
fn a_plan_whose_stream_is_deleted_half_way_says_so_and_can_be_left() {
    let runtime = super::runtime();
    let server = server(&runtime);
    let url = server.endpoint_url();
    let home = tempfile::tempdir().expect("folder");
    runtime.block_on(stopped(&url, home.path()));
    let mut desk = Desk::open_in(&runtime, home, Some(Desk::endpoint(&url)));
    desk.see("A plan for sandbox (1 → 4 shards)");
    unlock(&mut desk);
    desk.click("Go on…");
    go_on(&mut desk, 1, 1);
    desk.until("its first step is done", |world| {
        let run = world.open.as_ref().and_then(|open| open.reshard.as_ref());
        run.is_some_and(|run| run.plan.finished.len() == 1)
    });
    runtime.block_on(async {
        let connection = super::connection(&url).await;
        let delete = StreamChange::Delete { with_consumers: false };
        let request = ChangeRequest::one("sandbox".into(), "", delete.clone());
        connection.change_stream(&request, &delete).await.expect("is deleted");
    });
    let words = desk.see("Step 2 of 3: ");
    assert!(words.contains("sandbox"), "{words}");
    let told = desk.see("A plan for sandbox (1 → 4 shards) is not finished: 1 of 3 steps is done; Step 2 of 3");
    assert!(told.contains(words.trim_end_matches('.')), "{told} and {words}");
    desk.world(|world| {
        let said = world.activity.iter().filter_map(|entry| match &entry.event {
            Event::Call { outcome: Outcome::Failed { sentence }, .. } => Some(sentence.as_str()),
            _ => None,
        });
        assert_eq!(said.filter(|said| said.contains("sandbox")).count(), 1, "one line says what was refused");
    });
    desk.key(eframe::egui::Key::Escape);
    desk.click("Leave it");
    desk.until("it is left", |world| world.unfinished_plans.is_empty());
    assert_eq!(std::fs::read_dir(desk.home().join("plans")).map_or(0, Iterator::count), 0, "and forgotten");
}

#[test]
fn a_plan_that_was_cut_off_is_offered_at_the_next_start_and_goes_on() {
    let runtime = super::runtime();
    let server = server(&runtime);
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

    unlock(&mut desk);
    desk.click("Go on…");
    go_on(&mut desk, 2, 3);
    comes_to_its_end(&mut desk);
    desk.world(|world| {
        assert!(world.unfinished_plans.is_empty(), "nothing is left to go on with");
        let done = world.activity.iter().filter(|entry| {
            matches!(&entry.event, Event::Call { operation, outcome: Outcome::Ok, cli, .. }
                if operation == "SplitShard" && cli.starts_with("aws kinesis split-shard"))
        });
        assert_eq!(done.count(), 1, "step 2 had been carried out; step 3 was the only call");
    });
}
