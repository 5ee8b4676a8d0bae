//! A plan of single splits and merges that brings a stream to N open shards of balanced load.
//!
//! Uniform scaling cuts the key space evenly, whatever lands in it, and replaces almost every shard. A plan moves only the cuts
//! that matter. A split adds one cut of the key space and a merge takes one away, so the fewest steps to a new cutting are the cuts
//! that it does not share with the present one: the planner keeps as many cuts as it can among all cuttings whose hottest shard
//! comes within [`TOLERANCE`] of the coolest that N shards allow. Which shards are meant is said by their ranges, since the ids of
//! children are not known before they are made.

mod cuts;
mod order;
pub mod request;
#[cfg(test)]
mod tests;

use super::format;
use super::hash_range::{HashKey, HashKeyRange};
use super::scale::Profile;
use super::shard_map::ShardMap;
use super::split::Isolation;

/// How much hotter than the best cutting the hottest shard may be where that saves steps, a fraction.
pub const TOLERANCE: f64 = 0.10;
/// Share of the limit that a calm shard stays below; a load that grows by half is still below the limit.
pub const CALM_SHARE: f64 = 0.60;
/// Most open shards, before or after, that a plan of single steps is made for: each step takes half a minute or more.
pub const MOST_SHARDS: u32 = 256;

/// One step, by the ranges of the shards that it closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum PlanStep {
    /// The shard of this range becomes two.
    Split {
        /// Its range.
        range: HashKeyRange,
        /// First hash key of the upper child.
        at: HashKey,
    },
    /// The shards of these ranges become one.
    Merge {
        /// The lower one.
        lower: HashKeyRange,
        /// Its neighbour, right behind.
        upper: HashKeyRange,
    },
}

impl PlanStep {
    /// The ranges of the shards that it closes.
    pub fn before(&self) -> Vec<HashKeyRange> {
        match self {
            Self::Split { range, .. } => vec![*range],
            Self::Merge { lower, upper } => vec![*lower, *upper],
        }
    }

    /// The ranges of the shards that come of it; empty where it is no valid step.
    pub fn after(&self) -> Vec<HashKeyRange> {
        match self {
            Self::Split { range, at } => range.split_at(*at).map_or_else(Vec::new, |(low, high)| vec![low, high]),
            Self::Merge { lower, upper } if lower.is_followed_by(*upper) => {
                vec![HashKeyRange { start: lower.start, end: upper.end }]
            }
            Self::Merge { .. } => Vec::new(),
        }
    }

    /// The range that it changes.
    pub fn range(&self) -> HashKeyRange {
        match self {
            Self::Split { range, .. } => *range,
            Self::Merge { lower, upper } => HashKeyRange { start: lower.start, end: upper.end },
        }
    }

    /// Whether it is a split.
    pub fn is_split(&self) -> bool {
        matches!(self, Self::Split { .. })
    }
}

/// A step and what the load would be after it.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedStep {
    /// The step.
    pub step: PlanStep,
    /// Loads of the shards that come of it, fractions of the limit of one shard.
    pub loads: Vec<f64>,
    /// The hottest shard of the stream after it.
    pub hottest: f64,
    /// Open shards after it.
    pub open: u32,
}

/// A plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Open shards before.
    pub from: u32,
    /// Open shards afterwards.
    pub target: u32,
    /// In the order in which they are carried out.
    pub steps: Vec<PlannedStep>,
    /// The hottest shard now.
    pub hottest_before: f64,
    /// The hottest shard afterwards.
    pub hottest_after: f64,
    /// The coolest hottest shard that so many shards allow.
    pub best: f64,
    /// Most open shards on the way.
    pub peak_shards: u32,
    /// The cutting afterwards and its loads.
    pub after: Vec<(HashKeyRange, f64)>,
}

impl Plan {
    /// Number of splits and of merges.
    pub fn work(&self) -> (usize, usize) {
        let splits = self.steps.iter().filter(|planned| planned.step.is_split()).count();
        (splits, self.steps.len() - splits)
    }
}

