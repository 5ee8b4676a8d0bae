//! What follows from the keys: concentration, whether there are enough of them, the salts compared, and what to tell the producer.

use eframe::egui::{
    Align, Align2, Frame, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::KeysState;
use super::prepared::{Ranked, Salted};
use crate::model::filter::FilterSpec;
use crate::model::format;
use crate::model::keys::{KeyScope, rule_of_thumb_keys};
use crate::model::limits::{CRITICAL_SHARE, WARN_SHARE};
use crate::model::salt::SaltPlan;
use crate::model::sample::StreamSample;
use crate::model::sketch::hyper_log_log::Estimate;
use crate::model::utilisation::Utilisation;
use crate::model::world::OpenStream;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::{self, Button, text};

const PADDING: f32 = 14.0;
const FOOTER: f32 = 52.0;

/// Draws the column.
pub fn show(
    ui: &mut Ui,
    open: &OpenStream,
    sample: &StreamSample,
    ranked: &Ranked,
    state: &mut KeysState,
    out: &mut Commands,
) {
    let area = ui.max_rect();
    let (body, footer) = area.split_top_bottom_at_y((area.bottom() - FOOTER).max(area.top()));
    ui.scope_builder(UiBuilder::new().max_rect(body).id_salt("keys side body"), |ui| {
        ScrollArea::vertical().id_salt("keys side").auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
            concentration(ui, ranked);
            distinct(ui, open, sample, ranked);
            if let Some(salted) = &state.salted {
                if let Some(salts) = compared(ui, salted, state.salts) {
                    state.salts = salts;
                }
                producer(ui, salted, out);
            }
        });
    });
    actions(ui, footer, ranked, state, out);
}

fn section(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    let t = theme::tokens(ui);
    Frame::new().inner_margin(eframe::egui::Margin::symmetric(PADDING as i8, 12)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        add(ui);
    });
    let bottom = ui.min_rect().bottom();
    ui.painter().hline(ui.max_rect().x_range(), bottom - 0.5, Stroke::new(1.0, t.stroke_weak));
}

/// A large figure and what it counts.
fn figure(ui: &mut Ui, value: &str, words: &str, color: eframe::egui::Color32) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 30.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{value} {words}")));
    let font = eframe::egui::FontId::new(19.0, fonts::figure().family);
    let base = rect.bottom() - 5.0;
    let shown = ui.painter().text(pos2(rect.left(), base), Align2::LEFT_BOTTOM, value, font, color);
    ui.painter().text(pos2(shown.right() + 8.0, base - 2.0), Align2::LEFT_BOTTOM, words, fonts::small(), t.weak);
}

fn concentration(ui: &mut Ui, ranked: &Ranked) {
    let t = theme::tokens(ui);
    let table = &ranked.table;
    let Some(first) = table.rows.first() else { return };
    let what = match table.rank_by {
        crate::model::keys::RankBy::Bytes => "bytes",
        crate::model::keys::RankBy::Records => "records",
    };
    section(ui, |ui| {
        let scope = match &table.scope {
            KeyScope::Shard(shard) => format!("Concentration on {}", shard.short()),
            KeyScope::Stream => "Concentration in the stream".to_owned(),
        };
        text::label(ui, scope, fonts::small(), t.weak);
        let color = if first.share >= 0.5 { t.crit } else { t.strong };
        figure(ui, &format!("{:.0} %", first.share * 100.0), &format!("of {what} from 1 key"), color);
        let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 9.0), Sense::hover());
        let mut left = bar.left();
        let colors = [if first.share >= 0.5 { t.crit } else { t.s2 }, t.s2, t.s2.gamma_multiply(0.75)];
        for (row, color) in table.rows.iter().zip(colors) {
            let right = (left + bar.width() * row.share as f32).min(bar.right());
            ui.painter().rect_filled(
                Rect::from_min_max(pos2(left, bar.top()), pos2(right - 1.0, bar.bottom())),
                0,
                color,
            );
            left = right;
        }
        ui.painter().rect_filled(bar.with_min_x(left), 0, t.stroke_strong);
        ui.add_space(7.0);
        text::paragraph(ui, concentration_words(ranked), fonts::small(), t.text);
    });
}

