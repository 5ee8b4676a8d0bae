//! The palette: streams, shards and commands by name, found by fuzzy matching.

use eframe::egui::{
    Align, Align2, Area, Id, Key, Modifiers, Order, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiKind, WidgetInfo,
    pos2, vec2,
};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::model::format;
use crate::model::health::Severity;
use crate::model::world::World;
use crate::ui::command::registry::{Action, ENTRIES, resolve};
use crate::ui::command::{Command, Commands, Place};
use crate::ui::state::UiState;
use crate::ui::theme::{self, fonts, icons};
use crate::ui::visible_place;
use crate::ui::widgets::{self, TextField};

/// What is typed into the palette.
#[derive(Debug, Default)]
pub struct PaletteState {
    /// The words.
    pub query: String,
    /// The highlighted line.
    pub selected: usize,
    found: Vec<Found>,
    found_for: Option<(String, u64)>,
    is_shown: bool,
}

/// One line of the palette.
#[derive(Clone, Debug)]
struct Found {
    label: String,
    hint: String,
    key: &'static str,
    severity: Option<Severity>,
    icon: &'static str,
    outcome: Result<Command, &'static str>,
}

const ROWS: usize = 12;
/// Streams that are offered before anything is typed.
const WORST: usize = 6;
const ROW: f32 = 32.0;
const WIDTH: f32 = 560.0;

/// Draws the palette, if it is open.
pub fn show(ui: &mut Ui, world: &World, state: &mut UiState, out: &mut Commands) {
    if state.palette.is_none() {
        return;
    }
    let ctx = ui.ctx().clone();
    update(world, state);
    let Some(palette) = &mut state.palette else { return };
    let (up, down, enter, escape) = ctx.input_mut(|input| {
        let mut take = |key| input.consume_key(Modifiers::NONE, key);
        (take(Key::ArrowUp), take(Key::ArrowDown), take(Key::Enter), take(Key::Escape))
    });
    let last = palette.found.len().saturating_sub(1);
    palette.selected = match (up, down) {
        (true, _) => palette.selected.saturating_sub(1),
        (_, true) => palette.selected + 1,
        _ => palette.selected,
    }
    .min(last);
    let screen = ctx.content_rect();
    let area = Area::new(Id::unique("palette"))
        .kind(UiKind::Modal)
        .order(Order::Middle)
        .fixed_pos(screen.min)
        .fade_in(false)
        .constrain(false)
        .sense(Sense::hover())
        .role(Role::Dialog)
        .accessible_name("Palette");
    ctx.memory_mut(|memory| memory.set_modal_layer(area.layer()));
    let chosen = area.show(&ctx, |ui| window(ui, screen, palette)).inner;
    palette.is_shown = true;
    let chosen = match (chosen, enter) {
        (Choice::None, true) => Choice::Take(palette.selected),
        (choice, _) => choice,
    };
    match chosen {
        _ if escape => out.push(Command::TogglePalette),
        Choice::Close => out.push(Command::TogglePalette),
        Choice::Take(index) => {
            if let Some(Ok(command)) = palette.found.get(index).map(|found| found.outcome.clone()) {
                out.push(Command::TogglePalette);
                out.push(command);
            }
        }
        Choice::None => {}
    }
}

enum Choice {
    None,
    Close,
    Take(usize),
}

fn window(ui: &mut Ui, screen: Rect, palette: &mut PaletteState) -> Choice {
    ui.set_min_size(screen.size());
    let t = theme::tokens(ui);
    let mut choice = Choice::None;
    if ui.interact(screen, ui.scope_id().with("behind"), Sense::CLICK).clicked() {
        choice = Choice::Close;
    }
    let shown = palette.found.len().clamp(1, ROWS);
    let size = vec2(WIDTH.min(screen.width() - 32.0), 44.0 + ROW * shown as f32 + 8.0);
    let min = pos2((screen.center().x - size.x / 2.0).round(), screen.top() + (screen.height() * 0.14).round());
    let rect = Rect::from_min_size(min, size);
    ui.interact(rect, ui.scope_id().with("inside"), Sense::CLICK);
    ui.painter().rect(rect, 8, t.overlay, Stroke::new(1.0, t.stroke_strong), StrokeKind::Inside);
    let field = Rect::from_min_size(rect.min + vec2(8.0, 8.0), vec2(size.x - 16.0, 28.0));
    let response = TextField::new(Id::unique("palette query"), "Go to, run…", &mut palette.query)
        .icon(icons::SEARCH)
        .hint("Stream, shard or command")
        .focus(true)
        .show_in(ui, field);
    if response.changed() {
        palette.selected = 0;
    }
    let first = palette.selected.saturating_sub(ROWS - 1);
    let mut top = rect.top() + 44.0;
    if palette.found.is_empty() {
        let line = Rect::from_min_size(pos2(rect.left() + 18.0, top), vec2(size.x - 36.0, ROW));
        widgets::paint_elided(ui.painter(), line, Align::Min, "Nothing matches.", fonts::body(), t.weak);
    }
    for (index, found) in palette.found.iter().enumerate().skip(first).take(ROWS) {
        let line = Rect::from_min_size(pos2(rect.left() + 6.0, top), vec2(size.x - 12.0, ROW));
        top += ROW;
        if line_ui(ui, line, index - first, found, index == palette.selected) {
            choice = Choice::Take(index);
        }
    }
    choice
}

