//! Switching shard-level metrics on and off. CloudWatch bills each as a custom metric, per shard and month.

use aws_sdk_kinesis::operation::RequestId;
use aws_sdk_kinesis::types::MetricsName;

use super::connect::Connection;
use super::error::Call;
use super::reshard::receipt;
use crate::model::answer::Problem;
use crate::model::ids::StreamName;
use crate::model::writes::Receipt;

impl Connection {
    /// Switches shard-level metrics on (`IncomingBytes`, …, or `ALL`). One `EnableEnhancedMonitoring` (5 a second and
    /// stream); the first figures come some minutes later.
    ///
    /// # Errors
    /// `InUse` when the stream is not active; `Invalid` for a name that is no metric.
    pub async fn enable_monitoring(&self, stream: &StreamName, metrics: &[&str]) -> Result<Receipt, Problem> {
        let call = self.kinesis_once().enable_enhanced_monitoring().stream_name(stream.as_str());
        let call = call.set_shard_level_metrics(Some(names(metrics)));
        let output = call
            .send()
            .await
            .map_err(|err| self.fail(&err, Call::kinesis("EnableEnhancedMonitoring", stream.as_str())))?;
        Ok(receipt(output.request_id()))
    }

    /// Switches shard-level metrics off. One `DisableEnhancedMonitoring` (5 a second and stream).
    ///
    /// # Errors
    /// As [`Connection::enable_monitoring`].
    pub async fn disable_monitoring(&self, stream: &StreamName, metrics: &[&str]) -> Result<Receipt, Problem> {
        let call = self.kinesis_once().disable_enhanced_monitoring().stream_name(stream.as_str());
        let call = call.set_shard_level_metrics(Some(names(metrics)));
        let output = call
            .send()
            .await
            .map_err(|err| self.fail(&err, Call::kinesis("DisableEnhancedMonitoring", stream.as_str())))?;
        Ok(receipt(output.request_id()))
    }
}

fn names(metrics: &[&str]) -> Vec<MetricsName> {
    metrics.iter().map(|metric| MetricsName::from(*metric)).collect()
}
