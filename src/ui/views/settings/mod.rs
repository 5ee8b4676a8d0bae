//! All settings in one place: they apply at once, and the last changes can be undone. What a view offers to change itself,
//! such as the heatmap's thresholds, stands here, too.

mod about;
mod form;
mod lists;
mod sections;

use eframe::egui::{
    Align, Align2, Id, Key, Modifiers, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::model::settings::Settings;
use crate::model::world::World;
use crate::ui::command::{Command, Commands};
use crate::ui::shell::header;
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, TextField};

/// Changes that can be undone.
const UNDO_MAX: usize = 50;
/// Width of the list of sections.
const NAV: f32 = 172.0;
/// Height of one of them.
const NAV_ROW: f32 = 28.0;
/// Below this width of the place, the list of sections is left out.
const NAV_FROM: f32 = 700.0;
/// From this width on, sections stand in two columns.
const TWO_COLUMNS_FROM: f32 = 860.0;

/// What a person has done in this view.
#[derive(Debug, Default)]
pub struct SettingsState {
    /// The search takes the focus in this frame.
    pub focus_filter: bool,
    find: String,
    /// The section that was gone to last, and whether it is still to be scrolled to.
    current: Option<Section>,
    is_scrolling: bool,
    /// What was changed, the last change last.
    changes: Vec<Change>,
    draft: sections::Draft,
    mask: String,
}

/// A change that can be taken back.
#[derive(Debug)]
struct Change {
    /// What it was, in words.
    words: String,
    before: Settings,
    after: Settings,
}

/// A group of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Section {
    Thresholds,
    Reading,
    Buffers,
    Look,
    Masking,
    Environments,
    Keyboard,
    About,
}

impl Section {
    const LEFT: [Self; 4] = [Self::Thresholds, Self::Reading, Self::Buffers, Self::Look];
    const RIGHT: [Self; 4] = [Self::Masking, Self::Environments, Self::Keyboard, Self::About];

    fn all() -> impl Iterator<Item = Self> {
        Self::LEFT.into_iter().chain(Self::RIGHT)
    }

    fn label(self) -> &'static str {
        match self {
            Self::Thresholds => "Thresholds",
            Self::Reading => "Refresh and reads",
            Self::Buffers => "Buffers",
            Self::Look => "Time and theme",
            Self::Masking => "Masking",
            Self::Environments => "Environments",
            Self::Keyboard => "Keyboard",
            Self::About => "About",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Thresholds => icons::CAPACITY,
            Self::Reading => icons::REFRESH,
            Self::Buffers => icons::DATABASE,
            Self::Look => icons::SUN,
            Self::Masking => icons::EYE,
            Self::Environments => icons::SHIELD,
            Self::Keyboard => icons::KEYBOARD,
            Self::About => icons::INFO,
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Thresholds => "colours, lines and flags of the heatmap follow them",
            Self::Reading => "what looking at a stream takes from it",
            Self::Buffers => "on this machine only",
            Self::Look | Self::About => "",
            Self::Masking => "fields that are hidden before they are drawn",
            Self::Environments => "how careful to be on a connection",
            Self::Keyboard => "all of the program can be used by it",
        }
    }

    /// The words that a search finds it by, beside its label.
    fn words(self) -> &'static str {
        match self {
            Self::Thresholds => "utilization shard warning critical percent limit heatmap",
            Self::Reading => "fleet heatmap every seconds interval cloudwatch getrecords budget polling",
            Self::Buffers => "tail records memory mib gib cap",
            Self::Look => "dark light utc local zone text size zoom",
            Self::Masking => "personal data hide field path privacy partition key",
            Self::Environments => "prod staging dev profile endpoint production colour",
            Self::Keyboard => "shortcuts keys",
            Self::About => "version files folder usage data settings.json",
        }
    }

    fn is_found(self, find: &str) -> bool {
        let find = find.trim().to_lowercase();
        let found = |word: &str| self.label().to_lowercase().contains(word) || self.words().contains(word);
        find.split_whitespace().all(found)
    }
}

