//! The demo's rates, driven by a clock of the test.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::*;
use crate::local::engine::{Dimensions, EngineSettings, MetricKey};
use crate::model::limits::SHARD_WRITE_BYTES_PER_SEC;
use crate::model::time::{Millis, Timestamp};

const START: i64 = 1_790_000_040_000;

fn engine() -> (Arc<Engine>, Arc<AtomicI64>) {
    let hands = Arc::new(AtomicI64::new(START));
    let inner = hands.clone();
    let engine = Engine::new(EngineSettings {
        clock: Arc::new(move || Timestamp(inner.load(Ordering::SeqCst))),
        memory_cap_bytes: 96 * 1_048_576,
        delay: Millis::from_secs(1),
        region: "us-east-1".to_owned(),
    });
    (Arc::new(engine), hands)
}

/// Share of the byte limit of a shard in each minute.
fn shares(engine: &Engine, stream: &str, shard: u32) -> Vec<f64> {
    sums(engine, stream, Some(shard), "IncomingBytes")
        .iter()
        .map(|sum| sum / 60.0 / SHARD_WRITE_BYTES_PER_SEC)
        .collect()
}

fn sums(engine: &Engine, stream: &str, shard: Option<u32>, name: &str) -> Vec<f64> {
    let shard = shard.map(|index| crate::local::engine::shard_id(index).as_str().to_owned());
    let key = MetricKey { name: name.to_owned(), dimensions: Dimensions { stream: stream.to_owned(), shard } };
    engine.metric_periods(&key, Timestamp(0), Timestamp(i64::MAX), 60).iter().map(|(_, set)| set.sum).collect()
}

#[test]
fn an_hour_of_the_past_is_there_at_once() {
    let (engine, _) = engine();
    prepare(&engine, 42);
    assert_eq!(engine.streams().len(), 6);
    let hot = shares(&engine, "clickstream-data", 5);
    assert_eq!(hot.len(), 60);
    assert!(hot.iter().take(40).all(|share| *share < 0.5), "{hot:?}");
    assert!(hot.iter().skip(48).all(|share| (0.9..1.0).contains(share)), "{hot:?}");
    assert!(sums(&engine, "sandbox", None, "IncomingBytes").is_empty());
    assert!(shares(&engine, "app-logs", 0).is_empty());
    assert_eq!(sums(&engine, "app-logs", None, "IncomingBytes").len(), 60);
}

#[test]
fn live_rates_go_on_where_the_past_ended() {
    let (engine, hands) = engine();
    prepare(&engine, 42);
    let mut sources = sources(42);
    for _ in 0..600 {
        let now = engine.now();
        for source in &mut sources {
            traffic::put(&engine, source.as_mut(), now, 0.1);
        }
        hands.fetch_add(100, Ordering::SeqCst);
    }
    for (stream, shard) in [
        ("clickstream-data", 5),
        ("clickstream-data", 1),
        ("iot-sensor-data", 0),
        ("game-sessions", 2),
        ("order-events", 2),
        ("order-events", 0),
    ] {
        let shares = shares(&engine, stream, shard);
        let (past, live) = (shares[59], shares[60]);
        assert!((live / past - 1.0).abs() < 0.15, "{stream} {shard}: past {past} live {live}");
    }
    let logs = sums(&engine, "app-logs", None, "IncomingBytes");
    assert!((logs[60] / logs[59] - 1.0).abs() < 0.3, "{} then {}", logs[59], logs[60]);
    let throttled = |stream, shard| sums(&engine, stream, Some(shard), "WriteProvisionedThroughputExceeded")[60];
    assert!(throttled("clickstream-data", 5) > 0.0);
    assert!(throttled("game-sessions", 1) > 0.0);
    assert_eq!(throttled("order-events", 2), 0.0);
    assert!((0.78..0.90).contains(&shares(&engine, "order-events", 2)[60]));
    assert!(engine.memory_bytes() <= 96 * 1_048_576);
}

