//! The banner about enhanced fan-out consumers that an earlier run of this program left behind: what they cost, and the
//! call that ends it.

use eframe::egui::{Sense, Ui, vec2};

use crate::model::fan_out::OwnConsumer;
use crate::model::format;
use crate::model::limits::FAN_OUT_DOLLARS_PER_SHARD_HOUR;
use crate::model::world::World;
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::theme::icons;
use crate::ui::widgets::{BANNER_HEIGHT, Button, warning_banner};

/// Draws it over the whole width, where there is something to say.
pub fn show(ui: &mut Ui, world: &World, out: &mut Commands) {
    let found: Vec<&OwnConsumer> = world.own_leftovers().collect();
    let Some(first) = found.first() else { return };
    let title = match found.len() {
        1 => "A fan-out consumer was left behind".to_owned(),
        several => format!("{several} fan-out consumers were left behind"),
    };
    let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), BANNER_HEIGHT), Sense::hover());
    let words = words(first, found.len());
    warning_banner(ui, area, &title, &words, |ui| button(ui, world, found.len(), out));
}

fn words(first: &OwnConsumer, count: usize) -> String {
    let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
    let name = format::one_line(&first.name, 60);
    let stream = format::one_line(first.stream.as_str(), 60);
    format!("{name} on {stream}{more}: ${FAN_OUT_DOLLARS_PER_SHARD_HOUR} an hour and shard until deregistered.")
}

fn button(ui: &mut Ui, world: &World, count: usize, out: &mut Commands) {
    if !world.is_unlocked() {
        let unlock = Button::new("Unlock to deregister…").icon(icons::LOCK);
        if ui.add(unlock.tooltip("Deregistering is a write: unlock writes first.")).clicked() {
            out.push(Command::Open(Dialog::Unlock));
        }
        return;
    }
    let label = if count == 1 { "Deregister it" } else { "Deregister them" };
    let enabled = if world.fan_out.is_clearing { Err("On its way.") } else { Ok(()) };
    let clear = Button::new(label).icon(icons::TRASH).enabled(enabled);
    if ui.add(clear.tooltip("DeregisterStreamConsumer, for consumers that this program registered.")).clicked() {
        out.push(Command::ClearLeftovers);
    }
}
