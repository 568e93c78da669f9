"""What the projection builds on: DynamoDB's stream, every version in order, and what fails kept."""

import json
from typing import Any

import pytest

from cost_sentry_local.cloud import LocalCloud
from tests.e2e.cloud_kit import key, new_function, new_table, number, together, unique, until

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

COPY_STREAM = """
import boto3, json
dynamodb = boto3.client("dynamodb")
def handler(event, context):
    failed = []
    for record in event["Records"]:
        image = record["dynamodb"]
        if image["NewImage"].get("poison"):
            return {{"batchItemFailures": [{{"itemIdentifier": image["SequenceNumber"]}}]}}
        dynamodb.update_item(
            TableName="{copy}", Key={{"pk": {{"S": "copy"}}, "sk": {{"S": "-"}}}},
            UpdateExpression="SET seen = list_append(if_not_exists(seen, :none), :one)",
            ExpressionAttributeValues={{
                ":none": {{"L": []}},
                ":one": {{"L": [{{"S": json.dumps([
                    record["eventName"], image.get("OldImage"), image["NewImage"]])}}]}}}})
"""


def stream_to_copy(cloud: LocalCloud, **settings: Any) -> tuple[str, str]:
    """Names of a table with a stream, and of the table to which a function copies its records."""
    source, copy = new_table(cloud, stream=True), new_table(cloud)["TableName"]
    cloud.client("lambda").create_event_source_mapping(
        EventSourceArn=source["LatestStreamArn"],
        FunctionName=new_function(cloud, COPY_STREAM.format(copy=copy)),
        StartingPosition="TRIM_HORIZON",
        **settings,
    )
    return source["TableName"], copy


def copied(dynamodb, copy: str) -> list[list[Any]]:
    item = dynamodb.get_item(TableName=copy, Key=key("copy")).get("Item", {})
    return [json.loads(entry["S"]) for entry in item.get("seen", {"L": []})["L"]]


def test_the_stream_carries_every_version_in_order_also_from_transactions(local_cloud, dynamodb):
    source, copy = stream_to_copy(local_cloud, BatchSize=100)

    def write(thread: int) -> None:
        change = {
            "TableName": source,
            "Key": key("account"),
            "UpdateExpression": "ADD #n :one",
            "ExpressionAttributeNames": {"#n": "n"},
            "ExpressionAttributeValues": {":one": number(1)},
        }
        for turn in range(6):
            if (thread + turn) % 2:
                dynamodb.update_item(**change)
            else:
                other = {"TableName": source, "Item": key(unique("other"))}
                dynamodb.transact_write_items(TransactItems=[{"Update": change}, {"Put": other}])

    together(16, write)

    versions = until(
        lambda: (seen := copied(dynamodb, copy)) and len(seen) >= 16 * 6 + 48 and seen, seconds=60
    )
    account = [row for row in versions if row[2]["pk"] == {"S": "account"}]
    assert [row[2]["n"] for row in account] == [number(n + 1) for n in range(96)]
    assert [row[1] and row[1]["n"] for row in account] == [
        None,
        *(number(n + 1) for n in range(95)),
    ]
    assert [row[0] for row in account] == ["INSERT", *["MODIFY"] * 95]


def test_a_filter_lets_only_matching_records_start_the_function(local_cloud, dynamodb):
    pattern = {"dynamodb": {"NewImage": {"entry": {"S": [{"exists": True}]}}}}
    source, copy = stream_to_copy(
        local_cloud, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]}
    )

    for name, more in (("a", {}), ("b", {"entry": {"S": "{}"}}), ("c", {})):
        dynamodb.put_item(TableName=source, Item=key(name) | more)

    seen = until(lambda: copied(dynamodb, copy))
    assert [row[2]["pk"]["S"] for row in seen] == ["b"]


def test_one_bad_record_goes_to_the_failure_queue_and_the_others_go_on(local_cloud, dynamodb):
    sqs = local_cloud.client("sqs")
    queue = sqs.create_queue(QueueName=unique("dead"))["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    source, copy = stream_to_copy(
        local_cloud,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": queue_arn["Attributes"]["QueueArn"]}},
    )

    for name, more in (("a", {}), ("b", {"poison": {"BOOL": True}}), ("c", {})):
        dynamodb.put_item(TableName=source, Item=key(name) | more)

    until(lambda: [row[2]["pk"]["S"] for row in copied(dynamodb, copy)] == ["a", "c"])
    dead = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert len(dead) == 1
    report = json.loads(dead[0]["Body"])
    assert report["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert report["DDBStreamBatchInfo"]["batchSize"] == 1
