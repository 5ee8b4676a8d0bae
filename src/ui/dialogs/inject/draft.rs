//! What is typed into the dialog, and the record it stands for. Pure.

use crate::model::hash_range::HashKey;
use crate::model::ids::PartitionKey;
use crate::model::writes::PutEntry;

/// A record as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// As typed.
    pub partition_key: String,
    /// As typed; empty is none.
    pub explicit: String,
    /// The data, where it is text.
    pub data: String,
    /// Data that is no text and goes as it is, until it is replaced.
    pub binary: Option<Vec<u8>>,
}

impl Draft {
    /// The draft of a record.
    pub fn from_entry(entry: &PutEntry) -> Self {
        let (data, binary) = match std::str::from_utf8(&entry.data) {
            Ok(text) => (text.to_owned(), None),
            Err(_) => (String::new(), Some(entry.data.clone())),
        };
        Self {
            partition_key: entry.partition_key.to_string(),
            explicit: entry.explicit_hash_key.map_or_else(String::new, |key| key.to_string()),
            data,
            binary,
        }
    }

    /// Data and key together: what the limits count.
    pub fn size_bytes(&self) -> usize {
        self.binary.as_ref().map_or(self.data.len(), Vec::len) + self.partition_key.len()
    }

    /// What is wrong with the explicit hash key.
    pub fn explicit_problem(&self) -> Option<String> {
        self.explicit_hash_key().err()
    }

    fn explicit_hash_key(&self) -> Result<Option<HashKey>, String> {
        match self.explicit.trim() {
            "" => Ok(None),
            text => HashKey::parse(text).map(Some),
        }
    }

    /// Where the record lands; `None` while there is no key, or a wrong one.
    pub fn hash_key(&self) -> Option<HashKey> {
        match self.explicit_hash_key() {
            Ok(Some(key)) => Some(key),
            Ok(None) if !self.partition_key.is_empty() => Some(HashKey::of_partition_key(&self.partition_key)),
            _ => None,
        }
    }

    /// The record, where it can be sent.
    ///
    /// # Errors
    /// One sentence that names the field and what is wrong with it.
    pub fn entry(&self, max_bytes: usize) -> Result<PutEntry, String> {
        let explicit_hash_key = self.explicit_hash_key()?;
        // Measured before it is copied: a text of many MiB is not copied in every frame only to be refused.
        let size_only = PutEntry {
            partition_key: PartitionKey::from(self.partition_key.as_str()),
            explicit_hash_key,
            data: Vec::new(),
        };
        size_only.check(max_bytes)?;
        if self.size_bytes() > max_bytes {
            return Err(format!(
                "Data and key take {} bytes; the stream allows {max_bytes}.",
                crate::model::format::grouped(self.size_bytes() as i64)
            ));
        }
        let data = self.binary.clone().unwrap_or_else(|| self.data.clone().into_bytes());
        if data.is_empty() {
            return Err("There is no data yet.".to_owned());
        }
        Ok(PutEntry { data, ..size_only })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_becomes_the_record_it_was_made_from() {
        for data in [b"{\"a\":1}".to_vec(), vec![0xff, 0x00, 0x8b]] {
            let entry =
                PutEntry { partition_key: PartitionKey::from("tenant-9"), explicit_hash_key: Some(HashKey(7)), data };
            assert_eq!(Draft::from_entry(&entry).entry(1_048_576), Ok(entry));
        }
    }

    #[test]
    fn an_explicit_hash_key_goes_before_the_md5() {
        let mut draft = Draft { partition_key: "test".to_owned(), data: "x".to_owned(), ..Draft::default() };
        assert_eq!(draft.hash_key(), Some(HashKey::of_partition_key("test")));
        draft.explicit = "0xff".to_owned();
        assert_eq!(draft.hash_key(), Some(HashKey(255)));
        draft.explicit = "many".to_owned();
        assert_eq!(draft.hash_key(), None);
        assert!(draft.entry(99).is_err());
    }

    #[test]
    fn records_beyond_the_limit_are_refused_with_their_size() {
        let draft = Draft { partition_key: "k".to_owned(), data: "x".repeat(1_048_576), ..Draft::default() };
        assert!(draft.entry(1_048_576).is_err_and(|reason| reason.contains("1,048,577")));
    }
}
