//! The verdict on the selected shard: what is wrong, how sure that is, since when, which keys, who is behind, and what can
//! be done from here. With no shard selected, the verdict on the stream.

mod conclusion;
mod shard;
mod stream;

use eframe::egui::{Align2, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

pub use conclusion::Conclusion;

use super::keys;
use super::lines::{note, verdict_sentence};
use super::state::Prepared;
use crate::model::health::Severity;
use crate::model::ids::ShardId;
use crate::model::shard_story;
use crate::model::verdict::{Verdict, VerdictKind};
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands};
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
    /// The verdict on the selection; `None` until the shards are listed.
    pub verdict: Option<&'a Verdict>,
}

impl Inspector<'_> {
    /// Draws it into `area`.
    pub fn show(&self, ui: &mut Ui, area: Rect, selection: &mut Option<ShardId>, out: &mut Commands) {
        let t = theme::tokens(ui);
        ui.painter().rect_filled(area, 0, t.panel);
        ui.painter().vline(area.left() + 0.5, area.y_range(), Stroke::new(1.0, t.stroke));
        let inner = Rect::from_min_max(area.min + vec2(1.0, 0.0), area.max);
        let (head, below) = inner.split_top_bottom_at_y(inner.top() + 36.0);
        let (body, footer) = below.split_top_bottom_at_y(below.bottom() - FOOTER);
        self.header(ui, head);
        ui.scope_builder(UiBuilder::new().max_rect(body).id_salt("verdict body"), |ui| {
            ScrollArea::vertical().id_salt("verdict").auto_shrink(false).show(ui, |ui| {
                ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
                match selection.clone() {
                    Some(shard) => self.shard_ui(ui, &shard, out),
                    None => self.stream_ui(ui, selection),
                }
            });
        });
        self.footer(ui, footer, selection, out);
    }

    fn header(&self, ui: &Ui, head: Rect) {
        let t = theme::tokens(ui);
        let painter = ui.painter();
        let middle = head.center().y - 0.5;
        let left = pos2(head.left() + PADDING, middle);
        let title = painter.text(left, Align2::LEFT_CENTER, "Verdict", fonts::small_strong(), t.strong);
        let (words, style) = self.verdict.map_or(("NO DATA".to_owned(), TagStyle::Neutral), tag_of);
        widgets::paint_tag(painter, t, pos2(title.right() + 8.0, middle), &words, style);
        let right = pos2(head.right() - PADDING, middle);
        let basis = self.verdict.map_or("", |verdict| match verdict.kind {
            VerdictKind::Unknown => "",
            _ => verdict.confidence.text(),
        });
        painter.text(right, Align2::RIGHT_CENTER, basis, fonts::fine(), t.faint);
        painter.hline(head.x_range(), head.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
        let name = format!("Verdict {} {basis}", words.trim_start_matches("▲ "));
        let response = ui.interact(head, ui.scope_id().with("verdict head"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, name.trim()));
    }

    fn footer(&self, ui: &mut Ui, area: Rect, selection: &Option<ShardId>, out: &mut Commands) {
        let t = theme::tokens(ui);
        ui.painter().hline(area.x_range(), area.top() + 0.5, Stroke::new(1.0, t.stroke));
        let inner = Rect::from_min_max(area.min + vec2(PADDING, 13.0), area.max - vec2(PADDING, 0.0));
        ui.scope_builder(UiBuilder::new().max_rect(inner).id_salt("verdict footer"), |ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
            let half = ((inner.width() - 8.0) / 2.0).floor();
            ui.horizontal(|ui| {
                if ui.add(Button::primary("Show keys").icon(icons::KEYS).key("K").min_width(half)).clicked() {
                    keys::partition_keys(selection, out);
                }
                let label = if selection.is_some() { "Tail this shard" } else { "Tail this stream" };
                if ui.add(Button::new(label).icon(icons::TAIL).key("T").min_width(half)).clicked() {
                    keys::tail(selection, out);
                }
            });
            ui.horizontal(|ui| {
                self.split_button(ui, inner.width() - 42.0, selection, out);
                let copy = Button::new("").icon(icons::COPY).name("Copy verdict").tooltip("Copy the verdict as text");
                if ui.add(copy.min_width(34.0)).clicked() {
                    out.push(Command::Copy(verdict_text(self.open, selection.as_ref(), self.verdict)));
                }
            });
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                let words = if self.world.is_unlocked() {
                    "Copy puts this verdict on the clipboard."
                } else {
                    text::label(ui, icons::LOCK, fonts::icon(12.0), t.faint);
                    "Split needs writes unlocked. Copy puts this verdict on the clipboard."
                };
                text::paragraph(ui, words, fonts::fine(), t.faint);
            });
        });
    }

    fn split_button(&self, ui: &mut Ui, width: f32, selection: &Option<ShardId>, out: &mut Commands) {
        // With no shard selected, the one that the verdict names.
        let named = self.verdict.and_then(|verdict| verdict.shard.as_ref());
        let subject = selection.as_ref().or(named);
        let listed = subject.and_then(|shard| self.open.shards.get()?.get(shard));
        let enabled = match subject {
            None => Err("Select a shard first"),
            Some(_) if listed.is_some_and(|shard| !shard.is_open()) => Err("A closed shard cannot be split"),
            Some(_) => Ok(()),
        };
        let advice = self.verdict.and_then(|verdict| verdict.split.as_ref());
        let is_balanced = advice.is_some_and(|advice| advice.helps && advice.balanced.is_some());
        let label = match (is_balanced, named.filter(|_| selection.is_none())) {
            (true, None) => "Split at balanced point…".to_owned(),
            (false, None) => "Split…".to_owned(),
            (true, Some(shard)) => format!("Split {} at balanced point…", shard.short()),
            (false, Some(shard)) => format!("Split {}…", shard.short()),
        };
        if ui.add(Button::new(&label).icon(icons::SPLIT).enabled(enabled).min_width(width)).clicked()
            && let Some(shard) = subject
        {
            out.push(Command::PlanSplit { shard: shard.clone(), is_balanced });
        }
    }
}

