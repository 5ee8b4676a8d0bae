//! Polling or enhanced fan-out: the choice in the toolbar, and the form that says what a consumer does and costs before it
//! is registered.

use eframe::egui::{Align, Layout, Sense, Ui, UiBuilder, vec2};

use super::start::{self, Form};
use super::{TailState, options_of, toolbar};
use crate::model::cost;
use crate::model::fan_out::{OwnPhase, price_words, shard_hours_dollars};
use crate::model::stream::StreamMode;
use crate::model::tail::{FanOutConsumer, Tail, TailOptions, TailRoute};
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button};

/// Why a tail that reads by fan-out cannot be started now.
const LOCKED: &str = "Enhanced fan-out registers a consumer: unlock writes first, or choose Polling.";

/// Whether reading can begin as it was chosen last.
pub fn may_start(world: &World, tail: &Tail) -> Result<(), &'static str> {
    let is_refused =
        options_of(tail).registers_consumer() && world.fan_out.phase == OwnPhase::None && !world.is_unlocked();
    if is_refused { Err(LOCKED) } else { Ok(()) }
}

/// Draws the choice.
pub fn show(ui: &mut Ui, world: &World, open: &OpenStream, state: &mut TailState, is_narrow: bool, out: &mut Commands) {
    let options = options_of(&open.tail);
    let labels = if is_narrow { ["Poll", "Fan-out"] } else { ["Polling", "Enhanced fan-out"] };
    let current = usize::from(options.is_fan_out());
    let segments = widgets::segments(ui, "Read by", &labels, Some(current), 26.0);
    match segments.clicked {
        Some(0) if current != 0 => {
            toolbar::begin(state, TailOptions { route: TailRoute::Polling, ..options }, out);
        }
        Some(1) if current != 1 || !open.tail.is_running() => state.start.toggle(ui, Form::Route, &options, world),
        _ => {}
    }
    if let Some(anchor) = segments.rects.get(1) {
        start::show(ui, Form::Route, *anchor, world, open, state, out);
    }
}

/// The form; the options to begin with, once that was confirmed.
pub fn form(
    ui: &mut Ui,
    world: &World,
    open: &OpenStream,
    options: &TailOptions,
    out: &mut Commands,
) -> Option<TailOptions> {
    let t = theme::tokens(ui);
    start::heading(ui, "Enhanced fan-out");
    let words = "A consumer of this program's own is registered and sent up to 2 MiB a second of every shard. It takes \
                 nothing from those who poll, and is deregistered when the tail ends.";
    widgets::text::paragraph(ui, words, fonts::small(), t.text);
    let mode = open.summary.get().map_or(StreamMode::Unknown, |summary| summary.mode);
    let shards = open.shards.get().map_or(0, |map| map.open_count());
    if mode != StreamMode::OnDemand && shards > 0 {
        let sum = format!("+{} / hour", cost::dollars(shard_hours_dollars(shards)));
        widgets::label(ui, &sum, fonts::title(), t.warn);
    }
    let price = format!("{} List price; billed from the registration on.", price_words(mode, shards));
    widgets::text::paragraph(ui, price, fonts::small(), t.weak);
    if world.is_unlocked() {
        let enabled = if shards == 0 { Err("The shards are not listed yet.") } else { Ok(()) };
        let start = start::confirm(ui, "Register and read", enabled, "");
        let route = TailRoute::FanOut(FanOutConsumer::Own);
        return start.then(|| TailOptions { route, ..options.clone() });
    }
    widgets::text::paragraph(ui, "Registering is a write, and writes are locked.", fonts::small(), t.weak);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    let builder = UiBuilder::new().id_salt("unlock").max_rect(rect).layout(Layout::right_to_left(Align::Center));
    if ui.new_child(builder).add(Button::new("Unlock…").icon(icons::LOCK).name("Unlock to register")).clicked() {
        out.push(Command::Open(Dialog::Unlock));
    }
    None
}
