//! The part for tags: what is there, edited in place; nothing is sent before the button is pressed.

use std::collections::{BTreeMap, BTreeSet};

use eframe::egui::{Align, Id, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::super::change::{ChangeOffer, Subject, parts};
use super::checks;
use crate::model::change::{ChangeRequest, StreamChange, rules};
use crate::model::cost::CostLine;
use crate::model::format;
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, TagStyle, TextField};

const ROW: f32 = 28.0;

/// What the part remembers: edits that are not sent.
#[derive(Debug, Default)]
pub struct TagsPart {
    set: BTreeMap<String, String>,
    removed: BTreeSet<String>,
    key: String,
    value: String,
}

/// What becomes of a tag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    New,
    Changed,
    Removed,
}

impl TagsPart {
    /// Whether there are edits that are not sent.
    pub fn is_dirty(&self) -> bool {
        !(self.set.is_empty() && self.removed.is_empty() && self.key.is_empty())
    }

    /// Edits that the stream shows by now are no edits.
    fn follow(&mut self, subject: &Subject<'_>) {
        let Some(Ok(known)) = subject.details.map(|details| &details.tags) else { return };
        self.set.retain(|key, value| known.get(key) != Some(value));
        self.removed.retain(|key| known.contains_key(key));
    }

    fn changes(&self) -> Vec<StreamChange> {
        let set = (!self.set.is_empty()).then(|| StreamChange::SetTags(self.set.clone()));
        let removed = (!self.removed.is_empty()).then(|| StreamChange::RemoveTags(self.removed.clone()));
        // What goes first makes room for what comes.
        removed.into_iter().chain(set).collect()
    }

    /// What the edits offer.
    pub fn offer(&mut self, subject: &Subject<'_>) -> ChangeOffer {
        self.follow(subject);
        let changes = self.changes();
        let shown = changes.last().cloned().unwrap_or(StreamChange::SetTags(BTreeMap::new()));
        let (added, gone) = (self.set.len(), self.removed.len());
        let mut steps: Vec<(String, String)> =
            changes.iter().map(|change| (change.operation().to_owned(), "1 call".to_owned())).collect();
        steps.push(("Tags are listed so".to_owned(), "at once".to_owned()));
        let mut checks = checks(subject, &shown);
        if let (2, Some(first)) = (changes.len(), changes.first()) {
            checks.extend(self::checks(subject, first).into_iter().filter(|check| check.text.starts_with("Tags to")));
        }
        let arn = subject.arn().to_owned();
        ChangeOffer {
            request: (!changes.is_empty()).then(|| ChangeRequest { stream: subject.name.clone(), arn, changes }),
            missing: Some("No tag is changed yet.".to_owned()),
            button: match (added, gone) {
                (0, 0) => "Change tags".to_owned(),
                (0, gone) => format!("Remove {}", format::counted(gone, "tag")),
                (added, 0) => format!("Set {}", format::counted(added, "tag")),
                (added, gone) => format!("Set {added}, remove {gone}"),
            },
            icon: icons::FILE,
            verb: "change tags",
            checks,
            note: (gone > 0).then(|| {
                let words = "Cost reports, alarms and policies that look for these tags lose the stream.".to_owned();
                ("Removed tags may be looked for", words)
            }),
            steps,
            cost: vec![CostLine { text: "Tags are free".to_owned(), dollars: 0.0 }],
            footnote: "Policies may allow or deny actions by tag.".to_owned(),
            again: "Change tags again",
            ..ChangeOffer::default()
        }
        .guarded(subject.world, subject.name.as_str(), false)
    }

    /// Draws the part.
    pub fn show(&mut self, ui: &mut Ui, subject: &Subject<'_>) {
        let t = theme::tokens(ui);
        let known = match subject.details.map(|details| &details.tags) {
            None => return widgets::loading_rows(ui, "Loading tags", "ListTagsForStream", 6, ROW),
            Some(Err(problem)) => {
                widgets::text::paragraph(ui, &problem.sentence, fonts::body(), t.text);
                return;
            }
            Some(Ok(known)) => known,
        };
        parts::heading(ui, "Tags", &format!("{} of {}", known.len(), rules::MOST_TAGS));
        ui.add_space(6.0);
        self.entry(ui, known);
        ui.add_space(2.0);
        let mut rows: BTreeMap<&str, (&str, Fate)> =
            known.iter().map(|(key, value)| (key.as_str(), (value.as_str(), Fate::Stays))).collect();
        for (key, value) in &self.set {
            let fate = if known.contains_key(key) { Fate::Changed } else { Fate::New };
            rows.insert(key, (value, fate));
        }
        for key in &self.removed {
            if let Some((_, fate)) = rows.get_mut(key.as_str()) {
                *fate = Fate::Removed;
            }
        }
        if rows.is_empty() {
            widgets::empty(ui, icons::FILE, "No tags yet", "Tags sort costs and decide what policies allow.", None);
            return;
        }
        head(ui);
        let mut act = None;
        for (key, (value, fate)) in rows {
            if let Some(wish) = tag_row(ui, key, value, fate) {
                act = Some((key.to_owned(), value.to_owned(), wish));
            }
        }
        match act {
            Some((key, value, Wish::Edit)) => (self.key, self.value) = (key, value),
            Some((key, _, Wish::Remove)) => {
                self.removed.insert(key);
            }
            Some((key, _, Wish::Undo)) => {
                self.set.remove(&key);
                self.removed.remove(&key);
            }
            None => {}
        }
    }

