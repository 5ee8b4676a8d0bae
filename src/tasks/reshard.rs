//! Splits or merges shards or scales a stream, and follows it until it is active again. Each step is published with its time.
//! Plans, which are many of these, are in [`super::plan`].

use std::time::Duration;

use tokio::sync::watch;

use super::clock::Clock;
use super::steps::Follow;
use crate::aws::connect::Connection;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::format::one_line;
use crate::model::ids::ShardId;
use crate::model::plan::PlanStep;
use crate::model::plan::request::PlanProgress;
use crate::model::reshard::{ReshardRequest, ReshardRun, ReshardStep, StepState};
use crate::model::shard_map::Shard;
use crate::model::stream::{StreamMode, StreamStatus, StreamSummary};
use crate::model::writes::Receipt;

/// How often the stream is asked whether it is active again (`DescribeStreamSummary`).
const ASK_EVERY: Duration = Duration::from_millis(1_500);
/// When to stop asking after a split or a merge; the reshard itself goes on at AWS.
const GIVE_UP_AFTER: Duration = Duration::from_secs(600);
/// The same after a scaling, which is many splits and merges.
const GIVE_UP_SCALING_AFTER: Duration = Duration::from_secs(7_200);

const CHECKS: usize = 0;
const ACCEPTED: usize = 1;
const UPDATING: usize = 2;
const ACTIVE: usize = 3;

/// A run that has not begun.
pub fn prepared(request: ReshardRequest) -> ReshardRun {
    let call = match &request {
        ReshardRequest::Split(_) => format!("SplitShard on {}", request.target()),
        _ => format!("{} {}", request.operation(), request.target()),
    };
    let texts = match &request {
        ReshardRequest::Plan(plan) => plan.steps.iter().map(PlanStep::text).collect(),
        _ => vec!["Checks".to_owned(), call, "Stream UPDATING".to_owned(), "Stream ACTIVE again".to_owned()],
    };
    let steps = texts.into_iter().map(|text| ReshardStep { text, state: StepState::Waiting }).collect();
    let plan = PlanProgress::default();
    ReshardRun { request, steps, children: Vec::new(), open_shards: None, is_done: false, plan }
}

/// Carries a reshard out. The receipt is that of its one call.
///
/// # Errors
/// The first problem; the run says at which step, and whether the call had been accepted before.
pub async fn run(
    connection: &Connection,
    clock: &Clock,
    progress: &watch::Sender<ReshardRun>,
) -> Result<Receipt, Problem> {
    let request = progress.borrow().request.clone();
    let follow = Follow { clock, progress };
    let outcome = reshard(connection, &request, &follow).await;
    progress.send_modify(|run| run.is_done = true);
    outcome
}

async fn reshard(
    connection: &Connection,
    request: &ReshardRequest,
    follow: &Follow<'_, ReshardRun>,
) -> Result<Receipt, Problem> {
    follow.begin(CHECKS);
    let summary = connection.describe_summary(request.stream()).await;
    follow.end(CHECKS, summary.and_then(|summary| check(summary, request)))?;
    follow.begin(ACCEPTED);
    let receipt = follow.end(ACCEPTED, send(connection, request).await)?;
    // From here on it is under way whatever becomes of the questions about it.
    let lost = |problem| out_of_sight(request, &receipt, problem);
    follow.begin(UPDATING);
    follow.end(UPDATING, wait_until_active(connection, request, follow).await.map_err(lost))?;
    follow.begin(ACTIVE);
    let shards = follow.end(ACTIVE, connection.list_shards(request.stream()).await.map_err(lost))?;
    follow.progress.send_modify(|run| {
        run.open_shards = u32::try_from(shards.iter().filter(|shard| shard.is_open()).count()).ok();
        run.children = children(&shards, request);
    });
    Ok(receipt)
}

