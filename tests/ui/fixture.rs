//! One incident that all pictures tell: it is 14:37:08 UTC, `tenant-42` overloads shard …0007 of `clickstream-prod` since
//! 14:20, and a reader of `orders-cdc` has stopped.

use jiff::tz::TimeZone;
use kinescope::model::activity::{ActivityEntry, Event, Outcome};
use kinescope::model::answer::{Answer, Problem, ProblemKind};
use kinescope::model::connection::{
    ConnectionInfo, Environment, Identity, ProfileInfo, ProfileKind, SessionState, WriteLock,
};
use kinescope::model::hash_range::{HashKey, HashKeyRange};
use kinescope::model::health::{FleetRow, assess};
use kinescope::model::ids::{SequenceNumber, ShardId, StreamName};
use kinescope::model::meters::MeterSnapshot;
use kinescope::model::metrics::{Source, StreamMetrics, Window, WriteMetrics};
use kinescope::model::settings::Settings;
use kinescope::model::shard_map::{Shard, ShardMap};
use kinescope::model::stream::{Encryption, StreamMode, StreamStatus, StreamSummary};
use kinescope::model::time::{Millis, Timestamp};
use kinescope::model::world::{Fleet, Link, LocalEndpoint, OpenStream, TaskLine, World};

/// 2026-09-15 14:37:08 UTC.
pub fn now() -> Timestamp {
    Timestamp::from_rfc3339("2026-09-15T14:37:08Z").expect("a valid time")
}

