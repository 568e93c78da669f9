"""Everything on record about the requests of a time, read from the whole table."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from cost_sentry.adapters.dynamodb_recorded_calls import DynamoDbRecordedCalls
from cost_sentry.domain.errors import LedgerUnavailable
from tests.fakes.admissions import DEAR, request
from tests.fakes.builders import NOON
from tests.fakes.entries import Account
from tests.fakes.moto_journal import journal_on_moto
from tests.fakes.refusals import refusal, view

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def store(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        yield store


def recorded(store, start=NOON, end=LATER):
    source = DynamoDbRecordedCalls(store.client, "ledger")
    return [record for page in source.pages(start, end) for record in page.records]


def test_entries_and_decisions_of_the_time_are_found_whatever_else_is_there(store):
    account, asked = Account(), request("refused").without_text()
    made = account.call("r1", 40)
    store.journal.write([account.allot(100), *made])
    store.log.record(refusal(view(), request_id="refused", model_asked=DEAR), NOON, asked)

    found = recorded(store)

    decisions = [one for one in found if one not in made]
    assert len(found) == 3
    assert [one.request for one in decisions] == [asked]


@pytest.mark.parametrize("microseconds", [0, 123_000])
def test_the_first_and_the_last_moment_belong_to_the_time_and_no_other_does(store, microseconds):
    start, end = (at + timedelta(microseconds=microseconds) for at in (NOON, LATER))
    moments = {
        "early": start - timedelta(milliseconds=1),
        "first": start,
        "last": end,
        "late": end + timedelta(milliseconds=1),
    }
    for name, at in moments.items():
        store.log.record(refusal(request_id=name), at)

    found = recorded(store, start, end)

    assert {one.decision.request_id for one in found} == {"first", "last"}


class Pages:
    """A client that answers one page after the other, and keeps what it was asked."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def scan(self, **arguments):
        self.asked.append(dict(arguments))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def describe_table(self, **_):
        return {"Table": {"ItemCount": 7, "TableSizeBytes": 8_193}}


def test_every_page_is_asked_for_and_says_what_it_cost():
    key = {"pk": {"S": "REQUEST#r1"}, "sk": {"S": "x"}}
    client = Pages(
        {
            "Items": [],
            "ScannedCount": 9,
            "ConsumedCapacity": {"CapacityUnits": 12.5},
            "LastEvaluatedKey": key,
        },
        {"Items": [], "ScannedCount": 4, "ConsumedCapacity": {"CapacityUnits": 3}},
    )

    pages = list(DynamoDbRecordedCalls(client, "ledger").pages(NOON, LATER))

    assert [(page.scanned, page.read_units) for page in pages] == [(9, 13), (4, 3)]
    assert [asked.get("ExclusiveStartKey") for asked in client.asked] == [None, key]


def test_the_size_tells_what_reading_costs_before_it_is_done():
    size = DynamoDbRecordedCalls(Pages(), "ledger").size()

    assert (size.items, size.read_units) == (7, 2)


@pytest.mark.parametrize(
    "fault",
    [
        EndpointConnectionError(endpoint_url="http://127.0.0.1:9"),
        ClientError({"Error": {"Code": "InternalServerError"}}, "Scan"),
    ],
)
def test_a_table_that_does_not_answer_is_an_unavailable_ledger(fault):
    with pytest.raises(LedgerUnavailable, match="journal"):
        list(DynamoDbRecordedCalls(Pages(fault), "ledger").pages(NOON, LATER))


def test_a_role_that_may_not_read_it_is_told_so():
    denied = ClientError({"Error": {"Code": "AccessDeniedException"}}, "Scan")

    with pytest.raises(ClientError, match="AccessDenied"):
        list(DynamoDbRecordedCalls(Pages(denied), "ledger").pages(NOON, LATER))