/// `The top 3 keys carry 86 %. Without tenant-42 this shard would sit at 28 %.`
fn concentration_words(ranked: &Ranked) -> String {
    let table = &ranked.table;
    let count = table.rows.len().min(3);
    let mut words = match count {
        1 => "All of it is one key.".to_owned(),
        count => format!("The top {count} keys carry {:.0} %.", table.top_share(count) * 100.0),
    };
    let Some(first) = table.rows.first() else { return words };
    let without = ranked.scope_load.map(|load| Utilisation {
        bytes_share: load.bytes_share * (1.0 - part(first.bytes, table.rows.iter().map(|row| row.bytes), first.share)),
        records_share: load.records_share
            * (1.0 - part(first.records, table.rows.iter().map(|row| row.records), first.share)),
    });
    if let Some(without) = without {
        let key = format::one_line(first.key.as_str(), 40);
        words.push_str(&format!(" Without {key} this shard would sit at {:.0} %.", without.value() * 100.0));
    }
    words
}

/// The key's part of all rows; its share where nothing is counted.
fn part(own: u64, all: impl Iterator<Item = u64>, share: f64) -> f64 {
    let all: u64 = all.sum();
    if all == 0 { share } else { own as f64 / all as f64 }
}

fn distinct(ui: &mut Ui, open: &OpenStream, sample: &StreamSample, ranked: &Ranked) {
    let t = theme::tokens(ui);
    let keys = ranked.stream.distinct;
    // Keys of shards that were not sampled are not counted, so those shards do not count either.
    let open_shards = open.shards.get().map_or(0, crate::model::shard_map::ShardMap::open_count);
    let sampled = sample.shards().count().max(1);
    let rule = rule_of_thumb_keys(sampled);
    let of = if sampled < open_shards {
        format!("10 × {}", format::counted(sampled, "sampled shard"))
    } else {
        "10 × shards".to_owned()
    };
    section(ui, |ui| {
        text::label(ui, "Distinct keys", fonts::small(), t.weak);
        figure(ui, &estimate(keys), "in the sample", t.strong);
        let is_enough = keys.low >= rule as f64;
        scale(ui, t, keys, rule, is_enough);
        let verdict = if is_enough {
            format!(
                "Above the rule of thumb, {of} = {}. Too few keys is not the problem.",
                format::grouped(rule as i64)
            )
        } else {
            format!(
                "Below the rule of thumb, {of} = {}. With so few keys some shards stay busy by chance, however they are split.",
                format::grouped(rule as i64)
            )
        };
        let here = match &ranked.table.scope {
            KeyScope::Shard(shard) => sample
                .shard(shard)
                .map_or(String::new(), |shard| format!(" On this shard: {}.", estimate(shard.distinct_keys()))),
            KeyScope::Stream => String::new(),
        };
        text::paragraph(ui, format!("{verdict}{here}"), fonts::small(), t.text);
    });
}

/// `1,870 ± 40`, or the number alone where it is exact.
fn estimate(keys: Estimate) -> String {
    let value = format::grouped(keys.value.round() as i64);
    let half = keys.half_width().ceil();
    if half < 1.0 { value } else { format!("{value} ± {}", format::grouped(half as i64)) }
}

/// The estimate on a scale with the rule of thumb marked.
fn scale(ui: &mut Ui, t: &Tokens, keys: Estimate, rule: u64, is_enough: bool) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 33.0), Sense::hover());
    let bar = Rect::from_min_size(rect.min + vec2(0.0, 3.0), vec2(rect.width(), 6.0));
    let end = round_up(keys.high.max(rule as f64) * 1.1);
    let x = |value: f64| bar.left() + bar.width() * (value / end).clamp(0.0, 1.0) as f32;
    let painter = ui.painter();
    painter.rect_filled(bar, 1, t.stroke_weak);
    painter.rect_filled(bar.with_max_x(x(keys.value)), 1, if is_enough { t.ok } else { t.warn });
    let mark = x(rule as f64);
    painter.rect_filled(
        Rect::from_min_max(pos2(mark - 1.0, bar.top() - 2.0), pos2(mark + 1.0, bar.bottom() + 2.0)),
        0,
        t.strong,
    );
    let words = format::grouped(rule as i64);
    let half = widgets::text_width(painter, &words, fonts::axis()) / 2.0;
    let at = mark.clamp(bar.left() + half, bar.right() - half);
    let shown = painter.text(pos2(at, bar.bottom() + 4.0), Align2::CENTER_TOP, words, fonts::axis(), t.weak);
    let last = format::grouped(end as i64);
    if shown.right() + 8.0 + widgets::text_width(painter, &last, fonts::axis()) < bar.right() {
        painter.text(pos2(bar.right(), bar.bottom() + 4.0), Align2::RIGHT_TOP, last, fonts::axis(), t.weak);
    }
}

