"""When a refusal is proven, and when the shard that asks must be looked at once more."""

import pytest

from cost_sentry.adapters.ledger_items import ShardState, place_key
from cost_sentry.adapters.ledger_proofs import Proofs
from cost_sentry.adapters.ledger_wants import NOTHING, Grant, want_of
from cost_sentry.application.ports import Shortage
from cost_sentry.domain.allotment import Part, Spread
from tests.fakes.builders import NOON, hold
from tests.fakes.noted_calls import NotedCalls, shard_item

HOLD = hold(100)
WEB = "search/web"
HAD = 7
"""What the shard had when its call came."""


class Asked(NotedCalls):
    """Notes which items are asked for."""

    def __init__(self, *items):
        super().__init__(*items)
        self.keys = []

    def get(self, key):
        self.keys.append(key)
        return super().get(key)


class Seen:
    """Allotments of one window, which lies like this."""

    def __init__(self, spread):
        self._spread = spread

    def spread(self, purse):
        return self._spread


def window(unallotted, *, crowded, seen=False):
    places = {WEB: Part(free=HAD)} if seen else {}
    return Spread(limit=1_000, unallotted=unallotted, impounded=0, places=places, crowded=crowded)


def proven(spread, shard=None, had=HAD):
    """The answer, and whether the shard was looked at again."""
    calls = Asked(*([] if shard is None else [shard]))
    free = {HOLD.key: had} if had else {}
    want = want_of(HOLD, ShardState(place=WEB, free=free), NOON)
    answer = Proofs(calls, Seen(spread)).prove(want, None, 0)
    return answer, calls.keys == [place_key(WEB)]


CHANGED = shard_item(WEB, free={HOLD.key: HAD + 1})
SAME = shard_item(WEB, free={HOLD.key: HAD})
NEVER_HAD_ANY = shard_item(WEB)


@pytest.mark.parametrize("shard", [CHANGED, None], ids=["it was served meanwhile", "it is gone"])
def test_a_shard_that_nobody_sees_and_that_changed_is_asked_again(shard):
    assert proven(window(5, crowded=True), shard) == (NOTHING, True)


@pytest.mark.parametrize(("shard", "had"), [(SAME, HAD), (NEVER_HAD_ANY, 0)])
def test_a_shard_that_nobody_sees_and_that_is_as_it_was_is_short(shard, had):
    answer, looked = proven(window(5, crowded=True), shard, had)

    assert (type(answer), looked) == (Shortage, True)
    assert answer.remaining.left == 5 + had


@pytest.mark.parametrize(
    "spread",
    [
        window(5, crowded=True, seen=True),
        window(5, crowded=False),
        window(5, crowded=False, seen=True),
    ],
    ids=["seen in a crowd", "not crowded", "seen"],
)
def test_a_shard_whose_money_is_seen_or_that_has_none_needs_no_second_look(spread):
    answer, looked = proven(spread, CHANGED)

    assert (type(answer), looked) == (Shortage, False)


def test_where_there_is_enough_nobody_looks_twice():
    answer, looked = proven(window(500, crowded=True), CHANGED)

    assert (type(answer), answer is NOTHING, looked) == (Grant, False, False)
