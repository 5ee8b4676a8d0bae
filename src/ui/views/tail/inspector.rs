//! One record in full: what is known of it, how it was decoded, and what is in it.

use eframe::egui::{
    Align, Align2, Layout, Link, Rect, RichText, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::contents::{self, Contents};
use super::{TailState, age, copied};
use crate::model::decode::Step;
use crate::model::format;
use crate::model::hash_range::HashKey;
use crate::model::record::Record;
use crate::model::tail::Tail;
use crate::model::world::World;
use crate::model::writes::PutEntry;
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::{self, Button, TagStyle, copy_icon, icon_button, paint_tag, tag_size};

const GUTTER: f32 = 14.0;
const FOOTER: f32 = 47.0;

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
}

/// What the inspector remembers.
#[derive(Debug, Default)]
pub struct InspectorState {
    face: Face,
    contents: Contents,
}

/// Draws the record.
pub fn show(
    ui: &mut Ui,
    world: &World,
    tail: &Tail,
    id: u64,
    record: &Record,
    state: &mut TailState,
    out: &mut Commands,
) {
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    let t = theme::tokens(ui);
    if header(ui, t, record, out) {
        state.selected = None;
    }
    ui.add_space(8.0);
    metadata(ui, t, world, record, state, out);
    rule(ui, t);
    chain(ui, t, record);
    rule(ui, t);
    let faces = faces(record);
    if !faces.iter().any(|(face, _)| *face == state.inspector.face) {
        state.inspector.face = faces.first().map_or(Face::Hex, |(face, _)| *face);
    }
    tabs(ui, t, &faces, &mut state.inspector.face);
    let room = ui.available_rect_before_wrap();
    let body = room.with_max_y((room.bottom() - FOOTER).max(room.top()));
    ui.painter().rect_filled(body, 0, t.inset);
    let mut inner = crate::ui::region(ui, body, "record contents");
    let filter = tail.filter.as_ref().map(|filter| filter.filter());
    contents::show(&mut inner, id, record, state.inspector.face, filter, &mut state.inspector.contents, out);
    footer(ui, room.with_min_y(body.bottom()), record, state, out);
}

fn rule(ui: &mut Ui, t: &Tokens) {
    ui.add_space(8.0);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().rect_filled(rect, 0, t.stroke);
}

