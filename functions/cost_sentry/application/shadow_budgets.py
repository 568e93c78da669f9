"""Budgets in shadow mode: they count in the ledger under a limit that nobody reaches.

What the ledger says of them is told in terms of the limit that the configuration names.
"""

from collections.abc import Iterable
from dataclasses import replace

from cost_sentry.application.ports import BudgetBalance, Remaining
from cost_sentry.domain.budget import Budget, amount_in_words
from cost_sentry.domain.policy import PolicyNote


def told(remaining: Remaining, budget: Budget) -> Remaining:
    """What is left of the limit in ``sentry.yaml``; less than nothing where more is spent."""
    if not budget.is_shadow:
        return remaining
    used = remaining.limit - remaining.left
    return replace(remaining, limit=budget.limit, left=budget.limit - used)


def all_told(remaining: Iterable[Remaining], budgets: Iterable[Budget]) -> tuple[Remaining, ...]:
    """The same for all that an answer of the ledger tells."""
    by_id = {budget.id: budget for budget in budgets}
    return tuple(
        told(one, by_id[one.budget_id]) if one.budget_id in by_id else one for one in remaining
    )


def balance_told(balance: BudgetBalance, budget: Budget) -> BudgetBalance:
    """A balance in terms of the limit in ``sentry.yaml``; the difference was never allotted."""
    if not budget.is_shadow:
        return balance
    hidden = balance.limit - budget.limit
    return replace(balance, limit=budget.limit, unallotted=balance.unallotted - hidden)


def would_refuse(
    remaining: Iterable[Remaining], budgets: Iterable[Budget], model_id: str
) -> tuple[PolicyNote, ...]:
    """Of each budget in shadow mode that a call has passed, or passed before: that it would say no.

    Args:
        remaining: after the call was held, already in terms of the configured limits.
        budgets: of the call.
        model_id: that was called.
    """
    shadows = {budget.id: budget for budget in budgets if budget.is_shadow}
    return tuple(
        PolicyNote(
            policy_id=one.budget_id,
            model_id=model_id,
            sentence=_sentence(shadows[one.budget_id], -one.left),
        )
        for one in remaining
        if one.budget_id in shadows and one.left < 0
    )


def _sentence(budget: Budget, over: int) -> str:
    return (
        f"Budget {budget.id} would refuse this: its limit is passed by"
        f" {amount_in_words(budget.unit, over)}."
    )
