//! Leaves read-only mode: says who acts and what may then be changed, for how long, and asks for a typed word where the
//! environment is strict.

use eframe::egui::{Align, Id, Rect, Sense, Stroke, Ui, pos2, vec2};

use crate::model::connection::{ConnectionInfo, Environment};
use crate::model::world::World;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::text::{job, paint_job};
use crate::ui::widgets::{self, Button, Dialog, TagStyle, TextField};

/// What a person has typed in this dialog.
#[derive(Debug)]
pub struct UnlockState {
    /// Index into the lengths.
    length: usize,
    reason: String,
    typed: String,
    had_focus: bool,
}

impl Default for UnlockState {
    fn default() -> Self {
        Self { length: 1, reason: String::new(), typed: String::new(), had_focus: false }
    }
}

const MINUTES: [u32; 3] = [5, 15, 60];
const LABELS: [&str; 3] = ["5 min", "15 min", "60 min"];
/// What this program can change, and which permission each change needs.
const PERMISSIONS: [(&str, &str); 10] = [
    ("kinesis:PutRecords", "Inject records"),
    ("kinesis:SplitShard, MergeShards", "Split and merge shards"),
    ("kinesis:UpdateShardCount", "Scale to N shards"),
    ("kinesis:UpdateStreamMode, …", "Switch the capacity mode"),
    ("kinesis:CreateStream, Delete…", "Make and delete streams"),
    ("kinesis:…StreamRetentionPeriod", "Retention up, down"),
    ("kinesis:…TagsToStream, …", "Tags"),
    ("kinesis:…StreamEncryption, …", "Encryption, record size"),
    ("kinesis:…StreamConsumer", "Consumers, tail by fan-out"),
    ("kinesis:…EnhancedMonitoring", "Shard metrics on, off"),
];

/// The word that must be typed; `None` where the environment is not strict.
pub fn word_to_type(connection: &ConnectionInfo) -> Option<&str> {
    match connection.environment {
        Environment::Unknown => Some(connection.label.as_str()),
        environment if environment.is_strict() => Some(environment.tag()),
        _ => None,
    }
}

/// Draws the dialog.
pub fn show(ui: &mut Ui, world: &World, state: &mut UnlockState, out: &mut Commands) {
    let Some(connection) = world.connection() else {
        out.push(Command::CloseDialog);
        return;
    };
    let t = theme::tokens(ui);
    let environment = connection.environment;
    let word = word_to_type(connection);
    let is_ready = word.is_none_or(|word| state.typed.trim() == word);
    let is_dirty = !state.reason.is_empty() || !state.typed.is_empty();
    let minutes = MINUTES.get(state.length).copied().unwrap_or(15);
    let unlock = |state: &UnlockState, out: &mut Commands| {
        out.push(Command::Unlock { minutes, reason: state.reason.trim().to_owned() });
        out.push(Command::CloseDialog);
    };
    let dialog = Dialog::new(Id::unique("unlock"), "Unlock writes")
        .icon(icons::UNLOCK, t.warn)
        .tag(environment.tag(), TagStyle::Environment(environment))
        .width(480.0)
        .dirty(is_dirty);
    let mut scene = (state, out);
    let outcome = dialog.show(
        ui.ctx(),
        &mut scene,
        |ui, (state, out)| {
            body(ui, world, connection, state);
            let entered = is_ready
                && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter))
                && ui.ctx().text_edit_focused();
            if entered {
                unlock(state, out);
            }
        },
        |ui, (state, out)| {
            let label = format!("Unlock for {minutes} min");
            let reason = word.map(|word| format!("Type {word} to confirm."));
            let enabled = if is_ready { Ok(()) } else { Err(reason.as_deref().unwrap_or("")) };
            if ui.add(Button::danger(&label).icon(icons::UNLOCK).enabled(enabled)).clicked() {
                unlock(state, out);
            }
            if ui.add(Button::new("Cancel")).clicked() {
                out.push(Command::CloseDialog);
            }
        },
    );
    if outcome.is_closed {
        scene.1.push(Command::CloseDialog);
    }
}

