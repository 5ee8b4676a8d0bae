//! The part for registered consumers: who is there, at which price, one more, one less.

use eframe::egui::{Align, Id, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::super::change::{ChangeOffer, Subject, parts};
use super::{checks, request};
use crate::model::change::StreamChange;
use crate::model::change::price::{self, Plan, Usage};
use crate::model::change::rules;
use crate::model::consumer::Consumer;
use crate::model::cost::{self, CostLine};
use crate::model::format;
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, TagStyle, TextField};

const ROW: f32 = 28.0;

/// What the part remembers.
#[derive(Debug, Default)]
pub struct ConsumersPart {
    name: String,
    /// The consumer that is to go.
    leaving: Option<String>,
}

impl ConsumersPart {
    /// What the name, or the choice, offers.
    pub fn offer(&mut self, subject: &Subject<'_>) -> ChangeOffer {
        let is_listed = |name: &String| subject.consumers().is_some_and(|all| all.iter().any(|c| c.name == *name));
        self.leaving = self.leaving.take().filter(is_listed);
        let offer = match &self.leaving {
            Some(name) => leaving(subject, name),
            None => self.registering(subject),
        };
        offer.guarded(subject.world, subject.name.as_str(), false)
    }

    fn registering(&mut self, subject: &Subject<'_>) -> ChangeOffer {
        // A name that was registered meanwhile is done with.
        let run = subject.world.changes.runs.get(subject.name).filter(|run| run.is_done && run.problem().is_none());
        let change = StreamChange::Register { consumer: self.name.trim().to_owned() };
        let is_done = run.is_some_and(|run| run.request.changes.contains(&change))
            && subject.consumers().is_some_and(|all| all.iter().any(|c| c.name == self.name.trim()));
        if is_done {
            self.name.clear();
        }
        ChangeOffer {
            request: (!self.name.trim().is_empty()).then(|| request(subject, change.clone())),
            missing: Some("Type the name of the consumer.".to_owned()),
            button: "Register consumer".to_owned(),
            icon: icons::CONSUMERS,
            verb: "register",
            checks: checks(subject, &change),
            cost: bill(subject, 1),
            steps: vec![
                ("RegisterStreamConsumer".to_owned(), "1 call".to_owned()),
                ("Consumer ACTIVE".to_owned(), "some seconds".to_owned()),
                ("It costs, used or not".to_owned(), "per shard and hour".to_owned()),
            ],
            footnote: "A consumer has 2 MiB/s of each shard for itself, beside the polling readers.".to_owned(),
            again: "Change consumers again",
            ..ChangeOffer::default()
        }
    }

    /// Draws the part.
    pub fn show(&mut self, ui: &mut Ui, subject: &Subject<'_>) {
        let t = theme::tokens(ui);
        let consumers = match subject.details.map(|details| &details.consumers) {
            None => return widgets::loading_rows(ui, "Loading consumers", "ListStreamConsumers", 6, ROW),
            Some(Err(problem)) => {
                widgets::text::paragraph(ui, &problem.sentence, fonts::body(), t.text);
                return;
            }
            Some(Ok(consumers)) => consumers,
        };
        let most =
            if subject.plan() == Plan::Advantage { rules::MOST_CONSUMERS_ADVANTAGE } else { rules::MOST_CONSUMERS };
        parts::heading(ui, "Registered consumers", &format!("{} of {most}, enhanced fan-out", consumers.len()));
        ui.add_space(6.0);
        let outcome = rules::name(self.name.trim());
        parts::row(ui, "One more", |ui| {
            let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
            let is_bad = outcome.is_err() && !self.name.is_empty();
            let field = TextField::new(Id::unique("consumer name"), "Consumer name", &mut self.name);
            if field.mono().hint("name of the application").invalid(is_bad).show_in(ui, area).changed() {
                self.leaving = None;
            }
        });
        parts::complaint(ui, outcome.as_ref().err().filter(|_| !self.name.is_empty()).map_or("", String::as_str));
        if consumers.is_empty() {
            let hint = "All readers of this stream poll and share 2 MiB/s of each shard.";
            widgets::empty(ui, icons::CONSUMERS, "No consumer is registered", hint, None);
            return;
        }
        head(ui);
        let month = price::total(&bill_lines(subject, 1));
        for consumer in consumers {
            let is_leaving = self.leaving.as_ref() == Some(&consumer.name);
            if consumer_row(ui, consumer, is_leaving, month) {
                self.leaving = (!is_leaving).then(|| consumer.name.clone());
            }
        }
    }
}

