//! The editor of the data: line numbers, JSON colours, and a line that says whether it is JSON. Sends whatever is in it.

use std::sync::Arc;

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{
    self, Align, Align2, FontId, Frame, Galley, Id, Margin, Pos2, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind,
    TextBuffer, TextEdit, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::draft::{Draft, Typed};
use crate::model::format;
use crate::model::json_scan;
use crate::model::template::{self, Look, TemplateError};
use crate::model::time::Timestamp;
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
    is_template: bool,
    is_dark: bool,
    job: Option<LayoutJob>,
    validity: Validity,
    look: Option<Look>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Validity {
    #[default]
    Empty,
    Json,
    NotJson(String),
    /// A placeholder that means nothing.
    NoTemplate(String),
}

impl EditorCache {
    /// Takes the text in, as a template or as it stands.
    pub fn take(&mut self, text: &str, is_template: bool) {
        if self.text == text && self.is_template == is_template && self.job.is_some() {
            return;
        }
        (self.validity, self.look) = if is_template { template_validity(text) } else { (validity(text), None) };
        self.job = None;
        text.clone_into(&mut self.text);
        self.is_template = is_template;
    }

    /// What a look at a template showed; `None` where it is none.
    pub fn look(&self) -> Option<&Look> {
        self.look.as_ref()
    }

    /// What is wrong with a template, by line and column.
    pub fn fault(&self) -> Option<&str> {
        match &self.validity {
            Validity::NoTemplate(what) => Some(what),
            _ => None,
        }
    }

    fn job(&mut self, text: &str, is_template: bool, t: &Tokens, is_dark: bool) -> &LayoutJob {
        self.take(text, is_template);
        if self.is_dark != is_dark {
            self.job = None;
            self.is_dark = is_dark;
        }
        self.job.get_or_insert_with(|| {
            let font = fonts::value();
            let marks = if is_template { template::places(text) } else { Vec::new() };
            let mut job = if text.len() > COLORED_MAX_BYTES {
                plain_job(text, &font, t.text, t, &marks)
            } else {
                json_job(text, &font, t, &marks)
            };
            for section in &mut job.sections {
                section.format.line_height = Some(LINE);
                if section.format.background != egui::Color32::TRANSPARENT {
                    (section.format.color, section.format.background) = (t.accent, t.accent_dim);
                }
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
        Err(error) => Validity::NotJson(TemplateError::at(text, error.at, error.what).to_string()),
    }
}

/// A template is looked at by some of its records; its key and time are not known here and make no difference.
fn template_validity(text: &str) -> (Validity, Option<Look>) {
    match template::look(text, 1, Timestamp(0), "key") {
        Err(error) => (Validity::NoTemplate(error.to_string()), None),
        Ok((_, look)) if text.trim().is_empty() => (Validity::Empty, Some(look)),
        Ok((_, look)) => match &look.not_json {
            None => (Validity::Json, Some(look)),
            Some(error) => (Validity::NotJson(error.to_string()), Some(look)),
        },
    }
}

/// A text that is edited with line numbers and colours.
pub struct Code<'a> {
    /// Stable.
    pub id: Id,
    /// Its accessible name.
    pub name: &'a str,
    /// Shown while it is empty.
    pub hint: &'a str,
    /// The text.
    pub text: &'a mut String,
    /// Whether its placeholders mean something.
    pub is_template: bool,
    /// What was worked out of it.
    pub cache: &'a mut EditorCache,
}

/// Draws the editor of the data with its heading; whether something was typed.
pub fn show(ui: &mut Ui, area: Rect, draft: &mut Draft, cache: &mut EditorCache) -> bool {
    let t = theme::tokens(ui);
    let head = area.with_max_y(area.top() + 18.0);
    ui.painter().text(head.left_center(), Align2::LEFT_CENTER, "Data", fonts::small_medium(), t.weak);
    let frame = area.with_min_y(head.bottom() + 4.0);
    if draft.binary.is_some() {
        ui.painter().rect(frame, 4, t.inset, Stroke::new(1.0, t.stroke), StrokeKind::Inside);
        return binary(ui, frame, draft);
    }
    let code = Code {
        id: Id::unique("inject data"),
        name: "Data",
        hint: match draft.typed {
            Typed::Text => "The record's bytes as text. JSON is coloured; anything may be sent.",
            Typed::Hex => "The record's bytes as hexadecimal digits: 1f 8b 08 …",
            Typed::Base64 => "The record's bytes as base64.",
        },
        is_template: draft.fills_in(),
        text: &mut draft.data,
        cache,
    };
    let changed = code.show(ui, frame);
    if draft.typed == Typed::Text {
        validity_line(ui, head, cache, Some("sent as UTF-8"));
    } else {
        bytes_line(ui, head, draft);
    }
    changed
}

impl Code<'_> {
    /// Draws it in a frame; whether something was typed.
    pub fn show(mut self, ui: &mut Ui, frame: Rect) -> bool {
        let t = theme::tokens(ui);
        ui.painter().rect_filled(frame, 4, t.inset);
        let inner = frame.shrink(1.0);
        let id = self.id;
        let builder = UiBuilder::new().id_salt(id).max_rect(inner);
        let changed = ui
            .scope_builder(builder, |ui| {
                ui.set_clip_rect(inner.intersect(ui.clip_rect()));
                ScrollArea::vertical()
                    .id_salt("data scroll")
                    .auto_shrink([false, false])
                    .show(ui, |ui| self.text_edit(ui, inner))
                    .inner
            })
            .inner;
        let has_focus = ui.memory(|memory| memory.has_focus(id));
        let edge = if has_focus { t.accent } else { t.stroke };
        ui.painter().rect_stroke(frame, 4, Stroke::new(1.0, edge), StrokeKind::Inside);
        if has_focus {
            ui.painter().rect_stroke(frame, 4, Stroke::new(1.0, edge.gamma_multiply(0.8)), StrokeKind::Outside);
        }
        changed
    }

    fn text_edit(&mut self, ui: &mut Ui, inner: Rect) -> bool {
        let t = theme::tokens(ui);
        let is_dark = ui.visuals().dark_mode;
        let (cache, is_template) = (&mut *self.cache, self.is_template);
        let mut layouter = |ui: &Ui, text: &dyn TextBuffer, width: f32| -> Arc<Galley> {
            let mut job = cache.job(text.as_str(), is_template, t, is_dark).clone();
            job.wrap = TextWrapping { max_width: width, ..TextWrapping::default() };
            ui.fonts_mut(|fonts| fonts.layout_job(job))
        };
        let ground = ui.painter().add(egui::Shape::Noop);
        let output = TextEdit::multiline(self.text)
            .id(self.id)
            .frame(Frame::NONE.inner_margin(Margin { left: GUTTER as i8, right: 10, top: 6, bottom: 6 }))
            .font(fonts::value())
            .text_color(t.text)
            .hint_text(egui::RichText::new(self.hint).font(fonts::value()).color(t.faint))
            .lock_focus(true)
            .desired_width(inner.width())
            .min_size(vec2(inner.width(), inner.height() - 2.0))
            .layouter(&mut layouter)
            .show(ui);
        let response = output.response.response.accessible_name(self.name);
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
                // The line of an empty text has no height of its own.
                let at = pos2(right, rect.top() + rect.height().max(LINE) / 2.0);
                ui.painter().text(at, Align2::RIGHT_CENTER, number, font.clone(), color);
            }
        }
        begins = row.ends_with_newline;
        if rect.top() > clip.bottom() {
            break;
        }
    }
}

