//! Cutting the key space anew: SplitShard, MergeShards, UpdateShardCount.

use super::error::{ApiError, ApiResult};
use super::stream::{Change, DAY, Stream};
use super::{ACCOUNT, Engine, SHARD_LIMIT};
use crate::model::hash_range::HashKey;
use crate::model::stream::{StreamMode, StreamStatus};
use crate::model::time::Timestamp;

/// Changes of the shard count in any 24 hours (API: `UpdateShardCount`).
const RESIZES_PER_DAY: usize = 10;

fn require_provisioned(stream: &Stream) -> ApiResult<()> {
    if stream.mode == StreamMode::OnDemand {
        return Err(ApiError::validation(format!(
            "Request is invalid. Stream {} under account {ACCOUNT} is in On-Demand mode.",
            stream.name
        )));
    }
    Ok(())
}

/// The open shard of this id, as an index.
fn open_shard(stream: &Stream, id: &str) -> ApiResult<u32> {
    let shard = stream.shard_named(id, ACCOUNT)?;
    if !shard.is_open() {
        return Err(ApiError::invalid(format!(
            "Shard {id} in stream {} under account {ACCOUNT} has already been merged or split, and thus is not \
             eligible for merging or splitting.",
            stream.name
        )));
    }
    Ok(shard.index)
}

impl Engine {
    /// `SplitShard`. The upper child gets `new_start` and everything above it.
    ///
    /// # Errors
    /// InvalidArgument where a child would be empty, ResourceInUse while the stream changes, Validation on demand.
    pub fn split_shard(&self, name: &str, shard_id: &str, new_start: HashKey) -> ApiResult<()> {
        self.reshard(name, 1, |stream| {
            let shard = open_shard(stream, shard_id)?;
            let range = stream.shard_named(shard_id, ACCOUNT)?.range;
            if range.split_at(new_start).is_none() {
                return Err(ApiError::invalid(format!(
                    "NewStartingHashKey {new_start} used in SplitShard() on shard {shard_id} in stream {name} under \
                     account {ACCOUNT} must be greater than the shard's StartingHashKey {} and not greater than its \
                     EndingHashKey {}.",
                    range.start, range.end
                )));
            }
            Ok(Change::Split { shard, at: new_start })
        })
    }

    /// `MergeShards`.
    ///
    /// # Errors
    /// InvalidArgument where the two are not neighbours, ResourceInUse while the stream changes, Validation on demand.
    pub fn merge_shards(&self, name: &str, first: &str, second: &str) -> ApiResult<()> {
        self.reshard(name, 0, |stream| {
            let (a, b) = (open_shard(stream, first)?, open_shard(stream, second)?);
            let (a_range, b_range) =
                (stream.shard_named(first, ACCOUNT)?.range, stream.shard_named(second, ACCOUNT)?.range);
            if a_range.is_followed_by(b_range) || b_range.is_followed_by(a_range) {
                Ok(Change::Merge { first: a, second: b })
            } else {
                Err(ApiError::invalid(format!(
                    "Shards {first} and {second} in stream {name} under account {ACCOUNT} are not an adjacent pair of \
                     shards eligible for merging"
                )))
            }
        })
    }

    /// `UpdateShardCount` by uniform scaling. Returns the number of open shards before.
    ///
    /// # Errors
    /// InvalidArgument beyond double or below half, LimitExceeded after ten changes in 24 hours or beyond the account's
    /// shards, ResourceInUse while the stream changes, Validation on demand.
    pub fn update_shard_count(&self, name: &str, target: i64) -> ApiResult<u32> {
        let mut current = 0;
        let now = self.now();
        let wanted = u32::try_from(target)
            .ok()
            .filter(|count| *count >= 1)
            .ok_or_else(|| ApiError::validation("Value at 'targetShardCount' must be greater than or equal to 1"))?;
        let open = self.lock().streams.get(name).map_or(0, Stream::open_count);
        self.reshard(name, wanted.saturating_sub(open), |stream| {
            current = stream.open_count();
            check_target(stream, current, wanted)?;
            forget_old(stream, now);
            if stream.resizes.len() >= RESIZES_PER_DAY {
                return Err(ApiError::limit(format!(
                    "Stream {name} under account {ACCOUNT} can only be resized {RESIZES_PER_DAY} times in 24 hours."
                )));
            }
            stream.resizes.push_back(now);
            Ok(Change::Resize(wanted))
        })?;
        Ok(current)
    }

    fn reshard(&self, name: &str, growth: u32, plan: impl FnOnce(&mut Stream) -> ApiResult<Change>) -> ApiResult<()> {
        let open: u32 = self.lock().streams.values().map(Stream::open_count).sum();
        let due = self.due(self.now());
        self.with_stream(name, |stream, _| {
            require_provisioned(stream)?;
            stream.require_active(ACCOUNT)?;
            if growth > 0 && open.saturating_add(growth) > SHARD_LIMIT {
                return Err(ApiError::limit(format!(
                    "This request would exceed the shard limit for the account {ACCOUNT}. Current shard count for \
                     the account: {open}. Limit: {SHARD_LIMIT}."
                )));
            }
            let change = plan(stream)?;
            stream.begin(StreamStatus::Updating, due, change);
            Ok(())
        })
    }
}

fn forget_old(stream: &mut Stream, now: Timestamp) {
    while stream.resizes.front().is_some_and(|at| at.age_at(now) >= DAY) {
        stream.resizes.pop_front();
    }
}

/// Half is rounded up, since AWS documents "below half" as refused.
fn check_target(stream: &Stream, current: u32, target: u32) -> ApiResult<()> {
    let refuse = |why: &str| {
        Err(ApiError::invalid(format!(
            "UpdateShardCount cannot scale stream {} under account {ACCOUNT} from {current} to {target} shards: {why}.",
            stream.name
        )))
    };
    if target > current.saturating_mul(2) {
        return refuse("the target is more than double the current shard count");
    }
    if target < current.div_ceil(2) {
        return refuse("the target is less than half the current shard count");
    }
    Ok(())
}
