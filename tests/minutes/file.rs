//! What becomes of the file when the program or the file comes to harm.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kinescope::aws::MetricPoints;
use kinescope::model::ids::{ShardId, StreamName};
use kinescope::model::metrics::{FigureSet, Window};
use kinescope::model::time::{Millis, Timestamp};
use kinescope::tasks::clock::Clock;
use kinescope::tasks::minutes::book::{Asked, Place, Wish};
use kinescope::tasks::minutes::shelf::Keep;
use kinescope::tasks::minutes::{Minutes, REST};

const START: Timestamp = Timestamp::from_secs(1_790_000_040);
const SHARDS: usize = 40;
/// Names the file in the process that is killed.
const VARIABLE: &str = "KINESCOPE_TEST_MINUTES";

fn now() -> Timestamp {
    START + Millis::from_mins(10_000)
}

fn open(path: &Path) -> Minutes {
    Minutes::open(path.to_owned(), Keep::default(), Clock::new(now))
}

fn place() -> Place {
    Place::kept("123456789012 us-east-1")
}

fn wishes() -> Vec<Wish> {
    let wish = |shard: usize| Wish {
        stream: StreamName::from("orders"),
        shard: Some(ShardId::from(format!("shardId-{shard:012}"))),
        figures: FigureSet::WRITE,
    };
    (0..SHARDS).map(wish).collect()
}

fn minute(number: i64) -> Window {
    let start = START + Millis::from_mins(number);
    Window { start, end: start + Millis::from_mins(1), step_seconds: 60 }
}

fn truth(number: i64, series: usize) -> f64 {
    (number * 1_000 + series as i64) as f64
}

fn record(minutes: &Minutes, number: i64) {
    let (place, wishes, window) = (place(), wishes(), minute(number));
    minutes.load(&place, &wishes, window);
    for call in minutes.plan(&place, &wishes, window, now()) {
        let answer = |series| MetricPoints { points: vec![(window.start, truth(number, series))], is_whole: true };
        let answers: Vec<_> = (0..call.series.len()).map(answer).collect();
        minutes.record(&place, &call, &answers, Asked { at: now(), horizon: now() });
    }
}

/// The minutes that are there, each whole and true; those behind the first missing one must all be missing.
fn stored(minutes: &Minutes, most: i64) -> i64 {
    let (place, wishes) = (place(), wishes());
    let window = Window { end: minute(most).end, ..minute(0) };
    minutes.load(&place, &wishes, window);
    let metrics = minutes.figures(&place, &wishes, window, now()).remove(&wishes[0].stream).expect("the stream");
    let mut count = 0;
    for number in 0..=most {
        let known =
            metrics.shards.values().filter(|figures| figures.incoming_bytes.at(number as usize).is_some()).count();
        assert!(known == 0 || known == SHARDS, "minute {number} is torn: {known} of {SHARDS} shards");
        if known == SHARDS {
            assert_eq!(count, number, "minute {number} is there though one before it is not");
            count += 1;
            let first = &metrics.shards[&ShardId::from("shardId-000000000000")];
            assert_eq!(first.incoming_bytes.at(number as usize), Some(truth(number, 0)));
        }
    }
    count
}

/// The process that is killed: records minute after minute and says so.
#[test]
fn the_writer_that_is_killed() {
    let Some(path) = std::env::var_os(VARIABLE) else { return };
    let minutes = open(Path::new(&path));
    let first = stored(&minutes, 5_000);
    for number in first.. {
        record(&minutes, number);
        println!("recorded {number}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_store_that_is_killed_while_it_writes_opens_again_and_has_lost_only_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("minutes.redb");
    let mut kept = 0;
    for round in 0..4 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["file::the_writer_that_is_killed", "--exact", "--nocapture"])
            .env(VARIABLE, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said: Vec<(i64, Instant)> = Vec::new();
        let mut until = None;
        // Killed in the middle of a transaction sooner or later: the rounds differ in length by less than one takes.
        let lasts = REST * 2 + Duration::from_millis(137 * round);
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let Some((_, number)) = line.split_once("recorded ") else { continue };
            said.push((number.parse().unwrap(), Instant::now()));
            if Instant::now() >= *until.get_or_insert(Instant::now() + lasts) {
                break;
            }
        }
        child.kill().unwrap();
        let killed = Instant::now();
        child.wait().unwrap();

        let minutes = open(&path);
        let newest = said.last().expect("it recorded").0;
        let there = stored(&minutes, newest + 50);
        assert_eq!(minutes.take_note(), None, "a killed program is no damage");
        // A transaction on a busy machine may take a second beside the time that answers are gathered for.
        let due = said.iter().filter(|(_, at)| *at + REST + Duration::from_secs(1) < killed).count() as i64;
        assert!(there >= kept + due, "round {round}: {there} minutes are there, {due} new ones were due after {kept}");
        assert!(due > 0, "round {round} was too short to tell");
        kept = there;
    }
}

