//! The right half: what the load would do to every shard, and when it stops by itself.

use eframe::egui::{Align2, Id, Painter, Rangef, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::controls::percent;
use super::form::CAPS;
use super::{Scene, run};
use crate::model::format;
use crate::model::generator::predict::{Prediction, ShardLoad};
use crate::model::generator::run::GeneratorRun;
use crate::model::limits::{CRITICAL_SHARE, WARN_SHARE};
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::chart::hatching;
use crate::ui::widgets::{self, TextField, segmented};

/// Height of what stands below the bars.
const BELOW: f32 = 132.0;
/// The highest share that is drawn.
const TOP: f64 = 1.15;
/// A bar narrower than this has no words.
const WORDY: f32 = 34.0;

/// Draws it.
pub(super) fn show(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let area = ui.max_rect();
    legend(ui, t, area.with_max_y(area.top() + 18.0));
    let bars = Rect::from_min_max(pos2(area.left(), area.top() + 24.0), pos2(area.right(), area.bottom() - BELOW));
    let run = run(scene);
    let cap = scene.state.generator.cap();
    match scene.state.generator.prediction() {
        Some(prediction) => {
            chart(ui, t, bars, prediction, cap, run);
            verdict(ui, t, bars.bottom() + 8.0, prediction, cap);
        }
        None => {
            ui.painter().rect_filled(bars, 2, t.inset);
            let words = "Unknown: the template, the keys or the rate cannot be read.";
            ui.painter().text(bars.center(), Align2::CENTER_CENTER, words, fonts::small(), t.weak);
        }
    }
    let rest = Rect::from_min_max(pos2(area.left(), area.bottom() - BELOW + 76.0), area.max);
    ui.painter().hline(rest.x_range(), rest.top() - 8.0, Stroke::new(1.0, t.stroke));
    stops(ui, t, rest, scene);
}

fn legend(ui: &Ui, t: &Tokens, head: Rect) {
    let painter = ui.painter();
    painter.text(head.left_center(), Align2::LEFT_CENTER, "Predicted, per shard", fonts::small_medium(), t.weak);
    let mut right = head.right();
    for (words, color) in [("headroom", t.inset), ("generator", t.s1), ("now", t.stroke_strong)] {
        let at = painter.text(pos2(right, head.center().y), Align2::RIGHT_CENTER, words, fonts::small(), t.text);
        let mark = Rect::from_min_size(pos2(at.left() - 14.0, head.center().y - 4.0), vec2(8.0, 8.0));
        painter.rect_filled(mark, 1, color);
        if words == "headroom" {
            painter.rect_stroke(mark, 1, Stroke::new(1.0, t.weak), eframe::egui::StrokeKind::Inside);
        }
        right = mark.left() - 14.0;
    }
}

/// What the bars are drawn with.
struct Bars<'a> {
    painter: Painter,
    t: &'a Tokens,
    plot: Rect,
    cap: Option<f64>,
}

fn chart(ui: &Ui, t: &Tokens, rect: Rect, prediction: &Prediction, cap: Option<f64>, run: Option<&GeneratorRun>) {
    let plot = rect.with_max_y(rect.bottom() - 18.0);
    let bars = Bars { painter: ui.painter_at(rect.expand(1.0)), t, plot, cap };
    let painter = &bars.painter;
    painter.rect_filled(plot, 2, t.inset);
    painter.rect_filled(plot.with_max_y(bars.y(1.0)), 2, t.crit_dim.gamma_multiply(0.6));
    let pitch = plot.width() / prediction.loads.len().max(1) as f32;
    for (at, load) in prediction.loads.iter().enumerate() {
        let left = plot.left() + at as f32 * pitch;
        let slot = Rect::from_min_max(pos2(left, plot.top()), pos2(left + pitch, rect.bottom()));
        let measured = run.and_then(|run| run.shards.iter().find(|count| count.shard.id == load.shard.id));
        let is_hottest = prediction.hottest().is_some_and(|hottest| hottest.shard.id == load.shard.id);
        let sends = measured.filter(|count| count.sent.records + count.throttled > 0).map(|count| count.load);
        bars.draw(slot, load, sends, is_hottest);
        let response = ui.interact(slot, ui.make_persistent_id(("shard load", at)), Sense::hover());
        let words = words(load, measured.map(|count| (count.load, count.sent.records, count.throttled)));
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
        response.on_hover_text(&words);
    }
    bars.limits();
}

