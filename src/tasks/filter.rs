//! Looks through records with a filter, beside the window: several threads take pieces of the store from one queue and
//! hand back what they found. Dropping the [`FilterJob`] ends them at the next record, so a new filter can replace an old
//! one at every keystroke.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::wake::Wake;
use crate::model::filter::{Filter, FilterError, FilterKind, FilterSpec, Found, JQ_STACK_BYTES};
use crate::model::record_store::Piece;

/// Threads of one job; more would only take memory bandwidth from one another.
const MOST_THREADS: usize = 8;
/// Stack of a thread whose filter does not call itself.
const SMALL_STACK_BYTES: usize = 1_048_576;

/// What a job has to say.
#[derive(Debug)]
pub enum Finding {
    /// The expression was read; what is found from now on is found by this filter.
    Ready(Arc<Filter>),
    /// The expression cannot be used. Nothing follows.
    Refused(FilterError),
    /// What is shown of some items, in any order.
    Found(Found),
    /// The expression does not end. Nothing that follows is worth looking at.
    Stopped(FilterError),
}

/// A filter at work. It stops when this is dropped.
#[derive(Debug)]
pub struct FilterJob {
    spec: FilterSpec,
    queue: Arc<Queue>,
    findings: Receiver<Finding>,
    /// Items before this one have been put into the queue.
    asked_until: u64,
}

impl Drop for FilterJob {
    fn drop(&mut self) {
        self.queue.end();
    }
}

#[derive(Debug, Default)]
struct Queue {
    pieces: Mutex<VecDeque<Piece>>,
    has_more: Condvar,
    is_over: AtomicBool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Piece>> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Ends all threads. Said under the lock: one that has just looked must not begin to wait behind it.
    fn end(&self) {
        let _pieces = self.lock();
        self.is_over.store(true, Ordering::Relaxed);
        self.has_more.notify_all();
    }

