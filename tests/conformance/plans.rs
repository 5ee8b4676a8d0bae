//! Plans as the program carries them out, cut off and gone on with; and predictions held against what comes of them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

use kinescope::aws::connect::Connection;
use kinescope::model::answer::Problem;
use kinescope::model::hash_range::{HashKey, HashKeyRange};
use kinescope::model::ids::StreamName;
use kinescope::model::plan::request::{PlanRequest, Purpose, UnfinishedPlan};
use kinescope::model::plan::{self, Aim, Plan};
use kinescope::model::position::StartingPosition;
use kinescope::model::reshard::{MergeRequest, ReshardRequest, ReshardRun, ScaleRequest, SplitRequest, StepState};
use kinescope::model::sample::StreamSample;
use kinescope::model::scale::Profile;
use kinescope::model::shard_map::ShardMap;
use kinescope::model::split;
use kinescope::model::utilisation::Utilisation;
use kinescope::model::writes::{PutEntry, PutOutcome, Receipt};
use kinescope::tasks::clock::Clock;
use kinescope::tasks::plan_journal::PlanJournal;
use kinescope::tasks::{plan as plans, reshard};
use kinescope::ui::views::shards::Facts;
use tokio::sync::watch;

use crate::target::{Outcome, Target, ensure, entry, now};

/// A plan for a stream of three shards of which the second is hot, to so many.
pub(super) fn planned(map: &ShardMap, count: u32) -> Outcome<Plan> {
    let loads = [0.1, 0.9, 0.05];
    let load = |share: f64| Utilisation { bytes_share: share, records_share: share / 2.0 };
    let pieces = map.open().zip(loads).map(|(shard, share)| (shard.range, load(share))).collect();
    let profile = Profile::of_pieces(pieces).ok_or("no load")?;
    plan::plan(map, &profile, count, Aim::Coolest, None).map_err(|why| why.sentence().into())
}

pub(super) fn request(stream: &StreamName, plan: &Plan) -> PlanRequest {
    PlanRequest {
        stream: stream.clone(),
        purpose: Purpose::Balance { from: plan.from, target: plan.target },
        steps: plan.steps.iter().map(|planned| planned.step).collect(),
        started: now(),
        done: 0,
        is_resumed: false,
    }
}

fn unfinished(request: &PlanRequest) -> UnfinishedPlan {
    UnfinishedPlan {
        request: request.clone(),
        connection: "test".to_owned(),
        region: "us-east-1".to_owned(),
        endpoint_url: None,
        account: None,
        done: request.done,
        is_in_flight: false,
        at: now(),
        why: None,
        is_logged: false,
    }
}

/// A plan on its way.
pub(super) struct Running {
    pub(super) progress: watch::Receiver<ReshardRun>,
    stop: watch::Sender<bool>,
    pub(super) task: tokio::task::JoinHandle<Result<Receipt, Problem>>,
}

pub(super) fn begin(connection: &Connection, request: PlanRequest, journal: &PlanJournal) -> Running {
    let page = journal.page(unfinished(&request));
    let (publish, progress) = watch::channel(reshard::prepared(ReshardRequest::Plan(request)));
    let (stop, stopped) = watch::channel(false);
    let connection = connection.clone();
    let task = tokio::spawn(async move {
        let outcome = plans::run(&connection, &Clock::system(), &publish, &stopped, &page).await;
        drop(page);
        outcome
    });
    Running { progress, stop, task }
}

async fn until(running: &mut Running, what: &str, holds: impl FnMut(&ReshardRun) -> bool) -> Outcome {
    match tokio::time::timeout(Duration::from_secs(60), running.progress.wait_for(holds)).await {
        Ok(Ok(_)) => Ok(()),
        _ => Err(format!("never: {what}").into()),
    }
}

pub(super) fn ranges(map: &ShardMap) -> Vec<HashKeyRange> {
    map.open().map(|shard| shard.range).collect()
}

pub(super) fn journal(folder: &Path) -> PlanJournal {
    PlanJournal::in_folder(folder.to_owned())
}

