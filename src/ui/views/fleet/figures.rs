//! Above the table: four figures, and a line for each problem with what it is, since when, and where to see it.

use eframe::egui::{Align, Color32, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::facts::{FleetFacts, Totals};
use crate::model::format;
use crate::model::health::{Cause, Finding, FleetRow, Severity};
use crate::model::sentence::Sentence;
use crate::model::time::{Millis, Timestamp};
use crate::model::verdict::VerdictKind;
use crate::model::world::World;
use crate::ui::command::{Command, Commands, Place, Tab};
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::text::{job, paint_job, sentence_job};
use crate::ui::widgets::{self, Button};

const HEIGHT: f32 = 88.0;
const PROBLEM: f32 = 34.0;
/// More problems than this scroll.
const PROBLEMS_SHOWN: usize = 5;

enum Chart<'a> {
    None,
    Bars(&'a [Option<f64>]),
    Line(&'a [Option<f64>]),
}

struct Figure<'a> {
    label: String,
    value: String,
    unit: String,
    detail: Vec<(String, bool)>,
    color: Color32,
    chart: Chart<'a>,
    chart_color: Color32,
}

/// The four figures in one strip.
pub fn strip(ui: &mut Ui, facts: &FleetFacts) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let figures =
        [attention(t, facts), throttled(t, &facts.totals), furthest(t, &facts.totals), incoming(t, &facts.totals)];
    let mut left = rect.left();
    for (figure, share) in figures.iter().zip([0.2, 0.26, 0.278, 0.262_f32]) {
        let width = (rect.width() * share).round();
        let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(width.min(rect.right() - left), HEIGHT));
        figure_ui(ui, cell, figure);
        left = cell.right();
        if left < rect.right() - 8.0 {
            ui.painter().vline(left - 0.5, rect.y_range(), Stroke::new(1.0, t.stroke));
        }
    }
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
}

fn figure_ui(ui: &Ui, cell: Rect, figure: &Figure<'_>) {
    let t = theme::tokens(ui);
    let response = ui.interact(cell, ui.scope_id().with(("figure", &figure.label)), Sense::hover());
    let detail: String = figure.detail.iter().map(|(text, _)| text.as_str()).collect();
    let name = format!("{} {} {} {detail}", figure.label, figure.value, figure.unit);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
    let painter = ui.painter();
    let chart_width = if matches!(figure.chart, Chart::None) || cell.width() < 260.0 { 0.0 } else { 92.0 };
    let inner = Rect::from_min_max(pos2(cell.left() + 18.0, cell.top()), pos2(cell.right() - 16.0, cell.bottom()));
    let line = |middle: f32, right: f32| {
        Rect::from_min_max(
            pos2(inner.left(), cell.top() + middle - 14.0),
            pos2(inner.right() - right, cell.top() + middle + 14.0),
        )
    };
    widgets::paint_elided(painter, line(19.0, 0.0), Align::Min, &figure.label, fonts::caption(), t.weak);
    let value =
        widgets::paint_elided(painter, line(44.0, 0.0), Align::Min, &figure.value, fonts::figure(), figure.color);
    let unit = Rect::from_min_max(
        pos2(value.right() + 6.0, cell.top() + 34.0),
        pos2(inner.right() - chart_width, cell.top() + 62.0),
    );
    widgets::paint_elided(painter, unit, Align::Min, &figure.unit, fonts::small(), t.weak);
    let parts: Vec<_> = figure
        .detail
        .iter()
        .map(|(text, strong)| {
            let (font, color) = if *strong { (fonts::small_medium(), t.strong) } else { (fonts::small(), t.weak) };
            (text.as_str(), font, color)
        })
        .collect();
    let shown = paint_job(painter, line(69.0, chart_width), Align::Min, job(&parts));
    let chart =
        Rect::from_min_max(pos2(inner.right() - 90.0, cell.top() + 44.0), pos2(inner.right(), cell.top() + 76.0));
    if chart_width > 0.0 && shown.right() < chart.left() {
        match figure.chart {
            Chart::None => {}
            Chart::Bars(values) => {
                painter.hline(chart.x_range(), chart.bottom() - 0.5, Stroke::new(1.0, t.stroke));
                widgets::stacked_bars(painter, chart, values, None, figure.chart_color);
            }
            Chart::Line(values) => widgets::sparkline(painter, chart, values, None, figure.chart_color),
        }
    }
}

