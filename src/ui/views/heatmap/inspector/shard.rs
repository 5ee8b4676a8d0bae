//! The selected shard: the sentence and its trap, since when, its keys, its part of the stream, and who is behind.

use eframe::egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::super::lines::{bar_line, figure_line, heading, section, step_line};
use super::Inspector;
use crate::model::format;
use crate::model::health;
use crate::model::ids::ShardId;
use crate::model::keys::{KeyRow, KeyScope, KeyTable, RankBy};
use crate::model::limits::ITERATOR_AGE_WARN_MILLIS;
use crate::model::metrics::WriteMetrics;
use crate::model::sample::state::{SampleRequest, SampleRun};
use crate::model::shard_story::{self, LoadShare};
use crate::model::time::Millis;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, text};

/// Keys that are named.
const TOP_KEYS: usize = 3;

impl Inspector<'_> {
    pub(super) fn shard_ui(&self, ui: &mut Ui, shard: &ShardId, out: &mut Commands) {
        let figures = self.open.metrics.get().and_then(|metrics| metrics.shards.get(shard));
        self.conclusion(ui, shard);
        since(ui, self.world.now, figures);
        self.top_keys(ui, shard, out);
        if let Some(share) = self.prepared.and_then(|prepared| prepared.load_share(shard)) {
            self.load(ui, shard, share);
        }
        readers(ui, figures);
    }

    fn conclusion(&self, ui: &mut Ui, shard: &ShardId) {
        let t = theme::tokens(ui);
        let listed = self.open.shards.get().and_then(|shards| shards.get(shard));
        section(ui, |ui| {
            ui.add_space(3.0);
            match self.verdict {
                _ if listed.is_some_and(|listed| !listed.is_open()) => {
                    text::paragraph(ui, format!("{shard} is closed"), fonts::title(), t.strong);
                    ui.add_space(2.0);
                    let words = "It takes no writes any more. Its records can be read until the retention ends.";
                    text::paragraph(ui, words, fonts::body(), t.text);
                }
                Some(verdict) => super::conclusion(ui, verdict),
                None => {
                    text::paragraph(ui, "The shards are not listed yet.", fonts::body(), t.weak);
                }
            }
        });
    }

    /// The keys that were sampled, or the offer to sample them.
    fn top_keys(&self, ui: &mut Ui, shard: &ShardId, out: &mut Commands) {
        let t = theme::tokens(ui);
        let table = self.verdict.and_then(|verdict| verdict.keys.as_ref());
        let table = table.filter(|table| table.scope == KeyScope::Shard(shard.clone()) && !table.rows.is_empty());
        section(ui, |ui| {
            let Some(table) = table else {
                heading(ui, "Top keys", "not sampled");
                ui.add_space(4.0);
                match &self.open.sample.run {
                    SampleRun::Running { text: words, .. } => {
                        text::label(ui, words, fonts::small(), t.weak);
                    }
                    _ => {
                        let offer = Button::new("Sample its keys").icon(icons::KEYS).tooltip(
                            "Reads the last 90 seconds of this shard with 1 of its 5 GetRecords calls a second, at most \
                             half of its 2 MiB/s",
                        );
                        if ui.add(offer).clicked() {
                            let request =
                                SampleRequest { shards: Some(vec![shard.clone()]), ..SampleRequest::whole_stream() };
                            out.push(Command::StartSample(request));
                        }
                    }
                }
                ui.add_space(4.0);
                return;
            };
            let by = if table.rank_by == RankBy::Bytes { "Top keys by bytes" } else { "Top keys by records" };
            heading(ui, by, &basis(table));
            for row in table.rows.iter().take(TOP_KEYS) {
                key_line(ui, row);
            }
            rest_line(ui, table);
        });
    }

    /// What the newest periods are together, in words.
    fn look_back(&self) -> String {
        let step = self.open.metrics.get().map_or(60, |metrics| metrics.window.step_seconds);
        health::look_back(step)
    }

    fn load(&self, ui: &mut Ui, shard: &ShardId, share: LoadShare) {
        let range = self.open.shards.get().and_then(|shards| shards.get(shard)).map(|shard| shard.range.share());
        if share.bytes.is_none() && share.records.is_none() {
            return;
        }
        let crowded = share.bytes.zip(range).is_some_and(|(bytes, range)| bytes > 1.5 * range);
        section(ui, |ui| {
            heading(ui, "Share of the stream", &format!("last {}", self.look_back()));
            bar_line(ui, "Key space", range, false);
            bar_line(ui, "Bytes in", share.bytes, crowded);
            bar_line(ui, "Records in", share.records, false);
        });
    }
}

