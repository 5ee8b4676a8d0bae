//! Runs to this stream that were cut off: what became of their records, and what can be done.

use eframe::egui::{Align, Align2, Layout, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{Scene, is_running, within};
use crate::model::batch::BatchCommand;
use crate::model::connection::Environment;
use crate::model::unfinished::Unfinished;
use crate::ui::command::Command;
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button};

/// Height of one run.
const STRIP: f32 = 38.0;
/// Runs that are shown at a time; the next ones follow when these are dealt with.
const SHOWN: usize = 2;

/// Draws them at the top of `rect`; gives what is left of it.
pub(super) fn show(ui: &mut Ui, rect: Rect, scene: &mut Scene<'_>) -> Rect {
    let Some(open) = &scene.world.open else { return rect };
    let label = scene.world.connection().map(|info| info.label.as_str());
    let is_here = |run: &&Unfinished| run.head.stream == open.name && Some(run.head.connection.as_str()) == label;
    let mut left = rect;
    for run in scene.world.unfinished_runs.iter().filter(is_here).take(SHOWN) {
        let strip = left.with_max_y(left.top() + STRIP);
        left = left.with_min_y(strip.bottom());
        within(ui, &run.id, strip, |ui| one(ui, strip, run, scene));
    }
    left
}

fn one(ui: &mut Ui, strip: Rect, run: &Unfinished, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    ui.painter().rect_filled(strip, 0, t.warn_dim);
    ui.painter().hline(strip.x_range(), strip.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let may_send = may_send(run, scene);
    let buttons = Rect::from_min_max(pos2(strip.right() - 260.0, strip.top()), strip.max - vec2(16.0, 0.0));
    within(ui, "what to do", buttons, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            if ui.add(Button::new("Forget it").icon(icons::TRASH)).clicked() {
                scene.out.push(Command::Batch(BatchCommand::Forget(run.id.clone())));
            }
            let enabled = may_send.as_ref().copied().map_err(String::as_str);
            if run.has_rest() && ui.add(Button::new("Send the rest").icon(icons::INJECT).enabled(enabled)).clicked() {
                scene.out.push(Command::Batch(BatchCommand::SendRest(run.id.clone())));
            }
        });
    });
    let unknown = run.account.unknown();
    let which = match unknown.len() {
        0 => String::new(),
        _ => {
            let what = if run.head.file.as_ref().is_some_and(|file| !file.is_numbered_by_record) {
                "lines"
            } else {
                "records"
            };
            format!(" Unknown: {what} {}.", crate::model::format::one_line(&unknown.to_string(), 60))
        }
    };
    let (title, at) = (&run.head.title, run.head.started);
    let words = format!("{title}, {} {} UTC, was cut off: {}.{which}", at.date(), at.hms(), run.counts());
    let place = Rect::from_min_max(pos2(strip.left() + 38.0, strip.top()), pos2(buttons.left() - 8.0, strip.bottom()));
    let response = ui.interact(place, ui.make_persistent_id("cut off"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &words));
    let icon = pos2(strip.left() + 18.0, strip.center().y);
    ui.painter().text(icon, Align2::LEFT_CENTER, icons::WARNING, fonts::icon(14.0), t.warn);
    widgets::paint_elided(ui.painter(), place, Align::Min, &words, fonts::small(), t.strong);
    response.on_hover_text(&words);
}

fn may_send(run: &Unfinished, scene: &Scene<'_>) -> Result<(), String> {
    if !scene.world.is_unlocked() {
        return Err("Writes are locked. Unlock them to send.".to_owned());
    }
    if is_running(scene) {
        return Err("A run is on its way.".to_owned());
    }
    let is_prod = scene.world.connection().is_some_and(|info| info.environment == Environment::Prod);
    if is_prod && scene.state.batch.typed_name.trim() != run.head.stream.as_str() {
        return Err("Type the stream's name below to send to production.".to_owned());
    }
    Ok(())
}
