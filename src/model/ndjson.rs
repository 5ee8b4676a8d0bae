//! One line of JSON, written piece by piece: a record's own JSON goes in as it is, digits and key order untouched.

use std::borrow::Cow;
use std::fmt::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::decode::Step;
use crate::model::ids::StreamName;
use crate::model::record::Record;
use crate::model::time::Timestamp;
use crate::model::{json_check, json_scan};

/// An object on one line.
#[derive(Debug, Default)]
pub struct Line(String);

impl Line {
    /// Begins in the memory of an earlier line, with room for so many bytes.
    fn in_place_of(mut line: String, bytes: usize) -> Self {
        line.clear();
        line.reserve(bytes);
        Self(line)
    }

    /// The keys are names of this program: there is nothing to escape in them.
    fn key(&mut self, key: &'static str) {
        self.0.push_str(if self.0.is_empty() { "{\"" } else { ",\"" });
        self.0.push_str(key);
        self.0.push_str("\":");
    }

    /// Adds a member whose value is JSON already.
    pub fn raw(mut self, key: &'static str, json: &str) -> Self {
        self.key(key);
        self.0.push_str(json);
        self
    }

    /// Adds a string.
    pub fn text(mut self, key: &'static str, value: &str) -> Self {
        self.key(key);
        push_quoted(&mut self.0, value);
        self
    }

    /// Adds an array of strings.
    pub fn texts(mut self, key: &'static str, values: impl Iterator<Item = &'static str>) -> Self {
        self.key(key);
        self.0.push('[');
        for (place, value) in values.enumerate() {
            if place > 0 {
                self.0.push(',');
            }
            push_quoted(&mut self.0, value);
        }
        self.0.push(']');
        self
    }

    /// Adds a string, or null.
    pub fn optional(self, key: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self.raw(key, "null"),
        }
    }

    /// Adds a number, or null.
    pub fn number(mut self, key: &'static str, value: Option<u64>) -> Self {
        self.key(key);
        // Writing into a text does not fail.
        let _ = match value {
            Some(value) => write!(self.0, "{value}"),
            None => self.0.write_str("null"),
        };
        self
    }

    /// Adds a moment in UTC, or null.
    fn moment(mut self, key: &'static str, value: Option<Timestamp>) -> Self {
        self.key(key);
        match value {
            Some(at) => {
                self.0.push('"');
                at.push_rfc3339(&mut self.0);
                self.0.push('"');
            }
            None => self.0.push_str("null"),
        }
        self
    }

    /// The object, without the end of the line.
    pub fn end(mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "{}" } else { "}" });
        self.0
    }
}

/// Nearly all of what is written has nothing to escape: a million lines are written without a copy of each of their parts.
fn push_quoted(out: &mut String, text: &str) {
    if json_check::is_plain(text.as_bytes()) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// JSON on one line: as it is where it is on one, else without the white space between its tokens.
fn on_one_line(json: &str) -> Cow<'_, str> {
    match memchr::memchr2(b'\n', b'\r', json.as_bytes()) {
        None => Cow::Borrowed(json),
        Some(_) => Cow::Owned(json_scan::compact(json, usize::MAX)),
    }
}

/// Bytes of a line beside the record's own.
const AROUND_BYTES: usize = 384;

/// A record as `kinescope tail` prints it and as it is exported, without the end of the line.
pub fn record(stream: &StreamName, record: &Record) -> String {
    record_in_place_of(String::new(), stream, record)
}

/// The same in the memory of an earlier line.
pub fn record_in_place_of(line: String, stream: &StreamName, record: &Record) -> String {
    let steps = record.decoded.steps.iter().copied().map(Step::label);
    let line = Line::in_place_of(line, record.size_bytes() + AROUND_BYTES)
        .text("stream", stream.as_str())
        .text("shard_id", record.shard_id.as_str())
        .text("sequence_number", record.sequence_number.as_str())
        .number("sub_sequence_number", record.sub_sequence.map(|(place, _)| u64::from(place)))
        .text("partition_key", record.partition_key.as_str())
        .moment("approximate_arrival", record.approximate_arrival)
        .number("size_bytes", Some(record.size_bytes() as u64))
        .texts("decoded_as", steps);
    let line = match (&record.decoded.text, record.decoded.json()) {
        (_, Some(json)) => line.raw("json", &on_one_line(&json)),
        (Some(text), None) => line.text("text", text),
        (None, None) => line.text("base64", &STANDARD.encode(&record.data)),
    };
    line.optional("error", record.decoded.error.as_deref()).end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::decode::{DecodeLimits, decode};
    use crate::model::ids::ShardId;
    use crate::model::record::RawRecord;

    fn line(data: &[u8]) -> String {
        let raw = RawRecord {
            sequence_number: "49".into(),
            partition_key: "k\"1".into(),
            approximate_arrival: Some(Timestamp(1_500)),
            data: data.to_vec(),
        };
        let records = decode(raw, &ShardId::from("shardId-000000000000"), &DecodeLimits::default());
        record(&StreamName::from("s"), &records[0])
    }

    #[test]
    fn a_json_record_keeps_its_digits_and_key_order() {
        assert_eq!(
            line(b"{ \"b\": 1.10,\n \"a\": 12345678901234567890 }"),
            "{\"stream\":\"s\",\"shard_id\":\"shardId-000000000000\",\"sequence_number\":\"49\",\
             \"sub_sequence_number\":null,\"partition_key\":\"k\\\"1\",\
             \"approximate_arrival\":\"1970-01-01T00:00:01.500Z\",\"size_bytes\":44,\"decoded_as\":[\"json\"],\
             \"json\":{\"b\":1.10,\"a\":12345678901234567890},\"error\":null}"
        );
    }

    #[test]
    fn several_values_are_an_array() {
        assert!(line(b"{\"a\": 1}\n{\"a\":2}").contains("\"decoded_as\":[\"ndjson\"],\"json\":[{\"a\":1},{\"a\":2}],"));
    }

    #[test]
    fn text_and_binary_are_told_apart() {
        assert!(line(b"a\nb").contains("\"decoded_as\":[\"text\"],\"text\":\"a\\nb\",\"error\":null}"));
        assert!(line(b"\xff\x00").contains("\"decoded_as\":[\"binary\"],\"base64\":\"/wA=\",\"error\":null}"));
        assert!(line(b"\x1f\x8b\x08").contains("\"error\":\"gzip"));
    }

    #[test]
    fn every_line_is_one_line_of_json() {
        for data in [&b"\r\n\x1b\x00"[..], b"{\"a\":\n[1\n,2]}", b"", "\u{2028}".as_bytes()] {
            let line = line(data);
            assert!(!line.contains(['\n', '\r']), "{line:?}");
            assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok(), "{line}");
        }
    }
}
