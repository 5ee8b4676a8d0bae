//! The controls that every view is built of. They know the theme and draw what they are given; none knows where a
//! figure comes from. Whatever a person can act on has an accessible name.

pub mod banner;
pub mod button;
pub mod chart;
pub mod dialog;
pub mod field;
pub mod select;
pub mod states;
pub mod table;
pub mod tag;
pub mod text;

pub use banner::{BANNER_HEIGHT, warning_banner};
pub use button::{Button, ButtonKind, copy_icon, icon_button};
pub use chart::{hatching, hatching_into, sparkline, stacked_bars, utilisation_bar};
pub use dialog::{Dialog, DialogOutcome, KeepClear};
pub use field::TextField;
pub use select::{Segment, dropdown, segmented, segmented_of, segmented_width, segments};
pub use states::{ProblemAction, empty, loading_rows, problem, stale_strip};
pub use table::{Column, Resized, Row, Table, TableOutcome, Width};
pub use tag::{TagStyle, key_cap, paint_key_cap, paint_tag, status_glyph, tag, tag_size};
pub use text::{label, paint_elided, paint_elided_middle, paint_text, sentence, sentence_job, text_width};

use eframe::egui::{self, Key, Modifiers, Rect, Stroke, StrokeKind, Ui};

use super::theme;

/// Whether plain keys are shortcuts now: no text is being edited, no popup is open, and `ui` is not behind a dialog.
pub fn takes_keys(ui: &Ui) -> bool {
    let ctx = ui.ctx();
    !ctx.text_edit_focused()
        && !egui::Popup::is_any_open(ctx)
        && ctx.memory(|memory| memory.allows_interaction(ui.layer_id()))
}

/// Takes one press of a key without modifiers, where [`takes_keys`] allows it. An Escape that leaves a field of text does
/// that alone: egui has taken its focus away before the frame begins.
pub fn take_key(ui: &Ui, key: Key) -> bool {
    let is_pressed = takes_keys(ui) && ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    is_pressed && !(key == Key::Escape && field::leaves_focus(ui.ctx()))
}

/// The ring around what has the keyboard focus: 2 pt `accent`, 1 pt outside.
pub fn focus_ring(ui: &Ui, rect: Rect, radius: u8) {
    let stroke = Stroke::new(2.0, theme::tokens(ui).accent);
    ui.painter().rect_stroke(rect.expand(1.0), radius + 1, stroke, StrokeKind::Outside);
}

/// A hairline across `ui` at its cursor; takes one point of height.
pub fn hairline(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(ui.available_width(), 1.0), egui::Sense::hover());
    ui.painter().rect_filled(rect, 0, theme::tokens(ui).stroke);
}
