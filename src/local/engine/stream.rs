//! One stream: its shards, its settings, and the change it is going through.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::consumers::Consumer;
use super::error::{ApiError, ApiResult};
use super::metrics::MinuteStore;
use super::shard::Shard;
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::stream::{StreamMode, StreamStatus};
use crate::model::time::{Millis, Timestamp};

/// What a stream becomes when its delay is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Takes records.
    Activate,
    /// Is gone.
    Delete,
    /// One shard becomes two.
    Split { shard: u32, at: HashKey },
    /// Two neighbours become one.
    Merge { first: u32, second: u32 },
    /// Ranges of equal size.
    Resize(u32),
    /// Server-side encryption under this key, or none.
    Encrypt(Option<String>),
    /// How capacity is bought.
    Mode(StreamMode),
    /// Largest record in KiB.
    MaxRecord(u32),
    /// Write throughput kept ready, in MiB/s.
    Warm(u32),
}

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) name: String,
    pub(super) created: Timestamp,
    pub(super) status: StreamStatus,
    pub(super) mode: StreamMode,
    pub(super) retention_hours: u32,
    pub(super) key_id: Option<String>,
    pub(super) enhanced: BTreeSet<&'static str>,
    pub(super) max_record_kib: u32,
    /// Write throughput kept ready in MiB/s: asked for, and there. Only on-demand streams have it.
    pub(super) warm_mibps: Option<(u32, u32)>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) consumers: BTreeMap<String, Consumer>,
    pub(super) shards: BTreeMap<u32, Shard>,
    /// Start of the range and index of each open shard, in hash order.
    pub(super) open: Vec<(u128, u32)>,
    next_index: u32,
    pending: Option<(Timestamp, Change)>,
    pub(super) metrics: MinuteStore,
    /// When the shard count was changed, newest last.
    pub(super) resizes: VecDeque<Timestamp>,
    /// When the mode was changed, newest last.
    pub(super) mode_changes: VecDeque<Timestamp>,
}

/// Length of the window in which AWS counts changes of shard count and mode.
pub(super) const DAY: Millis = Millis::from_secs(86_400);

impl Stream {
    pub(super) fn new(name: &str, mode: StreamMode, shard_count: u32, created: Timestamp) -> Self {
        let mut stream = Self {
            name: name.to_owned(),
            created,
            status: StreamStatus::Creating,
            mode,
            retention_hours: 24,
            key_id: None,
            enhanced: BTreeSet::new(),
            max_record_kib: 1_024,
            warm_mibps: None,
            tags: BTreeMap::new(),
            consumers: BTreeMap::new(),
            shards: BTreeMap::new(),
            open: Vec::new(),
            next_index: 0,
            pending: None,
            metrics: MinuteStore::default(),
            resizes: VecDeque::new(),
            mode_changes: VecDeque::new(),
        };
        for range in HashKeyRange::uniform(shard_count) {
            stream.add_shard(range, Vec::new(), created);
        }
        stream.index_open();
        stream
    }

    /// Shards that take writes.
    pub(super) fn open_count(&self) -> u32 {
        u32::try_from(self.open.len()).unwrap_or(u32::MAX)
    }

    /// Index of the open shard that owns a hash key.
    pub(super) fn route(&self, key: u128) -> Option<u32> {
        let behind = self.open.partition_point(|(start, _)| *start <= key);
        self.open.get(behind.checked_sub(1)?).map(|(_, index)| *index)
    }

    /// The shard with this id.
    ///
    /// # Errors
    /// ResourceNotFound.
    pub(super) fn shard_named(&self, id: &str, account: &str) -> ApiResult<&Shard> {
        super::shard::shard_index(id).and_then(|index| self.shards.get(&index)).ok_or_else(|| {
            ApiError::not_found(format!("Could not find shard {id} in stream {} under account {account}.", self.name))
        })
    }

    /// Starts a change that is over at `due`.
    pub(super) fn begin(&mut self, status: StreamStatus, due: Timestamp, change: Change) {
        self.status = status;
        self.pending = Some((due, change));
    }

    /// # Errors
    /// ResourceInUse while the stream is going through a change.
    pub(super) fn require_active(&self, account: &str) -> ApiResult<()> {
        if self.status == StreamStatus::Active {
            return Ok(());
        }
        Err(ApiError::in_use(format!(
            "Stream {} under account {account} not ACTIVE, instead in state {}",
            self.name,
            self.status.as_str()
        )))
    }

