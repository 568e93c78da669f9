"""The calls of one run: each row of the trace as an input of ``guarded_invocation``."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cost_sentry_local.demo.prompts import prompt
from cost_sentry_local.demo.trace import TracedCall
from cost_sentry_local.demo.traffic import Caller, Content, assignment
from cost_sentry_local.stand_in.control import orders

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """One execution to start."""

    request_id: str
    after_seconds: float
    """Of the trace's own time."""
    caller: Caller
    content: Content
    input: Json


def planned_calls(trace: tuple[TracedCall, ...], seed: int = 0) -> Iterator[PlannedCall]:
    """Every row, in order."""
    for traced in trace:
        chosen = assignment(traced.row, seed)
        yield plan_call(
            request_id=f"demo-{traced.row:05d}",
            caller=chosen.caller,
            content=chosen.content,
            priority=chosen.priority,
            tokens=(traced.context_tokens, traced.generated_tokens),
            after_seconds=traced.after_seconds,
            stand_in={} if chosen.fault is None else {"fault": chosen.fault},
        )


def plan_call(
    *,
    request_id: str,
    caller: Caller,
    tokens: tuple[int, int],
    content: Content = Content.TEXT,
    priority: str = "normal",
    after_seconds: float = 0.0,
    stand_in: Json | None = None,
    tags: Mapping[str, str] | None = None,
) -> PlannedCall:
    """One call.

    Args:
        request_id: Also sent as request metadata, so that the provider's bill can be joined.
        caller: Who pays and which model is asked for.
        tokens: Of the prompt and of the answer.
        content: The shape of the prompt.
        priority: Of the request.
        after_seconds: When it arrives.
        stand_in: Further orders for the Bedrock stand-in.
        tags: Beside team and application.
    """
    context_tokens, generated_tokens = tokens
    # A tool call is as long as it is; every other answer replays the trace's own length.
    replayed = {} if content is Content.TOOLS else {"outputTokens": generated_tokens}
    request = {
        **prompt(content, context_tokens),
        "modelId": caller.model_id,
        "inferenceConfig": {"maxTokens": _limit(generated_tokens)},
        "requestMetadata": {
            "requestId": request_id,
            **orders(**replayed, **(stand_in or {})),
        },
        "requestId": request_id,
        "tags": {"team": caller.team, "application": caller.application, **(tags or {})},
        "priority": priority,
    }
    return PlannedCall(
        request_id=request_id,
        after_seconds=after_seconds,
        caller=caller,
        content=content,
        input=request,
    )


def _limit(generated_tokens: int) -> int:
    """What an application would ask for: the next step of 256 above what it will get."""
    return -(-(generated_tokens + 1) // 256) * 256
