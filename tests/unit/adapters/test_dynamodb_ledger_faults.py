"""What the ledger does when DynamoDB refuses for size, or others are always in the way."""

import json

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from cost_sentry.adapters import ledger_debts
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import Conflict, LedgerCalls
from cost_sentry.adapters.ledger_items import place_key
from cost_sentry.application.ports import Reserved, Shortage
from cost_sentry.domain.errors import LedgerUnavailable
from tests.fakes.builders import NOON, ManualClock, budget, hold, reservation, resolution
from tests.fakes.moto_journal import journal_on_moto, no_pause

DAY = "2026-11-21"
DAILY = budget(limit=1_000)


def invalid(message):
    return ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "Transact")


def cancelled(code, message=""):
    reasons = [{"Code": "None"}, {"Code": code, "Message": message}]
    return ClientError(
        {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons},
        "Transact",
    )


SIZE_REFUSALS = [
    invalid("The aggregate size of the items in the transaction exceeds 4 MB"),
    cancelled("ValidationError", "Aggregate item size has exceeded the maximum allowed size"),
]


class Narrow:
    """A client that refuses transactions whose whole items are together above a bound."""

    def __init__(self, client, bytes_max, refusal=SIZE_REFUSALS[0]):
        self._client, self.bytes_max, self._refusal = client, bytes_max, refusal

    def _check(self, keys):
        items = [self._client.get_item(TableName="ledger", Key=k).get("Item", {}) for k in keys]
        if sum(len(json.dumps(item, default=list)) for item in items) > self.bytes_max:
            raise self._refusal

    def transact_get_items(self, **arguments):
        self._check([action["Get"]["Key"] for action in arguments["TransactItems"]])
        return self._client.transact_get_items(**arguments)

    def transact_write_items(self, **arguments):
        bodies = [body for action in arguments["TransactItems"] for body in action.values()]
        self._check([body["Key"] for body in bodies if "Key" in body])
        return self._client.transact_write_items(**arguments)

    def __getattr__(self, name):
        return getattr(self._client, name)


class Scripted(LedgerCalls):
    """Answers the given number of looks at a window with a conflict, or with a fault."""

    conflicts = 0
    fault = None

    def snapshot(self, keys):
        return None if self._is_in_the_way() else super().snapshot(keys)

    def get_many(self, keys):
        return None if self._is_in_the_way() else super().get_many(keys)

    def _is_in_the_way(self):
        if self.fault is not None:
            raise self.fault
        self.conflicts -= self.conflicts > 0
        return self.conflicts > 0


