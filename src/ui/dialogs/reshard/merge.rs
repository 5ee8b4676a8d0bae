//! The tab that merges two neighbours: which pair, what the merged shard would carry, and why others are not offered.

use std::sync::Arc;

use eframe::egui::{
    self, Align, Align2, Color32, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::super::frame::Check;
use super::Scene;
use super::bands::{Band, Bands, Bar, bars_of, hottest_words, listed};
use super::offer::{Offer, headroom, shard_hours, share_words};
use crate::model::cost;
use crate::model::format;
use crate::model::hash_range::HashKeyRange;
use crate::model::ids::ShardId;
use crate::model::limits::WARN_SHARE;
use crate::model::merge::{self, MOST_MERGED_SHARE, MergePair, PairVerdict, Refusal};
use crate::model::metrics::{StreamMetrics, Window};
use crate::model::reshard::{MergeRequest, ReshardRequest};
use crate::model::world::OpenStream;
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::views::shards::Facts;
use crate::ui::widgets;

/// Height of a row of the table.
const ROW: f32 = 21.0;
/// Most pairs of the menu; the others are picked in the table or the picture.
const MOST_IN_MENU: usize = 200;
/// Most columns of the chart.
const COLUMNS: usize = 360;

/// What the tab remembers.
#[derive(Debug, Default)]
pub struct MergeTab {
    made_from: Option<Arc<Facts>>,
    pairs: Vec<MergePair>,
    /// Those that fit and can be done one after another.
    disjoint: Vec<usize>,
    /// Lower and upper shard of the pair that was picked; the coldest without.
    picked: Option<(ShardId, ShardId)>,
    chart: Option<Chart>,
}

/// Loads over time of one pair, thinned out to what can be seen: each column is its busiest period.
#[derive(Debug)]
struct Chart {
    of: (ShardId, ShardId),
    window: Window,
    merged: Vec<Option<f64>>,
    lower: Vec<Option<f64>>,
}

impl MergeTab {
    /// Brings the pairs up to date; made anew only when the shards or their figures changed.
    pub fn update(&mut self, open: &OpenStream, facts: Option<&Arc<Facts>>) {
        let is_same = match (&self.made_from, facts) {
            (Some(made_from), Some(facts)) => Arc::ptr_eq(made_from, facts),
            (None, None) => true,
            _ => false,
        };
        if !is_same {
            self.made_from = facts.cloned();
            self.pairs = open.shards.get().map_or_else(Vec::new, |map| merge::pairs(map, open.metrics.get()));
            self.disjoint = merge::without_overlap(&self.pairs);
            self.chart = None;
        }
        let pair = self.pair().map(|pair| (pair.lower.clone(), pair.upper.clone()));
        if self.chart.as_ref().map(|chart| &chart.of) != pair.as_ref() {
            self.chart = pair.zip(open.metrics.get()).and_then(|(of, metrics)| Chart::new(of, metrics));
        }
    }

    /// The pair that was picked, or the coldest one.
    fn pair(&self) -> Option<&MergePair> {
        let picked = self.picked.as_ref().and_then(|(lower, upper)| {
            self.pairs.iter().find(|pair| pair.lower == *lower && pair.upper == *upper && pair.verdict.is_offered())
        });
        picked.or_else(|| self.pairs.first().filter(|pair| pair.verdict.is_offered()))
    }

    /// Shows the pair of a merge that runs.
    pub fn follow(&mut self, request: &MergeRequest) {
        self.picked = Some((request.lower.clone(), request.upper.clone()));
    }

    fn pick(&mut self, at: usize) {
        self.picked = self.pairs.get(at).map(|pair| (pair.lower.clone(), pair.upper.clone()));
    }

    /// What the pair offers.
    pub fn offer(&self, open: &OpenStream) -> Offer {
        let pair = self.pair();
        let count = u32::try_from(self.pairs.len() + 1).unwrap_or(u32::MAX);
        let names = pair.map_or_else(|| "a pair".to_owned(), names);
        let hours = shard_hours(open);
        let mut cost_notes = vec![hours.before_and_after(count, count.saturating_sub(1))];
        if self.disjoint.len() > 1 {
            let change = -i64::try_from(self.disjoint.len()).unwrap_or(0);
            let saved = cost::sum(&hours.change(change));
            cost_notes.push((format!("All {} pairs that fit, one by one", self.disjoint.len()), cost::signed(saved)));
        }
        let retention = open.summary.get().map(|s| s.retention_hours);
        let readable = retention.map_or_else(String::new, |hours| format!("for {}", format::retention(hours)));
        Offer {
            request: pair.map(|pair| ReshardRequest::Merge(pair.request(&open.name))),
            button: format!("Merge {names}"),
            icon: icons::MERGE,
            verb: "merge",
            checks: checks(open, pair),
            note: self.refused(),
            cost: hours.change(-1),
            cost_notes,
            steps: vec![
                (format!("MergeShards {names}"), "1 call".to_owned()),
                ("Stream shows UPDATING".to_owned(), "20–40 s".to_owned()),
                ("One shard takes the writes of both".to_owned(), "no writes lost".to_owned()),
                ("Both close and stay readable".to_owned(), readable),
                ("Consumers drain both first".to_owned(), String::new()),
            ],
            footnote: "The merged shard can be split again later. Its sequence numbers start after both parents."
                .to_owned(),
            ..Offer::default()
        }
    }

    /// How many pairs are not offered, and why.
    fn refused(&self) -> Option<(&'static str, String)> {
        let (mut apart, mut hot, mut over) = (0usize, 0usize, 0usize);
        for pair in &self.pairs {
            match pair.verdict {
                PairVerdict::Refused(Refusal::NotAdjacent) => apart += 1,
                PairVerdict::Refused(Refusal::LowerIsHot | Refusal::UpperIsHot) => hot += 1,
                PairVerdict::Refused(_) => over += 1,
                _ => {}
            }
        }
        if apart + hot + over == 0 {
            return None;
        }
        let reasons = [
            (over, format!("together pass {}", share_words(Some(MOST_MERGED_SHARE)))),
            (hot, "have a hot side".to_owned()),
            (apart, "are not adjacent".to_owned()),
        ];
        let told: Vec<String> =
            reasons.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}")).collect();
        let fit = self.pairs.iter().filter(|pair| pair.verdict.fits()).count();
        let overlap = match fit - self.disjoint.len() {
            0 => String::new(),
            count => format!(" Of the {fit} that fit, {count} share a shard with a colder pair."),
        };
        let words = format!("Of {} pairs, {}.{overlap}", self.pairs.len(), told.join(", "));
        Some(("Pairs that are not offered", words))
    }
}

