//! The rows: which are in sight, which the pointer is on, what is drawn around their cells, and their names.

use eframe::egui::scroll_area::ScrollSource;
use eframe::egui::style::ScrollAnimation;
use eframe::egui::{
    Mesh, Painter, Rect, Role, ScrollArea, Sense, Shape, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::axis;
use super::geometry::Columns;
use super::grid::{self, Sight};
use super::gutter::{self, Detail, Line};
use super::keys;
use super::lens::Zoom;
use super::prepared::Prepared;
use super::state::{HeatmapState, Pin};
use crate::model::health::Severity;
use crate::model::ids::ShardId;
use crate::model::time::Timestamp;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, Tokens};
use crate::ui::widgets;

/// Where the rows stand.
pub struct Places {
    /// The part that shows rows and scrolls.
    pub area: Rect,
    /// The shared x axis.
    pub columns: Columns,
    /// Height of a row, gap included.
    pub row_height: f32,
}

/// What the rows of one frame share.
pub struct Frame<'a> {
    /// Where the rows stand.
    pub places: &'a Places,
    /// Name of the stream.
    pub stream: &'a str,
    /// Figures before this moment were generated for the demo.
    pub generated_before: Option<Timestamp>,
    /// Since when shards are measured from records, where they are.
    pub measured_since: Option<Timestamp>,
    /// The column under the cursor.
    pub column: Option<usize>,
    /// The span that is being drawn.
    pub drawn: Option<Zoom>,
    /// Below 1 where the figures are old.
    pub opacity: f32,
}

/// A cell under the cursor: row, column, rectangle.
pub type Cell = (usize, usize, Rect);

/// Follows pointer and keyboard; gives the column of the crosshair.
pub fn point(ui: &Ui, state: &mut HeatmapState, places: &Places, plots: &[Rect; 3]) -> Option<usize> {
    let pointer = ui.input(|input| input.pointer.hover_pos());
    if pointer != state.pointer {
        if pointer.is_none() && state.is_pointing {
            state.cursor = None;
        }
        state.is_pointing = pointer.is_some();
        state.pointer = pointer;
    }
    let lens = places.columns.lens;
    if state.is_pointing {
        let over = |rect: Rect| ui.rect_contains_pointer(rect);
        let column = pointer
            .filter(|_| over(places.area) || plots.iter().any(|rect| over(*rect)))
            .and_then(|pointer| places.columns.at(pointer.x));
        // The keyboard goes on from where the pointer was.
        if let Some(column) = column {
            state.cursor = Some(lens.time_of(column));
            return Some(column);
        }
        return None;
    }
    state.cursor.and_then(|at| lens.bin_at(at))
}

/// Draws the rows in sight. Gives back the cell under the cursor.
pub fn show(
    ui: &mut Ui,
    frame: &Frame<'_>,
    state: &mut HeatmapState,
    prepared: &mut Prepared,
    selection: &mut Option<ShardId>,
    out: &mut Commands,
) -> Option<Cell> {
    let places = frame.places;
    let count = prepared.grid.len();
    let builder = UiBuilder::new()
        .max_rect(places.area)
        .id_salt("heat rows")
        .accessibility_role(Role::Grid)
        .accessibility_label(format!("Heatmap of {}", frame.stream));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        // A fade would change the colours of cells; the bar says that there is more.
        let scroll = &mut ui.spacing_mut().scroll;
        scroll.fade.strength = 0.0;
        scroll.foreground_color = true;
        scroll.dormant_handle_opacity = 0.35;
        scroll.dormant_background_opacity = 0.0;
        scroll.active_background_opacity = 0.0;
        // Over the cells the wheel zooms time, and with Shift it scrolls; beside them it scrolls.
        let is_over_cells = ui.rect_contains_pointer(cells_area(places));
        let source = ScrollSource { mouse_wheel: !is_over_cells, ..ScrollSource::default() };
        let area = ScrollArea::vertical().id_salt("heat scroll").auto_shrink(false).scroll_source(source);
        area.show_viewport(ui, |ui, viewport| {
            if is_over_cells {
                let sideways = ui.input(|input| input.smooth_scroll_delta().x);
                if sideways != 0.0 {
                    ui.scroll_with_delta_animation(vec2(0.0, sideways), ScrollAnimation::none());
                }
            }
            ui.set_height(count as f32 * places.row_height);
            let origin = ui.max_rect().top();
            let first = ((viewport.min.y / places.row_height).floor().max(0.0) as usize).min(count);
            let last = ((viewport.max.y / places.row_height).ceil().max(0.0) as usize).clamp(first, count);
            let sight = Sight { rows: first..last, origin, row_height: places.row_height, columns: places.columns };
            if state.seen != *selection {
                state.seen.clone_from(selection);
                state.scroll_to = selection.as_ref().and_then(|shard| prepared.row_of(Some(shard)));
            }
            if let Some(row) = state.scroll_to.take().filter(|row| !is_in_sight(*row, places, viewport)) {
                let target =
                    Rect::from_min_size(pos2(places.area.left(), sight.top(row)), vec2(1.0, places.row_height));
                ui.scroll_to_rect_animation(target, None, ScrollAnimation::none());
            }
            interact(ui, prepared, state, selection, &sight, places.area, out);
            rows_in_sight(ui, frame, state, prepared, selection.as_ref(), &sight)
        })
    })
    .inner
    .inner
}

