//! Where keys land: every sampled key at its hash over the open shards, as high as its load.

use eframe::egui::{Align2, Mesh, Painter, Rangef, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::KeysState;
use super::prepared::{BINS, Ranked};
use crate::model::format;
use crate::model::keys::{KeyRow, RankBy};
use crate::model::world::OpenStream;
use crate::ui::theme::{self, Tokens, fonts, heat};
use crate::ui::views::shards::key_space;
use crate::ui::widgets::text_width;

/// Height of the picture.
pub const HEIGHT: f32 = 198.0;
const HEAD: f32 = 38.0;
const STRIP: f32 = 15.0;
const AXIS: f32 = 19.0;
/// Keys that may be named beside their mark.
const NAMED: usize = 3;
/// Keys that get a mark with a head; lighter ones are ticks.
const MARKED: usize = 20;

/// Draws the picture.
pub fn show(ui: &mut Ui, open: &OpenStream, ranked: &Ranked, state: &mut KeysState) {
    let t = theme::tokens(ui);
    let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    head(ui.painter(), t, area, ranked);
    let plot =
        Rect::from_min_max(area.min + vec2(16.0, HEAD), pos2(area.right() - 16.0, area.bottom() - AXIS - STRIP - 1.0));
    let response = ui.interact(plot, ui.scope_id().with("landing"), Sense::click());
    let name = format!("Where keys land: {} keys over {} shards", ranked.stream.rows.len(), ranked.loads.len());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    ui.painter().rect_filled(plot, 0, t.inset);
    let x = plot.x_range();
    rest(ui.painter(), plot, ranked, t);
    marks(ui.painter(), plot, ranked, state, t);
    let strip =
        Rect::from_min_max(pos2(plot.left(), plot.bottom() + 1.0), pos2(plot.right(), plot.bottom() + 1.0 + STRIP));
    shards(ui, strip, open, ranked);
    key_space::paint_axis(ui.painter(), t, x, strip.bottom(), 4);
    ui.painter().hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let pointed = response.hover_pos().and_then(|at| nearest(ranked, plot, at.x));
    if let Some(row) = pointed {
        if response.clicked() {
            state.selected = Some(row.key.clone());
        }
        response.on_hover_text_at_pointer(described(row));
    }
}

fn head(painter: &Painter, t: &Tokens, area: Rect, ranked: &Ranked) {
    let middle = area.top() + HEAD / 2.0;
    let left = pos2(area.left() + 16.0, middle);
    let title = painter.text(left, Align2::LEFT_CENTER, "Where keys land", fonts::small_strong(), t.strong);
    let what = match ranked.table.rank_by {
        RankBy::Bytes => "bytes",
        RankBy::Records => "records",
    };
    let words = format!("whole stream, height is {what} per key, position is MD5");
    painter.text(pos2(title.right() + 10.0, middle), Align2::LEFT_CENTER, words, fonts::fine(), t.weak);
}

/// What is not a mark of its own: one column for each stretch of the hash space.
fn rest(painter: &Painter, plot: Rect, ranked: &Ranked, t: &Tokens) {
    let mut mesh = Mesh::default();
    let width = (plot.width() / BINS as f32).max(1.0);
    let color = t.s5.gamma_multiply(0.55);
    for (at, height) in ranked.rest.iter().enumerate().filter(|(_, height)| **height > 0.0) {
        let left = plot.left() + plot.width() * at as f32 / BINS as f32;
        let top = plot.bottom() - (height * room(plot)).max(1.5);
        mesh.add_colored_rect(Rect::from_min_max(pos2(left, top), pos2(left + width * 0.6, plot.bottom())), color);
    }
    for row in ranked.stream.rows.iter().skip(MARKED) {
        let at = key_space::x_of(row.hash, plot.x_range()).round();
        let top = plot.bottom() - (ranked.height(row) * room(plot)).max(2.0);
        mesh.add_colored_rect(Rect::from_min_max(pos2(at, top), pos2(at + 1.0, plot.bottom())), color);
    }
    painter.add(Shape::mesh(mesh));
}

/// Height of the highest mark.
fn room(plot: Rect) -> f32 {
    plot.height() - 10.0
}

fn marks(painter: &Painter, plot: Rect, ranked: &Ranked, state: &KeysState, t: &Tokens) {
    let painter = &painter.with_clip_rect(plot.expand(6.0).intersect(painter.clip_rect()));
    let mut names: Vec<Rect> = Vec::new();
    for (rank, row) in ranked.stream.rows.iter().take(MARKED).enumerate().rev() {
        let is_hot = row.utilisation().is_some_and(|own| own.value() >= 0.5);
        let is_selected = state.selected.as_ref() == Some(&row.key);
        let color = if is_hot { t.crit } else { t.s2 };
        let x = key_space::x_of(row.hash, plot.x_range()).round() + 0.5;
        let top = plot.bottom() - (ranked.height(row) * room(plot)).max(3.0);
        let width = if rank == 0 { 2.5 } else { 1.2 };
        painter.vline(x, top..=plot.bottom(), Stroke::new(width, color));
        painter.circle_filled(pos2(x, top), if rank == 0 { 4.0 } else { 2.6 }, color);
        if is_selected {
            painter.circle_stroke(pos2(x, top), 6.0, Stroke::new(1.5, t.accent));
        }
    }
    for (rank, row) in ranked.stream.rows.iter().take(NAMED).enumerate() {
        let x = key_space::x_of(row.hash, plot.x_range());
        let top = plot.bottom() - (ranked.height(row) * room(plot)).max(3.0);
        let is_hot = row.utilisation().is_some_and(|own| own.value() >= 0.5);
        let key = format::one_line(row.key.as_str(), 28);
        let words = if rank == 0 { format!("{key}, {}", rate(row, ranked.table.rank_by)) } else { key };
        let width = text_width(painter, &words, fonts::dense());
        // To the left of its mark, unless it would leave the plot there.
        let left = if x - width - 10.0 > plot.left() { x - width - 10.0 } else { x + 10.0 };
        let rect = Rect::from_min_size(pos2(left, top - 7.0), vec2(width, 14.0));
        let fits = plot.contains_rect(rect) && names.iter().all(|name| !name.expand(3.0).intersects(rect));
        if rank == 0 || fits {
            let color = if is_hot { t.crit } else { t.weak };
            painter.text(rect.left_center(), Align2::LEFT_CENTER, words, fonts::dense(), color);
            names.push(rect);
        }
    }
}

/// `0.68 MiB/s`, `470 records/s`, or the share where no rate is known.
fn rate(row: &KeyRow, rank_by: RankBy) -> String {
    match (rank_by, row.bytes_per_sec, row.records_per_sec) {
        (RankBy::Bytes, Some(bytes), _) => format!("{} MiB/s", format::mib_per_sec(bytes)),
        (RankBy::Records, _, Some(records)) => format!("{} records/s", format::significant(records)),
        _ => format!("{:.1} %", row.share * 100.0),
    }
}

fn described(row: &KeyRow) -> String {
    let rates = match (row.bytes_per_sec, row.records_per_sec) {
        (Some(bytes), Some(records)) => {
            format!("\n{} MiB/s, {} records/s", format::mib_per_sec(bytes), format::significant(records))
        }
        _ => String::new(),
    };
    format!(
        "{}\n{:.1} % of the stream, on {}{rates}\nMD5 {}",
        format::one_line(row.key.as_str(), 120),
        row.share * 100.0,
        row.shard.short(),
        row.hash.hex()
    )
}

/// The heaviest key within a few points of the pointer.
fn nearest(ranked: &Ranked, plot: Rect, x: f32) -> Option<&KeyRow> {
    ranked.stream.rows.iter().find(|row| (key_space::x_of(row.hash, plot.x_range()) - x).abs() <= 4.0)
}

/// The open shards below, coloured by their load.
fn shards(ui: &Ui, strip: Rect, open: &OpenStream, ranked: &Ranked) {
    let (painter, dark_mode) = (ui.painter(), ui.visuals().dark_mode);
    let Some(map) = open.shards.get() else { return };
    let area = Rangef::new(strip.left(), strip.right());
    if ranked.loads.len() as f32 > strip.width() {
        crowd(painter, strip, open, ranked, dark_mode);
        return;
    }
    for (shard, (_, load)) in map.open().zip(&ranked.loads) {
        let span = key_space::span_of(shard.range, area);
        let rect = key_space::rect_of(span, strip.top(), strip.bottom());
        let share = load.map(crate::model::utilisation::Utilisation::value);
        key_space::paint_heat(painter, rect, share, 0, dark_mode);
        let digits = shard.id.tail_digits();
        let digits = if ranked.loads.len() <= 64 {
            digits.get(digits.len().saturating_sub(2)..).unwrap_or(digits)
        } else {
            digits
        };
        if text_width(painter, digits, fonts::value_strong()) + 6.0 < rect.width() {
            let ink = key_space::ink_on(share, theme::tokens(ui), dark_mode);
            painter.text(rect.center(), Align2::CENTER_CENTER, digits, fonts::value_strong(), ink);
        }
    }
}

/// More shards than points: each column of pixels shows the busiest of its shards.
fn crowd(painter: &Painter, strip: Rect, open: &OpenStream, ranked: &Ranked, dark_mode: bool) {
    let columns = strip.width().max(1.0) as usize;
    let mut busiest: Vec<Option<f64>> = vec![None; columns];
    let Some(map) = open.shards.get() else { return };
    for (shard, (_, load)) in map.open().zip(&ranked.loads) {
        let at = ((shard.range.start.fraction() * columns as f64) as usize).min(columns - 1);
        if let (Some(column), Some(load)) = (busiest.get_mut(at), load) {
            *column = Some(column.unwrap_or(0.0).max(load.value()));
        }
    }
    let mut mesh = Mesh::default();
    for (at, share) in busiest.into_iter().enumerate() {
        let color = share.map_or(heat::no_data(dark_mode), |share| heat::color(share, dark_mode));
        let left = strip.left() + at as f32;
        mesh.add_colored_rect(Rect::from_min_max(pos2(left, strip.top()), pos2(left + 1.0, strip.bottom())), color);
    }
    painter.add(Shape::mesh(mesh));
}
