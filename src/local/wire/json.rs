//! Reading AWS JSON 1.1 requests: fields with their types, streams by name or ARN, times as epoch seconds.

use serde_json::{Value, json};

use crate::local::engine::{ApiError, ApiResult, ErrorKind};
use crate::model::time::Timestamp;

/// The fields of one request.
pub(super) struct Fields(Value);

impl Fields {
    /// Reads a JSON object; an empty body is an empty object.
    pub(super) fn parse(body: &[u8]) -> ApiResult<Self> {
        if body.is_empty() {
            return Ok(Self(json!({})));
        }
        match serde_json::from_slice(body) {
            Ok(value @ Value::Object(_)) => Ok(Self(value)),
            _ => Err(ApiError::new(ErrorKind::Serialization, "The request is not a JSON object.")),
        }
    }

    /// A field, where it is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A field that is an object.
    pub(super) fn object(&self, name: &str) -> Option<Self> {
        self.get(name).filter(|value| value.is_object()).cloned().map(Self)
    }

    /// A text field.
    pub(super) fn text(&self, name: &str) -> ApiResult<Option<&str>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong_type(name, "a string")),
        }
    }

    /// A text field that has to be there.
    pub(super) fn need_text(&self, name: &str) -> ApiResult<&str> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    /// A whole number.
    pub(super) fn integer(&self, name: &str) -> ApiResult<Option<i64>> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| wrong_type(name, "an integer")),
        }
    }

    /// A whole number that has to be there.
    pub(super) fn need_integer(&self, name: &str) -> ApiResult<i64> {
        self.integer(name)?.ok_or_else(|| missing(name))
    }

    /// A page size between 1 and `max`.
    pub(super) fn limit(&self, name: &str, max: i64) -> ApiResult<Option<usize>> {
        match self.integer(name)? {
            None => Ok(None),
            Some(limit) if (1..=max).contains(&limit) => Ok(usize::try_from(limit).ok()),
            Some(limit) => Err(ApiError::invalid(format!("{name} {limit} must lie between 1 and {max}."))),
        }
    }

    /// Whether a flag is set.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A time in seconds since the epoch, with a fraction.
    pub(super) fn time(&self, name: &str) -> ApiResult<Option<Timestamp>> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => match value.as_f64() {
                Some(seconds) if seconds.is_finite() => Ok(Some(Timestamp((seconds * 1_000.0).round() as i64))),
                _ => Err(wrong_type(name, "a timestamp")),
            },
        }
    }

    /// A list of texts.
    pub(super) fn texts(&self, name: &str) -> ApiResult<Vec<String>> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| wrong_type(name, "a list of strings")))
                .collect(),
            Some(_) => Err(wrong_type(name, "a list of strings")),
        }
    }

    /// The stream that is meant, by name or ARN.
    pub(super) fn stream(&self) -> ApiResult<String> {
        stream_from(self.text("StreamName")?, self.text("StreamARN")?)
    }
}

/// The stream that is meant, by name or ARN.
pub(super) fn stream_from(name: Option<&str>, arn: Option<&str>) -> ApiResult<String> {
    let from_arn = arn.map(stream_of_arn).transpose()?;
    match (name, from_arn) {
        (Some(name), Some(other)) if name != other => {
            Err(ApiError::invalid("StreamName and StreamARN name different streams."))
        }
        (Some(name), _) => Ok(name.to_owned()),
        (None, Some(name)) => Ok(name.to_owned()),
        (None, None) => Err(ApiError::invalid("Either StreamName or StreamARN must be provided.")),
    }
}

/// `arn:aws:kinesis:<region>:<account>:stream/<name>`, with or without a consumer behind it.
pub(super) fn stream_of_arn(arn: &str) -> ApiResult<&str> {
    arn.strip_prefix("arn:")
        .and_then(|rest| rest.split_once(":stream/"))
        .and_then(|(_, path)| path.split('/').next())
        .filter(|name| !name.is_empty())
        .ok_or_else(|| ApiError::invalid(format!("{arn} is not the ARN of a stream.")))
}

/// `<stream ARN>/consumer/<name>:<created>`: the names of the stream and of the consumer.
pub(super) fn consumer_of_arn(arn: &str) -> ApiResult<(&str, &str)> {
    let stream = stream_of_arn(arn)?;
    arn.split_once("/consumer/")
        .and_then(|(_, rest)| rest.split(':').next())
        .filter(|name| !name.is_empty())
        .map(|name| (stream, name))
        .ok_or_else(|| ApiError::invalid(format!("{arn} is not the ARN of a consumer.")))
}

/// Seconds since the epoch, with milliseconds.
pub(super) fn epoch(at: Timestamp) -> Value {
    json!(at.0 as f64 / 1_000.0)
}

fn missing(name: &str) -> ApiError {
    ApiError::validation(format!("Value null at '{name}' failed to satisfy constraint: Member must not be null"))
}

fn wrong_type(name: &str, kind: &str) -> ApiError {
    ApiError::new(ErrorKind::Serialization, format!("{name} must be {kind}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_meant_by_name_or_arn() {
        let arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";
        assert_eq!(stream_from(None, Some(arn)), Ok("orders".to_owned()));
        assert_eq!(stream_from(Some("orders"), Some(arn)), Ok("orders".to_owned()));
        assert!(stream_from(Some("other"), Some(arn)).is_err());
        assert!(stream_from(None, None).is_err());
        let consumer = format!("{arn}/consumer/etl:1790000000");
        assert_eq!(consumer_of_arn(&consumer), Ok(("orders", "etl")));
        assert!(consumer_of_arn(arn).is_err());
        assert!(stream_of_arn("arn:aws:kinesis:r:1:stream/").is_err());
    }

    #[test]
    fn times_keep_their_milliseconds() {
        let fields = Fields::parse(br#"{"Timestamp": 1790000000.123}"#).expect("object");
        assert_eq!(fields.time("Timestamp"), Ok(Some(Timestamp(1_790_000_000_123))));
        assert_eq!(epoch(Timestamp(1_790_000_000_123)).to_string(), "1790000000.123");
    }
}
