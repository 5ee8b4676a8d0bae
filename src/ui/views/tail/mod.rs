//! The tail: records of all shards as they arrive, what the filter lets through, and one record in full.

mod contents;
mod inspector;
pub mod json_ink;
mod pace;
mod rows;
mod strip;
mod table;
mod toolbar;

use eframe::egui::{Key, Rect, Stroke, Ui, pos2, vec2};

use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::record::Record;
use crate::model::tail::{Tail, TailItem, TailRun, TailStart};
use crate::model::world::{OpenStream, World};
use crate::model::writes::PutEntry;
use crate::ui::command::{Command, Commands};
use crate::ui::region;
use crate::ui::theme::{self, icons};
use crate::ui::views::shards::FactsCache;
use crate::ui::widgets::{self, ProblemAction};

/// How the view moves with what arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Follow {
    /// Stays at the newest row.
    #[default]
    Newest,
    /// Stays at the rows that are read; new ones come in below.
    Here,
    /// Nothing new is shown until it goes on.
    Paused,
}

/// What the view remembers.
#[derive(Debug, Default)]
pub struct TailState {
    /// The filter as typed; `None` until the field was used.
    filter: Option<String>,
    takes_focus: bool,
    follow: Follow,
    selected: Option<u64>,
    rows: rows::Rows,
    table: table::TableState,
    inspector: inspector::InspectorState,
    facts: FactsCache,
    pace: pace::Pace,
    injection: Option<PutEntry>,
}

impl TailState {
    /// Moves the keyboard to the filter in the next frame.
    pub fn focus_filter(&mut self) {
        self.takes_focus = true;
    }

    /// The record that was chosen to be edited and injected; handed out once.
    pub fn take_injection(&mut self) -> Option<PutEntry> {
        self.injection.take()
    }

    fn follow(&mut self) {
        self.follow = Follow::Newest;
        self.rows.until = None;
    }

    fn pause(&mut self, tail: &Tail) {
        if self.follow == Follow::Paused {
            self.follow();
        } else {
            self.follow = Follow::Paused;
            self.rows.until = Some(tail.store.next_id());
        }
    }
}

/// Draws the view.
pub fn show(ui: &mut Ui, world: &World, state: &mut TailState, selection: &mut Option<ShardId>, out: &mut Commands) {
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    let Some(open) = &world.open else {
        widgets::empty(ui, icons::TAIL, "No stream is open", "Choose one at the left.", None);
        return;
    };
    let tail = &open.tail;
    if !state.rows.update(tail, selection.as_ref(), rows::BUDGET) {
        ui.ctx().request_repaint();
    }
    state.pace.note(tail, world.now);
    keyboard(ui, tail, state, out);
    toolbar::show(ui, world, open, state, selection.as_ref(), out);
    strip::show(ui, open, state, selection);
    problems(ui, open, out);
    content(ui, world, open, state, selection, out);
}

fn content(
    ui: &mut Ui,
    world: &World,
    open: &OpenStream,
    state: &mut TailState,
    selection: &mut Option<ShardId>,
    out: &mut Commands,
) {
    let t = theme::tokens(ui);
    let area = ui.available_rect_before_wrap();
    let record = state.selected.and_then(|id| open.tail.store.get(id)).and_then(TailItem::record).cloned();
    let side = if record.is_some() { (area.width() * 0.36).clamp(300.0, 360.0).min(area.width()) } else { 0.0 };
    let split = area.right() - side;
    let pace_height = if area.height() > 320.0 { pace::HEIGHT } else { 0.0 };
    let list = Rect::from_min_max(area.min, pos2(split, area.bottom() - pace_height));
    let mut inner = region(ui, list, "tail rows");
    list_or_why_not(&mut inner, world, open, state, selection, out);
    if pace_height > 0.0 {
        let foot = Rect::from_min_max(pos2(area.left(), list.bottom()), pos2(split, area.bottom()));
        pace::show(&mut region(ui, foot, "tail pace"), &open.tail, &state.pace);
    }
    if let (Some(record), Some(id)) = (record, state.selected) {
        let side = Rect::from_min_max(pos2(split, area.top()), area.max);
        ui.painter().rect_filled(side, 0, t.panel);
        ui.painter().vline(side.left() + 0.5, side.y_range(), Stroke::new(1.0, t.stroke));
        let side = side.with_min_x(side.left() + 1.0);
        let mut inner = region(ui, side, "tail record");
        inspector::show(&mut inner, world, &open.tail, id, &record, state, out);
    }
}

