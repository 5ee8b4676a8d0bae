//! Where plans that have begun are kept until they end: one small file each, replaced whole before every step. A file that belongs to
//! a plan under way is locked, so that a second program does not offer to go on with it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::plan::request::{PlanRequest, UnfinishedPlan};
use crate::model::time::Timestamp;

/// The folder of all plans that have not come to their end.
#[derive(Clone, Debug, Default)]
pub struct PlanJournal {
    folder: Option<PathBuf>,
}

impl PlanJournal {
    /// Keeps plans in this folder, which is made when there is one to keep.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder: Some(folder) }
    }

    /// Keeps nothing: what is begun on a server that ends with this program cannot be gone on with.
    pub fn nowhere() -> Self {
        Self::default()
    }

    /// The plans of programs that have ended, oldest first. Files that cannot be read are left alone.
    pub fn unfinished(&self) -> Vec<UnfinishedPlan> {
        let entries = self.folder.as_ref().and_then(|folder| fs::read_dir(folder).ok());
        let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
        let read = |path: PathBuf| {
            if path.extension().is_none_or(|extension| extension != "json") || is_held(&path) {
                return None;
            }
            serde_json::from_slice::<UnfinishedPlan>(&fs::read(path).ok()?).ok()
        };
        let mut plans: Vec<UnfinishedPlan> = paths.filter_map(read).collect();
        plans.sort_by_key(|plan| plan.request.started);
        plans
    }

    /// Notes something about a plan that does not run.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn amend(&self, plan: &UnfinishedPlan) -> io::Result<()> {
        match &self.folder {
            Some(folder) => replace(&file_of(folder, &plan.request), plan),
            None => Ok(()),
        }
    }

    /// Forgets a plan.
    ///
    /// # Errors
    /// When its file cannot be removed.
    pub fn forget(&self, request: &PlanRequest) -> io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let path = file_of(folder, request);
        let _ = fs::remove_file(lock_of(&path));
        match fs::remove_file(path) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => Err(err),
            _ => Ok(()),
        }
    }

    /// The page of a plan that begins, held until it is dropped.
    pub fn page(&self, plan: UnfinishedPlan) -> Page {
        let path = self.folder.as_ref().map(|folder| file_of(folder, &plan.request));
        Page(Arc::new(Mutex::new(Inner { path, plan, lock: None })))
    }
}

/// What is kept of one plan while it runs.
#[derive(Clone, Debug)]
pub struct Page(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    path: Option<PathBuf>,
    plan: UnfinishedPlan,
    lock: Option<File>,
}

impl Page {
    /// Says how far the plan is; on the disk when this returns.
    ///
    /// # Errors
    /// When the folder cannot be written, or another program carries this plan out.
    pub async fn write(&self, done: usize, is_in_flight: bool, why: Option<String>, at: Timestamp) -> io::Result<()> {
        let inner = self.0.clone();
        blocking(move || {
            let mut inner = inner.lock().unwrap_or_else(PoisonError::into_inner);
            inner.plan = UnfinishedPlan { done, is_in_flight, why, at, is_logged: false, ..inner.plan.clone() };
            let Some(path) = inner.path.clone() else { return Ok(()) };
            if inner.lock.is_none() {
                inner.lock = Some(hold(&path)?);
            }
            replace(&path, &inner.plan)
        })
        .await
    }

    /// The plan came to its end: nothing is left to go on with.
    pub async fn close(&self) {
        let inner = self.0.clone();
        let _ = blocking(move || {
            let mut inner = inner.lock().unwrap_or_else(PoisonError::into_inner);
            inner.lock = None;
            match &inner.path {
                Some(path) => {
                    let _ = fs::remove_file(lock_of(path));
                    fs::remove_file(path)
                }
                None => Ok(()),
            }
        })
        .await;
    }
}

async fn blocking(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|err| Err(io::Error::other(err)))
}

fn file_of(folder: &Path, request: &PlanRequest) -> PathBuf {
    // A stream's name has letters, digits, dots, hyphens and underscores; whatever else a server lists stays out of a path.
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    let name: String = request.stream.as_str().chars().take(128).map(plain).collect();
    folder.join(format!("{name}-{}.json", request.started.0))
}

fn lock_of(path: &Path) -> PathBuf {
    path.with_extension("lock")
}

/// Takes the lock of a plan; it is given back when the file is dropped, or the program ends.
fn hold(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(lock_of(path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(io::Error::other("another kinescope carries this plan out")),
        Err(fs::TryLockError::Error(err)) => Err(err),
    }
}

fn is_held(path: &Path) -> bool {
    let Ok(file) = File::open(lock_of(path)) else { return false };
    matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock))
}

/// Writes the file whole or not at all, and waits until it is on the disk.
fn replace(path: &Path, plan: &UnfinishedPlan) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(&serde_json::to_vec_pretty(plan).map_err(io::Error::other)?)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::request::Purpose;

    fn plan(stream: &str) -> UnfinishedPlan {
        UnfinishedPlan {
            request: PlanRequest {
                stream: stream.into(),
                purpose: Purpose::Balance { from: 1, target: 2 },
                steps: Vec::new(),
                started: Timestamp(7),
                done: 0,
                is_resumed: false,
            },
            connection: "dev".to_owned(),
            region: "us-east-1".to_owned(),
            endpoint_url: None,
            account: None,
            done: 0,
            is_in_flight: false,
            at: Timestamp(7),
            why: None,
            is_logged: false,
        }
    }

    #[tokio::test]
    async fn a_plan_under_way_is_offered_only_when_its_program_is_gone() {
        let folder = tempfile::tempdir().expect("folder");
        let journal = PlanJournal::in_folder(folder.path().join("plans"));
        let page = journal.page(plan("a/../b"));
        page.write(1, true, None, Timestamp(9)).await.expect("writes");
        assert!(journal.unfinished().is_empty(), "it runs");
        assert!(journal.page(plan("a/../b")).write(0, true, None, Timestamp(9)).await.is_err(), "one at a time");
        drop(page);
        let left = journal.unfinished();
        assert_eq!(left.iter().map(|plan| (plan.done, plan.is_in_flight)).collect::<Vec<_>>(), [(1, true)]);
        journal.forget(&left[0].request).expect("forgets");
        assert!(journal.unfinished().is_empty());
    }

    #[tokio::test]
    async fn a_plan_that_came_to_its_end_leaves_nothing() {
        let folder = tempfile::tempdir().expect("folder");
        let journal = PlanJournal::in_folder(folder.path().to_owned());
        let page = journal.page(plan("orders"));
        page.write(0, true, None, Timestamp(9)).await.expect("writes");
        page.close().await;
        assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 0);
        PlanJournal::nowhere().page(plan("orders")).write(0, true, None, Timestamp(9)).await.expect("keeps nothing");
    }
}
