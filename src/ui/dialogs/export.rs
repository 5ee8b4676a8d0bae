//! Writes what the tail keeps, or what is to come, to a file: what, how, where, and how far it is.

use eframe::egui::{Id, Role, Sense, Ui, WidgetInfo, vec2};

use crate::model::export::{ExportFormat, ExportRequest, ExportRun, ExportWhat};
use crate::model::format;
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, Dialog, TextField, segmented};

/// What was chosen in the dialog.
#[derive(Debug, Default)]
pub struct ExportState {
    /// The path as typed; `None` until it was.
    path: Option<String>,
    format: usize,
    what: usize,
    /// Index: every record, or what the filter lets through.
    which: usize,
    /// An export was begun since the dialog was opened.
    is_begun: bool,
}

const FORMATS: [ExportFormat; 3] = [ExportFormat::Ndjson, ExportFormat::Csv, ExportFormat::Parquet];
const WHAT: [ExportWhat; 2] = [ExportWhat::Kept, ExportWhat::ToCome];

/// Draws the dialog.
pub fn show(ui: &mut Ui, world: &World, state: &mut ExportState, out: &mut Commands) {
    let Some(open) = &world.open else {
        out.push(Command::CloseDialog);
        return;
    };
    let t = theme::tokens(ui);
    let run = open.export.as_ref().filter(|_| state.is_begun);
    let dialog = Dialog::new(Id::unique("export"), "Export records")
        .icon(icons::DOWNLOAD, t.weak)
        .target(open.name.as_str())
        .dirty(state.path.is_some() && run.is_none())
        .width(560.0);
    let mut scene = (state, out);
    let outcome = dialog.show(
        ui.ctx(),
        &mut scene,
        |ui, (state, _)| match run {
            Some(run) => progress(ui, run),
            None => form(ui, world, open, state),
        },
        |ui, (state, out)| footer(ui, world, open, run, state, out),
    );
    if outcome.is_closed {
        scene.1.push(Command::CloseDialog);
    }
}

fn chosen_format(state: &ExportState) -> ExportFormat {
    FORMATS.get(state.format).copied().unwrap_or_default()
}

/// A name in the export folder that tells the open stream, what it is and the moment:
/// `clickstream-results-20260915-143708.ndjson`.
pub(super) fn default_path(world: &World, what: &str, ending: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    let stream = world.open.as_ref().map_or("", |open| open.name.as_str());
    let name: String = stream.chars().map(plain).collect();
    let at = world.now.strftime("%Y%m%d-%H%M%S", &jiff::tz::TimeZone::UTC);
    let separator = if world.export_folder.is_empty() { "" } else { std::path::MAIN_SEPARATOR_STR };
    let dash = if what.is_empty() { "" } else { "-" };
    format!("{}{separator}{name}{dash}{what}-{at}.{ending}", world.export_folder)
}

fn chosen_what(state: &ExportState) -> ExportWhat {
    WHAT.get(state.what).copied().unwrap_or_default()
}

/// How many kept records are written.
fn count(open: &OpenStream, state: &ExportState) -> usize {
    match open.tail.filter.as_ref().filter(|_| state.which == 1) {
        Some(filter) => filter.match_count() + filter.undecodable_count(),
        None => open.tail.store.record_count(),
    }
}

fn form(ui: &mut Ui, world: &World, open: &OpenStream, state: &mut ExportState) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
    widgets::label(ui, "What", fonts::small_medium(), t.strong);
    ui.horizontal(|ui| {
        segmented(ui, "What", &["What is kept", "What is to come"], &mut state.what);
        if open.tail.filter.is_some() {
            segmented(ui, "Which", &["All of it", "What the filter lets through"], &mut state.which);
        }
    });
    let records = match chosen_what(state) {
        ExportWhat::Kept => format::counted(count(open, state), "record"),
        ExportWhat::ToCome => "Every record from now on, until you finish or the tail ends".to_owned(),
    };
    let masks = match world.settings.tail.masks.len() {
        0 => "No masking rule is set: everything is written as it is.".to_owned(),
        count => format!("{} hide their fields in the file, too.", format::counted(count, "masking rule")),
    };
    widgets::text::paragraph(ui, format!("{records}. {masks}"), fonts::small(), t.weak);
    ui.add_space(6.0);
    widgets::label(ui, "As", fonts::small_medium(), t.strong);
    segmented(ui, "Format", &FORMATS.map(ExportFormat::label), &mut state.format);
    let format = chosen_format(state);
    let hint = match format {
        ExportFormat::Ndjson => "One JSON object a line, with metadata and every digit: as kinescope tail prints it.",
        ExportFormat::Csv => "For spreadsheets. What begins like a formula gets an apostrophe in front.",
        ExportFormat::Parquet => "Columns in compressed row groups, for DuckDB, Spark, Athena and the like.",
    };
    widgets::text::paragraph(ui, hint, fonts::small(), t.weak);
    ui.add_space(6.0);
    widgets::label(ui, "To", fonts::small_medium(), t.strong);
    let mut path = state.path.clone().unwrap_or_else(|| default_path(world, "", format.ending()));
    if TextField::new(Id::unique("export path"), "File", &mut path).icon(icons::FILE).mono().show(ui).changed() {
        state.path = Some(path);
    }
    let words = "Written under a temporary name and renamed when it is whole. A file that is there is never replaced.";
    widgets::text::paragraph(ui, words, fonts::small(), t.weak);
}

