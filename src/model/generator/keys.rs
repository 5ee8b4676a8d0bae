//! Which partition key a record has: drawn by a strategy from a bounded set of keys, the same for the same seed.

use rand::RngExt;

use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::ids::ShardId;
use crate::model::limits::PARTITION_KEY_MAX_CHARS;
use crate::model::template::{Roll, Template, draws};
use crate::model::time::Timestamp;

/// Most keys of a set.
pub const KEYS_MAX: u32 = 1_000_000;
/// Keys whose shard is worked out one by one; those behind them are so rare that they are spread by the ranges.
const HASHED_MAX: u32 = 20_000;
/// Keeps the draws of keys apart from those of the records' values.
const KEY_DRAWS: u64 = 0x6b65_7973;

/// How often each key of a set is drawn.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyStrategy {
    /// All alike.
    Uniform,
    /// The key of rank r with a weight of 1 / r^skew.
    Zipf {
        /// 0 is uniform; 1 is the classic.
        skew: f64,
    },
    /// The first key with this share, the others alike.
    Hot {
        /// A fraction of 1.
        share: f64,
    },
    /// A new UUID for every record; there is no set.
    Random,
}

/// What the keys are.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct KeyPlan {
    /// How often each is drawn.
    pub strategy: KeyStrategy,
    /// What they look like; `rank` counts them from 1.
    pub pattern: String,
    /// How many there are.
    pub keys: u32,
}

/// A key that was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// From 1; 0 where there is no set.
    pub rank: u64,
    /// The partition key.
    pub key: String,
}

/// A plan that was checked.
#[derive(Clone, Debug)]
pub struct Keys {
    strategy: KeyStrategy,
    pattern: Template,
    count: u32,
    /// For Zipf: the weights up to each rank.
    cumulative: Vec<f64>,
}

/// What one shard gets of the keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShardMix {
    /// Part of all records, a fraction of 1.
    pub share: f64,
    /// Its most frequent key and that key's part of all records, where keys are a set.
    pub top: Option<(String, f64)>,
}

impl Keys {
    /// Checks a plan.
    ///
    /// # Errors
    /// One sentence that names what is wrong.
    pub fn new(plan: &KeyPlan) -> Result<Self, String> {
        let is_set = plan.strategy != KeyStrategy::Random;
        let text = if is_set { plan.pattern.as_str() } else { "{{uuid}}" };
        let pattern = Template::parse(text).map_err(|error| format!("Key: {}.", error.what))?;
        if is_set && !(1..=KEYS_MAX).contains(&plan.keys) {
            return Err("Give 1 to 1,000,000 keys.".to_owned());
        }
        match plan.strategy {
            KeyStrategy::Zipf { skew } if !(0.0..=5.0).contains(&skew) => {
                return Err("Give a skew of 0 to 5.".to_owned());
            }
            KeyStrategy::Hot { share } if !(0.0..=1.0).contains(&share) => {
                return Err("Give the hot key a share of 0 to 100 %.".to_owned());
            }
            _ => {}
        }
        let mut cumulative = Vec::new();
        if let KeyStrategy::Zipf { skew } = plan.strategy {
            let mut sum = 0.0;
            cumulative.extend((1..=plan.keys).map(|rank| {
                sum += f64::from(rank).powf(-skew);
                sum
            }));
        }
        let keys = Self { strategy: plan.strategy, pattern, count: plan.keys.max(1), cumulative };
        let longest = keys.key(0, u64::from(keys.count), 0).chars().count();
        match longest {
            0 => Err("The key is empty: give 1 to 256 characters.".to_owned()),
            long if long > PARTITION_KEY_MAX_CHARS => {
                Err(format!("The key has {long} characters; at most 256 are allowed."))
            }
            _ if is_set && keys.count > 1 && !keys.pattern.has_rank() && keys.pattern.depends_on_rank_alone() => {
                Err("All keys would be the same: put {{rank}} into the key.".to_owned())
            }
            _ => Ok(keys),
        }
    }

