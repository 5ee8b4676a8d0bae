//! The numbers of shards as a line to slide on, the hottest shard of each as a curve, and those in quarters as a table.

use eframe::egui::{Align2, Color32, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::offer::{shard_hours, share_words};
use super::scale::ScaleTab;
use crate::model::cost;
use crate::model::format;
use crate::model::limits::{CRITICAL_SHARE, WARN_SHARE};
use crate::model::scale::{self, Work};
use crate::model::world::OpenStream;
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets;

/// Height of a row of the table.
const ROW: f32 = 21.0;

/// The line of all numbers that can be asked for; a click or a drag picks one.
pub fn slider(ui: &mut Ui, tab: &mut ScaleTab) {
    let t = theme::tokens(ui);
    let Some(bounds) = tab.bounds else { return };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::click_and_drag());
    let track = Rect::from_min_max(rect.min + vec2(20.0, 8.0), pos2(rect.right() - 20.0, rect.top() + 12.0));
    let span = f64::from((bounds.most - bounds.least).max(1));
    let x_of = |n: u32| track.left() + ((f64::from(n) - f64::from(bounds.least)) / span) as f32 * track.width();
    let target = tab.target().unwrap_or(tab.open).clamp(bounds.least, bounds.most);
    response.widget_info(|| WidgetInfo::slider(ui.is_enabled(), f64::from(target), "Number of shards"));
    if let Some(at) = response.interact_pointer_pos() {
        let part = f64::from(((at.x - track.left()) / track.width().max(1.0)).clamp(0.0, 1.0));
        tab.aim(bounds.least + (part * span).round() as u32);
    }
    let painter = ui.painter();
    painter.rect_filled(track, 2, t.stroke);
    let (from, to) = (x_of(tab.open.clamp(bounds.least, bounds.most)), x_of(target));
    painter.rect_filled(Rect::from_x_y_ranges(from.min(to)..=from.max(to), track.y_range()), 2, t.accent);
    let below = track.bottom() + 6.0;
    let mark = |n: u32, color: Color32| {
        painter.vline(x_of(n), track.bottom()..=track.bottom() + 4.0, Stroke::new(1.0, t.stroke_strong));
        painter.text(pos2(x_of(n), below), Align2::CENTER_TOP, n.to_string(), fonts::axis(), color);
    };
    for (n, ..) in &tab.quarters {
        mark(*n, if *n == target { t.accent } else { t.weak });
    }
    mark(tab.open, t.strong);
    painter.circle(pos2(to, track.center().y), 7.0, t.accent_fill, Stroke::new(2.0, t.strong));
    if response.has_focus() {
        widgets::focus_ring(ui, rect, 4);
    }
}

/// The hottest shard of every number.
pub fn curve(ui: &mut Ui, tab: &ScaleTab) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 116.0), Sense::hover());
    let told = share_words(tab.hottest());
    let name = format!("Hottest shard for every target, {told} at {}", tab.target().unwrap_or(tab.open));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let painter = ui.painter();
    let head = rect.left_top() + vec2(0.0, 8.0);
    let title =
        painter.text(head, Align2::LEFT_CENTER, "Hottest shard for every target", fonts::small_strong(), t.strong);
    let words = pos2(title.right() + 8.0, head.y);
    painter.text(words, Align2::LEFT_CENTER, tab.basis(), fonts::small(), t.weak);
    let plot = Rect::from_min_max(rect.min + vec2(34.0, 20.0), pos2(rect.right() - 16.0, rect.bottom() - 16.0));
    painter.rect_filled(plot, 0, t.inset);
    let (Some(bounds), false) = (tab.bounds, tab.curve.is_empty()) else {
        painter.text(plot.center(), Align2::CENTER_CENTER, "no load is known", fonts::small(), t.weak);
        return;
    };
    let top = tab.curve.iter().map(|(_, share)| *share).fold(1.0, f64::max) * 1.15;
    let y_of = |share: f64| plot.bottom() - (share / top) as f32 * plot.height();
    let span = f64::from((bounds.most - bounds.least).max(1));
    let x_of = |n: u32| plot.left() + ((f64::from(n) - f64::from(bounds.least)) / span) as f32 * plot.width();
    if let Some((share, key)) = tab.floor() {
        let area = plot.with_min_y(y_of(share));
        painter.rect_filled(area, 0, t.crit_dim.gamma_multiply(0.6));
        let words = format!("floor: {key} alone is {} of any shard", share_words(Some(share)));
        painter.text(plot.left_bottom() + vec2(5.0, -4.0), Align2::LEFT_BOTTOM, words, fonts::small(), t.crit);
    }
    limits(painter, t, plot, y_of);
    let points: Vec<Pos2> = tab.curve.iter().map(|(n, share)| pos2(x_of(*n), y_of(*share))).collect();
    painter.line(points, Stroke::new(1.5, t.accent));
    for (n, ..) in &tab.quarters {
        painter.text(pos2(x_of(*n), plot.bottom() + 3.0), Align2::CENTER_TOP, n.to_string(), fonts::axis(), t.weak);
    }
    if let (Some(target), Some(share)) =
        (tab.target().filter(|n| (bounds.least..=bounds.most).contains(n)), tab.hottest())
    {
        painter.vline(x_of(target), plot.y_range(), Stroke::new(1.0, t.accent));
        painter.circle(pos2(x_of(target), y_of(share)), 4.0, t.strong, Stroke::new(1.5, t.accent));
    }
}

