//! Where an export writes to: lines, or a Parquet file in row groups. What is held in memory is bounded by one row group.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::model::decode::Step;
use crate::model::export::{ExportFormat, LineFormat, data_text};
use crate::model::ids::StreamName;
use crate::model::record::Record;

/// The columns. They are those of CSV, but for the bytes of what is no text, which have a column of their own.
const SCHEMA: &str = "message record {
    REQUIRED BYTE_ARRAY stream (UTF8);
    REQUIRED BYTE_ARRAY shard_id (UTF8);
    REQUIRED BYTE_ARRAY sequence_number (UTF8);
    OPTIONAL INT32 sub_sequence_number;
    REQUIRED BYTE_ARRAY partition_key (UTF8);
    OPTIONAL INT64 approximate_arrival (TIMESTAMP(MILLIS,true));
    REQUIRED INT64 size_bytes;
    REQUIRED BYTE_ARRAY decoded_as (UTF8);
    OPTIONAL BYTE_ARRAY data (UTF8);
    OPTIONAL BYTE_ARRAY bytes;
    OPTIONAL BYTE_ARRAY error (UTF8);
}";
/// A row group is written once it has so many rows, or its data weigh so much.
const GROUP_ROWS: usize = 20_000;
const GROUP_BYTES: usize = 16 * 1_048_576;

/// What takes records and writes them.
pub(super) enum Sink<W: Write + Send> {
    Lines(LineFormat, W),
    Parquet(Box<ParquetFile<W>>),
}

/// A Parquet file and the rows of its next row group.
pub(super) struct ParquetFile<W: Write + Send> {
    file: SerializedFileWriter<W>,
    rows: Rows,
}

impl<W: Write + Send> Sink<W> {
    /// Begins to write.
    pub(super) fn begin(format: ExportFormat, mut out: W) -> io::Result<Self> {
        if let Some(lines) = format.lines() {
            out.write_all(lines.head().as_bytes())?;
            return Ok(Self::Lines(lines, out));
        }
        let schema = parse_message_type(SCHEMA).map_err(failed)?;
        let properties =
            WriterProperties::builder().set_compression(Compression::SNAPPY).set_created_by("kinescope".to_owned());
        let file = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties.build())).map_err(failed)?;
        Ok(Self::Parquet(Box::new(ParquetFile { file, rows: Rows::default() })))
    }

    /// Writes a record, or keeps it for its row group.
    pub(super) fn take(&mut self, stream: &StreamName, record: &Record) -> io::Result<()> {
        match self {
            Self::Lines(format, out) => out.write_all(format.line(stream, record).as_bytes()),
            Self::Parquet(to) => {
                to.rows.push(stream, record);
                if to.rows.is_full() { to.rows.write(&mut to.file).map_err(failed) } else { Ok(()) }
            }
        }
    }

    /// Writes what is left and gives back what was written to.
    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Self::Lines(_, out) => Ok(out),
            Self::Parquet(mut to) => {
                to.rows.write(&mut to.file).map_err(failed)?;
                to.file.into_inner().map_err(failed)
            }
        }
    }
}

fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => io::Error::other(error),
        other => io::Error::other(other.to_string()),
    }
}

/// A column whose values may be missing: only those that are there, and a level of 1 for each of them, 0 for the others.
struct Optional<T> {
    values: Vec<T>,
    levels: Vec<i16>,
}

impl<T> Default for Optional<T> {
    fn default() -> Self {
        Self { values: Vec::new(), levels: Vec::new() }
    }
}

impl<T> Optional<T> {
    fn push(&mut self, value: Option<T>) {
        self.levels.push(i16::from(value.is_some()));
        self.values.extend(value);
    }
}

/// The rows of one row group, by column.
#[derive(Default)]
struct Rows {
    bytes_held: usize,
    stream: Vec<ByteArray>,
    shard: Vec<ByteArray>,
    sequence: Vec<ByteArray>,
    sub_sequence: Optional<i32>,
    key: Vec<ByteArray>,
    arrival: Optional<i64>,
    size: Vec<i64>,
    decoded_as: Vec<ByteArray>,
    data: Optional<ByteArray>,
    bytes: Optional<ByteArray>,
    error: Optional<ByteArray>,
}

impl Rows {
    fn push(&mut self, stream: &StreamName, record: &Record) {
        let steps: Vec<&str> = record.decoded.steps.iter().copied().map(Step::label).collect();
        let data = data_text(record);
        let bytes = data.is_none().then(|| ByteArray::from(record.data.to_vec()));
        self.bytes_held +=
            256 + data.as_ref().map_or(record.data.len(), String::len) + record.partition_key.as_str().len();
        self.stream.push(stream.as_str().into());
        self.shard.push(record.shard_id.as_str().into());
        self.sequence.push(record.sequence_number.as_str().into());
        self.sub_sequence.push(record.sub_sequence.map(|(place, _)| i32::try_from(place).unwrap_or(i32::MAX)));
        self.key.push(record.partition_key.as_str().into());
        self.arrival.push(record.approximate_arrival.map(|at| at.0));
        self.size.push(i64::try_from(record.size_bytes()).unwrap_or(i64::MAX));
        self.decoded_as.push(steps.join(" ").as_str().into());
        self.data.push(data.map(|data| ByteArray::from(data.into_bytes())));
        self.bytes.push(bytes);
        self.error.push(record.decoded.error.as_deref().map(ByteArray::from));
    }

    fn is_full(&self) -> bool {
        self.size.len() >= GROUP_ROWS || self.bytes_held >= GROUP_BYTES
    }

    /// Writes them as a row group, in the order of the columns, and begins anew.
    fn write<W: Write + Send>(&mut self, file: &mut SerializedFileWriter<W>) -> Result<(), ParquetError> {
        let rows = std::mem::take(self);
        if rows.size.is_empty() {
            return Ok(());
        }
        let mut group = file.next_row_group()?;
        column::<_, ByteArrayType>(&mut group, &rows.stream, None)?;
        column::<_, ByteArrayType>(&mut group, &rows.shard, None)?;
        column::<_, ByteArrayType>(&mut group, &rows.sequence, None)?;
        column::<_, Int32Type>(&mut group, &rows.sub_sequence.values, Some(&rows.sub_sequence.levels))?;
        column::<_, ByteArrayType>(&mut group, &rows.key, None)?;
        column::<_, Int64Type>(&mut group, &rows.arrival.values, Some(&rows.arrival.levels))?;
        column::<_, Int64Type>(&mut group, &rows.size, None)?;
        column::<_, ByteArrayType>(&mut group, &rows.decoded_as, None)?;
        for optional in [&rows.data, &rows.bytes, &rows.error] {
            column::<_, ByteArrayType>(&mut group, &optional.values, Some(&optional.levels))?;
        }
        group.close().map(drop)
    }
}

/// Writes the next column of a row group.
fn column<W: Write + Send, T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let missing = || ParquetError::General("the schema has fewer columns".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}
