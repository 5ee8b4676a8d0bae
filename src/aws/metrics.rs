//! Figures of CloudWatch. Costs money: $0.01 a thousand metrics requested, whatever the window; the meter counts them.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, StatusCode};
use futures_util::{StreamExt, TryStreamExt};

use super::connect::Connection;
use super::error::Call;
use super::time::timestamp;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::ids::{ShardId, StreamName};
use crate::model::limits::GET_METRIC_DATA_MAX_QUERIES;
use crate::model::metrics::{Source, StreamMetrics, Window, WriteMetrics};
use crate::model::series::Series;
use crate::model::time::Timestamp;

const NAMESPACE: &str = "AWS/Kinesis";
/// Batches that are under way at once.
const BATCHES_AT_ONCE: usize = 4;
/// Pages of one batch that are followed at most.
const MOST_PAGES: usize = 50;

/// One of the five figures that are kept of a stream and of a shard.
#[derive(Clone, Copy)]
struct Figure {
    on_stream: &'static str,
    on_shard: &'static str,
    statistic: &'static str,
    slot: fn(&mut WriteMetrics) -> &mut Series,
}

const FIGURES: [Figure; 5] = [
    Figure { on_stream: "IncomingBytes", on_shard: "IncomingBytes", statistic: "Sum", slot: |m| &mut m.incoming_bytes },
    Figure {
        on_stream: "IncomingRecords",
        on_shard: "IncomingRecords",
        statistic: "Sum",
        slot: |m| &mut m.incoming_records,
    },
    Figure {
        on_stream: "WriteProvisionedThroughputExceeded",
        on_shard: "WriteProvisionedThroughputExceeded",
        statistic: "Sum",
        slot: |m| &mut m.write_throttled,
    },
    Figure {
        on_stream: "ReadProvisionedThroughputExceeded",
        on_shard: "ReadProvisionedThroughputExceeded",
        statistic: "Sum",
        slot: |m| &mut m.read_throttled,
    },
    Figure {
        on_stream: "GetRecords.IteratorAgeMilliseconds",
        on_shard: "IteratorAgeMilliseconds",
        statistic: "Maximum",
        slot: |m| &mut m.iterator_age_millis,
    },
];

/// One series to ask for: of which stream, of which of its shards, which figure.
struct Wanted<'a> {
    stream: &'a StreamName,
    shard: Option<&'a ShardId>,
    figure: Figure,
}

impl Wanted<'_> {
    /// The metric's name.
    fn name(&self) -> &'static str {
        if self.shard.is_some() { self.figure.on_shard } else { self.figure.on_stream }
    }

    /// CloudWatch may refuse a single metric inside an answer that is good otherwise.
    fn refusal(&self, status: Option<&StatusCode>) -> Option<Problem> {
        let (kind, what) = match status? {
            StatusCode::InternalError => {
                (ProblemKind::Internal, "failed on the server's side. It is tried again by itself.")
            }
            StatusCode::Forbidden => {
                (ProblemKind::AccessDenied, "is not allowed for this identity. Ask for cloudwatch:GetMetricData.")
            }
            _ => return None,
        };
        let sentence = format!("GetMetricData for {} of {} {what}", self.name(), self.stream);
        Some(Problem { operation: "GetMetricData", ..Problem::new(kind, sentence) })
    }
}

/// One figure of one period.
struct Point<'a> {
    wanted: &'a Wanted<'a>,
    at: Timestamp,
    value: f64,
}

impl Connection {
    /// The figures of one stream, and of the shards given. `5 × (1 + shards)` metrics in batches of 500 a `GetMetricData`
    /// (50 a second and account).
    ///
    /// # Errors
    /// As every call.
    pub async fn stream_metrics(
        &self,
        stream: &StreamName,
        window: Window,
        shards: &[ShardId],
    ) -> Result<StreamMetrics, Problem> {
        let mut fetched = self.metrics_of_streams(&[(stream.clone(), shards.to_vec())], window).await?;
        Ok(fetched.remove(stream).unwrap_or_else(|| nothing_known(window, shards)))
    }

    /// The figures of many streams in as few calls as possible. A stream without figures is there, with gaps only.
    ///
    /// # Errors
    /// As every call; a batch that fails fails all, so that no stream looks calm for want of an answer.
    pub async fn metrics_of_streams(
        &self,
        streams: &[(StreamName, Vec<ShardId>)],
        window: Window,
    ) -> Result<BTreeMap<StreamName, StreamMetrics>, Problem> {
        if !self.info().has_cloudwatch {
            let sentence = "This connection was opened without CloudWatch: there are no metrics to ask for.";
            return Err(Problem::new(ProblemKind::Unsupported, sentence));
        }
        let mut fetched: BTreeMap<StreamName, StreamMetrics> =
            streams.iter().map(|(name, shards)| (name.clone(), nothing_known(window, shards))).collect();
        let wanted: Vec<Wanted<'_>> = streams
            .iter()
            .flat_map(|(stream, shards)| {
                let on_shards = shards.iter().map(Some);
                std::iter::once(None).chain(on_shards).map(move |shard| (stream, shard))
            })
            .flat_map(|(stream, shard)| FIGURES.map(|figure| Wanted { stream, shard, figure }))
            .collect();
        let mut batches = Vec::new();
        for batch in wanted.chunks(GET_METRIC_DATA_MAX_QUERIES) {
            batches.push(self.fetch_batch(batch, window));
        }
        let mut answers = futures_util::stream::iter(batches).buffered(BATCHES_AT_ONCE);
        while let Some(points) = answers.try_next().await? {
            for Point { wanted, at, value } in points {
                if let Some(series) = series_of(&mut fetched, wanted) {
                    series.set(at, value);
                }
            }
        }
        for metrics in fetched.values_mut() {
            fill_absent_throttles(&mut metrics.total);
            metrics.shards.values_mut().for_each(fill_absent_throttles);
        }
        Ok(fetched)
    }

