//! What is written down of runs while they send, one small file each. A run that ends takes its file away; a file that is
//! left and that nobody holds is a run that was cut off. Numbers of records only, and of a load its plan: no payload reaches
//! the disk.
//!
//! Every line is handed to the system before the call that it announces is made, so it survives the end of this program,
//! however that comes. It is not forced to the disk: when the whole machine loses its power, the newest lines may be lost.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::deliver::{Ended, Follow};
use crate::model::time::Millis;
use crate::model::unfinished::{Account, Fate, Numbers, RunHead, TOLD, Unfinished, line};
use crate::model::writes::{PutEntry, PutOutcome};

const ENDING: &str = "run";
/// Runs that were cut off and are kept to be told of; older ones are forgotten.
const KEPT: usize = 50;

/// Ends a line that was cut off, so that it means nothing instead of a shorter number.
const TORN: &str = "?\n";

/// Where the files lie.
#[derive(Clone, Debug)]
pub struct RunFolder(PathBuf);

impl RunFolder {
    /// A folder, made where it is missing when the first run begins.
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Begins to write a run down.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn begin(&self, head: &RunHead) -> io::Result<RunLog> {
        fs::create_dir_all(&self.0)?;
        let id = format!("{}-{}-{:04x}", head.started.0, std::process::id(), fastrand::u16(..));
        let path = self.path(&id);
        let mut options = OpenOptions::new();
        options.create_new(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path)?;
        // Held as long as this program lives: the system lets go of it, however the program ends.
        file.try_lock().map_err(io::Error::from)?;
        let mut text = serde_json::to_vec(head).map_err(io::Error::other)?;
        text.push(b'\n');
        file.write_all(&text)?;
        Ok(RunLog { path, file, told: Vec::new(), is_broken: false })
    }

    /// The runs that were cut off, oldest first.
    pub fn unfinished(&self) -> Vec<Unfinished> {
        let Ok(entries) = fs::read_dir(&self.0) else { return Vec::new() };
        let mut ids: Vec<String> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|ending| ending == ENDING))
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .collect();
        ids.sort();
        for old in ids.drain(..ids.len().saturating_sub(KEPT)) {
            if self.read(&old).is_some() {
                self.forget(&old);
            }
        }
        ids.into_iter().filter_map(|id| self.read(&id).map(|(run, _)| run)).collect()
    }

    /// Goes on with a run that was cut off: what is sent now is written behind what was.
    ///
    /// # Errors
    /// When it is not there any more, or another program has taken it.
    pub fn reopen(&self, id: &str) -> io::Result<(Unfinished, RunLog)> {
        let gone = || io::Error::new(io::ErrorKind::NotFound, "it was ended or taken up elsewhere");
        let (run, file) = self.read(id).ok_or_else(gone)?;
        let mut log = RunLog { path: self.path(id), file, told: Vec::new(), is_broken: false };
        // What was on its way when it was cut off stays unknown, whatever is sent now.
        log.write(&format!("{TORN}{}", line(Fate::Lost, &run.account.unknown())));
        Ok((run, log))
    }

    /// Notes that a person was told of a run.
    pub fn mark_told(&self, id: &str) {
        if let Some((_, mut file)) = self.read(id) {
            // Told once more at the next start, if it fails.
            let _ = file.write_all(format!("{TORN}{TOLD}\n").as_bytes());
        }
    }

    /// Forgets a run.
    pub fn forget(&self, id: &str) {
        let path = self.path(id);
        if path.parent() == Some(self.0.as_path())
            && let Err(error) = fs::remove_file(&path)
        {
            tracing::warn!("{} cannot be removed: {error}", path.display());
        }
    }

    fn path(&self, id: &str) -> PathBuf {
        self.0.join(id).with_extension(ENDING)
    }

    /// Reads a run that nobody holds; the file comes along, held.
    fn read(&self, id: &str) -> Option<(Unfinished, File)> {
        let path = self.path(id);
        let mut file = OpenOptions::new().read(true).append(true).open(&path).ok()?;
        file.try_lock().ok()?;
        let mut reader = BufReader::new(&mut file);
        let mut head = String::new();
        reader.read_line(&mut head).ok()?;
        let Ok(head) = serde_json::from_str::<RunHead>(&head) else {
            // Cut off while it began: nothing was sent.
            drop(file);
            return None;
        };
        let mut lines = Vec::new();
        reader.read_to_end(&mut lines).ok()?;
        let account = Account::read(&String::from_utf8_lossy(&lines));
        Some((Unfinished { id: id.to_owned(), head, account }, file))
    }
}

/// One run that is being written down.
#[derive(Debug)]
pub struct RunLog {
    path: PathBuf,
    file: File,
    /// What became of records since the last call was answered.
    told: Vec<(Fate, u64)>,
    is_broken: bool,
}

impl RunLog {
    fn write(&mut self, text: &str) {
        if !self.is_broken
            && let Err(error) = self.file.write_all(text.as_bytes())
        {
            // The run goes on: stopping it would help nobody. What is written down is not true any more.
            tracing::warn!("{} cannot be written: {error}", self.path.display());
            self.is_broken = true;
            let _ = fs::remove_file(&self.path);
        }
    }

