//! Sixteen periods of every figure of one stream: what is held, planned from and stored as one. Knows no stream, no file.
//!
//! A period of a series is in one of three states. *Unknown*: never asked. *Young*: asked while CloudWatch could still add
//! to it; good to look at, asked again later, never stored. *Complete*: asked after it had settled; never asked again, also
//! where the answer was that there is no data.

use std::collections::HashMap;

use crate::model::ids::ShardId;
use crate::model::metrics::Figure;
use crate::model::time::Timestamp;

/// Periods of a chunk. A power of two, so that an hour of minutes begins and ends close to the border of one, and as many
/// as a mask has bits.
pub const PERIODS: usize = 16;

/// One bit a period, the first period in the lowest.
pub type Mask = u16;

/// One figure of a shard, or of the stream as a whole.
#[derive(Clone, Debug)]
pub struct Column {
    /// Which figure.
    pub figure: Figure,
    /// Periods that are final.
    pub complete: Mask,
    young: Mask,
    young_at: Timestamp,
    /// Not a number where the answer was that there is no data, and where nobody asked.
    values: [f64; PERIODS],
}

/// An answer for one series, as far as it touches one chunk.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Periods that were asked for.
    pub asked: Mask,
    /// Those of them that were final when they were asked for.
    pub complete: Mask,
    /// When they were asked for.
    pub at: Timestamp,
    /// Young figures from before this moment are worth nothing any more.
    pub horizon: Timestamp,
    /// What was answered; not a number where there is no data.
    pub values: [f64; PERIODS],
}

impl Column {
    /// A column of which nothing is known.
    pub fn unknown(figure: Figure) -> Self {
        Self { figure, complete: 0, young: 0, young_at: Timestamp(0), values: [f64::NAN; PERIODS] }
    }

    /// A column as it was stored.
    pub fn stored(figure: Figure, complete: Mask, values: [f64; PERIODS]) -> Self {
        Self { complete, values, ..Self::unknown(figure) }
    }

    /// Periods that need not be asked for: the final ones, and the young ones asked for at `horizon` or later.
    pub fn known(&self, horizon: Timestamp) -> Mask {
        if self.young_at >= horizon { self.complete | self.young } else { self.complete }
    }

    /// The newest answer for a period, final or not.
    pub fn value(&self, period: usize) -> Option<f64> {
        self.values
            .get(period)
            .copied()
            .filter(|value| (self.complete | self.young) & bit(period) != 0 && !value.is_nan())
    }

    /// Takes an answer in. Whether a final period came with it.
    fn take(&mut self, taken: &Taken) -> bool {
        if self.young_at < taken.horizon {
            self.young = 0;
        }
        let fresh = taken.asked & !self.complete;
        for (period, (slot, value)) in self.values.iter_mut().zip(taken.values).enumerate() {
            if fresh & bit(period) != 0 {
                *slot = value;
            }
        }
        let kept = self.young & !fresh;
        self.complete |= fresh & taken.complete;
        let young = fresh & !taken.complete;
        // One time stands for all young periods of a column: the earliest, so that none passes for newer than it is.
        self.young_at = if kept == 0 { taken.at } else { self.young_at.min(taken.at) };
        self.young = kept | young;
        fresh & taken.complete != 0
    }
}

/// The bit of a period.
pub fn bit(period: usize) -> Mask {
    1 << (period % PERIODS)
}

/// Sixteen periods of one stream.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    rows: HashMap<Option<ShardId>, Vec<Column>>,
    columns: usize,
}

impl Chunk {
    /// The figures of a shard; `None` is the stream as a whole. Empty where nothing is known.
    pub fn row(&self, shard: &Option<ShardId>) -> &[Column] {
        self.rows.get(shard).map_or(&[], Vec::as_slice)
    }

    /// One figure.
    pub fn column(&self, shard: &Option<ShardId>, figure: Figure) -> Option<&Column> {
        self.row(shard).iter().find(|column| column.figure == figure)
    }

    /// Every row, in no order.
    pub fn rows(&self) -> impl Iterator<Item = (&Option<ShardId>, &[Column])> {
        self.rows.iter().map(|(shard, columns)| (shard, columns.as_slice()))
    }

    /// Number of columns: what the chunk weighs.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Adds a row as it was stored.
    pub fn insert(&mut self, shard: Option<ShardId>, columns: Vec<Column>) {
        self.columns += columns.len();
        if let Some(old) = self.rows.insert(shard, columns) {
            self.columns -= old.len();
        }
    }

    /// Takes an answer in. Whether a final period came with it, so that the chunk is worth storing again.
    pub fn take(&mut self, shard: &Option<ShardId>, figure: Figure, taken: &Taken) -> bool {
        let row = match self.rows.get_mut(shard) {
            Some(row) => row,
            None => self.rows.entry(shard.clone()).or_default(),
        };
        let found = row.iter().position(|column| column.figure == figure);
        let index = found.unwrap_or_else(|| {
            self.columns += 1;
            row.push(Column::unknown(figure));
            row.len() - 1
        });
        row.get_mut(index).is_some_and(|column| column.take(taken))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(asked: Mask, complete: Mask, at: i64, value: f64) -> Taken {
        Taken { asked, complete, at: Timestamp(at), horizon: Timestamp(at), values: [value; PERIODS] }
    }

    #[test]
    fn young_periods_are_shown_and_asked_again_and_complete_ones_never_change() {
        let mut chunk = Chunk::default();
        assert!(chunk.take(&None, Figure::IncomingBytes, &taken(0b111, 0b001, 1_000, 5.0)));
        let column = chunk.column(&None, Figure::IncomingBytes).expect("there");
        assert_eq!((column.known(Timestamp(1_000)), column.known(Timestamp(1_001))), (0b111, 0b001));
        assert_eq!((column.value(2), column.value(3)), (Some(5.0), None));

        assert!(chunk.take(&None, Figure::IncomingBytes, &taken(0b1111, 0b0011, 2_000, 7.0)));
        let column = chunk.column(&None, Figure::IncomingBytes).expect("there");
        assert_eq!((0..4).map(|period| column.value(period)).collect::<Vec<_>>(), [5.0, 7.0, 7.0, 7.0].map(Some));
        assert_eq!(column.known(Timestamp::from_secs(1_000)), 0b0011);
        assert_eq!(chunk.columns(), 1);
    }

    #[test]
    fn no_data_of_a_complete_period_is_known() {
        let mut chunk = Chunk::default();
        chunk.take(&None, Figure::IteratorAge, &taken(0b1, 0b1, 1_000, f64::NAN));
        let column = chunk.column(&None, Figure::IteratorAge).expect("there");
        assert_eq!((column.known(Timestamp(9_000)), column.value(0)), (0b1, None));
        assert!(!chunk.take(&None, Figure::IteratorAge, &taken(0b1, 0b1, 2_000, 4.0)), "it was final");
        assert_eq!(chunk.column(&None, Figure::IteratorAge).and_then(|column| column.value(0)), None);
    }
}
