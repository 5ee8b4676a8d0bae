//! What the tail costs: from the bytes of a record to a row that is kept and filtered, filters over a full buffer, and a
//! frame of the view with few and with many records. `cargo bench --bench tail`.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use eframe::egui;
use kinescope::model::connection::{ConnectionInfo, Environment};
use kinescope::model::decode::{DecodeLimits, decode, decode_each};
use kinescope::model::filter::{Filter, FilterIndex, FilterKind, FilterSpec, Found};
use kinescope::model::ids::{PartitionKey, SequenceNumber, ShardId, StreamName};
use kinescope::model::record::{RawRecord, Record};
use kinescope::model::record_store::RecordStore;
use kinescope::model::settings::{Settings, ThemeChoice};
use kinescope::model::tail::{Tail, TailItem, TailOptions};
use kinescope::model::time::Timestamp;
use kinescope::model::world::{Link, OpenStream, World};
use kinescope::tasks::filter::{FilterJob, Finding};
use kinescope::tasks::wake::Wake;
use kinescope::ui::command::Commands;
use kinescope::ui::theme;
use kinescope::ui::views::tail::{TailState, show};

/// Records of the filter benchmarks; `KINESCOPE_BENCH_RECORDS` sets another number.
fn filter_records() -> usize {
    std::env::var("KINESCOPE_BENCH_RECORDS").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000_000)
}

