//! CBOR values of rpc-v2-cbor: maps with text keys, times as tag 1, requests that may be gzipped.

use std::io::Read as _;

use ciborium::Value;

use crate::model::time::Timestamp;

/// Most bytes that a gzipped request may unfold to.
const MAX_UNFOLDED_BYTES: u64 = 16 * 1_048_576;
const EPOCH_TAG: u64 = 1;
/// Times are kept within this many milliseconds of the epoch, so that arithmetic on them cannot overflow.
const FARTHEST_MILLIS: f64 = 4.0e14;

/// Reads a request; an empty body is an empty map. `None` where it cannot be read.
pub(super) fn parse(body: &[u8], gzipped: bool) -> Option<Value> {
    if body.is_empty() {
        return Some(Value::Map(Vec::new()));
    }
    if gzipped {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(body).take(MAX_UNFOLDED_BYTES).read_to_end(&mut plain).ok()?;
        return ciborium::from_reader(plain.as_slice()).ok();
    }
    ciborium::from_reader(body).ok()
}

/// Writes an answer.
pub(super) fn write(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing to memory cannot fail for values of this shape; a short answer would be refused by the reader.
    let _ = ciborium::into_writer(value, &mut out);
    out
}

/// A map with text keys.
pub(super) fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Map(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

/// A map with text keys, without the fields that are not there.
pub(super) fn map_of_some<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    Value::Map(fields.into_iter().filter_map(|(name, value)| Some((name.into(), value?))).collect())
}

/// A time.
pub(super) fn time(at: Timestamp) -> Value {
    Value::Tag(EPOCH_TAG, Box::new(Value::Float(at.0 as f64 / 1_000.0)))
}

/// A field of a map, where it is there and not null.
pub(super) fn get<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let fields = value.as_map()?;
    fields.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value).filter(|value| !value.is_null())
}

/// A text field.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    get(value, name)?.as_text()
}

/// A whole number, also where it was sent as a float.
pub(super) fn integer(value: &Value, name: &str) -> Option<i64> {
    match get(value, name)? {
        Value::Integer(number) => i64::try_from(*number).ok(),
        Value::Float(number) if number.fract() == 0.0 => Some(*number as i64),
        _ => None,
    }
}

/// A number.
pub(super) fn float(value: &Value, name: &str) -> Option<f64> {
    match get(value, name)? {
        Value::Integer(number) => i64::try_from(*number).ok().map(|number| number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// A flag.
pub(super) fn flag(value: &Value, name: &str) -> Option<bool> {
    get(value, name)?.as_bool()
}

/// A time field.
pub(super) fn time_of(value: &Value, name: &str) -> Option<Timestamp> {
    let Value::Tag(EPOCH_TAG, inner) = get(value, name)? else { return None };
    let seconds = match &**inner {
        Value::Integer(number) => i64::try_from(*number).ok()? as f64,
        Value::Float(number) if number.is_finite() => *number,
        _ => return None,
    };
    Some(Timestamp((seconds * 1_000.0).round().clamp(-FARTHEST_MILLIS, FARTHEST_MILLIS) as i64))
}

/// The items of a list field; none where it is absent.
pub(super) fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    get(value, name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A list of texts.
pub(super) fn texts(value: &Value, name: &str) -> Vec<String> {
    items(value, name).iter().filter_map(|item| item.as_text().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzipped_requests_are_unfolded() {
        use std::io::Write as _;
        let plain = write(&map([("Period", 60.into()), ("StartTime", time(Timestamp(1_790_000_000_500)))]));
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zip.write_all(&plain).expect("memory");
        let value = parse(&zip.finish().expect("memory"), true).expect("reads");
        assert_eq!(integer(&value, "Period"), Some(60));
        assert_eq!(time_of(&value, "StartTime"), Some(Timestamp(1_790_000_000_500)));
    }

    #[test]
    fn maps_of_indefinite_length_are_read() {
        // {_ "A": [_ 1, 2]}
        let body = [0xBF, 0x61, b'A', 0x9F, 0x01, 0x02, 0xFF, 0xFF];
        let value = parse(&body, false).expect("reads");
        assert_eq!(items(&value, "A").len(), 2);
        assert!(parse(&[0xFF, 0x00], false).is_none());
    }
}
