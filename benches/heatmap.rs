//! What the heatmap costs: taking a new minute into rows and textures, and drawing a frame.
//!
//! ```sh
//! cargo bench --bench heatmap
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Each group is documented where it is made; the macros make functions without a word.
#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use eframe::egui::{self, Event, RawInput, Rect, UiBuilder, pos2, vec2};
use jiff::tz::TimeZone;
use kinescope::model::answer::Answer;
use kinescope::model::connection::{ConnectionInfo, Environment};
use kinescope::model::hash_range::HashKeyRange;
use kinescope::model::heat_thresholds::HeatThresholds;
use kinescope::model::ids::{SequenceNumber, ShardId, StreamName};
use kinescope::model::metrics::{Source, StreamMetrics, Window, WriteMetrics};
use kinescope::model::settings::Settings;
use kinescope::model::shard_map::{Shard, ShardMap};
use kinescope::model::time::{Millis, Timestamp};
use kinescope::model::world::{Link, OpenStream, World};
use kinescope::ui::command::Commands;
use kinescope::ui::theme;
use kinescope::ui::views::heatmap::{self, Given, HeatmapState};

const SHARDS: u32 = 1_000;
const MINUTES: i64 = 1_440;

fn shards(count: u32) -> ShardMap {
    let shard = |(range, number): (&HashKeyRange, u32)| Shard {
        id: ShardId::from(format!("shardId-{number:012}")),
        range: *range,
        parent: None,
        adjacent_parent: None,
        starting_sequence_number: SequenceNumber::from("1"),
        ending_sequence_number: None,
    };
    ShardMap::new(HashKeyRange::uniform(count).iter().zip(0..).map(shard).collect())
}

/// Figures of `count` shards over the `minutes` before minute `end`; `salt` changes those of the newest one.
fn answer(count: u32, minutes: i64, end: i64, salt: f64) -> Arc<StreamMetrics> {
    let at = |minute: i64| Timestamp::from_secs(minute * 60);
    let window = Window { start: at(end - minutes), end: at(end), step_seconds: 60 };
    let figures = |number: i64| {
        let mut figures = WriteMetrics::unknown(window);
        for minute in end - minutes..end {
            let newest = if minute + 1 == end { salt } else { 0.0 };
            let share = 0.3 + (minute * 7 + number * 13).rem_euclid(50) as f64 / 100.0 + newest;
            figures.incoming_bytes.set(at(minute), share * 60.0 * 1_048_576.0);
            figures.incoming_records.set(at(minute), share * 60.0 * 500.0);
            figures.write_throttled.set(at(minute), if number % 97 == 13 { 3.0 } else { 0.0 });
            figures.iterator_age_millis.set(at(minute), 900.0);
        }
        figures
    };
    let shards = (0..count).map(|number| (ShardId::from(format!("shardId-{number:012}")), figures(i64::from(number))));
    Arc::new(StreamMetrics {
        window,
        total: figures(0),
        shards: shards.collect(),
        source: Source::CloudWatch,
        incomplete_from: None,
    })
}

fn context() -> egui::Context {
    let ctx = egui::Context::default();
    theme::install(&ctx);
    ctx
}

