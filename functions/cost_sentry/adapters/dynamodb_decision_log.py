"""Where refusals and reroutes are kept for 30 days, so that ``explain`` can say why."""

from datetime import datetime

from cost_sentry.adapters.decision_record import KEPT, decision_key, decision_text
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.ledger_items import number
from cost_sentry.domain.decision import Decision


class DynamoDbDecisionLog:
    """``application.journal_ports.RejectionLog``."""

    def __init__(self, calls: JournalCalls) -> None:
        self._calls = calls

    def record(self, decision: Decision, at: datetime) -> None:
        """See the port."""
        self._calls.put(
            {
                **decision_key(decision, at),
                "decision": {"S": decision_text(decision)},
                "at": {"S": at.isoformat()},
                "delete_after": number(int((at + KEPT).timestamp())),
            }
        )
