//! The table of all streams: sorted by trouble until a header is clicked.

use std::cmp::Ordering;

use eframe::egui::{Align, Color32, Id, Rect, Ui, pos2, vec2};

use super::FleetState;
use super::facts::{FleetFacts, StreamFacts};
use crate::model::format;
use crate::model::health::Severity;
use crate::model::limits::{CRITICAL_SHARE, WARN_SHARE};
use crate::model::stream::{StreamMode, StreamStatus};
use crate::model::time::Millis;
use crate::ui::command::{Command, Commands, Place, Tab};
use crate::ui::theme::{fonts, icons};
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::{self, Column, Row, Table, TagStyle};

const ROW: f32 = 30.0;

const COLUMNS: [Column; 13] = [
    Column::new("trouble", "", 22.0).sortable(),
    Column::new("stream", "Stream", 128.0).rest(128.0).sortable(),
    Column::new("status", "Status", 84.0).sortable().drop(2),
    Column::new("mode", "Mode", 82.0).sortable().drop(6),
    Column::new("shards", "Shards", 56.0).right().sortable().drop(3),
    Column::new("incoming", "Incoming, MiB/s", 152.0).right().sortable(),
    Column::new("records", "Records/s", 70.0).right().sortable().drop(7),
    Column::new("capacity", "Write capacity", 126.0).sortable().drop(1),
    Column::new("hottest", "Hottest shard", 112.0).sortable(),
    Column::new("throttled", "Throttled", 104.0).right().sortable(),
    Column::new("age", "Max iterator age", 112.0).right().sortable(),
    Column::new("retention", "Retention", 76.0).right().sortable().drop(8),
    Column::new("open", "", 22.0).drop(9),
];

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    column: &'static str,
    is_ascending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self { column: "trouble", is_ascending: false }
    }
}

/// The order that is shown, and what it was made from.
#[derive(Debug, Default)]
pub struct Order {
    rows: Vec<usize>,
    of: Option<(u64, Sort)>,
}

/// Draws the table.
pub fn show(ui: &mut Ui, state: &mut FleetState, out: &mut Commands) {
    update_order(state);
    let facts = &state.facts;
    let mut columns = COLUMNS;
    if facts.totals.minutes == 60
        && let Some(column) = columns.iter_mut().find(|column| column.id == "throttled")
    {
        column.title = "Throttled, 1 h";
    }
    let rows = &state.order.rows;
    let stream = |index: usize| rows.get(index).and_then(|at| facts.streams.get(*at));
    let table = Table::new(Id::unique("fleet table"), &columns)
        .row_height(ROW)
        .gutters(10.0, 12.0)
        .sort(state.sort.column, state.sort.is_ascending)
        .selected(state.selected)
        .keys(true);
    let outcome = table.show(ui, rows.len(), |row| {
        if let Some(facts) = stream(row.index) {
            row_ui(row, facts, out);
        }
    });
    if let Some(row) = outcome.opened.and_then(stream) {
        out.push(Command::Go(Place::Stream(row.name.clone(), Tab::Heatmap)));
    }
    state.selected = outcome.selected.or(state.selected);
    if let Some(column) = outcome.sorted {
        // A second click turns the order around; figures begin with the greatest.
        let starts_ascending = matches!(column, "stream" | "status" | "mode");
        let is_ascending = if state.sort.column == column { !state.sort.is_ascending } else { starts_ascending };
        state.sort = Sort { column, is_ascending };
        state.selected = None;
    }
}

fn update_order(state: &mut FleetState) {
    let wanted = (state.facts.generation, state.sort);
    if state.order.of == Some(wanted) {
        return;
    }
    let kept = state.selected.and_then(|row| state.order.rows.get(row).copied());
    state.order.rows = ordered(&state.facts, state.sort);
    state.order.of = Some(wanted);
    state.selected = kept.and_then(|at| state.order.rows.iter().position(|row| *row == at));
}

fn ordered(facts: &FleetFacts, sort: Sort) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..facts.streams.len()).collect();
    if sort.column == "trouble" {
        // The answer comes worst first.
        if sort.is_ascending {
            rows.reverse();
        }
        return rows;
    }
    rows.sort_by(|a, b| match (facts.streams.get(*a), facts.streams.get(*b)) {
        (Some(a), Some(b)) => compare(a, b, sort),
        _ => Ordering::Equal,
    });
    rows
}

