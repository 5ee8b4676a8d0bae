//! The steps of a change that runs, published with their times: one way for all that change a stream.

use tokio::sync::watch;

use super::clock::Clock;
use crate::model::answer::Problem;
use crate::model::change::ChangeRun;
use crate::model::reshard::{ReshardRun, ReshardStep, StepState};

/// A run that goes by steps.
pub(super) trait Stepped {
    /// Its steps, in order.
    fn steps_mut(&mut self) -> &mut [ReshardStep];
}

impl Stepped for ReshardRun {
    fn steps_mut(&mut self) -> &mut [ReshardStep] {
        &mut self.steps
    }
}

impl Stepped for ChangeRun {
    fn steps_mut(&mut self) -> &mut [ReshardStep] {
        &mut self.steps
    }
}

/// Says of each step when it began and how it ended.
pub(super) struct Follow<'a, R> {
    pub clock: &'a Clock,
    pub progress: &'a watch::Sender<R>,
}

impl<R: Stepped> Follow<'_, R> {
    fn set(&self, step: usize, state: StepState) {
        self.progress.send_modify(|run| {
            if let Some(step) = run.steps_mut().get_mut(step) {
                step.state = state;
            }
        });
    }

    /// The step of this index begins now.
    pub fn begin(&self, step: usize) {
        self.set(step, StepState::Running(self.clock.now()));
    }

    /// The step of this index has come to this; handed on.
    ///
    /// # Errors
    /// That of the outcome.
    pub fn end<T>(&self, step: usize, outcome: Result<T, Problem>) -> Result<T, Problem> {
        let now = self.clock.now();
        let state = outcome.as_ref().map_or_else(|err| StepState::Failed(now, err.clone()), |_| StepState::Done(now));
        self.set(step, state);
        outcome
    }
}
