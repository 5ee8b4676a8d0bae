//! Settings of one value each: thresholds, refresh and reads, buffers, time and theme.

use eframe::egui::{Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::form::{CONTROL, inside, row, words};
use super::{Scene, now_was};
use crate::model::heat_thresholds::HeatThresholds;
use crate::model::limits::SHARD_READ_CALLS_PER_SEC;
use crate::model::settings::{REFRESH_SECONDS, TAIL_BUFFERS_MIB, ThemeChoice, ZOOMS_PERCENT, buffer_label};
use crate::ui::theme::{self, Tokens, fonts, heat, tokens};
use crate::ui::widgets::{self, Button, TextField, dropdown, segments};

/// What is being typed.
#[derive(Debug, Default)]
pub(super) struct Draft {
    thresholds: Option<[String; 2]>,
}

impl Draft {
    /// The settings have changed elsewhere.
    pub(super) fn forget(&mut self) {
        self.thresholds = None;
    }
}

/// Where the heatmap's colours jump.
pub(super) fn thresholds(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let current = scene.world.settings.heat_thresholds;
    let shown = |one: HeatThresholds| [one.warn_percent.to_string(), one.critical_percent.to_string()];
    let mut texts = scene.state.draft.thresholds.take().unwrap_or_else(|| shown(current));
    let typed = read(&texts);
    let is_usual = typed == Some(HeatThresholds::default());
    let may_reset = if is_usual { Err("These are the usual ones.") } else { Ok(()) };
    let (mut is_changed, mut is_reset) = (false, false);
    for (at, (name, color)) in [("Warning at", t.warn), ("Critical at", t.crit)].into_iter().enumerate() {
        let Some(text) = texts.get_mut(at) else { continue };
        row(ui, name, "of a shard's limit", |ui| {
            let (mark, _) = ui.allocate_exact_size(vec2(9.0, 9.0), Sense::hover());
            ui.painter().rect_filled(mark, 1, color);
            let field = TextField::new(Id::unique(("threshold", name)), name, text);
            is_changed |= field.trailing("%").mono().toolbar().width(86.0).invalid(typed.is_none()).show(ui).changed();
            if at == 1 {
                let reset = Button::new("Reset").name("Reset thresholds").enabled(may_reset);
                is_reset = ui.add(reset).clicked();
            }
        });
    }
    if is_reset {
        texts = shown(HeatThresholds::default());
        is_changed = true;
    }
    if typed.is_none() {
        inside(ui, |ui| {
            let words = "Whole numbers, the warning below critical, up to 200 %.";
            widgets::text::paragraph(ui, words, fonts::small(), t.crit);
        });
    }
    words(ui, "Verdicts keep to 80 and 100 %, whatever is chosen: the limits are those of the service.");
    if let Some(new) = read(&texts).filter(|new| is_changed && *new != current) {
        let say = |one: HeatThresholds| format!("{} / {} %", one.warn_percent, one.critical_percent);
        let said = now_was("Thresholds", &say(new), &say(current));
        scene.change(said, |settings| settings.heat_thresholds = new);
    }
    // Kept as typed only while it says something else than the settings.
    scene.state.draft.thresholds = (read(&texts) != Some(current)).then_some(texts);
}

/// What was typed, where both are whole numbers in order and in their ranges.
fn read(texts: &[String; 2]) -> Option<HeatThresholds> {
    let [warn, critical] = texts.each_ref().map(|text| text.trim().parse::<u32>().ok());
    let typed = HeatThresholds { warn_percent: warn?, critical_percent: critical? };
    (typed == typed.clamped()).then_some(typed)
}

/// How often is asked.
pub(super) fn reading(ui: &mut Ui, scene: &mut Scene<'_>) {
    let every = |seconds: u32| match seconds {
        120.. if seconds.is_multiple_of(60) => format!("every {} min", seconds / 60),
        _ => format!("every {seconds} s"),
    };
    let current = scene.world.settings.refresh_seconds;
    let labels = REFRESH_SECONDS.map(every);
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let at = REFRESH_SECONDS.iter().position(|seconds| *seconds == current).unwrap_or(usize::MAX);
    let picked = row(ui, "Fleet and heatmap", "CloudWatch has a figure a minute", |ui| {
        dropdown(ui, "Refresh fleet and heatmap", &every(current), &labels, at, 110.0)
    });
    if let Some(seconds) = picked.and_then(|at| REFRESH_SECONDS.get(at)).copied() {
        let said = now_was("Refresh of fleet and heatmap", &every(seconds), &every(current));
        scene.change(said, |settings| settings.refresh_seconds = seconds);
    }
    let current = scene.world.settings.read_budget;
    let labels: Vec<String> = (1..=SHARD_READ_CALLS_PER_SEC).map(|reads| reads.to_string()).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let note = match SHARD_READ_CALLS_PER_SEC.saturating_sub(current) {
        0 => "leaves none for consumers".to_owned(),
        left => format!("leaves {left} of {SHARD_READ_CALLS_PER_SEC} for consumers"),
    };
    let clicked = row(ui, "Reads/s of a shard", &note, |ui| {
        segments(ui, "Reads a second of each shard", &labels, Some(current.saturating_sub(1) as usize), 26.0).clicked
    });
    if let Some(reads) = clicked.map(|at| at as u32 + 1) {
        let said = now_was("Reads a second of each shard", &reads.to_string(), &current.to_string());
        scene.change(said, |settings| settings.read_budget = reads);
    }
    words(ui, "Tail and samples keep to it. At the tip one read a second is enough, and enhanced fan-out needs none.");
}

/// How much is kept.
pub(super) fn buffers(ui: &mut Ui, scene: &mut Scene<'_>) {
    let current = scene.world.settings.tail_buffer_mib;
    let labels = TAIL_BUFFERS_MIB.map(buffer_label);
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let at = TAIL_BUFFERS_MIB.iter().position(|mib| *mib == current);
    let clicked = row(ui, "Records of a tail", "", |ui| segments(ui, "Buffer of a tail", &labels, at, 26.0).clicked);
    if let Some(mib) = clicked.and_then(|at| TAIL_BUFFERS_MIB.get(at)).copied() {
        let said = now_was("Buffer of a tail", &buffer_label(mib), &buffer_label(current));
        scene.change(said, |settings| settings.tail_buffer_mib = mib);
    }
    words(ui, "In memory, a million records at most. The oldest leave first, and are counted.");
}

/// How it looks.
pub(super) fn look(ui: &mut Ui, scene: &mut Scene<'_>) {
    const THEMES: [(ThemeChoice, &str); 2] = [(ThemeChoice::Dark, "Dark"), (ThemeChoice::Light, "Light")];
    let current = scene.world.settings.theme;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 76.0), Sense::hover());
    let mut picked = None;
    for (at, (choice, label)) in THEMES.into_iter().enumerate() {
        let place = pos2(rect.left() + CONTROL + at as f32 * 116.0, rect.top() + 2.0);
        let area = Rect::from_min_size(place, vec2(104.0, 68.0));
        let response = ui.interact(area, ui.scope_id().with(("theme", at)), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, choice == current, label));
        thumbnail(ui, area, choice, label, choice == current);
        if response.has_focus() {
            widgets::focus_ring(ui, area.with_max_y(area.top() + 52.0), 4);
        }
        if response.clicked() {
            picked = Some((choice, label));
        }
    }
    if let Some((choice, label)) = picked {
        scene.change(format!("The theme is {} now", label.to_lowercase()), |settings| settings.theme = choice);
    }
    times(ui, scene);
    let percent = (scene.world.settings.zoom * 100.0).round() as u32;
    let labels = ZOOMS_PERCENT.map(|percent| format!("{percent} %"));
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let at = ZOOMS_PERCENT.iter().position(|one| *one == percent);
    let note = if at.is_none() { format!("now {percent} %") } else { String::new() };
    let clicked = row(ui, "Text size", &note, |ui| segments(ui, "Text size", &labels, at, 26.0).clicked);
    if let Some(new) = clicked.and_then(|at| ZOOMS_PERCENT.get(at)).copied() {
        let said = now_was("Text size", &format!("{new} %"), &format!("{percent} %"));
        scene.change(said, |settings| settings.zoom = new as f32 / 100.0);
    }
}

