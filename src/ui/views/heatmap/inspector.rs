//! The verdict on the selected shard: what is wrong, since when, its share of the load, and what can be done from here.
//! With no shard selected, what is wrong with the stream.

use eframe::egui::{Align2, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::keys;
use super::lines::{bar_line, figure_line, heading, hot_line, note, section, step_line, verdict_sentence};
use super::state::Prepared;
use crate::model::format;
use crate::model::health::{Cause, Finding, Severity, shard_finding};
use crate::model::ids::ShardId;
use crate::model::metrics::WriteMetrics;
use crate::model::shard_story::{self, LoadShare};
use crate::model::time::Millis;
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, TagStyle, text};

/// From the edges to the words; the hairline at the left takes one more point.
const PADDING: f32 = 14.0;
const FOOTER: f32 = 123.0;

/// The verdict on the stream that is open.
pub struct Inspector<'a> {
    /// What a frame is drawn from.
    pub world: &'a World,
    /// The stream.
    pub open: &'a OpenStream,
    /// Its rows, once there are figures.
    pub prepared: Option<&'a Prepared>,
}

impl Inspector<'_> {
    /// Draws it into `area`.
    pub fn show(&self, ui: &mut Ui, area: Rect, selection: &mut Option<ShardId>, out: &mut Commands) {
        let Self { world, open, prepared } = *self;
        let t = theme::tokens(ui);
        ui.painter().rect_filled(area, 0, t.panel);
        ui.painter().vline(area.left() + 0.5, area.y_range(), Stroke::new(1.0, t.stroke));
        let inner = Rect::from_min_max(area.min + vec2(1.0, 0.0), area.max);
        let (head, below) = inner.split_top_bottom_at_y(inner.top() + 36.0);
        let (body, footer) = below.split_top_bottom_at_y(below.bottom() - FOOTER);
        let figures = selection.as_ref().and_then(|shard| open.metrics.get()?.shards.get(shard));
        let finding = selection.as_ref().zip(figures).and_then(|(shard, figures)| shard_finding(shard, figures));
        header(ui, head, open, selection.as_ref(), figures, finding.as_ref());
        ui.scope_builder(UiBuilder::new().max_rect(body).id_salt("verdict body"), |ui| {
            ScrollArea::vertical().id_salt("verdict").auto_shrink(false).show(ui, |ui| {
                ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
                match selection.clone() {
                    Some(shard) => {
                        let subject = Subject { world, open, shard: &shard, figures, finding: finding.as_ref() };
                        subject.ui(ui, prepared);
                    }
                    None => self.stream_ui(ui, selection),
                }
            });
        });
        self.footer(ui, footer, selection, finding.as_ref(), out);
    }

    fn stream_ui(&self, ui: &mut Ui, selection: &mut Option<ShardId>) {
        let Self { world, open, prepared } = *self;
        let t = theme::tokens(ui);
        let findings = world.fleet_row(&open.name).map_or(&[][..], |row| &row.health.findings);
        let flagged = prepared.map_or(0, |prepared| prepared.flagged().count());
        let has_figures = open.metrics.get().is_some_and(|metrics| metrics.total.incoming_bytes.last_known().is_some());
        section(ui, |ui| {
            ui.add_space(3.0);
            let title = match flagged {
                0 if findings.is_empty() && !has_figures => "No figures yet".to_owned(),
                0 if findings.is_empty() => "No shard needs attention".to_owned(),
                0 => "The stream needs attention".to_owned(),
                1 => "1 shard needs attention".to_owned(),
                count => format!("{} shards need attention", format::grouped(count as i64)),
            };
            text::paragraph(ui, title, fonts::title(), t.strong);
            ui.add_space(2.0);
            if findings.is_empty() && has_figures {
                let words = if prepared.is_some_and(|prepared| prepared.grid.has_shard_metrics) {
                    "Every shard with figures is below 80 % of its write limits and nothing was refused."
                } else {
                    "The stream as a whole is within its limits. Single shards cannot be seen without shard metrics."
                };
                text::paragraph(ui, words, fonts::body(), t.text);
            }
            for finding in findings.iter().take(4) {
                verdict_sentence(ui, &finding.sentence);
                ui.add_space(4.0);
            }
        });
        let hottest = prepared.map(|prepared| prepared.hottest.as_slice()).unwrap_or_default();
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

    fn footer(
        &self,
        ui: &mut Ui,
        area: Rect,
        selection: &Option<ShardId>,
        finding: Option<&Finding>,
        out: &mut Commands,
    ) {
        let Self { world, open, .. } = *self;
        let t = theme::tokens(ui);
        ui.painter().hline(area.x_range(), area.top() + 0.5, Stroke::new(1.0, t.stroke));
        let inner = Rect::from_min_max(area.min + vec2(PADDING, 13.0), area.max - vec2(PADDING, 0.0));
        ui.scope_builder(UiBuilder::new().max_rect(inner).id_salt("verdict footer"), |ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
            let label = if selection.is_some() { "Tail this shard" } else { "Tail this stream" };
            let primary = Button::primary(label).icon(icons::TAIL).key("T").min_width(inner.width());
            if ui.add(primary).clicked() {
                keys::tail(selection, out);
            }
            ui.horizontal(|ui| {
                let is_closed = selection
                    .as_ref()
                    .and_then(|shard| open.shards.get().and_then(|shards| shards.get(shard)))
                    .is_some_and(|shard| !shard.is_open());
                let enabled = match (selection, is_closed) {
                    (None, _) => Err("Select a shard first"),
                    (_, true) => Err("A closed shard cannot be split"),
                    _ => Ok(()),
                };
                let split = Button::new("Split…").icon(icons::SPLIT).enabled(enabled).min_width(inner.width() - 42.0);
                if ui.add(split).clicked() {
                    out.push(Command::SelectShard(selection.clone()));
                    out.push(Command::Open(Dialog::Reshard));
                }
                let copy = Button::new("").icon(icons::COPY).name("Copy verdict").tooltip("Copy the verdict as text");
                if ui.add(copy.min_width(34.0)).clicked() {
                    out.push(Command::Copy(verdict_text(open, selection.as_ref(), finding)));
                }
            });
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                let words = if world.is_unlocked() {
                    "Copy puts this verdict on the clipboard."
                } else {
                    text::label(ui, icons::LOCK, fonts::icon(12.0), t.faint);
                    "Split needs writes unlocked. Copy puts this verdict on the clipboard."
                };
                text::paragraph(ui, words, fonts::fine(), t.faint);
            });
        });
    }
}

