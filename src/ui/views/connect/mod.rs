//! Choosing what to connect to.

use eframe::egui::Ui;

use crate::model::world::World;
use crate::ui::command::Commands;

/// What a person has chosen and typed here.
#[derive(Debug, Default)]
pub struct ConnectState {}

/// Draws the view.
pub fn show(_ui: &mut Ui, _world: &World, _state: &mut ConnectState, _focus_filter: bool, _out: &mut Commands) {}
