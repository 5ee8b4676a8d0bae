//! What is not Kinesis itself: CloudWatch and STS.

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum};
use aws_sdk_kinesis::types::MetricsName;
use kinescope::aws::connect::connect;
use kinescope::aws::meter::CallMeter;
use kinescope::model::answer::ProblemKind;
use kinescope::model::connection::ConnectRequest;
use kinescope::model::ids::{ShardId, StreamName};
use kinescope::model::metrics::{FigureSet, StreamMetrics, Window};
use kinescope::model::time::Millis;
use kinescope::model::writes::PutEntry;
use kinescope::tasks::clock::Clock;
use kinescope::tasks::minutes::Minutes;
use kinescope::tasks::minutes::book::Wish;
use kinescope::tasks::minutes::fetch::{Question, fetch};

use crate::target::{Outcome, Target, ensure, entry, now, told};

/// Ten minutes, the running one included: that is where the records of a test are counted.
fn window() -> Window {
    let end = now().floor(60) + Millis::from_mins(1);
    Window { start: end - Millis::from_mins(10), end, step_seconds: 60 }
}

pub async fn identity_is_known(target: Target) -> Outcome {
    let identity = target.connection.identity().await?;
    let is_account = identity.account.len() == 12 && identity.account.bytes().all(|byte| byte.is_ascii_digit());
    ensure!(is_account, "account {}", identity.account);
    ensure!(identity.arn.contains(&identity.account), "{}", identity.arn);
    Ok(())
}

pub async fn identity_answers_or_says_why_not(target: Target) -> Outcome {
    match target.connection.identity().await {
        Ok(_) => Ok(()),
        Err(problem) if matches!(problem.kind, ProblemKind::NotAws | ProblemKind::Unsupported) => Ok(()),
        Err(problem) => Err(format!("{:?}: {}", problem.kind, problem.sentence).into()),
    }
}

pub async fn metrics_answer_or_say_why_not(target: Target) -> Outcome {
    let stream = target.stream("any-metrics", 1).await?;
    match target.connection.stream_metrics(&stream, window(), &[]).await {
        Ok(metrics) => {
            ensure!(metrics.total.incoming_records.sum().unwrap_or(0.0) == 0.0, "records without a put");
            Ok(())
        }
        Err(problem) if matches!(problem.kind, ProblemKind::NotAws | ProblemKind::Unsupported) => Ok(()),
        Err(problem) => Err(format!("{:?}: {}", problem.kind, problem.sentence).into()),
    }
}

