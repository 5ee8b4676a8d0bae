//! The pieces of the right column: headings, checks, warnings, the bill, what happens or how far it is, the typed confirmation.

use std::ops::Range;

use eframe::egui::{
    Align, Align2, Color32, FontId, Id, Pos2, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::{Check, Offer};
use crate::model::cost::{self, CostLine};
use crate::model::format;
use crate::model::reshard::{ReshardStep, StepState};
use crate::model::time::Timestamp;
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::tag::open_ring;
use crate::ui::widgets::{self, TagStyle, TextField, paint_tag, tag_size};

/// Space at the left and at the right of the column.
const GUTTER: f32 = 14.0;

/// Everything that is said of what can be done, before it is.
pub fn planned<R>(ui: &mut Ui, offer: &Offer<R>) {
    let t = theme::tokens(ui);
    check_list(ui, t, offer.verb, &offer.checks, false);
    match &offer.note {
        Some((title, words)) => note_block(ui, t, title, words),
        None => rule(ui, t, 8.0, 8.0),
    }
    if !(offer.cost.is_empty() && offer.cost_notes.is_empty()) {
        cost_lines(ui, t, &offer.cost, &offer.cost_notes);
    }
    steps_ahead(ui, t, &offer.steps);
}

/// Height of what stands below the column: the typed confirmation, or what may be done while it runs. `is_done` is `None` before
/// it has begun.
pub fn foot_height(is_done: Option<bool>, has_name: bool) -> f32 {
    match is_done {
        Some(true) => 0.0,
        Some(false) => 56.0,
        None if has_name => 86.0,
        None => 0.0,
    }
}

/// Draws what stands below the column: the `words` where it runs, or the field for the name.
pub fn foot(ui: &mut Ui, words: Option<&str>, name: Option<&str>, typed: &mut String) {
    let t = theme::tokens(ui);
    let room = ui.available_rect_before_wrap();
    let min = pos2(room.left() + GUTTER, room.bottom() - 62.0);
    let inner = Rect::from_min_max(min, room.max - vec2(GUTTER, 14.0));
    match (words, name) {
        (Some(words), _) => keeps_running(ui, t, inner, words),
        (None, Some(name)) => confirmation(ui, t, inner, name, typed),
        (None, None) => {}
    }
}

/// A heading of the column; gives back its line.
pub fn heading(ui: &mut Ui, t: &Tokens, text: &str) -> Rect {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let at = rect.left_center() + vec2(GUTTER, 0.0);
    ui.painter().text(at, Align2::LEFT_CENTER, text, fonts::small_strong(), t.strong);
    rect
}

/// Where a figure ends at the right of a line.
pub fn right(rect: Rect) -> Pos2 {
    pos2(rect.right() - GUTTER, rect.center().y)
}

/// One line: a mark, words, and a figure at the right; the figure below the words where both have no room. Gives back the line of
/// the mark.
pub fn line(
    ui: &mut Ui,
    t: &Tokens,
    mark: (&str, FontId, Color32),
    text: (&str, Color32),
    detail: &str,
    role: Role,
) -> Rect {
    let (rect, response) = words_and_figure(ui, t, GUTTER + 20.0, 23.0, text, detail);
    response.widget_info(|| WidgetInfo::labeled(role, true, format!("{} {detail}", text.0).trim().to_owned()));
    let at = pos2(rect.left() + GUTTER + 6.0, rect.center().y);
    ui.painter().text(at, Align2::CENTER_CENTER, mark.0, mark.1, mark.2);
    rect
}

/// Words from `indent` on and a figure at the right, in a line of this height, or in two where both have no room beside each other.
fn words_and_figure(
    ui: &mut Ui,
    t: &Tokens,
    indent: f32,
    height: f32,
    (text, ink): (&str, Color32),
    figure: &str,
) -> (Rect, Response) {
    let room = ui.available_width() - indent - GUTTER;
    let needed = [(text, fonts::small()), (figure, fonts::dense())]
        .map(|(text, font)| if text.is_empty() { 0.0 } else { widgets::text_width(ui.painter(), text, font) + 4.0 });
    let is_long = needed.iter().sum::<f32>() + 4.0 > room && !figure.is_empty();
    let whole = if is_long { height + 16.0 } else { height };
    let (area, response) = ui.allocate_exact_size(vec2(ui.available_width(), whole), Sense::hover());
    let (rect, painter) = (area.with_max_y(area.top() + height), ui.painter());
    let figure_at = if is_long { right(rect) + vec2(0.0, 16.0) } else { right(rect) };
    let figure = painter.text(figure_at, Align2::RIGHT_CENTER, figure, fonts::dense(), t.text);
    let end = if is_long { rect.right() - GUTTER } else { figure.left() - 8.0 };
    let words = Rect::from_min_max(pos2(rect.left() + indent, rect.top()), pos2(end, rect.bottom()));
    widgets::paint_elided(painter, words, Align::Min, text, fonts::small(), ink);
    (rect, response)
}

/// A line across the column.
pub fn rule(ui: &mut Ui, t: &Tokens, before: f32, after: f32) {
    ui.add_space(before);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().rect_filled(rect, 0, t.stroke);
    ui.add_space(after);
}

/// What has to hold, with a count; only what does hold while it `is_running`.
pub fn check_list(ui: &mut Ui, t: &Tokens, verb: &str, checks: &[Check], is_running: bool) {
    let rect = heading(ui, t, &if is_running { "Checks".to_owned() } else { format!("Before you {verb}") });
    let met = checks.iter().filter(|check| check.is_met).count();
    let all = checks.len();
    let (text, style) = match is_running {
        true => ("passed".to_owned(), TagStyle::Ok),
        false => (format!("{met} of {all} pass"), if met == all { TagStyle::Ok } else { TagStyle::Warn }),
    };
    let at = pos2(rect.right() - GUTTER - tag_size(ui.painter(), &text).x, rect.center().y);
    paint_tag(ui.painter(), t, at, &text, style);
    for Check { text, detail, is_met } in checks {
        if is_running && !is_met {
            continue;
        }
        let (icon, color) = if *is_met { (icons::CHECK, t.ok) } else { (icons::CLOSE, t.crit) };
        let ink = if *is_met { t.text } else { t.strong };
        line(ui, t, (icon, fonts::icon(13.0), color), (text, ink), detail, Role::ListItem);
    }
}

/// A warning across the column.
fn note_block(ui: &mut Ui, t: &Tokens, title: &str, words: &str) {
    ui.add_space(8.0);
    let width = ui.available_width();
    let words_kept = widgets::text::with_units(words);
    let galley = ui.painter().layout(words_kept, fonts::small(), t.text, width - 2.0 * GUTTER - 4.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, galley.size().y + 34.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Note, true, format!("{title} {words}")));
    let painter = ui.painter();
    painter.rect_filled(rect, 0, t.warn_dim);
    painter.rect_filled(Rect::from_min_size(rect.min, vec2(3.0, rect.height())), 0, t.warn);
    let left = rect.min + vec2(GUTTER + 4.0, 8.0);
    painter.text(left, Align2::LEFT_TOP, title, fonts::small_strong(), t.strong);
    painter.galley(left + vec2(0.0, 18.0), galley, t.text);
    ui.add_space(8.0);
}

