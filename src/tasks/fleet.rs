//! One look at the whole Region: which streams there are, what they say of themselves, and their figures.
//!
//! Cost of one look: one `ListStreams` a hundred streams, one `DescribeStreamSummary` a stream (20 a second and account are
//! allowed; this uses at most 15), one `ListShards` a stream with shard-level metrics, and `GetMetricData` for 5 metrics a
//! stream. The 3 metrics a shard are asked for only when `with_shards` is set; otherwise the last ones are kept. Minutes that
//! are known already are not asked for again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::clock::Clock;
use super::minutes::Minutes;
use super::minutes::book::Wish;
use super::minutes::fetch::{Question, fetch};
use crate::aws::connect::Connection;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::health::{FleetRow, assess};
use crate::model::ids::{ShardId, StreamName};
use crate::model::metrics::{FigureSet, StreamMetrics, Window};
use crate::model::stream::StreamSummary;
use crate::model::time::Millis;
use crate::model::world::Fleet;

/// Minutes of figures that the fleet shows.
const MINUTES: u32 = 60;
/// `DescribeStreamSummary` calls under way at once.
const DESCRIBE_AT_ONCE: usize = 6;
/// What the list shows of a stream.
const OF_STREAM: FigureSet = FigureSet::WRITE.with(FigureSet::READ_THROTTLES).with(FigureSet::ITERATOR_AGE);
/// What the verdict needs of each shard.
const OF_SHARD: FigureSet = FigureSet::WRITE;
/// Pause before each of them beyond the first: 6 at once and 15 a second make 400 ms.
const DESCRIBE_EVERY: Duration = Duration::from_millis(400);

/// Looks at every stream. `publish` is called with what is known so far, so that a large Region fills row by row.
///
/// # Errors
/// Only when the streams cannot be listed. What fails for a single stream, or for the metrics, is noted in the fleet.
pub async fn look(
    connection: &Connection,
    minutes: &Minutes,
    previous: Option<&Fleet>,
    with_shards: bool,
    clock: &Clock,
    mut publish: impl FnMut(Fleet),
) -> Result<Fleet, Problem> {
    let names = connection.list_stream_names().await?;
    let window = Window::last_minutes(clock.now(), MINUTES);
    let known: HashMap<&StreamName, &FleetRow> =
        previous.map(|fleet| fleet.rows.iter().map(|row| (&row.name, row)).collect()).unwrap_or_default();
    let mut draft = Draft {
        window,
        names,
        summaries: known.iter().filter_map(|(name, row)| Some(((*name).clone(), row.summary.clone()?))).collect(),
        metrics: known.iter().filter_map(|(name, row)| Some(((*name).clone(), row.metrics.clone()?))).collect(),
        described: 0,
        problem: None,
    };
    publish(draft.fleet());
    describe_all(connection, &mut draft, &mut publish).await;
    if connection.info().has_cloudwatch {
        fetch_metrics(connection, minutes, &mut draft, with_shards, clock).await;
    } else {
        draft.metrics.clear();
    }
    Ok(draft.fleet())
}

struct Draft {
    window: Window,
    names: Vec<StreamName>,
    summaries: HashMap<StreamName, StreamSummary>,
    metrics: HashMap<StreamName, StreamMetrics>,
    described: usize,
    problem: Option<Problem>,
}

impl Draft {
    fn fleet(&self) -> Fleet {
        let mut rows: Vec<FleetRow> = self.names.iter().map(|name| self.row(name)).collect();
        rows.sort_by(FleetRow::trouble_order);
        Fleet { rows, window: self.window, metrics_problem: self.problem.clone(), described: self.described }
    }

    fn row(&self, name: &StreamName) -> FleetRow {
        let summary = self.summaries.get(name).cloned();
        let metrics = self.metrics.get(name).cloned();
        let health = match &summary {
            Some(summary) => assess(summary, metrics.as_ref()),
            None => crate::model::health::Health::unknown(),
        };
        FleetRow { summary, name: name.clone(), metrics, health }
    }
}

async fn describe_all(connection: &Connection, draft: &mut Draft, publish: &mut impl FnMut(Fleet)) {
    let is_local = connection.info().endpoint_url.is_some();
    let names = draft.names.clone();
    let calls = names.into_iter().enumerate().map(|(index, name)| {
        let connection = connection.clone();
        async move {
            if !is_local && index >= DESCRIBE_AT_ONCE {
                tokio::time::sleep(DESCRIBE_EVERY).await;
            }
            let answer = connection.describe_summary(&name).await;
            (name, answer)
        }
    });
    let mut answers = stream::iter(calls).buffer_unordered(DESCRIBE_AT_ONCE);
    while let Some((name, answer)) = answers.next().await {
        draft.described += 1;
        match answer {
            Ok(summary) => {
                draft.summaries.insert(name, summary);
            }
            // Deleted between the listing and now.
            Err(problem) if problem.kind == ProblemKind::NotFound => draft.names.retain(|other| *other != name),
            Err(problem) => draft.problem = Some(problem),
        }
        if draft.described.is_multiple_of(10) {
            publish(draft.fleet());
        }
    }
    publish(draft.fleet());
}

async fn fetch_metrics(
    connection: &Connection,
    minutes: &Minutes,
    draft: &mut Draft,
    with_shards: bool,
    clock: &Clock,
) {
    let mut wishes = Vec::new();
    for name in &draft.names {
        let Some(summary) = draft.summaries.get(name) else { continue };
        let shards = if with_shards && summary.has_shard_metric("IncomingBytes") {
            open_shards(connection, name).await.unwrap_or_default()
        } else {
            Vec::new()
        };
        let wish = |shard, figures| Wish { stream: name.clone(), shard, figures };
        wishes.push(wish(None, OF_STREAM));
        wishes.extend(shards.into_iter().map(|shard| wish(Some(shard), OF_SHARD)));
    }
    let question = Question { window: draft.window, wishes, silent: HashSet::new(), reuse: Millis(0) };
    match fetch(connection, minutes, question, clock).await {
        Ok(fetched) => keep_shards(draft, fetched, with_shards),
        Err(problem) => draft.problem = Some(problem),
    }
}

async fn open_shards(connection: &Connection, name: &StreamName) -> Result<Vec<ShardId>, Problem> {
    let shards = connection.list_shards(name).await?;
    Ok(shards.into_iter().filter(|shard| shard.is_open()).map(|shard| shard.id).collect())
}

fn keep_shards(draft: &mut Draft, fetched: BTreeMap<StreamName, StreamMetrics>, with_shards: bool) {
    for (name, mut metrics) in fetched {
        if !with_shards && let Some(old) = draft.metrics.remove(&name) {
            metrics.shards = old.shards;
        }
        draft.metrics.insert(name, metrics);
    }
}
