//! Sends a record to the open stream: key, data, where it will land, and what became of it.

mod batch;
mod draft;
mod editor;
mod footer;
mod generator;
mod landing;
mod rest;
mod results;
mod save;
mod single;
mod templates;

use eframe::egui::{Align, Context, Id, Key, Layout, Modifiers, Rect, Stroke, Ui, UiBuilder, vec2};

pub use draft::Draft;

use crate::model::format;
use crate::model::limits::RECORD_MAX_BYTES_DEFAULT;
use crate::model::world::World;
use crate::model::writes::PutEntry;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, icons};
use crate::ui::views::shards::FactsCache;
use crate::ui::widgets::select::{Segment, segmented_of};
use crate::ui::widgets::{Dialog, TagStyle};

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
    save: save::SaveForm,
    save_rest: save::SaveForm,
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
    } else if !state.was_open && !state.is_typed {
        // Whoever was told of a run that was cut off comes to see what can be done.
        state.mode = rest::mode(world).unwrap_or(state.mode);
    }
    if let Some(path) = dropped(ctx) {
        state.mode = BATCH;
        state.batch.path = path;
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
    let outcome = dialog.show(ctx, &mut scene, body, draw_footer);
    scene.state.was_open = true;
    if outcome.is_closed {
        scene.out.push(Command::CloseDialog);
    }
}

/// The path of a file that was dropped onto the window; of several, the first.
fn dropped(ctx: &Context) -> Option<String> {
    ctx.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_string_lossy().into_owned()))
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
    let run = scene.world.open.as_ref().and_then(|open| open.inject.as_ref());
    let going_on = run.filter(|run| !run.is_done).map(|_| "The last run has not ended yet.");
    footer::may_write(scene.world, going_on)?;
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
        segmented_of(ui, "What to send", &modes(), &mut scene.state.mode, 26.0);
        match scene.state.mode {
            BATCH => batch::bar(ui, scene),
            GENERATOR => generator::bar(ui, scene),
            _ => single::bar(ui, scene),
        }
    });
}

fn modes() -> [Segment<'static>; 3] {
    [
        Segment::new("Single").icon(icons::FILE),
        Segment::new("Batch").icon(icons::STACK),
        Segment::new("Generator").icon(icons::DICE),
    ]
}

fn within<R>(ui: &mut Ui, salt: &str, rect: Rect, add: impl FnOnce(&mut Ui) -> R) -> R {
    let builder = UiBuilder::new().id_salt(salt).max_rect(rect).layout(Layout::top_down(Align::Min));
    ui.scope_builder(builder, |ui| {
        ui.set_clip_rect(rect.expand(4.0).intersect(ui.clip_rect()));
        add(ui)
    })
    .inner
}

fn draw_footer(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.spacing_mut().item_spacing.x = 8.0;
    match scene.state.mode {
        BATCH => batch::footer(ui, scene),
        GENERATOR => generator::footer(ui, scene),
        _ => single::footer(ui, scene),
    }
}
