//! Which items of a store a filter lets through, kept up to date piece by piece: no item is looked at twice. Others may do
//! the looking, in any order; what they found is taken in the order of the items.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::{Filter, FilterError, Verdict};
use crate::model::record_store::{Piece, RecordStore};
use crate::model::tail::TailItem;

/// Decoded text beyond this many bytes counts as a further item of the budget.
const BYTES_PER_ITEM: usize = 4_096;

/// An item that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    id: u64,
    /// `None` for what is no record.
    verdict: Option<Verdict>,
}

/// What a filter says of the items from one id to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The first item that was looked at.
    pub from: u64,
    /// The item behind the last one.
    pub until: u64,
    /// Those that are shown, in order.
    pub shown: Vec<Entry>,
    /// Records that the expression failed on.
    pub failed: usize,
}

impl Found {
    /// Looks at a whole piece. `goes_on` is asked before each item; `None` where it says no.
    ///
    /// # Errors
    /// See [`Filter::judge`].
    pub fn in_piece(
        filter: &Filter,
        piece: &Piece,
        mut goes_on: impl FnMut() -> bool,
    ) -> Result<Option<Self>, FilterError> {
        let mut found = Self { from: piece.from_id(), until: piece.end_id(), ..Self::default() };
        for (id, item) in piece.iter() {
            if !goes_on() {
                return Ok(None);
            }
            found.note(filter, id, item)?;
        }
        Ok(Some(found))
    }

    fn note(&mut self, filter: &Filter, id: u64, item: &TailItem) -> Result<(), FilterError> {
        let verdict = item.record().map(|record| filter.judge(record)).transpose()?;
        self.failed += usize::from(verdict == Some(Verdict::Failed));
        if verdict.is_none_or(Verdict::is_shown) {
            self.shown.push(Entry { id, verdict });
        }
        Ok(())
    }
}

/// The ids that a filter lets through, in order. Made anew for every filter.
#[derive(Debug)]
pub struct FilterIndex {
    filter: Arc<Filter>,
    next_id: u64,
    shown: VecDeque<Entry>,
    matches: usize,
    undecodable: usize,
    failed: usize,
    /// Found ahead of `next_id`, by its first item.
    ahead: BTreeMap<u64, Found>,
    problem: Option<FilterError>,
}

impl FilterIndex {
    /// An index that has looked at nothing yet.
    pub fn new(filter: impl Into<Arc<Filter>>) -> Self {
        Self {
            filter: filter.into(),
            next_id: 0,
            shown: VecDeque::new(),
            matches: 0,
            undecodable: 0,
            failed: 0,
            ahead: BTreeMap::new(),
            problem: None,
        }
    }

    /// Its filter.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Its filter, to be remembered or asked elsewhere.
    pub fn shared(&self) -> &Arc<Filter> {
        &self.filter
    }

    /// Why it looks no further.
    pub fn problem(&self) -> Option<&FilterError> {
        self.problem.as_ref()
    }

    /// Looks no further.
    pub fn stop(&mut self, problem: FilterError) {
        self.problem.get_or_insert(problem);
    }

    /// Forgets what the store has dropped and looks at what it has not seen, at most `budget` items (an item with much
    /// text counts as several). Whether there is nothing more to look at.
    pub fn advance(&mut self, store: &RecordStore, budget: usize) -> bool {
        self.forget(store);
        let mut left = budget;
        while left > 0 && self.problem.is_none() {
            let Some(item) = store.get(self.next_id) else { return true };
            let text = item.record().and_then(|record| record.decoded.text.as_deref()).map_or(0, str::len);
            let mut found = Found { from: self.next_id, until: self.next_id + 1, ..Found::default() };
            match found.note(&self.filter, self.next_id, item) {
                Ok(()) => self.append(found),
                Err(problem) => self.stop(problem),
            }
            left = left.saturating_sub(1 + text / BYTES_PER_ITEM);
        }
        self.problem.is_some() || self.next_id >= store.next_id()
    }

