//! Where reading begins and what it covers; follow, pause, stop, clear and export.

use eframe::egui::{Align, Layout, Rect, Sense, Stroke, Ui, UiBuilder, vec2};

use super::start::{self, Form};
use super::{Follow, TailState, options_of, route};
use crate::model::decode::DecodeAs;
use crate::model::format;
use crate::model::tail::{Tail, TailOptions, TailStart};
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, ButtonKind, dropdown};

const HEIGHT: f32 = 40.0;
/// Below this width words become icons.
const NARROW: f32 = 1_170.0;
/// From this width on there is room for every word.
const ROOMY: f32 = 1_300.0;
const STARTS: [&str; 4] = ["Latest", "Trim horizon", "Time…", "Sequence…"];

/// A bar over the whole width, without its margins.
pub fn bar(ui: &mut Ui, height: f32) -> Rect {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    Rect::from_min_max(rect.min + vec2(16.0, 0.0), rect.max - vec2(12.0, 1.0))
}

/// Draws the bar.
pub fn show(ui: &mut Ui, world: &World, open: &OpenStream, state: &mut TailState, out: &mut Commands) {
    let t = theme::tokens(ui);
    let area = bar(ui, HEIGHT);
    let is_narrow = area.width() < NARROW;
    let builder = UiBuilder::new().id_salt("start").max_rect(area).layout(Layout::left_to_right(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        if area.width() >= ROOMY {
            widgets::label(ui, "Start", fonts::small(), t.weak);
        }
        starts(ui, world, open, state, out);
        let shards = ui.add(
            Button::new(&shards_words(open))
                .name("Shards to read")
                .icon(icons::SHARDS)
                .trailing_icon(icons::CARET_DOWN),
        );
        if shards.clicked() {
            state.start.toggle(ui, Form::Shards, &options_of(&open.tail), world);
        }
        start::show(ui, Form::Shards, shards.rect, world, open, state, out);
        route::show(ui, world, open, state, is_narrow, out);
        decoding(ui, &open.tail, is_narrow, out);
        let room = ui.available_rect_before_wrap();
        let controls = UiBuilder::new().id_salt("controls").max_rect(room).layout(Layout::right_to_left(Align::Center));
        ui.scope_builder(controls, |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let room = if is_narrow {
                Room::Little
            } else if area.width() < ROOMY {
                Room::Some
            } else {
                Room::Enough
            };
            buttons(ui, world, open, state, room, out);
        });
    });
}

fn starts(ui: &mut Ui, world: &World, open: &OpenStream, state: &mut TailState, out: &mut Commands) {
    let options = options_of(&open.tail);
    let current = match options.start {
        TailStart::Latest => 0,
        TailStart::TrimHorizon => 1,
        TailStart::AtTimestamp(_) => 2,
        TailStart::AtSequence { .. } | TailStart::AfterSequence { .. } => 3,
    };
    let segments = widgets::segments(ui, "Start", &STARTS, Some(current), 26.0);
    match segments.clicked {
        Some(0) if current != 0 => begin(state, TailOptions { start: TailStart::Latest, ..options }, out),
        Some(1) if current != 1 => begin(state, TailOptions { start: TailStart::TrimHorizon, ..options }, out),
        Some(2) => state.start.toggle(ui, Form::Time, &options, world),
        Some(3) => state.start.toggle(ui, Form::Sequence, &options, world),
        _ => {}
    }
    for (form, at) in [(Form::Time, 2), (Form::Sequence, 3)] {
        if let Some(anchor) = segments.rects.get(at) {
            start::show(ui, form, *anchor, world, open, state, out);
        }
    }
}

/// Reads from here on, and shows it.
pub fn begin(state: &mut TailState, options: TailOptions, out: &mut Commands) {
    state.selected = None;
    state.follow();
    out.push(Command::StartTail(options));
}

/// `All 24 shards`, `3 shards`, `Key tenant-42`, with where it ends.
fn shards_words(open: &OpenStream) -> String {
    let options = options_of(&open.tail);
    let count = open.shards.get().map(|map| map.open_count());
    let mut words = match (&options.partition_key, &options.shards, count) {
        (Some(key), ..) => format!("Key {}", format::one_line(key.as_str(), 14)),
        (None, Some(shards), _) => match shards.as_slice() {
            [one] => one.short(),
            several => format::counted(several.len(), "shard"),
        },
        (None, None, Some(1)) => "1 shard".to_owned(),
        (None, None, Some(count)) => format!("All {} shards", format::grouped(count as i64)),
        (None, None, None) => "All shards".to_owned(),
    };
    match (options.until_tip, options.limit) {
        (true, _) => words.push_str(", to tip"),
        (false, Some(limit)) => words.push_str(&format!(", {}", start::limit_words(limit))),
        _ => {}
    }
    words
}

