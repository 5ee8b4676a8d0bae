//! Finds one field in a JSON text by a path such as `.user.id` or `items[0].sku`, and checks the whole text on the way.

use std::ops::Range;

use crate::model::json_scan::{Scanner, Token};

/// Deepest nesting of a record.
const MAX_DEPTH: usize = 512;

/// A path into a JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath {
    text: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(usize),
}

impl FieldPath {
    /// Reads `.a.b`, `a.b`, `.a[0]` or `.a["b c"]`.
    ///
    /// # Errors
    /// One sentence that says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is no path: write .user_id, .user.id or .items[0].sku.");
        let mut rest = text.trim();
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let (step, behind) = if let Some(quoted) = inside.strip_prefix('"') {
                    let (name, behind) = quoted.split_once("\"]").ok_or_else(wrong)?;
                    (Step::Member(name.to_owned()), behind)
                } else {
                    let (index, behind) = inside.split_once(']').ok_or_else(wrong)?;
                    (Step::Element(index.parse().map_err(|_| wrong())?), behind)
                };
                steps.push(step);
                rest = behind;
                continue;
            }
            let name = match rest.strip_prefix('.') {
                Some(name) => name,
                None if steps.is_empty() => rest,
                None => return Err(wrong()),
            };
            if name.starts_with('[') {
                rest = name;
                continue;
            }
            let end = name.find(['.', '[']).unwrap_or(name.len());
            let (name, behind) = name.split_at_checked(end).ok_or_else(wrong)?;
            if name.is_empty() {
                return Err(wrong());
            }
            steps.push(Step::Member(name.to_owned()));
            rest = behind;
        }
        if steps.is_empty() { Err(wrong()) } else { Ok(Self { text: text.trim().to_owned(), steps }) }
    }

    /// The text of the field, and where it stands. Strings lose their quotes and escapes; numbers keep every digit.
    ///
    /// # Errors
    /// Why the text is not JSON, or has no such text or number.
    pub fn find(&self, text: &str) -> Result<(String, Range<usize>), String> {
        let mut walk = Walk { path: self, text, indices: Vec::new(), on_path: 0, is_next: true };
        let mut found = None;
        let mut scanner = Scanner::new(text, MAX_DEPTH);
        while let Some(token) = scanner.next_token().map_err(|error| not_json(text, &error))? {
            if let Some(target) = walk.step(&token) {
                found.get_or_insert(target);
            }
        }
        let path = &self.text;
        match found {
            None => Err(format!("{path} is missing")),
            Some(None) => Err(format!("{path} is no text or number")),
            Some(Some(range)) => {
                let written = text.get(range.clone()).unwrap_or_default();
                match written {
                    "null" => Err(format!("{path} is null")),
                    quoted if quoted.starts_with('"') => {
                        let key = serde_json::from_str::<String>(quoted)
                            .map_err(|_| format!("{path} is no valid Unicode"))?;
                        Ok((key, range))
                    }
                    other => Ok((other.to_owned(), range)),
                }
            }
        }
    }
}

/// Checks that a text is JSON.
///
/// # Errors
/// What is wrong, and the column where.
pub fn check_json(text: &str) -> Result<(), String> {
    crate::model::json_scan::validate(text, MAX_DEPTH).map_err(|error| not_json(text, &error))
}

fn not_json(text: &str, error: &crate::model::json_scan::JsonError) -> String {
    let column = text.get(..error.at.min(text.len())).unwrap_or(text).chars().count() + 1;
    format!("not JSON: {}, column {column}", error.what)
}

/// Follows a path through the tokens of a text.
struct Walk<'a> {
    path: &'a FieldPath,
    text: &'a str,
    /// One an open container: the elements seen so far; `None` in an object.
    indices: Vec<Option<usize>>,
    /// How many of the open containers are on the path.
    on_path: usize,
    /// Whether the next value is, too.
    is_next: bool,
}

