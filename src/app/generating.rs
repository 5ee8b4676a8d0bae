//! Loads of a known shape: begins and stops them, stops them when writing is locked, and writes one line into the activity
//! log for each.

use super::App;
use super::injecting::landing;
use crate::model::activity::{ActivityEntry, Event, Outcome, cli_line};
use crate::model::answer::{Problem, ProblemKind};
use crate::model::format;
use crate::model::generator::run::{GeneratorEnd, GeneratorRun};
use crate::model::generator::{BusyShard, GeneratorCommand, GeneratorSpec};
use crate::model::template::look;
use crate::model::time::{Millis, Timestamp};
use crate::model::unfinished::Account;
use crate::model::world::{OpenStream, TaskLine};
use crate::tasks::inject::generate::{Begin, GeneratorJob};
use crate::tasks::inject::journal::RunLog;

/// The run, and those that are left to end.
#[derive(Debug, Default)]
pub(super) struct Generating {
    run: Option<Run>,
    /// Stopped, of another connection: only their line in the log is still to come.
    leaving: Vec<Run>,
}

/// A run with the line of the log that it becomes.
#[derive(Debug)]
struct Run {
    job: GeneratorJob,
    line: Option<(ActivityEntry, String)>,
}

impl Generating {
    /// Nothing of one connection goes on in another.
    pub(super) fn leave(&mut self) {
        if let Some(run) = self.run.take() {
            run.job.stop_since("Stopped: the connection was left.");
            self.leaving.extend(Some(run).filter(|run| run.line.is_some()));
        }
    }

    /// The line of the status bar.
    pub(super) fn task_line(&self, now: Timestamp) -> Option<TaskLine> {
        let run = self.run.as_ref().map(|run| run.job.run()).filter(|run| run.end.is_none())?;
        let rate = format::grouped(run.records_per_sec.round() as i64);
        let (at, of) = (run.elapsed(now), run.seconds);
        let text = format!("Generator {rate} rec/s to {}, {} of {}", run.stream, clock(at), clock(of));
        Some(TaskLine { text, progress: Some((at / of.max(1.0)).clamp(0.0, 1.0) as f32) })
    }
}

/// `2:14`.
fn clock(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

impl App {
    /// Carries out what was asked of a generator.
    pub(super) fn generator(&mut self, command: GeneratorCommand, now: Timestamp) {
        match command {
            GeneratorCommand::Start(spec) => self.start_generator(*spec, now),
            GeneratorCommand::Stop => {
                if let Some(run) = &self.injecting.generating.run {
                    run.job.stop();
                }
            }
        }
    }

    fn start_generator(&mut self, spec: GeneratorSpec, now: Timestamp) {
        if self.is_generating() || !self.may_write(now) {
            return;
        }
        let Some(stream) = self.world.open.as_ref().map(|open| open.name.clone()) else { return };
        let log = self.write_down(&stream, super::unfinished::load(&spec), now);
        self.begin_generator(spec, Begin::default(), log, now);
    }

    /// Goes on with a run that was cut off.
    pub(super) fn go_on_generating(&mut self, spec: GeneratorSpec, account: &Account, log: RunLog, now: Timestamp) {
        self.begin_generator(spec, Begin::behind(account), Some(log), now);
    }

    /// Whether a load is being sent.
    pub(super) fn is_generating(&self) -> bool {
        self.injecting.generating.run.as_ref().is_some_and(|run| run.line.is_some())
    }

    fn begin_generator(&mut self, spec: GeneratorSpec, begin: Begin, log: Option<RunLog>, now: Timestamp) {
        let Some(means) = self.means() else { return };
        let Some(open) = &self.world.open else { return };
        let shards = busy_shards(open);
        let max_record_bytes = landing(open).max_record_bytes;
        let mean = look(&spec.template, spec.seed, now, "").map_or(1.0, |(_, look)| look.mean_bytes);
        match GeneratorJob::start(means, spec, shards, (max_record_bytes, mean), (begin, log)) {
            Ok(job) => {
                let run = job.run();
                let options = [("stream-name", run.stream.as_str()), ("records", "file://records.json")];
                let info = self.world.connection();
                let cli = info.map(|info| cli_line("put-records", &options, info)).unwrap_or_default();
                let begun = Event::Locked { why: String::new() };
                let entry = super::journal::entry(&self.world, Some(run.stream.clone()), begun, now);
                self.injecting.generating.run = Some(Run { job, line: Some((entry, cli)) });
                self.with_open(|open| open.generator.run = Some(run));
            }
            Err(fault) => {
                let problem = Problem::new(ProblemKind::Invalid, format!("Nothing was sent. {fault}"));
                self.world.last_problem = Some((problem, now));
            }
        }
    }

    /// Takes in how generators go.
    pub(super) fn ingest_generator(&mut self, now: Timestamp) {
        let is_locked = !self.world.is_unlocked();
        let mut ended = Vec::new();
        let generating = &mut self.injecting.generating;
        for run in generating.leaving.iter_mut().chain(&mut generating.run) {
            let state = run.job.run();
            if state.end.is_none() && is_locked {
                run.job.stop_since("Stopped: writes were locked.");
            }
            if state.end.is_some()
                && let Some((entry, cli)) = run.line.take()
            {
                ended.push(ActivityEntry { at: now, event: event(&state, cli, now), ..entry });
            }
        }
        generating.leaving.retain(|run| run.line.is_some());
        if let (Some(open), Some(run)) = (&mut self.world.open, &mut generating.run) {
            let is_shown = open.generator.run.is_some();
            let state = if is_shown { run.job.news() } else { Some(run.job.run()) };
            open.generator.run = state.filter(|run| run.stream == open.name).or(open.generator.run.take());
        }
        for entry in ended {
            self.log_activity(entry);
        }
    }
}

fn busy_shards(open: &OpenStream) -> Vec<BusyShard> {
    let shards = landing(open).shards.into_iter();
    shards.map(|(id, range)| BusyShard { now: open.utilisation_now(&id), id, range }).collect()
}

/// What the log says of a run. Payloads and keys stay out; the seed tells which records they were.
fn event(run: &GeneratorRun, cli: String, now: Timestamp) -> Event {
    let missing = run.failed + run.unknown;
    let sent = run.sent.records;
    let outcome = match &run.end {
        Some(GeneratorEnd::Failed(sentence)) if sent == 0 => Outcome::Failed { sentence: sentence.clone() },
        _ if missing > 0 => Outcome::Partial { failed: missing, of: sent + missing },
        _ => Outcome::Ok,
    };
    let mut target = format!("generator, {}, seed {}", format::counted(sent as usize, "record"), run.seed);
    for (count, what) in [(run.failed, "failed"), (run.unknown, "unknown")] {
        if count > 0 {
            target.push_str(&format!(", {} {what}", format::grouped(count as i64)));
        }
    }
    if let Some(GeneratorEnd::Bound(why) | GeneratorEnd::Failed(why)) = &run.end {
        target.push_str(&format!(". {why}"));
    }
    let took = Millis(((run.elapsed(now) * 1_000.0) as i64).max(0));
    Event::Call { operation: "PutRecords".to_owned(), target, cli, request_id: None, took, outcome }
}
