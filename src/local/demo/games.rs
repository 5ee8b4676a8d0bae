//! `game-sessions`: calm on the average of a minute, beyond the limit in bursts of one or two seconds.

use std::sync::Arc;

use super::source::{Load, Pace, Source, Spec, json_tail, noise, pick};
use crate::local::engine::{Payload, PutEntry};
use crate::model::ids::PartitionKey;
use crate::model::limits::SHARD_WRITE_BYTES_PER_SEC;
use crate::model::time::Timestamp;

const SHARDS: u32 = 4;
const RECORD_BYTES: f64 = 8_000.0;
/// Share of the limit between bursts and within them.
const CALM: f64 = 0.42;
const BURST: f64 = 1.15;
/// A burst begins every so many seconds.
const EVERY_SECONDS: i64 = 30;
/// Seconds of bursts in a minute, on the average.
const BURST_SECONDS: f64 = 3.0;

pub(super) struct Games {
    spec: Spec,
    seed: u64,
    rng: fastrand::Rng,
    tails: Vec<Arc<[u8]>>,
    pace: Pace,
}

impl Games {
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed ^ 3);
        Self {
            spec: Spec {
                name: "game-sessions",
                shards: SHARDS,
                is_on_demand: false,
                is_enhanced: true,
                days_old: 96,
                team: "games",
                lag: None,
            },
            seed,
            tails: (0..8).map(|_| json_tail(&mut rng, "state", 7_750)).collect(),
            rng,
            pace: Pace::default(),
        }
    }

    /// Share of the limit that is asked for in this second.
    fn demand(&self, second: i64) -> f64 {
        let since = second.rem_euclid(EVERY_SECONDS);
        let is_long = noise(self.seed, second.div_euclid(EVERY_SECONDS), 4) < 0.5;
        let is_burst = since == 0 || (is_long && since == 1);
        let level = if is_burst { BURST } else { CALM };
        level * (0.9 + 0.2 * noise(self.seed, second, 5))
    }
}

impl Source for Games {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn entries(&mut self, at: Timestamp, seconds: f64) -> Vec<PutEntry> {
        let per_second = self.demand(at.as_secs()) * f64::from(SHARDS) * SHARD_WRITE_BYTES_PER_SEC / RECORD_BYTES;
        let time = at.to_rfc3339();
        let due = self.pace.due(per_second, seconds);
        let mut entries = Vec::with_capacity(due);
        for _ in 0..due {
            let rng = &mut self.rng;
            let kind = pick(rng, &["move", "move", "shot", "loot", "join", "leave"]).copied().unwrap_or_default();
            let session = rng.u32(100_000..140_000);
            let head = format!(
                "{{\"type\":\"{kind}\",\"ts\":\"{time}\",\"session\":\"game-{session}\",\"player\":\"p-{}\",\
                 \"map\":\"harbor-{}\",\"x\":{},\"y\":{},\"hp\":{},\"ping_ms\":{}",
                rng.u32(1..200_000),
                rng.u8(1..9),
                rng.i16(-4_000..4_000),
                rng.i16(-4_000..4_000),
                rng.u8(1..=100),
                rng.u16(8..220),
            );
            let payload = match pick(rng, &self.tails) {
                Some(tail) => Payload::with_shared_tail(head.into_bytes(), tail.clone()),
                None => Payload::new(format!("{head}}}").into_bytes()),
            };
            let partition_key = PartitionKey::from(format!("game-{session}"));
            entries.push(PutEntry { partition_key, explicit_hash_key: None, payload });
        }
        entries
    }

    fn load(&self, shard: u32, minutes_ago: i64) -> Load {
        let swing = 0.96 + 0.08 * noise(self.seed, minutes_ago, 30 + shard);
        let burst_share = BURST_SECONDS / 60.0;
        let mean = CALM * (1.0 - burst_share) + burst_share;
        let bytes = mean * SHARD_WRITE_BYTES_PER_SEC * swing;
        let refused = (BURST - 1.0) * burst_share * SHARD_WRITE_BYTES_PER_SEC / RECORD_BYTES;
        Load { bytes, records: bytes / RECORD_BYTES, throttled: refused * swing }
    }
}
