//! Changes of a stream that go through the program: shards, shard-level metrics, consumers and what they are sent.

use std::time::{Duration, Instant};

use kinescope::aws::Subscription;
use kinescope::model::answer::ProblemKind;
use kinescope::model::consumer::Consumer;
use kinescope::model::hash_range::HashKeyRange;
use kinescope::model::ids::StreamName;
use kinescope::model::position::StartingPosition;
use kinescope::model::record::RawRecord;

use crate::target::{Outcome, Target, ensure};

/// Servers send something every second or so, AWS every five seconds.
const PUSHED_WITHIN: Duration = Duration::from_secs(20);

pub async fn limits_of_the_account_are_told(target: Target) -> Outcome {
    target.stream("limits", 2).await?;
    let limits = target.connection.describe_limits().await?;
    ensure!(limits.open_shard_count >= 2, "{limits:?}");
    ensure!(limits.free_shards() == limits.shard_limit - limits.open_shard_count, "{limits:?}");
    Ok(())
}

pub async fn a_merge_through_the_program_has_two_parents(target: Target) -> Outcome {
    let stream = target.stream("program-merge", 2).await?;
    let shards = target.shards(&stream).await?;
    let open: Vec<_> = shards.open().map(|shard| shard.id.clone()).collect();
    let [low, high] = open.as_slice() else { return Err(format!("{} open shards", open.len()).into()) };
    target.connection.merge_shards(&stream, low, high).await?;
    target.settled(&stream).await?;
    let shards = target.shards(&stream).await?;
    let merged = shards.open().next().ok_or("no open shard")?;
    ensure!(merged.range == HashKeyRange::FULL, "it owns {}", merged.range);
    ensure!(merged.parents().count() == 2, "its parents are {:?}", merged.parents().collect::<Vec<_>>());
    Ok(())
}

pub async fn shards_that_do_not_touch_are_not_merged(target: Target) -> Outcome {
    let stream = target.stream("apart", 3).await?;
    let shards = target.shards(&stream).await?;
    let open: Vec<_> = shards.open().map(|shard| shard.id.clone()).collect();
    let [first, _, last] = open.as_slice() else { return Err(format!("{} open shards", open.len()).into()) };
    match target.connection.merge_shards(&stream, first, last).await {
        Err(problem) if problem.kind == ProblemKind::Invalid => Ok(()),
        other => Err(format!("{other:?}, though Invalid was due").into()),
    }
}

pub async fn scaling_doubles_the_shards(target: Target) -> Outcome {
    let stream = target.stream("scaling", 2).await?;
    target.connection.update_shard_count(&stream, 4).await?;
    target.settled(&stream).await?;
    let shards = target.shards(&stream).await?;
    ensure!(shards.open_count() == 4, "{} open shards", shards.open_count());
    ensure!(shards.tiling_faults().is_empty(), "{:?}", shards.tiling_faults());
    Ok(())
}

pub async fn shard_level_metrics_are_switched_on_and_off(target: Target) -> Outcome {
    let stream = target.stream("monitoring", 1).await?;
    target.connection.enable_monitoring(&stream, &["IncomingBytes", "IncomingRecords"]).await?;
    target.settled(&stream).await?;
    let summary = target.connection.describe_summary(&stream).await?;
    ensure!(summary.has_shard_metric("IncomingBytes"), "on: {:?}", summary.enhanced_metrics);
    target.connection.disable_monitoring(&stream, &["IncomingBytes"]).await?;
    target.settled(&stream).await?;
    let summary = target.connection.describe_summary(&stream).await?;
    ensure!(!summary.has_shard_metric("IncomingBytes"), "off: {:?}", summary.enhanced_metrics);
    ensure!(summary.has_shard_metric("IncomingRecords"), "left on: {:?}", summary.enhanced_metrics);
    Ok(())
}

async fn arn(target: &Target, stream: &StreamName) -> Outcome<String> {
    Ok(target.connection.describe_summary(stream).await?.arn)
}

