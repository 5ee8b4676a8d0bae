//! What was read in the last two minutes, and what the buffer holds.

use std::collections::VecDeque;

use eframe::egui::{Align, Align2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::budget;
use crate::model::format;
use crate::model::settings::Settings;
use crate::model::tail::{Tail, TailItem};
use crate::model::time::Timestamp;
use crate::ui::command::Commands;
use crate::ui::theme::{self, fonts};
use crate::ui::widgets::text::{job, paint_job};
use crate::ui::widgets::{self, stacked_bars};

/// Height of the strip.
pub const HEIGHT: f32 = 78.0;
const SECONDS: usize = 120;

/// Records read in each second that the view was looked at; a second that was not is unknown.
#[derive(Debug, Default)]
pub struct Pace {
    per_second: VecDeque<Option<f64>>,
    /// Records that came, and those of them that pass the filter, a second, as far as one was set. An aggregate is read as
    /// one record and comes as many, so these are not those that were read.
    matched: VecDeque<Option<(f64, f64)>>,
    last: Option<(i64, u64)>,
    /// Records from here on came since the last second.
    next_id: u64,
}

impl Pace {
    /// Notes how much has been read by now. Called in every frame; counts once a second.
    pub fn note(&mut self, tail: &Tail, now: Timestamp) {
        let (second, read) = (now.as_secs(), tail.status.records_read);
        match self.last {
            Some((before, count)) if second > before && read >= count => {
                let passed = second - before;
                let rate = (read - count) as f64 / passed as f64;
                // A short gap is a mean; after a longer one nothing is claimed.
                let value = (passed <= 3).then_some(rate);
                let matched = self.matched_now(tail).filter(|_| passed <= 3);
                let matched = matched.map(|(came, part)| (came / passed as f64, came * part / passed as f64));
                for _ in 0..passed.min(SECONDS as i64) {
                    self.per_second.push_back(value);
                    self.matched.push_back(matched);
                }
            }
            Some((before, count)) if second >= before && read >= count => return,
            Some(_) => {
                self.per_second.clear();
                self.matched.clear();
            }
            None => {}
        }
        self.last = Some((second, read));
        self.next_id = tail.store.next_id();
        while self.per_second.len() > SECONDS {
            self.per_second.pop_front();
            self.matched.pop_front();
        }
    }

    /// Records that came since the last second, and the part of them that passes the filter, as far as it has looked at
    /// them. `None` while it is behind: what it has not looked at is not known to fail.
    fn matched_now(&self, tail: &Tail) -> Option<(f64, f64)> {
        let filter = tail.filter.as_ref()?;
        let came = tail.store.next_id().saturating_sub(self.next_id);
        let looked_at = came.saturating_sub(filter.remaining(&tail.store));
        let part = match (came, looked_at) {
            (0, _) => 0.0,
            (_, 0) => return None,
            (_, looked_at) => filter.matches_since(self.next_id) as f64 / looked_at as f64,
        };
        Some((came as f64, part))
    }

    /// Records a second that came and that passed the filter, over the last seconds.
    fn match_rate(&self) -> Option<(f64, f64)> {
        let last: Vec<(f64, f64)> = self.matched.iter().rev().take(5).flatten().copied().collect();
        let count = last.len().max(1) as f64;
        let sum = last.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (!last.is_empty()).then_some((sum.0 / count, sum.1 / count))
    }

    /// The part of what was read in each second that passed.
    fn matched_values(&self) -> Vec<Option<f64>> {
        let part = |(read, matched): (&Option<f64>, &Option<(f64, f64)>)| {
            let ((came, matches), read) = ((*matched)?, (*read)?);
            (came > 0.0).then(|| read * (matches / came).min(1.0))
        };
        padded(self.per_second.iter().zip(&self.matched).map(part))
    }

    /// The last two minutes, the newest last.
    fn values(&self) -> Vec<Option<f64>> {
        padded(self.per_second.iter().copied())
    }
}

/// The values with seconds before them of which nothing is known.
fn padded(values: impl Iterator<Item = Option<f64>>) -> Vec<Option<f64>> {
    let values: Vec<Option<f64>> = values.collect();
    let missing = SECONDS - values.len().min(SECONDS);
    std::iter::repeat_n(None, missing).chain(values).collect()
}

/// Draws the strip.
pub fn show(ui: &mut Ui, tail: &Tail, pace: &Pace, settings: &Settings, out: &mut Commands) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, t.stroke));
    let line = Rect::from_min_max(rect.min + vec2(16.0, 6.0), pos2(rect.right() - 16.0, rect.top() + 26.0));
    let (read, mib) = (rate_words(tail.status.records_per_sec), format::mib_per_sec(tail.status.bytes_per_sec));
    let buffer = buffer_words(tail);
    response.widget_info(|| {
        let reading = match tail.is_running() {
            true => format!("Read {read} records/s, {mib} MiB/s"),
            false => "Nothing is being read".to_owned(),
        };
        WidgetInfo::labeled(Role::Status, true, format!("{reading}. Buffer {buffer}"))
    });
    let left = painter.text(line.left_center(), Align2::LEFT_CENTER, "Last 2 min", fonts::small_medium(), t.strong);
    let swatch = Rect::from_center_size(pos2(left.right() + 18.0, line.center().y), vec2(8.0, 8.0));
    painter.rect_filled(swatch, 1, t.stroke_strong);
    let words = match tail.is_running() {
        true => job(&[
            ("read ", fonts::small(), t.weak),
            (&read, fonts::value_strong(), t.strong),
            (" rec/s, ", fonts::small(), t.weak),
            (&mib, fonts::value_strong(), t.strong),
            (" MiB/s", fonts::small(), t.weak),
        ]),
        false => job(&[("nothing is being read", fonts::small(), t.weak)]),
    };
    let at = line.with_min_x(swatch.right() + 5.0);
    let read = paint_job(painter, at, Align::Min, words);
    let mut right = read.right();
    if let Some((came, rate)) = pace.match_rate().filter(|_| tail.filter.is_some() && tail.is_running()) {
        let swatch = Rect::from_center_size(pos2(right + 16.0, line.center().y), vec2(8.0, 8.0));
        painter.rect_filled(swatch, 1, t.accent_fill);
        let (came, rate) = (rate_words(came), rate_words(rate));
        let words = job(&[
            ("match ", fonts::small(), t.weak),
            (&rate, fonts::value_strong(), t.strong),
            (" of ", fonts::small(), t.weak),
            (&came, fonts::value(), t.text),
            (" rows/s", fonts::small(), t.weak),
        ]);
        right = paint_job(painter, line.with_min_x(swatch.right() + 5.0), Align::Min, words).right();
    }
    let button = Rect::from_center_size(line.right_center() - vec2(11.0, 0.0), vec2(22.0, 22.0));
    let room = line.with_min_x(right + 16.0).with_max_x(button.left() - 6.0);
    widgets::paint_elided(painter, room, Align::Max, &format!("buffer {buffer}"), fonts::small(), t.weak);
    let bars = Rect::from_min_max(pos2(line.left(), rect.top() + 32.0), pos2(line.right(), rect.bottom() - 6.0));
    painter.hline(bars.x_range(), bars.bottom() + 0.5, Stroke::new(1.0, t.stroke_weak));
    let values = pace.values();
    stacked_bars(painter, bars, &values, None, t.stroke_strong);
    if tail.filter.is_some() {
        let top = values.iter().flatten().copied().fold(0.0, f64::max);
        stacked_bars(painter, bars, &pace.matched_values(), Some(top), t.accent_fill);
    }
    budget::show(ui, button, settings, out);
}