/// What changes in the bill: the sum, its lines, and what is said below.
pub fn cost_lines(ui: &mut Ui, t: &Tokens, lines: &[CostLine], notes: &[(String, String)]) {
    let total = cost::sum(lines);
    let rect = heading(ui, t, "Cost change");
    let painter = ui.painter();
    let at = pos2(rect.right() - GUTTER, rect.center().y);
    if lines.is_empty() {
        painter.text(at, Align2::RIGHT_CENTER, format::UNKNOWN, fonts::value(), t.weak);
    } else {
        let month = painter.text(at, Align2::RIGHT_CENTER, "/ month", fonts::small(), t.weak);
        let font = FontId::new(13.5, fonts::value_strong().family);
        let at = pos2(month.left() - 5.0, rect.center().y);
        painter.text(at, Align2::RIGHT_CENTER, cost::signed(total), font, if total < 0.0 { t.ok } else { t.strong });
    }
    for entry in lines {
        pair(ui, t, &entry.text, &cost::signed(entry.dollars));
    }
    for (text, value) in notes {
        pair(ui, t, text, value);
    }
    pair(ui, t, "List price, us-east-1", "as of 2026");
    rule(ui, t, 6.0, 8.0);
}

/// Words and a figure at the right.
pub fn pair(ui: &mut Ui, t: &Tokens, text: &str, value: &str) {
    let (_, response) = words_and_figure(ui, t, GUTTER, 20.0, (text, t.weak), value);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{text} {value}")));
}

