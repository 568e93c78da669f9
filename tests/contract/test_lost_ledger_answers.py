"""A ledger that does not answer, or whose answer is lost: the caller hears no, nothing is held."""

import socket
import threading
from datetime import timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from cost_sentry import bootstrap
from cost_sentry.adapters.bedrock_token_counter import (
    CONNECT_TIMEOUT_SECONDS,
    READ_TIMEOUT_SECONDS,
)
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import ShardState, place_key
from cost_sentry.adapters.ledger_memory import LOOK_AGAIN_AFTER
from cost_sentry.application.emergency_admission import LOOKING_FOR
from cost_sentry.application.input_bound import COUNTS_MAX
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.request_id import AHEAD_MAX, FRESH_FOR, STAMP_KEPT
from cost_sentry.domain.reservation import ReservationState
from infra.function_set import FUNCTIONS
from tests.fakes.builders import ManualClock, budget, hold, reservation, resolution
from tests.fakes.moto_journal import journal_on_moto, no_pause

DAY = "2026-11-21"
ADDRESSES_OF_S3_MAX = 8
"""That one answer of DNS holds; urllib3 waits for each of them before it gives up connecting."""
COUNTING = COUNTS_MAX * (CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS)


class LosingClient:
    """A DynamoDB client that does what it is told, and then says that nobody answered."""

    def __init__(self, client, losing: int, meanwhile=lambda: None) -> None:
        self._client, self.losing, self._meanwhile = client, losing, meanwhile

    def __getattr__(self, name):
        return getattr(self._client, name)

    def update_item(self, **arguments):
        return self._lost(self._client.update_item(**arguments), arguments)

    def transact_write_items(self, **arguments):
        return self._lost(self._client.transact_write_items(**arguments), arguments)

    def _lost(self, answer, arguments):
        if "#pending" in str(arguments) and self.losing > 0:
            self.losing -= 1
            self._meanwhile()
            raise ReadTimeoutError(endpoint_url="dynamodb")
        return answer


@pytest.fixture
def store():
    with journal_on_moto() as store:
        yield store


@pytest.fixture(params=["brought and held", "held"])
def books(store, request):
    """Of a shard to which the call's money must be brought, or which has it."""
    books = DynamoDbBooks(store.items, no_pause, ManualClock())
    books.define(budget(), DAY)
    if request.param == "held":
        ledger, held = DynamoDbLedger(store.items, no_pause), reservation("r0", hold(200))
        ledger.reserve(held)
        ledger.resolve(held, resolution(0, ReservationState.VOIDED))
    return books


def test_a_reserve_whose_answer_is_lost_holds_nothing_once_the_caller_is_told_no(store, books):
    ledger = DynamoDbLedger(LedgerCalls(LosingClient(store.client, 1), "ledger"), no_pause)

    with pytest.raises(LedgerUnavailable) as told:
        ledger.reserve(reservation("r1", hold(100)))

    assert "may be held" not in str(told.value)
    assert told.value.perhaps_held is None
    assert list(books.pending()) == []
    assert books.balance(budget(), DAY).left == 1_000


def test_a_reservation_that_was_taken_back_is_written_down_as_void_and_free_of_charge(store, books):
    ledger = DynamoDbLedger(LedgerCalls(LosingClient(store.client, 1), "ledger"), no_pause)
    with pytest.raises(LedgerUnavailable):
        ledger.reserve(reservation("r1", hold(100)))

    entry = ShardState.of(store.items.get(place_key("search/web"))).last_entry()

    assert entry.kind is EntryKind.VOID
    ended = entry.resolution
    assert (ended.cost_picodollars, ended.total_tokens, ended.estimated) == (0, 0, False)


def test_what_another_invocation_took_over_the_first_does_not_give_back(store, books):
    second = reservation("r1", hold(100), attempt="run.second")
    other = DynamoDbLedger(store.items, no_pause)
    losing = LosingClient(store.client, 1, lambda: other.reserve(second))
    ledger = DynamoDbLedger(LedgerCalls(losing, "ledger"), no_pause)

    with pytest.raises(LedgerUnavailable):
        ledger.reserve(reservation("r1", hold(100), attempt="run.first"))

    assert list(books.pending()) == [second]


