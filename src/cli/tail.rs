//! `kinescope tail`: the records of a stream, one a line.

use std::io::Write;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::args::{FilterKind, TailArgs};
use super::{End, interrupted, ndjson, out};
use crate::model::filter::Filter;
use crate::model::tail::{NoticeKind, TailItem, TailNotice, TailOptions};
use crate::tasks::session::Session;
use crate::tasks::tail::start_tail;
use crate::tasks::wake::Wake;

/// Failures in a row of one shard after which the command ends: about four minutes.
const GIVE_UP_AFTER: u32 = 10;

/// Calls: see [`start_tail`].
pub(super) async fn run(session: &Session, args: TailArgs) -> Result<(), End> {
    let options = TailOptions {
        start: args.from,
        shards: (!args.shards.is_empty()).then_some(args.shards),
        read_budget: args.read_budget,
        until_tip: args.until_tip,
        give_up_after: Some(GIVE_UP_AFTER),
    };
    let filter = args.filter.map(|text| match args.filter_kind {
        FilterKind::Text => Filter::text(&text),
    });
    let connection = session.connection.clone();
    let mut tail = start_tail(&Handle::current(), connection, args.stream.clone(), options, Wake::none());
    let mut left = args.count;
    let mut out = out::stdout();
    let ends = args.limit_time.and_then(|limit| Instant::now().checked_add(limit));
    let interrupt = interrupted();
    tokio::pin!(interrupt);
    loop {
        let items = tokio::select! {
            biased;
            () = &mut interrupt => {
                out.flush()?;
                return Err(End::Interrupted);
            }
            () = until(ends) => return Ok(out.flush()?),
            items = tail.items.recv() => items,
        };
        let Some(items) = items else { break };
        for item in items {
            match item {
                TailItem::Notice(notice) => log(&notice),
                TailItem::Record(record) if filter.as_ref().is_none_or(|filter| filter.matches(&record)) => {
                    writeln!(out, "{}", ndjson::record(&args.stream, &record))?;
                    if let Some(left) = &mut left {
                        *left -= 1;
                        if *left == 0 {
                            return Ok(out.flush()?);
                        }
                    }
                }
                TailItem::Record(_) => {}
            }
        }
        if tail.items.is_empty() {
            out.flush()?;
        }
    }
    out.flush()?;
    let problem = tail.status.borrow().problem.clone();
    problem.map_or(Ok(()), |problem| Err(problem.into()))
}

async fn until(ends: Option<Instant>) {
    match ends {
        Some(ends) => tokio::time::sleep_until(ends).await,
        None => std::future::pending().await,
    }
}

fn log(notice: &TailNotice) {
    let shard = notice.shard.as_ref().map_or("all shards", |shard| shard.as_str());
    match notice.kind {
        NoticeKind::Throttled | NoticeKind::Failed => tracing::warn!(shard, "{}", notice.text),
        _ => tracing::info!(shard, "{}", notice.text),
    }
}
