//! Starts and stops the sampling of the open stream.

use super::App;
use crate::model::format;
use crate::model::sample::state::{SampleEffort, SampleRequest, SampleRun};

impl App {
    /// Begins to sample the open stream; what an earlier run counted stays visible until this one has records.
    pub(super) fn start_sample(&mut self, request: SampleRequest) {
        let now = self.world.now;
        let Some(open) = &mut self.world.open else { return };
        let shards = match (&request.shards, open.shards.get()) {
            (Some(chosen), _) => format::counted(chosen.len(), "shard"),
            (None, Some(map)) => format::counted(map.open_count(), "shard"),
            (None, None) => "every shard".to_owned(),
        };
        open.sample.effort = SampleEffort { window_seconds: request.window_seconds, ..SampleEffort::default() };
        open.sample.run = SampleRun::Running { since: now, progress: None, text: format!("Sampling {shards}") };
    }

    /// Ends the run; what it has counted stays.
    pub(super) fn stop_sample(&mut self) {
        let now = self.world.now;
        if let Some(open) = &mut self.world.open
            && open.sample.run.is_running()
        {
            open.sample.run = SampleRun::Stopped { at: now };
        }
    }
}
