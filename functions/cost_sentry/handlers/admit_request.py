"""Admit request: parse, decide, answer. First state of ``guarded_invocation``."""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry import bootstrap
from cost_sentry.adapters.admission_answer import admission_answer, malformed
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.application.note_decision import note_decision
from cost_sentry.domain.errors import RequestRefused
from cost_sentry.domain.shard import stamp_of

logger = Logger(service="admit_request")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{"request": <caller's input>, "execution": {"id", "name"}}`` to the workflow's answer."""
    raw, execution = event["request"], event["execution"]
    request = None
    try:
        request = parse_request(raw, default_request_id=execution["name"])
        decision = bootstrap.admission().decide(
            request, attempt=f"{stamp_of(execution['id'])}.{stamp_of(context.aws_request_id)}"
        )
    except RequestRefused as refused:
        decision = malformed(raw, refused, execution["name"])
    unnoted = note_decision(decision, log=bootstrap.decision_log(), clock=bootstrap.clock())
    logger.info(
        decision.code.value,
        unnoted=unnoted,
        uncounted=decision.uncounted,
        request_id=decision.request_id,
        decision=decision.kind.value,
        team=decision.tags.get("team"),
        model_asked=decision.model_asked,
        model_used=decision.model_used,
        execution=execution["id"],
    )
    return admission_answer(decision, request, bootstrap.price_book().version)