    /// The fields for one tag. Enter takes it, too.
    fn entry(&mut self, ui: &mut Ui, known: &BTreeMap<String, String>) {
        let outcome = rules::tag(&self.key, &self.value);
        let is_there = known.contains_key(&self.key) || self.set.contains_key(&self.key);
        let mut is_taken = false;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let width = (ui.available_width() - 110.0) / 2.0;
            let is_bad = outcome.is_err() && !self.key.is_empty();
            for (name, text, hint) in
                [("Tag key", &mut self.key, "key"), ("Tag value", &mut self.value, "value, may be empty")]
            {
                let (area, _) = ui.allocate_exact_size(vec2(width, 28.0), Sense::hover());
                let field = TextField::new(Id::unique(name), name, text).mono().hint(hint).invalid(is_bad);
                let response = field.show_in(ui, area);
                is_taken |= response.lost_focus() && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter));
            }
            let words = if is_there { "Replace" } else { "Add" };
            let enabled = outcome.as_ref().copied().map_err(String::as_str);
            let button = Button::new(words).name("Take this tag").icon(icons::PLUS).height(28.0).enabled(enabled);
            is_taken |= ui.add(button.min_width(94.0)).clicked();
        });
        let words = outcome.as_ref().err().filter(|_| !self.key.is_empty());
        parts::complaint(ui, words.map_or("", String::as_str));
        if is_taken && outcome.is_ok() {
            let (key, value) = (std::mem::take(&mut self.key), std::mem::take(&mut self.value));
            self.removed.remove(&key);
            if known.get(&key) == Some(&value) {
                self.set.remove(&key);
            } else {
                self.set.insert(key, value);
            }
        }
    }
}

enum Wish {
    Edit,
    Remove,
    Undo,
}

fn columns(rect: Rect) -> [Rect; 3] {
    let (first, second) = (rect.left() + rect.width() * 0.36, rect.right() - 150.0);
    [
        rect.with_max_x(first - 8.0),
        Rect::from_min_max(pos2(first, rect.top()), pos2(second - 8.0, rect.bottom())),
        rect.with_min_x(second),
    ]
}

fn head(ui: &mut Ui) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let [key, value, _] = columns(rect);
    for (area, title) in [(key, "Key"), (value, "Value")] {
        widgets::paint_elided(ui.painter(), area, Align::Min, title, fonts::caption(), t.weak);
    }
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
}

fn tag_row(ui: &mut Ui, key: &str, value: &str, fate: Fate) -> Option<Wish> {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let (word, style) = match fate {
        Fate::Stays => ("", TagStyle::Neutral),
        Fate::New => ("NEW", TagStyle::Ok),
        Fate::Changed => ("CHANGED", TagStyle::Accent),
        Fate::Removed => ("REMOVED", TagStyle::Crit),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, format!("Tag {key} {value} {word}").trim_end()));
    let [left, middle, right] = columns(rect);
    let ink = if fate == Fate::Removed { t.faint } else { t.strong };
    let (key, value) = (format::one_line(key, 128), format::one_line(value, 256));
    let shown = widgets::paint_elided(ui.painter(), left, Align::Min, &key, fonts::value(), ink);
    if fate == Fate::Removed {
        ui.painter().hline(shown.x_range(), shown.center().y, Stroke::new(1.0, t.crit));
    }
    widgets::paint_elided(ui.painter(), middle, Align::Min, &value, fonts::value(), ink);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
    if !word.is_empty() {
        widgets::paint_tag(ui.painter(), t, right.left_center(), word, style);
    }
    let builder = UiBuilder::new()
        .id_salt(("tag", &key))
        .max_rect(right)
        .layout(eframe::egui::Layout::right_to_left(Align::Center));
    let mut place = ui.new_child(builder);
    place.spacing_mut().item_spacing.x = 2.0;
    if fate != Fate::Stays {
        let name = format!("Undo tag {key}");
        return place.add(Button::ghost("Undo").name(&name).small()).clicked().then_some(Wish::Undo);
    }
    let [remove, edit] = [format!("Remove tag {key}"), format!("Edit tag {key}")];
    if widgets::icon_button(&mut place, icons::TRASH, &remove).clicked() {
        return Some(Wish::Remove);
    }
    let edit = place.add(Button::ghost("Edit").name(&edit).small());
    edit.clicked().then_some(Wish::Edit)
}
