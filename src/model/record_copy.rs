//! A record as text for the clipboard.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::activity::cli_line;
use super::connection::ConnectionInfo;
use super::ids::StreamName;
use super::ndjson;
use super::record::Record;

/// Its text, or its bytes in hexadecimal.
pub fn contents(record: &Record) -> String {
    match &record.decoded.text {
        Some(text) => text.to_string(),
        None => record.data.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// One line with everything that is known of it, as the terminal prints it.
pub fn line(stream: &StreamName, record: &Record) -> String {
    ndjson::record(stream, record)
}

/// Commands that read the Kinesis record again.
pub fn cli_read(stream: &StreamName, record: &Record, connection: &ConnectionInfo) -> String {
    let options = [
        ("stream-name", stream.as_str()),
        ("shard-id", record.shard_id.as_str()),
        ("shard-iterator-type", "AT_SEQUENCE_NUMBER"),
        ("starting-sequence-number", record.sequence_number.as_str()),
        ("query", "ShardIterator"),
        ("output", "text"),
    ];
    let iterator = cli_line("get-shard-iterator", &options, connection);
    let records = cli_line("get-records", &[("limit", "1")], connection);
    format!("{records} --shard-iterator \"$({iterator})\"")
}

/// The command that puts the same data under the same key; of an aggregate, this user record alone.
pub fn cli_put(stream: &StreamName, record: &Record, connection: &ConnectionInfo) -> String {
    let data = STANDARD.encode(&record.data);
    let options =
        [("stream-name", stream.as_str()), ("partition-key", record.partition_key.as_str()), ("data", data.as_str())];
    cli_line("put-record", &options, connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::connection::Environment;
    use crate::model::decode::{DecodeLimits, decode};
    use crate::model::record::RawRecord;

    #[test]
    fn commands_name_the_record_and_survive_the_shell() {
        let raw = RawRecord {
            sequence_number: "4966".into(),
            partition_key: "it's".into(),
            approximate_arrival: None,
            data: b"hi".to_vec(),
        };
        let record = decode(raw, &"shardId-000000000007".into(), &DecodeLimits::default()).remove(0);
        let connection = ConnectionInfo {
            label: "prod".to_owned(),
            profile: Some("prod".to_owned()),
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
            environment: Environment::Prod,
            has_cloudwatch: true,
        };
        let stream = StreamName::from("s");
        assert_eq!(
            cli_put(&stream, &record, &connection),
            r"aws kinesis put-record --stream-name s --partition-key 'it'\''s' --data aGk= --profile prod --region eu-west-1"
        );
        let read = cli_read(&stream, &record, &connection);
        assert!(read.starts_with("aws kinesis get-records --limit 1 "), "{read}");
        assert!(read.contains("--starting-sequence-number 4966 ") && read.ends_with(")\""), "{read}");
        assert_eq!(contents(&record), "hi");
        assert!(line(&stream, &record).contains("\"text\":\"hi\""));
    }
}
