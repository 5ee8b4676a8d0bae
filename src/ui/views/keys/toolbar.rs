//! Whose keys, ranked by what, what was read for it, and the button that reads again.

use eframe::egui::{Align, Layout, Rect, Sense, Stroke, Ui, UiBuilder, vec2};

use super::{KeysState, WIDE};
use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::keys::{KeyTable, RankBy};
use crate::model::sample::state::{SampleEffort, SampleRequest, SampleRun};
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, ButtonKind, text};

/// Height of the strip.
const HEIGHT: f32 = 40.0;
/// Narrower than this, words make way for what they name.
const NARROW: f32 = 620.0;

/// Draws the strip.
pub fn show(
    ui: &mut Ui,
    world: &World,
    open: &OpenStream,
    state: &mut KeysState,
    shard: Option<&ShardId>,
    out: &mut Commands,
) {
    let t = theme::tokens(ui);
    let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    ui.painter().hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let inner = Rect::from_min_max(area.min + vec2(16.0, 0.0), area.max - vec2(12.0, 1.0));
    let builder = UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)).id_salt("left");
    let left = ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        choices(ui, state, shard, area.width() >= NARROW);
        ui.min_rect().right()
    });
    let builder = UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)).id_salt("right");
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        button(ui, world, open, area.width() >= NARROW, out);
        if area.width() < WIDE && state.ranked.is_some() {
            let kind = if state.is_drawer_open { ButtonKind::On } else { ButtonKind::Default };
            if ui.add(Button::new("Advice").kind(kind)).clicked() {
                state.is_drawer_open = !state.is_drawer_open;
            }
        }
        let room = ui.available_rect_before_wrap().right() - left.inner - 16.0;
        effort(ui, open, state, room);
    });
}

fn choices(ui: &mut Ui, state: &mut KeysState, shard: Option<&ShardId>, has_labels: bool) {
    let t = theme::tokens(ui);
    if let Some(shard) = shard {
        if has_labels {
            text::label(ui, "Scope", fonts::small(), t.weak);
        }
        let name = format!("Shard {}", shard.short());
        let mut index = usize::from(state.is_whole_stream);
        let whole = if has_labels { "Whole stream" } else { "Stream" };
        if widgets::segmented(ui, "Scope", &[&name, whole], &mut index) {
            state.is_whole_stream = index == 1;
            state.selected = None;
        }
    }
    if has_labels {
        ui.add_space(6.0);
        text::label(ui, "Rank by", fonts::small(), t.weak);
    } else if ui.available_width() < 240.0 {
        return;
    }
    let mut index = usize::from(state.rank_by == RankBy::Records);
    if widgets::segmented(ui, "Rank by", &["Bytes", "Records"], &mut index) {
        state.rank_by = if index == 1 { RankBy::Records } else { RankBy::Bytes };
    }
}

fn button(ui: &mut Ui, world: &World, open: &OpenStream, has_words: bool, out: &mut Commands) {
    if open.sample.run.is_running() {
        if ui.add(Button::new("Stop").icon(icons::STOP).tooltip("Keeps what was read")).clicked() {
            out.push(Command::StopSample);
        }
        return;
    }
    let label = if open.sample.sample.is_some() { "Sample again" } else { "Sample now" };
    let tooltip = format!(
        "Reads the newest {} s of every shard with at most {} of the 5 reads a second that each shard allows",
        crate::model::sample::state::DEFAULT_WINDOW_SECONDS,
        world.settings.read_budget
    );
    let words = if has_words { label } else { "" };
    if ui.add(Button::new(words).name(label).icon(icons::REFRESH).tooltip(&tooltip)).clicked() {
        out.push(Command::StartSample(SampleRequest::whole_stream()));
    }
}

/// What was read, or how far reading has come.
fn effort(ui: &mut Ui, open: &OpenStream, state: &KeysState, room: f32) {
    let t = theme::tokens(ui);
    if let SampleRun::Running { text: doing, progress, .. } = &open.sample.run {
        let words = match progress {
            Some(part) => format!("{doing} {:.0} %", part * 100.0),
            None => doing.clone(),
        };
        if let Some(part) = progress {
            let (bar, _) = ui.allocate_exact_size(vec2(64.0, 4.0), Sense::hover());
            ui.painter().rect_filled(bar, 2, t.stroke);
            let done = bar.with_max_x(bar.left() + bar.width() * part.clamp(0.0, 1.0));
            ui.painter().rect_filled(done, 2, t.accent);
        }
        text::label(ui, words, fonts::small(), t.weak);
        return;
    }
    let Some(ranked) = &state.ranked else { return };
    let (long, short) = words(&ranked.table, open.sample.effort);
    let width = |text: &str| widgets::text_width(ui.painter(), text, fonts::small()) + 24.0;
    let shown = [&long, &short].into_iter().find(|text| width(text) <= room);
    if let Some(shown) = shown {
        text::label(ui, shown.clone(), fonts::small(), t.weak).on_hover_text(long.as_str());
        text::label(ui, icons::CHECK, fonts::icon(13.0), t.ok);
    }
}

/// `1,240 records over 90 s, 1.8 MiB, 88 GetRecords calls. 95 % interval.` and a shorter form.
fn words(table: &KeyTable, effort: SampleEffort) -> (String, String) {
    let users = if table.user_records == table.records {
        String::new()
    } else {
        format!(" ({} user records)", format::grouped(table.user_records as i64))
    };
    let over = match table.known_seconds {
        0 => String::new(),
        seconds => format!(" over {seconds} s"),
    };
    let short = format!("{}{users}{over}", format::counted(table.records as usize, "record"));
    let mut long = format!("{short}, {}", format::bytes(table.bytes));
    if effort.calls > 0 {
        long.push_str(&format!(", {}", format::counted(effort.calls as usize, "GetRecords call")));
    }
    if effort.throttled_calls > 0 {
        long.push_str(&format!(", {} throttled", format::grouped(effort.throttled_calls as i64)));
    }
    long.push_str(". 95 % interval.");
    (long, short)
}
