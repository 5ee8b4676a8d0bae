//! A JSON text as a flat list of nodes in document order, so that a view can fold parts of it and draw only the rows that
//! are seen. Built without recursion; digits, key order and duplicate keys stay as they were.

use super::json_scan::{self, JsonError, Scanner, Token};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// `{…}`
    Object {
        /// Number of members.
        len: usize,
    },
    /// `[…]`
    Array {
        /// Number of elements.
        len: usize,
    },
    /// A string.
    String,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Literal,
}

/// One value of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonNode {
    /// How many containers it is in; 0 is the whole text.
    pub depth: u32,
    /// Its key, escapes resolved, where it is a member of an object.
    pub key: Option<String>,
    /// Its place, where it is an element of an array.
    pub index: Option<usize>,
    /// What it is.
    pub kind: JsonKind,
    /// A string with its escapes resolved; a number or literal exactly as written; empty for a container.
    pub text: String,
    /// The node it is in.
    pub parent: Option<usize>,
    /// Index of the first node behind it and everything in it.
    pub end: usize,
}

impl JsonNode {
    /// Whether it can be folded.
    pub fn is_container(&self) -> bool {
        matches!(self.kind, JsonKind::Object { .. } | JsonKind::Array { .. })
    }
}

/// Why there is no tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonTreeError {
    /// The text is not JSON.
    #[error("Not JSON: {0}.")]
    NotJson(#[from] JsonError),
    /// The text has more values than were asked for.
    #[error("More than {max_nodes} values; shown as text.")]
    TooLarge {
        /// The bound that was handed in.
        max_nodes: usize,
    },
}

/// All values of a text, parents before what is in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonTree {
    nodes: Vec<JsonNode>,
}

impl JsonTree {
    /// Reads a text of at most `max_nodes` values. Depth has no bound but that.
    ///
    /// # Errors
    /// Where it is not JSON, or too large.
    pub fn parse(text: &str, max_nodes: usize) -> Result<Self, JsonTreeError> {
        let mut scanner = Scanner::new(text, max_nodes);
        let mut tree = Self::default();
        let mut open: Vec<usize> = Vec::new();
        let mut key = None;
        while let Some(token) = scanner.next_token()? {
            let slice = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
            let (kind, value) = match token {
                Token::Key(range) => {
                    key = Some(json_scan::unescape(slice(range)).into_owned());
                    continue;
                }
                Token::ObjectEnd | Token::ArrayEnd => {
                    let end = tree.nodes.len();
                    if let Some(node) = open.pop().and_then(|at| tree.nodes.get_mut(at)) {
                        node.end = end;
                    }
                    continue;
                }
                Token::ObjectStart => (JsonKind::Object { len: 0 }, String::new()),
                Token::ArrayStart => (JsonKind::Array { len: 0 }, String::new()),
                Token::String(range) => (JsonKind::String, json_scan::unescape(slice(range)).into_owned()),
                Token::Number(range) => (JsonKind::Number, slice(range).to_owned()),
                Token::Literal(range) => (JsonKind::Literal, slice(range).to_owned()),
            };
            if tree.nodes.len() >= max_nodes {
                return Err(JsonTreeError::TooLarge { max_nodes });
            }
            let at = tree.push(kind, key.take(), value, &open);
            if matches!(kind, JsonKind::Object { .. } | JsonKind::Array { .. }) {
                open.push(at);
            }
        }
        Ok(tree)
    }

    fn push(&mut self, kind: JsonKind, key: Option<String>, text: String, open: &[usize]) -> usize {
        let at = self.nodes.len();
        let parent = open.last().copied();
        let index = match parent.and_then(|parent| self.nodes.get_mut(parent)).map(|node| &mut node.kind) {
            Some(JsonKind::Array { len }) => {
                *len += 1;
                Some(*len - 1)
            }
            Some(JsonKind::Object { len }) => {
                *len += 1;
                None
            }
            _ => None,
        };
        self.nodes.push(JsonNode { depth: open.len() as u32, key, index, kind, text, parent, end: at + 1 });
        at
    }

