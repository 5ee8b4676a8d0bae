//! The filter: how it is read, what it is, what is wrong with it, how much it lets through, and those that were saved.

use eframe::egui::{Align2, FontId, Id, Key, Modifiers, Popup, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::toolbar::bar;
use super::{TailState, jq_ink};
use crate::model::filter::{FilterKind, FilterSpec};
use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::tail::Tail;
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::{self, Button, TagStyle, TextField};

const HEIGHT: f32 = 38.0;
const ERROR_HEIGHT: f32 = 22.0;
/// What an expression can ask for, below the saved ones.
const HELP: [&str; 3] = [
    "  jq gets the decoded record as . and $key, $shard, $sequence,",
    "  $sub, $arrival (seconds), $size (bytes), $decoded (steps).",
    "  A record passes where any output is neither null nor false.",
];

/// Draws the bar.
pub fn show(
    ui: &mut Ui,
    world: &World,
    open: &OpenStream,
    state: &mut TailState,
    selection: Option<&ShardId>,
    out: &mut Commands,
) {
    let t = theme::tokens(ui);
    let tail = &open.tail;
    let mut spec = state.typed(tail);
    let area = bar(ui, HEIGHT);
    let middle = area.center().y;
    let kinds = Rect::from_min_max(pos2(area.left(), middle - 13.0), pos2(area.left() + 200.0, middle + 13.0));
    let mut inner = crate::ui::region(ui, kinds.expand(2.0), "filter kind");
    inner.set_clip_rect(ui.clip_rect());
    let index = FilterKind::ALL.iter().position(|kind| *kind == spec.kind);
    let mut place = inner.new_child(eframe::egui::UiBuilder::new().max_rect(kinds));
    let segments = widgets::segments(&mut place, "Filter kind", &FilterKind::ALL.map(FilterKind::label), index, 26.0);
    let mut chosen = segments.clicked.and_then(|at| FilterKind::ALL.get(at)).copied();
    for (key, kind) in [(Key::Num1, FilterKind::Jq), (Key::Num2, FilterKind::Text), (Key::Num3, FilterKind::Regex)] {
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, key)) {
            chosen = Some(kind);
            state.takes_focus = true;
        }
    }
    if let Some(kind) = chosen.filter(|kind| *kind != spec.kind) {
        spec.kind = kind;
        state.ask(spec.clone(), out);
    }
    let left = segments.rects.last().map_or(area.left(), |rect| rect.right()) + 8.0;
    let right = counts(ui, t, area, tail, state, selection);
    let field = Rect::from_min_max(pos2(left, middle - 13.0), pos2((right - 10.0).max(left + 120.0), middle + 13.0));
    let button = Rect::from_min_max(pos2(field.right() - 26.0, field.top()), field.max);
    field_ui(ui, tail, state, field.with_max_x(button.left() - 2.0), spec.clone(), out);
    let problem = problem_words(tail, &spec);
    saved(ui, world, state, button, (&spec, problem.is_some()), out);
    if let Some(words) = problem {
        error_line(ui, t, &words);
    }
}

fn field_ui(ui: &mut Ui, tail: &Tail, state: &mut TailState, rect: Rect, mut spec: FilterSpec, out: &mut Commands) {
    let hint = match spec.kind {
        FilterKind::Jq => "jq on the decoded record: .event == \"checkout\", $key == \"tenant-42\"",
        FilterKind::Text => "text in key, shard or data",
        FilterKind::Regex => "regular expression in key, shard or data, (?i) ignores case",
    };
    let is_wrong = problem_words(tail, &spec).is_some();
    let spec_kind = spec.kind;
    let response = TextField::new(Id::unique("tail filter"), "Filter records", &mut spec.text)
        .hint(hint)
        .icon(icons::FILTER)
        .key("f")
        .mono()
        .invalid(is_wrong)
        .colors((spec_kind == FilterKind::Jq).then_some(jq_ink::job))
        .focus(std::mem::take(&mut state.takes_focus))
        .show_in(ui, rect);
    if response.changed() {
        state.ask(spec, out);
    }
}

/// What is wrong with the expression that is typed, with the place.
fn problem_words(tail: &Tail, spec: &FilterSpec) -> Option<String> {
    if let Some((asked, problem)) = &tail.filter_problem
        && asked == spec
    {
        return Some(problem.with_place(&asked.text));
    }
    let index = tail.filter.as_ref().filter(|index| index.filter().spec() == spec)?;
    index.problem().map(ToString::to_string)
}

fn error_line(ui: &mut Ui, t: &Tokens, words: &str) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ERROR_HEIGHT), Sense::hover());
    let text = format!("{}. What was shown stays.", format::one_line(words, 240));
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, &text));
    let painter = ui.painter();
    painter.rect_filled(rect, 0, t.crit_dim);
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    painter.text(rect.left_center() + vec2(16.0, 0.0), Align2::LEFT_CENTER, icons::WARNING, fonts::icon(12.0), t.crit);
    let area = rect.with_min_x(rect.left() + 36.0).with_max_x(rect.right() - 12.0);
    widgets::paint_elided(painter, area, eframe::egui::Align::Min, &text, fonts::small(), t.text);
}

