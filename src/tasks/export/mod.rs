//! Writes records, those that are kept or those that are to come, to a file beside the window: under a temporary name, renamed when it is whole. A file that is there
//! already is never touched. Dropping the [`ExportJob`] removes what was written.

mod coming;
mod sink;

pub use coming::Coming;

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use self::coming::Feed;
use self::sink::Sink;
use super::filter::on_deep_stack;
use super::wake::Wake;
use crate::model::export::ExportRequest;
use crate::model::ids::StreamName;
use crate::model::mask::Masks;
use crate::model::record::Record;
use crate::model::record_store::Piece;

/// The window is woken this often, in records.
const WAKE_EVERY: usize = 20_000;
const BUFFER_BYTES: usize = 1_048_576;

/// What is to be written.
#[derive(Debug)]
pub struct Selection {
    /// Everything that is kept.
    pub pieces: Vec<Piece>,
    /// Only these items, in order; `None` is all.
    pub ids: Option<Vec<u64>>,
    /// What must not be seen.
    pub masks: Masks,
}

/// An export at work.
#[derive(Debug)]
pub struct ExportJob {
    done: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    outcome: Receiver<Result<u64, String>>,
    /// Of records to come.
    feed: Option<Arc<Feed>>,
    asked_until: u64,
}

impl Drop for ExportJob {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.finish();
    }
}

impl ExportJob {
    /// Begins to write what is kept.
    pub fn start(stream: StreamName, request: ExportRequest, selection: Selection, wake: Wake) -> Self {
        let work = move |progress: &Progress| write(&stream, &request, progress, |take| selection.each(take));
        Self::spawn(work, wake)
    }

    /// Begins to write what is to come, from the item with this id on; see [`ExportJob::feed`].
    pub fn start_coming(stream: StreamName, request: ExportRequest, coming: Coming, from_id: u64, wake: Wake) -> Self {
        let feed = Arc::new(Feed::default());
        let fed = feed.clone();
        let work = move |progress: &Progress| {
            let progress = progress.clone();
            // The filter may be any jq expression.
            on_deep_stack(move || write(&stream, &request, &progress, |take| coming.each(&fed, take)))
                .unwrap_or_else(Err)
        };
        let mut job = Self::spawn(work, wake);
        job.feed = Some(feed);
        job.asked_until = from_id;
        job
    }

    /// Items before this one have been handed over.
    pub fn asked_until(&self) -> u64 {
        self.asked_until
    }

    /// Hands over what has come, in order.
    pub fn feed(&mut self, pieces: Vec<Piece>) {
        if let (Some(feed), Some(last)) = (&self.feed, pieces.last()) {
            self.asked_until = last.end_id();
            feed.extend(pieces);
        }
    }

    /// Whether so much waits to be written that no more should be taken from the tail.
    pub fn is_behind(&self) -> bool {
        self.feed.as_ref().is_some_and(|feed| feed.is_behind())
    }

    /// Nothing more comes: what was handed over is written, and the file is whole.
    pub fn finish(&self) {
        if let Some(feed) = &self.feed {
            feed.close();
        }
    }

    fn spawn(work: impl FnOnce(&Progress) -> Result<u64, String> + Send + 'static, wake: Wake) -> Self {
        let (say, outcome) = channel();
        let (done, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let progress = Progress { done: done.clone(), is_over: is_over.clone(), wake };
        let spawned = thread::Builder::new().name("export".to_owned()).spawn(move || {
            // Nobody listens where it was cancelled.
            let _ = say.send(work(&progress));
            progress.wake.wake();
        });
        if let Err(error) = spawned {
            tracing::warn!("no thread to export with: {error}");
        }
        Self { done, is_over, outcome, feed: None, asked_until: 0 }
    }

    /// Records written so far.
    pub fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }

    /// The size of the file in bytes, or why there is none; `None` while it runs.
    pub fn outcome(&self) -> Option<Result<u64, String>> {
        match self.outcome.try_recv() {
            Ok(outcome) => Some(outcome),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err("The export stopped without an answer.".to_owned())),
        }
    }
}

#[derive(Clone)]
struct Progress {
    done: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    wake: Wake,
}

impl Progress {
    /// Notes one record; whether to go on.
    fn goes_on(&self) -> bool {
        let done = self.done.fetch_add(1, Ordering::Relaxed);
        if done.is_multiple_of(WAKE_EVERY) {
            self.wake.wake();
        }
        !self.is_over.load(Ordering::Relaxed)
    }
}

/// A file that goes away unless it was kept.
struct Temporary {
    path: PathBuf,
    is_kept: bool,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_kept {
            // It may never have come to be.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What hands over one record after the other.
type Take<'a> = &'a mut dyn FnMut(&Record) -> io::Result<()>;

/// Writes the file; its size in bytes, or a sentence that says why there is none.
fn write(
    stream: &StreamName,
    request: &ExportRequest,
    progress: &Progress,
    each: impl FnOnce(Take<'_>) -> io::Result<()>,
) -> Result<u64, String> {
    write_file(stream, request, progress, each).map_err(|error| format!("{} cannot be written: {error}.", request.path))
}

fn write_file(
    stream: &StreamName,
    request: &ExportRequest,
    progress: &Progress,
    each: impl FnOnce(Take<'_>) -> io::Result<()>,
) -> io::Result<u64> {
    whole_file(&request.path, |out| {
        let mut sink = Sink::begin(request.format, out)?;
        each(&mut |record| {
            if !progress.goes_on() {
                return Err(io::Error::new(io::ErrorKind::Interrupted, "it was cancelled"));
            }
            sink.take(stream, record)
        })?;
        // A feed that was closed because nobody waits any more looks like its end.
        if progress.is_over.load(Ordering::Relaxed) {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "it was cancelled"));
        }
        sink.finish()
    })
}

/// Writes a new file under a temporary name and renames it when it is whole; gives its size in bytes. A file that is there
/// is never replaced, and nothing is left behind where it fails.
///
/// # Errors
/// Why there is no file.
pub fn whole_file(path: &str, fill: impl FnOnce(BufWriter<File>) -> io::Result<BufWriter<File>>) -> io::Result<u64> {
    let target = Path::new(path);
    let name = target.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
    let there_already = || io::Error::new(io::ErrorKind::AlreadyExists, "a file of that name is there already");
    if target.try_exists()? {
        return Err(there_already());
    }
    let hidden = format!(".{}.{}.part", name.to_string_lossy(), std::process::id());
    let mut temporary = Temporary { path: target.with_file_name(hidden), is_kept: false };
    let file = OpenOptions::new().write(true).create_new(true).open(&temporary.path)?;
    let out = fill(BufWriter::with_capacity(BUFFER_BYTES, file))?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    let size = file.metadata()?.len();
    // The name is taken first, so that a file that came to be meanwhile is not replaced.
    File::create_new(target).map_err(|_| there_already())?;
    fs::rename(&temporary.path, target)?;
    temporary.is_kept = true;
    Ok(size)
}

impl Selection {
    /// Hands every record on, in order.
    fn each(&self, take: Take<'_>) -> io::Result<()> {
        let mut wanted = self.ids.as_ref().map(|ids| ids.iter().copied().peekable());
        for (id, item) in self.pieces.iter().flat_map(Piece::iter) {
            if let Some(wanted) = &mut wanted {
                while wanted.next_if(|next| *next < id).is_some() {}
                if wanted.next_if_eq(&id).is_none() {
                    continue;
                }
            }
            if let Some(record) = item.record() {
                take(&self.masks.apply(record))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
