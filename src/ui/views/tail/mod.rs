//! The tail: records of all shards as they arrive, what the filter lets through, and one record in full.

mod budget;
mod chain;
mod columns;
mod compare;
mod contents;
mod filter_bar;
mod find;
mod hex;
mod inspector;
mod jq_ink;
pub mod json_ink;
mod pace;
mod pins;
mod route;
mod rows;
mod start;
mod strip;
mod table;
mod toolbar;

use std::sync::Arc;

use eframe::egui::{Key, Modifiers, Rect, Stroke, Ui, pos2, vec2};
use jiff::tz::TimeZone;

use crate::model::fan_out::OwnPhase;
use crate::model::filter::FilterSpec;
use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::mask::Masks;
use crate::model::record::Record;
use crate::model::record_copy;
use crate::model::tail::{Tail, TailItem, TailOptions, TailRun, TailStart};
use crate::model::world::{OpenStream, World};
use crate::model::writes::PutEntry;
use crate::ui::command::{Command, Commands, Dialog};
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
    filter: Option<FilterSpec>,
    start: start::Forms,
    masks: Masks,
    pins: pins::Pins,
    takes_focus: bool,
    follow: Follow,
    selected: Option<u64>,
    /// The selected record: it stays open when it leaves the buffer while it is read.
    held: Option<(u64, Arc<Record>)>,
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

    /// The filter as it is in the field.
    fn typed(&self, tail: &Tail) -> FilterSpec {
        let applied = || tail.filter.as_ref().map(|filter| filter.filter().spec().clone());
        self.filter.clone().or_else(applied).unwrap_or_default()
    }

    /// Shows a filter that was set from elsewhere in the field.
    pub fn show_filter(&mut self, spec: FilterSpec) {
        self.filter = Some(spec);
    }

    /// Asks for another filter and puts it into the field.
    fn ask(&mut self, spec: FilterSpec, out: &mut Commands) {
        self.show_filter(spec.clone());
        out.push(Command::FilterTail(spec));
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
    state.masks = Masks::new(&world.settings.tail.masks);
    keyboard(ui, tail, state, out);
    toolbar::show(ui, world, open, state, out);
    filter_bar::show(ui, world, open, state, selection.as_ref(), out);
    strip::show(ui, open, state, selection);
    super::leftovers::show(ui, world, out);
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
    let record = state.selected.and_then(|id| record_of(&open.tail, state, id)).cloned();
    state.held = state.selected.zip(record.clone());
    let side = if record.is_some() { (area.width() * 0.36).clamp(300.0, 360.0).min(area.width()) } else { 0.0 };
    let split = area.right() - side;
    let pace_height = if area.height() > 320.0 { pace::HEIGHT } else { 0.0 };
    let list = Rect::from_min_max(area.min, pos2(split, area.bottom() - pace_height));
    let pinned = Rect::from_min_max(list.min, pos2(list.right(), list.top() + state.pins.height()));
    let chosen = pins::show(&mut region(ui, pinned, "tail pins"), &mut state.pins, &state.masks, state.selected);
    state.selected = chosen.or(state.selected);
    let mut inner = region(ui, list.with_min_y(pinned.bottom()), "tail rows");
    list_or_why_not(&mut inner, world, open, state, selection, out);
    if pace_height > 0.0 {
        let foot = Rect::from_min_max(pos2(area.left(), list.bottom()), pos2(split, area.bottom()));
        pace::show(&mut region(ui, foot, "tail pace"), &open.tail, &state.pace, &world.settings, out);
    }
    if let (Some(record), Some(id)) = (record, state.selected) {
        let side = Rect::from_min_max(pos2(split, area.top()), area.max);
        ui.painter().rect_filled(side, 0, t.panel);
        ui.painter().vline(side.left() + 0.5, side.y_range(), Stroke::new(1.0, t.stroke));
        let side = side.with_min_x(side.left() + 1.0);
        let mut inner = region(ui, side, "tail record");
        inspector::show(&mut inner, world, open, id, &record, state, out);
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
    let newer = state.rows.newer(tail);
    if state.rows.len(tail) > 0 {
        table::show(ui, world, open, state, out);
    } else if state.follow == Follow::Paused && newer > 0 {
        let is_gone = state.rows.until.is_some_and(|until| until <= tail.store.first_id());
        let title = if is_gone { "What was shown has left the buffer" } else { "Nothing matched before the pause" };
        let rows = format::counted(newer, "newer row");
        let hint = format!("Reading went on during the pause: {rows} can be shown.");
        if widgets::empty(ui, icons::PAUSE, title, &hint, Some("Resume")) {
            state.follow();
        }
    } else if tail.filter.as_ref().is_some_and(|filter| filter.remaining(&tail.store) > 0) {
        widgets::empty(ui, icons::FILTER, "Looking through the records", "What matches appears here.", None);
    } else if !tail.store.is_empty() {
        let shard = selection.as_ref().map(|shard| format!(" in {}", shard.short())).unwrap_or_default();
        let hint = "Records that cannot be decoded are always shown.";
        let label = if tail.filter.is_some() { "Clear the filter" } else { "Show all shards" };
        if widgets::empty(ui, icons::FILTER, &format!("No record matches{shard}"), hint, Some(label)) {
            if tail.filter.is_some() {
                let kind = state.typed(tail).kind;
                state.ask(FilterSpec::new(kind, ""), out);
            } else {
                *selection = None;
            }
        }
    } else if tail.is_running() && world.fan_out.phase == OwnPhase::Coming {
        let hint = format!("Reading begins when {} is ACTIVE, in some seconds.", world.fan_out.name);
        widgets::empty(ui, icons::TAIL, "Registering a consumer", &hint, None);
    } else if tail.is_running() {
        let hint = match options_of(tail).start {
            TailStart::Latest => "Only what arrives from now on is read. Trim horizon reads what is kept.",
            _ => "Reading from the start that was chosen.",
        };
        widgets::empty(ui, icons::TAIL, "Waiting for records", hint, None);
    } else {
        let calls = world.settings.read_budget;
        let hint = match route::may_start(world, tail) {
            Err(why) => why.to_owned(),
            Ok(()) if options_of(tail).is_fan_out() => "Enhanced fan-out takes nothing from those who poll.".to_owned(),
            Ok(()) => {
                format!("Reading uses at most {calls} of the 5 reads a second that each shard allows all readers.")
            }
        };
        let label = route::may_start(world, tail).is_ok().then_some("Start tailing");
        if widgets::empty(ui, icons::TAIL, "Nothing is being read", &hint, label) {
            out.push(Command::StartTail(options_of(tail)));
        }
    }
}

/// What was asked for last.
fn options_of(tail: &Tail) -> TailOptions {
    match &tail.run {
        TailRun::Running { options, .. } | TailRun::Ended { options, .. } | TailRun::Stopped { options } => {
            options.clone()
        }
        TailRun::NotStarted => TailOptions::default(),
    }
}

/// A record that is kept, pinned or still looked at.
fn record_of<'a>(tail: &'a Tail, state: &'a TailState, id: u64) -> Option<&'a Arc<Record>> {
    let held = || state.held.as_ref().filter(|(held, _)| *held == id).map(|(_, record)| record);
    tail.store.get(id).and_then(TailItem::record).or_else(|| state.pins.get(id)).or_else(held)
}

/// The zone that times of records are shown in.
fn zone(world: &World) -> TimeZone {
    if world.settings.tail.is_local_time { world.zone.clone() } else { TimeZone::UTC }
}

fn problems(ui: &mut Ui, open: &OpenStream, out: &mut Commands) {
    let Some(problem) = &open.tail.status.problem else { return };
    if widgets::problem(ui, "Reading has stopped", problem, out) == ProblemAction::Retry {
        out.push(Command::StartTail(options_of(&open.tail)));
    }
    widgets::hairline(ui);
}

fn keyboard(ui: &Ui, tail: &Tail, state: &mut TailState, out: &mut Commands) {
    if !widgets::takes_keys(ui) {
        return;
    }
    if widgets::take_key(ui, Key::Space) && (tail.is_running() || state.follow == Follow::Paused) {
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
    let record = state.selected.and_then(|id| record_of(tail, state, id));
    // The window's own text copy takes Ctrl C; a plain c copies the record.
    if let Some(record) = record
        && widgets::take_key(ui, Key::C)
    {
        out.push(Command::Copy(record_copy::contents(&state.masks.apply(record))));
    }
    if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::E)) && !tail.store.is_empty() {
        out.push(Command::Open(Dialog::Export));
    }
    let arrows = [Key::ArrowDown, Key::ArrowUp, Key::J, Key::K];
    if state.selected.is_none() && arrows.into_iter().any(|key| widgets::take_key(ui, key)) {
        let last = state.rows.len(tail).saturating_sub(1);
        state.selected = state.rows.at(tail, last).map(|(id, _)| id);
        state.table.bring_into_view();
    }
}

/// How long ago a record arrived, `2.7 s`, `14 m`.
fn age(record: &Record, world: &World) -> Option<String> {
    record.approximate_arrival.map(|at| format::duration_short(at.age_at(world.now)))
}
