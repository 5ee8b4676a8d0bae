//! The lower part: the course of the run and its counts.

use eframe::egui::{Align, Align2, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::controls::{area, percent};
use crate::model::format;
use crate::model::generator::run::{GeneratorEnd, GeneratorRun};
use crate::model::limits::WARN_SHARE;
use crate::model::time::Timestamp;
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets;

/// Width of the counts.
const COUNTS: f32 = 336.0;

/// `2:14`, from an hour on `1:02:14`.
pub(super) fn clock(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{rest:02}") } else { format!("{minutes}:{rest:02}") }
}

/// Draws it.
pub(super) fn show(ui: &mut Ui, run: &GeneratorRun, now: Timestamp) {
    let t = theme::tokens(ui);
    let whole = ui.max_rect();
    let split = whole.right() - COUNTS;
    ui.painter().vline(split, whole.y_range(), Stroke::new(1.0, t.stroke));
    let left = Rect::from_min_max(whole.min + vec2(16.0, 10.0), pos2(split - 16.0, whole.bottom() - 8.0));
    heading(ui, t, left.with_max_y(left.top() + 20.0), run, now);
    let plot = Rect::from_min_max(pos2(left.left(), left.top() + 28.0), pos2(left.right(), left.bottom() - 40.0));
    course(ui, t, plot, run, now);
    axis(ui.painter(), t, plot, run);
    note(ui, t, left.with_min_y(left.bottom() - 18.0), run);
    counts(ui, t, Rect::from_min_max(pos2(split, whole.top()), whole.max), run);
}

fn heading(ui: &Ui, t: &Tokens, head: Rect, run: &GeneratorRun, now: Timestamp) {
    let (icon, color, word) = match &run.end {
        None => (icons::BUSY, t.accent, "Running"),
        Some(GeneratorEnd::Done) => (icons::CHECK, t.ok, "Done"),
        Some(GeneratorEnd::Stopped) => (icons::STOP, t.warn, "Stopped"),
        Some(GeneratorEnd::Bound(_)) => (icons::STOP, t.warn, "Stopped by itself"),
        Some(GeneratorEnd::Failed(_)) => (icons::ERROR, t.crit, "Failed"),
    };
    let at = clock(run.elapsed(now));
    let of = clock(run.seconds);
    let response = ui.interact(head, ui.make_persistent_id("generator state"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, format!("Generator: {word}, {at} of {of}")));
    let painter = ui.painter();
    painter.text(head.left_center(), Align2::LEFT_CENTER, icon, fonts::icon(13.0), color);
    let left = head.left_center() + vec2(20.0, 0.0);
    let word = painter.text(left, Align2::LEFT_CENTER, word, fonts::small_strong(), t.strong);
    let next = pos2(word.right() + 10.0, head.center().y);
    let at = painter.text(next, Align2::LEFT_CENTER, at, fonts::value_strong(), t.strong);
    let next = pos2(at.right() + 6.0, head.center().y);
    painter.text(next, Align2::LEFT_CENTER, format!("of {of}"), fonts::value(), t.weak);
    let hottest = run.hottest().map_or(String::new(), |shard| format!(" {}", shard.shard.id.short()));
    let mut right = head.right();
    for (words, color) in [
        ("throttled".to_owned(), t.throttle),
        (format!("hottest shard{hottest}, %"), t.warn),
        ("sent rec/s".to_owned(), t.s1),
    ] {
        let at = painter.text(pos2(right, head.center().y), Align2::RIGHT_CENTER, words, fonts::small(), t.text);
        let y = head.center().y;
        painter.hline(at.left() - 16.0..=at.left() - 6.0, y, Stroke::new(2.0, color));
        right = at.left() - 28.0;
    }
}

/// The scales: the rate up to a third above its target, loads up to a little above the limit.
fn tops(run: &GeneratorRun) -> (f64, f64) {
    let fastest = run.course.rates().map(|(_, rate)| rate).fold(0.0, f64::max);
    let hottest = run.course.points().iter().map(|point| point.hottest).fold(0.0, f64::max);
    ((run.target_records_per_sec * 1.35).max(fastest * 1.1).max(1.0), hottest.max(1.0) * 1.06)
}

fn course(ui: &Ui, t: &Tokens, plot: Rect, run: &GeneratorRun, now: Timestamp) {
    let painter = ui.painter_at(plot.expand(1.0));
    painter.rect_filled(plot, 2, t.inset);
    let span = run.seconds.max(run.elapsed(now)).max(1.0);
    let x = |seconds: f64| plot.left() + (seconds / span).clamp(0.0, 1.0) as f32 * plot.width();
    let (most, fullest) = tops(run);
    let y = |share: f64| plot.bottom() - share.clamp(0.0, 1.0) as f32 * plot.height();
    for tick in 1..5 {
        painter.vline(x(span * f64::from(tick) / 5.0), plot.y_range(), Stroke::new(1.0, t.stroke_weak));
    }
    let target = y(run.target_records_per_sec / most);
    let dashes = [pos2(plot.left(), target), pos2(plot.right(), target)];
    painter.extend(Shape::dashed_line(&dashes, Stroke::new(1.0, t.weak), 3.0, 3.0));
    let words = format!("target {} rec/s", format::grouped(run.target_records_per_sec.round() as i64));
    let at = pos2(plot.right() - 4.0, target - 2.0);
    painter.text(at, Align2::RIGHT_BOTTOM, words, fonts::caption(), t.weak);
    let sent: Vec<Pos2> = std::iter::once(pos2(plot.left(), plot.bottom()))
        .chain(run.course.rates().map(|(upto, rate)| pos2(x(upto), y(rate / most))))
        .collect();
    area(&painter, &sent, plot.bottom(), t.s1);
    let loads: Vec<Pos2> =
        run.course.points().iter().map(|point| pos2(x(point.upto), y(point.hottest / fullest))).collect();
    throttles(&painter, t, plot, run, &x);
    painter.line(loads.clone(), Stroke::new(1.3, t.warn));
    if let Some(cap) = run.cap {
        painter.hline(plot.x_range(), y(cap / fullest), Stroke::new(1.0, t.strong));
        let at = pos2(plot.right() - 4.0, y(cap / fullest) + 2.0);
        painter.text(at, Align2::RIGHT_TOP, format!("cap {}", percent(cap)), fonts::caption(), t.strong);
    }
    if let (Some(sent), None) = (sent.last(), &run.end) {
        painter.vline(sent.x, plot.y_range(), Stroke::new(1.2, t.s1));
        painter.circle_filled(*sent, 2.5, t.s1);
    }
    if let Some(load) = loads.last() {
        painter.circle_filled(*load, 2.5, t.warn);
    }
    let response = ui.interact(plot, ui.make_persistent_id("generator course"), Sense::hover());
    response.widget_info(|| {
        let rate = format::grouped(run.records_per_sec.round() as i64);
        WidgetInfo::labeled(Role::Image, true, format!("Course of the generator: {rate} records a second now"))
    });
}

fn throttles(painter: &Painter, t: &Tokens, plot: Rect, run: &GeneratorRun, x: &impl Fn(f64) -> f32) {
    let most = run.course.points().iter().map(|point| point.throttled).max().unwrap_or_default().max(1);
    for point in run.course.points().iter().filter(|point| point.throttled > 0) {
        let height = (point.throttled as f32 / most as f32 * plot.height() * 0.22).max(4.0);
        let bar =
            Rect::from_min_max(pos2(x(point.upto) - 2.0, plot.bottom() - height), pos2(x(point.upto), plot.bottom()));
        painter.rect_filled(bar, 0, t.throttle);
    }
}

fn axis(painter: &Painter, t: &Tokens, plot: Rect, run: &GeneratorRun) {
    for tick in 0..=5u8 {
        let share = f32::from(tick) / 5.0;
        let align = match tick {
            0 => Align2::LEFT_TOP,
            5 => Align2::RIGHT_TOP,
            _ => Align2::CENTER_TOP,
        };
        let at = pos2(plot.left() + plot.width() * share, plot.bottom() + 3.0);
        painter.text(at, align, clock(run.seconds * f64::from(share)), fonts::dense(), t.weak);
    }
}

fn note(ui: &Ui, t: &Tokens, line: Rect, run: &GeneratorRun) {
    let throttled: u64 = run.shards.iter().map(|shard| shard.throttled).sum();
    let worst = run.shards.iter().max_by_key(|shard| shard.throttled);
    let (icon, color, words) = match (&run.end, worst) {
        (Some(GeneratorEnd::Bound(why) | GeneratorEnd::Failed(why)), _) => (icons::WARNING, t.warn, why.clone()),
        _ if run.missed_seconds > 0.5 => {
            let seconds = format!("{:.1}", run.missed_seconds);
            (icons::WARNING, t.warn, format!("Too slow for the rate: {seconds} s of the schedule were given up."))
        }
        (_, Some(worst)) if throttled > 0 => {
            let counts = (format::grouped(throttled as i64), format::grouped(worst.throttled as i64));
            let words = format!(
                "{} refused and sent again, {} of them on {}. Refusals below the cap are bursts inside a second.",
                counts.0,
                counts.1,
                worst.shard.id.short()
            );
            (icons::THROTTLED, t.throttle, words)
        }
        _ => (
            icons::INFO,
            t.weak,
            format!("Nothing was refused. With seed {} the same records can be made again.", run.seed),
        ),
    };
    let response = ui.interact(line, ui.make_persistent_id("generator says"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &words));
    ui.painter().text(line.left_center(), Align2::LEFT_CENTER, icon, fonts::icon(13.0), color);
    let place = line.with_min_x(line.left() + 20.0);
    widgets::paint_elided(ui.painter(), place, Align::Min, &words, fonts::small(), t.text);
}

fn counts(ui: &Ui, t: &Tokens, area: Rect, run: &GeneratorRun) {
    let number = |count: u64| format::grouped(count as i64);
    let attempts = run.sent.records + run.retries + run.failed + run.unknown;
    let of_attempts = match run.retries {
        0 => "none".to_owned(),
        retries => format!("{:.2} %", retries as f64 * 100.0 / attempts.max(1) as f64),
    };
    let hottest = run.hottest();
    let load = hottest.map_or(0.0, |shard| shard.load);
    let cap = run.cap.map_or("no cap".to_owned(), |cap| format!("cap {}", percent(cap)));
    let failed =
        if run.unknown > 0 { format!("{} unknown", number(run.unknown)) } else { "refused for good".to_owned() };
    let p99 = run.call_p99.map_or("—".to_owned(), |p99| format!("{} ms", number(p99.0.unsigned_abs())));
    let figures = [
        (
            "Sent",
            number(run.sent.records),
            format!(
                "{} rec/s, {} MiB/s",
                number(run.records_per_sec.round() as u64),
                format::mib_per_sec(run.bytes_per_sec)
            ),
            t.strong,
        ),
        (
            "Throttled, retried",
            number(run.retries),
            format!("{of_attempts} of attempts"),
            if run.retries > 0 { t.throttle } else { t.strong },
        ),
        ("Failed", number(run.failed), failed, if run.failed > 0 { t.crit } else { t.strong }),
        (
            if run.end.is_none() { "Hottest now" } else { "Hottest at the end" },
            percent(load),
            hottest.map_or(cap.clone(), |shard| format!("{}, {cap}", shard.shard.id.short())),
            if load >= WARN_SHARE.min(run.cap.unwrap_or(1.0) - 0.05) { t.warn } else { t.strong },
        ),
        ("PutRecords p99", p99, format::counted(run.calls, "call") + " in flight", t.strong),
        ("Cost so far", format!("${:.3}", run.dollars()), format!("{} PUT units", number(run.units)), t.strong),
    ];
    let cell = vec2(area.width() / 2.0, area.height() / 3.0);
    for (at, (name, figure, detail, color)) in figures.iter().enumerate() {
        let min = area.min + vec2((at % 2) as f32 * cell.x, (at / 2) as f32 * cell.y);
        let place = Rect::from_min_size(min, cell).shrink2(vec2(16.0, 8.0));
        let response = ui.interact(place, ui.make_persistent_id(("count", at)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name} {figure}, {detail}")));
        let painter = ui.painter_at(place.expand(4.0));
        let named = painter.text(place.left_top(), Align2::LEFT_TOP, name, fonts::small(), t.weak);
        let figure =
            painter.text(named.left_bottom() + vec2(0.0, 1.0), Align2::LEFT_TOP, figure, fonts::figure(), *color);
        let under = Rect::from_min_size(figure.left_bottom() + vec2(0.0, 1.0), vec2(place.width(), 15.0));
        widgets::paint_elided(&painter, under, Align::Min, detail, fonts::small(), t.weak);
        if at % 2 == 0 && at > 0 {
            let y = area.top() + (at / 2) as f32 * cell.y;
            ui.painter().hline(area.x_range(), y, Stroke::new(1.0, t.stroke_weak));
        }
    }
}
