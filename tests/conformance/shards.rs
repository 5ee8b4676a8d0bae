//! Shards, where keys land in them, and how they are cut.

use std::time::Duration;

use kinescope::model::answer::ProblemKind;
use kinescope::model::hash_range::{HashKey, HashKeyRange};
use kinescope::model::ids::{PartitionKey, ShardId, StreamName};
use kinescope::model::position::StartingPosition;
use kinescope::model::shard_map::{Shard, ShardMap};
use kinescope::model::writes::{PutEntry, PutOutcome};

use crate::target::{Outcome, Target, ensure, entry, entry_at, fails_as, told};

/// 2^127: the middle of the key space.
const MIDDLE: HashKey = HashKey(1 << 127);

pub async fn new_shards_tile_the_key_space(target: Target) -> Outcome {
    let stream = target.stream("tiles", 7).await?;
    let shards = target.shards(&stream).await?;
    ensure!(shards.all().len() == 7 && shards.open_count() == 7, "{} shards", shards.all().len());
    ensure!(shards.tiling_faults().is_empty(), "{:?}", shards.tiling_faults());
    for (at, shard) in shards.all().iter().enumerate() {
        ensure!(shard.id.as_str() == format!("shardId-{at:012}"), "shard {at} is {}", shard.id);
        ensure!(shard.parents().next().is_none(), "{} has a parent", shard.id);
        ensure!((shard.range.share() - 1.0 / 7.0).abs() < 1e-9, "{} owns {}", shard.id, shard.range.share());
    }
    Ok(())
}

pub async fn keys_land_where_their_md5_says(target: Target) -> Outcome {
    let stream = target.stream("keys", 5).await?;
    let shards = target.shards(&stream).await?;
    let mut random = fastrand::Rng::with_seed(0x6b65_7973);
    let mut entries: Vec<PutEntry> = (0..497)
        .map(|_| {
            let key: String = (0..random.usize(1..40)).map(|_| random.char(' '..'\u{2fff}')).collect();
            entry(&key, "x")
        })
        .collect();
    entries.extend(["user-123", "test", "한글키"].map(|key| entry(key, "x")));
    let landed = target.put(&stream, &entries).await?;
    for (entry, (shard, _)) in entries.iter().zip(&landed) {
        let predicted = shards.open_shard_of(HashKey::of_partition_key(entry.partition_key.as_str()));
        let predicted = predicted.map(|shard| &shard.id);
        ensure!(predicted == Some(shard), "{:?} landed on {shard}, not {predicted:?}", entry.partition_key);
    }
    Ok(())
}

/// Puts one record at each hash key and holds where it landed against the ranges of the shards.
async fn places(target: &Target, pick: fn(HashKeyRange) -> [HashKey; 2]) -> Outcome {
    let stream = target.stream("explicit", 4).await?;
    let shards = target.shards(&stream).await?;
    let entries: Vec<PutEntry> =
        shards.all().iter().flat_map(|shard| pick(shard.range)).map(|at| entry_at(at, "x")).collect();
    let landed = target.put(&stream, &entries).await?;
    for (entry, (shard, _)) in entries.iter().zip(&landed) {
        let predicted = shards.open_shard_of(entry.hash_key()).map(|shard| &shard.id);
        ensure!(predicted == Some(shard), "{} landed on {shard}, not {predicted:?}", entry.hash_key());
    }
    Ok(())
}

pub async fn explicit_hash_keys_go_before_keys(target: Target) -> Outcome {
    places(&target, |range| [range.start, HashKey(range.start.0 + 12_345)]).await
}

pub async fn the_last_hash_key_of_a_range_belongs_to_it(target: Target) -> Outcome {
    places(&target, |range| [HashKey(range.end.0 - 1), range.end]).await
}

