//! The dialogs around a stream: capacity mode, settings, creation and the end.

use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kinescope::model::account::AccountLimits;
use kinescope::model::activity::{ActivityEntry, Event, Outcome};
use kinescope::model::answer::Answer;
use kinescope::model::change::details::{Commitment, StreamDetails, WarmThroughput};
use kinescope::model::change::{CallEnd, ChangeRequest, ChangeRun, StreamChange};
use kinescope::model::connection::Environment;
use kinescope::model::consumer::Consumer;
use kinescope::model::reshard::{ReshardStep, StepState};
use kinescope::model::stream::{StreamMode, StreamStatus, StreamSummary};
use kinescope::model::time::Millis;
use kinescope::model::world::{Link, World};
use kinescope::ui::command::{Command, Dialog, Place, StreamPart, Tab};

use crate::fixture;
use crate::harness::{Window, picture, tab_to, window};

pub type Screen = Harness<'static, Window>;

const FULL: (f32, f32) = (1440.0, 900.0);
pub const NAME: &str = "clickstream-prod";

fn consumer(world: &World, name: &str, status: &str) -> Consumer {
    Consumer {
        name: name.to_owned(),
        arn: format!("arn:aws:kinesis:us-east-1:482109375516:stream/{NAME}/consumer/{name}:1"),
        is_active: status == "ACTIVE",
        status: status.to_owned(),
        created: Some(world.now - Millis::from_mins(60 * 24 * 40)),
    }
}

/// The incident, unlocked, with everything known that the dialogs ask for.
pub fn known(change: impl Fn(&mut StreamDetails)) -> World {
    let mut world = fixture::stream_open();
    fixture::unlock(&mut world);
    let summary = world.open.as_ref().and_then(|open| open.summary.get()).expect("described").clone();
    let tags = [("team", "ingest"), ("cost-center", "4711"), ("env", "prod")];
    let mut details = StreamDetails {
        summary,
        warm: None,
        channels: None,
        tags: Ok(tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
        consumers: Ok(vec![consumer(&world, "sessionizer", "ACTIVE"), consumer(&world, "fraud-flink", "CREATING")]),
        commitment: Ok(Commitment { is_on: false, earliest_end: None }),
    };
    change(&mut details);
    if let Some(open) = &mut world.open {
        open.summary = Answer::known(details.summary.clone(), world.now);
    }
    world.changes.of = Some(NAME.into());
    world.changes.details = Answer::known(details, world.now);
    let limits = AccountLimits {
        shard_limit: 20_000,
        open_shard_count: 177,
        on_demand_stream_limit: 50,
        on_demand_stream_count: 6,
    };
    world.account_limits = Answer::known(limits, world.now);
    world
}

pub fn relaxed(mut world: World) -> World {
    if let Link::Connected(info) = &mut world.link {
        info.environment = Environment::Dev;
    }
    world
}

pub fn open(world: World, command: Command) -> Screen {
    let mut harness = window(FULL, world);
    let place = Place::Stream(NAME.into(), Tab::Heatmap);
    harness.state_mut().apply(vec![Command::Go(place), command]);
    harness.run_steps(4);
    harness.check_accessibility();
    harness
}

fn part(world: World, part: StreamPart) -> Screen {
    open(world, Command::Manage(NAME.into(), part))
}

fn is_off(harness: &Screen, name: &str) -> bool {
    harness.get_by_role_and_label(egui::accesskit::Role::Button, name).accesskit_node().is_disabled()
}

pub fn click(harness: &mut Screen, name: &str) {
    harness.get_by_role_and_label(egui::accesskit::Role::Button, name).click();
    harness.run_steps(3);
}

pub fn fill(harness: &mut Screen, name: &str, text: &str) {
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, name).focus();
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.event(egui::Event::Text(text.to_owned()));
    harness.run_steps(3);
}

fn confirm(harness: &mut Screen) {
    fill(harness, "Type the stream name to confirm", NAME);
}

/// The changes that were asked for.
fn asked(harness: &Screen) -> Vec<StreamChange> {
    let requests = harness.state().log.iter().filter_map(|command| match command {
        Command::Change(request) => Some(request.changes.clone()),
        _ => None,
    });
    requests.flatten().collect()
}

