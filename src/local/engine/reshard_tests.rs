//! Any sequence of splits, merges and scalings, held against a reference that knows ranges and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::shard_history::ShardHistory;
use crate::model::shard_lives::{Holder, holder, lives, reigns};
use crate::model::shard_map::{Shard, ShardMap};
use crate::model::stream::StreamMode;

/// Operations of one sequence.
const OPERATIONS: usize = 200;
/// Open shards that a sequence stays below.
const MOST_OPEN: usize = 40;

/// What is done next, chosen by chance: the numbers are taken modulo what there is.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Split { shard: usize, at: u128 },
    Merge { shard: usize },
    Scale { by: i64 },
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        5 => (any::<usize>(), any::<u128>()).prop_map(|(shard, at)| Operation::Split { shard, at }),
        4 => any::<usize>().prop_map(|shard| Operation::Merge { shard }),
        1 => (-4i64..5).prop_map(|by| Operation::Scale { by }),
    ]
}

/// The stream as the program would list it.
fn listed(engine: &Engine) -> ShardMap {
    let page = engine.list_shards("s", &ShardFilter::FromTrimHorizon, None, None).expect("lists");
    let shard = |info: ShardInfo| Shard {
        parent: info.parents.first().cloned(),
        adjacent_parent: info.parents.get(1).cloned(),
        id: info.id,
        range: info.range,
        starting_sequence_number: info.starting.to_string().into(),
        ending_sequence_number: info.ending.map(|number| number.to_string().into()),
    };
    ShardMap::new(page.shards.into_iter().map(shard).collect())
}

/// Carries one operation out on the server and on the reference; `false` where nothing could be done.
fn carry_out(engine: &Engine, operation: Operation, map: &ShardMap, model: &mut Vec<HashKeyRange>) -> bool {
    let open: Vec<&Shard> = map.open().collect();
    match operation {
        Operation::Split { shard, at } => {
            let index = shard % open.len();
            let shard = open[index];
            let width = shard.range.end.0 - shard.range.start.0;
            if width == 0 || open.len() >= MOST_OPEN {
                return false;
            }
            let cut = HashKey(shard.range.start.0 + 1 + at % width);
            engine.split_shard("s", shard.id.as_str(), cut).expect("splits");
            let (low, high) = shard.range.split_at(cut).expect("inside");
            model.splice(index..=index, [low, high]);
        }
        Operation::Merge { shard } => {
            if open.len() < 2 {
                return false;
            }
            let index = shard % (open.len() - 1);
            let (lower, upper) = (open[index], open[index + 1]);
            // Either order of the two is taken.
            let (first, second) = if shard % 3 == 0 { (upper, lower) } else { (lower, upper) };
            engine.merge_shards("s", first.id.as_str(), second.id.as_str()).expect("merges");
            model.splice(index..=index + 1, [HashKeyRange { start: lower.range.start, end: upper.range.end }]);
        }
        Operation::Scale { by } => {
            let (least, most) = (open.len().div_ceil(2) as i64, (open.len() * 2).min(MOST_OPEN) as i64);
            let target = (open.len() as i64 + by).clamp(least, most.max(least));
            // Ten in a day, and none to as many as there are.
            if target == open.len() as i64 || engine.update_shard_count("s", target).is_err() {
                return false;
            }
            *model = HashKeyRange::uniform(target as u32);
        }
    }
    true
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn open_shards_tile_the_key_space_after_any_sequence_of_reshards(
        operations in proptest::collection::vec(operation(), OPERATIONS),
        shards in 1u32..5,
        keys in proptest::collection::vec(any::<u128>(), 3),
    ) {
        let hands = Arc::new(AtomicI64::new(1_790_000_000_000));
        let inner = hands.clone();
        let engine = Engine::new(EngineSettings {
            clock: Arc::new(move || Timestamp(inner.load(Ordering::SeqCst))),
            memory_cap_bytes: usize::MAX,
            delay: Millis::from_secs(2),
            region: "us-east-1".to_owned(),
        });
        engine.create_stream("s", StreamMode::Provisioned, Some(shards)).expect("creates");
        let mut now = hands.fetch_add(10_000, Ordering::SeqCst) + 10_000;
        let mut model = HashKeyRange::uniform(shards);
        let mut history = ShardHistory::default();
        // Who held each key, by the reference.
        let mut held: Vec<(i64, Vec<(HashKey, String)>)> = Vec::new();
        for operation in operations {
            let map = listed(&engine);
            history.see(&map, None, Timestamp(now));
            let owner = |key: &u128| {
                map.open_shard_of(HashKey(*key)).map(|shard| (HashKey(*key), shard.id.to_string()))
            };
            held.push((now, keys.iter().filter_map(owner).collect()));
            carry_out(&engine, operation, &map, &mut model);
            now = hands.fetch_add(10_000, Ordering::SeqCst) + 10_000;
            let map = listed(&engine);
            prop_assert_eq!(map.tiling_faults(), Vec::new());
            let open: Vec<HashKeyRange> = map.open().map(|shard| shard.range).collect();
            prop_assert_eq!(&open, &model);
            for shard in map.all().iter().filter(|shard| !shard.is_open()) {
                let children = map.children(&shard.id);
                prop_assert!(!children.is_empty(), "{} closed without children", shard.id);
            }
        }
        // And whoever held a key is found again, long after.
        let map = listed(&engine);
        let lives = lives(&map, Some(&history));
        for (at, owners) in held {
            for (key, owner) in owners {
                let found = holder(&reigns(&lives, key), Timestamp(at), None);
                prop_assert_eq!(found, Holder::One(owner.as_str().into()), "{} at {}", key, at);
            }
        }
    }
}
