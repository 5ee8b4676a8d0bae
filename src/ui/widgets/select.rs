//! Picking one of a few: a segmented control for two to six, a drop-down for more.

use eframe::egui::{
    Align2, CornerRadius, Popup, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, vec2,
};

use super::button::Button;
use super::text::text_width;
use crate::ui::theme::{self, fonts, icons};

/// Picks one of 2 to 6. `name` is the name of the group; each label is the name of its segment. True when it changed.
pub fn segmented(ui: &mut Ui, name: &str, labels: &[&str], index: &mut usize) -> bool {
    segmented_sized(ui, name, labels, index, 26.0)
}

/// [`segmented`] in another height.
pub fn segmented_sized(ui: &mut Ui, name: &str, labels: &[&str], index: &mut usize, height: f32) -> bool {
    let segments: Vec<Segment<'_>> = labels.iter().map(|label| Segment::new(label)).collect();
    segmented_of(ui, name, &segments, index, height)
}

/// One of several to pick from.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// The words on it, and its name.
    pub label: &'a str,
    /// Drawn before the words.
    pub icon: Option<&'a str>,
    /// Why it has less to show than the others, or nothing: drawn as a lock, said in a tooltip.
    pub lock: Option<&'a str>,
    /// Whether it can be picked.
    pub is_enabled: bool,
}

impl<'a> Segment<'a> {
    /// One without a lock.
    pub fn new(label: &'a str) -> Self {
        Self { label, icon: None, lock: None, is_enabled: true }
    }

    /// With an icon before its words.
    pub fn icon(mut self, icon: &'a str) -> Self {
        self.icon = Some(icon);
        self
    }

    /// What is drawn before the words: that it is locked says more than what it is.
    fn mark(&self) -> Option<&'a str> {
        self.lock.map(|_| icons::LOCK).or(self.icon)
    }

    fn width(&self, ui: &Ui) -> f32 {
        let mark = if self.mark().is_some() { MARK_WIDTH } else { 0.0 };
        (text_width(ui.painter(), self.label, fonts::small_medium()) + 20.0 + mark).round()
    }
}

/// Room for an icon and the gap behind it.
const MARK_WIDTH: f32 = 17.0;