impl Walk<'_> {
    /// Takes one token; the field itself where it begins: its place, or `None` where it is a container.
    fn step(&mut self, token: &Token) -> Option<Option<Range<usize>>> {
        let depth = self.indices.len();
        let is_inside = self.on_path == depth;
        match token {
            Token::Key(range) => {
                let Some(Step::Member(wanted)) = self.path.steps.get(depth.wrapping_sub(1)) else {
                    self.is_next = false;
                    return None;
                };
                let written = self.text.get(range.clone()).unwrap_or_default();
                self.is_next = is_inside && is_key(written, wanted);
                None
            }
            Token::ObjectEnd | Token::ArrayEnd => {
                self.indices.pop();
                self.on_path = self.on_path.min(self.indices.len());
                None
            }
            value => {
                if let Some(Some(index)) = self.indices.last_mut() {
                    let wanted = self.path.steps.get(depth.wrapping_sub(1));
                    self.is_next = is_inside && wanted == Some(&Step::Element(*index));
                    *index += 1;
                }
                let is_field = self.is_next && depth == self.path.steps.len();
                let container = match value {
                    Token::ObjectStart => Some(None),
                    Token::ArrayStart => Some(Some(0)),
                    _ => None,
                };
                if let Some(index) = container {
                    self.indices.push(index);
                    if self.is_next {
                        self.on_path = depth + 1;
                    }
                    self.is_next = false;
                    return is_field.then_some(None);
                }
                match value {
                    Token::String(range) | Token::Number(range) | Token::Literal(range) if is_field => {
                        Some(Some(range.clone()))
                    }
                    _ => None,
                }
            }
        }
    }
}

fn is_key(written: &str, wanted: &str) -> bool {
    let inner = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(written);
    inner == wanted
        || (inner.contains('\\') && serde_json::from_str::<String>(written).is_ok_and(|name| name == wanted))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn find(path: &str, text: &str) -> Result<String, String> {
        FieldPath::parse(path).and_then(|path| path.find(text)).map(|(key, _)| key)
    }

    #[test]
    fn fields_are_found_where_the_path_says() {
        let text = r#"{"a":{"b":[1,{"c":"x\u00e9"},3.10]},"b":"other","n":null,"a b":true}"#;
        assert_eq!(find(".a.b[1].c", text), Ok("xé".to_owned()));
        assert_eq!(find("a.b[2]", text), Ok("3.10".to_owned()));
        assert_eq!(find(".b", text), Ok("other".to_owned()));
        assert_eq!(find(r#".["a b"]"#, text), Ok("true".to_owned()));
        assert_eq!(find(".c", text), Err(".c is missing".to_owned()));
        assert_eq!(find(".n", text), Err(".n is null".to_owned()));
        assert_eq!(find(".a", text), Err(".a is no text or number".to_owned()));
        assert_eq!(find(".a", "{\"a\":1,}"), Err("not JSON: expected a key in quotes, column 8".to_owned()));
        for wrong in ["", ".", "a..b", "[x]", ".a[0]b", "[\"a"] {
            assert!(FieldPath::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_path_finds_what_serde_finds(keys in prop::collection::vec("[a-c]", 1..4), text in "[a-c{}\\[\\]:,\"1-3]{0,40}") {
            let pointer = format!("/{}", keys.join("/"));
            let dotted = format!(".{}", keys.join("."));
            let nested = keys.iter().rev().fold("\"v\"".to_owned(), |inner, key| format!("{{\"z\":[{inner}],\"{key}\":{inner}}}"));
            for text in [text, nested] {
                let value = serde_json::from_str::<serde_json::Value>(&text);
                let ours = find(&dotted, &text);
                match value.as_ref().ok().and_then(|value| value.pointer(&pointer)).and_then(|v| v.as_str()) {
                    Some(expected) => prop_assert_eq!(ours, Ok(expected.to_owned())),
                    None if value.is_err() => prop_assert!(ours.is_err()),
                    None => {}
                }
            }
        }
    }
}
