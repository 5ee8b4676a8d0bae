//! The points that are offered, and what the sampled keys say each would do. Made anew when the sample, the shard or the
//! typed point changed, never per frame.

use std::sync::Arc;

use super::plan::SplitPlan;
use super::point::{PointChoice, PointState};
use crate::model::format;
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::ids::ShardId;
use crate::model::plan::PlanStep;
use crate::model::sample::StreamSample;
use crate::model::split::{self, Cut, Isolation, SplitAdvice, SplitReason};
use crate::ui::views::shards::ShardFacts;

/// What is known of the sampled load of one shard.
#[derive(Debug, Default)]
pub struct Choices {
    made_from: Option<(ShardId, Arc<StreamSample>)>,
    /// The share of the limit that the advice takes the shard to have.
    measured: Option<f64>,
    advice: Option<SplitAdvice>,
    custom: Option<(HashKey, Option<Cut>)>,
}

impl Choices {
    /// Brings the advice up to date.
    pub fn update(&mut self, target: &ShardFacts, sample: Option<&Arc<StreamSample>>) {
        let is_same = match (&self.made_from, sample) {
            (Some((shard, made_from)), Some(sample)) => *shard == target.id && Arc::ptr_eq(made_from, sample),
            (None, None) => true,
            _ => false,
        };
        if !is_same || self.measured != target.now {
            self.measured = target.now;
            self.made_from = sample.map(|sample| (target.id.clone(), sample.clone()));
            let counted = sample.and_then(|sample| sample.shard(&target.id));
            self.advice = counted.map(|counted| {
                // A sample that is still being read has little: the level is the measured one, and only the mix is the sample's.
                // Where more was read than measured, that decides.
                let load = counted.mean_utilisation().zip(target.now);
                let load = load.and_then(|(sampled, now)| sampled.scaled_to(now.max(sampled.value())));
                split::advise(target.range, counted, load)
            });
            self.custom = None;
        }
    }

    /// The plan that the person chose.
    pub fn plan(&mut self, target: ShardFacts, state: &PointState) -> SplitPlan {
        match (state.choice, self.balanced()) {
            (PointChoice::Custom, _) => {
                let plan = SplitPlan::custom(target, &state.typed);
                let sampled = plan.point.as_ref().ok().copied().and_then(|at| self.predict(&plan.target, at));
                SplitPlan { sampled, ..plan }
            }
            (PointChoice::Isolate, _) if self.isolation().is_some() => self.isolating(target),
            (PointChoice::Balanced, Some(cut)) => Self::of_cut(SplitPlan::at(target, cut.new_starting_hash_key), &cut),
            _ => self.even(target),
        }
    }

    /// What is offered without typing, and the plan that it would be.
    pub fn plans(&self, target: &ShardFacts) -> impl Iterator<Item = (PointChoice, SplitPlan)> {
        let balanced = self.balanced().map(|cut| {
            let plan = SplitPlan::at(target.clone(), cut.new_starting_hash_key);
            (PointChoice::Balanced, Self::of_cut(plan, &cut))
        });
        let isolating = self.isolation().map(|_| (PointChoice::Isolate, self.isolating(target.clone())));
        let even = (PointChoice::Even, self.even(target.clone()));
        let mut plans: Vec<_> = std::iter::once(even).chain(balanced).chain(isolating).collect();
        // What the keys speak for comes first.
        plans.sort_by_key(|(choice, _)| Some(*choice) != self.recommended());
        plans.into_iter()
    }

    /// What can be chosen.
    pub fn offered(&self) -> impl Iterator<Item = PointChoice> {
        let balanced = self.balanced().map(|_| PointChoice::Balanced);
        let isolating = self.isolation().map(|_| PointChoice::Isolate);
        std::iter::once(PointChoice::Even).chain(balanced).chain(isolating).chain([PointChoice::Custom])
    }

    /// What the sampled keys speak for; `None` where none were sampled.
    pub fn recommended(&self) -> Option<PointChoice> {
        let advice = self.advice.as_ref()?;
        Some(match (&advice.reason, &advice.balanced) {
            (SplitReason::OneKeyDominates(_), _) if advice.isolation.is_some() => PointChoice::Isolate,
            (_, Some(_)) if advice.helps => PointChoice::Balanced,
            _ => PointChoice::Even,
        })
    }

    /// Whether a split helps by the sampled keys; `None` where none were sampled.
    pub fn helps(&self) -> Option<bool> {
        self.advice.as_ref().map(|advice| advice.helps)
    }

