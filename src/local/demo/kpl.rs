//! Aggregates as the Kinesis Producer Library writes them: magic, protobuf, MD5 of the protobuf
//! (amazon-kinesis-producer, `aggregation-format.md`).

use md5::{Digest, Md5};
use prost::Message;

const MAGIC: [u8; 4] = [0xF3, 0x89, 0x9A, 0xC2];

#[derive(Clone, PartialEq, Message)]
struct AggregatedRecord {
    #[prost(string, repeated, tag = "1")]
    partition_key_table: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    explicit_hash_key_table: Vec<String>,
    #[prost(message, repeated, tag = "3")]
    records: Vec<UserRecord>,
}

#[derive(Clone, PartialEq, Message)]
struct UserRecord {
    #[prost(uint64, required, tag = "1")]
    partition_key_index: u64,
    #[prost(uint64, optional, tag = "2")]
    explicit_hash_key_index: Option<u64>,
    #[prost(bytes = "vec", required, tag = "3")]
    data: Vec<u8>,
}

/// One aggregate of user records, each with its key and, where it has one, its explicit hash key.
pub(super) fn aggregate(records: Vec<(&str, Option<u128>, Vec<u8>)>) -> Vec<u8> {
    let mut aggregated = AggregatedRecord::default();
    for (key, explicit, data) in records {
        let partition_key_index = index_in(&mut aggregated.partition_key_table, key);
        let explicit_hash_key_index =
            explicit.map(|hash| index_in(&mut aggregated.explicit_hash_key_table, &hash.to_string()));
        aggregated.records.push(UserRecord { partition_key_index, explicit_hash_key_index, data });
    }
    let body = aggregated.encode_to_vec();
    let mut out = Vec::with_capacity(body.len() + 20);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&body);
    out.extend_from_slice(&Md5::digest(&body));
    out
}

fn index_in(table: &mut Vec<String>, text: &str) -> u64 {
    let index = table.iter().position(|other| other == text).unwrap_or_else(|| {
        table.push(text.to_owned());
        table.len() - 1
    });
    index as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aggregate_is_written_as_the_library_writes_it() {
        let bytes = aggregate(vec![("pk-a", None, b"hello".to_vec()), ("pk-b", Some(0), b"world".to_vec())]);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "f3899ac20a04706b2d610a04706b2d621201301a0908001a0568656c6c6f1a0b080110001a05776f726c64\
             4fa9f7d3fdf43ea61573fa19339eca61"
        );
    }
}
