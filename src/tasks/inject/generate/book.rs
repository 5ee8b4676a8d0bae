//! Counts what becomes of generated records, by shard and by second, and notices when a bound is reached.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::model::batch::Share;
use crate::model::format;
use crate::model::generator::run::{Course, GeneratorEnd, GeneratorRun, Point, ShardCount, units};
use crate::model::generator::{BusyShard, GeneratorSpec, Stops};
use crate::model::ids::StreamName;
use crate::model::time::{Millis, Timestamp};
use crate::model::utilisation::Utilisation;
use crate::model::writes::{PutEntry, PutOutcome};
use crate::tasks::inject::deliver::{Control, End, Ended, Follow};
use crate::tasks::wake::Wake;

const PUBLISH_EVERY: Duration = Duration::from_millis(150);
/// Loads and rates are means over so many seconds: with fewer, the chance of the draws alone would look like load.
const MEAN_SECONDS: usize = 10;
/// Calls whose times are kept.
const CALLS_KEPT: usize = 1_000;
/// Records that must have ended before a share of failures means anything.
const FAILURES_COUNT_FROM: u64 = 100;

/// What those beside the delivery have to say.
#[derive(Clone, Debug, Default)]
pub(super) struct Signals(Arc<Mutex<Said>>);

#[derive(Debug, Default)]
struct Said {
    bound: Option<String>,
    made: u64,
    missed_seconds: f64,
}

impl Signals {
    fn with<R>(&self, read: impl FnOnce(&mut Said) -> R) -> R {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A bound was reached; the first one counts.
    pub(super) fn bound(&self, why: String) {
        self.with(|said| _ = said.bound.get_or_insert(why));
    }

    /// So many records were made, and so much of the schedule was given up.
    pub(super) fn made(&self, records: u64, missed_seconds: f64) {
        self.with(|said| (said.made, said.missed_seconds) = (records, missed_seconds));
    }
}

/// One second of the run.
#[derive(Clone, Debug, Default)]
struct Second {
    sent: Share,
    shards: Vec<Share>,
    throttled: u64,
}

/// Follows the delivery.
pub(super) struct Book {
    run: GeneratorRun,
    stops: Stops,
    publish: watch::Sender<Arc<GeneratorRun>>,
    wake: Wake,
    stop: Control,
    signals: Signals,
    began: Instant,
    published: Instant,
    /// The second that runs, last, and those before it.
    seconds: VecDeque<Second>,
    /// Which one that is, from 0.
    second: u64,
    calls: VecDeque<Duration>,
}

/// A run of which nothing was sent yet.
pub(super) fn prepared(
    stream: &StreamName,
    spec: &GeneratorSpec,
    shards: Vec<BusyShard>,
    record_bytes: f64,
    now: Timestamp,
) -> GeneratorRun {
    let count = |shard: BusyShard| {
        let load = shard.now.unwrap_or(0.0);
        ShardCount { shard, sent: Share::default(), throttled: 0, load }
    };
    GeneratorRun {
        stream: stream.clone(),
        started: now,
        ended: None,
        target_records_per_sec: spec.schedule.rate.records_per_sec(record_bytes),
        seconds: spec.schedule.seconds(record_bytes),
        cap: spec.stops.cap,
        seed: spec.seed,
        made: 0,
        sent: Share::default(),
        after_retry: 0,
        retries: 0,
        failed: 0,
        unknown: 0,
        last_failure: None,
        units: 0,
        call_p99: None,
        calls: 0,
        records_per_sec: 0.0,
        bytes_per_sec: 0.0,
        shards: shards.into_iter().map(count).collect(),
        missed_seconds: 0.0,
        course: Course::default(),
        end: None,
    }
}

impl Book {
    pub(super) fn new(
        run: GeneratorRun,
        stops: Stops,
        publish: watch::Sender<Arc<GeneratorRun>>,
        wake: Wake,
        stop: Control,
        signals: Signals,
    ) -> Self {
        let now = Instant::now();
        let first = Second { shards: vec![Share::default(); run.shards.len()], ..Second::default() };
        Self {
            run,
            stops,
            publish,
            wake,
            stop,
            signals,
            began: now,
            published: now,
            seconds: VecDeque::from([first]),
            second: 0,
            calls: VecDeque::new(),
        }
    }

