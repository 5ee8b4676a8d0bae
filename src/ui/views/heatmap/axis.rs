//! The strip above the rows: names of the columns, times, reshard events, the mark of generated figures, the cursor.

use eframe::egui::{Align2, FontId, Painter, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::geometry::{Columns, PAGE};
use super::gutter;
use crate::model::heat_grid::HeatGrid;
use crate::model::time::Timestamp;
use crate::ui::theme::{Tokens, fonts};
use crate::ui::widgets;

/// What the strip shows besides its times.
pub struct Marks<'a> {
    /// The rows and their window.
    pub grid: &'a HeatGrid,
    /// The column under the cursor.
    pub cursor: Option<usize>,
    /// Figures before this moment were generated for the demo.
    pub generated_before: Option<Timestamp>,
}

/// Draws the strip into `area`.
pub fn show(ui: &Ui, t: &Tokens, area: Rect, columns: &Columns, marks: &Marks<'_>) {
    let painter = ui.painter();
    let middle = area.top() + 11.0;
    let head = |x: f32, anchor: Align2, text: &str| {
        painter.text(pos2(x, middle), anchor, text, fonts::caption(), t.weak);
    };
    head(area.left() + PAGE, Align2::LEFT_CENTER, "Shard");
    head(area.left() + gutter::HASH_LEFT, Align2::LEFT_CENTER, "Hash range");
    let right = gutter::Right::of(columns);
    head(right.now, Align2::RIGHT_CENTER, "now");
    head(right.peak, Align2::RIGHT_CENTER, "peak");
    let minutes = marks.grid.columns() as u64 * u64::from(marks.grid.window.step_seconds) / 60;
    head(right.spark.min, Align2::LEFT_CENTER, &format!("{minutes} min"));
    head(right.flags, Align2::LEFT_CENTER, "flags");
    let mut taken = Vec::new();
    if let Some(column) = marks.cursor {
        taken.push(cursor_label(painter, t, area, columns, &marks.grid.time_of(column).hm(), column));
    }
    for (index, mark) in event_marks(marks).into_iter().enumerate() {
        let x = columns.x(mark.column);
        let shown = boxed(painter, t, area, columns, x, &mark.label, &taken);
        // Where its box has no room, a mark still has its line, and a name at the line's top.
        let rect = shown.unwrap_or(Rect::from_center_size(pos2(x, area.bottom() - 4.0), vec2(6.0, 8.0)));
        let response = ui.interact(rect, ui.scope_id().with(("mark", index)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, mark.name.as_str()));
        response.on_hover_text(mark.name.as_str());
        taken.extend(shown);
    }
    times(painter, t, area, columns, marks.grid, &taken);
}

/// A moment on the time axis that is named.
struct Mark {
    column: usize,
    /// In its box.
    label: String,
    /// In full, for a tooltip and screen readers.
    name: String,
}

/// Reshard events, and where generated figures end.
fn event_marks(marks: &Marks<'_>) -> Vec<Mark> {
    let grid = marks.grid;
    let mut found: Vec<Mark> = Vec::new();
    for event in &grid.reshard_events {
        let Some(column) = column_of(grid, event.at) else { continue };
        let name = format!("{} by {} UTC", event.label, event.at.hm());
        match found.last_mut() {
            Some(last) if last.column == column => {
                if !last.label.ends_with(" +") {
                    last.label.push_str(" +");
                }
                last.name = format!("{}, {name}", last.name);
            }
            _ => found.push(Mark { column, label: event.label.clone(), name }),
        }
    }
    if let Some(column) = marks.generated_before.and_then(|at| column_of(grid, at)) {
        let time = grid.time_of(column).hm();
        let name = format!("Figures before {time} UTC were generated for the demo; later ones are measured");
        found.push(Mark { column, label: format!("generated before {time}"), name });
    }
    found
}

