//! How a record was decoded, as a chain of chips: what came, what was taken off, what it is.

use eframe::egui::{Align2, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::inspector::GUTTER;
use crate::model::decode::Step;
use crate::model::format;
use crate::model::record::Record;
use crate::ui::theme::{Tokens, fonts, icons};
use crate::ui::widgets::{TagStyle, paint_tag, tag_size};

const ROW: f32 = 22.0;

/// Draws the chain, and below it the schema that a registry header names and what went wrong. `forced` says that it was not
/// left to find out by itself.
pub fn show(ui: &mut Ui, t: &Tokens, record: &Record, forced: &str) {
    ui.add_space(8.0);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let at = rect.left_center() + vec2(GUTTER, 0.0);
    ui.painter().text(at, Align2::LEFT_CENTER, "How it was decoded", fonts::small(), t.weak);
    let at = rect.right_center() - vec2(GUTTER, 0.0);
    ui.painter().text(at, Align2::RIGHT_CENTER, forced, fonts::small(), t.weak);
    ui.add_space(1.0);
    paint_chips(ui, t, &chips(record));
    if let Some(schema) = record.decoded.details.as_ref().and_then(|details| details.schema.as_ref()) {
        line(ui, t, Role::Label, &format!("Written with {schema}"), t.weak);
    }
    if let Some(error) = &record.decoded.error {
        line(ui, t, Role::Alert, error, t.warn);
    }
}

/// The chips in as many rows as they need.
fn paint_chips(ui: &mut Ui, t: &Tokens, chips: &[(String, TagStyle)]) {
    let width = ui.available_width();
    let mut places = Vec::with_capacity(chips.len());
    let (mut x, mut row) = (GUTTER, 0.0);
    for (at, (text, _)) in chips.iter().enumerate() {
        let size = tag_size(ui.painter(), text).x;
        let lead = if at == 0 { 0.0 } else { 24.0 };
        if at > 0 && x + lead + size > width - 6.0 {
            row += 1.0;
            x = GUTTER - 16.0;
        }
        places.push((x + lead, row));
        x += lead + size;
    }
    let (rect, response) = ui.allocate_exact_size(vec2(width, ROW * (row + 1.0)), Sense::hover());
    let words: Vec<&str> = chips.iter().map(|(text, _)| text.as_str()).collect();
    response
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("How it was decoded: {}", words.join(" > "))));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    for (at, ((text, style), (x, row))) in chips.iter().zip(places).enumerate() {
        let middle = rect.top() + ROW * row + ROW / 2.0;
        let left = rect.left() + x;
        if at > 0 {
            let caret = pos2(left - 17.0, middle);
            painter.text(caret, Align2::LEFT_CENTER, icons::CARET_RIGHT, fonts::icon(10.0), t.faint);
        }
        paint_tag(&painter, t, pos2(left, middle), text, *style);
    }
}

fn line(ui: &mut Ui, t: &Tokens, role: Role, text: &str, color: eframe::egui::Color32) {
    let width = ui.available_width() - 2.0 * GUTTER;
    let galley = ui.painter().layout(format::one_line(text, 400), fonts::dense(), color, width);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), galley.size().y + 4.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(role, true, text));
    ui.painter().galley(rect.min + vec2(GUTTER, 2.0), galley, t.text);
}

/// Each step with the bytes it was given; the last one with those of its text. The size of an aggregate is not known any
/// more once it was taken apart.
fn chips(record: &Record) -> Vec<(String, TagStyle)> {
    let decoded = &record.decoded;
    let bytes = |size: usize| format::bytes(size as u64);
    let mut sizes = decoded.details.iter().flat_map(|details| details.sizes.iter().copied());
    let mut size = record.data.len();
    let mut chips = Vec::with_capacity(decoded.steps.len() + 1);
    let end = if decoded.error.is_some() { TagStyle::Warn } else { TagStyle::Ok };
    for (at, step) in decoded.steps.iter().enumerate() {
        let is_last = at + 1 == decoded.steps.len();
        chips.push(match step {
            Step::Kpl => {
                let place = record.sub_sequence.map(|(at, of)| format!(" {}/{of}", at.saturating_add(1)));
                (format!("KPL{}", place.unwrap_or_default()), TagStyle::Neutral)
            }
            Step::Binary => {
                let style = if decoded.error.is_some() { TagStyle::Warn } else { TagStyle::Neutral };
                (format!("bytes {}", bytes(size)), style)
            }
            // An envelope is the same JSON by another name.
            Step::CloudWatchLogs => (step.title().to_owned(), end),
            _ if is_last => (format!("{} {}", step.title(), bytes(decoded.text.as_deref().map_or(0, str::len))), end),
            _ => {
                let given = size;
                size = sizes.next().unwrap_or(size);
                (format!("{} {}", step.title(), bytes(given)), TagStyle::Neutral)
            }
        });
    }
    chips
}
