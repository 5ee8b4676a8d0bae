//! A consumer of this program's own: noted, registered, waited for, and deregistered when its tail ends. Dropping the
//! [`Lease`] ends it; the task goes on until the consumer is gone. What a crash leaves behind is found by the
//! [`super::ledger`].

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::ledger::{Ledger, Note};
use super::{Ready, active, is_passing, stream_arn};
use crate::aws::connect::Connection;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::consumer::Consumer;
use crate::model::fan_out::OwnConsumer;
use crate::model::ids::StreamName;
use crate::model::time::{Millis, Timestamp};
use crate::model::writes::Receipt;
use crate::tasks::clock::Clock;
use crate::tasks::wake::Wake;

/// Tries to deregister before it is left to the next start.
const DEREGISTER_TRIES: u32 = 6;
/// First wait between them; each further one is twice as long.
const DEREGISTER_WAIT: Duration = Duration::from_millis(500);

/// Where a lease stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseState {
    /// The consumer is being registered, or is not ACTIVE yet.
    Coming,
    /// It can be subscribed with.
    Ready(Ready),
    /// There is none, and there will be none.
    Failed(Problem),
}

/// A call that changed something, for the activity log.
#[derive(Clone, Debug)]
pub struct LeaseCall {
    /// `RegisterStreamConsumer` or `DeregisterStreamConsumer`.
    pub operation: &'static str,
    /// The stream's ARN, for the first, or the consumer's.
    pub arn: String,
    /// When it ended.
    pub at: Timestamp,
    /// How long it took.
    pub took: Millis,
    /// How it ended.
    pub outcome: Result<Receipt, Problem>,
}

/// What is to be registered.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The stream.
    pub stream: StreamName,
    /// A name that is not taken.
    pub name: String,
    /// Where it is noted; `None` where nothing outlives this process.
    pub ledger: Option<Ledger>,
}

/// A consumer of this program's own. It is deregistered when this is dropped.
#[derive(Debug)]
pub struct Lease {
    /// The stream.
    pub stream: StreamName,
    /// The consumer's name.
    pub name: String,
    state: watch::Receiver<LeaseState>,
    calls: mpsc::UnboundedReceiver<LeaseCall>,
    ends: CancellationToken,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.ends.cancel();
    }
}

impl Lease {
    /// Begins to register. Cost: `DescribeStreamSummary`, `RegisterStreamConsumer`, `DescribeStreamConsumer` once a second
    /// until it is ACTIVE, and `DeregisterStreamConsumer` at the end.
    pub fn start(handle: &Handle, connection: Connection, wanted: Wanted, clock: Clock, wake: Wake) -> Self {
        let (state_out, state) = watch::channel(LeaseState::Coming);
        let (calls_out, calls) = mpsc::unbounded_channel();
        let ends = CancellationToken::new();
        let (stream, name) = (wanted.stream.clone(), wanted.name.clone());
        let keeper = Keeper { connection, wanted, clock, wake, state: state_out, calls: calls_out, ends: ends.clone() };
        handle.spawn(keeper.run());
        Self { stream, name, state, calls, ends }
    }

    /// What a tail waits for.
    pub fn watch(&self) -> watch::Receiver<LeaseState> {
        self.state.clone()
    }

    /// Where it stands.
    pub fn state(&self) -> LeaseState {
        self.state.borrow().clone()
    }

    /// Begins to deregister; what is logged is still handed out.
    pub fn end(&self) {
        self.ends.cancel();
    }

    /// The next call that was made.
    pub fn next_call(&mut self) -> Option<LeaseCall> {
        self.calls.try_recv().ok()
    }

    /// Whether its task has ended and said all it had to say.
    pub fn is_over(&self) -> bool {
        self.calls.is_closed() && self.calls.is_empty()
    }
}

struct Keeper {
    connection: Connection,
    wanted: Wanted,
    clock: Clock,
    wake: Wake,
    state: watch::Sender<LeaseState>,
    calls: mpsc::UnboundedSender<LeaseCall>,
    ends: CancellationToken,
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.wake.wake();
    }
}

impl Keeper {
    async fn run(self) {
        let (note, consumer, stream_arn) = match self.register().await {
            Ok(registered) => registered,
            Err(problem) => return self.become_state(LeaseState::Failed(problem)),
        };
        tokio::select! {
            outcome = active(&self.connection, &stream_arn, &self.wanted.name) => self.become_state(match outcome {
                Ok(consumer) => LeaseState::Ready(Ready { stream_arn, consumer }),
                Err(problem) => LeaseState::Failed(problem),
            }),
            () = self.ends.cancelled() => {}
        }
        self.ends.cancelled().await;
        self.deregister(&consumer.arn, note).await;
    }

