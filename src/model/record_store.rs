//! What a tail has read, in order of arrival, capped in bytes. The oldest items leave first, and it is counted: what was
//! dropped is shown, never hidden.
//!
//! Items are kept in pieces that can be handed to other threads without copying an item: a million records are a few
//! thousand pieces. A piece is freed when its last item has left, so what is in memory is at most one piece over the cap.

use std::collections::VecDeque;
use std::sync::Arc;

use super::tail::TailItem;

/// Cap in bytes unless another is set.
pub const DEFAULT_CAP_BYTES: usize = 256 * 1_048_576;

/// Most items, whatever their size. Scroll offsets are `f32`: beyond 16.7 million points only even ones exist, which the
/// rows of the tail (22 points) still stand on.
pub const MAX_ITEMS: usize = 1_000_000;

/// A piece takes no further item once it has so many.
const PIECE_ITEMS: usize = 512;
/// A piece takes no further item once it weighs so much.
const PIECE_BYTES: usize = 1_048_576;

/// Some items that stand behind one another, shared with whoever looks at them.
#[derive(Clone, Debug)]
pub struct Piece {
    first_id: u64,
    /// Items before this one have left the store or are not wanted.
    start: usize,
    items: Arc<Vec<TailItem>>,
}

impl Piece {
    /// The items with their ids, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &TailItem)> {
        numbered(self.first_id, &self.items, self.start)
    }

    /// Id of its first item.
    pub fn from_id(&self) -> u64 {
        self.first_id + self.start as u64
    }

    /// The id behind its last item.
    pub fn end_id(&self) -> u64 {
        self.first_id + self.items.len() as u64
    }
}

/// Items with their ids, the first ones left out.
fn numbered(first_id: u64, items: &[TailItem], skipped: usize) -> impl DoubleEndedIterator<Item = (u64, &TailItem)> {
    items.iter().enumerate().skip(skipped).map(move |(at, item)| (first_id + at as u64, item))
}

/// A piece as the store keeps it.
#[derive(Debug)]
struct Kept {
    first_id: u64,
    bytes: usize,
    items: Arc<Vec<TailItem>>,
}

impl Kept {
    fn end_id(&self) -> u64 {
        self.first_id + self.items.len() as u64
    }

    fn get(&self, id: u64) -> Option<&TailItem> {
        self.items.get(usize::try_from(id.checked_sub(self.first_id)?).ok()?)
    }
}

