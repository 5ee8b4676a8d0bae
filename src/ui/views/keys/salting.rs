//! What if the selected key were salted: load per shard now and then, with the real MD5 of each salted key.

use eframe::egui::{
    Align, Align2, Color32, Id, Layout, Mesh, Painter, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use super::KeysState;
use super::prepared::{Ranked, Salted};
use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::limits::WARN_SHARE;
use crate::model::salt::ShardLoad;
use crate::model::utilisation::Utilisation;
use crate::ui::theme::{self, Tokens, fonts};
use crate::ui::widgets::{self, TextField, text, text_width};

/// Height of the picture.
pub const HEIGHT: f32 = 258.0;
const HEAD: f32 = 46.0;
const FOOT: f32 = 42.0;
const LABELS: f32 = 18.0;
/// Numbers of salts that can be chosen.
const CHOICES: [u32; 5] = [1, 2, 4, 8, 16];
/// Narrowest bar; where there are more shards, only those that change are drawn.
const LEAST_BAR: f32 = 13.0;

/// Draws the simulation.
pub fn show(ui: &mut Ui, ranked: &Ranked, state: &mut KeysState) {
    let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    head(ui, area.with_max_y(area.top() + HEAD), state);
    let body = Rect::from_min_max(area.min + vec2(16.0, HEAD), area.max - vec2(16.0, 0.0));
    let Some(salted) = &state.salted else {
        let t = theme::tokens(ui);
        let words = if ranked.loads.is_empty() {
            "The shards are not listed yet."
        } else {
            "The load of this key is not known."
        };
        ui.painter().text(body.center(), Align2::CENTER_CENTER, words, fonts::body(), t.weak);
        return;
    };
    let plot = Rect::from_min_max(body.min, pos2(body.right(), body.bottom() - FOOT - LABELS));
    bars(ui, plot, salted);
    lands(ui, Rect::from_min_max(pos2(body.left(), body.bottom() - FOOT), body.max), salted);
}

fn head(ui: &mut Ui, area: Rect, state: &mut KeysState) {
    let t = theme::tokens(ui);
    let key = state.selected.as_ref().map_or(String::new(), |key| format::one_line(key.as_str(), 32));
    let inner = Rect::from_min_max(area.min + vec2(16.0, 0.0), area.max - vec2(16.0, 0.0));
    let builder = UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)).id_salt("salt choices");
    let left = ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let labels = CHOICES.map(|salts| salts.to_string());
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let mut index = CHOICES.iter().position(|salts| *salts == state.salts).unwrap_or(2);
        if widgets::segmented(ui, "Number of salts", &labels, &mut index) {
            state.salts = CHOICES.get(index).copied().unwrap_or(4);
        }
        ui.add_space(4.0);
        TextField::new(Id::unique("salt suffix"), "Suffix", &mut state.suffix).mono().toolbar().width(64.0).show(ui);
        text::label(ui, "suffix", fonts::small(), t.weak);
        ui.min_rect().left()
    });
    let painter = ui.painter();
    let middle = area.center().y;
    let title = format!("What if {key} were salted");
    let words = "load per shard in hash order, real MD5 of each salted key";
    let room = Rect::from_min_max(pos2(inner.left(), area.top()), pos2(left.inner - 12.0, area.bottom()));
    let shown = widgets::paint_elided(painter, room, Align::Min, &title, fonts::small_strong(), t.strong);
    if shown.right() + 10.0 + text_width(painter, words, fonts::fine()) < room.right() {
        painter.text(pos2(shown.right() + 10.0, middle), Align2::LEFT_CENTER, words, fonts::fine(), t.weak);
    }
}

/// One bar a shard; where there is no room for all, those that change.
fn shown(salted: &Salted, width: f32) -> (Vec<&ShardLoad>, bool) {
    let all = &salted.plan.loads;
    if all.len() as f32 * LEAST_BAR <= width {
        return (all.iter().collect(), true);
    }
    let most = (width / LEAST_BAR) as usize;
    (all.iter().filter(|load| load.is_changed || load.shard == salted.hot.shard).take(most).collect(), false)
}

