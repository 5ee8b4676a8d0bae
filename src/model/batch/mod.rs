//! Many records from a file: how they are read, where they will land, how fast they leave, and how a run goes.

pub mod field;
pub mod interpret;
pub mod load;
pub mod packing;
pub mod run;
pub mod split;
pub mod times;

use std::ops::Range;
use std::sync::Arc;

use super::hash_range::HashKeyRange;
use super::ids::ShardId;
use super::results::ResultsWish;
use super::time::Timestamp;

/// Invalid lines that are listed; beyond it they are only counted.
pub const LISTED_INVALID: usize = 1_000;
/// Lines that are shown before anything is sent.
pub const PREVIEW_LINES: usize = 8;

/// How fast records leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// As fast as they are taken.
    #[default]
    Full,
    /// Records a second.
    Records(u32),
    /// Bytes a second, keys included.
    Bytes(u32),
    /// As far apart as their times in the file say, so many times as fast.
    InFile(u16),
}

/// How a file is cut into records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchFormat {
    /// One JSON value a line.
    Ndjson,
    /// The elements of one JSON array.
    JsonArray,
    /// The rows of a table below a row of column names, by RFC 4180. A row is sent as it stands.
    Csv,
    /// Lines of text.
    Lines,
}

impl BatchFormat {
    /// All, in the order they are offered.
    pub const ALL: [Self; 4] = [Self::Ndjson, Self::JsonArray, Self::Csv, Self::Lines];

    /// Its name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ndjson => "NDJSON",
            Self::JsonArray => "JSON array",
            Self::Csv => "CSV",
            Self::Lines => "Lines",
        }
    }

    /// How names of such files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::JsonArray => "json",
            Self::Csv => "csv",
            Self::Lines => "txt",
        }
    }

    /// What a file most likely is, by its name and how it begins.
    pub fn detect(path: &str, head: &[u8]) -> Self {
        let ending = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let first = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start().first();
        match (ending.as_str(), first) {
            ("csv", _) => Self::Csv,
            ("ndjson" | "jsonl", _) | (_, Some(b'{')) => Self::Ndjson,
            (_, Some(b'[')) => Self::JsonArray,
            _ => Self::Lines,
        }
    }
}

/// Where the partition key of each record comes from.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyRule {
    /// A path into each JSON value, or the column of a CSV file by its name.
    Field(String),
    /// The same for all.
    Fixed(String),
    /// A random UUID each.
    Random,
    /// One open shard after the other, by an explicit hash key; the partition key is the number of the record.
    RoundRobin,
}

/// A file and how to read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchSpec {
    /// Its path as typed.
    pub path: String,
    /// How it is cut; `None` detects it.
    pub format: Option<BatchFormat>,
    /// The keys.
    pub key: KeyRule,
    /// Where each record has its time: a path, or a column. Only looked for where the pace goes by it.
    pub time: Option<String>,
}

/// The open shards and the size that a record may have: what a file is checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landing {
    /// Open shards in the order of their ranges.
    pub shards: Vec<(ShardId, HashKeyRange)>,
    /// Data and key together, in bytes.
    pub max_record_bytes: usize,
}

/// What tells whether a file is still the one that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileStamp {
    /// Its size in bytes.
    pub len: u64,
    /// When it was changed last, where the system tells.
    pub modified: Option<Timestamp>,
}

/// A line that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidLine {
    /// Its line in the file from 1, or its element of a JSON array.
    pub number: u64,
    /// What is wrong.
    pub reason: String,
}

/// One of the first lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewLine {
    /// Its line in the file from 1, or its element of a JSON array.
    pub number: u64,
    /// How it begins.
    pub text: String,
    /// Where in `text` the key stands.
    pub key_at: Option<Range<usize>>,
    /// The partition key and the shard it lands on, or what is wrong.
    pub lands: Result<(String, Option<ShardId>), String>,
}

/// What lands on one shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Records.
    pub records: u64,
    /// Bytes, keys included.
    pub bytes: u64,
}

