//! `kinescope diagnose`, in the format that scripts rely on.

use std::time::Duration;

use serde_json::Value;

use crate::support::Bench;

fn keys_of(value: &Value) -> Vec<&str> {
    value.as_object().map(|object| object.keys().map(String::as_str).collect()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hot_key_is_diagnosed_while_it_is_hot() {
    let bench = Bench::start().await;
    bench.stream("clicks", 2).await;
    // tenant-42 lands in the upper shard, which takes 0.70 + 0.25 MiB/s in four batches a second.
    let beside: Vec<String> = (0..400).map(|index| format!("user-{index}")).filter(|key| is_upper(key)).collect();
    let mut tick = tokio::time::interval(Duration::from_millis(250));
    for batch in 0..40 {
        tick.tick().await;
        let hot = (0..23).map(|_| "tenant-42".to_owned());
        let others = (0..8).map(|index| beside[(batch * 8 + index) % beside.len()].clone());
        bench.put_all("clicks", hot.chain(others), 8_180).await;
    }
    let ended = bench.run(&["diagnose", "clicks", "--window", "7", "--json"]).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(
        keys_of(&report),
        ["stream", "window", "verdict", "severity", "summary", "shards", "keys", "distinct_keys", "split", "samples"]
    );
    assert_eq!(report["verdict"], "hot_key", "{report:#}");
    let shards = report["shards"].as_array().expect("shards");
    assert_eq!(shards.len(), 2);
    let upper = &shards[1];
    assert_eq!(
        keys_of(upper),
        ["shard_id", "hash_key_range", "utilisation", "source", "resolution_seconds", "throttled_records", "flags"]
    );
    assert_eq!(upper["hash_key_range"]["start"], (1_u128 << 127).to_string());
    assert_eq!(upper["hash_key_range"]["end"], u128::MAX.to_string());
    assert_eq!((&upper["source"], &upper["resolution_seconds"]), (&Value::from("sampled"), &Value::from(1)));
    assert_eq!(upper["throttled_records"], Value::Null, "what was refused cannot be read");
    let mean = upper["utilisation"]["mean"].as_f64().expect("a mean");
    assert!((0.8..1.05).contains(&mean), "{mean}");
    assert_eq!(upper["utilisation"]["bound_by"], "bytes");
    let top = &report["keys"][0];
    assert_eq!(top["partition_key"], "tenant-42");
    assert_eq!(top["shard_id"], "shardId-000000000001");
    let (low, high) = (top["share_low"].as_f64().expect("low"), top["share_high"].as_f64().expect("high"));
    let truth = 23.0 / 31.0;
    assert!(low - 0.005 <= truth && truth <= high + 0.005, "{truth} in {low}..{high}");
    assert_eq!(report["split"]["helps"], false);
    assert!(report["samples"].as_u64().is_some_and(|samples| samples > 500), "{report:#}");

    let text = bench.run(&["diagnose", "clicks", "--window", "7"]).await;
    assert!(text.stdout.contains("tenant-42"), "{}", text.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_stream_is_unknown_and_a_missing_one_an_error() {
    let bench = Bench::start().await;
    bench.stream("silent", 1).await;
    let ended = bench.run(&["diagnose", "silent", "--window", "5", "--json"]).await;
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!((&report["verdict"], &report["severity"]), (&Value::from("unknown"), &Value::from("unknown")));
    assert_eq!((&report["samples"], &report["split"]), (&Value::from(0), &Value::Null));
    bench.run(&["diagnose", "nothing"]).await.is_failure_that_says("nothing");
}

fn is_upper(key: &str) -> bool {
    kinescope::model::hash_range::HashKey::of_partition_key(key).0 >> 127 == 1
}
