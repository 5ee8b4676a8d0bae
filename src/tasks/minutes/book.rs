//! What is known of the periods in memory: chunks of the streams that were looked at lately. Plans from them what to ask,
//! takes answers in, and puts figures together. Knows no file, no network and no clock.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::chunk::{Chunk, Column, Mask, PERIODS, Taken, bit};
use super::plan::{Ask, Missing, plan};
use crate::aws::MetricPoints;
use crate::model::ids::{ShardId, StreamName};
use crate::model::metrics::{Figure, FigureSet, MetricId, Source, StreamMetrics, Window, WriteMetrics, is_final};
use crate::model::time::{Millis, Timestamp};

/// Columns that are held in memory, of about 150 bytes each. A day of 1,000 shards in three figures is 273,000.
const MOST_COLUMNS: usize = 600_000;

/// Whose figures they are: one account in one Region, or one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    key: Arc<str>,
    is_kept: bool,
}

impl Place {
    /// A place whose complete periods outlast the program.
    pub fn kept(key: &str) -> Self {
        Self { key: Arc::from(key), is_kept: true }
    }

    /// A place whose periods are forgotten with the connection.
    pub fn in_memory(key: &str) -> Self {
        Self { key: Arc::from(key), is_kept: false }
    }

    /// Its name, as rows are stored under.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether its complete periods outlast the program.
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }
}

/// Which chunk: of which stream, of which periods, from when on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChunkKey {
    /// Whose stream.
    pub place: Place,
    /// The stream.
    pub stream: StreamName,
    /// Length of a period in seconds.
    pub step_seconds: u32,
    /// Start of the first period.
    pub start: Timestamp,
}

/// Which figures of a shard are wanted; without a shard, of the stream as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The stream.
    pub stream: StreamName,
    /// The shard; `None` is the stream as a whole.
    pub shard: Option<ShardId>,
    /// Which figures.
    pub figures: FigureSet,
}

/// One call to CloudWatch.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The span of all its series.
    pub span: Window,
    /// The series.
    pub series: Vec<MetricId>,
}

/// When an answer was asked for, and from when on young figures are good enough.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// When the call was made.
    pub at: Timestamp,
    /// Young figures from before this moment are asked for again.
    pub horizon: Timestamp,
}

struct Held {
    chunk: Chunk,
    /// Has final periods that are not stored yet.
    is_dirty: bool,
    used: u64,
}

/// The chunks in memory.
pub struct Book {
    chunks: HashMap<ChunkKey, Held>,
    columns: usize,
    most_columns: usize,
    turn: u64,
}

impl Default for Book {
    fn default() -> Self {
        Self { chunks: HashMap::new(), columns: 0, most_columns: MOST_COLUMNS, turn: 0 }
    }
}

/// Start of every chunk that the window touches.
fn chunk_starts(window: Window) -> impl Iterator<Item = Timestamp> {
    let length = chunk_length(window.step_seconds);
    let first = window.start.0.div_euclid(length.0) * length.0;
    (0..).map(move |index: i64| Timestamp(first + index * length.0)).take_while(move |start| *start < window.end)
}

fn chunk_length(step_seconds: u32) -> Millis {
    Millis::from_secs(i64::from(step_seconds.max(1)) * PERIODS as i64)
}

/// Period 0 of the chunk as a period of the window; negative where the chunk begins before it.
fn offset(start: Timestamp, window: Window) -> isize {
    let step = i64::from(window.step_seconds.max(1)) * 1_000;
    isize::try_from((start.0 - window.start.0).div_euclid(step)).unwrap_or(0)
}

/// The periods of a chunk that lie in the window.
fn within(offset: isize, len: usize) -> Mask {
    (0..PERIODS)
        .filter(|period| period.checked_add_signed(offset).is_some_and(|at| at < len))
        .fold(0, |mask, period| mask | bit(period))
}

impl Book {
    /// The chunks that these wishes need and that are not here.
    pub fn absent(&self, place: &Place, wishes: &[Wish], window: Window) -> Vec<ChunkKey> {
        let keys = streams(wishes).flat_map(|stream| keys(place, stream, window));
        keys.filter(|key| !self.chunks.contains_key(key)).collect()
    }

    /// Adds a chunk that was stored, unless one is here already.
    pub fn add(&mut self, key: ChunkKey, chunk: Chunk) {
        if !self.chunks.contains_key(&key) {
            self.columns += chunk.columns();
            self.chunks.insert(key, Held { chunk, is_dirty: false, used: self.turn });
        }
    }

