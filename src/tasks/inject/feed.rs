//! Hands the records of a file over to a delivery: in the order of the file, spaced as its times say where that was asked
//! for, and with the shards spared that would be filled.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::deliver::{Control, Item};
use super::file::{PIECE_BYTES, open, read};
use crate::model::batch::interpret::{Interpreted, Interpreter};
use crate::model::batch::load::{OverChoice, Spared};
use crate::model::batch::split::{Raw, Splitter};
use crate::model::batch::times::Spacing;
use crate::model::batch::{BatchWish, Landing, Pace};
use crate::model::hash_range::HashKey;
use crate::model::ids::ShardId;
use crate::model::limits::PUT_RECORDS_MAX_ENTRIES;
use crate::model::results::Results;
use crate::model::time::Millis;
use crate::model::unfinished::Numbers;
use crate::model::writes::PutEntry;

/// Records are handed over by so many bytes.
const CHUNK_BYTES: usize = 4 * 1_048_576;
/// Records that are due within this time leave together.
const TOGETHER: Duration = Duration::from_millis(5);

/// The results of a run, shared by those who tell them.
pub(super) type SharedResults = Arc<Mutex<Results>>;

/// The results, whoever has them.
pub(super) fn lock(results: &SharedResults) -> std::sync::MutexGuard<'_, Results> {
    results.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What of a file is sent.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) wish: BatchWish,
    /// Decides the shard of every record instead of its key.
    pub(super) hash_key: Option<HashKey>,
    /// Records that are not sent again.
    pub(super) settled: Numbers,
    /// Records are numbered from 0 on instead of by their line or element.
    pub(super) is_numbered_by_record: bool,
}

impl Source {
    /// All of it.
    pub(super) fn whole(wish: BatchWish) -> Self {
        Self { wish, hash_key: None, settled: Numbers::default(), is_numbered_by_record: false }
    }
}

/// Records that were left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Since they cannot be sent.
    pub(super) invalid: u64,
    /// Since their shard would have been filled.
    pub(super) spared: u64,
}

/// Where records are handed over to, and who else is told.
pub(super) struct Feeder<'a> {
    pub(super) items: &'a mpsc::Sender<Vec<Item>>,
    /// What was left out is told here.
    pub(super) results: Option<&'a SharedResults>,
    /// Holds records back until they are due; without one, all are due at once.
    pub(super) gate: Option<Gate>,
}

/// Lets time pass until something is due. A run that is held stands still, and its time with it.
#[derive(Debug)]
pub(super) struct Gate {
    handle: Handle,
    control: Control,
    began: Instant,
    held: Duration,
}

impl Gate {
    /// Time begins to pass.
    pub(super) fn new(handle: Handle, control: Control) -> Self {
        Self { handle, control, began: Instant::now(), held: Duration::ZERO }
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed().saturating_sub(self.held)
    }

    /// Waits until then, counted from the beginning; false where the run was stopped.
    fn wait(&mut self, due: Duration) -> bool {
        let (control, handle) = (self.control.clone(), self.handle.clone());
        let mut pauses = control.pauses();
        while !control.is_stopped() {
            let is_held = *pauses.borrow_and_update();
            if !is_held && self.elapsed() >= due {
                return true;
            }
            let since = Instant::now();
            let at = self.began.checked_add(due + self.held);
            handle.block_on(async {
                tokio::select! {
                    () = async { if let Some(at) = at { sleep_until(at).await } }, if !is_held && at.is_some() => {}
                    () = control.stopped() => {}
                    // The sender lives as long as the control.
                    _ = pauses.changed() => {}
                }
            });
            if is_held {
                self.held += since.elapsed();
            }
        }
        false
    }
}

/// Hands the records of a file over, and says how many were left out.
///
/// # Errors
/// Why it ended before the end of the file.
pub(super) fn send(source: &Source, landing: Landing, to: Feeder<'_>) -> Result<LeftOut, String> {
    let lasts = source.wish.spared.as_ref().filter(|spared| spared.choice == OverChoice::Last);
    let passes: &[Pass] = if lasts.is_some() { &[Pass::Others, Pass::Spared] } else { &[Pass::All] };
    let mut chunk = Chunk {
        source,
        landing: &landing,
        to,
        held: Vec::new(),
        bytes: 0,
        read: 0,
        left_out: LeftOut::default(),
        fault: None,
        is_wanted: true,
        pass: Pass::All,
        spacing: Spacing::default(),
        room_from: None,
        filled: Millis(0),
    };
    // Random keys are the same in each pass: a record must not be on another shard in the second.
    let seed = fastrand::u64(..);
    for pass in passes {
        (chunk.pass, chunk.read) = (*pass, 0);
        chunk.read_file(seed)?;
        if !chunk.is_wanted {
            break;
        }
    }
    Ok(chunk.left_out)
}

/// What is handed over while the file is read once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    All,
    /// All but those of spared shards.
    Others,
    /// Those of spared shards.
    Spared,
}

struct Chunk<'a> {
    source: &'a Source,
    landing: &'a Landing,
    to: Feeder<'a>,
    held: Vec<Item>,
    bytes: usize,
    /// Records so far, those that cannot be sent among them.
    read: u64,
    left_out: LeftOut,
    fault: Option<String>,
    is_wanted: bool,
    pass: Pass,
    spacing: Spacing,
    /// When the records of spared shards began to leave.
    room_from: Option<Duration>,
    /// How long those that left fill their shards.
    filled: Millis,
}

