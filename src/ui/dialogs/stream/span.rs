//! How far back records can be read, as bars on one scale: now and after.

use eframe::egui::{Align2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::model::format;
use crate::ui::theme::{self, fonts};
use crate::ui::widgets;

/// Marks of the scale, in hours.
const MARKS: [u32; 6] = [24, 72, 168, 720, 2_160, 8_760];

/// Where a length of time stands on the scale, 0 to 1. The scale is logarithmic: a day and a year both have room.
fn place(hours: u32) -> f32 {
    let log = |hours: f64| hours.max(6.0).ln();
    let (least, most) = (log(6.0), log(8_760.0));
    (((log(f64::from(hours)) - least) / (most - least)) as f32).clamp(0.0, 1.0)
}

/// Draws both bars. What would be hidden is hatched.
pub fn show(ui: &mut Ui, now: u32, after: Option<u32>) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 108.0), Sense::hover());
    let words = |hours: u32| format::retention(hours);
    let told = after.map_or_else(|| "not set".to_owned(), words);
    response
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Readable: now {}, after {told}", words(now))));
    let painter = ui.painter();
    let lane = Rect::from_min_max(rect.min + vec2(52.0, 6.0), rect.max - vec2(8.0, 24.0));
    painter.rect_filled(lane, 2, t.inset);
    // The present is at the right: what lies further back is further left.
    let x_of = |hours: u32| lane.right() - place(hours) * lane.width();
    for mark in MARKS {
        let x = x_of(mark);
        painter.vline(x, lane.y_range(), Stroke::new(1.0, t.stroke));
        let at = pos2(x, lane.bottom() + 6.0);
        painter.text(at, Align2::CENTER_TOP, format::retention(mark), fonts::axis(), t.weak);
    }
    let at = pos2(lane.right(), lane.bottom() + 6.0);
    painter.text(at, Align2::RIGHT_TOP, "now", fonts::axis(), t.strong);
    let half = lane.height() / 2.0;
    let bar = |row: f32, hours: u32| {
        let top = lane.top() + row * half + 8.0;
        Rect::from_min_max(pos2(x_of(hours), top), pos2(lane.right(), top + half - 16.0))
    };
    for (row, name, hours) in [(0.0, "Now", Some(now)), (1.0, "After", after)] {
        let at = pos2(rect.left(), lane.top() + (row + 0.5) * half);
        painter.text(at, Align2::LEFT_CENTER, name, fonts::small_strong(), t.strong);
        let Some(hours) = hours else { continue };
        let area = bar(row, hours);
        painter.rect_filled(area, 2, if row == 0.0 { t.stroke_strong } else { t.accent_fill });
        if row > 0.0 && hours < now {
            let lost = Rect::from_min_max(pos2(x_of(now), area.top()), pos2(area.left(), area.bottom()));
            painter.rect_filled(lost, 2, t.crit_dim);
            widgets::hatching(painter, lost, 5.0, 1.0, t.crit);
        }
        let at = area.right_center() - vec2(8.0, 0.0);
        let ink = if row == 0.0 { t.strong } else { eframe::egui::Color32::WHITE };
        painter.text(at, Align2::RIGHT_CENTER, format::retention(hours), fonts::value_strong(), ink);
    }
}
