//! One incident as a world: 24 shards, 60 minutes, `tenant-42` hot on `shardId-000000000007` since 14:20.

use jiff::tz::TimeZone;
use kinescope::model::answer::Answer;
use kinescope::model::connection::{ConnectionInfo, Environment};
use kinescope::model::hash_range::{HashKey, HashKeyRange};
use kinescope::model::health::{FleetRow, assess};
use kinescope::model::ids::{SequenceNumber, ShardId, StreamName};
use kinescope::model::metrics::{Source, StreamMetrics, Window, WriteMetrics};
use kinescope::model::settings::Settings;
use kinescope::model::shard_map::{Shard, ShardMap};
use kinescope::model::stream::{Encryption, StreamMode, StreamStatus, StreamSummary};
use kinescope::model::time::Timestamp;
use kinescope::model::world::{Fleet, Link, OpenStream, World};

pub const STREAM: &str = "clickstream-prod";
pub const HOT: &str = "shardId-000000000007";
const MIB: f64 = 1_048_576.0;

/// Number of the shard, width of its range in fortieths of the key space, utilisation now and at its peak in percent.
const SHARDS: [(u32, u32, f64, f64); 24] = [
    (10, 2, 28.0, 43.0),
    (28, 1, 19.0, 28.0),
    (29, 1, 21.0, 24.0),
    (12, 2, 48.0, 50.0),
    (13, 2, 40.0, 45.0),
    (30, 1, 28.0, 29.0),
    (31, 1, 13.0, 22.0),
    (15, 2, 32.0, 39.0),
    (16, 2, 48.0, 55.0),
    (32, 1, 32.0, 32.0),
    (33, 1, 13.0, 23.0),
    (18, 2, 51.0, 61.0),
    (19, 2, 83.0, 87.0),
    (34, 1, 22.0, 28.0),
    (35, 1, 18.0, 24.0),
    (40, 4, 53.0, 78.0),
    (36, 1, 17.0, 26.0),
    (37, 1, 26.0, 28.0),
    (7, 4, 96.0, 102.0),
    (24, 2, 34.0, 39.0),
    (25, 2, 0.0, 6.0),
    (38, 1, 23.0, 30.0),
    (39, 1, 17.0, 20.0),
    (27, 2, 45.0, 47.0),
];

/// Shards whose newest minute CloudWatch has not reported yet.
const LATE: [u32; 7] = [10, 13, 31, 18, 34, 24, 39];

pub fn now() -> Timestamp {
    Timestamp::from_rfc3339("2026-09-15T14:37:08Z").expect("is a time")
}

/// Sixty whole minutes, the running one left out.
pub fn window() -> Window {
    let end = now().floor(60);
    Window { start: Timestamp(end.0 - 3_600_000), end, step_seconds: 60 }
}

pub fn id(number: u32) -> ShardId {
    ShardId::from(format!("shardId-{number:012}"))
}

/// A little unrest that is the same in every run.
fn unrest(seed: u32, column: usize) -> f64 {
    let mut x = seed.wrapping_mul(2_654_435_761).wrapping_add((column as u32 / 2).wrapping_mul(40_503));
    x ^= x >> 13;
    x = x.wrapping_mul(1_274_126_177);
    x ^= x >> 16;
    f64::from(x % 1_000) / 1_000.0
}

/// Utilisation of a shard in a column, a fraction of 1.
fn share(number: u32, now: f64, peak: f64, column: usize) -> f64 {
    let (now, peak) = (now / 100.0, peak / 100.0);
    match (number, column) {
        (7, ..43) => 0.25 + 0.08 * unrest(7, column),
        (7, 43) => 0.60,
        (7, 44) => 0.83,
        (7, 50) => 1.01,
        (7, 52) => 0.88,
        (7, 54) => 1.02,
        (7, 59) => 0.96,
        (7, 45..) => 0.93 + 0.05 * unrest(7, column),
        (19, 59) => 0.83,
        (19, 55 | 57) => 0.84,
        (19, 58) => 0.87,
        (19, 45..) => 0.72 + 0.07 * unrest(19, column),
        (19, _) => 0.58 + 0.08 * unrest(19, column),
        (_, 59) => now,
        (25, 45..) => 0.0,
        (25, _) => 0.005 + 0.04 * unrest(25, column) + if column == 9 { 0.055 - 0.04 * unrest(25, 9) } else { 0.0 },
        (_, 47) => peak,
        _ => now + (peak - now) * (0.8 * unrest(number, column) - 0.1),
    }
}

/// Refused writes of the hot shard from 14:22 on; 312 together.
const REFUSED: [f64; 15] = [10.0, 0.0, 19.0, 22.0, 16.0, 30.0, 26.0, 0.0, 23.0, 36.0, 28.0, 19.0, 33.0, 26.0, 24.0];