/// The part of the rows that shows cells.
pub fn cells_area(places: &Places) -> Rect {
    Rect::from_x_y_ranges(places.columns.left..=places.columns.right(), places.area.y_range())
}

fn is_in_sight(row: usize, places: &Places, viewport: Rect) -> bool {
    let top = row as f32 * places.row_height;
    top >= viewport.top() && top + places.row_height <= viewport.bottom() + 0.5
}

/// Where rows scroll: ticks at the right edge for the rows in trouble, out of sight or not.
fn trouble_ticks(painter: &Painter, t: &Tokens, prepared: &Prepared, area: Rect) {
    let count = prepared.grid.len().max(1) as f32;
    let mut mesh = Mesh::default();
    let mut last = f32::NEG_INFINITY;
    for (row, severity) in &prepared.trouble {
        let y = (area.top() + *row as f32 / count * area.height()).floor();
        if y >= last + 2.0 || (*severity == Severity::Critical && y > last) {
            let tick = Rect::from_min_size(pos2(area.right() - 5.0, y), vec2(4.0, 2.0));
            mesh.add_colored_rect(tick, theme::severity_color(t, *severity));
            last = y;
        }
    }
    painter.add(Shape::mesh(mesh));
}

fn rows_in_sight(
    ui: &mut Ui,
    frame: &Frame<'_>,
    state: &mut HeatmapState,
    prepared: &mut Prepared,
    selection: Option<&ShardId>,
    sight: &Sight,
) -> Option<Cell> {
    let t = theme::tokens(ui);
    let area = frame.places.area;
    let hovered = state
        .pointer
        .filter(|_| state.is_pointing && ui.rect_contains_pointer(area))
        .and_then(|pointer| sight.row_at(pointer.y));
    let selected = selected_row(prepared, selection).filter(|row| sight.rows.contains(row));
    let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(area.expand2(vec2(0.0, 2.0))));
    if let Some(row) = hovered.filter(|row| Some(*row) != selected) {
        painter.rect_filled(row_rect(sight, row, area), 0, t.hover);
    }
    if let Some(row) = selected {
        let rect = row_rect(sight, row, area);
        painter.rect_filled(rect, 0, t.selected);
        painter.rect_filled(Rect::from_min_size(rect.min, vec2(3.0, rect.height())), 0, t.accent);
    }
    grid::paint(&painter, t, ui.visuals().dark_mode, prepared, sight, frame.opacity);
    gutters(&painter, ui, frame, prepared, selected, hovered, sight);
    if sight.rows.len() + 1 < prepared.grid.len() {
        trouble_ticks(&painter, t, prepared, area);
    }
    grid::paint_bands(&painter, t, &prepared.grid, sight);
    let Frame { generated_before, measured_since, .. } = *frame;
    let marks = axis::Marks { grid: &prepared.grid, cursor: None, drawn: None, generated_before, measured_since };
    if prepared.grid.is_sampled && sight.rows.start == 0 {
        painter.hline(area.x_range(), sight.top(1) - 0.5, Stroke::new(1.0, t.stroke_strong));
    }
    axis::paint_event_lines(&painter, t, &sight.columns, &marks, area);
    if let Some(row) = selected {
        grid::paint_selection(&painter, t, sight, row);
    }
    let pinned = pinned_cell(state, prepared, sight);
    if let Some((row, column, _)) = pinned {
        grid::paint_pinned_cell(&painter, t, sight, row, column);
    }
    let column = frame.column.filter(|_| frame.drawn.is_none());
    if let Some(column) = column {
        grid::paint_crosshair(&painter, t, &sight.columns, column, area);
    }
    let row = if state.is_pointing { hovered } else { selected };
    let pointed = row.zip(column).map(|(row, column)| {
        grid::paint_cursor_cell(&painter, t, sight, row, column);
        (row, column, sight.cell(row, column))
    });
    pinned.or(pointed)
}

/// The pinned cell, where it is in sight.
fn pinned_cell(state: &HeatmapState, prepared: &Prepared, sight: &Sight) -> Option<Cell> {
    let pin = state.pin.as_ref()?;
    let row = prepared.row_of(pin.shard.as_ref()).filter(|row| sight.rows.contains(row))?;
    let column = sight.columns.lens.bin_at(pin.at)?;
    Some((row, column, sight.cell(row, column)))
}