/// What a file holds, as far as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchScan {
    /// What was read.
    pub spec: BatchSpec,
    /// How it was cut.
    pub format: BatchFormat,
    /// The file as it was; `None` where it could not be opened.
    pub stamp: Option<FileStamp>,
    /// Bytes read so far.
    pub read: u64,
    /// Whether all of it was read, or as much as can be.
    pub is_done: bool,
    /// Why nothing of the file, or not all of it, can be read.
    pub problem: Option<String>,
    /// What can be sent.
    pub total: Share,
    /// The calls that it makes at full speed.
    pub packing: packing::Packing,
    /// Lines that cannot.
    pub invalid: u64,
    /// The first of them.
    pub invalid_lines: Vec<InvalidLine>,
    /// The first lines.
    pub preview: Vec<PreviewLine>,
    /// What lands where, in the order of the ranges.
    pub shares: Vec<(ShardId, HashKeyRange, Share)>,
    /// Of a file whose times are looked at.
    pub times: times::TimesLook,
}

impl BatchScan {
    /// Nothing of the file was read yet.
    pub fn new(spec: BatchSpec, format: BatchFormat, landing: &Landing) -> Self {
        let shares = landing.shards.iter().map(|(id, range)| (id.clone(), *range, Share::default())).collect();
        Self {
            spec,
            format,
            stamp: None,
            read: 0,
            is_done: false,
            problem: None,
            total: Share::default(),
            packing: packing::Packing::default(),
            invalid: 0,
            invalid_lines: Vec::new(),
            preview: Vec::new(),
            shares,
            times: times::TimesLook::default(),
        }
    }

    /// The part of the file that was read, from 0 to 1.
    pub fn progress(&self) -> f32 {
        self.stamp.map_or(0.0, |stamp| self.read as f32 / stamp.len.max(1) as f32)
    }
}

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchWish {
    /// The file, with its format.
    pub spec: BatchSpec,
    /// How it was cut when it was looked at.
    pub format: BatchFormat,
    /// The file as it was looked at; another one is not sent.
    pub stamp: FileStamp,
    /// Records that can be sent.
    pub records: u64,
    /// The person said so: lines that cannot be sent are left out.
    pub skips_invalid: bool,
    /// One in flight per key.
    pub keeps_order: bool,
    /// How fast.
    pub pace: Pace,
    /// Attempts for one record, the first included.
    pub attempts: usize,
    /// Shards that are not filled, and what is done with their records.
    pub spared: Option<load::Spared>,
}

/// What is known of batches for the open stream.
#[derive(Clone, Debug, Default)]
pub struct BatchState {
    /// The file that was looked at last.
    pub scan: Option<Arc<BatchScan>>,
    /// The run that runs or ran last.
    pub run: Option<Arc<run::BatchRun>>,
    /// What came of saving the records that failed.
    pub saved: Option<Result<String, String>>,
}

/// What a person can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchCommand {
    /// Look at a file; replaces the look that runs.
    Scan(BatchSpec),
    /// Send it.
    Start(Box<BatchWish>),
    /// Begin no more calls.
    Stop,
    /// Begin no call for now, or go on.
    Pause(bool),
    /// Write the lines that cannot be sent to a new file.
    SaveInvalid(String),
    /// Send once more what was refused in the last run.
    SendFailed,
    /// Send what a run that was cut off left; named by its id.
    SendRest(String),
    /// Forget a run that was cut off; named by its id.
    Forget(String),
    /// Write the records that failed to a file of the format they came from.
    SaveFailed(String),
    /// Write what became of each record to a new file.
    SaveResults(ResultsWish),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_name_and_beginning() {
        assert_eq!(BatchFormat::detect("a.csv", b"x,y"), BatchFormat::Csv);
        assert_eq!(BatchFormat::detect("a.JSONL", b""), BatchFormat::Ndjson);
        assert_eq!(BatchFormat::detect("a.json", b"\xef\xbb\xbf [1]"), BatchFormat::JsonArray);
        assert_eq!(BatchFormat::detect("a.log", b"{\"a\":1}"), BatchFormat::Ndjson);
        assert_eq!(BatchFormat::detect("a.log", b"GET /"), BatchFormat::Lines);
    }
}
