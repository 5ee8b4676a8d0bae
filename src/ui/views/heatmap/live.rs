//! The selected shard second by second, in the place of its plots: minutes as CloudWatch shows them, the seconds they are made
//! of, and the same seconds as one row of the heatmap.

use eframe::egui::{
    Align, Align2, Color32, Layout, Mesh, Painter, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use super::geometry::{Columns, PAGE};
use super::grid;
use super::prepared::Prepared;
use crate::model::heat_thresholds::HeatThresholds;
use crate::model::ids::ShardId;
use crate::model::live::LiveSeconds;
use crate::model::metrics::Source;
use crate::model::sample::state::SampleRun;
use crate::model::time::{Millis, Timestamp};
use crate::model::utilisation::BoundBy;
use crate::model::world::OpenStream;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, Tokens, fonts, heat, icons, tokens};
use crate::ui::widgets::{self, Button};

const HEADER: f32 = 34.0;
const MINUTES_HEIGHT: f32 = 22.0;
const MINUTES_GAP: f32 = 18.0;
const ROW_HEIGHT: f32 = 14.0;
const FOOTER: f32 = 30.0;
/// How far behind the present the newest second may be before that is said: records take a moment to be readable.
const BEHIND_SECONDS: i64 = 8;

/// Follows the selected shard, the hottest where none is selected, or ends that.
pub fn toggle(open: &OpenStream, prepared: &Prepared, selection: &mut Option<ShardId>, out: &mut Commands) {
    if open.live_shard.is_some() {
        out.push(Command::StopLive);
        return;
    }
    if let Some(shard) = subject(prepared, selection.as_ref()) {
        *selection = Some(shard.clone());
        out.push(Command::StartLive(shard));
    }
}

/// The shard that would be followed: only one that takes writes has anything to tell.
pub fn subject(prepared: &Prepared, selection: Option<&ShardId>) -> Option<ShardId> {
    let row_at = |place: Option<usize>| place.and_then(|place| prepared.grid.row(place)).filter(|row| row.is_open);
    let selected = selection.and_then(|shard| row_at(prepared.row_of(Some(shard))));
    let first = || prepared.grid.shown().find(|row| row.is_open && row.shard_id.is_some());
    selected.or_else(|| row_at(prepared.grid.hottest())).or_else(first)?.shard_id.clone()
}

/// The panel of one shard.
pub struct Panel<'a> {
    /// What is known of the stream.
    pub open: &'a OpenStream,
    /// The shard that is followed.
    pub shard: &'a ShardId,
    /// Where it stands.
    pub area: Rect,
    /// The cells above.
    pub columns: &'a Columns,
    /// The present.
    pub now: Timestamp,
    /// Where shares change colour.
    pub thresholds: HeatThresholds,
}

/// Where the parts stand.
struct Places {
    left: f32,
    pitch: f32,
    minutes: Rect,
    chart: Rect,
    row: Rect,
}

impl Places {
    fn of(area: Rect, columns: &Columns, seconds: usize, pixels: f32) -> Self {
        let left = columns.left;
        let room = (area.right() - 24.0 - left).max(seconds as f32);
        let pitch = (room * pixels / seconds.max(1) as f32).floor().max(1.0) / pixels;
        let wide = |top: f32, height: f32| {
            Rect::from_min_size(pos2(left, top.round()), vec2(pitch * seconds as f32, height.max(1.0).round()))
        };
        let minutes = wide(area.top() + HEADER, MINUTES_HEIGHT);
        let row = wide(area.bottom() - FOOTER - ROW_HEIGHT, ROW_HEIGHT);
        let top = minutes.bottom() + MINUTES_GAP;
        Self { left, pitch, minutes, chart: wide(top, row.top() - 4.0 - top), row }
    }

    fn x(&self, second: usize) -> f32 {
        self.left + self.pitch * second as f32
    }

    /// One column without its gap, between two heights.
    fn column(&self, second: usize, top: f32, bottom: f32) -> Rect {
        let gap = if self.pitch >= 4.0 { 1.0 } else { 0.0 };
        Rect::from_min_max(pos2(self.x(second), top), pos2(self.x(second + 1) - gap, bottom))
    }
}

