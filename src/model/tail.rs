//! The tail of a stream: what was asked for, what came, how far each shard has been read. Knows nothing of how it is
//! fetched; the tailer hands in items and status, views and the terminal read them.

use std::sync::Arc;

use super::answer::Problem;
use super::decode::DecodeAs;
use super::filter::{Filter, FilterError, FilterIndex, FilterSpec, Found};
use super::ids::{PartitionKey, SequenceNumber, ShardId};
use super::limits::SHARD_READ_CALLS_PER_SEC;
use super::record::Record;
use super::record_store::{Gone, RecordStore};
use super::time::{Millis, Timestamp};

/// Where reading begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TailStart {
    /// Behind the newest record of every open shard.
    #[default]
    Latest,
    /// At the oldest record that is still kept.
    TrimHorizon,
    /// At the first record that arrived at or after this moment (to the millisecond).
    AtTimestamp(Timestamp),
    /// At one record of one shard; see [`TailStart::AfterSequence`].
    AtSequence {
        /// The shard.
        shard: ShardId,
        /// Its first record that is wanted.
        sequence_number: SequenceNumber,
    },
    /// Behind one record of one shard. Sequence numbers mean nothing in another shard, so only this shard is read, and
    /// the shards that came from it.
    AfterSequence {
        /// The shard.
        shard: ShardId,
        /// Its last record that is not wanted.
        sequence_number: SequenceNumber,
    },
}

/// How records are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TailRoute {
    /// By `GetRecords`, out of the read budget that all polling consumers of a shard share.
    #[default]
    Polling,
    /// By `SubscribeToShard`, with a throughput of its own, as this consumer.
    FanOut(FanOutConsumer),
}

/// Which registered consumer a tail reads as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FanOutConsumer {
    /// One of this program's own: registered when the tail begins, deregistered when it ends.
    Own,
    /// One that somebody else registered under this name, and keeps.
    Named(String),
}

/// What to read and how hard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailOptions {
    /// Where reading begins.
    pub start: TailStart,
    /// How records are read.
    pub route: TailRoute,
    /// Only these shards, not those that come from them; `None` reads all.
    pub shards: Option<Vec<ShardId>>,
    /// Only the shards that can hold this partition key, now or at any time since the start, and only its records.
    pub partition_key: Option<PartitionKey>,
    /// Most `GetRecords` calls a second and shard, 1 to 5. At the tip it is one a second, whatever this says. Enhanced
    /// fan-out makes none.
    pub read_budget: u32,
    /// End when every shard has been read to its tip as of the start.
    pub until_tip: bool,
    /// End after this long; `None` reads on.
    pub limit: Option<Millis>,
    /// What the bytes of records are taken for at the start; see the tailer's handle for later.
    pub decode_as: DecodeAs,
    /// Give up after this many failures in a row of one shard; `None` never gives up. Throttling is not a failure.
    pub give_up_after: Option<u32>,
}

impl Default for TailOptions {
    fn default() -> Self {
        Self {
            start: TailStart::Latest,
            route: TailRoute::Polling,
            shards: None,
            partition_key: None,
            read_budget: 1,
            until_tip: false,
            limit: None,
            decode_as: DecodeAs::Auto,
            give_up_after: None,
        }
    }
}

impl TailOptions {
    /// Everything from this start on.
    pub fn from_start(start: TailStart) -> Self {
        Self { start, ..Self::default() }
    }

    /// Whether records are pushed by enhanced fan-out.
    pub fn is_fan_out(&self) -> bool {
        self.route != TailRoute::Polling
    }

    /// Whether reading needs a consumer to be registered: a write that costs money.
    pub fn registers_consumer(&self) -> bool {
        self.route == TailRoute::FanOut(FanOutConsumer::Own)
    }

    /// The budget inside its range, whatever was set.
    pub fn reads_per_sec(&self) -> u32 {
        self.read_budget.clamp(1, SHARD_READ_CALLS_PER_SEC)
    }
}

/// Why a notice stands between the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// Reads of the shard are throttled; the tailer waits longer between them.
    Throttled,
    /// Reading goes on after a throttle or a failure, or with a renewed subscription.
    Resumed,
    /// New shards came from this one.
    Resharded,
    /// The shard was read to its end.
    ShardEnded,
    /// A call failed; the text says what happens next.
    Failed,
    /// Records were left out of the display; the text says how many.
    Sampled,
}

