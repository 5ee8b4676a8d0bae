//! The chain under made-up data: values packed by the encoders of every format, one in another, whole or damaged, and bytes
//! that are nothing. Whatever they are, what must hold of any record holds, and what was packed whole is found again.
//!
//! `ARBTEST_BUDGET_MS=300000` searches for so long instead of a few seconds. A failure prints its seed; `ARBTEST_SEED=0x…`
//! runs that one again.

#[cfg(test)]
use std::io::Write;
use std::time::{Duration, Instant};

use arbtest::arbitrary::{Result, Unstructured};
use base64::Engine as _;
use serde_json::{Value, json};

use super::tests::{gzip, raw};
use super::*;

/// Search of a normal test run.
const SECONDS: u64 = 8;
/// Longest time of one input of at most some hundred kilobytes, without optimisation on a busy machine.
const TIME_MOST: Duration = Duration::from_secs(10);
/// Packings of one input; the chain takes fewer off.
const LEVELS_MOST: usize = 6;
/// Bounds that made-up data can reach.
const LIMITS: DecodeLimits = DecodeLimits {
    unpacked_max_bytes: 262_144,
    unpack_max_levels: 4,
    json_max_depth: 120,
    aggregate_max_records: 1_000,
    failed_bytes_max: 65_536,
    decode_as: DecodeAs::Auto,
};

fn seeds() -> Vec<Vec<u8>> {
    let json =
        br#"{"a":[1,2.50,{"b":"c\u00e9"}],"logEvents":[],"dynamodb":{"Keys":{"k":{"S":"v"}}},"eventName":"INSERT"}"#
            .to_vec();
    let mut pack = Vec::new();
    let value = rmpv::Value::Array(vec![1.into(), "x".into(), rmpv::Value::Map(vec![("k".into(), 2.into())])]);
    rmpv::encode::write_value(&mut pack, &value).expect("writes");
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    std::io::Write::write_all(&mut lz4, &json).expect("writes");
    let mut snappy = snap::write::FrameEncoder::new(Vec::new());
    std::io::Write::write_all(&mut snappy, &json).expect("writes");
    vec![
        gzip(&json),
        ruzstd::encoding::compress_to_vec(&json[..], ruzstd::encoding::CompressionLevel::Fastest),
        lz4.finish().expect("finishes"),
        snappy.into_inner().expect("finishes"),
        snap::raw::Encoder::new().compress_vec(&json).expect("packs"),
        kpl::aggregate(&["k1", "k2"], &[(0, &json), (1, &gzip(&json))]),
        [&[3, 0][..], &[0x40; 4], &[0x44; 4], &[0x84; 8], &json].concat(),
        [&[0, 0, 0, 0, 7][..], &json].concat(),
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &json).into_bytes(),
        pack,
        vec![0xa2, 0x61, b'a', 0x82, 1, 2, 0x61, b'b', 0xfb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0],
        json,
    ]
}

/// A value of JSON.
fn value(u: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
    Ok(match u.int_in_range(0..=if depth == 0 { 5 } else { 8 })? {
        0 => Value::Null,
        1 => json!(u.arbitrary::<bool>()?),
        2 => json!(u.arbitrary::<i64>()?),
        3 => json!(f64::from(u.arbitrary::<i32>()?) / 8.0),
        4 | 5 => json!(u.arbitrary::<&str>()?),
        6 | 7 => {
            let mut fields = serde_json::Map::new();
            for _ in 0..u.int_in_range(0..=4)? {
                fields.insert(u.arbitrary::<&str>()?.to_owned(), value(u, depth - 1)?);
            }
            Value::Object(fields)
        }
        _ => {
            let length = u.int_in_range(0..=4)?;
            Value::Array((0..length).map(|_| value(u, depth - 1)).collect::<Result<_>>()?)
        }
    })
}

/// An object, whose JSON cannot be taken for anything else.
fn object(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(json!({ "is": "kinescope", "holds": value(u, 4)? }))
}

/// A packing, and the step that takes it off.
fn pack(u: &mut Unstructured<'_>, data: &[u8]) -> Result<(Vec<u8>, Step)> {
    Ok(match u.int_in_range(0..=4)? {
        0 => (gzip(data), Step::Gzip),
        1 => {
            let level = ruzstd::encoding::CompressionLevel::Fastest;
            (ruzstd::encoding::compress_to_vec(data, level), Step::Zstd)
        }
        2 => {
            let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
            lz4.write_all(data).expect("writes");
            (lz4.finish().expect("finishes"), Step::Lz4)
        }
        3 => {
            let mut snappy = snap::write::FrameEncoder::new(Vec::new());
            snappy.write_all(data).expect("writes");
            (snappy.into_inner().expect("finishes"), Step::Snappy)
        }
        _ => (base64::engine::general_purpose::STANDARD.encode(data).into_bytes(), Step::Base64),
    })
}

