//! The part for metrics of single shards: all of them on, or off.

use eframe::egui::Ui;

use super::super::change::{ChangeOffer, Subject, parts};
use super::{checks, request};
use crate::model::change::StreamChange;
use crate::model::cost::{self, CostLine};
use crate::model::format;
use crate::model::limits::{SHARD_METRIC_DOLLARS_PER_MONTH, SHARD_METRICS};
use crate::ui::theme::icons;

fn on_count(subject: &Subject<'_>) -> usize {
    let is_on = |name: &&&str| subject.summary.is_some_and(|summary| summary.has_shard_metric(name));
    SHARD_METRICS.iter().filter(is_on).count()
}

/// On where any metric is off, else off.
pub fn offer(subject: &Subject<'_>) -> ChangeOffer {
    let on = on_count(subject);
    let enable = on < SHARD_METRICS.len();
    let change = StreamChange::Monitoring { enable };
    let shards = subject.summary.map_or(0, |summary| summary.open_shard_count as usize);
    let metrics = if enable { SHARD_METRICS.len() - on } else { on };
    let sign = if enable { 1.0 } else { -1.0 };
    let each = cost::shard_metrics_dollars(shards) / SHARD_METRICS.len() as f64;
    let count = format::counted(shards, "shard");
    ChangeOffer {
        request: Some(request(subject, change.clone())),
        button: if enable { "Enable shard metrics" } else { "Disable shard metrics" }.to_owned(),
        icon: icons::CAPACITY,
        verb: if enable { "enable them" } else { "disable them" },
        checks: checks(subject, &change),
        note: (!enable).then(|| {
            let words =
                "The heatmap then knows single shards only from records that are read. What CloudWatch has kept stays.";
            ("Single shards cannot be told apart", words.to_owned())
        }),
        cost: vec![CostLine {
            text: format!("{count} × {metrics} metrics × ${SHARD_METRIC_DOLLARS_PER_MONTH:.2}"),
            dollars: sign * each * metrics as f64,
        }],
        steps: vec![
            (change.operation().to_owned(), "1 call, ALL".to_owned()),
            match enable {
                true => ("First figures in CloudWatch".to_owned(), "some minutes".to_owned()),
                false => ("New figures in CloudWatch".to_owned(), "end".to_owned()),
            },
        ],
        footnote: "CloudWatch bills each as a custom metric, per shard.".to_owned(),
        again: "Change it again",
        ..ChangeOffer::default()
    }
    .guarded(subject.world, subject.name.as_str(), false)
}

/// Draws the part.
pub fn show(ui: &mut Ui, subject: &Subject<'_>) {
    parts::heading(ui, "Metrics of single shards", &format!("{} of {} on", on_count(subject), SHARD_METRICS.len()));
    ui.add_space(6.0);
    for name in SHARD_METRICS {
        let is_on = subject.summary.is_some_and(|summary| summary.has_shard_metric(name));
        parts::state(ui, name, if is_on { "on" } else { "off" }, is_on);
    }
    ui.add_space(6.0);
    parts::consequence(
        ui,
        "Sums a minute for every shard, refused writes among them, from then on and not for the past.",
    );
    parts::consequence(ui, "Bursts within a minute still need Live 1 s.");
}
