//! What a stream costs a month in each way of paying for it. List prices of us-east-1 as of 2026, before tax and discounts;
//! a month is 730 hours, as AWS's own calculator counts it.
//!
//! Formulas: the Kinesis Data Streams pricing page. Two points it leaves open are decided here: a GB is taken as 2³⁰ bytes, and
//! what is rounded up per record (25 KiB units, whole KiB) is rounded by the mean size of a record.

use super::traffic::Traffic;
use crate::model::cost::{FREE_RETENTION_HOURS as FREE_HOURS, ShardHours};
use crate::model::limits::{
    FAN_OUT_DOLLARS_PER_GB, HOURS_PER_MONTH as HOURS, PUT_UNIT_DOLLARS_PER_MILLION as MILLION_PUT_UNITS,
};

/// Bytes of a PUT payload unit.
const PUT_UNIT: f64 = 25.0 * 1_024.0;
/// Retention beyond 7 days, a GB and a month, in every mode.
const LONG_GB_MONTH: f64 = 0.023;
const STREAM_HOUR: f64 = 0.04;
const GB: f64 = 1_073_741_824.0;
const MIB: f64 = 1_048_576.0;
/// Least that On-demand Advantage bills of an account and Region, in and out each (API: `UpdateAccountSettings`).
pub const ADVANTAGE_LEAST_MIBPS: f64 = 25.0;
/// Until here retention is extended, behind it long-term.
const EXTENDED_UNTIL: u32 = 168;

/// A way to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Plan {
    /// By the shard.
    Provisioned,
    /// By the GB, and the stream.
    Standard,
    /// By the GB at a discount, for an account that commits itself to a minimum.
    Advantage,
}

impl Plan {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Provisioned, Self::Standard, Self::Advantage];

    /// Its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Provisioned => "Provisioned",
            Self::Standard => "On-demand Standard",
            Self::Advantage => "On-demand Advantage",
        }
    }
}

/// What is paid for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// What goes through.
    pub traffic: Traffic,
    /// Open shards; they count where they are paid for.
    pub shards: u32,
    /// Retention.
    pub retention_hours: u32,
    /// Registered consumers; each is taken to read everything once.
    pub fan_out: u32,
    /// Readers that poll; each is taken to read everything once.
    pub polling: u32,
}

/// One line of a bill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BillLine {
    /// What is paid for.
    pub item: &'static str,
    /// Dollars a month.
    pub dollars: f64,
}

/// The bill of a month. The minimum of On-demand Advantage is the account's and not in it.
pub fn month(plan: Plan, usage: &Usage) -> Vec<BillLine> {
    let traffic = &usage.traffic;
    let seconds = HOURS * 3_600.0;
    let gb = traffic.bytes_per_sec * seconds / GB;
    let fan_out = f64::from(usage.fan_out);
    let hours = shard_hours(usage);
    let line = |item, dollars| BillLine { item, dollars };
    let mut lines = match plan {
        Plan::Provisioned => {
            let units = traffic.records_per_sec * (traffic.record_bytes() / PUT_UNIT).ceil() * seconds;
            vec![
                line("Shard hours", hours.shards(usage.shards)),
                line("PUT payload units", units / 1e6 * MILLION_PUT_UNITS),
                line("Fan-out hours", hours.fan_out(usage.shards)),
                line("Fan-out data", fan_out * gb * FAN_OUT_DOLLARS_PER_GB),
            ]
        }
        Plan::Standard | Plan::Advantage => {
            let whole_kib = (traffic.record_bytes() / 1_024.0).ceil() * 1_024.0;
            let rounded = traffic.records_per_sec * whole_kib * seconds / GB;
            let (stream, data_in, polled, pushed) = match plan {
                Plan::Standard => (STREAM_HOUR, 0.08, 0.04, 0.05),
                _ => (0.0, 0.032, 0.016, 0.016),
            };
            vec![
                line("Stream hours", stream * HOURS),
                line("Data in, rounded up", rounded * data_in),
                line("Data out, polling", f64::from(usage.polling) * gb * polled),
                line("Data out, fan-out", fan_out * gb * pushed),
            ]
        }
    };
    let kept = retention_dollars(plan, usage);
    if kept > 0.0 {
        lines.push(line("Retention over 24 h", kept));
    }
    lines
}

fn shard_hours(usage: &Usage) -> ShardHours {
    ShardHours { consumers: usage.fan_out, retention_hours: usage.retention_hours }
}

/// The sum of a bill.
pub fn total(lines: &[BillLine]) -> f64 {
    lines.iter().map(|line| line.dollars).sum()
}

/// What retention beyond 24 hours costs a month.
pub fn retention_dollars(plan: Plan, usage: &Usage) -> f64 {
    let hours = usage.retention_hours;
    let gb_of = |from: u32, to: u32| {
        let hours = f64::from(hours.clamp(from, to) - from);
        usage.traffic.bytes_per_sec * hours * 3_600.0 / GB
    };
    let extended = match plan {
        Plan::Provisioned => shard_hours(usage).extended_retention(usage.shards),
        Plan::Standard => gb_of(FREE_HOURS, EXTENDED_UNTIL) * 0.10,
        Plan::Advantage => gb_of(FREE_HOURS, EXTENDED_UNTIL) * 0.023,
    };
    extended + gb_of(EXTENDED_UNTIL, 8_760) * LONG_GB_MONTH
}

