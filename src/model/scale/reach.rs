//! How far along the key space a shard may reach before it carries more than a bound, and how a stretch is best divided.

use super::{NOTHING, Piece, Profile, plus};
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::utilisation::Utilisation;

/// Rounds of halving in the search for the least bound: 2⁻⁴⁰ of the load is less than any figure is known to.
const ROUNDS: usize = 40;
/// A sum of shares that is off by no more than this is taken as equal: it is rounding.
const ROUNDING: f64 = 1e-9;

impl Profile {
    /// What lands in a range, in shares of the limits of one shard.
    pub fn load(&self, range: HashKeyRange) -> Utilisation {
        let upper = range.end.0.checked_add(1).map_or_else(|| self.total(), |next| self.up_to(HashKey(next)));
        let load = plus(upper, self.up_to(range.start), -1.0);
        // Sums of many small figures: what is left of nothing may be a little below it.
        Utilisation { bytes_share: load.bytes_share.max(0.0), records_share: load.records_share.max(0.0) }
    }

    /// The greater share of a range.
    pub fn share(&self, range: HashKeyRange) -> f64 {
        self.load(range).value()
    }

    /// The last hash key of the longest range from `start` that carries no more than `bound`; `None` where even the hash key
    /// `start` carries more.
    pub fn reach(&self, start: HashKey, bound: f64) -> Option<HashKey> {
        let bound = bound + ROUNDING;
        let before = self.up_to(start);
        let room = |below: Utilisation| plus(below, before, -1.0).value() <= bound;
        // The first piece whose end lies beyond the bound. Loads only grow along the key space.
        let first = self.pieces.partition_point(|piece| piece.range.end < start);
        let (mut low, mut high) = (first, self.pieces.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.below.get(middle + 1).copied().is_some_and(room) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        let Some(piece) = self.pieces.get(low) else { return Some(HashKey(u128::MAX)) };
        let from = piece.range.start.max(start);
        let last = self.last_within(piece, from, plus(self.up_to(from), before, -1.0), bound);
        match last {
            Some(last) => Some(last),
            // Not one hash key of the piece fits: the range ends before it, if it has begun.
            None => from.0.checked_sub(1).filter(|last| *last >= start.0).map(HashKey),
        }
    }

    /// The last hash key of `piece`, from `from` on, up to which `used` and what lies between stay within the bound.
    fn last_within(&self, piece: &Piece, from: HashKey, used: Utilisation, bound: f64) -> Option<HashKey> {
        let width = (piece.range.end.0 - piece.range.start.0) as f64 + 1.0;
        let part = |used: f64, load: f64| if load > 0.0 { (bound - used) / load } else { 1.0 };
        let part =
            part(used.bytes_share, piece.load.bytes_share).min(part(used.records_share, piece.load.records_share));
        let hashes = (part * width).floor();
        if hashes < 1.0 {
            return None;
        }
        let count = if hashes >= u128::MAX as f64 { u128::MAX } else { hashes as u128 };
        Some(HashKey(from.0.saturating_add(count - 1).min(piece.range.end.0)))
    }

    /// How many ranges of at most `bound` it takes to cover `range`; `None` where one hash key carries more than that.
    pub fn ranges_needed(&self, range: HashKeyRange, bound: f64, most: u32) -> Option<u32> {
        let mut start = range.start;
        for count in 1..=most {
            let last = self.reach(start, bound)?;
            if last >= range.end {
                return Some(count);
            }
            start = HashKey(last.0.saturating_add(1));
        }
        Some(most.saturating_add(1))
    }

    /// The least bound that `count` ranges over `range` can keep: no cut of that many shards has a cooler hottest one.
    pub fn least_bound(&self, range: HashKeyRange, count: u32) -> f64 {
        let count = count.max(1);
        let whole = self.share(range);
        let mut low = whole / f64::from(count);
        let mut high = whole;
        if self.ranges_needed(range, low, count).is_some_and(|needed| needed <= count) {
            return low;
        }
        for _ in 0..ROUNDS {
            let middle = f64::midpoint(low, high);
            match self.ranges_needed(range, middle, count).is_some_and(|needed| needed <= count) {
                true => high = middle,
                false => low = middle,
            }
        }
        high
    }

    /// Where to cut `range` into `count` parts so that the hottest is as cool as it can be: the starts of all parts but the first.
    /// Fewer where the range has too few hash keys.
    pub fn divide(&self, range: HashKeyRange, count: u32) -> Vec<HashKey> {
        let bound = self.least_bound(range, count);
        let mut cuts = Vec::new();
        let mut start = range.start;
        while (cuts.len() as u32) < count.saturating_sub(1) {
            let Some(last) = self.reach(start, bound).filter(|last| *last < range.end) else { break };
            let at = self.settle(HashKey(last.0 + 1), start);
            cuts.push(at);
            start = at;
        }
        self.fill(range, count, &mut cuts);
        cuts
    }

    /// A cut may lie anywhere between two pieces: halfway, so that keys which did not come yet fall to the nearer side.
    fn settle(&self, at: HashKey, start: HashKey) -> HashKey {
        let next = self.pieces.partition_point(|piece| piece.range.end < at);
        let before = next.checked_sub(1).and_then(|before| self.pieces.get(before)).map(|piece| piece.range.end);
        let (Some(before), Some(after)) = (before, self.pieces.get(next).map(|piece| piece.range.start)) else {
            return at;
        };
        if after < at || before < start {
            return at;
        }
        HashKey(before.0 + (after.0 - before.0).div_ceil(2))
    }

    /// Where the keys are so coarse that fewer parts keep the bound, the widest are halved until there are enough.
    fn fill(&self, range: HashKeyRange, count: u32, cuts: &mut Vec<HashKey>) {
        while (cuts.len() as u32) < count.saturating_sub(1) {
            let starts = std::iter::once(range.start).chain(cuts.iter().copied());
            let ends = cuts.iter().map(|cut| HashKey(cut.0 - 1)).chain([range.end]);
            let parts = starts.zip(ends).map(|(start, end)| HashKeyRange { start, end });
            let Some(at) = parts.max_by_key(|part| part.end.0 - part.start.0).and_then(HashKeyRange::even_split) else {
                return;
            };
            let place = cuts.partition_point(|cut| *cut < at);
            cuts.insert(place, at);
        }
    }

    /// A profile of known loads: for tests and for streams whose load is known by range alone.
    pub fn of_pieces(mut loads: Vec<(HashKeyRange, Utilisation)>) -> Option<Self> {
        loads.sort_by_key(|(range, _)| range.start);
        let mut sum = NOTHING;
        let mut below = vec![NOTHING];
        for (_, load) in &loads {
            sum = plus(sum, *load, 1.0);
            below.push(sum);
        }
        let pieces: Vec<Piece> = loads.into_iter().map(|(range, load)| Piece { range, load }).collect();
        (!pieces.is_empty()).then_some(Self { pieces, below, unknown_shards: 0, sampled_shards: 0, floor: None })
    }
}
