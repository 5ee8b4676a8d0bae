//! A one-line text field: 28 pt, or 26 pt in toolbars.

use eframe::egui::{
    Align, Align2, Frame, Id, Margin, Rect, Response, Sense, Stroke, StrokeKind, TextBuffer, TextEdit, Ui, UiBuilder,
    pos2, text::LayoutJob, vec2,
};

use super::tag::{key_cap_size, paint_key_cap};
use super::text::{paint_elided, text_width};
use crate::ui::theme::{self, Tokens, fonts, icons};

/// A one-line text field. Show it with [`TextField::show`].
#[must_use = "call show"]
pub struct TextField<'a> {
    id: Id,
    name: &'a str,
    text: &'a mut String,
    hint: &'a str,
    icon: Option<&'a str>,
    trailing: Option<&'a str>,
    key: Option<&'a str>,
    is_mono: bool,
    is_invalid: bool,
    is_confirmed: bool,
    takes_focus: bool,
    colors: Option<Colors>,
    height: f32,
    width: f32,
}

/// Writes a text in colours.
pub type Colors = fn(&str, &Tokens) -> LayoutJob;

impl<'a> TextField<'a> {
    /// A field of 28 pt that fills the width. `name` is its accessible name; `id` must be stable.
    pub fn new(id: Id, name: &'a str, text: &'a mut String) -> Self {
        Self {
            id,
            name,
            text,
            hint: "",
            icon: None,
            trailing: None,
            key: None,
            is_mono: false,
            is_invalid: false,
            is_confirmed: false,
            takes_focus: false,
            colors: None,
            height: 28.0,
            width: f32::INFINITY,
        }
    }

