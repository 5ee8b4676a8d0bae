//! What of the shards is in sight: how far back, with or without those that take no writes, and by which figure they are coloured.
//! Knows no widget.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::rows::{Facts, ShardFacts};
use crate::model::format;
use crate::model::shard_lives::ShardState;
use crate::model::time::{Millis, Timestamp};

/// How far back closed and expired shards are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Horizon {
    /// Those that took writes in the last 7 days.
    Week,
    /// In the last 90 days.
    Quarter,
    /// All that are known.
    #[default]
    All,
}

impl Horizon {
    /// In the order of the control.
    pub const ALL: [Self; 3] = [Self::Week, Self::Quarter, Self::All];

    /// Its name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Week => "7 d",
            Self::Quarter => "90 d",
            Self::All => "All",
        }
    }

    fn days(self) -> Option<i64> {
        match self {
            Self::Week => Some(7),
            Self::Quarter => Some(90),
            Self::All => None,
        }
    }
}

/// The figure that colours the open shards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourBy {
    /// Share of the limit in the newest minute.
    #[default]
    Now,
    /// The greatest share of the range that is loaded.
    Peak,
    /// Load divided by key space.
    Density,
}

impl ColourBy {
    /// In the order of the menu.
    pub const ALL: [Self; 3] = [Self::Now, Self::Peak, Self::Density];

    /// Its name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Now => "Load now",
            Self::Peak => "Peak load",
            Self::Density => "Load ÷ space",
        }
    }

    /// What the colour says, for the legend.
    pub fn legend(self) -> &'static str {
        match self {
            Self::Now | Self::Peak => "open, by share of the write limit",
            Self::Density => "open, by load ÷ space",
        }
    }

    /// Where on the ramp of the heat a shard stands; as dense as counts for dense is where the ramp begins to warn.
    pub fn heat(self, shard: &ShardFacts) -> Option<f64> {
        match self {
            Self::Now => shard.now,
            Self::Peak => shard.peak,
            Self::Density => {
                shard.density().map(|density| density / super::rows::DENSE * crate::model::limits::WARN_SHARE)
            }
        }
    }

    /// The figure in words, as short as it goes.
    pub fn words(self, shard: &ShardFacts) -> Option<String> {
        match self {
            Self::Now => shard.now.map(format::percent),
            Self::Peak => shard.peak.map(format::percent),
            Self::Density => shard.density().map(|density| format!("×{density:.1}")),
        }
    }
}

/// What the person chose to see.
#[derive(Debug)]
pub struct SightState {
    /// How far back.
    pub horizon: Horizon,
    /// Whether shards that take no writes are shown at all.
    pub with_past: bool,
    /// The figure of the colours.
    pub colour: ColourBy,
    made_for: Option<(Horizon, bool, Timestamp)>,
    facts: Option<Arc<Facts>>,
    sight: Arc<Sight>,
}

impl Default for SightState {
    fn default() -> Self {
        Self {
            horizon: Horizon::default(),
            with_past: true,
            colour: ColourBy::default(),
            made_for: None,
            facts: None,
            sight: Arc::default(),
        }
    }
}

/// What is in sight.
#[derive(Debug, Default)]
pub struct Sight {
    /// For each shard of the facts, whether it is shown.
    pub is_shown: Vec<bool>,
    /// Generations with a shard that is shown, oldest first; empty where nothing came from anything.
    pub generations: Vec<usize>,
}

impl Sight {
    /// Whether the shard at this position is shown.
    pub fn shows(&self, at: usize) -> bool {
        self.is_shown.get(at).copied().unwrap_or(false)
    }
}

impl SightState {
    /// What is in sight; worked out anew only when the facts, the choice or the minute has changed.
    pub fn sight(&mut self, facts: &Arc<Facts>, now: Timestamp) -> Arc<Sight> {
        let made_for = Some((self.horizon, self.with_past, now.floor(60)));
        let is_same = self.facts.as_ref().is_some_and(|known| Arc::ptr_eq(known, facts));
        if !is_same || self.made_for != made_for {
            self.sight = Arc::new(self.look(facts, now));
            self.made_for = made_for;
            self.facts = Some(Arc::clone(facts));
        }
        Arc::clone(&self.sight)
    }

    fn look(&self, facts: &Facts, now: Timestamp) -> Sight {
        let since = self.horizon.days().map(|days| now - Millis::from_mins(days * 24 * 60));
        // What ended at an unknown time is part of all there is, and of nothing shorter.
        let is_recent = |shard: &ShardFacts| match (since, shard.closed) {
            (None, _) => true,
            (Some(since), Some(closed)) => closed.at >= since,
            (Some(_), None) => false,
        };
        let is_shown: Vec<bool> = facts
            .shards
            .iter()
            .map(|shard| shard.state == ShardState::Open || (self.with_past && is_recent(shard)))
            .collect();
        let shown = |at: &usize| is_shown.get(*at).copied().unwrap_or(false);
        let is_past = |at: &usize| shown(at) && facts.shards.get(*at).is_some_and(|shard| !shard.is_open);
        let has_past = facts.lineage.generations.iter().flat_map(|generation| &generation.shards).any(is_past);
        let generations = facts.lineage.generations.iter().enumerate();
        let generations = generations.filter(|(_, generation)| has_past && generation.shards.iter().any(shown));
        Sight { generations: generations.map(|(at, _)| at).collect(), is_shown }
    }
}

/// A moment as it is written here: with its time where it is of today, with its year where it is not.
pub fn when(at: Timestamp, now: Timestamp) -> String {
    if at.date() == now.date() { format!("today {}", at.hm()) } else { day(at) }
}

/// `18 Mar 2026`.
pub fn day(at: Timestamp) -> String {
    at.strftime("%-d %b %Y", &TimeZone::UTC)
}

/// A moment for a table: the time of today, or the day and the time.
pub fn short_when(at: Timestamp, now: Timestamp) -> String {
    if at.date() == now.date() { at.hm() } else { at.strftime("%-d %b %H:%M", &TimeZone::UTC) }
}

/// The days that a generation was born on, `2 Jun – today`; `None` where no time is known.
pub fn days(births: impl Iterator<Item = Timestamp>, now: Timestamp) -> Option<String> {
    let (first, last) = births.fold(None, |span: Option<(Timestamp, Timestamp)>, at| {
        Some(span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))))
    })?;
    let is_today = last.date() == now.date();
    Some(match (first.date() == last.date(), is_today) {
        (true, true) => "today".to_owned(),
        (true, false) => day(last),
        (false, true) => format!("{} – today", first.strftime("%-d %b", &TimeZone::UTC)),
        (false, false) => {
            format!("{} – {}", first.strftime("%-d %b", &TimeZone::UTC), last.strftime("%-d %b", &TimeZone::UTC))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_as_short_as_they_can_be() {
        let now = Timestamp::from_rfc3339("2026-09-15T14:37:08Z").expect("a time");
        let at = |text: &str| Timestamp::from_rfc3339(text).expect("a time");
        let of = |times: &[&str]| days(times.iter().map(|text| at(text)), now);
        assert_eq!(of(&["2026-03-18T10:00:00Z"]).as_deref(), Some("18 Mar 2026"));
        assert_eq!(of(&["2026-06-02T10:00:00Z", "2026-09-15T13:49:00Z"]).as_deref(), Some("2 Jun – today"));
        assert_eq!(of(&[]), None);
        assert_eq!(when(at("2026-09-15T13:49:00Z"), now), "today 13:49");
        assert_eq!(short_when(at("2026-09-16T13:49:00Z"), now), "16 Sep 13:49");
    }
}
