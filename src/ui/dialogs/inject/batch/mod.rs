//! The dialog for a file of records: what is typed, when it may be sent, and the bar and the footer around it.

mod landing;
mod lines;
mod packing;
mod progress;
mod rest;

use eframe::egui::{Align, Id, Layout, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{Scene, within};
use crate::model::batch::run::BatchRun;
use crate::model::batch::{BatchCommand, BatchFormat, BatchScan, BatchSpec, BatchWish, KeyRule, Pace};
use crate::model::connection::Environment;
use crate::model::format;
use crate::ui::command::{Command, Dialog as Which};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, TextField, segmented};

const PACES: [(&str, Pace); 4] = [
    ("100 rec/s", Pace::Records(100)),
    ("1,000 rec/s", Pace::Records(1_000)),
    ("2.0 MiB/s", Pace::Bytes(2_097_152)),
    ("Full speed", Pace::Full),
];
/// What is done where a shard refuses, and the attempts that it means.
const RETRIES: [(&str, usize); 3] =
    [("Retry 11 times, 100 ms doubling", 12), ("Retry 5 times, 100 ms doubling", 6), ("Do not retry", 1)];
/// Width in points below which the bar folds its choices into menus.
const NARROW: f32 = 760.0;
const KEYS: [&str; 4] = ["Field", "Fixed", "Random", "Round robin"];

/// What is typed and chosen.
#[derive(Debug, Default)]
pub(super) struct BatchForm {
    pub(super) path: String,
    format: Option<BatchFormat>,
    key: usize,
    field: String,
    fixed: String,
    /// Steps from the gentle pace, that comes first.
    pace: usize,
    keeps_order: bool,
    skips_invalid: bool,
    retries: usize,
    invalid_path: String,
    /// The stream's name as typed, where it has to be.
    typed_name: String,
    save_path: String,
    /// What was asked to be looked at last.
    asked: Option<BatchSpec>,
    /// 0 shows those with trouble, 1 those that needed several attempts.
    shown_rows: usize,
}

impl BatchForm {
    fn spec(&self) -> BatchSpec {
        let key = match self.key {
            0 => KeyRule::Field(self.field.clone()),
            1 => KeyRule::Fixed(self.fixed.clone()),
            2 => KeyRule::Random,
            _ => KeyRule::RoundRobin,
        };
        BatchSpec { path: self.path.trim().to_owned(), format: self.format, key }
    }

    fn pace(&self) -> Pace {
        PACES.get(self.pace).map_or(Pace::Full, |(_, pace)| *pace)
    }
}

fn run<'a>(scene: &Scene<'a>) -> Option<&'a BatchRun> {
    scene.world.open.as_ref()?.batch.run.as_deref()
}

/// What is known of the file as it is typed now.
fn scan<'a>(scene: &Scene<'a>) -> Option<&'a BatchScan> {
    let asked = scene.state.batch.asked.as_ref()?;
    scene.world.open.as_ref()?.batch.scan.as_deref().filter(|scan| scan.spec == *asked)
}

fn is_running(scene: &Scene<'_>) -> bool {
    run(scene).is_some_and(|run| run.end.is_none())
}

/// Asks for a look at what is typed, and sends where that was asked.
pub(super) fn follow(scene: &mut Scene<'_>, is_sent: bool) {
    let spec = scene.state.batch.spec();
    if scene.state.batch.asked.as_ref() != Some(&spec) {
        scene.state.batch.asked = Some(spec.clone());
        if !spec.path.is_empty() {
            scene.out.push(Command::Batch(BatchCommand::Scan(spec)));
        }
    }
    if is_sent {
        send(scene);
    }
}

fn send(scene: &mut Scene<'_>) {
    if let Ok(wish) = wish(scene) {
        scene.out.push(Command::Batch(BatchCommand::Start(Box::new(wish))));
    }
}

/// What would be sent, or why it may not.
fn wish(scene: &Scene<'_>) -> Result<BatchWish, String> {
    let form = &scene.state.batch;
    let connection = scene.world.connection().ok_or("Not connected.")?;
    if !scene.world.is_unlocked() {
        return Err("Writes are locked. Unlock them to send.".to_owned());
    }
    if is_running(scene) {
        return Err("A run is on its way.".to_owned());
    }
    if form.path.trim().is_empty() {
        return Err("Name a file.".to_owned());
    }
    let scan = scan(scene).ok_or("The file is being looked at.")?;
    if let Some(problem) = &scan.problem {
        return Err(problem.clone());
    }
    let stamp = scan.stamp.filter(|_| scan.is_done).ok_or("The file is being looked at.")?;
    if scan.total.records == 0 {
        return Err("There is no record in it that can be sent.".to_owned());
    }
    if scan.invalid > 0 && !form.skips_invalid {
        let lines = format::grouped(scan.invalid as i64);
        return Err(format!("{lines} lines cannot be sent. Say that they are left out, or mend the file."));
    }
    let name = scene.world.open.as_ref().map_or("", |open| open.name.as_str());
    if connection.environment == Environment::Prod && form.typed_name.trim() != name {
        return Err("Type the stream's name to send to production.".to_owned());
    }
    Ok(BatchWish {
        spec: scan.spec.clone(),
        format: scan.format,
        stamp,
        records: scan.total.records,
        skips_invalid: form.skips_invalid,
        keeps_order: form.keeps_order,
        pace: form.pace(),
        attempts: RETRIES.get(form.retries).map_or(1, |(_, attempts)| *attempts),
    })
}