/// `1,240 samples · 90 s`.
fn basis(table: &KeyTable) -> String {
    let samples = format::grouped(i64::try_from(table.user_records).unwrap_or(i64::MAX));
    format!("{samples} samples · {} s", table.known_seconds)
}

/// A key with its share, the uncertainty of it, and a bar that marks the interval.
fn key_line(ui: &mut Ui, row: &KeyRow) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 31.0), Sense::hover());
    let share = format!("{:.0} %", row.share * 100.0);
    let half = format!("±{:.1}", row.half_width() * 100.0);
    let name = format::one_line(row.key.as_str(), 64);
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, format!("Key {name} {share} {half}")));
    let painter = ui.painter();
    let middle = rect.top() + 10.0;
    let is_dominant = row.share > 0.5;
    let color = if is_dominant { t.crit } else { t.text };
    let label = Rect::from_min_max(rect.min, pos2(rect.right() - 96.0, rect.top() + 20.0));
    widgets::paint_elided(painter, label, eframe::egui::Align::Min, &name, fonts::value(), t.strong);
    painter.text(pos2(rect.right() - 44.0, middle), Align2::RIGHT_CENTER, share, fonts::value(), color);
    painter.text(pos2(rect.right(), middle), Align2::RIGHT_CENTER, half, fonts::axis(), t.faint);
    let track = Rect::from_min_size(pos2(rect.left(), rect.top() + 21.0), vec2(rect.width(), 5.0));
    painter.rect_filled(track, 1, t.stroke_weak);
    let at = |share: f64| track.left() + share.clamp(0.0, 1.0) as f32 * track.width();
    let fill = if is_dominant { t.crit } else { t.s5 };
    painter.rect_filled(track.with_max_x(at(row.share).max(track.left() + 1.0)), 1, fill);
    let interval =
        Rect::from_min_max(pos2(at(row.low), track.center().y - 0.5), pos2(at(row.high), track.center().y + 0.5));
    painter.rect_filled(interval, 0, t.strong);
}

fn rest_line(ui: &mut Ui, table: &KeyTable) {
    let shown = table.rows.len().min(TOP_KEYS);
    let others = table.other_keys + (table.rows.len() - shown) as u64;
    if others == 0 {
        return;
    }
    let share = (1.0 - table.top_share(TOP_KEYS)).max(0.0);
    let t = theme::tokens(ui);
    let words = format!("~ {} other keys", format::grouped(i64::try_from(others).unwrap_or(i64::MAX)));
    figure_line(ui, &words, &format!("{:.0} %", share * 100.0), t.text);
}

fn since(ui: &mut Ui, now: crate::model::time::Timestamp, figures: Option<&WriteMetrics>) {
    let steps = figures.map(shard_story::steps).unwrap_or_default();
    let Some(first) = steps.first() else { return };
    let minutes = first.at().age_at(now).0 / 60_000;
    section(ui, |ui| {
        heading(ui, "Since when", &format!("{minutes} min"));
        for step in &steps {
            step_line(ui, *step);
        }
    });
}

fn readers(ui: &mut Ui, figures: Option<&WriteMetrics>) {
    let Some(figures) = figures else { return };
    let age = figures.iterator_age_millis.last_known().map(|(_, age)| age);
    let refused = figures.read_throttled.sum().filter(|count| *count > 0.0);
    if age.is_none() && refused.is_none() {
        return;
    }
    let t = theme::tokens(ui);
    section(ui, |ui| {
        heading(ui, "Readers", "polling only");
        if let Some(age) = age {
            let color = if age >= ITERATOR_AGE_WARN_MILLIS { t.warn } else { t.text };
            figure_line(ui, "Furthest behind", &format::duration(Millis(age as i64)), color);
        }
        if let Some(count) = refused {
            figure_line(ui, "GetRecords throttled", &format::grouped(count as i64), t.throttle);
        }
    });
}
