//! In which order the cuts come and go: relief first. The hottest shard that is to be split is split first, and merges follow, the
//! coldest first; none is made before both ends of what it leads to are cut, so no shard on the way is hotter than before or after.
//! Where the account has too few shards left for that, one stretch between two kept cuts is brought to its end after the other, those
//! that become fewer first.

use super::{NoPlan, PlanStep, PlannedStep};
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::scale::Profile;

/// The steps from one cutting to the other.
///
/// # Errors
/// [`NoPlan::Quota`] where more shards are needed at once than `free` allows.
pub fn order(
    ranges: &[HashKeyRange],
    goal: &[HashKeyRange],
    profile: &Profile,
    free: Option<u32>,
) -> Result<Vec<PlannedStep>, NoPlan> {
    let way = || Way { shards: with_loads(ranges, profile), goal, profile, steps: Vec::new() };
    let most = free.map_or(usize::MAX, |free| ranges.len().saturating_add(free as usize));
    let fits = |steps: &[PlannedStep]| steps.iter().all(|step| step.open as usize <= most);
    let relieving = way().relief_first();
    if fits(&relieving) {
        return Ok(relieving);
    }
    let frugal = way().one_stretch_at_a_time(ranges);
    if fits(&frugal) { Ok(frugal) } else { Err(NoPlan::Quota { free: free.unwrap_or(0) }) }
}

fn with_loads(ranges: &[HashKeyRange], profile: &Profile) -> Vec<(HashKeyRange, f64)> {
    ranges.iter().map(|range| (*range, profile.share(*range))).collect()
}

/// How far the cutting has come.
struct Way<'a> {
    shards: Vec<(HashKeyRange, f64)>,
    goal: &'a [HashKeyRange],
    profile: &'a Profile,
    steps: Vec<PlannedStep>,
}

impl Way<'_> {
    /// All splits, the hottest shard first; then all merges.
    fn relief_first(mut self) -> Vec<PlannedStep> {
        while let Some((at, cut)) = self.next_split() {
            self.split(at, cut);
        }
        while let Some(at) = self.next_merge(HashKeyRange::FULL) {
            self.merge(at);
        }
        self.steps
    }

    /// With as few shards at once as can be: each range of the goal is finished before the next is begun.
    fn one_stretch_at_a_time(mut self, ranges: &[HashKeyRange]) -> Vec<PlannedStep> {
        let was_there = |key: HashKey| ranges.binary_search_by_key(&key, |range| range.start).is_ok();
        let mut stretches: Vec<Vec<HashKeyRange>> = Vec::new();
        for goal in self.goal {
            match stretches.last_mut() {
                Some(stretch) if !was_there(goal.start) => stretch.push(*goal),
                _ => stretches.push(vec![*goal]),
            }
        }
        let grows = |stretch: &Vec<HashKeyRange>| {
            let (first, last) = (stretch.first().map(|goal| goal.start), stretch.last().map(|goal| goal.end));
            let inside = ranges.iter().filter(|range| Some(range.start) >= first && Some(range.end) <= last).count();
            stretch.len() as i64 - inside as i64
        };
        stretches.sort_by_key(grows);
        for goal in stretches.into_iter().flatten() {
            let behind = goal.end.0.checked_add(1).map(HashKey);
            let cut =
                behind.and_then(|cut| Some((self.shards.iter().position(|(range, _)| range.contains(cut))?, cut)));
            if let Some((at, cut)) = cut {
                // Nothing where the shard begins there already.
                self.split(at, cut);
            }
            while let Some(at) = self.next_merge(goal) {
                self.merge(at);
            }
        }
        self.steps
    }

    /// The starts of the goal's ranges that lie inside of this one.
    fn cuts_inside(&self, range: HashKeyRange) -> impl Iterator<Item = HashKey> {
        let first = self.goal.partition_point(|goal| goal.start <= range.start);
        let goals = self.goal.iter().skip(first).map(|goal| goal.start);
        goals.take_while(move |start| *start <= range.end)
    }

    /// The hottest shard that is to be cut, and the cut in it that leaves its halves nearest to each other.
    fn next_split(&self) -> Option<(usize, HashKey)> {
        let wanting = |range: HashKeyRange| self.cuts_inside(range).next().is_some();
        let hottest = self.shards.iter().enumerate().filter(|(_, (range, _))| wanting(*range));
        let (at, (range, _)) = hottest.max_by(|(_, a), (_, b)| a.1.total_cmp(&b.1))?;
        let hotter = |cut: HashKey| {
            let (low, high) = range.split_at(cut)?;
            Some(self.profile.share(low).max(self.profile.share(high)))
        };
        let cuts = self.cuts_inside(*range).filter_map(|cut| Some((cut, hotter(cut)?)));
        cuts.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(cut, _)| (at, cut))
    }

    /// The coldest pair of neighbours inside `within` that lie in one range of the goal.
    fn next_merge(&self, within: HashKeyRange) -> Option<usize> {
        let one_goal = |low: HashKeyRange, high: HashKeyRange| {
            let at = self.goal.partition_point(|goal| goal.end < low.start);
            self.goal.get(at).is_some_and(|goal| goal.contains(low.start) && goal.contains(high.end))
        };
        let pairs = self.shards.iter().zip(self.shards.iter().skip(1)).enumerate();
        let inside = |low: HashKeyRange, high: HashKeyRange| within.contains(low.start) && within.contains(high.end);
        let fitting = pairs.filter(|(_, (low, high))| inside(low.0, high.0) && one_goal(low.0, high.0));
        fitting.min_by(|(_, a), (_, b)| (a.0.1 + a.1.1).total_cmp(&(b.0.1 + b.1.1))).map(|(at, _)| at)
    }

    fn split(&mut self, at: usize, cut: HashKey) {
        let Some((range, _)) = self.shards.get(at).copied() else { return };
        let Some((low, high)) = range.split_at(cut) else { return };
        self.shards.splice(at..=at, with_loads(&[low, high], self.profile));
        self.told(PlanStep::Split { range, at: cut });
    }

    fn merge(&mut self, at: usize) {
        let (Some((lower, _)), Some((upper, _))) = (self.shards.get(at).copied(), self.shards.get(at + 1).copied())
        else {
            return;
        };
        let both = HashKeyRange { start: lower.start, end: upper.end };
        self.shards.splice(at..=at + 1, with_loads(&[both], self.profile));
        self.told(PlanStep::Merge { lower, upper });
    }

    fn told(&mut self, step: PlanStep) {
        let loads = step.after().into_iter().map(|range| self.profile.share(range)).collect();
        let hottest = self.shards.iter().map(|(_, share)| *share).fold(0.0, f64::max);
        let open = u32::try_from(self.shards.len()).unwrap_or(u32::MAX);
        self.steps.push(PlannedStep { step, loads, hottest, open });
    }
}
