//! Makes the record to put of each record of a file: checks it, finds its key, tells where it lands.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::field::{FieldPath, check_json};
use super::split::Raw;
use super::times::read_time;
use super::{BatchFormat, KeyRule, Landing};
use crate::model::format::{bytes, counted};
use crate::model::ids::PartitionKey;
use crate::model::limits::PARTITION_KEY_MAX_CHARS;
use crate::model::time::Timestamp;
use crate::model::writes::PutEntry;

/// A record of a file that can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreted {
    /// What is sent.
    pub entry: PutEntry,
    /// Where in its text the key stands.
    pub key_at: Option<Range<usize>>,
    /// Its time, or why it has none, where times are looked for.
    pub at: Option<Result<Timestamp, String>>,
}

/// A partition key, and where it stands in its text.
type FoundKey = (PartitionKey, Option<Range<usize>>);

enum Rule {
    Path(FieldPath),
    Column(String),
    Fixed(PartitionKey),
    Random,
    RoundRobin,
}

/// Where a time stands.
enum TimeRule {
    Path(FieldPath),
    Column(String),
}

/// What the first line of a CSV file says.
struct Columns {
    count: usize,
    key: Result<usize, String>,
    time: Result<usize, String>,
}

/// Reads one record after the other.
pub struct Interpreter {
    format: BatchFormat,
    rule: Rule,
    landing: Landing,
    time: Option<TimeRule>,
    columns: Option<Columns>,
    sent: usize,
    draw: Box<dyn FnMut() -> u128 + Send>,
}

impl fmt::Debug for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interpreter").field("format", &self.format).finish_non_exhaustive()
    }
}

impl Interpreter {
    /// A reader for a file from its beginning. `draw` gives the bits of random keys.
    ///
    /// # Errors
    /// What is wrong with the rule for keys, in one sentence.
    pub fn new(
        format: BatchFormat,
        key: &KeyRule,
        landing: Landing,
        draw: Box<dyn FnMut() -> u128 + Send>,
    ) -> Result<Self, String> {
        let rule = match (key, format) {
            (KeyRule::Field(_), BatchFormat::Lines) => {
                return Err("Lines of text have no fields: choose a fixed or a random key.".to_owned());
            }
            (KeyRule::Field(name), _) if name.trim().is_empty() => {
                return Err("Name the field that the key is in.".to_owned());
            }
            (KeyRule::Field(name), BatchFormat::Csv) => Rule::Column(column_name(name)),
            (KeyRule::Field(path), _) => Rule::Path(FieldPath::parse(path)?),
            (KeyRule::Fixed(key), _) => match key.chars().count() {
                0 => return Err("Type the partition key that all records get.".to_owned()),
                1..=PARTITION_KEY_MAX_CHARS => Rule::Fixed(PartitionKey::from(key.as_str())),
                chars => return Err(format!("The key is {chars} characters, at most {PARTITION_KEY_MAX_CHARS}.")),
            },
            (KeyRule::Random, _) => Rule::Random,
            (KeyRule::RoundRobin, _) if landing.shards.is_empty() => {
                return Err("The shards are not listed yet.".to_owned());
            }
            (KeyRule::RoundRobin, _) => Rule::RoundRobin,
        };
        Ok(Self { format, rule, landing, time: None, columns: None, sent: 0, draw })
    }

    /// Looks for the time of each record as well: by a path, or in a column.
    ///
    /// # Errors
    /// What is wrong with that, in one sentence.
    pub fn with_times(mut self, field: &str) -> Result<Self, String> {
        self.time = Some(match self.format {
            BatchFormat::Lines => return Err("Lines of text carry no times: choose another pace.".to_owned()),
            _ if field.trim().is_empty() => return Err("Name the field that the time is in.".to_owned()),
            BatchFormat::Csv => TimeRule::Column(column_name(field)),
            _ => TimeRule::Path(FieldPath::parse(field)?),
        });
        Ok(self)
    }

