//! Where everything of the heatmap stands: one time → x function for axis, cells and plots, snapped to pixels.

use eframe::egui::{Rect, pos2, vec2};

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

/// The shared x axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Columns {
    /// Left edge of the first column.
    pub left: f32,
    /// Width of a column, a whole number of physical pixels (or less than one where there are too many columns).
    pub pitch: f32,
    /// Number of columns.
    pub count: usize,
}

impl Columns {
    /// Lays `count` columns into what the gutters leave of `left..right`. What is left over stays at the right.
    pub fn fit(left: f32, right: f32, count: usize, pixels_per_point: f32) -> Self {
        let available = (right - left - LEFT_GUTTER - RIGHT_GUTTER).max(60.0);
        let pixels = available * pixels_per_point / count.max(1) as f32;
        let pitch = if pixels >= 1.0 { pixels.floor() } else { pixels } / pixels_per_point;
        let left = ((left + LEFT_GUTTER) * pixels_per_point).round() / pixels_per_point;
        Self { left, pitch, count }
    }

    /// Right edge of the last column.
    pub fn right(&self) -> f32 {
        self.left + self.pitch * self.count as f32
    }

    /// Left edge of a column.
    pub fn x(&self, column: usize) -> f32 {
        self.left + self.pitch * column as f32
    }

    /// Where the crosshair of a column runs: the middle of the cell without its gap.
    pub fn middle(&self, column: usize) -> f32 {
        self.x(column) + (self.pitch - self.gap()) / 2.0
    }

    /// Gap at the right of each cell.
    pub fn gap(&self) -> f32 {
        if self.count <= MAX_COLUMNS_WITH_GAPS && self.pitch >= 4.0 { 1.0 } else { 0.0 }
    }

    /// The column at this x.
    pub fn at(&self, x: f32) -> Option<usize> {
        let offset = (x - self.left) / self.pitch;
        (offset >= 0.0 && offset < self.count as f32).then_some(offset as usize)
    }

    /// Columns between two labels of the time axis: 1, 2, 5, 10, 15, 30, 60, … with at least 72 points between them.
    pub fn label_step(&self) -> usize {
        let steps = [1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 360, 720, 1_440];
        steps.into_iter().find(|step| *step as f32 * self.pitch >= 72.0).unwrap_or(1_440)
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
/// Header of the plots.
pub const PLOT_HEADER: f32 = 33.0;
/// The time axis below the plots and the space behind it.
pub const PLOT_FOOTER: f32 = 30.0;

impl Heights {
    /// Shares `height` between `rows` rows and the plots. Up to 12 rows are taller, so that few shards are not a thin
    /// strip. Rows shrink to 12, 8 and 4 points when there are more than 45 that do not fit, and then scroll. Plots give
    /// way a little to rows that would scroll, shrink in low windows, and grow where rows leave space.
    pub fn share(height: f32, rows: usize, pixels_per_point: f32) -> Self {
        let own: f32 = PLOT_HEIGHTS.iter().sum();
        let fixed = AXIS_HEIGHT + LEGEND_HEIGHT + PLOT_HEADER + PLOT_FOOTER + 2.0 * PLOT_GAP;
        let (usual_scale, least_scale) = if height < 700.0 { (0.66, 0.66) } else { (1.0, 0.8) };
        let usual = (height - fixed - own * usual_scale).max(64.0);
        let most = (height - fixed - own * least_scale).max(64.0);
        let fits = |row: f32| row * rows as f32 <= most;
        let row = match rows {
            ..=12 if 24.0 * rows as f32 <= usual => 24.0,
            ..=45 => 16.0,
            _ => [16.0, 12.0, 8.0].into_iter().find(|row| fits(*row)).unwrap_or(4.0),
        };
        let row = (row * pixels_per_point).round() / pixels_per_point;
        let wanted = row * rows as f32;
        let whole = |room: f32| (room / row).floor() * row;
        let shown = wanted.min(whole(if fits(row) { most } else { usual })).max(row);
        let plot_scale = ((height - fixed - shown) / own).clamp(0.5, 2.4);
        Self { row, rows: shown, plot_scale }
    }
}

/// The rectangle of one row's cells.
pub fn cells_rect(columns: &Columns, top: f32, height: f32) -> Rect {
    Rect::from_min_size(pos2(columns.left, top), vec2(columns.right() - columns.left, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_columns_are_nine_points_wide_at_the_size_of_the_design() {
        let columns = Columns::fit(224.0, 1_120.0, 60, 1.0);
        assert_eq!((columns.left, columns.pitch, columns.right()), (376.0, 9.0, 916.0));
        assert_eq!(columns.label_step(), 10);
        assert_eq!(columns.at(844.5), Some(52));
        assert_eq!(columns.at(375.9), None);
        assert_eq!(columns.at(916.0), None);
        assert_eq!(columns.middle(52), 848.0);
    }

    #[test]
    fn a_fractional_scale_keeps_columns_on_pixels() {
        let columns = Columns::fit(224.0, 1_120.0, 60, 1.5);
        assert_eq!((columns.pitch * 1.5).fract(), 0.0);
        assert_eq!((columns.left * 1.5).fract(), 0.0);
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
    }
}
