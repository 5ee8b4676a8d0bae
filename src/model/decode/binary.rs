//! MessagePack and CBOR, written as JSON. Neither has a mark that must be there, so data counts as one of them only where
//! it is one value from its first byte to its last, and that value holds others.

use ciborium::Value as Cbor;
use rmpv::Value as Pack;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// `D9 D9 F7`, the tag by which CBOR describes itself (RFC 8949, 3.4.6).
const CBOR_MARK: [u8; 3] = [0xd9, 0xd9, 0xf7];

/// MessagePack as JSON text. With `is_sure`, any single value counts, not only a map or an array.
///
/// # Errors
/// What is wrong, and at which byte.
pub(super) fn message_pack(data: &[u8], max_depth: usize, is_sure: bool) -> Result<String, (String, usize)> {
    if !is_sure && !data.first().is_some_and(|byte| matches!(byte, 0x80..=0x9f | 0xdc..=0xdf)) {
        return Err(("begins with neither a map nor an array".to_owned(), 0));
    }
    let mut rest = data;
    let value = rmpv::decode::read_value_with_max_depth(&mut rest, max_depth)
        .map_err(|error| (error.to_string(), data.len() - rest.len()))?;
    whole(data, rest)?;
    let mut out = String::with_capacity(data.len() * 2);
    write_pack(&value, &mut out);
    Ok(out)
}

/// CBOR as JSON text. With `is_sure`, any single value counts, not only a map or an array.
///
/// # Errors
/// What is wrong, and at which byte.
pub(super) fn cbor(data: &[u8], max_depth: usize, is_sure: bool) -> Result<String, (String, usize)> {
    let is_marked = data.starts_with(&CBOR_MARK);
    if !is_sure && !is_marked && !data.first().is_some_and(|byte| matches!(byte, 0x80..=0xbf)) {
        return Err(("begins with neither a map nor an array".to_owned(), 0));
    }
    let mut rest = data;
    let value: Cbor = ciborium::de::from_reader_with_recursion_limit(&mut rest, max_depth)
        .map_err(|error| (error.to_string(), data.len() - rest.len()))?;
    whole(data, rest)?;
    let mut out = String::with_capacity(data.len() * 2);
    write_cbor(&value, &mut out);
    Ok(out)
}

fn whole(data: &[u8], rest: &[u8]) -> Result<(), (String, usize)> {
    if rest.is_empty() {
        return Ok(());
    }
    let at = data.len() - rest.len();
    Err((format!("{} bytes behind the value", rest.len()), at))
}

fn quoted(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// A number of JSON has no NaN and no infinity; those become strings.
fn float(value: f64, out: &mut String) {
    match serde_json::Number::from_f64(value) {
        Some(number) => out.push_str(&number.to_string()),
        None => quoted(&value.to_string(), out),
    }
}

fn joined<T>(items: &[T], open: char, close: char, out: &mut String, mut write: impl FnMut(&T, &mut String)) {
    out.push(open);
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

/// A key of JSON is a string; another value becomes its own JSON text.
fn member(is_text: bool, key: &str, out: &mut String) {
    if is_text {
        out.push_str(key);
    } else {
        quoted(key, out);
    }
    out.push(':');
}

fn write_pack(value: &Pack, out: &mut String) {
    match value {
        Pack::Nil => out.push_str("null"),
        Pack::Boolean(is_true) => out.push_str(if *is_true { "true" } else { "false" }),
        Pack::Integer(number) => out.push_str(&number.to_string()),
        Pack::F32(number) => float(f64::from(*number), out),
        Pack::F64(number) => float(*number, out),
        Pack::String(text) => match text.as_str() {
            Some(text) => quoted(text, out),
            None => quoted(&String::from_utf8_lossy(text.as_bytes()), out),
        },
        Pack::Binary(bytes) => quoted(&STANDARD.encode(bytes), out),
        Pack::Ext(kind, bytes) => {
            out.push_str(&format!("{{\"ext\":{kind},\"data\":"));
            quoted(&STANDARD.encode(bytes), out);
            out.push('}');
        }
        Pack::Array(items) => joined(items, '[', ']', out, write_pack),
        Pack::Map(members) => joined(members, '{', '}', out, |(key, value), out| {
            let mut text = String::new();
            write_pack(key, &mut text);
            member(matches!(key, Pack::String(_)), &text, out);
            write_pack(value, out);
        }),
    }
}

fn write_cbor(value: &Cbor, out: &mut String) {
    match value {
        Cbor::Null => out.push_str("null"),
        Cbor::Bool(is_true) => out.push_str(if *is_true { "true" } else { "false" }),
        Cbor::Integer(number) => out.push_str(&i128::from(*number).to_string()),
        Cbor::Float(number) => float(*number, out),
        Cbor::Text(text) => quoted(text, out),
        Cbor::Bytes(bytes) => quoted(&STANDARD.encode(bytes), out),
        Cbor::Tag(_, inner) => write_cbor(inner, out),
        Cbor::Array(items) => joined(items, '[', ']', out, write_cbor),
        Cbor::Map(members) => joined(members, '{', '}', out, |(key, value), out| {
            let mut text = String::new();
            write_cbor(key, &mut text);
            member(matches!(key, Cbor::Text(_)), &text, out);
            write_cbor(value, out);
        }),
        _ => out.push_str("null"),
    }
}
