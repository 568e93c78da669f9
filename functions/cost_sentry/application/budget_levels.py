"""How far budgets are used up, by what is posted: advice, read aside and now and then.

What the ledger's answers say is left of a budget leaves out what lies free in other shards, so it
would call a budget used up that is not. The journal's totals lag by about a second and leave out
what is held; both make a stage begin a little late, and neither makes it stay too long.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cost_sentry.domain.budget import NO_STAGES, Budget
from cost_sentry.domain.errors import LedgerUnavailable

KNOWN_FOR = timedelta(seconds=10)
"""How long an environment goes on with what it read of a window."""
WINDOWS_KNOWN_MAX = 1_000


class Posted(Protocol):
    """Part of ``spend.WindowTotals``."""

    @property
    def posted(self) -> int:
        """In the unit of the budget."""
        ...


class Totals(Protocol):
    """Part of ``journal_ports.Journal``."""

    def totals(self, budget_id: str, window_id: str) -> Posted | None:
        """``None`` before the first posting."""
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

    def level(self, budget: Budget, now: datetime) -> Level | None:
        """Of the window that is now; ``None`` if it cannot be read."""
        name = budget.id, budget.window_at(now).id
        known = self._read.get(name)
        if known is None or abs(now - known[0]) >= KNOWN_FOR:
            known = self._look(name, now)
        return None if known is None else Level(budget=budget, as_of=known[0], posted=known[1])

    def _look(self, name: tuple[str, str], now: datetime) -> tuple[datetime, int] | None:
        """Whoever decides by it is not refused because it could not be read."""
        if self._totals is None:
            return None
        try:
            found = self._totals().totals(*name)
        except LedgerUnavailable:
            return None
        if len(self._read) >= WINDOWS_KNOWN_MAX:
            self._read.clear()
        self._read[name] = known = now, found.posted if found else 0
        return known

    def left_percent(self, budgets: Iterable[Budget], now: datetime) -> int | None:
        """Of the one that is used up most, 0 to 100, rounded up; ``None`` if nothing is known."""
        levels = (self.level(budget, now) for budget in budgets if budget.bounds)
        used = max((level.percent for level in levels if level), default=None)
        return None if used is None else min(100, max(0, 100 - used))

    def stage(self, budgets: Iterable[Budget], now: datetime) -> Stage:
        """What is in force for a call that all of these budgets pay for."""
        staged = [b for b in budgets if b.stages != NO_STAGES and not b.is_shadow]
        known = [level for budget in staged if (level := self.level(budget, now))]
        return Stage(
            prefer_ladder=_first(known, "prefer_ladder_percent"),
            lower_output=_first(known, "lower_output_percent"),
            critical_only=_first(known, "critical_only_percent"),
        )


def _first(levels: Iterable[Level], name: str) -> Level | None:
    for level in levels:
        begins: int | None = getattr(level.budget.stages, name)
        if begins is not None and level.percent >= begins:
            return level
    return None
