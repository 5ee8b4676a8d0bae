//! Sends a record to the open stream: key, data, where it will land, and what became of it.

mod batch;
mod draft;
mod editor;
mod generator;
mod landing;
mod results;
mod single;
mod templates;

use eframe::egui::{
    Align, Align2, Id, Key, Layout, Modifiers, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

pub use draft::Draft;

use crate::model::format;
use crate::model::limits::RECORD_MAX_BYTES_DEFAULT;
use crate::model::world::World;
use crate::model::writes::PutEntry;
use crate::ui::command::{Command, Commands, Dialog as Which};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::views::shards::FactsCache;
use crate::ui::widgets::{self, Button, Dialog, TagStyle, segmented};

const WIDTH: f32 = 1_075.0;
const HEIGHT: f32 = 744.0;
/// Those for a file and for a load have more to show.
const WIDE: (f32, f32) = (1_123.0, 789.0);
/// Height of the bar that chooses what is sent.
const BAR: f32 = 42.0;
const SINGLE: usize = 0;
const BATCH: usize = 1;
const GENERATOR: usize = 2;

/// What the dialog remembers.
#[derive(Debug, Default)]
pub struct InjectState {
    draft: Draft,
    editor: editor::EditorCache,
    facts: FactsCache,
    is_typed: bool,
    was_open: bool,
    /// 0 is one record, 1 a file, 2 a load of a known shape.
    mode: usize,
    batch: batch::BatchForm,
    generator: generator::GeneratorForm,
    template_editor: editor::EditorCache,
    choice: templates::TemplateChoice,
    /// What is random in the next records.
    seed: u64,
    prepared: single::Prepared,
}

impl InjectState {
    /// Fills the dialog from a record; what was typed before is replaced.
    pub fn fill(&mut self, entry: &PutEntry) {
        self.draft = Draft::from_entry(entry);
        self.is_typed = true;
    }

    /// Opened again: what was typed is gone but for the load, which may still be sent.
    pub fn reopened(self) -> Self {
        Self { generator: self.generator.reopened(), ..Self::default() }
    }

    /// What has been typed.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }
}

/// Everything that body and footer need.
struct Scene<'a> {
    world: &'a World,
    state: &'a mut InjectState,
    out: &'a mut Commands,
    max_bytes: usize,
}

/// Draws the dialog.
pub fn show(ui: &mut Ui, world: &World, state: &mut InjectState, out: &mut Commands) {
    let ctx = ui.ctx();
    let Some(open) = &world.open else {
        out.push(Command::CloseDialog);
        return;
    };
    let environment = world.connection().map_or(crate::model::connection::Environment::Unknown, |c| c.environment);
    let max_bytes = open.summary.get().map_or(RECORD_MAX_BYTES_DEFAULT, |summary| summary.max_record_bytes());
    let is_sent = ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter));
    let unlocked = lock_words(world);
    let target = format::one_line(open.name.as_str(), 80);
    let t = theme::tokens(ui);
    let dialog = Dialog::new(Id::unique("inject dialog"), "Inject records")
        .icon(icons::INJECT, t.accent)
        .target(&target)
        .tag(environment.tag(), TagStyle::Environment(environment))
        .trailing_tag(&unlocked.0, unlocked.1)
        .width(if state.mode == SINGLE { WIDTH } else { WIDE.0 })
        .height(if state.mode == SINGLE { HEIGHT } else { WIDE.1 })
        .padding(0.0)
        .dirty(state.is_typed || !state.batch.path.is_empty());
    let runs = open.batch.run.as_ref().is_some_and(|run| run.end.is_none());
    let generates = open.generator.run.as_ref().is_some_and(|run| run.end.is_none());
    if !state.was_open && (runs || generates) {
        state.mode = if runs { BATCH } else { GENERATOR };
    }
    let mut scene = Scene { world, state, out, max_bytes };
    match scene.state.mode {
        BATCH => batch::follow(&mut scene, is_sent),
        GENERATOR => generator::follow(ui, &mut scene, is_sent),
        _ => {
            let state = &mut *scene.state;
            state.prepared.take(&state.draft, state.seed, max_bytes, world.now);
            if is_sent && why_not(&scene).is_ok() {
                single::send(&mut scene);
            }
        }
    }
    let outcome = dialog.show(ctx, &mut scene, body, footer);
    scene.state.was_open = true;
    if outcome.is_closed {
        scene.out.push(Command::CloseDialog);
    }
}

