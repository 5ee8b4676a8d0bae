//! Keys become commands by the registry. Never while text is typed, a menu is open or a dialog stands above the window;
//! shortcuts with Ctrl work while text is typed.

use eframe::egui::{Key, Modifiers, Ui};

use crate::model::world::World;
use crate::ui::command::registry::{Action, ENTRIES, Shortcut, resolve};
use crate::ui::command::{Command, Commands, Place, Tab};
use crate::ui::state::UiState;
use crate::ui::{visible_place, widgets};

/// How long the second key of a shortcut of two may take, in seconds.
const PREFIX_SECONDS: f64 = 1.5;

/// Pushes the commands of the keys that were pressed since the last frame.
pub fn dispatch(ui: &Ui, world: &World, state: &mut UiState, out: &mut Commands) {
    let ctx = ui.ctx();
    let place = visible_place(world, state);
    let now = ctx.input(|input| input.time);
    let is_covered = state.dialog.is_some() || state.palette.is_some();
    let takes_plain = !is_covered && widgets::takes_keys(ui);
    let prefix = state.prefix.take().filter(|(_, at)| now - at < PREFIX_SECONDS).map(|(key, _)| key);
    for entry in &ENTRIES {
        let Some(shortcut) = entry.shortcut else { continue };
        let is_plain = !shortcut.modifiers.command;
        let is_allowed = if is_plain { takes_plain } else { state.dialog.is_none() };
        // The heatmap also scrolls to the shard, so it takes this key itself.
        let is_for_view = entry.action == Action::HottestShard && matches!(place, Place::Stream(_, Tab::Heatmap));
        if !is_allowed || is_for_view || shortcut.prefix != prefix || !is_pressed(ui, shortcut) {
            continue;
        }
        if let Ok(command) = resolve(entry.action, world, &place) {
            out.push(command);
        }
        return;
    }
    if takes_plain && prefix.is_none() && take(ui, Modifiers::NONE, Key::G) {
        state.prefix = Some((Key::G, now));
    } else if takes_plain && clears_selection(&place, state) && take(ui, Modifiers::NONE, Key::Escape) {
        out.push(Command::SelectShard(None));
    } else if prefix.is_some() && !ctx.input(|input| input.events.iter().any(is_key_press)) {
        state.prefix = prefix.map(|key| (key, now));
    }
}

/// Whether Esc clears the selected shard here; heatmap and tail do so themselves.
fn clears_selection(place: &Place, state: &UiState) -> bool {
    matches!(place, Place::Stream(_, Tab::Shards)) && state.selected_shard.is_some()
}

fn is_key_press(event: &eframe::egui::Event) -> bool {
    matches!(event, eframe::egui::Event::Key { pressed: true, .. })
}

fn is_pressed(ui: &Ui, shortcut: Shortcut) -> bool {
    take(ui, shortcut.modifiers, shortcut.key)
}

fn take(ui: &Ui, modifiers: Modifiers, key: Key) -> bool {
    ui.input_mut(|input| input.consume_key(modifiers, key))
}
