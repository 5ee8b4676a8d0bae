//! Makes the calls that the readings ask for, over all shards at once, and counts what comes.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};

use super::reading::{Allowance, Reading, Span, Step, Taken};
use crate::aws::connect::Connection;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::ids::{ShardId, StreamName};
use crate::model::sample::StreamSample;
use crate::model::sample::state::{FOLLOW_BYTES_PER_SEC, SampleEffort, SamplePlan};
use crate::model::time::{Millis, Timestamp};
use crate::tasks::clock::Clock;
use crate::tasks::wake::Wake;

/// Calls under way at once, over all shards.
const CALLS_AT_ONCE: usize = 16;
/// Answers that may wait to be counted.
const PARTS: usize = 32;
/// The window learns of what was counted no more often than this.
const PUBLISH_EVERY: Duration = Duration::from_millis(500);
/// The newest moment that is sampled lies so far back: clocks differ, and records take a moment to be readable.
const NEWEST: Millis = Millis::from_secs(2);
/// Seconds of a stream that was made just now which are waited for before it is sampled.
const FIRST_SECONDS: u32 = 4;
/// Bytes of the whole stream that one sample may read, shared out evenly among the shards.
const STREAM_BYTES: u64 = 256 * 1_048_576;
/// Fewest and most bytes of one shard.
const SHARD_BYTES: (u64, u64) = (512 * 1_024, 16 * 1_048_576);
/// Half of what a shard gives to all polling consumers together (2 MiB/s): the other half is left to them.
const BYTES_PER_SEC: f64 = 1_048_576.0;

/// What to sample.
#[derive(Clone, Debug, PartialEq)]
pub struct SamplerOptions {
    /// The shards.
    pub shards: Vec<ShardId>,
    /// Which of their records.
    pub plan: SamplePlan,
    /// `GetRecords` calls a second and shard, 1 to 5.
    pub reads_per_sec: u32,
    /// When the stream was made: seconds before it are no idle ones.
    pub not_before: Option<Timestamp>,
}

impl SamplerOptions {
    fn allowance(&self) -> Allowance {
        let share = STREAM_BYTES / self.shards.len().max(1) as u64;
        let most_bytes = share.clamp(SHARD_BYTES.0, SHARD_BYTES.1);
        // To follow a shard at its write limit, reading has to be a little faster than writing.
        let bytes_per_sec =
            if matches!(self.plan, SamplePlan::Follow { .. }) { FOLLOW_BYTES_PER_SEC } else { BYTES_PER_SEC };
        Allowance { reads_per_sec: self.reads_per_sec.clamp(1, 5), bytes_per_sec, most_bytes }
    }

    /// When there is something to read of a stream that was made just now: some seconds of it.
    fn first_moment(&self, now: Timestamp) -> Timestamp {
        let seconds = i64::from(self.plan.seconds().min(FIRST_SECONDS));
        self.made(now).map_or(now, |made| made + NEWEST + Millis::from_secs(seconds + 1))
    }

    /// When the stream was made, unless the server's clock is ahead of ours.
    fn made(&self, now: Timestamp) -> Option<Timestamp> {
        self.not_before.filter(|made| *made <= now)
    }

    fn span(&self, now: Timestamp) -> Span {
        let to = (now - NEWEST).floor(1);
        let from = to - Millis::from_secs(i64::from(self.plan.seconds()));
        let made = self.made(now).map(|made| (made + Millis(999)).floor(1));
        Span { from: made.map_or(from, |made| made.max(from)).min(to), to }
    }

    fn reading(&self, span: Span) -> Reading {
        match self.plan {
            SamplePlan::Window { .. } | SamplePlan::EveryMinute { .. } => Reading::of_window(span, self.allowance()),
            SamplePlan::Follow { .. } => Reading::following(span.from, self.allowance()),
        }
    }
}

/// How far a sample has come.
#[derive(Clone, Debug)]
pub struct Progress {
    /// What was counted so far.
    pub sample: Arc<StreamSample>,
    /// What it cost the stream.
    pub effort: SampleEffort,
    /// 0 to 1; `None` where it goes on until it is stopped.
    pub fraction: Option<f32>,
    /// Shards that could not be read to their end, and why.
    pub failed: Vec<(ShardId, Problem)>,
    /// The arrivals that were asked for.
    pub span: Span,
    /// How it ended; `None` while it runs.
    pub end: Option<Result<(), Problem>>,
}

