"""What caches have spared, by application and day."""

from collections.abc import Sequence
from datetime import date

from cost_sentry.adapters.hit_record import days_of, first_sk, savings_pk
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.application.answer_ports import DaySavings


class DynamoDbSavings:
    """``application.answer_ports.Savings``."""

    def __init__(self, items: LedgerCalls) -> None:
        self._items = items

    def days(self, account: str, first: date, last: date) -> Sequence[DaySavings]:
        """See the port."""
        return days_of(self._items.query(savings_pk(account), start_sk=first_sk(first)), last)
