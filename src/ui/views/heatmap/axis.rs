//! The strip above the rows: names of the columns, times, reshard events, the mark of generated figures, the cursor and
//! the span that is being drawn.

use eframe::egui::{Align2, FontId, Painter, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::geometry::{Columns, PAGE};
use super::gutter;
use super::lens::Zoom;
use crate::model::heat_grid::HeatGrid;
use crate::model::metrics::Window;
use crate::model::time::{Millis, Timestamp};
use crate::ui::theme::{Tokens, fonts};
use crate::ui::widgets;

/// What the strip shows besides its times.
pub struct Marks<'a> {
    /// The rows and their window.
    pub grid: &'a HeatGrid,
    /// The column under the cursor.
    pub cursor: Option<usize>,
    /// The span that is being drawn with the pointer.
    pub drawn: Option<Zoom>,
    /// Figures before this moment were generated for the demo.
    pub generated_before: Option<Timestamp>,
    /// Since when shards are measured from records, where they are.
    pub measured_since: Option<Timestamp>,
}

/// Length of a window in words: `60 min`, `24 h`, `7 days`.
pub fn length_words(window: Window) -> String {
    match (window.end - window.start).0 / 60_000 {
        minutes if minutes <= 180 => format!("{minutes} min"),
        minutes if minutes < 2_880 => format!("{} h", minutes / 60),
        minutes => format!("{} days", minutes / 1_440),
    }
}

/// The time of a column; with its date where the window is longer than a day.
pub fn moment_words(window: Window, at: Timestamp) -> String {
    if (window.end - window.start).0 > DAY.0 { format!("{} {}", short_date(at), at.hm()) } else { at.hm() }
}

/// `15 Sep`, UTC.
fn short_date(at: Timestamp) -> String {
    at.strftime("%-d %b", &jiff::tz::TimeZone::UTC)
}

const DAY: Millis = Millis::from_mins(1_440);
/// Least distance of two times on the axis, in points.
const LABEL_DISTANCE: f32 = 72.0;

/// Draws the strip into `area`.
pub fn show(ui: &Ui, t: &Tokens, area: Rect, columns: &Columns, marks: &Marks<'_>) {
    let painter = ui.painter();
    let middle = area.top() + 11.0;
    let head = |x: f32, anchor: Align2, text: &str| {
        painter.text(pos2(x, middle), anchor, text, fonts::caption(), t.weak);
    };
    head(area.left() + PAGE, Align2::LEFT_CENTER, "Shard");
    head(area.left() + gutter::HASH_LEFT, Align2::LEFT_CENTER, "Hash range");
    let right = gutter::Right::of(columns, marks.grid.is_sampled);
    head(right.now, Align2::RIGHT_CENTER, "now");
    head(right.peak, Align2::RIGHT_CENTER, if marks.grid.is_sampled { "±" } else { "peak" });
    let since = marks.measured_since.filter(|since| *since > marks.grid.window.start);
    let length = since.map_or_else(|| length_words(marks.grid.window), |since| format!("since {}", since.hm()));
    head(right.spark.min, Align2::LEFT_CENTER, &length);
    head(right.flags, Align2::LEFT_CENTER, "flags");
    let mut taken = Vec::new();
    let words = |at: Timestamp| moment_words(marks.grid.window, at);
    if let Some(span) = marks.drawn {
        let minutes = (span.end - span.start).0 / 60_000;
        let text = format!("{}–{} · {minutes} min", words(span.start), span.end.hm());
        let middle = (columns.x_of(span.start) + columns.x_of(span.end)) / 2.0;
        taken.push(cursor_label(painter, t, area, columns, &text, middle));
    } else if let Some(column) = marks.cursor {
        let text = words(columns.lens.time_of(column));
        taken.push(cursor_label(painter, t, area, columns, &text, columns.middle(column)));
    }
    for (index, mark) in event_marks(marks, columns).into_iter().enumerate() {
        let x = columns.x_of(mark.at);
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
    at: Timestamp,
    /// In its box.
    label: String,
    /// In full, for a tooltip and screen readers.
    name: String,
}

/// Reshard events, and where generated figures end, as far as they are in sight.
fn event_marks(marks: &Marks<'_>, columns: &Columns) -> Vec<Mark> {
    let grid = marks.grid;
    let span = columns.lens.span();
    let column = |at: Timestamp| at.floor(grid.window.step_seconds.max(1));
    let mut found: Vec<Mark> = Vec::new();
    for event in grid.reshard_events.iter().filter(|event| event.at >= span.start && event.at < span.end) {
        let name = format!("{} by {} UTC", event.label, moment_words(grid.window, event.at));
        match found.last_mut() {
            Some(last) if column(last.at) == column(event.at) => {
                if !last.label.ends_with(" +") {
                    last.label.push_str(" +");
                }
                last.name = format!("{}, {name}", last.name);
            }
            _ => found.push(Mark { at: event.at, label: event.label.clone(), name }),
        }
    }
    if let Some(at) = marks.measured_since.map(column).filter(|at| *at >= span.start && *at < span.end) {
        let time = at.hm();
        let name = format!("Shards are measured from {time} UTC on, by reading some of their records");
        found.push(Mark { at, label: format!("sampled {time}"), name });
    }
    if let Some(at) = marks.generated_before.map(column).filter(|at| *at >= span.start && *at < span.end) {
        let time = at.hm();
        let name = format!("Figures before {time} UTC were generated for the demo; later ones are measured");
        found.push(Mark { at, label: format!("generated before {time}"), name });
    }
    found
}

fn cursor_label(painter: &Painter, t: &Tokens, area: Rect, columns: &Columns, text: &str, x: f32) -> Rect {
    let width = (widgets::text_width(painter, text, fonts::value()) + 2.0).round().max(38.0);
    let x = x.clamp(columns.left + width / 2.0, (columns.right() - width / 2.0).max(columns.left + width / 2.0));
    let rect = Rect::from_min_size(pos2((x - width / 2.0).round(), area.top() + 4.0), vec2(width, 14.0));
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
    for tick in ticks(columns) {
        let x = tick.x.min(columns.right() - 1.0);
        painter.rect_filled(Rect::from_min_size(pos2(x, area.bottom() - 5.0), vec2(1.0, 4.0)), 0, t.stroke_strong);
    }
    time_labels(painter, t, columns, grid, area.top() + 11.0, taken);
}

/// A time on the axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tick {
    /// Where it stands.
    pub x: f32,
    /// The moment.
    pub at: Timestamp,
    /// How its label stands to it: the first from the left edge, the last up to the right edge, the others centred.
    anchor: Align2,
}

