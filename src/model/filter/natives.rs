//! The functions of jq that look into values: those of jaq run on its own values only, and count nothing.

use jaq_core::native::{Filter, Fun, bome, run, unary, v};
use jaq_core::{Bind, Cv, Exn, RunPtr, ValT as _};
use jaq_json::{Num, Val, read};
use jaq_std::ValT as _;

use super::jq::Bounded;
use super::meter;
use super::value::{Outcome, Value, failed, printed};

/// Definitions that stand on the functions below. Those that look for all matches of a regular expression make their list
/// before it is a value: room for it is counted first.
pub(super) const DEFINITIONS: &str = "\
    def matches($re; $flags): match_room($re; $flags) | every_match($re; $flags); \
    def split_matches($re; $flags): match_room($re; $flags) | every_split_match($re; $flags); \
    def split_($re; $flags): match_room($re; $flags) | every_split($re; $flags);";

/// What a function of the standard library is called here, where [`DEFINITIONS`] has its name.
pub(super) fn renamed(name: &'static str) -> &'static str {
    match name {
        "matches" => "every_match",
        "split_matches" => "every_split_match",
        "split_" => "every_split",
        other => other,
    }
}

/// Bytes of a match, and of each of its groups, before they are values.
const MATCH_BYTES: u64 = 64;
/// Lists that are so short whatever the expression finds are not looked at.
const SMALL_BYTES: u64 = 1_048_576;
/// Most steps that reading a regular expression takes.
const EXPRESSION_STEPS: u64 = 100;

pub(super) fn functions() -> impl Iterator<Item = Fun<Bounded>> {
    let functions: [Filter<RunPtr<Bounded>>; 9] = [
        ("fromjson", v(0), |cv| from_json(&cv.1)),
        ("tojson", v(0), |cv| bome(Ok(printed(&cv.1.0)))),
        ("tobytes", v(0), |cv| bome(to_bytes(&cv.1))),
        ("length", v(0), |cv| bome(length(&cv.1))),
        ("contains", v(1), |cv| unary(cv, |whole, part| Ok(Value::from(contains(&whole.0, &part.0))))),
        ("has", v(1), |cv| unary(cv, |value, key| has(&value.0, &key.0).map(Value::from))),
        ("indices", v(1), |cv| unary(cv, |whole, part| indices(&whole, &part))),
        ("bsearch", v(1), |cv| unary(cv, |values, value| search(&values.0, &value))),
        ("match_room", [Bind::Var(()), Bind::Var(())].into(), |cv| bome(match_room(cv))),
    ];
    functions.into_iter().map(run::<Bounded>)
}

fn from_json<'a>(value: &Value) -> jaq_core::ValXs<'a, Value> {
    let Some(text) = value.as_utf8_bytes() else { return bome(failed("only a text can be read as JSON")) };
    // A value takes 16 bytes; the shortest with something around it, an empty object, has 2 and takes a hundred.
    meter::bytes(48 * text.len() as u64);
    if has_endless_number(text) {
        return bome(failed("a number of the text is too long"));
    }
    if brackets(text) > LEVELS_MOST {
        return bome(failed("the text is nested too deep"));
    }
    let values: Vec<_> = read::parse_many(text)
        .map(|value| value.map(Value).map_err(|_| Exn::from(jaq_core::Error::str("the text is no JSON"))))
        .collect();
    Box::new(values.into_iter())
}

/// Digits in a row that are read as a number: reading takes the square of their count.
const DIGITS_MOST: usize = 4_096;

/// Whether more digits stand in a row than are read.
pub(super) fn has_endless_number(text: &[u8]) -> bool {
    // Looked at in strides: a row that is too long crosses one.
    let strides = (DIGITS_MOST..text.len()).step_by(DIGITS_MOST);
    strides.into_iter().any(|at| {
        let (before, behind) = text.split_at(at);
        let is_digit = |byte: &&u8| byte.is_ascii_digit();
        let count = before.iter().rev().take(DIGITS_MOST).take_while(is_digit).count()
            + behind.iter().take(DIGITS_MOST).take_while(is_digit).count();
        count > DIGITS_MOST
    })
}

/// Levels of brackets that a text made by an expression may have: it is read by a function that calls itself for each.
const LEVELS_MOST: usize = 10_000;

/// How many brackets are open at most, those in strings among them.
fn brackets(text: &[u8]) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in text {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => continue,
        }
        most = most.max(open);
    }
    most
}

fn to_bytes(value: &Value) -> Outcome {
    fn push(value: &Val, bytes: &mut Vec<u8>) -> Outcome<()> {
        meter::steps(1);
        match value {
            Val::Num(number) => match number.as_isize().map(u8::try_from) {
                Some(Ok(byte)) => bytes.push(byte),
                _ => return failed("only numbers from 0 to 255 are bytes"),
            },
            Val::BStr(text) | Val::TStr(text) => {
                meter::string(text.len());
                bytes.extend_from_slice(text);
            }
            Val::Arr(values) => values.iter().try_for_each(|value| push(value, bytes))?,
            _ => return failed("the value cannot be written as bytes"),
        }
        Ok(())
    }
    let mut bytes = Vec::new();
    push(&value.0, &mut bytes)?;
    Ok(Value(Val::byte_str(bytes)))
}

