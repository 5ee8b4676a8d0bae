//! CloudWatch over rpc-v2-cbor, the only protocol that current SDKs speak: the metrics of the streams here.

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use ciborium::Value;

use super::{alarms, cbor, respond, text_header};
use crate::local::engine::{Dimensions, Engine, MetricKey};
use crate::model::limits::GET_METRIC_DATA_MAX_QUERIES;
use crate::model::time::Timestamp;

const PREFIX: &str = "/service/GraniteServiceVersion20100801/operation/";
const NAMESPACE: &str = "AWS/Kinesis";
const LIST_PAGE: usize = 500;
/// Data points of one `GetMetricData` answer.
const MAX_DATAPOINTS: i64 = 100_800;

/// Why a call was refused: error code and message.
pub(super) type Refusal = (&'static str, String);

/// The operation behind a path of CloudWatch.
pub(super) fn operation(path: &str) -> Option<&str> {
    path.strip_prefix(PREFIX)
}

/// Answers one request.
pub(super) fn serve(engine: &Engine, operation: &str, headers: &HeaderMap, body: &[u8]) -> Response {
    let gzipped = text_header(headers, "content-encoding").is_some_and(|coding| coding.contains("gzip"));
    let answer = match cbor::parse(body, gzipped) {
        Some(request) => answer(engine, operation, &request),
        None => Err(("SerializationException", "The request could not be read as CBOR.".to_owned())),
    };
    let (status, value) = match answer {
        Ok(value) => (StatusCode::OK, value),
        Err((code, message)) => {
            let name = format!("com.amazonaws.cloudwatch#{code}");
            (StatusCode::BAD_REQUEST, cbor::map([("__type", name.into()), ("message", message.into())]))
        }
    };
    let mut response = respond(status, "application/cbor", cbor::write(&value));
    response.headers_mut().insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
    response
}

pub(super) fn answer(engine: &Engine, operation: &str, request: &Value) -> Result<Value, Refusal> {
    match operation {
        "ListMetrics" => list_metrics(engine, request),
        "GetMetricData" => get_metric_data(engine, request),
        "GetMetricStatistics" => get_metric_statistics(engine, request),
        "PutMetricAlarm" => alarms::put(engine, request),
        "DescribeAlarms" => alarms::describe(engine, request),
        "DescribeAlarmsForMetric" => alarms::describe_for_metric(engine, request),
        "DeleteAlarms" => {
            engine.delete_alarms(&cbor::texts(request, "AlarmNames"));
            Ok(cbor::map([]))
        }
        _ => Err(("UnknownOperationException", format!("{operation} is not served here."))),
    }
}

/// A wrong parameter.
pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    ("InvalidParameterValueException", message.into())
}

/// The metric that `MetricName` and `Dimensions` name; `None` where no stream is named.
pub(super) fn metric_key(value: &Value) -> Option<MetricKey> {
    let name = cbor::text(value, "MetricName")?.to_owned();
    let (mut stream, mut shard) = (None, None);
    for dimension in cbor::items(value, "Dimensions") {
        let text = cbor::text(dimension, "Value").map(str::to_owned);
        match cbor::text(dimension, "Name") {
            Some("StreamName") => stream = text,
            Some("ShardId") => shard = text,
            _ => return None,
        }
    }
    Some(MetricKey { name, dimensions: Dimensions { stream: stream?, shard } })
}

/// `Dimensions` of a metric.
pub(super) fn dimensions(key: &MetricKey) -> Value {
    let pair = |name: &str, value: &str| cbor::map([("Name", name.into()), ("Value", value.into())]);
    let mut list = vec![pair("StreamName", &key.dimensions.stream)];
    if let Some(shard) = &key.dimensions.shard {
        list.push(pair("ShardId", shard));
    }
    Value::Array(list)
}

fn page_start(request: &Value) -> Result<usize, Refusal> {
    match cbor::text(request, "NextToken") {
        None => Ok(0),
        Some(token) => token.parse().map_err(|_| ("InvalidNextToken", "The token was not made here.".to_owned())),
    }
}

fn list_metrics(engine: &Engine, request: &Value) -> Result<Value, Refusal> {
    let is_other = cbor::text(request, "Namespace").is_some_and(|namespace| namespace != NAMESPACE);
    let name = cbor::text(request, "MetricName");
    let filters = cbor::items(request, "Dimensions");
    let matches = |key: &MetricKey| {
        name.is_none_or(|name| key.name == name)
            && filters.iter().all(|filter| {
                let own = match cbor::text(filter, "Name") {
                    Some("StreamName") => Some(key.dimensions.stream.as_str()),
                    Some("ShardId") => key.dimensions.shard.as_deref(),
                    _ => None,
                };
                own.is_some_and(|own| cbor::text(filter, "Value").is_none_or(|value| value == own))
            })
    };
    let start = page_start(request)?;
    let keys: Vec<_> = if is_other { Vec::new() } else { engine.list_metrics() };
    let keys: Vec<_> = keys.into_iter().filter(matches).skip(start).collect();
    let next = (keys.len() > LIST_PAGE).then(|| (start + LIST_PAGE).to_string().into());
    let metrics = keys
        .iter()
        .take(LIST_PAGE)
        .map(|key| {
            cbor::map([
                ("Namespace", NAMESPACE.into()),
                ("MetricName", key.name.as_str().into()),
                ("Dimensions", dimensions(key)),
            ])
        })
        .collect();
    Ok(cbor::map_of_some([("Metrics", Some(Value::Array(metrics))), ("NextToken", next)]))
}

