"""When a call that was refused for want of money may be sent again with some hope."""

from collections.abc import Mapping
from datetime import datetime
from math import ceil

from cost_sentry.application.candidate_tries import CandidateTries, Short
from cost_sentry.application.refusal_words import least_needed
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.errors import LedgerUnavailable

IN_FLIGHT_SECONDS = 1
"""A cap on calls in flight has room as soon as any of them ends; nobody knows when."""
LEDGER_BUSY_SECONDS = 1
LEDGER_SILENT_SECONDS = 5


def retry_after_seconds(
    tries: CandidateTries, budgets: Mapping[str, Budget], now: datetime
) -> int | None:
    """Until the first of the models that were tried could be paid for again, rounded up.

    The budget that refused a model has its whole limit again then; another one may refuse it.

    Returns:
        ``None`` where waiting does not help: each budget that refused never resets, as
        of an agent run, or can never
        pay for the call.
    """
    waits = [
        _wait_seconds(short, tries, budgets[short.why.hold.budget_id], now) for short in tries.short
    ]
    return min((wait for wait in waits if wait is not None), default=None)


def after_ledger_fault_seconds(error: LedgerUnavailable) -> int:
    """One that answers "not now" may be asked again sooner than one that is silent."""
    return LEDGER_SILENT_SECONDS if error.is_silent else LEDGER_BUSY_SECONDS


def _wait_seconds(short: Short, tries: CandidateTries, budget: Budget, now: datetime) -> int | None:
    if least_needed(short, tries) > short.why.remaining.limit:
        # One that is there for a while only refuses no longer than it is.
        return seconds_until(budget.temporary.until, now) if budget.temporary else None
    if not budget.unit.is_spent:
        return IN_FLIGHT_SECONDS
    return seconds_until(budget.resets_at(short.asked.reserved_at), now)


def seconds_until(end: datetime | None, now: datetime) -> int | None:
    """Whole seconds to the end of a window, at least one; ``None`` if it never ends."""
    return None if end is None else max(1, ceil((end - now).total_seconds()))
