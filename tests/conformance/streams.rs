//! Lists and descriptions of streams.

use kinescope::model::answer::ProblemKind;
use kinescope::model::ids::{ShardId, StreamName};
use kinescope::model::position::StartingPosition;
use kinescope::model::stream::{Encryption, StreamMode, StreamStatus};

use crate::target::{Outcome, Target, ensure, entry, fails_as, now, told};

pub async fn listed_by_name(target: Target) -> Outcome {
    target.connection.probe().await?;
    let later = target.stream("listed-z", 1).await?;
    let earlier = target.stream("listed-a", 1).await?;
    let names = target.connection.list_stream_names().await?;
    ensure!(names.is_sorted(), "not in order: {names:?}");
    ensure!(names.contains(&later) && names.contains(&earlier), "one is missing: {names:?}");
    Ok(())
}

pub async fn more_than_a_hundred_are_listed(target: Target) -> Outcome {
    let mut made: Vec<StreamName> = (0..115).map(|_| target.fresh_name("many")).collect();
    for name in &made {
        target.create(name, 1).await?;
    }
    made.sort();
    let mut listed = target.connection.list_stream_names().await?;
    listed.retain(|name| name.as_str().starts_with("many-"));
    ensure!(listed == made, "{} of {} are listed", listed.len(), made.len());
    for name in &made {
        // Room for the shards of the other cases; a server that refuses while the stream is being made keeps it.
        let _ = target.raw.delete_stream().stream_name(name.as_str()).send().await;
    }
    Ok(())
}

pub async fn deleted_streams_go_away(target: Target) -> Outcome {
    let stream = target.stream("deleted", 1).await?;
    target.raw.delete_stream().stream_name(stream.as_str()).send().await.map_err(|err| told(&err))?;
    for _ in 0..100 {
        match target.connection.describe_summary(&stream).await {
            Ok(summary) => {
                ensure!(summary.status == StreamStatus::Deleting, "it is {} after its end", summary.status.as_str());
            }
            Err(problem) => return fails_as::<()>(Err(problem), ProblemKind::NotFound, stream.as_str()),
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    Err("it is DELETING for ever".into())
}

pub async fn summary_tells_status_shards_retention(target: Target) -> Outcome {
    let stream = target.stream("summary", 3).await?;
    let summary = target.connection.describe_summary(&stream).await?;
    ensure!(summary.name == stream, "name {}", summary.name);
    ensure!(summary.status == StreamStatus::Active, "status {}", summary.status.as_str());
    ensure!(summary.open_shard_count == 3, "{} open shards", summary.open_shard_count);
    ensure!(summary.retention_hours == 24, "{} hours", summary.retention_hours);
    ensure!(summary.encryption == Encryption::None, "{:?}", summary.encryption);
    let arn_end = format!(":stream/{stream}");
    ensure!(
        summary.arn.starts_with("arn:aws:kinesis:us-east-1:") && summary.arn.ends_with(&arn_end),
        "{}",
        summary.arn
    );
    Ok(())
}

pub async fn summary_tells_when_it_was_made(target: Target) -> Outcome {
    let stream = target.stream("made", 1).await?;
    let summary = target.connection.describe_summary(&stream).await?;
    let age = summary.created.ok_or("no time")?.age_at(now());
    ensure!((-2_000..60_000).contains(&age.0), "made {} ms ago", age.0);
    Ok(())
}

pub async fn summary_tells_the_mode(target: Target) -> Outcome {
    let stream = target.stream("mode", 1).await?;
    let summary = target.connection.describe_summary(&stream).await?;
    ensure!(summary.mode == StreamMode::Provisioned, "{:?}", summary.mode);
    let on_demand = target.on_demand_stream("on-demand").await?;
    let summary = target.connection.describe_summary(&on_demand).await?;
    ensure!(summary.mode == StreamMode::OnDemand, "{:?}", summary.mode);
    Ok(())
}

pub async fn an_on_demand_stream_begins_with_four_shards(target: Target) -> Outcome {
    let stream = target.on_demand_stream("four").await?;
    let summary = target.connection.describe_summary(&stream).await?;
    ensure!(summary.open_shard_count == 4, "it begins with {}", summary.open_shard_count);
    let shards = target.shards(&stream).await?;
    ensure!(shards.open_count() == 4, "{} are listed", shards.open_count());
    Ok(())
}

pub async fn summary_tells_the_key_of_encryption(target: Target) -> Outcome {
    use aws_sdk_kinesis::types::EncryptionType;
    let stream = target.stream("encrypted", 1).await?;
    let start = target.raw.start_stream_encryption().stream_name(stream.as_str());
    let start = start.encryption_type(EncryptionType::Kms).key_id("alias/aws/kinesis");
    start.send().await.map_err(|err| told(&err))?;
    target.settled(&stream).await?;
    let summary = target.connection.describe_summary(&stream).await?;
    let expected = Encryption::Kms { key_id: "alias/aws/kinesis".to_owned() };
    ensure!(summary.encryption == expected, "{:?}", summary.encryption);
    Ok(())
}

pub async fn summary_tells_shard_level_metrics(target: Target) -> Outcome {
    use aws_sdk_kinesis::types::MetricsName;
    let stream = target.stream("enhanced", 1).await?;
    let before = target.connection.describe_summary(&stream).await?;
    ensure!(before.enhanced_metrics.is_empty(), "at first {:?}", before.enhanced_metrics);
    let enable = target.raw.enable_enhanced_monitoring().stream_name(stream.as_str());
    let enable = enable.shard_level_metrics(MetricsName::IncomingBytes);
    enable.send().await.map_err(|err| told(&err))?;
    target.settled(&stream).await?;
    let summary = target.connection.describe_summary(&stream).await?;
    ensure!(summary.has_shard_metric("IncomingBytes"), "{:?}", summary.enhanced_metrics);
    ensure!(!summary.has_shard_metric("OutgoingBytes"), "{:?}", summary.enhanced_metrics);
    Ok(())
}

pub async fn a_missing_stream_is_not_found(target: Target) -> Outcome {
    let missing = StreamName::from("no-such-stream");
    let shard = ShardId::from("shardId-000000000000");
    let name = missing.as_str();
    fails_as(target.connection.describe_summary(&missing).await, ProblemKind::NotFound, name)?;
    fails_as(target.connection.list_shards(&missing).await, ProblemKind::NotFound, name)?;
    let iterator = target.connection.shard_iterator(&missing, &shard, &StartingPosition::Latest).await;
    fails_as(iterator, ProblemKind::NotFound, name)?;
    fails_as(target.connection.put_records(&missing, &[entry("key", "data")]).await, ProblemKind::NotFound, name)
}
