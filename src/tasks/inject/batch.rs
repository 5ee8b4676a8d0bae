//! Runs of many records: what is sent comes from a file or from what failed before; how it goes is published a few times a
//! second.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::deliver::{Control, End, Ended, Follow, Item, Options, Target, deliver};
use super::feed::{self, Feeder, Gate, LeftOut, SharedResults, Source};
use super::journal::{Logged, RunLog};
use super::retry::Retry;
use super::save::RunResults;
use crate::model::batch::run::{BatchEnd, BatchRow, BatchRun, LISTED_RETRIED, MOST_FAILED, MOST_FAILED_BYTES, Trouble};
use crate::model::batch::{BatchFormat, BatchSpec, BatchWish, Landing, Pace};
use crate::model::time::Millis;
use crate::model::unfinished::Unfinished;
use crate::model::writes::{InjectRow, PutEntry, PutOutcome};
use crate::tasks::clock::Clock;
use crate::tasks::wake::Wake;

/// Calls at a time. Where a run has to keep order or a pace, the engine holds back by itself.
const CALLS: usize = 8;
const PUBLISH_EVERY: Duration = Duration::from_millis(150);

/// Records that failed, whole.
type Failed = Arc<Mutex<Vec<Item>>>;

/// A run at work, or the last one with what failed in it. Dropping it stops it.
#[derive(Debug)]
pub struct BatchJob {
    control: Control,
    progress: watch::Receiver<Arc<BatchRun>>,
    failed: Failed,
    results: SharedResults,
}

impl Drop for BatchJob {
    fn drop(&mut self) {
        self.control.stop();
    }
}

/// What every run needs.
#[derive(Debug)]
pub struct Means {
    /// Where to run.
    pub handle: Handle,
    /// What takes the records.
    pub target: Target,
    /// The present.
    pub clock: Clock,
    /// Who is told of news.
    pub wake: Wake,
}

impl BatchJob {
    /// Sends a file; what becomes of each record is written down in `log`.
    pub fn send_file(means: Means, wish: BatchWish, landing: Landing, log: Option<RunLog>) -> Self {
        let name = file_name(&wish.spec.path);
        Self::send_source(means, name, Source::whole(wish), landing, log)
    }

    /// Sends what a run that was cut off left: everything that is not known to be in the stream, nor may be. `None` where
    /// its records came from no file.
    pub fn send_rest(means: Means, run: &Unfinished, landing: Landing, log: RunLog) -> Option<Self> {
        let source = rest_of(run)?;
        let title = format!("{}, the rest", file_name(&source.wish.spec.path));
        Some(Self::send_source(means, title, source, landing, Some(log)))
    }

    fn send_source(means: Means, title: String, source: Source, landing: Landing, log: Option<RunLog>) -> Self {
        let wish = &source.wish;
        let retry = Retry { attempts: wish.attempts.max(1), ..Retry::MANY };
        let options = Options { retry, ..options(wish.pace, wish.keeps_order) };
        let run = BatchRun::new(means.target.stream.clone(), title, wish.format, wish.records, means.clock.now());
        let (results, control) = (SharedResults::default(), Control::default());
        let gate = Gate::new(means.handle.clone(), control.clone());
        let told = results.clone();
        Self::start(means, run, (options, control, results), log, move |items| {
            feed::send(&source, landing, Feeder { items, results: Some(&told), gate: Some(gate) })
        })
    }

    /// Sends once more what the stream refused in a run that has ended. What may be in the stream is not sent again.
    pub fn send_failed(means: Means, before: &Self) -> Self {
        let run = before.run();
        let refused: std::collections::HashSet<u64> =
            run.failed_rows.iter().filter(|row| !is_open(&row.row)).map(|row| row.number).collect();
        let items: Vec<Item> =
            lock(&before.failed).iter().filter(|item| refused.contains(&item.number)).cloned().collect();
        let title = format!("{}, those that failed", run.title.trim_end_matches(", those that failed"));
        let of = items.len() as u64;
        let run = BatchRun::new(means.target.stream.clone(), title, run.format, of, means.clock.now());
        let with = (options(Pace::Full, false), Control::default(), SharedResults::default());
        Self::start(means, run, with, None, move |sender| {
            let mut rest = items.into_iter().peekable();
            while rest.peek().is_some() {
                // Nobody takes them where the run was stopped.
                if sender.blocking_send(rest.by_ref().take(500).collect()).is_err() {
                    break;
                }
            }
            Ok(LeftOut::default())
        })
    }

