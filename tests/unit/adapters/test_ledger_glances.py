"""A window's places, each seen at an instant of its own."""

import pytest

from cost_sentry.adapters.ledger_allotments import Allotments
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import number, pool_key, window_key
from cost_sentry.adapters.ledger_windows import WindowState
from cost_sentry.domain.allotment import Part, Spread
from tests.fakes.moto_journal import journal_on_moto
from tests.fakes.noted_calls import shard_item

PURSE = "search-daily@2026-11-21"
WEB, APP = "search/web", "search/app"


class Watched(LedgerCalls):
    """Notes what is read, and lets something happen after the places were."""

    meanwhile = None
    leaves_out = False

    def get_many(self, keys):
        found = super().get_many(keys)
        if self.meanwhile:
            self.meanwhile()
        return None if self.leaves_out else found


@pytest.fixture
def calls(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        calls = Watched(store.client, "ledger")
        put(calls, shard_item(WEB, free={PURSE: 7}))
        put(calls, {**pool_key(PURSE, 1), "unallotted": number(3)})
        put_window(calls, 40)
        yield calls


def put(calls, item):
    calls._client.put_item(TableName="ledger", Item=item)


def put_window(calls, unallotted):
    item = {**window_key(PURSE), "limit": number(100), "unallotted": number(unallotted)}
    put(calls, {**item, "places": {"SS": [WEB, APP]}, "pools": number(2)})


def known(**changes):
    given = {"limit": 90, "unallotted": 99, "impounded": 0, "places": (APP, WEB), "pools": 2}
    return WindowState(**{**given, **changes})


def seen(unallotted):
    pools = {"pool:0": Part(free=0, is_pool=True), "pool:1": Part(free=3, is_pool=True)}
    places = {WEB: Part(free=7), **pools}
    return Spread(limit=100, unallotted=unallotted, impounded=0, places=places, crowded=True)


def test_all_places_are_seen_that_the_window_had_and_the_window_as_it_is(calls):
    assert Allotments(calls).glance(PURSE, known()) == seen(40)


def test_what_was_moved_to_the_window_meanwhile_is_not_missed(calls):
    calls.meanwhile = lambda: put_window(calls, 50)

    assert Allotments(calls).glance(PURSE, known()) == seen(50)


def test_places_that_were_left_out_prove_nothing(calls):
    calls.leaves_out = True

    assert Allotments(calls).glance(PURSE, known()) is None


def test_a_window_that_has_gone_proves_nothing(calls):
    calls.meanwhile = lambda: calls._client.delete_item(TableName="ledger", Key=window_key(PURSE))

    assert Allotments(calls).glance(PURSE, known()) is None