fn times(ui: &mut Ui, scene: &mut Scene<'_>) {
    let zone = scene
        .world
        .zone
        .iana_name()
        .filter(|name| !matches!(*name, "UTC" | "Etc/UTC"))
        .unwrap_or("This machine's zone");
    let is_local = scene.world.settings.tail.is_local_time;
    let clicked = row(ui, "Times of records", "in the tail", |ui| {
        segments(ui, "Times of records", &["UTC", zone], Some(usize::from(is_local)), 26.0).clicked
    });
    if let Some(at) = clicked {
        let said = format!("Times of records are in {} now", if at == 1 { zone } else { "UTC" });
        scene.change(said, |settings| settings.tail.is_local_time = at == 1);
    }
}

/// A small picture of the program in a theme, with its name below.
fn thumbnail(ui: &Ui, area: Rect, choice: ThemeChoice, label: &str, is_current: bool) {
    let shown: &Tokens = if choice == ThemeChoice::Dark { &tokens::DARK } else { &tokens::LIGHT };
    let is_dark = choice == ThemeChoice::Dark;
    let t = theme::tokens(ui);
    let painter = ui.painter();
    let window = area.with_max_y(area.top() + 52.0);
    painter.rect_filled(window, 4, shown.panel);
    painter.rect_filled(window.with_max_x(window.left() + 24.0).shrink(1.0), 3, shown.rail);
    let title = Rect::from_min_size(window.min + vec2(31.0, 7.0), vec2(38.0, 4.0));
    painter.rect_filled(title, 1, shown.strong);
    for at in 0..28 {
        let (row, column) = (at / 7, at % 7);
        let share = match (row, column) {
            (2, 4) => 0.82,
            (2, 5) => 0.95,
            (2, 6) => 1.02,
            _ => 0.15 + 0.06 * ((row * 3 + column * 2) % 8) as f64,
        };
        let cell = window.min + vec2(31.0 + column as f32 * 9.5, 16.0 + row as f32 * 8.0);
        painter.rect_filled(Rect::from_min_size(cell, vec2(8.5, 7.0)), 0, heat::color(share, is_dark));
    }
    let (stroke, color) =
        if is_current { (Stroke::new(1.5, t.accent), t.strong) } else { (Stroke::new(1.0, t.stroke), t.weak) };
    painter.rect_stroke(window, 4, stroke, StrokeKind::Inside);
    let at = pos2(area.center().x, area.bottom() - 7.0);
    painter.text(at, eframe::egui::Align2::CENTER_CENTER, label, fonts::small_medium(), color);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_read_only_where_they_are_in_order() {
        let read = |warn: &str, critical: &str| read(&[warn.to_owned(), critical.to_owned()]);
        assert_eq!(read("70", " 90 "), Some(HeatThresholds { warn_percent: 70, critical_percent: 90 }));
        assert!(
            [("90", "70"), ("80", "80"), ("", "100"), ("80", "201"), ("8.5", "100")]
                .iter()
                .all(|(w, c)| read(w, c).is_none())
        );
    }
}
