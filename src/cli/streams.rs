//! `kinescope streams`: every stream of the Region with what it says of itself.

use std::io::Write;

use futures_util::{StreamExt, stream};

use super::{End, args::StreamsArgs, out};
use crate::model::answer::Problem;
use crate::model::format;
use crate::model::ids::StreamName;
use crate::model::ndjson::Line;
use crate::model::stream::{StreamMode, StreamSummary};
use crate::tasks::session::Session;

/// Summaries asked for at once; `DescribeStreamSummary` has 20 a second and account.
const AT_ONCE: usize = 8;

type Row = (StreamName, Result<StreamSummary, Problem>);

/// One `ListStreams` a hundred streams and one `DescribeStreamSummary` a stream. A stream that cannot be described is
/// listed all the same.
pub(super) async fn run(session: &Session, options: &StreamsArgs) -> Result<(), End> {
    let connection = &session.connection;
    let names = connection.list_stream_names().await?;
    let rows: Vec<Row> = stream::iter(names)
        .map(|name| async move {
            let summary = connection.describe_summary(&name).await;
            (name, summary)
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut out = out::stdout();
    if options.json {
        let objects: Vec<String> = rows.iter().map(json).collect();
        writeln!(out, "[{}]", objects.join(","))?;
    } else {
        table(&mut out, &rows)?;
    }
    Ok(out.flush()?)
}

fn json((name, summary): &Row) -> String {
    let line = Line::default().text("name", name.as_str());
    let known = summary.as_ref().ok();
    let mode = known.and_then(|known| match known.mode {
        StreamMode::Provisioned => Some("PROVISIONED"),
        StreamMode::OnDemand => Some("ON_DEMAND"),
        StreamMode::Unknown => None,
    });
    line.optional("arn", known.map(|known| known.arn.as_str()).filter(|arn| !arn.is_empty()))
        .optional("status", known.map(|known| known.status.as_str()))
        .optional("mode", mode)
        .number("open_shard_count", known.map(|known| known.open_shard_count.into()))
        .number("retention_hours", known.map(|known| known.retention_hours.into()))
        .optional("error", summary.as_ref().err().map(|problem| problem.sentence.as_str()))
        .end()
}

fn table(out: &mut impl Write, rows: &[Row]) -> std::io::Result<()> {
    let width = rows.iter().map(|(name, _)| name.as_str().chars().count()).max().unwrap_or(0).max("STREAM".len());
    writeln!(out, "{:<width$}  {:<9} {:<12} {:>6}  RETENTION", "STREAM", "STATUS", "MODE", "SHARDS")?;
    for (name, summary) in rows {
        match summary {
            Ok(known) => writeln!(
                out,
                "{name:<width$}  {:<9} {:<12} {:>6}  {}",
                known.status.as_str(),
                known.mode.label(),
                format::grouped(known.open_shard_count.into()),
                format::retention(known.retention_hours)
            )?,
            Err(problem) => writeln!(out, "{name:<width$}  {}", problem.sentence)?,
        }
    }
    Ok(())
}
