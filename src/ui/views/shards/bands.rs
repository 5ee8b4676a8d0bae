//! The picture above the table: generations of shards at their place in the key space, and the shards that are open now.

use std::collections::HashSet;

use eframe::egui::{self, Align2, Color32, FontId, Painter, Rangef, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2};

use super::events;
use super::key_space::{
    ink_on, key_at, paint_axis, paint_band_name, paint_heat, paint_notch, paint_outline, rect_of, span_of,
};
use super::rows::{Facts, ShardFacts};
use super::sight::{ColourBy, Sight, days, when};
use crate::model::format;
use crate::model::hash_range::HashKey;
use crate::model::ids::ShardId;
use crate::model::shard_lives::ShardState;
use crate::model::time::Timestamp;
use crate::ui::theme::{self, Tokens, fonts};
use crate::ui::widgets::{hatching, text_width};

/// Width of the column of names at the left.
pub const NAMES: f32 = 106.0;
/// Height of a row of shards that were born together.
pub const ROW: f32 = 24.0;
const OPEN_ROW: f32 = 28.0;
const PITCH: f32 = 66.0;

/// Height of the picture with this many generations above the open shards.
pub fn height(generations: usize) -> f32 {
    generations as f32 * PITCH + OPEN_ROW + 22.0
}

/// How the picture is looked at.
pub struct Look<'a> {
    /// What is shown.
    pub sight: &'a Sight,
    /// The generations that are drawn, oldest first.
    pub rows: &'a [usize],
    /// The figure of the colours.
    pub colour: ColourBy,
    /// A hash key that is looked for.
    pub key: Option<HashKey>,
    /// The present.
    pub now: Timestamp,
}

/// Everything the painting needs.
pub struct Picture<'a> {
    /// Where it is painted.
    pub painter: Painter,
    /// Colours.
    pub t: &'static Tokens,
    dark_mode: bool,
    /// The key space, from left to right.
    pub area: Rangef,
    /// The shards.
    pub facts: &'a Facts,
    /// How they are looked at.
    pub look: &'a Look<'a>,
    top: f32,
    /// Positions of the shards to point out.
    pub family: HashSet<usize>,
    selected: Option<usize>,
}

/// Draws the generations and the open shards in `rect`; a click selects the shard that was hit.
pub fn show(ui: &mut Ui, rect: Rect, look: &Look<'_>, facts: &Facts, selection: &mut Option<ShardId>) -> Response {
    let area = Rangef::new(rect.left() + NAMES, rect.right());
    let generations = look.rows.len();
    let id = ui.make_persistent_id("lineage");
    let bands = rect_of(area, rect.top(), rect.top() + generations as f32 * PITCH + OPEN_ROW);
    let response = ui.interact(bands, id, Sense::click());
    response.widget_info(|| {
        WidgetInfo::labeled(
            Role::Image,
            true,
            format!("Open shards by hash range, {}", format::counted(facts.open.len(), "shard")),
        )
    });
    let hit = response.hover_pos().and_then(|at| hit_test(at, bands, area, facts, look));
    let selected = selection.as_ref().and_then(|id| facts.shards.iter().position(|shard| shard.id == *id));
    let family = hit.or(selected).map_or_else(HashSet::new, |at| facts.lineage.family(at));
    let picture = Picture {
        painter: ui.painter_at(rect.expand2(egui::vec2(16.0, 6.0))),
        t: theme::tokens(ui),
        dark_mode: ui.visuals().dark_mode,
        area,
        facts,
        look,
        top: rect.top(),
        family,
        selected,
    };
    picture.columns(generations);
    for row in 0..generations {
        picture.generation(rect.left(), row);
    }
    picture.open_now(rect.left(), generations);
    events::paint(&picture);
    picture.key_line(generations);
    let Some(shard) = hit.and_then(|at| facts.shards.get(at)) else { return response };
    if response.clicked() {
        *selection = (selection.as_ref() != Some(&shard.id)).then(|| shard.id.clone());
    }
    response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_ui_at_pointer(|ui| tooltip(ui, shard, look.now))
}

fn hit_test(at: egui::Pos2, bands: Rect, area: Rangef, facts: &Facts, look: &Look<'_>) -> Option<usize> {
    let row = ((at.y - bands.top()) / PITCH).floor().max(0.0) as usize;
    let key = key_at(at.x, area);
    let holds = |index: &usize| facts.shards.get(*index).is_some_and(|shard| shard.range.contains(key));
    let born = look.rows.get(row).and_then(|generation| facts.lineage.generations.get(*generation));
    let shown = |index: &usize| look.sight.shows(*index);
    let in_box = at.y - bands.top() - row as f32 * PITCH <= ROW;
    match born
        .filter(|_| in_box)
        .and_then(|generation| generation.shards.iter().copied().filter(shown).find(|i| holds(i)))
    {
        Some(index) => Some(index),
        None => facts.open.iter().copied().find(|index| holds(index)),
    }
}