fn list_or_why_not(
    ui: &mut Ui,
    world: &World,
    open: &OpenStream,
    state: &mut TailState,
    selection: &mut Option<ShardId>,
    out: &mut Commands,
) {
    let tail = &open.tail;
    if state.rows.len(tail) > 0 {
        table::show(ui, world, tail, state, out);
    } else if !tail.store.is_empty() {
        let shard = selection.as_ref().map(|shard| format!(" in {}", shard.short())).unwrap_or_default();
        let hint = "Records that cannot be decoded are always shown.";
        let label = if tail.filter.is_some() { "Clear the filter" } else { "Show all shards" };
        if widgets::empty(ui, icons::FILTER, &format!("No record matches{shard}"), hint, Some(label)) {
            if tail.filter.is_some() {
                state.filter = Some(String::new());
                out.push(Command::FilterTail(String::new()));
            } else {
                *selection = None;
            }
        }
    } else if tail.is_running() {
        let hint = match start_of(tail) {
            TailStart::Latest => "Only what arrives from now on is read. Trim horizon reads what is kept.",
            _ => "Reading from the start that was chosen.",
        };
        widgets::empty(ui, icons::TAIL, "Waiting for records", hint, None);
    } else {
        let calls = world.settings.read_budget;
        let hint = format!("Reading uses at most {calls} of the 5 reads a second that each shard allows all readers.");
        if widgets::empty(ui, icons::TAIL, "Nothing is being read", &hint, Some("Start tailing")) {
            out.push(Command::StartTail(start_of(tail)));
        }
    }
}

/// The start that was asked for last.
fn start_of(tail: &Tail) -> TailStart {
    match &tail.run {
        TailRun::Running { options, .. } | TailRun::Ended { options, .. } => options.start.clone(),
        _ => TailStart::Latest,
    }
}

fn problems(ui: &mut Ui, open: &OpenStream, out: &mut Commands) {
    let Some(problem) = &open.tail.status.problem else { return };
    if widgets::problem(ui, "Reading has stopped", problem, out) == ProblemAction::Retry {
        out.push(Command::StartTail(start_of(&open.tail)));
    }
    widgets::hairline(ui);
}

fn keyboard(ui: &Ui, tail: &Tail, state: &mut TailState, out: &mut Commands) {
    if !widgets::takes_keys(ui) {
        return;
    }
    if widgets::take_key(ui, Key::Space) {
        state.pause(tail);
    }
    if widgets::take_key(ui, Key::End) {
        state.follow();
    }
    if widgets::take_key(ui, Key::F) {
        state.takes_focus = true;
    }
    if state.selected.is_some() && widgets::take_key(ui, Key::Escape) {
        state.selected = None;
    }
    let record = state.selected.and_then(|id| tail.store.get(id)).and_then(TailItem::record);
    // The window's own text copy takes Ctrl C; a plain c copies the record.
    if let Some(record) = record
        && widgets::take_key(ui, Key::C)
    {
        out.push(Command::Copy(copied(record)));
    }
    let arrows = [Key::ArrowDown, Key::ArrowUp, Key::J, Key::K];
    if state.selected.is_none() && arrows.into_iter().any(|key| widgets::take_key(ui, key)) {
        let last = state.rows.len(tail).saturating_sub(1);
        state.selected = state.rows.at(tail, last).map(|(id, _)| id);
        state.table.bring_into_view();
    }
}

/// A record as it is copied: its text, or its bytes in hexadecimal.
fn copied(record: &Record) -> String {
    match &record.decoded.text {
        Some(text) => text.clone(),
        None => record.data.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// How long ago a record arrived, `2.7 s`.
fn age(record: &Record, world: &World) -> Option<String> {
    record.approximate_arrival.map(|at| format::duration(at.age_at(world.now)))
}
