//! Consumers for enhanced fan-out: one of this program's own for as long as a tail reads by it ([`Lease`]), or one that is
//! there already ([`look_up`]).

mod lease;
pub mod ledger;

pub use lease::{Lease, LeaseCall, LeaseState, Wanted, clear_away};

use std::time::Duration;

use tokio::time::Instant;

use crate::aws::connect::Connection;
use crate::model::activity::shell_quote;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::consumer::Consumer;
use crate::model::ids::StreamName;

/// A consumer is ACTIVE some seconds after it was registered.
const ACTIVE_WITHIN: Duration = Duration::from_secs(180);
/// Wait between two looks at it; 20 a second and stream are allowed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A consumer that can be subscribed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The stream.
    pub stream_arn: String,
    /// The consumer.
    pub consumer: Consumer,
}

/// Finds the consumer of this name and waits until it is ACTIVE. One `DescribeStreamSummary`, and one
/// `DescribeStreamConsumer` a second.
///
/// # Errors
/// `Configuration` with what to do when the stream has no such consumer; as every call.
pub async fn look_up(connection: &Connection, stream: &StreamName, name: &str) -> Result<Ready, Problem> {
    let stream_arn = stream_arn(connection, stream).await?;
    let missing = |problem: Problem| match problem.kind {
        ProblemKind::NotFound => no_consumer(connection, stream, &stream_arn, name),
        _ => problem,
    };
    let consumer = connection.describe_consumer(&stream_arn, name).await.map_err(missing)?;
    if consumer.is_active {
        return Ok(Ready { stream_arn, consumer });
    }
    active(connection, &stream_arn, name).await.map(|consumer| Ready { stream_arn, consumer })
}

fn no_consumer(connection: &Connection, stream: &StreamName, stream_arn: &str, name: &str) -> Problem {
    let options = [("stream-arn", stream_arn), ("consumer-name", name)];
    let command = crate::model::activity::cli_line("register-stream-consumer", &options, connection.info());
    let name = shell_quote(name);
    let sentence = format!("Stream {stream} has no consumer {name}: register it, or leave it out to poll.");
    Problem { remedy: Some(command), ..Problem::new(ProblemKind::Configuration, sentence) }
}

async fn stream_arn(connection: &Connection, stream: &StreamName) -> Result<String, Problem> {
    let arn = connection.describe_summary(stream).await?.arn;
    if arn.is_empty() {
        let sentence = format!("The server names no ARN of {stream}: enhanced fan-out needs it. Poll instead.");
        return Err(Problem::new(ProblemKind::NotAws, sentence));
    }
    Ok(arn)
}

/// Waits until a consumer is ACTIVE.
async fn active(connection: &Connection, stream_arn: &str, name: &str) -> Result<Consumer, Problem> {
    let begun = Instant::now();
    loop {
        let status = match connection.describe_consumer(stream_arn, name).await {
            Ok(consumer) if consumer.is_active => return Ok(consumer),
            Ok(consumer) if consumer.status == "DELETING" => {
                let sentence = format!("Consumer {name} is being deregistered. Start the tail again, or poll.");
                return Err(Problem::new(ProblemKind::Configuration, sentence));
            }
            Ok(consumer) => consumer.status,
            // What was registered a moment ago is not known everywhere at once.
            Err(problem) if is_passing(problem.kind) || problem.kind == ProblemKind::NotFound => problem.sentence,
            Err(problem) => return Err(problem),
        };
        if begun.elapsed() >= ACTIVE_WITHIN {
            let minutes = ACTIVE_WITHIN.as_secs() / 60;
            let sentence =
                format!("Consumer {name} is not ACTIVE after {minutes} minutes ({status}). Try again later.");
            return Err(Problem::new(ProblemKind::InUse, sentence));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether a failure passes by itself.
fn is_passing(kind: ProblemKind) -> bool {
    use ProblemKind::{InUse, Internal, Limit, Throttled, Unreachable};
    matches!(kind, Throttled | Limit | Internal | Unreachable | InUse)
}
