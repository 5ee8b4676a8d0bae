//! Reads JSON token by token, by RFC 8259, without recursion: however deep a text is nested, the stack stays flat.
//! Nothing is changed on the way; a token is a piece of the text, so digits, escapes, key order and duplicates stay.

use std::borrow::Cow;
use std::ops::Range;

use super::json_check;

/// One token, with its place in the text where it carries any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// The key of a member, with its quotes.
    Key(Range<usize>),
    /// A string, with its quotes.
    String(Range<usize>),
    /// A number, every digit as written.
    Number(Range<usize>),
    /// `true`, `false` or `null`.
    Literal(Range<usize>),
}

/// Why a text is not JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct JsonError {
    /// What is wrong.
    pub what: &'static str,
    /// The byte where.
    pub at: usize,
    /// Whether the text may well be JSON, but is beyond a bound of this program.
    pub is_bound: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrArrayEnd,
    KeyOrObjectEnd,
    Key,
    CommaOrEnd,
    Nothing,
}

/// The scanner. Yields tokens until the one value of the text has ended, then `Ok(None)`.
#[derive(Debug)]
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// One entry an open container: whether it is an object.
    open: Vec<bool>,
    expect: Expect,
    max_depth: usize,
    takes_many: bool,
}

impl<'a> Scanner<'a> {
    /// A scanner over a text that may be nested at most `max_depth` deep.
    pub fn new(text: &'a str, max_depth: usize) -> Self {
        Self { text, at: 0, open: Vec::new(), expect: Expect::Value, max_depth, takes_many: false }
    }

    /// A scanner over any number of values, one a line or one behind the other.
    pub fn many(text: &'a str, max_depth: usize) -> Self {
        Self { takes_many: true, ..Self::new(text, max_depth) }
    }

    /// Whether the last token ended a value that is in no other.
    pub fn is_between_values(&self) -> bool {
        self.expect == Expect::Nothing
    }

    /// The next token; `None` behind the end of the text.
    ///
    /// # Errors
    /// The first place where the text is not JSON, or is nested too deep.
    pub fn next_token(&mut self) -> Result<Option<Token>, JsonError> {
        loop {
            self.skip_space();
            let Some(byte) = self.peek() else {
                return if self.expect == Expect::Nothing { Ok(None) } else { Err(self.error("unexpected end")) };
            };
            return match (self.expect, byte) {
                (Expect::Nothing, _) if self.takes_many => self.value(byte).map(Some),
                (Expect::Nothing, _) => Err(self.error("text behind the value")),
                (Expect::CommaOrEnd, b',') => {
                    self.at += 1;
                    self.expect = if self.is_in_object() { Expect::Key } else { Expect::Value };
                    continue;
                }
                (Expect::CommaOrEnd | Expect::KeyOrObjectEnd, b'}') if self.is_in_object() => {
                    Ok(Some(self.close(Token::ObjectEnd)))
                }
                (Expect::CommaOrEnd | Expect::ValueOrArrayEnd, b']') if !self.is_in_object() => {
                    Ok(Some(self.close(Token::ArrayEnd)))
                }
                (Expect::CommaOrEnd, _) => Err(self.error("expected a comma or the end of the container")),
                (Expect::Key | Expect::KeyOrObjectEnd, b'"') => self.key().map(Some),
                (Expect::Key | Expect::KeyOrObjectEnd, _) => Err(self.error("expected a key in quotes")),
                (Expect::Value | Expect::ValueOrArrayEnd, _) => self.value(byte).map(Some),
            };
        }
    }

