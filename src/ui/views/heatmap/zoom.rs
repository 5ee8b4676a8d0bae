//! Time under the pointer: drawing a span zooms to it, the wheel zooms around the pointer, a double click shows everything
//! again; and the chips that say so while figures rest.

use eframe::egui::{Align, Key, Layout, Modifiers, Painter, Rect, Ui, UiBuilder, vec2};

use super::geometry::Columns;
use super::lens::Zoom;
use super::state::{Drag, HeatmapState};
use crate::model::metrics::Window;
use crate::model::time::Timestamp;
use crate::model::world::OpenStream;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{Tokens, icons};
use crate::ui::widgets::Button;

/// Points of wheel that double what is shown.
const WHEEL_POINTS: f64 = 160.0;

/// Where time can be drawn and zoomed.
pub struct Surface<'a> {
    /// The shared x axis.
    pub columns: Columns,
    /// The cells in sight.
    pub cells: Rect,
    /// The plots.
    pub plots: &'a [Rect; 3],
    /// The whole window.
    pub window: Window,
}

impl Surface<'_> {
    fn holds_pointer(&self, ui: &Ui) -> bool {
        ui.rect_contains_pointer(self.cells) || self.plots.iter().any(|rect| ui.rect_contains_pointer(*rect))
    }

    /// The moment under the pointer, kept within what is shown.
    fn time_under(&self, ui: &Ui) -> Option<Timestamp> {
        let x = ui.input(|input| input.pointer.latest_pos())?.x.clamp(self.columns.left, self.columns.right());
        let span = self.columns.lens.span();
        Some(self.columns.time_at(x).clamp(span.start, span.end))
    }

    /// The span between two moments in whole columns; `None` where that is a single one.
    fn span(&self, from: Timestamp, to: Timestamp) -> Option<Zoom> {
        let step = self.columns.lens.step();
        let columns = |at: Timestamp| at.0.div_euclid(step.0);
        let last = self.columns.lens.span().end.0 - 1;
        let (first, last) = (columns(from.min(to)), columns(Timestamp(from.max(to).0.min(last))));
        (last > first).then_some(Zoom { start: Timestamp(first * step.0), end: Timestamp((last + 1) * step.0) })
    }
}

/// Follows pointer and wheel. Gives the span that is being drawn.
pub fn follow(ui: &Ui, state: &mut HeatmapState, surface: &Surface<'_>) -> Option<Zoom> {
    let (is_pressed, is_down, is_moved) = ui.input(|input| {
        let pointer = &input.pointer;
        (pointer.primary_pressed(), pointer.primary_down(), pointer.is_decidedly_dragging())
    });
    let is_here = surface.holds_pointer(ui);
    if is_pressed {
        state.drag = surface.time_under(ui).filter(|_| is_here).map(|from| Drag { from, to: None });
    }
    if state.drag.is_some() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        state.drag = None;
    }
    if is_here && !is_down {
        wheel(ui, state, surface);
        if ui.input(|input| input.pointer.button_double_clicked(eframe::egui::PointerButton::Primary)) {
            state.zoom_to(None);
        }
    }
    let drag = state.drag.as_mut()?;
    if is_moved {
        drag.to = surface.time_under(ui);
    }
    let span = drag.to.and_then(|to| surface.span(drag.from, to));
    if is_down {
        return span;
    }
    state.drag = None;
    if let Some(zoom) = span.and_then(|span| span.within(surface.window)) {
        state.is_resumed = false;
        state.zoom_to(Some(zoom));
    }
    None
}

fn wheel(ui: &Ui, state: &mut HeatmapState, surface: &Surface<'_>) {
    let (points, pinch) = ui.input(|input| (f64::from(input.smooth_scroll_delta().y), f64::from(input.zoom_delta())));
    let factor = (-points / WHEEL_POINTS).exp2() / pinch.max(0.01);
    if factor == 1.0 {
        return;
    }
    let Some(at) = surface.time_under(ui) else { return };
    let shown = state.zoom.and_then(|zoom| zoom.within(surface.window));
    let whole = Zoom { start: surface.window.start, end: surface.window.end };
    if state.zoom.is_none() {
        state.is_resumed = false;
    }
    state.zoom_to(shown.unwrap_or(whole).scaled(at, factor).within(surface.window));
}

/// The span that is being drawn, over cells and plots.
pub fn paint_drawn(painter: &Painter, t: &Tokens, surface: &Surface<'_>, span: Zoom) {
    let (left, right) = (surface.columns.x_of(span.start), surface.columns.x_of(span.end) - surface.columns.gap());
    for area in std::iter::once(&surface.cells).chain(surface.plots) {
        let rect = Rect::from_x_y_ranges(left..=right, area.y_range());
        painter.rect_filled(rect, 0, t.accent.gamma_multiply(0.22));
        for x in [left, right - 1.0] {
            painter.rect_filled(
                Rect::from_min_size(eframe::egui::pos2(x, rect.top()), vec2(1.0, rect.height())),
                0,
                t.accent,
            );
        }
    }
}

/// The chips at the right end of the legend: back to the whole window, and that figures rest. Gives where they begin.
pub fn chips(ui: &mut Ui, area: Rect, open: &OpenStream, state: &mut HeatmapState, out: &mut Commands) -> f32 {
    let wants_pause = state.wants_pause();
    if wants_pause != open.figures_paused {
        out.push(Command::PauseFigures(wants_pause));
    }
    if !wants_pause && state.zoom.is_none() && state.pin.is_none() {
        return area.right();
    }
    let place = Rect::from_min_max(area.min, eframe::egui::pos2(area.right() - 12.0, area.top() + 30.0));
    let builder = UiBuilder::new().max_rect(place).layout(Layout::right_to_left(Align::Center)).id_salt("chips");
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let mut left = area.right();
        if wants_pause {
            let at = open.metrics.value.as_ref().map_or(String::new(), |(_, at)| format!(" at {}", at.hm()));
            let words = format!("Paused{at} · Resume");
            let why = "Figures are not refreshed while you look at a zoomed span or a pinned cell.";
            let button = Button::new(&words).icon(icons::PAUSE).tooltip(why).small();
            let response = ui.add(button);
            state.is_resumed |= response.clicked();
            left = response.rect.left();
        }
        if state.zoom.is_some() {
            let button =
                Button::new("Reset zoom").tooltip("Shows the whole range again; so does a double click").small();
            let response = ui.add(button);
            if response.clicked() {
                state.zoom_to(None);
            }
            left = response.rect.left();
        }
        left
    })
    .inner
}