fn attention(t: &Tokens, facts: &FleetFacts) -> Figure<'static> {
    let totals = &facts.totals;
    let count = totals.critical + totals.warning;
    let mut parts = Vec::new();
    for (count, word) in [(totals.critical, "critical"), (totals.warning, "warning")] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let color = match (totals.critical, totals.warning) {
        (0, 0) => t.strong,
        (0, _) => t.warn,
        _ => t.crit,
    };
    Figure {
        label: "Needs attention".to_owned(),
        value: count.to_string(),
        unit: format!("of {} streams", format::grouped(facts.streams.len() as i64)),
        detail: vec![(if parts.is_empty() { none_words(facts) } else { parts.join(", ") }, false)],
        color,
        chart: Chart::None,
        chart_color: t.s2,
    }
}

/// What to say where no stream is in trouble; a stream without figures is not called fine.
fn none_words(facts: &FleetFacts) -> String {
    let unknown = facts.streams.iter().filter(|facts| facts.severity == Severity::Unknown).count();
    match unknown {
        0 => "all within their limits".to_owned(),
        unknown => format!("{unknown} without figures"),
    }
}

fn throttled<'a>(t: &Tokens, totals: &'a Totals) -> Figure<'a> {
    let sum = totals.throttled_sum;
    let streams = match totals.throttled_streams {
        1 => "1 stream".to_owned(),
        count => format!("{count} streams"),
    };
    let detail = match (sum, totals.throttled_since) {
        (None, _) => "no figures".to_owned(),
        (_, Some(since)) => format!("{streams}, since {}", since.hm()),
        _ => "nothing was refused".to_owned(),
    };
    let is_bad = sum.is_some_and(|sum| sum > 0.0);
    Figure {
        label: format!("Throttled writes, last {}", window_words(totals.minutes)),
        value: sum.map_or(format::UNKNOWN.to_owned(), |sum| format::grouped(sum as i64)),
        unit: "records".to_owned(),
        detail: vec![(detail, false)],
        color: if is_bad { t.throttle } else { t.strong },
        chart: if is_bad { Chart::Bars(&totals.throttled) } else { Chart::None },
        chart_color: t.throttle,
    }
}

fn furthest<'a>(t: &Tokens, totals: &'a Totals) -> Figure<'a> {
    let Some((name, age, series)) = &totals.furthest else {
        return Figure {
            label: "Furthest behind".to_owned(),
            value: format::UNKNOWN.to_owned(),
            unit: "iterator age".to_owned(),
            detail: vec![("no reader reports one".to_owned(), false)],
            color: t.strong,
            chart: Chart::None,
            chart_color: t.s2,
        };
    };
    let color = super::age_color(t, *age).unwrap_or(t.strong);
    Figure {
        label: "Furthest behind".to_owned(),
        value: format::duration(Millis(*age as i64)),
        unit: "iterator age".to_owned(),
        detail: vec![("a reader of ".to_owned(), false), (name.to_string(), true)],
        color,
        chart: Chart::Line(series),
        chart_color: if color == t.strong { t.s2 } else { color },
    }
}

fn incoming<'a>(t: &Tokens, totals: &'a Totals) -> Figure<'a> {
    let detail = match totals.incoming_now {
        Some(now) if totals.capacity > 0.0 => format!(
            "{} of {} MiB/s capacity",
            format::percent(now / totals.capacity).replace('%', " %"),
            format::grouped(i64::from(totals.shards))
        ),
        Some(_) => String::new(),
        None => "no figures".to_owned(),
    };
    Figure {
        label: "Incoming now".to_owned(),
        value: totals.incoming_now.map_or(format::UNKNOWN.to_owned(), format::mib_per_sec),
        unit: "MiB/s".to_owned(),
        detail: vec![(detail, false)],
        color: t.strong,
        chart: Chart::Line(&totals.incoming),
        chart_color: t.s2,
    }
}

/// `hour`, `15 min`, `3 hours`.
pub fn window_words(minutes: usize) -> String {
    match minutes {
        60 => "hour".to_owned(),
        minutes if minutes > 60 && minutes.is_multiple_of(60) => format!("{} hours", minutes / 60),
        minutes => format!("{minutes} min"),
    }
}

