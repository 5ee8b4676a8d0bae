//! Where to split: even or typed, the line of the range with its handle, and what each choice would give.

use eframe::egui::{
    self, Align, Align2, Color32, Id, Layout, Rangef, Rect, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::choices::Choices;
use super::offer::{headroom, share_words};
use super::plan::SplitPlan;
use crate::model::hash_range::HashKey;
use crate::model::limits::WARN_SHARE;
use crate::ui::theme::{self, Tokens, fonts};
use crate::ui::widgets::{self, TextField};

/// Where to split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PointChoice {
    /// In the middle of the range.
    #[default]
    Even,
    /// Where both children take the same of the sampled load.
    Balanced,
    /// Around the hottest key, by two splits: a shard of its own.
    Isolate,
    /// Where it is typed.
    Custom,
}

impl PointChoice {
    fn label(self) -> &'static str {
        match self {
            Self::Even => "Even",
            Self::Balanced => "Balanced",
            Self::Isolate => "Isolate key",
            Self::Custom => "Custom",
        }
    }
}

/// What the person chose.
#[derive(Debug, Default)]
pub struct PointState {
    /// Where.
    pub choice: PointChoice,
    /// What was typed, decimal or hexadecimal.
    pub typed: String,
    /// The choice was made: by the person, or once by what the sampled keys say. It does not change by itself any more.
    pub is_settled: bool,
}

/// Draws the section. While a split runs it can be seen but not changed.
pub fn show(ui: &mut Ui, state: &mut PointState, plan: &SplitPlan, choices: &Choices, is_fixed: bool) {
    let t = theme::tokens(ui);
    heading(ui, state, plan, choices, is_fixed);
    ui.add_space(6.0);
    children(ui, t, plan);
    range_line(ui, t, state, plan, is_fixed);
    ui.add_space(8.0);
    field(ui, t, state, plan, is_fixed);
    ui.add_space(10.0);
    options(ui, t, state, plan, choices);
}

fn heading(ui: &mut Ui, state: &mut PointState, plan: &SplitPlan, choices: &Choices, is_fixed: bool) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover());
    let title = format!("Split point inside {}", plan.target.id.short());
    let title = ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, title, fonts::small_strong(), t.strong);
    let builder = UiBuilder::new().max_rect(rect).layout(Layout::right_to_left(Align::Center));
    let choice = ui.scope_builder(builder, |ui| {
        if is_fixed {
            ui.disable();
        }
        let offered: Vec<PointChoice> = choices.offered().collect();
        let labels: Vec<&str> = offered.iter().map(|choice| choice.label()).collect();
        let mut index = offered.iter().position(|choice| *choice == state.choice).unwrap_or(0);
        if widgets::segmented(ui, "Split point", &labels, &mut index) {
            state.choice = offered.get(index).copied().unwrap_or_default();
            state.is_settled = true;
            if state.choice == PointChoice::Custom
                && let Ok(point) = &plan.point
            {
                state.typed = point.to_string();
            }
        }
        ui.min_rect().left()
    });
    let words = Rect::from_min_max(pos2(title.right() + 10.0, rect.top()), pos2(choice.inner - 10.0, rect.bottom()));
    // A letter or two of it would say nothing.
    if words.width() > 90.0 {
        widgets::paint_elided(ui.painter(), words, Align::Min, &choices.words(), fonts::small(), t.weak);
    }
}

fn children(ui: &mut Ui, t: &Tokens, plan: &SplitPlan) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let predicted = plan.predicted();
    let part = plan.lower_part();
    let painter = ui.painter();
    let is_narrow = rect.width() < 560.0;
    let words = |share: Option<f64>, part: Option<f64>| match is_narrow {
        true => format!("{} of limit", share_words(share)),
        false => format!("{} of limit, {} of range", share_words(share), share_words(part)),
    };
    let draw = |left: f32, color: Color32, name: &str, words: &str| {
        painter.rect_filled(Rect::from_center_size(pos2(left + 4.0, rect.center().y), vec2(8.0, 8.0)), 1, color);
        let at = pos2(left + 14.0, rect.center().y);
        let name = painter.text(at, Align2::LEFT_CENTER, name, fonts::small_medium(), t.strong);
        let at = pos2(name.right() + 8.0, rect.center().y);
        painter.text(at, Align2::LEFT_CENTER, words, fonts::small(), t.weak);
    };
    // Around one key there are three: what is beside it counts as its busier side.
    let of_key =
        (!plan.isolated.is_empty()).then(|| format!("{} of limit, one hash key", share_words(predicted.map(|p| p.1))));
    let names = if of_key.is_some() { ["Beside the key", "The key alone"] } else { ["Lower child", "Upper child"] };
    draw(rect.left(), t.s1, names[0], &words(predicted.map(|(lower, _)| lower), part));
    let upper = of_key.unwrap_or_else(|| words(predicted.map(|(_, upper)| upper), part.map(|part| 1.0 - part)));
    let width = 22.0
        + widgets::text_width(painter, names[1], fonts::small_medium())
        + widgets::text_width(painter, &upper, fonts::small());
    draw(rect.right() - width, t.s2, names[1], &upper);
}

