//! Where everything of the heatmap stands: one time → x function for axis, cells and plots, snapped to pixels.

use eframe::egui::{Rect, pos2, vec2};

use super::lens::Lens;
use crate::model::time::Timestamp;

/// Left of the cells: ids and hash ranges.
pub const LEFT_GUTTER: f32 = 152.0;
/// Right of the cells: now, peak, sparkline, flags.
pub const RIGHT_GUTTER: f32 = 204.0;
/// Page gutter at the left.
pub const PAGE: f32 = 16.0;
/// The strip with column names and times above the rows.
pub const AXIS_HEIGHT: f32 = 24.0;
/// The legend below the rows, its hairline included.
pub const LEGEND_HEIGHT: f32 = 39.0;
/// More columns than this have no gaps between them.
pub const MAX_COLUMNS_WITH_GAPS: usize = 120;

/// From this width on, in physical pixels, nobody sees that a column is a pixel wider than its neighbour.
const WIDE_PIXELS: usize = 16;

/// The shared x axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Columns {
    /// Left edge of the first column.
    pub left: f32,
    /// What of the window the columns are.
    pub lens: Lens,
    /// Width of all columns, a whole number of physical pixels.
    width: f32,
    pixels_per_point: f32,
}

impl Columns {
    /// Physical pixels that the gutters leave for columns.
    pub fn room(left: f32, right: f32, pixels_per_point: f32) -> usize {
        let available = (right - left - LEFT_GUTTER - RIGHT_GUTTER).max(60.0);
        (available * pixels_per_point).floor() as usize
    }

    /// Lays the columns of `lens` into what the gutters leave of `left..right`. Narrow ones with gaps between them are all
    /// equally wide, and what is left over stays at the right; others fill the width, some a pixel wider than others.
    pub fn fit(left: f32, right: f32, lens: Lens, pixels_per_point: f32) -> Self {
        let room = Self::room(left, right, pixels_per_point);
        let count = lens.count.max(1);
        let is_even = count <= MAX_COLUMNS_WITH_GAPS && room / count < WIDE_PIXELS;
        let pixels = if is_even { (room / count).max(1) * count } else { room.max(count) };
        let left = ((left + LEFT_GUTTER) * pixels_per_point).round() / pixels_per_point;
        Self { left, lens, width: pixels as f32 / pixels_per_point, pixels_per_point }
    }

    /// Number of columns.
    pub fn count(&self) -> usize {
        self.lens.count
    }

    /// Mean width of a column.
    pub fn pitch(&self) -> f32 {
        self.width / self.count().max(1) as f32
    }

    /// Right edge of the last column.
    pub fn right(&self) -> f32 {
        self.left + self.width
    }

    /// Left edge of a column, on a whole pixel.
    pub fn x(&self, column: usize) -> f32 {
        let pixel = (self.pitch() * column as f32 * self.pixels_per_point).round();
        self.left + pixel / self.pixels_per_point
    }

    /// Where a moment stands, inside the columns or not.
    pub fn x_of(&self, at: Timestamp) -> f32 {
        let offset = (at - self.lens.time_of(0)).0 as f64 / self.lens.step().0 as f64;
        let pixel = (offset * f64::from(self.pitch() * self.pixels_per_point)).round() as f32;
        self.left + pixel / self.pixels_per_point
    }

    /// The moment at this x.
    pub fn time_at(&self, x: f32) -> Timestamp {
        let offset = f64::from((x - self.left) / self.pitch()) * self.lens.step().0 as f64;
        Timestamp(self.lens.time_of(0).0 + offset.round() as i64)
    }

    /// Where the crosshair of a column runs: the middle of the cell without its gap.
    pub fn middle(&self, column: usize) -> f32 {
        (self.x(column) + self.x(column + 1) - self.gap()) / 2.0
    }

    /// Gap at the right of each cell.
    pub fn gap(&self) -> f32 {
        if self.count() <= MAX_COLUMNS_WITH_GAPS && self.pitch() >= 4.0 { 1.0 } else { 0.0 }
    }

    /// The column at this x.
    pub fn at(&self, x: f32) -> Option<usize> {
        let offset = (x - self.left) / self.pitch();
        (offset >= 0.0 && offset < self.count() as f32).then_some(offset as usize)
    }
}

/// The regions of the view.
#[derive(Clone, Copy, Debug)]
pub struct Areas {
    /// Strip of 40 points with the controls, its hairline included.
    pub toolbar: Rect,
    /// Everything below it, left of the inspector.
    pub main: Rect,
    /// The verdict; `None` where the window is too narrow.
    pub inspector: Option<Rect>,
}

impl Areas {
    /// Divides the area of the view.
    pub fn of(full: Rect, with_inspector: bool) -> Self {
        let (toolbar, below) = full.split_top_bottom_at_y(full.top() + 40.0);
        let width = if with_inspector { (full.width() * 0.263).clamp(320.0, 360.0).round() } else { 0.0 };
        let (main, inspector) = below.split_left_right_at_x(below.right() - width);
        Self { toolbar, main, inspector: with_inspector.then_some(inspector) }
    }
}

impl Areas {
    /// Everything below the toolbar.
    pub fn below_toolbar(&self) -> Rect {
        self.inspector.map_or(self.main, |inspector| self.main.union(inspector))
    }

    /// The same, with what lies below the toolbar beginning at `top`.
    pub fn below(mut self, top: f32) -> Self {
        self.main.min.y = top;
        if let Some(inspector) = &mut self.inspector {
            inspector.min.y = top;
        }
        self
    }
}

