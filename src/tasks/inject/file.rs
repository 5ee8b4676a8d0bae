//! Looks at a file of records, piece by piece on a thread of its own, before anything of it is sent.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::sync::watch;

use crate::model::batch::interpret::{Interpreted, Interpreter};
use crate::model::batch::split::{Raw, Splitter};
use crate::model::batch::{
    BatchFormat, BatchScan, BatchSpec, FileStamp, InvalidLine, LISTED_INVALID, Landing, PREVIEW_LINES, PreviewLine,
};
use crate::model::time::Timestamp;
use crate::tasks::wake::Wake;

/// A file is read by so many bytes.
pub(super) const PIECE_BYTES: usize = 1_048_576;
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
    if let Some(time) = &scan.spec.time {
        interpreter = interpreter.with_times(time)?;
    }
    let mut splitter = Splitter::new(scan.format);
    while length > 0 {
        if is_over.load(Ordering::Relaxed) {
            return Ok(());
        }
        let bytes = piece.get(..length).unwrap_or_default();
        splitter.feed(bytes, &mut |raw| count(scan, raw, &mut interpreter))?;
        let is_first = scan.read == 0;
        scan.read += length as u64;
        if is_first || (scan.read / PIECE_BYTES as u64).is_multiple_of(8) {
            show(scan);
        }
        length = read(&mut file, &mut piece, &scan.spec.path)?;
    }
    splitter.finish(&mut |raw| count(scan, raw, &mut interpreter))
}

fn count(scan: &mut BatchScan, raw: Raw<'_>, interpreter: &mut Interpreter) {
    let Some(interpreted) = interpreter.read(raw).transpose() else { return };
    let shard = interpreted.as_ref().ok().and_then(|read| interpreter.shard_of(&read.entry));
    if scan.preview.len() < PREVIEW_LINES {
        scan.preview.push(preview(scan, raw, &interpreted, shard));
    }
    match interpreted {
        Ok(interpreted) => {
            if let Some(at) = interpreted.at {
                scan.times.note(raw.number, at);
            }
            let size = interpreted.entry.size_bytes() as u64;
            scan.packing.push(interpreted.entry.size_bytes());
            let share = shard.and_then(|at| scan.shares.get_mut(at)).map(|(.., share)| share);
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

fn preview(
    scan: &BatchScan,
    raw: Raw<'_>,
    interpreted: &Result<Interpreted, String>,
    shard: Option<usize>,
) -> PreviewLine {
    let shown = raw.bytes.get(..SHOWN_BYTES.min(raw.bytes.len())).unwrap_or_default();
    // A character that is cut in two at the end would be shown as a wrong one.
    let text = match std::str::from_utf8(shown) {
        Err(error) if error.error_len().is_none() => shown.get(..error.valid_up_to()).unwrap_or_default(),
        _ => shown,
    };
    let text = String::from_utf8_lossy(text).into_owned();
    let key_at = interpreted.as_ref().ok().and_then(|read| read.key_at.clone());
    let lands = interpreted.as_ref().map_err(Clone::clone).map(|read| {
        let shard = shard.and_then(|at| scan.shares.get(at)).map(|(id, ..)| id.clone());
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

/// The file as it is now.
///
/// # Errors
/// Why it cannot be read, or that it is no file.
pub fn stamp(path: &str) -> Result<FileStamp, String> {
    open(path).map(|(_, stamp)| stamp)
}

pub(super) fn open(path: &str) -> Result<(File, FileStamp), String> {
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

pub(super) fn read(file: &mut File, piece: &mut [u8], path: &str) -> Result<usize, String> {
    loop {
        match file.read(piece) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            other => return other.map_err(|error| format!("{path} cannot be read: {error}.")),
        }
    }
}
