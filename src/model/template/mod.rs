//! Texts with placeholders such as `{{uuid}}` or `{{int 1..8}}`, from which records are made. A seed and the number of a
//! record decide everything that is random in it, so a run can be made again.

pub mod built_in;
mod check;
mod placeholder;
mod render;

use std::ops::Range;

pub use built_in::BUILT_IN;
pub use check::{Look, look};
use placeholder::Placeholder;
pub use render::Roll;
pub(in crate::model) use render::rng as draws;

/// Longest text of a template, in bytes: that of the largest record.
pub const TEMPLATE_MAX_BYTES: usize = 10 * 1_048_576;
/// Most templates of one's own.
pub const OWN_MAX: usize = 100;

/// What stands between `{{` and `}}`, with what it is for; the order in which it is offered.
pub const OFFERED: [(&str, &str); 23] = [
    ("uuid", "a random UUID"),
    ("now_iso", "the time, 2026-09-15T14:37:08.114Z"),
    ("now_ms", "the time in milliseconds since 1970"),
    ("now_s", "the time in seconds since 1970"),
    ("now \"%Y-%m-%d %H:%M:%S\"", "the time in a format of your own"),
    ("partition_key", "the partition key of the record"),
    ("counter", "0, 1, 2, … or from a number on"),
    ("int 1..8", "a whole number, both ends included"),
    ("float 5..900 2", "a number with so many decimals"),
    ("oneof a:3 b:1", "one of several, with weights"),
    ("cycle created paid", "one after the other, under one key"),
    ("bool", "true or false"),
    ("text 16..64", "letters and digits, so many"),
    ("digits 12", "digits, so many"),
    ("hex 16", "hexadecimal digits, so many"),
    ("name", "a person's name"),
    ("first_name", "a first name"),
    ("last_name", "a last name"),
    ("email", "an e-mail address at example.com, .net or .org"),
    ("ip", "an IPv4 address; ipv6 for the other"),
    ("user_agent", "a browser's user agent"),
    ("lat", "a latitude"),
    ("lon", "a longitude"),
];

/// A template of one's own, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OwnTemplate {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Why a text is no template, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct TemplateError {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
}

impl TemplateError {
    /// An error at a byte of a text.
    pub fn at(text: &str, at: usize, what: impl Into<String>) -> Self {
        let before = text.get(..at.min(text.len())).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        Self { line, column, what: what.into() }
    }
}

/// Where the placeholders of a text stand, braces included, whether they mean anything or not.
pub fn places(text: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut from = 0;
    while let Some((start, end)) = next_place(text, from) {
        let Some(end) = end else { break };
        places.push(start..end);
        from = end;
    }
    places
}

/// Where the next placeholder begins, and where it ends if it does.
fn next_place(text: &str, from: usize) -> Option<(usize, Option<usize>)> {
    let start = from + text.get(from..)?.find("{{")?;
    let end = text.get(start..).and_then(|rest| rest.find("}}")).map(|at| start + at + 2);
    Some((start, end))
}

/// A text that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
    chain: usize,
}

#[derive(Clone, Debug, PartialEq)]
struct Part {
    /// Where it stands in the text.
    at: Range<usize>,
    piece: Piece,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    /// What it stands for, and whether it stands inside a JSON string.
    Value(Placeholder, bool),
}

impl Template {
    /// Reads a text.
    ///
    /// # Errors
    /// The first placeholder that means nothing, with its line and column.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.len() > TEMPLATE_MAX_BYTES {
            return Err(TemplateError::at(text, 0, "longer than the largest record"));
        }
        let mut parts = Vec::new();
        let mut strings = Strings { is_json: text.trim_start().starts_with(['{', '[']), ..Strings::default() };
        let (mut from, mut chain) = (0, 1);
        while let Some((start, end)) = next_place(text, from) {
            let end = end.ok_or_else(|| TemplateError::at(text, start, "{{ without }} behind it"))?;
            push_text(&mut parts, text, from..start, &mut strings);
            let inside = text.get(start + 2..end - 2).unwrap_or_default();
            let placeholder =
                Placeholder::parse(inside).map_err(|(at, what)| TemplateError::at(text, start + 2 + at, what))?;
            if let Placeholder::Cycle(values) = &placeholder {
                if chain > 1 && chain != values.len() {
                    let what = format!("this goes in {} steps, another in {chain}", values.len());
                    return Err(TemplateError::at(text, start, what));
                }
                chain = values.len();
            }
            parts.push(Part { at: start..end, piece: Piece::Value(placeholder, strings.is_inside) });
            from = end;
        }
        push_text(&mut parts, text, from..text.len(), &mut strings);
        Ok(Self { parts, chain })
    }

    /// How many records one after the other belong under one key: the steps of its `cycle`, or 1.
    pub fn chain(&self) -> usize {
        self.chain
    }

    /// How many placeholders it has.
    pub fn placeholders(&self) -> usize {
        self.parts.iter().filter(|part| matches!(part.piece, Piece::Value(..))).count()
    }

    /// Whether every value but `rank` is fixed: then the same rank is always the same text.
    pub fn depends_on_rank_alone(&self) -> bool {
        self.parts.iter().all(|part| matches!(part.piece, Piece::Text(_) | Piece::Value(Placeholder::Rank, _)))
    }

    /// Whether `rank` stands in it.
    pub fn has_rank(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.piece, Piece::Value(Placeholder::Rank, _)))
    }

    /// The text with every value in its place.
    pub fn render(&self, roll: &Roll<'_>) -> String {
        self.render_mapped(roll, |_, _| {})
    }

    /// [`Self::render`], telling where in the result each part begins.
    fn render_mapped(&self, roll: &Roll<'_>, mut begins: impl FnMut(usize, &Part)) -> String {
        let mut out = String::new();
        let mut rng = roll.rng();
        for part in &self.parts {
            begins(out.len(), part);
            match &part.piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(placeholder, true) => render::push_escaped(&mut out, &placeholder.value(roll, &mut rng)),
                Piece::Value(placeholder, false) => out.push_str(&placeholder.value(roll, &mut rng)),
            }
        }
        out
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str, at: Range<usize>, strings: &mut Strings) {
    let piece = text.get(at.clone()).unwrap_or_default();
    if !piece.is_empty() {
        strings.pass(piece);
        parts.push(Part { at, piece: Piece::Text(piece.to_owned()) });
    }
}

/// Follows where JSON strings begin and end.
#[derive(Debug, Default)]
struct Strings {
    is_json: bool,
    is_inside: bool,
    is_escaped: bool,
}

impl Strings {
    fn pass(&mut self, text: &str) {
        for byte in text.bytes().filter(|_| self.is_json) {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.is_inside => self.is_escaped = true,
                b'"' => self.is_inside = !self.is_inside,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
