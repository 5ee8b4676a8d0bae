//! The ranking of keys.

use eframe::egui::{Align, Align2, Id, Rect, Sense, Stroke, Ui, pos2, vec2};

use super::KeysState;
use super::prepared::{Line, Ranked};
use crate::model::format;
use crate::model::keys::{KeyRow, KeyTable, RankBy};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts};
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::{self, Column, Row, Table};

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// Share of what it is ranked by.
    Share,
    /// The key as text.
    Key,
    /// Bytes a second.
    Bytes,
    /// Records a second.
    Records,
    /// Mean size of a record.
    Size,
    /// Place in the hash space.
    Hash,
}

const SORTS: [(&str, SortBy); 6] = [
    ("share", SortBy::Share),
    ("key", SortBy::Key),
    ("mib", SortBy::Bytes),
    ("records", SortBy::Records),
    ("size", SortBy::Size),
    ("hash", SortBy::Hash),
];

const ROW: f32 = 25.0;
const HEADER: f32 = 24.0;
/// Height of the line below the rows.
const FOOT: f32 = 25.0;
/// Width of the bar of a share; its figure stands behind it.
const BAR: f32 = 132.0;

const fn columns(share: &'static str) -> [Column; 9] {
    [
        Column::new("rank", "", 26.0),
        Column::new("key", "Partition key", 104.0).rest(104.0).sortable(),
        Column::new("share", share, BAR + 62.0).sortable(),
        Column::new("pm", "±, pp", 58.0).right().drop(3),
        Column::new("mib", "MiB/s", 76.0).right().sortable(),
        Column::new("records", "rec/s", 70.0).right().sortable(),
        Column::new("size", "avg size", 80.0).right().sortable().drop(4),
        Column::new("spark", "over time", 94.0).drop(2),
        Column::new("hash", "MD5", 84.0).sortable().drop(1),
    ]
}

const BY_BYTES: [Column; 9] = columns("Share of bytes");
const BY_RECORDS: [Column; 9] = columns("Share of records");

/// The order of the rows, worked out again only when the ranking or the sorting change.
#[derive(Debug, Default)]
pub struct Order {
    made_for: Option<(SortBy, bool)>,
    rows: Vec<usize>,
    /// Share of the first rows together, by their number.
    sums: Vec<f64>,
}

impl Order {
    /// The ranking is another.
    pub fn forget(&mut self) {
        self.made_for = None;
    }

    /// Sorts again where it must.
    pub fn update(&mut self, table: &KeyTable, sort: SortBy, is_ascending: bool) {
        if self.made_for == Some((sort, is_ascending)) {
            return;
        }
        self.rows = (0..table.rows.len()).collect();
        let row = |at: usize| table.rows.get(at);
        self.rows.sort_by(|a, b| match (row(*a), row(*b)) {
            (Some(one), Some(other)) => compare(one, other, sort, is_ascending).then(a.cmp(b)),
            _ => std::cmp::Ordering::Equal,
        });
        let mut sum = 0.0;
        self.sums = std::iter::once(0.0)
            .chain(self.rows.iter().map(|at| {
                sum += row(*at).map_or(0.0, |row| row.share);
                sum
            }))
            .collect();
        self.made_for = Some((sort, is_ascending));
    }
}

fn compare(a: &KeyRow, b: &KeyRow, sort: SortBy, is_ascending: bool) -> std::cmp::Ordering {
    let order = match sort {
        SortBy::Share => a.share.total_cmp(&b.share),
        SortBy::Key => a.key.cmp(&b.key),
        SortBy::Bytes => a.bytes_per_sec.unwrap_or(-1.0).total_cmp(&b.bytes_per_sec.unwrap_or(-1.0)),
        SortBy::Records => a.records_per_sec.unwrap_or(-1.0).total_cmp(&b.records_per_sec.unwrap_or(-1.0)),
        SortBy::Size => a.mean_size().total_cmp(&b.mean_size()),
        SortBy::Hash => a.hash.cmp(&b.hash),
    };
    if is_ascending { order } else { order.reverse() }
}

/// Draws the table and the line below it.
pub fn show(ui: &mut Ui, ranked: &Ranked, state: &mut KeysState, out: &mut Commands) {
    let area = ui.max_rect();
    let count = state.order.rows.len();
    let all = HEADER + count as f32 * ROW;
    let has_foot = area.height() >= HEADER + 2.6 * ROW + FOOT;
    let foot_top = (area.top() + all).min(area.bottom() - if has_foot { FOOT } else { 0.0 });
    let rows = &state.order.rows;
    let at = |row: usize| rows.get(row).and_then(|at| Some((*at, ranked.table.rows.get(*at)?, ranked.lines.get(*at)?)));
    let selected = state
        .selected
        .as_ref()
        .and_then(|key| rows.iter().position(|at| ranked.table.rows.get(*at).is_some_and(|row| row.key == *key)));
    let columns = match ranked.table.rank_by {
        RankBy::Bytes => &BY_BYTES,
        RankBy::Records => &BY_RECORDS,
    };
    let sort = SORTS.iter().find(|(_, by)| *by == state.sort).map_or("share", |(id, _)| *id);
    let table = Table::new(Id::unique("keys table"), columns)
        .gutters(10.0, 10.0)
        .header_height(HEADER)
        .row_height(ROW)
        .sort(sort, state.is_ascending)
        .selected(selected)
        .keys(true)
        .max_height(foot_top - area.top());
    let mut copied = None;
    let outcome = table.show(ui, count, |row| {
        if let Some((rank, key, line)) = at(row.index) {
            draw(row, rank, key, line, &mut copied);
        }
    });
    let chosen = outcome.selected.and_then(at).map(|(_, row, _)| row.key.clone());
    if let Some(text) = copied {
        out.push(Command::Copy(text));
    }
    if has_foot {
        foot(ui, area.with_min_y(foot_top), ranked, &state.order);
    }
    if let Some(key) = chosen {
        state.selected = Some(key);
    }
    if let Some(id) = outcome.sorted
        && let Some((_, by)) = SORTS.iter().find(|(name, _)| *name == id)
    {
        // Figures are wanted from the top, names from A.
        let ascending_first = matches!(by, SortBy::Key | SortBy::Hash);
        state.is_ascending = if state.sort == *by { !state.is_ascending } else { ascending_first };
        state.sort = *by;
    }
}

