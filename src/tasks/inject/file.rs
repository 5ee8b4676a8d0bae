//! Reads a file of records piece by piece on a thread of its own: once to look at it, once to send it.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::sync::{mpsc, watch};

use super::deliver::Item;
use crate::model::batch::interpret::{Interpreted, Interpreter};
use crate::model::batch::split::{Raw, Splitter};
use crate::model::batch::{
    BatchFormat, BatchScan, BatchSpec, BatchWish, FileStamp, InvalidLine, LISTED_INVALID, Landing, PREVIEW_LINES,
    PreviewLine,
};
use crate::model::hash_range::HashKey;
use crate::model::limits::PUT_RECORDS_MAX_ENTRIES;
use crate::model::time::Timestamp;
use crate::model::unfinished::Numbers;
use crate::tasks::wake::Wake;

const PIECE_BYTES: usize = 1_048_576;
/// Records are handed over by so many bytes.
const CHUNK_BYTES: usize = 4 * 1_048_576;
/// A line is shown up to so many bytes.
const SHOWN_BYTES: usize = 400;

/// A look at a file. Dropping it ends the look.
#[derive(Debug)]
pub struct ScanJob {
    is_over: Arc<AtomicBool>,
    latest: watch::Receiver<Arc<BatchScan>>,
}

impl Drop for ScanJob {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

impl ScanJob {
    /// Begins to read.
    pub fn start(spec: BatchSpec, landing: Landing, wake: Wake) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let format = spec.format.unwrap_or_else(|| BatchFormat::detect(&spec.path, b""));
        let (publish, latest) = watch::channel(Arc::new(BatchScan::new(spec.clone(), format, &landing)));
        let over = is_over.clone();
        let spawned = thread::Builder::new().name("batch scan".to_owned()).spawn(move || {
            let mut scan = BatchScan::new(spec, format, &landing);
            let show = |scan: &BatchScan| {
                publish.send_replace(Arc::new(scan.clone()));
                wake.wake();
            };
            scan.problem = look(&mut scan, landing, &over, &show).err();
            scan.is_done = true;
            show(&scan);
        });
        if let Err(error) = spawned {
            tracing::warn!("no thread to read with: {error}");
        }
        Self { is_over, latest }
    }

    /// What is known by now, where that is news.
    pub fn news(&mut self) -> Option<Arc<BatchScan>> {
        // Asked of the value: the last one counts although its sender is gone.
        let latest = self.latest.borrow_and_update();
        latest.has_changed().then(|| latest.clone())
    }
}

fn look(
    scan: &mut BatchScan,
    landing: Landing,
    is_over: &AtomicBool,
    show: &impl Fn(&BatchScan),
) -> Result<(), String> {
    let (mut file, stamp) = open(&scan.spec.path)?;
    scan.stamp = Some(stamp);
    let mut piece = vec![0; PIECE_BYTES];
    let mut length = read(&mut file, &mut piece, &scan.spec.path)?;
    if length == 0 {
        return Err(format!("{} is empty.", scan.spec.path));
    }
    if scan.spec.format.is_none() {
        scan.format = BatchFormat::detect(&scan.spec.path, piece.get(..length).unwrap_or_default());
    }
    let mut interpreter = Interpreter::new(scan.format, &scan.spec.key, landing, Box::new(|| fastrand::u128(..)))?;
    let mut splitter = Splitter::new(scan.format);
    while length > 0 {
        if is_over.load(Ordering::Relaxed) {
            return Ok(());
        }
        let bytes = piece.get(..length).unwrap_or_default();
        splitter.feed(bytes, &mut |raw| count(scan, raw, interpreter.read(raw)))?;
        let is_first = scan.read == 0;
        scan.read += length as u64;
        if is_first || (scan.read / PIECE_BYTES as u64).is_multiple_of(8) {
            show(scan);
        }
        length = read(&mut file, &mut piece, &scan.spec.path)?;
    }
    splitter.finish(&mut |raw| count(scan, raw, interpreter.read(raw)))
}

