//! Carries a plan out, one split or merge at a time: each waits until the stream is active again, and before each the journal
//! says which one it is, so that a program that ends in the middle can be told how far it got.
//!
//! Nothing is sent that the journal does not know. A step that the journal has as on its way was carried out or not; which of the
//! two shows in the ranges of the open shards when the plan goes on.

use tokio::sync::watch;

use super::clock::Clock;
use super::plan_journal::Page;
use super::reshard;
use crate::aws::connect::Connection;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::plan::PlanStep;
use crate::model::plan::request::{FinishedStep, PlanRequest, Resolved, resolve};
use crate::model::reshard::{ReshardRequest, ReshardRun, StepState};
use crate::model::shard_map::ShardMap;
use crate::model::writes::Receipt;

/// Carries a plan out from its first step that is not done. Ends early when `stop` becomes true, before the next step. The receipt is
/// that of the last call.
///
/// # Errors
/// The first problem, with the step that it happened in; the steps before it are done, and the journal keeps the rest.
pub async fn run(
    connection: &Connection,
    clock: &Clock,
    progress: &watch::Sender<ReshardRun>,
    stop: &watch::Receiver<bool>,
    page: &Page,
) -> Result<Receipt, Problem> {
    let request = progress.borrow().request.clone();
    let ReshardRequest::Plan(plan) = request else {
        return Err(Problem::new(ProblemKind::Invalid, "This is not a plan."));
    };
    let walk = Walk { connection, clock, progress, page };
    let outcome = walk.walk(&plan, stop).await;
    progress.send_modify(|run| run.is_done = true);
    outcome
}

struct Walk<'a> {
    connection: &'a Connection,
    clock: &'a Clock,
    progress: &'a watch::Sender<ReshardRun>,
    page: &'a Page,
}

impl Walk<'_> {
    async fn walk(&self, plan: &PlanRequest, stop: &watch::Receiver<bool>) -> Result<Receipt, Problem> {
        for at in 0..plan.done {
            self.set(at, None, StepState::Done(self.clock.now()));
        }
        let mut last = Receipt::default();
        for (at, step) in plan.steps.iter().enumerate().skip(plan.done) {
            if *stop.borrow() {
                self.progress.send_modify(|run| run.plan.is_stopped = true);
                self.note(at, false, Some("it was stopped".to_owned())).await?;
                return Ok(last);
            }
            let may_be_done = plan.is_resumed && at == plan.done;
            match self.step(plan, at, step, may_be_done).await {
                Ok(receipt) => last = receipt,
                Err(problem) => {
                    let sentence = format!("Step {} of {}: {}", at + 1, plan.steps.len(), problem.sentence);
                    let problem = Problem { sentence, ..problem };
                    self.set(at, None, StepState::Failed(self.clock.now(), problem.clone()));
                    // What is in the journal already is as good as it can be where this fails.
                    let _ = self.note(at, false, Some(problem.sentence.clone())).await;
                    return Err(problem);
                }
            }
        }
        self.page.close().await;
        Ok(last)
    }

    async fn step(
        &self,
        plan: &PlanRequest,
        at: usize,
        step: &PlanStep,
        may_be_done: bool,
    ) -> Result<Receipt, Problem> {
        let began = self.clock.now();
        self.set(at, None, StepState::Running(began));
        let listed = ShardMap::new(self.connection.list_shards(&plan.stream).await?);
        let request = match resolve(&plan.stream, step, &listed) {
            Resolved::Ready(request) => request,
            Resolved::Done(_) if may_be_done => {
                self.set(at, None, StepState::Done(self.clock.now()));
                return Ok(Receipt::default());
            }
            Resolved::Done(_) | Resolved::Changed => {
                let sentence = format!(
                    "the shards of {} are not as the plan has them: somebody else has split or merged them. Nothing was sent; \
                     leave this plan and make a new one.",
                    plan.stream
                );
                return Err(Problem::new(ProblemKind::InUse, sentence));
            }
        };
        self.note(at, true, None).await?;
        let outcome = self.carry_out(at, step, request.clone()).await;
        let (ended, kept) = (self.clock.now(), outcome.clone());
        self.progress.send_modify(|run| {
            run.plan.finished.push(FinishedStep { at, request, began, ended, outcome: kept });
        });
        let receipt = outcome?;
        self.set(at, None, StepState::Done(ended));
        // Without this line the step would be found done in the stream all the same.
        let _ = self.note(at + 1, false, None).await;
        Ok(receipt)
    }

    /// One split or merge, as it would be alone. What it is doing shows in the words of the step.
    async fn carry_out(&self, at: usize, step: &PlanStep, request: ReshardRequest) -> Result<Receipt, Problem> {
        let text = step.text_of(&request);
        self.set(at, Some(text.clone()), StepState::Running(self.clock.now()));
        let (publish, mut inner) = watch::channel(reshard::prepared(request));
        let call = reshard::run(self.connection, self.clock, &publish);
        let follow = async {
            while inner.changed().await.is_ok() {
                let run = inner.borrow_and_update().clone();
                let running = run.steps.iter().find(|step| matches!(step.state, StepState::Running(_)));
                let doing = running.map(|step| format!("{text}: {}", step.text.to_lowercase()));
                self.progress.send_modify(|outer| {
                    outer.open_shards = run.open_shards.or(outer.open_shards);
                    if let (Some(step), Some(doing)) = (outer.steps.get_mut(at), doing) {
                        step.text = doing;
                    }
                });
                if run.is_done {
                    break;
                }
            }
        };
        let (outcome, ()) = tokio::join!(call, follow);
        let children: Vec<String> = publish.borrow().children.iter().map(|id| id.short()).collect();
        let text = if children.is_empty() { text } else { format!("{text} → {}", children.join(" + ")) };
        self.progress.send_modify(|run| {
            if let Some(step) = run.steps.get_mut(at) {
                step.text = text;
            }
        });
        outcome
    }

    async fn note(&self, done: usize, is_in_flight: bool, why: Option<String>) -> Result<(), Problem> {
        self.page.write(done, is_in_flight, why, self.clock.now()).await.map_err(|err| {
            let sentence = format!(
                "Nothing was sent: the journal of the plan could not be written ({err}), and without it nobody would know how far it got."
            );
            Problem::new(ProblemKind::Internal, sentence)
        })
    }

    fn set(&self, at: usize, text: Option<String>, state: StepState) {
        self.progress.send_modify(|run| {
            if let Some(step) = run.steps.get_mut(at) {
                step.state = state;
                if let Some(text) = text {
                    step.text = text;
                }
            }
        });
    }
}
