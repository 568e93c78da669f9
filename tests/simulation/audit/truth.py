"""What really happened, from the accepted writes alone: reservations, and what is left."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulation.ledger_reader import Ended, Held

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

    @property
    def left(self) -> int:
        """What could still be held."""
        return self.limit - self.pending - self.posted


@dataclass(slots=True)
class Story:
    """One reservation from its hold to its end."""

    held: Held
    ended: Ended | None = None


@dataclass(slots=True)
class Watch:
    """The least that was left of some purses while somebody asked."""

    least: dict[str, int]


@dataclass(slots=True)
class Truth:
    """Args:
    definitions: limits by budget, as last defined.
    """

    definitions: dict[str, int] = field(default_factory=dict)
    ever_defined: set[tuple[str, int]] = field(default_factory=set)
    purses: dict[str, Purse] = field(default_factory=dict)
    stories: dict[Id, Story] = field(default_factory=dict)
    watches: list[Watch] = field(default_factory=list)

    def left(self, purse: str) -> int | None:
        """What is left; of a window nobody spent from, all that is defined."""
        opened = self.purses.get(purse)
        return opened.left if opened else self.definitions.get(budget_of(purse))

    def pending(self) -> Iterator[Held]:
        """Reservations that have not ended."""
        return (story.held for story in self.stories.values() if story.ended is None)

    def watch(self, purses: Iterator[str]) -> Watch:
        """Note from now on the least that is left of these."""
        least = {purse: left for purse in purses if (left := self.left(purse)) is not None}
        watch = Watch(least)
        self.watches.append(watch)
        return watch

    def see(self, purse: str) -> None:
        """What is left of it has changed."""
        left = self.left(purse)
        for watch in self.watches:
            if left is not None and purse in watch.least:
                watch.least[purse] = min(watch.least[purse], left)

    def see_budget(self, budget: str) -> None:
        """A budget's definition has changed."""
        for purse in {p for w in self.watches for p in w.least if budget_of(p) == budget}:
            self.see(purse)


def budget_of(purse: str) -> str:
    """The budget of a budget window."""
    return purse.rsplit("@", 1)[0]
