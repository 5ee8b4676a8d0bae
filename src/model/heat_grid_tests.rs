//! Tests of the heatmap's rows.

use proptest::prelude::*;

use super::super::heat_row::Before;
use super::*;
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::health::{Cause, Severity, shard_finding, shard_finding_as_of};
use crate::model::ids::SequenceNumber;
use crate::model::metrics::{Source, WriteMetrics};
use crate::model::series::Series;

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
        figures.outgoing_bytes.set(at, share * 60.0 * 1_048_576.0);
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
    grid.shown().map(HeatRow::label).collect()
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

fn sorted(sort: HeatSort) -> HeatOptions {
    HeatOptions { sort, ..HeatOptions::default() }
}

#[test]
fn a_closed_shard_is_shown_while_it_has_figures_in_the_window() {
    let (map, metrics) = split_stream();
    let grid = HeatGrid::build(&map, &metrics, sorted(HeatSort::ShardId));
    assert_eq!(labels(&grid), ["…0000", "…0001", "…0002", "…0003"]);
    let closed = grid.row(0).expect("a row");
    assert!(closed.flags.is_closed && closed.now.is_none());
    assert_eq!(closed.gap_at(30), Some(Gap::Closed));
    assert_eq!(
        closed.accessible_name(HeatMetric::Utilization),
        "Heat shardId-000000000000 now unknown peak 70 % closed"
    );
    assert!(grid.shown().all(|row| row.before.is_none()), "the parent has a row of its own");
}

#[test]
fn along_the_key_space_a_band_splits_where_its_children_begin() {
    let (map, metrics) = split_stream();
    let mut grid = HeatGrid::build(&map, &metrics, HeatOptions::default());
    assert_eq!(labels(&grid), ["…0002", "…0003", "…0001"]);
    let child = grid.row(0).expect("a row");
    assert_eq!((child.cell(3), child.cell(30)), (Cell::Before(0.7), Cell::Own(0.3)));
    assert_eq!(child.before.as_ref().map(Before::label).as_deref(), Some("as …0000"));
    assert_eq!(child.peak, Some(0.3), "a shard's peak is its own");
    let name = child.accessible_name(HeatMetric::Utilization);
    assert_eq!(name, "Heat shardId-000000000002 now 30 % peak 30 % new, before 09:20 as …0000");
    assert!(!grid.sort_by(HeatSort::Peak), "the parent's row is missing");
}

#[test]
fn a_merge_shows_the_higher_of_both_parents_before_it() {
    let half = u128::MAX / 2;
    let map = ShardMap::new(vec![
        shard("shardId-000000000001", 0, half, &[], false),
        shard("shardId-000000000002", half + 1, u128::MAX, &[], false),
        shard("shardId-000000000003", 0, u128::MAX, &["shardId-000000000001", "shardId-000000000002"], true),
    ]);
    let metrics = metrics(vec![
        ("shardId-000000000001", figures(0.1, |index| index < 20)),
        ("shardId-000000000002", figures(0.2, |index| index < 19)),
        ("shardId-000000000003", figures(0.3, |index| index >= 20)),
    ]);
    let grid = HeatGrid::build(&map, &metrics, HeatOptions::default());
    assert_eq!(labels(&grid), ["…0003"]);
    let row = grid.row(0).expect("a row");
    assert_eq!([3, 19, 20].map(|column| row.cell(column)), [Cell::Before(0.2), Cell::Before(0.1), Cell::Own(0.3)]);
    assert_eq!(grid.reshard_events.first().map(|event| event.label.as_str()), Some("merge …0001 + …0002"));
}