/// Pace and order, at the right of the bar.
pub(super) fn bar(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let form = &mut scene.state.batch;
        // Beside the modes there is little room in a small window.
        let is_narrow = ui.available_width() < NARROW;
        let labels = RETRIES.map(|(label, _)| label);
        let current = labels.get(form.retries).copied().unwrap_or_default();
        let current = if is_narrow { current.split(',').next().unwrap_or_default() } else { current };
        if let Some(at) = widgets::select::dropdown(ui, "If throttled", current, &labels, form.retries, 0.0) {
            form.retries = at;
        }
        ui.add_space(6.0);
        let mut order = usize::from(form.keeps_order);
        let orders = ["Any order", "In order per key"];
        if is_narrow {
            let current = if form.keeps_order { "In order" } else { "Any order" };
            order = widgets::select::dropdown(ui, "Order", current, &orders, order, 0.0).unwrap_or(order);
        } else {
            segmented(ui, "Order", &orders, &mut order);
        }
        form.keeps_order = order == 1;
        if !is_narrow {
            ui.add_space(6.0);
        }
        let paces = PACES.map(|(label, _)| label);
        if is_narrow {
            let current = paces.get(form.pace).copied().unwrap_or_default();
            let picked = widgets::select::dropdown(ui, "Pace", current, &paces, form.pace, 0.0);
            form.pace = picked.unwrap_or(form.pace);
        } else {
            segmented(ui, "Pace", &paces, &mut form.pace);
            widgets::label(ui, "Pace", fonts::small_medium(), t.weak);
        }
    });
}

/// Draws what is below the bar.
pub(super) fn body(ui: &mut Ui, rect: Rect, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let rect = rest::show(ui, rect, scene);
    let has_run = run(scene).is_some();
    let lower = if has_run { (rect.height() * 0.43).min(264.0) } else { 0.0 };
    let upper = rect.with_max_y(rect.bottom() - lower);
    let split = (upper.left() + upper.width() * 0.563).round();
    let left = Rect::from_min_max(upper.min + vec2(16.0, 14.0), pos2(split - 16.0, upper.bottom() - 10.0));
    let right = Rect::from_min_max(pos2(split + 17.0, upper.top() + 14.0), upper.max - vec2(16.0, 10.0));
    ui.painter().vline(split + 0.5, upper.y_range(), Stroke::new(1.0, t.stroke));
    within(ui, "file", left, |ui| file(ui, scene));
    within(ui, "lands", right, |ui| landing::show(ui, scene));
    if has_run {
        within(ui, "run", rect.with_min_y(upper.bottom()), |ui| progress::show(ui, scene));
    }
}

/// The left half: the file, the key, the first lines.
fn file(ui: &mut Ui, scene: &mut Scene<'_>) {
    let area = ui.max_rect();
    ui.spacing_mut().item_spacing = vec2(8.0, 5.0);
    let known = scan(scene).map(|scan| (scan.format, about(scan), scan.problem.is_some()));
    let takes_focus = !scene.state.was_open;
    let t = theme::tokens(ui);
    let form = &mut scene.state.batch;
    // Painted only: the field below has the same name.
    let (head, _) = ui.allocate_exact_size(vec2(area.width(), 15.0), Sense::hover());
    let left = eframe::egui::Align2::LEFT_CENTER;
    ui.painter().text(head.left_center(), left, "File", fonts::small_medium(), t.weak);
    let (rect, _) = ui.allocate_exact_size(vec2(area.width(), 28.0), Sense::hover());
    let words = known.as_ref().map_or("", |(_, about, _)| about.as_str());
    TextField::new(Id::unique("batch file"), "File", &mut form.path)
        .icon(icons::FILE)
        .mono()
        .hint("path of an NDJSON, JSON, CSV or text file")
        .trailing(words)
        .invalid(known.as_ref().is_some_and(|(.., is_wrong)| *is_wrong))
        .focus(takes_focus)
        .show_in(ui, rect);
    ui.add_space(2.0);
    ui.horizontal(|ui| {
        widgets::label(ui, "Format", fonts::small_medium(), t.weak);
        let shown = form.format.or(known.as_ref().map(|(format, ..)| *format)).unwrap_or(BatchFormat::Ndjson);
        let mut at = BatchFormat::ALL.iter().position(|format| *format == shown).unwrap_or_default();
        if segmented(ui, "Format", &BatchFormat::ALL.map(BatchFormat::label), &mut at) {
            form.format = BatchFormat::ALL.get(at).copied();
        }
        let how = if form.format.is_some() { "chosen" } else { "detected" };
        widgets::label(ui, how, fonts::small(), t.faint);
    });
    ui.add_space(2.0);
    widgets::label(ui, "Partition key", fonts::small_medium(), t.weak);
    key_row(ui, form);
    ui.add_space(4.0);
    let room = ui.available_height();
    let packed = if room > 210.0 { 130.0 } else { 0.0 };
    let area = ui.available_rect_before_wrap();
    within(ui, "lines", area.with_max_y(area.bottom() - packed), |ui| lines::show(ui, scene));
    if packed > 0.0 {
        within(ui, "packed", area.with_min_y(area.bottom() - packed + 8.0), |ui| packing::show(ui, scene));
    }
}