pub async fn a_plan_is_carried_out_step_by_step(target: Target) -> Outcome {
    let stream = target.stream("planned", 3).await?;
    let plan = planned(&target.shards(&stream).await?, 4)?;
    let folder = tempfile::tempdir()?;
    let running = begin(&target.connection, request(&stream, &plan), &journal(folder.path()));
    running.task.await??;
    let run = running.progress.borrow().clone();
    ensure!(run.is_done && run.plan.finished.len() == plan.steps.len(), "{:?}", run.plan.finished);
    ensure!(run.steps.iter().all(|step| matches!(step.state, StepState::Done(_))), "{:?}", run.steps);
    ensure!(run.plan.finished.iter().all(|step| step.outcome.is_ok() && step.ended >= step.began), "{:?}", run.plan);
    let after = ranges(&target.shards(&stream).await?);
    let goal: Vec<HashKeyRange> = plan.after.iter().map(|(range, _)| *range).collect();
    ensure!(after == goal, "{after:?} and not {goal:?}");
    ensure!(journal(folder.path()).unfinished().is_empty(), "the journal keeps what came to its end");
    Ok(())
}

pub async fn a_plan_that_was_cut_off_goes_on_where_it_was(target: Target) -> Outcome {
    let stream = target.stream("cut-off", 3).await?;
    let plan = planned(&target.shards(&stream).await?, 4)?;
    let folder = tempfile::tempdir()?;
    // Cut off in each of the steps, right when its call is on its way or was answered.
    let mut next = request(&stream, &plan);
    for at in 0..plan.steps.len() {
        let mut running = begin(&target.connection, next.clone(), &journal(folder.path()));
        until(&mut running, "the step is on its way", |run| {
            run.steps
                .get(at)
                .is_some_and(|step| step.text.contains("updating") || matches!(step.state, StepState::Done(_)))
        })
        .await?;
        running.task.abort();
        let _ = running.task.await;
        let left = journal(folder.path()).unfinished();
        let [left] = left.as_slice() else {
            ensure!(at + 1 == plan.steps.len(), "{} plans are left after step {at}", left.len());
            break;
        };
        ensure!(left.done == at || left.done == at + 1, "{} steps are done, not {at}", left.done);
        ensure!(left.sentence().contains("the program ended"), "{}", left.sentence());
        next = left.resumed();
        target.settled(&stream).await?;
    }
    if !journal(folder.path()).unfinished().is_empty() {
        begin(&target.connection, next, &journal(folder.path())).task.await??;
    }
    let after = ranges(&target.shards(&stream).await?);
    let goal: Vec<HashKeyRange> = plan.after.iter().map(|(range, _)| *range).collect();
    ensure!(after == goal, "{after:?} and not {goal:?}");
    ensure!(journal(folder.path()).unfinished().is_empty(), "something is left");
    Ok(())
}

pub async fn a_plan_ends_with_its_stream_and_says_so(target: Target) -> Outcome {
    let stream = target.stream("deleted-half-way", 3).await?;
    let plan = planned(&target.shards(&stream).await?, 4)?;
    let folder = tempfile::tempdir()?;
    let mut running = begin(&target.connection, request(&stream, &plan), &journal(folder.path()));
    until(&mut running, "one step is done", |run| !run.plan.finished.is_empty()).await?;
    let delete = target.raw.delete_stream().stream_name(stream.as_str()).enforce_consumer_deletion(true);
    delete.send().await.map_err(|err| crate::target::told(&err))?;
    let Err(problem) = running.task.await? else { return Err("it went on without its stream".into()) };
    let sentence = &problem.sentence;
    ensure!(sentence.starts_with("Step ") && sentence.contains(stream.as_str()), "{sentence}");
    let run = running.progress.borrow().clone();
    ensure!(run.is_done && run.steps.iter().any(|step| matches!(step.state, StepState::Failed(..))), "{:?}", run.steps);
    let left = journal(folder.path()).unfinished();
    ensure!(left.len() == 1 && left[0].why.as_deref() == Some(sentence.as_str()), "{left:?}");
    Ok(())
}

pub async fn a_plan_is_not_carried_out_on_other_shards(target: Target) -> Outcome {
    let stream = target.stream("overtaken", 3).await?;
    let plan = planned(&target.shards(&stream).await?, 4)?;
    let scale = ReshardRequest::Scale(ScaleRequest { stream: stream.clone(), from: 3, target: 2 });
    let (publish, _) = watch::channel(reshard::prepared(scale));
    reshard::run(&target.connection, &Clock::system(), &publish).await?;
    let before = ranges(&target.shards(&stream).await?);
    let running = begin(&target.connection, request(&stream, &plan), &PlanJournal::nowhere());
    let Err(problem) = running.task.await? else { return Err("it was carried out".into()) };
    ensure!(problem.sentence.contains("Nothing was sent"), "{}", problem.sentence);
    ensure!(ranges(&target.shards(&stream).await?) == before, "something was changed");
    Ok(())
}

