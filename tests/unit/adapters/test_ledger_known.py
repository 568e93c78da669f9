"""Where a request id is looked for whose shard has split or merged since, and when nobody knows."""

import pytest

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import Conflict
from cost_sentry.adapters.ledger_items import CLOSED, ShardState, place_key
from cost_sentry.adapters.ledger_known import KnownIds
from cost_sentry.adapters.ledger_shards import Shards
from cost_sentry.application.ports import Reserved, SameId
from cost_sentry.domain.errors import LedgerContention, LedgerThrottled
from cost_sentry.domain.shard import DEPTH_MAX, path_of
from tests.fakes.builders import ManualClock, budget, hold, reservation, resolution
from tests.fakes.moto_journal import journal_on_moto, no_pause

ACCOUNT, DAY = "search/web", "2026-11-21"
DAILY = budget(limit=10_000)
LOOKS_MAX = 2 * DEPTH_MAX


@pytest.fixture
def calls(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        DynamoDbBooks(store.items, no_pause, ManualClock()).define(DAILY, DAY)
        yield store.items


@pytest.fixture
def ledger(calls):
    """An environment that has split the account's first shard, under a call that it holds."""
    ledger = DynamoDbLedger(calls, no_pause)
    ledger.reserve(reservation("above", hold(100)))
    split(calls, "")
    return ledger


def split(calls, bits):
    place = f"{ACCOUNT}#{bits}" if bits else ACCOUNT
    Shards(calls).split(ShardState.of(calls.get(place_key(place))))


def close(calls, bits):
    """The half gives everything back to the first shard, as merging does."""
    values = {":closed": {"S": CLOSED}}
    names = {"#state": "state"}
    calls.update(
        {
            "Key": place_key(f"{ACCOUNT}#{bits}"),
            "UpdateExpression": "SET #state = :closed",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
    )


def reopen(calls):
    calls.update(
        {
            "Key": place_key(ACCOUNT),
            "UpdateExpression": "REMOVE #state",
            "ExpressionAttributeNames": {"#state": "state"},
        }
    )


def elsewhere(calls):
    """An environment that has heard of no split."""
    return DynamoDbLedger(calls, no_pause)


def held(known):
    return known.reservation.request_id if isinstance(known, Reserved) else known


def test_what_a_split_shard_holds_still_is_found_there(calls, ledger):
    assert held(elsewhere(calls).known(reservation("above"))) == "above"


def test_what_is_held_below_a_split_is_found_by_who_never_heard_of_it(calls, ledger):
    ledger.reserve(reservation("below", hold(100)))

    stranger = elsewhere(calls)

    assert held(stranger.known(reservation("below"))) == "below"
    assert stranger._shards.shard_of(ACCOUNT, "below") == path_of("below")[:1]


def test_an_id_that_no_shard_holds_is_free(calls, ledger):
    ledger.reserve(reservation("below", hold(100)))

    assert elsewhere(calls).known(reservation("new")) is None
    assert ledger.known(reservation("new")) is None


def test_what_is_held_two_splits_below_is_found_from_the_top(calls, ledger):
    split(calls, path_of("below")[:1])
    ledger.reserve(reservation("below", hold(100)))

    assert held(elsewhere(calls).known(reservation("below"))) == "below"


def test_a_shard_that_closed_sends_the_question_up_again(calls, ledger):
    late = elsewhere(calls)
    late.known(reservation("below"))  # Now it has heard of the split.
    close(calls, path_of("below")[:1])
    reopen(calls)
    elsewhere(calls).reserve(reservation("below", hold(100)))

    assert held(late.known(reservation("below"))) == "below"
    assert late._shards.shard_of(ACCOUNT, "below") == ""


class Scripted:
    """A memory, shards and a table that say what a test wants, and count what they are asked."""

    def __init__(self, *, past=(), found=None, state=None, believed="", there=("",)) -> None:
        self.past, self.found, self.state = list(past), found, state
        self.believed, self.there = believed, there
        self.at_once, self.looks, self.waits, self.read = [], 0, [], []
        self.gets = 0

    def of_the_past(self, _asked, *, at_once):
        self.at_once.append(at_once)
        answer = self.past.pop(0) if self.past else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def in_shard(self, shard, _asked):
        self.looks += 1
        self.read.append(shard.shard)
        return self.found

    def shard_of(self, _account, _request_id):
        return self.believed

    def get(self, key):
        bits = key["sk"]["S"].partition("#")[2]
        self.gets += 1
        if bits not in self.there:
            return None
        return {**key, **({"state": {"S": self.state}} if self.state else {})}

    def update(self, _arguments):
        return Conflict()

    def learn(self, *_given):
        return None

    unlearn = learn

    def known(self, asked):
        return KnownIds(self, self, self, self.waits.append).known(asked)


def test_what_the_journal_says_is_the_answer_and_no_shard_is_asked():
    ended = SameId(reservation=reservation("r1"), resolution=resolution(40))
    world = Scripted(past=[ended])

    assert world.known(reservation("r1")) is ended
    assert world.looks == 0


def test_after_a_wait_the_time_of_the_question_says_nothing_of_clocks():
    world = Scripted(past=[LedgerThrottled("not now"), None])

    assert world.known(reservation("r1")) is None
    assert (world.at_once, world.waits) == ([True, False], [0])


def test_an_id_that_is_held_and_let_go_all_the_time_is_given_up_after_so_many_looks():
    world = Scripted(found=reservation("r1", attempt="run.first"))

    with pytest.raises(LedgerContention, match="held and let go all the time"):
        world.known(reservation("r1", attempt="run.second"))
    assert world.looks == LOOKS_MAX


def test_an_account_whose_shards_change_all_the_time_is_given_up_after_so_many_looks():
    world = Scripted(state=CLOSED, believed="0", there=("0",))

    with pytest.raises(LedgerContention, match="shards that change all the time"):
        world.known(reservation("r1"))
    assert world.looks == LOOKS_MAX


def test_an_account_at_rest_holds_nothing():
    world = Scripted(state=CLOSED)

    assert world.known(reservation("r1")) is None
    assert world.looks == 1


def test_a_split_that_teaches_nothing_new_ends_the_search():
    world = Scripted(state="split")

    assert world.known(reservation("r1")) is None
    assert world.looks == 1


def test_what_a_shard_knows_is_the_answer_whether_it_goes_on_or_not():
    ended = SameId(reservation=reservation("r1"), resolution=resolution(40))
    world = Scripted(state=CLOSED, believed="0", there=("0",), found=ended)

    assert world.known(reservation("r1")) is ended
    assert world.looks == 1


def test_a_shard_that_is_not_there_yet_has_the_memory_of_the_one_right_above():
    world = Scripted(believed="0110", there=("", "01", "011"))

    assert world.known(reservation("r1")) is None
    assert world.read == ["011"]


def test_an_account_that_nobody_opened_is_asked_for_once():
    world = Scripted(there=())

    assert world.known(reservation("r1")) is None
    assert (world.gets, world.looks) == (1, 0)
