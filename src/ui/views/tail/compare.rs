//! The selected record against a pinned one: what differs, path by path, with what was and what is.

use std::sync::Arc;

use eframe::egui::{Align, Align2, Color32, FontId, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::model::compare::{Change, Comparison, Difference};
use crate::model::format;
use crate::model::mask::Masks;
use crate::model::record::Record;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::{self, Button};

const ROW: f32 = 19.0;
const HEAD: f32 = 36.0;
/// Most characters of a value on screen; copying gives all.
const SHOWN: usize = 400;

/// One row.
#[derive(Clone, Debug)]
enum Line {
    Head(&'static str),
    Path(String, Change),
    Old(String),
    New(String),
    Note(String),
}

/// What was found, worked out once for each pair.
#[derive(Debug, Default)]
pub struct CompareState {
    of: Option<(Arc<Record>, Arc<Record>, Masks)>,
    comparison: Comparison,
    lines: Vec<Line>,
}

impl CompareState {
    fn turn_to(&mut self, first: &Arc<Record>, second: &Arc<Record>, masks: &Masks) {
        let is_known = |(left, right, by): &(Arc<Record>, Arc<Record>, Masks)| {
            Arc::ptr_eq(left, first) && Arc::ptr_eq(right, second) && by == masks
        };
        if self.of.as_ref().is_some_and(is_known) {
            return;
        }
        self.comparison = Comparison::of(&masks.apply(first), &masks.apply(second));
        self.lines = lines(&self.comparison);
        self.of = Some((first.clone(), second.clone(), masks.clone()));
    }
}

fn lines(comparison: &Comparison) -> Vec<Line> {
    let mut lines: Vec<Line> = comparison.note.clone().map(Line::Note).into_iter().collect();
    let parts: [(&'static str, &[Difference]); 2] =
        [("Contents", &comparison.contents), ("What is known of it", &comparison.facts)];
    for (head, differences) in parts.into_iter().filter(|(_, differences)| !differences.is_empty()) {
        lines.push(Line::Head(head));
        for difference in differences {
            lines.push(Line::Path(format::one_line(&difference.path, SHOWN), difference.change()));
            lines.extend(difference.left.as_ref().map(|value| Line::Old(format::one_line(value, SHOWN))));
            lines.extend(difference.right.as_ref().map(|value| Line::New(format::one_line(value, SHOWN))));
        }
    }
    lines
}

/// Draws it: `first` is the pinned one.
pub fn show(
    ui: &mut Ui,
    first: &Arc<Record>,
    second: &Arc<Record>,
    masks: &Masks,
    state: &mut CompareState,
    out: &mut Commands,
) {
    state.turn_to(first, second, masks);
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    let t = theme::tokens(ui);
    head(ui, t, masks.key(&first.partition_key), first, state, out);
    ScrollArea::vertical().id_salt("compare").auto_shrink([false, false]).show_rows(
        ui,
        ROW,
        state.lines.len(),
        |ui, rows| {
            for line in rows.filter_map(|row| state.lines.get(row)) {
                row_ui(ui, t, line);
            }
        },
    );
}

/// What it is held against, how much differs, and the button that copies.
fn head(ui: &mut Ui, t: &Tokens, key: &str, first: &Record, state: &CompareState, out: &mut Commands) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    let count = state.comparison.contents.len();
    let words = match count {
        0 => "the same contents".to_owned(),
        count => format!("{} differ, {} the same", format::counted(count, "value"), state.comparison.same),
    };
    let sequence = first.sequence_number.as_str();
    let against = format!(
        "{} …{}",
        format::one_line(key, 24),
        sequence.get(sequence.len().saturating_sub(4)..).unwrap_or(sequence)
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Against pinned {against}: {words}")));
    let painter = ui.painter();
    let middle = rect.center().y;
    painter.text(pos2(rect.left() + 14.0, middle), Align2::LEFT_CENTER, icons::PIN, fonts::icon(12.0), t.accent);
    let area = Rect::from_min_max(pos2(rect.left() + 32.0, rect.top()), pos2(rect.right() - 44.0, rect.bottom()));
    widgets::paint_elided(painter, area, Align::Min, &format!("{against}: {words}"), fonts::small(), t.text);
    let button = Rect::from_center_size(pos2(rect.right() - 24.0, middle), vec2(24.0, 24.0));
    let copy = Button::ghost("").icon(icons::COPY).name("Copy differences").tooltip("Copy differences").height(24.0);
    if ui.place(button, copy).clicked() {
        out.push(Command::Copy(state.comparison.to_text()));
    }
}

fn row_ui(ui: &mut Ui, t: &Tokens, line: &Line) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let (indent, mark, words, font, ink, fill): (f32, &str, &str, FontId, Color32, Option<Color32>) = match line {
        Line::Head(words) => (14.0, "", words, fonts::caption(), t.weak, None),
        Line::Note(words) => (14.0, "", words, fonts::small(), t.warn, None),
        Line::Path(path, change) => {
            let mark = match change {
                Change::Added => "+",
                Change::Removed => "−",
                Change::Changed => "~",
            };
            (14.0, mark, path, fonts::value(), t.syn_key, None)
        }
        Line::Old(value) => (30.0, "−", value, fonts::dense(), t.crit, Some(t.crit_dim)),
        Line::New(value) => (30.0, "+", value, fonts::dense(), t.ok, Some(t.ok_dim)),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{mark} {words}").trim().to_owned()));
    let painter = ui.painter();
    if let Some(fill) = fill {
        painter.rect_filled(rect.with_min_x(rect.left() + 24.0).with_max_x(rect.right() - 8.0), 2, fill);
    }
    let mut left = rect.left() + indent;
    if !mark.is_empty() {
        painter.text(pos2(left, rect.center().y), Align2::LEFT_CENTER, mark, font.clone(), ink);
        left += 14.0;
    }
    let area = Rect::from_min_max(pos2(left, rect.top()), pos2(rect.right() - 12.0, rect.bottom()));
    let shown = widgets::paint_elided(painter, area, Align::Min, words, font, ink);
    if shown.width() >= area.width() - 2.0 {
        response.on_hover_text(words);
    }
}
