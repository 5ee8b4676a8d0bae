//! What a case works on, and the steps that most cases share.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_kinesis::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_kinesis::types::{StreamMode, StreamModeDetails};
use kinescope::aws::connect::{Connection, connect};
use kinescope::aws::meter::CallMeter;
use kinescope::model::answer::{Problem, ProblemKind};
use kinescope::model::connection::ConnectRequest;
use kinescope::model::hash_range::HashKey;
use kinescope::model::ids::{PartitionKey, SequenceNumber, ShardId, StreamName};
use kinescope::model::position::StartingPosition;
use kinescope::model::record::RawRecord;
use kinescope::model::shard_map::ShardMap;
use kinescope::model::stream::StreamStatus;
use kinescope::model::time::Timestamp;
use kinescope::model::writes::{PutEntry, PutOutcome};

/// The end of a case, or of a step of one.
pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Ends the case with a sentence where the condition does not hold.
macro_rules! ensure {
    ($condition:expr, $($sentence:tt)+) => {
        let holds: bool = $condition;
        if !holds {
            return Err(format!($($sentence)+).into());
        }
    };
}
pub(crate) use ensure;

/// No step of a server takes longer than this, all delays included.
const SETTLED_WITHIN: Duration = Duration::from_secs(30);
/// Leaves room in the 5 reads a second of a shard.
pub const BETWEEN_READS: Duration = Duration::from_millis(210);
/// Reads after which records that have not come will not come.
const MOST_READS: usize = 40;

/// One server, seen by the program and by a plain client for what the program does not do.
#[derive(Clone)]
pub struct Target {
    /// What is tested.
    pub connection: Connection,
    /// Makes and changes what the tested calls look at.
    pub raw: Client,
    /// The same for CloudWatch.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    /// Where the server is.
    pub endpoint_url: String,
    names: Arc<AtomicU32>,
}

