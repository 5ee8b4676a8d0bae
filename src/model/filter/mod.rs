//! What is shown of a tail: a filter that says yes or no to a record, and an index that keeps the answers while the store
//! grows and forgets.
//!
//! A record that cannot be decoded passes every filter: nobody can say what is in it. It is counted apart.
//!
//! Text and regular expressions look at the partition key, the shard id and the decoded text, each by itself. A jq
//! expression gets the decoded record as `.` (a text record is a string; of NDJSON every value is tried) and these
//! variables: `$key`, `$shard`, `$sequence`, `$sub` (place in an aggregate, or null), `$arrival` (seconds since 1970),
//! `$size` (bytes of data and key) and `$decoded` (the steps of decoding). A record passes where any output is neither
//! null nor false; one that the expression fails on does not pass, and is counted.

mod index;
mod jq;
mod meter;
mod natives;
mod order;
mod regex;
mod text;
mod value;

pub use index::{Entry, FilterIndex, Found};
pub use jq::{JQ_STACK_BYTES, JqFilter};
pub use regex::RegexFilter;
pub use text::TextFilter;

use std::ops::Range;

use super::record::Record;

/// How an expression is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterKind {
    /// jq, as jaq reads it.
    #[default]
    Jq,
    /// Text that must occur, whatever its case.
    Text,
    /// A regular expression that must match somewhere.
    Regex,
}

impl FilterKind {
    /// All, in the order of the keys Ctrl 1, 2, 3.
    pub const ALL: [Self; 3] = [Self::Jq, Self::Text, Self::Regex];

    /// As it is written, `jq`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Jq => "jq",
            Self::Text => "text",
            Self::Regex => "regex",
        }
    }
}

/// What a person asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct FilterSpec {
    /// How it is read.
    pub kind: FilterKind,
    /// The expression; empty text lets everything through.
    pub text: String,
}

impl FilterSpec {
    /// A filter of this kind.
    pub fn new(kind: FilterKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }

    /// jq that lets through only records of this partition key.
    pub fn only_key(key: &str) -> Self {
        Self::new(FilterKind::Jq, format!("$key == {}", serde_json::Value::from(key)))
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Why an expression cannot be used, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct FilterError {
    /// One sentence without its end.
    pub what: String,
    /// The bytes of the expression that it is about, where that is known.
    pub at: Option<Range<usize>>,
}

impl FilterError {
    fn new(what: impl Into<String>, at: Option<Range<usize>>) -> Self {
        Self { what: what.into(), at }
    }

    /// The sentence with the place in the expression, counted in characters from 1.
    pub fn with_place(&self, expression: &str) -> String {
        let column =
            self.at.as_ref().and_then(|at| expression.get(..at.start)).map(|before| before.chars().count() + 1);
        column.map_or_else(|| self.what.clone(), |column| format!("{} at character {column}", self.what))
    }
}

/// What a filter says of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passes.
    Match,
    /// It does not.
    Miss,
    /// It passes because nobody can say what is in it.
    Undecodable,
    /// It does not pass: the expression failed on it.
    Failed,
}

impl Verdict {
    /// Whether the record is shown.
    pub fn is_shown(self) -> bool {
        matches!(self, Self::Match | Self::Undecodable)
    }
}

#[derive(Clone, Debug)]
enum Matcher {
    Text(TextFilter),
    Regex(RegexFilter),
    Jq(JqFilter),
}

/// A filter, ready to be asked.
#[derive(Clone, Debug)]
pub struct Filter {
    spec: FilterSpec,
    matcher: Matcher,
}

impl Filter {
    /// A filter by text; empty text lets everything through.
    pub fn text(needle: &str) -> Self {
        Self { spec: FilterSpec::new(FilterKind::Text, needle), matcher: Matcher::Text(TextFilter::new(needle)) }
    }

    /// Reads an expression. jq takes a millisecond and needs a stack of [`JQ_STACK_BYTES`] where the expression may be
    /// anything.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn compile(spec: &FilterSpec) -> Result<Self, FilterError> {
        let matcher = match spec.kind {
            FilterKind::Text => Matcher::Text(TextFilter::new(&spec.text)),
            FilterKind::Regex => Matcher::Regex(RegexFilter::new(&spec.text)?),
            FilterKind::Jq => Matcher::Jq(JqFilter::new(&spec.text)?),
        };
        Ok(Self { spec: spec.clone(), matcher })
    }

    /// What was asked for.
    pub fn spec(&self) -> &FilterSpec {
        &self.spec
    }

    /// What it says of the record.
    ///
    /// # Errors
    /// Where a jq expression does not come to an end; it would not on other records either.
    pub fn judge(&self, record: &Record) -> Result<Verdict, FilterError> {
        let Some(text) = record.decoded.text.as_deref().filter(|_| record.decoded.error.is_none()) else {
            return Ok(Verdict::Undecodable);
        };
        let passes = |is_in: &dyn Fn(&str) -> bool| {
            is_in(text) || is_in(record.partition_key.as_str()) || is_in(record.shard_id.as_str())
        };
        let is_match = match &self.matcher {
            Matcher::Text(filter) => passes(&|text| filter.is_in(text)),
            Matcher::Regex(filter) => passes(&|text| filter.is_in(text)),
            Matcher::Jq(filter) => return filter.judge(record, text),
        };
        Ok(if is_match { Verdict::Match } else { Verdict::Miss })
    }

    /// Where a piece of shown text matches, in bytes, from left to right, without overlap. jq matches no piece of text.
    pub fn ranges_in(&self, shown: &str) -> Vec<Range<usize>> {
        match &self.matcher {
            Matcher::Text(filter) => filter.ranges_in(shown),
            Matcher::Regex(filter) => filter.ranges_in(shown),
            Matcher::Jq(_) => Vec::new(),
        }
    }

    /// Whether the expression names this path of a value, as [`super::json_tree::JsonTree::path`] writes it.
    pub fn names_path(&self, path: &str) -> bool {
        match &self.matcher {
            Matcher::Jq(filter) => filter.names_path(path),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
