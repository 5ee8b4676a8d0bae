//! One list of cases, held against the embedded server and against servers that nobody here wrote. Where one of those is
//! not as AWS is, the table of gaps names it with its reason; a gap that has closed fails as loudly as a new one.
#![allow(clippy::expect_used, clippy::panic)]

#[path = "../peers/gate.rs"]
mod gate;
#[path = "../peers/mod.rs"]
mod peers;

mod control;
mod endurance;
mod expired;
mod gaps;
mod manage;
mod others;
mod plans;
mod proxy;
mod records;
mod refusals;
mod reshard;
mod shards;
mod streams;
mod tailing;
mod target;

use std::fmt::Write;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::answer::ProblemKind;
use kinescope::model::position::StartingPosition;
use kinescope::model::time::Millis;
use peers::{Kind, Peer};
use target::{Outcome, Target};

/// Longest time of one case; far more than the slowest server needs.
const CASE_TIMEOUT: Duration = Duration::from_secs(120);
/// Cases under way at a time.
const AT_A_TIME: usize = 4;

/// The servers, as the table of gaps and the report name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// `src/local`.
    Embedded,
    /// `kinesis-local`.
    KinesisLocal,
    /// `ministack`.
    Ministack,
    /// `moto[server]`.
    Moto,
    /// `kinesalite`.
    Kinesalite,
}

struct Case {
    name: &'static str,
    run: fn(Target) -> Pin<Box<dyn Future<Output = Outcome> + Send>>,
}

/// The list, from the names of the functions.
macro_rules! cases {
    ($($module:ident: $($name:ident),+;)+) => {
        &[$($(Case { name: stringify!($name), run: |target| Box::pin($module::$name(target)) }),+),+]
    };
}

const CASES: &[Case] = cases! {
    streams: listed_by_name, more_than_a_hundred_are_listed, deleted_streams_go_away,
        summary_tells_status_shards_retention, summary_tells_when_it_was_made, summary_tells_the_mode, an_on_demand_stream_begins_with_four_shards,
        summary_tells_the_key_of_encryption, summary_tells_shard_level_metrics, a_missing_stream_is_not_found;
    shards: new_shards_tile_the_key_space, keys_land_where_their_md5_says, explicit_hash_keys_go_before_keys, the_last_hash_key_of_a_range_belongs_to_it,
        thousands_of_keys_and_hash_keys_land_where_predicted,
        keys_count_in_characters, a_split_keeps_the_lineage, a_split_says_the_id_of_its_request,
        a_merge_has_two_parents, a_closed_shard_ends_behind_its_records, the_end_of_a_shard_names_its_children,
        splits_at_a_wrong_point_are_refused, a_shard_that_is_not_there_is_not_split, a_closed_shard_is_not_split,
        a_stream_that_is_updating_is_not_split, an_on_demand_stream_is_not_split;
    records: records_come_back_as_they_were_put, records_come_back_in_order,
        arrival_times_are_exact_to_the_millisecond, latest_is_behind_what_is_there,
        reading_begins_at_or_behind_a_sequence_number, reading_begins_at_a_timestamp,
        a_timestamp_is_exact_to_the_millisecond, pages_follow_each_other_without_a_gap,
        the_tip_is_told_from_what_lies_behind, writes_over_the_limit_of_a_shard_are_refused,
        reads_over_the_limit_of_a_shard_are_refused, records_above_a_mebibyte_are_refused,
        keys_count_as_part_of_a_record, more_than_500_entries_are_refused, a_made_up_iterator_is_refused,
        a_made_up_sequence_number_is_refused, a_shard_that_is_not_there_is_not_read,
        a_sample_counts_each_record_of_its_seconds_once;
    others: identity_is_known, identity_answers_or_says_why_not, metrics_answer_or_say_why_not,
        puts_show_up_in_the_metrics, refused_writes_show_up_in_the_metrics, metrics_are_read_as_they_were_written,
        complete_minutes_are_asked_for_once;
    control: limits_of_the_account_are_told, a_merge_through_the_program_has_two_parents,
        shards_that_do_not_touch_are_not_merged, scaling_doubles_the_shards,
        shard_level_metrics_are_switched_on_and_off, consumers_come_and_go, a_subscription_is_sent_what_is_put,
        a_subscription_ends_with_its_shard;
    reshard: a_merge_is_followed_to_its_child, scaling_is_followed_up_and_down,
        scaling_makes_equal_ranges, a_plan_for_other_shards_is_not_carried_out, two_closed_shards_are_not_merged;
    manage: a_stream_is_made_and_deleted, an_on_demand_stream_is_made, the_mode_is_switched_there_and_back,
        a_third_switch_of_the_mode_is_refused, a_mode_is_not_switched_to_itself, retention_goes_up_and_down,
        tags_are_set_replaced_and_removed, fifty_tags_are_listed, encryption_starts_and_stops,
        larger_records_are_taken_once_they_may_be, a_consumer_is_registered_and_deregistered_by_its_name,
        a_stream_with_consumers_is_deleted_only_with_them, nothing_is_changed_of_a_stream_that_is_not_there,
        what_follows_a_refusal_is_not_sent, shard_metrics_are_switched_as_a_whole,
        the_account_says_whether_it_has_advantage;
    plans: a_plan_is_carried_out_step_by_step, a_plan_that_was_cut_off_goes_on_where_it_was,
        a_plan_ends_with_its_stream_and_says_so, a_plan_is_not_carried_out_on_other_shards, a_plan_stops_between_two_steps,
        random_reshards_are_seen_as_they_are_listed, a_balanced_split_comes_true;
    expired: a_step_that_an_expired_session_refused_is_sent_after_a_sign_in,
        a_step_whose_session_expired_behind_its_call_is_not_sent_twice;
    tailing: a_tail_by_fan_out_brings_everything_once, a_tail_by_fan_out_ends_at_the_tip,
        a_tail_by_fan_out_follows_a_split_and_a_merge;
};

