//! Metric, order, thresholds, range, age of the figures and refresh. Where there is less room, metric and range become menus.

use eframe::egui::{Align, Layout, Popup, Rect, Stroke, Ui, UiBuilder, vec2};

use super::state::HeatmapState;
use super::thresholds;
use super::{keys, live};
use crate::model::format;
use crate::model::heat_grid::HeatGrid;
use crate::model::heat_metric::{HeatMetric, HeatSort};
use crate::model::heat_range::HeatRange;
use crate::model::ids::ShardId;
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, Segment, text};

/// What a metric can show of the open stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Figures of its shards.
    Shards,
    /// Figures of the stream as a whole only; why.
    StreamOnly(String),
    /// Nothing; why.
    Nothing(String),
}

impl Access {
    /// Whether it cannot be picked.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Nothing(_))
    }

    fn why(&self) -> Option<&str> {
        match self {
            Self::Shards => None,
            Self::StreamOnly(why) | Self::Nothing(why) => Some(why),
        }
    }
}

/// What a metric can show in this grid. Write figures of single shards can also be measured from the records themselves, so
/// they are never locked.
pub fn access(grid: &HeatGrid, metric: HeatMetric) -> Access {
    let is_written = matches!(metric, HeatMetric::Utilization | HeatMetric::BytesIn | HeatMetric::RecordsIn);
    let name = metric.source_name();
    match (grid.has_shard_metrics, grid.knows(metric)) {
        _ if is_written => Access::Shards,
        (true, true) if !grid.is_sampled => Access::Shards,
        (true, false) if !grid.is_sampled => Access::Nothing(format!(
            "No shard has reported {name} in this range. Enhanced monitoring of the stream may leave it out."
        )),
        (_, true) => {
            Access::StreamOnly(format!("Of the stream as a whole only: shards report {name} with enhanced monitoring."))
        }
        (_, false) => Access::Nothing(format!("Shards report {name} with enhanced monitoring, which is off.")),
    }
}

/// Draws the strip into `area`.
pub fn show(
    ui: &mut Ui,
    area: Rect,
    world: &World,
    state: &mut HeatmapState,
    selection: &mut Option<ShardId>,
    has_drawer: bool,
    out: &mut Commands,
) {
    let t = theme::tokens(ui);
    ui.painter().hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
    let inner = Rect::from_min_max(area.min + vec2(16.0, 0.0), area.max - vec2(12.0, 1.0));
    let room = Room::of(inner.width());
    let builder = UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)).id_salt("right");
    let left = ui
        .scope_builder(builder, |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            right(ui, world, state, (room, has_drawer), selection, out);
            ui.min_rect().left()
        })
        .inner;
    let rest = inner.with_max_x(left - 8.0);
    let builder = UiBuilder::new().max_rect(rest).layout(Layout::left_to_right(Align::Center)).id_salt("left");
    ui.scope_builder(builder, |ui| {
        ui.set_clip_rect(ui.clip_rect().intersect(rest.expand(3.0)));
        ui.spacing_mut().item_spacing.x = 8.0;
        metrics(ui, state, room);
        if room != Room::Tiny {
            let thresholds = world.settings.heat_thresholds;
            let is_sampled = state.prepared.as_ref().is_some_and(|prepared| prepared.grid.is_sampled);
            // The tag takes the room of a word.
            sort_menu(ui, &mut state.sort, if is_sampled { Room::Narrow } else { room });
            let is_compact = is_sampled || inner.width() < WIDE_THRESHOLDS;
            thresholds::button(ui, &mut state.draft, state.metric, thresholds, is_compact, out);
            if is_sampled {
                widgets::tag(ui, "SAMPLED", widgets::TagStyle::Warn).on_hover_text(
                    "Figures of shards are estimates from records that were read; that of the stream is exact.",
                );
            }
        }
    });
}

/// Width of the strip from which on the thresholds are named.
const WIDE_THRESHOLDS: f32 = 1_290.0;

/// How much room the toolbar has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    /// For everything.
    Wide,
    /// The range is a menu, and words are left out.
    Medium,
    /// The metric is a menu too.
    Narrow,
    /// Metric, range and refresh alone.
    Tiny,
}

impl Room {
    fn of(width: f32) -> Self {
        match width {
            w if w >= 1_150.0 => Self::Wide,
            w if w >= 960.0 => Self::Medium,
            w if w >= 620.0 => Self::Narrow,
            _ => Self::Tiny,
        }
    }
}

fn metrics(ui: &mut Ui, state: &mut HeatmapState, room: Room) {
    let grid = state.prepared.as_ref().map(|prepared| &prepared.grid);
    let access = HeatMetric::ALL.map(|metric| grid.map_or(Access::Shards, |grid| access(grid, metric)));
    let mut index = HeatMetric::ALL.iter().position(|metric| *metric == state.metric).unwrap_or(0);
    if matches!(room, Room::Wide | Room::Medium) {
        let mut segments = HeatMetric::ALL.map(|metric| Segment::new(metric.label()));
        for (segment, access) in segments.iter_mut().zip(&access) {
            segment.lock = access.why();
            segment.is_enabled = !access.is_closed();
        }
        widgets::segmented_of(ui, "Metric", &segments, &mut index, 26.0);
    } else {
        let open: Vec<usize> = (0..access.len()).filter(|at| access.get(*at).is_some_and(|a| !a.is_closed())).collect();
        let label = |at: &usize| HeatMetric::ALL.get(*at).map_or("", |metric| metric.label());
        let labels: Vec<&str> = open.iter().map(label).collect();
        let selected = open.iter().position(|at| *at == index).unwrap_or(0);
        if let Some(picked) = widgets::dropdown(ui, "Metric", state.metric.label(), &labels, selected, 108.0) {
            index = open.get(picked).copied().unwrap_or(index);
        }
    }
    state.metric = HeatMetric::ALL.get(index).copied().unwrap_or_default();
}

