//! The periods of CloudWatch that are known, so that none is paid for twice: in memory while they are looked at, complete
//! ones in a file across restarts.
//!
//! - [`chunk`], [`codec`]: sixteen periods of one stream, and how they are stored.
//! - [`plan`]: which calls bring what is missing.
//! - [`book`]: the chunks in memory.
//! - [`shelf`]: the file, and what becomes of a damaged one.
//! - [`fetch`]: the way to CloudWatch.
//!
//! Kept in the file: complete periods (see [`chunk`]) of streams of AWS whose account is known. Nothing of the demo and of
//! other endpoints, on this machine or elsewhere, is kept: another server may answer there tomorrow under the same name.
//! Rows are written by a thread of its own, at most [`REST`] after they came; that much a program that is killed can lose.

pub mod book;
pub mod chunk;
pub mod codec;
pub mod fetch;
pub mod plan;
pub mod shelf;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::clock::Clock;
use crate::model::ids::StreamName;
use crate::model::metrics::{StreamMetrics, Window};
use crate::model::time::{Millis, Timestamp};
use book::{Asked, Book, Call, ChunkKey, Place, Wish};
use shelf::{Fault, Keep, Shelf};

/// How long answers are gathered before they are written: those of one refresh become one transaction.
pub const REST: Duration = Duration::from_millis(1_500);
/// How often old rows are looked for while nothing is written anyway.
const PRUNE_EVERY: Millis = Millis::from_mins(60);

/// What is known of the past. All clones are one.
#[derive(Clone)]
pub struct Minutes(Arc<Handle>);

struct Handle {
    inner: Arc<Inner>,
    messages: Option<Sender<Message>>,
    writer: Option<JoinHandle<()>>,
}

struct Inner {
    book: Mutex<Book>,
    /// Set once the file was opened, or could not be.
    shelf: OnceLock<Option<Shelf>>,
    /// The file failed while it was in use: it is left alone from then on.
    is_broken: AtomicBool,
    notes: Mutex<Vec<String>>,
    /// Who plans and asks: one at a time, so that nothing is asked twice.
    turn: tokio::sync::Mutex<()>,
    path: PathBuf,
}

enum Message {
    /// There is something to write.
    Dirty,
    /// The connection is left.
    ForgetUnkept,
}

impl std::fmt::Debug for Minutes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Minutes").field("path", &self.0.inner.path).finish_non_exhaustive()
    }
}

impl Drop for Handle {
    /// Waits until everything is written.
    fn drop(&mut self) {
        self.messages = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Minutes {
    /// Keeps nothing across restarts.
    pub fn in_memory() -> Self {
        let inner = Inner::new(PathBuf::new());
        let _ = inner.shelf.set(None);
        Self(Arc::new(Handle { inner: Arc::new(inner), messages: None, writer: None }))
    }

    /// Keeps complete periods in this file. Returns at once: the file is opened in the background, and what goes wrong with
    /// it is told by [`Minutes::take_note`].
    pub fn open(path: PathBuf, keep: Keep, clock: Clock) -> Self {
        let inner = Arc::new(Inner::new(path));
        let (messages, receiver) = channel();
        let shared = inner.clone();
        let writer = std::thread::Builder::new().name("minutes".to_owned()).spawn(move || {
            shared.open(keep, &clock);
            shared.write_until_left(&receiver, &clock);
        });
        match writer {
            Ok(writer) => Self(Arc::new(Handle { inner, messages: Some(messages), writer: Some(writer) })),
            Err(err) => {
                let _ = inner.shelf.set(None);
                inner.note(format!("Past figures are kept in memory only: no thread could be started ({err})."));
                Self(Arc::new(Handle { inner, messages: None, writer: None }))
            }
        }
    }

    /// Something the person should know about the file, once.
    pub fn take_note(&self) -> Option<String> {
        lock(&self.0.inner.notes).pop()
    }

    /// Forgets what belongs to endpoints of which nothing is kept. Does not wait.
    pub fn forget_unkept(&self) {
        match &self.0.messages {
            Some(messages) => {
                let _ = messages.send(Message::ForgetUnkept);
            }
            None => lock(&self.0.inner.book).forget_unkept(),
        }
    }

    /// Reads from the file what these wishes need. Waits for the disk: not for the thread of the window.
    pub fn load(&self, place: &Place, wishes: &[Wish], window: Window) {
        let inner = &self.0.inner;
        let absent = {
            let mut book = lock(&inner.book);
            book.begin(place, wishes, window);
            book.absent(place, wishes, window)
        };
        if !place.is_kept() || absent.is_empty() {
            return;
        }
        let rows = inner.with_shelf(|shelf| shelf.read(&absent)).unwrap_or_default();
        let stored: Vec<(ChunkKey, Vec<u8>)> =
            absent.into_iter().zip(rows).filter_map(|(key, row)| Some((key, row?))).collect();
        // A day of a large stream is some 20 MB of figures: every core takes a part of it.
        let share = stored.len().div_ceil(std::thread::available_parallelism().map_or(1, usize::from)).max(4);
        std::thread::scope(|scope| {
            for part in stored.chunks(share) {
                scope.spawn(move || {
                    for (key, row) in part {
                        if let Some(chunk) = codec::decode(row) {
                            lock(&inner.book).add(key.clone(), chunk);
                        }
                    }
                });
            }
        });
    }

    /// The calls that bring what these wishes miss, once [`Minutes::load`] was called. Young figures from `horizon` on
    /// are good enough.
    pub fn plan(&self, place: &Place, wishes: &[Wish], window: Window, horizon: Timestamp) -> Vec<Call> {
        lock(&self.0.inner.book).plan(place, wishes, window, horizon)
    }

    /// Takes the answers to a call in; complete periods are soon written.
    pub fn record(&self, place: &Place, call: &Call, answers: &[crate::aws::MetricPoints], asked: Asked) {
        let is_dirty = lock(&self.0.inner.book).record(place, call, answers, asked);
        if let (true, Some(messages)) = (is_dirty, &self.0.messages) {
            let _ = messages.send(Message::Dirty);
        }
    }

    /// What is known of these wishes.
    pub fn figures(
        &self,
        place: &Place,
        wishes: &[Wish],
        window: Window,
        now: Timestamp,
    ) -> std::collections::BTreeMap<StreamName, StreamMetrics> {
        lock(&self.0.inner.book).figures(place, wishes, window, now)
    }

    /// Waits until nobody else plans and asks.
    async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.inner.turn.lock().await
    }
}

impl Inner {
    fn new(path: PathBuf) -> Self {
        Self {
            book: Mutex::default(),
            shelf: OnceLock::new(),
            is_broken: AtomicBool::new(false),
            notes: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            path,
        }
    }

