"""From the caller's input to a decision, and from a decision to what the workflow does next."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from cost_sentry.adapters.answer_block import answer_block
from cost_sentry.adapters.converse_codec import to_integration
from cost_sentry.adapters.dynamodb_config_store import StandIn
from cost_sentry.adapters.endpoint_arguments import endpoint_arguments
from cost_sentry.adapters.request_parser import given_model_id
from cost_sentry.adapters.request_parser_fields import given_request_id
from cost_sentry.adapters.ticket import ticket_of
from cost_sentry.adapters.tried_again import again_part
from cost_sentry.domain.caller import Caller
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.errors import RequestRefused
from cost_sentry.domain.invocation import InvocationPath, InvocationRequest
from cost_sentry.domain.service_tier import STANDARD

REPLAY = "REPLAY"
"""The workflow's word for an answer that must not call a model although it was once allowed."""


WAIT = "WAIT"
"""Its word for a call that is decided again after ``waitSeconds``; nothing is held for it."""
CACHED = "CACHED"
"""Its word for a call that is answered with what the model answered before."""


def malformed(
    raw: object, refused: RequestRefused, caller: Caller, execution_name: str
) -> Decision:
    """The rejection of an input that is not a request."""
    return Decision(
        kind=DecisionKind.REJECT,
        code=ReasonCode.INVALID_REQUEST,
        message=str(refused),
        request_id=given_request_id(raw, execution_name),
        model_asked=given_model_id(raw),
        errors=refused.errors,
        tags=caller.tags,
    )


def admission_answer(
    decision: Decision, request: InvocationRequest | None, price_version: str
) -> dict[str, Any]:
    """What ``guarded_invocation`` reads: whether to go on, how, and with which arguments.

    And ``wake``, an endpoint that is wanted, and ``waitSeconds``; each only where there is one.
    """
    calls_model = decision.kind is not DecisionKind.REJECT and not decision.replayed
    answer: dict[str, Any] = {
        "decision": _word(decision),
        "path": None,
        "arguments": None,
        "answer": decision.answer,
        "ticket": None,
        "sentry": answer_block(decision, price_version),
    }
    if calls_model and request and decision.reservation and decision.price:
        answer["path"] = (decision.path or request.path).value
        answer["arguments"] = _arguments(request, decision)
        answer["ticket"] = {
            **ticket_of(
                decision.reservation, decision.price, decision.keep_at, decision.standard_price
            ),
            **again_part(request.again),
        }
    if decision.wake is not None:
        answer["wake"] = decision.wake
    if decision.wait_seconds is not None:
        answer["waitSeconds"] = decision.wait_seconds
    return answer


def _word(decision: Decision) -> str:
    if decision.wait_seconds is not None:
        return WAIT
    if decision.cached:
        return CACHED
    return REPLAY if decision.replayed else decision.kind.value


def faults_counted(decision: Decision, stand_in: StandIn | None = None) -> Iterator[str]:
    """The metrics that this decision counts in: what operators must hear of."""
    if decision.code is ReasonCode.EMERGENCY_ALLOWANCE:
        yield "EmergencyCalls"
    is_unreadable = stand_in is not None and stand_in.is_unreadable
    if is_unreadable or decision.code is ReasonCode.NOT_CONFIGURED:
        yield "ConfigurationFaults"


def log_fields(decision: Decision, stand_in: StandIn | None = None) -> dict[str, Any]:
    """What a log says of a decision: names and reasons, no text of the request (P10).

    Args:
        decision: its kind, models and ids.
        stand_in: the configuration that decided, if it is not the one in force.
    """
    held = decision.reservation
    return {
        "uncounted": decision.uncounted,
        "request_id": decision.request_id,
        "reservation": held.request_id if held else None,
        "decision": decision.kind.value,
        "team": decision.tags.get("team"),
        "ignored_tags": dict(decision.ignored_tags),
        "model_asked": decision.model_asked,
        "model_used": decision.model_used,
        **({"stand_in": asdict(stand_in)} if stand_in else {}),
        **({"cache_fault": decision.cache_fault} if decision.cache_fault else {}),
    }


def _arguments(request: InvocationRequest, decision: Decision) -> dict[str, Any]:
    """The call as it was quoted: the model that was reserved, the output limit that was priced."""
    given = request.converse.get("inferenceConfig")
    inference = dict(given) if isinstance(given, Mapping) else {}
    is_flex = decision.service_tier not in (None, STANDARD)
    converse = {
        **request.converse,
        "modelId": decision.model_used,
        "inferenceConfig": {**inference, "maxTokens": decision.output_limit_sent_tokens},
        **({"serviceTier": {"type": decision.service_tier}} if is_flex else {}),
    }
    if decision.endpoint is not None:
        return endpoint_arguments(decision.endpoint, converse)
    return to_integration(converse) if request.path is InvocationPath.DIRECT else converse
