//! The book against a model of CloudWatch that remembers every point it was asked for.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::model::heat_range::HeatRange;
use crate::model::limits::METRIC_SETTLES_MILLIS;

const T0: Timestamp = Timestamp::from_secs(1_790_000_000);

/// CloudWatch as it is: a period grows until it has settled, some periods have no data, and it knows what was asked.
#[derive(Default)]
struct CloudWatch {
    asked_when_final: HashSet<(Option<ShardId>, Figure, u32, Timestamp)>,
    twice: Vec<(Option<ShardId>, Figure, Timestamp)>,
    metrics: usize,
}

fn truth(shard: &Option<ShardId>, figure: Figure, at: Timestamp, now: Timestamp) -> Option<f64> {
    let of_shard = shard.as_ref().map_or(7, |shard| shard.as_str().len() as i64);
    let seed = at.as_secs() / 60 + of_shard * 31 + figure as i64 * 17;
    if seed % 5 == 0 {
        return None;
    }
    let whole = (seed % 1_000) as f64 + if figure == Figure::IteratorAge { 0.25 } else { 0.0 };
    let is_settled = at + Millis::from_mins(1) + Millis(METRIC_SETTLES_MILLIS) <= now;
    Some(if is_settled { whole } else { (whole / 2.0).floor() })
}

impl CloudWatch {
    fn answer(&mut self, call: &Call, now: Timestamp, is_whole: bool) -> Vec<MetricPoints> {
        assert!(call.series.len() <= crate::model::limits::GET_METRIC_DATA_MAX_QUERIES);
        self.metrics += call.series.len();
        let one = |metric: &MetricId| {
            let mut points = Vec::new();
            for period in 0..call.span.len() {
                let at = call.span.time_of(period);
                if is_whole && is_final(at, call.span.step_seconds, now) {
                    let point = (metric.shard.clone(), metric.figure, call.span.step_seconds, at);
                    if !self.asked_when_final.insert(point) {
                        self.twice.push((metric.shard.clone(), metric.figure, at));
                    }
                }
                points.extend(truth(&metric.shard, metric.figure, at, now).map(|value| (at, value)));
            }
            points.reverse();
            MetricPoints { points, is_whole }
        };
        call.series.iter().map(one).collect()
    }
}

fn wishes(shards: usize, figures: FigureSet) -> Vec<Wish> {
    let wish = |shard| Wish { stream: StreamName::from("s"), shard, figures };
    // Ids of different length, so that the model gives each shard its own figures.
    let shards = (0..shards).map(|shard| Some(ShardId::from("x".repeat(shard + 1))));
    std::iter::once(None).chain(shards).map(wish).collect()
}

fn set(bits: u8) -> FigureSet {
    let parts = [FigureSet::WRITE, FigureSet::READ_THROTTLES, FigureSet::ITERATOR_AGE, FigureSet::OUTGOING];
    let chosen = parts.into_iter().enumerate().filter(|(index, _)| bits & (1 << index) != 0);
    chosen.fold(FigureSet::NONE, |all, (_, part)| all.with(part))
}

/// One look of a person at a stream.
#[derive(Clone, Debug)]
struct Look {
    later_seconds: i64,
    range: HeatRange,
    shards: usize,
    figures: u8,
    reuse_seconds: i64,
    /// How many of the calls are answered before the person goes elsewhere.
    answered: usize,
    is_whole: bool,
    /// The program is started again before this look.
    restarts: bool,
}

prop_compose! {
    fn look()(
        later_seconds in prop_oneof![0_i64..90, 0_i64..90, 0_i64..20_000],
        range in prop_oneof![
            Just(HeatRange::Minutes15), Just(HeatRange::Hour1), Just(HeatRange::Hours3), Just(HeatRange::Days7)
        ],
        shards in 0_usize..6, figures in 1_u8..16, reuse_seconds in 0_i64..40,
        answered in prop_oneof![Just(usize::MAX), Just(usize::MAX), 0_usize..3],
        is_whole in prop::bool::weighted(0.9), restarts in prop::bool::weighted(0.15),
    ) -> Look {
        Look { later_seconds, range, shards, figures, reuse_seconds, answered, is_whole, restarts }
    }
}