/// Width of [`segmented_of`].
pub fn segmented_width(ui: &Ui, segments: &[Segment<'_>]) -> f32 {
    segments.iter().map(|segment| segment.width(ui)).sum()
}

/// [`segmented`] in which some have a lock.
pub fn segmented_of(ui: &mut Ui, name: &str, segments: &[Segment<'_>], index: &mut usize, height: f32) -> bool {
    match segments_of(ui, name, segments, Some(*index), height).clicked {
        Some(at) if at != *index => {
            *index = at;
            true
        }
        _ => false,
    }
}

/// What came of [`segments`].
#[derive(Debug, Default)]
pub struct Segments {
    /// The segment that was clicked, selected already or not.
    pub clicked: Option<usize>,
    /// Where each one is, to hang something below it.
    pub rects: Vec<Rect>,
}

/// The segments of [`segmented`], for those that open something.
pub fn segments(ui: &mut Ui, name: &str, labels: &[&str], selected: Option<usize>, height: f32) -> Segments {
    let segments: Vec<Segment<'_>> = labels.iter().map(|label| Segment::new(label)).collect();
    segments_of(ui, name, &segments, selected, height)
}

fn segments_of(ui: &mut Ui, name: &str, segments: &[Segment<'_>], selected: Option<usize>, height: f32) -> Segments {
    let widths: Vec<f32> = segments.iter().map(|segment| segment.width(ui)).collect();
    let (rect, _) = ui.allocate_exact_size(vec2(widths.iter().sum(), height), Sense::hover());
    let group = UiBuilder::new()
        .id_salt(("segmented", name))
        .max_rect(rect)
        .accessibility_role(Role::RadioGroup)
        .accessibility_label(name);
    let mut outcome = Segments::default();
    let ui = &mut ui.new_child(group);
    let t = theme::tokens(ui);
    ui.painter().rect(rect, 4, t.inset, Stroke::new(1.0, t.stroke), StrokeKind::Inside);
    let mut left = rect.left();
    for (at, (one, width)) in segments.iter().zip(&widths).enumerate() {
        let area = Rect::from_min_size(eframe::egui::pos2(left, rect.top()), vec2(*width, height));
        left += width;
        if segment(ui, area, at, one, segments.len(), selected == Some(at)).clicked() {
            outcome.clicked = Some(at);
        }
        outcome.rects.push(area);
    }
    ui.painter().rect_stroke(rect, 4, Stroke::new(1.0, t.stroke), StrokeKind::Inside);
    outcome
}

fn segment(ui: &Ui, area: Rect, at: usize, one: &Segment<'_>, count: usize, is_selected: bool) -> Response {
    let t = theme::tokens(ui);
    let sense = if one.is_enabled { Sense::click() } else { Sense::hover() };
    let mut response = ui.interact(area, ui.scope_id().with(at), sense);
    let is_enabled = ui.is_enabled() && one.is_enabled;
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, is_enabled, is_selected, one.label));
    let radius = CornerRadius {
        nw: if at == 0 { 4 } else { 0 },
        sw: if at == 0 { 4 } else { 0 },
        ne: if at + 1 == count { 4 } else { 0 },
        se: if at + 1 == count { 4 } else { 0 },
    };
    let (fill, color) = match (is_selected, response.hovered() && is_enabled) {
        (true, _) => (t.accent_dim, t.accent),
        (false, true) => (t.hover, t.strong),
        (false, false) if one.lock.is_some() => (t.inset, t.faint),
        (false, false) => (t.inset, t.text),
    };
    ui.painter().rect_filled(area.shrink2(vec2(0.0, 1.0)), radius, fill);
    if at > 0 {
        ui.painter().vline(area.left(), area.y_range(), Stroke::new(1.0, t.stroke));
    }
    let mut words = area;
    if let Some(mark) = one.mark() {
        let left = area.left_center() + vec2(10.0, 0.0);
        ui.painter().text(left, Align2::LEFT_CENTER, mark, fonts::icon(12.0), color);
        words.min.x += MARK_WIDTH;
    }
    if let Some(why) = one.lock {
        response = response.on_hover_text(why);
    }
    ui.painter().text(words.center(), Align2::CENTER_CENTER, one.label, fonts::small_medium(), color);
    if response.has_focus() {
        super::focus_ring(ui, area, 4);
    }
    response
}

/// Picks one of many from a menu below a button. `name` is its accessible name. Gives the index that was picked.
pub fn dropdown(ui: &mut Ui, name: &str, current: &str, labels: &[&str], selected: usize, width: f32) -> Option<usize> {
    let button = ui.add(Button::new(current).name(name).trailing_icon(icons::CARET_DOWN).min_width(width));
    let mut picked = None;
    Popup::menu(&button).id(button.id.with("menu")).show(|ui| {
        let widest = labels.iter().map(|label| item_width(ui, label)).fold(width.max(140.0), f32::max);
        ui.set_width(widest);
        eframe::egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            for (index, label) in labels.iter().enumerate() {
                if menu_item(ui, label, index == selected).clicked() {
                    picked = Some(index);
                    ui.close();
                }
            }
        });
    });
    picked
}

/// What the words of an entry need.
fn item_width(ui: &Ui, label: &str) -> f32 {
    (text_width(ui.painter(), label, fonts::body()) + 16.0).ceil()
}

/// One entry of a menu, as wide as the menu. A menu sets its width: left to itself it takes 600 points.
pub fn menu_item(ui: &mut Ui, label: &str, is_selected: bool) -> Response {
    let t = theme::tokens(ui);
    let width = ui.available_width().max(item_width(ui, label));
    let (rect, response) = ui.allocate_exact_size(vec2(width, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::MenuItem, ui.is_enabled(), is_selected, label));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 3, t.hover);
    }
    let color = if is_selected { t.accent } else { t.text };
    super::paint_elided(
        ui.painter(),
        rect.shrink2(vec2(8.0, 0.0)),
        eframe::egui::Align::Min,
        label,
        fonts::body(),
        color,
    );
    response
}
