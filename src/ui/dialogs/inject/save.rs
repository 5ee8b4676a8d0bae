//! The menu that writes results to a file: which, how, and where.

use eframe::egui::{Color32, Frame, Id, Popup, PopupCloseBehavior, Ui};

use crate::model::batch::{BatchCommand, BatchFormat};
use crate::model::export::LineFormat;
use crate::model::results::{ResultsOf, ResultsWish};
use crate::model::world::World;
use crate::ui::command::{Command, Commands};
use crate::ui::dialogs::export::default_path;
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::{self, Button, TextField, segmented};

const FORMATS: [(&str, LineFormat, &str); 2] =
    [("NDJSON", LineFormat::Ndjson, "ndjson"), ("CSV", LineFormat::Csv, "csv")];
const UNSENT: usize = 1;
const RECORDS: usize = 2;

/// What is typed and chosen.
#[derive(Debug, Default)]
pub(super) struct SaveForm {
    /// The path as typed; `None` until it was.
    path: Option<String>,
    format: usize,
    which: usize,
}

/// Draws the button that opens the menu. `failed` also offers the records themselves that failed, in the format they came
/// from.
pub(super) fn button(
    ui: &mut Ui,
    world: &World,
    (form, of): (&mut SaveForm, &ResultsOf),
    failed: Option<BatchFormat>,
    out: &mut Commands,
) {
    let button = ui.add(Button::new("Save results…").icon(icons::DOWNLOAD));
    let popup = Popup::menu(&button).id(button.id.with("menu"));
    popup.close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        ui.set_width(380.0);
        if Frame::new().inner_margin(8).show(ui, |ui| menu(ui, world, (form, of), failed, out)).inner {
            ui.close();
        }
    });
}

fn menu(
    ui: &mut Ui,
    world: &World,
    (form, of): (&mut SaveForm, &ResultsOf),
    failed: Option<BatchFormat>,
    out: &mut Commands,
) -> bool {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.y = 6.0;
    widgets::label(ui, "Write to a new file", fonts::small_medium(), t.weak);
    let which = ["All results", "Not sent only", "Failed records"];
    let offered = if failed.is_some() { which.as_slice() } else { which.get(..RECORDS).unwrap_or_default() };
    segmented(ui, "Which results", offered, &mut form.which);
    form.which = form.which.min(offered.len().saturating_sub(1));
    let records = failed.filter(|_| form.which == RECORDS);
    let is_records = records.is_some();
    if !is_records {
        segmented(ui, "Format of results", &FORMATS.map(|(label, ..)| label), &mut form.format);
    }
    let (_, format, ending) = FORMATS.get(form.format).copied().unwrap_or(("", LineFormat::Ndjson, "ndjson"));
    let words = if is_records {
        "The data of the records, in the format they came from: to mend them, or to send them again."
    } else {
        "Number, key, hash key, shard, sequence number, attempts, status and reason. No data."
    };
    widgets::text::paragraph(ui, words, fonts::small(), t.weak);
    let (stem, ending) = records.map_or(("results", ending), |format| ("failed", format.ending()));
    let mut path = form.path.clone().unwrap_or_else(|| default_path(world, stem, ending));
    let field = TextField::new(Id::unique("results file"), "File for results", &mut path).icon(icons::FILE).mono();
    if field.show(ui).changed() {
        form.path = Some(path.clone());
    }
    let path = path.trim().to_owned();
    let may_save = if path.is_empty() { Err("Name a new file.") } else { Ok(()) };
    if !ui.add(Button::primary("Save").icon(icons::DOWNLOAD).enabled(may_save)).clicked() {
        return false;
    }
    form.path = None;
    out.push(Command::Batch(if is_records {
        BatchCommand::SaveFailed(path)
    } else {
        BatchCommand::SaveResults(ResultsWish { of: of.clone(), path, format, only_unsent: form.which == UNSENT })
    }));
    true
}

/// What came of writing the last file, and its colour.
pub(super) fn said<'a>(t: &Tokens, saved: Option<&'a Result<String, String>>) -> Option<(&'a str, Color32)> {
    Some(match saved? {
        Ok(words) => (words.as_str(), t.ok),
        Err(words) => (words.as_str(), t.crit),
    })
}
