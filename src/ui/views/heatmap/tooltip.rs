//! What one cell says: the minute, its share of the limit and which limit that is, and the figures behind it.

use eframe::egui::{
    Align2, Area, Id, Order, Painter, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::axis;
use crate::model::format;
use crate::model::heat_grid::HeatRow;
use crate::model::heat_thresholds::HeatThresholds;
use crate::model::limits::{SHARD_READ_BYTES_PER_SEC, SHARD_WRITE_BYTES_PER_SEC, SHARD_WRITE_RECORDS_PER_SEC};
use crate::model::metrics::{Window, WriteMetrics};
use crate::model::time::{Millis, Timestamp};
use crate::model::utilisation::{BoundBy, Utilisation};
use crate::ui::theme::{self, Tokens, fonts, heat, icons};
use crate::ui::widgets;

const WIDTH: f32 = 299.0;
const TITLE_HEIGHT: f32 = 30.0;
const ROW_PITCH: f32 = 17.0;
const PADDING: f32 = 12.0;

/// The words of a tooltip.
#[derive(Clone, Debug, PartialEq)]
pub struct CellText {
    /// Full id of the shard, or `stream`.
    pub title: String,
    /// `14:29–14:30 UTC`.
    pub span: String,
    /// Share of the limit and the words behind it; `None` where the minute is not known.
    pub share: Option<(f64, String)>,
    /// Why the cell is hatched, where it is.
    pub gap: Option<String>,
    /// Labels and figures.
    pub rows: Vec<(&'static str, String)>,
    /// Where its share changes colour.
    pub thresholds: HeatThresholds,
    /// Whether it stays when the pointer leaves.
    pub is_pinned: bool,
}

/// What a cell is.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// Its row.
    pub row: &'a HeatRow,
    /// Figures of the row's shard, or of the stream.
    pub figures: Option<&'a WriteMetrics>,
    /// The column of the window.
    pub column: usize,
    /// The window.
    pub window: Window,
    /// How many shards' limits the row is held against.
    pub shards: u32,
    /// Where shares change colour.
    pub thresholds: HeatThresholds,
}

impl CellText {
    /// The words for one cell.
    pub fn of(subject: Subject<'_>) -> Self {
        let Subject { row, figures, column, window, shards, thresholds } = subject;
        let start = row.values.time_of(column);
        let seconds = row.values.step_seconds();
        let end = start + Millis::from_secs(i64::from(seconds));
        let mut text = Self {
            title: row.name().to_owned(),
            span: format!("{}–{} UTC", axis::moment_words(window, start), end.hm()),
            share: None,
            gap: row.gap_at(column).map(|gap| gap.text().to_owned()),
            rows: Vec::new(),
            thresholds,
            is_pinned: false,
        };
        if let Some(figures) = figures {
            text.add_figures(figures, start, f64::from(seconds), shards);
        }
        text
    }

    fn add_figures(&mut self, figures: &WriteMetrics, at: Timestamp, seconds: f64, shards: u32) {
        let value = |series: &crate::model::series::Series| series.index_of(at).and_then(|index| series.at(index));
        let (bytes, records) = (value(&figures.incoming_bytes), value(&figures.incoming_records));
        if bytes.is_some() || records.is_some() {
            let rate = |sum: Option<f64>| sum.unwrap_or(0.0) / seconds;
            let shares = Utilisation::from_rates(rate(bytes), rate(records), shards);
            self.share = Some((shares.value(), share_words(shares, shards)));
        }
        if let Some(sum) = bytes {
            self.rows.push(("Bytes in", format!("{} MiB/s avg", format::mib_per_sec(sum / seconds))));
        }
        if let Some(sum) = records {
            let mut text = format!("{} rec/s", format::grouped((sum / seconds).round() as i64));
            if let Some(bytes) = bytes.filter(|_| sum >= 1.0) {
                text.push_str(&format!(" · {} avg", format::bytes((bytes / sum).round() as u64)));
            }
            self.rows.push(("Records in", text));
        }
        if let Some(refused) = value(&figures.write_throttled) {
            let text = format::grouped(refused.round() as i64);
            let tried = records.map(|records| format!(" of {}", format::grouped((records + refused).round() as i64)));
            self.rows.push(("Throttled writes", text + tried.as_deref().unwrap_or("")));
        }
        if let Some(sum) = value(&figures.outgoing_bytes) {
            let share = sum / seconds / (SHARD_READ_BYTES_PER_SEC * f64::from(shards.max(1)));
            self.rows.push((
                "Read out",
                format!("{} MiB/s avg · {:.0} %", format::mib_per_sec(sum / seconds), share * 100.0),
            ));
        }
        if let Some(age) = value(&figures.iterator_age_millis) {
            self.rows.push(("Iterator age, max", format::duration(Millis(age as i64))));
        }
    }

    /// One sentence for screen readers and tests.
    pub fn accessible_name(&self) -> String {
        let pinned = if self.is_pinned { "Pinned " } else { "" };
        let mut name = format!("{pinned}{} {}", self.title, self.span);
        if let Some((share, words)) = &self.share {
            name.push_str(&format!(": {:.0} % {words}", share * 100.0));
        }
        if let Some(gap) = &self.gap {
            name.push_str(&format!(": {gap}"));
        }
        for (label, value) in &self.rows {
            name.push_str(&format!(", {label} {value}"));
        }
        name
    }

    fn height(&self) -> f32 {
        let extra = usize::from(self.share.is_some()) as f32 * 26.0 + usize::from(self.gap.is_some()) as f32 * 22.0;
        TITLE_HEIGHT + 8.0 + extra + self.rows.len() as f32 * ROW_PITCH + 8.0
    }
}

fn share_words(shares: Utilisation, shards: u32) -> String {
    let (bytes, records) = (shares.bytes_share * 100.0, shares.records_share * 100.0);
    let count = f64::from(shards.max(1));
    match shares.bound_by() {
        BoundBy::Bytes => {
            let limit = format::grouped((SHARD_WRITE_BYTES_PER_SEC * count / 1_048_576.0) as i64);
            format!("of {limit} MiB/s, bytes-bound (records {records:.0} %)")
        }
        BoundBy::Records => {
            let limit = format::grouped((SHARD_WRITE_RECORDS_PER_SEC * count) as i64);
            format!("of {limit} rec/s, records-bound (bytes {bytes:.0} %)")
        }
    }
}

/// Where a tooltip of this size goes: up and left of the cell, flipped where that leaves `bounds`; never over the row.
fn place(cell: Rect, size: Vec2, bounds: Rect) -> Rect {
    let left = cell.left() - 10.0 - size.x;
    let left = if left < bounds.left() { (cell.right() + 10.0).min(bounds.right() - size.x) } else { left };
    let above = cell.top() - 12.0 - size.y;
    let top = if above < bounds.top() { cell.bottom() + 12.0 } else { above };
    Rect::from_min_size(pos2(left.round(), top.round()), size)
}

/// Draws the tooltip of a cell over everything.
pub fn show(ui: &Ui, text: &CellText, cell: Rect, bounds: Rect) {
    let gap = text.gap.as_deref().map_or(0.0, |gap| widgets::text_width(ui.painter(), gap, fonts::small()));
    let words = text.share.as_ref().map_or("", |(_, words)| words);
    let head = widgets::text_width(ui.painter(), &text.title, fonts::value_strong())
        + widgets::text_width(ui.painter(), &text.span, fonts::value());
    let width = (widgets::text_width(ui.painter(), words, fonts::fine()) + 88.0)
        .max(head + 68.0)
        .max(gap + 2.0 * PADDING)
        .max(WIDTH)
        .round();
    let rect = place(cell, vec2(width, text.height()), bounds);
    let area = Area::new(Id::unique("heatmap cell")).order(Order::Tooltip).fixed_pos(rect.min).interactable(false);
    area.constrain(false).show(ui.ctx(), |ui| {
        let (_, response) = ui.allocate_exact_size(rect.size(), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Tooltip, true, text.accessible_name()));
        paint(ui.painter(), theme::tokens(ui), ui.visuals().dark_mode, rect, text);
    });
}

