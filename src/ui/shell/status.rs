//! The status bar: what runs, what it uses of AWS, the last failure, two clocks.

use eframe::egui::{Align, Align2, FontId, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::model::format;
use crate::model::world::{Link, World};
use crate::ui::command::{Command, Commands};
use crate::ui::state::UiState;
use crate::ui::theme::{fonts, icons};
use crate::ui::widgets::tag::open_ring;
use crate::ui::widgets::text::{job, paint_job};
use crate::ui::{theme, widgets};

/// The type of the status bar is one size smaller than that of the views.
fn small() -> FontId {
    FontId { size: 11.0, ..fonts::small() }
}

/// Its height.
pub const HEIGHT: f32 = 24.0;

/// Draws it.
pub fn show(ui: &mut Ui, world: &World, is_copied: bool, out: &mut Commands) {
    let rect = ui.max_rect();
    let t = theme::tokens(ui);
    ui.painter().rect_filled(rect, 0, t.bg);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, t.stroke));
    let right = clocks(ui, rect, world);
    // A very narrow window keeps the tasks and the clocks.
    let has_usage = rect.width() > 640.0;
    let used = if has_usage { usage_width(ui, world) } else { 0.0 };
    let tasks_end = tasks(ui, rect.with_max_x(right - used), world);
    let left = if has_usage { usage(ui, rect.with_min_x(tasks_end), world) } else { tasks_end };
    let room = rect.with_min_x(left).with_max_x(right);
    if is_copied {
        copied(ui, room);
    } else {
        last_problem(ui, room, world, out);
    }
}

/// How long the word `copied` stands, in seconds.
const COPIED_SECONDS: f64 = 2.0;

/// Whether text was put on the clipboard just now. Asks for the one frame in which the word goes away.
pub fn is_copied(ui: &Ui, state: &mut UiState) -> bool {
    let Some(at) = state.copied_at else { return false };
    let left = COPIED_SECONDS - (ui.input(|input| input.time) - at);
    if left <= 0.0 {
        state.copied_at = None;
        return false;
    }
    ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(left));
    true
}

fn copied(ui: &Ui, room: Rect) {
    let t = theme::tokens(ui);
    let area = room.with_min_x((room.right() - 170.0).max(room.left()));
    let response = ui.interact(area, ui.scope_id().with("copied"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, "Copied to the clipboard"));
    let line = job(&[(icons::CHECK, fonts::icon(12.0), t.ok), ("  Copied to the clipboard", small(), t.strong)]);
    paint_job(ui.painter(), area.with_max_x(room.right() - 12.0), Align::Max, line);
}

/// Paints one cell with a line behind it; gives back its right edge.
fn cell(ui: &Ui, rect: Rect, left: f32, job: eframe::egui::text::LayoutJob, name: &str) -> f32 {
    let t = theme::tokens(ui);
    let galley = ui.painter().layout_job(job);
    let width = galley.size().x + 24.0;
    let area = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
    let response = ui.interact(area, ui.scope_id().with(name), Sense::hover());
    let text = galley.text().to_owned();
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    ui.painter().galley(pos2(left + 12.0, (rect.center().y - galley.size().y / 2.0).round()), galley, t.weak);
    ui.painter().vline(area.right() - 0.5, rect.y_range(), Stroke::new(1.0, t.stroke));
    area.right()
}

fn clocks(ui: &Ui, rect: Rect, world: &World) -> f32 {
    let t = theme::tokens(ui);
    let format = if world.is_resting { "%H:%M" } else { "%H:%M:%S" };
    let local = world.now.strftime(format, &world.zone);
    let zone = world.now.strftime("%Z", &world.zone);
    let utc = world.now.strftime(format, &jiff::tz::TimeZone::UTC);
    let part = |clock: &str, zone: &str, is_first: bool| {
        let font = if is_first { fonts::value_strong() } else { fonts::value() };
        let color = if is_first { t.strong } else { t.weak };
        let size = |mut font: eframe::egui::FontId| {
            font.size = 11.0;
            font
        };
        job(&[(clock, size(font), color), ("  ", fonts::dense(), t.weak), (zone, fonts::dense(), t.weak)])
    };
    let mut jobs = vec![(part(&utc, "UTC", true), "utc")];
    // A second clock that says the same would only take room.
    if local != utc {
        jobs.push((part(&local, &zone, false), "local"));
    }
    let width: f32 = jobs.iter().map(|(job, _)| ui.painter().layout_job(job.clone()).size().x + 24.0).sum();
    let start = rect.right() - width;
    ui.painter().vline(start - 0.5, rect.y_range(), Stroke::new(1.0, t.stroke));
    let mut left = start;
    for (job, name) in jobs {
        left = cell(ui, rect, left, job, name);
    }
    start
}

