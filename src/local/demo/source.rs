//! What every source of traffic has in common: its stream, its rate, its keys, its noise.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::local::engine::PutEntry;
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::ids::PartitionKey;
use crate::model::time::Timestamp;

/// A stream of the demo.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) name: &'static str,
    pub(super) shards: u32,
    pub(super) is_on_demand: bool,
    /// Shard-level metrics are on.
    pub(super) is_enhanced: bool,
    pub(super) days_old: i64,
    /// Tag `team`.
    pub(super) team: &'static str,
    /// A polling reader and how many seconds it stays behind; `None` where nobody reads.
    pub(super) lag: Option<i64>,
}

/// What one shard takes and refuses each second, as far as the past is told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    pub(super) bytes: f64,
    pub(super) records: f64,
    pub(super) throttled: f64,
}

/// One stream's traffic.
pub(super) trait Source: Send {
    fn spec(&self) -> &Spec;

    /// The records of `seconds` at this moment.
    fn entries(&mut self, at: Timestamp, seconds: f64) -> Vec<PutEntry>;

    /// What a shard took each second, some minutes before the start.
    fn load(&self, shard: u32, minutes_ago: i64) -> Load;

    /// Told now and then how the open shards cut the key space.
    fn reshape(&mut self, _ranges: &[HashKeyRange]) {}
}

/// Turns a rate into whole records and keeps the rest for later.
#[derive(Debug, Default)]
pub(super) struct Pace {
    rest: f64,
}

impl Pace {
    /// Records due in `seconds` at `per_second`.
    pub(super) fn due(&mut self, per_second: f64, seconds: f64) -> usize {
        self.rest += per_second * seconds;
        let due = self.rest.floor().clamp(0.0, 20_000.0);
        self.rest -= due;
        due as usize
    }
}

/// A number from 0 to 1 that depends on nothing but these three.
pub(super) fn noise(seed: u64, a: i64, b: u32) -> f64 {
    let mixed =
        seed ^ (a as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(b).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    fastrand::Rng::with_seed(mixed).f64()
}

/// One of a list; the first where the list is short of items.
pub(super) fn pick<'a, T>(rng: &mut fastrand::Rng, items: &'a [T]) -> Option<&'a T> {
    items.get(rng.usize(..items.len().max(1)))
}

/// The share of keys that land in each of `shards` equal ranges.
pub(super) fn shares(keys: &[PartitionKey], shards: u32) -> Vec<f64> {
    let ranges = HashKeyRange::uniform(shards);
    let mut counts = vec![0.0; ranges.len()];
    for key in keys {
        let hash = HashKey::of_partition_key(key.as_str());
        if let Some(count) = ranges.iter().position(|range| range.contains(hash)).and_then(|at| counts.get_mut(at)) {
            *count += 1.0 / keys.len().max(1) as f64;
        }
    }
    counts
}

/// The end of a JSON object, the same in many records: a `name` with an object of about `bytes`, and the last brace.
pub(super) fn json_tail(rng: &mut fastrand::Rng, name: &str, bytes: usize) -> Arc<[u8]> {
    const BROWSERS: [&str; 3] = [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 19_2 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/146.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:148.0) Gecko/20100101 Firefox/148.0",
    ];
    let browser = pick(rng, &BROWSERS).copied().unwrap_or_default();
    let mut text = format!(
        ",\"{name}\":{{\"browser\":\"{browser}\",\"locale\":\"en-GB\",\"release\":\"2026.{}.{}\",\"experiments\":[",
        rng.u8(1..12),
        rng.u8(0..30)
    );
    let mut first = true;
    while text.len() + 8 < bytes {
        let comma = if first { "" } else { "," };
        first = false;
        let variant = pick(rng, &["control", "a", "b"]).copied().unwrap_or_default();
        let _ = write!(
            text,
            "{comma}{{\"id\":\"exp-{:04}\",\"variant\":\"{variant}\",\"bucket\":{}}}",
            rng.u16(..10_000),
            rng.u16(..1_000)
        );
    }
    text.push_str("]}}");
    Arc::from(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_keeps_its_rate_over_small_steps() {
        let mut pace = Pace::default();
        let total: usize = (0..100).map(|_| pace.due(33.3, 0.1)).sum();
        assert!((332..=333).contains(&total), "{total}");
    }

    #[test]
    fn shares_add_up_to_one() {
        let keys: Vec<_> = (0..500).map(|i| PartitionKey::from(format!("k-{i}"))).collect();
        assert!((shares(&keys, 8).iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
