//! Enhanced fan-out: registered consumers and the subscriptions that push records to them.

use std::collections::HashMap;

use super::admin::check_name;
use super::error::{ApiError, ApiResult};
use super::metrics::Metric;
use super::read::IteratorStart;
use super::record::StoredRecord;
use super::shard::ShardInfo;
use super::{ACCOUNT, Engine};
use crate::model::sequence::{CLOSING_COUNTER, Sequence};
use crate::model::stream::{StreamMode, StreamStatus};
use crate::model::time::{Millis, Timestamp};

/// Consumers of one stream, and of one with On-demand Advantage (`RegisterStreamConsumer`).
const CONSUMER_LIMIT: [usize; 2] = [20, 50];
/// Consumers of one stream that may be CREATING at once (`RegisterStreamConsumer`).
const CREATING_LIMIT: usize = 5;
/// A second subscription within this time of the first is refused (`SubscribeToShard`).
const TAKE_OVER_AFTER: Millis = Millis::from_secs(5);
/// A subscription ends after this time.
const SUBSCRIPTION_LIFE: Millis = Millis::from_mins(5);
/// Most records and bytes of one event.
const EVENT_MAX_RECORDS: usize = 1_000;
const EVENT_MAX_BYTES: usize = 1_048_576;

#[derive(Debug)]
pub(super) struct Consumer {
    pub(super) created: Timestamp,
    pub(super) active_at: Timestamp,
    /// For each shard: the number of its newest subscription, and when that began.
    pub(super) subscriptions: HashMap<u32, (u64, Timestamp)>,
}

/// A consumer as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerInfo {
    /// Its name.
    pub name: String,
    /// Its ARN, which holds the second it was made in.
    pub arn: String,
    /// Whether it can be subscribed with.
    pub is_active: bool,
    /// When it was registered.
    pub created: Timestamp,
}

/// Where a subscription begins.
pub type SubscriptionStart = IteratorStart;

/// A running subscription.
#[derive(Clone, Debug)]
pub struct Subscription {
    stream: String,
    consumer: String,
    shard: u32,
    number: u64,
    counter: u64,
    began: Timestamp,
}

/// What a subscription pushes next.
#[derive(Clone, Debug)]
pub enum SubscriptionEvent {
    /// Records, or the news that there are none.
    Records {
        /// Oldest first.
        records: Vec<StoredRecord>,
        /// Checkpoint; `None` at the end of a closed shard.
        continuation: Option<Sequence>,
        /// Distance to the tip in milliseconds.
        millis_behind: i64,
        /// The children, at the end of a closed shard.
        children: Vec<ShardInfo>,
        /// Whether the stream is encrypted under KMS.
        encrypted: bool,
    },
    /// The five minutes are over, or another subscription took over.
    Ended,
}

impl Engine {
    /// The ARN of a consumer registered at `created`.
    pub fn consumer_arn(&self, stream: &str, consumer: &str, created: Timestamp) -> String {
        format!("{}/consumer/{consumer}:{}", self.stream_arn(stream), created.as_secs())
    }

    fn consumer_info(&self, stream: &str, name: &str, consumer: &Consumer, now: Timestamp) -> ConsumerInfo {
        ConsumerInfo {
            name: name.to_owned(),
            arn: self.consumer_arn(stream, name, consumer.created),
            is_active: consumer.active_at <= now,
            created: consumer.created,
        }
    }

    /// `RegisterStreamConsumer`.
    ///
    /// # Errors
    /// ResourceInUse for a name that is registered, LimitExceeded beyond 20 (50 with On-demand Advantage) or 5 in creation, Validation.
    pub fn register_consumer(&self, stream_name: &str, name: &str) -> ApiResult<ConsumerInfo> {
        check_name("consumerName", name)?;
        let has_advantage = self.commitment().is_on;
        let due = self.due(self.now());
        self.with_stream(stream_name, |stream, now| {
            if stream.status == StreamStatus::Creating {
                stream.require_active(ACCOUNT)?;
            }
            if stream.consumers.contains_key(name) {
                return Err(ApiError::in_use(format!(
                    "Consumer {name} under stream {stream_name} already exists for account {ACCOUNT}."
                )));
            }
            let [usual, advantage] = CONSUMER_LIMIT;
            let most = if has_advantage && stream.mode == StreamMode::OnDemand { advantage } else { usual };
            if stream.consumers.len() >= most {
                return Err(ApiError::limit(format!("Stream {stream_name} has {most} consumers already.")));
            }
            let creating = stream.consumers.values().filter(|consumer| consumer.active_at > now).count();
            if creating >= CREATING_LIMIT {
                return Err(ApiError::limit(format!("{creating} consumers of {stream_name} are being created.")));
            }
            let consumer = Consumer { created: now, active_at: due, subscriptions: HashMap::new() };
            let info = self.consumer_info(stream_name, name, &consumer, now);
            stream.consumers.insert(name.to_owned(), consumer);
            Ok(info)
        })
    }

    /// Registers a consumer that has been there since `created`: for generated history.
    pub fn register_ready_consumer(&self, stream_name: &str, name: &str, created: Timestamp) {
        if let Some(stream) = self.lock().streams.get_mut(stream_name) {
            let consumer = Consumer { created, active_at: created, subscriptions: HashMap::new() };
            stream.consumers.entry(name.to_owned()).or_insert(consumer);
        }
    }

    /// `DeregisterStreamConsumer`.
    ///
    /// # Errors
    /// ResourceNotFound.
    pub fn deregister_consumer(&self, stream_name: &str, name: &str) -> ApiResult<()> {
        self.with_stream(stream_name, |stream, _| match stream.consumers.remove(name) {
            Some(_) => Ok(()),
            None => Err(no_consumer(stream_name, name)),
        })
    }