pub fn plain() -> World {
    known(|_| {})
}

pub fn advantage() -> World {
    known(|details| {
        details.summary.mode = StreamMode::OnDemand;
        details.commitment = Ok(Commitment { is_on: true, earliest_end: None });
        details.warm = Some(WarmThroughput { target_mibps: Some(20), current_mibps: Some(12) });
    })
}

#[test]
fn a_mode_is_switched_only_with_the_name_typed_on_production() {
    let mut harness = open(plain(), Command::PlanMode);
    let button = "Switch to On-demand Standard";
    assert!(is_off(&harness, button));
    confirm(&mut harness);
    assert!(!is_off(&harness, button));
    click(&mut harness, button);
    assert_eq!(asked(&harness), [StreamChange::Mode { to: StreamMode::OnDemand, warm_mibps: None }]);
}

#[test]
fn a_mode_that_cannot_be_had_says_why() {
    let mut harness = open(relaxed(plain()), Command::PlanMode);
    harness.get_by_label("Switches, rolling 24 h 0 of 2 by this program");
    harness.get_by_label_contains("On-demand Advantage $").click();
    harness.run_steps(3);
    harness.get_by_label("This way can be had the account does not have it");
    assert!(is_off(&harness, "Switch to On-demand Advantage"));
    harness.get_by_label_contains("Provisioned, now,").click();
    harness.run_steps(3);
    assert!(is_off(&harness, "Switch to Provisioned"));
    harness.get_by_label("Another mode than now it is provisioned already");
}

#[test]
fn the_third_switch_of_a_day_is_refused() {
    let mut world = relaxed(plain());
    for hours in [20, 3] {
        world.activity.push(ActivityEntry {
            at: world.now - Millis::from_mins(60 * hours),
            connection: "prod-oncall".to_owned(),
            environment: "PROD".to_owned(),
            who: "anna".to_owned(),
            stream: Some(NAME.into()),
            event: Event::Call {
                operation: "UpdateStreamMode".to_owned(),
                target: "to ON_DEMAND".to_owned(),
                cli: String::new(),
                request_id: None,
                took: Millis(9),
                outcome: Outcome::Ok,
            },
        });
    }
    let harness = open(world, Command::PlanMode);
    harness.get_by_label("Switches, rolling 24 h 2 of 2 by this program");
    assert!(is_off(&harness, "Switch to On-demand Standard"));
}

#[test]
fn warm_throughput_is_set_where_the_account_has_advantage() {
    let mut harness = open(relaxed(advantage()), Command::PlanMode);
    harness.get_by_label_contains("On-demand Advantage, now,").click();
    harness.run_steps(3);
    fill(&mut harness, "Warm throughput", "20000");
    assert!(is_off(&harness, "Set warm throughput"));
    fill(&mut harness, "Warm throughput", "50");
    click(&mut harness, "Set warm throughput");
    assert_eq!(asked(&harness), [StreamChange::WarmThroughput { mibps: 50 }]);
}

#[test]
fn a_shorter_retention_says_what_is_hidden() {
    let mut harness = part(relaxed(known(|details| details.summary.retention_hours = 720)), StreamPart::Retention);
    assert!(is_off(&harness, "Keep for 30 d"));
    fill(&mut harness, "Keep records for", "12");
    harness.get_by_label("24 to 8,760 hours");
    harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, "7 d").click();
    harness.run_steps(3);
    harness.get_by_label_contains("Everything older than 7 d cannot be read any more");
    click(&mut harness, "Shorten to 7 d");
    assert_eq!(asked(&harness), [StreamChange::Retention { from: 720, to: 168 }]);
}

