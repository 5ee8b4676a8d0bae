//! Records of all shards, live.

use eframe::egui::Ui;

use crate::model::ids::ShardId;
use crate::model::world::World;
use crate::ui::command::Commands;

/// What a person has done in this view.
#[derive(Debug, Default)]
pub struct TailState {}

/// Draws the view.
pub fn show(
    _ui: &mut Ui,
    _world: &World,
    _state: &mut TailState,
    _selection: &mut Option<ShardId>,
    _out: &mut Commands,
) {
}
