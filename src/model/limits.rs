//! The limits of Kinesis Data Streams that figures are held against. Where AWS mixes MB and MiB, the limit is MiB:
//! that is what is enforced and what AWS's own hot shard advisor uses.

/// Sustained write limit of one shard, partition keys included (API: `PutRecords`).
pub const SHARD_WRITE_BYTES_PER_SEC: f64 = 1_048_576.0;
/// Sustained write limit of one shard in records (API: `PutRecords`).
pub const SHARD_WRITE_RECORDS_PER_SEC: f64 = 1_000.0;
/// Read limit of one shard, shared by all polling consumers (API: `GetRecords`).
pub const SHARD_READ_BYTES_PER_SEC: f64 = 2_097_152.0;
/// `GetRecords` calls a second and shard, shared by all polling consumers.
pub const SHARD_READ_CALLS_PER_SEC: u32 = 5;
/// Most records that one `GetRecords` answers.
pub const GET_RECORDS_MAX_RECORDS: i32 = 10_000;
/// A record is billed in PUT payload units of 25 KB, begun ones whole. Taken as 25 KiB, as the pricing page's examples do.
pub const PUT_UNIT_BYTES: usize = 25 * 1_024;
/// Price of a million PUT payload units, list price us-east-1, as remembered in 2026.
pub const PUT_UNIT_DOLLARS_PER_MILLION: f64 = 0.014;
/// A shard iterator is refused this long after it was issued.
pub const ITERATOR_LIFETIME_SECONDS: i64 = 300;
/// Entries of one `PutRecords`.
pub const PUT_RECORDS_MAX_ENTRIES: usize = 500;
/// Bytes of one `PutRecords`, keys included.
pub const PUT_RECORDS_MAX_BYTES: usize = 10 * 1_048_576;
/// Longest partition key in Unicode characters, not bytes.
pub const PARTITION_KEY_MAX_CHARS: usize = 256;
/// Record size that every stream accepts, data and key together (`MaxRecordSizeInKiB` 1024).
pub const RECORD_MAX_BYTES_DEFAULT: usize = 1_048_576;
/// Queries of one `GetMetricData`.
pub const GET_METRIC_DATA_MAX_QUERIES: usize = 500;
/// Data points of one page of `GetMetricData`.
pub const GET_METRIC_DATA_MAX_POINTS: usize = 100_800;
/// Data points a second and account that `GetMetricData` answers for spans that begin at most 3 hours ago.
pub const GET_METRIC_DATA_RECENT_POINTS_PER_SEC: f64 = 180_000.0;
/// The same for spans that begin earlier.
pub const GET_METRIC_DATA_POINTS_PER_SEC: f64 = 396_000.0;
/// How long after its end CloudWatch may still add to a period. AWS names no figure; three minutes are
/// this program's choice.
pub const METRIC_SETTLES_MILLIS: i64 = 180_000;
/// CloudWatch price of one requested metric, list price us-east-1, as remembered in 2026.
pub const GET_METRIC_DATA_DOLLARS_PER_METRIC: f64 = 0.01 / 1_000.0;
/// Metrics that enhanced monitoring has for each shard (API: `EnableEnhancedMonitoring`).
pub const SHARD_METRICS: [&str; 7] = [
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
];
/// CloudWatch price of one custom metric a month, which each shard-level metric is billed as; list price us-east-1 of the
/// first 10,000, as remembered in 2026.
pub const SHARD_METRIC_DOLLARS_PER_MONTH: f64 = 0.30;

/// Successful `UpdateShardCount` calls of a stream in 24 hours.
pub const SCALINGS_PER_DAY: usize = 10;

/// Share of a limit at which a figure is a warning.
pub const WARN_SHARE: f64 = 0.8;
/// Share of a limit at which a figure is critical.
pub const CRITICAL_SHARE: f64 = 1.0;
/// Iterator age at which a reader is behind (AWS's suggested alarm).
pub const ITERATOR_AGE_WARN_MILLIS: f64 = 60_000.0;
/// Iterator age at which a reader is far behind.
pub const ITERATOR_AGE_CRITICAL_MILLIS: f64 = 300_000.0;
/// Hours of a month, as AWS's own calculator counts them.
pub const HOURS_PER_MONTH: f64 = 730.0;
/// An open shard of a provisioned stream, dollars an hour; list price us-east-1, as remembered in 2026 (Kinesis Data Streams
/// pricing page, as all prices here).
pub const SHARD_DOLLARS_PER_HOUR: f64 = 0.015;
/// Retention from 24 hours to 7 days of a provisioned stream, dollars a shard and hour on top of the shard's own; list price
/// us-east-1, as remembered in 2026.
pub const EXTENDED_RETENTION_DOLLARS_PER_SHARD_HOUR: f64 = 0.020;
/// Enhanced fan-out of a provisioned stream, dollars per consumer, shard and hour; list price us-east-1, as remembered in
/// 2026.
pub const FAN_OUT_DOLLARS_PER_SHARD_HOUR: f64 = 0.015;
/// The same, dollars per GB that is read.
pub const FAN_OUT_DOLLARS_PER_GB: f64 = 0.013;
/// Enhanced fan-out of an on-demand stream, dollars per GB that is read; list price us-east-1, as remembered in 2026.
pub const FAN_OUT_ON_DEMAND_DOLLARS_PER_GB: f64 = 0.05;