/// The state of the write lock for a dialog's header.
pub(crate) fn lock_words(world: &World) -> (String, TagStyle) {
    match world.lock.remaining(world.now).filter(|_| world.connection().is_some()) {
        Some(left) => {
            let seconds = left.0.max(0) / 1_000;
            let text = format!("{} Writes unlocked, {:02}:{:02} left", icons::UNLOCK, seconds / 60, seconds % 60);
            (text, TagStyle::Warn)
        }
        None => (format!("{} Read-only", icons::LOCK), TagStyle::Neutral),
    }
}

fn why_not(scene: &Scene<'_>) -> Result<(), String> {
    if scene.world.connection().is_none() {
        return Err("Not connected.".to_owned());
    }
    if !scene.world.is_unlocked() {
        return Err("Writes are locked. Unlock them to send.".to_owned());
    }
    if scene.world.open.as_ref().and_then(|open| open.inject.as_ref()).is_some_and(|run| !run.is_done) {
        return Err("The last run has not ended yet.".to_owned());
    }
    scene.state.prepared.outcome.as_ref().map(|_| ()).map_err(Clone::clone)
}

fn body(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    let t = theme::tokens(ui);
    let whole = ui.max_rect();
    let bar = whole.with_max_y(whole.top() + BAR);
    within(ui, "what", bar.shrink2(vec2(16.0, 8.0)), |ui| mode_bar(ui, scene));
    ui.painter().hline(whole.x_range(), bar.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let rect = whole.with_min_y(bar.bottom());
    match scene.state.mode {
        BATCH => batch::body(ui, rect, scene),
        GENERATOR => generator::body(ui, rect, scene),
        _ => single::body(ui, rect, scene),
    }
}

fn mode_bar(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        segmented(ui, "What to send", &["Single", "Batch", "Generator"], &mut scene.state.mode);
        match scene.state.mode {
            BATCH => batch::bar(ui, scene),
            GENERATOR => generator::bar(ui, scene),
            _ => single::bar(ui, scene),
        }
    });
}

fn within<R>(ui: &mut Ui, salt: &str, rect: Rect, add: impl FnOnce(&mut Ui) -> R) -> R {
    let builder = UiBuilder::new().id_salt(salt).max_rect(rect).layout(Layout::top_down(Align::Min));
    ui.scope_builder(builder, |ui| {
        ui.set_clip_rect(rect.expand(4.0).intersect(ui.clip_rect()));
        add(ui)
    })
    .inner
}

fn footer(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.x = 8.0;
    match scene.state.mode {
        BATCH => return batch::footer(ui, scene),
        GENERATOR => return generator::footer(ui, scene),
        _ => {}
    }
    let tag = scene.world.connection().map_or("", |connection| connection.environment.tag());
    let count = scene.state.prepared.outcome.as_ref().map_or(1, |(count, _)| *count);
    let records = format::counted(count, "record");
    let label = if tag.is_empty() { format!("Send {records}") } else { format!("Send {records} to {tag}") };
    let reason = why_not(scene);
    let button = Button::primary(&label)
        .icon(icons::INJECT)
        .key("Ctrl ⏎")
        .enabled(reason.as_ref().copied().map_err(String::as_str));
    if ui.add(button.height(28.0)).clicked() {
        single::send(scene);
    }
    if !scene.world.is_unlocked() && scene.world.connection().is_some() {
        let unlock = Button::new("Unlock…").icon(icons::UNLOCK).height(28.0);
        if ui.add(unlock).clicked() {
            scene.out.push(Command::Open(Which::Unlock));
        }
    }
    if ui.add(Button::new("Close").height(28.0)).clicked() {
        scene.out.push(Command::CloseDialog);
    }
    let room = ui.available_rect_before_wrap();
    let retention = scene.world.open.as_ref().and_then(|open| open.summary.get()).map(|s| s.retention_hours);
    let expire = retention.map_or(String::new(), |hours| format!(" They expire after {}.", format::retention(hours)));
    let (icon, text, color) = match &reason {
        Err(reason) if scene.state.is_typed || !scene.world.is_unlocked() => (icons::INFO, reason.clone(), t.text),
        _ => (icons::INFO, format!("Records cannot be deleted.{expire}"), t.weak),
    };
    ui.painter().text(room.left_center(), Align2::LEFT_CENTER, icon, fonts::icon(13.0), t.weak);
    let area = Rect::from_min_max(pos2(room.left() + 20.0, room.top()), pos2(room.right() - 12.0, room.bottom()));
    let response = ui.interact(area, ui.make_persistent_id("footer note"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    widgets::paint_elided(ui.painter(), area, Align::Min, &text, fonts::small(), color);
}
