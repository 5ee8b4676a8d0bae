//! Tests of figures that are put together from totals and records.

use proptest::prelude::*;

use super::*;
use crate::model::hash_range::HashKeyRange;
use crate::model::ids::SequenceNumber;
use crate::model::record::RawRecord;
use crate::model::shard_map::Shard;

const START: i64 = 1_700_000_040;

fn id(number: usize) -> ShardId {
    ShardId::from(format!("shardId-{number:012}"))
}

fn map(count: usize) -> Arc<ShardMap> {
    let ranges = HashKeyRange::uniform(count as u32);
    let shard = |(number, range): (usize, &HashKeyRange)| Shard {
        id: id(number),
        range: *range,
        parent: None,
        adjacent_parent: None,
        starting_sequence_number: SequenceNumber::from("1"),
        ending_sequence_number: None,
    };
    Arc::new(ShardMap::new(ranges.iter().enumerate().map(shard).collect()))
}

fn totals(minutes: i64) -> Arc<StreamMetrics> {
    let start = Timestamp::from_secs(START);
    let window = Window { start, end: start + Millis::from_mins(minutes), step_seconds: 60 };
    let mut total = WriteMetrics::unknown(window);
    for period in 0..window.len() {
        total.incoming_bytes.set(window.time_of(period), 1_000.0 + period as f64);
        total.write_throttled.set(window.time_of(period), period as f64);
    }
    Arc::new(StreamMetrics {
        window,
        total,
        shards: BTreeMap::new(),
        source: Source::CloudWatch,
        incomplete_from: None,
    })
}

fn record(second: i64, bytes: usize) -> RawRecord {
    RawRecord {
        sequence_number: SequenceNumber::from("1"),
        partition_key: "k".into(),
        approximate_arrival: Some(Timestamp((START + second) * 1_000)),
        data: vec![0; bytes.saturating_sub(1)],
    }
}

fn known(sample: &mut StreamSample, shard: usize, from: i64, to: i64) {
    sample.mark_known(&id(shard), Timestamp::from_secs(START + from), Timestamp::from_secs(START + to));
}

fn join(sample: Option<StreamSample>, followed: Option<StreamSample>) -> MeasuredMetrics {
    let made_of = Ingredients {
        totals: totals(10),
        shards: map(3),
        sample: sample.map(Arc::new),
        followed: followed.map(Arc::new),
    };
    MeasuredMetrics::join(made_of, None)
}

#[test]
fn totals_stay_exact_and_shards_are_unknown_where_nothing_was_read() {
    let mut sample = StreamSample::new(3);
    sample.take(&id(1), &[record(120, 600)]);
    known(&mut sample, 1, 120, 124);
    let measured = join(Some(sample), None);
    let metrics = &measured.metrics;
    assert_eq!((metrics.source, metrics.shards.len()), (Source::Sampled, 3));
    assert_eq!(metrics.total.incoming_bytes, totals(10).total.incoming_bytes);
    let bytes = |shard: usize| metrics.shards.get(&id(shard)).expect("open").incoming_bytes.values().to_vec();
    assert!(bytes(0).iter().all(Option::is_none));
    assert_eq!(bytes(1).get(2), Some(&Some(600.0 / 4.0 * 60.0)));
    assert_eq!(bytes(1).iter().flatten().count(), 1);
    assert_eq!(measured.since, Some(Timestamp::from_secs(START + 120)));
    assert_eq!(measured.coverage(&id(1), 2).map(|coverage| coverage.known_seconds), Some(4));
    assert!(metrics.shards.values().all(|shard| shard.write_throttled.sum().is_none()), "nobody can know");
    assert!(measured.is_measured() && !join(None, None).is_measured());
}

#[test]
fn the_window_moves_on_to_the_newest_second_and_totals_keep_their_minutes() {
    let mut sample = StreamSample::new(3);
    known(&mut sample, 0, 610, 614);
    let measured = join(Some(sample), None);
    let window = measured.metrics.window;
    assert_eq!((window.start, window.len()), (Timestamp::from_secs(START + 60), 10));
    assert_eq!(measured.metrics.total.incoming_bytes.at(0), Some(1_001.0));
    assert_eq!(measured.metrics.total.incoming_bytes.at(9), None);
    assert_eq!(measured.metrics.shards.get(&id(0)).and_then(|shard| shard.incoming_bytes.at(9)), Some(0.0));
    let mut wild = StreamSample::new(3);
    known(&mut wild, 0, 900_000, 900_004);
    assert_eq!(join(Some(wild), None).metrics.window, totals(10).window);
}

#[test]
fn the_sample_that_knows_more_of_a_minute_speaks() {
    let (mut sample, mut followed) = (StreamSample::new(3), StreamSample::new(1));
    sample.take(&id(2), &[record(60, 100), record(120, 100)]);
    known(&mut sample, 2, 60, 64);
    known(&mut sample, 2, 120, 124);
    followed.take(&id(2), &(60..120).map(|second| record(second, 10)).collect::<Vec<_>>());
    known(&mut followed, 2, 60, 120);
    let measured = join(Some(sample), Some(followed));
    let own = measured.metrics.shards.get(&id(2)).expect("open");
    assert_eq!(own.incoming_bytes.at(1), Some(600.0), "every second of it was followed");
    assert_eq!(own.incoming_bytes.at(2), Some(1_500.0));
    assert_eq!(measured.coverage(&id(2), 1).and_then(|coverage| coverage.half_width), Some(0.0));
}