    /// The run has ended, and its end is told elsewhere.
    pub fn finish(self) {
        if !self.is_broken
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!("{} cannot be removed: {error}", self.path.display());
        }
    }

    fn settle(&mut self) {
        let told = std::mem::take(&mut self.told);
        let mut text = String::new();
        for fate in [Fate::Back, Fate::Sent, Fate::Failed, Fate::Lost] {
            let numbers: Numbers = told.iter().filter(|(of, _)| *of == fate).map(|(_, number)| *number).collect();
            if !numbers.is_empty() {
                text.push_str(&line(fate, &numbers));
            }
        }
        if !text.is_empty() {
            self.write(&text);
        }
    }
}

/// Writes a delivery down and tells another of it.
pub struct Logged<F> {
    /// Who else is told.
    pub inner: F,
    /// `None` writes nothing down.
    pub log: Option<RunLog>,
}

impl<F> Logged<F> {
    /// The run has ended and is told: nothing of it needs to be kept.
    pub fn finish(self) -> F {
        if let Some(mut log) = self.log {
            log.settle();
            log.finish();
        }
        self.inner
    }
}

impl<F: Follow> Follow for Logged<F> {
    fn leaves(&mut self, numbers: &mut dyn Iterator<Item = u64>) {
        let Some(log) = &mut self.log else { return self.inner.leaves(numbers) };
        let numbers: Vec<u64> = numbers.collect();
        log.write(&line(Fate::Out, &numbers.iter().copied().collect()));
        self.inner.leaves(&mut numbers.into_iter());
    }

    fn waits(&mut self, number: u64, entry: &PutEntry, wait: Millis) {
        if let Some(log) = &mut self.log {
            log.told.push((Fate::Back, number));
        }
        self.inner.waits(number, entry, wait);
    }

    fn ended(&mut self, ended: Ended) {
        if let Some(log) = &mut self.log {
            let fate = match &ended.outcome {
                Ok(PutOutcome::Accepted { .. }) => Fate::Sent,
                Ok(PutOutcome::Refused { .. }) => Fate::Failed,
                Err(problem) if problem.leaves_open() => Fate::Lost,
                Err(_) => Fate::Failed,
            };
            log.told.push((fate, ended.number));
        }
        self.inner.ended(ended);
    }

    fn answered(&mut self, took: Duration) {
        if let Some(log) = &mut self.log {
            log.settle();
        }
        self.inner.answered(took);
    }
}

/// The whole path of a file, as far as it can be told.
pub fn whole_path(path: &str) -> String {
    fs::canonicalize(Path::new(path)).map_or_else(|_| path.to_owned(), |path| path.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    fn head() -> RunHead {
        RunHead {
            stream: "orders".into(),
            connection: "demo".to_owned(),
            environment: String::new(),
            who: String::new(),
            started: Timestamp(5),
            title: "a.ndjson".to_owned(),
            of: Some(9),
            cli: String::new(),
            file: None,
            load: None,
        }
    }

    #[test]
    fn a_run_is_unfinished_only_when_nobody_holds_it_any_more() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::new(place.path().join("runs"));
        assert!(folder.unfinished().is_empty());
        let mut log = folder.begin(&head()).expect("begins");
        log.write("out 1-5\nsent 1-3\nout 6");
        assert!(folder.unfinished().is_empty(), "it is at work");
        drop(log);
        let runs = folder.unfinished();
        assert_eq!((runs.len(), runs[0].counts().as_str()), (1, "3 sent, 2 unknown, 4 not sent"));
        folder.mark_told(&runs[0].id);
        assert!(folder.unfinished()[0].account.is_told);
        let (run, mut log) = folder.reopen(&runs[0].id).expect("reopens");
        assert_eq!(run.account.settled().to_string(), "1-5");
        assert!(folder.reopen(&run.id).is_err(), "it is taken up");
        log.write("out 6-9\nsent 6-9\n");
        drop(log);
        assert_eq!(folder.unfinished()[0].counts(), "7 sent, 2 unknown, 0 not sent");
        folder.reopen(&run.id).expect("reopens").1.finish();
        assert!(folder.unfinished().is_empty());
    }

    #[test]
    fn the_plan_of_a_load_comes_back_as_it_was() {
        use crate::model::generator::keys::{KeyPlan, KeyStrategy};
        use crate::model::generator::schedule::{Rate, Schedule, Until};
        use crate::model::generator::{GeneratorSpec, Stops};

        let place = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::new(place.path().to_owned());
        let load = GeneratorSpec {
            template: "{\"n\":{{counter}}}".to_owned(),
            keys: KeyPlan { strategy: KeyStrategy::Zipf { skew: 1.1 }, pattern: "k-{{rank}}".to_owned(), keys: 2_000 },
            schedule: Schedule { rate: Rate::Bytes(1_929_379.5), ramp_seconds: 30, until: Until::Seconds(300) },
            seed: u64::MAX,
            stops: Stops::default(),
            wrap: crate::model::wrap::Wrap::Gzip,
        };
        let mut log = folder.begin(&RunHead { load: Some(load.clone()), of: None, ..head() }).expect("begins");
        log.write("out 0-5\n");
        drop(log);
        let run = &folder.unfinished()[0];
        assert_eq!(run.head.load, Some(load));
        assert!(run.has_rest() && run.account.next() == 6);
    }

    #[test]
    fn a_head_that_was_cut_off_is_no_run_and_a_name_never_leads_outside() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::new(place.path().to_owned());
        fs::write(place.path().join("1.run"), "{\"stream\":").expect("writes");
        assert!(folder.unfinished().is_empty());
        fs::create_dir(place.path().join("inner")).expect("makes");
        RunFolder::new(place.path().join("inner")).forget("../1");
        assert!(place.path().join("1.run").exists());
    }
}
