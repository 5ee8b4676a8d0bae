//! The file of complete periods: one row a chunk, in transactions, so that a program that is killed loses at most the
//! rows it was writing. Knows rows of bytes and how old they are; not what is in them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, StorageError, TableDefinition};

use super::book::ChunkKey;
use crate::model::time::{Millis, Timestamp};

/// By start, length of a period, and whose stream: in this order the oldest rows stand first.
const ROWS: TableDefinition<(i64, u32, &str), &[u8]> = TableDefinition::new("rows");
/// Numbers about the file itself.
const FACTS: TableDefinition<&str, u64> = TableDefinition::new("facts");
const VERSION_FACT: &str = "version";
const BYTES_FACT: &str = "bytes";
/// Version of the tables. A file of another one is set aside.
const VERSION: u64 = 1;
/// Pages that are kept in memory; rows are read once each.
const CACHE_BYTES: usize = 16 * 1_048_576;

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Rows that began longer ago are dropped. CloudWatch itself keeps minutes for 15 days.
    pub age: Millis,
    /// Bytes that all rows take in the file; beyond them the oldest are dropped.
    pub bytes: u64,
}

impl Default for Keep {
    fn default() -> Self {
        Self { age: Millis::from_mins(15 * 24 * 60), bytes: 512 * 1_048_576 }
    }
}

/// The open file. Only one program has it open at a time.
pub struct Shelf {
    database: Database,
    keep: Keep,
}

/// What opening a file comes to: a shelf where it worked, and a sentence where there is something to say.
pub struct Opened {
    /// The file, ready.
    pub shelf: Option<Shelf>,
    /// What the person should know.
    pub note: Option<String>,
}

/// Why the file cannot be used.
#[derive(Debug)]
pub enum Fault {
    /// Another program has it open.
    InUse,
    /// What is in it cannot be trusted.
    Damaged(String),
    /// The disk or the folder refuses.
    Refused(String),
}

impl From<redb::Error> for Fault {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => Self::InUse,
            redb::Error::Io(error)
                if !matches!(error.kind(), std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof) =>
            {
                Self::Refused(error.to_string())
            }
            redb::Error::PreviousIo => Self::Refused(error.to_string()),
            error => Self::Damaged(error.to_string()),
        }
    }
}

/// Runs what touches the file. A damaged file may make the database panic where it trusts what it reads.
fn guarded<T>(work: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(Fault::from),
        Err(_) => Err(Fault::Damaged("it does not hold together".to_owned())),
    }
}

impl Shelf {
    /// Opens the file, or makes it. A damaged file, and one of another version, is set aside and a new one made; where
    /// another program has it open, or the folder refuses, there is no shelf.
    pub fn open(path: &Path, keep: Keep, now: Timestamp) -> Opened {
        let why = match Self::try_open(path, keep, now) {
            Ok(shelf) => return Opened { shelf: Some(shelf), note: None },
            Err(Fault::Damaged(why)) => why,
            Err(fault) => return Opened { shelf: None, note: Some(note_of(path, &fault)) },
        };
        let aside = free_name(path, now);
        let note = match std::fs::rename(path, &aside) {
            Ok(()) => format!(
                "{} is damaged ({why}); it was kept as {}. Past figures are asked of CloudWatch again.",
                path.display(),
                aside.display()
            ),
            Err(err) => {
                let note = format!("{} is damaged ({why}) and could not be set aside ({err}).", path.display());
                return Opened { shelf: None, note: Some(note) };
            }
        };
        Opened { shelf: Self::try_open(path, keep, now).ok(), note: Some(note) }
    }

