//! The cells: textures with a texel a cell, and over them cached meshes of hatching, gap lines, brackets, outlines and
//! notches for the rows in sight. Nothing here costs more when more rows are out of sight.

use std::ops::Range;
use std::sync::Arc;

use eframe::egui::epaint::Tessellator;
use eframe::egui::{Color32, Context, Mesh, Painter, Rect, Shape, Stroke, StrokeKind, pos2};

use super::geometry::{Columns, cells_rect};
use super::prepared::Prepared;
use crate::model::heat_grid::{Cell, HeatGrid, HeatRow};
use crate::model::time::Timestamp;
use crate::ui::theme::{Tokens, fonts, heat, tokens};
use crate::ui::widgets;

/// Distance and width of the hatching's lines.
const HATCH: (f32, f32) = (5.0, 1.2);

/// The marks of the rows in sight, with what they depend on.
#[derive(Default)]
pub struct MarkCache {
    key: Option<MarkKey>,
    mesh: Arc<Mesh>,
}

#[derive(Clone, Debug, PartialEq)]
struct MarkKey {
    version: u64,
    rows: Range<usize>,
    columns: Columns,
    row_height: f32,
    top: f32,
    pixels_per_point: f32,
}

/// Where the rows in sight stand.
#[derive(Clone, Debug)]
pub struct Sight {
    /// The rows in sight.
    pub rows: Range<usize>,
    /// Top of row 0, which may lie above the window.
    pub origin: f32,
    /// Height of a row, gap included.
    pub row_height: f32,
    /// The shared x axis.
    pub columns: Columns,
}

impl Sight {
    /// Top of a row.
    pub fn top(&self, row: usize) -> f32 {
        self.origin + row as f32 * self.row_height
    }

    /// Height of a cell without the gap below it.
    pub fn cell_height(&self) -> f32 {
        if self.row_height > 4.5 { self.row_height - 1.0 } else { self.row_height }
    }

    /// One cell without its gaps.
    pub fn cell(&self, row: usize, column: usize) -> Rect {
        let columns = &self.columns;
        Rect::from_min_max(
            pos2(columns.x(column), self.top(row)),
            pos2(columns.x(column + 1) - columns.gap(), self.top(row) + self.cell_height()),
        )
    }

    /// The cells of one row.
    pub fn row_cells(&self, row: usize) -> Rect {
        cells_rect(&self.columns, self.top(row), self.cell_height())
    }

    /// The row at this y.
    pub fn row_at(&self, y: f32) -> Option<usize> {
        let row = ((y - self.origin) / self.row_height).floor();
        (row >= self.rows.start as f32 && row < self.rows.end as f32).then_some(row as usize)
    }
}

/// Paints cells and marks. `opacity` is below 1 where the figures are old.
pub fn paint(painter: &Painter, t: &Tokens, dark_mode: bool, prepared: &mut Prepared, sight: &Sight, opacity: f32) {
    let mut painter = painter.clone();
    painter.multiply_opacity(opacity);
    for (place, index, rows) in runs(&prepared.grid, sight.rows.clone()) {
        let columns = &sight.columns;
        let area =
            Rect::from_min_max(pos2(columns.left, sight.top(place)), pos2(columns.right(), sight.top(place + rows)));
        prepared.texels.paint(&painter, &columns.lens, index, area, rows, |bin| columns.x(bin));
    }
    let marks = marks(painter.ctx(), t, dark_mode, prepared, sight);
    painter.add(Shape::Mesh(marks));
}

/// Rows in sight that also follow each other in the grid: their first place, its row, and how many they are.
fn runs(grid: &HeatGrid, places: Range<usize>) -> Vec<(usize, usize, usize)> {
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    for place in places {
        let Some(index) = grid.index_at(place) else { continue };
        match runs.last_mut() {
            Some((_, first, rows)) if *first + *rows == index => *rows += 1,
            _ => runs.push((place, index, 1)),
        }
    }
    runs
}

