"""Invoke model by a function: Converse where the request carries bytes, or a SageMaker endpoint.

It logs nothing: what it carries is prompt and completion, and Lambda reports its errors by name.
"""

from typing import Any

from cost_sentry import bootstrap
from cost_sentry.adapters.endpoint_arguments import endpoint_call


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """``{"arguments": <request>}`` to ``{"response": <answer>}``, as Converse has them.

    Of an endpoint the arguments are ``{"endpoint", "component", "converse"}``.
    """
    if call := endpoint_call(event["arguments"]):
        return {"response": bootstrap.endpoint_models().converse(call)}
    return {"response": bootstrap.bedrock_models().converse(event["arguments"])}
