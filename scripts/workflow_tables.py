"""Tables that are made from the definitions of workflows."""

import json
from pathlib import Path

from scripts.markdown_table import table

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = ROOT / "statemachines" / "guarded_invocation.asl.json"
APPROVAL_WORKFLOW = ROOT / "statemachines" / "budget_approval.asl.json"


def workflow_states() -> str:
    """The states of ``guarded_invocation``, in the order in which they are written."""
    return _states_of(WORKFLOW)


def approval_states() -> str:
    """The states of ``budget_approval``."""
    return _states_of(APPROVAL_WORKFLOW)


def _states_of(file: Path) -> str:
    machine = json.loads(file.read_text(encoding="utf-8"))
    rows = (
        (f"**{name}**", state["Type"], state["Comment"])
        for name, state in machine["States"].items()
    )
    return table("state", "type", "why", rows=rows)


def call_errors() -> str:
    """What becomes of the money when the model call fails, by the error's name."""
    states_by_name = json.loads(WORKFLOW.read_text(encoding="utf-8"))["States"]
    rows = [
        (f"{name}", ", ".join(f"`{e}`" for e in catch["ErrorEquals"]), f"{catch['Next']}")
        for name, state in states_by_name.items()
        if name.startswith("Invoke model")
        for catch in state["Catch"]
    ]
    return table("state", "error", "then", rows=rows)