    /// Closes the seconds that are over.
    fn turn(&mut self, now: Instant) {
        let elapsed = now - self.began;
        while self.second < elapsed.as_secs() {
            let of = self.seconds.back().cloned().unwrap_or_default();
            self.weigh((self.second + 1) as f64);
            let hottest = self.run.hottest().map_or(0.0, |shard| shard.load);
            self.second += 1;
            self.run.course.push(Point {
                upto: self.second as f64,
                sent: of.sent.records,
                throttled: of.throttled,
                hottest,
            });
            self.seconds.push_back(Second { shards: vec![Share::default(); of.shards.len()], ..Second::default() });
            if self.seconds.len() > MEAN_SECONDS {
                self.seconds.pop_front();
            }
        }
    }

    /// Works rates and loads out of the seconds that are kept.
    fn weigh(&mut self, elapsed: f64) {
        let begins = (self.second + 1).saturating_sub(self.seconds.len() as u64) as f64;
        // The first moments of a run are no basis for a rate.
        let span = (elapsed - begins).max(1.0);
        let mut sent = Share::default();
        let mut shards = vec![Share::default(); self.run.shards.len()];
        for second in &self.seconds {
            add(&mut sent, second.sent);
            shards.iter_mut().zip(&second.shards).for_each(|(sum, of)| add(sum, *of));
        }
        self.run.records_per_sec = sent.records as f64 / span;
        self.run.bytes_per_sec = sent.bytes as f64 / span;
        for (count, sum) in self.run.shards.iter_mut().zip(shards) {
            let own = Utilisation::from_rates(sum.bytes as f64 / span, sum.records as f64 / span, 1).value();
            count.load = count.shard.now.unwrap_or(0.0) + own;
        }
    }

    /// Stops where a bound is reached.
    fn keep_bounds(&mut self) {
        let percent = |share: f64| format::percent(share).replace('%', " %");
        let mut reached = None;
        if let (Some(cap), Some(hottest)) = (self.stops.cap, self.run.hottest())
            && hottest.load >= cap
        {
            let (id, load) = (hottest.shard.id.short(), percent(hottest.load));
            reached =
                Some(format!("Stopped at the cap: {id} reached {load} of its limit, the cap is {}.", percent(cap)));
        }
        let throttled = self.seconds.back().map_or(0, |second| second.throttled);
        if let Some(most) = self.stops.throttled_per_sec
            && throttled > u64::from(most)
        {
            reached = Some(format!("Stopped: {throttled} records were refused within a second, more than {most}."));
        }
        let ended = self.run.sent.records + self.run.failed + self.run.unknown;
        if let Some(most) = self.stops.failed_share
            && ended >= FAILURES_COUNT_FROM
            && self.run.failed as f64 > most * ended as f64
        {
            let failed = percent(self.run.failed as f64 / ended as f64);
            reached = Some(format!("Stopped: {failed} of the records failed, more than {}.", percent(most)));
        }
        if let Some(why) = reached {
            self.signals.bound(why);
            self.stop.stop();
        }
    }

    fn show(&mut self, now: Instant) {
        self.published = now;
        self.signals.with(|said| {
            (self.run.made, self.run.missed_seconds) = (said.made, said.missed_seconds);
        });
        let mut times: Vec<Duration> = self.calls.iter().copied().collect();
        let at = (times.len().saturating_sub(1)) * 99 / 100;
        if at < times.len() {
            let (_, p99, _) = times.select_nth_unstable(at);
            self.run.call_p99 = Some(Millis(i64::try_from(p99.as_millis()).unwrap_or(i64::MAX)));
        }
        self.publish.send_replace(Arc::new(self.run.clone()));
        self.wake.wake();
    }