/// A running sample. It stops when this is dropped.
#[derive(Debug)]
pub struct SamplerHandle {
    /// How far it is.
    pub progress: watch::Receiver<Progress>,
    task: AbortHandle,
}

impl Drop for SamplerHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts to sample in the background, adding to what `sample` holds.
///
/// Cost: `GetShardIterator` once a shard and piece, and once more with a `GetRecords` where records begin only in the
/// middle of the window, twice where a server drops them meanwhile; `GetRecords` by `reads_per_sec`, at most half of the bytes that a shard
/// gives to all its polling consumers.
pub fn start_sampler(
    handle: &Handle,
    connection: Connection,
    stream: StreamName,
    options: SamplerOptions,
    sample: StreamSample,
    clock: Clock,
    wake: Wake,
) -> SamplerHandle {
    let mut sampler = Sampler::new(connection, stream, options, sample, clock);
    let (publish, progress) = watch::channel(sampler.progress.clone());
    let task = handle.spawn(async move {
        sampler
            .run(|progress| {
                publish.send_replace(progress.clone());
                wake.wake();
            })
            .await;
    });
    SamplerHandle { progress, task: task.abort_handle() }
}

/// Samples once and answers with all that was counted. Costs as [`start_sampler`].
///
/// # Errors
/// Where no shard at all could be read. What fails for single shards is in the answer.
pub async fn sample_once(
    connection: &Connection,
    stream: &StreamName,
    options: SamplerOptions,
    clock: &Clock,
) -> Result<Progress, Problem> {
    let sample = StreamSample::new(options.shards.len());
    let mut sampler = Sampler::new(connection.clone(), stream.clone(), options, sample, clock.clone());
    sampler.run(|_| {}).await;
    match sampler.progress.end.clone() {
        Some(Err(problem)) => Err(problem),
        _ => Ok(sampler.progress),
    }
}

/// What a reading reports.
enum Part {
    Asked { is_throttled: bool },
    Taken { shard: usize, taken: Taken, fraction: f32 },
    Ended { shard: usize, problem: Option<Problem> },
}

struct Sampler {
    connection: Connection,
    stream: StreamName,
    options: SamplerOptions,
    clock: Clock,
    sample: StreamSample,
    fractions: Vec<f32>,
    progress: Progress,
}

impl Sampler {
    fn new(
        connection: Connection,
        stream: StreamName,
        options: SamplerOptions,
        sample: StreamSample,
        clock: Clock,
    ) -> Self {
        let progress = Progress {
            sample: Arc::new(sample.clone()),
            effort: SampleEffort { window_seconds: options.plan.seconds(), ..SampleEffort::default() },
            fraction: options.plan.fraction_at_start(),
            failed: Vec::new(),
            span: options.span(clock.now()),
            end: None,
        };
        let fractions = vec![0.0; options.shards.len()];
        Self { connection, stream, options, clock, sample, fractions, progress }
    }

    async fn run(&mut self, mut publish: impl FnMut(&Progress)) {
        tokio::time::sleep(until(self.options.first_moment(self.clock.now()), self.clock.now())).await;
        loop {
            let began = self.clock.now();
            self.round(&mut publish).await;
            let failed = self.progress.failed.len();
            let is_hopeless = failed > 0 && failed == self.options.shards.len() && self.sample.is_empty();
            if is_hopeless || !matches!(self.options.plan, SamplePlan::EveryMinute { .. }) {
                break;
            }
            let next = began + Millis::from_mins(1);
            tokio::time::sleep(until(next, self.clock.now())).await;
            self.progress.failed.clear();
        }
        let nothing = self.sample.is_empty();
        self.progress.end = Some(match self.progress.failed.first() {
            Some((_, problem)) if nothing => Err(problem.clone()),
            _ => Ok(()),
        });
        self.show(&mut publish);
    }