fn leaving(subject: &Subject<'_>, name: &str) -> ChangeOffer {
    let change = StreamChange::Deregister { consumer: name.to_owned() };
    let words = "Its application stops reading within seconds, and its subscriptions fail. Registered again under the same \
                 name it is another consumer, with another ARN.";
    ChangeOffer {
        request: Some(request(subject, change.clone())),
        button: format!("Deregister {}", format::one_line(name, 24)),
        icon: icons::TRASH,
        verb: "deregister",
        checks: checks(subject, &change),
        note: Some(("Its subscriptions end at once", words.to_owned())),
        cost: bill(subject, -1),
        steps: vec![
            ("DeregisterStreamConsumer".to_owned(), "1 call".to_owned()),
            ("Its subscriptions end".to_owned(), "at once".to_owned()),
            ("Consumer is gone".to_owned(), "some seconds".to_owned()),
        ],
        footnote: "The records stay; only this way to read them goes.".to_owned(),
        again: "Change consumers again",
        ..ChangeOffer::default()
    }
}

/// What the bill has for so many consumers.
fn bill_lines(subject: &Subject<'_>, consumers: u32) -> Vec<price::BillLine> {
    let (plan, usage) = (subject.plan(), subject.usage());
    let of = |fan_out| price::month(plan, &Usage { fan_out, ..usage });
    let (with, without) = (of(consumers), of(0));
    let lines = with.into_iter().zip(without);
    let lines = lines.map(|(a, b)| price::BillLine { item: a.item, dollars: a.dollars - b.dollars });
    lines.filter(|line| line.dollars.abs() > 0.0).collect()
}

fn bill(subject: &Subject<'_>, change: i32) -> Vec<CostLine> {
    let sign = f64::from(change.signum());
    let lines = bill_lines(subject, change.unsigned_abs());
    lines.iter().map(|line| CostLine { text: line.item.to_owned(), dollars: sign * line.dollars }).collect()
}

fn columns(rect: Rect) -> [Rect; 5] {
    let cuts = [0.0, 0.36, 0.52, 0.74, 0.86, 1.0].map(|part| rect.left() + part * rect.width());
    let [a, b, c, d, e, f] = cuts;
    [(a, b), (b, c), (c, d), (d, e), (e, f)]
        .map(|(from, to)| Rect::from_min_max(pos2(from, rect.top()), pos2(to - 8.0, rect.bottom())))
}

fn head(ui: &mut Ui) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let titles = ["Name", "Status", "Registered, UTC", "Per month", ""];
    for ((area, title), column) in columns(rect).into_iter().zip(titles).zip(0..) {
        let align = if column == 3 { Align::Max } else { Align::Min };
        widgets::paint_elided(ui.painter(), area, align, title, fonts::caption(), t.weak);
    }
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
}

fn consumer_row(ui: &mut Ui, consumer: &Consumer, is_leaving: bool, month: f64) -> bool {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let (name, price) = (format::one_line(&consumer.name, 128), cost::dollars(month));
    let since = consumer.created.map_or_else(|| format::UNKNOWN.to_owned(), |at| format!("{} {}", at.date(), at.hm()));
    response.widget_info(|| {
        WidgetInfo::labeled(
            Role::Row,
            true,
            format!("Consumer {name} {} since {since} {price} a month", consumer.status),
        )
    });
    if is_leaving {
        ui.painter().rect_filled(rect, 0, t.crit_dim);
    }
    let [first, status, registered, dollars, last] = columns(rect);
    let painter = ui.painter();
    widgets::paint_elided(painter, first, Align::Min, &name, fonts::value(), t.strong);
    let style = match consumer.status.as_str() {
        "ACTIVE" => TagStyle::Ok,
        "DELETING" => TagStyle::Crit,
        _ => TagStyle::Accent,
    };
    widgets::paint_tag(painter, t, status.left_center(), &format::one_line(&consumer.status, 12), style);
    widgets::paint_elided(painter, registered, Align::Min, &since, fonts::value(), t.weak);
    widgets::paint_elided(painter, dollars, Align::Max, &price, fonts::value(), t.text);
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_weak));
    let builder = UiBuilder::new()
        .id_salt(("consumer", &name))
        .max_rect(last)
        .layout(eframe::egui::Layout::right_to_left(Align::Center));
    let words = if is_leaving { "Keep" } else { "Remove" };
    let label = if is_leaving { format!("Keep {name}") } else { format!("Deregister {name}…") };
    ui.new_child(builder).add(Button::ghost(words).name(&label).small()).clicked()
}
