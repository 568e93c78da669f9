"""Calls of a deployment's functions that people make."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.config import Config

from cost_sentry_client.operations import Operator
from cost_sentry_client.problems import Problem

_PATIENT = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3}
)
"""Safe: each of these calls does the same however often it is made."""
_FIXES = {
    "CallerUnproven": "sign in again (`aws sts get-caller-identity` shows as whom), and look at"
    " this machine's clock",
    "RequestRefused": "correct it and try again",
    "ConfigurationError": "look at `cost-sentry config diff`, and apply a sentry.yaml that holds",
}


def call_function(operator: Operator, function: str, event: Mapping[str, object]) -> dict[str, Any]:
    """What the function answers; ``Problem`` if it failed.

    Args:
        operator: the deployment, and whose credentials call.
        function: its name in the house.
        event: JSON-safe.
    """
    answer = lambda_client(operator).invoke(
        FunctionName=operator.deployment.function_name(function),
        Payload=json.dumps(event).encode(),
    )
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise _failed(function, told)
    return told


def lambda_client(operator: Operator) -> Any:  # noqa: ANN401 - one of boto3's generated clients
    """A client that asks again when an answer is lost."""
    target = operator.target
    return target.session.client("lambda", endpoint_url=target.endpoint_url, config=_PATIENT)


def _failed(function: str, told: Mapping[str, Any]) -> Problem:
    kind = str(told.get("errorType", "unknown"))
    return Problem(
        f"{kind}: {told.get('errorMessage', 'no message')}",
        where=f"function {function}",
        fix=_FIXES.get(kind, "try it again: done twice it is done once; its log has the rest"),
    )
