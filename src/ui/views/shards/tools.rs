//! The row above the table: what is looked for in it, and which shard held a key at a time.

use std::sync::Arc;

use eframe::egui::{Align, Id, Key, Layout, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::rows::Facts;
use super::sight::{day, when};
use crate::model::format;
use crate::model::hash_range::HashKey;
use crate::model::ids::ShardId;
use crate::model::moment;
use crate::model::shard_lives::{Holder, Moment, Reign, ShardState, holder, reigns};
use crate::model::time::Timestamp;
use crate::model::world::{OpenStream, World};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, TextField};

/// Height of the row.
pub const HEIGHT: f32 = 38.0;

/// What the person typed.
#[derive(Debug, Default)]
pub struct ToolsState {
    /// What is looked for in the table.
    pub filter: String,
    by_hash: usize,
    key: String,
    time: String,
    made_for: Option<(usize, String, String, Timestamp)>,
    facts: Option<Arc<Facts>>,
    answer: Option<Result<Found, String>>,
}

/// Who holds and held a key.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where the key lands.
    pub key: HashKey,
    at: Option<Timestamp>,
    holder: Holder,
    reigns: Vec<Reign>,
}

impl Found {
    /// The shard, where it is one for certain.
    pub fn shard(&self) -> Option<&ShardId> {
        match &self.holder {
            Holder::One(id) => Some(id),
            _ => None,
        }
    }

    /// The answer in words.
    pub fn words(&self, now: Timestamp) -> String {
        let at = self.at.map_or(String::new(), |at| format!(" at {} UTC", moment_words(at, now)));
        match &self.holder {
            Holder::One(id) => {
                let reign = self.reigns.iter().find(|reign| reign.shard == *id);
                let since = reign.and_then(|reign| reign.from).map_or(String::new(), |from| span_words(from, now));
                match reign.map(|reign| reign.state) {
                    Some(ShardState::Open) => format!("{} holds it{at}{since}", id.short()),
                    Some(ShardState::Closed) => format!("{} held it{at}{since}, closed and readable", id.short()),
                    _ => format!("{} held it{at}{since}, expired", id.short()),
                }
            }
            Holder::OneOf(ids) => {
                let ids: Vec<String> = ids.iter().map(ShardId::short).collect();
                format!("one of {}{at}: the reshard between them is not dated", ids.join(", "))
            }
            Holder::Forgotten => format!("a shard{at} that had expired before this program saw the stream"),
            Holder::BeforeStream => format!("nobody{at}: the stream did not exist yet"),
            Holder::Nobody => format!("nobody{at}: no shard owns this hash key"),
        }
    }

    /// Every shard that held the key, one a line, oldest first.
    pub fn lines(&self, now: Timestamp) -> Vec<String> {
        let told = |moment: Option<Moment>| match moment {
            Some(Moment { at, is_exact: true }) => moment_words(at, now),
            Some(Moment { at, is_exact: false }) => format!("{} at the latest", moment_words(at, now)),
            None => "not known".to_owned(),
        };
        let line = |reign: &Reign| {
            let end = if reign.state == ShardState::Open { "now".to_owned() } else { told(reign.to) };
            format!("{}  {}  from {} to {end}", reign.shard.short(), reign.state.word(), told(reign.from))
        };
        self.reigns.iter().map(line).collect()
    }
}

fn moment_words(at: Timestamp, now: Timestamp) -> String {
    if at.date() == now.date() { at.hms() } else { format!("{} {}", day(at), at.hms()) }
}

fn span_words(from: Moment, now: Timestamp) -> String {
    let late = if from.is_exact { "" } else { " at the latest" };
    format!(", since {}{late}", when(from.at, now))
}

impl ToolsState {
    /// Brings the answer up to date; once a second at most while nothing is typed.
    pub fn update(&mut self, world: &World, open: &OpenStream, facts: &Arc<Facts>) {
        let typed = (self.by_hash, self.key.clone(), self.time.clone(), world.now.floor(1));
        let is_same = self.facts.as_ref().is_some_and(|known| Arc::ptr_eq(known, facts));
        if is_same && self.made_for.as_ref() == Some(&typed) {
            return;
        }
        self.made_for = Some(typed);
        self.facts = Some(Arc::clone(facts));
        self.answer = (!self.key.is_empty()).then(|| self.find(world, open, facts));
    }