fn decoding(ui: &mut Ui, tail: &Tail, is_narrow: bool, out: &mut Commands) {
    let labels = DecodeAs::ALL.map(DecodeAs::label);
    let selected = DecodeAs::ALL.iter().position(|decode_as| *decode_as == tail.decode_as).unwrap_or(0);
    let current = tail.decode_as.label();
    let words = if is_narrow { current.to_owned() } else { format!("Decode {current}") };
    if let Some(decode_as) =
        dropdown(ui, "Decode as", &words, &labels, selected, 0.0).and_then(|at| DecodeAs::ALL.get(at))
    {
        out.push(Command::DecodeTail(*decode_as));
    }
}

/// How much room the buttons have for their words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Room {
    Little,
    Some,
    Enough,
}

/// From the right: export, clear, stop or start, pause, follow.
fn buttons(ui: &mut Ui, world: &World, open: &OpenStream, state: &mut TailState, room: Room, out: &mut Commands) {
    let tail = &open.tail;
    let (is_narrow, is_tight) = (room == Room::Little, room < Room::Enough);
    let nothing = if tail.store.is_empty() { Err("Nothing has been read yet.") } else { Ok(()) };
    let icon_only = |text: &'static str| if is_narrow { "" } else { text };
    let export = Button::new(icon_only("Export…")).name("Export…").icon(icons::DOWNLOAD).enabled(nothing);
    if ui.add(export.tooltip("Write what is kept to a file  Ctrl E")).clicked() {
        out.push(Command::Open(Dialog::Export));
    }
    let clear =
        Button::new(if is_tight { "" } else { "Clear" }).name("Clear").enabled(nothing).tooltip("Forget what was read");
    let clear = if is_tight { clear.icon(icons::TRASH) } else { clear };
    if ui.add(clear).clicked() {
        state.selected = None;
        state.follow();
        out.push(Command::ClearTail);
    }
    if tail.is_running() {
        let stop = Button::new(if is_tight { "" } else { "Stop" }).name("Stop").icon(icons::STOP);
        if ui.add(stop.tooltip("Stop reading; what was read stays")).clicked() {
            out.push(Command::StopTail);
        }
    } else {
        let start = Button::primary("Start").name("Start tailing").icon(icons::PLAY);
        let start = start.enabled(route::may_start(world, tail));
        if ui.add(start).clicked() {
            state.follow();
            out.push(Command::StartTail(options_of(tail)));
        }
    }
    let is_paused = state.follow == Follow::Paused;
    let (label, icon) = if is_paused { ("Resume", icons::PLAY) } else { ("Pause", icons::PAUSE) };
    let tip = if is_paused { "Show what came meanwhile  Space" } else { "Hold the view; reading goes on  Space" };
    let may_pause = if tail.is_running() || is_paused { Ok(()) } else { Err("Nothing is being read.") };
    let pause = Button::new(icon_only(label)).name(label).icon(icon).tooltip(tip).enabled(may_pause);
    if ui.add(pause).clicked() {
        state.pause(tail);
    }
    let newer = state.rows.newer(tail);
    let words = match state.follow {
        Follow::Newest if tail.is_running() => "Following".to_owned(),
        Follow::Paused if newer > 0 => format!("Follow, {} newer", format::grouped(newer as i64)),
        _ => "Follow".to_owned(),
    };
    let is_following = state.follow == Follow::Newest && tail.is_running();
    let kind = if is_following { ButtonKind::On } else { ButtonKind::Default };
    // Without room for its words it keeps what changes: how much there is to see.
    let has_room = widgets::text_width(ui.painter(), &words, fonts::body_medium()) + 42.0 <= ui.available_width();
    let shown = match (has_room, newer) {
        (true, _) => words.clone(),
        (false, 100_000..) if state.follow == Follow::Paused => "100,000+".to_owned(),
        (false, 1..) if state.follow == Follow::Paused => format::grouped(newer as i64),
        (false, _) => String::new(),
    };
    let follow =
        Button::new(&shown).name(&words).icon(icons::CARET_DOWN).kind(kind).tooltip("Stay at the newest record  End");
    if ui.add(follow).clicked() {
        if is_following { state.follow = Follow::Here } else { state.follow() }
    }
}
