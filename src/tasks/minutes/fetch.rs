//! Asks CloudWatch for what is missing, and for nothing else.
//!
//! Cost: one metric for every series and missing span; see [`super::plan`]. What a fetch has received is kept even when it
//! is cancelled or fails later, so that the next one asks only for the rest.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::Minutes;
use super::book::{Asked, Call, Place, Wish};
use crate::aws::MetricPoints;
use crate::aws::connect::Connection;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::ids::{ShardId, StreamName};
use crate::model::limits::{GET_METRIC_DATA_POINTS_PER_SEC, GET_METRIC_DATA_RECENT_POINTS_PER_SEC};
use crate::model::metrics::{FigureSet, MetricId, StreamMetrics, Window};
use crate::model::time::{Millis, Timestamp};
use crate::tasks::clock::Clock;

/// Calls of one turn; another fetch may have its turn in between.
const CALLS_A_TURN: usize = 8;
/// Calls under way at once.
const CALLS_AT_ONCE: usize = 4;
/// Share of the account's data points a second that this program takes at most.
const POINTS_SHARE: f64 = 0.8;
/// How far back the lower limit of data points a second reaches.
const RECENT: Millis = Millis::from_mins(180);
/// How long the account may take to be known; until then nothing of this connection is kept.
const IDENTITY_PATIENCE: Duration = Duration::from_secs(5);

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The periods.
    pub window: Window,
    /// The figures.
    pub wishes: Vec<Wish>,
    /// Closed shards whose last write lies before all that is missing: their write figures are not asked for any more.
    pub silent: HashSet<ShardId>,
    /// How old a figure that may still change may be to be shown again without asking.
    pub reuse: Millis,
}

impl Place {
    /// Where the figures of a connection belong: account and Region, once AWS has said which account it is. One
    /// `GetCallerIdentity`, unless it was answered before.
    pub async fn of(connection: &Connection) -> Self {
        let info = connection.info();
        if let Some(url) = info.endpoint_url.as_deref().filter(|url| !is_of_aws(url)) {
            return Self::in_memory(&format!("{url} {}", info.region));
        }
        match tokio::time::timeout(IDENTITY_PATIENCE, connection.identity()).await {
            Ok(Ok(identity)) => Self::kept(&format!("{} {}", identity.account, info.region)),
            _ => Self::in_memory(&format!("{} {}", info.label, info.region)),
        }
    }
}

/// Whether an endpoint is one of AWS's own, as those of a VPC are.
fn is_of_aws(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', ':']).next().unwrap_or(rest).to_ascii_lowercase();
    [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"].iter().any(|domain| host.ends_with(domain))
}

/// The figures that are wished for: those that are known, and those that are missing from CloudWatch.
///
/// # Errors
/// As [`Connection::metric_data`]. One call that fails fails all, so that no stream looks calm for want of an answer.
pub async fn fetch(
    connection: &Connection,
    minutes: &Minutes,
    question: Question,
    clock: &Clock,
) -> Result<BTreeMap<StreamName, StreamMetrics>, Problem> {
    connection.check_cloudwatch()?;
    let place = Place::of(connection).await;
    fetch_at(connection, minutes, place, question, clock).await
}

/// As [`fetch`], for a place that is known.
///
/// # Errors
/// As [`fetch`].
pub async fn fetch_at(
    connection: &Connection,
    minutes: &Minutes,
    place: Place,
    question: Question,
    clock: &Clock,
) -> Result<BTreeMap<StreamName, StreamMetrics>, Problem> {
    let horizon = clock.now() - question.reuse;
    let asking = Arc::new(Asking { minutes: minutes.clone(), place, question });
    loop {
        let turn = minutes.turn().await;
        let mut calls = asking.clone().away(move |asking| asking.plan(horizon)).await?;
        if calls.is_empty() {
            break;
        }
        calls.truncate(CALLS_A_TURN);
        let rest = if is_limited(connection) { pace(&calls, clock.now()) } else { Duration::ZERO };
        let began = tokio::time::Instant::now();
        ask(connection, &asking, calls, horizon, clock).await?;
        drop(turn);
        tokio::time::sleep_until(began + rest).await;
    }
    let now = clock.now();
    asking.away(move |asking| asking.figures(now)).await
}

/// A question on its way.
struct Asking {
    minutes: Minutes,
    place: Place,
    question: Question,
}

impl Asking {
    fn plan(&self, horizon: Timestamp) -> Vec<Call> {
        let Question { window, wishes, .. } = &self.question;
        self.minutes.load(&self.place, wishes, *window);
        let mut calls = self.minutes.plan(&self.place, wishes, *window, horizon);
        for call in &mut calls {
            call.series.retain(|metric| !self.is_silent(metric));
        }
        calls.retain(|call| !call.series.is_empty());
        calls
    }

    fn is_silent(&self, metric: &MetricId) -> bool {
        let is_write = FigureSet::WRITE.contains(metric.figure);
        is_write && metric.shard.as_ref().is_some_and(|shard| self.question.silent.contains(shard))
    }

    fn figures(&self, now: Timestamp) -> BTreeMap<StreamName, StreamMetrics> {
        self.minutes.figures(&self.place, &self.question.wishes, self.question.window, now)
    }

    /// Works on a thread that may wait and compute.
    async fn away<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        tokio::task::spawn_blocking(move || work(&self))
            .await
            .map_err(|err| Problem::new(ProblemKind::Internal, format!("Past figures could not be read: {err}.")))
    }
}

