//! A virtual table: a header that sorts, rows of one height of which only the visible ones are drawn, one accessible node
//! for each row, keys to move and open.

use eframe::egui::{
    Align, Align2, Color32, CursorIcon, FontId, Id, Key, Painter, Rect, Response, Role, ScrollArea, Sense, Stroke, Ui,
    UiBuilder, WidgetInfo, pos2, style::ScrollAnimation, vec2,
};

use super::text::paint_elided;
use crate::ui::theme::{self, Tokens, fonts, icons};

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Width {
    /// So many points.
    Fixed(f32),
    /// A part of what the fixed columns leave, at least so many points.
    Rest(f32),
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Names the column in code.
    pub id: &'static str,
    /// Its header.
    pub title: &'static str,
    /// How wide it is, padding included.
    pub width: Width,
    /// Alignment of header and cells.
    pub align: Align,
    /// Whether a click on its header sorts.
    pub is_sortable: bool,
    /// 0 stays; otherwise the column with the greatest number goes first when it is narrow.
    pub drop: u8,
}

impl Column {
    /// A column of fixed width, left-aligned, that does not sort.
    pub const fn new(id: &'static str, title: &'static str, width: f32) -> Self {
        Self { id, title, width: Width::Fixed(width), align: Align::Min, is_sortable: false, drop: 0 }
    }

    /// Takes what the other columns leave, at least `least` points.
    pub const fn rest(mut self, least: f32) -> Self {
        self.width = Width::Rest(least);
        self
    }

    /// Right-aligned, for figures.
    pub const fn right(mut self) -> Self {
        self.align = Align::Max;
        self
    }

    /// A click on the header sorts.
    pub const fn sortable(mut self) -> Self {
        self.is_sortable = true;
        self
    }

    /// May be left out when it is narrow; the greatest number goes first.
    pub const fn drop(mut self, order: u8) -> Self {
        self.drop = order;
        self
    }

    fn least(&self) -> f32 {
        match self.width {
            Width::Fixed(width) | Width::Rest(width) => width,
        }
    }
}

/// A column that is being made wider or narrower.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resized {
    /// The column.
    pub column: &'static str,
    /// Its new width in points.
    pub width: f32,
    /// Whether it was let go.
    pub is_over: bool,
}

/// What happened to a table in a frame.
#[derive(Debug, Default)]
pub struct TableOutcome {
    /// The row that was selected, by click or key.
    pub selected: Option<usize>,
    /// The row that was opened, by double click or Enter.
    pub opened: Option<usize>,
    /// The column whose header was clicked.
    pub sorted: Option<&'static str>,
    /// The column whose edge is dragged.
    pub resized: Option<Resized>,
    /// Whether the last row is in sight.
    pub is_at_end: bool,
    /// How far it is scrolled, in points.
    pub offset: f32,
}

/// A virtual table.
#[must_use = "call show"]
pub struct Table<'a> {
    id: Id,
    columns: &'a [Column],
    row_height: f32,
    header_height: f32,
    left: f32,
    right: f32,
    sort: Option<(&'a str, bool)>,
    selected: Option<usize>,
    takes_keys: bool,
    is_resizable: bool,
    sticks_to_end: bool,
    scroll_to: Option<usize>,
    offset: Option<f32>,
    max_height: f32,
}

impl<'a> Table<'a> {
    /// A table with rows of 26 pt and a header of 26 pt. `id` must be stable.
    pub fn new(id: Id, columns: &'a [Column]) -> Self {
        Self {
            id,
            columns,
            row_height: 26.0,
            header_height: 26.0,
            left: 16.0,
            right: 12.0,
            sort: None,
            selected: None,
            takes_keys: false,
            is_resizable: false,
            sticks_to_end: false,
            scroll_to: None,
            offset: None,
            max_height: f32::INFINITY,
        }
    }

    /// Height of a row.
    pub fn row_height(mut self, height: f32) -> Self {
        self.row_height = height;
        self
    }

    /// Height of the header; 0 leaves it out.
    pub fn header_height(mut self, height: f32) -> Self {
        self.header_height = height;
        self
    }

    /// Empty space left and right of the columns.
    pub fn gutters(mut self, left: f32, right: f32) -> Self {
        (self.left, self.right) = (left, right);
        self
    }

    /// The column it is sorted by, and whether ascending.
    pub fn sort(mut self, column: &'a str, ascending: bool) -> Self {
        self.sort = Some((column, ascending));
        self
    }

