//! Getting around, unlocking, the palette and the keyboard, by role and name.

use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kinescope::model::answer::{Answer, Problem, ProblemKind};
use kinescope::model::connection::{ConnectRequest, Environment, SignIn};
use kinescope::model::ids::StreamName;
use kinescope::model::world::{Link, World};
use kinescope::ui::command::{Command, Dialog, Place, Tab};

use crate::fixture;
use crate::harness::{Window, window};

const SIZE: (f32, f32) = (1440.0, 900.0);

fn at(world: World, place: Place) -> Harness<'static, Window> {
    let mut harness = window(SIZE, world);
    harness.state_mut().apply(vec![Command::Go(place)]);
    harness.run_steps(2);
    harness
}

fn stream(tab: Tab) -> Place {
    Place::Stream(StreamName::from("clickstream-prod"), tab)
}

fn press(harness: &mut Harness<'_, Window>, key: Key) {
    harness.key_press(key);
    harness.run_steps(2);
}

#[test]
fn the_rail_leads_to_every_place() {
    let mut harness = at(fixture::incident(), Place::Fleet);
    harness.get_by_label("Activity log").click();
    harness.run_steps(2);
    assert_eq!(harness.state().ui.place, Place::Activity);
    harness.get_by_label_contains("Open orders-cdc critical").click();
    harness.run_steps(2);
    assert_eq!(harness.state().ui.place, Place::Stream(StreamName::from("orders-cdc"), Tab::Heatmap));
    harness.get_by_role_and_label(Role::Tab, "Tail").click();
    harness.run_steps(2);
    assert_eq!(harness.state().ui.place, Place::Stream(StreamName::from("orders-cdc"), Tab::Tail));
    harness.get_by_label("Fleet").click();
    harness.run_steps(2);
    harness.get_by_label_contains("Open fraud-scores").click();
    harness.run_steps(2);
    let remembered = Place::Stream(StreamName::from("fraud-scores"), Tab::Tail);
    assert_eq!(harness.state().ui.place, remembered, "the tab is remembered");
}

#[test]
fn without_a_connection_there_is_only_the_choice_of_one() {
    let mut harness = window(SIZE, fixture::first_start());
    assert!(harness.query_by_label("Fleet").is_none());
    press(&mut harness, Key::Enter);
    let demo = ConnectRequest { demo: true, ..ConnectRequest::default() };
    assert_eq!(harness.state().log, [Command::Connect(demo)]);
}

#[test]
fn an_expired_profile_offers_its_command_and_does_not_connect() {
    let mut harness = window(SIZE, fixture::first_start());
    harness.get_by_label_contains("Profile prod-oncall").click();
    harness.run_steps(2);
    harness.get_by_label("Connect to prod-oncall").click();
    harness.run_steps(2);
    assert!(harness.state().log.is_empty());
    harness.get_by_label("Copy sign-in command").click();
    harness.run_steps(2);
    harness.get_by_label("Run it for me").click();
    harness.run_steps(2);
    let expected =
        [Command::Copy("aws sso login --profile prod-oncall".to_owned()), Command::SignIn("prod-oncall".to_owned())];
    assert_eq!(harness.state().log, expected);
}

#[test]
fn a_sign_in_that_runs_can_be_stopped_and_one_that_failed_says_why() {
    let mut world = fixture::first_start();
    let mut outcome = Answer::default();
    outcome.begin(world.now);
    world.sign_in = Some(SignIn { profile: "prod-oncall".to_owned(), outcome });
    let mut harness = window(SIZE, world);
    harness.get_by_label_contains("Profile prod-oncall").click();
    harness.run_steps(2);
    harness.get_by_label("Stop signing in").click();
    harness.run_steps(2);
    assert_eq!(harness.state().log, [Command::StopSignIn]);
    let now = harness.state().world.now;
    let why = "The AWS CLI did not sign in: no browser.";
    if let Some(sign_in) = &mut harness.state_mut().world.sign_in {
        sign_in.outcome.finish(Err(Problem::new(ProblemKind::Credentials, why)), now);
    }
    harness.run_steps(2);
    harness.get_by_label(why);
    harness.get_by_label("Run it for me");
}

