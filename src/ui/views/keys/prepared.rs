//! What the view draws, worked out when the sample, the choice or the shards change, and never for a frame.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::format;
use crate::model::ids::{PartitionKey, ShardId};
use crate::model::keys::{KeyRow, KeyScope, KeyTable, RankBy};
use crate::model::salt::{self, HotKey, SaltPlan};
use crate::model::sample::StreamSample;
use crate::model::shard_map::ShardMap;
use crate::model::utilisation::Utilisation;
use crate::model::world::OpenStream;

/// Columns of the plot of what is not a row of its own.
pub const BINS: usize = 480;

/// What the ranking is made from: addresses of the answers, and what was chosen.
#[derive(Clone, Debug, PartialEq)]
struct RankedFrom {
    sample: usize,
    shards: usize,
    metrics: usize,
    scope: KeyScope,
    rank_by: RankBy,
}

/// The ranking of a scope and everything that follows from it.
#[derive(Debug)]
pub struct Ranked {
    made_from: RankedFrom,
    // Kept so that the addresses above cannot be used again.
    _sample: Arc<StreamSample>,
    _shards: Option<Arc<ShardMap>>,
    _metrics: Option<Arc<crate::model::metrics::StreamMetrics>>,
    /// The keys of the scope.
    pub table: KeyTable,
    /// The keys of the whole stream, for the plot of where they land.
    pub stream: KeyTable,
    /// Texts of each row of the table, in its order.
    pub lines: Vec<Line>,
    /// Height of the busiest key of the stream, for the plot; what it is ranked by, a second, or a share where no rate is known.
    pub top: f64,
    /// The load of what is not a row, by column of the hash space, as parts of `top`.
    pub rest: Vec<f32>,
    /// Load of each open shard in hash order.
    pub loads: Vec<(ShardId, Option<Utilisation>)>,
    /// Load of the scope's shard.
    pub scope_load: Option<Utilisation>,
}

/// A row, ready to be drawn.
#[derive(Debug)]
pub struct Line {
    /// The key, harmless and on one line.
    pub key: String,
    /// `71.0%`
    pub share: String,
    /// `2.5`
    pub half_width: String,
    /// `0.682`
    pub mib: String,
    /// `470`
    pub records: String,
    /// `1.49 KiB`
    pub size: String,
    /// `be5a33a6…`
    pub hash: String,
    /// The accessible name of the row.
    pub name: String,
    /// Whether the key alone uses so much of a shard that it matters.
    pub is_hot: bool,
}

/// Part of a shard's limit from which one key is told in red.
const HOT_KEY: f64 = 0.5;

impl Line {
    fn new(row: &KeyRow, rank_by: RankBy) -> Self {
        let key = format::one_line(row.key.as_str(), 256);
        let what = match rank_by {
            RankBy::Bytes => "bytes",
            RankBy::Records => "records",
        };
        let rate = |rate: Option<f64>, text: fn(f64) -> String| rate.map_or(format::UNKNOWN.to_owned(), text);
        let mib = rate(row.bytes_per_sec, |bytes| format!("{:.3}", bytes / 1_048_576.0));
        let records = rate(row.records_per_sec, |rate| {
            if rate < 10.0 { format!("{rate:.1}") } else { format::grouped(rate.round() as i64) }
        });
        let mut name = format!(
            "Key {key} {:.1} % of {what}, {:.1} to {:.1} %, lands on {}",
            row.share * 100.0,
            row.low * 100.0,
            row.high * 100.0,
            row.shard.short()
        );
        if row.bytes_per_sec.is_some() {
            name.push_str(&format!(", {mib} MiB/s, {records} records/s"));
        }
        Self {
            share: format!("{:.1}%", row.share * 100.0),
            half_width: format!("{:.1}", row.half_width() * 100.0),
            size: format::bytes(row.mean_size().round() as u64),
            hash: row.hash.hex_short(),
            is_hot: row.utilisation().is_some_and(|own| own.value() >= HOT_KEY),
            key,
            mib,
            records,
            name,
        }
    }
}

/// The address of a shared value, to tell whether it was replaced.
pub fn address<T>(value: Option<&Arc<T>>) -> usize {
    value.map_or(0, |value| Arc::as_ptr(value) as usize)
}

impl Ranked {
    /// Brings the ranking up to date; says whether anything changed.
    pub fn update(
        current: &mut Option<Self>,
        open: &OpenStream,
        sample: &Arc<StreamSample>,
        scope: &KeyScope,
        rank_by: RankBy,
    ) -> bool {
        let shards = open.shards.value.as_ref().map(|(shards, _)| shards);
        let metrics = open.metrics.value.as_ref().map(|(metrics, _)| metrics);
        let made_from = RankedFrom {
            sample: address(Some(sample)),
            shards: address(shards),
            metrics: address(metrics),
            scope: scope.clone(),
            rank_by,
        };
        if current.as_ref().is_some_and(|ranked| ranked.made_from == made_from) {
            return false;
        }
        let table = KeyTable::new(sample, scope.clone(), rank_by);
        let stream = match scope {
            KeyScope::Stream => table.clone(),
            KeyScope::Shard(_) => KeyTable::new(sample, KeyScope::Stream, rank_by),
        };
        let lines = table.rows.iter().map(|row| Line::new(row, rank_by)).collect();
        let loads: Vec<(ShardId, Option<Utilisation>)> = shards
            .map(|map| map.open().map(|shard| (shard.id.clone(), load_of(open, sample, &shard.id))).collect())
            .unwrap_or_default();
        let scope_load = match scope {
            KeyScope::Shard(id) => load_of(open, sample, id),
            KeyScope::Stream => None,
        };
        let top = stream.rows.iter().map(|row| weight(row, rank_by)).fold(0.0, f64::max);
        *current = Some(Self {
            rest: rest(sample, &stream, top, rank_by),
            made_from,
            _sample: Arc::clone(sample),
            _shards: shards.cloned(),
            _metrics: metrics.cloned(),
            table,
            stream,
            lines,
            top,
            loads,
            scope_load,
        });
        true
    }

