//! Takes an answer of `GetRecords` apart while it comes: each record as soon as its last byte is there, so that an answer of
//! 10 MiB is never held as a whole. Knows the JSON of that answer, and nothing of how it is fetched.
//!
//! The SDK would hold the whole body, copy it into one piece, and read every record byte by byte into texts of its own before
//! its data is decoded: half of what reading a stream costs. What the text means is what the SDK reads in it; a value of
//! `null` counts as left out.

use std::borrow::Cow;
use std::fmt;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64_simd::STANDARD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::records::{ChildShard, RecordsPage};
use super::time::timestamp;
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::ids::{PartitionKey, SequenceNumber, ShardId};
use crate::model::record::RawRecord;
use crate::model::time::Timestamp;

/// What comes at least before another look at something that was not complete.
const LEAST_MORE_BYTES: usize = 4_096;

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the answer cannot be read: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// Why reading stopped.
enum Stop {
    /// The rest is still to come.
    More,
    Malformed(Malformed),
}

fn malformed<T>(what: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Malformed(Malformed(what.into())))
}

/// Where the next piece begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Start,
    /// At a member of the answer, or at its end.
    Member {
        is_first: bool,
    },
    /// At a record, or at the end of the records.
    Record {
        is_first: bool,
    },
    End,
}

/// An answer that is being read.
#[derive(Debug, Default)]
pub(super) struct PageReader {
    page: RecordsPage,
    place: Place,
    /// What was not complete when it was looked at, and what came since.
    pending: Vec<u8>,
    /// How long that has to be before it is looked at again.
    try_at: usize,
}

impl PageReader {
    /// Takes what came next.
    ///
    /// # Errors
    /// Where it is no answer of `GetRecords`.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Result<(), Malformed> {
        let mut pending = std::mem::take(&mut self.pending);
        while !pending.is_empty() && !bytes.is_empty() {
            let before = pending.len();
            let (more, rest) = bytes.split_at(bytes.len().min(self.try_at.saturating_sub(before)));
            pending.extend_from_slice(more);
            if pending.len() < self.try_at {
                self.pending = pending;
                return Ok(());
            }
            let read = self.read(&pending)?;
            if let Some(read) = read.checked_sub(before) {
                // What was pending is complete: the next piece begins in what came, which need not be copied.
                bytes = bytes.get(read..).unwrap_or_default();
                pending.clear();
            } else {
                bytes = rest;
                pending.drain(..read);
                self.try_at = next_try(pending.len());
            }
        }
        if pending.is_empty() {
            let read = self.read(bytes)?;
            pending.extend_from_slice(bytes.get(read..).unwrap_or_default());
            self.try_at = next_try(pending.len());
        }
        self.pending = pending;
        Ok(())
    }

    /// The answer, when everything has come.
    ///
    /// # Errors
    /// Where it is no answer of `GetRecords`, or not all of one.
    pub(super) fn finish(mut self) -> Result<RecordsPage, Malformed> {
        let pending = std::mem::take(&mut self.pending);
        self.read(&pending)?;
        match self.place {
            Place::End => Ok(self.page),
            _ => Err(Malformed("it ends in its middle".to_owned())),
        }
    }

    /// Reads all pieces that are complete; how many bytes they take.
    fn read(&mut self, bytes: &[u8]) -> Result<usize, Malformed> {
        let mut cursor = Cursor { bytes, at: 0 };
        loop {
            let begin = cursor.at;
            match self.step(&mut cursor) {
                Ok(()) => {}
                Err(Stop::More) => return Ok(begin),
                Err(Stop::Malformed(malformed)) => return Err(malformed),
            }
        }
    }

    /// Reads one piece.
    fn step(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Stop> {
        match self.place {
            Place::Start => {
                cursor.expect(b'{')?;
                self.place = Place::Member { is_first: true };
            }
            Place::Member { is_first } => {
                if !cursor.has_next(is_first, b'}')? {
                    self.place = Place::End;
                    return Ok(());
                }
                let name = cursor.name()?;
                self.member(&name, cursor)?;
            }
            Place::Record { is_first } => {
                if cursor.has_next(is_first, b']')? {
                    self.page.records.push(record(cursor)?);
                    self.place = Place::Record { is_first: false };
                } else {
                    self.place = Place::Member { is_first: false };
                }
            }
            Place::End => {
                cursor.next()?;
                return malformed("more comes behind its end");
            }
        }
        Ok(())
    }

    fn member(&mut self, name: &str, cursor: &mut Cursor<'_>) -> Result<(), Stop> {
        let mut place = Place::Member { is_first: false };
        match (name, cursor.next()?) {
            ("Records", b'[') => {
                cursor.at += 1;
                self.page.records.clear();
                place = Place::Record { is_first: true };
            }
            ("Records", b'n') => _ = cursor.value::<Option<IgnoredAny>>()?,
            ("Records", _) => return malformed("its records are no list"),
            ("NextShardIterator", _) => {
                let iterator: Option<String> = cursor.value()?;
                self.page.next_iterator = iterator.filter(|iterator| !iterator.is_empty());
            }
            ("MillisBehindLatest", _) => self.page.millis_behind_latest = cursor.value()?,
            ("ChildShards", _) => {
                let children: Option<Vec<Child>> = cursor.value()?;
                self.page.child_shards = children.unwrap_or_default().into_iter().map(ChildShard::from).collect();
            }
            _ => _ = cursor.value::<IgnoredAny>()?,
        }
        self.place = place;
        Ok(())
    }
}

