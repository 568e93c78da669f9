"""A crowded window's limit is lowered: what shards behind pools keep, and whom it meets."""

import pytest

from cost_sentry.adapters.ledger_calls import Conflict
from cost_sentry.adapters.ledger_items import (
    definition_key,
    number,
    place_key,
    pool_key,
)
from cost_sentry.adapters.ledger_shards import Shards
from cost_sentry.application.ports import Reserved, Shortage
from cost_sentry.domain.errors import LedgerContention, LedgerUnavailable
from tests.fakes.builders import resolution
from tests.fakes.crowd_kit import APPLICATIONS, CALL, NEW, PURSE, SHADOW, Crowd, small_crowds


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    small_crowds(monkeypatch)


@pytest.mark.parametrize("before", [SHADOW, 10_000_000])
def test_behind_pools_no_more_than_one_percent_of_the_new_limit_stays(before):
    crowd = Crowd(before)
    assert sum(crowd.hidden()) > NEW

    assert crowd.lower() == before

    assert 0 <= sum(crowd.hidden()) <= NEW // 100


@pytest.mark.parametrize("before", [SHADOW, 10_000_000])
def test_a_lowered_limit_holds_and_is_used_up(before):
    crowd = Crowd(before)
    crowd.lower()

    after = crowd.spend_all()

    assert after.limit == NEW
    assert NEW - NEW // 100 - CALL < after.posted <= NEW


def test_a_limit_below_what_is_spent_admits_nothing_more():
    crowd = Crowd()
    crowd.lower(10)

    answers = [crowd.reserved(f"more-{one}", one) for one in range(APPLICATIONS)]

    assert all(isinstance(answer, Shortage) for answer in answers)


def test_what_running_calls_give_back_behind_pools_does_not_stay_there():
    crowd = Crowd()
    held = [crowd.reserved(f"held-{one}", one).reservation for one in range(APPLICATIONS)]
    crowd.lower()

    for one in held:
        crowd.ledger.resolve(one, resolution(1))

    assert sum(crowd.hidden()) <= NEW // 100


def test_a_call_that_ends_between_the_look_at_its_shard_and_the_write_is_not_missed():
    crowd = Crowd()
    held = [crowd.reserved("held", APPLICATIONS - 1).reservation]
    shard = place_key(f"search/app{APPLICATIONS - 1}")

    def ends():
        keys = [action.get("Update", {}).get("Key") for action in crowd.calls.actions]
        if held and shard in keys:
            crowd.ledger.resolve(held.pop(), resolution(1))

    crowd.calls.happens = dict.fromkeys(range(1, 40), ends)
    crowd.lower()

    assert not held
    assert sum(crowd.hidden()) <= NEW // 100


def test_whoever_saw_the_old_limit_fills_no_shard_by_it_while_the_limit_is_lowered():
    crowd = Crowd()
    again = iter(range(1_000))

    def calls_come():
        number_of_call = next(again)
        for one in range(APPLICATIONS):
            crowd.ended(f"meanwhile-{number_of_call}-{one}", one)

    crowd.calls.happens = dict.fromkeys(range(4, 40), calls_come)
    crowd.lower()

    assert sum(crowd.hidden()) <= NEW // 100


def test_a_shard_that_has_split_keeps_nothing():
    crowd = Crowd()
    Shards(crowd.calls).split(crowd.shard(APPLICATIONS - 1))
    crowd.lower()

    assert crowd.shard(APPLICATIONS - 1).free[PURSE] == 0


def silent():
    raise LedgerUnavailable("the ledger did not answer")


@pytest.mark.parametrize("last", range(1, 16))
def test_a_change_that_was_cut_short_is_finished_by_the_same_again(last):
    crowd = Crowd()
    crowd.calls.happens = {last: silent}
    with pytest.raises(LedgerUnavailable):
        crowd.lower()
    crowd.calls.happens = {}

    crowd.lower()

    assert sum(crowd.hidden()) <= NEW // 100
    assert crowd.spend_all().posted <= NEW


def test_until_all_shards_were_looked_at_the_old_limit_holds():
    crowd = Crowd(10_000_000)
    crowd.calls.happens = {6: silent}
    with pytest.raises(LedgerUnavailable):
        crowd.lower()

    assert crowd.balance.limit == 10_000_000
    assert isinstance(crowd.reserved("more", 0), Reserved)


def test_another_operator_stops_it():
    crowd = Crowd()

    def another():
        item = {**crowd.calls.get(definition_key("search-daily")), "limit": number(5)}
        crowd.calls._client.put_item(TableName="ledger", Item=item)

    crowd.calls.happens = {2: another}
    with pytest.raises(LedgerContention, match="another operator"):
        crowd.lower()


@pytest.mark.parametrize("first", [1, 5])
def test_a_pool_or_a_shard_where_others_always_are_is_given_up(first):
    crowd = Crowd()
    crowd.calls.happens = dict.fromkeys(range(first, 1_000), Conflict)

    with pytest.raises(LedgerContention, match="its limit is what it was; set it again"):
        crowd.lower()


def test_a_window_too_busy_for_one_look_is_emptied_place_by_place(monkeypatch):
    crowd = Crowd()
    monkeypatch.setattr(crowd.books._allotments, "place", lambda *_given: False)

    crowd.lower()

    assert crowd.balance.limit == NEW
    assert crowd.spend_all().posted <= NEW


def test_a_limit_that_is_raised_again_lets_shards_keep_more_again():
    crowd = Crowd(10_000_000)
    crowd.lower()
    crowd.lower(10_000_000)

    pool = crowd.calls.get(pool_key(PURSE, 0))

    assert pool["lowered_to"] == number(10_000_000)
    assert int(pool["shard_max"]["N"]) >= 3_000