/// Name, mode, shards, MiB/s, records/s, hottest share, refused writes, refused reads, iterator age in s, retention in h.
type Line = (&'static str, char, u32, f64, f64, f64, f64, f64, f64, u32);

const STREAMS: [Line; 17] = [
    ("clickstream-prod", 'P', 24, 8.06, 5_692.0, 0.96, 315.0, 0.0, 221.0, 24),
    ("orders-cdc", 'P', 8, 3.12, 2_310.0, 0.52, 0.0, 0.0, 860.0, 168),
    ("payments-events", 'P', 12, 5.87, 4_870.0, 0.61, 0.0, 41.0, 48.0, 24),
    ("iot-telemetry-eu", 'O', 32, 22.4, 19_240.0, 0.84, 0.0, 0.0, 2.1, 48),
    ("ad-impressions", 'O', 16, 7.90, 6_015.0, 0.58, 0.0, 0.0, 0.9, 24),
    ("mobile-analytics", 'O', 12, 6.31, 4_402.0, 0.63, 0.0, 0.0, 1.4, 24),
    ("search-queries", 'P', 6, 2.64, 3_118.0, 0.57, 0.0, 0.0, 0.7, 24),
    ("app-logs-prod", 'O', 20, 8.02, 5_230.0, 0.49, 0.0, 0.0, 11.0, 24),
    ("game-sessions", 'P', 10, 3.41, 2_644.0, 0.44, 0.0, 0.0, 1.1, 24),
    ("fraud-scores", 'P', 4, 1.18, 1_020.0, 0.38, 0.0, 0.0, 0.4, 72),
    ("device-shadow", 'O', 8, 1.96, 2_205.0, 0.33, 0.0, 0.0, 2.8, 24),
    ("checkout-events", 'P', 6, 1.42, 1_190.0, 0.31, 0.0, 0.0, 0.6, 24),
    ("inventory-cdc", 'P', 4, 0.71, 604.0, 0.22, 0.0, 0.0, 3.2, 168),
    ("ledger-postings", 'P', 6, 0.88, 715.0, 0.19, 0.0, 0.0, 0.5, 8_760),
    ("notifications-out", 'O', 4, 0.37, 498.0, 0.12, 0.0, 0.0, 1.9, 24),
    ("user-profile-cdc", 'P', 2, 0.14, 122.0, 0.09, 0.0, 0.0, 0.8, 24),
    ("audit-trail", 'P', 2, 0.06, 41.0, 0.04, 0.0, 0.0, 5.5, 8_760),
];

/// Numbers of the open shards of `clickstream-prod` in hash order, their share of the write limit now.
const SHARDS: [(u32, f64); 24] = [
    (10, 0.28),
    (28, 0.19),
    (29, 0.21),
    (12, 0.48),
    (13, 0.40),
    (30, 0.28),
    (31, 0.13),
    (15, 0.32),
    (16, 0.48),
    (32, 0.32),
    (33, 0.13),
    (18, 0.51),
    (19, 0.83),
    (34, 0.22),
    (35, 0.18),
    (40, 0.53),
    (36, 0.26),
    (37, 0.26),
    (7, 0.96),
    (24, 0.34),
    (25, 0.0),
    (38, 0.23),
    (39, 0.17),
    (27, 0.45),
];

/// A fixed wobble between −1 and 1.
fn wobble(seed: usize, index: usize) -> f64 {
    let mixed = (seed * 7_919 + index * 104_729) % 1_000;
    mixed as f64 / 500.0 - 1.0
}

fn write_metrics(
    window: Window,
    seed: usize,
    bytes: f64,
    records: f64,
    refused: f64,
    reads: f64,
    age: f64,
) -> WriteMetrics {
    let mut metrics = WriteMetrics::unknown(window);
    let known = window.len() - 1;
    for index in 0..known {
        let at = metrics.incoming_bytes.time_of(index);
        let factor = if index + 1 == known { 1.0 } else { 1.0 + 0.06 * wobble(seed, index) };
        metrics.incoming_bytes.set(at, bytes * 60.0 * factor);
        metrics.incoming_records.set(at, records * 60.0 * factor);
        let late = index + 15 >= known;
        let burst = if late { (1.0 + wobble(seed, index) * 0.6) / 15.0 } else { 0.0 };
        metrics.write_throttled.set(at, (refused * burst).round());
        metrics.read_throttled.set(at, if index + 10 == known { reads } else { 0.0 });
        let grown = if age < 60.0 { age } else { age * ((index + 16) as f64 - known as f64).max(0.4) / 15.0 };
        metrics.iterator_age_millis.set(at, grown * 1_000.0);
    }
    metrics
}

fn summary(line: &Line, status: StreamStatus) -> StreamSummary {
    StreamSummary {
        name: StreamName::from(line.0),
        arn: format!("arn:aws:kinesis:us-east-1:482109375516:stream/{}", line.0),
        status,
        mode: if line.1 == 'O' { StreamMode::OnDemand } else { StreamMode::Provisioned },
        open_shard_count: line.2,
        retention_hours: line.9,
        encryption: Encryption::Kms { key_id: "alias/aws/kinesis".to_owned() },
        enhanced_metrics: vec!["ALL".to_owned()],
        consumer_count: Some(2),
        max_record_size_kib: None,
        created: None,
    }
}

/// A shard's metrics that rise from a calm 29 % at 14:20 where the shard is hot now.
fn shard_metrics(window: Window, seed: usize, share: f64, refused: f64) -> WriteMetrics {
    let limit = 1_048_576.0;
    let mut metrics = write_metrics(window, seed, share * limit, share * 660.0, refused, 0.0, 0.5);
    if share > 0.8 {
        for index in 0..window.len() - 16 {
            let at = metrics.incoming_bytes.time_of(index);
            let calm = if share > 0.9 { 0.29 } else { 0.66 };
            metrics.incoming_bytes.set(at, calm * limit * 60.0 * (1.0 + 0.08 * wobble(seed, index)));
            metrics.incoming_records.set(at, calm * 660.0 * 60.0);
        }
    }
    metrics
}

fn stream_metrics(window: Window, seed: usize, line: &Line) -> StreamMetrics {
    let total = write_metrics(window, seed, line.3 * 1_048_576.0, line.4, line.6, line.7, line.8);
    let shards = if line.0 == "clickstream-prod" {
        SHARDS
            .iter()
            .enumerate()
            .map(|(at, (number, share))| {
                let refused = if *number == 7 { 312.0 } else { 0.0 };
                (shard_id(*number), shard_metrics(window, at, *share, refused))
            })
            .collect()
    } else {
        [(shard_id(21), shard_metrics(window, seed, line.5, line.6))].into()
    };
    StreamMetrics { window, total, shards, source: Source::CloudWatch, incomplete_from: None }
}

fn shard_id(number: u32) -> ShardId {
    ShardId::from(format!("shardId-{number:012}"))
}

/// All streams.
pub fn fleet(now: Timestamp) -> Fleet {
    let window = Window::last_minutes(now, 60);
    let mut rows: Vec<FleetRow> = STREAMS
        .iter()
        .enumerate()
        .map(|(seed, line)| {
            let status = if line.0 == "ad-impressions" { StreamStatus::Updating } else { StreamStatus::Active };
            let summary = summary(line, status);
            let metrics = stream_metrics(window, seed, line);
            let health = assess(&summary, Some(&metrics));
            FleetRow { name: summary.name.clone(), summary: Some(summary), metrics: Some(metrics), health }
        })
        .collect();
    let quiet = summary(&("sandbox-replay", 'P', 1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 24), StreamStatus::Active);
    let health = assess(&quiet, None);
    rows.push(FleetRow { name: quiet.name.clone(), summary: Some(quiet), metrics: None, health });
    rows.sort_by(FleetRow::trouble_order);
    let described = rows.len();
    Fleet { rows, window, metrics_problem: None, described }
}

fn shard_map() -> ShardMap {
    // The ranges in which the keys of the sample really land.
    let incident = crate::incident::shard_map();
    let open = SHARDS.iter().map(|(number, _)| Shard {
        id: shard_id(*number),
        range: incident.get(&shard_id(*number)).map_or(HashKeyRange::FULL, |shard| shard.range),
        parent: matches!(number, 38 | 39).then(|| shard_id(26)),
        adjacent_parent: None,
        starting_sequence_number: SequenceNumber::from("1"),
        ending_sequence_number: None,
    });
    let children: Vec<Shard> = open.collect();
    let range = |number: u32| children.iter().find(|shard| shard.id == shard_id(number)).map(|shard| shard.range);
    let whole = range(38).zip(range(39)).map(|(a, b)| HashKeyRange { start: a.start, end: b.end });
    let parent = Shard {
        id: shard_id(26),
        range: whole.unwrap_or(HashKeyRange { start: HashKey(0), end: HashKey(1) }),
        parent: None,
        adjacent_parent: None,
        starting_sequence_number: SequenceNumber::from("1"),
        ending_sequence_number: Some(SequenceNumber::from("2")),
    };
    ShardMap::new(children.into_iter().chain([parent]).collect())
}

/// Connected to production, read-only, all streams known, none open.
pub fn incident() -> World {
    let now = now();
    let zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC);
    let mut world = World::new(now, zone, Settings::default());
    world.link = Link::Connected(ConnectionInfo {
        label: "prod-oncall".to_owned(),
        profile: Some("prod-oncall".to_owned()),
        region: "us-east-1".to_owned(),
        endpoint_url: None,
        environment: Environment::Prod,
        has_cloudwatch: true,
    });
    let arn = "arn:aws:sts::482109375516:assumed-role/oncall-rw/anna".to_owned();
    world.identity = Answer::known(Identity { account: "482109375516".to_owned(), arn }, now);
    world.fleet = Answer::known(fleet(now), now - Millis::from_secs(24));
    world.meters =
        MeterSnapshot { calls_per_minute: 142, calls_total: 11_747, dollars: 0.012, ..MeterSnapshot::default() };
    world.tasks = vec![
        TaskLine { text: "GetMetricData batch 3/4".to_owned(), progress: Some(0.76) },
        TaskLine { text: "DescribeStreamSummary 18/18".to_owned(), progress: None },
    ];
    let limit = Problem {
        kind: ProblemKind::Limit,
        operation: "ListShards",
        sentence: "LimitExceeded, retried, ok".to_owned(),
        remedy: None,
    };
    world.last_problem = Some((limit, now - Millis::from_secs(361)));
    world.activity = activity(now);
    world
}

