//! Records: put, read back, from every position; and what is refused.

use std::time::Duration;

use kinescope::model::answer::ProblemKind;
use kinescope::model::ids::{SequenceNumber, ShardId};
use kinescope::model::keys::{KeyScope, KeyTable, RankBy};
use kinescope::model::position::StartingPosition::{AfterSequence, AtSequence, AtTimestamp, Latest, TrimHorizon};
use kinescope::model::sample::state::SamplePlan;
use kinescope::model::time::{Millis, Timestamp};
use kinescope::model::writes::{PutEntry, PutOutcome};

use kinescope::tasks::clock::Clock;
use kinescope::tasks::sampler::{SamplerOptions, sample_once};

use crate::target::{BETWEEN_READS, Outcome, Target, ensure, entry, fails_as, now, numbered, texts};

pub async fn records_come_back_as_they_were_put(target: Target) -> Outcome {
    let stream = target.stream("round-trip", 1).await?;
    let shard = target.only_shard(&stream).await?;
    let entries = vec![
        entry("user-123", "text"),
        entry("한글키", (0..=255).collect::<Vec<u8>>()),
        entry("{\"key\": \"\\\"\u{1f980}\"}", "\u{1f980}"),
        entry("one byte", "\0"),
    ];
    let mut numbers = Vec::new();
    for entry in &entries {
        numbers.extend(target.put(&stream, std::slice::from_ref(entry)).await?);
    }
    let records = target.read(&stream, &shard, TrimHorizon, entries.len()).await?;
    ensure!(records.len() == entries.len(), "{} of {} records", records.len(), entries.len());
    for ((record, entry), (_, number)) in records.iter().zip(&entries).zip(&numbers) {
        ensure!(
            record.partition_key == entry.partition_key,
            "{:?} became {:?}",
            entry.partition_key,
            record.partition_key
        );
        ensure!(record.data == entry.data, "{:?} became {:?}", entry.data, record.data);
        ensure!(record.sequence_number == *number, "{number:?} became {:?}", record.sequence_number);
    }
    Ok(())
}

pub async fn records_come_back_in_order(target: Target) -> Outcome {
    let stream = target.stream("order", 1).await?;
    let shard = target.only_shard(&stream).await?;
    let entries: Vec<PutEntry> = numbered(0..300).into_iter().map(|number| entry("key", number)).collect();
    let landed = target.put(&stream, &entries).await?;
    let records = target.read(&stream, &shard, TrimHorizon, entries.len()).await?;
    ensure!(texts(&records) == numbered(0..300), "{:?}", texts(&records));
    let grows = records.windows(2).all(|pair| pair[0].sequence_number < pair[1].sequence_number);
    ensure!(grows, "sequence numbers do not grow");
    let same = records.iter().zip(&landed).all(|(record, (_, number))| record.sequence_number == *number);
    ensure!(same, "sequence numbers are others than PutRecords answered");
    Ok(())
}

pub async fn arrival_times_are_exact_to_the_millisecond(target: Target) -> Outcome {
    let stream = target.stream("arrival", 1).await?;
    let shard = target.only_shard(&stream).await?;
    let mut times = Vec::new();
    for _ in 0..4 {
        let begun = now();
        target.put(&stream, &[entry("key", "x")]).await?;
        times.push((begun, now()));
        tokio::time::sleep(Duration::from_millis(37)).await;
    }
    let records = target.read(&stream, &shard, TrimHorizon, times.len()).await?;
    ensure!(records.len() == times.len(), "{} records", records.len());
    for (record, (begun, done)) in records.iter().zip(times) {
        let at = record.approximate_arrival.ok_or("no arrival time")?;
        // Rounding to the millisecond may go either way.
        let is_within = begun.0 - 1 <= at.0 && at.0 <= done.0 + 1;
        ensure!(is_within, "arrived {} ms after the put began, which took {}", (at - begun).0, (done - begun).0);
    }
    Ok(())
}

pub async fn latest_is_behind_what_is_there(target: Target) -> Outcome {
    let stream = target.stream("latest", 1).await?;
    let shard = target.only_shard(&stream).await?;
    target.put(&stream, &[entry("key", "before")]).await?;
    let iterator = target.iterator(&stream, &shard, Latest).await?;
    target.put(&stream, &[entry("key", "after")]).await?;
    let reading = target.read_on(iterator, 1).await?;
    ensure!(texts(&reading.records) == ["after"], "{:?}", texts(&reading.records));
    Ok(())
}

