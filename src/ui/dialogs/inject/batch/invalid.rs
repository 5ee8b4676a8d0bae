//! The lines that cannot be sent: each with its reason, whether they are left out, and the file they are written to.

use eframe::egui::{
    Align, Align2, Frame, Id, Layout, Popup, PopupCloseBehavior, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2,
    vec2,
};

use super::{BatchForm, Scene, scan};
use crate::model::batch::{BatchCommand, BatchScan};
use crate::model::format;
use crate::ui::command::{Command, Commands};
use crate::ui::dialogs::inject::save;
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::{self, Button, TagStyle, TextField, tag};

const LINE: f32 = 20.0;
/// Width in points below which the buttons say less.
const NARROW: f32 = 370.0;

/// Draws them into what is left.
pub(super) fn show(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let Some(scan) = scan(scene) else { return };
    if scan.invalid == 0 {
        if scan.is_done && scan.problem.is_none() {
            widgets::label(ui, "Every line can be sent.", fonts::small(), t.weak);
        }
        return;
    }
    let saved = scene.world.open.as_ref().and_then(|open| open.batch.saved.as_ref());
    heading(ui, t, scan, &mut scene.state.batch, scene.out);
    if let Some((words, color)) = save::said(t, saved) {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Status, true, words));
        widgets::paint_elided(ui.painter(), rect, Align::Min, words, fonts::small(), color);
    }
    list(ui, t, scan);
}

fn heading(ui: &mut Ui, t: &Tokens, scan: &BatchScan, form: &mut BatchForm, out: &mut Commands) {
    let is_narrow = ui.available_width() < NARROW;
    ui.horizontal(|ui| {
        widgets::label(ui, "Invalid lines", fonts::small_medium(), t.weak);
        tag(ui, &format::grouped(scan.invalid as i64), TagStyle::Warn);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let words = if is_narrow { "Save…" } else { "Save these lines…" };
            let save = ui.add(Button::new(words).name("Save these lines…").icon(icons::DOWNLOAD).small());
            let popup = Popup::menu(&save).id(save.id.with("menu"));
            popup.close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
                ui.set_width(320.0);
                if Frame::new().inner_margin(8).show(ui, |ui| menu(ui, t, form, out)).inner {
                    ui.close();
                }
            });
            let (label, icon) =
                if form.skips_invalid { ("Left out", icons::CHECK) } else { ("Leave them out", icons::MINUS) };
            if ui.add(Button::new(label).icon(icon).small()).clicked() {
                form.skips_invalid = !form.skips_invalid;
            }
        });
    });
}

/// Where they are written to, to be mended; whether that was asked for.
fn menu(ui: &mut Ui, t: &Tokens, form: &mut BatchForm, out: &mut Commands) -> bool {
    ui.spacing_mut().item_spacing.y = 6.0;
    widgets::label(ui, "Write to a new file", fonts::small_medium(), t.weak);
    widgets::text::paragraph(ui, "The lines as they are, to be mended and sent later.", fonts::small(), t.weak);
    let path = &mut form.invalid_path;
    let field = TextField::new(Id::unique("batch invalid"), "File for invalid lines", path);
    field.icon(icons::FILE).mono().hint("path of a new file").show(ui);
    let path = path.trim().to_owned();
    let may_save = if path.is_empty() { Err("Name a new file.") } else { Ok(()) };
    let is_asked = ui.add(Button::primary("Save").icon(icons::DOWNLOAD).enabled(may_save)).clicked();
    if is_asked {
        out.push(Command::Batch(BatchCommand::SaveInvalid(path)));
    }
    is_asked
}

fn list(ui: &mut Ui, t: &Tokens, scan: &BatchScan) {
    let lines = &scan.invalid_lines;
    let list = ScrollArea::vertical().id_salt(Id::unique("invalid lines")).auto_shrink([false, true]);
    list.max_height(ui.available_height().max(LINE)).show_rows(ui, LINE, lines.len(), |ui, range| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for line in lines.get(range).unwrap_or_default() {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::hover());
            let number = format::grouped(line.number as i64);
            response.widget_info(|| {
                WidgetInfo::labeled(Role::ListItem, true, format!("Invalid line {number}: {}", line.reason))
            });
            let at = pos2(rect.left() + 48.0, rect.center().y);
            ui.painter().text(at, Align2::RIGHT_CENTER, number, fonts::dense(), t.weak);
            let words = rect.with_min_x(rect.left() + 62.0);
            widgets::paint_elided(ui.painter(), words, Align::Min, &line.reason, fonts::small(), t.text);
            ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
        }
    });
}
