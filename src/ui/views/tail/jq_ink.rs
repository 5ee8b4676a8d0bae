//! Colours for a jq expression while it is typed: a lenient reader that never fails and looks at each byte once.

use eframe::egui::text::LayoutJob;
use eframe::egui::{Color32, TextFormat};

use crate::ui::theme::{Tokens, fonts};

const WORDS: [&str; 16] = [
    "and", "as", "catch", "def", "elif", "else", "end", "foreach", "if", "label", "not", "or", "reduce", "select",
    "then", "try",
];

/// The expression in colours. Together the pieces are the text.
pub fn job(text: &str, t: &Tokens) -> LayoutJob {
    let mut job = LayoutJob::default();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = length_of(rest, first);
        let (piece, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        job.append(piece, 0.0, TextFormat::simple(fonts::value(), color(piece, first, t)));
        rest = behind;
    }
    job
}

/// Bytes of the piece that begins with this character.
fn length_of(rest: &str, first: char) -> usize {
    let run = |is_in: fn(char) -> bool| {
        rest.char_indices().skip(1).find(|(_, c)| !is_in(*c)).map_or(rest.len(), |(at, _)| at)
    };
    match first {
        '"' => string_length(rest),
        '0'..='9' => run(|c| c.is_ascii_alphanumeric() || c == '.'),
        'a'..='z' | 'A'..='Z' | '_' | '$' | '@' => run(|c| c.is_ascii_alphanumeric() || c == '_'),
        '.' => run(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.'),
        _ => first.len_utf8(),
    }
}

/// Behind the closing quote, or the end.
fn string_length(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn color(piece: &str, first: char, t: &Tokens) -> Color32 {
    match first {
        '"' => t.syn_str,
        '0'..='9' => t.syn_num,
        '$' | '@' => t.syn_key,
        '.' => t.strong,
        _ if matches!(piece, "true" | "false" | "null") || WORDS.contains(&piece) => t.syn_lit,
        _ if first.is_ascii_alphabetic() => t.text,
        _ => t.syn_punct,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::theme::tokens::DARK;

    #[test]
    fn words_strings_numbers_and_paths_are_told_apart() {
        let job = job(r#".event == "a\"b" or $key > 200"#, &DARK);
        let pieces: Vec<(&str, Color32)> = job
            .sections
            .iter()
            .map(|section| (&job.text[section.byte_range.start.0..section.byte_range.end.0], section.format.color))
            .filter(|(text, _)| *text != " ")
            .collect();
        assert_eq!(pieces[0], (".event", DARK.strong));
        assert_eq!(pieces[2], (r#""a\"b""#, DARK.syn_str));
        assert_eq!(pieces[3], ("or", DARK.syn_lit));
        assert_eq!(pieces[4], ("$key", DARK.syn_key));
        assert_eq!(pieces[6], ("200", DARK.syn_num));
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_text(text in "[\\PC\"\\\\.$0-9a-z =]{0,40}") {
            prop_assert_eq!(job(&text, &DARK).text, text);
        }
    }
}
