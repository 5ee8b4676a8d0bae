//! Identifiers, each a type of its own so that two strings cannot be mixed up.
//!
//! They are shared strings: a clone costs a reference count, since every record carries three of them.

use std::{cmp::Ordering, fmt, sync::Arc};

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The identifier exactly as AWS spells it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(Arc::from(text))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(Arc::from(text))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(deserializer).map(Self::from)
            }
        }
    };
}

identifier! {
    /// The name of a stream, unique in one account and Region.
    #[derive(PartialOrd, Ord)]
    StreamName
}

identifier! {
    /// `shardId-000000000007`. Unique in one stream for ever: a closed shard's id is never used again.
    #[derive(PartialOrd, Ord)]
    ShardId
}

identifier! {
    /// 1 to 256 Unicode characters; its MD5 decides the shard.
    #[derive(PartialOrd, Ord)]
    PartitionKey
}

identifier! {
    /// A decimal number of up to 129 digits that grows within one shard. Goes back to AWS exactly as it came;
    /// compared as a number, never as text, since some servers pad it with zeros.
    SequenceNumber
}

impl ShardId {
    /// The last four characters behind an ellipsis, `…0007`: how a shard is named where its stream is known.
    pub fn short(&self) -> String {
        format!("…{}", self.tail_digits())
    }

    /// The last four characters, `0007`.
    pub fn tail_digits(&self) -> &str {
        let text = self.as_str();
        let start = text.char_indices().rev().nth(3).map_or(0, |(index, _)| index);
        text.get(start..).unwrap_or(text)
    }
}

impl SequenceNumber {
    fn digits(&self) -> &str {
        self.as_str().trim_start_matches('0')
    }
}

impl Ord for SequenceNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mine, theirs) = (self.digits(), other.digits());
        mine.len().cmp(&theirs.len()).then_with(|| mine.cmp(theirs)).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for SequenceNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_compare_as_numbers() {
        let small = SequenceNumber::from("9");
        let large = SequenceNumber::from("10");
        let padded = SequenceNumber::from("000000000011");
        assert!(small < large);
        assert!(large < padded);
    }

    #[test]
    fn short_shard_id_keeps_four_characters_of_any_text() {
        assert_eq!(ShardId::from("shardId-000000000007").short(), "…0007");
        assert_eq!(ShardId::from("é1").short(), "…é1");
        assert_eq!(ShardId::from("").short(), "…");
    }
}