/// Says at the right of a heading whether the text is JSON, how large its records are, and what else there is to say.
pub fn validity_line(ui: &mut Ui, head: Rect, cache: &EditorCache, sent: Option<&str>) {
    let t = theme::tokens(ui);
    let (icon, text, color) = match &cache.validity {
        Validity::Empty => return,
        Validity::Json => (theme::icons::CHECK, format!("Valid JSON{}", sizes(cache, sent.is_none())), t.ok),
        Validity::NotJson(what) => (theme::icons::WARNING, format!("Not JSON, {what}"), t.warn),
        Validity::NoTemplate(what) => (theme::icons::ERROR, format!("No template, {what}"), t.crit),
    };
    let response = ui.interact(head, ui.make_persistent_id("validity"), Sense::hover());
    let also = sent.map_or_else(String::new, |sent| format!(", {sent}"));
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, format!("{text}{also}")));
    let painter = ui.painter();
    let mut right = head.right();
    if let Some(sent) = sent {
        let sent = painter.text(head.right_center(), Align2::RIGHT_CENTER, sent, fonts::small(), t.weak);
        right = (sent.left() - 9.0).round();
        painter.vline(right + 0.5, head.shrink(3.0).y_range(), Stroke::new(1.0, t.stroke_strong));
        right -= 9.0;
    }
    let width = widgets::text_width(painter, &text, fonts::small()).min(right - head.left() - 90.0);
    let words = Rect::from_min_max(pos2(right - width - 1.0, head.top()), pos2(right, head.bottom()));
    widgets::paint_elided(painter, words, Align::Max, &text, fonts::small(), color);
    painter.text(pos2(words.left() - 5.0, head.center().y), Align2::RIGHT_CENTER, icon, fonts::icon(13.0), color);
}

/// How many bytes the digits make, or what is wrong with them.
fn bytes_line(ui: &mut Ui, head: Rect, draft: &Draft) {
    let t = theme::tokens(ui);
    let (text, color) = match draft.bytes() {
        Ok(bytes) => (format!("sent as {}", format::counted(bytes.len(), "byte")), t.weak),
        Err(fault) => (fault, t.warn),
    };
    let response = ui.interact(head, ui.make_persistent_id("validity"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &text));
    let words = head.with_min_x(head.left() + 220.0);
    widgets::paint_elided(ui.painter(), words, Align::Max, &text, fonts::small(), color);
}

/// `, 5 placeholders, 1.31 – 1.72 KiB`.
fn sizes(cache: &EditorCache, with_bytes: bool) -> String {
    let Some(look) = &cache.look else { return String::new() };
    let placeholders = format::counted(look.placeholders, "placeholder");
    let (least, most) = (format::bytes(look.least_bytes as u64), format::bytes(look.most_bytes as u64));
    match with_bytes {
        false => format!(", {placeholders}"),
        true if least == most => format!(", {placeholders}, {most}"),
        true => format!(", {placeholders}, {least} – {most}"),
    }
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
