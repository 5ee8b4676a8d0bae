//! The first lines of the file, each with its key and the shard it lands on.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Align, Align2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::{Scene, scan};
use crate::model::batch::PreviewLine;
use crate::model::format;
use crate::ui::theme::{self, Tokens, fonts};
use crate::ui::widgets;

const LINE: f32 = 22.0;
/// Room for where a line lands.
const LANDS: f32 = 64.0;

/// Draws what fits below the cursor.
pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>) {
    let t = theme::tokens(ui);
    widgets::label(ui, "First lines, and where each lands", fonts::small_medium(), t.weak);
    let (rect, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let scan = scan(scene);
    let lines = scan.map(|scan| scan.preview.as_slice()).unwrap_or_default();
    let room = ((rect.height() - 8.0) / LINE).floor().max(1.0) as usize;
    let shown = lines.len().min(room).max(1);
    let frame = rect.with_max_y((rect.top() + 8.0 + LINE * shown as f32).min(rect.bottom()));
    ui.painter().rect(frame, 4, t.inset, Stroke::new(1.0, t.stroke), StrokeKind::Inside);
    if lines.is_empty() {
        let words = match scan {
            _ if scene.state.batch.path.trim().is_empty() => {
                "Name a file: nothing is sent before you say so.".to_owned()
            }
            Some(scan) => scan.problem.clone().unwrap_or_else(|| "Reading…".to_owned()),
            None => "Reading…".to_owned(),
        };
        let is_wrong = scan.is_some_and(|scan| scan.problem.is_some());
        let response = ui.interact(frame, ui.make_persistent_id("no lines"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &words));
        let color = if is_wrong { t.crit } else { t.weak };
        widgets::paint_elided(ui.painter(), frame.shrink2(vec2(12.0, 4.0)), Align::Min, &words, fonts::small(), color);
        return;
    }
    for (at, line) in lines.iter().take(shown).enumerate() {
        let top = frame.top() + 4.0 + LINE * at as f32;
        draw(ui, t, Rect::from_min_max(pos2(frame.left(), top), pos2(frame.right(), top + LINE)), line);
    }
}

fn draw(ui: &Ui, t: &Tokens, row: Rect, line: &PreviewLine) {
    let (lands, color) = match &line.lands {
        Ok((_, Some(shard))) => (shard.short(), t.text),
        Ok((_, None)) => ("no shard".to_owned(), t.warn),
        Err(_) => ("invalid".to_owned(), t.crit),
    };
    let response = ui.interact(row, ui.make_persistent_id(("line", line.number)), Sense::hover());
    response.widget_info(|| {
        let words = match &line.lands {
            Ok((key, _)) => format!("key {} lands on {lands}", format::one_line(key, 80)),
            Err(reason) => reason.clone(),
        };
        WidgetInfo::labeled(Role::ListItem, true, format!("Line {}: {words}", line.number))
    });
    let painter = ui.painter_at(row);
    let number = format::grouped(line.number as i64);
    painter.text(pos2(row.left() + 42.0, row.center().y), Align2::RIGHT_CENTER, number, fonts::dense(), t.faint);
    painter.text(pos2(row.right() - 10.0, row.center().y), Align2::RIGHT_CENTER, lands, fonts::dense(), color);
    let text = Rect::from_min_max(pos2(row.left() + 54.0, row.top()), pos2(row.right() - LANDS, row.bottom()));
    let mut job = LayoutJob::default();
    let plain = TextFormat::simple(fonts::dense(), t.text);
    let marked = TextFormat { color: t.accent, background: t.accent_dim, ..plain.clone() };
    let at = line.key_at.clone().unwrap_or(0..0);
    let parts = [(0..at.start, &plain), (at.clone(), &marked), (at.end..line.text.len(), &plain)];
    for (range, format) in parts {
        let part = line.text.get(range).unwrap_or_default();
        job.append(&part.chars().map(crate::model::format::visible).collect::<String>(), 0.0, format.clone());
    }
    job.wrap = eframe::egui::text::TextWrapping::truncate_at_width(text.width());
    let galley = painter.layout_job(job);
    painter.galley(pos2(text.left(), text.center().y - galley.size().y / 2.0), galley, t.text);
    if let Err(reason) = &line.lands {
        response.on_hover_text(reason);
    }
}
