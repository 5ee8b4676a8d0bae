//! What is in a record, as a tree, as text, as bytes. Worked out once for each record and width; only rows in sight are
//! laid out, and what is shown is bounded.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use eframe::egui::{Align, Align2, Id, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::find::Find;
use super::hex;
use super::inspector::Face;
use super::json_ink::{Ink, inked_job, pieces, plain_job};
use crate::model::filter::{Filter, FilterKind, FilterSpec};
use crate::model::format;
use crate::model::json_tree::{JsonKind, JsonNode, JsonTree};
use crate::model::mask;
use crate::model::record::Record;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::text::job;
use crate::ui::widgets::{self};

const TREE_ROW: f32 = 19.0;
const TEXT_ROW: f32 = 16.0;
/// Most values of a tree: what can be taken apart well within a frame.
const MAX_NODES: usize = 50_000;
/// Most bytes that are shown as text or bytes; all of them can be copied.
const MAX_SHOWN_BYTES: usize = 2 * 1_048_576;

/// What the contents are drawn with.
pub struct Lens<'a> {
    /// The record as it may be shown.
    pub record: &'a Record,
    /// How its contents are shown.
    pub face: Face,
    /// What marks parts of it.
    pub filter: Option<&'a Filter>,
    /// What is looked for in it.
    pub find: &'a mut Find,
}

/// What was asked for in the menu of a value.
pub enum Wish {
    /// Another filter.
    Filter(FilterSpec),
    /// Another masking rule.
    Mask(String),
}

/// What was worked out of the record that is shown.
#[derive(Debug, Default)]
pub struct Contents {
    record: Option<(u64, usize)>,
    tree: Option<Result<JsonTree, String>>,
    folded: HashSet<usize>,
    visible: Vec<usize>,
    /// The text as it is drawn: harmless, with its line ends, bounded.
    shown: Option<String>,
    pieces: Vec<(Range<usize>, Ink)>,
    /// Characters per line that `lines` was cut for.
    columns: usize,
    lines: Vec<Range<usize>>,
}

impl Contents {
    /// `length` tells a record from the same one decoded or masked in another way.
    fn turn_to(&mut self, id: u64, length: usize) {
        if self.record != Some((id, length)) {
            *self = Self { record: Some((id, length)), ..Self::default() };
        }
    }

    /// Unfolds all that a node is in; the row it is then in.
    fn reveal(&mut self, node: usize) -> Option<usize> {
        let Some(Ok(tree)) = &self.tree else { return None };
        let mut above = tree.get(node)?.parent;
        while let Some(at) = above {
            self.folded.remove(&at);
            above = tree.get(at).and_then(|node| node.parent);
        }
        self.visible = tree.visible(|at| self.folded.contains(&at));
        self.visible.binary_search(&node).ok()
    }

    fn tree<'t>(&mut self, text: impl FnOnce() -> Cow<'t, str>) -> Result<&JsonTree, &str> {
        if self.tree.is_none() {
            let tree = JsonTree::parse(&text(), MAX_NODES).map_err(|error| error.to_string());
            if let Ok(tree) = &tree {
                self.folded = folded_at_first(tree);
                self.visible = tree.visible(|at| self.folded.contains(&at));
            }
            self.tree = Some(tree);
        }
        match &self.tree {
            Some(Ok(tree)) => Ok(tree),
            Some(Err(error)) => Err(error),
            None => Err("not read"),
        }
    }

    fn toggle(&mut self, node: usize) {
        if !self.folded.remove(&node) {
            self.folded.insert(node);
        }
        if let Some(Ok(tree)) = &self.tree {
            self.visible = tree.visible(|at| self.folded.contains(&at));
        }
    }

    fn wrap(&mut self, text: &str, columns: usize, is_json: bool) {
        if self.shown.is_none() {
            let shown = harmless(text);
            self.pieces = if is_json { pieces(&shown) } else { Vec::new() };
            self.shown = Some(shown);
            self.columns = 0;
        }
        if self.columns != columns {
            self.columns = columns;
            self.lines = wrapped(self.shown.as_deref().unwrap_or_default(), columns);
        }
    }

    /// The colours of one line, from its own start.
    fn pieces_of(&self, line: &Range<usize>) -> Vec<(Range<usize>, Ink)> {
        let first = self.pieces.partition_point(|(range, _)| range.end <= line.start);
        let own = self.pieces.get(first..).unwrap_or_default().iter().take_while(|(range, _)| range.start < line.end);
        own.map(|(range, ink)| (range.start.max(line.start) - line.start..range.end.min(line.end) - line.start, *ink))
            .collect()
    }
}