    /// `DescribeStreamConsumer`.
    ///
    /// # Errors
    /// ResourceNotFound.
    pub fn describe_consumer(&self, stream_name: &str, name: &str) -> ApiResult<ConsumerInfo> {
        self.with_stream(stream_name, |stream, now| match stream.consumers.get(name) {
            Some(consumer) => Ok(self.consumer_info(stream_name, name, consumer, now)),
            None => Err(no_consumer(stream_name, name)),
        })
    }

    /// `ListStreamConsumers`: the consumers behind `after` by name, and a token where there are more.
    ///
    /// # Errors
    /// ResourceNotFound.
    pub fn list_consumers(
        &self,
        stream_name: &str,
        after: Option<&str>,
        limit: usize,
    ) -> ApiResult<(Vec<ConsumerInfo>, Option<String>)> {
        self.with_stream(stream_name, |stream, now| {
            let behind = |(name, _): &(&String, &Consumer)| after.is_none_or(|after| name.as_str() > after);
            let mut consumers: Vec<_> = stream
                .consumers
                .iter()
                .filter(behind)
                .take(limit + 1)
                .map(|(name, consumer)| self.consumer_info(stream_name, name, consumer, now))
                .collect();
            let has_more = consumers.len() > limit;
            consumers.truncate(limit);
            let last = consumers.last().filter(|_| has_more);
            let token = last.map(|last| self.sealer.seal(&[stream_name, &last.name], now));
            Ok((consumers, token))
        })
    }

    /// `ListStreamConsumers` where a token stopped.
    ///
    /// # Errors
    /// ExpiredNextToken, InvalidArgument, ResourceNotFound.
    pub fn list_consumers_from(&self, token: &str, limit: usize) -> ApiResult<(Vec<ConsumerInfo>, Option<String>)> {
        match self.open_token(token)?.as_slice() {
            [stream, after] => self.list_consumers(stream, Some(after), limit),
            _ => Err(ApiError::invalid("Invalid NextToken.")),
        }
    }

    /// `SubscribeToShard`: takes over from an older subscription of the same consumer and shard.
    ///
    /// # Errors
    /// ResourceInUse while the consumer is being made or within 5 s of another subscription, ResourceNotFound,
    /// InvalidArgument for the start.
    pub fn subscribe(
        &self,
        stream_name: &str,
        consumer_name: &str,
        shard_id: &str,
        start: &SubscriptionStart,
    ) -> ApiResult<Subscription> {
        self.with_stream(stream_name, |stream, now| {
            let shard = stream.shard_named(shard_id, ACCOUNT)?;
            let (index, counter) = (shard.index, shard.start_counter(start, now)?);
            let consumer =
                stream.consumers.get_mut(consumer_name).ok_or_else(|| no_consumer(stream_name, consumer_name))?;
            if consumer.active_at > now {
                return Err(ApiError::in_use(format!("Consumer {consumer_name} is not ACTIVE yet.")));
            }
            let previous = consumer.subscriptions.get(&index).copied();
            if previous.is_some_and(|(_, began)| began.age_at(now) < TAKE_OVER_AFTER) {
                return Err(ApiError::in_use(format!(
                    "Another active subscription exists for this consumer: {consumer_name} and shard {shard_id}"
                )));
            }
            let number = previous.map_or(0, |(number, _)| number) + 1;
            consumer.subscriptions.insert(index, (number, now));
            Ok(Subscription {
                stream: stream_name.to_owned(),
                consumer: consumer_name.to_owned(),
                shard: index,
                number,
                counter,
                began: now,
            })
        })
    }

    /// What a subscription pushes next; moves it on.
    ///
    /// # Errors
    /// ResourceNotFound where the stream, shard or consumer went away.
    pub fn next_event(&self, subscription: &mut Subscription) -> ApiResult<SubscriptionEvent> {
        let stream_name = subscription.stream.clone();
        self.with_stream(&stream_name, |stream, now| {
            let consumer = stream
                .consumers
                .get(&subscription.consumer)
                .ok_or_else(|| no_consumer(&stream_name, &subscription.consumer))?;
            let newest = consumer.subscriptions.get(&subscription.shard).map(|(number, _)| *number);
            if newest != Some(subscription.number) || subscription.began.age_at(now) >= SUBSCRIPTION_LIFE {
                return Ok(SubscriptionEvent::Ended);
            }
            let enhanced = stream.enhanced.clone();
            let shard = stream
                .shards
                .get_mut(&subscription.shard)
                .ok_or_else(|| ApiError::not_found("The shard has expired."))?;
            let slice = shard.slice(subscription.counter, EVENT_MAX_RECORDS, EVENT_MAX_BYTES, now);
            subscription.counter = slice.next;
            if !slice.records.is_empty() {
                shard.measure(&enhanced, Metric::OutgoingBytes, now, slice.bytes as f64);
                shard.measure(&enhanced, Metric::OutgoingRecords, now, slice.records.len() as f64);
            }
            let last = slice.records.last().map(|record| record.sequence);
            // With nothing read yet the checkpoint is the number right before the next record.
            let idle = shard.sequence(slice.next.saturating_sub(1).min(CLOSING_COUNTER - 1), now);
            Ok(SubscriptionEvent::Records {
                continuation: (!slice.has_ended).then(|| last.unwrap_or(idle)),
                millis_behind: slice.millis_behind,
                children: if slice.has_ended { stream.children_of(subscription.shard) } else { Vec::new() },
                records: slice.records,
                encrypted: stream.key_id.is_some(),
            })
        })
    }
}

fn no_consumer(stream: &str, name: &str) -> ApiError {
    ApiError::not_found(format!("Consumer {name} under stream {stream} not found in account {ACCOUNT}."))
}
