//! Makes records by a plan and sends them at its pace; stops by itself at the bounds that were set. How it goes is
//! published a few times a second.

mod book;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::batch::Means;
use super::deliver::{Control, Item, Options, deliver};
use super::journal::{Logged, RunLog};
use super::retry::Retry;
use crate::model::batch::Pace;
use crate::model::generator::keys::Keys;
use crate::model::generator::run::GeneratorRun;
use crate::model::generator::schedule::Dole;
use crate::model::generator::{BusyShard, GeneratorSpec};
use crate::model::ids::PartitionKey;
use crate::model::template::{Roll, Template};
use crate::model::unfinished::{Account, Numbers};
use crate::model::writes::PutEntry;
use crate::tasks::clock::Clock;
use book::{Book, Signals};

/// How often records are made: short enough that a second holds many small calls and no burst.
const TICK: Duration = Duration::from_millis(25);
/// Calls at a time.
const CALLS: usize = 16;
/// Records that are handed over together at most; between two of these, a stop is noticed.
const CHUNK: usize = 500;

/// A run at work, or the last one. Dropping it stops it.
#[derive(Debug)]
pub struct GeneratorJob {
    stop: Control,
    signals: Signals,
    progress: watch::Receiver<Arc<GeneratorRun>>,
}

impl Drop for GeneratorJob {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

/// Where a run begins among the records of its plan.
#[derive(Clone, Debug, Default)]
pub struct Begin {
    /// Made first: records before `from` that are not in the stream, nor may be.
    pub gaps: Numbers,
    /// The number of the first record behind these.
    pub from: u64,
}

impl Begin {
    /// Behind what a run that was cut off sent, or may have sent.
    pub fn behind(account: &Account) -> Self {
        Self { gaps: account.gaps(), from: account.next() }
    }

    /// Records that need not be made.
    fn made(&self) -> u64 {
        self.from.saturating_sub(self.gaps.len())
    }
}

/// A plan that can be carried out.
#[derive(Debug)]
struct Ready {
    spec: GeneratorSpec,
    template: Template,
    keys: Keys,
    max_record_bytes: usize,
    begin: Begin,
}

impl GeneratorJob {
    /// Begins to send to the open shards, of which each already takes what is known of it; what `begin` leaves behind is not
    /// made, and the schedule is that much shorter. Sizes are in bytes: the largest
    /// record that the stream takes, and the mean of those that are made. What becomes of records is written down in `log`.
    ///
    /// # Errors
    /// Why the plan cannot be carried out; nothing was sent then.
    pub fn start(
        means: Means,
        spec: GeneratorSpec,
        shards: Vec<BusyShard>,
        (max_record_bytes, mean_record_bytes): (usize, f64),
        (begin, log): (Begin, Option<RunLog>),
    ) -> Result<Self, String> {
        let schedule = spec.schedule.rest(begin.made(), mean_record_bytes);
        let spec = GeneratorSpec { schedule, ..spec };
        let template = spec.template().map_err(|error| format!("Template, {error}."))?;
        let keys = Keys::new(&spec.keys)?;
        let Means { handle, target, clock, wake } = means;
        let run = book::prepared(&target.stream, &spec, shards, mean_record_bytes, clock.now());
        let (publish, progress) = watch::channel(Arc::new(run.clone()));
        let (stop, signals) = (Control::default(), Signals::default());
        let book = Book::new(run, spec.stops, publish, wake, stop.clone(), signals.clone());
        let (sender, source) = mpsc::channel(2);
        // Records of one key stay in order where their template is a chain.
        let keeps_order = template.chain() > 1;
        let options = Options { retry: Retry::FEW, calls: CALLS, keeps_order, pace: Pace::Full };
        let ready = Ready { spec, template, keys, max_record_bytes, begin };
        let (token, told) = (stop.clone(), signals.clone());
        let making = {
            let (stop, clock) = (stop.clone(), clock.clone());
            handle.spawn(async move { make(&ready, &sender, &stop, &told, &clock).await })
        };
        handle.spawn(async move {
            let mut logged = Logged { inner: book, log };
            let end = deliver(&target, source, options, &token, &clock, &mut logged).await;
            let mut book = logged.finish();
            let fault = making.await.unwrap_or_else(|_| Err("The records could not be made.".to_owned())).err();
            book.finish(end, fault, clock.now());
        });
        Ok(Self { stop, signals, progress })
    }

    /// How it goes.
    pub fn run(&self) -> Arc<GeneratorRun> {
        self.progress.borrow().clone()
    }

    /// How it goes, where that is news.
    pub fn news(&mut self) -> Option<Arc<GeneratorRun>> {
        let latest = self.progress.borrow_and_update();
        latest.has_changed().then(|| latest.clone())
    }

    /// Begins no more calls, at once.
    pub fn stop(&self) {
        self.stop.stop();
    }

    /// Begins no more calls, for a reason that is not the person's wish of this moment.
    pub fn stop_since(&self, why: &str) {
        self.signals.bound(why.to_owned());
        self.stop.stop();
    }
}

/// Makes records as they are due, until the schedule is over or nobody takes them.
async fn make(
    ready: &Ready,
    sender: &mpsc::Sender<Vec<Item>>,
    stop: &Control,
    signals: &Signals,
    clock: &Clock,
) -> Result<(), String> {
    let began = Instant::now();
    let mut dole = Dole::new(ready.spec.schedule);
    let mut numbers = ready.begin.gaps.ranges().flatten().chain(ready.begin.from..);
    let mut ticks = interval(TICK);
    // After a stall the schedule itself says what is still due.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.stopped() => return Ok(()),
        }
        let elapsed = began.elapsed().as_secs_f64();
        let goes_on = dole.look(elapsed);
        while dole.is_due(elapsed) {
            let mut items = Vec::new();
            while items.len() < CHUNK && dole.is_due(elapsed) {
                let number = numbers.next().ok_or("There are no more numbers for records.")?;
                let item = ready.item(number, clock)?;
                dole.made(item.entry.size_bytes());
                items.push(item);
            }
            signals.made(dole.records(), dole.missed() / ready.spec.schedule.rate.per_sec().max(1e-9));
            tokio::select! {
                sent = sender.send(items) => if sent.is_err() { return Ok(()) },
                () = stop.stopped() => return Ok(()),
            }
        }
        if !goes_on {
            return Ok(());
        }
    }
}

impl Ready {
    /// The record of a number. The records of a chain share a draw of their key.
    fn item(&self, number: u64, clock: &Clock) -> Result<Item, String> {
        let (seed, chain) = (self.spec.seed, self.template.chain().max(1) as u64);
        let drawn = self.keys.draw(seed, number / chain);
        let roll = Roll { seed, number, now: clock.now(), partition_key: &drawn.key, rank: drawn.rank };
        let data = self.template.render(&roll).into_bytes();
        let entry = PutEntry { partition_key: PartitionKey::from(drawn.key.as_str()), explicit_hash_key: None, data };
        let wrapped = self.spec.wrap.wrap(vec![entry], self.max_record_bytes).pop();
        let entry = wrapped.ok_or("The record could not be packed.")?;
        entry.check(self.max_record_bytes).map_err(|fault| format!("Record {}: {fault}", number + 1))?;
        Ok(Item { number, entry })
    }
}
