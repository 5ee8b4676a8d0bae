//! Splits, merges, uniform scaling, and how shards are listed before and after.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::{ScalingType, Shard, ShardFilter, ShardFilterType, ShardIteratorType, StreamStatus};

use crate::support::{entries, iterator, start, stream};

async fn shards(client: &Client, filter: Option<ShardFilter>) -> Vec<Shard> {
    client.list_shards().stream_name("s").set_shard_filter(filter).send().await.expect("lists").shards.expect("shards")
}

fn filter(kind: ShardFilterType) -> Option<ShardFilter> {
    Some(ShardFilter::builder().r#type(kind).build().expect("filter"))
}

#[tokio::test]
async fn a_closed_shard_is_read_to_its_end_and_names_its_children() {
    let (_server, config, hands) = start().await;
    let client = Client::new(&config);
    stream(&client, &hands, "s", 1).await;
    client.put_records().stream_name("s").set_records(Some(entries("k", 3, 5))).send().await.expect("puts");
    let split = client
        .split_shard()
        .stream_name("s")
        .shard_to_split("shardId-000000000000")
        .new_starting_hash_key("170141183460469231731687303715884105728");
    split.clone().send().await.expect("splits");
    let summary = client.describe_stream_summary().stream_name("s").send().await.expect("describes");
    assert_eq!(summary.stream_description_summary.expect("summary").stream_status, StreamStatus::Updating);
    let err = split.clone().send().await.expect_err("busy").into_service_error();
    assert!(err.is_resource_in_use_exception());
    hands.advance_secs(3);
    let err = split.send().await.expect_err("closed").into_service_error();
    assert!(err.is_invalid_argument_exception());

    let at = iterator(&client, "s", "shardId-000000000000", ShardIteratorType::TrimHorizon).await;
    let end = client.get_records().shard_iterator(at).send().await.expect("reads");
    assert_eq!((end.records.len(), end.next_shard_iterator), (3, None));
    let children = end.child_shards.expect("children");
    let ids: Vec<_> = children.iter().map(|child| child.shard_id.as_str()).collect();
    assert_eq!(ids, ["shardId-000000000001", "shardId-000000000002"]);
    assert_eq!(children[0].parent_shards, ["shardId-000000000000"]);

    let all = shards(&client, None).await;
    assert_eq!(all.len(), 3);
    assert!(all[0].sequence_number_range.as_ref().expect("range").ending_sequence_number.is_some());
    assert_eq!(all[1].parent_shard_id.as_deref(), Some("shardId-000000000000"));
    assert_eq!(shards(&client, filter(ShardFilterType::AtLatest)).await.len(), 2);
    assert_eq!(shards(&client, filter(ShardFilterType::AtTrimHorizon)).await.len(), 1);
}

#[tokio::test]
async fn neighbours_merge_and_others_do_not() {
    let (_server, config, hands) = start().await;
    let client = Client::new(&config);
    stream(&client, &hands, "s", 3).await;
    let merge = |a: &str, b: &str| client.merge_shards().stream_name("s").shard_to_merge(a).adjacent_shard_to_merge(b);
    let err = merge("shardId-000000000000", "shardId-000000000002").send().await.expect_err("no neighbours");
    assert!(err.into_service_error().is_invalid_argument_exception());
    merge("shardId-000000000001", "shardId-000000000000").send().await.expect("merges");
    hands.advance_secs(3);
    let open = shards(&client, filter(ShardFilterType::AtLatest)).await;
    let merged = open.last().expect("merged");
    assert_eq!(merged.parent_shard_id.as_deref(), Some("shardId-000000000001"));
    assert_eq!(merged.adjacent_parent_shard_id.as_deref(), Some("shardId-000000000000"));
}

#[tokio::test]
async fn uniform_scaling_goes_to_double_or_half_and_no_further() {
    let (_server, config, hands) = start().await;
    let client = Client::new(&config);
    stream(&client, &hands, "s", 4).await;
    let scale = |target| {
        client
            .update_shard_count()
            .stream_name("s")
            .target_shard_count(target)
            .scaling_type(ScalingType::UniformScaling)
    };
    for target in [1, 9] {
        let err = scale(target).send().await.expect_err("too far").into_service_error();
        assert!(err.is_invalid_argument_exception());
    }
    let reply = scale(6).send().await.expect("scales");
    assert_eq!((reply.current_shard_count, reply.target_shard_count), (Some(4), Some(6)));
    hands.advance_secs(3);
    let open = shards(&client, filter(ShardFilterType::AtLatest)).await;
    assert_eq!(open.len(), 6);
    let map = kinescope::model::shard_map::ShardMap::new(open.iter().map(model).collect());
    assert!(map.tiling_faults().is_empty());
}

fn model(shard: &Shard) -> kinescope::model::shard_map::Shard {
    use kinescope::model::hash_range::{HashKey, HashKeyRange};
    let range = shard.hash_key_range.as_ref().expect("range");
    kinescope::model::shard_map::Shard {
        id: shard.shard_id.as_str().into(),
        range: HashKeyRange {
            start: HashKey::parse(&range.starting_hash_key).expect("start"),
            end: HashKey::parse(&range.ending_hash_key).expect("end"),
        },
        parent: None,
        adjacent_parent: None,
        starting_sequence_number: "1".into(),
        ending_sequence_number: None,
    }
}

#[tokio::test]
async fn shards_are_listed_in_pages() {
    let (_server, config, hands) = start().await;
    let client = Client::new(&config);
    stream(&client, &hands, "s", 5).await;
    let first = client.list_shards().stream_name("s").max_results(2).send().await.expect("lists");
    assert_eq!(first.shards.as_ref().map(Vec::len), Some(2));
    let next = client.list_shards().set_next_token(first.next_token.clone()).send().await.expect("lists");
    assert_eq!((next.shards.map(|s| s.len()), next.next_token), (Some(3), None));
    let after = filter(ShardFilterType::AfterShardId).map(|mut filter| {
        filter.shard_id = Some("shardId-000000000003".to_owned());
        filter
    });
    assert_eq!(shards(&client, after).await.len(), 1);
    hands.advance_secs(301);
    let late = client.list_shards().set_next_token(first.next_token).send().await;
    assert!(late.expect_err("expired").into_service_error().is_expired_next_token_exception());
}
