//! Starts, follows and stops the sampling of the open stream.

use super::App;
use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::sample::StreamSample;
use crate::model::sample::state::{SampleEffort, SampleRequest, SampleRun};
use crate::model::time::Timestamp;
use crate::tasks::sampler::{Plan, Progress, SamplerOptions};

impl App {
    /// Begins to sample the open stream; what an earlier run counted stays visible until this one has records.
    pub(super) fn start_sample(&mut self, request: SampleRequest) {
        let now = self.world.now;
        let Some(open) = &mut self.world.open else { return };
        let listed = || open.shards.get().map(|map| map.open().map(|shard| shard.id.clone()).collect::<Vec<ShardId>>());
        // Until the shards are listed there is nothing to read; the view offers it again once they are.
        let Some(shards) = request.shards.clone().or_else(listed) else { return };
        open.sample.effort = SampleEffort { window_seconds: request.window_seconds, ..SampleEffort::default() };
        let text = format!("Sampling {}", format::counted(shards.len(), "shard"));
        open.sample.run = SampleRun::Running { since: now, progress: Some(0.0), text };
        let sample = StreamSample::new(shards.len());
        let plan = Plan::Window { seconds: request.window_seconds };
        let options = SamplerOptions { shards, plan, reads_per_sec: self.world.settings.read_budget };
        self.engine.start_sampler(options, sample);
    }

    /// Ends the run; what it has counted stays.
    pub(super) fn stop_sample(&mut self) {
        let now = self.world.now;
        if let Some(tasks) = &mut self.engine.open {
            tasks.sampler = None;
        }
        if let Some(open) = &mut self.world.open
            && open.sample.run.is_running()
        {
            open.sample.run = SampleRun::Stopped { at: now };
        }
    }

    /// Takes in how far the sampling has come.
    pub(super) fn ingest_sample(&mut self, now: Timestamp) {
        let (Some(tasks), Some(open)) = (&mut self.engine.open, &mut self.world.open) else { return };
        let Some(sampler) = &mut tasks.sampler else { return };
        // Asked of the value and not of the channel: the last value counts although its sender is gone.
        let shown = sampler.progress.borrow_and_update();
        if !shown.has_changed() {
            return;
        }
        let Progress { sample, effort, fraction, end, .. } = shown.clone();
        drop(shown);
        open.sample.effort = effort;
        if !sample.is_empty() || end.is_some() {
            open.sample.sample = Some(sample);
        }
        match (end, &mut open.sample.run) {
            (Some(Ok(())), run) => *run = SampleRun::Done { at: now },
            (Some(Err(problem)), run) => {
                *run = SampleRun::Failed { problem: problem.clone(), at: now };
                self.world.last_problem = Some((problem, now));
            }
            (None, SampleRun::Running { progress, .. }) => *progress = fraction,
            (None, _) => {}
        }
    }
}