#[test]
fn a_profile_connects_with_its_region() {
    let mut harness = window(SIZE, fixture::first_start());
    harness.get_by_label_contains("Profile legacy-import").click();
    harness.run_steps(2);
    harness.get_by_label("Connect to legacy-import").click();
    harness.run_steps(2);
    let request = ConnectRequest {
        profile: Some("legacy-import".to_owned()),
        region: Some("us-west-2".to_owned()),
        ..ConnectRequest::default()
    };
    assert_eq!(harness.state().log, [Command::Connect(request)]);
}

#[test]
fn production_unlocks_only_after_its_tag_is_typed() {
    let mut harness = at(fixture::incident(), Place::Fleet);
    harness.get_by_label("Unlock…").click();
    harness.run_steps(3);
    assert_eq!(harness.state().ui.dialog, Some(Dialog::Unlock));
    harness.get_by_label("Unlock for 15 min").click();
    harness.run_steps(2);
    assert!(!harness.state().log.iter().any(|command| matches!(command, Command::Unlock { .. })));
    harness.get_by_label("Type PROD to confirm").focus();
    harness.run_steps(2);
    harness.get_by_label("Type PROD to confirm").type_text("PROD");
    harness.run_steps(2);
    harness.get_by_label("Unlock for 15 min").click();
    harness.run_steps(3);
    assert!(harness.state().log.contains(&Command::Unlock { minutes: 15, reason: String::new() }));
    assert_eq!(harness.state().ui.dialog, None);
}

#[test]
fn an_unknown_environment_asks_for_the_name_of_the_connection() {
    let mut world = fixture::incident();
    if let Link::Connected(info) = &mut world.link {
        info.environment = Environment::Unknown;
    }
    let mut harness = at(world, Place::Fleet);
    press(&mut harness, Key::U);
    assert!(harness.query_by_label("Type prod-oncall to confirm").is_some());
}

#[test]
fn one_click_locks_at_once() {
    let mut world = fixture::incident();
    fixture::unlock(&mut world);
    let mut harness = at(world, Place::Fleet);
    harness.get_by_label("Lock writes").click();
    harness.run_steps(2);
    assert_eq!(harness.state().log.last(), Some(&Command::Lock));
}

#[test]
fn the_palette_finds_a_stream_by_a_few_letters() {
    let mut harness = at(fixture::incident(), Place::Fleet);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::TextInput, "Go to, run…").type_text("frdsc");
    harness.run_steps(2);
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state().ui.place, Place::Stream(StreamName::from("fraud-scores"), Tab::Heatmap));
    assert!(harness.state().ui.palette.is_none());
}

#[test]
fn keys_are_shortcuts_only_while_nothing_is_typed() {
    let mut harness = at(fixture::stream_open(), stream(Tab::Heatmap));
    press(&mut harness, Key::Num2);
    assert_eq!(harness.state().ui.place, stream(Tab::Shards));
    press(&mut harness, Key::Slash);
    harness.run_steps(2);
    press(&mut harness, Key::Num3);
    assert_eq!(harness.state().ui.place, stream(Tab::Shards), "the filter has the focus");
    press(&mut harness, Key::Escape);
    press(&mut harness, Key::G);
    press(&mut harness, Key::F);
    assert_eq!(harness.state().ui.place, Place::Fleet);
}

#[test]
fn a_problem_leads_to_its_shard() {
    let mut harness = at(fixture::incident(), Place::Fleet);
    harness.get_by_label("Open heatmap of clickstream-prod").click();
    harness.run_steps(2);
    assert_eq!(harness.state().ui.place, stream(Tab::Heatmap));
    let selected = harness.state().ui.selected_shard.as_ref().map(|shard| shard.short());
    assert_eq!(selected.as_deref(), Some("…0007"));
}

#[test]
fn rows_of_the_fleet_say_their_figures_and_open_with_enter() {
    let mut harness = at(fixture::incident(), Place::Fleet);
    let row = harness.get_by_label_contains("Stream clickstream-prod critical 96%");
    assert!(row.accesskit_node().label().is_some_and(|label| label.contains("5,692 records/s")));
    assert!(harness.query_by_label_contains("Stream sandbox-replay no data no metrics").is_some());
    press(&mut harness, Key::J);
    press(&mut harness, Key::J);
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state().ui.place, Place::Stream(StreamName::from("orders-cdc"), Tab::Heatmap));
}

