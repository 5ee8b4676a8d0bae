//! `kinescope tail`: the records of a stream, one a line.

use std::io::Write;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::args::TailArgs;
use super::{End, interrupted, out};
use crate::model::filter::{Filter, FilterKind, FilterSpec};
use crate::model::ndjson;
use crate::model::tail::{FanOutConsumer, NoticeKind, TailItem, TailNotice, TailOptions, TailRoute};
use crate::tasks::filter::on_deep_stack;
use crate::tasks::session::Session;
use crate::tasks::tail::{TailHandle, start_tail};
use crate::tasks::wake::Wake;

/// Failures in a row of one shard after which the command ends: about four minutes.
const GIVE_UP_AFTER: u32 = 10;

/// Calls: see [`start_tail`].
pub(super) async fn run(session: &Session, args: TailArgs) -> Result<(), End> {
    let handle = Handle::current();
    let connection = session.connection.clone();
    let work = move || {
        handle.block_on(async {
            let filter = filter(&args)?;
            let tail = start_tail(&handle, connection, args.stream.clone(), options(&args), Wake::none());
            print(&args, tail, filter.as_ref()).await
        })
    };
    // This thread has nothing else to do; the tailer runs on those of the runtime.
    tokio::task::block_in_place(|| on_deep_stack(work)).map_err(End::Failed)?
}

fn options(args: &TailArgs) -> TailOptions {
    TailOptions {
        start: args.from.clone(),
        route: args.fan_out.clone().map_or(TailRoute::Polling, |name| TailRoute::FanOut(FanOutConsumer::Named(name))),
        shards: (!args.shards.is_empty()).then(|| args.shards.clone()),
        partition_key: args.partition_key.clone(),
        read_budget: args.read_budget,
        until_tip: args.until_tip,
        decode_as: args.decode_as,
        give_up_after: Some(GIVE_UP_AFTER),
        ..TailOptions::default()
    }
}

fn filter(args: &TailArgs) -> Result<Option<Filter>, End> {
    let Some(text) = &args.filter else { return Ok(None) };
    let spec = FilterSpec::new(args.filter_kind, text.as_str());
    if spec.kind == FilterKind::Jq && spec.is_empty() {
        return Ok(None);
    }
    Filter::compile(&spec).map(Some).map_err(|error| End::WrongUsage(format!("--filter: {}.", error.with_place(text))))
}

async fn print(args: &TailArgs, mut tail: TailHandle, filter: Option<&Filter>) -> Result<(), End> {
    let mut left = args.count;
    let mut out = out::stdout();
    // The memory of one line serves them all.
    let mut line = String::new();
    let ends = args.limit_time.and_then(|limit| Instant::now().checked_add(limit));
    let interrupt = interrupted();
    tokio::pin!(interrupt);
    loop {
        let batch = tokio::select! {
            biased;
            () = &mut interrupt => {
                out.flush()?;
                return Err(End::Interrupted);
            }
            () = until(ends) => return Ok(out.flush()?),
            batch = tail.items.recv() => batch,
        };
        let Some(batch) = batch else { break };
        for item in batch.items {
            let record = match item {
                TailItem::Notice(notice) => {
                    log(&notice);
                    continue;
                }
                TailItem::Record(record) => record,
            };
            if let Some(filter) = filter {
                match filter.judge(&record) {
                    Ok(verdict) if verdict.is_shown() => {}
                    Ok(_) => continue,
                    Err(error) => {
                        out.flush()?;
                        return Err(End::Failed(format!("--filter: {error}.")));
                    }
                }
            }
            line = ndjson::record_in_place_of(line, &args.stream, &record);
            line.push('\n');
            out.write_all(line.as_bytes())?;
            if let Some(left) = &mut left {
                *left -= 1;
                if *left == 0 {
                    return Ok(out.flush()?);
                }
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
