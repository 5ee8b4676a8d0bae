//! Painted text: elided in a rectangle, measured, or as a coloured sentence. Painted text has no accessibility node of
//! its own; use [`label`] where nothing around it carries the words.

use std::sync::Arc;

use eframe::egui::{
    Align, Align2, Color32, FontId, Galley, Label, Painter, Pos2, Rect, Response, RichText, Role, Sense, TextWrapMode,
    Ui, Vec2, WidgetInfo, pos2,
    text::{LayoutJob, TextFormat, TextWrapping},
};

use crate::model::format;
use crate::model::sentence::{Sentence, Span};
use crate::ui::theme::{self, Tokens, fonts};

/// A label that does not wrap, in one font and colour.
pub fn label(ui: &mut Ui, text: impl Into<String>, font: FontId, color: Color32) -> Response {
    ui.add(Label::new(RichText::new(text).font(font).color(color)).wrap_mode(TextWrapMode::Extend).selectable(false))
}

/// A label that wraps at the width of `ui`.
pub fn paragraph(ui: &mut Ui, text: impl Into<String>, font: FontId, color: Color32) -> Response {
    aligned_paragraph(ui, text.into(), font, color, Align::Min)
}

/// A label that wraps at the width of `ui`, each line in its middle.
pub fn centred_paragraph(ui: &mut Ui, text: impl Into<String>, font: FontId, color: Color32) -> Response {
    aligned_paragraph(ui, text.into(), font, color, Align::Center)
}

fn aligned_paragraph(ui: &mut Ui, text: String, font: FontId, color: Color32, align: Align) -> Response {
    let line_height = Some((font.size * 1.38).round());
    let mut job = LayoutJob { halign: align, ..LayoutJob::default() };
    job.append(&with_units(&text), 0.0, TextFormat { line_height, ..TextFormat::simple(font, color) });
    wrapped(ui, job, &text)
}

/// A job that wraps at the width of `ui`, under a name of its own.
fn wrapped(ui: &mut Ui, mut job: LayoutJob, name: &str) -> Response {
    job.wrap.max_width = ui.available_width();
    let align = job.halign;
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
    let left = if align == Align::Center { rect.center().x } else { rect.left() };
    ui.painter().galley(pos2(left, rect.top()), galley, Color32::PLACEHOLDER);
    response
}

/// Words in which a line never ends between a figure and its per cent sign.
pub fn with_units(text: &str) -> String {
    text.replace(" %", "\u{a0}%")
}

/// Paints text anchored at a point; gives back the rectangle it covers.
pub fn paint_text(
    painter: &Painter,
    pos: Pos2,
    anchor: Align2,
    text: impl ToString,
    font: FontId,
    color: Color32,
) -> Rect {
    painter.text(pos, anchor, text, font, color)
}

/// Width of one line of text.
pub fn text_width(painter: &Painter, text: &str, font: FontId) -> f32 {
    painter.layout_no_wrap(text.to_owned(), font, Color32::WHITE).size().x
}

/// Paints one line, centred vertically in `rect`, cut with an ellipsis where it is too long. Gives back what it covers.
pub fn paint_elided(painter: &Painter, rect: Rect, align: Align, text: &str, font: FontId, color: Color32) -> Rect {
    if rect.width() < LEAST_WIDTH {
        return Rect::from_min_size(rect.min, Vec2::ZERO);
    }
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = one_row(rect.width());
    paint_galley(painter, rect, align, painter.layout_job(job), color)
}

/// Paints one line as [`paint_elided`] does, but leaves out its middle where it is too long: names that begin alike
/// differ at their ends.
pub fn paint_elided_middle(
    painter: &Painter,
    rect: Rect,
    align: Align,
    text: &str,
    font: FontId,
    color: Color32,
) -> Rect {
    let whole = painter.layout_no_wrap(text.to_owned(), font.clone(), color);
    let room = rect.width();
    if whole.size().x <= room {
        return paint_galley(painter, rect, align, whole, color);
    }
    let widths: Vec<f32> = whole.rows.iter().flat_map(|row| &row.glyphs).map(|glyph| glyph.advance_width).collect();
    // Glyphs stand on whole pixels, so a line can be a little wider than its parts.
    let ellipsis = text_width(painter, "…", font.clone()) + 2.0;
    // One character at least makes way for the ellipsis.
    let most = (fitting_ends(&widths, room - ellipsis) + 1).min(text.chars().count().saturating_sub(1));
    paint_elided(painter, rect, align, &format::elide_middle(text, most), font, color)
}

