//! What if a hot key were salted: its records spread over several keys, each of which lands where its own MD5 says.
//!
//! Nothing is assumed to spread well: the salted keys are hashed for real and looked up among the open shards. With few salts two
//! of them may share a shard, or land on one that is busy already; that is what the comparison shows.

use std::collections::BTreeMap;

use super::format;
use super::hash_range::HashKey;
use super::ids::{PartitionKey, ShardId};
use super::limits::WARN_SHARE;
use super::shard_map::ShardMap;
use super::utilisation::Utilisation;

/// The suffix that is offered first; `{n}` is the number of the salt.
pub const DEFAULT_SUFFIX: &str = "#{n}";
/// Numbers of salts that are compared.
pub const COMPARED: [u32; 4] = [2, 4, 8, 16];
/// Most salts that are simulated.
pub const MOST_SALTS: u32 = 256;

/// The key that would be salted.
#[derive(Clone, Debug, PartialEq)]
pub struct HotKey {
    /// The key.
    pub key: PartitionKey,
    /// The shard it lands in now.
    pub shard: ShardId,
    /// Its own load against the limits of one shard.
    pub utilisation: Utilisation,
}

/// One salted key.
#[derive(Clone, Debug, PartialEq)]
pub struct Landing {
    /// Number of the salt.
    pub salt: u32,
    /// The key as the producer would send it.
    pub key: String,
    /// Its MD5.
    pub hash: HashKey,
    /// The open shard that owns it; `None` only where the listing has a hole.
    pub shard: Option<ShardId>,
}

/// Load of one open shard before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct ShardLoad {
    /// The shard.
    pub shard: ShardId,
    /// Now; `None` where it is not known.
    pub before: Option<Utilisation>,
    /// With the key salted; `None` where it is not known now and nothing would land there.
    pub after: Option<Utilisation>,
    /// Whether the salting changes it.
    pub is_changed: bool,
}

/// What salting a key would do.
#[derive(Clone, Debug, PartialEq)]
pub struct SaltPlan {
    /// Number of salts.
    pub salts: u32,
    /// The suffix, with `{n}` for the number.
    pub suffix: String,
    /// Where each salted key lands, by number.
    pub landings: Vec<Landing>,
    /// Every open shard in hash order.
    pub loads: Vec<ShardLoad>,
    /// Load of the shard that is hot now, when the key is salted.
    pub home_after: Option<Utilisation>,
    /// The busiest shard that a salted key lands in, and its load then.
    pub top_recipient: Option<(ShardId, Utilisation)>,
    /// Number of shards that salted keys land in.
    pub shards_hit: usize,
}

/// Puts the number of the salt into the suffix; a suffix without a place for it gets it at its end.
pub fn salted(key: &str, suffix: &str, salt: u32) -> String {
    let number = salt.to_string();
    if suffix.contains("{n}") {
        format!("{key}{}", suffix.replace("{n}", &number))
    } else {
        format!("{key}{suffix}{number}")
    }
}

/// Simulates the key with `salts` numbers from 0, its load divided evenly. `load_of` is the load of each open shard now. One salt
/// is the key as it is, so nothing changes.
pub fn simulate(
    map: &ShardMap,
    load_of: impl Fn(&ShardId) -> Option<Utilisation>,
    hot: &HotKey,
    suffix: &str,
    salts: u32,
) -> SaltPlan {
    let salts = salts.clamp(1, MOST_SALTS);
    let landings: Vec<Landing> = (0..salts)
        .map(|salt| {
            let key = if salts == 1 { hot.key.to_string() } else { salted(hot.key.as_str(), suffix, salt) };
            let hash = HashKey::of_partition_key(&key);
            // One salt is no salting: the key stays where it was seen, also where a producer chose its hash key.
            let shard =
                if salts == 1 { Some(hot.shard.clone()) } else { map.open_shard_of(hash).map(|s| s.id.clone()) };
            Landing { salt, key, hash, shard }
        })
        .collect();
    let mut gains: BTreeMap<&ShardId, f64> = BTreeMap::new();
    for shard in landings.iter().filter_map(|landing| landing.shard.as_ref()) {
        *gains.entry(shard).or_default() += 1.0 / f64::from(salts);
    }
    let loads: Vec<ShardLoad> = map
        .open()
        .map(|shard| {
            let before = load_of(&shard.id);
            let part = gains.get(&shard.id).copied().unwrap_or(0.0) - f64::from(u8::from(shard.id == hot.shard));
            let is_changed = part.abs() > 1e-9;
            let after = if is_changed { Some(moved(before, hot.utilisation, part)) } else { before };
            ShardLoad { shard: shard.id.clone(), before, after, is_changed }
        })
        .collect();
    let top_recipient = loads
        .iter()
        .filter(|load| gains.contains_key(&load.shard))
        .filter_map(|load| Some((load.shard.clone(), load.after?)))
        .max_by(|a, b| a.1.value().total_cmp(&b.1.value()));
    let home_after = loads.iter().find(|load| load.shard == hot.shard).and_then(|load| load.after);
    let shards_hit = gains.len();
    SaltPlan { salts, suffix: suffix.to_owned(), landings, loads, home_after, top_recipient, shards_hit }
}