    fn start(
        means: Means,
        run: BatchRun,
        (options, control, results): (Options, Control, SharedResults),
        log: Option<RunLog>,
        feed: impl FnOnce(&mpsc::Sender<Vec<Item>>) -> Result<LeftOut, String> + Send + 'static,
    ) -> Self {
        let Means { handle, target, clock, wake } = means;
        let (publish, progress) = watch::channel(Arc::new(run.clone()));
        let failed = Failed::default();
        let (sender, source) = mpsc::channel(2);
        let (say, fault) = oneshot::channel();
        let spawned = thread::Builder::new().name("batch read".to_owned()).spawn(move || say.send(feed(&sender)));
        if let Err(error) = spawned {
            tracing::warn!("no thread to read with: {error}");
        }
        let book = Book {
            run,
            publish,
            wake,
            failed: failed.clone(),
            failed_bytes: 0,
            results: results.clone(),
            control: control.clone(),
            gave_up: None,
            published: Instant::now(),
        };
        let held = control.clone();
        handle.spawn(async move {
            let mut logged = Logged { inner: book, log };
            let end = deliver(&target, source, options, &held, &clock, &mut logged).await;
            let mut book = logged.finish();
            let fault = fault.await.unwrap_or_else(|_| Err("The file could not be read.".to_owned()));
            book.run.ended = Some(clock.now());
            book.finish(end, fault);
        });
        Self { control, progress, failed, results }
    }

    /// How it goes.
    pub fn run(&self) -> Arc<BatchRun> {
        self.progress.borrow().clone()
    }

    /// How it goes, where that is news.
    pub fn news(&mut self) -> Option<Arc<BatchRun>> {
        let latest = self.progress.borrow_and_update();
        latest.has_changed().then(|| latest.clone())
    }

    /// What became of each record.
    pub fn results(&self) -> RunResults {
        RunResults(self.results.clone())
    }

    /// Begins no more calls.
    pub fn stop(&self) {
        self.control.stop();
    }

    /// Begins no call for now, or goes on.
    pub fn pause(&self, is_paused: bool) {
        self.control.pause(is_paused);
    }

    /// Writes what failed to a new file, in the format it came from; tells how many records, or why not.
    pub fn save_failed(&self, path: String, done: impl FnOnce(Result<String, String>) + Send + 'static) {
        let (failed, format) = (self.failed.clone(), self.run().format);
        let spawned = thread::Builder::new().name("batch save".to_owned()).spawn(move || {
            let items = lock(&failed).clone();
            let written = save(&path, format, &items).map_err(|error| format!("{path} cannot be written: {error}."));
            done(written.map(|()| format!("{} records are in {path}.", items.len())));
        });
        if let Err(error) = spawned {
            tracing::warn!("no thread to write with: {error}");
        }
    }
}

fn rest_of(run: &Unfinished) -> Option<Source> {
    let file = run.head.file.as_ref()?;
    let wish = BatchWish {
        spec: BatchSpec {
            path: file.path.clone(),
            format: Some(file.format),
            key: file.key.clone(),
            time: file.time.clone(),
        },
        format: file.format,
        stamp: file.stamp,
        records: run.unsent().unwrap_or_default(),
        skips_invalid: file.skips_invalid,
        keeps_order: file.keeps_order,
        pace: file.pace,
        attempts: Retry::MANY.attempts,
        spared: file.spared.clone(),
    };
    let (settled, is_numbered_by_record) = (run.account.settled(), file.is_numbered_by_record);
    Some(Source { wish, hash_key: file.hash_key(), settled, is_numbered_by_record })
}

/// Hands over what a run that was cut off left, and how many lines were left out.
///
/// # Errors
/// Why it ended before the end of the file.
pub fn feed_rest(run: &Unfinished, landing: Landing, items: &mpsc::Sender<Vec<Item>>) -> Result<u64, String> {
    let to = Feeder { items, results: None, gate: None };
    let source = rest_of(run).ok_or("Its records came from no file: there is nothing to read them from again.")?;
    feed::send(&source, landing, to).map(|left| left.invalid)
}

fn file_name(path: &str) -> String {
    Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn options(pace: Pace, keeps_order: bool) -> Options {
    Options { retry: Retry::MANY, calls: CALLS, keeps_order, pace }
}

fn lock(failed: &Failed) -> std::sync::MutexGuard<'_, Vec<Item>> {
    failed.lock().unwrap_or_else(PoisonError::into_inner)
}

