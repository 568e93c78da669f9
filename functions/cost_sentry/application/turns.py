"""Whose turn it is, if a run gets through some of them only."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

One = TypeVar("One")


def in_turn(them: Iterable[One], at: datetime, named: Callable[[One], str] = str) -> list[One]:
    """In another order each second, so that none is always last.

    Made from the time, so that the same world gives the same run.
    """
    run = int(at.timestamp())
    return sorted(them, key=lambda one: hashlib.sha256(f"{run}/{named(one)}".encode()).digest())


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Turns:
    """Who had a turn when, from run to run, as far as one environment of a function remembers.

    A new environment remembers nothing; then those of whom nothing is known go by chance.
    """

    had_at: dict[str, datetime] = field(default_factory=dict)

    def since(self, name: str) -> datetime:
        """When it had its turn last; long ago if nobody remembers."""
        return self.had_at.get(name, _NEVER)

    def longest_ago_first(self, names: Iterable[str], at: datetime) -> list[str]:
        """All of them. Those that are gone are forgotten."""
        found = in_turn(names, at)
        self.had_at = {name: self.had_at[name] for name in found if name in self.had_at}
        return sorted(found, key=self.since)
