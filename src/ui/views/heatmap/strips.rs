//! What stands between toolbar and rows when something is missing, and what replaces the rows when nothing is there.

use eframe::egui::{
    Align, Align2, Layout, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::state::Prepared;
use crate::model::answer::Problem;
use crate::model::format;
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands, Tab};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, ProblemAction};

/// Height of the banner about shard metrics.
const BANNER_HEIGHT: f32 = 43.0;
/// Height of the strip about old figures.
const STALE_HEIGHT: f32 = 30.0;

/// Draws what must be said before the rows; gives back where the rows begin.
pub fn show(ui: &mut Ui, area: Rect, world: &World, open: &OpenStream, prepared: &Prepared, out: &mut Commands) -> f32 {
    let mut top = area.top();
    if let Some((problem, _)) = open.metrics.problem.as_ref() {
        let strip = Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), STALE_HEIGHT));
        stale(ui, strip, world, open, problem, out);
        top = strip.bottom();
    }
    if !prepared.grid.has_shard_metrics {
        let strip = Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), BANNER_HEIGHT));
        shard_metrics_banner(ui, strip, open, out);
        top = strip.bottom();
    }
    top
}

/// Says that only the stream as a whole has figures, and how that is changed.
fn shard_metrics_banner(ui: &mut Ui, area: Rect, open: &OpenStream, out: &mut Commands) {
    let t = theme::tokens(ui);
    let is_on = open.summary.get().is_some_and(|summary| summary.has_shard_metric("IncomingBytes"));
    let (title, words) = if is_on {
        ("No shard figures yet", "Enhanced monitoring is on; CloudWatch takes a few minutes to report the first ones.")
    } else {
        ("Shard metrics are off", "Without enhanced monitoring CloudWatch sees the stream as a whole, not its shards.")
    };
    let response = ui.interact(area, ui.scope_id().with("shard metrics"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, format!("{title}. {words}")));
    let painter = ui.painter();
    painter.rect_filled(area, 0, t.warn_dim);
    painter.rect_filled(Rect::from_min_size(area.min, vec2(3.0, area.height())), 0, t.warn);
    painter.hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    let middle = area.center().y;
    painter.text(pos2(area.left() + 16.0, middle), Align2::LEFT_CENTER, icons::WARNING, fonts::icon(15.0), t.warn);
    let left = pos2(area.left() + 40.0, middle);
    let shown = painter.text(left, Align2::LEFT_CENTER, title, fonts::body_strong(), t.strong);
    let button = if is_on { 0.0 } else { 150.0 };
    let rest = Rect::from_min_max(pos2(shown.right() + 10.0, area.top()), area.max - vec2(button + 12.0, 0.0));
    widgets::paint_elided(painter, rest, Align::Min, words, fonts::body(), t.text);
    if !is_on {
        let command = format!(
            "aws kinesis enable-enhanced-monitoring --stream-name {} --shard-level-metrics ALL",
            open.name.as_str()
        );
        let area = area.shrink2(vec2(12.0, 0.0));
        let builder = UiBuilder::new().max_rect(area).layout(Layout::right_to_left(Align::Center));
        ui.scope_builder(builder, |ui| {
            let button = Button::new("Copy CLI command")
                .icon(icons::COPY)
                .tooltip("Switches shard metrics on. AWS bills them as custom metrics, seven for each shard.");
            if ui.add(button).clicked() {
                out.push(Command::Copy(command));
            }
        });
    }
}

/// Says that what is shown is old, and why.
fn stale(ui: &mut Ui, area: Rect, world: &World, open: &OpenStream, problem: &Problem, out: &mut Commands) {
    let age = open.metrics.age_at(world.now).map_or(format::UNKNOWN.to_owned(), format::duration);
    ui.scope_builder(UiBuilder::new().max_rect(area), |ui| {
        if widgets::stale_strip(ui, &age, &problem.sentence, "Retry") {
            out.push(Command::Refresh);
        }
    });
}

/// Stands in for the rows while there are no figures at all.
pub fn instead_of_rows(ui: &mut Ui, area: Rect, world: &World, open: &OpenStream, out: &mut Commands) {
    ui.scope_builder(UiBuilder::new().max_rect(area), |ui| {
        if world.connection().is_some_and(|connection| !connection.has_cloudwatch) {
            let hint = "The heatmap is drawn from CloudWatch, and this endpoint has none. The records themselves can \
                        be read.";
            if widgets::empty(ui, icons::HEATMAP, "No metrics on this connection", hint, Some("Tail this stream")) {
                out.push(Command::GoTab(Tab::Tail));
            }
        } else if let Some((problem, _)) = &open.metrics.problem {
            if widgets::problem(ui, "Cannot read metrics", problem, out) == ProblemAction::Retry {
                out.push(Command::Refresh);
            }
        } else {
            let shards = open.shards.get().map_or(0, |shards| shards.open_count());
            let detail = match shards {
                0 => "from CloudWatch, the last hour".to_owned(),
                1 => "1 shard, from CloudWatch, the last hour".to_owned(),
                count => format!("{} shards, from CloudWatch, the last hour", format::grouped(count as i64)),
            };
            let rows = if shards == 0 { 12 } else { shards.min(200) };
            widgets::loading_rows(ui, "Loading metrics", &detail, rows, 16.0);
        }
    });
}

/// A box over hatched cells that says why all of them are.
pub fn nothing_reported(ui: &mut Ui, cells: Rect, title: &str, words: &str) {
    let t = theme::tokens(ui);
    let width = widgets::text_width(ui.painter(), words, fonts::small()).max(200.0) + 44.0;
    let rect = Rect::from_center_size(cells.center(), vec2(width.round(), 54.0));
    let response = ui.interact(rect, ui.scope_id().with("nothing reported"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, format!("{title}. {words}")));
    let painter = ui.painter();
    painter.rect(rect, 5, t.panel, Stroke::new(1.0, t.stroke), StrokeKind::Inside);
    let left = rect.left() + 12.0;
    painter.text(pos2(left, rect.top() + 18.0), Align2::LEFT_CENTER, icons::CLOCK, fonts::icon(14.0), t.weak);
    let x = left + 20.0;
    painter.text(pos2(x, rect.top() + 18.0), Align2::LEFT_CENTER, title, fonts::body_strong(), t.strong);
    painter.text(pos2(x, rect.top() + 37.0), Align2::LEFT_CENTER, words, fonts::small(), t.weak);
}