/// Two thousand, so that slow servers still answer the cases beside it; with `KINESCOPE_FULL=1` ten thousand.
pub async fn thousands_of_keys_and_hash_keys_land_where_predicted(target: Target) -> Outcome {
    let count = if std::env::var_os("KINESCOPE_FULL").is_some() { 10_000 } else { 2_000 };
    let stream = target.stream("placement", 16).await?;
    let shards = target.shards(&stream).await?;
    let mut rng = fastrand::Rng::with_seed(2026);
    let mut waiting: Vec<PutEntry> = (0..count)
        .map(|number| match number % 2 {
            0 => entry(&std::iter::repeat_with(|| rng.char(..)).take(1 + number % 40).collect::<String>(), "x"),
            _ => entry_at(HashKey(rng.u128(..)), "x"),
        })
        .collect();
    // What a shard refuses for its rate is put once more.
    for _ in 0..200 {
        let mut refused = Vec::new();
        for call in waiting.chunks(500) {
            let outcomes = target.connection.put_records(&stream, call).await?;
            for (entry, outcome) in call.iter().zip(outcomes) {
                let PutOutcome::Accepted { shard_id, .. } = outcome else {
                    refused.push(entry.clone());
                    continue;
                };
                let predicted = shards.open().find(|shard| shard.range.contains(entry.hash_key()));
                let predicted = predicted.ok_or("no shard owns a hash key")?;
                ensure!(predicted.id == shard_id, "{entry:?} landed on {shard_id}, not on {}", predicted.id);
            }
        }
        if refused.is_empty() {
            return Ok(());
        }
        waiting = refused;
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Err(format!("{} records were refused to the end", waiting.len()).into())
}

pub async fn keys_count_in_characters(target: Target) -> Outcome {
    let stream = target.stream("long-keys", 1).await?;
    let longest = PutEntry { partition_key: PartitionKey::from("한".repeat(256)), ..entry("", "x") };
    let too_long = PutEntry { partition_key: PartitionKey::from("k".repeat(257)), ..entry("", "x") };
    target.put(&stream, &[longest]).await?;
    fails_as(target.connection.put_records(&stream, &[too_long]).await, ProblemKind::Invalid, stream.as_str())
}

/// A stream whose only shard was split in the middle: its shards, the parent and the two children.
async fn split_stream(target: &Target, what: &str) -> Outcome<(StreamName, ShardMap, Shard)> {
    let stream = target.stream(what, 1).await?;
    let parent = target.only_shard(&stream).await?;
    target.connection.split_shard(&stream, &parent, MIDDLE).await?;
    target.settled(&stream).await?;
    let shards = target.shards(&stream).await?;
    let parent = shards.get(&parent).ok_or("the parent is not listed any more")?.clone();
    Ok((stream, shards, parent))
}

pub async fn a_split_keeps_the_lineage(target: Target) -> Outcome {
    let (stream, shards, parent) = split_stream(&target, "split").await?;
    ensure!(!parent.is_open(), "the parent is open");
    ensure!(shards.all().len() == 3, "{} shards", shards.all().len());
    ensure!(shards.tiling_faults().is_empty(), "{:?}", shards.tiling_faults());
    let children = shards.children(&parent.id);
    ensure!(children.len() == 2, "{} children", children.len());
    let ranges: Vec<HashKeyRange> = children.iter().filter_map(|id| shards.get(id)).map(|child| child.range).collect();
    let (lower, upper) = HashKeyRange::FULL.split_at(MIDDLE).ok_or("splits")?;
    ensure!(ranges == [lower, upper], "{ranges:?}");
    let summary = target.connection.describe_summary(&stream).await?;
    ensure!(summary.open_shard_count == 2, "the summary counts {}", summary.open_shard_count);
    let (shard, _) = target.put(&stream, &[entry_at(MIDDLE, "x")]).await?.remove(0);
    ensure!(Some(&shard) == children.last(), "a record of the upper half landed on {shard}");
    Ok(())
}

pub async fn a_split_says_the_id_of_its_request(target: Target) -> Outcome {
    let stream = target.stream("receipt", 1).await?;
    let shard = target.only_shard(&stream).await?;
    let receipt = target.connection.split_shard(&stream, &shard, MIDDLE).await?;
    ensure!(receipt.request_id.as_ref().is_some_and(|id| id.len() >= 16), "{:?}", receipt.request_id);
    Ok(())
}

pub async fn a_merge_has_two_parents(target: Target) -> Outcome {
    let stream = target.stream("merge", 2).await?;
    let (first, second) = ("shardId-000000000000", "shardId-000000000001");
    let merge = target.raw.merge_shards().stream_name(stream.as_str());
    let merge = merge.shard_to_merge(first).adjacent_shard_to_merge(second);
    merge.send().await.map_err(|err| told(&err))?;
    target.settled(&stream).await?;
    let shards = target.shards(&stream).await?;
    ensure!(shards.open_count() == 1 && shards.all().len() == 3, "{:?}", shards.all());
    let child = shards.open().next().ok_or("no child")?;
    let mut parents: Vec<&str> = child.parents().map(ShardId::as_str).collect();
    parents.sort_unstable();
    ensure!(parents == [first, second], "parents {parents:?}");
    ensure!(child.range == HashKeyRange::FULL, "the child owns {}", child.range);
    Ok(())
}

pub async fn a_closed_shard_ends_behind_its_records(target: Target) -> Outcome {
    let stream = target.stream("closed", 1).await?;
    let parent = target.only_shard(&stream).await?;
    target.put_numbered(&stream, 3).await?;
    target.connection.split_shard(&stream, &parent, MIDDLE).await?;
    target.settled(&stream).await?;
    let iterator = target.iterator(&stream, &parent, StartingPosition::TrimHorizon).await?;
    let reading = target.read_on(iterator, usize::MAX).await?;
    ensure!(reading.records.len() == 3, "{} of 3 records", reading.records.len());
    ensure!(reading.next.is_none(), "the shard does not end");
    Ok(())
}

pub async fn the_end_of_a_shard_names_its_children(target: Target) -> Outcome {
    let (stream, shards, parent) = split_stream(&target, "children").await?;
    let iterator = target.iterator(&stream, &parent.id, StartingPosition::TrimHorizon).await?;
    let reading = target.read_on(iterator, usize::MAX).await?;
    let mut named: Vec<&ShardId> = reading.children.iter().map(|child| &child.id).collect();
    named.sort();
    let listed: Vec<&ShardId> = shards.children(&parent.id).iter().collect();
    ensure!(named == listed, "{named:?} are named, {listed:?} are listed");
    ensure!(reading.children.iter().all(|child| child.parents == [parent.id.clone()]), "{:?}", reading.children);
    Ok(())
}

pub async fn splits_at_a_wrong_point_are_refused(target: Target) -> Outcome {
    let stream = target.stream("wrong-point", 2).await?;
    let first = ShardId::from("shardId-000000000000");
    for point in [HashKey(0), MIDDLE, HashKey(u128::MAX)] {
        let outcome = target.connection.split_shard(&stream, &first, point).await;
        fails_as(outcome, ProblemKind::Invalid, stream.as_str()).map_err(|err| format!("at {point}: {err}"))?;
    }
    Ok(())
}

pub async fn a_shard_that_is_not_there_is_not_split(target: Target) -> Outcome {
    let stream = target.stream("no-shard", 1).await?;
    let missing = ShardId::from("shardId-000000000099");
    fails_as(target.connection.split_shard(&stream, &missing, MIDDLE).await, ProblemKind::NotFound, missing.as_str())
}

pub async fn a_closed_shard_is_not_split(target: Target) -> Outcome {
    let (stream, _, parent) = split_stream(&target, "split-twice").await?;
    // The API does not say with which error.
    match target.connection.split_shard(&stream, &parent.id, HashKey(1 << 100)).await {
        Ok(_) => Err("it was taken".into()),
        Err(problem) => {
            let is_refusal = matches!(problem.kind, ProblemKind::Invalid | ProblemKind::InUse | ProblemKind::NotFound);
            ensure!(is_refusal, "{:?}: {}", problem.kind, problem.sentence);
            Ok(())
        }
    }
}

pub async fn a_stream_that_is_updating_is_not_split(target: Target) -> Outcome {
    let stream = target.stream("updating", 2).await?;
    let (first, second) = (ShardId::from("shardId-000000000000"), ShardId::from("shardId-000000000001"));
    target.connection.split_shard(&stream, &first, HashKey(1 << 100)).await?;
    let outcome = target.connection.split_shard(&stream, &second, HashKey(u128::MAX - 9)).await;
    fails_as(outcome, ProblemKind::InUse, stream.as_str())
}

pub async fn an_on_demand_stream_is_not_split(target: Target) -> Outcome {
    let stream = target.on_demand_stream("on-demand-split").await?;
    let shard = ShardId::from("shardId-000000000000");
    let outcome = target.connection.split_shard(&stream, &shard, HashKey(1 << 100)).await;
    fails_as(outcome, ProblemKind::Invalid, stream.as_str())
}
