//! Takes what the tasks answered into the world, once a frame and under a time budget.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::error::TryRecvError;

use super::App;
use super::engine::Write;
use crate::model::activity::{Event, Outcome};
use crate::model::answer::{Answer, Problem, ProblemKind};
use crate::model::export::ExportWhat;
use crate::model::fan_out::OwnPhase;
use crate::model::format;
use crate::model::reshard::ReshardRun;
use crate::model::sample::state::SampleRun;
use crate::model::tail::{ShardTailState, TailOptions};
use crate::model::time::Timestamp;
use crate::model::world::{Link, TaskLine};
use crate::model::writes::{InjectRun, PutOutcome};
use crate::tasks::export::ExportJob;
use crate::tasks::slot::Slot;
use crate::ui::command::Place;

/// How long one frame may spend on taking records in.
const RECORD_BUDGET: Duration = Duration::from_millis(3);

impl App {
    /// Takes in everything that is ready.
    pub(super) fn ingest(&mut self, now: Timestamp) {
        self.world.now = now;
        self.follow_sign_in(now);
        self.ingest_session(now);
        self.ingest_fleet(now);
        self.ingest_stream(now);
        self.ingest_tail(now);
        self.ingest_sample(now);
        self.renew_measured(now);
        self.renew_verdict(now);
        self.ingest_writes(now);
        self.ingest_batch(now);
        self.ingest_changes(now);
        self.ingest_fan_out(now);
        self.ingest_generator(now);
        if let Some(note) = self.engine.minutes.take_note() {
            self.world.last_problem = Some((Problem::new(ProblemKind::Configuration, note), now));
        }
        self.world.meters = self.engine.meter.snapshot(now);
        self.world.tasks = self.task_lines();
    }

    fn ingest_session(&mut self, now: Timestamp) {
        take(&mut self.engine.profiles, &mut self.world.profiles, now);
        // A server without STS is no failure: the identity stays unknown.
        take(&mut self.engine.identity, &mut self.world.identity, now);
        take(&mut self.engine.limits, &mut self.world.account_limits, now);
        if self.engine.endpoints.poll(now)
            && let Some(endpoints) = self.engine.endpoints.answer().get()
        {
            self.world.local_endpoints = endpoints.clone();
        }
        let Link::Connecting { request, .. } = &self.world.link else { return };
        let request = request.clone();
        if !self.engine.session.poll(now) {
            return;
        }
        let answer = self.engine.session.answer();
        if let Some((problem, _)) = &answer.problem {
            self.world.link = Link::Failed { request, problem: problem.clone() };
            self.engine.probe_endpoints(now);
            self.note_problem(now);
            return;
        }
        if let Some(session) = answer.get() {
            let mut info = session.connection.info().clone();
            if let Some(chosen) = self.world.settings.environments.get(&info.label) {
                info.environment = *chosen;
            }
            self.world.generated_before = session.generated_before;
            self.world.link = Link::Connected(info);
            self.engine.ask_identity(now);
            self.ui.place = Place::Fleet;
        }
    }

    fn ingest_fleet(&mut self, now: Timestamp) {
        let draft = self.engine.fleet_draft.as_mut().and_then(|draft| {
            draft.has_changed().unwrap_or(false).then(|| draft.borrow_and_update().clone()).flatten()
        });
        if let Some(fleet) = draft
            && self.world.fleet.get().is_none_or(|shown| shown.described <= fleet.described || shown.rows.is_empty())
        {
            let pending = self.world.fleet.pending_since;
            self.world.fleet = Answer::known(fleet, now);
            self.world.fleet.pending_since = pending;
        }
        if take(&mut self.engine.fleet, &mut self.world.fleet, now) {
            self.note_problem(now);
        }
    }

    fn ingest_stream(&mut self, now: Timestamp) {
        let (Some(tasks), Some(open)) = (&mut self.engine.open, &mut self.world.open) else { return };
        let before = open.summary.get().cloned();
        let old_shards = open.shards.value.as_ref().map(|(shards, _)| shards.clone());
        let mut failed = false;
        let mut are_other_shards = false;
        let mut is_relisted = false;
        if take(&mut tasks.summary, &mut open.summary, now) {
            let differ = super::schedule::shards_differ(
                open.summary.get(),
                before.as_ref(),
                open.shards.get().map(|s| s.open_count()),
            );
            self.relist_shards |= differ;
            failed |= open.summary.problem.is_some();
            is_relisted |= open.history.is_none();
        }
        if take(&mut tasks.shards, &mut open.shards, now) {
            let wants_shards = self.asked.as_ref().is_none_or(|asked| asked.with_shards);
            self.refetch_metrics |=
                wants_shards && super::schedule::has_new_shards(open.shards.get(), open.metrics.get());
            failed |= open.shards.problem.is_some();
            is_relisted = true;
            are_other_shards = old_shards.is_some_and(|old| {
                let new = open.shards.get().map_or(&[][..], |shards| shards.all());
                !old.open().map(|shard| &shard.id).eq(new.iter().filter(|shard| shard.is_open()).map(|shard| &shard.id))
            });
        }
        super::planning::take_history(tasks, open, &mut self.world.last_problem, now);
        if take(&mut tasks.metrics, &mut open.metrics, now) {
            failed |= open.metrics.problem.is_some();
        }
        if is_relisted {
            self.remember_shards(now);
        }
        if are_other_shards {
            self.sample_other_shards();
        }
        if failed {
            self.note_problem(now);
        }
    }

