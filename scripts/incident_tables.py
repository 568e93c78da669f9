"""The tables of the documentation that mirror how incidents are watched over."""

from collections.abc import Callable
from pathlib import Path

from cost_sentry.adapters import dynamodb_incidents
from scripts.markdown_table import docstring_table, states_table
from scripts.runbook import runbook

_WORKFLOW = Path(__file__).parents[1] / "statemachines" / "anomaly_response.asl.json"

TABLES: dict[str, Callable[[], str]] = {
    "incident-item-keys": lambda: docstring_table(dynamodb_incidents.__doc__),
    "anomaly-response-states": lambda: states_table(_WORKFLOW),
    "runbook": runbook,
}
