//! Where the records of a file land: the load of every shard now and with the file, and the lines that cannot be sent.

use eframe::egui::{
    Align, Align2, Id, Rangef, Rect, Role, ScrollArea, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::{RANDOM, Scene, scan};
use crate::model::batch::load::{OverChoice, ShardLoad};
use crate::model::batch::{BatchCommand, BatchScan, Pace};
use crate::model::format;
use crate::model::limits::WARN_SHARE;
use crate::ui::command::Command;
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::views::shards::key_space::{paint_axis, rect_of, span_of};
use crate::ui::widgets::select::dropdown;
use crate::ui::widgets::{self, Button, TextField, segmented};

/// Height of the bars, up to `TOP` of a shard's limit.
const BARS: f32 = 96.0;
const TOP: f64 = 1.25;
/// Width in points below which a choice of three folds into a menu.
const NARROW: f32 = 370.0;
/// Draws the right half.
pub(super) fn show(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing = vec2(8.0, 5.0);
    let pace = scene.state.batch.pace();
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), 16.0), Sense::hover());
    ui.painter().text(head.left_center(), Align2::LEFT_CENTER, "Where the records land", fonts::small_medium(), t.weak);
    let file = ui.painter().text(head.right_center(), Align2::RIGHT_CENTER, "with this file", fonts::small(), t.text);
    let mark = |right: f32| Rect::from_min_size(pos2(right - 17.0, head.center().y - 4.0), vec2(8.0, 8.0));
    ui.painter().rect_filled(mark(file.left() + 4.0), 1, t.accent);
    let now = pos2(file.left() - 24.0, head.center().y);
    let now = ui.painter().text(now, Align2::RIGHT_CENTER, "now", fonts::small(), t.text);
    ui.painter().rect_filled(mark(now.left() + 4.0), 1, t.stroke_strong);
    let Some(scan) = scan(scene) else { return };
    let (loads, takes) = &scene.state.batch.loads;
    bars(ui, t, loads);
    verdict(ui, t, loads, *takes, pace);
    if scene.state.batch.key != RANDOM && loads.iter().any(ShardLoad::is_over) {
        over(ui, t, &mut scene.state.batch.over);
    }
    ui.add_space(4.0);
    if scan.invalid > 0 {
        invalid(ui, t, scan, &mut scene.state.batch.skips_invalid);
        save_invalid(ui, scene);
    } else if scan.is_done && scan.problem.is_none() {
        widgets::label(ui, "Every line can be sent.", fonts::small(), t.weak);
    }
}

/// What is done with the records for shards that would be filled.
fn over(ui: &mut Ui, t: &Tokens, choice: &mut OverChoice) {
    let is_narrow = ui.available_width() < NARROW;
    ui.horizontal(|ui| {
        widgets::label(ui, "Shards over 80 %", fonts::small_medium(), t.weak);
        let labels = OverChoice::ALL.map(OverChoice::label);
        let mut at = OverChoice::ALL.iter().position(|one| one == choice).unwrap_or_default();
        if is_narrow {
            at = dropdown(ui, "Records for shards over 80 %", choice.label(), &labels, at, 0.0).unwrap_or(at);
        } else {
            segmented(ui, "Records for shards over 80 %", &labels, &mut at);
        }
        *choice = OverChoice::ALL.get(at).copied().unwrap_or_default();
    });
}

fn bars(ui: &mut Ui, t: &Tokens, loads: &[ShardLoad]) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), BARS + 18.0), Sense::hover());
    response.widget_info(|| {
        let words: Vec<String> = loads
            .iter()
            .filter(|load| load.share.records > 0)
            .take(24)
            .map(|load| format!("{} {} records", load.id.short(), format::grouped(load.share.records as i64)))
            .collect();
        WidgetInfo::labeled(Role::Image, true, format!("Load of every shard with this file: {}", words.join(", ")))
    });
    let area = rect.with_max_y(rect.top() + BARS);
    let painter = ui.painter_at(rect);
    painter.rect_filled(area, 0, t.inset);
    let x = Rangef::new(area.left(), area.right());
    let y = |share: f64| area.bottom() - (share.clamp(0.0, TOP) / TOP) as f32 * BARS;
    for load in loads {
        let span = span_of(load.range, x);
        let with = load.with();
        let color = match with {
            with if load.added > 0.0 && with > 1.0 => t.crit,
            with if load.added > 0.0 && with >= WARN_SHARE => t.warn,
            _ => t.accent,
        };
        painter.rect_filled(rect_of(span, y(load.now), area.bottom()), 0, t.stroke_strong);
        if load.share.records > 0 {
            painter.rect_filled(rect_of(span, y(with).min(y(load.now) - 1.0), y(load.now)), 0, color);
        }
    }
    painter.hline(x, y(1.0), Stroke::new(1.0, t.crit));
    let warn = [pos2(x.min, y(WARN_SHARE)), pos2(x.max, y(WARN_SHARE))];
    painter.extend(Shape::dashed_line(&warn, Stroke::new(1.0, t.warn), 3.0, 3.0));
    paint_axis(&painter, t, x, area.bottom(), 4);
}

