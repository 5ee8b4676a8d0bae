//! The dialog that sends a file of records.

use std::path::Path;
use std::sync::Arc;

use eframe::egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kinescope::model::batch::load::OverChoice;
use kinescope::model::batch::run::{BatchEnd, BatchRow, BatchRun, Trouble};
use kinescope::model::batch::{
    BatchCommand, BatchFormat, BatchScan, BatchSpec, BatchWish, FileStamp, InvalidLine, KeyRule, Landing, Pace,
    PreviewLine, Share,
};
use kinescope::model::export::LineFormat;
use kinescope::model::hash_range::HashKey;
use kinescope::model::ids::{PartitionKey, SequenceNumber};
use kinescope::model::results::ResultsOf;
use kinescope::model::time::{Millis, Timestamp};
use kinescope::model::unfinished::{Account, FileRun, RunHead, Unfinished};
use kinescope::model::world::World;
use kinescope::model::writes::{InjectRow, PutOutcome};
use kinescope::ui::command::{Command, Commands, Dialog};
use kinescope::ui::dialogs::inject::{self, InjectState};

use crate::harness::picture;
use crate::stage::{self, Stage, shard_id, window};

const PATH: &str = "/var/tmp/replay-0914.ndjson";

fn show(
    ui: &mut eframe::egui::Ui,
    world: &World,
    state: &mut InjectState,
    _selection: &mut Option<kinescope::model::ids::ShardId>,
    out: &mut Commands,
) {
    inject::show(ui, world, state, out);
}

fn spec() -> BatchSpec {
    BatchSpec { path: PATH.to_owned(), format: None, key: KeyRule::Field(".user_id".to_owned()), time: None }
}

/// A file of 48,205 records and `invalid` lines that cannot be sent, of which …0007 gets the most.
fn scan(invalid: u64) -> BatchScan {
    let mut shards: Vec<_> =
        stage::shards().into_iter().filter(|s| s.is_open()).map(|shard| (shard.id, shard.range)).collect();
    shards.sort_by_key(|(_, range)| range.start);
    let landing = Landing { shards, max_record_bytes: 1_048_576 };
    let mut scan = BatchScan::new(spec(), BatchFormat::Ndjson, &landing);
    scan.stamp = Some(FileStamp { len: 300_000_000, modified: None });
    (scan.read, scan.is_done, scan.invalid) = (300_000_000, true, invalid);
    for (at, (id, range, share)) in scan.shares.iter_mut().enumerate() {
        let weight = if id.as_str().ends_with("07") { 4.0 } else { 0.6 + (at * 5 % 7) as f64 / 7.0 };
        let records = (36_077.0 * range.share() * weight) as u64;
        *share = Share { records, bytes: records * 6_000 };
        scan.total.records += records;
        scan.total.bytes += records * 6_000;
        (0..records).for_each(|at| scan.packing.push(if at % 4_000 < 400 { 70_000 } else { 2_000 }));
    }
    let reasons = [
        (1_204, "not JSON: expected a key in quotes, column 88"),
        (8_817, ".user_id is missing"),
        (8_818, ".user_id is null"),
        (15_330, "1.31 MiB with its key, the stream takes 1.00 MiB per record"),
        (22_041, "key is 312 characters, at most 256"),
        (31_007, "not UTF-8 at byte 41"),
    ];
    let line = |(number, reason): &(u64, &str)| InvalidLine { number: *number, reason: (*reason).to_owned() };
    scan.invalid_lines = reasons.iter().take(invalid as usize).map(line).collect();
    for (at, user) in ["u-4c1e07", "u-a90b22", "u-4c1e07", "u-71dee0", "u-339416"].into_iter().enumerate() {
        let text = format!(
            "{{\"user_id\":\"{user}\",\"event\":\"page_view\",\"page\":\"/p/118{at}\",\"ts\":\"2026-09-14T21:08:1{at}Z\",\"session\":\"{at}f2e\"}}"
        );
        let key = HashKey::of_partition_key(user);
        let shard = landing.shards.iter().find(|(_, range)| range.contains(key)).map(|(id, _)| id.clone());
        let key_at = Some(11..13 + user.len());
        scan.preview.push(PreviewLine { number: at as u64 + 1, text, key_at, lands: Ok((user.to_owned(), shard)) });
    }
    scan
}

