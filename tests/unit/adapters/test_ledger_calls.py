"""What each answer of DynamoDB means for the ledger; nothing is taken for what it is not."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from cost_sentry.adapters.ledger_calls import (
    ConditionFailed,
    Conflict,
    LedgerCalls,
    TooLarge,
    Written,
)
from cost_sentry.domain.errors import LedgerThrottled, LedgerUnavailable

ITEM = {"pk": {"S": "a"}, "sk": {"S": "b"}}
KEY = dict(ITEM)
TOO_LARGE = "Collection size of all items exceeds the maximum"


class Client:
    """Gives these answers one after another, and notes the questions."""

    def __init__(self, *answers):
        self._answers, self.asked = list(answers), []

    def __getattr__(self, name):
        def call(**arguments):
            self.asked.append((name, arguments))
            answer = self._answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def refused(code, message="", **more):
    return ClientError({"Error": {"Code": code, "Message": message}, **more}, "Call")


def cancelled(*reasons, message=""):
    return refused("TransactionCanceledException", message, CancellationReasons=list(reasons))


def because(code, message=None):
    return {"Code": code} if message is None else {"Code": code, "Message": message}


NOTHING = because("None")
SILENCE = ReadTimeoutError(endpoint_url="dynamodb")


def calls(*answers):
    return LedgerCalls(Client(*answers), "ledger")


def asked(of):
    return [arguments for _, arguments in of._client.asked]


CONFLICTS = [
    refused("TransactionConflictException"),
    refused("TransactionInProgressException"),
    cancelled(NOTHING, because("TransactionConflict")),
    cancelled(because("ConditionalCheckFailed"), because("TransactionConflict")),
    cancelled(because("ThrottlingError")),
    cancelled(because("ProvisionedThroughputExceeded")),
]
THROTTLES = [
    refused("ProvisionedThroughputExceededException"),
    refused("ThrottlingException"),
    refused("RequestLimitExceeded"),
]
UNKNOWN = [
    refused("InternalServerError"),
    refused("ValidationException", "an expression is wrong"),
    cancelled(NOTHING),
    cancelled(),
    cancelled(because("ItemCollectionSizeLimitExceeded", TOO_LARGE)),
    refused("TransactionCanceledException"),
]


@pytest.mark.parametrize("conflict", CONFLICTS, ids=str)
def test_another_writer_in_the_way_is_a_conflict(conflict):
    assert calls(conflict).update({}) == Conflict()
    assert calls(conflict).transact([]) == Conflict()
    assert calls(conflict).snapshot([KEY]) is None


def test_a_failed_condition_shows_what_stands_there():
    code = "ConditionalCheckFailedException"
    found = calls(refused(code, Item=ITEM), refused(code))

    assert [found.update({}), found.update({})] == [
        ConditionFailed(item=ITEM),
        ConditionFailed(item=None),
    ]
    assert asked(found)[0] == {
        "TableName": "ledger",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_a_transaction_whose_condition_failed_says_no_more():
    reasons = NOTHING, because("ConditionalCheckFailed")

    assert calls(cancelled(*reasons)).transact([]) == ConditionFailed(item=None)


@pytest.mark.parametrize("throttle", THROTTLES, ids=str)
def test_a_rate_is_told_apart_where_it_matters_and_is_a_conflict_in_a_transaction(throttle):
    with pytest.raises(LedgerThrottled):
        calls(throttle).update({})
    assert calls(throttle).transact([]) == Conflict()
    assert calls(throttle).snapshot([KEY]) is None


@pytest.mark.parametrize("fault", [*UNKNOWN, SILENCE], ids=str)
def test_every_other_fault_is_an_unavailable_ledger_of_which_nothing_is_known(fault):
    for ask in (
        lambda of: of.update({}),
        lambda of: of.transact([]),
        lambda of: of.snapshot([KEY]),
        lambda of: of.get(KEY),
        lambda of: of.query("pk"),
    ):
        with pytest.raises(LedgerUnavailable) as told:
            ask(calls(fault))
        assert not isinstance(told.value, LedgerThrottled)


@pytest.mark.parametrize(
    ("refusal", "outcome"),
    [
        (refused("ValidationException", TOO_LARGE), TooLarge()),
        (refused("ValidationException", "more than 4MB"), TooLarge()),
        (refused("ValidationException", "more than 4 mb"), TooLarge()),
        (cancelled(NOTHING, because("ValidationError", TOO_LARGE)), TooLarge()),
        (cancelled(because("ValidationError"), message=TOO_LARGE), TooLarge()),
        (cancelled(because("ValidationError", ""), message=TOO_LARGE), TooLarge()),
        (cancelled({}, because("ValidationError", TOO_LARGE)), TooLarge()),
        (
            cancelled(because("ValidationError", TOO_LARGE), because("TransactionConflict")),
            Conflict(),
        ),
        (refused("TransactionConflictException", TOO_LARGE), Conflict()),
    ],
)
def test_a_transaction_is_too_large_only_where_its_size_alone_is_why(refusal, outcome):
    assert calls(refusal).transact([]) == outcome


def test_what_was_written_is_returned_as_asked():
    found = calls({"Attributes": ITEM}, {}, {})

    assert found.update({"Key": KEY}) == Written(attributes=ITEM)
    assert found.update({}) == Written(attributes={})
    assert found.transact([{"Put": {"Item": ITEM}}, {"Delete": {"Key": KEY}}]) == Written(
        attributes={}
    )
    assert asked(found)[2] == {
        "TransactItems": [
            {"Put": {"TableName": "ledger", "Item": ITEM}},
            {"Delete": {"TableName": "ledger", "Key": KEY}},
        ]
    }


def test_a_read_is_consistent():
    found = calls({"Item": ITEM}, {})

    assert [found.get(KEY), found.get(KEY)] == [ITEM, None]
    assert asked(found)[0] == {"TableName": "ledger", "Key": KEY, "ConsistentRead": True}


@pytest.mark.parametrize(
    ("answer", "at", "at_once"),
    [
        ({"HTTPHeaders": {"date": "Sat, 21 Nov 2026 13:00:00 +0100"}}, True, True),
        (
            {"HTTPHeaders": {"date": "Sat, 21 Nov 2026 12:00:00 GMT"}, "RetryAttempts": 0},
            True,
            True,
        ),
        (
            {"HTTPHeaders": {"date": "Sat, 21 Nov 2026 12:00:00 GMT"}, "RetryAttempts": 1},
            True,
            False,
        ),
        ({"HTTPHeaders": {"date": "noon"}}, False, True),
        ({"HTTPHeaders": {}}, False, True),
        ({}, False, True),
    ],
)
def test_the_ledgers_own_time_is_what_its_last_answer_says(answer, at, at_once):
    found = calls({"ResponseMetadata": answer})
    assert (found.answered_at(), found.answered_at_once) == (None, False)

    found.get(KEY)

    expected = datetime(2026, 11, 21, 12, tzinfo=UTC) if at else None
    assert (found.answered_at(), found.answered_at_once) == (expected, at_once)


def page(*names, more=None):
    answer = {"Items": [{"sk": {"S": name}} for name in names]}
    return answer | ({"LastEvaluatedKey": more} if more else {})


@pytest.mark.parametrize(
    ("limit", "found", "pages"),
    [
        (0, "abcde", 3),
        (2, "ab", 1),
        (3, "abc", 2),
        (4, "abcd", 2),
        (5, "abcde", 3),
        (9, "abcde", 3),
    ],
)
def test_a_query_reads_every_page_until_it_has_enough(limit, found, pages):
    of = calls(page("a", "b", more="1"), page("c", "d", more="2"), page("e"))

    items = of.query("pk", start_sk="a", limit=limit)

    assert "".join(item["sk"]["S"] for item in items) == found
    # The same arguments serve every page, so what is noted is how the last one was asked for.
    assert len(asked(of)) == pages
    last = asked(of)[-1]
    assert last["ConsistentRead"] is True
    assert last.get("ExclusiveStartKey") == {1: None, 2: "1", 3: "2"}[pages]
    assert last["ExpressionAttributeValues"] == {":pk": {"S": "pk"}, ":sk": {"S": "a"}}


def test_a_query_from_the_beginning_leaves_out_no_key():
    of = calls(page("a"))

    of.query("pk")

    assert asked(of)[0]["ExpressionAttributeValues"][":sk"] == {"S": " "}
    assert asked(of)[0]["KeyConditionExpression"] == "pk = :pk AND sk >= :sk"


def read(*items):
    return {"Responses": [{"Item": item} if item else {} for item in items]}


def sizes(of):
    return [len(arguments["TransactItems"]) for arguments in asked(of)]


def test_many_items_are_read_a_hundred_at_a_time_in_order():
    first = [{"n": n} for n in range(100)]
    of = calls(read(*first), read({"n": 100}, None))

    assert of.snapshot([KEY] * 102) == [*first, {"n": 100}, None]
    assert sizes(of) == [100, 2]
    assert asked(of)[1]["TransactItems"][0] == {"Get": {"TableName": "ledger", "Key": KEY}}


def test_what_is_too_large_together_is_read_in_halves_and_in_order():
    large = refused("ValidationException", TOO_LARGE)
    of = calls(large, read({"n": 0}), large, read({"n": 1}), read({"n": 2}))

    assert of.snapshot([KEY] * 3) == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert sizes(of) == [3, 1, 2, 1, 1]


def test_halves_of_what_is_too_large_do_not_take_the_place_of_what_comes_after():
    large = refused("ValidationException", TOO_LARGE)
    items = [{"n": n} for n in range(101)]
    of = calls(large, read(*items[:50]), read(*items[50:100]), read(items[100]))

    assert of.snapshot([KEY] * 101) == items
    assert sizes(of) == [100, 50, 50, 1]


def test_one_item_that_is_too_large_alone_cannot_be_read():
    with pytest.raises(LedgerUnavailable, match="for its size"):
        calls(refused("ValidationException", TOO_LARGE)).snapshot([KEY])
