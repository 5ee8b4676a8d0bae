//! The tail by enhanced fan-out, against every server that has it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use kinescope::model::hash_range::HashKey;
use kinescope::model::ids::{SequenceNumber, ShardId, StreamName};
use kinescope::model::tail::{FanOutConsumer, TailItem, TailOptions, TailRoute, TailStart};
use kinescope::tasks::tail::{TailHandle, start_tail};
use kinescope::tasks::wake::Wake;
use tokio::runtime::Handle;

use crate::target::{Outcome, Target, ensure, entry_at};

/// Every server pushes within this time, also one that tells the end of a shard by its silence.
const WITHIN: Duration = Duration::from_secs(45);

/// A tail of everything, as a consumer that was registered for it.
async fn pushed(target: &Target, stream: &StreamName, until_tip: bool) -> Outcome<TailHandle> {
    let arn = target.connection.describe_summary(stream).await?.arn;
    target.connection.register_consumer(&arn, "tail").await?;
    let route = TailRoute::FanOut(FanOutConsumer::Named("tail".to_owned()));
    let options = TailOptions { route, until_tip, ..TailOptions::from_start(TailStart::TrimHorizon) };
    Ok(start_tail(&Handle::current(), target.connection.clone(), stream.clone(), options, Wake::none()))
}

/// Where records landed, or from where they came, in order.
type Numbers = HashMap<ShardId, Vec<SequenceNumber>>;

/// Puts one record after the other into each eighth of the key space.
async fn put(target: &Target, stream: &StreamName, landed: &mut Numbers) -> Outcome<usize> {
    for eighth in 0..8u128 {
        for (shard, number) in target.put(stream, &[entry_at(HashKey(eighth << 125), "x")]).await? {
            landed.entry(shard).or_default().push(number);
        }
    }
    Ok(8)
}

/// What comes, until so many records did; then a moment longer.
async fn came(tail: &mut TailHandle, wanted: usize) -> Outcome<Numbers> {
    let (mut numbers, mut count, begun) = (Numbers::new(), 0, Instant::now());
    loop {
        let patience = if count >= wanted { Duration::from_millis(1_500) } else { Duration::from_secs(1) };
        match tokio::time::timeout(patience, tail.items.recv()).await {
            Ok(Some(batch)) => {
                for record in batch.items.iter().filter_map(TailItem::record) {
                    numbers.entry(record.shard_id.clone()).or_default().push(record.sequence_number.clone());
                    count += 1;
                }
            }
            Ok(None) => {
                let status = tail.status.borrow().clone();
                ensure!(status.problem.is_none(), "the tail ended: {:?}", status.problem);
                return Ok(numbers);
            }
            Err(_) if count >= wanted => return Ok(numbers),
            Err(_) => {}
        }
        ensure!(begun.elapsed() < WITHIN, "{count} of {wanted} records came");
    }
}

pub async fn a_tail_by_fan_out_brings_everything_once(target: Target) -> Outcome {
    let stream = target.stream("tail-pushed", 2).await?;
    let mut landed = Numbers::new();
    put(&target, &stream, &mut landed).await?;
    let mut tail = pushed(&target, &stream, false).await?;
    let mut seen = came(&mut tail, 8).await?;
    ensure!(seen == landed, "{seen:?} came before, {landed:?} landed");
    put(&target, &stream, &mut landed).await?;
    for (shard, numbers) in came(&mut tail, 8).await? {
        seen.entry(shard).or_default().extend(numbers);
    }
    ensure!(seen == landed, "{seen:?} came, {landed:?} landed");
    Ok(())
}

pub async fn a_tail_by_fan_out_ends_at_the_tip(target: Target) -> Outcome {
    let stream = target.stream("tail-tip", 2).await?;
    let mut landed = Numbers::new();
    put(&target, &stream, &mut landed).await?;
    let mut tail = pushed(&target, &stream, true).await?;
    let seen = came(&mut tail, usize::MAX).await?;
    ensure!(seen == landed, "{seen:?} came, {landed:?} landed");
    Ok(())
}

pub async fn a_tail_by_fan_out_follows_a_split_and_a_merge(target: Target) -> Outcome {
    let stream = target.stream("tail-cut", 2).await?;
    let mut landed = Numbers::new();
    let mut count = put(&target, &stream, &mut landed).await?;
    let mut tail = pushed(&target, &stream, false).await?;
    let before = target.shards(&stream).await?;
    let (first, second) = (&before.all()[0], &before.all()[1]);
    let middle = first.range.even_split().ok_or("a middle")?;
    target.connection.split_shard(&stream, &first.id, middle).await?;
    target.settled(&stream).await?;
    count += put(&target, &stream, &mut landed).await?;
    let split = target.shards(&stream).await?;
    let upper = split.open_shard_of(middle).ok_or("the upper half")?.id.clone();
    target.connection.merge_shards(&stream, &upper, &second.id).await?;
    target.settled(&stream).await?;
    count += put(&target, &stream, &mut landed).await?;
    let seen = came(&mut tail, count).await?;
    ensure!(seen == landed, "{seen:?} came, {landed:?} landed");
    Ok(())
}
