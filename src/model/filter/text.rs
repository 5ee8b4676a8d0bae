//! Search for text whatever its case, fast enough for a whole buffer at every keystroke.

use std::ops::Range;

use memchr::{memchr_iter, memchr2_iter};

/// Text that must occur.
#[derive(Clone, Debug)]
pub struct TextFilter {
    source: String,
    /// Lower-case characters of the needle.
    folded: Vec<char>,
    /// For an ASCII needle: the place of the byte that is looked for first.
    anchor: Option<usize>,
}

impl TextFilter {
    /// A filter for this text.
    pub fn new(needle: &str) -> Self {
        let anchor = needle
            .is_ascii()
            .then(|| needle.bytes().enumerate().min_by_key(|(_, byte)| commonness(*byte)).map(|(at, _)| at))
            .flatten();
        Self { source: needle.to_owned(), folded: needle.chars().flat_map(char::to_lowercase).collect(), anchor }
    }

    /// The text as it was given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the text occurs; empty text occurs everywhere.
    pub fn is_in(&self, haystack: &str) -> bool {
        self.source.is_empty() || self.find(haystack, 0).is_some()
    }

    /// Where the text occurs, in bytes, from left to right, without overlap; none for empty text.
    pub fn ranges_in(&self, haystack: &str) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let mut from = 0;
        while let Some(range) = self.find(haystack, from) {
            from = range.end;
            ranges.push(range);
        }
        ranges
    }

    fn find(&self, haystack: &str, from: usize) -> Option<Range<usize>> {
        match self.anchor {
            Some(anchor) => self.find_ascii(haystack.as_bytes(), from, anchor),
            None => self.find_folded(haystack, from),
        }
    }

    /// Looks for the rarest byte of the needle, then at what stands around it. An ASCII match never cuts a character in
    /// two, since every byte of a longer character is beyond ASCII.
    fn find_ascii(&self, haystack: &[u8], from: usize, anchor: usize) -> Option<Range<usize>> {
        let needle = self.source.as_bytes();
        let first = *needle.get(anchor)?;
        let searched = haystack.get(from + anchor..)?;
        let fits = |at: usize| {
            let range = from + at..from + at + needle.len();
            haystack.get(range.clone()).is_some_and(|found| found.eq_ignore_ascii_case(needle)).then_some(range)
        };
        if first.is_ascii_alphabetic() {
            memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), searched).find_map(fits)
        } else {
            memchr_iter(first, searched).find_map(fits)
        }
    }

    fn find_folded(&self, haystack: &str, from: usize) -> Option<Range<usize>> {
        let tail = haystack.get(from..)?;
        tail.char_indices().find_map(|(at, _)| {
            let length = self.folded_prefix(tail.get(at..)?)?;
            Some(from + at..from + at + length)
        })
    }

    /// Length in bytes of the start of `text` that equals the needle once folded.
    fn folded_prefix(&self, text: &str) -> Option<usize> {
        let mut wanted = self.folded.iter();
        wanted.as_slice().first()?;
        for (at, character) in text.char_indices() {
            for folded in character.to_lowercase() {
                if wanted.next() != Some(&folded) {
                    return None;
                }
            }
            if wanted.as_slice().is_empty() {
                return Some(at + character.len_utf8());
            }
        }
        None
    }
}

/// A rough order of how often a byte occurs in JSON and logs; the rarer it is, the fewer places have to be looked at.
fn commonness(byte: u8) -> usize {
    const COMMON_LAST: &[u8] = b"zqjxkvwybgfpmhdculsnrioate0123456789_-., :\"";
    COMMON_LAST.iter().position(|common| *common == byte.to_ascii_lowercase()).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_does_not_matter_in_any_script() {
        assert!(TextFilter::new("ERROR").is_in(r#"{"level":"error"}"#));
        assert!(TextFilter::new("größe").is_in("GRÖSSE und GRÖßE"));
        assert!(TextFilter::new("ЖУРНАЛ").is_in("журнал"));
        assert!(!TextFilter::new("warn").is_in(r#"{"level":"error"}"#));
    }

    #[test]
    fn ranges_do_not_overlap_and_cut_no_character() {
        assert_eq!(TextFilter::new("aa").ranges_in("AaaAa"), [0..2, 2..4]);
        assert_eq!(TextFilter::new("é").ranges_in("éÉe"), [0..2, 2..4]);
        assert!(TextFilter::new("").ranges_in("abc").is_empty());
        assert!(TextFilter::new("").is_in("abc"));
    }

    proptest! {
        #[test]
        fn ascii_search_agrees_with_lower_casing_everything(hay in "[aAbB1é ]{0,40}", needle in "[aAbB1 ]{1,4}") {
            let expected = hay.to_ascii_lowercase().find(&needle.to_ascii_lowercase());
            let filter = TextFilter::new(&needle);
            prop_assert_eq!(filter.ranges_in(&hay).first().map(|range| range.start), expected);
            for range in filter.ranges_in(&hay) {
                prop_assert!(hay.get(range).is_some());
            }
        }

        #[test]
        fn ranges_are_always_whole_characters(hay in "\\PC{0,40}", needle in "\\PC{1,3}") {
            for range in TextFilter::new(&needle).ranges_in(&hay) {
                prop_assert!(hay.get(range).is_some_and(|found| !found.is_empty()));
            }
        }
    }
}
