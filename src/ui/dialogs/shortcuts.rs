//! All shortcuts, from the registry.

use eframe::egui::{Align, Id, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ui::command::registry::{ENTRIES, Group, VIEW_KEYS};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, Dialog};

/// Draws the dialog.
pub fn show(ui: &mut Ui, out: &mut Commands) {
    let t = theme::tokens(ui);
    let dialog = Dialog::new(Id::unique("shortcuts"), "Keyboard shortcuts").icon(icons::KEYBOARD, t.weak).width(840.0);
    let mut is_done = false;
    let outcome = dialog.show(
        ui.ctx(),
        &mut is_done,
        |ui, _| columns(ui),
        |ui, is_done| *is_done = ui.add(Button::new("Close").key("Esc")).clicked(),
    );
    if outcome.is_closed || is_done {
        out.push(Command::CloseDialog);
    }
}

fn columns(ui: &mut Ui) {
    let width = (ui.available_width() - 24.0) / 2.0;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing = vec2(24.0, 0.0);
        ui.vertical(|ui| {
            ui.set_width(width);
            group(ui, "Go to", entries(Group::Go));
            group(ui, "Window", entries(Group::Window));
            group(ui, "Open stream", entries(Group::Stream));
        });
        ui.vertical(|ui| {
            ui.set_width(width);
            group(ui, "Lists and views", VIEW_KEYS.to_vec());
        });
    });
}

fn entries(group: Group) -> Vec<(&'static str, &'static str)> {
    ENTRIES
        .iter()
        .filter(|entry| entry.group == group)
        .filter_map(|entry| Some((entry.shortcut?.label, entry.label)))
        .collect()
}

fn group(ui: &mut Ui, title: &str, lines: Vec<(&'static str, &'static str)>) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    widgets::label(ui, title, fonts::small_strong(), t.strong);
    ui.add_space(4.0);
    for (keys, label) in lines {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{label}: {keys}")));
        let mut left = rect.left();
        for key in keys.split_whitespace() {
            left = widgets::paint_key_cap(ui.painter(), pos2(left, rect.center().y), key, t.text, t.stroke_strong)
                .right()
                + 4.0;
        }
        let words = Rect::from_min_max(pos2(rect.left() + 102.0, rect.top()), rect.max);
        let mut label = label.to_owned();
        if let Some(first) = label.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        widgets::paint_elided(ui.painter(), words, Align::Min, &label, fonts::body(), t.text);
    }
    ui.add_space(14.0);
}