/// The column that holds a moment within the window.
pub fn column_of(grid: &HeatGrid, at: Timestamp) -> Option<usize> {
    grid.window.unknown_series().index_of(at)
}

fn cursor_label(painter: &Painter, t: &Tokens, area: Rect, columns: &Columns, text: &str, column: usize) -> Rect {
    let width = 38.0;
    let x = columns.middle(column).clamp(columns.left + width / 2.0, columns.right() - width / 2.0);
    let rect = Rect::from_min_size(pos2(x - width / 2.0, area.top() + 4.0), vec2(width, 14.0));
    painter.rect_filled(rect, 2, t.strong);
    painter.text(rect.center(), Align2::CENTER_CENTER, text, fonts::value(), t.panel);
    rect.expand2(vec2(6.0, 0.0))
}

/// The name of a mark in a box above it, kept over the cells; `None` where another box has its room.
fn boxed(
    painter: &Painter,
    t: &Tokens,
    area: Rect,
    columns: &Columns,
    x: f32,
    text: &str,
    taken: &[Rect],
) -> Option<Rect> {
    let width = (widgets::text_width(painter, text, fonts::fine()) + 16.0).round();
    let left = (x - width / 2.0).min(columns.right() - width).max(columns.left);
    let rect = Rect::from_min_size(pos2(left.round(), area.top() + 4.0), vec2(width, 14.0));
    if taken.iter().any(|other| other.intersects(rect)) {
        return None;
    }
    painter.rect_filled(rect, 2, t.accent_dim);
    painter.text(rect.center(), Align2::CENTER_CENTER, text, fonts::fine(), t.accent);
    Some(rect.expand2(vec2(6.0, 0.0)))
}

fn times(painter: &Painter, t: &Tokens, area: Rect, columns: &Columns, grid: &HeatGrid, taken: &[Rect]) {
    for column in tick_columns(columns) {
        let x = columns.x(column).min(columns.right() - 1.0);
        let tick = Rect::from_min_size(pos2(x, area.bottom() - 5.0), vec2(1.0, 4.0));
        painter.rect_filled(tick, 0, t.stroke_strong);
    }
    time_labels(painter, t, columns, grid, area.top() + 11.0, taken);
}

/// The columns at which the time axis has a tick; the last one is the end of the window.
pub fn tick_columns(columns: &Columns) -> impl Iterator<Item = usize> {
    let step = columns.label_step();
    let count = columns.count;
    (0..count).step_by(step).filter(move |column| *column == 0 || column + step / 2 <= count).chain([count])
}

/// Paints the times of the ticks: the first from the left edge, the last up to the right edge, the others centred.
pub fn time_labels(painter: &Painter, t: &Tokens, columns: &Columns, grid: &HeatGrid, middle: f32, taken: &[Rect]) {
    let font: FontId = fonts::value();
    for column in tick_columns(columns) {
        let anchor = match column {
            0 => Align2::LEFT_CENTER,
            last if last == columns.count => Align2::RIGHT_CENTER,
            _ => Align2::CENTER_CENTER,
        };
        let x = columns.x(column);
        let galley = painter.layout_no_wrap(grid.time_of(column).hm(), font.clone(), t.weak);
        let rect = anchor.anchor_size(pos2(x, middle), galley.size());
        if !taken.iter().any(|other| other.intersects(rect)) {
            painter.galley(rect.min, galley, t.weak);
        }
    }
}

/// Dashed lines through the rows where shards were split or merged, and where generated figures end.
pub fn paint_event_lines(painter: &Painter, t: &Tokens, columns: &Columns, marks: &Marks<'_>, area: Rect) {
    for mark in event_marks(marks) {
        let x = columns.x(mark.column) - columns.gap() / 2.0;
        painter.extend(eframe::egui::Shape::dashed_line(
            &[pos2(x, area.top()), pos2(x, area.bottom())],
            Stroke::new(1.0, t.accent.gamma_multiply(0.75)),
            2.0,
            3.0,
        ));
    }
}