/// Makes the calls and takes each answer in as it comes.
async fn ask(
    connection: &Connection,
    asking: &Asking,
    calls: Vec<Call>,
    horizon: Timestamp,
    clock: &Clock,
) -> Result<(), Problem> {
    let calls = calls.into_iter().map(|call| {
        let (connection, clock) = (connection.clone(), clock.clone());
        async move {
            // The moment before the call decides what was final: what is added while it runs may be missing from it.
            // A clock that was set back must not make this answer look too old to count.
            let at = clock.now().max(horizon);
            let answers: Vec<MetricPoints> = connection.metric_data(&call.series, call.span).await?;
            Ok::<_, Problem>((call, answers, at))
        }
    });
    let mut answered = stream::iter(calls).buffer_unordered(CALLS_AT_ONCE);
    while let Some(answer) = answered.next().await {
        let (call, answers, at) = answer?;
        asking.minutes.record(&asking.place, &call, &answers, Asked { at, horizon });
    }
    Ok(())
}

fn is_limited(connection: &Connection) -> bool {
    connection.info().endpoint_url.as_deref().is_none_or(is_of_aws)
}

/// How long these calls should take together, so that the account's data points a second suffice.
fn pace(calls: &[Call], now: Timestamp) -> Duration {
    let seconds: f64 = calls
        .iter()
        .map(|call| {
            let points = (call.series.len() * call.span.len()) as f64;
            let is_recent = call.span.start >= now - RECENT;
            points / if is_recent { GET_METRIC_DATA_RECENT_POINTS_PER_SEC } else { GET_METRIC_DATA_POINTS_PER_SEC }
        })
        .sum();
    Duration::from_secs_f64(seconds / POINTS_SHARE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metrics::Figure;

    #[test]
    fn only_endpoints_of_aws_are_of_aws() {
        assert!(is_of_aws("https://vpce-1.kinesis.us-east-1.vpce.amazonaws.com"));
        assert!(is_of_aws("https://kinesis.us-east-1.api.aws:443/"));
        for other in
            ["http://127.0.0.1:4566", "https://amazonaws.com.example.org", "http://localstack:4566/.amazonaws.com"]
        {
            assert!(!is_of_aws(other), "{other}");
        }
    }

    #[test]
    fn a_small_refresh_is_not_slowed_down_and_a_large_one_is() {
        let now = Timestamp::from_secs(1_800_000_000);
        let call = |minutes: i64, series: usize| {
            let metric = MetricId { stream: StreamName::from("s"), shard: None, figure: Figure::IncomingBytes };
            let span = Window { start: now - Millis::from_mins(minutes), end: now, step_seconds: 60 };
            Call { span, series: vec![metric; series] }
        };
        assert!(pace(&[call(4, 500)], now) < Duration::from_millis(20));
        let day = pace(&vec![call(1_440, 70); 8], now);
        assert!(day > Duration::from_secs(2) && day < Duration::from_secs(4), "{day:?}");
    }
}