    /// The selected row.
    pub fn selected(mut self, row: Option<usize>) -> Self {
        self.selected = row;
        self
    }

    /// ↑ ↓ j k move the selection, Enter opens. For one table of a view only.
    pub fn keys(mut self, takes_keys: bool) -> Self {
        self.takes_keys = takes_keys;
        self
    }

    /// The edges of columns of fixed width can be dragged; see [`TableOutcome::resized`].
    pub fn resizable(mut self, is_resizable: bool) -> Self {
        self.is_resizable = is_resizable;
        self
    }

    /// Stays at the last row while rows are added.
    pub fn stick_to_end(mut self, sticks: bool) -> Self {
        self.sticks_to_end = sticks;
        self
    }

    /// Scrolls so that this row is in sight.
    pub fn scroll_to(mut self, row: Option<usize>) -> Self {
        self.scroll_to = row;
        self
    }

    /// Scrolls to this offset in points before anything else; for lists whose first rows leave while they are read.
    pub fn offset(mut self, offset: Option<f32>) -> Self {
        self.offset = offset;
        self
    }

    /// At most so high, header included.
    pub fn max_height(mut self, height: f32) -> Self {
        self.max_height = height;
        self
    }

    /// Draws the header and the visible ones of `count` rows.
    pub fn show(mut self, ui: &mut Ui, count: usize, mut draw: impl FnMut(&mut Row<'_>)) -> TableOutcome {
        let mut outcome = TableOutcome::default();
        ui.spacing_mut().item_spacing.y = 0.0;
        let layout = self.layout(ui.available_width());
        if self.header_height > 0.0 {
            self.header(ui, &layout, &mut outcome);
        }
        self.keyboard(ui, count, &mut outcome);
        let height = (self.max_height - self.header_height).min(ui.available_height());
        let mut area = ScrollArea::vertical()
            .id_salt(self.id)
            .auto_shrink([false, self.max_height.is_finite()])
            .max_height(height)
            .stick_to_bottom(self.sticks_to_end);
        if let Some(offset) = self.offset {
            area = area.vertical_scroll_offset(offset.max(0.0));
        }
        let output = area.show_rows(ui, self.row_height, count, |ui, rows| {
            if let Some(target) = self.scroll_to.filter(|row| *row < count) {
                let top = ui.max_rect().top() + (target as f32 - rows.start as f32) * self.row_height;
                let rect = Rect::from_min_size(pos2(ui.max_rect().left(), top), vec2(1.0, self.row_height));
                ui.scroll_to_rect_animation(rect, None, ScrollAnimation::none());
            }
            outcome.is_at_end = rows.end >= count;
            for index in rows {
                self.row(ui, index, &layout, &mut outcome, &mut draw);
            }
        });
        outcome.offset = output.state.clamped_offset().y;
        outcome
    }

    /// Left edge and width of each column that fits, relative to the left edge of the table.
    fn layout(&self, width: f32) -> Vec<Option<(f32, f32)>> {
        let room = width - self.left - self.right;
        let mut shown: Vec<bool> = vec![true; self.columns.len()];
        let needed = |shown: &[bool]| -> f32 {
            self.columns.iter().zip(shown).filter(|(_, on)| **on).map(|(column, _)| column.least()).sum()
        };
        while needed(&shown) > room {
            let next = self
                .columns
                .iter()
                .enumerate()
                .filter(|(at, column)| column.drop > 0 && shown.get(*at).copied().unwrap_or(false))
                .max_by_key(|(_, column)| column.drop);
            match next.and_then(|(at, _)| shown.get_mut(at)) {
                Some(on) => *on = false,
                None => break,
            }
        }
        let rests = self.columns.iter().zip(&shown).filter(|(c, on)| **on && matches!(c.width, Width::Rest(_))).count();
        let spare = (room - needed(&shown)).max(0.0) / rests.max(1) as f32;
        let mut left = self.left;
        let place = |(column, on): (&Column, &bool)| {
            on.then(|| {
                let width = column.least() + if matches!(column.width, Width::Rest(_)) { spare.floor() } else { 0.0 };
                let at = left;
                left += width;
                (at, width)
            })
        };
        self.columns.iter().zip(&shown).map(place).collect()
    }

    fn header(&self, ui: &mut Ui, layout: &[Option<(f32, f32)>], outcome: &mut TableOutcome) {
        let t = theme::tokens(ui);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), self.header_height), Sense::hover());
        let painter = ui.painter();
        painter.rect_filled(rect, 0, t.raised);
        painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
        for (column, place) in self.columns.iter().zip(layout) {
            let Some((left, width)) = place else { continue };
            let area = Rect::from_min_size(pos2(rect.left() + left, rect.top()), vec2(*width, self.header_height));
            let sorted = self.sort.filter(|(id, _)| *id == column.id);
            let mut color = if sorted.is_some() { t.text } else { t.weak };
            if column.is_sortable {
                let response = ui.interact(area, self.id.with(("sort", column.id)), Sense::click());
                let name = format!("Sort by {}", if column.title.is_empty() { column.id } else { column.title });
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
                if response.hovered() {
                    color = t.strong;
                }
                if response.has_focus() {
                    super::focus_ring(ui, area.shrink(2.0), 2);
                }
                if response.clicked() {
                    outcome.sorted = Some(column.id);
                }
            }
            header_text(ui.painter(), t, area, column, sorted.map(|(_, ascending)| ascending), color);
            if self.is_resizable && matches!(column.width, Width::Fixed(_)) {
                outcome.resized = self.edge(ui, area, column).or(outcome.resized);
            }
        }
    }

    /// The right edge of a column, to be dragged.
    fn edge(&self, ui: &Ui, area: Rect, column: &Column) -> Option<Resized> {
        let rect = Rect::from_center_size(pos2(area.right(), area.center().y), vec2(8.0, area.height()));
        let response = ui.interact(rect, self.id.with(("edge", column.id)), Sense::DRAG);
        response.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, format!("Width of {}", column.title)));
        let response = response.on_hover_cursor(CursorIcon::ResizeHorizontal);
        if response.hovered() || response.dragged() {
            let t = theme::tokens(ui);
            ui.painter().vline(
                area.right().round() - 0.5,
                area.shrink2(vec2(0.0, 5.0)).y_range(),
                Stroke::new(1.0, t.stroke_strong),
            );
        }
        let is_over = response.drag_stopped();
        let pointer = response.interact_pointer_pos().map_or(area.right(), |at| at.x);
        let width = (pointer - area.left()).clamp(36.0, 800.0);
        (is_over || response.dragged()).then_some(Resized { column: column.id, width, is_over })
    }

    fn keyboard(&mut self, ui: &Ui, count: usize, outcome: &mut TableOutcome) {
        if !self.takes_keys || count == 0 {
            return;
        }
        let page = ((ui.available_height() / self.row_height) as usize).max(2) - 1;
        let last = count - 1;
        let at = self.selected;
        let moved = if super::take_key(ui, Key::ArrowDown) || super::take_key(ui, Key::J) {
            Some(at.map_or(0, |row| (row + 1).min(last)))
        } else if super::take_key(ui, Key::ArrowUp) || super::take_key(ui, Key::K) {
            Some(at.map_or(0, |row| row.saturating_sub(1)))
        } else if super::take_key(ui, Key::PageDown) {
            Some(at.map_or(0, |row| (row + page).min(last)))
        } else if super::take_key(ui, Key::PageUp) {
            Some(at.map_or(0, |row| row.saturating_sub(page)))
        } else if super::take_key(ui, Key::Home) {
            Some(0)
        } else {
            None
        };
        if let Some(row) = moved {
            self.selected = Some(row);
            self.scroll_to = Some(row);
            outcome.selected = Some(row);
        }
        let nothing_focused = ui.memory(|memory| memory.focused().is_none());
        if let Some(row) = self.selected.filter(|_| nothing_focused)
            && super::take_key(ui, Key::Enter)
        {
            outcome.opened = Some(row);
        }
    }

    fn row(
        &self,
        ui: &mut Ui,
        index: usize,
        layout: &[Option<(f32, f32)>],
        outcome: &mut TableOutcome,
        draw: &mut impl FnMut(&mut Row<'_>),
    ) {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), self.row_height), Sense::hover());
        // Ids repeat after a thousand rows, so that a long table does not fill egui's memory with them.
        let response = ui.interact(rect, self.id.with(("row", index % 1_024)), Sense::CLICK);
        if response.clicked() {
            outcome.selected = Some(index);
        }
        if response.double_clicked() {
            outcome.opened = Some(index);
        }
        let t = theme::tokens(ui);
        let is_selected = self.selected == Some(index);
        let painter = ui.painter_at(rect.intersect(ui.clip_rect()));
        if is_selected {
            painter.rect_filled(rect, 0, t.selected);
        } else if response.hovered() || response.context_menu_opened() {
            painter.rect_filled(rect, 0, t.hover);
        }
        painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
        let mut row = Row {
            index,
            rect,
            response,
            is_selected,
            painter,
            tokens: t,
            columns: self.columns,
            layout,
            ui,
            is_named: false,
        };
        draw(&mut row);
        if is_selected {
            let bar = Rect::from_min_size(rect.min, vec2(3.0, rect.height() - 1.0));
            row.painter.rect_filled(bar, 0, t.accent);
        }
    }
}

