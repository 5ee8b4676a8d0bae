//! The part that ends a stream: what is lost, who stands in the way, and the typed name.

use eframe::egui::Ui;

use super::super::change::{ChangeOffer, Subject, parts};
use super::{checks, request};
use crate::model::change::StreamChange;
use crate::model::change::price;
use crate::model::cost::CostLine;
use crate::model::format;
use crate::ui::theme::icons;

/// What deleting offers. The name is typed always, on every connection.
pub fn offer(subject: &Subject<'_>, with_consumers: bool) -> ChangeOffer {
    let has_consumers = subject.consumer_count() > 0;
    let change = StreamChange::Delete { with_consumers: with_consumers && has_consumers };
    let bill = price::month(subject.plan(), &subject.usage());
    let mut steps = vec![
        ("DeleteStream".to_owned(), "1 call".to_owned()),
        ("Stream shows DELETING".to_owned(), "seconds to minutes".to_owned()),
        ("Stream is gone, with its records".to_owned(), "for good".to_owned()),
    ];
    if has_consumers {
        steps.insert(1, ("Its consumers are deregistered".to_owned(), subject.consumer_count().to_string()));
    }
    ChangeOffer {
        request: Some(request(subject, change.clone())),
        button: "Delete stream".to_owned(),
        icon: icons::TRASH,
        verb: "delete",
        checks: checks(subject, &change),
        note: Some((
            "This cannot be undone",
            "The stream goes at once, without a time to think it over. A new stream of the same name begins empty, and \
             nothing that read or wrote the old one finds its records again."
                .to_owned(),
        )),
        cost_notes: match subject.traffic {
            Some(_) => Vec::new(),
            None => vec![("By its traffic".to_owned(), "none is measured".to_owned())],
        },
        cost: vec![CostLine { text: "What the stream costs now".to_owned(), dollars: -price::total(&bill) }],
        steps,
        footnote: "Stop producers and readers first: they get ResourceNotFoundException.".to_owned(),
        again: "Try again",
        ..ChangeOffer::default()
    }
    .guarded(subject.world, subject.name.as_str(), true)
}

/// Draws the part.
pub fn show(ui: &mut Ui, subject: &Subject<'_>, with_consumers: &mut bool) {
    parts::heading(ui, "What is lost", "at once, for good");
    ui.add_space(6.0);
    let hours = subject.summary.map_or(24, |summary| summary.retention_hours);
    let records = match subject.traffic {
        Some(traffic) => {
            let seconds = f64::from(hours) * 3_600.0;
            format!(
                "up to {}: about {}, {} of them",
                format::retention(hours),
                format::bytes((traffic.bytes_per_sec * seconds) as u64),
                format::grouped((traffic.records_per_sec * seconds) as i64)
            )
        }
        None => format!("up to {}; how many is not measured", format::retention(hours)),
    };
    parts::fact(ui, "Records", &records);
    let written = match subject.traffic {
        Some(traffic) if traffic.records_per_sec > 0.0 => {
            let rate = format::mib_per_sec(traffic.bytes_per_sec);
            let records = format::significant(traffic.records_per_sec);
            format!("{rate} MiB/s, {records} rec/s: somebody still writes")
        }
        Some(_) => "nothing, in the minutes that were measured".to_owned(),
        None => "not measured".to_owned(),
    };
    parts::fact(ui, "Written lately", &written);
    let shards = subject.summary.map_or(0, |summary| summary.open_shard_count as usize);
    parts::fact(ui, "Shards", &format!("{} open, and how they were cut", format::grouped(shards as i64)));
    let consumers = subject.consumer_count();
    let names: Vec<&str> = subject.consumers().unwrap_or_default().iter().map(|c| c.name.as_str()).take(4).collect();
    let words = match (consumers, names.is_empty()) {
        (0, _) => "none".to_owned(),
        (count, true) => count.to_string(),
        (count, false) => format!("{count}: {}", format::one_line(&names.join(", "), 80)),
    };
    parts::fact(ui, "Registered consumers", &words);
    let tags = subject.details.and_then(|details| details.tags.as_ref().ok()).map(std::collections::BTreeMap::len);
    parts::fact(ui, "Tags", &tags.map_or_else(|| format::UNKNOWN.to_owned(), |count| count.to_string()));
    parts::fact(ui, "Metrics", "CloudWatch keeps the past ones; alarms on them stay and see no data");
    ui.add_space(10.0);
    if consumers > 0 {
        let words = format!("Deregister {} with it", format::counted(consumers as usize, "consumer"));
        parts::tick(ui, &words, with_consumers);
    }
    ui.add_space(4.0);
    parts::consequence(
        ui,
        "Lambda functions, Firehose and KCL applications that read it go on failing until they are stopped.",
    );
    parts::consequence(ui, "Readers that poll cannot be seen from the stream: look at its read traffic first.");
}
