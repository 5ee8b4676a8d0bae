//! SubscribeToShard: an event stream that lasts five minutes, over plain HTTP.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use axum::body::Body;
use axum::response::Response;
use futures_util::stream;
use serde_json::json;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

use super::data::write_records;
use super::describe::{iterator_start, shard_children};
use super::json::{Fields, consumer_of_arn};
use super::{Shared, finish};
use crate::local::engine::{ApiError, ApiResult, Engine, Subscription, SubscriptionEvent};

/// How often new records are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// An event without records is sent after this many looks without news, so that the reader sees a checkpoint.
const IDLE_LOOKS: u32 = 10;

struct Pump {
    engine: Arc<Engine>,
    subscription: Subscription,
    stopped: watch::Receiver<()>,
    is_over: bool,
    idle: u32,
    has_begun: bool,
}

/// Answers `SubscribeToShard`.
pub(super) fn subscribe(shared: &Shared, body: &[u8]) -> ApiResult<Response> {
    let fields = Fields::parse(body)?;
    let (stream_name, consumer) = consumer_of_arn(fields.need_text("ConsumerARN")?)?;
    let position = fields
        .object("StartingPosition")
        .ok_or_else(|| ApiError::validation("Value null at 'startingPosition' failed to satisfy constraint"))?;
    let start = iterator_start(&position, "Type", "SequenceNumber")?;
    let subscription = shared.engine.subscribe(stream_name, consumer, fields.need_text("ShardId")?, &start)?;
    let pump = Pump {
        engine: shared.engine.clone(),
        subscription,
        stopped: shared.stopped.clone(),
        is_over: false,
        idle: IDLE_LOOKS,
        has_begun: false,
    };
    let body = Body::from_stream(stream::unfold(pump, |mut pump| async move {
        let bytes = pump.next().await?;
        Some((Ok::<_, Infallible>(bytes), pump))
    }));
    let mut response = Response::new(body);
    finish(&mut response, "application/vnd.amazon.eventstream");
    Ok(response)
}

impl Pump {
    /// The next frame; `None` at the end.
    async fn next(&mut self) -> Option<Vec<u8>> {
        if !self.has_begun {
            self.has_begun = true;
            return frame("event", "initial-response", "{}".to_owned());
        }
        loop {
            if self.is_over {
                return None;
            }
            match self.engine.next_event(&mut self.subscription) {
                Ok(SubscriptionEvent::Ended) => return None,
                Ok(event) => {
                    if let Some(text) = self.event(&event) {
                        return frame("event", "SubscribeToShardEvent", text);
                    }
                }
                Err(err) => {
                    self.is_over = true;
                    let text = json!({ "message": err.message }).to_string();
                    return frame("exception", err.kind.code(), text);
                }
            }
            tokio::select! {
                changed = self.stopped.changed() => if changed.is_err() { return None },
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// The event as JSON; `None` while there is no news.
    fn event(&mut self, event: &SubscriptionEvent) -> Option<String> {
        let SubscriptionEvent::Records { records, continuation, millis_behind, children, encrypted } = event else {
            return None;
        };
        self.is_over = continuation.is_none();
        self.idle += 1;
        if records.is_empty() && !self.is_over && self.idle < IDLE_LOOKS {
            return None;
        }
        self.idle = 0;
        let mut out = String::from("{\"Records\":");
        write_records(&mut out, records, *encrypted);
        let _ = write!(out, ",\"MillisBehindLatest\":{millis_behind}");
        if let Some(sequence) = continuation {
            let _ = write!(out, ",\"ContinuationSequenceNumber\":\"{sequence}\"");
        }
        if !children.is_empty() {
            let _ = write!(out, ",\"ChildShards\":{}", shard_children(children));
        }
        out.push('}');
        Some(out)
    }
}

fn frame(kind: &'static str, name: &'static str, payload: String) -> Option<Vec<u8>> {
    let type_header = if kind == "exception" { ":exception-type" } else { ":event-type" };
    let text = |value: &'static str| HeaderValue::String(value.into());
    let message = Message::new(payload.into_bytes())
        .add_header(Header::new(":message-type", text(kind)))
        .add_header(Header::new(type_header, text(name)))
        .add_header(Header::new(":content-type", text("application/json")));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).ok()?;
    Some(bytes)
}