/// The range as a line with a handle; dragging it makes the point a custom one.
fn range_line(ui: &mut Ui, t: &Tokens, state: &mut PointState, plan: &SplitPlan, is_fixed: bool) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::hover());
    let line = rect.with_max_y(rect.top() + 20.0);
    let area = Rangef::new(rect.left() + 7.0, rect.right() - 7.0);
    let sense = if is_fixed { Sense::hover() } else { Sense::click_and_drag() };
    let response = ui.interact(line, ui.make_persistent_id("split point"), sense);
    let part = plan.lower_part().unwrap_or(0.5);
    response
        .widget_info(|| WidgetInfo::slider(!is_fixed, (part * 1_000.0).round() / 10.0, "Split point, % of the range"));
    let mut moved = None;
    if let Some(at) = response.interact_pointer_pos().filter(|_| response.dragged() || response.clicked()) {
        moved = Some(f64::from((at.x - area.min) / area.span()));
    }
    if response.has_focus() {
        let step = |key| ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, key));
        if step(egui::Key::ArrowLeft) {
            moved = Some(part - 0.01);
        } else if step(egui::Key::ArrowRight) {
            moved = Some(part + 0.01);
        }
    }
    if let Some(share) = moved {
        state.is_settled = true;
        state.choice = PointChoice::Custom;
        state.typed = point_at(plan, share).to_string();
    }
    let (painter, y) = (ui.painter(), line.center().y);
    let x = area.min + part as f32 * area.span();
    painter.hline(Rangef::new(rect.left(), x), y, Stroke::new(3.0, t.s1));
    painter.hline(Rangef::new(x, rect.right()), y, Stroke::new(3.0, t.s2.gamma_multiply(0.8)));
    let even = area.center();
    if (x - even).abs() > 12.0 {
        painter.circle(pos2(even, y), 4.0, t.panel, Stroke::new(1.5, t.weak));
    }
    let fill = if is_fixed { t.stroke_strong } else { t.accent_fill };
    painter.circle(pos2(x, y), 7.0, fill, Stroke::new(1.5, t.strong));
    if response.has_focus() {
        painter.circle_stroke(pos2(x, y), 10.0, Stroke::new(2.0, t.accent));
    }
    let below = rect.bottom() - 12.0;
    painter.text(
        pos2(rect.left(), below),
        Align2::LEFT_CENTER,
        plan.target.range.start.hex_short(),
        fonts::value(),
        t.weak,
    );
    painter.text(
        pos2(rect.right(), below),
        Align2::RIGHT_CENTER,
        plan.target.range.end.hex_short(),
        fonts::value(),
        t.weak,
    );
    let name = state.choice.label().to_lowercase();
    let x = x.clamp(rect.left() + 110.0, rect.right() - 110.0);
    painter.text(pos2(x, below), Align2::CENTER_CENTER, &name, fonts::caption(), t.accent);
}

/// The hash key at a part of the range, kept so that both children own something.
fn point_at(plan: &SplitPlan, share: f64) -> HashKey {
    let (start, end) = (plan.target.range.start.0, plan.target.range.end.0);
    let offset = ((end - start) as f64 * share.clamp(0.0, 1.0)) as u128;
    HashKey(start.saturating_add(offset).clamp(start.saturating_add(1).min(end), end))
}

