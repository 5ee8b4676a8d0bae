//! One stream as the dialogs around it see it: what it says, what goes through it, how it is paid for. Asks for what is missing.

use crate::model::change::StreamChange;
use crate::model::change::conditions::{Condition, Known, calls_of_a_day, conditions};
use crate::model::change::details::StreamDetails;
use crate::model::change::price::{Plan, Usage};
use crate::model::change::traffic::Traffic;
use crate::model::consumer::Consumer;
use crate::model::ids::StreamName;
use crate::model::stream::{StreamMode, StreamSummary};
use crate::model::time::{Millis, Timestamp};
use crate::model::world::World;
use crate::ui::command::{Command, Commands};

/// Details are asked for again after this long.
const DETAILS_HOLD: Millis = Millis::from_secs(30);
/// After a failure, after this long.
const RETRY_AFTER: Millis = Millis::from_secs(10);
/// The quota is asked for again after this long.
const LIMITS_HOLD: Millis = Millis::from_mins(1);

/// The traffic of the figures that were looked at last.
#[derive(Debug, Default)]
pub struct TrafficCache {
    of: Option<(StreamName, Timestamp)>,
    traffic: Option<Traffic>,
}

impl TrafficCache {
    /// The measured traffic; worked out anew only when there are newer figures.
    pub fn get(&mut self, world: &World, stream: &StreamName) -> Option<Traffic> {
        let open = world.open.as_ref().filter(|open| open.name == *stream);
        let opened = open.and_then(|open| open.metrics.value.as_ref()).map(|(metrics, at)| (&**metrics, *at));
        let listed = || {
            let (fleet, at) = world.fleet.value.as_ref()?;
            let row = fleet.rows.iter().find(|row| row.name == *stream)?;
            row.metrics.as_ref().map(|metrics| (metrics, *at))
        };
        let (metrics, at) = opened.or_else(listed)?;
        let of = Some((stream.clone(), at));
        if self.of != of {
            self.of = of;
            self.traffic = Traffic::of(metrics);
        }
        self.traffic
    }
}

/// What is known of a stream.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// Everything.
    pub world: &'a World,
    /// Its name.
    pub name: &'a StreamName,
    /// What it says of itself, as new as it is known.
    pub summary: Option<&'a StreamSummary>,
    /// What it says beyond that.
    pub details: Option<&'a StreamDetails>,
    /// What goes through it.
    pub traffic: Option<Traffic>,
}

impl<'a> Subject<'a> {
    /// Looks at a stream, open or not.
    pub fn new(world: &'a World, name: &'a StreamName, cache: &mut TrafficCache) -> Self {
        let details = world.changes.details_of(name);
        let asked = details.and(world.changes.details.value.as_ref()).map(|(_, at)| *at);
        let open = world.open.as_ref().filter(|open| open.name == *name);
        let told = open.and_then(|open| open.summary.value.as_ref()).map(|(summary, at)| (&**summary, *at));
        let newest = match (details, told) {
            (Some(details), Some((_, at))) if asked >= Some(at) => Some(&details.summary),
            (_, Some((summary, _))) => Some(summary),
            (Some(details), None) => Some(&details.summary),
            (None, None) => world.fleet_row(name).and_then(|row| row.summary.as_ref()),
        };
        Self { world, name, summary: newest, details, traffic: cache.get(world, name) }
    }

    /// Asks for what is not known or old.
    pub fn ask(&self, out: &mut Commands) {
        let (now, changes) = (self.world.now, &self.world.changes);
        if self.world.connection().is_none() {
            return;
        }
        let is_other = changes.of.as_ref() != Some(self.name);
        let is_old = changes.details.age_at(now).is_none_or(|age| age > DETAILS_HOLD);
        let has_failed = changes.details.problem.as_ref().is_some_and(|(_, at)| at.age_at(now) < RETRY_AFTER);
        if is_other || (is_old && !has_failed && changes.details.pending_since.is_none()) {
            out.push(Command::AskDetails(self.name.clone()));
        }
        ask_limits(self.world, out);
    }

    /// Its ARN; empty where it is not known.
    pub fn arn(&self) -> &'a str {
        self.summary.map_or("", |summary| summary.arn.as_str())
    }

    /// Its consumers, where they could be listed.
    pub fn consumers(&self) -> Option<&'a [Consumer]> {
        self.details.and_then(|details| details.consumers.as_deref().ok())
    }

    /// How many consumers it has.
    pub fn consumer_count(&self) -> u32 {
        let counted = self.summary.and_then(|summary| summary.consumer_count);
        self.consumers().map(|listed| u32::try_from(listed.len()).unwrap_or(u32::MAX)).or(counted).unwrap_or(0)
    }

    /// Whether the account has On-demand Advantage.
    pub fn has_advantage(&self) -> Option<bool> {
        self.details.and_then(StreamDetails::has_advantage)
    }

    /// How it is paid for.
    pub fn plan(&self) -> Plan {
        match (self.summary.map(|summary| summary.mode), self.has_advantage()) {
            (Some(StreamMode::OnDemand), Some(true)) => Plan::Advantage,
            (Some(StreamMode::OnDemand), _) => Plan::Standard,
            _ => Plan::Provisioned,
        }
    }

    /// What is paid for; without measured traffic nothing goes through.
    pub fn usage(&self) -> Usage {
        let none = Traffic {
            bytes_per_sec: 0.0,
            records_per_sec: 0.0,
            peak_bytes_per_sec: 0.0,
            out_bytes_per_sec: None,
            seconds: 0.0,
        };
        Usage {
            traffic: self.traffic.unwrap_or(none),
            shards: self.summary.map_or(0, |summary| summary.open_shard_count),
            retention_hours: self.summary.map_or(24, |summary| summary.retention_hours),
            fan_out: self.consumer_count(),
            polling: 1,
        }
    }

    /// What has to hold for a change, by all that is known.
    pub fn conditions(&self, change: &StreamChange) -> Vec<Condition> {
        let World { activity, now, .. } = self.world;
        let known = Known {
            summary: self.summary,
            tags: self.details.and_then(|details| details.tags.as_ref().ok()),
            consumers: self.consumers(),
            channels: self.details.and_then(|details| details.channels),
            limits: self.world.account_limits.get().copied(),
            has_advantage: self.has_advantage(),
            switches: calls_of_a_day(activity, self.name, "UpdateStreamMode", *now),
            encryptions: calls_of_a_day(activity, self.name, change.operation(), *now),
            is_name_taken: self.world.fleet_row(self.name).is_some(),
        };
        conditions(self.name, change, &known)
    }
}

/// Asks for the account's quotas where they are not known or old.
pub fn ask_limits(world: &World, out: &mut Commands) {
    let limits = &world.account_limits;
    let is_old = limits.age_at(world.now).is_none_or(|age| age > LIMITS_HOLD);
    if is_old && limits.pending_since.is_none() && limits.problem.is_none() {
        out.push(Command::AskLimits);
    }
}
