"""Mistakes with what calls cost above their bounds, in windows with more shards than they see."""

from dataclasses import replace
from typing import Any

import pytest

from cost_sentry.adapters import ledger_debts, ledger_moves
from cost_sentry.adapters.ledger_debts import DebtCover
from cost_sentry.domain.allotment import Part
from tests.simulation.audit import broken
from tests.simulation.planted import workloads as planted
from tests.simulation.planted.bug import CALM, Bugs, pools_keep_what_they_give

bugs = Bugs()


@bugs.caught_by(broken.DEBTS_SEEN, planted.overruns, CALM)
def nobody_takes_a_debt_over(patch: pytest.MonkeyPatch) -> None:
    """What a call cost above its bound stays with its shard, whoever has the money."""
    patch.setattr(DebtCover, "cover", lambda _self, _purse, _owing, _now: None)


@bugs.caught_by(broken.DEBTS_SEEN, planted.overruns, CALM)
def debts_behind_pools_stay(patch: pytest.MonkeyPatch) -> None:
    """Only the places that a window sees are looked at when a call has cost too much."""
    cover = DebtCover.cover

    def passing(self: DebtCover, purse: str, owing: Any, now: Any) -> bool | None:
        window = self._allotments.window(purse)
        seen = [place for place in owing if window and place in window.places]
        return cover(self, purse, seen, now) if seen else None

    patch.setattr(DebtCover, "cover", passing)


@bugs.caught_by(broken.CONSERVED, planted.overruns, CALM)
def a_debt_is_paid_out_of_nothing(patch: pytest.MonkeyPatch) -> None:
    """A pool pays the debt of a shard, and keeps what it paid."""
    pools_keep_what_they_give(patch, ledger_moves)


@bugs.caught_by(broken.CONSERVED, planted.overruns, CALM)
def a_debt_is_struck_off(patch: pytest.MonkeyPatch) -> None:
    """A shard that owes more than there is left is relieved of it, and nobody takes it over."""
    real = ledger_debts.gathered

    def forgiven(spread: Any, limit: int) -> Any:
        owed = {n: Part(free=0) for n, p in spread.places.items() if p.is_behind_pool}
        return real(replace(spread, places={**spread.places, **owed}), limit)

    patch.setattr(ledger_debts, "gathered", forgiven)
