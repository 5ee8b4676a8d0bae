//! The dialog for one record, or a few alike: the keys, the data, what will be sent, and how often.

use eframe::egui::text::LayoutJob;
use eframe::egui::{Align, Align2, Id, Layout, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::draft::{Draft, Typed};
use super::{Scene, editor, footer as foot, landing, results, templates, why_not, within};
use crate::model::format;
use crate::model::json_scan;
use crate::model::limits::PARTITION_KEY_MAX_CHARS;
use crate::model::time::Timestamp;
use crate::model::wrap::Wrap;
use crate::model::writes::{PutEntry, PutWish};
use crate::ui::command::Command;
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::select::{dropdown, segmented_sized};
use crate::ui::widgets::{self, Button, TextField};

/// Characters of a record that are shown before it is sent.
const SHOWN: usize = 900;
/// What is done where a shard refuses.
const RETRIES: [&str; 2] = ["Retry 5 times, 100 ms doubling + jitter", "Do not retry"];
/// Bytes of a record that are made to be shown again every second.
const SHOWN_BYTES: usize = 65_536;

/// What the draft comes to, worked out once for each change.
#[derive(Debug)]
pub(super) struct Prepared {
    of: Option<(Draft, u64, usize)>,
    /// Records that are sent, and the size of the largest with its key, in bytes; or what is wrong.
    pub(super) outcome: Result<(usize, usize), String>,
    shown_at: Option<i64>,
    shown: String,
}

impl Default for Prepared {
    fn default() -> Self {
        Self { of: None, outcome: Err("There is no data yet.".to_owned()), shown_at: None, shown: String::new() }
    }
}

impl Prepared {
    /// Looks whether something has changed.
    pub(super) fn take(&mut self, draft: &Draft, seed: u64, max_bytes: usize, now: Timestamp) {
        let is_same = self.of.as_ref().is_some_and(|(of, at, most)| of == draft && (*at, *most) == (seed, max_bytes));
        if !is_same {
            let entries = draft.entries(max_bytes, seed, now);
            self.outcome = entries
                .map(|entries| (entries.len(), entries.iter().map(PutEntry::size_bytes).max().unwrap_or_default()));
            self.of = Some((draft.clone(), seed, max_bytes));
            self.shown_at = None;
        }
        let is_current = self.shown_at.is_some_and(|at| at == now.as_secs() || draft.data.len() > SHOWN_BYTES);
        if !is_current {
            self.shown_at = Some(now.as_secs());
            self.shown = shown(draft, seed, now);
        }
    }
}

/// The first record as one paragraph.
fn shown(draft: &Draft, seed: u64, now: Timestamp) -> String {
    let data = match draft.data_of(seed, 0, now) {
        Ok(data) => data,
        Err(fault) => return fault,
    };
    match std::str::from_utf8(&data) {
        Ok(text) if json_scan::validate(text, 512).is_ok() => {
            format::one_line(&json_scan::compact(text, SHOWN * 4), SHOWN)
        }
        Ok(text) => format::one_line(text, SHOWN),
        Err(_) => {
            let digits: Vec<String> = data.iter().take(SHOWN / 3).map(|byte| format!("{byte:02x}")).collect();
            digits.join(" ")
        }
    }
}

/// Sends what is typed, with times of now; the next ones are rolled anew.
pub(super) fn send(scene: &mut Scene<'_>) {
    let (draft, seed) = (&scene.state.draft, scene.state.seed);
    if let Ok(entries) = draft.entries(scene.max_bytes, seed, scene.world.now) {
        let draft_retries = draft.is_retried;
        scene.state.seed = seed.wrapping_add(1);
        let wish = PutWish { entries, is_retried: draft_retries };
        scene.out.push(Command::Put(wish));
    }
}

/// Template and placeholders, at the right of the bar.
pub(super) fn bar(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let own = &scene.world.settings.templates;
        let state = &mut *scene.state;
        templates::save_as(ui, own, &mut state.choice, &state.draft.data, scene.out);
        if state.draft.typed == Typed::Text && templates::insert(ui, Id::unique("inject data"), &mut state.draft.data) {
            (state.draft.is_template, state.is_typed) = (true, true);
        }
        if let Some(picked) = templates::pick(ui, own, &mut state.choice) {
            let draft = &mut state.draft;
            (draft.data, draft.typed, draft.binary, draft.is_template) = (picked.text, Typed::Text, None, true);
            draft.wrap = if picked.is_gzip { Wrap::Gzip } else { Wrap::Plain };
            if let Some(key) = picked.key.filter(|_| draft.partition_key.is_empty()) {
                draft.partition_key = key.replace("{{rank}}", "1").replace("{{uuid}}", "logs-1");
            }
            state.is_typed = true;
        }
    });
}

