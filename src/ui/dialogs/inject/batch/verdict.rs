//! What the file does to the shards that it loads most, as one sentence, and what is done about those it would fill.

use eframe::egui::text::TextWrapping;
use eframe::egui::{Color32, Role, Sense, Ui, WidgetInfo, vec2};

use super::BatchForm;
use crate::model::batch::Pace;
use crate::model::batch::load::{OverChoice, ShardLoad};
use crate::model::format;
use crate::model::health::Severity;
use crate::model::limits::WARN_SHARE;
use crate::model::sentence::{Sentence, Span};
use crate::model::time::Millis;
use crate::ui::theme;
use crate::ui::widgets::select::dropdown;
use crate::ui::widgets::text::sentence_job;
use crate::ui::widgets::{self, segmented, status_glyph};

/// Shards that are named beside the hottest one.
const NAMED: usize = 2;
/// Width in points below which a choice of three folds into a menu.
const NARROW: f32 = 370.0;

/// Draws both.
pub(super) fn show(ui: &mut Ui, form: &mut BatchForm) {
    let Some((severity, words)) = verdict(form) else { return };
    let t = theme::tokens(ui);
    let mut job = sentence_job(t, &words, 12.0);
    job.wrap = TextWrapping { max_width: ui.available_width() - 20.0, ..TextWrapping::default() };
    let galley = ui.painter().layout_job(job);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), galley.size().y.max(18.0)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, words.to_text()));
    status_glyph(ui.painter(), t, rect.left_top() + vec2(6.0, 8.0), severity);
    ui.painter().galley(rect.left_top() + vec2(20.0, 0.0), galley, Color32::PLACEHOLDER);
    if form.may_spare() && form.loads.0.iter().any(ShardLoad::is_over) {
        choice(ui, form);
    }
}

/// What is done with the records for shards that would be filled.
fn choice(ui: &mut Ui, form: &mut BatchForm) {
    let is_narrow = ui.available_width() < NARROW;
    let current = form.over();
    ui.horizontal(|ui| {
        widgets::label(ui, "Shards over 80 %", theme::fonts::small_medium(), theme::tokens(ui).weak);
        let labels = OverChoice::ALL.map(OverChoice::label);
        let before = OverChoice::ALL.iter().position(|one| *one == current).unwrap_or_default();
        let mut at = before;
        if is_narrow {
            at = dropdown(ui, "Records for shards over 80 %", current.label(), &labels, at, 0.0).unwrap_or(at);
        } else {
            segmented(ui, "Records for shards over 80 %", &labels, &mut at);
        }
        if at != before {
            form.over = OverChoice::ALL.get(at).copied();
        }
    });
}

/// `…0007 would reach 113 %, …0019 94 %: 16,221 records go last, about 12 m in all.`
fn verdict(form: &BatchForm) -> Option<(Severity, Sentence)> {
    let (loads, takes) = &form.loads;
    let mut hit: Vec<&ShardLoad> = loads.iter().filter(|load| load.share.records > 0).collect();
    hit.sort_by(|a, b| b.with().total_cmp(&a.with()));
    let hottest = *hit.first()?;
    let records = |count: u64| format::counted(count as usize, "record");
    // Kept in one piece where the sentence wraps.
    let time = |seconds: f64| format::duration(Millis((seconds * 1_000.0) as i64)).replace(' ', "\u{a0}");
    if form.pace() == Pace::Full && form.over() == OverChoice::Anyway {
        let words = Sentence::new().plain(format!("At its fastest about {}: ", time(*takes)));
        let words = words.span(Span::Code(hottest.id.short()));
        let words = words.plain(format!(" takes {} and sets the pace.", records(hottest.share.records)));
        return Some((Severity::Ok, words));
    }
    let over: Vec<&ShardLoad> = hit.iter().copied().filter(|load| load.is_over()).collect();
    if over.is_empty() {
        let words = Sentence::new().plain(format!("About {}; ", time(*takes)));
        let words = words.span(Span::Code(hottest.id.short())).plain(" reaches ").span(figure(hottest.with()));
        return Some((Severity::Ok, words.plain(format!(" with {}.", records(hottest.share.records)))));
    }
    let mut words = Sentence::new().span(Span::Code(hottest.id.short())).plain(" would reach ");
    words = words.span(figure(hottest.with()));
    for load in over.iter().skip(1).take(NAMED) {
        words = words.plain(", ").span(Span::Code(load.id.short())).plain(" ").span(figure(load.with()));
    }
    let more = over.len().saturating_sub(1 + NAMED);
    if more > 0 {
        words = words.plain(format!(", {more} more over 80 %"));
    }
    let theirs = records(over.iter().map(|load| load.share.records).sum());
    let all = time(form.over().takes(loads, *takes));
    let words = words.plain(match form.over() {
        OverChoice::Anyway => format!(" with {} of this file in {all}.", records(hottest.share.records)),
        OverChoice::Last => format!(": {theirs} go last, about {all} in all."),
        OverChoice::Skip => format!(": {theirs} are left out, about {all} in all."),
    });
    let severity = if hottest.with() > 1.0 { Severity::Critical } else { Severity::Warning };
    Some((severity, words))
}

/// A share in percent, in the colour of what it means.
fn figure(share: f64) -> Span {
    let percent = format::percent(share).replace('%', "\u{a0}%");
    match share {
        share if share > 1.0 => Span::Crit(percent),
        share if share >= WARN_SHARE => Span::Warn(percent),
        _ => Span::Strong(percent),
    }
}