fn row(number: u64, key: &str, waits: &[i64], outcome: PutOutcome) -> Arc<BatchRow> {
    let row = InjectRow {
        partition_key: PartitionKey::from(key),
        explicit_hash_key: None,
        waits: waits.iter().map(|wait| Millis(*wait)).collect(),
        took: Millis(waits.iter().sum::<i64>() + 40),
        outcome: Some(Ok(outcome)),
    };
    Arc::new(BatchRow { number, row })
}

fn run(end: Option<BatchEnd>) -> BatchRun {
    let started = Timestamp::from_rfc3339("2026-09-15T14:35:58Z").expect("a time");
    let of = scan(0).total.records;
    let mut run =
        BatchRun::new("clickstream-prod".into(), "replay-0914.ndjson".to_owned(), BatchFormat::Ndjson, of, started);
    run.sent = Share { records: 18_818, bytes: 18_818 * 6_000 };
    (run.after_retry, run.retries, run.failed) = (212, 655, 2);
    let refused =
        |code: &str| PutOutcome::Refused { code: code.to_owned(), message: "Rate exceeded for shard".to_owned() };
    let accepted = |shard| PutOutcome::Accepted {
        shard_id: shard_id(shard),
        sequence_number: SequenceNumber::from("49668412730951846205170091830571193040226"),
    };
    let slow = "ProvisionedThroughputExceededException";
    for (sent, trouble) in [(5_300, Trouble::Retried), (8_120, Trouble::Retried), (9_961, Trouble::Failed)] {
        run.sent.records = sent;
        run.note(trouble);
    }
    run.sent.records = 18_818;
    run.failed_rows = vec![
        row(9_961, "u-fe655f", &[104, 212, 391, 845, 1_602], refused(slow)),
        row(10_204, "u-71dee0", &[101, 198, 402, 811, 1_590], refused("InternalFailure")),
    ];
    run.retried_rows =
        vec![row(8_120, "u-7a39e2", &[110, 188, 420], accepted(7)), row(8_344, "u-339416", &[95], accepted(19))];
    run.ended = end.as_ref().map(|_| started + Millis::from_secs(66));
    run.end = end;
    run
}

fn open(world: World, scan: Option<BatchScan>, run: Option<BatchRun>) -> Stage<InjectState> {
    let mut stage: Stage<InjectState> = Stage::new(world);
    if let Some(open) = &mut stage.world.open {
        open.batch.scan = scan.map(Arc::new);
        open.batch.run = run.map(Arc::new);
    }
    stage
}

fn type_into<S>(harness: &mut Harness<'_, S>, name: &str, text: &str) {
    harness.get_by_role_and_label(Role::TextInput, name).focus();
    harness.run_steps(1);
    harness.get_by_role_and_label(Role::TextInput, name).type_text(text);
    harness.run_steps(2);
}

/// The dialog with the file and the key typed in.
fn typed(stage: Stage<InjectState>) -> Harness<'static, Stage<InjectState>> {
    let mut harness = window(stage, show);
    fill(&mut harness);
    harness
}

/// A run on its way, for the picture of the whole window.
pub fn under_way(world: &mut World) {
    if let Some(open) = &mut world.open {
        open.batch.scan = Some(Arc::new(scan(6)));
        open.batch.run = Some(Arc::new(run(None)));
    }
}

/// Turns to the batch, and types the file and the key.
pub fn fill<S>(harness: &mut Harness<'_, S>) {
    harness.get_by_role_and_label(Role::RadioButton, "Batch").click();
    harness.run_steps(2);
    type_into(harness, "File", PATH);
    type_into(harness, "Key field", ".user_id");
    harness.run_steps(2);
}

fn send_name(harness: &Harness<'_, Stage<InjectState>>) -> String {
    let node = harness.get_all_by_role(Role::Button).find_map(|node| {
        let name = node.accesskit_node().label().unwrap_or_default();
        name.ends_with("to PROD").then_some(name)
    });
    node.expect("a button that sends")
}

/// Presses the button that sends; what is to be sent.
fn sent(harness: &mut Harness<'_, Stage<InjectState>>) -> BatchWish {
    let name = send_name(harness);
    harness.get_by_role_and_label(Role::Button, &name).click();
    harness.run_steps(2);
    let last = harness.state().commands.last().cloned();
    let Some(Command::Batch(BatchCommand::Start(wish))) = last else { panic!("{last:?}") };
    *wish
}

