//! What each way costs at other traffic of the same records and readers, and where two of them cost the same.

use eframe::egui::{Align2, Color32, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::Shown;
use crate::model::change::price::{self, Plan, Usage};
use crate::model::format;
use crate::ui::theme::{self, Tokens, fonts};
use crate::ui::widgets::{self, text};

/// Heights of the plot: alone, and below the line for warm throughput.
const HEIGHTS: [f32; 2] = [212.0, 172.0];
const MIB: f64 = 1_048_576.0;

/// A figure of which there are whole steps up to `most`: 1, 2 or 5 times a power of ten.
fn step(most: f64, parts: f64) -> f64 {
    let rough = (most / parts).max(1e-9);
    let power = 10f64.powf(rough.log10().floor());
    let scaled = rough / power;
    power
        * if scaled <= 1.0 {
            1.0
        } else if scaled <= 2.0 {
            2.0
        } else if scaled <= 5.0 {
            5.0
        } else {
            10.0
        }
}

fn ink(t: &Tokens, plan: Plan) -> Color32 {
    match plan {
        Plan::Provisioned => t.text,
        Plan::Standard => t.s3,
        Plan::Advantage => t.s1,
    }
}

/// Draws the plot with its legend.
pub fn show(ui: &mut Ui, shown: &Shown, is_below_warm: bool) {
    let t = theme::tokens(ui);
    if !shown.has_traffic {
        ui.add_space(16.0);
        widgets::empty(
            ui,
            crate::ui::theme::icons::COST,
            "No traffic is measured",
            "Prices need the bytes and records of the last minutes. Open the heatmap, or look again when there is traffic.",
            None,
        );
        return;
    }
    let [alone, below] = HEIGHTS;
    let height = if is_below_warm { below } else { alone };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let now = shown.usage.traffic.bytes_per_sec / MIB;
    let cross = crossing(shown);
    let told = cross.map_or_else(String::new, |(at, one, other)| {
        format!(", {} and {} cost the same at {} MiB/s", one.label(), other.label(), format::significant(at))
    });
    response.widget_info(|| {
        WidgetInfo::labeled(
            Role::Image,
            true,
            format!("Cost against traffic, {} MiB/s now{told}", format::significant(now)),
        )
    });
    let painter = ui.painter().clone();
    let head = rect.left_top() + vec2(16.0, 16.0);
    let title = painter.text(head, Align2::LEFT_CENTER, "Cost against traffic", fonts::small_strong(), t.strong);
    let words = "$ per month, MiB/s written, same record size and readers";
    painter.text(pos2(title.right() + 8.0, head.y), Align2::LEFT_CENTER, words, fonts::small(), t.weak);
    let plot = Rect::from_min_max(rect.min + vec2(58.0, 34.0), rect.max - vec2(178.0, 24.0));
    let most = horizon(shown, now, cross);
    // The dearest line may leave the plot: what is chosen and what is now decide the scale.
    let tops = [shown.now, shown.chosen].map(|plan| cost_at(shown, plan, most));
    let scale = Scale { plot, most, top: tops.into_iter().fold(1.0, f64::max) * 1.08 };
    grid(&painter, t, &scale);
    lines(&painter, t, &scale, shown, now);
    if let Some((at, one, _)) = cross.filter(|(at, ..)| *at < most) {
        let point = scale.at(at, cost_at(shown, one, at));
        let inside = painter.with_clip_rect(plot);
        inside.circle(point, 4.5, t.inset, Stroke::new(1.5, t.strong));
        inside.text(point + vec2(0.0, 9.0), Align2::CENTER_TOP, format::significant(at), fonts::axis(), t.strong);
    }
    let legend = Rect::from_min_max(pos2(plot.right() + 16.0, plot.top()), pos2(rect.right() - 12.0, rect.bottom()));
    legend_ui(ui, legend, shown, cross);
}

/// Where a rate and its price stand.
struct Scale {
    plot: Rect,
    /// MiB/s at the right.
    most: f64,
    /// Dollars at the top.
    top: f64,
}

impl Scale {
    fn at(&self, rate: f64, dollars: f64) -> Pos2 {
        let Self { plot, most, top } = self;
        pos2(plot.left() + (rate / most) as f32 * plot.width(), plot.bottom() - (dollars / top) as f32 * plot.height())
    }
}

/// Dollars a month at so many MiB/s.
fn cost_at(shown: &Shown, plan: Plan, rate: f64) -> f64 {
    let usage = Usage { traffic: shown.usage.traffic.at(rate * MIB), ..shown.usage };
    price::total(&price::month(plan, &usage))
}

/// The lines of all ways, and where the traffic is now.
fn lines(painter: &Painter, t: &Tokens, scale: &Scale, shown: &Shown, now: f64) {
    let plot = scale.plot;
    let inside = painter.with_clip_rect(plot);
    for plan in [Plan::Standard, Plan::Advantage, Plan::Provisioned] {
        // Just above nothing each record is rounded up as it is at any other rate.
        let points: Vec<Pos2> = [0.0, 0.001, scale.most].map(|rate| scale.at(rate, cost_at(shown, plan, rate))).into();
        let width = if plan == shown.chosen { 2.0 } else { 1.4 };
        inside.line(points, Stroke::new(width, ink(t, plan)));
    }
    let x = scale.at(now, 0.0).x;
    let ends = [pos2(x, plot.top()), pos2(x, plot.bottom())];
    inside.extend(Shape::dashed_line(&ends, Stroke::new(1.0, t.strong), 2.0, 3.0));
    for plan in Plan::ALL {
        inside.circle_filled(scale.at(now, cost_at(shown, plan, now)), 3.5, ink(t, plan));
    }
    let label = format!("{} now", format::significant(now));
    let align = if x > plot.right() - 70.0 { Align2::RIGHT_TOP } else { Align2::LEFT_TOP };
    let beside = if align == Align2::LEFT_TOP { 5.0 } else { -5.0 };
    painter.text(pos2(x + beside, plot.top() + 3.0), align, label, fonts::axis(), t.strong);
}

/// Where what is chosen and what is now cost the same, in MiB/s.
fn crossing(shown: &Shown) -> Option<(f64, Plan, Plan)> {
    let other = match (shown.now, shown.chosen) {
        (now, chosen) if now != chosen => now,
        (Plan::Provisioned, _) => Plan::Standard,
        _ => Plan::Provisioned,
    };
    let most = f64::from(shown.usage.shards.max(4)) * MIB;
    price::crossing(shown.chosen, other, &shown.usage, most).map(|at| (at / MIB, shown.chosen, other))
}

/// The right end of the plot: room around what is now and around the crossing.
fn horizon(shown: &Shown, now: f64, cross: Option<(f64, Plan, Plan)>) -> f64 {
    let around = (now * 2.3).max(cross.map_or(0.0, |(at, ..)| at * 1.4));
    around.clamp(1.0, f64::from(shown.usage.shards.max(4)))
}

fn grid(painter: &Painter, t: &Tokens, scale: &Scale) {
    let (plot, most, top) = (scale.plot, scale.most, scale.top);
    painter.rect_filled(plot, 0, t.inset);
    let (across, up) = (step(most, 5.0), step(top, 5.0));
    let mut dollars = 0.0;
    while dollars <= top {
        let y = scale.at(0.0, dollars).y;
        painter.hline(plot.x_range(), y, Stroke::new(1.0, t.stroke_weak));
        let words = match dollars {
            0.0 => "0".to_owned(),
            d if d >= 1_000.0 => format!("${}k", format!("{:.1}", d / 1_000.0).trim_end_matches(".0")),
            d => format!("${}", format::grouped(d.round() as i64)),
        };
        painter.text(pos2(plot.left() - 7.0, y), Align2::RIGHT_CENTER, words, fonts::axis(), t.weak);
        dollars += up;
    }
    let mut rate = 0.0;
    while rate <= most * 1.001 {
        let at = pos2(scale.at(rate, 0.0).x, plot.bottom() + 6.0);
        let decimals = if across >= 1.0 {
            0
        } else if across >= 0.1 {
            1
        } else {
            2
        };
        painter.text(at, Align2::CENTER_TOP, format!("{rate:.decimals$}"), fonts::axis(), t.weak);
        rate += across;
    }
}

fn legend_ui(ui: &mut Ui, area: Rect, shown: &Shown, cross: Option<(f64, Plan, Plan)>) {
    let t = theme::tokens(ui);
    let painter = ui.painter().clone();
    let mut top = area.top() + 8.0;
    for plan in Plan::ALL {
        painter.hline(area.left()..=area.left() + 12.0, top, Stroke::new(2.0, ink(t, plan)));
        let words = match plan {
            Plan::Provisioned => format!("Provisioned, {}", shown.usage.shards),
            _ => plan.label().to_owned(),
        };
        painter.text(pos2(area.left() + 18.0, top), Align2::LEFT_CENTER, words, fonts::small(), t.text);
        top += 18.0;
    }
    let Some((at, one, other)) = cross else { return };
    top += 9.0;
    let figure = format!("{} MiB/s", format::significant(at));
    painter.text(pos2(area.left(), top), Align2::LEFT_CENTER, figure, fonts::value_strong(), t.strong);
    let half = |plan: Plan| cost_at(shown, plan, at / 2.0);
    let (below, above) = if half(one) < half(other) { (one, other) } else { (other, one) };
    let name = |plan: Plan| if plan == Plan::Provisioned { "the shards are" } else { "on-demand is" };
    let words = format!("Below this {} cheaper, above it {}.", name(below), name(above));
    let builder = eframe::egui::UiBuilder::new()
        .id_salt("crossing")
        .max_rect(Rect::from_min_max(pos2(area.left(), top + 10.0), area.max));
    text::paragraph(&mut ui.new_child(builder), words, fonts::small(), t.weak);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!([16.0, 5_000.0, 0.9].map(|most| step(most, 5.0)), [5.0, 1_000.0, 0.2]);
    }
}