/// How far the load is to be balanced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aim {
    /// Within [`TOLERANCE`] of the coolest hottest shard that so many shards allow.
    #[default]
    Coolest,
    /// No shard above [`CALM_SHARE`], where so many shards allow it: fewer steps.
    Calm,
}

/// Why no plan is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPlan {
    /// The open shards have holes or overlaps: a reshard runs, or the listing is not whole.
    NotTiled,
    /// Too many shards, before or after.
    TooMany,
    /// The cutting is within the tolerance already.
    NothingToDo,
    /// More shards at once than the account may have.
    Quota {
        /// Shards that the account may still open.
        free: u32,
    },
    /// The key space is cut as finely as it can be.
    TooNarrow,
}

impl NoPlan {
    /// In one sentence for a person.
    pub fn sentence(&self) -> String {
        match self {
            Self::NotTiled => {
                "The open shards do not tile the key space: list them again once no reshard runs.".to_owned()
            }
            Self::TooMany => format!("Single steps take too long beyond {MOST_SHARDS} shards: use uniform scaling."),
            Self::NothingToDo => "The shards are balanced as they are: no step would win anything.".to_owned(),
            Self::Quota { free } => format!(
                "It needs more shards at once than the account may open: {} left.",
                format::counted(*free as usize, "shard")
            ),
            Self::TooNarrow => "The ranges are too narrow to be cut into so many shards.".to_owned(),
        }
    }
}

/// Plans the way to `target` open shards. `free` is how many more shards the account may open; without a figure the quota is not
/// looked at.
///
/// # Errors
/// Why no plan is offered.
pub fn plan(map: &ShardMap, profile: &Profile, target: u32, aim: Aim, free: Option<u32>) -> Result<Plan, NoPlan> {
    if !map.tiling_faults().is_empty() {
        return Err(NoPlan::NotTiled);
    }
    let ranges: Vec<HashKeyRange> = map.open().map(|shard| shard.range).collect();
    of_ranges(&ranges, profile, target, aim, free)
}

/// [`plan`] for ranges that tile the key space, in hash order.
pub(crate) fn of_ranges(
    ranges: &[HashKeyRange],
    profile: &Profile,
    target: u32,
    aim: Aim,
    free: Option<u32>,
) -> Result<Plan, NoPlan> {
    let from = u32::try_from(ranges.len()).unwrap_or(u32::MAX);
    if from.max(target) > MOST_SHARDS || target == 0 {
        return Err(NoPlan::TooMany);
    }
    let best = profile.least_bound(HashKeyRange::FULL, target);
    let bound = match aim {
        Aim::Coolest => best * (1.0 + TOLERANCE),
        Aim::Calm => (best * (1.0 + TOLERANCE)).max(CALM_SHARE),
    };
    let kept = cuts::keep(ranges, profile, target, bound).ok_or(NoPlan::TooNarrow)?;
    let goal = cuts::cutting(ranges, profile, &kept).ok_or(NoPlan::TooNarrow)?;
    let steps = order::order(ranges, &goal, profile, free)?;
    if steps.is_empty() {
        return Err(NoPlan::NothingToDo);
    }
    let after: Vec<(HashKeyRange, f64)> = goal.into_iter().map(|range| (range, profile.share(range))).collect();
    let hottest = |shares: &mut dyn Iterator<Item = f64>| shares.fold(0.0, f64::max);
    Ok(Plan {
        from,
        target,
        hottest_before: hottest(&mut ranges.iter().map(|range| profile.share(*range))),
        hottest_after: hottest(&mut after.iter().map(|(_, share)| *share)),
        best,
        peak_shards: steps.iter().map(|step| step.open).max().unwrap_or(from).max(from),
        steps,
        after,
    })
}

/// The one or two splits that put a hot key into a shard of its own, in order.
pub fn isolation(range: HashKeyRange, isolation: &Isolation) -> Vec<PlanStep> {
    let mut rest = range;
    let mut steps = Vec::new();
    for at in &isolation.cuts {
        let Some((_, upper)) = rest.split_at(*at) else { break };
        steps.push(PlanStep::Split { range: rest, at: *at });
        rest = upper;
    }
    steps
}
