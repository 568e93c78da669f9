"""Which shards and pools are told of a lowered limit, what is taken from them, and how often."""

import pytest

from cost_sentry.adapters import ledger_lowering
from cost_sentry.adapters.ledger_calls import ConditionFailed, Conflict, Written
from cost_sentry.adapters.ledger_items import Seen, ShardState
from cost_sentry.adapters.ledger_lowering import Lowering
from cost_sentry.adapters.ledger_windows import PoolState, WindowState
from cost_sentry.domain.allotment import Part, Spread, shard_free_max, shard_free_target
from cost_sentry.domain.errors import LedgerContention
from tests.fakes.builders import NOON, ManualClock, budget
from tests.fakes.crowd_kit import PURSE, Crowd, small_crowds
from tests.fakes.noted_calls import NotedCalls, shard_item

BEHIND, DIRECT = "search/behind", "search/app0"
WINDOW = WindowState(limit=10_000, unallotted=0, impounded=0, places=(DIRECT,), pools=2)


class Calls(NotedCalls):
    """Answers transactions so, the last answer for ever."""

    def __init__(self, *answers, items=()):
        super().__init__(*items)
        self._answers = list(answers) or [Written(attributes={})]

    def transact(self, actions):
        super().transact(actions)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class Allotments:
    """Show this window; notes to which limit it is to be moved."""

    def __init__(self, window=WINDOW, seen=None, moved=True):
        self._window, self._seen, self._moved, self.shifted = window, seen, moved, []

    def window(self, _purse):
        return self._window

    def glance(self, _purse, _window):
        return self._seen

    def shift_limit(self, purse, seen, limit):
        self.shifted.append((purse, seen, limit))
        return self._moved


class Pools:
    """So many shards, one look after the other and the last for ever."""

    def __init__(self, *shards, lowered_to=(None, None)):
        self._shards, self._lowered_to = list(shards) or [0], lowered_to

    def all(self, _purse):
        shards = self._shards.pop(0) if len(self._shards) > 1 else self._shards[0]
        first, *others = self._lowered_to
        return [
            PoolState(pool=0, shards=shards, lowered_to=first),
            *(PoolState(pool=n, lowered_to=to) for n, to in enumerate(others, 1)),
        ]


class Kit:
    def __init__(self, *answers, items=(), allotments=None, pools=None):
        self.calls, self.pauses = Calls(*answers, items=items), []
        self.allotments = allotments or Allotments()
        self.lowering = Lowering(self.calls, self.allotments, self.pauses.append, ManualClock())
        self.lowering._pools = pools or Pools()

    @property
    def transactions(self):
        return self.calls.transactions

    @property
    def told(self):
        """Limits and shares that pools were told of."""
        values = [
            action["Update"]["ExpressionAttributeValues"]
            for actions in self.transactions
            for action in actions
            if "Update" in action and ":share" in action["Update"]["ExpressionAttributeValues"]
        ]
        return [(int(v[":limit"]["N"]), int(v[":share"]["N"])) for v in values]


def shard(kept, free=None, place=BEHIND):
    """May keep so much by its last refill, and has so much; ``None``: nothing, not even zero."""
    seen = Seen(limit=10_000, elsewhere=0, at_seconds=0, free_max=kept).text()
    return ShardState(place=place, free={} if free is None else {PURSE: free}, seen={PURSE: seen})


@pytest.mark.parametrize(
    ("kept", "free", "share", "taken"),
    [
        (100, 50, 100, None),
        (100, 50, 200, None),
        (100, 50, 60, 0),
        (100, 90, 60, 90 - shard_free_target(60)),
        (100, 150, 200, 150 - shard_free_target(100)),
        (100, None, 60, None),
        (None, 500, 60, None),
    ],
    ids=[
        "keeps as much as it may",
        "keeps less",
        "is told although it has little",
        "has more than it may",
        "has more than it might before",
        "never had money of the window",
        "is not behind a pool",
    ],
)
def test_a_shard_gives_up_what_it_may_not_keep_and_is_told_what_it_may(kept, free, share, taken):
    kit = Kit()

    kit.lowering._take_back(PURSE, share, shard(kept, free))

    if taken is None:
        assert kit.transactions == []
        return
    [actions] = kit.transactions
    keeps = actions[-1]["Update"]["ExpressionAttributeValues"]
    assert len(actions) == (2 if taken else 1)
    assert Seen.parse(keeps[":s0"]["S"]).free_max == min(kept, share)
    assert (keeps[":was"]["N"], keeps[":m0"]["N"]) == (str(free), str(-taken))
    assert not taken or actions[0]["Update"]["ExpressionAttributeValues"][":amount"]["N"] == str(
        taken
    )


def test_a_shard_where_others_were_is_looked_at_again_after_a_pause():
    seen = {PURSE: {"S": shard(100).seen[PURSE]}}
    later = shard_item(BEHIND, free={PURSE: 70}, seen={"M": seen})
    kit = Kit(Conflict(), Written(attributes={}), items=[later])

    kit.lowering._take_back(PURSE, 60, shard(100, 90))

    gives = [actions[0]["Update"]["ExpressionAttributeValues"] for actions in kit.transactions]
    assert [int(v[":amount"]["N"]) for v in gives] == [90 - 45, 70 - 45]
    assert kit.pauses == [0]