pub async fn a_plan_stops_between_two_steps(target: Target) -> Outcome {
    let stream = target.stream("stopped", 3).await?;
    let plan = planned(&target.shards(&stream).await?, 4)?;
    let folder = tempfile::tempdir()?;
    let mut running = begin(&target.connection, request(&stream, &plan), &journal(folder.path()));
    until(&mut running, "a step runs", |run| matches!(run.steps[0].state, StepState::Running(_))).await?;
    running.stop.send_replace(true);
    running.task.await??;
    let run = running.progress.borrow().clone();
    ensure!(run.is_done && run.plan.is_stopped && run.plan.finished.len() == 1, "{:?}", run.plan);
    let left = journal(folder.path()).unfinished();
    ensure!(left.len() == 1 && left[0].done == 1 && !left[0].is_in_flight, "{left:?}");
    let goal: Vec<HashKeyRange> = plan.after.iter().map(|(range, _)| *range).collect();
    begin(&target.connection, left[0].resumed(), &journal(folder.path())).task.await??;
    ensure!(ranges(&target.shards(&stream).await?) == goal, "the rest was not carried out");
    Ok(())
}

/// Splits, merges and scalings at random, each followed to its end. The reference is a list of ranges.
pub async fn random_reshards_are_seen_as_they_are_listed(target: Target) -> Outcome {
    const OPERATIONS: usize = 14;
    let stream = target.stream("random", 3).await?;
    let mut random = fastrand::Rng::with_seed(0x7368_6172);
    let mut model = ranges(&target.shards(&stream).await?);
    for turn in 0..OPERATIONS {
        let map = target.shards(&stream).await?;
        let open: Vec<_> = map.open().cloned().collect();
        let at = random.usize(0..open.len());
        let (shard, next) = (open.get(at).ok_or("a shard")?, open.get(at + 1));
        let request = match (random.u8(0..5), next) {
            (0 | 1, Some(next)) if open.len() > 2 => {
                let range = HashKeyRange { start: shard.range.start, end: next.range.end };
                model.splice(at..=at + 1, [range]);
                let (lower, upper) = (shard.id.clone(), next.id.clone());
                ReshardRequest::Merge(MergeRequest { stream: stream.clone(), lower, upper, range })
            }
            (2, _) if open.len() < 5 && turn % 5 == 4 => {
                let (from, to) = (open.len() as u32, open.len() as u32 + 1);
                model = HashKeyRange::uniform(to);
                ReshardRequest::Scale(ScaleRequest { stream: stream.clone(), from, target: to })
            }
            _ => {
                let width = shard.range.end.0 - shard.range.start.0;
                let cut = HashKey(shard.range.start.0 + 1 + random.u128(0..width));
                let (low, high) = shard.range.split_at(cut).ok_or("the range can be split")?;
                model.splice(at..=at, [low, high]);
                let (shard, range) = (shard.id.clone(), shard.range);
                ReshardRequest::Split(SplitRequest { stream: stream.clone(), shard, range, new_starting_hash_key: cut })
            }
        };
        let is_exact = !matches!(request, ReshardRequest::Scale(_));
        let told = format!("operation {turn}, {}", request.logged_target());
        let (publish, _) = watch::channel(reshard::prepared(request));
        reshard::run(&target.connection, &Clock::system(), &publish).await?;
        let map = target.shards(&stream).await?;
        ensure!(map.tiling_faults().is_empty(), "{told}: {:?}", map.tiling_faults());
        let listed = ranges(&map);
        // How a server rounds equal ranges is its own affair.
        ensure!(!is_exact || listed == model, "{told}: {listed:?} and not {model:?}");
        model = listed;
        same_as_listed(&target, &stream, &map).await.map_err(|err| format!("{told}: {err}"))?;
    }
    Ok(())
}