def test_what_cannot_be_given_back_is_said_to_be_held_until_it_expires(store, books):
    ledger = DynamoDbLedger(LedgerCalls(LosingClient(store.client, 99), "ledger"), no_pause)
    held = reservation("r1", hold(100))

    with pytest.raises(LedgerUnavailable, match="may be held until") as told:
        ledger.reserve(held)

    assert told.value.perhaps_held == held
    assert books.balance(budget(), DAY).left in (900, 1_000)


@pytest.fixture
def deaf_client(monkeypatch):
    """The functions' own client, facing a server that accepts and never answers."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        threading.Thread(
            target=lambda: [heard.append(deaf.accept()) for _ in range(9)], daemon=True
        ).start()
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        bootstrap.dynamodb_client.cache_clear()
        yield bootstrap.dynamodb_client(), heard
        bootstrap.dynamodb_client.cache_clear()


@pytest.mark.slow
def test_a_silent_ledger_is_a_no_after_a_bounded_number_of_attempts(deaf_client):
    client, heard = deaf_client

    with pytest.raises(LedgerUnavailable):
        LedgerCalls(client, "ledger").get({"pk": {"S": "a"}, "sk": {"S": "b"}})

    assert len(heard) == client.meta.config.retries["total_max_attempts"]


def silent_seconds(config, addresses=1):
    """A call that nobody answers takes so long, at most."""
    attempts = config.retries["total_max_attempts"]
    # botocore's standard mode waits up to 2**(n - 1) seconds before the attempt after the nth.
    waiting = sum(2 ** (n - 1) for n in range(1, attempts))
    return attempts * (addresses * config.connect_timeout + config.read_timeout) + waiting


def test_a_shard_remembers_for_longer_than_an_id_is_taken_to_be_new(deaf_client):
    """From its first use with a clock that is ahead, to the last write without another look."""
    last_try = timedelta(seconds=silent_seconds(deaf_client[0].meta.config))
    assert AHEAD_MAX + FRESH_FOR + LOOK_AGAIN_AFTER + last_try < STAMP_KEPT


@pytest.fixture
def store_client(monkeypatch):
    """The functions' own client of the emergency store."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bootstrap.s3_client.cache_clear()
    yield bootstrap.s3_client()
    bootstrap.s3_client.cache_clear()


def test_three_silent_calls_end_before_the_functions_own_time_is_up(deaf_client):
    """Three calls that nobody answers are the most that one admission makes."""
    silent = silent_seconds(deaf_client[0].meta.config)

    limits = {row.name: row.timeout_seconds for row in FUNCTIONS}
    for name in ("admit_request", "settle_reservation", "void_reservation"):
        assert 3 * silent < limits[name]
    assert COUNTING + 3 * silent < limits["admit_request"]


def test_a_slow_emergency_store_after_a_silent_ledger_ends_before_it_too(deaf_client, store_client):
    """However many things it is asked: the last is asked before its own time is up."""
    silent = silent_seconds(deaf_client[0].meta.config)
    slow = silent_seconds(store_client.meta.config, ADDRESSES_OF_S3_MAX)

    limits = {row.name: row.timeout_seconds for row in FUNCTIONS}
    admission = COUNTING + 3 * silent + bootstrap.STORE_SECONDS_MAX + slow
    assert admission < limits["admit_request"]
    assert LOOKING_FOR.total_seconds() + slow <= bootstrap.STORE_SECONDS_MAX
    # A settlement hears that the ledger is silent from one call, writes, and may read what stands.
    assert silent + 2 * slow < min(limits["settle_reservation"], limits["void_reservation"])


def test_a_slow_emergency_store_leaves_a_scheduled_run_the_time_to_expire(store_client):
    slow = silent_seconds(store_client.meta.config, ADDRESSES_OF_S3_MAX)
    (limit,) = (row.timeout_seconds for row in FUNCTIONS if row.name == "expire_reservations")

    assert bootstrap.UPKEEP_SECONDS_MAX + slow < limit / 2