fn length(value: &Value) -> Outcome {
    let length = match &value.0 {
        Val::Null => 0,
        Val::Num(number) => {
            let is_negative = *number < Num::Int(0);
            return if is_negative { -value.clone() } else { Ok(value.clone()) };
        }
        Val::TStr(text) => {
            meter::steps(text.len() as u64 / 64);
            String::from_utf8_lossy(text).chars().count()
        }
        Val::BStr(bytes) => bytes.len(),
        Val::Arr(values) => values.len(),
        Val::Obj(entries) => entries.len(),
        Val::Bool(_) => return failed("true and false have no length"),
    };
    Ok(Value::from(length))
}

fn contains(whole: &Val, part: &Val) -> bool {
    meter::steps(1);
    match (whole, part) {
        (Val::TStr(whole), Val::TStr(part)) | (Val::BStr(whole), Val::BStr(part)) => {
            meter::steps(whole.len() as u64 / 256);
            memchr::memmem::find(whole, part).is_some()
        }
        (Val::Arr(whole), Val::Arr(part)) => part.iter().all(|part| whole.iter().any(|value| contains(value, part))),
        (Val::Obj(whole), Val::Obj(part)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|value| contains(value, part)))
        }
        _ => whole == part,
    }
}

fn has(value: &Val, key: &Val) -> Outcome<bool> {
    match (value, key) {
        (Val::Null, _) => Ok(false),
        (Val::Obj(entries), key) => {
            meter::walk(key);
            Ok(entries.contains_key(key))
        }
        (Val::Arr(values), Val::Num(at)) => {
            let at = at.as_isize().map_or(usize::MAX, |at| {
                if at < 0 { values.len().wrapping_sub(at.unsigned_abs()) } else { at.unsigned_abs() }
            });
            Ok(at < values.len())
        }
        _ => failed("the value has no keys of this kind"),
    }
}

/// Where a part lies in a text, counted in characters, or in an array.
fn indices(whole: &Value, part: &Value) -> Outcome {
    match (&whole.0, &part.0) {
        (Val::TStr(text), Val::TStr(part)) => {
            meter::steps(text.len() as u64 / 16);
            let text = String::from_utf8_lossy(text);
            let part = String::from_utf8_lossy(part);
            let places = text.char_indices().enumerate().filter(|(_, (at, _))| {
                !part.is_empty() && text.get(*at..).is_some_and(|rest| rest.starts_with(&*part))
            });
            Ok(places.map(|(place, _)| Value::from(place)).collect())
        }
        (Val::BStr(bytes), Val::BStr(part)) => {
            meter::steps(bytes.len() as u64 / 16);
            let places = bytes.windows(part.len().max(1)).enumerate().filter(|(_, window)| *window == &part[..]);
            Ok(places.map(|(place, _)| Value::from(place)).collect())
        }
        (Val::Arr(_), Val::Arr(_)) => whole.clone().index(part),
        (Val::Arr(values), value) => {
            let places = values.iter().enumerate().filter(|(_, other)| {
                meter::steps(1);
                meter::walk(value);
                *other == value
            });
            Ok(places.map(|(place, _)| Value::from(place)).collect())
        }
        (Val::Null, _) => Ok(Value(Val::Null)),
        _ => failed("nothing can be looked for in this value"),
    }
}

/// Where a value lies in a sorted array, or, below zero, where it would.
fn search(values: &Val, value: &Value) -> Outcome {
    let Val::Arr(values) = values else { return failed("only an array can be searched") };
    let found = values.binary_search_by(|other| Value(other.clone()).cmp(value));
    let place = |at: usize| isize::try_from(at).unwrap_or(isize::MAX);
    Ok(Value::from(found.map_or_else(|at| -1 - place(at), place)))
}

/// Counts the list of matches of a regular expression, and hands the text on.
fn match_room(mut cv: Cv<'_, Bounded>) -> Outcome {
    let (flags, expression) = (cv.0.pop_var(), cv.0.pop_var());
    meter::steps(EXPRESSION_STEPS.min(1 + expression.as_bytes().map_or(0, <[u8]>::len) as u64));
    let (Some(text), Some(expression), Some(flags)) = (cv.1.as_bytes(), expression.as_bytes(), flags.as_bytes()) else {
        return Ok(cv.1);
    };
    let groups = 1 + expression.iter().filter(|byte| **byte == b'(').count() as u64;
    let most = (text.len() as u64 + 1).saturating_mul(groups).saturating_mul(MATCH_BYTES);
    if !flags.contains(&b'g') || most <= SMALL_BYTES {
        return Ok(cv.1);
    }
    let is_set = |flag: u8| flags.contains(&flag);
    let read = regex::bytes::RegexBuilder::new(&String::from_utf8_lossy(expression))
        .case_insensitive(is_set(b'i'))
        .multi_line(is_set(b'm') || is_set(b'p'))
        .dot_matches_new_line(is_set(b's') || is_set(b'p'))
        .swap_greed(is_set(b'l'))
        .ignore_whitespace(is_set(b'x'))
        .build();
    meter::bytes(
        read.map_or(most, |read| {
            (read.find_iter(text).count() as u64).saturating_mul(groups).saturating_mul(MATCH_BYTES)
        }),
    );
    Ok(cv.1)
}
