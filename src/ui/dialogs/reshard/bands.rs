//! The stream before and after a reshard: width is key space, height is load against the limit. Paints what it is told.

use eframe::egui::{Align2, Painter, Rangef, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::model::format;
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::ui::theme::{self, Tokens, fonts, heat};
use crate::ui::views::shards::Facts;
use crate::ui::views::shards::key_space::{key_at, paint_axis, rect_of, span_of};
use crate::ui::widgets::{hatching, text_width};

const STRIP: f32 = 9.0;
const HEAD: f32 = 20.0;
const BETWEEN: f32 = 34.0;

/// One shard of a band.
#[derive(Clone, Copy, Debug)]
pub struct Bar {
    /// Its hash keys.
    pub range: HashKeyRange,
    /// Its load, a fraction of 1; hatched where it is not known.
    pub share: Option<f64>,
    /// Whether it is one that changes.
    pub is_marked: bool,
}

/// One row of shards.
#[derive(Clone, Debug)]
pub struct Band {
    /// `Now`, `After`.
    pub name: &'static str,
    /// What is said of it.
    pub words: String,
    /// Figures at its right.
    pub corner: String,
    /// Its shards, in hash order.
    pub bars: Vec<Bar>,
}

/// Both rows.
#[derive(Clone, Debug)]
pub struct Bands {
    /// The row above.
    pub upper: Band,
    /// The row below.
    pub lower: Band,
    /// Height of the bars.
    pub height: f32,
    /// What changes: its hash keys, its id, and what becomes of it. Outlined in both rows.
    pub mark: Option<(HashKeyRange, String, &'static str)>,
    /// Ranges with a bracket below the upper row.
    pub brackets: Vec<HashKeyRange>,
}

/// Open shards as bars; those for which `is_marked` holds stand out.
pub fn bars_of(facts: &Facts, is_marked: impl Fn(HashKeyRange) -> bool) -> Vec<Bar> {
    facts.open().map(|shard| Bar { range: shard.range, share: shard.now, is_marked: is_marked(shard.range) }).collect()
}

/// The hottest shard now, in words.
pub fn hottest_words(facts: &Facts) -> String {
    let hottest = facts.open().filter_map(|s| Some((s, s.now?))).max_by(|a, b| a.1.total_cmp(&b.1));
    hottest.map_or_else(String::new, |(shard, share)| {
        format!("hottest: {} at {}", shard.id.short(), format::percent(share).replace('%', " %"))
    })
}

/// The shards as they are listed after a reshard has begun.
pub fn listed(facts: &Facts, is_marked: impl Fn(HashKeyRange) -> bool) -> Band {
    let count = format::counted(facts.open.len(), "shard");
    Band {
        name: "After",
        words: format!("{count}, as listed; hatched until a minute is measured"),
        corner: String::new(),
        bars: bars_of(facts, is_marked),
    }
}

impl Bands {
    fn total_height(&self) -> f32 {
        2.0 * (HEAD + self.height + STRIP + 2.0) + BETWEEN + 22.0
    }

    /// Draws both rows; gives the hash key that was clicked in the upper one.
    pub fn show(&self, ui: &mut Ui) -> Option<HashKey> {
        let t = theme::tokens(ui);
        let dark_mode = ui.visuals().dark_mode;
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), self.total_height()), Sense::hover());
        let area = Rangef::new(rect.left(), rect.right());
        let painter = ui.painter_at(rect.expand(4.0));
        let row = |top: f32| Rect::from_min_max(pos2(rect.left(), top), pos2(rect.right(), top + self.height));
        let upper = row(rect.top() + HEAD);
        let lower = row(upper.bottom() + STRIP + 2.0 + BETWEEN + HEAD);
        let response = ui.interact(upper, ui.make_persistent_id("now band"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Load of all open shards now"));
        let picked = response.clicked().then(|| response.interact_pointer_pos()).flatten().map(|at| key_at(at.x, area));
        for (band, at) in [(&self.upper, upper), (&self.lower, lower)] {
            paint_band(&painter, t, dark_mode, at, &band.bars);
        }
        for range in &self.brackets {
            bracket(&painter, t, span_of(*range, area), upper.bottom() + STRIP + 5.0);
        }
        if let Some((range, id, words)) = &self.mark {
            join(&painter, t, area, (upper, lower), *range, (id, words));
        }
        for (band, at) in [(&self.upper, upper), (&self.lower, lower)] {
            heading(&painter, t, Rect::from_min_max(pos2(rect.left(), at.top() - HEAD), at.right_top()), band);
        }
        paint_axis(&painter, t, area, lower.bottom() + STRIP + 2.0, 4);
        picked
    }
}

fn heading(painter: &Painter, t: &Tokens, rect: Rect, band: &Band) {
    let middle = rect.top() + HEAD / 2.0 - 3.0;
    let name = painter.text(pos2(rect.left(), middle), Align2::LEFT_CENTER, band.name, fonts::small_strong(), t.strong);
    let words = pos2(name.right() + 6.0, middle);
    painter.text(words, Align2::LEFT_CENTER, &band.words, fonts::small(), t.weak);
    painter.text(pos2(rect.right(), middle), Align2::RIGHT_CENTER, &band.corner, fonts::small(), t.weak);
}

fn paint_band(painter: &Painter, t: &Tokens, dark_mode: bool, band: Rect, bars: &[Bar]) {
    let area = band.x_range();
    painter.rect_filled(band, 0, t.inset);
    for Bar { range, share, is_marked } in bars {
        let span = span_of(*range, area);
        let span = Rangef::new(span.min, (span.max + 1.0).min(area.max));
        match share {
            Some(share) => {
                let height = (*share as f32).clamp(0.0, 1.06) * (band.height() - 3.0);
                let bar = rect_of(span, band.bottom() - height, band.bottom());
                painter.rect_filled(bar, 0, heat::color(*share, dark_mode));
            }
            None => hatching(painter, rect_of(span, band.top(), band.bottom()), 5.0, 1.2, heat::hatch(dark_mode)),
        }
        let strip = rect_of(span, band.bottom() + 2.0, band.bottom() + 2.0 + STRIP);
        painter.rect_filled(strip, 0, if *is_marked { t.accent } else { t.stroke_strong });
        painter.vline(span.max + 0.5, band.y_range(), Stroke::new(1.0, t.stroke_weak));
    }
    let full = band.bottom() - (band.height() - 3.0);
    painter.hline(area, full, Stroke::new(1.25, t.crit));
    let warn = band.bottom() - 0.8 * (band.height() - 3.0);
    let dashes = Shape::dashed_line(&[pos2(area.min, warn), pos2(area.max, warn)], Stroke::new(1.0, t.warn), 3.0, 3.0);
    painter.extend(dashes);
}

fn bracket(painter: &Painter, t: &Tokens, span: Rangef, top: f32) {
    let (left, right) = (span.min + 1.0, span.max - 1.0);
    let stroke = Stroke::new(1.0, t.weak);
    painter.hline(left..=right, top + 4.0, stroke);
    for x in [left, right] {
        painter.vline(x, top..=top + 4.0, stroke);
    }
}

/// Outlines what changes in both rows and says what becomes of it.
fn join(painter: &Painter, t: &Tokens, area: Rangef, rows: (Rect, Rect), range: HashKeyRange, told: (&str, &str)) {
    let (now, after) = rows;
    let span = span_of(range, area);
    let span = Rangef::new(span.min, (span.max + 1.0).min(area.max).max(span.min + 4.0));
    let low = now.bottom() + STRIP + 2.0;
    painter.rect_filled(rect_of(span, low, after.top()), 0, t.accent_dim.gamma_multiply(0.8));
    for band in [now, after] {
        let outline = rect_of(span, band.top(), band.bottom() + STRIP + 2.0).expand(1.0);
        painter.rect_stroke(outline, 2, Stroke::new(1.5, t.accent), StrokeKind::Middle);
    }
    let (id, words) = told;
    let id_width = text_width(painter, id, fonts::value());
    let width = id_width + 6.0 + text_width(painter, words, fonts::small());
    let left = if span.max + 8.0 + width > area.max { span.min - 8.0 - width } else { span.max + 8.0 };
    let middle = low + BETWEEN / 2.0 + 2.0;
    painter.text(pos2(left, middle), Align2::LEFT_CENTER, id, fonts::value(), t.accent);
    painter.text(pos2(left + id_width + 6.0, middle), Align2::LEFT_CENTER, words, fonts::small(), t.weak);
}