    /// All nodes, parents before what is in them.
    pub fn nodes(&self) -> &[JsonNode] {
        &self.nodes
    }

    /// One node.
    pub fn get(&self, index: usize) -> Option<&JsonNode> {
        self.nodes.get(index)
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none; a parsed text has at least one.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The nodes that are seen when the containers for which `is_folded` says yes are closed, in order. Prepare it when a
    /// fold changes, then draw any part of it.
    pub fn visible(&self, mut is_folded: impl FnMut(usize) -> bool) -> Vec<usize> {
        let mut rows = Vec::new();
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            rows.push(at);
            at = if node.is_container() && is_folded(at) { node.end.max(at + 1) } else { at + 1 };
        }
        rows
    }

    /// The path of a node as jq writes it: `.`, `.logEvents[0].message`, `."odd key"`.
    pub fn path(&self, index: usize) -> String {
        let mut parts = Vec::new();
        let mut at = Some(index);
        while let Some(node) = at.and_then(|at| self.nodes.get(at)) {
            match (&node.key, node.index) {
                (Some(key), _) if is_plain_key(key) => parts.push(format!(".{key}")),
                (Some(key), _) => parts.push(format!(".{}", serde_json::Value::from(key.as_str()))),
                (None, Some(place)) => parts.push(format!("[{place}]")),
                (None, None) => {}
            }
            at = node.parent;
        }
        parts.reverse();
        let path = parts.concat();
        if path.starts_with('.') { path } else { format!(".{path}") }
    }
}

fn is_plain_key(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && key.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"b": [1.50, {"x y": null}], "a": "z\n", "b": {}}"#;

    #[test]
    fn nodes_keep_document_order_digits_and_duplicates() {
        let tree = JsonTree::parse(TEXT, 100).expect("parses");
        let rows: Vec<(u32, Option<&str>, &str)> =
            tree.nodes().iter().map(|node| (node.depth, node.key.as_deref(), node.text.as_str())).collect();
        assert_eq!(
            rows,
            [
                (0, None, ""),
                (1, Some("b"), ""),
                (2, None, "1.50"),
                (2, None, ""),
                (3, Some("x y"), "null"),
                (1, Some("a"), "z\n"),
                (1, Some("b"), ""),
            ]
        );
        assert_eq!(tree.get(0).map(|node| (node.kind, node.end)), Some((JsonKind::Object { len: 3 }, 7)));
        assert_eq!(tree.get(1).map(|node| (node.kind, node.end)), Some((JsonKind::Array { len: 2 }, 5)));
    }

    #[test]
    fn paths_are_written_as_jq_takes_them() {
        let tree = JsonTree::parse(TEXT, 100).expect("parses");
        assert_eq!(tree.path(0), ".");
        assert_eq!(tree.path(2), ".b[0]");
        assert_eq!(tree.path(4), r#".b[1]."x y""#);
        let array = JsonTree::parse("[[7]]", 100).expect("parses");
        assert_eq!(array.path(2), ".[0][0]");
    }

    #[test]
    fn a_folded_container_hides_all_that_is_in_it() {
        let tree = JsonTree::parse(TEXT, 100).expect("parses");
        assert_eq!(tree.visible(|_| false), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(tree.visible(|at| at == 1), [0, 1, 5, 6]);
        assert_eq!(tree.visible(|at| at == 0), [0]);
    }

    #[test]
    fn bounds_hold_and_depth_does_not_matter() {
        assert_eq!(JsonTree::parse("[1,2,3]", 3), Err(JsonTreeError::TooLarge { max_nodes: 3 }));
        assert!(matches!(JsonTree::parse("[1,", 9), Err(JsonTreeError::NotJson(_))));
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        let tree = JsonTree::parse(&deep, 100_000).expect("parses");
        assert_eq!(tree.len(), 50_000);
        assert_eq!(tree.path(49_999).len(), 1 + 3 * 49_999);
    }
}