    /// The calls that bring what these wishes miss, the newest periods first.
    pub fn plan(&self, place: &Place, wishes: &[Wish], window: Window, horizon: Timestamp) -> Vec<Call> {
        let parts: Vec<(isize, Mask)> =
            chunk_starts(window).map(|start| offset(start, window)).map(|at| (at, within(at, window.len()))).collect();
        let series: Vec<(usize, Figure)> = wishes
            .iter()
            .enumerate()
            .flat_map(|(number, wish)| wish.figures.iter().map(move |figure| (number, figure)))
            .collect();
        let mut missing: Vec<Missing> = series.iter().map(|_| Missing::default()).collect();
        let held = self.held(place, wishes, window);
        // Chunk by chunk: one after the other stays in the processor's cache.
        for (number, (offset, within)) in parts.iter().enumerate() {
            let mut of_series = missing.iter_mut();
            for (wish, held) in wishes.iter().zip(&held) {
                let row = row_of(held, number, wish);
                for (figure, missing) in wish.figures.iter().zip(&mut of_series) {
                    let column = row.iter().find(|column| column.figure == figure);
                    missing.add(column.map_or(0, |column| column.known(horizon)), *within, *offset);
                }
            }
        }
        let missing: Vec<Vec<Range<usize>>> = missing.into_iter().map(Missing::into_runs).collect();
        let to_call = |Ask { periods, series: numbers }: Ask| {
            let Range { start, end } = periods;
            let span = Window { start: window.time_of(start), end: window.time_of(end), ..window };
            let id = |number: &usize| {
                let (wish, figure) = series.get(*number)?;
                let wish = wishes.get(*wish)?;
                Some(MetricId { stream: wish.stream.clone(), shard: wish.shard.clone(), figure: *figure })
            };
            Call { span, series: numbers.iter().filter_map(id).collect() }
        };
        plan(&missing).into_iter().map(to_call).collect()
    }

    /// Takes the answers to a call in. Whether there is something new to store.
    pub fn record(&mut self, place: &Place, call: &Call, answers: &[MetricPoints], asked: Asked) -> bool {
        let Window { start, step_seconds, .. } = call.span;
        let mut is_dirty = false;
        for chunk_start in chunk_starts(call.span) {
            let offset = offset(chunk_start, call.span);
            let in_span = within(offset, call.span.len());
            let settled = (0..PERIODS)
                .filter(|period| {
                    let at = chunk_start + Millis::from_secs(*period as i64 * i64::from(step_seconds));
                    at >= start && is_final(at, step_seconds, asked.at)
                })
                .fold(0, |mask, period| mask | bit(period));
            for (metric, answer) in call.series.iter().zip(answers) {
                let taken = Taken {
                    asked: in_span,
                    complete: if answer.is_whole { in_span & settled } else { 0 },
                    at: asked.at,
                    horizon: asked.horizon,
                    values: values(answer, chunk_start, step_seconds),
                };
                is_dirty |= self.take(place, metric, chunk_start, step_seconds, &taken);
            }
        }
        is_dirty
    }

    fn take(&mut self, place: &Place, metric: &MetricId, start: Timestamp, step_seconds: u32, taken: &Taken) -> bool {
        let key = ChunkKey { place: place.clone(), stream: metric.stream.clone(), step_seconds, start };
        let used = self.turn;
        let held = self.chunks.entry(key).or_insert_with(|| Held { chunk: Chunk::default(), is_dirty: false, used });
        let before = held.chunk.columns();
        let is_new = held.chunk.take(&metric.shard, metric.figure, taken) && place.is_kept;
        held.is_dirty |= is_new;
        self.columns += held.chunk.columns() - before;
        is_new
    }

    /// What is known of these wishes, stream by stream. What was not wished for is unknown there.
    pub fn figures(
        &self,
        place: &Place,
        wishes: &[Wish],
        window: Window,
        now: Timestamp,
    ) -> BTreeMap<StreamName, StreamMetrics> {
        let held = self.held(place, wishes, window);
        let mut figures: Vec<WriteMetrics> = wishes.iter().map(|_| WriteMetrics::unknown(window)).collect();
        for (number, start) in chunk_starts(window).enumerate() {
            let offset = offset(start, window);
            let (first, skipped) = (usize::try_from(offset).unwrap_or(0), usize::try_from(-offset).unwrap_or(0));
            for ((wish, held), figures) in wishes.iter().zip(&held).zip(&mut figures) {
                let row = row_of(held, number, wish);
                for column in row.iter().filter(|column| wish.figures.contains(column.figure)) {
                    let values = (skipped..PERIODS).map(|period| column.value(period));
                    column.figure.of_mut(figures).set_run(first, values);
                }
            }
        }
        let mut streams: BTreeMap<StreamName, StreamMetrics> = BTreeMap::new();
        for (wish, mut figures) in wishes.iter().zip(figures) {
            figures.fill_absent_throttles(wish.figures);
            let stream = streams.entry(wish.stream.clone()).or_insert_with(|| StreamMetrics {
                window,
                total: WriteMetrics::unknown(window),
                shards: BTreeMap::new(),
                source: Source::CloudWatch,
                incomplete_from: window.incomplete_from(now),
            });
            match &wish.shard {
                Some(shard) => {
                    stream.shards.insert(shard.clone(), figures);
                }
                None => stream.total = figures,
            }
        }
        streams
    }

