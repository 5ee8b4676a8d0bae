//! Sends records to the open stream.

use eframe::egui::Ui;

use crate::model::world::World;
use crate::ui::command::Commands;

/// What a person has typed in this dialog.
#[derive(Debug, Default)]
pub struct InjectState {}

/// Draws the dialog.
pub fn show(_ui: &mut Ui, _world: &World, _state: &mut InjectState, _out: &mut Commands) {}