fn draw(row: &mut Row<'_>, rank: usize, key: &KeyRow, line: &Line, copied: &mut Option<String>) {
    let t = row.tokens;
    row.name(|| line.name.clone());
    let accent = if line.is_hot { t.crit } else { t.s2 };
    row.text("rank", &(rank + 1).to_string(), fonts::dense(), t.faint);
    let font = if row.is_selected { fonts::value_strong() } else { fonts::value() };
    row.text("key", &line.key, font, t.strong);
    if let Some(cell) = row.cell("share") {
        let bar = Rect::from_min_size(pos2(cell.left(), cell.center().y - 4.5), vec2(BAR, 9.0));
        let x = |share: f64| bar.left() + bar.width() * share.clamp(0.0, 1.0) as f32;
        row.painter.rect_filled(bar, 1, t.stroke_weak);
        row.painter.rect_filled(bar.with_max_x(x(key.share)), 1, accent);
        let (low, high, middle) = (x(key.low), x(key.high), bar.center().y);
        let whisker = Stroke::new(1.0, t.strong);
        row.painter.hline(low..=high, middle, whisker);
        row.painter.vline(high, middle - 2.5..=middle + 2.5, whisker);
        row.painter.vline(low, middle - 2.5..=middle + 2.5, whisker);
        let figure = cell.with_min_x(bar.right() + 8.0);
        let color = if line.is_hot { t.crit } else { t.text };
        widgets::paint_elided(&row.painter, figure, Align::Min, &line.share, fonts::value(), color);
    }
    row.text("pm", &line.half_width, fonts::dense(), t.weak);
    row.text("mib", &line.mib, fonts::value(), t.text);
    row.text("records", &line.records, fonts::value(), t.text);
    row.text("size", &line.size, fonts::dense(), t.weak);
    if let Some(cell) = row.cell("spark") {
        let plot =
            Rect::from_min_max(pos2(cell.left(), cell.top() + 5.0), pos2(cell.right() - 4.0, cell.bottom() - 5.0));
        let color = if line.is_hot { t.crit } else { t.s5 };
        // From the first known period on, with room above, so that a steady key is a line and no box.
        let values = key.spark.values();
        let known = values.iter().position(Option::is_some).and_then(|first| values.get(first..)).unwrap_or(values);
        widgets::sparkline(&row.painter, plot, known, key.spark.max().map(|top| top * 1.5), color);
    }
    row.text("hash", &line.hash, fonts::dense(), t.weak);
    let mut picked = None;
    row.menu(|ui| {
        for (label, text) in [
            ("Copy partition key", key.key.to_string()),
            ("Copy hash key (decimal)", key.hash.to_string()),
            ("Copy hash key (hex)", key.hash.hex()),
            ("Copy row", line.name.clone()),
        ] {
            if menu_item(ui, label, false).clicked() {
                picked = Some(text);
                ui.close();
            }
        }
    });
    if picked.is_some() {
        *copied = picked;
    }
}

/// `34 more keys, 3.7 % together`: what is below the rows that fit.
fn foot(ui: &mut Ui, area: Rect, ranked: &Ranked, order: &Order) {
    let t = theme::tokens(ui);
    let fitting = (((area.top() - ui.max_rect().top() - HEADER) / ROW) as usize).min(order.rows.len());
    let keys = (ranked.table.distinct.value.round() as usize).max(order.rows.len());
    let words = if keys > fitting {
        let share = (1.0 - order.sums.get(fitting).copied().unwrap_or(1.0)).max(0.0);
        let about = if ranked.table.distinct.half_width() > 0.0 { "about " } else { "" };
        format!(
            "{about}{} more {}, {:.1} % together",
            format::grouped((keys - fitting) as i64),
            if keys - fitting == 1 { "key" } else { "keys" },
            share * 100.0
        )
    } else {
        "These are all keys that came.".to_owned()
    };
    let line = area.with_max_y(area.top() + FOOT);
    let response = ui.allocate_rect(line, Sense::hover());
    response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Label, true, &words));
    ui.painter().text(pos2(line.left() + 42.0, line.center().y), Align2::LEFT_CENTER, &words, fonts::small(), t.weak);
    ui.painter().hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, t.stroke));
}
