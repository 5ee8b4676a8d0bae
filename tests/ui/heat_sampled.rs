//! The heatmap of a stream without shard-level metrics, measured from records, and one shard followed second by second.

use std::sync::{Arc, OnceLock};

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::Queryable;
use kinescope::model::answer::{Answer, Problem, ProblemKind};
use kinescope::model::ids::{SequenceNumber, ShardId};
use kinescope::model::metrics::StreamMetrics;
use kinescope::model::record::RawRecord;
use kinescope::model::sample::StreamSample;
use kinescope::model::sample::state::{SampleRequest, SampleRun};
use kinescope::model::sampled_metrics::{Ingredients, MeasuredMetrics};
use kinescope::model::settings::ThemeChoice;
use kinescope::model::stream::StreamSummary;
use kinescope::model::time::Timestamp;
use kinescope::model::world::World;
use kinescope::ui::command::Command;

use crate::harness::picture;
use crate::heatmap::{Bench, bench, press};
use crate::incident::{self, id};

/// The minute in which sampling began, of the sixty that are shown.
const BEGAN: i64 = 42;
/// The shard that bursts.
const BURSTS: &str = "shardId-000000000040";

fn record(at: i64, share: f64) -> RawRecord {
    let key = "tenant";
    RawRecord {
        sequence_number: SequenceNumber::from("49668412730951846205"),
        data: vec![b'x'; ((share * 1_048_576.0) as usize).saturating_sub(key.len())],
        partition_key: key.into(),
        approximate_arrival: Some(Timestamp(at)),
    }
}

/// Four seconds of each minute of every shard, at the load that the incident has.
fn sample() -> Arc<StreamSample> {
    static SAMPLE: OnceLock<Arc<StreamSample>> = OnceLock::new();
    let make = || {
        let metrics = incident::metrics();
        let mut sample = StreamSample::new(metrics.shards.len());
        for (index, (shard, figures)) in metrics.shards.iter().enumerate() {
            let shares = figures.utilisation(1);
            for minute in BEGAN..60 {
                let share = shares.at(minute as usize).or(shares.at(minute as usize - 1)).unwrap_or(0.0);
                let start = incident::window().start.0 + minute * 60_000 + 20_000;
                for second in 0..4 {
                    let sway = 1.0 + 0.05 * ((second * 7 + minute * 3 + index as i64) % 5 - 2) as f64 / 2.0;
                    let at = start + second * 1_000;
                    if share > 0.001 {
                        sample.take(shard, &[record(at, share * sway)]);
                    }
                    sample.mark_known(shard, Timestamp(at), Timestamp(at + 1_000));
                }
            }
        }
        Arc::new(sample)
    };
    Arc::clone(SAMPLE.get_or_init(make))
}

/// Two minutes of the shard that bursts every twenty seconds.
fn followed() -> Arc<StreamSample> {
    static SAMPLE: OnceLock<Arc<StreamSample>> = OnceLock::new();
    let make = || {
        let shard = ShardId::from(BURSTS);
        let mut sample = StreamSample::new(1);
        let end = incident::now().0 - 1_000;
        for second in -120..0 {
            let at = end + second * 1_000;
            let share = match (at / 1_000) % 20 {
                0 => 1.38,
                1 => 1.2,
                2 if second % 3 == 0 => 0.86,
                n => 0.43 + 0.02 * (n % 4) as f64,
            };
            sample.take(&shard, &[record(at, share)]);
            sample.mark_known(&shard, Timestamp(at), Timestamp(at + 1_000));
        }
        Arc::new(sample)
    };
    Arc::clone(SAMPLE.get_or_init(make))
}

fn off() -> StreamSummary {
    StreamSummary { enhanced_metrics: Vec::new(), ..incident::summary(24) }
}

/// The incident, of which CloudWatch knows only the total.
fn world(sample: Option<Arc<StreamSample>>, followed: Option<Arc<StreamSample>>) -> World {
    let metrics = StreamMetrics { shards: Default::default(), ..incident::metrics() };
    let mut world = incident::world_of(incident::shard_map(), Some(metrics));
    let now = world.now;
    let open = world.open.as_mut().expect("is open");
    open.summary = Answer::known(off(), now);
    let totals = open.metrics.value.as_ref().expect("known").0.clone();
    let shards = open.shards.value.as_ref().expect("known").0.clone();
    open.sample.sample.clone_from(&sample);
    open.live.sample.clone_from(&followed);
    let running = |text: &str| SampleRun::Running { since: now, progress: None, text: text.to_owned() };
    if sample.is_some() {
        open.sample.run = running("Sampling 24 shards");
    }
    if followed.is_some() {
        open.live_shard = Some(ShardId::from(BURSTS));
        open.live.run = running("Live …0040");
    }
    let made_of = Ingredients { totals, shards, sample, followed };
    open.measured = Some(Arc::new(MeasuredMetrics::join(made_of, None)));
    world
}

fn show<'a>(world: World, choice: ThemeChoice) -> egui_kittest::Harness<'a, Bench> {
    bench(world, (1_440.0, 900.0), choice)
}