    fn find(&self, world: &World, open: &OpenStream, facts: &Facts) -> Result<Found, String> {
        let key = match self.by_hash {
            0 => HashKey::of_partition_key(&self.key),
            _ => HashKey::parse(&self.key)?,
        };
        let at = match self.time.trim() {
            "" => None,
            typed => Some(moment::parse(typed, world.now, &world.zone)?),
        };
        if at.is_some_and(|at| at > world.now) {
            return Err("That time is still to come.".to_owned());
        }
        let reigns = reigns(&facts.lives, key);
        let created = open.summary.get().and_then(|summary| summary.created);
        let holder = match at {
            Some(at) => holder(&reigns, at, created),
            // Who holds it now needs no time: the open shard.
            None => match reigns.iter().find(|reign| reign.state == ShardState::Open) {
                Some(reign) => Holder::One(reign.shard.clone()),
                None => Holder::Nobody,
            },
        };
        Ok(Found { key, at, holder, reigns })
    }

    /// The answer, where there is one.
    pub fn found(&self) -> Option<&Found> {
        self.answer.as_ref().and_then(|answer| answer.as_ref().ok())
    }
}

/// Draws the row. A click on the answer selects its shard.
pub fn show(ui: &mut Ui, world: &World, state: &mut ToolsState, focus_filter: bool, selection: &mut Option<ShardId>) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let area = Rect::from_min_max(rect.min + vec2(16.0, 0.0), rect.max - vec2(12.0, 1.0));
    let takes_key = widgets::take_key(ui, Key::F);
    let builder = UiBuilder::new().id_salt("shard tools").max_rect(area).layout(Layout::left_to_right(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let is_narrow = area.width() < 900.0;
        TextField::new(Id::unique("shards filter"), "Filter shards", &mut state.filter)
            .icon(icons::SEARCH)
            .hint("Filter: id, state, hash key")
            .key("/")
            .focus(focus_filter)
            .toolbar()
            .width(if is_narrow { 150.0 } else { 208.0 })
            .show(ui);
        ui.add_space(6.0);
        widgets::label(ui, "Who holds", fonts::small(), t.weak);
        widgets::segmented(ui, "Key or hash", &["Key", "Hash"], &mut state.by_hash);
        let (name, hint) = match state.by_hash {
            0 => ("Partition key to find", "partition key"),
            _ => ("Hash key to find", "decimal or 0x hexadecimal"),
        };
        let is_wrong = matches!(&state.answer, Some(Err(_)));
        TextField::new(Id::unique("shards key"), name, &mut state.key)
            .hint(hint)
            .mono()
            .key("f")
            .focus(takes_key)
            .invalid(is_wrong)
            .toolbar()
            .width(if is_narrow { 120.0 } else { 196.0 })
            .show(ui);
        widgets::label(ui, "at", fonts::small(), t.weak);
        TextField::new(Id::unique("shards time"), "Time of the key", &mut state.time)
            .hint("now")
            .mono()
            .toolbar()
            .width(if is_narrow { 80.0 } else { 132.0 })
            .show(ui);
        answer(ui, world, state, selection);
    });
}

fn answer(ui: &mut Ui, world: &World, state: &ToolsState, selection: &mut Option<ShardId>) {
    let t = theme::tokens(ui);
    let room = ui.available_rect_before_wrap();
    let now = world.now;
    let (text, color) = match &state.answer {
        None => (format!("Follows splits and merges. Times: {}", moment::FORMS), t.faint),
        Some(Err(problem)) => (problem.clone(), t.crit),
        Some(Ok(found)) => (found.words(now), if found.shard().is_some() { t.accent } else { t.text }),
    };
    let can_click = state.found().is_some_and(|found| found.shard().is_some());
    let sense = if can_click { Sense::click() } else { Sense::hover() };
    let response = ui.interact(room, ui.make_persistent_id("key answer"), sense);
    let role = if can_click { Role::Link } else { Role::Label };
    response.widget_info(|| WidgetInfo::labeled(role, true, &text));
    let shown = widgets::paint_elided(ui.painter(), room, Align::Min, &text, fonts::small(), color);
    if let Some(found) = state.found() {
        if found.reigns.len() > 1 {
            let count = format!("{} in its line", format::counted(found.reigns.len(), "shard"));
            let rest = Rect::from_min_max(pos2(shown.right() + 10.0, room.top()), room.max);
            if rest.width() > 90.0 {
                widgets::paint_elided(ui.painter(), rest, Align::Min, &count, fonts::small(), t.faint);
            }
        }
        if response.has_focus() {
            widgets::focus_ring(ui, shown, 2);
        }
        if response.clicked()
            && let Some(shard) = found.shard()
        {
            *selection = Some(shard.clone());
        }
        response.on_hover_ui(|ui| {
            ui.set_max_width(420.0);
            let key = format!("Hash key {}", found.key.hex());
            widgets::label(ui, key, fonts::small_strong(), t.strong);
            for line in found.lines(now) {
                widgets::label(ui, line, fonts::dense(), t.text);
            }
            let note = "Times come from sequence numbers, whose layout AWS does not document.";
            widgets::label(ui, note, fonts::fine(), t.weak);
        });
    }
}