/// `1,204`, `12.4`, `0.25`, `0`.
fn rate_words(rate: f64) -> String {
    if rate == 0.0 { "0".to_owned() } else { format::significant(rate) }
}

/// `50,000 records, 41.2 of 256 MiB, 1,204 evicted, oldest 14:36:59`.
fn buffer_words(tail: &Tail) -> String {
    let store = &tail.store;
    let mut words = format!(
        "{} records, {} of {}",
        format::grouped(store.record_count() as i64),
        format::bytes(store.bytes() as u64),
        format::bytes(store.cap_bytes() as u64)
    );
    if store.evicted_records() > 0 {
        let evicted = i64::try_from(store.evicted_records()).unwrap_or(i64::MAX);
        words.push_str(&format!(", {} evicted", format::grouped(evicted)));
    }
    let arrival = |item: &TailItem| item.record().and_then(|record| record.approximate_arrival);
    let oldest = (0..store.len().min(64)).find_map(|at| store.at(at).and_then(arrival));
    if let Some(at) = oldest {
        words.push_str(&format!(", oldest {}", at.hms()));
    }
    words
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::filter::{Filter, FilterKind, FilterSpec};
    use crate::model::tail::{NoticeKind, TailNotice};

    #[test]
    fn a_second_that_was_not_looked_at_is_unknown() {
        let mut pace = Pace::default();
        let mut tail = Tail::default();
        let at = Timestamp::from_secs;
        pace.note(&tail, at(100));
        tail.status.records_read = 50;
        pace.note(&tail, at(101));
        pace.note(&tail, at(101));
        tail.status.records_read = 90;
        pace.note(&tail, at(103));
        tail.status.records_read = 900;
        pace.note(&tail, at(110));
        let values = pace.values();
        assert_eq!(values.len(), SECONDS);
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        assert_eq!(known, [50.0, 20.0, 20.0]);
        assert_eq!(values.last(), Some(&None));
        assert_eq!(pace.match_rate(), None, "no filter was set");
    }

    #[test]
    fn what_a_filter_has_not_looked_at_is_not_told_as_no_match() {
        let notice = |_| {
            TailItem::Notice(TailNotice {
                at: Timestamp(0),
                shard: None,
                kind: NoticeKind::Failed,
                text: "x".to_owned(),
            })
        };
        let mut tail = Tail::default();
        let filter = Filter::compile(&FilterSpec::new(FilterKind::Text, "nothing has it")).expect("compiles");
        tail.begin_filter(Arc::new(filter));
        tail.settle_filter(true);
        tail.advance_filter(10);
        let mut pace = Pace::default();
        pace.note(&tail, Timestamp::from_secs(100));
        tail.ingest((0..50).map(notice));
        assert_eq!(tail.filter.as_ref().map(|filter| filter.remaining(&tail.store)), Some(50));
        pace.note(&tail, Timestamp::from_secs(101));
        assert_eq!(pace.match_rate(), None, "none of them was looked at");
        tail.advance_filter(100);
        tail.ingest((0..10).map(notice));
        tail.advance_filter(100);
        pace.note(&tail, Timestamp::from_secs(102));
        assert_eq!(pace.match_rate(), Some((10.0, 0.0)));
    }
}