fn marks(ctx: &Context, t: &Tokens, dark_mode: bool, prepared: &mut Prepared, sight: &Sight) -> Arc<Mesh> {
    let key = MarkKey {
        version: prepared.version,
        rows: sight.rows.clone(),
        columns: sight.columns,
        row_height: sight.row_height,
        top: sight.origin,
        pixels_per_point: ctx.pixels_per_point(),
    };
    if prepared.marks.key.as_ref() != Some(&key) {
        let mut ink = Ink::new(ctx);
        let grid = &prepared.grid;
        let rows = || sight.rows.clone().filter_map(|place| Some((place, grid.row(place)?)));
        for (place, row) in rows() {
            row_marks(&mut ink, dark_mode, row, place, sight);
        }
        gap_lines(&mut ink, t, dark_mode, grid, sight);
        for (place, row) in rows().filter(|(_, row)| row.estimate.is_some()) {
            estimate_marks(&mut ink, t, row, place, sight);
        }
        for (place, row) in rows() {
            limit_marks(&mut ink, grid, row, place, sight);
        }
        prepared.marks = MarkCache { key: Some(key), mesh: Arc::new(ink.mesh) };
    }
    Arc::clone(&prepared.marks.mesh)
}

/// Collects shapes as one mesh with soft edges, so that they cost nothing to tessellate in the next frame.
struct Ink {
    tessellator: Tessellator,
    mesh: Mesh,
}

impl Ink {
    fn new(ctx: &Context) -> Self {
        let options = ctx.tessellation_options(|options| *options);
        Self {
            tessellator: Tessellator::new(ctx.pixels_per_point(), options, [1, 1], Vec::new()),
            mesh: Mesh::default(),
        }
    }

    fn add(&mut self, shape: Shape) {
        self.tessellator.tessellate_shape(shape, &mut self.mesh);
    }

    fn rect(&mut self, rect: Rect, color: Color32) {
        self.mesh.add_colored_rect(rect, color);
    }
}

fn row_marks(ink: &mut Ink, dark_mode: bool, row: &HeatRow, index: usize, sight: &Sight) {
    let lens = sight.columns.lens;
    let is_unknown = |bin: usize| row.highest(lens.columns_of(bin)).is_none();
    let mut bin = 0;
    while bin < lens.count {
        let start = bin;
        while bin < lens.count && is_unknown(bin) {
            bin += 1;
        }
        if bin > start {
            let area = Rect::from_min_max(sight.cell(index, start).min, sight.cell(index, bin - 1).max);
            if sight.row_height >= 7.0 {
                hatch(ink, area, heat::hatch(dark_mode));
            } else {
                let middle = Rect::from_center_size(area.center(), eframe::egui::vec2(area.width(), 1.0));
                ink.rect(middle, heat::hatch(dark_mode));
            }
        }
        bin += 1;
    }
}

/// 45° lines that run on from cell to cell and row to row.
fn hatch(ink: &mut Ink, rect: Rect, color: Color32) {
    let (spacing, width) = (HATCH.0 * std::f32::consts::SQRT_2, HATCH.1);
    let mut sum = ((rect.left() + rect.top()) / spacing).ceil() * spacing;
    while sum <= rect.right() + rect.bottom() {
        let left = rect.left().max(sum - rect.bottom());
        let right = rect.right().min(sum - rect.top());
        if right - left > 0.5 {
            ink.add(Shape::line_segment([pos2(left, sum - left), pos2(right, sum - right)], Stroke::new(width, color)));
        }
        sum += spacing;
    }
}

fn gap_lines(ink: &mut Ink, t: &Tokens, dark_mode: bool, grid: &HeatGrid, sight: &Sight) {
    let (top, bottom) = (sight.top(sight.rows.start), sight.top(sight.rows.end));
    let columns = &sight.columns;
    if columns.gap() > 0.0 {
        let gap = if dark_mode { t.bg } else { t.panel };
        for column in 1..=columns.count() {
            let x = columns.x(column);
            let strength = if column.is_multiple_of(10) { 0.90 } else { 0.38 };
            let line = Rect::from_min_max(pos2(x - columns.gap(), top), pos2(x, bottom));
            ink.rect(line, gap.gamma_multiply(strength));
        }
    }
    if sight.cell_height() < sight.row_height {
        for row in sight.rows.clone() {
            let y = sight.top(row) + sight.cell_height();
            // Before they split, the rows of a band are one: no line between them there.
            let left = joint_until(grid, row).map_or(columns.left, |at| columns.x_of(at).max(columns.left));
            let line = Rect::from_min_max(pos2(left, y), pos2(columns.right(), sight.top(row + 1)));
            if line.width() > 0.0 {
                ink.rect(line, t.panel);
            }
        }
    }
}

