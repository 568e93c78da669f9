"""A Step Functions client whose executions a test writes itself."""

import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:guarded"
PREFIX = "arn:aws:states:us-east-1:123456789012:stateMachine:CostSentry-dev_"
"""Teams search and growth have workflows of their own, and their applications have none."""

SENTRY: dict[str, Any] = {
    "requestId": "r1",
    "decision": "ALLOW",
    "code": "WITHIN_BUDGETS",
    "message": "every budget can pay for it",
    "modelAsked": "amazon.nova-lite-v1:0",
    "modelUsed": "amazon.nova-lite-v1:0",
    "path": "DIRECT",
    "maxTokens": 5,
    "maxTokensAsked": 5,
    "inputTokensBound": 1_100,
    "reservedUsd": "0.000043435",
    "costUsd": "0.00000077",
    "costEstimated": False,
    "status": "SETTLED",
    "replayed": False,
    "priceBook": "2026-11-21+4d7144285a67",
    "budgets": [],
    "rungs": [],
    "errors": [],
}

REFUSED_BUDGET: dict[str, Any] = {
    "id": "search-daily",
    "window": "2026-11-21",
    "unit": "usd",
    "limit": "0.12",
    "left": "0.01",
    "leftAsOf": "2026-11-21T12:00:00+00:00",
    "needed": "0.232012",
    "resetsAt": "2026-11-22T00:00:00+00:00",
    "binding": True,
}


def sentry_block(**changes: Any) -> dict[str, Any]:
    return {**SENTRY, **changes}


def refused_block(*budgets: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    refusal = {
        "decision": "REJECT",
        "code": "BUDGET_EXHAUSTED",
        "message": "budget search-daily has too little left",
        "modelUsed": None,
        "path": None,
        "maxTokens": None,
        "maxTokensAsked": None,
        "inputTokensBound": None,
        "reservedUsd": None,
        "costUsd": None,
        "status": None,
        "budgets": list(budgets or (REFUSED_BUDGET,)),
    }
    return sentry_block(**{**refusal, **changes})


def answered(text: str = "hello", **sentry: Any) -> dict[str, Any]:
    """The output of an execution whose model answered."""
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 2, "outputTokens": 5, "totalTokens": 7},
        "metrics": {"latencyMs": 12},
        "sentry": sentry_block(**sentry),
    }


def succeeded(output: Mapping[str, Any]) -> dict[str, Any]:
    return {"status": "SUCCEEDED", "executionArn": f"{ARN}:1", "output": json.dumps(output)}


def failed(error: str, cause: str) -> dict[str, Any]:
    return {"status": "FAILED", "executionArn": f"{ARN}:1", "error": error, "cause": cause}


class StateMachineDoesNotExist(ClientError):  # noqa: N818 - boto3's name
    """As boto3 makes it."""


class ScriptedWorkflow:
    """``answer`` makes an execution of each input; ``inputs`` remembers them."""

    def __init__(self, answer: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
        self._answer = answer
        self.inputs: list[dict[str, Any]] = []
        self.started: list[str] = []
        self.known = {ARN, f"{PREFIX}search", f"{PREFIX}growth"}
        self.exceptions = SimpleNamespace(StateMachineDoesNotExist=StateMachineDoesNotExist)
        self.meta = SimpleNamespace(region_name="us-east-1", endpoint_url="https://states")

    def get_paginator(self, operation: str) -> Any:
        """Of ``list_state_machines``."""
        assert operation == "list_state_machines"
        machines = [{"stateMachineArn": arn} for arn in sorted(self.known)]
        halves = [{"stateMachines": machines[:1]}, {"stateMachines": machines[1:]}]
        return SimpleNamespace(paginate=lambda: halves)

    def start_sync_execution(self, *, stateMachineArn: str, input: str) -> dict[str, Any]:  # noqa: A002, N803 - boto3's names
        if stateMachineArn not in self.known:
            raise self.exceptions.StateMachineDoesNotExist(
                {"Error": {"Code": "StateMachineDoesNotExist"}}, "StartSyncExecution"
            )
        self.started.append(stateMachineArn)
        self.inputs.append(json.loads(input))
        return dict(self._answer(self.inputs[-1]))


def always(execution: Mapping[str, Any]) -> ScriptedWorkflow:
    return ScriptedWorkflow(lambda _request: execution)
