//! Consumers of this program's own: begun with a tail that reads by enhanced fan-out, ended with it, logged, and cleared
//! away where an earlier run left them behind.

use std::time::{Duration, Instant};

use super::App;
use crate::model::activity::{ActivityEntry, Event, Outcome, cli_line};
use crate::model::connection::{ConnectionInfo, Environment};
use crate::model::fan_out::{FanOutView, OwnConsumer, OwnPhase, own_name};
use crate::model::tail::TailOptions;
use crate::model::time::{Millis, Timestamp};
use crate::model::world::TaskLine;
use crate::tasks::fan_out::ledger::Ledger;
use crate::tasks::fan_out::{Lease, LeaseCall, LeaseState, Wanted, clear_away};
use crate::tasks::slot::Slot;

/// How long the end of the program waits for consumers to be deregistered. One that takes longer is offered at the next
/// start.
const LAST_PATIENCE: Duration = Duration::from_secs(3);

/// The consumers of this program's own.
#[derive(Default)]
pub(super) struct FanOut {
    /// Where they are noted; `None` keeps nothing.
    pub(super) ledger: Option<Ledger>,
    /// The one of the running tail.
    lease: Option<Held>,
    /// Those that are being deregistered.
    leaving: Vec<Held>,
    /// Leftovers that are being deregistered, and since when.
    clearing: Option<(Slot<Vec<Cleared>>, ActivityEntry)>,
}

/// A lease with what a line of the log says beside the call.
struct Held {
    lease: Lease,
    entry: ActivityEntry,
    connection: ConnectionInfo,
}

/// A leftover and the call that was made for it; `None` where it was gone already.
pub(super) type Cleared = (OwnConsumer, Option<LeaseCall>);

impl FanOut {
    /// Ends the consumer of the tail.
    pub(super) fn leave(&mut self) {
        if let Some(held) = self.lease.take() {
            held.lease.end();
            self.leaving.push(held);
        }
    }

    /// The line of the status bar.
    pub(super) fn task_line(&self) -> Option<TaskLine> {
        let name = &self.leaving.first()?.lease.name;
        Some(TaskLine { text: format!("DeregisterStreamConsumer {name}"), progress: None })
    }

    fn view(&self, leftovers: Vec<OwnConsumer>) -> FanOutView {
        let phase = |held: &Held| match held.lease.state() {
            LeaseState::Coming => OwnPhase::Coming,
            LeaseState::Ready(_) => OwnPhase::Ready,
            LeaseState::Failed(_) => OwnPhase::None,
        };
        FanOutView {
            name: self.lease.as_ref().map(|held| held.lease.name.clone()).unwrap_or_default(),
            phase: self.lease.as_ref().map_or(OwnPhase::None, phase),
            leftovers,
            is_clearing: self.clearing.is_some(),
        }
    }
}

impl App {
    /// Sees to it that there is a consumer where the options ask for one of this program's own; whether reading may begin.
    /// One that is there for the stream is kept.
    pub(super) fn prepare_route(&mut self, options: &TailOptions, now: Timestamp) -> bool {
        let stream = self.world.open.as_ref().map(|open| open.name.clone());
        let is_kept = |held: &Held| {
            Some(&held.lease.stream) == stream.as_ref() && !matches!(held.lease.state(), LeaseState::Failed(_))
        };
        if !options.registers_consumer() {
            self.fan_out.leave();
            return true;
        }
        if self.fan_out.lease.as_ref().is_some_and(is_kept) {
            return true;
        }
        if !self.may_write(now) {
            return false;
        }
        self.fan_out.leave();
        let (Some(connection), Some(stream)) = (self.engine.connection(), stream) else { return false };
        let info = connection.info().clone();
        let principal = self.world.identity.get().map(|identity| identity.principal().to_owned()).unwrap_or_default();
        let name = own_name(&principal, fastrand::u32(..));
        // The embedded default goes away with this process, and its consumers with it.
        let ledger = self.fan_out.ledger.clone().filter(|_| info.environment != Environment::Demo);
        let wanted = Wanted { stream: stream.clone(), name, ledger };
        let (clock, wake) = (self.clock.clone(), self.engine.wake.clone());
        let lease = Lease::start(&self.engine.handle, connection, wanted, clock, wake);
        let begun = Event::Locked { why: String::new() };
        let entry = super::journal::entry(&self.world, Some(stream), begun, now);
        self.fan_out.lease = Some(Held { lease, entry, connection: info });
        true
    }

    /// What the tail waits for, where it reads as a consumer of this program's own.
    pub(super) fn lease_to_watch(&self) -> Option<tokio::sync::watch::Receiver<LeaseState>> {
        self.fan_out.lease.as_ref().map(|held| held.lease.watch())
    }

    /// Finds what an earlier run of this program left behind.
    pub(super) fn find_leftovers(&mut self) {
        let leftovers = self.fan_out.ledger.as_ref().map(Ledger::leftovers).unwrap_or_default();
        self.world.fan_out = self.fan_out.view(leftovers);
    }

