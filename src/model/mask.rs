//! Fields whose values are nobody's business: hidden in the table, in the detail, in what is copied and what is exported,
//! by one and the same rule. What is kept and filtered is whole.
//!
//! A rule is the path of a field as jq writes it, `.user.email`, with or without `[]` for what is in an array; `..email` is
//! the field wherever it stands; `$key` is the partition key.

use std::borrow::Cow;
use std::sync::Arc;

use super::decode::{self, Decoded, PREVIEW_MAX_CHARS, Step};
use super::format;
use super::ids::PartitionKey;
use super::json_scan::{self, Scanner, Token};
use super::record::Record;

/// What stands in the place of a value.
pub const MASK: &str = "•••";

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    /// The field at this path from the top.
    At(Vec<String>),
    /// The field of this name.
    Anywhere(String),
}

/// Rules, ready to be applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    rules: Vec<Rule>,
    hides_key: bool,
}

impl Masks {
    /// Reads rules; what is no rule is left out, see [`check`].
    pub fn new<S: AsRef<str>>(rules: &[S]) -> Self {
        let texts = || rules.iter().map(|rule| rule.as_ref().trim());
        Self { rules: texts().filter_map(rule).collect(), hides_key: texts().any(|rule| rule == "$key") }
    }

    /// Whether nothing is hidden.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && !self.hides_key
    }

    /// The partition key as it may be shown.
    pub fn key<'a>(&self, key: &'a PartitionKey) -> &'a str {
        if self.hides_key { MASK } else { key.as_str() }
    }

    /// The preview as it may be shown. Costs by the length of a preview, not of the record.
    pub fn preview(&self, record: &Record) -> String {
        const KEPT: usize = PREVIEW_MAX_CHARS - 1;
        let Some((text, is_many)) = self.concerned(&record.decoded) else { return record.preview() };
        match self.written(decode::head(text), is_many, KEPT * 4 + 1) {
            Some(masked) => format::one_line(&masked, KEPT),
            None => record.preview(),
        }
    }

    /// The record as it may be shown, copied and exported; itself where no rule concerns it. Where a value is hidden the
    /// bytes are those of the masked text.
    pub fn apply<'a>(&self, record: &'a Record) -> Cow<'a, Record> {
        let masked = self.concerned(&record.decoded).and_then(|(text, many)| self.written(text, many, usize::MAX));
        if masked.is_none() && !self.hides_key {
            return Cow::Borrowed(record);
        }
        let mut shown = record.clone();
        if let Some(text) = masked {
            let text: Arc<str> = Arc::from(text);
            shown.data = Arc::from(text.clone());
            shown.decoded.text = Some(text);
        }
        if self.hides_key {
            shown.partition_key = PartitionKey::from(MASK);
        }
        Cow::Owned(shown)
    }

    /// The JSON text that rules of paths can concern.
    fn concerned<'a>(&self, decoded: &'a Decoded) -> Option<(&'a str, bool)> {
        let is_many = decoded.steps.last() == Some(&Step::Ndjson);
        let text = decoded.text.as_deref().filter(|_| decoded.is_json() || is_many)?;
        (!self.rules.is_empty()).then_some((text, is_many))
    }

    /// The text on one line with hidden values, up to about `max_bytes`; `None` where nothing is hidden.
    fn written(&self, text: &str, is_many: bool, max_bytes: usize) -> Option<String> {
        let scanner = if is_many { Scanner::many(text, usize::MAX) } else { Scanner::new(text, usize::MAX) };
        let mut writer = Writer { out: String::new(), needs_comma: false, is_behind_value: false };
        let mut walk = Walk { scanner, path: Vec::new(), key: None };
        let mut is_masked = false;
        while let Some(token) = walk.next().filter(|_| writer.out.len() < max_bytes) {
            let is_value = !matches!(token, Token::Key(_) | Token::ObjectEnd | Token::ArrayEnd);
            if is_value && self.hides(&walk.path, walk.key.as_deref()) {
                is_masked = true;
                writer.separate();
                writer.out.push_str(&format!("\"{MASK}\""));
                writer.needs_comma = true;
                walk.skip(&token);
            } else {
                writer.write(&token, text);
                walk.step(&token, text);
            }
            writer.is_behind_value = walk.scanner.is_between_values();
        }
        is_masked.then_some(writer.out)
    }

    fn hides(&self, path: &[Option<String>], key: Option<&str>) -> bool {
        let Some(key) = key else { return false };
        self.rules.iter().any(|rule| match rule {
            Rule::Anywhere(name) => name == key,
            Rule::At(names) => {
                let above = path.iter().flatten().map(String::as_str).chain([key]);
                names.iter().map(String::as_str).eq(above)
            }
        })
    }
}

