//! The three ways to pay as columns of one choice, and what each changes as a table below.

use eframe::egui::{
    Align, Align2, Color32, CornerRadius, FontId, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::Shown;
use crate::model::change::price::{self, Plan};
use crate::model::cost;
use crate::model::format;
use crate::model::health::Severity;
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::{self, TagStyle};

/// Height of the columns.
const COLUMNS: f32 = 200.0;
/// Height of a row of the table.
const ROW: f32 = 25.0;
const GUTTER: f32 = 16.0;
/// A column of less width has narrower gutters and shorter names.
const NARROW: f32 = 200.0;

/// Colours of the lines of a bill, in their order.
fn inks(t: &Tokens) -> [Color32; 5] {
    [t.s2, t.s3, t.s1, t.s4, t.s5]
}

/// Draws the columns; gives back the way that was clicked.
pub fn columns(ui: &mut Ui, shown: &Shown) -> Option<Plan> {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), COLUMNS), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, t.stroke));
    let most = Plan::ALL.map(|plan| price::total(shown.bill(plan))).into_iter().fold(0.0, f64::max);
    let mut picked = None;
    let width = rect.width() / 3.0;
    for (plan, at) in Plan::ALL.into_iter().zip([0.0, 1.0, 2.0]) {
        let left = (rect.left() + at * width).round();
        let area = Rect::from_min_max(pos2(left, rect.top() + 1.0), pos2((left + width).round(), rect.bottom()));
        if column(ui, area, shown, plan, most) {
            picked = Some(plan);
        }
        if at > 0.0 {
            ui.painter().vline(left + 0.5, area.y_range(), Stroke::new(1.0, t.stroke));
        }
    }
    picked
}

fn column(ui: &mut Ui, area: Rect, shown: &Shown, plan: Plan, most: f64) -> bool {
    let t = theme::tokens(ui);
    let (is_chosen, is_now) = (shown.chosen == plan, shown.now == plan);
    let total = price::total(shown.bill(plan));
    let price = if shown.has_traffic { cost::dollars(total) } else { format::UNKNOWN.to_owned() };
    let response = ui.interact(area, ui.scope_id().with(("plan", plan)), Sense::click());
    let name = format!("{}{} {price} a month", plan.label(), if is_now { ", now," } else { "" });
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), is_chosen, &name));
    let painter = ui.painter().clone();
    if is_chosen {
        painter.rect_filled(area, 0, t.selected);
        painter.rect_filled(area.with_max_y(area.top() + 2.0), 0, t.accent);
    } else if response.hovered() && ui.is_enabled() {
        painter.rect_filled(area, 0, t.hover);
    }
    let is_narrow = area.width() < NARROW;
    let inner = area.shrink2(vec2(if is_narrow { 10.0 } else { GUTTER }, 0.0));
    let ring = pos2(inner.left() + 7.0, area.top() + 22.0);
    painter.circle_stroke(ring, 6.0, Stroke::new(1.25, if is_chosen { t.accent } else { t.stroke_strong }));
    if is_chosen {
        painter.circle_filled(ring, 3.0, t.accent);
    }
    let words =
        Rect::from_min_max(pos2(inner.left() + 22.0, area.top() + 12.0), pos2(inner.right(), area.top() + 32.0));
    let label = if is_narrow { plan.label().trim_start_matches("On-demand ") } else { plan.label() };
    let title = widgets::paint_elided(&painter, words, Align::Min, label, fonts::body_strong(), t.strong);
    if is_now {
        widgets::paint_tag(&painter, t, title.right_center() + vec2(8.0, 0.0), "now", TagStyle::Neutral);
    }
    let closed = shown.closed_for(plan);
    let subtitle = match (closed, plan) {
        (Some(why), _) => why.to_owned(),
        (None, Plan::Provisioned) => format::counted(shown.usage.shards as usize, "shard"),
        (None, Plan::Standard) => "AWS manages shards".to_owned(),
        (None, Plan::Advantage) => "account and Region".to_owned(),
    };
    let ink = if closed.is_some() { t.warn } else { t.weak };
    let below = words.translate(vec2(0.0, 17.0));
    widgets::paint_elided(&painter, below, Align::Min, &subtitle, fonts::small(), ink);
    figures(&painter, t, inner, shown, plan, (total, most, &price));
    if response.has_focus() {
        widgets::focus_ring(ui, area.shrink(3.0), 3);
    }
    response.clicked()
}