/// What will happen, in order, with how long or how much.
fn steps_ahead(ui: &mut Ui, t: &Tokens, steps: &[(String, String)]) {
    heading(ui, t, "What happens");
    for (index, (text, detail)) in steps.iter().enumerate() {
        let number = (index + 1).to_string();
        line(ui, t, (&number, fonts::dense(), t.weak), (text, t.text), detail, Role::ListItem);
    }
}

/// How far it is: each step with its time, and what went wrong.
pub fn steps_done(ui: &mut Ui, steps: &[ReshardStep], now: Timestamp) {
    let t = theme::tokens(ui);
    heading(ui, t, "Progress");
    step_lines(ui, t, steps, 0..steps.len(), now);
}

/// The steps of this range, each with its time.
pub fn step_lines(ui: &mut Ui, t: &Tokens, steps: &[ReshardStep], shown: Range<usize>, now: Timestamp) {
    for (index, step) in steps.iter().enumerate().take(shown.end).skip(shown.start) {
        let number = (index + 1).to_string();
        let (mark, detail, ink) = match &step.state {
            StepState::Waiting => ((number.as_str(), fonts::dense(), t.weak), String::new(), t.text),
            StepState::Running(since) => {
                (("", fonts::dense(), t.accent), format::duration(since.age_at(now)), t.strong)
            }
            StepState::Done(at) => ((icons::CHECK, fonts::icon(13.0), t.ok), at.hms(), t.text),
            StepState::Failed(at, _) => ((icons::CLOSE, fonts::icon(13.0), t.crit), at.hms(), t.strong),
        };
        let rect = line(ui, t, mark, (&step.text, ink), &detail, Role::ListItem);
        if matches!(step.state, StepState::Running(_)) {
            open_ring(ui.painter(), pos2(rect.left() + GUTTER + 6.0, rect.center().y), 4.5, t.accent);
        }
        if let StepState::Failed(_, problem) = &step.state {
            ui.add_space(2.0);
            let width = ui.available_width() - 2.0 * GUTTER - 20.0;
            let galley = ui.painter().layout(problem.sentence.clone(), fonts::small(), t.crit, width);
            let (rect, response) =
                ui.allocate_exact_size(vec2(ui.available_width(), galley.size().y + 4.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, &problem.sentence));
            ui.painter().galley(rect.min + vec2(GUTTER + 20.0, 0.0), galley, t.crit);
        }
    }
}

/// What may be done while a change runs.
pub const RUNS_ON: &str = "You can close this window. The task keeps running and stays in the status bar.";
/// Words below a column of steps.
fn keeps_running(ui: &Ui, t: &Tokens, inner: Rect, words: &str) {
    let galley = ui.painter().layout(words.to_owned(), fonts::small(), t.weak, inner.width());
    ui.painter().galley(pos2(inner.left(), inner.bottom() - galley.size().y), galley, t.weak);
}

/// The field for the stream's name, with a line above it.
fn confirmation(ui: &mut Ui, t: &Tokens, inner: Rect, name: &str, typed: &mut String) {
    let whole = inner.expand2(vec2(GUTTER, 0.0));
    ui.painter().hline(whole.x_range(), inner.top() - 12.0, Stroke::new(1.0, t.stroke));
    let label = format!("Type {} to confirm", format::one_line(name, 60));
    widgets::paint_elided(
        ui.painter(),
        inner.with_max_y(inner.top() + 16.0),
        Align::Min,
        &label,
        fonts::small_medium(),
        t.weak,
    );
    let is_confirmed = typed == name;
    let matches = name.starts_with(typed.as_str());
    let to_go = format!("{} to go", name.chars().count().saturating_sub(typed.chars().count()));
    TextField::new(Id::unique("typed confirmation"), "Type the stream name to confirm", typed)
        .mono()
        .hint(name)
        .trailing(if is_confirmed || !matches { "" } else { &to_go })
        .invalid(!matches)
        .confirmed(is_confirmed)
        .show_in(ui, Rect::from_min_max(pos2(inner.left(), inner.bottom() - 28.0), inner.max));
}
