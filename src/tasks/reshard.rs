//! Splits a shard and follows the stream until it is active again. Each step is published with its time.

use std::time::Duration;

use tokio::sync::watch;

use super::clock::Clock;
use crate::aws::connect::Connection;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::ids::ShardId;
use crate::model::stream::{StreamMode, StreamStatus, StreamSummary};
use crate::model::writes::{Receipt, ReshardRun, ReshardStep, SplitRequest, StepState};

/// How often the stream is asked whether it is active again (`DescribeStreamSummary`).
const ASK_EVERY: Duration = Duration::from_millis(1_500);
/// When to stop asking; the reshard itself goes on at AWS.
const GIVE_UP_AFTER: Duration = Duration::from_secs(600);

const CHECKS: usize = 0;
const ACCEPTED: usize = 1;
const UPDATING: usize = 2;
const ACTIVE: usize = 3;

/// A run that has not begun.
pub fn prepared(request: SplitRequest) -> ReshardRun {
    let shard = request.shard.short();
    let texts = [
        "Checks".to_owned(),
        format!("SplitShard on {shard}"),
        "Stream UPDATING".to_owned(),
        "Stream ACTIVE again".to_owned(),
    ];
    let step = |text| ReshardStep { text, state: StepState::Waiting };
    ReshardRun { request, steps: texts.map(step).into(), children: Vec::new(), is_done: false }
}

/// Carries a split out. The receipt is that of `SplitShard`.
///
/// # Errors
/// The first problem; the run says at which step, and whether `SplitShard` had been accepted before.
pub async fn run(
    connection: &Connection,
    clock: &Clock,
    progress: &watch::Sender<ReshardRun>,
) -> Result<Receipt, Problem> {
    let request = progress.borrow().request.clone();
    let follow = Follow { clock, progress };
    let outcome = split(connection, &request, &follow).await;
    progress.send_modify(|run| run.is_done = true);
    outcome
}

async fn split(connection: &Connection, request: &SplitRequest, follow: &Follow<'_>) -> Result<Receipt, Problem> {
    follow.begin(CHECKS);
    let summary = follow.end(CHECKS, connection.describe_summary(&request.stream).await.and_then(check))?;
    follow.begin(ACCEPTED);
    let sent = connection.split_shard(&summary.name, &request.shard, request.new_starting_hash_key).await;
    let receipt = follow.end(ACCEPTED, sent)?;
    follow.begin(UPDATING);
    follow.end(UPDATING, wait_until_active(connection, request).await)?;
    follow.begin(ACTIVE);
    let children = follow.end(ACTIVE, children(connection, request).await)?;
    follow.progress.send_modify(|run| run.children = children);
    Ok(receipt)
}

fn check(summary: StreamSummary) -> Result<StreamSummary, Problem> {
    let refuse = |sentence: String| Err(Problem::new(ProblemKind::InUse, sentence));
    match (&summary.status, summary.mode) {
        (StreamStatus::Active, StreamMode::OnDemand) => {
            refuse(format!("{} is on-demand: AWS splits its shards by itself and refuses SplitShard.", summary.name))
        }
        (StreamStatus::Active, _) => Ok(summary),
        (status, _) => refuse(format!("{} is {}: wait until it is ACTIVE, then split.", summary.name, status.as_str())),
    }
}

async fn wait_until_active(connection: &Connection, request: &SplitRequest) -> Result<(), Problem> {
    let waiting = async {
        loop {
            match connection.describe_summary(&request.stream).await {
                Ok(summary) if summary.status == StreamStatus::Active => return Ok(()),
                Ok(_) => {}
                Err(problem) if is_passing(problem.kind) => {}
                Err(problem) => return Err(problem),
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    };
    tokio::time::timeout(GIVE_UP_AFTER, waiting).await.unwrap_or_else(|_| {
        Err(Problem::new(
            ProblemKind::Internal,
            format!(
                "{} is still UPDATING after 10 min. The split was accepted and goes on; look again later.",
                request.stream
            ),
        ))
    })
}

fn is_passing(kind: ProblemKind) -> bool {
    matches!(kind, ProblemKind::Limit | ProblemKind::Throttled | ProblemKind::Internal | ProblemKind::Unreachable)
}

async fn children(connection: &Connection, request: &SplitRequest) -> Result<Vec<ShardId>, Problem> {
    let shards = connection.list_shards(&request.stream).await?;
    let is_child = |shard: &&crate::model::shard_map::Shard| shard.parents().any(|parent| *parent == request.shard);
    Ok(shards.iter().filter(is_child).map(|shard| shard.id.clone()).collect())
}

struct Follow<'a> {
    clock: &'a Clock,
    progress: &'a watch::Sender<ReshardRun>,
}

impl Follow<'_> {
    fn set(&self, step: usize, state: StepState) {
        self.progress.send_modify(|run| {
            if let Some(step) = run.steps.get_mut(step) {
                step.state = state;
            }
        });
    }

    fn begin(&self, step: usize) {
        self.set(step, StepState::Running(self.clock.now()));
    }

    fn end<T>(&self, step: usize, outcome: Result<T, Problem>) -> Result<T, Problem> {
        let now = self.clock.now();
        self.set(
            step,
            outcome.as_ref().map_or_else(|err| StepState::Failed(now, err.clone()), |_| StepState::Done(now)),
        );
        outcome
    }
}
