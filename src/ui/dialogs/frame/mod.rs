//! The frame of every dialog that changes a stream: a title row with the stream, its environment and the lock; tabs; a column to
//! choose in beside one that says what comes of it; a footer with the guarded button. Knows no way to change anything.

mod footer;
mod offer;
pub mod side;

use std::fmt::Debug;
use std::hash::Hash;

use eframe::egui::{
    Align, Align2, Id, Layout, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

pub use footer::{Asked, footnote, planning, watching};
pub use offer::{Check, Offer};

use super::inject::lock_words;
use crate::model::connection::Environment;
use crate::model::world::World;
use crate::ui::theme::{self, fonts};
use crate::ui::widgets::{self, Dialog, DialogOutcome, TagStyle};

/// Height of the tabs.
const TABS: f32 = 36.0;
/// Share of the width that the left column takes.
const LEFT: f32 = 0.655;

/// The title row and the size.
pub struct Frame<'a> {
    /// Its id; one dialog of each is open at a time.
    pub id: &'static str,
    /// Its title, which is its accessible name.
    pub title: &'static str,
    /// Icon before the title.
    pub icon: &'static str,
    /// What it acts on; empty where that is only being made.
    pub target: &'a str,
    /// Weak words behind the title.
    pub subtitle: &'a str,
    /// Width and height.
    pub size: (f32, f32),
    /// Something was typed that Esc must not throw away.
    pub is_dirty: bool,
}

impl Frame<'_> {
    /// Draws it. `state` is handed to the body and then to the footer, which is laid out from the right.
    pub fn show<S>(
        self,
        ui: &Ui,
        world: &World,
        state: &mut S,
        body: impl FnOnce(&mut Ui, &mut S),
        footer: impl FnOnce(&mut Ui, &mut S),
    ) -> DialogOutcome {
        let environment = environment(world);
        let (lock, style) = lock_words(world);
        Dialog::new(Id::unique(self.id), self.title)
            .icon(self.icon, theme::tokens(ui).accent)
            .subtitle(self.subtitle)
            .target(self.target)
            .tag(environment.tag(), TagStyle::Environment(environment))
            .trailing_tag(&lock, style)
            .width(self.size.0)
            .height(self.size.1)
            .padding(0.0)
            .dirty(self.is_dirty)
            .show(ui.ctx(), state, body, |ui, state| {
                ui.spacing_mut().item_spacing.x = 8.0;
                footer(ui, state);
            })
    }
}

fn environment(world: &World) -> Environment {
    world.connection().map_or(Environment::Unknown, |connection| connection.environment)
}

/// Draws the tabs of a dialog with their icons; gives back the one that was picked, and the room below. While `is_fixed`, the
/// others wait.
pub fn tabs<T: Copy + PartialEq + Hash + Debug>(
    ui: &mut Ui,
    whole: Rect,
    (all, current): (&[T], T),
    is_fixed: bool,
    look: impl Fn(T) -> (&'static str, &'static str),
) -> (Option<T>, Rect) {
    let t = theme::tokens(ui);
    let rect = whole.with_max_y(whole.top() + TABS);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let mut picked = None;
    let mut left = rect.left() + 8.0;
    for tab in all {
        let (label, icon) = look(*tab);
        let width = widgets::text_width(ui.painter(), label, fonts::body_medium()) + 40.0;
        let area = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        left += width + 2.0;
        let is_current = *tab == current;
        let is_enabled = is_current || !is_fixed;
        let sense = if is_enabled { Sense::click() } else { Sense::hover() };
        let response = ui.interact(area, ui.scope_id().with(("tab", *tab)), sense);
        response.widget_info(|| WidgetInfo::selected(Role::Tab, is_enabled, is_current, label));
        let color = match (is_current || response.hovered(), is_enabled) {
            (true, true) => t.strong,
            (false, true) => t.weak,
            (_, false) => t.faint,
        };
        let middle = area.center().y - 1.0;
        let ink = if is_current { t.accent } else { color };
        let (mark, words) = (pos2(area.left() + 10.0, middle), pos2(area.left() + 31.0, middle));
        ui.painter().text(mark, Align2::LEFT_CENTER, icon, fonts::icon(14.0), ink);
        ui.painter().text(words, Align2::LEFT_CENTER, label, fonts::body_medium(), color);
        if is_current {
            ui.painter().rect_filled(area.with_min_y(area.bottom() - 2.0), 0, t.accent);
        }
        if response.has_focus() {
            widgets::focus_ring(ui, area.shrink(3.0), 3);
        }
        if response.clicked() && !is_current {
            picked = Some(*tab);
        }
    }
    (picked, whole.with_min_y(rect.bottom()))
}

/// Draws both columns, and what stands below the right one where that has a height.
pub fn columns<S>(
    ui: &mut Ui,
    rect: Rect,
    foot: f32,
    state: &mut S,
    left: impl FnOnce(&mut Ui, &mut S),
    right: impl FnOnce(&mut Ui, &mut S),
    below: impl FnOnce(&mut Ui, &mut S),
) {
    let t = theme::tokens(ui);
    let split = (rect.left() + rect.width() * LEFT).round();
    ui.painter().vline(split + 0.5, rect.y_range(), Stroke::new(1.0, t.stroke));
    column(ui, "choice", rect.with_max_x(split), |ui| left(ui, state));
    let side = rect.with_min_x(split + 1.0);
    let low = side.with_min_y(side.bottom() - foot);
    column(ui, "side", side.with_max_y(low.top()), |ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        ui.add_space(10.0);
        right(ui, state);
        ui.add_space(8.0);
    });
    if foot > 0.0 {
        column(ui, "side foot", low, |ui| below(ui, state));
    }
}

fn column(ui: &mut Ui, salt: &str, rect: Rect, add: impl FnOnce(&mut Ui)) {
    let builder = UiBuilder::new().id_salt(salt).max_rect(rect).layout(Layout::top_down(Align::Min));
    ui.scope_builder(builder, |ui| {
        ui.set_clip_rect(rect.intersect(ui.clip_rect()));
        ScrollArea::vertical().id_salt(salt).auto_shrink([false, false]).show(ui, add);
    });
}