    fn note(&self, note: String) {
        tracing::warn!("{note}");
        lock(&self.notes).push(note);
    }

    fn open(&self, keep: Keep, clock: &Clock) {
        let opened = Shelf::open(&self.path, keep, clock.now());
        if let Some(note) = opened.note {
            self.note(note);
        }
        let _ = self.shelf.set(opened.shelf);
    }

    /// Works on the file where there is one, once it is open. The first failure is the last: it is told, and the file left
    /// alone.
    fn with_shelf<T>(&self, work: impl FnOnce(&Shelf) -> Result<T, Fault>) -> Option<T> {
        let shelf = self.shelf.wait().as_ref()?;
        if self.is_broken.load(Ordering::Acquire) {
            return None;
        }
        match work(shelf) {
            Ok(done) => Some(done),
            Err(fault) => {
                if !self.is_broken.swap(true, Ordering::AcqRel) {
                    self.note(shelf::note_of(&self.path, &fault));
                }
                None
            }
        }
    }

    /// Writes what comes until the last handle is gone, then what is left.
    fn write_until_left(&self, messages: &Receiver<Message>, clock: &Clock) {
        let mut pruned_at = clock.now();
        loop {
            let message = messages.recv_timeout(Duration::from_millis(PRUNE_EVERY.0.unsigned_abs()));
            let is_left = match message {
                Ok(Message::Dirty) => self.gather(messages),
                Ok(Message::ForgetUnkept) => {
                    lock(&self.book).forget_unkept();
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => true,
            };
            let now = clock.now();
            if self.write_dirty(now) {
                pruned_at = now;
            } else if pruned_at.age_at(now) >= PRUNE_EVERY {
                self.with_shelf(|shelf| shelf.prune(now));
                pruned_at = now;
            }
            if is_left {
                return;
            }
        }
    }

    /// Lets more come for a while. Whether the last handle is gone.
    fn gather(&self, messages: &Receiver<Message>) -> bool {
        let until = Instant::now() + REST;
        loop {
            match messages.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Message::Dirty) => {}
                Ok(Message::ForgetUnkept) => lock(&self.book).forget_unkept(),
                Err(RecvTimeoutError::Timeout) => return false,
                Err(RecvTimeoutError::Disconnected) => return true,
            }
        }
    }

    /// Writes what is new. Whether there was something.
    fn write_dirty(&self, now: Timestamp) -> bool {
        let dirty = lock(&self.book).take_dirty();
        // One chunk at a time, and compressed outside the lock: whoever wants to read waits for no more than a copy.
        let rows: Vec<(ChunkKey, Vec<u8>)> = dirty
            .into_iter()
            .filter_map(|key| {
                let chunk = lock(&self.book).chunk(&key).cloned()?;
                Some((key, codec::encode(&chunk)))
            })
            .collect();
        if rows.is_empty() {
            return false;
        }
        self.with_shelf(|shelf| shelf.write(&rows, now)).is_some()
    }
}
