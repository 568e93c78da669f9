"""The model that stands in for endpoints that sleep: its calls are paid for, and may be refused."""

from datetime import datetime, timedelta

from cost_sentry.application.ports import Reserved
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.money import picodollars
from cost_sentry.domain.reservation import Hold
from tests.fakes.builders import budget, reservation, resolution
from tests.fakes.memory_ledger import MemoryLedger

USD_A_CALL, USD_A_DAY = "0.002", "1.50"
"""By the day it pays for 750 calls: a busy one needs more."""


class StandIn:
    """One budget of a day, held and posted by each call as any call is."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        self.budget: Budget = budget("instead-daily", limit=picodollars(USD_A_DAY))

    def answers(self, call: int, at: datetime) -> bool:
        """Whether the budget pays for this call."""
        window, cost = self.budget.window_at(at).id, picodollars(USD_A_CALL)
        self.ledger.define(self.budget, window)
        hold = Hold(budget_id=self.budget.id, window_id=window, unit=self.budget.unit, amount=cost)
        asked = reservation(f"call-{call}", hold, now=at, quote_picodollars=cost)
        held = self.ledger.reserve(asked)
        if not isinstance(held, Reserved):
            return False
        ended = resolution(cost, resolved_at=at + timedelta(seconds=1))
        self.ledger.resolve(held.reservation, ended)
        return True
