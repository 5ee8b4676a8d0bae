//! The activity log: every call that changed something, or tried to, newest first; what was used of AWS below.

mod inspector;
mod meters;

use eframe::egui::{Align, Align2, Color32, Id, Rect, Sense, Stroke, Ui, UiBuilder, pos2, vec2};

use crate::model::activity::{ActivityEntry, Event, Outcome};
use crate::model::format;
use crate::model::time::Timestamp;
use crate::model::world::World;
use crate::ui::command::{Command, Commands};
use crate::ui::shell::header;
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::text::{job, paint_job};
use crate::ui::widgets::{self, Column, Row, Table, TagStyle, TextField};

/// What a person has done in this view.
#[derive(Debug, Default)]
pub struct ActivityState {
    /// The filter takes the focus in this frame.
    pub focus_filter: bool,
    /// Index into [`KINDS`].
    kind: usize,
    filter: String,
    /// The selected entry, by its place in the log.
    selected: Option<usize>,
    lines: Vec<Line>,
    lines_of: Option<(usize, usize, String)>,
}

/// One line of the table.
#[derive(Clone, Debug)]
enum Line {
    Day(String),
    Entry(usize),
}

const KINDS: [&str; 4] = ["All", "Writes", "Unlocks", "Failed"];
const INSPECTOR: f32 = 344.0;

const COLUMNS: [Column; 7] = [
    Column::new("time", "Time, UTC", 84.0),
    Column::new("who", "Who", 110.0).drop(2),
    Column::new("action", "Action", 184.0),
    Column::new("target", "Target", 140.0).rest(140.0),
    Column::new("result", "Result", 120.0),
    Column::new("took", "Took", 66.0).right().drop(1),
    Column::new("request", "Request id", 90.0).drop(3),
];

/// Draws the view.
pub fn show(ui: &mut Ui, world: &World, state: &mut ActivityState, out: &mut Commands) {
    ui.spacing_mut().item_spacing.y = 0.0;
    header::plain(ui, "Activity log", "every call that changes something, with its AWS CLI line", out, |_, _| {});
    update_lines(world, state);
    toolbar(ui, state);
    let rest = ui.available_rect_before_wrap();
    let meters_height = meters::height(world).min(rest.height() * 0.4);
    let split = rest.bottom() - meters_height;
    let upper = rest.with_max_y(split);
    let entry = state.selected.and_then(|at| world.activity.get(at));
    let width = if entry.is_some() { INSPECTOR.min(upper.width() * 0.5) } else { 0.0 };
    let mut left = crate::ui::region(ui, upper.with_max_x(upper.right() - width), "log");
    if world.activity.is_empty() {
        let hint =
            "Records that are injected, shards that are split, and each time writes are unlocked or locked stand here.";
        widgets::empty(&mut left, icons::CLOCK, "Nothing was changed yet", hint, None);
    } else {
        table(&mut left, world, state, out);
    }
    if let Some(entry) = entry {
        let area = upper.with_min_x(upper.right() - width);
        let reason = state.selected.and_then(|at| reason_of(world, at));
        if inspector::show(&mut crate::ui::region(ui, area, "inspector"), entry, reason, out) {
            state.selected = None;
        }
    }
    if meters_height > 0.0 {
        meters::show(&mut crate::ui::region(ui, rest.with_min_y(split), "meters"), world);
    }
}

/// The reason of the unlocking that an entry happened under.
fn reason_of(world: &World, at: usize) -> Option<&str> {
    world.activity.get(..=at)?.iter().rev().find_map(|entry| match &entry.event {
        Event::Unlocked { reason, .. } => Some(reason.as_str()),
        _ => None,
    })
}

