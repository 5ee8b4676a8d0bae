//! A day of a thousand shards: read from the file, one new minute merged, and what that takes on disk.
#![allow(clippy::expect_used)]

use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use kinescope::aws::MetricPoints;
use kinescope::model::ids::{ShardId, StreamName};
use kinescope::model::metrics::{Figure, FigureSet, Window};
use kinescope::model::time::{Millis, Timestamp};
use kinescope::tasks::clock::Clock;
use kinescope::tasks::minutes::Minutes;
use kinescope::tasks::minutes::book::{Asked, Call, Place, Wish};
use kinescope::tasks::minutes::shelf::Keep;

const SHARDS: usize = 1_000;
const MINUTES: i64 = 1_440;
/// Ten minutes ago, so that all of the day is final.
const NOW: Timestamp = Timestamp::from_secs(1_790_000_400);

fn day() -> Window {
    let end = NOW.floor(60) - Millis::from_mins(10);
    Window { start: end - Millis::from_mins(MINUTES), end, step_seconds: 60 }
}

fn wishes(figures: FigureSet) -> Vec<Wish> {
    let wish = |shard| Wish { stream: StreamName::from("orders"), shard, figures };
    let shards = (0..SHARDS).map(|shard| Some(ShardId::from(format!("shardId-{shard:012}"))));
    std::iter::once(None).chain(shards).map(wish).collect()
}

/// Traffic that looks like traffic: a daily wave, noise, throttles now and then, gaps where nobody reads.
fn answer(call: &Call) -> Vec<MetricPoints> {
    // Another seed for every call: series that repeat each other would deflate to nothing.
    let seed = call.series.first().and_then(|metric| metric.shard.as_ref()).map_or(0, |shard| hash_of(shard.as_str()));
    let mut random = fastrand::Rng::with_seed(seed ^ call.series.len() as u64);
    let mut value = |figure: Figure, minute: usize| {
        let wave = 1.0 + (minute as f64 / 1_440.0 * std::f64::consts::TAU).sin() * 0.5;
        let noise = 0.8 + random.f64() * 0.4;
        match figure {
            Figure::IncomingBytes | Figure::OutgoingBytes => Some((30e6 * wave * noise).round()),
            Figure::IncomingRecords => Some((24e3 * wave * noise).round()),
            Figure::WriteThrottled | Figure::ReadThrottled => (random.u8(..) < 8).then(|| f64::from(random.u16(..500))),
            Figure::IteratorAge => (random.u8(..) < 200).then(|| f64::from(random.u16(..4_000))),
        }
    };
    let one = |metric: &kinescope::model::metrics::MetricId| {
        let minutes = 0..call.span.len();
        let points = minutes.filter_map(|minute| Some((call.span.time_of(minute), value(metric.figure, minute)?)));
        MetricPoints { points: points.collect(), is_whole: true }
    };
    call.series.iter().map(one).collect()
}

fn hash_of(text: &str) -> u64 {
    text.bytes().fold(7, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

fn fill(minutes: &Minutes, place: &Place, wishes: &[Wish], window: Window) {
    minutes.load(place, wishes, window);
    for call in minutes.plan(place, wishes, window, NOW) {
        minutes.record(place, &call, &answer(&call), Asked { at: NOW, horizon: NOW });
    }
}

fn open(path: &Path) -> Minutes {
    Minutes::open(path.to_owned(), Keep::default(), Clock::new(|| NOW))
}

fn benches(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("minutes.redb");
    let place = Place::kept("123456789012 eu-central-1");
    let all = wishes(FigureSet::ALL);
    fill(&open(&path), &place, &all, day());
    let size = std::fs::metadata(&path).expect("file").len();
    println!("{SHARDS} shards x 6 figures x {MINUTES} minutes take {:.1} MiB on disk", size as f64 / 1_048_576.0);

    let mut group = criterion.benchmark_group("minutes");
    group.sample_size(10);
    for (name, figures) in [("three figures", FigureSet::WRITE), ("six figures", FigureSet::ALL)] {
        let wishes = wishes(figures);
        group.bench_function(format!("a day of 1,000 shards from the file, {name}"), |bencher| {
            bencher.iter_batched(
                || open(&path),
                |minutes| {
                    minutes.load(&place, &wishes, day());
                    assert!(minutes.plan(&place, &wishes, day(), NOW).is_empty());
                    let figures = black_box(minutes.figures(&place, &wishes, day(), NOW));
                    (minutes, figures)
                },
                BatchSize::PerIteration,
            );
        });
    }
    let in_memory = Place::in_memory("bench");
    let wishes = wishes(FigureSet::WRITE);
    let minutes = Minutes::in_memory();
    let mut window = day();
    fill(&minutes, &in_memory, &wishes, window);
    group.bench_function("one new minute of 1,000 shards planned and merged", |bencher| {
        bencher.iter(|| {
            window.start = window.start + Millis::from_mins(1);
            window.end = window.end + Millis::from_mins(1);
            // The store counts a minute as young or final by when it was asked for; the bench moves on with it.
            let now = window.end + Millis::from_mins(10);
            let calls = minutes.plan(&in_memory, &wishes, window, now);
            assert_eq!(calls.iter().map(|call| call.span.len() * call.series.len()).sum::<usize>(), 3 * (SHARDS + 1));
            for call in calls {
                minutes.record(&in_memory, &call, &answer(&call), Asked { at: now, horizon: now });
            }
        });
    });
    group.bench_function("figures of a day of 1,000 shards put together", |bencher| {
        bencher.iter(|| black_box(minutes.figures(&in_memory, &wishes, window, NOW)));
    });
    group.finish();
}

criterion_group!(group, benches);
criterion_main!(group);