    fn value(&mut self, byte: u8) -> Result<Token, JsonError> {
        match byte {
            b'{' => self.open(true),
            b'[' => self.open(false),
            b'"' => {
                let range = self.string()?;
                self.end_value();
                Ok(Token::String(range))
            }
            b'-' | b'0'..=b'9' => {
                let range = self.number()?;
                self.end_value();
                Ok(Token::Number(range))
            }
            _ => {
                let rest = self.text.get(self.at..).unwrap_or_default();
                let word = ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word));
                let length = word.ok_or_else(|| self.error("expected a value"))?.len();
                let range = self.at..self.at + length;
                self.at = range.end;
                self.end_value();
                Ok(Token::Literal(range))
            }
        }
    }

    fn open(&mut self, is_object: bool) -> Result<Token, JsonError> {
        if self.open.len() >= self.max_depth {
            return Err(JsonError { what: "nested too deep", at: self.at, is_bound: true });
        }
        self.at += 1;
        self.open.push(is_object);
        self.expect = if is_object { Expect::KeyOrObjectEnd } else { Expect::ValueOrArrayEnd };
        Ok(if is_object { Token::ObjectStart } else { Token::ArrayStart })
    }

    fn close(&mut self, token: Token) -> Token {
        self.at += 1;
        self.open.pop();
        self.end_value();
        token
    }

    fn end_value(&mut self) {
        self.expect = if self.open.is_empty() { Expect::Nothing } else { Expect::CommaOrEnd };
    }

    fn key(&mut self) -> Result<Token, JsonError> {
        let range = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.error("expected a colon"));
        }
        self.at += 1;
        self.expect = Expect::Value;
        Ok(Token::Key(range))
    }

    fn string(&mut self) -> Result<Range<usize>, JsonError> {
        let start = self.at;
        self.at += 1;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            // Most of a record is inside strings: this is where the time goes.
            self.at += rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20)).unwrap_or(rest.len());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(start..self.at);
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(_) => return Err(self.error("control character in a string")),
                None => return Err(self.error("unexpected end in a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                let digits = self.text.as_bytes().get(self.at + 1..self.at + 5);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(self.error("expected four hexadecimal digits"));
                }
                self.at += 5;
            }
            _ => return Err(self.error("unknown escape in a string")),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Range<usize>, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(start..self.at)
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.error("expected a digit")) } else { Ok(()) }
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn is_in_object(&self) -> bool {
        self.open.last() == Some(&true)
    }

    fn error(&self, what: &'static str) -> JsonError {
        JsonError { what, at: self.at, is_bound: false }
    }
}

/// Whether the text is one JSON value.
///
/// # Errors
/// See [`Scanner::next_token`].
pub fn validate(text: &str, max_depth: usize) -> Result<(), JsonError> {
    if json_check::is_json(text.as_bytes(), max_depth) {
        return Ok(());
    }
    // It is none, or is nested deeper than the check looks: the scanner says where.
    let mut scanner = Scanner::new(text, max_depth);
    while scanner.next_token()?.is_some() {}
    Ok(())
}

/// How many JSON values stand in the text, one a line or one behind the other.
///
/// # Errors
/// See [`Scanner::next_token`].
pub fn count_values(text: &str, max_depth: usize) -> Result<usize, JsonError> {
    let mut scanner = Scanner::many(text, max_depth);
    let mut values = 0;
    while scanner.next_token()?.is_some() {
        values += usize::from(scanner.is_between_values());
    }
    Ok(values)
}

/// Valid JSON on one line: white space between tokens left out, everything else untouched. Stops once `max_bytes` are
/// written, wherever that is. A text that is not JSON comes back up to the place where it is none.
pub fn compact(text: &str, max_bytes: usize) -> String {
    written(Scanner::new(text, usize::MAX), text, max_bytes, "")
}

/// Like [`compact`], for several values with `between` put between them.
pub fn compact_many(text: &str, max_bytes: usize, between: &str) -> String {
    written(Scanner::many(text, usize::MAX), text, max_bytes, between)
}

fn written(mut scanner: Scanner<'_>, text: &str, max_bytes: usize, between: &str) -> String {
    let mut out = String::with_capacity(text.len().min(max_bytes));
    let (mut needs_comma, mut is_behind_value) = (false, false);
    while let (true, Ok(Some(token))) = (out.len() < max_bytes, scanner.next_token()) {
        let is_end = matches!(token, Token::ObjectEnd | Token::ArrayEnd);
        if needs_comma && !is_end {
            out.push_str(if is_behind_value { between } else { "," });
        }
        is_behind_value = scanner.is_between_values();
        needs_comma = !matches!(token, Token::ObjectStart | Token::ArrayStart | Token::Key(_));
        match token {
            Token::ObjectStart => out.push('{'),
            Token::ObjectEnd => out.push('}'),
            Token::ArrayStart => out.push('['),
            Token::ArrayEnd => out.push(']'),
            Token::Key(range) => {
                out.push_str(text.get(range).unwrap_or_default());
                out.push(':');
            }
            Token::String(range) | Token::Number(range) | Token::Literal(range) => {
                out.push_str(text.get(range).unwrap_or_default());
            }
        }
    }
    out
}