/// Price, difference, the bar and its lines.
fn figures(
    painter: &eframe::egui::Painter,
    t: &Tokens,
    inner: Rect,
    shown: &Shown,
    plan: Plan,
    (total, most, price): (f64, f64, &str),
) {
    let top = inner.top() + 54.0;
    let figure = painter.text(pos2(inner.left(), top), Align2::LEFT_TOP, price, fonts::figure(), t.strong);
    let base = figure.bottom() - 6.0;
    let mut free = inner.right();
    let month = pos2(figure.right() + 8.0, base);
    let now = price::total(shown.bill(shown.now));
    if plan != shown.now && shown.has_traffic {
        let ink = if total < now { t.ok } else { t.text };
        let at = pos2(inner.right(), base);
        free = painter.text(at, Align2::RIGHT_BOTTOM, cost::signed(total - now), fonts::dense(), ink).left() - 6.0;
    }
    if month.x + widgets::text_width(painter, "/ month", fonts::small()) < free {
        painter.text(month, Align2::LEFT_BOTTOM, "/ month", fonts::small(), t.weak);
    }
    if !shown.has_traffic {
        return;
    }
    let bar = Rect::from_min_size(pos2(inner.left(), figure.bottom() + 6.0), vec2(inner.width(), 9.0));
    let mut left = bar.left();
    let mut line_top = bar.bottom() + 7.0;
    for (line, ink) in shown.bill(plan).iter().zip(inks(t)) {
        let width = if most > 0.0 { (line.dollars / most) as f32 * bar.width() } else { 0.0 };
        if width > 0.5 {
            let part = Rect::from_min_size(pos2(left, bar.top()), vec2((width - 1.0).max(1.0), bar.height()));
            painter.rect_filled(part, CornerRadius::ZERO, ink);
        }
        left += width;
        let swatch = Rect::from_min_size(pos2(inner.left(), line_top + 5.0), vec2(7.0, 7.0));
        painter.rect_filled(swatch, 1, if line.dollars > 0.0 { ink } else { t.stroke });
        let value = if line.dollars > 0.0 { cost::dollars(line.dollars) } else { "none".to_owned() };
        let area = Rect::from_min_size(pos2(inner.left(), line_top), vec2(inner.width(), 17.0));
        let shown_value = widgets::paint_elided(painter, area, Align::Max, &value, fonts::dense(), t.strong);
        let words =
            Rect::from_min_max(pos2(inner.left() + 14.0, area.top()), pos2(shown_value.left() - 6.0, area.bottom()));
        let fits = widgets::text_width(painter, line.item, fonts::small()) <= words.width();
        let item = if fits { line.item } else { brief(line.item) };
        widgets::paint_elided(painter, words, Align::Min, item, fonts::small(), t.text);
        line_top += 17.0;
    }
}

/// How a way fares in a row of the table.
#[derive(Clone, Copy)]
enum Mark {
    None,
    Good,
    Bad,
    Warn,
}

/// What each way changes.
pub fn consequences(ui: &mut Ui, shown: &Shown) {
    let t = theme::tokens(ui);
    let capacity = format!("{} MiB/s, fixed", shown.usage.shards);
    let rows: [(&str, [(Mark, &str); 3]); 6] = [
        (
            "Write capacity",
            [(Mark::None, &capacity), (Mark::None, "to 2 × the 30 d peak"), (Mark::Good, "warm, set in advance")],
        ),
        ("One hot key", [(Mark::Bad, "throttles at 1 MiB/s"); 3]),
        (
            "Split, merge, scale",
            [(Mark::Good, "yours"), (Mark::Bad, "refused by the API"), (Mark::Bad, "refused by the API")],
        ),
        (
            "Doubling in minutes",
            [(Mark::Bad, "you scale first"), (Mark::Warn, "may throttle ~ 15 min"), (Mark::Good, "within warm level")],
        ),
        ("Fan-out consumers", [(Mark::None, "20"), (Mark::None, "20"), (Mark::None, "50")]),
        (
            "Least you pay",
            [(Mark::None, "shard hours"), (Mark::None, "stream hours"), (Mark::None, "25 MiB/s in and out")],
        ),
    ];
    let titles = ["Provisioned", "Standard", "Advantage"];
    table_row(ui, shown, "Consequence", titles.map(|title| (Mark::None, title)), true);
    for (name, cells) in rows {
        table_row(ui, shown, name, cells, false);
    }
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().rect_filled(rect, 0, t.stroke);
}

