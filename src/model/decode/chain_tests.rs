//! The formats of the chain, each from what a common writer of it makes.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::tests::{all, gzip, one, raw};
use super::*;

const JSON: &str = r#"{"event":"checkout","total":842.50,"total":842.5,"n":12345678901234567890.1}"#;

fn zstd(data: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(data, ruzstd::encoding::CompressionLevel::Fastest)
}

fn lz4(data: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(data).expect("writes");
    encoder.finish().expect("finishes")
}

fn snappy(data: &[u8]) -> Vec<u8> {
    let mut encoder = snap::write::FrameEncoder::new(Vec::new());
    encoder.write_all(data).expect("writes");
    encoder.into_inner().expect("finishes")
}

fn snappy_raw(data: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(data).expect("packs")
}

fn as_forced(data: &[u8], decode_as: DecodeAs) -> Decoded {
    let limits = DecodeLimits { decode_as, ..DecodeLimits::default() };
    decode(raw(data), &ShardId::from("s"), &limits).remove(0).decoded
}

#[test]
fn every_packing_is_taken_off_and_named() {
    let json = JSON.as_bytes();
    for (packed, step) in [
        (gzip(json), Step::Gzip),
        (zstd(json), Step::Zstd),
        (lz4(json), Step::Lz4),
        (snappy(json), Step::Snappy),
        (snappy_raw(json), Step::SnappyRaw),
        (STANDARD.encode(json).into_bytes(), Step::Base64),
        (URL_SAFE_NO_PAD.encode(json).into_bytes(), Step::Base64),
    ] {
        let record = one(&packed);
        assert_eq!(record.decoded.steps, [step, Step::Json], "{step:?}");
        assert_eq!(record.decoded.text.as_deref(), Some(JSON), "{step:?}");
        assert_eq!(record.decoded.error, None);
        let details = record.decoded.details.expect("details");
        assert_eq!(details.sizes, [json.len(), json.len()]);
    }
}

#[test]
fn packings_stand_in_one_another_and_behind_an_aggregate() {
    let data = STANDARD.encode(zstd(&lz4(JSON.as_bytes())));
    assert_eq!(one(data.as_bytes()).decoded.steps, [Step::Base64, Step::Zstd, Step::Lz4, Step::Json]);
    let records = all(&kpl::aggregate(&["k"], &[(0, &snappy(JSON.as_bytes()))]));
    assert_eq!(records[0].decoded.steps, [Step::Kpl, Step::Snappy, Step::Json]);
}

#[test]
fn frames_behind_one_another_are_all_read() {
    let text = |packed: Vec<u8>| one(&packed).decoded.text;
    assert_eq!(text([zstd(b"one "), zstd(b"two")].concat()).as_deref(), Some("one two"));
    assert_eq!(text([lz4(b"one "), lz4(b"two")].concat()).as_deref(), Some("one two"));
    let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    assert_eq!(text([zstd(b"one "), skipped.to_vec(), zstd(b"two")].concat()).as_deref(), Some("one two"));
}

#[test]
fn bombs_of_every_packing_end_at_the_cap() {
    let limits = DecodeLimits { unpacked_max_bytes: 100_000, ..DecodeLimits::default() };
    let zeros = vec![b' '; 2_000_000];
    for bomb in [gzip(&zeros), zstd(&zeros), lz4(&zeros), snappy(&zeros)] {
        let record = decode(raw(&bomb), &ShardId::from("s"), &limits).remove(0);
        assert_eq!(record.decoded.text, None);
        assert!(record.decoded.error.is_some_and(|error| error.contains("100,000 bytes")));
    }
    let raw_bomb = decode(raw(&snappy_raw(&zeros)), &ShardId::from("s"), &limits).remove(0);
    assert_ne!(raw_bomb.decoded.steps.first(), Some(&Step::SnappyRaw));
}

#[test]
fn what_is_broken_says_where_and_keeps_the_bytes_it_stopped_at() {
    let inner = zstd(JSON.as_bytes());
    let cut = &inner[..inner.len() - 5];
    let record = one(&gzip(cut));
    assert_eq!(record.decoded.steps, [Step::Gzip, Step::Binary]);
    let error = record.decoded.error.expect("an error");
    assert!(error.starts_with("zstd: ") && error.contains(" at byte "), "{error}");
    let details = record.decoded.details.expect("details");
    assert_eq!(details.failed_bytes.as_deref(), Some(cut));
    assert!(details.failed_at.is_some_and(|at| at <= cut.len()));
    let plain = one(&gzip(b"hello hello")[..12]);
    assert!(plain.decoded.error.is_some_and(|error| error.starts_with("gzip: unexpected end of data at byte ")));
    assert!(plain.decoded.details.is_some_and(|details| details.failed_bytes.is_none()));
}

