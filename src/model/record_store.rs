//! What a tail has read, in order of arrival, capped in bytes. The oldest items leave first, and it is counted: what was
//! dropped is shown, never hidden.

use std::collections::VecDeque;

use super::tail::TailItem;

/// Cap in bytes unless another is set.
pub const DEFAULT_CAP_BYTES: usize = 256 * 1_048_576;

/// Most items, whatever their size: beyond about 900,000 rows a list loses pixels, since scroll offsets are `f32`.
pub const MAX_ITEMS: usize = 800_000;

/// Items with ids that stay the same for ever and grow by one from item to item.
#[derive(Debug)]
pub struct RecordStore {
    items: VecDeque<TailItem>,
    first_id: u64,
    bytes: usize,
    cap_bytes: usize,
    evicted: u64,
    evicted_records: u64,
    records: usize,
}

impl Default for RecordStore {
    fn default() -> Self {
        Self::new(DEFAULT_CAP_BYTES)
    }
}

impl RecordStore {
    /// An empty store.
    pub fn new(cap_bytes: usize) -> Self {
        Self { items: VecDeque::new(), first_id: 0, bytes: 0, cap_bytes, evicted: 0, evicted_records: 0, records: 0 }
    }

    /// Adds an item behind all others and returns its id. Older items leave until the cap is kept; the newest stays even
    /// where it alone is larger.
    pub fn push(&mut self, item: TailItem) -> u64 {
        let id = self.next_id();
        self.bytes += item.weight_bytes();
        self.records += usize::from(item.record().is_some());
        self.items.push_back(item);
        self.evict();
        id
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Number of items that are records, not notices.
    pub fn record_count(&self) -> usize {
        self.records
    }

    /// What the items take in memory.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The cap in bytes.
    pub fn cap_bytes(&self) -> usize {
        self.cap_bytes
    }

    /// Sets the cap and keeps it at once.
    pub fn set_cap_bytes(&mut self, cap_bytes: usize) {
        self.cap_bytes = cap_bytes;
        self.evict();
    }

    /// Items that left to keep the cap.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Records among the items that left.
    pub fn evicted_records(&self) -> u64 {
        self.evicted_records
    }

    /// Id of the oldest item, or of the next one where there is none.
    pub fn first_id(&self) -> u64 {
        self.first_id
    }

    /// Id that the next item will get.
    pub fn next_id(&self) -> u64 {
        self.first_id + self.items.len() as u64
    }

    /// The item with this id; `None` where it has left or is still to come.
    pub fn get(&self, id: u64) -> Option<&TailItem> {
        self.items.get(self.index_of(id)?)
    }

    /// The item at this place, the oldest first.
    pub fn at(&self, index: usize) -> Option<&TailItem> {
        self.items.get(index)
    }

    /// Id of the item at this place.
    pub fn id_at(&self, index: usize) -> Option<u64> {
        (index < self.items.len()).then(|| self.first_id + index as u64)
    }

    /// Place of the item with this id.
    pub fn index_of(&self, id: u64) -> Option<usize> {
        let index = usize::try_from(id.checked_sub(self.first_id)?).ok()?;
        (index < self.items.len()).then_some(index)
    }

    /// All items with their ids, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &TailItem)> {
        let first = self.first_id;
        self.items.iter().enumerate().map(move |(index, item)| (first + index as u64, item))
    }

    /// Forgets everything, counts included. Ids go on, so that none is ever used twice.
    pub fn clear(&mut self) {
        self.first_id = self.next_id();
        self.items = VecDeque::new();
        self.bytes = 0;
        self.records = 0;
        self.evicted = 0;
        self.evicted_records = 0;
    }

    fn evict(&mut self) {
        while (self.bytes > self.cap_bytes || self.items.len() > MAX_ITEMS) && self.items.len() > 1 {
            let Some(item) = self.items.pop_front() else { return };
            self.bytes = self.bytes.saturating_sub(item.weight_bytes());
            self.first_id += 1;
            self.evicted += 1;
            if item.record().is_some() {
                self.records -= 1;
                self.evicted_records += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::tail::{NoticeKind, TailNotice};
    use crate::model::time::Timestamp;

    fn notice(text: String) -> TailItem {
        TailItem::Notice(TailNotice { at: Timestamp(0), shard: None, kind: NoticeKind::Failed, text })
    }

    fn text(item: Option<&TailItem>) -> Option<&str> {
        match item? {
            TailItem::Notice(notice) => Some(&notice.text),
            TailItem::Record(_) => None,
        }
    }

    #[test]
    fn the_newest_item_stays_even_where_it_alone_is_too_large() {
        let mut store = RecordStore::new(10);
        store.push(notice("old".to_owned()));
        let id = store.push(notice("x".repeat(1_000)));
        assert_eq!(store.len(), 1);
        assert_eq!(store.evicted(), 1);
        assert!(store.get(id).is_some());
        assert!(store.get(0).is_none());
    }

    #[test]
    fn ids_are_not_used_again_after_clearing() {
        let mut store = RecordStore::default();
        let before = store.push(notice("a".to_owned()));
        store.clear();
        let after = store.push(notice("b".to_owned()));
        assert!(after > before);
        assert_eq!(store.get(before).map(|_| ()), None);
        assert_eq!(text(store.get(after)), Some("b"));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Push(usize),
        Cap(usize),
        Clear,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            20 => (0usize..300).prop_map(Step::Push),
            2 => (0usize..4_000).prop_map(Step::Cap),
            1 => Just(Step::Clear),
        ]
    }

    proptest! {
        #[test]
        fn the_store_behaves_like_a_plain_list_that_is_cut_at_the_front(steps in proptest::collection::vec(step(), 0..200)) {
            let mut store = RecordStore::new(2_000);
            let mut cap = 2_000;
            let mut list: Vec<(u64, usize)> = Vec::new();
            let (mut next, mut evicted) = (0u64, 0u64);
            for step in steps {
                match step {
                    Step::Push(len) => {
                        let item = notice("n".repeat(len));
                        let weight = item.weight_bytes();
                        prop_assert_eq!(store.push(item), next);
                        list.push((next, weight));
                        next += 1;
                    }
                    Step::Cap(bytes) => {
                        cap = bytes;
                        store.set_cap_bytes(bytes);
                    }
                    Step::Clear => {
                        store.clear();
                        list.clear();
                        evicted = 0;
                    }
                }
                while list.len() > 1 && list.iter().map(|(_, weight)| weight).sum::<usize>() > cap {
                    list.remove(0);
                    evicted += 1;
                }
                prop_assert_eq!(store.len(), list.len());
                prop_assert_eq!(store.bytes(), list.iter().map(|(_, weight)| weight).sum::<usize>());
                prop_assert_eq!(store.evicted(), evicted);
                prop_assert_eq!(store.next_id(), next);
                for (index, (id, weight)) in list.iter().enumerate() {
                    prop_assert_eq!(store.id_at(index), Some(*id));
                    prop_assert_eq!(store.index_of(*id), Some(index));
                    prop_assert_eq!(store.get(*id).map(TailItem::weight_bytes), Some(*weight));
                }
                prop_assert_eq!(store.id_at(list.len()), None);
                prop_assert!(store.get(next).is_none());
                prop_assert!(store.iter().map(|(id, _)| id).eq(list.iter().map(|(id, _)| *id)));
            }
        }
    }
}
