"""Reads a whole stream with boto3 and says how often each record is in it, as JSON: {"records", "distinct", "sum"}."""

import collections
import json
import sys
import time

import boto3

endpoint, stream = sys.argv[1:]
client = boto3.client(
    "kinesis",
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
)
seen = collections.Counter()
for shard in client.list_shards(StreamName=stream)["Shards"]:
    iterator = client.get_shard_iterator(
        StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    while iterator:
        try:
            page = client.get_records(ShardIterator=iterator, Limit=10_000)
        except client.exceptions.ProvisionedThroughputExceededException:
            time.sleep(1)
            continue
        for record in page["Records"]:
            seen[json.loads(record["Data"])["n"]] += 1
        if not page["Records"] and page["MillisBehindLatest"] == 0:
            break
        iterator = page.get("NextShardIterator")
        time.sleep(0.21)
print(json.dumps({"records": seen.total(), "distinct": len(seen), "sum": sum(seen)}))
