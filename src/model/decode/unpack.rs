//! Gzip and zlib, with a cap on what may come out: a small record can hold gigabytes of zeros.

use std::borrow::Cow;
use std::io::{ErrorKind, Read};

use flate2::bufread::{MultiGzDecoder, ZlibDecoder};

use super::{DecodeLimits, Step};
use crate::model::format::grouped;

/// What unpacking came to.
pub(super) struct Unpacked<'a> {
    /// The innermost bytes, or those that could not be unpacked.
    pub data: Cow<'a, [u8]>,
    /// What was taken off, outermost first.
    pub steps: Vec<Step>,
    /// Why it stopped early.
    pub error: Option<String>,
}

/// Takes off gzip and zlib as often as they are found.
pub(super) fn unpack<'a>(data: &'a [u8], limits: &DecodeLimits) -> Unpacked<'a> {
    let mut unpacked = Unpacked { data: Cow::Borrowed(data), steps: Vec::new(), error: None };
    let mut left = limits.unpacked_max_bytes;
    loop {
        let Some(step) = packing(&unpacked.data) else { return unpacked };
        if unpacked.steps.len() >= limits.unpack_max_levels {
            unpacked.error = Some(format!("packed more than {} times: not unpacked further", limits.unpack_max_levels));
            return unpacked;
        }
        let outcome = match step {
            Step::Gzip => read_all(MultiGzDecoder::new(&*unpacked.data), left),
            _ => read_all(ZlibDecoder::new(&*unpacked.data), left),
        };
        match outcome {
            Ok(inner) => {
                left -= inner.len();
                unpacked.data = Cow::Owned(inner);
                unpacked.steps.push(step);
            }
            // Two bytes are a weak sign: text may begin with `x^`. What does not unpack to its checksum was not zlib.
            Err(_) if step == Step::Zlib => return unpacked,
            Err(Failure::TooLarge) => {
                let cap = grouped(limits.unpacked_max_bytes as i64);
                unpacked.error = Some(format!("gzip that unpacks to more than {cap} bytes: not unpacked"));
                return unpacked;
            }
            Err(Failure::Broken(what)) => {
                unpacked.error = Some(format!("gzip that cannot be unpacked: {what}"));
                return unpacked;
            }
        }
    }
}

fn packing(data: &[u8]) -> Option<Step> {
    match data {
        [0x1f, 0x8b, ..] => Some(Step::Gzip),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, _, ..] => Some(Step::Zlib),
        _ => None,
    }
}

enum Failure {
    TooLarge,
    Broken(String),
}

fn read_all(packed: impl Read, cap: usize) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    let read = packed.take(cap as u64 + 1).read_to_end(&mut out);
    if out.len() > cap {
        return Err(Failure::TooLarge);
    }
    match read {
        Ok(_) => Ok(out),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            Err(Failure::Broken(format!("it ends too early, after {} unpacked bytes", grouped(out.len() as i64))))
        }
        Err(error) => Err(Failure::Broken(error.to_string())),
    }
}
