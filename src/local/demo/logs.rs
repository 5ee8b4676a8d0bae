//! `app-logs`: CloudWatch Logs subscription envelopes, gzipped.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::source::{Load, Pace, Source, Spec, noise, pick};
use crate::local::engine::{ACCOUNT, Payload, PutEntry};
use crate::model::ids::PartitionKey;
use crate::model::time::Timestamp;

const RECORDS_PER_SEC: f64 = 14.0;
const RECORD_BYTES: f64 = 1_410.0;
const SHARDS: u32 = 2;
const LINES: usize = 24;

pub(super) struct Logs {
    spec: Spec,
    seed: u64,
    rng: fastrand::Rng,
    pace: Pace,
}

impl Logs {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            spec: Spec {
                name: "app-logs",
                shards: SHARDS,
                is_on_demand: true,
                is_enhanced: false,
                days_old: 58,
                team: "platform",
                lag: Some(0),
            },
            seed,
            rng: fastrand::Rng::with_seed(seed ^ 5),
            pace: Pace::default(),
        }
    }

    fn envelope(&mut self, at: Timestamp) -> Vec<u8> {
        let rng = &mut self.rng;
        let service = pick(rng, &["checkout", "search", "catalog", "payments"]).copied().unwrap_or_default();
        let mut text = format!(
            "{{\"messageType\":\"DATA_MESSAGE\",\"owner\":\"{ACCOUNT}\",\"logGroup\":\"/ecs/{service}\",\
             \"logStream\":\"{service}/task-{:06x}\",\"subscriptionFilters\":[\"to-kinesis\"],\"logEvents\":[",
            rng.u32(..1 << 24)
        );
        for line in 0..LINES {
            let comma = if line == 0 { "" } else { "," };
            let level = pick(rng, &["INFO", "INFO", "INFO", "WARN", "ERROR"]).copied().unwrap_or_default();
            let path = pick(rng, &["cart", "orders", "items", "health"]).copied().unwrap_or_default();
            let status = pick(rng, &[200, 200, 200, 201, 404, 500]).copied().unwrap_or_default();
            let millis = at.0.saturating_sub((LINES - line) as i64);
            let _ = write!(
                text,
                "{comma}{{\"id\":\"{:056}\",\"timestamp\":{millis},\"message\":\"{level} request_id={:016x} \
                 path=/api/{path} status={status} duration_ms={}\"}}",
                rng.u128(..),
                rng.u64(..),
                rng.u16(1..900)
            );
        }
        text.push_str("]}");
        let mut zip = GzEncoder::new(Vec::with_capacity(1_500), Compression::fast());
        // Writing to memory does not fail.
        let _ = zip.write_all(text.as_bytes());
        zip.finish().unwrap_or_default()
    }
}

impl Source for Logs {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn entries(&mut self, at: Timestamp, seconds: f64) -> Vec<PutEntry> {
        let rate = RECORDS_PER_SEC * (0.7 + 0.6 * noise(self.seed, at.as_secs(), 8));
        (0..self.pace.due(rate, seconds))
            .map(|_| {
                let payload = Payload::new(self.envelope(at));
                let partition_key = PartitionKey::from(format!("{:032x}", self.rng.u128(..)));
                PutEntry { partition_key, explicit_hash_key: None, payload }
            })
            .collect()
    }

    fn load(&self, shard: u32, minutes_ago: i64) -> Load {
        let swing = 0.8 + 0.4 * noise(self.seed, minutes_ago, 50 + shard);
        let records = RECORDS_PER_SEC / f64::from(SHARDS) * swing;
        Load { bytes: records * RECORD_BYTES, records, throttled: 0.0 }
    }
}