pub async fn reading_begins_at_or_behind_a_sequence_number(target: Target) -> Outcome {
    let stream = target.stream("sequence", 1).await?;
    let shard = target.only_shard(&stream).await?;
    let numbers = target.put_numbered(&stream, 5).await?;
    let third = numbers.get(2).ok_or("5 numbers")?;
    let at = target.read(&stream, &shard, AtSequence(third.clone()), 3).await?;
    ensure!(texts(&at) == numbered(2..5), "at: {:?}", texts(&at));
    let after = target.read(&stream, &shard, AfterSequence(third.clone()), 2).await?;
    ensure!(texts(&after) == numbered(3..5), "after: {:?}", texts(&after));
    Ok(())
}

pub async fn reading_begins_at_a_timestamp(target: Target) -> Outcome {
    let stream = target.stream("timestamp", 1).await?;
    let shard = target.only_shard(&stream).await?;
    target.put(&stream, &[entry("key", "before")]).await?;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let between = now();
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    target.put(&stream, &[entry("key", "after")]).await?;
    let later = target.read(&stream, &shard, AtTimestamp(between), 1).await?;
    ensure!(texts(&later) == ["after"], "between the two: {:?}", texts(&later));
    let all = target.read(&stream, &shard, AtTimestamp(between - Millis::from_secs(3_600)), 2).await?;
    ensure!(texts(&all) == ["before", "after"], "an hour ago: {:?}", texts(&all));
    Ok(())
}

