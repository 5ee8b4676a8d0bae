//! Keeps the shards that this program has seen: one small file a stream, replaced whole when something new was seen. Of servers that
//! end with this program it keeps them in memory only.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use md5::{Digest, Md5};

use crate::model::ids::StreamName;
use crate::model::shard_history::ShardHistory;
use crate::model::shard_map::ShardMap;
use crate::model::time::Timestamp;

/// Which stream is meant, on which server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StreamPlace {
    /// Its ARN, or its name where the server gives none.
    pub arn: String,
    /// Region.
    pub region: String,
    /// Endpoint, where it is none of AWS's own.
    pub endpoint_url: Option<String>,
    /// Its name.
    pub stream: StreamName,
    /// Whether it outlives this program.
    pub is_kept: bool,
}

/// The shards that were seen. All clones are one.
#[derive(Clone, Debug, Default)]
pub struct ShardHistories {
    folder: Option<PathBuf>,
    known: Arc<Mutex<HashMap<StreamPlace, ShardHistory>>>,
}

impl ShardHistories {
    /// Keeps them in this folder, which is made when there is something to keep.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder: Some(folder), known: Arc::default() }
    }

    /// Keeps them until the program ends.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// Takes a listing in and gives back all that is known. Waits for the disk: not for the thread of the window. The note says why
    /// it could not be kept.
    pub fn see(
        &self,
        place: &StreamPlace,
        listing: &ShardMap,
        created: Option<Timestamp>,
        now: Timestamp,
    ) -> (ShardHistory, Option<String>) {
        let path = self.folder.as_ref().filter(|_| place.is_kept).map(|folder| file_of(folder, place));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let history = known
            .entry(place.clone())
            .or_insert_with(|| path.as_deref().and_then(|path| read(path, place)).unwrap_or_default());
        let is_new = history.see(listing, created, now);
        let written = match path.filter(|_| is_new) {
            Some(path) => write(&path, place, history),
            None => Ok(()),
        };
        let note = written.err().map(|err| {
            format!("The shards of {} that were seen are remembered until the program ends only ({err}).", place.stream)
        });
        (history.clone(), note)
    }
}

/// A name that any file system takes, and that does not tell the stream's.
fn file_of(folder: &Path, place: &StreamPlace) -> PathBuf {
    let told = format!(
        "{}\n{}\n{}\n{}",
        place.arn,
        place.region,
        place.endpoint_url.as_deref().unwrap_or_default(),
        place.stream
    );
    let digest = u128::from_be_bytes(Md5::digest(told.as_bytes()).into());
    folder.join(format!("{digest:032x}.json"))
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    /// For whoever looks into the file, and against two streams of one digest.
    stream: StreamName,
    arn: String,
    #[serde(flatten)]
    history: ShardHistory,
}

/// A file that cannot be read is as good as none: the listing is seen anew, and the file replaced.
fn read(path: &Path, place: &StreamPlace) -> Option<ShardHistory> {
    let kept: Kept = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    (kept.stream == place.stream && kept.arn == place.arn).then_some(kept.history)
}

fn write(path: &Path, place: &StreamPlace, history: &ShardHistory) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let kept = Kept { stream: place.stream.clone(), arn: place.arn.clone(), history: history.clone() };
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    fs::write(&temporary, serde_json::to_vec(&kept).map_err(io::Error::other)?)?;
    fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::hash_range::HashKeyRange;
    use crate::model::shard_map::Shard;

    fn place(is_kept: bool) -> StreamPlace {
        StreamPlace {
            arn: "arn:aws:kinesis:us-east-1:1:stream/orders".to_owned(),
            region: "us-east-1".to_owned(),
            endpoint_url: None,
            stream: "orders".into(),
            is_kept,
        }
    }

    fn listing(ids: &[&str]) -> ShardMap {
        let shard = |id: &&str| Shard {
            id: (*id).into(),
            range: HashKeyRange::FULL,
            parent: None,
            adjacent_parent: None,
            starting_sequence_number: "1".into(),
            ending_sequence_number: None,
        };
        ShardMap::new(ids.iter().map(shard).collect())
    }

    #[test]
    fn what_was_seen_is_known_after_a_restart() {
        let folder = tempfile::tempdir().expect("folder");
        let store = || ShardHistories::in_folder(folder.path().join("shards"));
        store().see(&place(true), &listing(&["a"]), None, Timestamp(5));
        let (history, note) = store().see(&place(true), &listing(&["b"]), None, Timestamp(9));
        assert_eq!((history.shards.len(), history.since, note), (2, Some(Timestamp(5)), None));
        let file = fs::read_dir(folder.path().join("shards")).expect("lists").flatten().next().expect("one file");
        fs::write(file.path(), "{ half").expect("damages");
        let (history, _) = store().see(&place(true), &listing(&["b"]), None, Timestamp(12));
        assert_eq!(history.shards.len(), 1, "a damaged file is as good as none");
    }

    #[test]
    fn of_servers_that_end_with_the_program_nothing_is_written() {
        let folder = tempfile::tempdir().expect("folder");
        let store = ShardHistories::in_folder(folder.path().to_owned());
        store.see(&place(false), &listing(&["a"]), None, Timestamp(5));
        let (history, _) = store.see(&place(false), &listing(&["b"]), None, Timestamp(9));
        assert_eq!(history.shards.len(), 2);
        assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 0);
    }
}
