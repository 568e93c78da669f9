"""Invoke model with bytes: the branch of ``guarded_invocation`` that calls Converse by boto3.

It logs nothing: what it carries is prompt and completion, and Lambda reports its errors by name.
"""

from typing import Any

from cost_sentry import bootstrap


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """``{"arguments": <camelCase request>}`` to ``{"response": <camelCase answer>}``."""
    return {"response": bootstrap.bedrock_models().converse(event["arguments"])}