impl Picture<'_> {
    /// The upper edge of a row; the one behind the last is that of the open shards.
    pub fn row_top(&self, row: usize) -> f32 {
        self.top + row as f32 * PITCH
    }

    /// The generation that a row shows.
    fn generation_of(&self, row: usize) -> Option<&super::lineage::Generation> {
        self.look.rows.get(row).and_then(|generation| self.facts.lineage.generations.get(*generation))
    }

    /// The shards that a row shows.
    pub fn shown_in(&self, row: usize) -> impl Iterator<Item = (usize, &ShardFacts)> {
        let shards = self.generation_of(row).into_iter().flat_map(|generation| &generation.shards);
        let shown = shards.filter(|at| self.look.sight.shows(**at));
        shown.filter_map(|at| Some((*at, self.facts.shards.get(*at)?)))
    }

    /// The ground between the rows: from each shard's birth down to its children, or to the open row.
    fn columns(&self, generations: usize) {
        for row in 0..generations {
            for (at, shard) in self.shown_in(row) {
                if shard.is_open {
                    self.column(shard, at, None, row, generations);
                }
                for child in self.facts.lineage.children(at) {
                    self.column(shard, *child, Some(at), row, generations);
                }
            }
        }
    }

    fn column(&self, shard: &ShardFacts, at: usize, parent: Option<usize>, row: usize, generations: usize) {
        let Some(below) = self.facts.shards.get(at) else { return };
        let bottom_row = match parent {
            Some(_) => {
                let born = self.facts.lineage.generation(at);
                self.look.rows.partition_point(|generation| *generation < born).min(generations)
            }
            None => generations,
        };
        let (own, other) = (span_of(shard.range, self.area), span_of(below.range, self.area));
        let x = Rangef::new(own.min.max(other.min), own.max.min(other.max));
        if x.span() < 1.0 || bottom_row <= row {
            return;
        }
        let is_family = self.family.contains(&at) && parent.is_none_or(|parent| self.family.contains(&parent));
        let fill = if is_family {
            self.t.accent_dim
        } else if self.selected == Some(at) {
            self.t.selected
        } else {
            self.t.raised.gamma_multiply(0.6)
        };
        let rect = rect_of(x, self.row_top(row) + ROW, self.row_top(bottom_row));
        self.painter.rect_filled(rect, 0, fill);
    }

    fn generation(&self, left: f32, row: usize) {
        let Some(generation) = self.generation_of(row) else { return };
        let top = self.row_top(row);
        let is_first = self.look.rows.get(row) == Some(&0);
        let born = self.shown_in(row).filter_map(|(_, shard)| shard.born).map(|born| born.at);
        let undated = if is_first { "Oldest known" } else { "Resharded" };
        let name = days(born, self.look.now).unwrap_or_else(|| undated.to_owned());
        let caption = match (generation.splits, generation.merges) {
            (0, 0) if is_first && name != undated => format!("oldest known, {}", generation.shards.len()),
            (0, 0) => format::counted(generation.shards.len(), "shard"),
            (splits, 0) => format::counted(splits, "split"),
            (0, merges) => format::counted(merges, "merge"),
            (splits, merges) => format!("{}, {}", format::counted(splits, "split"), format::counted(merges, "merge")),
        };
        paint_band_name(&self.painter, self.t, pos2(left, top - 1.0), &name, &caption);
        for (at, shard) in self.shown_in(row) {
            let rect = rect_of(span_of(shard.range, self.area), top, top + ROW);
            if shard.is_open {
                self.shard_box(rect, shard, at, false);
            } else {
                self.past_box(rect, shard, at);
            }
        }
    }

    fn open_now(&self, left: f32, generations: usize) {
        let top = self.row_top(generations);
        let caption = format::counted(self.facts.open.len(), "shard");
        paint_band_name(&self.painter, self.t, pos2(left, top), "Open now", &caption);
        for at in &self.facts.open {
            let Some(shard) = self.facts.shards.get(*at) else { continue };
            let rect = rect_of(span_of(shard.range, self.area), top, top + OPEN_ROW);
            self.shard_box(rect, shard, *at, true);
            if shard.refused > 0.0 {
                paint_notch(&self.painter, rect);
            }
        }
        let steps = if self.area.span() > 560.0 { 8 } else { 4 };
        paint_axis(&self.painter, self.t, self.area, top + OPEN_ROW + 2.0, steps);
    }

    fn shard_box(&self, rect: Rect, shard: &ShardFacts, at: usize, with_share: bool) {
        let heat = self.look.colour.heat(shard);
        paint_heat(&self.painter, rect, heat, 2, self.dark_mode);
        let ink = ink_on(heat, self.t, self.dark_mode);
        let digits = shard.id.tail_digits();
        match (with_share, self.look.colour.words(shard), rect.width()) {
            (true, Some(words), 36.0..) => {
                let (x, font) = (rect.center().x, FontId::new(11.5, fonts::value().family));
                let at = |y: f32| pos2(x, rect.top() + y);
                self.painter.text(at(7.5), Align2::CENTER_CENTER, digits, font.clone(), ink);
                self.painter.text(at(20.5), Align2::CENTER_CENTER, words, font, ink);
            }
            _ => self.digits(rect, digits, ink),
        }
        self.outline(rect, at);
    }

    /// A shard that takes no writes: outlined while it can be read, hatched once it has expired.
    fn past_box(&self, rect: Rect, shard: &ShardFacts, at: usize) {
        let is_expired = shard.state == ShardState::Expired;
        self.painter.rect_filled(rect, 2, self.t.inset);
        if is_expired {
            hatching(&self.painter, rect, 5.0, 1.2, self.t.stroke);
        }
        let edge = if is_expired { self.t.stroke } else { self.t.stroke_strong };
        self.painter.rect_stroke(rect, 2, egui::Stroke::new(1.0, edge), egui::StrokeKind::Inside);
        let ink = if self.family.contains(&at) { self.t.accent } else { self.t.weak };
        self.digits(rect, shard.id.tail_digits(), ink);
        self.outline(rect, at);
    }

    /// Where the hash key lies that is looked for.
    fn key_line(&self, generations: usize) {
        let Some(key) = self.look.key else { return };
        let x = super::key_space::x_of(key, self.area).round().clamp(self.area.min, self.area.max);
        let bottom = self.row_top(generations) + OPEN_ROW + 4.0;
        self.painter.vline(x, self.top - 5.0..=bottom, egui::Stroke::new(1.5, self.t.strong));
        let tip = pos2(x, self.top - 3.0);
        let points = vec![tip, tip + egui::vec2(-5.0, -6.0), tip + egui::vec2(5.0, -6.0)];
        self.painter.add(egui::Shape::convex_polygon(points, self.t.strong, egui::Stroke::NONE));
    }

    fn outline(&self, rect: Rect, at: usize) {
        if self.selected == Some(at) || self.family.contains(&at) {
            paint_outline(&self.painter, rect, 1.5, self.t.accent);
        }
    }

    /// As many of the last digits of the id as fit.
    fn digits(&self, rect: Rect, digits: &str, ink: Color32) {
        let font = FontId::new(11.5, fonts::value().family);
        let digit = text_width(&self.painter, "0", font.clone());
        let room = ((rect.width() - 4.0) / digit).floor().max(0.0) as usize;
        let count = digits.chars().count();
        let shown = match room {
            room if room >= count => count,
            2.. => 2.min(count),
            _ => return,
        };
        let text: String = digits.chars().skip(count - shown).collect();
        self.painter.text(rect.center(), Align2::CENTER_CENTER, text, font, ink);
    }
}

