//! The shards of a stream.

use std::collections::HashSet;

use super::connect::Connection;
use super::error::Call;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::ids::{SequenceNumber, ShardId, StreamName};
use crate::model::shard_map::Shard;

/// Shards a page; the service's maximum.
const PAGE: i32 = 1_000;
/// Pages that are followed at most.
const MOST_PAGES: usize = 200;
/// How often the listing begins anew when its token expires half way.
const MOST_RESTARTS: usize = 2;

impl Connection {
    /// Every listed shard, open and closed, in the service's order. One `ListShards` a thousand shards (1,000 a second and
    /// stream). The SDK has no paginator for it.
    ///
    /// # Errors
    /// As every call; a token that expires half way starts the listing anew.
    pub async fn list_shards(&self, stream: &StreamName) -> Result<Vec<Shard>, Problem> {
        let mut restarts = 0;
        loop {
            match self.list_shards_once(stream).await {
                Err(problem) if problem.kind == ProblemKind::Expired && restarts < MOST_RESTARTS => restarts += 1,
                answer => return answer,
            }
        }
    }

    async fn list_shards_once(&self, stream: &StreamName) -> Result<Vec<Shard>, Problem> {
        let mut shards = Vec::new();
        let mut seen = HashSet::new();
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            // With a token the stream's name must not be sent.
            let call = match token.take() {
                Some(token) => self.kinesis().list_shards().next_token(token),
                None => self.kinesis().list_shards().stream_name(stream.as_str()).max_results(PAGE),
            };
            let page =
                call.send().await.map_err(|err| self.fail(&err, Call::kinesis("ListShards", stream.as_str())))?;
            let before = seen.len();
            let fresh = page.shards().iter().filter_map(shard_of).filter(|shard| seen.insert(shard.id.clone()));
            shards.extend(fresh);
            token = page.next_token.filter(|token| !token.is_empty());
            // A server that does not understand its own token answers the same page for ever.
            if token.is_none() || seen.len() == before {
                break;
            }
        }
        Ok(shards)
    }
}

pub(super) fn range_of(range: &aws_sdk_kinesis::types::HashKeyRange) -> Option<HashKeyRange> {
    HashKeyRange::new(HashKey::parse(&range.starting_hash_key).ok()?, HashKey::parse(&range.ending_hash_key).ok()?)
}

/// A shard whose hash range is not a range of numbers is left out: nothing could be said of it.
fn shard_of(shard: &aws_sdk_kinesis::types::Shard) -> Option<Shard> {
    let sequence = shard.sequence_number_range.as_ref();
    Some(Shard {
        id: ShardId::from(shard.shard_id.as_str()),
        range: range_of(shard.hash_key_range.as_ref()?)?,
        parent: shard.parent_shard_id.as_deref().filter(|id| !id.is_empty()).map(ShardId::from),
        adjacent_parent: shard.adjacent_parent_shard_id.as_deref().filter(|id| !id.is_empty()).map(ShardId::from),
        starting_sequence_number: SequenceNumber::from(
            sequence.map(|range| range.starting_sequence_number.as_str()).unwrap_or_default(),
        ),
        ending_sequence_number: sequence
            .and_then(|range| range.ending_sequence_number.as_deref())
            .filter(|number| !number.is_empty())
            .map(SequenceNumber::from),
    })
}