    /// Reads one record; `None` for the column names of a CSV file.
    ///
    /// # Errors
    /// Why it cannot be sent.
    pub fn read(&mut self, raw: Raw<'_>) -> Result<Option<Interpreted>, String> {
        if raw.size > raw.bytes.len() {
            return Err(self.too_large(raw.size));
        }
        let text =
            std::str::from_utf8(raw.bytes).map_err(|err| format!("not UTF-8 at byte {}", err.valid_up_to() + 1))?;
        let Some((key, key_at)) = self.key(text)? else { return Ok(None) };
        let explicit_hash_key = match self.rule {
            Rule::RoundRobin => {
                let at = self.sent.checked_rem(self.landing.shards.len()).unwrap_or_default();
                self.landing.shards.get(at).map(|(_, range)| range.start)
            }
            _ => None,
        };
        let entry = PutEntry { partition_key: key, explicit_hash_key, data: raw.bytes.to_vec() };
        match entry.partition_key.as_str().chars().count() {
            0 => return Err("the key is empty".to_owned()),
            1..=PARTITION_KEY_MAX_CHARS => {}
            chars => return Err(format!("key is {chars} characters, at most {PARTITION_KEY_MAX_CHARS}")),
        }
        if entry.size_bytes() > self.landing.max_record_bytes {
            return Err(self.too_large(entry.size_bytes()));
        }
        self.sent += 1;
        let at = self.time(text);
        Ok(Some(Interpreted { entry, key_at, at }))
    }

    fn too_large(&self, size: usize) -> String {
        let limit = bytes(self.landing.max_record_bytes as u64);
        format!("{} with its key, the stream takes {limit} per record", bytes(size as u64))
    }

    /// The shard that a record lands on, by its place in [`Landing::shards`]. Not told with each record: it takes an MD5.
    pub fn shard_of(&self, entry: &PutEntry) -> Option<usize> {
        let (key, shards) = (entry.hash_key(), &self.landing.shards);
        let at = shards.partition_point(|(_, range)| range.end < key);
        shards.get(at).filter(|(_, range)| range.contains(key)).map(|_| at)
    }

    fn key(&mut self, text: &str) -> Result<Option<FoundKey>, String> {
        let mut column = None;
        if self.format == BatchFormat::Csv {
            let fields = fields(text)?;
            let Some(columns) = &self.columns else {
                self.columns = Some(self.columns_of(text, &fields));
                return Ok(None);
            };
            if fields.len() != columns.count {
                let named = columns.count;
                return Err(format!("{}, but {named} are named in the first line", counted(fields.len(), "field")));
            }
            column = fields.get(columns.key.clone()?).cloned();
        } else if self.format != BatchFormat::Lines && !matches!(self.rule, Rule::Path(_)) {
            check_json(text)?;
        }
        let (key, at) = match &self.rule {
            Rule::Path(path) => {
                let (key, at) = path.find(text)?;
                (PartitionKey::from(key), Some(at))
            }
            Rule::Column(_) => {
                let at = column.unwrap_or_default();
                (PartitionKey::from(unquoted(text, &at).as_ref()), Some(at))
            }
            Rule::Fixed(key) => (key.clone(), None),
            Rule::Random => (PartitionKey::from(uuid((self.draw)())), None),
            Rule::RoundRobin => (PartitionKey::from((self.sent + 1).to_string()), None),
        };
        Ok(Some((key, at)))
    }
}

impl Interpreter {
    fn columns_of(&self, text: &str, fields: &[Range<usize>]) -> Columns {
        let names: Vec<Cow<'_, str>> = fields.iter().map(|range| unquoted(text, range)).collect();
        let place = |wanted: &String| {
            let at = names.iter().position(|name| name == wanted);
            at.ok_or_else(|| format!("there is no column {wanted}: there are {}", names.join(", ")))
        };
        let key = if let Rule::Column(wanted) = &self.rule { place(wanted) } else { Ok(0) };
        let time = if let Some(TimeRule::Column(wanted)) = &self.time { place(wanted) } else { Ok(0) };
        Columns { count: fields.len(), key, time }
    }