fn refused(number: u32, column: usize) -> f64 {
    match (number, column) {
        (7, 45..) => REFUSED.get(column - 45).copied().unwrap_or(0.0),
        (19, 38) => 3.0,
        _ => 0.0,
    }
}

fn figures(number: u32, now: f64, peak: f64) -> WriteMetrics {
    timely(number, now, peak, if LATE.contains(&number) { 59 } else { 60 })
}

fn timely(number: u32, now: f64, peak: f64, end: usize) -> WriteMetrics {
    let mut figures = WriteMetrics::unknown(window());
    let born = if number == 38 || number == 39 { 12 } else { 0 };
    for column in born..end {
        let at = figures.incoming_bytes.time_of(column);
        let share = if LATE.contains(&number) && column == 58 { now / 100.0 } else { share(number, now, peak, column) };
        let records = if number == 7 { share * 700.0 } else { share * 540.0 };
        figures.incoming_bytes.set(at, (share * 60.0 * MIB).round());
        figures.incoming_records.set(at, (records * 60.0).round());
        figures.write_throttled.set(at, refused(number, column));
        figures.read_throttled.set(at, 0.0);
        figures.iterator_age_millis.set(at, 900.0 + 600.0 * unrest(number + 90, column));
    }
    if number == 7 {
        figures.iterator_age_millis.set(figures.iterator_age_millis.time_of(52), 1_200.0);
    }
    figures
}

pub fn summary(shards: u32) -> StreamSummary {
    StreamSummary {
        name: StreamName::from(STREAM),
        arn: format!("arn:aws:kinesis:us-east-1:482109375516:stream/{STREAM}"),
        status: StreamStatus::Active,
        mode: StreamMode::Provisioned,
        open_shard_count: shards,
        retention_hours: 24,
        encryption: Encryption::None,
        enhanced_metrics: vec!["ALL".to_owned()],
        consumer_count: Some(3),
        max_record_size_kib: None,
        created: None,
    }
}

fn shard(id: ShardId, range: HashKeyRange, parent: Option<ShardId>) -> Shard {
    Shard {
        id,
        range,
        parent,
        adjacent_parent: None,
        starting_sequence_number: SequenceNumber::from("49668412730951846205"),
        ending_sequence_number: None,
    }
}

pub fn shard_map() -> ShardMap {
    let fortieth = |n: u32| if n == 40 { u128::MAX } else { (u128::MAX / 40) * u128::from(n) };
    let mut from = 0;
    let shards = SHARDS.iter().map(|(number, width, ..)| {
        let start = if from == 0 { 0 } else { fortieth(from) + 1 };
        let range = HashKeyRange { start: HashKey(start), end: HashKey(fortieth(from + width)) };
        from += width;
        let parent = matches!(number, 38 | 39).then(|| id(26));
        shard(id(*number), range, parent)
    });
    ShardMap::new(shards.collect())
}

/// Sums of all shards; a minute is known as soon as one shard has reported it.
fn total<'a>(shards: impl Iterator<Item = &'a WriteMetrics>) -> WriteMetrics {
    let mut total = WriteMetrics::unknown(window());
    for figures in shards {
        for column in 0..60 {
            let at = total.incoming_bytes.time_of(column);
            let mut add = |pick: fn(&mut WriteMetrics) -> &mut kinescope::model::series::Series, value: Option<f64>| {
                if let Some(value) = value {
                    let sum = pick(&mut total).at(column).unwrap_or(0.0) + value;
                    pick(&mut total).set(at, sum);
                }
            };
            add(|m| &mut m.incoming_bytes, figures.incoming_bytes.at(column));
            add(|m| &mut m.incoming_records, figures.incoming_records.at(column));
            add(|m| &mut m.write_throttled, figures.write_throttled.at(column));
            let age = figures
                .iterator_age_millis
                .at(column)
                .into_iter()
                .chain(total.iterator_age_millis.at(column))
                .reduce(f64::max);
            if let Some(age) = age {
                total.iterator_age_millis.set(at, age);
            }
        }
    }
    total
}

pub fn metrics() -> StreamMetrics {
    let shards: std::collections::BTreeMap<_, _> =
        SHARDS.iter().map(|(number, _, now, peak)| (id(*number), figures(*number, *now, *peak))).collect();
    // The stream as a whole is reported sooner than its shards.
    let complete: Vec<_> = SHARDS.iter().map(|(number, _, now, peak)| timely(*number, *now, *peak, 60)).collect();
    StreamMetrics {
        window: window(),
        total: total(complete.iter()),
        shards,
        source: Source::CloudWatch,
        incomplete_from: None,
    }
}

/// A connected world with nothing open.
fn connected() -> World {
    let zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC);
    let mut world = World::new(now(), zone, Settings::default());
    world.link = Link::Connected(ConnectionInfo {
        label: "prod-oncall".to_owned(),
        profile: Some("prod-oncall".to_owned()),
        region: "us-east-1".to_owned(),
        endpoint_url: None,
        environment: Environment::Prod,
        has_cloudwatch: true,
    });
    world
}