/// Says of a failure behind the call that the call itself was taken, and as which request.
fn out_of_sight(request: &ReshardRequest, receipt: &Receipt, problem: Problem) -> Problem {
    if problem.sentence.contains("was accepted") {
        return problem;
    }
    let id = receipt.request_id.as_ref().map_or_else(String::new, |id| format!(" (request {})", one_line(id, 64)));
    let (call, why) = (request.operation(), &problem.sentence);
    let sentence = format!("{call} was accepted{id}, but how it went on was not seen. {why}");
    Problem { sentence, ..problem }
}

async fn send(connection: &Connection, request: &ReshardRequest) -> Result<Receipt, Problem> {
    match request {
        ReshardRequest::Split(split) => {
            connection.split_shard(&split.stream, &split.shard, split.new_starting_hash_key).await
        }
        ReshardRequest::Merge(merge) => connection.merge_shards(&merge.stream, &merge.lower, &merge.upper).await,
        ReshardRequest::Scale(scale) => connection.update_shard_count(&scale.stream, scale.target).await,
        ReshardRequest::Plan(_) => {
            Err(Problem::new(ProblemKind::Invalid, "A plan is carried out one step at a time, not as one call."))
        }
    }
}

fn check(summary: StreamSummary, request: &ReshardRequest) -> Result<StreamSummary, Problem> {
    let refuse = |sentence: String| Err(Problem::new(ProblemKind::InUse, sentence));
    let (does, again) = match request {
        ReshardRequest::Split(_) => ("splits its shards", "split"),
        ReshardRequest::Merge(_) => ("merges its shards", "merge"),
        ReshardRequest::Scale(_) | ReshardRequest::Plan(_) => ("scales it", "scale"),
    };
    let name = &summary.name;
    match (&summary.status, summary.mode, request) {
        (StreamStatus::Active, StreamMode::OnDemand, _) => {
            refuse(format!("{name} is on-demand: AWS {does} by itself and refuses {}.", request.operation()))
        }
        (StreamStatus::Active, _, ReshardRequest::Scale(scale)) if summary.open_shard_count != scale.from => {
            let open = summary.open_shard_count;
            refuse(format!("{name} has {open} open shards now, not {}: look at the plan again.", scale.from))
        }
        (StreamStatus::Active, ..) => Ok(summary),
        (status, ..) => refuse(format!("{name} is {}: wait until it is ACTIVE, then {again}.", status.as_str())),
    }
}

async fn wait_until_active(
    connection: &Connection,
    request: &ReshardRequest,
    follow: &Follow<'_, ReshardRun>,
) -> Result<(), Problem> {
    let stream = request.stream();
    let waiting = async {
        loop {
            match connection.describe_summary(stream).await {
                Ok(summary) => {
                    follow.progress.send_modify(|run| run.open_shards = Some(summary.open_shard_count));
                    if summary.status == StreamStatus::Active {
                        return Ok(());
                    }
                }
                Err(problem) if is_passing(problem.kind) => {}
                Err(problem) => return Err(problem),
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    };
    let patience = match request {
        ReshardRequest::Scale(_) => GIVE_UP_SCALING_AFTER,
        ReshardRequest::Split(_) | ReshardRequest::Merge(_) | ReshardRequest::Plan(_) => GIVE_UP_AFTER,
    };
    tokio::time::timeout(patience, waiting).await.unwrap_or_else(|_| {
        let (minutes, call) = (patience.as_secs() / 60, request.operation());
        let sentence = format!(
            "{stream} is still UPDATING after {minutes} min. {call} was accepted and goes on; look again later."
        );
        Err(Problem::new(ProblemKind::Internal, sentence))
    })
}

fn is_passing(kind: ProblemKind) -> bool {
    matches!(kind, ProblemKind::Limit | ProblemKind::Throttled | ProblemKind::Internal | ProblemKind::Unreachable)
}

/// The shards that came of those that the request closes.
fn children(shards: &[Shard], request: &ReshardRequest) -> Vec<ShardId> {
    let is_child = |shard: &&Shard| shard.parents().any(|parent| request.closes(parent));
    shards.iter().filter(is_child).map(|shard| shard.id.clone()).collect()
}