/// The incident with `clickstream-prod` open.
pub fn stream_open() -> World {
    let mut world = incident();
    let name = StreamName::from("clickstream-prod");
    let mut open = OpenStream::new(name.clone());
    if let Some(row) = world.fleet_row(&name) {
        if let Some(summary) = &row.summary {
            open.summary = Answer::known(summary.clone(), world.now);
        }
        if let Some(metrics) = &row.metrics {
            open.metrics = Answer::known(metrics.clone(), world.now);
        }
    }
    open.shards = Answer::known(shard_map(), world.now);
    world.open = Some(open);
    crate::sampled::put(&mut world);
    world
}

/// Writes allowed for another 11:42.
pub fn unlock(world: &mut World) {
    let until = world.now + Millis::from_secs(702);
    world.lock = WriteLock::UnlockedUntil { until, reason: "INC-4471 hot shard".to_owned() };
}

fn profile(
    name: &str,
    kind: ProfileKind,
    acts_as: &str,
    account: &str,
    region: &str,
    sso: Option<&str>,
    session: SessionState,
) -> ProfileInfo {
    ProfileInfo {
        name: name.to_owned(),
        kind,
        acts_as: Some(acts_as.to_owned()),
        account: Some(account.to_owned()),
        region: Some(region.to_owned()),
        endpoint_url: None,
        sso_session: sso.map(str::to_owned),
        session,
    }
}

