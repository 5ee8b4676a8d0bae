//! What the program itself has used of AWS since it started.

use eframe::egui::{Align, Id, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::model::format;
use crate::model::world::World;
use crate::ui::theme::{self, fonts};
use crate::ui::widgets::text::{job, paint_job};
use crate::ui::widgets::{self, Column, Table};

const HEAD: f32 = 34.0;
const ROW: f32 = 23.0;
const SHOWN: usize = 7;

const COLUMNS: [Column; 3] = [
    Column::new("operation", "Operation", 220.0),
    Column::new("calls", "Calls", 90.0).right(),
    Column::new("share", "Share of all calls", 160.0).rest(160.0),
];

/// Height of the block; zero before the first call.
pub fn height(world: &World) -> f32 {
    match world.meters.by_operation.len() {
        0 if world.meters.calls_total == 0 => 0.0,
        0 => HEAD,
        count => HEAD + 24.0 + ROW * count.min(SHOWN) as f32,
    }
}

/// Draws it.
pub fn show(ui: &mut Ui, world: &World) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let t = theme::tokens(ui);
    let meters = &world.meters;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    let figures = [
        format::grouped(i64::try_from(meters.calls_total).unwrap_or(i64::MAX)),
        format::grouped(i64::try_from(meters.throttled_total).unwrap_or(i64::MAX)),
        format::grouped(i64::try_from(meters.metrics_requested).unwrap_or(i64::MAX)),
        format!("${:.3}", meters.dollars),
    ];
    let [calls, throttled, metrics, dollars] = &figures;
    let text = format!("Used of AWS: {calls} calls, {throttled} throttled, {metrics} metrics, {dollars}");
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, t.stroke));
    let area = Rect::from_min_max(pos2(rect.left() + 16.0, rect.top()), pos2(rect.right() - 16.0, rect.bottom()));
    let words = job(&[
        ("Used of AWS", fonts::small_strong(), t.strong),
        ("   since the program started; shares what AWS allows with your consumers", fonts::small(), t.weak),
    ]);
    let shown = paint_job(ui.painter(), area, Align::Min, words);
    let throttled_color = if meters.throttled_total > 0 { t.throttle } else { t.text };
    let totals = job(&[
        (calls, fonts::value_strong(), t.strong),
        (" calls, ", fonts::small(), t.weak),
        (throttled, fonts::value_strong(), throttled_color),
        (" throttled, ", fonts::small(), t.weak),
        (metrics, fonts::value_strong(), t.strong),
        (" metrics, ", fonts::small(), t.weak),
        (dollars, fonts::value_strong(), t.strong),
    ]);
    paint_job(ui.painter(), area.with_min_x(shown.right() + 12.0), Align::Max, totals);
    if meters.by_operation.is_empty() {
        return;
    }
    let all = meters.calls_total.max(1) as f64;
    let table = Table::new(Id::unique("meters"), &COLUMNS).row_height(ROW).header_height(24.0).gutters(10.0, 12.0);
    table.show(ui, meters.by_operation.len(), |row| {
        let Some((operation, calls)) = meters.by_operation.get(row.index) else { return };
        let share = *calls as f64 / all;
        let count = format::grouped(i64::try_from(*calls).unwrap_or(i64::MAX));
        row.name(|| format!("Operation {operation} {count} calls {}", format::percent(share)));
        row.text("operation", operation, fonts::value(), row.tokens.strong);
        row.text("calls", &count, fonts::value(), row.tokens.text);
        if let Some(cell) = row.cell("share") {
            let track = Rect::from_min_size(pos2(cell.left() + 12.0, cell.center().y - 3.0), vec2(72.0, 6.0));
            row.painter.rect_filled(track, 1, row.tokens.stroke_weak);
            let filled = Rect::from_min_size(track.min, vec2(72.0 * share.clamp(0.0, 1.0) as f32, 6.0));
            row.painter.rect_filled(filled, 1, row.tokens.s2);
            let text = cell.with_min_x(track.right() + 8.0);
            widgets::paint_elided(
                &row.painter,
                text,
                Align::Min,
                &format::percent(share),
                fonts::value(),
                row.tokens.weak,
            );
        }
    });
}
