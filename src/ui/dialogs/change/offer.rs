//! The columns and the footer of a dialog that changes what a stream is, around what its part offers.

use eframe::egui::{Rect, Ui};

use super::super::frame::{self, Asked, Offer, side};
use super::Confirming;
use crate::model::change::{ChangeRequest, ChangeRun};
use crate::model::connection::ConnectionInfo;
use crate::model::world::World;
use crate::ui::command::{Command, Commands};

/// What can be done, and what is said of it.
pub type ChangeOffer = Offer<ChangeRequest>;

impl Asked for ChangeRequest {
    fn cli(&self, connection: &ConnectionInfo) -> String {
        Self::cli(self, connection)
    }
}

/// Draws both columns; the left one is the caller's.
pub fn body(
    ui: &mut Ui,
    rect: Rect,
    offer: &ChangeOffer,
    run: Option<(&ChangeRun, &World)>,
    confirming: &mut Confirming,
    left: impl FnOnce(&mut Ui),
) {
    let foot = side::foot_height(run.map(|(run, _)| run.is_done), offer.name.is_some());
    frame::columns(
        ui,
        rect,
        foot,
        confirming,
        |ui, _| left(ui),
        |ui, _| match run {
            Some((run, world)) => side::steps_done(ui, &run.steps, world.now),
            None => side::planned(ui, offer),
        },
        |ui, confirming| {
            side::foot(ui, run.map(|_| side::RUNS_ON), offer.name.as_deref(), &mut confirming.typed_name);
        },
    );
}

/// Draws the footer, from the right.
pub fn footer(
    ui: &mut Ui,
    world: &World,
    offer: &ChangeOffer,
    run: Option<&ChangeRun>,
    confirming: &mut Confirming,
    out: &mut Commands,
) {
    if let Some(run) = run {
        let is_gone = run.request.deletes() && run.problem().is_none();
        let again = Some(offer.again).filter(|_| !is_gone);
        if frame::watching(ui, run.is_done, again, run.problem(), out, |_, _| {}) {
            confirming.watching = None;
        }
        return;
    }
    if frame::planning(ui, world, offer, &confirming.typed_name, out, |_, _| {})
        && let Some(request) = &offer.request
    {
        confirming.watching = Some(request.clone());
        confirming.typed_name.clear();
        out.push(Command::Change(Box::new(request.clone())));
    }
    frame::footnote(ui, &offer.footnote);
}