/// Items that have left a store. Freeing a million of them takes longer than a frame: to be dropped where nobody waits.
#[derive(Debug, Default)]
#[must_use = "dropping it may take long"]
pub struct Gone(#[expect(dead_code, reason = "only held, to be freed later")] VecDeque<Kept>);

/// Items with ids that stay the same for ever and grow by one from item to item.
#[derive(Debug)]
pub struct RecordStore {
    /// Without gaps; the first one may begin before `first_id`.
    pieces: VecDeque<Kept>,
    first_id: u64,
    next_id: u64,
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
        Self {
            pieces: VecDeque::new(),
            first_id: 0,
            next_id: 0,
            bytes: 0,
            cap_bytes,
            evicted: 0,
            evicted_records: 0,
            records: 0,
        }
    }

    /// Adds an item behind all others and returns its id. Older items leave until the cap is kept; the newest stays even
    /// where it alone is larger.
    pub fn push(&mut self, item: TailItem) -> u64 {
        let id = self.next_id;
        let weight = item.weight_bytes();
        self.next_id += 1;
        self.bytes += weight;
        self.records += usize::from(item.record().is_some());
        self.append(id, weight, item);
        // At most a piece.
        drop(self.evict());
        id
    }

    fn append(&mut self, id: u64, weight: usize, item: TailItem) {
        let open = self.pieces.back_mut().filter(|piece| piece.items.len() < PIECE_ITEMS && piece.bytes < PIECE_BYTES);
        // A piece that somebody is looking at is not changed.
        if let Some(piece) = open
            && let Some(items) = Arc::get_mut(&mut piece.items)
        {
            items.push(item);
            piece.bytes += weight;
            return;
        }
        self.pieces.push_back(Kept { first_id: id, bytes: weight, items: Arc::new(vec![item]) });
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        (self.next_id - self.first_id) as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.next_id == self.first_id
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
    pub fn set_cap_bytes(&mut self, cap_bytes: usize) -> Gone {
        self.cap_bytes = cap_bytes;
        self.evict()
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
        self.next_id
    }

    /// The item with this id; `None` where it has left or is still to come.
    pub fn get(&self, id: u64) -> Option<&TailItem> {
        if id < self.first_id {
            return None;
        }
        let at = self.pieces.partition_point(|piece| piece.end_id() <= id);
        self.pieces.get(at)?.get(id)
    }

    /// The item at this place, the oldest first.
    pub fn at(&self, index: usize) -> Option<&TailItem> {
        self.get(self.id_at(index)?)
    }

    /// Id of the item at this place.
    pub fn id_at(&self, index: usize) -> Option<u64> {
        (index < self.len()).then(|| self.first_id + index as u64)
    }

    /// Place of the item with this id.
    pub fn index_of(&self, id: u64) -> Option<usize> {
        let index = usize::try_from(id.checked_sub(self.first_id)?).ok()?;
        (index < self.len()).then_some(index)
    }

    /// All items with their ids, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &TailItem)> {
        let first = self.first_id;
        self.pieces.iter().flat_map(move |piece| {
            let skipped = usize::try_from(first.saturating_sub(piece.first_id)).unwrap_or(usize::MAX);
            numbered(piece.first_id, &piece.items, skipped)
        })
    }

    /// What is kept from this id on, to be looked at elsewhere. Costs by the number of pieces, not of items.
    pub fn pieces_from(&self, id: u64) -> Vec<Piece> {
        let from = id.max(self.first_id);
        let at = self.pieces.partition_point(|piece| piece.end_id() <= from);
        self.pieces
            .range(at.min(self.pieces.len())..)
            .map(|piece| Piece {
                first_id: piece.first_id,
                start: usize::try_from(from.saturating_sub(piece.first_id)).unwrap_or(usize::MAX),
                items: piece.items.clone(),
            })
            .collect()
    }

    /// Puts other items in the place of those of a piece that was handed out; whether that could still be done. There must
    /// be as many as [`Piece::iter`] gave.
    pub fn replace(&mut self, piece: &Piece, items: Vec<TailItem>) -> bool {
        let at = self.pieces.partition_point(|kept| kept.end_id() <= piece.from_id());
        let (first, start) = (self.first_id, piece.start);
        let Some(kept) = self.pieces.get_mut(at) else { return false };
        let is_same = Arc::ptr_eq(&kept.items, &piece.items) && items.len() + start == kept.items.len();
        if !is_same {
            return false;
        }
        let gone = usize::try_from(first.saturating_sub(kept.first_id)).unwrap_or(usize::MAX);
        let weigh = |items: &[TailItem]| items.iter().skip(gone).map(TailItem::weight_bytes).sum::<usize>();
        let before = weigh(&kept.items);
        let mut all: Vec<TailItem> = kept.items.iter().take(start).cloned().collect();
        all.extend(items);
        let after = weigh(&all);
        kept.items = Arc::new(all);
        kept.bytes = kept.bytes.saturating_sub(before) + after;
        self.bytes = self.bytes.saturating_sub(before) + after;
        drop(self.evict());
        true
    }

    /// Forgets everything, counts included. Ids go on, so that none is ever used twice.
    pub fn clear(&mut self) -> Gone {
        self.first_id = self.next_id;
        self.bytes = 0;
        self.records = 0;
        self.evicted = 0;
        self.evicted_records = 0;
        Gone(std::mem::take(&mut self.pieces))
    }

    fn evict(&mut self) -> Gone {
        let mut gone = VecDeque::new();
        while (self.bytes > self.cap_bytes || self.len() > MAX_ITEMS) && self.len() > 1 {
            let Some(item) = self.pieces.front().and_then(|piece| piece.get(self.first_id)) else { break };
            let (weight, is_record) = (item.weight_bytes(), item.record().is_some());
            self.bytes = self.bytes.saturating_sub(weight);
            self.first_id += 1;
            self.evicted += 1;
            if is_record {
                self.records -= 1;
                self.evicted_records += 1;
            }
            while self.pieces.front().is_some_and(|piece| piece.end_id() <= self.first_id) {
                gone.extend(self.pieces.pop_front());
            }
        }
        Gone(gone)
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
        drop(store.clear());
        let after = store.push(notice("b".to_owned()));
        assert!(after > before);
        assert_eq!(store.get(before).map(|_| ()), None);
        assert_eq!(text(store.get(after)), Some("b"));
    }

    #[test]
    fn pieces_are_what_is_kept_and_stay_as_they_were_handed_out() {
        let mut store = RecordStore::new(1_000_000);
        for n in 0..1_200 {
            store.push(notice(format!("{n}")));
        }
        let pieces = store.pieces_from(700);
        store.push(notice("new".to_owned()));
        let ids: Vec<u64> = pieces.iter().flat_map(|piece| piece.iter().map(|(id, _)| id)).collect();
        assert!(ids.iter().copied().eq(700..1_200));
        assert_eq!(pieces.first().map(Piece::from_id), Some(700));
        assert_eq!(pieces.last().map(Piece::end_id), Some(1_200));
        assert_eq!(text(store.get(1_200)), Some("new"));
        assert!(store.pieces_from(1_201).is_empty());
    }

    #[test]
    fn the_items_of_a_piece_can_be_replaced_while_it_is_kept() {
        let mut store = RecordStore::new(1_000_000);
        for _ in 0..10 {
            store.push(notice("old".to_owned()));
        }
        let piece = store.pieces_from(4).remove(0);
        let before = store.bytes();
        assert!(store.replace(&piece, vec![notice("newer".to_owned()); 6]));
        assert_eq!((text(store.get(3)), text(store.get(4)), store.len()), (Some("old"), Some("newer"), 10));
        assert_eq!(store.bytes(), before + 6 * 2);
        assert!(!store.replace(&piece, vec![notice("again".to_owned()); 6]), "it is not the piece any more");
        assert!(!store.replace(&store.pieces_from(0).remove(0), Vec::new()));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Push(usize),
        Cap(usize),
        Clear,
        Look,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            20 => (0usize..300).prop_map(Step::Push),
            2 => (0usize..4_000).prop_map(Step::Cap),
            1 => Just(Step::Clear),
            2 => Just(Step::Look),
        ]
    }

    proptest! {
        #[test]
        fn the_store_behaves_like_a_plain_list_that_is_cut_at_the_front(steps in proptest::collection::vec(step(), 0..200)) {
            let mut store = RecordStore::new(2_000);
            let mut cap = 2_000;
            let mut list: Vec<(u64, usize)> = Vec::new();
            let (mut next, mut evicted) = (0u64, 0u64);
            let mut looked_at = Vec::new();
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
                        drop(store.set_cap_bytes(bytes));
                    }
                    Step::Look => looked_at = store.pieces_from(next.saturating_sub(7)),
                    Step::Clear => {
                        drop(store.clear());
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
                let pieces = store.pieces_from(0);
                prop_assert!(pieces.iter().flat_map(Piece::iter).map(|(id, _)| id).eq(list.iter().map(|(id, _)| *id)));
                prop_assert!(looked_at.iter().flat_map(Piece::iter).all(|(id, _)| id < next));
            }
        }
    }
}
