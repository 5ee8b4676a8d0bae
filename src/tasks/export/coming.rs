//! Records that are still to come, on their way from the window to the thread that writes them. Where the disk is slower
//! than the stream, the window is told to take no more from the tail, which then reads more slowly: memory stays bounded.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::model::filter::{Filter, FilterSpec};
use crate::model::mask::Masks;
use crate::model::record::Record;
use crate::model::record_store::Piece;

/// From so many waiting items on no more are taken from the tail.
const BACKLOG_ITEMS: usize = 50_000;

/// What waits to be written.
#[derive(Debug, Default)]
pub(super) struct Feed {
    pieces: Mutex<(VecDeque<Piece>, usize)>,
    has_more: Condvar,
    /// Nothing more comes.
    is_closed: AtomicBool,
}

fn items_of(piece: &Piece) -> usize {
    usize::try_from(piece.end_id().saturating_sub(piece.from_id())).unwrap_or(usize::MAX)
}

impl Feed {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<Piece>, usize)> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn extend(&self, pieces: Vec<Piece>) {
        let mut waiting = self.lock();
        waiting.1 += pieces.iter().map(items_of).sum::<usize>();
        waiting.0.extend(pieces);
        self.has_more.notify_one();
    }

    pub(super) fn close(&self) {
        let _waiting = self.lock();
        self.is_closed.store(true, Ordering::Relaxed);
        self.has_more.notify_one();
    }

    pub(super) fn is_behind(&self) -> bool {
        self.lock().1 >= BACKLOG_ITEMS
    }

    /// The next piece, waited for; `None` when there are no more.
    fn next(&self) -> Option<Piece> {
        let mut waiting = self.lock();
        loop {
            if let Some(piece) = waiting.0.pop_front() {
                waiting.1 = waiting.1.saturating_sub(items_of(&piece));
                return Some(piece);
            }
            if self.is_closed.load(Ordering::Relaxed) {
                return None;
            }
            waiting = self.has_more.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Which of the records to come are written, and how they may be seen.
#[derive(Clone, Debug, Default)]
pub struct Coming {
    /// Only what passes; `None` is all.
    pub filter: Option<FilterSpec>,
    /// What must not be seen.
    pub masks: Masks,
}

impl Coming {
    /// Hands every record on until the feed is closed.
    pub(super) fn each(&self, feed: &Feed, mut take: impl FnMut(&Record) -> io::Result<()>) -> io::Result<()> {
        let failed = |error: crate::model::filter::FilterError| io::Error::other(format!("the filter failed: {error}"));
        let filter = self.filter.as_ref().map(Filter::compile).transpose().map_err(failed)?;
        while let Some(piece) = feed.next() {
            for record in piece.iter().filter_map(|(_, item)| item.record()) {
                let is_wanted = match &filter {
                    Some(filter) => filter.judge(record).map_err(failed)?.is_shown(),
                    None => true,
                };
                if is_wanted {
                    take(&self.masks.apply(record))?;
                }
            }
        }
        Ok(())
    }
}
