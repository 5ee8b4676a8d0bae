//! Changes of streams on their way, and what streams were asked for them. A change runs to its end even when its stream or its
//! connection is left; what came of it is logged as done by who did it and where.

use tokio::sync::watch;

use super::App;
use super::ingest::take;
use crate::model::activity::{ActivityEntry, Event, Outcome};
use crate::model::change::details::StreamDetails;
use crate::model::change::{CallEnd, ChangeRequest, ChangeRun, Changes};
use crate::model::connection::ConnectionInfo;
use crate::model::ids::StreamName;
use crate::model::time::Timestamp;
use crate::model::world::TaskLine;
use crate::tasks::change;
use crate::tasks::slot::Slot;
use crate::ui::command::Place;

/// What runs.
#[derive(Default)]
pub(super) struct Changing {
    running: Vec<Running>,
    /// The question that is open, for the stream that [`Changes::of`] names.
    details: Slot<StreamDetails>,
}

/// One change on its way.
struct Running {
    progress: watch::Receiver<ChangeRun>,
    /// Calls that are in the log.
    logged: usize,
    connection: ConnectionInfo,
    /// Who acts; empty where it is not known.
    who: String,
    /// The connection that it belongs to is the one on screen.
    is_here: bool,
}

impl Changing {
    /// Whether anything is on its way.
    pub(super) fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// The connection is left: nothing of it may be shown on another.
    pub(super) fn leave(&mut self) {
        self.details.clear();
        for running in &mut self.running {
            running.is_here = false;
        }
    }

    /// What runs, for the status bar.
    pub(super) fn task_lines(&self) -> Vec<TaskLine> {
        let line = |running: &Running| {
            let run = running.progress.borrow();
            TaskLine { text: format!("{} on {}", run.request.operations(), run.request.stream), progress: None }
        };
        self.running.iter().map(line).collect()
    }
}

impl App {
    /// Asks a stream what changes of it are held against.
    pub(super) fn ask_details(&mut self, stream: StreamName, now: Timestamp) {
        let Some(connection) = self.engine.connection() else { return };
        let Changes { of, details, .. } = &mut self.world.changes;
        if of.as_ref() != Some(&stream) {
            self.changing.details.clear();
            *details = self.changing.details.answer().clone();
            *of = Some(stream.clone());
        }
        details.begin(now);
        let task = async move { connection.stream_details(&stream).await };
        self.changing.details.start(&self.engine.handle, self.engine.wake.clone(), now, task);
    }

    /// Changes a stream; one that is being changed by this program is left alone.
    pub(super) fn change(&mut self, request: ChangeRequest, now: Timestamp) {
        let is_busy = self
            .changing
            .running
            .iter()
            .any(|running| running.is_here && running.progress.borrow().request.stream == request.stream);
        if is_busy || !self.may_write(now) {
            return;
        }
        let (Some(connection), Some(info)) = (self.engine.connection(), self.world.connection()) else { return };
        let who = self.world.identity.get().map(|identity| identity.principal().to_owned()).unwrap_or_default();
        let (publish, progress) = watch::channel(change::prepared(request));
        let (clock, wake) = (self.engine.clock.clone(), self.engine.wake.clone());
        let (mut changes, wake_at_end) = (publish.subscribe(), wake.clone());
        self.engine.handle.spawn(async move {
            change::run(&connection, &clock, &publish).await;
            wake_at_end.wake();
        });
        self.engine.handle.spawn(async move {
            while changes.changed().await.is_ok() {
                wake.wake();
            }
        });
        let running = Running { progress, logged: 0, connection: info.clone(), who, is_here: true };
        let run = running.progress.borrow().clone();
        self.show_run(&running, run);
        self.changing.running.push(running);
    }

    fn show_run(&mut self, running: &Running, run: ChangeRun) {
        if running.is_here {
            self.world.changes.runs.insert(run.request.stream.clone(), run);
        }
    }

    /// Takes in how far changes have come, logs each call that has ended, and looks anew at what they changed.
    pub(super) fn ingest_changes(&mut self, now: Timestamp) {
        take(&mut self.changing.details, &mut self.world.changes.details, now);
        let mut kept = Vec::new();
        for mut running in std::mem::take(&mut self.changing.running) {
            // Asked before the value: what is published in between is seen in the next frame.
            let is_gone = running.progress.has_changed().is_err();
            let mut run = running.progress.borrow_and_update().clone();
            run.is_done |= is_gone;
            self.show_run(&running, run.clone());
            for (change, end) in run.request.changes.iter().zip(&run.ends).skip(running.logged) {
                let entry = log_entry(&running, &run.request, change, end, now);
                if let Some(problem) = end.problem.as_ref().filter(|_| running.is_here) {
                    self.world.last_problem = Some((problem.clone(), now));
                }
                self.log_activity(entry);
            }
            running.logged = run.ends.len();
            match run.is_done {
                true if running.is_here => self.change_ended(&run, now),
                true => {}
                false => kept.push(running),
            }
        }
        self.changing.running = kept;
    }

    /// Whatever shows the stream is asked again; a stream that is gone is left.
    fn change_ended(&mut self, run: &ChangeRun, now: Timestamp) {
        let stream = &run.request.stream;
        let is_deleted = run.request.deletes() && run.problem().is_none();
        self.refresh_all = true;
        self.relist_shards = true;
        if is_deleted {
            if matches!(&self.ui.place, Place::Stream(name, _) if name == stream) {
                self.ui.place = Place::Fleet;
            }
            if self.world.open.as_ref().is_some_and(|open| open.name == *stream) {
                self.show_stream(None);
                self.engine.open = None;
            }
        } else if self.world.changes.of.as_ref() == Some(stream) {
            self.ask_details(stream.clone(), now);
        }
        if self.world.account_limits.value.is_some() {
            self.engine.ask_limits(now);
        }
    }
}

fn log_entry(
    running: &Running,
    request: &ChangeRequest,
    change: &crate::model::change::StreamChange,
    end: &CallEnd,
    at: Timestamp,
) -> ActivityEntry {
    let outcome = match &end.problem {
        Some(problem) => Outcome::Failed { sentence: problem.sentence.clone() },
        None => Outcome::Ok,
    };
    ActivityEntry {
        at,
        connection: running.connection.label.clone(),
        environment: running.connection.environment.tag().to_owned(),
        who: running.who.clone(),
        stream: Some(request.stream.clone()),
        event: Event::Call {
            operation: change.operation().to_owned(),
            target: change.target(),
            cli: request.cli_of(change, &running.connection),
            request_id: end.receipt.as_ref().and_then(|receipt| receipt.request_id.clone()),
            took: end.took,
            outcome,
        },
    }
}