/// Unknown figures come last in either direction.
fn compare(a: &StreamFacts, b: &StreamFacts, sort: Sort) -> Ordering {
    let turn = |order: Ordering| if sort.is_ascending { order } else { order.reverse() };
    let words = |facts: &StreamFacts| match sort.column {
        "status" => facts.status.as_ref().map_or(String::new(), |status| status.as_str().to_owned()),
        "mode" => facts.mode.label().to_owned(),
        _ => facts.search_name.clone(),
    };
    let figure = |facts: &StreamFacts| match sort.column {
        "shards" => facts.shards.map(f64::from),
        "incoming" => facts.incoming_now,
        "records" => facts.records_now,
        "capacity" => facts.capacity,
        "hottest" => facts.hottest,
        "throttled" => facts.throttled,
        "age" => facts.age_millis,
        _ => facts.retention_hours.map(f64::from),
    };
    if matches!(sort.column, "stream" | "status" | "mode") {
        return turn(words(a).cmp(&words(b)));
    }
    match (figure(a), figure(b)) {
        (Some(a), Some(b)) => turn(a.total_cmp(&b)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

fn row_ui(row: &mut Row<'_>, facts: &StreamFacts, out: &mut Commands) {
    row.name(|| accessible(facts));
    let t = row.tokens;
    if let Some(cell) = row.cell("trouble") {
        widgets::status_glyph(&row.painter, t, pos2(cell.left() + 5.0, cell.center().y), facts.severity);
    }
    let in_trouble = facts.severity >= Severity::Warning;
    let (font, color) =
        if in_trouble || row.is_selected { (fonts::body_strong(), t.strong) } else { (fonts::body(), t.text) };
    if let Some(cell) = row.cell("stream") {
        widgets::paint_elided_middle(&row.painter, cell, Align::Min, facts.name.as_str(), font, color);
    }
    status(row, facts);
    let mode = if facts.mode == StreamMode::Unknown { "" } else { facts.mode.label() };
    row.text("mode", mode, fonts::small(), t.weak);
    let managed = facts.mode == StreamMode::OnDemand;
    let shards = facts.shards.map_or(format::UNKNOWN.to_owned(), |count| format::grouped(i64::from(count)));
    row.text("shards", &shards, fonts::value(), if managed { t.weak } else { t.text });
    if let Some(cell) = row.cell("incoming").filter(|_| facts.has_metrics) {
        let area = Rect::from_min_max(
            pos2(cell.left() + 6.0, cell.top() + 6.0),
            pos2(cell.left() + 87.0, cell.bottom() - 8.0),
        );
        let top = facts.incoming.iter().flatten().copied().fold(0.0, f64::max) * 1.35;
        widgets::sparkline(&row.painter, area, &facts.incoming, Some(top), t.s2);
    }
    figure(row, "incoming", facts.incoming_now.map(format::mib_per_sec), t.strong);
    figure(row, "records", facts.records_now.map(|rate| format::grouped(rate.round() as i64)), t.weak);
    share(row, "capacity", facts.capacity, 72.0, facts);
    match facts.resharded {
        Some(at) => {
            row.text("hottest", &format!("resharded {}", at.hm()), fonts::small(), t.weak);
        }
        None => share(row, "hottest", facts.hottest, 48.0, facts),
    }
    throttled(row, facts);
    let age = facts.age_millis;
    let color = age.and_then(|age| super::age_color(t, age)).unwrap_or(t.text);
    figure(row, "age", age.map(|age| format::duration(Millis(age as i64))), color);
    let retention = facts.retention_hours.map(format::retention);
    row.text("retention", retention.as_deref().unwrap_or(format::UNKNOWN), fonts::value(), t.weak);
    if row.response.hovered() || row.is_selected {
        row.text("open", icons::CARET_RIGHT, fonts::icon(12.0), t.weak);
    }
    menu(row, facts, out);
}

fn figure(row: &Row<'_>, column: &str, text: Option<String>, color: Color32) {
    let t = row.tokens;
    match text {
        Some(text) => row.text(column, &text, fonts::value(), color),
        None => row.text(column, format::UNKNOWN, fonts::value(), t.faint),
    };
}

fn status(row: &Row<'_>, facts: &StreamFacts) {
    let t = row.tokens;
    let Some(cell) = row.cell("status") else { return };
    match &facts.status {
        None => {
            row.text("status", format::UNKNOWN, fonts::small(), t.faint);
        }
        Some(StreamStatus::Active) => {
            row.text("status", "Active", fonts::small(), t.weak);
        }
        Some(status) => {
            let style = if *status == StreamStatus::Deleting { TagStyle::Crit } else { TagStyle::Accent };
            widgets::paint_tag(&row.painter, t, cell.left_center(), status.as_str(), style);
        }
    }
}

/// A bar and its figure.
fn share(row: &Row<'_>, column: &str, share: Option<f64>, width: f32, facts: &StreamFacts) {
    let t = row.tokens;
    let Some(cell) = row.cell(column) else { return };
    // The tick stands where the limit is that of one shard.
    let with_tick = column == "hottest";
    let Some(value) = share else {
        let text = if facts.has_metrics || with_tick { format::UNKNOWN } else { "no metrics" };
        row.text(column, text, fonts::caption(), t.faint);
        return;
    };
    let bar = Rect::from_min_size(pos2(cell.left(), cell.center().y - 3.0), vec2(width, 6.0));
    widgets::utilisation_bar(&row.painter, t, row.is_dark(), bar, share, with_tick);
    let color = match value {
        value if value >= CRITICAL_SHARE => t.crit,
        value if value >= WARN_SHARE && facts.severity == Severity::Critical => t.crit,
        value if value >= WARN_SHARE => t.warn,
        _ => t.text,
    };
    let text = Rect::from_min_max(pos2(bar.right() + 4.0, cell.top()), cell.max);
    widgets::paint_elided(&row.painter, text, Align::Max, &format::percent(value), fonts::value(), color);
}

/// Refused records of the window; refused reads say so by a tag.
fn throttled(row: &Row<'_>, facts: &StreamFacts) {
    let t = row.tokens;
    let Some(cell) = row.cell("throttled") else { return };
    let reads = facts.reads_throttled.filter(|sum| *sum > 0.0);
    let (sum, is_read) = match (facts.throttled, reads) {
        (Some(sum), _) if sum > 0.0 => (sum, false),
        (_, Some(sum)) => (sum, true),
        (Some(_), None) => {
            row.text("throttled", "0", fonts::value(), t.weak);
            return;
        }
        (None, None) => {
            row.text("throttled", format::UNKNOWN, fonts::value(), t.faint);
            return;
        }
    };
    let mut right = cell.right();
    if is_read {
        let width = widgets::tag_size(&row.painter, "READ").x;
        widgets::paint_tag(&row.painter, t, pos2(right - width, cell.center().y), "READ", TagStyle::Throttle);
        right -= width + 5.0;
    }
    let area = Rect::from_min_max(cell.min, pos2(right, cell.bottom()));
    let text = format!("{} {}", icons::THROTTLED, format::grouped(sum as i64));
    widgets::paint_elided(&row.painter, area, Align::Max, &text, fonts::value(), t.throttle);
}

fn menu(row: &Row<'_>, facts: &StreamFacts, out: &mut Commands) {
    row.menu(|ui| {
        ui.set_width(180.0);
        for tab in Tab::ALL {
            if menu_item(ui, &format!("Open {}", tab.label().to_lowercase()), false).clicked() {
                out.push(Command::Go(Place::Stream(facts.name.clone(), tab)));
                ui.close();
            }
        }
        crate::ui::shell::header::stream_parts(ui, &facts.name, out);
        let copies = [("Copy name", facts.name.to_string()), ("Copy row as text", accessible(facts))];
        for (label, text) in copies {
            if menu_item(ui, label, false).clicked() {
                out.push(Command::Copy(text));
                ui.close();
            }
        }
    });
}

/// The row as a sentence, for screen readers and the clipboard.
fn accessible(facts: &StreamFacts) -> String {
    let figure = |value: Option<String>| value.unwrap_or("unknown".to_owned());
    let mut text = format!("Stream {} {}", facts.name, facts.severity.word());
    if !facts.has_metrics {
        text.push_str(" no metrics");
    } else {
        text.push_str(&format!(
            " {}, write capacity {} incoming {} MiB/s {} records/s throttled {} iterator age {}",
            match facts.resharded {
                Some(at) => format!("resharded {} UTC and not measured since", at.hm()),
                None => format!("{} in its hottest shard", figure(facts.hottest.map(format::percent))),
            },
            figure(facts.capacity.map(format::percent)),
            figure(facts.incoming_now.map(format::mib_per_sec)),
            figure(facts.records_now.map(|rate| format::grouped(rate.round() as i64))),
            figure(facts.throttled.map(|sum| format::grouped(sum as i64))),
            figure(facts.age_millis.map(|age| format::duration(Millis(age as i64)))),
        ));
    }
    if let Some(shards) = facts.shards {
        text.push_str(&format!(" {shards} shards {}", facts.mode.label()));
    }
    if let Some(status) = &facts.status {
        text.push_str(&format!(" {}", status.as_str()));
    }
    text
}
