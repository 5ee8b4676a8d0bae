//! Dialogs: centred over the main area, on a scrim that leaves the connection chip and the status bar as they are.

use eframe::egui::{
    Align, Align2, Area, Color32, Context, Id, Key, Layout, Modifiers, Order, Popup, Rect, Role, ScrollArea, Sense,
    Stroke, StrokeKind, Ui, UiBuilder, UiKind, Vec2, pos2, vec2,
};

use super::tag::{TagStyle, paint_tag};
use super::text::paint_elided;
use crate::ui::theme::{self, fonts, icons};

/// What no dialog covers. The shell notes it in every frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeepClear {
    /// The connection chip at the top of the rail.
    pub chip: Option<Rect>,
    /// The stripe at the top, by its height.
    pub stripe: f32,
    /// The status bar, by its height.
    pub status: f32,
    /// Width of the rail; dialogs are centred right of it.
    pub rail: f32,
}

impl KeepClear {
    fn id() -> Id {
        Id::unique("dialog keep clear")
    }

    /// Notes it for the dialogs of this frame.
    pub fn store(self, ctx: &Context) {
        ctx.data_mut(|data| data.insert_temp(Self::id(), self));
    }

    fn load(ctx: &Context) -> Self {
        ctx.data(|data| data.get_temp(Self::id())).unwrap_or_default()
    }
}

/// What happened to a dialog in a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DialogOutcome {
    /// It should close: Esc with nothing typed, or the cross.
    pub is_closed: bool,
}

