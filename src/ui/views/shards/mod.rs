//! The shards of the open stream: how the key space is cut, how it got so, and where the load lies.

mod bands;
pub mod key_space;
mod lineage;
mod ribbons;
mod rows;
mod table;

use eframe::egui::{
    self, Align, Align2, Layout, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

pub use rows::{Facts, FactsCache, ShardFacts};
use table::SortBy;

use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::shard_map::TilingFault;
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::theme::{self, fonts, heat, icons};
use crate::ui::widgets::{self, Button, ProblemAction};

/// Height of the toolbar.
const TOOLBAR: f32 = 40.0;
/// Least room for the table; the picture gives way before it.
const LEAST_TABLE: f32 = 150.0;

/// What the view remembers.
#[derive(Debug)]
pub struct ShardsState {
    sort: SortBy,
    is_ascending: bool,
    cache: FactsCache,
    order: table::Order,
}

impl Default for ShardsState {
    fn default() -> Self {
        Self { sort: SortBy::Now, is_ascending: false, cache: FactsCache::default(), order: table::Order::default() }
    }
}

/// Draws the view.
pub fn show(ui: &mut Ui, world: &World, state: &mut ShardsState, selection: &mut Option<ShardId>, out: &mut Commands) {
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    let Some(open) = &world.open else {
        widgets::empty(ui, icons::SHARDS, "No stream is open", "Choose one at the left.", None);
        return;
    };
    let Some(facts) = state.cache.get(open) else { return without_shards(ui, open, out) };
    toolbar(ui, world, open, &facts, selection.as_ref(), out);
    notices(ui, world, open, &facts, out);
    picture(ui, &facts, selection);
    let (sort, is_ascending) = (&mut state.sort, &mut state.is_ascending);
    table::show(ui, &facts, (sort, is_ascending), &mut state.order, selection, out);
}

fn without_shards(ui: &mut Ui, open: &OpenStream, out: &mut Commands) {
    match &open.shards.problem {
        Some((problem, _)) => {
            if widgets::problem(ui, "Cannot list the shards", problem, out) == ProblemAction::Retry {
                out.push(Command::Refresh);
            }
        }
        None => widgets::loading_rows(ui, "Loading shards", "ListShards", 12, 25.0),
    }
}

fn toolbar(
    ui: &mut Ui,
    world: &World,
    open: &OpenStream,
    facts: &Facts,
    selected: Option<&ShardId>,
    out: &mut Commands,
) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), TOOLBAR), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let area = Rect::from_min_max(rect.min + vec2(16.0, 0.0), rect.max - vec2(12.0, 1.0));
    let builder = UiBuilder::new().max_rect(area).layout(Layout::right_to_left(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        let target = selected.and_then(|id| facts.get(id)).filter(|shard| shard.is_open);
        let reason = match (target, selected) {
            (Some(_), _) => Ok(()),
            (None, Some(_)) => Err("This shard is closed and cannot be split. Select an open one."),
            (None, None) if facts.open.is_empty() => Err("No shard is open."),
            (None, None) => Ok(()),
        };
        let tooltip = target.map_or("Split a shard", |_| "Split the selected shard");
        let button = Button::new("Split…").icon(icons::SPLIT).enabled(reason).tooltip(tooltip);
        if ui.add(button).clicked() {
            out.push(Command::Open(Dialog::Reshard));
        }
        counts(ui, facts);
        let left = ui.available_rect_before_wrap();
        source(ui, left, world, open, facts);
    });
}

/// `24 open 1 closed`, laid out from the right.
fn counts(ui: &mut Ui, facts: &Facts) {
    let t = theme::tokens(ui);
    let mut parts = vec![(facts.open.len(), "open")];
    if facts.closed_count() > 0 {
        parts.push((facts.closed_count(), "closed"));
    }
    let words: Vec<String> = parts.iter().map(|(n, what)| format!("{} {what}", format::grouped(*n as i64))).collect();
    let mut job = egui::text::LayoutJob::default();
    for (index, (count, what)) in parts.iter().enumerate() {
        let lead = if index > 0 { 8.0 } else { 0.0 };
        let format = |font, color| egui::TextFormat { valign: Align::Center, ..egui::TextFormat::simple(font, color) };
        job.append(&format::grouped(*count as i64), lead, format(fonts::value_strong(), t.strong));
        job.append(what, 6.0, format(fonts::body(), t.weak));
    }
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(2.0, 0.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words.join(" ")));
    ui.painter().galley(rect.min, galley, t.text);
}