fn verdict(ui: &mut Ui, t: &Tokens, loads: &[ShardLoad], takes: f64, pace: Pace) {
    let hottest = loads.iter().filter(|load| load.share.records > 0).max_by(|a, b| a.with().total_cmp(&b.with()));
    let Some(load) = hottest else { return };
    let (share, short) = (load.with(), load.id.short());
    let percent = format::percent(share).replace('%', " %");
    let records = format::counted(load.share.records as usize, "record");
    // Which ones, the bars and the choice below say.
    let others = match loads.iter().filter(|load| load.is_over()).count().saturating_sub(1) {
        0 => String::new(),
        more => format!(" {more} more over."),
    };
    let time = format::duration(crate::model::time::Millis((takes * 1_000.0) as i64));
    let (icon, color, words) = match share {
        _ if pace == Pace::Full => {
            let words = format!("At its fastest about {time}: {short} takes {records} and sets the pace.");
            (icons::INFO, t.weak, words)
        }
        share if share > 1.0 => {
            let words = format!("{short} would reach {percent} with {records} in {time}.{others}");
            (icons::WARNING, t.crit, words)
        }
        share => {
            let color = if share >= WARN_SHARE { t.warn } else { t.ok };
            (icons::CHECK, color, format!("About {time}; {short} reaches {percent} with {records}.{others}"))
        }
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, icon, fonts::icon(13.0), color);
    widgets::paint_elided(
        ui.painter(),
        rect.with_min_x(rect.left() + 20.0),
        Align::Min,
        &words,
        fonts::small(),
        t.text,
    );
}

/// Writes the lines that cannot be sent to a new file, to mend them.
fn save_invalid(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.horizontal(|ui| {
        let path = &mut scene.state.batch.invalid_path;
        let name = "File for invalid lines";
        TextField::new(Id::unique("batch invalid"), name, path).mono().hint("new file").width(190.0).show(ui);
        let may_save = if path.trim().is_empty() { Err("Name a new file.") } else { Ok(()) };
        if ui.add(Button::new("Save these lines").icon(icons::DOWNLOAD).enabled(may_save)).clicked() {
            scene.out.push(Command::Batch(BatchCommand::SaveInvalid(path.trim().to_owned())));
        }
        let saved = scene.world.open.as_ref().and_then(|open| open.batch.saved.as_ref());
        if let Some(saved) = saved {
            let t = theme::tokens(ui);
            let (words, color) = match saved {
                Ok(words) => (words, t.ok),
                Err(words) => (words, t.crit),
            };
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Status, true, words));
            widgets::paint_elided(ui.painter(), rect, Align::Min, words, fonts::small(), color);
        }
    });
}

fn invalid(ui: &mut Ui, t: &Tokens, scan: &BatchScan, skips: &mut bool) {
    ui.horizontal(|ui| {
        let count = format::grouped(scan.invalid as i64);
        let words = if scan.invalid == 1 {
            "1 line cannot be sent".to_owned()
        } else {
            format!("{count} lines cannot be sent")
        };
        widgets::label(ui, words, fonts::small_medium(), t.warn);
        ui.with_layout(eframe::egui::Layout::right_to_left(Align::Center), |ui| {
            let (label, icon) = if *skips { ("Left out", icons::CHECK) } else { ("Leave them out", icons::MINUS) };
            if ui.add(Button::new(label).icon(icon).small()).clicked() {
                *skips = !*skips;
            }
        });
    });
    let lines = &scan.invalid_lines;
    let list = ScrollArea::vertical().id_salt(Id::unique("invalid lines")).auto_shrink([false, true]);
    list.max_height((ui.available_height() - 42.0).max(20.0)).show_rows(ui, 20.0, lines.len(), |ui, range| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for line in lines.get(range).unwrap_or_default() {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
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
