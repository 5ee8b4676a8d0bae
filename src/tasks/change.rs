//! Carries out changes of a stream, one call after the other: holds each against a fresh description first, and follows it until
//! the stream shows it. Each step is published with its time.

use std::time::Duration;

use tokio::sync::watch;

use super::clock::Clock;
use super::steps::Follow;
use crate::aws::connect::Connection;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::change::conditions::{Known, conditions, refusal};
use crate::model::change::{CallEnd, ChangeRequest, ChangeRun, StreamChange};
use crate::model::reshard::{ReshardStep, StepState};
use crate::model::stream::StreamSummary;

/// How often the stream is asked whether it shows the change.
const ASK_EVERY: Duration = Duration::from_millis(1_000);
/// When to stop asking; the change itself goes on at AWS.
const GIVE_UP_AFTER: Duration = Duration::from_secs(900);

const CHECKS: usize = 0;

/// Index of the step that sends the call of this number; the next one waits for its effect.
fn step_of(call: usize) -> usize {
    CHECKS + 1 + 2 * call
}

/// What is waited for, in words.
fn effect(change: &StreamChange) -> &'static str {
    match change {
        StreamChange::Create { .. } => "Stream ACTIVE",
        StreamChange::Delete { .. } => "Stream is gone",
        StreamChange::SetTags(_) | StreamChange::RemoveTags(_) => "Tags are listed so",
        StreamChange::Register { .. } => "Consumer ACTIVE",
        StreamChange::Deregister { .. } => "Consumer is gone",
        _ => "Stream ACTIVE and says so",
    }
}

/// A run that has not begun.
pub fn prepared(request: ChangeRequest) -> ChangeRun {
    let step = |text: String| ReshardStep { text, state: StepState::Waiting };
    let mut steps = vec![step("Checks".to_owned())];
    for change in &request.changes {
        steps.push(step(change.operation().to_owned()));
        steps.push(step(effect(change).to_owned()));
    }
    ChangeRun { request, steps, ends: Vec::new(), is_done: false }
}

/// Carries the changes out, until all are done or one fails. What came of each is in the run.
pub async fn run(connection: &Connection, clock: &Clock, progress: &watch::Sender<ChangeRun>) {
    let request = progress.borrow().request.clone();
    let follow = Follow { clock, progress };
    follow.carry_out(connection, &request).await;
    progress.send_modify(|run| run.is_done = true);
}

impl Follow<'_, ChangeRun> {
    async fn carry_out(&self, connection: &Connection, request: &ChangeRequest) {
        for (number, change) in request.changes.iter().enumerate() {
            let began = self.clock.now();
            let mut end = CallEnd { began, took: crate::model::time::Millis(0), receipt: None, problem: None };
            let outcome = self.one(connection, request, number, change, &mut end).await;
            end.took = end.began.age_at(self.clock.now());
            end.problem = outcome.err();
            let has_failed = end.problem.is_some();
            self.progress.send_modify(|run| run.ends.push(end));
            if has_failed {
                return;
            }
        }
    }

    async fn one(
        &self,
        connection: &Connection,
        request: &ChangeRequest,
        number: usize,
        change: &StreamChange,
        end: &mut CallEnd,
    ) -> Result<(), Problem> {
        if number == 0 {
            self.begin(CHECKS);
        }
        let checked = check(connection, request, change).await;
        let request = if number == 0 { self.end(CHECKS, checked)? } else { checked? };
        let step = step_of(number);
        self.begin(step);
        end.began = self.clock.now();
        end.receipt = Some(self.end(step, connection.change_stream(&request, change).await)?);
        self.begin(step + 1);
        self.end(step + 1, wait_for(connection, &request, change).await)
    }
}

/// Holds the change against a fresh description; completes the request with the stream's ARN.
async fn check(
    connection: &Connection,
    request: &ChangeRequest,
    change: &StreamChange,
) -> Result<ChangeRequest, Problem> {
    let summary = match change {
        StreamChange::Create { .. } => None,
        _ => Some(connection.describe_summary(&request.stream).await?),
    };
    // A retention that another hand changed meanwhile would go in the wrong direction.
    if let (StreamChange::Retention { from, .. }, Some(summary)) = (change, &summary)
        && summary.retention_hours != *from
    {
        let sentence = format!(
            "{} is kept for {} h now, not {from} h: look at the change again.",
            request.stream, summary.retention_hours
        );
        return Err(Problem::new(ProblemKind::InUse, sentence));
    }
    let known = Known { summary: summary.as_ref(), ..Known::default() };
    match refusal(&conditions(&request.stream, change, &known)) {
        Some(sentence) => {
            let sentence = format!("{} was not sent for {}. {sentence}", change.operation(), request.stream);
            Err(Problem::new(ProblemKind::InUse, sentence))
        }
        None => {
            let arn = summary.map_or_else(|| request.arn.clone(), |summary: StreamSummary| summary.arn);
            Ok(ChangeRequest { arn, ..request.clone() })
        }
    }
}

async fn wait_for(connection: &Connection, request: &ChangeRequest, change: &StreamChange) -> Result<(), Problem> {
    let waiting = async {
        loop {
            match is_visible(connection, request, change).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(problem) if is_passing(problem.kind) => {}
                Err(problem) => return Err(problem),
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    };
    tokio::time::timeout(GIVE_UP_AFTER, waiting).await.unwrap_or_else(|_| {
        let (minutes, call) = (GIVE_UP_AFTER.as_secs() / 60, change.operation());
        let sentence = format!(
            "{} does not show {call} after {minutes} min. The call was accepted; look again later.",
            request.stream
        );
        Err(Problem::new(ProblemKind::Internal, sentence))
    })
}

fn is_passing(kind: ProblemKind) -> bool {
    matches!(kind, ProblemKind::Limit | ProblemKind::Throttled | ProblemKind::Internal | ProblemKind::Unreachable)
}

/// Whether what the server says of the stream is what was asked for.
async fn is_visible(connection: &Connection, request: &ChangeRequest, change: &StreamChange) -> Result<bool, Problem> {
    let stream = &request.stream;
    match change {
        StreamChange::Create { .. } | StreamChange::Delete { .. } => {
            let is_deletion = matches!(change, StreamChange::Delete { .. });
            match connection.describe_summary(stream).await {
                Ok(summary) => Ok(!is_deletion && change.shows_in(&summary)),
                // A stream that is being made may not be known everywhere at once.
                Err(problem) if problem.kind == ProblemKind::NotFound => Ok(is_deletion),
                Err(problem) => Err(problem),
            }
        }
        StreamChange::SetTags(tags) => {
            let listed = connection.stream_tags(stream).await?;
            Ok(tags.iter().all(|(key, value)| listed.get(key) == Some(value)))
        }
        StreamChange::RemoveTags(keys) => {
            let listed = connection.stream_tags(stream).await?;
            Ok(keys.iter().all(|key| !listed.contains_key(key)))
        }
        StreamChange::Register { consumer } | StreamChange::Deregister { consumer } => {
            let listed = connection.list_consumers(&request.arn).await?;
            let found = listed.iter().find(|other| other.name == *consumer);
            Ok(match change {
                StreamChange::Register { .. } => found.is_some_and(|found| found.is_active),
                _ => found.is_none(),
            })
        }
        _ => Ok(change.shows_in(&connection.describe_summary(stream).await?)),
    }
}