/// An estimate is lower than a sum of CloudWatch, with room around it, so that the two are told apart by shape.
fn estimate_marks(ink: &mut Ink, t: &Tokens, row: &HeatRow, place: usize, sight: &Sight) {
    let inset = estimate_inset(sight);
    if inset <= 0.0 {
        return;
    }
    let (columns, lens) = (&sight.columns, sight.columns.lens);
    for bin in (0..lens.count).filter(|bin| row.highest(lens.columns_of(*bin)).is_some()) {
        let cell = sight.cell(place, bin);
        let (left, right) = (columns.x(bin), columns.x(bin + 1));
        let rect = |min: (f32, f32), max: (f32, f32)| Rect::from_min_max(min.into(), max.into());
        ink.rect(rect((left, cell.top()), (right, cell.top() + inset)), t.panel);
        ink.rect(rect((left, cell.bottom() - inset), (right, cell.bottom())), t.panel);
        if has_wide_gaps(sight) {
            ink.rect(rect((right - 2.0, cell.top()), (right, cell.bottom())), t.panel);
        }
    }
}

/// Whether columns are wide enough for a second point of gap between estimates.
fn has_wide_gaps(sight: &Sight) -> bool {
    sight.columns.gap() > 0.0 && sight.columns.pitch() >= 6.0
}

/// How much lower an estimate is than its row, above and below.
fn estimate_inset(sight: &Sight) -> f32 {
    if sight.row_height < 7.0 { 0.0 } else { (sight.cell_height() * 0.17).round().max(1.0) }
}

/// Until when the row at a place and the one below it were one band of the key space.
fn joint_until(grid: &HeatGrid, place: usize) -> Option<Timestamp> {
    let (upper, lower) = (grid.row(place)?, grid.row(place + 1)?);
    let (one, other) = (upper.before.as_ref()?, lower.before.as_ref()?);
    (one.shards == other.shards).then(|| upper.born.into_iter().chain(lower.born).min()).flatten()
}

/// What must be seen over everything: cells at or over the limit, and refused writes.
fn limit_marks(ink: &mut Ink, grid: &HeatGrid, row: &HeatRow, index: usize, sight: &Sight) {
    let lens = sight.columns.lens;
    let (metric, thresholds) = (grid.metric(), grid.thresholds());
    for bin in 0..lens.count {
        let columns = lens.columns_of(bin);
        let mut cell = sight.cell(index, bin);
        if row.estimate.is_some() {
            cell = cell.shrink2(eframe::egui::vec2(0.0, estimate_inset(sight)));
            cell.max.x -= if has_wide_gaps(sight) { 1.0 } else { 0.0 };
        }
        if sight.row_height >= 7.0
            && cell.width() >= 4.0
            && let Some((_, Cell::Own(value) | Cell::Before(value))) = row.highest(columns.clone())
            && metric.is_critical(value, thresholds)
        {
            outline(ink, cell, tokens::HEAT_OVER_OUTLINE);
        }
        if columns.into_iter().any(|column| row.has_refused(column)) {
            notch(ink, cell);
        }
    }
}

/// Brackets around the rows of a band where it split, and what it was before. Painted per frame: there are few.
pub fn paint_bands(painter: &Painter, t: &Tokens, grid: &HeatGrid, sight: &Sight) {
    let columns = &sight.columns;
    let shown = columns.lens.span();
    let mut place = sight.rows.start;
    while place < sight.rows.end {
        let first = place;
        place += 1;
        let Some((before, born)) = grid.row(first).and_then(|row| Some((row.before.as_ref()?, row.born?))) else {
            continue;
        };
        while place < sight.rows.end && joint_until(grid, place - 1).is_some() {
            place += 1;
        }
        if born <= shown.start || born > shown.end {
            continue;
        }
        let x = columns.x_of(born) - columns.gap().max(1.0);
        let (top, bottom) = (sight.top(first), sight.top(place - 1) + sight.cell_height());
        let line = |min: (f32, f32), max: (f32, f32)| {
            painter.rect_filled(Rect::from_min_max(min.into(), max.into()), 0, t.accent);
        };
        line((x - 1.0, top), (x + 1.0, bottom));
        line((x - 1.0, top), (x + 4.0, top + 1.0));
        line((x - 1.0, bottom - 1.0), (x + 4.0, bottom));
        if sight.row_height >= 12.0 {
            band_label(painter, t, &before.label(), pos2(x - 6.0, (top + bottom) / 2.0), columns.left);
        }
    }
}

