//! One record in full: what is known of it, how it was decoded, and what is in it.

use std::sync::Arc;

use eframe::egui::{
    Align, Align2, Layout, Link, Popup, Rect, RichText, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::compare::{self, CompareState};
use super::contents::{self, Contents, Lens};
use super::find::Find;
use super::{TailState, age, chain, zone};
use crate::model::decode::DecodeAs;
use crate::model::filter::FilterSpec;
use crate::model::format;
use crate::model::hash_range::HashKey;
use crate::model::mask::Masks;
use crate::model::record::Record;
use crate::model::record_copy;
use crate::model::world::{OpenStream, World};
use crate::model::writes::PutEntry;
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::{self, Button, ButtonKind, TagStyle, copy_icon, icon_button, paint_tag};

/// Empty space at both sides.
pub const GUTTER: f32 = 14.0;
const FOOTER: f32 = 47.0;
/// Width below which names and values move together.
const NARROW: f32 = 340.0;

/// How the contents are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Face {
    /// As a tree, where it is JSON.
    #[default]
    Tree,
    /// As text.
    Raw,
    /// As bytes.
    Hex,
    /// Against a pinned record.
    Compare,
}

/// What the inspector remembers.
#[derive(Debug, Default)]
pub struct InspectorState {
    face: Face,
    contents: Contents,
    find: Find,
    compare: CompareState,
    /// A record and what the masking rules leave of it, made once.
    masked: Option<(Arc<Record>, Masks, Arc<Record>)>,
}

impl InspectorState {
    /// The record as the rules let it be seen.
    fn seen(&mut self, whole: &Arc<Record>, masks: &Masks) -> Arc<Record> {
        if masks.is_empty() {
            return whole.clone();
        }
        match &self.masked {
            Some((of, by, seen)) if Arc::ptr_eq(of, whole) && by == masks => seen.clone(),
            _ => {
                let seen = Arc::new(masks.apply(whole).into_owned());
                self.masked = Some((whole.clone(), masks.clone(), seen.clone()));
                seen
            }
        }
    }
}

/// Draws the record as the masking rules let it be seen.
pub fn show(
    ui: &mut Ui,
    world: &World,
    open: &OpenStream,
    id: u64,
    whole: &Arc<Record>,
    state: &mut TailState,
    out: &mut Commands,
) {
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    let t = theme::tokens(ui);
    let seen = state.inspector.seen(whole, &state.masks);
    let record = &*seen;
    let is_gone = open.tail.store.get(id).is_none();
    match header(ui, t, record, (state.pins.contains(id), is_gone), out) {
        Some(Wish::Close) => state.selected = None,
        Some(Wish::Pin) => state.pins.toggle(id, whole),
        None => {}
    }
    ui.add_space(8.0);
    metadata(ui, t, world, whole, state, out);
    rule(ui, t);
    let forced = open.tail.decode_as;
    let words = if forced == DecodeAs::Auto { "Auto".to_owned() } else { format!("as {}", forced.label()) };
    chain::show(ui, t, record, &words);
    rule(ui, t);
    let pinned = state.pins.other_than(id).cloned();
    let faces = faces(record, pinned.is_some());
    if !faces.iter().any(|(face, _)| *face == state.inspector.face) {
        state.inspector.face = faces.first().map_or(Face::Hex, |(face, _)| *face);
    }
    tabs(ui, t, &faces, &mut state.inspector);
    let room = ui.available_rect_before_wrap();
    let body = room.with_max_y((room.bottom() - FOOTER).max(room.top()));
    ui.painter().rect_filled(body, 0, t.inset);
    let mut inner = crate::ui::region(ui, body, "record contents");
    let filter = open.tail.filter.as_ref().map(|filter| filter.filter());
    let InspectorState { face, contents, find, compare, .. } = &mut state.inspector;
    if let (Face::Compare, Some(pinned)) = (*face, &pinned) {
        compare::show(&mut inner, pinned, whole, &state.masks, compare, out);
        return footer(ui, room.with_min_y(body.bottom()), (world, open), (record, whole), state, out);
    }
    let lens = Lens { record, face: *face, filter, find };
    match contents::show(&mut inner, id, lens, contents, out) {
        Some(contents::Wish::Filter(spec)) => state.ask(spec, out),
        Some(contents::Wish::Mask(rule)) => {
            let mut settings = world.settings.tail.clone();
            settings.masks.push(rule);
            out.push(Command::SetTail(Box::new(settings)));
        }
        None => {}
    }
    footer(ui, room.with_min_y(body.bottom()), (world, open), (record, whole), state, out);
}

