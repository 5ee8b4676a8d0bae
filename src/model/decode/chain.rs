//! The chain itself: bytes are taken for what they are, unpacked, and looked at again, until they are text or stay bytes.
//!
//! The order is that of certainty: marks first (registry headers, packings, containers), then JSON, then what has no mark
//! and must fit from its first byte to its last (Confluent, base64, raw Snappy, CBOR, MessagePack), then text.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

use super::step::{DecodeAs, Step};
use super::{DecodeLimits, Decoded, Details, binary, envelope, headers, unpack};
use crate::model::format::grouped;
use crate::model::json_scan;

/// Shorter text is not taken for base64: words would be.
const BASE64_MIN_CHARS: usize = 16;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Decodes bytes behind the steps that were already taken.
pub(super) fn run(data: &[u8], steps: Vec<Step>, limits: &DecodeLimits) -> Decoded {
    let mut chain =
        Chain { steps, sizes: Vec::new(), schema: None, left: limits.unpacked_max_bytes, levels: 0, limits };
    match limits.decode_as {
        DecodeAs::Hex => chain.end(Step::Binary, None, None),
        _ => chain.walk(Cow::Borrowed(data)),
    }
}

struct Chain<'l> {
    steps: Vec<Step>,
    /// Bytes behind each step since the chain began.
    sizes: Vec<usize>,
    schema: Option<String>,
    left: usize,
    levels: usize,
    limits: &'l DecodeLimits,
}

/// Why the chain stopped, where, and the bytes it stopped at where they are not those of the record.
struct Stop<'d> {
    text: String,
    at: usize,
    bytes: Option<Cow<'d, [u8]>>,
}