/// The title, and whether it was closed.
fn header(ui: &mut Ui, t: &Tokens, record: &Record, out: &mut Commands) -> bool {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 34.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let at = rect.left_center() + vec2(GUTTER, 0.0);
    let title = ui.painter().text(at, Align2::LEFT_CENTER, "Record", fonts::body_strong(), t.strong);
    if let Some((place, of)) = record.sub_sequence {
        let text = format!("KPL sub-record {} of {of}", place.saturating_add(1));
        paint_tag(ui.painter(), t, pos2(title.right() + 10.0, rect.center().y), &text, TagStyle::Accent);
    }
    let builder = UiBuilder::new()
        .id_salt("record buttons")
        .max_rect(rect.shrink2(vec2(8.0, 0.0)))
        .layout(Layout::right_to_left(Align::Center));
    ui.scope_builder(builder, |ui| {
        let is_closed = icon_button(ui, icons::CLOSE, "Close record").clicked();
        if icon_button(ui, icons::COPY, "Copy record").clicked() {
            out.push(Command::Copy(copied(record)));
        }
        is_closed
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
        pos2(rect.left() + if rect.width() < 340.0 { 96.0 } else { 118.0 }, rect.top()),
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
    let key = format::one_line(record.partition_key.as_str(), 256);
    let rect = pair(ui, t, "Partition key", &key, "", 84.0);
    if !record.partition_key.as_str().is_empty() {
        at_right(ui, rect, "only this key", 0.0, |ui| {
            let text = RichText::new("only this key").font(fonts::small()).color(t.accent);
            if ui.add(Link::new(text)).on_hover_text("Filter by this partition key").clicked() {
                out.push(Command::FilterTail(record.partition_key.to_string()));
                state.filter = Some(record.partition_key.to_string());
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
    let arrival = record.approximate_arrival.map_or_else(
        || format::UNKNOWN.to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M:%S.%3f", &jiff::tz::TimeZone::UTC),
    );
    let ago = age(record, world).map_or_else(String::new, |age| format!("{age} ago"));
    pair(ui, t, "Arrival, UTC", &arrival, &ago, 0.0);
}

/// The steps of decoding as chips: what came, what it was unpacked from, what it is.
fn chain(ui: &mut Ui, t: &Tokens, record: &Record) {
    ui.add_space(8.0);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let at = rect.left_center() + vec2(GUTTER, 0.0);
    ui.painter().text(at, Align2::LEFT_CENTER, "How it was decoded", fonts::small(), t.weak);
    let chips = chips(record);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let words: Vec<&str> = chips.iter().map(|(text, _)| text.as_str()).collect();
    response
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("How it was decoded: {}", words.join(" > "))));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let mut x = rect.left() + GUTTER;
    for (index, (text, style)) in chips.iter().enumerate() {
        if index > 0 {
            painter.text(
                pos2(x + 7.0, rect.center().y),
                Align2::LEFT_CENTER,
                icons::CARET_RIGHT,
                fonts::icon(10.0),
                t.faint,
            );
            x += 24.0;
        }
        if x + tag_size(&painter, text).x > rect.right() - 4.0 {
            painter.text(pos2(x, rect.center().y), Align2::LEFT_CENTER, "…", fonts::small(), t.weak);
            break;
        }
        x = paint_tag(&painter, t, pos2(x, rect.center().y), text, *style).right();
    }
    if let Some(error) = &record.decoded.error {
        let width = ui.available_width() - 2.0 * GUTTER;
        let galley = ui.painter().layout(format::one_line(error, 400), fonts::dense(), t.warn, width);
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), galley.size().y + 4.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, error));
        ui.painter().galley(rect.min + vec2(GUTTER, 2.0), galley, t.warn);
    }
}

fn chips(record: &Record) -> Vec<(String, TagStyle)> {
    let text_size = record.decoded.text.as_ref().map_or(0, String::len) as u64;
    let mut chips = Vec::new();
    let mut has_size = false;
    for step in &record.decoded.steps {
        match step {
            Step::Kpl => {
                let place =
                    record.sub_sequence.map_or_else(String::new, |(at, of)| format!(" {}/{of}", at.saturating_add(1)));
                chips.push((format!("KPL{place}"), TagStyle::Neutral));
                continue;
            }
            _ if !has_size => chips.push((format::bytes(record.data.len() as u64), TagStyle::Neutral)),
            _ => {}
        }
        has_size = true;
        chips.push(match step {
            Step::Json => (format!("JSON {}", format::bytes(text_size)), TagStyle::Ok),
            Step::Text => (format!("text {}", format::bytes(text_size)), TagStyle::Ok),
            Step::Binary => {
                ("binary".to_owned(), if record.decoded.error.is_some() { TagStyle::Warn } else { TagStyle::Neutral })
            }
            other => (other.label().to_owned(), TagStyle::Neutral),
        });
    }
    if !has_size {
        chips.push((format::bytes(record.data.len() as u64), TagStyle::Neutral));
    }
    chips
}

fn faces(record: &Record) -> Vec<(Face, &'static str)> {
    let mut faces = Vec::with_capacity(3);
    if record.decoded.is_json() {
        faces.push((Face::Tree, "JSON tree"));
    }
    if record.decoded.text.is_some() {
        faces.push((Face::Raw, "Raw"));
    }
    faces.push((Face::Hex, "Hex"));
    faces
}

fn tabs(ui: &mut Ui, t: &Tokens, faces: &[(Face, &'static str)], face: &mut Face) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 31.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let mut left = rect.left() + 6.0;
    for (which, label) in faces {
        let width = widgets::text_width(ui.painter(), label, fonts::small_medium()) + 20.0;
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
}

fn footer(ui: &mut Ui, rect: Rect, record: &Record, state: &mut TailState, out: &mut Commands) {
    let t = theme::tokens(ui);
    ui.painter().rect_filled(rect, 0, t.panel);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, t.stroke));
    let inner = rect.shrink2(vec2(GUTTER, 10.0));
    let builder =
        UiBuilder::new().id_salt("record footer").max_rect(inner).layout(Layout::left_to_right(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let half = ((inner.width() - 8.0) / 2.0).floor();
        let label = match (record.decoded.is_json(), &record.decoded.text) {
            (true, _) => "Copy JSON",
            (false, Some(_)) => "Copy text",
            (false, None) => "Copy bytes as hex",
        };
        if ui.add(Button::new(label).icon(icons::COPY).min_width(half)).clicked() {
            out.push(Command::Copy(copied(record)));
        }
        if ui.add(Button::new("Edit and inject…").icon(icons::INJECT).min_width(half)).clicked() {
            state.injection = Some(entry(record));
            out.push(Command::Open(Dialog::Inject));
        }
    });
}

/// The record as it is edited: its text where it has one, unpacked; otherwise its bytes.
fn entry(record: &Record) -> PutEntry {
    let data = record.decoded.text.as_ref().map_or_else(|| record.data.to_vec(), |text| text.clone().into_bytes());
    PutEntry { partition_key: record.partition_key.clone(), explicit_hash_key: None, data }
}