fn bars(ui: &Ui, plot: Rect, salted: &Salted) {
    let t = theme::tokens(ui);
    let painter = ui.painter();
    let response = ui.interact(plot, ui.scope_id().with("salting"), Sense::hover());
    let name = accessible(salted);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    painter.rect_filled(plot, 0, t.inset);
    let top = (salted.top * 1.06).max(1.06);
    let y = |share: f64| plot.bottom() - (share / top).clamp(0.0, 1.0) as f32 * plot.height();
    painter.hline(plot.x_range(), y(1.0), Stroke::new(1.2, t.crit));
    let dashes = Shape::dashed_line(
        &[pos2(plot.left(), y(WARN_SHARE)), pos2(plot.right(), y(WARN_SHARE))],
        Stroke::new(1.0, t.warn),
        3.0,
        3.0,
    );
    painter.extend(dashes);
    painter.text(pos2(plot.right() - 4.0, y(WARN_SHARE) - 2.0), Align2::RIGHT_BOTTOM, "80 %", fonts::axis(), t.warn);
    let (loads, is_all) = shown(salted, plot.width());
    let pitch = plot.width() / loads.len().max(1) as f32;
    let width = (pitch * 0.75).min(34.0);
    // Two digits tell a few shards apart, and no more than that.
    let is_short = salted.plan.loads.len() <= 64;
    for (at, load) in loads.iter().enumerate() {
        let center = plot.left() + (at as f32 + 0.5) * pitch;
        let bar = |share: f64| {
            Rect::from_min_max(pos2(center - width / 2.0, y(share)), pos2(center + width / 2.0, plot.bottom()))
        };
        one_bar(painter, t, load, y(1.0), bar);
        let digits = load.shard.tail_digits();
        let digits = if is_short { digits.get(digits.len().saturating_sub(2)..).unwrap_or(digits) } else { digits };
        if text_width(painter, digits, fonts::value()) < pitch - 1.0 {
            let (font, color) =
                if load.is_changed { (fonts::value_strong(), t.strong) } else { (fonts::value(), t.weak) };
            painter.text(pos2(center, plot.bottom() + 3.0), Align2::CENTER_TOP, digits, font, color);
        }
    }
    if !is_all {
        let words = format!(
            "only the {} that change, of {}",
            format::counted(loads.len(), "shard"),
            format::grouped(salted.plan.loads.len() as i64)
        );
        painter.text(plot.left_top() + vec2(6.0, 16.0), Align2::LEFT_TOP, words, fonts::fine(), t.weak);
    }
}

/// `limit` is where the line of the limit stands.
fn one_bar(painter: &Painter, t: &Tokens, load: &ShardLoad, limit: f32, bar: impl Fn(f64) -> Rect) {
    let (before, after) = (load.before.map(Utilisation::value), load.after.map(Utilisation::value));
    match (before, after) {
        (None, None) => {
            widgets::hatching(painter, bar(0.12), 5.0, 1.0, t.stroke_strong);
        }
        (_, Some(after)) if load.is_changed => {
            let fell = before.is_some_and(|before| before > after);
            let rect = bar(after);
            painter.rect_filled(rect, 0, t.s1);
            if let Some(before) = before {
                let edge = if fell { t.crit } else { t.weak };
                dashed(painter, bar(before), edge);
                if fell && bar(before).height() > rect.height() + 30.0 {
                    label(painter, bar(before).center_top() + vec2(0.0, 15.0), &format::percent(before), t.crit);
                }
            }
            // Near the top there is no room above the bar.
            let is_high = rect.top() - 17.0 < limit;
            let (at, ink) = if is_high { (15.0, t.inset) } else { (-1.0, t.strong) };
            label(painter, rect.center_top() + vec2(0.0, at), &format::percent(after), ink);
        }
        (Some(before), _) => {
            let rect = bar(before);
            painter.rect_filled(rect, 0, t.s5.gamma_multiply(0.38));
            dashed(painter, rect, t.s5.gamma_multiply(0.7));
        }
        (None, Some(after)) => {
            painter.rect_filled(bar(after), 0, t.s1);
        }
    }
}

fn label(painter: &Painter, at: eframe::egui::Pos2, words: &str, color: Color32) {
    painter.text(at, Align2::CENTER_BOTTOM, words, fonts::value_strong(), color);
}