/// The menu of saved filters. One that is wrong is not saved.
fn saved(
    ui: &mut Ui,
    world: &World,
    state: &mut TailState,
    rect: Rect,
    (spec, is_wrong): (&FilterSpec, bool),
    out: &mut Commands,
) {
    let button = Button::ghost("").icon(icons::CARET_DOWN).name("Saved filters").tooltip("Saved filters");
    let response = ui.place(rect, button);
    let tail = &world.settings.tail;
    Popup::menu(&response).id(response.id.with("menu")).show(|ui| {
        ui.set_width(400.0);
        let is_saved = tail.filters.contains(spec);
        if !spec.is_empty() && !is_saved && !is_wrong && menu_item(ui, "Save this filter", false).clicked() {
            let mut tail = tail.clone();
            tail.save_filter(spec.clone());
            out.push(Command::SetTail(Box::new(tail)));
            ui.close();
        }
        if is_saved && menu_item(ui, "Forget this filter", false).clicked() {
            let mut tail = tail.clone();
            tail.filters.retain(|filter| filter != spec);
            out.push(Command::SetTail(Box::new(tail)));
            ui.close();
        }
        if !spec.is_empty() && menu_item(ui, "Show everything", false).clicked() {
            state.ask(FilterSpec::new(spec.kind, ""), out);
            ui.close();
        }
        if tail.filters.is_empty() && spec.is_empty() {
            widgets::label(ui, "  No filter was saved yet.", fonts::small(), theme::tokens(ui).weak);
        }
        for filter in &tail.filters {
            let words = format!("{}  {}", filter.kind.label(), format::one_line(&filter.text, 60));
            if menu_item(ui, &words, filter == spec).clicked() {
                state.ask(filter.clone(), out);
                ui.close();
            }
        }
        ui.separator();
        let t = theme::tokens(ui);
        for line in HELP {
            widgets::label(ui, line, fonts::small(), t.weak);
        }
        ui.add_space(4.0);
    });
}

/// Draws what the filter lets through at the right; where that begins.
fn counts(ui: &Ui, t: &Tokens, area: Rect, tail: &Tail, state: &TailState, selection: Option<&ShardId>) -> f32 {
    let painter = ui.painter();
    let mut right = area.right();
    if let Some((text, style)) = tag_words(tail) {
        let width = widgets::tag_size(painter, &text).x;
        widgets::paint_tag(painter, t, pos2(right - width, area.center().y), &text, style);
        right -= width + 9.0;
        let line = Stroke::new(1.0, t.stroke_strong);
        painter.vline(right.round() + 0.5, area.shrink2(vec2(0.0, 10.0)).y_range(), line);
        right -= 9.0;
    }
    let parts = count_parts(tail, state, selection);
    let width: f32 = parts.iter().map(|(text, font, _)| widgets::text_width(painter, text, font.clone())).sum();
    let left = right - width;
    let mut x = left;
    for (text, font, is_strong) in &parts {
        let color = if *is_strong { t.strong } else { t.weak };
        x = painter.text(pos2(x, area.center().y), Align2::LEFT_CENTER, text, font.clone(), color).right();
    }
    let mut words: String = parts.iter().map(|(text, ..)| text.as_str()).collect();
    if let Some((text, _)) = tag_words(tail) {
        words.push_str(&format!(", {text}"));
    }
    let rect = Rect::from_min_max(pos2(left, area.top()), area.max);
    let response = ui.interact(rect, ui.make_persistent_id("counts"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &words));
    let failed = tail.filter.as_ref().map_or(0, |filter| filter.failed_count());
    if failed > 0 {
        let count = format::counted(failed, "record");
        response.on_hover_text(format!(
            "The expression failed on {count}, for instance by asking a text for a field. They are not shown."
        ));
    }
    left
}

/// What else is to be known of the filter, the most urgent alone.
fn tag_words(tail: &Tail) -> Option<(String, TagStyle)> {
    let index = tail.filter.as_ref()?;
    let grouped = |count: usize| format::grouped(count as i64);
    let remaining = index.remaining(&tail.store);
    if remaining > 0 {
        return Some((format!("{} still to look at", grouped(remaining as usize)), TagStyle::Accent));
    }
    match (index.undecodable_count(), index.failed_count()) {
        (0, 0) => None,
        (0, failed) => Some((format!("fails on {}", grouped(failed)), TagStyle::Neutral)),
        (undecodable, _) => Some((format!("{} undecodable, always shown", grouped(undecodable)), TagStyle::Warn)),
    }
}

/// `1,204 of 48,311 match`, or how many records there are; of one shard, how many rows it has.
fn count_parts(tail: &Tail, state: &TailState, selection: Option<&ShardId>) -> Vec<(String, FontId, bool)> {
    let all = format::grouped(tail.store.record_count() as i64);
    if let Some(shard) = selection {
        return vec![
            (format::grouped(state.rows.len(tail) as i64), fonts::value_strong(), true),
            (format!(" rows in {} of ", shard.short()), fonts::body(), false),
            (all, fonts::value(), false),
        ];
    }
    match &tail.filter {
        Some(filter) => vec![
            (format::grouped(filter.match_count() as i64), fonts::value_strong(), true),
            (" of ".to_owned(), fonts::body(), false),
            (all, fonts::value(), false),
            (" match".to_owned(), fonts::body(), false),
        ],
        None => vec![(all, fonts::value_strong(), true), (" records".to_owned(), fonts::body(), false)],
    }
}
