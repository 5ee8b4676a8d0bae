//! What is looked for in the one record that is shown: where it occurs, and which place is current.

use eframe::egui::{Id, Key, Rect, Role, Sense, Ui, WidgetInfo};

use crate::model::filter::TextFilter;
use crate::model::format;
use crate::ui::theme::{fonts, icons};
use crate::ui::widgets::{self, TextField};

/// Most places that are noted.
const MOST_HITS: usize = 10_000;

/// Which contents were looked through: a record in one form, and how its lines were cut.
type Of = (Option<(u64, usize)>, usize);

/// The search in one record.
#[derive(Debug, Default)]
pub struct Find {
    text: String,
    needle: Option<TextFilter>,
    of: Option<Of>,
    /// Nodes or lines, in order.
    hits: Vec<usize>,
    current: usize,
    jumps: bool,
}

impl Find {
    /// What is looked for.
    pub fn needle(&self) -> Option<&TextFilter> {
        self.needle.as_ref()
    }

    /// Looks through `count` places, once for each record, form and text.
    pub fn look_through(&mut self, of: Of, count: usize, is_in: impl Fn(usize, &TextFilter) -> bool) {
        if self.of == Some(of) {
            return;
        }
        self.of = Some(of);
        let needle = self.needle.as_ref();
        self.hits =
            needle.map_or_else(Vec::new, |needle| (0..count).filter(|at| is_in(*at, needle)).take(MOST_HITS).collect());
        self.current = 0;
        self.jumps = !self.hits.is_empty();
    }

    /// Whether it occurs here.
    pub fn is_hit(&self, at: usize) -> bool {
        self.hits.binary_search(&at).is_ok()
    }

    /// Whether this is the place that is looked at.
    pub fn is_current(&self, at: usize) -> bool {
        self.hits.get(self.current) == Some(&at)
    }

    /// The place to scroll to, once.
    pub fn take_jump(&mut self) -> Option<usize> {
        let jumps = std::mem::take(&mut self.jumps);
        self.hits.get(self.current).copied().filter(|_| jumps)
    }

    fn step(&mut self, forward: bool) {
        let count = self.hits.len();
        if count > 0 {
            self.current = if forward { (self.current + 1) % count } else { (self.current + count - 1) % count };
            self.jumps = true;
        }
    }

    /// Draws the field; Enter goes to the next place, Shift Enter to the one before.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect) {
        let place = match (self.needle.is_some(), self.hits.len()) {
            (false, _) => String::new(),
            (true, 0) => "none".to_owned(),
            (true, count) => format!("{} of {}", self.current + 1, format::grouped(count as i64)),
        };
        let before = self.text.clone();
        let id = Id::unique("tail find in record");
        let response = TextField::new(id, "Find in record", &mut self.text)
            .hint("find in record")
            .icon(icons::SEARCH)
            .trailing(&place)
            .toolbar()
            .show_in(ui, rect);
        if self.text != before {
            self.needle = (!self.text.is_empty()).then(|| TextFilter::new(&self.text));
            self.of = None;
        }
        if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
            let forward = !ui.input(|input| input.modifiers.shift);
            self.step(forward);
            response.request_focus();
        }
        if !place.is_empty() {
            let width = widgets::text_width(ui.painter(), &place, fonts::small());
            let area = rect.with_min_x(rect.right() - width - 10.0);
            let status = ui.interact(area, id.with("count"), Sense::hover());
            status.widget_info(|| WidgetInfo::labeled(Role::Status, true, format!("Found {place}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_gone_through_in_a_circle() {
        let mut find = Find { needle: Some(TextFilter::new("x")), ..Find::default() };
        find.look_through((Some((1, 1)), 0), 10, |at, _| at % 4 == 0);
        assert_eq!(find.take_jump(), Some(0));
        assert_eq!(find.take_jump(), None);
        find.step(true);
        assert!(find.is_current(4) && find.is_hit(8) && !find.is_hit(5));
        find.step(true);
        find.step(true);
        assert_eq!(find.take_jump(), Some(0));
        find.step(false);
        assert!(find.is_current(8));
        find.look_through((Some((1, 1)), 0), 10, |_, _| true);
        assert!(find.is_current(8), "nothing is looked through twice");
    }
}
