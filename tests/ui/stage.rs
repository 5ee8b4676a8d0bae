//! One incident as a world: `clickstream-prod` at 2026-09-15 14:37:08 UTC, with `tenant-42` on `shardId-000000000007`.
//! Also a window with room for a rail, a header and a status bar, to draw one part of the interface in.

use eframe::egui::{self, Rect, UiBuilder, pos2};
use egui_kittest::Harness;
use kinescope::model::account::AccountLimits;
use kinescope::model::answer::Answer;
use kinescope::model::connection::{ConnectionInfo, Environment, WriteLock};
use kinescope::model::hash_range::HashKeyRange;
use kinescope::model::ids::{SequenceNumber, ShardId, StreamName};
use kinescope::model::metrics::{Source, StreamMetrics, Window, WriteMetrics};
use kinescope::model::settings::{Settings, ThemeChoice};
use kinescope::model::shard_map::{Shard, ShardMap};
use kinescope::model::stream::{Encryption, StreamMode, StreamStatus, StreamSummary};
use kinescope::model::time::{Millis, Timestamp};
use kinescope::model::world::{Link, OpenStream, World};
use kinescope::ui::command::{Command, Commands};
use kinescope::ui::theme;
use kinescope::ui::widgets::KeepClear;

use crate::harness::harness;

/// The moment of the incident.
pub fn now() -> Timestamp {
    Timestamp::from_rfc3339("2026-09-15T14:37:08Z").expect("a time")
}

/// `shardId-` and twelve digits.
pub fn shard_id(number: u32) -> ShardId {
    ShardId::from(format!("shardId-{number:012}"))
}

/// Share of the write limit by shard, in per cent.
const LOADS: [(u32, f64); 24] = [
    (10, 28.0),
    (28, 22.0),
    (29, 18.0),
    (12, 48.0),
    (13, 40.0),
    (30, 24.0),
    (31, 14.0),
    (15, 32.0),
    (16, 48.0),
    (32, 32.0),
    (33, 14.0),
    (18, 51.0),
    (19, 83.0),
    (34, 21.0),
    (35, 18.0),
    (40, 53.0),
    (36, 25.0),
    (37, 16.0),
    (7, 96.0),
    (24, 34.0),
    (25, 0.0),
    (38, 22.0),
    (39, 18.0),
    (27, 45.0),
];

fn shard(number: u32, range: HashKeyRange, parents: &[u32], is_open: bool) -> Shard {
    Shard {
        id: shard_id(number),
        range,
        parent: parents.first().map(|p| shard_id(*p)),
        adjacent_parent: parents.get(1).map(|p| shard_id(*p)),
        starting_sequence_number: SequenceNumber::from("49668412730951846205000000000000000000000000000000000002"),
        ending_sequence_number: (!is_open)
            .then(|| SequenceNumber::from("49668412730951846205000000000000000000000000000000000009")),
    }
}

/// The 24 open shards and the closed one.
pub fn shards() -> Vec<Shard> {
    let halves = |range: HashKeyRange| range.even_split().and_then(|at| range.split_at(at)).expect("splits");
    let tenth = |n: usize| *HashKeyRange::uniform(10).get(n).expect("ten");
    let mut all = vec![shard(7, tenth(7), &[], true)];
    let mut split = |n: usize, left: (u32, Option<[u32; 2]>), right: (u32, Option<[u32; 2]>)| {
        let (low, high) = halves(tenth(n));
        for ((number, children), range) in [(left, low), (right, high)] {
            match children {
                None => all.push(shard(number, range, &[n as u32], true)),
                Some([a, b]) => {
                    let (low, high) = halves(range);
                    all.push(shard(a, low, &[number], true));
                    all.push(shard(b, high, &[number], true));
                    if number == 26 {
                        all.push(shard(number, range, &[n as u32], false));
                    }
                }
            }
        }
    };
    split(0, (10, None), (11, Some([28, 29])));
    split(1, (12, None), (13, None));
    split(2, (14, Some([30, 31])), (15, None));
    split(3, (16, None), (17, Some([32, 33])));
    split(4, (18, None), (19, None));
    split(8, (24, None), (25, None));
    split(9, (26, Some([38, 39])), (27, None));
    let ((a, b), (c, d)) = (halves(tenth(5)), halves(tenth(6)));
    let ((e, f), (g, h)) = (halves(a), halves(d));
    all.push(shard(34, e, &[20], true));
    all.push(shard(35, f, &[20], true));
    all.push(shard(40, HashKeyRange { start: b.start, end: c.end }, &[21, 22], true));
    all.push(shard(36, g, &[23], true));
    all.push(shard(37, h, &[23], true));
    all
}

