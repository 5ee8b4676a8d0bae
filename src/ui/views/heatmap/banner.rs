//! The banner over the rows where CloudWatch has no figures of shards: what they are estimated from instead, and what can be
//! done about it.

use eframe::egui::{Rect, Ui};

use super::state::Prepared;
use crate::model::cost;
use crate::model::format;
use crate::model::limits::{SHARD_METRIC_DOLLARS_PER_MONTH, SHARD_METRICS};
use crate::model::sample::state::{SECONDS_OF_EACH_MINUTE, SampleRequest, SampleRun};
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::theme::{self, icons};
use crate::ui::widgets::{Button, ButtonKind, warning_banner};

/// Draws it into `area`.
pub fn show(ui: &mut Ui, area: Rect, world: &World, open: &OpenStream, prepared: &Prepared, out: &mut Commands) {
    let (title, words) = words(world, open, prepared);
    warning_banner(ui, area, title, &words, |ui| buttons(ui, world, open, out));
}

fn words(world: &World, open: &OpenStream, prepared: &Prepared) -> (&'static str, String) {
    let has_cloudwatch = world.connection().is_some_and(|connection| connection.has_cloudwatch);
    let title = match has_cloudwatch {
        true if !open.has_no_shard_metrics() => {
            let words = "Enhanced monitoring is on; CloudWatch takes a few minutes to report the first ones.";
            return ("No shard figures yet", words.to_owned());
        }
        true => "Shard metrics are off",
        false => "No CloudWatch here",
    };
    if let SampleRun::Failed { problem, .. } = &open.sample.run {
        return (title, problem.sentence.clone());
    }
    let measured = prepared.measured.as_ref().filter(|measured| measured.is_measured());
    let Some(measured) = measured else {
        let words = match &open.sample.run {
            SampleRun::Running { .. } => "Reading the first seconds of every shard…",
            _ => "CloudWatch sees the stream as a whole. Shards can be measured by reading some of their records.",
        };
        return (title, words.to_owned());
    };
    let since = measured.since.map_or(String::new(), |since| format!(" since {}", since.hm()));
    let around = prepared.grid.half_widths().map_or(String::new(), |(least, most)| {
        let (least, most) = (format!("{:.0}", least * 100.0), format!("{:.0}", most * 100.0));
        if least == most { format!(", ±{most} points") } else { format!(", ±{least} to {most} points") }
    });
    let end = match &open.sample.run {
        SampleRun::Stopped { at } | SampleRun::Done { at } => format!(" Sampling ended at {}.", at.hm()),
        _ => String::new(),
    };
    (title, format!("Shard rows are estimates from reading the stream{since}{around}.{end}"))
}

fn buttons(ui: &mut Ui, world: &World, open: &OpenStream, out: &mut Commands) {
    let t = theme::tokens(ui);
    let shards = open.shards.get().map_or(0, |shards| shards.open_count());
    if open.has_no_shard_metrics() {
        let price = cost::dollars(cost::shard_metrics_dollars(shards));
        let metrics = SHARD_METRICS.len();
        let about = format!(
            "CloudWatch then reports {metrics} metrics of each shard, exact minutes and throttles, from then on. AWS bills them \
             as custom metrics: {} × {metrics} × ${SHARD_METRIC_DOLLARS_PER_MONTH:.2} a month.",
            format::counted(shards, "shard")
        );
        let text = format!("Enable shard metrics…  +{price}/month");
        let button = Button::new(&text).icon(icons::LOCK).icon_color(t.warn).tooltip(&about);
        if ui.add(button.kind(ButtonKind::DangerOutline)).clicked() {
            out.push(Command::Open(Dialog::Monitoring));
        }
    }
    if open.sample.run.is_running() {
        let button = Button::new("Stop sampling").icon(icons::STOP).tooltip("What was measured stays.");
        if ui.add(button).clicked() {
            out.push(Command::StopSample);
        }
    } else {
        let budget = world.settings.read_budget;
        let about = format!(
            "Reads {SECONDS_OF_EACH_MINUTE} s of each minute from every open shard until it is stopped. It takes up to {budget} of \
             the 5 reads a second that each shard allows all its polling consumers, and yields when reads are refused."
        );
        let why = if shards == 0 { Err("The shards are not listed yet.") } else { Ok(()) };
        if ui.add(Button::new("Sample now").icon(icons::EYE).tooltip(&about).enabled(why)).clicked() {
            out.push(Command::StartSample(SampleRequest::every_minute()));
        }
    }
}