/// Containers that are deep or long start folded.
fn folded_at_first(tree: &JsonTree) -> HashSet<usize> {
    let is_long = |node: &JsonNode| match node.kind {
        JsonKind::Object { len } => len > 8,
        JsonKind::Array { len } => len > 4,
        _ => false,
    };
    let is_folded = |node: &JsonNode| node.is_container() && (node.depth >= 3 || (node.depth >= 1 && is_long(node)));
    tree.nodes().iter().enumerate().filter(|(_, node)| is_folded(node)).map(|(at, _)| at).collect()
}

/// The first part of a text with everything that could mislead made visible; line ends stay.
fn harmless(text: &str) -> String {
    let mut end = text.len().min(MAX_SHOWN_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let shown = text.get(..end).unwrap_or_default();
    shown.chars().filter(|c| *c != '\r').map(|c| if c == '\n' { c } else { format::visible(c) }).collect()
}

/// Byte ranges of lines of at most `columns` characters; line ends are left out.
fn wrapped(text: &str, columns: usize) -> Vec<Range<usize>> {
    let columns = columns.max(8);
    let mut lines = Vec::new();
    let (mut start, mut count) = (0, 0);
    for (at, character) in text.char_indices() {
        if character == '\n' {
            lines.push(start..at);
            (start, count) = (at + 1, 0);
        } else if count == columns {
            lines.push(start..at);
            (start, count) = (at, 1);
        } else {
            count += 1;
        }
    }
    if start < text.len() {
        lines.push(start..text.len());
    }
    lines
}

/// Draws the contents in the chosen way; what was asked for of a value in it.
pub fn show(ui: &mut Ui, id: u64, lens: Lens<'_>, contents: &mut Contents, out: &mut Commands) -> Option<Wish> {
    let record = lens.record;
    contents
        .turn_to(id, record.decoded.text.as_deref().map_or(0, str::len) * 2 + usize::from(record.decoded.is_json()));
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    let text = record.decoded.text.as_deref().unwrap_or_default();
    match lens.face {
        Face::Tree => {
            if let Err(error) = contents.tree(|| record.decoded.json().unwrap_or_default()).map(|_| ()) {
                let error = error.to_owned();
                ui.add_space(8.0);
                widgets::label(ui, format!("  {error}"), fonts::small(), theme::tokens(ui).weak);
                raw(ui, text, lens, contents, true);
                return None;
            }
            return tree(ui, lens, contents, out);
        }
        Face::Raw => {
            let is_json = record.decoded.is_json() || record.decoded.is_ndjson();
            raw(ui, text, lens, contents, is_json);
        }
        Face::Hex => hex::show(ui, record),
        // Drawn elsewhere: it is about two records.
        Face::Compare => {}
    }
    None
}

fn tree(ui: &mut Ui, lens: Lens<'_>, contents: &mut Contents, out: &mut Commands) -> Option<Wish> {
    let is_many = lens.record.decoded.is_ndjson();
    let mut scroll_to = None;
    if let Some(Ok(tree)) = &contents.tree {
        lens.find.look_through((contents.record, 0), tree.len(), |at, needle| {
            tree.get(at)
                .is_some_and(|node| needle.is_in(&node.text) || node.key.as_ref().is_some_and(|key| needle.is_in(key)))
        });
        if let Some(node) = lens.find.take_jump() {
            scroll_to = contents.reveal(node);
        }
    }
    let (mut toggled, mut asked) = (None, None);
    if let Some(Ok(tree)) = &contents.tree {
        ui.add_space(5.0);
        let (visible, folded) = (&contents.visible, &contents.folded);
        let mut area = ScrollArea::vertical().id_salt("tree").auto_shrink([false, false]);
        if let Some(row) = scroll_to {
            area = area.vertical_scroll_offset((row as f32 * TREE_ROW - ui.available_height() / 2.0).max(0.0));
        }
        area.show_rows(ui, TREE_ROW, visible.len(), |ui, rows| {
            for row in rows {
                let Some(at) = visible.get(row).copied() else { continue };
                let path = tree.path(at);
                let path = if is_many { outside_array(&path) } else { path };
                let mark = mark_of(tree.get(at), &path, &lens, at);
                let (is_toggled, filter) = tree_row(ui, row, tree, (at, &path), folded.contains(&at), mark, out);
                toggled = if is_toggled { Some(at) } else { toggled };
                asked = filter.or(asked.take());
            }
        });
    }
    if let Some(at) = toggled {
        contents.toggle(at);
    }
    asked
}

/// A path without the array that several values were put into; a filter sees each value by itself.
fn outside_array(path: &str) -> String {
    let rest = path.strip_prefix(".[").and_then(|rest| rest.split_once(']')).map_or(path, |(_, rest)| rest);
    if rest.starts_with('.') { rest.to_owned() } else { format!(".{rest}") }
}

/// What stands at the right of a row, and whether it is what is looked for now.
fn mark_of(node: Option<&JsonNode>, path: &str, lens: &Lens<'_>, at: usize) -> (&'static str, bool) {
    let Some(node) = node else { return ("", false) };
    let hits = |filter: &Filter| {
        let is_hit = |text: &str| !filter.ranges_in(text).is_empty();
        is_hit(&node.text) || node.key.as_deref().is_some_and(is_hit)
    };
    let words = match lens.filter {
        Some(filter) if hits(filter) => "filter matches here",
        Some(filter) if filter.names_path(path) => "filter looks here",
        _ if lens.find.is_hit(at) => "found",
        _ => "",
    };
    (words, lens.find.is_current(at))
}

/// One value; whether it was folded or unfolded, and what was asked for of it.
fn tree_row(
    ui: &mut Ui,
    row: usize,
    tree: &JsonTree,
    (at, path): (usize, &str),
    is_folded: bool,
    (words, is_current): (&str, bool),
    out: &mut Commands,
) -> (bool, Option<Wish>) {
    let Some(node) = tree.get(at) else { return (false, None) };
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), TREE_ROW), Sense::hover());
    let response = ui.interact(rect, Id::unique("tail json row").with(row % 512), Sense::click());
    let key = node.key.as_deref().map(|key| format::one_line(key, 120));
    let value = value_words(node, is_folded);
    let name = format::one_line(&format!("{path}: {value}"), 300);
    response.widget_info(|| match node.is_container() {
        true => WidgetInfo::selected(Role::TreeItem, true, !is_folded, &name),
        false => WidgetInfo::labeled(Role::TreeItem, true, &name),
    });
    let painter = ui.painter();
    if is_current {
        painter.rect_filled(rect, 0, t.selected);
    } else if !words.is_empty() || response.hovered() {
        painter.rect_filled(rect, 0, t.hover);
    }
    // A tree that is nested a thousand deep must not leave the window.
    let indent = rect.left() + 8.0 + 16.0 * node.depth.min(14) as f32;
    for depth in 1..=node.depth.min(14) {
        let x = rect.left() + 13.5 + 16.0 * (depth - 1) as f32;
        painter.vline(x, rect.y_range(), Stroke::new(1.0, t.stroke_weak));
    }
    if node.is_container() {
        let caret = if is_folded { icons::CARET_RIGHT } else { icons::CARET_DOWN };
        painter.text(pos2(indent + 1.0, rect.center().y), Align2::LEFT_CENTER, caret, fonts::icon(10.0), t.weak);
    }
    let reserve = if words.is_empty() { 6.0 } else { widgets::text_width(painter, words, fonts::caption()) + 14.0 };
    let area = Rect::from_min_max(pos2(indent + 15.0, rect.top()), pos2(rect.right() - reserve, rect.bottom()));
    widgets::text::paint_job(painter, area, Align::Min, node_job(t, node, key.as_deref(), &value));
    let at_right = pos2(rect.right() - 8.0, rect.center().y);
    painter.text(at_right, Align2::RIGHT_CENTER, words, fonts::caption(), t.accent);
    let mut asked = None;
    response.context_menu(|ui| asked = tree_menu(ui, path, node, out));
    (response.clicked() && node.is_container(), asked)
}

