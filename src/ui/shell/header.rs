//! The line at the top of a place: its title, the search box, what can be done here. For a stream also its tabs.

use eframe::egui::{
    Align, Align2, Layout, Popup, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::model::format;
use crate::model::health::Severity;
use crate::model::ids::StreamName;
use crate::model::stream::{Encryption, StreamMode, StreamStatus, StreamSummary};
use crate::model::world::World;
use crate::ui::command::{Command, Commands, Dialog, StreamPart, Tab};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::{self, Button, TagStyle};

/// Height of a header without tabs.
pub const HEIGHT: f32 = 44.0;
/// Height of the tabs.
const TABS: f32 = 33.0;
/// Height of a stream's header with its tabs.
pub const STREAM_HEIGHT: f32 = HEIGHT + TABS;

/// A header with a title; `tools` is laid out from the right, before the search box.
pub fn plain(ui: &mut Ui, title: &str, subtitle: &str, out: &mut Commands, tools: impl FnOnce(&mut Ui, &mut Commands)) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let t = theme::tokens(ui);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let right = tools_ui(ui, rect, out, tools);
    let area = |left: f32| Rect::from_min_max(pos2(left, rect.top()), pos2(right - 12.0, rect.bottom()));
    let left = rect.left() + 16.0;
    let response = ui.interact(area(left), ui.scope_id().with("title"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, format!("{title}. {subtitle}")));
    let shown = widgets::paint_elided(ui.painter(), area(left), Align::Min, title, fonts::title(), t.strong);
    widgets::paint_elided(ui.painter(), area(shown.right() + 12.0), Align::Min, subtitle, fonts::small(), t.weak);
}

/// Search box and tools at the right; gives back the left edge of what they take.
fn tools_ui(ui: &mut Ui, rect: Rect, out: &mut Commands, tools: impl FnOnce(&mut Ui, &mut Commands)) -> f32 {
    let area = Rect::from_min_max(rect.min, pos2(rect.right() - 12.0, rect.bottom()));
    let layout = Layout::right_to_left(Align::Center);
    let mut inner = ui.new_child(UiBuilder::new().id_salt("tools").max_rect(area).layout(layout));
    inner.spacing_mut().item_spacing.x = 8.0;
    tools(&mut inner, out);
    search_box(&mut inner, out);
    inner.min_rect().left()
}

/// Looks like a field, opens the palette.
fn search_box(ui: &mut Ui, out: &mut Commands) {
    let width = (ui.available_width() * 0.4).clamp(120.0, 188.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 26.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Go to, run…"));
    let t = theme::tokens(ui);
    let edge = if response.hovered() { t.stroke_strong } else { t.stroke };
    ui.painter().rect(rect, 4, t.inset, Stroke::new(1.0, edge), StrokeKind::Inside);
    let middle = rect.center().y;
    ui.painter().text(pos2(rect.left() + 9.0, middle), Align2::LEFT_CENTER, icons::SEARCH, fonts::icon(13.0), t.weak);
    ui.painter().text(pos2(rect.left() + 28.0, middle), Align2::LEFT_CENTER, "Go to, run…", fonts::small(), t.weak);
    let cap = widgets::tag::key_cap_size(ui.painter(), "Ctrl K").x;
    if rect.width() > 150.0 {
        widgets::paint_key_cap(ui.painter(), pos2(rect.right() - 6.0 - cap, middle), "Ctrl K", t.weak, t.stroke_strong);
    }
    if response.has_focus() {
        widgets::focus_ring(ui, rect, 4);
    }
    if response.clicked() {
        out.push(Command::TogglePalette);
    }
}

/// The header and the tabs of a stream.
pub fn stream(ui: &mut Ui, world: &World, name: &StreamName, tab: Tab, out: &mut Commands) {
    let whole = ui.max_rect();
    let rect = Rect::from_min_size(whole.min, vec2(whole.width(), HEIGHT));
    let right = tools_ui(ui, rect, out, |ui, out| {
        stream_menu(ui, name, out);
        for (dialog, text, icon) in
            [(Dialog::Reshard, "Reshard…", icons::SPLIT), (Dialog::Inject, "Inject…", icons::INJECT)]
        {
            if ui.add(Button::new(text).icon(icon)).clicked() {
                out.push(Command::Open(dialog));
            }
        }
    });
    title(ui, rect.with_max_x(right - 12.0), world, name, out);
    tabs(ui, Rect::from_min_max(pos2(whole.left(), rect.bottom()), whole.max), tab, out);
}

/// Everything else that can be done with the stream.
fn stream_menu(ui: &mut Ui, name: &StreamName, out: &mut Commands) {
    let button = Button::new("").icon(icons::MORE).name("More about the stream").tooltip("Mode, retention, tags…");
    let button = ui.add(button);
    Popup::menu(&button).id(button.id.with("menu")).show(|ui| {
        ui.set_width(180.0);
        if menu_item(ui, "Capacity mode…", false).clicked() {
            out.push(Command::PlanMode);
            ui.close();
        }
        stream_parts(ui, name, out);
    });
}

/// The parts of the dialog of a stream, as entries of a menu.
pub fn stream_parts(ui: &mut Ui, name: &StreamName, out: &mut Commands) {
    for part in StreamPart::ALL {
        if menu_item(ui, &format!("{}…", part.label()), false).clicked() {
            out.push(Command::Manage(name.clone(), part));
            ui.close();
        }
    }
}

fn title(ui: &mut Ui, rect: Rect, world: &World, name: &StreamName, out: &mut Commands) {
    let t = theme::tokens(ui);
    let row = world.fleet_row(name);
    let severity = row.map_or(Severity::Unknown, |row| row.health.severity);
    widgets::status_glyph(ui.painter(), t, pos2(rect.left() + 21.0, rect.center().y), severity);
    let tags = summary_of(world, name).map(tags_of).unwrap_or_default();
    // A long name leaves room for the tags, but never less than half of the line for itself.
    let tags_width: f32 = tags.iter().map(|(text, _)| widgets::tag_size(ui.painter(), text).x + 6.0).sum();
    let right = (rect.right() - 44.0 - tags_width).max(rect.left() + (rect.width() - 40.0) * 0.5);
    let area = Rect::from_min_max(pos2(rect.left() + 35.0, rect.top()), pos2(right, rect.bottom()));
    let shown = widgets::paint_elided_middle(ui.painter(), area, Align::Min, name.as_str(), fonts::title(), t.strong);
    let response = ui.interact(shown, ui.scope_id().with("stream name"), Sense::hover());
    let word = severity.word();
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, format!("{name} {word}")));
    response.on_hover_text(name.as_str());
    let rest = Rect::from_min_max(pos2(shown.right() + 4.0, rect.top()), rect.max);
    let builder = UiBuilder::new().id_salt("tags").max_rect(rest).layout(Layout::left_to_right(Align::Center));
    let mut inner = ui.new_child(builder);
    inner.set_clip_rect(rest.intersect(inner.clip_rect()));
    inner.spacing_mut().item_spacing.x = 6.0;
    widgets::copy_icon(&mut inner, "Copy stream name", name.as_str(), out);
    inner.add_space(4.0);
    for (text, style) in &tags {
        let width = widgets::tag_size(inner.painter(), text).x;
        if inner.available_width() < width {
            break;
        }
        widgets::tag(&mut inner, text, *style);
    }
}