impl Panel<'_> {
    /// Draws it.
    pub fn show(&self, ui: &mut Ui, out: &mut Commands) {
        let t = theme::tokens(ui);
        let live = self.open.live.sample.as_ref().and_then(|sample| {
            let one = sample.shard(self.shard)?;
            LiveSeconds::of(one, |at| self.reported(at))
        });
        let response = ui.interact(self.area, ui.scope_id().with("live"), Sense::hover());
        let name = self.name(live.as_ref());
        response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, name.as_str()));
        self.header(ui, t, live.as_ref());
        if let SampleRun::Failed { problem, .. } = &self.open.live.run {
            self.failed(ui, t, &problem.sentence, out);
        } else if let Some(live) = &live {
            self.seconds(ui, t, live);
        } else {
            let words = "Reading the newest two minutes of this shard…";
            let middle = pos2(self.columns.left, self.area.center().y);
            ui.painter().text(middle, Align2::LEFT_CENTER, words, fonts::body(), t.weak);
        }
    }

    /// What CloudWatch says of a minute of the shard.
    fn reported(&self, at: Timestamp) -> Option<f64> {
        let metrics = self.open.metrics.get().filter(|metrics| metrics.source == Source::CloudWatch)?;
        if metrics.is_incomplete(at) || metrics.window.step_seconds != 60 {
            return None;
        }
        let utilisation = metrics.shards.get(self.shard)?.utilisation(1);
        utilisation.index_of(at).and_then(|index| utilisation.at(index))
    }

    fn name(&self, live: Option<&LiveSeconds>) -> String {
        let percent =
            |share: Option<f64>| share.map_or("unknown".to_owned(), |share| format!("{:.0} %", share * 100.0));
        match live {
            Some(live) => format!(
                "Live {} {}, mean {}, highest {}",
                self.shard,
                over_words(live),
                percent(live.mean),
                percent(live.peak)
            ),
            None => format!("Live {}, no second read yet", self.shard),
        }
    }

    fn header(&self, ui: &Ui, t: &Tokens, live: Option<&LiveSeconds>) {
        let middle = self.area.top() + 17.0;
        let (left, right) = (self.area.left() + PAGE, self.area.right() - 24.0);
        let painter = ui.painter();
        painter.text(pos2(left, middle), Align2::LEFT_CENTER, icons::LIGHTNING, fonts::icon(14.0), t.warn);
        let id = self.shard.as_str();
        let name = painter.text(pos2(left + 18.0, middle), Align2::LEFT_CENTER, id, fonts::value_strong(), t.strong);
        let end = live.map_or(right, |live| {
            let color = if live.over > 0 { t.warn } else { t.weak };
            painter.text(pos2(right, middle), Align2::RIGHT_CENTER, over_words(live), fonts::small(), color).left()
        });
        let rest = Rect::from_min_max(pos2(name.right() + 20.0, middle - 9.0), pos2(end - 12.0, middle + 9.0));
        let behind = live.map_or(0, |live| (self.now - live.window.end).0 / 1_000);
        let words = "live, one column per second, read from the tail";
        let words = if behind > BEHIND_SECONDS { format!("{words}, {behind} s behind") } else { words.to_owned() };
        widgets::paint_elided(painter, rest, Align::Min, &words, fonts::fine(), t.weak);
    }

    fn failed(&self, ui: &mut Ui, t: &Tokens, sentence: &str, out: &mut Commands) {
        let area = Rect::from_min_max(
            pos2(self.columns.left, self.area.center().y - 14.0),
            pos2(self.area.right() - 24.0, self.area.center().y + 14.0),
        );
        let builder = UiBuilder::new().max_rect(area).layout(Layout::left_to_right(Align::Center)).id_salt("failed");
        ui.scope_builder(builder, |ui| {
            widgets::label(ui, sentence, fonts::body(), t.text);
            if ui.add(Button::new("Follow again")).clicked() {
                out.push(Command::StartLive(self.shard.clone()));
            }
        });
    }

    fn seconds(&self, ui: &Ui, t: &Tokens, live: &LiveSeconds) {
        let painter = ui.painter();
        let dark_mode = ui.visuals().dark_mode;
        let places = Places::of(self.area, self.columns, live.shares.len(), painter.ctx().pixels_per_point());
        let left = self.area.left() + PAGE;
        let caption = |y: f32, text: &str, is_strong: bool| {
            let (font, color) = if is_strong { (fonts::small_medium(), t.text) } else { (fonts::fine(), t.weak) };
            painter.text(pos2(left, y), Align2::LEFT_CENTER, text, font, color);
        };
        caption(places.minutes.top() + 8.0, "Minute mean", true);
        caption(places.minutes.top() + 22.0, "all CloudWatch shows", false);
        let what = if live.bound_by == BoundBy::Bytes { "Bytes in" } else { "Records in" };
        caption(places.chart.top() + 10.0, what, true);
        caption(places.chart.top() + 25.0, "% per second", false);
        caption(places.row.center().y, "As heatmap row", false);
        minutes(painter, dark_mode, &places, live, self.thresholds);
        if places.chart.height() >= 24.0 {
            chart(painter, t, dark_mode, &places, live, self.thresholds);
        }
        row(painter, dark_mode, &places, live, self.thresholds);
        times(painter, t, &places, live);
    }
}