fn toolbar(ui: &mut Ui, state: &mut ActivityState) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, theme::tokens(ui).stroke));
    let area = Rect::from_min_max(pos2(rect.left() + 16.0, rect.top()), pos2(rect.right() - 12.0, rect.bottom()));
    let layout = eframe::egui::Layout::left_to_right(Align::Center);
    let mut inner = ui.new_child(UiBuilder::new().id_salt("toolbar").max_rect(area).layout(layout));
    widgets::segmented(&mut inner, "Kind", &KINDS, &mut state.kind);
    TextField::new(Id::unique("activity filter"), "Filter activity", &mut state.filter)
        .icon(icons::FILTER)
        .hint("Operation, stream, target, who or reason")
        .key("/")
        .toolbar()
        .focus(state.focus_filter)
        .show(&mut inner);
    state.focus_filter = false;
}

/// Filters again when the log has grown or the filter has changed.
fn update_lines(world: &World, state: &mut ActivityState) {
    let wanted = (world.activity.len(), state.kind, state.filter.trim().to_lowercase());
    if state.lines_of.as_ref() == Some(&wanted) {
        return;
    }
    let mut lines = Vec::new();
    let mut day = String::new();
    for (at, entry) in world.activity.iter().enumerate().rev() {
        if !is_of_kind(entry, state.kind) || !matches(entry, &wanted.2) {
            continue;
        }
        let date = entry.at.date();
        if date != day {
            lines.push(Line::Day(day_words(entry.at, world.now, &date)));
            day = date;
        }
        lines.push(Line::Entry(at));
    }
    state.lines = lines;
    state.lines_of = Some(wanted);
}

fn day_words(at: Timestamp, now: Timestamp, date: &str) -> String {
    let days = now.0.div_euclid(86_400_000) - at.0.div_euclid(86_400_000);
    match days {
        0 => format!("Today, {date}"),
        1 => format!("Yesterday, {date}"),
        _ => date.to_owned(),
    }
}

fn is_of_kind(entry: &ActivityEntry, kind: usize) -> bool {
    match (kind, &entry.event) {
        (0, _) | (1, Event::Call { .. }) | (2, Event::Unlocked { .. } | Event::Locked { .. }) => true,
        (3, Event::Call { outcome, .. }) => *outcome != Outcome::Ok,
        _ => false,
    }
}

fn matches(entry: &ActivityEntry, filter: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(filter);
    let in_event = match &entry.event {
        Event::Unlocked { reason, .. } => has(reason),
        Event::Locked { why } => has(why),
        Event::Call { operation, target, .. } => has(operation) || has(target),
    };
    in_event || has(&entry.who) || entry.stream.as_ref().is_some_and(|stream| has(stream.as_str()))
}

fn table(ui: &mut Ui, world: &World, state: &mut ActivityState, out: &mut Commands) {
    let selected = state
        .selected
        .and_then(|at| state.lines.iter().position(|line| matches!(line, Line::Entry(entry) if *entry == at)));
    let table = Table::new(Id::unique("activity table"), &COLUMNS).gutters(10.0, 8.0).selected(selected).keys(true);
    let lines = &state.lines;
    let outcome = table.show(ui, lines.len(), |row| match lines.get(row.index) {
        Some(Line::Day(day)) => day_row(row, day),
        Some(Line::Entry(at)) => {
            if let Some(entry) = world.activity.get(*at) {
                entry_row(row, entry, out);
            }
        }
        None => {}
    });
    if let Some(row) = outcome.selected {
        // Days are passed over, in the direction of the move.
        let entry = |line: &Line| if let Line::Entry(at) = line { Some(*at) } else { None };
        let is_upwards = selected.is_some_and(|before| row < before);
        let found = if is_upwards {
            lines.get(..=row).and_then(|above| above.iter().rev().find_map(entry))
        } else {
            lines.get(row..).and_then(|below| below.iter().find_map(entry))
        };
        state.selected = found.or(state.selected);
    }
}

fn day_row(row: &mut Row<'_>, day: &str) {
    let t = row.tokens;
    row.painter.rect_filled(row.rect.with_max_y(row.rect.bottom() - 1.0), 0, t.panel);
    row.name(|| day.to_owned());
    let area = row.rect.with_min_x(row.rect.left() + 16.0);
    widgets::paint_elided(&row.painter, area, Align::Min, day, fonts::caption(), t.weak);
}