fn is_disabled(harness: &Harness<'_, Stage<InjectState>>) -> bool {
    let name = send_name(harness);
    harness.get_by_role_and_label(Role::Button, &name).accesskit_node().is_disabled()
}

#[test]
fn a_file_is_looked_at_as_it_is_typed_and_shows_what_lands_where() {
    let harness = typed(open(stage::unlocked(702), Some(scan(0)), None));
    assert_eq!(harness.state().commands.last(), Some(&Command::Batch(BatchCommand::Scan(spec()))));
    assert!(harness.query_by_label_contains("Line 1: key u-4c1e07 lands on …").is_some());
    assert!(harness.query_by_label_contains("Load of every shard with this file").is_some());
    assert!(harness.query_by_label_contains("Every line can be sent").is_some());
}

#[derive(Debug)]
struct Dropped;

impl eframe::egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        Path::new(PATH)
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("only its path is asked for".to_owned())
    }
}

#[test]
fn a_file_that_is_dropped_onto_the_dialog_is_looked_at() {
    let mut harness = window(open(stage::unlocked(702), None, None), show);
    assert!(harness.query_by_role_and_label(Role::TextInput, "File").is_none(), "one record is sent at first");
    harness.input_mut().dropped_files.push(Arc::new(Dropped));
    harness.run_steps(3);
    let Some(Command::Batch(BatchCommand::Scan(spec))) = harness.state().commands.last() else {
        panic!("{:?}", harness.state().commands.last())
    };
    assert_eq!(spec.path, PATH);
    assert!(harness.query_by_role_and_label(Role::TextInput, "File").is_some());
}

#[test]
fn production_is_sent_to_only_after_its_name_was_typed() {
    let mut harness = typed(open(stage::unlocked(702), Some(scan(0)), None));
    assert!(is_disabled(&harness));
    assert!(harness.query_by_label("Type the stream's name to send to production.").is_some());
    type_into(&mut harness, "Stream's name", "clickstream-prod");
    harness.get_by_role_and_label(Role::RadioButton, "2.0 MiB/s").click();
    harness.run_steps(2);
    let wish = sent(&mut harness);
    assert_eq!((wish.pace, wish.skips_invalid, wish.keeps_order), (Pace::Bytes(2_097_152), false, false));
    assert_eq!((wish.spec, wish.records), (spec(), scan(0).total.records));
}

#[test]
fn invalid_lines_are_named_and_left_out_only_when_that_is_said() {
    let mut harness = typed(open(stage::unlocked(702), Some(scan(6)), None));
    type_into(&mut harness, "Stream's name", "clickstream-prod");
    assert!(harness.query_by_label("Invalid line 8,817: .user_id is missing").is_some());
    assert!(is_disabled(&harness));
    harness.get_by_role_and_label(Role::Button, "Leave them out").click();
    harness.run_steps(2);
    assert!(!is_disabled(&harness));
}

#[test]
fn locked_writes_and_unreadable_files_send_nothing() {
    let mut harness = typed(open(stage::world(), Some(scan(0)), None));
    assert!(is_disabled(&harness));
    harness.get_by_label("Unlock…").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands.last(), Some(&Command::Open(Dialog::Unlock)));
    let mut gone = scan(0);
    gone.problem = Some(format!("{PATH} cannot be read: No such file or directory."));
    gone.preview.clear();
    let mut harness = typed(open(stage::unlocked(702), Some(gone), None));
    assert!(is_disabled(&harness));
    assert!(harness.query_all_by_label_contains("cannot be read").next().is_some());
    picture(&mut harness, "inject_batch_gone");
}

#[test]
fn a_run_can_be_stopped_and_lists_problems_first() {
    let mut harness = typed(open(stage::unlocked(702), Some(scan(6)), Some(run(None))));
    assert!(harness.query_by_label_contains("Run of replay-0914.ndjson: 18,818 of 48,").is_some());
    let top = |name: &str| harness.get_by_label_contains(name).rect().top();
    assert!(top("Result 10204 u-71dee0 Failed") < top("Result 8120 u-7a39e2 Sent, 4th attempt"));
    picture(&mut harness, "inject_batch_run");
    harness.get_by_role_and_label(Role::Button, "Stop").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands.last(), Some(&Command::Batch(BatchCommand::Stop)));
}

