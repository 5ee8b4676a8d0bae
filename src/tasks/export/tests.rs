//! What an export writes, and what it leaves behind.

use std::time::{Duration, Instant};

use super::*;
use crate::model::decode::{DecodeLimits, decode};
use crate::model::export::{ExportFormat, ExportWhat};
use crate::model::filter::{FilterKind, FilterSpec};
use crate::model::ids::ShardId;
use crate::model::record::RawRecord;
use crate::model::tail::{Tail, TailItem};

fn tail(count: usize) -> Tail {
    let mut tail = Tail::default();
    let shard = ShardId::from("shardId-000000000000");
    tail.ingest((0..count).map(|n| {
        let data = format!("{{\"n\":{n},\"secret\":\"s{n}\"}}").into_bytes();
        let (sequence_number, partition_key) = (n.to_string().as_str().into(), "k".into());
        let raw = RawRecord { sequence_number, partition_key, approximate_arrival: None, data };
        TailItem::Record(decode(raw, &shard, &DecodeLimits::default()).remove(0).into())
    }));
    tail
}

fn selection(tail: &Tail, ids: Option<Vec<u64>>) -> Selection {
    Selection { pieces: tail.store.pieces_from(0), ids, masks: Masks::new(&["..secret"]) }
}

fn request(path: &Path, format: ExportFormat) -> ExportRequest {
    ExportRequest { path: path.to_string_lossy().into_owned(), format, what: ExportWhat::Kept, only_filtered: false }
}

fn wait(job: &ExportJob) -> Result<u64, String> {
    let began = Instant::now();
    loop {
        if let Some(outcome) = job.outcome() {
            return outcome;
        }
        assert!(began.elapsed() < Duration::from_secs(30));
        thread::sleep(Duration::from_millis(1));
    }
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).expect("a folder").flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_file_is_whole_masked_and_the_only_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let tail = tail(3_000);
    let path = folder.path().join("out.ndjson");
    let ids = Some((0..3_000).step_by(2).collect());
    let job = ExportJob::start("s".into(), request(&path, ExportFormat::Ndjson), selection(&tail, ids), Wake::none());
    let size = wait(&job).expect("written");
    let text = fs::read_to_string(&path).expect("a file");
    assert_eq!((text.lines().count(), text.len() as u64, job.done()), (1_500, size, 1_500));
    assert!(text.contains("\"n\":2998") && !text.contains("\"s2998\"") && text.contains("•••"));
    assert_eq!(names(folder.path()), ["out.ndjson"]);
}

#[test]
fn a_file_that_is_there_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("out.csv");
    fs::write(&path, "mine").expect("a file");
    let tail = tail(1);
    let job = ExportJob::start("s".into(), request(&path, ExportFormat::Csv), selection(&tail, None), Wake::none());
    assert!(wait(&job).expect_err("refused").contains("there already"));
    assert_eq!(fs::read_to_string(&path).expect("a file"), "mine");
    let nowhere = request(&folder.path().join("no/such/folder/x.csv"), ExportFormat::Csv);
    let job = ExportJob::start("s".into(), nowhere, selection(&tail, None), Wake::none());
    assert!(wait(&job).is_err());
    assert_eq!(names(folder.path()), ["out.csv"]);
}

#[test]
fn cancelling_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let tail = tail(200_000);
    let path = folder.path().join("out.ndjson");
    let job = ExportJob::start("s".into(), request(&path, ExportFormat::Ndjson), selection(&tail, None), Wake::none());
    while job.done() == 0 {
        thread::sleep(Duration::from_millis(1));
    }
    drop(job);
    let began = Instant::now();
    while !names(folder.path()).is_empty() && began.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(5));
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn what_is_to_come_is_written_until_it_is_finished() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("coming.ndjson");
    let mut tail = tail(10);
    let coming =
        Coming { filter: Some(FilterSpec::new(FilterKind::Jq, ".n % 2 == 0")), masks: Masks::new(&["..secret"]) };
    let from = tail.store.next_id();
    let request = ExportRequest { what: ExportWhat::ToCome, ..request(&path, ExportFormat::Ndjson) };
    let mut job = ExportJob::start_coming("s".into(), request, coming, from, Wake::none());
    for _ in 0..3 {
        tail.ingest(self::tail(1_000).store.iter().map(|(_, item)| item.clone()).collect::<Vec<_>>());
        job.feed(tail.store.pieces_from(job.asked_until()));
    }
    assert!(job.outcome().is_none(), "it goes on until it is finished");
    job.finish();
    wait(&job).expect("written");
    let text = fs::read_to_string(&path).expect("a file");
    assert_eq!((text.lines().count(), job.done()), (1_500, 1_500));
    assert!(text.contains("\"n\":998") && !text.contains("\"n\":999") && !text.contains("s998"));
    assert_eq!(names(folder.path()), ["coming.ndjson"]);
}

#[test]
fn a_job_for_what_is_to_come_that_is_dropped_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("coming.parquet");
    let request = ExportRequest { what: ExportWhat::ToCome, ..request(&path, ExportFormat::Parquet) };
    let mut job = ExportJob::start_coming("s".into(), request, Coming::default(), 0, Wake::none());
    job.feed(tail(100).store.pieces_from(0));
    while job.done() < 100 {
        thread::sleep(Duration::from_millis(1));
    }
    drop(job);
    let began = Instant::now();
    while !names(folder.path()).is_empty() && began.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(5));
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn parquet_comes_back_column_by_column() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("out.parquet");
    let mut tail = tail(45_000);
    let raw = RawRecord {
        sequence_number: "45000".into(),
        partition_key: "=k,\"ü".into(),
        approximate_arrival: Some(crate::model::time::Timestamp(1_790_000_000_123)),
        data: vec![0xff, 0, 0xfe],
    };
    let odd = decode(raw, &ShardId::from("shardId-000000000001"), &DecodeLimits::default()).remove(0);
    tail.ingest([TailItem::Record(odd.into())]);
    let job = ExportJob::start("s".into(), request(&path, ExportFormat::Parquet), selection(&tail, None), Wake::none());
    let size = wait(&job).expect("written");
    let reader = SerializedFileReader::new(File::open(&path).expect("a file")).expect("Parquet");
    let about = reader.metadata();
    assert_eq!(about.file_metadata().num_rows(), 45_001);
    assert_eq!(about.num_row_groups(), 3, "memory is bounded by a row group");
    assert_eq!(size, fs::metadata(&path).expect("a file").len());
    for (place, row) in reader.get_row_iter(None).expect("rows").enumerate() {
        let row = row.expect("a row");
        assert_eq!(row.get_string(0).expect("stream"), "s");
        assert_eq!(*row.get_string(2).expect("sequence"), place.to_string());
        if place < 45_000 {
            assert_eq!(*row.get_string(8).expect("data"), format!("{{\"n\":{place},\"secret\":\"•••\"}}"));
            assert!(row.get_timestamp_millis(5).is_err(), "an arrival that is not known is none");
        } else {
            assert_eq!(row.get_string(4).expect("key"), "=k,\"ü");
            assert_eq!(row.get_timestamp_millis(5).expect("arrival"), 1_790_000_000_123);
            assert!(row.get_string(8).is_err());
            assert_eq!(row.get_bytes(9).expect("bytes").data(), [0xff, 0, 0xfe]);
        }
    }
}
