//! The dialog that sends a load of a known shape.

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kinescope::model::answer::Answer;
use kinescope::model::batch::{BatchCommand, Share};
use kinescope::model::connection::Environment;
use kinescope::model::generator::keys::{KeyPlan, KeyStrategy};
use kinescope::model::generator::run::{Course, GeneratorEnd, GeneratorRun, Point, ShardCount};
use kinescope::model::generator::schedule::{Rate, Schedule, Until};
use kinescope::model::generator::{BusyShard, GeneratorCommand, GeneratorSpec, Stops};
use kinescope::model::hash_range::HashKeyRange;
use kinescope::model::ids::{SequenceNumber, ShardId};
use kinescope::model::metrics::{Source, StreamMetrics, Window, WriteMetrics};
use kinescope::model::shard_map::{Shard, ShardMap};
use kinescope::model::template::OwnTemplate;
use kinescope::model::time::{Millis, Timestamp};
use kinescope::model::unfinished::{Account, RunHead, Unfinished};
use kinescope::model::world::{Link, World};
use kinescope::model::wrap::Wrap;
use kinescope::ui::command::{Command, Commands};
use kinescope::ui::dialogs::inject::{self, InjectState};

use crate::harness::picture;
use crate::stage::{self, Stage, shard_id, window};

/// Share of the write limit of each shard, in per cent.
const LOADS: [f64; 8] = [18.0, 15.0, 21.0, 13.0, 17.0, 19.0, 15.0, 16.0];

fn show(
    ui: &mut eframe::egui::Ui,
    world: &World,
    state: &mut InjectState,
    _selection: &mut Option<ShardId>,
    out: &mut Commands,
) {
    inject::show(ui, world, state, out);
}

/// A stream of eight shards on a staging connection, with or without figures of its shards.
fn staging(has_figures: bool) -> World {
    let mut world = stage::unlocked(3_136);
    if let Link::Connected(info) = &mut world.link {
        info.environment = Environment::Staging;
    }
    let now = world.now;
    let shard = |(at, range): (usize, HashKeyRange)| Shard {
        id: shard_id(at as u32),
        range,
        parent: None,
        adjacent_parent: None,
        starting_sequence_number: SequenceNumber::from("49668412730951846205000000000000000000000000000000000002"),
        ending_sequence_number: None,
    };
    let map = ShardMap::new(HashKeyRange::uniform(8).into_iter().enumerate().map(shard).collect());
    let span = Window::last_minutes(now, 5);
    let of = |percent: f64| {
        let mut metrics = WriteMetrics::unknown(span);
        for index in 0..span.len() {
            let at = metrics.incoming_bytes.time_of(index);
            metrics.incoming_bytes.set(at, percent / 100.0 * 60.0 * 1_048_576.0);
        }
        metrics
    };
    let shards = LOADS.iter().enumerate().filter(|_| has_figures);
    let metrics = StreamMetrics {
        window: span,
        total: WriteMetrics::unknown(span),
        shards: shards.map(|(at, percent)| (shard_id(at as u32), of(*percent))).collect(),
        source: Source::CloudWatch,
        incomplete_from: None,
    };
    if let Some(open) = &mut world.open {
        open.shards = Answer::known(map, now);
        open.metrics = Answer::known(metrics, now);
        open.measured = None;
    }
    world
}

fn run(world: &World, end: Option<GeneratorEnd>) -> GeneratorRun {
    let seconds = 134;
    let mut course = Course::default();
    for second in 1..=seconds {
        let ramp = (f64::from(second) / 30.0).min(1.0);
        let wobble = 1.0 + f64::from(second * 7 % 5) * 0.006;
        course.push(Point {
            upto: f64::from(second),
            sent: (1_250.0 * ramp * wobble) as u64,
            throttled: if (89..97).contains(&second) { 7 } else { 0 },
            hottest: 0.16 + 0.51 * ramp * wobble,
        });
    }
    let ranges = HashKeyRange::uniform(8).into_iter().enumerate();
    let shards = ranges.map(|(at, range)| {
        let shard = BusyShard { id: shard_id(at as u32), range, now: LOADS.get(at).map(|load| load / 100.0) };
        let load = 0.27 + if at == 7 { 0.41 } else { 0.02 * at as f64 };
        let throttled = if at == 7 { 56 } else { 0 };
        ShardCount { shard, sent: Share { records: 18_000, bytes: 27_000_000 }, throttled, load }
    });
    GeneratorRun {
        stream: "clickstream-prod".into(),
        started: world.now - Millis::from_secs(i64::from(seconds)),
        ended: end.as_ref().map(|_| world.now),
        target_records_per_sec: 1_250.0,
        seconds: 300.0,
        cap: Some(0.7),
        seed: 1,
        made: 149_700,
        sent: Share { records: 149_691, bytes: 231_000_000 },
        after_retry: 57,
        retries: 65,
        failed: 0,
        unknown: 0,
        last_failure: None,
        units: 149_691,
        call_p99: Some(Millis(31)),
        calls: 4,
        records_per_sec: 1_252.0,
        bytes_per_sec: 1_930_000.0,
        shards: shards.collect(),
        missed_seconds: 0.0,
        course,
        end,
    }
}

