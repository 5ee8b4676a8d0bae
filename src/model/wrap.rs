//! What is done to the data of records on their way out: nothing, gzip, or a KPL aggregate.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::decode::kpl_pack;
use super::writes::PutEntry;

/// What is done to the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrap {
    /// It goes as it is.
    #[default]
    Plain,
    /// Each record's data is one gzip member, as CloudWatch Logs sends it.
    Gzip,
    /// User records go together in one record, as the Kinesis Producer Library sends them.
    Kpl,
}

impl Wrap {
    /// All, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Gzip, Self::Kpl];

    /// Its name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Plain => "As it is",
            Self::Gzip => "gzip",
            Self::Kpl => "KPL aggregate",
        }
    }

    /// The records that are sent for these. An aggregate takes the key of its first user record, and holds as many as fit
    /// into `max_bytes` with it; one that is too large alone is left for the check of sizes to refuse.
    pub fn wrap(self, entries: Vec<PutEntry>, max_bytes: usize) -> Vec<PutEntry> {
        match self {
            Self::Plain => entries,
            Self::Gzip => entries.into_iter().map(|entry| PutEntry { data: gzip(&entry.data), ..entry }).collect(),
            Self::Kpl => {
                let mut out = Vec::new();
                let mut held: Vec<PutEntry> = Vec::new();
                let mut bytes = 0;
                for entry in entries {
                    // A user record costs its bytes, its key and less than so much more.
                    let size = entry.size_bytes() + USER_RECORD_OVERHEAD;
                    if !held.is_empty() && bytes + size > max_bytes {
                        out.extend(aggregate(&std::mem::take(&mut held)));
                        bytes = 0;
                    }
                    bytes += size;
                    held.push(entry);
                }
                out.extend(aggregate(&held));
                out
            }
        }
    }
}

/// Tags and lengths of one user record, its places in both tables, a hash key of 39 digits, and its part of the frame.
const USER_RECORD_OVERHEAD: usize = 128;

fn aggregate(records: &[PutEntry]) -> Option<PutEntry> {
    let first = records.first()?;
    let data = kpl_pack(records);
    Some(PutEntry { partition_key: first.partition_key.clone(), explicit_hash_key: first.explicit_hash_key, data })
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing into memory does not fail; if it did, an empty member would be refused by the reader, not taken for data.
    let _ = encoder.write_all(data);
    encoder.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::model::hash_range::HashKey;
    use crate::model::ids::PartitionKey;

    fn entry(key: &str, data: &[u8]) -> PutEntry {
        PutEntry { partition_key: PartitionKey::from(key), explicit_hash_key: None, data: data.to_vec() }
    }

    #[test]
    fn an_aggregate_is_byte_for_byte_what_the_producer_library_makes() {
        let mut second = entry("pk-b", b"world");
        second.explicit_hash_key = Some(HashKey(0));
        let out = Wrap::Kpl.wrap(vec![entry("pk-a", b"hello"), second], 1_048_576);
        let hex: String = out[0].data.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "f3899ac20a04706b2d610a04706b2d621201301a0908001a0568656c6c6f1a0b080110001a05776f726c644fa9f7d3fdf43ea61573fa19339eca61"
        );
        assert_eq!((out.len(), out[0].partition_key.as_str()), (1, "pk-a"));
    }

    #[test]
    fn aggregates_stay_within_the_record_size_and_gzip_comes_back() {
        let many: Vec<PutEntry> = (0..50).map(|_| entry("k", &[7; 1_000])).collect();
        let out = Wrap::Kpl.wrap(many, 10_000);
        assert!(out.len() > 5 && out.iter().all(|entry| entry.size_bytes() <= 10_000));
        assert!(Wrap::Kpl.wrap(Vec::new(), 10).is_empty());
        let out = Wrap::Gzip.wrap(vec![entry("k", b"log")], 10);
        let mut text = String::new();
        flate2::read::GzDecoder::new(&out[0].data[..]).read_to_string(&mut text).expect("gzip");
        assert_eq!(text, "log");
    }
}