/// Runs every case and fails with a table where one is not as the gaps say.
async fn conform(server: Server, endpoint_url: &str) {
    let target = Target::at(endpoint_url).await;
    let outcomes: Vec<(Result<(), String>, Duration)> = futures_util::stream::iter(CASES)
        .map(|case| {
            let target = target.clone();
            async move {
                let begun = Instant::now();
                let running = tokio::spawn((case.run)(target));
                let outcome = match tokio::time::timeout(CASE_TIMEOUT, running).await {
                    Ok(Ok(outcome)) => outcome.map_err(|err| err.to_string()),
                    Ok(Err(panic)) => Err(panic.to_string()),
                    Err(_) => Err(format!("not done after {CASE_TIMEOUT:?}")),
                };
                (outcome, begun.elapsed())
            }
        })
        .buffered(AT_A_TIME)
        .collect()
        .await;
    let (mut table, mut faults) = (String::new(), 0);
    for (case, (outcome, took)) in CASES.iter().zip(outcomes) {
        let (mark, note) = match (outcome, gaps::why(server, case.name)) {
            (Ok(()), None) => ("ok", String::new()),
            (Err(_), Some(why)) => ("gap", why.to_owned()),
            (Ok(()), Some(why)) => ("CLOSED", format!("take it out of the gaps: {why}")),
            (Err(said), None) => ("FAILED", said),
        };
        faults += usize::from(matches!(mark, "CLOSED" | "FAILED"));
        let took = took.as_secs_f64();
        writeln!(table, "{mark:<7} {:<50} {took:5.1} s  {note}", case.name).expect("writes to a string");
    }
    assert!(faults == 0, "{faults} cases of {server:?} are not as expected:\n{table}");
    println!("{server:?}\n{table}");
}

#[test]
fn every_gap_names_a_case() {
    for (server, name, why) in gaps::GAPS {
        assert!(CASES.iter().any(|case| case.name == *name), "no case is called {name}");
        assert!(*server != Server::Embedded || why.starts_with("as AWS"), "the embedded server has no gap like {name}");
        let entries = gaps::GAPS.iter().filter(|(of, case, _)| of == server && case == name).count();
        assert_eq!(entries, 1, "{server:?} has {entries} entries for {name}");
    }
}

#[tokio::test]
async fn embedded_server_conforms() {
    let server = LocalServer::start(LocalOptions::empty()).await.expect("starts");
    conform(Server::Embedded, &server.endpoint_url()).await;
}

#[tokio::test]
async fn kinesis_local_conforms() {
    let peer = Peer::start(Kind::KinesisLocal);
    conform(Server::KinesisLocal, &peer.endpoint_url).await;
}

#[tokio::test]
async fn ministack_conforms() {
    let peer = Peer::start(Kind::Ministack);
    conform(Server::Ministack, &peer.endpoint_url).await;
}

#[tokio::test]
async fn moto_conforms() {
    let peer = Peer::start(Kind::Moto);
    conform(Server::Moto, &peer.endpoint_url).await;
}

#[tokio::test]
async fn kinesalite_conforms() {
    let peer = Peer::start(Kind::Kinesalite);
    conform(Server::Kinesalite, &peer.endpoint_url).await;
}

#[tokio::test]
async fn an_iterator_is_good_for_five_minutes() {
    let behind = Arc::new(AtomicI64::new(0));
    let hands = behind.clone();
    let clock = Arc::new(move || target::now() + Millis(hands.load(Ordering::SeqCst)));
    let server = LocalServer::start(LocalOptions { clock, ..LocalOptions::empty() }).await.expect("starts");
    let target = Target::at(&server.endpoint_url()).await;
    let stream = target.stream("old", 1).await.expect("a stream");
    let shard = target.only_shard(&stream).await.expect("a shard");
    let iterator = target.iterator(&stream, &shard, StartingPosition::Latest).await.expect("an iterator");
    behind.store(Millis::from_secs(290).0, Ordering::SeqCst);
    let page = target.connection.get_records(&iterator, 10, "the shard").await.expect("it is still good");
    behind.store(Millis::from_secs(310).0, Ordering::SeqCst);
    let outcome = target.connection.get_records(&iterator, 10, "the shard").await;
    target::fails_as(outcome, ProblemKind::Expired, "the shard").expect("it is too old");
    let next = page.next_iterator.expect("an open shard");
    target.connection.get_records(&next, 10, "the shard").await.expect("each page brings a new one");
}
