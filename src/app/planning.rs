//! Plans on their way and those that were cut off, and the shards that were seen: brings the world and the tasks together.

use super::App;
use super::engine::{Engine, OpenTasks, Write};
use super::journal;
use crate::aws::connect::Connection;
use crate::model::activity::{Event, Outcome};
use crate::model::answer::{Answer, Problem, ProblemKind};
use crate::model::connection::{Environment, WriteLock};
use crate::model::plan::request::{FinishedStep, PlanCommand, UnfinishedPlan};
use crate::model::reshard::{ReshardRequest, ReshardRun};
use crate::model::shard_history::ShardHistory;
use crate::model::time::{Millis, Timestamp};
use crate::model::world::{Link, OpenStream};
use crate::model::writes::Receipt;
use crate::tasks::plan_journal::{Page, PlanJournal};
use crate::tasks::shard_histories::StreamPlace;

/// What is known of the shards of a stream, and why it could not be kept.
pub struct Seen {
    history: ShardHistory,
    note: Option<String>,
}

impl Engine {
    /// The page of a plan that begins; `None` for what is no plan.
    pub(super) fn page_of(
        &self,
        request: &ReshardRequest,
        connection: &Connection,
        account: Option<String>,
        now: Timestamp,
    ) -> Option<Page> {
        let ReshardRequest::Plan(plan) = request else { return None };
        let info = connection.info();
        let unfinished = UnfinishedPlan {
            request: plan.clone(),
            connection: info.label.clone(),
            region: info.region.clone(),
            endpoint_url: info.endpoint_url.clone(),
            account,
            done: plan.done,
            is_in_flight: false,
            at: now,
            why: None,
            is_logged: false,
        };
        // The demo ends with the program, and all its streams with it.
        let is_kept = info.environment != Environment::Demo;
        let journal = if is_kept { self.plans.clone() } else { PlanJournal::nowhere() };
        Some(journal.page(unfinished))
    }

    fn remember_shards(&mut self, link: &Link, open: &OpenStream, now: Timestamp) {
        let (Link::Connected(info), Some(tasks)) = (link, &mut self.open) else { return };
        let (Some((listing, _)), Some(summary)) = (&open.shards.value, open.summary.get()) else { return };
        let place = StreamPlace {
            arn: summary.arn.clone(),
            region: info.region.clone(),
            endpoint_url: info.endpoint_url.clone(),
            stream: open.name.clone(),
            is_kept: info.environment != Environment::Demo,
        };
        let (histories, listing, created) = (self.histories.clone(), listing.clone(), summary.created);
        tasks.history.start(&self.handle, self.wake.clone(), now, async move {
            let see = move || {
                let (history, note) = histories.see(&place, &listing, created, now);
                Seen { history, note }
            };
            tokio::task::spawn_blocking(see).await.map_err(|err| Problem::new(ProblemKind::Internal, err.to_string()))
        });
    }
}

/// Shows what is remembered of the shards once it has been read.
pub(super) fn take_history(
    tasks: &mut OpenTasks,
    open: &mut OpenStream,
    last_problem: &mut Option<(Problem, Timestamp)>,
    now: Timestamp,
) {
    if !tasks.history.poll(now) {
        return;
    }
    if let Some(seen) = tasks.history.answer().get() {
        open.history = Some(seen.history.clone().into());
        if let Some(note) = &seen.note {
            *last_problem = Some((Problem::new(ProblemKind::Configuration, note.clone()), now));
        }
    }
}

impl App {
    /// Takes the listing into what is remembered, beside the window. Waits for the summary: a stream is known by its ARN.
    pub(super) fn remember_shards(&mut self, now: Timestamp) {
        if let Some(open) = &self.world.open {
            self.engine.remember_shards(&self.world.link, open, now);
        }
    }

    /// What the person wants of plans.
    pub(super) fn plan_command(&mut self, command: PlanCommand, now: Timestamp) {
        match command {
            PlanCommand::Stop => self.stop_plans(),
            // The window shows it.
            PlanCommand::Show(_) => {}
            PlanCommand::Leave(plan) => {
                if let Err(err) = self.engine.plans.forget(&plan.request) {
                    let sentence = format!("The plan for {} cannot be forgotten ({err}).", plan.request.stream);
                    self.world.last_problem = Some((Problem::new(ProblemKind::Internal, sentence), now));
                }
                let all = plan.request.steps.len();
                let target = format!("{}, left after {} of {all} steps", plan.request.target(), plan.done);
                let entry = self.plan_entry(&plan, "Plan left", target, Outcome::Ok, now);
                self.log_activity(entry);
                self.world.unfinished_plans = self.engine.plans.unfinished();
            }
        }
    }

    /// Lets no plan go beyond the step that it is at.
    pub(super) fn stop_plans(&mut self) {
        for write in &self.writes {
            if let Write::Reshard { stop, .. } = write {
                stop.send_replace(true);
            }
        }
    }

