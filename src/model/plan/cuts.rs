//! Which of the present cuts a new cutting keeps: as many as can be, for each that goes is a merge and each that comes a split.

use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::scale::Profile;

/// A stretch between two kept cuts, by the positions of its first shard and of the first behind it, and into how many shards
/// it is to be divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Position of the first present shard in it.
    pub first: usize,
    /// Position behind its last present shard.
    pub end: usize,
    /// Shards that it becomes.
    pub parts: u32,
}

/// Chooses the cuts to keep so that `target` shards, none above `bound`, differ from the present ones by the fewest cuts. `None`
/// where no cutting keeps the bound.
///
/// A path over the cuts: from each kept cut to the next, with the fewest shards that the stretch between them needs. Of all paths
/// whose shards are at most `target` the one over most cuts wins; what is left over to `target` goes to the hottest stretches. (With
/// shards left over every cut is kept: keeping one more costs at most one shard.)
pub fn keep(ranges: &[HashKeyRange], profile: &Profile, target: u32, bound: f64) -> Option<Vec<Stretch>> {
    let count = ranges.len();
    let needed = needed(ranges, profile, target, bound);
    // fewest[kept][at]: the fewest shards up to cut `at` over `kept` stretches, and the cut before it.
    let mut fewest: Vec<Vec<Option<(u32, usize)>>> = vec![vec![None; count + 1]; count + 1];
    set(&mut fewest, 0, 0, (0, 0));
    for kept in 0..count {
        for from in kept..count {
            let Some((so_far, _)) = get(&fewest, kept, from) else { continue };
            for to in from + 1..=count {
                let Some(more) = needed.get(from).and_then(|row| row.get(to - from - 1)).copied().flatten() else {
                    break;
                };
                let sum = so_far.saturating_add(more);
                if sum > target {
                    break;
                }
                if get(&fewest, kept + 1, to).is_none_or(|(known, _)| sum < known) {
                    set(&mut fewest, kept + 1, to, (sum, from));
                }
            }
        }
    }
    let most = (1..=count).rev().find(|kept| get(&fewest, *kept, count).is_some())?;
    let mut stretches = Vec::new();
    let mut end = count;
    for kept in (1..=most).rev() {
        let (_, first) = get(&fewest, kept, end)?;
        let parts = needed.get(first).and_then(|row| row.get(end - first - 1)).copied().flatten()?;
        stretches.push(Stretch { first, end, parts });
        end = first;
    }
    stretches.reverse();
    spread(ranges, profile, target, &mut stretches);
    Some(stretches)
}

fn get(table: &[Vec<Option<(u32, usize)>>], kept: usize, at: usize) -> Option<(u32, usize)> {
    table.get(kept).and_then(|row| row.get(at)).copied().flatten()
}

fn set(table: &mut [Vec<Option<(u32, usize)>>], kept: usize, at: usize, value: (u32, usize)) {
    if let Some(slot) = table.get_mut(kept).and_then(|row| row.get_mut(at)) {
        *slot = Some(value);
    }
}

/// For each first shard, the fewest shards that a stretch up to each later one needs.
fn needed(ranges: &[HashKeyRange], profile: &Profile, target: u32, bound: f64) -> Vec<Vec<Option<u32>>> {
    let from = |first: usize, start: HashKey| {
        let mut reached = profile.reach(start, bound);
        let mut parts = 1u32;
        let to = |range: &HashKeyRange| {
            // Longest ranges from the start on: no other cutting covers more with as many.
            while let Some(last) = reached.filter(|last| *last < range.end) {
                if parts > target {
                    return None;
                }
                parts += 1;
                reached = profile.reach(HashKey(last.0 + 1), bound);
            }
            reached.map(|_| parts)
        };
        ranges.iter().skip(first).map(to).collect()
    };
    ranges.iter().enumerate().map(|(first, range)| from(first, range.start)).collect()
}

/// Gives the shards that are left over to the stretches that are hottest per shard.
fn spread(ranges: &[HashKeyRange], profile: &Profile, target: u32, stretches: &mut [Stretch]) {
    let mut left = target.saturating_sub(stretches.iter().map(|stretch| stretch.parts).sum());
    let bound = |stretch: &Stretch| whole(ranges, stretch).map(|range| profile.least_bound(range, stretch.parts));
    let mut bounds: Vec<f64> = stretches.iter().map(|stretch| bound(stretch).unwrap_or(0.0)).collect();
    let can_grow = |stretch: &Stretch| {
        whole(ranges, stretch).is_some_and(|range| range.end.0 - range.start.0 >= u128::from(stretch.parts))
    };
    while left > 0 {
        let hottest = stretches.iter().zip(&bounds).enumerate().filter(|(_, (stretch, _))| can_grow(stretch));
        let width = |stretch: &Stretch| {
            whole(ranges, stretch).map_or(0.0, HashKeyRange::share) / f64::from(stretch.parts.max(1))
        };
        let hottest =
            hottest.max_by(|(_, a), (_, b)| a.1.total_cmp(b.1).then_with(|| width(a.0).total_cmp(&width(b.0))));
        let Some(at) = hottest.map(|(at, _)| at) else { return };
        if let (Some(stretch), Some(known)) = (stretches.get_mut(at), bounds.get_mut(at)) {
            stretch.parts += 1;
            let cooler = bound(stretch).unwrap_or(0.0);
            // One key that cannot be divided would take all that is left: it counts as nothing once that shows.
            *known = if cooler < *known { cooler } else { 0.0 };
        }
        left -= 1;
    }
}

/// The range of a stretch.
fn whole(ranges: &[HashKeyRange], stretch: &Stretch) -> Option<HashKeyRange> {
    let start = ranges.get(stretch.first)?.start;
    let end = ranges.get(stretch.end.checked_sub(1)?)?.end;
    Some(HashKeyRange { start, end })
}

/// The ranges of the new cutting, in hash order; `None` where a stretch has too few hash keys for its shards.
pub fn cutting(ranges: &[HashKeyRange], profile: &Profile, stretches: &[Stretch]) -> Option<Vec<HashKeyRange>> {
    let mut all = Vec::new();
    for stretch in stretches {
        let range = whole(ranges, stretch)?;
        let cuts = profile.divide(range, stretch.parts);
        if cuts.len() + 1 != stretch.parts as usize {
            return None;
        }
        let mut rest = range;
        for at in cuts {
            let (low, high) = rest.split_at(at)?;
            all.push(low);
            rest = high;
        }
        all.push(rest);
    }
    Some(all)
}