fn tree_menu(ui: &mut Ui, path: &str, node: &JsonNode, out: &mut Commands) -> Option<Wish> {
    ui.set_width(230.0);
    let mut asked = None;
    let value = match node.kind {
        JsonKind::String => Some(serde_json::Value::from(node.text.as_str()).to_string()),
        JsonKind::Number | JsonKind::Literal => Some(node.text.clone()),
        _ => None,
    };
    if let Some(value) = value
        && menu_item(ui, "Filter by this value", false).clicked()
    {
        asked = Some(Wish::Filter(FilterSpec::new(FilterKind::Jq, format!("{path} == {value}"))));
        ui.close();
    }
    if path != "." && menu_item(ui, "Filter by this field", false).clicked() {
        asked = Some(Wish::Filter(FilterSpec::new(FilterKind::Jq, format!("{path} != null"))));
        ui.close();
    }
    if let Some(rule) = mask::rule_of_path(path)
        && menu_item(ui, "Mask this field everywhere", false).clicked()
    {
        asked = Some(Wish::Mask(rule));
        ui.close();
    }
    let mut copy = |ui: &mut Ui, label: &str, text: String| {
        if menu_item(ui, label, false).clicked() {
            out.push(Command::Copy(text));
            ui.close();
        }
    };
    if !node.is_container() {
        copy(ui, "Copy value", node.text.clone());
    }
    copy(ui, "Copy path", path.to_owned());
    if let Some(key) = &node.key {
        copy(ui, "Copy key", key.clone());
    }
    asked
}