fn paint(painter: &Painter, t: &Tokens, dark_mode: bool, rect: Rect, text: &CellText) {
    painter.rect(rect, 5, t.overlay, Stroke::new(1.0, t.stroke_strong), StrokeKind::Inside);
    let (left, right) = (rect.left() + PADDING, rect.right() - PADDING);
    let middle = rect.top() + 16.0;
    let title = painter.text(pos2(left, middle), Align2::LEFT_CENTER, &text.title, fonts::value_strong(), t.strong);
    if text.is_pinned {
        painter.text(pos2(title.right() + 8.0, middle), Align2::LEFT_CENTER, icons::PIN, fonts::icon(12.0), t.accent);
    }
    painter.text(pos2(right, middle), Align2::RIGHT_CENTER, &text.span, fonts::value(), t.weak);
    let line = Rect::from_min_size(pos2(rect.left() + 1.0, rect.top() + TITLE_HEIGHT), vec2(rect.width() - 2.0, 1.0));
    painter.rect_filled(line, 0, t.stroke);
    let mut y = rect.top() + TITLE_HEIGHT + 8.0;
    if let Some((share, words)) = &text.share {
        let middle = y + 10.0;
        let swatch = Rect::from_min_size(pos2(left, middle - 7.0), vec2(10.0, 14.0));
        painter.rect_filled(swatch, 0, heat::color_by(*share, text.thresholds, dark_mode));
        let color = match share {
            s if *s >= text.thresholds.critical() => t.crit,
            s if *s >= text.thresholds.warn() => t.warn,
            _ => t.strong,
        };
        let figure = format!("{:.0} %", share * 100.0);
        painter.text(pos2(left + 16.0, middle), Align2::LEFT_CENTER, figure, fonts::value_strong(), color);
        painter.text(pos2(left + 63.0, middle), Align2::LEFT_CENTER, words, fonts::fine(), t.weak);
        y += 26.0;
    }
    if let Some(gap) = &text.gap {
        painter.text(pos2(left, y + 9.0), Align2::LEFT_CENTER, gap, fonts::small(), t.weak);
        y += 22.0;
    }
    for (label, value) in &text.rows {
        let middle = y + ROW_PITCH / 2.0;
        painter.text(pos2(left, middle), Align2::LEFT_CENTER, label, fonts::small(), t.weak);
        painter.text(pos2(right, middle), Align2::RIGHT_CENTER, value, fonts::value(), t.strong);
        y += ROW_PITCH;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tooltip_never_covers_its_row() {
        let bounds = Rect::from_min_max(pos2(224.0, 80.0), pos2(1_120.0, 876.0));
        for (x, y) in [(844.0, 432.0), (376.0, 144.0), (907.0, 144.0), (376.0, 860.0)] {
            let cell = Rect::from_min_size(pos2(x, y), vec2(8.0, 15.0));
            let rect = place(cell, vec2(299.0, 141.0), bounds);
            assert!(rect.bottom() < cell.top() || rect.top() > cell.bottom(), "{rect:?} over {cell:?}");
            assert!(rect.left() >= bounds.left());
        }
    }
}