    fn ingest_tail(&mut self, now: Timestamp) {
        let (Some(tasks), Some(open)) = (&mut self.engine.open, &mut self.world.open) else { return };
        let began = Instant::now();
        // What is written to a file as it comes must not pile up.
        let waits = tasks.export.as_ref().is_some_and(ExportJob::is_behind);
        if let Some(handle) = &mut tasks.tail {
            while !waits && began.elapsed() < RECORD_BUDGET {
                match handle.items.try_recv() {
                    Ok(batch) => {
                        if batch.decode_as != open.tail.decode_as {
                            tasks.stale_from.get_or_insert(open.tail.store.next_id());
                        }
                        open.tail.ingest(batch.items);
                    }
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => {
                        open.tail.end(now);
                        break;
                    }
                }
            }
            // Asked of the value and not of the channel: the last value counts although its sender is gone.
            let status = handle.status.borrow_and_update();
            if status.has_changed() {
                open.tail.status = status.clone();
            }
        }
        super::tailing::follow_jobs(tasks, &mut open.tail, &self.engine.wake, now);
        super::tailing::follow_export(tasks, &open.tail, &mut open.export);
        self.has_more = began.elapsed() >= RECORD_BUDGET;
    }

    fn ingest_writes(&mut self, now: Timestamp) {
        let mut ended = Vec::new();
        let mut running = Vec::new();
        for mut write in std::mem::take(&mut self.writes) {
            if self.follow_write(&mut write, now) { ended.push(write) } else { running.push(write) }
        }
        self.writes = running;
        for write in ended {
            self.write_ended(write, now);
        }
    }

    /// Copies progress into the world; says whether the write has ended.
    fn follow_write(&mut self, write: &mut Write, now: Timestamp) -> bool {
        match write {
            Write::Inject { progress, .. } => {
                let run = progress.borrow_and_update().clone();
                let is_done = run.is_done;
                if let Some(open) = self.world.open.as_mut().filter(|open| open.name == run.stream) {
                    open.inject = Some(run);
                }
                is_done
            }
            Write::Monitoring { done, .. } => done.poll(now) || done.answer().pending_since.is_none(),
            Write::Reshard { progress, done, stop, logged } => {
                let mut run = progress.borrow_and_update().clone();
                run.plan.is_stopping = *stop.borrow();
                self.log_finished_steps(&run, logged);
                let ended = done.poll(now) || done.answer().pending_since.is_none();
                if let Some(open) = self.world.open.as_mut().filter(|open| open.name == *run.request.stream()) {
                    open.reshard = Some(run);
                }
                ended
            }
        }
    }

    fn write_ended(&mut self, write: Write, now: Timestamp) {
        match write {
            Write::Inject { entries, progress } => {
                let run = progress.borrow().clone();
                let entry = super::journal::put_records(&self.world, &run, &entries, now);
                self.log_activity(entry);
            }
            Write::Monitoring { change, since, done } => {
                let entry = super::journal::monitoring(&self.world, &change, since, done.answer(), now);
                if let Some((problem, _)) = &done.answer().problem {
                    self.world.last_problem = Some((problem.clone(), now));
                }
                self.log_activity(entry);
                self.refresh_all = true;
            }
            Write::Reshard { progress, done, .. } if progress.borrow().is_plan() => {
                let run: ReshardRun = progress.borrow().clone();
                self.plan_ended(&run, done.answer(), now);
            }
            Write::Reshard { progress, done, .. } => {
                let run: ReshardRun = progress.borrow().clone();
                let entry = super::journal::reshard(&self.world, &run, done.answer(), now);
                if let Event::Call { outcome: Outcome::Failed { .. }, .. } = &entry.event
                    && let Some((problem, _)) = &done.answer().problem
                {
                    self.world.last_problem = Some((problem.clone(), now));
                }
                self.log_activity(entry);
                self.relist_shards = true;
                self.refresh_all = true;
            }
        }
    }