fn summary_of<'a>(world: &'a World, name: &StreamName) -> Option<&'a StreamSummary> {
    let open = world.open.as_ref().filter(|open| open.name == *name).and_then(|open| open.summary.get());
    open.or_else(|| world.fleet_row(name).and_then(|row| row.summary.as_ref()))
}

fn tags_of(summary: &StreamSummary) -> Vec<(String, TagStyle)> {
    let status = match summary.status {
        StreamStatus::Active => TagStyle::Ok,
        StreamStatus::Deleting => TagStyle::Crit,
        _ => TagStyle::Accent,
    };
    let shards = match summary.open_shard_count {
        1 => "1 shard".to_owned(),
        count => format!("{} shards", format::grouped(i64::from(count))),
    };
    let mut tags = vec![(summary.status.as_str().to_owned(), status)];
    if summary.mode != StreamMode::Unknown {
        tags.push((summary.mode.label().to_owned(), TagStyle::Neutral));
    }
    tags.push((shards, TagStyle::Neutral));
    tags.push((format!("{} retention", format::retention(summary.retention_hours)), TagStyle::Neutral));
    if matches!(summary.encryption, Encryption::Kms { .. }) {
        tags.push((format!("{} KMS", icons::LOCK), TagStyle::Neutral));
    }
    tags
}

fn tab_icon(tab: Tab) -> &'static str {
    match tab {
        Tab::Heatmap => icons::HEATMAP,
        Tab::Shards => icons::SHARDS,
        Tab::Tail => icons::TAIL,
        Tab::Keys => icons::KEYS,
    }
}

fn tabs(ui: &mut Ui, rect: Rect, current: Tab, out: &mut Commands) {
    let t = theme::tokens(ui);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let mut left = rect.left() + 10.0;
    for tab in Tab::ALL {
        let width = widgets::text_width(ui.painter(), tab.label(), fonts::body_medium()) + 41.0;
        let area = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        left += width + 2.0;
        let response = ui.interact(area, ui.scope_id().with(("tab", tab)), Sense::click());
        let is_current = tab == current;
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_current, tab.label()));
        let color = if is_current || response.hovered() { t.strong } else { t.weak };
        let icon_color = if is_current { t.accent } else { color };
        let middle = area.center().y - 1.0;
        ui.painter().text(
            pos2(area.left() + 10.0, middle),
            Align2::LEFT_CENTER,
            tab_icon(tab),
            fonts::icon(14.0),
            icon_color,
        );
        ui.painter().text(
            pos2(area.left() + 31.0, middle),
            Align2::LEFT_CENTER,
            tab.label(),
            fonts::body_medium(),
            color,
        );
        if is_current {
            let line = Rect::from_min_max(pos2(area.left(), area.bottom() - 2.0), area.max);
            ui.painter().rect_filled(line, 0, t.accent);
        }
        if response.has_focus() {
            widgets::focus_ring(ui, area.shrink(3.0), 3);
        }
        if response.clicked() {
            out.push(Command::GoTab(tab));
        }
    }
    if left + 110.0 < rect.right() {
        tab_keys(ui, rect);
    }
}

fn tab_keys(ui: &Ui, rect: Rect) {
    let t = theme::tokens(ui);
    let painter = ui.painter();
    let middle = rect.center().y;
    let cap = |right: f32, key: &str| {
        let width = widgets::tag::key_cap_size(painter, key).x;
        widgets::paint_key_cap(painter, pos2(right - width, middle), key, t.weak, t.stroke).left()
    };
    let left = cap(rect.right() - 16.0, &Tab::ALL.len().to_string());
    let dash = painter.text(pos2(left - 8.0, middle), Align2::RIGHT_CENTER, "–", fonts::small(), t.weak);
    let left = cap(dash.left() - 7.0, "1");
    painter.text(pos2(left - 8.0, middle), Align2::RIGHT_CENTER, "tabs", fonts::small(), t.weak);
}