fn opened(world: World, run: Option<GeneratorRun>) -> Harness<'static, Stage<InjectState>> {
    let mut stage: Stage<InjectState> = Stage::new(world);
    if let Some(open) = &mut stage.world.open {
        open.generator.run = run.map(Arc::new);
    }
    let mut harness = window(stage, show);
    harness.get_by_role_and_label(Role::RadioButton, "Generator").click();
    harness.run_steps(3);
    harness
}

fn type_into(harness: &mut Harness<'_, Stage<InjectState>>, name: &str, text: &str) {
    harness.get_by_role_and_label(Role::TextInput, name).focus();
    harness.run_steps(1);
    harness.key_press_modifiers(eframe::egui::Modifiers::COMMAND, eframe::egui::Key::A);
    harness.run_steps(1);
    harness.get_by_role_and_label(Role::TextInput, name).type_text(text);
    harness.run_steps(2);
}

fn is_disabled(harness: &Harness<'_, Stage<InjectState>>, name: &str) -> bool {
    harness.get_by_role_and_label(Role::Button, name).accesskit_node().is_disabled()
}

#[test]
fn what_is_typed_becomes_a_plan_and_every_shard_has_its_prediction() {
    let mut harness = opened(staging(true), None);
    type_into(&mut harness, "Rate", "800");
    assert!(harness.query_by_label_contains("Valid JSON, 10 placeholders").is_some());
    assert!(harness.query_by_label_contains("…0003: 13 % now").is_some());
    picture(&mut harness, "generator");
    harness.get_by_role_and_label(Role::Button, "Start on STAGING").click();
    harness.run_steps(2);
    let Some(Command::Generator(GeneratorCommand::Start(spec))) = harness.state().commands.last() else {
        panic!("{:?}", harness.state().commands.last())
    };
    assert_eq!((spec.schedule.rate, spec.schedule.until), (Rate::Records(800.0), Until::Seconds(300)));
    assert_eq!((spec.keys.strategy, spec.stops.cap), (KeyStrategy::Zipf { skew: 1.1 }, Some(0.7)));
}

#[test]
fn a_load_beyond_the_cap_cannot_be_started_until_the_cap_is_raised() {
    let mut harness = opened(staging(true), None);
    harness.get_by_role_and_label(Role::RadioButton, "One hot key").click();
    harness.run_steps(2);
    type_into(&mut harness, "Rate", "1000");
    type_into(&mut harness, "Hot key", "90");
    assert!(is_disabled(&harness, "Start on STAGING"));
    assert!(harness.query_by_label_contains("beyond the cap").is_some());
    picture(&mut harness, "generator_capped");
    harness.get_by_role_and_label(Role::RadioButton, "off").click();
    harness.run_steps(2);
    assert!(!is_disabled(&harness, "Start on STAGING"));
}

#[test]
fn a_load_that_is_not_known_is_said_to_be_unknown() {
    let mut harness = opened(staging(false), None);
    assert!(harness.query_by_label_contains("…0003: load now unknown").is_some());
    picture(&mut harness, "generator_unknown");
}

#[test]
fn a_fault_in_the_template_is_named_by_line_and_column() {
    let mut harness = opened(staging(true), None);
    let id = "Template of a record";
    harness.get_by_role_and_label(Role::MultilineTextInput, id).focus();
    harness.run_steps(1);
    harness.key_press_modifiers(eframe::egui::Modifiers::COMMAND, eframe::egui::Key::A);
    harness.run_steps(1);
    harness.get_by_role_and_label(Role::MultilineTextInput, id).type_text("{\"a\": {{nothing}}}");
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("No template, line 1, column 9: nothing is not known").is_some());
    assert!(is_disabled(&harness, "Start on STAGING"));
}