#[test]
fn the_same_seed_makes_the_same_records() {
    for (mut a, mut b) in sources(7).into_iter().zip(sources(7)) {
        let bytes = |source: &mut Box<dyn Source>| -> Vec<_> {
            source.entries(Timestamp(START), 1.0).iter().map(|entry| entry.payload.to_vec()).collect()
        };
        assert_eq!(bytes(&mut a), bytes(&mut b));
    }
}

#[test]
fn every_json_record_is_json() {
    for mut source in sources(3) {
        let name = source.spec().name;
        for entry in source.entries(Timestamp(START), 0.2) {
            let data = entry.payload.to_vec();
            if matches!(name, "clickstream-data" | "iot-sensor-data" | "game-sessions") {
                assert!(serde_json::from_slice::<serde_json::Value>(&data).is_ok(), "{name}");
            }
        }
    }
}

#[test]
fn readers_are_measured_and_the_one_of_orders_lags() {
    let (engine, hands) = engine();
    prepare(&engine, 42);
    let mut sources = sources(43);
    let mut readers = traffic::readers(&sources);
    for tick in 0..1_200 {
        for source in &mut sources {
            traffic::put(&engine, source.as_mut(), engine.now(), 0.1);
        }
        if tick % 10 == 0 {
            readers.iter_mut().for_each(|reader| reader.poll(&engine));
        }
        hands.fetch_add(100, Ordering::SeqCst);
    }
    let age = |stream: &str| {
        let dimensions = Dimensions { stream: stream.to_owned(), shard: None };
        let key = MetricKey { name: "GetRecords.IteratorAgeMilliseconds".to_owned(), dimensions };
        let from = Timestamp(START) + Millis::from_mins(1);
        let periods = engine.metric_periods(&key, from, Timestamp(i64::MAX), 60);
        periods.first().and_then(|(_, set)| set.statistic("Maximum"))
    };
    assert!(age("clickstream-data").expect("read") < 2_000.0);
    assert!((10_000.0..30_000.0).contains(&age("order-events").expect("read")), "{:?}", age("order-events"));
    assert_eq!(age("game-sessions"), None);
    assert_eq!(
        sums(&engine, "clickstream-data", Some(5), "ReadProvisionedThroughputExceeded").iter().sum::<f64>(),
        0.0
    );
    let read = sums(&engine, "order-events", Some(2), "OutgoingBytes");
    let written = sums(&engine, "order-events", Some(2), "IncomingBytes");
    assert!((read[61] / written[61] - 1.0).abs() < 0.2, "read {} written {}", read[61], written[61]);
}

#[test]
fn aggregates_follow_a_split() {
    use crate::model::hash_range::{HashKey, HashKeyRange};
    let mut orders = orders::Orders::new(1);
    let halves = HashKeyRange::uniform(4)
        .into_iter()
        .flat_map(|range| {
            let (low, high) = range.split_at(range.even_split().expect("splits")).expect("splits");
            [low, high]
        })
        .collect::<Vec<_>>();
    orders.entries(Timestamp(START), 0.3);
    orders.reshape(&halves);
    let entries = orders.entries(Timestamp(START), 2.0);
    assert!(entries.len() > 50);
    for entry in entries {
        let home = |key: &str| halves.iter().position(|range| range.contains(HashKey::of_partition_key(key)));
        let text = String::from_utf8_lossy(&entry.payload.to_vec()).into_owned();
        let customers = text.split("\"customer\":\"").skip(1).filter_map(|rest| rest.split('"').next());
        let shard = home(entry.partition_key.as_str());
        assert!(customers.map(home).all(|other| other == shard));
    }
}

#[test]
fn the_alarm_on_the_hot_stream_has_gone_off() {
    let (engine, hands) = engine();
    prepare(&engine, 42);
    let states: Vec<_> = engine.alarms().into_iter().map(|alarm| (alarm.name, alarm.state.as_str())).collect();
    let expected =
        [("clickstream-data-write-throttled".to_owned(), "ALARM"), ("order-events-iterator-age".to_owned(), "OK")];
    assert_eq!(states, expected);
    let since = engine.alarms()[0].since;
    assert!(since.age_at(engine.now()) > Millis::from_mins(10));
    hands.fetch_add(1_000, Ordering::SeqCst);
}
