//! The consumers of this program's own, one small file each in a folder, written before the consumer is registered and
//! removed when it is gone. A file is locked for as long as its process lives: what is left unlocked was left behind.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::model::fan_out::OwnConsumer;

/// No note is larger.
const NOTE_BYTES: u64 = 65_536;

/// The folder of notes.
#[derive(Clone, Debug)]
pub struct Ledger {
    folder: PathBuf,
}

/// The note of one consumer, held by this process. It stays when this is dropped, unless it is forgotten.
#[derive(Debug)]
pub struct Note {
    path: PathBuf,
    _locked: File,
}

impl Note {
    /// Removes it: the consumer is gone.
    pub fn forget(self) {
        remove(&self.path);
    }
}

impl Ledger {
    /// The notes in this folder, which need not be there yet.
    pub fn inside(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    /// Notes a consumer that is about to be registered, on the disk when this returns.
    ///
    /// # Errors
    /// When the folder cannot be written, or the name is noted already.
    pub fn note(&self, consumer: OwnConsumer) -> io::Result<Note> {
        fs::create_dir_all(&self.folder)?;
        let path = self.path(&consumer.name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path)?;
        file.lock()?;
        file.write_all(&serde_json::to_vec(&consumer).map_err(io::Error::other)?)?;
        file.sync_all()?;
        Ok(Note { path, _locked: file })
    }

    /// The consumers that a process which lives no more has noted, oldest first. A note that was not finished is removed:
    /// its consumer was not registered yet.
    pub fn leftovers(&self) -> Vec<OwnConsumer> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let mut found: Vec<OwnConsumer> = entries.flatten().filter_map(|entry| leftover(&entry.path())).collect();
        found.sort_by(|a, b| (a.noted, &a.name).cmp(&(b.noted, &b.name)));
        found
    }

    /// Removes the note of a leftover: it is gone.
    pub fn forget(&self, name: &str) {
        remove(&self.path(name));
    }
}

fn leftover(path: &Path) -> Option<OwnConsumer> {
    if path.extension().is_none_or(|extension| extension != "json") {
        return None;
    }
    let file = File::open(path).ok()?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return None,
        // Without locks no process can be told from another: an offer too many is better than one too few.
        Err(TryLockError::Error(err)) => tracing::warn!("{} cannot be locked: {err}", path.display()),
    }
    let mut text = String::new();
    (&file).take(NOTE_BYTES).read_to_string(&mut text).ok()?;
    if text.is_empty() {
        remove(path);
        return None;
    }
    serde_json::from_str(&text).inspect_err(|err| tracing::warn!("{} cannot be read: {err}", path.display())).ok()
}

fn remove(path: &Path) {
    if let Err(err) = fs::remove_file(path)
        && err.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!("{} cannot be removed: {err}", path.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    fn own(name: &str, noted: i64) -> OwnConsumer {
        OwnConsumer {
            name: name.to_owned(),
            stream: "s".into(),
            stream_arn: "arn".to_owned(),
            connection: "c".to_owned(),
            profile: None,
            region: "us-east-1".to_owned(),
            endpoint_url: None,
            noted: Timestamp(noted),
        }
    }

    #[test]
    fn what_a_process_left_behind_is_found_and_what_one_holds_is_not() {
        let folder = tempfile::tempdir().expect("folder");
        let ledger = Ledger::inside(&folder.path().join("new"));
        assert!(ledger.leftovers().is_empty());
        let held = ledger.note(own("held", 1)).expect("notes");
        // A process that ends lets go of its locks without another word.
        drop(ledger.note(own("second", 3)).expect("notes"));
        drop(ledger.note(own("first", 2)).expect("notes"));
        fs::write(folder.path().join("new/torn.json"), "").expect("tears");
        fs::write(folder.path().join("new/other.txt"), "mine").expect("writes");
        assert_eq!(ledger.leftovers(), [own("first", 2), own("second", 3)]);
        assert!(!folder.path().join("new/torn.json").exists());
        ledger.forget("first");
        held.forget();
        assert_eq!(ledger.leftovers(), [own("second", 3)]);
        assert!(ledger.note(own("second", 4)).is_err(), "a name is noted once");
    }
}