def test_others_at_a_shard_or_a_pool_are_waited_for_sixty_times():
    for act in (
        lambda lowering: lowering._take_back(PURSE, 60, shard(100, 90)),
        lambda lowering: lowering._tell_pool(PURSE, 0, 5_000, 60),
    ):
        kit = Kit(Conflict())
        with pytest.raises(LedgerContention, match="set it again"):
            act(kit.lowering)
        assert kit.pauses == list(range(60))


def test_a_pool_is_told_only_while_the_limit_is_the_one_that_is_defined():
    kit = Kit()
    kit.lowering._tell_pool(PURSE, 0, 5_000, 60)

    [[check, _]] = kit.transactions
    assert check["ConditionCheck"]["ExpressionAttributeValues"] == {":limit": {"N": "5000"}}
    with pytest.raises(LedgerContention, match="another operator"):
        Kit(ConditionFailed(item=None)).lowering._tell_pool(PURSE, 0, 5_000, 60)


def walks_of(monkeypatch, shards=()):
    walks = []
    monkeypatch.setattr(ledger_lowering, "shards_of_all", lambda _: walks.append(1) or shards)
    return walks


EVEN = 11_000
"""A limit of which ten shards keep ten each; eleven such are exactly one per cent of it."""


@pytest.mark.parametrize(
    ("limit", "shards", "walks"),
    [
        (EVEN, (10, 11), 1),
        (EVEN, (10, 12, 12), 2),
        (EVEN, (10, 5), 1),
        (0, (10, 500), 1),
        (10_001, (10, 10), 1),
    ],
    ids=["one more", "two more", "fewer", "nothing to keep", "less than one per cent"],
)
def test_all_are_told_once_more_only_if_more_shards_came_than_may_keep_so_much(
    monkeypatch, limit, shards, walks
):
    assert shard_free_max(EVEN, 10) * 11 * 100 == EVEN
    walked = walks_of(monkeypatch)
    kit = Kit(pools=Pools(*shards))

    kit.lowering.prepare(PURSE, limit)

    assert len(walked) == walks
    assert kit.told[-1] == (limit, shard_free_max(limit, shards[-2] if walks > 1 else shards[0]))


def test_places_of_the_window_itself_keep_what_they_have(monkeypatch):
    walks_of(monkeypatch, [shard(100, 90, DIRECT), shard(100, 90, BEHIND)])
    kit = Kit()

    kit.lowering._walk(PURSE, 60)

    assert [BEHIND in str(actions) for actions in kit.transactions] == [True]


def test_a_window_that_is_gone_has_no_pools_to_tell():
    kit = Kit(allotments=Allotments(window=None))

    kit.lowering._tell_pools(PURSE, 5_000, 60)

    assert kit.transactions == []


def seen(**free):
    parts = {name.replace("_", ":"): Part(free=amount) for name, amount in free.items()}
    return Spread(limit=10_000, unallotted=0, impounded=0, places=parts, crowded=True)


OWING = seen(app0=-1, app1=5)


@pytest.mark.parametrize(
    "allotments",
    [Allotments(window=None), Allotments(seen=None), Allotments(seen=OWING)],
    ids=["no window", "others in the way", "a debt"],
)
def test_a_window_that_cannot_be_seen_or_owes_is_not_moved(allotments):
    kit = Kit(allotments=allotments)

    assert kit.lowering.move(PURSE, 5_000) is False
    assert (kit.transactions, allotments.shifted) == ([], [])


@pytest.mark.parametrize("moved", [True, False])
def test_all_that_places_have_is_brought_to_the_window_and_the_limit_taken_from_it(moved):
    of = seen(app0=0, app1=1, app2=7)
    kit = Kit(allotments=Allotments(seen=of, moved=moved))

    assert kit.lowering.move(PURSE, 5_000) is moved
    gives = [actions[0]["Update"]["ExpressionAttributeValues"] for actions in kit.transactions]
    assert [v[":amount"]["N"] for v in gives] == ["1", "7"]
    assert kit.allotments.shifted == [(PURSE, of, 5_000)]


@pytest.mark.parametrize(
    ("lowered_to", "told"),
    [
        ((None, None), 0),
        ((5_000, None), 0),
        ((5_000, 5_000), 0),
        ((5_000, 4_000), 2),
        ((4_000, None), 2),
    ],
)
def test_pools_are_told_which_limit_is_in_force_if_one_knows_another(lowered_to, told):
    kit = Kit(pools=Pools(4, lowered_to=lowered_to))

    kit.lowering.follow(PURSE, 5_000)

    assert kit.told == [(5_000, shard_free_max(5_000, 4))] * told


@pytest.mark.parametrize(("limit", "looks"), [(10_000, False), (20_000, False), (9_999, True)])
@pytest.mark.parametrize("crowded", [True, False])
def test_shards_are_looked_at_only_where_a_crowded_limit_is_lowered(
    monkeypatch, crowded, limit, looks
):
    if crowded:
        small_crowds(monkeypatch)
    crowd = Crowd(10_000)
    walked = walks_of(monkeypatch)

    crowd.books.define(budget(limit=limit), NOON.date().isoformat())

    assert bool(walked) == (looks and crowded)


def test_a_limit_that_could_not_be_moved_is_not_told_as_moved(monkeypatch):
    small_crowds(monkeypatch)
    crowd, tries = Crowd(), []
    for name in ("place", "shift_limit"):
        monkeypatch.setattr(crowd.books._allotments, name, lambda *_given: False)
    monkeypatch.setattr(crowd.books._lowering, "move", lambda *given: tries.append(given))

    with pytest.raises(LedgerContention, match="has too many writers at once"):
        crowd.lower()

    assert len(tries) > 1
    assert crowd.balance.limit != 20_000