/// Title, sentence and trap.
fn conclusion(ui: &mut Ui, verdict: &Verdict) {
    text::paragraph(ui, verdict.title.as_str(), fonts::title(), theme::tokens(ui).strong);
    ui.add_space(2.0);
    verdict_sentence(ui, &verdict.sentence);
    if let Some(trap) = &verdict.note {
        ui.add_space(8.0);
        note(ui, &trap.title, &trap.text);
    }
}

/// The words of the tag and their colour. A shape comes before the colour.
fn tag_of(verdict: &Verdict) -> (String, TagStyle) {
    let style = match (verdict.kind, verdict.severity) {
        (VerdictKind::Healthy, _) => TagStyle::Ok,
        (VerdictKind::Unknown, _) => TagStyle::Neutral,
        (_, Severity::Critical) => TagStyle::Crit,
        _ => TagStyle::Warn,
    };
    let is_critical = verdict.severity == Severity::Critical;
    let words = match verdict.kind {
        VerdictKind::HotShard | VerdictKind::HotKey if !is_critical => verdict.kind.tag().replace("HOT", "WARM"),
        _ => verdict.kind.tag().to_owned(),
    };
    (if is_critical { format!("▲ {words}") } else { words }, style)
}

/// The verdict for a chat or a ticket.
pub fn verdict_text(open: &OpenStream, shard: Option<&ShardId>, verdict: Option<&Verdict>) -> String {
    let mut lines = vec![format!("Stream {}", open.name)];
    match (shard, verdict) {
        (subject, Some(verdict)) => {
            let subject = subject.map_or("stream", ShardId::as_str);
            lines.push(format!("{subject}: {} ({})", verdict.severity.word(), verdict.confidence.text()));
            lines.push(verdict.sentence.to_text());
            lines.extend(verdict.note.as_ref().map(|note| format!("{}. {}", note.title, note.text)));
        }
        (Some(shard), None) => lines.push(format!("{shard}: nothing is known yet")),
        (None, None) => lines.push("nothing is known yet".to_owned()),
    }
    let figures = shard.and_then(|shard| open.metrics.get()?.shards.get(shard));
    for step in figures.map(shard_story::steps).unwrap_or_default() {
        lines.push(format!("{} UTC {}", step.at().to_rfc3339(), step.text()));
    }
    if let Some(metrics) = open.metrics.get() {
        let window = metrics.window;
        lines.push(format!("1-min figures, {} to {}", window.start.to_rfc3339(), window.end.to_rfc3339()));
    }
    if let Some((from, to)) = open.sample.sample.as_ref().and_then(|sample| sample.span()) {
        lines.push(format!("records read, {} to {}", from.to_rfc3339(), to.to_rfc3339()));
    }
    lines.join("\n")
}
