//! What has to hold before a change is asked for: by what the stream, its account and the activity log are known to say. The
//! dialogs list these; the program holds them once more against a fresh answer before it calls.

use std::collections::BTreeMap;

use super::StreamChange;
use super::rules;
use crate::model::account::AccountLimits;
use crate::model::activity::{ActivityEntry, Event, Outcome};
use crate::model::consumer::Consumer;
use crate::model::format;
use crate::model::ids::StreamName;
use crate::model::stream::{Encryption, StreamMode, StreamStatus, StreamSummary};
use crate::model::time::{Millis, Timestamp};

/// One thing that has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What has to hold.
    pub text: &'static str,
    /// The figure behind it, or why it does not hold.
    pub detail: String,
    /// Whether it holds.
    pub is_met: bool,
}

impl Condition {
    fn new(text: &'static str, is_met: bool, detail: impl Into<String>) -> Self {
        Self { text, detail: detail.into(), is_met }
    }

    fn ruled(text: &'static str, outcome: Result<(), String>, detail: impl Into<String>) -> Self {
        match outcome {
            Ok(()) => Self::new(text, true, detail),
            Err(why) => Self::new(text, false, why),
        }
    }
}

/// The first condition that does not hold, in one sentence.
pub fn refusal(conditions: &[Condition]) -> Option<String> {
    conditions.iter().find(|condition| !condition.is_met).map(|unmet| format!("{}: {}.", unmet.text, unmet.detail))
}

/// What is known when a change is looked at. What is not known does not refuse.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// The stream; `None` before it is made or described.
    pub summary: Option<&'a StreamSummary>,
    /// Its tags.
    pub tags: Option<&'a BTreeMap<String, String>>,
    /// Its consumers.
    pub consumers: Option<&'a [Consumer]>,
    /// Channels that deliver from it.
    pub channels: Option<u32>,
    /// The account's quotas.
    pub limits: Option<AccountLimits>,
    /// Whether the account has On-demand Advantage.
    pub has_advantage: Option<bool>,
    /// Switches of the mode in the last 24 hours.
    pub switches: usize,
    /// Starts and stops of encryption in the last 24 hours, whichever are asked for.
    pub encryptions: usize,
    /// Whether the name of a stream to be made is taken.
    pub is_name_taken: bool,
}

/// Calls of this operation on a stream that the activity log has as done in the last 24 hours.
pub fn calls_of_a_day(activity: &[ActivityEntry], stream: &StreamName, operation: &str, now: Timestamp) -> usize {
    let is_one = |event: &Event| match event {
        Event::Call { operation: called, outcome: Outcome::Ok, .. } => called == operation,
        _ => false,
    };
    let day = Millis::from_mins(24 * 60);
    let recent = activity.iter().rev().take_while(|entry| entry.at.age_at(now) < day);
    recent.filter(|entry| entry.stream.as_ref() == Some(stream) && is_one(&entry.event)).count()
}

/// What has to hold for this change of `stream`.
pub fn conditions(stream: &StreamName, change: &StreamChange, known: &Known<'_>) -> Vec<Condition> {
    if let StreamChange::Create { mode, shards, max_record_kib } = change {
        return creation(stream, *mode, *shards, *max_record_kib, known);
    }
    let mut all = vec![active(known)];
    match change {
        StreamChange::Create { .. } | StreamChange::Monitoring { .. } => {}
        StreamChange::Delete { with_consumers } => all.push(deletion(*with_consumers, known)),
        StreamChange::Retention { from, to } => all.extend(retention(*from, *to)),
        StreamChange::SetTags(tags) => all.extend(set_tags(tags, known)),
        StreamChange::RemoveTags(keys) => {
            let missing = known.tags.and_then(|tags| keys.iter().find(|key| !tags.contains_key(*key)));
            let detail = missing.map_or(String::new(), |key| format!("{} is not there", format::one_line(key, 40)));
            all.push(Condition::new("Tags to remove are there", missing.is_none(), detail));
        }
        StreamChange::Encrypt { key_id } => all.extend(encryption(key_id, known)),
        StreamChange::Decrypt { .. } => {
            let is_on = known.summary.is_none_or(|summary| summary.encryption != Encryption::None);
            all.push(Condition::new("Is encrypted", is_on, if is_on { "" } else { "it is not" }));
            all.push(rolling("Stops in 24 h", known.encryptions, rules::ENCRYPTIONS_PER_DAY));
        }
        StreamChange::RecordSize { kib } => all.extend(record_size(*kib, known)),
        StreamChange::Mode { to, warm_mibps } => all.extend(mode(*to, *warm_mibps, known)),
        StreamChange::WarmThroughput { mibps } => {
            let is_on_demand = known.summary.is_none_or(|summary| summary.mode != StreamMode::Provisioned);
            let detail = if is_on_demand { "" } else { "it is provisioned" };
            all.push(Condition::new("On-demand mode", is_on_demand, detail));
            all.extend(warm(*mibps, known));
        }
        StreamChange::Register { consumer } => all.extend(registration(consumer, known)),
        StreamChange::Deregister { consumer } => {
            let there = known.consumers.is_none_or(|consumers| consumers.iter().any(|other| other.name == *consumer));
            all.push(Condition::new("Is registered", there, if there { "" } else { "no such consumer" }));
        }
    }
    all
}