/// The first start: nothing connected, seven profiles, three local ports asked.
pub fn first_start() -> World {
    let now = now();
    let mut world = World::new(now, TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC), Settings::default());
    let expired = SessionState::ExpiredAt(now - Millis::from_mins(41));
    let valid = |minutes: i64| SessionState::ValidUntil(now + Millis::from_mins(minutes));
    use ProfileKind::{AssumeRole, Process, Sso, Static};
    let profiles = vec![
        profile("prod-oncall", Sso, "oncall-rw", "482109375516", "us-east-1", Some("acme-prod"), expired),
        profile(
            "prod-readonly",
            AssumeRole,
            "oncall-ro",
            "482109375516",
            "us-east-1",
            Some("acme-prod"),
            SessionState::Needs("prod-oncall".to_owned()),
        ),
        profile("staging-dev", Sso, "stg-admin", "731044250198", "eu-central-1", Some("acme"), valid(432)),
        profile("dev-anna", Sso, "dev-admin", "905422817730", "eu-central-1", Some("acme"), valid(432)),
        profile(
            "data-lake",
            AssumeRole,
            "lake-reader",
            "661300824471",
            "eu-west-1",
            Some("acme"),
            SessionState::AsksForMfa,
        ),
        profile("ci-vault", Process, "deploy, by vault-exec", "731044250198", "eu-central-1", None, valid(58)),
        profile("legacy-import", Static, "key AKIA…7Q2D", "220766189034", "us-west-2", None, SessionState::NoExpiry),
    ];
    world.profiles = Answer::known(profiles, now);
    world.local_endpoints = [
        ("LocalStack", "http://localhost:4566", Some(3)),
        ("kinesis-mock", "https://localhost:4567", None),
        ("kinesalite", "http://localhost:4568", None),
    ]
    .into_iter()
    .map(|(name, url, answered)| LocalEndpoint { name, url: url.to_owned(), answered, is_pending: false })
    .collect();
    world
}

fn activity(now: Timestamp) -> Vec<ActivityEntry> {
    let entry = |seconds: i64, who: &str, stream: Option<&str>, event: Event| ActivityEntry {
        at: now - Millis::from_secs(seconds),
        connection: "prod-oncall".to_owned(),
        environment: "PROD".to_owned(),
        who: format!("assumed-role/oncall-rw/{who}"),
        stream: stream.map(StreamName::from),
        event,
    };
    let call = |operation: &str, target: &str, cli: &str, took: i64, outcome: Outcome| Event::Call {
        operation: operation.to_owned(),
        target: target.to_owned(),
        cli: format!("aws kinesis {cli} --profile prod-oncall --region us-east-1"),
        request_id: Some("b60f2f6e-8d21-44a0-9c1b-1f08d4e177c4".to_owned()),
        took: Millis(took),
        outcome,
    };
    let denied =
        Outcome::Failed { sentence: "AccessDenied: kinesis:SplitShard is missing for role oncall-rw.".to_owned() };
    let split = "split-shard --stream-name clickstream-prod --shard-to-split shardId-000000000026 --new-starting-hash-key 314761189401868078703621511874385595596";
    let put = "put-record --stream-name clickstream-prod --partition-key tenant-9 --data file://record";
    vec![
        entry(86_400, "jonas", Some("orders-cdc"), call("SplitShard", "…0003 in two", split, 98, Outcome::Ok)),
        entry(80_000, "jonas", Some("orders-cdc"), call("PutRecords", "12 records", put, 203, Outcome::Ok)),
        entry(2_960, "anna", None, Event::Unlocked { minutes: 15, reason: "INC-4468 …0026 near limit".to_owned() }),
        entry(2_899, "anna", Some("clickstream-prod"), call("SplitShard", "…0026", split, 38, denied)),
        entry(2_886, "anna", Some("clickstream-prod"), call("SplitShard", "…0026 in two", split, 112, Outcome::Ok)),
        entry(2_053, "anna", None, Event::Locked { why: "time was up".to_owned() }),
        entry(198, "anna", None, Event::Unlocked { minutes: 15, reason: "INC-4471 hot shard".to_owned() }),
        entry(
            76,
            "anna",
            Some("clickstream-prod"),
            call("PutRecords", "25 records", put, 3_200, Outcome::Partial { failed: 1, of: 25 }),
        ),
        entry(28, "anna", Some("clickstream-prod"), call("PutRecord", "key tenant-9", put, 18, Outcome::Ok)),
    ]
}