/// `as …0026` in front of a bracket, where there is room for it.
fn band_label(painter: &Painter, t: &Tokens, label: &str, right: eframe::egui::Pos2, left: f32) {
    let galley = painter.layout_no_wrap(label.to_owned(), fonts::axis(), t.strong);
    let rect = eframe::egui::Align2::RIGHT_CENTER.anchor_size(right, galley.size());
    if rect.left() >= left + 4.0 {
        painter.rect_filled(rect.expand2(eframe::egui::vec2(4.0, -1.0)), 2, t.panel.gamma_multiply(0.72));
        painter.galley(rect.min, galley, t.strong);
    }
}

fn outline(ink: &mut Ink, rect: Rect, color: Color32) {
    let line = |min: (f32, f32), max: (f32, f32)| Rect::from_min_max(min.into(), max.into());
    let (l, r, t, b) = (rect.left(), rect.right(), rect.top(), rect.bottom());
    for side in [
        line((l, t), (r, t + 1.0)),
        line((l, b - 1.0), (r, b)),
        line((l, t + 1.0), (l + 1.0, b - 1.0)),
        line((r - 1.0, t + 1.0), (r, b - 1.0)),
    ] {
        ink.rect(side, color);
    }
}

/// A right triangle in the top right corner.
fn notch(ink: &mut Ink, cell: Rect) {
    let side = (cell.width() - 1.0).clamp(2.0, 7.0).min(cell.height());
    let corner = cell.right_top();
    if side < 5.0 {
        ink.rect(
            Rect::from_min_max(pos2(corner.x - side.min(cell.width()), corner.y), pos2(corner.x, corner.y + 1.5)),
            tokens::NOTCH_FILL,
        );
        return;
    }
    let points = vec![pos2(corner.x - side, corner.y), corner, pos2(corner.x, corner.y + side)];
    ink.add(Shape::convex_polygon(points, tokens::NOTCH_FILL, Stroke::new(0.8, tokens::NOTCH_EDGE)));
}

/// The outline around the cells of the selected row.
pub fn paint_selection(painter: &Painter, t: &Tokens, sight: &Sight, row: usize) {
    let mut cells = sight.row_cells(row);
    cells.max.x -= sight.columns.gap();
    painter.rect_stroke(cells.expand(2.0), 0, Stroke::new(1.0, t.accent), StrokeKind::Inside);
}

/// The outline around the cell under the cursor.
pub fn paint_cursor_cell(painter: &Painter, t: &Tokens, sight: &Sight, row: usize, column: usize) {
    let line = Rect::from_center_size(sight.row_cells(row).center(), eframe::egui::vec2(0.0, 2.0));
    let cells = sight.row_cells(row);
    if sight.row_height > 10.0 {
        let line = Rect::from_x_y_ranges(cells.x_range(), line.y_range());
        painter.rect_filled(line, 0, t.strong.gamma_multiply(0.18));
    }
    painter.rect_stroke(sight.cell(row, column).expand(2.0), 0, Stroke::new(1.5, t.strong), StrokeKind::Inside);
}

/// The outline around the cell whose tooltip stays.
pub fn paint_pinned_cell(painter: &Painter, t: &Tokens, sight: &Sight, row: usize, column: usize) {
    painter.rect_stroke(sight.cell(row, column).expand(3.0), 0, Stroke::new(2.0, t.accent), StrokeKind::Inside);
}

/// The crosshair through one region.
pub fn paint_crosshair(painter: &Painter, t: &Tokens, columns: &Columns, column: usize, area: Rect) {
    let x = columns.middle(column);
    let line = Rect::from_min_max(pos2(x - 1.0, area.top()), pos2(x + 1.0, area.bottom()));
    painter.rect_filled(line, 0, t.strong.gamma_multiply(0.30));
}

/// A small swatch of hatching, for the legend.
pub fn paint_hatch_swatch(painter: &Painter, dark_mode: bool, rect: Rect) {
    painter.rect_filled(rect, 0, heat::no_data(dark_mode));
    widgets::hatching(painter, rect, HATCH.0, HATCH.1, heat::hatch(dark_mode));
}

/// A small cell with the mark of refused writes, for the legend.
pub fn paint_notch_swatch(painter: &Painter, dark_mode: bool, rect: Rect) {
    painter.rect_filled(rect, 0, heat::color(0.9, dark_mode));
    let mut ink = Ink::new(painter.ctx());
    notch(&mut ink, rect);
    painter.add(Shape::mesh(ink.mesh));
}
