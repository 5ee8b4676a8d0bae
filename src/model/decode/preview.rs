//! The first line of a record: harmless, one line, bounded.

use super::step::Step;
use super::{Decoded, PREVIEW_MAX_CHARS};
use crate::model::{format, json_scan};

/// How many bytes of binary data a preview shows.
const HEX_BYTES: usize = 64;

/// One harmless line of at most [`PREVIEW_MAX_CHARS`] characters.
pub(super) fn preview(decoded: &Decoded, data: &[u8]) -> String {
    const KEPT: usize = PREVIEW_MAX_CHARS - 1;
    match (&decoded.text, decoded.steps.last()) {
        (Some(text), Some(Step::Ndjson)) => format::one_line(&json_scan::compact_many(text, KEPT * 4 + 1, " "), KEPT),
        (Some(text), Some(step)) if step.is_json() => format::one_line(&json_scan::compact(text, KEPT * 4 + 1), KEPT),
        (Some(text), _) => format::one_line(text.trim_start(), KEPT),
        (None, _) => hex(data),
    }
}

/// The first bytes as hexadecimal, `f3 89 9a…`.
fn hex(data: &[u8]) -> String {
    let mut out = String::with_capacity(HEX_BYTES * 3 + 3);
    for (place, byte) in data.iter().take(HEX_BYTES).enumerate() {
        if place > 0 {
            out.push(' ');
        }
        for nibble in [byte >> 4, byte & 15] {
            out.extend(char::from_digit(u32::from(nibble), 16));
        }
    }
    if data.len() > HEX_BYTES {
        out.push('…');
    }
    out
}
