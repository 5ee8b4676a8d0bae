//! Reading by enhanced fan-out: when a shard is subscribed to, when its subscription is renewed, and what its events mean.
//! Pure, as the machine is.

use super::machine::{Machine, Request};
use super::reader::{After, Phase, Reader};
use crate::model::answer::Problem;
use crate::model::consumer::ShardEvent;
use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::position::StartingPosition;
use crate::model::record::RawRecord;
use crate::model::tail::NoticeKind;
use crate::model::time::{Millis, Timestamp};

/// A subscription is renewed at this age: the server ends it at five minutes (API: `SubscribeToShard`).
const RENEW_AFTER: Millis = Millis::from_secs(285);
/// A new subscription within this time of another is refused (API: `SubscribeToShard`).
const TAKES_OVER_AFTER: Millis = Millis::from_secs(5);

impl Reader {
    /// Notes that the shard is subscribed to now; the call.
    pub(super) fn subscribe(&mut self, now: Timestamp) -> Request {
        self.sent = now;
        self.phase = Phase::Subscribing;
        self.subscription += 1;
        // A server that begins at the continuation instead of behind it would send a record twice.
        self.is_renewed = self.has_answered;
        self.empty_at_tip = 0;
        Request::Subscribe { shard: self.id().clone(), position: self.resume.clone(), number: self.subscription }
    }

    /// Notes that events follow.
    fn take_subscription(&mut self, now: Timestamp) {
        if self.resume == StartingPosition::Latest {
            // Should it break before its first event, LATEST would leave a gap.
            self.resume = StartingPosition::AtTimestamp(self.sent);
        }
        self.phase = Phase::Subscribed;
        self.subscribed = now;
        self.due = now + RENEW_AFTER;
    }

    /// Takes an event: which records are new, and what comes next.
    fn take_event(&mut self, event: ShardEvent, started: Option<Timestamp>, now: Timestamp) -> (Vec<RawRecord>, After) {
        self.failures = 0;
        self.throttles_in_row = 0;
        self.slow = 1;
        self.has_answered = true;
        self.millis_behind = Some(event.millis_behind_latest);
        let mut records = event.records;
        let after = match &event.continuation {
            None => After::Ended,
            Some(_) => match self.judge(&records, event.millis_behind_latest == 0, started) {
                // The silence that ends a closed shard may have been on its way since before the end: only that of a
                // subscription which was begun behind the end counts.
                After::Ended if self.subscription <= self.closed_since => {
                    self.due = now.max(self.subscribed + TAKES_OVER_AFTER);
                    After::ReadOn
                }
                after => after,
            },
        };
        self.skip_what_was_read(&mut records);
        self.note_last(&records);
        if let Some(continuation) = event.continuation {
            // Moves on even where there are no records.
            self.resume = StartingPosition::AfterSequence(continuation);
        }
        self.phase = match after {
            After::ReadOn => Phase::Subscribed,
            After::AtTip => Phase::AtTip,
            After::Ended => Phase::Ended,
        };
        (records, after)
    }
}

impl Machine {
    /// Whether events of this subscription are still wanted. One that is not may be dropped.
    pub fn wants(&self, shard: &ShardId, number: u64) -> bool {
        self.current(shard, number).is_some()
    }

    /// Where a reader stands whose newest subscription has this number and is not over.
    fn current(&self, shard: &ShardId, number: u64) -> Option<usize> {
        let at = self.index.get(shard).copied()?;
        let reader = self.readers.get(at)?;
        let is_subscribed = matches!(reader.phase, Phase::Subscribing | Phase::Subscribed);
        (is_subscribed && reader.subscription == number).then_some(at)
    }

    pub(super) fn on_subscribed(&mut self, shard: &ShardId, number: u64, outcome: Result<(), Problem>, now: Timestamp) {
        let Some(at) = self.current(shard, number) else { return };
        if let Err(problem) = outcome {
            return self.on_failure(at, problem, now);
        }
        let Some(reader) = self.readers.get_mut(at) else { return };
        reader.take_subscription(now);
        let is_again = reader.has_answered;
        let was_failing = std::mem::take(&mut reader.is_failure_told);
        let behind = match &reader.resume {
            StartingPosition::AfterSequence(number) => format!(" behind {}", format::elide_middle(number.as_str(), 16)),
            _ => String::new(),
        };
        self.schedule(at);
        if is_again || was_failing {
            let text = format!("Subscribed again{behind}: nothing is skipped.");
            self.notice(Some(shard.clone()), NoticeKind::Resumed, text, now);
        }
    }

    pub(super) fn on_pushed(&mut self, shard: &ShardId, number: u64, event: ShardEvent, now: Timestamp) {
        let started = self.tip();
        let Some(at) = self.current(shard, number) else { return };
        let children = event.continuation.is_none().then(|| event.children.clone());
        let Some(reader) = self.readers.get_mut(at) else { return };
        let due = reader.due;
        let (records, after) = reader.take_event(event, started, now);
        if after != After::ReadOn || reader.due != due {
            self.due.remove(&(due, at));
        }
        self.hand_on(at, records, after, children, now);
    }

    pub(super) fn on_unsubscribed(
        &mut self,
        shard: &ShardId,
        number: u64,
        outcome: Result<(), Problem>,
        now: Timestamp,
    ) {
        let Some(at) = self.current(shard, number) else { return };
        let Some(reader) = self.readers.get_mut(at) else { return };
        self.due.remove(&(reader.due, at));
        reader.phase = Phase::NeedsIterator;
        // The server holds on to the old subscription for so long.
        let soonest = now.max(reader.subscribed + TAKES_OVER_AFTER);
        let Err(problem) = outcome else {
            reader.due = soonest;
            return self.schedule(at);
        };
        self.on_failure(at, problem, now);
        self.postpone(at, soonest);
    }

    /// Moves a call that is due earlier to this moment.
    fn postpone(&mut self, at: usize, soonest: Timestamp) {
        let Some(reader) = self.readers.get_mut(at).filter(|reader| reader.phase == Phase::NeedsIterator) else {
            return;
        };
        if reader.due < soonest && self.due.remove(&(reader.due, at)) {
            reader.due = soonest;
            self.schedule(at);
        }
    }
}
