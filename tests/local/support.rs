//! Starting the server and clients for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_kinesis::config::Credentials;
use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::time::Timestamp;

/// A clock that the test moves.
#[derive(Clone)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    pub fn advance_secs(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    pub fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// A server without streams whose clock stands still until the test moves it.
pub async fn start() -> (LocalServer, SdkConfig, Hands) {
    let hands = Hands(Arc::new(AtomicI64::new(1_790_000_010_000)));
    let inner = hands.clone();
    let options = LocalOptions {
        clock: Arc::new(move || inner.now()),
        reshard_delay: Duration::from_secs(2),
        ..LocalOptions::empty()
    };
    let server = LocalServer::start(options).await.expect("starts");
    let config = config(&server).await;
    (server, config, hands)
}

pub async fn config(server: &LocalServer) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .endpoint_url(server.endpoint_url())
        .load()
        .await
}

/// A CloudWatch dimension.
pub fn dimension(name: &str, value: &str) -> aws_sdk_cloudwatch::types::Dimension {
    aws_sdk_cloudwatch::types::Dimension::builder().name(name).value(value).build()
}

/// Makes a stream and waits until it is active.
pub async fn stream(client: &aws_sdk_kinesis::Client, hands: &Hands, name: &str, shards: i32) {
    client.create_stream().stream_name(name).shard_count(shards).send().await.expect("creates");
    hands.advance_secs(3);
}

/// A shard iterator.
pub async fn iterator(
    client: &aws_sdk_kinesis::Client,
    stream: &str,
    shard: &str,
    kind: aws_sdk_kinesis::types::ShardIteratorType,
) -> String {
    let request = client.get_shard_iterator().stream_name(stream).shard_id(shard).shard_iterator_type(kind);
    request.send().await.expect("iterator").shard_iterator.expect("iterator")
}

/// Entries of `bytes` each under one key.
pub fn entries(key: &str, count: usize, bytes: usize) -> Vec<aws_sdk_kinesis::types::PutRecordsRequestEntry> {
    let entry = |_| {
        aws_sdk_kinesis::types::PutRecordsRequestEntry::builder()
            .partition_key(key)
            .data(aws_sdk_kinesis::primitives::Blob::new(vec![b'x'; bytes]))
            .build()
            .expect("entry")
    };
    (0..count).map(entry).collect()
}