    /// The time of a record whose text is well formed.
    fn time(&self, text: &str) -> Option<Result<Timestamp, String>> {
        let found = match self.time.as_ref()? {
            TimeRule::Path(path) => path.find(text).map(|(time, _)| time),
            TimeRule::Column(_) => fields(text).and_then(|fields| {
                let at = self.columns.as_ref().map_or(Ok(0), |columns| columns.time.clone())?;
                Ok(fields.get(at).map(|range| unquoted(text, range).into_owned()).unwrap_or_default())
            }),
        };
        Some(found.and_then(|time| read_time(&time)))
    }
}

/// A column may be written like a path.
fn column_name(field: &str) -> String {
    field.trim().trim_start_matches('.').to_owned()
}

/// The places of the fields of a CSV row, with their quotes.
fn fields(row: &str) -> Result<Vec<Range<usize>>, String> {
    let mut all = Vec::new();
    let (mut from, mut is_quoted) = (0, false);
    for (at, byte) in row.bytes().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => {
                all.push(from..at);
                from = at + 1;
            }
            _ => {}
        }
    }
    if is_quoted {
        return Err("a quote is never closed".to_owned());
    }
    all.push(from..row.len());
    Ok(all)
}

fn unquoted<'a>(row: &'a str, range: &Range<usize>) -> Cow<'a, str> {
    let field = row.get(range.clone()).unwrap_or_default();
    match field.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => Cow::Owned(inner.replace("\"\"", "\"")),
        None => Cow::Borrowed(field),
    }
}

