//! What sampling found in the incident: `tenant-42` carries 71 % of the bytes of `shardId-000000000007`. Made of records, by
//! the counting that the program itself does, and the same in every run.

use std::sync::{Arc, OnceLock};

use kinescope::model::hash_range::HashKey;
use kinescope::model::ids::{SequenceNumber, ShardId};
use kinescope::model::record::RawRecord;
use kinescope::model::sample::StreamSample;
use kinescope::model::sample::state::{SampleEffort, SampleRun};
use kinescope::model::time::Timestamp;
use kinescope::model::world::World;

use crate::incident::{self, id};

/// Tenant, records a second and bytes of each on the hot shard; the rest of its 18 records a second is spread.
const HOT_KEYS: [(u32, usize, usize); 10] = [
    (42, 470, 1_521),
    (31, 61, 1_500),
    (7, 44, 1_432),
    (640, 17, 1_420),
    (13, 14, 1_350),
    (105, 11, 1_430),
    (80, 9, 1_400),
    (25, 8, 1_440),
    (154, 6, 1_570),
    (92, 6, 1_400),
];

/// Seconds of the hot shard that were read, one in six of the newest 90.
const HOT_SECONDS: i64 = 15;
/// Seconds of every other shard.
const CALM_SECONDS: i64 = 3;

fn record(tenant: u32, at: i64, bytes: usize) -> RawRecord {
    let key = format!("tenant-{tenant}");
    RawRecord {
        sequence_number: SequenceNumber::from("49668412730951846205"),
        data: vec![b'x'; bytes.saturating_sub(key.len())],
        partition_key: key.into(),
        approximate_arrival: Some(Timestamp(at)),
    }
}

/// The tenants by the shard that their MD5 leads to, in order of their numbers.
fn tenants(map: &kinescope::model::shard_map::ShardMap, shard: &ShardId) -> Vec<u32> {
    let lands = |tenant: &u32| {
        let hash = HashKey::of_partition_key(&format!("tenant-{tenant}"));
        map.open_shard_of(hash).is_some_and(|owner| owner.id == *shard)
    };
    (1..2_000).filter(lands).collect()
}

fn hot_second(rest: &[u32], second: i64, at: i64) -> Vec<RawRecord> {
    let mut records = Vec::new();
    for (tenant, count, bytes) in HOT_KEYS {
        // A little unrest, none of it on average.
        let sway = (second + i64::from(tenant)) % 3 - 1;
        let count = count as i64 + sway * (count as i64 / 24);
        records.extend((0..count).map(|n| record(tenant, at + n % 1_000, bytes)));
    }
    for n in 0..18 {
        let place = ((second * 18 + n) * 7 % rest.len() as i64) as usize;
        records.push(record(rest[place], at + n * 50, 2_020));
    }
    records
}

fn make() -> StreamSample {
    let map = incident::shard_map();
    let metrics = incident::metrics();
    let mut sample = StreamSample::new(map.open_count());
    let now = incident::now().0;
    for shard in map.open() {
        let tenants = tenants(&map, &shard.id);
        let is_hot = shard.id == id(7);
        let listed: Vec<u32> = HOT_KEYS.iter().map(|(tenant, ..)| *tenant).collect();
        let rest: Vec<u32> = tenants.iter().copied().filter(|tenant| !listed.contains(tenant)).take(34).collect();
        for second in 0..if is_hot { HOT_SECONDS } else { CALM_SECONDS } {
            let at = now - 90_000 + second * 6_000;
            if is_hot {
                sample.take(&shard.id, &hot_second(&rest, second, at));
            } else {
                let load =
                    metrics.shards.get(&shard.id).and_then(|m| m.utilisation(1).last_known()).map_or(0.0, |l| l.1);
                let count = (load * 540.0) as usize;
                let records: Vec<RawRecord> = (0..count)
                    .map(|n| {
                        // Few heavy tenants and many light ones.
                        let draw = (n * 7_919 + second as usize * 104_729) % 1_000;
                        let tenant = tenants[draw * draw / 1_000 * tenants.len() / 1_000];
                        record(tenant, at + n as i64, 1_800 + n % 7 * 50)
                    })
                    .collect();
                sample.take(&shard.id, &records);
            }
            sample.mark_known(&shard.id, Timestamp(at), Timestamp(at + 1_000));
        }
    }
    sample
}

/// The sample of the incident.
pub fn sample() -> Arc<StreamSample> {
    static SAMPLE: OnceLock<Arc<StreamSample>> = OnceLock::new();
    Arc::clone(SAMPLE.get_or_init(|| Arc::new(make())))
}

/// Puts the sample into the open stream of a world.
pub fn put(world: &mut World) {
    if let Some(open) = &mut world.open {
        open.sample.sample = Some(sample());
        open.sample.run = SampleRun::Done { at: world.now };
        open.sample.effort = SampleEffort { calls: 88, throttled_calls: 0, window_seconds: 90 };
    }
}
