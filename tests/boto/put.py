"""Puts the lines of a file with boto3: 500 a call, one call after the other, refused entries again until all are taken.
Prints how long that took, as JSON: {"seconds", "calls"}."""

import json
import sys
import time

import boto3

endpoint, stream, path = sys.argv[1:]
client = boto3.client(
    "kinesis",
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
)
began, calls, entries = time.monotonic(), 0, []


def send(entries):
    global calls
    wait = 0.1
    while entries:
        answer = client.put_records(StreamName=stream, Records=entries)
        calls += 1
        entries = [entry for entry, result in zip(entries, answer["Records"]) if "ErrorCode" in result]
        if entries:
            time.sleep(wait)
            wait = min(wait * 2, 5)


with open(path, "rb") as lines:
    for line in lines:
        line = line.rstrip(b"\n")
        entries.append({"PartitionKey": json.loads(line)["user"], "Data": line})
        if len(entries) == 500:
            send(entries)
            entries = []
send(entries)
print(json.dumps({"seconds": time.monotonic() - began, "calls": calls}))
