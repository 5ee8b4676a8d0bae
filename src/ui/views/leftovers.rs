//! The banner about enhanced fan-out consumers that an earlier run of this program left behind: what they cost, and the
//! call that ends it.

use eframe::egui::{Align, Align2, Layout, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::model::fan_out::OwnConsumer;
use crate::model::format;
use crate::model::limits::FAN_OUT_DOLLARS_PER_SHARD_HOUR;
use crate::model::world::World;
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button};

const HEIGHT: f32 = 43.0;

/// Draws it over the whole width, where there is something to say.
pub fn show(ui: &mut Ui, world: &World, out: &mut Commands) {
    let found: Vec<&OwnConsumer> = world.own_leftovers().collect();
    let Some(first) = found.first() else { return };
    let t = theme::tokens(ui);
    let title = match found.len() {
        1 => "A fan-out consumer was left behind".to_owned(),
        several => format!("{several} fan-out consumers were left behind"),
    };
    let words = words(first, found.len());
    let (area, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, format!("{title}. {words}")));
    let painter = ui.painter();
    painter.rect_filled(area, 0, t.warn_dim);
    painter.rect_filled(Rect::from_min_size(area.min, vec2(3.0, area.height())), 0, t.warn);
    painter.hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let inner = area.shrink2(vec2(12.0, 0.0));
    let builder = UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)).id_salt("leftovers");
    let left = ui
        .scope_builder(builder, |ui| {
            button(ui, world, found.len(), out);
            ui.min_rect().left()
        })
        .inner;
    let painter = ui.painter();
    let middle = area.center().y;
    painter.text(pos2(area.left() + 16.0, middle), Align2::LEFT_CENTER, icons::WARNING, fonts::icon(15.0), t.warn);
    let at = pos2(area.left() + 40.0, middle);
    let shown = painter.text(at, Align2::LEFT_CENTER, title, fonts::body_strong(), t.strong);
    let rest = Rect::from_min_max(pos2(shown.right() + 10.0, area.top()), pos2(left - 12.0, area.bottom()));
    let painted = widgets::paint_elided(painter, rest, Align::Min, &words, fonts::body(), t.text);
    if painted.width() >= rest.width() - 2.0 {
        response.on_hover_text(words);
    }
}

fn words(first: &OwnConsumer, count: usize) -> String {
    let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
    let name = format::one_line(&first.name, 60);
    let stream = format::one_line(first.stream.as_str(), 60);
    format!("{name} on {stream}{more}: ${FAN_OUT_DOLLARS_PER_SHARD_HOUR} an hour and shard until deregistered.")
}

fn button(ui: &mut Ui, world: &World, count: usize, out: &mut Commands) {
    if !world.is_unlocked() {
        let unlock = Button::new("Unlock to deregister…").icon(icons::LOCK);
        if ui.add(unlock.tooltip("Deregistering is a write: unlock writes first.")).clicked() {
            out.push(Command::Open(Dialog::Unlock));
        }
        return;
    }
    let label = if count == 1 { "Deregister it" } else { "Deregister them" };
    let enabled = if world.fan_out.is_clearing { Err("On its way.") } else { Ok(()) };
    let clear = Button::new(label).icon(icons::TRASH).enabled(enabled);
    if ui.add(clear.tooltip("DeregisterStreamConsumer, for consumers that this program registered.")).clicked() {
        out.push(Command::ClearLeftovers);
    }
}
