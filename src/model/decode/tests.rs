//! Decoding: each step, its bounds, and what is left of data that cannot be decoded.

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use proptest::prelude::*;

use super::*;
use crate::model::ids::SequenceNumber;

const FIXTURE: &str = "f3899ac20a04706b2d610a04706b2d621201301a0908001a0568656c6c6f1a0b080110001a05776f726c64\
                       4fa9f7d3fdf43ea61573fa19339eca61";

fn from_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

pub(super) fn raw(data: &[u8]) -> RawRecord {
    RawRecord {
        sequence_number: SequenceNumber::from("17"),
        partition_key: PartitionKey::from("outer"),
        approximate_arrival: None,
        data: data.to_vec(),
    }
}

pub(super) fn all(data: &[u8]) -> Vec<Record> {
    decode(raw(data), &ShardId::from("shardId-000000000000"), &DecodeLimits::default())
}

pub(super) fn one(data: &[u8]) -> Record {
    let mut records = all(data);
    assert_eq!(records.len(), 1);
    records.remove(0)
}

pub(super) fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).expect("writes");
    encoder.finish().expect("finishes")
}

#[test]
fn the_published_aggregate_yields_its_two_records() {
    let data = from_hex(FIXTURE);
    assert_eq!(data.len(), 59);
    let records = all(&data);
    let seen: Vec<_> = records
        .iter()
        .map(|r| (r.partition_key.as_str(), r.sub_sequence, r.decoded.text.as_deref(), r.decoded.steps.as_slice()))
        .collect();
    assert_eq!(
        seen,
        [
            ("pk-a", Some((0, 2)), Some("hello"), &[Step::Kpl, Step::Text][..]),
            ("pk-b", Some((1, 2)), Some("world"), &[Step::Kpl, Step::Text][..]),
        ]
    );
    assert_eq!(records[0].size_bytes(), 9);
}

#[test]
fn an_aggregate_with_any_wrong_byte_stays_whole_with_a_warning() {
    let good = from_hex(FIXTURE);
    for at in 4..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let record = one(&bad);
        assert_eq!(record.sub_sequence, None);
        assert_eq!(record.partition_key.as_str(), "outer");
        assert!(record.decoded.error.as_deref().is_some_and(|error| error.contains("KPL")), "byte {at}");
        assert_eq!(record.decoded.steps, [Step::Binary]);
        assert_eq!(&*record.data, &bad[..]);
    }
    for length in 0..good.len() {
        assert_eq!(one(&good[..length]).sub_sequence, None);
    }
}

#[test]
fn an_aggregate_whose_index_is_outside_the_table_stays_whole() {
    let record = one(&kpl::aggregate(&["a"], &[(0, b"x"), (1, b"y")]));
    assert!(record.decoded.error.as_deref().is_some_and(|error| error.contains("user record 1")));
    let empty = one(&kpl::aggregate(&["a"], &[]));
    assert!(empty.decoded.error.is_some());
}

#[test]
fn an_aggregate_of_too_many_records_stays_whole() {
    let limits = DecodeLimits { aggregate_max_records: 2, ..DecodeLimits::default() };
    let data = kpl::aggregate(&["a"], &[(0, b"1"), (0, b"2"), (0, b"3")]);
    assert_eq!(decode(raw(&data), &ShardId::from("s"), &limits).len(), 1);
}