#[test]
fn children_of_a_split_are_new_and_name_it_once() {
    let (map, metrics) = split_stream();
    let grid = HeatGrid::build(&map, &metrics, HeatOptions::default());
    assert_eq!(grid.reshard_events, [ReshardEvent { at: grid.time_of(20), label: "split …0000".to_owned() }]);
    assert!(grid.rows[0].flags.is_new);
    assert_eq!(grid.rows[0].gap_at(3), Some(Gap::NotBorn));
    assert_eq!(grid.rows[1].gap_at(59), Some(Gap::NotReported));
    assert!(!grid.rows[2].flags.is_new);
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
    let sorted = |sort| labels(&HeatGrid::build(&map, &metrics, sorted(sort)));
    assert_eq!(sorted(HeatSort::HottestNow), ["…0003", "…0002", "…0001", "…0000"]);
    assert_eq!(sorted(HeatSort::Peak), ["…0000", "…0003", "…0002", "…0001"]);
    assert_eq!(sorted(HeatSort::ShardId), ["…0000", "…0001", "…0002", "…0003"]);
    assert_eq!(sorted(HeatSort::Creation), ["…0003", "…0002", "…0001", "…0000"]);
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
    let json: serde_json::Value = serde_json::from_str(&grid.rows[0].to_json(grid.metric())).expect("is JSON");
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
    assert_eq!(now(HeatMetric::ReadOut).as_deref(), Some("25 %"), "a shard gives out twice what it takes in");
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
    grid.sort();
    assert_eq!(grid.hottest(), None);
    assert_eq!(grid.next_flagged(None, true), None);
    assert_eq!(grid.next_flagged(Some(3), false), None);
}

#[test]
fn a_metric_without_figures_is_known_as_such() {
    let map = ShardMap::new(vec![shard("a", 0, u128::MAX, &[], true)]);
    let mut own = figures(0.5, |_| true);
    own.outgoing_bytes = window().unknown_series();
    let grid = HeatGrid::build(&map, &metrics(vec![("a", own)]), HeatOptions::default());
    assert!(grid.knows(HeatMetric::IteratorAge) && !grid.knows(HeatMetric::ReadOut));
}

#[test]
fn thresholds_move_the_flags() {
    let map = ShardMap::new(vec![shard("a", 0, u128::MAX, &[], true)]);
    let severity = |warn_percent, critical_percent| {
        let thresholds = HeatThresholds { warn_percent, critical_percent };
        let options = HeatOptions { thresholds, ..HeatOptions::default() };
        let grid = HeatGrid::build(&map, &metrics(vec![("a", figures(0.5, |_| true))]), options);
        (grid.rows[0].severity, grid.rows[0].flags.is_hot)
    };
    assert_eq!(severity(80, 100), (Severity::Ok, false));
    assert_eq!(severity(50, 100), (Severity::Warning, true));
    assert_eq!(severity(30, 50), (Severity::Critical, true));
}

/// Minutes of two shards: bytes as a share of the limit, and refused writes; unknown where there is none.
fn minutes() -> impl Strategy<Value = Vec<[Option<(f64, u32)>; 2]>> {
    let minute = || prop::option::weighted(0.9, (0.0..1.3_f64, prop_oneof![4 => Just(0_u32), 1 => 1..40_u32]));
    prop::collection::vec([minute(), minute()], 80)
}

fn answer(minutes: &[[Option<(f64, u32)>; 2]], from: usize) -> StreamMetrics {
    let start = Timestamp::from_secs(from as i64 * 60);
    let window = Window { start, end: start + Millis::from_mins(MINUTES as i64), step_seconds: 60 };
    let figures = |shard: usize| {
        let mut figures = WriteMetrics::unknown(window);
        for column in 0..MINUTES {
            let at = figures.incoming_bytes.time_of(column);
            let minute = minutes.get(from + column).and_then(|minute| minute.get(shard).copied().flatten());
            if let Some((share, refused)) = minute {
                figures.incoming_bytes.set(at, share * 60.0 * 1_048_576.0);
                figures.write_throttled.set(at, f64::from(refused));
            }
        }
        figures
    };
    let (a, b) = (figures(0), figures(1));
    let mut total = WriteMetrics::unknown(window);
    for column in 0..MINUTES {
        let at = total.incoming_bytes.time_of(column);
        let sum =
            |one: &Series, other: &Series| one.at(column).into_iter().chain(other.at(column)).reduce(|a, b| a + b);
        if let Some(sum) = sum(&a.incoming_bytes, &b.incoming_bytes) {
            total.incoming_bytes.set(at, sum);
        }
        if let Some(sum) = sum(&a.write_throttled, &b.write_throttled) {
            total.write_throttled.set(at, sum);
        }
    }
    StreamMetrics {
        window,
        total,
        shards: [("a", 0), ("b", 1)].map(|(id, shard)| (ShardId::from(id), figures(shard))).into(),
        source: Source::CloudWatch,
        incomplete_from: None,
    }
}

