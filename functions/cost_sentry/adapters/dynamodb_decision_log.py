"""Where refusals and reroutes are kept for 30 days, so that ``explain`` can say why.

What found the asked model's budget used up says so in an attribute, by which the stream takes it to
the projector: nothing else tells that the budget is at its end, since a refusal leaves no entry,
and a reroute one of other budgets.
"""

from datetime import datetime

from cost_sentry.adapters.decision_record import (
    KEPT,
    decision_account,
    decision_key,
    decision_text,
    hit_key,
    used_up_attribute,
)
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.hit_record import PARTS, add_to_day, part_of, put_once
from cost_sentry.adapters.ledger_items import number
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.errors import LedgerContention
from cost_sentry.domain.invocation import InvocationRequest


class DynamoDbDecisionLog:
    """``application.journal_ports.RejectionLog``."""

    def __init__(self, calls: JournalCalls) -> None:
        self._calls = calls

    def record(
        self, decision: Decision, at: datetime, request: InvocationRequest | None = None
    ) -> None:
        """See the port."""
        used_up = used_up_attribute(decision)
        self._calls.put(
            {**decision_key(decision, at), **used_up, **_content(decision, at, request)}
        )

    def record_hit(
        self, decision: Decision, at: datetime, request: InvocationRequest | None = None
    ) -> bool:
        """See the port. Who meets another writer adds to another part of the day."""
        if decision.cached is None:
            raise ValueError("not answered from a cache")
        item = {**hit_key(decision), **_content(decision, at, request)}
        account = decision_account(decision)
        for attempt in range(PARTS):
            part = part_of(decision.request_id, attempt)
            day = add_to_day(account, at, part, decision.cached)
            cancelled = self._calls.transact([put_once(item), day])
            if cancelled is None:
                return True
            if cancelled.there:
                return False
        raise LedgerContention(f"account {account!r}: too many writers of its savings")


def _content(
    decision: Decision, at: datetime, request: InvocationRequest | None
) -> dict[str, dict[str, str]]:
    return {
        "decision": {"S": decision_text(decision, request)},
        "at": {"S": at.isoformat()},
        "delete_after": number(int((at + KEPT).timestamp())),
    }