impl Chunk<'_> {
    fn read_file(&mut self, seed: u64) -> Result<(), String> {
        let wish = &self.source.wish;
        let path = &wish.spec.path;
        let (mut file, stamp) = open(path)?;
        if stamp != wish.stamp {
            let sent = if self.pass == Pass::Spared { "the rest" } else { "nothing of it" };
            return Err(format!("{path} has changed since it was looked at: {sent} was not sent. Look at it again."));
        }
        let mut keys = fastrand::Rng::with_seed(seed);
        let draw = Box::new(move || keys.u128(..));
        let mut interpreter = Interpreter::new(wish.format, &wish.spec.key, self.landing.clone(), draw)?;
        if let (Pace::InFile(_), Some(time)) = (wish.pace, &wish.spec.time) {
            interpreter = interpreter.with_times(time)?;
        }
        let mut splitter = Splitter::new(wish.format);
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let length = read(&mut file, &mut piece, path)?;
            let bytes = piece.get(..length).unwrap_or_default();
            let mut take = |raw: Raw<'_>| self.take(raw, &mut interpreter);
            let fed = if length == 0 { splitter.finish(&mut take) } else { splitter.feed(bytes, &mut take) };
            if length == 0 || fed.is_err() || !self.goes_on() {
                self.hand_over();
                fed?;
                return self.fault.take().map_or(Ok(()), Err);
            }
        }
    }

    fn goes_on(&self) -> bool {
        self.is_wanted && self.fault.is_none()
    }

    fn take(&mut self, raw: Raw<'_>, interpreter: &mut Interpreter) {
        if !self.goes_on() {
            return;
        }
        let interpreted = interpreter.read(raw);
        let number = if self.source.is_numbered_by_record { self.read } else { raw.number };
        self.read += u64::from(!matches!(interpreted, Ok(None)));
        match interpreted {
            Ok(None) => {}
            Ok(Some(_)) if self.source.settled.contains(number) => {}
            Ok(Some(mut one)) => {
                one.entry.explicit_hash_key = self.source.hash_key.or(one.entry.explicit_hash_key);
                self.one(number, one, interpreter);
            }
            Err(reason) if self.source.wish.skips_invalid => {
                // Told once, however often the file is read.
                if self.pass != Pass::Spared {
                    self.left_out.invalid += 1;
                    self.skipped(number, None, None, &reason);
                }
            }
            Err(reason) => self.fault = Some(format!("Line {}: {reason}. The rest was not sent.", raw.number)),
        }
    }

    fn one(&mut self, number: u64, one: Interpreted, interpreter: &Interpreter) {
        let room = self.source.wish.spared.as_ref().and_then(|spared| {
            let (shard, _) = self.landing.shards.get(interpreter.shard_of(&one.entry)?)?;
            spared.room(shard).map(|room| (shard, room))
        });
        match (self.pass, room) {
            (Pass::All, Some((shard, _))) => {
                self.left_out.spared += 1;
                self.skipped(number, Some(&one.entry), Some(shard), Spared::REASON);
                return;
            }
            (Pass::Others, Some(_)) | (Pass::Spared, None) => return,
            _ => {}
        }
        if !self.is_due(&one, room.map(|(_, room)| room)) {
            self.is_wanted = false;
            return;
        }
        self.bytes += one.entry.size_bytes();
        self.held.push(Item { number, entry: one.entry });
        if self.held.len() >= PUT_RECORDS_MAX_ENTRIES || self.bytes >= CHUNK_BYTES {
            self.hand_over();
        }
    }

    /// Waits until a record is due, where it is not: what is before it leaves meanwhile. False where the run was stopped.
    fn is_due(&mut self, one: &Interpreted, room: Option<f64>) -> bool {
        let Some(gate) = &self.to.gate else { return true };
        let due = match (room, self.source.wish.pace) {
            (Some(room), _) => {
                let from = *self.room_from.get_or_insert_with(|| gate.elapsed());
                let due = from + duration(self.filled, 1);
                self.filled = Millis(self.filled.0.saturating_add(Spared::cost(one.entry.size_bytes(), room).0));
                due
            }
            (None, Pace::InFile(speed)) => {
                let at = one.at.as_ref().and_then(|at| at.as_ref().ok()).copied();
                duration(self.spacing.place(at).0, speed)
            }
            _ => return true,
        };
        if due <= gate.elapsed() + TOGETHER {
            return true;
        }
        self.hand_over();
        self.to.gate.as_mut().is_none_or(|gate| gate.wait(due))
    }

    fn skipped(&self, number: u64, entry: Option<&PutEntry>, shard: Option<&ShardId>, reason: &str) {
        if let Some(results) = self.to.results {
            lock(results).skipped(number, entry.map(|entry| &entry.partition_key), shard, reason);
        }
    }

    fn hand_over(&mut self) {
        self.bytes = 0;
        if !self.held.is_empty() {
            self.is_wanted &= self.to.items.blocking_send(std::mem::take(&mut self.held)).is_ok();
        }
    }
}

fn duration(span: Millis, speed: u16) -> Duration {
    Duration::from_millis(u64::try_from(span.0).unwrap_or_default()) / u32::from(speed.max(1))
}
