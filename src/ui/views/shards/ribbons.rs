//! Share of key space against share of load: two strips joined by ribbons. A ribbon that widens is a dense range.

use eframe::egui::{Align2, Color32, FontId, Painter, Rangef, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2};

use super::bands::{NAMES, share_text};
use super::key_space::{paint_band_name, paint_ribbon, rect_of, span_of};
use super::rows::{Facts, ShardFacts};
use crate::model::format;
use crate::ui::theme::{self, Tokens, fonts};
use crate::ui::widgets::text_width;

/// Height of both strips, the ribbons between them and the words below.
pub const HEIGHT: f32 = 92.0;
const STRIP: f32 = 12.0;
const LOWER: f32 = 58.0;

/// Draws both strips in `rect`, which is [`HEIGHT`] high.
pub fn show(ui: &mut Ui, rect: Rect, facts: &Facts) {
    let t = theme::tokens(ui);
    let painter = ui.painter_at(rect.expand2(eframe::egui::vec2(16.0, 14.0)));
    let area = Rangef::new(rect.left() + NAMES, rect.right());
    let response = ui.interact(rect, ui.make_persistent_id("ribbons"), Sense::hover());
    let densest = facts
        .open()
        .filter_map(|shard| Some((shard, shard.density()?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(String::new(), |(shard, density)| format!(", densest {} ×{density:.2}", shard.id.short()));
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Image, true, format!("Share of key space against share of load{densest}"))
    });
    paint_band_name(&painter, t, pos2(rect.left(), rect.top() - 6.0), "Share of", "key space");
    let (known, open) = (facts.known_shards, facts.open.len());
    let load = match facts.total_bytes_per_sec {
        Some(_) if known < open => format!("load, {known} of {open} known"),
        Some(bytes) => format!("load, {} MiB/s", format::mib_per_sec(bytes)),
        None => "load".to_owned(),
    };
    paint_band_name(&painter, t, pos2(rect.left(), rect.top() + LOWER - 6.0), "Share of", &load);
    let upper = (rect.top(), rect.top() + STRIP);
    let lower = (rect.top() + LOWER, rect.top() + LOWER + STRIP);
    if facts.total_bytes_per_sec.is_none_or(|total| total <= 0.0) {
        return without_load(&painter, t, area, upper, lower, facts);
    }
    let mut words = Vec::new();
    let mut behind = 0.0;
    for shard in facts.open() {
        let load = shard.load.unwrap_or(0.0);
        let loaded =
            Rangef::new(area.min + behind as f32 * area.span(), area.min + (behind + load) as f32 * area.span());
        behind += load;
        let space = span_of(shard.range, area);
        let (strip, ribbon) = colors(t, shard);
        paint_ribbon(&painter, (space, upper.1), (inset(loaded), lower.0), ribbon);
        painter.rect_filled(rect_of(space, upper.0, upper.1), 0, strip);
        if load > 0.0 {
            painter.rect_filled(rect_of(inset(loaded), lower.0, lower.1), 0, strip);
        } else if shard.load.is_some() && space.span() > 24.0 {
            let text = format!("{} idle", shard.id.tail_digits());
            let font = FontId::new(10.5, fonts::body().family);
            painter.text(pos2(space.center(), upper.0 - 2.0), Align2::CENTER_BOTTOM, text, font, t.faint);
        }
        words.push((loaded, shard, load));
    }
    largest(&painter, t, area, lower.1 + 3.0, words);
}

fn inset(x: Rangef) -> Rangef {
    if x.span() > 4.0 { Rangef::new(x.min + 1.0, x.max - 1.0) } else { x }
}

fn colors(t: &Tokens, shard: &ShardFacts) -> (Color32, Color32) {
    match shard.load {
        Some(load) if load <= 0.0 => (t.s5.gamma_multiply(0.6), t.s5.gamma_multiply(0.16)),
        Some(_) if shard.is_dense() => (t.warn, t.warn.gamma_multiply(0.33)),
        Some(_) => (t.s2.gamma_multiply(0.62), t.s2.gamma_multiply(0.14)),
        None => (t.stroke_strong, t.stroke_weak),
    }
}

fn without_load(painter: &Painter, t: &Tokens, area: Rangef, upper: (f32, f32), lower: (f32, f32), facts: &Facts) {
    for shard in facts.open() {
        painter.rect_filled(rect_of(span_of(shard.range, area), upper.0, upper.1), 0, t.s5.gamma_multiply(0.5));
    }
    let rect = rect_of(area, lower.0, lower.1);
    painter.rect_stroke(rect, 0, Stroke::new(1.0, t.stroke), eframe::egui::StrokeKind::Inside);
    let text = match facts.total_bytes_per_sec {
        Some(_) => "No load: nothing was written in the newest minute.",
        None => "Load per shard is not known: no shard-level metrics.",
    };
    painter.text(pos2(area.min, lower.1 + 4.0), Align2::LEFT_TOP, text, fonts::small(), t.weak);
}

/// Names the dense ranges and the largest shares, as far as the words do not touch.
fn largest(painter: &Painter, t: &Tokens, area: Rangef, y: f32, mut words: Vec<(Rangef, &ShardFacts, f64)>) {
    words.sort_by(|a, b| b.1.is_dense().cmp(&a.1.is_dense()).then_with(|| b.2.total_cmp(&a.2)));
    let mut taken: Vec<Rangef> = Vec::new();
    let font = FontId::new(11.5, fonts::value().family);
    for (x, shard, load) in words.into_iter().filter(|(.., load)| *load > 0.0).take(4) {
        let text = format!("{} {}", shard.id.short(), share_text(Some(load)));
        let width = text_width(painter, &text, font.clone());
        let left = (x.center() - width / 2.0).clamp(area.min, (area.max - width).max(area.min));
        if taken.iter().any(|other| left < other.max + 12.0 && other.min < left + width + 12.0) {
            continue;
        }
        taken.push(Rangef::new(left, left + width));
        let color = if shard.is_dense() { t.warn } else { t.text };
        painter.text(pos2(left.round(), y), Align2::LEFT_TOP, text, font.clone(), color);
    }
}