    fn key(&self, seed: u64, rank: u64, number: u64) -> String {
        // A set is fixed by its ranks alone; a pattern with other values in it makes new keys all the time.
        let number =
            if self.strategy == KeyStrategy::Random || !self.pattern.depends_on_rank_alone() { number } else { 0 };
        self.pattern.render(&Roll { seed: seed ^ !KEY_DRAWS, number, now: Timestamp(0), partition_key: "", rank })
    }

    /// The key of the `number`-th draw.
    pub fn draw(&self, seed: u64, number: u64) -> Drawn {
        let mut rng = draws(seed ^ KEY_DRAWS, number);
        let others = |rng: &mut rand::rngs::ChaCha8Rng, from: u32| {
            if from > self.count { 1 } else { rng.random_range(from..=self.count) }
        };
        let rank = match self.strategy {
            KeyStrategy::Random => 0,
            KeyStrategy::Uniform => others(&mut rng, 1),
            KeyStrategy::Hot { share } if rng.random::<f64>() < share => 1,
            KeyStrategy::Hot { .. } => others(&mut rng, 2),
            KeyStrategy::Zipf { .. } => {
                let drawn = rng.random::<f64>() * self.cumulative.last().copied().unwrap_or_default();
                let rank = self.cumulative.partition_point(|upto| *upto <= drawn) + 1;
                u32::try_from(rank).unwrap_or(self.count).min(self.count)
            }
        };
        Drawn { rank: u64::from(rank), key: self.key(seed, u64::from(rank), number) }
    }

    /// How often the key of a rank is drawn, a fraction of 1; `None` where there is no set.
    pub fn share(&self, rank: u32) -> Option<f64> {
        let count = f64::from(self.count);
        match self.strategy {
            KeyStrategy::Random => None,
            _ if rank == 0 || rank > self.count => Some(0.0),
            KeyStrategy::Uniform => Some(1.0 / count),
            KeyStrategy::Hot { .. } if self.count == 1 => Some(1.0),
            KeyStrategy::Hot { share } if rank == 1 => Some(share),
            KeyStrategy::Hot { share } => Some((1.0 - share) / (count - 1.0)),
            KeyStrategy::Zipf { skew } => {
                Some(f64::from(rank).powf(-skew) / self.cumulative.last().copied().unwrap_or(1.0))
            }
        }
    }

    /// How many keys there are; 1 where there is no set.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The first key and its share, where keys are a set.
    pub fn top(&self) -> Option<(String, f64)> {
        let share = self.share(1)?;
        self.pattern.depends_on_rank_alone().then(|| (self.key(0, 1, 0), share))
    }

    /// How the keys lie over the shards, in their order. By the MD5 of every key where keys are a set; by the size of the
    /// ranges for what is not.
    pub fn mix(&self, shards: &[(ShardId, HashKeyRange)]) -> Vec<ShardMix> {
        let mut mix: Vec<ShardMix> = shards.iter().map(|_| ShardMix::default()).collect();
        let mut hashed = 0.0;
        if self.strategy != KeyStrategy::Random && self.pattern.depends_on_rank_alone() {
            for rank in 1..=self.count.min(HASHED_MAX) {
                let share = self.share(rank).unwrap_or_default();
                hashed += share;
                let key = self.key(0, u64::from(rank), 0);
                let hash = HashKey::of_partition_key(&key);
                let at = shards.iter().position(|(_, range)| range.contains(hash));
                if let Some(one) = at.and_then(|at| mix.get_mut(at)) {
                    one.share += share;
                    if one.top.as_ref().is_none_or(|(_, top)| share > *top) {
                        one.top = Some((key, share));
                    }
                }
            }
        }
        let rest = (1.0 - hashed).max(0.0);
        if rest > 1e-9 {
            for (one, (_, range)) in mix.iter_mut().zip(shards) {
                one.share += rest * range.share();
            }
        }
        mix
    }
}
