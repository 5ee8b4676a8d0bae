//! A stream as `DescribeStreamSummary` tells it.

use super::ids::StreamName;
use super::time::Timestamp;

/// Life of a stream. Reads and writes go on while it is updating; most control calls need it active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamStatus {
    /// Being made; takes nothing yet.
    Creating,
    /// Ready for everything.
    Active,
    /// Resharding or changing a setting.
    Updating,
    /// Going away, with all its data.
    Deleting,
    /// A status this program does not know, as it came.
    Other(String),
}

impl StreamStatus {
    /// As AWS spells it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
            Self::Updating => "UPDATING",
            Self::Deleting => "DELETING",
            Self::Other(text) => text,
        }
    }

    /// Reads AWS's spelling.
    pub fn from_aws(text: &str) -> Self {
        match text {
            "CREATING" => Self::Creating,
            "ACTIVE" => Self::Active,
            "UPDATING" => Self::Updating,
            "DELETING" => Self::Deleting,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// How capacity is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamMode {
    /// Shards are paid for and managed by hand.
    Provisioned,
    /// Shards are managed by AWS.
    OnDemand,
    /// Not said by the server.
    Unknown,
}

impl StreamMode {
    /// For a table.
    pub fn label(self) -> &'static str {
        match self {
            Self::Provisioned => "Provisioned",
            Self::OnDemand => "On-demand",
            Self::Unknown => "—",
        }
    }
}

/// Server-side encryption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Records lie unencrypted.
    None,
    /// Encrypted under this KMS key.
    Kms {
        /// Id, ARN or alias of the key.
        key_id: String,
    },
}

/// Everything that one `DescribeStreamSummary` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSummary {
    /// Name.
    pub name: StreamName,
    /// Amazon Resource Name; empty where the server gives none.
    pub arn: String,
    /// Where its life stands.
    pub status: StreamStatus,
    /// How capacity is bought.
    pub mode: StreamMode,
    /// Shards that take writes.
    pub open_shard_count: u32,
    /// How long records are kept, in hours.
    pub retention_hours: u32,
    /// Encryption at rest.
    pub encryption: Encryption,
    /// Shard-level metrics that are switched on (`IncomingBytes`, …), or `ALL`.
    pub enhanced_metrics: Vec<String>,
    /// Registered enhanced fan-out consumers; `None` where the server does not say.
    pub consumer_count: Option<u32>,
    /// Largest record in KiB; `None` means 1,024.
    pub max_record_size_kib: Option<u32>,
    /// When it was made.
    pub created: Option<Timestamp>,
}

impl StreamSummary {
    /// Whether a shard-level metric is switched on.
    pub fn has_shard_metric(&self, name: &str) -> bool {
        self.enhanced_metrics.iter().any(|metric| metric == name || metric == "ALL")
    }

    /// Largest record in bytes, data and key together.
    pub fn max_record_bytes(&self) -> usize {
        self.max_record_size_kib.map_or(super::limits::RECORD_MAX_BYTES_DEFAULT, |kib| kib as usize * 1024)
    }
}
