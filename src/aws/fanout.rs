//! Enhanced fan-out: consumers with read throughput of their own, and subscriptions that push records.
//!
//! A consumer costs money from its registration on, per shard and hour, and per GB that it is sent.

use aws_sdk_kinesis::operation::RequestId;
use aws_sdk_kinesis::operation::subscribe_to_shard::SubscribeToShardOutput;
use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::{self as sdk, ShardIteratorType, SubscribeToShardEventStream as Event};

use super::connect::Connection;
use super::error::Call;
use super::records::{child_of, record_of};
use super::reshard::receipt;
use super::time::timestamp;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::consumer::{Consumer, ShardEvent};
use crate::model::ids::{SequenceNumber, ShardId};
use crate::model::position::StartingPosition;
use crate::model::record::RawRecord;
use crate::model::writes::Receipt;

/// Pages of consumers that are followed at most.
const MOST_PAGES: usize = 100;

impl Connection {
    /// Every registered consumer of a stream. One `ListStreamConsumers` a hundred consumers (5 a second and stream).
    ///
    /// # Errors
    /// `NotFound` when the stream is gone; as every call.
    pub async fn list_consumers(&self, stream_arn: &str) -> Result<Vec<Consumer>, Problem> {
        let mut consumers = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let call = self.kinesis().list_stream_consumers().stream_arn(stream_arn).set_next_token(token.take());
            let page =
                call.send().await.map_err(|err| self.fail(&err, Call::kinesis("ListStreamConsumers", stream_arn)))?;
            let before = consumers.len();
            consumers.extend(page.consumers.unwrap_or_default().into_iter().map(consumer_of));
            token = page.next_token;
            if token.is_none() || consumers.len() == before {
                break;
            }
        }
        Ok(consumers)
    }

    /// Registers a consumer. One `RegisterStreamConsumer` (5 a second; 20 consumers a stream, 5 in creation at once). It is
    /// `CREATING` for some seconds.
    ///
    /// # Errors
    /// `InUse` when the name is taken, `Limit` when the stream has as many as it may.
    pub async fn register_consumer(&self, stream_arn: &str, name: &str) -> Result<Consumer, Problem> {
        let call = self.kinesis_once().register_stream_consumer().stream_arn(stream_arn).consumer_name(name);
        let output =
            call.send().await.map_err(|err| self.fail(&err, Call::kinesis("RegisterStreamConsumer", stream_arn)))?;
        output.consumer.map(consumer_of).ok_or_else(|| nothing_in("RegisterStreamConsumer"))
    }

    /// Removes a consumer and ends its subscriptions. One `DeregisterStreamConsumer` (5 a second and stream).
    ///
    /// # Errors
    /// `NotFound` when it is gone already.
    pub async fn deregister_consumer(&self, consumer_arn: &str) -> Result<Receipt, Problem> {
        let call = self.kinesis_once().deregister_stream_consumer().consumer_arn(consumer_arn);
        let output = call
            .send()
            .await
            .map_err(|err| self.fail(&err, Call::kinesis("DeregisterStreamConsumer", consumer_arn)))?;
        Ok(receipt(output.request_id()))
    }

    /// One consumer by its name. One `DescribeStreamConsumer` (20 a second and stream).
    ///
    /// # Errors
    /// `NotFound` when the stream has no such consumer.
    pub async fn describe_consumer(&self, stream_arn: &str, name: &str) -> Result<Consumer, Problem> {
        let call = self.kinesis().describe_stream_consumer().stream_arn(stream_arn).consumer_name(name);
        let resource = format!("consumer {name} of {stream_arn}");
        let output =
            call.send().await.map_err(|err| self.fail(&err, Call::kinesis("DescribeStreamConsumer", &resource)))?;
        let found = output.consumer_description.ok_or_else(|| nothing_in("DescribeStreamConsumer"))?;
        let status = found.consumer_status.as_str();
        Ok(consumer(found.consumer_name, found.consumer_arn, status, &found.consumer_creation_timestamp))
    }

    /// Subscribes to a shard for up to five minutes; then it ends and is to be renewed behind its continuation. One
    /// `SubscribeToShard` (1 a second, consumer and shard).
    ///
    /// # Errors
    /// `InUse` when the consumer is not active, or was subscribed to this shard less than five seconds ago.
    pub async fn subscribe_to_shard(
        &self,
        consumer_arn: &str,
        shard: &ShardId,
        position: &StartingPosition,
    ) -> Result<Subscription, Problem> {
        let call = (self.kinesis_push().subscribe_to_shard().consumer_arn(consumer_arn).shard_id(shard.as_str()))
            .starting_position(starting_position(position)?);
        let resource = format!("{shard} as {consumer_arn}");
        let output = call.send().await.map_err(|err| self.fail(&err, Call::kinesis("SubscribeToShard", &resource)))?;
        Ok(Subscription { connection: self.clone(), output, resource, has_ended: false })
    }
}