/// The same for each of [`COMPARED`].
pub fn compare(
    map: &ShardMap,
    load_of: impl Fn(&ShardId) -> Option<Utilisation>,
    hot: &HotKey,
    suffix: &str,
) -> Vec<SaltPlan> {
    COMPARED.iter().map(|salts| simulate(map, &load_of, hot, suffix, *salts)).collect()
}

/// A load with a part of the key's added or taken away; never below zero, since both are estimates.
fn moved(before: Option<Utilisation>, key: Utilisation, part: f64) -> Utilisation {
    let before = before.unwrap_or(Utilisation { bytes_share: 0.0, records_share: 0.0 });
    Utilisation {
        bytes_share: (before.bytes_share + key.bytes_share * part).max(0.0),
        records_share: (before.records_share + key.records_share * part).max(0.0),
    }
}

impl SaltPlan {
    /// Whether the busiest shard it touches stays below the warning threshold.
    pub fn is_calm(&self) -> bool {
        let calm = |load: &Utilisation| load.value() < WARN_SHARE;
        self.home_after.as_ref().is_none_or(calm) && self.top_recipient.as_ref().is_none_or(|(_, load)| calm(load))
    }

    /// Salts that share a shard, by shard: those that land alone are left out.
    pub fn shared(&self) -> Vec<(ShardId, Vec<u32>)> {
        let mut by_shard: BTreeMap<&ShardId, Vec<u32>> = BTreeMap::new();
        for landing in &self.landings {
            if let Some(shard) = &landing.shard {
                by_shard.entry(shard).or_default().push(landing.salt);
            }
        }
        by_shard.into_iter().filter(|(_, salts)| salts.len() > 1).map(|(id, salts)| (id.clone(), salts)).collect()
    }

    /// Lines for the producer, in the notation of Python: which key to salt and how.
    pub fn producer_lines(&self, key: &PartitionKey) -> [String; 2] {
        let number = format!("{{crc32(uid) % {}}}", self.salts);
        // The braces of the key and of the suffix are text, not places of the template.
        let plain = |text: &str| text.replace('{', "{{").replace('}', "}}");
        let suffix = if self.suffix.contains("{n}") {
            self.suffix.split("{n}").map(plain).collect::<Vec<_>>().join(&number)
        } else {
            format!("{}{number}", plain(&self.suffix))
        };
        [
            format!("if key == {}:", serde_json::Value::from(key.as_str())),
            format!("  key = f\"{{key}}{}\"", suffix.replace('\\', "\\\\").replace('"', "\\\"")),
        ]
    }

