"""Whose turn it is, and that every run shares its writes out over all accounts."""

from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry.adapters import ledger_upkeep
from cost_sentry.adapters.ledger_calls import ConditionFailed, LedgerCalls, Written
from cost_sentry.adapters.ledger_items import Seen, ShardState, number, place_key
from cost_sentry.adapters.ledger_moves import move_in_shard
from cost_sentry.adapters.ledger_shards import Shards, _succession
from cost_sentry.adapters.ledger_upkeep import Upkeep, _Done
from cost_sentry.adapters.ledger_walk import (
    FEW,
    READ_TOGETHER,
    accounts,
    in_turn,
    shards_by_account,
    shards_of_all,
    turn_of,
)
from cost_sentry.domain.errors import LedgerThrottled
from cost_sentry.domain.reservation import EXPIRY_EVERY_MINUTES
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import NOON, budget
from tests.simulation.dynamodb.model import DynamoDbModel, InstantClient

BEGINNING = datetime.fromtimestamp(0, tz=UTC)
RUN = timedelta(minutes=EXPIRY_EVERY_MINUTES)
PURSE = "search-daily@2026-11-21"
RUN_ID = "01a1fdc3-5780-7000-8000-000000000001"


@pytest.mark.parametrize("runs", [0, 1, 1_000, 123_456])
def test_each_scheduled_run_has_a_turn_of_its_own(runs):
    begun = BEGINNING + runs * RUN

    assert turn_of(begun) == turn_of(begun + RUN - timedelta(seconds=1)) == runs