#[test]
fn an_estimate_says_in_its_name_that_it_is_one_and_how_sure() {
    let harness = show(world(Some(sample()), None), ThemeChoice::Dark);
    harness.get_by_label_contains("Heat shardId-000000000007 now ~9");
    let names: Vec<_> = harness.get_all_by_label_contains("Heat shardId-").collect();
    assert_eq!(names.len(), 24);
    harness.get_by_label_contains("now ~53 % ± ");
    harness.get_by_label_contains("Heat stream now ");
    harness.get_by_label("Not measured before 14:19. sampling began then, see the stream row");
    harness.get_by_label("Shards are measured from 14:19 UTC on, by reading some of their records");
    harness.get_by_label("SAMPLED");
    harness.get_by_label_contains(
        "Shard metrics are off. Shard rows are estimates from reading the stream since 14:19, ±",
    );
}

#[test]
fn what_was_never_read_is_offered_and_not_shown_as_zero() {
    let mut harness = show(world(None, None), ThemeChoice::Dark);
    harness.get_by_label("Heat shardId-000000000007 no data");
    harness.get_by_label_contains("Shards are not measured yet");
    harness.get_by_label("Sample now").click();
    harness.run_steps(2);
    assert!(harness.state().commands.contains(&Command::StartSample(SampleRequest::every_minute())));
}

#[test]
fn sampling_is_stopped_by_name() {
    let mut harness = show(world(Some(sample()), None), ThemeChoice::Dark);
    harness.get_by_label("Stop sampling").click();
    harness.run_steps(2);
    assert!(harness.state().commands.contains(&Command::StopSample));
}

#[test]
fn arrows_stay_on_shards_below_the_row_of_the_stream() {
    let mut harness = show(world(Some(sample()), None), ThemeChoice::Dark);
    harness.state_mut().selection = None;
    harness.run_steps(2);
    press(&mut harness, Modifiers::NONE, Key::J);
    let first = harness.state().selection.clone();
    assert_eq!(first, Some(id(10)));
    press(&mut harness, Modifiers::NONE, Key::K);
    assert_eq!(harness.state().selection, first);
    press(&mut harness, Modifiers::NONE, Key::H);
    assert_eq!(harness.state().selection, Some(id(7)));
}

#[test]
fn a_shard_is_followed_by_button_and_key_and_no_longer_by_either() {
    let mut harness = show(incident::world(), ThemeChoice::Dark);
    harness.get_by_label("Live 1 s").click();
    harness.run_steps(2);
    assert!(harness.state().commands.contains(&Command::StartLive(id(7))));
    harness.state_mut().commands.clear();
    harness.state_mut().selection = Some(id(19));
    press(&mut harness, Modifiers::NONE, Key::L);
    assert!(harness.state().commands.contains(&Command::StartLive(id(19))));
    let mut harness = show(world(Some(sample()), Some(followed())), ThemeChoice::Dark);
    press(&mut harness, Modifiers::NONE, Key::L);
    assert!(harness.state().commands.contains(&Command::StopLive));
}

#[test]
fn seconds_over_the_limit_are_named_where_the_minutes_look_fine() {
    let mut live = world(Some(sample()), Some(followed()));
    let harness = show(world(Some(sample()), Some(followed())), ThemeChoice::Dark);
    harness.get_by_label("Live shardId-000000000040 last 120 s, 12 seconds over the limit, mean 55 %, highest 138 %");
    let burst = harness.get_all_by_label_contains("Heat shardId-000000000040 now ~").next();
    assert!(burst.is_some(), "the row is measured");
    harness.get_by_label_contains("bursts 12 s");
    let problem = Problem::new(ProblemKind::AccessDenied, "kinesis:GetRecords is not allowed for role oncall-ro.");
    if let Some(open) = &mut live.open {
        open.live.run = SampleRun::Failed { problem, at: live.now };
    }
    let mut harness = show(live, ThemeChoice::Dark);
    harness.get_by_label("Follow again").click();
    harness.run_steps(2);
    assert!(harness.state().commands.contains(&Command::StartLive(ShardId::from(BURSTS))));
}

#[test]
fn a_cell_says_how_many_seconds_it_rests_on() {
    let mut harness = show(world(Some(sample()), None), ThemeChoice::Dark);
    harness.hover_at(egui::pos2(848.0, 440.0));
    harness.run_steps(3);
    harness.get_by_label_contains("Estimated from 4 of 60 s, ± ");
    harness.hover_at(egui::pos2(500.0, 440.0));
    harness.run_steps(3);
    harness.get_by_label_contains("no second of this minute was read");
}

#[test]
fn pictures() {
    for (choice, suffix) in [(ThemeChoice::Dark, ""), (ThemeChoice::Light, "_light")] {
        let mut harness = show(world(Some(sample()), Some(followed())), choice);
        harness.state_mut().selection = Some(ShardId::from(BURSTS));
        harness.run_steps(3);
        picture(&mut harness, &format!("sampled{suffix}"));
        let mut harness = show(world(Some(sample()), None), choice);
        harness.hover_at(egui::pos2(848.0, 440.0));
        harness.run_steps(3);
        picture(&mut harness, &format!("sampled_rows{suffix}"));
    }
    let mut harness = show(world(None, None), ThemeChoice::Dark);
    picture(&mut harness, "sampled_never");
    let mut small = bench(world(Some(sample()), Some(followed())), (1_024.0, 700.0), ThemeChoice::Dark);
    picture(&mut small, "sampled_small");
    let mut starting = incident::world();
    if let Some(open) = &mut starting.open {
        open.live_shard = Some(id(7));
    }
    let mut harness = show(starting, ThemeChoice::Dark);
    picture(&mut harness, "live_starting");
}
