//! Records that were pinned: they stay above the others, also when the buffer has dropped them.

use std::sync::Arc;

use eframe::egui::{Align, Align2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::model::format;
use crate::model::mask::Masks;
use crate::model::record::Record;
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::text::job;
use crate::ui::widgets::{self, Button};

const ROW: f32 = 22.0;
/// Most records that are pinned at once; the oldest pin goes.
const MOST: usize = 6;

/// The pinned records, the newest pin last.
#[derive(Debug, Default)]
pub struct Pins(Vec<(u64, Arc<Record>)>);

impl Pins {
    /// Pins a record, or lets it go.
    pub fn toggle(&mut self, id: u64, record: &Arc<Record>) {
        if self.contains(id) {
            self.0.retain(|(pinned, _)| *pinned != id);
            return;
        }
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push((id, record.clone()));
    }

    /// Whether this record is pinned.
    pub fn contains(&self, id: u64) -> bool {
        self.0.iter().any(|(pinned, _)| *pinned == id)
    }

    /// A pinned record.
    pub fn get(&self, id: u64) -> Option<&Arc<Record>> {
        self.0.iter().find(|(pinned, _)| *pinned == id).map(|(_, record)| record)
    }

    /// The newest pin that is not this record.
    pub fn other_than(&self, id: u64) -> Option<&Arc<Record>> {
        self.0.iter().rev().find(|(pinned, _)| *pinned != id).map(|(_, record)| record)
    }

    /// Height of the rows.
    pub fn height(&self) -> f32 {
        if self.0.is_empty() { 0.0 } else { self.0.len() as f32 * ROW + 1.0 }
    }
}

/// Draws the pinned records; the one that was chosen.
pub fn show(ui: &mut Ui, pins: &mut Pins, masks: &Masks, selected: Option<u64>) -> Option<u64> {
    let t = theme::tokens(ui);
    let mut chosen = None;
    let mut unpinned = None;
    for (at, (id, record)) in pins.0.iter().enumerate() {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        let response = ui.interact(rect, ui.make_persistent_id(("pin", at)), Sense::click());
        let is_selected = selected == Some(*id);
        let key = format::one_line(masks.key(&record.partition_key), 48);
        let preview = masks.preview(record);
        response.widget_info(|| {
            let name = format!("Pinned record {} key {key}", record.sequence_number);
            WidgetInfo::selected(Role::Row, true, is_selected, name)
        });
        if response.clicked() {
            chosen = Some(*id);
        }
        let painter = ui.painter();
        let fill = if is_selected {
            t.selected
        } else if response.hovered() {
            t.hover
        } else {
            t.raised
        };
        painter.rect_filled(rect, 0, fill);
        painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
        painter.text(
            pos2(rect.left() + 16.0, rect.center().y),
            Align2::LEFT_CENTER,
            icons::PIN,
            fonts::icon(12.0),
            t.accent,
        );
        let area = Rect::from_min_max(pos2(rect.left() + 36.0, rect.top()), pos2(rect.right() - 34.0, rect.bottom()));
        let shard = record.shard_id.short();
        let words = job(&[
            (&shard, fonts::value(), t.weak),
            ("  ", fonts::value(), t.weak),
            (&key, fonts::value(), t.strong),
            ("  ", fonts::value(), t.weak),
            (&preview, fonts::dense(), t.text),
        ]);
        widgets::text::paint_job(painter, area, Align::Min, words);
        let cross = Rect::from_center_size(pos2(rect.right() - 18.0, rect.center().y), vec2(20.0, 20.0));
        if ui
            .place(cross, Button::ghost("").icon(icons::CLOSE).name("Unpin record").tooltip("Unpin").height(20.0))
            .clicked()
        {
            unpinned = Some(*id);
        }
    }
    if !pins.0.is_empty() {
        widgets::hairline(ui);
    }
    if let Some(id) = unpinned {
        pins.0.retain(|(pinned, _)| *pinned != id);
    }
    chosen
}
