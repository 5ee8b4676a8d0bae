//! A chunk as bytes: the final periods only, deflated.
//!
//! Before compression: a version byte, the number of rows, then for every row in the order of their ids the id (empty for
//! the stream as a whole) and for each of its columns figure, periods that are final, periods that have data. Behind all
//! of them stand the figures, column by column: whole numbers as differences to the one before, others as they are. Figures
//! of one kind stand together so that they deflate well. What cannot be read is `None`, however it came to be so: such a
//! chunk is asked for again.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::chunk::{Chunk, Column, Mask, PERIODS, bit};
use crate::model::ids::ShardId;
use crate::model::metrics::Figure;

const VERSION: u8 = 1;
/// A chunk of 20,000 shards (the largest quota) with every figure is 17 MB; more than this is not one of ours.
const MOST_BYTES: u64 = 64 * 1_048_576;
/// Whole numbers up to here are exact in a float.
const MOST_WHOLE: f64 = 9_007_199_254_740_992.0;
/// How the figures of a column are written.
const WHOLE: u8 = 0;
const FLOATS: u8 = 1;

/// What stands before the figures of a column: which figure, which periods are final, which of them have data.
type Head = (Figure, Mask, Mask);

/// The chunk as it is stored. A chunk without a final period is stored too, and small.
pub fn encode(chunk: &Chunk) -> Vec<u8> {
    let mut rows: Vec<_> = chunk.rows().collect();
    rows.sort_unstable_by(|a, b| a.0.cmp(b.0));
    let mut plain = vec![VERSION];
    write_number(&mut plain, rows.len() as u64);
    for (shard, columns) in &rows {
        let id = shard.as_ref().map_or("", ShardId::as_str);
        write_number(&mut plain, id.len() as u64);
        plain.extend_from_slice(id.as_bytes());
        write_number(&mut plain, columns.len() as u64);
        for column in *columns {
            plain.push(column.figure as u8);
            plain.extend_from_slice(&column.complete.to_le_bytes());
            plain.extend_from_slice(&data_mask(column).to_le_bytes());
        }
    }
    for figure in Figure::ALL {
        for column in rows.iter().flat_map(|(_, columns)| columns.iter()).filter(|column| column.figure == figure) {
            write_figures(&mut plain, column);
        }
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(&plain);
    encoder.finish().unwrap_or_default()
}

/// The chunk behind stored bytes; `None` where they are damaged or of another version.
pub fn decode(stored: &[u8]) -> Option<Chunk> {
    let mut plain = Vec::new();
    // Reads to the end, so that the checksum behind the data is looked at.
    ZlibDecoder::new(stored).take(MOST_BYTES).read_to_end(&mut plain).ok()?;
    let mut rest = plain.as_slice();
    if take_byte(&mut rest)? != VERSION {
        return None;
    }
    let mut rows: Vec<(Option<ShardId>, Vec<Head>)> = Vec::new();
    for _ in 0..take_number(&mut rest)? {
        let len = usize::try_from(take_number(&mut rest)?).ok()?;
        let id = std::str::from_utf8(take_bytes(&mut rest, len)?).ok()?;
        let shard = (!id.is_empty()).then(|| ShardId::from(id));
        let count = usize::try_from(take_number(&mut rest)?).ok()?;
        if count > Figure::ALL.len() {
            return None;
        }
        let mut columns = Vec::with_capacity(count);
        for _ in 0..count {
            let figure = *Figure::ALL.get(usize::from(take_byte(&mut rest)?))?;
            columns.push((figure, take_mask(&mut rest)?, take_mask(&mut rest)?));
        }
        rows.push((shard, columns));
    }
    let mut read: Vec<Vec<Column>> = rows.iter().map(|(_, columns)| Vec::with_capacity(columns.len())).collect();
    for wanted in Figure::ALL {
        for ((_, columns), read) in rows.iter().zip(&mut read) {
            for (figure, complete, data) in columns.iter().filter(|(figure, ..)| *figure == wanted) {
                read.push(Column::stored(*figure, *complete, take_figures(&mut rest, *data)?));
            }
        }
    }
    let mut chunk = Chunk::default();
    for ((shard, _), columns) in rows.into_iter().zip(read) {
        chunk.insert(shard, columns);
    }
    rest.is_empty().then_some(chunk)
}

/// Final periods that have data.
fn data_mask(column: &Column) -> Mask {
    final_figures(column).fold(0, |mask, (period, _)| mask | bit(period))
}

fn final_figures(column: &Column) -> impl Iterator<Item = (usize, f64)> {
    (0..PERIODS)
        .filter(|period| column.complete & bit(*period) != 0)
        .filter_map(|period| column.value(period).map(|value| (period, value)))
}

fn write_figures(out: &mut Vec<u8>, column: &Column) {
    if column.complete == 0 || final_figures(column).next().is_none() {
        return;
    }
    let is_whole = final_figures(column).all(|(_, value)| value.fract() == 0.0 && value.abs() <= MOST_WHOLE);
    out.push(if is_whole { WHOLE } else { FLOATS });
    let mut before = 0;
    for (_, value) in final_figures(column) {
        if is_whole {
            let whole = value as i64;
            let step = whole - before;
            // Zigzag: small differences of either sign become small numbers.
            write_number(out, ((step << 1) ^ (step >> 63)) as u64);
            before = whole;
        } else {
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
}

fn take_figures(rest: &mut &[u8], data: Mask) -> Option<[f64; PERIODS]> {
    let mut values = [f64::NAN; PERIODS];
    if data == 0 {
        return Some(values);
    }
    let kind = take_byte(rest)?;
    let mut before = 0_i64;
    for (period, slot) in values.iter_mut().enumerate() {
        if data & bit(period) == 0 {
            continue;
        }
        *slot = match kind {
            WHOLE => {
                let step = take_number(rest)?;
                before = before.checked_add((step >> 1) as i64 ^ -((step & 1) as i64))?;
                before as f64
            }
            FLOATS => f64::from_le_bytes(take_bytes(rest, 8)?.try_into().ok()?),
            _ => return None,
        };
    }
    Some(values)
}

fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take_byte(rest)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take_byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    Some(*first)
}

fn take_bytes<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(len)?;
    *rest = behind;
    Some(taken)
}

fn take_mask(rest: &mut &[u8]) -> Option<Mask> {
    Some(Mask::from_le_bytes(take_bytes(rest, 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::chunk::Taken;
    use super::*;
    use crate::model::time::Timestamp;

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            Just(f64::NAN),
            (0_u64..1 << 40).prop_map(|whole| whole as f64),
            (0.0..1e9_f64),
            Just(-0.5),
            Just(MOST_WHOLE)
        ]
    }

    prop_compose! {
        fn column()(complete: Mask, young: Mask, figure in 0..Figure::ALL.len(), values in proptest::array::uniform16(value()))
            -> (Figure, Taken) {
            let taken = Taken { asked: complete | young, complete, at: Timestamp(5), horizon: Timestamp(5), values };
            (Figure::ALL[figure], taken)
        }
    }

    proptest! {
        #[test]
        fn a_chunk_comes_back_without_its_young_periods(
            columns in proptest::collection::vec((proptest::option::of("[a-zA-Z0-9-]{1,24}"), column()), 0..40)
        ) {
            let mut chunk = Chunk::default();
            for (shard, (figure, taken)) in &columns {
                chunk.take(&shard.as_deref().map(ShardId::from), *figure, taken);
            }
            let read = decode(&encode(&chunk)).expect("it was just written");
            for (shard, row) in chunk.rows() {
                for column in row {
                    let stored = read.column(shard, column.figure).expect("the column is there");
                    prop_assert_eq!(stored.known(Timestamp(0)), column.complete);
                    for period in 0..PERIODS {
                        let is_final = column.complete & bit(period) != 0;
                        prop_assert_eq!(stored.value(period), column.value(period).filter(|_| is_final));
                    }
                }
            }
            prop_assert_eq!(read.columns(), chunk.columns());
        }

        #[test]
        fn garbage_is_no_chunk(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&bytes).expect("memory");
            // Either of them may only answer, never end the program.
            let _ = decode(&encoder.finish().expect("memory"));
            prop_assert!(bytes.is_empty() || decode(&bytes).is_none() || bytes.len() > 8);
        }
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let mut chunk = Chunk::default();
        let taken =
            Taken { asked: 0xff, complete: 0xff, at: Timestamp(5), horizon: Timestamp(5), values: [1_234.0; PERIODS] };
        chunk.take(&None, Figure::IncomingBytes, &taken);
        let stored = encode(&chunk);
        for at in 0..stored.len() {
            let mut damaged = stored.clone();
            damaged[at] ^= 0x10;
            assert!(decode(&damaged).is_none_or(|read| encode(&read) == stored), "byte {at}");
        }
        assert!(decode(&stored[..stored.len() / 2]).is_none(), "torn");
    }
}