/// Something that happened to the tail, shown where it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailNotice {
    /// When.
    pub at: Timestamp,
    /// The shard it happened to; `None` for the whole stream.
    pub shard: Option<ShardId>,
    /// What happened.
    pub kind: NoticeKind,
    /// One sentence for a person.
    pub text: String,
}

/// One row of the tail.
#[derive(Clone, Debug)]
pub enum TailItem {
    /// A record.
    Record(Arc<Record>),
    /// Something that happened between records.
    Notice(TailNotice),
}

impl TailItem {
    /// What it takes in memory, for the cap of the store.
    pub fn weight_bytes(&self) -> usize {
        match self {
            Self::Record(record) => record.weight_bytes(),
            Self::Notice(notice) => notice.text.len() + std::mem::size_of::<TailNotice>() + 64,
        }
    }

    /// The record, where it is one.
    pub fn record(&self) -> Option<&Arc<Record>> {
        match self {
            Self::Record(record) => Some(record),
            Self::Notice(_) => None,
        }
    }
}

/// What the tailer does with a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ShardTailState {
    /// Its parents are read first, or its first read is still to come.
    Waiting,
    /// Being read.
    Reading,
    /// Reads are throttled or fail; the next try comes later than usual.
    Throttled,
    /// Read to its end, or to its tip where that was asked for.
    Ended,
}

/// How far one shard has been read.
#[derive(Clone, Debug, PartialEq)]
pub struct ShardTail {
    /// The shard.
    pub shard_id: ShardId,
    /// `MillisBehindLatest` of the last answer; `None` before the first.
    pub millis_behind: Option<i64>,
    /// What the tailer does with it.
    pub state: ShardTailState,
    /// How far its write limits were used over the last 3 to 10 whole seconds, by the arrival times of the records read:
    /// accepted writes only, whole percents as a fraction of 1. `None` while it is not read at its tip.
    pub write_share: Option<f64>,
}

/// The tail as a whole; only the newest value matters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TailStatus {
    /// Every shard that is read, waits or ended, by id.
    pub shards: Vec<ShardTail>,
    /// Kinesis records read since the start; an aggregate counts as one.
    pub records_read: u64,
    /// Their bytes, data and keys.
    pub bytes_read: u64,
    /// Records a second over the last seconds.
    pub records_per_sec: f64,
    /// Bytes a second over the last seconds.
    pub bytes_per_sec: f64,
    /// `GetRecords` calls since the start.
    pub calls: u64,
    /// How many of them were throttled.
    pub throttled_calls: u64,
    /// Whether the tail has ended.
    pub is_done: bool,
    /// Why it ended before its time.
    pub problem: Option<Problem>,
}

impl TailStatus {
    /// The lag of the shard that is furthest behind; `None` where no shard has answered yet.
    pub fn max_millis_behind(&self) -> Option<i64> {
        self.shards.iter().filter(|s| s.state != ShardTailState::Ended).filter_map(|s| s.millis_behind).max()
    }

    /// Number of shards in one state.
    pub fn count(&self, state: ShardTailState) -> usize {
        self.shards.iter().filter(|shard| shard.state == state).count()
    }
}

/// Whether a tail runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum TailRun {
    /// Never started.
    #[default]
    NotStarted,
    /// Stopped by the person.
    Stopped {
        /// What was asked for.
        options: TailOptions,
    },
    /// Running since then.
    Running {
        /// What was asked for.
        options: TailOptions,
        /// When it began.
        since: Timestamp,
    },
    /// Ended by itself; the status says why.
    Ended {
        /// What was asked for.
        options: TailOptions,
        /// When it ended.
        at: Timestamp,
    },
}

/// The tail of the open stream as the views see it.
#[derive(Debug, Default)]
pub struct Tail {
    /// Whether it runs.
    pub run: TailRun,
    /// What came, byte-capped.
    pub store: RecordStore,
    /// What is shown of it; `None` shows everything.
    pub filter: Option<FilterIndex>,
    /// What will be shown once it has been looked through.
    pub next_filter: Option<FilterIndex>,
    /// What was asked for last and cannot be used.
    pub filter_problem: Option<(FilterSpec, FilterError)>,
    /// What the bytes of records are taken for.
    pub decode_as: DecodeAs,
    /// How far each shard has been read.
    pub status: TailStatus,
}