fn usage_jobs(ui: &Ui, world: &World) -> [(eframe::egui::text::LayoutJob, &'static str); 2] {
    let t = theme::tokens(ui);
    let mono = |strong: bool| {
        let mut font = if strong { fonts::value_strong() } else { fonts::value() };
        font.size = 11.0;
        font
    };
    let calls = format::grouped(world.meters.calls_per_minute as i64);
    let dollars = format!("${:.3}", world.meters.dollars);
    [
        (
            job(&[
                ("API  ", fonts::caption(), t.weak),
                (&calls, mono(true), t.text),
                ("  /min", fonts::caption(), t.weak),
            ]),
            "api",
        ),
        (
            job(&[
                ("CloudWatch  ", fonts::caption(), t.weak),
                (&dollars, mono(true), t.text),
                ("  this session", fonts::caption(), t.weak),
            ]),
            "cloudwatch",
        ),
    ]
}

fn usage_width(ui: &Ui, world: &World) -> f32 {
    usage_jobs(ui, world).into_iter().map(|(job, _)| ui.painter().layout_job(job).size().x + 24.0).sum()
}

fn usage(ui: &Ui, rect: Rect, world: &World) -> f32 {
    let mut left = rect.left();
    for (job, name) in usage_jobs(ui, world) {
        left = cell(ui, rect, left, job, name);
    }
    left
}

fn tasks(ui: &mut Ui, room: Rect, world: &World) -> f32 {
    let t = theme::tokens(ui);
    let texts: Vec<&str> = world.tasks.iter().take(3).map(|task| task.text.as_str()).collect();
    let joined = texts.join(" · ");
    let (head, rest) = match (&world.link, world.tasks.len()) {
        (Link::Connected(_), 0) => ("idle".to_owned(), String::new()),
        (Link::Connected(_), 1) => ("1 task".to_owned(), joined),
        (Link::Connected(_), count) => (format!("{count} tasks"), joined),
        (Link::Connecting { .. }, _) => ("connecting".to_owned(), joined),
        _ => ("not connected".to_owned(), joined),
    };
    let is_busy = !world.tasks.is_empty() || matches!(world.link, Link::Connecting { .. });
    let glyph = pos2(room.left() + 17.0, room.center().y);
    let painter = ui.painter().clone();
    if is_busy {
        open_ring(&painter, glyph, 4.0, t.accent);
    } else {
        painter.circle_stroke(glyph, 2.5, Stroke::new(1.0, t.faint));
    }
    let progress = world.tasks.iter().find_map(|task| task.progress);
    let bar = if progress.is_some() { 62.0 } else { 0.0 };
    let line = job(&[
        (&head, fonts::caption(), if is_busy { t.strong } else { t.weak }),
        ("  ", small(), t.weak),
        (&rest, small(), t.weak),
    ]);
    let area = Rect::from_min_max(pos2(room.left() + 29.0, room.top()), pos2(room.right() - bar - 16.0, room.bottom()));
    let shown = paint_job(&painter, area, Align::Min, line);
    let mut right = shown.right() + 12.0;
    if let Some(progress) = progress {
        let track = Rect::from_min_size(pos2(shown.right() + 8.0, room.center().y - 2.0), vec2(54.0, 4.0));
        painter.rect_filled(track, 1, t.stroke);
        let done = track.width() * progress.clamp(0.0, 1.0);
        painter.rect_filled(Rect::from_min_size(track.min, vec2(done, 4.0)), 1, t.accent);
        right = track.right() + 12.0;
    }
    let response = ui.interact(room.with_max_x(right), ui.scope_id().with("tasks"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, format!("{head} {rest}")));
    if world.tasks.len() > 1 || shown.width() >= area.width() - 2.0 {
        let all: Vec<&str> = world.tasks.iter().map(|task| task.text.as_str()).collect();
        response.on_hover_text(all.join("\n"));
    }
    painter.vline(right - 0.5, room.y_range(), Stroke::new(1.0, t.stroke));
    right
}

fn last_problem(ui: &mut Ui, room: Rect, world: &World, out: &mut Commands) {
    let Some((problem, at)) = &world.last_problem else { return };
    let t = theme::tokens(ui);
    let text = if problem.operation.is_empty() {
        format!("{} {}", at.hms(), problem.sentence)
    } else {
        format!("{} {}: {}", at.hms(), problem.operation, problem.sentence)
    };
    let width = widgets::text_width(ui.painter(), &text, small()) + 40.0;
    if room.width() < 80.0 {
        return;
    }
    let area = room.with_min_x((room.right() - width).max(room.left() + 1.0));
    let response = ui.interact(area, ui.scope_id().with("last problem"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Last problem {text}")));
    let painter = ui.painter();
    painter.vline(area.left() + 0.5, room.y_range(), Stroke::new(1.0, t.stroke));
    painter.text(
        pos2(area.left() + 12.0, area.center().y),
        Align2::LEFT_CENTER,
        icons::WARNING,
        fonts::icon(13.0),
        t.warn,
    );
    let words = Rect::from_min_max(pos2(area.left() + 30.0, area.top()), pos2(area.right() - 8.0, area.bottom()));
    let color = if response.hovered() { t.strong } else { t.weak };
    widgets::paint_elided(painter, words, Align::Min, &text, small(), color);
    if response.on_hover_text(format!("{}\nClick to copy.", problem.sentence)).clicked() {
        out.push(Command::Copy(text));
    }
}
