//! Telling what is there: streams and shards, page by page.

use super::error::{ApiError, ApiResult, ErrorKind};
use super::shard::{Shard, ShardInfo, shard_index};
use super::stream::Stream;
use super::{ACCOUNT, Engine};
use crate::model::stream::{StreamMode, StreamStatus};
use crate::model::time::{Millis, Timestamp};

/// How long a page token is taken.
const TOKEN_LIFE: Millis = Millis::from_secs(300);
/// Most shards of one `ListShards` page.
const SHARD_PAGE: usize = 1_000;
/// Most streams of one `ListStreams` page.
const STREAM_PAGE: usize = 100;

/// A stream as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    /// Its name.
    pub name: String,
    /// Where its life stands.
    pub status: StreamStatus,
    /// How capacity is bought.
    pub mode: StreamMode,
    /// When it was made.
    pub created: Timestamp,
    /// Shards that take writes.
    pub open_shards: u32,
    /// How long records are kept, in hours.
    pub retention_hours: u32,
    /// KMS key, where it is encrypted.
    pub key_id: Option<String>,
    /// Shard-level metrics that are on, in AWS's spelling.
    pub enhanced: Vec<&'static str>,
    /// Largest record in KiB.
    pub max_record_kib: u32,
    /// Write throughput kept ready in MiB/s: asked for, and there.
    pub warm_mibps: Option<(u32, u32)>,
    /// Registered consumers.
    pub consumers: usize,
}

/// One page of streams.
#[derive(Clone, Debug)]
pub struct StreamPage {
    /// In the order of their names.
    pub streams: Vec<StreamInfo>,
    /// Where there are more.
    pub next_token: Option<String>,
}

/// One page of shards.
#[derive(Clone, Debug)]
pub struct ShardPage {
    /// In the order of their ids.
    pub shards: Vec<ShardInfo>,
    /// Where there are more.
    pub next_token: Option<String>,
}

/// Which shards are listed (`ShardFilter`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShardFilter {
    /// Open now.
    AtLatest,
    /// Open at the trim horizon.
    AtTrimHorizon,
    /// All within retention.
    FromTrimHorizon,
    /// Open then.
    AtTimestamp(Timestamp),
    /// Closed then or later, and all open ones.
    FromTimestamp(Timestamp),
    /// Ids behind this one.
    AfterShardId(String),
}

impl ShardFilter {
    fn takes(&self, shard: &Shard, stream: &Stream, now: Timestamp) -> bool {
        let horizon = stream.horizon(now);
        let open_at = |at: Timestamp| shard.created <= at && shard.closed.is_none_or(|closed| closed > at);
        match self {
            Self::AtLatest => shard.is_open(),
            Self::AtTrimHorizon => open_at(horizon),
            Self::FromTrimHorizon => true,
            Self::AtTimestamp(at) => open_at((*at).clamp(stream.created, now.max(stream.created))),
            Self::FromTimestamp(at) => shard.closed.is_none_or(|closed| closed >= *at),
            Self::AfterShardId(id) => shard_index(id).is_none_or(|index| shard.index > index),
        }
    }

    fn encode(&self) -> String {
        match self {
            Self::AtLatest => "L".to_owned(),
            Self::AtTrimHorizon => "H".to_owned(),
            Self::FromTrimHorizon => "F".to_owned(),
            Self::AtTimestamp(at) => format!("A{}", at.0),
            Self::FromTimestamp(at) => format!("T{}", at.0),
            Self::AfterShardId(id) => format!("I{id}"),
        }
    }

    fn decode(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_at_checked(1)?;
        let time = || rest.parse().ok().map(Timestamp);
        match kind {
            "L" => Some(Self::AtLatest),
            "H" => Some(Self::AtTrimHorizon),
            "F" => Some(Self::FromTrimHorizon),
            "A" => time().map(Self::AtTimestamp),
            "T" => time().map(Self::FromTimestamp),
            "I" => Some(Self::AfterShardId(rest.to_owned())),
            _ => None,
        }
    }
}

impl Stream {
    fn info(&self) -> StreamInfo {
        StreamInfo {
            name: self.name.clone(),
            status: self.status.clone(),
            mode: self.mode,
            created: self.created,
            open_shards: self.open_count(),
            retention_hours: self.retention_hours,
            key_id: self.key_id.clone(),
            enhanced: self.enhanced.iter().copied().collect(),
            max_record_kib: self.max_record_kib,
            warm_mibps: self.warm_mibps,
            consumers: self.consumers.len(),
        }
    }
}