fn value_words(node: &JsonNode, is_folded: bool) -> String {
    match node.kind {
        JsonKind::Object { len } if is_folded || len > 0 => format!("{{ {len} }}"),
        JsonKind::Object { .. } => "{ }".to_owned(),
        JsonKind::Array { len } if is_folded || len > 0 => format!("[ {len} ]"),
        JsonKind::Array { .. } => "[ ]".to_owned(),
        JsonKind::String => format!("\"{}\"", format::one_line(&node.text, 400)),
        JsonKind::Number | JsonKind::Literal => format::one_line(&node.text, 400),
    }
}

fn node_job(t: &Tokens, node: &JsonNode, key: Option<&str>, value: &str) -> eframe::egui::text::LayoutJob {
    let font = fonts::value();
    let ink = match node.kind {
        JsonKind::Object { .. } | JsonKind::Array { .. } => t.weak,
        JsonKind::String => Ink::Text.color(t),
        JsonKind::Number => Ink::Number.color(t),
        JsonKind::Literal => Ink::Literal.color(t),
    };
    let place = node.index.map(|index| index.to_string());
    match (key, &place) {
        (Some(key), _) => job(&[(key, font.clone(), t.syn_key), (": ", font.clone(), t.syn_punct), (value, font, ink)]),
        (None, Some(place)) => {
            job(&[(place, font.clone(), t.faint), (": ", font.clone(), t.syn_punct), (value, font, ink)])
        }
        (None, None) => job(&[(value, font, ink)]),
    }
}