fn field(ui: &mut Ui, t: &Tokens, state: &mut PointState, plan: &SplitPlan, is_fixed: bool) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    let name = "NewStartingHashKey";
    let label = ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, name, fonts::small(), t.weak);
    let hex = plan.point.as_ref().ok().map(|point| point.hex());
    let hex_width = widgets::text_width(ui.painter(), &"0".repeat(32), fonts::dense()) + 2.0;
    let has_room = rect.width() - label.width() - hex_width > 260.0;
    let right = if has_room { rect.right() - hex_width - 8.0 } else { rect.right() };
    let area = Rect::from_min_max(pos2(label.right() + 8.0, rect.top()), pos2(right, rect.bottom()));
    let shown = if state.choice == PointChoice::Custom {
        state.typed.clone()
    } else {
        plan.point.as_ref().map_or_else(|_| String::new(), |point| point.to_string())
    };
    let mut text = shown.clone();
    let builder = UiBuilder::new().id_salt("key field").max_rect(area);
    let mut ui = ui.new_child(builder);
    if is_fixed {
        ui.disable();
    }
    TextField::new(Id::unique("reshard new starting hash key"), name, &mut text)
        .mono()
        .invalid(plan.point.is_err())
        .show_in(&mut ui, area);
    if text != shown && !is_fixed {
        state.is_settled = true;
        state.choice = PointChoice::Custom;
        state.typed = text;
    }
    let painter = ui.painter();
    match (&plan.point, hex.filter(|_| has_room)) {
        (Ok(_), Some(hex)) => {
            let area = rect.with_min_x(right + 8.0);
            widgets::paint_elided(&painter.with_clip_rect(rect), area, Align::Max, &hex, fonts::dense(), t.weak);
        }
        (Err(problem), _) => {
            let below =
                Rect::from_min_size(pos2(area.left(), rect.bottom() + 1.0), vec2(rect.right() - area.left(), 14.0));
            let painter = painter.with_clip_rect(below.expand(2.0));
            widgets::paint_elided(&painter, below, Align::Min, problem, fonts::small(), t.crit);
        }
        _ => {}
    }
}

/// Each choice with what it would give; doing nothing is one.
fn options(ui: &mut Ui, t: &Tokens, state: &PointState, plan: &SplitPlan, choices: &Choices) {
    let mut rows: Vec<_> = choices
        .plans(&plan.target)
        .map(|(choice, plan)| (choice.label(), plan.predicted(), choice == state.choice))
        .collect();
    if state.choice == PointChoice::Custom {
        rows.push((PointChoice::Custom.label(), plan.predicted(), true));
    }
    let width = ui.available_width();
    let columns = [0.0, 0.27, 0.43, 0.59, 0.76];
    let draw = |ui: &mut Ui, cells: [(&str, Color32); 5], font: egui::FontId, height: f32| {
        let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
        for ((text, color), at) in cells.into_iter().zip(columns) {
            let indent = if at == 0.0 { 17.0 } else { 0.0 };
            let at = pos2(rect.left() + indent + at * width, rect.center().y);
            let font = if indent > 0.0 { fonts::small_medium() } else { font.clone() };
            ui.painter().text(at, Align2::LEFT_CENTER, text, font, color);
        }
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
        rect
    };
    let head = [
        ("Option", t.weak),
        ("Lower child", t.weak),
        ("Upper child", t.weak),
        ("Hottest after", t.weak),
        ("Headroom to 80 %", t.weak),
    ];
    draw(ui, head, fonts::caption(), 20.0);
    for (name, shares, is_chosen) in rows {
        let hottest = shares.map(|(lower, upper)| lower.max(upper));
        let texts = [
            share_words(shares.map(|(lower, _)| lower)),
            share_words(shares.map(|(_, upper)| upper)),
            share_words(hottest),
            headroom(hottest),
        ];
        let color = if is_chosen { t.strong } else { t.text };
        let ink = if hottest.is_some_and(|share| share >= WARN_SHARE) { t.warn } else { color };
        let [lower, upper, top, room] = &texts;
        let rect =
            draw(ui, [(name, color), (lower, color), (upper, color), (top, ink), (room, ink)], fonts::value(), 22.0);
        if is_chosen {
            let at = rect.left_center() + vec2(6.0, 0.0);
            ui.painter().text(at, Align2::CENTER_CENTER, theme::icons::CHECK, fonts::icon(12.0), t.accent);
        }
    }
    let (now, room) = (share_words(plan.target.now), headroom(plan.target.now));
    let ink = if plan.target.now.is_some_and(|share| share >= WARN_SHARE) { t.warn } else { t.text };
    draw(ui, [("Do nothing", t.text), (&now, t.text), ("—", t.faint), (&now, ink), (&room, ink)], fonts::value(), 22.0);
}