#[test]
fn gzip_in_an_aggregate_is_unpacked_to_json() {
    let packed = gzip(br#"{ "level" : "error" }"#);
    let records = all(&kpl::aggregate(&["k"], &[(0, &packed)]));
    assert_eq!(records[0].decoded.steps, [Step::Kpl, Step::Gzip, Step::Json]);
    assert_eq!(records[0].preview(), r#"{"level":"error"}"#);
    assert_eq!(records[0].decoded.text.as_deref(), Some(r#"{ "level" : "error" }"#));
}

#[test]
fn members_of_a_gzip_file_are_joined_and_zlib_is_unpacked() {
    let joined = [gzip(b"one "), gzip(b"two")].concat();
    assert_eq!(one(&joined).decoded.text.as_deref(), Some("one two"));
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(b"three").expect("writes");
    let record = one(&zlib.finish().expect("finishes"));
    assert_eq!(record.decoded.steps, [Step::Zlib, Step::Text]);
    assert_eq!(one(b"x^2 + y^2").decoded.steps, [Step::Text]);
}

#[test]
fn a_gzip_bomb_is_not_unpacked() {
    let limits = DecodeLimits { unpacked_max_bytes: 1_000_000, ..DecodeLimits::default() };
    let bomb = gzip(&vec![0; 3_000_000]);
    let records = decode(raw(&bomb), &ShardId::from("s"), &limits);
    assert_eq!(records[0].decoded.steps, [Step::Binary]);
    assert!(records[0].decoded.error.as_deref().is_some_and(|error| error.contains("1,000,000 bytes")));
    let exact = gzip(&vec![b'a'; 1_000_000]);
    assert!(decode(raw(&exact), &ShardId::from("s"), &limits)[0].decoded.error.is_none());
    let twice = gzip(&gzip(&vec![b'a'; 1_000_000]));
    assert!(decode(raw(&twice), &ShardId::from("s"), &limits)[0].decoded.error.is_some());
}

#[test]
fn gzip_within_gzip_ends_at_the_fourth_level() {
    let mut data = b"core".to_vec();
    for level in 1..=5 {
        data = gzip(&data);
        let record = one(&data);
        if level <= 4 {
            assert_eq!(record.decoded.text.as_deref(), Some("core"));
        } else {
            assert!(record.decoded.error.is_some());
        }
    }
}

#[test]
fn truncated_or_damaged_gzip_keeps_its_bytes_and_says_why() {
    let good = gzip(b"hello hello hello");
    for length in 2..good.len() {
        let record = one(&good[..length]);
        assert!(record.decoded.error.is_some(), "{length} bytes");
        assert_eq!(record.decoded.steps, [Step::Binary]);
        assert_eq!(&*record.data, &good[..length]);
        assert!(record.preview().starts_with("1f 8b"));
    }
}

#[test]
fn json_nested_too_deep_is_text_with_an_error() {
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    let record = one(deep.as_bytes());
    assert_eq!(record.decoded.steps, [Step::Text]);
    assert!(record.decoded.error.as_deref().is_some_and(|error| error.contains("120 levels")));
    assert_eq!(record.decoded.text.as_deref(), Some(deep.as_str()));
    let fine = format!("{}1{}", "[".repeat(120), "]".repeat(120));
    assert_eq!(one(fine.as_bytes()).decoded.steps, [Step::Json]);
}

#[test]
fn empty_invalid_and_binary_data_have_their_place() {
    let empty = Decoded { steps: vec![Step::Text], text: Some(Arc::from("")), ..Decoded::default() };
    assert_eq!(one(b"").decoded, empty);
    assert_eq!(one(b"ok \xff\xfe").decoded, Decoded { steps: vec![Step::Binary], ..Decoded::default() });
    assert_eq!(one(b"\0\x01").decoded.steps, [Step::Text]);
    assert_eq!(one(b"\xff\x00").preview(), "ff 00");
    assert_eq!(one(gzip(b"\xff").as_slice()).decoded.steps, [Step::Gzip, Step::Binary]);
    assert_eq!(one("naïve".as_bytes()).decoded.steps, [Step::Text]);
    assert_eq!(one(b"-12.50e3").decoded.steps, [Step::Json]);
}

#[test]
fn previews_are_one_harmless_line_of_bounded_length() {
    assert_eq!(one(b"a\nb\x1b[31m").preview(), "a b\u{fffd}[31m");
    let long = one("é".repeat(1_000).as_bytes()).preview();
    assert_eq!(long.chars().count(), PREVIEW_MAX_CHARS);
    assert!(long.ends_with('…'));
    let json = one(format!("[{}1]", "1 , ".repeat(1_000)).as_bytes()).preview();
    assert!(json.starts_with("[1,1,1") && json.chars().count() == PREVIEW_MAX_CHARS);
    let binary = one(&[0xffu8; 200]).preview();
    assert!(binary.chars().count() <= PREVIEW_MAX_CHARS && binary.ends_with("ff…"));
}

proptest! {
    #[test]
    fn any_bytes_yield_at_least_one_record_and_keep_their_bytes(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        let record = one(&data);
        prop_assert_eq!(&*record.data, &data[..]);
        prop_assert!(record.preview().chars().count() <= PREVIEW_MAX_CHARS);
        prop_assert!(!record.decoded.steps.is_empty());
        prop_assert_eq!(record.decoded.text.is_none(), record.decoded.steps.last() == Some(&Step::Binary));
    }

    #[test]
    fn aggregates_come_back_record_by_record(
        records in proptest::collection::vec((0u64..3, proptest::collection::vec(any::<u8>(), 0..20)), 1..30)
    ) {
        let parts: Vec<(u64, &[u8])> = records.iter().map(|(key, data)| (*key, &data[..])).collect();
        let decoded = all(&kpl::aggregate(&["k0", "k1", "k2"], &parts));
        prop_assert_eq!(decoded.len(), records.len());
        for (place, (record, (key, data))) in decoded.iter().zip(&records).enumerate() {
            let key = format!("k{}", key);
            prop_assert_eq!(record.partition_key.as_str(), key.as_str());
            prop_assert_eq!(&*record.data, &data[..]);
            prop_assert_eq!(record.sub_sequence, Some((place as u32, records.len() as u32)));
        }
    }

    #[test]
    fn damaged_gzip_never_panics(at in 0usize..60, value in any::<u8>()) {
        let mut data = gzip(br#"{"a":[1,2,3],"b":"some text that is packed"}"#);
        if let Some(byte) = data.get_mut(at) {
            *byte = value;
        }
        let _ = all(&data);
    }
}