/// A running subscription to one shard. It ends when dropped.
#[derive(Debug)]
pub struct Subscription {
    connection: Connection,
    output: SubscribeToShardOutput,
    resource: String,
    has_ended: bool,
}

impl Subscription {
    /// The next event; `None` when the five minutes are over. Events come even without records, every few seconds.
    ///
    /// # Errors
    /// `InUse` when another subscription took over, `Kms`, `Unreachable` when the connection broke. Then it has ended:
    /// subscribe again behind the last continuation.
    pub async fn next(&mut self) -> Result<Option<ShardEvent>, Problem> {
        while !self.has_ended {
            match self.output.event_stream.recv().await {
                Ok(Some(Event::SubscribeToShardEvent(event))) => return Ok(Some(self.take(event))),
                // A kind of event that this version does not know.
                Ok(Some(_)) => {}
                Ok(None) => self.has_ended = true,
                Err(err) => {
                    self.has_ended = true;
                    return Err(self.connection.fail(&err, Call::kinesis("SubscribeToShard", &self.resource)));
                }
            }
        }
        Ok(None)
    }

    fn take(&self, event: sdk::SubscribeToShardEvent) -> ShardEvent {
        let children = event.child_shards.unwrap_or_default();
        let is_shard_end = !children.is_empty();
        let records: Vec<RawRecord> = event.records.into_iter().map(record_of).collect();
        self.connection.meter().count_read(&records);
        // The SDK fills in an empty text where the service leaves the continuation out.
        let continuation = Some(event.continuation_sequence_number).filter(|number| !number.is_empty());
        ShardEvent {
            records,
            continuation: continuation.filter(|_| !is_shard_end).map(SequenceNumber::from),
            millis_behind_latest: event.millis_behind_latest,
            children: children.into_iter().map(|child| child_of(child).into()).collect(),
        }
    }
}

fn starting_position(position: &StartingPosition) -> Result<sdk::StartingPosition, Problem> {
    let builder = sdk::StartingPosition::builder();
    let builder = match position {
        StartingPosition::Latest => builder.r#type(ShardIteratorType::Latest),
        StartingPosition::TrimHorizon => builder.r#type(ShardIteratorType::TrimHorizon),
        StartingPosition::AtTimestamp(at) => {
            builder.r#type(ShardIteratorType::AtTimestamp).timestamp(DateTime::from_millis(at.0))
        }
        StartingPosition::AtSequence(number) => {
            builder.r#type(ShardIteratorType::AtSequenceNumber).sequence_number(number.as_str())
        }
        StartingPosition::AfterSequence(number) => {
            builder.r#type(ShardIteratorType::AfterSequenceNumber).sequence_number(number.as_str())
        }
    };
    builder.build().map_err(|err| Problem::new(ProblemKind::Invalid, format!("The position cannot be sent: {err}.")))
}

fn consumer_of(found: sdk::Consumer) -> Consumer {
    let status = found.consumer_status.as_str();
    consumer(found.consumer_name, found.consumer_arn, status, &found.consumer_creation_timestamp)
}

fn consumer(name: String, arn: String, status: &str, created: &DateTime) -> Consumer {
    Consumer { name, arn, is_active: status == "ACTIVE", status: status.to_owned(), created: timestamp(created) }
}

fn nothing_in(operation: &str) -> Problem {
    Problem::new(ProblemKind::NotAws, format!("{operation} answered without a consumer: check the endpoint URL."))
}