    /// Locks because the time is up. A plan that was confirmed goes on: it would stand half done otherwise.
    pub(super) fn lock_in_time(&mut self, now: Timestamp) {
        self.world.lock = WriteLock::ReadOnly;
        let entry = journal::entry(&self.world, None, Event::Locked { why: "time was up".to_owned() }, now);
        self.log_activity(entry);
    }

    /// Each step of a plan is a line of the activity log as soon as it has ended, whatever becomes of the rest.
    pub(super) fn log_finished_steps(&mut self, run: &ReshardRun, logged: &mut usize) {
        let ReshardRequest::Plan(plan) = &run.request else { return };
        let all = plan.steps.len();
        for step in run.plan.finished.iter().skip(*logged) {
            let FinishedStep { at, request, began, ended, outcome } = step;
            let event = Event::Call {
                operation: request.operation().to_owned(),
                target: format!("{}, step {} of {all}", request.logged_target(), at + 1),
                cli: self.world.connection().map(|info| request.cli(info)).unwrap_or_default(),
                request_id: outcome.as_ref().ok().and_then(|receipt| receipt.request_id.clone()),
                took: *ended - *began,
                outcome: match outcome {
                    Ok(_) => Outcome::Ok,
                    Err(problem) => Outcome::Failed { sentence: problem.sentence.clone() },
                },
            };
            let entry = journal::entry(&self.world, Some(plan.stream.clone()), event, *ended);
            self.log_activity(entry);
            self.relist_shards = true;
        }
        *logged = run.plan.finished.len();
    }

    /// A plan has come to its end, or was stopped, or refused.
    pub(super) fn plan_ended(&mut self, run: &ReshardRun, done: &Answer<Receipt>, now: Timestamp) {
        let problem = done.problem.as_ref().map(|(problem, _)| problem.clone());
        let is_told = run.plan.finished.last().is_some_and(|step| step.outcome.is_err());
        // A refusal before a call is no finished step: it is told here.
        if let (Some(problem), false, ReshardRequest::Plan(plan)) = (&problem, is_told, &run.request) {
            let (at, all) = run.plan_steps().unwrap_or_default();
            let event = Event::Call {
                operation: "Plan".to_owned(),
                target: format!("{}, {at} of {all} steps done", plan.target()),
                cli: String::new(),
                request_id: None,
                took: Millis(0),
                outcome: Outcome::Failed { sentence: problem.sentence.clone() },
            };
            let entry = journal::entry(&self.world, Some(plan.stream.clone()), event, now);
            self.log_activity(entry);
        }
        if let Some(problem) = problem {
            self.world.last_problem = Some((problem, now));
        }
        self.world.unfinished_plans = self.engine.plans.unfinished();
        self.relist_shards = true;
        self.refresh_all = true;
    }

    /// At the start: what was cut off is shown, and a step whose answer nobody saw gets its line in the activity log.
    pub(super) fn report_unfinished_plans(&mut self, now: Timestamp) {
        for mut plan in self.engine.plans.unfinished() {
            if plan.is_in_flight && !plan.is_logged {
                let (at, all) = (plan.done, plan.request.steps.len());
                let step = plan.request.steps.get(at);
                let operation = if step.is_some_and(|step| step.is_split()) { "SplitShard" } else { "MergeShards" };
                let text = step.map_or_else(String::new, |step| step.text());
                let sentence = "The program ended before AWS answered: whether it was carried out shows in the shards of the stream.";
                let outcome = Outcome::Failed { sentence: sentence.to_owned() };
                let entry =
                    self.plan_entry(&plan, operation, format!("{text}, step {} of {all}", at + 1), outcome, plan.at);
                self.log_activity(entry);
                plan.is_logged = true;
                if let Err(err) = self.engine.plans.amend(&plan) {
                    tracing::warn!("the plan for {} cannot be noted as told: {err}", plan.request.stream);
                }
            }
        }
        self.world.unfinished_plans = self.engine.plans.unfinished();
        if let Some(plan) = self.world.unfinished_plans.last() {
            self.world.last_problem =
                Some((Problem::new(ProblemKind::Cancelled, format!("{}.", plan.sentence())), now));
        }
    }

    fn plan_entry(
        &self,
        plan: &UnfinishedPlan,
        operation: &str,
        target: String,
        outcome: Outcome,
        at: Timestamp,
    ) -> crate::model::activity::ActivityEntry {
        let event = Event::Call {
            operation: operation.to_owned(),
            target,
            cli: String::new(),
            request_id: None,
            took: Millis(0),
            outcome,
        };
        let entry = journal::entry(&self.world, Some(plan.request.stream.clone()), event, at);
        crate::model::activity::ActivityEntry { connection: plan.connection.clone(), ..entry }
    }
}
