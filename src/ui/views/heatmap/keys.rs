//! The keyboard of the heatmap: ← → move the time cursor, ↑ ↓ j k the row, h the hottest, n N the flagged ones, m s the
//! next metric and order, [ ] the range, p pins, l follows a shard live, c C copy, Esc takes back one thing at a time.

use eframe::egui::{Key, Modifiers, Ui};

use super::live;
use super::prepared::Prepared;
use super::state::{HeatmapState, Pin};
use crate::model::heat_metric::{HeatMetric, HeatSort};
use crate::model::heat_range::HeatRange;
use crate::model::ids::ShardId;
use crate::model::time::Millis;
use crate::model::world::OpenStream;
use crate::ui::command::{Command, Commands, Tab};
use crate::ui::widgets;

/// Takes the keys of this frame, where the view has them.
pub fn take(
    ui: &Ui,
    state: &mut HeatmapState,
    prepared: &Prepared,
    open: &OpenStream,
    selection: &mut Option<ShardId>,
    out: &mut Commands,
) {
    if !widgets::takes_keys(ui) {
        return;
    }
    let shift = |key| ui.input_mut(|input| input.consume_key(Modifiers::SHIFT, key));
    let plain = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    // Before the plain k, which is also pressed while Shift is held.
    if shift(Key::K) {
        partition_keys(selection, out);
    }
    // Where a widget has the focus, arrows move the focus.
    let arrows = ui.memory(|memory| memory.focused().is_none());
    for (key, forward) in [(Key::ArrowLeft, false), (Key::ArrowRight, true)] {
        if arrows && shift(key) {
            move_cursor(state, prepared, forward, 10);
        } else if arrows && plain(key) {
            move_cursor(state, prepared, forward, 1);
        }
    }
    let grid = &prepared.grid;
    let current = prepared.row_of(selection.as_ref()).filter(|_| selection.is_some() || !grid.has_shard_metrics);
    let (first, last) = (grid.first_shard_place(), grid.len().saturating_sub(1));
    let mut target = None;
    if (arrows && plain(Key::ArrowDown)) || plain(Key::J) {
        target = Some(current.map_or(first, |row| (row + 1).min(last)));
    } else if (arrows && plain(Key::ArrowUp)) || plain(Key::K) {
        target = Some(current.map_or(last, |row| row.saturating_sub(1).max(first)));
    } else if plain(Key::H) {
        target = grid.hottest();
    } else if shift(Key::N) {
        target = grid.next_flagged(current, false);
    } else if plain(Key::N) {
        target = grid.next_flagged(current, true);
    }
    if let Some((index, row)) = target.and_then(|index| Some((index, grid.row(index)?))) {
        selection.clone_from(&row.shard_id);
        state.scroll_to = Some(index);
        state.is_pointing = false;
    }
    if let Some(row) = current.and_then(|row| grid.row(row)).filter(|_| shift(Key::C)) {
        out.push(Command::Copy(row.to_json(grid.metric())));
    }
    options(&plain, state, prepared);
    if plain(Key::L) {
        live::toggle(open, prepared, selection, out);
    }
    let range = open.range;
    for (key, other) in [(Key::OpenBracket, range.shorter()), (Key::CloseBracket, range.longer())] {
        if plain(key) && other != range {
            set_range(state, other, out);
        }
    }
    if plain(Key::T) {
        tail(selection, out);
    }
    if let (Some(at), true) = (state.cursor, plain(Key::P)) {
        state.toggle_pin(Pin { shard: selection.clone(), at });
    }
    // While a span is drawn, Esc belongs to it.
    if state.drag.is_none() && takes_back(state, selection) {
        plain(Key::Escape).then(|| take_back(state, selection));
    }
}

/// Shows another range, all of it.
pub fn set_range(state: &mut HeatmapState, range: HeatRange, out: &mut Commands) {
    state.zoom_to(None);
    state.pin = None;
    out.push(Command::SetRange(range));
}

fn takes_back(state: &HeatmapState, selection: &Option<ShardId>) -> bool {
    let looks_in = state.pin.is_some() || state.zoom.is_some() || state.is_drawer_open;
    looks_in || selection.is_some() || state.cursor.is_some()
}

/// The newest thing first: the pin, the zoom, the drawer, then selection and cursor.
fn take_back(state: &mut HeatmapState, selection: &mut Option<ShardId>) {
    if state.pin.take().is_some() {
        state.is_resumed = false;
    } else if state.zoom.is_some() {
        state.zoom_to(None);
    } else if state.is_drawer_open {
        state.is_drawer_open = false;
    } else {
        *selection = None;
        state.cursor = None;
    }
}

fn options(plain: &impl Fn(Key) -> bool, state: &mut HeatmapState, prepared: &Prepared) {
    if plain(Key::M) {
        let is_open = |metric: &HeatMetric| !super::toolbar::access(&prepared.grid, *metric).is_closed();
        let open: Vec<HeatMetric> = HeatMetric::ALL.into_iter().filter(is_open).collect();
        state.metric = next(&open, state.metric);
    }
    if plain(Key::S) {
        state.sort = next(&HeatSort::ALL, state.sort);
    }
}

/// Opens the tail at the selected shard.
pub fn tail(selection: &Option<ShardId>, out: &mut Commands) {
    out.push(selection.clone().map_or(Command::GoTab(Tab::Tail), Command::TailShard));
}

/// Opens the partition keys of the selected shard.
pub fn partition_keys(selection: &Option<ShardId>, out: &mut Commands) {
    out.push(selection.clone().map_or(Command::GoTab(Tab::Keys), Command::ShowKeys));
}

fn next<T: Copy + PartialEq>(all: &[T], current: T) -> T {
    let at = all.iter().position(|option| *option == current).map_or(0, |at| (at + 1) % all.len());
    all.get(at).copied().unwrap_or(current)
}

/// Moves the time cursor; it begins at the column under the pointer, or behind the newest one. A zoom follows it.
fn move_cursor(state: &mut HeatmapState, prepared: &Prepared, forward: bool, by: usize) {
    let window = prepared.grid.window.unknown_series();
    let Some(last) = window.len().checked_sub(1) else { return };
    // Where several minutes are one column, a step is one column too.
    let by = by * prepared.texels.per().max(1);
    let at = match state.cursor.and_then(|at| window.index_of(at)) {
        Some(at) if forward => (at + by).min(last),
        Some(at) => at.saturating_sub(by),
        None => last,
    };
    let at = window.time_of(at);
    state.cursor = Some(at);
    state.zoom = state.zoom.map(|zoom| zoom.holding(at, Millis::from_secs(i64::from(window.step_seconds()))));
    state.is_pointing = false;
}
