//! `iot-sensor-data`: a hundred devices, evenly spread, small records.

use super::source::{Load, Pace, Source, Spec, noise, pick, shares};
use crate::local::engine::{Payload, PutEntry};
use crate::model::ids::PartitionKey;
use crate::model::time::Timestamp;

const RECORDS_PER_SEC: f64 = 700.0;
const RECORD_BYTES: f64 = 185.0;
const SHARDS: u32 = 4;

pub(super) struct Sensors {
    spec: Spec,
    seed: u64,
    rng: fastrand::Rng,
    devices: Vec<PartitionKey>,
    shares: Vec<f64>,
    pace: Pace,
    turn: usize,
}

impl Sensors {
    pub(super) fn new(seed: u64) -> Self {
        let devices: Vec<_> = (1..=100).map(|i| PartitionKey::from(format!("device-{i:03}"))).collect();
        Self {
            spec: Spec {
                name: "iot-sensor-data",
                shards: SHARDS,
                is_on_demand: false,
                is_enhanced: true,
                days_old: 230,
                team: "plants",
                lag: Some(0),
            },
            seed,
            rng: fastrand::Rng::with_seed(seed ^ 2),
            shares: shares(&devices, SHARDS),
            devices,
            pace: Pace::default(),
            turn: 0,
        }
    }
}

impl Source for Sensors {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn entries(&mut self, at: Timestamp, seconds: f64) -> Vec<PutEntry> {
        let rate = RECORDS_PER_SEC * (0.97 + 0.06 * noise(self.seed, at.as_secs(), 3));
        let time = at.to_rfc3339();
        let due = self.pace.due(rate, seconds);
        let mut entries = Vec::with_capacity(due);
        for _ in 0..due {
            self.turn = (self.turn + 1) % self.devices.len().max(1);
            let Some(device) = self.devices.get(self.turn) else { continue };
            let rng = &mut self.rng;
            let status = pick(rng, &["ok", "ok", "ok", "ok", "calibrating"]).copied().unwrap_or_default();
            let text = format!(
                "{{\"device\":\"{device}\",\"ts\":\"{time}\",\"temperature_c\":{}.{},\"humidity\":{},\
                 \"pressure_hpa\":{}.{},\"battery\":0.{:02},\"status\":\"{status}\",\"fw\":\"4.1.{}\",\"rssi\":-{}}}",
                rng.u8(17..26),
                rng.u8(..10),
                rng.u8(30..70),
                rng.u16(985..1_030),
                rng.u8(..10),
                rng.u8(20..99),
                rng.u8(..6),
                rng.u8(40..90),
            );
            entries.push(PutEntry {
                partition_key: device.clone(),
                explicit_hash_key: None,
                payload: Payload::new(text.into_bytes()),
            });
        }
        entries
    }

    fn load(&self, shard: u32, minutes_ago: i64) -> Load {
        let share = self.shares.get(shard as usize).copied().unwrap_or(0.0);
        let records = RECORDS_PER_SEC * share * (0.98 + 0.04 * noise(self.seed, minutes_ago, 20 + shard));
        Load { bytes: records * RECORD_BYTES, records, throttled: 0.0 }
    }
}
