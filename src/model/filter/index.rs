//! Which items of a store a filter lets through, kept up to date piece by piece: no frame looks at an item twice.

use std::collections::VecDeque;

use super::Filter;
use crate::model::record_store::RecordStore;
use crate::model::tail::TailItem;

/// Decoded text beyond this many bytes counts as a further item of the budget.
const BYTES_PER_ITEM: usize = 4_096;

/// The ids that a filter lets through, in order. Made anew for every filter.
#[derive(Debug)]
pub struct FilterIndex {
    filter: Filter,
    next_id: u64,
    ids: VecDeque<u64>,
}

impl FilterIndex {
    /// An index that has looked at nothing yet.
    pub fn new(filter: Filter) -> Self {
        Self { filter, next_id: 0, ids: VecDeque::new() }
    }

    /// Its filter.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Forgets what the store has dropped and looks at what it has not seen, at most `budget` items (an item with much
    /// text counts as several). Whether it has now seen everything.
    pub fn advance(&mut self, store: &RecordStore, budget: usize) -> bool {
        while self.ids.front().is_some_and(|id| *id < store.first_id()) {
            self.ids.pop_front();
        }
        self.next_id = self.next_id.max(store.first_id());
        let mut left = budget;
        while left > 0 {
            let Some(item) = store.get(self.next_id) else { return true };
            let (is_shown, cost) = match item {
                TailItem::Notice(_) => (true, 1),
                TailItem::Record(record) => (
                    self.filter.matches(record),
                    1 + record.decoded.text.as_ref().map_or(0, String::len) / BYTES_PER_ITEM,
                ),
            };
            if is_shown {
                self.ids.push_back(self.next_id);
            }
            self.next_id += 1;
            left = left.saturating_sub(cost);
        }
        self.next_id >= store.next_id()
    }

    /// Number of items that are let through, as far as they were looked at.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Id of the item at this place among those let through.
    pub fn id_at(&self, index: usize) -> Option<u64> {
        self.ids.get(index).copied()
    }

    /// Place of this id among those let through.
    pub fn index_of(&self, id: u64) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    /// How many items of the store are still to be looked at.
    pub fn remaining(&self, store: &RecordStore) -> u64 {
        store.next_id().saturating_sub(self.next_id.max(store.first_id()))
    }

    /// All ids that are let through, the oldest first.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = u64> + ExactSizeIterator {
        self.ids.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::model::decode::{Decoded, Step};
    use crate::model::ids::{PartitionKey, SequenceNumber, ShardId};
    use crate::model::record::Record;
    use crate::model::tail::{NoticeKind, TailNotice};
    use crate::model::time::Timestamp;

    fn record(text: Option<&str>) -> TailItem {
        TailItem::Record(Arc::new(Record {
            shard_id: ShardId::from("shardId-000000000000"),
            sequence_number: SequenceNumber::from("1"),
            sub_sequence: None,
            partition_key: PartitionKey::from("Tenant-42"),
            approximate_arrival: None,
            data: Arc::from(text.unwrap_or("\u{fffd}").as_bytes()),
            decoded: Decoded { steps: vec![Step::Text], text: text.map(str::to_owned), error: None },
            preview: String::new(),
        }))
    }

    fn notice() -> TailItem {
        TailItem::Notice(TailNotice { at: Timestamp(0), shard: None, kind: NoticeKind::Resumed, text: String::new() })
    }

    #[test]
    fn notices_and_undecodable_records_are_always_shown() {
        let mut store = RecordStore::default();
        store.push(notice());
        store.push(record(None));
        store.push(record(Some("nothing of interest")));
        let mut index = FilterIndex::new(Filter::text("zebra"));
        assert!(index.advance(&store, 100));
        assert!(index.ids().eq([0, 1]));
    }

    #[test]
    fn keys_and_shards_are_searched_too() {
        let mut store = RecordStore::default();
        store.push(record(Some("x")));
        for needle in ["tenant-42", "SHARDID-0000"] {
            let mut index = FilterIndex::new(Filter::text(needle));
            index.advance(&store, 1);
            assert_eq!(index.len(), 1, "{needle}");
        }
    }

    #[test]
    fn a_long_record_uses_up_more_of_the_budget() {
        let mut store = RecordStore::default();
        store.push(record(Some(&"x".repeat(100_000))));
        store.push(record(Some("x")));
        let mut index = FilterIndex::new(Filter::text("x"));
        assert!(!index.advance(&store, 10));
        assert_eq!(index.remaining(&store), 1);
        assert!(index.advance(&store, 10));
    }

    proptest! {
        #[test]
        fn the_index_agrees_with_a_scan_whatever_comes_and_goes(
            steps in proptest::collection::vec((0u8..4, 0usize..6), 1..120)
        ) {
            let mut store = RecordStore::new(6_000);
            let mut index = FilterIndex::new(Filter::text("HIT"));
            for (kind, budget) in steps {
                match kind {
                    0 => { store.push(record(Some("a hit"))); }
                    1 => { store.push(record(Some("a miss"))); }
                    2 => { store.push(notice()); }
                    _ => { store.push(record(None)); }
                }
                index.advance(&store, budget);
                let seen = store.next_id() - index.remaining(&store);
                let expected = store.iter().filter(|(id, item)| {
                    *id < seen && item.record().is_none_or(|r| r.decoded.text.as_deref() != Some("a miss"))
                });
                prop_assert!(index.ids().eq(expected.map(|(id, _)| id)));
            }
            prop_assert!(index.advance(&store, 1_000));
            for (place, id) in index.ids().enumerate() {
                prop_assert_eq!(index.index_of(id), Some(place));
                prop_assert_eq!(index.id_at(place), Some(id));
            }
        }
    }
}
