//! Tests of the heatmap's rows.

use super::*;
use crate::model::hash_range::HashKey;
use crate::model::ids::SequenceNumber;
use crate::model::metrics::Source;

const MINUTES: usize = 60;

fn window() -> Window {
    Window::last_minutes(Timestamp::from_secs(36_000), MINUTES as u32)
}

fn shard(id: &str, start: u128, end: u128, parents: &[&str], is_open: bool) -> Shard {
    Shard {
        id: ShardId::from(id),
        range: HashKeyRange { start: HashKey(start), end: HashKey(end) },
        parent: parents.first().map(|parent| ShardId::from(*parent)),
        adjacent_parent: parents.get(1).map(|parent| ShardId::from(*parent)),
        starting_sequence_number: SequenceNumber::from("1"),
        ending_sequence_number: (!is_open).then(|| SequenceNumber::from("2")),
    }
}

/// Figures at `share` of the byte limit for the columns that `is_known` names.
fn figures(share: f64, is_known: impl Fn(usize) -> bool) -> WriteMetrics {
    let mut figures = WriteMetrics::unknown(window());
    for index in (0..MINUTES).filter(|index| is_known(*index)) {
        let at = figures.incoming_bytes.time_of(index);
        figures.incoming_bytes.set(at, share * 60.0 * 1_048_576.0);
        figures.incoming_records.set(at, share * 60.0 * 100.0);
        figures.write_throttled.set(at, 0.0);
        figures.iterator_age_millis.set(at, 1_200.0);
    }
    figures
}

fn metrics(shards: Vec<(&str, WriteMetrics)>) -> StreamMetrics {
    StreamMetrics {
        window: window(),
        total: figures(0.5, |_| true),
        shards: shards.into_iter().map(|(id, figures)| (ShardId::from(id), figures)).collect(),
        source: Source::CloudWatch,
        incomplete_from: None,
    }
}

fn labels(grid: &HeatGrid) -> Vec<String> {
    grid.rows.iter().map(HeatRow::label).collect()
}

fn split_stream() -> (ShardMap, StreamMetrics) {
    let half = u128::MAX / 2;
    let map = ShardMap::new(vec![
        shard("shardId-000000000000", 0, half, &[], false),
        shard("shardId-000000000001", half + 1, u128::MAX, &[], true),
        shard("shardId-000000000002", 0, half / 2, &["shardId-000000000000"], true),
        shard("shardId-000000000003", half / 2 + 1, half, &["shardId-000000000000"], true),
        shard("shardId-000000000009", 0, 5, &[], false),
    ]);
    let metrics = metrics(vec![
        ("shardId-000000000000", figures(0.7, |index| index < 20)),
        ("shardId-000000000001", figures(0.2, |_| true)),
        ("shardId-000000000002", figures(0.3, |index| index >= 20)),
        ("shardId-000000000003", figures(0.4, |index| (20..59).contains(&index))),
    ]);
    (map, metrics)
}

#[test]
fn a_closed_shard_is_shown_while_it_has_figures_in_the_window() {
    let (map, metrics) = split_stream();
    let grid = HeatGrid::build(&map, &metrics, HeatOptions::default());
    assert_eq!(labels(&grid), ["…0000", "…0002", "…0003", "…0001"]);
    let closed = &grid.rows[0];
    assert!(closed.flags.is_closed && closed.now.is_none());
    assert_eq!(closed.gap_at(30), Some(Gap::Closed));
    assert_eq!(
        closed.accessible_name(HeatMetric::Utilization),
        "Heat shardId-000000000000 now unknown peak 70 % closed"
    );
}

#[test]
fn children_of_a_split_are_new_and_name_it_once() {
    let (map, metrics) = split_stream();
    let grid = HeatGrid::build(&map, &metrics, HeatOptions::default());
    assert_eq!(grid.reshard_events, [ReshardEvent { at: grid.time_of(20), label: "split …0000".to_owned() }]);
    assert!(grid.rows[1].flags.is_new);
    assert_eq!(grid.rows[1].gap_at(3), Some(Gap::NotBorn));
    assert_eq!(grid.rows[2].gap_at(59), Some(Gap::NotReported));
    assert!(!grid.rows[3].flags.is_new);
}

#[test]
fn figures_that_start_late_for_all_are_not_a_reshard() {
    let map = ShardMap::new(vec![shard("a", 0, 9, &["p"], true), shard("b", 10, 19, &["p"], true)]);
    let metrics = metrics(vec![("a", figures(0.2, |i| i > 30)), ("b", figures(0.2, |i| i > 30))]);
    let grid = HeatGrid::build(&map, &metrics, HeatOptions::default());
    assert!(grid.reshard_events.is_empty());
    assert!(grid.rows.iter().all(|row| !row.flags.is_new));
}

