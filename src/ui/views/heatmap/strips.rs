//! What stands between toolbar and rows when something is missing, and what replaces the rows when nothing is there.

use eframe::egui::{Align2, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::banner;
use super::state::Prepared;
use crate::model::answer::Problem;
use crate::model::format;
use crate::model::sample::state::SampleRequest;
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, ProblemAction};

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
    if prepared.grid.is_sampled || !prepared.grid.has_shard_metrics {
        let strip = Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), widgets::BANNER_HEIGHT));
        banner::show(ui, strip, world, open, prepared, out);
        top = strip.bottom();
    }
    top
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
            if open.sample.run.is_running() {
                let shards = open.shards.get().map_or(0, |shards| shards.open_count());
                widgets::loading_rows(ui, "Reading records", "the first seconds of every shard", shards.clamp(1, 200), 16.0);
                return;
            }
            let hint = "This endpoint has no CloudWatch. Shards can be measured by reading some of their records: 4 s of \
                        each minute.";
            if widgets::empty(ui, icons::HEATMAP, "No metrics on this connection", hint, Some("Sample now")) {
                out.push(Command::StartSample(SampleRequest::every_minute()));
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