    /// The chunks of each wish, in the order of time.
    fn held<'a>(&'a self, place: &Place, wishes: &'a [Wish], window: Window) -> Vec<Rc<[Option<&'a Chunk>]>> {
        let chunk = |key: ChunkKey| self.chunks.get(&key).map(|held| &held.chunk);
        let of_stream: HashMap<&StreamName, Rc<[Option<&Chunk>]>> =
            streams(wishes).map(|stream| (stream, keys(place, stream, window).map(chunk).collect())).collect();
        wishes.iter().map(|wish| of_stream.get(&wish.stream).cloned().unwrap_or_default()).collect()
    }

    /// Begins a turn: what it touches is dropped last.
    pub fn begin(&mut self, place: &Place, wishes: &[Wish], window: Window) {
        self.turn += 1;
        for key in streams(wishes).flat_map(|stream| keys(place, stream, window)) {
            if let Some(held) = self.chunks.get_mut(&key) {
                held.used = self.turn;
            }
        }
        if self.columns > self.most_columns {
            self.drop_least_used();
        }
    }

    /// Drops what was used least lately; what is not stored yet and what this turn needs stays.
    fn drop_least_used(&mut self) {
        let mut by_use: Vec<(u64, ChunkKey)> = self
            .chunks
            .iter()
            .filter(|(_, held)| !held.is_dirty && held.used < self.turn)
            .map(|(key, held)| (held.used, key.clone()))
            .collect();
        by_use.sort_unstable_by_key(|(used, _)| *used);
        for (_, key) in by_use {
            if self.columns <= self.most_columns / 2 {
                break;
            }
            if let Some(held) = self.chunks.remove(&key) {
                self.columns -= held.chunk.columns();
            }
        }
    }

    /// Which chunks have something to store. They count as stored from now on.
    pub fn take_dirty(&mut self) -> Vec<ChunkKey> {
        let dirty = self.chunks.iter_mut().filter(|(_, held)| held.is_dirty);
        dirty
            .map(|(key, held)| {
                held.is_dirty = false;
                key.clone()
            })
            .collect()
    }

    /// A chunk as it is now.
    pub fn chunk(&self, key: &ChunkKey) -> Option<&Chunk> {
        self.chunks.get(key).map(|held| &held.chunk)
    }

    /// Forgets the places that are not kept: another server may answer there under the same name.
    pub fn forget_unkept(&mut self) {
        self.chunks.retain(|key, _| key.place.is_kept);
        self.columns = self.chunks.values().map(|held| held.chunk.columns()).sum();
    }
}

/// What a chunk has of a wish.
fn row_of<'a>(held: &[Option<&'a Chunk>], number: usize, wish: &Wish) -> &'a [Column] {
    held.get(number).copied().flatten().map_or(&[], |chunk| chunk.row(&wish.shard))
}

fn streams(wishes: &[Wish]) -> impl Iterator<Item = &StreamName> {
    let mut seen = std::collections::HashSet::new();
    wishes.iter().map(|wish| &wish.stream).filter(move |stream| seen.insert(*stream))
}

fn keys(place: &Place, stream: &StreamName, window: Window) -> impl Iterator<Item = ChunkKey> {
    let (place, stream, step_seconds) = (place.clone(), stream.clone(), window.step_seconds);
    chunk_starts(window).map(move |start| ChunkKey {
        place: place.clone(),
        stream: stream.clone(),
        step_seconds,
        start,
    })
}

/// The points of an answer that lie in the chunk.
fn values(answer: &MetricPoints, chunk_start: Timestamp, step_seconds: u32) -> [f64; PERIODS] {
    let mut values = [f64::NAN; PERIODS];
    for (at, value) in &answer.points {
        let period = (at.0 - chunk_start.0).div_euclid(i64::from(step_seconds.max(1)) * 1_000);
        if let Some(slot) = usize::try_from(period).ok().and_then(|period| values.get_mut(period)) {
            *slot = if value.is_finite() { *value } else { f64::NAN };
        }
    }
    values
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
