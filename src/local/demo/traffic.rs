//! Live traffic: one task that writes, one that reads, both through the calls that everybody uses.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::source::Source;
use crate::local::engine::{Engine, ErrorKind, IteratorStart, ShardFilter};
use crate::model::hash_range::HashKeyRange;
use crate::model::ids::ShardId;
use crate::model::limits::PUT_RECORDS_MAX_ENTRIES;
use crate::model::time::{Millis, Timestamp};

/// How often records are put.
const WRITE_EVERY: Duration = Duration::from_millis(100);
/// How often readers poll each shard: one of the five calls a second.
const READ_EVERY: Duration = Duration::from_secs(1);
/// Longest pause that is made up for, in seconds: a machine that slept does not wake with a flood.
const MAX_STEP: f64 = 0.5;

/// Puts records until it is aborted.
pub(super) async fn write(engine: Arc<Engine>, mut sources: Vec<Box<dyn Source>>) {
    let mut ticks = interval(WRITE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut last = engine.now();
    let mut second = 0;
    loop {
        ticks.tick().await;
        let now = engine.now();
        let step = last.age_at(now).as_secs_f64().min(MAX_STEP);
        last = now;
        for source in &mut sources {
            if now.as_secs() != second {
                source.reshape(&open_ranges(&engine, source.spec().name));
            }
            put(&engine, source.as_mut(), now, step);
        }
        second = now.as_secs();
    }
}

pub(super) fn put(engine: &Engine, source: &mut dyn Source, now: Timestamp, step: f64) {
    let mut entries = source.entries(now, step);
    while !entries.is_empty() {
        let rest = entries.split_off(entries.len().min(PUT_RECORDS_MAX_ENTRIES));
        // What is refused is lost, as with a producer that does not retry. The stream may have been deleted.
        if engine.put_records(source.spec().name, entries).is_err() {
            return;
        }
        entries = rest;
    }
}

fn open_ranges(engine: &Engine, stream: &str) -> Vec<HashKeyRange> {
    match engine.list_shards(stream, &ShardFilter::AtLatest, None, None) {
        Ok(page) => page.shards.iter().map(|shard| shard.range).collect(),
        Err(_) => Vec::new(),
    }
}

/// A polling reader of one stream.
pub(super) struct Reader {
    stream: &'static str,
    /// Seconds that it stays behind; 0 reads to the tip.
    lag: i64,
    shards: Vec<ShardReader>,
}

struct ShardReader {
    id: ShardId,
    iterator: Option<String>,
    /// A slow reader has read up to here.
    read_to: Option<Timestamp>,
}

/// The readers of these sources.
pub(super) fn readers(sources: &[Box<dyn Source>]) -> Vec<Reader> {
    sources
        .iter()
        .map(|source| (source.spec().name, source.spec().lag))
        .filter_map(|(stream, lag)| Some(Reader { stream, lag: lag?, shards: Vec::new() }))
        .collect()
}

/// Reads until it is aborted.
pub(super) async fn read(engine: Arc<Engine>, mut readers: Vec<Reader>) {
    let mut ticks = interval(READ_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        for reader in &mut readers {
            reader.poll(&engine);
        }
    }
}

impl Reader {
    /// One call for each open shard.
    pub(super) fn poll(&mut self, engine: &Engine) {
        self.follow_shards(engine);
        for shard in &mut self.shards {
            if self.lag == 0 {
                shard.read_to_tip(engine, self.stream);
            } else {
                shard.read_behind(engine, self.stream, self.lag);
            }
        }
    }

    fn follow_shards(&mut self, engine: &Engine) {
        let Ok(page) = engine.list_shards(self.stream, &ShardFilter::AtLatest, None, None) else { return };
        self.shards.retain(|shard| page.shards.iter().any(|open| open.id == shard.id));
        for open in page.shards {
            if self.shards.iter().all(|shard| shard.id != open.id) {
                self.shards.push(ShardReader { id: open.id, iterator: None, read_to: None });
            }
        }
    }
}

impl ShardReader {
    fn read_to_tip(&mut self, engine: &Engine, stream: &str) {
        let iterator = self
            .iterator
            .take()
            .or_else(|| engine.shard_iterator(stream, self.id.as_str(), &IteratorStart::Latest).ok());
        let Some(iterator) = iterator else { return };
        match engine.get_records(&iterator, None) {
            Ok(reply) => self.iterator = reply.next_iterator,
            Err(err) if err.kind == ErrorKind::ProvisionedThroughputExceeded => self.iterator = Some(iterator),
            Err(_) => {}
        }
    }

    /// Reads what arrived a while ago, about as much as arrives in a second.
    fn read_behind(&mut self, engine: &Engine, stream: &str, lag: i64) {
        let now = engine.now();
        let wave = (now.as_secs() as f64 / 90.0).sin() * 6.0;
        let until = now - Millis::from_secs(lag) - Millis((wave * 1_000.0) as i64);
        let from = self.read_to.filter(|at| *at < until).unwrap_or(until - Millis::from_secs(1));
        let start = IteratorStart::AtTimestamp(from);
        let Ok(iterator) = engine.shard_iterator(stream, self.id.as_str(), &start) else { return };
        let limit = engine.count_between(stream, self.id.as_str(), from, until).clamp(1, 10_000);
        if engine.get_records(&iterator, i64::try_from(limit).ok()).is_ok() {
            self.read_to = Some(until);
        }
    }
}