fn body(ui: &mut Ui, world: &World, connection: &ConnectionInfo, state: &mut UnlockState) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing = vec2(10.0, 0.0);
    let identity = world.identity.get();
    let place = match (identity.filter(|identity| !identity.account.is_empty()), &connection.endpoint_url) {
        (Some(identity), _) => identity.account_grouped(),
        (None, Some(url)) => url.clone(),
        (None, None) => connection.label.clone(),
    };
    let line = job(&[
        ("kinescope will be able to change streams in ", fonts::body(), t.text),
        (&place, fonts::value(), t.strong),
        (", ", fonts::body(), t.text),
        (&connection.region, fonts::value(), t.strong),
        (". It locks itself again when the time is up or when you switch connection.", fonts::body(), t.text),
    ]);
    let mut line = line;
    for section in &mut line.sections {
        section.format.line_height = Some(19.0);
    }
    ui.add(eframe::egui::Label::new(line).wrap().selectable(false));
    ui.add_space(12.0);
    let who = identity.map_or("not known yet", |identity| identity.principal());
    fact(ui, "Acting as", who);
    ui.add_space(10.0);
    permissions(ui);
    ui.add_space(14.0);
    length_and_reason(ui, state);
    if let Some(word) = word_to_type(connection) {
        ui.add_space(14.0);
        let label = format!("Type {word} to confirm");
        // Only painted: the field has the same words as its name.
        let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
        widgets::paint_elided(
            ui.painter(),
            line.with_max_y(line.top() + 16.0),
            Align::Min,
            &label,
            fonts::small(),
            t.weak,
        );
        let is_confirmed = state.typed.trim() == word;
        TextField::new(Id::unique("unlock word"), &label, &mut state.typed)
            .mono()
            .confirmed(is_confirmed)
            .focus(!state.had_focus)
            .show(ui);
    }
    state.had_focus = true;
}

fn fact(ui: &mut Ui, label: &str, value: &str) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(20.0);
        let (rect, _) = ui.allocate_exact_size(vec2(74.0, 18.0), Sense::hover());
        widgets::paint_elided(ui.painter(), rect, Align::Min, label, fonts::small(), t.weak);
        widgets::label(ui, value, fonts::value(), t.strong);
    });
}

fn permissions(ui: &mut Ui) {
    let t = theme::tokens(ui);
    widgets::label(ui, "What kinescope may then do", fonts::small(), t.weak);
    ui.add_space(4.0);
    for (permission, what) in PERMISSIONS {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
        let painter = ui.painter();
        widgets::status_glyph(
            painter,
            t,
            pos2(rect.left() + 6.0, rect.center().y),
            crate::model::health::Severity::Unknown,
        );
        let column = |left: f32| Rect::from_min_max(pos2(rect.left() + left, rect.top()), rect.max);
        let words = column(19.0).with_max_x(rect.left() + 246.0);
        widgets::paint_elided(painter, words, Align::Min, permission, fonts::value(), t.strong);
        widgets::paint_elided(painter, column(252.0), Align::Min, what, fonts::small(), t.weak);
        painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
    }
    ui.add_space(6.0);
    widgets::text::paragraph(
        ui,
        "Whether this identity holds these permissions is not known before the first call; AWS decides then.",
        fonts::small(),
        t.faint,
    );
}

fn length_and_reason(ui: &mut Ui, state: &mut UnlockState) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 48.0), Sense::hover());
    let split = 178.0;
    let label = |left: f32| Rect::from_min_size(pos2(rect.left() + left, rect.top()), vec2(260.0, 16.0));
    let line = |text: &str| job(&[(text, fonts::small(), t.weak)]);
    paint_job(ui.painter(), label(0.0), Align::Min, line("For"));
    paint_job(ui.painter(), label(split), Align::Min, line("Reason, kept in the activity log"));
    let area = |left: f32, right: f32| Rect::from_min_max(pos2(left, rect.top() + 20.0), pos2(right, rect.bottom()));
    let builder = eframe::egui::UiBuilder::new().max_rect(area(rect.left(), rect.left() + split));
    widgets::select::segmented_sized(&mut ui.new_child(builder), "For", &LABELS, &mut state.length, 27.0);
    TextField::new(Id::unique("unlock reason"), "Reason", &mut state.reason)
        .hint("Incident or ticket")
        .show_in(ui, area(rect.left() + split, rect.right()));
}