/// A world around these shards and figures, fetched at 14:37:00.
pub fn world_of(map: ShardMap, metrics: Option<StreamMetrics>) -> World {
    let fetched = Timestamp(now().0 - 8_000);
    let summary = summary(map.open_count() as u32);
    let mut world = connected();
    let health = assess(&summary, metrics.as_ref());
    let row = FleetRow { name: summary.name.clone(), summary: Some(summary.clone()), metrics: None, health };
    let fleet = Fleet { rows: vec![row], window: window(), metrics_problem: None, described: 1 };
    world.fleet = Answer::known(fleet, fetched);
    let mut open = OpenStream::new(StreamName::from(STREAM));
    open.summary = Answer::known(summary, fetched);
    open.shards = Answer::known(map, fetched);
    if let Some(metrics) = metrics {
        open.metrics = Answer::known(metrics, fetched);
    }
    world.open = Some(open);
    world
}

/// The incident.
pub fn world() -> World {
    world_of(shard_map(), Some(metrics()))
}

/// A stream of `count` equal shards with calm traffic, every 97th of them hot.
pub fn even_world(count: u32) -> World {
    let ranges = HashKeyRange::uniform(count);
    let map = ShardMap::new(ranges.iter().zip(0..).map(|(range, number)| shard(id(number), *range, None)).collect());
    let shards: std::collections::BTreeMap<_, _> = (0..count)
        .map(|number| {
            let mut own = figures(number + 1_000, 30.0 + f64::from(number % 7) * 4.0, 62.0);
            if number % 97 == 13 {
                for column in 50..60 {
                    let at = own.incoming_bytes.time_of(column);
                    own.incoming_bytes.set(at, 0.9 * 60.0 * MIB);
                    own.write_throttled.set(at, 4.0);
                }
            }
            (id(number), own)
        })
        .collect();
    let total = total(shards.values());
    world_of(
        map,
        Some(StreamMetrics { window: window(), total, shards, source: Source::CloudWatch, incomplete_from: None }),
    )
}

/// The incident while the parent of the last split is still listed.
pub fn world_before_the_parent_expired() -> World {
    let mut shards = shard_map().all().to_vec();
    let child = |number: u32| shards.iter().find(|shard| shard.id == id(number)).map(|shard| shard.range);
    let (left, right) = (child(38).expect("is listed"), child(39).expect("is listed"));
    let range = HashKeyRange { start: left.start, end: right.end };
    let mut parent = shard(id(26), range, None);
    parent.ending_sequence_number = Some(SequenceNumber::from("49668412730951846299"));
    shards.push(parent);
    let mut metrics = metrics();
    let mut figures = WriteMetrics::unknown(window());
    for column in 0..12 {
        let at = figures.incoming_bytes.time_of(column);
        figures.incoming_bytes.set(at, (0.52 + 0.005 * column as f64) * 60.0 * MIB);
    }
    metrics.shards.insert(id(26), figures);
    world_of(ShardMap::new(shards), Some(metrics))
}

/// A stream of `count` shards over `minutes` with one column each `step_seconds`, read out as well; shard 3 is over its limit
/// in one single column.
pub fn ranged_world(count: u32, minutes: u32, step_seconds: u32) -> World {
    let end = now().floor(step_seconds);
    let window = Window { start: Timestamp(end.0 - i64::from(minutes) * 60_000), end, step_seconds };
    let ranges = HashKeyRange::uniform(count);
    let map = ShardMap::new(ranges.iter().zip(0..).map(|(range, number)| shard(id(number), *range, None)).collect());
    let seconds = f64::from(step_seconds);
    let figures = |number: u32| {
        let mut own = WriteMetrics::unknown(window);
        for column in 0..window.len() {
            let at = own.incoming_bytes.time_of(column);
            let wave = 0.15 * (column as f64 / window.len() as f64 * 12.0).sin();
            let share = match (number, window.len() - column) {
                (3, 7) => 1.05,
                _ => 0.35 + wave + 0.06 * unrest(number, column),
            };
            own.incoming_bytes.set(at, share * seconds * MIB);
            own.incoming_records.set(at, share * seconds * 500.0);
            own.outgoing_bytes.set(at, share * seconds * MIB * 1.5);
            own.write_throttled.set(at, if share > 1.0 { 12.0 } else { 0.0 });
            own.iterator_age_millis.set(at, 900.0);
        }
        own
    };
    let shards: std::collections::BTreeMap<_, _> = (0..count).map(|number| (id(number), figures(number))).collect();
    let total = figures(0);
    world_of(map, Some(StreamMetrics { window, total, shards, source: Source::CloudWatch, incomplete_from: None }))
}
