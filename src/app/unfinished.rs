//! Runs that were cut off: told of at the next start and in the activity log, sent to their end or forgotten.

use super::App;
use super::injecting::landing;
use crate::model::activity::{ActivityEntry, Event, Outcome, cli_line};
use crate::model::answer::{Problem, ProblemKind};
use crate::model::batch::BatchWish;
use crate::model::format::counted;
use crate::model::generator::GeneratorSpec;
use crate::model::generator::schedule::Until;
use crate::model::ids::StreamName;
use crate::model::time::{Millis, Timestamp};
use crate::model::unfinished::{FileRun, RunHead, Unfinished};
use crate::model::writes::PutEntry;
use crate::tasks::inject::batch::BatchJob;
use crate::tasks::inject::journal::{RunFolder, RunLog, whole_path};

/// The line of the log about a run that was cut off.
pub fn cut_off_entry(run: &Unfinished, at: Timestamp) -> ActivityEntry {
    let unknown = run.account.unknown().len();
    let of = run.head.of.unwrap_or(run.account.sent() + unknown);
    let event = Event::Call {
        operation: "PutRecords".to_owned(),
        target: format!("{}, begun at {} UTC and cut off: {}", run.head.title, run.head.started.hms(), run.counts()),
        cli: run.head.cli.clone(),
        request_id: None,
        took: Millis(0),
        outcome: Outcome::Partial { failed: of.saturating_sub(run.account.sent()), of },
    };
    ActivityEntry {
        at,
        connection: run.head.connection.clone(),
        environment: run.head.environment.clone(),
        who: run.head.who.clone(),
        stream: Some(run.head.stream.clone()),
        event,
    }
}

/// What is sent, how many records where that is known, and where the rest of them can be had from.
pub(super) struct What {
    title: String,
    of: Option<u64>,
    file: Option<FileRun>,
    load: Option<GeneratorSpec>,
}

/// Records that were typed.
pub(super) fn single(entries: &[PutEntry]) -> What {
    What { title: counted(entries.len(), "record"), of: Some(entries.len() as u64), file: None, load: None }
}

/// Records that are made.
pub(super) fn load(spec: &GeneratorSpec) -> What {
    let of = match spec.schedule.until {
        Until::Records(count) => Some(count),
        Until::Seconds(_) => None,
    };
    What { title: format!("a generator with seed {}", spec.seed), of, file: None, load: Some(spec.clone()) }
}

/// Records of a file.
pub(super) fn batch(wish: &BatchWish) -> What {
    let path = whole_path(&wish.spec.path);
    let title = path.rsplit(['/', '\\']).next().unwrap_or(&path).to_owned();
    let file = FileRun {
        path,
        format: wish.format,
        key: wish.spec.key.clone(),
        explicit_hash_key: None,
        stamp: wish.stamp,
        skips_invalid: wish.skips_invalid,
        keeps_order: wish.keeps_order,
        pace: wish.pace,
        time: wish.spec.time.clone(),
        spared: wish.spared.clone(),
        is_numbered_by_record: false,
    };
    What { title, of: Some(wish.records), file: Some(file), load: None }
}

impl App {
    fn runs(&self) -> Option<RunFolder> {
        self.files.as_ref().map(|files| RunFolder::new(files.runs_path()))
    }

    /// Looks for runs that were cut off, and tells of those that nobody was told of yet.
    pub(super) fn tell_unfinished(&mut self, now: Timestamp) {
        let Some(runs) = self.runs() else { return };
        self.world.unfinished_runs = runs.unfinished();
        let untold: Vec<Unfinished> =
            self.world.unfinished_runs.iter().filter(|run| !run.account.is_told).cloned().collect();
        for run in untold {
            self.log_activity(cut_off_entry(&run, now));
            let sentence = format!("{} Open Inject… on that stream to see what can be done.", run.sentence());
            self.world.last_problem = Some((Problem::new(ProblemKind::Internal, sentence), now));
            runs.mark_told(&run.id);
        }
    }

    /// Begins to write a run down, so that it survives the end of this program.
    pub(super) fn write_down(&mut self, stream: &StreamName, what: What, now: Timestamp) -> Option<RunLog> {
        let runs = self.runs()?;
        let info = self.world.connection()?;
        let options = [("stream-name", stream.as_str()), ("records", "file://records.json")];
        let What { title, of, file, load } = what;
        let head = RunHead {
            stream: stream.clone(),
            connection: info.label.clone(),
            environment: info.environment.tag().to_owned(),
            who: self.world.identity.get().map(|identity| identity.principal().to_owned()).unwrap_or_default(),
            started: now,
            title,
            of,
            cli: cli_line("put-records", &options, info),
            file,
            load,
        };
        match runs.begin(&head) {
            Ok(log) => Some(log),
            Err(error) => {
                let words =
                    format!("This run cannot be written down ({error}): should it be cut off, nothing is known of it.");
                self.world.last_problem = Some((Problem::new(ProblemKind::Internal, words), now));
                None
            }
        }
    }

    /// Sends what a run that was cut off left.
    pub(super) fn send_rest(&mut self, id: &str, now: Timestamp) {
        if self.is_sending() || self.is_generating() || !self.may_write(now) {
            return;
        }
        let (Some(runs), Some(means), Some(open)) = (self.runs(), self.means(), &self.world.open) else { return };
        let landing = landing(open);
        let label = self.world.connection().map(|info| info.label.clone());
        let known = self.world.unfinished_runs.iter().find(|run| run.id == id);
        if known
            .is_none_or(|run| run.head.stream != means.target.stream || Some(&run.head.connection) != label.as_ref())
        {
            return;
        }
        match runs.reopen(id) {
            Ok((run, log)) if run.head.load.is_some() => {
                if let Some(spec) = run.head.load {
                    self.go_on_generating(spec, &run.account, log, now);
                }
                self.world.unfinished_runs.retain(|run| run.id != id);
            }
            Ok((run, log)) => {
                if let Some(job) = BatchJob::send_rest(means, &run, landing, log) {
                    self.take_run(job, now);
                }
                self.world.unfinished_runs.retain(|run| run.id != id);
            }
            Err(error) => {
                let problem = Problem::new(ProblemKind::Internal, format!("The run cannot be taken up: {error}."));
                self.world.last_problem = Some((problem, now));
                self.world.unfinished_runs = runs.unfinished();
            }
        }
    }

    /// Forgets a run that was cut off.
    pub(super) fn forget_run(&mut self, id: &str) {
        if let Some(runs) = self.runs().filter(|_| self.world.unfinished_runs.iter().any(|run| run.id == id)) {
            runs.forget(id);
            self.world.unfinished_runs.retain(|run| run.id != id);
        }
    }
}