/// Reads tokens and knows where they stand.
struct Walk<'a> {
    scanner: Scanner<'a>,
    /// The key of each open container; `None` for one that stands in an array, or for the text itself.
    path: Vec<Option<String>>,
    key: Option<String>,
}

impl Walk<'_> {
    fn next(&mut self) -> Option<Token> {
        self.scanner.next_token().ok().flatten()
    }

    fn step(&mut self, token: &Token, text: &str) {
        match token {
            Token::Key(range) => {
                self.key = Some(json_scan::unescape(text.get(range.clone()).unwrap_or_default()).into_owned());
            }
            Token::ObjectStart | Token::ArrayStart => self.path.push(self.key.take()),
            Token::ObjectEnd | Token::ArrayEnd => drop(self.path.pop()),
            _ => self.key = None,
        }
    }

    /// Reads to the end of the value that begins with this token.
    fn skip(&mut self, token: &Token) {
        self.key = None;
        let mut depth = usize::from(matches!(token, Token::ObjectStart | Token::ArrayStart));
        while depth > 0 {
            match self.next() {
                Some(Token::ObjectStart | Token::ArrayStart) => depth += 1,
                Some(Token::ObjectEnd | Token::ArrayEnd) => depth -= 1,
                Some(_) => {}
                None => return,
            }
        }
    }
}

struct Writer {
    out: String,
    needs_comma: bool,
    is_behind_value: bool,
}

impl Writer {
    fn separate(&mut self) {
        if self.needs_comma {
            self.out.push(if self.is_behind_value { '\n' } else { ',' });
        }
    }

    fn write(&mut self, token: &Token, text: &str) {
        if !matches!(token, Token::ObjectEnd | Token::ArrayEnd) {
            self.separate();
        }
        self.needs_comma = !matches!(token, Token::ObjectStart | Token::ArrayStart | Token::Key(_));
        match token {
            Token::ObjectStart => self.out.push('{'),
            Token::ObjectEnd => self.out.push('}'),
            Token::ArrayStart => self.out.push('['),
            Token::ArrayEnd => self.out.push(']'),
            Token::Key(range) => {
                self.out.push_str(text.get(range.clone()).unwrap_or_default());
                self.out.push(':');
            }
            Token::String(range) | Token::Number(range) | Token::Literal(range) => {
                self.out.push_str(text.get(range.clone()).unwrap_or_default());
            }
        }
    }
}

/// The rule that hides the field at this path, as [`super::json_tree::JsonTree::path`] writes it; `None` for the whole
/// record and for names that a rule cannot say.
pub fn rule_of_path(path: &str) -> Option<String> {
    let mut rule = String::with_capacity(path.len());
    let mut in_brackets = false;
    for character in path.chars() {
        match character {
            '[' => {
                in_brackets = true;
                rule.push_str("[]");
            }
            ']' => in_brackets = false,
            _ if in_brackets => {}
            other => rule.push(other),
        }
    }
    let rule = rule.trim_end_matches("[]").to_owned();
    let is_sayable = !rule.contains('"') && check(&rule).is_ok();
    is_sayable.then_some(rule)
}

/// Whether this is a rule.
///
/// # Errors
/// One sentence that says how a rule is written.
pub fn check(text: &str) -> Result<(), &'static str> {
    let text = text.trim();
    let is_rule = text == "$key" || rule(text).is_some();
    is_rule.then_some(()).ok_or("Write a path as .user.email, ..email for the field anywhere, or $key.")
}