fn table_row(ui: &mut Ui, shown: &Shown, name: &str, cells: [(Mark, &str); 3], is_head: bool) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    if !is_head {
        let told = cells.map(|(_, words)| words).join(", ");
        response.widget_info(|| WidgetInfo::labeled(Role::Row, true, format!("{name}: {told}")));
    }
    let painter = ui.painter();
    if is_head {
        painter.rect_filled(rect, 0, t.raised);
    }
    // The first two columns share the room that the names leave; the third stands below its own.
    let starts = [0.215, 0.44, 2.0 / 3.0].map(|part| rect.left() + part * rect.width());
    let chosen = Shown::index(shown.chosen);
    let before = [12.0, 12.0, 0.0];
    if let (false, Some(start), Some(room)) = (is_head, starts.get(chosen), before.get(chosen)) {
        let end = starts.get(chosen + 1).map_or(rect.right(), |next| next - if chosen == 1 { 0.0 } else { 12.0 });
        let area = Rect::from_min_max(pos2(start - room, rect.top()), pos2(end, rect.bottom()));
        painter.rect_filled(area, 0, t.selected);
    }
    let first = Rect::from_min_max(
        pos2(rect.left() + GUTTER, rect.top()),
        pos2(rect.left() + 0.21 * rect.width(), rect.bottom()),
    );
    let font = if is_head { fonts::caption() } else { fonts::small() };
    let fits = widgets::text_width(painter, name, font.clone()) <= first.width();
    widgets::paint_elided(painter, first, Align::Min, if fits { name } else { brief(name) }, font.clone(), t.weak);
    let ends = [starts.get(1), starts.get(2)].map(|end| end.copied().unwrap_or(rect.right()));
    let ends = [ends.first().copied(), ends.get(1).copied(), Some(rect.right())];
    for (((mark, words), start), (end, at)) in cells.into_iter().zip(starts).zip(ends.into_iter().zip(0..)) {
        let left = start + if at == 2 { GUTTER } else { 0.0 };
        let area = Rect::from_min_max(pos2(left, rect.top()), pos2(end.unwrap_or(rect.right()) - 4.0, rect.bottom()));
        let is_chosen = at == chosen;
        let ink = match (is_head, is_chosen) {
            (_, true) => t.strong,
            (true, false) => t.weak,
            (false, false) => t.text,
        };
        cell(painter, t, area, mark, words, (font.clone(), ink));
    }
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
}

fn cell(
    painter: &eframe::egui::Painter,
    t: &Tokens,
    area: Rect,
    mark: Mark,
    words: &str,
    (font, ink): (FontId, Color32),
) {
    let at = pos2(area.left() + 6.0, area.center().y);
    let icon = |glyph: &str, color| {
        painter.text(at, Align2::CENTER_CENTER, glyph, fonts::icon(12.0), color);
    };
    match mark {
        Mark::None => {}
        Mark::Good => icon(icons::CHECK, t.ok),
        Mark::Bad => icon(icons::CLOSE, t.weak),
        Mark::Warn => widgets::status_glyph(painter, t, at, Severity::Warning),
    }
    let words_area = if matches!(mark, Mark::None) { area } else { area.with_min_x(area.left() + 18.0) };
    let fits = widgets::text_width(painter, words, font.clone()) <= words_area.width();
    widgets::paint_elided(painter, words_area, Align::Min, if fits { words } else { brief(words) }, font, ink);
}

/// The same with less room.
fn brief(words: &str) -> &str {
    match words {
        "PUT payload units" => "PUT units",
        "Data in, rounded up" => "Data in",
        "Data out, polling" => "Out, polling",
        "Data out, fan-out" => "Out, fan-out",
        "Split, merge, scale" => "Resharding",
        "Doubling in minutes" => "Sudden rise",
        "Fan-out consumers" => "Fan-out",
        "throttles at 1 MiB/s" => "throttles",
        "refused by the API" => "refused",
        "may throttle ~ 15 min" => "may throttle",
        _ => words,
    }
}