fn line_ui(ui: &Ui, rect: Rect, slot: usize, found: &Found, is_selected: bool) -> bool {
    let t = theme::tokens(ui);
    let response = ui.interact(rect, ui.scope_id().with(("line", slot)), Sense::CLICK);
    let enabled = found.outcome.is_ok();
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, enabled, is_selected, &found.label));
    if is_selected || response.hovered() {
        ui.painter().rect_filled(rect, 4, if is_selected { t.selected } else { t.hover });
    }
    let painter = ui.painter();
    let mark = pos2(rect.left() + 16.0, rect.center().y);
    match found.severity {
        Some(severity) => widgets::status_glyph(painter, t, mark, severity),
        None => {
            painter.text(mark, Align2::CENTER_CENTER, found.icon, fonts::icon(14.0), t.weak);
        }
    }
    let mut right = rect.right() - 10.0;
    if !found.key.is_empty() {
        let width = widgets::tag::key_cap_size(painter, found.key).x;
        right =
            widgets::paint_key_cap(painter, pos2(right - width, rect.center().y), found.key, t.weak, t.stroke_strong)
                .left()
                - 8.0;
    }
    let (color, hint) = match &found.outcome {
        Ok(_) => (t.strong, found.hint.as_str()),
        Err(reason) => (t.faint, *reason),
    };
    let room = |left: f32| Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()));
    let shown = widgets::paint_elided_middle(
        painter,
        room(rect.left() + 32.0),
        Align::Min,
        &found.label,
        fonts::body_medium(),
        color,
    );
    widgets::paint_elided(painter, room(shown.right() + 12.0), Align::Min, hint, fonts::small(), t.weak);
    response.clicked()
}

/// Finds again when the words or the streams have changed.
fn update(world: &World, state: &mut UiState) {
    let place = visible_place(world, state);
    let generation = state.fleet.facts.generation;
    let tab = state.tab;
    let Some(palette) = &mut state.palette else { return };
    let wanted = (palette.query.trim().to_owned(), generation);
    if palette.found_for.as_ref() == Some(&wanted) {
        return;
    }
    let mut all = Vec::new();
    let most = if palette.query.trim().is_empty() { WORST } else { usize::MAX };
    for facts in state.fleet.facts.streams.iter().take(most) {
        let hottest =
            facts.hottest.map_or("no figures".to_owned(), |share| format!("hottest shard {}", format::percent(share)));
        all.push(Found {
            label: facts.name.as_str().to_owned(),
            hint: format!("stream · {hottest}"),
            key: "",
            severity: Some(facts.severity),
            icon: icons::TAIL,
            outcome: Ok(Command::Go(Place::Stream(facts.name.clone(), tab))),
        });
    }
    for entry in ENTRIES.iter().filter(|entry| entry.action != Action::Palette) {
        all.push(Found {
            label: entry.label.to_owned(),
            hint: entry.hint.to_owned(),
            key: entry.shortcut.map_or("", |shortcut| shortcut.label),
            severity: None,
            icon: icons::COMMAND,
            outcome: resolve(entry.action, world, &place),
        });
    }
    if let (Place::Stream(..), Some(shards)) = (&place, world.open.as_ref().and_then(|open| open.shards.get())) {
        for shard in shards.open() {
            all.push(Found {
                label: shard.id.as_str().to_owned(),
                hint: format!("shard · {}", shard.range),
                key: "",
                severity: None,
                icon: icons::SHARDS,
                outcome: Ok(Command::SelectShard(Some(shard.id.clone()))),
            });
        }
    }
    palette.found = matching(all, &wanted.0);
    palette.found_for = Some(wanted);
}

fn matching(all: Vec<Found>, query: &str) -> Vec<Found> {
    if query.is_empty() {
        return all;
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, Found)> = all
        .into_iter()
        .filter_map(|found| {
            let score = pattern.score(Utf32Str::new(&found.label, &mut buffer), &mut matcher)?;
            Some((score, found))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, found)| found).take(200).collect()
}
