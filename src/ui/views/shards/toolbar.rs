//! The row above the picture: how far back it goes, what the colours say, how many shards there are, and the way to change them.

use eframe::egui::{
    self, Align, Align2, Layout, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::rows::Facts;
use super::sight::{ColourBy, Horizon, SightState};
use crate::model::format;
use crate::model::shard_lives::ShardState;
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::theme::{self, fonts, heat, icons};
use crate::ui::widgets::{self, Button, hatching, text_width};

/// Height of the toolbar.
const HEIGHT: f32 = 40.0;

/// Draws the toolbar.
pub fn show(ui: &mut Ui, world: &World, open: &OpenStream, facts: &Facts, sight: &mut SightState, out: &mut Commands) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let area = Rect::from_min_max(rect.min + vec2(16.0, 0.0), rect.max - vec2(12.0, 1.0));
    let mut left = area.left();
    let builder = UiBuilder::new().id_salt("sight").max_rect(area).layout(Layout::left_to_right(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        controls(ui, facts, sight);
        left = ui.cursor().left();
    });
    let rest = area.with_min_x(left);
    let builder = UiBuilder::new().id_salt("change").max_rect(rest).layout(Layout::right_to_left(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        let reason = if facts.open.is_empty() { Err("No shard is open.") } else { Ok(()) };
        let button = Button::new("Split or merge…").icon(icons::SPLIT).enabled(reason).tooltip("Split, merge or scale");
        if ui.add(button).clicked() {
            out.push(Command::Open(Dialog::Reshard));
        }
        counts(ui, facts);
        let left = ui.available_rect_before_wrap();
        source(ui, left, world, open, facts, sight.colour);
    });
}

/// How far back, and by which figure.
fn controls(ui: &mut Ui, facts: &Facts, sight: &mut SightState) {
    let t = theme::tokens(ui);
    let has_past = facts.shards.len() > facts.open.len();
    let is_narrow = ui.available_width() < 900.0;
    if has_past {
        if !is_narrow {
            widgets::label(ui, "History", fonts::small(), t.weak);
        }
        let labels = Horizon::ALL.map(Horizon::label);
        let mut index = Horizon::ALL.iter().position(|one| *one == sight.horizon).unwrap_or(0);
        ui.add_enabled_ui(sight.with_past, |ui| {
            if widgets::segmented(ui, "History", &labels, &mut index) {
                sight.horizon = Horizon::ALL.get(index).copied().unwrap_or_default();
            }
        });
        let words = if is_narrow { "Past" } else { "Closed and expired" };
        let kind = if sight.with_past { widgets::ButtonKind::Default } else { widgets::ButtonKind::Ghost };
        let tooltip =
            if sight.with_past { "Hide shards that take no writes" } else { "Show shards that take no writes" };
        let toggle =
            Button::new(words).name("Closed and expired").icon(icons::EYE).kind(kind).height(26.0).tooltip(tooltip);
        if ui.add(toggle).clicked() {
            sight.with_past = !sight.with_past;
        }
    }
    let labels = ColourBy::ALL.map(ColourBy::label);
    let index = ColourBy::ALL.iter().position(|one| *one == sight.colour).unwrap_or(0);
    let current = if is_narrow { sight.colour.label().to_owned() } else { format!("Colour  {}", sight.colour.label()) };
    if let Some(picked) = widgets::dropdown(ui, "Colour", &current, &labels, index, 0.0) {
        sight.colour = ColourBy::ALL.get(picked).copied().unwrap_or_default();
    }
}

/// `24 open 1 closed 16 expired`, laid out from the right.
fn counts(ui: &mut Ui, facts: &Facts) {
    let t = theme::tokens(ui);
    let past = [(ShardState::Closed, "closed"), (ShardState::Expired, "expired")];
    let past = past.map(|(state, word)| (facts.count(state), word)).into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<(usize, &str)> = std::iter::once((facts.open.len(), "open")).chain(past).collect();
    let words: Vec<String> = parts.iter().map(|(n, what)| format!("{} {what}", format::grouped(*n as i64))).collect();
    let mut job = egui::text::LayoutJob::default();
    for (index, (count, what)) in parts.iter().enumerate() {
        let lead = if index > 0 { 8.0 } else { 0.0 };
        let format = |font, color| egui::TextFormat { valign: Align::Center, ..egui::TextFormat::simple(font, color) };
        job.append(&format::grouped(*count as i64), lead, format(fonts::value_strong(), t.strong));
        job.append(what, 6.0, format(fonts::body(), t.weak));
    }
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(2.0, 0.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words.join(" ")));
    ui.painter().galley(rect.min, galley, t.text);
}

/// What the colours mean and where the figures come from, as far as there is room.
fn source(ui: &mut Ui, area: Rect, world: &World, open: &OpenStream, facts: &Facts, colour: ColourBy) {
    let t = theme::tokens(ui);
    let (painter, dark_mode) = (ui.painter().with_clip_rect(area), ui.visuals().dark_mode);
    let mut x = area.left() + 4.0;
    // In as many words as there is room for.
    let mut swatch = |texts: [&str; 2], state: ShardState| {
        let fits = |text: &&&str| x + 23.0 + text_width(&painter, text, fonts::small()) < area.right() - 8.0;
        let Some(text) = texts.iter().find(fits) else { return };
        let rect = Rect::from_center_size(pos2(x + 8.0, area.center().y), vec2(16.0, 11.0));
        if state == ShardState::Open {
            painter.rect_filled(rect, 2, heat::color(0.5, dark_mode));
        } else {
            painter.rect_filled(rect, 2, t.inset);
            if state == ShardState::Expired {
                hatching(&painter, rect, 5.0, 1.2, t.stroke_strong);
            }
            painter.rect_stroke(rect, 2, Stroke::new(1.0, t.stroke_strong), StrokeKind::Inside);
        }
        let at = pos2(x + 23.0, area.center().y);
        x = painter.text(at, Align2::LEFT_CENTER, *text, fonts::small(), t.weak).right() + 16.0;
    };
    let has_past = facts.shards.len() > facts.open.len();
    swatch([if has_past { "open" } else { colour.legend() }, "open"], ShardState::Open);
    if facts.count(ShardState::Closed) > 0 {
        swatch(["closed, still readable", "closed"], ShardState::Closed);
    }
    if facts.count(ShardState::Expired) > 0 {
        swatch(["expired, from local history", "expired"], ShardState::Expired);
    }
    let text = match (facts.as_of, &open.metrics.problem) {
        (Some(at), _) => {
            let source = match open.metrics.get().map(|m| m.source) {
                Some(crate::model::metrics::Source::Sampled) => "measured",
                _ if world.generated_before.is_some_and(|before| at < before) => "generated demo figures",
                _ => "CloudWatch minute",
            };
            format!("{source} {} UTC", at.hm())
        }
        (None, Some(_)) => "load not known: metrics failed".to_owned(),
        (None, None) if open.metrics.is_loading() => "load is on its way".to_owned(),
        (None, None) => "no shard-level metrics".to_owned(),
    };
    if text_width(&painter, &text, fonts::small()) < area.right() - x {
        painter.text(pos2(x, area.center().y), Align2::LEFT_CENTER, text, fonts::small(), t.faint);
    }
}
