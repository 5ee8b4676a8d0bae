//! What this program itself uses of AWS: calls, throttles, metrics and dollars.

/// A reading of the call meter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeterSnapshot {
    /// API calls of the last 60 seconds.
    pub calls_per_minute: u64,
    /// API calls since the program started.
    pub calls_total: u64,
    /// Calls that were refused for their rate or throughput.
    pub throttled_total: u64,
    /// Metrics requested of CloudWatch with `GetMetricData`.
    pub metrics_requested: u64,
    /// Bytes of records that were read, keys included.
    pub bytes_read: u64,
    /// What the metrics cost at list price.
    pub dollars: f64,
    /// Calls by operation, most first.
    pub by_operation: Vec<(String, u64)>,
}
