"""Measures from outside: a command, or a plain boto3 loop. Prints one line of JSON.

    drain.py command PROGRAM ARGUMENT…   runs it with its output thrown away
    drain.py boto3 STREAM RECORDS        reads so many records, shard by shard, each through json.loads
"""

import json
import os
import resource
import subprocess
import sys
import time


def spent(who):
    used = resource.getrusage(who)
    return {"cpu_seconds": used.ru_utime + used.ru_stime, "peak_kib": used.ru_maxrss}


def command(words):
    begun = time.monotonic()
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
    return {"seconds": time.monotonic() - begun, **spent(resource.RUSAGE_CHILDREN)}


def boto3_loop(stream, wanted):
    import boto3

    client = boto3.client("kinesis", region_name="us-east-1", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    before, begun, count = spent(resource.RUSAGE_SELF)["cpu_seconds"], time.monotonic(), 0
    for shard in client.list_shards(StreamName=stream)["Shards"]:
        iterator = client.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while iterator and count < wanted:
            try:
                answer = client.get_records(ShardIterator=iterator, Limit=10_000)
            except client.exceptions.ProvisionedThroughputExceededException:
                time.sleep(0.2)
                continue
            for record in answer["Records"]:
                json.loads(record["Data"])
            count += len(answer["Records"])
            if not answer["Records"] and answer["MillisBehindLatest"] == 0:
                break
            iterator = answer.get("NextShardIterator")
    used = spent(resource.RUSAGE_SELF)
    return {"records": count, "seconds": time.monotonic() - begun, **used, "cpu_seconds": used["cpu_seconds"] - before}


if __name__ == "__main__":
    what, words = sys.argv[1], sys.argv[2:]
    print(json.dumps(command(words) if what == "command" else boto3_loop(words[0], int(words[1]))))
