//! Colours for JSON as it is written, whole or cut off: a lenient reader that never fails and looks at each byte once.

use std::ops::Range;

use eframe::egui::text::LayoutJob;
use eframe::egui::{Align, Color32, FontId, TextFormat};

use crate::ui::theme::Tokens;

/// What a piece of JSON is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// A key, quotes included.
    Key,
    /// A string, quotes included.
    Text,
    /// A number.
    Number,
    /// `true`, `false`, `null`.
    Literal,
    /// Braces, brackets, commas, colons and space.
    Punctuation,
    /// Anything else.
    Other,
}

impl Ink {
    /// Its colour.
    pub fn color(self, t: &Tokens) -> Color32 {
        match self {
            Self::Key => t.syn_key,
            Self::Text => t.syn_str,
            Self::Number => t.syn_num,
            Self::Literal => t.syn_lit,
            Self::Punctuation => t.syn_punct,
            Self::Other => t.text,
        }
    }
}

/// The pieces of a text in order; together they are the text.
pub fn pieces(text: &str) -> Vec<(Range<usize>, Ink)> {
    let bytes = text.as_bytes();
    let mut out: Vec<(Range<usize>, Ink)> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        let ink = match byte {
            b'"' => {
                at = end_of_string(bytes, at);
                if is_key(bytes, at) { Ink::Key } else { Ink::Text }
            }
            b'-' | b'0'..=b'9' => {
                at = run(bytes, at, |b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
                Ink::Number
            }
            b'a'..=b'z' | b'A'..=b'Z' => {
                at = run(bytes, at, |b| b.is_ascii_alphanumeric());
                match text.get(start..at) {
                    Some("true" | "false" | "null") => Ink::Literal,
                    _ => Ink::Other,
                }
            }
            _ if is_punctuation(*byte) => {
                at = run(bytes, at, is_punctuation);
                Ink::Punctuation
            }
            _ => {
                at = run(bytes, at, |b| !is_punctuation(b) && !b.is_ascii_alphanumeric() && b != b'"' && b != b'-');
                Ink::Other
            }
        };
        match out.last_mut() {
            Some((range, last)) if *last == ink => range.end = at,
            _ => out.push((start..at, ink)),
        }
    }
    out
}

fn is_punctuation(byte: u8) -> bool {
    matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':' | b' ' | b'\n' | b'\r' | b'\t')
}

fn run(bytes: &[u8], from: usize, holds: impl Fn(u8) -> bool) -> usize {
    bytes
        .get(from + 1..)
        .map_or(from + 1, |rest| from + 1 + rest.iter().position(|byte| !holds(*byte)).unwrap_or(rest.len()))
}

/// Behind the closing quote, or the end of the line or text.
fn end_of_string(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            b'\n' => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn is_key(bytes: &[u8], behind: usize) -> bool {
    bytes.get(behind..).is_some_and(|rest| rest.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':'))
}

/// A text in JSON colours, with `marked` ranges on an accent ground.
pub fn json_job(text: &str, font: &FontId, t: &Tokens, marked: &[Range<usize>]) -> LayoutJob {
    inked_job(text, pieces(text), font, t, marked)
}

/// Like [`json_job`], for a part of a text whose pieces are known.
pub fn inked_job(
    text: &str,
    pieces: Vec<(Range<usize>, Ink)>,
    font: &FontId,
    t: &Tokens,
    marked: &[Range<usize>],
) -> LayoutJob {
    colored_job(text, pieces.into_iter().map(|(range, ink)| (range, ink.color(t))), font, t, marked)
}

/// A plain text in one colour, with `marked` ranges on an accent ground.
pub fn plain_job(text: &str, font: &FontId, color: Color32, t: &Tokens, marked: &[Range<usize>]) -> LayoutJob {
    colored_job(text, std::iter::once((0..text.len(), color)), font, t, marked)
}

fn colored_job(
    text: &str,
    pieces: impl Iterator<Item = (Range<usize>, Color32)>,
    font: &FontId,
    t: &Tokens,
    marked: &[Range<usize>],
) -> LayoutJob {
    let mut job = LayoutJob::default();
    let mut marks = marked.iter().peekable();
    for (range, color) in pieces {
        let mut at = range.start;
        while at < range.end {
            while marks.next_if(|mark| mark.end <= at).is_some() {}
            let (end, is_marked) = match marks.peek() {
                Some(mark) if mark.start <= at => (mark.end.min(range.end), true),
                Some(mark) => (mark.start.min(range.end), false),
                None => (range.end, false),
            };
            let format = TextFormat {
                color: if is_marked { t.strong } else { color },
                background: if is_marked { t.accent_fill.gamma_multiply(0.6) } else { Color32::TRANSPARENT },
                valign: Align::Center,
                ..TextFormat::simple(font.clone(), color)
            };
            job.append(text.get(at..end).unwrap_or_default(), 0.0, format);
            at = end;
        }
    }
    job
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_and_values_are_told_apart_even_when_cut_off() {
        let text = r#"{"a" : "b\"c", "n": -1.5e3, "t": true, "cut": "off"#;
        let found: Vec<(&str, Ink)> = pieces(text)
            .into_iter()
            .filter(|(_, ink)| *ink != Ink::Punctuation)
            .map(|(r, ink)| (&text[r], ink))
            .collect();
        assert_eq!(
            found,
            [
                ("\"a\"", Ink::Key),
                (r#""b\"c""#, Ink::Text),
                ("\"n\"", Ink::Key),
                ("-1.5e3", Ink::Number),
                ("\"t\"", Ink::Key),
                ("true", Ink::Literal),
                ("\"cut\"", Ink::Key),
                ("\"off", Ink::Text),
            ]
        );
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_text(text in "[\\PC\n\"\\\\{}:,0-9a-z]{0,60}", from in 0usize..40, len in 0usize..20) {
            let joined: String = pieces(&text).into_iter().map(|(range, _)| text.get(range).expect("whole characters")).collect();
            prop_assert_eq!(&joined, &text);
            let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let marks = match (bounds.get(from), bounds.get(from + len)) {
                (Some(a), Some(b)) => Some(*a..*b),
                _ => None,
            };
            let marks: Vec<Range<usize>> = marks.into_iter().collect();
            let job = json_job(&text, &FontId::monospace(12.0), &crate::ui::theme::tokens::DARK, &marks);
            prop_assert_eq!(job.text, text);
        }
    }
}
