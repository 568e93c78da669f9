"""Answer request: approve, deny, withdraw or end it, by whoever signed that."""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry.adapters.approval_events import answer_of, answer_to_event
from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.answer_request import answer_request
from cost_sentry.bootstrap import approvals as bootstrap

logger = Logger(service="answer_request")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """``{"verb", "body", "proof"}`` to ``{"code", "message", "approval"}``."""
    said = answer_of(event)
    by = bootstrap.proven(event, said.verb.value)
    answer = answer_request(said, by, **bootstrap.at_hand(), pause=pause)
    logger.info(answer.code.value, verb=said.verb.value, approval=said.approval_id, by=by)
    return answer_to_event(answer)
