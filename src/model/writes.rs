//! What can be changed in a stream but for its shards: records put, metrics switched; and how far each change has come.

use super::answer::Problem;
use super::connection::ConnectionInfo;
use super::hash_range::HashKey;
use super::ids::{PartitionKey, SequenceNumber, ShardId, StreamName};
use super::limits::PARTITION_KEY_MAX_CHARS;
use super::time::{Millis, Timestamp};

/// One record to put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutEntry {
    /// Decides the shard by its MD5, unless there is an explicit hash key.
    pub partition_key: PartitionKey,
    /// Overrides the MD5 of the partition key.
    pub explicit_hash_key: Option<HashKey>,
    /// The bytes.
    pub data: Vec<u8>,
}

impl PutEntry {
    /// Where the record lands in the key space.
    pub fn hash_key(&self) -> HashKey {
        self.explicit_hash_key.unwrap_or_else(|| HashKey::of_partition_key(self.partition_key.as_str()))
    }

    /// Data and key together: what the limits count.
    pub fn size_bytes(&self) -> usize {
        self.data.len() + self.partition_key.as_str().len()
    }

    /// Checks what can be checked before AWS does.
    ///
    /// # Errors
    /// One sentence that names the field and its limit.
    pub fn check(&self, max_record_bytes: usize) -> Result<(), String> {
        let chars = self.partition_key.as_str().chars().count();
        if chars == 0 {
            return Err("The partition key is empty: give 1 to 256 characters.".to_owned());
        }
        if chars > PARTITION_KEY_MAX_CHARS {
            return Err(format!(
                "The partition key has {chars} characters; at most {PARTITION_KEY_MAX_CHARS} are allowed."
            ));
        }
        if self.size_bytes() > max_record_bytes {
            return Err(format!(
                "Data and key take {} bytes; the stream allows {max_record_bytes}.",
                super::format::grouped(self.size_bytes() as i64)
            ));
        }
        Ok(())
    }
}

/// Records that were typed, and how they are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutWish {
    /// The records, in order.
    pub entries: Vec<PutEntry>,
    /// What a shard refuses for its rate is sent again, after a while.
    pub is_retried: bool,
}

impl PutWish {
    /// Sends what is refused for its rate again.
    pub fn new(entries: Vec<PutEntry>) -> Self {
        Self { entries, is_retried: true }
    }
}

/// What became of one entry of a `PutRecords`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// The stream has it.
    Accepted {
        /// Where it landed.
        shard_id: ShardId,
        /// Its sequence number.
        sequence_number: SequenceNumber,
    },
    /// The stream does not have it.
    Refused {
        /// `ProvisionedThroughputExceededException` or `InternalFailure`.
        code: String,
        /// AWS's message.
        message: String,
    },
}

impl PutOutcome {
    /// Whether the stream has the record.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted { .. })
    }
}

/// An acknowledged control call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// AWS's id of the request, for support and CloudTrail.
    pub request_id: Option<String>,
}

/// One injected record and what became of it.
#[derive(Clone, Debug)]
pub struct InjectRow {
    /// Its key.
    pub partition_key: PartitionKey,
    /// What decided its shard in place of the key.
    pub explicit_hash_key: Option<HashKey>,
    /// Waits before each further attempt; its length is the number of failed attempts.
    pub waits: Vec<Millis>,
    /// The end; `None` while it is under way.
    pub outcome: Option<Result<PutOutcome, Problem>>,
    /// From the first attempt to the end.
    pub took: Millis,
}

/// One run of the injection dialog.
#[derive(Clone, Debug)]
pub struct InjectRun {
    /// The stream.
    pub stream: StreamName,
    /// When it began.
    pub started: Timestamp,
    /// Each record.
    pub rows: Vec<InjectRow>,
    /// Whether it has ended.
    pub is_done: bool,
}

/// Shard-level metrics of a stream, to be switched on or off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitoringChange {
    /// The stream.
    pub stream: StreamName,
    /// On, or off.
    pub enable: bool,
}

impl MonitoringChange {
    /// The API operation.
    pub fn operation(&self) -> &'static str {
        if self.enable { "EnableEnhancedMonitoring" } else { "DisableEnhancedMonitoring" }
    }

    /// The same as an AWS CLI line.
    pub fn cli(&self, connection: &ConnectionInfo) -> String {
        let verb = if self.enable { "enable-enhanced-monitoring" } else { "disable-enhanced-monitoring" };
        let options = [("stream-name", self.stream.as_str()), ("shard-level-metrics", "ALL")];
        super::activity::cli_line(verb, &options, connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, len: usize) -> PutEntry {
        PutEntry { partition_key: PartitionKey::from(key), explicit_hash_key: None, data: vec![0; len] }
    }

    #[test]
    fn keys_count_in_characters_and_records_in_bytes() {
        assert!(entry(&"한".repeat(256), 1).check(1_048_576).is_ok());
        assert!(entry(&"한".repeat(257), 1).check(1_048_576).is_err());
        assert!(entry("", 1).check(1_048_576).is_err());
        assert!(entry("k", 1_048_575).check(1_048_576).is_ok());
        assert!(entry("k", 1_048_576).check(1_048_576).is_err());
    }
}
