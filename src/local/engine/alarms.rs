//! CloudWatch alarms on the engine's metrics. They are evaluated when somebody looks.

use super::metrics_read::MetricKey;
use super::{Engine, State};
use crate::model::time::{Millis, Timestamp};

/// Newest minutes that are not held against a threshold yet, since they are still being filled.
const RUNNING: Millis = Millis::from_mins(1);

/// How a value is held against the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

impl Comparison {
    /// Reads AWS's spelling.
    pub fn from_aws(text: &str) -> Option<Self> {
        [Self::GreaterOrEqual, Self::Greater, Self::Less, Self::LessOrEqual].into_iter().find(|c| c.as_str() == text)
    }

    /// AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GreaterOrEqual => "GreaterThanOrEqualToThreshold",
            Self::Greater => "GreaterThanThreshold",
            Self::Less => "LessThanThreshold",
            Self::LessOrEqual => "LessThanOrEqualToThreshold",
        }
    }

    fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterOrEqual => value >= threshold,
            Self::Greater => value > threshold,
            Self::Less => value < threshold,
            Self::LessOrEqual => value <= threshold,
        }
    }
}

/// State of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmState {
    /// The threshold is not broken.
    Ok,
    /// It is.
    Alarm,
    /// There is too little data to tell.
    InsufficientData,
}

impl AlarmState {
    /// AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// One metric alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Unique.
    pub name: String,
    /// What people wrote about it.
    pub description: Option<String>,
    /// Namespace of the metric; only `AWS/Kinesis` has data here.
    pub namespace: String,
    /// What it watches.
    pub metric: MetricKey,
    /// `Sum`, `Maximum` and so on.
    pub statistic: String,
    /// Seconds of one period.
    pub period: u32,
    /// Periods that are looked at.
    pub evaluation_periods: u32,
    /// Periods among them that must break the threshold; all where it is not given.
    pub datapoints_to_alarm: Option<u32>,
    /// The threshold.
    pub threshold: f64,
    /// How a value is held against it.
    pub comparison: Comparison,
    /// `missing` (also where it is not given), `breaching`, `notBreaching` or `ignore`.
    pub treat_missing: Option<String>,
    /// Where notifications go.
    pub actions: Vec<String>,
    /// Whether notifications are sent.
    pub actions_enabled: bool,
    /// When it was last put.
    pub configured: Timestamp,
    /// Its state, as of the last look.
    pub state: AlarmState,
    /// Why.
    pub reason: String,
    /// Since when it has this state.
    pub since: Timestamp,
}

impl Engine {
    /// `PutMetricAlarm`: makes an alarm or replaces it.
    pub fn put_alarm(&self, mut alarm: Alarm) {
        let mut state = self.lock();
        if let Some(old) = state.alarms.get(&alarm.name) {
            // As on AWS, a changed alarm keeps its state until it is evaluated.
            (alarm.state, alarm.since, alarm.reason) = (old.state, old.since, old.reason.clone());
        }
        state.alarms.insert(alarm.name.clone(), alarm);
    }

    /// `DeleteAlarms`; names that are not there do not matter.
    pub fn delete_alarms(&self, names: &[String]) {
        self.lock().alarms.retain(|name, _| !names.contains(name));
    }

    /// All alarms by name, evaluated now.
    pub fn alarms(&self) -> Vec<Alarm> {
        let now = self.now();
        let mut state = self.lock();
        let verdicts: Vec<_> =
            state.alarms.iter().map(|(name, alarm)| (name.clone(), state.evaluate(alarm, now))).collect();
        for (name, (verdict, reason)) in verdicts {
            if let Some(alarm) = state.alarms.get_mut(&name) {
                if alarm.state != verdict {
                    alarm.since = now;
                }
                alarm.state = verdict;
                alarm.reason = reason;
            }
        }
        state.alarms.values().cloned().collect()
    }
}

impl State {
    fn evaluate(&self, alarm: &Alarm, now: Timestamp) -> (AlarmState, String) {
        let period = alarm.period.max(60);
        // A running minute is looked at only where it breaks the threshold already: sums only grow.
        let end = now.floor(60) + RUNNING;
        let wanted = alarm.evaluation_periods.max(1) as usize;
        let span = Millis::from_secs(i64::from(period) * (wanted as i64 + 1));
        let points = match alarm.namespace.as_str() {
            "AWS/Kinesis" => self.periods(&alarm.metric, (end - span).floor(period), end, period),
            _ => Vec::new(),
        };
        let values: Vec<f64> = points
            .iter()
            .filter_map(|(at, set)| Some((*at, set.statistic(&alarm.statistic)?)))
            .filter(|(at, value)| *at < now.floor(period) || alarm.comparison.holds(*value, alarm.threshold))
            .map(|(_, value)| value)
            .collect();
        let newest = values.get(values.len().saturating_sub(wanted)..).unwrap_or_default();
        let missing = wanted - newest.len();
        let broken = newest.iter().filter(|value| alarm.comparison.holds(**value, alarm.threshold)).count();
        let needed = alarm.datapoints_to_alarm.map_or(wanted, |n| n as usize).clamp(1, wanted);
        let treat = alarm.treat_missing.as_deref().unwrap_or("missing");
        let broken_or_missing = broken + if treat == "breaching" { missing } else { 0 };
        if newest.is_empty() && matches!(treat, "missing" | "ignore") {
            return match treat {
                "ignore" => (alarm.state, alarm.reason.clone()),
                _ => (AlarmState::InsufficientData, "Insufficient Data: no datapoints were received.".to_owned()),
            };
        }
        let reason = format!(
            "Threshold Crossed: {broken} of the last {} datapoints {newest:?} held {} {}.",
            newest.len(),
            alarm.comparison.as_str(),
            alarm.threshold
        );
        if broken_or_missing >= needed { (AlarmState::Alarm, reason) } else { (AlarmState::Ok, reason) }
    }
}
