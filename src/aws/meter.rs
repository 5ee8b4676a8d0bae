//! Counts what the program uses of AWS: every attempt of every call, with what it costs.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_kinesis::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_kinesis::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;

use crate::model::limits::GET_METRIC_DATA_DOLLARS_PER_METRIC;
use crate::model::meters::MeterSnapshot;
use crate::model::record::RawRecord;
use crate::model::time::{Millis, Timestamp};

/// The window of "calls per minute".
const MINUTE: Millis = Millis::from_secs(60);

/// Counts calls; all clones count into one.
#[derive(Clone, Debug, Default)]
pub struct CallMeter(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    /// Calls of the last minute, by second: seconds since the epoch and how many.
    recent: VecDeque<(i64, u64)>,
    total: u64,
    throttled: u64,
    metrics: u64,
    bytes_read: u64,
    billed_metrics: u64,
    by_operation: BTreeMap<String, u64>,
}

impl CallMeter {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count_call(&self, operation: &str) {
        let second = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        let mut counts = self.lock();
        counts.total += 1;
        *counts.by_operation.entry(operation.to_owned()).or_default() += 1;
        match counts.recent.back_mut() {
            Some((last, count)) if *last == second => *count += 1,
            _ => counts.recent.push_back((second, 1)),
        }
        while counts.recent.front().is_some_and(|(at, _)| *at + 120 < second) {
            counts.recent.pop_front();
        }
    }

    /// Counts a call that was refused for its rate or throughput.
    fn count_throttled(&self) {
        self.lock().throttled += 1;
    }

    /// Counts metrics that were asked of CloudWatch, and whether they cost money.
    pub(super) fn count_metrics(&self, metrics: usize, is_billed: bool) {
        let mut counts = self.lock();
        counts.metrics += metrics as u64;
        counts.billed_metrics += if is_billed { metrics as u64 } else { 0 };
    }

    /// Counts the bytes of records that were read, keys included.
    pub(super) fn count_read(&self, records: &[RawRecord]) {
        let bytes: usize = records.iter().map(RawRecord::size_bytes).sum();
        self.lock().bytes_read += bytes as u64;
    }

    /// A reading as of `now`.
    pub fn snapshot(&self, now: Timestamp) -> MeterSnapshot {
        let counts = self.lock();
        let since = (now - MINUTE).as_secs();
        let mut by_operation: Vec<_> = counts.by_operation.iter().map(|(name, count)| (name.clone(), *count)).collect();
        by_operation.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        MeterSnapshot {
            calls_per_minute: counts.recent.iter().filter(|(at, _)| *at > since).map(|(_, count)| count).sum(),
            calls_total: counts.total,
            throttled_total: counts.throttled,
            metrics_requested: counts.metrics,
            bytes_read: counts.bytes_read,
            dollars: counts.billed_metrics as f64 * GET_METRIC_DATA_DOLLARS_PER_METRIC,
            by_operation,
        }
    }
}

/// Hooks the meter into a client: called around each attempt, retries included.
#[derive(Debug)]
pub(super) struct Counting(pub(super) CallMeter);

impl Intercept for Counting {
    fn name(&self) -> &'static str {
        "Counting"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.count_call(bag.load::<Metadata>().map_or("?", Metadata::name));
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        if is_throttle(response.status().as_u16(), response.body().bytes().unwrap_or_default()) {
            self.0.count_throttled();
        }
        Ok(())
    }
}

/// Whether an answer refuses a call for its rate or throughput. Its code is looked for in the bytes, since the services
/// write it in JSON, CBOR and XML.
fn is_throttle(status: u16, body: &[u8]) -> bool {
    const CODES: [&[u8]; 3] = [b"ProvisionedThroughputExceeded", b"LimitExceeded", b"Throttling"];
    status == 429 || (status >= 400 && CODES.iter().any(|code| memchr::memmem::find(body, code).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_entry_of_an_accepted_call_is_no_throttled_call() {
        assert!(is_throttle(400, br#"{"__type":"LimitExceededException"}"#));
        assert!(!is_throttle(200, br#"{"Records":[{"ErrorCode":"ProvisionedThroughputExceededException"}]}"#));
        assert!(!is_throttle(400, br#"{"__type":"ResourceNotFoundException"}"#));
    }

    #[test]
    fn metrics_become_dollars() {
        let meter = CallMeter::default();
        meter.clone().count_metrics(1_204, true);
        meter.count_metrics(500, false);
        meter.count_call("GetRecords");
        let now = Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).expect("clock").as_millis() as i64);
        let reading = meter.snapshot(now);
        assert_eq!(reading.metrics_requested, 1_704);
        assert!((reading.dollars - 0.012_04).abs() < 1e-9);
        assert_eq!(reading.calls_per_minute, 1);
        assert_eq!(meter.snapshot(now + Millis::from_secs(90)).calls_per_minute, 0);
    }
}
