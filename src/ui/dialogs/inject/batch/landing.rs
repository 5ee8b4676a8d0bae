//! Where the records of a file land: the load of every shard now, and with the file.

use eframe::egui::{Align2, Painter, Rangef, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{Scene, invalid, scan, verdict};
use crate::model::batch::load::ShardLoad;
use crate::model::format;
use crate::model::limits::WARN_SHARE;
use crate::ui::theme::{self, Tokens, fonts};
use crate::ui::views::shards::key_space::{paint_axis, paint_heat, rect_of, span_of};
use crate::ui::widgets;

/// Heights that the bars may have, up to `TOP` of a shard's limit.
const BARS: (f32, f32) = (52.0, 92.0);
const TOP: f64 = 1.25;
/// Room above the bars for the names of those that are too high.
const NAMES: f32 = 15.0;
/// The strip below them, coloured as the heatmap is.
const STRIP: f32 = 9.0;

/// Draws the right half.
pub(super) fn show(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing = vec2(8.0, 5.0);
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), 16.0), Sense::hover());
    ui.painter().text(head.left_center(), Align2::LEFT_CENTER, "Where the records land", fonts::small_medium(), t.weak);
    let file = ui.painter().text(head.right_center(), Align2::RIGHT_CENTER, "with this file", fonts::small(), t.text);
    let mark = |right: f32| Rect::from_min_size(pos2(right - 17.0, head.center().y - 4.0), vec2(8.0, 8.0));
    ui.painter().rect_filled(mark(file.left() + 4.0), 1, t.accent);
    let now = pos2(file.left() - 24.0, head.center().y);
    let now = ui.painter().text(now, Align2::RIGHT_CENTER, "now", fonts::small(), t.text);
    ui.painter().rect_filled(mark(now.left() + 4.0), 1, t.stroke_strong);
    if scan(scene).is_none() {
        let words = match scene.state.batch.path.trim() {
            "" => "Shown once a file is named.",
            _ => "Reading…",
        };
        widgets::label(ui, words, fonts::small(), t.faint);
        return;
    }
    bars(ui, t, &scene.state.batch.loads.0);
    verdict::show(ui, &mut scene.state.batch);
    ui.add_space(4.0);
    invalid::show(ui, scene);
}

fn bars(ui: &mut Ui, t: &Tokens, loads: &[ShardLoad]) {
    let height = (ui.available_height() * 0.28).clamp(BARS.0, BARS.1).round();
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), NAMES + height + STRIP + 20.0), Sense::hover());
    response.widget_info(|| {
        let words: Vec<String> = loads
            .iter()
            .filter(|load| load.share.records > 0)
            .take(24)
            .map(|load| format!("{} {} records", load.id.short(), format::grouped(load.share.records as i64)))
            .collect();
        WidgetInfo::labeled(Role::Image, true, format!("Load of every shard with this file: {}", words.join(", ")))
    });
    let dark_mode = ui.visuals().dark_mode;
    let area = Rect::from_min_size(rect.min + vec2(0.0, NAMES), vec2(rect.width(), height));
    let painter = ui.painter_at(rect);
    painter.rect_filled(area, 0, t.inset);
    let x = Rangef::new(area.left(), area.right());
    let y = |share: f64| area.bottom() - (share.clamp(0.0, TOP) / TOP) as f32 * height;
    for load in loads {
        let span = span_of(load.range, x);
        let with = load.with();
        painter.rect_filled(rect_of(span, y(load.now), area.bottom()), 0, t.stroke_strong);
        if load.share.records > 0 {
            let color = color(t, load).unwrap_or(t.accent);
            painter.rect_filled(rect_of(span, y(with).min(y(load.now) - 1.0), y(load.now)), 0, color);
        }
        paint_heat(&painter, rect_of(span, area.bottom() + 2.0, area.bottom() + 2.0 + STRIP), Some(with), 0, dark_mode);
    }
    painter.hline(x, y(1.0), Stroke::new(1.0, t.crit));
    let warn = [pos2(x.min, y(WARN_SHARE)), pos2(x.max, y(WARN_SHARE))];
    painter.extend(Shape::dashed_line(&warn, Stroke::new(1.0, t.warn), 3.0, 3.0));
    names(&painter, t, loads, x, rect.top());
    paint_axis(&painter, t, x, area.bottom() + 2.0 + STRIP, 4);
}

/// The colour of a shard that the file brings near its limit, or over it.
fn color(t: &Tokens, load: &ShardLoad) -> Option<eframe::egui::Color32> {
    load.is_over().then(|| if load.with() > 1.0 { t.crit } else { t.warn })
}

/// Names of the shards that are too high, above their bars, the highest first, as many as have room.
fn names(painter: &Painter, t: &Tokens, loads: &[ShardLoad], x: Rangef, top: f32) {
    let mut over: Vec<_> = loads.iter().filter_map(|load| Some((load, color(t, load)?))).collect();
    over.sort_by(|(a, _), (b, _)| b.with().total_cmp(&a.with()));
    let mut taken: Vec<Rangef> = Vec::new();
    for (load, color) in over.into_iter().take(24) {
        let name = load.id.short();
        let half = widgets::text_width(painter, &name, fonts::dense()) / 2.0;
        let span = span_of(load.range, x);
        let middle = span.center().clamp(x.min + half, (x.max - half).max(x.min + half));
        let place = Rangef::new(middle - half - 4.0, middle + half + 4.0);
        if taken.iter().any(|other| other.intersects(place)) {
            continue;
        }
        painter.text(pos2(middle, top), Align2::CENTER_TOP, name, fonts::dense(), color);
        taken.push(place);
    }
}