impl Bars<'_> {
    fn y(&self, share: f64) -> f32 {
        self.plot.bottom() - (share.clamp(0.0, TOP) / TOP) as f32 * self.plot.height()
    }

    /// The limit and the cap, over the bars.
    fn limits(&self) {
        let Self { painter, t, plot, cap } = self;
        painter.hline(plot.x_range(), self.y(1.0), Stroke::new(1.0, t.crit));
        let at = pos2(plot.left() + 6.0, self.y(1.0) - 2.0);
        painter.text(at, Align2::LEFT_BOTTOM, "1 MiB/s or 1,000 rec/s", fonts::caption(), t.crit);
        let Some(cap) = *cap else { return };
        painter.hline(plot.x_range(), self.y(cap), Stroke::new(1.5, t.strong));
        let words = format!("safety cap {}, stops here", percent(cap));
        let galley = painter.layout_no_wrap(words, fonts::caption(), t.panel);
        let top = self.y(cap) - galley.size().y - 5.0;
        let place = Rect::from_min_size(pos2(plot.left(), top), galley.size() + vec2(10.0, 4.0));
        painter.rect_filled(place, 2, t.strong);
        painter.galley(place.min + vec2(5.0, 2.0), galley, t.panel);
    }

    /// One shard: what it takes now, what the load adds, and the room up to the cap.
    fn draw(&self, slot: Rect, load: &ShardLoad, measured: Option<f64>, is_hottest: bool) {
        let Self { painter, t, cap, .. } = self;
        let gap = (slot.width() * 0.2).min(14.0);
        let x = Rangef::new(slot.left() + gap, slot.right() - gap);
        let column = |from: f64, to: f64| Rect::from_x_y_ranges(x, Rangef::new(self.y(to), self.y(from)));
        let with = load.with();
        let color = match with {
            with if with >= CRITICAL_SHARE => t.crit,
            with if with >= cap.unwrap_or(WARN_SHARE).min(WARN_SHARE) || (is_hottest && with >= 0.6) => t.warn,
            _ => t.s1,
        };
        match load.shard.now {
            Some(now) => {
                painter.rect_filled(column(0.0, now), 0, t.stroke_strong);
            }
            None => hatching(painter, column(0.0, 0.06), 4.0, 1.0, t.stroke_strong),
        }
        painter.rect_filled(column(load.shard.now.unwrap_or(0.0), with), 0, color);
        if let Some(cap) = cap.filter(|cap| *cap > with) {
            for side in [x.min, x.max] {
                let line = [pos2(side, self.y(with)), pos2(side, self.y(cap))];
                painter.extend(Shape::dashed_line(&line, Stroke::new(1.0, t.stroke_strong), 2.0, 2.0));
            }
        }
        if let Some(measured) = measured {
            painter.hline(x.expand(slot.width() * 0.06), self.y(measured), Stroke::new(2.0, t.strong));
        }
        if slot.width() >= WORDY {
            self.words(slot, load, measured, is_hottest);
        }
    }

    /// The figure of a bar, measured where it is sent already, and the name of its shard.
    fn words(&self, slot: Rect, load: &ShardLoad, measured: Option<f64>, is_hottest: bool) {
        let Self { painter, t, plot, cap } = self;
        let with = measured.unwrap_or(load.with());
        let figure = if load.shard.now.is_some() { percent(with) } else { format!("{} + ?", percent(with)) };
        let above = self.y(with) - 3.0;
        let is_crowded = above - 14.0 < self.y(cap.unwrap_or(TOP)) && plot.bottom() - self.y(with) > 22.0;
        let (at, align, ink) = match is_crowded {
            // Below the line of what is measured there may be no bar.
            true if with > load.with() + 0.02 => (self.y(with) + 3.0, Align2::CENTER_TOP, t.strong),
            true => (self.y(with) + 3.0, Align2::CENTER_TOP, t.panel),
            false => (above, Align2::CENTER_BOTTOM, t.strong),
        };
        if widgets::text_width(painter, &figure, fonts::dense()) < slot.width() - 2.0 {
            painter.text(pos2(slot.center().x, at), align, figure, fonts::dense(), ink);
        }
        let color = if is_hottest { t.strong } else { t.weak };
        let name = pos2(slot.center().x, slot.bottom() - 1.0);
        painter.text(name, Align2::CENTER_BOTTOM, load.shard.id.short(), fonts::dense(), color);
    }
}

