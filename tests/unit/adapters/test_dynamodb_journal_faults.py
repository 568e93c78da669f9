"""What DynamoDB can answer besides yes: conflicts, refusals, silence."""

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from cost_sentry.adapters.dynamodb_journal import ATTEMPTS_MAX, DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_journal_writes import actions, distinct, parts
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.application.decision_log_ports import EntryNotWritable
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.errors import LedgerContention, LedgerUnavailable
from tests.fakes.builders import NOON, budget, hold
from tests.fakes.entries import Account
from tests.fakes.moto_journal import journal_on_moto

DAY = "2026-11-21"


def cancelled(*codes):
    reasons = [{"Code": code} for code in codes]
    return ClientError(
        {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons},
        "TransactWriteItems",
    )


def refused(code):
    return ClientError({"Error": {"Code": code, "Message": code}}, "TransactWriteItems")


class Faulty:
    """A DynamoDB client that answers some transactions with a fault; ``after`` it was done."""

    def __init__(self, client, *faults, after=()):
        self._client = client
        self._faults = list(faults)
        self._after = list(after)
        self.transactions = []

    def transact_write_items(self, **arguments):
        self.transactions.append(arguments["TransactItems"])
        if self._faults and (fault := self._faults.pop(0)):
            raise fault
        done = self._client.transact_write_items(**arguments)
        if self._after:
            raise self._after.pop(0)
        return done

    def __getattr__(self, name):
        return getattr(self._client, name)


