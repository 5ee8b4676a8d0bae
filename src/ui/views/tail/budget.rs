//! The popover that says how much a tail may keep and how often it may ask.

use eframe::egui::{Frame, Popup, PopupCloseBehavior, Rect, Ui, vec2};

use crate::model::limits::SHARD_READ_CALLS_PER_SEC;
use crate::model::settings::{Settings, TAIL_BUFFERS_MIB, buffer_label};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, text};

/// Draws the button into its place, and what hangs from it.
pub fn show(ui: &mut Ui, place: Rect, settings: &Settings, out: &mut Commands) {
    let name = "Buffer and reads";
    let button = Button::ghost("").icon(icons::SETTINGS).name(name).tooltip(name).height(place.height());
    let response = ui.place(place, button);
    Popup::from_toggle_button_response(&response)
        .id(response.id.with("popover"))
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            Frame::new().inner_margin(8).show(ui, |ui| popover(ui, settings, out));
        });
}

fn popover(ui: &mut Ui, settings: &Settings, out: &mut Commands) {
    let t = theme::tokens(ui);
    ui.set_width(330.0);
    ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
    text::label(ui, "Buffer", fonts::small_strong(), t.strong);
    let labels = TAIL_BUFFERS_MIB.map(buffer_label);
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let current = TAIL_BUFFERS_MIB.iter().position(|mib| *mib == settings.tail_buffer_mib);
    let clicked = widgets::segments(ui, "Buffer", &labels, current, 26.0).clicked;
    if let Some(mib) = clicked.and_then(|at| TAIL_BUFFERS_MIB.get(at)).filter(|mib| **mib != settings.tail_buffer_mib) {
        out.push(Command::SetTailBuffer(*mib));
    }
    let words = "Memory for the records of a tail, a million of them at most. The oldest leave first, and are counted.";
    text::paragraph(ui, words, fonts::fine(), t.weak);
    ui.add_space(4.0);
    text::label(ui, "Reads a second of each shard", fonts::small_strong(), t.strong);
    let budgets: Vec<String> = (1..=SHARD_READ_CALLS_PER_SEC).map(|reads| reads.to_string()).collect();
    let labels: Vec<&str> = budgets.iter().map(String::as_str).collect();
    let current = settings.read_budget.saturating_sub(1) as usize;
    let clicked = widgets::segments(ui, "Reads a second of each shard", &labels, Some(current), 26.0).clicked;
    if let Some(at) = clicked.filter(|at| *at != current) {
        out.push(Command::SetReadBudget(at as u32 + 1));
    }
    text::paragraph(ui, budget_words(settings.read_budget), fonts::fine(), t.weak);
    ui.add_space(2.0);
    widgets::hairline(ui);
    text::paragraph(ui, "Kept in the settings.", fonts::fine(), t.faint);
}

/// What so many reads leave for the others, who share the shard's 5 a second (API: `GetRecords`).
fn budget_words(reads: u32) -> String {
    let left = match SHARD_READ_CALLS_PER_SEC.saturating_sub(reads) {
        0 => "none for the consumers that poll: theirs will be throttled while this catches up".to_owned(),
        left => format!("{left} of {SHARD_READ_CALLS_PER_SEC} for the consumers that poll"),
    };
    format!(
        "Leaves {left}. At the tip it is one a second; enhanced fan-out needs none. Samples of keys keep to it, too."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_what_is_left_are_said_in_words() {
        assert_eq!(TAIL_BUFFERS_MIB.map(buffer_label).last().map(String::as_str), Some("4 GiB"));
        assert!(budget_words(1).starts_with("Leaves 4 of 5 "));
        assert!(budget_words(5).starts_with("Leaves none "));
    }
}
