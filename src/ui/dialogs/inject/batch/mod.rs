//! The dialog for a file of records: what is typed, when it may be sent, and the bar and the footer around it.

mod invalid;
mod landing;
mod lines;
mod packing;
mod progress;
mod replay;
mod verdict;

use eframe::egui::{Align, Id, Layout, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::save::SaveForm;
use super::{Scene, footer, rest, within};
use crate::model::batch::load::{OverChoice, ShardLoad, Spared, loads};
use crate::model::batch::run::BatchRun;
use crate::model::batch::times::SPEEDS;
use crate::model::batch::{BatchCommand, BatchFormat, BatchScan, BatchSpec, BatchWish, KeyRule, Pace};
use crate::model::format;
use crate::model::ids::ShardId;
use crate::ui::command::Command;
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, TextField, segmented};

const PACES: [(&str, Pace); 5] = [
    ("100 rec/s", Pace::Records(100)),
    ("1,000 rec/s", Pace::Records(1_000)),
    ("2.0 MiB/s", Pace::Bytes(2_097_152)),
    ("As in file", Pace::InFile(1)),
    ("Full speed", Pace::Full),
];
/// What is done where a shard refuses, and the attempts that it means.
const RETRIES: [(&str, usize); 3] =
    [("Retry 11 times, 100 ms doubling", 12), ("Retry 5 times, 100 ms doubling", 6), ("Do not retry", 1)];