/// What was asked for in the header.
enum Wish {
    Close,
    Pin,
}

fn rule(ui: &mut Ui, t: &Tokens) {
    ui.add_space(8.0);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().rect_filled(rect, 0, t.stroke);
}

/// The title, and what was asked for. `is_gone` where the record has left the buffer.
fn header(
    ui: &mut Ui,
    t: &Tokens,
    record: &Record,
    (is_pinned, is_gone): (bool, bool),
    out: &mut Commands,
) -> Option<Wish> {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 34.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let at = rect.left_center() + vec2(GUTTER, 0.0);
    let title = ui.painter().text(at, Align2::LEFT_CENTER, "Record", fonts::body_strong(), t.strong);
    let mut left = title.right() + 10.0;
    if let Some((place, of)) = record.sub_sequence {
        let text = format!("KPL sub-record {} of {of}", place.saturating_add(1));
        left = paint_tag(ui.painter(), t, pos2(left, rect.center().y), &text, TagStyle::Accent).right() + 6.0;
    }
    if is_gone {
        paint_tag(ui.painter(), t, pos2(left, rect.center().y), "evicted", TagStyle::Neutral);
    }
    let builder = UiBuilder::new()
        .id_salt("record buttons")
        .max_rect(rect.shrink2(vec2(8.0, 0.0)))
        .layout(Layout::right_to_left(Align::Center));
    ui.scope_builder(builder, |ui| {
        let is_closed = icon_button(ui, icons::CLOSE, "Close record").clicked();
        if icon_button(ui, icons::COPY, "Copy record").clicked() {
            out.push(Command::Copy(record_copy::contents(record)));
        }
        let (name, kind) = if is_pinned { ("Unpin record", ButtonKind::On) } else { ("Pin record", ButtonKind::Ghost) };
        let pin = Button::ghost("").icon(icons::PIN).name(name).tooltip(name).kind(kind).small();
        let is_pinned = ui.add(pin).clicked();
        if is_closed { Some(Wish::Close) } else { is_pinned.then_some(Wish::Pin) }
    })
    .inner
}

/// One pair; gives the rectangle of the value's row.
fn pair(ui: &mut Ui, t: &Tokens, name: &str, value: &str, more: &str, reserve: f32) -> Rect {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 21.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name} {value} {more}").trim().to_owned()));
    let painter = ui.painter();
    painter.text(rect.left_center() + vec2(GUTTER, 0.0), Align2::LEFT_CENTER, name, fonts::small(), t.weak);
    let mut right = rect.right() - GUTTER - reserve;
    if !more.is_empty() {
        let at = pos2(right, rect.center().y);
        right = painter.text(at, Align2::RIGHT_CENTER, more, fonts::dense(), t.weak).left() - 8.0;
    }
    let area = Rect::from_min_max(
        pos2(rect.left() + if rect.width() < NARROW { 96.0 } else { 118.0 }, rect.top()),
        pos2(right, rect.bottom()),
    );
    let shown = widgets::paint_elided(painter, area, Align::Min, value, fonts::dense(), t.strong);
    if shown.width() >= area.width() - 2.0 {
        response.on_hover_text(value);
    }
    rect
}