/// The times of the axis, the ends of what is shown among them. Up to two hours they are counted from the start, so that
/// they stand where columns begin; longer spans have them at full hours and days.
pub fn ticks(columns: &Columns) -> Vec<Tick> {
    let span = columns.lens.span();
    let length = (span.end - span.start).0.max(1);
    let width = columns.x_of(span.end) - columns.x_of(span.start);
    let minutes = [1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 360, 720, 1_440, 2_880];
    let fits = |step: &i64| (*step * 60_000) as f32 / length as f32 * width >= LABEL_DISTANCE;
    let step = minutes.into_iter().map(|minutes| minutes.max(columns.lens.step().0 / 60_000)).find(fits);
    let step = step.unwrap_or(2_880) * 60_000;
    let is_short = length <= 120 * 60_000;
    let first = if is_short { span.start.0 } else { (span.start.0.div_euclid(step) + 1) * step };
    let tick = |at: Timestamp, anchor: Align2| Tick { x: columns.x_of(at), at, anchor };
    let mut ticks = vec![tick(span.start, Align2::LEFT_CENTER)];
    let inner = (0..).map(|index| Timestamp(first + index * step)).take_while(|at| *at < span.end);
    let end = columns.x_of(span.end);
    // Next to the ends there is room for one label only.
    let room = match is_short {
        true => 0.45 * step as f32 / length as f32 * width,
        // With their dates they are wider.
        false if length > DAY.0 => 1.6 * LABEL_DISTANCE,
        false => 0.8 * LABEL_DISTANCE,
    };
    let inner = inner.map(|at| tick(at, Align2::CENTER_CENTER));
    ticks.extend(inner.filter(|tick| tick.at > span.start && tick.x <= end - room && tick.x >= columns.left + room));
    ticks.push(tick(span.end, Align2::RIGHT_CENTER));
    ticks
}

/// Paints the times of the ticks; days by their date.
pub fn time_labels(painter: &Painter, t: &Tokens, columns: &Columns, grid: &HeatGrid, middle: f32, taken: &[Rect]) {
    let font: FontId = fonts::value();
    let is_long = (grid.window.end - grid.window.start).0 > DAY.0;
    for tick in ticks(columns) {
        let is_midnight = tick.at.0.rem_euclid(DAY.0) == 0;
        let is_end = tick.anchor != Align2::CENTER_CENTER;
        let text = match (is_midnight && !is_end, is_end && is_long) {
            (true, _) => short_date(tick.at),
            (_, true) => moment_words(grid.window, tick.at),
            _ => tick.at.hm(),
        };
        let galley = painter.layout_no_wrap(text, font.clone(), t.weak);
        let rect = tick.anchor.anchor_size(pos2(tick.x, middle), galley.size());
        if !taken.iter().any(|other| other.intersects(rect)) {
            painter.galley(rect.min, galley, t.weak);
        }
    }
}

/// Dashed lines through the rows where shards were split or merged, and where generated figures end.
pub fn paint_event_lines(painter: &Painter, t: &Tokens, columns: &Columns, marks: &Marks<'_>, area: Rect) {
    for mark in event_marks(marks, columns) {
        let x = columns.x_of(mark.at) - columns.gap() / 2.0;
        painter.extend(eframe::egui::Shape::dashed_line(
            &[pos2(x, area.top()), pos2(x, area.bottom())],
            Stroke::new(1.0, t.accent.gamma_multiply(0.75)),
            2.0,
            3.0,
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::lens::Lens;
    use super::*;

    fn times(start: &str, minutes: i64, step_seconds: u32) -> Vec<String> {
        let start = Timestamp::from_rfc3339(start).expect("a time");
        let window = Window { start, end: start + Millis::from_mins(minutes), step_seconds };
        let columns = Columns::fit(224.0, 1_120.0, Lens::of(window, None, 540), 1.0);
        ticks(&columns).iter().map(|tick| tick.at.strftime("%d %H:%M", &jiff::tz::TimeZone::UTC)).collect()
    }

    #[test]
    fn short_spans_count_from_their_start_and_long_ones_by_the_clock() {
        let hour = times("2026-09-15T13:37:00Z", 60, 60);
        assert_eq!(hour, ["15 13:37", "15 13:47", "15 13:57", "15 14:07", "15 14:17", "15 14:27", "15 14:37"]);
        let day = times("2026-09-14T14:37:00Z", 1_440, 60);
        assert_eq!(day.first().map(String::as_str), Some("14 14:37"));
        assert!(day.contains(&"15 00:00".to_owned()) && day.contains(&"15 06:00".to_owned()), "{day:?}");
        assert_eq!(day.last().map(String::as_str), Some("15 14:37"));
        let week = times("2026-09-08T14:30:00Z", 10_080, 600);
        assert!(week.contains(&"12 00:00".to_owned()), "{week:?}");
    }
}
