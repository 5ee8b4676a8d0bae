//! What the bytes of a record are. Every step is bounded in size and depth; what cannot be decoded stays as it is, with the error.
//!
//! The chain: a KPL aggregate is taken apart into its user records; gzip and zlib are unpacked; what is left is JSON,
//! UTF-8 text or binary. The outcome is a value in every case: there is no record that cannot be shown.

pub mod aggregate;
mod kpl;
mod unpack;

use std::sync::Arc;

use super::format;
use super::ids::{PartitionKey, ShardId};
use super::json_scan;
use super::record::{RawRecord, Record};

/// Most characters of a preview.
pub const PREVIEW_MAX_CHARS: usize = 240;

/// How many bytes of binary data a preview shows.
const PREVIEW_HEX_BYTES: usize = 64;

/// One step of the decoding chain, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A user record of a KPL aggregate.
    Kpl,
    /// Gzip.
    Gzip,
    /// Zlib.
    Zlib,
    /// JSON text.
    Json,
    /// UTF-8 text.
    Text,
    /// Neither: shown as hexadecimal.
    Binary,
}

impl Step {
    /// As written in output, `"kpl"`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Kpl => "kpl",
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Json => "json",
            Self::Text => "text",
            Self::Binary => "binary",
        }
    }
}

/// The outcome of decoding one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The steps that were taken, outermost first; the last one says what the text is.
    pub steps: Vec<Step>,
    /// The decoded text (JSON or plain); `None` for binary data.
    pub text: Option<String>,
    /// Why decoding stopped early, with the place.
    pub error: Option<String>,
}

impl Decoded {
    /// Whether the text is JSON.
    pub fn is_json(&self) -> bool {
        self.steps.last() == Some(&Step::Json)
    }
}

/// Bounds of decoding. They hold for one Kinesis record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Most bytes that unpacking may yield.
    pub unpacked_max_bytes: usize,
    /// Most times that something packed may be in something packed.
    pub unpack_max_levels: usize,
    /// Deepest nesting of JSON. Common parsers (serde_json: 128) stop about there, and a record is copied into them.
    pub json_max_depth: usize,
    /// Most user records of an aggregate.
    pub aggregate_max_records: usize,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            unpacked_max_bytes: 64 * 1_048_576,
            unpack_max_levels: 4,
            json_max_depth: 120,
            aggregate_max_records: 250_000,
        }
    }
}

/// Decodes a record of a shard: one record, or the user records of an aggregate in their order. Never none.
pub fn decode(raw: RawRecord, shard_id: &ShardId, limits: &DecodeLimits) -> Vec<Record> {
    let mut records = Vec::with_capacity(1);
    decode_each(raw, shard_id, limits, |record| records.push(record));
    records
}

/// Like [`decode`], but hands each record over as soon as it is decoded, so that not all texts of a large aggregate
/// have to be held at once.
pub fn decode_each(raw: RawRecord, shard_id: &ShardId, limits: &DecodeLimits, mut sink: impl FnMut(Record)) {
    let warning = match kpl::split(&raw.data, limits.aggregate_max_records) {
        Ok(Some(users)) => {
            let count = users.len() as u32;
            let mut left = *limits;
            for (place, user) in users.into_iter().enumerate() {
                let decoded = decode_bytes(&user.data, vec![Step::Kpl], &left);
                if decoded.steps.len() > 2 {
                    let unpacked = decoded.text.as_ref().map_or(0, String::len);
                    left.unpacked_max_bytes = left.unpacked_max_bytes.saturating_sub(unpacked);
                }
                sink(record(&raw, shard_id, Some((place as u32, count)), user.partition_key, user.data, decoded));
            }
            return;
        }
        Ok(None) => None,
        Err(warning) => Some(warning),
    };
    let mut decoded = decode_bytes(&raw.data, Vec::new(), limits);
    if warning.is_some() {
        decoded.error = warning;
    }
    let (key, data) = (raw.partition_key.clone(), raw.data.clone());
    sink(record(&raw, shard_id, None, key, data, decoded));
}

fn record(
    raw: &RawRecord,
    shard_id: &ShardId,
    sub_sequence: Option<(u32, u32)>,
    partition_key: PartitionKey,
    data: Vec<u8>,
    decoded: Decoded,
) -> Record {
    let preview = preview(&decoded, &data);
    Record {
        shard_id: shard_id.clone(),
        sequence_number: raw.sequence_number.clone(),
        sub_sequence,
        partition_key,
        approximate_arrival: raw.approximate_arrival,
        data: Arc::from(data),
        decoded,
        preview,
    }
}

/// Decodes the bytes of one record behind the steps that were already taken.
fn decode_bytes(data: &[u8], mut steps: Vec<Step>, limits: &DecodeLimits) -> Decoded {
    let unpacked = unpack::unpack(data, limits);
    steps.extend(&unpacked.steps);
    if let Some(error) = unpacked.error {
        steps.push(Step::Binary);
        return Decoded { steps, text: None, error: Some(error) };
    }
    let Ok(text) = String::from_utf8(unpacked.data.into_owned()) else {
        steps.push(Step::Binary);
        return Decoded { steps, text: None, error: None };
    };
    let error = match json_scan::validate(&text, limits.json_max_depth) {
        Ok(()) => {
            steps.push(Step::Json);
            return Decoded { steps, text: Some(text), error: None };
        }
        Err(error) => error.is_bound.then(|| {
            format!("JSON nested deeper than {} levels at byte {}: shown as text", limits.json_max_depth, error.at)
        }),
    };
    steps.push(Step::Text);
    Decoded { steps, text: Some(text), error }
}

/// One harmless line of at most [`PREVIEW_MAX_CHARS`] characters.
fn preview(decoded: &Decoded, data: &[u8]) -> String {
    const KEPT: usize = PREVIEW_MAX_CHARS - 1;
    match &decoded.text {
        Some(text) if decoded.is_json() => format::one_line(&json_scan::compact(text, KEPT * 4 + 1), KEPT),
        Some(text) => format::one_line(text.trim_start(), KEPT),
        None => hex_preview(data),
    }
}

/// The first bytes as hexadecimal, `f3 89 9a…`.
fn hex_preview(data: &[u8]) -> String {
    let mut out = String::with_capacity(PREVIEW_HEX_BYTES * 3 + 3);
    for (place, byte) in data.iter().take(PREVIEW_HEX_BYTES).enumerate() {
        if place > 0 {
            out.push(' ');
        }
        for nibble in [byte >> 4, byte & 15] {
            out.extend(char::from_digit(u32::from(nibble), 16));
        }
    }
    if data.len() > PREVIEW_HEX_BYTES {
        out.push('…');
    }
    out
}

#[cfg(test)]
pub(crate) use kpl::aggregate as aggregate_for_tests;
#[cfg(test)]
mod tests;
