//! What the bytes of a record are. Every step is bounded in size and depth; what cannot be decoded stays as it is, with the error.
//!
//! The chain: a KPL aggregate is taken apart into its user records; registry headers and packings are taken off; what is
//! left is JSON, text, or bytes. The outcome is a value in every case: there is no record that cannot be shown.
//!
//! [`Step`] names what there is. What has no mark of its own (base64, raw Snappy, the Confluent header) counts only where
//! what is behind it decodes further; MessagePack and CBOR only where they fill the whole data.

pub mod aggregate;
mod binary;
mod chain;
mod envelope;
mod headers;
mod kpl;
mod preview;
mod step;
mod unpack;

use std::borrow::Cow;
use std::sync::Arc;

use super::ids::{PartitionKey, ShardId};
use super::json_scan;
use super::record::{RawRecord, Record};

pub use kpl::pack as kpl_pack;
pub use preview::{head, preview};
pub use step::{DecodeAs, Step};

/// Most characters of a preview.
pub const PREVIEW_MAX_CHARS: usize = 240;

/// The outcome of decoding one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The steps that were taken, outermost first; the last one says what the text is.
    pub steps: Vec<Step>,
    /// The decoded text (JSON or plain); `None` for binary data.
    pub text: Option<Arc<str>>,
    /// Why decoding stopped early, with the place.
    pub error: Option<String>,
    /// More about the chain, where there is more to say than that the data is text or bytes.
    pub details: Option<Box<Details>>,
}

/// What else is known of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Bytes behind each step, from the first behind an aggregate on; the last is that of the text, where there is one.
    pub sizes: Vec<usize>,
    /// The schema that a registry header names.
    pub schema: Option<String>,
    /// Where decoding stopped: a place in `failed_bytes`, or in the data of the record.
    pub failed_at: Option<usize>,
    /// What decoding stopped at, where something had been unpacked before; bounded.
    pub failed_bytes: Option<Vec<u8>>,
}

impl Decoded {
    /// Whether the text is one JSON value.
    pub fn is_json(&self) -> bool {
        self.steps.last().is_some_and(|step| step.is_json())
    }

    /// Whether the text is several JSON values.
    pub fn is_ndjson(&self) -> bool {
        self.steps.last() == Some(&Step::Ndjson)
    }

    /// Whether the text is written anew, not what was sent.
    pub fn is_rewritten(&self) -> bool {
        self.steps.last().is_some_and(|step| step.rewrites())
    }

    /// The record as one JSON value: its text, or an array of its values.
    pub fn json(&self) -> Option<Cow<'_, str>> {
        let text = self.text.as_deref()?;
        match self.steps.last() {
            Some(Step::Ndjson) => Some(Cow::Owned(format!("[{}]", json_scan::compact_many(text, usize::MAX, ",")))),
            Some(step) if step.is_json() => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }
}

/// Bounds of decoding, and what to take the bytes for. They hold for one Kinesis record.
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
    /// Most bytes that are kept of what could not be unpacked further.
    pub failed_bytes_max: usize,
    /// What the bytes are taken for.
    pub decode_as: DecodeAs,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            unpacked_max_bytes: 64 * 1_048_576,
            unpack_max_levels: 4,
            json_max_depth: 120,
            aggregate_max_records: 250_000,
            failed_bytes_max: 65_536,
            decode_as: DecodeAs::Auto,
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
pub fn decode_each(mut raw: RawRecord, shard_id: &ShardId, limits: &DecodeLimits, mut sink: impl FnMut(Record)) {
    let split = match limits.decode_as {
        DecodeAs::Hex => Ok(None),
        _ => kpl::split(&raw.data, limits.aggregate_max_records),
    };
    let warning = match split {
        Ok(Some(users)) => {
            let count = users.len() as u32;
            let mut left = *limits;
            for (place, user) in users.into_iter().enumerate() {
                let decoded = chain::run(&user.data, vec![Step::Kpl], &left);
                if let Some(details) = &decoded.details {
                    let unpacked = details.sizes.iter().rev().skip(1).sum();
                    left.unpacked_max_bytes = left.unpacked_max_bytes.saturating_sub(unpacked);
                }
                sink(record(&raw, shard_id, Some((place as u32, count)), user.partition_key, user.data, decoded));
            }
            return;
        }
        Ok(None) => None,
        Err(warning) => Some(warning),
    };
    let mut decoded = chain::run(&raw.data, Vec::new(), limits);
    if warning.is_some() {
        decoded.error = warning;
    }
    let (key, data) = (raw.partition_key.clone(), std::mem::take(&mut raw.data));
    sink(record(&raw, shard_id, None, key, data, decoded));
}

/// The record taken for something else. One record stays one: an aggregate that was read as bytes is not taken apart, and
/// says so.
pub fn decode_again(record: &Record, limits: &DecodeLimits) -> Record {
    let is_user_record = record.sub_sequence.is_some();
    let steps = if is_user_record { vec![Step::Kpl] } else { Vec::new() };
    let mut decoded = chain::run(&record.data, steps, limits);
    if !is_user_record && limits.decode_as != DecodeAs::Hex {
        match kpl::split(&record.data, limits.aggregate_max_records) {
            Ok(Some(users)) => {
                let count = super::format::counted(users.len(), "record");
                decoded.error = Some(format!("KPL aggregate of {count}, read as bytes: start again to take it apart"));
            }
            Ok(None) => {}
            Err(warning) => decoded.error = Some(warning),
        }
    }
    let data = shared(&decoded, &record.data).unwrap_or_else(|| record.data.clone());
    Record { decoded, data, ..record.clone() }
}

fn record(
    raw: &RawRecord,
    shard_id: &ShardId,
    sub_sequence: Option<(u32, u32)>,
    partition_key: PartitionKey,
    data: Vec<u8>,
    decoded: Decoded,
) -> Record {
    Record {
        shard_id: shard_id.clone(),
        sequence_number: raw.sequence_number.clone(),
        sub_sequence,
        partition_key,
        approximate_arrival: raw.approximate_arrival,
        data: shared(&decoded, &data).unwrap_or_else(|| Arc::from(data)),
        decoded,
    }
}

/// The memory of the text, where it is the data as it is: a record of JSON is kept once, not twice.
fn shared(decoded: &Decoded, data: &[u8]) -> Option<Arc<[u8]>> {
    decoded.text.as_ref().filter(|text| text.as_bytes() == data).map(|text| Arc::from(text.clone()))
}

#[cfg(test)]
mod chain_tests;
#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
pub(crate) use kpl::aggregate as aggregate_for_tests;
#[cfg(test)]
mod tests;