/// Asks until what was put is there, or ten seconds are over.
async fn metrics_with(target: &Target, stream: &str, shards: &[ShardId], records: f64) -> Outcome<StreamMetrics> {
    let mut sum = None;
    for _ in 0..20 {
        let metrics = target.connection.stream_metrics(&stream.into(), window(), shards).await?;
        sum = metrics.total.incoming_records.sum();
        if sum == Some(records) {
            return Ok(metrics);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Err(format!("{sum:?} records are counted, {records} were put").into())
}

pub async fn puts_show_up_in_the_metrics(target: Target) -> Outcome {
    let stream = target.stream("metrics", 2).await?;
    let enable = target.raw.enable_enhanced_monitoring().stream_name(stream.as_str());
    enable.shard_level_metrics(MetricsName::All).send().await.map_err(|err| told(&err))?;
    target.settled(&stream).await?;
    let entries: Vec<PutEntry> = (0..40).map(|at| entry(&format!("key-{at:02}"), "x".repeat(94))).collect();
    let landed = target.put(&stream, &entries).await?;
    let shards: Vec<ShardId> = target.shards(&stream).await?.all().iter().map(|shard| shard.id.clone()).collect();
    let metrics = metrics_with(&target, stream.as_str(), &shards, 40.0).await?;
    let bytes = metrics.total.incoming_bytes.sum();
    ensure!(bytes == Some(4_000.0), "{bytes:?} bytes, 40 records of 100 were put");
    ensure!(metrics.total.write_throttled.sum() == Some(0.0), "throttles {:?}", metrics.total.write_throttled.sum());
    for shard in &shards {
        let put = landed.iter().filter(|(on, _)| on == shard).count() as f64;
        let counted = metrics.shards.get(shard).and_then(|metrics| metrics.incoming_records.sum()).unwrap_or(0.0);
        ensure!(counted == put, "{counted} records are counted on {shard}, {put} were put");
    }
    Ok(())
}

pub async fn refused_writes_show_up_in_the_metrics(target: Target) -> Outcome {
    let stream = target.stream("throttled", 1).await?;
    let entries: Vec<PutEntry> = (0..500).map(|_| entry("key", "x")).collect();
    let (mut accepted, mut refused) = (0.0, 0.0);
    for _ in 0..6 {
        for outcome in target.connection.put_records(&stream, &entries).await? {
            *(if outcome.is_accepted() { &mut accepted } else { &mut refused }) += 1.0;
        }
    }
    ensure!(refused > 0.0, "nothing was refused");
    let metrics = metrics_with(&target, stream.as_str(), &[], accepted).await?;
    let counted = metrics.total.write_throttled.sum();
    ensure!(counted == Some(refused), "{counted:?} refused records are counted, there were {refused}");
    Ok(())
}

pub async fn metrics_are_read_as_they_were_written(target: Target) -> Outcome {
    let (stream, shard) = ("written-metrics", ShardId::from("shardId-000000000003"));
    let minute = now().floor(60);
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    let datum = |name: &str, value: f64, of_shard: bool| {
        let mut datum = MetricDatum::builder()
            .metric_name(name)
            .timestamp(DateTime::from_secs(minute.as_secs()))
            .dimensions(dimension("StreamName", stream))
            .value(value);
        if of_shard {
            datum = datum.dimensions(dimension("ShardId", shard.as_str()));
        }
        datum.build()
    };
    let put = target.cloudwatch.put_metric_data().namespace("AWS/Kinesis").set_metric_data(Some(vec![
        datum("IncomingRecords", 30.0, false),
        datum("IncomingRecords", 12.0, false),
        datum("IncomingRecords", 7.0, true),
        datum("GetRecords.IteratorAgeMilliseconds", 900.0, false),
        datum("GetRecords.IteratorAgeMilliseconds", 2_500.0, false),
        datum("IteratorAgeMilliseconds", 2_500.0, true),
    ]));
    put.send().await.map_err(|err| told(&err))?;
    let metrics = metrics_with(&target, stream, std::slice::from_ref(&shard), 42.0).await?;
    let (total, of_shard) = (&metrics.total, metrics.shards.get(&shard).ok_or("no shard")?);
    let at = total.incoming_records.index_of(minute).ok_or("the minute is not in the window")?;
    ensure!(total.incoming_records.at(at) == Some(42.0), "records {:?}", total.incoming_records.at(at));
    ensure!(total.iterator_age_millis.at(at) == Some(2_500.0), "age {:?}", total.iterator_age_millis.at(at));
    ensure!(total.incoming_bytes.sum().is_none(), "bytes that nobody wrote: {:?}", total.incoming_bytes.sum());
    ensure!(total.write_throttled.at(at) == Some(0.0), "throttles {:?}", total.write_throttled.at(at));
    ensure!(of_shard.incoming_records.at(at) == Some(7.0), "on the shard {:?}", of_shard.incoming_records.at(at));
    Ok(())
}

pub async fn complete_minutes_are_asked_for_once(target: Target) -> Outcome {
    let (name, shard) = ("known-minutes", ShardId::from("shardId-000000000003"));
    let meter = CallMeter::default();
    let request = ConnectRequest {
        region: Some("us-east-1".to_owned()),
        endpoint_url: target.connection.info().endpoint_url.clone(),
        ..ConnectRequest::default()
    };
    let connection = connect(&request, meter.clone()).await?;
    let window = Window::last_minutes(now(), 60);
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    let datum = |metric: &str, minute: usize, value: f64, of_shard: bool| {
        let shard = of_shard.then(|| dimension("ShardId", shard.as_str()));
        let dimensions = std::iter::once(dimension("StreamName", name)).chain(shard).collect();
        MetricDatum::builder()
            .metric_name(metric)
            .timestamp(DateTime::from_millis(window.time_of(minute).0))
            .set_dimensions(Some(dimensions))
            .value(value)
            .build()
    };
    let data = (0..60).step_by(7).flat_map(|minute| {
        [
            datum("IncomingRecords", minute, 30.0 + minute as f64, false),
            datum("IncomingRecords", minute, 7.0, true),
            datum("OutgoingBytes", minute, 700.0, true),
            datum("GetRecords.Bytes", minute, 900.0, false),
        ]
    });
    let put = target.cloudwatch.put_metric_data().namespace("AWS/Kinesis").set_metric_data(Some(data.collect()));
    put.send().await.map_err(|err| told(&err))?;

    let (minutes, clock, stream) = (Minutes::in_memory(), Clock::system(), StreamName::from(name));
    let look = async |figures: FigureSet| -> Outcome<(StreamMetrics, u64)> {
        let wish = |shard| Wish { stream: stream.clone(), shard, figures };
        let wishes = vec![wish(None), wish(Some(shard.clone()))];
        let question = Question { window, wishes, silent: HashSet::new(), reuse: Millis::from_mins(5) };
        let before = meter.snapshot(now()).metrics_requested;
        let metrics = fetch(&connection, &minutes, question, &clock).await?.remove(&stream).ok_or("no stream")?;
        Ok((metrics, meter.snapshot(now()).metrics_requested - before))
    };
    let (metrics, asked) = look(FigureSet::WRITE).await?;
    ensure!(asked == 6, "{asked} metrics instead of 3 of the stream and 3 of the shard");
    let of_shard = metrics.shards.get(&shard).ok_or("no shard")?;
    for minute in 0..60 {
        let is_there = minute % 7 == 0;
        let (total, part) = (metrics.total.incoming_records.at(minute), of_shard.incoming_records.at(minute));
        ensure!(total == is_there.then_some(30.0 + minute as f64), "minute {minute} of the stream: {total:?}");
        ensure!(part == is_there.then_some(7.0), "minute {minute} of the shard: {part:?}");
    }
    let (_, asked) = look(FigureSet::WRITE).await?;
    ensure!(asked == 0, "{asked} metrics though all, gaps too, are known");
    let (metrics, asked) = look(FigureSet::WRITE.with(FigureSet::OUTGOING)).await?;
    ensure!(asked == 2, "{asked} metrics instead of what was read from the stream and the shard");
    let read = metrics.shards.get(&shard).and_then(|shard| shard.outgoing_bytes.sum());
    ensure!(read == Some(6_300.0), "{read:?} bytes read from the shard");
    let read = metrics.total.outgoing_bytes.sum();
    ensure!(read == Some(8_100.0), "{read:?} bytes read from the stream");
    Ok(())
}