fn at_right(ui: &mut Ui, rect: Rect, salt: &str, inset: f32, add: impl FnOnce(&mut Ui)) {
    let builder = UiBuilder::new()
        .id_salt(salt)
        .max_rect(rect.shrink2(vec2(GUTTER - inset, 0.0)))
        .layout(Layout::right_to_left(Align::Center));
    ui.scope_builder(builder, add);
}

fn metadata(ui: &mut Ui, t: &Tokens, world: &World, record: &Record, state: &mut TailState, out: &mut Commands) {
    let shown = state.masks.key(&record.partition_key).to_owned();
    let rect = pair(ui, t, "Partition key", &format::one_line(&shown, 256), "", 84.0);
    // Where the key is masked, nothing that tells it is shown.
    if !shown.is_empty() && shown == record.partition_key.as_str() {
        at_right(ui, rect, "only this key", 0.0, |ui| {
            let text = RichText::new("only this key").font(fonts::small()).color(t.accent);
            if ui.add(Link::new(text)).on_hover_text("Filter by this partition key").clicked() {
                state.ask(FilterSpec::only_key(record.partition_key.as_str()), out);
            }
        });
        let hash = HashKey::of_partition_key(record.partition_key.as_str()).hex();
        pair(ui, t, "MD5 hash", &hash, "", 0.0);
    }
    pair(ui, t, "Shard", &format::one_line(record.shard_id.as_str(), 64), "", 0.0);
    let sequence = record.sequence_number.as_str();
    let rect = pair(ui, t, "Sequence", &format::elide_middle(sequence, 26), "", 24.0);
    at_right(ui, rect, "copy sequence", 4.0, |ui| {
        copy_icon(ui, "Copy sequence number", sequence, out);
    });
    if let Some((place, _)) = record.sub_sequence {
        pair(ui, t, "Sub-sequence", &place.to_string(), "", 0.0);
    }
    let zone = zone(world);
    let arrival = record.approximate_arrival.map_or_else(
        || format::UNKNOWN.to_owned(),
        |at| {
            // Where there is little room, today needs no date.
            let is_today = at.strftime("%F", &zone) == world.now.strftime("%F", &zone);
            let has_date = ui.available_width() >= NARROW || !is_today;
            at.strftime(if has_date { "%F %H:%M:%S.%3f" } else { "%H:%M:%S.%3f" }, &zone)
        },
    );
    let ago = age(record, world).map_or_else(String::new, |age| format!("{age} ago"));
    let name = if world.settings.tail.is_local_time { "Arrival, local" } else { "Arrival, UTC" };
    pair(ui, t, name, &arrival, &ago, 0.0);
}

fn faces(record: &Record, has_other: bool) -> Vec<(Face, &'static str)> {
    let mut faces = Vec::with_capacity(4);
    if record.decoded.is_json() || record.decoded.is_ndjson() {
        // Beside a fourth face the search needs the room.
        faces.push((Face::Tree, if has_other { "Tree" } else { "JSON tree" }));
    }
    if record.decoded.text.is_some() {
        faces.push((Face::Raw, "Raw"));
    }
    faces.push((Face::Hex, "Hex"));
    if has_other {
        faces.push((Face::Compare, "Compare"));
    }
    faces
}

fn tabs(ui: &mut Ui, t: &Tokens, faces: &[(Face, &'static str)], state: &mut InspectorState) {
    let face = &mut state.face;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 31.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let mut left = rect.left() + 6.0;
    let padding = if faces.len() > 3 { 14.0 } else { 20.0 };
    for (which, label) in faces {
        let width = widgets::text_width(ui.painter(), label, fonts::small_medium()) + padding;
        let area = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        left += width + 4.0;
        let response = ui.interact(area, ui.make_persistent_id(("face", *label)), Sense::click());
        let is_selected = *which == *face;
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_selected, label));
        if response.clicked() {
            *face = *which;
        }
        let color = match (is_selected, response.hovered()) {
            (true, _) => t.strong,
            (false, true) => t.text,
            (false, false) => t.weak,
        };
        ui.painter().text(area.center(), Align2::CENTER_CENTER, label, fonts::small_medium(), color);
        if is_selected {
            let bar = Rect::from_min_max(pos2(area.left(), area.bottom() - 2.0), area.max);
            ui.painter().rect_filled(bar, 0, t.accent);
        }
        if response.has_focus() {
            widgets::focus_ring(ui, area.shrink(3.0), 3);
        }
    }
    if matches!(*face, Face::Tree | Face::Raw) && rect.right() - left > 90.0 {
        let field =
            Rect::from_min_max(pos2((rect.right() - 150.0).max(left), rect.top() + 3.0), rect.max - vec2(6.0, 4.0));
        state.find.show(ui, field);
    }
}

