//! How the file goes into calls: one bar a call, as high as it is heavy, in the colour of the limit that closes it.

use eframe::egui::{Align, Align2, Painter, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{Scene, run, scan};
use crate::model::batch::run::BatchRun;
use crate::model::batch::{BatchScan, Pace};
use crate::model::format;
use crate::model::limits::PUT_RECORDS_MAX_BYTES;
use crate::ui::theme::{self, Tokens, fonts};
use crate::ui::widgets;

/// Room above the line of the limit.
const ABOVE: f32 = 8.0;
/// Widest bar with its gap: a few calls do not fill the whole plot.
const WIDEST: f32 = 18.0;

/// Draws it into what is left.
pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>) {
    let Some(scan) = scan(scene).filter(|scan| scan.packing.calls() > 0) else { return };
    let t = theme::tokens(ui);
    let area = ui.max_rect();
    let (calls, by_bytes) = (scan.packing.calls(), scan.packing.closed_by_bytes());
    let number = |count: u64| format::grouped(count as i64);
    let at_pace = if scene.state.batch.pace() == Pace::Full { "" } else { ", or more at this pace" };
    let title =
        format!("Packed into {} PutRecords {}{at_pace}", number(calls), if calls == 1 { "call" } else { "calls" });
    let response = ui.interact(area, ui.make_persistent_id("packed"), Sense::hover());
    response.widget_info(|| {
        let words =
            format!("{title}: {} closed by 10 MiB, {} by 500 records", number(by_bytes), number(calls - by_bytes));
        WidgetInfo::labeled(Role::Image, true, words)
    });
    let painter = ui.painter_at(area);
    let mut right = area.right();
    for (count, what, color) in [(by_bytes, "by 10 MiB", t.warn), (calls - by_bytes, "by 500 records", t.s1)] {
        let words = format!("{} {what}", number(count));
        let at = painter.text(pos2(right, area.top()), Align2::RIGHT_TOP, words, fonts::small(), t.text);
        painter.rect_filled(Rect::from_min_size(pos2(at.left() - 14.0, at.center().y - 4.0), vec2(8.0, 8.0)), 1, color);
        right = at.left() - 26.0;
    }
    let head = Rect::from_min_max(area.min, pos2(right, area.top() + 16.0));
    widgets::paint_elided(&painter, head, Align::Min, &title, fonts::small_medium(), t.weak);
    let plot = Rect::from_min_max(pos2(area.left(), area.top() + 20.0), pos2(area.right(), area.bottom() - 16.0));
    let (sent, end) = bars(&painter, t, plot, scan, run(scene));
    let top = plot.top() + ABOVE;
    painter.extend(Shape::dashed_line(
        &[pos2(plot.left(), top), pos2(plot.right(), top)],
        Stroke::new(1.0, t.weak),
        3.0,
        3.0,
    ));
    let galley = painter.layout_no_wrap("10 MiB per call".to_owned(), fonts::caption(), t.weak);
    let place = Rect::from_min_size(pos2(plot.left() + 4.0, top + 3.0), galley.size() + vec2(8.0, 2.0));
    painter.rect_filled(place, 2, t.inset);
    painter.galley(place.min + vec2(4.0, 1.0), galley, t.weak);
    if let Some(x) = sent {
        painter.vline(x, plot.y_range(), Stroke::new(1.2, t.accent));
        let tip = vec![pos2(x - 4.0, plot.top() - 1.0), pos2(x + 4.0, plot.top() - 1.0), pos2(x, plot.top() + 5.0)];
        painter.add(Shape::convex_polygon(tip, t.accent, Stroke::NONE));
    }
    let first = painter.text(area.left_bottom(), Align2::LEFT_BOTTOM, "call 1", fonts::dense(), t.weak);
    if calls > 1 {
        let last = format!("call {}", number(calls));
        let width = widgets::text_width(&painter, &last, fonts::dense());
        let right = end.max(first.right() + 12.0 + width);
        painter.text(pos2(right, area.bottom()), Align2::RIGHT_BOTTOM, last, fonts::dense(), t.weak);
    }
}

/// The bars, those that are sent faded; gives where sending is, and where the last one ends.
fn bars(painter: &Painter, t: &Tokens, plot: Rect, scan: &BatchScan, run: Option<&BatchRun>) -> (Option<f32>, f32) {
    painter.rect_filled(plot, 2, t.inset);
    let bars: Vec<_> = scan.packing.bars().collect();
    let pitch = (plot.width() / bars.len().max(1) as f32).min(WIDEST);
    let gap = if pitch >= 3.0 { 1.0 } else { 0.0 };
    let top = plot.top() + ABOVE;
    let width = pitch * bars.len() as f32;
    let of_run = run.filter(|run| run.of > 0 && run.end.is_none());
    let sent = of_run.map(|run| plot.left() + width * run.share() as f32);
    for (at, bar) in bars.iter().enumerate() {
        let left = plot.left() + at as f32 * pitch;
        let share = bar.bytes as f32 / PUT_RECORDS_MAX_BYTES as f32;
        let height = ((plot.bottom() - top) * share.min(1.0)).max(2.0);
        let color = if bar.is_closed_by_bytes { t.warn } else { t.s1 };
        // What is sent fades behind the cursor.
        let color = if sent.is_some_and(|sent| left < sent) { color.gamma_multiply(0.4) } else { color };
        let rect =
            Rect::from_min_max(pos2(left, plot.bottom() - height), pos2(left + (pitch - gap).max(1.0), plot.bottom()));
        painter.rect_filled(rect, 0, color);
    }
    (sent, plot.left() + width)
}