fn count(scan: &mut BatchScan, raw: Raw<'_>, read: Result<Option<Interpreted>, String>) {
    let interpreted = match read {
        Ok(None) => return,
        Ok(Some(interpreted)) => Ok(interpreted),
        Err(reason) => Err(reason),
    };
    if scan.preview.len() < PREVIEW_LINES {
        scan.preview.push(preview(scan, raw, &interpreted));
    }
    match interpreted {
        Ok(interpreted) => {
            let size = interpreted.entry.size_bytes() as u64;
            scan.packing.push(interpreted.entry.size_bytes());
            let share = interpreted.shard.and_then(|at| scan.shares.get_mut(at)).map(|(.., share)| share);
            for share in share.into_iter().chain([&mut scan.total]) {
                share.records += 1;
                share.bytes += size;
            }
        }
        Err(reason) => {
            scan.invalid += 1;
            if scan.invalid_lines.len() < LISTED_INVALID {
                scan.invalid_lines.push(InvalidLine { number: raw.number, reason });
            }
        }
    }
}

fn preview(scan: &BatchScan, raw: Raw<'_>, interpreted: &Result<Interpreted, String>) -> PreviewLine {
    let shown = raw.bytes.get(..SHOWN_BYTES.min(raw.bytes.len())).unwrap_or_default();
    // A character that is cut in two at the end would be shown as a wrong one.
    let text = match std::str::from_utf8(shown) {
        Err(error) if error.error_len().is_none() => shown.get(..error.valid_up_to()).unwrap_or_default(),
        _ => shown,
    };
    let text = String::from_utf8_lossy(text).into_owned();
    let key_at = interpreted.as_ref().ok().and_then(|read| read.key_at.clone());
    let lands = interpreted.as_ref().map_err(Clone::clone).map(|read| {
        let shard = read.shard.and_then(|at| scan.shares.get(at)).map(|(id, ..)| id.clone());
        (read.entry.partition_key.to_string(), shard)
    });
    PreviewLine { number: raw.number, key_at: key_at.filter(|at| text.get(at.clone()).is_some()), text, lands }
}

/// Writes the lines that cannot be sent to a new file, as they stand; tells how many.
///
/// # Errors
/// Why one of both files cannot be read or written.
pub fn save_invalid(scan: &BatchScan, landing: Landing, to: &str) -> Result<u64, String> {
    let path = &scan.spec.path;
    let (mut file, stamp) = open(path)?;
    if Some(stamp) != scan.stamp {
        return Err(format!("{path} has changed since it was looked at. Look at it again."));
    }
    let cannot = |error: std::io::Error| format!("{to} cannot be written: {error}.");
    let mut out = BufWriter::new(File::create_new(to).map_err(cannot)?);
    let mut interpreter = Interpreter::new(scan.format, &scan.spec.key, landing, Box::new(|| fastrand::u128(..)))?;
    let mut splitter = Splitter::new(scan.format);
    let mut piece = vec![0; PIECE_BYTES];
    let (mut lines, mut failure) = (0, None);
    loop {
        let length = read(&mut file, &mut piece, path)?;
        let mut take = |raw: Raw<'_>| {
            if interpreter.read(raw).is_err() {
                lines += 1;
                let written = out.write_all(raw.bytes).and_then(|()| out.write_all(b"\n"));
                failure = failure.take().or(written.err());
            }
        };
        match length {
            0 => splitter.finish(&mut take)?,
            _ => splitter.feed(piece.get(..length).unwrap_or_default(), &mut take)?,
        }
        if let Some(error) = failure {
            return Err(cannot(error));
        }
        if length == 0 {
            return out.flush().map(|()| lines).map_err(cannot);
        }
    }
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