fn span(request: &Value) -> Result<(Timestamp, Timestamp), Refusal> {
    match (cbor::time_of(request, "StartTime"), cbor::time_of(request, "EndTime")) {
        (Some(start), Some(end)) if start < end => Ok((start, end)),
        _ => Err(invalid("The parameter StartTime must be less than the parameter EndTime.")),
    }
}

fn period(value: &Value) -> Result<u32, Refusal> {
    let period = cbor::integer(value, "Period").unwrap_or(60);
    match u32::try_from(period) {
        Ok(seconds) if seconds >= 60 && seconds % 60 == 0 => Ok(seconds),
        _ => Err(invalid(format!("Period {period} must be a multiple of 60."))),
    }
}

fn get_metric_data(engine: &Engine, request: &Value) -> Result<Value, Refusal> {
    let (start, end) = span(request)?;
    let queries = cbor::items(request, "MetricDataQueries");
    if queries.is_empty() || queries.len() > GET_METRIC_DATA_MAX_QUERIES {
        return Err(invalid("MetricDataQueries must have length between 1 and 500."));
    }
    let first = page_start(request)?;
    let most = cbor::integer(request, "MaxDatapoints").unwrap_or(MAX_DATAPOINTS).clamp(1, MAX_DATAPOINTS);
    let newest_first = cbor::text(request, "ScanBy").is_none_or(|order| order == "TimestampDescending");
    let mut results = Vec::new();
    let (mut points, mut next) = (0, None);
    for (index, query) in queries.iter().enumerate().skip(first) {
        if points >= most {
            next = Some(index.to_string().into());
            break;
        }
        let (result, count) = metric_result(engine, query, (start, end), newest_first)?;
        points += count;
        if cbor::flag(query, "ReturnData").unwrap_or(true) {
            results.push(result);
        }
    }
    Ok(cbor::map_of_some([
        ("MetricDataResults", Some(Value::Array(results))),
        ("NextToken", next),
        ("Messages", Some(Value::Array(Vec::new()))),
    ]))
}

/// One result and its number of data points.
fn metric_result(
    engine: &Engine,
    query: &Value,
    (start, end): (Timestamp, Timestamp),
    newest_first: bool,
) -> Result<(Value, i64), Refusal> {
    let id = cbor::text(query, "Id").unwrap_or_default();
    if !id.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err(("ValidationError", format!("The id {id:?} must begin with a lower-case letter.")));
    }
    let stat = cbor::get(query, "MetricStat")
        .ok_or_else(|| ("ValidationError", "Only MetricStat queries are served here.".to_owned()))?;
    let metric = cbor::get(stat, "Metric").ok_or_else(|| invalid("Metric must not be null."))?;
    let statistic = cbor::text(stat, "Stat").unwrap_or_default();
    let seconds = period(stat)?;
    let key = metric_key(metric).filter(|_| cbor::text(metric, "Namespace") == Some(NAMESPACE));
    let mut points: Vec<(Timestamp, f64)> = match &key {
        Some(key) => engine
            .metric_periods(key, start, end, seconds)
            .into_iter()
            .filter_map(|(at, set)| Some((at, set.statistic(statistic)?)))
            .collect(),
        None => Vec::new(),
    };
    if newest_first {
        points.reverse();
    }
    let label = cbor::text(query, "Label").or(cbor::text(metric, "MetricName")).unwrap_or(id);
    let count = i64::try_from(points.len()).unwrap_or(i64::MAX);
    let result = cbor::map([
        ("Id", id.into()),
        ("Label", label.into()),
        ("Timestamps", Value::Array(points.iter().map(|(at, _)| cbor::time(*at)).collect())),
        ("Values", Value::Array(points.iter().map(|(_, value)| (*value).into()).collect())),
        ("StatusCode", "Complete".into()),
    ]);
    Ok((result, count))
}

fn get_metric_statistics(engine: &Engine, request: &Value) -> Result<Value, Refusal> {
    let (start, end) = span(request)?;
    let seconds = period(request)?;
    let wanted = cbor::texts(request, "Statistics");
    let key = metric_key(request).filter(|_| cbor::text(request, "Namespace") == Some(NAMESPACE));
    let mut points = Vec::new();
    if let Some(key) = &key {
        for (at, set) in engine.metric_periods(key, start, end, seconds) {
            let mut fields = vec![(Value::from("Timestamp"), cbor::time(at))];
            for name in &wanted {
                if let Some(value) = set.statistic(name) {
                    fields.push((name.as_str().into(), value.into()));
                }
            }
            fields.push(("Unit".into(), key.unit().unwrap_or("None").into()));
            points.push(Value::Map(fields));
        }
    }
    let label = cbor::text(request, "MetricName").unwrap_or_default();
    Ok(cbor::map([("Label", label.into()), ("Datapoints", Value::Array(points))]))
}