/// A dialog with a header of 44 pt and a footer of 52 pt. The one risky button stands at the right of the footer.
#[must_use = "call show"]
pub struct Dialog<'a> {
    id: Id,
    title: &'a str,
    subtitle: &'a str,
    icon: &'a str,
    icon_color: Option<Color32>,
    tag: Option<(&'a str, TagStyle)>,
    target: &'a str,
    trailing: Option<(&'a str, TagStyle)>,
    width: f32,
    height: Option<f32>,
    is_dirty: bool,
    padding: f32,
}

impl<'a> Dialog<'a> {
    /// A dialog as high as its content. `title` is its accessible name.
    pub fn new(id: Id, title: &'a str) -> Self {
        Self {
            id,
            title,
            subtitle: "",
            icon: "",
            icon_color: None,
            tag: None,
            target: "",
            trailing: None,
            width: 480.0,
            height: None,
            is_dirty: false,
            padding: 16.0,
        }
    }

    /// An icon before the title.
    pub fn icon(mut self, icon: &'a str, color: Color32) -> Self {
        (self.icon, self.icon_color) = (icon, Some(color));
        self
    }

    /// Weak words behind the title.
    pub fn subtitle(mut self, text: &'a str) -> Self {
        self.subtitle = text;
        self
    }

    /// A tag behind the title.
    pub fn tag(mut self, text: &'a str, style: TagStyle) -> Self {
        self.tag = (!text.is_empty()).then_some((text, style));
        self
    }

    /// What it acts on, in the fixed-width face between title and tag.
    pub fn target(mut self, name: &'a str) -> Self {
        self.target = name;
        self
    }

    /// A tag at the right of the header.
    pub fn trailing_tag(mut self, text: &'a str, style: TagStyle) -> Self {
        self.trailing = (!text.is_empty()).then_some((text, style));
        self
    }

    /// Its width.
    pub fn width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    /// A fixed height, header and footer included. The body then fills it.
    pub fn height(mut self, height: f32) -> Self {
        self.height = Some(height);
        self
    }

    /// Something was typed: Esc does not close it any more.
    pub fn dirty(mut self, is_dirty: bool) -> Self {
        self.is_dirty = is_dirty;
        self
    }

    /// Empty space around the body.
    pub fn padding(mut self, padding: f32) -> Self {
        self.padding = padding;
        self
    }

    /// Draws it. `state` is handed to the body and then to the footer, which is laid out from the right.
    pub fn show<S>(
        self,
        ctx: &Context,
        state: &mut S,
        body: impl FnOnce(&mut Ui, &mut S),
        footer: impl FnOnce(&mut Ui, &mut S),
    ) -> DialogOutcome {
        let keep = KeepClear::load(ctx);
        let screen = ctx.content_rect();
        let area = Area::new(self.id)
            .kind(UiKind::Modal)
            .order(Order::Middle)
            .fixed_pos(screen.min)
            .fade_in(false)
            .constrain(false)
            .sense(Sense::hover())
            .role(Role::Dialog)
            .accessible_name(self.title);
        ctx.memory_mut(|memory| memory.set_modal_layer(area.layer()));
        let mut outcome = DialogOutcome::default();
        area.show(ctx, |ui| {
            ui.set_min_size(screen.size());
            scrim(ui, screen, keep);
            let rect = self.place(ctx, screen, keep);
            outcome.is_closed = self.contents(ui, rect, state, body, footer);
        });
        let esc = !self.is_dirty
            && !Popup::is_any_open(ctx)
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        outcome.is_closed |= esc;
        outcome
    }

    fn place(&self, ctx: &Context, screen: Rect, keep: KeepClear) -> Rect {
        let room = Rect::from_min_max(
            pos2(screen.left() + keep.rail, screen.top() + keep.stripe),
            pos2(screen.right(), screen.bottom() - keep.status),
        )
        .shrink(12.0);
        let measured = ctx.data(|data| data.get_temp::<f32>(self.id)).unwrap_or(240.0);
        let height = self.height.unwrap_or(measured + HEADER + FOOTER + 2.0 * self.padding);
        let size = vec2(self.width.min(room.width()), height.min(room.height()));
        let min = room.center() - size / 2.0;
        // A little above the middle, where the eye is.
        let top = (min.y - (room.height() - size.y) * 0.08).max(room.top());
        Rect::from_min_size(pos2(min.x.round(), top.round()), size.round())
    }

    fn contents<S>(
        &self,
        ui: &mut Ui,
        rect: Rect,
        state: &mut S,
        body: impl FnOnce(&mut Ui, &mut S),
        footer: impl FnOnce(&mut Ui, &mut S),
    ) -> bool {
        let t = theme::tokens(ui);
        // Clicks beside the controls stay in the dialog.
        ui.interact(rect, self.id.with("body"), Sense::CLICK | Sense::DRAG);
        ui.painter().rect(rect, 8, t.panel, Stroke::new(1.0, t.stroke_strong), StrokeKind::Inside);
        let is_closed = self.header(ui, rect);
        let inner = Rect::from_min_max(
            pos2(rect.left() + 1.0, rect.top() + HEADER),
            pos2(rect.right() - 1.0, rect.bottom() - FOOTER),
        );
        self.body(ui, inner, state, body);
        let foot = Rect::from_min_max(pos2(rect.left() + 1.0, inner.bottom()), rect.max - Vec2::splat(1.0));
        let radius = eframe::egui::CornerRadius { sw: 7, se: 7, nw: 0, ne: 0 };
        ui.painter().rect_filled(foot, radius, t.raised);
        ui.painter().hline(foot.x_range(), foot.top() + 0.5, Stroke::new(1.0, t.stroke));
        let builder = UiBuilder::new()
            .id_salt("footer")
            .max_rect(foot.shrink2(vec2(16.0, 0.0)))
            .layout(Layout::right_to_left(Align::Center));
        ui.scope_builder(builder, |ui| footer(ui, state));
        is_closed
    }

    fn body<S>(&self, ui: &mut Ui, inner: Rect, state: &mut S, body: impl FnOnce(&mut Ui, &mut S)) {
        let room = inner.shrink(self.padding);
        let builder = UiBuilder::new().id_salt("body").max_rect(room).layout(Layout::top_down(Align::Min));
        ui.scope_builder(builder, |ui| {
            ui.set_clip_rect(inner.intersect(ui.clip_rect()));
            if self.height.is_some() {
                body(ui, state);
                return;
            }
            let output = ScrollArea::vertical().max_height(room.height()).auto_shrink([false, false]).show(ui, |ui| {
                ui.set_width(room.width());
                body(ui, state);
            });
            let height = output.content_size.y.ceil();
            let before = ui.data(|data| data.get_temp::<f32>(self.id));
            if before != Some(height) {
                ui.data_mut(|data| data.insert_temp(self.id, height));
                ui.ctx().request_discard("the dialog takes its height from its content");
            }
        });
    }

    fn header(&self, ui: &mut Ui, rect: Rect) -> bool {
        let t = theme::tokens(ui);
        let head = Rect::from_min_max(rect.min, pos2(rect.right(), rect.top() + HEADER));
        let painter = ui.painter();
        painter.hline(head.shrink(1.0).x_range(), head.bottom() - 0.5, Stroke::new(1.0, t.stroke));
        let mut left = head.left() + 16.0;
        if !self.icon.is_empty() {
            let color = self.icon_color.unwrap_or(t.weak);
            painter.text(pos2(left, head.center().y), Align2::LEFT_CENTER, self.icon, fonts::icon(15.0), color);
            left += 24.0;
        }
        let mut right = head.right() - 44.0;
        if let Some((text, style)) = self.trailing {
            right -= super::tag::tag_size(painter, text).x + 8.0;
            paint_tag(painter, t, pos2(right, head.center().y), text, style);
            right -= 8.0;
        }
        let area = |left: f32| Rect::from_min_max(pos2(left, head.top()), pos2(right, head.bottom()));
        left = paint_elided(painter, area(left), Align::Min, self.title, fonts::title(), t.strong).right() + 12.0;
        if !self.target.is_empty() {
            let room = area(left + 4.0);
            let room = room.with_max_x((room.right() - 80.0).max(room.left()));
            left = paint_elided(painter, room, Align::Min, self.target, fonts::value(), t.strong).right() + 8.0;
        }
        if let Some((text, style)) = self.tag {
            left = paint_tag(painter, t, pos2(left, head.center().y), text, style).right() + 12.0;
        }
        paint_elided(painter, area(left), Align::Min, self.subtitle, fonts::small(), t.weak);
        let cross = Rect::from_center_size(pos2(head.right() - 28.0, head.center().y), vec2(26.0, 26.0));
        let close = super::Button::ghost("").icon(icons::CLOSE).name("Close dialog").tooltip("Close  Esc");
        ui.place(cross, close).clicked()
    }
}

const HEADER: f32 = 44.0;
const FOOTER: f32 = 52.0;

fn scrim(ui: &Ui, screen: Rect, keep: KeepClear) {
    let color = theme::tokens(ui).scrim;
    let top = screen.top() + keep.stripe;
    let bottom = screen.bottom() - keep.status;
    let chip = keep.chip.unwrap_or(Rect::from_min_size(pos2(screen.left(), top), Vec2::ZERO));
    let painter = ui.painter();
    let right_of_chip = Rect::from_min_max(pos2(chip.right(), top), pos2(screen.right(), chip.bottom()));
    let below = Rect::from_min_max(pos2(screen.left(), chip.bottom()), pos2(screen.right(), bottom));
    painter.rect_filled(right_of_chip, 0, color);
    painter.rect_filled(below, 0, color);
}
