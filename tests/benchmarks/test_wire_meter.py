"""What the meter counts is what AWS would bill for, and what boto3 would hear."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from benchmarks.budget.virtual_table import VirtualClock
from benchmarks.budget.wire_meter import Count, WireMeter
from tests.simulation.dynamodb.model import DynamoDbModel

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}
LONG = {"S": "x" * 2_000}


@pytest.fixture
def meter() -> WireMeter:
    clock = VirtualClock(datetime(2026, 11, 21, 12, tzinfo=UTC))
    return WireMeter(DynamoDbModel(clock.microseconds), clock)


def test_a_write_counts_by_the_larger_of_both_versions(meter: WireMeter) -> None:
    with meter.doing("writing"):
        meter.client.put_item(TableName="t", Item={**KEY, "text": LONG})
        meter.client.delete_item(TableName="t", Key=KEY)

    assert meter.count("writing") == Count(round_trips=2, write_units=4, read_units=0)


def test_a_refused_condition_is_billed_and_heard_as_boto3_tells_it(meter: WireMeter) -> None:
    meter.client.put_item(TableName="t", Item={**KEY, "text": LONG})

    with meter.doing("refused"), pytest.raises(ClientError) as refused:
        meter.client.update_item(
            TableName="t",
            Key=KEY,
            UpdateExpression="SET a = :a",
            ConditionExpression="attribute_not_exists(pk)",
            ExpressionAttributeValues={":a": {"N": "1"}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert refused.value.response["Item"]["text"] == LONG
    assert meter.count("refused") == Count(round_trips=1, write_units=2, read_units=0)


def test_a_transaction_counts_twice(meter: WireMeter) -> None:
    put = {"Put": {"TableName": "t", "Item": KEY}}
    get = {"Get": {"TableName": "t", "Key": KEY}}

    with meter.doing("together"):
        meter.client.transact_write_items(TransactItems=[put])
        meter.client.transact_get_items(TransactItems=[get])

    assert meter.count("together") == Count(round_trips=2, write_units=2, read_units=2)


def test_a_read_counts_by_four_kilobytes_and_brings_the_tables_time(meter: WireMeter) -> None:
    meter.client.put_item(TableName="t", Item={**KEY, "text": {"S": "x" * 5_000}})

    with meter.doing("reading"):
        answer = meter.client.get_item(TableName="t", Key=KEY, ConsistentRead=True)

    assert answer["ResponseMetadata"]["HTTPHeaders"]["date"] == "Sat, 21 Nov 2026 12:00:00 GMT"
    assert meter.count("reading") == Count(round_trips=1, write_units=0, read_units=2)


def test_reading_the_configuration_is_counted_apart(meter: WireMeter) -> None:
    key = {"pk": {"S": "CONFIG"}, "sk": {"S": "CURRENT"}}

    with meter.doing("a call"):
        meter.client.get_item(TableName="t", Key=key, ConsistentRead=True)

    assert meter.count("a call") == Count(round_trips=0, write_units=0, read_units=0)
