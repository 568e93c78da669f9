"""How far budgets are used up, by what is posted: advice, read aside and now and then.

What the ledger's answers say is left of a budget leaves out what lies free in other shards, so it
would call a budget used up that is not. The journal's totals lag by about a second and leave out
what is held; both make a stage begin a little late, and neither makes it stay too long.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cost_sentry.application.silence import Silence
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.errors import LedgerUnavailable

KNOWN_FOR = timedelta(seconds=10)
"""How long an environment goes on with what it read of a window."""
SILENT_FOR = timedelta(seconds=5)
"""How long nobody asks again after a question that was not answered."""
WINDOWS_KNOWN_MAX = 1_000
WindowName = tuple[str, str]
"""Ids of a budget and of a window of it."""


class Posted(Protocol):
    """Part of ``spend.WindowTotals``."""

    @property
    def posted(self) -> int:
        """In the unit of the budget."""
        ...


class Totals(Protocol):
    """What the journal says of windows."""

    def totals_together(self, windows: Sequence[WindowName]) -> Sequence[Posted | None]:
        """Of each, by one question; ``None`` before the first posting.

        ``LedgerUnavailable`` if one of them cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A budget in its current window."""

    budget: Budget
    posted: int
    as_of: datetime

    @property
    def percent(self) -> int:
        """Of the limit, spent, rounded down; above 100 where more was spent."""
        limit = self.budget.limit
        return 100 if limit <= 0 else self.posted * 100 // limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What is in force for one call, and by which budget; ``None`` is not."""

    prefer_ladder: Level | None = None
    lower_output: Level | None = None
    critical_only: Level | None = None


class BudgetLevels:
    """What this environment read of each budget window, at most every ten seconds.

    Args:
        totals: makes the journal's, for the first budget that is looked up; ``None``: nothing is
            ever known, and no stage in force.
    """

    def __init__(self, totals: Callable[[], Totals] | None = None) -> None:
        self._totals = totals
        self._read: dict[tuple[str, str], tuple[datetime, int]] = {}
        self._silence = Silence(SILENT_FOR)

    def levels(self, budgets: Iterable[Budget], now: datetime) -> list[Level]:
        """Of the windows that are now, but for those that cannot be read; one question for all."""
        names = [((one.id, one.window_at(now).id), one) for one in budgets]
        unknown = {name: None for name, _ in names if self._known(name, now) is None}
        if unknown:
            self._look(list(unknown), now)
        found = [(one, self._known(name, now)) for name, one in names]
        return [Level(budget=one, as_of=known[0], posted=known[1]) for one, known in found if known]

    def _known(self, name: WindowName, now: datetime) -> tuple[datetime, int] | None:
        known = self._read.get(name)
        return known if known and abs(now - known[0]) < KNOWN_FOR else None

    def _look(self, names: Sequence[WindowName], now: datetime) -> None:
        """Whoever decides by it is not refused because it could not be read."""
        if self._totals is None or self._silence.is_on(now):
            return
        try:
            found = self._totals().totals_together(names)
        except LedgerUnavailable:
            self._silence.begins(now)
            return
        if len(self._read) + len(names) > WINDOWS_KNOWN_MAX:
            self._read.clear()
        for name, one in zip(names, found, strict=True):
            self._read[name] = now, one.posted if one else 0

    def left_percent(self, budgets: Iterable[Budget], now: datetime) -> int | None:
        """Of the one that is used up most, 0 to 100, rounded up; ``None`` if nothing is known."""
        levels = self.levels([budget for budget in budgets if budget.bounds], now)
        used = max((level.percent for level in levels), default=None)
        return None if used is None else min(100, max(0, 100 - used))


def stage_of(levels: Sequence[Level]) -> Stage:
    """What is in force for a call that all of these budgets pay for; the first of them counts."""
    return Stage(
        prefer_ladder=_first(levels, "prefer_ladder_percent"),
        lower_output=_first(levels, "lower_output_percent"),
        critical_only=_first(levels, "critical_only_percent"),
    )


def _first(levels: Iterable[Level], name: str) -> Level | None:
    for level in levels:
        begins: int | None = getattr(level.budget.stages, name)
        if begins is not None and level.percent >= begins:
            return level
    return None
