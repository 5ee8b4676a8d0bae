//! Metrics and alarms.