    /// Takes what was found elsewhere, and forgets what the store has dropped.
    pub fn take(&mut self, found: Found, store: &RecordStore) {
        if found.until > self.next_id {
            self.ahead.insert(found.from, found);
        }
        self.forget(store);
    }

    fn append(&mut self, found: Found) {
        self.next_id = found.until;
        self.failed += found.failed;
        for entry in found.shown {
            self.matches += usize::from(entry.verdict == Some(Verdict::Match));
            self.undecodable += usize::from(entry.verdict == Some(Verdict::Undecodable));
            self.shown.push_back(entry);
        }
    }

    /// Forgets what the store has dropped; takes what was found ahead and is now next.
    pub fn forget(&mut self, store: &RecordStore) {
        let first = store.first_id();
        self.next_id = self.next_id.max(first);
        while let Some(found) = self.ahead.first_entry().filter(|entry| *entry.key() <= self.next_id) {
            let found = found.remove();
            if found.until > self.next_id {
                self.append(found);
            }
        }
        while let Some(entry) = self.shown.front().copied().filter(|entry| entry.id < first) {
            self.shown.pop_front();
            self.matches -= usize::from(entry.verdict == Some(Verdict::Match));
            self.undecodable -= usize::from(entry.verdict == Some(Verdict::Undecodable));
        }
    }

    /// Number of items that are let through, as far as they were looked at.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// Number of records that pass.
    pub fn match_count(&self) -> usize {
        self.matches
    }

    /// Number of records from this id on that pass. Costs by that number.
    pub fn matches_since(&self, id: u64) -> usize {
        let new = self.shown.iter().rev().take_while(|entry| entry.id >= id);
        new.filter(|entry| entry.verdict == Some(Verdict::Match)).count()
    }

    /// Number of records that are shown because they cannot be decoded.
    pub fn undecodable_count(&self) -> usize {
        self.undecodable
    }

    /// Number of records that the expression failed on since the filter was set, those that have left included.
    pub fn failed_count(&self) -> usize {
        self.failed
    }

    /// Id of the item at this place among those let through.
    pub fn id_at(&self, index: usize) -> Option<u64> {
        self.shown.get(index).map(|entry| entry.id)
    }

    /// Place of this id among those let through.
    pub fn index_of(&self, id: u64) -> Option<usize> {
        self.shown.binary_search_by_key(&id, |entry| entry.id).ok()
    }

    /// How many items of the store are still to be looked at.
    pub fn remaining(&self, store: &RecordStore) -> u64 {
        if self.problem.is_some() {
            return 0;
        }
        store.next_id().saturating_sub(self.next_id.max(store.first_id()))
    }

    /// All ids that are let through, the oldest first.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = u64> + ExactSizeIterator {
        self.shown.iter().map(|entry| entry.id)
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
            decoded: Decoded { steps: vec![Step::Text], text: text.map(Arc::from), ..Decoded::default() },
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

    #[test]
    fn what_was_found_out_of_order_is_taken_in_order() {
        let mut store = RecordStore::default();
        for n in 0..1_500 {
            store.push(record(Some(if n % 3 == 0 { "hit" } else { "miss" })));
        }
        let filter = Arc::new(Filter::text("hit"));
        let mut index = FilterIndex::new(filter.clone());
        let pieces = store.pieces_from(0);
        assert!(pieces.len() > 2);
        for piece in pieces.iter().rev() {
            let found = Found::in_piece(&filter, piece, || true).expect("text ends").expect("goes on");
            index.take(found, &store);
        }
        assert_eq!((index.len(), index.match_count(), index.remaining(&store)), (500, 500, 0));
        assert!(index.ids().eq((0..1_500).step_by(3)));
        assert_eq!(Found::in_piece(&filter, &pieces[0], || false), Ok(None));
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