    /// Puts the newest failure into the status bar.
    fn note_problem(&mut self, now: Timestamp) {
        let newest = {
            let world = &self.world;
            let fleet = world.fleet.problem.as_ref();
            let metrics_of_fleet = world.fleet.get().and_then(|fleet| fleet.metrics_problem.as_ref());
            let open = world.open.as_ref().into_iter().flat_map(|open| {
                [open.summary.problem.as_ref(), open.shards.problem.as_ref(), open.metrics.problem.as_ref()]
            });
            open.flatten()
                .chain(fleet)
                .max_by_key(|(_, at)| *at)
                .cloned()
                .or_else(|| metrics_of_fleet.map(|problem| (problem.clone(), now)))
        };
        if newest.is_some() {
            self.world.last_problem = newest;
        }
    }

    fn task_lines(&self) -> Vec<TaskLine> {
        let mut lines: Vec<TaskLine> = self.injecting.task_lines(self.world.now);
        lines.extend(self.fan_out.task_line());
        lines.extend(self.changing.task_lines());
        let mut line = |text: String, progress: Option<f32>| lines.push(TaskLine { text, progress });
        for write in &self.writes {
            match write {
                Write::Inject { progress, .. } => {
                    let run = progress.borrow();
                    let done = run.rows.iter().filter(|row| row.outcome.is_some()).count();
                    line(
                        format!("Sending {} of {} records to {}", done, run.rows.len(), run.stream),
                        Some(done as f32 / run.rows.len().max(1) as f32),
                    );
                }
                Write::Monitoring { change, .. } => {
                    line(format!("{} on {}", change.operation(), change.stream), None);
                }
                Write::Reshard { progress, .. } => {
                    let run = progress.borrow();
                    let request = &run.request;
                    if let Some((done, of)) = run.plan_steps() {
                        let text = format!(
                            "Plan {}, step {} of {of}, {}",
                            request.stream(),
                            (done + 1).min(of),
                            request.target()
                        );
                        line(text, Some(done as f32 / of.max(1) as f32));
                        continue;
                    }
                    line(format!("{} {} on {}", request.operation(), request.target(), request.stream()), None);
                }
            }
        }
        if let Some(open) = &self.world.open
            && open.tail.is_running()
        {
            let status = &open.tail.status;
            let reading = status.shards.len() - status.count(ShardTailState::Ended);
            let shards = format::counted(reading, "shard");
            let how = match (open.tail.options().is_some_and(TailOptions::is_fan_out), self.world.fan_out.phase) {
                (true, OwnPhase::Coming) => format!("Registering {}", self.world.fan_out.name),
                (true, _) => format!("Tailing {shards} as {}", self.world.fan_out.name),
                (false, _) => {
                    format!("Tailing {shards}, using {} of 5 reads/s per shard", self.world.settings.read_budget)
                }
            };
            line(how, None);
        }
        if let Some(open) = &self.world.open
            && let SampleRun::Running { text, progress, .. } = &open.sample.run
        {
            line(text.clone(), *progress);
        }
        if let Some(open) = &self.world.open
            && let SampleRun::Running { text, .. } = &open.live.run
        {
            line(text.clone(), None);
        }
        if let Some(run) = self.world.open.as_ref().and_then(|open| open.export.as_ref())
            && run.outcome.is_none()
        {
            let done = format::grouped(run.done as i64);
            match run.request.what {
                ExportWhat::Kept => {
                    let text = format!("Exporting {done} of {} records", format::grouped(run.of as i64));
                    line(text, Some(run.done as f32 / run.of.max(1) as f32));
                }
                ExportWhat::ToCome => line(format!("Exporting what comes, {done} records so far"), None),
            }
        }
        if self.world.fleet.pending_since.is_some() {
            let fleet = self.world.fleet.get();
            let (described, all) = fleet.map_or((0, 0), |fleet| (fleet.described, fleet.rows.len()));
            line(format!("DescribeStreamSummary {described}/{all}"), (all > 0).then(|| described as f32 / all as f32));
        }
        if self.world.open.as_ref().is_some_and(|open| open.metrics.pending_since.is_some()) {
            line("GetMetricData".to_owned(), None);
        }
        lines
    }
}

/// Polls a slot and copies its answer when that changed.
pub(super) fn take<T: Send + Sync + 'static>(slot: &mut Slot<T>, answer: &mut Answer<T>, now: Timestamp) -> bool {
    let changed = slot.poll(now);
    if changed {
        let shown = answer.value.take();
        *answer = slot.answer().clone();
        if answer.value.is_none() {
            answer.value = shown;
        }
    } else {
        answer.pending_since = slot.answer().pending_since;
    }
    changed
}

/// How many records of a run the stream has.
pub(super) fn accepted(run: &InjectRun) -> usize {
    run.rows.iter().filter(|row| matches!(&row.outcome, Some(Ok(PutOutcome::Accepted { .. })))).count()
}
