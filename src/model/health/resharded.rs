//! Whether the figures of a stream's shards are older than its shards: a shard that was closed keeps its last minute until its
//! children have a whole one.

use super::FleetRow;
use crate::model::activity::{ActivityEntry, Event, Outcome};
use crate::model::time::{Millis, Timestamp};

/// CloudWatch has a minute some minutes after it ended; what has no figure after this long is idle.
const PENDING_AT_MOST: Millis = Millis::from_mins(10);

/// When this program has cut the shards of the stream anew, while no whole minute since then is measured of any of them.
pub fn resharded_since(row: &FleetRow, activity: &[ActivityEntry]) -> Option<Timestamp> {
    let metrics = row.metrics.as_ref().filter(|metrics| !metrics.shards.is_empty())?;
    let is_reshard = |event: &Event| match event {
        Event::Call { operation, outcome: Outcome::Ok, .. } => {
            ["SplitShard", "MergeShards", "UpdateShardCount"].contains(&operation.as_str())
        }
        _ => false,
    };
    let recent = activity.iter().rev().take_while(|entry| entry.at.age_at(metrics.window.end) < PENDING_AT_MOST);
    let at = recent.filter(|entry| entry.stream.as_ref() == Some(&row.name)).find(|entry| is_reshard(&entry.event))?.at;
    let series = metrics.shards.values().map(|shard| &shard.incoming_bytes);
    let newest = series.filter_map(|series| Some(series.time_of(series.last_known()?.0))).max();
    newest.is_none_or(|newest| newest < at).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::health::Health;
    use crate::model::metrics::{Source, StreamMetrics, Window, WriteMetrics};

    fn at(minutes: i64) -> Timestamp {
        Timestamp(0) + Millis::from_mins(minutes)
    }

    fn row(known_minutes: &[i64]) -> FleetRow {
        let window = Window { start: at(0), end: at(60), step_seconds: 60 };
        let mut shard = WriteMetrics::unknown(window);
        for minute in known_minutes {
            shard.incoming_bytes.set(at(*minute), 1_000.0);
        }
        let metrics = StreamMetrics {
            window,
            total: WriteMetrics::unknown(window),
            shards: [("shardId-000000000000".into(), shard)].into(),
            source: Source::CloudWatch,
            incomplete_from: None,
        };
        FleetRow { summary: None, name: "orders".into(), metrics: Some(metrics), health: Health::unknown() }
    }

    fn call(stream: &str, operation: &str, outcome: Outcome, at: Timestamp) -> ActivityEntry {
        ActivityEntry {
            at,
            connection: String::new(),
            environment: String::new(),
            who: String::new(),
            stream: Some(stream.into()),
            event: Event::Call {
                operation: operation.to_owned(),
                target: String::new(),
                cli: String::new(),
                request_id: None,
                took: Millis(0),
                outcome,
            },
        }
    }

    #[test]
    fn figures_from_before_a_split_are_said_to_be_until_a_whole_minute_is_measured() {
        let split = at(55) + Millis(20_000);
        let log = [call("orders", "SplitShard", Outcome::Ok, split)];
        assert_eq!(resharded_since(&row(&[54, 55]), &log), Some(split), "the minute of the split is not whole");
        assert_eq!(resharded_since(&row(&[54, 55, 56]), &log), None);
        assert_eq!(resharded_since(&row(&[]), &log), Some(split));
        let early = [call("orders", "SplitShard", Outcome::Ok, at(40))];
        assert_eq!(resharded_since(&row(&[39]), &early), None, "nothing comes in any more");
    }

    #[test]
    fn only_a_reshard_of_that_stream_that_was_taken_counts() {
        let refused = Outcome::Failed { sentence: String::new() };
        for entry in [
            call("other", "SplitShard", Outcome::Ok, at(58)),
            call("orders", "PutRecords", Outcome::Ok, at(58)),
            call("orders", "MergeShards", refused, at(58)),
        ] {
            assert_eq!(resharded_since(&row(&[50]), &[entry]), None);
        }
    }
}
