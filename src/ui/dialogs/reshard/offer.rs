//! What a tab of the dialog offers to do, with everything that is said of it at the right: checks, cost, consequences.
//! Knows no widget.

use crate::model::change::conditions::Condition;
use crate::model::format;
use crate::model::reshard::ReshardRequest;
use crate::model::stream::{StreamMode, StreamStatus};
use crate::model::world::{OpenStream, World};

/// Hours of a month as AWS's own calculator counts them.
const HOURS_PER_MONTH: f64 = 730.0;
/// List price of one shard hour in us-east-1, as of 2026; also that of one fan-out consumer and shard hour.
const DOLLARS_PER_SHARD_HOUR: f64 = 0.015;

/// What can be done, and what is said of it.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// What is asked for when the button is pressed; `None` where nothing can be.
    pub request: Option<ReshardRequest>,
    /// Words on the button.
    pub button: String,
    /// `split`, `merge`, `scale`: for headings.
    pub verb: &'static str,
    /// What has to hold.
    pub checks: Vec<Check>,
    /// What the person should know first.
    pub note: Option<(&'static str, String)>,
    /// What changes in the bill.
    pub cost: Vec<CostLine>,
    /// What is said below the bill: words and a figure.
    pub cost_notes: Vec<(String, String)>,
    /// What will happen, in order, with how long or how much.
    pub steps: Vec<(String, String)>,
    /// What stands in the footer.
    pub footnote: &'static str,
}

/// One thing that has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What has to hold.
    pub text: &'static str,
    /// The figure behind it, or why it does not hold.
    pub detail: String,
    /// Whether it holds.
    pub is_met: bool,
}

impl From<Condition> for Check {
    fn from(condition: Condition) -> Self {
        Self { text: condition.text, detail: condition.detail, is_met: condition.is_met }
    }
}

impl Check {
    /// From whether it holds and the figure behind that.
    pub fn new(text: &'static str, (is_met, detail): (bool, String)) -> Self {
        Self { text, detail, is_met }
    }

    /// The stream is `ACTIVE`.
    pub fn is_active(open: &OpenStream) -> Self {
        let is_resharding = open.reshard.as_ref().is_some_and(|run| !run.is_done);
        let status = match open.summary.get().map(|s| &s.status) {
            _ if is_resharding => (false, "a reshard runs".to_owned()),
            Some(StreamStatus::Active) => (true, String::new()),
            Some(other) => (false, format!("is {}", format::one_line(other.as_str(), 24))),
            None => (false, "not known yet".to_owned()),
        };
        Self::new("Stream is ACTIVE, no reshard running", status)
    }

    /// The stream is provisioned.
    pub fn is_provisioned(open: &OpenStream) -> Self {
        let mode = match open.summary.get().map(|s| s.mode) {
            Some(StreamMode::Provisioned) => (true, String::new()),
            Some(StreamMode::OnDemand) => (false, "on-demand: AWS does it".to_owned()),
            Some(StreamMode::Unknown) => (true, "not said by the server".to_owned()),
            None => (false, "not known yet".to_owned()),
        };
        Self::new("Provisioned mode", mode)
    }

    /// The account may open so many more shards (`DescribeLimits`). A server that tells no quota is not held against one.
    pub fn is_within_quota(text: &'static str, world: &World, more: u32) -> Self {
        let quota = match (world.account_limits.get(), &world.account_limits.problem) {
            (Some(limits), _) => {
                let [used, all] = [limits.open_shard_count, limits.shard_limit].map(|n| format::grouped(i64::from(n)));
                (more <= limits.free_shards(), format!("{used} + {more} of {all}"))
            }
            (None, Some(_)) => (true, "not told by the server".to_owned()),
            (None, None) => (true, "DescribeLimits is asked".to_owned()),
        };
        Self::new(text, quota)
    }

    /// The program may write.
    pub fn is_unlocked(world: &World) -> Self {
        let writes = match world.lock.remaining(world.now).filter(|_| world.connection().is_some()) {
            Some(left) => (true, format!("{} left", format::duration(left))),
            None => (false, "read-only".to_owned()),
        };
        Self::new("Writes are unlocked", writes)
    }
}

/// One line of the cost.
#[derive(Clone, Debug, PartialEq)]
pub struct CostLine {
    /// What is paid for and how it is counted.
    pub text: String,
    /// Dollars a month; negative where they are saved.
    pub dollars: f64,
}

fn consumers(open: &OpenStream) -> u32 {
    open.summary.get().and_then(|summary| summary.consumer_count).unwrap_or(0)
}

/// What so many more shards cost a month at list price; fewer shards save it.
pub fn cost(open: &OpenStream, change: i64) -> Vec<CostLine> {
    let (count, month) = (change.unsigned_abs(), HOURS_PER_MONTH * DOLLARS_PER_SHARD_HOUR);
    let dollars = change as f64 * month;
    let mut lines = vec![CostLine { text: format!("Shard hours, {count} × 730 h × $0.015"), dollars }];
    let consumers = consumers(open);
    if consumers > 0 {
        let plural = if consumers == 1 { "" } else { "s" };
        let times = if count == 1 { String::new() } else { format!(" × {count}") };
        lines.push(CostLine {
            text: format!("Fan-out hours, {consumers} consumer{plural}{times} × 730 h × $0.015"),
            dollars: f64::from(consumers) * dollars,
        });
    }
    lines
}

/// What so many shards cost a month at list price, fan-out included.
pub fn month_dollars(open: &OpenStream, shards: u32) -> f64 {
    f64::from(shards) * (1.0 + f64::from(consumers(open))) * HOURS_PER_MONTH * DOLLARS_PER_SHARD_HOUR
}

/// What the stream costs a month before and after: shard hours and fan-out hours.
pub fn before_and_after(open: &OpenStream, from: u32, to: u32) -> (String, String) {
    let dollars = |shards| crate::model::cost::dollars(month_dollars(open, shards));
    ("Per month, before and after".to_owned(), format!("{} → {}", dollars(from), dollars(to)))
}

/// `+$10.95`, `-$32.85`.
pub fn signed(dollars: f64) -> String {
    let sign = if dollars < 0.0 { "-" } else { "+" };
    format!("{sign}{}", crate::model::cost::dollars(dollars.abs()))
}

/// `34 %`, or a dash.
pub fn share_words(share: Option<f64>) -> String {
    share.map_or_else(|| format::UNKNOWN.to_owned(), |share| format::percent(share).replace('%', " %"))
}

/// How many times the load may grow before it reaches 80 %.
pub fn headroom(share: Option<f64>) -> String {
    use crate::model::limits::WARN_SHARE;
    match share {
        Some(share) if share >= WARN_SHARE => "none".to_owned(),
        Some(share) if share > 0.004 => format!("×{:.1}", WARN_SHARE / share),
        Some(_) => "plenty".to_owned(),
        None => format::UNKNOWN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_shards_save_what_more_would_cost() {
        let open = OpenStream::new("orders".into());
        let one = |change| cost(&open, change).first().map(|line| (line.text.clone(), signed(line.dollars)));
        assert_eq!(one(-1), Some(("Shard hours, 1 × 730 h × $0.015".to_owned(), "-$10.95".to_owned())));
        assert_eq!(one(12), Some(("Shard hours, 12 × 730 h × $0.015".to_owned(), "+$131.40".to_owned())));
        assert_eq!(before_and_after(&open, 24, 23).1, "$262.80 → $251.85");
    }
}
