//! What a `put` keeps on this machine: the run while it sends, so that it survives being killed, one line in the activity
//! log, and a word about runs that were cut off before.

use std::path::Path;

use super::args::PutArgs;
use super::{End, out};
use crate::app::{Files, cut_off_entry};
use crate::aws::connect::Connection;
use crate::model::activity::{ActivityEntry, Event, Outcome, cli_line};
use crate::model::batch::{BatchFormat, KeyRule, Pace};
use crate::model::format::{counted, grouped};
use crate::model::ids::StreamName;
use crate::model::time::Timestamp;
use crate::model::unfinished::{FileRun, RunHead, Unfinished};
use crate::tasks::inject::file::stamp;
use crate::tasks::inject::journal::{RunFolder, RunLog, whole_path};

/// The folders of this person; without them nothing is kept, and everything else works.
pub(super) struct Keep {
    files: Option<Files>,
}

/// What a run came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    /// Records that the stream has.
    pub(super) accepted: u64,
    /// Records that it does not have, or that are unknown.
    pub(super) refused: u64,
}

impl Keep {
    pub(super) fn new() -> Self {
        Self { files: Files::of_platform().ok() }
    }

    fn runs(&self) -> Option<RunFolder> {
        self.files.as_ref().map(|files| RunFolder::new(files.runs_path()))
    }

    /// Says which runs to this stream were cut off, and how to send their rest.
    pub(super) fn tell_unfinished(&self, connection: &Connection, stream: &StreamName, now: Timestamp) {
        let Some(runs) = self.runs() else { return };
        let label = &connection.info().label;
        for run in runs.unfinished() {
            if run.head.stream != *stream || run.head.connection != *label {
                continue;
            }
            let more = match run.has_rest() {
                true => format!(" To send the rest: kinescope put {stream} --resume {} --unlock.", run.id),
                false => String::new(),
            };
            out::error_line(&format!("{}{more}", run.sentence()));
            if !run.account.is_told {
                self.log(&cut_off_entry(&run, now));
                runs.mark_told(&run.id);
            }
            // There is nothing left to do about it: once it was told, it is over.
            if !run.has_rest() {
                runs.forget(&run.id);
            }
        }
    }

    /// Begins to write a run down. `None` where that cannot be done.
    pub(super) fn begin(&self, head: &RunHead) -> Option<RunLog> {
        match self.runs()?.begin(head) {
            Ok(log) => Some(log),
            Err(error) => {
                out::error_line(&format!(
                    "this run cannot be written down ({error}): should it be cut off, nothing is known of it."
                ));
                None
            }
        }
    }

    /// Takes a run up that was cut off.
    pub(super) fn reopen(
        &self,
        id: &str,
        connection: &Connection,
        stream: &StreamName,
    ) -> Result<(Unfinished, RunLog), End> {
        let failed = |why: &str| End::Failed(format!("The run {id} cannot be taken up: {why}."));
        let runs = self.runs().ok_or_else(|| failed("no folder of this person is known"))?;
        let (run, log) = runs.reopen(id).map_err(|error| failed(&error.to_string()))?;
        if run.head.stream != *stream || run.head.connection != connection.info().label {
            let why = format!("it went to {} on {}", run.head.stream, run.head.connection);
            return Err(failed(&why));
        }
        Ok((run, log))
    }

    /// One line into the activity log. Payloads and keys stay out.
    pub(super) fn log_run(&self, head: &RunHead, counts: Counts, who: String, at: Timestamp) {
        let of = counts.accepted + counts.refused;
        let outcome = match counts {
            Counts { refused: 0, .. } => Outcome::Ok,
            Counts { refused, .. } => Outcome::Partial { failed: refused, of },
        };
        let mut target = format!("{} of {}", counted(of as usize, "record"), head.title);
        if counts.refused > 0 {
            target.push_str(&format!(", {} not accepted", grouped(counts.refused as i64)));
        }
        let event = Event::Call {
            operation: "PutRecords".to_owned(),
            target,
            cli: head.cli.clone(),
            request_id: None,
            took: head.started.age_at(at),
            outcome,
        };
        self.log(&ActivityEntry {
            at,
            connection: head.connection.clone(),
            environment: head.environment.clone(),
            who,
            stream: Some(head.stream.clone()),
            event,
        });
    }

    fn log(&self, entry: &ActivityEntry) {
        if let Some(Err(error)) = self.files.as_ref().map(|files| files.append_activity(entry)) {
            out::error_line(&format!("the activity log could not be written: {error}."));
        }
    }
}

/// What is known of a run before it begins.
pub(super) fn head(connection: &Connection, args: &PutArgs, now: Timestamp) -> RunHead {
    let info = connection.info();
    let stream = args.stream.as_str();
    let key = args.partition_key.as_ref().map_or("", |key| key.as_str());
    let cli = match args.file {
        Some(_) => cli_line("put-records", &[("stream-name", stream), ("records", "file://records.json")], info),
        None => {
            let options = [("stream-name", stream), ("partition-key", key), ("data", "fileb://record.bin")];
            cli_line("put-record", &options, info)
        }
    };
    let file = args.file.as_deref().filter(|path| *path != Path::new("-")).and_then(|path| file_run(path, args));
    let title = match (&file, &args.file) {
        (Some(file), _) => file.path.rsplit(['/', '\\']).next().unwrap_or(&file.path).to_owned(),
        (None, Some(_)) => "standard input".to_owned(),
        (None, None) => "one record".to_owned(),
    };
    RunHead {
        stream: args.stream.clone(),
        connection: info.label.clone(),
        environment: info.environment.tag().to_owned(),
        who: String::new(),
        started: now,
        title,
        of: file.as_ref().and_then(|file| count_lines(&file.path)).or(args.file.is_none().then_some(1)),
        cli,
        file,
        load: None,
    }
}

fn file_run(path: &Path, args: &PutArgs) -> Option<FileRun> {
    let path = whole_path(&path.to_string_lossy());
    Some(FileRun {
        stamp: stamp(&path).ok()?,
        path,
        format: BatchFormat::Lines,
        key: KeyRule::Fixed(args.partition_key.as_ref()?.to_string()),
        explicit_hash_key: args.explicit_hash_key.map(|key| key.to_string()),
        skips_invalid: false,
        keeps_order: false,
        pace: Pace::Full,
        time: None,
        spared: None,
        is_numbered_by_record: true,
    })
}

/// Lines with something in them; one pass over the file, in pieces.
fn count_lines(path: &str) -> Option<u64> {
    use std::io::Read;
    let mut file = std::fs::File::open(path).ok()?;
    let mut piece = vec![0; 1_048_576];
    let (mut lines, mut has_more, mut is_return) = (0, false, false);
    loop {
        let length = file.read(&mut piece).ok()?;
        if length == 0 {
            return Some(lines + u64::from(has_more));
        }
        for byte in piece.get(..length)? {
            match byte {
                b'\n' => {
                    lines += u64::from(has_more);
                    (has_more, is_return) = (false, false);
                }
                // One that ends a line is no content; a second one, or anything behind it, is.
                b'\r' if !has_more && !is_return => is_return = true,
                _ => has_more = true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_with_something_in_them_count() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("a.ndjson");
        for (text, lines) in [("", 0), ("a", 1), ("a\n\nb\r\n\r\nc", 3), ("\n\n", 0), ("a\n", 1)] {
            std::fs::write(&path, text).expect("writes");
            assert_eq!(count_lines(&path.to_string_lossy()), Some(lines), "{text:?}");
        }
    }
}