fn words(load: &ShardLoad, measured: Option<(f64, u64, u64)>) -> String {
    let now = load.shard.now.map_or("load now unknown".to_owned(), |now| format!("{} now", percent(now)));
    let mut words = format!("{}: {now}, {} with the generator", load.shard.id.short(), percent(load.with()));
    if let Some((key, share)) = &load.mix.top {
        words.push_str(&format!(", most frequent key {} with {}", format::one_line(key, 60), percent(*share)));
    }
    if let Some((load, sent, throttled)) = measured {
        let counts = (format::grouped(sent as i64), format::grouped(throttled as i64));
        words.push_str(&format!("; measured {}, {} sent, {} throttled", percent(load), counts.0, counts.1));
    }
    words
}

fn verdict(ui: &mut Ui, t: &Tokens, top: f32, prediction: &Prediction, cap: Option<f64>) {
    let Some(hottest) = prediction.hottest() else { return };
    let (id, with) = (hottest.shard.id.short(), hottest.with());
    let holds = hottest.mix.top.as_ref().filter(|(_, share)| *share > 0.02);
    let holds = holds.map_or(String::new(), |(key, _)| format!(" holds {} and", format::one_line(key, 40)));
    let mut words = format!("{id}{holds} reaches {}, the mean is {}.", percent(with), percent(prediction.mean()));
    if let Some(allowed) = cap.and_then(|cap| prediction.allowed(cap)) {
        words.push_str(&match allowed.floor() {
            0.0 => " With this key mix the cap allows nothing: that shard is beyond it by itself.".to_owned(),
            allowed => {
                format!(" With this key mix the cap allows up to {} rec/s.", format::grouped(allowed as i64))
            }
        });
    }
    if prediction.unknown() > 0 {
        let count = format::counted(prediction.unknown(), "shard");
        words.push_str(&format!(" The load of {count} is not known: the cap counts the generator alone there."));
    }
    let (icon, color) = match with {
        with if cap.is_some_and(|cap| with >= cap) || with >= CRITICAL_SHARE => (icons::WARNING, t.crit),
        with if with >= 0.6 => (icons::WARNING, t.warn),
        _ => (icons::CHECK, t.ok),
    };
    let area = ui.max_rect();
    let place = Rect::from_min_max(pos2(area.left() + 20.0, top), pos2(area.right(), top + 52.0));
    ui.painter().text(pos2(area.left(), top + 8.0), Align2::LEFT_CENTER, icon, fonts::icon(13.0), color);
    super::within(ui, "verdict", place, |ui| {
        widgets::text::paragraph(ui, words, fonts::small(), t.text);
    });
}

fn stops(ui: &mut Ui, t: &Tokens, area: Rect, scene: &mut Scene<'_>) {
    let form = &mut scene.state.generator;
    let painter = ui.painter();
    let name =
        painter.text(area.left_top(), Align2::LEFT_TOP, "Stop when any shard passes", fonts::small_medium(), t.weak);
    let width = 186.0f32.max(name.width() + 12.0);
    let second = area.left() + width + 14.0;
    painter.text(pos2(second, area.top()), Align2::LEFT_TOP, "Also stop after", fonts::small_medium(), t.weak);
    let row = Rect::from_min_max(pos2(area.left(), area.top() + 18.0), pos2(second, area.top() + 46.0));
    super::within(ui, "cap", row, |ui| {
        segmented(ui, "Cap", &CAPS.map(|(label, _)| label), &mut form.cap);
    });
    let rest = (area.right() - second - 8.0) / 2.0;
    let place = |at: f32| Rect::from_min_size(pos2(second + at * (rest + 8.0), row.top()), vec2(rest, 28.0));
    let field = TextField::new(Id::unique("generator throttles"), "Throttles a second", &mut form.throttles);
    field.mono().trailing("throttles/s").show_in(ui, place(0.0));
    let field = TextField::new(Id::unique("generator failed"), "Per cent failed", &mut form.failed_percent);
    field.mono().trailing("% failed").show_in(ui, place(1.0));
}