impl Tail {
    /// Whether a tail runs.
    pub fn is_running(&self) -> bool {
        matches!(self.run, TailRun::Running { .. })
    }

    /// What was asked for last; `None` before the first start.
    pub fn options(&self) -> Option<&TailOptions> {
        match &self.run {
            TailRun::Running { options, .. } | TailRun::Ended { options, .. } | TailRun::Stopped { options } => {
                Some(options)
            }
            TailRun::NotStarted => None,
        }
    }

    /// Starts anew: what came before is forgotten, the filter stays.
    pub fn begin(&mut self, options: TailOptions, now: Timestamp) -> Gone {
        self.status = TailStatus::default();
        self.run = TailRun::Running { options, since: now };
        self.clear()
    }

    /// Stopped by the person; what came stays.
    pub fn stop(&mut self) {
        if let TailRun::Running { options, .. } = &self.run {
            self.run = TailRun::Stopped { options: options.clone() };
        }
    }

    /// Ended by itself; what came stays.
    pub fn end(&mut self, now: Timestamp) {
        if let TailRun::Running { options, .. } = &self.run {
            self.run = TailRun::Ended { options: options.clone(), at: now };
        }
    }

    /// Forgets what came; ids go on, so that nothing old is taken for something new.
    pub fn clear(&mut self) -> Gone {
        self.store.clear()
    }

    /// Takes a batch of the tailer.
    pub fn ingest(&mut self, items: impl IntoIterator<Item = TailItem>) {
        for item in items {
            self.store.push(item);
        }
    }

    /// Shows only what holds this text, whatever its case; empty text shows everything. The index starts anew, see
    /// [`Tail::advance_filter`].
    pub fn set_filter_text(&mut self, text: &str) {
        self.filter_problem = None;
        self.next_filter = None;
        self.filter = (!text.is_empty()).then(|| FilterIndex::new(Filter::text(text)));
    }

    /// Shows everything.
    pub fn clear_filter(&mut self) {
        self.set_filter_text("");
    }

    /// Begins to look through a filter; what was shown stays until [`Tail::settle_filter`] puts the new one in its place.
    pub fn begin_filter(&mut self, filter: Arc<Filter>) {
        self.filter_problem = None;
        self.next_filter = Some(FilterIndex::new(filter));
    }

    /// Why the expression that was asked for cannot be used; what was shown stays.
    pub fn fail_filter(&mut self, spec: FilterSpec, problem: FilterError) {
        self.filter_problem = Some((spec, problem));
    }

    /// Takes what was found for the filter that is looked through or shown.
    pub fn take_found(&mut self, found: Found) {
        if let Some(index) = self.next_filter.as_mut().or(self.filter.as_mut()) {
            index.take(found, &self.store);
        }
    }

    /// The filter that is looked through or shown does not end.
    pub fn stop_filter(&mut self, problem: FilterError) {
        if let Some(index) = self.next_filter.as_mut().or(self.filter.as_mut()) {
            index.stop(problem);
        }
    }

    /// Shows the new filter once it has seen everything, or at once where that is wanted.
    pub fn settle_filter(&mut self, at_once: bool) {
        if let Some(filter) = &mut self.filter {
            filter.forget(&self.store);
        }
        let Some(next) = &mut self.next_filter else { return };
        next.forget(&self.store);
        if at_once || next.remaining(&self.store) == 0 {
            self.filter = self.next_filter.take();
        }
    }

    /// Lets the filter look at up to `budget` items it has not seen; whether it has seen them all.
    pub fn advance_filter(&mut self, budget: usize) -> bool {
        self.filter.as_mut().is_none_or(|filter| filter.advance(&self.store, budget))
    }

    /// Number of rows that are shown.
    pub fn visible_len(&self) -> usize {
        self.filter.as_ref().map_or(self.store.len(), FilterIndex::len)
    }

    /// The row at `index` of those that are shown, with its id.
    pub fn visible(&self, index: usize) -> Option<(u64, &TailItem)> {
        let id = match &self.filter {
            Some(filter) => filter.id_at(index)?,
            None => self.store.id_at(index)?,
        };
        self.store.get(id).map(|item| (id, item))
    }

    /// Where the row with this id stands among those that are shown; `None` where it is not shown.
    pub fn visible_index_of(&self, id: u64) -> Option<usize> {
        match &self.filter {
            Some(filter) => filter.index_of(id),
            None => self.store.index_of(id),
        }
    }
}
