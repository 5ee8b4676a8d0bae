//! Which columns the table has, how wide they are, and the menu that chooses them.

use eframe::egui::{Popup, PopupCloseBehavior, Rect, Ui, vec2};

use crate::model::settings::TailSettings;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::icons;
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::{Button, Column, Width};

/// Every column, in the order they are shown.
const ALL: [Column; 8] = [
    Column::new("arrival", "Arrival, UTC", 100.0),
    Column::new("shard", "Shard", 50.0),
    Column::new("key", "Partition key", 90.0),
    Column::new("bytes", "Bytes", 54.0).right().drop(2),
    Column::new("age", "Age", 50.0).right().drop(3),
    Column::new("sequence", "Sequence", 86.0).drop(4),
    Column::new("format", "Format", 96.0).drop(5),
    Column::new("preview", "Preview", 200.0).rest(160.0),
];

/// Shown only where the settings name it; all others are shown unless they do.
const OPTIONAL: &str = "format";

fn is_shown(column: &Column, settings: &TailSettings) -> bool {
    let is_named = settings.hidden_columns.iter().any(|id| id == column.id);
    if column.id == OPTIONAL { is_named } else { !is_named }
}

/// The columns that are shown, as wide as they were dragged.
pub fn shown(settings: &TailSettings, dragged: Option<(&'static str, f32)>) -> Vec<Column> {
    let dressed = |column: &Column| {
        let mut column = *column;
        if let (Some(width), Width::Fixed(_)) = (settings.column_widths.get(column.id), column.width) {
            column.width = Width::Fixed(*width);
        }
        if let Some((_, width)) = dragged.filter(|(id, _)| *id == column.id) {
            column.width = Width::Fixed(width);
        }
        if column.id == "arrival" && settings.is_local_time {
            column.title = "Arrival, local";
        }
        column
    };
    ALL.iter().filter(|column| is_shown(column, settings)).map(dressed).collect()
}

/// The button at the right end of the header, with its menu.
pub fn menu(ui: &mut Ui, header: Rect, settings: &TailSettings, out: &mut Commands) {
    let rect = Rect::from_center_size(header.right_center() - vec2(15.0, 0.0), vec2(22.0, 22.0));
    let button = Button::ghost("").icon(icons::SETTINGS).name("Columns").tooltip("Columns and time zone").height(22.0);
    let response = ui.place(rect, button);
    let popup = Popup::menu(&response).id(response.id.with("menu"));
    popup.close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        ui.set_width(250.0);
        let mut changed = settings.clone();
        for column in ALL.iter().filter(|column| column.id != "preview") {
            if choice(ui, column.title, is_shown(column, settings)) {
                match changed.hidden_columns.iter().position(|id| id == column.id) {
                    Some(at) => drop(changed.hidden_columns.remove(at)),
                    None => changed.hidden_columns.push(column.id.to_owned()),
                }
            }
        }
        ui.separator();
        if choice(ui, "Times in UTC", !settings.is_local_time) {
            changed.is_local_time = false;
        }
        if choice(ui, "Times in the zone of this machine", settings.is_local_time) {
            changed.is_local_time = true;
        }
        ui.separator();
        if menu_item(ui, "Reset columns", false).clicked() {
            changed.hidden_columns.clear();
            changed.column_widths.clear();
        }
        for (at, rule) in settings.masks.iter().enumerate() {
            let words = format!("Unmask {}", crate::model::format::one_line(rule, 40));
            if menu_item(ui, &words, false).clicked() {
                changed.masks.remove(at);
            }
        }
        if changed != *settings {
            out.push(Command::SetTail(Box::new(changed)));
        }
    });
}

/// An entry that is on or off, told by more than its colour.
fn choice(ui: &mut Ui, label: &str, is_on: bool) -> bool {
    let mark = if is_on { "●" } else { "○" };
    menu_item(ui, &format!("{mark} {label}"), is_on).clicked()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_hidden_widened_and_asked_for() {
        let mut settings = TailSettings::default();
        let ids = |settings: &TailSettings| -> Vec<&str> { shown(settings, None).iter().map(|c| c.id).collect() };
        assert_eq!(ids(&settings), ["arrival", "shard", "key", "bytes", "age", "sequence", "preview"]);
        settings.hidden_columns = vec!["age".to_owned(), "format".to_owned()];
        settings.column_widths.insert("key".to_owned(), 200.0);
        assert_eq!(ids(&settings), ["arrival", "shard", "key", "bytes", "sequence", "format", "preview"]);
        let key = |dragged| shown(&settings, dragged).iter().find(|c| c.id == "key").map(|c| c.width);
        assert_eq!(key(None), Some(Width::Fixed(200.0)));
        assert_eq!(key(Some(("key", 120.0))), Some(Width::Fixed(120.0)));
    }
}