fn limits(painter: &Painter, t: &Tokens, plot: Rect, y_of: impl Fn(f64) -> f32) {
    painter.hline(plot.x_range(), y_of(CRITICAL_SHARE), Stroke::new(1.25, t.crit));
    let warn = y_of(WARN_SHARE);
    let ends = [pos2(plot.left(), warn), pos2(plot.right(), warn)];
    painter.extend(Shape::dashed_line(&ends, Stroke::new(1.0, t.warn), 3.0, 3.0));
    for share in [0.0, 0.4, WARN_SHARE, CRITICAL_SHARE] {
        let at = pos2(plot.left() - 6.0, y_of(share));
        painter.text(at, Align2::RIGHT_CENTER, format!("{:.0}", share * 100.0), fonts::axis(), t.weak);
    }
}

/// The numbers in quarters of what is open: they finish sooner.
pub fn table(ui: &mut Ui, tab: &mut ScaleTab, open: Option<&OpenStream>) {
    let t = theme::tokens(ui);
    let width = ui.available_width();
    let columns = [0.07, 0.18, 0.36, 0.7, 0.98];
    let write = |painter: &Painter, rect: Rect, cells: [(&str, Color32); 5], is_head: bool| {
        for ((text, color), at) in cells.into_iter().zip(columns) {
            let font = if is_head { fonts::caption() } else { fonts::value() };
            let at = pos2(rect.left() + at * width, rect.center().y);
            painter.text(at, Align2::RIGHT_CENTER, text, font, color);
        }
        painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
    };
    let (head, _) = ui.allocate_exact_size(vec2(width, 20.0), Sense::hover());
    let names = ["Shards", "", "Hottest", "Work, at least", "Per month"];
    write(ui.painter(), head, names.map(|name| (name, t.weak)), true);
    let mut picked = None;
    for (n, hottest, Work { splits, merges }) in &tab.quarters {
        let is_chosen = tab.target() == Some(*n);
        let (row, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::click());
        let quarter = scale::quarters(tab.open, *n).unwrap_or(0) * 25;
        let change = i64::from(*n) - i64::from(tab.open);
        let dollars = open.map_or(0.0, |open| cost::sum(&shard_hours(open).change(change)));
        let work = format!("{}, {}", format::counted(*splits, "split"), format::counted(*merges, "merge"));
        let (share, month) = (share_words(*hottest), cost::signed(dollars));
        let name = format!("Scale to {n} {quarter:+} % hottest {share} {work} {month}");
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_chosen, &name));
        let painter = ui.painter();
        if is_chosen || response.hovered() {
            painter.rect_filled(row, 0, if is_chosen { t.selected } else { t.hover });
        }
        if is_chosen {
            let at = row.left_center() + vec2(8.0, 0.0);
            painter.text(at, Align2::CENTER_CENTER, icons::CHECK, fonts::icon(12.0), t.accent);
        }
        let ink = if is_chosen { t.strong } else { t.text };
        let hot = match hottest {
            Some(share) if *share >= CRITICAL_SHARE => t.crit,
            Some(share) if *share >= WARN_SHARE => t.warn,
            _ => ink,
        };
        let saved = if dollars < 0.0 { t.ok } else { ink };
        let (count, quarter) = (n.to_string(), format!("{quarter:+} %"));
        let cells = [(&*count, ink), (&*quarter, t.weak), (&*share, hot), (&*work, ink), (&*month, saved)];
        write(painter, row, cells, false);
        if response.has_focus() {
            widgets::focus_ring(ui, row, 2);
        }
        if response.clicked() {
            picked = Some(*n);
        }
    }
    if let Some(n) = picked {
        tab.aim(n);
    }
}