    /// The run is over.
    pub(super) fn finish(&mut self, end: End, fault: Option<String>, at: Timestamp) {
        let now = Instant::now();
        self.turn(now);
        let elapsed = (now - self.began).as_secs_f64();
        self.weigh(elapsed);
        if let Some(last) = self.seconds.back().filter(|second| second.sent.records + second.throttled > 0) {
            let (sent, throttled) = (last.sent.records, last.throttled);
            let hottest = self.run.hottest().map_or(0.0, |shard| shard.load);
            self.run.course.push(Point { upto: elapsed, sent, throttled, hottest });
        }
        let bound = self.signals.with(|said| said.bound.take());
        self.run.calls = 0;
        self.run.ended = Some(at);
        self.run.end = Some(match (fault, end, bound) {
            (_, End::Failed(problem), _) => GeneratorEnd::Failed(problem.sentence),
            (Some(fault), ..) => GeneratorEnd::Failed(fault),
            (None, End::Stopped, Some(bound)) => GeneratorEnd::Bound(bound),
            // All was sent when the wish to stop came.
            (None, End::Done, Some(bound)) if self.stop.is_stopped() => GeneratorEnd::Bound(bound),
            (None, End::Done, _) if !self.stop.is_stopped() => GeneratorEnd::Done,
            (None, ..) => GeneratorEnd::Stopped,
        });
        self.show(now);
    }
}

fn add(sum: &mut Share, more: Share) {
    sum.records += more.records;
    sum.bytes += more.bytes;
}

impl Follow for Book {
    fn leaves(&mut self, _numbers: &mut dyn Iterator<Item = u64>) {
        self.run.calls += 1;
    }

    fn waits(&mut self, _number: u64, entry: &PutEntry, _wait: Millis) {
        self.turn(Instant::now());
        self.run.retries += 1;
        let hash = entry.hash_key();
        if let Some(count) = self.run.shards.iter_mut().find(|count| count.shard.range.contains(hash)) {
            count.throttled += 1;
        }
        if let Some(second) = self.seconds.back_mut() {
            second.throttled += 1;
        }
    }

    fn ended(&mut self, ended: Ended) {
        let bytes = ended.entry.size_bytes();
        let shard_id = match &ended.outcome {
            Ok(PutOutcome::Accepted { shard_id, .. }) => shard_id,
            Ok(PutOutcome::Refused { code, message }) => {
                self.run.failed += 1;
                self.run.last_failure = Some(format!("{code}: {message}"));
                return;
            }
            Err(problem) => {
                let count = if problem.leaves_open() { &mut self.run.unknown } else { &mut self.run.failed };
                *count += 1;
                self.run.last_failure = Some(problem.sentence.clone());
                return;
            }
        };
        self.turn(Instant::now());
        let share = Share { records: 1, bytes: bytes as u64 };
        add(&mut self.run.sent, share);
        self.run.units += units(bytes);
        self.run.after_retry += u64::from(!ended.waits.is_empty());
        let at = self.run.shards.iter().position(|count| count.shard.id == *shard_id);
        if let Some(second) = self.seconds.back_mut() {
            add(&mut second.sent, share);
            if let Some(sum) = at.and_then(|at| second.shards.get_mut(at)) {
                add(sum, share);
            }
        }
        if let Some(count) = at.and_then(|at| self.run.shards.get_mut(at)) {
            add(&mut count.sent, share);
        }
    }

    fn answered(&mut self, took: Duration) {
        let now = Instant::now();
        self.turn(now);
        self.run.calls = self.run.calls.saturating_sub(1);
        if self.calls.len() == CALLS_KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(took);
        if now - self.published >= PUBLISH_EVERY {
            self.weigh((now - self.began).as_secs_f64());
            self.keep_bounds();
            self.show(now);
        }
    }
}