fn over_words(live: &LiveSeconds) -> String {
    let (length, known) = (live.shares.len(), live.shares.iter().flatten().count());
    let span =
        if known == length { format!("last {length} s") } else { format!("{known} of the last {length} s read") };
    match live.over {
        0 => format!("{span}, no second over the limit"),
        1 => format!("{span}, 1 second over the limit"),
        over => format!("{span}, {over} seconds over the limit"),
    }
}

/// The minutes, in the colour and the words that they alone would give.
fn minutes(painter: &Painter, dark_mode: bool, places: &Places, live: &LiveSeconds, thresholds: HeatThresholds) {
    for minute in &live.minutes {
        let (first, behind) = minute.seconds;
        let mut rect = places.column(first, places.minutes.top(), places.minutes.bottom());
        rect.max.x = places.x(behind) - 1.0;
        let Some(share) = minute.share else {
            grid::paint_hatch_swatch(painter, dark_mode, rect);
            continue;
        };
        painter.rect_filled(rect, 0, heat::color_by(share, thresholds, dark_mode));
        let color = heat::text_color(share, dark_mode);
        let figure = format!("{:.0} %", share * 100.0);
        let words = if minute.looks_fine() { format!("{figure}, looks fine") } else { figure.clone() };
        let time = minute.at.hm();
        let room = rect.width() - 16.0;
        let time_width = widgets::text_width(painter, &time, fonts::value_strong());
        let width = |text: &str| widgets::text_width(painter, text, fonts::value_strong());
        let words = if time_width + 12.0 + width(&words) <= room { words } else { figure };
        if width(&words) <= room {
            let right = pos2(rect.right() - 8.0, rect.center().y);
            painter.text(right, Align2::RIGHT_CENTER, &words, fonts::value_strong(), color);
        }
        if time_width + 12.0 + width(&words) <= room {
            let left = pos2(rect.left() + 8.0, rect.center().y);
            painter.text(left, Align2::LEFT_CENTER, time, fonts::value_strong(), color);
        }
    }
}

/// The top of the scale: half a limit above it, or what holds the highest second.
fn top_of(live: &LiveSeconds) -> f64 {
    let peak = live.peak.unwrap_or(0.0);
    if peak <= 1.45 { 1.5 } else { (peak * 1.05 * 2.0).ceil() / 2.0 }
}

fn chart(
    painter: &Painter,
    t: &Tokens,
    dark_mode: bool,
    places: &Places,
    live: &LiveSeconds,
    thresholds: HeatThresholds,
) {
    let rect = places.chart;
    let top = top_of(live);
    let y = |share: f64| (rect.bottom() - (share / top) as f32 * rect.height()).round();
    painter.rect_filled(rect, 0, t.inset);
    let limit = y(1.0);
    painter.rect_filled(rect.with_max_y(limit), 0, t.crit.gamma_multiply(0.09));
    let step = if top <= 2.0 { 0.5 } else { (top / 4.0).ceil() };
    let mut tick = 0.0;
    while tick <= top {
        let at = y(tick).clamp(rect.top() + 5.0, rect.bottom() - 5.0);
        let text = format!("{:.0}", tick * 100.0);
        painter.text(pos2(rect.left() - 6.0, at), Align2::RIGHT_CENTER, text, fonts::value(), t.weak);
        tick += step;
    }
    for minute in live.minutes.iter().skip(1) {
        painter.vline(places.x(minute.seconds.0) - 0.5, rect.y_range(), Stroke::new(1.0, t.stroke));
    }
    let mut bars = Mesh::default();
    for (second, share) in live.shares.iter().enumerate() {
        let Some(share) = share else { continue };
        let bar = places.column(second, y(share.min(top)).min(rect.bottom() - 1.0), rect.bottom());
        bars.add_colored_rect(bar, heat::color_by(*share, thresholds, dark_mode));
    }
    painter.add(Shape::mesh(bars));
    unknown(painter, dark_mode, places, live, rect);
    for (second, _) in over(live) {
        let share = live.shares.get(second).copied().flatten().unwrap_or(0.0);
        outline(painter, places.column(second, y(share.min(top)), rect.bottom()));
    }
    painter.hline(rect.x_range(), limit, Stroke::new(1.5, t.crit));
    let name = if live.bound_by == BoundBy::Bytes { "1 MiB/s limit" } else { "1,000 rec/s limit" };
    label(painter, t, pos2(rect.left() + 6.0, limit - 8.0), name, t.crit);
    if let Some(mean) = live.mean {
        let at = y(mean);
        let line = [pos2(rect.left(), at + 0.5), pos2(rect.right(), at + 0.5)];
        painter.extend(Shape::dashed_line(&line, Stroke::new(1.0, t.strong), 6.0, 4.0));
        let text = format!("mean {:.0} %", mean * 100.0);
        // Next to the limit there is room for its own name only.
        let is_under_limit = at >= limit && at - limit < 20.0;
        let middle = if is_under_limit { at + 10.0 } else { at - 9.0 };
        label(painter, t, pos2(rect.left() + 100.0, middle), &text, t.strong);
    }
}