/// Width in points below which the bar folds its choices into menus.
const NARROW: f32 = 760.0;
/// Height of the first lines in points, all of them.
const LINES: f32 = 150.0;
/// The place of random keys.
const RANDOM: usize = 2;
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
    pub(super) typed_name: String,
    save: SaveForm,
    /// Where the times are, and the place of the speed.
    time: String,
    speed: usize,
    /// What is done about shards that the file would fill, where that was chosen.
    over: Option<OverChoice>,
    /// The loads of all shards with this file, and how long it takes in seconds.
    loads: (Vec<ShardLoad>, f64),
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
            RANDOM => KeyRule::Random,
            _ => KeyRule::RoundRobin,
        };
        let time = matches!(self.pace(), Pace::InFile(_)).then(|| self.time.trim().to_owned());
        BatchSpec { path: self.path.trim().to_owned(), format: self.format, key, time }
    }

    fn pace(&self) -> Pace {
        match PACES.get(self.pace) {
            Some((_, Pace::InFile(_))) => Pace::InFile(SPEEDS.get(self.speed).copied().unwrap_or(1)),
            Some((_, pace)) => *pace,
            None => Pace::Full,
        }
    }

    /// Whether the field of the key is still to be filled in.
    fn lacks_key(&self) -> bool {
        match self.key {
            0 => self.field.trim().is_empty(),
            1 => self.fixed.is_empty(),
            _ => false,
        }
    }

    /// Whether a shard can be spared. Random keys spread evenly: one that is too full for them is so with any of them.
    fn may_spare(&self) -> bool {
        self.key != RANDOM
    }

    /// Whether the field of the times is still to be filled in.
    fn lacks_time(&self) -> bool {
        matches!(self.pace(), Pace::InFile(_)) && self.time.trim().is_empty()
    }

    /// What is done about shards that the file would fill. Unless something else is chosen they are spared, but whoever
    /// asks for full speed wants them full.
    fn over(&self) -> OverChoice {
        let usual = if self.pace() == Pace::Full { OverChoice::Anyway } else { OverChoice::Last };
        self.over.filter(|_| self.may_spare()).unwrap_or(if self.may_spare() { usual } else { OverChoice::Anyway })
    }

    /// The shards that are spared.
    fn spared(&self) -> Option<Spared> {
        Spared::of(&self.loads.0, self.over())
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

pub(super) fn is_running(scene: &Scene<'_>) -> bool {
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
    let facts = scene.world.open.as_ref().and_then(|open| scene.state.facts.get(open));
    let now = |id: &ShardId| facts.as_ref().and_then(|facts| facts.get(id)).and_then(|shard| shard.now);
    let pace = scene.state.batch.pace();
    scene.state.batch.loads = scan(scene).map(|scan| loads(scan, pace, now)).unwrap_or_default();
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
    footer::may_write(scene.world, is_running(scene).then_some("A run is on its way."))?;
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
        let lines = format::counted(scan.invalid as usize, "line");
        return Err(format!("{lines} cannot be sent. Leave out what is invalid, or correct the file."));
    }
    let spared = form.spared();
    let skipped = spared.as_ref().filter(|spared| spared.choice == OverChoice::Skip).map_or(0, |spared| {
        let of = scan.shares.iter().filter(|(id, ..)| spared.room(id).is_some());
        of.map(|(.., share)| share.records).sum()
    });
    let records = scan.total.records.saturating_sub(skipped);
    if records == 0 {
        return Err("Every record would be left out to spare its shard.".to_owned());
    }
    footer::is_named(scene.world, &form.typed_name)?;
    Ok(BatchWish {
        spec: scan.spec.clone(),
        format: scan.format,
        stamp,
        records,
        skips_invalid: form.skips_invalid,
        keeps_order: form.keeps_order,
        pace: form.pace(),
        attempts: RETRIES.get(form.retries).map_or(1, |(_, attempts)| *attempts),
        spared,
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
        let current = current.split(',').next().unwrap_or_default();
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
    let is_wrong = known.as_ref().is_some_and(|(.., is_wrong)| *is_wrong);
    // The field that is to be filled in is marked, and not the file.
    let is_key_asked_for = is_wrong && form.lacks_key();
    let is_file_wrong = is_wrong && !form.lacks_key() && !form.lacks_time();
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
        .invalid(is_file_wrong)
        .focus(takes_focus)
        .show_in(ui, rect);
    if ui.input(|input| !input.raw.hovered_files.is_empty()) {
        // A file is held above the window: this is where it goes.
        ui.painter().rect_stroke(rect, 4, Stroke::new(2.0, t.accent), StrokeKind::Inside);
    }
    ui.add_space(2.0);
    ui.horizontal(|ui| {
        widgets::label(ui, "Format", fonts::small_medium(), t.weak);
        let shown = form.format.or(known.as_ref().map(|(format, ..)| *format)).unwrap_or(BatchFormat::Ndjson);
        let mut at = BatchFormat::ALL.iter().position(|format| *format == shown).unwrap_or_default();
        if segmented(ui, "Format", &BatchFormat::ALL.map(BatchFormat::label), &mut at) {
            form.format = BatchFormat::ALL.get(at).copied();
        }
        let how = form.format.map(|_| "chosen").or(known.as_ref().map(|_| "detected"));
        if let Some(how) = how {
            widgets::label(ui, how, fonts::small(), t.faint);
        }
    });
    ui.add_space(2.0);
    widgets::label(ui, "Partition key", fonts::small_medium(), t.weak);
    key_row(ui, form, is_key_asked_for);
    if matches!(form.pace(), Pace::InFile(_)) {
        ui.add_space(2.0);
        replay::show(ui, scene);
    }
    ui.add_space(4.0);
    let room = ui.available_height();
    let packed = if room > 210.0 { (room - LINES).clamp(130.0, 240.0) } else { 0.0 };
    let area = ui.available_rect_before_wrap();
    within(ui, "lines", area.with_max_y(area.bottom() - packed), |ui| lines::show(ui, scene));
    if packed > 0.0 {
        within(ui, "packed", area.with_min_y(area.bottom() - packed + 8.0), |ui| packing::show(ui, scene));
    }
}

/// Where the key of each record comes from; `is_asked_for` where nothing goes on without its field.
fn key_row(ui: &mut Ui, form: &mut BatchForm, is_asked_for: bool) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        segmented(ui, "Partition key", &KEYS, &mut form.key);
        match form.key {
            0 => {
                let field = TextField::new(Id::unique("batch field"), "Key field", &mut form.field);
                field.mono().hint(".user_id, or a column").invalid(is_asked_for).show(ui);
            }
            1 => {
                let field = TextField::new(Id::unique("batch fixed"), "Fixed key", &mut form.fixed);
                field.mono().hint("the key of every record").invalid(is_asked_for).show(ui);
            }
            RANDOM => {
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
        // Nothing was read of it yet.
        true if scan.problem.is_some() && scan.total.records + scan.invalid == 0 => format::bytes(stamp.len),
        true => format!("{}, {records}", format::bytes(stamp.len)),
        false => format!("{} of {} read", format::percent(f64::from(scan.progress())), format::bytes(stamp.len)),
    }
}

/// Draws the footer, from the right.
pub(super) fn footer(ui: &mut Ui, scene: &mut Scene<'_>) {
    let wish = wish(scene);
    let count = wish.as_ref().map(|wish| wish.records).ok().or(scan(scene).map(|scan| scan.total.records));
    let records = match count.unwrap_or_default() {
        0 => "records".to_owned(),
        count => format::counted(count as usize, "record"),
    };
    let label = footer::label(scene.world, &format!("Send {records}"), "to");
    let reason = wish.as_ref().map(|_| ()).map_err(String::as_str);
    if ui.add(Button::primary(&label).icon(icons::INJECT).enabled(reason).height(28.0)).clicked() {
        send(scene);
    }
    let goes_on = is_running(scene);
    footer::beside(ui, scene.world, scene.out, goes_on, Some(&mut scene.state.batch.typed_name));
    match wish {
        Err(_) if goes_on => {
            footer::note(
                ui,
                &format!("{} Closing this window keeps the run going.", footer::stays(scene.world)),
                false,
            );
        }
        Err(reason) => footer::note(ui, &reason, true),
        Ok(_) => footer::note(ui, &footer::stays(scene.world), false),
    }
}