#[test]
fn sorts_put_unknown_last() {
    let (map, metrics) = split_stream();
    let sorted = |sort| labels(&HeatGrid::build(&map, &metrics, HeatOptions { sort, ..HeatOptions::default() }));
    assert_eq!(sorted(HeatSort::HottestNow), ["…0003", "…0002", "…0001", "…0000"]);
    assert_eq!(sorted(HeatSort::Peak), ["…0000", "…0003", "…0002", "…0001"]);
    assert_eq!(sorted(HeatSort::ShardId), ["…0000", "…0001", "…0002", "…0003"]);
}

#[test]
fn without_shard_metrics_the_stream_is_the_only_row() {
    let map = ShardMap::new(vec![shard("a", 0, u128::MAX, &[], true)]);
    let options = HeatOptions { open_shards: 2, ..HeatOptions::default() };
    let grid = HeatGrid::build(&map, &metrics(vec![]), options);
    assert!(!grid.has_shard_metrics);
    assert_eq!(labels(&grid), ["stream"]);
    assert_eq!(grid.rows[0].now, Some(0.25));
}

#[test]
fn a_row_as_json_keeps_gaps_as_null() {
    let (map, metrics) = split_stream();
    let grid = HeatGrid::build(&map, &metrics, HeatOptions::default());
    let json: serde_json::Value = serde_json::from_str(&grid.rows[1].to_json(grid.metric)).expect("is JSON");
    assert_eq!(json["shard_id"], "shardId-000000000002");
    assert_eq!(json["values"][0], serde_json::Value::Null);
    assert_eq!(json["values"][30], 0.3);
    assert_eq!(json["hash_key_range"]["start"], "0");
}

#[test]
fn every_metric_reads_its_own_figures() {
    let map = ShardMap::new(vec![shard("a", 0, u128::MAX, &[], true)]);
    let metrics = metrics(vec![("a", figures(0.5, |_| true))]);
    let now = |metric| {
        let options = HeatOptions { metric, ..HeatOptions::default() };
        HeatGrid::build(&map, &metrics, options).rows[0].now.map(|now| metric.long(now))
    };
    assert_eq!(now(HeatMetric::Utilization).as_deref(), Some("50 %"));
    assert_eq!(now(HeatMetric::BytesIn).as_deref(), Some("50 %"));
    assert_eq!(now(HeatMetric::RecordsIn).as_deref(), Some("5 %"));
    assert_eq!(now(HeatMetric::Throttles).as_deref(), Some("0"));
    assert_eq!(now(HeatMetric::IteratorAge).as_deref(), Some("1.2 s"));
}

#[test]
fn old_figures_are_not_now_and_zero_is_idle() {
    let map = ShardMap::new(vec![shard("a", 0, 9, &[], true), shard("b", 10, 19, &[], true)]);
    let metrics = metrics(vec![("a", figures(0.5, |i| i < 40)), ("b", figures(0.0, |_| true))]);
    let grid = HeatGrid::build(&map, &metrics, HeatOptions::default());
    assert_eq!(grid.rows[0].now, None);
    assert_eq!(grid.rows[0].gap_at(45), Some(Gap::NoData));
    assert_eq!(grid.rows[1].now, Some(0.0));
    assert!(grid.rows[1].flags.is_idle && !grid.rows[0].flags.is_idle);
}

#[test]
fn flagged_rows_are_walked_in_a_ring() {
    let map =
        ShardMap::new(vec![shard("a", 0, 1, &[], true), shard("b", 2, 3, &[], true), shard("c", 4, 5, &[], true)]);
    let metrics =
        metrics(vec![("a", figures(0.9, |_| true)), ("b", figures(0.2, |_| true)), ("c", figures(1.1, |_| true))]);
    let grid = HeatGrid::build(&map, &metrics, HeatOptions::default());
    assert_eq!(grid.hottest(), Some(2));
    assert_eq!(grid.next_flagged(None, true), Some(0));
    assert_eq!(grid.next_flagged(Some(0), true), Some(2));
    assert_eq!(grid.next_flagged(Some(2), true), Some(0));
    assert_eq!(grid.next_flagged(Some(0), false), Some(2));
    assert_eq!(grid.next_flagged(None, false), Some(2));
}

#[test]
fn an_empty_stream_has_no_rows_to_walk() {
    let mut grid = HeatGrid::build(&ShardMap::default(), &metrics(vec![]), HeatOptions::default());
    grid.rows.clear();
    assert_eq!(grid.hottest(), None);
    assert_eq!(grid.next_flagged(None, true), None);
    assert_eq!(grid.next_flagged(Some(3), false), None);
}
