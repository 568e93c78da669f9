"""How far budgets are used up, as far as the ledger's last answers say: advice, and free of charge.

Each answer to a reservation tells what is left, so whoever decides one call knows it for the next
without asking. An environment that has just started knows nothing, and then no stage is in force.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cost_sentry.application.ports import Remaining
from cost_sentry.domain.budget import NO_STAGES, Budget

WINDOWS_KNOWN_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A budget in its current window."""

    budget: Budget
    seen: Remaining

    @property
    def percent(self) -> int:
        """Of the limit, spent or held, rounded down; above 100 after an overrun."""
        limit = self.seen.limit
        return 100 if limit <= 0 else (limit - self.seen.left) * 100 // limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What is in force for one call, and by which budget; ``None`` is not."""

    prefer_ladder: Level | None = None
    lower_output: Level | None = None
    critical_only: Level | None = None


class BudgetLevels:
    """What this environment heard last of each budget window, a thousand of them at most."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], Remaining] = {}

    def note(self, told: Iterable[Remaining]) -> None:
        """What an answer of the ledger says is left."""
        for remaining in told:
            if len(self._seen) >= WINDOWS_KNOWN_MAX:
                self._seen.clear()
            self._seen[remaining.budget_id, remaining.window_id] = remaining

    def level(self, budget: Budget, now: datetime) -> Level | None:
        """Of the window that is now; ``None`` if nothing is known of it."""
        seen = self._seen.get((budget.id, budget.window_at(now).id))
        return None if seen is None else Level(budget=budget, seen=seen)

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