    /// Finishes a change that is due and drops what retention lets go of. Returns whether the stream still exists.
    pub(super) fn settle(&mut self, now: Timestamp) -> bool {
        if let Some((due, change)) = self.pending.take_if(|(due, _)| *due <= now) {
            if change == Change::Delete {
                return false;
            }
            self.apply(change, due);
            self.status = StreamStatus::Active;
        }
        let horizon = self.horizon(now);
        for shard in self.shards.values_mut() {
            shard.trim_before(horizon);
        }
        self.shards.retain(|_, shard| shard.closed.is_none_or(|at| at >= horizon));
        true
    }

    /// Records before this moment are gone.
    pub(super) fn horizon(&self, now: Timestamp) -> Timestamp {
        (now - Millis::from_mins(i64::from(self.retention_hours) * 60)).max(self.created)
    }

    fn apply(&mut self, change: Change, at: Timestamp) {
        match change {
            Change::Split { shard, at: key } => {
                self.split(shard, key, at);
            }
            Change::Merge { first, second } => self.merge(first, second, at),
            Change::Resize(target) => self.resize(target, at),
            Change::Encrypt(key) => self.key_id = key,
            Change::Mode(mode) => {
                self.mode = mode;
                if mode == StreamMode::Provisioned {
                    self.warm_mibps = None;
                }
                self.warm_up();
            }
            Change::MaxRecord(kib) => self.max_record_kib = kib,
            Change::Warm(mibps) => {
                self.warm_mibps = Some((mibps, mibps));
            }
            Change::Activate | Change::Delete => {}
        }
        self.index_open();
    }

    /// What was asked for is there.
    fn warm_up(&mut self) {
        if let Some((target, current)) = &mut self.warm_mibps {
            *current = *target;
        }
    }

    fn add_shard(&mut self, range: HashKeyRange, parents: Vec<u32>, at: Timestamp) -> u32 {
        let index = self.next_index;
        self.next_index += 1;
        self.shards.insert(index, Shard::new(index, range, parents, at));
        index
    }

    fn close(&mut self, index: u32, at: Timestamp) -> Option<HashKeyRange> {
        let shard = self.shards.get_mut(&index).filter(|shard| shard.is_open())?;
        shard.closed = Some(at);
        Some(shard.range)
    }

    fn split(&mut self, index: u32, key: HashKey, at: Timestamp) -> Option<(u32, u32)> {
        let (low, high) = self.shards.get(&index)?.range.split_at(key)?;
        self.close(index, at)?;
        Some((self.add_shard(low, vec![index], at), self.add_shard(high, vec![index], at)))
    }

    /// The parents are told in the order in which the caller named them, as on AWS.
    fn merge(&mut self, first: u32, second: u32, at: Timestamp) {
        if let (Some(a), Some(b)) = (self.close(first, at), self.close(second, at)) {
            let range = HashKeyRange { start: a.start.min(b.start), end: a.end.max(b.end) };
            self.add_shard(range, vec![first, second], at);
        }
    }

    /// Uniform scaling as AWS does it: by splits and merges, which leaves short-lived shards behind.
    fn resize(&mut self, target: u32, at: Timestamp) {
        let wanted: BTreeSet<u128> = HashKeyRange::uniform(target).iter().map(|range| range.start.0).collect();
        for cut in &wanted {
            self.index_open();
            let is_new = self.open.binary_search_by_key(cut, |(start, _)| *start).is_err();
            if let Some(index) = self.route(*cut).filter(|_| is_new) {
                self.split(index, HashKey(*cut), at);
            }
        }
        loop {
            self.index_open();
            let pair = self.open.windows(2).find_map(|pair| match pair {
                [(_, left), (start, right)] if !wanted.contains(start) => Some((*left, *right)),
                _ => None,
            });
            let Some((left, right)) = pair else { break };
            self.merge(left, right, at);
        }
    }

    fn index_open(&mut self) {
        self.open = self
            .shards
            .values()
            .filter(|shard| shard.is_open())
            .map(|shard| (shard.range.start.0, shard.index))
            .collect();
        self.open.sort_unstable();
    }
}