/// The heights of the main part.
#[derive(Clone, Copy, Debug)]
pub struct Heights {
    /// Height of a row, gap included.
    pub row: f32,
    /// Height of the part that shows rows and scrolls.
    pub rows: f32,
    /// Factor on the plots' own heights.
    pub plot_scale: f32,
}

/// Heights of the three plots at scale 1.
pub const PLOT_HEIGHTS: [f32; 3] = [114.0, 72.0, 48.0];
/// Gap between two plots.
pub const PLOT_GAP: f32 = 6.0;
/// Plots shrink to this before rows scroll in a low window.
const LEAST_PLOT_SCALE: f32 = 0.45;
/// Header of the plots.
pub const PLOT_HEADER: f32 = 33.0;
/// The time axis below the plots and the space behind it.
pub const PLOT_FOOTER: f32 = 30.0;

impl Heights {
    /// Shares `height` between `rows` rows and the plots. Up to 12 rows are taller, so that few shards are not a thin
    /// strip. Rows shrink to 12, 8 and 4 points when there are more than 45 that do not fit, and then scroll. Plots give
    /// way a little to rows that would scroll, shrink first in low windows, and grow where rows leave space.
    pub fn share(height: f32, rows: usize, pixels_per_point: f32) -> Self {
        let own: f32 = PLOT_HEIGHTS.iter().sum();
        let fixed = AXIS_HEIGHT + LEGEND_HEIGHT + PLOT_HEADER + PLOT_FOOTER + 2.0 * PLOT_GAP;
        let is_low = height < 700.0;
        let (usual_scale, least_scale) = if is_low { (0.66, LEAST_PLOT_SCALE) } else { (1.0, 0.7) };
        let usual = (height - fixed - own * usual_scale).max(64.0);
        let most = (height - fixed - own * least_scale).max(64.0);
        let fits = |row: f32| row * rows as f32 <= most;
        let row = match rows {
            ..=12 if 24.0 * rows as f32 <= usual => 24.0,
            ..=45 if is_low && !fits(16.0) && fits(12.0) => 12.0,
            ..=45 => 16.0,
            _ => [16.0, 12.0, 8.0].into_iter().find(|row| fits(*row)).unwrap_or(4.0),
        };
        let row = (row * pixels_per_point).round() / pixels_per_point;
        let wanted = row * rows as f32;
        let whole = |room: f32| (room / row).floor() * row;
        let shown = wanted.min(whole(if fits(row) || is_low { most } else { usual })).max(row);
        let plot_scale = ((height - fixed - shown) / own).clamp(LEAST_PLOT_SCALE, 2.4);
        Self { row, rows: shown, plot_scale }
    }
}

/// The rectangle of one row's cells.
pub fn cells_rect(columns: &Columns, top: f32, height: f32) -> Rect {
    Rect::from_min_size(pos2(columns.left, top), vec2(columns.right() - columns.left, height))
}

#[cfg(test)]
mod tests {
    use super::super::lens::Zoom;
    use super::*;
    use crate::model::metrics::Window;

    fn lens(columns: i64, zoom: Option<Zoom>, most: usize) -> Lens {
        let window = Window { start: Timestamp(0), end: Timestamp(columns * 60_000), step_seconds: 60 };
        Lens::of(window, zoom, most)
    }

    #[test]
    fn sixty_columns_are_nine_points_wide_at_the_size_of_the_design() {
        let columns = Columns::fit(224.0, 1_120.0, lens(60, None, 540), 1.0);
        assert_eq!((columns.left, columns.pitch(), columns.right()), (376.0, 9.0, 916.0));
        assert_eq!(columns.at(844.5), Some(52));
        assert_eq!(columns.at(375.9), None);
        assert_eq!(columns.at(916.0), None);
        assert_eq!(columns.middle(52), 848.0);
        assert_eq!(columns.x_of(Timestamp(52 * 60_000)), columns.x(52));
        assert_eq!(columns.time_at(columns.x(52)), Timestamp(52 * 60_000));
    }

    #[test]
    fn a_fractional_scale_keeps_columns_on_pixels() {
        for count in [60, 720] {
            let columns = Columns::fit(224.0, 1_120.0, lens(count, None, 810), 1.5);
            let is_whole = |x: f32| ((x * 1.5).round() - x * 1.5).abs() < 1e-3;
            assert!((0..count as usize).all(|column| is_whole(columns.x(column))));
        }
    }

    #[test]
    fn many_columns_fill_the_width_and_none_is_lost() {
        let columns = Columns::fit(224.0, 1_120.0, lens(1_440, None, 540), 1.0);
        assert_eq!((columns.lens.per, columns.count(), columns.gap()), (3, 480, 0.0));
        assert_eq!(columns.right(), 916.0);
        assert!((0..480).all(|column| columns.x(column + 1) >= columns.x(column) + 1.0));
    }

    #[test]
    fn heights_of_the_design_and_of_many_rows() {
        let heights = Heights::share(756.0, 24, 1.0);
        assert_eq!((heights.row, heights.rows), (16.0, 384.0));
        assert!((heights.plot_scale - 1.0).abs() < 0.01);
        assert_eq!(Heights::share(756.0, 48, 1.0).row, 8.0);
        assert_eq!(Heights::share(756.0, 1_000, 1.0).row, 4.0);
        assert_eq!(Heights::share(756.0, 40, 1.0).row, 16.0);
        assert!(Heights::share(300.0, 1_000, 1.0).rows >= 64.0);
        let low = Heights::share(556.0, 24, 1.0);
        assert_eq!((low.row, low.rows), (12.0, 288.0), "plots give way before rows scroll");
    }
}