fn entry_row(row: &mut Row<'_>, entry: &ActivityEntry, out: &mut Commands) {
    row.name(|| accessible(entry));
    let t = row.tokens;
    match &entry.event {
        Event::Call { operation, target, request_id, took, outcome, .. } => {
            if matches!(outcome, Outcome::Failed { .. }) {
                row.tint(t.crit_dim);
            }
            row.text("time", &entry.at.hms(), fonts::dense(), t.text);
            let (name, role) = who_parts(&entry.who);
            row.job(
                "who",
                job(&[(name, fonts::small(), t.text), (" ", fonts::small(), t.weak), (role, fonts::dense(), t.weak)]),
            );
            action_cell(row, operation);
            let stream = entry.stream.as_ref().map_or("", |stream| stream.as_str());
            row.job(
                "target",
                job(&[
                    (stream, fonts::small(), t.text),
                    ("  ", fonts::small(), t.weak),
                    (target, fonts::value(), t.strong),
                ]),
            );
            if let Some(cell) = row.cell("result") {
                let (text, style) = result_tag(outcome);
                widgets::paint_tag(&row.painter, t, cell.left_center(), &text, style);
            }
            row.text("took", &took_words(took.0), fonts::dense(), t.text);
            let request = request_id.as_deref().map_or(format::UNKNOWN.to_owned(), |id| format::elide_middle(id, 9));
            row.text("request", &request, fonts::dense(), t.weak);
        }
        Event::Unlocked { minutes, reason } => {
            row.tint(t.raised);
            let minutes = format!(" for {minutes} min, {}", entry.environment);
            let mut parts =
                vec![("Writes unlocked", fonts::small_strong(), t.warn), (&minutes, fonts::small(), t.text)];
            if !reason.is_empty() {
                parts.push((", reason ", fonts::small(), t.text));
                parts.push((reason, fonts::small_strong(), t.strong));
            }
            separator(row, entry, icons::UNLOCK, t.warn, &parts);
        }
        Event::Locked { why } => {
            row.tint(t.raised);
            let why = format!("Locked, {why}");
            separator(row, entry, icons::LOCK, t.weak, &[(&why, fonts::small(), t.text)]);
        }
    }
    row.menu(|ui| menu(ui, entry, out));
}

type Part<'a> = (&'a str, eframe::egui::FontId, Color32);

/// A line across the columns behind the time.
fn separator(row: &Row<'_>, entry: &ActivityEntry, icon: &str, color: Color32, parts: &[Part<'_>]) {
    row.text("time", &entry.at.hms(), fonts::dense(), row.tokens.text);
    let left = row.rect.left() + 100.0;
    let middle = row.rect.center().y;
    row.painter.text(pos2(left, middle), Align2::LEFT_CENTER, icon, fonts::icon(13.0), color);
    let area = Rect::from_min_max(pos2(left + 20.0, row.rect.top()), pos2(row.rect.right() - 12.0, row.rect.bottom()));
    paint_job(&row.painter, area, Align::Min, job(parts));
}

fn action_cell(row: &Row<'_>, operation: &str) {
    let t = row.tokens;
    let Some(cell) = row.cell("action") else { return };
    let icon = action_icon(operation);
    row.painter.text(pos2(cell.left(), cell.center().y), Align2::LEFT_CENTER, icon, fonts::icon(13.0), t.weak);
    let area = cell.with_min_x(cell.left() + 18.0);
    widgets::paint_elided(&row.painter, area, Align::Min, operation, fonts::value(), t.strong);
}