/// A line for each stream that needs attention, worst first.
pub fn problems(ui: &mut Ui, facts: &FleetFacts, world: &World, out: &mut Commands) {
    let Some(fleet) = facts.fleet() else { return };
    let count = facts.totals.critical + facts.totals.warning;
    if count == 0 {
        return;
    }
    // Rows come worst first, so those in trouble are the first ones.
    let shown = count.min(PROBLEMS_SHOWN);
    let height = (PROBLEM * shown as f32).min((ui.available_height() * 0.45).max(PROBLEM));
    let area = ScrollArea::vertical().id_salt("problems").max_height(height).auto_shrink([false, true]);
    area.show_rows(ui, PROBLEM, count, |ui, rows| {
        for row in fleet.rows.get(rows).unwrap_or_default() {
            if let Some(finding) = row.health.findings.first() {
                let sampled = world
                    .sampled_verdict(&row.name)
                    .filter(|verdict| verdict.shard.is_some() && verdict.shard == finding.shard);
                let sentence = sampled.map_or(&finding.sentence, |verdict| &verdict.sentence);
                // The keys of a stream that is left are forgotten; what they said is not.
                let has_keys = world.open.as_ref().is_some_and(|open| open.name == row.name)
                    && sampled.is_some_and(|verdict| verdict.kind == VerdictKind::HotKey);
                let target = if has_keys { ("Show keys", Tab::Keys) } else { target(finding) };
                problem_line(ui, (row, finding, sentence), target, world.now, out);
            }
        }
    });
}

fn problem_line(
    ui: &mut Ui,
    (row, finding, sentence): (&FleetRow, &Finding, &Sentence),
    (label, tab): (&str, Tab),
    now: Timestamp,
    out: &mut Commands,
) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), PROBLEM), Sense::hover());
    let since = since_words(finding.since, now);
    let text = sentence.to_text();
    let word = row.health.severity.word();
    response
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Problem {} {word} {text} {since}", row.name)));
    let painter = ui.painter().clone();
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
    widgets::status_glyph(&painter, t, pos2(rect.left() + 21.0, rect.center().y), row.health.severity);
    let button = Rect::from_min_max(
        pos2(rect.right() - 142.0, rect.top() + 6.0),
        pos2(rect.right() - 16.0, rect.bottom() - 6.0),
    );
    let name = format!("{label} of {}", row.name);
    let open = Button::new(label).name(&name).trailing_icon(icons::ARROW_RIGHT).small().min_width(126.0);
    if ui.place(button, open).clicked() {
        out.push(Command::Go(Place::Stream(row.name.clone(), tab)));
        if let Some(shard) = &finding.shard {
            out.push(Command::SelectShard(Some(shard.clone())));
        }
    }
    let since_width = widgets::text_width(&painter, &since, fonts::small());
    let at = |left: f32, right: f32| Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()));
    widgets::paint_elided(
        &painter,
        at(button.left() - 10.0 - since_width - 1.0, button.left() - 10.0),
        Align::Max,
        &since,
        fonts::small(),
        t.weak,
    );
    let sentence_left = rect.left() + (rect.width() * 0.143).clamp(162.0, 175.0);
    let name = at(rect.left() + 37.0, sentence_left - 8.0);
    widgets::paint_elided_middle(&painter, name, Align::Min, row.name.as_str(), fonts::body_strong(), t.strong);
    let words = at(sentence_left, button.left() - 22.0 - since_width);
    let shown = paint_job(&painter, words, Align::Min, sentence_job(t, sentence, 13.0));
    if shown.width() >= words.width() - 4.0 {
        response.on_hover_text(text);
    }
}

/// Where a finding can be seen, and the words for going there.
fn target(finding: &Finding) -> (&'static str, Tab) {
    match finding.cause {
        Cause::Changing => ("Open shards", Tab::Shards),
        _ => ("Open heatmap", Tab::Heatmap),
    }
}

fn since_words(since: Option<Timestamp>, now: Timestamp) -> String {
    let Some(since) = since else { return String::new() };
    let minutes = since.age_at(now).0 / 60_000;
    let length =
        if minutes < 60 { format!("{minutes} min") } else { format!("{} h {} min", minutes / 60, minutes % 60) };
    format!("since {}, {length}", since.hm())
}