#[test]
fn what_failed_is_sent_again_or_saved_to_a_file() {
    let mut stage = open(stage::unlocked(702), Some(scan(0)), Some(run(Some(BatchEnd::Stopped))));
    stage.is_light = true;
    let mut harness = typed(stage);
    harness.get_by_role_and_label(Role::Button, "Send 2 failed again").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands.last(), Some(&Command::Batch(BatchCommand::SendFailed)));
    harness.get_by_role_and_label(Role::Button, "Save results…").click();
    harness.run_steps(3);
    picture(&mut harness, "inject_batch_save");
    let save = |harness: &mut Harness<'_, Stage<InjectState>>, which: &str| {
        harness.get_by_role_and_label(Role::RadioButton, which).click();
        harness.run_steps(2);
        harness.get_by_role_and_label(Role::Button, "Save").click();
        harness.run_steps(3);
    };
    save(&mut harness, "Failed records");
    let last = harness.state().commands.last();
    assert!(
        matches!(last, Some(Command::Batch(BatchCommand::SaveFailed(path))) if path.ends_with(".ndjson") && path.contains("-failed-")),
        "{last:?}"
    );
    harness.get_by_role_and_label(Role::Button, "Save results…").click();
    harness.run_steps(3);
    save(&mut harness, "Not sent only");
    let Some(Command::Batch(BatchCommand::SaveResults(wish))) = harness.state().commands.last() else {
        panic!("{:?}", harness.state().commands.last())
    };
    assert_eq!((&wish.of, wish.only_unsent, wish.format), (&ResultsOf::Batch, true, LineFormat::Ndjson));
    picture(&mut harness, "inject_batch_light");
}

#[test]
fn it_fits_into_a_small_window() {
    let mut stage = open(stage::unlocked(702), Some(scan(3)), Some(run(None)));
    stage.is_light = false;
    let mut harness = stage::sized(stage, show, 1_024.0, 700.0);
    // A run that goes on is what the dialog opens with.
    type_into(&mut harness, "File", PATH);
    type_into(&mut harness, "Key field", ".user_id");
    picture(&mut harness, "inject_batch_small");
}

#[test]
fn a_run_that_was_cut_off_says_what_became_of_it_and_offers_the_rest() {
    let mut stage = open(stage::unlocked(702), Some(scan(0)), None);
    let head = RunHead {
        stream: "clickstream-prod".into(),
        connection: "prod-oncall".to_owned(),
        environment: "PROD".to_owned(),
        who: "anna".to_owned(),
        started: Timestamp::from_rfc3339("2026-09-15T14:02:11Z").expect("a time"),
        title: "replay-0914.ndjson".to_owned(),
        of: Some(48_205),
        cli: String::new(),
        file: Some(FileRun {
            path: PATH.to_owned(),
            format: BatchFormat::Ndjson,
            key: KeyRule::Field(".user_id".to_owned()),
            explicit_hash_key: None,
            stamp: FileStamp { len: 300_000_000, modified: None },
            skips_invalid: false,
            keeps_order: false,
            pace: Pace::Full,
            time: None,
            spared: None,
            is_numbered_by_record: false,
        }),
        load: None,
    };
    let account = Account::read("out 1-19000\nsent 1-18500\n");
    stage.world.unfinished_runs = vec![Unfinished { id: "1-2-3".to_owned(), head, account }];
    let mut harness = typed(stage);
    assert!(harness.query_by_label_contains("18,500 sent, 500 unknown, 29,205 not sent").is_some());
    assert!(harness.query_by_label_contains("Unknown: lines 18501-19000").is_some());
    picture(&mut harness, "inject_batch_cut_off");
    assert!(harness.get_by_role_and_label(Role::Button, "Go on with the rest").accesskit_node().is_disabled());
    type_into(&mut harness, "Stream's name", "clickstream-prod");
    harness.get_by_role_and_label(Role::Button, "Go on with the rest").click();
    harness.run_steps(2);
    let rest = BatchCommand::SendRest("1-2-3".to_owned());
    assert_eq!(harness.state().commands.last(), Some(&Command::Batch(rest)));
    harness.get_by_role_and_label(Role::Button, "Leave it").click();
    harness.run_steps(2);
    let forget = BatchCommand::Forget("1-2-3".to_owned());
    assert_eq!(harness.state().commands.last(), Some(&Command::Batch(forget)));
}

