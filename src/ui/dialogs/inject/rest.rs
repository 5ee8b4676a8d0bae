//! Runs to this stream that were cut off: what became of their records, and what can be done.

use eframe::egui::{Align, Align2, Layout, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{BATCH, GENERATOR, Scene, batch, footer, generator, save, within};
use crate::model::batch::BatchCommand;
use crate::model::format;
use crate::model::results::ResultsOf;
use crate::model::unfinished::Unfinished;
use crate::model::world::World;
use crate::ui::command::Command;
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button};

/// Height of one run.
const STRIP: f32 = 38.0;
/// Runs that are shown at a time; the next ones follow when these are dealt with.
const SHOWN: usize = 2;

/// The runs of this stream, newest first, each with the mode that it belongs to.
fn here(world: &World) -> impl Iterator<Item = (usize, &Unfinished)> {
    let label = world.connection().map(|info| info.label.as_str());
    let name = world.open.as_ref().map(|open| &open.name);
    let is_here =
        move |run: &&Unfinished| Some(&run.head.stream) == name && Some(run.head.connection.as_str()) == label;
    let runs = world.unfinished_runs.iter().rev().filter(is_here);
    runs.map(|run| (if run.head.load.is_some() { GENERATOR } else { BATCH }, run))
}

/// The mode that has something to say about a run that was cut off.
pub(super) fn mode(world: &World) -> Option<usize> {
    here(world).next().map(|(mode, _)| mode)
}

/// Draws those of this mode at the top of `rect`; gives what is left of it.
pub(super) fn show(ui: &mut Ui, rect: Rect, scene: &mut Scene<'_>) -> Rect {
    let mut left = rect;
    let (world, mode) = (scene.world, scene.state.mode);
    for (_, run) in here(world).filter(|(of, _)| *of == mode).take(SHOWN) {
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
    let buttons = Rect::from_min_max(pos2(strip.right() - 420.0, strip.top()), strip.max - vec2(16.0, 0.0));
    let taken = within(ui, "what to do", buttons, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let leave = Button::new("Leave it").tooltip("Forget the run; what is sent stays sent");
            if ui.add(leave).clicked() {
                scene.out.push(Command::Batch(BatchCommand::Forget(run.id.clone())));
            }
            let of = ResultsOf::CutOff(run.id.clone());
            save::button(ui, scene.world, (&mut scene.state.save_rest, &of), None, scene.out);
            let enabled = may_send.as_ref().copied().map_err(String::as_str);
            let go_on = Button::new("Go on with the rest").icon(icons::INJECT).enabled(enabled);
            if run.has_rest() && ui.add(go_on).clicked() {
                scene.out.push(Command::Batch(BatchCommand::SendRest(run.id.clone())));
            }
            ui.min_rect().left()
        })
        .inner
    });
    let saved = scene.world.open.as_ref().and_then(|open| open.batch.saved.as_ref());
    let saved = save::said(t, saved);
    let told = words(run);
    let place = Rect::from_min_max(pos2(strip.left() + 38.0, strip.top()), pos2(taken - 8.0, strip.bottom()));
    let response = ui.interact(place, ui.make_persistent_id("cut off"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &told));
    let icon = pos2(strip.left() + 18.0, strip.center().y);
    ui.painter().text(icon, Align2::LEFT_CENTER, icons::WARNING, fonts::icon(14.0), t.warn);
    let (words, color) = saved.unwrap_or((told.as_str(), t.strong));
    widgets::paint_elided(ui.painter(), place, Align::Min, words, fonts::small(), color);
    response.on_hover_text(&told);
}

/// What it was, what became of it, and which records may be in the stream.
fn words(run: &Unfinished) -> String {
    let unknown = run.account.unknown();
    let which = match unknown.len() {
        0 => String::new(),
        _ => {
            let is_by_line = run.head.file.as_ref().is_some_and(|file| !file.is_numbered_by_record);
            let what = if is_by_line { "lines" } else { "records" };
            format!(" Unknown: {what} {}, never sent again.", format::one_line(&unknown.to_string(), 60))
        }
    };
    let (title, at) = (&run.head.title, run.head.started);
    format!("Cut off: {title}, {} {} UTC. {}.{which}", at.date(), at.hms(), run.counts())
}

fn may_send(run: &Unfinished, scene: &Scene<'_>) -> Result<(), String> {
    let is_running = batch::is_running(scene) || generator::is_running(scene);
    footer::may_write(scene.world, is_running.then_some("A run is on its way."))?;
    let typed = match run.head.load {
        Some(_) => &scene.state.generator.typed_name,
        None => &scene.state.batch.typed_name,
    };
    footer::is_named(scene.world, typed)
}
