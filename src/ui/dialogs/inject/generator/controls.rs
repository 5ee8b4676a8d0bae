//! The left half: the template, how fast and how long, and which keys.

use eframe::egui::{Align2, Color32, Id, Pos2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::form::{LENGTHS, STRATEGIES};
use super::{GeneratorForm, Scene};
use crate::model::format;
use crate::model::generator::keys::Keys;
use crate::ui::dialogs::inject::editor::{Code, validity_line};
use crate::ui::theme::{self, Tokens, fonts};
use crate::ui::widgets::select::dropdown;
use crate::ui::widgets::{self, TextField, segmented};

/// Id of the editor.
pub(super) const EDITOR: &str = "generator template";
/// Height of what stands below the editor.
const BELOW: f32 = 170.0;
const FIELD: f32 = 28.0;

/// Draws it.
pub(super) fn show(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let area = ui.max_rect();
    let takes_focus = !scene.state.was_open;
    let (form, editor) = (&mut scene.state.generator, &mut scene.state.template_editor);
    let head = area.with_max_y(area.top() + 18.0);
    ui.painter().text(head.left_center(), Align2::LEFT_CENTER, "Template", fonts::small_medium(), t.weak);
    let frame = Rect::from_min_max(pos2(area.left(), head.bottom() + 4.0), pos2(area.right(), area.bottom() - BELOW));
    let code = Code {
        id: Id::unique(EDITOR),
        name: "Template of a record",
        hint: "A text with placeholders such as {{uuid}}.",
        text: &mut form.text,
        is_template: true,
        cache: editor,
    };
    if code.show(ui, frame) {
        form.choice.name.clear();
    }
    validity_line(ui, head, editor, None);
    if takes_focus {
        ui.memory_mut(|memory| memory.request_focus(Id::unique(EDITOR)));
    }
    let top = area.bottom() - BELOW + 10.0;
    rates(ui, t, form, Rect::from_min_max(pos2(area.left(), top), pos2(area.right(), top + 47.0)));
    keys(ui, t, form, Rect::from_min_max(pos2(area.left(), top + 56.0), area.max));
}

/// A field with its name above it.
fn field(ui: &mut Ui, rect: Rect, name: &str, text: &mut String, unit: &str) -> bool {
    let t = theme::tokens(ui);
    ui.painter().text(rect.left_top(), Align2::LEFT_TOP, name, fonts::small_medium(), t.weak);
    let place = Rect::from_min_max(pos2(rect.left(), rect.bottom() - FIELD), rect.max);
    let field = TextField::new(Id::unique(("generator", name)), name, text).mono();
    let field = if unit.is_empty() { field } else { field.trailing(unit) };
    field.show_in(ui, place).changed()
}

fn rates(ui: &mut Ui, t: &Tokens, form: &mut GeneratorForm, row: Rect) {
    let gap = 10.0;
    let cut = |from: f32, to: f32| {
        let at = |share: f32| row.left() + (row.width() * share).round();
        Rect::from_min_max(pos2(at(from) + if from > 0.0 { gap } else { 0.0 }, row.top()), pos2(at(to), row.bottom()))
    };
    if field(ui, cut(0.0, 0.24), "Rate", &mut form.records_per_sec, "rec/s") {
        form.leads_bytes = false;
    }
    let equals = cut(0.24, 0.28);
    let at = pos2(equals.center().x - 3.0, row.bottom() - FIELD / 2.0);
    ui.painter().text(at, Align2::CENTER_CENTER, "=", fonts::value(), t.weak);
    if field(ui, cut(0.27, 0.5), "Rate in bytes", &mut form.mib_per_sec, "MiB/s") {
        form.leads_bytes = true;
    }
    let length = cut(0.5, 0.84);
    let name = if form.length_in == 2 { "Count" } else { "Duration" };
    let units = 92.0;
    field(ui, length.with_max_x(length.right() - units - 4.0), name, &mut form.length, "");
    let place = Rect::from_min_max(pos2(length.right() - units, row.bottom() - FIELD), length.max);
    super::within(ui, "length", place, |ui| {
        let current = LENGTHS.get(form.length_in).copied().unwrap_or_default();
        if let Some(at) = dropdown(ui, "Length in", current, &LENGTHS, form.length_in, units) {
            form.length_in = at;
        }
    });
    field(ui, cut(0.84, 1.0), "Ramp up", &mut form.ramp, "s");
}

fn keys(ui: &mut Ui, t: &Tokens, form: &mut GeneratorForm, area: Rect) {
    ui.painter().text(area.left_top(), Align2::LEFT_TOP, "Key strategy", fonts::small_medium(), t.weak);
    let row = Rect::from_min_size(pos2(area.left(), area.top() + 18.0), vec2(area.width(), 26.0));
    super::within(ui, "strategy", row, |ui| {
        segmented(ui, "Key strategy", &STRATEGIES, &mut form.strategy);
    });
    let chart = Rect::from_min_max(pos2(area.right() - 190.0, area.top() + 18.0), pos2(area.right(), area.bottom()));
    let fields = Rect::from_min_max(pos2(area.left(), row.bottom() + 8.0), pos2(chart.left() - 12.0, area.bottom()));
    let fields = fields.with_max_y((fields.top() + 46.0).min(area.bottom()));
    let place = |from: f32, to: f32| {
        let at = |share: f32| fields.left() + (fields.width() * share).round();
        let left = at(from) + if from > 0.0 { 8.0 } else { 0.0 };
        Rect::from_min_max(pos2(left, fields.top()), pos2(at(to), fields.bottom()))
    };
    if form.strategy == 3 {
        let at = fields.left_top() + vec2(0.0, 6.0);
        ui.painter().text(at, Align2::LEFT_TOP, "A new UUID for every record.", fonts::small(), t.weak);
        field(ui, place(0.76, 1.0), "Seed", &mut form.seed, "");
    } else {
        field(ui, place(0.0, 0.38), "Key", &mut form.pattern, "");
        field(ui, place(0.38, 0.6), "Keys", &mut form.keys, "");
        match form.strategy {
            1 => field(ui, place(0.6, 0.8), "Skew s", &mut form.skew, ""),
            2 => field(ui, place(0.6, 0.8), "Hot key", &mut form.hot_percent, "%"),
            _ => false,
        };
        field(ui, place(0.8, 1.0), "Seed", &mut form.seed, "");
    }
    match form.checked_keys() {
        Some(Ok(keys)) => shares(ui, t, keys, chart),
        Some(Err(fault)) => {
            let response = ui.interact(chart, ui.make_persistent_id("key fault"), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Status, true, fault));
            super::within(ui, "key fault", chart, |ui| {
                widgets::text::paragraph(ui, fault, fonts::small(), t.crit);
            });
        }
        None => {}
    }
}