    fn try_open(path: &Path, keep: Keep, now: Timestamp) -> Result<Self, Fault> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|err| Fault::Refused(err.to_string()))?;
        }
        let mut shelf = guarded(|| {
            // Checked whenever it is opened: a file that was changed from outside is else trusted until it panics.
            let database =
                Database::builder().set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true).create(path);
            Ok(Self { database: database.map_err(as_found)?, keep })
        })?;
        only_for_this_person(path);
        let version = guarded(|| shelf.prepare())?;
        if version != VERSION {
            return Err(Fault::Damaged(format!("version {version} instead of {VERSION}")));
        }
        shelf.prune(now)?;
        let is_loose = std::fs::metadata(path).is_ok_and(|file| file.len() > keep.bytes + keep.bytes / 4);
        if is_loose {
            guarded(|| Ok(shelf.database.compact()?))?;
        }
        Ok(shelf)
    }

    /// Makes the tables where they are missing; the version of the file.
    fn prepare(&self) -> Result<u64, redb::Error> {
        let write = self.database.begin_write()?;
        let version = {
            let mut facts = write.open_table(FACTS)?;
            write.open_table(ROWS)?;
            let found = facts.get(VERSION_FACT)?.map(|version| version.value());
            if found.is_none() {
                facts.insert(VERSION_FACT, VERSION)?;
            }
            found.unwrap_or(VERSION)
        };
        write.commit()?;
        Ok(version)
    }

    /// The rows of these chunks, in their order; `None` where there is none.
    ///
    /// # Errors
    /// When the file cannot be read any more.
    pub fn read(&self, keys: &[ChunkKey]) -> Result<Vec<Option<Vec<u8>>>, Fault> {
        guarded(|| {
            let rows = self.database.begin_read()?.open_table(ROWS)?;
            let mut found = Vec::with_capacity(keys.len());
            for key in keys {
                let row = rows.get((key.start.as_secs(), key.step_seconds, name(key).as_str()))?;
                found.push(row.map(|row| row.value().to_vec()));
            }
            Ok(found)
        })
    }

    /// Writes rows, all or none of them, and drops what is too old or too much. On disk when it returns.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, new: &[(ChunkKey, Vec<u8>)], now: Timestamp) -> Result<(), Fault> {
        guarded(|| {
            let write = self.database.begin_write()?;
            {
                let mut rows = write.open_table(ROWS)?;
                let mut facts = write.open_table(FACTS)?;
                let mut bytes = facts.get(BYTES_FACT)?.map_or(0, |bytes| bytes.value());
                for (key, row) in new {
                    let key = (key.start.as_secs(), key.step_seconds, name(key));
                    let old = rows.insert((key.0, key.1, key.2.as_str()), row.as_slice())?;
                    let old = old.map_or(0, |old| room(old.value()));
                    bytes = (bytes + room(row)).saturating_sub(old);
                }
                let oldest = (now - self.keep.age).as_secs();
                loop {
                    let first = rows.first()?.map(|(key, row)| (owned(key.value()), room(row.value())));
                    let Some((key, row)) = first else { break };
                    if key.0 >= oldest && bytes <= self.keep.bytes {
                        break;
                    }
                    rows.remove((key.0, key.1, key.2.as_str()))?;
                    bytes = bytes.saturating_sub(row);
                }
                facts.insert(BYTES_FACT, bytes)?;
            }
            write.commit()?;
            Ok(())
        })
    }

    /// Drops what is too old or too much.
    ///
    /// # Errors
    /// As [`Shelf::write`].
    pub fn prune(&self, now: Timestamp) -> Result<(), Fault> {
        self.write(&[], now)
    }
}

fn owned((start, step, name): (i64, u32, &str)) -> (i64, u32, String) {
    (start, step, name.to_owned())
}

/// What a row takes in the file, which has room for it in powers of two.
fn room(row: &[u8]) -> u64 {
    (row.len() as u64).next_power_of_two()
}

/// Whose stream, as the rows are named. The separator is in no account, Region, URL or name of a stream.
fn name(key: &ChunkKey) -> String {
    format!("{}\n{}", key.place.key(), key.stream)
}

/// A file that is no database is reported as an error of the disk.
fn as_found(error: DatabaseError) -> redb::Error {
    match error {
        DatabaseError::Storage(StorageError::Io(err)) if err.kind() == std::io::ErrorKind::InvalidInput => {
            redb::Error::Corrupted(err.to_string())
        }
        error => error.into(),
    }
}

