//! Sending with the file's own spacing: where the times are, how much faster, and what they say.

use eframe::egui::{Align, Id, Role, Sense, Ui, WidgetInfo, vec2};

use super::{Scene, scan};
use crate::model::batch::times::{SPEEDS, TimesLook};
use crate::model::format;
use crate::model::time::Millis;
use crate::ui::theme::{self, fonts};
use crate::ui::widgets::{self, TextField, segmented};

/// Draws the row below the key.
pub(super) fn show(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let known = scan(scene).filter(|scan| scan.problem.is_none()).map(|scan| (scan.times.clone(), scan.is_done));
    let is_wrong = scan(scene).is_some_and(|scan| scan.problem.is_some());
    let form = &mut scene.state.batch;
    let is_asked_for = is_wrong && form.lacks_time();
    let speed = SPEEDS.get(form.speed).copied().unwrap_or(1);
    ui.horizontal(|ui| {
        widgets::label(ui, "Time", fonts::small_medium(), t.weak);
        let field = TextField::new(Id::unique("batch time"), "Time field", &mut form.time);
        field.mono().hint(".ts, or a column").width(150.0).invalid(is_asked_for).show(ui);
        let labels = SPEEDS.map(|speed| format!("{speed}×"));
        segmented(ui, "Speed", &labels.each_ref().map(String::as_str), &mut form.speed);
    });
    let Some((times, is_done)) = known else { return };
    let (words, is_odd) = words(&times, speed, is_done);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    let color = if is_odd { t.warn } else { t.weak };
    widgets::paint_elided(ui.painter(), rect, Align::Min, &words, fonts::small(), color);
    if let Some((number, why)) = &times.first_odd {
        response.on_hover_text(format!("Line {}: {why}.", format::grouped(*number as i64)));
    }
}

/// `The file spans 2 h 10 m, sent in 13 m. 12 out of order: sent at once.`, and whether something is odd.
fn words(times: &TimesLook, speed: u16, is_done: bool) -> (String, bool) {
    if times.in_order == 0 {
        let words = if is_done { "No record has a time there." } else { "Reading…" };
        return (words.to_owned(), is_done);
    }
    let span = format::duration(times.span);
    let mut words = match speed {
        1 => format!("The file spans {span}."),
        _ => {
            let sent = format::duration(Millis(times.span.0 / i64::from(speed)));
            format!("The file spans {span}, sent in {sent}.")
        }
    };
    let mut odd = Vec::new();
    for (count, what) in [(times.missing, "without a time"), (times.behind, "out of order")] {
        if count > 0 {
            odd.push(format!("{} {what}", format::grouped(count as i64)));
        }
    }
    if !odd.is_empty() {
        words.push_str(&format!(" {}: sent at once.", odd.join(", ")));
    }
    (words, !odd.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    #[test]
    fn what_the_times_say_is_told_in_a_few_words() {
        let mut times = TimesLook::default();
        assert_eq!(words(&times, 1, false), ("Reading…".to_owned(), false));
        assert!(words(&times, 1, true).1);
        times.note(1, Ok(Timestamp(0)));
        times.note(2, Ok(Timestamp(600_000)));
        assert_eq!(words(&times, 1, true), (format!("The file spans {}.", format::duration(Millis(600_000))), false));
        times.note(3, Err("no".to_owned()));
        times.note(4, Ok(Timestamp(1)));
        let (said, is_odd) = words(&times, 10, true);
        assert!(said.ends_with("1 without a time, 1 out of order: sent at once.") && is_odd, "{said}");
    }
}