fn tag_of(figures: Option<&WriteMetrics>, finding: Option<&Finding>) -> (&'static str, TagStyle) {
    match finding {
        Some(Finding { cause: Cause::HotShard, severity: Severity::Critical, .. }) => ("▲ HOT", TagStyle::Crit),
        Some(Finding { cause: Cause::HotShard, .. }) => ("WARM", TagStyle::Warn),
        Some(Finding { cause: Cause::Bursts, .. }) => ("BURSTS", TagStyle::Warn),
        Some(_) => ("THROTTLED", TagStyle::Throttle),
        None if figures.is_some_and(|figures| figures.incoming_bytes.last_known().is_some()) => ("FINE", TagStyle::Ok),
        None => ("NO DATA", TagStyle::Neutral),
    }
}

fn header(
    ui: &mut Ui,
    head: Rect,
    open: &OpenStream,
    selection: Option<&ShardId>,
    figures: Option<&WriteMetrics>,
    finding: Option<&Finding>,
) {
    let t = theme::tokens(ui);
    let painter = ui.painter();
    let middle = head.center().y - 0.5;
    let left = pos2(head.left() + PADDING, middle);
    let title = painter.text(left, Align2::LEFT_CENTER, "Verdict", fonts::small_strong(), t.strong);
    let total = open.metrics.get().map(|metrics| &metrics.total);
    let (words, style) = match selection {
        Some(_) => tag_of(figures, finding),
        None if total.is_some() => ("STREAM", TagStyle::Neutral),
        None => ("NO DATA", TagStyle::Neutral),
    };
    widgets::paint_tag(painter, t, pos2(title.right() + 8.0, middle), words, style);
    let right = pos2(head.right() - PADDING, middle);
    painter.text(right, Align2::RIGHT_CENTER, "from 1-min means", fonts::fine(), t.faint);
    painter.hline(head.x_range(), head.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
    let name = format!("Verdict {}", words.trim_start_matches("▲ "));
    let response = ui.interact(head, ui.scope_id().with("verdict head"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, name.as_str()));
}

/// `shardId-…0007`; ids of another form stay whole.
fn title_of(shard: &ShardId) -> String {
    if shard.as_str().starts_with("shardId-") { format!("shardId-{}", shard.short()) } else { shard.to_string() }
}

/// The selected shard and what is known of it.
struct Subject<'a> {
    world: &'a World,
    open: &'a OpenStream,
    shard: &'a ShardId,
    figures: Option<&'a WriteMetrics>,
    finding: Option<&'a Finding>,
}

