"""Functions of the deployment that the demo starts itself, where their clock would come later."""

import json
from collections.abc import Mapping
from typing import Any

from cost_sentry_local.demo.deployment import Stage
from cost_sentry_local.demo.waiting import RuleNotMet


def run_function(
    stage: Stage, output: str, event: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What it answered; ``RuleNotMet`` if it failed.

    Args:
        stage: where it is deployed.
        output: its name in the stack's outputs, without ``FunctionName``.
        event: what it is given.
    """
    answer = stage.cloud.client("lambda").invoke(
        FunctionName=stage.outputs[f"{output}FunctionName"],
        Payload=json.dumps(event or {}).encode(),
    )
    told = json.load(answer["Payload"])
    if "FunctionError" in answer or not isinstance(told, dict):
        raise RuleNotMet(f"{output} failed: {json.dumps(told)[:200]}")
    return told


def stop_clock(stage: Stage, part: str) -> None:
    """No schedule starts this any more; ``RuleNotMet`` if there is none of this name."""
    events = stage.cloud.client("events")
    names = [rule["Name"] for rule in events.list_rules()["Rules"] if part in rule["Name"]]
    if not names:
        raise RuleNotMet(f"there is no schedule {part}")
    for name in names:
        events.disable_rule(Name=name)
