"""Budgets as an answer shows them."""

from cost_sentry.application.ports import Remaining
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.decision import BudgetView
from cost_sentry.domain.reservation import Reservation


def views_held(
    budgets: tuple[Budget, ...], held: Reservation, remaining: tuple[Remaining, ...]
) -> tuple[BudgetView, ...]:
    """What a reservation holds, with what is left as far as the deciding write knew it."""
    known = {r.budget_id: r for r in remaining}
    resets = {b.id: b.resets_at(held.reserved_at) for b in budgets}
    return tuple(
        BudgetView(
            budget_id=hold.budget_id,
            window_id=hold.window_id,
            unit=hold.unit,
            limit=known[hold.budget_id].limit if hold.budget_id in known else None,
            left=known[hold.budget_id].left if hold.budget_id in known else None,
            left_as_of=known[hold.budget_id].as_of if hold.budget_id in known else None,
            needed=hold.amount,
            resets_at=resets.get(hold.budget_id),
        )
        for hold in held.holds
    )