impl Chart {
    fn new(of: (ShardId, ShardId), metrics: &StreamMetrics) -> Option<Self> {
        let (lower, upper) = (metrics.shards.get(&of.0)?, metrics.shards.get(&of.1)?);
        let merged = thinned(merge::merged_series(lower, upper).values());
        Some(Self { of, window: metrics.window, merged, lower: thinned(lower.utilisation(1).values()) })
    }
}

fn thinned(values: &[Option<f64>]) -> Vec<Option<f64>> {
    let step = values.len().div_ceil(COLUMNS).max(1);
    values.chunks(step).map(|chunk| chunk.iter().flatten().copied().reduce(f64::max)).collect()
}

fn names(pair: &MergePair) -> String {
    format!("{} + {}", pair.lower.short(), pair.upper.short())
}

fn checks(open: &OpenStream, pair: Option<&MergePair>) -> Vec<Check> {
    let adjacent = match pair {
        Some(pair) => (true, format!("from {}", pair.range.start.hex_short())),
        None => (false, "no pair fits".to_owned()),
    };
    let room = match pair.map(|pair| pair.load) {
        Some(Some(load)) => (
            load.peak < MOST_MERGED_SHARE,
            format!("{}, peak {}", share_words(Some(load.now)), share_words(Some(load.peak))),
        ),
        Some(None) => (true, "load not known".to_owned()),
        None => (false, "no pair fits".to_owned()),
    };
    vec![
        Check::is_active(open),
        Check::is_provisioned(open),
        Check::new("Both open and adjacent", adjacent),
        Check::new("Merged stays under 60 %", room),
    ]
}