/// The icon of an operation.
fn action_icon(operation: &str) -> &'static str {
    match operation {
        "PutRecord" | "PutRecords" => icons::INJECT,
        "SplitShard" => icons::SPLIT,
        "MergeShards" => icons::MERGE,
        "RegisterStreamConsumer" | "DeregisterStreamConsumer" => icons::CONSUMERS,
        "UpdateShardCount" | "EnableEnhancedMonitoring" | "DisableEnhancedMonitoring" => icons::CAPACITY,
        "UpdateStreamMode" | "UpdateStreamWarmThroughput" => icons::COST,
        "IncreaseStreamRetentionPeriod" | "DecreaseStreamRetentionPeriod" => icons::CLOCK,
        "AddTagsToStream" | "RemoveTagsFromStream" => icons::FILE,
        "StartStreamEncryption" | "StopStreamEncryption" => icons::LOCK,
        "UpdateMaxRecordSize" => icons::DATABASE,
        "CreateStream" => icons::PLUS,
        "DeleteStream" => icons::TRASH,
        _ => icons::LIGHTNING,
    }
}

/// The tag of an outcome.
fn result_tag(outcome: &Outcome) -> (String, TagStyle) {
    match outcome {
        Outcome::Ok => (format!("{} OK", icons::CHECK), TagStyle::Ok),
        Outcome::Partial { failed, of } => (format!("{failed} OF {of} FAILED"), TagStyle::Warn),
        Outcome::Failed { sentence } if sentence.contains("AccessDenied") => {
            (format!("{} DENIED", icons::THROTTLED), TagStyle::Crit)
        }
        Outcome::Failed { .. } => (format!("{} FAILED", icons::THROTTLED), TagStyle::Crit),
    }
}

fn took_words(millis: i64) -> String {
    if millis < 1_000 { format!("{millis} ms") } else { format::duration(crate::model::time::Millis(millis)) }
}

/// `assumed-role/oncall-rw/anna` as `anna` and `oncall-rw`.
fn who_parts(who: &str) -> (&str, &str) {
    let mut parts = who.rsplitn(3, '/');
    let name = parts.next().unwrap_or(who);
    let role = parts.next().unwrap_or("");
    (if name.is_empty() { format::UNKNOWN } else { name }, role)
}

fn menu(ui: &mut Ui, entry: &ActivityEntry, out: &mut Commands) {
    ui.set_width(160.0);
    let mut copies = vec![("Copy line", accessible(entry))];
    if let Event::Call { cli, request_id, .. } = &entry.event {
        copies.push(("Copy AWS CLI line", cli.clone()));
        copies.extend(request_id.iter().map(|id| ("Copy request id", id.clone())));
    }
    for (label, text) in copies {
        if menu_item(ui, label, false).clicked() {
            out.push(Command::Copy(text));
            ui.close();
        }
    }
}

/// The entry as a sentence.
fn accessible(entry: &ActivityEntry) -> String {
    let at = entry.at.hms();
    match &entry.event {
        Event::Unlocked { minutes, reason } => format!("{at} Writes unlocked for {minutes} min {reason}"),
        Event::Locked { why } => format!("{at} Locked, {why}"),
        Event::Call { operation, target, outcome, .. } => {
            let stream = entry.stream.as_ref().map_or("", |stream| stream.as_str());
            let result = match outcome {
                Outcome::Ok => "ok".to_owned(),
                Outcome::Partial { failed, of } => format!("{failed} of {of} failed"),
                Outcome::Failed { sentence } => sentence.clone(),
            };
            format!("{at} {operation} {stream} {target} {result}")
        }
    }
}

/// Label and value of one fact, for the inspector.
fn fact(ui: &mut Ui, t: &Tokens, label: &str, value: &str) -> Rect {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 21.0), Sense::hover());
    response
        .widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Label, true, format!("{label} {value}")));
    widgets::paint_elided(ui.painter(), rect.with_max_x(rect.left() + 96.0), Align::Min, label, fonts::small(), t.weak);
    let area = Rect::from_min_max(pos2(rect.left() + 104.0, rect.top()), pos2(rect.right() - 24.0, rect.bottom()));
    widgets::paint_elided(ui.painter(), area, Align::Min, value, fonts::dense(), t.strong);
    rect
}
