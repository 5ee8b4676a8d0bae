//! What things cost a month at list price. Prices are constants of [`super::limits`] with their Region and date.

use super::format;
use super::limits::{SHARD_METRIC_DOLLARS_PER_MONTH, SHARD_METRICS};

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

    #[test]
    fn shard_metrics_are_seven_custom_metrics_of_each_shard() {
        let words = |shards| dollars(shard_metrics_dollars(shards));
        assert_eq!((words(24), words(1), words(1_000)), ("$50.40".into(), "$2.10".into(), "$2,100".into()));
    }
}