/// A random UUID (RFC 9562, version 4) of these bits.
fn uuid(bits: u128) -> String {
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let part = |range: Range<usize>| hex.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::hash_range::HashKeyRange;
    use crate::model::ids::ShardId;

    fn interpreter(format: BatchFormat, key: KeyRule) -> Result<Interpreter, String> {
        let shards = HashKeyRange::uniform(4).into_iter().enumerate();
        let shards = shards.map(|(at, range)| (ShardId::from(format!("s{at}")), range)).collect();
        Interpreter::new(format, &key, Landing { shards, max_record_bytes: 100 }, Box::new(|| u128::MAX))
    }

    fn keys(format: BatchFormat, key: KeyRule, lines: &[&[u8]]) -> Vec<Result<String, String>> {
        let mut interpreter = interpreter(format, key).expect("a rule");
        let read = |(at, bytes): (usize, &&[u8])| {
            let read = interpreter.read(Raw { number: at as u64 + 1, bytes, size: bytes.len() });
            read.map(|read| read.map(|read| read.entry.partition_key.to_string())).transpose()
        };
        lines.iter().enumerate().filter_map(read).collect()
    }

    fn field(name: &str) -> KeyRule {
        KeyRule::Field(name.to_owned())
    }

    #[test]
    fn every_bad_line_says_why() {
        let long = format!("{{\"u\":\"{}\"}}", "k".repeat(257));
        let lines: [&[u8]; 7] = [
            b"{\"u\":\"a\"}",
            b"{\"u\":1,}",
            b"{\"v\":1}",
            b"{\"u\":null}",
            b"{\"u\":\"\xff\"}",
            b"{\"u\":\"\"}",
            long.as_bytes(),
        ];
        let seen = keys(BatchFormat::Ndjson, field(".u"), &lines);
        let words = |at: usize| seen[at].clone().expect_err("is wrong");
        assert_eq!(seen[0], Ok("a".to_owned()));
        assert_eq!(words(1), "not JSON: expected a key in quotes, column 8");
        assert_eq!((words(2).as_str(), words(3).as_str()), (".u is missing", ".u is null"));
        assert_eq!((words(4).as_str(), words(5).as_str()), ("not UTF-8 at byte 7", "the key is empty"));
        assert_eq!(words(6), "key is 257 characters, at most 256");
        let large = keys(BatchFormat::Lines, KeyRule::Fixed("k".to_owned()), &[&[b'x'; 100]]);
        assert!(large[0].as_ref().is_err_and(|why| why.contains("the stream takes")), "{large:?}");
    }

    #[test]
    fn ragged_rows_and_unknown_columns_are_named() {
        let rows: [&[u8]; 4] = [b"id,\"the name\"", b"1,\"a \"\"b\"\"\"", b"2", b"3,x,y"];
        let seen = keys(BatchFormat::Csv, field("the name"), &rows);
        assert_eq!(seen[0], Ok("a \"b\"".to_owned()));
        assert_eq!(seen[1], Err("1 field, but 2 are named in the first line".to_owned()));
        assert_eq!(seen[2], Err("3 fields, but 2 are named in the first line".to_owned()));
        let seen = keys(BatchFormat::Csv, field("nobody"), &rows);
        assert_eq!(seen[0], Err("there is no column nobody: there are id, the name".to_owned()));
    }

    #[test]
    fn times_are_found_by_path_and_by_column() {
        let times = |format, field: &str, lines: &[&str]| {
            let interpreter = interpreter(format, KeyRule::Random).expect("a rule");
            let mut interpreter = interpreter.with_times(field).expect("a field");
            let mut read = Vec::new();
            for line in lines {
                let raw = Raw { number: 1, bytes: line.as_bytes(), size: line.len() };
                read.extend(interpreter.read(raw).expect("reads"));
            }
            read.into_iter().filter_map(|read| read.at).collect::<Vec<_>>()
        };
        let at = |millis| Ok(Timestamp(millis));
        let lines = [r#"{"ts":1789483028114}"#, r#"{"ts":"2026-09-15T14:37:08Z"}"#, r#"{"n":1}"#, r#"{"ts":"soon"}"#];
        let wrong = |why: &str| Err(why.to_owned());
        assert_eq!(
            times(BatchFormat::Ndjson, ".ts", &lines),
            [at(1_789_483_028_114), at(1_789_483_028_000), wrong(".ts is missing"), wrong("soon is no time")]
        );
        assert_eq!(times(BatchFormat::Csv, "ts", &["id,ts", "1,17", "2,"]), [at(17_000), wrong(" is no time")]);
        let nowhere = times(BatchFormat::Csv, "when", &["id,ts", "1,17"]);
        assert_eq!(nowhere, [wrong("there is no column when: there are id, ts")]);
        let lines = interpreter(BatchFormat::Lines, KeyRule::Random).expect("a rule");
        assert!(lines.with_times(".ts").is_err_and(|why| why.contains("no times")));
    }

    #[test]
    fn rules_that_cannot_work_are_refused_before_anything_is_read() {
        for (format, key) in [
            (BatchFormat::Lines, field(".u")),
            (BatchFormat::Ndjson, field(" ")),
            (BatchFormat::Ndjson, field("a..b")),
            (BatchFormat::Lines, KeyRule::Fixed(String::new())),
            (BatchFormat::Lines, KeyRule::Fixed("k".repeat(257))),
        ] {
            assert!(interpreter(format, key).is_err());
        }
    }

    #[test]
    fn round_robin_reaches_every_shard_in_turn_and_random_keys_are_uuids() {
        let mut robin = interpreter(BatchFormat::Lines, KeyRule::RoundRobin).expect("a rule");
        let mut shards = Vec::new();
        for number in 1..=8 {
            let read = robin.read(Raw { number, bytes: b"x", size: 1 }).expect("reads").expect("a record");
            shards.push(robin.shard_of(&read.entry));
        }
        assert_eq!(shards, [0, 1, 2, 3, 0, 1, 2, 3].map(Some));
        let seen = keys(BatchFormat::Lines, KeyRule::Random, &[b"x"]);
        assert_eq!(seen, [Ok("ffffffff-ffff-4fff-bfff-ffffffffffff".to_owned())]);
    }
}
