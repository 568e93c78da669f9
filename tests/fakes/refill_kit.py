"""Refills over windows, pools and places that stand still, and what is asked of them."""

import pytest

from cost_sentry.adapters.ledger_items import Seen, ShardState, number, pool_key
from cost_sentry.adapters.ledger_moves import take_from_pool, take_from_window
from cost_sentry.adapters.ledger_pools import Pools, pool_of
from cost_sentry.adapters.ledger_refills import Holder, Refills
from cost_sentry.adapters.ledger_wants import Grant, Want
from cost_sentry.adapters.ledger_windows import WindowState
from cost_sentry.adapters.ledger_writes import bring_and_hold
from cost_sentry.application.ports import Remaining, Reserved, Shortage
from cost_sentry.domain.allotment import DIRECT_PLACES_MAX, POOLS, Part, Spread
from cost_sentry.domain.errors import LedgerContention
from cost_sentry.domain.shard import account_and_shard
from tests.fakes.builders import NOON, hold, reservation
from tests.fakes.noted_calls import NotedCalls, shard_item

PURSE, OTHER = "search-daily@2026-11-21", "other@2026-11-21"
PLACE = "search/web"
POOL = pool_of(PLACE)
LIMIT = 110 * 48 * 400
"""Of which a shard behind a pool of its own may keep 400."""
SECONDS = int(NOON.timestamp())
HELD = "held"
FULL = tuple(f"search/app{n}" for n in range(DIRECT_PLACES_MAX))


class Allotments:
    """Shows the same window and the same places at every look; ``glance`` is one in passing."""

    def __init__(self, window=None, spread=None, glance=None):
        self._window, self._spread, self._glance = window, spread, glance
        self.looks, self.placed = [], []

    def window(self, purse):
        self.looks.append("window")
        return self._window

    def spread(self, purse):
        self.looks.append("spread")
        return self._spread

    def glance(self, purse, window):
        self.looks.append("glance")
        return self._glance

    def place(self, purse, spread, placement, now):
        self.placed.append(placement)
        return False


def window(unallotted=10_000, **changes):
    given = {"limit": LIMIT, "unallotted": unallotted, "impounded": 0, "places": (), "pools": 0}
    return WindowState(**{**given, **changes})


def crowded(unallotted=10_000, **changes):
    return window(unallotted, **{"places": FULL, "pools": POOLS, **changes})


def places(unallotted=0, impounded=0, is_crowded=False, **free):
    parts = {f"search/{name}": Part(free=amount) for name, amount in free.items()}
    given = {"limit": LIMIT, "unallotted": unallotted, "impounded": impounded}
    return Spread(**given, places=parts, crowded=is_crowded)


def want(free=0, amount=100, now=NOON, of=None, **changes):
    given = {"newcomer": False, "seen": None, "place": PLACE}
    return Want(hold=hold(amount, of), free=free, now=now, **{**given, **changes})


def seen(elsewhere, free_max=None, at=0):
    return Seen(limit=LIMIT, elsewhere=elsewhere, at_seconds=SECONDS + at, free_max=free_max)


def pool(unallotted, shards=None, at=POOL):
    counted = {} if shards is None else {"shards": number(shards)}
    return {**pool_key(PURSE, at), "unallotted": number(unallotted), **counted}


def holder(*wants):
    """Who wants all of this for one call."""
    first = wants[0]
    account, shard = account_and_shard(first.place)
    held = reservation("r1", *(w.hold for w in wants), now=first.now, account=account, shard=shard)
    free = {w.purse: w.free for w in wants if not w.newcomer}
    return Holder(reservation=held, shard=ShardState(place=first.place, free=free))


class Kit:
    """Refills over noted calls."""

    def __init__(self, *items, outcome=None, **shown):
        self.calls, self.pauses = NotedCalls(*items, outcome=outcome), []
        self.allotments = Allotments(**shown)
        pools = Pools(self.calls, self.allotments)
        self.refills = Refills(self.calls, self.allotments, pools, self.pauses.append)

    def supplied(self, *wants, scarce=(), moved=0):
        """``moved``: what came to the shards since they were seen to have too little."""
        for one in wants:
            shard = shard_item(one.place, free={one.purse: one.free + moved})
            self.calls._items[shard["pk"]["S"], shard["sk"]["S"]] = shard
        answer = self.refills.supply(holder(*wants, *scarce), wants, scarce)
        if isinstance(answer, Reserved):
            answer = HELD
        return answer, [tuple(actions) for actions in self.calls.transactions]

    def given_up(self, *wants, scarce=()):
        with pytest.raises(LedgerContention):
            self.refills.supply(holder(*wants, *scarce), wants, scarce)
        return [tuple(actions) for actions in self.calls.transactions]


def brought(amount, told, of=None, now=NOON):
    """Comes to the shard, and a call is held."""
    of = of or want(now=now)
    grant = Grant(takes=(), amount=amount, seen=told)
    return bring_and_hold(holder(of).reservation, {PURSE: grant})


def from_window(amount, elsewhere, place=PLACE):
    return (
        take_from_window(PURSE, amount, LIMIT, place),
        brought(amount, seen(elsewhere), want(place=place)),
    )


def from_pool(amount, told, at=POOL, *, newcomer=False, scarce=()):
    given = holder(want(), *scarce).reservation
    grant = Grant(takes=(), amount=amount, seen=told)
    return (
        take_from_pool(PURSE, at, amount, newcomer=newcomer, free_max=told.free_max or 0),
        bring_and_hold(given, {PURSE: grant}),
    )


def short(left, as_of=NOON, missed=0):
    of = hold(100)
    about = {"budget_id": of.budget_id, "window_id": of.window_id, "limit": LIMIT}
    remaining = Remaining(**about, left=left, as_of=as_of)
    return Shortage(hold=of, remaining=remaining, out_of_reach_percent_max=missed)
