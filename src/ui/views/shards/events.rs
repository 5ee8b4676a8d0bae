//! The marks between the rows of the picture: a split or a merge at its place in the key space, with its day.

use eframe::egui::{Align2, FontId, Rangef, pos2};

use super::bands::Picture;
use super::key_space::{span_of, x_of};
use super::sight::when;
use crate::model::time::Timestamp;
use crate::ui::theme::{fonts, icons};
use crate::ui::widgets::text_width;

/// Most marks of one row: more are a pattern and no longer read.
const MOST: usize = 6;

/// One reshard of a row.
struct Event {
    x: f32,
    at: Timestamp,
    icon: &'static str,
    is_pointed_out: bool,
}

/// Paints the marks of all rows. Those of the family that is pointed out come first, then the newest; what would touch another is
/// left out.
pub fn paint(picture: &Picture<'_>) {
    for row in 0..picture.look.rows.len() {
        let mut events = events_of(picture, row);
        events.sort_by_key(|event| (!event.is_pointed_out, std::cmp::Reverse(event.at)));
        let y = picture.row_top(row) - 11.0;
        let mut taken: Vec<Rangef> = Vec::new();
        for event in events {
            if taken.len() >= MOST {
                break;
            }
            let text = when(event.at, picture.look.now);
            let width = text_width(&picture.painter, &text, fonts::fine()) + 17.0;
            let left = (event.x - 6.0).clamp(picture.area.min, (picture.area.max - width).max(picture.area.min));
            if taken.iter().any(|other| left < other.max + 14.0 && other.min < left + width + 14.0) {
                continue;
            }
            taken.push(Rangef::new(left, left + width));
            let ink = if event.is_pointed_out { picture.t.accent } else { picture.t.weak };
            let icon = FontId::new(12.0, fonts::icon(12.0).family);
            picture.painter.text(pos2(left, y), Align2::LEFT_CENTER, event.icon, icon, ink);
            picture.painter.text(pos2(left + 17.0, y), Align2::LEFT_CENTER, text, fonts::fine(), ink);
        }
    }
}

/// The reshards that led to a row. A row in which all were made on one day says so at its left already.
fn events_of(picture: &Picture<'_>, row: usize) -> Vec<Event> {
    let lineage = &picture.facts.lineage;
    let mut dates = picture.shown_in(row).filter_map(|(_, shard)| shard.born).map(|born| born.at.date());
    let first = dates.next();
    let is_one_day = dates.all(|date| Some(date) == first);
    let event = |(at, shard): (usize, &super::rows::ShardFacts)| {
        let is_pointed_out = picture.family.contains(&at);
        let born = shard.born?.at;
        let (icon, x) = match lineage.parents(at) {
            [_, _, ..] => (icons::MERGE, span_of(shard.range, picture.area).center()),
            // The upper child stands for a split: it begins where the cut is.
            [parent] if lineage.children(*parent).last() == Some(&at) => {
                (icons::SPLIT, x_of(shard.range.start, picture.area))
            }
            _ => return None,
        };
        (!is_one_day || is_pointed_out).then_some(Event { x, at: born, icon, is_pointed_out })
    };
    picture.shown_in(row).filter_map(event).collect()
}