fn header_text(painter: &Painter, t: &Tokens, area: Rect, column: &Column, sorted: Option<bool>, color: Color32) {
    let arrow = sorted.map(|ascending| match (column.title.is_empty(), ascending) {
        (true, _) => icons::SORT,
        (false, true) => icons::CARET_UP,
        (false, false) => icons::CARET_DOWN,
    });
    let mut cell = area.shrink2(vec2(CELL_PADDING, 0.0));
    if arrow.is_some() && column.align == Align::Max {
        cell.max.x -= 14.0;
    }
    let text = paint_elided(painter, cell, column.align, column.title, fonts::caption(), color);
    if let Some(arrow) = arrow {
        let x = if column.title.is_empty() { cell.left() } else { text.right() + 3.0 };
        painter.text(pos2(x, area.center().y), Align2::LEFT_CENTER, arrow, fonts::icon(11.0), t.accent);
    }
}

/// Empty space left and right of the text of a cell; columns touch each other.
pub const CELL_PADDING: f32 = 6.0;

/// One row that is being drawn.
pub struct Row<'a> {
    /// Its place in the order that is shown.
    pub index: usize,
    /// Where it is.
    pub rect: Rect,
    /// Its response: clicks, hover, context menu.
    pub response: Response,
    /// Whether it is selected.
    pub is_selected: bool,
    /// Clipped to the row.
    pub painter: Painter,
    /// The colours.
    pub tokens: &'static Tokens,
    columns: &'a [Column],
    layout: &'a [Option<(f32, f32)>],
    ui: &'a mut Ui,
    is_named: bool,
}