fn tooltip(ui: &mut Ui, shard: &ShardFacts, now: Timestamp) {
    let t = theme::tokens(ui);
    let line = |ui: &mut Ui, name: &str, value: String| {
        ui.horizontal(|ui| {
            crate::ui::widgets::label(ui, name, fonts::caption(), t.weak);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                crate::ui::widgets::label(ui, value, fonts::dense(), t.strong);
            });
        });
    };
    ui.set_width(230.0);
    crate::ui::widgets::label(ui, format::one_line(shard.id.as_str(), 40), fonts::value_strong(), t.strong);
    line(ui, "Hash range", shard.range.to_string());
    line(ui, "Key space", share_text(Some(shard.space)));
    let told = |moment: crate::model::shard_lives::Moment| {
        format!("{}{}", if moment.is_exact { "" } else { "by " }, when(moment.at, now))
    };
    if let Some(born) = shard.born {
        line(ui, "Created", told(born));
    }
    if let Some(closed) = shard.closed.filter(|_| !shard.is_open) {
        line(ui, "Closed", told(closed));
    }
    if let Some(until) = shard.until {
        line(ui, "Readable until", when(until, now));
    }
    if !shard.is_open {
        let words = if shard.state == ShardState::Expired { "from local history" } else { "still readable" };
        line(ui, shard.state.word(), words.to_owned());
        return;
    }
    line(ui, "Load", share_text(shard.load));
    line(ui, "Of limit now", shard.now.map_or_else(|| format::UNKNOWN.to_owned(), format::percent));
    if shard.refused > 0.0 {
        line(ui, "Refused, 15 min", format::grouped(shard.refused as i64));
    }
}

/// `10.3 %`, or a dash.
pub fn share_text(share: Option<f64>) -> String {
    share.map_or_else(|| format::UNKNOWN.to_owned(), |share| format!("{:.1} %", share * 100.0))
}
