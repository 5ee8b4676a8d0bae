//! Every change that was made.

use eframe::egui::Ui;

use crate::model::world::World;
use crate::ui::command::Commands;

/// What a person has done in this view.
#[derive(Debug, Default)]
pub struct ActivityState {}

/// Draws the view.
pub fn show(_ui: &mut Ui, _world: &World, _state: &mut ActivityState, _out: &mut Commands) {}
