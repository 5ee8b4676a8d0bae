//! Calls that change a stream as a whole: made and deleted, retention, tags, encryption, record size, mode, consumers. The SDK's
//! retries are off: a quota that is reached looks like a rate to it, and a call whose answer was lost may have been carried out.
//!
//! Most answer before the work is done: the stream is `CREATING`, `UPDATING` or `DELETING` until then.

use aws_sdk_kinesis::operation::RequestId;
use aws_sdk_kinesis::types::{EncryptionType, StreamMode as SdkMode, StreamModeDetails};

use super::connect::Connection;
use super::error::Call;
use super::reshard::receipt;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::change::{ChangeRequest, StreamChange};
use crate::model::stream::StreamMode;
use crate::model::writes::Receipt;

/// Sends a call, maps its failure and keeps the id of its request.
macro_rules! sent {
    ($connection:expr, $call:expr, $operation:expr, $resource:expr) => {{
        let output = $call.send().await.map_err(|err| $connection.fail(&err, Call::kinesis($operation, $resource)))?;
        Ok(receipt(output.request_id()))
    }};
}

impl Connection {
    /// Carries out one change. One call each, 5 a second and account or stream.
    ///
    /// # Errors
    /// `InUse` when the stream is not active, `Limit` when a quota or a number of changes a day is reached, `Invalid` for
    /// what AWS does not take, `NotFound` when the stream or consumer is gone, `Kms` when the key cannot be used,
    /// `Unsupported` where the server does not have the operation.
    pub async fn change_stream(&self, request: &ChangeRequest, change: &StreamChange) -> Result<Receipt, Problem> {
        let (name, arn) = (request.stream.as_str(), request.arn.as_str());
        let (client, operation) = (self.kinesis_once(), change.operation());
        match change {
            StreamChange::Create { mode, shards, max_record_kib } => {
                let call = client.create_stream().stream_name(name).stream_mode_details(mode_details(*mode)?);
                let call =
                    call.set_shard_count(shards.map(signed)).set_max_record_size_in_kib(max_record_kib.map(signed));
                sent!(self, call, operation, name)
            }
            StreamChange::Delete { with_consumers } => {
                let call = client.delete_stream().stream_name(name);
                // Left out where it is not wanted: older servers do not know it.
                let call = call.set_enforce_consumer_deletion(with_consumers.then_some(true));
                sent!(self, call, operation, name)
            }
            StreamChange::Mode { to, warm_mibps } => {
                let call = client.update_stream_mode().stream_arn(arn).stream_mode_details(mode_details(*to)?);
                sent!(self, call.set_warm_throughput_mibps(warm_mibps.map(signed)), operation, name)
            }
            StreamChange::WarmThroughput { mibps } => {
                let call = client.update_stream_warm_throughput().stream_arn(arn).warm_throughput_mibps(signed(*mibps));
                sent!(self, call, operation, name)
            }
            StreamChange::Register { consumer } => {
                let call = client.register_stream_consumer().stream_arn(arn).consumer_name(consumer);
                sent!(self, call, operation, name)
            }
            StreamChange::Deregister { consumer } => {
                let call = client.deregister_stream_consumer().stream_arn(arn).consumer_name(consumer);
                sent!(self, call, operation, &format!("consumer {consumer} of {name}"))
            }
            StreamChange::Monitoring { enable: true } => self.enable_monitoring(&request.stream, &["ALL"]).await,
            StreamChange::Monitoring { enable: false } => self.disable_monitoring(&request.stream, &["ALL"]).await,
            setting => self.change_setting(name, arn, setting).await,
        }
    }

    /// Retention, tags, encryption, record size.
    async fn change_setting(&self, name: &str, arn: &str, change: &StreamChange) -> Result<Receipt, Problem> {
        let (client, operation) = (self.kinesis_once(), change.operation());
        match change {
            StreamChange::Retention { from, to } if to > from => {
                let call = client.increase_stream_retention_period().stream_name(name);
                sent!(self, call.retention_period_hours(signed(*to)), operation, name)
            }
            StreamChange::Retention { to, .. } => {
                let call = client.decrease_stream_retention_period().stream_name(name);
                sent!(self, call.retention_period_hours(signed(*to)), operation, name)
            }
            StreamChange::SetTags(tags) => {
                let tags = tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
                sent!(self, client.add_tags_to_stream().stream_name(name).set_tags(Some(tags)), operation, name)
            }
            StreamChange::RemoveTags(keys) => {
                let keys = Some(keys.iter().cloned().collect());
                sent!(self, client.remove_tags_from_stream().stream_name(name).set_tag_keys(keys), operation, name)
            }
            StreamChange::Encrypt { key_id } => {
                let call = client.start_stream_encryption().stream_name(name).encryption_type(EncryptionType::Kms);
                sent!(self, call.key_id(key_id), operation, name)
            }
            StreamChange::Decrypt { key_id } => {
                let call = client.stop_stream_encryption().stream_name(name).encryption_type(EncryptionType::Kms);
                sent!(self, call.key_id(key_id), operation, name)
            }
            StreamChange::RecordSize { kib } => {
                let call = client.update_max_record_size().stream_arn(arn).max_record_size_in_kib(signed(*kib));
                sent!(self, call, operation, name)
            }
            other => {
                let sentence = format!("{} is no setting of a stream: nothing was sent.", other.operation());
                Err(Problem::new(ProblemKind::Internal, sentence))
            }
        }
    }
}

fn mode_details(mode: StreamMode) -> Result<StreamModeDetails, Problem> {
    let mode = if mode == StreamMode::OnDemand { SdkMode::OnDemand } else { SdkMode::Provisioned };
    let built = StreamModeDetails::builder().stream_mode(mode).build();
    built.map_err(|err| Problem::new(ProblemKind::Invalid, format!("The mode cannot be sent: {err}.")))
}

fn signed(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