fn active(known: &Known<'_>) -> Condition {
    let (is_met, detail) = match known.summary.map(|summary| &summary.status) {
        Some(StreamStatus::Active) => (true, String::new()),
        Some(other) => (false, format!("it is {}", format::one_line(other.as_str(), 24))),
        None => (false, "not known yet".to_owned()),
    };
    Condition::new("Stream is ACTIVE", is_met, detail)
}

fn rolling(text: &'static str, done: usize, most: usize) -> Condition {
    Condition::new(text, done < most, format!("{done} of {most} by this program"))
}

fn shard_quota(more: u32, known: &Known<'_>) -> Condition {
    let (is_met, detail) = match known.limits {
        None => (true, "not known".to_owned()),
        Some(limits) => {
            let [used, all] = [limits.open_shard_count, limits.shard_limit].map(|n| format::grouped(i64::from(n)));
            (more <= limits.free_shards(), format!("{used} + {more} of {all}"))
        }
    };
    Condition::new("Account shard quota", is_met, detail)
}

fn on_demand_quota(known: &Known<'_>) -> Condition {
    let (is_met, detail) = match known.limits.filter(|limits| limits.on_demand_stream_limit > 0) {
        None => (true, "not known".to_owned()),
        Some(limits) => {
            let (used, all) = (limits.on_demand_stream_count, limits.on_demand_stream_limit);
            (used < all, format!("{used} + 1 of {all}"))
        }
    };
    Condition::new("On-demand streams of the account", is_met, detail)
}

fn creation(
    stream: &StreamName,
    mode: StreamMode,
    shards: Option<u32>,
    kib: Option<u32>,
    known: &Known<'_>,
) -> Vec<Condition> {
    let free = if known.is_name_taken { "a stream has it" } else { "" };
    let mut all = vec![
        Condition::ruled("Name", rules::name(stream.as_str()), "1 to 128 of a-z A-Z 0-9 _ . -"),
        Condition::new("Name is free in the Region", !known.is_name_taken, free),
    ];
    match (mode, shards) {
        (StreamMode::OnDemand, _) => all.push(on_demand_quota(known)),
        (_, Some(count)) if count >= 1 => all.push(shard_quota(count, known)),
        _ => all.push(Condition::new("Shards", false, "a whole number, at least 1")),
    }
    if let Some(kib) = kib {
        all.push(record_bounds(kib));
    }
    all
}

fn deletion(with_consumers: bool, known: &Known<'_>) -> Condition {
    let listed = known.consumers.map(<[Consumer]>::len);
    let counted = known.summary.and_then(|summary| summary.consumer_count).map(|count| count as usize);
    let count = listed.or(counted).unwrap_or(0);
    let detail = match (count, with_consumers) {
        (0, _) => "none registered".to_owned(),
        (count, true) => format!("{} deregistered with it", format::counted(count, "consumer")),
        (count, false) => format!("{count} keep the stream"),
    };
    Condition::new("Fan-out consumers", count == 0 || with_consumers, detail)
}

fn retention(from: u32, to: u32) -> [Condition; 2] {
    let bounds = rules::RETENTION_HOURS;
    [
        Condition::new("Between 24 and 8,760 hours", bounds.contains(&to), format!("{to} h")),
        Condition::new("Differs from now", from != to, format!("{from} h now")),
    ]
}

