//! What a split would do, and what has to hold before it: pure, so that it can be tested without a window.

use super::super::frame::Check;
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::ids::StreamName;
use crate::model::reshard::SplitRequest;
use crate::model::world::{OpenStream, World};
use crate::ui::views::shards::ShardFacts;

/// A split that is being planned.
#[derive(Clone, Debug)]
pub struct SplitPlan {
    /// The shard to split.
    pub target: ShardFacts,
    /// First hash key of the upper child, or what is wrong with what was typed.
    pub point: Result<HashKey, String>,
    /// Parts of the load that the children take by the sampled keys; `None` where none were sampled.
    pub sampled: Option<(f64, f64)>,
    /// The shards that come of isolating a key, in order of their ranges, each with its part of the load; empty for a single split.
    pub isolated: Vec<(HashKeyRange, f64)>,
}

impl SplitPlan {
    /// An even split.
    pub fn even(target: ShardFacts) -> Self {
        let point = target.range.even_split().ok_or_else(|| "A range of one hash key cannot be divided.".to_owned());
        Self { target, point, sampled: None, isolated: Vec::new() }
    }

    /// A split at this hash key.
    pub fn at(target: ShardFacts, point: HashKey) -> Self {
        Self { target, point: Ok(point), sampled: None, isolated: Vec::new() }
    }

    /// A split where a person typed it, decimal or hexadecimal.
    pub fn custom(target: ShardFacts, typed: &str) -> Self {
        let point = HashKey::parse(typed).and_then(|point| match target.range.split_at(point) {
            Some(_) => Ok(point),
            None => {
                let first = target.range.start.0.saturating_add(1);
                Err(format!("Must lie inside the shard: {first} to {}.", target.range.end))
            }
        });
        Self { target, point, sampled: None, isolated: Vec::new() }
    }

    /// Ranges of the children.
    pub fn children(&self) -> Option<(HashKeyRange, HashKeyRange)> {
        self.point.as_ref().ok().and_then(|point| self.target.range.split_at(*point))
    }

    /// Every shard that comes of it, with its share of the limit where that is known.
    pub fn shards_after(&self) -> Vec<(HashKeyRange, Option<f64>)> {
        if !self.isolated.is_empty() {
            let share = |part: f64| self.target.now.map(|now| now * part);
            return self.isolated.iter().map(|(range, part)| (*range, share(*part))).collect();
        }
        let Some((lower, upper)) = self.children() else { return Vec::new() };
        let shares = self.predicted();
        vec![(lower, shares.map(|(share, _)| share)), (upper, shares.map(|(_, share)| share))]
    }

    /// The lower child's part of the range, 0 to 1.
    pub fn lower_part(&self) -> Option<f64> {
        self.children().map(|(lower, _)| lower.share() / self.target.range.share())
    }

    /// Shares of the limit of both children: by the sampled keys, or else as if the load lay evenly in the range.
    pub fn predicted(&self) -> Option<(f64, f64)> {
        let now = self.target.now?;
        let (lower, upper) = match self.sampled {
            Some(parts) => parts,
            None => self.lower_part().map(|part| (part, 1.0 - part))?,
        };
        Some((now * lower, now * upper))
    }

    /// The request.
    pub fn request(&self, stream: &StreamName) -> Option<SplitRequest> {
        Some(SplitRequest {
            stream: stream.clone(),
            shard: self.target.id.clone(),
            range: self.target.range,
            new_starting_hash_key: *self.point.as_ref().ok()?,
        })
    }
}

/// Everything that has to hold before a split.
pub fn checks(world: &World, open: &OpenStream, plan: Option<&SplitPlan>) -> Vec<Check> {
    let range = plan.map(|plan| plan.target.range);
    let hashes = range.map(|range| range.end.0 - range.start.0);
    let divides = match hashes {
        Some(0) => (false, "one hash key only".to_owned()),
        Some(hashes) => (true, format!("2^{:.1} hashes", (hashes as f64 + 1.0).log2())),
        None => (false, "no open shard".to_owned()),
    };
    let point = match plan.map(|plan| &plan.point) {
        Some(Ok(_)) => (true, String::new()),
        Some(Err(_)) => (false, "see the field".to_owned()),
        None => (false, "no open shard".to_owned()),
    };
    vec![
        Check::is_active(open),
        Check::is_provisioned(open),
        Check::is_within_quota("Account shard quota", world, 1),
        Check::new("Range can be divided", divides),
        Check::new("Split point lies inside the range", point),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::ShardId;

    fn target(range: HashKeyRange) -> ShardFacts {
        ShardFacts {
            id: ShardId::from("shardId-000000000019"),
            range,
            is_open: true,
            state: crate::model::shard_lives::ShardState::Open,
            born: None,
            closed: None,
            until: None,
            parents: String::new(),
            children: String::new(),
            space: range.share(),
            bytes_per_sec: None,
            load: None,
            known_space: 1.0,
            now: Some(0.8),
            peak: None,
            refused: 0.0,
        }
    }

    #[test]
    fn an_even_split_halves_the_load() {
        let plan = SplitPlan::even(target(HashKeyRange::FULL));
        let (lower, upper) = plan.predicted().expect("known");
        assert!((lower - 0.4).abs() < 1e-9 && (upper - 0.4).abs() < 1e-9);
        assert_eq!(plan.request(&"s".into()).map(|r| r.new_starting_hash_key), Some(HashKey(1 << 127)));
    }

    #[test]
    fn a_typed_point_must_lie_inside() {
        let range = HashKeyRange { start: HashKey(100), end: HashKey(200) };
        assert!(SplitPlan::custom(target(range), "100").point.is_err());
        assert_eq!(SplitPlan::custom(target(range), "101").point, Ok(HashKey(101)));
        assert_eq!(SplitPlan::custom(target(range), "0xc8").point, Ok(HashKey(200)));
        assert!(SplitPlan::custom(target(range), "201").point.is_err());
        assert!(SplitPlan::custom(target(range), "").point.is_err());
        let one = HashKeyRange { start: HashKey(7), end: HashKey(7) };
        assert!(SplitPlan::even(target(one)).point.is_err());
    }
}
