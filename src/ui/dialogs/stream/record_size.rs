//! The part for the largest record that the stream takes.

use eframe::egui::Ui;

use super::super::change::{ChangeOffer, Subject, parts};
use super::{checks, request};
use crate::model::change::StreamChange;
use crate::model::change::rules::{self, RECORD_KIB};
use crate::model::cost::CostLine;
use crate::model::format;
use crate::ui::theme::icons;

/// Sizes that are asked for often, in KiB.
const USUAL: [(&str, u32); 4] = [("1 MiB", 1_024), ("2 MiB", 2_048), ("5 MiB", 5_120), ("10 MiB", 10_240)];

/// What the part remembers.
#[derive(Debug, Default)]
pub struct SizePart {
    typed: String,
    /// What the stream had when the field was filled.
    of: Option<u32>,
}

impl SizePart {
    fn kib(&self) -> Result<u32, String> {
        rules::number(&self.typed, &RECORD_KIB, "KiB")
    }

    /// What the number offers.
    pub fn offer(&mut self, subject: &Subject<'_>) -> ChangeOffer {
        let now = subject.summary.map_or(1_024, |summary| summary.max_record_size_kib.unwrap_or(1_024));
        if self.of != Some(now) {
            self.of = Some(now);
            self.typed = now.to_string();
        }
        let typed = self.kib();
        let kib = typed.clone().unwrap_or(now);
        let change = StreamChange::RecordSize { kib };
        let words = format::grouped(i64::from(kib));
        let note = if kib < now {
            Some((
                "Larger records are then refused",
                format!(
                    "Producers that send more than {words} KiB, key included, get an error. What is in the stream stays."
                ),
            ))
        } else {
            (kib > now).then(|| {
                let words = "A shard still takes 1 MiB a second. Larger records live on what it saved before; AWS suggests \
                             to keep them under 2 % of the traffic. Every reader must be able to take them.";
                ("A shard does not take more a second", words.to_owned())
            })
        };
        ChangeOffer {
            request: (typed.is_ok() && kib != now).then(|| request(subject, change.clone())),
            missing: typed.err(),
            button: format!("Take records up to {words} KiB"),
            icon: icons::DATABASE,
            verb: "change it",
            checks: checks(subject, &change),
            note,
            cost: vec![CostLine { text: "The setting is free".to_owned(), dollars: 0.0 }],
            cost_notes: vec![("PUT units of the largest record".to_owned(), format!("{} × 25 KiB", kib.div_ceil(25)))],
            steps: vec![
                ("UpdateMaxRecordSize".to_owned(), "1 call".to_owned()),
                ("Stream shows UPDATING".to_owned(), "some seconds".to_owned()),
                (format!("Records up to {words} KiB are taken"), String::new()),
            ],
            footnote: "Data and partition key count together, from 1,024 to 10,240 KiB.".to_owned(),
            again: "Change it again",
            ..ChangeOffer::default()
        }
        .guarded(subject.world, subject.name.as_str(), false)
    }

    /// Draws the part.
    pub fn show(&mut self, ui: &mut Ui, subject: &Subject<'_>) {
        let now = self.of.unwrap_or(1_024);
        let words = format!("{} KiB now", format::grouped(i64::from(now)));
        parts::heading(ui, "Largest record", &words);
        ui.add_space(6.0);
        let kib = self.kib();
        parts::number(ui, "Up to", "KiB", &mut self.typed, kib.is_ok(), &USUAL);
        parts::complaint(ui, kib.as_ref().err().map_or("", String::as_str));
        let told = subject.summary.and_then(|summary| summary.max_record_size_kib);
        parts::fact(ui, "Now", &if told.is_some() { words } else { "1,024 KiB: the server does not say".to_owned() });
        let mean = subject.traffic.map(|traffic| format::bytes(traffic.record_bytes() as u64));
        parts::fact(ui, "Mean record", mean.as_deref().unwrap_or("not known: no traffic is measured"));
        ui.add_space(6.0);
        parts::consequence(ui, "One GetRecords answers at most 10 MiB: a single record may be a whole answer.");
        parts::consequence(ui, "After an answer of 10 MiB the shard refuses reads for up to five seconds.");
        parts::consequence(ui, "One PutRecords takes at most 10 MiB, keys included.");
    }
}