impl Engine {
    /// `DescribeStreamSummary`.
    ///
    /// # Errors
    /// ResourceNotFound.
    pub fn describe(&self, name: &str) -> ApiResult<StreamInfo> {
        self.with_stream(name, |stream, _| Ok(stream.info()))
    }

    /// All streams, in the order of their names.
    pub fn streams(&self) -> Vec<StreamInfo> {
        let now = self.now();
        let mut state = self.lock();
        state.settle_all(now);
        state.streams.values().map(Stream::info).collect()
    }

    /// `ListStreams`: the streams behind `after` or behind where a token stopped.
    ///
    /// # Errors
    /// ExpiredNextToken, InvalidArgument.
    pub fn list_streams(
        &self,
        after: Option<&str>,
        token: Option<&str>,
        limit: Option<usize>,
    ) -> ApiResult<StreamPage> {
        let after = match token {
            Some(token) => self.open_token(token)?.into_iter().next(),
            None => after.map(str::to_owned),
        };
        let mut streams = self.streams();
        if let Some(after) = &after {
            streams.retain(|stream| stream.name > *after);
        }
        let limit = limit.unwrap_or(STREAM_PAGE).clamp(1, STREAM_PAGE);
        let has_more = streams.len() > limit;
        streams.truncate(limit);
        let next_token = match streams.last() {
            Some(last) if has_more => Some(self.sealer.seal(&[&last.name], self.now())),
            _ => None,
        };
        Ok(StreamPage { streams, next_token })
    }

    /// `ListShards` of a stream, from its beginning or behind `after`.
    ///
    /// # Errors
    /// ResourceNotFound, InvalidArgument.
    pub fn list_shards(
        &self,
        name: &str,
        filter: &ShardFilter,
        after: Option<&str>,
        limit: Option<usize>,
    ) -> ApiResult<ShardPage> {
        let after = match after {
            Some(id) => Some(shard_index(id).ok_or_else(|| ApiError::invalid(format!("{id} is not a shard id.")))?),
            None => None,
        };
        self.shard_page(name, None, filter, after, limit)
    }

    /// `ListShards` where a token stopped.
    ///
    /// # Errors
    /// ExpiredNextToken, InvalidArgument, ResourceNotFound.
    pub fn list_shards_from(&self, token: &str, limit: Option<usize>) -> ApiResult<ShardPage> {
        let fields = self.open_token(token)?;
        let [name, created, filter, after] = fields.as_slice() else {
            return Err(ApiError::invalid("Invalid NextToken."));
        };
        let (Ok(created), Some(filter), Ok(after)) = (created.parse(), ShardFilter::decode(filter), after.parse())
        else {
            return Err(ApiError::invalid("Invalid NextToken."));
        };
        self.shard_page(name, Some(Timestamp(created)), &filter, Some(after), limit)
    }

    fn shard_page(
        &self,
        name: &str,
        created: Option<Timestamp>,
        filter: &ShardFilter,
        after: Option<u32>,
        limit: Option<usize>,
    ) -> ApiResult<ShardPage> {
        let limit = limit.unwrap_or(SHARD_PAGE).clamp(1, SHARD_PAGE);
        self.with_stream(name, |stream, now| {
            if created.is_some_and(|at| at != stream.created) {
                return Err(ApiError::not_found(format!("Stream {name} was deleted and made again.")));
            }
            if stream.status == StreamStatus::Creating {
                return Err(ApiError::in_use(format!(
                    "Stream {name} under account {ACCOUNT} not ACTIVE, instead in state CREATING"
                )));
            }
            let behind = |shard: &&Shard| after.is_none_or(|index| shard.index > index);
            let taken = stream.shards.values().filter(behind).filter(|shard| filter.takes(shard, stream, now));
            let mut shards: Vec<_> = taken.take(limit + 1).map(Shard::info).collect();
            let has_more = shards.len() > limit;
            shards.truncate(limit);
            let next_token = match shards.last() {
                Some(last) if has_more => {
                    let fields = [name, &stream.created.0.to_string(), &filter.encode(), &last.index.to_string()];
                    Some(self.sealer.seal(&fields, now))
                }
                _ => None,
            };
            Ok(ShardPage { shards, next_token })
        })
    }

    /// The fields of a page token.
    pub(super) fn open_token(&self, token: &str) -> ApiResult<Vec<String>> {
        let (at, fields) = self.sealer.open(token).ok_or_else(|| ApiError::invalid("Invalid NextToken."))?;
        if at.age_at(self.now()) > TOKEN_LIFE {
            return Err(ApiError::new(ErrorKind::ExpiredNextToken, "The NextToken is older than 300 seconds."));
        }
        Ok(fields)
    }
}