    async fn fetch_batch<'a>(&self, batch: &'a [Wanted<'a>], window: Window) -> Result<Vec<Point<'a>>, Problem> {
        let queries: Vec<MetricDataQuery> =
            batch.iter().enumerate().map(|(index, wanted)| query(index, wanted, window)).collect();
        self.meter().count_metrics(queries.len(), !self.is_on_this_machine());
        let mut points = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let call = self
                .cloudwatch()
                .get_metric_data()
                .set_metric_data_queries(Some(queries.clone()))
                .start_time(DateTime::from_millis(window.start.0))
                .end_time(DateTime::from_millis(window.end.0))
                .set_next_token(token.take());
            let what = Call { service: "cloudwatch", operation: "GetMetricData", resource: "" };
            let page = call.send().await.map_err(|err| self.fail(&err, what))?;
            for result in page.metric_data_results() {
                let index = result.id().and_then(|id| id.strip_prefix('q')).and_then(|id| id.parse::<usize>().ok());
                let Some(wanted) = index.and_then(|index| batch.get(index)) else { continue };
                if let Some(problem) = wanted.refusal(result.status_code()) {
                    return Err(problem);
                }
                let figures = result.timestamps().iter().zip(result.values());
                points.extend(
                    figures.filter_map(|(at, value)| timestamp(at).map(|at| Point { wanted, at, value: *value })),
                );
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        Ok(points)
    }
}

fn series_of<'a>(fetched: &'a mut BTreeMap<StreamName, StreamMetrics>, wanted: &Wanted<'_>) -> Option<&'a mut Series> {
    let metrics = fetched.get_mut(wanted.stream)?;
    let metrics = match wanted.shard {
        Some(shard) => metrics.shards.get_mut(shard)?,
        None => &mut metrics.total,
    };
    Some((wanted.figure.slot)(metrics))
}

fn query(index: usize, wanted: &Wanted<'_>, window: Window) -> MetricDataQuery {
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    let metric = Metric::builder()
        .namespace(NAMESPACE)
        .metric_name(wanted.name())
        .set_dimensions(Some(
            std::iter::once(dimension("StreamName", wanted.stream.as_str()))
                .chain(wanted.shard.map(|shard| dimension("ShardId", shard.as_str())))
                .collect(),
        ))
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(i32::try_from(window.step_seconds).unwrap_or(60))
        .stat(wanted.figure.statistic)
        .build();
    MetricDataQuery::builder().id(format!("q{index}")).metric_stat(stat).return_data(true).build()
}

fn nothing_known(window: Window, shards: &[ShardId]) -> StreamMetrics {
    StreamMetrics {
        window,
        total: WriteMetrics::unknown(window),
        shards: shards.iter().map(|shard| (shard.clone(), WriteMetrics::unknown(window))).collect(),
        source: Source::CloudWatch,
    }
}

/// CloudWatch has no point for a minute without a throttle. Where records came in, such a minute is known to be zero.
fn fill_absent_throttles(metrics: &mut WriteMetrics) {
    for index in 0..metrics.incoming_records.len() {
        if metrics.incoming_records.at(index).is_none() {
            continue;
        }
        let at = metrics.incoming_records.time_of(index);
        for series in [&mut metrics.write_throttled, &mut metrics.read_throttled] {
            if series.at(index).is_none() {
                series.set(at, 0.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_throttles_are_zero_only_where_records_came_in() {
        let window = Window { start: Timestamp(0), end: Timestamp(180_000), step_seconds: 60 };
        let mut metrics = WriteMetrics::unknown(window);
        metrics.incoming_records.set(Timestamp(0), 5.0);
        metrics.incoming_records.set(Timestamp(60_000), 5.0);
        metrics.write_throttled.set(Timestamp(60_000), 7.0);
        fill_absent_throttles(&mut metrics);
        assert_eq!(metrics.write_throttled.values(), [Some(0.0), Some(7.0), None]);
        assert_eq!(metrics.read_throttled.values(), [Some(0.0), Some(0.0), None]);
        assert_eq!(metrics.iterator_age_millis.values(), [None, None, None]);
    }

    #[test]
    fn metrics_can_be_fetched_in_the_background() {
        fn is_send<T: Send>(_: impl Fn(Connection, StreamName, Window) -> T) {}
        is_send(|connection, stream, window| async move { connection.stream_metrics(&stream, window, &[]).await });
    }
}
