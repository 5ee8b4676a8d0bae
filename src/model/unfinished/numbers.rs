//! A set of record numbers as ranges: small where the numbers lie together, as they do when a file is sent in its order.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

/// A set of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// First to last of each range; none touches another.
    ranges: BTreeMap<u64, u64>,
}

impl Numbers {
    /// Adds all numbers of a range.
    pub fn insert(&mut self, range: RangeInclusive<u64>) {
        let (mut first, mut last) = range.into_inner();
        if first > last {
            return;
        }
        // Whatever overlaps it or touches it becomes part of it.
        while let Some((from, to)) =
            self.at_or_before(last.saturating_add(1)).filter(|(_, to)| *to >= first.saturating_sub(1))
        {
            self.ranges.remove(&from);
            (first, last) = (first.min(from), last.max(to));
        }
        self.ranges.insert(first, last);
    }

    /// Takes all numbers of a range out.
    pub fn remove(&mut self, range: RangeInclusive<u64>) {
        let (first, last) = range.into_inner();
        if first > last {
            return;
        }
        while let Some((from, to)) = self.at_or_before(last).filter(|(_, to)| *to >= first) {
            self.ranges.remove(&from);
            if to > last {
                self.ranges.insert(last + 1, to);
            }
            if from < first {
                self.ranges.insert(from, first - 1);
            }
        }
    }

    fn at_or_before(&self, number: u64) -> Option<(u64, u64)> {
        self.ranges.range(..=number).next_back().map(|(from, to)| (*from, *to))
    }

    /// Whether a number is in it.
    pub fn contains(&self, number: u64) -> bool {
        self.at_or_before(number).is_some_and(|(_, to)| to >= number)
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|(from, to)| to - from + 1).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The ranges, in order.
    pub fn ranges(&self) -> impl Iterator<Item = RangeInclusive<u64>> {
        self.ranges.iter().map(|(from, to)| *from..=*to)
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: &Self) {
        other.ranges().for_each(|range| self.insert(range));
    }

    /// Takes all of another set out.
    pub fn subtract(&mut self, other: &Self) {
        other.ranges().for_each(|range| self.remove(range));
    }

    /// Reads what [`fmt::Display`] writes; `None` where it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = Self::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            numbers.insert(first.parse().ok()?..=last.parse().ok()?);
        }
        Some(numbers)
    }
}

impl FromIterator<u64> for Numbers {
    fn from_iter<T: IntoIterator<Item = u64>>(numbers: T) -> Self {
        let mut set = Self::default();
        numbers.into_iter().for_each(|number| set.insert(number..=number));
        set
    }
}

impl fmt::Display for Numbers {
    /// `1-500,502`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, range) in self.ranges().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            match range.start() == range.end() {
                true => write!(f, "{comma}{}", range.start())?,
                false => write!(f, "{comma}{}-{}", range.start(), range.end())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_a_plain_set_would(steps in prop::collection::vec((any::<bool>(), 0u64..60, 0u64..12), 0..60)) {
            let (mut numbers, mut plain) = (Numbers::default(), BTreeSet::new());
            for (adds, first, span) in steps {
                let range = first..=first + span;
                if adds {
                    numbers.insert(range.clone());
                    plain.extend(range);
                } else {
                    numbers.remove(range.clone());
                    plain.retain(|number| !range.contains(number));
                }
                prop_assert_eq!(numbers.len(), plain.len() as u64);
                prop_assert!((0..80).all(|number| numbers.contains(number) == plain.contains(&number)));
                let ranges: Vec<_> = numbers.ranges().collect();
                prop_assert!(ranges.windows(2).all(|pair| pair[0].end() + 1 < *pair[1].start()), "{numbers}");
                prop_assert_eq!(Numbers::parse(&numbers.to_string()), Some(numbers.clone()));
            }
        }
    }

    #[test]
    fn what_is_no_set_is_not_read() {
        assert_eq!(Numbers::parse("1-3,5").map(|numbers| numbers.to_string()).as_deref(), Some("1-3,5"));
        assert_eq!(Numbers::parse("1-x"), None);
        assert!(Numbers::parse("").is_some_and(|numbers| numbers.is_empty()));
    }
}