    /// Deregisters what an earlier run left behind on this connection.
    pub(super) fn clear_leftovers(&mut self, now: Timestamp) {
        let leftovers: Vec<OwnConsumer> = self.world.own_leftovers().cloned().collect();
        let Some(connection) = self.engine.connection() else { return };
        if self.fan_out.clearing.is_some() || leftovers.is_empty() || !self.may_write(now) {
            return;
        }
        let clock = self.clock.clone();
        let mut slot = Slot::default();
        let question = async move { Ok(clear_away(&connection, leftovers, &clock).await) };
        slot.start(&self.engine.handle, self.engine.wake.clone(), now, question);
        let begun = Event::Locked { why: String::new() };
        let entry = super::journal::entry(&self.world, None, begun, now);
        self.fan_out.clearing = Some((slot, entry));
    }

    /// Takes in how they go, once a frame: ends the consumer of a tail that has ended, and logs every call.
    pub(super) fn ingest_fan_out(&mut self, now: Timestamp) {
        let reads_as_it = |held: &Held| {
            let tail = self.world.open.as_ref().filter(|open| open.name == held.lease.stream).map(|open| &open.tail);
            tail.is_some_and(|tail| tail.options().is_some_and(TailOptions::registers_consumer) && tail.is_running())
        };
        if self.fan_out.lease.as_ref().is_some_and(|held| !reads_as_it(held)) {
            self.fan_out.leave();
        }
        let mut entries = Vec::new();
        let held = self.fan_out.leaving.iter_mut().chain(&mut self.fan_out.lease);
        for held in held {
            while let Some(call) = held.lease.next_call() {
                entries.push(line(&held.entry, &call, &held.connection, &held.lease.name));
            }
        }
        let before = self.fan_out.leaving.len();
        self.fan_out.leaving.retain(|held| !held.lease.is_over());
        let mut has_ended = self.fan_out.leaving.len() < before;
        has_ended |= self.ingest_clearing(&mut entries, now);
        for entry in entries {
            if let Event::Call { outcome: Outcome::Failed { sentence }, .. } = &entry.event {
                let problem = crate::model::answer::Problem::new(
                    crate::model::answer::ProblemKind::Configuration,
                    sentence.clone(),
                );
                self.world.last_problem = Some((problem, now));
            }
            self.log_activity(entry);
        }
        if has_ended {
            self.find_leftovers();
        } else {
            let leftovers = std::mem::take(&mut self.world.fan_out.leftovers);
            self.world.fan_out = self.fan_out.view(leftovers);
        }
    }

    /// Whether leftovers have been cleared away.
    fn ingest_clearing(&mut self, entries: &mut Vec<ActivityEntry>, now: Timestamp) -> bool {
        let Some((slot, entry)) = &mut self.fan_out.clearing else { return false };
        if !slot.poll(now) {
            return false;
        }
        let cleared = slot.answer().get().cloned().unwrap_or_default();
        for (own, call) in cleared {
            let is_gone = call.as_ref().is_none_or(|call| call.outcome.is_ok());
            if let Some(ledger) = self.fan_out.ledger.as_ref().filter(|_| is_gone) {
                ledger.forget(&own.name);
            }
            if let (Some(call), Some(connection)) = (call, self.world.connection()) {
                let entry = ActivityEntry { stream: Some(own.stream.clone()), ..entry.clone() };
                entries.push(line(&entry, &call, connection, &own.name));
            }
        }
        self.fan_out.clearing = None;
        true
    }

    /// Ends every consumer before the program does, as far as that can be waited for.
    pub(super) fn end_fan_out(&mut self) {
        self.fan_out.leave();
        let begun = Instant::now();
        let now = self.clock.now();
        while !self.fan_out.leaving.is_empty() && begun.elapsed() < LAST_PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
            self.ingest_fan_out(now);
        }
    }
}

/// The line of the log about one call.
fn line(template: &ActivityEntry, call: &LeaseCall, connection: &ConnectionInfo, name: &str) -> ActivityEntry {
    let cli = match call.operation {
        "RegisterStreamConsumer" => {
            cli_line("register-stream-consumer", &[("stream-arn", &call.arn), ("consumer-name", name)], connection)
        }
        _ => cli_line("deregister-stream-consumer", &[("consumer-arn", &call.arn)], connection),
    };
    let (outcome, request_id) = match &call.outcome {
        Ok(receipt) => (Outcome::Ok, receipt.request_id.clone()),
        Err(problem) => (Outcome::Failed { sentence: problem.sentence.clone() }, None),
    };
    let event = Event::Call {
        operation: call.operation.to_owned(),
        target: format!("consumer {name}"),
        cli,
        request_id,
        took: Millis(call.took.0.max(0)),
        outcome,
    };
    ActivityEntry { at: call.at, event, ..template.clone() }
}
