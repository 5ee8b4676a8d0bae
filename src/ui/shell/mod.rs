//! What surrounds every place: environment stripe, rail, status bar, palette, keyboard.

pub mod header;
pub mod keyboard;
pub mod palette;
pub mod rail;
pub mod status;
pub mod unfinished;

use eframe::egui::{Color32, Rect, Stroke, Ui, pos2, vec2};

use super::command::{Commands, Place};
use super::state::UiState;
use super::widgets::{KeepClear, hatching};
use super::{region, theme, visible_place};
use crate::model::world::{Link, World};

/// Height of the environment stripe.
pub const STRIPE: f32 = 3.0;
/// Width of the rail when it shows icons only.
const RAIL_ICONS: f32 = 48.0;
/// Below this width of the window the rail shows icons only.
const RAIL_COLLAPSES_BELOW: f32 = 1_100.0;

/// Draws stripe, rail and status bar; gives back what is left for the place.
pub fn frame(ui: &mut Ui, world: &World, state: &mut UiState, out: &mut Commands) -> Rect {
    let whole = ui.max_rect();
    let t = theme::tokens(ui);
    ui.painter().rect_filled(whole, 0, t.panel);
    let bottom = whole.bottom() - status::HEIGHT;
    let bar = Rect::from_min_max(pos2(whole.left(), bottom), whole.max);
    let is_copied = status::is_copied(ui, state);
    status::show(&mut region(ui, bar, "status"), world, is_copied, out);
    let top = whole.top() + STRIPE;
    let mut keep = KeepClear { chip: None, stripe: STRIPE, status: status::HEIGHT, rail: 0.0 };
    let mut left = whole.left();
    if visible_place(world, state) != Place::Connect {
        let is_narrow = whole.width() < RAIL_COLLAPSES_BELOW;
        let width = if is_narrow { RAIL_ICONS } else { world.settings.rail_width.clamp(180.0, 320.0) };
        let area = Rect::from_min_max(pos2(left, top), pos2(left + width, bottom));
        let chip = rail::show(&mut region(ui, area, "rail"), world, state, is_narrow, out);
        if !is_narrow {
            rail::resize(ui, area, out);
        }
        (keep.chip, keep.rail) = (Some(chip), width);
        left += width;
    }
    keep.store(ui.ctx());
    stripe(ui, Rect::from_min_size(whole.min, vec2(whole.width(), STRIPE)), world);
    Rect::from_min_max(pos2(left, top), pos2(whole.right(), bottom))
}

/// The colour of the environment across the window; hatched while writes are unlocked.
fn stripe(ui: &Ui, rect: Rect, world: &World) {
    let t = theme::tokens(ui);
    let color = environment_color(ui, world);
    if world.is_unlocked() {
        ui.painter().rect_filled(rect, 0, t.bg);
        hatching(ui.painter(), rect.expand2(vec2(8.0, 0.0)), 13.0, 6.4, color);
    } else {
        ui.painter().rect_filled(rect, 0, color);
    }
}

/// Colour of the environment that is connected to.
fn environment_color(ui: &Ui, world: &World) -> Color32 {
    let t = theme::tokens(ui);
    match &world.link {
        Link::Connected(info) => theme::environment_color(t, info.environment),
        _ => t.stroke_strong,
    }
}

/// A vertical hairline at the right edge of a region.
pub(crate) fn right_edge(ui: &Ui, rect: Rect) {
    let t = theme::tokens(ui);
    ui.painter().vline(rect.right() - 0.5, rect.y_range(), Stroke::new(1.0, t.stroke));
}