fn footer(
    ui: &mut Ui,
    rect: Rect,
    (world, open): (&World, &OpenStream),
    (record, whole): (&Record, &Record),
    state: &mut TailState,
    out: &mut Commands,
) {
    let t = theme::tokens(ui);
    ui.painter().rect_filled(rect, 0, t.panel);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, t.stroke));
    let inner = rect.shrink2(vec2(GUTTER, 10.0));
    let builder =
        UiBuilder::new().id_salt("record footer").max_rect(inner).layout(Layout::left_to_right(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let half = ((inner.width() - 8.0) / 2.0).floor();
        let label = match (record.decoded.is_json() || record.decoded.is_ndjson(), &record.decoded.text) {
            (true, _) => "Copy JSON",
            (false, Some(_)) => "Copy text",
            (false, None) => "Copy bytes as hex",
        };
        ui.spacing_mut().item_spacing.x = 2.0;
        if ui.add(Button::new(label).icon(icons::COPY).min_width(half - 28.0)).clicked() {
            out.push(Command::Copy(record_copy::contents(record)));
        }
        let more = ui.add(Button::new("").icon(icons::CARET_DOWN).name("Copy as").tooltip("Copy as…"));
        Popup::menu(&more).id(more.id.with("menu")).show(|ui| copy_menu(ui, world, open, record, out));
        ui.add_space(6.0);
        // The dialog gets the record as it was sent: what is masked would be put as stars.
        let is_masked = *record.data != *whole.data || record.partition_key != whole.partition_key;
        let enabled = if is_masked { Err("A masking rule hides a part of this record.") } else { Ok(()) };
        let inject = Button::new("Edit and inject…").icon(icons::INJECT).min_width(half).enabled(enabled);
        if ui.add(inject).clicked() {
            state.injection = Some(entry(record));
            out.push(Command::Open(Dialog::Inject));
        }
    });
}

/// The ways to copy a record.
pub fn copy_menu(ui: &mut Ui, world: &World, open: &OpenStream, record: &Record, out: &mut Commands) {
    ui.set_width(230.0);
    let mut copy = |ui: &mut Ui, label: &str, text: &dyn Fn() -> String| {
        if menu_item(ui, label, false).clicked() {
            out.push(Command::Copy(text()));
            ui.close();
        }
    };
    copy(ui, "Copy record", &|| record_copy::contents(record));
    copy(ui, "Copy as NDJSON with metadata", &|| record_copy::line(&open.name, record));
    if let Some(connection) = world.connection() {
        copy(ui, "Copy as AWS CLI, to read it", &|| record_copy::cli_read(&open.name, record, connection));
        copy(ui, "Copy as AWS CLI, to put it", &|| record_copy::cli_put(&open.name, record, connection));
    }
    copy(ui, "Copy partition key", &|| record.partition_key.to_string());
    copy(ui, "Copy sequence number", &|| record.sequence_number.to_string());
}

/// The record as it is edited: its text where that is what was sent, unpacked; otherwise its bytes.
fn entry(record: &Record) -> PutEntry {
    let text = record.decoded.text.as_ref().filter(|_| !record.decoded.is_rewritten());
    let data = text.map_or_else(|| record.data.to_vec(), |text| text.as_bytes().to_vec());
    PutEntry { partition_key: record.partition_key.clone(), explicit_hash_key: None, data }
}