fn rule(text: &str) -> Option<Rule> {
    if let Some(name) = text.strip_prefix("..") {
        return (!name.is_empty() && !name.contains('.')).then(|| Rule::Anywhere(name.to_owned()));
    }
    let rest = text.strip_prefix('.')?;
    let names: Vec<String> = rest.split('.').map(|part| part.trim_end_matches("[]").to_owned()).collect();
    (!names.iter().any(String::is_empty)).then_some(Rule::At(names))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::decode::{DecodeLimits, decode};
    use crate::model::ids::{SequenceNumber, ShardId};
    use crate::model::record::RawRecord;

    fn record(text: &str) -> Record {
        let raw = RawRecord {
            sequence_number: SequenceNumber::from("1"),
            partition_key: PartitionKey::from("anna"),
            approximate_arrival: None,
            data: text.as_bytes().to_vec(),
        };
        decode(raw, &ShardId::from("s"), &DecodeLimits::default()).remove(0)
    }

    const TEXT: &str =
        r#"{"user":{"email":"a@b.c","n":1.50},"items":[{"card":"4111"},{"card":[1,2]}],"email":"top","z":true}"#;

    #[test]
    fn fields_are_hidden_by_path_and_by_name() {
        let masked = |rules: &[&str]| Masks::new(rules).apply(&record(TEXT)).decoded.text.clone();
        assert_eq!(
            masked(&[".user.email", ".items[].card"]).as_deref(),
            Some(r#"{"user":{"email":"•••","n":1.50},"items":[{"card":"•••"},{"card":"•••"}],"email":"top","z":true}"#)
        );
        assert_eq!(
            masked(&["..email"]).as_deref(),
            Some(
                r#"{"user":{"email":"•••","n":1.50},"items":[{"card":"4111"},{"card":[1,2]}],"email":"•••","z":true}"#
            )
        );
        assert_eq!(masked(&[".user"]).as_deref().map(|text| text.starts_with(r#"{"user":"•••","items""#)), Some(true));
        assert_eq!(masked(&[".user.nothing"]).as_deref(), Some(TEXT));
    }

    #[test]
    fn table_detail_bytes_and_key_hide_the_same() {
        let record = record(TEXT);
        let masks = Masks::new(&["..email", "$key"]);
        let shown = masks.apply(&record);
        for text in [&*masks.preview(&record), &*shown.preview(), &String::from_utf8_lossy(&shown.data)] {
            assert!(!text.contains("a@b.c") && !text.contains("top") && text.contains("1.50"), "{text}");
        }
        assert_eq!((masks.key(&record.partition_key), shown.partition_key.as_str()), (MASK, MASK));
        assert_eq!(Masks::default().key(&record.partition_key), "anna");
        let several = super::tests::record("{\"email\":1}\n{\"email\":2}");
        assert_eq!(masks.apply(&several).decoded.text.as_deref(), Some("{\"email\":\"•••\"}\n{\"email\":\"•••\"}"));
    }

    #[test]
    fn a_place_in_a_tree_becomes_a_rule() {
        assert_eq!(rule_of_path(".user.email").as_deref(), Some(".user.email"));
        assert_eq!(rule_of_path(".items[3].card").as_deref(), Some(".items[].card"));
        assert_eq!(rule_of_path(".items[3]").as_deref(), Some(".items"));
        assert_eq!(rule_of_path("."), None);
        assert_eq!(rule_of_path(r#"."odd key".x"#), None);
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for wrong in ["", "email", ".", "..", ".a..b", "..a.b", "$sequence"] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        assert!(check(" .a.b[].c ").is_ok() && check("..x").is_ok() && check("$key").is_ok());
    }

    proptest! {
        #[test]
        fn a_hidden_value_is_in_no_text_wherever_it_stands(
            before in "[a-z]{0,3}", depth in 0usize..6, pad in 0usize..300, in_array in any::<bool>()
        ) {
            let mut text = format!(r#"{{"secret":"hidden-4711","pad":"{}"}}"#, "x".repeat(pad));
            for _ in 0..depth {
                text = if in_array { format!("[{text}]") } else { format!(r#"{{"{before}":1,"k":{text}}}"#) };
            }
            let record = record(&text);
            let masks = Masks::new(&["..secret"]);
            let shown = masks.apply(&record);
            for text in [&*masks.preview(&record), shown.decoded.text.as_deref().unwrap_or_default(), &*shown.preview()] {
                prop_assert!(!text.contains("4711"), "{}", text);
            }
            prop_assert!(json_scan::validate(shown.decoded.text.as_deref().unwrap_or_default(), 100).is_ok());
        }
    }
}