/// What the view shows, held against what a plain client is told.
async fn same_as_listed(target: &Target, stream: &StreamName, map: &ShardMap) -> Outcome {
    let facts = Facts::new(map, None, None, Some(24));
    let mut shown: BTreeMap<String, (String, String, bool)> = BTreeMap::new();
    for shard in &facts.shards {
        let range = (shard.range.start.to_string(), shard.range.end.to_string(), shard.is_open);
        shown.insert(shard.id.to_string(), range);
    }
    let mut told = BTreeMap::new();
    let output = target.raw.list_shards().stream_name(stream.as_str()).send().await;
    for shard in output.map_err(|err| crate::target::told(&err))?.shards() {
        let range = shard.hash_key_range().ok_or("a range")?;
        let is_open = shard.sequence_number_range().is_some_and(|range| range.ending_sequence_number().is_none());
        let range = (range.starting_hash_key().to_owned(), range.ending_hash_key().to_owned(), is_open);
        told.insert(shard.shard_id().to_owned(), range);
    }
    ensure!(shown == told, "shown {shown:?}, listed {told:?}");
    Ok(())
}

/// The same traffic before and after a balanced split: the shares of the children come true within 5 %.
pub async fn a_balanced_split_comes_true(target: Target) -> Outcome {
    let stream = target.stream("balanced", 1).await?;
    let shard = target.only_shard(&stream).await?;
    let mut random = fastrand::Rng::with_seed(0x6261_6c61);
    // Most keys land in an eighth of the key space, and their sizes differ.
    let dense = HashKeyRange { start: HashKey(5 << 125), end: HashKey((6 << 125) - 1) };
    let names = (0..).map(|n| format!("key-{n}"));
    let is_wanted = |name: &String| {
        dense.contains(HashKey::of_partition_key(name)) || HashKey::of_partition_key(name).0.is_multiple_of(40)
    };
    let keys: Vec<String> = names.filter(is_wanted).take(400).collect();
    let mut traffic = |count: usize| -> Vec<PutEntry> {
        let mut one = || entry(&keys[random.usize(0..keys.len())], vec![b'.'; random.usize(20..400)]);
        (0..count).map(|_| one()).collect()
    };
    put_all(&target, &stream, traffic(2_500)).await?;
    let records = target.read(&stream, &shard, StartingPosition::TrimHorizon, 2_500).await?;
    let mut sample = StreamSample::new(1);
    sample.take(&shard, &records);
    let map = target.shards(&stream).await?;
    let range = map.get(&shard).ok_or("the shard")?.range;
    let advice = split::advise(range, sample.shard(&shard).ok_or("nothing was counted")?, None);
    ensure!(advice.helps, "{}", advice.sentence());
    let advised = advice.balanced.ok_or("no balanced point")?;
    let cut = advised.new_starting_hash_key;
    ensure!(dense.contains(cut), "the cut {cut} is not where the load is");
    let predicted = [advised.left.share, advised.right.share];
    let request = SplitRequest { stream: stream.clone(), shard, range, new_starting_hash_key: cut };
    let (publish, progress) = watch::channel(reshard::prepared(ReshardRequest::Split(request)));
    reshard::run(&target.connection, &Clock::system(), &publish).await?;
    let children = progress.borrow().children.clone();
    let sent = put_all(&target, &stream, traffic(3_000)).await?;
    let all: usize = sent.values().sum();
    for (child, predicted) in children.iter().zip(predicted) {
        let share = sent.get(child.as_str()).copied().unwrap_or(0) as f64 / all as f64;
        ensure!(
            (share - predicted).abs() <= 0.05,
            "{child} took {share:.3} of the bytes, {predicted:.3} were predicted"
        );
        ensure!((share - 0.5).abs() <= 0.05, "{child} took {share:.3} of the bytes, a half was wanted");
    }
    Ok(())
}

/// Puts everything, with pauses and again where a shard refuses, and says how many bytes each shard took.
async fn put_all(target: &Target, stream: &StreamName, entries: Vec<PutEntry>) -> Outcome<HashMap<String, usize>> {
    let mut taken: HashMap<String, usize> = HashMap::new();
    let mut waiting = entries;
    while !waiting.is_empty() {
        let rest = waiting.split_off(waiting.len().min(500));
        let outcomes = target.connection.put_records(stream, &waiting).await?;
        let mut again = Vec::new();
        for (entry, outcome) in waiting.into_iter().zip(outcomes) {
            match outcome {
                PutOutcome::Accepted { shard_id, .. } => {
                    *taken.entry(shard_id.to_string()).or_default() += entry.size_bytes();
                }
                PutOutcome::Refused { .. } => again.push(entry),
            }
        }
        if !again.is_empty() {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        again.extend(rest);
        waiting = again;
    }
    Ok(taken)
}
