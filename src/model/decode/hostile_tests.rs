//! Data that means harm, or was damaged on the way: shown or reported, bounded, and never a panic.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::tests::{all, gzip, one, raw};
use super::*;

/// How often every seed is changed and decoded in the normal test run: a few seconds.
const ROUNDS: usize = 3_000;

#[test]
fn ten_mebibytes_of_json_are_json() {
    let text = format!("[{}0]", "{\"key\":\"value\",\"n\":1.5},".repeat(440_000));
    assert!(text.len() > 10 * 1_048_576 - 500_000);
    let record = one(text.as_bytes());
    assert_eq!(record.decoded.steps, [Step::Json]);
    assert!(record.preview().chars().count() <= PREVIEW_MAX_CHARS);
}

#[test]
fn deep_nesting_of_every_kind_is_bounded() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let deep = format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
        let record = one(deep.as_bytes());
        assert_eq!(record.decoded.steps, [Step::Text]);
        assert!(record.decoded.error.is_some());
        assert_eq!(one(open.repeat(20_000).as_bytes()).decoded.steps, [Step::Text]);
    }
    let packed = [vec![0x91; 20_000], vec![0xc0]].concat();
    assert_eq!(one(&packed).decoded.steps, [Step::Binary]);
    let cbor = [vec![0x81; 20_000], vec![0xf6]].concat();
    assert_eq!(one(&cbor).decoded.steps, [Step::Binary]);
}

#[test]
fn lengths_that_lie_take_no_memory() {
    let claims = [
        vec![0xdd, 0xff, 0xff, 0xff, 0xff],
        vec![0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1],
        vec![0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0xff, 0xff, 0xff, 0xff, 0x0f, 0x00],
        vec![0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        vec![0x04, 0x22, 0x4d, 0x18, 0x7c, 0x70, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    ];
    for claim in claims {
        let record = one(&claim);
        assert_eq!(&*record.data, &claim[..]);
        assert_eq!(record.decoded.text, None);
    }
}

#[test]
fn escapes_overrides_and_nul_cannot_reach_a_preview() {
    let text = "a\0b\u{1b}[31mred\u{202e}gnp.exe\u{2066}\u{feff}\r\n\tc\u{9b}2J";
    for data in [
        text.as_bytes().to_vec(),
        format!("{{\"k\":\"{}\"}}", text.replace(['\0', '\u{1b}', '\r', '\n', '\t'], "")).into_bytes(),
    ] {
        let preview = one(&data).preview();
        let is_harmless = |c: char| {
            !c.is_control() && !('\u{202a}'..='\u{202e}').contains(&c) && !('\u{2066}'..='\u{2069}').contains(&c)
        };
        assert!(preview.chars().all(is_harmless), "{preview:?}");
    }
}

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

/// One change of the bytes.
fn change() -> impl Strategy<Value = (u8, usize, u8, Vec<u8>)> {
    (0u8..6, any::<usize>(), any::<u8>(), proptest::collection::vec(any::<u8>(), 0..9))
}

fn apply(data: &mut Vec<u8>, (kind, at, value, piece): (u8, usize, u8, Vec<u8>)) {
    let at = if data.is_empty() { 0 } else { at % data.len() };
    match kind {
        0 => data.get_mut(at).into_iter().for_each(|byte| *byte = value),
        1 => data.truncate(at),
        2 => drop(data.splice(at..at, piece)),
        3 => drop(data.splice(at..(at + usize::from(value % 9)).min(data.len()), [])),
        4 => {
            let from = data.get(at..(at + usize::from(value)).min(data.len())).unwrap_or_default().to_vec();
            data.extend(from);
        }
        _ => data.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << (value % 8)),
    }
}

/// What must hold of any bytes.
fn check(data: &[u8], limits: &DecodeLimits) {
    let records = decode(raw(data), &ShardId::from("s"), limits);
    assert!(!records.is_empty());
    for record in records {
        let decoded = &record.decoded;
        assert!(record.preview().chars().count() <= PREVIEW_MAX_CHARS);
        assert_eq!(decoded.text.is_none(), decoded.steps.last() == Some(&Step::Binary));
        let text = decoded.text.as_deref().unwrap_or_default();
        assert!(text.len() <= limits.unpacked_max_bytes.max(data.len() * 8), "{} of {}", text.len(), data.len());
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
}

#[test]
fn changed_data_of_every_format_never_panics_and_stays_bounded() {
    let limits = DecodeLimits { unpacked_max_bytes: 262_144, aggregate_max_records: 1_000, ..DecodeLimits::default() };
    let mut runner = TestRunner::default();
    let seeds = seeds();
    for round in 0..ROUNDS {
        for seed in &seeds {
            let mut data = seed.clone();
            let changes = proptest::collection::vec(change(), 1..6).new_tree(&mut runner).expect("changes").current();
            changes.into_iter().for_each(|change| apply(&mut data, change));
            for decode_as in [DecodeAs::Auto, DecodeAs::ALL[round % DecodeAs::ALL.len()]] {
                check(&data, &DecodeLimits { decode_as, ..limits });
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_keep_what_must_hold(data in proptest::collection::vec(any::<u8>(), 0..300), first in 0usize..12) {
        check(&data, &DecodeLimits::default());
        let seeds = seeds();
        let seed = &seeds[first % seeds.len()];
        let head = seed.len().min(12);
        check(&[&seed[..head], &data[..]].concat(), &DecodeLimits::default());
        prop_assert!(!all(&data).is_empty());
    }
}
