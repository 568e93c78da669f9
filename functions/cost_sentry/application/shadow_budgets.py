"""Budgets in shadow mode: they count in the ledger under a limit that nobody reaches.

What is told of them is in terms of the limit that the configuration names, and of what is posted:
the ledger's answers do not know how much of such a limit lies free elsewhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cost_sentry.application.budget_levels import Level
from cost_sentry.application.ports import BudgetBalance, Remaining, Reserved
from cost_sentry.domain.budget import Budget, amount_in_words
from cost_sentry.domain.policy import PolicyNote


def all_told(held: Reserved, shadows: Mapping[str, Level | None]) -> tuple[Remaining, ...]:
    """What an answer says is left: of a shadow less than nothing where more is spent.

    Args:
        held: as the ledger answered.
        shadows: every budget in shadow mode by id, with what is posted; ``None``: nobody knows, so
            nothing is told of it.
    """
    amounts = {hold.budget_id: hold.amount for hold in held.reservation.holds}
    told = []
    for one in held.remaining:
        level = shadows.get(one.budget_id)
        if one.budget_id not in shadows:
            told.append(one)
        elif level is not None:
            left = level.budget.limit - level.posted - amounts[one.budget_id]
            told.append(replace(one, limit=level.budget.limit, left=left, as_of=level.as_of))
    return tuple(told)


def balance_told(balance: BudgetBalance, budget: Budget) -> BudgetBalance:
    """A balance in terms of the limit in ``sentry.yaml``; the difference was never allotted."""
    if not budget.is_shadow:
        return balance
    hidden = balance.limit - budget.limit
    return replace(balance, limit=budget.limit, unallotted=balance.unallotted - hidden)


def would_refuse(
    remaining: Iterable[Remaining], budgets: Iterable[Budget], model_id: str
) -> tuple[PolicyNote, ...]:
    """Of each budget in shadow mode that could not pay for a call: that it would say no.

    Args:
        remaining: with the call, as ``all_told`` has it.
        budgets: of the configuration.
        model_id: that is called.
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


def _sentence(budget: Budget, missing: int) -> str:
    return (
        f"Budget {budget.id} would refuse this: with what is spent its limit is"
        f" {amount_in_words(budget.unit, missing)} too small."
    )