/// When to look again at something of which so many bytes have come: with as much again, so that a record of 10 MiB is
/// looked through a few times, not with every piece of it.
fn next_try(bytes: usize) -> usize {
    bytes + bytes.max(LEAST_MORE_BYTES)
}

/// One record. What is left out is empty.
fn record(cursor: &mut Cursor<'_>) -> Result<RawRecord, Stop> {
    cursor.expect(b'{')?;
    let (mut number, mut key, mut arrival, mut data) = (None, None, None, None);
    let mut is_first = true;
    while cursor.has_next(is_first, b'}')? {
        is_first = false;
        let name = cursor.name()?;
        match (&*name, cursor.next()?) {
            (_, b'n') => _ = cursor.value::<IgnoredAny>()?,
            ("Data", _) => data = Some(cursor.data()?),
            ("SequenceNumber", _) => number = Some(SequenceNumber::from(&*cursor.text()?)),
            ("PartitionKey", _) => key = Some(PartitionKey::from(&*cursor.text()?)),
            ("ApproximateArrivalTimestamp", _) => arrival = cursor.moment()?,
            _ => _ = cursor.value::<IgnoredAny>()?,
        }
    }
    Ok(RawRecord {
        sequence_number: number.unwrap_or_else(|| SequenceNumber::from("")),
        partition_key: key.unwrap_or_else(|| PartitionKey::from("")),
        approximate_arrival: arrival,
        data: data.unwrap_or_default(),
    })
}

/// `ChildShard` of the API.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Child {
    shard_id: Option<ShardId>,
    parent_shards: Option<Vec<ShardId>>,
    hash_key_range: Option<Range>,
}

/// `HashKeyRange` of the API.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Range {
    starting_hash_key: Option<String>,
    ending_hash_key: Option<String>,
}

impl From<Child> for ChildShard {
    fn from(child: Child) -> Self {
        let key = |key: Option<String>| HashKey::parse(&key.unwrap_or_default()).ok();
        let range = child.hash_key_range;
        Self {
            id: child.shard_id.unwrap_or_else(|| ShardId::from("")),
            parents: child.parent_shards.unwrap_or_default(),
            range: range
                .and_then(|range| HashKeyRange::new(key(range.starting_hash_key)?, key(range.ending_hash_key)?)),
        }
    }
}

