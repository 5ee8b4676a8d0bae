//! JSON that an AWS service wraps around what it delivers: the envelope of a CloudWatch Logs subscription, and the change
//! events of DynamoDB, whose typed attributes are written plainly.

use std::sync::LazyLock;

use memchr::memmem;
use serde_json::{Map, Value};

use super::Step;
use crate::model::json_scan::{Scanner, Token, unescape};

/// Keys that every envelope of its kind has; nearly all records have neither.
static LOG_EVENTS: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("\"logEvents\""));
static DYNAMODB: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("\"dynamodb\""));

/// What the JSON is an envelope of, and its text where that is written anew.
pub(super) fn recognise(text: &str) -> Option<(Step, Option<String>)> {
    let bytes = text.as_bytes();
    if LOG_EVENTS.find(bytes).is_some() && is_log_envelope(text) {
        return Some((Step::CloudWatchLogs, None));
    }
    if DYNAMODB.find(bytes).is_some() {
        return plain_change(text).map(|plain| (Step::DynamoDb, Some(plain)));
    }
    None
}

/// `messageType`, `owner`, `logGroup`, `logStream`, `subscriptionFilters` and `logEvents` at the top.
fn is_log_envelope(text: &str) -> bool {
    let mut found = 0_u32;
    let mut depth = 0_u32;
    let mut scanner = Scanner::new(text, usize::MAX);
    while let Ok(Some(token)) = scanner.next_token() {
        match token {
            Token::ObjectStart | Token::ArrayStart => depth += 1,
            Token::ObjectEnd | Token::ArrayEnd => depth = depth.saturating_sub(1),
            Token::Key(range) if depth == 1 => {
                let key = unescape(text.get(range).unwrap_or_default());
                found +=
                    u32::from(matches!(key.as_ref(), "messageType" | "owner" | "logGroup" | "logStream" | "logEvents"));
            }
            _ => {}
        }
    }
    found >= 5
}

/// The event with `Keys`, `NewImage` and `OldImage` written plainly; `None` where it is no change event.
fn plain_change(text: &str) -> Option<String> {
    let mut event: Map<String, Value> = serde_json::from_str(text).ok()?;
    let names_change = matches!(event.get("eventName")?.as_str()?, "INSERT" | "MODIFY" | "REMOVE");
    let change = event.get_mut("dynamodb")?.as_object_mut()?;
    if !names_change || !change.contains_key("Keys") {
        return None;
    }
    for part in ["Keys", "NewImage", "OldImage"] {
        let Some(Value::Object(attributes)) = change.get_mut(part) else { continue };
        for value in attributes.values_mut() {
            plain(value);
        }
    }
    serde_json::to_string(&event).ok()
}

/// Replaces a typed attribute, `{"S":"x"}`, by its value. Depth is bounded by the depth that JSON is read to.
fn plain(attribute: &mut Value) {
    let Value::Object(typed) = attribute else { return };
    if typed.len() != 1 {
        return;
    }
    let Some((kind, value)) = typed.iter_mut().next() else { return };
    let value = match (kind.as_str(), value) {
        ("S" | "B" | "BOOL" | "SS" | "BS", value) => value.take(),
        ("NULL", _) => Value::Null,
        ("N", value) => number(value.take()),
        ("NS", Value::Array(items)) => items.iter_mut().map(|item| number(item.take())).collect(),
        ("L", Value::Array(items)) => {
            items.iter_mut().for_each(plain);
            Value::Array(std::mem::take(items))
        }
        ("M", Value::Object(members)) => {
            members.values_mut().for_each(plain);
            Value::Object(std::mem::take(members))
        }
        _ => return,
    };
    *attribute = value;
}

/// DynamoDB sends numbers as strings of up to 38 digits; every digit stays.
fn number(value: Value) -> Value {
    let parsed = value.as_str().and_then(|text| text.parse::<serde_json::Number>().ok());
    parsed.map_or(value, Value::Number)
}
