//! The banner over the rows where CloudWatch has no figures of shards: what they are estimated from instead, and what can be
//! done about it.

use eframe::egui::{Align, Align2, Layout, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::state::Prepared;
use crate::model::cost;
use crate::model::format;
use crate::model::limits::{SHARD_METRIC_DOLLARS_PER_MONTH, SHARD_METRICS};
use crate::model::sample::state::{SECONDS_OF_EACH_MINUTE, SampleRequest, SampleRun};
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, ButtonKind};

/// Its height.
pub const HEIGHT: f32 = 43.0;

/// Draws it into `area`.
pub fn show(ui: &mut Ui, area: Rect, world: &World, open: &OpenStream, prepared: &Prepared, out: &mut Commands) {
    let t = theme::tokens(ui);
    let (title, words) = words(world, open, prepared);
    let response = ui.interact(area, ui.scope_id().with("shard metrics"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, format!("{title}. {words}")));
    let painter = ui.painter();
    painter.rect_filled(area, 0, t.warn_dim);
    painter.rect_filled(Rect::from_min_size(area.min, vec2(3.0, area.height())), 0, t.warn);
    painter.hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let inner = area.shrink2(vec2(12.0, 0.0));
    let builder = UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)).id_salt("banner");
    let left = ui
        .scope_builder(builder, |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            buttons(ui, world, open, out);
            ui.min_rect().left()
        })
        .inner;
    let painter = ui.painter();
    let middle = area.center().y;
    painter.text(pos2(area.left() + 16.0, middle), Align2::LEFT_CENTER, icons::WARNING, fonts::icon(15.0), t.warn);
    let at = pos2(area.left() + 40.0, middle);
    let shown = painter.text(at, Align2::LEFT_CENTER, title, fonts::body_strong(), t.strong);
    let rest = Rect::from_min_max(pos2(shown.right() + 10.0, area.top()), pos2(left - 12.0, area.bottom()));
    widgets::paint_elided(painter, rest, Align::Min, &words, fonts::body(), t.text);
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
