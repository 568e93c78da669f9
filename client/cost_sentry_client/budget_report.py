"""Budgets as `budget list --json` and the demo's summary write them, and as a table."""

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from cost_sentry.domain.budget import Unit, amount_in_words, amount_text
from cost_sentry.domain.sentry_config import scope_text
from cost_sentry.domain.spend import SpendBreakdown, SpendLine
from cost_sentry.domain.window_id import (
    WindowKind,
    kind_of,
    session_and_caller,
    session_named,
)
from cost_sentry_client.money_display import shown_amount, spent_text, used_percent
from cost_sentry_client.tables import amounts_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from cost_sentry_client.operations import BudgetState


RUN_SHOWN_CHARACTERS = 6
UNCOUNTED = "–"
"""In place of an amount that nobody counts."""


def budget_json(state: "BudgetState") -> dict[str, Any]:
    """One budget window. Amounts are exact decimal strings of what ``unit`` says.

    Of a budget of agent runs, where none is asked for, they are ``None``, and so is the window.
    """
    budget, balance = state.budget, state.balance
    amounts = {name: _exact(state, name) for name in ("posted", "pending", "left")}
    return {
        "id": budget.id,
        "window": balance.window_id if state.is_of_a_window else None,
        "limit": amount_text(budget.unit, balance.limit),
        "posted": amounts["posted"],
        "pending": amounts["pending"],
        "unit": budget.unit.value,
        "left": amounts["left"],
        "scope": dict(budget.scope),
        "mode": budget.mode.value,
        "resetsAt": state.resets_at.isoformat() if state.resets_at else None,
    }


def budget_details_json(state: "BudgetState") -> dict[str, Any]:
    """The same, with where the rest of the money is and who hears about it."""
    budget = state.budget
    return {
        **budget_json(state),
        "timeZone": str(budget.time_zone),
        "unallotted": _exact(state, "unallotted"),
        "free": _exact(state, "free"),
        "owners": list(budget.owners),
        "thresholdsPercent": list(budget.thresholds_percent),
    }


def budget_table(states: "Sequence[BudgetState]") -> "Table":
    """For a terminal of 80 columns: ids may wrap, amounts never do."""
    table = amounts_table(
        "budget", "window", amounts=("limit", "posted", "pending", "left", "used")
    )
    for state in states:
        unit, balance = state.budget.unit, state.balance
        shown = partial(shown_amount, unit, of=balance.limit)
        name = f"{balance.budget_id} (shadow)" if state.budget.is_shadow else balance.budget_id
        limit = spent_text(unit, balance.limit)  # up like posted, which never looks larger
        if not state.is_counted:
            window = window_shown(balance.window_id) if state.is_of_a_window else "each session"
            table.add_row(name, window, limit, *[UNCOUNTED] * 4)
            continue
        table.add_row(
            name,
            window_shown(balance.window_id),
            limit,
            shown(balance.posted, up=True),
            shown(balance.pending, up=True),
            shown(balance.left, up=False),
            used_percent(balance.limit, balance.posted + balance.pending),
        )
    return table


def window_shown(window_id: str) -> str:
    """For a table: an agent run by the end of its id."""
    if kind_of(window_id) is not WindowKind.SESSION:
        return window_id
    session, _ = session_and_caller(session_named(window_id))
    return f"session …{session[-RUN_SHOWN_CHARACTERS:]}"


def budget_details(state: "BudgetState", mailed: "Sequence[str]") -> list[tuple[str, str]]:
    """Name and value, exact; ``mailed`` are the addresses that hear about this budget."""
    budget, balance = state.budget, state.balance
    counted = ("posted", "pending", "free", "unallotted", "left") if state.is_counted else ()
    amounts = ("limit", *counted)
    window = balance.window_id if state.is_of_a_window else "of each agent run"
    used = used_percent(balance.limit, balance.posted + balance.pending)
    return [
        ("scope", scope_text(budget.scope)),
        *([("mode", "shadow: it counts, and refuses nothing")] if budget.is_shadow else []),
        ("window", f"{budget.window_text} {window}"),
        ("resets", _resets(state)),
        *((name, amount_in_words(budget.unit, getattr(balance, name))) for name in amounts),
        *([("used", used)] if state.is_counted else []),
        ("mails to", ", ".join(mailed) or "nobody"),
        ("thresholds", ", ".join(f"{p} %" for p in budget.thresholds_percent) or "none"),
    ]


def _exact(state: "BudgetState", name: str) -> str | None:
    """``None`` where nobody counts it: unknown is never zero."""
    return (
        amount_text(state.budget.unit, getattr(state.balance, name)) if state.is_counted else None
    )


def _resets(state: "BudgetState") -> str:
    if state.resets_at is not None:
        return moment_text(state.resets_at.isoformat())
    if state.budget.window is WindowKind.SESSION:
        return "never; a new session has its own limit"
    if state.budget.window is not WindowKind.NONE:
        return "it is not the current window"
    if state.budget.unit.is_spent:
        return "never"
    return "never; each call gives back what it holds when it ends"


def spend_json(unit: Unit, spend: SpendBreakdown) -> list[dict[str, Any]]:
    """Who posted how much, on which model; a second or so behind the ledger."""
    return [
        {
            "team": line.team,
            "application": line.application,
            "modelId": line.model_id,
            "posted": amount_text(unit, line.posted),
            "calls": line.calls,
        }
        for line in _largest_first(spend)
    ]


def spend_table(unit: Unit, spend: SpendBreakdown) -> "Table":
    """The same for people."""
    table = amounts_table("spent by", amounts=("calls", "posted"))
    for line in _largest_first(spend):
        amount = spent_text(unit, line.posted)
        who = f"{line.team}/{line.application} on {line.model_id}"
        table.add_row(who, str(line.calls), amount)
    return table


def _largest_first(spend: SpendBreakdown) -> list[SpendLine]:
    return sorted(spend.lines, key=lambda line: (-line.posted, line.team, line.model_id))


def moment_text(text: str | None) -> str:
    """An instant of an answer for people: ``2026-11-22 00:00 UTC``."""
    if text is None:
        return "never"
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
