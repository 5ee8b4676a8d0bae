//! Figures of CloudWatch. Costs money: $0.01 a thousand metrics requested, whatever the window; the meter counts them.
//!
//! Knows how one series is asked for and how an answer is read; which series and which periods are worth asking for is
//! decided in [`crate::model`] and by the callers.

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
use crate::model::metrics::{Figure, FigureSet, MetricId, Source, StreamMetrics, Window, WriteMetrics};
use crate::model::time::Timestamp;

const NAMESPACE: &str = "AWS/Kinesis";
/// Batches that are under way at once.
const BATCHES_AT_ONCE: usize = 4;
/// Pages of one batch that are followed at most.
const MOST_PAGES: usize = 50;

/// What CloudWatch answered for one series over one span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricPoints {
    /// The periods that have data, in no particular order. A period that is not here has none.
    pub points: Vec<(Timestamp, f64)>,
    /// Whether that is all: CloudWatch may break an answer off.
    pub is_whole: bool,
}

/// The metric's name under the dimension `StreamName`, or under `StreamName` and `ShardId`. `OutgoingBytes` exists for
/// shards only; of a stream, `GetRecords.Bytes` is nearest, without what fan-out consumers read.
fn name_of(metric: &MetricId) -> &'static str {
    match (metric.figure, metric.shard.is_some()) {
        (Figure::IncomingBytes, _) => "IncomingBytes",
        (Figure::IncomingRecords, _) => "IncomingRecords",
        (Figure::WriteThrottled, _) => "WriteProvisionedThroughputExceeded",
        (Figure::ReadThrottled, _) => "ReadProvisionedThroughputExceeded",
        (Figure::IteratorAge, true) => "IteratorAgeMilliseconds",
        (Figure::IteratorAge, false) => "GetRecords.IteratorAgeMilliseconds",
        (Figure::OutgoingBytes, true) => "OutgoingBytes",
        (Figure::OutgoingBytes, false) => "GetRecords.Bytes",
    }
}

fn statistic_of(figure: Figure) -> &'static str {
    if figure == Figure::IteratorAge { "Maximum" } else { "Sum" }
}

/// CloudWatch may refuse a single metric inside an answer that is good otherwise.
fn refusal(metric: &MetricId, status: Option<&StatusCode>) -> Option<Problem> {
    let (kind, what) = match status? {
        StatusCode::InternalError => {
            (ProblemKind::Internal, "failed on the server's side. It is tried again by itself.")
        }
        StatusCode::Forbidden => {
            (ProblemKind::AccessDenied, "is not allowed for this identity. Ask for cloudwatch:GetMetricData.")
        }
        _ => return None,
    };
    let sentence = format!("GetMetricData for {} of {} {what}", name_of(metric), metric.stream);
    Some(Problem { operation: "GetMetricData", ..Problem::new(kind, sentence) })
}

