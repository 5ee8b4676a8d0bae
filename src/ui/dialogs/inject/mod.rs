//! Sends a record to the open stream: key, data, where it will land, and what became of it.

mod batch;
mod draft;
mod editor;
mod generator;
mod landing;
mod results;
mod templates;

use eframe::egui::{
    Align, Align2, Id, Key, Layout, Modifiers, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

pub use draft::Draft;

use crate::model::format;
use crate::model::limits::{PARTITION_KEY_MAX_CHARS, RECORD_MAX_BYTES_DEFAULT};
use crate::model::world::World;
use crate::model::writes::PutEntry;
use crate::ui::command::{Command, Commands, Dialog as Which};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::views::shards::FactsCache;
use crate::ui::widgets::{self, Button, Dialog, TagStyle, TextField, segmented};

const WIDTH: f32 = 1_075.0;
const HEIGHT: f32 = 744.0;
/// Height of the bar that chooses what is sent.
const BAR: f32 = 42.0;
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
}

impl InjectState {
    /// Fills the dialog from a record; what was typed before is replaced.
    pub fn fill(&mut self, entry: &PutEntry) {
        self.draft = Draft::from_entry(entry);
        self.is_typed = true;
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
    entry: Result<PutEntry, String>,
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
    let entry = state.draft.entry(max_bytes);
    let is_sent = ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter));
    let unlocked = lock_words(world);
    let target = format::one_line(open.name.as_str(), 80);
    let t = theme::tokens(ui);
    let dialog = Dialog::new(Id::unique("inject dialog"), "Inject records")
        .icon(icons::INJECT, t.accent)
        .target(&target)
        .tag(environment.tag(), TagStyle::Environment(environment))
        .trailing_tag(&unlocked.0, unlocked.1)
        .width(WIDTH)
        .height(HEIGHT)
        .padding(0.0)
        .dirty(state.is_typed || !state.batch.path.is_empty());
    let runs = open.batch.run.as_ref().is_some_and(|run| run.end.is_none());
    let generates = open.generator.run.as_ref().is_some_and(|run| run.end.is_none());
    if !state.was_open && (runs || generates) {
        state.mode = if runs { BATCH } else { GENERATOR };
    }
    let mut scene = Scene { world, state, out, max_bytes, entry };
    match scene.state.mode {
        BATCH => batch::follow(&mut scene, is_sent),
        GENERATOR => generator::follow(ui, &mut scene, is_sent),
        _ if is_sent && why_not(&scene).is_ok() => send(&mut scene),
        _ => {}
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
    scene.entry.as_ref().map(|_| ()).map_err(Clone::clone)
}

fn send(scene: &mut Scene<'_>) {
    if let Ok(entry) = &scene.entry {
        scene.out.push(Command::Put(vec![entry.clone()]));
    }
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
        BATCH => return batch::body(ui, rect, scene),
        GENERATOR => return generator::body(ui, rect, scene),
        _ => {}
    }
    let has_run = scene.world.open.as_ref().is_some_and(|open| open.inject.is_some());
    let lower = if has_run { (rect.height() * 0.34).min(228.0) } else { 0.0 };
    let upper = rect.with_max_y(rect.bottom() - lower);
    let split = (upper.left() + upper.width() * 0.605).round();
    let left = Rect::from_min_max(upper.min + vec2(16.0, 14.0), pos2(split - 16.0, upper.bottom() - 12.0));
    let right = Rect::from_min_max(pos2(split + 17.0, upper.top() + 14.0), upper.max - vec2(16.0, 12.0));
    ui.painter().vline(split + 0.5, upper.y_range(), Stroke::new(1.0, t.stroke));
    within(ui, "record", left, |ui| record(ui, scene));
    within(ui, "landing", right, |ui| {
        let key = scene.state.draft.hash_key();
        landing::show(ui, scene.world, &mut scene.state.facts, &scene.state.draft, key);
    });
    if has_run {
        let lower = rect.with_min_y(upper.bottom());
        ui.painter().hline(lower.x_range(), lower.top() + 0.5, Stroke::new(1.0, t.stroke));
        within(ui, "results", lower.with_min_y(lower.top() + 1.0), |ui| results::show(ui, scene.world, scene.out));
    }
}

