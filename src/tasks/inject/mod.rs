//! Sends records: packs them by the limits of `PutRecords`, sends only what was refused again, and keeps for each record
//! what became of it.

pub mod batch;
pub mod deliver;
mod feed;
pub mod file;
pub mod generate;
pub mod journal;
mod queue;
mod retry;
pub mod save;

use tokio::sync::{mpsc, watch};

pub use deliver::Options;
pub use retry::Retry;

use super::clock::Clock;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::batch::Pace;
use crate::model::ids::StreamName;
use crate::model::time::Millis;
use crate::model::writes::{InjectRow, InjectRun, PutEntry};
use deliver::{Control, End, Ended, Follow, Item, Target, deliver};
use journal::{Logged, RunLog};

/// How a few records are sent: one call at a time, so that records that are taken at the first try stay in order.
pub const FEW: Options = Options { retry: Retry::FEW, calls: 1, keeps_order: false, pace: Pace::Full };

/// Sends `entries` and publishes the run after each call; what becomes of them is written down in `log`. Records of one call that were refused may be overtaken; a single
/// record is always in order with itself.
///
/// Cost: one `PutRecords` a 500 records or 10 MiB, and further ones for what was refused.
pub async fn run(
    target: &Target,
    entries: &[PutEntry],
    options: Options,
    clock: &Clock,
    progress: &watch::Sender<InjectRun>,
    log: Option<RunLog>,
) {
    let (sender, source) = mpsc::channel(1);
    let numbered = |(number, entry): (usize, &PutEntry)| Item { number: number as u64, entry: entry.clone() };
    // There is room for one, and nobody else sends.
    let _ = sender.try_send(entries.iter().enumerate().map(numbered).collect());
    drop(sender);
    let mut rows = Logged { inner: Rows { progress }, log };
    let end = deliver(target, source, options, &Control::default(), clock, &mut rows).await;
    rows.finish();
    progress.send_modify(|run| {
        if let End::Failed(problem) = end {
            let words = format!("It was not sent, since a call before it failed. {}", problem.sentence);
            for row in run.rows.iter_mut().filter(|row| row.outcome.is_none()) {
                row.outcome = Some(Err(Problem::new(ProblemKind::Cancelled, words.clone())));
            }
        }
        run.is_done = true;
    });
}

/// A run of which nothing was sent yet.
pub fn prepared(stream: StreamName, entries: &[PutEntry], clock: &Clock) -> InjectRun {
    let row = |entry: &PutEntry| InjectRow {
        partition_key: entry.partition_key.clone(),
        explicit_hash_key: entry.explicit_hash_key,
        waits: Vec::new(),
        outcome: None,
        took: Millis(0),
    };
    InjectRun { stream, started: clock.now(), rows: entries.iter().map(row).collect(), is_done: false }
}

/// Notes what became of each record in its row.
struct Rows<'a> {
    progress: &'a watch::Sender<InjectRun>,
}

impl Rows<'_> {
    fn change(&self, number: u64, change: impl FnOnce(&mut InjectRow)) {
        self.progress.send_modify(|run| {
            if let Some(row) = usize::try_from(number).ok().and_then(|at| run.rows.get_mut(at)) {
                change(row);
            }
        });
    }
}

impl Follow for Rows<'_> {
    fn waits(&mut self, number: u64, _entry: &PutEntry, wait: Millis) {
        self.change(number, |row| row.waits.push(wait));
    }

    fn ended(&mut self, ended: Ended) {
        self.change(ended.number, |row| (row.outcome, row.took) = (Some(ended.outcome), ended.took));
    }
}

#[cfg(test)]
mod tests;