#[test]
fn what_has_not_changed_is_taken_over_and_the_result_is_the_same() {
    let mut sample = StreamSample::new(3);
    for shard in 0..3 {
        sample.take(&id(shard), &[record(120, 500 + shard)]);
        known(&mut sample, shard, 120, 124);
    }
    let (totals, shards) = (totals(10), map(3));
    let of = |sample: &StreamSample, previous: Option<&MeasuredMetrics>| {
        let sample = Some(Arc::new(sample.clone()));
        let made_of = Ingredients { totals: totals.clone(), shards: shards.clone(), sample, followed: None };
        MeasuredMetrics::join(made_of, previous)
    };
    let first = of(&sample, None);
    sample.take(&id(1), &[record(121, 900)]);
    let (anew, taken_over) = (of(&sample, None), of(&sample, Some(&first)));
    assert_eq!(anew.metrics.shards, taken_over.metrics.shards);
    let coverage =
        |measured: &MeasuredMetrics, shard: usize| measured.shards.get(&id(shard)).expect("known").coverage.clone();
    assert!(Arc::ptr_eq(&coverage(&first, 0), &coverage(&taken_over, 0)));
    assert!(!Arc::ptr_eq(&coverage(&first, 1), &coverage(&taken_over, 1)));
}

#[test]
fn what_was_measured_stays_when_another_sample_begins_and_the_window_moves_on() {
    let mut first = StreamSample::new(3);
    first.take(&id(0), &[record(120, 600)]);
    known(&mut first, 0, 120, 124);
    let mut second = StreamSample::new(3);
    known(&mut second, 0, 610, 612);
    let (totals, shards) = (totals(10), map(3));
    let of = |sample: StreamSample, previous: Option<&MeasuredMetrics>| {
        let sample = Some(Arc::new(sample));
        let made_of = Ingredients { totals: totals.clone(), shards: shards.clone(), sample, followed: None };
        MeasuredMetrics::join(made_of, previous)
    };
    let measured = of(second, Some(&of(first, None)));
    assert_eq!(measured.metrics.window.start, Timestamp::from_secs(START + 60));
    let own = measured.metrics.shards.get(&id(0)).expect("open");
    assert_eq!((own.incoming_bytes.at(1), own.incoming_bytes.at(9)), (Some(9_000.0), Some(0.0)));
    assert_eq!(own.incoming_bytes.values().iter().flatten().count(), 2);
    assert_eq!(measured.since, Some(Timestamp::from_secs(START + 120)));
    assert_eq!(measured.coverage(&id(0), 1).map(|coverage| coverage.known_seconds), Some(4));
}

#[test]
fn bursts_are_counted_only_where_no_level_is_high() {
    let mut sample = StreamSample::new(3);
    for second in 0..120 {
        let burst = if second % 20 == 0 { 1_400_000 } else { 300_000 };
        sample.take(&id(0), &[record(second, burst)]);
        sample.take(&id(1), &[record(second, 1_060_000)]);
    }
    known(&mut sample, 0, 0, 120);
    known(&mut sample, 1, 0, 120);
    let measured = join(Some(sample), None);
    let bursts = |shard: usize| measured.shards.get(&id(shard)).map(|shard| shard.burst_seconds);
    assert_eq!((bursts(0), bursts(1), bursts(2)), (Some(6), Some(0), None));
}

proptest! {
    /// No data is never zero, and what is scaled up agrees with the records that were put in.
    #[test]
    fn sums_agree_with_the_records_of_the_known_seconds(
        records in prop::collection::vec((0_i64..600, 1_usize..5_000), 0..200),
        spans in prop::collection::vec((0_i64..600, 1_i64..90), 0..8),
    ) {
        let mut sample = StreamSample::new(3);
        for (second, bytes) in &records {
            sample.take(&id(0), &[record(*second, *bytes)]);
        }
        let mut is_known = [false; 2_000];
        for (from, length) in &spans {
            known(&mut sample, 0, *from, from + length);
            is_known.iter_mut().skip(*from as usize).take(*length as usize).for_each(|slot| *slot = true);
        }
        let measured = join(Some(sample), None);
        let metrics = &measured.metrics;
        let own = metrics.shards.get(&id(0)).expect("open");
        for period in 0..metrics.window.len() {
            let first = (metrics.window.time_of(period).as_secs() - START) as usize;
            let count = (first..first + 60).filter(|second| is_known[*second]).count();
            prop_assert_eq!(own.incoming_bytes.at(period).is_some(), count > 0);
            prop_assert_eq!(own.incoming_records.at(period).is_some(), count > 0);
            let coverage = measured.coverage(&id(0), period).map_or(0, |coverage| coverage.known_seconds);
            prop_assert_eq!(coverage as usize, count);
            let in_known = |(second, _): &&(i64, usize)| {
                let second = *second as usize;
                (first..first + 60).contains(&second) && is_known[second]
            };
            let sum: usize = records.iter().filter(in_known).map(|(_, bytes)| bytes).sum();
            if let Some(scaled) = own.incoming_bytes.at(period) {
                let back = scaled * count as f64 / 60.0;
                prop_assert!((back - sum as f64).abs() < 1e-3 * (1.0 + sum as f64), "{} of {}", back, sum);
            }
        }
    }
}
