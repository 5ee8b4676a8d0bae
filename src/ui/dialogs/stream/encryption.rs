//! The part for encryption at rest: none, AWS's own key, or a key of one's own.

use eframe::egui::{Id, Sense, Ui, vec2};

use super::super::change::{ChangeOffer, Subject, parts};
use super::{checks, request};
use crate::model::change::{StreamChange, rules};
use crate::model::format;
use crate::model::stream::Encryption;
use crate::ui::theme::icons;
use crate::ui::widgets::{TextField, select};

/// The key that AWS manages for Kinesis.
const MANAGED: &str = "alias/aws/kinesis";
const CHOICES: [&str; 3] = ["Off", "Key of AWS", "Key of your own"];

/// What the part remembers.
#[derive(Debug, Default)]
pub struct EncryptionPart {
    choice: usize,
    key: String,
    /// What the stream had when the choice was set.
    of: Option<Encryption>,
}

impl EncryptionPart {
    fn follow(&mut self, subject: &Subject<'_>) {
        let Some(now) = subject.summary.map(|summary| &summary.encryption) else { return };
        if self.of.as_ref() == Some(now) {
            return;
        }
        self.of = Some(now.clone());
        self.choice = match now {
            Encryption::None => 0,
            Encryption::Kms { key_id } if key_id == MANAGED => 1,
            Encryption::Kms { .. } => 2,
        };
        self.key = match now {
            Encryption::Kms { key_id } if key_id != MANAGED => key_id.clone(),
            _ => String::new(),
        };
    }

    fn change(&self) -> Option<StreamChange> {
        let now = self.of.as_ref()?;
        match (self.choice, now) {
            (0, Encryption::None) => None,
            (0, Encryption::Kms { key_id }) => Some(StreamChange::Decrypt { key_id: key_id.clone() }),
            (choice, now) => {
                let key_id = if choice == 1 { MANAGED.to_owned() } else { self.key.trim().to_owned() };
                let is_same = matches!(now, Encryption::Kms { key_id: current } if *current == key_id);
                (!is_same).then_some(StreamChange::Encrypt { key_id })
            }
        }
    }

    /// What the choice offers.
    pub fn offer(&mut self, subject: &Subject<'_>) -> ChangeOffer {
        self.follow(subject);
        let change = self.change();
        let stops = matches!(change, Some(StreamChange::Decrypt { .. }));
        let shown = change.clone().unwrap_or(StreamChange::Monitoring { enable: true });
        let is_typed = !matches!(&change, Some(StreamChange::Encrypt { key_id }) if rules::key_id(key_id).is_err());
        let note = match &change {
            Some(StreamChange::Decrypt { .. }) => Some((
                "Records are then stored as they come",
                "New records lie unencrypted. Those that are encrypted stay so, and their readers still need the key.".to_owned(),
            )),
            Some(StreamChange::Encrypt { .. }) => Some((
                "Whoever may not use the key is refused",
                "Producers then need kms:GenerateDataKey and readers kms:Decrypt on the key; without them their calls fail \
                 from the first record on."
                    .to_owned(),
            )),
            _ => None,
        };
        ChangeOffer {
            request: change.filter(|_| is_typed).map(|change| request(subject, change)),
            missing: Some("This is how it is encrypted now.".to_owned()),
            button: if stops { "Stop encryption" } else { "Encrypt" }.to_owned(),
            icon: icons::LOCK,
            verb: if stops { "stop" } else { "encrypt" },
            checks: checks(subject, &shown),
            note,
            steps: vec![
                (if stops { "StopStreamEncryption" } else { "StartStreamEncryption" }.to_owned(), "1 call".to_owned()),
                ("Stream shows UPDATING".to_owned(), "some seconds".to_owned()),
                ("All new records follow".to_owned(), "5 s after ACTIVE".to_owned()),
            ],
            cost_notes: vec![("KMS bills keys and their use".to_owned(), "not counted here".to_owned())],
            footnote: "25 starts and 25 stops a stream in 24 hours.".to_owned(),
            again: "Change it again",
            ..ChangeOffer::default()
        }
        .guarded(subject.world, subject.name.as_str(), false)
    }

    /// Draws the part.
    pub fn show(&mut self, ui: &mut Ui, _: &Subject<'_>) {
        let now = match &self.of {
            Some(Encryption::Kms { key_id }) => format!("KMS, {}", format::one_line(key_id, 90)),
            Some(Encryption::None) => "not encrypted".to_owned(),
            None => "not known".to_owned(),
        };
        parts::heading(ui, "Encryption at rest", "server side, by KMS");
        ui.add_space(6.0);
        parts::row(ui, "Records are kept", |ui| {
            select::segmented_sized(ui, "Encryption", &CHOICES, &mut self.choice, 28.0);
        });
        if self.choice == 2 {
            let outcome = rules::key_id(self.key.trim());
            let is_bad = outcome.is_err() && !self.key.is_empty();
            parts::row(ui, "Key", |ui| {
                let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
                TextField::new(Id::unique("kms key"), "Key id, ARN or alias", &mut self.key)
                    .mono()
                    .hint("alias/mine, an id or an ARN")
                    .invalid(is_bad)
                    .show_in(ui, area);
            });
            parts::complaint(ui, outcome.as_ref().err().filter(|_| is_bad).map_or("", String::as_str));
        }
        ui.add_space(6.0);
        parts::fact(ui, "Now", &now);
        ui.add_space(6.0);
        parts::consequence(
            ui,
            "Only records that come after the change follow it; those that are there stay as they are.",
        );
        parts::consequence(
            ui,
            "Whether the key exists and may be used is known only to KMS: AWS decides when it is asked.",
        );
        parts::consequence(ui, "Reading and writing go on while the stream is UPDATING.");
    }
}