/// Draws the column of the plan.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, facts: &Facts) {
    let t = theme::tokens(ui);
    let is_fixed = scene.run().is_some();
    if !is_fixed {
        picker(ui, &mut scene.state.merge);
        ui.add_space(8.0);
    }
    if let Some(ReshardRequest::Merge(request)) = scene.state.watching.as_ref().filter(|_| is_fixed) {
        let before = scene.state.before.clone();
        let before = before.as_deref().unwrap_or(facts);
        let name = format!("{} + {}", request.lower.short(), request.upper.short());
        watched_bands(before, facts, request.range, name).show(ui);
        return;
    }
    let saved = cost::signed(cost::sum(&scene.offer.cost));
    let tab = &mut scene.state.merge;
    if let Some(key) = planned_bands(facts, tab).show(ui) {
        // The coldest pair that is offered and owns the place.
        if let Some(at) = tab.pairs.iter().position(|pair| pair.verdict.is_offered() && pair.range.contains(key)) {
            tab.pick(at);
        }
    }
    ui.add_space(6.0);
    widgets::hairline(ui);
    ui.add_space(6.0);
    match tab.pair() {
        Some(pair) => chart(ui, t, pair, tab.chart.as_ref()),
        None => {
            let words = if tab.pairs.is_empty() { "One shard alone has no neighbour." } else { "No pair is offered." };
            widgets::label(ui, words, fonts::body(), t.weak);
        }
    }
    ui.add_space(8.0);
    table(ui, t, tab, &saved);
    ui.add_space(10.0);
}

fn picker(ui: &mut Ui, tab: &mut MergeTab) {
    let t = theme::tokens(ui);
    let words = |pair: &MergePair| match pair.load {
        Some(load) => format!("{}   {} together", names(pair), share_words(Some(load.now))),
        None => names(pair),
    };
    let offered: Vec<usize> = (tab.pairs.iter().enumerate())
        .filter(|(_, pair)| pair.verdict.is_offered())
        .map(|(at, _)| at)
        .take(MOST_IN_MENU)
        .collect();
    let labels: Vec<String> = offered.iter().filter_map(|at| tab.pairs.get(*at)).map(words).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let current = tab.pair().map_or_else(|| "none".to_owned(), words);
    let selected = offered
        .iter()
        .position(|at| tab.pairs.get(*at).zip(tab.pair()).is_some_and(|(a, b)| a.lower == b.lower))
        .unwrap_or(usize::MAX);
    let hint = tab.pair().map_or_else(String::new, MergePair::words);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.set_height(28.0);
        widgets::label(ui, "Pair to merge", fonts::small(), t.weak);
        let picked = widgets::dropdown(ui, "Pair to merge", &current, &labels, selected, 236.0);
        if let Some(at) = picked.and_then(|index| offered.get(index)) {
            tab.pick(*at);
        }
        let area = ui.available_rect_before_wrap();
        widgets::paint_elided(ui.painter(), area, Align::Min, &hint, fonts::small(), t.weak);
    });
}

fn inside(outer: HashKeyRange) -> impl Fn(HashKeyRange) -> bool {
    move |range| outer.contains(range.start) && outer.contains(range.end)
}

fn planned_bands(facts: &Facts, tab: &MergeTab) -> Bands {
    let pair = tab.pair();
    let is_marked = |range| pair.is_some_and(|pair| inside(pair.range)(range));
    let count = facts.open.len();
    let upper = Band {
        name: "Now",
        words: format!("{}, brackets: pairs that fit under 60 %", format::counted(count, "shard")),
        corner: hottest_words(facts),
        bars: bars_of(facts, is_marked),
    };
    let mut after = Vec::new();
    for shard in facts.open() {
        match pair.filter(|pair| pair.has(&shard.id)) {
            Some(pair) if pair.lower == shard.id => {
                let share = pair.load.map(|load| load.now);
                after.push(Bar { range: pair.range, share, is_marked: true });
            }
            Some(_) => {}
            None => after.push(Bar { range: shard.range, share: shard.now, is_marked: false }),
        }
    }
    let lower = Band {
        name: "After",
        words: format!("{}, predicted: both loads added", format::counted(after.len(), "shard")),
        corner: String::new(),
        bars: after,
    };
    let brackets = tab.disjoint.iter().filter_map(|at| tab.pairs.get(*at)).map(|pair| pair.range).collect();
    let mark = pair.map(|pair| (pair.range, names(pair), "become one shard"));
    Bands { upper, lower, height: 62.0, mark, brackets }
}

fn watched_bands(before: &Facts, facts: &Facts, range: HashKeyRange, name: String) -> Bands {
    let is_listed = !before.open().map(|shard| &shard.id).eq(facts.open().map(|shard| &shard.id));
    let upper = Band {
        name: "Before",
        words: format!("{}, height is load against the limit", format::counted(before.open.len(), "shard")),
        corner: hottest_words(before),
        bars: bars_of(before, inside(range)),
    };
    let lower = match is_listed {
        true => listed(facts, inside(range)),
        false => Band { name: "After", words: "not listed yet".to_owned(), corner: String::new(), bars: Vec::new() },
    };
    Bands { upper, lower, height: 70.0, mark: Some((range, name, "become one shard")), brackets: Vec::new() }
}