fn mode_bar(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        segmented(ui, "What to send", &["Single", "Batch", "Generator"], &mut scene.state.mode);
        match scene.state.mode {
            BATCH => batch::bar(ui, scene),
            GENERATOR => generator::bar(ui, scene),
            _ => {}
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

/// The left half: both keys, the data, the size.
fn record(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let area = ui.max_rect();
    let half = ((area.width() - 12.0) / 2.0).floor();
    let (top, field) = (area.top(), area.top() + 19.0);
    let right = area.left() + half + 12.0;
    let label = |ui: &Ui, x: f32, text: &str, more: &str| {
        let at = ui.painter().text(pos2(x, top), Align2::LEFT_TOP, text, fonts::small_medium(), t.weak).right();
        let room = Rect::from_min_max(pos2(at + 8.0, top), pos2(x + half, top + 15.0));
        widgets::paint_elided(ui.painter(), room, Align::Min, more, fonts::small(), t.faint);
    };
    label(ui, area.left(), "Partition key", "");
    label(ui, right, "Explicit hash key", "optional, overrides MD5");
    let chars = scene.state.draft.partition_key.chars().count();
    let count = format!("{chars} of {PARTITION_KEY_MAX_CHARS} chars");
    let takes_focus = !scene.state.was_open;
    let draft = &mut scene.state.draft;
    let key = TextField::new(Id::unique("inject partition key"), "Partition key", &mut draft.partition_key)
        .mono()
        .hint("decides the shard")
        .trailing(&count)
        .invalid(chars > PARTITION_KEY_MAX_CHARS)
        .focus(takes_focus)
        .show_in(ui, Rect::from_min_size(pos2(area.left(), field), vec2(half, 28.0)));
    let is_wrong = draft.explicit_problem().is_some();
    let explicit = TextField::new(Id::unique("inject explicit hash key"), "Explicit hash key", &mut draft.explicit)
        .mono()
        .hint("0 – 2^128−1, decimal or 0x…")
        .invalid(is_wrong)
        .show_in(ui, Rect::from_min_size(pos2(right, field), vec2(half, 28.0)));
    let mut top = field + 28.0 + 12.0;
    if let Some(problem) = draft.explicit_problem() {
        let line = Rect::from_min_size(pos2(right, field + 30.0), vec2(half, 16.0));
        widgets::paint_elided(ui.painter(), line, Align::Min, &problem, fonts::small(), t.crit);
        top += 8.0;
    }
    let editor_area = Rect::from_min_max(pos2(area.left(), top), pos2(area.right(), area.bottom() - 26.0));
    let edited = editor::show(ui, editor_area, draft, &mut scene.state.editor);
    scene.state.is_typed |= key.changed() || explicit.changed() || edited;
    size_line(ui, Rect::from_min_max(pos2(area.left(), area.bottom() - 16.0), area.max), scene);
}

fn size_line(ui: &mut Ui, rect: Rect, scene: &Scene<'_>) {
    let t = theme::tokens(ui);
    let size = scene.state.draft.size_bytes();
    let is_over = size > scene.max_bytes;
    let figure = format::bytes(size as u64);
    let of = format!("of {} B", format::grouped(scene.max_bytes as i64));
    let response = ui.interact(rect, ui.make_persistent_id("size"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Size with key {figure} {of}")));
    let painter = ui.painter();
    let name = painter.text(rect.left_center(), Align2::LEFT_CENTER, "Size with key", fonts::small(), t.weak);
    let of = painter.text(rect.right_center(), Align2::RIGHT_CENTER, of, fonts::value(), t.weak);
    let color = if is_over { t.crit } else { t.strong };
    let at = pos2(of.left() - 8.0, rect.center().y);
    let figure = painter.text(at, Align2::RIGHT_CENTER, figure, fonts::value_strong(), color);
    let track = Rect::from_min_max(
        pos2(name.right() + 8.0, rect.center().y - 3.0),
        pos2(figure.left() - 10.0, rect.center().y + 3.0),
    );
    if track.width() > 20.0 {
        painter.rect_filled(track, 1, t.stroke_weak);
        let share = (size as f32 / scene.max_bytes.max(1) as f32).min(1.0);
        let width = (track.width() * share).max(if size > 0 { 2.0 } else { 0.0 });
        painter.rect_filled(Rect::from_min_size(track.min, vec2(width, 6.0)), 1, if is_over { t.crit } else { t.s2 });
    }
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
    let label = if tag.is_empty() { "Send 1 record".to_owned() } else { format!("Send 1 record to {tag}") };
    let reason = why_not(scene);
    let button = Button::primary(&label)
        .icon(icons::INJECT)
        .key("Ctrl ⏎")
        .enabled(reason.as_ref().copied().map_err(String::as_str));
    if ui.add(button.height(28.0)).clicked() {
        send(scene);
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