/// An outline of small dashes without its lower edge.
fn dashed(painter: &Painter, rect: Rect, color: Color32) {
    let path = [rect.left_bottom(), rect.left_top(), rect.right_top(), rect.right_bottom()];
    painter.extend(Shape::dashed_line(&path, Stroke::new(1.0, color), 2.0, 2.0));
}

/// Where each salt lands, and the legend.
fn lands(ui: &Ui, area: Rect, salted: &Salted) {
    let t = theme::tokens(ui);
    let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
    let middle = area.center().y;
    let legend = legend(&painter, t, area);
    let mut x =
        painter.text(pos2(area.left(), middle), Align2::LEFT_CENTER, "Lands on", fonts::small(), t.weak).right() + 8.0;
    let landings = &salted.plan.landings;
    for (at, landing) in landings.iter().enumerate() {
        let shard = landing.shard.as_ref().map_or("no shard".to_owned(), ShardId::short);
        let words =
            if landings.len() == 1 { shard } else { format!("{} → {shard}", suffix_of(salted, landing.salt)) };
        let width = text_width(&painter, &words, fonts::value()) + 14.0;
        if x + width + 40.0 > legend {
            let more = format!("+{}", landings.len() - at);
            painter.text(pos2(x, middle), Align2::LEFT_CENTER, more, fonts::small(), t.weak);
            return;
        }
        let chip = Rect::from_min_size(pos2(x, middle - 10.0), vec2(width, 20.0));
        painter.rect(chip, 4, t.raised, Stroke::new(1.0, t.stroke), StrokeKind::Inside);
        painter.text(chip.center(), Align2::CENTER_CENTER, words, fonts::value(), t.text);
        x = chip.right() + 6.0;
    }
    if let Some(note) = shared_note(salted)
        && x + 6.0 + text_width(&painter, &note, fonts::small()) + 16.0 < legend
    {
        painter.text(pos2(x + 6.0, middle), Align2::LEFT_CENTER, note, fonts::small(), t.weak);
    }
}

/// `#0`, or only the number where the suffix is long.
fn suffix_of(salted: &Salted, salt: u32) -> String {
    let text = crate::model::salt::salted("", &salted.plan.suffix, salt);
    if text.chars().count() <= 8 { format::one_line(&text, 8) } else { salt.to_string() }
}

/// `#0 and #3 share …0031.`
fn shared_note(salted: &Salted) -> Option<String> {
    let shared = salted.plan.shared();
    let (shard, salts) = shared.first()?;
    let names: Vec<String> = salts.iter().take(4).map(|salt| suffix_of(salted, *salt)).collect();
    let (last, first) = names.split_last()?;
    let more = if shared.len() > 1 { format!(" {} more are shared.", shared.len() - 1) } else { String::new() };
    Some(format!("{} and {last} share {}.{more}", first.join(", "), shard.short()))
}

/// Draws the legend at the right; gives back its left edge.
fn legend(painter: &Painter, t: &Tokens, area: Rect) -> f32 {
    let middle = area.center().y;
    let mut right = area.right();
    for (words, is_changed) in [("changed", true), ("now", false)] {
        let text = painter.text(pos2(right, middle), Align2::RIGHT_CENTER, words, fonts::small(), t.weak);
        let swatch = Rect::from_center_size(pos2(text.left() - 11.0, middle), vec2(9.0, 9.0));
        if is_changed {
            painter.rect_filled(swatch, 0, t.s1);
        } else {
            let mut mesh = Mesh::default();
            mesh.add_colored_rect(swatch, t.s5.gamma_multiply(0.38));
            painter.add(Shape::mesh(mesh));
            dashed(painter, swatch, t.s5);
        }
        right = swatch.left() - 14.0;
    }
    right
}

fn accessible(salted: &Salted) -> String {
    let plan = &salted.plan;
    let mut words = format!("Load per shard with {} salts", plan.salts);
    for load in plan.loads.iter().filter(|load| load.is_changed).take(32) {
        let share = |load: Option<Utilisation>| load.map_or("unknown".to_owned(), |load| format::percent(load.value()));
        words.push_str(&format!(", {} {} to {}", load.shard.short(), share(load.before), share(load.after)));
    }
    words
}