    /// Reads every shard once, in parallel.
    async fn round(&mut self, publish: &mut impl FnMut(&Progress)) {
        let (out, mut parts) = mpsc::channel(PARTS);
        let gate = Arc::new(Semaphore::new(CALLS_AT_ONCE));
        let mut readings = JoinSet::new();
        let span = self.options.span(self.clock.now());
        self.progress.span = span;
        for (index, shard) in self.options.shards.iter().enumerate() {
            let reader = Reader {
                connection: self.connection.clone(),
                resource: format!("{shard} of {}", self.stream),
                stream: self.stream.clone(),
                shard: shard.clone(),
                index,
                reading: self.options.reading(span),
                clock: self.clock.clone(),
                gate: gate.clone(),
                out: out.clone(),
            };
            readings.spawn(reader.run());
        }
        drop(out);
        let mut tick = tokio::time::interval(PUBLISH_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut is_new = false;
        loop {
            tokio::select! {
                part = parts.recv() => match part {
                    Some(part) => is_new |= self.take(part),
                    None => break,
                },
                _ = tick.tick(), if is_new => {
                    self.show(publish);
                    is_new = false;
                }
            }
        }
        self.show(publish);
    }

    /// Counts one part; whether a person could see a difference.
    fn take(&mut self, part: Part) -> bool {
        match part {
            Part::Asked { is_throttled } => {
                self.progress.effort.calls += 1;
                self.progress.effort.throttled_calls += u64::from(is_throttled);
                is_throttled
            }
            Part::Taken { shard, taken, fraction } => {
                let Some(id) = self.options.shards.get(shard) else { return false };
                self.sample.take(id, &taken.records);
                if let Some(span) = taken.known {
                    self.sample.mark_known(id, span.from, span.to);
                }
                self.set_fraction(shard, fraction);
                true
            }
            Part::Ended { shard, problem } => {
                self.set_fraction(shard, 1.0);
                let id = self.options.shards.get(shard);
                self.progress.failed.extend(id.cloned().zip(problem));
                true
            }
        }
    }

    fn set_fraction(&mut self, shard: usize, fraction: f32) {
        if let Some(slot) = self.fractions.get_mut(shard) {
            *slot = fraction;
        }
    }

    fn show(&mut self, publish: &mut impl FnMut(&Progress)) {
        self.progress.sample = Arc::new(self.sample.clone());
        if self.progress.fraction.is_some() {
            self.progress.fraction = Some(self.fractions.iter().sum::<f32>() / self.fractions.len().max(1) as f32);
        }
        publish(&self.progress);
    }
}

/// Reads one shard by its [`Reading`].
struct Reader {
    connection: Connection,
    stream: StreamName,
    shard: ShardId,
    index: usize,
    resource: String,
    reading: Reading,
    clock: Clock,
    gate: Arc<Semaphore>,
    out: mpsc::Sender<Part>,
}

impl Reader {
    async fn run(mut self) {
        while let Some(step) = self.reading.step() {
            tokio::time::sleep(until(self.reading.due(), self.clock.now())).await;
            let Ok(part) = self.call(step).await else { return };
            if let Some(part) = part
                && self.out.send(part).await.is_err()
            {
                return;
            }
        }
        let problem = self.reading.problem().cloned();
        // A collector that is gone wants nothing more.
        let _ = self.out.send(Part::Ended { shard: self.index, problem }).await;
    }

    /// Makes one call; answers with what came of it, or fails where nobody listens any more.
    async fn call(&mut self, step: Step) -> Result<Option<Part>, ()> {
        let permit = self.gate.clone().acquire_owned().await.map_err(|_| ())?;
        self.reading.asked(self.clock.now());
        match step {
            Step::Iterator(position) => {
                let outcome = self.connection.shard_iterator(&self.stream, &self.shard, &position).await;
                drop(permit);
                match outcome {
                    Ok(iterator) => self.reading.on_iterator(&iterator),
                    Err(problem) => self.reading.on_failure(problem, self.clock.now()),
                }
                Ok(None)
            }
            Step::Read { iterator, limit } => {
                let outcome = self.connection.get_records(&iterator, limit, &self.resource).await;
                drop(permit);
                let is_throttled = outcome.as_ref().is_err_and(|problem| problem.kind == ProblemKind::Throttled);
                self.out.send(Part::Asked { is_throttled }).await.map_err(|_| ())?;
                let now = self.clock.now();
                match outcome {
                    Ok(page) => {
                        let taken = self.reading.on_page(page, now);
                        Ok(Some(Part::Taken { shard: self.index, taken, fraction: self.reading.progress() }))
                    }
                    Err(problem) => {
                        self.reading.on_failure(problem, now);
                        Ok(None)
                    }
                }
            }
        }
    }
}

fn until(due: Timestamp, now: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from((due - now).0).unwrap_or(0))
}