fn set_tags(tags: &BTreeMap<String, String>, known: &Known<'_>) -> [Condition; 2] {
    let bad = tags.iter().find_map(|(key, value)| rules::tag(key, value).err());
    let kept = known.tags.map_or(0, |known| known.keys().filter(|key| !tags.contains_key(*key)).count());
    let after = kept + tags.len();
    let most = rules::MOST_TAGS;
    [
        Condition::ruled("Keys and values", bad.map_or(Ok(()), Err), "allowed characters"),
        Condition::new("At most 50 tags", after <= most, format!("{after} of {most} afterwards")),
    ]
}

fn encryption(key_id: &str, known: &Known<'_>) -> Vec<Condition> {
    let is_same = matches!(
        known.summary.map(|summary| &summary.encryption),
        Some(Encryption::Kms { key_id: current }) if current == key_id
    );
    vec![
        Condition::ruled("Key", rules::key_id(key_id), "by its shape"),
        Condition::new("Another key than now", !is_same, if is_same { "it is in use" } else { "" }),
        rolling("Starts in 24 h", known.encryptions, rules::ENCRYPTIONS_PER_DAY),
    ]
}

fn record_bounds(kib: u32) -> Condition {
    let detail = format!("{} KiB", format::grouped(i64::from(kib)));
    Condition::new("Between 1,024 and 10,240 KiB", rules::RECORD_KIB.contains(&kib), detail)
}

fn record_size(kib: u32, known: &Known<'_>) -> [Condition; 2] {
    let now = known.summary.map(|summary| summary.max_record_size_kib.unwrap_or(*rules::RECORD_KIB.start()));
    let detail = now.map_or_else(String::new, |now| format!("{} KiB now", format::grouped(i64::from(now))));
    [record_bounds(kib), Condition::new("Differs from now", now != Some(kib), detail)]
}

fn mode(to: StreamMode, warm_mibps: Option<u32>, known: &Known<'_>) -> Vec<Condition> {
    let is_other = known.summary.is_none_or(|summary| summary.mode != to);
    let detail = if is_other { String::new() } else { format!("it is {} already", to.label().to_lowercase()) };
    let mut all = vec![
        Condition::new("Another mode than now", is_other, detail),
        rolling("Switches, rolling 24 h", known.switches, rules::SWITCHES_PER_DAY),
    ];
    if to == StreamMode::OnDemand {
        all.push(on_demand_quota(known));
        all.extend(warm_mibps.iter().flat_map(|mibps| warm(*mibps, known)));
    } else {
        // The open shards of an on-demand stream count to the quota once they are provisioned.
        all.push(shard_quota(known.summary.map_or(0, |summary| summary.open_shard_count), known));
        let channels = known.channels.unwrap_or(0);
        let detail = if channels == 0 { String::new() } else { format!("{channels} deliver from it") };
        all.push(Condition::new("No channel needs on-demand", channels == 0, detail));
    }
    all
}

fn warm(mibps: u32, known: &Known<'_>) -> [Condition; 2] {
    let most = rules::MOST_WARM_MIBPS;
    let detail = match known.has_advantage {
        Some(true) => "",
        Some(false) => "the account does not have it",
        None => "not known",
    };
    [
        Condition::new("On-demand Advantage", known.has_advantage != Some(false), detail),
        Condition::new("At most 10 GiB/s", mibps <= most, format!("{} MiB/s", format::grouped(i64::from(mibps)))),
    ]
}

/// Consumers that a stream may have.
pub fn most_consumers(known: &Known<'_>) -> usize {
    let is_on_demand = known.summary.is_some_and(|summary| summary.mode == StreamMode::OnDemand);
    if is_on_demand && known.has_advantage == Some(true) {
        rules::MOST_CONSUMERS_ADVANTAGE
    } else {
        rules::MOST_CONSUMERS
    }
}

fn registration(consumer: &str, known: &Known<'_>) -> Vec<Condition> {
    let consumers = known.consumers.unwrap_or_default();
    let is_taken = consumers.iter().any(|other| other.name == consumer);
    let creating = consumers.iter().filter(|other| other.status == "CREATING").count();
    let (count, most) = (consumers.len(), most_consumers(known));
    vec![
        Condition::ruled("Name", rules::name(consumer), "1 to 128 of a-z A-Z 0-9 _ . -"),
        Condition::new("Name is free", !is_taken, if is_taken { "it is registered" } else { "" }),
        Condition::new("Registered consumers", count < most, format!("{count} + 1 of {most}")),
        Condition::new(
            "Being created at once",
            creating < rules::MOST_CREATING,
            format!("{creating} of {}", rules::MOST_CREATING),
        ),
    ]
}

#[cfg(test)]
#[path = "conditions_tests.rs"]
mod tests;
