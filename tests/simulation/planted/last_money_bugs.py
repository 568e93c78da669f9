"""Mistakes with the last money of a crowded window, for which many callers look at once."""

from dataclasses import replace
from typing import Any

import pytest

from cost_sentry.adapters import (
    ledger_last_money,
    ledger_moves,
    ledger_pools,
    ledger_proofs,
    ledger_refills,
)
from cost_sentry.adapters.ledger_allotments import Allotments
from cost_sentry.adapters.ledger_windows import WindowState
from cost_sentry.domain.allotment import Spread, nearly_spent
from tests.simulation.audit import broken
from tests.simulation.planted import workloads as planted
from tests.simulation.planted.bug import CALM, Bugs, pools_keep_what_they_give, without

bugs = Bugs()


@bugs.caught_by(broken.CONSERVED, planted.last_money, CALM)
def the_last_money_is_given_twice(patch: pytest.MonkeyPatch) -> None:
    """What a pool gives of the last money stays in the pool as well."""
    pools_keep_what_they_give(patch, ledger_last_money)


@bugs.caught_by(broken.NEVER_OVERSPENT, planted.last_money, {"slow": 0.3})
def a_pools_money_is_not_compared(patch: pytest.MonkeyPatch) -> None:
    """What is taken from a pool is what it had when it was read, whatever is there by then."""
    take = ledger_moves.take_from_pool

    def unasked(*given: Any, **named: Any) -> dict[str, Any]:
        return {"Update": without(take(*given, **named)["Update"], "unallotted >= :amount")}

    for module in (ledger_last_money, ledger_pools):
        patch.setattr(module, "take_from_pool", unasked)


@bugs.caught_by(broken.NEVER_FALSELY_REFUSED, planted.last_money, CALM)
def much_is_left_alone(patch: pytest.MonkeyPatch) -> None:
    """A crowded window refuses with several times as much left as it may."""
    for module in (ledger_proofs, ledger_refills):
        patch.setattr(module, "nearly_spent", lambda limit, call: 6 * nearly_spent(limit, call))


@bugs.caught_by(broken.NEVER_FALSELY_REFUSED, planted.last_money, CALM)
def only_the_window_is_looked_at(patch: pytest.MonkeyPatch) -> None:
    """A refusal by a large window looks neither at its pools nor at the shards that it serves."""
    glance = Allotments.glance

    def passing(self: Allotments, purse: str, window: WindowState) -> Spread | None:
        seen = glance(self, purse, window)
        return None if seen is None else replace(seen, places={})

    patch.setattr(Allotments, "glance", passing)
