//! Everything that is drawn: theme, widgets, shell, views, dialogs. Reads the world, pushes commands.
//! Knows neither tasks nor AWS.

pub mod command;
pub mod dialogs;
pub mod shell;
pub mod state;
pub mod theme;
pub mod views;
pub mod widgets;

use eframe::egui::{Rect, Ui, UiBuilder, pos2};

use crate::model::world::World;
use command::{Commands, Dialog, Place, Tab};
pub use state::UiState;

/// Draws the whole window: shell, the place, and what is open above it.
pub fn show(ui: &mut Ui, world: &World, state: &mut UiState, out: &mut Commands) {
    ui.spacing_mut().item_spacing = eframe::egui::vec2(8.0, 0.0);
    state.fleet.update(ui, world);
    shell::keyboard::dispatch(ui, world, state, out);
    let main = shell::frame(ui, world, state, out);
    let main = shell::unfinished::strip(ui, main, world, &visible_place(world, state), out);
    let mut inner = region(ui, main, "main");
    place_ui(&mut inner, world, state, out);
    state.focus_filter = false;
    dialog_ui(ui, world, state, out);
    shell::palette::show(ui, world, state, out);
    if out.as_slice().iter().any(|command| matches!(command, command::Command::Copy(_))) {
        state.copied_at = Some(ui.input(|input| input.time));
        ui.ctx().request_repaint();
    }
}

/// The place that can be shown: without a connection it is always the choice of one.
pub fn visible_place(world: &World, state: &UiState) -> Place {
    if world.connection().is_some() { state.place.clone() } else { Place::Connect }
}

fn place_ui(ui: &mut Ui, world: &World, state: &mut UiState, out: &mut Commands) {
    match visible_place(world, state) {
        Place::Connect => views::connect::show(ui, world, &mut state.connect, state.focus_filter, out),
        Place::Fleet => views::fleet::show(ui, world, &mut state.fleet, out),
        Place::Activity => {
            state.activity.focus_filter = state.focus_filter;
            views::activity::show(ui, world, &mut state.activity, out);
        }
        Place::Settings => {
            state.settings.focus_filter = state.focus_filter;
            views::settings::show(ui, world, &mut state.settings, out);
        }
        Place::Stream(name, tab) => {
            let area = ui.max_rect();
            let split = area.top() + shell::header::STREAM_HEIGHT;
            let head = Rect::from_min_max(area.min, pos2(area.right(), split));
            shell::header::stream(&mut region(ui, head, "header"), world, &name, tab, out);
            let mut body = region(ui, Rect::from_min_max(pos2(area.left(), split), area.max), "tab");
            stream_ui(&mut body, world, state, tab, out);
        }
    }
}

fn stream_ui(ui: &mut Ui, world: &World, state: &mut UiState, tab: Tab, out: &mut Commands) {
    let selection = &mut state.selected_shard;
    match tab {
        Tab::Heatmap => views::heatmap::show(ui, world, &mut state.heatmap, selection, out),
        Tab::Shards => {
            if state.focus_filter {
                state.shards.focus_filter();
            }
            views::shards::show(ui, world, &mut state.shards, selection, out);
        }
        Tab::Keys => views::keys::show(ui, world, &mut state.keys, selection, out),
        Tab::Tail => {
            if state.focus_filter {
                state.tail.focus_filter();
            }
            views::tail::show(ui, world, &mut state.tail, &mut state.tail_shard, out);
        }
    }
}

fn dialog_ui(ui: &mut Ui, world: &World, state: &mut UiState, out: &mut Commands) {
    match state.dialog {
        Some(Dialog::Unlock) => dialogs::unlock::show(ui, world, &mut state.unlock, out),
        Some(Dialog::Export) => dialogs::export::show(ui, world, &mut state.export, out),
        Some(Dialog::Shortcuts) => dialogs::shortcuts::show(ui, out),
        Some(Dialog::Inject) => {
            if let Some(entry) = state.tail.take_injection() {
                state.inject.fill(&entry);
            }
            dialogs::inject::show(ui, world, &mut state.inject, out);
        }
        Some(Dialog::Monitoring) => dialogs::monitoring::show(ui, world, &mut state.monitoring, out),
        Some(Dialog::Stream) => dialogs::stream::show(ui, world, &mut state.stream, out),
        Some(Dialog::Create) => dialogs::create::show(ui, world, &mut state.create, out),
        Some(Dialog::Reshard) => {
            dialogs::reshard::show(ui, world, &mut state.reshard, &mut state.selected_shard, out);
        }
        None => {}
    }
}

/// A part of the window with a clip and an id of its own.
pub fn region(ui: &mut Ui, rect: Rect, id: &'static str) -> Ui {
    let mut inner = ui.new_child(UiBuilder::new().id_salt(id).max_rect(rect));
    inner.set_clip_rect(rect.intersect(ui.clip_rect()));
    inner
}
