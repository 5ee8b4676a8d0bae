//! `kinescope put`: writes records, only where writing was unlocked, and says for each what became of it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use tokio::sync::watch;

use super::args::PutArgs;
use super::{End, open, out};
use crate::model::connection::ConnectRequest;
use crate::model::format::grouped;
use crate::model::ids::StreamName;
use crate::model::limits::PUT_RECORDS_MAX_BYTES;
use crate::model::ndjson::Line;
use crate::model::writes::{InjectRow, PutEntry, PutOutcome};
use crate::tasks::clock::Clock;
use crate::tasks::inject;

/// Records whose results are held before they are printed.
const CHUNK_RECORDS: usize = 5_000;
const CHUNK_BYTES: usize = 64 * 1_048_576;

/// One `PutRecords` for 500 records or 10 MiB, and further ones for what was refused.
pub(super) async fn run(connect: &ConnectRequest, args: PutArgs) -> Result<(), End> {
    if !args.unlock {
        return Err(End::Failed(format!(
            "put would write to {}, and the program is read-only until it is unlocked. Add --unlock to allow this write.",
            args.stream
        )));
    }
    let mut lines = source(&args)?;
    let session = open(connect).await?;
    let clock = Clock::system();
    let mut out = out::stdout();
    let (mut sent, mut refused) = (0usize, 0usize);
    let mut why = None;
    loop {
        let entries = chunk(&mut lines, &args, sent)?;
        if entries.is_empty() {
            break;
        }
        let (progress, run) = watch::channel(inject::prepared(args.stream.clone(), &entries, &clock));
        inject::run(&session.connection, &args.stream, &entries, &clock, &progress).await;
        for row in &run.borrow().rows {
            sent += 1;
            refused += usize::from(!is_accepted(row));
            if let (None, Some(Err(problem))) = (&why, &row.outcome) {
                why = Some(problem.sentence.clone());
            }
            writeln!(out, "{}", result(&args.stream, row))?;
        }
        out.flush()?;
        // A call that failed as a whole would fail again for the rest of the file.
        if why.is_some() {
            break;
        }
    }
    if refused > 0 {
        return Err(End::Failed(format!(
            "{} of {} records were not accepted. {}",
            grouped(refused as i64),
            grouped(sent as i64),
            why.unwrap_or_else(|| "Their lines say why. Put those again.".to_owned())
        )));
    }
    Ok(())
}

type Lines = Box<dyn Iterator<Item = std::io::Result<Vec<u8>>>>;

/// The data of each record, with the name of its source for errors.
fn source(args: &PutArgs) -> Result<Lines, End> {
    let Some(path) = &args.file else {
        let data = args.data.clone().unwrap_or_default().into_bytes();
        return Ok(Box::new(std::iter::once(Ok(data))));
    };
    let reader: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        let file = std::fs::File::open(path).map_err(|error| cannot_read(args, &error))?;
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

fn chunk(lines: &mut Lines, args: &PutArgs, sent: usize) -> Result<Vec<PutEntry>, End> {
    let mut entries = Vec::new();
    let mut bytes = 0;
    while entries.len() < CHUNK_RECORDS && bytes < CHUNK_BYTES {
        let Some(data) = lines.next() else { break };
        let data = data.map_err(|error| cannot_read(args, &error))?;
        let partition_key = args.partition_key.clone();
        let entry = PutEntry { partition_key, explicit_hash_key: args.explicit_hash_key, data };
        entry.check(PUT_RECORDS_MAX_BYTES).map_err(|fault| {
            let number = sent + entries.len() + 1;
            End::Failed(format!("Record {number}: {fault} {} records before it were put.", grouped(sent as i64)))
        })?;
        bytes += entry.size_bytes();
        entries.push(entry);
    }
    Ok(entries)
}

fn cannot_read(args: &PutArgs, error: &std::io::Error) -> End {
    let name = args.file.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    End::Failed(format!("{name} cannot be read: {error}. Name a file with one record a line."))
}

fn is_accepted(row: &InjectRow) -> bool {
    matches!(&row.outcome, Some(Ok(outcome)) if outcome.is_accepted())
}

fn result(stream: &StreamName, row: &InjectRow) -> String {
    let line = Line::default().text("stream", stream.as_str()).text("partition_key", row.partition_key.as_str());
    let (shard, number, error) = match &row.outcome {
        Some(Ok(PutOutcome::Accepted { shard_id, sequence_number })) => {
            (Some(shard_id.as_str()), Some(sequence_number.as_str()), None)
        }
        Some(Ok(PutOutcome::Refused { code, message })) => (None, None, Some(format!("{code}: {message}"))),
        Some(Err(problem)) => (None, None, Some(problem.sentence.clone())),
        None => (None, None, Some("It is not known what became of it.".to_owned())),
    };
    line.optional("shard_id", shard)
        .optional("sequence_number", number)
        .number("attempts", Some(row.waits.len() as u64 + 1))
        .optional("error", error.as_deref())
        .end()
}