#[test]
fn words_are_not_taken_for_something_hidden() {
    for text in
        ["deadbeefdeadbeefdeadbeef", "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=", "one two three four five", "ABCDEFGHIJKLMNOP"]
    {
        assert_eq!(one(text.as_bytes()).decoded.steps, [Step::Text], "{text}");
    }
}

#[test]
fn several_values_are_ndjson_and_single_numbers_are_not() {
    let record = one(b"{\"a\":1}\n{\"a\":2.50}\n");
    assert_eq!(record.decoded.steps, [Step::Ndjson]);
    assert_eq!(record.preview(), r#"{"a":1} {"a":2.50}"#);
    assert_eq!(record.decoded.json().as_deref(), Some(r#"[{"a":1},{"a":2.50}]"#));
    assert_eq!(one(b"{\"a\":1}{\"a\":2}").decoded.steps, [Step::Ndjson]);
    assert_eq!(one(b"1\n2\n").decoded.steps, [Step::Text]);
    assert_eq!(one(b"{\"a\":1}\n{\"a\":").decoded.steps, [Step::Text]);
}

#[test]
fn a_log_subscription_is_named() {
    let envelope =
        br#"{"messageType":"DATA_MESSAGE","owner":"123","logGroup":"g","logStream":"s","subscriptionFilters":["f"],
        "logEvents":[{"id":"1","timestamp":1,"message":"{\"logEvents\":1}"}]}"#;
    let record = one(&gzip(envelope));
    assert_eq!(record.decoded.steps, [Step::Gzip, Step::Json, Step::CloudWatchLogs]);
    assert!(record.decoded.is_json());
    assert_eq!(one(br#"{"logEvents":[],"messageType":"x"}"#).decoded.steps, [Step::Json]);
}

#[test]
fn a_change_event_is_written_plainly_with_every_digit() {
    let event = br#"{"awsRegion":"eu-west-1","eventID":"1","eventName":"MODIFY","tableName":"t","eventSource":"aws:dynamodb",
        "dynamodb":{"ApproximateCreationDateTime":1,"Keys":{"id":{"S":"a"}},
        "NewImage":{"n":{"N":"12345678901234567890.10"},"l":{"L":[{"BOOL":true},{"NULL":true}]},"m":{"M":{"x":{"NS":["1","2.50"]}}},
        "b":{"B":"AAE="},"odd":{"S":"x","N":"1"}},"SizeBytes":9}}"#;
    let record = one(event);
    assert_eq!(record.decoded.steps, [Step::Json, Step::DynamoDb]);
    assert!(record.decoded.is_rewritten());
    let text = record.decoded.text.expect("text");
    assert!(text.contains(r#""Keys":{"id":"a"}"#), "{text}");
    let image = r#""NewImage":{"n":12345678901234567890.10,"l":[true,null],"m":{"x":[1,2.50]},"b":"AAE=","odd":{"S":"x","N":"1"}}"#;
    assert!(text.contains(image), "{text}");
    assert_eq!(one(br#"{"dynamodb":1,"eventName":"INSERT"}"#).decoded.steps, [Step::Json]);
}

#[test]
fn registry_headers_are_named_with_their_schema() {
    let id: [u8; 16] = [0xb7, 0xb4, 0xa7, 0xf0, 0x9c, 0x96, 0x4e, 0x4a, 0xa6, 0x87, 0xfb, 0x5d, 0xe9, 0xef, 0x0c, 0x63];
    let glue = [&[3, 0][..], &id, JSON.as_bytes()].concat();
    let decoded = one(&glue).decoded;
    assert_eq!(decoded.steps, [Step::Glue, Step::Json]);
    let schema = decoded.details.and_then(|details| details.schema);
    assert_eq!(schema.as_deref(), Some("schema version b7b4a7f0-9c96-4e4a-a687-fb5de9ef0c63"));
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(JSON.as_bytes()).expect("writes");
    let packed = [&[3, 5][..], &id, &zlib.finish().expect("finishes")].concat();
    assert_eq!(one(&packed).decoded.steps, [Step::Glue, Step::Zlib, Step::Json]);
    let avro = [&[3, 0][..], &id, &[0x02, 0x80, 0xff, 0x01]].concat();
    assert_eq!(one(&avro).decoded.steps, [Step::Glue, Step::Binary]);
    let confluent = [&[0, 0, 0, 0, 42][..], JSON.as_bytes()].concat();
    assert_eq!(one(&confluent).decoded.steps, [Step::Confluent, Step::Json]);
    let unsure = one(&[0, 0, 0, 0, 42, 0x02, 0xff, 0xfe]).decoded;
    assert_eq!(unsure.steps, [Step::Confluent, Step::Binary]);
    assert!(unsure.details.and_then(|details| details.schema).is_some_and(|schema| schema.contains("if it is one")));
}

#[test]
fn containers_are_named_and_not_looked_into() {
    assert_eq!(one(b"Obj\x01\x04\x14avro.codec\xff").decoded.steps, [Step::Avro, Step::Binary]);
    assert_eq!(one(b"PAR1\x15\x04\xffPAR1").decoded.steps, [Step::Parquet, Step::Binary]);
    assert_eq!(one(b"BZh91AY&SY\xff").decoded.steps, [Step::Bzip2, Step::Binary]);
    assert_eq!(one(b"\xfd7zXZ\0\xff").decoded.steps, [Step::Xz, Step::Binary]);
    assert_eq!(one(b"Objects and BZh9 are words").decoded.steps, [Step::Text]);
}

#[test]
fn message_pack_and_cbor_become_json_where_they_fill_the_data() {
    let value = rmpv::Value::Map(vec![
        ("id".into(), 12_345_678_901_234_567_u64.into()),
        ("x".into(), rmpv::Value::F64(f64::NAN)),
        (1.into(), rmpv::Value::Binary(vec![0, 255])),
        ("s".into(), "ä\"\u{1}".into()),
    ]);
    let mut pack = Vec::new();
    rmpv::encode::write_value(&mut pack, &value).expect("writes");
    let record = one(&pack);
    assert_eq!(record.decoded.steps, [Step::MessagePack]);
    assert_eq!(
        record.decoded.text.as_deref(),
        Some(r#"{"id":12345678901234567,"x":"NaN","1":"AP8=","s":"ä\"\u0001"}"#)
    );
    pack.push(0xc0);
    assert_eq!(one(&pack).decoded.steps, [Step::Binary]);
    let value = ciborium::Value::Map(vec![
        (ciborium::Value::Text("n".to_owned()), ciborium::Value::Integer((-7).into())),
        (ciborium::Value::Text("b".to_owned()), ciborium::Value::Bytes(vec![0xff; 3])),
    ]);
    let mut cbor = Vec::new();
    ciborium::into_writer(&value, &mut cbor).expect("writes");
    assert_eq!(one(&cbor).decoded.steps, [Step::Cbor]);
    assert_eq!(one(&cbor).decoded.text.as_deref(), Some(r#"{"n":-7,"b":"////"}"#));
    let marked = [&[0xd9, 0xd9, 0xf7][..], &[0x18, 0x2a]].concat();
    assert_eq!(one(&marked).decoded.text.as_deref(), Some("42"));
}

#[test]
fn what_is_forced_is_done_and_what_does_not_fit_is_said() {
    let aggregate = kpl::aggregate(&["k"], &[(0, JSON.as_bytes())]);
    let bytes = as_forced(&aggregate, DecodeAs::Hex);
    assert_eq!((bytes.steps, bytes.error), (vec![Step::Binary], None));
    assert_eq!(as_forced(&gzip(b"[1]"), DecodeAs::Text).steps, [Step::Gzip, Step::Text]);
    let lossy = as_forced(b"ok \xff", DecodeAs::Text);
    assert_eq!(lossy.text.as_deref(), Some("ok \u{fffd}"));
    assert_eq!(lossy.error.as_deref(), Some("text: invalid UTF-8 at byte 3"));
    let json = as_forced(b"{\"a\":}", DecodeAs::Json);
    assert_eq!(json.error.as_deref(), Some("JSON: expected a value at byte 5"));
    assert_eq!(json.details.and_then(|details| details.failed_at), Some(5));
    assert_eq!(as_forced(&[0x01], DecodeAs::MessagePack).text.as_deref(), Some("1"));
    assert!(as_forced(&[0x81], DecodeAs::MessagePack).error.is_some());
    let record = one(JSON.as_bytes());
    let again = decode_again(&record, &DecodeLimits { decode_as: DecodeAs::Hex, ..DecodeLimits::default() });
    assert_eq!(again.decoded.steps, [Step::Binary]);
    assert_eq!(decode_again(&again, &DecodeLimits::default()).decoded, record.decoded);
    let hex = DecodeLimits { decode_as: DecodeAs::Hex, ..DecodeLimits::default() };
    let whole = decode(raw(&aggregate), &ShardId::from("s"), &hex).remove(0);
    let error = decode_again(&whole, &DecodeLimits::default()).decoded.error;
    assert!(error.is_some_and(|error| error.contains("KPL aggregate of 1 record, read as bytes")));
}
