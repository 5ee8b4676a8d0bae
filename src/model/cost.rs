//! What things cost a month at list price. Prices are constants of [`super::limits`] with their Region and date.

use super::format;
use super::limits::{
    EXTENDED_RETENTION_DOLLARS_PER_SHARD_HOUR, FAN_OUT_DOLLARS_PER_SHARD_HOUR, HOURS_PER_MONTH, SHARD_DOLLARS_PER_HOUR,
    SHARD_METRIC_DOLLARS_PER_MONTH, SHARD_METRICS,
};

/// Hours of retention that cost nothing beside the shard.
pub const FREE_RETENTION_HOURS: u32 = 24;

/// One line of a cost that changes.
#[derive(Clone, Debug, PartialEq)]
pub struct CostLine {
    /// What is paid for and how it is counted.
    pub text: String,
    /// Dollars a month; negative where they are saved.
    pub dollars: f64,
}

/// What of a provisioned stream is paid by the shard and hour, whatever goes through it: the shards themselves, each fan-out
/// consumer on each of them, and retention beyond 24 hours. Formula: the Kinesis Data Streams pricing page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardHours {
    /// Registered fan-out consumers.
    pub consumers: u32,
    /// Retention.
    pub retention_hours: u32,
}

impl ShardHours {
    /// So many open shards themselves, dollars a month.
    pub fn shards(self, count: u32) -> f64 {
        f64::from(count) * HOURS_PER_MONTH * SHARD_DOLLARS_PER_HOUR
    }

    /// The consumers on so many open shards, dollars a month.
    pub fn fan_out(self, count: u32) -> f64 {
        f64::from(self.consumers) * f64::from(count) * HOURS_PER_MONTH * FAN_OUT_DOLLARS_PER_SHARD_HOUR
    }

    /// Retention from 24 hours to 7 days of so many open shards, dollars a month. What is kept longer is paid by the GB.
    pub fn extended_retention(self, count: u32) -> f64 {
        let is_extended = self.retention_hours > FREE_RETENTION_HOURS;
        if is_extended { f64::from(count) * HOURS_PER_MONTH * EXTENDED_RETENTION_DOLLARS_PER_SHARD_HOUR } else { 0.0 }
    }

    /// All of it, dollars a month.
    pub fn month(self, count: u32) -> f64 {
        self.shards(count) + self.fan_out(count) + self.extended_retention(count)
    }

    /// What so many more open shards add to a month; fewer save it.
    pub fn change(self, change: i64) -> Vec<CostLine> {
        let count = u32::try_from(change.unsigned_abs()).unwrap_or(u32::MAX);
        let sign = if change < 0 { -1.0 } else { 1.0 };
        let line = |text: String, dollars: f64| CostLine { text, dollars: sign * dollars };
        let text = format!("Shard hours, {count} × {HOURS_PER_MONTH} h × ${SHARD_DOLLARS_PER_HOUR}");
        let mut lines = vec![line(text, self.shards(count))];
        if self.consumers > 0 {
            let consumers = format::counted(self.consumers as usize, "consumer");
            let times = if count == 1 { String::new() } else { format!(" × {count}") };
            let each = format!("{HOURS_PER_MONTH} h × ${FAN_OUT_DOLLARS_PER_SHARD_HOUR}");
            lines.push(line(format!("Fan-out hours, {consumers}{times} × {each}"), self.fan_out(count)));
        }
        if self.retention_hours > FREE_RETENTION_HOURS {
            let each = format!("{HOURS_PER_MONTH} h × ${EXTENDED_RETENTION_DOLLARS_PER_SHARD_HOUR}");
            lines.push(line(format!("Over 24 h, {count} × {each}"), self.extended_retention(count)));
        }
        lines
    }

    /// What a month costs with so many open shards before and after, `$262.80 → $251.85`, with its words.
    pub fn before_and_after(self, from: u32, to: u32) -> (String, String) {
        let [before, after] = [from, to].map(|count| dollars(self.month(count)));
        ("Per month, before and after".to_owned(), format!("{before} → {after}"))
    }
}

/// The sum of lines, dollars a month.
pub fn sum(lines: &[CostLine]) -> f64 {
    lines.iter().map(|line| line.dollars).sum()
}

/// `+$10.95`, `-$32.85`.
pub fn signed(amount: f64) -> String {
    let sign = if amount < 0.0 { "-" } else { "+" };
    format!("{sign}{}", dollars(amount.abs()))
}

/// All shard-level metrics of so many shards, dollars a month.
pub fn shard_metrics_dollars(shards: usize) -> f64 {
    shards as f64 * SHARD_METRICS.len() as f64 * SHARD_METRIC_DOLLARS_PER_MONTH
}

/// `$50.40`; from a thousand dollars on without cents, `$2,100`; below ten cents to a tenth of one, `$0.015`.
pub fn dollars(amount: f64) -> String {
    match amount {
        1_000.0.. => format!("${}", format::grouped(amount.round() as i64)),
        0.000_5..0.1 => format!("${amount:.3}"),
        _ => format!("${amount:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_sums_do_not_lose_their_digits() {
        assert_eq!([0.0, 0.015, 0.1, 1.0, 999.994].map(dollars), ["$0.00", "$0.015", "$0.10", "$1.00", "$999.99"]);
    }

    fn lines(hours: ShardHours, change: i64) -> Vec<(String, String)> {
        hours.change(change).into_iter().map(|line| (line.text, signed(line.dollars))).collect()
    }

    #[test]
    fn fewer_shards_save_what_more_would_cost() {
        let hours = ShardHours { consumers: 0, retention_hours: 24 };
        let one = |change, sum: &str| {
            let text = format!("Shard hours, {} × 730 h × $0.015", i64::abs(change));
            assert_eq!(lines(hours, change), [(text, sum.to_owned())]);
        };
        one(-1, "-$10.95");
        one(12, "+$131.40");
        assert_eq!(hours.before_and_after(24, 23).1, "$262.80 → $251.85");
    }

    #[test]
    fn consumers_and_long_retention_are_paid_for_on_every_shard() {
        let hours = ShardHours { consumers: 2, retention_hours: 168 };
        let text = |of: &str| of.to_owned();
        assert_eq!(
            lines(hours, 3),
            [
                (text("Shard hours, 3 × 730 h × $0.015"), text("+$32.85")),
                (text("Fan-out hours, 2 consumers × 3 × 730 h × $0.015"), text("+$65.70")),
                (text("Over 24 h, 3 × 730 h × $0.02"), text("+$43.80")),
            ]
        );
        // A shard with both consumers is 3 × $10.95, its retention $14.60.
        assert_eq!(hours.before_and_after(1, 2).1, "$47.45 → $94.90");
        let added = sum(&hours.change(5));
        assert!((hours.month(9) - hours.month(4) - added).abs() < 1e-9, "the lines are the difference");
        assert!(lines(ShardHours { consumers: 1, retention_hours: 24 }, -1)[1].0.contains("1 consumer × 730 h"));
    }

    #[test]
    fn shard_metrics_are_seven_custom_metrics_of_each_shard() {
        let words = |shards| dollars(shard_metrics_dollars(shards));
        assert_eq!((words(24), words(1), words(1_000)), ("$50.40".into(), "$2.10".into(), "$2,100".into()));
    }
}