    /// What is said beside the choice.
    pub fn words(&self) -> String {
        match &self.advice {
            Some(advice) => format!(
                "{}, {}",
                format::counted(usize::try_from(advice.samples).unwrap_or(usize::MAX), "sampled record"),
                if advice.helps { "a split balances them" } else { "a split helps little" }
            ),
            None => "no samples: a balanced point is not known".to_owned(),
        }
    }

    /// What speaks against the split; nothing where the sampled keys balance.
    pub fn trap(&self) -> Option<(&'static str, String)> {
        match &self.advice {
            Some(advice) if advice.helps => None,
            Some(advice) => Some(("A split helps little", format!("{}{}", advice.sentence(), isolation_words(advice)))),
            None => Some((
                "Is it one key?",
                "All records of one partition key stay in one child. If a single key carries this load, a split wins nothing: \
                 sample the keys first."
                    .to_owned(),
            )),
        }
    }

    /// The hot key that two splits would put into a shard of its own, and what would remain.
    pub fn isolation(&self) -> Option<&Isolation> {
        self.advice.as_ref().and_then(|advice| advice.isolation.as_ref())
    }

    /// Why one key stands in the way, and what it takes by itself; empty where nothing was sampled.
    pub fn why_isolate(&self) -> String {
        self.advice.as_ref().map_or_else(String::new, SplitAdvice::sentence)
    }

    /// The two splits as a plan, and the key in words.
    pub fn isolating_plan(&self, range: HashKeyRange) -> Option<(Vec<PlanStep>, String)> {
        let advice = self.advice.as_ref()?;
        let isolation = advice.isolation.as_ref()?;
        let SplitReason::OneKeyDominates(key) = &advice.reason else { return None };
        let name = key.key.as_ref().map_or_else(|| key.hash.hex_short(), |key| key.as_str().to_owned());
        Some((crate::model::plan::isolation(range, isolation), name))
    }

    /// Around the hottest key: beside it the rest counts as one child.
    fn isolating(&self, target: ShardFacts) -> SplitPlan {
        let Some(isolation) = self.isolation() else { return SplitPlan::even(target) };
        let Some(first) = isolation.cuts.first() else { return SplitPlan::even(target) };
        let rest = isolation.rest.iter().map(|child| child.share).fold(0.0, f64::max);
        let mut isolated: Vec<_> = isolation.rest.iter().chain([&isolation.own]).map(|c| (c.range, c.share)).collect();
        isolated.sort_by_key(|(range, _)| range.start);
        SplitPlan { sampled: Some((rest, isolation.own.share)), isolated, ..SplitPlan::at(target, *first) }
    }

    fn balanced(&self) -> Option<Cut> {
        self.advice.as_ref().and_then(|advice| advice.balanced)
    }

    fn even(&self, target: ShardFacts) -> SplitPlan {
        let plan = SplitPlan::even(target);
        match self.advice.as_ref().and_then(|advice| advice.even) {
            Some(cut) => Self::of_cut(plan, &cut),
            None => plan,
        }
    }

    fn of_cut(plan: SplitPlan, cut: &Cut) -> SplitPlan {
        SplitPlan { sampled: Some((cut.left.share, cut.right.share)), ..plan }
    }

    fn predict(&mut self, target: &ShardFacts, at: HashKey) -> Option<(f64, f64)> {
        let (shard, sample) = self.made_from.as_ref()?;
        if self.custom.as_ref().is_none_or(|(point, _)| *point != at) {
            let cut = sample.shard(shard).and_then(|counted| split::predict(target.range, counted, at));
            self.custom = Some((at, cut));
        }
        self.custom.as_ref().and_then(|(_, cut)| *cut).map(|cut| (cut.left.share, cut.right.share))
    }
}

/// Whether a shard of its own would help the key that dominates, and why not.
fn isolation_words(advice: &SplitAdvice) -> &'static str {
    match (&advice.reason, &advice.isolation) {
        (SplitReason::OneKeyDominates(_), Some(_)) => {
            " Two splits can put it into a shard of its own: choose Isolate key."
        }
        (SplitReason::OneKeyDominates(key), None) if key.utilisation.is_none() => {
            " A shard of its own is not offered, because its own rate is not known."
        }
        (SplitReason::OneKeyDominates(_), None) => {
            " A shard of its own is not offered, because by itself it is over the limit of one: change the key at the producer."
        }
        _ => "",
    }
}