/// Where the key of each record comes from.
fn key_row(ui: &mut Ui, form: &mut BatchForm) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        segmented(ui, "Partition key", &KEYS, &mut form.key);
        match form.key {
            0 => {
                let field = TextField::new(Id::unique("batch field"), "Key field", &mut form.field);
                field.mono().hint(".user_id, or a column").show(ui);
            }
            1 => {
                let field = TextField::new(Id::unique("batch fixed"), "Fixed key", &mut form.fixed);
                field.mono().hint("the key of every record").show(ui);
            }
            2 => {
                widgets::label(ui, "A new UUID for each record.", fonts::small(), t.weak);
            }
            _ => {
                widgets::label(ui, "By explicit hash key, shard after shard.", fonts::small(), t.weak);
            }
        }
    });
}

/// `286 MiB, 48,212 records`.
fn about(scan: &BatchScan) -> String {
    let Some(stamp) = scan.stamp else { return String::new() };
    let records = format::counted((scan.total.records + scan.invalid) as usize, "record");
    match scan.is_done {
        true => format!("{}, {records}", format::bytes(stamp.len)),
        false => format!("{} of {} read", format::percent(f64::from(scan.progress())), format::bytes(stamp.len)),
    }
}

/// Draws the footer, from the right.
pub(super) fn footer(ui: &mut Ui, scene: &mut Scene<'_>) {
    let tag = scene.world.connection().map_or("", |connection| connection.environment.tag());
    let wish = wish(scene);
    let count = wish.as_ref().map(|wish| wish.records).ok().or(scan(scene).map(|scan| scan.total.records));
    let records = format::counted(count.unwrap_or_default() as usize, "record");
    let label = if tag.is_empty() { format!("Send {records}") } else { format!("Send {records} to {tag}") };
    let reason = wish.as_ref().map(|_| ()).map_err(String::as_str);
    if ui.add(Button::primary(&label).icon(icons::INJECT).enabled(reason).height(28.0)).clicked() {
        send(scene);
    }
    let is_unlocked = scene.world.is_unlocked();
    if !is_unlocked && scene.world.connection().is_some() {
        let unlock = Button::new("Unlock…").icon(icons::UNLOCK).height(28.0);
        if ui.add(unlock).clicked() {
            scene.out.push(Command::Open(Which::Unlock));
        }
    }
    let close = if is_running(scene) { "Close, keep running" } else { "Close" };
    if ui.add(Button::new(close).height(28.0)).clicked() {
        scene.out.push(Command::CloseDialog);
    }
    let is_prod = scene.world.connection().is_some_and(|info| info.environment == Environment::Prod);
    if is_prod && is_unlocked && !is_running(scene) {
        let name = scene.world.open.as_ref().map_or("", |open| open.name.as_str());
        let hint = format!("type {name}");
        let typed = &mut scene.state.batch.typed_name;
        let is_typed = typed.trim() == name;
        TextField::new(Id::unique("batch stream"), "Stream's name", typed)
            .mono()
            .hint(&hint)
            .confirmed(is_typed)
            .width(220.0)
            .show(ui);
    }
    note(ui, scene, wish.err());
}

fn note(ui: &mut Ui, scene: &Scene<'_>, reason: Option<String>) {
    let t = theme::tokens(ui);
    let retention = scene.world.open.as_ref().and_then(|open| open.summary.get()).map(|s| s.retention_hours);
    let expire = retention.map_or(String::new(), |hours| format!(" They expire after {}.", format::retention(hours)));
    let (text, color) = match reason {
        Some(reason) => (reason, t.text),
        None => (format!("Records cannot be deleted.{expire}"), t.weak),
    };
    let room = ui.available_rect_before_wrap();
    ui.painter().text(room.left_center(), eframe::egui::Align2::LEFT_CENTER, icons::INFO, fonts::icon(13.0), t.weak);
    let area = Rect::from_min_max(pos2(room.left() + 20.0, room.top()), pos2(room.right() - 12.0, room.bottom()));
    let response = ui.interact(area, ui.make_persistent_id("batch note"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    widgets::paint_elided(ui.painter(), area, Align::Min, &text, fonts::small(), color);
}
