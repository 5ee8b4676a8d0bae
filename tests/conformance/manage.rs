//! Changes of a stream as the program carries them out: followed until the server says what was asked for, and what the
//! program knows afterwards is what the server describes.

use std::time::Duration;

use kinescope::model::answer::ProblemKind;
use kinescope::model::change::details::StreamDetails;
use kinescope::model::change::{ChangeRequest, ChangeRun, StreamChange};
use kinescope::model::ids::StreamName;
use kinescope::model::reshard::StepState;
use kinescope::model::stream::{Encryption, StreamMode, StreamSummary};
use kinescope::tasks::change;
use kinescope::tasks::clock::Clock;
use tokio::sync::watch;

use crate::target::{Outcome, Target, ensure};

/// No server needs longer until its description shows a change.
const SHOWN_WITHIN: Duration = Duration::from_secs(30);

async fn carried_out(target: &Target, stream: &StreamName, changes: Vec<StreamChange>) -> ChangeRun {
    let request = ChangeRequest { stream: stream.clone(), arn: String::new(), changes };
    let (publish, progress) = watch::channel(change::prepared(request));
    let clock = Clock::system();
    let running = change::run(&target.connection, &clock, &publish);
    let is_in_time = tokio::time::timeout(SHOWN_WITHIN, running).await.is_ok();
    let run = progress.borrow().clone();
    assert!(is_in_time, "not shown after {SHOWN_WITHIN:?}: {run:?}");
    assert!(run.is_done, "it does not say that it is done");
    run
}

/// Carries changes out; all must be done, each with its end.
async fn change(target: &Target, stream: &StreamName, changes: Vec<StreamChange>) -> Outcome<ChangeRun> {
    let run = carried_out(target, stream, changes).await;
    let open: Vec<_> = run.steps.iter().filter(|step| !matches!(step.state, StepState::Done(_))).collect();
    ensure!(open.is_empty(), "these steps are not done: {open:?}");
    ensure!(run.ends.len() == run.request.changes.len(), "{} calls have ended", run.ends.len());
    ensure!(run.ends.iter().all(|end| end.receipt.is_some() && end.problem.is_none()), "{:?}", run.ends);
    Ok(run)
}

/// Carries a change out that must not be; answers its sentence.
async fn refused(target: &Target, stream: &StreamName, change: StreamChange) -> Outcome<String> {
    let run = carried_out(target, stream, vec![change]).await;
    match run.problem() {
        Some(problem) => Ok(problem.sentence.clone()),
        None => Err("it was carried out".into()),
    }
}

async fn summary(target: &Target, stream: &StreamName) -> Outcome<StreamSummary> {
    Ok(target.connection.describe_summary(stream).await?)
}

async fn details(target: &Target, stream: &StreamName) -> Outcome<StreamDetails> {
    Ok(target.connection.stream_details(stream).await?)
}

fn mode(to: StreamMode) -> StreamChange {
    StreamChange::Mode { to, warm_mibps: None }
}

pub async fn a_stream_is_made_and_deleted(target: Target) -> Outcome {
    let stream = target.fresh_name("made");
    let create = StreamChange::Create { mode: StreamMode::Provisioned, shards: Some(3), max_record_kib: None };
    change(&target, &stream, vec![create.clone()]).await?;
    let made = summary(&target, &stream).await?;
    ensure!(made.open_shard_count == 3, "{} open shards", made.open_shard_count);
    let again = refused(&target, &stream, create).await?;
    ensure!(again.contains(stream.as_str()), "made twice: {again}");
    change(&target, &stream, vec![StreamChange::Delete { with_consumers: false }]).await?;
    match target.connection.describe_summary(&stream).await {
        Err(problem) if problem.kind == ProblemKind::NotFound => Ok(()),
        other => Err(format!("{other:?}, though it is deleted").into()),
    }
}

pub async fn an_on_demand_stream_is_made(target: Target) -> Outcome {
    let stream = target.fresh_name("made-on-demand");
    let create = StreamChange::Create { mode: StreamMode::OnDemand, shards: None, max_record_kib: None };
    change(&target, &stream, vec![create]).await?;
    let made = summary(&target, &stream).await?;
    ensure!(made.mode == StreamMode::OnDemand, "{:?}", made.mode);
    Ok(())
}

