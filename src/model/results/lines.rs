//! Results as lines of a file: NDJSON, or CSV that a spreadsheet opens without harm.

use super::{ResultRow, Status};
use crate::model::export::{LineFormat, csv_line};
use crate::model::hash_range::HashKey;
use crate::model::ndjson::Line;
use crate::model::unfinished::Numbers;

/// Whose results are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultsOf {
    /// Of the records that were typed and sent last.
    Single,
    /// Of the last run of a file.
    Batch,
    /// Of a run that was cut off, by its id: numbers and what became of them, as nothing else was written down.
    CutOff(String),
}

/// What a person asked to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultsWish {
    /// Whose results.
    pub of: ResultsOf,
    /// The file; it must not be there yet.
    pub path: String,
    /// How.
    pub format: LineFormat,
    /// Only those that were not sent.
    pub only_unsent: bool,
}

/// What stands before the first result.
pub fn head(format: LineFormat) -> &'static str {
    match format {
        LineFormat::Ndjson => "",
        LineFormat::Csv => "record,partition_key,hash_key,shard_id,sequence_number,attempts,status,reason\r\n",
    }
}

/// One result, with the end of its line. Hash keys are decimal.
pub fn line(format: LineFormat, row: &ResultRow<'_>) -> String {
    let hash = row.explicit.or_else(|| row.key.map(HashKey::of_partition_key)).map(|hash| hash.to_string());
    let (shard, sequence) = (row.shard.map(|id| id.as_str()), row.sequence.as_deref());
    match format {
        LineFormat::Ndjson => {
            let line = Line::default()
                .number("record", Some(row.number))
                .optional("partition_key", row.key)
                .optional("hash_key", hash.as_deref())
                .optional("shard_id", shard)
                .optional("sequence_number", sequence)
                .number("attempts", Some(u64::from(row.attempts)))
                .text("status", row.status.word())
                .optional("reason", row.reason);
            line.end() + "\n"
        }
        LineFormat::Csv => csv_line([
            row.number.to_string().as_str(),
            row.key.unwrap_or_default(),
            hash.as_deref().unwrap_or_default(),
            shard.unwrap_or_default(),
            sequence.unwrap_or_default(),
            row.attempts.to_string().as_str(),
            row.status.word(),
            row.reason.unwrap_or_default(),
        ]),
    }
}

/// Lines for records of which only the number and the end are known.
pub fn number_lines(format: LineFormat, numbers: &Numbers, status: Status) -> impl Iterator<Item = String> {
    numbers.ranges().flatten().map(move |number| {
        let row = ResultRow {
            number,
            key: None,
            explicit: None,
            shard: None,
            sequence: None,
            attempts: 0,
            status,
            reason: None,
        };
        match format {
            LineFormat::Ndjson => {
                Line::default().number("record", Some(number)).text("status", status.word()).end() + "\n"
            }
            LineFormat::Csv => line(format, &row),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<'a>(key: &'a str, reason: Option<&'a str>) -> ResultRow<'a> {
        ResultRow {
            number: 12,
            key: Some(key),
            explicit: None,
            shard: None,
            sequence: None,
            attempts: 6,
            status: Status::Failed,
            reason,
        }
    }

    #[test]
    fn a_line_says_what_became_of_a_record() {
        let said = line(LineFormat::Ndjson, &row("a", Some("slow, \"down\"")));
        let value: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        assert_eq!(value["record"], 12);
        assert_eq!(value["hash_key"], HashKey::of_partition_key("a").to_string());
        assert_eq!((&value["status"], &value["reason"]), (&"failed".into(), &"slow, \"down\"".into()));
        assert!(value["sequence_number"].is_null());
        let columns = head(LineFormat::Csv).trim_end().split(',').count();
        assert_eq!(line(LineFormat::Csv, &row("a", None)).trim_end().split(',').count(), columns);
    }

    #[test]
    fn no_key_and_no_reason_is_taken_for_a_formula() {
        for evil in ["=1+1", "@SUM(A1)", "+1", "-2", "\t=1"] {
            let said = line(LineFormat::Csv, &row(evil, Some(evil)));
            assert_eq!(said.matches(&format!("\"'{evil}\"")).count(), 2, "{said}");
        }
    }

    #[test]
    fn of_a_run_that_was_cut_off_every_known_number_has_its_line() {
        let numbers = Numbers::parse("3-5,9").expect("numbers");
        let lines: Vec<String> = number_lines(LineFormat::Ndjson, &numbers, Status::Unknown).collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[3], "{\"record\":9,\"status\":\"unknown\"}\n");
        assert_eq!(number_lines(LineFormat::Csv, &numbers, Status::Sent).next().as_deref(), Some("3,,,,,0,sent,\r\n"));
    }
}
