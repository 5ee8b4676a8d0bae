//! The dialog for a load of a known shape: when it may be sent, and the bar and the footer around it.

mod controls;
mod form;
mod live;
mod predicted;

use eframe::egui::{Align, Id, Key, Layout, Modifiers, Rect, Stroke, Ui, pos2, vec2};

pub(super) use form::GeneratorForm;

use super::{Scene, footer, rest, templates, within};
use crate::model::format;
use crate::model::generator::run::GeneratorRun;
use crate::model::generator::{BusyShard, GeneratorCommand, GeneratorSpec};
use crate::ui::command::Command;
use crate::ui::theme::{self, icons};
use crate::ui::widgets::Button;

/// Height of the lower part, while there is a run.
const RUN: f32 = 264.0;

fn run<'a>(scene: &Scene<'a>) -> Option<&'a GeneratorRun> {
    scene.world.open.as_ref()?.generator.run.as_deref()
}

/// Whether a load is being sent.
pub(super) fn is_running(scene: &Scene<'_>) -> bool {
    run(scene).is_some_and(|run| run.end.is_none())
}

/// Takes in what is typed, and starts or stops where that was asked by key.
pub(super) fn follow(ui: &Ui, scene: &mut Scene<'_>, is_sent: bool) {
    let shards: Vec<BusyShard> = scene.world.open.as_ref().map_or_else(Vec::new, |open| {
        let facts = scene.state.facts.get(open);
        let facts = facts.iter().flat_map(|facts| facts.open());
        facts.map(|shard| BusyShard { id: shard.id.clone(), range: shard.range, now: shard.now }).collect()
    });
    let (form, editor) = (&mut scene.state.generator, &mut scene.state.template_editor);
    editor.take(&form.text, true);
    form.tie(editor.look());
    form.plan(editor.look(), &shards);
    if is_running(scene) && ui.ctx().input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        scene.out.push(Command::Generator(GeneratorCommand::Stop));
    } else if is_sent {
        send(scene);
    }
}

fn send(scene: &mut Scene<'_>) {
    if let Ok(spec) = spec(scene) {
        scene.out.push(Command::Generator(GeneratorCommand::Start(Box::new(spec))));
    }
}

/// What would be sent, or why it may not.
fn spec(scene: &Scene<'_>) -> Result<GeneratorSpec, String> {
    let form = &scene.state.generator;
    footer::may_write(scene.world, is_running(scene).then_some("A load is being sent."))?;
    if let Some(fault) = scene.state.template_editor.fault() {
        return Err(format!("Template, {fault}."));
    }
    let spec = form.spec()?;
    if form.text.is_empty() {
        return Err("The template is empty.".to_owned());
    }
    if let Some(Err(fault)) = form.checked_keys() {
        return Err(fault.to_owned());
    }
    let largest = scene.state.template_editor.look().map_or(0, |look| look.most_bytes + form.pattern.len());
    if largest > scene.max_bytes && !form.is_gzip {
        let (size, most) = (format::bytes(largest as u64), format::bytes(scene.max_bytes as u64));
        return Err(format!("Records of {size} with their key: the stream takes {most}."));
    }
    let prediction = form.prediction().ok_or("The shards are not listed yet.")?;
    if let (Some(cap), Some(hottest)) = (form.cap(), prediction.hottest())
        && hottest.with() >= cap
    {
        let reaches = format::percent(hottest.with()).replace('%', " %");
        let id = hottest.shard.id.short();
        let is_full = hottest.shard.now.is_some_and(|now| now >= cap);
        return Err(match is_full {
            true => format!("{id} is beyond the cap without this load: raise the cap, or use keys that spare it."),
            false => format!("{id} would reach {reaches}, beyond the cap: send less, or raise the cap."),
        });
    }
    footer::is_named(scene.world, &form.typed_name)?;
    Ok(spec)
}

/// Template, placeholders and saving, at the right of the bar.
pub(super) fn bar(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let own = &scene.world.settings.templates;
        let form = &mut scene.state.generator;
        templates::save_as(ui, own, &mut form.choice, &form.text, scene.out);
        templates::insert(ui, Id::unique(controls::EDITOR), &mut form.text);
        if let Some(picked) = templates::pick(ui, own, &mut form.choice) {
            form.take(picked);
        }
    });
}

/// Draws the body.
pub(super) fn body(ui: &mut Ui, rect: Rect, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let rect = rest::show(ui, rect, scene);
    let lower = if run(scene).is_some() { RUN.min(rect.height() * 0.45) } else { 0.0 };
    let upper = rect.with_max_y(rect.bottom() - lower);
    let split = (upper.left() + upper.width() * 0.5).round();
    let left = Rect::from_min_max(upper.min + vec2(16.0, 12.0), pos2(split - 16.0, upper.bottom() - 10.0));
    let right = Rect::from_min_max(pos2(split + 17.0, upper.top() + 12.0), upper.max - vec2(16.0, 10.0));
    ui.painter().vline(split + 0.5, upper.y_range(), Stroke::new(1.0, t.stroke));
    within(ui, "load", left, |ui| controls::show(ui, scene));
    within(ui, "predicted", right, |ui| predicted::show(ui, scene));
    if let Some(run) = run(scene) {
        let rect = rect.with_min_y(upper.bottom());
        ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, t.stroke));
        within(ui, "run", rect.with_min_y(rect.top() + 1.0), |ui| live::show(ui, run, scene.world.now));
    }
}

/// Draws the footer, from the right.
pub(super) fn footer(ui: &mut Ui, scene: &mut Scene<'_>) {
    let mut reason = None;
    let goes_on = is_running(scene);
    if goes_on {
        let stop = Button::danger("Stop generator").icon(icons::STOP).key("Esc").height(28.0);
        if ui.add(stop).clicked() {
            scene.out.push(Command::Generator(GeneratorCommand::Stop));
        }
    } else {
        let label = footer::label(scene.world, "Start", "on");
        let spec = spec(scene).map(|_| ());
        let enabled = spec.as_ref().copied().map_err(String::as_str);
        if ui.add(Button::primary(&label).icon(icons::PLAY).enabled(enabled).height(28.0)).clicked() {
            send(scene);
        }
        reason = spec.err();
    }
    footer::beside(ui, scene.world, scene.out, goes_on, Some(&mut scene.state.generator.typed_name));
    match (reason, run(scene).filter(|run| run.end.is_none())) {
        (Some(reason), _) => footer::note(ui, &reason, true),
        (None, Some(run)) => {
            let marked = if scene.state.generator.text.contains("\"test\": true") {
                " Every record carries \"test\": true."
            } else {
                ""
            };
            let at = live::clock(run.seconds);
            let cap = if run.cap.is_some() { "at the cap, " } else { "" };
            footer::note(ui, &format!("Stops by itself {cap}at {at}, or when writes lock.{marked}"), false);
        }
        (None, None) => footer::note(ui, &footer::stays(scene.world), false),
    }
}
