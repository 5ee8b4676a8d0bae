//! The stream now and after the split: width is key space, height is load against the limit.

use eframe::egui::{Align2, Painter, Rangef, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::plan::SplitPlan;
use crate::model::format;
use crate::model::hash_range::HashKeyRange;
use crate::model::ids::ShardId;
use crate::ui::theme::{self, Tokens, fonts, heat};
use crate::ui::views::shards::Facts;
use crate::ui::views::shards::key_space::{key_at, paint_axis, rect_of, span_of};
use crate::ui::widgets::{hatching, text_width};

const BAND: f32 = 70.0;
const STRIP: f32 = 9.0;
const HEAD: f32 = 20.0;
const BETWEEN: f32 = 34.0;

/// Height of both bands with their headings and the axis.
pub const HEIGHT: f32 = 2.0 * (HEAD + BAND + STRIP + 2.0) + BETWEEN + 22.0;

/// What the two bands tell.
#[derive(Clone, Copy)]
pub enum Picture<'a> {
    /// The shards now, and what a plan would make of them.
    Planned {
        /// The shards now.
        now: &'a Facts,
    },
    /// The shards when the split began, and what became of them.
    Watched {
        /// The shards then.
        before: &'a Facts,
        /// The shards as they are listed since; `None` until the listing tells of the children.
        after: Option<&'a Facts>,
    },
}

impl<'a> Picture<'a> {
    fn upper(self) -> &'a Facts {
        match self {
            Self::Planned { now: facts } | Self::Watched { before: facts, .. } => facts,
        }
    }

    fn upper_name(self) -> &'static str {
        match self {
            Self::Planned { .. } => "Now",
            Self::Watched { .. } => "Before",
        }
    }
}