/// Draws the body.
pub(super) fn body(ui: &mut Ui, rect: Rect, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let has_run = scene.world.open.as_ref().is_some_and(|open| open.inject.is_some());
    let lower = if has_run { (rect.height() * 0.34).min(228.0) } else { 0.0 };
    let upper = rect.with_max_y(rect.bottom() - lower);
    let split = (upper.left() + upper.width() * 0.605).round();
    let left = Rect::from_min_max(upper.min + vec2(16.0, 14.0), pos2(split - 16.0, upper.bottom() - 12.0));
    let right = Rect::from_min_max(pos2(split + 17.0, upper.top() + 14.0), upper.max - vec2(16.0, 12.0));
    ui.painter().vline(split + 0.5, upper.y_range(), Stroke::new(1.0, t.stroke));
    within(ui, "record", left, |ui| record(ui, scene));
    within(ui, "landing", right, |ui| beside(ui, scene));
    if has_run {
        let lower = rect.with_min_y(upper.bottom());
        ui.painter().hline(lower.x_range(), lower.top() + 0.5, Stroke::new(1.0, t.stroke));
        within(ui, "results", lower.with_min_y(lower.top() + 1.0), |ui| {
            results::show(ui, scene.world, &mut scene.state.save, scene.out);
        });
    }
}

/// The left half: both keys, the data, the size.
fn record(ui: &mut Ui, scene: &mut Scene<'_>) {
    let area = ui.max_rect();
    let mut top = keys(ui, scene, area);
    let draft = &mut scene.state.draft;
    // The heading of the editor lies on the same line; the choice of form stands behind its name.
    let choice = Rect::from_min_size(pos2(area.left() + 40.0, top + 1.0), vec2(170.0, 20.0));
    if draft.binary.is_none() {
        within(ui, "typed", choice, |ui| {
            let mut at = Typed::ALL.iter().position(|typed| *typed == draft.typed).unwrap_or_default();
            if segmented_sized(ui, "Data typed as", &Typed::ALL.map(Typed::label), &mut at, 20.0)
                && let Some(typed) = Typed::ALL.get(at)
            {
                draft.retype(*typed);
            }
        });
        top += 2.0;
    }
    let editor_area = Rect::from_min_max(pos2(area.left(), top), pos2(area.right(), area.bottom() - 26.0));
    let edited = editor::show(ui, editor_area, draft, &mut scene.state.editor);
    scene.state.is_typed |= edited;
    if edited {
        scene.state.choice.name.clear();
    }
    size_line(ui, Rect::from_min_max(pos2(area.left(), area.bottom() - 16.0), area.max), scene);
}

/// Both keys; gives where what is below them begins.
fn keys(ui: &mut Ui, scene: &mut Scene<'_>, area: Rect) -> f32 {
    let t = theme::tokens(ui);
    let half = ((area.width() - 12.0) / 2.0).floor();
    let (top, field) = (area.top(), area.top() + 19.0);
    let right = area.left() + half + 12.0;
    let label = |ui: &Ui, x: f32, text: &str, more: &str| {
        let at = ui.painter().text(pos2(x, top), Align2::LEFT_TOP, text, fonts::small_medium(), t.weak).right();
        let room = Rect::from_min_max(pos2(at + 8.0, top), pos2(x + half, top + 15.0));
        widgets::paint_elided(ui.painter(), room, Align::Min, more, fonts::small(), t.faint);
    };
    label(ui, area.left(), "Partition key", "");
    label(ui, right, "Explicit hash key", "optional, overrides MD5");
    let chars = scene.state.draft.partition_key.chars().count();
    let count = format!("{chars} of {PARTITION_KEY_MAX_CHARS} chars");
    let takes_focus = !scene.state.was_open;
    let draft = &mut scene.state.draft;
    let key = TextField::new(Id::unique("inject partition key"), "Partition key", &mut draft.partition_key)
        .mono()
        .hint("decides the shard")
        .trailing(&count)
        .invalid(chars > PARTITION_KEY_MAX_CHARS)
        .focus(takes_focus)
        .show_in(ui, Rect::from_min_size(pos2(area.left(), field), vec2(half, 28.0)));
    let is_wrong = draft.explicit_problem().is_some();
    let explicit = TextField::new(Id::unique("inject explicit hash key"), "Explicit hash key", &mut draft.explicit)
        .mono()
        .hint("0 – 2^128−1, decimal or 0x…")
        .invalid(is_wrong)
        .show_in(ui, Rect::from_min_size(pos2(right, field), vec2(half, 28.0)));
    let mut below = field + 28.0 + 12.0;
    if let Some(problem) = draft.explicit_problem() {
        let line = Rect::from_min_size(pos2(right, field + 30.0), vec2(half, 16.0));
        widgets::paint_elided(ui.painter(), line, Align::Min, &problem, fonts::small(), t.crit);
        below += 8.0;
    }
    scene.state.is_typed |= key.changed() || explicit.changed();
    below
}