/// About 1,024 bytes of JSON.
fn json(n: usize) -> String {
    let event = ["checkout", "add_to_cart", "purchase", "page_view"][n % 4];
    let mut text = format!(
        r#"{{"event":"{event}","ts":"2026-09-15T14:37:05.118Z","tenant":"tenant-{}","cart":{{"total":{}.{:02},"currency":"EUR"}},"uid":"u-{n:08x}","items":["#,
        n % 500,
        n % 900,
        n % 100
    );
    let mut item = 0;
    while text.len() < 980 {
        if item > 0 {
            text.push(',');
        }
        text.push_str(&format!(r#"{{"sku":"{:06}","quantity":{},"gift":false}}"#, n * 7 + item, item % 5));
        item += 1;
    }
    text.push_str(r#"],"consent":true}"#);
    text
}

fn raw(n: usize) -> RawRecord {
    RawRecord {
        sequence_number: SequenceNumber::from(format!("49668412730951846205835021741{n:012}")),
        partition_key: PartitionKey::from(format!("tenant-{}", n % 500)),
        approximate_arrival: Some(Timestamp(1_789_000_000_000 + n as i64)),
        data: json(n).into_bytes(),
    }
}

fn shard(n: usize) -> ShardId {
    ShardId::from(format!("shardId-{:012}", n % 8))
}

fn record(n: usize) -> Record {
    decode(raw(n), &shard(n), &DecodeLimits::default()).remove(0)
}

/// A GetRecords answer to stored, decoded and filtered records, on one core.
fn ingest(criterion: &mut Criterion) {
    const RECORDS: usize = 10_000;
    let page: Vec<RawRecord> = (0..RECORDS).map(raw).collect();
    let bytes: usize = page.iter().map(RawRecord::size_bytes).sum();
    let mut group = criterion.benchmark_group("decode, store and filter 1 KiB of JSON");
    group.throughput(Throughput::Bytes(bytes as u64)).sample_size(20);
    let limits = DecodeLimits::default();
    let run = |page: Vec<RawRecord>, mut index: Option<FilterIndex>| {
        let mut store = RecordStore::new(usize::MAX);
        let shard = shard(1);
        for raw in page {
            decode_each(raw, &shard, &limits, |record| {
                store.push(TailItem::Record(record.into()));
            });
        }
        if let Some(index) = &mut index {
            index.advance(&store, usize::MAX);
        }
        (store, index)
    };
    let text = FilterSpec::new(FilterKind::Text, "u-00000fff");
    group.bench_function("text filter", |bencher| {
        bencher.iter_batched(
            || (page.clone(), FilterIndex::new(Filter::compile(&text).expect("compiles"))),
            |(page, index)| run(page, Some(index)),
            BatchSize::LargeInput,
        );
    });
    group.bench_function("no filter", |bencher| {
        bencher.iter_batched(|| page.clone(), |page| run(page, None), BatchSize::LargeInput);
    });
    group.finish();
}

fn full_store(count: usize) -> RecordStore {
    let mut store = RecordStore::new(usize::MAX);
    for n in 0..count {
        store.push(TailItem::Record(Arc::new(record(n))));
    }
    store
}

/// Filters over a full buffer, on one core and as the window does it, beside a bare search over the same bytes.
fn filters(criterion: &mut Criterion) {
    let store = full_store(filter_records());
    let bytes: usize = store.iter().filter_map(|(_, item)| item.record()).map(|record| record.data.len()).sum();
    let mut group = criterion.benchmark_group(format!("filter {} records of 1 KiB", store.len()));
    group.throughput(Throughput::Bytes(bytes as u64)).sample_size(10).measurement_time(Duration::from_secs(8));
    group.bench_function("memmem over the same bytes, one core", |bencher| {
        let finder = memchr::memmem::Finder::new("u-00000fff");
        bencher.iter(|| {
            let records = store.iter().filter_map(|(_, item)| item.record());
            records.filter(|record| finder.find(&record.data).is_some()).count()
        });
    });
    let specs = [
        ("text", FilterSpec::new(FilterKind::Text, "u-00000fff")),
        ("regex", FilterSpec::new(FilterKind::Regex, "u-00000[ef]ff")),
        ("jq", FilterSpec::new(FilterKind::Jq, r#".event == "checkout" and .cart.total > 800"#)),
    ];
    for (name, spec) in specs {
        let filter = Filter::compile(&spec).expect("compiles");
        group.bench_function(format!("{name}, one core"), |bencher| {
            bencher.iter(|| {
                let pieces = store.pieces_from(0);
                let found = pieces.iter().map(|piece| Found::in_piece(&filter, piece, || true).expect("ends"));
                found.flatten().map(|found| found.shown.len()).sum::<usize>()
            });
        });
        group.bench_function(format!("{name}, as the window does it"), |bencher| {
            bencher.iter(|| in_the_background(&store, &spec));
        });
    }
    others(&mut group, &store);
    group.finish();
}

/// ripgrep and the jaq command line over the same bytes in a file, where they are on the PATH.
fn others(group: &mut BenchmarkGroup<'_, WallTime>, store: &RecordStore) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let mut out = BufWriter::new(&file);
    for record in store.iter().filter_map(|(_, item)| item.record()) {
        out.write_all(&record.data).and_then(|()| out.write_all(b"\n")).expect("writes");
    }
    out.flush().expect("writes");
    drop(out);
    let path = file.path().to_str().expect("a path");
    let commands: [&[&str]; 3] = [
        &["rg", "--count", "--fixed-strings", "u-00000fff", path],
        &["rg", "--count", "u-00000[ef]ff", path],
        &["jaq", "-c", r#"select(.event == "checkout" and .cart.total > 800)"#, path],
    ];
    for words in commands {
        let run = || Command::new(words[0]).args(&words[1..]).stdout(Stdio::null()).status();
        if run().is_ok_and(|status| status.success()) {
            group.bench_function(words[..words.len() - 1].join(" "), |bencher| bencher.iter(run));
        }
    }
}

/// Until every piece has been answered.
fn in_the_background(store: &RecordStore, spec: &FilterSpec) -> usize {
    let mut job = FilterJob::start(spec.clone(), Wake::none());
    let pieces = store.pieces_from(0);
    let (mut open, mut shown) = (pieces.len(), 0);
    job.look_through(pieces);
    while open > 0 {
        match job.next_finding() {
            Some(Finding::Found(found)) => {
                open -= 1;
                shown += found.shown.len();
            }
            Some(_) => {}
            None => std::thread::sleep(Duration::from_micros(200)),
        }
    }
    shown
}

fn world(records: usize) -> World {
    let now = Timestamp(1_789_000_900_000);
    let mut world = World::new(now, jiff::tz::TimeZone::UTC, Settings::default());
    world.link = Link::Connected(ConnectionInfo {
        label: "bench".to_owned(),
        profile: None,
        region: "eu-west-1".to_owned(),
        endpoint_url: None,
        environment: Environment::Dev,
        has_cloudwatch: false,
    });
    let mut open = OpenStream::new(StreamName::from("bench"));
    let mut tail = Tail::default();
    drop(tail.store.set_cap_bytes(usize::MAX));
    drop(tail.begin(TailOptions::default(), now));
    // The same thousand records again and again: what is in them does not matter to a frame, how many there are may.
    let thousand: Vec<Arc<Record>> = (0..1_000).map(|n| Arc::new(record(n))).collect();
    tail.ingest((0..records).map(|n| TailItem::Record(thousand[n % 1_000].clone())));
    open.tail = tail;
    world.open = Some(open);
    world
}

/// A frame of the view, laid out and tessellated.
fn frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame of the tail");
    group.sample_size(50).measurement_time(Duration::from_secs(6));
    for (records, filter) in [(1_000, ""), (1_000_000, ""), (1_000, "checkout"), (1_000_000, "checkout")] {
        let mut world = world(records);
        if let Some(open) = &mut world.open {
            open.tail.set_filter_text(filter);
            open.tail.advance_filter(usize::MAX);
        }
        let ctx = egui::Context::default();
        theme::install(&ctx);
        theme::choose(&ctx, ThemeChoice::Dark);
        let (mut state, mut selection) = (TailState::default(), None);
        let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1_440.0, 900.0));
        let mut frame = || {
            let input = egui::RawInput { screen_rect: Some(screen), ..egui::RawInput::default() };
            let mut output = ctx.run_ui(input, |ui| {
                show(ui, &world, &mut state, &mut selection, &mut Commands::default());
            });
            output.textures_delta.clear();
            ctx.tessellate(output.shapes, output.pixels_per_point).len()
        };
        for _ in 0..10 {
            frame();
        }
        let name = if filter.is_empty() { "all" } else { "filtered" };
        group.bench_function(format!("{records} records, {name}"), |bencher| bencher.iter(|| black_box(frame())));
    }
    group.finish();
}

criterion_group!(benches, ingest, frames, filters);
criterion_main!(benches);
