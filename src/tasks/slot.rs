//! One question, one answer. A slot keeps the last good value while a newer one is on its way, throws away answers to
//! questions that were asked again or cancelled, and survives a task that panics.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use poll_promise::Promise;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::wake::Wake;
use crate::model::answer::{Answer, Problem, ProblemKind};
use crate::model::time::Timestamp;

/// The answer to one question, and the task that looks for a newer one.
pub struct Slot<T: Send + Sync + 'static> {
    answer: Answer<T>,
    running: Option<Running<T>>,
    generation: u64,
}

struct Running<T: Send + 'static> {
    promise: Promise<Result<T, Problem>>,
    abort: AbortHandle,
}

impl<T: Send + 'static> Drop for Running<T> {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

/// Wakes when it is dropped, so that no end of a task goes unnoticed.
struct WakeAtEnd(Wake);

impl Drop for WakeAtEnd {
    fn drop(&mut self) {
        self.0.wake();
    }
}

impl<T: Send + Sync + 'static> Default for Slot<T> {
    fn default() -> Self {
        Self { answer: Answer::default(), running: None, generation: 0 }
    }
}

impl<T: Send + Sync + 'static> Slot<T> {
    /// Asks. A question that is still open is cancelled; its answer can no longer arrive.
    pub fn start(
        &mut self,
        handle: &Handle,
        wake: Wake,
        now: Timestamp,
        question: impl Future<Output = Result<T, Problem>> + Send + 'static,
    ) {
        self.cancel();
        self.generation += 1;
        self.answer.begin(now);
        let (sender, promise) = Promise::new();
        let task = handle.spawn(async move {
            let wake = WakeAtEnd(wake);
            let outcome = AssertUnwindSafe(question).catch_unwind().await.unwrap_or_else(|_| Err(panicked()));
            sender.send(outcome);
            drop(wake);
        });
        self.running = Some(Running { promise, abort: task.abort_handle() });
    }

    /// Takes the answer, where it has arrived. Whether anything changed. Call it once a frame.
    pub fn poll(&mut self, now: Timestamp) -> bool {
        let Some(mut running) = self.running.take() else { return false };
        // Asked before the promise is looked at: an answer that arrives in between is still found.
        let has_ended = running.abort.is_finished();
        // `ready` and `poll` panic where the sender is gone without an answer; `poll_mut` stays pending instead. A task
        // that ended without an answer was aborted from outside, as when the runtime shuts down.
        if running.promise.poll_mut().is_ready() {
            let outcome = Self::take(&mut running);
            self.answer.finish(outcome, now);
            true
        } else if has_ended {
            self.answer.finish(Err(panicked()), now);
            true
        } else {
            self.running = Some(running);
            false
        }
    }

    /// The answer of a promise that is ready.
    fn take(running: &mut Running<T>) -> Result<T, Problem> {
        let (_, empty) = Promise::new();
        std::mem::replace(&mut running.promise, empty).try_take().unwrap_or_else(|_| Err(panicked()))
    }

    /// What is known.
    pub fn answer(&self) -> &Answer<T> {
        &self.answer
    }

    /// Whether an answer is on its way.
    pub fn is_pending(&self) -> bool {
        self.running.is_some()
    }

    /// Which question the slot is at: grows with every [`Slot::start`] and [`Slot::clear`].
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Gives up on the open question; the last good value stays.
    pub fn cancel(&mut self) {
        self.running = None;
        self.answer.pending_since = None;
    }

    /// Gives up on the open question and forgets what is known, as for another connection.
    pub fn clear(&mut self) {
        self.running = None;
        self.generation += 1;
        self.answer = Answer::default();
    }
}

fn panicked() -> Problem {
    Problem::new(ProblemKind::Internal, "A task of this program stopped without an answer. Try again.")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    const T0: Timestamp = Timestamp(1_000);

    fn settle(slot: &mut Slot<u32>) -> bool {
        for _ in 0..500 {
            if slot.poll(T0) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        false
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().expect("a runtime")
    }

    #[test]
    fn an_answer_arrives_and_wakes_the_window() {
        let runtime = runtime();
        let woken = Arc::new(AtomicUsize::new(0));
        let count = woken.clone();
        let mut slot = Slot::default();
        let wake = Wake::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        slot.start(runtime.handle(), wake, T0, async { Ok(7) });
        assert!(slot.is_pending());
        assert!(slot.answer().is_loading());
        assert!(settle(&mut slot));
        assert_eq!(slot.answer().get(), Some(&7));
        assert!(!slot.is_pending());
        assert!(!slot.poll(T0));
        while woken.load(Ordering::SeqCst) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn an_old_answer_never_overwrites_a_new_one() {
        let runtime = runtime();
        let (release, gate) = tokio::sync::oneshot::channel::<()>();
        let mut slot = Slot::default();
        slot.start(runtime.handle(), Wake::none(), T0, async {
            let _ = gate.await;
            Ok(1)
        });
        slot.start(runtime.handle(), Wake::none(), T0, async { Ok(2) });
        let _ = release.send(());
        assert!(settle(&mut slot));
        std::thread::sleep(Duration::from_millis(20));
        assert!(!slot.poll(T0));
        assert_eq!(slot.answer().get(), Some(&2));
        assert_eq!(slot.generation(), 2);
    }

    #[test]
    fn a_task_that_panics_becomes_a_problem_and_keeps_the_old_value() {
        let runtime = runtime();
        let mut slot = Slot::default();
        slot.start(runtime.handle(), Wake::none(), T0, async { Ok(1) });
        assert!(settle(&mut slot));
        slot.start(runtime.handle(), Wake::none(), T0, async { panic!("on purpose") });
        assert!(settle(&mut slot));
        assert_eq!(slot.answer().get(), Some(&1));
        assert_eq!(slot.answer().problem.as_ref().map(|(problem, _)| problem.kind), Some(ProblemKind::Internal));
    }

    #[test]
    fn a_runtime_that_shuts_down_becomes_a_problem() {
        let runtime = runtime();
        let mut slot: Slot<u32> = Slot::default();
        slot.start(runtime.handle(), Wake::none(), T0, std::future::pending());
        runtime.shutdown_timeout(Duration::from_secs(1));
        assert!(settle(&mut slot));
        assert!(slot.answer().problem.is_some());
    }

    #[test]
    fn cancelling_and_dropping_stop_the_task() {
        struct Flag(Arc<AtomicUsize>);
        impl Drop for Flag {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let runtime = runtime();
        let stopped = Arc::new(AtomicUsize::new(0));
        let mut slot: Slot<u32> = Slot::default();
        for round in 1..=2 {
            let flag = Flag(stopped.clone());
            slot.start(runtime.handle(), Wake::none(), T0, async move {
                let _flag = flag;
                std::future::pending().await
            });
            if round == 1 {
                slot.cancel();
                assert!(!slot.is_pending());
                assert_eq!(slot.answer().pending_since, None);
            } else {
                slot = Slot::default();
            }
            for _ in 0..500 {
                if stopped.load(Ordering::SeqCst) == round {
                    break;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            assert_eq!(stopped.load(Ordering::SeqCst), round);
        }
        assert!(!slot.is_pending());
    }
}
