//! Refusals, each in one sentence.

use super::*;

const NOW: Timestamp = Timestamp(1_000_000_000_000);

fn summary(status: StreamStatus, mode: StreamMode) -> StreamSummary {
    StreamSummary {
        name: "orders".into(),
        arn: "arn:aws:kinesis:us-east-1:1:stream/orders".to_owned(),
        status,
        mode,
        open_shard_count: 24,
        retention_hours: 48,
        encryption: Encryption::Kms { key_id: "alias/aws/kinesis".to_owned() },
        enhanced_metrics: Vec::new(),
        consumer_count: Some(2),
        max_record_size_kib: None,
        created: None,
    }
}

fn refused(change: &StreamChange, known: &Known<'_>) -> String {
    refusal(&conditions(&"orders".into(), change, known)).unwrap_or_default()
}

const PROVISION: StreamChange = StreamChange::Mode { to: StreamMode::Provisioned, warm_mibps: None };
const ON_DEMAND: StreamChange = StreamChange::Mode { to: StreamMode::OnDemand, warm_mibps: None };

#[test]
fn nothing_but_creation_is_asked_of_a_stream_that_is_not_active() {
    let updating = summary(StreamStatus::Updating, StreamMode::Provisioned);
    let known = Known { summary: Some(&updating), ..Known::default() };
    let changes = [
        StreamChange::Delete { with_consumers: true },
        StreamChange::Retention { from: 48, to: 72 },
        StreamChange::SetTags([("team".to_owned(), "a".to_owned())].into()),
        StreamChange::Encrypt { key_id: "alias/mine".to_owned() },
        StreamChange::RecordSize { kib: 2_048 },
        ON_DEMAND,
        StreamChange::Register { consumer: "app".to_owned() },
        StreamChange::Monitoring { enable: true },
    ];
    for change in changes {
        assert_eq!(refused(&change, &known), "Stream is ACTIVE: it is UPDATING.", "{change:?}");
    }
    assert_eq!(refused(&ON_DEMAND, &Known::default()), "Stream is ACTIVE: not known yet.");
}

#[test]
fn the_mode_is_switched_twice_a_day_and_never_to_itself() {
    let provisioned = summary(StreamStatus::Active, StreamMode::Provisioned);
    let known = Known { summary: Some(&provisioned), switches: 1, ..Known::default() };
    assert_eq!(refused(&ON_DEMAND, &known), "");
    assert_eq!(refused(&PROVISION, &known), "Another mode than now: it is provisioned already.");
    let known = Known { switches: 2, ..known };
    assert_eq!(refused(&ON_DEMAND, &known), "Switches, rolling 24 h: 2 of 2 by this program.");
}

#[test]
fn a_mode_needs_its_quota_and_no_channel() {
    let on_demand = summary(StreamStatus::Active, StreamMode::OnDemand);
    let limits = AccountLimits {
        shard_limit: 100,
        open_shard_count: 80,
        on_demand_stream_limit: 50,
        on_demand_stream_count: 50,
    };
    let known = Known { summary: Some(&on_demand), limits: Some(limits), ..Known::default() };
    assert_eq!(refused(&PROVISION, &known), "Account shard quota: 80 + 24 of 100.");
    let known = Known { limits: None, channels: Some(1), ..known };
    assert_eq!(refused(&PROVISION, &known), "No channel needs on-demand: 1 deliver from it.");
    let provisioned = summary(StreamStatus::Active, StreamMode::Provisioned);
    let known = Known { summary: Some(&provisioned), limits: Some(limits), ..Known::default() };
    assert_eq!(refused(&ON_DEMAND, &known), "On-demand streams of the account: 50 + 1 of 50.");
}

#[test]
fn warm_throughput_needs_on_demand_and_advantage() {
    let warm = |mibps| StreamChange::WarmThroughput { mibps };
    let provisioned = summary(StreamStatus::Active, StreamMode::Provisioned);
    let known = Known { summary: Some(&provisioned), has_advantage: Some(true), ..Known::default() };
    assert_eq!(refused(&warm(10), &known), "On-demand mode: it is provisioned.");
    let on_demand = summary(StreamStatus::Active, StreamMode::OnDemand);
    let known = Known { summary: Some(&on_demand), has_advantage: Some(false), ..Known::default() };
    assert_eq!(refused(&warm(10), &known), "On-demand Advantage: the account does not have it.");
    let known = Known { has_advantage: Some(true), ..known };
    assert_eq!(refused(&warm(10_241), &known), "At most 10 GiB/s: 10,241 MiB/s.");
    assert_eq!(refused(&warm(10_240), &known), "");
}

#[test]
fn consumers_are_counted_before_one_is_registered_and_before_a_stream_goes() {
    let consumer = |name: String, status: &str| Consumer {
        arn: String::new(),
        is_active: status == "ACTIVE",
        status: status.to_owned(),
        created: None,
        name,
    };
    let active = summary(StreamStatus::Active, StreamMode::OnDemand);
    let register = |name: &str| StreamChange::Register { consumer: name.to_owned() };
    let twenty: Vec<_> = (0..20).map(|n| consumer(format!("app-{n}"), "ACTIVE")).collect();
    let known = Known { summary: Some(&active), consumers: Some(&twenty), ..Known::default() };
    assert_eq!(refused(&register("app-7"), &known), "Name is free: it is registered.");
    assert_eq!(refused(&register("more"), &known), "Registered consumers: 20 + 1 of 20.");
    assert_eq!(refused(&register("more"), &Known { has_advantage: Some(true), ..known }), "");
    assert_eq!(refused(&register("a b"), &known), "Name: a space is not allowed: letters, digits, _ . -.");
    let creating: Vec<_> = (0..5).map(|n| consumer(format!("app-{n}"), "CREATING")).collect();
    let known = Known { consumers: Some(&creating), ..known };
    assert_eq!(refused(&register("more"), &known), "Being created at once: 5 of 5.");
    let delete = |with_consumers| StreamChange::Delete { with_consumers };
    assert_eq!(refused(&delete(false), &known), "Fan-out consumers: 5 keep the stream.");
    assert_eq!(refused(&delete(true), &known), "");
    let gone = StreamChange::Deregister { consumer: "nobody".to_owned() };
    assert_eq!(refused(&gone, &known), "Is registered: no such consumer.");
}