/// Both loads added over time, and what is to be read off.
fn chart(ui: &mut Ui, t: &Tokens, pair: &MergePair, chart: Option<&Chart>) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 118.0), Sense::hover());
    let painter = ui.painter();
    let head = rect.left_top() + vec2(0.0, 8.0);
    let title =
        painter.text(head, Align2::LEFT_CENTER, "Predicted load of the merged shard", fonts::small_strong(), t.strong);
    let plot = Rect::from_min_max(rect.min + vec2(0.0, 20.0), pos2(rect.right() - 150.0, rect.bottom() - 16.0));
    // The figures stand below the heading, so that the legend may have the whole width.
    let end = legend(painter, t, rect.right(), head.y, pair);
    let words = Rect::from_min_max(pos2(title.right() + 8.0, rect.top()), pos2(end - 8.0, rect.top() + 16.0));
    widgets::paint_elided(painter, words, Align::Min, "sum of both, minute by minute", fonts::small(), t.weak);
    let figures = [
        ("now", share_words(pair.load.map(|load| load.now))),
        ("mean", share_words(pair.load.map(|load| load.mean))),
        ("peak", share_words(pair.load.map(|load| load.peak))),
        ("to 80 %", headroom(pair.load.map(|load| load.peak))),
    ];
    for (index, (name, figure)) in figures.iter().enumerate() {
        let y = plot.top() + 10.0 + index as f32 * 20.0;
        painter.text(pos2(plot.right() + 18.0, y), Align2::LEFT_CENTER, name, fonts::small(), t.weak);
        painter.text(pos2(rect.right(), y), Align2::RIGHT_CENTER, figure, fonts::value_strong(), t.strong);
    }
    painter.rect_filled(plot, 0, t.inset);
    let Some(chart) = chart else {
        widgets::hatching(painter, plot, 5.0, 1.2, t.stroke);
        painter.text(plot.center(), Align2::CENTER_CENTER, "no shard-level metrics", fonts::small(), t.weak);
        return;
    };
    let top = pair.load.map_or(1.0, |load| load.peak).max(1.0) * 1.08;
    widgets::sparkline(painter, plot, &chart.merged, Some(top), t.s2);
    widgets::sparkline(painter, plot, &chart.lower, Some(top), t.s1);
    let y_of = |share: f64| plot.bottom() - (share / top) as f32 * plot.height();
    painter.hline(plot.x_range(), y_of(1.0), Stroke::new(1.25, t.crit));
    for (share, color) in [(WARN_SHARE, t.warn), (MOST_MERGED_SHARE, t.accent)] {
        let ends = [pos2(plot.left(), y_of(share)), pos2(plot.right(), y_of(share))];
        painter.extend(Shape::dashed_line(&ends, Stroke::new(1.0, color), 3.0, 3.0));
        let at = pos2(plot.right() - 4.0, y_of(share) - 1.0);
        painter.text(at, Align2::RIGHT_BOTTOM, share_words(Some(share)), fonts::axis(), color);
    }
    let y = plot.bottom() + 3.0;
    let (start, end) = (chart.window.start, chart.window.end);
    let is_long = (end - start).0 > 86_400_000;
    let told = |at: crate::model::time::Timestamp| if is_long { format!("{} {}", at.date(), at.hm()) } else { at.hm() };
    painter.text(pos2(plot.left(), y), Align2::LEFT_TOP, told(start), fonts::axis(), t.weak);
    painter.text(pos2(plot.right(), y), Align2::RIGHT_TOP, format!("{} UTC", told(end)), fonts::axis(), t.weak);
}

/// What the lines stand for; gives back where it begins.
fn legend(painter: &egui::Painter, t: &Tokens, right: f32, y: f32, pair: &MergePair) -> f32 {
    let mut right = right;
    for (name, color) in [("both".to_owned(), t.s2), (pair.lower.short(), t.s1)] {
        let text = painter.text(pos2(right, y), Align2::RIGHT_CENTER, name, fonts::dense(), t.weak);
        painter.rect_filled(Rect::from_center_size(pos2(text.left() - 9.0, y), vec2(8.0, 8.0)), 1, color);
        right = text.left() - 26.0;
    }
    right + 13.0
}

