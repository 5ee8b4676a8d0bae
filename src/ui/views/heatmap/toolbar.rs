//! Metric, order, thresholds, age of the figures and refresh.

use eframe::egui::{Align, Layout, Popup, Rect, Stroke, Ui, UiBuilder, vec2};

use super::state::HeatmapState;
use crate::model::format;
use crate::model::heat_metric::{HeatMetric, HeatSort};
use crate::model::world::World;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, text};

/// Draws the strip into `area`.
pub fn show(ui: &mut Ui, area: Rect, world: &World, state: &mut HeatmapState, has_drawer: bool, out: &mut Commands) {
    let t = theme::tokens(ui);
    ui.painter().hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
    let inner = Rect::from_min_max(area.min + vec2(16.0, 0.0), area.max - vec2(12.0, 1.0));
    let builder = UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)).id_salt("left");
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let labels = HeatMetric::ALL.map(HeatMetric::label);
        let mut index = HeatMetric::ALL.iter().position(|metric| *metric == state.metric).unwrap_or(0);
        if widgets::segmented(ui, "Metric", &labels, &mut index) {
            state.metric = HeatMetric::ALL.get(index).copied().unwrap_or_default();
        }
        sort_menu(ui, &mut state.sort);
        if !has_drawer {
            thresholds(ui, state.metric);
        }
    });
    let builder = UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)).id_salt("right");
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let refresh = Button::new("").icon(icons::REFRESH).name("Refresh").tooltip("Fetch the newest minutes now");
        if ui.add(refresh).clicked() {
            out.push(Command::Refresh);
        }
        if has_drawer {
            let kind = if state.is_drawer_open { widgets::ButtonKind::On } else { widgets::ButtonKind::Default };
            if ui.add(Button::new("Verdict").kind(kind)).clicked() {
                state.is_drawer_open = !state.is_drawer_open;
            }
        }
        let answer = world.open.as_ref().map(|open| &open.metrics);
        let words = match answer {
            Some(answer) if answer.value.is_some() => {
                answer.age_at(world.now).map(|age| format!("{} old", format::duration(age)))
            }
            Some(answer) if answer.pending_since.is_some() => Some("loading".to_owned()),
            _ => None,
        };
        if let Some(words) = words {
            text::label(ui, words, fonts::small(), t.faint)
                .on_hover_text("When the figures were fetched. CloudWatch itself is 1 to 2 minutes late.");
        }
    });
}

fn sort_menu(ui: &mut Ui, sort: &mut HeatSort) {
    let t = theme::tokens(ui);
    let current = sort.label();
    let name = format!("Sort by {current}");
    let value_width = widgets::text_width(ui.painter(), current, fonts::body_medium());
    let sort_width = widgets::text_width(ui.painter(), "Sort", fonts::body());
    let width = (10.0 + 14.0 + 7.0 + sort_width + 6.0 + value_width + 7.0 + 13.0 + 10.0).round();
    let response = ui.add(Button::new("").name(&name).min_width(width));
    let rect = response.rect.shrink2(vec2(10.0, 0.0));
    let job = text::job(&[
        (icons::SORT, fonts::icon(14.0), t.weak),
        ("  Sort  ", fonts::body(), t.weak),
        (current, fonts::body_medium(), t.text),
    ]);
    text::paint_job(ui.painter(), rect, Align::Min, job);
    text::paint_elided(ui.painter(), rect, Align::Max, icons::CARET_DOWN, fonts::icon(13.0), t.weak);
    Popup::menu(&response).id(response.id.with("menu")).show(|ui| {
        ui.set_min_width(width);
        for option in HeatSort::ALL {
            if widgets::select::menu_item(ui, option.label(), option == *sort).clicked() {
                *sort = option;
                ui.close();
            }
        }
    });
}

/// The shares at which colours jump. Not a button: they are the limits of the service.
fn thresholds(ui: &mut Ui, metric: HeatMetric) {
    let t = theme::tokens(ui);
    let (warning, critical) = match metric {
        HeatMetric::Utilization | HeatMetric::BytesIn | HeatMetric::RecordsIn => ("80", "100 %"),
        HeatMetric::IteratorAge => ("26", "60 s"),
        HeatMetric::Throttles => return,
    };
    ui.add_space(6.0);
    let job = text::job(&[
        (icons::CAPACITY, fonts::icon(14.0), t.weak),
        ("  Thresholds ", fonts::body(), t.weak),
        (warning, fonts::value(), t.warn),
        (" / ", fonts::body(), t.faint),
        (critical, fonts::value(), t.crit),
    ]);
    ui.add(eframe::egui::Label::new(job).selectable(false));
}