#[test]
fn a_run_is_held_and_invalid_lines_are_saved() {
    let mut harness = typed(open(stage::unlocked(702), Some(scan(6)), Some(run(None))));
    harness.get_by_role_and_label(Role::Button, "Pause").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands.last(), Some(&Command::Batch(BatchCommand::Pause(true))));
    assert!(
        harness.query_by_label_contains("Packed into").is_none()
            || harness.query_by_label_contains("closed by 10 MiB").is_some()
    );
    harness.get_by_role_and_label(Role::Button, "Save these lines…").click();
    harness.run_steps(3);
    type_into(&mut harness, "File for invalid lines", "invalid.txt");
    picture(&mut harness, "inject_batch_invalid");
    harness.get_by_role_and_label(Role::Button, "Save").click();
    harness.run_steps(2);
    let save = BatchCommand::SaveInvalid("invalid.txt".to_owned());
    assert_eq!(harness.state().commands.last(), Some(&Command::Batch(save)));
    picture(&mut harness, "inject_batch_run");
}

#[test]
fn a_file_is_sent_with_its_own_spacing_and_odd_times_are_said() {
    let mut timed = scan(0);
    timed.spec.time = Some(".ts".to_owned());
    let at = |seconds: i64| Ok(Timestamp::from_secs(1_789_420_000 + seconds));
    timed.times.note(1, at(0));
    timed.times.note(2, at(7_200));
    timed.times.note(3, Err(".ts is missing".to_owned()));
    timed.times.note(4, at(60));
    let mut stage = open(stage::unlocked(702), Some(timed), None);
    stage.is_light = true;
    let mut harness = typed(stage);
    harness.get_by_role_and_label(Role::RadioButton, "As in file").click();
    harness.run_steps(2);
    type_into(&mut harness, "Time field", ".ts");
    harness.get_by_role_and_label(Role::RadioButton, "60×").click();
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("1 without a time, 1 out of order: sent at once.").is_some());
    type_into(&mut harness, "Stream's name", "clickstream-prod");
    picture(&mut harness, "inject_batch_replay");
    let wish = sent(&mut harness);
    assert_eq!((wish.pace, wish.spec.time.as_deref()), (Pace::InFile(60), Some(".ts")));
}

#[test]
fn shards_over_four_fifths_go_last_unless_said_otherwise_and_full_speed_fills_them() {
    let mut harness = typed(open(stage::unlocked(702), Some(scan(0)), None));
    type_into(&mut harness, "Stream's name", "clickstream-prod");
    for (pace, choice) in [("2.0 MiB/s", Some(OverChoice::Last)), ("Full speed", None)] {
        harness.get_by_role_and_label(Role::RadioButton, pace).click();
        harness.run_steps(2);
        let wish = sent(&mut harness);
        assert_eq!(wish.spared.as_ref().map(|spared| spared.choice), choice, "{pace}");
    }
    harness.get_by_role_and_label(Role::RadioButton, "2.0 MiB/s").click();
    harness.run_steps(2);
    picture(&mut harness, "inject_batch_last");
    let words = harness.get_by_label_contains("…0007 would reach").accesskit_node().label();
    assert!(words.is_some_and(|words| words.contains(" go last, about ")));
}

#[test]
fn shards_over_four_fifths_of_their_limit_are_spared_where_that_is_chosen() {
    let mut harness = typed(open(stage::unlocked(702), Some(scan(2)), None));
    type_into(&mut harness, "Stream's name", "clickstream-prod");
    harness.get_by_role_and_label(Role::Button, "Leave them out").click();
    harness.get_by_role_and_label(Role::RadioButton, "Skip").click();
    harness.run_steps(2);
    picture(&mut harness, "inject_batch_over");
    let wish = sent(&mut harness);
    let spared = wish.spared.as_ref().expect("shards");
    assert_eq!(spared.choice, OverChoice::Skip);
    let all = scan(2);
    let skipped = all.shares.iter().filter(|(id, ..)| spared.room(id).is_some()).map(|(.., share)| share.records);
    assert_eq!(wish.records, all.total.records - skipped.sum::<u64>());
    assert!(wish.records < all.total.records);
}
