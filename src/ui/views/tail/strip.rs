//! Every open shard in hash order: its load, and how far its reading is behind the tip. A click limits the rows to it.

use std::collections::HashMap;

use eframe::egui::{
    Align, Align2, Color32, FontId, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::TailState;
use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::limits::{CRITICAL_SHARE, WARN_SHARE};
use crate::model::tail::{ShardTail, ShardTailState};
use crate::model::time::Millis;
use crate::model::world::OpenStream;
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::views::shards::ShardFacts;
use crate::ui::widgets::{self, Button};

const HEAD: f32 = 24.0;
const CELL: f32 = 42.0;
const PITCH: f32 = 49.0;
/// Behind the tip by so much is worth a colour.
const LAG_WARN: Millis = Millis::from_secs(3);

/// Draws the strip.
pub fn show(ui: &mut Ui, open: &OpenStream, state: &mut TailState, selection: &mut Option<ShardId>) {
    let Some(facts) = state.facts.get(open) else { return };
    if facts.open.is_empty() {
        return;
    }
    let t = theme::tokens(ui);
    let tails: HashMap<&ShardId, &ShardTail> = read(open).map(|shard| (&shard.shard_id, shard)).collect();
    heading(ui, t, open, selection);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), CELL + 8.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let area = Rect::from_min_max(rect.min + vec2(12.0, 0.0), rect.max - vec2(8.0, 2.0));
    let mut inner = crate::ui::region(ui, area, "tail strip");
    let count = facts.open.len();
    let pitch = (area.width() / count as f32).clamp(PITCH, PITCH + 1.0);
    // Two digits where they tell the shards apart, four where there are many.
    let digits = if count > 60 { 4 } else { 2 };
    ScrollArea::horizontal().id_salt("tail strip").auto_shrink([false, false]).show_viewport(&mut inner, |ui, view| {
        let origin = ui.max_rect().min;
        ui.set_width(count as f32 * pitch);
        ui.set_height(CELL);
        let first = (view.left() / pitch).floor().max(0.0) as usize;
        let last = ((view.right() / pitch).ceil().max(0.0) as usize).min(count);
        for (index, shard) in facts.open().enumerate().take(last).skip(first) {
            let left = (origin.x + index as f32 * pitch).round();
            let rect = Rect::from_min_size(pos2(left, origin.y), vec2(pitch.floor() - 1.0, CELL));
            let tail = tails.get(&shard.id).copied();
            cell(ui, rect, index, digits, (shard, tail), selection);
        }
    });
}

/// How far reading is in each shard. Once it has stopped nothing is known of the tip any more.
fn read(open: &OpenStream) -> impl Iterator<Item = &ShardTail> {
    open.tail.status.shards.iter().filter(|_| open.tail.is_running())
}

fn heading(ui: &mut Ui, t: &Tokens, open: &OpenStream, selection: &mut Option<ShardId>) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    let painter = ui.painter();
    let mut x = rect.left() + 16.0;
    let y = rect.center().y + 1.0;
    for (text, color) in
        [("Shards by hash range", t.weak), ("bar: share of the write limit", t.faint), ("below: behind tip", t.faint)]
    {
        x = painter.text(pos2(x, y), Align2::LEFT_CENTER, text, fonts::caption(), color).right() + 14.0;
    }
    if selection.is_some() {
        let button = Rect::from_min_max(
            pos2(rect.right() - 100.0, rect.top() + 2.0),
            pos2(rect.right() - 12.0, rect.bottom() + 2.0),
        );
        let layout = eframe::egui::Layout::right_to_left(Align::Center);
        let builder = eframe::egui::UiBuilder::new().id_salt("all shards").max_rect(button).layout(layout);
        let clicked = ui.new_child(builder).add(Button::new("All shards").height(20.0)).clicked();
        if clicked {
            *selection = None;
        }
        return;
    }
    let worst = read(open).filter(|shard| shard.state != ShardTailState::Ended);
    let worst = worst.filter_map(|shard| Some((shard.millis_behind?, &shard.shard_id))).max();
    let Some((millis, shard)) = worst else { return };
    if millis <= 0 {
        let right = pos2(rect.right() - 16.0, y);
        painter.text(right, Align2::RIGHT_CENTER, "every shard is at its tip", fonts::caption(), t.weak);
        return;
    }
    let on = format!(" on {}", shard.short());
    let lag = format::duration(Millis(millis));
    let right = pos2(rect.right() - 16.0, y);
    let on = painter.text(right, Align2::RIGHT_CENTER, on, fonts::caption(), t.weak);
    let color = lag_color(t, Millis(millis));
    let lag = painter.text(pos2(on.left(), y), Align2::RIGHT_CENTER, lag, fonts::value(), color);
    painter.text(pos2(lag.left() - 5.0, y), Align2::RIGHT_CENTER, "worst lag", fonts::caption(), t.weak);
}

fn lag_color(t: &Tokens, lag: Millis) -> Color32 {
    if lag >= LAG_WARN { t.warn } else { t.weak }
}