/// Small words over bars.
fn label(painter: &Painter, t: &Tokens, left: eframe::egui::Pos2, text: &str, color: Color32) {
    let galley = painter.layout_no_wrap(text.to_owned(), fonts::fine(), color);
    let rect = Align2::LEFT_CENTER.anchor_size(left, galley.size());
    painter.rect_filled(rect.expand2(vec2(3.0, 0.0)), 2, t.inset.gamma_multiply(0.72));
    painter.galley(rect.min, galley, color);
}

fn over(live: &LiveSeconds) -> impl Iterator<Item = (usize, f64)> + '_ {
    let known = live.shares.iter().enumerate().filter_map(|(second, share)| Some((second, (*share)?)));
    known.filter(|(_, share)| *share >= 1.0)
}

fn outline(painter: &Painter, rect: Rect) {
    if rect.width() >= 4.0 && rect.height() >= 4.0 {
        painter.rect_stroke(rect, 0, Stroke::new(1.0, tokens::HEAT_OVER_OUTLINE), StrokeKind::Inside);
    }
}

/// Hatches the seconds that were not read.
fn unknown(painter: &Painter, dark_mode: bool, places: &Places, live: &LiveSeconds, rect: Rect) {
    let mut second = 0;
    while second < live.shares.len() {
        let first = second;
        while live.shares.get(second).is_some_and(Option::is_none) {
            second += 1;
        }
        if second > first {
            let x = places.x(first)..=places.x(second) - 1.0;
            grid::paint_hatch_swatch(painter, dark_mode, Rect::from_x_y_ranges(x, rect.y_range()));
        }
        second += 1;
    }
}

fn row(painter: &Painter, dark_mode: bool, places: &Places, live: &LiveSeconds, thresholds: HeatThresholds) {
    let rect = places.row;
    let mut cells = Mesh::default();
    for (second, share) in live.shares.iter().enumerate() {
        if let Some(share) = share {
            let cell = places.column(second, rect.top(), rect.bottom());
            cells.add_colored_rect(cell, heat::color_by(*share, thresholds, dark_mode));
        }
    }
    painter.add(Shape::mesh(cells));
    unknown(painter, dark_mode, places, live, rect);
    for (second, _) in over(live) {
        outline(painter, places.column(second, rect.top(), rect.bottom()));
    }
}

fn times(painter: &Painter, t: &Tokens, places: &Places, live: &LiveSeconds) {
    let middle = places.row.bottom() + 12.0;
    for second in 0..live.shares.len() {
        let at = live.window.time_of(second);
        let x = places.x(second);
        let is_inside = x >= places.left + 30.0 && x <= places.row.right() - 30.0;
        if at.as_secs() % 20 == 0 && is_inside {
            painter.text(pos2(x, middle), Align2::CENTER_CENTER, at.hms(), fonts::value(), t.weak);
        }
    }
}

/// Where the bracket begins; `None` where columns are too narrow for one.
pub fn bracket_left(columns: &Columns) -> Option<f32> {
    let last = columns.count().checked_sub(2)?;
    (columns.pitch() >= 4.0).then(|| columns.x(last))
}

/// Ties the two newest minutes of the rows to the panel below them.
pub fn paint_bracket(painter: &Painter, t: &Tokens, columns: &Columns, legend: Rect, now: Timestamp) {
    let last = columns.lens.span().end;
    // Where the newest minutes are out of sight there is nothing to tie.
    let Some(left) = bracket_left(columns).filter(|_| now.0 - last.0 <= Millis::from_mins(5).0) else { return };
    let right = columns.right() - columns.gap();
    let top = legend.top() + 3.0;
    let line = |min: (f32, f32), max: (f32, f32)| {
        painter.rect_filled(Rect::from_min_max(min.into(), max.into()), 0, t.accent);
    };
    line((left, top + 3.0), (right, top + 4.5));
    line((left, top), (left + 1.5, top + 4.0));
    line((right - 1.5, top), (right, top + 4.0));
    let middle = ((left + right) / 2.0).round();
    line((middle - 1.0, top + 4.0), (middle + 1.0, legend.bottom()));
}
