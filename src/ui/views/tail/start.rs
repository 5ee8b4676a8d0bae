//! The small forms below the toolbar: a time to begin at, a record to begin at, and which shards to read for how long.

use eframe::egui::{Align, Id, Key, Layout, Popup, PopupCloseBehavior, Rect, ScrollArea, Ui, UiBuilder, vec2};

use super::{TailState, route, toolbar};
use crate::model::ids::{PartitionKey, SequenceNumber, ShardId};
use crate::model::moment;
use crate::model::shard_map::Shard;
use crate::model::tail::{TailOptions, TailStart};
use crate::model::time::Millis;
use crate::model::world::{OpenStream, World};
use crate::model::{format, hash_range::HashKey};
use crate::ui::command::Commands;
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::{self, Button, TextField, segmented};

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The time of the first record.
    Time,
    /// The first record.
    Sequence,
    /// Shards, partition key, end.
    Shards,
    /// A consumer of this program's own.
    Route,
}

/// What was typed into them.
#[derive(Debug, Default)]
pub struct Forms {
    open: Option<Form>,
    /// What is read now, to be changed.
    options: TailOptions,
    time: String,
    shard: String,
    number: String,
    /// 0 at the record, 1 behind it.
    side: usize,
    key: String,
    until: usize,
    /// The frame that it was opened or closed in. A frame may be drawn more than once, with the same click in it.
    toggled: u64,
}

const AGO: [&str; 5] = ["-5m", "-15m", "-1h", "-6h", "-1d"];
const UNTIL: [&str; 5] = ["Without end", "To the tip", "1 min", "10 min", "1 h"];
const LIMITS: [Option<Millis>; 5] =
    [None, None, Some(Millis::from_mins(1)), Some(Millis::from_mins(10)), Some(Millis::from_mins(60))];
const WIDTH: f32 = 320.0;

/// `for 10 min`.
pub fn limit_words(limit: Millis) -> String {
    match limit.0 / 60_000 {
        60 => "for 1 h".to_owned(),
        minutes => format!("for {minutes} min"),
    }
}

impl Forms {
    /// Opens a form with what is read now in it, or closes it.
    pub fn toggle(&mut self, ui: &Ui, form: Form, options: &TailOptions, world: &World) {
        let toggled = ui.ctx().cumulative_frame_nr();
        if std::mem::replace(&mut self.toggled, toggled) == toggled {
            return;
        }
        if self.open == Some(form) {
            self.open = None;
            return;
        }
        *self = Self { open: Some(form), options: options.clone(), toggled, ..Self::default() };
        let ago = world.now - Millis::from_mins(15);
        self.time = match &options.start {
            TailStart::AtTimestamp(at) => *at,
            _ => ago,
        }
        .strftime("%Y-%m-%d %H:%M:%S", &super::zone(world));
        if let TailStart::AtSequence { shard, sequence_number } | TailStart::AfterSequence { shard, sequence_number } =
            &options.start
        {
            self.shard = shard.to_string();
            self.number = sequence_number.to_string();
            self.side = usize::from(matches!(options.start, TailStart::AfterSequence { .. }));
        }
        self.key = options.partition_key.as_ref().map(ToString::to_string).unwrap_or_default();
        self.until = match (options.until_tip, options.limit) {
            (true, _) => 1,
            (false, limit) => LIMITS.iter().rposition(|one| *one == limit).filter(|at| *at > 1).unwrap_or(0),
        };
    }
}

/// Draws a form below `anchor`, while it is open.
pub fn show(
    ui: &Ui,
    form: Form,
    anchor: Rect,
    world: &World,
    open: &OpenStream,
    state: &mut TailState,
    out: &mut Commands,
) {
    if state.start.open != Some(form) {
        return;
    }
    let mut is_open = true;
    let mut chosen = None;
    let forms = &mut state.start;
    // The click that opened it is one outside of it.
    let is_new = forms.toggled == ui.ctx().cumulative_frame_nr();
    Popup::new(Id::unique("tail start form"), ui.ctx().clone(), anchor, ui.layer_id())
        .open_bool(&mut is_open)
        .close_behavior(if is_new { PopupCloseBehavior::IgnoreClicks } else { PopupCloseBehavior::CloseOnClickOutside })
        .gap(4.0)
        .show(|ui| {
            eframe::egui::Frame::NONE.inner_margin(6.0).show(ui, |ui| {
                ui.set_width(WIDTH);
                ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
                chosen = match form {
                    Form::Time => time(ui, world, forms, is_new),
                    Form::Sequence => sequence(ui, open, forms, is_new),
                    Form::Shards => shards(ui, open, forms),
                    Form::Route => route::form(ui, world, open, &forms.options, out),
                };
            });
        });
    if let Some(options) = chosen {
        state.start.open = None;
        toolbar::begin(state, options, out);
    } else if !is_open {
        state.start.open = None;
    }
}