/// What stands below the bar.
fn lag_words(t: &Tokens, shard: &ShardFacts, tail: Option<&ShardTail>) -> (String, Color32) {
    match tail.map(|tail| (tail.state, tail.millis_behind)) {
        Some((ShardTailState::Ended, _)) => ("ended".to_owned(), t.faint),
        Some((_, Some(millis))) if millis <= 0 && load(shard, tail).is_some_and(|(share, _)| share == 0.0) => {
            ("idle".to_owned(), t.faint)
        }
        Some((_, Some(millis))) => (format::duration_short(Millis(millis.max(0))), lag_color(t, Millis(millis))),
        Some((ShardTailState::Waiting, None)) => ("waits".to_owned(), t.faint),
        _ => (format::UNKNOWN.to_owned(), t.faint),
    }
}

/// Share of its write limit that a shard is filled to, and where that is from: what this tail reads, or else the newest
/// period of the metrics.
fn load(shard: &ShardFacts, tail: Option<&ShardTail>) -> Option<(f64, &'static str)> {
    let measured = tail.and_then(|tail| tail.write_share).map(|share| (share, "the last 10 s, by what this tail read"));
    measured.or_else(|| shard.now.map(|share| (share, "the newest minute of its metrics")))
}

fn cell(
    ui: &mut Ui,
    rect: Rect,
    index: usize,
    digits: usize,
    (shard, tail): (&ShardFacts, Option<&ShardTail>),
    selection: &mut Option<ShardId>,
) {
    let t = theme::tokens(ui);
    let is_selected = selection.as_ref() == Some(&shard.id);
    let (lag, lag_color) = lag_words(t, shard, tail);
    let is_throttled = tail.is_some_and(|tail| tail.state == ShardTailState::Throttled);
    let response = ui.interact(rect, ui.make_persistent_id(("cell", index)), Sense::click());
    let load = load(shard, tail);
    let filled = load.map_or_else(String::new, |(share, _)| format!(", {} of limit", spaced_percent(share)));
    let throttled = if is_throttled { ", reads throttled" } else { "" };
    let behind = match lag.as_str() {
        format::UNKNOWN => "lag unknown".to_owned(),
        lag if lag.starts_with(|first: char| first.is_ascii_digit()) => format!("{lag} behind"),
        state => state.to_owned(),
    };
    let name = format!("Only shard {}{filled}, {behind}{throttled}", shard.id);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_selected, &name));
    if response.clicked() {
        *selection = (!is_selected).then(|| shard.id.clone());
    }
    let painter = ui.painter();
    if is_selected {
        painter.rect(rect, 4, t.selected, Stroke::new(1.0, t.accent), StrokeKind::Inside);
    } else if response.hovered() {
        painter.rect_filled(rect, 4, t.hover);
    }
    if response.has_focus() {
        widgets::focus_ring(ui, rect, 4);
    }
    let inner = rect.shrink2(vec2(6.0, 0.0));
    let font = FontId::new(11.5, fonts::value().family);
    let id = shard.id.tail_digits();
    let id: String = id.chars().skip(id.chars().count().saturating_sub(digits)).collect();
    let ink = if is_selected { t.strong } else { t.text };
    painter.text(pos2(inner.left(), rect.top() + 9.0), Align2::LEFT_CENTER, id, font.clone(), ink);
    if is_throttled {
        let at = pos2(inner.right(), rect.top() + 9.0);
        painter.text(at, Align2::RIGHT_CENTER, icons::THROTTLED, fonts::icon(11.0), t.throttle);
    }
    let track = Rect::from_min_size(pos2(inner.left(), rect.top() + 18.0), vec2(inner.width(), 5.0));
    painter.rect_filled(track, 1, t.stroke_weak);
    if let Some((share, _)) = load {
        let width = (share.clamp(0.0, 1.0) as f32 * track.width()).max(if share > 0.0 { 1.0 } else { 0.0 });
        let color = match share {
            share if share >= CRITICAL_SHARE || (share >= WARN_SHARE && shard.refused > 0.0) => t.crit,
            share if share >= WARN_SHARE => t.warn,
            _ => t.s2,
        };
        painter.rect_filled(Rect::from_min_size(track.min, vec2(width, track.height())), 1, color);
    }
    let area = Rect::from_min_max(pos2(inner.left(), rect.top() + 25.0), pos2(rect.right(), rect.bottom()));
    widgets::paint_elided(painter, area, Align::Min, &lag, font, lag_color);
    response.on_hover_ui(|ui| hint(ui, t, shard, load));
}

/// As sentences have it: `65 %`.
fn spaced_percent(share: f64) -> String {
    format::percent(share).replace('%', " %")
}

/// What the bar says, in words.
fn hint(ui: &mut Ui, t: &Tokens, shard: &ShardFacts, load: Option<(f64, &str)>) {
    widgets::label(ui, shard.id.as_str(), fonts::value(), t.strong);
    let words = match load {
        Some((share, source)) => format!("{} of its write limit over {source}", spaced_percent(share)),
        None => "How full it is is not known: it has no metrics, and is not read at its tip".to_owned(),
    };
    widgets::label(ui, words, fonts::small(), t.text);
}