/// What a restart leaves: the final periods.
fn restarted(book: &mut Book) -> Book {
    let mut next = Book::default();
    for key in book.take_dirty() {
        let chunk = book.chunk(&key).expect("it is dirty");
        next.add(key, super::super::codec::decode(&super::super::codec::encode(chunk)).expect("just written"));
    }
    let clean: Vec<ChunkKey> = book.chunks.keys().cloned().collect();
    for key in clean {
        let chunk = book.chunk(&key).expect("held");
        next.add(key, super::super::codec::decode(&super::super::codec::encode(chunk)).expect("just written"));
    }
    next
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn whatever_is_looked_at_no_complete_point_is_asked_for_twice(looks in proptest::collection::vec(look(), 1..14)) {
        let place = Place::kept("account region");
        let (mut book, mut cloudwatch, mut now) = (Book::default(), CloudWatch::default(), T0);
        for look in looks {
            now = now + Millis::from_secs(look.later_seconds);
            if look.restarts {
                book = restarted(&mut book);
            }
            let wishes = wishes(look.shards, set(look.figures));
            let window = look.range.window(now);
            let horizon = now - Millis::from_secs(look.reuse_seconds);
            book.begin(&place, &wishes, window);
            let calls = book.plan(&place, &wishes, window, horizon);
            for call in calls.iter().take(look.answered) {
                let answers = cloudwatch.answer(call, now, look.is_whole);
                book.record(&place, call, &answers, Asked { at: now, horizon });
            }
            prop_assert!(cloudwatch.twice.is_empty(), "asked twice: {:?}", cloudwatch.twice);
            if look.answered < calls.len() {
                continue;
            }
            let left = book.plan(&place, &wishes, window, horizon);
            prop_assert!(left.is_empty(), "still missing after a whole answer: {left:?}");
            let known = book.figures(&place, &wishes, window, now);
            let metrics = &known[&StreamName::from("s")];
            prop_assert_eq!(metrics.shards.len(), look.shards);
            for wish in &wishes {
                let figures = wish.shard.as_ref().map_or(&metrics.total, |shard| &metrics.shards[shard]);
                for figure in Figure::ALL {
                    let series = figure.of(figures);
                    prop_assert_eq!(series.len(), window.len());
                    for period in 0..window.len() {
                        let at = window.time_of(period);
                        let fills = matches!(figure, Figure::WriteThrottled | Figure::ReadThrottled)
                            && figures.incoming_records.at(period).is_some();
                        let wanted = match truth(&wish.shard, figure, at, now) {
                            _ if !wish.figures.contains(figure) => None,
                            None if fills => Some(0.0),
                            value => value,
                        };
                        // What still grew may have been asked for a little earlier.
                        let is_settled = is_final(at, window.step_seconds, horizon);
                        prop_assert!(
                            series.at(period) == wanted || (!is_settled && series.at(period).is_some() == wanted.is_some()),
                            "{:?} {:?} at {:?}: {:?}, not {:?}", wish.shard, figure, at, series.at(period), wanted
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_refresh_of_a_thousand_shards_asks_for_the_young_minutes_only() {
    let place = Place::in_memory("x");
    let mut wishes = wishes(0, FigureSet::WRITE);
    wishes.extend((0..1_000).map(|shard| Wish {
        stream: StreamName::from("s"),
        shard: Some(ShardId::from(format!("shardId-{shard:012}"))),
        figures: FigureSet::WRITE,
    }));
    let (mut book, mut cloudwatch) = (Book::default(), CloudWatch::default());
    let mut spans: HashMap<usize, usize> = HashMap::new();
    for minute in 0..3 {
        let now = T0 + Millis::from_mins(minute);
        let window = HeatRange::Hours3.window(now);
        book.begin(&place, &wishes, window);
        for call in book.plan(&place, &wishes, window, now) {
            *spans.entry(call.span.len()).or_default() += call.series.len();
            let answers = cloudwatch.answer(&call, now, true);
            book.record(&place, &call, &answers, Asked { at: now, horizon: now });
        }
    }
    assert!(cloudwatch.twice.is_empty(), "{:?}", cloudwatch.twice.first());
    // The three hours once, then every minute the new one and the three that may have grown.
    assert_eq!(spans, HashMap::from([(180, 3_003), (4, 2 * 3_003)]));
}

#[test]
fn a_shard_that_was_just_born_and_a_wider_set_are_asked_for_alone() {
    let place = Place::in_memory("x");
    let (mut book, mut cloudwatch) = (Book::default(), CloudWatch::default());
    let window = HeatRange::Hour1.window(T0);
    let mut look = |shards, figures, reuse| {
        let wishes = wishes(shards, figures);
        let horizon = T0 - Millis::from_secs(reuse);
        let before = cloudwatch.metrics;
        for call in book.plan(&place, &wishes, window, horizon) {
            let answers = cloudwatch.answer(&call, T0, true);
            book.record(&place, &call, &answers, Asked { at: T0, horizon });
        }
        cloudwatch.metrics - before
    };
    assert_eq!(look(2, FigureSet::WRITE, 30), 9);
    assert_eq!(look(2, FigureSet::WRITE, 30), 0);
    assert_eq!(look(3, FigureSet::WRITE, 30), 3, "only the new shard");
    assert_eq!(look(3, FigureSet::WRITE.with(FigureSet::OUTGOING), 30), 4, "only the new figure");
    assert_eq!(look(3, FigureSet::WRITE, 30), 0, "narrowing asks nothing");
}

#[test]
fn what_is_least_used_is_dropped_when_there_is_too_much() {
    let place = Place::in_memory("x");
    let mut book = Book { most_columns: 100, ..Book::default() };
    let mut look = |stream: &str| {
        let stream = StreamName::from(stream);
        let wishes: Vec<Wish> =
            wishes(3, FigureSet::WRITE).into_iter().map(|w| Wish { stream: stream.clone(), ..w }).collect();
        let window = HeatRange::Hour1.window(T0);
        book.begin(&place, &wishes, window);
        let calls = book.plan(&place, &wishes, window, T0);
        for call in &calls {
            let answers = vec![MetricPoints { points: Vec::new(), is_whole: true }; call.series.len()];
            book.record(&place, call, &answers, Asked { at: T0, horizon: T0 });
        }
        (calls.len(), book.columns)
    };
    let (_, one) = look("a");
    assert!((48..=60).contains(&one), "12 series in 4 or 5 chunks: {one}");
    look("b");
    assert_eq!(look("b").0, 0, "still here");
    let (asked, held) = look("c");
    assert!(asked > 0 && held <= 100 + one, "{held} columns are held");
    assert_eq!(look("c").0, 0, "the newest is here");
    assert!(look("a").0 > 0, "the oldest is gone");
}