fn raw(ui: &mut Ui, text: &str, lens: Lens<'_>, contents: &mut Contents, is_json: bool) {
    let t = theme::tokens(ui);
    let font = fonts::dense();
    let digit = widgets::text_width(ui.painter(), "0000000000", font.clone()) / 10.0;
    let columns = ((ui.available_width() - 28.0) / digit.max(1.0)).floor().max(8.0) as usize;
    contents.wrap(text, columns, is_json);
    ui.add_space(6.0);
    let (lines, shown) = (&contents.lines, contents.shown.as_deref().unwrap_or_default());
    let is_cut = text.len() > MAX_SHOWN_BYTES;
    let count = lines.len() + usize::from(is_cut);
    lens.find.look_through((contents.record, columns), lines.len(), |at, needle| {
        lines.get(at).and_then(|line| shown.get(line.clone())).is_some_and(|line| needle.is_in(line))
    });
    let mut area = ScrollArea::vertical().id_salt("raw").auto_shrink([false, false]);
    if let Some(line) = lens.find.take_jump() {
        area = area.vertical_scroll_offset((line as f32 * TEXT_ROW - ui.available_height() / 2.0).max(0.0));
    }
    area.show_rows(ui, TEXT_ROW, count, |ui, rows| {
        for row in rows {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), TEXT_ROW), Sense::hover());
            let area = rect.shrink2(vec2(14.0, 0.0));
            let Some(range) = lines.get(row) else {
                let words = format!("Shown up to {}. Copy gives all.", format::bytes(MAX_SHOWN_BYTES as u64));
                widgets::paint_elided(ui.painter(), area, Align::Min, &words, fonts::small(), t.weak);
                continue;
            };
            let line = shown.get(range.clone()).unwrap_or_default();
            let marks = match lens.find.needle() {
                Some(needle) => needle.ranges_in(line),
                None => lens.filter.map_or_else(Vec::new, |filter| filter.ranges_in(line)),
            };
            if lens.find.is_current(row) {
                ui.painter().rect_filled(rect, 0, t.selected);
            }
            let job = match is_json {
                true => inked_job(line, contents.pieces_of(range), &font, t, &marks),
                false => plain_job(line, &font, t.text, t, &marks),
            };
            widgets::text::paint_job(ui.painter(), area.with_max_x(rect.right()), Align::Min, job);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_between_characters() {
        let text = "ééééééééééé\nb\n\nc";
        let lines: Vec<&str> = wrapped(text, 8).into_iter().map(|range| &text[range]).collect();
        assert_eq!(lines, ["éééééééé", "ééé", "b", "", "c"]);
        assert!(wrapped("", 8).is_empty());
    }

    #[test]
    fn folding_survives_until_another_record_is_shown() {
        let mut contents = Contents::default();
        contents.turn_to(1, 0);
        assert!(contents.tree(|| r#"{"a":{"b":1},"c":[1,2,3,4,5]}"#.into()).is_ok());
        assert_eq!(contents.visible.len(), 4, "the long array starts folded");
        contents.toggle(1);
        assert_eq!(contents.visible.len(), 3);
        contents.turn_to(1, 0);
        assert_eq!(contents.visible.len(), 3);
        contents.turn_to(2, 0);
        assert!(contents.visible.is_empty());
    }

    #[test]
    fn what_is_found_in_a_fold_is_brought_to_light() {
        let mut contents = Contents::default();
        contents.turn_to(1, 0);
        assert!(contents.tree(|| r#"{"a":{"b":1},"c":[1,2,3,4,{"d":5}]}"#.into()).is_ok());
        let deepest = contents.tree.as_ref().and_then(|tree| tree.as_ref().ok()).map_or(0, JsonTree::len) - 1;
        assert_eq!(contents.visible.binary_search(&deepest).ok(), None);
        assert_eq!(contents.reveal(deepest), Some(deepest));
        assert_eq!(outside_array(".[3].a.b"), ".a.b");
        assert_eq!((outside_array(".[3]"), outside_array(".a[0]")), (".".to_owned(), ".a[0]".to_owned()));
    }
}
