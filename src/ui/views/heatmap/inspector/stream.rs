//! No shard is selected: the verdict on the stream, and its hottest shards to choose from.

use eframe::egui::Ui;

use super::super::lines::{heading, hot_line, section, verdict_sentence};
use super::Inspector;
use crate::model::ids::ShardId;
use crate::ui::theme::{self, fonts};
use crate::ui::widgets::text;

/// Further findings that are named below the verdict.
const MOST_FINDINGS: usize = 4;

impl Inspector<'_> {
    pub(super) fn stream_ui(&self, ui: &mut Ui, selection: &mut Option<ShardId>) {
        let t = theme::tokens(ui);
        section(ui, |ui| {
            ui.add_space(3.0);
            match self.verdict {
                Some(verdict) => super::conclusion(ui, verdict),
                None => {
                    text::paragraph(ui, "The shards are not listed yet.", fonts::body(), t.weak);
                }
            }
        });
        self.also(ui);
        let hottest = self.prepared.map(|prepared| prepared.hottest.as_slice()).unwrap_or_default();
        if !hottest.is_empty() {
            section(ui, |ui| {
                heading(ui, "Hottest now", "of the write limit");
                for (shard, share) in hottest {
                    if hot_line(ui, shard, *share) {
                        *selection = Some(shard.clone());
                    }
                }
            });
        }
    }

    /// What else is wrong with the stream.
    fn also(&self, ui: &mut Ui) {
        let findings = self.world.fleet_row(&self.open.name).map_or(&[][..], |row| &row.health.findings);
        let said = self.verdict.map(|verdict| verdict.sentence.to_text()).unwrap_or_default();
        // The verdict may go on where a finding ends: with the key that carries the load.
        let others: Vec<_> = findings.iter().filter(|finding| !said.starts_with(&finding.sentence.to_text())).collect();
        if others.is_empty() {
            return;
        }
        section(ui, |ui| {
            heading(ui, "Also", "");
            for finding in others.into_iter().take(MOST_FINDINGS) {
                verdict_sentence(ui, &finding.sentence);
                ui.add_space(4.0);
            }
        });
    }
}
