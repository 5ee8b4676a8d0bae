//! The names of what bytes turn out to be, as steps of a chain.

/// One step of the decoding chain, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A user record of a KPL aggregate.
    Kpl,
    /// Gzip.
    Gzip,
    /// Zlib.
    Zlib,
    /// Zstandard.
    Zstd,
    /// The frame format of LZ4.
    Lz4,
    /// The frame format of Snappy.
    Snappy,
    /// Snappy without a frame; it has no mark of its own, see [`super::decode`].
    SnappyRaw,
    /// The whole data as base64 text.
    Base64,
    /// The header of the AWS Glue Schema Registry.
    Glue,
    /// The header of the Confluent Schema Registry: one zero byte and the number of a schema. A weak mark.
    Confluent,
    /// JSON text.
    Json,
    /// Several JSON values, one a line or one behind the other.
    Ndjson,
    /// The envelope of a CloudWatch Logs subscription.
    CloudWatchLogs,
    /// A change event of DynamoDB, its typed attributes written plainly.
    DynamoDb,
    /// MessagePack, written as JSON.
    MessagePack,
    /// CBOR, written as JSON.
    Cbor,
    /// An object container of Avro: named, not decoded.
    Avro,
    /// Parquet: named, not decoded.
    Parquet,
    /// Bzip2: named, not unpacked.
    Bzip2,
    /// XZ: named, not unpacked.
    Xz,
    /// UTF-8 text.
    Text,
    /// None of these: shown as hexadecimal.
    Binary,
}

impl Step {
    /// As written in output, `"kpl"`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Kpl => "kpl",
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
            Self::Snappy => "snappy",
            Self::SnappyRaw => "snappy-raw",
            Self::Base64 => "base64",
            Self::Glue => "glue",
            Self::Confluent => "confluent",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::CloudWatchLogs => "cloudwatch-logs",
            Self::DynamoDb => "dynamodb",
            Self::MessagePack => "msgpack",
            Self::Cbor => "cbor",
            Self::Avro => "avro",
            Self::Parquet => "parquet",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Text => "text",
            Self::Binary => "binary",
        }
    }

    /// As a person reads it, `CloudWatch Logs`.
    pub fn title(self) -> &'static str {
        match self {
            Self::Kpl => "KPL",
            Self::Lz4 => "LZ4",
            Self::SnappyRaw => "snappy",
            Self::Glue => "Glue schema",
            Self::Confluent => "Confluent schema",
            Self::Json => "JSON",
            Self::Ndjson => "NDJSON",
            Self::CloudWatchLogs => "CloudWatch Logs",
            Self::DynamoDb => "DynamoDB change",
            Self::MessagePack => "MessagePack",
            Self::Cbor => "CBOR",
            Self::Avro => "Avro container",
            Self::Parquet => "Parquet",
            Self::Xz => "XZ",
            other => other.label(),
        }
    }

    /// Whether the text behind this step is one JSON value.
    pub fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::CloudWatchLogs | Self::DynamoDb | Self::MessagePack | Self::Cbor)
    }

    /// Whether the text behind this step is written anew, not the bytes that were sent.
    pub fn rewrites(self) -> bool {
        matches!(self, Self::DynamoDb | Self::MessagePack | Self::Cbor)
    }
}

/// What the bytes of records are taken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecodeAs {
    /// Whatever they turn out to be.
    #[default]
    Auto,
    /// JSON or NDJSON, packed or not.
    Json,
    /// Text, packed or not; bytes that are no UTF-8 become U+FFFD, and it is said.
    Text,
    /// MessagePack, packed or not.
    MessagePack,
    /// CBOR, packed or not.
    Cbor,
    /// Bytes: nothing is looked into, aggregates stay whole.
    Hex,
}

impl DecodeAs {
    /// All, in the order of a menu.
    pub const ALL: [Self; 6] = [Self::Auto, Self::Json, Self::Text, Self::MessagePack, Self::Cbor, Self::Hex];

    /// As a person reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Auto => "Auto",
            Self::Json => "JSON",
            Self::Text => "Text",
            Self::MessagePack => "MessagePack",
            Self::Cbor => "CBOR",
            Self::Hex => "Hex",
        }
    }
}
