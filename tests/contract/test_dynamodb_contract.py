"""What the ledger builds on: DynamoDB's conditions and transactions, under concurrency."""

import pytest
from botocore.exceptions import ClientError

from cost_sentry.adapters.ledger_calls import LedgerCalls
from tests.contract.engines import CONCURRENT_TABLES
from tests.contract.race import race

pytestmark = pytest.mark.parametrize("engine", CONCURRENT_TABLES)


def key(name):
    return {"pk": {"S": name}, "sk": {"S": "-"}}


def number(value):
    return {"N": str(value)}


@pytest.fixture
def dynamodb(table):
    return table.client


@pytest.fixture
def name(table):
    return table.name


def test_fifty_threads_sell_exactly_what_is_there(dynamodb, name):
    dynamodb.put_item(TableName=name, Item=key("stock") | {"left": number(200)})

    def sell(_: int) -> int:
        sold = 0
        while True:
            try:
                dynamodb.update_item(
                    TableName=name,
                    Key=key("stock"),
                    UpdateExpression="SET #left = #left - :one",
                    ConditionExpression="#left >= :one",
                    ExpressionAttributeNames={"#left": "left"},
                    ExpressionAttributeValues={":one": number(1)},
                )
            except dynamodb.exceptions.ConditionalCheckFailedException:
                return sold
            sold += 1

    assert sum(race(50, 50, sell)) == 200
    left = dynamodb.get_item(TableName=name, Key=key("stock"))["Item"]["left"]
    assert left == number(0)


def test_a_failed_condition_returns_the_item_that_it_met(dynamodb, name):
    item = key("a") | {"free": {"M": {"b@day": number(3)}}}
    dynamodb.put_item(TableName=name, Item=item)

    with pytest.raises(ClientError) as refused:
        dynamodb.update_item(
            TableName=name,
            Key=key("a"),
            UpdateExpression="SET #free.#b = #free.#b - :a",
            ConditionExpression="#free.#b >= :a",
            ExpressionAttributeNames={"#free": "free", "#b": "b@day"},
            ExpressionAttributeValues={":a": number(4)},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert refused.value.response["Item"] == item


def test_one_update_reserves_in_nested_maps_and_counts(dynamodb, name):
    item = key("a") | {
        "free": {"M": {"b@day": number(10**19)}},
        "pending": {"M": {}},
        "sequence": number(7),
    }
    dynamodb.put_item(TableName=name, Item=item)

    after = dynamodb.update_item(
        TableName=name,
        Key=key("a"),
        UpdateExpression="SET pending.#id = :r, #free.#b = #free.#b - :a ADD #seq :one",
        ConditionExpression=(
            "#free.#b >= :a AND attribute_not_exists(pending.#id) AND size(pending) < :most"
        ),
        ExpressionAttributeNames={
            "#id": "req.1:x",
            "#free": "free",
            "#b": "b@day",
            "#seq": "sequence",
        },
        ExpressionAttributeValues={
            ":r": {"M": {"amount": number(4)}},
            ":a": number(4),
            ":one": number(1),
            ":most": number(16),
        },
        ReturnValues="ALL_NEW",
    )["Attributes"]

    assert after["pending"] == {"M": {"req.1:x": {"M": {"amount": number(4)}}}}
    assert after["free"] == {"M": {"b@day": number(10**19 - 4)}}, "20 digits stay exact"
    assert after["sequence"] == number(8)


def test_a_cancelled_transaction_says_which_item_and_shows_it(dynamodb, name):
    item = key("full") | {"left": number(1)}
    dynamodb.put_item(TableName=name, Item=item)
    conditional = {
        "TableName": name,
        "Key": key("full"),
        "UpdateExpression": "SET #l = #l - :a",
        "ConditionExpression": "#l >= :a",
        "ExpressionAttributeNames": {"#l": "left"},
        "ExpressionAttributeValues": {":a": number(2)},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }

    with pytest.raises(ClientError) as cancelled:
        dynamodb.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": name, "Item": key("other")}},
                {"Update": conditional},
            ]
        )

    reasons = cancelled.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert reasons[1]["Item"] == item
    assert "Item" not in dynamodb.get_item(TableName=name, Key=key("other"))


def test_a_cancelled_transaction_loses_no_other_write(dynamodb, name):
    dynamodb.put_item(TableName=name, Item=key("n") | {"n": number(0)})

    def add(thread: int) -> int:
        for _ in range(20):
            if thread % 2:
                dynamodb.update_item(
                    TableName=name,
                    Key=key("n"),
                    UpdateExpression="ADD n :one",
                    ExpressionAttributeValues={":one": number(1)},
                )
            else:
                with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
                    dynamodb.transact_write_items(TransactItems=refused_transaction())
        return 20 * (thread % 2)

    def refused_transaction():
        update = {
            "TableName": name,
            "Key": key("n"),
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": number(1)},
        }
        check = {
            "TableName": name,
            "Key": key("absent"),
            "ConditionExpression": "attribute_exists(pk)",
        }
        return [{"Update": update}, {"ConditionCheck": check}]

    added = sum(race(16, 16, add))

    assert dynamodb.get_item(TableName=name, Key=key("n"))["Item"]["n"] == number(added)


def test_a_transaction_with_a_token_runs_once(dynamodb, name):
    for _ in range(3):
        dynamodb.transact_write_items(
            ClientRequestToken="once",
            TransactItems=[
                {
                    "Update": {
                        "TableName": name,
                        "Key": key("n"),
                        "UpdateExpression": "ADD n :one",
                        "ExpressionAttributeValues": {":one": number(1)},
                    }
                }
            ],
        )

    assert dynamodb.get_item(TableName=name, Key=key("n"))["Item"]["n"] == number(1)


def test_items_are_read_together(dynamodb, name):
    dynamodb.put_item(TableName=name, Item=key("a"))

    answers = dynamodb.transact_get_items(
        TransactItems=[
            {"Get": {"TableName": name, "Key": key("a")}},
            {"Get": {"TableName": name, "Key": key("absent")}},
        ]
    )["Responses"]

    assert [answer.get("Item") for answer in answers] == [key("a"), None]


def test_items_are_read_in_one_request_that_nobody_is_in_the_way_of(dynamodb, name):
    calls = LedgerCalls(dynamodb, name)
    for number_of in range(99):
        dynamodb.put_item(TableName=name, Item=key(f"n{number_of}"))
    keys = [key(f"n{number_of}") for number_of in range(100)]

    assert calls.get_many(keys) == [*keys[:99], None]