    fn become_state(&self, state: LeaseState) {
        self.state.send_replace(state);
        self.wake.wake();
    }

    /// Notes the consumer, and only then registers it: so that none is forgotten, however this process ends.
    async fn register(&self) -> Result<(Option<Note>, Consumer, String), Problem> {
        let arn = stream_arn(&self.connection, &self.wanted.stream).await?;
        let note = match &self.wanted.ledger {
            Some(ledger) => Some(ledger.note(self.entry(&arn)).map_err(|err| {
                let sentence = format!("No consumer was registered: it could not be noted for the next start ({err}).");
                Problem::new(ProblemKind::Configuration, sentence)
            })?),
            None => None,
        };
        let since = self.clock.now();
        let outcome = self.connection.register_consumer(&arn, &self.wanted.name).await;
        let outcome = match outcome {
            // It may have been taken although its answer was lost.
            Err(problem) if is_passing(problem.kind) => {
                self.connection.describe_consumer(&arn, &self.wanted.name).await.map_err(|_| problem)
            }
            outcome => outcome,
        };
        let said = outcome.as_ref().map(|_| Receipt { request_id: None }).map_err(Clone::clone);
        self.log("RegisterStreamConsumer", &arn, since, said);
        match outcome {
            Ok(consumer) => Ok((note, consumer, arn)),
            Err(problem) => {
                // Where it is not known whether it is there, the next start looks.
                if let Some(note) = note.filter(|_| !is_passing(problem.kind)) {
                    note.forget();
                }
                Err(problem)
            }
        }
    }

    fn entry(&self, stream_arn: &str) -> OwnConsumer {
        let info = self.connection.info();
        OwnConsumer {
            name: self.wanted.name.clone(),
            stream: self.wanted.stream.clone(),
            stream_arn: stream_arn.to_owned(),
            connection: info.label.clone(),
            profile: info.profile.clone(),
            region: info.region.clone(),
            endpoint_url: info.endpoint_url.clone(),
            noted: self.clock.now(),
        }
    }

    async fn deregister(&self, arn: &str, note: Option<Note>) {
        let since = self.clock.now();
        let outcome = deregister(&self.connection, arn).await;
        let is_gone = outcome.is_ok();
        // The embedded default may have gone first, and the consumer with it.
        let went_with_it = self.wanted.ledger.is_none()
            && outcome.as_ref().is_err_and(|problem| problem.kind == ProblemKind::Unreachable);
        if went_with_it {
            return;
        }
        self.log("DeregisterStreamConsumer", arn, since, outcome);
        if let Some(note) = note.filter(|_| is_gone) {
            note.forget();
        }
    }

    fn log(&self, operation: &'static str, arn: &str, since: Timestamp, outcome: Result<Receipt, Problem>) {
        let at = self.clock.now();
        // Nobody listens where the program is about to end.
        let _ = self.calls.send(LeaseCall { operation, arn: arn.to_owned(), at, took: since.age_at(at), outcome });
        self.wake.wake();
    }
}

/// Deregisters; tries again where that may help. One that is gone already is what was wanted.
///
/// # Errors
/// As every call.
async fn deregister(connection: &Connection, consumer_arn: &str) -> Result<Receipt, Problem> {
    let mut wait = DEREGISTER_WAIT;
    for attempt in 1.. {
        match connection.deregister_consumer(consumer_arn).await {
            Err(problem) if problem.kind == ProblemKind::NotFound => break,
            Err(problem) if attempt < DEREGISTER_TRIES && is_passing(problem.kind) => {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            outcome => return outcome,
        }
    }
    Ok(Receipt { request_id: None })
}

/// Deregisters consumers that were left behind, by their names; each with the call that was made, and `None` where it, or
/// its stream, was gone already. One `DescribeStreamConsumer` and one `DeregisterStreamConsumer` each.
pub async fn clear_away(
    connection: &Connection,
    leftovers: Vec<OwnConsumer>,
    clock: &Clock,
) -> Vec<(OwnConsumer, Option<LeaseCall>)> {
    let mut cleared = Vec::with_capacity(leftovers.len());
    for own in leftovers {
        let since = clock.now();
        let (arn, outcome) = match connection.describe_consumer(&own.stream_arn, &own.name).await {
            Ok(consumer) => {
                let outcome = deregister(connection, &consumer.arn).await;
                (consumer.arn, outcome)
            }
            Err(problem) if problem.kind == ProblemKind::NotFound => {
                cleared.push((own, None));
                continue;
            }
            Err(problem) => (own.stream_arn.clone(), Err(problem)),
        };
        let at = clock.now();
        let call = LeaseCall { operation: "DeregisterStreamConsumer", arn, at, took: since.age_at(at), outcome };
        cleared.push((own, Some(call)));
    }
    cleared
}
