//! `kinescope put`: writes records, only where writing was unlocked, and says for each what became of it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::args::PutArgs;
use super::keep::{self, Counts, Keep};
use super::{End, open, out};
use crate::model::batch::Landing;
use crate::model::connection::ConnectRequest;
use crate::model::format::grouped;
use crate::model::ids::{PartitionKey, StreamName};
use crate::model::limits::{PUT_RECORDS_MAX_BYTES, PUT_RECORDS_MAX_ENTRIES};
use crate::model::ndjson::Line;
use crate::model::shard_map::ShardMap;
use crate::model::time::Millis;
use crate::model::unfinished::RunHead;
use crate::model::writes::{PutEntry, PutOutcome};
use crate::tasks::clock::Clock;
use crate::tasks::inject::batch::feed_rest;
use crate::tasks::inject::deliver::{self, Control, Ended, Follow, Item, Options, Target, deliver};
use crate::tasks::inject::journal::Logged;
use crate::tasks::inject::{self, Retry};

/// Read ahead of the call that is on its way.
const CHUNK_BYTES: usize = 4 * 1_048_576;

/// One `PutRecords` for 500 records or 10 MiB, and further ones for what was refused.
pub(super) async fn run(connect: &ConnectRequest, args: PutArgs) -> Result<(), End> {
    if !args.unlock {
        return Err(End::Failed(format!(
            "put would write to {}, and the program is read-only until it is unlocked. Add --unlock to allow this write.",
            args.stream
        )));
    }
    let lines = if args.resume.is_none() { Some(source(&args)?) } else { None };
    let session = open(connect).await?;
    let (connection, clock, keep) = (session.connection.clone(), Clock::system(), Keep::new());
    let target = Target { connection: connection.clone(), stream: args.stream.clone() };
    let mut results = Results::new(args.stream.clone());
    let (sender, items) = mpsc::channel(1);
    let (say, fault) = oneshot::channel();
    let (head, log) = match (lines, &args.resume) {
        (None, Some(id)) => {
            let (rest, log) = keep.reopen(id, &connection, &args.stream)?;
            let shards = connection.list_shards(&args.stream).await.map(ShardMap::new)?;
            let shards = shards.open().map(|shard| (shard.id.clone(), shard.range)).collect();
            let landing = Landing { shards, max_record_bytes: PUT_RECORDS_MAX_BYTES };
            // What is left has gaps: each result is printed when it comes.
            results.is_ordered = false;
            let head =
                RunHead { started: clock.now(), title: format!("{}, the rest", rest.head.title), ..rest.head.clone() };
            std::thread::spawn(move || say.send(feed_rest(&rest, landing, &sender).map(|_| ())));
            (head, Some(log))
        }
        (lines, _) => {
            keep.tell_unfinished(&connection, &args.stream, clock.now());
            let head = keep::head(&connection, &args, clock.now());
            let log = keep.begin(&head);
            // Not waited for: standard input may stay open when the rest is not wanted any more.
            std::thread::spawn(move || say.send(lines.map_or(Ok(()), |lines| read(lines, &args, &sender))));
            (head, log)
        }
    };
    // Somebody waits for one record; a file has the time that its shards need.
    let retry = if head.file.is_some() { Retry::MANY } else { Retry::FEW };
    let options = Options { retry, ..inject::FEW };
    let who = tokio::spawn(async move { connection.identity().await });
    let stop = results.stop.clone();
    let mut logged = Logged { inner: results, log };
    let end = deliver(&target, items, options, &stop, &clock, &mut logged).await;
    let mut results = logged.finish();
    results.flush();
    let counts = Counts { accepted: results.told - results.refused, refused: results.refused };
    // Known long before, where there is anybody to ask.
    let who = tokio::time::timeout(Duration::from_secs(2), who).await;
    let who = who.ok().and_then(Result::ok).and_then(Result::ok).map(|who| who.principal().to_owned());
    keep.log_run(&head, counts, who.unwrap_or_default(), clock.now());
    outcome(results, end, fault.await, counts)
}

fn outcome(
    results: Results,
    end: deliver::End,
    fault: Result<Result<(), String>, oneshot::error::RecvError>,
    counts: Counts,
) -> Result<(), End> {
    if let Some(error) = results.broken {
        return Err(error.into());
    }
    if counts.refused > 0 {
        let why = match end {
            deliver::End::Failed(problem) => problem.sentence,
            _ => "Their lines say why. Put those again.".to_owned(),
        };
        return Err(End::Failed(format!(
            "{} of {} records were not accepted. {why}",
            grouped(counts.refused as i64),
            grouped((counts.accepted + counts.refused) as i64),
        )));
    }
    match fault {
        Ok(Err(fault)) => {
            let put = grouped(counts.accepted as i64);
            Err(End::Failed(format!("{fault} {put} records before it were put.")))
        }
        _ => Ok(()),
    }
}

/// Prints what became of each record, in the order of the source.
struct Results {
    stream: StreamName,
    out: Box<dyn Write>,
    /// Nobody reads any more: nothing else is sent.
    stop: Control,
    /// Those that ended before one that comes earlier.
    early: BTreeMap<u64, (bool, String)>,
    /// Printed in the order of the source, which has no gaps.
    is_ordered: bool,
    told: u64,
    refused: u64,
    broken: Option<std::io::Error>,
}

