//! What is shown of a tail: a filter that says yes or no to a record, and an index that keeps the answers while the store
//! grows and forgets.

mod index;
mod text;

pub use index::FilterIndex;
pub use text::TextFilter;

use std::ops::Range;

use super::record::Record;

/// A filter, ready to be asked.
#[derive(Clone, Debug)]
pub enum Filter {
    /// Text that must occur, whatever its case.
    Text(TextFilter),
}

impl Filter {
    /// A filter by text; empty text lets everything through.
    pub fn text(needle: &str) -> Self {
        Self::Text(TextFilter::new(needle))
    }

    /// Whether the record is shown. One that could not be decoded always is: nobody can say what is in it.
    pub fn matches(&self, record: &Record) -> bool {
        if record.decoded.error.is_some() || record.decoded.text.is_none() {
            return true;
        }
        match self {
            Self::Text(text) => {
                text.is_in(record.partition_key.as_str())
                    || text.is_in(record.shard_id.as_str())
                    || record.decoded.text.as_deref().is_some_and(|decoded| text.is_in(decoded))
            }
        }
    }

    /// Where a piece of shown text matches, in bytes, from left to right, without overlap.
    pub fn ranges_in(&self, shown: &str) -> Vec<Range<usize>> {
        match self {
            Self::Text(text) => text.ranges_in(shown),
        }
    }

    /// The filter as the person wrote it.
    pub fn source(&self) -> &str {
        match self {
            Self::Text(text) => text.source(),
        }
    }
}
