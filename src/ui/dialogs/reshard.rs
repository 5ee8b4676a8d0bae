//! Splits a shard of the open stream.

use eframe::egui::Ui;

use crate::model::ids::ShardId;
use crate::model::world::World;
use crate::ui::command::Commands;

/// What a person has typed in this dialog.
#[derive(Debug, Default)]
pub struct ReshardState {}

/// Draws the dialog.
pub fn show(
    _ui: &mut Ui,
    _world: &World,
    _state: &mut ReshardState,
    _selection: &mut Option<ShardId>,
    _out: &mut Commands,
) {
}
