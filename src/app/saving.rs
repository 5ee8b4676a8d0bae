//! Files that people ask for beside a run: lines that cannot be sent, records that failed, what became of each.

use std::sync::mpsc::channel;

use super::App;
use super::injecting::landing;
use crate::model::format;
use crate::model::results::{Results, ResultsOf, ResultsWish};
use crate::tasks::inject::file::save_invalid;
use crate::tasks::inject::save::{save, save_cut_off};

impl App {
    /// Reads the file again beside the window.
    pub(super) fn save_invalid(&mut self, path: String) {
        let Some(open) = &self.world.open else { return };
        let Some(scan) = open.batch.scan.clone() else { return };
        let landing = landing(open);
        self.save_beside(move || {
            let lines = save_invalid(&scan, landing, &path)?;
            Ok(format!("{} are in {path}.", format::counted(lines as usize, "line")))
        });
    }

    /// Writes what became of each record.
    pub(super) fn save_results(&mut self, wish: ResultsWish) {
        match &wish.of {
            ResultsOf::Single => {
                let rows = self.world.open.as_ref().and_then(|open| open.inject.as_ref()).map(|run| run.rows.clone());
                let Some(rows) = rows else { return };
                self.save_beside(move || save(&Results::of_rows(&rows), &wish));
            }
            ResultsOf::Batch => {
                let Some(results) = self.injecting.results() else { return };
                self.save_beside(move || results.save(&wish));
            }
            ResultsOf::CutOff(id) => {
                let Some(run) = self.world.unfinished_runs.iter().find(|run| run.id == *id).cloned() else { return };
                self.save_beside(move || save_cut_off(&run, &wish));
            }
        }
    }

    fn save_beside(&mut self, write: impl FnOnce() -> Result<String, String> + Send + 'static) {
        let wake = self.engine.wake.clone();
        let (say, saved) = channel();
        self.engine.handle.spawn_blocking(move || {
            // Nobody listens where the connection was left.
            let _ = say.send(write());
            wake.wake();
        });
        self.injecting.await_saved(saved);
    }
}
