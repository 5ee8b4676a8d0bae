//! Judges the open stream by the records that were read of it, beside the window, and remembers the conclusion for the fleet.

use std::sync::Arc;

use super::App;
use crate::model::sample::StreamSample;
use crate::model::time::{Millis, Timestamp};
use crate::model::verdict::{Evidence, judge};

/// Records keep coming while a stream is sampled; a conclusion holds for so long at least.
const JUDGE_EVERY: Millis = Millis::from_secs(5);

/// What was judged last.
#[derive(Debug, Default)]
pub(super) struct Judged {
    records: Option<Arc<StreamSample>>,
    at: Option<Timestamp>,
}

impl App {
    /// Asks for a new conclusion where more has been read, and takes in the one that was asked for.
    pub(super) fn renew_verdict(&mut self, now: Timestamp) {
        let (Some(tasks), Some(open)) = (&mut self.engine.open, &self.world.open) else { return };
        if tasks.verdict.poll(now)
            && let Some((verdict, at)) = &tasks.verdict.answer().value
        {
            self.world.verdicts.insert(open.name.clone(), (verdict.clone(), *at));
        }
        let (Some(records), Some((shards, _))) = (&open.records, &open.shards.value) else { return };
        let is_same = self.judged.records.as_ref().is_some_and(|judged| Arc::ptr_eq(judged, records));
        let is_fresh = self.judged.at.is_some_and(|at| at <= now && at.age_at(now) < JUDGE_EVERY);
        if is_same || is_fresh || tasks.verdict.is_pending() {
            return;
        }
        self.judged = Judged { records: Some(records.clone()), at: Some(now) };
        let (records, shards) = (records.clone(), shards.clone());
        let summary = open.summary.value.as_ref().map(|(summary, _)| summary.clone());
        let metrics = open.metrics.value.as_ref().map(|(metrics, _)| metrics.clone());
        self.engine.judge(now, move || {
            let evidence = Evidence {
                summary: summary.as_deref(),
                shards: &shards,
                metrics: metrics.as_deref(),
                sample: Some(&records),
            };
            judge(&evidence, None)
        });
    }
}