    /// The next piece, waited for; `None` when the job is over.
    fn next(&self) -> Option<Piece> {
        let mut pieces = self.lock();
        loop {
            if self.is_over() {
                return None;
            }
            if let Some(piece) = pieces.pop_front() {
                return Some(piece);
            }
            pieces = self.has_more.wait(pieces).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl FilterJob {
    /// Reads the expression and waits for pieces. `wake` is called for everything there is to take.
    pub fn start(spec: FilterSpec, wake: Wake) -> Self {
        let (say, findings) = channel();
        let queue = Arc::new(Queue::default());
        let (kind, lead) = (spec.kind, Worker { queue: queue.clone(), say, wake });
        let asked = spec.clone();
        spawn(kind, move || lead.begin(&asked));
        Self { spec, queue, findings, asked_until: 0 }
    }

    /// What was asked for.
    pub fn spec(&self) -> &FilterSpec {
        &self.spec
    }

    /// Items before this one have been handed over.
    pub fn asked_until(&self) -> u64 {
        self.asked_until
    }

    /// Hands over what is to be looked through, in order.
    pub fn look_through(&mut self, pieces: Vec<Piece>) {
        let Some(last) = pieces.last() else { return };
        self.asked_until = last.end_id();
        self.queue.lock().extend(pieces);
        self.queue.has_more.notify_all();
    }

    /// The next thing it has to say, without waiting.
    pub fn next_finding(&self) -> Option<Finding> {
        self.findings.try_recv().ok()
    }
}

#[derive(Clone)]
struct Worker {
    queue: Arc<Queue>,
    say: Sender<Finding>,
    wake: Wake,
}

impl Worker {
    /// Reads the expression, brings the other threads up, and becomes one of them.
    fn begin(self, spec: &FilterSpec) {
        let filter = match Filter::compile(spec) {
            Ok(filter) => Arc::new(filter),
            Err(problem) => return self.tell(Finding::Refused(problem)),
        };
        self.tell(Finding::Ready(filter.clone()));
        for _ in 1..threads() {
            let (other, filter) = (self.clone(), filter.clone());
            spawn(spec.kind, move || other.work(&filter));
        }
        self.work(&filter);
    }

    fn work(&self, filter: &Filter) {
        while let Some(piece) = self.queue.next() {
            match Found::in_piece(filter, &piece, || !self.queue.is_over()) {
                Ok(Some(found)) => self.tell(Finding::Found(found)),
                Ok(None) => return,
                Err(problem) => {
                    // The others would run into the same; a tenth of a second each.
                    self.queue.end();
                    return self.tell(Finding::Stopped(problem));
                }
            }
        }
    }

    fn tell(&self, finding: Finding) {
        // Nobody listens any more where the job was replaced.
        if self.say.send(finding).is_ok() {
            self.wake.wake();
        }
    }
}

/// Threads of a job: as many as there are processors, and two at least, so that one long record does not hold all others.
fn threads() -> usize {
    thread::available_parallelism().map_or(2, NonZero::get).clamp(2, MOST_THREADS)
}

fn spawn(kind: FilterKind, work: impl FnOnce() + Send + 'static) {
    let stack = if kind == FilterKind::Jq { JQ_STACK_BYTES } else { SMALL_STACK_BYTES };
    // Where no thread can be had the filter finds nothing; those that run go on.
    if let Err(error) = thread::Builder::new().name("filter".to_owned()).stack_size(stack).spawn(work) {
        tracing::warn!("no thread for the filter: {error}");
    }
}

/// Runs work that evaluates any jq expression on a thread that has the stack for it, and waits.
///
/// # Errors
/// Where no thread can be had, or the work ended by a panic.
pub fn on_deep_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    let thread = thread::Builder::new().stack_size(JQ_STACK_BYTES).spawn(work).map_err(|error| error.to_string())?;
    thread.join().map_err(|_| "a thread of this program stopped".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::model::decode::{DecodeLimits, decode};
    use crate::model::ids::ShardId;
    use crate::model::record::RawRecord;
    use crate::model::tail::{Tail, TailItem};

    fn fill(tail: &mut Tail, numbers: std::ops::Range<usize>) {
        let shard = ShardId::from("shardId-000000000000");
        tail.ingest(numbers.map(|n| {
            let data = format!("{{\"n\":{n}}}").into_bytes();
            let (sequence_number, partition_key) = (n.to_string().as_str().into(), "k".into());
            let raw = RawRecord { sequence_number, partition_key, approximate_arrival: None, data };
            TailItem::Record(decode(raw, &shard, &DecodeLimits::default()).remove(0).into())
        }));
    }

    /// What a window does once a frame.
    fn turn(job: &mut FilterJob, tail: &mut Tail) {
        job.look_through(tail.store.pieces_from(job.asked_until()));
        while let Some(finding) = job.next_finding() {
            match finding {
                Finding::Ready(filter) => tail.begin_filter(filter),
                Finding::Refused(problem) => tail.fail_filter(job.spec().clone(), problem),
                Finding::Found(found) => tail.take_found(found),
                Finding::Stopped(problem) => tail.stop_filter(problem),
            }
        }
        tail.settle_filter(false);
    }

    fn until(job: &mut FilterJob, tail: &mut Tail, done: impl Fn(&Tail) -> bool) {
        let began = Instant::now();
        while !done(tail) {
            turn(job, tail);
            assert!(began.elapsed() < Duration::from_secs(30), "the filter did not come to an end");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn everything_is_found_once_and_new_records_as_they_come() {
        let mut tail = Tail::default();
        fill(&mut tail, 0..20_000);
        let mut job = FilterJob::start(FilterSpec::new(FilterKind::Jq, ".n % 10 == 0"), Wake::none());
        until(&mut job, &mut tail, |tail| tail.filter.as_ref().is_some_and(|index| index.len() == 2_000));
        fill(&mut tail, 20_000..20_100);
        until(&mut job, &mut tail, |tail| tail.visible_len() == 2_010);
        let index = tail.filter.as_ref().expect("a filter");
        assert_eq!((index.match_count(), index.remaining(&tail.store)), (2_010, 0));
        assert!(index.ids().eq((0..20_100).step_by(10)));
    }

    #[test]
    fn a_filter_is_replaced_at_every_keystroke_and_the_last_one_counts() {
        let mut tail = Tail::default();
        fill(&mut tail, 0..50_000);
        let expression = ".n >= 49990";
        let mut job = FilterJob::start(FilterSpec::default(), Wake::none());
        for end in 1..=expression.len() {
            job = FilterJob::start(FilterSpec::new(FilterKind::Jq, &expression[..end]), Wake::none());
            turn(&mut job, &mut tail);
        }
        until(&mut job, &mut tail, |tail| {
            tail.filter.as_ref().is_some_and(|index| index.filter().spec().text == expression && index.len() == 10)
        });
    }

    #[test]
    fn a_wrong_expression_leaves_what_was_shown_and_an_endless_one_stops() {
        let mut tail = Tail::default();
        fill(&mut tail, 0..1_000);
        tail.set_filter_text("\"n\":7");
        tail.advance_filter(10_000);
        let before = tail.visible_len();
        let mut job = FilterJob::start(FilterSpec::new(FilterKind::Jq, ".n =="), Wake::none());
        until(&mut job, &mut tail, |tail| tail.filter_problem.is_some());
        assert_eq!(tail.visible_len(), before);
        let mut job = FilterJob::start(FilterSpec::new(FilterKind::Jq, "last(range(infinite))"), Wake::none());
        until(&mut job, &mut tail, |tail| tail.filter.as_ref().is_some_and(|index| index.problem().is_some()));
        assert!(tail.filter_problem.is_none());
    }

    /// Expressions that would make, compare or print more than there is room or time for.
    const GREEDY: &[&str] = &[
        "[range(1e9)]",
        "\"x\" * 1000000000",
        "[limit(1e8; repeat(.))]",
        "[limit(1e8; repeat(\"xxxxxxxxxxxxxxxx\" * 1000))]",
        "reduce range(1e8) as $i (\"\"; . + \"xxxxxxxx\")",
        "reduce range(60) as $i (\"ab\"; . + .)",
        "reduce range(60) as $i ([1]; . + .)",
        "reduce range(1e6) as $i (2; . * .)",
        "reduce range(60) as $i (1; [., .]) | tojson",
        "reduce range(60) as $i (1; {a: ., b: .}) | \"\\(.)\"",
        "reduce range(60) as $i (1; {a: ., b: .}) | . * .",
        "reduce range(60) as $i (1; [., .]) | [..]",
        "reduce range(60) as $i (1; [., .]) | last(..)",
        "reduce range(60) as $i (1; [., .]) | tobytes",
        "reduce range(60) as $i (1; [., .]) | [.] | sort_by(..)",
        "reduce range(60) as $i (1; [., .]) | try (. - 1) catch length",
        "[range(2)] | reduce range(60) as $i (.; [., .]) as $a | $a == ($a | .[0] |= .)",
        "\"x\" * 10000000 | split(\"\")",
        "\"x\" * 10000000 | explode",
        "\"x\" * 10000000 | [match(\"\"; \"g\")]",
        "\"x\" * 1000000 | gsub(\"()()()()()()()()\"; \"y\")",
        "\"<\" * 10000000 | @html | @html",
        "\"[\" * 1000000 | fromjson",
        "\"[\" + (\"{},\" * 1000000) + \"1]\" | fromjson",
        "\"9\" * 1000000 | fromjson",
        "[range(1e4)] as $x | [range(1e5) | $x | .[0] = 1]",
        "[range(1e4)] as $x | [range(1e4) as $i | $x[$i:]]",
        "[range(1e4)] | [.[] as $x | .]| flatten",
        "def f: [., f]; f",
        "def f($x): f([$x, $x]); f(1)",
        "def f: (., .) | f; [f]",
        "[foreach range(1e9) as $i ([]; . + [$i]; .)]",
        ".. | .. | ..",
        "[.. | .. | ..]",
        "[paths] | combinations",
    ];

    /// Peak of this process, in KiB.
    fn peak_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or_default()
    }

    /// What the process is told that only looks for its peak.
    const IS_GREEDY: &str = "KINESCOPE_TEST_GREEDY";

    #[test]
    fn no_expression_takes_more_memory_than_it_may() {
        if std::env::var_os(IS_GREEDY).is_none() {
            let name = "tasks::filter::tests::no_expression_takes_more_memory_than_it_may";
            let mut alone = std::process::Command::new(std::env::current_exe().expect("this program"));
            let output = alone.args(["--exact", name, "--nocapture"]).env(IS_GREEDY, "1").output().expect("it runs");
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
            return println!("{said}");
        }
        let wide: Vec<u8> = serde_json::to_vec(&serde_json::json!({ "items": vec![[1, 2, 3]; 2_000] })).expect("JSON");
        let before = peak_kib();
        for expression in GREEDY {
            let (data, began) = (wide.clone(), Instant::now());
            let outcome = on_deep_stack(move || {
                let filter =
                    Filter::compile(&FilterSpec::new(FilterKind::Jq, *expression)).map_err(|e| e.to_string())?;
                let raw = RawRecord {
                    sequence_number: "1".into(),
                    partition_key: "k".into(),
                    approximate_arrival: None,
                    data,
                };
                let record = decode(raw, &ShardId::from("shard"), &DecodeLimits::default()).remove(0);
                filter.judge(&record).map_err(|problem| problem.to_string())
            });
            let (took, peak) = (began.elapsed(), peak_kib() - before);
            println!("{peak:>8} KiB {:>6} ms {expression}: {outcome:?}", took.as_millis());
            assert!(outcome.is_ok(), "{expression} ended its thread");
            assert!(took < Duration::from_secs(20), "{expression} took {took:?}");
            // Three times the room of its values: what a list that grows may take while it is copied.
            assert!(peak < 3 * 64 * 1_024, "{expression} took {peak} KiB");
        }
    }
}
