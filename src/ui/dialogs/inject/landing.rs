//! Where the record lands: the shard, its place among all open shards, its load.

use eframe::egui::{
    Align, Align2, FontId, Layout, Popup, Rangef, Role, ScrollArea, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::draft::Draft;
use crate::model::format;
use crate::model::hash_range::HashKey;
use crate::model::limits::{CRITICAL_SHARE, WARN_SHARE};
use crate::model::solve::{Solution, solve};
use crate::model::world::World;
use crate::ui::theme::{self, fonts, icons};
use crate::ui::views::shards::key_space::{paint_axis, paint_heat, paint_outline, rect_of, span_of, x_of};
use crate::ui::views::shards::{Facts, FactsCache, ShardFacts};
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::{self, Button, TagStyle, paint_tag, tag_size};

/// Draws the right half of the dialog.
pub fn show(ui: &mut Ui, world: &World, cache: &mut FactsCache, draft: &mut Draft) {
    let t = theme::tokens(ui);
    let key = draft.hash_key();
    let facts = world.open.as_ref().and_then(|open| cache.get(open));
    let shard = facts.as_ref().zip(key).and_then(|(facts, key)| facts.open().find(|shard| shard.range.contains(key)));
    heading(ui, facts.as_deref(), draft);
    ui.add_space(2.0);
    name(ui, shard, key, facts.as_deref());
    ui.add_space(6.0);
    if let Some(facts) = &facts {
        band(ui, facts, shard, key);
    }
    ui.add_space(4.0);
    let is_explicit = !draft.explicit.trim().is_empty();
    if !draft.partition_key.is_empty() {
        let md5 = HashKey::of_partition_key(&draft.partition_key).hex();
        pair(ui, "MD5 of key", &md5, if is_explicit { t.faint } else { t.strong });
    }
    if is_explicit && let Some(key) = key {
        pair(ui, "Explicit key", &key.hex(), t.strong);
    }
    if let Some(shard) = shard {
        pair(ui, "Shard range", &shard.range.to_string(), t.strong);
        if let Some(rate) = shard.bytes_per_sec {
            pair(ui, "Bytes in now", &format!("{} MiB/s of 1 MiB/s", format::mib_per_sec(rate)), t.strong);
        }
    }
}

/// The heading, and a menu of shards: one that is picked gets a key that lands on it.
fn heading(ui: &mut Ui, facts: Option<&Facts>, draft: &mut Draft) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, "Lands on", fonts::small_medium(), t.weak);
    let Some(facts) = facts else { return };
    let right = rect.with_min_x(rect.right() - 150.0);
    super::within(ui, "solve", right, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let button = ui.add(Button::ghost("Solve for shard").small().trailing_icon(icons::CARET_DOWN));
            Popup::menu(&button).id(button.id.with("menu")).show(|ui| {
                ui.set_width(230.0);
                ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
                    for shard in facts.open() {
                        let load = shard.now.map_or("load unknown".to_owned(), format::percent);
                        let label = format!("{}  {load}", format::one_line(shard.id.as_str(), 40));
                        if menu_item(ui, &label, false).clicked() {
                            land_on(draft, shard);
                            ui.close();
                        }
                    }
                });
            });
        });
    });
}

fn land_on(draft: &mut Draft, shard: &ShardFacts) {
    let key = draft.partition_key.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-');
    match solve(shard.range, key) {
        Solution::Key(key) => {
            draft.partition_key = key;
            draft.explicit.clear();
        }
        Solution::HashKey(hash) => draft.explicit = hash.to_string(),
    }
}

fn name(ui: &mut Ui, shard: Option<&ShardFacts>, key: Option<HashKey>, facts: Option<&Facts>) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let text = match (shard, key, facts) {
        (Some(shard), ..) => format::one_line(shard.id.as_str(), 64),
        (None, None, _) => "Type a partition key".to_owned(),
        (None, Some(_), Some(_)) => "No open shard owns this hash key".to_owned(),
        (None, Some(_), None) => "The shards are not listed yet".to_owned(),
    };
    let tag = shard.and_then(|shard| shard.now).map(|share| {
        let style = match share {
            share if share >= CRITICAL_SHARE => TagStyle::Crit,
            share if share >= WARN_SHARE => TagStyle::Warn,
            _ => TagStyle::Ok,
        };
        (format!("{} of limit", format::percent(share).replace('%', " %")), style)
    });
    response.widget_info(|| {
        let load = tag.as_ref().map_or(String::new(), |(text, _)| format!(" {text}"));
        WidgetInfo::labeled(Role::Label, true, format!("Lands on {text}{load}"))
    });
    let mut right = rect.right();
    if let Some((text, style)) = &tag {
        right -= tag_size(ui.painter(), text).x;
        paint_tag(ui.painter(), t, pos2(right, rect.center().y), text, *style);
    }
    let (font, color) = match shard {
        Some(_) => (FontId::new(14.0, fonts::value().family), t.strong),
        None => (fonts::body(), t.weak),
    };
    widgets::paint_elided(ui.painter(), rect.with_max_x(right - 8.0), Align::Min, &text, font, color);
}

/// All open shards by their range, coloured by load; a marker at the hash key.
fn band(ui: &mut Ui, facts: &Facts, shard: Option<&ShardFacts>, key: Option<HashKey>) {
    let t = theme::tokens(ui);
    let dark_mode = ui.visuals().dark_mode;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 50.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "All open shards by hash range, coloured by load"));
    let painter = ui.painter_at(rect.expand(8.0));
    let area = Rangef::new(rect.left(), rect.right());
    let (top, bottom) = (rect.top() + 15.0, rect.top() + 31.0);
    for other in facts.open() {
        let span = span_of(other.range, area);
        let span = Rangef::new(span.min, (span.max + 1.0).min(area.max));
        paint_heat(&painter, rect_of(span, top, bottom), other.now, 0, dark_mode);
    }
    if let Some(shard) = shard {
        let span = span_of(shard.range, area);
        paint_outline(
            &painter,
            rect_of(Rangef::new(span.min, span.max.max(span.min + 5.0)), top, bottom).expand(1.0),
            1.5,
            t.strong,
        );
    }
    if let Some(key) = key {
        let x = x_of(key, area).clamp(area.min + 4.0, area.max - 4.0);
        let at = |dx: f32, y: f32| pos2(x + dx, y);
        let tip = vec![at(-4.5, top - 9.0), at(4.5, top - 9.0), at(0.0, top - 2.0)];
        painter.add(Shape::convex_polygon(tip, t.accent, Stroke::NONE));
        painter.vline(x, top - 2.0..=bottom + 3.0, Stroke::new(1.25, t.accent));
        let text = format!("{:04x}…", (key.0 >> 112) as u16);
        let width = widgets::text_width(&painter, &text, fonts::value());
        let left = if x + 8.0 + width > area.max { x - 8.0 - width } else { x + 8.0 };
        painter.text(pos2(left, top - 7.0), Align2::LEFT_CENTER, text, fonts::value(), t.accent);
    }
    paint_axis(&painter, t, area, bottom, 2);
}

fn pair(ui: &mut Ui, name: &str, value: &str, color: eframe::egui::Color32) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name} {value}")));
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, name, fonts::small(), t.weak);
    widgets::paint_elided(ui.painter(), rect.with_min_x(rect.left() + 86.0), Align::Min, value, fonts::dense(), color);
}
