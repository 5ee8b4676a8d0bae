//! The keyboard of the heatmap: ← → move the time cursor, ↑ ↓ j k the row, h the hottest, n N the flagged ones, c C copy.

use eframe::egui::{Key, Modifiers, Ui};

use super::state::{HeatmapState, Prepared};
use crate::model::heat_metric::{HeatMetric, HeatSort};
use crate::model::ids::ShardId;
use crate::ui::command::{Command, Commands, Tab};
use crate::ui::widgets;

/// Takes the keys of this frame, where the view has them.
pub fn take(
    ui: &Ui,
    state: &mut HeatmapState,
    prepared: &Prepared,
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
    let last = grid.rows.len().saturating_sub(1);
    let mut target = None;
    if (arrows && plain(Key::ArrowDown)) || plain(Key::J) {
        target = Some(current.map_or(0, |row| (row + 1).min(last)));
    } else if (arrows && plain(Key::ArrowUp)) || plain(Key::K) {
        target = Some(current.map_or(last, |row| row.saturating_sub(1)));
    } else if plain(Key::H) {
        target = grid.hottest();
    } else if shift(Key::N) {
        target = grid.next_flagged(current, false);
    } else if plain(Key::N) {
        target = grid.next_flagged(current, true);
    }
    if let Some((index, row)) = target.and_then(|index| Some((index, grid.rows.get(index)?))) {
        selection.clone_from(&row.shard_id);
        state.scroll_to = Some(index);
        state.is_pointing = false;
    }
    if let Some(row) = current.and_then(|row| grid.rows.get(row)).filter(|_| shift(Key::C)) {
        out.push(Command::Copy(row.to_json(grid.metric)));
    }
    options(&plain, state);
    if plain(Key::T) {
        tail(selection, out);
    }
    if state.is_drawer_open && plain(Key::Escape) {
        state.is_drawer_open = false;
    } else if (selection.is_some() || state.cursor.is_some()) && plain(Key::Escape) {
        *selection = None;
        state.cursor = None;
    }
}

fn options(plain: &impl Fn(Key) -> bool, state: &mut HeatmapState) {
    if plain(Key::M) {
        state.metric = next(&HeatMetric::ALL, state.metric);
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

/// Moves the time cursor; it begins at the column under the pointer, or behind the newest one.
fn move_cursor(state: &mut HeatmapState, prepared: &Prepared, forward: bool, by: usize) {
    let window = prepared.grid.window.unknown_series();
    let Some(last) = window.len().checked_sub(1) else { return };
    let at = match state.cursor.and_then(|at| window.index_of(at)) {
        Some(at) if forward => (at + by).min(last),
        Some(at) => at.saturating_sub(by),
        None => last,
    };
    state.cursor = Some(window.time_of(at));
    state.is_pointing = false;
}
