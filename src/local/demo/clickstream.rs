//! `clickstream-data`: web shop events; one tenant makes one shard hot.

use std::sync::Arc;

use super::source::{Load, Pace, Source, Spec, json_tail, noise, pick, shares};
use crate::local::engine::{Payload, PutEntry};
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::ids::PartitionKey;
use crate::model::limits::SHARD_WRITE_BYTES_PER_SEC;
use crate::model::time::Timestamp;

pub(super) const NAME: &str = "clickstream-data";
const HOT_KEY: &str = "tenant-42";
/// Minutes before the start since when the hot key is hot.
pub(super) const HOT_SINCE_MINUTES: i64 = 16;
/// Bytes each second of the hot key and of all other keys together.
const HOT_BYTES: f64 = 0.69 * SHARD_WRITE_BYTES_PER_SEC;
const OTHER_BYTES: f64 = 2.1 * SHARD_WRITE_BYTES_PER_SEC;
const RECORD_BYTES: f64 = 3_000.0;
const SHARDS: u32 = 8;
const TENANTS: u32 = 400;

pub(super) struct Clickstream {
    spec: Spec,
    seed: u64,
    rng: fastrand::Rng,
    hot_key: PartitionKey,
    tenants: Vec<PartitionKey>,
    shares: Vec<f64>,
    hot_shard: u32,
    tails: Vec<Arc<[u8]>>,
    hot: Pace,
    other: Pace,
}

impl Clickstream {
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let tenants: Vec<_> =
            (1..=TENANTS).filter(|i| *i != 42).map(|i| PartitionKey::from(format!("tenant-{i}"))).collect();
        let hot_hash = HashKey::of_partition_key(HOT_KEY);
        let hot_shard = HashKeyRange::uniform(SHARDS).iter().position(|range| range.contains(hot_hash)).unwrap_or(0);
        Self {
            spec: Spec {
                name: NAME,
                shards: SHARDS,
                is_on_demand: false,
                is_enhanced: true,
                days_old: 412,
                team: "web",
                lag: Some(0),
            },
            seed,
            shares: shares(&tenants, SHARDS),
            tenants,
            hot_key: PartitionKey::from(HOT_KEY),
            hot_shard: u32::try_from(hot_shard).unwrap_or(0),
            tails: (0..8).map(|_| json_tail(&mut rng, "context", 2_650)).collect(),
            rng,
            hot: Pace::default(),
            other: Pace::default(),
        }
    }

    fn entry(&mut self, key: PartitionKey, time: &str) -> PutEntry {
        const EVENTS: [&str; 6] = ["page_view", "page_view", "search", "add_to_cart", "remove_from_cart", "checkout"];
        let rng = &mut self.rng;
        let event = pick(rng, &EVENTS).copied().unwrap_or_default();
        let currency = pick(rng, &["EUR", "USD", "GBP", "SEK"]).copied().unwrap_or_default();
        let head = format!(
            "{{\"event\":\"{event}\",\"ts\":\"{time}\",\"tenant\":\"{key}\",\"session\":\"s-{:012x}\",\
             \"user\":\"u-{}\",\"page\":\"/product/{}\",\"cart\":{{\"items\":{},\"total\":{}.{:02},\
             \"currency\":\"{currency}\"}},\"latency_ms\":{}",
            rng.u64(..1 << 48),
            rng.u32(1..90_000),
            rng.u32(1_000..9_999),
            rng.u8(0..9),
            rng.u16(1..400),
            rng.u8(..100),
            rng.u16(12..900),
        );
        let payload = match pick(rng, &self.tails) {
            Some(tail) => Payload::with_shared_tail(head.into_bytes(), tail.clone()),
            None => Payload::new(format!("{head}}}").into_bytes()),
        };
        PutEntry { partition_key: key, explicit_hash_key: None, payload }
    }
}

impl Source for Clickstream {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn entries(&mut self, at: Timestamp, seconds: f64) -> Vec<PutEntry> {
        let swing = |salt| 0.9 + 0.2 * noise(self.seed, at.as_secs(), salt);
        let (hot_rate, other_rate) = (HOT_BYTES * swing(1) / RECORD_BYTES, OTHER_BYTES * swing(2) / RECORD_BYTES);
        let time = at.to_rfc3339();
        let mut entries = Vec::new();
        for _ in 0..self.hot.due(hot_rate, seconds) {
            let key = self.hot_key.clone();
            entries.push(self.entry(key, &time));
        }
        for _ in 0..self.other.due(other_rate, seconds) {
            if let Some(key) = pick(&mut self.rng, &self.tenants).cloned() {
                entries.push(self.entry(key, &time));
            }
        }
        self.rng.shuffle(&mut entries);
        entries
    }

    fn load(&self, shard: u32, minutes_ago: i64) -> Load {
        let swing = 0.95 + 0.1 * noise(self.seed, minutes_ago, 10 + shard);
        let share = self.shares.get(shard as usize).copied().unwrap_or(0.0);
        let mut bytes = OTHER_BYTES * share * swing;
        let mut throttled = 0.0;
        if shard == self.hot_shard {
            // Hot since a quarter of an hour, rising over the first two minutes; a tenth of it before.
            let rise = ((HOT_SINCE_MINUTES - minutes_ago) as f64 / 2.0).clamp(0.1, 1.0);
            bytes += HOT_BYTES * rise * swing;
            if rise >= 1.0 {
                // About what the shard refuses of the traffic that is really put.
                throttled = (260.0 + 320.0 * noise(self.seed, minutes_ago, 99)) / 60.0;
                bytes = bytes.min(SHARD_WRITE_BYTES_PER_SEC * (0.94 + 0.04 * noise(self.seed, minutes_ago, 98)));
            }
        }
        Load { bytes, records: bytes / RECORD_BYTES, throttled }
    }
}
