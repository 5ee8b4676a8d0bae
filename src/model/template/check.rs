//! What a person wants to know of a template before anything is sent: whether it is JSON, and how large its records are.

use super::{Part, Piece, Roll, Template, TemplateError};
use crate::model::json_scan;
use crate::model::time::Timestamp;

/// Records that are made to see how large they are.
const LOOKED_AT: u64 = 64;
/// Bytes that are made for that at most, so that a look stays short.
const LOOKED_AT_BYTES: usize = 1_048_576;
/// Deepest nesting that still counts as JSON here.
const MAX_DEPTH: usize = 512;

/// What a look at some records of a template shows. Sizes are those of the data, in bytes, without the key.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// How many placeholders there are.
    pub placeholders: usize,
    /// The smallest record.
    pub least_bytes: usize,
    /// The largest.
    pub most_bytes: usize,
    /// The mean.
    pub mean_bytes: f64,
    /// Why a record is not JSON, at the place in the template where it comes from.
    pub not_json: Option<TemplateError>,
}

/// Makes some records and looks at them.
///
/// # Errors
/// As [`Template::parse`].
pub fn look(text: &str, seed: u64, now: Timestamp, partition_key: &str) -> Result<(Template, Look), TemplateError> {
    let template = Template::parse(text)?;
    let placeholders = template.placeholders();
    let mut look = Look { placeholders, least_bytes: usize::MAX, most_bytes: 0, mean_bytes: 0.0, not_json: None };
    let (mut bytes, mut count) = (0, 0u32);
    let most = if placeholders == 0 { 1 } else { LOOKED_AT };
    for number in 0..most {
        let roll = Roll { seed, number, now, partition_key, rank: 1 };
        let mut begins = Vec::new();
        let made = template.render_mapped(&roll, |at, part| begins.push((at, part.clone())));
        if look.not_json.is_none()
            && let Err(error) = json_scan::validate(&made, MAX_DEPTH)
        {
            let at = source_of(&begins, error.at);
            look.not_json = Some(TemplateError::at(text, at, error.what));
        }
        look.least_bytes = look.least_bytes.min(made.len());
        look.most_bytes = look.most_bytes.max(made.len());
        (bytes, count) = (bytes + made.len(), count + 1);
        if bytes >= LOOKED_AT_BYTES {
            break;
        }
    }
    look.mean_bytes = bytes as f64 / f64::from(count.max(1));
    Ok((template, look))
}

/// The byte of the template that a byte of a record comes from.
fn source_of(begins: &[(usize, Part)], at: usize) -> usize {
    let part = begins.iter().rev().find(|(begin, _)| *begin <= at);
    part.map_or(0, |(begin, part)| match part.piece {
        Piece::Text(_) => (part.at.start + (at - begin)).min(part.at.end),
        Piece::Value(..) => part.at.start,
    })
}