/// The words above a part of a form.
pub fn heading(ui: &mut Ui, text: &str) {
    widgets::label(ui, text, fonts::small_medium(), theme::tokens(ui).strong);
}

/// The last line: what is wrong, or a hint, and the button. Enter presses it.
pub fn confirm(ui: &mut Ui, label: &str, enabled: Result<(), &str>, hint: &str) -> bool {
    let t = theme::tokens(ui);
    let words = enabled.err().unwrap_or(hint);
    if !words.is_empty() {
        let color = if enabled.is_err() { t.warn } else { t.weak };
        widgets::text::paragraph(ui, words, fonts::small(), color);
    }
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), eframe::egui::Sense::hover());
    let builder = UiBuilder::new().id_salt("confirm").max_rect(rect).layout(Layout::right_to_left(Align::Center));
    let is_clicked = ui.new_child(builder).add(Button::primary(label).icon(icons::PLAY).enabled(enabled)).clicked();
    is_clicked || (enabled.is_ok() && ui.input(|input| input.key_pressed(Key::Enter)))
}

fn time(ui: &mut Ui, world: &World, forms: &mut Forms, is_new: bool) -> Option<TailOptions> {
    let zone = super::zone(world);
    heading(ui, if world.settings.tail.is_local_time { "At or after, local time" } else { "At or after, UTC" });
    let read = moment::parse(&forms.time, world.now, &zone);
    TextField::new(Id::unique("tail start time"), "Start time", &mut forms.time)
        .hint("14:22")
        .icon(icons::CLOCK)
        .mono()
        .toolbar()
        .invalid(read.is_err())
        .focus(is_new)
        .show(ui);
    ui.horizontal(|ui| {
        for ago in AGO {
            if ui.add(Button::new(ago).small()).clicked() {
                forms.time = ago.to_owned();
            }
        }
    });
    let hint = match &read {
        Ok(at) if *at > world.now => "This is still to come: only records from then on are read.".to_owned(),
        Ok(at) => format!("{} ago", format::duration(at.age_at(world.now))),
        Err(_) => String::new(),
    };
    let start = confirm(ui, "Start here", read.as_ref().map(|_| ()).map_err(String::as_str), &hint);
    let at = read.ok().filter(|_| start)?;
    Some(TailOptions { start: TailStart::AtTimestamp(at), ..forms.options.clone() })
}

fn sequence(ui: &mut Ui, open: &OpenStream, forms: &mut Forms, is_new: bool) -> Option<TailOptions> {
    heading(ui, "One record of one shard");
    let shard = find_shard(open, &forms.shard);
    let is_wrong = !forms.shard.is_empty() && shard.is_none();
    TextField::new(Id::unique("tail start shard"), "Shard of the record", &mut forms.shard)
        .hint("shardId-000000000007, or 7")
        .mono()
        .toolbar()
        .invalid(is_wrong)
        .focus(is_new)
        .show(ui);
    let number = forms.number.trim().to_owned();
    let is_number = !number.is_empty() && number.len() <= 129 && number.bytes().all(|byte| byte.is_ascii_digit());
    TextField::new(Id::unique("tail start number"), "Sequence number", &mut forms.number)
        .hint("Sequence number")
        .mono()
        .toolbar()
        .invalid(!number.is_empty() && !is_number)
        .show(ui);
    segmented(ui, "Side", &["At this record", "After it"], &mut forms.side);
    let enabled = match (&shard, is_number) {
        (None, _) => Err("Name a shard of this stream."),
        (_, false) => Err("A sequence number is a decimal number."),
        _ => Ok(()),
    };
    let hint = "Only this shard is read, and those that came from it: the number means nothing in another.";
    if !confirm(ui, "Start here", enabled, hint) {
        return None;
    }
    let (shard, sequence_number) = (shard?, SequenceNumber::from(number));
    let start = match forms.side {
        0 => TailStart::AtSequence { shard, sequence_number },
        _ => TailStart::AfterSequence { shard, sequence_number },
    };
    Some(TailOptions { start, shards: None, partition_key: None, ..forms.options.clone() })
}