fn size_line(ui: &mut Ui, rect: Rect, scene: &Scene<'_>) {
    let t = theme::tokens(ui);
    let draft = &scene.state.draft;
    let raw = || draft.bytes().map_or(draft.data.len(), |bytes| bytes.len()) + draft.partition_key.len();
    let size = scene.state.prepared.outcome.as_ref().map_or_else(|_| raw(), |(_, size)| *size);
    let is_over = size > scene.max_bytes;
    let figure = format::bytes(size as u64);
    let of = format!("of {} B", format::grouped(scene.max_bytes as i64));
    let response = ui.interact(rect, ui.make_persistent_id("size"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Size with key {figure} {of}")));
    let painter = ui.painter();
    let name = painter.text(rect.left_center(), Align2::LEFT_CENTER, "Size with key", fonts::small(), t.weak);
    let of = painter.text(rect.right_center(), Align2::RIGHT_CENTER, of, fonts::value(), t.weak);
    let color = if is_over { t.crit } else { t.strong };
    let at = pos2(of.left() - 8.0, rect.center().y);
    let figure = painter.text(at, Align2::RIGHT_CENTER, figure, fonts::value_strong(), color);
    let track = Rect::from_min_max(
        pos2(name.right() + 8.0, rect.center().y - 3.0),
        pos2(figure.left() - 10.0, rect.center().y + 3.0),
    );
    if track.width() > 20.0 {
        painter.rect_filled(track, 1, t.stroke_weak);
        let share = (size as f32 / scene.max_bytes.max(1) as f32).min(1.0);
        let width = (track.width() * share).max(if size > 0 { 2.0 } else { 0.0 });
        painter.rect_filled(Rect::from_min_size(track.min, vec2(width, 6.0)), 1, if is_over { t.crit } else { t.s2 });
    }
}

/// The right half: where it lands, what will be sent, how often and in what.
fn beside(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let area = ui.max_rect();
    landing::show(ui, scene.world, &mut scene.state.facts, &mut scene.state.draft);
    let top = ui.cursor().top() + 12.0;
    let below = Rect::from_min_max(pos2(area.left(), area.bottom() - 48.0), area.max);
    let place = Rect::from_min_max(pos2(area.left(), top), pos2(area.right(), below.top() - 8.0));
    if place.height() > 48.0 {
        ui.painter().hline(area.x_range().expand(16.0), top - 6.0, Stroke::new(1.0, t.stroke));
        within(ui, "will be sent", place, |ui| will_be_sent(ui, scene));
    }
    within(ui, "how often", below, |ui| how_often(ui, scene));
}

fn will_be_sent(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    ui.painter().text(head.left_center(), Align2::LEFT_CENTER, "What will be sent", fonts::small_medium(), t.weak);
    let right = Rect::from_min_max(pos2(head.right() - 230.0, head.top()), head.max);
    within(ui, "roll", right, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            if scene.state.draft.fills_in()
                && ui.add(Button::ghost("roll again").icon(icons::REFRESH).small()).clicked()
            {
                scene.state.seed = scene.state.seed.wrapping_add(1);
            }
            let draft = &mut scene.state.draft;
            if draft.typed == Typed::Text && draft.binary.is_none() && draft.data.contains("{{") {
                let mut at = usize::from(draft.is_template);
                if segmented_sized(ui, "Placeholders", &["verbatim", "filled in"], &mut at, 20.0) {
                    draft.is_template = at == 1;
                }
            }
        });
    });
    let text = scene.state.prepared.shown.clone();
    let frame = ui.max_rect().with_min_y(head.bottom() + 4.0);
    if frame.height() < 24.0 || text.is_empty() {
        return;
    }
    let inner = frame.shrink2(vec2(10.0, 8.0));
    // Data has no words: lines are filled, as the editor beside it fills them.
    let mut job = LayoutJob::simple(text.clone(), fonts::dense(), t.text, inner.width());
    job.wrap.break_anywhere = true;
    let galley = ui.painter().layout_job(job);
    let frame = frame.with_max_y((frame.top() + galley.size().y + 16.0).min(frame.bottom()));
    ui.painter().rect(frame, 4, t.inset, Stroke::new(1.0, t.stroke), StrokeKind::Inside);
    ui.painter_at(frame.shrink(4.0)).galley(inner.min, galley, t.text);
    let response = ui.interact(frame, ui.make_persistent_id("will be sent"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Will be sent: {text}")));
}

fn how_often(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let area = ui.max_rect();
    let draft = &mut scene.state.draft;
    let third = 128.0;
    let first = (area.width() * 0.24).clamp(58.0, 84.0);
    let second = (area.width() - first - third - 24.0).clamp(84.0, 150.0);
    let name = |ui: &Ui, x: f32, text: &str| {
        ui.painter().text(pos2(x, area.top()), Align2::LEFT_TOP, text, fonts::small_medium(), t.weak);
    };
    name(ui, area.left(), "Repeat");
    name(ui, area.left() + first + 12.0, "On the way out");
    name(ui, area.left() + first + second + 24.0, "If throttled");
    let place = Rect::from_min_size(pos2(area.left(), area.bottom() - 28.0), vec2(first, 28.0));
    let is_wrong = draft.repeats().is_err();
    let field = TextField::new(Id::unique("inject repeat"), "Repeat", &mut draft.repeat).mono().trailing("×");
    scene.state.is_typed |= field.invalid(is_wrong).show_in(ui, place).changed();
    let place = Rect::from_min_size(pos2(place.right() + 12.0, place.top()), vec2(second, 28.0));
    within(ui, "wrap", place, |ui| {
        let at = Wrap::ALL.iter().position(|wrap| *wrap == draft.wrap).unwrap_or_default();
        let labels = Wrap::ALL.map(Wrap::label);
        if let Some(wrap) =
            dropdown(ui, "On the way out", draft.wrap.label(), &labels, at, second).and_then(|at| Wrap::ALL.get(at))
        {
            draft.wrap = *wrap;
        }
    });
    let rest = Rect::from_min_max(pos2(place.right() + 12.0, place.top()), area.max);
    within(ui, "throttled", rest, |ui| {
        let at = usize::from(!draft.is_retried);
        let short = if rest.width() < third { ["5 retries", "No retry"] } else { ["Retry 5 times", "Do not retry"] };
        let current = short.get(at).copied().unwrap_or_default();
        if let Some(at) = dropdown(ui, "If throttled", current, &RETRIES, at, rest.width()) {
            draft.is_retried = at == 0;
        }
    });
}

/// Draws the footer, from the right.
pub(super) fn footer(ui: &mut Ui, scene: &mut Scene<'_>) {
    let count = scene.state.prepared.outcome.as_ref().map_or(1, |(count, _)| *count);
    let label = foot::label(scene.world, &format!("Send {}", format::counted(count, "record")), "to");
    let reason = why_not(scene);
    let enabled = reason.as_ref().copied().map_err(String::as_str);
    let button = Button::primary(&label).icon(icons::INJECT).key("Ctrl ⏎").enabled(enabled);
    if ui.add(button.height(28.0)).clicked() {
        send(scene);
    }
    foot::beside(ui, scene.world, scene.out, false, None);
    // Nothing is wrong yet with a record that nobody has begun to type.
    let is_said = scene.state.is_typed || !scene.world.is_unlocked();
    match reason.err().filter(|_| is_said) {
        Some(reason) => foot::note(ui, &reason, true),
        None => foot::note(ui, &foot::stays(scene.world), false),
    }
}
