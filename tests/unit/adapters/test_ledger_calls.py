"""What each answer of DynamoDB means for the ledger; nothing is taken for what it is not."""

from datetime import UTC, datetime

import pytest

from cost_sentry.adapters.ledger_calls import (
    ConditionFailed,
    Conflict,
    TooLarge,
    Written,
)
from cost_sentry.domain.errors import LedgerThrottled, LedgerUnavailable
from tests.fakes.answering_client import (
    ITEM,
    KEY,
    NOTHING,
    SILENCE,
    TOO_LARGE,
    asked,
    because,
    calls,
    cancelled,
    refused,
)

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


def test_a_transaction_whose_condition_failed_says_which():
    failed = because("ConditionalCheckFailed")

    for reasons, at in [((NOTHING, failed), {1}), ((failed, NOTHING, failed), {0, 2})]:
        outcome = calls(cancelled(*reasons)).transact([])
        assert outcome == ConditionFailed(item=None, at=frozenset(at))


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


def test_a_transaction_that_is_invalid_for_another_reason_is_not_asked_in_parts():
    refusal = cancelled(NOTHING, because("ValidationError", "The document path is invalid"))

    with pytest.raises(LedgerUnavailable):
        calls(refusal).transact([])


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


@pytest.mark.parametrize("asked", ["update", "transact"])
@pytest.mark.parametrize("code", [None, "TransactionConflictException"])
def test_every_write_tells_the_ledgers_time_also_one_that_is_refused(asked, code):
    told = {"ResponseMetadata": {"HTTPHeaders": {"date": "Sat, 21 Nov 2026 12:00:00 GMT"}}}
    found = calls(told if code is None else refused(code, **told))

    getattr(found, asked)({})

    assert found.answered_at() == datetime(2026, 11, 21, 12, tzinfo=UTC)


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
