//! Runs of many records: looks at files, begins and stops runs, and writes one line into the activity log for each.

use std::sync::mpsc::{Receiver, channel};

use super::App;
use crate::model::activity::{ActivityEntry, Event, Outcome, cli_line};
use crate::model::batch::run::{BatchEnd, BatchRun};
use crate::model::batch::{BatchCommand, BatchSpec, BatchWish, Landing};
use crate::model::format;
use crate::model::limits::RECORD_MAX_BYTES_DEFAULT;
use crate::model::time::{Millis, Timestamp};
use crate::model::world::{OpenStream, TaskLine};
use crate::tasks::inject::batch::{BatchJob, Means};
use crate::tasks::inject::deliver::Target;
use crate::tasks::inject::file::ScanJob;
use crate::tasks::inject::save::RunResults;

/// The file that is looked at, the run, and those that are left to end.
#[derive(Debug, Default)]
pub(super) struct Injecting {
    scan: Option<ScanJob>,
    run: Option<Run>,
    /// Stopped, of another connection: only their line in the log is still to come.
    leaving: Vec<Run>,
    saved: Option<Receiver<Result<String, String>>>,
    /// Loads of a known shape.
    pub(super) generating: super::generating::Generating,
}

/// A run with the line of the log that it becomes.
#[derive(Debug)]
struct Run {
    job: BatchJob,
    line: Option<(ActivityEntry, String)>,
}

impl Injecting {
    /// Nothing of one connection goes on in another.
    pub(super) fn leave(&mut self) {
        self.scan = None;
        self.saved = None;
        self.generating.leave();
        if let Some(run) = self.run.take() {
            run.job.stop();
            self.leaving.extend(Some(run).filter(|run| run.line.is_some()));
        }
    }

    /// What became of each record of the last run.
    pub(super) fn results(&self) -> Option<RunResults> {
        self.run.as_ref().map(|run| run.job.results())
    }

    /// Something is being written, and this will tell how that went.
    pub(super) fn await_saved(&mut self, saved: Receiver<Result<String, String>>) {
        self.saved = Some(saved);
    }

    /// The lines of the status bar.
    pub(super) fn task_lines(&self, now: Timestamp) -> Vec<TaskLine> {
        self.task_line().into_iter().chain(self.generating.task_line(now)).collect()
    }

    fn task_line(&self) -> Option<TaskLine> {
        let run = self.run.as_ref().map(|run| run.job.run()).filter(|run| run.end.is_none())?;
        let counts = (format::grouped(run.settled() as i64), format::grouped(run.of as i64));
        let text = format!("Sending {} to {}, {} of {} records", run.title, run.stream, counts.0, counts.1);
        Some(TaskLine { text, progress: Some(run.settled() as f32 / run.of.max(1) as f32) })
    }
}

impl App {
    /// Carries out what was asked of a batch.
    pub(super) fn batch(&mut self, command: BatchCommand, now: Timestamp) {
        match command {
            BatchCommand::Scan(spec) => self.scan_batch(spec),
            BatchCommand::Start(wish) => self.start_batch(*wish, now),
            BatchCommand::Stop => {
                if let Some(run) = &self.injecting.run {
                    run.job.stop();
                }
            }
            BatchCommand::Pause(is_paused) => {
                if let Some(run) = &self.injecting.run {
                    run.job.pause(is_paused);
                }
                self.with_open(|open| {
                    if let Some(run) = &mut open.batch.run {
                        std::sync::Arc::make_mut(run).is_paused = is_paused;
                    }
                });
            }
            BatchCommand::SaveInvalid(path) => self.save_invalid(path),
            BatchCommand::SaveResults(wish) => self.save_results(wish),
            BatchCommand::SendFailed => self.send_failed(now),
            BatchCommand::SendRest(id) => self.send_rest(&id, now),
            BatchCommand::Forget(id) => self.forget_run(&id),
            BatchCommand::SaveFailed(path) => {
                let Some(run) = &self.injecting.run else { return };
                let (say, saved) = channel();
                let wake = self.engine.wake.clone();
                run.job.save_failed(path, move |outcome| {
                    // Nobody listens where the connection was left.
                    let _ = say.send(outcome);
                    wake.wake();
                });
                self.injecting.saved = Some(saved);
            }
        }
    }

    fn scan_batch(&mut self, spec: BatchSpec) {
        let Some(open) = &self.world.open else { return };
        self.injecting.scan = Some(ScanJob::start(spec, landing(open), self.engine.wake.clone()));
    }

    pub(super) fn means(&self) -> Option<Means> {
        let stream = self.world.open.as_ref()?.name.clone();
        let target = Target { connection: self.engine.connection()?, stream };
        let (clock, wake) = (self.clock.clone(), self.engine.wake.clone());
        Some(Means { handle: self.engine.handle.clone(), target, clock, wake })
    }

