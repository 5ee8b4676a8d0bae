//! The keyboard, the version, and where this program keeps things.

use eframe::egui::{Align, Ui};

use super::Scene;
use super::form::{inside, row, words};
use crate::ui::command::{Command, Dialog};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button};

/// Where all keys are listed.
pub(super) fn keyboard(ui: &mut Ui, scene: &mut Scene<'_>) {
    let is_asked = row(ui, "Shortcuts", "", |ui| {
        ui.add(Button::new("Show all…").name("Keyboard shortcuts").icon(icons::KEYBOARD).key("?")).clicked()
    });
    if is_asked {
        scene.out.push(Command::Open(Dialog::Shortcuts));
    }
}

/// What this is, and what it leaves on this machine.
pub(super) fn about(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    row(ui, "Version", "", |ui| widgets::label(ui, env!("CARGO_PKG_VERSION"), fonts::value(), t.strong));
    for (label, path) in &scene.world.kept_in {
        row(ui, label, "", |ui| {
            let name = format!("Copy the path of {}", label.to_lowercase());
            let copy = ui.add(Button::ghost("").icon(icons::COPY).name(&name).tooltip(&name).small());
            if copy.clicked() {
                scene.out.push(Command::Copy(path.clone()));
            }
            let (rect, response) =
                ui.allocate_exact_size(eframe::egui::vec2(ui.available_width(), 22.0), eframe::egui::Sense::hover());
            widgets::paint_elided_middle(ui.painter(), rect, Align::Min, path, fonts::value(), t.text);
            response.on_hover_text(path);
        });
    }
    row(ui, "Usage data", "", |ui| {
        widgets::label(ui, icons::CHECK, fonts::icon(13.0), t.ok);
        widgets::label(ui, "none is sent", fonts::body(), t.text);
    });
    inside(ui, |ui| ui.add_space(2.0));
    words(
        ui,
        "Settings hold no secret and no record: the file can be shared. Records of a tail are never written to disk unless \
         they are exported.",
    );
}