def test_each_name_is_the_first_in_its_turn_and_none_is_left_out():
    names = ["a", "b", "c"]

    assert [in_turn(names, turn) for turn in range(4)] == [
        ["a", "b", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
        ["a", "b", "c"],
    ]
    assert in_turn([], 7) == []


@pytest.fixture
def calls():
    calls = LedgerCalls(InstantClient(DynamoDbModel(lambda: 0)), "ledger")
    for account in ("ads/web", "search/web"):
        Shards(calls).open(account, "")
    return calls


def test_who_names_no_turn_begins_with_the_first_account(calls):
    assert [shard.place for shard in shards_of_all(calls)] == ["ads/web", "search/web"]


WORK = ("retire_ended_windows", "send_idle_home", "tidy_shards", "lay_to_rest")


class Surplus:
    def __init__(self):
        self.asked = []

    def give_back(self, _shards, moves_max):
        self.asked.append(moves_max)
        return 2


class NoDebts:
    def cover_all(self, debts, _now):
        return len(debts)


def test_what_one_account_took_of_a_run_is_not_done_for_the_next(monkeypatch, calls):
    asked, surplus = {name: [] for name in WORK}, Surplus()
    for name in WORK:
        monkeypatch.setattr(
            ledger_upkeep, name, lambda *given, name=name: asked[name].append(given[-1]) or 2
        )

    changed = Upkeep(calls, surplus, NOON, 5).run(NoDebts())

    assert asked == {name: [5, 3] for name in WORK}
    assert (surplus.asked, changed) == ([5, 3], 5 * 2 * 2)


def test_of_an_account_with_more_shards_than_a_run_has_writes_each_has_its_turn(monkeypatch, calls):
    shards = [ShardState(place=f"search/web#{n:04b}") for n in range(10)]
    first = []
    for name in WORK:
        monkeypatch.setattr(ledger_upkeep, name, lambda *_given: 0)
    monkeypatch.setattr(
        ledger_upkeep,
        "retire_ended_windows",
        lambda _calls, some, _now, most: first.append([one.shard for one in some][:most]) or 0,
    )

    for n in range(4):
        Upkeep(calls, Surplus(), NOON + n * RUN, 3)._tidy(iter(shards))
    Upkeep(calls, Surplus(), NOON, 10)._tidy(iter(shards))

    assert {one for some in first[:4] for one in some} == {shard.shard for shard in shards}
    assert first[4] == [shard.shard for shard in shards], "all of them can have theirs at once"


class Counted(LedgerCalls):
    """Notes what is asked; a question for many may be throttled or left without some answers."""

    def __init__(self, client):
        super().__init__(client, "ledger")
        self.asked, self.refusal = [], None

    def get_many(self, keys):
        self.asked.append(len(keys))
        if isinstance(self.refusal, Exception):
            raise self.refusal
        return super().get_many(keys) if self.refusal is None else None

    def query(self, pk, **more):
        self.asked.append(pk)
        return super().query(pk, **more)


@pytest.fixture
def many():
    """Accounts, of which one has split."""
    calls = Counted(InstantClient(DynamoDbModel(lambda: 0)))
    for n in range(READ_TOGETHER + 2):
        Shards(calls).open(f"team/app{n:03d}", "")
    root = calls.get(place_key("team/app007"))
    Shards(calls).split(ShardState.of(root))
    calls.asked.clear()
    return calls


def by_account(calls, names):
    return {name: [one.place for one in some] for name, some in shards_by_account(calls, names)}


def test_shards_of_many_accounts_are_read_a_hundred_accounts_at_a_time(many):
    names = list(accounts(many))
    many.asked.clear()

    found = by_account(many, names)

    assert many.asked == [READ_TOGETHER, "ACCOUNT#team/app007", 2]
    assert found.pop("team/app007") == ["team/app007", "team/app007#0", "team/app007#1"]
    assert found == {name: [name] for name in names if name != "team/app007"}


def test_shards_of_few_accounts_are_read_when_their_turn_comes(many):
    names = list(accounts(many))[:FEW]
    many.asked.clear()

    assert len(by_account(many, names)) == FEW
    assert many.asked == [f"ACCOUNT#{name}" for name in names]


def test_shards_of_one_account_more_are_read_together(many):
    names = [name for name in accounts(many) if name != "team/app007"][: FEW + 1]
    many.asked.clear()

    assert len(by_account(many, names)) == FEW + 1
    assert many.asked == [FEW + 1]


@pytest.mark.parametrize("refusal", [LedgerThrottled("too often"), "left out"], ids=str)
def test_what_is_not_given_together_is_asked_for_one_by_one(many, refusal):
    names = list(accounts(many))
    whole = by_account(many, names)
    many.refusal = refusal

    assert by_account(many, names) == whole


def test_an_account_whose_first_shard_is_not_there_has_none(many):
    assert by_account(many, [*accounts(many), "team/never"])["team/never"] == []


def test_a_run_tells_all_that_it_did():
    done = _Done(retired=1, sent_home=20, given_back=300, merged=4_000, laid_to_rest=50_000)
    assert done.all == 54_321


def test_debts_of_one_window_are_covered_once_for_all_accounts(calls):
    for place in ("ads/web", "search/web"):
        calls.update(
            {
                "Key": place_key(place),
                "UpdateExpression": "SET #free = :free",
                "ExpressionAttributeNames": {"#free": "free"},
                "ExpressionAttributeValues": {":free": {"M": {PURSE: number(-1)}}},
            }
        )
    found = []

    class Debts(NoDebts):
        def cover_all(self, debts, _now):
            found.append(debts)
            return 0

    Upkeep(calls, Surplus(), NOON, 0).run(Debts())

    assert found == [{PURSE: {"ads/web", "search/web"}}]


@pytest.mark.parametrize(("free", "is_paid"), [(-1, True), (0, False), (5, False)])
def test_only_a_shard_that_still_owes_is_paid(calls, free, is_paid):
    calls.update(
        {
            "Key": place_key("search/web"),
            "UpdateExpression": "SET #free.#purse = :free",
            "ExpressionAttributeNames": {"#free": "free", "#purse": PURSE},
            "ExpressionAttributeValues": {":free": number(free)},
        }
    )

    outcome = calls.transact([move_in_shard("search/web", {PURSE: 1}, NOON, owes=True)])

    assert isinstance(outcome, Written if is_paid else ConditionFailed)


def test_neither_half_of_a_shard_carries_the_window_of_a_run():
    session = budget("run-money", window=WindowKind.SESSION, session=RUN_ID)
    run = f"run-money@{session.window_at(NOON).id}"
    behind = Seen(limit=1_000, elsewhere=0, at_seconds=0, free_max=10).text()
    parent = ShardState(
        place="search/web", free={PURSE: 5, run: 5}, seen={PURSE: behind, run: behind}
    )

    assert {*_succession(parent)} == {PURSE}
