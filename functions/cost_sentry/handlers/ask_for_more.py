"""Ask for more: who asks is proven by a signature, what is wanted is kept and followed."""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry.adapters.approval_events import answer_to_event, asked_of
from cost_sentry.application.ask_for_more import ask_for_more
from cost_sentry.bootstrap import approvals as bootstrap
from cost_sentry.bootstrap.unreadable_log import tell_unreadable

logger = Logger(service="ask_for_more")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """``{"body", "proof"}`` to ``{"code", "message", "approval"}``."""
    by = bootstrap.proven(event, "ask")
    answer = ask_for_more(asked_of(event["body"]), by, **bootstrap.at_hand())
    logger.info(answer.code.value, approval=event["body"].get("id"), by=by)
    tell_unreadable(answer.unreadable, logger)
    return answer_to_event(answer)