/// An on-demand stream of the standard kind without any traffic, dollars a month.
pub fn stream_hours() -> f64 {
    STREAM_HOUR * HOURS
}

/// What On-demand Advantage bills at least, dollars a month for in and out, whatever the streams carry.
pub fn advantage_least() -> f64 {
    ADVANTAGE_LEAST_MIBPS * MIB * HOURS * 3_600.0 / GB * (0.032 + 0.016)
}

/// The rate of bytes at which two ways cost the same, other things being equal; `None` where they never do up to `most`.
pub fn crossing(one: Plan, other: Plan, usage: &Usage, most_bytes_per_sec: f64) -> Option<f64> {
    let gap = |rate: f64| {
        let usage = Usage { traffic: usage.traffic.at(rate), ..*usage };
        total(&month(one, &usage)) - total(&month(other, &usage))
    };
    let (mut low, mut high) = (0.0, most_bytes_per_sec);
    let rises = gap(low) <= 0.0;
    if rises == (gap(high) <= 0.0) {
        return None;
    }
    for _ in 0..48 {
        let middle = f64::midpoint(low, high);
        if (gap(middle) <= 0.0) == rises { low = middle } else { high = middle }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(mibps: f64, records: f64, fan_out: u32, polling: u32, shards: u32) -> Usage {
        let traffic = Traffic {
            bytes_per_sec: mibps * MIB,
            records_per_sec: records,
            peak_bytes_per_sec: mibps * MIB,
            out_bytes_per_sec: None,
            seconds: 3_600.0,
        };
        Usage { traffic, shards, retention_hours: 24, fan_out, polling }
    }

    fn cents(dollars: f64) -> i64 {
        (dollars * 100.0).round() as i64
    }

    #[test]
    fn a_provisioned_bill_is_the_sum_of_shards_units_and_fan_out() {
        let bill = month(Plan::Provisioned, &usage(6.9, 4_870.0, 2, 2, 24));
        let of = |item: &str| bill.iter().find(|line| line.item == item).map(|line| cents(line.dollars));
        assert_eq!(of("Shard hours"), Some(26_280));
        // 4,870 units a second for 2,628,000 s at $0.014 a million.
        assert_eq!(of("PUT payload units"), Some(17_918));
        assert_eq!(of("Fan-out hours"), Some(52_560));
        // 2 × 17,708.2 GB × $0.013.
        assert_eq!(of("Fan-out data"), Some(46_041));
        assert_eq!(of("Retention over 24 h"), None);
    }

    #[test]
    fn on_demand_rounds_each_record_up_to_a_kib() {
        let bill = month(Plan::Standard, &usage(1.0, 1_000.0, 0, 1, 4));
        let of = |item: &str| bill.iter().find(|line| line.item == item).map(|line| line.dollars).unwrap_or(-1.0);
        assert_eq!(cents(of("Stream hours")), 2_920);
        // 1,048 bytes are billed as 2 KiB: 1,000 × 2,048 × 2,628,000 / 2^30 GB.
        assert_eq!(cents(of("Data in, rounded up")), cents(1_000.0 * 2_048.0 * 2_628_000.0 / GB * 0.08));
        assert_eq!(cents(of("Data out, polling")), cents(1_048_576.0 * 2_628_000.0 / GB * 0.04));
        let advantage = month(Plan::Advantage, &usage(1.0, 1_000.0, 0, 1, 4));
        assert_eq!(advantage.first().map(|line| line.dollars), Some(0.0));
        // 60 % less, without the stream's hours.
        assert!((total(&advantage) / (total(&bill) - 29.2) - 0.4).abs() < 1e-9);
    }

    #[test]
    fn retention_is_paid_by_the_shard_and_then_by_the_gb() {
        let mut usage = usage(1.0, 1_000.0, 0, 0, 10);
        assert_eq!(cents(retention_dollars(Plan::Provisioned, &usage)), 0);
        usage.retention_hours = 25;
        assert_eq!(cents(retention_dollars(Plan::Provisioned, &usage)), 14_600);
        usage.retention_hours = 168 + 1_024;
        let long = 1_048_576.0 * 1_024.0 * 3_600.0 / GB * 0.023;
        assert_eq!(cents(retention_dollars(Plan::Provisioned, &usage)), cents(146.0 + long));
        let extended = 1_048_576.0 * 144.0 * 3_600.0 / GB * 0.10;
        assert_eq!(cents(retention_dollars(Plan::Standard, &usage)), cents(extended + long));
    }

    #[test]
    fn two_ways_cross_where_they_cost_the_same() {
        let usage = usage(6.9, 4_870.0, 2, 2, 24);
        let at = crossing(Plan::Provisioned, Plan::Standard, &usage, 24.0 * MIB).expect("they cross");
        let there = Usage { traffic: usage.traffic.at(at), ..usage };
        let [a, b] = [Plan::Provisioned, Plan::Standard].map(|plan| total(&month(plan, &there)));
        assert!((a - b).abs() < 0.01, "{a} and {b}");
        assert_eq!(crossing(Plan::Standard, Plan::Advantage, &usage, 24.0 * MIB), None, "one is cheaper everywhere");
    }
}