/// The next figure of the kind 1, 1.2, 1.5, 2, 2.4, 3, 4, 5, 6, 8 times a power of ten.
fn round_up(value: f64) -> f64 {
    let power = 10f64.powf(value.max(1.0).log10().floor());
    let steps = [1.0, 1.2, 1.5, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps.iter().map(|step| step * power).find(|step| *step >= value).unwrap_or(10.0 * power)
}

/// A row for each number of salts; gives back the one that was clicked.
fn compared(ui: &mut Ui, salted: &Salted, chosen: u32) -> Option<u32> {
    let t = theme::tokens(ui);
    let mut clicked = None;
    ui.add_space(12.0);
    let (title, _) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let left = title.left() + PADDING;
    ui.painter().text(
        pos2(left, title.center().y),
        Align2::LEFT_CENTER,
        "Salts compared",
        fonts::small_strong(),
        t.strong,
    );
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover());
    let home = salted.hot.shard.short();
    let columns = Columns::new(head);
    for (words, right, align) in [
        ("Salts", columns.salts, Align2::LEFT_CENTER),
        (home.as_str(), columns.home, Align2::RIGHT_CENTER),
        ("top recipient", columns.top, Align2::RIGHT_CENTER),
        ("shards hit", columns.hit, Align2::RIGHT_CENTER),
    ] {
        ui.painter().text(pos2(right, head.center().y), align, words, fonts::caption(), t.weak);
    }
    ui.painter().hline(head.x_range(), head.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    for plan in &salted.compared {
        if compared_row(ui, plan, plan.salts == chosen) {
            clicked = Some(plan.salts);
        }
    }
    ui.add_space(8.0);
    let bottom = ui.min_rect().bottom();
    ui.painter().hline(ui.max_rect().x_range(), bottom - 0.5, Stroke::new(1.0, t.stroke_weak));
    clicked
}

/// Where the columns of the comparison end, and where the first begins.
struct Columns {
    salts: f32,
    home: f32,
    top: f32,
    hit: f32,
}

impl Columns {
    fn new(area: Rect) -> Self {
        let width = area.width() - 2.0 * PADDING;
        let left = area.left() + PADDING;
        Self { salts: left, home: left + width * 0.35, top: left + width * 0.7, hit: left + width }
    }
}

fn compared_row(ui: &mut Ui, plan: &SaltPlan, is_chosen: bool) -> bool {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let response = ui.interact(rect, ui.scope_id().with(("salts", plan.salts)), Sense::click());
    let percent =
        |load: Option<Utilisation>| load.map_or(format::UNKNOWN.to_owned(), |load| format::percent(load.value()));
    let home = percent(plan.home_after);
    let (top, shard) =
        plan.top_recipient.as_ref().map_or((None, String::new()), |(shard, load)| (Some(*load), shard.short()));
    let hit = format!("{} of {}", plan.shards_hit, plan.salts);
    let name = format!("{} salts: home {home}, top recipient {} {shard}, {hit} shards hit", plan.salts, percent(top));
    response.widget_info(|| WidgetInfo::selected(Role::Row, true, is_chosen, &name));
    if is_chosen {
        ui.painter().rect_filled(rect, 0, t.selected);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 0, t.hover);
    }
    let columns = Columns::new(rect);
    let middle = rect.center().y;
    let painter = ui.painter();
    let font = if is_chosen { fonts::value_strong() } else { fonts::value() };
    painter.text(pos2(columns.salts, middle), Align2::LEFT_CENTER, plan.salts.to_string(), font, t.strong);
    painter.text(pos2(columns.home, middle), Align2::RIGHT_CENTER, home, fonts::value(), ink(t, plan.home_after));
    let end = painter.text(pos2(columns.top, middle), Align2::RIGHT_CENTER, tail_of(&shard), fonts::dense(), t.weak);
    painter.text(pos2(end.left() - 6.0, middle), Align2::RIGHT_CENTER, percent(top), fonts::value(), ink(t, top));
    painter.text(pos2(columns.hit, middle), Align2::RIGHT_CENTER, hit, fonts::dense(), t.weak);
    if response.has_focus() {
        widgets::focus_ring(ui, rect.shrink(2.0), 2);
    }
    response.clicked()
}