impl Connection {
    /// Figures of up to 500 series over one span, in the order they were asked for. One `GetMetricData` (50 a second and
    /// account) where series × periods stay within 100,800; else one more for each further page.
    ///
    /// # Errors
    /// As every call; one series that is refused fails all, so that no stream looks calm for want of an answer.
    pub async fn metric_data(&self, wanted: &[MetricId], span: Window) -> Result<Vec<MetricPoints>, Problem> {
        self.check_cloudwatch()?;
        let queries: Vec<MetricDataQuery> =
            wanted.iter().enumerate().map(|(index, metric)| query(index, metric, span)).collect();
        self.meter().count_metrics(queries.len(), !self.is_on_this_machine());
        let mut answers = vec![MetricPoints { is_whole: true, ..MetricPoints::default() }; wanted.len()];
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let call = self
                .cloudwatch()
                .get_metric_data()
                .set_metric_data_queries(Some(queries.clone()))
                .start_time(DateTime::from_millis(span.start.0))
                .end_time(DateTime::from_millis(span.end.0))
                .set_next_token(token.take());
            let what = Call { service: "cloudwatch", operation: "GetMetricData", resource: "" };
            let page = call.send().await.map_err(|err| self.fail(&err, what))?;
            for result in page.metric_data_results() {
                let index = result.id().and_then(|id| id.strip_prefix('q')).and_then(|id| id.parse::<usize>().ok());
                let found = index.and_then(|index| Some((wanted.get(index)?, answers.get_mut(index)?)));
                let Some((metric, answer)) = found else { continue };
                if let Some(problem) = refusal(metric, result.status_code()) {
                    return Err(problem);
                }
                // The last page of a series says whether it is whole.
                answer.is_whole = result.status_code() != Some(&StatusCode::PartialData);
                let figures = result.timestamps().iter().zip(result.values());
                answer.points.extend(figures.filter_map(|(at, value)| timestamp(at).map(|at| (at, *value))));
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(answers);
            }
        }
        answers.iter_mut().for_each(|answer| answer.is_whole = false);
        Ok(answers)
    }

    /// Refuses where this connection has no metrics.
    ///
    /// # Errors
    /// `Unsupported` where the connection was opened without CloudWatch.
    pub fn check_cloudwatch(&self) -> Result<(), Problem> {
        if self.info().has_cloudwatch {
            return Ok(());
        }
        let sentence = "This connection was opened without CloudWatch: there are no metrics to ask for.";
        Err(Problem::new(ProblemKind::Unsupported, sentence))
    }

    /// Every figure of one stream and of the shards given, over a whole window and without regard to what is known
    /// already: `6 × (1 + shards)` metrics in batches of 500.
    ///
    /// # Errors
    /// As [`Connection::metric_data`].
    pub async fn stream_metrics(
        &self,
        stream: &StreamName,
        window: Window,
        shards: &[ShardId],
    ) -> Result<StreamMetrics, Problem> {
        let parts = std::iter::once(None).chain(shards.iter().cloned().map(Some));
        let wanted: Vec<MetricId> = parts
            .flat_map(|shard| {
                Figure::ALL.map(|figure| MetricId { stream: stream.clone(), shard: shard.clone(), figure })
            })
            .collect();
        let mut batches = Vec::new();
        for batch in wanted.chunks(GET_METRIC_DATA_MAX_QUERIES) {
            batches.push(self.metric_data(batch, window));
        }
        let answers: Vec<Vec<MetricPoints>> =
            futures_util::stream::iter(batches).buffered(BATCHES_AT_ONCE).try_collect().await?;
        let mut metrics = StreamMetrics {
            window,
            total: WriteMetrics::unknown(window),
            shards: shards.iter().map(|shard| (shard.clone(), WriteMetrics::unknown(window))).collect(),
            source: Source::CloudWatch,
            incomplete_from: None,
        };
        for (metric, answer) in wanted.iter().zip(answers.iter().flatten()) {
            let Some(figures) = part_of(&mut metrics.total, &mut metrics.shards, metric) else { continue };
            let series = metric.figure.of_mut(figures);
            answer.points.iter().for_each(|(at, value)| series.set(*at, *value));
        }
        metrics.total.fill_absent_throttles(FigureSet::ALL);
        metrics.shards.values_mut().for_each(|shard| shard.fill_absent_throttles(FigureSet::ALL));
        Ok(metrics)
    }
}

fn part_of<'a>(
    total: &'a mut WriteMetrics,
    shards: &'a mut BTreeMap<ShardId, WriteMetrics>,
    metric: &MetricId,
) -> Option<&'a mut WriteMetrics> {
    match &metric.shard {
        Some(shard) => shards.get_mut(shard),
        None => Some(total),
    }
}

fn query(index: usize, wanted: &MetricId, span: Window) -> MetricDataQuery {
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    let shard = wanted.shard.as_ref().map(|shard| dimension("ShardId", shard.as_str()));
    let metric = Metric::builder()
        .namespace(NAMESPACE)
        .metric_name(name_of(wanted))
        .set_dimensions(Some(std::iter::once(dimension("StreamName", wanted.stream.as_str())).chain(shard).collect()))
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(i32::try_from(span.step_seconds).unwrap_or(60))
        .stat(statistic_of(wanted.figure))
        .build();
    MetricDataQuery::builder().id(format!("q{index}")).metric_stat(stat).return_data(true).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_has_another_name_on_a_stream_than_on_a_shard() {
        let of = |shard: Option<&str>| MetricId {
            stream: StreamName::from("s"),
            shard: shard.map(ShardId::from),
            figure: Figure::OutgoingBytes,
        };
        assert_eq!(name_of(&of(None)), "GetRecords.Bytes");
        assert_eq!(name_of(&of(Some("shardId-000000000000"))), "OutgoingBytes");
    }

    #[test]
    fn metrics_can_be_fetched_in_the_background() {
        fn is_send<T: Send>(_: impl Fn(Connection, StreamName, Window) -> T) {}
        is_send(|connection, stream, window| async move { connection.stream_metrics(&stream, window, &[]).await });
    }
}