fn save(path: &str, format: BatchFormat, items: &[Item]) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create_new(path)?);
    let is_array = format == BatchFormat::JsonArray;
    if is_array {
        out.write_all(b"[\n")?;
    }
    for (at, item) in items.iter().enumerate() {
        if is_array && at > 0 {
            out.write_all(b",\n")?;
        }
        out.write_all(&item.entry.data)?;
        if !is_array {
            out.write_all(b"\n")?;
        }
    }
    if is_array {
        out.write_all(b"\n]\n")?;
    }
    out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
}

fn is_open(row: &InjectRow) -> bool {
    matches!(&row.outcome, Some(Err(problem)) if problem.leaves_open())
}

/// Counts what becomes of each record.
struct Book {
    run: BatchRun,
    publish: watch::Sender<Arc<BatchRun>>,
    wake: Wake,
    failed: Failed,
    failed_bytes: u64,
    results: SharedResults,
    control: Control,
    gave_up: Option<String>,
    published: Instant,
}

impl Book {
    fn show(&mut self) {
        self.published = Instant::now();
        self.publish.send_replace(Arc::new(self.run.clone()));
        self.wake.wake();
    }

    fn finish(&mut self, end: End, fault: Result<LeftOut, String>) {
        let (left, fault) = match fault {
            Ok(left) => (left, None),
            Err(fault) => (LeftOut::default(), Some(fault)),
        };
        (self.run.skipped, self.run.spared) = (left.invalid, left.spared);
        self.run.end = Some(match (self.gave_up.take().or(fault), end) {
            (_, End::Failed(problem)) => BatchEnd::Failed(problem.sentence),
            (Some(words), _) => BatchEnd::Failed(words),
            (None, End::Stopped) => BatchEnd::Stopped,
            // Whoever reads the file may have heard of the stop first, and have handed over no more.
            (None, End::Done) if self.control.is_stopped() && self.run.unsent() > 0 => BatchEnd::Stopped,
            (None, End::Done) => BatchEnd::Done,
        });
        self.show();
    }

    fn failed(&mut self, number: u64, ended: Ended, row: InjectRow) {
        self.run.note(Trouble::Failed);
        if is_open(&row) {
            self.run.unknown += 1;
        } else {
            self.run.failed += 1;
        }
        let size = ended.entry.size_bytes() as u64;
        self.failed_bytes += size;
        lock(&self.failed).push(Item { number, entry: ended.entry });
        self.run.failed_rows.push(Arc::new(BatchRow { number, row }));
        if self.gave_up.is_none()
            && (self.run.failed_rows.len() >= MOST_FAILED || self.failed_bytes >= MOST_FAILED_BYTES)
        {
            let count = crate::model::format::grouped(self.run.failed_rows.len() as i64);
            self.gave_up = Some(format!("Given up: {count} records failed, and the rest was not sent."));
            self.control.stop();
        }
    }
}

impl Follow for Book {
    fn waits(&mut self, _number: u64, _entry: &PutEntry, _wait: Millis) {
        self.run.retries += 1;
        self.run.note(Trouble::Retried);
    }

    fn ended(&mut self, mut ended: Ended) {
        let number = ended.number;
        {
            let outcome = ended.outcome.as_ref();
            let outcome = outcome.map_err(|problem| (problem.leaves_open(), problem.sentence.as_str()));
            let (key, explicit) = (&ended.entry.partition_key, ended.entry.explicit_hash_key);
            feed::lock(&self.results).ended(number, key, explicit, ended.waits.len() as u32 + 1, outcome);
        }
        let is_retried = !ended.waits.is_empty();
        let is_accepted = ended.outcome.as_ref().is_ok_and(PutOutcome::is_accepted);
        if is_accepted {
            self.run.sent.records += 1;
            self.run.sent.bytes += ended.entry.size_bytes() as u64;
            self.run.after_retry += u64::from(is_retried);
        }
        let is_listed = is_retried && self.run.retried_rows.len() < LISTED_RETRIED;
        if is_accepted && !is_listed {
            return;
        }
        let row = InjectRow {
            partition_key: ended.entry.partition_key.clone(),
            explicit_hash_key: ended.entry.explicit_hash_key,
            waits: std::mem::take(&mut ended.waits),
            outcome: Some(ended.outcome.clone()),
            took: ended.took,
        };
        if is_accepted {
            self.run.retried_rows.push(Arc::new(BatchRow { number, row }));
        } else {
            self.failed(number, ended, row);
        }
    }

    fn answered(&mut self, _took: Duration) {
        if self.published.elapsed() >= PUBLISH_EVERY {
            self.show();
        }
    }
}
