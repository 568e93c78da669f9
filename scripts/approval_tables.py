"""The tables of the documentation that mirror how requests for more are kept and followed."""

from collections.abc import Callable
from pathlib import Path

from cost_sentry.adapters import dynamodb_approvals
from scripts.markdown_table import docstring_table, states_table

_WORKFLOW = Path(__file__).parents[1] / "statemachines" / "budget_approval.asl.json"

TABLES: dict[str, Callable[[], str]] = {
    "approval-item-keys": lambda: docstring_table(dynamodb_approvals.__doc__),
    "approval-states": lambda: states_table(_WORKFLOW),
}