/// What the colours mean and where the figures come from.
fn source(ui: &mut Ui, area: Rect, world: &World, open: &OpenStream, facts: &Facts) {
    let t = theme::tokens(ui);
    let (painter, dark_mode) = (ui.painter().with_clip_rect(area), ui.visuals().dark_mode);
    let mut x = area.left();
    let mut swatch = |text: &str, is_open: bool| {
        let rect = Rect::from_center_size(pos2(x + 8.0, area.center().y), vec2(16.0, 11.0));
        if is_open {
            painter.rect_filled(rect, 2, heat::color(0.5, dark_mode));
        } else {
            painter.rect(rect, 2, t.inset, Stroke::new(1.0, t.stroke_strong), StrokeKind::Inside);
        }
        let at = pos2(x + 23.0, area.center().y);
        x = painter.text(at, Align2::LEFT_CENTER, text, fonts::small(), t.weak).right() + 16.0;
    };
    swatch("open, coloured by share of the write limit", true);
    if facts.closed_count() > 0 {
        swatch("closed, still readable", false);
    }
    let text = match (facts.as_of, &open.metrics.problem) {
        (Some(at), _) => {
            let source = match open.metrics.get().map(|m| m.source) {
                Some(crate::model::metrics::Source::Sampled) => "measured",
                _ if world.generated_before.is_some_and(|before| at < before) => "generated demo figures",
                _ => "CloudWatch minute",
            };
            format!("{source} {} UTC", at.hm())
        }
        (None, Some(_)) => "load not known: metrics failed".to_owned(),
        (None, None) if open.metrics.is_loading() => "load is on its way".to_owned(),
        (None, None) => "no shard-level metrics".to_owned(),
    };
    if widgets::text_width(&painter, &text, fonts::small()) < area.right() - x {
        painter.text(pos2(x, area.center().y), Align2::LEFT_CENTER, text, fonts::small(), t.faint);
    }
}

/// Strips above the picture: old data, and shards that do not cover the key space.
fn notices(ui: &mut Ui, world: &World, open: &OpenStream, facts: &Facts, out: &mut Commands) {
    if open.shards.is_stale()
        && let (Some((problem, _)), Some(age)) = (&open.shards.problem, open.shards.age_at(world.now))
        && widgets::stale_strip(ui, &format::duration(age), &problem.sentence, "Retry")
    {
        out.push(Command::Refresh);
    }
    let Some(fault) = facts.faults.first() else { return };
    let described = match fault {
        TilingFault::Hole(range) => format!("no open shard owns {range}"),
        TilingFault::Overlap(range) => format!("two open shards own {range}"),
    };
    let more = match facts.faults.len() {
        1 => String::new(),
        count => format!(", and {} more places", count - 1),
    };
    let text = format!(
        "The open shards do not tile the key space: {described}{more}; the listing was taken during a reshard, or the server is not Kinesis."
    );
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, &text));
    let painter = ui.painter();
    painter.rect_filled(rect, 0, t.warn_dim);
    painter.text(
        pos2(rect.left() + 16.0, rect.center().y),
        Align2::LEFT_CENTER,
        icons::WARNING,
        fonts::icon(14.0),
        t.warn,
    );
    let words = Rect::from_min_max(pos2(rect.left() + 38.0, rect.top()), rect.max - vec2(12.0, 0.0));
    widgets::paint_elided(painter, words, Align::Min, &text, fonts::body(), t.text);
    response.on_hover_text(&text);
}

fn picture(ui: &mut Ui, facts: &Facts, selection: &mut Option<ShardId>) {
    let room = ui.available_height() - LEAST_TABLE;
    let listed = facts.lineage.generations.len();
    let lineage = if listed > 1 { listed.min(3) } else { 0 };
    let needed = |generations: usize| 19.0 + bands::height(generations) + 14.0 + ribbons::HEIGHT + 6.0;
    let Some(generations) = (0..=lineage).rev().find(|generations| needed(*generations) <= room) else { return };
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), needed(generations)), Sense::hover());
    let inner = Rect::from_min_max(rect.min + vec2(16.0, 19.0), rect.max - vec2(16.0, 0.0));
    let lower = inner.top() + bands::height(generations) + 14.0;
    let upper = Rect::from_min_max(inner.min, pos2(inner.right(), lower));
    let _ = bands::show(ui, upper, generations, facts, selection);
    ribbons::show(ui, Rect::from_min_size(pos2(inner.left(), lower), vec2(inner.width(), ribbons::HEIGHT)), facts);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, theme::tokens(ui).stroke));
}