/// Hands the records of a file over, and how many lines were left out.
///
/// # Errors
/// Why it ended before the end of the file.
pub(super) fn send(source: &Source, landing: Landing, items: &mpsc::Sender<Vec<Item>>) -> Result<u64, String> {
    let wish = &source.wish;
    let path = &wish.spec.path;
    let (mut file, stamp) = open(path)?;
    if stamp != wish.stamp {
        return Err(format!("{path} has changed since it was looked at: nothing of it was sent. Look at it again."));
    }
    let mut interpreter = Interpreter::new(wish.format, &wish.spec.key, landing, Box::new(|| fastrand::u128(..)))?;
    let mut splitter = Splitter::new(wish.format);
    let mut chunk =
        Chunk { source, items, held: Vec::new(), bytes: 0, read: 0, skipped: 0, fault: None, is_wanted: true };
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let length = read(&mut file, &mut piece, path)?;
        let bytes = piece.get(..length).unwrap_or_default();
        let mut take = |raw: Raw<'_>| chunk.take(raw, interpreter.read(raw));
        let fed = if length == 0 { splitter.finish(&mut take) } else { splitter.feed(bytes, &mut take) };
        if length == 0 || fed.is_err() || !chunk.goes_on() {
            chunk.hand_over();
            fed?;
            return chunk.fault.map_or(Ok(chunk.skipped), Err);
        }
    }
}

struct Chunk<'a> {
    source: &'a Source,
    items: &'a mpsc::Sender<Vec<Item>>,
    held: Vec<Item>,
    bytes: usize,
    /// Records so far, those that cannot be sent among them.
    read: u64,
    skipped: u64,
    fault: Option<String>,
    is_wanted: bool,
}

impl Chunk<'_> {
    fn goes_on(&self) -> bool {
        self.is_wanted && self.fault.is_none()
    }

    fn take(&mut self, raw: Raw<'_>, read: Result<Option<Interpreted>, String>) {
        let number = if self.source.is_numbered_by_record { self.read } else { raw.number };
        self.read += u64::from(!matches!(read, Ok(None)));
        match read {
            _ if !self.goes_on() => {}
            Ok(None) => {}
            Ok(Some(_)) if self.source.settled.contains(number) => {}
            Ok(Some(Interpreted { mut entry, .. })) => {
                entry.explicit_hash_key = self.source.hash_key.or(entry.explicit_hash_key);
                self.bytes += entry.size_bytes();
                self.held.push(Item { number, entry });
                if self.held.len() >= PUT_RECORDS_MAX_ENTRIES || self.bytes >= CHUNK_BYTES {
                    self.hand_over();
                }
            }
            Err(_) if self.source.wish.skips_invalid => self.skipped += 1,
            Err(reason) => self.fault = Some(format!("Line {}: {reason}. The rest was not sent.", raw.number)),
        }
    }

    fn hand_over(&mut self) {
        self.bytes = 0;
        self.is_wanted &= self.items.blocking_send(std::mem::take(&mut self.held)).is_ok();
    }
}

/// The file as it is now.
///
/// # Errors
/// Why it cannot be read, or that it is no file.
pub fn stamp(path: &str) -> Result<FileStamp, String> {
    open(path).map(|(_, stamp)| stamp)
}

fn open(path: &str) -> Result<(File, FileStamp), String> {
    let cannot = |error: std::io::Error| format!("{path} cannot be read: {error}.");
    // Asked before it is opened: a pipe would wait for somebody to write into it.
    let meta = std::fs::metadata(path).map_err(cannot)?;
    if !meta.is_file() {
        return Err(format!("{path} is no file."));
    }
    let file = File::open(path).map_err(cannot)?;
    let modified = meta.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    let modified = modified.and_then(|since| i64::try_from(since.as_millis()).ok()).map(Timestamp);
    Ok((file, FileStamp { len: meta.len(), modified }))
}

fn read(file: &mut File, piece: &mut [u8], path: &str) -> Result<usize, String> {
    loop {
        match file.read(piece) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            other => return other.map_err(|error| format!("{path} cannot be read: {error}.")),
        }
    }
}
