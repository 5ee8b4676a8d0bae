//! What an evaluation of jq may still do: steps, and bytes that its values may take. Both are counted for the thread, since
//! the operators of a value cannot be handed anything, and an evaluation never leaves its thread. One that goes beyond is
//! unwound to the call that began it.
//!
//! Bytes are counted when they are taken and never given back, so that what is held at a time is at most what was counted.
//! What one function makes of one text is counted once it is made: at most six times that text, which was counted before.

use std::cell::Cell;
use std::panic::resume_unwind;

use jaq_json::{Num, Val};

/// Bytes that an expression may take for values while it looks at one record, the record itself not included.
pub(super) const BYTES_MOST: u64 = 64 * 1_048_576;
/// Bytes of a value in an array.
const VALUE_BYTES: u64 = size_of::<Val>() as u64;
/// Bytes of a string beside its text, which all copies share: each has them anew.
const STRING_BYTES: u64 = 48;
/// Bytes of an entry of an object: key, value, hash, place in the index, and a string for the key.
const ENTRY_BYTES: u64 = 4 * VALUE_BYTES + STRING_BYTES;
/// Values, or bytes of a text by sixteen, that are compared, printed or copied in one step.
const PER_STEP: u64 = 16;

thread_local! {
    static STEPS_LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
    static BYTES_LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// Why an evaluation was unwound.
pub(super) enum Beyond {
    Steps,
    Stack,
    Memory,
}

/// Begins an evaluation on this thread.
pub(super) fn begin(steps: u64) {
    STEPS_LEFT.set(steps);
    BYTES_LEFT.set(BYTES_MOST);
}

/// Counts steps; unwinds where none is left.
pub(super) fn steps(count: u64) {
    match STEPS_LEFT.get().checked_sub(count) {
        Some(left) => STEPS_LEFT.set(left),
        None => resume_unwind(Box::new(Beyond::Steps)),
    }
}

/// Counts bytes before they are taken; unwinds where too few are left.
pub(super) fn bytes(count: u64) {
    match BYTES_LEFT.get().checked_sub(count) {
        Some(left) => BYTES_LEFT.set(left),
        None => resume_unwind(Box::new(Beyond::Memory)),
    }
}

/// Counts an array of so many values.
pub(super) fn array(values: usize) {
    bytes(VALUE_BYTES.saturating_mul(values as u64));
}

/// Counts an array that holds these values too.
pub(super) fn copy_of<'a>(values: impl ExactSizeIterator<Item = &'a Val>) {
    array(values.len());
    let strings = values.filter(|value| matches!(value, Val::TStr(_) | Val::BStr(_))).count();
    bytes(STRING_BYTES.saturating_mul(strings as u64));
}

/// Counts an object of so many entries.
pub(super) fn object(entries: usize) {
    bytes(ENTRY_BYTES.saturating_mul(entries as u64));
}

/// Counts a string.
pub(super) fn string(bytes_of_text: usize) {
    bytes(STRING_BYTES.saturating_add(bytes_of_text as u64));
}

/// Counts going through all of a value, as comparing and hashing do: values that are shared count as often as they are
/// met, so that a few that hold one another do not take for ever. How many were met; a text counts by its length.
pub(super) fn walk(value: &Val) -> u64 {
    let met = match value {
        Val::Null | Val::Bool(_) | Val::Num(Num::Int(_) | Num::Float(_)) => return 1,
        Val::BStr(text) | Val::TStr(text) => 1 + text.len() as u64 / 16,
        Val::Num(number) => 1 + limbs(number),
        Val::Arr(values) => 1 + values.len() as u64,
        Val::Obj(entries) => 1 + 2 * entries.len() as u64,
    };
    steps(met / PER_STEP);
    match value {
        Val::Arr(values) => met + values.iter().map(within).sum::<u64>(),
        Val::Obj(entries) => met + entries.iter().map(|(key, value)| within(key) + within(value)).sum::<u64>(),
        _ => met,
    }
}

/// The same for a value inside another, which has been met itself.
fn within(value: &Val) -> u64 {
    match value {
        Val::Null | Val::Bool(_) | Val::Num(Num::Int(_) | Num::Float(_)) => 0,
        Val::Arr(_) | Val::Obj(_) => {
            // Deep and narrow ones take time too.
            steps(1);
            walk(value)
        }
        _ => walk(value),
    }
}

/// Machine words of a number.
pub(super) fn limbs(number: &Num) -> u64 {
    match number {
        Num::Int(_) | Num::Float(_) => 1,
        Num::BigInt(number) => 1 + number.bits() / 64,
        Num::Dec(text) => 1 + text.len() as u64 / 16,
    }
}