/// What a string token says, its quotes and escapes resolved. Half a surrogate pair becomes U+FFFD.
pub fn unescape(quoted: &str) -> Cow<'_, str> {
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(quoted);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('u') => out.push(unicode_escape(&mut characters)),
            Some(other) => out.push(other),
            None => {}
        }
    }
    Cow::Owned(out)
}

/// The character of a `\u` escape whose `\u` has been read; takes the second half of a pair along.
fn unicode_escape(characters: &mut std::str::Chars<'_>) -> char {
    let Some(high) = four_digits(characters) else { return char::REPLACEMENT_CHARACTER };
    if !(0xd800..0xdc00).contains(&high) {
        return char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    let mut ahead = characters.clone();
    if ahead.next() == Some('\\')
        && ahead.next() == Some('u')
        && let Some(low @ 0xdc00..0xe000) = four_digits(&mut ahead)
    {
        *characters = ahead;
        return char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
            .unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    char::REPLACEMENT_CHARACTER
}

fn four_digits(characters: &mut std::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |value, _| Some(value * 16 + characters.next()?.to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_escapes_order_and_duplicates_stay_as_they_were() {
        let text = " { \"b\" : 12345678901234567890.10 ,\n \"a\":[ 1e400 , \"\\u00e9 x\" , true ], \"b\":{ } } ";
        assert_eq!(compact(text, usize::MAX), r#"{"b":12345678901234567890.10,"a":[1e400,"\u00e9 x",true],"b":{}}"#);
        assert!(validate(text, 10).is_ok());
    }

    #[test]
    fn what_is_not_json_is_refused_with_the_place() {
        for (text, at) in [
            ("", 0),
            ("{", 1),
            ("[1,]", 3),
            ("{\"a\" 1}", 5),
            ("01", 1),
            ("1.", 2),
            ("nul", 0),
            ("\"a\nb\"", 2),
            ("\"\\x\"", 2),
            ("\"\\u12g4\"", 2),
            ("[1] 2", 4),
            ("{a:1}", 1),
            ("[}", 1),
            ("{]", 1),
            ("{\"a\":1,}", 7),
        ] {
            assert_eq!(validate(text, 10).map_err(|err| err.at), Err(at), "{text:?}");
        }
    }

    #[test]
    fn several_values_are_counted_and_written_in_one_line() {
        let text = "{\"a\": 1}\n[2 , 3]{}\n";
        assert_eq!(count_values(text, 10), Ok(3));
        assert_eq!(compact_many(text, usize::MAX, " "), r#"{"a":1} [2,3] {}"#);
        assert_eq!(count_values("", 10).map_err(|err| err.at), Err(0));
        assert_eq!(count_values("{} {", 10).map_err(|err| err.at), Err(4));
        assert!(validate("{} {}", 10).is_err());
    }

    #[test]
    fn deep_nesting_is_an_error_and_never_a_crash() {
        let deep = "[".repeat(200_000);
        assert!(validate(&deep, 100).is_err_and(|err| err.is_bound && err.at == 100));
        assert!(validate(&deep, usize::MAX).is_err_and(|err| !err.is_bound));
        let whole = format!("{deep}{}", "]".repeat(200_000));
        assert!(validate(&whole, usize::MAX).is_ok());
    }

    #[test]
    fn escapes_are_resolved_and_half_a_pair_is_replaced() {
        assert_eq!(unescape(r#""a\n\"\u00e9\ud83d\ude00""#), "a\n\"é😀");
        assert_eq!(unescape(r#""\ud83dx\udc00""#), "\u{fffd}x\u{fffd}");
        assert_eq!(unescape(r#""plain""#), "plain");
    }

    proptest! {
        #[test]
        fn the_scanner_agrees_with_serde_on_what_json_is(text in r#"[\[\]{},:"\\a0-9.eE+\-tru nul\n]{0,16}"#) {
            let expected = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(validate(&text, 100).is_ok(), expected, "{}", text);
        }

        #[test]
        fn compacting_keeps_the_value(value in value()) {
            let pretty = serde_json::to_string_pretty(&value).expect("writes");
            let compacted = compact(&pretty, usize::MAX);
            prop_assert_eq!(&compacted, &serde_json::to_string(&value).expect("writes"));
        }
    }

    fn value() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            "\\PC{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                proptest::collection::vec(("\\PC{0,5}", inner), 0..5)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }
}