fn selected_row(prepared: &Prepared, selection: Option<&ShardId>) -> Option<usize> {
    match selection {
        Some(shard) => prepared.row_of(Some(shard)),
        None if prepared.grid.has_shard_metrics => None,
        None => prepared.row_of(None),
    }
}

fn row_rect(sight: &Sight, row: usize, area: Rect) -> Rect {
    Rect::from_min_size(pos2(area.left(), sight.top(row)), vec2(area.width(), sight.row_height))
}

/// One node a row: a click selects it and pins the cell that was hit, a right click offers what can be done with it.
fn interact(
    ui: &Ui,
    prepared: &Prepared,
    state: &mut HeatmapState,
    selection: &mut Option<ShardId>,
    sight: &Sight,
    area: Rect,
    out: &mut Commands,
) {
    for place in sight.rows.clone() {
        let (Some(row), Some(text)) = (prepared.grid.row(place), prepared.text(place)) else { continue };
        let response =
            ui.interact(row_rect(sight, place, area), ui.scope_id().with(("heat row", place)), Sense::click());
        let is_selected = row.shard_id.is_some() && row.shard_id == *selection;
        response.widget_info(|| WidgetInfo::selected(Role::Row, true, is_selected, text.name.as_str()));
        if response.has_focus() {
            widgets::focus_ring(ui, response.rect.shrink(2.0), 2);
        }
        if let Some(shard) = &row.shard_id {
            response.context_menu(|ui| row_menu(ui, shard, || row.to_json(prepared.grid.metric()), selection, out));
        }
        if response.clicked() {
            selection.clone_from(&row.shard_id);
            let column = response.interact_pointer_pos().and_then(|pointer| sight.columns.at(pointer.x));
            if let Some(column) = column {
                state.toggle_pin(Pin { shard: row.shard_id.clone(), at: sight.columns.lens.time_of(column) });
            }
        }
    }
}

/// The menu of a row.
fn row_menu(
    ui: &mut Ui,
    shard: &ShardId,
    json: impl FnOnce() -> String,
    selection: &mut Option<ShardId>,
    out: &mut Commands,
) {
    ui.set_width(160.0);
    if widgets::select::menu_item(ui, "Copy shard id", false).clicked() {
        out.push(Command::Copy(shard.to_string()));
        ui.close();
    }
    if widgets::select::menu_item(ui, "Copy row as JSON", false).clicked() {
        out.push(Command::Copy(json()));
        ui.close();
    }
    if widgets::select::menu_item(ui, "Tail this shard", false).clicked() {
        *selection = Some(shard.clone());
        keys::tail(selection, out);
        ui.close();
    }
}

/// Text beside the cells: of every row where it fits, else of the selected, the hovered and the hot ones.
fn gutters(
    painter: &Painter,
    ui: &Ui,
    frame: &Frame<'_>,
    prepared: &Prepared,
    selected: Option<usize>,
    hovered: Option<usize>,
    sight: &Sight,
) {
    let t = theme::tokens(ui);
    let written = (sight.row_height < 12.0).then(|| written_rows(prepared, selected, hovered, sight));
    let mut dimmed = painter.clone();
    dimmed.multiply_opacity(frame.opacity.max(0.6));
    for index in sight.rows.clone() {
        let (Some(row), Some(text)) = (prepared.grid.row(index), prepared.text(index)) else { continue };
        let is_written = written.as_ref().is_none_or(|written| written.contains(&index));
        let line = Line {
            row,
            text,
            metric: prepared.grid.metric(),
            thresholds: prepared.grid.thresholds(),
            index,
            is_selected: selected == Some(index),
            is_sampled: prepared.grid.is_sampled,
            detail: if is_written { Detail::Full } else { Detail::Bare },
        };
        gutter::paint(&dimmed, t, frame.places.area.left(), sight, &line);
    }
}

/// Rows in sight that are written out where rows are lower than their text; no two of them overlap.
fn written_rows(prepared: &Prepared, selected: Option<usize>, hovered: Option<usize>, sight: &Sight) -> Vec<usize> {
    let apart = (14.0 / sight.row_height).ceil() as usize;
    let hot = |least: Severity| {
        let grid = &prepared.grid;
        sight.rows.clone().filter(move |place| grid.row(*place).is_some_and(|row| row.severity == least))
    };
    let mut written: Vec<usize> = Vec::new();
    let candidates = selected.into_iter().chain(hovered).chain(hot(Severity::Critical)).chain(hot(Severity::Warning));
    for index in candidates {
        if written.iter().all(|other| other.abs_diff(index) >= apart) {
            written.push(index);
        }
    }
    written
}