#[test]
fn tags_are_edited_before_anything_is_sent() {
    let mut harness = part(relaxed(plain()), StreamPart::Tags);
    assert!(is_off(&harness, "Change tags"));
    fill(&mut harness, "Tag key", "aws:mine");
    harness.get_by_label("keys that begin with aws: are AWS's own");
    assert!(is_off(&harness, "Take this tag"));
    fill(&mut harness, "Tag key", "team");
    fill(&mut harness, "Tag value", "search");
    harness.key_press(egui::Key::Enter);
    harness.run_steps(3);
    harness.get_by_label("Tag team search CHANGED");
    click(&mut harness, "Remove tag env");
    click(&mut harness, "Remove tag cost-center");
    click(&mut harness, "Undo tag env");
    click(&mut harness, "Set 1, remove 1");
    let changes = asked(&harness);
    assert_eq!(
        changes,
        [
            StreamChange::RemoveTags(["cost-center".to_owned()].into()),
            StreamChange::SetTags([("team".to_owned(), "search".to_owned())].into()),
        ]
    );
}

#[test]
fn a_stream_is_encrypted_under_another_key_or_no_more() {
    let mut harness = part(relaxed(plain()), StreamPart::Encryption);
    assert!(is_off(&harness, "Encrypt"));
    harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, "Key of your own").click();
    harness.run_steps(3);
    fill(&mut harness, "Key id, ARN or alias", "my key");
    assert!(is_off(&harness, "Encrypt"));
    fill(&mut harness, "Key id, ARN or alias", "alias/mine");
    assert!(!is_off(&harness, "Encrypt"));
    harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, "Off").click();
    harness.run_steps(3);
    click(&mut harness, "Stop encryption");
    assert_eq!(asked(&harness), [StreamChange::Decrypt { key_id: "alias/aws/kinesis".to_owned() }]);
}

#[test]
fn records_may_be_larger_within_bounds() {
    let mut harness = part(relaxed(plain()), StreamPart::RecordSize);
    fill(&mut harness, "Up to", "20000");
    harness.get_by_label("1,024 to 10,240 KiB");
    harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, "5 MiB").click();
    harness.run_steps(3);
    click(&mut harness, "Take records up to 5,120 KiB");
    assert_eq!(asked(&harness), [StreamChange::RecordSize { kib: 5_120 }]);
}

#[test]
fn consumers_are_registered_and_deregistered() {
    let mut harness = part(relaxed(plain()), StreamPart::Consumers);
    harness.get_by_label_contains("Consumer sessionizer ACTIVE since 6 Aug 2026");
    fill(&mut harness, "Consumer name", "sessionizer");
    harness.get_by_label("Name is free it is registered");
    assert!(is_off(&harness, "Register consumer"));
    fill(&mut harness, "Consumer name", "enrich");
    assert!(!is_off(&harness, "Register consumer"));
    click(&mut harness, "Deregister sessionizer…");
    click(&mut harness, "Deregister sessionizer");
    assert_eq!(asked(&harness), [StreamChange::Deregister { consumer: "sessionizer".to_owned() }]);
}

#[test]
fn shard_metrics_are_switched_with_their_price() {
    let mut harness = part(relaxed(plain()), StreamPart::Metrics);
    harness.get_by_label("24 shards × 7 metrics × $0.30 -$50.40");
    click(&mut harness, "Disable shard metrics");
    assert_eq!(asked(&harness), [StreamChange::Monitoring { enable: false }]);
}

#[test]
fn a_stream_is_deleted_only_with_its_name_typed_and_its_consumers_named() {
    let mut harness = part(relaxed(plain()), StreamPart::Delete);
    harness.get_by_label("Fan-out consumers 2 keep the stream");
    confirm(&mut harness);
    assert!(is_off(&harness, "Delete stream"), "consumers keep it");
    harness.get_by_role_and_label(egui::accesskit::Role::CheckBox, "Deregister 2 consumers with it").click();
    harness.run_steps(3);
    click(&mut harness, "Delete stream");
    assert_eq!(asked(&harness), [StreamChange::Delete { with_consumers: true }]);
}

