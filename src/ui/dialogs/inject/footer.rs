//! What is the same for everything that sends: when it may begin, and what stands beside the button that begins it.

use eframe::egui::{Align, Align2, Id, Rect, Role, Sense, Ui, WidgetInfo, pos2};

use crate::model::connection::Environment;
use crate::model::format;
use crate::model::world::World;
use crate::ui::command::{Command, Commands, Dialog as Which};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, TextField};

/// Whether a write may begin at all; `going_on` says what is on its way already.
pub(super) fn may_write(world: &World, going_on: Option<&str>) -> Result<(), String> {
    if world.connection().is_none() {
        return Err("Not connected.".to_owned());
    }
    if !world.is_unlocked() {
        return Err("Writes are locked. Unlock them to send.".to_owned());
    }
    going_on.map_or(Ok(()), |words| Err(words.to_owned()))
}

/// Whether the name of the stream was typed, where production asks for that.
pub(super) fn is_named(world: &World, typed: &str) -> Result<(), String> {
    let name = world.open.as_ref().map_or("", |open| open.name.as_str());
    if is_prod(world) && typed.trim() != name {
        return Err("Type the stream's name to send to production.".to_owned());
    }
    Ok(())
}

fn is_prod(world: &World) -> bool {
    world.connection().is_some_and(|info| info.environment == Environment::Prod)
}

/// `Send 3 records to PROD`.
pub(super) fn label(world: &World, verb: &str, joint: &str) -> String {
    match world.connection().map_or("", |connection| connection.environment.tag()) {
        "" => verb.to_owned(),
        tag => format!("{verb} {joint} {tag}"),
    }
}

/// That records stay.
pub(super) fn stays(world: &World) -> String {
    let retention = world.open.as_ref().and_then(|open| open.summary.get()).map(|summary| summary.retention_hours);
    let expire = retention.map_or(String::new(), |hours| format!(" They expire after {}.", format::retention(hours)));
    format!("Records cannot be deleted.{expire}")
}

/// Draws what stands beside the button that begins it, from the right: unlocking, closing, and the name that production asks
/// for where it is asked for.
pub(super) fn beside(ui: &mut Ui, world: &World, out: &mut Commands, goes_on: bool, typed: Option<&mut String>) {
    let is_unlocked = world.is_unlocked();
    if !is_unlocked && world.connection().is_some() {
        let unlock = Button::new("Unlock…").icon(icons::UNLOCK).height(28.0);
        if ui.add(unlock).clicked() {
            out.push(Command::Open(Which::Unlock));
        }
    }
    let close = if goes_on { "Close, keep running" } else { "Close" };
    if ui.add(Button::new(close).height(28.0)).clicked() {
        out.push(Command::CloseDialog);
    }
    if let Some(typed) = typed.filter(|_| is_prod(world) && is_unlocked && !goes_on) {
        let name = world.open.as_ref().map_or("", |open| open.name.as_str());
        let hint = format!("type {name}");
        let is_typed = typed.trim() == name;
        TextField::new(Id::unique("inject stream"), "Stream's name", typed)
            .mono()
            .hint(&hint)
            .confirmed(is_typed)
            .width(210.0)
            .show(ui);
    }
}

/// Draws why nothing can be sent, or something to know, in the room that is left.
pub(super) fn note(ui: &mut Ui, text: &str, is_reason: bool) {
    let t = theme::tokens(ui);
    let room = ui.available_rect_before_wrap();
    ui.painter().text(room.left_center(), Align2::LEFT_CENTER, icons::INFO, fonts::icon(13.0), t.weak);
    let area = Rect::from_min_max(pos2(room.left() + 20.0, room.top()), pos2(room.right() - 12.0, room.bottom()));
    let response = ui.interact(area, ui.make_persistent_id("footer note"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    let color = if is_reason { t.text } else { t.weak };
    let drawn = widgets::paint_elided(ui.painter(), area, Align::Min, text, fonts::small(), color);
    if widgets::text_width(ui.painter(), text, fonts::small()) > drawn.width() + 1.0 {
        response.on_hover_text(text);
    }
}
