//! Writing records.

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;

use super::connect::Connection;
use super::error::Call;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::ids::{SequenceNumber, ShardId, StreamName};
use crate::model::writes::{PutEntry, PutOutcome};

impl Connection {
    /// Puts up to 500 records and 10 MiB with one `PutRecords`; the outcomes stand in the order of the entries. Refused
    /// entries are an answer, not an error. The SDK's retries are off: a call whose answer was lost may have been carried
    /// out, and sending it again would double its records.
    ///
    /// # Errors
    /// As every call: then nothing is known of any entry, unless the kind says that the call was refused as a whole.
    pub async fn put_records(&self, stream: &StreamName, entries: &[PutEntry]) -> Result<Vec<PutOutcome>, Problem> {
        let records = entries.iter().map(|entry| entry_of(entry, stream)).collect::<Result<Vec<_>, _>>()?;
        let call = self.kinesis_once().put_records().stream_name(stream.as_str()).set_records(Some(records));
        let output = call.send().await.map_err(|err| self.fail(&err, Call::kinesis("PutRecords", stream.as_str())))?;
        let outcomes: Vec<PutOutcome> = output.records.into_iter().map(outcome_of).collect();
        if outcomes.len() == entries.len() {
            return Ok(outcomes);
        }
        let sentence = format!(
            "PutRecords on {stream} answered for {} of {} records: what became of them is not known.",
            outcomes.len(),
            entries.len()
        );
        Err(Problem::new(ProblemKind::NotAws, sentence))
    }
}

fn entry_of(entry: &PutEntry, stream: &StreamName) -> Result<PutRecordsRequestEntry, Problem> {
    PutRecordsRequestEntry::builder()
        .partition_key(entry.partition_key.as_str())
        .set_explicit_hash_key(entry.explicit_hash_key.map(|key| key.to_string()))
        .data(Blob::new(entry.data.clone()))
        .build()
        .map_err(|err| Problem::new(ProblemKind::Invalid, format!("A record for {stream} could not be built: {err}.")))
}

fn outcome_of(entry: aws_sdk_kinesis::types::PutRecordsResultEntry) -> PutOutcome {
    match (entry.error_code, entry.shard_id, entry.sequence_number) {
        (None, Some(shard), Some(number)) => {
            PutOutcome::Accepted { shard_id: ShardId::from(shard), sequence_number: SequenceNumber::from(number) }
        }
        (code, _, _) => PutOutcome::Refused {
            code: code.unwrap_or_else(|| "InternalFailure".to_owned()),
            message: entry.error_message.unwrap_or_default(),
        },
    }
}