    /// Height of a key in the plot, as a part of the highest.
    pub fn height(&self, row: &KeyRow) -> f32 {
        if self.top > 0.0 { (weight(row, self.table.rank_by) / self.top) as f32 } else { 0.0 }
    }

    /// The key as what may be salted, with its load as that of its shard is known.
    pub fn hot_key(&self, sample: &StreamSample, key: &PartitionKey) -> Option<HotKey> {
        let row = self.table.row(key).or_else(|| self.stream.row(key))?;
        let shard = sample.shard(&row.shard)?;
        let part = |own: u64, all: u64| if all == 0 { 0.0 } else { (own as f64 / all as f64).min(1.0) };
        let bytes = part(row.bytes, shard.keys_by_bytes().total());
        let records = part(row.records, shard.keys_by_records().total());
        let now = self.loads.iter().find(|(id, _)| *id == row.shard).and_then(|(_, load)| *load);
        let utilisation = match now {
            Some(now) => {
                Utilisation { bytes_share: now.bytes_share * bytes, records_share: now.records_share * records }
            }
            None => row.utilisation()?,
        };
        Some(HotKey { key: key.clone(), shard: row.shard.clone(), utilisation })
    }
}

/// What a key weighs in the plot.
fn weight(row: &KeyRow, rank_by: RankBy) -> f64 {
    match rank_by {
        RankBy::Bytes => row.bytes_per_sec.unwrap_or(row.share),
        RankBy::Records => row.records_per_sec.unwrap_or(row.share),
    }
}

/// Load of a shard now: the newest minute of CloudWatch, or else the mean of the sample.
fn load_of(open: &OpenStream, sample: &StreamSample, id: &ShardId) -> Option<Utilisation> {
    let reported = open.metrics.get().and_then(|metrics| metrics.shards.get(id)).and_then(|figures| {
        let (at, bytes) = figures.incoming_bytes.per_second().last_known()?;
        let records = figures.incoming_records.per_second().at(at).unwrap_or(0.0);
        Some(Utilisation::from_rates(bytes, records, 1))
    });
    reported.or_else(|| sample.shard(id)?.mean_utilisation())
}

/// The sampled load that is not a row of its own, by column of the hash space.
fn rest(sample: &StreamSample, stream: &KeyTable, top: f64, rank_by: RankBy) -> Vec<f32> {
    let mut bins = vec![0.0f64; BINS];
    let column = |fraction: f64| ((fraction * BINS as f64) as usize).min(BINS - 1);
    for (_, shard) in sample.shards() {
        let seconds = shard.seconds().known_count();
        let scale = if seconds == 0 { 0.0 } else { 1.0 / seconds as f64 };
        for cell in shard.density().cells() {
            let load = match rank_by {
                RankBy::Bytes => cell.bytes,
                RankBy::Records => cell.records,
            };
            let (first, last) = (column(cell.low.fraction()), column(cell.high.fraction()));
            let part = load as f64 * scale / (last - first + 1) as f64;
            bins.iter_mut().take(last + 1).skip(first).for_each(|bin| *bin += part);
        }
    }
    for row in &stream.rows {
        if let Some(bin) = bins.get_mut(column(row.hash.fraction())) {
            *bin = (*bin - weight(row, rank_by)).max(0.0);
        }
    }
    bins.into_iter().map(|bin| if top > 0.0 { (bin / top).min(1.0) as f32 } else { 0.0 }).collect()
}

/// What salting is made from.
#[derive(Clone, Debug, PartialEq)]
struct SaltedFrom {
    key: PartitionKey,
    suffix: String,
    salts: u32,
}

/// What salting the selected key would do.
#[derive(Debug)]
pub struct Salted {
    made_from: SaltedFrom,
    /// The key.
    pub hot: HotKey,
    /// With the chosen number of salts.
    pub plan: SaltPlan,
    /// With each of [`salt::COMPARED`].
    pub compared: Vec<SaltPlan>,
    /// The most that any bar shows, a fraction of 1.
    pub top: f64,
}

impl Salted {
    /// Brings the simulation up to date; `is_new` says that the ranking changed.
    pub fn update(
        current: &mut Option<Self>,
        is_new: bool,
        map: &ShardMap,
        ranked: &Ranked,
        sample: &StreamSample,
        (key, suffix, salts): (&PartitionKey, &str, u32),
    ) {
        let made_from = SaltedFrom { key: key.clone(), suffix: suffix.to_owned(), salts };
        if !is_new && current.as_ref().is_some_and(|salted| salted.made_from == made_from) {
            return;
        }
        *current = ranked.hot_key(sample, key).map(|hot| {
            let loads: HashMap<&ShardId, Option<Utilisation>> =
                ranked.loads.iter().map(|(id, load)| (id, *load)).collect();
            let load_of = |id: &ShardId| loads.get(id).copied().flatten();
            let plan = salt::simulate(map, load_of, &hot, suffix, salts);
            let compared = salt::compare(map, load_of, &hot, suffix);
            let most = plan.loads.iter().flat_map(|load| [load.before, load.after]).flatten();
            let top = most.map(Utilisation::value).fold(1.0, f64::max);
            Self { made_from, hot, plan, compared, top }
        });
    }
}