#[test]
fn what_was_recorded_is_there_after_the_program_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("minutes.redb");
    let minutes = open(&path);
    (0..40).for_each(|number| record(&minutes, number));
    drop(minutes);
    assert_eq!(stored(&open(&path), 60), 40);
}

#[test]
fn a_damaged_file_is_set_aside_and_said_and_a_new_one_takes_its_place() {
    type Damage = fn(Vec<u8>) -> Vec<u8>;
    let damages: [(&str, Damage); 5] = [
        ("cut in half", |bytes| bytes[..bytes.len() / 2].to_vec()),
        ("cut to a few bytes", |bytes| bytes[..100].to_vec()),
        ("text", |_| b"this is no database at all, but a letter to my aunt\n".repeat(200)),
        ("zeros", |bytes| vec![0; bytes.len()]),
        ("overwritten in the middle", |mut bytes| {
            let len = bytes.len();
            bytes[len / 4..len / 4 * 3].fill(0xa5);
            bytes
        }),
    ];
    for (what, damage) in damages {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("minutes.redb");
        let minutes = open(&path);
        (0..40).for_each(|number| record(&minutes, number));
        drop(minutes);
        std::fs::write(&path, damage(std::fs::read(&path).unwrap())).unwrap();

        let minutes = open(&path);
        assert_eq!(stored(&minutes, 60), 0, "{what}");
        let note = minutes.take_note().unwrap_or_else(|| panic!("{what}: nothing is said"));
        assert!(note.contains("damaged"), "{what}: {note}");
        assert_eq!(minutes.take_note(), None, "{what}: said once");
        let aside = std::fs::read_dir(folder.path()).unwrap().flatten();
        let names: Vec<String> = aside.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
        assert!(names.iter().any(|name| name.starts_with("minutes.redb.damaged-")), "{what}: {names:?}");
        record(&minutes, 0);
        drop(minutes);
        assert_eq!(stored(&open(&path), 60), 1, "{what}: the new file works");
    }
}

#[test]
fn a_second_program_works_in_memory_and_says_so_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("minutes.redb");
    let first = open(&path);
    record(&first, 0);
    assert_eq!(first.take_note(), None);
    let second = open(&path);
    record(&second, 0);
    assert_eq!(stored(&second, 5), 1, "it has its own");
    let note = second.take_note().expect("it is said");
    assert!(note.contains("Another kinescope"), "{note}");
    record(&second, 1);
    assert_eq!(second.take_note(), None, "once");
    drop(second);
    drop(first);
    assert_eq!(stored(&open(&path), 5), 1, "the first one's is the file's");
}

#[test]
fn a_folder_that_refuses_leaves_the_program_working() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("in the way");
    std::fs::write(&file, "a file where a folder should be").unwrap();
    let minutes = open(&file.join("minutes.redb"));
    record(&minutes, 0);
    assert_eq!(stored(&minutes, 5), 1);
    let note = minutes.take_note().expect("it is said");
    assert!(note.contains("in memory only"), "{note}");
}

#[test]
fn nothing_of_an_endpoint_on_this_machine_reaches_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("minutes.redb");
    let minutes = open(&path);
    let (place, wishes, window) = (Place::in_memory("http://127.0.0.1:4566 us-east-1"), wishes(), minute(0));
    minutes.load(&place, &wishes, window);
    for call in minutes.plan(&place, &wishes, window, now()) {
        let answers = vec![MetricPoints { points: vec![(window.start, 1.0)], is_whole: true }; call.series.len()];
        minutes.record(&place, &call, &answers, Asked { at: now(), horizon: now() });
    }
    assert!(minutes.plan(&place, &wishes, window, now()).is_empty());
    minutes.forget_unkept();
    record(&minutes, 1);
    drop(minutes);
    let text = std::fs::read(&path).unwrap();
    assert!(!String::from_utf8_lossy(&text).contains("127.0.0.1"));
    let minutes = open(&path);
    minutes.load(&place, &wishes, window);
    assert!(!minutes.plan(&place, &wishes, window, now()).is_empty());
}
