//! `order-events`: KPL aggregates of orders; many customers, but one part of the key space is dense, so that one shard
//! is nearly full and a split at the right place halves it.

use std::fmt::Write as _;

use super::kpl;
use super::source::{Load, Pace, Source, Spec, noise, pick};
use crate::local::engine::{Payload, PutEntry};
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::ids::PartitionKey;
use crate::model::limits::SHARD_WRITE_BYTES_PER_SEC;
use crate::model::time::Timestamp;

pub(super) const NAME: &str = "order-events";
const SHARDS: u32 = 4;
const DENSE_SHARD: usize = 2;
/// Share of its range below and above which the dense shard is as thin as the others.
const DENSE_FROM: f64 = 0.62;
const DENSE_TO: f64 = 0.86;
/// Bytes each second, all shards together, and of the dense range alone.
const EVEN_BYTES: f64 = 4.0 * 0.26 * SHARD_WRITE_BYTES_PER_SEC;
const DENSE_BYTES: f64 = 0.58 * SHARD_WRITE_BYTES_PER_SEC;
const ORDER_BYTES: f64 = 1_480.0;
const AGGREGATE_ORDERS: usize = 16;
const CUSTOMERS: u32 = 3_000;

struct Customer {
    key: String,
    hash: HashKey,
}

pub(super) struct Orders {
    spec: Spec,
    seed: u64,
    rng: fastrand::Rng,
    customers: Vec<Customer>,
    /// Those of the dense range.
    dense: Vec<Customer>,
    even_pace: Pace,
    dense_pace: Pace,
    ranges: Vec<HashKeyRange>,
    /// Orders that wait for their aggregate to fill, for each range.
    waiting: Vec<Vec<(String, Vec<u8>)>>,
    lines: String,
}

impl Orders {
    pub(super) fn new(seed: u64) -> Self {
        let ranges = HashKeyRange::uniform(SHARDS);
        let mut customers = Vec::new();
        let mut dense = Vec::new();
        for i in 0..CUSTOMERS * 3 {
            let key = format!("customer-{:06}", 10_000 + i * 7);
            let hash = HashKey::of_partition_key(&key);
            let is_dense = ranges.get(DENSE_SHARD).is_some_and(|range| {
                let place = (hash.fraction() - range.start.fraction()) / range.share();
                range.contains(hash) && (DENSE_FROM..DENSE_TO).contains(&place)
            });
            if i < CUSTOMERS {
                customers.push(Customer { key: key.clone(), hash });
            }
            if is_dense {
                dense.push(Customer { key, hash });
            }
        }
        let mut lines = String::from(",\"lines\":[");
        for i in 0..26 {
            let comma = if i == 0 { "" } else { "," };
            let _ = write!(
                lines,
                "{comma}{{\"sku\":\"SKU-{:05}\",\"qty\":{},\"unit_price\":{}.99}}",
                4_100 + i * 37,
                1 + i % 3,
                9 + i * 4
            );
        }
        lines.push_str("],\"shipping\":{\"method\":\"standard\",\"warehouse\":\"RTM-2\",\"carrier\":\"DHL\"}}");
        Self {
            spec: Spec {
                name: NAME,
                shards: SHARDS,
                is_on_demand: false,
                is_enhanced: true,
                days_old: 640,
                team: "orders",
                lag: Some(18),
            },
            seed,
            rng: fastrand::Rng::with_seed(seed ^ 4),
            customers,
            dense,
            even_pace: Pace::default(),
            dense_pace: Pace::default(),
            waiting: ranges.iter().map(|_| Vec::new()).collect(),
            ranges,
            lines,
        }
    }

    fn order(&mut self, is_dense: bool, time: &str) {
        let pool = if is_dense { &self.dense } else { &self.customers };
        let Some(customer) = pick(&mut self.rng, pool) else { return };
        let rng = &mut self.rng;
        let status = pick(rng, &["placed", "paid", "packed", "shipped", "refunded"]).copied().unwrap_or_default();
        let currency = pick(rng, &["EUR", "USD", "GBP"]).copied().unwrap_or_default();
        let mut data = format!(
            "{{\"order_id\":\"o-{:08x}\",\"ts\":\"{time}\",\"customer\":\"{}\",\"status\":\"{status}\",\
             \"total\":{}.{:02},\"currency\":\"{currency}\",\"channel\":\"web\",\"region\":\"eu-{}\"",
            rng.u32(..),
            customer.key,
            rng.u16(5..2_000),
            rng.u8(..100),
            rng.u8(1..5),
        );
        data.push_str(&self.lines);
        let at = self.ranges.iter().position(|range| range.contains(customer.hash));
        if let Some(waiting) = at.and_then(|at| self.waiting.get_mut(at)) {
            waiting.push((customer.key.clone(), data.into_bytes()));
        }
    }

    /// One record for each range whose aggregate is full.
    fn flush(&mut self) -> Vec<PutEntry> {
        let mut entries = Vec::new();
        for waiting in &mut self.waiting {
            while waiting.len() >= AGGREGATE_ORDERS {
                let taken: Vec<_> = waiting.drain(..waiting.len().min(AGGREGATE_ORDERS)).collect();
                let Some(first) = taken.first().map(|(key, _)| PartitionKey::from(key.as_str())) else { break };
                let records = taken.iter().map(|(key, data)| (key.as_str(), None, data.clone())).collect();
                let payload = Payload::new(kpl::aggregate(records));
                entries.push(PutEntry { partition_key: first, explicit_hash_key: None, payload });
            }
        }
        entries
    }
}

impl Source for Orders {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn entries(&mut self, at: Timestamp, seconds: f64) -> Vec<PutEntry> {
        let swing = |salt| 0.92 + 0.16 * noise(self.seed, at.as_secs(), salt);
        let (even, dense) = (EVEN_BYTES * swing(6) / ORDER_BYTES, DENSE_BYTES * swing(7) / ORDER_BYTES);
        let time = at.to_rfc3339();
        for _ in 0..self.even_pace.due(even, seconds) {
            self.order(false, &time);
        }
        for _ in 0..self.dense_pace.due(dense, seconds) {
            self.order(true, &time);
        }
        self.flush()
    }

    fn load(&self, shard: u32, minutes_ago: i64) -> Load {
        let swing = 0.97 + 0.06 * noise(self.seed, minutes_ago, 40 + shard);
        let dense = if shard as usize == DENSE_SHARD { DENSE_BYTES } else { 0.0 };
        let bytes = (EVEN_BYTES / f64::from(SHARDS) + dense) * swing;
        Load { bytes, records: bytes / (ORDER_BYTES * AGGREGATE_ORDERS as f64), throttled: 0.0 }
    }

    fn reshape(&mut self, ranges: &[HashKeyRange]) {
        if ranges.is_empty() || ranges == self.ranges {
            return;
        }
        // As the library does after a split: what waits is cut anew, so that no aggregate spans two shards.
        let old: Vec<_> = self.waiting.drain(..).flatten().collect();
        self.ranges = ranges.to_vec();
        self.waiting = ranges.iter().map(|_| Vec::new()).collect();
        for (key, data) in old {
            let hash = HashKey::of_partition_key(&key);
            let at = self.ranges.iter().position(|range| range.contains(hash));
            if let Some(waiting) = at.and_then(|at| self.waiting.get_mut(at)) {
                waiting.push((key, data));
            }
        }
    }
}