#[test]
fn a_new_stream_needs_a_good_name_that_is_free() {
    let mut harness = open(relaxed(plain()), Command::Open(Dialog::Create));
    assert!(is_off(&harness, "Create stream"));
    fill(&mut harness, "Stream name", "two words");
    harness.get_by_label("a space is not allowed: letters, digits, _ . -");
    fill(&mut harness, "Stream name", "orders-cdc");
    harness.get_by_label("Name is free in the Region a stream has it");
    fill(&mut harness, "Stream name", "orders-replay");
    fill(&mut harness, "Shards", "0");
    assert!(is_off(&harness, "Create stream"));
    fill(&mut harness, "Shards", "3");
    click(&mut harness, "Copy as AWS CLI");
    let copied = harness.state().log.iter().any(|command| match command {
        Command::Copy(line) => {
            line.starts_with("aws kinesis create-stream --stream-name orders-replay --shard-count 3")
        }
        _ => false,
    });
    assert!(copied, "{:?}", harness.state().log);
    click(&mut harness, "Create stream");
    let create = StreamChange::Create { mode: StreamMode::Provisioned, shards: Some(3), max_record_kib: None };
    assert_eq!(asked(&harness), [create]);
}

#[test]
fn nothing_is_sent_while_writes_are_locked_or_the_stream_is_updating() {
    let mut world = relaxed(plain());
    world.lock = kinescope::model::connection::WriteLock::ReadOnly;
    let mut harness = part(world, StreamPart::Retention);
    fill(&mut harness, "Keep records for", "48");
    harness.get_by_label("Writes are unlocked read-only");
    assert!(is_off(&harness, "Keep for 48 h"));
    harness.get_all_by_label("Unlock…").last().expect("a button").click();
    harness.run_steps(2);
    assert_eq!(harness.state().ui.dialog, Some(Dialog::Unlock));
    harness.state_mut().apply(vec![Command::CloseDialog]);
    harness.run_steps(2);
    assert_eq!(harness.state().ui.dialog, Some(Dialog::Stream), "it comes back as it was");
    let world = relaxed(known(|details| details.summary.status = StreamStatus::Updating));
    let mut harness = part(world, StreamPart::Retention);
    fill(&mut harness, "Keep records for", "48");
    harness.get_by_label("Stream is ACTIVE it is UPDATING");
    assert!(is_off(&harness, "Keep for 48 h"));
}

fn run(world: &World, change: StreamChange, last: StepState) -> ChangeRun {
    let began = world.now - Millis::from_secs(4);
    let step = |text: &str, state: StepState| ReshardStep { text: text.to_owned(), state };
    let is_done = matches!(last, StepState::Done(_));
    let end = CallEnd { began, took: Millis(900), receipt: None, problem: None };
    ChangeRun {
        request: ChangeRequest::one(NAME.into(), "", change),
        steps: vec![
            step("Checks", StepState::Done(began)),
            step("IncreaseStreamRetentionPeriod", StepState::Done(began)),
            step("Stream ACTIVE and says so", last),
        ],
        ends: if is_done { vec![end] } else { Vec::new() },
        is_done,
    }
}

#[test]
fn a_change_under_way_is_followed_and_can_be_left() {
    let mut world = plain();
    let change = StreamChange::Retention { from: 24, to: 168 };
    let running = run(&world, change.clone(), StepState::Running(world.now - Millis::from_secs(3)));
    world.changes.runs.insert(NAME.into(), running);
    let mut harness = part(world, StreamPart::Retention);
    harness.get_by_label_contains("Stream ACTIVE and says so 3.0 s");
    picture(&mut harness, "stream_progress");
    let done = run(&harness.state().world, change, StepState::Done(harness.state().world.now));
    harness.state_mut().world.changes.runs.insert(NAME.into(), done);
    harness.run_steps(3);
    click(&mut harness, "Change it again");
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Keep records for");
    assert!(harness.query_by_label_contains("Stream ACTIVE and says so").is_none());
}

#[test]
fn a_change_is_made_with_the_keyboard_alone() {
    let mut harness = open(relaxed(plain()), Command::TogglePalette);
    harness.event(egui::Event::Text("change retention".to_owned()));
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(3);
    tab_to(&mut harness, "Keep records for");
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.event(egui::Event::Text("96".to_owned()));
    harness.run_steps(2);
    tab_to(&mut harness, "Keep for 4 d");
    harness.key_press(egui::Key::Enter);
    harness.run_steps(2);
    assert_eq!(asked(&harness), [StreamChange::Retention { from: 24, to: 96 }]);
    harness.state_mut().apply(vec![Command::PlanMode]);
    harness.run_steps(3);
    let provisioned = harness.get_by_label_contains("Provisioned, now,").accesskit_node().label().expect("a name");
    tab_to(&mut harness, &provisioned);
    harness.key_press(egui::Key::Space);
    harness.run_steps(2);
    assert!(is_off(&harness, "Switch to Provisioned"));
}

