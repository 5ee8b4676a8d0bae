//! Where a server is known not to be as AWS is. The embedded server may only appear here where AWS itself refuses.

use crate::Server;

/// A case that a server cannot pass, and why.
pub type Gap = (Server, &'static str, &'static str);

/// Why this server cannot pass this case; `None` where it should.
pub fn why(server: Server, case: &str) -> Option<&'static str> {
    GAPS.iter().find(|(of, name, _)| *of == server && *name == case).map(|(_, _, why)| *why)
}

/// The table.
pub const GAPS: &[Gap] = &[
    (
        Server::Embedded,
        "metrics_are_read_as_they_were_written",
        "as AWS, it takes no figures of others in the namespace AWS/Kinesis",
    ),
    (
        Server::KinesisLocal,
        "splits_at_a_wrong_point_are_refused",
        "takes the first hash key of the shard, which leaves an empty child",
    ),
    (Server::KinesisLocal, "an_on_demand_stream_is_not_split", "splits it"),
    (Server::KinesisLocal, "writes_over_the_limit_of_a_shard_are_refused", "has no limit of writes"),
    (Server::KinesisLocal, "reads_over_the_limit_of_a_shard_are_refused", "has no limit of reads"),
    (Server::KinesisLocal, "records_above_a_mebibyte_are_refused", "takes records of 10 MiB on every stream"),
    (Server::KinesisLocal, "keys_count_as_part_of_a_record", "takes records of 10 MiB on every stream"),
    (Server::KinesisLocal, "more_than_500_entries_are_refused", "takes any number of entries"),
    (Server::KinesisLocal, "a_made_up_iterator_is_refused", "answers HTTP 500"),
    (Server::KinesisLocal, "a_made_up_sequence_number_is_refused", "takes any number"),
    (Server::KinesisLocal, "identity_is_known", "has no STS"),
    (Server::KinesisLocal, "puts_show_up_in_the_metrics", "has no CloudWatch"),
    (Server::KinesisLocal, "refused_writes_show_up_in_the_metrics", "has no CloudWatch"),
    (Server::KinesisLocal, "metrics_are_read_as_they_were_written", "has no CloudWatch"),
    (Server::Ministack, "an_on_demand_stream_begins_with_four_shards", "begins with one shard"),
    (Server::Ministack, "summary_tells_shard_level_metrics", "leaves them out of the summary"),
    (Server::Ministack, "a_split_keeps_the_lineage", "forgets the parent at once"),
    (Server::Ministack, "a_merge_has_two_parents", "forgets the parents at once"),
    (Server::Ministack, "a_closed_shard_ends_behind_its_records", "forgets the parent and its records at once"),
    (Server::Ministack, "the_end_of_a_shard_names_its_children", "forgets the parent at once"),
    (Server::Ministack, "a_closed_shard_is_not_split", "forgets the parent at once"),
    (Server::Ministack, "a_stream_that_is_updating_is_not_split", "is never UPDATING"),
    (Server::Ministack, "an_on_demand_stream_is_not_split", "splits it"),
    (Server::Ministack, "writes_over_the_limit_of_a_shard_are_refused", "has no limit of writes"),
    (Server::Ministack, "reads_over_the_limit_of_a_shard_are_refused", "has no limit of reads"),
    (Server::Ministack, "keys_count_as_part_of_a_record", "counts the data alone"),
    (Server::Ministack, "a_made_up_iterator_is_refused", "calls it expired"),
    (Server::Ministack, "a_made_up_sequence_number_is_refused", "takes any number"),
    (Server::Ministack, "puts_show_up_in_the_metrics", "its CloudWatch knows nothing of its Kinesis"),
    (Server::Ministack, "refused_writes_show_up_in_the_metrics", "has no limit of writes"),
    (
        Server::Moto,
        "the_last_hash_key_of_a_range_belongs_to_it",
        "takes the end of a range as exclusive and answers HTML with HTTP 500",
    ),
    (Server::Moto, "a_split_keeps_the_lineage", "the summary counts one open shard too few after a split"),
    (Server::Moto, "a_closed_shard_ends_behind_its_records", "a closed shard never ends"),
    (Server::Moto, "the_end_of_a_shard_names_its_children", "a closed shard never ends"),
    (Server::Moto, "a_stream_that_is_updating_is_not_split", "is never UPDATING"),
    (Server::Moto, "an_on_demand_stream_is_not_split", "splits it"),
    (Server::Moto, "writes_over_the_limit_of_a_shard_are_refused", "has no limit of writes"),
    (Server::Moto, "reads_over_the_limit_of_a_shard_are_refused", "has no limit of reads"),
    (Server::Moto, "a_made_up_iterator_is_refused", "answers HTML with HTTP 500"),
    (Server::Moto, "a_made_up_sequence_number_is_refused", "takes any number"),
    (Server::Moto, "puts_show_up_in_the_metrics", "its CloudWatch speaks no CBOR and answers HTML"),
    (Server::Moto, "refused_writes_show_up_in_the_metrics", "has no limit of writes"),
    (Server::Moto, "metrics_are_read_as_they_were_written", "its CloudWatch speaks no CBOR and answers HTML"),
    (Server::Kinesalite, "summary_tells_the_mode", "is older than modes"),
    (Server::Kinesalite, "an_on_demand_stream_begins_with_four_shards", "is older than modes"),
    (Server::Kinesalite, "an_on_demand_stream_is_not_split", "is older than modes"),
    (Server::Kinesalite, "summary_tells_the_key_of_encryption", "is older than encryption"),
    (Server::Kinesalite, "summary_tells_shard_level_metrics", "is older than shard-level metrics"),
    (Server::Kinesalite, "the_end_of_a_shard_names_its_children", "is older than ChildShards"),
    (Server::Kinesalite, "a_closed_shard_is_not_split", "splits it"),
    (Server::Kinesalite, "the_tip_is_told_from_what_lies_behind", "says 0 everywhere"),
    (Server::Kinesalite, "writes_over_the_limit_of_a_shard_are_refused", "has no limit of writes"),
    (Server::Kinesalite, "reads_over_the_limit_of_a_shard_are_refused", "has no limit of reads"),
    (Server::Kinesalite, "keys_count_as_part_of_a_record", "counts the data alone"),
    (Server::Kinesalite, "identity_is_known", "has no STS"),
    (Server::Kinesalite, "puts_show_up_in_the_metrics", "has no CloudWatch"),
    (Server::Kinesalite, "refused_writes_show_up_in_the_metrics", "has no CloudWatch"),
    (Server::Kinesalite, "metrics_are_read_as_they_were_written", "has no CloudWatch"),
];
