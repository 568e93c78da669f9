"""Agent runs as `budget show` writes them: the newest of a budget, and the tree of one."""

from functools import partial
from typing import TYPE_CHECKING, Any

from rich.text import Text

from cost_sentry.domain.unit import Unit
from cost_sentry.domain.window import WindowKind
from cost_sentry.domain.window_id import session_and_caller, session_named, session_span
from cost_sentry_client.budget_report import budget_json
from cost_sentry_client.money_display import shown_amount, used_percent
from cost_sentry_client.tables import amounts_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType
    from rich.table import Table

    from cost_sentry_client.operations import BudgetState, Operator

RUNS_SHOWN_MAX = 10
_ONE_RUN = "One run: --window session- and its id."

Shown = tuple[dict[str, Any], "tuple[RenderableType, ...]"]
"""The same for machines and for people."""


def runs_shown(operator: "Operator", state: "BudgetState") -> Shown:
    """What a budget of agent runs says beyond itself; nothing of any other."""
    budget = state.budget
    if budget.window is not WindowKind.SESSION:
        return {}, ()
    if state.may_be_forgotten and budget.unit.is_held:
        return {}, _said("The run is over. It spent nothing, or what it spent is kept no more.")
    if state.is_of_a_window:
        return _tree_shown(operator, state) if budget.unit is Unit.CHILDREN else ({}, ())
    if not budget.unit.is_held:
        hint = f" {_ONE_RUN}" if budget.unit is Unit.CHILDREN else ""
        said = f"No call holds any of it: what calls say of their path is compared.{hint}"
        return {}, _said(said)
    runs = operator.newest_runs(budget, RUNS_SHOWN_MAX)
    document = {"runs": [budget_json(one) for one in runs]}
    if not runs:
        return document, _said(f"No run that may still call has spent of it. {_ONE_RUN}")
    newest = f"The newest runs that may still call, at most {RUNS_SHOWN_MAX}. {_ONE_RUN}"
    return document, (*_said(newest), runs_table(runs))


def runs_table(runs: "Sequence[BudgetState]") -> "Table":
    """For a terminal of 80 columns: each run with its caller below.

    Hours of UTC, for no run may call for longer than a day.
    """
    table = amounts_table("run", "began", amounts=("pending", "posted", "left", "used"))
    for state in runs:
        unit, balance = state.budget.unit, state.balance
        shown = partial(shown_amount, unit, of=balance.limit)
        began, _ = session_span(balance.window_id)
        table.add_row(
            "\n".join(filter(None, session_and_caller(session_named(balance.window_id)))),
            f"{began:%H:%M}",
            shown(balance.pending, up=True),
            shown(balance.posted, up=True),
            shown(balance.left, up=False),
            used_percent(balance.limit, balance.posted + balance.pending),
        )
    return table


def _tree_shown(operator: "Operator", state: "BudgetState") -> Shown:
    run = session_named(state.balance.window_id)
    children = operator.runs.children(state.budget.id, run)
    most = max(children, default=0)
    document = {"agentsWithChildren": len(children), "childrenMost": most}
    if not children:
        return document, _said("No agent of the run is known to have children.")
    agents = "1 agent has" if len(children) == 1 else f"{len(children)} agents have"
    return document, _said(f"{agents} children, at most {most} each.")


def _said(sentence: str) -> "tuple[RenderableType, ...]":
    """Below the rest, and wrapped."""
    return "", Text(sentence)