impl Row<'_> {
    /// The accessible name of the row: its identifier first, then its figures. Once for each row.
    pub fn name(&mut self, name: impl Fn() -> String) {
        self.is_named = true;
        let is_selected = self.is_selected;
        self.response.widget_info(|| WidgetInfo::selected(Role::Row, true, is_selected, name()));
    }

    /// Colours the row, unless it is selected. Call before anything else is drawn in it.
    pub fn tint(&self, color: Color32) {
        if !self.is_selected {
            self.painter.rect_filled(self.rect.with_max_y(self.rect.bottom() - 1.0), 0, color);
        }
    }

    /// Where the content of a column goes; `None` where the column does not fit.
    pub fn cell(&self, id: &str) -> Option<Rect> {
        let at = self.columns.iter().position(|column| column.id == id)?;
        let (left, width) = (*self.layout.get(at)?)?;
        let rect = Rect::from_min_size(pos2(self.rect.left() + left, self.rect.top()), vec2(width, self.rect.height()));
        Some(rect.shrink2(vec2(CELL_PADDING, 0.0)))
    }

    /// Text in a column, aligned as the column is, cut with an ellipsis.
    pub fn text(&self, id: &str, text: &str, font: FontId, color: Color32) -> Option<Rect> {
        let align = self.columns.iter().find(|column| column.id == id)?.align;
        self.cell(id).map(|cell| paint_elided(&self.painter, cell, align, text, font, color))
    }

    /// Several fonts and colours in a column.
    pub fn job(&self, id: &str, job: eframe::egui::text::LayoutJob) -> Option<Rect> {
        let align = self.columns.iter().find(|column| column.id == id)?.align;
        self.cell(id).map(|cell| super::text::paint_job(&self.painter, cell, align, job))
    }

    /// A widget in a column, for instance a small button.
    pub fn widgets<R>(&mut self, id: &str, add: impl FnOnce(&mut Ui) -> R) -> Option<R> {
        let cell = self.cell(id)?;
        let layout = eframe::egui::Layout::left_to_right(Align::Center);
        let builder = UiBuilder::new().id_salt(("cell", self.index % 1_024, id)).max_rect(cell).layout(layout);
        Some(add(&mut self.ui.new_child(builder)))
    }

    /// A menu on right click.
    pub fn menu(&self, add: impl FnOnce(&mut Ui)) {
        self.response.context_menu(add);
    }

    /// Whether the theme is dark.
    pub fn is_dark(&self) -> bool {
        self.ui.visuals().dark_mode
    }
}
