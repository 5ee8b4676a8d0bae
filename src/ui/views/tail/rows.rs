//! Which items of the tail are rows: those that the filter lets through, of one shard or of all, up to where the view
//! was paused. Follows the store item by item, so that a frame costs the same however much has been read. Pure.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::model::filter::{Filter, FilterIndex};
use crate::model::ids::ShardId;
use crate::model::tail::{Tail, TailItem};

/// How many items are looked at in one frame.
pub const BUDGET: usize = 20_000;

/// The rows of one shard, as ids that grow.
#[derive(Debug, Default)]
struct OfShard {
    shard: Option<ShardId>,
    filter: Option<Arc<Filter>>,
    ids: VecDeque<u64>,
    next_id: u64,
}

/// The rows of the view.
#[derive(Debug, Default)]
pub struct Rows {
    of_shard: OfShard,
    /// Ids from here on are not shown; the view is paused there.
    pub until: Option<u64>,
}

impl Rows {
    /// Follows the tail; whether everything has been looked at.
    pub fn update(&mut self, tail: &Tail, shard: Option<&ShardId>, budget: usize) -> bool {
        let own = &mut self.of_shard;
        let filter = tail.filter.as_ref().map(FilterIndex::shared);
        let is_same_filter = own.filter.as_ref().map(Arc::as_ptr) == filter.map(Arc::as_ptr);
        if own.shard.as_ref() != shard || !is_same_filter {
            *own = OfShard {
                shard: shard.cloned(),
                filter: filter.cloned(),
                ids: VecDeque::new(),
                next_id: tail.store.first_id(),
            };
        }
        let Some(shard) = shard else { return true };
        while own.ids.front().is_some_and(|id| *id < tail.store.first_id()) {
            own.ids.pop_front();
        }
        own.next_id = own.next_id.max(tail.store.first_id());
        let seen = tail.filter.as_ref().map_or(0, |filter| filter.remaining(&tail.store));
        let end = tail.store.next_id().saturating_sub(seen);
        let stop = end.min(own.next_id.saturating_add(budget as u64));
        while own.next_id < stop {
            let id = own.next_id;
            own.next_id += 1;
            let is_shown = tail.filter.as_ref().is_none_or(|filter| filter.index_of(id).is_some());
            if is_shown && tail.store.get(id).is_some_and(|item| is_of(item, shard)) {
                own.ids.push_back(id);
            }
        }
        own.next_id >= end
    }

    /// Number of rows, those behind the pause included.
    fn all(&self, tail: &Tail) -> usize {
        if self.of_shard.shard.is_some() { self.of_shard.ids.len() } else { tail.visible_len() }
    }

    /// Number of rows.
    pub fn len(&self, tail: &Tail) -> usize {
        let all = self.all(tail);
        let Some(until) = self.until else { return all };
        let (mut low, mut high) = (0, all);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.id_at(tail, middle).is_some_and(|id| id < until) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Number of rows that came since the pause.
    pub fn newer(&self, tail: &Tail) -> usize {
        self.all(tail) - self.len(tail)
    }

    fn id_at(&self, tail: &Tail, index: usize) -> Option<u64> {
        match self.of_shard.shard {
            Some(_) => self.of_shard.ids.get(index).copied(),
            None => tail.visible(index).map(|(id, _)| id),
        }
    }

    /// The row at this place, with its id.
    pub fn at<'a>(&self, tail: &'a Tail, index: usize) -> Option<(u64, &'a TailItem)> {
        let id = self.id_at(tail, index)?;
        tail.store.get(id).map(|item| (id, item))
    }

    /// The place of an id; `None` where it is not a row.
    pub fn index_of(&self, tail: &Tail, id: u64) -> Option<usize> {
        if self.until.is_some_and(|until| id >= until) {
            return None;
        }
        match self.of_shard.shard {
            Some(_) => self.of_shard.ids.binary_search(&id).ok(),
            None => tail.visible_index_of(id),
        }
    }
}

fn is_of(item: &TailItem, shard: &ShardId) -> bool {
    match item {
        TailItem::Record(record) => record.shard_id == *shard,
        TailItem::Notice(notice) => notice.shard.as_ref().is_none_or(|of| of == shard),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tail::{NoticeKind, TailNotice};
    use crate::model::time::Timestamp;

    fn notice(shard: u32) -> TailItem {
        let shard = Some(ShardId::from(format!("s{shard}")));
        TailItem::Notice(TailNotice { at: Timestamp(0), shard, kind: NoticeKind::Failed, text: "x".repeat(100) })
    }

    #[test]
    fn one_shard_is_followed_over_evictions_and_within_its_budget() {
        let mut tail = Tail::default();
        tail.ingest((0..100).map(|n| notice(n % 2)));
        let mut rows = Rows::default();
        let shard = ShardId::from("s1");
        assert!(!rows.update(&tail, Some(&shard), 10));
        assert_eq!(rows.len(&tail), 5);
        while !rows.update(&tail, Some(&shard), 10) {}
        assert_eq!(rows.len(&tail), 50);
        assert_eq!(rows.at(&tail, 3).map(|(id, _)| id), Some(7));
        assert_eq!(rows.index_of(&tail, 7), Some(3));
        assert_eq!(rows.index_of(&tail, 8), None);
        let weight = tail.store.bytes() / 100;
        drop(tail.store.set_cap_bytes(weight * 10));
        rows.update(&tail, Some(&shard), 10);
        assert_eq!(rows.len(&tail), 5);
        rows.update(&tail, None, 10);
        assert_eq!(rows.len(&tail), 10);
    }

    #[test]
    fn a_pause_hides_what_comes_behind_it() {
        let mut tail = Tail::default();
        tail.ingest((0..10).map(notice));
        let mut rows = Rows { until: Some(tail.store.next_id()), ..Rows::default() };
        tail.ingest((0..5).map(notice));
        rows.update(&tail, None, 99);
        assert_eq!((rows.len(&tail), rows.newer(&tail)), (10, 5));
        assert_eq!(rows.index_of(&tail, 12), None);
        rows.until = None;
        assert_eq!((rows.len(&tail), rows.newer(&tail)), (15, 0));
    }
}