/// The share of each key by its rank, both logarithmic.
fn shares(ui: &mut Ui, t: &Tokens, keys: &Keys, rect: Rect) {
    const LEAST: f64 = 1e-6;
    let top = keys.top();
    let words = match &top {
        Some((key, share)) => format!("{}, {}", format::one_line(key, 24), percent(*share)),
        None => "no key twice".to_owned(),
    };
    let response = ui.interact(rect, ui.make_persistent_id("key shares"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Share of the most frequent key: {words}")));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 2, t.inset);
    let inner = rect.shrink2(vec2(4.0, 6.0));
    // Sixty ranks, evenly apart on a logarithmic axis.
    let count = keys.count().max(1);
    let last = f64::from(count).ln();
    let y = |share: f64| {
        let part = 1.0 - share.max(LEAST).ln() / LEAST.ln();
        inner.bottom() - part as f32 * inner.height()
    };
    let points: Vec<Pos2> = (0..=60u32)
        .filter_map(|step| {
            let part = f64::from(step) / 60.0;
            let rank = (last * part).exp().round().clamp(1.0, f64::from(count)) as u32;
            Some(pos2(inner.left() + part as f32 * inner.width(), y(keys.share(rank)?)))
        })
        .collect();
    area(&painter, &points, inner.bottom(), t.s1);
    if let Some(first) = points.first() {
        painter.circle_filled(*first, 2.5, t.s1);
    }
    painter.text(rect.center_top() + vec2(8.0, 6.0), Align2::CENTER_TOP, words, fonts::dense(), t.strong);
    let caption = if top.is_some() { "share by rank, log log" } else { "spread by their hash" };
    painter.text(rect.left_bottom() + vec2(6.0, -4.0), Align2::LEFT_BOTTOM, caption, fonts::caption(), t.weak);
}

/// A line with a ground below it.
pub(super) fn area(painter: &eframe::egui::Painter, points: &[Pos2], bottom: f32, color: Color32) {
    let mut mesh = eframe::egui::Mesh::default();
    let fill = color.gamma_multiply(0.2);
    for pair in points.windows(2) {
        let [a, b] = pair else { continue };
        let first = mesh.vertices.len() as u32;
        for at in [*a, *b, pos2(b.x, bottom), pos2(a.x, bottom)] {
            mesh.colored_vertex(at, fill);
        }
        mesh.add_triangle(first, first + 1, first + 2);
        mesh.add_triangle(first, first + 2, first + 3);
    }
    painter.add(eframe::egui::Shape::mesh(mesh));
    painter.line(points.to_vec(), Stroke::new(1.3, color));
}

/// `17 %`.
pub(super) fn percent(share: f64) -> String {
    format::percent(share).replace('%', " %")
}