/// A shard by its whole id or its number.
fn find_shard(open: &OpenStream, text: &str) -> Option<ShardId> {
    let text = text.trim();
    let number = text.trim_start_matches('…').parse::<u64>().ok();
    let id = number.map_or_else(|| ShardId::from(text), |number| ShardId::from(format!("shardId-{number:012}")));
    open.shards.get()?.get(&id).map(|shard| shard.id.clone())
}

fn shards(ui: &mut Ui, open: &OpenStream, forms: &mut Forms) -> Option<TailOptions> {
    heading(ui, "Shards");
    let all: &[Shard] = open.shards.get().map_or(&[], |map| map.all());
    let is_all = forms.options.shards.is_none() && forms.key.is_empty();
    if menu_item(ui, "All shards, and those that come to be", is_all).clicked() {
        forms.options.shards = None;
        forms.key.clear();
    }
    ScrollArea::vertical().max_height(168.0).auto_shrink([false, true]).show_rows(ui, 24.0, all.len(), |ui, rows| {
        for shard in rows.filter_map(|row| all.get(row)) {
            shard_row(ui, shard, forms);
        }
    });
    heading(ui, "Or one partition key");
    let response = TextField::new(Id::unique("tail partition key"), "Partition key to read", &mut forms.key)
        .hint("tenant-42")
        .icon(icons::KEYS)
        .mono()
        .toolbar()
        .show(ui);
    if response.changed() && !forms.key.is_empty() {
        forms.options.shards = None;
    }
    heading(ui, "Until");
    segmented(ui, "Until", &UNTIL, &mut forms.until);
    let hint = if forms.key.is_empty() { String::new() } else { key_words(all, &forms.key) };
    let enabled = match &forms.options.shards {
        Some(shards) if shards.is_empty() => Err("Choose a shard."),
        _ => Ok(()),
    };
    if !confirm(ui, "Read these", enabled, &hint) {
        return None;
    }
    let mut options = forms.options.clone();
    options.partition_key = (!forms.key.is_empty()).then(|| PartitionKey::from(forms.key.as_str()));
    options.until_tip = forms.until == 1;
    options.limit = LIMITS.get(forms.until).copied().flatten();
    let is_from_record = matches!(options.start, TailStart::AtSequence { .. } | TailStart::AfterSequence { .. });
    if is_from_record && (options.shards.is_some() || options.partition_key.is_some()) {
        options.start = TailStart::Latest;
    }
    Some(options)
}

fn shard_row(ui: &mut Ui, shard: &Shard, forms: &mut Forms) {
    let is_chosen = forms.options.shards.as_ref().is_some_and(|chosen| chosen.contains(&shard.id));
    let state = if shard.is_open() { "" } else { "  closed" };
    let mark = if is_chosen { "● " } else { "○ " };
    if menu_item(ui, &format!("{mark}{}{state}", shard.id), is_chosen).clicked() {
        forms.key.clear();
        let chosen = forms.options.shards.get_or_insert_default();
        match is_chosen {
            true => chosen.retain(|id| *id != shard.id),
            false => chosen.push(shard.id.clone()),
        }
    }
}

/// Which shards can hold a key.
fn key_words(all: &[Shard], key: &str) -> String {
    let hash = HashKey::of_partition_key(key);
    let ids: Vec<String> =
        all.iter().filter(|shard| shard.range.contains(hash)).map(|shard| shard.id.short()).take(6).collect();
    match ids.as_slice() {
        [] => format!("MD5 {}: no listed shard owns it.", hash.hex_short()),
        ids => format!("MD5 {}: can be in {}.", hash.hex_short(), ids.join(", ")),
    }
}