/// How many characters fit in `room` points if they are taken from both ends in turn, from the beginning first.
fn fitting_ends(widths: &[f32], room: f32) -> usize {
    let mut left = room;
    let mut kept = 0;
    while kept < widths.len() {
        let at = if kept % 2 == 0 { kept / 2 } else { widths.len() - 1 - kept / 2 };
        left -= widths.get(at).copied().unwrap_or(0.0);
        if left < 0.0 {
            break;
        }
        kept += 1;
    }
    kept
}

/// Paints a coloured job as one line, as [`paint_elided`] does.
pub fn paint_job(painter: &Painter, rect: Rect, align: Align, mut job: LayoutJob) -> Rect {
    if rect.width() < LEAST_WIDTH {
        return Rect::from_min_size(rect.min, Vec2::ZERO);
    }
    job.wrap = one_row(rect.width());
    paint_galley(painter, rect, align, painter.layout_job(job), Color32::WHITE)
}

/// Where less room is left, nothing is painted, not even an ellipsis.
const LEAST_WIDTH: f32 = 5.0;

fn one_row(width: f32) -> TextWrapping {
    TextWrapping { max_width: width.max(0.0), max_rows: 1, break_anywhere: true, overflow_character: Some('…') }
}

fn paint_galley(painter: &Painter, rect: Rect, align: Align, galley: Arc<Galley>, color: Color32) -> Rect {
    let size = galley.size();
    let x = match align {
        Align::Min => rect.left(),
        Align::Center => rect.center().x - size.x / 2.0,
        Align::Max => rect.right() - size.x,
    };
    let pos = pos2(x, (rect.center().y - size.y / 2.0).round());
    painter.galley(pos, galley, color);
    Rect::from_min_size(pos, size)
}

/// A sentence as a coloured job: identifiers in the fixed-width face, figures in the colour of their state.
pub fn sentence_job(tokens: &Tokens, sentence: &Sentence, size: f32) -> LayoutJob {
    let with_size = |font: FontId| FontId::new(size, font.family);
    let mut job = LayoutJob::default();
    for span in &sentence.0 {
        let (font, color) = match span {
            Span::Plain(_) => (fonts::body(), tokens.text),
            Span::Strong(_) => (fonts::body_strong(), tokens.strong),
            Span::Code(_) => (fonts::value(), tokens.strong),
            Span::Warn(_) => (fonts::body_strong(), tokens.warn),
            Span::Crit(_) => (fonts::body_strong(), tokens.crit),
            Span::Throttle(_) => (fonts::body_strong(), tokens.throttle),
        };
        let font = if matches!(span, Span::Code(_)) { FontId::new(size - 1.0, font.family) } else { with_size(font) };
        let format = TextFormat { valign: Align::Center, ..TextFormat::simple(font, color) };
        job.append(&with_units(span.text()), 0.0, format);
    }
    job
}

/// A sentence as a wrapping label.
pub fn sentence(ui: &mut Ui, sentence: &Sentence) -> Response {
    spaced_sentence(ui, sentence, 18.0)
}

/// A sentence as a wrapping label, in lines of this height.
pub fn spaced_sentence(ui: &mut Ui, sentence: &Sentence, line_height: f32) -> Response {
    let mut job = sentence_job(theme::tokens(ui), sentence, 13.0);
    for section in &mut job.sections {
        section.format.line_height = Some(line_height);
    }
    wrapped(ui, job, &sentence.to_text())
}

/// Paints words, centred vertically in `rect`, in up to `rows` lines; cut with an ellipsis where they are longer.
pub fn paint_wrapped(painter: &Painter, rect: Rect, rows: usize, text: &str, font: FontId, color: Color32) -> Rect {
    if rect.width() < LEAST_WIDTH {
        return Rect::from_min_size(rect.min, Vec2::ZERO);
    }
    let mut job = LayoutJob::simple(with_units(text), font, color, rect.width());
    job.wrap =
        TextWrapping {
            max_width: rect.width(), max_rows: rows, break_anywhere: false, overflow_character: Some('…')
        };
    paint_galley(painter, rect, Align::Min, painter.layout_job(job), color)
}

/// Builds a line of several fonts and colours for [`paint_job`].
pub fn job(parts: &[(&str, FontId, Color32)]) -> LayoutJob {
    let mut job = LayoutJob::default();
    for (text, font, color) in parts {
        let format = TextFormat { valign: Align::Center, ..TextFormat::simple(font.clone(), *color) };
        job.append(text, 0.0, format);
    }
    job
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_as_much_of_both_ends_as_fits() {
        let widths = [10.0; 9];
        assert_eq!(fitting_ends(&widths, 45.0), 4);
        assert_eq!(fitting_ends(&widths, 1_000.0), 9);
        assert_eq!(fitting_ends(&widths, 0.0), 0);
        assert_eq!(fitting_ends(&[1.0, 1.0, 50.0, 1.0], 3.0), 3, "a wide character in the middle is left out");
    }
}