fn right(
    ui: &mut Ui,
    world: &World,
    state: &mut HeatmapState,
    (room, has_drawer): (Room, bool),
    selection: &mut Option<ShardId>,
    out: &mut Commands,
) {
    let t = theme::tokens(ui);
    let refresh = Button::new("").icon(icons::REFRESH).name("Refresh").tooltip("Fetch the newest minutes now");
    if ui.add(refresh).clicked() {
        out.push(Command::Refresh);
    }
    if has_drawer {
        let kind = if state.is_drawer_open { widgets::ButtonKind::On } else { widgets::ButtonKind::Default };
        if ui.add(Button::new("Verdict").kind(kind)).clicked() {
            state.is_drawer_open = !state.is_drawer_open;
        }
    }
    let Some(open) = &world.open else { return };
    live_button(ui, open, state, selection, out);
    ranges(ui, open.range, room, state, out);
    let answer = &open.metrics;
    let is_other = answer.get().is_some_and(|metrics| {
        (metrics.window.end - metrics.window.start).0 != i64::from(open.range.minutes()) * 60_000
    });
    let words = match answer.age_at(world.now) {
        Some(_) if is_other => Some("loading".to_owned()),
        Some(age) => Some(format!("{} old", format::duration(age))),
        None if answer.pending_since.is_some() => Some("loading".to_owned()),
        None => None,
    };
    // The banner says how old what was measured is.
    let is_sampled = state.prepared.as_ref().is_some_and(|prepared| prepared.grid.is_sampled);
    if let Some(words) = words.filter(|_| room != Room::Tiny && !is_sampled) {
        text::label(ui, words, fonts::small(), t.faint)
            .on_hover_text("When the figures were fetched. CloudWatch itself is 1 to 2 minutes late.");
    }
}

/// Follows the selected shard second by second, or ends that.
fn live_button(
    ui: &mut Ui,
    open: &OpenStream,
    state: &HeatmapState,
    selection: &mut Option<ShardId>,
    out: &mut Commands,
) {
    let Some(prepared) = &state.prepared else { return };
    let is_on = open.live_shard.is_some();
    let can = if is_on || live::subject(prepared, selection.as_ref()).is_some() {
        Ok(())
    } else {
        Err("No shard of this stream takes writes.")
    };
    let kind = if is_on { widgets::ButtonKind::On } else { widgets::ButtonKind::Default };
    let about = "Follows the selected shard record by record (L): what a minute hides. It ends when you leave the heatmap, \
                 since reading costs the shard's consumers.";
    let name = if is_on { "Live 1 s, on" } else { "Live 1 s" };
    if ui.add(Button::new("Live 1 s").name(name).kind(kind).icon(icons::PULSE).tooltip(about).enabled(can)).clicked() {
        live::toggle(open, prepared, selection, out);
    }
}

fn ranges(ui: &mut Ui, range: HeatRange, room: Room, state: &mut HeatmapState, out: &mut Commands) {
    let labels = HeatRange::ALL.map(HeatRange::label);
    let current = HeatRange::ALL.iter().position(|one| *one == range).unwrap_or(0);
    let mut index = current;
    if room == Room::Wide {
        widgets::segmented(ui, "Range", &labels, &mut index);
    } else if let Some(picked) = widgets::dropdown(ui, "Range", range.label(), &labels, index, 64.0) {
        index = picked;
    }
    if let Some(picked) = HeatRange::ALL.get(index).filter(|_| index != current) {
        keys::set_range(state, *picked, out);
    }
}

fn sort_menu(ui: &mut Ui, sort: &mut HeatSort, room: Room) {
    let t = theme::tokens(ui);
    let current = sort.label();
    let name = format!("Sort by {current}");
    let value_width = widgets::text_width(ui.painter(), current, fonts::body_medium());
    let word = if room == Room::Wide { "Sort" } else { "" };
    let sort_width = widgets::text_width(ui.painter(), word, fonts::body());
    let width = (10.0 + 14.0 + 7.0 + sort_width + 6.0 + value_width + 7.0 + 13.0 + 10.0).round();
    let response = ui.add(Button::new("").name(&name).min_width(width));
    let rect = response.rect.shrink2(vec2(10.0, 0.0));
    let job = text::job(&[
        (icons::SORT, fonts::icon(14.0), t.weak),
        (if word.is_empty() { "  " } else { "  Sort  " }, fonts::body(), t.weak),
        (current, fonts::body_medium(), t.text),
    ]);
    text::paint_job(ui.painter(), rect, Align::Min, job);
    text::paint_elided(ui.painter(), rect, Align::Max, icons::CARET_DOWN, fonts::icon(13.0), t.weak);
    Popup::menu(&response).id(response.id.with("menu")).show(|ui| {
        ui.set_width(width);
        for option in HeatSort::ALL {
            if widgets::select::menu_item(ui, option.label(), option == *sort).clicked() {
                *sort = option;
                ui.close();
            }
        }
    });
}