pub async fn the_mode_is_switched_there_and_back(target: Target) -> Outcome {
    let stream = target.stream("modes", 2).await?;
    for to in [StreamMode::OnDemand, StreamMode::Provisioned] {
        change(&target, &stream, vec![mode(to)]).await?;
        let told = summary(&target, &stream).await?;
        ensure!(told.mode == to, "{:?} instead of {to:?}", told.mode);
        ensure!(told.open_shard_count == 2, "{} open shards after the switch", told.open_shard_count);
    }
    Ok(())
}

pub async fn a_third_switch_of_the_mode_is_refused(target: Target) -> Outcome {
    let stream = target.stream("switches", 1).await?;
    for to in [StreamMode::OnDemand, StreamMode::Provisioned] {
        change(&target, &stream, vec![mode(to)]).await?;
    }
    let said = refused(&target, &stream, mode(StreamMode::OnDemand)).await?;
    ensure!(said.contains(stream.as_str()), "{said}");
    let told = summary(&target, &stream).await?;
    ensure!(told.mode == StreamMode::Provisioned, "{:?}", told.mode);
    Ok(())
}

pub async fn a_mode_is_not_switched_to_itself(target: Target) -> Outcome {
    let stream = target.stream("same-mode", 1).await?;
    let said = refused(&target, &stream, mode(StreamMode::Provisioned)).await?;
    ensure!(said.contains("provisioned already"), "{said}");
    Ok(())
}

pub async fn retention_goes_up_and_down(target: Target) -> Outcome {
    let stream = target.stream("retention", 1).await?;
    for (from, to) in [(24, 168), (168, 25)] {
        change(&target, &stream, vec![StreamChange::Retention { from, to }]).await?;
        let told = summary(&target, &stream).await?;
        ensure!(told.retention_hours == to, "{} h instead of {to} h", told.retention_hours);
    }
    let said = refused(&target, &stream, StreamChange::Retention { from: 24, to: 48 }).await?;
    ensure!(said.contains("25 h now, not 24 h"), "{said}");
    Ok(())
}

