//! The picture on the start screen: a heatmap of an invented hour, the same every time. An illustration, not data.

use eframe::egui::{Color32, Mesh, Rect, Shape, Ui, pos2};

use crate::ui::theme::{heat, tokens};

const ROWS: usize = 16;
const COLUMNS: usize = 60;

/// Share of the limit in a cell; `None` where the shard did not exist.
fn share(row: usize, column: usize) -> Option<f64> {
    let noise = ((row * 7_919 + column * 104_729) % 97) as f64 / 97.0;
    let calm = [0.42, 0.24, 0.31, 0.55, 0.22, 0.12, 0.46, 0.18, 0.62, 0.20, 0.55, 0.28, 0.25, 0.06, 0.17, 0.44];
    let base = calm.get(row).copied().unwrap_or(0.3);
    match (row, column) {
        (12, 43..) => Some(if column % 10 == 6 { 1.02 } else { 0.86 + 0.1 * noise }),
        (8, 22..=27) | (8, 55..) => Some(0.82 + 0.06 * noise),
        (14, ..12) => None,
        _ => Some((base * (0.88 + 0.24 * noise)).min(0.79)),
    }
}

/// Paints the sample.
pub fn paint(ui: &Ui, rect: Rect) {
    let dark_mode = ui.visuals().dark_mode;
    let mut mesh = Mesh::default();
    let pitch_x = rect.width() / COLUMNS as f32;
    let pitch_y = rect.height() / ROWS as f32;
    mesh.add_colored_rect(rect, heat::no_data(dark_mode));
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let Some(share) = share(row, column) else { continue };
            let x = |column: usize| (rect.left() + column as f32 * pitch_x).round();
            let y = |row: usize| (rect.top() + row as f32 * pitch_y).round();
            let cell = Rect::from_min_max(pos2(x(column), y(row)), pos2(x(column + 1) - 1.0, y(row + 1) - 1.0));
            mesh.add_colored_rect(cell, heat::color(share, dark_mode));
            if row == 12 && column >= 45 {
                notch(&mut mesh, cell);
            }
        }
    }
    ui.painter().with_clip_rect(rect).add(Shape::mesh(mesh));
}

/// The mark of a throttled cell.
fn notch(mesh: &mut Mesh, cell: Rect) {
    let side = cell.width() - 1.0;
    let first = mesh.vertices.len() as u32;
    let color: Color32 = tokens::NOTCH_FILL;
    mesh.colored_vertex(pos2(cell.right() - side, cell.top()), color);
    mesh.colored_vertex(pos2(cell.right(), cell.top()), color);
    mesh.colored_vertex(pos2(cell.right(), cell.top() + side), color);
    mesh.add_triangle(first, first + 1, first + 2);
}
