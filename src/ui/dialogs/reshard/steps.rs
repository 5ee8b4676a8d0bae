//! The steps of a plan as a table: what each does, what it leaves, and how far it is.

use eframe::egui::{Align, Align2, Color32, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::offer::share_words;
use crate::model::limits::{CRITICAL_SHARE, WARN_SHARE};
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets;
use crate::ui::widgets::tag::open_ring;

/// Height of a row of the table.
const ROW: f32 = 21.0;

/// One row of the table.
#[derive(Clone, Debug)]
pub struct StepLine {
    /// What it does.
    pub text: String,
    /// Loads of the shards that come of it.
    pub loads: String,
    /// The hottest shard after it; `None` where that is not predicted.
    pub hottest: Option<f64>,
    /// Open shards after it.
    pub open: String,
}

/// How far a step is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Not begun.
    None,
    /// On its way.
    Running,
    /// Done.
    Done,
    /// Refused.
    Failed,
}

impl Mark {
    fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

const HEADS: [&str; 4] = ["Step", "Loads after", "Hottest", "Open"];

/// The steps. Only the rows in sight are drawn: a plan may have hundreds.
pub fn table(ui: &mut Ui, lines: &[StepLine], mark: impl Fn(usize) -> Mark) {
    let t = theme::tokens(ui);
    if lines.is_empty() {
        return;
    }
    let width = ui.available_width();
    let (head, _) = ui.allocate_exact_size(vec2(width, 20.0), Sense::hover());
    // A plan that is opened anew has no predictions: no heading stands over nothing.
    let is_predicted = lines.iter().any(|line| line.hottest.is_some() || !line.loads.is_empty());
    let shown = |(at, head)| if at == 0 || is_predicted { (head, t.weak) } else { ("", t.weak) };
    let [step, loads, hottest, open] = HEADS;
    write(ui, t, head, [(0, step), (1, loads), (2, hottest), (3, open)].map(shown), true);
    let (rows, _) = ui.allocate_exact_size(vec2(width, ROW * lines.len() as f32), Sense::hover());
    for (at, line) in lines.iter().enumerate() {
        let row = Rect::from_min_size(pos2(rows.left(), rows.top() + ROW * at as f32), vec2(width, ROW));
        if !ui.is_rect_visible(row) {
            continue;
        }
        let state = mark(at);
        let name = format!("Step {} {} {} {}", at + 1, line.text, line.loads, state.word());
        let response = ui.interact(row, ui.scope_id().with(("step", at)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, name.trim_end()));
        let (icon, color) = match state {
            Mark::Done => (icons::CHECK, t.ok),
            Mark::Failed => (icons::CLOSE, t.crit),
            _ => ("", t.weak),
        };
        let middle = pos2(row.left() + 10.0, row.center().y);
        match state {
            Mark::Running => open_ring(ui.painter(), middle, 4.5, t.accent),
            Mark::None => {
                let number = (at + 1).to_string();
                ui.painter().text(middle, Align2::CENTER_CENTER, number, fonts::dense(), t.weak);
            }
            _ => {
                ui.painter().text(middle, Align2::CENTER_CENTER, icon, fonts::icon(12.0), color);
            }
        }
        let ink = if state == Mark::Done { t.weak } else { t.text };
        let hot = match line.hottest {
            Some(share) if share >= CRITICAL_SHARE => t.crit,
            Some(share) if share >= WARN_SHARE => t.warn,
            _ => ink,
        };
        let hottest = line.hottest.map_or_else(String::new, |share| share_words(Some(share)));
        write(ui, t, row, [(&line.text, ink), (&line.loads, ink), (&hottest, hot), (&line.open, ink)], false);
    }
}

fn write(ui: &Ui, t: &Tokens, rect: Rect, cells: [(&str, Color32); 4], is_head: bool) {
    let painter = ui.painter();
    let columns = [0.0, 0.72, 0.87, 0.98].map(|at| rect.left() + at * rect.width());
    for (column, (text, color)) in cells.into_iter().enumerate() {
        let font = if is_head { fonts::caption() } else { fonts::value() };
        if column == 0 {
            let left = rect.left() + 26.0;
            let area =
                Rect::from_min_max(pos2(left, rect.top()), pos2(rect.left() + 0.56 * rect.width(), rect.bottom()));
            let font = if is_head { font } else { fonts::small() };
            widgets::paint_elided(painter, area, Align::Min, text, font, color);
        } else if let Some(right) = columns.get(column) {
            painter.text(pos2(*right, rect.center().y), Align2::RIGHT_CENTER, text, font, color);
        }
    }
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
}