/// Everything that a section needs.
struct Scene<'a> {
    world: &'a World,
    state: &'a mut SettingsState,
    out: &'a mut Commands,
}

impl Scene<'_> {
    /// Changes a setting, where that makes a difference; `words` say what it is now and was before.
    fn change(&mut self, words: impl Into<String>, change: impl FnOnce(&mut Settings)) {
        let before = &self.world.settings;
        let mut after = before.clone();
        change(&mut after);
        let after = after.clamped();
        if after != *before {
            self.state.changes.push(Change { words: words.into(), before: before.clone(), after: after.clone() });
            let surplus = self.state.changes.len().saturating_sub(UNDO_MAX);
            self.state.changes.drain(..surplus);
            self.out.push(Command::SetSettings(Box::new(after)));
        }
    }
}

/// `Text size is 90 % now, was 100 %`.
fn now_was(what: &str, now: &str, was: &str) -> String {
    format!("{what} is {now} now, was {was}")
}

/// Draws the view.
pub fn show(ui: &mut Ui, world: &World, state: &mut SettingsState, out: &mut Commands) {
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    let mut scene = Scene { world, state, out };
    head(ui, &mut scene);
    let rest = ui.available_rect_before_wrap();
    let nav = if rest.width() >= NAV_FROM { NAV } else { 0.0 };
    if nav > 0.0 {
        let area = rest.with_max_x(rest.left() + nav);
        navigation(&mut crate::ui::region(ui, area, "sections"), &mut scene);
        let t = theme::tokens(ui);
        ui.painter().vline(area.right() - 0.5, area.y_range(), Stroke::new(1.0, t.stroke));
    }
    let mut inner = crate::ui::region(ui, rest.with_min_x(rest.left() + nav), "settings");
    columns(&mut inner, &mut scene);
}

/// Title, the last change with its way back, and the search.
fn head(ui: &mut Ui, scene: &mut Scene<'_>) {
    if widgets::takes_keys(ui) && ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Z)) {
        undo(scene);
    }
    let takes_focus = std::mem::take(&mut scene.state.focus_filter);
    let state = &mut *scene.state;
    let last = state.changes.last().map(|change| change.words.clone());
    let find = &mut state.find;
    let mut is_undone = false;
    header::plain(ui, "Settings", "they apply at once", scene.out, |ui, _| {
        TextField::new(Id::unique("find a setting"), "Find a setting", find)
            .icon(icons::SEARCH)
            .hint("Find a setting")
            .key("/")
            .toolbar()
            .width(170.0)
            .focus(takes_focus)
            .show(ui);
        let Some(words) = last else { return };
        is_undone = ui.add(Button::new("Undo").name("Undo the last change").key("Ctrl Z")).clicked();
        let t = theme::tokens(ui);
        // The search box and the title need some room of their own.
        let width = widgets::text_width(ui.painter(), &words, fonts::small()).min(ui.available_width() - 340.0) + 20.0;
        if width > 60.0 {
            let (rect, response) = ui.allocate_exact_size(vec2(width, 26.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &words));
            ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, icons::CHECK, fonts::icon(13.0), t.ok);
            let place = rect.with_min_x(rect.left() + 18.0);
            widgets::paint_elided(ui.painter(), place, Align::Min, &words, fonts::small(), t.text);
        }
    });
    if is_undone {
        undo(scene);
    }
}

fn undo(scene: &mut Scene<'_>) {
    if let Some(Change { before, after, .. }) = scene.state.changes.pop() {
        scene.state.draft.forget();
        scene.out.push(Command::SetSettings(Box::new(scene.world.settings.without(&before, &after))));
    }
}