    pub(super) fn is_sending(&self) -> bool {
        self.injecting.run.as_ref().is_some_and(|run| run.line.is_some())
    }

    fn start_batch(&mut self, wish: BatchWish, now: Timestamp) {
        if self.is_sending() || !self.may_write(now) {
            return;
        }
        let Some(means) = self.means() else { return };
        let log = self.write_down(&means.target.stream, super::unfinished::batch(&wish), now);
        let Some(open) = &self.world.open else { return };
        let job = BatchJob::send_file(means, wish, landing(open), log);
        self.take_run(job, now);
    }

    fn send_failed(&mut self, now: Timestamp) {
        if self.is_sending() || !self.may_write(now) {
            return;
        }
        let (Some(means), Some(before)) = (self.means(), &self.injecting.run) else { return };
        if before.job.run().stream == means.target.stream {
            let job = BatchJob::send_failed(means, &before.job);
            self.take_run(job, now);
        }
    }

    pub(super) fn take_run(&mut self, job: BatchJob, now: Timestamp) {
        let run = job.run();
        let options = [("stream-name", run.stream.as_str()), ("records", "file://records.json")];
        let cli = self.world.connection().map(|info| cli_line("put-records", &options, info)).unwrap_or_default();
        let begun = Event::Locked { why: String::new() };
        let entry = super::journal::entry(&self.world, Some(run.stream.clone()), begun, now);
        self.injecting.run = Some(Run { job, line: Some((entry, cli)) });
        self.with_open(|open| {
            open.batch.saved = None;
            open.batch.run = Some(run);
        });
    }

    /// Takes in how files and runs go.
    pub(super) fn ingest_batch(&mut self, now: Timestamp) {
        let mut ended = Vec::new();
        let injecting = &mut self.injecting;
        for run in injecting.leaving.iter_mut().chain(&mut injecting.run) {
            let state = run.job.run();
            if state.end.is_some()
                && let Some((entry, cli)) = run.line.take()
            {
                ended.push(ActivityEntry { at: now, event: event(&state, cli, now), ..entry });
            }
        }
        injecting.leaving.retain(|run| run.line.is_some());
        if let Some(open) = &mut self.world.open {
            if let Some(scan) = injecting.scan.as_mut().and_then(ScanJob::news) {
                open.batch.scan = Some(scan);
            }
            if let Some(run) = &mut injecting.run {
                let is_shown = open.batch.run.is_some();
                let state = if is_shown { run.job.news() } else { Some(run.job.run()) };
                let is_paused = open.batch.run.as_ref().is_some_and(|run| run.is_paused);
                let state = state.filter(|run| run.stream == open.name).map(|mut run| {
                    // The task does not know: it only waits.
                    if is_paused && run.end.is_none() {
                        std::sync::Arc::make_mut(&mut run).is_paused = true;
                    }
                    run
                });
                open.batch.run = state.or(open.batch.run.take());
            }
            if let Some(saved) = injecting.saved.as_ref().and_then(|saved| saved.try_recv().ok()) {
                open.batch.saved = Some(saved);
                injecting.saved = None;
            }
        }
        for entry in ended {
            self.log_activity(entry);
        }
    }
}

pub(super) fn landing(open: &OpenStream) -> Landing {
    let shards = open.shards.get().into_iter().flat_map(|map| map.open());
    let mut shards: Vec<_> = shards.map(|shard| (shard.id.clone(), shard.range)).collect();
    shards.sort_by_key(|(_, range)| range.start);
    let max_record_bytes = open.summary.get().map_or(RECORD_MAX_BYTES_DEFAULT, |summary| summary.max_record_bytes());
    Landing { shards, max_record_bytes }
}

/// What the log says of a run. Payloads and keys stay out.
fn event(run: &BatchRun, cli: String, now: Timestamp) -> Event {
    let missing = run.of.saturating_sub(run.sent.records);
    let outcome = match &run.end {
        Some(BatchEnd::Failed(sentence)) if run.sent.records == 0 => Outcome::Failed { sentence: sentence.clone() },
        _ if missing > 0 => Outcome::Partial { failed: missing, of: run.of },
        _ => Outcome::Ok,
    };
    let mut target = format!("{} of {}", format::counted(run.of as usize, "record"), run.title);
    let counts = [
        (run.failed, "failed"),
        (run.unknown, "unknown"),
        (run.unsent(), "not sent"),
        (run.skipped, "invalid lines left out"),
        (run.spared, "left out to spare their shard"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        target.push_str(&format!(", {} {what}", format::grouped(count as i64)));
    }
    let took = Millis(run.took(now).0.max(0));
    Event::Call { operation: "PutRecords".to_owned(), target, cli, request_id: None, took, outcome }
}