async fn active_consumer(target: &Target, stream_arn: &str) -> Outcome<Consumer> {
    target.connection.register_consumer(stream_arn, "kinescope").await?;
    let begun = Instant::now();
    while begun.elapsed() < PUSHED_WITHIN {
        let consumer = target.connection.describe_consumer(stream_arn, "kinescope").await?;
        if consumer.is_active {
            return Ok(consumer);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Err("the consumer does not become ACTIVE".into())
}

pub async fn consumers_come_and_go(target: Target) -> Outcome {
    let stream = target.stream("consumers", 1).await?;
    let stream_arn = arn(&target, &stream).await?;
    let consumer = active_consumer(&target, &stream_arn).await?;
    let listed = target.connection.list_consumers(&stream_arn).await?;
    ensure!(listed.iter().any(|other| other.arn == consumer.arn), "listed {listed:?}");
    target.connection.deregister_consumer(&consumer.arn).await?;
    let begun = Instant::now();
    while begun.elapsed() < PUSHED_WITHIN {
        if target.connection.list_consumers(&stream_arn).await?.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Err("the consumer does not go away".into())
}

/// Events until this many records came.
async fn pushed(subscription: &mut Subscription, wanted: usize) -> Outcome<Vec<RawRecord>> {
    let mut records = Vec::new();
    while records.len() < wanted {
        match tokio::time::timeout(PUSHED_WITHIN, subscription.next()).await {
            Ok(Ok(Some(event))) => records.extend(event.records),
            Ok(Ok(None)) => return Err(format!("it ended after {} records", records.len()).into()),
            Ok(Err(problem)) => return Err(problem.into()),
            Err(_) => return Err(format!("nothing comes after {} records", records.len()).into()),
        }
    }
    Ok(records)
}

pub async fn a_subscription_is_sent_what_is_put(target: Target) -> Outcome {
    let stream = target.stream("pushed", 1).await?;
    let shard = target.only_shard(&stream).await?;
    let before = target.put_numbered(&stream, 3).await?;
    let consumer = active_consumer(&target, &arn(&target, &stream).await?).await?;
    let position = StartingPosition::TrimHorizon;
    let mut subscription = target.connection.subscribe_to_shard(&consumer.arn, &shard, &position).await?;
    let records = pushed(&mut subscription, 3).await?;
    let numbers: Vec<_> = records.into_iter().map(|record| record.sequence_number).collect();
    ensure!(numbers == before, "{numbers:?} came, {before:?} were put");
    let after = target.put_numbered(&stream, 2).await?;
    let records = pushed(&mut subscription, 2).await?;
    let numbers: Vec<_> = records.into_iter().map(|record| record.sequence_number).collect();
    ensure!(numbers == after, "{numbers:?} came, {after:?} were put meanwhile");
    Ok(())
}

pub async fn a_subscription_ends_with_its_shard(target: Target) -> Outcome {
    let stream = target.stream("pushed-end", 1).await?;
    let shard = target.only_shard(&stream).await?;
    target.put_numbered(&stream, 2).await?;
    let consumer = active_consumer(&target, &arn(&target, &stream).await?).await?;
    let middle = HashKeyRange::FULL.even_split().ok_or("no middle")?;
    target.connection.split_shard(&stream, &shard, middle).await?;
    target.settled(&stream).await?;
    let position = StartingPosition::TrimHorizon;
    let mut subscription = target.connection.subscribe_to_shard(&consumer.arn, &shard, &position).await?;
    let (begun, mut records) = (Instant::now(), 0);
    while begun.elapsed() < PUSHED_WITHIN {
        match tokio::time::timeout(PUSHED_WITHIN, subscription.next()).await? {
            Ok(Some(event)) => {
                records += event.records.len();
                if event.continuation.is_none() {
                    ensure!(records == 2, "{records} records came before the end, 2 were put");
                    return Ok(());
                }
            }
            Ok(None) => return Err("it ended without saying that the shard did".into()),
            Err(problem) => return Err(problem.into()),
        }
    }
    Err("the end of the shard is not told".into())
}