proptest! {
    #[test]
    fn a_grid_that_took_an_answer_in_is_the_one_built_from_it(
        minutes in minutes(),
        late in 0_usize..30,
        by in 0_usize..20,
        sort in prop::sample::select(HeatSort::ALL.to_vec()),
        metric in prop::sample::select(HeatMetric::ALL.to_vec()),
    ) {
        let map = ShardMap::new(vec![shard("a", 0, 5, &[], true), shard("b", 6, u128::MAX, &[], true)]);
        let options = HeatOptions { metric, sort, ..HeatOptions::default() };
        // The newest minutes of the older answer were not reported yet.
        let mut older = minutes.clone();
        older.truncate(MINUTES - late);
        let mut grid = HeatGrid::build(&map, &answer(&older, 0), options);
        let before = grid.clone();
        let newer = answer(&minutes, by);
        let changed = grid.update(&newer).expect("the same shards");
        let anew = HeatGrid::build(&map, &newer, options);
        prop_assert_eq!(&grid.rows, &anew.rows);
        prop_assert_eq!(labels(&grid), labels(&anew));
        for column in (0..MINUTES).filter(|column| !changed.contains(column)) {
            for (old, new) in before.rows.iter().zip(&grid.rows) {
                prop_assert_eq!(old.cell(column + by), new.cell(column));
                prop_assert_eq!(old.has_refused(column + by), new.has_refused(column));
            }
        }
    }

    #[test]
    fn flags_agree_with_the_verdict_at_the_usual_thresholds(minutes in minutes()) {
        let map = ShardMap::new(vec![shard("a", 0, 5, &[], true), shard("b", 6, u128::MAX, &[], true)]);
        let metrics = answer(&minutes, 0);
        for row in &HeatGrid::build(&map, &metrics, HeatOptions::default()).rows {
            let id = row.shard_id.clone().expect("a shard");
            let finding = shard_finding(&id, &metrics.shards[&id]);
            let is_hot = finding.as_ref().is_some_and(|finding| finding.cause == Cause::HotShard);
            prop_assert_eq!(row.flags.is_hot, is_hot);
            let severity = finding.map_or(Severity::Ok, |finding| finding.severity);
            prop_assert_eq!(row.severity, if row.load.is_some() { severity } else { Severity::Unknown });
        }
    }
}

#[test]
fn a_figure_that_comes_for_the_past_after_the_metric_was_chosen_is_read_at_once() {
    let map = ShardMap::new(vec![shard("shardId-0", 0, u128::MAX, &[], true)]);
    let options = HeatOptions { metric: HeatMetric::IteratorAge, ..HeatOptions::default() };
    let mut young = figures(0.5, |_| true);
    young.iterator_age_millis = window().unknown_series();
    let mut grid = HeatGrid::build(&map, &metrics(vec![("shardId-0", young.clone())]), options);
    assert!(grid.update(&metrics(vec![("shardId-0", young)])).is_ok(), "nothing came");
    assert_eq!(grid.update(&metrics(vec![("shardId-0", figures(0.5, |_| true))])), Err(NotTheSame));
    let few = figures(0.5, |column| column >= 30);
    let mut grid = HeatGrid::build(&map, &metrics(vec![("shardId-0", few)]), options);
    assert_eq!(grid.update(&metrics(vec![("shardId-0", figures(0.5, |_| true))])), Err(NotTheSame));
}