/// A place in what has come.
struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Cursor<'b> {
    fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next byte that is no white space; the cursor stands at it.
    fn next(&mut self) -> Result<u8, Stop> {
        loop {
            match self.bytes.get(self.at) {
                None => return Err(Stop::More),
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return Ok(*byte),
            }
        }
    }

    /// Behind this byte.
    fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        match self.next()? {
            found if found == byte => {
                self.at += 1;
                Ok(())
            }
            found => malformed(format!("{:?} stands where {:?} should", char::from(found), char::from(byte))),
        }
    }

    /// Whether an object or a list goes on: behind the comma, or behind the end of it.
    fn has_next(&mut self, is_first: bool, end: u8) -> Result<bool, Stop> {
        if self.next()? == end {
            self.at += 1;
            return Ok(false);
        }
        if !is_first {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// The name of a member, up to behind the colon.
    fn name(&mut self) -> Result<Cow<'b, str>, Stop> {
        let name = self.text()?;
        self.expect(b':')?;
        Ok(name)
    }

    /// A string with its quotes, and whether something in it is escaped.
    fn string(&mut self) -> Result<(&'b [u8], bool), Stop> {
        self.expect(b'"')?;
        let begin = self.at - 1;
        let mut has_escapes = false;
        loop {
            self.at += memchr::memchr2(b'"', b'\\', self.rest()).ok_or(Stop::More)?;
            if self.bytes.get(self.at) == Some(&b'"') {
                self.at += 1;
                return Ok((self.bytes.get(begin..self.at).unwrap_or_default(), has_escapes));
            }
            has_escapes = true;
            self.at += 2;
        }
    }

    fn text(&mut self) -> Result<Cow<'b, str>, Stop> {
        match self.string()? {
            ([b'"', text @ .., b'"'], false) => {
                std::str::from_utf8(text).map(Cow::Borrowed).or_else(|error| malformed(error.to_string()))
            }
            (quoted, _) => serde_json::from_slice(quoted).map(Cow::Owned).or_else(|error| malformed(error.to_string())),
        }
    }

    fn data(&mut self) -> Result<Vec<u8>, Stop> {
        let decoded = match self.string()? {
            ([b'"', base64 @ .., b'"'], false) => STANDARD.decode_to_vec(base64),
            (quoted, _) => {
                let base64: String = serde_json::from_slice(quoted).or_else(|error| malformed(error.to_string()))?;
                STANDARD.decode_to_vec(base64)
            }
        };
        decoded.or_else(|_| malformed("the data of a record is no base64"))
    }

    /// Seconds since the epoch, or a text of RFC 3339.
    fn moment(&mut self) -> Result<Option<Timestamp>, Stop> {
        let moment = if self.next()? == b'"' {
            DateTime::from_str(&self.text()?, Format::DateTimeWithOffset).ok()
        } else {
            let is_of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
            let length = self.rest().iter().position(|byte| !is_of_number(byte)).ok_or(Stop::More)?;
            let number = self.rest().get(..length).and_then(|number| std::str::from_utf8(number).ok());
            self.at += length;
            number
                .and_then(|number| number.parse().ok())
                .filter(|seconds: &f64| seconds.is_finite())
                .map(DateTime::from_secs_f64)
        };
        match moment {
            Some(moment) => Ok(timestamp(&moment)),
            None => malformed("the arrival of a record is no moment"),
        }
    }

    /// Any other value.
    fn value<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Stop> {
        let mut values = serde_json::Deserializer::from_slice(self.rest()).into_iter();
        match values.next() {
            Some(Ok(value)) => {
                self.at += values.byte_offset();
                // A number may go on in what comes next.
                if self.at == self.bytes.len() { Err(Stop::More) } else { Ok(value) }
            }
            None => Err(Stop::More),
            Some(Err(error)) if error.is_eof() => Err(Stop::More),
            Some(Err(error)) => malformed(error.to_string()),
        }
    }
}
