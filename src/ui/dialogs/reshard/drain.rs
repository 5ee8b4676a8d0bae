//! Who still reads the shards that a reshard closed, as far as that can be known: this program's own tail, and what CloudWatch says was
//! read of them. AWS tells nobody where the consumers of others are. Knows no widget.

use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::reshard::{ReshardRequest, ReshardRun};
use crate::model::tail::ShardTailState;
use crate::model::world::OpenStream;

/// Closed shards that are told one by one; of more only the first.
const MOST: usize = 4;

/// A line for each shard that the run has closed: what is waited for, and what is known of it.
pub fn lines(open: &OpenStream, run: &ReshardRun) -> Vec<(String, String)> {
    let closed = closed_by(run);
    let is_closed = |id: &&ShardId| open.shards.get().and_then(|map| map.get(id)).is_some_and(|shard| !shard.is_open());
    let line = |id: &ShardId| (format!("Consumers finish {}", id.short()), told(open, id));
    let mut lines: Vec<(String, String)> = closed.iter().filter(is_closed).take(MOST).map(line).collect();
    if closed.len() > MOST {
        lines.push((format!("and {} more", format::counted(closed.len() - MOST, "closed shard")), String::new()));
    }
    lines
}

fn closed_by(run: &ReshardRun) -> Vec<ShardId> {
    let of = |request: &ReshardRequest| match request {
        ReshardRequest::Split(split) => vec![split.shard.clone()],
        ReshardRequest::Merge(merge) => vec![merge.lower.clone(), merge.upper.clone()],
        ReshardRequest::Scale(_) | ReshardRequest::Plan(_) => Vec::new(),
    };
    match &run.request {
        // The newest first: those before it are sooner done.
        ReshardRequest::Plan(_) => run.plan.finished.iter().rev().flat_map(|step| of(&step.request)).collect(),
        request => of(request),
    }
}

fn told(open: &OpenStream, id: &ShardId) -> String {
    let tail = open.tail.status.shards.iter().find(|shard| shard.shard_id == *id).map(|shard| match shard.state {
        ShardTailState::Ended => "this tail is done",
        _ => "this tail reads it",
    });
    let read = open.shown_metrics().and_then(|metrics| metrics.shards.get(id));
    let read = read.and_then(|figures| figures.outgoing_bytes.last_known()).map(|(_, bytes)| match bytes > 0.0 {
        true => "read in the last minute",
        false => "not read in the last minute",
    });
    match (tail, read) {
        (None, None) => "AWS does not tell".to_owned(),
        (tail, read) => tail.into_iter().chain(read).collect::<Vec<&str>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::answer::Answer;
    use crate::model::hash_range::{HashKey, HashKeyRange};
    use crate::model::plan::request::PlanProgress;
    use crate::model::reshard::SplitRequest;
    use crate::model::shard_map::{Shard, ShardMap};
    use crate::model::tail::ShardTail;
    use crate::model::time::Timestamp;

    #[test]
    fn what_is_not_known_of_readers_is_not_made_up() {
        let id = ShardId::from("shardId-000000000019");
        let split = SplitRequest {
            stream: "orders".into(),
            shard: id.clone(),
            range: HashKeyRange::FULL,
            new_starting_hash_key: HashKey(1 << 127),
        };
        let run = ReshardRun {
            request: ReshardRequest::Split(split),
            steps: Vec::new(),
            children: Vec::new(),
            open_shards: None,
            is_done: true,
            plan: PlanProgress::default(),
        };
        let shard = |is_open: bool| Shard {
            id: id.clone(),
            range: HashKeyRange::FULL,
            parent: None,
            adjacent_parent: None,
            starting_sequence_number: "1".into(),
            ending_sequence_number: (!is_open).then(|| "2".into()),
        };
        let mut open = OpenStream::new("orders".into());
        open.shards = Answer::known(ShardMap::new(vec![shard(true)]), Timestamp(0));
        assert!(lines(&open, &run).is_empty(), "it is not closed yet");
        open.shards = Answer::known(ShardMap::new(vec![shard(false)]), Timestamp(0));
        let words = |open: &OpenStream| lines(open, &run).into_iter().next().unwrap_or_default();
        assert_eq!(words(&open), ("Consumers finish …0019".to_owned(), "AWS does not tell".to_owned()));
        let state = ShardTailState::Ended;
        let tail = ShardTail { shard_id: id.clone(), millis_behind: Some(0), state, write_share: None };
        open.tail.status.shards = vec![tail];
        assert_eq!(words(&open).1, "this tail is done");
    }
}
