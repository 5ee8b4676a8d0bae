//! The footer of a dialog that changes a stream, from the right: the guarded button while it is planned, what may be done while it
//! runs, and a line of words.

use eframe::egui::{Align2, Rect, Ui, pos2};

use super::Offer;
use crate::model::answer::Problem;
use crate::model::connection::ConnectionInfo;
use crate::model::world::World;
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button};

/// What can be asked for with the AWS CLI as well.
pub trait Asked {
    /// The equivalent AWS CLI line, or lines.
    fn cli(&self, connection: &ConnectionInfo) -> String;
}

/// The button that does it, with what stands beside it: `beside` is between giving up and unlocking. True when it was pressed.
pub fn planning<R: Asked>(
    ui: &mut Ui,
    world: &World,
    offer: &Offer<R>,
    typed_name: &str,
    out: &mut Commands,
    beside: impl FnOnce(&mut Ui, &mut Commands),
) -> bool {
    let reason = offer.why_not(typed_name);
    let enabled = reason.as_ref().copied().map_err(String::as_str);
    let button = Button::danger(&offer.button).icon(offer.icon).enabled(enabled).height(28.0);
    let is_pressed = ui.add(button).clicked();
    if ui.add(Button::new("Cancel").height(28.0)).clicked() {
        out.push(Command::CloseDialog);
    }
    beside(ui, out);
    if !world.is_unlocked() && world.connection().is_some() {
        let unlock = Button::new("Unlock…").icon(icons::UNLOCK).height(28.0);
        if ui.add(unlock).clicked() {
            out.push(Command::Open(Dialog::Unlock));
        }
    }
    if let (Some(request), Some(connection)) = (&offer.request, world.connection())
        && ui.add(Button::new("Copy as AWS CLI").icon(icons::COPY).height(28.0)).clicked()
    {
        out.push(Command::Copy(request.cli(connection)));
    }
    is_pressed
}

/// What may be done while it runs and after that: `beside` is behind the button that closes; `again`, where there is something to
/// begin anew, is there once it is done, and what mends a problem where something does. True when it is begun anew.
pub fn watching(
    ui: &mut Ui,
    is_done: bool,
    again: Option<&str>,
    problem: Option<&Problem>,
    out: &mut Commands,
    beside: impl FnOnce(&mut Ui, &mut Commands),
) -> bool {
    let label = if is_done { "Close" } else { "Close, keep running" };
    if ui.add(Button::new(label).height(28.0)).clicked() {
        out.push(Command::CloseDialog);
    }
    beside(ui, out);
    let again = again.filter(|_| is_done);
    let is_begun_anew = again.is_some_and(|again| ui.add(Button::new(again).height(28.0)).clicked());
    if let Some((kind, remedy)) = problem.and_then(|problem| Some((problem.kind, problem.remedy.as_ref()?)))
        && ui.add(Button::new(widgets::states::remedy_label(kind)).icon(icons::COPY).height(28.0)).clicked()
    {
        out.push(Command::Copy(remedy.clone()));
    }
    is_begun_anew
}

/// Words in what the buttons leave free.
pub fn footnote(ui: &Ui, words: &str) {
    if words.is_empty() {
        return;
    }
    let t = theme::tokens(ui);
    let room = ui.available_rect_before_wrap();
    ui.painter().text(room.left_center(), Align2::LEFT_CENTER, icons::INFO, fonts::icon(13.0), t.weak);
    let area = Rect::from_min_max(pos2(room.left() + 20.0, room.top()), pos2(room.right() - 12.0, room.bottom()));
    widgets::text::paint_wrapped(ui.painter(), area, 3, words, fonts::small(), t.weak);
}