pub async fn a_timestamp_is_exact_to_the_millisecond(target: Target) -> Outcome {
    let stream = target.stream("exact", 1).await?;
    let shard = target.only_shard(&stream).await?;
    for number in numbered(0..4) {
        target.put(&stream, &[entry("key", number)]).await?;
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let all = target.read(&stream, &shard, TrimHorizon, 4).await?;
    let third = all.get(2).and_then(|record| record.approximate_arrival).ok_or("no arrival time")?;
    let from_third = target.read(&stream, &shard, AtTimestamp(third), 2).await?;
    ensure!(texts(&from_third) == numbered(2..4), "at its time: {:?}", texts(&from_third));
    let behind_third = target.read(&stream, &shard, AtTimestamp(Timestamp(third.0 + 1)), 1).await?;
    ensure!(texts(&behind_third) == numbered(3..4), "a millisecond later: {:?}", texts(&behind_third));
    Ok(())
}

pub async fn pages_follow_each_other_without_a_gap(target: Target) -> Outcome {
    let stream = target.stream("pages", 1).await?;
    let shard = target.only_shard(&stream).await?;
    let entries: Vec<PutEntry> = numbered(0..10).into_iter().map(|number| entry("key", number)).collect();
    target.put(&stream, &entries).await?;
    let mut iterator = target.iterator(&stream, &shard, TrimHorizon).await?;
    let mut read = Vec::new();
    for _ in 0..4 {
        let page = target.connection.get_records(&iterator, 3, "the shard").await?;
        ensure!(page.records.len() <= 3, "{} records in a page of 3", page.records.len());
        read.extend(texts(&page.records));
        iterator = page.next_iterator.ok_or("an open shard ended")?;
        tokio::time::sleep(BETWEEN_READS).await;
    }
    ensure!(read == numbered(0..10), "{read:?}");
    Ok(())
}

pub async fn the_tip_is_told_from_what_lies_behind(target: Target) -> Outcome {
    let stream = target.stream("behind", 1).await?;
    let shard = target.only_shard(&stream).await?;
    target.put_numbered(&stream, 3).await?;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    target.put_numbered(&stream, 1).await?;
    let iterator = target.iterator(&stream, &shard, TrimHorizon).await?;
    let page = target.connection.get_records(&iterator, 1, "the shard").await?;
    let behind = page.millis_behind_latest.ok_or("not said")?;
    ensure!((1..60_000).contains(&behind), "{behind} ms behind, 3 records before the tip");
    tokio::time::sleep(BETWEEN_READS).await;
    let reading = target.read_on(page.next_iterator.ok_or("an open shard ended")?, 3).await?;
    ensure!(reading.millis_behind == Some(0), "{:?} ms behind at the tip", reading.millis_behind);
    Ok(())
}

pub async fn writes_over_the_limit_of_a_shard_are_refused(target: Target) -> Outcome {
    let stream = target.stream("hot", 1).await?;
    let shard = target.only_shard(&stream).await?;
    let entries: Vec<PutEntry> = (0..500).map(|_| entry("key", "x")).collect();
    let (mut accepted, mut refused) = (0_usize, Vec::new());
    for _ in 0..6 {
        for outcome in target.connection.put_records(&stream, &entries).await? {
            match outcome {
                PutOutcome::Accepted { .. } => accepted += 1,
                PutOutcome::Refused { code, message } => refused.push((code, message)),
            }
        }
    }
    let Some((code, message)) = refused.first() else {
        return Err(format!("all {accepted} records were taken").into());
    };
    ensure!(code == "ProvisionedThroughputExceededException", "{code}: {message}");
    ensure!(message.contains(shard.as_str()) && message.contains(stream.as_str()), "{message}");
    ensure!(accepted >= 1_000, "only {accepted} records were taken");
    Ok(())
}

pub async fn reads_over_the_limit_of_a_shard_are_refused(target: Target) -> Outcome {
    let stream = target.stream("polled", 1).await?;
    let shard = target.only_shard(&stream).await?;
    let mut iterator = target.iterator(&stream, &shard, TrimHorizon).await?;
    let resource = format!("{shard} of {stream}");
    for _ in 0..40 {
        match target.connection.get_records(&iterator, 1, &resource).await {
            Ok(page) => iterator = page.next_iterator.ok_or("an open shard ended")?,
            problem => return fails_as(problem, ProblemKind::Throttled, &resource),
        }
    }
    Err("40 reads at once were all answered".into())
}

pub async fn records_above_a_mebibyte_are_refused(target: Target) -> Outcome {
    let stream = target.stream("large", 1).await?;
    let largest = entry("key", vec![b'x'; 1_048_576 - 3]);
    target.put(&stream, &[largest]).await.map_err(|err| format!("the largest: {err}"))?;
    let too_large = entry("key", vec![b'x'; 1_048_576 + 1]);
    fails_as(target.connection.put_records(&stream, &[too_large]).await, ProblemKind::Invalid, stream.as_str())
}

pub async fn keys_count_as_part_of_a_record(target: Target) -> Outcome {
    let stream = target.stream("large-key", 1).await?;
    let too_large = entry("key", vec![b'x'; 1_048_576 - 2]);
    fails_as(target.connection.put_records(&stream, &[too_large]).await, ProblemKind::Invalid, stream.as_str())
}

pub async fn more_than_500_entries_are_refused(target: Target) -> Outcome {
    let stream = target.stream("entries", 1).await?;
    let entries: Vec<PutEntry> = (0..501).map(|_| entry("key", "x")).collect();
    fails_as(target.connection.put_records(&stream, &entries).await, ProblemKind::Invalid, stream.as_str())
}

pub async fn a_made_up_iterator_is_refused(target: Target) -> Outcome {
    let outcome = target.connection.get_records("made-up", 10, "the shard").await;
    fails_as(outcome, ProblemKind::Invalid, "the shard")
}

pub async fn a_made_up_sequence_number_is_refused(target: Target) -> Outcome {
    let stream = target.stream("made-up", 1).await?;
    let shard = target.only_shard(&stream).await?;
    let at = AfterSequence(SequenceNumber::from("12345"));
    fails_as(target.connection.shard_iterator(&stream, &shard, &at).await, ProblemKind::Invalid, stream.as_str())
}

pub async fn a_shard_that_is_not_there_is_not_read(target: Target) -> Outcome {
    let stream = target.stream("unread", 1).await?;
    let shard = ShardId::from("shardId-000000000099");
    let outcome = target.connection.shard_iterator(&stream, &shard, &TrimHorizon).await;
    fails_as(outcome, ProblemKind::NotFound, shard.as_str())
}

pub async fn a_sample_counts_each_record_of_its_seconds_once(target: Target) -> Outcome {
    let stream = target.stream("sampled", 2).await?;
    let keys: Vec<PutEntry> = (0..90).map(|index| entry(&format!("key-{}", index % 30), vec![b'x'; 1_000])).collect();
    for batch in keys.chunks(30) {
        target.put(&stream, batch).await?;
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }
    // A sample ends two seconds behind the present, and a second counts only when it is whole.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let options = SamplerOptions {
        shards: target.shards(&stream).await?.open().map(|shard| shard.id.clone()).collect(),
        plan: SamplePlan::Window { seconds: 30 },
        reads_per_sec: 5,
        not_before: None,
    };
    let read = sample_once(&target.connection, &stream, options, &Clock::system()).await?;
    ensure!(read.failed.is_empty(), "{:?}", read.failed);
    ensure!(read.sample.records() == 90, "{} of 90 records", read.sample.records());
    ensure!(read.sample.bytes() == keys.iter().map(|entry| entry.size_bytes() as u64).sum::<u64>(), "bytes differ");
    let table = KeyTable::new(&read.sample, KeyScope::Stream, RankBy::Bytes);
    ensure!(table.rows.len() == 30, "{} of 30 keys", table.rows.len());
    let seconds: usize = read.sample.shards().map(|(_, shard)| shard.seconds().known_count()).min().unwrap_or(0);
    ensure!(seconds >= 20, "only {seconds} seconds are known");
    Ok(())
}