#[test]
fn a_sum_that_still_grows_neither_calms_a_row_nor_stands_for_now() {
    let map = ShardMap::new(vec![shard("shardId-0", 0, u128::MAX, &[], true)]);
    let mut hot = figures(1.01, |_| true);
    let newest = hot.incoming_bytes.time_of(MINUTES - 1);
    let row_of = |hot: &WriteMetrics| {
        let metrics = StreamMetrics { incomplete_from: Some(newest), ..metrics(vec![("shardId-0", hot.clone())]) };
        let grid = HeatGrid::build(&map, &metrics, HeatOptions::default());
        let row = grid.row(0).expect("a row");
        assert_eq!(
            row.severity,
            shard_finding_as_of(&ShardId::from("shardId-0"), hot, Some(newest)).map_or(Severity::Ok, |f| f.severity)
        );
        (row.now.map(|now| (now * 100.0).round()), row.flags.is_hot)
    };
    hot.incoming_bytes.set(newest, 0.2 * 60.0 * 1_048_576.0);
    assert_eq!(row_of(&hot), (Some(101.0), true));
    hot.incoming_bytes.set(newest, 0.97 * 60.0 * 1_048_576.0);
    assert_eq!(row_of(&hot), (Some(97.0), true));
}

#[test]
fn other_shards_or_columns_are_built_anew() {
    let minutes = vec![[Some((0.5, 0)), Some((0.4, 0))]; 80];
    let map = ShardMap::new(vec![shard("a", 0, 5, &[], true), shard("b", 6, u128::MAX, &[], true)]);
    let build = || HeatGrid::build(&map, &answer(&minutes, 5), HeatOptions::default());
    assert_eq!(build().update(&answer(&minutes, 4)), Err(NotTheSame), "an older answer");
    let mut other = answer(&minutes, 6);
    other.shards.insert(ShardId::from("c"), figures(0.1, |_| true));
    assert_eq!(build().update(&other), Err(NotTheSame));
    let mut longer = answer(&minutes, 6);
    longer.window.end = longer.window.end + Millis::from_mins(1);
    assert_eq!(build().update(&longer), Err(NotTheSame));
    let mut grid = build();
    let rounds = (1..=20).take_while(|_| grid.update(&answer(&minutes, 5)).is_ok()).count();
    assert_eq!(rounds, 9, "the tenth answer is read as a whole");
}

#[test]
fn the_stream_stands_first_in_every_order_where_shards_are_estimates() {
    let map =
        ShardMap::new(vec![shard("shardId-0", 0, 9, &[], true), shard("shardId-1", 10, 19, &["shardId-9"], true)]);
    let metrics = StreamMetrics {
        window: window(),
        total: figures(0.2, |_| true),
        shards: [
            (ShardId::from("shardId-0"), figures(0.1, |column| column > 40)),
            (ShardId::from("shardId-1"), figures(0.9, |column| column > 40)),
        ]
        .into(),
        source: Source::Sampled,
        incomplete_from: None,
    };
    for sort in HeatSort::ALL {
        let mut grid = HeatGrid::build(&map, &metrics, HeatOptions { sort, open_shards: 2, ..HeatOptions::default() });
        assert!(grid.is_sampled && grid.row(0).is_some_and(|row| row.shard_id.is_none()), "{sort:?}");
        assert_eq!((grid.len(), grid.first_shard_place()), (3, 1));
        assert_eq!(grid.hottest(), grid.place_of(Some(&ShardId::from("shardId-1"))));
        assert!(grid.reshard_events.is_empty(), "where sampling began says nothing of when a shard was made");
        let later = Window {
            start: window().start + Millis::from_mins(1),
            end: window().end + Millis::from_mins(1),
            ..window()
        };
        let moved = StreamMetrics { window: later, ..metrics.clone() };
        assert!(grid.update(&moved).is_ok(), "{sort:?}");
        let anew = HeatGrid::build(&map, &moved, grid.options);
        assert!(grid.shown().eq(anew.shown()), "{sort:?}");
    }
}
