//! Writes kept records to a file beside the window: under a temporary name, renamed when it is whole. A file that is there
//! already is never touched. Dropping the [`ExportJob`] removes what was written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use super::wake::Wake;
use crate::model::export::{ExportFormat, ExportRequest};
use crate::model::ids::StreamName;
use crate::model::mask::Masks;
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
}

impl Drop for ExportJob {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

impl ExportJob {
    /// Begins to write.
    pub fn start(stream: StreamName, request: ExportRequest, selection: Selection, wake: Wake) -> Self {
        let (say, outcome) = channel();
        let (done, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let progress = Progress { done: done.clone(), is_over: is_over.clone(), wake };
        let spawned = thread::Builder::new().name("export".to_owned()).spawn(move || {
            let outcome = write(&stream, &request, &selection, &progress);
            let failed = |error: io::Error| format!("{} cannot be written: {error}.", request.path);
            // Nobody listens where it was cancelled.
            let _ = say.send(outcome.map_err(failed));
            progress.wake.wake();
        });
        if let Err(error) = spawned {
            tracing::warn!("no thread to export with: {error}");
        }
        Self { done, is_over, outcome }
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

fn write(stream: &StreamName, request: &ExportRequest, selection: &Selection, progress: &Progress) -> io::Result<u64> {
    let target = Path::new(&request.path);
    let name = target.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
    let there_already = || io::Error::new(io::ErrorKind::AlreadyExists, "a file of that name is there already");
    if target.try_exists()? {
        return Err(there_already());
    }
    let hidden = format!(".{}.{}.part", name.to_string_lossy(), std::process::id());
    let mut temporary = Temporary { path: target.with_file_name(hidden), is_kept: false };
    let file = OpenOptions::new().write(true).create_new(true).open(&temporary.path)?;
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, file);
    records(stream, request.format, selection, progress, &mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    let size = file.metadata()?.len();
    // The name is taken first, so that a file that came to be meanwhile is not replaced.
    File::create_new(target).map_err(|_| there_already())?;
    fs::rename(&temporary.path, target)?;
    temporary.is_kept = true;
    Ok(size)
}

fn records(
    stream: &StreamName,
    format: ExportFormat,
    selection: &Selection,
    progress: &Progress,
    out: &mut impl Write,
) -> io::Result<()> {
    out.write_all(format.head().as_bytes())?;
    let mut wanted = selection.ids.as_ref().map(|ids| ids.iter().copied().peekable());
    for (id, item) in selection.pieces.iter().flat_map(Piece::iter) {
        if let Some(wanted) = &mut wanted {
            while wanted.next_if(|next| *next < id).is_some() {}
            if wanted.next_if_eq(&id).is_none() {
                continue;
            }
        }
        let Some(record) = item.record() else { continue };
        if !progress.goes_on() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "it was cancelled"));
        }
        out.write_all(format.line(stream, &selection.masks.apply(record)).as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::model::decode::{DecodeLimits, decode};
    use crate::model::ids::ShardId;
    use crate::model::record::RawRecord;
    use crate::model::tail::{Tail, TailItem};

    fn tail(count: usize) -> Tail {
        let mut tail = Tail::default();
        let shard = ShardId::from("shardId-000000000000");
        tail.ingest((0..count).map(|n| {
            let data = format!("{{\"n\":{n},\"secret\":\"s{n}\"}}").into_bytes();
            let (sequence_number, partition_key) = (n.to_string().as_str().into(), "k".into());
            let raw = RawRecord { sequence_number, partition_key, approximate_arrival: None, data };
            TailItem::Record(decode(raw, &shard, &DecodeLimits::default()).remove(0).into())
        }));
        tail
    }

    fn selection(tail: &Tail, ids: Option<Vec<u64>>) -> Selection {
        Selection { pieces: tail.store.pieces_from(0), ids, masks: Masks::new(&["..secret"]) }
    }

    fn request(path: &Path, format: ExportFormat) -> ExportRequest {
        ExportRequest { path: path.to_string_lossy().into_owned(), format, only_filtered: false }
    }

    fn wait(job: &ExportJob) -> Result<u64, String> {
        let began = Instant::now();
        loop {
            if let Some(outcome) = job.outcome() {
                return outcome;
            }
            assert!(began.elapsed() < Duration::from_secs(30));
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder)
            .expect("a folder")
            .flatten()
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn a_file_is_whole_masked_and_the_only_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let tail = tail(3_000);
        let path = folder.path().join("out.ndjson");
        let ids = Some((0..3_000).step_by(2).collect());
        let job =
            ExportJob::start("s".into(), request(&path, ExportFormat::Ndjson), selection(&tail, ids), Wake::none());
        let size = wait(&job).expect("written");
        let text = fs::read_to_string(&path).expect("a file");
        assert_eq!((text.lines().count(), text.len() as u64, job.done()), (1_500, size, 1_500));
        assert!(text.contains("\"n\":2998") && !text.contains("\"s2998\"") && text.contains("•••"));
        assert_eq!(names(folder.path()), ["out.ndjson"]);
    }

    #[test]
    fn a_file_that_is_there_stays_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("out.csv");
        fs::write(&path, "mine").expect("a file");
        let tail = tail(1);
        let job = ExportJob::start("s".into(), request(&path, ExportFormat::Csv), selection(&tail, None), Wake::none());
        assert!(wait(&job).expect_err("refused").contains("there already"));
        assert_eq!(fs::read_to_string(&path).expect("a file"), "mine");
        let nowhere = request(&folder.path().join("no/such/folder/x.csv"), ExportFormat::Csv);
        let job = ExportJob::start("s".into(), nowhere, selection(&tail, None), Wake::none());
        assert!(wait(&job).is_err());
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn cancelling_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let tail = tail(200_000);
        let path = folder.path().join("out.ndjson");
        let job =
            ExportJob::start("s".into(), request(&path, ExportFormat::Ndjson), selection(&tail, None), Wake::none());
        while job.done() == 0 {
            thread::sleep(Duration::from_millis(1));
        }
        drop(job);
        let began = Instant::now();
        while !names(folder.path()).is_empty() && began.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(5));
        }
        assert!(names(folder.path()).is_empty());
    }
}