/// What to tell of a fault that leaves no file to work with.
pub fn note_of(path: &Path, fault: &Fault) -> String {
    let path = path.display();
    match fault {
        Fault::InUse => {
            "Another kinescope has the store of past figures open: this one keeps its own in memory only.".to_owned()
        }
        Fault::Damaged(why) => {
            format!(
                "{path} is damaged ({why}): past figures are kept in memory only; the next start sets the file aside."
            )
        }
        Fault::Refused(why) => format!("{path} cannot be used ({why}): past figures are kept in memory only."),
    }
}

/// `minutes.redb.damaged-1790000000`, with a number more where that is taken.
fn free_name(path: &Path, now: Timestamp) -> PathBuf {
    let name = |more: u32| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".damaged-{}", now.as_secs()));
        if more > 0 {
            name.push(format!("-{more}"));
        }
        path.with_file_name(name)
    };
    (0..100).map(name).find(|name| !name.exists()).unwrap_or_else(|| name(100))
}

#[cfg(unix)]
fn only_for_this_person(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600));
}

#[cfg(not(unix))]
fn only_for_this_person(_path: &Path) {}

#[cfg(test)]
mod tests {
    use super::super::book::Place;
    use super::*;
    use crate::model::ids::StreamName;

    const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

    fn key(hours_ago: i64) -> ChunkKey {
        ChunkKey {
            place: Place::kept("123456789012 us-east-1"),
            stream: StreamName::from("orders"),
            step_seconds: 60,
            start: NOW - Millis::from_mins(hours_ago * 60),
        }
    }

    fn open(path: &Path, keep: Keep) -> Shelf {
        let opened = Shelf::open(path, keep, NOW);
        assert_eq!(opened.note, None);
        opened.shelf.expect("opens")
    }

    #[test]
    fn old_rows_are_dropped_and_the_oldest_go_first_when_there_are_too_many() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("minutes.redb");
        let keep = Keep { age: Millis::from_mins(100 * 60), bytes: 3 * 2_048 };
        let shelf = open(&path, keep);
        let rows: Vec<_> = [1, 50, 99, 101].map(|hours| (key(hours), vec![7; 1_500])).into();
        shelf.write(&rows, NOW).expect("writes");
        let lens = |shelf: &Shelf| {
            let rows = shelf.read(&[key(1), key(50), key(99), key(101), key(2)]).expect("reads");
            rows.iter().map(|row| row.as_ref().map(Vec::len)).collect::<Vec<_>>()
        };
        assert_eq!(lens(&shelf), [Some(1_500), Some(1_500), Some(1_500), None, None]);
        // A row that is written again counts once.
        shelf.write(&[(key(1), vec![8; 1_600])], NOW).expect("writes");
        assert_eq!(lens(&shelf), [Some(1_600), Some(1_500), Some(1_500), None, None]);
        shelf.write(&[(key(2), vec![9; 1_500])], NOW).expect("writes");
        assert_eq!(lens(&shelf), [Some(1_600), Some(1_500), None, None, Some(1_500)]);
        drop(shelf);
        let later = NOW + Millis::from_mins(60 * 60);
        let shelf = Shelf::open(&path, keep, later).shelf.expect("opens");
        assert_eq!(lens(&shelf), [Some(1_600), None, None, None, Some(1_500)]);
    }

    #[test]
    fn a_file_of_another_version_is_set_aside() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("minutes.redb");
        let shelf = open(&path, Keep::default());
        let write = shelf.database.begin_write().expect("writes");
        write.open_table(FACTS).expect("table").insert(VERSION_FACT, 99).expect("writes");
        write.commit().expect("commits");
        drop(shelf);
        let opened = Shelf::open(&path, Keep::default(), NOW);
        assert!(opened.shelf.is_some(), "a new file takes its place");
        let note = opened.note.expect("it is said");
        assert!(note.contains("version 99") && note.contains("damaged-1790000000"), "{note}");
        assert!(folder.path().join("minutes.redb.damaged-1790000000").exists());
    }

    #[test]
    fn what_the_file_may_tell_stays_with_this_person() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("new").join("minutes.redb");
        drop(open(&path, Keep::default()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).expect("file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