#[test]
fn what_is_denied_offers_the_statement_that_helps() {
    use kinescope::model::answer::{Problem, ProblemKind};
    let mut world = plain();
    let statement = r#"{"Effect":"Allow","Action":"kinesis:UpdateStreamMode","Resource":"*"}"#;
    let denied = Problem {
        kind: ProblemKind::AccessDenied,
        operation: "UpdateStreamMode",
        sentence: "AccessDenied: kinesis:UpdateStreamMode is missing for role oncall-rw.".to_owned(),
        remedy: Some(statement.to_owned()),
    };
    let change = StreamChange::Mode { to: StreamMode::OnDemand, warm_mibps: None };
    let running = run(&world, change.clone(), StepState::Running(world.now));
    world.changes.runs.insert(NAME.into(), running);
    let mut harness = open(world, Command::Open(Dialog::Reshard));
    harness.get_by_label_contains("Stream ACTIVE and says so");
    let mut failed = run(&harness.state().world, change, StepState::Failed(harness.state().world.now, denied));
    failed.is_done = true;
    harness.state_mut().world.changes.runs.insert(NAME.into(), failed);
    harness.run_steps(3);
    harness.get_by_label("AccessDenied: kinesis:UpdateStreamMode is missing for role oncall-rw.");
    picture(&mut harness, "reshard_mode_denied");
    click(&mut harness, "Copy IAM statement");
    assert!(harness.state().log.contains(&Command::Copy(statement.to_owned())));
    click(&mut harness, "Look at the modes again");
    harness.get_by_label("Stream is ACTIVE");
}

#[test]
fn the_palette_and_the_menus_lead_to_every_dialog() {
    let mut harness = open(plain(), Command::CloseDialog);
    harness.get_by_label("More about the stream").click();
    harness.run_steps(2);
    let tags = harness.get_by_role_and_label(egui::accesskit::Role::MenuItem, "Tags…");
    assert!(tags.rect().width() <= 200.0, "the menu is as wide as its words: {}", tags.rect().width());
    tags.click();
    harness.run_steps(2);
    assert!(harness.state().log.contains(&Command::Manage(NAME.into(), StreamPart::Tags)));
    harness.key_press(egui::Key::Escape);
    harness.run_steps(2);
    harness.state_mut().apply(vec![Command::TogglePalette]);
    harness.run_steps(2);
    harness.event(egui::Event::Text("capacity mode".to_owned()));
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(2);
    assert!(harness.state().log.contains(&Command::PlanMode), "{:?}", harness.state().log);
    harness.state_mut().apply(vec![Command::Go(Place::Fleet)]);
    harness.run_steps(2);
    harness.get_by_label("Create a stream…").click();
    harness.run_steps(2);
    assert_eq!(harness.state().ui.dialog, Some(Dialog::Create));
}

/// A summary is what the dialogs go by when nothing else answers.
#[test]
fn a_server_without_tags_and_consumers_still_shows_the_rest() {
    let none = || {
        Err(kinescope::model::answer::Problem::new(kinescope::model::answer::ProblemKind::Unsupported, "It has none."))
    };
    let world = relaxed(known(|details| {
        details.consumers = none();
        details.commitment = Err(kinescope::model::answer::Problem::new(
            kinescope::model::answer::ProblemKind::Unsupported,
            "It has none.",
        ));
        details.summary = StreamSummary { consumer_count: None, ..details.summary.clone() };
    }));
    let mut harness = part(world, StreamPart::Consumers);
    harness.get_by_label("It has none.");
    harness.get_by_role_and_label(egui::accesskit::Role::Tab, "Tags").click();
    harness.run_steps(3);
    harness.get_by_label("Tag team ingest");
}
