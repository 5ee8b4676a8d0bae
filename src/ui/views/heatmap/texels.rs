//! The cells as textures, a texel for each bin of a row.
//!
//! Rows keep their texel row whatever order they are shown in, and bins their texel column while the window moves on (the
//! texture is a ring), so that an answer with one new minute writes one column. More rows than a texture may have take
//! another one.

use std::ops::Range;

use eframe::egui::{
    Color32, ColorImage, Context, Mesh, Painter, Pos2, Rect, Shape, TextureHandle, TextureOptions, pos2,
};

use super::lens::Lens;
use crate::model::heat_grid::{Cell, HeatGrid, HeatRow};
use crate::ui::theme::heat;

/// Rows of one texture. Graphics cards limit the side of a texture; what egui allows without asking one is twice this.
const ROWS_PER_TEXTURE: usize = 1_024;

/// The textures of one grid.
#[derive(Default)]
pub struct Texels {
    textures: Vec<TextureHandle>,
    /// Columns that share a bin; 0 while nothing was drawn.
    per: usize,
    /// Bins that the ring holds.
    width: usize,
    /// Longest side of a texture.
    most: usize,
}

impl Texels {
    /// Columns that share a bin.
    pub fn per(&self) -> usize {
        self.per
    }

    /// Draws every texel anew.
    pub fn draw_all(&mut self, ctx: &Context, grid: &HeatGrid, per: usize, dark_mode: bool) {
        self.most = ctx.input(|input| input.max_texture_side).max(64);
        // A bin that the window cuts at either edge takes one more.
        let bins = |per: usize| grid.columns().div_ceil(per) + 1;
        self.per = (per.max(1)..).find(|per| bins(*per) <= self.most).unwrap_or(per);
        self.width = bins(self.per);
        let mut old = std::mem::take(&mut self.textures).into_iter();
        let all = Lens::whole(grid.window, self.per);
        for rows in grid.rows.chunks(ROWS_PER_TEXTURE.min(self.most)) {
            let mut texels = vec![Color32::TRANSPARENT; rows.len() * self.width];
            for (row, line) in rows.iter().zip(texels.chunks_mut(self.width)) {
                for bin in 0..all.count {
                    if let Some(texel) = line.get_mut(self.column(all.first + bin as i64)) {
                        *texel = color(grid, row, all.columns_of(bin), dark_mode);
                    }
                }
            }
            let image = ColorImage::new([self.width, rows.len()], texels);
            self.textures.push(match old.next() {
                Some(mut handle) => {
                    handle.set(image, TextureOptions::NEAREST);
                    handle
                }
                None => ctx.load_texture("heatmap", image, TextureOptions::NEAREST),
            });
        }
    }

    /// Draws the bins of these columns anew, and the first one, of which the window may have cut off more.
    pub fn draw(&mut self, grid: &HeatGrid, columns: Range<usize>, dark_mode: bool) {
        if self.width == 0 {
            return;
        }
        let all = Lens::whole(grid.window, self.per);
        let bin = |column: usize| all.bin_at(grid.time_of(column));
        if let (Some(first), Some(last)) = (bin(columns.start), bin(columns.end.saturating_sub(1))) {
            self.draw_bins(grid, &all, first..last + 1, dark_mode);
        }
        if self.per > 1 {
            self.draw_bins(grid, &all, 0..1, dark_mode);
        }
    }

    fn draw_bins(&mut self, grid: &HeatGrid, all: &Lens, bins: Range<usize>, dark_mode: bool) {
        for (column, bins) in self.pieces(all.first + bins.start as i64, bins.len()) {
            let first = usize::try_from(bins.start - all.first).unwrap_or(0);
            let side = ROWS_PER_TEXTURE.min(self.most);
            for (texture, rows) in self.textures.iter_mut().zip(grid.rows.chunks(side)) {
                let width = usize::try_from(bins.end - bins.start).unwrap_or(0);
                let mut texels = Vec::with_capacity(rows.len() * width);
                for row in rows {
                    let texel = |bin: usize| color(grid, row, all.columns_of(bin), dark_mode);
                    texels.extend((first..first + width).map(texel));
                }
                texture.set_partial([column, 0], ColorImage::new([width, rows.len()], texels), TextureOptions::NEAREST);
            }
        }
    }

    /// The texel column of a bin.
    fn column(&self, bin: i64) -> usize {
        usize::try_from(bin.rem_euclid(self.width.max(1) as i64)).unwrap_or(0)
    }

    /// Bins that lie side by side in the ring: the texel column of the first of them, and which they are.
    fn pieces(&self, first: i64, count: usize) -> Vec<(usize, Range<i64>)> {
        let start = self.column(first);
        let (end, straight) = (first + count as i64, self.width.saturating_sub(start));
        if count <= straight {
            return vec![(start, first..end)];
        }
        let cut = first + straight as i64;
        vec![(start, first..cut), (0, cut..end)]
    }

    /// Paints rows that stand one below the other and follow each other in the grid, from row `first` on, into `area`: the
    /// bins from `lens.first` on, whose edges are at `x`.
    pub fn paint(
        &self,
        painter: &Painter,
        lens: &Lens,
        first: usize,
        area: Rect,
        rows: usize,
        x: impl Fn(usize) -> f32,
    ) {
        let side = ROWS_PER_TEXTURE.min(self.most.max(1));
        let row_height = area.height() / rows.max(1) as f32;
        let mut row = first;
        while row < first + rows {
            let chunk = row / side;
            let end = ((chunk + 1) * side).min(first + rows);
            let Some(texture) = self.textures.get(chunk) else { return };
            let [width, height] = texture.size();
            let v = |row: usize| (row - chunk * side) as f32 / height.max(1) as f32;
            let y = |row: usize| area.top() + (row - first) as f32 * row_height;
            let mut mesh = Mesh::with_texture(texture.id());
            for (column, bins) in self.pieces(lens.first, lens.count) {
                let bin = |bin: i64| usize::try_from(bin - lens.first).unwrap_or(0);
                let u = |column: usize| column as f32 / width.max(1) as f32;
                let len = usize::try_from(bins.end - bins.start).unwrap_or(0);
                mesh.add_rect_with_uv(
                    Rect::from_min_max(pos2(x(bin(bins.start)), y(row)), pos2(x(bin(bins.end)), y(end))),
                    Rect::from_min_max(Pos2::new(u(column), v(row)), Pos2::new(u(column + len), v(end))),
                    Color32::WHITE,
                );
            }
            painter.add(Shape::mesh(mesh));
            row = end;
        }
    }
}

/// The colour of a bin: that of its highest figure.
fn color(grid: &HeatGrid, row: &HeatRow, columns: Range<usize>, dark_mode: bool) -> Color32 {
    let of = |value: f64| heat::color_by(grid.metric().share(value), grid.thresholds(), dark_mode);
    match row.highest(columns) {
        Some((_, Cell::Own(value))) => of(value),
        Some((_, Cell::Before(value))) => heat::before(of(value), dark_mode),
        _ => heat::no_data(dark_mode),
    }
}