@pytest.fixture
def store(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        yield store


def journal_on(client, pauses=None):
    pause = (lambda _: None) if pauses is None else pauses.append
    return DynamoDbJournal(JournalCalls(client, "ledger"), LedgerCalls(client, "ledger"), pause)


def test_a_conflict_is_tried_again_after_a_pause(store):
    conflict = cancelled("None", "TransactionConflict", "None")
    client = Faulty(store.client, conflict, refused("TransactionConflictException"))
    pauses, entries = [], Account().call("r1", 40)

    assert journal_on(client, pauses).write(entries) == entries
    assert pauses == [0, 1]
    assert store.journal.totals("search-daily", DAY).posted == 40


def test_a_conflict_is_never_taken_for_a_repeated_entry(store):
    account = Account()
    [_, there], [_, new] = account.call("r1", 40), account.call("r2", 40)
    store.journal.write([there])
    mixed = cancelled("ConditionalCheckFailed", "TransactionConflict", "None", "None")

    assert journal_on(Faulty(store.client, mixed)).write([there, new]) == [new]
    assert store.journal.totals("search-daily", DAY).posted == 80


def test_conflicts_without_end_are_contention(store):
    client = Faulty(store.client, *[cancelled("TransactionConflict")] * ATTEMPTS_MAX)

    with pytest.raises(LedgerContention, match="search/web"):
        journal_on(client).write(Account().call("r1", 40))
    assert store.journal.totals("search-daily", DAY) is None


def test_what_adds_nothing_to_the_totals_is_written_once_without_a_transaction(store):
    held, _ = Account().call("r1", 40)
    client = Faulty(store.client)

    assert journal_on(client).write([held]) == [held]
    assert journal_on(client).write([held]) == []
    assert client.transactions == []


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError"])
def test_an_entry_that_cannot_be_put_now_comes_again(store, code):
    class Refusing(Faulty):
        def put_item(self, **_arguments):
            raise refused(code)

    with pytest.raises(LedgerUnavailable):
        journal_on(Refusing(store.client)).write(Account().call("r1", 40)[:1])


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_throttling_inside_a_transaction_is_tried_again(store, code):
    entries = Account().call("r1", 40)

    assert journal_on(Faulty(store.client, cancelled("None", code))).write(entries) == entries


def test_a_write_whose_answer_was_lost_counts_once(store):
    silence = ReadTimeoutError(endpoint_url="https://dynamodb")
    client, entries = Faulty(store.client, after=[silence]), Account().call("r1", 40)

    with pytest.raises(LedgerUnavailable, match="did not answer"):
        journal_on(client).write(entries)

    assert list(journal_on(client).write(entries)) == []
    assert store.journal.totals("search-daily", DAY).posted == 40


@pytest.mark.parametrize("fault", [refused("ValidationException"), cancelled("ValidationError")])
def test_what_dynamodb_can_never_hold_is_not_writable(store, fault):
    with pytest.raises(EntryNotWritable):
        journal_on(Faulty(store.client, fault)).write(Account().call("r1", 40))


@pytest.mark.parametrize(
    "fault", [refused("InternalServerError"), refused("AccessDeniedException"), cancelled("Odd")]
)
def test_any_other_refusal_is_an_unavailable_ledger(store, fault):
    with pytest.raises(LedgerUnavailable):
        journal_on(Faulty(store.client, fault)).write(Account().call("r1", 40))


def test_a_key_that_is_too_long_is_not_writable():
    """DynamoDB itself refuses it, after 1,024 bytes of sort key; so does moto."""
    with journal_on_moto() as store, pytest.raises(EntryNotWritable):
        store.journal.write(Account("t/" + "a" * 1_100).call("r1", 40))


def test_a_call_of_more_budgets_than_a_transaction_holds_is_not_writable(store):
    held, settled = Account().call("r1", 1, *(hold(10, budget(f"b{n}")) for n in range(50)))

    assert store.journal.write([held]) == [held]
    with pytest.raises(EntryNotWritable, match="changes 104 items"):
        store.journal.write([settled])


def test_a_hot_budget_is_written_once_per_transaction(store):
    account = Account()
    entries = [e for n in range(20) for e in account.call(f"r{n}", 2)]
    client = Faulty(store.client)

    assert journal_on(client).write(entries) == entries

    [transaction] = client.transactions
    assert len(transaction) == 25
    assert store.journal.totals("search-daily", DAY).posted == 40


def test_parts_keep_the_order_and_fit_into_a_transaction():
    account = Account()
    entries = [
        e
        for n in range(60)
        for e in account.call(f"r{n}", 1, hold(10, budget(f"b{n % 7}")), model_used=f"m{n % 5}")
    ]

    split = list(parts(entries))

    assert [e for part in split for e in part] == entries
    assert max(len(actions(part)) for part in split) <= 100
    assert len(split) < 4


def test_distinct_keeps_the_first_of_each_entry_in_order():
    account = Account()
    first, second = account.call("r1", 1), account.call("r2", 1)

    assert distinct([*first, *second, *first, *second]) == [*first, *second]


def test_a_partition_of_many_pages_is_read_whole(store):
    account = Account()
    store.journal.write(
        [e for n in range(12) for e in account.call(f"r{n}", 1, model_used=f"m{n}")]
    )

    class Paged(Faulty):
        def query(self, **arguments):
            return store.client.query(**{**arguments, "Limit": 5})

    assert len(journal_on(Paged(store.client)).spend("search-daily", DAY).lines) == 12


def test_a_query_that_fails_is_an_unavailable_ledger(store):
    class Down(Faulty):
        def query(self, **_arguments):
            raise refused("InternalServerError")

    with pytest.raises(LedgerUnavailable, match="could not be asked"):
        journal_on(Down(store.client)).spend("search-daily", DAY)


def test_decisions_are_kept_for_thirty_days(store):
    store.log.record(
        Decision(
            kind=DecisionKind.REJECT,
            code=ReasonCode.UNKNOWN_MODEL,
            message="unknown",
            request_id="r1",
            model_asked="m",
        ),
        NOON,
    )

    [item] = store.items.query("REQUEST#r1")
    assert item["sk"]["S"] == "-/-#REJECTED#2026-11-21T12:00:00+00:00"
    assert int(item["delete_after"]["N"]) - int(NOON.timestamp()) == 30 * 24 * 3600