@pytest.fixture
def store(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        books_on(store.items).define(DAILY, DAY)
        yield store


def books_on(calls):
    return DynamoDbBooks(calls, no_pause, ManualClock())


def held_by(account, amount, request_id=None):
    return reservation(
        request_id or f"of {account}", hold(amount, DAILY), account=f"search/{account}"
    )


@pytest.mark.parametrize("refusal", SIZE_REFUSALS)
def test_a_window_too_large_for_one_transaction_is_read_and_gathered_in_parts(store, refusal):
    ledger = DynamoDbLedger(store.items, no_pause)
    for n in range(8):
        held = held_by(f"app{n}", 100)
        ledger.reserve(held)
        if n < 7:
            ledger.resolve(held, resolution(10))
    narrow = LedgerCalls(Narrow(store.client, 5_000, refusal), "ledger")
    keys = [place_key(f"search/app{n}") for n in range(8)]
    gets = [{"Get": {"TableName": "ledger", "Key": key}} for key in keys]
    with pytest.raises(ClientError):
        Narrow(store.client, 5_000, refusal).transact_get_items(TransactItems=gets)

    narrowed = DynamoDbLedger(narrow, no_pause)

    assert isinstance(narrowed.reserve(held_by("app0", 830, "all of it")), Reserved)
    assert isinstance(narrowed.reserve(held_by("app1", 1, "one more")), Shortage)
    balance = books_on(narrow).balance(DAILY, DAY)
    assert (balance.pending, balance.posted, balance.limit) == (930, 70, 1_000)


def test_one_item_that_is_refused_for_its_size_is_an_unavailable_ledger(store):
    DynamoDbLedger(store.items, no_pause).reserve(held_by("web", 10))
    narrow = LedgerCalls(Narrow(store.client, 10), "ledger")

    with pytest.raises(LedgerUnavailable, match="size"):
        narrow.snapshot([place_key("search/web")])


@pytest.mark.parametrize("fault", [invalid("no such attribute"), cancelled("ValidationError", "x")])
def test_another_invalid_transaction_is_not_taken_for_a_large_one(store, fault):
    DynamoDbLedger(store.items, no_pause).reserve(held_by("web", 10))

    with pytest.raises(LedgerUnavailable, match="could not be asked"):
        LedgerCalls(Narrow(store.client, 10, fault), "ledger").snapshot([place_key("search/web")])


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_throttling_inside_a_transaction_is_a_reason_to_try_again(store, code):
    class Throttled(Narrow):
        def _check(self, _keys):
            raise cancelled(code)

    calls = LedgerCalls(Throttled(store.client, 0), "ledger")

    assert calls.transact([{"Update": {"Key": place_key("search/web")}}]) == Conflict()
    assert calls.snapshot([place_key("search/web")]) is None


def overrun(store, **script):
    """Another account holds all the rest; this one's call cost more than it held."""
    calls = Scripted(store.client, "ledger")
    pauses = []
    ledger = DynamoDbLedger(calls, pauses.append)
    ledger.reserve(held := held_by("web", 100))
    before = len(pauses)
    for name, value in script.items():
        setattr(calls, name, value)
    resolved = ledger.resolve(held, resolution(700))
    calls.conflicts, calls.fault = 0, None
    return ledger, resolved, pauses[before:]


def free_of(store, account):
    item = store.items.get(place_key(f"search/{account}"))
    return int(item["free"]["M"][f"{DAILY.id}@{DAY}"]["N"])


def test_an_overrun_is_covered_after_others_were_in_the_way(store):
    _, resolved, pauses = overrun(store, conflicts=4)

    assert resolved.first
    assert pauses == [0, 1, 2]
    assert free_of(store, "web") == 0


@pytest.mark.parametrize(
    "script",
    [
        {"conflicts": 1_000},
        {"fault": LedgerUnavailable("silence")},
    ],
)
def test_a_settle_stands_when_its_overrun_cannot_be_covered_and_tidying_heals_it(store, script):
    ledger, resolved, pauses = overrun(store, **script)
    books = books_on(store.items)

    assert resolved.first
    assert len(pauses) in {0, ledger_debts.PAYMENTS_MAX + ledger_debts.ATTEMPTS_MAX}
    assert free_of(store, "web") < 0
    assert books.balance(DAILY, DAY).left == 300
    assert ledger.tidy(NOON, batch_max=100) == 1
    assert free_of(store, "web") == 0
    assert books.balance(DAILY, DAY).left == 300
    assert ledger.tidy(NOON, batch_max=100) == 0


def test_a_debt_beyond_the_limit_is_laid_once_and_left_in_peace(store):
    ledger = DynamoDbLedger(store.items, no_pause)
    ledger.reserve(other := held_by("other", 500))
    ledger.reserve(held := held_by("web", 100))
    ledger.resolve(held, resolution(700))

    assert free_of(store, "other") == -200
    assert ledger.tidy(NOON, batch_max=100) == 0
    ledger.resolve(other, resolution(0))
    assert books_on(store.items).balance(DAILY, DAY).left == 300


def test_a_lost_answer_while_an_overrun_is_covered_does_not_hide_the_settle(store):
    class Silent(Narrow):
        def _check(self, _keys):
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

    DynamoDbLedger(store.items, no_pause).reserve(held := held_by("web", 100))
    silent = DynamoDbLedger(LedgerCalls(Silent(store.client, 0), "ledger"), no_pause)

    assert silent.resolve(held, resolution(700)).first