impl Chain<'_> {
    fn walk(&mut self, mut data: Cow<'_, [u8]>) -> Decoded {
        let mut is_inner = false;
        loop {
            if let Some(inner) = self.glue(&data) {
                (data, is_inner) = (Cow::Owned(inner), true);
            }
            let Some(step) = unpack::packing(&data) else { return self.unpacked(data, is_inner) };
            let outcome = if self.levels >= self.limits.unpack_max_levels {
                let most = self.limits.unpack_max_levels;
                let text = format!("{}: packed more than {most} times, not unpacked further", step.label());
                Err(unpack::Failure { text, at: 0 })
            } else {
                unpack::unpack(step, &data, self.left, self.limits.unpacked_max_bytes)
            };
            match outcome {
                Ok(inner) => {
                    self.note(step, inner.len());
                    (data, is_inner) = (Cow::Owned(inner), true);
                }
                // Two bytes are a weak mark: text may begin with `x^`. What does not unpack to its checksum was not zlib.
                Err(_) if step == Step::Zlib => return self.unpacked(data, is_inner),
                Err(failure) => {
                    let bytes = is_inner.then_some(data);
                    return self.stop(Stop { text: failure.text, at: failure.at, bytes });
                }
            }
        }
    }

    fn note(&mut self, step: Step, size: usize) {
        self.left = self.left.saturating_sub(size);
        self.levels += 1;
        self.steps.push(step);
        self.sizes.push(size);
    }

    /// Takes a Glue header off, and the zlib behind it. A header whose payload does not unpack is none.
    fn glue(&mut self, data: &[u8]) -> Option<Vec<u8>> {
        let glue = headers::glue(data).filter(|_| self.levels < self.limits.unpack_max_levels)?;
        let inner = match glue.is_zlib {
            true => unpack::unpack(Step::Zlib, glue.payload, self.left, self.limits.unpacked_max_bytes).ok()?,
            false => glue.payload.to_vec(),
        };
        self.schema = Some(format!("schema version {}", glue.schema));
        self.note(Step::Glue, glue.payload.len());
        if glue.is_zlib {
            self.note(Step::Zlib, inner.len());
        }
        Some(inner)
    }

    /// What the bytes are that nothing more can be taken off of by its mark.
    fn unpacked(&mut self, data: Cow<'_, [u8]>, is_inner: bool) -> Decoded {
        match self.limits.decode_as {
            DecodeAs::Auto => {}
            forced => return self.forced(forced, data, is_inner),
        }
        if let Some(step) = unpack::container(&data) {
            self.steps.push(step);
            self.sizes.push(data.len());
            return self.end(Step::Binary, None, None);
        }
        match std::str::from_utf8(&data) {
            Ok(text) => self.text(text),
            Err(_) => self.bytes(data),
        }
    }

    fn text(&mut self, text: &str) -> Decoded {
        let depth = self.limits.json_max_depth;
        let error = match json_scan::validate(text, depth) {
            Ok(()) => return self.json(text),
            Err(error) => error,
        };
        if text.trim_start().starts_with(['{', '[']) && matches!(json_scan::count_values(text, depth), Ok(2..)) {
            return self.end(Step::Ndjson, Some(text), None);
        }
        if error.is_bound {
            let text_error = format!("JSON: nested deeper than {depth} levels at byte {}, shown as text", error.at);
            return self.end(Step::Text, Some(text), Some(Stop { text: text_error, at: error.at, bytes: None }));
        }
        if let Some(found) = self.hidden(text.as_bytes()) {
            return found;
        }
        self.end(Step::Text, Some(text), None)
    }

    fn json(&mut self, text: &str) -> Decoded {
        if !text.trim_start().starts_with('{') {
            return self.end(Step::Json, Some(text), None);
        }
        match envelope::recognise(text) {
            None => self.end(Step::Json, Some(text), None),
            Some((step, plain)) => {
                self.steps.push(Step::Json);
                self.sizes.push(text.len());
                self.end(step, Some(plain.as_deref().unwrap_or(text)), None)
            }
        }
    }

    /// What has no mark of its own, and may be text by chance: taken only where what is behind it decodes further.
    fn hidden(&mut self, data: &[u8]) -> Option<Decoded> {
        if self.levels >= self.limits.unpack_max_levels {
            return None;
        }
        if let Some((id, payload)) = headers::confluent(data) {
            let schema = format!("schema {id}");
            return self.inside(Step::Confluent, payload.to_vec(), Some(schema));
        }
        if let Some(inner) = base64_inside(data, self.left) {
            return self.inside(Step::Base64, inner, None);
        }
        let inner = unpack::snappy_raw(data, self.left)?;
        self.inside(Step::SnappyRaw, inner, None)
    }

    /// The chain behind a step without a mark, where it leads to more than text or bytes.
    fn inside(&mut self, step: Step, inner: Vec<u8>, schema: Option<String>) -> Option<Decoded> {
        let mut chain = Chain {
            steps: self.steps.clone(),
            sizes: self.sizes.clone(),
            schema: schema.or_else(|| self.schema.clone()),
            ..*self
        };
        chain.note(step, inner.len());
        let taken = chain.steps.len();
        let decoded = chain.walk(Cow::Owned(inner));
        let behind = decoded.steps.get(taken..).unwrap_or_default();
        let leads_on = !matches!(behind, [] | [Step::Text | Step::Binary]) && decoded.error.is_none();
        let is_plain_text = step == Step::SnappyRaw
            && behind == [Step::Text]
            && decoded.text.as_deref().is_some_and(|text| !text.contains(is_odd));
        (leads_on || is_plain_text).then_some(decoded)
    }

    fn bytes(&mut self, data: Cow<'_, [u8]>) -> Decoded {
        if let Some(found) = self.hidden(&data) {
            return found;
        }
        let depth = self.limits.json_max_depth;
        let pack = || binary::message_pack(&data, depth, false).ok().map(|text| (Step::MessagePack, text));
        let cbor = || binary::cbor(&data, depth, false).ok().map(|text| (Step::Cbor, text));
        // The first bytes of maps differ between the two; where they do not, MessagePack is the likelier one. Behind the
        // header of a registry stands what its schema says, and that is neither.
        let found = if self.schema.is_none() { pack().or_else(cbor) } else { None };
        match found {
            Some((step, text)) => self.end(step, Some(&text), None),
            None => {
                if let (Some((id, _)), None) = (headers::confluent(&data), &self.schema) {
                    self.schema = Some(format!("schema {id}, if it is one"));
                    self.steps.push(Step::Confluent);
                    self.sizes.push(data.len());
                }
                self.end(Step::Binary, None, None)
            }
        }
    }

    /// What the person says it is.
    fn forced(&mut self, forced: DecodeAs, data: Cow<'_, [u8]>, is_inner: bool) -> Decoded {
        let depth = self.limits.json_max_depth;
        let outcome = match forced {
            DecodeAs::MessagePack => binary::message_pack(&data, depth, true).map(|text| (Step::MessagePack, text)),
            DecodeAs::Cbor => binary::cbor(&data, depth, true).map(|text| (Step::Cbor, text)),
            _ => {
                let name = if forced == DecodeAs::Json { "JSON" } else { "text" };
                return match std::str::from_utf8(&data) {
                    Ok(text) if forced == DecodeAs::Json => self.forced_json(text),
                    Ok(text) => self.end(Step::Text, Some(text), None),
                    Err(error) => {
                        let at = error.valid_up_to();
                        let text = format!("{name}: invalid UTF-8 at byte {}", grouped(at as i64));
                        let shown = (forced == DecodeAs::Text).then(|| String::from_utf8_lossy(&data).into_owned());
                        let step = if shown.is_some() { Step::Text } else { Step::Binary };
                        self.end(step, shown.as_deref(), Some(Stop { text, at, bytes: is_inner.then_some(data) }))
                    }
                };
            }
        };
        match outcome {
            Ok((step, text)) => self.end(step, Some(&text), None),
            Err((what, at)) => {
                let text = format!("{}: {what} at byte {}", forced.label(), grouped(at as i64));
                self.stop(Stop { text, at, bytes: is_inner.then_some(data) })
            }
        }
    }

    fn forced_json(&mut self, text: &str) -> Decoded {
        let depth = self.limits.json_max_depth;
        match json_scan::count_values(text, depth) {
            Ok(1) => self.json(text),
            Ok(_) => self.end(Step::Ndjson, Some(text), None),
            Err(error) => {
                let stop = Stop { text: format!("JSON: {error}"), at: error.at, bytes: None };
                self.end(Step::Text, Some(text), Some(stop))
            }
        }
    }

    fn stop(&mut self, stop: Stop<'_>) -> Decoded {
        self.end(Step::Binary, None, Some(stop))
    }

    fn end(&mut self, step: Step, text: Option<&str>, stop: Option<Stop<'_>>) -> Decoded {
        let mut steps = std::mem::take(&mut self.steps);
        let mut sizes = std::mem::take(&mut self.sizes);
        let is_plain = sizes.is_empty() && stop.is_none() && self.schema.is_none();
        let details = (!is_plain).then(|| {
            sizes.extend(text.map(str::len));
            let failed_at = stop.as_ref().map(|stop| stop.at);
            let failed_bytes = stop.as_ref().and_then(|stop| stop.bytes.as_ref()).map(|bytes| {
                let end = bytes.len().min(self.limits.failed_bytes_max);
                bytes.get(..end).unwrap_or_default().to_vec()
            });
            Box::new(Details { sizes, schema: self.schema.take(), failed_at, failed_bytes })
        });
        steps.push(step);
        Decoded { steps, text: text.map(Arc::from), error: stop.map(|stop| stop.text), details }
    }
}

/// What is in the data where it is base64 from its first character to its last, line ends aside.
fn base64_inside(data: &[u8], cap: usize) -> Option<Vec<u8>> {
    let trimmed = data.trim_ascii();
    if trimmed.len() < BASE64_MIN_CHARS || trimmed.len() / 4 * 3 > cap {
        return None;
    }
    let is_standard = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let is_url = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let text: Cow<'_, [u8]> = match trimmed.iter().any(is_break) {
        true => Cow::Owned(trimmed.iter().copied().filter(|byte| !is_break(byte)).collect()),
        false => Cow::Borrowed(trimmed),
    };
    if text.iter().all(is_standard) {
        BASE64.decode(&*text).ok()
    } else if text.iter().all(is_url) {
        BASE64_URL.decode(&*text).ok()
    } else {
        None
    }
}

fn is_odd(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\r' | '\t')
}