fn shard_metrics(window: Window, percent: f64, number: u32) -> WriteMetrics {
    let mut metrics = WriteMetrics::unknown(window);
    for index in 0..window.len().saturating_sub(1) {
        let at = metrics.incoming_bytes.time_of(index);
        let is_hot = number == 7 && index >= window.len() - 18;
        let share = if number == 7 && !is_hot { 27.0 } else { percent } / 100.0;
        let wobble =
            1.0 - 0.04 * ((index * 7 + number as usize) % 5) as f64 * f64::from(u8::from(index + 2 < window.len()));
        metrics.incoming_bytes.set(at, share * wobble * 60.0 * 1_048_576.0);
        metrics.incoming_records.set(at, share * wobble * 60.0 * 700.0);
        metrics.write_throttled.set(at, if is_hot { 24.0 } else { 0.0 });
    }
    metrics
}

/// The metrics of the last hour.
pub fn metrics() -> StreamMetrics {
    let window = Window::last_minutes(now(), 60);
    let shards =
        LOADS.iter().map(|(number, share)| (shard_id(*number), shard_metrics(window, *share, *number))).collect();
    StreamMetrics {
        window,
        total: WriteMetrics::unknown(window),
        shards,
        source: Source::CloudWatch,
        incomplete_from: None,
    }
}

/// The summary of the stream.
pub fn summary() -> StreamSummary {
    StreamSummary {
        name: StreamName::from("clickstream-prod"),
        arn: "arn:aws:kinesis:us-east-1:482109375516:stream/clickstream-prod".to_owned(),
        status: StreamStatus::Active,
        mode: StreamMode::Provisioned,
        open_shard_count: 24,
        retention_hours: 24,
        encryption: Encryption::Kms { key_id: "alias/aws/kinesis".to_owned() },
        enhanced_metrics: vec!["ALL".to_owned()],
        consumer_count: Some(2),
        max_record_size_kib: None,
        created: None,
    }
}

/// The incident, read-only, connected to production.
pub fn world() -> World {
    let mut world = World::new(now(), jiff_utc(), Settings::default());
    world.link = Link::Connected(ConnectionInfo {
        label: "prod-oncall".to_owned(),
        profile: Some("prod-oncall".to_owned()),
        region: "us-east-1".to_owned(),
        endpoint_url: None,
        environment: Environment::Prod,
        has_cloudwatch: true,
    });
    let limits = AccountLimits { shard_limit: 20_000, open_shard_count: 177, ..AccountLimits::default() };
    world.account_limits = Answer::known(limits, now());
    let mut open = OpenStream::new(StreamName::from("clickstream-prod"));
    open.summary = Answer::known(summary(), now());
    open.shards = Answer::known(ShardMap::new(shards()), now());
    open.metrics = Answer::known(metrics(), now());
    world.open = Some(open);
    world
}

fn jiff_utc() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::UTC
}

/// The incident with writes unlocked for so many seconds.
pub fn unlocked(seconds: i64) -> World {
    let mut world = world();
    let until = now() + Millis::from_secs(seconds);
    world.lock = WriteLock::UnlockedUntil { until, reason: "INC-4412".to_owned() };
    world
}

/// A part of the interface with its world and what it asked for.
pub struct Stage<S> {
    pub world: World,
    pub state: S,
    pub selection: Option<ShardId>,
    pub commands: Vec<Command>,
    pub is_light: bool,
}

impl<S: Default> Stage<S> {
    pub fn new(world: World) -> Self {
        Self { world, state: S::default(), selection: None, commands: Vec::new(), is_light: false }
    }
}

type Show<S> = fn(&mut egui::Ui, &World, &mut S, &mut Option<ShardId>, &mut Commands);

/// A window of 1440 × 900 with the part drawn where the main area is.
pub fn window<S: 'static>(stage: Stage<S>, show: Show<S>) -> Harness<'static, Stage<S>> {
    sized(stage, show, 1_440.0, 900.0)
}

/// A window of any size.
pub fn sized<S: 'static>(stage: Stage<S>, show: Show<S>, width: f32, height: f32) -> Harness<'static, Stage<S>> {
    let choice = if stage.is_light { ThemeChoice::Light } else { ThemeChoice::Dark };
    harness((width, height), choice, stage, move |ui, stage| {
        let screen = ui.max_rect();
        ui.painter().rect_filled(screen, 0, theme::tokens(ui).rail);
        let main = Rect::from_min_max(pos2(224.0, 80.0), pos2(screen.right(), screen.bottom() - 24.0));
        ui.painter().rect_filled(main, 0, theme::tokens(ui).panel);
        let chip = Rect::from_min_size(pos2(0.0, 3.0), egui::vec2(224.0, 89.0));
        KeepClear { chip: Some(chip), stripe: 3.0, status: 24.0, rail: 224.0 }.store(ui.ctx());
        let mut out = Commands::default();
        ui.set_clip_rect(ui.ctx().content_rect());
        ui.scope_builder(UiBuilder::new().max_rect(main), |ui| {
            ui.set_clip_rect(main);
            show(ui, &stage.world, &mut stage.state, &mut stage.selection, &mut out);
        });
        for command in out.take() {
            if let Command::SelectShard(shard) = &command {
                stage.selection = shard.clone();
            }
            stage.commands.push(command);
        }
    })
}
