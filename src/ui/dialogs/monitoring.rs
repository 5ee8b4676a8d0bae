//! Switches shard-level metrics of the open stream on or off: what they give, what they cost, and the call that does it.

use eframe::egui::{Id, Ui, vec2};

use super::inject::lock_words;
use super::unlock::word_to_type;
use crate::model::connection::ConnectionInfo;
use crate::model::cost;
use crate::model::format;
use crate::model::limits::{SHARD_METRIC_DOLLARS_PER_MONTH, SHARD_METRICS};
use crate::model::world::{OpenStream, World};
use crate::model::writes::MonitoringChange;
use crate::ui::command::{Command, Commands, Dialog as Which};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{Button, Dialog, TagStyle, TextField, text};

const WIDTH: f32 = 520.0;

/// What a person has typed in this dialog.
#[derive(Debug, Default)]
pub struct MonitoringState {
    typed: String,
}

/// The change that the dialog offers: on where any metric is off, else off.
fn change_of(open: &OpenStream) -> MonitoringChange {
    let summary = open.summary.get();
    let has_all = summary.is_some_and(|summary| SHARD_METRICS.iter().all(|name| summary.has_shard_metric(name)));
    MonitoringChange { stream: open.name.clone(), enable: !has_all }
}

/// Draws the dialog.
pub fn show(ui: &mut Ui, world: &World, state: &mut MonitoringState, out: &mut Commands) {
    let (Some(connection), Some(open)) = (world.connection(), &world.open) else {
        out.push(Command::CloseDialog);
        return;
    };
    let t = theme::tokens(ui);
    let change = change_of(open);
    let shards = open.shards.get().map_or(0, |shards| shards.open_count());
    let word = word_to_type(connection);
    let enabled = why_not(world, open, word, &state.typed);
    let (lock, style) = lock_words(world);
    let target = format::one_line(open.name.as_str(), 60);
    let title = if change.enable { "Enable shard metrics" } else { "Disable shard metrics" };
    let dialog = Dialog::new(Id::unique("monitoring"), title)
        .icon(icons::CAPACITY, t.accent)
        .target(&target)
        .tag(connection.environment.tag(), TagStyle::Environment(connection.environment))
        .trailing_tag(&lock, style)
        .width(WIDTH)
        .dirty(!state.typed.is_empty());
    let mut scene = (state, out);
    let outcome = dialog.show(
        ui.ctx(),
        &mut scene,
        |ui, (state, _)| body(ui, &change, shards, word, state),
        |ui, (_, out)| footer(ui, world, connection, &change, enabled.as_ref().copied().map_err(String::as_str), out),
    );
    if outcome.is_closed {
        scene.1.push(Command::CloseDialog);
    }
}

fn why_not(world: &World, open: &OpenStream, word: Option<&str>, typed: &str) -> Result<(), String> {
    use crate::model::stream::StreamStatus;
    match open.summary.get().map(|summary| &summary.status) {
        Some(StreamStatus::Active) => {}
        Some(other) => return Err(format!("The stream is {}.", other.as_str())),
        None => return Err("The stream has not been described yet.".to_owned()),
    }
    if !world.is_unlocked() {
        return Err("Writes are locked: unlock them first.".to_owned());
    }
    match word {
        Some(word) if typed.trim() != word => Err(format!("Type {word} to confirm.")),
        _ => Ok(()),
    }
}

fn body(ui: &mut Ui, change: &MonitoringChange, shards: usize, word: Option<&str>, state: &mut MonitoringState) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
    let price = cost::dollars(cost::shard_metrics_dollars(shards));
    let words = if change.enable {
        "CloudWatch then keeps exact sums a minute for every shard, refused writes among them, from now on and not for the \
         past. The first figures come some minutes later. Bursts within a minute still need Live 1 s."
    } else {
        "The heatmap then knows single shards only from records that are read. What CloudWatch has kept stays."
    };
    text::paragraph(ui, words, fonts::body(), t.text);
    ui.add_space(2.0);
    let sum = format!("{}{price} / month", if change.enable { "+" } else { "−" });
    ui.horizontal(|ui| {
        text::label(ui, &sum, fonts::title(), if change.enable { t.warn } else { t.ok });
        let count = format::counted(shards, "shard");
        let how =
            format!("{count} × {} metrics × ${SHARD_METRIC_DOLLARS_PER_MONTH:.2}, list price", SHARD_METRICS.len());
        text::label(ui, &how, fonts::value(), t.weak);
    });
    if let Some(word) = word {
        ui.add_space(4.0);
        text::label(ui, format!("Type {word} to confirm"), fonts::small(), t.weak);
        let name = format!("Type {word}");
        TextField::new(Id::unique("monitoring word"), &name, &mut state.typed).mono().width(WIDTH - 60.0).show(ui);
    }
}

fn footer(
    ui: &mut Ui,
    world: &World,
    connection: &ConnectionInfo,
    change: &MonitoringChange,
    enabled: Result<(), &str>,
    out: &mut Commands,
) {
    ui.spacing_mut().item_spacing.x = 8.0;
    let label = if change.enable { "Enable shard metrics" } else { "Disable shard metrics" };
    if ui.add(Button::danger(label).enabled(enabled).height(28.0)).clicked() {
        out.push(Command::SetMonitoring(change.clone()));
        out.push(Command::CloseDialog);
    }
    if ui.add(Button::new("Cancel").height(28.0)).clicked() {
        out.push(Command::CloseDialog);
    }
    if !world.is_unlocked() && ui.add(Button::new("Unlock…").icon(icons::UNLOCK).height(28.0)).clicked() {
        out.push(Command::Open(Which::Unlock));
    }
    if ui.add(Button::new("Copy as AWS CLI").icon(icons::COPY).height(28.0)).clicked() {
        out.push(Command::Copy(change.cli(connection)));
    }
}