fn navigation(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    ui.add_space(8.0);
    for section in Section::all() {
        let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), NAV_ROW), Sense::hover());
        let area = row.shrink2(vec2(6.0, 0.0));
        let response = ui.interact(area, ui.scope_id().with(("section", section)), Sense::click());
        let is_current = scene.state.current.unwrap_or(Section::Thresholds) == section;
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_current, section.label()));
        if is_current || response.hovered() {
            ui.painter().rect_filled(area, 4, if is_current { t.selected } else { t.hover });
        }
        let is_found = section.is_found(&scene.state.find);
        let color = match (is_current, is_found) {
            (_, false) => t.faint,
            (true, true) => t.strong,
            (false, true) => t.text,
        };
        let middle = area.center().y;
        let icon_color = if is_current { t.accent } else { t.weak };
        let at = pos2(area.left() + 17.0, middle);
        ui.painter().text(at, Align2::CENTER_CENTER, section.icon(), fonts::icon(14.0), icon_color);
        let at = pos2(area.left() + 31.0, middle);
        ui.painter().text(at, Align2::LEFT_CENTER, section.label(), fonts::body_medium(), color);
        if response.has_focus() {
            widgets::focus_ring(ui, area, 4);
        }
        if response.clicked() {
            scene.state.current = Some(section);
            scene.state.is_scrolling = true;
            scene.state.find.clear();
        }
    }
}

fn columns(ui: &mut Ui, scene: &mut Scene<'_>) {
    let area = ui.max_rect();
    let found = |all: [Section; 4]| all.into_iter().filter(|one| one.is_found(&scene.state.find)).collect::<Vec<_>>();
    let (left, right) = (found(Section::LEFT), found(Section::RIGHT));
    if left.is_empty() && right.is_empty() {
        let hint = "Search for what it does: dark, memory, production, hide.";
        if widgets::empty(ui, icons::SEARCH, "No setting is called so", hint, Some("Show all")) {
            scene.state.find.clear();
        }
        return;
    }
    let is_double = area.width() >= TWO_COLUMNS_FROM && !left.is_empty() && !right.is_empty();
    ScrollArea::vertical().id_salt("all settings").auto_shrink(false).show(ui, |ui| {
        let all = if is_double { vec![left, right] } else { vec![left.into_iter().chain(right).collect()] };
        let whole = ui.available_rect_before_wrap();
        let width = (whole.width() / all.len() as f32).floor();
        let mut height = 0.0_f32;
        for (at, sections) in all.iter().enumerate() {
            let x = whole.left() + at as f32 * width;
            let place = Rect::from_min_size(pos2(x, whole.top()), vec2(width, f32::INFINITY));
            let mut column = ui.new_child(UiBuilder::new().id_salt(at).max_rect(place));
            sections.iter().for_each(|section| one(&mut column, *section, scene));
            height = height.max(column.min_rect().height());
        }
        let t = theme::tokens(ui);
        if is_double {
            let y = whole.top()..=whole.top() + height.max(area.height());
            ui.painter().vline(whole.left() + width - 0.5, y, Stroke::new(1.0, t.stroke));
        }
        ui.allocate_exact_size(vec2(whole.width(), height), Sense::hover());
    });
}

/// One section with its heading.
fn one(ui: &mut Ui, section: Section, scene: &mut Scene<'_>) {
    let heading = form::heading(ui, section.label(), section.hint());
    if scene.state.is_scrolling && scene.state.current == Some(section) {
        scene.state.is_scrolling = false;
        ui.scroll_to_rect(heading, Some(Align::Min));
    }
    match section {
        Section::Thresholds => sections::thresholds(ui, scene),
        Section::Reading => sections::reading(ui, scene),
        Section::Buffers => sections::buffers(ui, scene),
        Section::Look => sections::look(ui, scene),
        Section::Masking => lists::masking(ui, scene),
        Section::Environments => lists::environments(ui, scene),
        Section::Keyboard => about::keyboard(ui, scene),
        Section::About => about::about(ui, scene),
    }
    form::end(ui);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_found_by_what_they_do() {
        let found = |find: &str| Section::all().filter(|section| section.is_found(find)).collect::<Vec<_>>();
        assert_eq!(found("").len(), 8);
        assert_eq!(found(" Dark "), [Section::Look]);
        assert_eq!(found("memory"), [Section::Buffers]);
        assert_eq!(found("time theme"), [Section::Look]);
        assert!(found("no such thing").is_empty());
    }
}
