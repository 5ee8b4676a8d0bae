//! Shards in hash order over time.

use eframe::egui::Ui;

use crate::model::ids::ShardId;
use crate::model::world::World;
use crate::ui::command::Commands;

/// What a person has done in this view.
#[derive(Debug, Default)]
pub struct HeatmapState {}

/// Draws the view.
pub fn show(
    _ui: &mut Ui,
    _world: &World,
    _state: &mut HeatmapState,
    _selection: &mut Option<ShardId>,
    _out: &mut Commands,
) {
}
