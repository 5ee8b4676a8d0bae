//! Turns writes into lines of the activity log, each with the AWS CLI line that does the same. Payloads stay out.

use super::ingest::accepted;
use crate::model::activity::{ActivityEntry, Event, Outcome, cli_line};
use crate::model::answer::Answer;
use crate::model::connection::ConnectionInfo;
use crate::model::ids::StreamName;
use crate::model::reshard::{ReshardRun, StepState};
use crate::model::time::{Millis, Timestamp};
use crate::model::world::World;
use crate::model::writes::{InjectRun, MonitoringChange, PutEntry, PutOutcome, Receipt};

/// A line about anything.
pub(super) fn entry(world: &World, stream: Option<StreamName>, event: Event, at: Timestamp) -> ActivityEntry {
    let connection = world.connection();
    ActivityEntry {
        at,
        connection: connection.map(|info| info.label.clone()).unwrap_or_default(),
        environment: connection.map(|info| info.environment.tag().to_owned()).unwrap_or_default(),
        who: world.identity.get().map(|identity| identity.principal().to_owned()).unwrap_or_default(),
        stream,
        event,
    }
}

/// The line about a finished injection.
pub(super) fn put_records(world: &World, run: &InjectRun, entries: &[PutEntry], at: Timestamp) -> ActivityEntry {
    let failed = run.rows.len() - accepted(run);
    let outcome = match (failed, first_failure(run)) {
        (0, _) => Outcome::Ok,
        (failed, Some(sentence)) if failed == run.rows.len() => Outcome::Failed { sentence },
        (failed, _) => Outcome::Partial { failed: failed as u64, of: run.rows.len() as u64 },
    };
    let target = match entries {
        [one] => format!("key {}", one.partition_key),
        many => format!("{} records", many.len()),
    };
    let event = Event::Call {
        operation: "PutRecords".to_owned(),
        target,
        cli: world.connection().map(|info| put_cli(run, entries, info)).unwrap_or_default(),
        request_id: None,
        took: run.rows.iter().map(|row| row.took).max().unwrap_or_default(),
        outcome,
    };
    entry(world, Some(run.stream.clone()), event, at)
}

fn first_failure(run: &InjectRun) -> Option<String> {
    run.rows.iter().find_map(|row| match &row.outcome {
        Some(Ok(PutOutcome::Refused { code, message, .. })) => Some(format!("{code}: {message}")),
        Some(Err(problem)) => Some(problem.sentence.clone()),
        _ => None,
    })
}

/// The data itself is left out: the log must not keep payloads.
fn put_cli(run: &InjectRun, entries: &[PutEntry], info: &ConnectionInfo) -> String {
    match entries {
        [one] => {
            let hash = one.explicit_hash_key.map(|key| key.to_string());
            let mut options = vec![
                ("stream-name", run.stream.as_str()),
                ("partition-key", one.partition_key.as_str()),
                ("data", "fileb://record.bin"),
            ];
            options.extend(hash.as_deref().map(|hash| ("explicit-hash-key", hash)));
            cli_line("put-record", &options, info)
        }
        _ => {
            let options = [("stream-name", run.stream.as_str()), ("records", "file://records.json")];
            cli_line("put-records", &options, info)
        }
    }
}

/// The line about shard metrics that were switched on or off.
pub(super) fn monitoring(
    world: &World,
    change: &MonitoringChange,
    since: Timestamp,
    done: &Answer<Receipt>,
    at: Timestamp,
) -> ActivityEntry {
    let outcome = match &done.problem {
        Some((problem, _)) => Outcome::Failed { sentence: problem.sentence.clone() },
        None => Outcome::Ok,
    };
    let event = Event::Call {
        operation: change.operation().to_owned(),
        target: "all shard-level metrics".to_owned(),
        cli: world.connection().map(|info| change.cli(info)).unwrap_or_default(),
        request_id: done.get().and_then(|receipt| receipt.request_id.clone()),
        took: since.age_at(at),
        outcome,
    };
    entry(world, Some(change.stream.clone()), event, at)
}

/// The line about a finished split, merge or scaling.
pub(super) fn reshard(world: &World, run: &ReshardRun, done: &Answer<Receipt>, at: Timestamp) -> ActivityEntry {
    let outcome = match &done.problem {
        Some((problem, _)) => Outcome::Failed { sentence: problem.sentence.clone() },
        None => Outcome::Ok,
    };
    let started = run.steps.iter().find_map(|step| match step.state {
        StepState::Done(at) | StepState::Failed(at, _) => Some(at),
        _ => None,
    });
    let event = Event::Call {
        operation: run.request.operation().to_owned(),
        target: run.request.logged_target(),
        cli: world.connection().map(|info| run.request.cli(info)).unwrap_or_default(),
        request_id: done.get().and_then(|receipt| receipt.request_id.clone()),
        took: started.map_or(Millis(0), |started| at - started),
        outcome,
    };
    entry(world, Some(run.request.stream().clone()), event, at)
}
