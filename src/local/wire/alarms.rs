//! CloudWatch alarms on the wire: PutMetricAlarm, DescribeAlarms, DescribeAlarmsForMetric.

use ciborium::Value;

use super::cbor;
use super::cloudwatch::{Refusal, dimensions, invalid, metric_key};
use crate::local::engine::{ACCOUNT, Alarm, AlarmState, Comparison, Engine};

const PAGE: i64 = 100;
/// Longest time that an alarm looks back.
const MAX_SPAN_SECONDS: u64 = 7 * 86_400;

/// `PutMetricAlarm`.
pub(super) fn put(engine: &Engine, request: &Value) -> Result<Value, Refusal> {
    let need = |name: &'static str| {
        cbor::text(request, name).map(str::to_owned).ok_or(("ValidationError", format!("{name} must not be null.")))
    };
    let metric = metric_key(request)
        .ok_or_else(|| invalid("Only alarms on one metric with a StreamName dimension are served here."))?;
    let comparison = need("ComparisonOperator")?;
    let comparison = Comparison::from_aws(&comparison)
        .ok_or_else(|| invalid(format!("ComparisonOperator {comparison} is not served here.")))?;
    let count = |name: &str| cbor::integer(request, name).and_then(|n| u32::try_from(n).ok()).filter(|n| *n >= 1);
    let period = count("Period").ok_or_else(|| invalid("Period must be 1 or more."))?;
    let evaluation_periods =
        count("EvaluationPeriods").ok_or_else(|| invalid("EvaluationPeriods must be 1 or more."))?;
    if u64::from(period) * u64::from(evaluation_periods) > MAX_SPAN_SECONDS {
        return Err(invalid("Period times EvaluationPeriods must not be more than seven days."));
    }
    let now = engine.now();
    engine.put_alarm(Alarm {
        name: need("AlarmName")?,
        description: cbor::text(request, "AlarmDescription").map(str::to_owned),
        namespace: need("Namespace")?,
        metric,
        statistic: need("Statistic")?,
        period,
        evaluation_periods,
        datapoints_to_alarm: count("DatapointsToAlarm"),
        threshold: cbor::float(request, "Threshold").ok_or_else(|| invalid("Threshold must not be null."))?,
        comparison,
        treat_missing: cbor::text(request, "TreatMissingData").map(str::to_owned),
        actions: cbor::texts(request, "AlarmActions"),
        actions_enabled: cbor::flag(request, "ActionsEnabled").unwrap_or(true),
        configured: now,
        state: AlarmState::InsufficientData,
        reason: "Unchecked: Initial alarm creation".to_owned(),
        since: now,
    });
    Ok(cbor::map([]))
}

/// `DescribeAlarms`.
pub(super) fn describe(engine: &Engine, request: &Value) -> Result<Value, Refusal> {
    let names = cbor::texts(request, "AlarmNames");
    let prefix = cbor::text(request, "AlarmNamePrefix").unwrap_or_default();
    let state = cbor::text(request, "StateValue");
    let after = cbor::text(request, "NextToken").unwrap_or_default();
    let limit = cbor::integer(request, "MaxRecords").unwrap_or(PAGE).clamp(1, PAGE);
    let limit = usize::try_from(limit).unwrap_or(1);
    let mut alarms = engine.alarms();
    alarms.retain(|alarm| {
        (names.is_empty() || names.contains(&alarm.name))
            && alarm.name.starts_with(prefix)
            && state.is_none_or(|state| alarm.state.as_str() == state)
            && alarm.name.as_str() > after
    });
    let has_more = alarms.len() > limit;
    alarms.truncate(limit);
    let next = alarms.last().filter(|_| has_more).map(|alarm| alarm.name.as_str().into());
    Ok(cbor::map_of_some([
        ("MetricAlarms", Some(Value::Array(alarms.iter().map(|alarm| describe_one(engine, alarm)).collect()))),
        ("CompositeAlarms", Some(Value::Array(Vec::new()))),
        ("NextToken", next),
    ]))
}

/// `DescribeAlarmsForMetric`.
pub(super) fn describe_for_metric(engine: &Engine, request: &Value) -> Result<Value, Refusal> {
    let key = metric_key(request);
    let alarms = engine.alarms();
    let matching = alarms.iter().filter(|alarm| key.as_ref() == Some(&alarm.metric));
    Ok(cbor::map([("MetricAlarms", Value::Array(matching.map(|alarm| describe_one(engine, alarm)).collect()))]))
}

fn describe_one(engine: &Engine, alarm: &Alarm) -> Value {
    let texts = |list: &[String]| Value::Array(list.iter().map(|text| text.as_str().into()).collect());
    let arn = format!("arn:aws:cloudwatch:{}:{ACCOUNT}:alarm:{}", engine.region(), alarm.name);
    cbor::map_of_some([
        ("AlarmName", Some(alarm.name.as_str().into())),
        ("AlarmArn", Some(arn.into())),
        ("AlarmDescription", alarm.description.as_deref().map(Value::from)),
        ("AlarmConfigurationUpdatedTimestamp", Some(cbor::time(alarm.configured))),
        ("ActionsEnabled", Some(alarm.actions_enabled.into())),
        ("AlarmActions", Some(texts(&alarm.actions))),
        ("OKActions", Some(texts(&[]))),
        ("InsufficientDataActions", Some(texts(&[]))),
        ("StateValue", Some(alarm.state.as_str().into())),
        ("StateReason", Some(alarm.reason.as_str().into())),
        ("StateUpdatedTimestamp", Some(cbor::time(alarm.since))),
        ("StateTransitionedTimestamp", Some(cbor::time(alarm.since))),
        ("MetricName", Some(alarm.metric.name.as_str().into())),
        ("Namespace", Some(alarm.namespace.as_str().into())),
        ("Statistic", Some(alarm.statistic.as_str().into())),
        ("Dimensions", Some(dimensions(&alarm.metric))),
        ("Period", Some(alarm.period.into())),
        ("EvaluationPeriods", Some(alarm.evaluation_periods.into())),
        ("DatapointsToAlarm", alarm.datapoints_to_alarm.map(Value::from)),
        ("Threshold", Some(alarm.threshold.into())),
        ("ComparisonOperator", Some(alarm.comparison.as_str().into())),
        ("TreatMissingData", alarm.treat_missing.as_deref().map(Value::from)),
    ])
}