#[test]
fn headers_sort_and_unknown_figures_stay_last() {
    let mut harness = at(fixture::incident(), Place::Fleet);
    harness.get_by_label("Sort by Incoming, MiB/s").click();
    harness.run_steps(2);
    let top = |harness: &Harness<'_, Window>, name: &str| {
        harness.get_by_label_contains(&format!("Stream {name} ")).rect().top()
    };
    assert!(top(&harness, "iot-telemetry-eu") < top(&harness, "clickstream-prod"));
    harness.get_by_label("Sort by Incoming, MiB/s").click();
    harness.run_steps(2);
    assert!(top(&harness, "audit-trail") < top(&harness, "iot-telemetry-eu"));
    assert!(top(&harness, "sandbox-replay") > top(&harness, "iot-telemetry-eu"));
}

#[test]
fn the_dialog_that_unlocks_gives_back_the_one_it_was_opened_from() {
    let mut harness = at(fixture::stream_open(), stream(Tab::Heatmap));
    harness.get_by_label("Inject…").click();
    harness.run_steps(2);
    assert_eq!(harness.state().ui.dialog, Some(Dialog::Inject));
    harness.state_mut().apply(vec![Command::Open(Dialog::Unlock)]);
    harness.run_steps(2);
    press(&mut harness, Key::Escape);
    assert_eq!(harness.state().ui.dialog, Some(Dialog::Inject));
}

#[test]
fn the_log_shows_the_command_line_of_a_call() {
    let mut harness = at(fixture::incident(), Place::Activity);
    harness.get_by_label_contains("13:49:02 SplitShard").click();
    harness.run_steps(2);
    harness.get_by_label("Copy AWS CLI line").click();
    harness.run_steps(2);
    let copied = harness.state().log.last();
    assert!(matches!(copied, Some(Command::Copy(text)) if text.starts_with("aws kinesis split-shard --stream-name")));
}

#[test]
fn credentials_of_the_environment_connect_without_a_profile() {
    let mut harness = window(SIZE, fixture::first_start());
    harness.get_by_label_contains("Default chain").click();
    harness.run_steps(2);
    harness.get_by_label("Connect to default chain").click();
    harness.run_steps(2);
    assert_eq!(harness.state().log, [Command::Connect(ConnectRequest::default())]);
}

#[test]
fn idle_means_idle() {
    for place in [
        Place::Fleet,
        Place::Activity,
        Place::Settings,
        stream(Tab::Heatmap),
        stream(Tab::Shards),
        stream(Tab::Tail),
        stream(Tab::Keys),
    ] {
        let mut harness = at(fixture::stream_open(), place.clone());
        assert!(harness.try_run().is_ok(), "{place:?} repaints without a reason");
    }
    let mut first = window(SIZE, fixture::first_start());
    assert!(first.try_run().is_ok(), "the first screen repaints without a reason");
}

#[test]
fn the_filter_of_the_rail_opens_its_first_match() {
    let mut harness = at(fixture::incident(), Place::Fleet);
    press(&mut harness, Key::Slash);
    harness.get_by_label("Filter streams").type_text("ledger");
    harness.run_steps(2);
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state().ui.place, Place::Stream(StreamName::from("ledger-postings"), Tab::Heatmap));
}

#[test]
fn a_list_that_would_sort_anew_waits_until_the_button_is_released() {
    let mut harness = at(fixture::incident(), Place::Fleet);
    let aimed_at = harness.get_by_label_contains("Open orders-cdc").rect().center();
    harness.hover_at(aimed_at);
    harness.drag_at(aimed_at);
    harness.step();
    let now = harness.state().world.now;
    let mut turned = fixture::fleet(now);
    turned.rows.reverse();
    harness.state_mut().world.fleet = Answer::known(turned, now);
    harness.step();
    harness.drop_at(aimed_at);
    harness.run_steps(2);
    assert_eq!(harness.state().ui.place, Place::Stream(StreamName::from("orders-cdc"), Tab::Heatmap));
    // A pointer that has come to rest for a third of a second holds nothing back.
    harness.run_steps(4);
    let moved_to = harness.get_by_label_contains("Open orders-cdc").rect().center();
    assert_ne!(moved_to, aimed_at, "the new order is shown");
}
