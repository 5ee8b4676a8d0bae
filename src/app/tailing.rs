//! What the window does with the records of a tail beside showing them: filtering and decoding anew, by jobs that a newer
//! wish replaces.

use super::App;
use super::engine::OpenTasks;
use crate::model::decode::DecodeAs;
use crate::model::export::{ExportRequest, ExportRun, ExportWhat};
use crate::model::filter::FilterSpec;
use crate::model::mask::Masks;
use crate::model::tail::Tail;
use crate::model::time::{Millis, Timestamp};
use crate::tasks::decode::{AllDone, DecodeJob};
use crate::tasks::export::{Coming, ExportJob, Selection};
use crate::tasks::filter::{FilterJob, Finding};
use crate::tasks::wake::Wake;

/// A new filter that has not seen everything after this long is shown with what it has found so far.
const FILTER_PATIENCE: Millis = Millis(250);

impl App {
    /// Looks through all records with another filter; an empty one shows everything at once.
    pub(super) fn filter_tail(&mut self, spec: FilterSpec, now: Timestamp) {
        let wake = self.engine.wake.clone();
        let (Some(tasks), Some(open)) = (&mut self.engine.open, &mut self.world.open) else { return };
        if spec.is_empty() {
            tasks.filter = None;
            open.tail.clear_filter();
        } else {
            tasks.filter = Some((FilterJob::start(spec, wake), now));
        }
    }

    /// Forgets what was read.
    pub(super) fn clear_tail(&mut self) {
        if let Some(open) = &mut self.world.open {
            self.engine.free(open.tail.clear());
        }
    }

    /// Keeps as much of what is read, and reads as often, as the settings say; a tail that is under way, too.
    pub(super) fn follow_tail_settings(&mut self) {
        let settings = &self.world.settings;
        if let Some(tail) = self.engine.open.as_ref().and_then(|tasks| tasks.tail.as_ref()) {
            tail.read_budget.send_if_modified(|reads| {
                let before = std::mem::replace(reads, settings.read_budget);
                before != settings.read_budget
            });
        }
        let cap = settings.tail_buffer_bytes();
        if let Some(open) = self.world.open.as_mut().filter(|open| open.tail.store.cap_bytes() != cap) {
            self.engine.free(open.tail.store.set_cap_bytes(cap));
        }
    }

    /// Writes what is kept, or what the filter lets through, to a file.
    pub(super) fn export(&mut self, request: ExportRequest) {
        let wake = self.engine.wake.clone();
        let masks = Masks::new(&self.world.settings.tail.masks);
        let (Some(tasks), Some(open)) = (&mut self.engine.open, &mut self.world.open) else { return };
        let filter = open.tail.filter.as_ref().filter(|_| request.only_filtered);
        if request.what == ExportWhat::ToCome {
            let coming = Coming { filter: filter.map(|filter| filter.filter().spec().clone()), masks };
            let from = open.tail.store.next_id();
            tasks.export = Some(ExportJob::start_coming(open.name.clone(), request.clone(), coming, from, wake));
            open.export = Some(ExportRun { request, done: 0, of: 0, outcome: None });
            return;
        }
        let of = filter.map_or(open.tail.store.record_count(), |f| f.match_count() + f.undecodable_count());
        let ids = filter.map(|filter| filter.ids().collect());
        let selection = Selection { pieces: open.tail.store.pieces_from(0), ids, masks };
        tasks.export = Some(ExportJob::start(open.name.clone(), request.clone(), selection, wake));
        open.export = Some(ExportRun { request, done: 0, of, outcome: None });
    }

    /// Nothing more is to come: the file is made whole.
    pub(super) fn finish_export(&self) {
        if let Some(job) = self.engine.open.as_ref().and_then(|tasks| tasks.export.as_ref()) {
            job.finish();
        }
    }

    /// Stops writing; what was written is removed.
    pub(super) fn cancel_export(&mut self) {
        if let Some(tasks) = &mut self.engine.open {
            tasks.export = None;
        }
        self.with_open(|open| open.export = None);
    }

    /// Takes records for something else: those to come, and those that are kept.
    pub(super) fn decode_tail(&mut self, decode_as: DecodeAs) {
        let wake = self.engine.wake.clone();
        let (Some(tasks), Some(open)) = (&mut self.engine.open, &mut self.world.open) else { return };
        open.tail.decode_as = decode_as;
        if let Some(tail) = &tasks.tail {
            tail.decode_as.send_replace(decode_as);
        }
        tasks.stale_from = None;
        tasks.decode = Some(DecodeJob::start(open.tail.store.pieces_from(0), decode_as, wake));
    }
}

/// Hands over what has come, and notes how far an export is. One of what is to come is finished when the tail has ended.
pub(super) fn follow_export(tasks: &mut OpenTasks, tail: &Tail, run: &mut Option<ExportRun>) {
    let (Some(job), Some(run)) = (&mut tasks.export, run) else { return };
    if run.request.what == ExportWhat::ToCome {
        job.feed(tail.store.pieces_from(job.asked_until()));
        if !tail.is_running() {
            job.finish();
        }
    }
    run.done = job.done();
    run.outcome = job.outcome();
    if run.outcome.is_some() {
        tasks.export = None;
    }
}

/// Moves both jobs on: hands over what is new, takes what they found. Costs by what was found since the last frame.
pub(super) fn follow_jobs(tasks: &mut OpenTasks, tail: &mut Tail, wake: &Wake, now: Timestamp) {
    if follow_decoding(tasks, tail, wake) {
        // What the filter has seen is not what is shown any more.
        tasks.filter = tasks.filter.take().map(|(job, _)| (FilterJob::start(job.spec().clone(), wake.clone()), now));
    }
    let Some((job, since)) = &mut tasks.filter else { return };
    job.look_through(tail.store.pieces_from(job.asked_until()));
    while let Some(finding) = job.next_finding() {
        match finding {
            Finding::Ready(filter) => tail.begin_filter(filter),
            Finding::Refused(problem) => tail.fail_filter(job.spec().clone(), problem),
            Finding::Found(found) => tail.take_found(found),
            Finding::Stopped(problem) => tail.stop_filter(problem),
        }
    }
    tail.settle_filter(since.age_at(now) >= FILTER_PATIENCE);
}

/// Puts newly decoded records in their place; whether all of them now are.
fn follow_decoding(tasks: &mut OpenTasks, tail: &mut Tail, wake: &Wake) -> bool {
    let Some(job) = &tasks.decode else { return false };
    loop {
        match job.next_piece() {
            Ok(Some((piece, items))) => {
                tail.store.replace(&piece, items);
            }
            Ok(None) => return false,
            Err(AllDone) => break,
        }
    }
    // Records that were on their way when the wish came are decoded the old way.
    tasks.decode = tasks
        .stale_from
        .take()
        .map(|from| DecodeJob::start(tail.store.pieces_from(from), tail.decode_as, wake.clone()));
    tasks.decode.is_none()
}