/// Every pair: those that are offered can be picked. Only what is in sight is drawn.
fn table(ui: &mut Ui, t: &Tokens, tab: &mut MergeTab, saved: &str) {
    let width = ui.available_width();
    let columns = |rect: Rect| [0.36, 0.5, 0.64].map(|at| rect.left() + at * width);
    let (head, _) = ui.allocate_exact_size(vec2(width, 20.0), Sense::hover());
    let painter = ui.painter();
    painter.hline(head.x_range(), head.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let y = head.center().y;
    painter.text(pos2(head.left() + 20.0, y), Align2::LEFT_CENTER, "Neighbours", fonts::caption(), t.weak);
    for (name, x) in ["now", "peak", "per month"].iter().zip(columns(head)) {
        painter.text(pos2(x, y), Align2::RIGHT_CENTER, name, fonts::caption(), t.weak);
    }
    let at = pos2(head.left() + 0.67 * width, y);
    painter.text(at, Align2::LEFT_CENTER, "Verdict", fonts::caption(), t.weak);
    let (rect, _) = ui.allocate_exact_size(vec2(width, tab.pairs.len() as f32 * ROW), Sense::hover());
    let clip = ui.clip_rect();
    let first = ((clip.top() - rect.top()) / ROW).floor().max(0.0) as usize;
    let last = ((clip.bottom() - rect.top()) / ROW).ceil().max(0.0) as usize;
    let chosen = tab.pair().map(|pair| pair.lower.clone());
    let mut picked = None;
    for at in first..last.min(tab.pairs.len()) {
        let Some(pair) = tab.pairs.get(at) else { break };
        let row = Rect::from_min_size(pos2(rect.left(), rect.top() + at as f32 * ROW), vec2(width, ROW));
        let told = (columns(row), saved);
        if row_ui(ui, t, row, pair, chosen.as_ref() == Some(&pair.lower), told) {
            picked = Some(at);
        }
    }
    if let Some(at) = picked {
        tab.pick(at);
    }
}

fn row_ui(ui: &Ui, t: &Tokens, row: Rect, pair: &MergePair, is_chosen: bool, told: ([f32; 3], &str)) -> bool {
    let (columns, saved) = told;
    let is_offered = pair.verdict.is_offered();
    let sense = if is_offered { Sense::click() } else { Sense::hover() };
    let response = ui.interact(row, ui.scope_id().with(("pair", &pair.lower, &pair.upper)), sense);
    let (now, peak) = (share_words(pair.load.map(|load| load.now)), share_words(pair.load.map(|load| load.peak)));
    let verdict = pair.words();
    let name = format!("Pair {} now {now} peak {peak} {verdict}", names(pair));
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, is_offered, is_chosen, &name));
    let painter = ui.painter();
    if is_chosen || (response.hovered() && is_offered) {
        painter.rect_filled(row, 0, if is_chosen { t.selected } else { t.hover });
    }
    painter.hline(row.x_range(), row.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
    let y = row.center().y;
    let (mark, ink) = match (is_chosen, is_offered) {
        (true, _) => (icons::CHECK, t.accent),
        (false, false) => (icons::THROTTLED, t.faint),
        (false, true) => ("", t.faint),
    };
    painter.text(pos2(row.left() + 9.0, y), Align2::CENTER_CENTER, mark, fonts::icon(12.0), ink);
    let text = if is_chosen { t.strong } else { t.text };
    painter.text(pos2(row.left() + 20.0, y), Align2::LEFT_CENTER, names(pair), fonts::value(), text);
    let peak_ink = peak_color(t, pair, text);
    let saved = if is_offered { saved } else { format::UNKNOWN };
    for ((words, x), color) in [now.as_str(), &peak, saved].iter().zip(columns).zip([text, peak_ink, t.weak]) {
        painter.text(pos2(x, y), Align2::RIGHT_CENTER, words, fonts::value(), color);
    }
    let color = match pair.verdict {
        PairVerdict::UndoesSplit | PairVerdict::Unknown => t.warn,
        verdict if verdict.fits() => t.ok,
        _ => t.weak,
    };
    let area = row.with_min_x(row.left() + 0.67 * row.width());
    widgets::paint_elided(painter, area, Align::Min, &verdict, fonts::small(), color);
    if response.has_focus() {
        painter.rect_stroke(row, 0, Stroke::new(2.0, t.accent), StrokeKind::Inside);
    }
    response.clicked()
}

fn peak_color(t: &Tokens, pair: &MergePair, otherwise: Color32) -> Color32 {
    match pair.load.map(|load| load.peak) {
        Some(peak) if peak >= 1.0 => t.crit,
        Some(peak) if peak >= MOST_MERGED_SHARE => t.warn,
        _ => otherwise,
    }
}
