//! KPL aggregates (`aggregation-format.md` of amazon-kinesis-producer): `F3 89 9A C2`, a protobuf message, and the MD5 of
//! the message. Whatever does not fit is no aggregate and stays whole, with a warning, as the KCL treats it.

use md5::{Digest, Md5};
use prost::Message;

use super::aggregate::{CHECKSUM_BYTES, MAGIC};
use crate::model::ids::PartitionKey;
use crate::model::writes::PutEntry;

/// `AggregatedRecord` of `messages.proto` (proto2).
#[derive(Clone, PartialEq, Message)]
struct AggregatedRecord {
    #[prost(string, repeated, tag = "1")]
    partition_key_table: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    explicit_hash_key_table: Vec<String>,
    #[prost(message, repeated, tag = "3")]
    records: Vec<UserRecordMessage>,
}

/// `Record` of `messages.proto`; its tags are not used by anyone.
#[derive(Clone, PartialEq, Message)]
struct UserRecordMessage {
    #[prost(uint64, required, tag = "1")]
    partition_key_index: u64,
    #[prost(uint64, optional, tag = "2")]
    explicit_hash_key_index: Option<u64>,
    #[prost(bytes = "vec", required, tag = "3")]
    data: Vec<u8>,
}

/// One user record of an aggregate.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UserRecord {
    /// Its own key.
    pub partition_key: PartitionKey,
    /// Its own bytes.
    pub data: Vec<u8>,
}

/// The user records in their order; `None` where the data does not begin like an aggregate.
///
/// # Errors
/// A warning where it begins like one but is none.
pub(super) fn split(data: &[u8], max_records: usize) -> Result<Option<Vec<UserRecord>>, String> {
    let Some(rest) = data.strip_prefix(&MAGIC) else { return Ok(None) };
    let Some((body, checksum)) =
        rest.len().checked_sub(CHECKSUM_BYTES).filter(|at| *at > 0).map(|at| rest.split_at(at))
    else {
        return Err(format!("KPL aggregate of {} bytes is too short to carry its checksum", data.len()));
    };
    if Md5::digest(body)[..] != *checksum {
        return Err("KPL aggregate whose checksum (MD5) does not match: not taken apart".to_owned());
    }
    let message =
        AggregatedRecord::decode(body).map_err(|error| format!("KPL aggregate that does not parse: {error}"))?;
    if message.records.is_empty() {
        return Err("KPL aggregate without a user record".to_owned());
    }
    if message.records.len() > max_records {
        return Err(format!(
            "KPL aggregate of {} user records, more than {max_records}: not taken apart",
            message.records.len()
        ));
    }
    let keys: Vec<PartitionKey> = message.partition_key_table.into_iter().map(PartitionKey::from).collect();
    let hash_keys = message.explicit_hash_key_table.len() as u64;
    let mut users = Vec::with_capacity(message.records.len());
    for (place, user) in message.records.into_iter().enumerate() {
        let key = usize::try_from(user.partition_key_index).ok().and_then(|at| keys.get(at));
        let (Some(key), true) = (key, user.explicit_hash_key_index.is_none_or(|at| at < hash_keys)) else {
            return Err(format!("KPL aggregate whose user record {place} names a key that is not in its table"));
        };
        users.push(UserRecord { partition_key: key.clone(), data: user.data });
    }
    Ok(Some(users))
}

/// User records as one aggregate, each under its own key; their explicit hash keys go along.
pub fn pack(records: &[PutEntry]) -> Vec<u8> {
    let mut message = AggregatedRecord::default();
    let place_of = |table: &mut Vec<String>, name: &str| {
        let at = table.iter().position(|known| known == name).unwrap_or_else(|| {
            table.push(name.to_owned());
            table.len() - 1
        });
        at as u64
    };
    for record in records {
        let hash_key = record.explicit_hash_key.map(|key| key.to_string());
        let user = UserRecordMessage {
            partition_key_index: place_of(&mut message.partition_key_table, record.partition_key.as_str()),
            explicit_hash_key_index: hash_key.map(|key| place_of(&mut message.explicit_hash_key_table, &key)),
            data: record.data.clone(),
        };
        message.records.push(user);
    }
    sealed(&message)
}

fn sealed(message: &AggregatedRecord) -> Vec<u8> {
    let body = message.encode_to_vec();
    let checksum = Md5::digest(&body);
    [&MAGIC[..], &body, &checksum[..]].concat()
}

#[cfg(test)]
pub(crate) fn aggregate(keys: &[&str], records: &[(u64, &[u8])]) -> Vec<u8> {
    let user = |(key, data): &(u64, &[u8])| UserRecordMessage {
        partition_key_index: *key,
        explicit_hash_key_index: None,
        data: data.to_vec(),
    };
    sealed(&AggregatedRecord {
        partition_key_table: keys.iter().map(|key| (*key).to_owned()).collect(),
        explicit_hash_key_table: Vec::new(),
        records: records.iter().map(user).collect(),
    })
}