    /// What to do and what to mind, as text for an incident channel.
    pub fn advice(&self, hot: &HotKey, share: f64) -> String {
        let key = format::one_line(hot.key.as_str(), 256);
        let mut out = format!(
            "Key {key} carries {} of {} ({} of one shard's limit). Splitting cannot divide it: one key is one hash key.\n",
            format::percent(share),
            hot.shard,
            format::percent(hot.utilisation.value()),
        );
        if self.salts > 1 {
            out.push_str(&format!("With {} salts (key{})", self.salts, self.suffix));
            if let Some(home) = self.home_after {
                out.push_str(&format!(" {} falls to {}", hot.shard, format::percent(home.value())));
            }
            if let Some((shard, load)) = &self.top_recipient {
                out.push_str(&format!(
                    ", and the busiest recipient, {shard}, reaches {}",
                    format::percent(load.value())
                ));
            }
            let [first, second] = self.producer_lines(&hot.key);
            out.push_str(&format!(".\nAt the producer:\n{first}\n{second}\n"));
            out.push_str("Order is kept per salt, not per key. Salt by a field whose order must be kept.\n");
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::hash_range::HashKeyRange;
    use crate::model::ids::SequenceNumber;
    use crate::model::shard_map::Shard;

    fn map(shards: u32) -> ShardMap {
        let shard = |(n, range): (usize, HashKeyRange)| Shard {
            id: ShardId::from(format!("shardId-{n:012}")),
            range,
            parent: None,
            adjacent_parent: None,
            starting_sequence_number: SequenceNumber::from("1"),
            ending_sequence_number: None,
        };
        ShardMap::new(HashKeyRange::uniform(shards).into_iter().enumerate().map(shard).collect())
    }

    fn load(bytes_share: f64) -> Utilisation {
        Utilisation { bytes_share, records_share: bytes_share / 2.0 }
    }

    fn hot(map: &ShardMap) -> HotKey {
        let shard = map.open_shard_of(HashKey::of_partition_key("tenant-42")).expect("owned").id.clone();
        HotKey { key: "tenant-42".into(), shard, utilisation: load(0.68) }
    }

    #[test]
    fn salting_moves_load_and_loses_none() {
        let map = map(8);
        let hot = hot(&map);
        let now = |id: &ShardId| Some(if *id == hot.shard { load(0.96) } else { load(0.3) });
        for salts in [1, 2, 4, 8, 16] {
            let plan = simulate(&map, now, &hot, DEFAULT_SUFFIX, salts);
            let sum = |of: fn(&ShardLoad) -> Option<Utilisation>| -> f64 {
                plan.loads.iter().filter_map(of).map(|load| load.bytes_share).sum()
            };
            assert!((sum(|l| l.before) - sum(|l| l.after)).abs() < 1e-9, "{salts}");
            assert_eq!(plan.landings.len(), salts as usize);
            for landing in &plan.landings {
                assert_eq!(landing.shard.as_ref(), map.open_shard_of(landing.hash).map(|shard| &shard.id));
                if salts > 1 {
                    assert_eq!(landing.hash, HashKey::of_partition_key(&format!("tenant-42#{}", landing.salt)));
                }
            }
        }
        let one = simulate(&map, now, &hot, DEFAULT_SUFFIX, 1);
        assert!(one.loads.iter().all(|load| !load.is_changed));
    }

    #[test]
    fn the_top_recipient_is_the_busiest_shard_that_takes_a_salt() {
        let map = map(4);
        let hot = hot(&map);
        let plans = compare(&map, |_| Some(load(0.5)), &hot, DEFAULT_SUFFIX);
        assert_eq!(plans.iter().map(|plan| plan.salts).collect::<Vec<_>>(), COMPARED);
        for plan in plans {
            let (shard, top) = plan.top_recipient.clone().expect("somebody takes it");
            assert!(plan.landings.iter().any(|landing| landing.shard.as_ref() == Some(&shard)));
            assert!(
                plan.loads
                    .iter()
                    .filter(|l| l.is_changed)
                    .all(|l| l.after.is_none_or(|a| a.value() <= top.value() + 1e-9))
            );
            assert!(plan.shards_hit <= 4);
            let alone = plan.landings.len() - plan.shared().iter().map(|(_, salts)| salts.len()).sum::<usize>();
            assert_eq!(alone + plan.shared().len(), plan.shards_hit);
        }
    }

    #[test]
    fn a_suffix_without_a_place_gets_the_number_at_its_end() {
        assert_eq!(salted("k", "#{n}", 3), "k#3");
        assert_eq!(salted("k", "-{n}-x", 3), "k-3-x");
        assert_eq!(salted("k", "/", 3), "k/3");
    }

    #[test]
    fn the_producers_lines_quote_what_they_must() {
        let map = map(2);
        let plan = simulate(&map, |_| None, &hot(&map), "#{n}", 4);
        let [first, second] = plan.producer_lines(&"tenant-42".into());
        assert_eq!(first, "if key == \"tenant-42\":");
        assert_eq!(second, "  key = f\"{key}#{crc32(uid) % 4}\"");
        let hostile = plan.producer_lines(&"a\"\n{x}".into());
        assert_eq!(hostile[0], "if key == \"a\\\"\\n{x}\":");
        let text = plan.advice(&hot(&map), 0.71);
        assert!(text.contains("carries 71%") && text.contains("With 4 salts"), "{text}");
    }
}