impl Results {
    fn new(stream: StreamName) -> Self {
        let out = Box::new(out::stdout());
        let stop = Control::default();
        Self { stream, out, stop, early: BTreeMap::new(), is_ordered: true, told: 0, refused: 0, broken: None }
    }

    fn print(&mut self, is_accepted: bool, line: &str) {
        self.told += 1;
        self.refused += u64::from(!is_accepted);
        if self.broken.is_none() {
            self.broken = writeln!(self.out, "{line}").err();
        }
    }

    /// Prints what is left, where records before it never ended.
    fn flush(&mut self) {
        for (is_accepted, line) in std::mem::take(&mut self.early).into_values() {
            self.print(is_accepted, &line);
        }
        self.answered(Duration::ZERO);
    }
}

impl Follow for Results {
    fn waits(&mut self, _number: u64, _entry: &PutEntry, _wait: Millis) {}

    fn ended(&mut self, ended: Ended) {
        let is_accepted = ended.outcome.as_ref().is_ok_and(PutOutcome::is_accepted);
        if !self.is_ordered {
            return self.print(is_accepted, &result(&self.stream, &ended));
        }
        self.early.insert(ended.number, (is_accepted, result(&self.stream, &ended)));
        while let Some((is_accepted, line)) = self.early.remove(&self.told) {
            self.print(is_accepted, &line);
        }
    }

    fn answered(&mut self, _took: Duration) {
        let flushed = self.out.flush();
        self.broken = self.broken.take().or(flushed.err());
        if self.broken.is_some() {
            self.stop.stop();
        }
    }
}

type Lines = Box<dyn Iterator<Item = std::io::Result<Vec<u8>>> + Send>;

/// The data of each record, with the name of its source for errors.
fn source(args: &PutArgs) -> Result<Lines, End> {
    let Some(path) = &args.file else {
        let data = args.data.clone().unwrap_or_default().into_bytes();
        return Ok(Box::new(std::iter::once(Ok(data))));
    };
    let reader: Box<dyn BufRead + Send> = if path == Path::new("-") {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        let file = std::fs::File::open(path).map_err(|error| End::Failed(cannot_read(args, &error)))?;
        Box::new(BufReader::new(file))
    };
    let lines = reader.split(b'\n').map(|line| {
        line.map(|mut line| {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            line
        })
    });
    Ok(Box::new(lines.filter(|line| !line.as_ref().is_ok_and(Vec::is_empty))))
}

/// Hands the records over until the source ends or nobody takes them; says what is wrong with the first that cannot be sent.
fn read(lines: Lines, args: &PutArgs, items: &mpsc::Sender<Vec<Item>>) -> Result<(), String> {
    let mut chunk = Vec::new();
    let mut bytes = 0;
    let mut fault = None;
    for (number, data) in (0u64..).zip(lines) {
        let entry = data.map_err(|error| cannot_read(args, &error)).and_then(|data| {
            // Asked for by the arguments, where there is no run to take up.
            let partition_key = args.partition_key.clone().unwrap_or_else(|| PartitionKey::from(""));
            let entry = PutEntry { partition_key, explicit_hash_key: args.explicit_hash_key, data };
            entry.check(PUT_RECORDS_MAX_BYTES).map_err(|fault| format!("Record {}: {fault}", number + 1))?;
            Ok(entry)
        });
        match entry {
            Ok(entry) => {
                bytes += entry.size_bytes();
                chunk.push(Item { number, entry });
            }
            Err(words) => {
                fault = Some(words);
                break;
            }
        }
        if chunk.len() >= PUT_RECORDS_MAX_ENTRIES || bytes >= CHUNK_BYTES {
            bytes = 0;
            if items.blocking_send(std::mem::take(&mut chunk)).is_err() {
                return Ok(());
            }
        }
    }
    // Where nobody takes it, the delivery has failed and says so itself.
    let _ = items.blocking_send(chunk);
    fault.map_or(Ok(()), Err)
}

fn cannot_read(args: &PutArgs, error: &std::io::Error) -> String {
    let name = args.file.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    format!("{name} cannot be read: {error}. Name a file with one record a line.")
}

fn result(stream: &StreamName, ended: &Ended) -> String {
    let line =
        Line::default().text("stream", stream.as_str()).text("partition_key", ended.entry.partition_key.as_str());
    let (shard, number, error) = match &ended.outcome {
        Ok(PutOutcome::Accepted { shard_id, sequence_number }) => {
            (Some(shard_id.as_str()), Some(sequence_number.as_str()), None)
        }
        Ok(PutOutcome::Refused { code, message }) => (None, None, Some(format!("{code}: {message}"))),
        Err(problem) => (None, None, Some(problem.sentence.clone())),
    };
    line.optional("shard_id", shard)
        .optional("sequence_number", number)
        .number("attempts", Some(ended.waits.len() as u64 + 1))
        .optional("error", error.as_deref())
        .end()
}