/// Draws both bands; gives the shard that was clicked in the upper one.
pub fn show(ui: &mut Ui, picture: Picture<'_>, plan: Option<&SplitPlan>) -> Option<ShardId> {
    let facts = picture.upper();
    let t = theme::tokens(ui);
    let dark_mode = ui.visuals().dark_mode;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let area = Rangef::new(rect.left(), rect.right());
    let painter = ui.painter_at(rect.expand(4.0));
    let now_band = band_rect(rect, rect.top() + HEAD);
    let after_band = band_rect(rect, now_band.bottom() + STRIP + 2.0 + BETWEEN + HEAD);
    let response = ui.interact(now_band, ui.make_persistent_id("now band"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Load of all open shards now"));
    let picked = response.clicked().then(|| response.interact_pointer_pos()).flatten().and_then(|at| {
        let key = key_at(at.x, area);
        facts.open().find(|shard| shard.range.contains(key)).map(|shard| shard.id.clone())
    });
    let count = facts.open.len();
    heading(
        &painter,
        t,
        rect.left(),
        rect.top(),
        picture.upper_name(),
        &format!("{}, height is load against the limit", format::counted(count, "shard")),
    );
    hottest(&painter, t, rect, facts);
    let target = plan.map(|plan| plan.target.id.clone());
    let now: Vec<Bar> =
        facts.open().map(|shard| (shard.range, shard.now, Some(&shard.id) == target.as_ref())).collect();
    paint_band(&painter, t, dark_mode, now_band, &now);
    let (words, bars) = match picture {
        Picture::Watched { after: Some(after), .. } => listed(after, plan),
        _ => {
            let shards = format::counted(count + 1, "shard");
            let by = match plan.and_then(|plan| plan.sampled) {
                Some(_) => "by the sampled keys",
                None => "assumes even load within the range",
            };
            (format!("{shards}, predicted: {by}"), after(facts, plan))
        }
    };
    paint_band(&painter, t, dark_mode, after_band, &bars);
    if let Some(plan) = plan {
        join(&painter, t, area, now_band, after_band, plan);
    }
    heading(&painter, t, rect.left(), after_band.top() - HEAD, "After", &words);
    paint_axis(&painter, t, area, after_band.bottom() + STRIP + 2.0, 4);
    picked
}

fn band_rect(rect: Rect, top: f32) -> Rect {
    Rect::from_min_max(pos2(rect.left(), top), pos2(rect.right(), top + BAND))
}

type Bar = (HashKeyRange, Option<f64>, bool);

/// The shards as they are since the split, those in the range of the shard that was split marked.
fn listed(facts: &Facts, plan: Option<&SplitPlan>) -> (String, Vec<Bar>) {
    let is_child = |range: HashKeyRange| {
        plan.is_some_and(|plan| plan.target.range.contains(range.start) && plan.target.range.contains(range.end))
    };
    let bars = facts.open().map(|shard| (shard.range, shard.now, is_child(shard.range))).collect();
    (format!("{}, as listed; hatched until a minute is measured", format::counted(facts.open.len(), "shard")), bars)
}

fn after(facts: &Facts, plan: Option<&SplitPlan>) -> Vec<Bar> {
    let mut bars = Vec::new();
    for shard in facts.open() {
        match plan.filter(|plan| plan.target.id == shard.id).and_then(|plan| Some((plan, plan.children()?))) {
            Some((plan, (lower, upper))) => {
                let shares = plan.predicted();
                bars.push((lower, shares.map(|(share, _)| share), true));
                bars.push((upper, shares.map(|(_, share)| share), true));
            }
            None => bars.push((shard.range, shard.now, false)),
        }
    }
    bars
}

fn heading(painter: &Painter, t: &Tokens, left: f32, top: f32, name: &str, words: &str) {
    let middle = top + HEAD / 2.0 - 3.0;
    let name = painter.text(pos2(left, middle), Align2::LEFT_CENTER, name, fonts::small_strong(), t.strong);
    painter.text(pos2(name.right() + 6.0, middle), Align2::LEFT_CENTER, words, fonts::small(), t.weak);
}

fn hottest(painter: &Painter, t: &Tokens, rect: Rect, facts: &Facts) {
    let hottest = facts.open().filter_map(|s| Some((s, s.now?))).max_by(|a, b| a.1.total_cmp(&b.1));
    let Some((shard, share)) = hottest else { return };
    let text = format!("hottest: {} at {}", shard.id.short(), format::percent(share).replace('%', " %"));
    let at = pos2(rect.right(), rect.top() + HEAD / 2.0 - 3.0);
    painter.text(at, Align2::RIGHT_CENTER, text, fonts::small(), t.weak);
}

fn paint_band(painter: &Painter, t: &Tokens, dark_mode: bool, band: Rect, bars: &[Bar]) {
    let area = band.x_range();
    painter.rect_filled(band, 0, t.inset);
    for (range, share, is_target) in bars {
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
        painter.rect_filled(strip, 0, if *is_target { t.accent } else { t.stroke_strong });
        painter.vline(span.max + 0.5, band.y_range(), Stroke::new(1.0, t.stroke_weak));
    }
    let full = band.bottom() - (band.height() - 3.0);
    painter.hline(area, full, Stroke::new(1.25, t.crit));
    let warn = band.bottom() - 0.8 * (band.height() - 3.0);
    let dashes = Shape::dashed_line(&[pos2(area.min, warn), pos2(area.max, warn)], Stroke::new(1.0, t.warn), 3.0, 3.0);
    painter.extend(dashes);
}

/// Outlines the shard in both bands and says what becomes of it.
fn join(painter: &Painter, t: &Tokens, area: Rangef, now: Rect, after: Rect, plan: &SplitPlan) {
    let span = span_of(plan.target.range, area);
    let span = Rangef::new(span.min, (span.max + 1.0).min(area.max).max(span.min + 4.0));
    let low = now.bottom() + STRIP + 2.0;
    painter.rect_filled(rect_of(span, low, after.top()), 0, t.accent_dim.gamma_multiply(0.8));
    for band in [now, after] {
        let outline = rect_of(span, band.top(), band.bottom() + STRIP + 2.0).expand(1.0);
        painter.rect_stroke(outline, 2, Stroke::new(1.5, t.accent), StrokeKind::Middle);
    }
    let (id, words) = (plan.target.id.short(), "becomes two shards");
    let id_width = text_width(painter, &id, fonts::value());
    let width = id_width + 6.0 + text_width(painter, words, fonts::small());
    let left = if span.max + 8.0 + width > area.max { span.min - 8.0 - width } else { span.max + 8.0 };
    let middle = low + BETWEEN / 2.0 - 6.0;
    painter.text(pos2(left, middle), Align2::LEFT_CENTER, id, fonts::value(), t.accent);
    painter.text(pos2(left + id_width + 6.0, middle), Align2::LEFT_CENTER, words, fonts::small(), t.weak);
}
