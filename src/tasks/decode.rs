//! Decodes records that are kept once more, as something else, beside the window.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use super::wake::Wake;
use crate::model::decode::{DecodeAs, DecodeLimits, decode_again};
use crate::model::record_store::Piece;
use crate::model::tail::TailItem;

/// Records on their way to another decoding. It stops when this is dropped.
#[derive(Debug)]
pub struct DecodeJob {
    done: Receiver<(Piece, Vec<TailItem>)>,
    is_over: Arc<AtomicBool>,
}

impl Drop for DecodeJob {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

impl DecodeJob {
    /// Begins with the newest piece: that is what is looked at.
    pub fn start(pieces: Vec<Piece>, decode_as: DecodeAs, wake: Wake) -> Self {
        let (say, done) = channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let stop = is_over.clone();
        let limits = DecodeLimits { decode_as, ..DecodeLimits::default() };
        let spawned = thread::Builder::new().name("decode".to_owned()).spawn(move || {
            for piece in pieces.into_iter().rev() {
                let mut items = Vec::new();
                for (_, item) in piece.iter() {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    items.push(again(item, &limits));
                }
                if say.send((piece, items)).is_err() {
                    return;
                }
                wake.wake();
            }
            // The end is noticed in a frame of its own.
            drop(say);
            wake.wake();
        });
        if let Err(error) = spawned {
            tracing::warn!("no thread to decode with: {error}");
        }
        Self { done, is_over }
    }

    /// The next piece with its items decoded; `Err` at the end.
    ///
    /// # Errors
    /// Where all pieces have been handed out.
    pub fn next_piece(&self) -> Result<Option<(Piece, Vec<TailItem>)>, AllDone> {
        match self.done.try_recv() {
            Ok(piece) => Ok(Some(piece)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(AllDone),
        }
    }
}

/// There is no further piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllDone;

fn again(item: &TailItem, limits: &DecodeLimits) -> TailItem {
    match item {
        TailItem::Record(record) => TailItem::Record(decode_again(record, limits).into()),
        notice => notice.clone(),
    }
}
