//! The editor of the data: line numbers, JSON colours, and a line that says whether it is JSON. Sends whatever is in it.

use std::sync::Arc;

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{
    self, Align, Align2, FontId, Frame, Galley, Id, Margin, Pos2, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind,
    TextBuffer, TextEdit, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::draft::Draft;
use crate::model::format;
use crate::model::json_scan;
use crate::ui::theme::{self, Tokens, fonts};
use crate::ui::views::tail::json_ink::{json_job, plain_job};
use crate::ui::widgets::{self, Button};

/// Beyond this a text is drawn in one colour.
const COLORED_MAX_BYTES: usize = 256 * 1_024;
/// Deepest nesting that still counts as JSON here.
const MAX_DEPTH: usize = 512;
const GUTTER: f32 = 34.0;
const LINE: f32 = 19.0;

/// What is worked out of the text once for each change.
#[derive(Debug, Default)]
pub struct EditorCache {
    text: String,
    is_dark: bool,
    job: Option<LayoutJob>,
    validity: Validity,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Validity {
    #[default]
    Empty,
    Json,
    NotJson(String),
}

impl EditorCache {
    fn update(&mut self, text: &str, t: &Tokens, is_dark: bool) -> &LayoutJob {
        if self.text != text || self.is_dark != is_dark || self.job.is_none() {
            self.validity = validity(text);
            self.job = None;
            text.clone_into(&mut self.text);
            self.is_dark = is_dark;
        }
        self.job.get_or_insert_with(|| {
            let font = fonts::value();
            let mut job = if text.len() > COLORED_MAX_BYTES {
                plain_job(text, &font, t.text, t, &[])
            } else {
                json_job(text, &font, t, &[])
            };
            for section in &mut job.sections {
                section.format.line_height = Some(LINE);
            }
            job
        })
    }
}

fn validity(text: &str) -> Validity {
    if text.trim().is_empty() {
        return Validity::Empty;
    }
    match json_scan::validate(text, MAX_DEPTH) {
        Ok(()) => Validity::Json,
        Err(error) => {
            let before = text.get(..error.at.min(text.len())).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
            Validity::NotJson(format!("line {line}, column {column}: {}", error.what))
        }
    }
}

/// Draws the editor with its heading; whether something was typed.
pub fn show(ui: &mut Ui, area: Rect, draft: &mut Draft, cache: &mut EditorCache) -> bool {
    let t = theme::tokens(ui);
    let head = area.with_max_y(area.top() + 18.0);
    ui.painter().text(head.left_center(), Align2::LEFT_CENTER, "Data", fonts::small_medium(), t.weak);
    let frame = area.with_min_y(head.bottom() + 4.0);
    ui.painter().rect_filled(frame, 4, t.inset);
    if draft.binary.is_some() {
        ui.painter().rect_stroke(frame, 4, Stroke::new(1.0, t.stroke), StrokeKind::Inside);
        return binary(ui, frame, draft);
    }
    let id = Id::unique("inject data");
    let inner = frame.shrink(1.0);
    let builder = UiBuilder::new().id_salt("data").max_rect(inner);
    let changed = ui
        .scope_builder(builder, |ui| {
            ui.set_clip_rect(inner.intersect(ui.clip_rect()));
            ScrollArea::vertical()
                .id_salt("data scroll")
                .auto_shrink([false, false])
                .show(ui, |ui| text_edit(ui, id, inner, draft, cache))
                .inner
        })
        .inner;
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    let edge = if has_focus { t.accent } else { t.stroke };
    ui.painter().rect_stroke(frame, 4, Stroke::new(1.0, edge), StrokeKind::Inside);
    if has_focus {
        ui.painter().rect_stroke(frame, 4, Stroke::new(1.0, edge.gamma_multiply(0.8)), StrokeKind::Outside);
    }
    validity_line(ui, head, &cache.validity);
    changed
}

fn text_edit(ui: &mut Ui, id: Id, inner: Rect, draft: &mut Draft, cache: &mut EditorCache) -> bool {
    let t = theme::tokens(ui);
    let is_dark = ui.visuals().dark_mode;
    let mut layouter = |ui: &Ui, text: &dyn TextBuffer, width: f32| -> Arc<Galley> {
        let mut job = cache.update(text.as_str(), t, is_dark).clone();
        job.wrap = TextWrapping { max_width: width, ..TextWrapping::default() };
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    let ground = ui.painter().add(egui::Shape::Noop);
    let output = TextEdit::multiline(&mut draft.data)
        .id(id)
        .frame(Frame::NONE.inner_margin(Margin { left: GUTTER as i8, right: 10, top: 6, bottom: 6 }))
        .font(fonts::value())
        .text_color(t.text)
        .hint_text(
            egui::RichText::new("The record's bytes as text. JSON is coloured; anything may be sent.")
                .font(fonts::value())
                .color(t.faint),
        )
        .lock_focus(true)
        .desired_width(inner.width())
        .min_size(vec2(inner.width(), inner.height() - 2.0))
        .layouter(&mut layouter)
        .show(ui);
    let response = output.response.response.accessible_name("Data");
    let cursor_row = output
        .cursor_range
        .filter(|_| response.has_focus())
        .map(|range| output.galley.pos_from_cursor(range.primary).center().y + output.galley_pos.y);
    if let Some(y) = cursor_row {
        let band = Rect::from_min_max(pos2(inner.left(), y - LINE / 2.0), pos2(inner.right(), y + LINE / 2.0));
        ui.painter().set(ground, egui::epaint::RectShape::filled(band, 0, t.hover));
    }
    line_numbers(ui, &output.galley, output.galley_pos, inner.left() + 24.0, cursor_row);
    response.changed()
}

/// Numbers the lines that are in sight; a wrapped line has one number.
fn line_numbers(ui: &Ui, galley: &Galley, origin: Pos2, right: f32, cursor_row: Option<f32>) {
    let t = theme::tokens(ui);
    let clip = ui.clip_rect();
    let font = FontId::new(11.0, fonts::value().family);
    let (mut number, mut begins) = (0, true);
    for row in &galley.rows {
        let rect = row.rect().translate(origin.to_vec2());
        if begins {
            number += 1;
            if rect.bottom() >= clip.top() && rect.top() <= clip.bottom() {
                let is_current = cursor_row.is_some_and(|y| rect.y_range().contains(y));
                let color = if is_current { t.text } else { t.faint };
                let at = pos2(right, rect.center().y);
                ui.painter().text(at, Align2::RIGHT_CENTER, number, font.clone(), color);
            }
        }
        begins = row.ends_with_newline;
        if rect.top() > clip.bottom() {
            break;
        }
    }
}

fn validity_line(ui: &mut Ui, head: Rect, validity: &Validity) {
    let t = theme::tokens(ui);
    let (icon, text, color) = match validity {
        Validity::Empty => return,
        Validity::Json => (theme::icons::CHECK, "Valid JSON".to_owned(), t.ok),
        Validity::NotJson(what) => (theme::icons::WARNING, format!("Not JSON, {what}"), t.warn),
    };
    let response = ui.interact(head, ui.make_persistent_id("validity"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, format!("{text}, sent as UTF-8")));
    let painter = ui.painter();
    let sent = painter.text(head.right_center(), Align2::RIGHT_CENTER, "sent as UTF-8", fonts::small(), t.weak);
    let x = (sent.left() - 9.0).round();
    painter.vline(x + 0.5, head.shrink(3.0).y_range(), Stroke::new(1.0, t.stroke_strong));
    let width = widgets::text_width(painter, &text, fonts::small()).min(head.width() - 180.0);
    let words = Rect::from_min_max(pos2(x - 9.0 - width - 1.0, head.top()), pos2(x - 9.0, head.bottom()));
    widgets::paint_elided(painter, words, Align::Max, &text, fonts::small(), color);
    painter.text(pos2(words.left() - 5.0, head.center().y), Align2::RIGHT_CENTER, icon, fonts::icon(13.0), color);
}

/// Data that is no text: its first bytes, and a way to type instead.
fn binary(ui: &mut Ui, frame: Rect, draft: &mut Draft) -> bool {
    let t = theme::tokens(ui);
    let bytes = draft.binary.as_deref().unwrap_or_default();
    let shown: Vec<String> = bytes.iter().take(256).map(|byte| format!("{byte:02x}")).collect();
    let text = format!("{} that are no text, sent as they are", format::bytes(bytes.len() as u64));
    let builder = UiBuilder::new().id_salt("binary").max_rect(frame.shrink(12.0));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        widgets::label(ui, text, fonts::body(), t.text);
        widgets::text::paragraph(ui, shown.join(" "), fonts::dense(), t.weak);
        let replaced = ui.add(Button::new("Replace by text").small()).clicked();
        if replaced {
            draft.binary = None;
        }
        replaced
    })
    .inner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_named_by_line_and_column() {
        let Validity::NotJson(what) = validity("{\n  \"é\": 1,\n}") else { panic!("is not JSON") };
        assert!(what.starts_with("line 3, column 1:"), "{what}");
        assert_eq!(validity("{\"a\":1}"), Validity::Json);
        assert_eq!(validity(" \n"), Validity::Empty);
    }
}
