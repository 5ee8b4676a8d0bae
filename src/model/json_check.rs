//! Whether a text is JSON, and nothing else: the grammar of [`super::json_scan::Scanner`] in one pass over the bytes, without
//! tokens and places. Every record goes through here; only one that is no JSON is looked at again for the reason. What is
//! small is inlined by order: left to itself, the compiler calls it a hundred times a record.

/// Deepest nesting that is looked into: one bit a level.
pub(super) const MAX_DEPTH: usize = 128;

/// Whether these bytes of UTF-8 are one JSON value that is nested at most `max_depth` deep, of which at most
/// [`MAX_DEPTH`] count.
pub(super) fn is_json(bytes: &[u8], max_depth: usize) -> bool {
    value(bytes, max_depth.min(MAX_DEPTH)).is_some()
}

fn value(bytes: &[u8], max_depth: usize) -> Option<()> {
    let (mut at, mut depth) = (0, 0_usize);
    // The kind of every open container, the innermost in the last bit: 1 is an object.
    let mut objects = 0_u128;
    loop {
        at = space(bytes, at);
        let byte = *bytes.get(at)?;
        match byte {
            b'{' | b'[' => {
                if depth == max_depth {
                    return None;
                }
                depth += 1;
                objects = objects << 1 | u128::from(byte == b'{');
                at = space(bytes, at + 1);
                match (byte, *bytes.get(at)?) {
                    // The end is met below.
                    (b'{', b'}') | (b'[', b']') => {}
                    (b'{', _) => {
                        at = key(bytes, at)?;
                        continue;
                    }
                    _ => continue,
                }
            }
            b'"' => at = string(bytes, at + 1)?,
            b'-' | b'0'..=b'9' => at = number(bytes, at)?,
            b't' => at = word(bytes, at, b"true")?,
            b'f' => at = word(bytes, at, b"false")?,
            b'n' => at = word(bytes, at, b"null")?,
            _ => return None,
        }
        loop {
            at = space(bytes, at);
            if depth == 0 {
                return (at == bytes.len()).then_some(());
            }
            let is_object = objects & 1 == 1;
            match (*bytes.get(at)?, is_object) {
                (b',', true) => {
                    at = key(bytes, space(bytes, at + 1))?;
                    break;
                }
                (b',', false) => {
                    at += 1;
                    break;
                }
                (b'}', true) | (b']', false) => {
                    at += 1;
                    depth -= 1;
                    objects >>= 1;
                }
                _ => return None,
            }
        }
    }
}

#[inline(always)]
fn space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// Behind the colon of a key.
#[inline(always)]
fn key(bytes: &[u8], at: usize) -> Option<usize> {
    if *bytes.get(at)? != b'"' {
        return None;
    }
    let at = space(bytes, string(bytes, at + 1)?);
    (*bytes.get(at)? == b':').then_some(at + 1)
}

/// From behind the opening quote to behind the closing one.
#[inline(always)]
fn string(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += plain_run(bytes.get(at..)?);
        match *bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at = escape(bytes, at + 1)?,
            _ => return None,
        }
    }
}

/// From behind the backslash to behind what it escapes.
fn escape(bytes: &[u8], at: usize) -> Option<usize> {
    match *bytes.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' if bytes.get(at + 1..at + 5)?.iter().all(u8::is_ascii_hexdigit) => Some(at + 5),
        _ => None,
    }
}

/// Whether a text of these bytes is written in JSON as it is.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    plain_run(bytes) == bytes.len()
}

/// How many bytes stand before the first quote, backslash or control character. Eight bytes at a time.
#[inline(always)]
fn plain_run(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let found = ends_run(u64::from_le_bytes(*word));
        if found != 0 {
            return place * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    words.len() * 8 + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len())
}

/// The high bit of each byte that ends a run; bytes above the lowest such one may be marked without cause. The tricks
/// are "a byte is zero" and "a byte is less than n" of Bit Twiddling Hacks.
#[inline(always)]
fn ends_run(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES * 128;
    let quote = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
    let backslash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    let control = word.wrapping_sub(ONES * 0x20);
    (quote | backslash | control) & !word & HIGHS
}

#[inline(always)]
fn number(bytes: &[u8], mut at: usize) -> Option<usize> {
    let digits = |from: usize| {
        let mut at = from;
        while let Some(b'0'..=b'9') = bytes.get(at) {
            at += 1;
        }
        (at > from).then_some(at)
    };
    if bytes.get(at) == Some(&b'-') {
        at += 1;
    }
    at = if bytes.get(at) == Some(&b'0') { at + 1 } else { digits(at)? };
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        at = digits(at)?;
    }
    Some(at)
}

fn word(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    bytes.get(at..)?.starts_with(word).then_some(at + word.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::json_scan::Scanner;

    fn scans(text: &str, max_depth: usize) -> bool {
        let mut scanner = Scanner::new(text, max_depth);
        loop {
            match scanner.next_token() {
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    #[test]
    fn depth_is_bounded_and_empty_containers_are_values() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_json(nested(120).as_bytes(), 120) && !is_json(nested(121).as_bytes(), 120));
        assert!(is_json(nested(MAX_DEPTH).as_bytes(), usize::MAX) && !is_json(nested(129).as_bytes(), usize::MAX));
        for text in ["{}", " [ ] ", "[{},[]]", "{\"a\":{},\"b\":[{}]}", "-0.5e+1", "\"\\u00e9\\n\""] {
            assert!(is_json(text.as_bytes(), 10), "{text}");
        }
        for text in
            ["", "{,}", "[1,]", "{\"a\"}", "[}", "{]", "01", "1 2", "\"\\u12\"", "\"\u{1}\"", "tru", "{\"a\":1,}"]
        {
            assert!(!is_json(text.as_bytes(), 10), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_run_ends_where_its_first_special_byte_is(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let expected = bytes.iter().position(|byte| matches!(byte, ..0x20 | b'"' | b'\\'));
            prop_assert_eq!(plain_run(&bytes), expected.unwrap_or(bytes.len()));
            prop_assert_eq!(is_plain(&bytes), expected.is_none());
        }

        #[test]
        fn the_check_agrees_with_the_scanner(text in r#"[\[\]{},:"\\a0-9.eE+\-tru fals nul\n]{0,24}"#, max_depth in 0usize..4) {
            prop_assert_eq!(is_json(text.as_bytes(), max_depth), scans(&text, max_depth), "{}", text);
        }
    }
}