    /// Shown while the field is empty.
    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = hint;
        self
    }

    /// An icon at its left.
    pub fn icon(mut self, icon: &'a str) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Faint text at its right: a unit, a count.
    pub fn trailing(mut self, text: &'a str) -> Self {
        self.trailing = Some(text);
        self
    }

    /// The key that leads here, as a cap at its right while it has no focus.
    pub fn key(mut self, key: &'a str) -> Self {
        self.key = Some(key);
        self
    }

    /// The fixed-width face.
    pub fn mono(mut self) -> Self {
        self.is_mono = true;
        self
    }

    /// A red border; say what is wrong next to it.
    pub fn invalid(mut self, is_invalid: bool) -> Self {
        self.is_invalid = is_invalid;
        self
    }

    /// A check mark at its right: what was typed is what was asked for.
    pub fn confirmed(mut self, is_confirmed: bool) -> Self {
        self.is_confirmed = is_confirmed;
        self
    }

    /// Takes the keyboard focus in this frame.
    pub fn focus(mut self, takes_focus: bool) -> Self {
        self.takes_focus = takes_focus;
        self
    }

    /// Colours the text, in the fixed-width face.
    pub fn colors(mut self, colors: Option<Colors>) -> Self {
        self.colors = colors;
        self
    }

    /// 26 pt, for toolbars.
    pub fn toolbar(mut self) -> Self {
        self.height = 26.0;
        self
    }

    /// A fixed width.
    pub fn width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    /// Draws it. The response is that of the text: `changed()`, `lost_focus()`.
    pub fn show(self, ui: &mut Ui) -> Response {
        let width = self.width.min(ui.available_width());
        let (rect, _) = ui.allocate_exact_size(vec2(width, self.height), Sense::hover());
        self.show_in(ui, rect)
    }

    /// Draws it in a rectangle that was allocated elsewhere.
    pub fn show_in(self, ui: &mut Ui, rect: Rect) -> Response {
        let t = theme::tokens(ui);
        let has_focus = ui.memory(|memory| memory.has_focus(self.id));
        let edge = match (self.is_invalid, has_focus) {
            (true, _) => t.crit,
            (false, true) => t.accent,
            (false, false) => t.stroke,
        };
        let frame = ui.painter().add(eframe::egui::Shape::Noop);
        let inner = self.decorate(ui, rect, has_focus);
        let font = match (self.is_mono, self.height < 27.0) {
            (true, _) => fonts::value(),
            (false, true) => fonts::small(),
            (false, false) => fonts::body(),
        };
        // The text is placed by its own row, so that it stands in the middle whatever the height of the field.
        let row = ui.painter().fonts_mut(|fonts| fonts.row_height(&font));
        let top = (inner.center().y - row / 2.0).round();
        let line = Rect::from_min_max(pos2(inner.left(), top), pos2(inner.right(), top + row));
        let colors = self.colors;
        let mut layouter = |ui: &Ui, text: &dyn TextBuffer, _: f32| {
            let mut job = colors.map_or_else(LayoutJob::default, |colors| colors(text.as_str(), t));
            job.wrap.max_width = f32::INFINITY;
            ui.fonts_mut(|fonts| fonts.layout_job(job))
        };
        let mut edit = TextEdit::singleline(self.text)
            .id(self.id)
            .frame(Frame::NONE)
            .margin(Margin::ZERO)
            .font(font.clone())
            .text_color(t.strong)
            .hint_text(eframe::egui::RichText::new(self.hint).font(font).color(t.faint))
            .align(Align2::LEFT_CENTER)
            .desired_width(line.width());
        if colors.is_some() {
            edit = edit.layouter(&mut layouter);
        }
        // A click anywhere in the field edits it; the text itself lies above this and takes its own clicks.
        let around = ui.interact(rect, self.id.with("field"), Sense::CLICK);
        let mut place = ui.new_child(UiBuilder::new().max_rect(line));
        place.spacing_mut().interact_size.y = 0.0;
        let response = place.add(edit).accessible_name(self.name);
        if around.clicked() {
            response.request_focus();
        }
        if self.takes_focus {
            response.request_focus();
        }
        // Asked of the memory: a response denies its focus while another window of the desktop has the keys.
        note_focus(ui.ctx(), self.id, ui.memory(|memory| memory.has_focus(self.id)));
        let painter = ui.painter();
        painter.set(
            frame,
            eframe::egui::Shape::Vec(vec![
                eframe::egui::epaint::RectShape::new(rect, 4, t.inset, Stroke::new(1.0, edge), StrokeKind::Inside)
                    .into(),
            ]),
        );
        if has_focus {
            painter.rect_stroke(rect, 4, Stroke::new(1.0, edge.gamma_multiply(0.8)), StrokeKind::Outside);
        }
        response
    }

    /// Paints icon, trailing text, key cap and check mark; gives back what is left for the text.
    fn decorate(&self, ui: &Ui, rect: Rect, has_focus: bool) -> Rect {
        let t = theme::tokens(ui);
        let painter = ui.painter();
        let middle = rect.center().y;
        let (mut left, mut right) = (rect.left() + 9.0, rect.right() - 9.0);
        if let Some(icon) = self.icon {
            painter.text(pos2(left, middle), Align2::LEFT_CENTER, icon, fonts::icon(12.0), t.weak);
            left += 19.0;
        }
        if self.is_confirmed {
            painter.text(pos2(right, middle), Align2::RIGHT_CENTER, icons::CHECK, fonts::icon(14.0), t.ok);
            right -= 20.0;
        }
        if let Some(key) = self.key.filter(|_| !has_focus) {
            let width = key_cap_size(painter, key).x;
            paint_key_cap(painter, pos2(right + 3.0 - width, middle), key, t.weak, t.stroke_strong);
            right -= width + 4.0;
        }
        if let Some(text) = self.trailing {
            let width = text_width(painter, text, fonts::small());
            let area = Rect::from_min_max(pos2(right - width - 1.0, rect.top()), pos2(right, rect.bottom()));
            paint_elided(painter, area, Align::Max, text, fonts::small(), t.faint);
            right -= width + 8.0;
        }
        Rect::from_min_max(pos2(left, rect.top() + 1.0), pos2(right.max(left), rect.bottom() - 1.0))
    }
}

/// The field that had the focus when it was drawn last. egui takes the focus away before the frame of an Escape begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Focused(Option<Id>);

fn note_focus(ctx: &eframe::egui::Context, id: Id, has_focus: bool) {
    ctx.data_mut(|data| {
        let noted: &mut Focused = data.get_temp_mut_or_default(Id::NULL);
        if has_focus {
            *noted = Focused(Some(id));
        } else if *noted == Focused(Some(id)) {
            *noted = Focused(None);
        }
    });
}

/// Whether an Escape in this frame leaves a field; asked once for each.
pub(super) fn leaves_focus(ctx: &eframe::egui::Context) -> bool {
    ctx.data_mut(|data| std::mem::take(data.get_temp_mut_or_default::<Focused>(Id::NULL)).0.is_some())
}
