//! Bytes of a record in hexadecimal, with the place where decoding stopped.

use eframe::egui::{Align, FontId, ScrollArea, Sense, Ui, vec2};

use crate::model::format;
use crate::model::record::Record;
use crate::ui::theme::{self, fonts};
use crate::ui::widgets;
use crate::ui::widgets::text::job;

const ROW: f32 = 16.0;
const BYTES: usize = 8;
/// Most bytes that are shown; all of them can be copied.
const MAX_SHOWN_BYTES: usize = 2 * 1_048_576;

/// Draws the bytes: those that decoding stopped at, or those of the record.
pub fn show(ui: &mut Ui, record: &Record) {
    let t = theme::tokens(ui);
    let details = record.decoded.details.as_deref();
    let inner = details.and_then(|details| details.failed_bytes.as_deref());
    let failed_at = details.and_then(|details| details.failed_at);
    let data = inner.unwrap_or(&record.data);
    let shown = data.len().min(MAX_SHOWN_BYTES);
    let rows = shown.div_ceil(BYTES);
    let font = FontId::new(11.0, fonts::dense().family);
    ui.add_space(6.0);
    let mut notes = Vec::new();
    if inner.is_some() {
        notes.push("The unpacked bytes that decoding stopped at".to_owned());
    }
    if let Some(at) = failed_at {
        notes.push(format!("It stopped at byte {} ({at:06x})", format::grouped(at as i64)));
    }
    for note in notes {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW + 2.0), Sense::hover());
        widgets::paint_elided(ui.painter(), rect.shrink2(vec2(14.0, 0.0)), Align::Min, &note, fonts::small(), t.warn);
    }
    let count = rows + usize::from(data.len() > shown);
    ScrollArea::vertical().id_salt("hex").auto_shrink([false, false]).show_rows(ui, ROW, count, |ui, range| {
        for row in range {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
            let area = rect.shrink2(vec2(14.0, 0.0));
            let start = row * BYTES;
            let Some(bytes) = data.get(start..(start + BYTES).min(shown)).filter(|_| row < rows) else {
                let words = format!("Shown up to {}. Copy gives all.", format::bytes(shown as u64));
                widgets::paint_elided(ui.painter(), area, Align::Min, &words, fonts::small(), t.weak);
                continue;
            };
            if failed_at.is_some_and(|at| (start..start + BYTES).contains(&at)) {
                ui.painter().rect_filled(rect, 0, t.warn_dim);
            }
            let place = format!("{start:06x}  ");
            let pairs: String = (0..BYTES)
                .map(|at| bytes.get(at).map_or_else(|| "   ".to_owned(), |byte| format!("{byte:02x} ")))
                .collect();
            let ascii: String =
                bytes.iter().map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '·' }).collect();
            let parts = [
                (place.as_str(), font.clone(), t.faint),
                (pairs.as_str(), font.clone(), t.text),
                (" ", font.clone(), t.text),
                (ascii.as_str(), font.clone(), t.syn_str),
            ];
            widgets::text::paint_job(ui.painter(), area, Align::Min, job(&parts));
        }
    });
}