/// A damage of the bytes.
fn damage(u: &mut Unstructured<'_>, data: &mut Vec<u8>) -> Result<()> {
    let at = u.choose_index(data.len().max(1))?;
    match u.int_in_range(0..=5)? {
        0 => {
            let value = u.arbitrary()?;
            data.get_mut(at).into_iter().for_each(|byte| *byte = value);
        }
        1 => data.truncate(at),
        2 => {
            let piece = u.bytes(u.len().min(8))?.to_vec();
            drop(data.splice(at.min(data.len())..at.min(data.len()), piece));
        }
        3 => {
            let end = data.len().min(at + u.int_in_range(0..=8)?);
            drop(data.drain(at.min(end)..end));
        }
        4 => {
            let end = data.len().min(at + u.int_in_range(0..=255)?);
            let copy = data.get(at..end).unwrap_or_default().to_vec();
            data.extend(copy);
        }
        _ => {
            let bit = u.int_in_range(0..=7)?;
            data.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << bit);
        }
    }
    Ok(())
}

/// What must hold of any bytes.
fn check(data: &[u8], limits: &DecodeLimits) -> Vec<Record> {
    let began = Instant::now();
    let records = decode(raw(data), &ShardId::from("s"), limits);
    assert!(began.elapsed() < TIME_MOST, "{} bytes took {:?}", data.len(), began.elapsed());
    assert!(!records.is_empty());
    assert!(records.len() <= limits.aggregate_max_records);
    for record in &records {
        let decoded = &record.decoded;
        assert!(record.preview().chars().count() <= PREVIEW_MAX_CHARS);
        assert_eq!(decoded.text.is_none(), decoded.steps.last() == Some(&Step::Binary));
        let text = decoded.text.as_deref().unwrap_or_default();
        assert!(text.len() <= limits.unpacked_max_bytes.max(data.len() * 8), "{} of {}", text.len(), data.len());
        // A few levels are taken off, and a step each for what they held: an aggregate, a header, what it is.
        assert!(decoded.steps.len() <= 2 * limits.unpack_max_levels + 3, "{:?}", decoded.steps);
        if decoded.is_json() {
            json_scan::validate(text, usize::MAX).expect("JSON");
        }
        if let Some(json) = decoded.json() {
            json_scan::validate(&json, usize::MAX).expect("JSON");
        }
        if let Some(details) = &decoded.details {
            let failed_in = details.failed_bytes.as_deref().unwrap_or(&record.data);
            assert!(details.failed_at.is_none_or(|at| at <= failed_in.len().max(limits.failed_bytes_max)));
        }
    }
    records
}

/// Packs a value some times, and finds it again.
fn packed_is_found(u: &mut Unstructured<'_>) -> Result<()> {
    let value = object(u)?;
    let mut data = serde_json::to_vec(&value).expect("JSON");
    let mut steps = vec![Step::Json];
    // base64 has no mark: it is looked for once, behind what has one.
    for level in 0..u.int_in_range(0..=LIMITS.unpack_max_levels)? {
        let (packed, step) = pack(u, &data)?;
        if step != Step::Base64 || level == 0 {
            data = packed;
            steps.insert(0, step);
        }
    }
    let is_aggregate = u.arbitrary()?;
    if is_aggregate {
        data = kpl::aggregate(&["k1", "k2"], &[(0, &data), (1, &data)]);
        steps.insert(0, Step::Kpl);
    }
    let records = check(&data, &LIMITS);
    assert_eq!(records.len(), if is_aggregate { 2 } else { 1 });
    for record in records {
        assert_eq!(record.decoded.steps, steps, "{:?}", record.decoded.error);
        let found: Value = serde_json::from_str(record.decoded.text.as_deref().expect("a text")).expect("JSON");
        assert_eq!(found, value);
    }
    Ok(())
}

/// Packs something, or an example of a format, damages it between any two packings, and has it decoded as anything.
fn damaged_is_bounded(u: &mut Unstructured<'_>) -> Result<()> {
    let mut data = match u.int_in_range(0..=3)? {
        0 => serde_json::to_vec(&value(u, 4)?).expect("JSON"),
        1 => {
            let length = u.int_in_range(0..=u.len() / 2)?;
            u.bytes(length)?.to_vec()
        }
        _ => u.choose(&seeds())?.clone(),
    };
    for _ in 0..u.int_in_range(0..=LEVELS_MOST)? {
        data = match u.int_in_range(0..=3)? {
            0 => kpl::aggregate(&["k"], &[(0, &data)]),
            1 => [&[0, 0, 0, 0, 7][..], &data].concat(),
            _ => pack(u, &data)?.0,
        };
        for _ in 0..u.int_in_range(0..=2)? {
            damage(u, &mut data)?;
        }
    }
    check(&data, &DecodeLimits { decode_as: *u.choose(&DecodeAs::ALL)?, ..LIMITS });
    check(&data, &LIMITS);
    Ok(())
}

fn search(property: fn(&mut Unstructured<'_>) -> Result<()>) {
    let search = arbtest::arbtest(property).size_max(16_384);
    match std::env::var_os("ARBTEST_BUDGET_MS") {
        Some(_) => search.run(),
        None => search.budget(Duration::from_secs(SECONDS)).run(),
    }
}

#[test]
fn what_was_packed_by_any_encoders_is_found_again() {
    search(packed_is_found);
}

#[test]
fn damaged_data_of_every_format_never_panics_and_stays_bounded() {
    search(damaged_is_bounded);
}