fn progress(ui: &mut Ui, run: &ExportRun) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
    let done = format::grouped(run.done as i64);
    let (words, color) = match &run.outcome {
        None if run.request.what == ExportWhat::ToCome => (format!("{done} records so far"), t.text),
        None => (format!("{done} of {} records", format::grouped(run.of as i64)), t.text),
        Some(Ok(bytes)) => (format!("{done} records, {}, are in the file.", format::bytes(*bytes)), t.ok),
        Some(Err(problem)) => (problem.clone(), t.crit),
    };
    widgets::label(ui, "To", fonts::small_medium(), t.strong);
    widgets::text::paragraph(ui, run.request.path.as_str(), fonts::value(), t.text);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 10.0), Sense::hover());
    let share = if run.outcome.is_some() { 1.0 } else { run.done as f32 / run.of.max(1) as f32 };
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, format!("Export {words}")));
    let track = rect.shrink2(vec2(0.0, 2.0));
    ui.painter().rect_filled(track, 2, t.stroke_weak);
    let fill = if matches!(run.outcome, Some(Err(_))) { t.crit } else { t.accent };
    ui.painter().rect_filled(track.with_max_x(track.left() + track.width() * share.clamp(0.0, 1.0)), 2, fill);
    widgets::text::paragraph(ui, words, fonts::small(), color);
}

fn footer(
    ui: &mut Ui,
    world: &World,
    open: &OpenStream,
    run: Option<&ExportRun>,
    state: &mut ExportState,
    out: &mut Commands,
) {
    match run.map(|run| &run.outcome) {
        Some(None) => {
            let is_coming = run.is_some_and(|run| run.request.what == ExportWhat::ToCome);
            if is_coming && ui.add(Button::primary("Finish export").icon(icons::CHECK)).clicked() {
                out.push(Command::FinishExport);
            }
            if ui.add(Button::new("Cancel export").icon(icons::STOP)).clicked() {
                state.is_begun = false;
                out.push(Command::CancelExport);
            }
            if ui.add(Button::new("Go on in the background")).clicked() {
                out.push(Command::CloseDialog);
            }
        }
        Some(Some(outcome)) => {
            if ui.add(Button::primary("Done")).clicked() {
                out.push(Command::CloseDialog);
            }
            if outcome.is_err() && ui.add(Button::new("Change and try again")).clicked() {
                state.is_begun = false;
            }
        }
        None => {
            let format = chosen_format(state);
            let path = state.path.clone().unwrap_or_else(|| default_path(world, "", format.ending())).trim().to_owned();
            let what = chosen_what(state);
            let label = match what {
                ExportWhat::Kept => format!("Export {}", format::counted(count(open, state), "record")),
                ExportWhat::ToCome => "Begin export".to_owned(),
            };
            let is_running = open.export.as_ref().is_some_and(|run| run.outcome.is_none());
            let enabled = match what {
                _ if path.is_empty() => Err("Name a file."),
                _ if is_running => Err("Another export is under way: cancel or finish it first."),
                ExportWhat::Kept if count(open, state) == 0 => Err("There is no record to write."),
                ExportWhat::ToCome if !open.tail.is_running() => Err("The tail does not run: nothing comes."),
                _ => Ok(()),
            };
            if ui.add(Button::primary(&label).icon(icons::DOWNLOAD).enabled(enabled)).clicked() {
                state.is_begun = true;
                out.push(Command::Export(ExportRequest { path, format, what, only_filtered: state.which == 1 }));
            }
            if is_running && ui.add(Button::new("Show it")).clicked() {
                state.is_begun = true;
            }
            if ui.add(Button::new("Close")).clicked() {
                out.push(Command::CloseDialog);
            }
        }
    }
}
