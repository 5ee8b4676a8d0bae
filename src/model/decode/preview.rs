//! The first line of a record: harmless, one line, bounded.

use super::step::Step;
use super::{Decoded, PREVIEW_MAX_CHARS};
use crate::model::{format, json_scan};

/// How many bytes of binary data a preview shows.
const HEX_BYTES: usize = 64;

/// How much of a text is looked at: spaces may come first, and a frame draws many rows.
const LOOKED_AT_BYTES: usize = 8_192;

/// One harmless line of at most [`PREVIEW_MAX_CHARS`] characters.
pub fn preview(decoded: &Decoded, data: &[u8]) -> String {
    match (decoded.text.as_deref().map(head), decoded.steps.last()) {
        (Some(text), Some(Step::Ndjson)) => json(|most| json_scan::compact_many(text, most, " ")),
        (Some(text), Some(step)) if step.is_json() => json(|most| json_scan::compact(text, most)),
        (Some(text), _) => format::one_line(text.trim_start(), KEPT),
        (None, _) => hex(data),
    }
}

/// As much of a text as a preview looks at.
pub fn head(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LOOKED_AT_BYTES)).unwrap_or(text)
}

/// Most characters before the ellipsis.
const KEPT: usize = PREVIEW_MAX_CHARS - 1;

/// One line of JSON; `compact` writes at least so many bytes of it, where there are as many.
fn json(compact: impl Fn(usize) -> String) -> String {
    let line = compact(KEPT + 1);
    // A character may take four bytes; most take one.
    let is_enough = line.len() <= KEPT || line.chars().nth(KEPT).is_some();
    format::one_line(if is_enough { line } else { compact(KEPT * 4 + 1) }.as_str(), KEPT)
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