#[test]
fn a_run_shows_its_course_and_escape_stops_it() {
    let world = staging(true);
    let run = run(&world, None);
    let mut harness = opened(world, Some(run));
    assert!(harness.query_by_label_contains("Generator: Running, 2:14 of 5:00").is_some());
    assert!(harness.query_by_label_contains("Sent 149,691, 1,252 rec/s, 1.84 MiB/s").is_some());
    assert!(harness.query_by_label_contains("18,000 sent, 56 throttled").is_some());
    picture(&mut harness, "generator_run");
    harness.key_press(eframe::egui::Key::Escape);
    harness.run_steps(2);
    let commands = &harness.state().commands;
    assert_eq!(commands.last(), Some(&Command::Generator(GeneratorCommand::Stop)));
    assert!(!commands.contains(&Command::CloseDialog), "Escape stops, and does not close");
}

#[test]
fn production_needs_the_name_of_the_stream() {
    let mut world = staging(true);
    if let Link::Connected(info) = &mut world.link {
        info.environment = Environment::Prod;
    }
    let mut harness = opened(world, None);
    assert!(is_disabled(&harness, "Start on PROD"));
    type_into(&mut harness, "Stream's name", "clickstream-prod");
    assert!(!is_disabled(&harness, "Start on PROD"));
}

#[test]
fn a_run_that_stopped_by_itself_says_why_and_own_templates_are_offered() {
    let mut world = staging(true);
    world.settings.templates = vec![OwnTemplate { name: "Mine".to_owned(), text: "{{uuid}}".to_owned() }];
    let why = "Stopped at the cap: …0007 reached 70 % of its limit, the cap is 70 %.";
    let run = run(&world, Some(GeneratorEnd::Bound(why.to_owned())));
    let mut stage: Stage<InjectState> = Stage::new(world);
    stage.is_light = true;
    if let Some(open) = &mut stage.world.open {
        open.generator.run = Some(Arc::new(run));
    }
    let mut harness = window(stage, show);
    harness.get_by_role_and_label(Role::RadioButton, "Generator").click();
    harness.run_steps(3);
    assert!(harness.query_by_label(why).is_some());
    picture(&mut harness, "generator_light");
    harness.get_by_role_and_label(Role::Button, "Template").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::MenuItem, "Mine").click();
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("Not JSON").is_some());
}

#[test]
fn a_load_that_was_cut_off_can_go_on_or_be_left() {
    let mut world = staging(true);
    let spec = GeneratorSpec {
        template: "{{uuid}}".to_owned(),
        keys: KeyPlan { strategy: KeyStrategy::Uniform, pattern: "k-{{rank}}".to_owned(), keys: 9 },
        schedule: Schedule { rate: Rate::Records(100.0), ramp_seconds: 0, until: Until::Records(48_205) },
        seed: 7,
        stops: Stops::default(),
        wrap: Wrap::Plain,
    };
    let head = RunHead {
        stream: "clickstream-prod".into(),
        connection: "prod-oncall".to_owned(),
        environment: "STAGING".to_owned(),
        who: "anna".to_owned(),
        started: Timestamp::from_rfc3339("2026-09-15T14:02:11Z").expect("a time"),
        title: "a generator with seed 7".to_owned(),
        of: Some(48_205),
        cli: String::new(),
        file: None,
        load: Some(spec),
    };
    let account = Account::read("out 0-18999\nsent 0-18499\n");
    world.unfinished_runs = vec![Unfinished { id: "1-2-3".to_owned(), head, account }];
    // Whoever was told of it finds it at once.
    let mut harness = window(Stage::<InjectState>::new(world), show);
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("18,500 sent, 500 unknown, 29,205 not sent").is_some());
    assert!(harness.query_by_label_contains("Unknown: records 18500-18999, never sent again").is_some());
    picture(&mut harness, "generator_cut_off");
    harness.get_by_role_and_label(Role::Button, "Go on with the rest").click();
    harness.run_steps(2);
    let rest = BatchCommand::SendRest("1-2-3".to_owned());
    assert_eq!(harness.state().commands.last(), Some(&Command::Batch(rest)));
    harness.get_by_role_and_label(Role::Button, "Leave it").click();
    harness.run_steps(2);
    let forget = BatchCommand::Forget("1-2-3".to_owned());
    assert_eq!(harness.state().commands.last(), Some(&Command::Batch(forget)));
}