impl Subject<'_> {
    fn ui(&self, ui: &mut Ui, prepared: Option<&Prepared>) {
        let t = theme::tokens(ui);
        let now = self.figures.and_then(|figures| figures.utilisation(1).last_known());
        let is_closed = self.open.shards.get().and_then(|shards| shards.get(self.shard)).is_some_and(|s| !s.is_open());
        section(ui, |ui| {
            ui.add_space(3.0);
            let title = format!("{} {}", title_of(self.shard), self.predicate(now.is_some(), is_closed));
            text::paragraph(ui, title, fonts::title(), t.strong);
            ui.add_space(2.0);
            match (self.finding, now) {
                (Some(finding), _) => {
                    verdict_sentence(ui, &finding.sentence);
                }
                (None, Some((_, share))) if !is_closed => {
                    let words = format!("{:.0} % of its write limit in the newest minute.", share * 100.0);
                    text::paragraph(ui, words, fonts::body(), t.text);
                }
                (None, Some(_)) => {
                    let words = "It takes no writes any more. Its records can be read until the retention ends.";
                    text::paragraph(ui, words, fonts::body(), t.text);
                }
                (None, None) => {
                    let words = "No figures for this shard in the last hour: nothing was written, or shard metrics \
                                 are not reported.";
                    text::paragraph(ui, words, fonts::body(), t.weak);
                }
            }
            if let Some((title, words)) = self.finding.and_then(|finding| note_of(finding.cause)) {
                ui.add_space(8.0);
                note(ui, title, words);
            }
        });
        self.since(ui);
        if let Some(share) = prepared.and_then(|prepared| prepared.load_share(self.shard)) {
            self.load(ui, share);
        }
        self.readers(ui);
    }

    fn predicate(&self, has_figures: bool, is_closed: bool) -> &'static str {
        match self.finding.map(|finding| (finding.cause, finding.severity)) {
            _ if is_closed => "is closed",
            Some((Cause::HotShard, Severity::Critical)) => "is hot",
            Some((Cause::HotShard, _)) => "is warm",
            Some((Cause::Bursts, _)) => "bursts within the minute",
            Some(_) => "refuses writes",
            None if has_figures => "is fine",
            None => "has no figures",
        }
    }

    fn since(&self, ui: &mut Ui) {
        let steps = self.figures.map(shard_story::steps).unwrap_or_default();
        let Some(first) = steps.first() else { return };
        let age = Millis((self.world.now - first.at()).0.max(0));
        let minutes = age.0 / 60_000;
        section(ui, |ui| {
            heading(ui, "Since when", &format!("{minutes} min"));
            for step in &steps {
                step_line(ui, *step);
            }
        });
    }

    fn load(&self, ui: &mut Ui, share: LoadShare) {
        let range = self.open.shards.get().and_then(|shards| shards.get(self.shard)).map(|shard| shard.range.share());
        if share.bytes.is_none() && share.records.is_none() {
            return;
        }
        let crowded = share.bytes.zip(range).is_some_and(|(bytes, range)| bytes > 1.5 * range);
        section(ui, |ui| {
            heading(ui, "Share of the stream", "last 15 min");
            bar_line(ui, "Key space", range, false);
            bar_line(ui, "Bytes in", share.bytes, crowded);
            bar_line(ui, "Records in", share.records, false);
        });
    }

    fn readers(&self, ui: &mut Ui) {
        let Some(figures) = self.figures else { return };
        let age = figures.iterator_age_millis.last_known().map(|(_, age)| age);
        let refused = figures.read_throttled.sum().filter(|count| *count > 0.0);
        if age.is_none() && refused.is_none() {
            return;
        }
        let t = theme::tokens(ui);
        section(ui, |ui| {
            heading(ui, "Readers", "polling only");
            if let Some(age) = age {
                let color = if age >= crate::model::limits::ITERATOR_AGE_WARN_MILLIS { t.warn } else { t.text };
                figure_line(ui, "Furthest behind", &format::duration(Millis(age as i64)), color);
            }
            if let Some(count) = refused {
                figure_line(ui, "GetRecords throttled", &format::grouped(count as i64), t.throttle);
            }
        });
    }
}

fn note_of(cause: Cause) -> Option<(&'static str, &'static str)> {
    match cause {
        Cause::HotShard => Some((
            "Look at its keys before you split",
            "A split helps when many keys share the load. When one key carries it, all its records still go to one \
             shard. Tail this shard to see its keys.",
        )),
        Cause::Bursts => Some((
            "The limit holds for every second",
            "A minute mean hides bursts. Spread the writes over the minute, or retry with backoff and jitter, before \
             adding shards.",
        )),
        _ => None,
    }
}

/// The verdict for a chat or a ticket.
pub fn verdict_text(open: &OpenStream, shard: Option<&ShardId>, finding: Option<&Finding>) -> String {
    let mut lines = vec![format!("Stream {}", open.name)];
    let figures = shard.and_then(|shard| open.metrics.get()?.shards.get(shard));
    match (shard, finding) {
        (Some(shard), Some(finding)) => {
            lines.push(format!("{shard}: {}", finding.severity.word()));
            lines.push(finding.sentence.to_text());
        }
        (Some(shard), None) => lines.push(format!("{shard}: nothing wrong by its own figures")),
        (None, _) => lines.push("no shard selected".to_owned()),
    }
    for step in figures.map(shard_story::steps).unwrap_or_default() {
        lines.push(format!("{} UTC {}", step.at().to_rfc3339(), step.text()));
    }
    if let Some(metrics) = open.metrics.get() {
        let window = metrics.window;
        lines.push(format!("1-min figures, {} to {}", window.start.to_rfc3339(), window.end.to_rfc3339()));
    }
    lines.join("\n")
}
