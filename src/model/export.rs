//! Records in a file: NDJSON as the terminal prints it, CSV that a spreadsheet opens without harm, or Parquet, whose bytes
//! are made elsewhere.

use super::decode::Step;
use super::ids::StreamName;
use super::json_scan;
use super::ndjson;
use super::record::Record;

/// How records are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportFormat {
    /// One JSON object a line.
    #[default]
    Ndjson,
    /// Comma-separated values with a header (RFC 4180).
    Csv,
    /// Columns in compressed row groups, for analysis.
    Parquet,
}

/// A format of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineFormat {
    /// One JSON object a line.
    Ndjson,
    /// Comma-separated values with a header (RFC 4180).
    Csv,
}

impl ExportFormat {
    /// As it is shown and as files end.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ndjson => "NDJSON",
            Self::Csv => "CSV",
            Self::Parquet => "Parquet",
        }
    }

    /// How names of such files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    /// How its lines are written, where it has any.
    pub fn lines(self) -> Option<LineFormat> {
        match self {
            Self::Ndjson => Some(LineFormat::Ndjson),
            Self::Csv => Some(LineFormat::Csv),
            Self::Parquet => None,
        }
    }
}

impl LineFormat {
    /// What stands before the first record.
    pub fn head(self) -> &'static str {
        match self {
            Self::Ndjson => "",
            Self::Csv => {
                "stream,shard_id,sequence_number,sub_sequence_number,partition_key,approximate_arrival,size_bytes,decoded_as,\
                 data,error\r\n"
            }
        }
    }

    /// One record with the end of its line.
    pub fn line(self, stream: &StreamName, record: &Record) -> String {
        match self {
            Self::Ndjson => ndjson::record(stream, record) + "\n",
            Self::Csv => csv(stream, record),
        }
    }
}

/// Which records are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportWhat {
    /// Those that are kept.
    #[default]
    Kept,
    /// Those that come from now on, until it is finished or the tail ends.
    ToCome,
}

/// What a person asked to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRequest {
    /// The file; it must not be there yet.
    pub path: String,
    /// How.
    pub format: ExportFormat,
    /// Which records.
    pub what: ExportWhat,
    /// Only what the filter lets through.
    pub only_filtered: bool,
}

/// An export, under way or over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRun {
    /// What was asked for.
    pub request: ExportRequest,
    /// Records written so far.
    pub done: usize,
    /// Records to be written; 0 where that is not known because they are still to come.
    pub of: usize,
    /// Bytes of the file, or why there is none; `None` while it runs.
    pub outcome: Option<Result<u64, String>>,
}

/// What a record holds as text: JSON in one line, or other text; `None` where it holds neither.
pub fn data_text(record: &Record) -> Option<String> {
    match (&record.decoded.text, record.decoded.json()) {
        (_, Some(json)) => Some(json_scan::compact(&json, usize::MAX)),
        (text, None) => text.as_deref().map(str::to_owned),
    }
}

fn csv(stream: &StreamName, record: &Record) -> String {
    let steps: Vec<&str> = record.decoded.steps.iter().copied().map(Step::label).collect();
    let data =
        data_text(record).unwrap_or_else(|| record.data.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let mut line = String::with_capacity(data.len() + 200);
    let fields = [
        stream.as_str(),
        record.shard_id.as_str(),
        record.sequence_number.as_str(),
        &record.sub_sequence.map(|(place, _)| place.to_string()).unwrap_or_default(),
        record.partition_key.as_str(),
        &record.approximate_arrival.map(|at| at.to_rfc3339()).unwrap_or_default(),
        &record.size_bytes().to_string(),
        &steps.join(" "),
        &data,
        record.decoded.error.as_deref().unwrap_or_default(),
    ];
    fields_into(fields, &mut line);
    line
}

/// A line of CSV with its end; no field of it is taken for a formula.
pub fn csv_line<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    fields_into(fields, &mut line);
    line
}

fn fields_into<'a>(fields: impl IntoIterator<Item = &'a str>, line: &mut String) {
    for (place, field) in fields.into_iter().enumerate() {
        if place > 0 {
            line.push(',');
        }
        field_into(field, line);
    }
    line.push_str("\r\n");
}

/// A field that no spreadsheet takes for a formula: one that begins like one gets an apostrophe in front (OWASP, CSV
/// injection). Full-width forms count as well, since some spreadsheets fold them.
fn field_into(field: &str, line: &mut String) {
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let is_quoted = is_formula || field.contains(['"', ',', '\r', '\n', ';', '\t', '\'']);
    if !is_quoted {
        return line.push_str(field);
    }
    line.push('"');
    if is_formula {
        line.push('\'');
    }
    for character in field.chars() {
        if character == '"' {
            line.push('"');
        }
        line.push(character);
    }
    line.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::decode::{DecodeLimits, decode};
    use crate::model::ids::{PartitionKey, SequenceNumber, ShardId};
    use crate::model::record::RawRecord;
    use crate::model::time::Timestamp;

    fn record(key: &str, data: &[u8]) -> Record {
        let raw = RawRecord {
            sequence_number: SequenceNumber::from("4966"),
            partition_key: PartitionKey::from(key),
            approximate_arrival: Some(Timestamp(1_500)),
            data: data.to_vec(),
        };
        decode(raw, &ShardId::from("shardId-000000000007"), &DecodeLimits::default()).remove(0)
    }

    /// A reader of RFC 4180, for one line.
    fn fields(line: &str) -> Vec<String> {
        let (mut out, mut field, mut is_quoted) = (Vec::new(), String::new(), false);
        let mut characters = line.strip_suffix("\r\n").expect("an end").chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '"' if is_quoted && characters.peek() == Some(&'"') => field.extend(characters.next()),
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => out.push(std::mem::take(&mut field)),
                other => field.push(other),
            }
        }
        out.push(field);
        out
    }

    #[test]
    fn a_line_has_the_fields_of_the_head() {
        let line = LineFormat::Csv.line(&StreamName::from("s"), &record("k", b"{\"a\": \"x,\\\"y\"}"));
        let heads = LineFormat::Csv.head().trim_end().split(',').count();
        let fields = fields(&line);
        assert_eq!(fields.len(), heads);
        assert_eq!(fields[8], "{\"a\":\"x,\\\"y\"}");
        assert_eq!(fields[5], "1970-01-01T00:00:01.500Z");
        assert!(LineFormat::Ndjson.line(&StreamName::from("s"), &record("k", b"1")).ends_with("}\n"));
    }

    #[test]
    fn nothing_begins_like_a_formula() {
        for key in ["=1+1", "@SUM(A1)", "+1", "-2", "\t=1", "＝1"] {
            let line = LineFormat::Csv.line(&StreamName::from("s"), &record(key, b"=cmd|' /C calc'!A0"));
            let fields = fields(&line);
            assert_eq!(fields[4], format!("'{key}"));
            assert_eq!(fields[8], "'=cmd|' /C calc'!A0");
        }
    }

    proptest! {
        #[test]
        fn any_key_comes_back_from_its_field(key in "\\PC{0,20}") {
            let line = LineFormat::Csv.line(&StreamName::from("s"), &record(&key, b"x"));
            let field = &fields(&line)[4];
            let guarded = format!("'{}", key);
            prop_assert!(*field == key || *field == guarded);
            prop_assert!(!field.starts_with(['=', '+', '-', '@']));
        }
    }
}
