//! The button that names the thresholds, and the popover that changes them.

use eframe::egui::{Align, Align2, Frame, Id, Popup, PopupCloseBehavior, Role, Sense, Ui, WidgetInfo, vec2};

use crate::model::heat_metric::HeatMetric;
use crate::model::heat_thresholds::HeatThresholds;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, TextField, text};

/// What is being typed.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    warn: String,
    critical: String,
    is_open: bool,
}

impl Draft {
    fn fill(&mut self, thresholds: HeatThresholds) {
        self.warn = thresholds.warn_percent.to_string();
        self.critical = thresholds.critical_percent.to_string();
    }

    /// What was typed, where both are whole numbers in order and in their ranges.
    fn read(&self) -> Option<HeatThresholds> {
        let number = |text: &str| text.trim().trim_end_matches('%').trim_end().parse::<u32>().ok();
        let typed = HeatThresholds { warn_percent: number(&self.warn)?, critical_percent: number(&self.critical)? };
        (typed == typed.clamped()).then_some(typed)
    }
}

/// Draws the button. `is_short` leaves its first word out.
pub fn button(
    ui: &mut Ui,
    draft: &mut Draft,
    metric: HeatMetric,
    thresholds: HeatThresholds,
    is_short: bool,
    out: &mut Commands,
) {
    let t = theme::tokens(ui);
    let (warn, critical) = (metric.scale_label(thresholds.warn()), metric.scale_label(thresholds.critical()));
    let critical = format!("{critical} {}", metric.scale_unit());
    let name = format!("Thresholds {warn} / {critical}");
    let job = text::job(&[
        (icons::CAPACITY, fonts::icon(14.0), t.weak),
        (if is_short { "  " } else { "  Thresholds " }, fonts::body(), t.weak),
        (&warn, fonts::value(), t.warn),
        (" / ", fonts::body(), t.faint),
        (&critical, fonts::value(), t.crit),
    ]);
    let width = ui.painter().layout_job(job.clone()).size().x + 20.0;
    let enabled =
        if metric.has_thresholds() { Ok(()) } else { Err("One refused write is one too many: no threshold.") };
    let response = ui.add(Button::new("").name(&name).min_width(width.round()).enabled(enabled));
    if metric.has_thresholds() {
        text::paint_job(ui.painter(), response.rect.shrink2(vec2(10.0, 0.0)), Align::Min, job);
    } else {
        let words = if is_short { "–" } else { "Thresholds –" };
        text::paint_elided(
            ui.painter(),
            response.rect.shrink2(vec2(10.0, 0.0)),
            Align::Min,
            words,
            fonts::body(),
            t.faint,
        );
    }
    let popup = Popup::from_toggle_button_response(&response)
        .id(response.id.with("popover"))
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let shown = popup.show(|ui| {
        Frame::new().inner_margin(8).show(ui, |ui| popover(ui, draft, metric, thresholds, out));
    });
    draft.is_open = shown.is_some();
}

fn popover(ui: &mut Ui, draft: &mut Draft, metric: HeatMetric, thresholds: HeatThresholds, out: &mut Commands) {
    let t = theme::tokens(ui);
    if !draft.is_open {
        draft.fill(thresholds);
    }
    ui.set_width(236.0);
    ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
    text::label(ui, "Thresholds", fonts::small_strong(), t.strong);
    text::paragraph(
        ui,
        "Shares of the limit at which cells, lines and flags change. Verdicts keep to 80 and 100 %.",
        fonts::fine(),
        t.weak,
    );
    let typed = draft.read();
    let is_off = typed.is_none();
    let mut changed = false;
    let fields = [("Warning at", t.warn, &mut draft.warn), ("Critical at", t.crit, &mut draft.critical)];
    for (name, color, text_of) in fields {
        ui.horizontal(|ui| {
            let (rect, response) = ui.allocate_exact_size(vec2(96.0, 26.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
            ui.painter().rect_filled(
                eframe::egui::Rect::from_center_size(rect.left_center() + vec2(5.0, 0.0), vec2(9.0, 9.0)),
                1,
                color,
            );
            let left = rect.left_center() + vec2(16.0, 0.0);
            ui.painter().text(left, Align2::LEFT_CENTER, name, fonts::small(), t.text);
            let field = TextField::new(Id::unique(("heat threshold", name)), name, text_of);
            changed |= field.trailing("%").mono().invalid(is_off).toolbar().width(86.0).show(ui).changed();
        });
    }
    if is_off {
        text::paragraph(ui, "Whole numbers, the warning below critical, up to 200 %.", fonts::fine(), t.crit);
    } else if metric == HeatMetric::IteratorAge {
        let of = |share: f64| metric.scale_label(share);
        let words = format!("Here: {} s and {} s, on a log scale.", of(thresholds.warn()), of(thresholds.critical()));
        text::paragraph(ui, words, fonts::fine(), t.weak);
    }
    let is_usual = thresholds == HeatThresholds::default();
    let enabled = if is_usual && !is_off { Err("These are the usual ones.") } else { Ok(()) };
    if ui.add(Button::new("Reset").name("Reset thresholds").small().enabled(enabled)).clicked() {
        draft.fill(HeatThresholds::default());
        out.push(Command::SetThresholds(HeatThresholds::default()));
    } else if let Some(typed) = draft.read().filter(|typed| changed && *typed != thresholds) {
        out.push(Command::SetThresholds(typed));
    }
    ui.add_space(2.0);
    widgets::hairline(ui);
    text::paragraph(ui, "Kept in the settings.", fonts::fine(), t.faint);
}
