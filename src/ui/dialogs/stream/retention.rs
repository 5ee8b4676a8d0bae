//! The part for retention: how long records can be read, what of them a shorter time hides, and what a longer one costs.

use eframe::egui::Ui;

use super::super::change::{ChangeOffer, Subject, parts};
use super::{checks, request, span};
use crate::model::change::StreamChange;
use crate::model::change::price::{self, Plan, Usage};
use crate::model::change::rules::{self, RETENTION_HOURS};
use crate::model::cost::CostLine;
use crate::model::format;
use crate::model::time::Millis;
use crate::ui::theme::icons;

/// Retentions that are asked for often, in hours.
const USUAL: [(&str, u32); 5] = [("24 h", 24), ("3 d", 72), ("7 d", 168), ("30 d", 720), ("365 d", 8_760)];

/// What the part remembers.
#[derive(Debug, Default)]
pub struct RetentionPart {
    typed: String,
    /// What the stream had when the field was filled.
    of: Option<u32>,
}

impl RetentionPart {
    /// The number that was typed, as it is now until something is.
    fn hours(&self) -> Result<u32, String> {
        rules::number(&self.typed, &RETENTION_HOURS, "hours")
    }

    fn follow(&mut self, subject: &Subject<'_>) -> Option<u32> {
        let now = subject.summary.map(|summary| summary.retention_hours)?;
        if self.of != Some(now) {
            self.of = Some(now);
            self.typed = now.to_string();
        }
        Some(now)
    }

    /// What the number offers.
    pub fn offer(&mut self, subject: &Subject<'_>) -> ChangeOffer {
        let from = self.follow(subject).unwrap_or(24);
        let typed = self.hours();
        let to = typed.clone().unwrap_or(from);
        let change = StreamChange::Retention { from, to };
        let words = format::retention(to);
        let (verb, operation) = if to < from { ("shorten it", "Shorten to") } else { ("lengthen it", "Keep for") };
        let mut offer = ChangeOffer {
            request: (typed.is_ok() && from != to).then(|| request(subject, change.clone())),
            missing: typed.err(),
            button: format!("{operation} {words}"),
            icon: icons::CLOCK,
            verb,
            checks: checks(subject, &change),
            steps: vec![
                (change.operation().to_owned(), "1 call".to_owned()),
                ("Stream ACTIVE again".to_owned(), "some seconds".to_owned()),
            ],
            footnote: "Retention is set in hours, from 24 to 8,760.".to_owned(),
            again: "Change it again",
            ..ChangeOffer::default()
        };
        if to < from {
            let lost = format::retention(from - to);
            offer.note = Some((
                "Records are hidden at once",
                format!(
                    "Everything older than {words} cannot be read any more as soon as AWS takes the call: up to {lost} of \
                     records. A longer retention does not bring them back."
                ),
            ));
            offer.steps.insert(1, (format!("Records older than {words} hidden"), "at once".to_owned()));
        } else if to > from {
            offer.steps.insert(1, ("What is readable now stays".to_owned(), format!("up to {words}")));
        }
        cost(subject, from, to, &mut offer);
        offer.guarded(subject.world, subject.name.as_str(), false)
    }

    /// Draws the part.
    pub fn show(&mut self, ui: &mut Ui, subject: &Subject<'_>) {
        let now = self.of.unwrap_or(24);
        parts::heading(ui, "How far back records can be read", &format!("{} now", format::retention(now)));
        ui.add_space(6.0);
        let hours = self.hours();
        parts::number(ui, "Keep records for", "hours", &mut self.typed, hours.is_ok(), &USUAL);
        parts::complaint(ui, hours.as_ref().err().map_or("", String::as_str));
        span::show(ui, now, hours.clone().ok());
        ui.add_space(10.0);
        let oldest = |hours: u32| {
            let at = subject.world.now - Millis::from_mins(i64::from(hours) * 60);
            format!("{} {} UTC", at.date(), at.hm())
        };
        parts::fact(ui, "Readable since", &format!("{}, at the earliest", oldest(now)));
        if let Some(after) = hours.ok().filter(|after| *after < now) {
            parts::fact(ui, "Then since", &oldest(after));
        }
        let kept = subject.traffic.map(|traffic| {
            let bytes = traffic.bytes_per_sec * 3_600.0 * f64::from(now);
            format!(
                "about {} at the measured {} MiB/s",
                format::bytes(bytes as u64),
                format::mib_per_sec(traffic.bytes_per_sec)
            )
        });
        parts::fact(ui, "Kept now", kept.as_deref().unwrap_or("not known: no traffic is measured"));
    }
}

fn cost(subject: &Subject<'_>, from: u32, to: u32, offer: &mut ChangeOffer) {
    let (plan, usage) = (subject.plan(), subject.usage());
    let dollars = |hours: u32| price::retention_dollars(plan, &Usage { retention_hours: hours, ..usage });
    let text = match plan {
        Plan::Provisioned => format!("Over 24 h, {} × 730 h × $0.020", format::counted(usage.shards as usize, "shard")),
        Plan::Standard => "Over 24 h, $0.10 per GB and month".to_owned(),
        Plan::Advantage => "Over 24 h, $0.023 per GB and month".to_owned(),
    };
    offer.cost.push(CostLine { text, dollars: dollars(to) - dollars(from) });
    let needs_traffic = plan != Plan::Provisioned || from.max(to) > 168;
    if needs_traffic && subject.traffic.is_none() {
        offer.cost_notes.push(("By the GB kept".to_owned(), "no traffic measured".to_owned()));
    }
    if to > 168 {
        offer.cost_notes.push(("Over 7 d, stored data".to_owned(), "$0.023 per GB and month".to_owned()));
        offer.cost_notes.push(("Reading data older than 7 d".to_owned(), "$0.021 per GB".to_owned()));
    }
}
