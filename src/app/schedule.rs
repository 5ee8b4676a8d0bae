//! What to ask next: decides from what is on screen and how old it is. Pure, so that tests own the time.

use std::collections::{HashMap, HashSet};

use crate::model::answer::Answer;
use crate::model::ids::ShardId;
use crate::model::limits::METRIC_SETTLES_MILLIS;
use crate::model::metrics::StreamMetrics;
use crate::model::shard_map::ShardMap;
use crate::model::stream::{StreamStatus, StreamSummary};
use crate::model::time::{Millis, Timestamp};
use crate::ui::command::Tab;

/// How often what is visible is asked again.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The fleet while it is on screen.
    pub fleet: Millis,
    /// The fleet while a stream is on screen; the rail shows it.
    pub fleet_behind: Millis,
    /// Shard-level figures of the fleet: they are what costs.
    pub fleet_shards: Millis,
    /// The summary of the open stream.
    pub summary: Millis,
    /// The summary while the stream is changing.
    pub summary_changing: Millis,
    /// The shards of the open stream, beyond what its summary gives cause for.
    pub shards: Millis,
    /// The figures of the open stream while a view shows them.
    pub metrics: Millis,
    /// Pause after a failure.
    pub after_failure: Millis,
}

impl Pace {
    /// For AWS, where CloudWatch has a figure a minute and each one asked for costs.
    pub fn for_aws(refresh_seconds: u32) -> Self {
        let refresh = Millis::from_secs(i64::from(refresh_seconds));
        Self {
            fleet: refresh,
            fleet_behind: Millis(refresh.0 * 5),
            fleet_shards: Millis::from_mins(5),
            summary: Millis::from_secs(15),
            summary_changing: Millis::from_secs(2),
            shards: Millis::from_mins(2),
            metrics: refresh,
            after_failure: Millis::from_secs(20),
        }
    }

    /// For an endpoint of one's own, where asking is free.
    pub fn for_endpoint(refresh_seconds: u32) -> Self {
        let refresh = Millis::from_secs(i64::from(refresh_seconds.min(15)));
        Self {
            fleet: refresh,
            fleet_behind: Millis(refresh.0 * 2),
            fleet_shards: Millis(0),
            summary: Millis::from_secs(5),
            summary_changing: Millis::from_secs(1),
            shards: Millis::from_secs(30),
            metrics: refresh,
            after_failure: Millis::from_secs(10),
        }
    }
}

/// Whether a question is to be asked (again) now.
pub fn is_due<T>(answer: &Answer<T>, every: Millis, after_failure: Millis, now: Timestamp) -> bool {
    if answer.pending_since.is_some() {
        return false;
    }
    let last_try = match (&answer.value, &answer.problem) {
        (_, Some((_, failed))) => return failed.age_at(now) >= after_failure,
        (Some((_, fetched)), None) => *fetched,
        (None, None) => return true,
    };
    last_try.age_at(now) >= every
}

/// How often to ask for the summary: faster while the stream is changing.
pub fn summary_pace(summary: Option<&StreamSummary>, pace: &Pace) -> Millis {
    match summary {
        Some(summary) if summary.status != StreamStatus::Active => pace.summary_changing,
        _ => pace.summary,
    }
}

/// Whether the shards must be listed again because the summary tells of others than the list has.
pub fn shards_differ(
    summary: Option<&StreamSummary>,
    before: Option<&StreamSummary>,
    listed_open: Option<usize>,
) -> bool {
    let Some(summary) = summary else { return false };
    let count_differs = listed_open.is_some_and(|open| open != summary.open_shard_count as usize);
    let settled = before.is_some_and(|before| before.status != summary.status);
    count_differs || settled
}

/// Whether figures of CloudWatch are in sight there: nothing is asked of it for a view that has none.
pub fn shows_figures(tab: Tab) -> bool {
    match tab {
        Tab::Heatmap | Tab::Shards | Tab::Keys => true,
        Tab::Tail => false,
    }
}

/// Since when shards have been seen to be closed.
#[derive(Debug, Default)]
pub struct ClosedShards(HashMap<ShardId, Timestamp>);

impl ClosedShards {
    /// Takes note of what is closed now.
    pub fn see(&mut self, shards: &ShardMap, now: Timestamp) {
        for shard in shards.all().iter().filter(|shard| !shard.is_open()) {
            self.0.entry(shard.id.clone()).or_insert(now);
        }
    }

    /// Those that have been closed for so long that all their writes are in periods that are final. `ListShards` does not
    /// say when a shard was closed, so one that was closed before it was seen counts from then.
    pub fn silent(&self, step_seconds: u32, now: Timestamp) -> HashSet<ShardId> {
        let enough = Millis(i64::from(step_seconds) * 2_000 + 2 * METRIC_SETTLES_MILLIS);
        self.0.iter().filter(|(_, seen)| seen.age_at(now) >= enough).map(|(id, _)| id.clone()).collect()
    }
}

/// Whether there are shards of which no figure was asked for yet.
pub fn has_new_shards(shards: Option<&ShardMap>, metrics: Option<&StreamMetrics>) -> bool {
    match (shards, metrics) {
        (Some(shards), Some(metrics)) => shards.all().iter().any(|shard| !metrics.shards.contains_key(&shard.id)),
        (shards, None) => shards.is_some(),
        (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::answer::{Problem, ProblemKind};

    const EVERY: Millis = Millis::from_secs(60);
    const PAUSE: Millis = Millis::from_secs(20);

    #[test]
    fn a_question_is_asked_once_until_its_answer_is_old() {
        let mut answer = Answer::<u8>::default();
        let at = Timestamp::from_secs;
        assert!(is_due(&answer, EVERY, PAUSE, at(0)));
        answer.begin(at(0));
        assert!(!is_due(&answer, EVERY, PAUSE, at(500)));
        answer.finish(Ok(1), at(10));
        assert!(!is_due(&answer, EVERY, PAUSE, at(69)));
        assert!(is_due(&answer, EVERY, PAUSE, at(70)));
    }

    #[test]
    fn a_failure_is_tried_again_after_a_pause_not_at_once() {
        let mut answer = Answer::known(1, Timestamp::from_secs(0));
        answer.finish(Err(Problem::new(ProblemKind::Unreachable, "gone")), Timestamp::from_secs(100));
        assert!(!is_due(&answer, EVERY, PAUSE, Timestamp::from_secs(119)));
        assert!(is_due(&answer, EVERY, PAUSE, Timestamp::from_secs(120)));
    }

    #[test]
    fn a_closed_shard_is_silent_only_once_its_last_writes_are_final() {
        use crate::model::hash_range::HashKeyRange;
        let shard = |id: &str, is_open: bool| crate::model::shard_map::Shard {
            id: ShardId::from(id),
            range: HashKeyRange::FULL,
            parent: None,
            adjacent_parent: None,
            starting_sequence_number: "1".into(),
            ending_sequence_number: (!is_open).then(|| "2".into()),
        };
        let shards = ShardMap::new(vec![shard("shardId-000000000000", false), shard("shardId-000000000001", true)]);
        let mut closed = ClosedShards::default();
        closed.see(&shards, Timestamp::from_secs(1_000));
        closed.see(&shards, Timestamp::from_secs(1_100));
        assert!(closed.silent(60, Timestamp::from_secs(1_400)).is_empty());
        assert_eq!(
            closed.silent(60, Timestamp::from_secs(1_480)),
            HashSet::from([ShardId::from("shardId-000000000000")])
        );
        assert!(closed.silent(600, Timestamp::from_secs(1_480)).is_empty(), "longer periods settle later");
    }
}