/// Rows and textures of 1,000 shards × 1,440 minutes: all of them, one changed minute, and a minute that is new.
fn rebuild(c: &mut Criterion) {
    let map = Arc::new(shards(SHARDS));
    let ctx = context();
    let answers = [answer(SHARDS, MINUTES, 2_000, 0.0), answer(SHARDS, MINUTES, 2_000, 0.2)];
    let prepare = |state: &mut HeatmapState, metrics: &Arc<StreamMetrics>| {
        let thresholds = HeatThresholds::default();
        state.prepare(
            &ctx,
            &Given { metrics, measured: None, shards: Some(&map), open_shards: SHARDS, thresholds, dark_mode: true },
        );
    };
    // Texture changes pile up until a frame takes them away, as it does after each answer.
    let take_textures = || drop(ctx.run_ui(RawInput::default(), |_| {}));
    let mut group = c.benchmark_group("heatmap 1,000 shards x 1,440 minutes");
    group.sample_size(20);
    group.bench_function("built anew", |b| {
        b.iter_custom(|rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                let mut state = HeatmapState::default();
                let start = Instant::now();
                prepare(&mut state, &answers[0]);
                spent += start.elapsed();
                drop(state);
                take_textures();
            }
            spent
        });
    });
    let mut state = HeatmapState::default();
    group.bench_function("one changed minute", |b| {
        let mut turn = 0;
        b.iter_custom(|rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                // Every tenth answer is read as a whole; that one is the first here and not measured.
                if turn % 9 == 0 {
                    state = HeatmapState::default();
                    prepare(&mut state, &answers[turn % 2]);
                    take_textures();
                }
                turn += 1;
                let start = Instant::now();
                prepare(&mut state, &answers[turn % 2]);
                spent += start.elapsed();
                take_textures();
            }
            spent
        });
    });
    let next = answer(SHARDS, MINUTES, 2_001, 0.1);
    group.warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_millis(100));
    group.bench_function("one new minute", |b| {
        b.iter_custom(|rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                let mut state = HeatmapState::default();
                prepare(&mut state, &answers[0]);
                take_textures();
                let start = Instant::now();
                prepare(&mut state, &next);
                spent += start.elapsed();
                take_textures();
            }
            spent
        });
    });
    group.finish();
}

fn world(count: u32) -> World {
    let now = Timestamp::from_secs(2_000 * 60 + 8);
    let mut world = World::new(now, TimeZone::UTC, Settings::default());
    world.link = Link::Connected(ConnectionInfo {
        label: "bench".to_owned(),
        profile: None,
        region: "us-east-1".to_owned(),
        endpoint_url: None,
        environment: Environment::Dev,
        has_cloudwatch: true,
    });
    let mut open = OpenStream::new(StreamName::from("bench"));
    open.shards = Answer::known(shards(count), now);
    open.metrics.value = Some((answer(count, 60, 2_000, 0.0), now - Millis::from_secs(8)));
    world.open = Some(open);
    world
}

/// One frame with its tessellation, while the pointer moves over the cells.
fn frame(ctx: &egui::Context, world: &World, state: &mut HeatmapState, selection: &mut Option<ShardId>, step: u32) {
    let screen = Rect::from_min_size(pos2(0.0, 0.0), vec2(1_440.0, 900.0));
    let pointer = pos2(600.0 + (step % 9) as f32, 180.0);
    let input = RawInput {
        screen_rect: Some(screen),
        events: vec![Event::PointerMoved(pointer)],
        time: Some(f64::from(step) / 60.0),
        ..RawInput::default()
    };
    let output = ctx.run_ui(input, |ui| {
        let slot = Rect::from_min_max(pos2(224.0, 80.0), pos2(1_440.0, 876.0));
        let mut out = Commands::default();
        ui.scope_builder(UiBuilder::new().max_rect(slot), |ui| heatmap::show(ui, world, state, selection, &mut out));
        black_box(out);
    });
    black_box(ctx.tessellate(output.shapes, output.pixels_per_point));
}

/// A frame of the view costs about the same for ten shards and for a thousand.
fn frames(c: &mut Criterion) {
    let mut group = c.benchmark_group("heatmap frame");
    for count in [10, SHARDS, 10_000] {
        let (ctx, world) = (context(), world(count));
        let (mut state, mut selection, mut step) = (HeatmapState::default(), None, 0);
        for _ in 0..5 {
            step += 1;
            frame(&ctx, &world, &mut state, &mut selection, step);
        }
        group.bench_function(format!("{count} shards"), |b| {
            b.iter(|| {
                step += 1;
                frame(&ctx, &world, &mut state, &mut selection, step);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, rebuild, frames);
criterion_main!(benches);
