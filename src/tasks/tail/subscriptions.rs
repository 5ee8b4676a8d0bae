//! Makes the subscriptions that the machine asks for: one task a shard, which hands its events on in their order and waits
//! where nobody takes them, so that a slow reader slows the server down.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use super::machine::Event;
use crate::aws::connect::Connection;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::consumer::Consumer;
use crate::model::ids::{ShardId, StreamName};
use crate::model::position::StartingPosition;
use crate::model::tail::{FanOutConsumer, TailRoute};
use crate::tasks::fan_out::{LeaseState, Ready, look_up};

/// Events that may wait for the machine, over all shards.
const EVENTS: usize = 16;
/// A subscription that is silent for so long is broken: AWS sends an event every few seconds even without records. The
/// figure is that of AWS's own client library.
const SILENCE: Duration = Duration::from_secs(35);

/// The subscriptions of one tail. All end when this is dropped.
#[derive(Debug)]
pub(super) struct Subscriptions {
    connection: Connection,
    consumer: Consumer,
    stream_arn: String,
    tasks: HashMap<ShardId, (u64, AbortHandle)>,
    events_out: mpsc::Sender<Event>,
    events: mpsc::Receiver<Event>,
}

impl Drop for Subscriptions {
    fn drop(&mut self) {
        self.tasks.values().for_each(|(_, task)| task.abort());
    }
}

impl Subscriptions {
    /// None yet, as the consumer of the route, once that is ACTIVE; `None` where the route is polling.
    ///
    /// # Errors
    /// When there is no such consumer; as every call.
    pub(super) async fn of_route(
        connection: &Connection,
        stream: &StreamName,
        route: &TailRoute,
        lease: Option<watch::Receiver<LeaseState>>,
    ) -> Result<Option<Self>, Problem> {
        let ready = match route {
            TailRoute::Polling => return Ok(None),
            TailRoute::FanOut(FanOutConsumer::Named(name)) => look_up(connection, stream, name).await?,
            TailRoute::FanOut(FanOutConsumer::Own) => leased(lease).await?,
        };
        let (events_out, events) = mpsc::channel(EVENTS);
        let Ready { stream_arn, consumer } = ready;
        let connection = connection.clone();
        Ok(Some(Self { connection, consumer, stream_arn, tasks: HashMap::new(), events_out, events }))
    }

    /// What one of them brings next.
    pub(super) async fn next_event(&mut self) -> Event {
        match self.events.recv().await {
            Some(event) => event,
            // Its sender is held here: it does not close.
            None => std::future::pending().await,
        }
    }

    /// Subscribes, in the place of the subscription to this shard that there may be.
    pub(super) fn begin(&mut self, shard: ShardId, position: StartingPosition, number: u64) {
        let pump = Pump {
            connection: self.connection.clone(),
            consumer: self.consumer.clone(),
            stream_arn: self.stream_arn.clone(),
            shard: shard.clone(),
            number,
            out: self.events_out.clone(),
        };
        let task = tokio::spawn(pump.run(position)).abort_handle();
        if let Some((_, older)) = self.tasks.insert(shard, (number, task)) {
            older.abort();
        }
    }

    /// Ends the subscription with this number, where it still is that of the shard.
    pub(super) fn end(&mut self, shard: &ShardId, number: u64) {
        if self.tasks.get(shard).is_some_and(|(newest, _)| *newest == number)
            && let Some((_, task)) = self.tasks.remove(shard)
        {
            task.abort();
        }
    }
}

/// The consumer of this program's own, once it is ACTIVE.
async fn leased(lease: Option<watch::Receiver<LeaseState>>) -> Result<Ready, Problem> {
    let ended = || Problem::new(ProblemKind::Cancelled, "The consumer of this tail is gone. Start the tail again.");
    let mut lease = lease.ok_or_else(ended)?;
    let state = lease.wait_for(|state| *state != LeaseState::Coming).await.map_err(|_| ended())?;
    match &*state {
        LeaseState::Ready(ready) => Ok(ready.clone()),
        LeaseState::Failed(problem) => Err(problem.clone()),
        LeaseState::Coming => Err(ended()),
    }
}

struct Pump {
    connection: Connection,
    consumer: Consumer,
    stream_arn: String,
    shard: ShardId,
    number: u64,
    out: mpsc::Sender<Event>,
}

impl Pump {
    async fn run(self, position: StartingPosition) {
        let begun = self.connection.subscribe_to_shard(&self.consumer.arn, &self.shard, &position).await;
        let mut subscription = match begun {
            Ok(subscription) => subscription,
            Err(problem) => {
                let problem = self.explained(problem).await;
                return self.say(Event::Subscribed(self.shard.clone(), self.number, Err(problem))).await;
            }
        };
        self.say(Event::Subscribed(self.shard.clone(), self.number, Ok(()))).await;
        let outcome = loop {
            match tokio::time::timeout(SILENCE, subscription.next()).await {
                Ok(Ok(Some(event))) => self.say(Event::Pushed(self.shard.clone(), self.number, event)).await,
                Ok(Ok(None)) => break Ok(()),
                Ok(Err(problem)) => break Err(self.explained(problem).await),
                Err(_) => break Err(silent(&self.shard)),
            }
        };
        self.say(Event::Unsubscribed(self.shard.clone(), self.number, outcome)).await;
    }

    async fn say(&self, event: Event) {
        // Nobody listens where the tail has ended, which ends this task as well.
        let _ = self.out.send(event).await;
    }

    /// "Not found" means the shard or the consumer. Without its consumer the tail cannot go on, and that must not look like
    /// the end of every shard.
    async fn explained(&self, problem: Problem) -> Problem {
        if problem.kind != ProblemKind::NotFound {
            return problem;
        }
        match self.connection.describe_consumer(&self.stream_arn, &self.consumer.name).await {
            Err(gone) if gone.kind == ProblemKind::NotFound => Problem::new(
                ProblemKind::Configuration,
                format!("Consumer {} is registered no more. Start the tail again, or poll.", self.consumer.name),
            ),
            _ => problem,
        }
    }
}

fn silent(shard: &ShardId) -> Problem {
    let seconds = SILENCE.as_secs();
    let sentence = format!("The subscription to {shard} was silent for {seconds} seconds: its connection is broken.");
    Problem { operation: "SubscribeToShard", ..Problem::new(ProblemKind::Unreachable, sentence) }
}
