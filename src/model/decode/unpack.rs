//! Taking packed bytes apart, with a cap on what may come out: a small record can hold gigabytes of zeros.

use std::io::{ErrorKind, Read};

use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use lz4_flex::frame::FrameDecoder as Lz4Decoder;
use ruzstd::decoding::StreamingDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use snap::read::FrameDecoder as SnappyDecoder;

use super::Step;
use crate::model::format::grouped;

/// Why bytes were not unpacked.
pub(super) struct Failure {
    /// What a person reads, with the place.
    pub text: String,
    /// How many packed bytes were read until then.
    pub at: usize,
}

/// The packing that bytes begin like; see the formats' own specifications for the marks.
pub(super) fn packing(data: &[u8]) -> Option<Step> {
    match data {
        [0x1f, 0x8b, ..] => Some(Step::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Step::Zstd),
        [0x04, 0x22, 0x4d, 0x18, ..] => Some(Step::Lz4),
        [0xff, 0x06, 0x00, 0x00, b's', b'N', b'a', b'P', b'p', b'Y', ..] => Some(Step::Snappy),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, _, ..] => Some(Step::Zlib),
        _ => None,
    }
}

/// What bytes hold that is named but not looked into.
pub(super) fn container(data: &[u8]) -> Option<Step> {
    match data {
        [b'O', b'b', b'j', 0x01, ..] => Some(Step::Avro),
        [b'P', b'A', b'R', b'1', .., b'P', b'A', b'R', b'1'] => Some(Step::Parquet),
        // The mark of a bzip2 file, and of the block or the end that must follow.
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..] | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, ..] => {
            Some(Step::Bzip2)
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0x00, ..] => Some(Step::Xz),
        _ => None,
    }
}

/// Unpacks one level.
///
/// # Errors
/// Where the bytes are broken, or hold more than `cap`; `whole_cap` is the figure that a person is told.
pub(super) fn unpack(step: Step, data: &[u8], cap: usize, whole_cap: usize) -> Result<Vec<u8>, Failure> {
    let name = step.label();
    let mut out = Vec::new();
    let (outcome, left) = match step {
        Step::Gzip => {
            let mut reader = MultiGzDecoder::new(data);
            (read(&mut reader, &mut out, cap), reader.get_ref().len())
        }
        Step::Zlib => {
            let mut reader = ZlibDecoder::new(data);
            (read(&mut reader, &mut out, cap), reader.get_ref().len())
        }
        Step::Zstd => zstd(data, &mut out, cap),
        Step::Lz4 => {
            let mut reader = Lz4Decoder::new(data);
            let mut outcome = read(&mut reader, &mut out, cap);
            // Several frames may stand one behind the other; a read of nothing ends each.
            while outcome.is_ok() && !reader.get_ref().is_empty() {
                let before = reader.get_ref().len();
                outcome = read(&mut reader, &mut out, cap);
                if reader.get_ref().len() == before {
                    break;
                }
            }
            (outcome, reader.get_ref().len())
        }
        Step::Snappy => {
            let mut reader = SnappyDecoder::new(data);
            (read(&mut reader, &mut out, cap), reader.get_ref().len())
        }
        _ => (Ok(()), data.len()),
    };
    let at = data.len() - left.min(data.len());
    match outcome {
        Ok(()) => Ok(out),
        Err(Stop::TooLarge) => {
            let cap = grouped(whole_cap as i64);
            Err(Failure { text: format!("{name}: unpacks to more than {cap} bytes, not unpacked"), at })
        }
        Err(Stop::Broken(what)) => {
            let (place, count) = (grouped(at as i64), grouped(out.len() as i64));
            Err(Failure { text: format!("{name}: {what} at byte {place}, after {count} unpacked bytes"), at })
        }
    }
}

enum Stop {
    TooLarge,
    Broken(String),
}

/// Reads on until the end or until `out` would be longer than `cap`.
fn read(reader: &mut impl Read, out: &mut Vec<u8>, cap: usize) -> Result<(), Stop> {
    let room = (cap - out.len().min(cap)) as u64;
    let outcome = reader.take(room + 1).read_to_end(out);
    if out.len() > cap {
        return Err(Stop::TooLarge);
    }
    match outcome {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            Err(Stop::Broken("unexpected end of data".to_owned()))
        }
        Err(error) => Err(Stop::Broken(lower(&error.to_string()))),
    }
}

/// Every frame of the data, one behind the other; frames to be skipped are.
fn zstd(data: &[u8], out: &mut Vec<u8>, cap: usize) -> (Result<(), Stop>, usize) {
    let mut rest = data;
    while !rest.is_empty() {
        let outcome = match StreamingDecoder::new(&mut rest) {
            Ok(mut reader) => read(&mut reader, out, cap),
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                rest = rest.get(length as usize..).unwrap_or_default();
                Ok(())
            }
            Err(error) => Err(Stop::Broken(lower(&error.to_string()))),
        };
        if outcome.is_err() {
            return (outcome, rest.len());
        }
    }
    (Ok(()), 0)
}

/// Snappy without a frame: only the length of what was packed stands before it. `None` where the bytes are not exactly
/// that.
pub(super) fn snappy_raw(data: &[u8], cap: usize) -> Option<Vec<u8>> {
    let length = snap::raw::decompress_len(data).ok()?;
    // What is packed never grows by more than this (`max_compress_len` of the format).
    let is_plausible = (16..=cap).contains(&length) && data.len() <= 32 + length + length / 6;
    if !is_plausible {
        return None;
    }
    snap::raw::Decoder::new().decompress_vec(data).ok()
}

fn lower(text: &str) -> String {
    let mut characters = text.chars();
    let line = characters.next().map(|first| first.to_lowercase().chain(characters).collect::<String>());
    crate::model::format::one_line(&line.unwrap_or_default(), 160)
}