pub async fn tags_are_set_replaced_and_removed(target: Target) -> Outcome {
    let stream = target.stream("tags", 1).await?;
    let set = |tags: &[(&str, &str)]| {
        StreamChange::SetTags(tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    };
    change(&target, &stream, vec![set(&[("team", "ingest"), ("cost center", "47.11/a"), ("old", "")])]).await?;
    let removed = StreamChange::RemoveTags(["old".to_owned()].into());
    change(&target, &stream, vec![removed, set(&[("team", "search")])]).await?;
    let tags = target.connection.stream_tags(&stream).await?;
    let told: Vec<_> = tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    ensure!(told == [("cost center", "47.11/a"), ("team", "search")], "{told:?}");
    Ok(())
}

pub async fn fifty_tags_are_listed(target: Target) -> Outcome {
    let stream = target.stream("fifty-tags", 1).await?;
    // AWS takes as many at once; older servers take ten.
    for tens in 0..5 {
        let tags = (0..10).map(|n| (format!("key-{tens}{n}"), n.to_string())).collect();
        change(&target, &stream, vec![StreamChange::SetTags(tags)]).await?;
    }
    let tags = target.connection.stream_tags(&stream).await?;
    ensure!(tags.len() == 50, "{} tags", tags.len());
    Ok(())
}

pub async fn encryption_starts_and_stops(target: Target) -> Outcome {
    let stream = target.stream("encrypted", 1).await?;
    let key_id = "alias/aws/kinesis".to_owned();
    change(&target, &stream, vec![StreamChange::Encrypt { key_id: key_id.clone() }]).await?;
    let told = summary(&target, &stream).await?;
    ensure!(matches!(told.encryption, Encryption::Kms { .. }), "{:?}", told.encryption);
    change(&target, &stream, vec![StreamChange::Decrypt { key_id: key_id.clone() }]).await?;
    let told = summary(&target, &stream).await?;
    ensure!(told.encryption == Encryption::None, "{:?}", told.encryption);
    let said = refused(&target, &stream, StreamChange::Decrypt { key_id }).await?;
    ensure!(said.contains("Is encrypted: it is not"), "{said}");
    Ok(())
}

pub async fn larger_records_are_taken_once_they_may_be(target: Target) -> Outcome {
    let stream = target.stream("large", 1).await?;
    change(&target, &stream, vec![StreamChange::RecordSize { kib: 2_048 }]).await?;
    let told = summary(&target, &stream).await?;
    ensure!(told.max_record_size_kib == Some(2_048), "{:?} KiB", told.max_record_size_kib);
    let large = crate::target::entry("key", vec![b'x'; 1_500 * 1_024]);
    target.put(&stream, &[large]).await?;
    let said = refused(&target, &stream, StreamChange::RecordSize { kib: 20_000 }).await?;
    ensure!(said.contains("Between 1,024 and 10,240 KiB"), "{said}");
    Ok(())
}

pub async fn a_consumer_is_registered_and_deregistered_by_its_name(target: Target) -> Outcome {
    let stream = target.stream("by-name", 1).await?;
    let consumer = "reader".to_owned();
    change(&target, &stream, vec![StreamChange::Register { consumer: consumer.clone() }]).await?;
    let known = details(&target, &stream).await?;
    let listed = known.consumers?;
    ensure!(listed.len() == 1 && listed.iter().all(|c| c.name == consumer && c.is_active), "{listed:?}");
    ensure!(known.summary.consumer_count.is_none_or(|count| count == 1), "{:?}", known.summary.consumer_count);
    change(&target, &stream, vec![StreamChange::Deregister { consumer }]).await?;
    let listed = details(&target, &stream).await?.consumers?;
    ensure!(listed.is_empty(), "{listed:?}");
    Ok(())
}

pub async fn a_stream_with_consumers_is_deleted_only_with_them(target: Target) -> Outcome {
    let stream = target.stream("kept-by-consumers", 1).await?;
    change(&target, &stream, vec![StreamChange::Register { consumer: "reader".to_owned() }]).await?;
    let said = refused(&target, &stream, StreamChange::Delete { with_consumers: false }).await?;
    ensure!(said.contains(stream.as_str()), "{said}");
    change(&target, &stream, vec![StreamChange::Delete { with_consumers: true }]).await?;
    Ok(())
}

pub async fn nothing_is_changed_of_a_stream_that_is_not_there(target: Target) -> Outcome {
    let stream = target.fresh_name("nobody");
    for change in [
        StreamChange::Retention { from: 24, to: 48 },
        StreamChange::Delete { with_consumers: true },
        mode(StreamMode::OnDemand),
    ] {
        let run = carried_out(&target, &stream, vec![change.clone()]).await;
        let kind = run.problem().map(|problem| problem.kind);
        ensure!(kind == Some(ProblemKind::NotFound), "{change:?}: {:?}", run.problem());
        ensure!(run.ends.len() == 1 && run.ends.iter().all(|end| end.receipt.is_none()), "{:?}", run.ends);
    }
    Ok(())
}

pub async fn what_follows_a_refusal_is_not_sent(target: Target) -> Outcome {
    let stream = target.stream("stops", 1).await?;
    let set = StreamChange::SetTags([("team".to_owned(), "a".to_owned())].into());
    let run = carried_out(&target, &stream, vec![StreamChange::Retention { from: 99, to: 120 }, set]).await;
    ensure!(run.problem().is_some() && run.ends.len() == 1, "{run:?}");
    let tags = target.connection.stream_tags(&stream).await?;
    ensure!(tags.is_empty(), "{tags:?}");
    Ok(())
}

pub async fn shard_metrics_are_switched_as_a_whole(target: Target) -> Outcome {
    let stream = target.stream("all-metrics", 1).await?;
    for enable in [true, false] {
        change(&target, &stream, vec![StreamChange::Monitoring { enable }]).await?;
        let told = summary(&target, &stream).await?;
        ensure!(told.has_shard_metric("IncomingBytes") == enable, "{:?}", told.enhanced_metrics);
    }
    Ok(())
}

pub async fn the_account_says_whether_it_has_advantage(target: Target) -> Outcome {
    let commitment = target.connection.commitment().await?;
    ensure!(!commitment.is_on, "{commitment:?}");
    Ok(())
}
