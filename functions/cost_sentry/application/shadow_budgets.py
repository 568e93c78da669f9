"""Budgets in shadow mode: they count in the ledger under a limit that nobody reaches.

What is told of them is in terms of the limit that the configuration names. Of minutes, hours and
agent runs, and of calls in flight, it is what the ledger holds and has posted, read once the call
is held: such a limit fills within seconds. Of longer windows it is what is posted, as of some
seconds ago: their money lies in more places than a call should wait for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cost_sentry.application.budget_levels import BudgetLevels
from cost_sentry.application.ports import BudgetBalance, Remaining, Reserved
from cost_sentry.application.silence import Silence
from cost_sentry.application.window_use_ports import WindowUse
from cost_sentry.domain.budget import Budget, amount_in_words
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.policy import PolicyNote
from cost_sentry.domain.reservation import Hold
from cost_sentry.domain.window import WindowKind

SILENT_FOR = timedelta(seconds=10)
"""How long no window is counted after a question that was not answered."""
_SHORT = frozenset({WindowKind.MINUTE, WindowKind.HOUR, WindowKind.SESSION})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowsTold:
    """What an answer says of the budgets that a call is held of."""

    remaining: tuple[Remaining, ...]
    """Of a shadow less than nothing where it would refuse; it is missing where nobody knows."""
    notes: tuple[PolicyNote, ...]
    """Of each shadow that would refuse the call, then of each of which that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shadow:
    """One that a call is held of."""

    budget: Budget
    hold: Hold

    @property
    def is_counted(self) -> bool:
        """Whether what is held counts, and not only what is posted."""
        return self.budget.window in _SHORT or not self.budget.unit.is_spent

    def left(self, limit_used: int, now: datetime) -> Remaining:
        """Of the limit that is named, with the call itself."""
        return Remaining(
            budget_id=self.budget.id,
            window_id=self.hold.window_id,
            limit=self.budget.limit,
            left=self.budget.limit - limit_used,
            as_of=now,
        )


@dataclass(slots=True)
class ShadowBudgets:
    """Looks at what covers a call, and at nothing else.

    Args:
        make_use: makes who counts windows, for the first call that needs it; ``None``: nobody.
    """

    make_use: Callable[[], WindowUse] | None = None
    _use: WindowUse | None = field(default=None, init=False)
    _silence: Silence = field(default_factory=lambda: Silence(SILENT_FOR), init=False)

    def told(
        self, held: Reserved, covering: Iterable[Budget], levels: BudgetLevels, now: datetime
    ) -> ShadowsTold:
        """What shadows say of a call that is held; it is never refused, nor fails, by that."""
        holds = {hold.budget_id: hold for hold in held.reservation.holds}
        shadows = {
            one.id: _Shadow(budget=one, hold=holds[one.id])
            for one in covering
            if one.is_shadow and one.id in holds
        }
        if not shadows:
            return ShadowsTold(remaining=held.remaining, notes=())
        found = self._counted(held, list(shadows.values()), now)
        found |= _posted(held, [one for one in shadows.values() if self._is_posted(one)], levels)
        others = (one for one in held.remaining if one.budget_id not in shadows)
        notes = _notes(list(shadows.values()), found, held.reservation.model_used)
        return ShadowsTold(remaining=(*others, *found.values()), notes=tuple(notes))

    def _counted(
        self, held: Reserved, shadows: Sequence[_Shadow], now: datetime
    ) -> dict[str, Remaining]:
        """Those that the ledger counted, by budget."""
        counted = [shadow for shadow in shadows if shadow.is_counted]
        use = self._window_use(now) if counted else None
        if use is None:
            return {}
        holds = [shadow.hold for shadow in counted if use.can_count(shadow.hold)]
        try:
            used = use.used(held.reservation, holds) if holds else {}
        except LedgerUnavailable:
            self._silence.begins(now)
            return {}
        return {
            one.budget.id: one.left(used[one.hold.key], now)
            for one in counted
            if one.hold.key in used
        }

    def _window_use(self, now: datetime) -> WindowUse | None:
        if self._silence.is_on(now):
            return None
        if self._use is None and self.make_use is not None:
            self._use = self.make_use()
        return self._use

    def _is_posted(self, shadow: _Shadow) -> bool:
        """Whether what is posted must do: of a long window, and of one in too many places."""
        is_wide = self._use is not None and not self._use.can_count(shadow.hold)
        return shadow.budget.unit.is_spent and (is_wide or not shadow.is_counted)


def _posted(
    held: Reserved, shadows: Sequence[_Shadow], levels: BudgetLevels
) -> dict[str, Remaining]:
    """Those whose posted total is known, by budget; read by one question for all."""
    amounts = {shadow.budget.id: shadow for shadow in shadows}
    known = levels.levels([one.budget for one in shadows], held.reservation.reserved_at)
    return {
        level.budget.id: amounts[level.budget.id].left(
            level.posted + amounts[level.budget.id].hold.amount, level.as_of
        )
        for level in known
    }


def _notes(
    shadows: Sequence[_Shadow], found: Mapping[str, Remaining], model_id: str
) -> Iterator[PolicyNote]:
    for one in shadows:
        told = found.get(one.budget.id)
        if told is not None and told.left < 0:
            sentence = _would_refuse(one, -told.left)
            yield PolicyNote(policy_id=one.budget.id, model_id=model_id, sentence=sentence)
    for one in shadows:
        if one.budget.id not in found:
            yield PolicyNote(
                policy_id=one.budget.id,
                model_id=model_id,
                sentence=f"Whether budget {one.budget.id} would refuse this is not known:"
                " what is used of it could not be read in time.",
                is_known=False,
            )


def _would_refuse(shadow: _Shadow, missing: int) -> str:
    budget = shadow.budget
    return (
        f"Budget {budget.id} would refuse this: with what is used its limit is"
        f" {amount_in_words(budget.unit, missing)} too small."
    )


def balance_told(balance: BudgetBalance, budget: Budget) -> BudgetBalance:
    """A balance in terms of the limit in ``sentry.yaml``; the difference was never allotted."""
    if not budget.is_shadow:
        return balance
    hidden = balance.limit - budget.limit
    return replace(balance, limit=budget.limit, unallotted=balance.unallotted - hidden)