/// `…27` of `…0027`.
fn tail_of(short: &str) -> String {
    match short.strip_prefix("…00") {
        Some(tail) if !tail.is_empty() => format!("…{tail}"),
        _ => short.to_owned(),
    }
}

fn ink(t: &Tokens, load: Option<Utilisation>) -> eframe::egui::Color32 {
    match load.map(Utilisation::value) {
        Some(share) if share >= CRITICAL_SHARE => t.crit,
        Some(share) if share >= WARN_SHARE => t.warn,
        Some(_) => t.text,
        None => t.faint,
    }
}

fn producer(ui: &mut Ui, salted: &Salted, out: &mut Commands) {
    let t = theme::tokens(ui);
    if salted.plan.salts < 2 {
        return;
    }
    section(ui, |ui| {
        let lines = salted.plan.producer_lines(&salted.hot.key);
        let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
        ui.painter().text(head.left_center(), Align2::LEFT_CENTER, "At the producer", fonts::small_strong(), t.strong);
        let corner = Rect::from_min_max(pos2(head.right() - 26.0, head.top()), head.max);
        let builder = UiBuilder::new().max_rect(corner).id_salt("copy lines");
        ui.scope_builder(builder, |ui| widgets::copy_icon(ui, "Copy producer lines", &lines.join("\n"), out));
        ui.add_space(6.0);
        let frame = Frame::new().fill(t.inset).stroke(Stroke::new(1.0, t.stroke)).corner_radius(4).inner_margin(8);
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            for line in &lines {
                let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 17.0), Sense::hover());
                code(ui, rect, line);
            }
        });
        ui.add_space(8.0);
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 7.0;
            text::label(ui, icons::WARNING, fonts::icon(13.0), t.warn);
            text::paragraph(
                ui,
                "Order is kept per salt, not per key. Salt by a field whose order must be kept, such as uid.",
                fonts::small(),
                t.text,
            );
        });
    });
}

/// A line of code with its words and strings coloured.
fn code(ui: &Ui, rect: Rect, line: &str) {
    let t = theme::tokens(ui);
    let (word, rest) = match line.strip_prefix("if ") {
        Some(rest) => ("if ", rest),
        None => ("", line),
    };
    let quote = rest.find('"').unwrap_or(rest.len());
    let close = rest.rfind('"').map_or(rest.len(), |at| at + 1).max(quote);
    let (plain, string, behind) = (rest.get(..quote), rest.get(quote..close), rest.get(close..));
    let job = text::job(&[
        (word, fonts::dense(), t.syn_lit),
        (plain.unwrap_or(""), fonts::dense(), t.text),
        (string.unwrap_or(""), fonts::dense(), t.syn_str),
        (behind.unwrap_or(""), fonts::dense(), t.text),
    ]);
    text::paint_job(ui.painter(), rect, Align::Min, job);
}

fn actions(ui: &mut Ui, area: Rect, ranked: &Ranked, state: &KeysState, out: &mut Commands) {
    let t = theme::tokens(ui);
    ui.painter().hline(area.x_range(), area.top() + 0.5, Stroke::new(1.0, t.stroke));
    let Some(key) = state.selected.as_ref() else { return };
    let row = ranked.table.row(key).or_else(|| ranked.stream.row(key));
    let inner = Rect::from_min_max(area.min + vec2(PADDING, 13.0), area.max - vec2(PADDING, 0.0));
    ui.scope_builder(UiBuilder::new().max_rect(inner).id_salt("keys actions"), |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let half = ((inner.width() - 8.0) / 2.0).floor();
            let enabled = if state.salted.is_some() { Ok(()) } else { Err("The load of this key is not known.") };
            let copy = Button::primary("Copy advice").icon(icons::COPY).enabled(enabled).min_width(half);
            if ui.add(copy).clicked()
                && let (Some(salted), Some(row)) = (&state.salted, row)
            {
                out.push(Command::Copy(salted.plan.advice(&salted.hot, row.share)));
            }
            let label = format!("Tail {}", format::elide_middle(&format::one_line(key.as_str(), 64), 16));
            let tail = Button::new(&label).icon(icons::TAIL).min_width(half).tooltip("Only records that name this key");
            if ui.add(tail).clicked()
                && let Some(row) = row
            {
                out.push(Command::FilterTail(FilterSpec::only_key(key.as_str())));
                out.push(Command::TailShard(row.shard.clone()));
            }
        });
    });
}