#[test]
fn figures_must_differ_and_lie_within_bounds() {
    let active = summary(StreamStatus::Active, StreamMode::Provisioned);
    let known = Known { summary: Some(&active), ..Known::default() };
    let retention = |to| refused(&StreamChange::Retention { from: 48, to }, &known);
    assert_eq!(retention(23), "Between 24 and 8,760 hours: 23 h.");
    assert_eq!(retention(48), "Differs from now: 48 h now.");
    assert_eq!((retention(24), retention(8_760)), (String::new(), String::new()));
    let size = |kib| refused(&StreamChange::RecordSize { kib }, &known);
    assert_eq!(size(1_023), "Between 1,024 and 10,240 KiB: 1,023 KiB.");
    assert_eq!(size(1_024), "Differs from now: 1,024 KiB now.");
    assert_eq!(size(10_240), "");
}

#[test]
fn tags_are_counted_after_the_change() {
    let active = summary(StreamStatus::Active, StreamMode::Provisioned);
    let tags: BTreeMap<_, _> = (0..50).map(|n| (format!("k{n}"), "v".to_owned())).collect();
    let known = Known { summary: Some(&active), tags: Some(&tags), ..Known::default() };
    let set = |key: &str| StreamChange::SetTags([(key.to_owned(), "new".to_owned())].into());
    assert_eq!(refused(&set("k7"), &known), "", "a new value takes no room");
    assert_eq!(refused(&set("more"), &known), "At most 50 tags: 51 of 50 afterwards.");
    assert_eq!(refused(&set("aws:x"), &known), "Keys and values: keys that begin with aws: are AWS's own.");
    let remove = StreamChange::RemoveTags(["nothing".to_owned()].into());
    assert_eq!(refused(&remove, &known), "Tags to remove are there: nothing is not there.");
}

#[test]
fn a_stream_is_made_with_a_free_name_and_enough_shards() {
    let create = |shards| StreamChange::Create { mode: StreamMode::Provisioned, shards, max_record_kib: None };
    let said = |name: &str, change: &StreamChange, known: &Known<'_>| {
        refusal(&conditions(&name.into(), change, known)).unwrap_or_default()
    };
    let limits = AccountLimits { shard_limit: 10, open_shard_count: 8, ..AccountLimits::default() };
    let known = Known { limits: Some(limits), ..Known::default() };
    assert_eq!(said("new", &create(Some(2)), &known), "");
    assert_eq!(said("new", &create(Some(3)), &known), "Account shard quota: 8 + 3 of 10.");
    assert_eq!(said("new", &create(None), &known), "Shards: a whole number, at least 1.");
    assert_eq!(said("", &create(Some(1)), &known), "Name: type a name.");
    let taken = Known { is_name_taken: true, ..known };
    assert_eq!(said("new", &create(Some(1)), &taken), "Name is free in the Region: a stream has it.");
}

#[test]
fn encryption_starts_under_another_key_25_times_a_day() {
    let active = summary(StreamStatus::Active, StreamMode::Provisioned);
    let known = Known { summary: Some(&active), ..Known::default() };
    let encrypt = |key: &str| StreamChange::Encrypt { key_id: key.to_owned() };
    assert_eq!(refused(&encrypt("alias/aws/kinesis"), &known), "Another key than now: it is in use.");
    assert_eq!(refused(&encrypt("nonsense"), &known), "Key: neither an id, an ARN nor alias/….");
    let known = Known { encryptions: 25, ..known };
    assert_eq!(refused(&encrypt("alias/mine"), &known), "Starts in 24 h: 25 of 25 by this program.");
    let open = StreamSummary { encryption: Encryption::None, ..active.clone() };
    let stop = StreamChange::Decrypt { key_id: "alias/aws/kinesis".to_owned() };
    assert_eq!(refused(&stop, &Known { summary: Some(&open), ..Known::default() }), "Is encrypted: it is not.");
}

#[test]
fn calls_older_than_a_day_and_those_that_failed_do_not_count() {
    let entry = |hours: i64, outcome: Outcome| ActivityEntry {
        at: NOW - Millis::from_mins(hours * 60),
        connection: String::new(),
        environment: String::new(),
        who: String::new(),
        stream: Some("orders".into()),
        event: Event::Call {
            operation: "UpdateStreamMode".to_owned(),
            target: String::new(),
            cli: String::new(),
            request_id: None,
            took: Millis(0),
            outcome,
        },
    };
    let failed = Outcome::Failed { sentence: String::new() };
    let log = [entry(25, Outcome::Ok), entry(23, Outcome::Ok), entry(2, failed), entry(1, Outcome::Ok)];
    assert_eq!(calls_of_a_day(&log, &"orders".into(), "UpdateStreamMode", NOW), 2);
    assert_eq!(calls_of_a_day(&log, &"other".into(), "UpdateStreamMode", NOW), 0);
}
