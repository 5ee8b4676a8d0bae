//! Where the tailer begins, what it keeps to, and when it ends because that was asked for.

use proptest::prelude::*;

use super::fake::{Fake, Seen, run};
use super::{AWS, Habits, T0, at, fill, from_horizon, to_tip};
use crate::model::hash_range::HashKey;
use crate::model::ids::{PartitionKey, SequenceNumber};
use crate::model::tail::{TailOptions, TailStart};
use crate::model::time::Millis;
use crate::tasks::tail::machine::Machine;

const KEY: &str = "tenant-42";

#[test]
fn at_a_record_that_record_is_the_first() {
    let mut fake = Fake::new(2, AWS);
    fill(&mut fake, 14, T0);
    let first = fake.contents()[&fake.id(0)].clone();
    let number = |place: usize| SequenceNumber::from(first[place].to_string());
    for (start, skipped) in [
        (TailStart::AtSequence { shard: fake.id(0), sequence_number: number(2) }, 2),
        (TailStart::AfterSequence { shard: fake.id(0), sequence_number: number(2) }, 3),
    ] {
        let mut machine = Machine::new(TailOptions { start, ..to_tip() }, T0);
        let mut seen = Seen::default();
        run(&mut machine, &mut fake, &mut seen, T0, at(60));
        assert_eq!(seen.by_shard()[&fake.id(0)], first[skipped..]);
        assert_eq!(seen.by_shard().len(), 1);
    }
}

#[test]
fn a_tail_for_a_time_ends_when_it_is_over() {
    let mut fake = Fake::new(2, AWS);
    let mut machine = Machine::new(TailOptions { limit: Some(Millis::from_secs(10)), ..from_horizon() }, T0);
    let mut seen = Seen::default();
    assert_eq!(run(&mut machine, &mut fake, &mut seen, T0, at(9)), at(9));
    assert!(!machine.is_done());
    assert_eq!(run(&mut machine, &mut fake, &mut seen, at(9), at(60)), at(10));
    assert!(machine.is_done() && machine.problem().is_none());
}

/// A split or a merge somewhere, and records before and after.
fn reshaped(fake: &mut Fake, steps: &[(bool, usize)], seconds: &mut i64) {
    let hash = HashKey::of_partition_key(KEY);
    for (splits, place) in steps {
        let open = fake.open();
        let shard = open[place % open.len()];
        if *splits {
            fake.split(shard)
        } else {
            fake.merge(shard)
        }
        *seconds += 1;
        fake.put(hash, at(*seconds));
        fill(fake, 7, at(*seconds));
    }
}

proptest! {
    #[test]
    fn one_key_is_read_whole_from_the_shards_that_can_hold_it_and_no_other(
        steps in proptest::collection::vec((any::<bool>(), 0usize..8), 0..8),
        later in proptest::collection::vec((any::<bool>(), 0usize..8), 0..4),
        tells_children in any::<bool>(),
    ) {
        let hash = HashKey::of_partition_key(KEY);
        let mut fake = Fake::new(3, Habits { tells_children, ..AWS });
        let mut seconds = 0;
        fake.put(hash, T0);
        reshaped(&mut fake, &steps, &mut seconds);
        let options = TailOptions { partition_key: Some(PartitionKey::from(KEY)), ..from_horizon() };
        let mut machine = Machine::new(options, at(seconds));
        let mut seen = Seen::default();
        run(&mut machine, &mut fake, &mut seen, at(seconds), at(seconds + 40));
        let before = seconds + 40;
        let mut after = before;
        reshaped(&mut fake, &later, &mut after);
        run(&mut machine, &mut fake, &mut seen, at(before), at(after + 200));
        // What was read is all that the shards hold that own the key's hash, in order, and nothing else.
        let mut expected = fake.contents();
        expected.retain(|id, records| fake.owns(id, hash) && !records.is_empty());
        prop_assert_eq!(seen.by_shard(), expected);
        prop_assert!(machine.problem().is_none());
    }
}
