"""What really happened, from the accepted writes alone: reservations, and what is left."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.simulation.ledger_records import Ended, Held

SHORTAGE_KNOWN = 1_100_000
"""Microseconds for which a crowded window that was proven short need not be looked at again (ADR
0010), and what a request may be on its way before that is asked."""
STRANDED_PERCENT_MAX = 1
"""Of a limit: what ADR 0010 promises of shards behind pools."""
NEARLY_SPENT = (2_200, 32)
"""A crowded window may refuse with one part in so many of its limit left, if that pays for so many
calls (ADR 0010)."""
Id = tuple[str, str]
"""Account and request id: what makes a request the same one."""


@dataclass(slots=True)
class Purse:
    """One budget window."""

    limit: int
    pending: int = 0
    posted: int = 0
    overrun: int = 0
    """Charged above what was held, so far; it may pass the limit."""
    is_crowded: bool = False
    """Whether its places are too many to be seen at one instant."""
    direct: frozenset[str] = frozenset()
    """Shards that the window serves itself; others lie behind pools."""
    free: dict[str, int] = field(default_factory=dict)
    """What each shard may spend without asking."""
    committed: int = 0
    """What was posted and pending when its limit was lowered while it was crowded, and what calls
    had given back while it was: shards behind pools may hold that much again (ADR 0010)."""
    given_back: Counter[str] = field(default_factory=Counter)
    """By shard, by calls that ended since its limit was last defined."""
    drained: int = 0
    """All that ever left a place that can be seen, for another one or for a call."""
    lately: deque[tuple[int, int, int]] = field(default_factory=deque)
    """When what could be seen of it changed in the last seconds; how much it was, and what had
    been drained by then."""

    @property
    def left(self) -> int:
        """What could still be held."""
        return self.limit - self.pending - self.posted

    @property
    def excused(self) -> int:
        """How far more may be spent than is left: overruns that nobody has paid or taken over yet.

        That is done after the settlement, by a write of its own.
        """
        return min(self.overrun, sum(-free for free in self.free.values() if free < 0))

    @property
    def hidden_excused(self) -> int:
        """How far shards behind pools may pass the limit: by what was there before it, by the part
        of it that ADR 0010 leaves them, and by overruns, which take what was left of it from them.
        """
        before = max(0, self.committed - max(0, self.limit))
        return before + max(0, self.limit) * STRANDED_PERCENT_MAX // 100 + self.overrun

    def lower(self, limit: int) -> None:
        """Its limit is moved; what is held by then stays."""
        if self.is_crowded and limit < self.limit:
            back = sum(
                max(0, min(self.free[place], self.given_back[place])) for place in self.behind_pools
            )
            self.committed = self.pending + self.posted + back
        self.limit = limit

    @property
    def behind_pools(self) -> set[str]:
        """Shards that are not looked at before a refusal, nor when a limit is lowered."""
        return set() if not self.is_crowded else self.free.keys() - self.direct

    @property
    def hidden(self) -> list[int]:
        """What lies in them."""
        return [self.free[place] for place in sorted(self.behind_pools)]

    @property
    def visible(self) -> int:
        """What a refusal must have looked at; debts behind pools are to be paid as well."""
        return self.left - sum(free for free in self.hidden if free > 0)


@dataclass(slots=True)
class Story:
    """One reservation from its hold to its end."""

    held: Held
    ended: Ended | None = None
    told: set[tuple[str, int]] = field(default_factory=set)
    """State and cost of every end it had: an expired call may be settled later."""


@dataclass(slots=True, eq=False)
class Watch:
    """The least that was left of some purses while somebody asked; each is one of its own."""

    least: dict[str, int]
    drained: dict[str, int]
    """What had been drained of them when the time began for which a shortage is remembered."""


@dataclass(slots=True)
class Truth:
    """Args:
    now: virtual time in microseconds.
    definitions: limits by budget, as last defined.
    """

    now: Callable[[], int]
    definitions: dict[str, int] = field(default_factory=dict)
    ever_defined: set[tuple[str, int]] = field(default_factory=set)
    kinds: dict[str, str] = field(default_factory=dict)
    """Of each budget's windows."""
    purses: dict[str, Purse] = field(default_factory=dict)
    stories: dict[Id, Story] = field(default_factory=dict)
    watches: list[Watch] = field(default_factory=list)
    nearly_spent: tuple[int, int] = NEARLY_SPENT
    """As ``NEARLY_SPENT``, or smaller numbers in place of these."""
    due_ms: dict[str, int] = field(default_factory=dict)
    """Of slots that a call has, by request id: when nobody needs to wait for its end any more."""

    def use_sizes(self, sizes: Mapping[str, int]) -> None:
        """Small numbers in place of ``NEARLY_SPENT``."""
        share, calls = NEARLY_SPENT
        self.nearly_spent = (
            sizes.get("NEARLY_SPENT_SHARE", share),
            sizes.get("NEARLY_SPENT_CALLS_MIN", calls),
        )

    def left(self, purse: str) -> int | None:
        """What can be seen to be left; of a window nobody spent from, all that is defined."""
        opened = self.purses.get(purse)
        return opened.visible if opened else self.definitions.get(budget_of(purse))

    def least_lately(self, purse: str) -> int | None:
        """The least that could be seen of it in the time for which a shortage is remembered."""
        kept, left = self.purses.get(purse), self.left(purse)
        if kept is None or left is None or not kept.is_crowded:
            return left
        since = self.now() - SHORTAGE_KNOWN
        while len(kept.lately) > 1 and kept.lately[1][0] <= since:
            kept.lately.popleft()
        return min([left, *(amount for _, amount, _ in kept.lately)])

    def drained_before(self, purse: str) -> int:
        """What had been drained of it when that time began; after ``least_lately``."""
        kept = self.purses.get(purse)
        if kept is None:
            return 0
        return kept.lately[0][2] if kept.lately else kept.drained

    def is_as_good_as_spent(self, purse: str, amount: int, watch: Watch) -> bool:
        """Whether there was so little that a crowded window need not look for a call's worth.

        Its places are looked at one after the other. Whoever does may miss what moves meanwhile:
        at most what was drained from any of them.
        """
        share, calls = self.nearly_spent
        kept = self.purses.get(purse)
        little = 0 if kept is None or not kept.is_crowded else kept.limit // share
        if kept is None or little < calls * amount:
            return False
        return watch.least[purse] <= little + kept.drained - watch.drained[purse]

    def pending(self) -> Iterator[Held]:
        """Reservations that have not ended."""
        return (story.held for story in self.stories.values() if story.ended is None)

    def watch(self, purses: Iterator[str]) -> Watch:
        """Note from now on the least that is left of these."""
        found = ((purse, self.least_lately(purse)) for purse in purses)
        least = {purse: left for purse, left in found if left is not None}
        watch = Watch(least, {purse: self.drained_before(purse) for purse in least})
        self.watches.append(watch)
        return watch

    def see(self, purse: str) -> None:
        """What is left of it has changed."""
        left, kept = self.left(purse), self.purses.get(purse)
        if kept is not None and kept.is_crowded and left is not None:
            kept.lately.append((self.now(), left, kept.drained))
        for watch in self.watches:
            if left is not None and purse in watch.least:
                watch.least[purse] = min(watch.least[purse], left)

    def forget_given_back(self, budget: str) -> None:
        """A budget's limit is defined anew."""
        for purse, kept in self.purses.items():
            if budget_of(purse) == budget:
                kept.given_back.clear()

    def see_budget(self, budget: str) -> None:
        """A budget's definition has changed."""
        for purse in {p for w in self.watches for p in w.least if budget_of(p) == budget}:
            self.see(purse)


def budget_of(purse: str) -> str:
    """The budget of a budget window."""
    return purse.rsplit("@", 1)[0]
