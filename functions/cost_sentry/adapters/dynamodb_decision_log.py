"""Where refusals and reroutes are kept for 30 days, so that ``explain`` can say why.

What found the asked model's budget used up says so in an attribute, by which the stream takes it to
the projector: nothing else tells that the budget is at its end, since a refusal leaves no entry,
and a reroute one of other budgets.
"""

from datetime import datetime

from cost_sentry.adapters.decision_record import (
    KEPT,
    decision_key,
    decision_text,
    used_up_attribute,
)
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.ledger_items import number
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.invocation import InvocationRequest


class DynamoDbDecisionLog:
    """``application.journal_ports.RejectionLog``."""

    def __init__(self, calls: JournalCalls) -> None:
        self._calls = calls

    def record(
        self, decision: Decision, at: datetime, request: InvocationRequest | None = None
    ) -> None:
        """See the port."""
        self._calls.put(
            {
                **decision_key(decision, at),
                **used_up_attribute(decision),
                "decision": {"S": decision_text(decision, request)},
                "at": {"S": at.isoformat()},
                "delete_after": number(int((at + KEPT).timestamp())),
            }
        )
