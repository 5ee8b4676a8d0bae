//! How fast records are counted: plain ones, those inside KPL aggregates, and with ever new keys.
//! The goal is a million user records a second on one core.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use kinescope::model::hash_range::HashKeyRange;
use kinescope::model::ids::{SequenceNumber, ShardId};
use kinescope::model::keys::{KeyScope, KeyTable, RankBy};
use kinescope::model::record::RawRecord;
use kinescope::model::sample::StreamSample;
use kinescope::model::split;
use kinescope::model::time::Timestamp;
use md5::{Digest, Md5};
use prost::Message;

const RECORDS: usize = 10_000;

#[derive(Clone, PartialEq, Message)]
struct Aggregate {
    #[prost(string, repeated, tag = "1")]
    keys: Vec<String>,
    #[prost(message, repeated, tag = "3")]
    users: Vec<User>,
}

#[derive(Clone, PartialEq, Message)]
struct User {
    #[prost(uint64, required, tag = "1")]
    key: u64,
    #[prost(bytes = "vec", required, tag = "3")]
    data: Vec<u8>,
}

fn aggregate(users: impl Iterator<Item = (String, usize)>) -> Vec<u8> {
    let mut message = Aggregate::default();
    for (key, bytes) in users {
        let at = message.keys.iter().position(|known| *known == key).unwrap_or_else(|| {
            message.keys.push(key);
            message.keys.len() - 1
        });
        message.users.push(User { key: at as u64, data: vec![b'x'; bytes] });
    }
    let body = message.encode_to_vec();
    let checksum = Md5::digest(&body);
    [&[0xf3, 0x89, 0x9a, 0xc2], body.as_slice(), &checksum[..]].concat()
}

fn record(key: &str, at: usize, data: Vec<u8>) -> RawRecord {
    RawRecord {
        sequence_number: SequenceNumber::from("1"),
        partition_key: key.into(),
        approximate_arrival: Some(Timestamp(1_789_000_000_000 + at as i64)),
        data,
    }
}

/// Skewed over a thousand tenants: some heavy, many light.
fn tenant(n: usize) -> String {
    let draw = n.wrapping_mul(2_654_435_761) % 10_000;
    format!("tenant-{}", draw * draw / 100_000)
}

fn shard() -> ShardId {
    ShardId::from("shardId-000000000007")
}

fn intake(c: &mut Criterion) {
    let mut group = c.benchmark_group("sample_intake");
    group.throughput(Throughput::Elements(RECORDS as u64));
    let plain: Vec<RawRecord> = (0..RECORDS).map(|n| record(&tenant(n), n, vec![b'x'; 300])).collect();
    let kpl: Vec<RawRecord> = (0..RECORDS / 100)
        .map(|n| record("a", n * 100, aggregate((0..100).map(|user| (tenant(n * 100 + user), 100)))))
        .collect();
    let fresh: Vec<RawRecord> = (0..RECORDS).map(|n| record(&format!("device-{n:08}"), n, vec![b'x'; 100])).collect();
    for (name, records) in [("plain", &plain), ("kpl_100_users_of_100_bytes", &kpl), ("ever_new_keys", &fresh)] {
        let mut warm = StreamSample::new(24);
        warm.take(&shard(), records);
        group.bench_function(name, |b| {
            b.iter_batched_ref(
                || warm.clone(),
                |sample| sample.take(&shard(), black_box(records)),
                BatchSize::LargeInput,
            )
        });
    }
    group.finish();
}

fn reading(c: &mut Criterion) {
    let mut sample = StreamSample::new(24);
    for id in 0..24 {
        let id = ShardId::from(format!("shardId-{id:012}"));
        let records: Vec<RawRecord> = (0..RECORDS).map(|n| record(&tenant(n), n * 5, vec![b'x'; 300])).collect();
        sample.take(&id, &records);
        let start = Timestamp(1_789_000_000_000);
        sample.mark_known(&id, start, Timestamp(start.0 + 50_000));
    }
    c.bench_function("key_table_of_24_shards", |b| {
        b.iter(|| KeyTable::new(black_box(&sample), KeyScope::Stream, RankBy::Bytes))
    });
    c.bench_function("split_advice", |b| {
        let one = sample.shard(&shard()).expect("sampled");
        b.iter(|| split::advise(HashKeyRange::FULL, black_box(one), None))
    });
    c.bench_function("publish_a_clone", |b| b.iter(|| black_box(&sample).clone()));
}

criterion_group!(benches, intake, reading);
criterion_main!(benches);