impl Target {
    /// Connects as `--endpoint-url` does.
    pub async fn at(endpoint_url: &str) -> Self {
        let connection = connection_to(endpoint_url).await;
        let credentials = Credentials::new("test", "test", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url(endpoint_url)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        Self {
            connection,
            raw: Client::new(&config),
            cloudwatch: aws_sdk_cloudwatch::Client::new(&config),
            endpoint_url: endpoint_url.to_owned(),
            names: Arc::default(),
        }
    }

    /// A name that no other case has.
    pub fn fresh_name(&self, what: &str) -> StreamName {
        StreamName::from(format!("{what}-{:04}", self.names.fetch_add(1, Ordering::SeqCst)))
    }

    /// A new stream that is ACTIVE.
    pub async fn stream(&self, what: &str, shards: i32) -> Outcome<StreamName> {
        let name = self.fresh_name(what);
        self.create(&name, shards).await?;
        self.settled(&name).await?;
        Ok(name)
    }

    /// A new on-demand stream that is ACTIVE.
    pub async fn on_demand_stream(&self, what: &str) -> Outcome<StreamName> {
        let name = self.fresh_name(what);
        let mode = StreamModeDetails::builder().stream_mode(StreamMode::OnDemand).build()?;
        let create = self.raw.create_stream().stream_name(name.as_str()).stream_mode_details(mode);
        create.send().await.map_err(|err| told(&err))?;
        self.settled(&name).await?;
        Ok(name)
    }

    /// Asks for a stream; waits its turn where the server limits how many are made at a time.
    pub async fn create(&self, name: &StreamName, shards: i32) -> Outcome {
        for _ in 0..60 {
            match self.raw.create_stream().stream_name(name.as_str()).shard_count(shards).send().await {
                Ok(_) => return Ok(()),
                Err(err) if err.as_service_error().is_some_and(|err| err.is_limit_exceeded_exception()) => {
                    tokio::time::sleep(Duration::from_millis(250)).await;
                }
                Err(err) => return Err(told(&err).into()),
            }
        }
        Err(format!("CreateStream of {name} met a limit all the time").into())
    }

    /// Waits until the stream is ACTIVE.
    pub async fn settled(&self, stream: &StreamName) -> Outcome {
        let wait = async {
            loop {
                match self.connection.describe_summary(stream).await {
                    Ok(summary) if summary.status == StreamStatus::Active => return Ok(()),
                    Ok(_) => {}
                    Err(problem) if problem.kind == ProblemKind::Limit => {}
                    Err(problem) => return Err(problem),
                }
                tokio::time::sleep(Duration::from_millis(60)).await;
            }
        };
        match tokio::time::timeout(SETTLED_WITHIN, wait).await {
            Ok(outcome) => Ok(outcome?),
            Err(_) => Err(format!("{stream} is not ACTIVE after {SETTLED_WITHIN:?}").into()),
        }
    }

    /// The shards of a stream.
    pub async fn shards(&self, stream: &StreamName) -> Outcome<ShardMap> {
        Ok(ShardMap::new(self.connection.list_shards(stream).await?))
    }

    /// The only open shard of a stream.
    pub async fn only_shard(&self, stream: &StreamName) -> Outcome<ShardId> {
        let shards = self.shards(stream).await?;
        let mut open = shards.open();
        match (open.next(), open.next()) {
            (Some(shard), None) => Ok(shard.id.clone()),
            _ => Err(format!("{stream} has {} open shards, not 1", shards.open_count()).into()),
        }
    }

    /// Puts records that must all be taken, and says where each landed.
    pub async fn put(&self, stream: &StreamName, entries: &[PutEntry]) -> Outcome<Vec<(ShardId, SequenceNumber)>> {
        let outcomes = self.connection.put_records(stream, entries).await?;
        let taken = |outcome| match outcome {
            PutOutcome::Accepted { shard_id, sequence_number } => Ok((shard_id, sequence_number)),
            PutOutcome::Refused { code, message } => Err(format!("a record was refused: {code}: {message}").into()),
        };
        outcomes.into_iter().map(taken).collect()
    }

    /// Puts `count` records one after the other, so that their order is known. Their data are their numbers.
    pub async fn put_numbered(&self, stream: &StreamName, count: usize) -> Outcome<Vec<SequenceNumber>> {
        let mut numbers = Vec::new();
        for number in 0..count {
            let landed = self.put(stream, &[entry("key", number.to_string())]).await?;
            numbers.extend(landed.into_iter().map(|(_, number)| number));
        }
        Ok(numbers)
    }

    /// An iterator.
    pub async fn iterator(&self, stream: &StreamName, shard: &ShardId, at: StartingPosition) -> Outcome<String> {
        Ok(self.connection.shard_iterator(stream, shard, &at).await?)
    }

    /// Reads from a position until `wanted` records came, or the shard ends, or nothing comes any more.
    pub async fn read(
        &self,
        stream: &StreamName,
        shard: &ShardId,
        at: StartingPosition,
        wanted: usize,
    ) -> Outcome<Vec<RawRecord>> {
        let iterator = self.iterator(stream, shard, at).await?;
        Ok(self.read_on(iterator, wanted).await?.records)
    }

    /// Reads on from an iterator until `wanted` records came, or the shard ends, or nothing comes any more.
    pub async fn read_on(&self, iterator: String, wanted: usize) -> Outcome<Reading> {
        let mut reading = Reading { next: Some(iterator), ..Reading::default() };
        for _ in 0..MOST_READS {
            let Some(iterator) = reading.next.clone().filter(|_| reading.records.len() < wanted) else { break };
            match self.connection.get_records(&iterator, 1_000, "the shard").await {
                Ok(page) => {
                    reading.records.extend(page.records);
                    reading.next = page.next_iterator;
                    reading.children.extend(page.child_shards);
                    reading.millis_behind = page.millis_behind_latest;
                }
                Err(problem) if problem.kind == ProblemKind::Throttled => {}
                Err(problem) => return Err(problem.into()),
            }
            tokio::time::sleep(BETWEEN_READS).await;
        }
        Ok(reading)
    }
}

/// The program's connection to a server.
pub async fn connection_to(endpoint_url: &str) -> Connection {
    let request = ConnectRequest {
        region: Some("us-east-1".to_owned()),
        endpoint_url: Some(endpoint_url.to_owned()),
        ..ConnectRequest::default()
    };
    connect(&request, CallMeter::default()).await.expect("connects")
}

/// What reading brought.
#[derive(Default)]
pub struct Reading {
    /// In the order they came.
    pub records: Vec<RawRecord>,
    /// Where to go on; `None` at the end of the shard.
    pub next: Option<String>,
    /// The children that were named on the way.
    pub children: Vec<kinescope::aws::ChildShard>,
    /// As of the last answer.
    pub millis_behind: Option<i64>,
}

/// A failure of the plain client in a line.
pub fn told<E>(error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), message) => format!("{code}: {}", message.unwrap_or("no message")),
        (None, _) => DisplayErrorContext(error).to_string().chars().take(160).collect(),
    }
}

/// A record.
pub fn entry(key: &str, data: impl Into<Vec<u8>>) -> PutEntry {
    PutEntry { partition_key: PartitionKey::from(key), explicit_hash_key: None, data: data.into() }
}

/// A record with a place of its own in the key space.
pub fn entry_at(hash_key: HashKey, data: impl Into<Vec<u8>>) -> PutEntry {
    PutEntry { explicit_hash_key: Some(hash_key), ..entry("key", data) }
}

/// The data of records as text.
pub fn texts(records: &[RawRecord]) -> Vec<String> {
    records.iter().map(|record| String::from_utf8_lossy(&record.data).into_owned()).collect()
}

/// Numbers as [`Target::put_numbered`] writes them.
pub fn numbered(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| number.to_string()).collect()
}

/// This machine's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    Timestamp(i64::try_from(since.as_millis()).expect("a clock before the end of time"))
}

/// Holds a failure against the kind it should have, and its sentence against what it should name.
pub fn fails_as<T>(outcome: Result<T, Problem>, kind: ProblemKind, names: &str) -> Outcome {
    match outcome {
        Ok(_) => Err(format!("it was taken, though {kind:?} was due").into()),
        Err(problem) if problem.kind != kind => {
            Err(format!("{:?} instead of {kind:?}: {}", problem.kind, problem.sentence).into())
        }
        Err(problem) if !problem.sentence.contains(names) => {
            Err(format!("the sentence does not name {names}: {}", problem.sentence).into())
        }
        Err(_) => Ok(()),
    }
}
